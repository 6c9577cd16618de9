"""`POST /v1/messages`: a `ChatRequest` becomes a `Request`."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from typing_extensions import assert_never

from cncoding.chat.anthropic_stream import AnthropicDecoder as Decoder
from cncoding.chat.caching import is_marked
from cncoding.chat.encoder import Writer, check_modality, mark, merge
from cncoding.chat.history import LEFT_OUT, media_of, parsed_arguments, repair, result_text, returned_text
from cncoding.errors import ConfigError
from cncoding.exchange.media_types import media_type
from cncoding.exchange.steps import Request
from cncoding.profile import AnthropicDialect, share_for_thinking
from cncoding.target import Target
from cncoding.types import (
    ChatRequest,
    JsonObject,
    Media,
    Message,
    NamedTool,
    Opaque,
    Part,
    Reasoning,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
    Warned,
)

__all__ = ["Decoder", "encode"]


def encode(request: ChatRequest, target: Target) -> tuple[Request, list[Warned]]:
    """Write the request as the vendor of `target` wants it.

    Returns:
        The request, and what was changed or left out on the way.

    Raises:
        ConfigError: The vendor is documented to refuse this, or the history cannot be sent.
    """
    return _Writer(request, target).encode()


class _Writer(Writer):
    route = "/v1/messages"
    headers = MappingProxyType({"anthropic-version": "2023-06-01"})

    @property
    def dialect(self) -> AnthropicDialect:
        dialect = self.target.wire.dialect
        assert isinstance(dialect, AnthropicDialect)
        return dialect

    def body(self) -> JsonObject:
        request, dialect = self.request, self.dialect
        body: JsonObject = {"model": request.model or self.target.model, "max_tokens": request.max_tokens}
        system, messages = self.messages()
        if system:
            body["system"] = system
        body["messages"] = messages
        self.write_sampling(body)
        self._tools(body)
        if request.thinking:
            body.update(dialect.thinking(request.thinking, self.card, self.warn))
        self._limit(body)
        if request.response_format is not None:
            self._response_format(body)
        if request.search:
            self.write_search(body)
        if request.stream:
            body["stream"] = True
        return body

    # ------------------------------------------------------------ settings

    def _limit(self, body: JsonObject) -> None:
        """Say how long the reply may be: longer than the thinking budget, which counts as part of it.

        The wire has that rule from Anthropic; Alibaba's servers apply it to a budget of their own, too.
        """
        budget = self._find_budget(body)
        if body["max_tokens"] is None:
            usual = self.dialect.max_tokens
            wanted = usual if budget < usual else budget + usual
            body["max_tokens"] = min(wanted, self.card.max_output or wanted)
        limit = body["max_tokens"]
        if budget >= limit > 1:
            lower = share_for_thinking(limit)
            self.warn("thinking_budget", f"max_tokens={limit} must be greater, so {lower} is sent")
            body["thinking"] = {"type": "enabled", **body.get("thinking", {}), "budget_tokens": lower}

    def _find_budget(self, body: JsonObject) -> int:
        """Return the tokens that the thinking may take: those told, else those that the endpoint is known to assume."""
        if told := body.get("thinking", {}).get("budget_tokens"):
            return int(told)
        support = self.card.thinking
        assumed = support.default_budget if support and self.thinks and "output_config" not in body else None
        return assumed or 0

    def _response_format(self, body: JsonObject) -> None:
        wanted = self.request.response_format
        assert wanted is not None
        if wanted.kind not in self.card.structured:
            raise ConfigError(
                f"response_format={wanted.kind!r}: {self.target.provider.id} takes none on the anthropic wire for "
                f"{self.card.id}; use a tool (method='function_calling') or wire='openai'"
            )
        body["output_config"] = merge(
            dict(body.get("output_config", {})),
            {"format": {"type": "json_schema", "schema": wanted.schema or {"type": "object"}}},
        )

    # ------------------------------------------------------------ tools

    def _tools(self, body: JsonObject) -> None:
        tools, wanted = self.request.tools, self.request.tool_choice
        if not tools:
            return
        body["tools"] = [self._tool(tool) for tool in tools]
        choice = None if wanted is None else _wired_choice(wanted)
        if self.request.parallel_tool_calls is False and self.takes("parallel_tool_calls"):
            choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
        if choice is not None:
            body["tool_choice"] = choice

    @staticmethod
    def _tool(tool: Tool | ServerTool) -> JsonObject:
        if isinstance(tool, ServerTool):
            return tool.payload
        wired = {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        return mark(wired, tool.cache)

    # ------------------------------------------------------------ messages

    def messages(self) -> tuple[str | list[JsonObject], list[JsonObject]]:
        """Return the system text, as blocks where it is marked, and the turns, consecutive ones of a role merged."""
        system: str | list[JsonObject] = ""
        turns: list[JsonObject] = []
        waiting: list[Media] = []
        manners = replace(self.manners, keeps=lambda part: part.provider == self.target.provider.id)
        for message in repair(self.request.messages, manners):
            if message.role == "system":
                system = self._blocks(message) if any(map(is_marked, message.parts)) else message.text
                continue
            if message.role != "tool":
                self._returned_media(waiting, turns)
            role = "assistant" if message.role == "assistant" else "user"
            if message.role == "tool":
                blocks = [self._tool_result(part, waiting) for part in message.parts if isinstance(part, ToolResult)]
            else:
                blocks = self._blocks(message)
            if turns and turns[-1]["role"] == role:
                turns[-1]["content"].extend(blocks)
            elif blocks:
                turns.append({"role": role, "content": blocks})
        self._returned_media(waiting, turns)
        if turns[0]["role"] == "assistant":
            # The wire begins with the user; a memory that was cut short may not.
            turns.insert(0, {"role": "user", "content": [{"type": "text", "text": LEFT_OUT}]})
        return system, turns

    def _returned_media(self, waiting: list[Media], turns: list[JsonObject]) -> None:
        """Show what tools returned after their results, in the same turn, where results hold no media."""
        if waiting:
            parts: list[Part] = [Text("[returned by the tool call above]"), *waiting]
            turns[-1]["content"].extend(block for part in parts if (block := self._block(part)) is not None)
            waiting.clear()

    def _blocks(self, message: Message) -> list[JsonObject]:
        blocks = [block for part in message.parts if (block := self._block(part)) is not None]
        if message.role == "assistant":
            if blocks and _is_thinking(blocks[-1]):
                # A turn from the other wire may name its reasoning last; this wire wants it before the calls.
                blocks.sort(key=lambda block: not _is_thinking(block))
            if (
                message.tool_calls
                and self.thinks
                and self.dialect.backfill is not None
                and not any(map(_is_thinking, blocks))
            ):
                blocks.insert(0, {"type": "thinking", "thinking": self.dialect.backfill})
        return blocks

    def _block(self, part: Part) -> JsonObject | None:
        if isinstance(part, Text):
            return mark({"type": "text", "text": part.text}, part.cache) if part.text else None
        if isinstance(part, Reasoning):
            return self._thinking_block(part)
        if isinstance(part, Media):
            check_modality(part, self.card, self.request, self.target)
            return mark(media_block(part, self.dialect), part.cache)
        if isinstance(part, ToolCall):
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": parsed_arguments(part.arguments)}
        if isinstance(part, ToolResult):
            return None  # stands in a tool message, see `messages`
        if isinstance(part, Opaque):
            return part.payload
        assert_never(part)

    def _thinking_block(self, part: Reasoning) -> JsonObject | None:
        if part.provider not in (None, self.target.provider.id):
            return None
        if part.redacted is not None:
            return {"type": "redacted_thinking", "data": part.redacted}
        block: JsonObject = {"type": "thinking", "thinking": part.text}
        if part.signature is not None:
            block["signature"] = part.signature
        return block

    def _tool_result(self, result: ToolResult, waiting: list[Media]) -> JsonObject:
        block: JsonObject = {"type": "tool_result", "tool_use_id": result.call_id, "content": result_text(result)}
        mark(block, result.cache)
        if result.is_error:
            block["is_error"] = True
        media = media_of(result.parts)
        if not media:
            return block
        if self.card.tool_images and all(one.kind == "image" for one in media):
            block["content"] = [wired for part in result.parts if (wired := self._block(part)) is not None]
            return block
        seen = [one for one in media if one.kind in self.card.input]
        note = "shown after the results" if seen else f"left out: {self.card.id} cannot read it"
        block["content"] = returned_text(result, media, note)
        if len(seen) < len(media):
            self.warn("tool result", f"{self.card.id} cannot read every medium in it; its place is named in text")
        waiting.extend(seen)
        return block


def _wired_choice(choice: ToolMode | NamedTool) -> JsonObject:
    if isinstance(choice, NamedTool):
        return {"type": "tool", "name": choice.name}
    return {"type": "any" if choice == "required" else choice}


def _is_thinking(block: JsonObject) -> bool:
    return block["type"] in ("thinking", "redacted_thinking")


def media_block(media: Media, dialect: AnthropicDialect) -> JsonObject:
    """Write an image, or a video where the vendor has that block (documented: MiniMax, Qwen).

    Raises:
        ConfigError: The wire has no block for this medium.
    """
    if media.kind not in ("image", "video") or (media.kind == "video" and not dialect.video):
        raise ConfigError(f"{media.kind}: the anthropic wire of this provider takes no such input; use wire='openai'")
    source: JsonObject
    if media.data is not None:
        source = {"type": "base64", "media_type": media_type(media), "data": media.data}
    elif media.url is not None:
        source = {"type": "url", "url": media.url}
    else:
        raise ConfigError(f"{media.kind}: give url, data or path; file_id={media.file_id!r} has no place on this wire")
    if media.detail is not None:
        source["detail"] = media.detail
    source.update(media.options)
    return {"type": media.kind, "source": source}
