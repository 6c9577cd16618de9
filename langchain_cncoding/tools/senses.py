"""Tools that look at pictures and search the web."""

from __future__ import annotations

from cncoding import TOOLS
from langchain_cncoding.tools._base import CNCodingTool


class UnderstandImageTool(CNCodingTool):
    """Ask about a picture: the plan's vision endpoint (MiniMax), else a model that sees."""

    name: str = "understand_image"
    description: str = TOOLS["understand_image"].description


class UnderstandVideoTool(CNCodingTool):
    """Ask about a film, where a model of the endpoint reads films."""

    name: str = "understand_video"
    description: str = TOOLS["understand_video"].description


class WebSearchTool(CNCodingTool):
    """Search the web with the vendor's search; sources are kept as citations in the artifact."""

    name: str = "web_search"
    description: str = TOOLS["web_search"].description


class TranscribeTool(CNCodingTool):
    """Put speech into words."""

    name: str = "transcribe"
    description: str = TOOLS["transcribe"].description


class ListVoicesTool(CNCodingTool):
    """List the voices that the vendor has for this key."""

    name: str = "list_voices"
    description: str = TOOLS["list_voices"].description
