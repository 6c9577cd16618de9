"""The tools of a spec as methods, each twice, for threads and for event loops: they sign and call."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ContentBlock


class ToolMethods:
    """One method for each tool of the core, with the arguments that a model fills in."""

    def _use(self, tool: str, **arguments: Any) -> list[ContentBlock]:
        raise NotImplementedError

    async def _ause(self, tool: str, **arguments: Any) -> list[ContentBlock]:
        raise NotImplementedError

    # ------------------------------------------------------------ images, videos, speech

    def generate_image(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None
    ) -> list[ContentBlock]:
        """Make pictures from a description.

        Args:
            prompt: What the picture shows, in detail.
            size: WIDTHxHEIGHT such as 1024x1024, or an aspect ratio such as 16:9. Leave out if unsure.
            count: How many pictures. Leave out for one.
            images: Links or files of pictures to start from. Not every model takes them.
        """
        return self._use("generate_image", prompt=prompt, size=size, count=count, images=images)

    async def agenerate_image(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None
    ) -> list[ContentBlock]:
        """Make pictures from a description; see `generate_image`."""
        return await self._ause("generate_image", prompt=prompt, size=size, count=count, images=images)

    def generate_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Make a short video and wait for it.

        Args:
            prompt: What happens in the video: subject, movement, camera, light.
            images: Links or files: the first frame, then (optionally) the last frame.
            duration: Seconds. Leave out if unsure.
            resolution: For example 720P or 1080P. Leave out if unsure.
            size: WIDTHxHEIGHT or an aspect ratio. Leave out if unsure.
        """
        return self._use(
            "generate_video", prompt=prompt, images=images, duration=duration, resolution=resolution, size=size
        )

    async def agenerate_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Make a short video and wait for it; see `generate_video`."""
        return await self._ause(
            "generate_video", prompt=prompt, images=images, duration=duration, resolution=resolution, size=size
        )

    def synthesize_speech(self, text: str, voice: str | None = None) -> list[ContentBlock]:
        """Speak a text into a sound file.

        Args:
            text: The words to speak.
            voice: Name of a voice of the vendor. Leave out if unsure.
        """
        return self._use("synthesize_speech", text=text, voice=voice)

    async def asynthesize_speech(self, text: str, voice: str | None = None) -> list[ContentBlock]:
        """Speak a text into a sound file; see `synthesize_speech`."""
        return await self._ause("synthesize_speech", text=text, voice=voice)

    # ------------------------------------------------------------ jobs

    def submit_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Begin to make a short video and return the name of the job at once; see `generate_video`.

        Args:
            prompt: What happens in the video: subject, movement, camera, light.
            images: Links or files: the first frame, then (optionally) the last frame.
            duration: Seconds. Leave out if unsure.
            resolution: For example 720P or 1080P. Leave out if unsure.
            size: WIDTHxHEIGHT or an aspect ratio. Leave out if unsure.
        """
        return self._use(
            "submit_video", prompt=prompt, images=images, duration=duration, resolution=resolution, size=size
        )

    async def asubmit_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Begin to make a short video and return the name of the job at once; see `submit_video`."""
        return await self._ause(
            "submit_video", prompt=prompt, images=images, duration=duration, resolution=resolution, size=size
        )

    def submit_image(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None
    ) -> list[ContentBlock]:
        """Begin to make pictures and return the name of the job at once; see `generate_image`.

        Args:
            prompt: What the picture shows, in detail.
            size: WIDTHxHEIGHT such as 1024x1024, or an aspect ratio such as 16:9. Leave out if unsure.
            count: How many pictures. Leave out for one.
            images: Links or files of pictures to start from. Not every model takes them.
        """
        return self._use("submit_image", prompt=prompt, size=size, count=count, images=images)

    async def asubmit_image(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None
    ) -> list[ContentBlock]:
        """Begin to make pictures and return the name of the job at once; see `submit_image`."""
        return await self._ause("submit_image", prompt=prompt, size=size, count=count, images=images)

    def check_media_job(self, job: str) -> list[ContentBlock]:
        """Look how a job stands, and fetch its result if it is done.

        Args:
            job: The job, exactly as submit_video named it.
        """
        return self._use("check_media_job", job=job)

    async def acheck_media_job(self, job: str) -> list[ContentBlock]:
        """Look how a job stands; see `check_media_job`."""
        return await self._ause("check_media_job", job=job)

    def cancel_media_job(self, job: str) -> list[ContentBlock]:
        """Cancel a job that is no longer wanted.

        Args:
            job: The job, exactly as submit_video named it.
        """
        return self._use("cancel_media_job", job=job)

    async def acancel_media_job(self, job: str) -> list[ContentBlock]:
        """Cancel a job that is no longer wanted; see `cancel_media_job`."""
        return await self._ause("cancel_media_job", job=job)

    # ------------------------------------------------------------ sight, hearing and search

    def understand_image(self, image: str, question: str = "Describe this image.") -> list[ContentBlock]:
        """Look at a picture and answer a question about it.

        Args:
            image: Link or file of the picture.
            question: What to find out about it.
        """
        return self._use("understand_image", image=image, question=question)

    async def aunderstand_image(self, image: str, question: str = "Describe this image.") -> list[ContentBlock]:
        """Look at a picture and answer a question about it; see `understand_image`."""
        return await self._ause("understand_image", image=image, question=question)

    def web_search(self, query: str, count: int | None = None) -> list[ContentBlock]:
        """Search the web.

        Args:
            query: A few words to search for.
            count: How many results. Leave out if unsure.
        """
        return self._use("web_search", query=query, count=count)

    async def aweb_search(self, query: str, count: int | None = None) -> list[ContentBlock]:
        """Search the web; see `web_search`."""
        return await self._ause("web_search", query=query, count=count)

    def transcribe(self, audio: str, language: str | None = None) -> list[ContentBlock]:
        """Put the speech of a recording into words.

        Args:
            audio: Link or file of the recording.
            language: Language of the speech, for example zh or en. Leave out if unsure.
        """
        return self._use("transcribe", audio=audio, language=language)

    async def atranscribe(self, audio: str, language: str | None = None) -> list[ContentBlock]:
        """Put the speech of a recording into words; see `transcribe`."""
        return await self._ause("transcribe", audio=audio, language=language)

    def list_voices(self) -> list[ContentBlock]:
        """List the voices that `synthesize_speech` can use."""
        return self._use("list_voices")

    async def alist_voices(self) -> list[ContentBlock]:
        """List the voices that `synthesize_speech` can use; see `list_voices`."""
        return await self._ause("list_voices")
