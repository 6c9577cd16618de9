"""The script language: what is written is what arrives, byte for byte where bytes matter."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx
import pytest

from cncoding_emulator import Emulator, ScriptError
from cncoding_emulator.reply import Call, Pause, Say, Think
from cncoding_emulator.script import parse

from .conftest import HTTP, TOOL, Caller

ASK = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}


def _chunks(text: str) -> list[dict[str, Any]]:
    lines = [line[6:] for line in text.splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
    return [json.loads(line) for line in lines]


def _deltas(text: str) -> list[dict[str, Any]]:
    return [c["choices"][0]["delta"] for c in _chunks(text) if c["choices"] and "delta" in c["choices"][0]]


def _calls(text: str) -> list[dict[str, Any]]:
    return [call for delta in _deltas(text) for call in delta.get("tool_calls") or ()]


def test_parse_reads_order_continuation_and_replies() -> None:
    first, second = parse('# note\nthink 先\n  再\nsay a\\nb\nstall 0.5s\ncall add #c1 {"a": 1}\n---\nsay 二\n')
    assert first.segments == (Think("先\n再"), Say("a\nb"), Pause(0.5), Call("add", '{"a": 1}', "c1"))
    assert second.segments == (Say("二"),)


@pytest.mark.parametrize(
    "line", ["shout hi", "cut 3", "usage tokens=3", "fault colour=red", "call ", "stall soon", "signature x"]
)
def test_parse_names_a_bad_line(line: str) -> None:
    with pytest.raises(ScriptError):
        parse(line)


def test_replies_are_consumed_in_order_per_provider(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 一\n---\nsay 二", "deepseek")
    emulator.script("say 三", "unified")
    unified = call.post("unified", {**ASK, "model": "qwen3-max"}).json()
    answers = [call.post("deepseek", ASK).json()["choices"][0]["message"]["content"] for _ in range(2)]
    assert [*answers, unified["choices"][0]["message"]["content"]] == ["一", "二", "三"]


def test_usage_and_finish(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 好\nusage in=9 out=5 cached=4 reasoning=2\nfinish insufficient_system_resource", "deepseek")
    reply = call.post("deepseek", ASK).json()
    assert reply["choices"][0]["finish_reason"] == "insufficient_system_resource"
    usage = reply["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (9, 5, 14)
    assert (usage["prompt_cache_hit_tokens"], usage["prompt_cache_miss_tokens"]) == (4, 5)


def test_anthropic_keeps_the_order_of_blocks(call: Caller, emulator: Emulator) -> None:
    emulator.script('think 甲\nsignature s1\nsay 中\nthink 乙\ncall f {"x":1}', "minimax")
    body = {**ASK, "model": "MiniMax-M2.7", "max_tokens": 99}
    content = call.post("minimax", body, wire="anthropic").json()["content"]
    assert [b["type"] for b in content] == ["thinking", "text", "thinking", "tool_use"]
    assert content[0]["signature"] == "s1" and len(content[2]["signature"]) == 64


TWO = 'call a {"x":1}\ncall b {"y":2}\n'


def test_parallel_calls_and_interleave(call: Caller, emulator: Emulator) -> None:
    emulator.script(TWO, "deepseek")
    emulator.script(TWO + "interleave", "deepseek")
    plain = [c["index"] for c in _calls(call.post("deepseek", STREAM).text)]
    mixed = [c["index"] for c in _calls(call.post("deepseek", STREAM).text)]
    assert plain == sorted(plain) and mixed[:4] == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("shape", "check"),
    [
        ("whole-args", lambda calls: [c["function"]["arguments"] for c in calls] == ['{"x":1}', '{"y":2}']),
        ("args-dict", lambda calls: calls[0]["function"]["arguments"] == {"x": 1}),
        ("args-null", lambda calls: calls[0]["function"]["arguments"] is None),
        ("no-index", lambda calls: all("index" not in c for c in calls)),
        ("same-index", lambda calls: {c["index"] for c in calls} == {0}),
        ("repeat-name", lambda calls: all(c["function"]["name"] in "ab" and c["id"] for c in calls)),
        ("late-id", lambda calls: "id" not in calls[0] and calls[1]["id"]),
    ],
)
def test_shapes(call: Caller, emulator: Emulator, shape: str, check: Any) -> None:
    emulator.script(TWO + shape, "deepseek")
    assert check(_calls(call.post("deepseek", STREAM).text))


def test_invalid_arguments_go_out_as_written(call: Caller, emulator: Emulator) -> None:
    emulator.script('call a {"x": oops', "deepseek")
    function = call.post("deepseek", ASK).json()["choices"][0]["message"]["tool_calls"][0]["function"]
    assert function["arguments"] == '{"x": oops'


def test_snapshot_is_cumulative(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 一二三四五六七八\nsnapshot", "deepseek")
    said = [d["content"] for d in _deltas(call.post("deepseek", STREAM).text) if d.get("content")]
    assert said == ["一二三四", "一二三四五六七八"]


@pytest.mark.parametrize(("word", "count"), [("no-done", 0), ("dup-done", 2)])
def test_end_marks(call: Caller, emulator: Emulator, word: str, count: int) -> None:
    emulator.script(f"say x\n{word}", "deepseek")
    assert call.post("deepseek", STREAM).text.count("[DONE]") == count


def test_dup_finish(call: Caller, emulator: Emulator) -> None:
    emulator.script("say x\ndup-finish", "deepseek")
    assert call.post("deepseek", STREAM).text.count('"finish_reason":"stop"') == 2


def test_keepalive_comments_and_blank_lines(call: Caller, emulator: Emulator) -> None:
    emulator.script("say x\nkeepalive 2\n---\nsay x\nblank-lines 3", "deepseek")
    assert call.post("deepseek", STREAM).text.startswith(": keep-alive\n\n: keep-alive\n\n: keep-alive\n\ndata: ")
    whole = call.post("deepseek", ASK)
    assert whole.text.startswith("\n\n\n{") and whole.json()["object"] == "chat.completion"


def test_html_empty_broken_json_and_headers(call: Caller, emulator: Emulator) -> None:
    emulator.script("html\n---\nempty\n---\nsay x\nbroken-json\n---\nsay x\nbroken-json\nheader X-A: b", "deepseek")
    html = call.post("deepseek", STREAM)
    assert html.headers["content-type"] == "text/html" and html.text.startswith("<html>")
    assert call.post("deepseek", STREAM).content == b""
    with pytest.raises(json.JSONDecodeError):
        _chunks(call.post("deepseek", STREAM).text)
    broken = call.post("deepseek", ASK)
    assert broken.headers["x-a"] == "b"
    with pytest.raises(json.JSONDecodeError):
        broken.json()


def test_cut_drops_the_connection(call: Caller, emulator: Emulator) -> None:
    emulator.script(
        "say 很长的话\ncut after=37B\n---\nsay x\ncut after-event 2\n---\nsay x\ncut after=37B clean", "deepseek"
    )
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            call.post("deepseek", STREAM)
    clean = call.post("deepseek", STREAM)
    assert len(clean.content) == 37


def test_cut_sends_exactly_so_many_bytes(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 很长的话\ncut after=137B", "deepseek")
    base = emulator.base_url("deepseek")
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        HTTP.stream("POST", f"{base}/chat/completions", json=STREAM, headers={"Authorization": "Bearer sk-x"}) as r,
    ):
        for part in r.iter_raw():
            got += part
    assert len(got) == 137


def test_split_cuts_inside_chinese_characters(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 幂等性\nsplit 1", "deepseek")
    base = emulator.base_url("deepseek")
    parts = []
    with HTTP.stream("POST", f"{base}/chat/completions", json=STREAM, headers={"Authorization": "Bearer sk-x"}) as r:
        parts = list(r.iter_raw())
    assert max(len(p) for p in parts) == 1
    assert "幂等性" in b"".join(parts).decode()


def test_stall_is_silence_in_its_place(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 前\nstall 0.2s\nsay 后", "deepseek")
    base = emulator.base_url("deepseek")
    seen = {}
    with HTTP.stream("POST", f"{base}/chat/completions", json=STREAM, headers={"Authorization": "Bearer sk-x"}) as r:
        for line in r.iter_lines():
            seen.update({word: time.monotonic() for word in "前后" if word in line})
    assert 0.15 < seen["后"] - seen["前"] < 1


def test_delay_holds_the_head(call: Caller, emulator: Emulator) -> None:
    emulator.script("delay 0.2s\nsay x", "deepseek")
    before = time.monotonic()
    call.post("deepseek", ASK)
    assert time.monotonic() - before > 0.19


def test_fault_and_error_in_stream(call: Caller, emulator: Emulator) -> None:
    emulator.script("fault 429 code=1308 retry_after=3\n---\nsay 半\nerror-in-stream overloaded", "glm")
    body = {**STREAM, "model": "glm-5.3"}
    refused = call.post("glm", body)
    assert refused.status_code == 429 and refused.headers["retry-after"] == "3"
    assert refused.json()["error"]["code"] == "1308"
    text = call.post("glm", body).text
    last = json.loads(text.strip().splitlines()[-1].removeprefix("data: "))
    assert "半" in text and last["error"]["code"] == "1305" and "[DONE]" not in text


def test_error_in_an_anthropic_stream(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 半\nerror-in-stream overloaded", "minimax")
    body = {**STREAM, "model": "MiniMax-M2.7", "max_tokens": 99}
    text = call.post("minimax", body, wire="anthropic").text
    assert "event: error\ndata: " in text and '"overloaded_error"' in text and "message_stop" not in text


def test_each_write_is_one_segment_on_the_socket(emulator: Emulator) -> None:
    """Without ``split`` an event is one HTTP chunk, so readers that look at chunks see whole events."""
    emulator.script("say x", "deepseek")
    host, port = emulator.url.removeprefix("http://").split(":")
    body = json.dumps(STREAM).encode()
    lines = ("POST /deepseek/chat/completions HTTP/1.1", "Host: x", "Authorization: Bearer sk-x", "Connection: close")
    head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", ""))
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(head.encode() + body)
        reply = b"".join(iter(lambda: raw.recv(65536), b""))
    chunk = reply.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    assert all(part.endswith(b"\n\n") for part in chunk[1:-3:2])


def test_a_block_may_start_with_text_that_comes_again(call: Caller, emulator: Emulator) -> None:
    emulator.script("say 你好\nstart-repeats", "minimax")
    body = {**STREAM, "model": "MiniMax-M2.7", "max_tokens": 99}
    text = call.post("minimax", body, wire="anthropic").text
    assert '"content_block":{"type":"text","text":"你好"}' in text and '"text_delta","text":"你好"' in text


def _say(call: Caller, provider: str = "deepseek", **more: Any) -> str:
    message = call.post(provider, {**ASK, **more}).json()["choices"][0]["message"]
    return message["content"] or json.dumps(message.get("tool_calls"))


def test_conditions_keep_a_title_request_away_from_the_agents_reply(call: Caller, emulator: Emulator) -> None:
    emulator.script(
        'when tools\ncall get_weather {"city": "北京"}\n---\nwhen after tool\nsay done\n---\n'
        "when prompt ~ title|标题\nwhen no tools\nsay A title\ntimes any"
    )
    title = [{"role": "user", "content": "Write a title for this chat"}]
    assert _say(call, messages=title) == "A title"
    assert "get_weather" in _say(call, tools=[TOOL])
    assert _say(call, messages=title) == "A title"
    turn = {"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    ]}  # fmt: skip
    asked = [*ASK["messages"], turn, {"role": "tool", "tool_call_id": "c", "content": "晴"}]
    assert _say(call, messages=asked, tools=[TOOL]) == "done"


def test_more_conditions(call: Caller, emulator: Emulator) -> None:
    emulator.script(
        "when model deepseek-v4*\nsay pro\n---\nwhen provider kimi\nsay moon\n---\nwhen system ~ pirate\nsay arr\n---\n"
        "when nth 2\nwhen prompt ~ again\nsay twice\n---\nwhen tool get_weather\nsay tool"
    )
    system = [{"role": "system", "content": "You are a Pirate"}, *ASK["messages"]]
    again = [{"role": "user", "content": "again"}]
    assert _say(call, messages=system) == "arr"
    assert _say(call, tools=[TOOL]) == "tool"
    assert _say(call, "kimi", model="kimi-for-coding") == "moon"
    assert _say(call, model="deepseek-v4-pro") == "pro"
    assert "twice" not in _say(call, messages=again) and _say(call, messages=again) == "twice"


MISTAKES = [
    ("say hi\n\n  more\nshout hi", 4, 1, "unknown command 'shout'"),
    ("say hi\nspilt 3", 2, 1, "did you mean 'split'?"),
    ("say x\ncut 3", 2, 5, "cut: cut wants after=37B"),
    ("when prompt ~ [", 1, 6, "when: '[' is no pattern"),
    ("when moon", 1, 6, "there is no condition 'moon'; there are tools"),
    ('fault quota "x', 1, 7, "fault: no closing quotation"),
]


@pytest.mark.parametrize(("text", "line", "column", "problem"), MISTAKES)
def test_a_mistake_is_named_with_line_and_column(text: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(text, "fixtures/a.script")
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert str(error).startswith(f"fixtures/a.script: line {line}, column {column}: ") and problem in str(error)


def test_pace(call: Caller, emulator: Emulator) -> None:
    def seconds(body: Any) -> float:
        emulator.script("say 一二三\nusage in=1 out=4", "deepseek")
        before = time.monotonic()
        call.post("deepseek", body)
        return time.monotonic() - before

    emulator.pace(latency=(0.1, 0.2), tokens_per_second=20)
    assert seconds(ASK) > 0.28 and seconds(STREAM) > 0.28
    emulator.reset()
    emulator.script("rate 20\nsay 一二三\nusage in=1 out=4", "deepseek")
    before = time.monotonic()
    call.post("deepseek", STREAM)
    assert time.monotonic() - before > 0.18
    with pytest.raises(ValueError, match="latency wants"):
        emulator.pace(latency=-1)
