"""The methods of both clients that make nothing: hearing, sight, search, voices, what is left and what there is."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TypeVar

from cncoding import account
from cncoding.client.sources import Source, as_media
from cncoding.exchange.retry import Flow
from cncoding.media import hearing, selection, services, sight
from cncoding.media.polling import Patience
from cncoding.media.sound.transcript import Transcript
from cncoding.media.values import ListedModel, McpServer, SearchResult
from cncoding.quota import Quota
from cncoding.target import Setup
from cncoding.types import JsonObject

T = TypeVar("T")
_PASSED = re.compile(
    r"(?i)(uv|pip|npm_config)_.*|(https?|all|no)_proxy|ssl_cert_(file|dir)|requests_ca_bundle|node_extra_ca_certs"
)
"""Settings that a program needs to be fetched and to reach the vendor; MCP clients start it with next to none."""


class ServiceFacts:
    """What both clients know about services without I/O."""

    _setup: Setup

    @property
    def _media_setup(self) -> Setup:
        raise NotImplementedError

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
        return sight.can_see(self._setup)


class Services(ServiceFacts):
    """Of `Client`."""

    def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def transcribe(
        self, audio: Source, *, model: str | None = None, language: str | None = None,
        options: JsonObject | None = None, poll_interval: float | None = None, timeout: float | None = None,
    ) -> Transcript:  # fmt: skip
        """Put speech into words.

        A WAV or MP3 file that is longer than the vendor takes is cut, in pauses where they can be seen; `segments` has
        the times, `gaps` what failed of it.

        Args:
            audio: A URL, a path, bytes or a medium.
            model: The provider's default model if None.
            language: For example `zh`; the vendor finds it if None.
            options: Fields of the vendor.
            poll_interval: Seconds between questions about a recording that is heard as a job.
            timeout: Seconds until a job, or a busy vendor, is waited for no longer.

        Raises:
            ConfigError: The provider has no such endpoint, or does not take this recording.
            ApiError, TransportError, ProtocolError: It failed, all of it.
            JobDeadlineError: It was not done in time.
        """
        flow = hearing.transcribe(
            as_media(audio, "audio"), self._media_setup, model=model, language=language, options=options or {},
            patience=Patience(poll_interval, timeout),
        )  # fmt: skip
        return self._run(flow)

    def understand_image(
        self, image: Source, question: str = "Describe this image.", *, model: str | None = None
    ) -> str:
        """Ask about an image and return the answer."""
        return self._run(sight.understand(as_media(image, "image", "image"), question, self._setup, model=model))

    def understand_video(
        self, video: Source, question: str = "Describe this film.", *, model: str | None = None
    ) -> str:
        """Ask about a film and return the answer.

        Args:
            video: A path, a URL, bytes, an open file or a medium; a large one is given to the vendor first where it
                keeps films (MiniMax).
            question: What to find out.
            model: A model that reads films; the client's if it does, else the first of the endpoint.

        Raises:
            ConfigError: No model of the endpoint reads films, or the film is too large; nothing was sent.
        """
        return self._run(sight.understand(as_media(video, "video", "video"), question, self._setup, model=model))

    def web_search(self, query: str, *, count: int | None = None, options: JsonObject | None = None) -> SearchResult:
        """Search the web with the vendor's search."""
        return self._run(services.search(query, self._setup, count=count, options=options or {}))

    def quota(self) -> Quota:
        """Ask what is left on the plan or the account."""
        return self._run(account.quota(self._setup))

    def models(self) -> tuple[ListedModel, ...]:
        """List the models of the endpoint."""
        return self._run(account.models(self._setup))


class AsyncServices(ServiceFacts):
    """Of `AsyncClient`; the methods of `Services` say what they mean."""

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    async def transcribe(
        self, audio: Source, *, model: str | None = None, language: str | None = None,
        options: JsonObject | None = None, poll_interval: float | None = None, timeout: float | None = None,
    ) -> Transcript:  # fmt: skip
        """Put speech into words; see `Client.transcribe`."""
        flow = hearing.transcribe(
            as_media(audio, "audio"), self._media_setup, model=model, language=language, options=options or {},
            patience=Patience(poll_interval, timeout),
        )  # fmt: skip
        return await self._run(flow)

    async def understand_image(
        self, image: Source, question: str = "Describe this image.", *, model: str | None = None
    ) -> str:
        """Ask about an image and return the answer."""
        return await self._run(sight.understand(as_media(image, "image", "image"), question, self._setup, model=model))

    async def understand_video(
        self, video: Source, question: str = "Describe this film.", *, model: str | None = None
    ) -> str:
        """Ask about a film; see `Client.understand_video`."""
        return await self._run(sight.understand(as_media(video, "video", "video"), question, self._setup, model=model))

    async def web_search(
        self, query: str, *, count: int | None = None, options: JsonObject | None = None
    ) -> SearchResult:
        """Search the web with the vendor's search."""
        return await self._run(services.search(query, self._setup, count=count, options=options or {}))

    async def quota(self) -> Quota:
        """Ask what is left on the plan or the account."""
        return await self._run(account.quota(self._setup))

    async def models(self) -> tuple[ListedModel, ...]:
        """List the models of the endpoint."""
        return await self._run(account.models(self._setup))
