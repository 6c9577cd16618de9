"""Tools that make images, videos and speech, and wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncoding import TOOLS, check_consent
from langchain_cncoding.tools._base import CNCodingTool, tool_errors


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


class CloneVoiceTool(CNCodingTool):
    """Make a voice that sounds like the one of a recording; `consent` says that its owner agreed."""

    name: str = "clone_voice"
    description: str = TOOLS["clone_voice"].description

    def __init__(self, **settings: Any) -> None:
        """Resolve the settings.

        Raises:
            CNCodingConfigError: `consent` is missing, or another setting does not fit.
        """
        with tool_errors():
            check_consent(settings.get("consent"))
        super().__init__(**settings)


class DesignVoiceTool(CNCodingTool):
    """Make a voice by words."""

    name: str = "design_voice"
    description: str = TOOLS["design_voice"].description


class DeleteVoiceTool(CNCodingTool):
    """Delete a voice that was cloned or designed."""

    name: str = "delete_voice"
    description: str = TOOLS["delete_voice"].description
