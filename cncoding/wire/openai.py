"""`POST /chat/completions`: a `ChatRequest` becomes a `Request`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from typing_extensions import assert_never

from cncoding.errors import ConfigError
from cncoding.exchange import Request
from cncoding.profile import ModelCard, OpenAIDialect, Target, Warn, thinks
from cncoding.types import (
    ChatRequest,
    JsonObject,
    Media,
    Message,
    NamedTool,
    Reasoning,
    ResponseFormat,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Warned,
)
from cncoding.wire.history import arguments_for_replay, media_of, repair, result_text, returned_text
from cncoding.wire.mediatypes import address, media_type
from cncoding.wire.openai_stream import OpenAIDecoder as Decoder

__all__ = ["Decoder", "encode"]


def encode(request: ChatRequest, target: Target) -> tuple[Request, list[Warned]]:
    """Write the request as the vendor of `target` wants it.

    Returns:
        The request, and what was changed or left out on the way.

    Raises:
        ConfigError: The vendor is documented to refuse this, or the history cannot be sent.
    """
    warnings: list[Warned] = []

    def warn(setting: str, why: str) -> None:
        warnings.append(Warned(setting, why))

    dialect = target.wire.dialect
    assert isinstance(dialect, OpenAIDialect)
    card = target.card(request.model)
    dialect.check(request, card)
    writer = _Writer(request, target, dialect, card, warn)
    body = writer.body()
    body = dialect.finalize(body, request, card, warn)
    body = merge(body, request.extra)
    headers = {**target.headers, **request.headers, "Content-Type": "application/json"}
    headers["Accept"] = "text/event-stream" if request.stream else "application/json"
    url = f"{target.base_url}/chat/completions"
    return Request("POST", url, headers, dump(body), stream=request.stream), warnings


def dump(body: JsonObject) -> bytes:
    """Write JSON without escapes: escaped Chinese triples the bytes, and the tokens where a vendor echoes it."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"messages: {error.object[max(error.start - 20, 0) : error.start]!r} is followed by half a character "
            "(a lone surrogate), which no request can carry; read the text with errors='replace'"
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the request is not JSON: {error}; look at tools, extra_body and tool arguments") from error


def merge(body: JsonObject, extra: JsonObject) -> JsonObject:
    """Lay the user's members over the body; objects are merged, None removes a member."""
    for key, value in extra.items():
        if value is None:
            body.pop(key, None)
        elif isinstance(value, dict) and isinstance(body.get(key), dict):
            body[key] = merge(dict(body[key]), value)
        else:
            body[key] = value
    return body


class _Writer:
    """The parts of one request body; lives as long as `encode` runs."""

    def __init__(
        self, request: ChatRequest, target: Target, dialect: OpenAIDialect, card: ModelCard, warn: Warn
    ) -> None:
        self.request = request
        self.target = target
        self.dialect = dialect
        self.card = card
        self.warn = warn
        self.thinks = thinks(request.thinking, card)

    def body(self) -> JsonObject:
        request, dialect = self.request, self.dialect
        body: JsonObject = {"model": request.model or self.target.model, "messages": self.messages()}
        self._sampling(body)
        self._tools(body)
        if request.response_format is not None:
            body["response_format"] = self._response_format(request.response_format)
        if request.thinking:
            body.update(dialect.thinking(request.thinking, self.card, self.warn))
        if request.search:
            self._search(body)
        if request.stream:
            body["stream"] = True
            if dialect.usage_in_stream:
                body["stream_options"] = {"include_usage": True}
        return body

    # ------------------------------------------------------------ settings

    def _sampling(self, body: JsonObject) -> None:
        request, dialect = self.request, self.dialect
        if request.max_tokens is not None:
            body[dialect.max_tokens_field] = request.max_tokens
        wanted: JsonObject = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
        }
        for name, value in wanted.items():
            if value is None:
                continue
            if name in self.card.omit:
                self.warn(name, f"{self.card.id} fixes it and refuses any other value; left out")
            elif name == "seed" and not dialect.seed_field:
                self.warn(name, f"{self.target.provider.id} has no such field; left out")
            else:
                body[name] = value
        if request.stop:
            body["stop"] = list(request.stop)

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

    def _search(self, body: JsonObject) -> None:
        if self.dialect.search is None:
            raise ConfigError(
                f"search=True: {self.target.provider.id} has no built-in web search in chat; use the web_search tool"
            )
        members = dict(self.dialect.search)
        if tools := members.pop("tools", None):
            body["tools"] = [*body.get("tools", []), *tools]
        body.update(members)

    # ------------------------------------------------------------ tools

    def _tools(self, body: JsonObject) -> None:
        request = self.request
        if not request.tools:
            return
        tools = request.tools
        choice = self._choice()
        if isinstance(request.tool_choice, NamedTool) and isinstance(choice, str):
            tools = narrowed(tools, request.tool_choice)
        if choice == "none" and "none" not in self._choices():
            self.warn("tool_choice", "'none' is not accepted here; the tools are left out instead")
            return
        body["tools"] = [self._tool(tool) for tool in tools]
        if choice is not None:
            body["tool_choice"] = choice
        if request.parallel_tool_calls is not None:
            if self.dialect.parallel_field:
                body["parallel_tool_calls"] = request.parallel_tool_calls
            else:
                self.warn("parallel_tool_calls", f"{self.target.provider.id} has no such field; left out")

    def _choices(self) -> frozenset[str]:
        return self.target.tool_choices(self.card, self.request.thinking)

    def _choice(self) -> str | JsonObject | None:
        wanted = self.request.tool_choice
        if wanted is None or wanted == "auto" or wanted == "none":
            return wanted
        choices = self._choices()
        name = only_tool(self.request)
        if name is not None and "named" in choices and (isinstance(wanted, NamedTool) or "required" not in choices):
            return {"type": "function", "function": {"name": name}}
        if "required" in choices:
            return "required"
        while_thinking = " while it thinks" if self.thinks else ""
        self.warn("tool_choice", f"{self.card.id} does not accept a forced choice{while_thinking}; 'auto' is sent")
        return "auto"

    def _tool(self, tool: Tool | ServerTool) -> JsonObject:
        if isinstance(tool, ServerTool):
            return tool.payload
        function: JsonObject = {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        if tool.strict is not None:
            if self.dialect.strict_tools:
                function["strict"] = tool.strict
            elif tool.strict:
                self.warn("strict", f"{self.target.provider.id} does not accept it on tools; left out")
        wired: JsonObject = {"type": "function", "function": function}
        return self.dialect.tool(tool, wired) if self.dialect.tool else wired

    # ------------------------------------------------------------ messages

    def messages(self) -> list[JsonObject]:
        wired: list[JsonObject] = []
        waiting: list[Media] = []
        for message in repair(self.request.messages):
            if message.role != "tool" and waiting:
                wired.append(self._returned_media(waiting))
                waiting = []
            if message.role == "system":
                wired.append({"role": "system", "content": message.text})
            elif message.role == "user":
                wired.append(self._named({"role": "user", "content": self._content(message)}, message))
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
    def _named(wired: JsonObject, message: Message) -> JsonObject:
        if message.name:
            wired["name"] = message.name
        return wired

    def _content(self, message: Message) -> str | list[JsonObject]:
        if not media_of(message.parts):
            return "\n".join(part.text for part in message.parts if isinstance(part, Text))
        return [self._part(part) for part in message.parts if isinstance(part, (Text, Media)) and part != Text("")]

    def _part(self, part: Text | Media) -> JsonObject:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        check_modality(part, self.card, self.request, self.target.provider.id)
        if self.dialect.media_part is not None:
            return self.dialect.media_part(part, address(part) if part.file_id is None else "")
        return media_part(part)

    def _assistant(self, message: Message) -> JsonObject:
        calls = message.tool_calls
        wired: JsonObject = {"role": "assistant"}
        text = message.text
        if text or not calls or self.dialect.empty_content == "empty":
            wired["content"] = text
        elif self.dialect.empty_content == "null":
            wired["content"] = None
        self._reason(wired, message, bool(calls))
        if calls:
            wired["tool_calls"] = [self._call(call) for call in calls]
        return self._named(wired, message)

    def _reason(self, wired: JsonObject, message: Message, has_calls: bool) -> None:
        dialect = self.dialect
        if dialect.echo == "never" or (dialect.echo == "tool_turns" and not has_calls):
            return
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
            return wired
        if self.card.tool_images and all(one.kind == "image" for one in media):
            kept = [part for part in result.parts if isinstance(part, (Text, Media)) and part != Text("")]
            wired["content"] = [self._part(part) for part in kept]
            return wired
        seen = [one for one in media if one.kind in self.card.input]
        note = "shown in the next message" if seen else f"left out: {self.card.id} cannot read it"
        wired["content"] = returned_text(result, media, note)
        if len(seen) < len(media):
            self.warn("tool result", f"{self.card.id} cannot read every medium in it; its place is named in text")
        waiting.extend(seen)
        return wired

    def _returned_media(self, media: Sequence[Media]) -> JsonObject:
        parts: list[Text | Media] = [Text("[returned by the tool call above]"), *media]
        return {"role": "user", "content": [self._part(part) for part in parts]}


def only_tool(request: ChatRequest) -> str | None:
    """Return the tool that a forced choice means: the named one, or the only one there is."""
    if isinstance(request.tool_choice, NamedTool):
        return request.tool_choice.name
    names = [tool.name for tool in request.tools if isinstance(tool, Tool)]
    return names[0] if len(names) == len(request.tools) == 1 else None


def narrowed(tools: tuple[Tool | ServerTool, ...], choice: NamedTool) -> tuple[Tool | ServerTool, ...]:
    """Return the chosen tool alone, where the vendor does not let one be named among several."""
    return tuple(tool for tool in tools if isinstance(tool, Tool) and tool.name == choice.name) or tools


def check_modality(media: Media, card: ModelCard, request: ChatRequest, provider: str) -> None:
    """Refuse a medium that the model is known not to read.

    Raises:
        ConfigError: With the remedy.
    """
    if media.kind in card.input or (request.vision or card.vision) == "native":
        return
    readable = ", ".join(sorted(card.input))
    raise ConfigError(
        f"{media.kind}: {card.id} on {provider} reads {readable} only; choose a model that takes {media.kind} input"
        + (", or pass vision='native' to the call to send it all the same" if media.kind == "image" else "")
    )


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
