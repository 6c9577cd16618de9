"""Tools that make images, videos and speech, and wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from cncoding import TOOL_ARGUMENTS, TOOL_DESCRIPTIONS
from langchain_cncoding.tools._base import CNCodingTool, ToolInput


class ImageInput(ToolInput):
    """What `generate_image` takes."""

    prompt: str = Field(description=TOOL_ARGUMENTS["prompt"])
    size: str | None = Field(
        default=None,
        description=TOOL_ARGUMENTS["size"],
    )
    count: int | None = Field(default=None, description=TOOL_ARGUMENTS["count"], ge=1)
    images: list[str] | None = Field(default=None, description=TOOL_ARGUMENTS["images"])


class VideoInput(ToolInput):
    """What `generate_video` and `submit_video` take."""

    prompt: str = Field(description=TOOL_ARGUMENTS["prompt"])
    images: list[str] | None = Field(default=None, description=TOOL_ARGUMENTS["images"])
    duration: int | None = Field(default=None, description=TOOL_ARGUMENTS["duration"], ge=1)
    resolution: str | None = Field(default=None, description=TOOL_ARGUMENTS["resolution"])
    size: str | None = Field(default=None, description=TOOL_ARGUMENTS["size"])


class SpeechInput(ToolInput):
    """What `synthesize_speech` takes."""

    text: str = Field(description=TOOL_ARGUMENTS["text"])
    voice: str | None = Field(default=None, description=TOOL_ARGUMENTS["voice"])


class GenerateImageTool(CNCodingTool):
    """Make pictures from words.

    Example:
        >>> tool = GenerateImageTool(provider="glm", api_key="id.secret", output_dir="pictures")
        >>> tool.name
        'generate_image'
    """

    name: str = "generate_image"
    description: str = TOOL_DESCRIPTIONS["generate_image"]
    args_schema: Any = ImageInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class VideoTool(CNCodingTool):
    """What the two video tools share."""

    args_schema: Any = VideoInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class GenerateVideoTool(VideoTool):
    """Make a video and wait for it, which takes minutes; progress is reported meanwhile."""

    name: str = "generate_video"
    description: str = TOOL_DESCRIPTIONS["generate_video"]


class SynthesizeSpeechTool(CNCodingTool):
    """Speak a text."""

    name: str = "synthesize_speech"
    description: str = TOOL_DESCRIPTIONS["synthesize_speech"]
    args_schema: Any = SpeechInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]
    voice: str | None = None
    """Voice where the agent names none."""

    def _defaults(self) -> Mapping[str, Any]:
        return {} if self.voice is None else {"voice": self.voice}
