"""Tools that make images, videos and speech, and wait for them."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, Field

from cncoding import Media, MediaRequest
from cncoding.media.tool_texts import ARGUMENTS, DESCRIPTIONS
from langchain_cncoding.tools._artifact import Json
from langchain_cncoding.tools._base import CNCodingTool, inner, tool_errors


class ImageInput(BaseModel):
    """What `generate_image` takes."""

    prompt: str = Field(description=ARGUMENTS["prompt"])
    size: str | None = Field(
        default=None,
        description=ARGUMENTS["size"],
    )
    count: int | None = Field(default=None, description=ARGUMENTS["count"], ge=1)
    images: list[str] | None = Field(default=None, description=ARGUMENTS["images"])


class VideoInput(BaseModel):
    """What `generate_video` and `submit_video` take."""

    prompt: str = Field(description=ARGUMENTS["prompt"])
    images: list[str] | None = Field(default=None, description=ARGUMENTS["images"])
    duration: int | None = Field(default=None, description=ARGUMENTS["duration"], ge=1)
    resolution: str | None = Field(default=None, description=ARGUMENTS["resolution"])
    size: str | None = Field(default=None, description=ARGUMENTS["size"])


class SpeechInput(BaseModel):
    """What `synthesize_speech` takes."""

    text: str = Field(description=ARGUMENTS["text"])
    voice: str | None = Field(default=None, description=ARGUMENTS["voice"])


class GenerateImageTool(CNCodingTool):
    """Make pictures from words.

    Example:
        >>> tool = GenerateImageTool(provider="glm", api_key="id.secret", output_dir="pictures")
        >>> tool.name
        'generate_image'
    """

    name: str = "generate_image"
    description: str = DESCRIPTIONS["generate_image"]
    args_schema: Any = ImageInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]

    def _request(self, prompt: str, size: str | None, count: int | None, images: list[str] | None) -> MediaRequest:
        with tool_errors():
            inputs = tuple(_medium(self._source(image)) for image in images or [])
        return MediaRequest("image", prompt, self.model, inputs, size=size, n=count, options=self.options)

    def _run(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None, *,
        config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        return self._make(self._request(prompt, size, count, images), inner(config, run_manager))

    async def _arun(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None, *,
        config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        return await self._amake(self._request(prompt, size, count, images), inner(config, run_manager))


class VideoTool(CNCodingTool):
    """What the two video tools share."""

    args_schema: Any = VideoInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]

    def _request(
        self, prompt: str, images: list[str] | None, duration: int | None, resolution: str | None, size: str | None
    ) -> MediaRequest:
        with tool_errors():
            inputs = tuple(_medium(self._source(image)) for image in images or [])
        return MediaRequest(
            "video",
            prompt,
            self.model,
            inputs,
            duration=duration,
            resolution=resolution,
            size=size,
            options=self.options,
        )


class GenerateVideoTool(VideoTool):
    """Make a video and wait for it, which takes minutes; progress is reported meanwhile."""

    name: str = "generate_video"
    description: str = DESCRIPTIONS["generate_video"]

    def _run(
        self, prompt: str, images: list[str] | None = None, duration: int | None = None, resolution: str | None = None,
        size: str | None = None, *, config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        return self._make(self._request(prompt, images, duration, resolution, size), inner(config, run_manager))

    async def _arun(
        self, prompt: str, images: list[str] | None = None, duration: int | None = None, resolution: str | None = None,
        size: str | None = None, *, config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        return await self._amake(self._request(prompt, images, duration, resolution, size), inner(config, run_manager))


class SynthesizeSpeechTool(CNCodingTool):
    """Speak a text."""

    name: str = "synthesize_speech"
    description: str = DESCRIPTIONS["synthesize_speech"]
    args_schema: Any = SpeechInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]
    voice: str | None = None
    """Voice where the agent names none."""

    def _request(self, text: str, voice: str | None) -> MediaRequest:
        return MediaRequest("speech", text, self.model, voice=voice or self.voice, options=self.options)

    def _run(
        self, text: str, voice: str | None = None, *, config: RunnableConfig, run_manager: Any = None
    ) -> tuple[str, Json]:
        return self._make(self._request(text, voice), inner(config, run_manager))

    async def _arun(
        self, text: str, voice: str | None = None, *, config: RunnableConfig, run_manager: Any = None
    ) -> tuple[str, Json]:
        return await self._amake(self._request(text, voice), inner(config, run_manager))


def _medium(source: str) -> Media:
    return (
        Media("image", url=source)
        if "://" in source[:12] or source.startswith("data:")
        else Media("image", path=source)
    )
