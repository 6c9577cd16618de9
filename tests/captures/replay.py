"""A server that answers a recorded reply and keeps what it was asked; and what a request means.

Nothing here knows the project.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.captures.exchanges import Exchange


class Replay:
    """One recorded vendor on this machine. `bodies` are the requests that came."""

    def __init__(self) -> None:
        self.exchange: Exchange | None = None
        self.bodies: list[dict[str, Any]] = []
        self.url = ""

    def load(self, exchange: Exchange) -> None:
        """Answer `exchange` from now on, and forget what came before."""
        self.exchange = exchange
        self.bodies = []


@contextmanager
def serve() -> Iterator[Replay]:
    """Serve until the block ends."""
    replay = Replay()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name is the base class's
            replay.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            assert replay.exchange is not None
            self.send_response(200)
            self.send_header("content-type", "text/event-stream" if replay.exchange.streams else "application/json")
            self.send_header("content-length", str(len(replay.exchange.body)))
            self.end_headers()
            self.wfile.write(replay.exchange.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        replay.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        yield replay
        server.shutdown()


def read_text(content: Any) -> str:
    """Join the text of a message's content."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def read_links(content: Any) -> list[str]:
    """List the links or data URLs of pictures and videos in a message's content."""
    parts = content if isinstance(content, list) else []
    return [part[part["type"]]["url"] for part in parts if part["type"] in ("image_url", "video_url")]


def read_reasoning(message: dict[str, Any]) -> str:
    """Read the reasoning that goes back with a message, in any vendor's field."""
    details = message.get("reasoning_details") or []
    told = message.get("reasoning_content") or message.get("reasoning")
    return told or "".join(detail.get("text", "") for detail in details)


def read_conversation(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Say what the messages of a request mean; identifiers of calls become their place in the conversation."""
    places: dict[str, int] = {}
    meaning = []
    for message in request["messages"]:
        calls = message.get("tool_calls") or []
        for call in calls:
            places[call["id"]] = len(places)
        meaning.append(
            {
                "role": message["role"],
                "text": read_text(message.get("content")),
                "links": read_links(message.get("content")),
                "reasoning": read_reasoning(message),
                "calls": [
                    (places[call["id"]], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
                    for call in calls
                ],
                "answers": places[message["tool_call_id"]] if message["role"] == "tool" else None,
            }
        )
    return meaning


def read_settings(request: dict[str, Any]) -> dict[str, Any]:
    """Say the settings of a request that have one name everywhere, and the longest answer, which has two."""
    found = {name: request.get(name) for name in ("model", "stream", "temperature", "stop")}
    longest = request.get("max_tokens") or request.get("max_completion_tokens")
    return {name: value for name, value in {**found, "longest": longest}.items() if value}


def read_tools(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Say what tools a request offers."""
    return [
        {name: tool["function"].get(name) for name in ("name", "description", "parameters")}
        for tool in request.get("tools") or []
    ]
