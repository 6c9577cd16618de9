"""Every block type: to the core's parts, on to the vendor's request, or a documented error."""

from __future__ import annotations

import base64
import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    VideoBlock,
)
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from cncoding import (
    ConfigError,
    ConnectFailedError,
    Media,
    Message,
    Opaque,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from cncoding_emulator import Emulator
from llamaindex_cncoding import CNCodingLLM, Qwen
from llamaindex_cncoding._blocks import to_parts
from llamaindex_cncoding._messages import to_messages
from llamaindex_cncoding._responses import to_response
from tests.llamaindex.pdf import make_pdf
from tests.llamaindex.suite.kit import Door, doors


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, "PNG")
    return buffer.getvalue()


PNG = base64.b64encode(png()).decode()


def only(block: Any) -> Any:
    (part,) = to_parts([block])
    return part


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever would download."""

    def no(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("something was downloaded")

    monkeypatch.setattr(socket.socket, "connect", no)
    monkeypatch.setattr("requests.get", no)


def test_images(tmp_path: Path, offline: None) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    assert only(ImageBlock(image=png())) == Media("image", data=PNG, media_type="image/png")
    assert only(ImageBlock(image=io.BytesIO(png()))) == Media("image", data=PNG)
    assert only(ImageBlock(path=path)) == Media("image", path=str(path), media_type="image/png")
    assert only(ImageBlock(url=f"data:image/png;base64,{PNG}")) == Media("image", data=PNG, media_type="image/png")
    assert only(ImageBlock(url=f"data:None;base64,{PNG}")) == Media("image", data=PNG)
    url = "https://images.invalid/a%20b.jpg?sign=x%2Fy"
    assert only(ImageBlock(url=url, detail="high")) == Media("image", url=url, media_type=None, detail="high")


def test_a_data_url_without_base64_is_made_base64() -> None:
    part = only(ImageBlock(url="data:image/svg+xml,%3Csvg%2F%3E"))
    assert part.media_type == "image/svg+xml" and base64.b64decode(part.data) == b"<svg/>"


def test_video_and_audio(offline: None) -> None:
    video = only(VideoBlock(url="https://videos.invalid/a.mp4", fps=2, detail="low"))
    assert video == Media(
        "video", url="https://videos.invalid/a.mp4", media_type="video/mp4", detail="low", options={"fps": 2}
    )
    assert only(VideoBlock(video=b"\0\0\0\x18ftypmp42")).kind == "video"
    wav = b"RIFF\x24\0\0\0WAVEfmt "
    audio = only(AudioBlock(audio=wav, format="wav"))
    assert audio == Media("audio", data=base64.b64encode(wav).decode(), media_type="audio/wav")
    assert only(AudioBlock(url="https://audio.invalid/a.mp3")).media_type == "audio/mpeg"


def test_documents_are_files_for_the_core(tmp_path: Path, offline: None) -> None:
    pdf = make_pdf(tmp_path / "report.pdf", ["第一页"])
    part = only(DocumentBlock(path=pdf, title="年报"))
    assert part == Media("file", path=str(pdf), media_type="application/pdf", name="年报")
    assert only(DocumentBlock(url="https://files.invalid/a.pdf")).url == "https://files.invalid/a.pdf"
    assert only(DocumentBlock(data=pdf.read_bytes())).data


def test_texts_are_joined_as_llama_index_joins_them_and_empty_ones_dropped() -> None:
    parts = to_parts([TextBlock(text="a"), TextBlock(text="b"), ImageBlock(image=png()), TextBlock(text="")])
    assert parts[0] == Text("a\nb") and len(parts) == 2


def test_citable_blocks_are_flattened_and_marks_without_content_skipped() -> None:
    citable = CitableBlock(title="年报", source="r.pdf", content=[TextBlock(text="收入"), ImageBlock(image=png())])
    text, image = to_parts([citable])
    assert text == Text("年报 (r.pdf):\n收入") and isinstance(image, Media)
    cited = CitationBlock(cited_content="x", source="s", title="t", additional_location_info={})
    point = CachePoint(cache_control=CacheControl(type="ephemeral"))
    assert to_parts([cited, point, ThinkingBlock(content="x")]) == []


@pytest.mark.parametrize(
    "url", ["data:image/png;base64", "data:image/png;base64,$$$"], ids=["without a comma", "broken base64"]
)
def test_broken_data_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="data URL"):
        only(ImageBlock(url=url))


def test_empty_blocks_and_empty_histories_are_refused() -> None:
    with pytest.raises(ConfigError, match="without bytes, path or URL"):
        only(ImageBlock())
    with pytest.raises(ConfigError, match="at least one message"):
        to_messages([])


def test_roles() -> None:
    roles = ["system", "developer", "user", "assistant", "chatbot", "model", "tool", "function"]
    messages = to_messages([ChatMessage(role=role, content="x") for role in roles])
    assert [message.role for message in messages] == [
        "system", "system", "user", "assistant", "assistant", "assistant", "tool", "tool",
    ]  # fmt: skip


def test_extra_members_of_a_message_do_not_leak() -> None:
    (message,) = to_messages(
        [ChatMessage(role="user", content="x", additional_kwargs={"session_id": "s", "name": "李"})]
    )
    assert message == Message("user", (Text("x"),), "李")


def test_tool_messages_keep_images() -> None:
    message = ChatMessage(
        role="tool", blocks=[TextBlock(text="图"), ImageBlock(image=png())], additional_kwargs={"tool_call_id": "c"}
    )
    (converted,) = to_messages([message])
    (result,) = converted.parts
    assert isinstance(result, ToolResult) and result.call_id == "c"
    assert [type(part) for part in result.parts] == [Text, Media]


PARTS = (
    Reasoning("先想", signature="s1", provider="kimi"),
    Reasoning("", redacted="XX", provider="kimi"),
    Text("甲"),
    Reasoning("再想", signature="", details=({"type": "reasoning.text", "index": 0, "text": "再想"},), provider="kimi"),
    Text("乙"),
    ToolCall("c1", "add", '{"a":  1.0}', {"extra_content": {"k": "v"}}),
    Opaque({"type": "server_tool_use", "id": "x"}, "kimi"),
    ToolCall("c2", "add", '{"a": 2'),
)


@pytest.mark.parametrize("through_json", [False, True], ids=["in memory", "through JSON"])
def test_a_reply_goes_back_as_it_came(through_json: bool) -> None:
    from cncoding import ChatResponse

    message = to_response(ChatResponse(Message("assistant", PARTS), provider="kimi")).message
    if through_json:
        message = ChatMessage.model_validate_json(message.model_dump_json())
    assert message.content == "甲乙"
    (back,) = to_messages([message])
    assert back.parts == PARTS


def test_a_tool_call_that_somebody_changed_goes_out_changed() -> None:
    from cncoding import ChatResponse

    message = to_response(ChatResponse(Message("assistant", (ToolCall("c1", "add", '{"a":  1}'),)))).message
    message.blocks[0].tool_kwargs = {"a": "redacted"}  # type: ignore[union-attr]
    (back,) = to_messages([message])
    assert back.tool_calls[0].arguments == '{"a": "redacted"}'


# ---------------------------------------------------------------- what leaves


def pdf_bytes() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(60, 700, "report")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


MP4 = b"\0\0\0\x18ftypmp42" + bytes(64)
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(64)
BLOCKS: dict[str, Any] = {
    "image bytes": ImageBlock(image=png()),
    "image URL": ImageBlock(url="https://media.invalid/a.png"),
    "video bytes": VideoBlock(video=MP4, video_mimetype="video/mp4"),
    "video URL": VideoBlock(url="https://media.invalid/a.mp4"),
    "audio bytes": AudioBlock(audio=WAV, format="wav"),
    "document bytes": DocumentBlock(data=pdf_bytes(), title="年报"),
    "text document": DocumentBlock(data="正文".encode(), document_mimetype="text/plain"),
}


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name server be asked for the hosts in these tests."""
    ask = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        return ask(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("door", doors(), ids=lambda door: door.id)
def test_every_block_is_sent_or_refused_before_anything_is_sent(door: Door, kind: str, emulator: Emulator) -> None:
    """Never is a block dropped without a word: the request holds its data, or a ConfigError says what to do."""
    url = emulator.base_url(door.provider, None, door.wire)  # type: ignore[arg-type]
    llm = CNCodingLLM(provider=door.provider, wire=door.wire, base_url=url)
    block = BLOCKS[kind]
    message = ChatMessage(role="user", blocks=[TextBlock(text="看"), block])
    emulator.script("say 好", provider=door.provider)
    try:
        llm.chat([message])
    except ConfigError as error:
        assert not [request for request in emulator.requests if request.provider == door.provider]
        assert any(word in str(error) for word in ("choose", "use", "send", "pass", "give", "take", "has no address"))
        return
    except ConnectFailedError as error:
        assert "media.invalid" in str(error), "an image that the vendor does not take by URL is fetched by the client"
        return
    sent = json.dumps(emulator.requests[-1].json, ensure_ascii=False)
    held = "".join(str(getattr(block, name, "") or "") for name in ("url", "image", "video", "audio", "data"))
    instead = {"text document": "正文", "document bytes": "年报, page 1:"}.get(kind, "nothing stands for it")
    assert instead in sent or held.removeprefix("b'").split("'")[0][:40] in sent, sent[:300]


def test_a_url_that_the_vendor_takes_is_left_to_the_vendor(emulator: Emulator) -> None:
    llm = Qwen()
    url = "https://images.invalid/a.png"
    llm.chat([ChatMessage(role="user", blocks=[TextBlock(text="看"), ImageBlock(url=url)])])
    assert url in json.dumps(emulator.requests[-1].json)
