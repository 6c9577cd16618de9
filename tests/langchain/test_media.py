"""Pictures in messages: data, URLs, providers that want the bytes, and models that cannot see."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from langchain_core.messages import HumanMessage

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatMiniMax, CNCodingConfigError, create_chat_model

from .conftest import BLUE_PNG, ROADS, png

QUESTION = {"type": "text", "text": "What is in the picture?"}
SEEING = [road for road in ROADS if road[0] in ("kimi", "minimax", "qwen", "deepseek")]
seeing = pytest.mark.parametrize(("provider", "wire"), SEEING, ids=[f"{p}-{w}" for p, w in SEEING])


@pytest.fixture
def gallery() -> Iterator[str]:
    """A web server with one picture."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(png())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/blue.png"
    server.shutdown()
    server.server_close()


@seeing
@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BLUE_PNG}"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BLUE_PNG}},
    ],
    ids=["v1", "openai", "anthropic"],
)
def test_the_model_sees_the_picture(provider: str, wire: str, block: dict) -> None:
    reply = create_chat_model(provider, wire=wire, max_retries=0).invoke([HumanMessage([QUESTION, block])])
    assert "64x48" in reply.text and "blue" in reply.text


def test_a_url_is_fetched_where_the_vendor_wants_the_bytes(
    gallery: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCODING_ALLOW_HOSTS", "127.0.0.1")
    reply = create_chat_model("kimi").invoke([HumanMessage([QUESTION, {"type": "image", "url": gallery}])])
    assert "64x48" in reply.text and "blue" in reply.text
    assert gallery not in emulator.requests[-1].body.decode()


def test_a_private_url_is_not_fetched_unasked(gallery: str, emulator: Emulator) -> None:
    with pytest.raises(CNCodingConfigError):
        create_chat_model("kimi").invoke([HumanMessage([QUESTION, {"type": "image", "url": gallery}])])
    assert emulator.requests == []


def test_a_text_model_says_so_before_any_request(emulator: Emulator) -> None:
    picture = HumanMessage([QUESTION, {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}])
    for model in (create_chat_model("glm"), ChatMiniMax(model="MiniMax-M2.7", vision="error")):
        with pytest.raises(CNCodingConfigError, match="image"):
            model.invoke([picture])
    assert emulator.requests == []


def test_minimax_describes_a_picture_for_a_model_that_cannot_see(emulator: Emulator) -> None:
    picture = HumanMessage([QUESTION, {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}])
    with pytest.warns(CncodingWarning, match="vision"):
        reply = ChatMiniMax(model="MiniMax-M2.7", vision="vlm").invoke([picture])
    assert reply.text
    described, asked = emulator.requests
    assert "vlm" in described.path
    assert "blue" in json.dumps(asked.json) and BLUE_PNG not in json.dumps(asked.json)


async def test_async_pictures() -> None:
    block = {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}
    reply = await create_chat_model("qwen").ainvoke([HumanMessage([QUESTION, block])])
    assert "64x48" in reply.text
