"""Nodes of pages: text and picture, drawn when a model is to see it, and kept when a node is stored."""

from __future__ import annotations

import base64
import weakref
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import BaseContentBlock, ImageBlock, TextBlock
from llama_index.core.schema import ImageNode, MetadataMode, NodeWithScore
from pydantic import PrivateAttr
from typing_extensions import override

from cncoding import ConfigError
from cncoding.pages import Hit, Library

_HIDDEN = ["score", "coverage", "why"]


class PageNode(ImageNode):
    """A page or picture with its text: the model is shown both, where it is shown a plain `ImageNode`'s image only."""

    _library: weakref.ref[Library] | None = PrivateAttr(default=None)

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps."""
        return "PageNode"

    @classmethod
    def from_hit(cls, hit: Hit) -> PageNode:
        """Make the node of a page that was found; its picture is drawn later."""
        metadata: dict[str, Any] = {
            "file_name": hit.document,
            "page_label": str(hit.page),
            "coverage": hit.coverage,
            "why": hit.why,
        }
        fields: dict[str, Any] = {
            "id_": f"{hit.document}#{hit.page}",
            "metadata": metadata,
            "excluded_llm_metadata_keys": _HIDDEN,
            "excluded_embed_metadata_keys": _HIDDEN,
        }
        node = cls(text=hit.text if hit.text.strip() else hit.seen or "", **fields)
        node._library = weakref.ref(hit.library)
        return node

    def draw(self) -> None:
        """Take the picture of the page into the node, if it has none yet and its library is still there."""
        library = self._library() if self._library else None
        if library is None or self.image or self.image_path or self.image_url:
            return
        picture = library.draw(str(self.metadata["file_name"]), int(self.metadata["page_label"]))
        if picture:
            self.image, self.image_mimetype = base64.b64encode(picture.data).decode(), picture.media_type

    @override
    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """Dump the node with its picture, so that it survives a docstore."""
        self.draw()
        return super().to_dict(**kwargs)

    @override
    def get_content_blocks(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> list[BaseContentBlock]:
        """Return metadata, text and image; nothing is downloaded."""
        texts = [TextBlock(text=self.text)] if self.text.strip() else []
        self.draw()
        if self.image_path and not self.image and not Path(self.image_path).is_file():
            raise ConfigError(f"nodes: there is no file {self.image_path!r}; read the images again")
        images = []
        if self.image or self.image_path or self.image_url:
            images.append(
                ImageBlock(
                    image=base64.b64decode(self.image) if self.image else None,
                    path=Path(self.image_path) if self.image_path else None,
                    url=self.image_url,
                    image_mimetype=self.image_mimetype,
                )
            )
        return [*self.get_metadata_content_blocks(metadata_mode), *texts, *images]


def make_nodes(hits: list[Hit]) -> list[NodeWithScore]:
    """Make nodes of hits, with their scores."""
    return [NodeWithScore(node=PageNode.from_hit(hit), score=hit.score) for hit in hits]
