"""The vendors' MCP servers as LangChain tools (`langchain-mcp-adapters`), with command, environment and headers set.

`langchain-mcp-adapters` 0.3 needs `mcp` 1, while `llama-index-tools-mcp` 0.6 needs `mcp` 2: one environment serves one
of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.tools import BaseTool

from cncoding import Client, CncodingError, ConfigError, McpServer
from langchain_cncoding._errors import dual


def mcp_servers(provider: str, servers: Sequence[str] | None = None, **settings: Any) -> tuple[McpServer, ...]:
    """Return how to reach the MCP servers of a provider.

    Args:
        provider: `minimax`, `glm` or `qwen`.
        servers: Names, for example `["glm-web_search_prime"]`; None takes all.
        **settings: api_key, endpoint and base_url, as of the tools.

    Raises:
        CNCodingConfigError: The provider has none of that name, or a setting does not fit.
    """
    try:
        found = Client(provider, **settings).mcp_servers()
        known = {server.name: server for server in found}
        for name in servers or ():
            if name not in known:
                raise ConfigError(
                    f"servers: {provider} has no MCP server {name!r}; there are {', '.join(known) or 'none'}"
                )
        if not found:
            raise ConfigError(f"provider={provider!r}: offers no MCP server; glm, minimax and qwen do")
    except CncodingError as error:
        raise dual(error) from error
    return tuple(known[name] for name in servers) if servers is not None else found


def mcp_connections(provider: str, servers: Sequence[str] | None = None, **settings: Any) -> dict[str, dict[str, Any]]:
    """Return the connections that `MultiServerMCPClient` takes, by server name; see `mcp_servers`."""
    return {server.name: _connection(server) for server in mcp_servers(provider, servers, **settings)}


def _connection(server: McpServer) -> dict[str, Any]:
    if server.command is not None:
        return {"transport": "stdio", "command": server.command, "args": list(server.args), "env": dict(server.env)}
    return {"transport": "streamable_http", "url": server.url, "headers": dict(server.headers)}


async def mcp_tools(provider: str, servers: Sequence[str] | None = None, **settings: Any) -> list[BaseTool]:
    """List the tools of a provider's MCP servers, ready for an agent.

    Args:
        provider: `minimax` (starts `uvx minimax-coding-plan-mcp`), `glm` (remote servers, and `npx @z_ai/mcp-server`)
            or `qwen` (Bailian's WebSearch).
        servers: Names; None takes all.
        **settings: api_key, endpoint and base_url, as of the tools.

    Raises:
        CNCodingConfigError: A setting does not fit, or `langchain-mcp-adapters` is not installed.
    """
    connections: Any = mcp_connections(provider, servers, **settings)
    try:
        from langchain_mcp_adapters.client import MultiServerMCPClient  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        hint = 'pip install "langchain-mcp-adapters>=0.3" "mcp<2"'
        raise dual(ConfigError(f"MCP tools need langchain-mcp-adapters ({error}): {hint}")) from error
    found: list[BaseTool] = await MultiServerMCPClient(connections).get_tools()
    return found
