"""A picture of a type that a vendor does not take is converted, or refused with the types that it takes."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from PIL import Image

from cncoding import ChatRequest, Client, CncodingWarning, ConfigError, Media, user
from cncoding.exchange.measuring import measure
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from tests.media.conftest import Do

HEIC = b"\0\0\0\x18ftypheic" + bytes(200)
FORMS = ["GIF", "WEBP", "BMP", "TIFF", "AVIF", "PNG", "JPEG"]


def draw(form: str, width: int = 600, height: int = 400, frames: int = 1) -> bytes:
    buffer = io.BytesIO()
    pictures = [Image.new("RGB", (width, height), (40 * step, 80, 160)) for step in range(frames)]
    more = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    pictures[0].save(buffer, form, **more)
    return buffer.getvalue()


def read_types(body: Any) -> list[str]:
    """Return the types of all pictures that a request holds, by their bytes."""
    if isinstance(body, dict):
        return [kind for value in body.values() for kind in read_types(value)]
    if isinstance(body, list):
        return [kind for value in body for kind in read_types(value)]
    text = str(body)
    if text.startswith("data:"):
        return [str(Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2]))).format)]
    if len(text) > 500:
        return [str(Image.open(io.BytesIO(base64.b64decode(text))).format)]
    return []


def sent(emulator: Emulator) -> list[str]:
    posted = [one for one in emulator.requests if one.method == "POST"]
    return read_types(posted[-1].json)


MEDIA = [
    ("glm", "generate_video", {"model": "cogvideox-3"}, {"PNG", "JPEG"}),
    ("minimax", "generate_video", {"model": "MiniMax-Hailuo-2.3"}, {"PNG", "JPEG", "WEBP"}),
    ("minimax", "generate_image", {"model": "image-01"}, {"PNG", "JPEG"}),
    ("qwen", "generate_image", {"model": "qwen-image-2.0"}, {"PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF"}),
    ("qwen", "generate_video", {"model": "wan2.7-i2v"}, {"PNG", "JPEG", "BMP", "WEBP"}),
]


@pytest.mark.parametrize(("provider", "method", "settings", "taken"), MEDIA)
def test_a_medium_starts_from_any_picture(
    emulator: Emulator, do: Do, provider: str, method: str, settings: Any, taken: set[str]
) -> None:
    for form in FORMS:
        do(provider, method, "a fox", images=[draw(form)], poll_interval=0.01, **settings)
        assert sent(emulator) == [form if form in taken else "PNG"], form


def test_a_picture_that_moves_loses_that_with_a_warning(emulator: Emulator) -> None:
    with pytest.warns(CncodingWarning, match="images: the picture moves, and cogvideox-3 takes none that does"):
        Client("glm").generate_video("a fox", images=[draw("GIF", frames=3)], poll_interval=0.01)
    assert sent(emulator) == ["PNG"]


def test_a_large_one_becomes_a_jpeg(emulator: Emulator) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((2200, 2200), 90).convert("RGB").save(buffer, "WEBP", quality=80)
    Client("glm").generate_video("a fox", images=[buffer.getvalue()], poll_interval=0.01)
    assert sent(emulator) == ["JPEG"]


@pytest.mark.parametrize(
    ("provider", "method", "settings", "picture", "why"),
    [
        ("minimax", "generate_video", {}, draw("PNG", 200, 200), r"images: the picture is 200x200; .*sides of 301"),
        ("minimax", "generate_video", {}, draw("PNG", 1200, 320), r"width of 0.4 to 2.5 times the height"),
        ("qwen", "generate_video", {}, draw("PNG", 9000, 8000), r"images: the picture is 9000x8000; .*240 to 8000"),
        ("qwen", "edit_image", {"model": "wanx2.1-imageedit"}, draw("PNG", 500, 600), r"images: .*512 to 4096"),
        ("glm", "generate_video", {}, draw("PNG") + bytes(6 << 20), r"images: the picture has 6.0 MB; .*5 MB"),
        ("glm", "generate_video", {}, b"just words", r"images: its type cannot be told from the bytes"),
        (
            "glm",
            "generate_video",
            {},
            HEIC,
            r"images: the picture is HEIC; cogvideox-3 takes JPEG or PNG .*not converted",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_before_it_is_paid(
    emulator: Emulator, do: Do, provider: str, method: str, settings: Any, picture: bytes, why: str
) -> None:
    words = ("a fox",) if method != "edit_image" else (picture, "a fox")
    more = {"images": [picture]} if method != "edit_image" else {}
    with pytest.raises(ConfigError, match=why):
        do(provider, method, *words, **more, **settings)
    assert not emulator.requests


def test_a_mask_of_another_size_is_refused(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="mask: is 512x512, and the picture is 600x400; they must be of one size"):
        do("qwen", "edit_image", draw("PNG"), "a fox", mask=draw("PNG", 512, 512))
    assert not emulator.requests


@pytest.fixture
def no_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)


def test_without_pillow_it_is_refused_with_the_types(emulator: Emulator, do: Do, no_pillow: None) -> None:
    remedy = r"images: the picture is GIF; cogvideox-3 takes JPEG or PNG .*pip install \"cncoding\[pages\]\""
    with pytest.raises(ConfigError, match=remedy):
        do("glm", "generate_video", "a fox", images=[GIF])
    with pytest.raises(ConfigError, match=r"image: the picture is GIF; glm takes JPEG or PNG"):
        do("glm", "understand_image", GIF, "what is it?", model="glm-4.6v")
    assert not emulator.requests


GIF = draw("GIF")
CHAT = [("glm", "glm-4.6v", "PNG"), ("qwen", "qwen3.7-plus", "PNG"), ("kimi", None, "GIF"), ("minimax", None, "GIF")]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize(("provider", "model", "form"), CHAT)
def test_chat_of_both_frameworks(emulator: Emulator, provider: str, model: str | None, form: str, wire: str) -> None:
    settings: dict[str, Any] = {"provider": provider, "wire": wire, **({"model": model} if model else {})}
    block = {"type": "image", "base64": base64.b64encode(GIF).decode(), "mime_type": "image/gif"}
    message = HumanMessage([{"type": "text", "text": "what is it?"}, block])
    seen: list[list[str]] = []
    if (provider, wire) != ("glm", "anthropic"):
        chat = ChatCNCoding(**settings)
        chat.invoke([message])
        seen.append(sent(emulator))
        asyncio.run(chat.ainvoke([message]))
        seen.append(sent(emulator))
        llm = CNCodingLLM(**settings)
        blocks = [TextBlock(text="what is it?"), ImageBlock(image=GIF, image_mimetype="image/gif")]
        llm.chat([ChatMessage(role="user", blocks=blocks)])
        seen.append(sent(emulator))
        asyncio.run(llm.achat([ChatMessage(role="user", blocks=blocks)]))
        seen.append(sent(emulator))
    assert all(one == [form] for one in seen)


def test_sight_of_minimax_takes_no_gif(emulator: Emulator, do: Do) -> None:
    do("minimax", "understand_image", GIF, "what is it?")
    assert sent(emulator) == ["PNG"]


def test_native_sends_it_as_it_is(emulator: Emulator) -> None:
    picture = Media("image", data=base64.b64encode(GIF).decode())
    Client("glm").chat(ChatRequest((user(picture, "what is it?"),), model="glm-4.6v", vision="native"))
    assert sent(emulator) == ["GIF"]


@pytest.mark.parametrize("form", FORMS)
def test_sides_are_read_from_the_head(form: str) -> None:
    assert measure(draw(form, 321, 123)) == (321, 123)
    for cut in (0, 8, 20, 24, 40):
        measure(draw(form, 321, 123)[:cut])
