"""The tools of several providers behind one MCP server: what is listed, what a call does, how it is served."""

from __future__ import annotations

import difflib
import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cncoding import (
    TOOLS,
    AsyncClient,
    CallIdentity,
    CncodingError,
    ConfigError,
    MediaEvent,
    MediaToolCall,
    MediaToolOutcome,
    MediaToolSettings,
    __version__,
    write_schema,
)
from cncoding.media.tools.dispatch import explain_failure
from cncoding_cli.secrets import scrub

INSTALL = 'pip install "mcp>=2"'
_THREAD = f"mcp-{uuid.uuid4().hex}"
"""Stands for the conversation of all calls of this process."""


@dataclass(frozen=True)
class Provided:
    """A provider and what its tools are told."""

    client: AsyncClient
    settings: MediaToolSettings
    blocking_video: bool = True


class Catalogue:
    """The tools of all providers by the names that an MCP client sees: `<provider>_<tool>`."""

    def __init__(self, provided: Mapping[str, Provided]) -> None:
        self._provided = provided
        self.names: dict[str, tuple[str, str]] = {
            f"{provider}_{tool}": (provider, tool)
            for provider, one in provided.items()
            for tool in one.client.list_tools(one.settings, blocking_video=one.blocking_video)
        }

    def describe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return the description and the input schema of a tool."""
        provider, tool = self.names[name]
        one = self._provided[provider]
        arguments = one.client.list_arguments(tool, one.settings)
        return f"{TOOLS[tool].description} (provider: {provider})", write_schema(arguments)

    async def call(self, name: str, arguments: Mapping[str, Any], listener: Any) -> MediaToolOutcome:
        """Do what a tool does.

        Raises:
            ConfigError: There is no such tool or argument; nothing was sent or charged.
            CncodingError: As `Client.use_tool` raises.
        """
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.names)}"
            raise ConfigError(f"tool {name!r}: there is none; {hint}")
        provider, tool = self.names[name]
        one = self._provided[provider]
        identity = CallIdentity(_THREAD, uuid.uuid4().hex)
        return await one.client.use_tool(MediaToolCall(tool, arguments, identity, listener=listener), one.settings)


def build_server(catalogue: Catalogue) -> Any:
    """Make the MCP server.

    Raises:
        ConfigError: The package `mcp` is missing or older than 2.
    """
    try:
        import mcp_types as types
        from mcp.server.lowlevel import Server
    except ImportError:
        raise ConfigError(f"cncoding mcp needs the package mcp 2: {INSTALL}") from None

    async def list_tools(context: Any, params: Any) -> types.ListToolsResult:
        found = ((name, *catalogue.describe(name)) for name in catalogue.names)
        return types.ListToolsResult(
            tools=[types.Tool(name=name, description=text, input_schema=schema) for name, text, schema in found]
        )

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        steps = itertools.count(1)

        async def tell(event: MediaEvent) -> None:
            await context.session.report_progress(next(steps), message=_write_progress(event))

        try:
            found = await catalogue.call(params.name, params.arguments or {}, tell)
        except CncodingError as error:
            text = scrub(explain_failure(error))
            return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
        shown = [
            types.ImageContent(data=one.data or "", mime_type=one.media_type or "image/png") for one in found.previews
        ]
        return types.CallToolResult(
            content=[types.TextContent(text=found.text), *shown], structured_content=found.artifact or None
        )

    instructions = "Pictures, videos, speech, sight and web search. A call that makes something costs money each time."
    return Server(
        "cncoding", version=__version__, instructions=instructions, on_list_tools=list_tools, on_call_tool=call_tool
    )


def _write_progress(event: MediaEvent) -> str:
    handle = f", job={event.handle}" if event.handle else ""
    upload = f" {event.upload}" if event.upload else ""
    return f"{event.job.provider} {event.job.kind}: {event.word}{upload}{handle}"


def serve_stdio(server: Any) -> None:
    """Serve one MCP client on standard input and output."""
    import anyio
    from mcp.server.stdio import stdio_server

    async def main() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(main)


def serve_http(server: Any, port: int) -> None:
    """Serve MCP clients of this machine by streamable HTTP at `/mcp`."""
    import uvicorn

    uvicorn.run(server.streamable_http_app(host="127.0.0.1"), host="127.0.0.1", port=port, log_level="warning")
