"""Tools that do not block the agent: one submits a video, the other looks after a job."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, Field

from cncoding import Done, Failed, MediaJob, MediaStatus
from cncoding.media.tool_texts import ARGUMENTS, DESCRIPTIONS, begun, summary, told
from langchain_cncoding.tools._artifact import Json, artifact, pending
from langchain_cncoding.tools._base import CNCodingTool, inner, tool_errors
from langchain_cncoding.tools.media import VideoTool


class JobInput(BaseModel):
    """What `check_media_job` takes."""

    job: str = Field(description=ARGUMENTS["job"])


class SubmitVideoTool(VideoTool):
    """Begin a video and return at once."""

    name: str = "submit_video"
    description: str = DESCRIPTIONS["submit_video"]

    def _run(
        self, prompt: str, images: list[str] | None = None, duration: int | None = None, resolution: str | None = None,
        size: str | None = None, *, config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        with tool_errors():
            job = self._client.submit(self._request(prompt, images, duration, resolution, size))
        self._tell(self._event(job, None), inner(config, run_manager))
        return _begun(job)

    async def _arun(
        self, prompt: str, images: list[str] | None = None, duration: int | None = None, resolution: str | None = None,
        size: str | None = None, *, config: RunnableConfig, run_manager: Any = None,
    ) -> tuple[str, Json]:  # fmt: skip
        with tool_errors():
            job = await self._async_client.submit(self._request(prompt, images, duration, resolution, size))
        await self._atell(self._event(job, None), inner(config, run_manager))
        return _begun(job)


def _begun(job: MediaJob) -> tuple[str, Json]:
    return begun(job), pending(job)


class CheckMediaJobTool(CNCodingTool):
    """Look how a job stands, and fetch its result if it is done."""

    name: str = "check_media_job"
    description: str = DESCRIPTIONS["check_media_job"]
    args_schema: Any = JobInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]

    def _run(self, job: str, *, config: RunnableConfig, run_manager: Any = None) -> tuple[str, Json]:
        with tool_errors():
            found = self._client.job(job)
            status = self._client.status(found)
            self._tell(self._event(found, status), inner(config, run_manager))
            if not isinstance(status, Done):
                return _told(found, status)
            done = self._with_files(status, tuple(self._saved(asset) for asset in status.assets))
            return summary(done, found), artifact(done, found)

    async def _arun(self, job: str, *, config: RunnableConfig, run_manager: Any = None) -> tuple[str, Json]:
        with tool_errors():
            found = self._async_client.job(job)
            status = await self._async_client.status(found)
            await self._atell(self._event(found, status), inner(config, run_manager))
            if not isinstance(status, Done):
                return _told(found, status)
            done = self._with_files(status, tuple([await self._asaved(asset) for asset in status.assets]))
            return summary(done, found), artifact(done, found)


def _told(job: MediaJob, status: MediaStatus) -> tuple[str, Json]:
    known = pending(job, status)
    return told(job, status), {**known, "code": status.code} if isinstance(status, Failed) else known
