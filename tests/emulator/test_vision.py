"""Images are decoded for real, marks are read off them, and lost or broken images show."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image, ImageDraw

from cncoding_emulator import Emulator, image_marks

from .conftest import HTTP, Caller


def _url(image: Image.Image, form: str = "PNG") -> str:
    buffer = io.BytesIO()
    image.save(buffer, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


RED = _url(Image.new("RGB", (64, 48), "red"))
BLUE = _url(Image.new("RGB", (32, 32), "blue"), "JPEG")


def _ask(model: str, *urls: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"model": model, "messages": [{"role": "user", "content": [{"type": "text", "text": "描述图片"}, *parts]}]}


SEEING = [
    ("glm", "glm-4.6v"), ("glm", "glm-5.3-flash"), ("kimi", "kimi-for-coding"), ("minimax", "MiniMax-M3"),
    ("qwen", "qwen3.7-plus"), ("deepseek", "deepseek-flash"), ("wcode", "z-ai/glm-4.6v"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model"), SEEING)
def test_the_image_is_described(call: Caller, provider: str, model: str) -> None:
    text = call.post(provider, _ask(model, RED, BLUE)).json()["choices"][0]["message"]["content"]
    assert "I see 2 images: a 64x48 PNG, mostly red; a 32x32 JPEG, mostly blue." in text


def test_anthropic_image_blocks(call: Caller) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": RED.partition(",")[2]}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "?"}]
    body = {"model": "qwen3.7-plus", "max_tokens": 99, "messages": [{"role": "user", "content": content}]}
    assert "64x48 PNG" in call.post("qwen", body, wire="anthropic").text


@pytest.mark.parametrize(("provider", "model"), SEEING)
def test_a_broken_image_is_refused(call: Caller, provider: str, model: str) -> None:
    broken = RED[: len(RED) // 2]
    assert call.post(provider, _ask(model, broken)).status_code == 400
    assert call.post(provider, _ask(model, "data:image/png;base64,!!!")).status_code == 400


def test_bare_base64_works_at_glm(call: Caller) -> None:
    assert "64x48 PNG" in call.post("glm", _ask("glm-4.6v", RED.partition(",")[2])).text


def test_minimax_m2_drops_images_in_silence(call: Caller) -> None:
    with_image = call.post("minimax", _ask("MiniMax-M2.7", RED)).json()
    without = call.post("minimax", _ask("MiniMax-M2.7")).json()
    assert "I see" not in with_image["choices"][0]["message"]["content"]
    assert with_image["usage"]["prompt_tokens"] == without["usage"]["prompt_tokens"]


@pytest.mark.parametrize(("provider", "model"), [("glm", "glm-5.3"), ("qwen", "qwen3-coder-plus")])
def test_text_models_refuse_images(call: Caller, provider: str, model: str) -> None:
    assert call.post(provider, _ask(model, RED)).status_code == 400


def test_unified_takes_images_at_the_top(call: Caller, emulator: Emulator) -> None:
    body = {"model": "kimi-k2.6", "messages": [{"role": "user", "content": "看图"}]}
    url = f"{emulator.url}/files/a.png?w=20&h=10&color=green"
    assert "a 20x10 PNG, mostly green" in call.post("unified", {**body, "images": [url]}).text


def test_urls_on_this_machine_are_fetched_others_are_not(call: Caller, emulator: Emulator) -> None:
    near = call.post("glm", _ask("glm-4.6v", f"{emulator.url}/files/redirect?to=/files/b.jpg")).text
    far = call.post("glm", _ask("glm-4.6v", "https://example.com/c.png")).text
    assert "64x48 JPEG" in near and "an image at https://example.com/c.png" in far
    for bad in ("notimage", "missing.txt"):
        assert call.post("glm", _ask("glm-4.6v", f"{emulator.url}/files/{bad}")).status_code == 400


def _vlm(emulator: Emulator, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    sent = {"Authorization": "Bearer sk-cp-x", "MM-API-Source": "Minimax-MCP", **headers}
    reply = HTTP.post(f"{emulator.url}/minimax/v1/coding_plan/vlm", json=body, headers=sent)
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


def test_vlm(emulator: Emulator) -> None:
    good = _vlm(emulator, {"prompt": "描述这张图片", "image_url": RED})
    assert set(good) == {"content", "base_resp"} and good["base_resp"]["status_code"] == 0
    assert "a 64x48 PNG, mostly red" in good["content"]
    assert _vlm(emulator, {"prompt": "", "image_url": RED})["base_resp"]["status_code"] == 2013
    assert _vlm(emulator, {"prompt": "x", "image_url": "https://e.com/a.png"})["base_resp"]["status_code"] == 2013
    gif = _url(Image.new("RGB", (9, 9)), "GIF")
    assert _vlm(emulator, {"prompt": "x", "image_url": gif})["base_resp"]["status_code"] == 2013
    assert (
        _vlm(emulator, {"prompt": "x", "image_url": RED}, **{"MM-API-Source": ""})["base_resp"]["status_code"] == 1004
    )
    assert _vlm(emulator, {"prompt": "x", "image_url": RED}, Authorization="")["base_resp"]["status_code"] == 1004


def test_a_mark_in_a_picture_is_quoted(call: Caller) -> None:
    page = _page("REVENUE-42")
    assert "mark: REVENUE-42" in call.post("kimi", _ask("kimi-for-coding", _url(page))).text


def _page(text: str, module: int = 4) -> Image.Image:
    """A page with lines, a chart, and a mark somewhere in it."""
    page = Image.new("RGB", (1000, 1300), "white")
    pen = ImageDraw.Draw(page)
    for i in range(40):
        pen.text((60, 60 + i * 14), "Quarterly revenue grew by more than expected. " * 3, fill="black")
    for i, height in enumerate((100, 180, 260)):
        pen.rectangle((100 + i * 90, 1200 - height, 160 + i * 90, 1200), fill=("red", "green", "blue")[i])
    page.paste(image_marks.draw(text, module), (120, 700))
    return page


def test_marks_survive_scaling_and_jpeg() -> None:
    page = _page("REVENUE-42", module=6)
    assert image_marks.read(page) == "REVENUE-42"
    for factor in (0.5, 0.63, 0.8, 1.0, 1.37, 2.0):
        scaled = page.resize((int(page.width * factor), int(page.height * factor)), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        scaled.save(buffer, "JPEG", quality=70)
        assert image_marks.read(Image.open(buffer)) == "REVENUE-42", factor


@pytest.mark.parametrize("text", ["A", "Q3: 42%", "x" * 40, "~!@#"])
def test_marks_carry_short_ascii(text: str) -> None:
    assert image_marks.read(image_marks.draw(text)) == text


def test_marks_are_not_seen_where_there_are_none() -> None:
    assert image_marks.read(Image.new("RGB", (200, 200), "black")) is None
    noise = Image.effect_noise((400, 400), 120)
    assert image_marks.read(noise) is None
    damaged = image_marks.draw("REVENUE-42")
    ImageDraw.Draw(damaged).rectangle((200, 0, 260, damaged.height), fill="white")
    assert image_marks.read(damaged) is None


@pytest.mark.parametrize("text", ["", "x" * 41, "中文", "a\nb"])
def test_marks_refuse_what_they_cannot_carry(text: str) -> None:
    with pytest.raises(ValueError):
        image_marks.draw(text)
