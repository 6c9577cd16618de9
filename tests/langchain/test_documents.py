"""PDFs and texts reach every model, as LangChain users write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from cncoding_emulator import Emulator
from langchain_cncoding import ChatGLM, ChatKimi, ChatQwen, CNCodingConfigError
from tests.llamaindex.pdf import make_pdf


def sent(emulator: Emulator) -> str:
    return json.dumps(emulator.requests[-1].json, ensure_ascii=False)


@pytest.mark.parametrize("form", ["base64", "path", "openai"])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_a_pdf_is_shown_to_who_sees_and_read_to_who_does_not(
    form: str, wire: Any, tmp_path: Path, emulator: Emulator
) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["营业收入四十二亿"])
    data = base64.b64encode(path.read_bytes()).decode()
    block: dict[str, Any] = {
        "base64": {"type": "file", "base64": data, "mime_type": "application/pdf", "filename": "年报"},
        "path": {"type": "file", "path": str(path)},
        "openai": {"type": "file", "file": {"filename": "年报", "file_data": f"data:application/pdf;base64,{data}"}},
    }[form]
    for model, sees in ((ChatGLM(wire=wire), False), (ChatQwen(wire=wire), True), (ChatKimi(wire=wire), True)):
        message = HumanMessage([block, {"type": "text", "text": "多少？"}])
        assert (await model.ainvoke([message])).text
        assert "营业收入四十二亿" in sent(emulator)
        assert ("data:image" in sent(emulator) or '"base64"' in sent(emulator)) == sees
        assert model.invoke([message]).text


def test_a_file_of_another_kind_is_named(emulator: Emulator) -> None:
    data = base64.b64encode(b"PK\x03\x04\x00\x00").decode()
    block = {"type": "file", "base64": data, "mime_type": "application/zip", "filename": "a.zip"}
    with pytest.raises(CNCodingConfigError, match=r"a\.zip is neither text nor a PDF"):
        ChatQwen().invoke([HumanMessage([block, {"type": "text", "text": "?"}])])
    assert not emulator.requests
