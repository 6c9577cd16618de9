"""What comes from a media host is not trusted: not its names, not its types, not its length, not its redirects."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    Asset,
    AsyncClient,
    CallIdentity,
    Client,
    ConfigError,
    Done,
    MediaOrder,
    MediaRequest,
    NotFoundError,
    ProtocolError,
    TransportError,
)
from cncoding.media.file_names import safe_name
from cncoding_emulator import Emulator
from tests.media.conftest import Do
from tests.media.test_assets import spoken


@pytest.fixture
def picture(emulator: Emulator) -> Asset:
    return Client("glm").generate_image("a fox", model="cogview-4")[0]


@pytest.fixture
def film(emulator: Emulator) -> Asset:
    return Client("qwen").generate_video("a fox", poll_interval=0.03, duration=2, resolution="720P")[0]


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


def test_saved_and_known(do: Do, picture: Asset, tmp_path: Path) -> None:
    saved = do("glm", "download", picture, tmp_path / "new" / "folder")
    assert saved.path is not None and saved.data is None
    assert (saved.media_type, saved.width, saved.height) == ("image/png", 1024, 1024)
    assert saved.size == Path(saved.path).stat().st_size and saved.url == picture.url
    assert stat.S_IMODE(Path(saved.path).stat().st_mode) == 0o666 & ~_umask()
    assert files(tmp_path / "new" / "folder") == [Path(saved.path).name]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_nothing_is_overwritten(do: Do, picture: Asset, tmp_path: Path) -> None:
    (tmp_path / "fox.png").write_text("mine")
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "fox-2.png").symlink_to(tmp_path / "elsewhere")
    saved = do("glm", "download", picture, tmp_path, name="fox")
    assert Path(saved.path).name == "fox-3.png"
    assert (tmp_path / "fox.png").read_text() == (tmp_path / "elsewhere").read_text() == "mine"


def test_many_at_once_get_names_of_their_own(picture: Asset, tmp_path: Path) -> None:
    client, paths = Client("glm"), []

    def save() -> None:
        paths.append(client.download(picture, tmp_path, name="fox").path)

    threads = [threading.Thread(target=save) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 8 == len(files(tmp_path))


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/passwd", "..", ".hidden", "a/b\\c", "CON", "x" * 300, "狐狸", "\x00"]
)
def test_hostile_names_stay_inside(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path, name: str) -> None:
    emulator.link_fault("named", name=name.encode("ascii", "replace").decode().replace("\x00", "0"))
    saved = do("glm", "download", picture, tmp_path / "in", name=name)
    assert Path(saved.path).resolve().parent == (tmp_path / "in").resolve()
    assert files(tmp_path) == ["in"] and not Path(saved.path).name.startswith(".")


@pytest.mark.parametrize("text", ["", "...", "a b", "nul", "../x", "x" * 500, "狐" * 100])
def test_safe_names(text: str) -> None:
    name = safe_name(text)
    assert name and len(name.encode()) <= 120 and "/" not in name and not name.startswith(".") and name.lower() != "nul"


def test_the_key_never_goes_to_the_media_host(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path) -> None:
    secret = {"default_headers": {"X-Api-Key": "secret", "Cookie": "secret"}}
    do("glm", "download", picture, tmp_path, client=secret)
    assert emulator.leaks == [] and len(emulator.downloads) == 1
    assert emulator.downloads[0].user_agent.startswith("cncoding/")


@pytest.mark.parametrize(
    ("fault", "options", "why"),
    [
        ("html", {}, "no known type"),
        ("empty", {}, "no known type"),
        ("truncated", {}, "broken"),
        ("huge", {"bytes": 300_000}, "larger than 200000 bytes"),
    ],
)
def test_what_is_no_picture_is_not_kept(
    emulator: Emulator, do: Do, picture: Asset, tmp_path: Path, fault: str, options: Any, why: str
) -> None:
    emulator.link_fault(fault, **options)
    with pytest.raises(ProtocolError, match=why):
        do("glm", "download", picture, tmp_path, max_bytes=200_000)
    assert files(tmp_path) == []


def test_a_broken_film_is_not_kept(emulator: Emulator, do: Do, film: Asset, tmp_path: Path) -> None:
    emulator.link_fault("truncated")
    with pytest.raises(ProtocolError, match="video/mp4 is broken"):
        do("qwen", "download", film, tmp_path)
    assert files(tmp_path) == []


def test_a_film_is_no_picture(do: Do, film: Asset, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="video/mp4, not image"):
        do("qwen", "download", Asset("image", url=film.url), tmp_path)


def test_the_type_is_that_of_the_bytes(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path) -> None:
    emulator.link_fault("wrong_type", type="video/mp4")
    assert do("glm", "download", picture, tmp_path).media_type == "image/png"


def test_a_cut_download_is_begun_again(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path) -> None:
    emulator.link_fault("cut", times=2)
    saved = do("glm", "download", picture, tmp_path)
    assert files(tmp_path) == [Path(saved.path).name] and len(emulator.downloads) == 3


def test_the_rest_is_asked_for_after_a_cut(emulator: Emulator, do: Do, film: Asset, tmp_path: Path) -> None:
    whole = Path(do("qwen", "download", film, tmp_path / "whole").path).read_bytes()
    emulator.link_fault("cut", times=2)
    saved = do("qwen", "download", film, tmp_path / "resumed")
    ranges = [one.range for one in emulator.downloads[1:]]
    assert ranges[0] == "" and 0 < int(ranges[1][6:-1]) < int(ranges[2][6:-1]) < len(whole)
    assert Path(saved.path).read_bytes() == whole and len(files(tmp_path / "resumed")) == 1


@pytest.mark.parametrize("fault", ["truncated", "html"])
def test_another_file_after_a_cut_is_not_put_behind_the_first(
    emulator: Emulator, do: Do, picture: Asset, tmp_path: Path, fault: str
) -> None:
    """Half of a file has no rest (416); a page without ranges (200) is the whole answer."""
    emulator.link_fault("cut")
    emulator.link_fault(fault)
    if fault == "html":
        with pytest.raises(ProtocolError, match="no known type"):
            do("glm", "download", picture, tmp_path)
        assert files(tmp_path) == []
    else:
        saved = do("glm", "download", picture, tmp_path)
        assert files(tmp_path) == [Path(saved.path).name] and emulator.downloads[-1].range == ""


def test_what_killed_processes_left_is_swept(emulator: Emulator, picture: Asset, tmp_path: Path) -> None:
    old, new, mine = (
        tmp_path / name for name in (f".cncoding-{'a' * 16}.part", f".cncoding-{'b' * 16}.part", "x.part")
    )
    for file, age in ((old, 90_000), (new, 10), (mine, 90_000)):
        file.write_bytes(b"x")
        os.utime(file, (time.time() - age,) * 2)
    Client("glm").download(picture, tmp_path)
    assert not old.exists() and new.exists() and mine.exists()


WRITER = """
import sys
from cncoding.client.disk import Saving
from cncoding.exchange.steps import Save
with Saving(Save(b"", sys.argv[1], "film", lambda file: (".mp4", None), 1 << 20)) as saving:
    saving.write(b"first ")
    saving._file.flush()
    print("begun", flush=True)
    sys.stdin.readline()
    saving.write(b"second")
    print(saving.finish().path, flush=True)
"""


@pytest.mark.parametrize("age", [0, 90_000])
def test_what_another_process_writes_is_not_swept(
    emulator: Emulator, picture: Asset, tmp_path: Path, age: float
) -> None:
    """Not even one that began yesterday, on a machine that slept meanwhile."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "begun\n"
    (part,) = tmp_path.iterdir()
    os.utime(part, (time.time() - age,) * 2)
    Client("glm").download(picture, tmp_path)
    assert part.exists()
    told, _ = writer.communicate("go on\n")
    assert writer.returncode == 0 and Path(told.strip()).read_bytes() == b"first second"


def test_a_download_that_always_breaks_leaves_nothing(
    emulator: Emulator, do: Do, picture: Asset, tmp_path: Path
) -> None:
    emulator.link_fault("cut", times=9)
    with pytest.raises(TransportError):
        do("glm", "download", picture, tmp_path, client={"max_retries": 1})
    assert files(tmp_path) == []


@pytest.mark.parametrize("fault", ["expired", "gone"])
def test_links_that_stopped_working(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path, fault: str) -> None:
    emulator.link_fault(fault)
    with pytest.raises(NotFoundError, match="ask the job again") as caught:
        do("glm", "download", picture, tmp_path)
    assert caught.value.code == "expired" and files(tmp_path) == []


def test_a_link_expires_at_the_vendor(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    done = do("qwen", "generate_image", "a fox")
    emulator.advance(25 * 3600)
    with pytest.raises(NotFoundError):
        do("qwen", "download", done, tmp_path)


def test_a_link_that_expired_long_ago_is_not_asked_for(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="expired"):
        do("glm", "download", Asset("image", url="https://example.com/a.png", expires_at=5.0), tmp_path)
    assert emulator.downloads == []


def test_a_redirect_into_the_own_network_is_refused(emulator: Emulator, do: Do, picture: Asset, tmp_path: Path) -> None:
    emulator.link_fault("redirect")
    with pytest.raises(ConfigError, match=r"169\.254\.169\.254, which is not a public address"):
        do("glm", "download", picture, tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a.png", "http://[::1]/a.png", "http://10.0.0.1/a.png", "http://localhost:1/a.png",
     "http://[::ffff:192.168.0.1]/a.png", "file:///etc/passwd", "ftp://example.com/a", "http://user:pw@example.com/a"],
)  # fmt: skip
def test_private_addresses_are_refused(emulator: Emulator, do: Do, tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="asset: "):
        do("glm", "download", Asset("image", url=url), tmp_path)


def test_the_emulators_own_links_work_and_other_ports_do_not(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    """The origin that the user pointed the client at may serve media; nothing else on the same machine."""
    with Emulator() as other:
        link = Client("glm", base_url=other.base_url("glm")).generate_image("a fox")[0]
        with pytest.raises(ConfigError, match="not a public address"):
            do("glm", "download", link, tmp_path)
        assert do("glm", "download", link, tmp_path, client={"allow_hosts": ("127.0.0.1",)}).path


def test_data_and_nothing(do: Do, emulator: Emulator, tmp_path: Path) -> None:
    speech = do("minimax", "synthesize_speech", "你好")
    saved = do("minimax", "download", speech, tmp_path)
    assert saved.data is None and Path(saved.path).read_bytes() == speech[0].data
    with pytest.raises(ProtocolError, match="no known type"):
        do("minimax", "download", Asset("audio", data=b"not a sound"), tmp_path)
    with pytest.raises(ConfigError, match="file id"):
        do("qwen", "download", Asset("video", file_id="9"), tmp_path)
    with pytest.raises(ApiError, match="file_id not found"):
        do("minimax", "download", Asset("video", file_id="9"), tmp_path)
    with pytest.raises(ConfigError, match="empty"):
        do("minimax", "download", Done(()), tmp_path)


def test_a_folder_that_cannot_be(do: Do, picture: Asset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="folder="):
        do("glm", "download", picture, tmp_path / "file")


@pytest.mark.parametrize("most", [100, 5000], ids=["in the middle", "in the last bytes"])
def test_a_disk_that_is_full(emulator: Emulator, do: Do, tmp_path: Path, most: int) -> None:
    """What is written last is refused when it leaves memory, not when it is written."""
    resource = pytest.importorskip("resource")
    data = spoken()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        for asset in (Asset("audio", data=data), Asset("audio", data=data[:5044], media_type="audio/pcm")):
            with pytest.raises(ConfigError, match=r"folder=.*: cannot be written: File too large"):
                do("glm", "download", asset, tmp_path, client={"journal": None})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path) == []


def test_a_cancelled_download_leaves_nothing(emulator: Emulator, picture: Asset, tmp_path: Path) -> None:
    emulator.link_fault("slow", seconds=2)

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(AsyncClient("glm").download(picture, tmp_path), 0.2)

    asyncio.run(main())
    assert files(tmp_path) == []


@pytest.mark.parametrize("how", ["the same call", "its handle"])
def test_what_came_with_the_answer_and_could_not_be_saved_is_kept(
    emulator: Emulator, do: Do, tmp_path: Path, how: str
) -> None:
    """Nobody else has it: the vendor keeps no copy of a speech."""
    folder, client = tmp_path / "out", {"journal": tmp_path / "journal"}

    def block(event: Any) -> None:
        if folder.is_dir():
            folder.rmdir()
            folder.write_text("no folder any more")

    order = MediaOrder(MediaRequest("speech", "good morning"), CallIdentity("t", "1"))
    with pytest.raises(ConfigError, match="folder=") as caught:
        do("minimax", "make", replace(order, listener=block), folder, client=client)
    folder.unlink()
    if how == "the same call":
        made = do("minimax", "make", order, folder, client=client)
    else:
        made = do("minimax", "check", caught.value.purchase, folder, client=client)
    assert made.reused and Path(made.done[0].path).parent == folder and made.done[0].size
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("later", [False, True], ids=["at once", "asked later"])
def test_what_it_used_stands_beside_it_and_is_known_later(
    emulator: Emulator, do: Do, tmp_path: Path, later: bool
) -> None:
    """A film's usage is told with its result, not with its submission."""
    client = {"journal": tmp_path}
    order = MediaOrder(MediaRequest("video", "a fox", duration=2, resolution="720P"), CallIdentity("t", "1"))
    if later:
        handle = do("qwen", "begin", order, client=client).handle
        emulator.advance(600)
        made = do("qwen", "check", handle, tmp_path, client=client)
    else:
        made = do("qwen", "make", order, tmp_path, client=client)
    assert made.done.usage["output_video_duration"] == 2
    assert json.loads(Path(f"{made.done[0].path}.json").read_text())["usage"] == made.done.usage
    assert do("qwen", "make", order, tmp_path, client=client).done.usage == made.done.usage


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prompt": "a fox \ud83e"}, "prompt: .* half a character"),
        ({"prompt": "a fox", "extra": {"x": object()}}, "is not JSON: .*; look at options and extra"),
        ({"prompt": "a fox", "extra": {"x": float("nan")}}, "is not JSON: .*; look at options and extra"),
    ],
)
def test_what_no_request_can_carry_buys_nothing(emulator: Emulator, do: Do, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        do("minimax", "generate_image", client={"journal": None}, **given)
    assert emulator.requests == []
