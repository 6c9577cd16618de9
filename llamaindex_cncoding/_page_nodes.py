"""Nodes of pages: text and picture, drawn when a model is to see it, and kept when a node is stored."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import BaseContentBlock, ImageBlock, TextBlock
from llama_index.core.schema import ImageNode, MetadataMode, Node, NodeWithScore
from pydantic import PrivateAttr, SerializationInfo, SerializerFunctionWrapHandler, model_serializer
from typing_extensions import override

from cncoding import ConfigError
from cncoding.pages import Draws, Hit, draw_or_warn, render_pages

_HIDDEN = ["coverage", "why", "trail"]


class PageNode(ImageNode):
    """A page or picture with its text: the model is shown both, where it is shown a plain `ImageNode`'s image only."""

    _library: Draws | None = PrivateAttr(default=None)

    def __init__(self, *args: Any, **fields: Any) -> None:
        """Make a node of its fields, or of a dump."""
        stored = fields.get("image_resource")
        address = str(stored.get("url") or "") if isinstance(stored, dict) else ""
        if address.startswith("data:"):
            del fields["image_resource"]
            head, _, fields["image"] = address[5:].partition(";base64,")
            fields.setdefault("image_mimetype", head)
        super().__init__(*args, **fields)

    @classmethod
    def class_name(cls) -> str:
        """Return the id under which stores load what they dumped."""
        return Node.class_name()

    @classmethod
    def get_type(cls) -> str:
        """Return the kind of node under which docstores load it."""
        return Node.get_type()

    @classmethod
    def from_hit(cls, hit: Hit, trail: Mapping[str, object] | None = None) -> PageNode:
        """Make the node of a page that was found; its picture is drawn later."""
        metadata: dict[str, Any] = {
            "file_name": hit.document,
            "page_label": str(hit.page),
            "coverage": hit.coverage,
            "why": hit.why,
            **({"trail": dict(trail)} if trail else {}),
        }
        fields: dict[str, Any] = {
            "id_": f"{hit.document}#{hit.page}",
            "metadata": metadata,
            "excluded_llm_metadata_keys": _HIDDEN,
            "excluded_embed_metadata_keys": _HIDDEN,
        }
        node = cls(text=hit.words, **fields)
        node._library = hit.library
        return node

    def draw(self) -> None:
        """Take the picture of the page into the node, if it has none yet; warn where the page cannot be drawn."""
        if self._library is None or self.image or self.image_path or self.image_url:
            return
        place = str(self.metadata["file_name"]), int(self.metadata["page_label"])
        picture = draw_or_warn(self._library, *place)
        if picture:
            self.image, self.image_mimetype = base64.b64encode(picture.data).decode(), picture.media_type

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Take the picture along when the node is pickled, and leave the library behind."""
        self.draw()
        kept = self._library
        self._library = None
        try:
            return super().__getstate__()
        finally:
            self._library = kept

    @model_serializer(mode="wrap")
    def custom_model_dump(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """Dump the node in LlamaIndex's form of a node with text and picture: stores load what they know only."""
        self.draw()
        data: dict[str, Any] = handler(self)
        data["class_name"] = self.class_name()
        data["text_resource"] = {"text": self.text}
        address = f"data:{self.image_mimetype};base64,{self.image}" if self.image else self.image_url
        if address or self.image_path:
            path = None if self.image else self.image_path
            data["image_resource"] = {"url": address, "path": path, "mimetype": self.image_mimetype}
        return {name: value for name, value in data.items() if not name.startswith("image") or name == "image_resource"}

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


def make_nodes(hits: list[Hit], trail: Mapping[str, object] | None = None) -> list[NodeWithScore]:
    """Make nodes of hits, with their scores and what was done to find them."""
    return [NodeWithScore(node=PageNode.from_hit(hit, trail), score=hit.score) for hit in hits]


def read_pages(pdf: str | Path, dpi: int = 150, folder: str | Path | None = None) -> list[PageNode]:
    """Make one node of every page of a PDF: its image and the text that the PDF holds, often none.

    Args:
        pdf: Path of the file.
        dpi: Resolution of the images.
        folder: Where to keep the images as files; None keeps them in the nodes.

    Returns:
        Nodes with metadata `file_name` and `page_label`, counted from 1.

    Raises:
        ConfigError: pypdfium2 is not installed (extra `pdf`), or this is not a PDF.
    """
    path = Path(pdf)
    nodes = []
    for page in render_pages(path, dpi):
        picture = page.picture
        fields: dict[str, Any] = {"metadata": {"file_name": path.name, "page_label": str(page.number)}}
        if folder is not None:
            file = Path(folder) / f"{path.stem}-{page.number:04}.{picture.media_type.partition('/')[2]}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture.data)
            fields["image_path"] = str(file)
        else:
            fields["image"] = base64.b64encode(picture.data).decode()
        nodes.append(PageNode(text=page.text, image_mimetype=picture.media_type, **fields))
    return nodes


def read_images(paths: Iterable[str | Path]) -> list[PageNode]:
    """Make one node of every image file; the files are read when the model looks at them.

    Raises:
        ConfigError: There is no such file.
    """
    nodes = []
    for path in map(Path, paths):
        if not path.is_file():
            raise ConfigError(f"images: there is no file {str(path)!r}")
        nodes.append(PageNode(text="", image_path=str(path), metadata={"file_name": path.name}))
    return nodes
