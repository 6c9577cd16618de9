"""`POST /chat/completions`: a `ChatRequest` becomes a `Request`."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import assert_never

from cncoding.chat.caching import is_marked
from cncoding.chat.encoder import Writer, check_modality, mark
from cncoding.chat.history import arguments_for_replay, media_of, repair, result_text, returned_text
from cncoding.chat.openai_stream import OpenAIDecoder as Decoder
from cncoding.errors import ConfigError
from cncoding.exchange.media_types import address, media_type
from cncoding.exchange.steps import Request
from cncoding.profile import OpenAIDialect
from cncoding.target import Target
from cncoding.types import (
    ChatRequest,
    JsonObject,
    Media,
    Message,
    NamedTool,
    Part,
    Reasoning,
    ResponseFormat,
    ServerTool,
    Text,
    Tool,
    ToolCall,
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
    route = "/chat/completions"
    last: Message | None = None

    @property
    def dialect(self) -> OpenAIDialect:
        dialect = self.target.wire.dialect
        assert isinstance(dialect, OpenAIDialect)
        return dialect

    def body(self) -> JsonObject:
        request, dialect = self.request, self.dialect
        body: JsonObject = {"model": request.model or self.target.model, "messages": self.messages()}
        if request.max_tokens is not None:
            body[dialect.max_tokens_field] = request.max_tokens
        self.write_sampling(body)
        self._tools(body)
        if request.response_format is not None:
            body["response_format"] = self._response_format(request.response_format)
        if request.thinking:
            body.update(dialect.thinking(request.thinking, self.card, self.warn))
        if request.search:
            self.write_search(body)
        if request.stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
            if self.card.tool_stream and body.get("tools"):
                body["tool_stream"] = True
        return body

    # ------------------------------------------------------------ settings

    def _response_format(self, wanted: ResponseFormat) -> JsonObject:
        if wanted.kind not in self.card.structured:
            takes = ", ".join(sorted(self.card.structured)) or "none"
            raise ConfigError(
                f"response_format={wanted.kind!r}: {self.card.id} on {self.target.provider.id} takes {takes}; "
                "use a tool (method='function_calling') instead"
            )
        if wanted.kind == "json_object":
            if self.dialect.json_word and not any("json" in message.text.lower() for message in self.request.messages):
                raise ConfigError(
                    f"response_format='json_object': {self.target.provider.id} wants the word 'json' in a message; "
                    "say for example 'Answer in JSON.'"
                )
            return {"type": "json_object"}
        schema: JsonObject = {"name": wanted.name, "schema": wanted.schema or {"type": "object"}}
        if wanted.strict is not None:
            schema["strict"] = wanted.strict
        return {"type": "json_schema", "json_schema": schema}

    # ------------------------------------------------------------ tools

    def _tools(self, body: JsonObject) -> None:
        tools, choice = self.request.tools, self.request.tool_choice
        if not tools:
            return
        body["tools"] = [self._tool(tool) for tool in tools]
        if isinstance(choice, NamedTool):
            body["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
        elif choice is not None:
            body["tool_choice"] = choice
        parallel = self.request.parallel_tool_calls
        if parallel is not None and self.takes("parallel_tool_calls"):
            body["parallel_tool_calls"] = parallel

    def _tool(self, tool: Tool | ServerTool) -> JsonObject:
        if isinstance(tool, ServerTool):
            return tool.payload
        function: JsonObject = {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        if tool.strict is not None and (tool.strict or "strict" not in self.dialect.omits) and self.takes("strict"):
            function["strict"] = tool.strict
        wired: JsonObject = {"type": "function", "function": function}
        return mark(self.dialect.tool(tool, wired) if self.dialect.tool else wired, tool.cache)

    # ------------------------------------------------------------ messages

    def messages(self) -> list[JsonObject]:
        wired: list[JsonObject] = []
        waiting: list[Media] = []
        messages = repair(self.request.messages, self.manners)
        self.last = messages[-1]
        for message in messages:
            if message.role != "tool" and waiting:
                wired.append(self._returned_media(waiting))
                waiting = []
            if message.role == "system":
                marked = any(map(is_marked, message.parts))
                wired.append({"role": "system", "content": self._content(message) if marked else message.text})
            elif message.role == "user":
                wired.append(self._name_tool({"role": "user", "content": self._content(message)}, message))
            elif message.role == "assistant":
                wired.append(self._assistant(message))
            elif message.role == "tool":
                wired.append(self._tool_message(message, waiting))
            else:
                assert_never(message.role)
        if waiting:
            wired.append(self._returned_media(waiting))
        return wired

    @staticmethod
    def _name_tool(wired: JsonObject, message: Message) -> JsonObject:
        if message.name:
            wired["name"] = message.name
        return wired

    def _content(self, message: Message) -> str | list[JsonObject]:
        if not media_of(message.parts) and not any(map(is_marked, message.parts)):
            return "\n".join(part.text for part in message.parts if isinstance(part, Text))
        return self._content_parts(message.parts)

    def _content_parts(self, parts: Sequence[Part]) -> list[JsonObject]:
        shown = [part for part in parts if isinstance(part, Media) or (isinstance(part, Text) and part.text)]
        return [self._part(part) for part in shown]

    def _part(self, part: Text | Media) -> JsonObject:
        if isinstance(part, Text):
            return mark({"type": "text", "text": part.text}, part.cache)
        check_modality(part, self.card, self.request, self.target)
        if self.dialect.media_part is not None:
            wired = self.dialect.media_part(part, address(part) if part.file_id is None else "")
        else:
            wired = media_part(part)
        return mark(wired, part.cache)

    def _assistant(self, message: Message) -> JsonObject:
        calls = message.tool_calls
        wired: JsonObject = {"role": "assistant"}
        text = message.text
        if text or not calls or self.dialect.empty_content == "empty":
            wired["content"] = self._content_parts(message.parts) if any(map(is_marked, message.parts)) else text
        if message.prefix and message is self.last and self.dialect.prefix:
            wired[self.dialect.prefix] = True
        self._reason(wired, message, bool(calls))
        if calls:
            wired["tool_calls"] = [self._call(call) for call in calls]
        return self._name_tool(wired, message)

    def _reason(self, wired: JsonObject, message: Message, has_calls: bool) -> None:
        dialect = self.dialect
        own = [
            part
            for part in message.parts
            if isinstance(part, Reasoning) and part.provider in (None, self.target.provider.id)
        ]
        details = [detail for part in own for detail in part.details]
        if details and dialect.echo_details:
            wired[dialect.echo_details] = details
        elif own:
            wired[dialect.echo_field] = "".join(part.text for part in own)
        elif has_calls and self.thinks and dialect.backfill is not None:
            wired[dialect.echo_field] = dialect.backfill

    @staticmethod
    def _call(call: ToolCall) -> JsonObject:
        function = {"name": call.name, "arguments": arguments_for_replay(call.arguments)}
        return {**(call.extras or {}), "id": call.id, "type": "function", "function": function}

    def _tool_message(self, message: Message, waiting: list[Media]) -> JsonObject:
        result = message.parts[0]
        assert isinstance(result, ToolResult)
        wired: JsonObject = {"role": "tool", "tool_call_id": result.call_id, "content": result_text(result)}
        media = media_of(result.parts)
        if not media:
            return self._mark_result(wired, result)
        if self.card.tool_images and all(one.kind == "image" for one in media):
            wired["content"] = self._content_parts(result.parts)
            return self._mark_result(wired, result)
        seen = [one for one in media if one.kind in self.card.input]
        note = "shown in the next message" if seen else f"left out: {self.card.id} cannot read it"
        wired["content"] = returned_text(result, media, note)
        if len(seen) < len(media):
            self.warn("tool result", f"{self.card.id} cannot read every medium in it; its place is named in text")
        waiting.extend(seen)
        return self._mark_result(wired, result)

    @staticmethod
    def _mark_result(wired: JsonObject, result: ToolResult) -> JsonObject:
        """Put the mark of a result on the last part of its content."""
        if result.cache:
            content = wired["content"]
            wired["content"] = [{"type": "text", "text": content}] if isinstance(content, str) else content
            mark(wired["content"][-1], cache=True)
        return wired

    def _returned_media(self, media: Sequence[Media]) -> JsonObject:
        parts: list[Text | Media] = [Text("[returned by the tool call above]"), *media]
        return {"role": "user", "content": [self._part(part) for part in parts]}


def media_part(media: Media) -> JsonObject:
    """Write a medium as OpenAI does, with `video_url` as GLM, Kimi, MiniMax and Qwen have it (documented)."""
    if media.kind in ("image", "video"):
        inner: JsonObject = {"url": address(media)}
        if media.detail is not None:
            inner["detail"] = media.detail
        key = f"{media.kind}_url"
        return {"type": key, key: inner, **media.options}
    if media.kind == "audio":
        if media.data is None:
            return {"type": "input_audio", "input_audio": {"data": address(media)}, **media.options}
        subtype = media_type(media).partition("/")[2]
        return {
            "type": "input_audio",
            "input_audio": {"data": media.data, "format": _AUDIO.get(subtype, subtype)},
        }
    if media.file_id is not None:
        return {"type": "file", "file": {"file_id": media.file_id}}
    return {"type": "file", "file": {"filename": media.name or "file", "file_data": address(media)}}


_AUDIO = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav"}
