"""The emulator says what the evidence in ``spec/`` says, field by field and in the same order."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.personas import PERSONAS

from .conftest import HTTP, KEYS, TOOL, Caller

SPEC = Path(__file__).parents[2] / "spec"
PROVIDERS = tuple(PERSONAS)
VOLATILE = re.compile(r'"(id|created|request_id|nextResetTime)":("(?!call_1")[^"]+"|\d+)')
COUNTS = "usage in=20 out=12 cached=4 reasoning=7"
TEXT = f"think 想\nsay 好\n{COUNTS}"
CALL = f'think 想\ncall get_weather #call_1 {{"city": "北京"}}\n{COUNTS}'
LONG_CALL = CALL.replace("想", "要查天气。")


def _masked(text: str) -> str:
    return VOLATILE.sub(r'"\1":0', text)


def _compact(value: Any) -> str:
    return _masked(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _sample(provider: str, name: str) -> Any:
    return json.loads((SPEC / provider / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_file_names_its_source_and_date(provider: str) -> None:
    rows = re.findall(r"^\| (\S+) \| (\w+) \| (.+) \| (\S+) \|$", (SPEC / provider / "README.md").read_text(), re.M)
    listed = {name for name, *_ in rows if "." in name}
    present = {p.name for p in (SPEC / provider).iterdir() if p.suffix in (".json", ".sse")}
    chat = {n for n in present if n.startswith(("request-", "reply-", "stream-", "error-", "quota", "balance"))}
    assert chat <= listed
    for name, kind, source, date in rows:
        assert kind in ("captured", "documented", "inferred", "Kind"), name
        assert source and (name == "File" or re.fullmatch(r"\d{4}-\d\d-\d\d", date)), name


REPLIES = [
    ("glm", "reply-tool.json", {}, LONG_CALL),
    ("kimi", "reply-tool.json", {}, LONG_CALL),
    ("minimax", "reply-inline.json", {}, TEXT),
    ("minimax", "reply-split-tool.json", {"reasoning_split": True}, CALL),
    ("qwen", "reply-tool.json", {}, CALL),
    ("deepseek", "reply-tool.json", {}, CALL),
    ("wcode", "reply-chat.json", {}, "think 用户用中文打招呼并要求我进行自我介绍。\n"
     "say \\n你好!我是 MiniMax M2.1,很高兴认识你!\n"
     "usage in=54 out=339 reasoning=117"),
    ("unified", "reply-qwen.json", {}, "think 幂等性的核心是：操作结果不随执行次数的增加而改变。\n"
     "say 幂等性是指对同一请求无论执行多少次，结果都与执行一次相同。\nusage in=14 out=185 reasoning=148"),
    ("unified", "reply-minimax.json", {}, "think 用户对我打招呼。\nsay 你好！有什么我可以帮助你的吗？\n"
     "usage in=26 out=238 reasoning=228"),
    ("unified", "reply-glm.json", {}, "think 先从架构特征拆解。\nsay 事件驱动架构优点：高解耦。缺点：调试追踪复杂。\n"
     "usage in=22 out=38"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "name", "more", "script"), REPLIES)
def test_replies(call: Caller, emulator: Emulator, provider: str, name: str, more: dict[str, Any], script: str) -> None:
    sample = _sample(provider, name)
    emulator.script(script, provider)
    body = {"model": sample["model"], "messages": [{"role": "user", "content": "你好"}], "tools": [TOOL], **more}
    assert _masked(call.post(provider, body).text.strip()) == _compact(sample)


STREAMS = [
    ("glm", "stream-text.sse", "glm-5.3", None, {}, TEXT),
    ("glm", "stream-tool.sse", "glm-5.3", None, {}, CALL),
    ("kimi", "stream-plan.sse", "kimi-for-coding", None, {}, TEXT),
    ("kimi", "stream-platform.sse", "kimi-k3", "api", {}, TEXT),
    ("minimax", "stream-inline.sse", "MiniMax-M3", None, {}, TEXT),
    ("minimax", "stream-split.sse", "MiniMax-M3", None, {"reasoning_split": True}, TEXT),
    ("qwen", "stream-text.sse", "qwen3.7-plus", None, {"stream_options": {"include_usage": True}}, TEXT),
    ("qwen", "stream-tool.sse", "qwen3-max", "api", {"stream_options": {"include_usage": True}},
     CALL.replace("think 想\n", "").replace(" reasoning=7", "")),
    ("deepseek", "stream-text.sse", "deepseek-flash", None, {}, TEXT),
    ("deepseek", "stream-tool.sse", "deepseek-flash", None, {}, CALL),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "name", "model", "endpoint", "more", "script"), STREAMS)
def test_streams(
    call: Caller,
    emulator: Emulator,
    provider: str,
    name: str,
    model: str,
    endpoint: str | None,
    more: dict[str, Any],
    script: str,
) -> None:
    emulator.script(script, provider)
    body = {"model": model, "messages": [{"role": "user", "content": "你好"}], "tools": [TOOL], "stream": True, **more}
    sample = (SPEC / provider / name).read_text(encoding="utf-8")
    got = call.post(provider, body, endpoint=endpoint).text
    assert _masked(got).split("\n\n") == _masked(sample).split("\n\n")


def test_anthropic_stream(call: Caller, emulator: Emulator) -> None:
    emulator.script(TEXT, "qwen")
    body = {"model": "qwen3.7-plus", "max_tokens": 99, "messages": [{"role": "user", "content": "x"}], "stream": True}
    sample = (SPEC / "qwen/stream-anthropic.sse").read_text(encoding="utf-8")
    assert _masked(call.post("qwen", body, wire="anthropic").text) == _masked(sample)


ERRORS = [
    ("glm", "error-overloaded.json", "overloaded", "openai"),
    ("glm", "error-quota.json", "quota", "openai"),
    ("glm", "error-anthropic-auth.json", "auth", "anthropic"),
    ("kimi", "error-client.json", "client_refused", "openai"),
    ("minimax", "error-http200.json", "http200_failure", "openai"),
    ("qwen", "error-client.json", "client_refused", "openai"),
    ("qwen", "error-forced-tool.json", "forced_tool", "openai"),
    ("deepseek", "error-reasoning.json", "reasoning_missing", "openai"),
    ("deepseek", "error-balance.json", "balance", "openai"),
]


@pytest.mark.parametrize(("provider", "name", "preset", "wire"), ERRORS)
def test_errors(call: Caller, emulator: Emulator, provider: str, name: str, preset: str, wire: str) -> None:
    emulator.fault(provider, preset, reset="2026-09-10 12:00:00")
    got = call.post(provider, {"model": "any", "messages": []}, wire=wire).text
    assert _masked(got) == _compact(_sample(provider, name))


def test_errors_that_a_rule_raises(call: Caller) -> None:
    user = {"role": "user", "content": "x"}
    cold = call.post("kimi", {"model": "kimi-for-coding", "messages": [user], "temperature": 0})
    assert _masked(cold.text) == _compact(_sample("kimi", "error-temperature.json"))
    made = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turn = {"role": "assistant", "tool_calls": [made]}
    history = [user, turn, {"role": "tool", "tool_call_id": "c", "content": "x"}]
    lost = call.post("kimi", {"model": "kimi-for-coding", "messages": history})
    assert _masked(lost.text) == _compact(_sample("kimi", "error-reasoning.json"))
    unknown = call.post("minimax", {"model": "no-such-model", "messages": [user]})
    assert _masked(unknown.text) == _compact(_sample("minimax", "error-unknown-model.json"))


ACCOUNTS = [
    ("glm", "quota-limit.json", "/api/monitor/usage/quota/limit"),
    ("deepseek", "balance.json", "/user/balance"),
    ("wcode", "balance.json", "/api/account/billing/grants"),
]


@pytest.mark.parametrize(("provider", "name", "path"), ACCOUNTS)
def test_accounts(emulator: Emulator, provider: str, name: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {KEYS[provider][0]}"}
    got = HTTP.get(f"{emulator.url}/{provider}{path}", headers=headers).text
    assert _masked(got) == _compact(_sample(provider, name))


REQUESTS = [
    ("glm", "request-vision.json", "api"),
    ("kimi", "request-tools.json", None),
    ("qwen", "request-url-image.json", None),
    ("wcode", "request-chat.json", None),
    ("unified", "request-chat.json", None),
    ("unified", "request-multimodal.json", None),
]


def _with_image(provider: str, name: str) -> Any:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    text = (SPEC / provider / name).read_text(encoding="utf-8")
    return json.loads(text.replace("${IMAGE}", base64.b64encode(buffer.getvalue()).decode()))


@pytest.mark.parametrize(("provider", "name", "endpoint"), REQUESTS)
def test_requests_of_the_seeds_are_accepted(
    call: Caller, emulator: Emulator, provider: str, name: str, endpoint: str | None
) -> None:
    reply = call.post(provider, _with_image(provider, name), endpoint=endpoint)
    assert reply.status_code == 200, reply.text
    assert emulator.requests[-1].unknown_fields == ()


def test_the_vlm_request_of_the_seed_is_accepted(emulator: Emulator) -> None:
    headers = {"Authorization": "Bearer sk-cp-x", "MM-API-Source": "Minimax-MCP"}
    url = f"{emulator.url}/minimax/v1/coding_plan/vlm"
    reply = HTTP.post(url, json=_with_image("minimax", "request-vlm.json"), headers=headers).json()
    assert reply["base_resp"]["status_code"] == 0
