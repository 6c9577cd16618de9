"""Media blocks of every dialect that LangChain users write, as `Media`."""

from __future__ import annotations

import base64
import mimetypes
import os
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from cncoding import ConfigError, Media, MediaKind
from langchain_cncoding._blocks import Block

_KINDS = frozenset(get_args(MediaKind))
_STANDARD = frozenset(
    {
        "type", "id", "index", "extras", "annotations", "cache_control", "source_type", "source", "url", "base64",
        "data", "path", "file_id", "mime_type", "media_type", "filename", "title", "name", "detail", "text", "context",
    }
)  # fmt: skip
"""Members of a media block that have a meaning of their own; every other one goes to the vendor as an option."""

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+=*\s*")
_SHORTEST_BASE64 = 64
"""Shorter texts are rather a path than a medium."""


def read_media(block: Block) -> Media | None:
    """Return the medium of a content block, None if the block is none.

    Understood: v1 (`url`, `base64`, `file_id`), v0 (`source_type`), OpenAI (`image_url`, `video_url`, `input_audio`,
    `file`, `input_image`, `input_file`) and Anthropic (`image` and `document` with `source`).
    """
    kind = block.get("type")
    if kind in ("image_url", "video_url", "audio_url", "file_url"):
        return _openai_url(block, kind)
    if kind == "input_image":
        return _input_image(block)
    if kind == "input_audio" and isinstance(inner := block.get("input_audio"), dict):
        form = inner.get("format")
        media_type = f"audio/{form}" if form else None
        return _source("audio", inner.get("data"), media_type=media_type, options=_options(block, kind))
    if kind == "file" and isinstance(inner := block.get("file"), dict):
        return _openai_file(block, inner)
    if kind == "input_file":
        return _openai_file({}, {"url": block.get("file_url"), **block})
    if kind in ("image", "document", "video") and isinstance(inner := block.get("source"), dict):
        return _anthropic(block, kind, inner)
    return _standard(block, cast("MediaKind", kind)) if kind in _KINDS else None


def _standard(block: Block, kind: MediaKind) -> Media:
    extras = block.get("extras") or {}
    name = block.get("filename") or block.get("name") or extras.get("filename") or extras.get("name")
    detail = block.get("detail") or extras.get("detail")
    media_type = block.get("mime_type") or block.get("media_type")
    options = _options(block)
    if (file_id := block.get("file_id") or (block.get("source_type") == "id" and block.get("id"))) and isinstance(
        file_id, str
    ):
        return Media(kind, file_id=file_id, media_type=media_type, name=name, detail=detail, options=options)
    if isinstance(path := block.get("path"), (str, os.PathLike)):
        path = os.fspath(path)
        media_type = media_type or mimetypes.guess_type(path)[0]
        return Media(kind, path=path, media_type=media_type, name=name, detail=detail, options=options)
    content = block.get("base64") or block.get("data") or block.get("url")
    return _source(
        kind, content, media_type=media_type, name=name, detail=detail, options=options, is_data="url" not in block
    )


def _openai_url(block: Block, kind: str) -> Media:
    inner = block.get(kind)
    fields: Mapping[str, Any] = inner if isinstance(inner, dict) else {"url": inner}
    options = {**_options(block, kind), **_options(fields)}
    return _source(kind.removesuffix("_url"), fields.get("url"), detail=fields.get("detail"), options=options)


def _input_image(block: Block) -> Media:
    """Read an image of OpenAI's Responses API."""
    options = _options(block, "image_url")
    if file_id := block.get("file_id"):
        return Media("image", file_id=file_id, detail=block.get("detail"), options=options)
    return _source("image", block.get("image_url"), detail=block.get("detail"), options=options)


def _openai_file(block: Block, inner: Mapping[str, Any]) -> Media:
    name, options = inner.get("filename"), _options(block, "file")
    if file_id := inner.get("file_id"):
        return Media("file", file_id=file_id, name=name, options=options)
    return _source("file", inner.get("file_data") or inner.get("url"), name=name, options=options)


def _anthropic(block: Block, kind: str, inner: Mapping[str, Any]) -> Media:
    what = "file" if kind == "document" else kind
    if file_id := inner.get("file_id"):
        return Media(what, file_id=file_id)  # type: ignore[arg-type]
    name = block.get("title")
    if inner.get("type") == "text":
        data = base64.b64encode(str(inner.get("data") or "").encode()).decode()
        return Media("file", data=data, media_type="text/plain", name=name)
    if inner.get("type") == "base64":
        return _source(what, inner.get("data"), media_type=inner.get("media_type"), name=name, is_data=True)
    return _source(what, inner.get("url"), name=name)


def _source(
    kind: str,
    content: object,
    *,
    media_type: str | None = None,
    name: str | None = None,
    detail: str | None = None,
    options: Block | None = None,
    is_data: bool = False,
) -> Media:
    """Tell a data URL, base64 text and a plain URL apart."""
    if not isinstance(content, str) or not content:
        raise ConfigError(f"messages: the {kind} block needs one of url, base64, path and file_id")
    common: dict[str, Any] = {"name": name, "detail": detail, "options": options or {}}
    if content.startswith("data:") and ";base64," in content:
        head, _, data = content.partition(";base64,")
        return Media(kind, data=data, media_type=media_type or head[5:].split(";")[0] or None, **common)  # type: ignore[arg-type]
    if is_data or (kind == "audio" and "://" not in content):
        return Media(kind, data=content, media_type=media_type, **common)  # type: ignore[arg-type]
    if not content.startswith("data:") and ("://" not in content or content.startswith("file:")):
        return _without_scheme(kind, content, media_type, common)
    return Media(kind, url=content, media_type=media_type, **common)  # type: ignore[arg-type]


def _without_scheme(kind: str, content: str, media_type: str | None, common: dict[str, Any]) -> Media:
    """Return what stands where a link should: bare Base64, as some vendors' own SDKs take it.

    Raises:
        ConfigError: It is a path. A file is never read unasked: its name may have come from a model.
    """
    if len(content) >= _SHORTEST_BASE64 and _BASE64.fullmatch(content):
        return Media(kind, data=content, media_type=media_type, **common)  # type: ignore[arg-type]
    raise ConfigError(
        f"messages: {content[:80]!r} in the {kind} block is no link; for a file give "
        '{"type": "' + kind + '", "path": ...}, or its "base64" and "mime_type"'
    )


def _options(block: Mapping[str, Any], own: str = "") -> Block:
    extras = {key: value for key, value in (block.get("extras") or {}).items() if key not in _STANDARD}
    return {**extras, **{key: value for key, value in block.items() if key not in _STANDARD and key != own}}
