"""Find pages of documents without embeddings, for LangChain: `PageRetriever` over a `cncoding.pages.Library`."""

from __future__ import annotations

import base64
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import ContentBlock
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr
from typing_extensions import override

from cncoding.pages import Hit, Library


class PageDocument(Document):
    """A page: its text, metadata `file`, `page` and more, and `content_blocks` with its picture."""

    _hit: Hit | None = PrivateAttr(default=None)

    @classmethod
    def from_hit(cls, hit: Hit) -> PageDocument:
        """Make the document of a page that was found."""
        metadata: dict[str, Any] = {
            "file": hit.document,
            "page": hit.page,
            "score": hit.score,
            "coverage": hit.coverage,
            "why": hit.why,
        }
        if hit.label:
            metadata["page_label"] = hit.label
        text = hit.text if hit.text.strip() else hit.seen or ""
        document = cls(page_content=text, metadata=metadata, id=f"{hit.document}#{hit.page}")
        document._hit = hit
        return document

    @property
    def content_blocks(self) -> list[ContentBlock]:
        """What to put into a message: where the page is from, its text, and its picture if it has one."""
        where = f"{self.metadata.get('file')}, page {self.metadata.get('page')}"
        blocks: list[ContentBlock] = [{"type": "text", "text": f"[{where}]\n{self.page_content}"}]
        picture = self._hit.image() if self._hit else None
        if picture:
            data = base64.b64encode(picture.data).decode()
            blocks.append({"type": "image", "base64": data, "mime_type": picture.media_type})
        return blocks


class PageRetriever(BaseRetriever):
    """Find pages: by words alone without a model, with one also what words do not find."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    model: BaseChatModel | None = None
    k: int = 8

    @override
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return [PageDocument.from_hit(hit) for hit in self.library.search(query, self.k)]

    @override
    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return [PageDocument.from_hit(hit) for hit in self.library.search(query, self.k)]
