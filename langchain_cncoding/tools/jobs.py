"""Tools that do not block the agent: some submit, the others look after jobs."""

from __future__ import annotations

from cncoding import TOOLS
from langchain_cncoding.tools._base import CNCodingTool
from langchain_cncoding.tools.media import GenerateImageTool, VideoTool


class SubmitVideoTool(VideoTool):
    """Begin a video and return at once."""

    name: str = "submit_video"
    description: str = TOOLS["submit_video"].description


class SubmitImageTool(GenerateImageTool):
    """Begin pictures and return at once."""

    name: str = "submit_image"
    description: str = TOOLS["submit_image"].description


class CheckMediaJobTool(CNCodingTool):
    """Look how a job stands, and fetch its result if it is done."""

    name: str = "check_media_job"
    description: str = TOOLS["check_media_job"].description


class CancelMediaJobTool(CNCodingTool):
    """Cancel a job at the vendor, where it lets one."""

    name: str = "cancel_media_job"
    description: str = TOOLS["cancel_media_job"].description
