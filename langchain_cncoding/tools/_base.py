"""What all media tools share: settings, clients, progress, and files that stay in their folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar, cast

from langchain_core.callbacks.manager import adispatch_custom_event, dispatch_custom_event
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, ValidationError
from typing_extensions import Self

from cncoding import (
    Asset,
    AsyncClient,
    Client,
    CncodingError,
    Done,
    MediaJob,
    MediaRequest,
    MediaStatus,
    Running,
    explain_invalid,
    refuse_unknown,
)
from cncoding.client import allowed_source, folder_for
from cncoding.media.polling import Patience
from cncoding.media.tool_texts import not_saved, summary
from cncoding.media.values import status_name
from langchain_cncoding._errors import CNCodingConfigError, dual_errors
from langchain_cncoding.tools._artifact import Json, artifact
from langchain_cncoding.tools._errors import tool_error

_C = TypeVar("_C", Client, AsyncClient)
_CLIENT_FIELDS = (
    "provider", "api_key", "endpoint", "base_url", "user_agent", "default_headers", "max_retries", "allow_hosts",
)  # fmt: skip
"""Fields that say whom is asked and how; `model`, `timeout` and the rest belong to the single call."""

EVENT = "cncoding_media"
"""Name of the progress events."""

VENDOR_FIELDS = "vendor fields go into options="


def inner(config: RunnableConfig, run_manager: Any) -> RunnableConfig:
    """Return the config of what happens inside a tool's run: its events belong to that run."""
    if run_manager is None:
        return config
    return patch_config(config, callbacks=run_manager.get_child())


class CNCodingTool(BaseTool):
    """A tool of one provider. It is made without I/O; a missing key or a wrong setting is told at once."""

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    provider: str
    """Id of the provider, for example `glm`."""
    model: str | None = None
    """Model that does the work; the provider's default if None."""
    api_key: SecretStr | None = None
    """Key; from the provider's environment variables if None."""
    endpoint: str | None = None
    base_url: str | None = None
    user_agent: str | None = None
    default_headers: Mapping[str, str] | None = None
    max_retries: int = 2
    """How often a busy vendor is asked again. A submission that may have arrived is never sent twice."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that media may be fetched from although they are not public."""
    output_dir: str | os.PathLike[str] | None = "cncoding-media"
    """Folder for what is made; None leaves links where the vendor gives links, and only what has none is put among the
    temporary files. No file is put anywhere else."""
    read_dirs: tuple[str, ...] = ()
    """Folders whose files the agent may use, beside `output_dir`."""
    poll_interval: float | None = None
    """Seconds between questions about a job; the route's own if None."""
    timeout: float | None = None
    """Seconds until waiting for a job is given up; the route's own if None. The job goes on at the vendor."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Fields of the vendor, sent with every call."""
    http_client: Any = Field(default=None, exclude=True)
    http_async_client: Any = Field(default=None, exclude=True)
    handle_tool_error: Any = True
    """Errors that repeating cannot cure become messages to the model; False raises them."""

    _held: dict[str, Any] = PrivateAttr(default_factory=dict)
    """The core's clients with the settings that they were made for; made anew when those change."""

    def __init__(self, **settings: Any) -> None:
        """Resolve the settings.

        Raises:
            CNCodingConfigError: Something is missing or does not fit.
        """
        with dual_errors():
            refuse_unknown(settings, type(self).model_fields, type(self).__name__, VENDOR_FIELDS)
        try:
            super().__init__(**settings)
        except ValidationError as error:
            # Not chained: pydantic's text shows what was given, and that may be a key.
            raise CNCodingConfigError(explain_invalid(error, type(self).__name__)) from None
        with tool_errors():
            _ = self._client, self._async_client, Patience(self.poll_interval, self.timeout)

    @property
    def _client(self) -> Client:
        return self._reuse(Client, self.http_client)

    @property
    def _async_client(self) -> AsyncClient:
        return self._reuse(AsyncClient, self.http_async_client)

    def _reuse(self, make: type[_C], http_client: Any) -> _C:
        """Return the core's client for the settings as they are now."""
        settings = {name: self.__dict__[name] for name in _CLIENT_FIELDS}
        settings["http_client"] = http_client
        held = self._held.get(make.__name__)
        if held is None or held[0] != settings:
            self._held[make.__name__] = held = (settings, make(**settings, framework="langchain"))
        return cast(_C, held[1])

    # ------------------------------------------------------------ copies and pickles

    def __copy__(self) -> Self:
        """Copy without the clients, so that a copy with other settings makes its own."""
        copy = super().__copy__()
        copy._held = {}
        return copy

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy deeply, but share your HTTP clients: they hold sockets."""
        memo = {} if memo is None else memo
        for shared in (self.http_client, self.http_async_client):
            if shared is not None:
                memo[id(shared)] = shared
        memo[id(self._held)] = {}
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the clients out: they hold sockets, and a key that may come from the environment."""
        state = dict(super().__getstate__())
        state["__pydantic_private__"] = {**(self.__pydantic_private__ or {}), "_held": {}}
        return state

    # ------------------------------------------------------------ making

    def _make(self, request: MediaRequest, config: RunnableConfig | None) -> tuple[str, Json]:
        with tool_errors():
            job = self._client.submit(request)
        with tool_errors(job):
            self._tell(self._event(job, None), config)
            done = self._finished(job, config)
            return summary(done, job), artifact(done, job)

    def _finished(self, job: MediaJob, config: RunnableConfig | None) -> Done:
        if job.assets is not None:
            found: MediaStatus = Done(job.assets, usage=job.usage, job=job)
        else:
            found = Running()
            with _cancelling(lambda: self._client.cancel(job)):
                for found in self._client.watch(job, poll_interval=self.poll_interval, timeout=self.timeout):
                    self._tell(self._event(job, found), config)
        assert isinstance(found, Done)
        return self._with_files(found, tuple(self._saved(asset) for asset in found.assets))

    def _saved(self, asset: Asset) -> Asset:
        folder = self._folder_for(asset)
        try:
            return asset if folder is None else self._client.download(asset, folder)
        except CncodingError as error:
            return not_saved(asset, error)

    async def _amake(self, request: MediaRequest, config: RunnableConfig | None) -> tuple[str, Json]:
        with tool_errors():
            job = await self._async_client.submit(request)
        with tool_errors(job):
            await self._atell(self._event(job, None), config)
            done = await self._afinished(job, config)
            return summary(done, job), artifact(done, job)

    async def _afinished(self, job: MediaJob, config: RunnableConfig | None) -> Done:
        if job.assets is not None:
            found: MediaStatus = Done(job.assets, usage=job.usage, job=job)
        else:
            found = Running()
            try:
                async for found in self._async_client.watch(
                    job, poll_interval=self.poll_interval, timeout=self.timeout
                ):
                    await self._atell(self._event(job, found), config)
            except BaseException as error:
                if not isinstance(error, Exception):
                    with contextlib.suppress(CncodingError):
                        await self._async_client.cancel(job)
                raise
        assert isinstance(found, Done)
        return self._with_files(found, tuple([await self._asaved(asset) for asset in found.assets]))

    async def _asaved(self, asset: Asset) -> Asset:
        folder = self._folder_for(asset)
        try:
            return asset if folder is None else await self._async_client.download(asset, folder)
        except CncodingError as error:
            return not_saved(asset, error)

    def _folder_for(self, asset: Asset) -> str | None:
        if asset.url is None and asset.data is None:
            return None
        return folder_for(asset.url is not None, self.output_dir)

    @staticmethod
    def _with_files(done: Done, assets: tuple[Asset, ...]) -> Done:
        return Done(assets, done.native, done.usage, done.raw, done.job)

    def _source(self, text: str) -> str:
        """Return a link, or the path of a file in a folder that the agent may read."""
        return allowed_source(text, (self.output_dir, *self.read_dirs))

    # ------------------------------------------------------------ progress

    def _event(self, job: MediaJob, status: MediaStatus | None) -> Json:
        found: Json = {
            "tool": self.name,
            "provider": job.provider,
            "kind": job.kind,
            "model": job.model,
            "job": job.handle if job.id else None,
            "status": "submitted" if status is None else status_name(status),
            "native": getattr(status, "native", None),
        }
        if isinstance(status, Running) and status.progress is not None:
            found["progress"] = status.progress
        return found

    def _tell(self, event: Json, config: RunnableConfig | None) -> None:
        """Report progress to whoever listens: LangChain's custom events and LangGraph's stream."""
        _write_to_graph(event, config)
        with contextlib.suppress(RuntimeError):  # outside of a run nobody can listen
            dispatch_custom_event(EVENT, event, config=config)

    async def _atell(self, event: Json, config: RunnableConfig | None) -> None:
        _write_to_graph(event, config)
        with contextlib.suppress(RuntimeError):
            await adispatch_custom_event(EVENT, event, config=config)


def _write_to_graph(event: Json, config: RunnableConfig | None) -> None:
    """Write to `stream_mode="custom"` of the LangGraph that runs the tool, if one does."""
    try:
        from langgraph.config import get_stream_writer
    except ImportError:
        return
    try:
        writer: Any = get_stream_writer()
    except (KeyError, RuntimeError):  # no graph; or Python 3.10 in a task, which sees the config only as an argument
        runtime = ((config or {}).get("configurable") or {}).get("__pregel_runtime")
        writer = getattr(runtime, "stream_writer", None)
    if writer is not None:
        writer({"name": EVENT, **event})


class _cancelling:
    """Try to cancel a job if the wait for it is interrupted (Ctrl-C)."""

    def __init__(self, cancel: Any) -> None:
        self._cancel = cancel

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Cancel if it was no error but an interruption."""
        if error is not None and not isinstance(error, Exception):
            with contextlib.suppress(CncodingError):
                self._cancel()


class tool_errors:
    """Raise the core's errors from the block as errors of tools.

    Once a job was submitted, no error is retryable any more: repeating the tool would pay again.
    """

    def __init__(self, job: MediaJob | None = None) -> None:
        self._job = job

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise the tool's form of a core error."""
        if isinstance(error, CncodingError):
            if self._job is not None:
                error.job, error.retryable = self._job, False
            _raise(error)


def _raise(error: CncodingError) -> NoReturn:
    told = tool_error(error)
    if told is error:
        raise error
    raise told from error
