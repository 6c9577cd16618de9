"""Turn LlamaIndex content blocks into parts of a message.

Nothing is downloaded here: a URL stays a URL, a path stays a path, and the client fetches or reads only what the
vendor does not take as it is.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import IOBase
from typing import Any, TypeVar, cast
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

from cncoding import ConfigError, Media, MediaKind, Part, Text, Warned, show_warning

_Part = TypeVar("_Part", bound=Part)
_OF_THIS_MACHINE = ("file:", "ftp:", "ftps:", "/", ".")
"""No vendor fetches these, and nothing is read from this machine because of a URL."""


def to_parts(blocks: Iterable[Any]) -> list[Text | Media]:
    """Convert the blocks of a user, system or tool message; neighbouring texts are joined with a newline.

    Args:
        blocks: Content blocks in order.

    Raises:
        ConfigError: A block cannot be sent to this model. Nothing was sent.
    """
    parts: list[Text | Media] = []
    for part in _convert_blocks(blocks):
        last = parts[-1] if parts else None
        if isinstance(part, CachePoint):
            parts = mark_last(parts)
        elif isinstance(part, Text) and isinstance(last, Text) and not last.cache:
            parts[-1] = Text(f"{last.text}\n{part.text}")
        elif not isinstance(part, Text) or part.text:
            parts.append(part)
    return parts


def mark_last(parts: Sequence[_Part]) -> list[_Part]:
    """Return the parts with a cache mark on the last one that can hold it: a prompt is kept up to a `CachePoint`."""
    marked = list(parts)
    for place in reversed(range(len(marked))):
        part = marked[place]
        if isinstance(part, Media) or (isinstance(part, Text) and part.text):
            marked[place] = cast("_Part", replace(part, cache=True))
            return marked
    show_warning(Warned("CachePoint", "nothing stands before it in its message; left out"))
    return marked


_KNOWN = (
    AudioBlock, CachePoint, CitableBlock, CitationBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock,
    ToolCallBlock, VideoBlock,
)  # fmt: skip


def is_known(block: Any) -> bool:
    """Tell whether LlamaIndex itself has this kind of block."""
    return isinstance(block, _KNOWN)


def _convert_blocks(blocks: Iterable[Any]) -> Iterator[Text | Media | CachePoint]:
    for block in blocks:
        if isinstance(block, TextBlock):
            yield Text(block.text)
        elif isinstance(block, ImageBlock | AudioBlock | VideoBlock):
            yield to_media(block)
        elif isinstance(block, DocumentBlock):
            yield _convert_document(block)
        elif isinstance(block, CitableBlock):
            yield Text(f"{block.title} ({block.source}):")
            yield from _convert_blocks(block.content)
        elif isinstance(block, CachePoint):
            yield block
        elif not isinstance(block, CitationBlock | ThinkingBlock | ToolCallBlock):
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


def _convert_document(block: DocumentBlock) -> Media:
    """Convert a document; the core makes of it what the model reads."""
    name = block.title if block.title != "input_document" else None
    media_type = block.document_mimetype or mimetypes.guess_type(str(block.path or block.url or name or ""))[0]
    return _make_media("file", block.data, block.path, block.url, media_type, name=name)
