"""Voices that are made: what leaves, what is kept, what is refused before anything leaves."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    BadRequestError,
    CallIdentity,
    Client,
    ConfigError,
    Media,
    MediaOrder,
    MediaPlace,
    Voice,
    VoiceRequest,
)
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from tests.media.conftest import Do

WORDS = "the quick brown fox " * 13
SAMPLE = sounds.wav(WORDS)
AGREED = "Ana Morgan, in writing, 2026-11-20"
NAME = {"minimax": "AnaMorgan01", "glm": "ana"}
PREVIEW = {"preview": "hello there"}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "ana.wav"
    path.write_bytes(SAMPLE)
    return path


@pytest.mark.parametrize("provider", ["minimax", "glm"])
def test_a_voice_is_cloned_speaks_is_listed_and_deleted(
    emulator: Emulator, do: Do, tmp_path: Path, sample: Path, provider: str
) -> None:
    client = {"journal": tmp_path}
    voice: Voice = do(provider, "clone_voice", sample, NAME[provider], consent=AGREED, client=client, **PREVIEW)
    assert (voice.name, voice.kind) == (NAME[provider], "cloned") and voice.preview is not None
    assert str(voice.note).startswith("uploaded ana.wav (")
    assert do(provider, "synthesize_speech", "hi", voice=voice.id)[0].data
    assert [one.id for one in do(provider, "list_voices") if one.kind == "cloned"] == [voice.id]
    do(provider, "delete_voice", voice.id)
    assert not [one for one in do(provider, "list_voices") if one.kind == "cloned"]
    (kept,) = Client(provider, journal=tmp_path).purchases()
    assert kept.job is not None and kept.job.extra["consent"] == AGREED and kept.kind == "voice"
    assert [one.kind for one in emulator.submissions] == ["voice", "speech"]
    assert not any(AGREED.encode() in one.body for one in emulator.requests)


def test_the_bodies_are_those_of_the_pages(emulator: Emulator, do: Do) -> None:
    settings: dict[str, Any] = {"model": "speech-2.8-turbo", "transcript": WORDS[:180], "options": {"accuracy": 0.3}}
    do("minimax", "clone_voice", SAMPLE, "AnaMorgan01", consent=AGREED, **settings, **PREVIEW)
    do("glm", "clone_voice", SAMPLE, "ana", consent=AGREED, transcript=WORDS, **PREVIEW)
    sent = [one.json for one in emulator.requests if "/files" not in one.path]
    assert isinstance(sent[0].pop("file_id"), int)
    assert sent[0] == {
        "voice_id": "AnaMorgan01", "text": "hello there", "model": "speech-2.8-turbo", "text_validation": WORDS[:180],
        "accuracy": 0.3,
    }  # fmt: skip
    assert sent[1].pop("file_id").startswith("file-")
    assert sent[1] == {"model": "glm-tts-clone", "voice_name": "ana", "input": "hello there", "text": WORDS}


def test_without_a_preview_no_model_is_named(emulator: Emulator, do: Do) -> None:
    voice: Voice = do("minimax", "clone_voice", io.BytesIO(SAMPLE), "AnaMorgan01", consent=AGREED)
    assert voice.preview is None and set(emulator.requests[-1].json) == {"voice_id", "file_id"}


def test_a_voice_is_designed_by_words(emulator: Emulator, do: Do) -> None:
    voice: Voice = do("minimax", "design_voice", "an old man, deep and slow", **PREVIEW)
    assert voice.kind == "designed" and voice.preview is not None and voice.preview.media_type == "audio/mpeg"
    assert emulator.requests[-1].json == {"prompt": "an old man, deep and slow", "preview_text": "hello there"}
    named: Voice = do("minimax", "design_voice", "an old man", voice="OldMan0001", **PREVIEW)
    assert named.id == "OldMan0001"
    do("minimax", "delete_voice", named)
    do("minimax", "delete_voice", voice.id, kind="designed")
    assert [one.json["voice_type"] for one in emulator.requests[-2:]] == ["voice_generation"] * 2


def test_a_kept_file_is_a_sample(emulator: Emulator, do: Do) -> None:
    file = do("minimax", "upload_file", SAMPLE, purpose="voice_clone")
    for number, source in enumerate((file, Media("audio", file_id=file.id))):
        do("minimax", "clone_voice", source, f"AnaMorgan0{number}", consent=AGREED)
    assert [one.json["file_id"] for one in emulator.requests if one.path.endswith("voice_clone")] == [int(file.id)] * 2


SHORT, LONG = sounds.wav("short"), sounds.wav("x " * 3000, 8000)
REFUSED: list[tuple[str, Any, Any, dict[str, Any], str]] = [
    ("minimax", SAMPLE, "AnaMorgan01", {"consent": ""}, "consent: missing; a voice belongs to a person"),
    ("minimax", SAMPLE, "AnaMorgan01", {"consent": None}, "consent: missing"),
    ("minimax", SAMPLE, "AnaMorgan01", {"consent": True}, "consent: True says too little"),
    ("minimax", SAMPLE, "AnaMorgan01", {"consent": "yes"}, "consent: 'yes' says too little"),
    ("minimax", SAMPLE, "", {}, "voice: empty; give the new voice a name"),
    ("minimax", SAMPLE, "short1", {}, "voice='short1': speech-2.8-hd takes 8 to 256 letters"),
    ("minimax", SAMPLE, "1AnaMorgan", {}, "first a letter"),
    ("minimax", SAMPLE, "AnaMorgan_", {}, "last no - or _"),
    ("minimax", SAMPLE, "AnaMorgän1", {}, "letters, digits"),
    ("minimax", SAMPLE, "AnaMorgan01", {"preview": "x" * 1001}, "preview: speech-2.8-hd takes 1 to 1000 characters"),
    ("minimax", SAMPLE, "AnaMorgan01", {"transcript": WORDS}, "transcript: speech-2.8-hd takes 1 to 200 characters"),
    ("minimax", SAMPLE, "AnaMorgan01", {"options": {"acuracy": 1}}, "did you mean 'accuracy'?"),
    ("minimax", SAMPLE, "AnaMorgan01", {"model": "image-01"}, "model='image-01': no route of minimax makes voice"),
    ("minimax", SAMPLE, "AnaMorgan01", {"prewiew": "x"}, "prewiew: not a setting of voice; did you mean 'preview'?"),
    ("minimax", "https://example.com/a.wav", "AnaMorgan01", {}, "audio: minimax takes no https:// link"),
    ("minimax", "nowhere.wav", "AnaMorgan01", {}, "path='nowhere.wav': cannot be read"),
    ("minimax", b"", "AnaMorgan01", {}, "audio: the data is empty"),
    ("minimax", None, "AnaMorgan01", {}, "audio: missing; give the recording"),
    ("minimax", [], "AnaMorgan01", {}, "audio: missing; give the recording"),
    ("minimax", SAMPLE, 12345678, {}, "voice: is int; give the new voice a name"),
    ("minimax", b"words" * 99, "AnaMorgan01", {}, "audio: audio.bin is of an unknown type; voice_clone takes mp3"),
    ("minimax", Media("image", url="https://a/b.png"), "AnaMorgan01", {}, "images: speech-2.8-hd takes none"),
    ("minimax", SHORT, "AnaMorgan01", {}, "audio.wav is 0.5 s long; voice_clone takes 10 to 300 s"),
    ("minimax", LONG, "AnaMorgan01", {}, "voice_clone takes 10 to 300 s"),
    ("minimax", SAMPLE + bytes(21 << 20), "AnaMorgan01", {}, "voice_clone takes 20 MB"),
    ("minimax", b"\x89PNG\r\n\x1a\n" + bytes(99), "AnaMorgan01", {}, "audio: audio.png is image/png, no audio"),
    ("glm", SAMPLE, "ana", {"preview": None}, "preview: glm-tts-clone needs it"),
    ("glm", b"fLaC" + bytes(99), "ana", PREVIEW, "voice-clone-input takes mp3, wav"),
    ("glm", SAMPLE + bytes(10 << 20), "ana", PREVIEW, "voice-clone-input takes 10 MB"),
    ("qwen", SAMPLE, "ana", {}, "provider='qwen': makes no voice; it makes image, speech, video; these do:"),
]


@pytest.mark.parametrize("provider, source, name, given, said", REFUSED, ids=range(len(REFUSED)))
def test_nothing_is_sent_that_would_be_refused(
    emulator: Emulator, do: Do, provider: str, source: Any, name: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as failed:
        do(provider, "clone_voice", source, name, **{"consent": AGREED, **given})
    assert said in str(failed.value) and emulator.requests == []


def test_a_file_that_cannot_be_read_is_said(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    closed = io.BytesIO(SAMPLE)
    closed.close()
    with (tmp_path / "new.wav").open("wb") as writing:
        for file in (closed, writing):
            with pytest.raises(ConfigError, match="audio: the open file cannot be read"):
                do("minimax", "clone_voice", file, "AnaMorgan01", consent=AGREED)
    (tmp_path / "text.wav").write_text("words " * 99)
    with pytest.raises(ConfigError, match=r"audio: text.wav is of an unknown type; voice-clone-input takes mp3, wav"):
        do("glm", "clone_voice", tmp_path / "text.wav", "ana", consent=AGREED, **PREVIEW)
    with pytest.raises(ConfigError, match=r"audio: path='/dev/zero': is no file|path='/dev/zero': is no file"):
        do("minimax", "clone_voice", "/dev/zero", "AnaMorgan01", consent=AGREED)
    with (tmp_path / "huge.wav").open("wb") as huge:
        huge.truncate(3 << 30)
    with pytest.raises(ConfigError, match=r"audio: huge.wav has 3072 MB; voice_clone takes 20 MB"):
        do("minimax", "clone_voice", tmp_path / "huge.wav", "AnaMorgan01", consent=AGREED)
    assert emulator.requests == []


def test_consent_is_asked_for_before_anything_is_read(emulator: Emulator, do: Do) -> None:
    file = io.BytesIO(SAMPLE)
    with pytest.raises(ConfigError, match="consent: ' ' says too little"):
        do("minimax", "clone_voice", file, "AnaMorgan01", consent=" ")
    assert file.tell() == 0
    request = VoiceRequest("voice", "ana", inputs=(Media("audio", path="nowhere.wav"),), voice="AnaMorgan01")
    with pytest.raises(ConfigError, match="consent: missing"):
        do("minimax", "make", request)


@pytest.mark.parametrize(
    ("provider", "given", "said"),
    [
        ("minimax", {}, "preview: voice_design needs it"),
        ("minimax", {"preview": "x" * 501}, "preview: voice_design takes 1 to 500 characters"),
        ("minimax", {"voice": "a", **PREVIEW}, "voice='a': voice_design takes 8 to 256 letters"),
        ("minimax", {"model": "speech-2.8-hd", **PREVIEW}, "no route of minimax makes voice with it"),
        ("minimax", {"transcript": "x", **PREVIEW}, "transcript: a designed voice has none"),
        ("glm", PREVIEW, "provider='glm': makes no voice from words; these do: minimax"),
    ],
)
def test_a_design_is_checked(emulator: Emulator, do: Do, provider: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as failed:
        do(provider, "design_voice", "an old man", **given)
    assert said in str(failed.value) and emulator.requests == []


@pytest.mark.parametrize(
    ("voice", "said"),
    [("", "voice: empty"), (None, "voice: empty"), ("male-qn-qingse", "voice: male-qn-qingse is system")],
)
def test_a_voice_of_the_vendor_is_not_deleted(emulator: Emulator, do: Do, voice: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        do("minimax", "delete_voice", voice)
    assert not any("delete" in one.path for one in emulator.requests)


def test_what_the_vendor_refuses_is_not_bought(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    client = {"journal": tmp_path}
    do("minimax", "clone_voice", SAMPLE, "AnaMorgan01", consent=AGREED, client=client)
    with pytest.raises(BadRequestError, match="2039"):
        do("minimax", "clone_voice", SAMPLE, "AnaMorgan01", consent=AGREED, client=client)
    assert [one.state for one in Client("minimax", journal=tmp_path).purchases()] == ["refused", "done"]
    with pytest.raises(ApiError, match="not found"):
        do("minimax", "delete_voice", "NobodyElse1")


def test_a_voice_without_a_preview_is_done_when_asked_again(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    request = VoiceRequest(
        "voice", "ana", inputs=(Media("audio", data=base64.b64encode(SAMPLE).decode()),),
        voice="AnaMorgan01", consent=AGREED,
    )  # fmt: skip
    order = MediaOrder(request, CallIdentity("thread", "call"))
    for reused in (False, True):
        made = do("minimax", "make", order, MediaPlace(folder=str(tmp_path)), client={"journal": tmp_path})
        assert made.reused is reused and made.job.extra["voice"] == "AnaMorgan01"
    assert len(emulator.submissions) == 1


def test_the_price_is_that_of_the_voice(emulator: Emulator, do: Do) -> None:
    request = VoiceRequest("voice", "an old man", preview="hello")
    price = do("minimax", "estimate", request)
    assert (price.amount, price.currency) == (9.9, "CNY") and emulator.requests == []


def test_a_preview_that_is_a_file_of_the_vendor_is_saved_like_any_other(
    emulator: Emulator, do: Do, tmp_path: Path
) -> None:
    voice: Voice = do("glm", "clone_voice", SAMPLE, "ana", consent=AGREED, preview="hello there")
    assert voice.preview is not None and voice.preview.file_id and voice.preview.url is None
    saved = do("glm", "download", voice.preview, tmp_path)
    assert saved.media_type == "audio/wav" and Path(saved.path).read_bytes() == do(
        "glm", "read_file", voice.preview.file_id
    )
    with pytest.raises(ConfigError, match="the vendor gave a file id"):
        do("qwen", "download", voice.preview, tmp_path)
    listed = {one.id: one.preview for one in do("glm", "list_voices")}
    assert listed["tongtong"] is None and listed[voice.id].url
    assert do("glm", "download", listed[voice.id], tmp_path).media_type == "audio/wav"


def test_a_saved_preview_is_fetched_anew_when_its_file_is_gone(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    request = VoiceRequest(
        "voice", "ana", inputs=(Media("audio", data=base64.b64encode(SAMPLE).decode()),),
        voice="ana", consent=AGREED, preview="hello there",
    )  # fmt: skip
    order = MediaOrder(request, CallIdentity("thread", "call"))
    paths = []
    for _ in range(2):
        made = do("glm", "make", order, MediaPlace(folder=str(tmp_path)), client={"journal": tmp_path})
        paths.append(Path(made.done[0].path))
        assert paths[-1].is_file()
        paths[-1].unlink()
    assert [one.kind for one in emulator.submissions] == ["voice"]
