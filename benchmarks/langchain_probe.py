"""What one chat model can do while it thinks, asked over sockets: each test is a row of the comparison.

Run by `compare_langchain.py` in an interpreter that has the package in question:

    python -m benchmarks.langchain_probe langchain-deepseek

The emulator runs in this process. Nothing here knows how a package works inside; only its constructor differs.
"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import sys
import time
import unittest
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

from langchain_core import exceptions as lc
from langchain_core.load import dumpd, load
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from cncoding_emulator import Emulator

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR4nGOQs7lDEmIY1TCqYfhqAAAQ1jYQxYTP1AAAAABJRU5ErkJggg=="


NOT_ASKED = "n/a"
"""What stands in a row that makes no sense for a package."""


class Report(BaseModel):
    """The weather, in two fields."""

    city: str
    summary: str


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"{city}: 21 °C"


# ---------------------------------------------------------------- the packages


def _openai(emulator: Emulator, **settings: Any) -> Any:
    from langchain_openai import ChatOpenAI

    base = emulator.base_url("deepseek")
    return ChatOpenAI(model="deepseek-flash", base_url=base, api_key="sk-emulator-deepseek", max_retries=0, **settings)


def _deepseek(emulator: Emulator, **settings: Any) -> Any:
    from langchain_deepseek import ChatDeepSeek

    base = emulator.base_url("deepseek")
    return ChatDeepSeek(
        model="deepseek-flash", api_base=base, api_key="sk-emulator-deepseek", max_retries=0, **settings
    )


def _qwq(emulator: Emulator, **settings: Any) -> Any:
    from langchain_qwq import ChatQwen

    base = emulator.base_url("qwen")
    keys = emulator.env()
    settings.setdefault("enable_thinking", True)
    return ChatQwen(
        model="qwen3.7-plus", base_url=base, api_key=keys["ALIBABA_CODING_PLAN_API_KEY"], max_retries=0, **settings
    )


def _openrouter(emulator: Emulator, **settings: Any) -> Any:
    from langchain_openrouter import ChatOpenRouter

    base, key = emulator.base_url("wcode"), emulator.env()["WCODE_API_KEY"]
    return ChatOpenRouter(model="minimax/minimax-m2.1", base_url=base, api_key=key, max_retries=0, **settings)


def _litellm(emulator: Emulator, **settings: Any) -> Any:
    from langchain_litellm import ChatLiteLLM

    base = emulator.base_url("deepseek")
    return ChatLiteLLM(
        model="deepseek/deepseek-flash", api_base=base, api_key="sk-emulator-deepseek", max_retries=0, **settings
    )


def _cncoding(emulator: Emulator, **settings: Any) -> Any:
    from langchain_cncoding import ChatDeepSeek

    base = emulator.base_url("deepseek")
    return ChatDeepSeek(base_url=base, api_key="sk-emulator-deepseek", max_retries=0, **settings)


SUBJECTS: dict[str, tuple[Callable[..., Any], str]] = {
    "cncoding": (_cncoding, "deepseek"),
    "langchain-openai": (_openai, "deepseek"),
    "langchain-deepseek": (_deepseek, "deepseek"),
    "langchain-qwq": (_qwq, "qwen"),
    "langchain-openrouter": (_openrouter, "wcode"),
    "langchain-litellm": (_litellm, "deepseek"),
}
"""Package, how its model is made, and the vendor of the emulator that speaks its dialect."""


class AsOpenRouter:
    """Give whole replies what OpenRouter's SDK insists on, so that its package is judged by what it does.

    The gateway documents OpenRouter's dialect, but neither `system_fingerprint` nor numbers as error codes.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on, with whole JSON bodies rewritten."""
        head: dict[str, Any] = {}
        pieces: list[bytes] = []

        async def rewrite(message: Any) -> None:
            if message["type"] == "http.response.start":
                kinds = [value for name, value in message["headers"] if name == b"content-type"]
                if b"json" not in b"".join(kinds):
                    await send(message)
                    return
                head.update(message)
                return
            if not head:
                await send(message)
                return
            pieces.append(message.get("body", b""))
            if message.get("more_body"):
                return
            data = json.loads(b"".join(pieces))
            data.setdefault("system_fingerprint", None)
            if isinstance(data.get("error"), dict):
                data["error"]["code"] = head["status"]
            body = json.dumps(data).encode()
            kept = [(name, value) for name, value in head["headers"] if name != b"content-length"]
            await send({**head, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, rewrite)


# ---------------------------------------------------------------- the rows


class Probe(unittest.TestCase):
    """The first line of a test's docstring is its row."""

    make: ClassVar[Callable[..., Any]]
    vendor: ClassVar[str]
    emulator: ClassVar[Emulator]

    def setUp(self) -> None:
        warnings.simplefilter("ignore")
        self.emulator.reset()

    def model(self, **settings: Any) -> Any:
        return type(self).make(self.emulator, **settings)

    def question(self) -> HumanMessage:
        return HumanMessage("What is the weather in 北京? Use the tool.")

    def added(self, model: Any, messages: list[Any]) -> Any:
        first, *rest = model.stream(messages)
        for chunk in rest:
            first = first + chunk
        return first

    def loop(self, ask: Callable[[Any, list[Any]], AIMessage], **settings: Any) -> None:
        model = self.model(**settings).bind_tools([get_weather])
        first = ask(model, [self.question()])
        self.assertEqual([call["args"] for call in first.tool_calls], [{"city": "北京"}])
        results = [ToolMessage("21 °C", tool_call_id=call["id"]) for call in first.tool_calls]
        self.assertIn("21", ask(model, [self.question(), first, *results]).text)

    # ---- reasoning

    def test_01(self) -> None:
        """Reasoning of a whole reply in `content_blocks`"""
        blocks = self.model().invoke("hello").content_blocks
        self.assertTrue(any(block["type"] == "reasoning" and block.get("reasoning") for block in blocks))

    def test_02(self) -> None:
        """Reasoning of a streamed reply in `content_blocks`"""
        blocks = self.added(self.model(), [HumanMessage("hello")]).content_blocks
        self.assertTrue(any(block["type"] == "reasoning" and block.get("reasoning") for block in blocks))

    def test_03(self) -> None:
        """Thinking tool loop, whole: the vendor gets its reasoning back"""
        self.loop(lambda model, messages: model.invoke(messages))

    def test_04(self) -> None:
        """Thinking tool loop, streamed"""
        self.loop(self.added)

    def test_05(self) -> None:
        """Thinking tool loop, `output_version="v1"`, streamed"""
        self.loop(self.added, output_version="v1")

    def test_06(self) -> None:
        """Thinking tool loop, `stream_events(version="v3")`"""
        self.loop(lambda model, messages: model.stream_events(messages, version="v3").output)

    def test_07(self) -> None:
        """Text and tool call in one reply, v3, both kept"""
        self.emulator.script('think hm\nsay on it\ncall get_weather {"city": "北京"}', self.vendor)
        reply = self.model().bind_tools([get_weather]).stream_events([self.question()], version="v3").output
        self.assertEqual((reply.text, [call["args"] for call in reply.tool_calls]), ("on it", [{"city": "北京"}]))

    def test_08(self) -> None:
        """`test_tool_calling` of LangChain's own suite with `output_version="v1"`"""
        model = self.model(output_version="v1").bind_tools([get_weather])
        for reply in (model.invoke([self.question()]), self.added(model, [self.question()])):
            (block,) = (block for block in reply.content_blocks if block["type"] == "tool_call")
            self.assertEqual((block["name"], block["args"]), ("get_weather", {"city": "北京"}))
            self.assertEqual([call["args"] for call in reply.tool_calls], [{"city": "北京"}])

    # ---- structured output and agents

    def test_10(self) -> None:
        """`with_structured_output` while thinking"""
        self.assertIsInstance(self.model().with_structured_output(Report).invoke("Weather in 北京, as JSON"), Report)

    def test_11(self) -> None:
        """`with_structured_output(method="function_calling")` while thinking, model unchanged"""
        model = self.model()
        before = str(model.asdict())
        asked = model.with_structured_output(Report, method="function_calling")
        self.assertIsInstance(asked.invoke("Weather in 北京, as JSON"), Report)
        self.assertEqual(str(model.asdict()), before)

    def test_12(self) -> None:
        """`create_agent(response_format=ToolStrategy(...))` while thinking"""
        from langchain.agents import create_agent
        from langchain.agents.structured_output import ToolStrategy

        agent = create_agent(self.model(), [get_weather], response_format=ToolStrategy(Report))
        self.assertIsInstance(agent.invoke({"messages": [self.question()]})["structured_response"], Report)

    def test_13(self) -> None:
        """`create_agent(response_format=Schema)` while thinking"""
        from langchain.agents import create_agent

        agent = create_agent(self.model(), [get_weather], response_format=Report)
        self.assertIsInstance(agent.invoke({"messages": [self.question()]})["structured_response"], Report)

    def test_14(self) -> None:
        """A tool call cut at the token limit is never run"""
        self.emulator.script('call get_weather {"city": "北\nfinish length', self.vendor)
        reply = self.added(self.model().bind_tools([get_weather]), [self.question()])
        self.assertEqual((reply.tool_calls, len(reply.invalid_tool_calls)), ([], 1))

    # ---- usage, profile, tokens

    def test_20(self) -> None:
        """Usage of a stream, without being asked for, once"""
        reply = self.added(self.model(), [HumanMessage("hello")])
        whole = self.model().invoke("hello")
        self.assertGreater(reply.usage_metadata["output_tokens"], 0)
        self.assertEqual(reply.usage_metadata["input_tokens"], whole.usage_metadata["input_tokens"])

    def test_21(self) -> None:
        """Reasoning tokens in `usage_metadata`"""
        self.assertGreater(self.model().invoke("hello").usage_metadata["output_token_details"]["reasoning"], 0)

    def test_22(self) -> None:
        """`ls_provider` equals `model_provider` (summarization by reported tokens)"""
        model = self.model()
        self.assertEqual(
            model._get_ls_params()["ls_provider"], model.invoke("hello").response_metadata["model_provider"]
        )

    def test_23(self) -> None:
        """Profile with `max_input_tokens` for the vendor's current model"""
        self.assertGreater((self.model().profile or {})["max_input_tokens"], 0)

    def test_24(self) -> None:
        """Counts tokens offline, tools included"""
        count = self.model().get_num_tokens_from_messages
        self.assertGreater(count([HumanMessage("hello")], tools=[convert_to_openai_tool(get_weather)]), 20)

    # ---- errors

    def _refused(self, preset: str) -> BaseException:
        self.emulator.fault(self.vendor, preset)
        try:
            self.model().invoke("hello")
        except Exception as error:  # what each package raises is what is compared
            return error
        self.fail("no error")

    def test_30(self) -> None:
        """A rate limit is a `ModelRateLimitError`, retryable"""
        error = self._refused("rate_limit")
        self.assertIsInstance(error, lc.ModelRateLimitError)
        self.assertTrue(error.is_retryable)

    def test_31(self) -> None:
        """A spent quota or balance is a `ModelError`, not retryable"""
        error = self._refused("quota")
        self.assertIsInstance(error, lc.ModelError)
        self.assertFalse(error.is_retryable)

    def test_32(self) -> None:
        """A context overflow is a `ContextOverflowError`"""
        self.assertIsInstance(self._refused("context_overflow"), lc.ContextOverflowError)

    def test_33(self) -> None:
        """A stream that is cut raises instead of ending"""
        self.emulator.script("say one two three four\ncut after-event 3 clean", self.vendor)
        with self.assertRaises(Exception):  # noqa: B017  # each package raises its own
            list(self.model().stream("hello"))

    def test_34(self) -> None:
        """An error inside a stream is a `ModelError`"""
        self.emulator.script("say one\nerror-in-stream overloaded", self.vendor)
        with self.assertRaises(lc.ModelError):
            list(self.model().stream("hello"))

    def test_35(self) -> None:
        """An unknown argument is refused"""
        with self.assertRaises(Exception):  # noqa: B017  # each package raises its own
            self.model(tempereture=1).invoke("hello")

    # ---- objects

    def test_40(self) -> None:
        """Pickle and deepcopy after use"""
        model = self.model()
        model.invoke("hello")
        self.assertTrue(pickle.loads(pickle.dumps(model)).invoke("hello").text)
        self.assertTrue(copy.deepcopy(model).invoke("hello").text)

    def test_41(self) -> None:
        """`dumps` and `load`"""
        data = dumpd(self.model(temperature=0.5))
        again = load(
            data, valid_namespaces=[data["id"][0]], allowed_objects=[type(self.model())],
            secrets_map={name: "k" for name in _secrets(data)},
        )  # fmt: skip
        self.assertEqual(again.temperature, 0.5)

    def test_42(self) -> None:
        """`asyncio.run` three times on one model"""
        model = self.model()
        for _ in range(3):
            self.assertTrue(asyncio.run(model.ainvoke("hello")).text)

    def test_43(self) -> None:
        """Ten constructions in under 5 ms"""
        self.model()
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(10):
                self.model()
            best = min(best, time.perf_counter() - start)
        self.assertLess(best, 0.005)

    # ---- pictures

    def test_50(self) -> None:
        """A picture in a tool result is seen"""
        if self.vendor == "wcode":
            self.skipTest("its default model has no eyes")
        model = self.model()
        first = model.bind_tools([get_weather]).invoke([self.question()])
        picture = [{"type": "image", "base64": PICTURE, "mime_type": "image/png"}]
        results = [ToolMessage(picture, tool_call_id=call["id"]) for call in first.tool_calls]
        self.assertIn("16x16", model.invoke([self.question(), first, *results]).text)


def _secrets(data: Any) -> set[str]:
    if isinstance(data, dict):
        if data.get("type") == "secret":
            return set(data["id"])
        return set().union(*(_secrets(value) for value in data.values()))
    return set().union(*(_secrets(value) for value in data)) if isinstance(data, list) else set()


def run(subject: str) -> dict[str, Any]:
    """Ask one package every question.

    Returns:
        Its version, and the rows that hold and fail: `{"version": "1.0", "rows": {"Reasoning ...": ""}}`, where a
        failure says in a few words what happened.
    """
    make, vendor = SUBJECTS[subject]
    emulator = Emulator()
    if subject == "langchain-openrouter":
        emulator.app = AsOpenRouter(emulator.app)
    with emulator:
        probe = type("Probe", (Probe,), {"make": staticmethod(make), "vendor": vendor, "emulator": emulator})
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(probe)
        tests = list(suite)
        result = unittest.TestResult()
        suite.run(result)
    failures = {case.id(): text for case, text in (*result.failures, *result.errors)}
    skipped = dict.fromkeys((case.id() for case, _ in result.skipped), NOT_ASKED)
    told = {**failures, **skipped}
    rows = {_row(case): told.get(case.id(), "").strip().rpartition("\n")[2][:160] for case in tests}
    return {"version": _version(subject), "vendor": vendor, "rows": rows}


def _row(case: Any) -> str:
    return str(getattr(case, case.id().rpartition(".")[2]).__doc__).strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        from cncoding import __version__

        return __version__


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1]), ensure_ascii=False))
