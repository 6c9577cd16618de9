"""F: images, and retrieval without an embedding model."""

import asyncio
import base64
import json
from typing import Any

from llama_index.core import SummaryIndex
from llama_index.core.base.llms.types import CitableBlock, ImageBlock, TextBlock
from llama_index.core.chat_engine import MultiModalCondensePlusContextChatEngine, MultiModalContextChatEngine
from llama_index.core.output_parsers import PydanticOutputParser
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.program.multi_modal_llm_program import MultiModalLLMCompletionProgram
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle
from pydantic import BaseModel

from cncoding_emulator import image_marks
from tests.llamaindex.suite.kit import MODES, ONCE, Kit, behaviour, png, user


def page(mark: str, text: str = "") -> ImageNode:
    """A page whose image says `mark`."""
    image = base64.b64encode(png(image_marks.draw(mark))).decode()
    return ImageNode(text=text, image=image, image_mimetype="image/png", metadata={"page_label": mark[-1]})


@behaviour("F01", "an image arrives intact: as bytes, as data URL, as path", MODES, needs=["images"])
async def image(kit: Kit, tmp: Any = None) -> None:
    import tempfile
    from pathlib import Path

    data = png(image_marks.draw("INTACT-1"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(data)
        blocks = [
            ImageBlock(image=data),
            ImageBlock(url=f"data:image/png;base64,{base64.b64encode(data).decode()}"),
            ImageBlock(path=path),
        ]
        for block in blocks:
            last = (await kit.ask(kit.llm(), [user("What is in the picture?", block)]))[-1]
            assert "INTACT-1" in (last.message.content or ""), last.message.content


@behaviour("F02", "several images keep their order among the texts", ONCE, needs=["images"])
async def order(kit: Kit) -> None:
    first, second = (ImageBlock(image=png(image_marks.draw(name))) for name in ("FIRST", "SECOND"))
    last = (await kit.ask(kit.llm(), [user("甲", first, TextBlock(text="乙"), second)]))[-1]
    content = last.message.content or ""
    assert content.index("FIRST") < content.index("SECOND")
    sent = json.dumps(kit.bodies[-1]["messages"], ensure_ascii=False)
    assert sent.index("甲") < sent.index("乙")


@behaviour("F03", "citable blocks are sent as what they hold", ONCE)
async def citable(kit: Kit) -> None:
    block = CitableBlock(title="年报", source="report.pdf", content=[TextBlock(text="收入 42 亿")])
    kit.script("say 42 亿")
    await kit.ask(kit.llm(), [user("收入？", block)])
    assert "收入 42 亿" in json.dumps(kit.bodies[-1]["messages"], ensure_ascii=False)


_MODES_OF_ANSWER = [
    ResponseMode.REFINE, ResponseMode.COMPACT, ResponseMode.TREE_SUMMARIZE, ResponseMode.SIMPLE_SUMMARIZE,
    ResponseMode.ACCUMULATE,
]  # fmt: skip


@behaviour("F04", "SummaryIndex with multimodal=True shows the images, in every response mode", ONCE, needs=["images"])
async def summary_index(kit: Kit) -> None:
    index = SummaryIndex(nodes=[page("PAGE-1", "封面")])
    for mode in _MODES_OF_ANSWER:
        engine = RetrieverQueryEngine.from_args(
            index.as_retriever(), llm=kit.llm(thinking=False), response_mode=mode, multimodal=True
        )
        await asyncio.to_thread(engine.query, "What is in the picture?")
        shown = [body for body in kit.bodies if "image" in json.dumps(body["messages"])]
        assert shown, mode
        kit.emulator.reset()


@behaviour("F05", "LLMRerank shows the images and reads the choice", ONCE, needs=["images"])
async def rerank(kit: Kit) -> None:
    nodes = [NodeWithScore(node=page(f"PAGE-{number}")) for number in (1, 2, 3)]
    kit.script("say Doc: 2, Relevance: 9")
    chosen = await LLMRerank(llm=kit.llm(), top_n=1).apostprocess_nodes(nodes, QueryBundle("which?"))
    assert [node.node.metadata["page_label"] for node in chosen] == ["2"]
    assert json.dumps(kit.bodies[-1]["messages"]).count('"image') >= 3


@behaviour(
    "F06", "CitationQueryEngine with multimodal=True shows the images beside their numbers", ONCE, needs=["images"]
)
async def citation(kit: Kit) -> None:
    index = SummaryIndex(nodes=[page("PAGE-1", "封面"), page("PAGE-2", "收入")])
    engine = CitationQueryEngine.from_args(
        index, llm=kit.llm(thinking=False), multimodal=True, citation_chunk_size=8000, citation_chunk_overlap=0
    )
    kit.script("say 收入 42 亿 [2]")
    response = await asyncio.to_thread(engine.query, "收入？")
    assert "[2]" in str(response)
    sent = json.dumps(kit.bodies[-1]["messages"], ensure_ascii=False)
    assert "Source 2" in sent and "image" in sent


@behaviour("F07", "multimodal chat engines work, with the empty system message that they send", ONCE, needs=["images"])
async def chat_engines(kit: Kit) -> None:
    retriever = SummaryIndex(nodes=[page("PAGE-7", "封面")]).as_retriever()
    for kind in (MultiModalContextChatEngine, MultiModalCondensePlusContextChatEngine):
        engine = kind.from_defaults(retriever, llm=kit.llm(thinking=False), multi_modal_llm=kit.llm(thinking=False))
        kit.script("say 看到了")
        answer = await asyncio.to_thread(engine.chat, "What is in the picture?")
        assert str(answer) == "看到了", kind
        assert "image" in json.dumps(kit.bodies[-1]["messages"])
        kit.emulator.reset()


class Seen(BaseModel):
    """What was seen."""

    mark: str


@behaviour("F08", "MultiModalLLMCompletionProgram reads an object from an image", ONCE, needs=["images"])
async def program(kit: Kit) -> None:
    made = MultiModalLLMCompletionProgram.from_defaults(
        output_parser=PydanticOutputParser(output_cls=Seen),
        prompt_template_str="Read the mark.",
        multi_modal_llm=kit.llm(thinking=False),
        image_documents=[ImageBlock(image=png(image_marks.draw("MARK-8")))],
    )
    kit.script('say {"mark": "MARK-8"}')
    seen = await asyncio.to_thread(made)
    assert isinstance(seen, Seen) and seen.mark == "MARK-8"
    assert "image" in json.dumps(kit.bodies[-1]["messages"])
