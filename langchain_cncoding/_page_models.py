"""Perform the `Ask` steps of the page flows with any chat model of LangChain: ours or anyone's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, TypeAlias

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    BaseMessageChunk,
    HumanMessage,
    SystemMessage,
)
from langchain_core.runnables import Runnable, RunnableConfig

from cncoding import Media, Message, Text, Usage, providers
from cncoding.pages import Ask, Reply
from langchain_cncoding._model import ModelBase

ChatLike: TypeAlias = BaseChatModel | Runnable[Any, Any]


def find_chat_model(model: ChatLike) -> BaseChatModel | None:
    """Return the chat model inside of a bound one."""
    inner: object = model
    while not isinstance(inner, BaseChatModel):
        inner = getattr(inner, "bound", None) or getattr(inner, "runnable", None)
        if inner is None:
            return None
    return inner


def read_profile(model: ChatLike | None) -> Mapping[str, Any]:
    """Return what is known of a model, as LangChain says it; empty if nothing is."""
    inner = find_chat_model(model) if model is not None else None
    return dict(getattr(inner, "profile", None) or {})


def can_see(model: ChatLike | None) -> bool:
    """Tell whether a model takes pictures; one of which nothing is known is taken to."""
    return model is not None and bool(read_profile(model).get("image_inputs", True))


def find_seeing_model(model: ChatLike | None) -> ChatLike | None:
    """Return a model of the same plan that sees, for one of ours that does not."""
    if not isinstance(model, ModelBase):
        return None
    endpoint = providers()[model.provider].endpoint(model._client().endpoint_name)
    seeing = next((card.id for card in endpoint.models if "image" in card.input), None)
    return model.model_copy(update={"model": seeing}) if seeing else None


def _takes_cache_marks(model: ChatLike) -> bool:
    inner = find_chat_model(model)
    return isinstance(inner, ModelBase) and inner._client().target.wire.dialect.cache in ("top", "messages", "marks")


class PageModel:
    """One or two models: the one that answers, and one that sees for it."""

    def __init__(self, model: ChatLike, vision: ChatLike | None, config: RunnableConfig | None = None) -> None:
        """Take the models; `config` carries the callbacks of whoever asks."""
        self._model = model
        self._vision = vision or model
        self._config = config

    def with_config(self, config: RunnableConfig) -> PageModel:
        """Return the same models with callbacks."""
        return PageModel(self._model, self._vision, config)

    def _choose(self, step: Ask) -> ChatLike:
        return self._vision if step.sees else self._model

    def _write(self, step: Ask) -> list[BaseMessage]:
        marked = step.cached and _takes_cache_marks(self._choose(step))
        last = len(step.messages) - 1
        return [_write_message(one, marked and place == last) for place, one in enumerate(step.messages)]

    def ask(self, step: Ask) -> Reply:
        """Ask at once."""
        return _read_reply(self._choose(step).invoke(self._write(step), self._config))

    async def aask(self, step: Ask) -> Reply:
        """Ask at once, asynchronously."""
        return _read_reply(await self._choose(step).ainvoke(self._write(step), self._config))

    def stream(self, step: Ask) -> Iterator[str | Reply]:
        """Ask and yield the pieces, then the whole."""
        whole: BaseMessageChunk | None = None
        for chunk in self._choose(step).stream(self._write(step), self._config):
            whole = chunk if whole is None else whole + chunk
            yield _read_text(chunk)
        yield _read_reply(whole)

    async def astream(self, step: Ask) -> AsyncIterator[str | Reply]:
        """Ask and yield the pieces, then the whole, asynchronously."""
        whole: BaseMessageChunk | None = None
        async for chunk in self._choose(step).astream(self._write(step), self._config):
            whole = chunk if whole is None else whole + chunk
            yield _read_text(chunk)
        yield _read_reply(whole)


def _write_message(message: Message, marked: bool) -> BaseMessage:
    if message.role == "system":
        return SystemMessage(message.text)
    blocks = [_write_part(part) for part in message.parts if isinstance(part, Text | Media)]
    if marked:
        blocks[-2]["cache_control"] = {"type": "ephemeral"}
    if all(block["type"] == "text" for block in blocks) and not marked:
        return HumanMessage("\n".join(block["text"] for block in blocks))
    return HumanMessage(content=[*blocks])


def _write_part(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {"type": "image", "base64": part.data, "mime_type": part.media_type}


def _read_text(message: object) -> str:
    if isinstance(message, BaseMessage):
        return str(message.text)
    return message if isinstance(message, str) else ""


def _read_reply(message: object) -> Reply:
    counted = message.usage_metadata if isinstance(message, AIMessage | AIMessageChunk) else None
    if not counted:
        return Reply(_read_text(message))
    details = counted.get("input_token_details") or {}
    return Reply(
        _read_text(message),
        Usage(counted["input_tokens"], counted["output_tokens"], details.get("cache_read")),
    )
