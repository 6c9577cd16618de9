"""What behaviours are written with: the doors of vendors, the ways to call an LLM, the list of behaviours."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ImageBlock, TextBlock
from llama_index.core.llms.function_calling import FunctionCallingLLM
from PIL import Image

from cncoding import Client, ModelCard, Thinking, providers
from cncoding_emulator import Emulator


@dataclass(frozen=True)
class Door:
    """One wire of one provider's first endpoint, and what is known of its default model."""

    provider: str
    wire: str
    card: ModelCard
    model: str

    @property
    def id(self) -> str:
        return f"{self.provider}-{self.wire}"

    @property
    def thinks(self) -> bool:
        return self.card.thinking is not None

    @property
    def sees(self) -> bool:
        return "image" in self.card.input


def doors() -> list[Door]:
    """List the doors of all providers that the core knows."""
    found = []
    for provider in providers().values():
        endpoint = provider.endpoints[0]
        for wire in endpoint.wires:
            with Client(provider.id, api_key="sk-test-key", base_url="http://127.0.0.1:9", wire=wire) as client:
                found.append(Door(provider.id, wire, client.card(), client.model))
    return found


@dataclass(frozen=True)
class Mode:
    """One of the four chat endpoints."""

    aio: bool
    stream: bool

    @property
    def id(self) -> str:
        return f"{'async' if self.aio else 'sync'}-{'stream' if self.stream else 'whole'}"


MODES = tuple(Mode(aio, stream) for aio in (False, True) for stream in (False, True))
STREAMS = tuple(mode for mode in MODES if mode.stream)
WHOLES = tuple(mode for mode in MODES if not mode.stream)
ONCE = (Mode(aio=True, stream=True),)
"""For behaviours that bring their own way of calling."""

Factory = Callable[[Emulator, Door, dict[str, Any]], FunctionCallingLLM]


@dataclass(frozen=True)
class Subject:
    """An integration under test.

    Attributes:
        name: For reports.
        make: Makes an LLM for a door of the emulator; settings are `thinking` (bool), `model`, `max_tokens`,
            `structured_output_mode`. What it does not have, it leaves out.
        wires: The wires that it speaks.
    """

    name: str
    make: Factory
    wires: tuple[str, ...] = ("openai", "anthropic")


@dataclass
class Kit:
    """One behaviour's surroundings."""

    subject: Subject
    emulator: Emulator
    door: Door
    mode: Mode
    made: list[FunctionCallingLLM] = field(default_factory=list)

    def llm(self, **settings: Any) -> FunctionCallingLLM:
        llm = self.subject.make(self.emulator, self.door, settings)
        self.made.append(llm)
        return llm

    def script(self, text: str) -> None:
        self.emulator.script(text, provider=self.door.provider)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests that arrived, oldest first."""
        return [r.json for r in self.emulator.requests if r.provider == self.door.provider and r.json]

    async def ask(self, llm: FunctionCallingLLM, messages: Sequence[ChatMessage], **kwargs: Any) -> list[ChatResponse]:
        """Call the endpoint of this mode; return its chunks, one for a whole reply."""
        if self.mode.aio and self.mode.stream:
            return [chunk async for chunk in await llm.astream_chat(messages, **kwargs)]
        if self.mode.aio:
            return [await llm.achat(messages, **kwargs)]
        if self.mode.stream:
            return await asyncio.to_thread(lambda: list(llm.stream_chat(messages, **kwargs)))
        return [await asyncio.to_thread(lambda: llm.chat(messages, **kwargs))]

    async def ask_with_tools(self, llm: FunctionCallingLLM, tools: Sequence[Any], **kwargs: Any) -> list[ChatResponse]:
        """The same with tools."""
        if self.mode.aio and self.mode.stream:
            return [chunk async for chunk in await llm.astream_chat_with_tools(tools, **kwargs)]
        if self.mode.aio:
            return [await llm.achat_with_tools(tools, **kwargs)]
        if self.mode.stream:
            return await asyncio.to_thread(lambda: list(llm.stream_chat_with_tools(tools, **kwargs)))
        return [await asyncio.to_thread(lambda: llm.chat_with_tools(tools, **kwargs))]

    async def drain(self, stream: Iterable[Any] | AsyncIterable[Any] | Awaitable[Any]) -> list[Any]:
        """Collect what a sync or async stream yields."""
        if isinstance(stream, Awaitable):
            stream = await stream
        if isinstance(stream, AsyncIterable):
            return [item async for item in stream]
        return await asyncio.to_thread(lambda: list(stream))

    @property
    def key(self) -> str:
        """The key that the vendor accepts."""
        return key_for(self.emulator, self.door.provider)

    def tool_choices(self, thinking: bool | None = None) -> frozenset[str]:
        """What the vendor takes as tool choice."""
        client = Client(self.door.provider, api_key="sk-test-key", base_url="http://127.0.0.1:9", wire=self.door.wire)
        return client.tool_choices(None, Thinking(thinking))


def key_for(emulator: Emulator, provider: str) -> str:
    """Return the emulator's key for a provider's first endpoint."""
    environment = emulator.env()
    names = (name.partition(":")[0] for name in providers()[provider].endpoints[0].key_env)
    return next(environment[name] for name in names if name in environment)


Run = Callable[[Kit], Awaitable[None]]


@dataclass(frozen=True)
class Behaviour:
    """One thing that an LLM has to do."""

    id: str
    title: str
    run: Run
    modes: tuple[Mode, ...]
    wires: tuple[str, ...]
    needs: frozenset[str]

    def fits(self, door: Door) -> bool:
        """Whether the behaviour can be asked of a door at all."""
        able = {"thinking": door.thinks, "images": door.sees, "tools": door.card.tools}
        return door.wire in self.wires and all(able[need] for need in self.needs)


BEHAVIOURS: list[Behaviour] = []


def behaviour(
    number: str,
    title: str,
    modes: tuple[Mode, ...] = MODES,
    wires: tuple[str, ...] = ("openai", "anthropic"),
    needs: Iterable[str] = (),
) -> Callable[[Run], Run]:
    """Enter a function into the list of behaviours."""

    def enter(run: Run) -> Run:
        BEHAVIOURS.append(Behaviour(number, title, run, modes, wires, frozenset(needs)))
        return run

    return enter


@contextmanager
def refused(*kinds: type[BaseException]) -> Any:
    """Expect an exception of one of `kinds`, of any kind if none is named."""
    try:
        yield
    except Exception as error:
        assert isinstance(error, kinds or Exception) and not isinstance(error, AssertionError), error
        return
    raise AssertionError("nothing was raised")


def user(text: str, *blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", blocks=[TextBlock(text=text), *blocks])


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def picture(mark: Image.Image) -> ImageBlock:
    return ImageBlock(image=png(mark))
