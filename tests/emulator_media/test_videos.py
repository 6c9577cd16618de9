from __future__ import annotations

import io

import pytest

from cncoding_emulator import image_marks
from cncoding_emulator.media.pictures import mark_of
from cncoding_emulator.media.videos import film, probe


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (480, 360), (1366, 768), (832, 1088)])
def test_boxes_say_size_frames_and_duration(size: tuple[int, int]) -> None:
    seen = probe(film("日落 sunset", size, 24, 2))
    assert (seen.width, seen.height, seen.frames, seen.seconds, seen.comment) == (*size, 48, 2.0, "日落 sunset")


def test_a_cut_film_shows() -> None:
    data = film("sunset", (480, 360), 24, 1)
    with pytest.raises(ValueError):
        probe(data[: len(data) // 2])
    with pytest.raises(ValueError):
        probe(b"<html></html>")


def test_the_sample_table_covers_the_data_exactly() -> None:
    data = film("sunset", (480, 360), 30, 2)
    at = data.index(b"stsz") + 8
    count = int.from_bytes(data[at + 4 : at + 8], "big")
    sizes = [int.from_bytes(data[at + 8 + 4 * i : at + 12 + 4 * i], "big") for i in range(count)]
    start = int.from_bytes(data[data.index(b"stco") + 12 : data.index(b"stco") + 16], "big")
    assert data[start - 4 : start] == b"mdat"
    for size in sizes:
        assert int.from_bytes(data[start : start + 4], "big") == size - 4
        start += size
    assert start == len(data)


def test_a_decoder_plays_it() -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with av.open(io.BytesIO(film("a sunset", (1366, 768), 24, 2))) as opened:
        frames = [frame.to_image() for frame in opened.decode(video=0)]
    assert len(frames) == 48
    assert {f.size for f in frames} == {(1366, 768)}
    assert image_marks.read(frames[40].convert("RGB")) == mark_of("a sunset")
    assert frames[1].tobytes() != frames[40].tobytes()
