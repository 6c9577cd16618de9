"""`reuse=True`: the same request costs nothing as long as what it made is there, and one payment serves all who ask."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, CallIdentity, Client, ConfigError, MediaOrder, MediaRequest
from cncoding.client.journal import Journal
from cncoding.errors import PurchaseDeclinedError
from cncoding.media.journal import RecordPurchase
from cncoding.types import Media
from cncoding_emulator import Emulator
from langchain_cncoding import GenerateImageTool, SubmitVideoTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do, list_media

pil = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
FOX = MediaRequest("image", "a fox")
SPEECH = MediaRequest("speech", "A fox runs.")
_calls = itertools.count()


def again(request: MediaRequest, **settings: Any) -> MediaOrder:
    """Return an order of a call that was never asked before."""
    return MediaOrder(request, CallIdentity("reuse", str(next(_calls))), reuse=True, **settings)


def draw(path: Path, color: str) -> bytes:
    pil.new("RGB", (300, 300), color).save(path)
    return path.read_bytes()


def test_what_only_the_disk_had_is_made_anew(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    for request in (SPEECH, MediaRequest("speech", "One two three four five. " * 100)):
        client = {"journal": tmp_path}
        first = do("glm", "make", again(request), str(tmp_path), client=client)
        paid = len(emulator.submissions)
        Path(first.done[0].path).unlink()
        second = do("glm", "make", again(request), str(tmp_path), client=client)
        assert not second.reused and len(emulator.submissions) == 2 * paid and Path(second.done[0].path).exists()
        third = do("glm", "make", again(request), str(tmp_path), client=client)
        assert third.reused and third.done[0].path == second.done[0].path and len(emulator.submissions) == 2 * paid
        emulator.reset()


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"cropped by hand")])
def test_what_the_vendor_has_yet_is_fetched_anew(
    emulator: Emulator, do: Do, tmp_path: Path, spoil: Callable[[Path], Any]
) -> None:
    first = do("glm", "make", again(FOX), str(tmp_path), client={"journal": tmp_path})
    made = Path(first.done[0].path).read_bytes()
    spoil(Path(first.done[0].path))
    second = do("glm", "make", again(FOX), str(tmp_path), client={"journal": tmp_path})
    assert second.reused and len(emulator.submissions) == 1 and Path(second.done[0].path).read_bytes() == made


def edit(path: Path) -> bytes:
    """Change one byte of a file, which stays as large as it was."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return bytes(data)


def test_an_edited_file_of_the_same_size_is_noticed(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    for request in (FOX, SPEECH, MediaRequest("speech", "One two three four five. " * 100)):
        first = do("glm", "make", again(request), str(tmp_path), client={"journal": tmp_path})
        paid, path = len(emulator.submissions), Path(first.done[0].path)
        made, edited = path.read_bytes(), edit(path)
        second = do("glm", "make", again(request), str(tmp_path), client={"journal": tmp_path})
        assert path.read_bytes() == edited, "what somebody edited is left alone"
        assert Path(second.done[0].path).read_bytes() == made and second.done[0].path != str(path)
        assert second.reused is (request.kind == "image") and len(emulator.submissions) == (
            paid if second.reused else 2 * paid
        )
        emulator.reset()


def test_a_file_that_was_only_touched_is_the_same(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    first = do("glm", "make", again(SPEECH), str(tmp_path), client={"journal": tmp_path})
    path = Path(first.done[0].path)
    assert first.done[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert json.loads(Path(f"{path}.json").read_text())["sha256"] == first.done[0].sha256
    os.utime(path, (1, 1))
    second = do("glm", "make", again(SPEECH), str(tmp_path), client={"journal": tmp_path})
    assert second.reused and len(emulator.submissions) == 1


def test_a_purchase_of_an_older_version_is_compared_by_its_size(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    first = do("glm", "make", again(SPEECH), str(tmp_path), client={"journal": tmp_path})
    old = replace(first.done[0], sha256=None, modified=None)
    Journal(tmp_path).perform(RecordPurchase(replace(first.purchase, assets=(old,))))
    assert do("glm", "make", again(SPEECH), str(tmp_path), client={"journal": tmp_path}).reused


def test_what_nobody_has_any_more_is_made_anew(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    first = do("glm", "make", again(FOX), str(tmp_path), client={"journal": tmp_path})
    Path(first.done[0].path).unlink()
    dead = replace(first.done[0], url=f"{emulator.url}/nothing.png")
    Journal(tmp_path).perform(RecordPurchase(replace(first.purchase, assets=(dead,))))
    second = do("glm", "make", again(FOX), str(tmp_path), client={"journal": tmp_path})
    assert not second.reused and len(emulator.submissions) == 2 and second.done[0].path
    expired = replace(first.done[0], path=None, expires_at=1.0)
    for one in (first, second):
        Journal(tmp_path).perform(RecordPurchase(replace(one.purchase, assets=(expired,))))
    third = do("glm", "make", again(FOX), client={"journal": tmp_path})
    assert not third.reused and len(emulator.submissions) == 3 and third.done[0].url != expired.url


def test_an_input_is_known_by_its_content(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    path, other = tmp_path / "a.bmp", tmp_path / "b.bmp"
    data = base64.b64encode(draw(path, "red")).decode()
    draw(other, "red")

    def warm(media: Media) -> bool:
        request = MediaRequest("image", "warm", inputs=(media,))
        made = do("qwen", "make", again(request), str(tmp_path), client={"journal": tmp_path})
        return bool(made.reused)

    same = (Media("image", path=str(other)), Media("image", data=data), Media("image", url=f"data:;base64,{data}"))
    assert not warm(Media("image", path=str(path)))
    assert all(warm(media) for media in same) and len(emulator.submissions) == 1
    kept = path.stat()
    draw(path, "blue")
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert path.stat().st_size == kept.st_size, "as large and as old as before"
    assert not warm(Media("image", path=str(path))) and len(emulator.submissions) == 2
    assert not warm(Media("image", url="https://pictures.example.com/a.png"))


def test_what_decides_the_picture_makes_another_request(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("qwen", journal=tmp_path)
    for more in ({}, {"seed": 1}, {"seed": 2}, {"size": "1024x1024"}, {"model": "qwen-image-3.0"},
                 {"options": {"prompt_extend": False}}, {"negative_prompt": "snow"}):  # fmt: skip
        request = replace(FOX, **more)
        assert [client.make(again(request), str(tmp_path)).reused for _ in range(2)] == [False, True], more
    other = Client("glm", journal=tmp_path).make(again(FOX), str(tmp_path))
    assert not other.reused and len(emulator.submissions) == 8


@pytest.mark.parametrize(
    ("provider", "request_"), [("glm", FOX), ("qwen", MediaRequest("video", "a fox")), ("glm", replace(FOX, n=3))]
)
def test_one_payment_serves_all_who_ask_at_once(
    emulator: Emulator, tmp_path: Path, provider: str, request_: MediaRequest
) -> None:
    emulator.slow_tasks(1)
    settings: dict[str, Any] = {"journal": tmp_path}

    def one(_: int) -> Any:
        return Client(provider, **settings).make(again(request_), str(tmp_path))

    async def many() -> list[Any]:
        async with AsyncClient(provider, **settings) as client:
            return await asyncio.gather(
                *(client.make(again(replace(request_, prompt="a crow")), str(tmp_path)) for _ in "123")
            )

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(one, range(6)))
    paid = len(emulator.submissions)
    made_in_loop = asyncio.run(many())
    assert len(emulator.submissions) == 2 * paid
    for found in (made, made_in_loop):
        assert sum(not one.reused for one in found) == 1
        assert len({tuple(asset.path for asset in one.done) for one in found}) == 1


PROCESS = """
import sys
from cncoding import CallIdentity, Client, MediaOrder, MediaRequest
made = Client("glm", journal=sys.argv[1]).make(
    MediaOrder(MediaRequest("image", "a fox"), CallIdentity("p", sys.argv[2]), reuse=True), sys.argv[1])
print(made.reused)
"""


def test_one_payment_serves_several_processes(emulator: Emulator, tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    said = sorted(one.communicate(timeout=60)[0].strip() for one in started)
    assert said == ["False", "True", "True"] and len(emulator.submissions) == 1


def test_a_job_that_was_begun_serves_the_next_who_asks(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    film = MediaRequest("video", "a fox")
    begun = do("qwen", "begin", again(film), client={"journal": tmp_path})
    made = do("qwen", "make", again(film), str(tmp_path), client={"journal": tmp_path})
    assert made.reused and made.purchase.handle == begun.handle and len(emulator.submissions) == 1
    later = do("qwen", "begin", again(film), client={"journal": tmp_path})
    assert (later.handle, later.state) == (begun.handle, "done") and len(emulator.submissions) == 1
    Path(made.done[0].path).unlink()
    anew = do("qwen", "begin", again(film), client={"journal": tmp_path})
    assert anew.handle != begun.handle and len(emulator.submissions) == 2


def test_a_job_that_fails_serves_nobody(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    film = MediaRequest("video", "a fox")
    emulator.task_fault("qwen", "fail")
    begun = do("qwen", "begin", again(film), client={"journal": tmp_path})
    made = do("qwen", "make", again(film), str(tmp_path), client={"journal": tmp_path})
    assert not made.reused and made.purchase.handle != begun.handle and len(emulator.submissions) == 2
    assert do("qwen", "make", again(film), str(tmp_path), client={"journal": tmp_path}).reused


def test_a_job_of_yesterday_that_nobody_asked_for_serves_nobody(emulator: Emulator, tmp_path: Path) -> None:
    client, film = Client("qwen", journal=tmp_path), MediaRequest("video", "a fox")
    begun = client.begin(again(film))
    old = replace(begun, created_at=begun.created_at - 90_000)
    Journal(tmp_path).perform(RecordPurchase(old))
    assert client.begin(again(film)).handle != begun.handle and len(emulator.submissions) == 2


def test_reuse_without_a_journal_is_refused(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    for method, request in (("make", FOX), ("make", replace(FOX, n=3)), ("begin", FOX)):
        with pytest.raises(ConfigError, match="reuse: needs a journal"):
            do("glm", method, again(request), client={"journal": None})
    with pytest.raises(ConfigError, match="reuse: a stream is not kept"):
        list(Client("glm", journal=tmp_path).stream_speech(again(SPEECH)))
    assert not emulator.submissions


def test_both_frameworks_say_that_nothing_was_paid(emulator: Emulator, tmp_path: Path) -> None:
    submit = SubmitVideoTool(provider="qwen", output_dir=tmp_path, reuse=True)
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path, reuse=True, show_progress=False)
    call: Any = {"type": "tool_call", "id": "a", "name": "x", "args": {"prompt": "a fox"}}
    first, second = submit.invoke(call), submit.invoke({**call, "id": "b"})
    assert "nothing was paid" not in first.content and not first.artifact["reused"]
    assert "nothing was paid now" in second.content and second.artifact["reused"]
    film = spec.generate_video("a fox")
    assert "nothing was paid now" in film[0].text and len(emulator.submissions) == 1
    assert "nothing was paid now" in submit.invoke({**call, "id": "c"}).content and len(emulator.submissions) == 1


def test_an_agent_gets_it_where_it_may_read(emulator: Emulator, tmp_path: Path) -> None:
    shared: dict[str, Any] = {"provider": "qwen", "journal": tmp_path / "journals", "handle_tool_error": False}
    call: Any = {"type": "tool_call", "id": "a", "name": "x", "args": {"prompt": "a fox"}}
    first = GenerateImageTool(output_dir=tmp_path / "one", **shared).invoke(call).artifact["assets"][0]["path"]
    tool = GenerateImageTool(output_dir=tmp_path / "two", reuse=True, **shared)
    found = [tool.invoke({**call, "id": name}).artifact["assets"][0]["path"] for name in "bc"]
    path = tmp_path / "two" / Path(first).name
    assert found == [str(path)] * 2 and path.read_bytes() == Path(first).read_bytes()
    assert sorted(list_media(tmp_path / "two")) == [path]
    assert json.loads(Path(f"{path}.json").read_text("utf-8"))["prompt"] == "a fox"
    spec = CNCodingToolSpec(
        "qwen", journal=tmp_path / "journals", output_dir=tmp_path / "three", reuse=True, show_progress=False
    )
    assert str(tmp_path / "three") in spec.generate_image("a fox")[0].text
    reads = GenerateImageTool(output_dir=tmp_path / "four", read_dirs=[str(tmp_path / "one")], reuse=True, **shared)
    assert reads.invoke({**call, "id": "d"}).artifact["assets"][0]["path"] == first
    assert len(emulator.submissions) == 1 and Path(first).exists()


def test_nobody_is_asked_about_what_costs_nothing(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    film = MediaRequest("video", "a fox")
    begun = do("qwen", "begin", again(film), client={"journal": tmp_path})
    for _ in "12":
        order = again(film, confirm_above=0, approve=lambda question: False)
        assert do("qwen", "make", order, str(tmp_path), client={"journal": tmp_path}).purchase.handle == begun.handle
    for path in tmp_path.glob("*.mp4"):
        path.unlink()
    with pytest.raises(PurchaseDeclinedError):
        do("qwen", "begin", again(film, confirm_above=0, approve=lambda question: False), client={"journal": tmp_path})
