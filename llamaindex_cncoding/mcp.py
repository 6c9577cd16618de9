"""MCP tools whose results reach the model as text and images, not as a printed object (extra `mcp`).

`llama-index-tools-mcp` hands an agent the result object itself, so the model reads its `repr` and never sees an
image. The tools made here turn every result into content blocks.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from llama_index.core.async_utils import asyncio_run
from llama_index.core.base.llms.types import AudioBlock, ContentBlock, DocumentBlock, ImageBlock, TextBlock
from llama_index.core.tools import AsyncBaseTool, ToolMetadata, ToolOutput

from cncoding import Client, ConfigError


def result_blocks(result: Any) -> list[ContentBlock]:
    """Convert the `CallToolResult` of an MCP server.

    Args:
        result: What `session.call_tool` returned, of any version of the `mcp` package.

    Returns:
        Text, image, audio and document blocks in order; a result that has only structured content gives its JSON.
    """
    blocks = [block for item in result.content for block in _convert_item(item)]
    structured = _read_either(result, "structured_content", "structuredContent")
    if not blocks and structured is not None:
        return [TextBlock(text=json.dumps(structured, ensure_ascii=False, default=str))]
    return blocks


def _convert_item(item: Any) -> list[ContentBlock]:
    if item.type == "text":
        return [TextBlock(text=item.text)]
    if item.type == "image":
        mimetype = _read_either(item, "mime_type", "mimeType")
        return [ImageBlock(image=base64.b64decode(item.data), image_mimetype=mimetype)]
    if item.type == "audio":
        mimetype = str(_read_either(item, "mime_type", "mimeType") or "")
        return [AudioBlock(audio=base64.b64decode(item.data), format=mimetype.partition("/")[2] or None)]
    if item.type == "resource":
        return _convert_resource(item.resource)
    if item.type == "resource_link":
        return [TextBlock(text=f"{item.name}: {item.uri}")]
    return [TextBlock(text=item.model_dump_json())]


def _convert_resource(resource: Any) -> list[ContentBlock]:
    text = getattr(resource, "text", None)
    if text is not None:
        return [TextBlock(text=f"{resource.uri}:\n{text}")]
    data = base64.b64decode(resource.blob)
    mimetype = _read_either(resource, "mime_type", "mimeType")
    if mimetype and mimetype.startswith("image/"):
        return [ImageBlock(image=data, image_mimetype=mimetype)]
    return [DocumentBlock(data=data, title=str(resource.uri), document_mimetype=mimetype)]


def _read_either(value: Any, new: str, old: str) -> Any:
    """Read a member under the name of mcp 2, else of mcp 1."""
    return getattr(value, new, None) if hasattr(value, new) else getattr(value, old, None)


class McpTool(AsyncBaseTool):
    """One tool of an MCP server."""

    def __init__(self, inner: AsyncBaseTool) -> None:
        """Wrap a tool made by `McpToolSpec`."""
        self._inner = inner

    @property
    def metadata(self) -> ToolMetadata:
        """Name, description and parameters, as the server tells them."""
        return self._inner.metadata

    def call(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """Call the tool; works inside a running event loop, too."""
        output: ToolOutput = asyncio_run(self.acall(*args, **kwargs))
        return output

    async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """Call the tool."""
        output = await self._inner.acall(*args, **kwargs)
        result = output.raw_output
        if not hasattr(result, "content"):
            return output
        return ToolOutput(
            tool_name=self.metadata.get_name(),
            blocks=result_blocks(result),
            raw_input=output.raw_input,
            raw_output=result,
            is_error=bool(_read_either(result, "is_error", "isError")),
        )


async def mcp_tools(client: Any, allowed_tools: list[str] | None = None) -> list[McpTool]:
    """List the tools of an MCP server, ready for an agent.

    Args:
        client: A `BasicMCPClient` of `llama-index-tools-mcp`, or another MCP client session.
        allowed_tools: Names; None takes all.

    Raises:
        ConfigError: `llama-index-tools-mcp` is not installed.
    """
    try:
        from llama_index.tools.mcp import McpToolSpec  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        raise ConfigError(
            f"MCP tools need llama-index-tools-mcp ({error}): pip install llama-index-tools-mcp"
        ) from None
    spec = McpToolSpec(client, allowed_tools=allowed_tools)
    return [McpTool(tool) for tool in await spec.to_tool_list_async()]


async def vendor_mcp_tools(
    provider: str, servers: list[str] | None = None, *, timeout: float = 60.0, **settings: Any
) -> list[McpTool]:
    """List the tools of a vendor's own MCP servers, with command, environment and headers set.

    Args:
        provider: `minimax` (starts `uvx minimax-coding-plan-mcp`), `glm` (remote servers, and `npx @z_ai/mcp-server`)
            or `qwen` (Bailian's WebSearch).
        servers: Names, for example `["glm-web_search_prime"]`; None takes all.
        timeout: Seconds that a call may take.
        settings: api_key, endpoint and base_url, as of the tool spec.

    Raises:
        ConfigError: The provider has none of that name, a setting does not fit, or `llama-index-tools-mcp` is missing.
    """
    known = {server.name: server for server in Client(provider, **settings).mcp_servers()}
    wanted = list(known) if servers is None else servers
    if missing := [name for name in wanted if name not in known]:
        raise ConfigError(
            f"servers: {provider} has no MCP server {missing[0]!r}; there are {', '.join(known) or 'none'}"
        )
    if not wanted:
        raise ConfigError(f"provider={provider!r}: offers no MCP server; glm, minimax and qwen do")
    try:
        from llama_index.tools.mcp import BasicMCPClient
    except ImportError as error:
        raise ConfigError(
            f"MCP tools need llama-index-tools-mcp ({error}): pip install llama-index-tools-mcp"
        ) from None
    tools: list[McpTool] = []
    for server in (known[name] for name in wanted):
        client = BasicMCPClient(
            server.command or server.url or "",
            args=list(server.args),
            env=dict(server.env),
            headers=dict(server.headers),
            timeout=timeout,
        )
        tools += await mcp_tools(client)
    return tools
