"""What both clients do with voices: clone, design, list, delete."""

from __future__ import annotations

from typing import TypeVar

from typing_extensions import Unpack

from cncoding.client.media_settings import VoiceSettings, clone_request, design_request
from cncoding.client.sources import Source
from cncoding.exchange.retry import Flow
from cncoding.media import voice_list
from cncoding.media.polling import Patience
from cncoding.media.values import Done, MediaRequest
from cncoding.media.voices import Voice, read_voice
from cncoding.target import Setup

T = TypeVar("T")


class Voices:
    """Of `Client`."""

    @property
    def _media_setup(self) -> Setup:
        raise NotImplementedError

    def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def _buy(self, request: MediaRequest, patience: Patience) -> Done:
        raise NotImplementedError

    def list_voices(self) -> tuple[Voice, ...]:
        """Ask which voices the vendor has for this key; `id` is what `voice=` takes."""
        return self._run(voice_list.list_voices(self._media_setup))

    def clone_voice(self, audio: Source, voice: str, *, consent: str, **settings: Unpack[VoiceSettings]) -> Voice:
        """Make a voice that sounds like the one of a recording. The recording is uploaded to the vendor.

        MiniMax forgets a cloned voice that has not spoken for 7 days, and does not list it before it spoke.

        Args:
            audio: A path, bytes, an open file, or a file that the vendor keeps: one person, no other sounds.
            voice: Name of the new voice. At MiniMax it is its id, and must be new for good.
            consent: Who agreed that their voice is cloned, how and when. Kept in the journal (`journal=`) and not sent:
                the vendors have no field for it, but they and the law want the agreement.
            **settings: See `VoiceSettings`; GLM needs `preview`.

        Returns:
            The voice; `id` is what `synthesize_speech(voice=...)` takes.

        Raises:
            ConfigError: Consent is missing, or the recording or a setting is not taken; nothing was sent.
            TransportError, ApiError: As `generate_image`.
        """
        return read_voice(self._buy(*clone_request(audio, voice, consent, settings)))

    def design_voice(self, prompt: str, *, voice: str | None = None, **settings: Unpack[VoiceSettings]) -> Voice:
        """Make a voice by words; see `clone_voice`.

        Args:
            prompt: How it sounds: age, timbre, mood, pace.
            voice: Its id; the vendor makes one up if None.
            **settings: See `VoiceSettings`; `preview` is needed.
        """
        return read_voice(self._buy(*design_request(prompt, voice, settings)))

    def delete_voice(self, voice: Voice | str, *, kind: str | None = None) -> None:
        """Let the vendor forget a voice that was cloned or designed; at MiniMax its id is not given again.

        Args:
            voice: A voice or its id.
            kind: `cloned` or `designed`, where an id is given that the vendor does not list yet.

        Raises:
            ConfigError: The provider has no way to, or the voice is the vendor's own.
            ApiError, TransportError: It failed, for example because there is no such voice.
        """
        self._run(voice_list.delete_voice(voice, self._media_setup, kind))


class AsyncVoices:
    """Of `AsyncClient`; the methods of `Voices` say what they mean."""

    @property
    def _media_setup(self) -> Setup:
        raise NotImplementedError

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    async def _buy(self, request: MediaRequest, patience: Patience) -> Done:
        raise NotImplementedError

    async def list_voices(self) -> tuple[Voice, ...]:
        """Ask which voices the vendor has for this key; see `Client.list_voices`."""
        return await self._run(voice_list.list_voices(self._media_setup))

    async def clone_voice(self, audio: Source, voice: str, *, consent: str, **settings: Unpack[VoiceSettings]) -> Voice:
        """Make a voice that sounds like the one of a recording; see `Client.clone_voice`."""
        return read_voice(await self._buy(*clone_request(audio, voice, consent, settings)))

    async def design_voice(self, prompt: str, *, voice: str | None = None, **settings: Unpack[VoiceSettings]) -> Voice:
        """Make a voice by words; see `Client.design_voice`."""
        return read_voice(await self._buy(*design_request(prompt, voice, settings)))

    async def delete_voice(self, voice: Voice | str, *, kind: str | None = None) -> None:
        """Let the vendor forget a voice that was cloned or designed; see `Client.delete_voice`."""
        await self._run(voice_list.delete_voice(voice, self._media_setup, kind))
