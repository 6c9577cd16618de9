"""Texts that are longer than a model speaks at once: pieces, one file, each piece paid once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    BudgetExceededError,
    CallIdentity,
    Client,
    ConfigError,
    MediaOrder,
    MediaRequest,
    PurchaseDeclinedError,
    UnconfirmedPurchaseError,
)
from cncoding.client.journal import PIECES, Journal
from cncoding.media.journal import FindPurchases
from cncoding.media.sound.mp3 import read_mp3
from cncoding.media.sound.wav import read_wav
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import SynthesizeSpeechTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do, list_media

SENTENCE = "The_fox_ran!"
BOOK = SENTENCE * 1000
"""More than MiniMax speaks at once."""
FLAC = {"audio_setting": {"format": "flac"}}
TEXTS = {"glm": SENTENCE * 200, "qwen": SENTENCE * 120, "unified": SENTENCE * 120}
"""Three pieces each; GLM takes 1024 characters, Qwen 600."""


def prompts(emulator: Emulator) -> list[str]:
    return [one.prompt for one in emulator.submissions]


def pieces_left(folder: Path) -> list[Path]:
    return [file for file in (folder / PIECES).rglob("*") if file.is_file()] if (folder / PIECES).exists() else []


@pytest.mark.parametrize("provider", ["glm", "qwen", "unified"])
def test_a_long_text_becomes_one_file(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    text = TEXTS[provider]
    made = do(provider, "make", MediaRequest("speech", text), tmp_path, client={"journal": tmp_path})
    assert "".join(prompts(emulator)) == text and len(prompts(emulator)) == 3
    assert all(one.endswith("!") for one in prompts(emulator))
    (file,) = list_media(tmp_path)
    spoken = [sounds.wav(one) for one in prompts(emulator)]
    assert read_wav(file.read_bytes()).data == b"".join(read_wav(one).data for one in spoken)
    (asset,) = made.done
    assert (
        asset.path == str(file)
        and asset.duration == pytest.approx(len(text) * 0.06, rel=0.01)
        and asset.metadata["pieces"] == 3
    )
    assert made.done.usage == {"pieces": 3, "characters": len(text)} and not made.reused
    assert json.loads(Path(f"{file}.json").read_text())["prompt"] == text and pieces_left(tmp_path) == []
    rows = Journal(tmp_path).perform(FindPurchases())
    (order,) = (one for one in rows if one.pieces)
    assert order.state == "done" and [one.part_of for one in rows if not one.pieces] == [order.handle] * 3


def test_mp3_frames_stand_behind_one_another(emulator: Emulator, do: Do) -> None:
    text = BOOK
    (asset,) = do("minimax", "make", MediaRequest("speech", text, as_task=False)).done
    data = asset.read()
    assert len(prompts(emulator)) == 2 and asset.media_type == "audio/mpeg"
    whole = read_mp3(data)
    frames = sum(len(read_mp3(sounds.mp3(one)).frames) for one in prompts(emulator))
    assert len(whole.frames) == frames and data[:3] != b"ID3" and whole.end == len(data)


def test_pcm_and_bytes_without_folder_and_journal(emulator: Emulator, do: Do) -> None:
    done = do("glm", "synthesize_speech", TEXTS["glm"], format="pcm", voice="jam", speed=2)
    assert done[0].data == b"".join(sounds.pcm(one, speed=2) for one in prompts(emulator))
    assert done[0].media_type == "audio/pcm" and len(prompts(emulator)) == 3
    assert all(one.json["voice"] == "jam" and one.json["speed"] == 2 for one in emulator.requests)


@pytest.mark.parametrize(
    ("provider", "text", "settings", "why"),
    [
        ("glm", "狐" * 100_001, {}, "at most 100000 are spoken at once"),
        ("glm", TEXTS["glm"], {"speed": 9}, "speed=9"),
        ("minimax", BOOK, {"format": "opus", "as_task": False}, "opus cannot be joined .*mp3, wav or pcm"),
        (
            "minimax",
            SENTENCE * 1200,
            {"options": {"audio_setting": {"format": "flac"}}, "as_task": False},
            "format='flac'",
        ),
        ("minimax", SENTENCE * 5000, {"format": "flac"}, "format='flac'"),
        ("qwen", "a\ud83e" * 700, {}, "half a character"),
        ("glm", " \n\t", {}, "empty"),
    ],
)
def test_what_cannot_be_spoken_is_refused_before_anything_is_paid(
    emulator: Emulator, do: Do, provider: str, text: str, settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        do(provider, "make", MediaRequest("speech", text, **settings))
    assert emulator.requests == []


def test_the_same_call_buys_nothing_again(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    order = MediaOrder(MediaRequest("speech", TEXTS["glm"]), CallIdentity("t", "1"))
    first = do("glm", "make", order, tmp_path, client={"journal": tmp_path})
    again = do("glm", "make", order, tmp_path, client={"journal": tmp_path})
    assert again.reused and again.done[0].path == first.done[0].path and len(prompts(emulator)) == 3
    same = MediaOrder(order.request, CallIdentity("t", "2"), reuse=True)
    assert do("glm", "make", same, tmp_path, client={"journal": tmp_path}).reused and len(prompts(emulator)) == 3


@pytest.mark.parametrize("identity", [CallIdentity("t", "1"), None])
def test_an_order_that_broke_goes_on(emulator: Emulator, do: Do, tmp_path: Path, identity: CallIdentity | None) -> None:
    """The third piece is refused; asked again, only that one is bought, also where the call has no name."""
    order = MediaOrder(MediaRequest("speech", TEXTS["glm"]), identity)
    emulator.limit("glm", "balance", requests=2, seconds=60, on="audio/speech")
    with pytest.raises(ApiError, match="Of 3 pieces of the text 2 are made and kept; the same order goes on there"):
        do("glm", "make", order, tmp_path, client={"journal": tmp_path})
    assert len(pieces_left(tmp_path)) == 2 and list_media(tmp_path) == []
    emulator.advance(61)
    made = do("glm", "make", order, tmp_path, client={"journal": tmp_path})
    assert "".join(prompts(emulator)) == TEXTS["glm"] and len(prompts(emulator)) == 3
    assert made.done[0].duration == pytest.approx(len(TEXTS["glm"]) * 0.06, rel=0.01) and pieces_left(tmp_path) == []


def test_an_unconfirmed_piece_stops_the_order(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    order = MediaOrder(MediaRequest("speech", TEXTS["glm"]), CallIdentity("t", "1"))
    emulator.task_fault("glm", "cut_after_accept")
    for error in (Exception, UnconfirmedPurchaseError):
        with pytest.raises(error):
            do("glm", "make", order, tmp_path, client={"journal": tmp_path})
    assert len(prompts(emulator)) == 1
    told = MediaOrder(order.request, order.identity, again=True)
    assert do("glm", "make", told, tmp_path, client={"journal": tmp_path}).done.assets
    assert len(prompts(emulator)) == 4  # the lost one was paid twice, because a person said so


@pytest.mark.parametrize(("calls", "bought"), [(2, 0), (3, 3)])
def test_a_budget_counts_every_piece(emulator: Emulator, tmp_path: Path, calls: int, bought: int) -> None:
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, budget=calls, show_progress=False)
    if not bought:
        with pytest.raises(BudgetExceededError, match="2 are left, and this needs 3"):
            spec.synthesize_speech(TEXTS["glm"])
    else:
        spec.synthesize_speech(TEXTS["glm"])
        with pytest.raises(BudgetExceededError, match="3 were made; 0 are left"):
            spec.synthesize_speech("x")
    assert len(prompts(emulator)) == bought


def test_a_person_is_asked_once_and_told_how_many_calls(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    asked: list[str] = []

    def approve(question: Any) -> bool:
        asked.append(str(question))
        return len(asked) > 1

    request = MediaRequest("speech", TEXTS["glm"])
    with pytest.raises(PurchaseDeclinedError):
        do("glm", "make", MediaOrder(request, confirm_above=0.0, approve=approve))
    assert "3 calls" in asked[0] and prompts(emulator) == []
    do("glm", "make", MediaOrder(request, confirm_above=0.0, approve=approve))
    assert len(asked) == 2 and len(prompts(emulator)) == 3


def test_the_price_is_that_of_all_pieces(emulator: Emulator, do: Do) -> None:
    price = do("glm", "estimate", MediaRequest("speech", TEXTS["glm"]))
    parts = [do("glm", "estimate", MediaRequest("speech", SENTENCE * count)) for count in (85, 85, 30)]
    assert price.amount == pytest.approx(sum(one.amount for one in parts)) and price.why.startswith("3 calls")


def test_whoever_listens_hears_how_far_it_is(emulator: Emulator, do: Do) -> None:
    heard: list[tuple[str, Any]] = []
    order = MediaOrder(
        MediaRequest("speech", TEXTS["glm"]), listener=lambda event: heard.append((event.word, event.status))
    )
    do("glm", "make", order)
    assert [status.native for _, status in heard] == ["piece 1 of 3", "piece 2 of 3", "piece 3 of 3"]


def test_pieces_that_do_not_fit_together_are_kept_apart(
    emulator: Emulator, do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = iter((24000, 16000, 24000))
    real = sounds.wav
    monkeypatch.setattr(sounds, "wav", lambda text, rate, speed: real(text, next(rates), speed))
    made = do("glm", "make", MediaRequest("speech", TEXTS["glm"]), tmp_path, client={"journal": tmp_path})
    assert len(made.done) == 3 == len(list_media(tmp_path)) and pieces_left(tmp_path) == []
    assert "cannot stand behind" in made.done[0].metadata["not_joined"]


def test_tools_say_the_long_limit_and_what_was_joined(emulator: Emulator, tmp_path: Path) -> None:
    tool = SynthesizeSpeechTool(provider="glm", output_dir=tmp_path)
    schema = tool.tool_call_schema.model_json_schema()["properties"]["text"]
    assert schema["maxLength"] == 100_000 and "above 1024 it takes several calls" in schema["description"]
    call = {"type": "tool_call", "id": "c", "name": tool.name, "args": {"text": TEXTS["glm"]}}
    message = tool.invoke(call)
    assert "joined of 3 pieces" in message.content and len(list_media(tmp_path)) == 1
    assert message.artifact["usage"]["pieces"] == 3
    again = asyncio.run(tool.ainvoke(call))
    assert "nothing was paid now" in again.content and len(prompts(emulator)) == 3
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, show_progress=False)
    (mine,) = (one for one in spec.to_tool_list() if one.metadata.name == "synthesize_speech")
    assert mine.metadata.get_parameters_dict()["properties"]["text"]["maxLength"] == 100_000
    found = asyncio.run(mine.acall(text=TEXTS["glm"] + "完。"))
    assert "joined of 3 pieces" in found.content
    kept = Client("glm").make(MediaRequest("speech", TEXTS["glm"]))
    assert kept.done[0].data is not None
    nowhere = SynthesizeSpeechTool(provider="glm", output_dir=None, journal=tmp_path).invoke({**call, "id": "d"})
    assert Path(nowhere.artifact["assets"][0]["path"]).exists()
