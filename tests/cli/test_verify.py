"""`cncoding verify`: green against the emulator, and each drift of a vendor is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cncoding import ConfigError
from cncoding.registry import find_provider
from cncoding_cli.verify.bench import Bench, Exchange
from cncoding_cli.verify.evidence import write_evidence
from cncoding_cli.verify.probe import Outcome
from cncoding_cli.verify.probes import PROBES
from cncoding_cli.verify.report import LeakError, redact, write_report
from cncoding_cli.verify.run import Plan, Result, count_cost, find_drifts, list_wires, plan, run
from cncoding_emulator import Emulator

Change = Callable[[httpx.Request, dict[str, Any], httpx.Response], httpx.Response | None]
KEYS = {"kimi": "KIMI_API_KEY", "deepseek": "DEEPSEEK_API_KEY", "glm": "ZAI_API_KEY", "minimax": "MINIMAX_API_KEY"}


class Drifted(httpx.BaseTransport):
    """A vendor that has changed: replies of the emulator, some of them altered on the way."""

    def __init__(self, change: Change) -> None:
        self._inner = httpx.HTTPTransport()
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        body = json.loads(request.read() or b"{}")
        changed = self._change(request, body, response)
        if changed is None:
            headers = {"content-type": response.headers.get("content-type", "application/json")}
            changed = httpx.Response(response.status_code, headers=headers, content=response.content)
        return changed


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def bench_of(provider: str, emulator: Emulator, change: Change | None = None, model: str | None = None) -> Bench:
    endpoint = find_provider(provider).endpoints[0].name
    key = emulator.env()[KEYS[provider]]
    places = {
        wire: {"base_url": emulator.base_url(provider, endpoint, wire), "api_key": key}
        for wire in list_wires(provider, endpoint)
    }
    return Bench(provider, {"endpoint": endpoint, "model": model}, places, Drifted(change) if change else None)


def list_drifts(
    provider: str, emulator: Emulator, probe: str, change: Change | None, wire: Any = "openai"
) -> list[str]:
    bench = bench_of(provider, emulator, change)
    plans = tuple(one for one in plan(bench, (wire,)) if probe in one.name)
    assert plans, probe
    found = [result.name for result in find_drifts(run(bench, plans))]
    bench.close()
    return found


@pytest.mark.parametrize("provider", KEYS)
def test_all_is_well_at_the_emulator(provider: str, running: Emulator) -> None:
    bench = bench_of(provider, running)
    plans = plan(bench, list_wires(provider, None))
    results = list(run(bench, plans))
    assert [(one.name, one.outcome.seen) for one in find_drifts(results)] == []
    assert len({one.name.split(",")[0] for one in results}) >= 13
    assert all(one.exchanges for one in results)
    text = write_report(provider, "coding", "m", results, bench.keys)
    assert bench.keys[0] not in text and "facts" in text
    bench.close()


# ---------------------------------------------------------------- drifts


def answer(status: int, body: Any) -> httpx.Response:
    return httpx.Response(status, json=body)


def edit_reply(edit: Callable[[dict[str, Any]], None]) -> Change:
    """Alter whole replies."""

    def change(request: httpx.Request, body: dict[str, Any], response: httpx.Response) -> httpx.Response | None:
        if response.status_code != 200 or "json" not in response.headers.get("content-type", ""):
            return None
        reply = response.json()
        edit(reply)
        return answer(200, reply)

    return change


def edit_stream(old: str, new: str) -> Change:
    def change(request: httpx.Request, body: dict[str, Any], response: httpx.Response) -> httpx.Response | None:
        text = response.text
        if old not in text:
            return None
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=text.replace(old, new).encode()
        )

    return change


def accept(request: httpx.Request, body: dict[str, Any], response: httpx.Response) -> httpx.Response | None:
    """Take what was refused."""
    if response.status_code < 400:
        return None
    message = {"role": "assistant", "content": "fine"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return answer(200, {"id": "x", "model": "x", "choices": [choice], "usage": usage})


def refuse(wanted: Callable[[dict[str, Any]], bool], status: int = 400, text: str = "no longer supported") -> Change:
    def change(request: httpx.Request, body: dict[str, Any], response: httpx.Response) -> httpx.Response | None:
        return answer(status, {"error": {"message": text, "type": "invalid_request_error"}}) if wanted(body) else None

    return change


def message_of(reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = reply["choices"][0]["message"] if "choices" in reply else {}
    return found


def drop_call(reply: dict[str, Any]) -> None:
    if message_of(reply).pop("tool_calls", None):
        message_of(reply)["content"] = "42"
        reply["choices"][0]["finish_reason"] = "stop"


def keep_going(reply: dict[str, Any]) -> None:
    if "choices" in reply:
        reply["choices"][0]["finish_reason"] = "stop"


def rename_reasoning(reply: dict[str, Any]) -> None:
    message = message_of(reply)
    if "reasoning_content" in message:
        message["thoughts"] = message.pop("reasoning_content")


def other_error(text: str) -> Change:
    def change(request: httpx.Request, body: dict[str, Any], response: httpx.Response) -> httpx.Response | None:
        return answer(400, {"error": {"message": text}}) if response.status_code >= 400 else None

    return change


def has_results(body: dict[str, Any]) -> bool:
    return any(message.get("role") == "tool" for message in body.get("messages", []))


def empty_list(reply: dict[str, Any]) -> None:
    if isinstance(reply.get("data"), list):
        reply["data"] = [{"id": "something-else", "object": "model"}]


DRIFTS: list[tuple[str, str, Change]] = [
    ("kimi", "a whole reply", edit_reply(lambda reply: reply.pop("usage", None))),
    ("kimi", "a whole reply", edit_reply(lambda reply: reply.pop("id", None))),
    ("kimi", "a streamed reply", edit_stream('"usage"', '"counts"')),
    ("glm", "a streamed reply", edit_stream('"finish_reason":"stop"', '"finish_reason":"done"')),
    ("kimi", "a reply cut by max_tokens", edit_reply(keep_going)),
    ("deepseek", "reasoning", edit_reply(rename_reasoning)),
    ("kimi", "thinking switched off", edit_reply(lambda reply: message_of(reply).update(reasoning_content="hm"))),
    ("kimi", "an effort level", refuse(lambda body: "effort" in json.dumps(body))),
    ("kimi", "a tool loop, ", edit_reply(drop_call)),
    ("deepseek", "a tool loop, ", refuse(has_results)),
    ("glm", "a streamed tool call", edit_stream('"arguments"', '"params"')),
    ("kimi", "a tool loop without its reasoning", accept),
    ("deepseek", "a forced tool while thinking", accept),
    ("kimi", "a forced tool, ", edit_reply(drop_call)),
    ("kimi", "a schema without types", accept),
    ("kimi", "json_object, ", refuse(lambda body: "response_format" in body)),
    ("deepseek", "json_object without the word", accept),
    ("kimi", "sight", refuse(lambda body: "image_url" in json.dumps(body))),
    ("kimi", "an image by URL", accept),
    ("kimi", "a temperature of one's own", accept),
    ("kimi", "a wrong key", other_error("no")),
    ("deepseek", "a wrong model", accept),
    ("kimi", "an input that is too long", other_error("request invalid")),
    ("kimi", "the list of models", edit_reply(empty_list)),
    ("kimi", "what is left", refuse(lambda body: True, 404)),
]


@pytest.mark.parametrize(
    ("provider", "probe", "change"),
    DRIFTS,
    ids=[f"{number}-{one[0]}-{one[1]}" for number, one in enumerate(DRIFTS)],
)
def test_a_drift_is_found(provider: str, probe: str, change: Change, running: Emulator) -> None:
    assert list_drifts(provider, running, probe, change), "the drift went unseen"


# ---------------------------------------------------------------- bounds and secrets


def test_what_costs_more_than_announced_stops(running: Emulator) -> None:
    bench = bench_of("kimi", running)
    one = next(found for found in plan(bench, ("openai",)) if found.name == "a tool loop, openai")
    greedy = Plan(type(one.probe)(**{**{n: getattr(one.probe, n) for n in one.probe.__slots__}, "calls": 1}), one.wire)
    (result,) = run(bench, (greedy,))
    assert not result.outcome.ok and "more than was announced" in result.outcome.seen
    assert len(result.exchanges) == 1


def test_the_price_is_known_before() -> None:
    bench = Bench(
        "kimi", {"endpoint": "coding"}, {"openai": {"api_key": "sk-kimi-x", "base_url": "http://127.0.0.1:9/v1"}}
    )
    calls, tokens = count_cost(plan(bench, ("openai",)))
    assert 15 <= calls <= 40 and 20_000 <= tokens <= 100_000
    assert len(PROBES) >= 22


def result_with(text: str) -> Result:
    return Result("p", (), Outcome("a", "b", True), False, (Exchange("POST", "http://h/v1", text, 200, {}, "{}"),))


def test_nothing_that_looks_like_a_key_is_written() -> None:
    text = '{"user_id": "u-77", "key": "sk-kimi-0123456789abcdef", "image": "' + "A" * 300 + '"}'
    report = write_report("kimi", "coding", "m", [result_with(text)], ("secret-key",))
    assert "u-77" not in report and "0123456789abcdef" not in report and "AAAA" not in report
    assert redact("a secret-key b", ("secret-key",)) == "a [key] b"
    leaky = Result("sk-kimi-0123456789abcdef", (), Outcome("a", "b", True), False, ())
    with pytest.raises(LeakError, match=r"report\.probes\[0\]\.name"):
        write_report("kimi", "coding", "m", [leaky], ())


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from cncoding_cli.app import build

    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(build(("verify",)), ["verify", "wcode", "--report", "seen.json"])
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    assert report["provider"] == "wcode" and all(one["ok"] for one in report["probes"])


def test_a_report_becomes_evidence(tmp_path: Path, running: Emulator) -> None:
    bench = bench_of("glm", running)
    plans = tuple(
        one
        for one in plan(bench, ("openai",))
        if one.probe.name in ("a whole reply", "a streamed reply", "a wrong key")
    )
    report = write_report("glm", "coding", "glm-5.3", list(run(bench, plans)), bench.keys)
    with pytest.raises(ConfigError, match="is not there"):
        write_evidence(report, tmp_path)
    (tmp_path / "spec" / "glm").mkdir(parents=True)
    (tmp_path / "spec" / "glm" / "README.md").write_text("# GLM\n")
    names = {file.name for file in write_evidence(report, tmp_path)}
    assert names == {
        "reply-verify-a-whole-reply-openai-1.json",
        "stream-verify-a-streamed-reply-openai-1.sse",
        "error-verify-a-wrong-key-openai-1.json",
    }
    readme = (tmp_path / "spec" / "glm" / "README.md").read_text("utf-8")
    assert readme.count("| captured | cncoding verify: ") == 3
    write_evidence(report, tmp_path)
    assert (tmp_path / "spec" / "glm" / "README.md").read_text("utf-8") == readme
    with pytest.raises(ConfigError, match="none of `cncoding verify`"):
        write_evidence("[]", tmp_path)


def test_the_key_decides_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    from cncoding_cli.commands.verify import open_bench

    monkeypatch.delenv("KIMI_API_KEY", raising=False)
    monkeypatch.delenv("KIMI_BASE_URL", raising=False)
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-0123456789abcdef0123456789abcdef")
    with open_bench("kimi", None, None, live=True) as bench:
        assert bench.settings["endpoint"] == "api"
        assert bench.client("openai").base_url == "https://api.moonshot.cn/v1"


def test_nobody_is_asked_where_nobody_can_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from cncoding_cli.app import build

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIMI_API_KEY", "sk-kimi-0123456789abcdef")
    monkeypatch.setenv("KIMI_BASE_URL", "http://127.0.0.1:9/coding/v1")
    done = CliRunner().invoke(build(("verify",)), ["verify", "kimi", "--live"])
    assert done.exit_code != 0 and not list(tmp_path.iterdir())
