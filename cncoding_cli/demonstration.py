"""The demonstration: agents that think, call tools and see, in both frameworks, over real sockets."""

from __future__ import annotations

import asyncio
import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.panel import Panel

from cncoding import Client, CncodingWarning, QuotaExhaustedError

_AGENT = """
think 用户想知道北京的天气，还要换算成华氏度。\\n先查天气 (look up the weather first).
call get_weather {"city": "北京"}
---
think 21 摄氏度，现在换算 (now convert it).
call to_fahrenheit {"celsius": 21}
---
think 两个工具都给出了结果 (both tools have answered).
say 北京今天晴，21°C，也就是 69.8°F。
"""


def run(live: str | None, console: Console) -> None:
    """Run the three parts; `live` names a provider to ask for real."""
    warnings.simplefilter("ignore", CncodingWarning)
    if live is not None:
        console.print(f"Asking the real {live}, with the key of the environment. This uses your plan or balance.")
        _langchain_agent(live, None, console)
        asyncio.run(_llama_index_agent(live, None, console))
        console.print("\nThe fallback needs a plan whose quota is spent, so it is shown against the emulator only.")
        return
    with _emulated(console) as emulator:
        _langchain_agent("kimi", emulator, console)
        asyncio.run(_llama_index_agent("glm", emulator, console))
        _fallback(emulator, console)
    console.print("\n[bold green]All three parts ran to the end.[/bold green]")


@contextmanager
def _emulated(console: Console) -> Iterator[Any]:
    from cncoding_emulator import Emulator

    before = dict(os.environ)
    with Emulator() as emulator:
        os.environ.update(emulator.env())
        console.print(
            f"The emulator of all vendors listens on {emulator.url}; no key is needed and nothing leaves this machine."
        )
        try:
            yield emulator
        finally:
            os.environ.clear()
            os.environ.update(before)


def get_weather(city: str) -> str:
    """Tell today's weather in a city."""
    return f"{city}: 晴 (sunny), 21 °C"


def to_fahrenheit(celsius: float) -> str:
    """Convert degrees Celsius to Fahrenheit."""
    return f"{celsius * 9 / 5 + 32:.1f} °F"


class _Printer:
    """Prints pieces of a stream, with a label whenever their kind changes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.kind = ""

    def piece(self, kind: str, text: str, style: str = "") -> None:
        if kind != self.kind:
            self.console.print(f"\n[bold]{kind:>8}[/bold]  ", end="")
            self.kind = kind
        self.console.print(text, end="", style=style, markup=False, soft_wrap=True)

    def line(self, kind: str, text: str, style: str = "") -> None:
        self.kind = ""
        self.piece(kind, text, style)
        self.kind = ""


# ---------------------------------------------------------------- LangChain


def _langchain_agent(provider: str, emulator: Any, console: Console) -> None:
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessageChunk, ToolMessage

    from langchain_cncoding import ChatCNCoding

    model = ChatCNCoding(provider=provider)
    console.print(Panel(f"LangChain agent on {provider} ({model.model}): it thinks and calls two tools", expand=False))
    if emulator is not None:
        emulator.script(_AGENT, provider)
    agent: Any = create_agent(model, [get_weather, to_fahrenheit])
    question = "北京今天天气怎么样？请换算成华氏度。Use both tools."
    printer = _Printer(console)
    printer.line("asks", question)
    for message, _ in agent.stream({"messages": [("user", question)]}, stream_mode="messages"):
        if isinstance(message, ToolMessage):
            printer.line("tool", str(message.content), "cyan")
        elif isinstance(message, AIMessageChunk):
            _print_chunk(message, printer)
    console.print()


def _print_chunk(chunk: Any, printer: _Printer) -> None:
    if reasoning := chunk.additional_kwargs.get("reasoning_content"):
        printer.piece("thinks", reasoning, "dim")
    for call in chunk.tool_call_chunks:
        printer.piece(
            "calls", f"{call['name'] or ''} {call['args'] or ''}" if call["name"] else call["args"] or "", "cyan"
        )
    if chunk.text:
        printer.piece("answers", chunk.text, "green")


# ---------------------------------------------------------------- LlamaIndex


def _picture() -> bytes:
    """Draw a red chart of 320 x 200 pixels."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (320, 200), "red")
    draw = ImageDraw.Draw(image)
    for place, height in enumerate((40, 90, 60)):
        draw.rectangle((40 + place * 90, 180 - height, 90 + place * 90, 180), fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _eyes(provider: str) -> str:
    """Return a model of the provider that reads images, the default one if it does."""
    with Client(provider) as client:
        cards = (client.card(), *client.target.endpoint.models)
        return next((card.id for card in cards if "image" in card.input), client.model)


async def _llama_index_agent(provider: str, emulator: Any, console: Console) -> None:
    from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCall, ToolCallResult
    from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock

    from llamaindex_cncoding import CNCodingLLM

    llm = CNCodingLLM(provider=provider, model=_eyes(provider))
    console.print(Panel(f"LlamaIndex agent on {provider} ({llm.model}): it looks at an image", expand=False))
    if emulator is not None:
        emulator.script('think 先问一下天气 (the tool first).\ncall get_weather {"city": "Paris"}', provider)
    agent = FunctionAgent(llm=llm, tools=[get_weather])
    question = "What is in this image? And what is the weather in Paris?"
    printer = _Printer(console)
    printer.line("asks", f"{question} [320x200 PNG, a red chart]")
    blocks = [TextBlock(text=question), ImageBlock(image=_picture(), image_mimetype="image/png")]
    handler = agent.run(user_msg=ChatMessage(role="user", blocks=blocks))
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            if event.thinking_delta:
                printer.piece("thinks", event.thinking_delta, "dim")
            if event.delta:
                printer.piece("answers", event.delta, "green")
        elif isinstance(event, ToolCallResult):
            printer.line("tool", str(event.tool_output.content), "cyan")
        elif isinstance(event, ToolCall):
            printer.line("calls", f"{event.tool_name} {event.tool_kwargs}", "cyan")
    await handler
    console.print()


# ---------------------------------------------------------------- fallback


def _fallback(emulator: Any, console: Console) -> None:
    from langchain_cncoding import ChatDeepSeek, ChatGLM

    console.print(Panel("Fallback: the GLM plan is spent, DeepSeek answers", expand=False))
    emulator.fault("glm", "quota", times=2)
    glm = ChatGLM()
    printer = _Printer(console)
    try:
        glm.invoke("hello")
    except QuotaExhaustedError as error:
        printer.line("glm", f"{type(error).__name__}: window {error.window}, resets at {error.resets_at}", "red")
        printer.line("note", f"is_retryable={getattr(error, 'is_retryable', None)}: retry middleware leaves it alone")
    emulator.script("say 我是 DeepSeek，接着回答 (DeepSeek takes over).", "deepseek")
    reply = glm.with_fallbacks([ChatDeepSeek()]).invoke("hello")
    printer.line("deepseek", reply.text, "green")
    console.print()
