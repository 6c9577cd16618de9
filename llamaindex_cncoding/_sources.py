"""What programs give a tool of the spec for a picture, a film or a sound: LlamaIndex's blocks, documents and nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llama_index.core.base.llms.types import AudioBlock, ImageBlock, VideoBlock
from llama_index.core.schema import BaseNode, NodeWithScore

from llamaindex_cncoding._blocks import to_media
from llamaindex_cncoding._media_blocks import MediaBlocks

_MEDIA = (ImageBlock, VideoBlock, AudioBlock)


def read_sources(value: Any) -> Any:
    """Return the core's media for LlamaIndex's, alone or in a list; everything else as it is.

    A node or a document stands for the media in it, and what a tool made for its files.

    Raises:
        ConfigError: A block is empty.
    """
    if isinstance(value, _MEDIA):
        return to_media(value)
    if isinstance(value, MediaBlocks):
        return list(value.assets)
    if isinstance(value, NodeWithScore):
        value = value.node
    if isinstance(value, BaseNode):
        return _list_media(value)
    if isinstance(value, list | tuple):
        return [one for given in value for one in _as_several(read_sources(given))]
    return value


def _list_media(node: BaseNode) -> Any:
    blocks: Iterable[Any] = node.get_content_blocks() if hasattr(node, "get_content_blocks") else ()
    found = [to_media(one) for one in blocks if isinstance(one, _MEDIA)]
    return found[0] if len(found) == 1 else found or node


def _as_several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
