"""What a tool made, as LlamaIndex's content blocks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import AudioBlock, ContentBlock, ImageBlock, VideoBlock

from cncoding import Asset, MediaToolOutcome


class MediaBlocks(list[ContentBlock]):
    """The blocks of a tool, with what a program may want of them.

    Attributes:
        assets: What was made, with paths and links.
        artifact: Job, assets and usage as plain JSON.
    """

    def __init__(self, blocks: Iterable[ContentBlock], found: MediaToolOutcome) -> None:
        super().__init__(blocks)
        self.assets = found.assets
        self.artifact = found.artifact


def asset_block(asset: Asset) -> ContentBlock:
    """Return the block of an asset: its file if there is one, else its link."""
    where: dict[str, Any] = {"path": Path(asset.path)} if asset.path is not None else {"url": asset.url}
    if asset.kind == "image":
        return ImageBlock(**where, image_mimetype=asset.media_type)
    if asset.kind == "video":
        return VideoBlock(**where, video_mimetype=asset.media_type)
    form = (asset.media_type or "").partition("/")[2]
    return AudioBlock(**where, format="mp3" if form == "mpeg" else form or None)
