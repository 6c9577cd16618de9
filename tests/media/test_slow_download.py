"""Hosts of media that are slow, or lie about what they send."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cncoding import Asset, Client, ConfigError, ProtocolError, RequestTimeoutError, TransportError
from cncoding.media import saving
from cncoding_emulator import Emulator
from cncoding_emulator.media.videos import film
from tests.media.conftest import Do, list_media
from tests.media.media_host import MediaHost
from tests.media.test_told_to_agents import CALLS

FILM = film("the sea", (64, 64), 4, 2.0)
OWN: dict[str, Any] = {"allow_hosts": ("127.0.0.1",), "max_retries": 2}


def download(do: Do, host: MediaHost, folder: Path, **client: Any) -> Asset:
    found: Asset = do("qwen", "download", Asset("video", url=host.url), folder, client={**OWN, **client})
    return found


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("words", [["drip"], ["cut", "drip"], ["cut"], ["drip-head"], ["silent"]])
def test_a_download_has_a_deadline_for_all_of_it(
    emulator: Emulator, do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """A byte now and then would hold it for ever; each starts a read timeout anew."""
    monkeypatch.setattr(saving, "TOTAL", 1.0)
    with MediaHost(FILM, *words) as host:
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            download(do, host, tmp_path)
        assert time.monotonic() - began < 12, "seconds"
    assert isinstance(caught.value, RequestTimeoutError) or words == ["cut"]
    assert names(tmp_path) == []


@pytest.mark.parametrize("word", ["no-range", "wrong-range", "changed", "other-rest", "less", "whole"])
def test_what_comes_after_a_cut_is_the_rest_or_the_whole(emulator: Emulator, do: Do, tmp_path: Path, word: str) -> None:
    with MediaHost(FILM, "cut", word, "whole") as host:
        saved = download(do, host, tmp_path)
    assert Path(str(saved.path)).read_bytes() == FILM and names(tmp_path) == [Path(str(saved.path)).name]
    assert host.ranges[:2] == ["", str(len(FILM) // 2)]


def test_a_packed_film_is_refused(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    """Nobody asked for it, and what is packed has no rest that could be asked for."""
    with MediaHost(FILM, "gzip") as host, pytest.raises(ConfigError, match=r"packs it \(gzip\)"):
        download(do, host, tmp_path)
    assert names(tmp_path) == []


def test_a_host_that_announces_more_than_it_sends(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    with MediaHost(FILM, "short", "whole") as host:
        assert Path(str(download(do, host, tmp_path).path)).read_bytes() == FILM
    with MediaHost(FILM, "long") as host, pytest.raises((ProtocolError, TransportError)):
        download(do, host, tmp_path / "long")
    assert names(tmp_path / "long") == []


def test_a_redirect_to_itself_ends(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    with MediaHost(FILM, "loop") as host, pytest.raises(ConfigError, match="redirects more than 5 times"):
        download(do, host, tmp_path)
    assert len(host.ranges) <= 7 and names(tmp_path) == []


@pytest.mark.parametrize(
    ("word", "kind", "said"),
    [
        ("no-url", ConfigError, "asset: .* redirects to what is no URL"),
        ("nowhere", ProtocolError, "302 and no address"),
    ],
)
def test_a_redirect_that_leads_nowhere(
    emulator: Emulator, do: Do, tmp_path: Path, word: str, kind: type[Exception], said: str
) -> None:
    with MediaHost(FILM, word) as host, pytest.raises(kind, match=said):
        download(do, host, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("seed", range(100))
def test_a_film_is_cut_anywhere_and_comes_whole(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("cncoding.client.http.pause", lambda step: 0.0)
    with MediaHost(FILM, "any-cut", "any-cut", "any-cut", "whole", seed=seed) as host:
        saved = Client("qwen", **{**OWN, "max_retries": 3}).download(Asset("video", url=host.url), tmp_path)
    assert Path(str(saved.path)).read_bytes() == FILM and names(tmp_path) == [Path(str(saved.path)).name]
    assert len(host.ranges) == 4


@pytest.mark.parametrize("call", CALLS)
def test_a_picture_that_comes_too_late_loses_no_other_and_is_saved_later(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    """Asked again, the job fetches what is missing, and nothing that is there."""
    monkeypatch.setattr(saving, "TOTAL", 0.5)
    emulator.link_fault("slow", seconds=1.5)
    settings: dict[str, Any] = {"output_dir": tmp_path, "timeout": 20}
    told = call("minimax", "generate_image", {"prompt": "a fox", "count": 2}, **settings)
    assert "2 made by minimax" in told and "did not arrive in" in told and len(list_media(tmp_path)) == 1
    handle = told.rpartition("To save it nothing is paid: check_media_job, job=")[2].split()[0]
    asked = len(emulator.downloads)
    again = call("minimax", "check_media_job", {"job": handle}, **settings)
    assert "not be saved" not in again and len(emulator.submissions) == 1 and len(emulator.downloads) == asked + 1
    assert len(list_media(tmp_path)) == 2 and all(str(file) in again for file in list_media(tmp_path))
