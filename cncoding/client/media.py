"""The media methods of both clients: the same names, each a thin call of a flow."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from typing import Any, TypeVar

from typing_extensions import Unpack

from cncoding.client.files import AsyncFiles, Files
from cncoding.client.folders import as_folder
from cncoding.client.journal import Journal
from cncoding.client.media_settings import (
    ImageSettings,
    JobLike,
    SpeechSettings,
    VideoSettings,
    as_speech,
    edit_request,
    media_request,
    one_asset,
)
from cncoding.client.purchases import AsyncPurchases, Purchases
from cncoding.client.services import AsyncServices, Services
from cncoding.client.sources import Source
from cncoding.client.stream import AsyncSoundStream, SoundStream
from cncoding.client.voices import AsyncVoices, Voices
from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.media import jobs, saving, selection, services, streaming
from cncoding.media.leaving import wait_for_job
from cncoding.media.orders import Order, Place
from cncoding.media.polling import Patience, Polling
from cncoding.media.values import (
    Asset,
    Done,
    MediaJob,
    MediaRequest,
    MediaStatus,
)
from cncoding.registry import Settings, media_target
from cncoding.target import Setup

T = TypeVar("T")


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

    def _download(self, asset: Asset, folder: str, name: str | None, max_bytes: int | None) -> Flow[Asset]:
        setup = self._setup if asset.file_id is None else self._media_setup
        return saving.download(asset, folder, setup, name=name, max_bytes=max_bytes)

    def media_kinds(self) -> frozenset[str]:
        """Return what the provider makes: image, video, speech, voice."""
        return frozenset(route.kind for route in selection.media_routes(self._setup.target.provider))

    def tools_of(self, model: str) -> frozenset[str]:
        """Return the media tools that a model is known to serve: generate_image, understand_image, and so on."""
        return services.tools_of(model, self._setup)

    def choose_models(self, model: str | None, models: Mapping[str, str]) -> dict[str, str]:
        """Return the model of each media tool for which one was chosen.

        Args:
            model: For the tools that it serves.
            models: By tool name; they win.

        Raises:
            ConfigError: `model` is not known to serve any tool.
        """
        if model is None:
            return dict(models)
        served = self.tools_of(model)
        if not served:
            provider = self._setup.target.provider.id
            raise ConfigError(
                f"model={model!r}: {provider} is not known to have it; name the tool it is for, as in "
                "models={'generate_image': ...}"
            )
        return {**dict.fromkeys(served, model), **models}


class MediaClient(MediaFacts, Services, Files, Voices, Purchases):
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

    def edit_image(
        self, image: Source | Sequence[Source], prompt: str, *, mask: Source | None = None,
        **settings: Unpack[ImageSettings],
    ) -> Done:  # fmt: skip
        """Change a picture, or make a new one of what several show, and wait for it.

        Args:
            image: A path, URL, bytes, medium or Pillow image, or a list of them.
            prompt: What to change; several pictures go by their numbers in it.
            mask: A picture of the same size: what is white in it is changed, what is black is kept.
            **settings: See `ImageSettings`.

        Raises:
            ConfigError: No model of the provider takes this; the text names those that do. Nothing was sent or charged.
            TransportError, ApiError, JobError: As `generate_image`.
        """
        return self._buy(*edit_request(image, prompt, mask, settings))

    def generate_video(self, prompt: str = "", **settings: Unpack[VideoSettings]) -> Done:
        """Make a video and wait for it; see `generate_image` and `VideoSettings`."""
        return self._buy(*media_request("video", prompt, settings, VideoSettings))

    def synthesize_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> Done:
        """Speak a text; see `generate_image` and `SpeechSettings`."""
        return self._buy(*media_request("speech", text, settings, SpeechSettings))

    def stream_speech(self, text: str | MediaRequest | Order, **settings: Unpack[SpeechSettings]) -> SoundStream:
        """Speak a text and yield the sound in pieces while it is made, to be played or written as they come.

        GLM and Qwen send PCM of 16 bits and 24 kHz, MiniMax the format that is asked for (MP3); `kind` of the stream
        says it, and `as_wav` puts a header before PCM. A long text is one stream of several requests. With a journal
        each request is written down and counts in a budget; the sound is not kept. Closing the iterator hangs up.

        Args:
            text: What to speak, or an order with a budget or a name of the call.
            **settings: See `SpeechSettings`; an order has its own.

        Raises:
            ConfigError: The provider does not stream speech, or does not take a setting; nothing was sent or charged.
            UnconfirmedPurchaseError: It may have been bought before; nothing was bought now.
            TruncatedStreamError: The stream broke; what came has been yielded.
            TransportError, ApiError, ProtocolError: As `generate_image`.
        """
        order = as_speech(text, settings)
        flow = streaming.stream_speech(order, self._media_setup, journal=self._keeps)
        kind = streaming.describe_stream(order.request, self._media_setup.target.provider)
        return SoundStream(self._events(flow), kind)

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
        patience = Patience(poll_interval, timeout)
        return self._run(wait_for_job(self.job(job), self._media_setup, patience, cancel=cancel))

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
        flow = self._download(one_asset(asset), as_folder("folder", folder), name, max_bytes)
        return self._run(flow)


class AsyncMediaClient(MediaFacts, AsyncServices, AsyncFiles, AsyncVoices, AsyncPurchases):
    """Media methods of `AsyncClient`; those of `Client` say what they mean."""

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def _events(self, flow: Any) -> AsyncGenerator[Any, None]:
        raise NotImplementedError

    async def generate_image(self, prompt: str, **settings: Unpack[ImageSettings]) -> Done:
        """Make images and wait for them; see `Client.generate_image`."""
        return await self._buy(*media_request("image", prompt, settings, ImageSettings))

    async def edit_image(
        self, image: Source | Sequence[Source], prompt: str, *, mask: Source | None = None,
        **settings: Unpack[ImageSettings],
    ) -> Done:  # fmt: skip
        """Change a picture; see `Client.edit_image`."""
        return await self._buy(*edit_request(image, prompt, mask, settings))

    async def generate_video(self, prompt: str = "", **settings: Unpack[VideoSettings]) -> Done:
        """Make a video and wait for it; see `Client.generate_video`."""
        return await self._buy(*media_request("video", prompt, settings, VideoSettings))

    async def synthesize_speech(self, text: str, **settings: Unpack[SpeechSettings]) -> Done:
        """Speak a text; see `Client.synthesize_speech`."""
        return await self._buy(*media_request("speech", text, settings, SpeechSettings))

    def stream_speech(self, text: str | MediaRequest | Order, **settings: Unpack[SpeechSettings]) -> AsyncSoundStream:
        """Speak a text and yield the sound in pieces while it is made; see `Client.stream_speech`."""
        order = as_speech(text, settings)
        flow = streaming.stream_speech(order, self._media_setup, journal=self._keeps)
        kind = streaming.describe_stream(order.request, self._media_setup.target.provider)
        return AsyncSoundStream(self._events(flow), kind)

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
        patience = Patience(poll_interval, timeout)
        return await self._run(wait_for_job(self.job(job), self._media_setup, patience, cancel=cancel))

    async def cancel(self, job: JobLike) -> MediaStatus:
        """Cancel a job at the vendor and return how it stands; see `Client.cancel`."""
        return await self._run(jobs.cancel(self.job(job), self._media_setup))

    async def download(
        self, asset: Asset | Done, folder: str | PathLike[str], *, name: str | None = None, max_bytes: int | None = None
    ) -> Asset:
        """Save an asset; see `Client.download`."""
        flow = self._download(one_asset(asset), as_folder("folder", folder), name, max_bytes)
        return await self._run(flow)
