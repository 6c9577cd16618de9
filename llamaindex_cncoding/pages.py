"""Read documents without embeddings, for LlamaIndex: a retriever, a query engine with checked citations, agent tools.

retriever = PageRetriever(library=library, llm=GLM(model="glm-5.3v"))
engine = PageQueryEngine(library, llm=GLM(model="glm-5.3v"))
agent = FunctionAgent(llm=Kimi(), tools=PageToolSpec(library).to_tool_list())
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import (
    RESPONSE_TYPE,
    AsyncStreamingResponse,
    Response,
    StreamingResponse,
)
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms.llm import LLM
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.schema import NodeWithScore, QueryBundle
from typing_extensions import override

from cncoding import ConfigError
from cncoding.pages import (
    Answer,
    AnswerSettings,
    FindSettings,
    Found,
    Library,
    answer_question,
    arun_flow,
    astream_flow,
    find_pages,
    run_flow,
    stream_flow,
    warn_of_nothing,
)
from llamaindex_cncoding._choices import parse_choices
from llamaindex_cncoding._page_models import PageLLM, can_see, find_seeing_llm
from llamaindex_cncoding._page_nodes import PageNode, make_nodes
from llamaindex_cncoding._page_tools import PageToolSpec


class PageRetriever(BaseRetriever):
    """Find pages: by words alone without a model, with one also what words do not find."""

    def __init__(
        self,
        library: Library,
        llm: LLM | None = None,
        k: int = 8,
        *,
        vision_llm: LLM | None = None,
        sees: bool | None = None,
        calls: int = 12,
        pictures: int = 40,
        document: str | Sequence[str] | None = None,
        pages: tuple[int, int] | None = None,
        where: Any = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """Make a retriever.

        Args:
            library: What to search.
            llm: Any LLM; asked only where words find nothing or little. None means words alone.
            k: Most pages.
            vision_llm: Looks at pages for an LLM that does not see; for ours it is found by itself.
            sees: Whether the LLM takes pictures; None: what is known of it, and yes where nothing is.
            calls: Most requests to models for one question.
            pictures: Most contact sheets to look at for one question.
            document: Only in these documents.
            pages: Only from page to page.
            where: Metadata that documents must have, or a function of it.
            callback_manager: Of LlamaIndex.

        Raises:
            ConfigError: `llm` is no LLM of LlamaIndex.
        """
        super().__init__(callback_manager=callback_manager)
        if llm is not None and not isinstance(llm, LLM):
            raise ConfigError(f"llm={type(llm).__name__}: give an LLM of LlamaIndex")
        self.library = library
        self.llm = llm
        seeing = can_see(llm) if sees is None else sees
        vision = vision_llm or (None if seeing else find_seeing_llm(llm))
        self._page_llm = PageLLM(llm, vision) if llm is not None else None
        self._find = FindSettings(
            k, llm is not None, can_see(vision) if vision else seeing, calls, pictures, document, pages, where
        )  # fmt: skip

    def _make_nodes(self, found: Found) -> list[NodeWithScore]:
        if not found.matches:
            warn_of_nothing("PageRetriever", found)
        return make_nodes(self.library.make_hits(found.matches), found.trail.to_dict())

    @override
    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        flow = find_pages(query_bundle.query_str, self._find)
        return self._make_nodes(run_flow(flow, self.library, self._page_llm.ask if self._page_llm else _refuse))

    @override
    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        flow = find_pages(query_bundle.query_str, self._find)
        ask = self._page_llm.aask if self._page_llm else _arefuse
        return self._make_nodes(await arun_flow(flow, self.library, ask))


def _refuse(step: object) -> Any:
    raise AssertionError(f"without a model nothing is asked: {step}")


async def _arefuse(step: object) -> Any:
    _refuse(step)


class PageQueryEngine(BaseQueryEngine):
    """Answer questions from documents, with citations that were checked; they stand in `response.metadata`."""

    def __init__(
        self,
        library: Library,
        llm: LLM,
        *,
        vision_llm: LLM | None = None,
        settings: AnswerSettings | None = None,
        response_synthesizer: BaseSynthesizer | None = None,
        streaming: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """Make an engine.

        Args:
            library: The documents.
            llm: Any LLM.
            vision_llm: Looks at pages for an LLM that does not see; for ours it is found by itself.
            settings: How far to go, what things cost, whether to read documents whole.
            response_synthesizer: One of LlamaIndex, which then writes the answer instead; pages are found as before.
            streaming: Whether `query` gives the answer in pieces.
            callback_manager: Of LlamaIndex.
        """
        super().__init__(callback_manager)
        vision = vision_llm or (None if can_see(llm) else find_seeing_llm(llm))
        self.library = library
        self._page_llm = PageLLM(llm, vision)
        given = settings or AnswerSettings()
        self._settings = given.adapt(can_see(llm), can_see(vision or llm), llm.metadata.context_window)
        self._synthesizer = response_synthesizer
        self._streaming = streaming

    @override
    def _get_prompt_modules(self) -> PromptMixinType:
        return {"response_synthesizer": self._synthesizer} if self._synthesizer else {}

    @override
    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        question = query_bundle.query_str
        if self._synthesizer:
            found = run_flow(find_pages(question, self._settings.find), self.library, self._page_llm.ask)
            return self._synthesizer.synthesize(query_bundle, self._make_nodes(found))
        flow = answer_question(question, self._settings)
        if self._streaming:
            return self._stream(flow)
        return self._make_response(run_flow(flow, self.library, self._page_llm.ask))

    @override
    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        question = query_bundle.query_str
        if self._synthesizer:
            flow = find_pages(question, self._settings.find)
            found = await arun_flow(flow, self.library, self._page_llm.aask)
            return await self._synthesizer.asynthesize(query_bundle, self._make_nodes(found))
        answering = answer_question(question, self._settings)
        if self._streaming:
            return self._astream(answering)
        return self._make_response(await arun_flow(answering, self.library, self._page_llm.aask))

    def _make_nodes(self, found: Found) -> list[NodeWithScore]:
        if not found.matches:
            warn_of_nothing("PageQueryEngine", found)
        return make_nodes(self.library.make_hits(found.matches), found.trail.to_dict())

    def _make_response(self, answer: Answer) -> Response:
        return Response(answer.text, self._read_nodes(answer), self._read_metadata(answer))

    def _read_nodes(self, answer: Answer) -> list[NodeWithScore]:
        return make_nodes(self.library.make_hits(answer.pages))

    def _read_metadata(self, answer: Answer) -> dict[str, Any]:
        return {**answer.to_metadata(), "citations": [one.to_dict() for one in answer.citations]}

    def _stream(self, flow: Any) -> StreamingResponse:
        response = StreamingResponse(response_gen=iter(()), metadata={})  # type: ignore[arg-type]  # set below

        def pieces() -> Generator[str, None, None]:
            shown = False
            running = stream_flow(flow, self.library, self._page_llm.ask, self._page_llm.stream)
            while True:
                try:
                    piece = next(running)
                except StopIteration as end:
                    answer: Answer = end.value
                    break
                shown = True
                yield piece
            response.source_nodes = self._read_nodes(answer)
            response.metadata = self._read_metadata(answer)
            if not shown:
                yield answer.text

        response.response_gen = pieces()
        return response

    def _astream(self, flow: Any) -> AsyncStreamingResponse:
        response = AsyncStreamingResponse(response_gen=_nothing(), metadata={})

        async def pieces() -> AsyncGenerator[str, None]:
            shown = False
            async for piece in astream_flow(flow, self.library, self._page_llm.aask, self._page_llm.astream):
                if isinstance(piece, Answer):
                    response.source_nodes = self._read_nodes(piece)
                    response.metadata = self._read_metadata(piece)
                    if not shown:
                        yield piece.text
                else:
                    shown = True
                    yield str(piece)

        response.response_gen = pieces()
        return response


async def _nothing() -> AsyncGenerator[str, None]:
    return
    yield ""


__all__ = ["PageNode", "PageQueryEngine", "PageRetriever", "PageToolSpec", "parse_choices"]
