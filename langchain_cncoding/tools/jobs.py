"""Tools that do not block the agent: some submit, the others look after jobs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from cncoding import TOOL_ARGUMENTS, TOOL_DESCRIPTIONS
from langchain_cncoding.tools._base import CNCodingTool, ToolInput
from langchain_cncoding.tools.media import GenerateImageTool, VideoTool


class JobInput(ToolInput):
    """What `check_media_job` and `cancel_media_job` take."""

    job: str = Field(description=TOOL_ARGUMENTS["job"])


class SubmitVideoTool(VideoTool):
    """Begin a video and return at once."""

    name: str = "submit_video"
    description: str = TOOL_DESCRIPTIONS["submit_video"]


class SubmitImageTool(GenerateImageTool):
    """Begin pictures and return at once."""

    name: str = "submit_image"
    description: str = TOOL_DESCRIPTIONS["submit_image"]


class CheckMediaJobTool(CNCodingTool):
    """Look how a job stands, and fetch its result if it is done."""

    name: str = "check_media_job"
    description: str = TOOL_DESCRIPTIONS["check_media_job"]
    args_schema: Any = JobInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]


class CancelMediaJobTool(CNCodingTool):
    """Cancel a job at the vendor, where it lets one."""

    name: str = "cancel_media_job"
    description: str = TOOL_DESCRIPTIONS["cancel_media_job"]
    args_schema: Any = JobInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]
