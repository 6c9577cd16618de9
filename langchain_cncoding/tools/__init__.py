"""Media, sight and search as LangChain tools."""

from langchain_cncoding.tools._base import CNCodingTool
from langchain_cncoding.tools._errors import (
    CNCodingJobCancelledError,
    CNCodingJobDeadlineError,
    CNCodingJobError,
    CNCodingJobFailedError,
)
from langchain_cncoding.tools._graph import EVENT
from langchain_cncoding.tools.jobs import CancelMediaJobTool, CheckMediaJobTool, SubmitImageTool, SubmitVideoTool
from langchain_cncoding.tools.media import (
    CloneVoiceTool,
    DeleteVoiceTool,
    DesignVoiceTool,
    EditImageTool,
    GenerateImageTool,
    GenerateVideoTool,
    SynthesizeSpeechTool,
)
from langchain_cncoding.tools.senses import (
    ListVoicesTool,
    TranscribeTool,
    UnderstandImageTool,
    UnderstandVideoTool,
    WebSearchTool,
)
from langchain_cncoding.tools.toolkit import CNCodingToolkit

__all__ = [
    "EVENT",
    "CNCodingJobCancelledError",
    "CNCodingJobDeadlineError",
    "CNCodingJobError",
    "CNCodingJobFailedError",
    "CNCodingTool",
    "CNCodingToolkit",
    "CancelMediaJobTool",
    "CheckMediaJobTool",
    "CloneVoiceTool",
    "DeleteVoiceTool",
    "DesignVoiceTool",
    "EditImageTool",
    "GenerateImageTool",
    "GenerateVideoTool",
    "ListVoicesTool",
    "SubmitImageTool",
    "SubmitVideoTool",
    "SynthesizeSpeechTool",
    "TranscribeTool",
    "UnderstandImageTool",
    "UnderstandVideoTool",
    "WebSearchTool",
]
