"""Subtitles beside the sound, and the vendor's route for long texts, whose archive holds both."""

from __future__ import annotations

import asyncio
import io
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest

from cncoding import Asset, CallIdentity, Client, ConfigError, MediaOrder, MediaRequest, ProtocolError
from cncoding.media.sound.archive import read_titles, unpack_archive
from cncoding_emulator import Emulator
from langchain_cncoding import SynthesizeSpeechTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do
from tests.media.recordings import mp3

TEXT = "The fox ran! The owl flew?"
SRT = """1
00:00:00,000 --> 00:00:00,720
The fox ran!

2
00:00:00,720 --> 00:00:01,560
The owl flew?
"""
BOOK = "The_fox_ran!" * 1000
"""More than MiniMax speaks at once."""


def names(folder: Path) -> list[str]:
    return sorted(one.suffix for one in folder.iterdir() if not one.name.startswith("."))


def test_subtitles_lie_beside_the_sound(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    made = do("minimax", "make", MediaRequest("speech", TEXT, subtitles=True), tmp_path)
    (asset,) = made.done
    files = asset.metadata["subtitles"]
    assert Path(files["srt"]).read_text() == SRT and Path(files["srt"]).stem == Path(asset.path).stem
    assert Path(files["vtt"]).read_text().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.720\nThe fox ran!\n")
    assert names(tmp_path) == [".json", ".mp3", ".srt", ".vtt"]
    assert emulator.requests[0].json["subtitle_enable"] is True and emulator.leaks == []


def test_a_result_that_is_saved_later_has_them_too(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    done = do("minimax", "synthesize_speech", TEXT, subtitles=True)
    saved = do("minimax", "download", done, tmp_path, name="fox")
    assert Path(saved.metadata["subtitles"]["srt"]) == tmp_path / "fox.srt"
    again = do("minimax", "download", saved, tmp_path)
    assert again == saved


def test_who_has_none_says_so(emulator: Emulator, do: Do) -> None:
    for provider in ("glm", "qwen"):
        with pytest.raises(ConfigError, match=r"subtitles: .* has no such setting"):
            do(provider, "synthesize_speech", "hello", subtitles=True)
    assert emulator.requests == []


@pytest.mark.parametrize(("fault", "why"), [("gone", "404"), ("html", None), ("empty", None)])
def test_a_sound_is_kept_without_its_subtitles(
    emulator: Emulator, do: Do, tmp_path: Path, fault: str, why: str | None
) -> None:
    emulator.link_fault(fault)
    (asset,) = do("minimax", "make", MediaRequest("speech", TEXT, subtitles=True), tmp_path).done
    assert asset.path and "subtitles" not in asset.metadata and names(tmp_path) == [".json", ".mp3"]
    assert (why in asset.metadata["subtitles_not_saved"]) if why else asset.metadata["segments"] == []


def test_subtitles_of_pieces_follow_one_another(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    request = MediaRequest("speech", BOOK, subtitles=True, as_task=False)
    (asset,) = do("minimax", "make", request, tmp_path, client={"journal": tmp_path}).done
    rows = asset.metadata["segments"]
    assert len(rows) == 1000 and len(emulator.submissions) == 2
    assert all(one["end"] <= other["start"] + 0.06 for one, other in pairwise(rows))
    assert rows[-1]["end"] == pytest.approx(asset.duration, abs=0.1)
    text = Path(asset.metadata["subtitles"]["srt"]).read_text()
    assert text.count("-->") == 1000 and text.rstrip().endswith("The_fox_ran!")
    assert names(tmp_path) == [".json", ".mp3", ".srt", ".vtt"]


# ---------------------------------------------------------------- the route for long texts


def test_a_long_text_is_one_job_of_minimax(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    request = MediaRequest("speech", BOOK, voice="female-shaonv", options={"sample_rate": 16000}, format="mp3")
    (asset,) = do("minimax", "make", request, tmp_path, client={"journal": tmp_path}).done
    sent = emulator.requests[0]
    assert sent.path == "/minimax/v1/t2a_async_v2" and len(emulator.submissions) == 1
    assert sent.json["audio_setting"] == {"audio_sample_rate": 16000, "format": "mp3"} and not sent.unknown_fields
    assert asset.media_type == "audio/mpeg" and asset.duration == pytest.approx(720, rel=0.01)
    assert Path(asset.metadata["subtitles"]["srt"]).read_text().count("-->") == 1000
    assert "archive" not in asset.metadata and asset.metadata["word_count"] == len(BOOK)
    assert names(tmp_path) == [".json", ".mp3", ".srt", ".vtt"]


def test_a_longer_one_is_several_jobs(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    """A hundred thousand characters: two jobs, the sound and the sentences of both in one file."""
    made = do("minimax", "make", MediaRequest("speech", "The_fox_ran!" * 8332), tmp_path, client={"journal": tmp_path})
    assert len(emulator.submissions) == 2 and made.done[0].metadata["pieces"] == 2
    assert len(made.done[0].metadata["segments"]) == 8332


def test_by_hand(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    job = do("minimax", "submit", MediaRequest("speech", "The fox ran!", as_task=True))
    done = do("minimax", "wait", job.to_json(), poll_interval=0.05)
    assert done[0].url and done[0].kind == "audio" and done[0].expires_at
    saved = do("minimax", "download", done, tmp_path)
    assert saved.media_type == "audio/mpeg" and Path(saved.metadata["subtitles"]["vtt"]).exists()


def test_headerless_sound_of_an_archive_is_known_by_its_name(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    request = MediaRequest("speech", "The fox ran!", as_task=True, format="pcm")
    (asset,) = do("minimax", "make", request, tmp_path).done
    assert asset.media_type == "audio/pcm" and Path(asset.path).suffix == ".pcm"


def test_settings_that_only_pieces_take_are_made_in_pieces(emulator: Emulator, do: Do) -> None:
    """The route for long texts makes no WAV: two calls make one."""
    (asset,) = do("minimax", "make", MediaRequest("speech", BOOK, format="wav")).done
    assert asset.media_type == "audio/wav" and [one.path for one in emulator.requests] == ["/minimax/v1/t2a_v2"] * 2


def test_a_failed_job_of_several_is_told_and_goes_on(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    order = MediaOrder(MediaRequest("speech", "The_fox_ran!" * 8332), CallIdentity("t", "1"))
    emulator.task_fault("minimax", "fail")
    for _ in range(2):
        with pytest.raises(Exception, match="Of 2 pieces of the text 0 are made and kept"):
            do("minimax", "make", order, tmp_path, client={"journal": tmp_path})
    assert len(emulator.submissions) == 1


# ---------------------------------------------------------------- archives that are none


def tar(**files: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        link = tarfile.TarInfo("x/content.mp3")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for ending, data in files.items():
            member = tarfile.TarInfo(f"../../content.{ending}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_archives_are_not_trusted() -> None:
    found = unpack_archive(tar(mp3=b"sound", titles=b"not JSON", extra=b"[]"))
    assert (found.sound, found.media_type, found.segments, found.extra) == (b"sound", "audio/mpeg", (), {})
    assert unpack_archive(mp3(2)).sound == mp3(2)
    with pytest.raises(ProtocolError, match=r"holds no sound, but \.titles"):
        unpack_archive(tar(titles=b"[]"))
    with pytest.raises(ProtocolError, match="broken"):
        unpack_archive(tar(mp3=b"x" * 5000)[:1800])
    assert read_titles(b'{"a": 1}') == () == read_titles(b"[1, null]")


# ---------------------------------------------------------------- tools


def test_both_frameworks_name_them(emulator: Emulator, tmp_path: Path) -> None:
    options = {"subtitle_enable": True}
    tool = SynthesizeSpeechTool(provider="minimax", output_dir=tmp_path, options=options)
    call = {"type": "tool_call", "id": "c", "name": tool.name, "args": {"text": TEXT}}
    message = tool.invoke(call)
    files = message.artifact["assets"][0]["metadata"]["subtitles"]
    assert f"subtitles: {files['srt']}, {files['vtt']}" in message.content and Path(files["srt"]).read_text() == SRT
    spec = CNCodingToolSpec("minimax", output_dir=tmp_path, options={"synthesize_speech": options}, show_progress=False)
    blocks = asyncio.run(spec.asynthesize_speech(TEXT))
    assert ".srt, " in blocks[0].text and blocks.artifact["assets"][0]["metadata"]["subtitles"]["vtt"]  # type: ignore[union-attr, attr-defined]


def test_an_asset_that_says_it_is_in_an_archive_and_is_not(emulator: Emulator, tmp_path: Path) -> None:
    link = Client("qwen").synthesize_speech("hello")[0].url
    saved = Client("qwen").download(Asset("audio", url=link, metadata={"archive": "tar"}), tmp_path)
    assert saved.media_type == "audio/wav"
