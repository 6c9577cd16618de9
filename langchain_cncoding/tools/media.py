"""Tools that make images, videos and speech, and wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncoding import TOOLS
from langchain_cncoding.tools._base import CNCodingTool


class GenerateImageTool(CNCodingTool):
    """Make pictures from words.

    Example:
        >>> tool = GenerateImageTool(provider="glm", api_key="id.secret", output_dir="pictures")
        >>> tool.name
        'generate_image'
    """

    name: str = "generate_image"
    description: str = TOOLS["generate_image"].description


class EditImageTool(CNCodingTool):
    """Change a picture as the words say, where the provider has a model for it."""

    name: str = "edit_image"
    description: str = TOOLS["edit_image"].description


class VideoTool(CNCodingTool):
    """What the two video tools share."""


class GenerateVideoTool(VideoTool):
    """Make a video and wait for it, which takes minutes; progress is reported meanwhile."""

    name: str = "generate_video"
    description: str = TOOLS["generate_video"].description


class SynthesizeSpeechTool(CNCodingTool):
    """Speak a text."""

    name: str = "synthesize_speech"
    description: str = TOOLS["synthesize_speech"].description
    voice: str | None = None
    """Voice where the agent names none."""

    def _defaults(self) -> Mapping[str, Any]:
        return {} if self.voice is None else {"voice": self.voice}
