"""Voices of the emulator: the rules of the vendors' pages, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds

from .conftest import client, fetch

V4 = "/api/paas/v4"
WORDS = "the quick brown fox " * 13
SAMPLE = sounds.mp3(WORDS)
assert 10 < sounds.seconds_of(WORDS, 1.0) < 300


def send(emulator: Emulator, data: bytes = SAMPLE, purpose: str = "voice_clone", name: str = "a.mp3") -> int:
    caller = client(emulator, "minimax")
    sent = caller.post("/v1/files/upload", data={"purpose": purpose}, files={"file": (name, data)}).json()
    return int(sent["file"]["file_id"])


def post(emulator: Emulator, path: str, body: Any, key: str = "") -> Any:
    return client(emulator, "minimax", key).post(path, json=body).json()


def code(emulator: Emulator, path: str, body: Any, key: str = "") -> int:
    return int(post(emulator, path, body, key)["base_resp"]["status_code"])


def test_a_clone_is_listed_once_it_spoke_and_its_id_never_comes_again(emulator: Emulator) -> None:
    clone = {"file_id": send(emulator), "voice_id": "AnaMorgan01", "text": "你好", "model": "speech-2.8-hd"}
    made = post(emulator, "/v1/voice_clone", clone)
    assert sounds.listen(fetch(made["demo_audio"])).text == "你好" and made["input_sensitive"] is False
    assert post(emulator, "/v1/get_voice", {"voice_type": "all"})["voice_cloning"] == []
    say = {"model": "speech-2.8-hd", "text": "hi", "voice_setting": {"voice_id": "AnaMorgan01"}}
    assert code(emulator, "/v1/t2a_v2", say) == 0
    (row,) = post(emulator, "/v1/get_voice", {"voice_type": "voice_cloning"})["voice_cloning"]
    assert row["voice_id"] == "AnaMorgan01"
    assert code(emulator, "/v1/voice_clone", clone) == 2039
    assert code(emulator, "/v1/delete_voice", {"voice_type": "voice_generation", "voice_id": "AnaMorgan01"}) == 2013
    gone = post(emulator, "/v1/delete_voice", {"voice_type": "voice_cloning", "voice_id": "AnaMorgan01"})
    assert gone["voice_id"] == "AnaMorgan01" and gone["created_time"]
    assert post(emulator, "/v1/get_voice", {"voice_type": "all"})["voice_cloning"] == []
    assert code(emulator, "/v1/voice_clone", clone) == 2039
    assert [one.kind for one in emulator.submissions] == ["voice", "speech"]


def test_a_voice_that_never_spoke_is_gone_after_a_week(emulator: Emulator) -> None:
    post(emulator, "/v1/voice_clone", {"file_id": send(emulator), "voice_id": "AnaMorgan01"})
    emulator.advance(8 * 86400)
    assert code(emulator, "/v1/delete_voice", {"voice_type": "voice_cloning", "voice_id": "AnaMorgan01"}) == 2013


def test_a_designed_voice_has_an_id_and_a_sound(emulator: Emulator) -> None:
    made = post(emulator, "/v1/voice_design", {"prompt": "低沉", "preview_text": "你好"})
    assert sounds.listen(bytes.fromhex(made["trial_audio"])).text == "你好"
    assert made["voice_id"].startswith("ttv-voice-")
    assert code(emulator, "/v1/delete_voice", {"voice_type": "voice_generation", "voice_id": made["voice_id"]}) == 0
    for wrong in ({"prompt": "低沉"}, {"preview_text": "x"}, {"prompt": "x", "preview_text": "x" * 501}):
        assert code(emulator, "/v1/voice_design", wrong) == 2013


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"voice_id": "short1"}, 20132),
        ({"voice_id": "1AnaMorgan"}, 20132),
        ({"voice_id": "AnaMorgan-"}, 20132),
        ({"voice_id": "Ana Morgan"}, 20132),
        ({"voice_id": "male-qn-qingse"}, 2039),
        ({"file_id": 7}, 2013),
        ({"file_id": "7"}, 2013),
        ({"text": "hi"}, 2013),
        ({"text": "hi", "model": "speech-9"}, 2013),
        ({"text": "x" * 1001, "model": "speech-2.8-hd"}, 2013),
        ({"text_validation": "something else entirely"}, 1043),
        ({"text_validation": WORDS[:150], "accuracy": 2}, 2013),
        ({"need_noise_reduction": "yes"}, 2013),
    ],
)
def test_a_wrong_clone_is_refused(emulator: Emulator, more: Any, said: int) -> None:
    clone = {"file_id": send(emulator), "voice_id": "AnaMorgan01", **more}
    assert code(emulator, "/v1/voice_clone", clone) == said and emulator.submissions == []


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (sounds.wav("short"), "a.wav", 2037),
        (SAMPLE, "a.ogg", 20132),
        (b"123", "a.mp3", 20132),
        (SAMPLE + bytes(21 << 20), "a.mp3", 20132),
    ],
)
def test_a_wrong_sample_is_refused(emulator: Emulator, data: bytes, name: str, said: int) -> None:
    clone = {"file_id": send(emulator, data, name=name), "voice_id": "AnaMorgan01"}
    assert code(emulator, "/v1/voice_clone", clone) == said


def test_a_clone_may_have_an_example(emulator: Emulator) -> None:
    example, long = send(emulator, sounds.wav("my own words"), "prompt_audio", "b.wav"), "z " * 200
    too_long = send(emulator, sounds.wav(long), "prompt_audio", "c.wav")
    clone = {"file_id": send(emulator), "voice_id": "AnaMorgan01"}

    def with_example(file: int, text: str) -> int:
        prompt = {"prompt_audio": file, "prompt_text": text}
        return code(emulator, "/v1/voice_clone", {**clone, "clone_prompt": prompt})

    assert with_example(too_long, long) == 2048 and with_example(example, "quite other") == 1044
    assert with_example(clone["file_id"], "my own words") == 2013  # kept for another purpose
    assert with_example(example, "my own words") == 0


@pytest.mark.parametrize(("key", "said"), [("unverified", 2038), ("nobalance", 1008)])
def test_an_account_that_may_not_clone_is_told_so(emulator: Emulator, key: str, said: int) -> None:
    clone = {"file_id": send(emulator), "voice_id": "AnaMorgan01"}
    assert code(emulator, "/v1/voice_clone", clone, f"sk-api-{key}-x") == said


def test_files_and_voices_of_glm(emulator: Emulator) -> None:
    caller = client(emulator, "glm")
    sample = sounds.wav("hello there")
    row = caller.post(f"{V4}/files", data={"purpose": "voice-clone-input"}, files={"file": ("me.wav", sample)}).json()
    assert (row["filename"], row["bytes"], row["object"]) == ("me.wav", len(sample), "file")
    assert caller.get(f"{V4}/files/{row['id']}/content").content == sample
    clone = {"model": "glm-tts-clone", "voice_name": "me", "input": "你好", "file_id": row["id"]}
    made = caller.post(f"{V4}/voice/clone", json=clone).json()
    assert made["file_purpose"] == "voice-clone-output"
    assert sounds.listen(caller.get(f"{V4}/files/{made['file_id']}/content").content).text == "你好"
    listed = {one["voice"]: one["voice_type"] for one in caller.get(f"{V4}/voice/list").json()["voice_list"]}
    assert (listed[made["voice"]], listed["tongtong"]) == ("PRIVATE", "OFFICIAL")
    own = caller.get(f"{V4}/voice/list", params={"voiceType": "PRIVATE", "voiceName": "me"}).json()["voice_list"]
    assert [one["voice"] for one in own] == [made["voice"]]
    assert sounds.listen(fetch(own[0]["download_url"])).text == "你好"
    assert caller.post(f"{V4}/voice/clone", json=clone).status_code == 400  # the name is taken
    spoken = {"model": "glm-tts", "input": "x", "voice": made["voice"]}
    assert caller.post(f"{V4}/audio/speech", json=spoken).status_code == 200
    assert caller.post(f"{V4}/voice/delete", json={"voice": made["voice"]}).status_code == 200
    assert caller.post(f"{V4}/audio/speech", json=spoken).status_code == 400
    assert caller.delete(f"{V4}/files/{row['id']}").json()["deleted"] is True
    assert caller.get(f"{V4}/files/{row['id']}/content").status_code == 404


@pytest.mark.parametrize(
    "more", [{"model": "glm-tts"}, {"voice_name": ""}, {"input": ""}, {"file_id": "file-none"}]
)  # fmt: skip
def test_a_wrong_clone_of_glm_is_refused(emulator: Emulator, more: Any) -> None:
    caller = client(emulator, "glm")
    sent = {"file": ("me.wav", sounds.wav("hello there"))}
    row = caller.post(f"{V4}/files", data={"purpose": "voice-clone-input"}, files=sent).json()
    clone = {"model": "glm-tts-clone", "voice_name": "me", "input": "x", "file_id": row["id"], **more}
    reply = caller.post(f"{V4}/voice/clone", json=clone)
    assert reply.status_code == 400 and emulator.submissions == []
