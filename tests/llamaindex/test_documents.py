"""Documents in messages: every model gets what it can read of them, side by side calls do no harm."""

from __future__ import annotations

import asyncio
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import StorageContext, SummaryIndex, load_index_from_storage
from llama_index.core.base.llms.types import (
    ChatMessage,
    CitableBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.schema import BaseNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
from PIL import Image

import cncoding.pages.documents as documents
from cncoding import ConfigError
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, MiniMax, PageNode, Qwen
from llamaindex_cncoding.rag import read_pages
from tests.llamaindex.pdf import make_pdf
from tests.llamaindex.suite.kit import Door, doors


def asking(*blocks: Any) -> list[ChatMessage]:
    return [ChatMessage(role="user", blocks=[TextBlock(text="写了什么？"), *blocks])]


def sent(emulator: Emulator) -> str:
    return json.dumps(emulator.requests[-1].json["messages"], ensure_ascii=False)


def shows_a_picture(body: str) -> bool:
    return "data:image/" in body or '"type": "base64"' in body


async def test_concurrent_calls_with_pdfs_all_answer(tmp_path: Path, emulator: Emulator) -> None:
    """pdfium has no locks: two threads in it end the process."""
    files = [make_pdf(tmp_path / f"{name}.pdf", [f"第{name}份第{page}页" for page in range(4)]) for name in "甲乙丙丁"]
    emulator.script("\n---\n".join(["say 好"] * 4), provider="qwen")
    llm = Qwen(model="qwen3.7-plus")
    replies = await asyncio.gather(*(llm.achat(asking(DocumentBlock(path=file))) for file in files))
    assert [reply.message.content for reply in replies] == ["好"] * 4
    bodies = sorted(json.dumps(record.json, ensure_ascii=False) for record in emulator.requests)
    assert [body.count("data:image/") for body in bodies] == [4] * 4
    assert all(sum(f"第{name}份第3页" in body for body in bodies) == 1 for name in "甲乙丙丁")


async def test_documents_are_read_off_the_event_loop(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[threading.Thread] = []

    def note(*args: Any) -> Any:
        seen.append(threading.current_thread())
        return real(*args)

    real = documents._render_within_bounds
    monkeypatch.setattr(documents, "_render_within_bounds", note)
    one, two = (DocumentBlock(path=make_pdf(tmp_path / f"{name}.pdf", [f"循环之外{name}"])) for name in "甲乙")
    for block in (one, CitableBlock(title="年报", source="a.pdf", content=[two]), one):
        emulator.script("say 好", provider="qwen")
        await Qwen(model="qwen3.7-plus").achat(asking(block))
    assert len(seen) == 2, "the same content is rendered once"
    assert threading.main_thread() not in seen


@pytest.mark.parametrize("door", doors(), ids=lambda door: door.id)
def test_a_pdf_reaches_every_default_model(door: Door, tmp_path: Path, emulator: Emulator) -> None:
    emulator.script("say 好", provider=door.provider)
    CNCodingLLM(provider=door.provider, wire=door.wire).chat(
        asking(DocumentBlock(path=make_pdf(tmp_path / "a.pdf", ["营业收入四十二亿"]), title="年报"))
    )
    body = json.dumps(emulator.requests[-1].json, ensure_ascii=False)
    assert "年报, page 1:\\n营业收入四十二亿" in body
    assert shows_a_picture(body) == door.sees


def test_a_document_that_is_far_too_long_is_given_up_early(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def note(self: Any, number: int) -> Any:
        drawn.append(number)
        return real(self, number)

    real = documents.Pdf.render
    monkeypatch.setattr(documents.Pdf, "render", note)
    monkeypatch.setattr(documents, "MAX_PICTURE_BYTES", 100_000)
    pdf = make_pdf(tmp_path / "long.pdf", [f"第{number}页" for number in range(60)])
    with pytest.raises(ConfigError, match="its 60 pages come to more than"):
        Qwen(model="qwen3.7-plus").chat(asking(DocumentBlock(path=pdf)))
    assert len(drawn) <= 12 and not emulator.requests


def test_glm_vision_takes_documents_of_this_machine(tmp_path: Path, emulator: Emulator) -> None:
    """GLM takes files by URL only, and not beside images: pages go as images."""
    pdf = make_pdf(tmp_path / "a.pdf", ["收入"])
    llm = GLM(model="glm-4.6v", endpoint="api")
    for block in (DocumentBlock(path=pdf), DocumentBlock(data=pdf.read_bytes(), document_mimetype="application/pdf")):
        emulator.script("say 好", provider="glm")
        llm.chat(asking(block))
        assert shows_a_picture(sent(emulator)) and "file_url" not in sent(emulator)
    emulator.script("say 好", provider="glm")
    llm.chat(asking(DocumentBlock(url="https://files.invalid/a.pdf")))
    assert '"file_url": {"url": "https://files.invalid/a.pdf"}' in sent(emulator)


def test_a_scan_needs_a_model_that_sees(tmp_path: Path, emulator: Emulator) -> None:
    scan = make_pdf(tmp_path / "scan.pdf", [""], {1: Image.new("RGB", (400, 300), "red")})
    with pytest.raises(ConfigError, match="does not see"):
        GLM().chat(asking(DocumentBlock(path=scan)))
    assert not emulator.requests
    emulator.script("say 好", provider="qwen")
    Qwen(model="qwen3.7-plus").chat(asking(DocumentBlock(path=scan)))
    assert shows_a_picture(sent(emulator))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "正文".encode()),
        ("a.md", "\ufeff# 正文".encode()),
        ("老.txt", "正文，旧编码".encode("gb18030")),
        ("a.csv", "名,数\n正文,1".encode("utf-16")),
        ("a.py", "print('正文')".encode()),
        ("a.yaml", "正文: 1".encode()),
        ("Makefile", "正文:\n\ttrue".encode()),
        ("a.json", '{"正文": 1}'.encode()),
    ],
    ids=["txt", "BOM", "GB 18030", "UTF-16", "python", "yaml", "no ending", "json"],
)
def test_texts_of_every_kind_are_text(name: str, data: bytes, tmp_path: Path, emulator: Emulator) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    emulator.script("say 好\n---\nsay 好")
    GLM().chat(asking(DocumentBlock(path=path, title=name)))
    assert f"{name}:\\n" in sent(emulator) and "正文" in sent(emulator)
    GLM(model="glm-4.6v", endpoint="api").chat(asking(DocumentBlock(data=data, title=name)))
    assert "正文" in sent(emulator)


def test_pages_without_words_are_described_where_the_plan_can_see(tmp_path: Path, emulator: Emulator) -> None:
    pdf = make_pdf(tmp_path / "scan.pdf", ["", "有字"], {1: Image.new("RGB", (300, 200), "red")})
    MiniMax(model="MiniMax-M2.7").chat(asking(DocumentBlock(path=pdf)))
    looked = [record for record in emulator.requests if record.path.endswith("/vlm")]
    assert len(looked) == 1, "the page with words needs no eyes"
    assert "scan.pdf, page 1:\\n[image, described by a vision model]" in sent(emulator) and "有字" in sent(emulator)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A web server with one PDF."""
    pdf = make_pdf(tmp_path / "served.pdf", ["网上的年报"]).read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pdf)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/report"
        server.shutdown()
        thread.join()


def test_a_link_is_fetched_for_a_model_that_takes_none_and_from_allowed_hosts_only(
    address: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = DocumentBlock(url=address, document_mimetype="application/pdf")
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        DeepSeek().chat(asking(block))
    assert not emulator.requests
    monkeypatch.setenv("CNCODING_ALLOW_HOSTS", "127.0.0.1")
    emulator.script("say 好", provider="deepseek")
    DeepSeek().chat(asking(block))
    assert "网上的年报" in sent(emulator)


def test_a_document_in_a_tool_result(tmp_path: Path, emulator: Emulator) -> None:
    call = ToolCallBlock(tool_call_id="c1", tool_name="report", tool_kwargs={})
    report = DocumentBlock(path=make_pdf(tmp_path / "a.pdf", ["工具的年报"]))
    result = ChatMessage(role="tool", blocks=[report], additional_kwargs={"tool_call_id": "c1"})
    for llm in (GLM(), Qwen(model="qwen3.7-plus"), Qwen(model="qwen3.7-plus", wire="anthropic")):
        emulator.script("say 好", provider=llm.provider)
        llm.chat([*asking(), ChatMessage(role="assistant", blocks=[call]), result])
        assert "工具的年报" in sent(emulator) and shows_a_picture(sent(emulator)) == (llm.provider == "qwen")


def test_what_cannot_be_read_is_named_before_anything_is_sent(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = tmp_path / "a.docx"
    with zipfile.ZipFile(office, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    pdf = make_pdf(tmp_path / "big.pdf", ["很大"])
    gone, blank = (tmp_path / f"gone{ending}" for ending in (".pdf", ".png"))
    for path in (gone, blank):
        path.write_bytes(b"soon gone")
    missing = [DocumentBlock(path=gone), ImageBlock(path=blank)]
    gone.unlink()
    blank.unlink()
    llm = Qwen(model="qwen3.7-plus")
    monkeypatch.setattr(documents, "MAX_PICTURE_BYTES", 100)
    for block, why in (
        (DocumentBlock(path=office, title="a.docx"), "a.docx is neither text nor a PDF"),
        (missing[0], "gone.pdf': cannot be read: No such file"),
        (missing[1], "gone.png': cannot be read: No such file"),
        (DocumentBlock(path=pdf, title="大"), "大: its 1 pages come to more than"),
    ):
        with pytest.raises(ConfigError, match=why):
            llm.chat(asking(block))
    assert not emulator.requests


@pytest.mark.parametrize("where", ["docstore", "vector store", "index on disk"])
def test_a_page_survives_its_store_with_text_and_picture(where: str, tmp_path: Path, emulator: Emulator) -> None:
    (page,) = read_pages(make_pdf(tmp_path / "a.pdf", ["收入四十二亿"], {1: Image.new("RGB", (40, 30), "red")}))
    loaded: BaseNode
    if where == "docstore":
        store = SimpleDocumentStore()
        store.add_documents([page])
        found = SimpleDocumentStore.from_dict(json.loads(json.dumps(store.to_dict()))).get_document(page.node_id)
        assert found is not None
        loaded = found
    elif where == "vector store":
        loaded = metadata_dict_to_node(node_to_metadata_dict(page, remove_text=True), page.get_content())
    else:
        index: Any = SummaryIndex(nodes=[page])
        for _ in range(2):
            index.storage_context.persist(str(tmp_path / "kept"))
            index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(tmp_path / "kept")))
        (loaded,) = index.docstore.docs.values()
    assert loaded.metadata["page_label"] == "1" and "收入四十二亿" in loaded.get_content()
    emulator.script("say 好", provider="qwen")
    Qwen(model="qwen3.7-plus").chat([ChatMessage(role="user", blocks=loaded.get_content_blocks())])
    assert "收入四十二亿" in sent(emulator) and shows_a_picture(sent(emulator))
    again = PageNode.from_dict(page.to_dict()).get_content_blocks()
    assert [type(block) for block in again] == [type(block) for block in page.get_content_blocks()]
