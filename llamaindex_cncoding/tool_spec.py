"""Media, sight and search as LlamaIndex tools: every one twice, for threads and for event loops."""

from __future__ import annotations

import copy
import difflib
import os
from collections.abc import Iterable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import AudioBlock, ContentBlock, ImageBlock, TextBlock, VideoBlock
from llama_index.core.tools.function_tool import FunctionTool
from llama_index.core.tools.tool_spec.base import BaseToolSpec
from llama_index.core.tools.types import ToolMetadata
from pydantic import create_model
from pydantic.fields import FieldInfo

from cncoding import (
    Asset,
    AsyncClient,
    Client,
    CncodingError,
    ConfigError,
    Done,
    Media,
    MediaJob,
    MediaRequest,
    MediaStatus,
)
from cncoding.client import allowed_source, folder_for
from cncoding.media.tool_texts import ARGUMENTS, DESCRIPTIONS, begun, hits_text, not_saved, summary, told
from cncoding.media.values import status_name
from llamaindex_cncoding._errors import unknown_argument
from llamaindex_cncoding._progress import bar

_SETTINGS = (
    "api_key", "endpoint", "base_url", "user_agent", "default_headers", "max_retries", "allow_hosts", "output_dir",
    "read_dirs", "poll_interval", "timeout", "model", "models", "options", "show_progress", "http_client",
    "http_async_client",
)  # fmt: skip


class CNCodingToolSpec(BaseToolSpec):
    """The media tools that a provider has.

    Every tool returns a text block (what was made, where, how large) and an image, video or audio block for each
    medium. Failures are the errors of `cncoding.errors`, which agents show to their model; a submission that may have
    arrived is never repeated.

    Examples:
        `pip install "cncoding[llamaindex]"`

        ```python
        from llamaindex_cncoding import CNCodingToolSpec

        spec = CNCodingToolSpec(provider="glm", output_dir="pictures")
        tools = spec.to_tool_list()
        ```
    """

    spec_functions: Any = ()
    """Names of the tools; set for each provider."""

    def __init__(
        self,
        provider: str,
        *,
        model: str | None = None,
        models: Mapping[str, str] | None = None,
        api_key: Any = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        user_agent: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        max_retries: int = 2,
        allow_hosts: tuple[str, ...] = (),
        output_dir: str | os.PathLike[str] | None = "cncoding-media",
        read_dirs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
        poll_interval: float | None = None,
        timeout: float | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        show_progress: bool = True,
        http_client: Any = None,
        http_async_client: Any = None,
        **unknown: Any,
    ) -> None:
        """Resolve the settings; nothing is connected yet.

        Args:
            provider: Id of the provider, for example `glm`.
            model: Model of the tools that it serves.
            models: Models by tool name; they win, for example `{"generate_image": "cogview-4"}`.
            api_key: Key; from the provider's environment variables if None.
            endpoint: As of `CNCodingLLM`, like the next four.
            base_url: What the vendor's own SDK takes.
            user_agent: Instead of the truthful one.
            default_headers: Laid over the headers of every request.
            max_retries: How often a busy vendor is asked again.
            allow_hosts: Hosts that media may be fetched from although they are not public.
            output_dir: Folder for what is made; None leaves links where the vendor gives links, and puts only what
                has none among the temporary files.
            read_dirs: Folders whose files the agent may use, beside `output_dir`.
            poll_interval: Seconds between questions about a job; the route's own if None.
            timeout: Seconds until waiting for a job is given up; the route's own if None.
            options: Fields of the vendor by tool name, sent with every call.
            show_progress: Whether a bar is shown when a person calls a method. Agents' tools show none.
            http_client: An httpx client of your own.
            http_async_client: The same for event loops.
            unknown: Refused, with the nearest name.

        Raises:
            ConfigError: Something is missing or does not fit.
        """
        for name in unknown:
            raise unknown_argument(type(self).__name__, name, _SETTINGS)
        common: dict[str, Any] = {
            "api_key": api_key,
            "endpoint": endpoint,
            "base_url": base_url,
            "user_agent": user_agent,
            "default_headers": default_headers,
            "max_retries": max_retries,
            "allow_hosts": allow_hosts,
            "framework": "llamaindex",
        }
        self.provider = provider
        self.show_progress = show_progress
        self._client = Client(provider, **common, http_client=http_client)
        self._async_client = AsyncClient(provider, **common, http_client=http_async_client)
        self._models = dict(models or {})
        self._options = {name: dict(_fields(name, fields)) for name, fields in (options or {}).items()}
        for setting, given in (("models", self._models), ("options", self._options)):
            for name in given:
                if name not in DESCRIPTIONS:
                    near = difflib.get_close_matches(name, list(DESCRIPTIONS), n=1)
                    raise ConfigError(f"{setting}: there is no tool {name!r}; did you mean {(near or ['?'])[0]!r}?")
        for setting, seconds in (("poll_interval", poll_interval), ("timeout", timeout)):
            if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
                raise ConfigError(f"{setting}={seconds!r}: give seconds above 0, or None for the route's own")
        if model is not None:
            served = self._client.tools_of(model)
            if not served:
                raise ConfigError(
                    f"model={model!r}: {provider} is not known to have it; name the tool it is for, as in "
                    "models={'generate_image': ...}"
                )
            self._models = {**dict.fromkeys(served, model), **self._models}
        self._folder = None if output_dir is None else _folder("output_dir", output_dir)
        several = (read_dirs,) if isinstance(read_dirs, str | os.PathLike) else read_dirs
        self._read_dirs = tuple(_folder("read_dirs", one) for one in several)
        self._interval = poll_interval
        self._timeout = timeout
        self.spec_functions = self._present()

    def _present(self) -> list[tuple[str, str]]:
        client, kinds = self._client, self._client.media_kinds()
        names = [
            *(["generate_image"] if "image" in kinds else []),
            *(["generate_video", "submit_video", "check_media_job"] if "video" in kinds else []),
            *(["synthesize_speech"] if "speech" in kinds else []),
            *(["understand_image"] if client.can_see() else []),
            *(["web_search"] if client.can_search() else []),
        ]
        return [(name, f"a{name}") for name in names]

    def to_tool_list(
        self, spec_functions: Any = None, func_to_metadata_mapping: dict[str, ToolMetadata] | None = None
    ) -> list[FunctionTool]:
        """Return the tools, without progress bars."""
        quiet = copy.copy(self)
        quiet.show_progress = False
        wanted = spec_functions or self.spec_functions
        known = dict(func_to_metadata_mapping or {})
        for one in wanted:
            name = one if isinstance(one, str) else one[0]
            if not hasattr(quiet, name):
                raise ConfigError(f"spec_functions: there is no tool {name!r}; {self.provider} has {self._names()}")
            if name not in known and name in DESCRIPTIONS:
                known[name] = quiet._metadata(name)
        return super(CNCodingToolSpec, quiet).to_tool_list(wanted, known)

    def _names(self) -> str:
        return ", ".join(name for name, _ in self.spec_functions)

    def _metadata(self, name: str) -> ToolMetadata:
        """Make the metadata of a tool: our description, and a word on every argument."""
        function = getattr(self, name)
        fields: dict[str, Any] = {
            argument: (about.annotation, FieldInfo(default=_default(about), description=ARGUMENTS[argument]))
            for argument, about in signature(function, eval_str=True).parameters.items()
        }
        return ToolMetadata(DESCRIPTIONS[name], name, create_model(name, **fields))

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
        return self._made(self._image(prompt, size, count, images))

    async def agenerate_image(
        self, prompt: str, size: str | None = None, count: int | None = None, images: list[str] | None = None
    ) -> list[ContentBlock]:
        """Make pictures from a description; see `generate_image`."""
        return await self._amade(self._image(prompt, size, count, images))

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
        return self._made(self._video("generate_video", prompt, images, duration, resolution, size))

    async def agenerate_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Make a short video and wait for it; see `generate_video`."""
        return await self._amade(self._video("generate_video", prompt, images, duration, resolution, size))

    def synthesize_speech(self, text: str, voice: str | None = None) -> list[ContentBlock]:
        """Speak a text into a sound file.

        Args:
            text: The words to speak.
            voice: Name of a voice of the vendor. Leave out if unsure.
        """
        return self._made(self._speech(text, voice))

    async def asynthesize_speech(self, text: str, voice: str | None = None) -> list[ContentBlock]:
        """Speak a text into a sound file; see `synthesize_speech`."""
        return await self._amade(self._speech(text, voice))

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
        request = self._video("submit_video", prompt, images, duration, resolution, size)
        return [TextBlock(text=begun(self._client.submit(request)))]

    async def asubmit_video(
        self,
        prompt: str,
        images: list[str] | None = None,
        duration: int | None = None,
        resolution: str | None = None,
        size: str | None = None,
    ) -> list[ContentBlock]:
        """Begin to make a short video and return the name of the job at once; see `submit_video`."""
        request = self._video("submit_video", prompt, images, duration, resolution, size)
        return [TextBlock(text=begun(await self._async_client.submit(request)))]

    def check_media_job(self, job: str) -> list[ContentBlock]:
        """Look how a job stands, and fetch its result if it is done.

        Args:
            job: The job, exactly as submit_video named it.
        """
        found = self._client.job(job)
        status = self._client.status(found)
        if not isinstance(status, Done):
            return [TextBlock(text=told(found, status))]
        return _blocks(status, found, [self._saved(asset) for asset in status.assets])

    async def acheck_media_job(self, job: str) -> list[ContentBlock]:
        """Look how a job stands; see `check_media_job`."""
        found = self._async_client.job(job)
        status = await self._async_client.status(found)
        if not isinstance(status, Done):
            return [TextBlock(text=told(found, status))]
        return _blocks(status, found, [await self._asaved(asset) for asset in status.assets])

    # ------------------------------------------------------------ sight and search

    def understand_image(self, image: str, question: str = "Describe this image.") -> list[ContentBlock]:
        """Look at a picture and answer a question about it.

        Args:
            image: Link or file of the picture.
            question: What to find out about it.
        """
        model = self._models.get("understand_image")
        return [TextBlock(text=self._client.understand_image(self._source(image), question, model=model))]

    async def aunderstand_image(self, image: str, question: str = "Describe this image.") -> list[ContentBlock]:
        """Look at a picture and answer a question about it; see `understand_image`."""
        model = self._models.get("understand_image")
        return [TextBlock(text=await self._async_client.understand_image(self._source(image), question, model=model))]

    def web_search(self, query: str, count: int | None = None) -> list[ContentBlock]:
        """Search the web.

        Args:
            query: A few words to search for.
            count: How many results. Leave out if unsure.
        """
        options = self._options.get("web_search")
        return [TextBlock(text=hits_text(self._client.web_search(query, count=_number(count), options=options)))]

    async def aweb_search(self, query: str, count: int | None = None) -> list[ContentBlock]:
        """Search the web; see `web_search`."""
        options = self._options.get("web_search")
        return [
            TextBlock(text=hits_text(await self._async_client.web_search(query, count=_number(count), options=options)))
        ]

    # ------------------------------------------------------------ requests

    def _image(self, prompt: str, size: str | None, count: int | None, images: list[str] | None) -> MediaRequest:
        name = "generate_image"
        return MediaRequest(
            "image", prompt, self._models.get(name), self._inputs(images), size=size, n=_number(count),
            options=self._options.get(name, {}),
        )  # fmt: skip

    def _video(
        self,
        name: str,
        prompt: str,
        images: list[str] | None,
        duration: int | None,
        resolution: str | None,
        size: str | None,
    ) -> MediaRequest:
        return MediaRequest(
            "video", prompt, self._models.get(name), self._inputs(images), duration=_number(duration),
            resolution=resolution, size=size, options=self._options.get(name, {}),
        )  # fmt: skip

    def _speech(self, text: str, voice: str | None) -> MediaRequest:
        name = "synthesize_speech"
        options = self._options.get(name, {})
        return MediaRequest("speech", text, self._models.get(name), voice=voice, options=options)

    def _inputs(self, images: list[str] | None) -> tuple[Media, ...]:
        sources = [self._source(image) for image in ([images] if isinstance(images, str) else images or [])]
        return tuple(
            Media("image", url=source) if source.startswith(("http", "data:")) else Media("image", path=source)
            for source in sources
        )

    def _source(self, text: str) -> str:
        return allowed_source(str(text), (self._folder, *self._read_dirs))

    # ------------------------------------------------------------ waiting and saving

    def _made(self, request: MediaRequest) -> list[ContentBlock]:
        job = self._client.submit(request)
        with bar(f"{job.provider} {job.kind}", self.show_progress and job.assets is None) as progress:
            done = self._done(job, progress)
        return _blocks(done, job, [self._saved(asset) for asset in done.assets])

    def _done(self, job: MediaJob, progress: Any) -> Done:
        found: MediaStatus | None = None
        try:
            for found in self._client.watch(job, poll_interval=self._interval, timeout=self._timeout):
                progress(_word(found))
        except KeyboardInterrupt:
            _dropped(self._client, job)
            raise
        assert isinstance(found, Done)
        return found

    async def _amade(self, request: MediaRequest) -> list[ContentBlock]:
        job = await self._async_client.submit(request)
        with bar(f"{job.provider} {job.kind}", self.show_progress and job.assets is None) as progress:
            done = await self._adone(job, progress)
        return _blocks(done, job, [await self._asaved(asset) for asset in done.assets])

    async def _adone(self, job: MediaJob, progress: Any) -> Done:
        if not self.show_progress:
            return await self._async_client.wait(job, poll_interval=self._interval, timeout=self._timeout)
        found: MediaStatus | None = None
        async for found in self._async_client.watch(job, poll_interval=self._interval, timeout=self._timeout):
            progress(_word(found))
        assert isinstance(found, Done)
        return found

    def _saved(self, asset: Asset) -> Asset:
        folder = self._folder_for(asset)
        try:
            return asset if folder is None else self._client.download(asset, folder)
        except CncodingError as error:
            return not_saved(asset, error)

    async def _asaved(self, asset: Asset) -> Asset:
        folder = self._folder_for(asset)
        try:
            return asset if folder is None else await self._async_client.download(asset, folder)
        except CncodingError as error:
            return not_saved(asset, error)

    def _folder_for(self, asset: Asset) -> str | None:
        if asset.url is None and asset.data is None:
            return None
        return folder_for(asset.url is not None, self._folder)


def _folder(setting: str, given: Any) -> str:
    if not isinstance(given, str | os.PathLike):
        raise ConfigError(f"{setting}: is {type(given).__name__}; give the path of a folder")
    return str(os.fspath(given))


def _fields(tool: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"options: of {tool!r} is {type(given).__name__}; give a dict of the vendor's fields")
    return given


def _number(given: Any) -> Any:
    """Read a whole number that a model wrote as text."""
    return int(given) if isinstance(given, str) and given.strip().isdecimal() else given


def _default(about: Parameter) -> Any:
    return ... if about.default is Parameter.empty else about.default


def _word(status: MediaStatus) -> str:
    native = None if isinstance(status, Done) else status.native
    return status_name(status) + (f" ({native})" if native else "")


def _dropped(client: Client, job: MediaJob) -> None:
    try:
        client.cancel(job)
    except CncodingError:
        return  # the interruption is what the caller must hear of


def _blocks(done: Done, job: MediaJob, assets: list[Asset]) -> list[ContentBlock]:
    saved = Done(tuple(assets), done.native, done.usage, done.raw, job)
    return [TextBlock(text=summary(saved, job)), *(_block(asset) for asset in assets if asset.path or asset.url)]


def _block(asset: Asset) -> ContentBlock:
    """Return the block of an asset: its file if there is one, else its link."""
    where: dict[str, Any] = {"path": Path(asset.path)} if asset.path is not None else {"url": asset.url}
    if asset.kind == "image":
        return ImageBlock(**where, image_mimetype=asset.media_type)
    if asset.kind == "video":
        return VideoBlock(**where, video_mimetype=asset.media_type)
    form = (asset.media_type or "").partition("/")[2]
    return AudioBlock(**where, format="mp3" if form == "mpeg" else form or None)
