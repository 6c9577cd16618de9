"""Speech in pieces, while it is made."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cncoding import (
    ApiError,
    AsyncClient,
    Budget,
    BudgetExceededError,
    CallIdentity,
    Client,
    CncodingError,
    ConfigError,
    MediaOrder,
    MediaRequest,
    ProtocolError,
    PurchaseDeclinedError,
    SoundKind,
    TruncatedStreamError,
    UnconfirmedPurchaseError,
    as_wav,
)
from cncoding.client.journal import Journal
from cncoding.media.journal import FindPurchases
from cncoding.media.sound.mp3 import read_mp3
from cncoding.media.sound.streams import StreamJoiner
from cncoding.media.sound.wav import read_wav
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from tests.media.recordings import mp3, tone, wav

TEXT = "一只狐狸在雪地里。" * 12


def hear(provider: str, how: str, text: str = TEXT, **settings: Any) -> list[bytes]:
    if how == "sync":
        return list(Client(provider).stream_speech(text, **settings))

    async def main() -> list[bytes]:
        async with AsyncClient(provider) as client:
            return [piece async for piece in client.stream_speech(text, **settings)]

    return asyncio.run(main())


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_sound_comes_in_pieces_and_is_that_of_the_whole(emulator: Emulator, provider: str, how: str) -> None:
    pieces = hear(provider, how)
    assert len(pieces) > 1 and all(pieces) and len(emulator.submissions) == 1
    if provider != "qwen":  # Qwen's whole is a link to a WAV file
        options = {"stream": True}
        whole = Client(provider).synthesize_speech(TEXT, options=options)[0].data
        assert b"".join(pieces) == whole


def test_settings_are_checked_and_a_provider_without_streams_says_so(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="speed=9"):
        hear("minimax", "sync", speed=9)
    with pytest.raises(ConfigError, match="'unified': streams no speech"):
        Client("unified").stream_speech("hello")
    assert not emulator.submissions


def test_hanging_up_early_asks_for_nothing_more(emulator: Emulator) -> None:
    sound = Client("minimax").stream_speech(TEXT)
    assert next(sound)
    sound.close()
    assert len(emulator.submissions) == 1 and next(sound, None) is None


PIECE = b'data: {"data": {"audio": "00ff", "status": 1}, "base_resp": {"status_code": 0}}\n\n'
REFUSAL = b'{"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}'
BROKEN: list[tuple[bytes, str, type[CncodingError], int]] = [
    (PIECE, "text/event-stream", TruncatedStreamError, 1),
    (PIECE + b"data: {nonsense\n\n", "text/event-stream", ProtocolError, 1),
    (REFUSAL, "application/json", ApiError, 0),
]


@pytest.mark.parametrize(("body", "kind", "error", "heard"), BROKEN)
def test_a_stream_that_breaks_is_told_and_not_bought_again(
    body: bytes, kind: str, error: type[CncodingError], heard: int
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"Content-Type": kind}, content=body)

    found: list[bytes] = []
    http_client = httpx.Client(transport=httpx.MockTransport(answer))
    with http_client, pytest.raises(error) as caught:
        for piece in Client("minimax", api_key="sk-1", http_client=http_client).stream_speech("hello"):
            found.append(piece)
    assert len(found) == heard and len(asked) == 1 and not caught.value.retryable


# ---------------------------------------------------------------- long texts

SENTENCE = "The_fox_ran!"
LONG = {"glm": (200, 3), "qwen": (120, 3), "minimax": (1000, 2)}


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_a_long_text_is_one_stream(emulator: Emulator, provider: str, how: str) -> None:
    count, requests = LONG[provider]
    heard = b"".join(hear(provider, how, SENTENCE * count))
    said = [one.prompt for one in emulator.submissions]
    assert "".join(said) == SENTENCE * count and len(said) == requests
    if provider == "minimax":
        one, other = (read_mp3(sounds.mp3(text)) for text in said)
        assert len(read_mp3(heard).frames) == len(one.frames) + len(other.frames)
    else:
        assert heard == b"".join(sounds.pcm(text) for text in said)


@pytest.mark.parametrize("size", [1, 3, 7, 64, 5000])
@pytest.mark.parametrize("media_type", ["audio/mpeg", "audio/wav", "audio/pcm"])
def test_heads_of_later_streams_are_left_out_however_they_come(media_type: str, size: int) -> None:
    files = {
        "audio/mpeg": [mp3(3), mp3(2), mp3(2, tags=False)],
        "audio/wav": [wav(tone(0.1)), wav(tone(0.2)), b"RIFF\xff\xff\xff\xffWAVE" + wav(tone(0.1))[12:]],
        "audio/pcm": [b"\1\2\3", b"\4\5", b"\6\7"],
    }[media_type]
    joiner, heard = StreamJoiner(SoundKind(media_type, 8000)), b""
    for file in files:
        joiner.begin()
        for at in range(0, len(file), size):
            heard += joiner.feed(file[at : at + size])
        heard += joiner.finish()
    if media_type == "audio/mpeg":
        sound = [read_mp3(file) for file in files[1:]]
        later = b"".join(file[one.frames[0][0] :] for file, one in zip(files[1:], sound, strict=True))
        assert heard == files[0] + later
    elif media_type == "audio/wav":
        assert heard == files[0] + files[1][44:] + files[2][44:]
    else:
        assert heard == b"\1\2\3\0\4\5\6\7"  # the samples of a stream begin at a whole one


# ---------------------------------------------------------------- as a WAV


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize(("provider", "settings", "rate"), [
    ("glm", {}, 24000), ("qwen", {}, 24000), ("minimax", {"format": "pcm"}, 32000),
    ("minimax", {"format": "pcm", "options": {"audio_setting": {"sample_rate": 16000, "channel": 2}}}, 16000),
])  # fmt: skip
def test_samples_become_a_wav_that_plays_while_it_comes(
    emulator: Emulator, provider: str, settings: Any, rate: int, how: str
) -> None:
    def sync() -> bytes:
        return b"".join(as_wav(Client(provider).stream_speech(TEXT, **settings)))

    async def in_loop() -> bytes:
        return b"".join([piece async for piece in as_wav(AsyncClient(provider).stream_speech(TEXT, **settings))])

    found = read_wav(sync() if how == "sync" else asyncio.run(in_loop()))
    channels = 2 if rate == 16000 else 1
    assert (found.form.rate, found.form.channels, found.form.bits) == (rate, channels, 16)
    assert found.duration == pytest.approx(sounds.seconds_of(TEXT), abs=0.01)


def test_as_wav_of_what_is_no_samples(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=r"the pieces are audio/mpeg already.* ask for format='pcm'"):
        as_wav(Client("minimax").stream_speech("hello"))
    assert not emulator.submissions
    whole = b"".join(as_wav([b"\1\2", b"\3\4"]))
    assert read_wav(whole).form.rate == 24000 and whole[-4:] == b"\1\2\3\4"
    assert read_wav(b"".join(as_wav([b"\1\2\3\4"], SoundKind("audio/pcm", 8000, 2)))).form.channels == 2


# ---------------------------------------------------------------- journal and budget


def rows(folder: Path) -> list[tuple[str, str | None]]:
    return [(one.state, one.owner) for one in Journal(folder).perform(FindPurchases())]


def stream(how: str, order: MediaOrder, folder: Path, provider: str = "glm", most: int | None = None) -> list[bytes]:
    """Hear an order with a journal; hang up after so many pieces."""
    if how == "sync":
        with Client(provider, journal=folder).stream_speech(order) as pieces:
            return [piece for piece, _ in zip(pieces, range(most or 10_000), strict=False)]

    async def main() -> list[bytes]:
        found: list[bytes] = []
        async with AsyncClient(provider, journal=folder).stream_speech(order) as pieces:
            async for piece in pieces:
                found.append(piece)
                if most is not None and len(found) >= most:
                    break
        return found

    return asyncio.run(main())


@pytest.mark.parametrize("how", ["sync", "async"])
def test_every_request_is_written_down_and_counted(emulator: Emulator, tmp_path: Path, how: str) -> None:
    request = MediaRequest("speech", SENTENCE * 200)
    order = MediaOrder(request, budget=Budget(calls=5, per="day"))
    stream(how, order, tmp_path)
    assert rows(tmp_path) == [("done", None)] * 3
    with pytest.raises(BudgetExceededError, match="3 were made; 2 are left, and this needs 3"):
        stream(how, order, tmp_path)
    assert len(emulator.submissions) == 3
    with pytest.raises(ConfigError, match="needs a journal"):
        next(Client("glm").stream_speech(order))


@pytest.mark.parametrize("how", ["sync", "async"])
def test_who_hangs_up_has_paid_what_was_begun(emulator: Emulator, tmp_path: Path, how: str) -> None:
    heard = stream(how, MediaOrder(MediaRequest("speech", SENTENCE * 200)), tmp_path, most=2)
    assert len(heard) == 2 and rows(tmp_path) == [("done", None)] and len(emulator.submissions) == 1


@pytest.mark.parametrize("how", ["sync", "async"])
def test_the_same_call_is_not_streamed_twice(emulator: Emulator, tmp_path: Path, how: str) -> None:
    order = MediaOrder(MediaRequest("speech", TEXT), CallIdentity("t", "1"))
    stream(how, order, tmp_path)
    with pytest.raises(ConfigError, match=r"was streamed before \(speech-.*synthesize_speech, which keeps"):
        stream(how, order, tmp_path)
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize(("fault", "state"), [("cut_after_accept", "unconfirmed"), ("bad_parameter", "refused")])
def test_a_stream_that_fails_before_its_sound(
    emulator: Emulator, tmp_path: Path, how: str, fault: str, state: str
) -> None:
    order = MediaOrder(MediaRequest("speech", TEXT), CallIdentity("t", "1"))
    if state == "refused":
        emulator.fault("glm", fault, on="audio/speech")
    else:
        emulator.task_fault("glm", fault)
    with pytest.raises(CncodingError) as caught:
        stream(how, order, tmp_path)
    assert rows(tmp_path) == [(state, None)] and not caught.value.retryable
    if state == "unconfirmed":
        with pytest.raises(UnconfirmedPurchaseError):
            stream(how, order, tmp_path)
        assert stream(how, replace(order, again=True), tmp_path)
    else:
        assert stream(how, order, tmp_path)


def test_a_cancelled_stream_is_written_down(emulator: Emulator, tmp_path: Path) -> None:
    """Nobody knows whether a request that was cut before its answer was taken."""

    async def main() -> None:
        client = AsyncClient("glm", journal=tmp_path)
        perform = client._perform

        async def hang(step: Any, watch: Any) -> Any:
            if type(step).__name__ == "Send":
                await perform(step, watch)
                await asyncio.sleep(60)
            return await perform(step, watch)

        client._perform = hang  # type: ignore[method-assign]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.stream_speech(TEXT).__anext__(), 0.5)

    asyncio.run(main())
    assert rows(tmp_path) == [("unconfirmed", None)] and len(emulator.submissions) == 1


def test_a_person_is_asked_once_for_a_long_stream(emulator: Emulator, tmp_path: Path) -> None:
    asked: list[str] = []

    def approve(question: Any) -> bool:
        asked.append(str(question))
        return len(asked) > 1

    order = MediaOrder(MediaRequest("speech", SENTENCE * 200), confirm_above=0.0, approve=approve)
    with pytest.raises(PurchaseDeclinedError):
        stream("sync", order, tmp_path)
    assert stream("async", order, tmp_path) and len(asked) == 2 and "3 calls" in asked[0]


def test_an_order_has_its_own_settings(emulator: Emulator) -> None:
    for text, settings in ((MediaOrder(MediaRequest("speech", "x")), {"speed": 2}), (MediaRequest("image", "x"), {})):
        with pytest.raises(ConfigError, match="give an order of speech"):
            Client("glm").stream_speech(text, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["wav", "MP3"])
def test_a_format_that_is_not_streamed_is_refused(emulator: Emulator, form: str) -> None:
    """It came as PCM all the same, and nobody said so."""
    with Client("glm") as client:
        with pytest.raises(ConfigError, match="format: glm-tts streams pcm only"):
            list(client.stream_speech("hello", format=form))
        assert emulator.requests == []
        assert list(client.stream_speech("hello", format="PCM"))
