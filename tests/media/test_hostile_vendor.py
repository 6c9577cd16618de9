"""A vendor that means harm: nothing it writes is obeyed, what was paid for is kept, and no key goes on."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import CallIdentity, Client, CncodingError, MediaToolCall, MediaToolSettings, Patience
from cncoding.media.values import OWN_WORDS

KEY = "sk-0123456789abcdefghij"
BASES = {"glm": "/api/coding/paas/v4", "qwen": "/compatible-mode/v1", "minimax": "/v1", "unified": "/v1"}
TOOLS = {"image": "generate_image", "video": "generate_video", "speech": "synthesize_speech"}


def draw() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


PNG = draw()
WAV = (
    b"RIFF\xa4>\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\x80>\0\0" + b"\0" * 16_000
)  # half a second


@dataclass
class Vendor:
    """What it answers, and what it was asked."""

    root: str = ""
    submit: bytes = b"{}"
    query: bytes = b"{}"
    status: int = 200
    media: bytes = PNG
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def paid(self) -> int:
        return sum(method == "POST" for method, _, _ in self.asked)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    told = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: Any) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(told.status, told.submit)

        def do_GET(self) -> None:
            self.answer(200, told.media if self.path.startswith("/media") else told.query)

        def answer(self, status: int, body: bytes) -> None:
            told.asked.append((self.command, self.path, str(self.headers)))
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Disposition", 'attachment; filename="../../evil.sh"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.root = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@dataclass
class Buyer:
    vendor: Vendor
    folder: Path

    def buy(self, provider: str, kind: str, submit: Any, query: Any = None) -> str:
        """Call the tool of a kit and return what the agent reads; the journal, and what it holds, can be read after."""
        self.vendor.submit = submit if isinstance(submit, bytes) else json.dumps(submit).encode()
        self.vendor.query = json.dumps(query or {}).encode()
        self.vendor.asked.clear()
        given = {"text": "hello"} if kind == "speech" else {"prompt": "a fox"}
        call = MediaToolCall(TOOLS[kind], given, CallIdentity(uuid.uuid4().hex, "call"))
        settings = MediaToolSettings(folder=str(self.folder / "out"), patience=Patience(0.01, 1.0))
        base = self.vendor.root + BASES[provider]
        with Client(provider, api_key=KEY, base_url=base, journal=self.folder / "journal") as client:
            try:
                outcome = client.use_tool(call, settings)
                text = outcome.text
                json.dumps(outcome.artifact, allow_nan=False, ensure_ascii=False).encode()
            except CncodingError as error:
                text = str(error)
            rows = [one.to_json() for one in client.purchases()]
        json.dumps(rows, allow_nan=False, ensure_ascii=False).encode()
        text.encode()
        assert self.vendor.paid == 1, "paid once, whatever came"
        assert len(text) < 20_000 and KEY not in text
        self.check_files()
        return text

    def check_files(self) -> None:
        for file in self.folder.rglob("*"):
            assert not file.is_file() or KEY.encode() not in file.read_bytes(), file
        made = [
            file.parent for file in self.folder.rglob("*") if "evil" in file.name or file.suffix in (".png", ".wav")
        ]
        assert set(made) <= {self.folder / "out"}
        assert not any("/media" in path and KEY in heads for _, path, heads in self.vendor.asked)


@pytest.fixture
def buyer(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Buyer:
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return Buyer(vendor, tmp_path)


def show_pictures(provider: str, links: list[str]) -> dict[str, Any]:
    if provider == "minimax":
        return {"data": {"image_urls": links}, "base_resp": {"status_code": 0}}
    if provider == "qwen":
        return {"output": {"choices": [{"message": {"content": [{"image": link} for link in links]}}]}}
    return {"data": [{"url": link} for link in links]}


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen", "unified"])
def test_ids(buyer: Buyer, provider: str) -> None:
    """No question goes to a path that the vendor chose, and one that cannot be asked for is said to be unconfirmed."""
    odd: list[Any] = ["../../admin", "a\nb", "\0", "x" * 1_000_000, 10**1500, [], {}, "", None]
    for task in odd:
        begun = {"output": {"task_id": task, "task_status": "PENDING"}, "task_id": task, "id": task}
        text = buyer.buy(provider, "video", {**begun, "base_resp": {"status_code": 0}})
        assert not [path for method, path, _ in buyer.vendor.asked if method == "GET" and "tasks/?" not in path
                    and "list" not in path], (task, text)  # fmt: skip


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_links(buyer: Buyer, provider: str) -> None:
    """A picture that cannot be fetched keeps its link, and the agent hears why."""
    root = buyer.vendor.root
    odd = [
        "file:///etc/passwd", root.replace("//", "//user:password@") + "/media/a", "http://10.0.0.1/a",
        "http://169.254.169.254/latest/meta-data", "//127.0.0.1/a", "ftp://x/y", "http://", "http://\0/", "\ud800",
        "javascript:alert(1)", "http://0x7f000001/a", f"{root}/media/a?{'x' * 200_000}", "a" * 1_000_000,
        f"{root}/media/a\n", "http://[bad/",
    ]  # fmt: skip
    for link in odd:
        text = buyer.buy(provider, "image", show_pictures(provider, [link]))
        assert "could not be saved" in text, link
        assert not any(path.startswith("/media") for _, path, _ in buyer.vendor.asked), link
    text = buyer.buy(provider, "image", show_pictures(provider, [f"http://10.0.0.1/{n}" for n in range(10_000)]))
    assert text.startswith("10000 made") and "and 9950 more" in text


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_a_picture_in_place_of_its_link_is_saved(buyer: Buyer, provider: str) -> None:
    link = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert "image/png, 64x64" in buyer.buy(provider, "image", show_pictures(provider, [link]))


NAMES = ["..%2f..%2fevil.png", "%00", "con.png", "a" * 300 + ".png", "%e2%80%aegnp.exe", "%1b[31m.png", ".bashrc"]


def test_names_and_heads_are_not_obeyed(buyer: Buyer) -> None:
    links = [f"{buyer.vendor.root}/media/{name}" for name in NAMES]
    text = buyer.buy("glm", "image", show_pictures("glm", links))
    files = {file.name for file in (buyer.folder / "out").iterdir() if not file.name.startswith(".")}
    assert text.startswith(f"{len(NAMES)} made") and len(files) == 2 * len(NAMES)
    assert all(name.startswith("20") and "a-fox" in name for name in files)


TEXTS: list[Any] = [17, {}, ["x"], "x" * 1_000_000, "\x1b[31m\0\x9b2Jred", "\ud800", None, True, f"Bearer {KEY}", KEY]


@pytest.mark.parametrize("told", TEXTS, ids=range(len(TEXTS)))
def test_words_of_another_shape(buyer: Buyer, told: Any) -> None:
    link = f"{buyer.vendor.root}/media/a.png"
    text = buyer.buy("glm", "image", {"data": [{"url": link, "revised_prompt": told}], "usage": {"n": told}})
    assert "image/png" in text
    (sidecar,) = (buyer.folder / "out").glob("*.json")
    assert json.loads(sidecar.read_text())["prompt"] == "a fox"
    begun = {"output": {"task_id": "t", "task_status": "PENDING"}}
    failed = {"task_status": "FAILED", "message": told, "code": told}
    assert "failed" in buyer.buy("qwen", "video", begun, {"output": failed})
    assert buyer.buy("minimax", "image", {"base_resp": {"status_code": 1000, "status_msg": told}})
    buyer.vendor.status = 400
    assert buyer.buy("glm", "image", {"error": {"code": told, "message": told}})
    buyer.vendor.status = 200
    assert buyer.buy("minimax", "video", {"task_id": "t", "base_resp": {"status_code": 0}}, {"status": told})


def test_numbers_that_are_none(buyer: Buyer) -> None:
    link = f"{buyer.vendor.root}/media/a.png"
    body = b'{"data": [{"url": "%s"}], "usage": {"a": NaN, "b": 1e309, "c": -Infinity, "d": -5}}' % link.encode()
    assert "image/png" in buyer.buy("glm", "image", body)
    (sidecar,) = (buyer.folder / "out").glob("*.json")
    assert json.loads(sidecar.read_text())["usage"] == {"a": None, "b": None, "c": None, "d": -5}


def test_words_of_ours_in_its_details(buyer: Buyer) -> None:
    """What a vendor calls as we call what was done here is not taken for it."""
    odd: list[dict[str, Any]] = [{name: 3} for name in sorted(OWN_WORDS)]
    odd += [{"subtitles": {"srt": "/etc/passwd"}}, {"segments": 5}, {"segments": [{"start": "x"}]}, {"archive": 1}]
    odd += [{"audio_length": "x"}, {"audio_length": 10**400}, {"usage_characters": "\u00b2"}]
    odd += [{"subtitle_file": "file:///etc/passwd"}]
    for extra in odd:
        data = {"audio": WAV.hex(), "status": 2}
        reply = {"data": data, "extra_info": extra, "base_resp": {"status_code": 0}}
        text = buyer.buy("minimax", "speech", reply)
        assert "audio/wav, 0.5 s" in text and "root:" not in text and "joined" not in text, extra


ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_terminal_is_not_driven(buyer: Buyer, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a vendor calls a job, its failure and its details, no control character and no key reaches the screen."""
    monkeypatch.setenv("GLM_API_KEY", KEY)
    monkeypatch.setenv("GLM_BASE_URL", buyer.vendor.root + BASES["glm"])
    link = f"{buyer.vendor.root}/media/{ESCAPES}"
    good = {"data": [{"url": link, "revised_prompt": ESCAPES + KEY}], "usage": {ESCAPES: KEY}}
    bad = {"error": {"code": ESCAPES, "message": f"{ESCAPES} {KEY}"}}
    for body, status in ((good, 200), (bad, 400), (show_pictures("glm", [f"ftp://{ESCAPES}/{KEY}"]), 200)):
        buyer.vendor.submit, buyer.vendor.status = json.dumps(body).encode(), status
        words = [sys.executable, "-m", "cncoding_cli", "image", "a fox", "-p", "glm", *more]
        done = subprocess.run(words, capture_output=True, check=False)
        text = (done.stdout + done.stderr).decode()
        assert text and "Traceback" not in text and KEY not in text
        assert not [one for one in text if one != "\n" and (ord(one) < 32 or 126 < ord(one) < 160)]
    buyer.check_files()
