"""The media methods of both clients: the same names, each a thin call of a flow."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from functools import cached_property
from os import PathLike, fspath
from typing import Any, TypeVar

from typing_extensions import Unpack

from cncoding import account
from cncoding.client.journal import Journal
from cncoding.client.media_settings import (
    ImageSettings,
    JobLike,
    Source,
    SpeechSettings,
    VideoSettings,
    as_media,
    media_request,
    one_asset,
)
from cncoding.client.purchases import AsyncPurchases, Purchases
from cncoding.errors import CncodingError
from cncoding.exchange.retry import Flow
from cncoding.media import jobs, polling, saving, selection, services, streaming
from cncoding.media.orders import Place
from cncoding.media.polling import Patience, Polling
from cncoding.media.values import (
    Asset,
    Done,
    ListedModel,
    McpServer,
    MediaJob,
    MediaRequest,
    MediaStatus,
    SearchResult,
    Transcript,
)
from cncoding.media.voices import Voice
from cncoding.quota import Quota
from cncoding.registry import Settings, media_target
from cncoding.target import Setup
from cncoding.types import JsonObject

T = TypeVar("T")
_PASSED = re.compile(
    r"(?i)(uv|pip|npm_config)_.*|(https?|all|no)_proxy|ssl_cert_(file|dir)|requests_ca_bundle|node_extra_ca_certs"
)
"""Settings that a program needs to be fetched and to reach the vendor; MCP clients start it with next to none."""


class MediaFacts:
    """What both clients know about media without I/O."""

    _setup: Setup
    _settings: Settings
    _journal: Journal | None

    @cached_property
    def _media_setup(self) -> Setup:
        """The setup of media calls: another endpoint of the vendor where a plan has no media."""
        return replace(self._setup, target=media_target(self._setup.target, self._settings, os.environ))

    def job(self, job: JobLike) -> MediaJob:
        """Return the job that a job, its JSON, its JSON text or its `handle` means.

        Raises:
            ConfigError: It is none of this provider.
        """
        if isinstance(job, MediaJob):
            return job
        return selection.job_of(job, self._media_setup) if isinstance(job, str) else MediaJob.from_json(job)

    def media_kinds(self) -> frozenset[str]:
        """Return what the provider makes: image, video, speech."""
        return frozenset(route.kind for route in selection.media_routes(self._setup.target.provider))

    def tools_of(self, model: str) -> frozenset[str]:
        """Return the media tools that a model is known to serve: generate_image, understand_image, and so on."""
        return services.tools_of(model, self._setup)

    def can_search(self) -> bool:
        """Tell whether the client's endpoint has a web search."""
        return selection.find_search_route(self._setup) is not None

    def can_transcribe(self) -> bool:
        """Tell whether the provider puts speech into words."""
        return services.can_transcribe(self._setup)

    def mcp_servers(self) -> tuple[McpServer, ...]:
        """Return how to reach the MCP servers that the vendor offers with this client's key.

        Raises:
            ConfigError: One needs another key than the plan's, and there is none.
        """
        servers = services.mcp_servers(self._setup, self._media_setup)
        passed = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
        return tuple(replace(one, env={**passed, **one.env}) if one.command else one for one in servers)

    def can_see(self) -> bool:
        """Tell whether a vision endpoint or a model of the endpoint reads images."""
        return services.can_see(self._setup)


class MediaClient(MediaFacts, Purchases):
    """Media methods of `Client`."""

    def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def _events(self, flow: Any) -> Generator[Any, None, None]:
        raise NotImplementedError

    def generate_image(self, prompt: str, **settings: Unpack[ImageSettings]) -> Done:
        """Make images and wait for them.

        Args:
            prompt: What to show.
            **settings: See `ImageSettings`.

        Returns:
            The assets with links or bytes; `download` saves them.

        Raises:
            ConfigError: The model does not take a setting; nothing was sent or charged.
            TransportError: The network failed; with `sent`, the vendor may have charged.
            ApiError: The vendor refused or failed.
            JobError: The job failed, was cancelled, or was not done in time; `job` can be asked for again.
        """
        return self._buy(*media_request("image", prompt, settings, ImageSettings))

    def generate_video(self, prompt: str = "", **settings: Unpack[VideoSettings]) -> Done:
        """Make a video and wait for it; see `generate_image` and `VideoSettings`."""
        return self._buy(*media_request("video", prompt, settings, VideoSettings))

    def synthesize_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> Done:
        """Speak a text; see `generate_image` and `SpeechSettings`."""
        return self._buy(*media_request("speech", text, settings, SpeechSettings))

    def stream_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> Generator[bytes, None, None]:
        """Speak a text and yield the sound in pieces while it is made, to be played or written as they come.

        GLM and Qwen send PCM of 16 bits and 24 kHz, MiniMax the format that is asked for (MP3). Closing the iterator
        hangs up. The purchase is not written to the journal.

        Raises:
            ConfigError: The provider does not stream speech, or does not take a setting; nothing was sent or charged.
            TruncatedStreamError: The stream broke; what came has been yielded.
            TransportError, ApiError, ProtocolError: As `generate_image`.
        """
        request, _ = media_request("speech", text, settings, SpeechSettings)
        return self._events(streaming.stream_speech(request, self._media_setup))

    def _buy(self, request: MediaRequest, patience: Patience) -> Done:
        return self.make(request, Place(patience=patience)).done

    def submit(self, request: MediaRequest) -> MediaJob:
        """Send a request and return its job at once; `generate_image` says what is raised."""
        job = self.begin(request).job
        assert job is not None
        return job

    def status(self, job: JobLike) -> MediaStatus:
        """Ask once how a job stands."""
        return self._run(jobs.status(self.job(job), self._media_setup))

    def watch(
        self, job: JobLike, *, poll_interval: float | None = None, timeout: float | None = None
    ) -> Generator[MediaStatus, None, None]:
        """Ask again and again and yield every answer; the last one is `Done`. Raises as `wait`."""
        polling = Polling(self.job(job), self._media_setup, Patience(poll_interval, timeout))
        while not polling.over:
            yield self._run(polling.step())

    def wait(
        self, job: JobLike, *, poll_interval: float | None = None, timeout: float | None = None, cancel: bool = True
    ) -> Done:
        """Wait until a job is done.

        Args:
            job: Of this process or of another.
            poll_interval: Seconds between questions; by default the route's own, growing.
            timeout: Seconds until waiting is given up; the job goes on at the vendor.
            cancel: Whether an interrupted wait (Ctrl-C, a cancelled task) tries to cancel the job at the vendor.

        Raises:
            JobFailedError, JobCancelledError: The job has no result.
            JobDeadlineError: It was not done in time.
            ApiError, TransportError, ProtocolError: It could not be asked for.
        """
        return self._wait(self.job(job), Patience(poll_interval, timeout), cancel=cancel)

    def _wait(self, job: MediaJob, patience: Patience, *, cancel: bool) -> Done:
        try:
            return self._run(polling.wait(job, self._media_setup, patience))
        except BaseException as error:
            if cancel and not isinstance(error, Exception) and jobs.can_cancel(job, self._media_setup):
                self._drop(job)
            raise

    def _drop(self, job: MediaJob) -> None:
        try:
            self.cancel(job)
        except CncodingError:
            return  # the wait was interrupted, and says so; the job may go on

    def cancel(self, job: JobLike) -> MediaStatus:
        """Cancel a job at the vendor and return how it stands: `Done` if it was too late.

        Raises:
            ConfigError: The vendor has no way to cancel it.
        """
        return self._run(jobs.cancel(self.job(job), self._media_setup))

    def download(
        self, asset: Asset | Done, folder: str | PathLike[str], *, name: str | None = None, max_bytes: int | None = None
    ) -> Asset:
        """Save an asset (the first one of a `Done`) and return it with `path`, type, size and dimensions.

        Raises:
            ConfigError: The link leads to a private address, or the folder cannot be written.
            NotFoundError: The link stopped working.
            ProtocolError: What came is not such a medium, is broken, or is too large.
        """
        flow = saving.download(one_asset(asset), fspath(folder), self._setup, name=name, max_bytes=max_bytes)
        return self._run(flow)

    def transcribe(
        self, audio: Source, *, model: str | None = None, language: str | None = None,
        options: JsonObject | None = None, poll_interval: float | None = None, timeout: float | None = None,
    ) -> Transcript:  # fmt: skip
        """Put speech into words."""
        flow = services.transcribe(
            as_media(audio, "audio"), self._media_setup, model=model, language=language, options=options or {},
            patience=Patience(poll_interval, timeout),
        )  # fmt: skip
        return self._run(flow)

    def understand_image(
        self, image: Source, question: str = "Describe this image.", *, model: str | None = None
    ) -> str:
        """Ask about an image and return the answer."""
        return self._run(services.understand(as_media(image, "image"), question, self._setup, model=model))

    def web_search(self, query: str, *, count: int | None = None, options: JsonObject | None = None) -> SearchResult:
        """Search the web with the vendor's search."""
        return self._run(services.search(query, self._setup, count=count, options=options or {}))

    def list_voices(self) -> tuple[Voice, ...]:
        """Ask which voices the vendor has for this key; `id` is what `voice=` takes."""
        return self._run(services.list_voices(self._media_setup))

    def quota(self) -> Quota:
        """Ask what is left on the plan or the account."""
        return self._run(account.quota(self._setup))

    def models(self) -> tuple[ListedModel, ...]:
        """List the models of the endpoint."""
        return self._run(account.models(self._setup))


class AsyncMediaClient(MediaFacts, AsyncPurchases):
    """Media methods of `AsyncClient`; those of `Client` say what they mean."""

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def _events(self, flow: Any) -> AsyncGenerator[Any, None]:
        raise NotImplementedError

    async def generate_image(self, prompt: str, **settings: Unpack[ImageSettings]) -> Done:
        """Make images and wait for them; see `Client.generate_image`."""
        return await self._buy(*media_request("image", prompt, settings, ImageSettings))

    async def generate_video(self, prompt: str = "", **settings: Unpack[VideoSettings]) -> Done:
        """Make a video and wait for it; see `Client.generate_video`."""
        return await self._buy(*media_request("video", prompt, settings, VideoSettings))

    async def synthesize_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> Done:
        """Speak a text; see `Client.synthesize_speech`."""
        return await self._buy(*media_request("speech", text, settings, SpeechSettings))

    def stream_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> AsyncGenerator[bytes, None]:
        """Speak a text and yield the sound in pieces while it is made; see `Client.stream_speech`."""
        request, _ = media_request("speech", text, settings, SpeechSettings)
        return self._events(streaming.stream_speech(request, self._media_setup))

    async def _buy(self, request: MediaRequest, patience: Patience) -> Done:
        return (await self.make(request, Place(patience=patience))).done

    async def submit(self, request: MediaRequest) -> MediaJob:
        """Send a request and return its job at once; see `Client.submit`."""
        job = (await self.begin(request)).job
        assert job is not None
        return job

    async def status(self, job: JobLike) -> MediaStatus:
        """Ask once how a job stands."""
        return await self._run(jobs.status(self.job(job), self._media_setup))

    async def watch(
        self, job: JobLike, *, poll_interval: float | None = None, timeout: float | None = None
    ) -> AsyncGenerator[MediaStatus, None]:
        """Ask again and again and yield every answer; see `Client.watch`."""
        polling = Polling(self.job(job), self._media_setup, Patience(poll_interval, timeout))
        while not polling.over:
            yield await self._run(polling.step())

    async def wait(
        self, job: JobLike, *, poll_interval: float | None = None, timeout: float | None = None, cancel: bool = True
    ) -> Done:
        """Wait until a job is done; see `Client.wait`."""
        return await self._wait(self.job(job), Patience(poll_interval, timeout), cancel=cancel)

    async def _wait(self, job: MediaJob, patience: Patience, *, cancel: bool) -> Done:
        try:
            return await self._run(polling.wait(job, self._media_setup, patience))
        except BaseException as error:
            if cancel and not isinstance(error, Exception) and jobs.can_cancel(job, self._media_setup):
                await self._drop(job)
            raise

    async def _drop(self, job: MediaJob) -> None:
        try:
            await self.cancel(job)
        except CncodingError:
            return  # the wait was interrupted, and says so; the job may go on

    async def cancel(self, job: JobLike) -> MediaStatus:
        """Cancel a job at the vendor and return how it stands; see `Client.cancel`."""
        return await self._run(jobs.cancel(self.job(job), self._media_setup))

    async def download(
        self, asset: Asset | Done, folder: str | PathLike[str], *, name: str | None = None, max_bytes: int | None = None
    ) -> Asset:
        """Save an asset; see `Client.download`."""
        flow = saving.download(one_asset(asset), fspath(folder), self._setup, name=name, max_bytes=max_bytes)
        return await self._run(flow)

    async def transcribe(
        self, audio: Source, *, model: str | None = None, language: str | None = None,
        options: JsonObject | None = None, poll_interval: float | None = None, timeout: float | None = None,
    ) -> Transcript:  # fmt: skip
        """Put speech into words."""
        flow = services.transcribe(
            as_media(audio, "audio"), self._media_setup, model=model, language=language, options=options or {},
            patience=Patience(poll_interval, timeout),
        )  # fmt: skip
        return await self._run(flow)

    async def understand_image(
        self, image: Source, question: str = "Describe this image.", *, model: str | None = None
    ) -> str:
        """Ask about an image and return the answer."""
        return await self._run(services.understand(as_media(image, "image"), question, self._setup, model=model))

    async def web_search(
        self, query: str, *, count: int | None = None, options: JsonObject | None = None
    ) -> SearchResult:
        """Search the web with the vendor's search."""
        return await self._run(services.search(query, self._setup, count=count, options=options or {}))

    async def list_voices(self) -> tuple[Voice, ...]:
        """Ask which voices the vendor has for this key; see `Client.list_voices`."""
        return await self._run(services.list_voices(self._media_setup))

    async def quota(self) -> Quota:
        """Ask what is left on the plan or the account."""
        return await self._run(account.quota(self._setup))

    async def models(self) -> tuple[ListedModel, ...]:
        """List the models of the endpoint."""
        return await self._run(account.models(self._setup))
