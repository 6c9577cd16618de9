"""Read documents without embeddings, for LangChain: a retriever, a chain that answers with citations, tools for agents.

retriever = PageRetriever(library=library, model=ChatGLM(model="glm-5.3v"))
chain = create_page_qa_chain(ChatGLM(model="glm-5.3v"), library)
agent = create_agent(ChatKimi(), tools=PageToolkit(library=library).get_tools())
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import ContentBlock
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableLambda
from langchain_core.runnables.utils import AddableDict
from langchain_core.tools import BaseTool, BaseToolkit, StructuredTool, ToolException
from pydantic import ConfigDict, PrivateAttr, field_validator, model_validator
from typing_extensions import override

from cncoding import ConfigError, Media, Text
from cncoding.pages import (
    Answer,
    AnswerSettings,
    FindSettings,
    Found,
    Hit,
    Library,
    PageReader,
    Picture,
    ReaderTool,
    answer_question,
    arun_flow,
    astream_flow,
    draw_or_warn,
    find_pages,
    run_flow,
    stream_flow,
    warn_of_nothing,
)
from langchain_cncoding._page_models import ChatLike, PageModel, can_see, find_seeing_model, read_profile


class PageDocument(Document):
    """A page: its text, metadata `file`, `page` and more, and `content_blocks` with its picture."""

    _hit: Hit | None = PrivateAttr(default=None)
    _picture: Picture | None = PrivateAttr(default=None)

    @classmethod
    def from_hit(cls, hit: Hit, trail: Mapping[str, object] | None = None) -> PageDocument:
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
        if trail:
            metadata["trail"] = dict(trail)
        document = cls(page_content=hit.words, metadata=metadata, id=f"{hit.document}#{hit.page}")
        document._hit = hit
        return document

    @property
    def content_blocks(self) -> list[ContentBlock]:
        """What to put into a message: where the page is from, its text, and its picture if it has one."""
        where = f"{self.metadata.get('file')}, page {self.metadata.get('page')}"
        blocks: list[ContentBlock] = [{"type": "text", "text": f"[{where}]\n{self.page_content}"}]
        picture = self._draw()
        if picture:
            data = base64.b64encode(picture.data).decode()
            blocks.append({"type": "image", "base64": data, "mime_type": picture.media_type})
        return blocks

    def _draw(self) -> Picture | None:
        if self._picture or not self._hit:
            return self._picture
        return draw_or_warn(self._hit.library, self._hit.document, self._hit.page)

    def __getstate__(self) -> dict[Any, Any]:
        """Take the picture along when the document is pickled, and leave the library behind."""
        state: dict[Any, Any] = dict(super().__getstate__())
        state["__pydantic_private__"] = {"_hit": None, "_picture": self._draw()}
        return state


class PageRetriever(BaseRetriever):
    """Find pages: by words alone without a model, with one also what words do not find.

    Attributes:
        library: What to search.
        model: Any chat model; asked only where words find nothing or little.
        vision_model: Looks at pages for a model that does not see; for ours it is found by itself.
        k: Most pages.
        sees: Whether the model takes pictures; None: what LangChain knows of it, and yes where it knows nothing.
        calls: Most requests to models for one question.
        pictures: Most contact sheets to look at for one question.
        document: Only in these documents.
        pages: Only from page to page.
        where: Metadata that documents must have, or a function of it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    model: Any = None
    vision_model: Any = None
    k: int = 8
    sees: bool | None = None
    calls: int = 12
    pictures: int = 40
    document: str | Sequence[str] | None = None
    pages: tuple[int, int] | None = None
    where: Any = None

    @field_validator("model", "vision_model")
    @classmethod
    def _check_model(cls, given: object) -> object:
        if given is not None and not isinstance(given, Runnable):
            raise ValueError(f"model={type(given).__name__}: give a chat model of LangChain")
        return given

    @model_validator(mode="after")
    def _check_counts(self) -> PageRetriever:
        FindSettings(self.k, calls=self.calls, pictures=self.pictures)
        return self

    def _flow_settings(self) -> tuple[FindSettings, PageModel | None]:
        sees = can_see(self.model) if self.sees is None else self.sees
        vision = self.vision_model or (None if sees else find_seeing_model(self.model))
        settings = FindSettings(
            self.k, self.model is not None, can_see(vision) if vision else sees, self.calls, self.pictures,
            self.document, self.pages, self.where,
        )  # fmt: skip
        return settings, PageModel(self.model, vision) if self.model is not None else None

    def _make_documents(self, query: str, found: Found) -> list[Document]:
        if not found.matches:
            warn_of_nothing("PageRetriever", found)
        trail = found.trail.to_dict()
        return [PageDocument.from_hit(hit, trail) for hit in self.library.make_hits(found.matches)]

    @override
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        settings, model = self._flow_settings()
        if model:
            model = model.with_config({"callbacks": run_manager.get_child()})
        flow = find_pages(query, settings)
        return self._make_documents(query, run_flow(flow, self.library, model.ask if model else _refuse))

    @override
    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        settings, model = self._flow_settings()
        if model:
            model = model.with_config({"callbacks": run_manager.get_child()})
        flow = find_pages(query, settings)
        found = await arun_flow(flow, self.library, model.aask if model else _arefuse)
        return self._make_documents(query, found)


def _refuse(step: object) -> Any:
    raise AssertionError(f"without a model nothing is asked: {step}")


async def _arefuse(step: object) -> Any:
    _refuse(step)


def create_page_qa_chain(
    model: ChatLike,
    library: Library,
    *,
    vision_model: ChatLike | None = None,
    settings: AnswerSettings | None = None,
) -> Runnable[Any, dict[str, Any]]:
    """Make a chain that answers questions from documents, with checked citations.

    Args:
        model: Any chat model.
        library: The documents.
        vision_model: Looks at pages for a model that does not see; for ours it is found by itself.
        settings: How far to go, what things cost, whether to read documents whole.

    Returns:
        A runnable that takes a question, or a dict with `question` or `input`, and gives a dict with `question`,
        `answer`, `citations` (dicts with number, file, page, quote, boxes), `context` (documents) and `metadata`.
        `stream` and `astream` give the answer in pieces.
    """
    vision = vision_model or (None if can_see(model) else find_seeing_model(model))
    given = settings or AnswerSettings()
    chosen = given.adapt(can_see(model), can_see(vision or model), _read_window(model))

    def invoke(asked: Any, config: RunnableConfig) -> dict[str, Any]:
        question = _read_question(asked)
        page_model = PageModel(model, vision, config)
        answer = run_flow(answer_question(question, chosen), library, page_model.ask)
        return _write_answer(question, answer, library)

    async def ainvoke(asked: Any, config: RunnableConfig) -> dict[str, Any]:
        question = _read_question(asked)
        page_model = PageModel(model, vision, config)
        answer = await arun_flow(answer_question(question, chosen), library, page_model.aask)
        return _write_answer(question, answer, library)

    def stream(asked: Iterator[Any], config: RunnableConfig) -> Iterator[Any]:
        question = _read_question(next(iter(asked)))
        page_model = PageModel(model, vision, config)
        shown = ""
        pieces = stream_flow(answer_question(question, chosen), library, page_model.ask, page_model.stream)
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                yield _write_rest(question, end.value, shown, library)
                return
            shown += piece
            yield AddableDict(answer=piece)

    async def astream(asked: AsyncIterator[Any], config: RunnableConfig) -> AsyncIterator[Any]:
        question = _read_question([one async for one in asked][-1])
        page_model = PageModel(model, vision, config)
        shown = ""
        flow = answer_question(question, chosen)
        async for piece in astream_flow(flow, library, page_model.aask, page_model.astream):
            if isinstance(piece, Answer):
                yield _write_rest(question, piece, shown, library)
            else:
                shown += piece
                yield AddableDict(answer=piece)

    return PageChain(invoke, ainvoke, stream, astream)


class PageChain(RunnableLambda[Any, dict[str, Any]]):
    """Answers a question at once, or in pieces."""

    def __init__(self, invoke: Any, ainvoke: Any, stream: Any, astream: Any) -> None:
        """Take the four ways to run."""
        super().__init__(invoke, ainvoke, name="PageChain")
        self._pieces = RunnableGenerator(stream, astream, name="PageChain")

    @override
    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """Yield the answer in pieces, then the rest: citations, context, metadata."""
        yield from self._pieces.stream(input, config, **kwargs)

    @override
    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the answer in pieces, then the rest, asynchronously."""
        async for piece in self._pieces.astream(input, config, **kwargs):
            yield piece


def _read_window(model: ChatLike) -> int | None:
    window = read_profile(model).get("max_input_tokens")
    return window if isinstance(window, int) else None


def _read_question(asked: object) -> str:
    if isinstance(asked, Mapping):
        asked = asked.get("question", asked.get("input", asked.get("query")))
    if not isinstance(asked, str) or not asked.strip():
        raise ConfigError(f"question={asked!r}: give a text, or a dict with `question`")
    return asked


def _write_answer(question: str, answer: Answer, library: Library) -> dict[str, Any]:
    return {
        "question": question,
        "answer": answer.text,
        "citations": [one.to_dict() for one in answer.citations],
        "context": [PageDocument.from_hit(hit) for hit in library.make_hits(answer.pages)],
        "metadata": answer.to_metadata(),
    }


def _write_rest(question: str, answer: Answer, shown: str, library: Library) -> AddableDict:
    whole = _write_answer(question, answer, library)
    if shown.strip():
        del whole["answer"]
    return AddableDict(whole)


class PageToolkit(BaseToolkit):
    """Tools with which an agent reads a library: search_pages, outline, read_page, zoom, find_in_document."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    sees: bool = True
    """Whether the agent's model takes pictures."""

    @override
    def get_tools(self) -> list[BaseTool]:
        """Return the tools."""
        return [_make_tool(one) for one in PageReader(self.library, self.sees).tools()]


def _make_tool(tool: ReaderTool) -> BaseTool:
    def run(**arguments: Any) -> list[dict[str, Any]]:
        try:
            return [_write_block(part) for part in tool.run(**arguments)]
        except ConfigError as error:
            raise ToolException(str(error)) from None

    return StructuredTool(
        name=tool.name,
        description=tool.description,
        args_schema=tool.parameters,
        func=run,
        handle_tool_error=True,
    )


def _write_block(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {"type": "image", "base64": part.data, "mime_type": part.media_type}


__all__ = ["PageChain", "PageDocument", "PageRetriever", "PageToolkit", "create_page_qa_chain"]
