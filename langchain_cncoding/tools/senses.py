"""Tools that look at pictures and search the web."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from cncoding import TOOL_ARGUMENTS, TOOL_DESCRIPTIONS
from langchain_cncoding.tools._base import CNCodingTool, ToolInput


class SightInput(ToolInput):
    """What `understand_image` takes."""

    image: str = Field(description=TOOL_ARGUMENTS["image"])
    question: str = Field(default="Describe this image.", description=TOOL_ARGUMENTS["question"])


class SearchInput(ToolInput):
    """What `web_search` takes."""

    query: str = Field(description=TOOL_ARGUMENTS["query"])
    count: int | None = Field(default=None, description=TOOL_ARGUMENTS["count"], ge=1, le=50)


class UnderstandImageTool(CNCodingTool):
    """Ask about a picture: the plan's vision endpoint (MiniMax), else a model that sees."""

    name: str = "understand_image"
    description: str = TOOL_DESCRIPTIONS["understand_image"]
    args_schema: Any = SightInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class WebSearchTool(CNCodingTool):
    """Search the web with the vendor's search; sources are kept as citations in the artifact."""

    name: str = "web_search"
    description: str = TOOL_DESCRIPTIONS["web_search"]
    args_schema: Any = SearchInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class TranscribeInput(ToolInput):
    """What `transcribe` takes."""

    audio: str = Field(description=TOOL_ARGUMENTS["audio"])
    language: str | None = Field(default=None, description=TOOL_ARGUMENTS["language"])


class TranscribeTool(CNCodingTool):
    """Put speech into words."""

    name: str = "transcribe"
    description: str = TOOL_DESCRIPTIONS["transcribe"]
    args_schema: Any = TranscribeInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class NoInput(ToolInput):
    """What `list_voices` takes: nothing."""


class ListVoicesTool(CNCodingTool):
    """List the voices that the vendor has for this key."""

    name: str = "list_voices"
    description: str = TOOL_DESCRIPTIONS["list_voices"]
    args_schema: Any = NoInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]
