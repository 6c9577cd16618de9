"""The tools of several providers behind one MCP server: what is listed, what a call does, how it is served."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cncoding import (
    TOOLS,
    AsyncClient,
    CncodingError,
    ConfigError,
    MediaEvent,
    MediaToolCall,
    MediaToolOutcome,
    MediaToolSettings,
    PurchaseQuestion,
    __version__,
    explain_failure,
    name_tools,
    write_schema,
)
from cncoding.exchange.halves import mend_text, mend_value
from cncoding_cli import termination
from cncoding_cli.mcp_asking import InputNeededError, Person
from cncoding_cli.mcp_calls import PURCHASE_ID, Call, Calls, describe_name, read_call
from cncoding_cli.secrets import hide_keys, scrub

INSTALL = 'pip install "mcp>=2"'
_COSTS = "Each call costs money; give purchase_id, so that a call whose answer is lost can be repeated without paying."


@dataclass(frozen=True)
class Provided:
    """A provider and what its tools are told."""

    client: AsyncClient
    settings: MediaToolSettings
    blocking_video: bool = True


class Catalogue:
    """The tools of all providers by the names that an MCP client sees: `<provider>_<tool>`.

    Args:
        provided: By provider.
        journal: Whether their clients have a journal.
    """

    def __init__(self, provided: Mapping[str, Provided], *, journal: bool = True) -> None:
        self._provided = {
            name: replace(one, settings=replace(one.settings, prefix=f"{name}_")) for name, one in provided.items()
        }
        self.journal = journal
        self.names: dict[str, tuple[str, str]] = {
            f"{provider}_{tool}": (provider, tool)
            for provider, one in self._provided.items()
            for tool in one.client.list_tools(one.settings, blocking_video=one.blocking_video)
        }

    def describe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return the description and the input schema of a tool."""
        provider, tool = self.names[name]
        one = self._provided[provider]
        schema = write_schema(one.client.list_arguments(tool, one.settings))
        text = f"{name_tools(TOOLS[tool].description, one.settings.prefix)} (provider: {provider})"
        if TOOLS[tool].buys is None:
            return text, schema
        return f"{text} {_COSTS}", {**schema, "properties": {**schema["properties"], PURCHASE_ID: describe_name()}}

    def explain(self, name: str, error: CncodingError) -> str:
        """Say to a model what went wrong in a tool."""
        provider, _ = self.names.get(name, ("", ""))
        return explain_failure(error, f"{provider}_" if provider else "")

    def hint(self, name: str) -> dict[str, Any]:
        """Return what a client may know before it asks its user: whether a tool only looks, or takes something away."""
        card = TOOLS[self.names[name][1]]
        return {
            "read_only_hint": card.effect == "looks",
            "destructive_hint": card.effect == "removes",
            "idempotent_hint": card.buys is None,
        }

    def buys(self, name: str) -> bool:
        """Tell whether a tool pays for something."""
        return name in self.names and TOOLS[self.names[name][1]].buys is not None

    async def call(self, name: str, arguments: Mapping[str, Any], **told: Any) -> MediaToolOutcome:
        """Do what a tool does.

        Args:
            name: Its name as the client knows it.
            arguments: As they came.
            told: Fields of `MediaToolCall`: who calls, who hears of it, who is asked.

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
        return await one.client.use_tool(MediaToolCall(tool, arguments, **told), one.settings)


@dataclass(frozen=True)
class _Caller:
    """The request of an MCP client, as far as a purchase is concerned."""

    context: Any
    params: Any

    @property
    def request(self) -> str | None:
        """Session and number; None where a number is not the session's own, since there is no session."""
        http = self.context.request
        session = None if http is None else http.headers.get("mcp-session-id")
        if http is not None and session is None:
            return None
        return json.dumps([session, self.context.request_id])

    async def is_gone(self) -> bool:
        """Tell whether the client hung up before it was answered."""
        http = self.context.request
        return http is not None and bool(await http.is_disconnected())


class _Desk:
    """Does what the clients of a server call for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._calls = Calls(remember=not catalogue.journal)
        self._person = Person()

    async def serve(self, caller: _Caller) -> MediaToolOutcome:
        """Do what a tool does; a purchase is made once however often it is asked for.

        Raises:
            CncodingError: As `Catalogue.call` raises.
            InputNeededError: A person must be asked first.
        """
        name, arguments = caller.params.name, caller.params.arguments or {}
        if not self._catalogue.buys(name):
            return await self._catalogue.call(name, arguments)
        asked = read_call(name, arguments, caller.params.meta or {}, caller.request)

        async def buy(call: Call) -> MediaToolOutcome:
            async def tell(event: MediaEvent) -> None:
                if call.report is not None:
                    await call.report(_write_progress(event))

            async def agree(question: PurchaseQuestion) -> bool:
                return await self._person.agree(question, call, caller.context, caller.params)

            return await self._catalogue.call(
                name, asked.arguments, identity=call.identity, listener=tell, approve=agree
            )

        steps = itertools.count(1)

        async def report(text: str) -> None:
            await caller.context.session.report_progress(next(steps), message=text)

        return await self._calls.answer(asked, buy, report, caller.is_gone)


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
            tools=[
                types.Tool(
                    name=name,
                    description=text,
                    input_schema=schema,
                    annotations=types.ToolAnnotations(**catalogue.hint(name), open_world_hint=True),
                )
                for name, text, schema in found
            ]
        )

    desk = _Desk(catalogue)

    async def call_tool(
        context: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        try:
            found = await desk.serve(_Caller(context, params))
        except InputNeededError as needed:
            asked: types.InputRequiredResult = needed.result
            return asked
        except CncodingError as error:
            text = scrub(mend_text(catalogue.explain(params.name, error)))
            return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
        shown = [
            types.ImageContent(data=one.data or "", mime_type=one.media_type or "image/png") for one in found.previews
        ]
        artifact = json.loads(hide_keys(json.dumps(mend_value(found.artifact), default=str)))
        return types.CallToolResult(
            content=[types.TextContent(text=hide_keys(mend_text(found.text))), *shown],
            structured_content=artifact or None,
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

    termination.end_at_once()  # standard input is read in a thread; the journal has what was bought
    anyio.run(main)


def serve_http(server: Any, port: int) -> None:
    """Serve MCP clients of this machine by streamable HTTP at `/mcp`."""
    import uvicorn

    uvicorn.run(build_app(server, port), host="127.0.0.1", port=port, log_level="warning")


def build_app(server: Any, port: int, **settings: Any) -> Any:
    """Return the ASGI application of a server; it answers under its own name and to its own pages only.

    A page of another origin that a browser shows, also one of another port of this machine, is refused, and so is a
    foreign name that was made to mean this machine.
    """
    from mcp.server.transport_security import TransportSecuritySettings

    names = [f"127.0.0.1:{port}", f"localhost:{port}"]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=names, allowed_origins=[f"http://{one}" for one in names]
    )
    return server.streamable_http_app(host="127.0.0.1", transport_security=security, **settings)
