"""MCP tools: results become blocks, and images reach the model."""

import base64
import subprocess
import sys
from types import SimpleNamespace as Made
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import AudioBlock, DocumentBlock, ImageBlock, TextBlock
from mcp.types import CallToolResult, ImageContent, ListToolsResult, TextContent, Tool

from cncoding_emulator import Emulator, image_marks
from llamaindex_cncoding import Kimi
from llamaindex_cncoding.mcp import mcp_tools, result_blocks
from tests.llamaindex.suite.kit import png

PNG = png(image_marks.draw("MCP-IMAGE"))
DATA = base64.b64encode(PNG).decode()


def image(**kwargs: Any) -> Any:
    fields = ImageContent.model_fields
    name = "mime_type" if "mime_type" in fields else "mimeType"
    return ImageContent(type="image", data=DATA, **{name: "image/png"})


def test_every_kind_of_content() -> None:
    items = [
        Made(type="text", text="正文"),
        Made(type="image", data=DATA, mimeType="image/png"),
        Made(type="audio", data=base64.b64encode(b"RIFF").decode(), mimeType="audio/wav"),
        Made(type="resource", resource=Made(uri="file:///a.txt", text="内容")),
        Made(type="resource", resource=Made(uri="file:///a.png", blob=DATA, mimeType="image/png")),
        Made(type="resource", resource=Made(uri="file:///a.pdf", blob=DATA, mimeType="application/pdf")),
        Made(type="resource_link", name="报告", uri="https://files.invalid/a"),
    ]
    blocks = result_blocks(Made(content=items))
    assert [type(block) for block in blocks] == [
        TextBlock, ImageBlock, AudioBlock, TextBlock, ImageBlock, DocumentBlock, TextBlock,
    ]  # fmt: skip
    assert isinstance(blocks[1], ImageBlock) and blocks[1].resolve_image().read() == PNG
    for name in ("structured_content", "structuredContent"):
        assert result_blocks(Made(content=[], **{name: {"甲": None}})) == [TextBlock(text='{"甲": null}')]


class Session:
    """A client of an MCP server with one tool that returns text and an image."""

    failing = False

    async def list_tools(self) -> ListToolsResult:
        schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
        name = "input_schema" if "input_schema" in Tool.model_fields else "inputSchema"
        return ListToolsResult(tools=[Tool(name="chart", description="Draw a chart.", **{name: schema})])

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        if self.failing:
            flag = "is_error" if "is_error" in CallToolResult.model_fields else "isError"
            return CallToolResult(content=[TextContent(type="text", text="no ink")], **{flag: True})
        return CallToolResult(content=[TextContent(type="text", text=arguments["title"]), image()])


async def test_an_image_of_an_mcp_tool_reaches_the_model(emulator: Emulator) -> None:
    tools = await mcp_tools(Session())
    emulator.script('call chart {"title": "收入"}', provider="kimi")
    answer = await FunctionAgent(llm=Kimi(), tools=tools).run(user_msg="画图")
    assert "MCP-IMAGE" in str(answer) and "收入" in str(answer)


async def test_a_failed_tool_says_so() -> None:
    session = Session()
    session.failing = True
    (tool,) = await mcp_tools(session)
    output = await tool.acall(title="x")
    assert output.is_error and output.content == "no ink"
    assert tool.call(title="x").is_error, "also from inside a running loop"


def test_optional_packages_and_the_other_framework_are_not_imported() -> None:
    unwanted = ("mcp", "pypdfium2", "langchain_core", "openai")
    modules = "llamaindex_cncoding, llama_index.llms.cncoding, llama_index.tools.cncoding, llamaindex_cncoding.rag"
    code = f"import {modules}, sys; print([m for m in {unwanted} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]", ran.stdout + ran.stderr
