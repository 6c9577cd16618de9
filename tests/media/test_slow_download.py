"""Hosts of media that are slow, or lie about what they send."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cncoding import Asset, ConfigError, ProtocolError, RequestTimeoutError, TransportError
from cncoding.media import saving
from cncoding_emulator import Emulator
from cncoding_emulator.media.videos import film
from tests.media.conftest import Do
from tests.media.media_host import MediaHost

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


@pytest.mark.parametrize("word", ["no-range", "wrong-range", "changed", "whole"])
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
