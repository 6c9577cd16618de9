"""Fixture files: scripts, recordings, cassettes and aimock files; recording in front of a vendor, without secrets."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from cncoding_emulator import Emulator, ScriptError
from cncoding_emulator.exchanges import Exchange, SecretInRecordingError, write_exchange
from cncoding_emulator.fixtures import Fixtures, read_fixture
from cncoding_emulator.redaction import find_suspects, redact

from .conftest import TOOL, Caller

USER = [{"role": "user", "content": "hello there"}]
KIMI = {"model": "kimi-for-coding", "messages": USER}
DEEPSEEK = {"model": "deepseek-flash", "messages": USER}


def _say(reply: Any) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def test_scripts_of_a_folder_serve_any_number_of_requests(tmp_path: Path) -> None:
    (tmp_path / "kimi.script").write_text("when prompt ~ hello\nsay from kimi's file", "utf-8")
    (tmp_path / "all.script").write_text("say for all", "utf-8")
    with Emulator(fixtures=tmp_path) as emulator:
        call = Caller(emulator)
        assert [_say(call.post("kimi", KIMI)) for _ in range(2)] == ["for all"] * 2
        (tmp_path / "all.script").unlink()
        stop, told = threading.Event(), []
        fixtures = Fixtures(emulator.state, tmp_path)
        fixtures.load()
        emulator.state.drop_fixture(str(tmp_path / "all.script"))
        (tmp_path / "kimi.script").write_text("say changed", "utf-8")
        watching = threading.Thread(target=fixtures.watch, args=(told.append, stop, 0.01), daemon=True)
        watching.start()
        for _ in range(300):
            if told:
                break
            stop.wait(0.01)
        assert _say(call.post("kimi", KIMI)) == "changed"
        emulator.reset()
        emulator.script("say queued")
        assert [_say(call.post("kimi", KIMI)) for _ in range(2)] == ["queued", "changed"]
        stop.set()
        watching.join(5)


AIMOCK = {
    "fixtures": [
        {"match": {"userMessage": "weather", "toolName": "get_weather"},
         "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "成都"}}]}},
        {"match": {"toolCallId": "c1"}, "response": {"content": "sunny"}},
        {"match": {"userMessage": "twice", "sequenceIndex": 1}, "response": {"content": "second"}},
        {"match": {"userMessage": "fail"}, "response": {"error": {"message": "boom"}, "status": 503}},
        {"response": {"content": "anything else", "reasoning": "hm"}},
    ]
}  # fmt: skip


def test_aimock_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(AIMOCK), "utf-8")

    def ask(text: str, **more: Any) -> Any:
        return call.post("deepseek", {**DEEPSEEK, "messages": [{"role": "user", "content": text}], **more})

    with Emulator(fixtures=tmp_path / "a.json") as emulator:
        call = Caller(emulator)
        message = ask("the weather?", tools=[TOOL]).json()["choices"][0]["message"]
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"city": "成都"}
        assert _say(ask("the weather?")) == "anything else"
        assert [_say(ask("twice")) for _ in range(3)] == ["anything else", "second", "anything else"]
        failed = ask("fail")
        assert failed.status_code == 503 and failed.json()["error"]["message"] == "boom"


VCR = """
interactions:
- request:
    method: POST
    uri: https://api.deepseek.com/chat/completions
    body: '{"model": "deepseek-flash", "messages": [{"role": "user", "content": "hello there"}]}'
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"recorded": 1}'}
- request: {method: POST, url: "https://api.deepseek.com/chat/completions", body: '{"messages": [{"role": "user", "content": "two"}]}'}
  response: {code: 429, headers: {Content-Type: [application/json]}, body: '{"recorded": 2}'}
"""  # noqa: E501  (one interaction of go-vcr a line)


def test_cassettes_and_recordings_are_replayed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VCR, "utf-8")
    stream = 'data: {"choices":[{"delta":{"content":"录"}}]}\n\ndata: [DONE]\n\n'
    recording = {"vendor": "kimi", "url": "https://api.kimi.com/coding/v1/chat/completions", "status": 200,
                 "headers": {"content-type": "text/event-stream"}, "request": {**KIMI, "stream": True},
                 "body": stream}  # fmt: skip
    (tmp_path / "b.json").write_text(json.dumps(recording), "utf-8")
    with Emulator(fixtures=tmp_path) as emulator:
        call = Caller(emulator)
        assert call.post("deepseek", DEEPSEEK).json() == {"recorded": 1}
        assert call.post("deepseek", {**DEEPSEEK, "temperature": 1}).json() == {"recorded": 1}
        assert call.post("deepseek", {"messages": [{"role": "user", "content": "two"}]}).status_code == 429
        assert call.post("kimi", {**KIMI, "stream": True}).text == stream
        lost = call.post("kimi", {**KIMI, "messages": [{"role": "user", "content": "never recorded"}]})
        assert lost.status_code == 501 and lost.json()["error"]["type"] == "emulator_no_recording"


BROKEN = [
    ("a.script", "say x\nshout y", "a.script: line 2, column 1: unknown command 'shout'"),
    ("a.json", '{"fixtures": [\n  {"match": }\n]}', "a.json: line 2, column 13: "),
    ("a.json", '{"fixtures": [{"match": {"colour": 1}, "response": {}}]}', "fixture 1: match knows userMessage"),
    ("a.json", '{"fixtures": [{"response": {}}]}', "fixture 1: response wants content"),
    ("a.json", '{"url": "x"}', "a recording wants 'status' as int"),
    ("a.json", "[1]", "this is no recording"),
    ("a.yaml", "interactions: [\n  {a: b", "a.yaml: line "),
    ("a.yaml", "interactions:\n- request: {}", "interaction 1 wants a request and a response"),
]


@pytest.mark.parametrize(("name", "text", "problem"), BROKEN)
def test_a_malformed_fixture_is_named(tmp_path: Path, name: str, text: str, problem: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(ScriptError) as caught:
        read_fixture(path)
    assert problem in str(caught.value) and str(path) in str(caught.value)


def test_recording_in_front_of_a_vendor(tmp_path: Path, emulator: Emulator) -> None:
    emulator.script("think 想\nsay 真的", "kimi")
    lines: list[str] = []
    with Emulator() as front:
        front.record("kimi", tmp_path, upstream=f"{emulator.url}/kimi", tell=lines.append)
        body = {**KIMI, "stream": True, "user_id": "u-1234567890"}
        passed = Caller(front).post("kimi", body, Authorization="Bearer sk-kimi-verysecret1")
        assert "真" in passed.text and emulator.requests[-1].headers["authorization"] == "Bearer sk-kimi-verysecret1"
        assert Caller(front).post("deepseek", DEEPSEEK).status_code == 200
    (path,) = tmp_path.iterdir()
    assert "verysecret" not in path.read_text("utf-8")
    assert lines == [f"recorded POST /kimi/coding/v1/chat/completions 200 -> {path.name}"]
    data = json.loads(path.read_text("utf-8"))
    assert (data["vendor"], data["wire"], data["status"]) == ("kimi", "openai", 200)
    assert data["request"] == {**body, "user_id": "REDACTED"} and data["headers"] == {
        "content-type": "text/event-stream"
    }
    with Emulator(fixtures=tmp_path) as again:
        assert Caller(again).post("kimi", body).text == passed.text


def test_a_recording_that_still_holds_a_key_is_not_written(tmp_path: Path, emulator: Emulator) -> None:
    lines: list[str] = []
    with Emulator() as front:
        front.record("kimi", tmp_path, upstream=f"{emulator.url}/kimi", tell=lines.append)
        secret = {**KIMI, "messages": [{"role": "user", "content": "my key is AKIAABCDEFGHIJKLMNOP, say 'ok'"}]}
        assert Caller(front).post("kimi", secret).status_code == 200
    assert not list(tmp_path.iterdir())
    assert "not written: request.messages[0].content, character 11: looks like an AWS key" in lines[0]
    assert "AKIA" not in lines[0]


def test_redaction() -> None:
    key = "0123456789abcdef0123456789abcdef.ABCDEFGHIJKLMNOP"
    given = {
        "Authorization": "Bearer x", "note": f"key {key} and sk-kimi-abcdefgh12 and own-secret",
        "text": 'error: {"user_id": "42424242", "message": "organization org-a1b2c3d4e5f6"}', "prompt_tokens": 5,
        "cookie": "a=b", "list": ["eyJhbGciOiJIUzI1NiJ9.eyJhcGlfa2V5IjoiMTIzIn0.c2lnbmF0dXJl"],
    }  # fmt: skip
    made = redact(given, ("own-secret",))
    assert made == {
        "Authorization": "REDACTED", "note": "key REDACTED and sk-REDACTED and REDACTED",
        "text": 'error: {"user_id": "REDACTED", "message": "organization org-REDACTED"}', "prompt_tokens": 5,
        "cookie": "REDACTED", "list": ["REDACTED"],
    }  # fmt: skip
    assert list(find_suspects(made)) == []


def test_what_looks_like_a_secret_is_found(tmp_path: Path) -> None:
    texts = [
        "LTAIabcdefgh1234",
        "ghp_abcdefghij0123456789",
        "-----BEGIN RSA PRIVATE KEY-----",
        'password = "hunter2hunter2"',
    ]
    for text in texts:
        assert next(find_suspects({"a": [text]})).startswith("a[0], character "), text
        with pytest.raises(SecretInRecordingError):
            write_exchange(tmp_path, "x", Exchange("https://x/y", 200, text))
    assert list(find_suspects("api_key = os.environ['KEY'] and a password is needed")) == []
    assert not list(tmp_path.iterdir())
