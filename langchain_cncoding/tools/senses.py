"""Tools that look at pictures and search the web."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, Field

from cncoding import SearchResult
from cncoding.media.tool_texts import ARGUMENTS, DESCRIPTIONS, hits_text
from langchain_cncoding.tools._artifact import Json
from langchain_cncoding.tools._base import CNCodingTool, tool_errors


class SightInput(BaseModel):
    """What `understand_image` takes."""

    image: str = Field(description=ARGUMENTS["image"])
    question: str = Field(default="Describe this image.", description=ARGUMENTS["question"])


class SearchInput(BaseModel):
    """What `web_search` takes."""

    query: str = Field(description=ARGUMENTS["query"])
    count: int | None = Field(default=None, description=ARGUMENTS["count"], ge=1, le=50)


class UnderstandImageTool(CNCodingTool):
    """Ask about a picture: the plan's vision endpoint (MiniMax), else a model that sees."""

    name: str = "understand_image"
    description: str = DESCRIPTIONS["understand_image"]
    args_schema: Any = SightInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]

    def _run(self, image: str, question: str = "Describe this image.", *, config: RunnableConfig) -> tuple[str, Json]:
        with tool_errors():
            answer = self._client.understand_image(self._source(image), question, model=self.model)
        return answer, self._seen(image, question)

    async def _arun(
        self,
        image: str,
        question: str = "Describe this image.",
        *,
        config: RunnableConfig,
    ) -> tuple[str, Json]:
        with tool_errors():
            answer = await self._async_client.understand_image(self._source(image), question, model=self.model)
        return answer, self._seen(image, question)

    def _seen(self, image: str, question: str) -> Json:
        shown = image if len(image) < 2000 else image[:60] + "..."
        return {"provider": self.provider, "model": self.model, "image": shown, "question": question}


class WebSearchTool(CNCodingTool):
    """Search the web with the vendor's search; sources are kept as citations in the artifact."""

    name: str = "web_search"
    description: str = DESCRIPTIONS["web_search"]
    args_schema: Any = SearchInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]

    def _run(self, query: str, count: int | None = None, *, config: RunnableConfig) -> tuple[str, Json]:
        with tool_errors():
            return found(self._client.web_search(query, count=count, options=self.options), self.provider)

    async def _arun(self, query: str, count: int | None = None, *, config: RunnableConfig) -> tuple[str, Json]:
        with tool_errors():
            result = await self._async_client.web_search(query, count=count, options=self.options)
        return found(result, self.provider)


def found(result: SearchResult, provider: str) -> tuple[str, Json]:
    """Return the hits as text and, with citations, as JSON."""
    hits = [
        {
            "title": hit.title,
            "url": hit.url,
            "snippet": hit.snippet,
            "site": hit.site,
            "date": hit.date,
            "content": hit.content,
        }
        for hit in result.hits
    ]
    citations = [
        {"type": "citation", "url": hit.url, "title": hit.title, "cited_text": hit.snippet[:300]} for hit in result.hits
    ]
    artifact = {
        "provider": provider,
        "query": result.query,
        "hits": hits,
        "related": list(result.related),
        "citations": citations,
    }
    return hits_text(result), artifact
