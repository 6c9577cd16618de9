"""Turn LlamaIndex content blocks into parts of a message.

Nothing is downloaded here: a URL stays a URL, a path stays a path, and the client fetches or reads only what the
vendor does not take as it is.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Iterable, Iterator
from io import IOBase
from typing import Any
from urllib.parse import unquote_to_bytes

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from cncoding import ConfigError, Media, MediaKind, Text
from llamaindex_cncoding._pdf import render_pages

Inputs = frozenset[str]
"""What a model takes: subset of text, image, video, audio, file."""


_OF_THIS_MACHINE = ("file:", "ftp:", "ftps:", "/", ".")
"""No vendor fetches these, and nothing is read from this machine because of a URL."""
_TEXTS = ("application/json", "application/xml", "application/yaml", "application/javascript", "application/x-sh")
"""Types of documents that are text, beside `text/...`."""


def to_parts(blocks: Iterable[Any], inputs: Inputs) -> list[Text | Media]:
    """Convert the blocks of a user, system or tool message; neighbouring texts are joined with a newline.

    Args:
        blocks: Content blocks in order.
        inputs: What the model takes; a document becomes page images or text where files are not among it.

    Raises:
        ConfigError: A block cannot be sent to this model. Nothing was sent.
    """
    parts: list[Text | Media] = []
    for part in _convert_blocks(blocks, inputs):
        last = parts[-1] if parts else None
        if isinstance(part, Text) and isinstance(last, Text):
            parts[-1] = Text(f"{last.text}\n{part.text}")
        elif not isinstance(part, Text) or part.text:
            parts.append(part)
    return parts


def _convert_blocks(blocks: Iterable[Any], inputs: Inputs) -> Iterator[Text | Media]:
    for block in blocks:
        if isinstance(block, TextBlock):
            yield Text(block.text)
        elif isinstance(block, ImageBlock | AudioBlock | VideoBlock):
            yield to_media(block)
        elif isinstance(block, DocumentBlock):
            yield from _convert_document(block, inputs)
        elif isinstance(block, CitableBlock):
            yield Text(f"{block.title} ({block.source}):")
            yield from _convert_blocks(block.content, inputs)
        elif not isinstance(block, CachePoint | CitationBlock | ThinkingBlock | ToolCallBlock):
            raise ConfigError(
                f"messages: a block of type {type(block).__name__} cannot be sent; "
                "use text, image, audio, video, document or citable blocks"
            )


def to_media(block: ImageBlock | AudioBlock | VideoBlock) -> Media:
    """Convert an image, audio or video block.

    Raises:
        ConfigError: The block is empty.
    """
    if isinstance(block, ImageBlock):
        return _make_media("image", block.image, block.path, block.url, block.image_mimetype, detail=block.detail)
    if isinstance(block, AudioBlock):
        media_type = _name_audio_type(block.format)
        return _make_media("audio", block.audio, block.path, block.url, media_type)
    options = {"fps": block.fps} if block.fps else {}
    return _make_media(
        "video", block.video, block.path, block.url, block.video_mimetype, detail=block.detail, options=options
    )


def _name_audio_type(audio_format: str | None) -> str | None:
    if not audio_format or "/" in audio_format:
        return audio_format
    return {"mp3": "audio/mpeg", "wav": "audio/wav", "x-wav": "audio/wav"}.get(audio_format, f"audio/{audio_format}")


def _make_media(kind: MediaKind, data: Any, path: Any, url: Any, media_type: str | None, **more: Any) -> Media:
    if data:
        return Media(kind, data=_encode_base64(data), media_type=media_type, **more)
    if path:
        return Media(kind, path=str(path), media_type=media_type, **more)
    if not url:
        raise ConfigError(f"messages: {kind} block without bytes, path or URL; give one of them")
    text = str(url)
    if text.startswith("data:"):
        found, data = split_data_url(text)
        return Media(kind, data=data, media_type=found or media_type, **more)
    if text.lower().startswith(_OF_THIS_MACHINE):
        raise ConfigError(
            f"messages: {kind} block with the URL {text[:80]!r}; give path= for a file, or an http(s) URL"
        )
    return Media(kind, url=text, media_type=media_type, **more)


def _encode_base64(data: Any) -> str:
    """Return the Base64 text of what a block stores: Base64 bytes, or an open file."""
    if isinstance(data, IOBase):
        data.seek(0)
        return base64.b64encode(data.read()).decode()
    return bytes(data).decode("ascii")


def split_data_url(url: str) -> tuple[str | None, str]:
    """Split a data URL into its media type, None if it names none, and Base64 text.

    Raises:
        ConfigError: There is no comma in it, or its Base64 is broken.
    """
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise ConfigError("messages: a data URL without a comma; write data:<type>;base64,<data>")
    media_type, *flags = head.split(";")
    if "base64" in flags:
        try:
            base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise ConfigError(f"messages: the Base64 of a data URL is broken: {error}") from None
    else:
        body = base64.b64encode(unquote_to_bytes(body)).decode()
    return (media_type if "/" in media_type else None), body


def _convert_document(block: DocumentBlock, inputs: Inputs) -> Iterator[Text | Media]:
    """Send a document as a file where the model takes files, else as text or as images of its pages."""
    name = block.title if block.title != "input_document" else None
    media_type = block.document_mimetype or mimetypes.guess_type(str(block.path or block.url or name or ""))[0]
    if "file" in inputs:
        yield _make_media("file", block.data, block.path, block.url, media_type, name=name)
    elif block.url and not str(block.url).startswith("data:"):
        raise ConfigError(
            "messages: this model takes no files, and a document is not downloaded for you; "
            "pass DocumentBlock(path=...) or DocumentBlock(data=...)"
        )
    elif media_type and (media_type.startswith("text/") or media_type in _TEXTS):
        text = block.resolve_document().read().decode("utf-8", "replace")
        yield Text(f"{name}:\n{text}" if name else text)
    elif media_type == "application/pdf" and "image" in inputs:
        for number, page in enumerate(render_pages(block.resolve_document().read()), start=1):
            yield Text(f"{name or 'document'}, page {number}:")
            yield Media("image", data=base64.b64encode(page.png).decode(), media_type="image/png")
    else:
        raise ConfigError(
            f"messages: this model takes no {media_type or 'document'}; "
            "send its text in a TextBlock, or a PDF to a model that takes images"
        )
