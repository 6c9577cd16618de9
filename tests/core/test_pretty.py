"""`pretty(stream)`: what a pipe, a terminal and a notebook show, of our streams and of both frameworks'."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from cncoding import (
    AsyncClient,
    Balance,
    ChatResponse,
    Client,
    ConfigError,
    Event,
    Message,
    Quota,
    QuotaWindow,
    Reasoning,
    ReasoningDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    TruncatedStreamError,
    Usage,
    Warned,
    pretty,
)
from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM
from llamaindex_cncoding import GLM

EVENTS: list[Event] = [
    Warned("seed", "not taken"),
    ReasoningDelta(0, "First,\nI "),
    ReasoningDelta(0, "think.\x1b[31m"),
    TextDelta(1, "\nThe ans"),
    TextDelta(1, "wer <b>is</b> 42.\n"),
    ToolCallDelta(2, 0, "call-1", "get_weather"),
    ToolCallDelta(2, 0, arguments='{"city": "北京"}'),
]


class Terminal(io.StringIO):
    """A file that a person looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        emulator.script("when prompt ~ 17\ntimes any\nthink I look first.\nsay It is prime.")
        yield emulator


def test_a_pipe_gets_the_reasoning_quoted_and_no_control_sequence() -> None:
    file = io.StringIO()
    shown = pretty(iter(EVENTS), file=file)
    assert file.getvalue() == (
        "> seed: not taken\n"
        "> First,\n> I think.\n"
        "The answer <b>is</b> 42.\n"
        '> get_weather {"city": "北京"}\n'
    )  # fmt: skip
    assert shown.text == "\nThe answer <b>is</b> 42.\n" and isinstance(shown.reply, ChatResponse)
    assert shown.reply.reasoning == "First,\nI think.\x1b[31m"


def test_a_terminal_shows_reasoning_dim_and_nothing_of_the_vendor_drives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    file = Terminal()
    pretty(iter(EVENTS), file=file)
    written = file.getvalue()
    assert written.count("\x1b[2m") == written.count("\x1b[0m") > 0 and "\x1b[31m" not in written
    assert "The answer <b>is</b> 42.\n" in written  # plain: no sequence before, within or behind it
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            file = Terminal()
            pretty(iter(EVENTS), file=file)
            assert "\x1b" not in file.getvalue()


def test_a_reply_without_its_reasoning() -> None:
    file = io.StringIO()
    pretty(iter(EVENTS), reasoning=False, file=file)
    assert "think" not in file.getvalue() and "> seed" in file.getvalue()


def test_a_console_that_lacks_a_character_gets_a_question_mark() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="gbk")
    pretty(iter([TextDelta(0, "好 😀")]), file=file)
    assert raw.getvalue().decode("gbk") == "好 ?\n"


EXPECTED = "> I look first.\nIt is prime.\n"


async def test_each_kind_of_stream_shows_the_same(emulator: Emulator) -> None:
    question = "Is 17 a prime number?"
    model, llm = ChatGLM(), GLM()
    for stream in (
        Client("glm").stream(question),
        model.stream(question),
        ChatGLM(output_version="v1").stream(question),
        llm.stream_complete(question),
    ):
        file = io.StringIO()
        shown = pretty(stream, file=file)
        assert file.getvalue() == EXPECTED and shown.text == "It is prime."
    for later in (
        AsyncClient("glm").stream(question),
        model.astream(question),
        llm.astream_complete(question),
    ):
        file = io.StringIO()
        shown = await pretty(later, file=file)
        assert file.getvalue() == EXPECTED and shown.text == "It is prime."


def test_the_reply_is_the_stream_s_own_kind(emulator: Emulator) -> None:
    client = Client("glm")
    reply = pretty(client.stream("17?"), file=io.StringIO()).reply
    assert reply.message == client.chat("17?").message  # its reasoning says who reasoned
    message = pretty(ChatGLM().stream("17?"), file=io.StringIO()).reply
    assert message.text == "It is prime." and message.additional_kwargs["reasoning_content"] == "I look first."
    answer = pretty(GLM().stream_complete("17?"), file=io.StringIO()).reply
    assert answer.text == "It is prime."


def test_tool_calls_of_both_frameworks(emulator: Emulator) -> None:
    from langchain_core.tools import tool
    from llama_index.core.tools import FunctionTool

    def get_weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    emulator.script('times any\ncall get_weather {"city": "Paris"}')
    file = io.StringIO()
    pretty(ChatGLM().bind_tools([tool(get_weather)]).stream("weather?"), file=file)
    assert '> get_weather {"city": "Paris"}\n' in file.getvalue()
    file = io.StringIO()
    tools = [FunctionTool.from_defaults(get_weather)]
    pretty(GLM().stream_chat_with_tools(tools, user_msg="weather?"), file=file)
    assert '> get_weather {"city": "Paris"}\n' in file.getvalue()


def test_an_agent_of_langgraph(emulator: Emulator) -> None:
    from langchain.agents import create_agent

    def get_weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    emulator.script('call get_weather {"city": "Paris"}\n---\nwhen after tool\nsay Sunny.')
    agent = create_agent(ChatGLM(), tools=[get_weather])
    file = io.StringIO()
    shown = pretty(
        agent.stream({"messages": [("user", "weather?")]}, stream_mode="messages"),
        file=file,
    )
    assert '> get_weather {"city": "Paris"}\n' in file.getvalue()
    assert shown.reply.text and shown.text.endswith(shown.reply.text) and not shown.reply.tool_calls


def test_a_reply_that_breaks_off_is_shown_as_far_as_it_came(emulator: Emulator) -> None:
    emulator.script("think I look first.\nsay It is prime.\nsplit 2\ncut after-event 4")
    file = io.StringIO()
    stream = Client("glm").stream("cut?")
    with pytest.raises(TruncatedStreamError) as caught:
        pretty(stream, file=file)
    assert caught.value.partial is not None
    assert file.getvalue().startswith("> I look") and file.getvalue().endswith("\n")
    assert list(stream) == []  # closed


@pytest.mark.parametrize("wrong", ["text", 3, [TextDelta(0, "a")], ChatResponse(Message("assistant", ()))])
def test_what_is_no_stream_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=r"stream: \w+ is no stream; give pretty what client.stream"):
        pretty(wrong)


def test_a_stream_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"yields dict, which pretty cannot read; give it client.stream"):
        pretty(iter([{"agent": 1}]))


def test_a_reply_shows_itself_as_html_and_nothing_in_it_is_markup() -> None:
    parts = (Reasoning("<i>a & b</i>"), Text("1 < 2 <script>x()</script>"), ToolCall("1", "f", '{"a": "</pre>"}'))
    reply = ChatResponse(
        Message("assistant", parts), "tool_calls", usage=Usage(10, 20, reasoning=5), model="glm-5.3",
        warnings=(Warned("seed", "not <taken>"),),
    )  # fmt: skip
    drawn = reply._repr_html_()
    assert "<script" not in drawn and "<i>" not in drawn and "<taken>" not in drawn and drawn.count("</pre>") == 1
    assert "<details><summary>" in drawn and "&lt;i&gt;a &amp; b&lt;/i&gt;" in drawn and "1 &lt; 2" in drawn
    assert "f({&quot;a&quot;: &quot;&lt;/pre&gt;&quot;})" in drawn
    assert "glm-5.3, tool_calls, 10 tokens in, 20 out (5 reasoning)" in drawn and "seed: not" in drawn


def test_a_quota_shows_itself_as_a_table() -> None:
    windows = (QuotaWindow("5h", used=3, remaining_ratio=0.25, unit="prompts"), QuotaWindow("<week>", unlimited=True))
    drawn = Quota("glm", "coding", "Pro & more", windows, (Balance("CNY", 1.5),))._repr_html_()
    assert "<caption>glm Pro &amp; more</caption>" in drawn and "&lt;week&gt;" in drawn
    assert "<td>5h</td><td>3 prompts</td><td>25%</td>" in drawn and "<td>1.5 CNY</td>" in drawn


def test_a_notebook_folds_the_reasoning() -> None:
    cell = (
        "from cncoding import ReasoningDelta, TextDelta, pretty\n"
        "import time\n"
        "def events():\n"
        "    yield ReasoningDelta(0, 'I <think>')\n"
        "    time.sleep(0.12)\n"
        "    yield ReasoningDelta(0, ' more.')\n"
        "    yield TextDelta(1, 'Yes & no.')\n"
        "pretty(events())"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    (output,) = book.cells[0].outputs  # one cell, drawn several times, and not once more as the cell's value
    drawn = output["data"]["text/html"]
    assert "<details><summary>" in drawn and "I &lt;think&gt; more." in drawn and "Yes &amp; no." in drawn
