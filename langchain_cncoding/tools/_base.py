"""What all media tools share: settings, clients, progress, and files that stay in their folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError
from typing_extensions import Self

from cncoding import (
    TOOLS,
    AsyncClient,
    CallIdentity,
    Client,
    CncodingError,
    Journal,
    MediaEvent,
    MediaToolCall,
    MediaToolOutcome,
    MediaToolSettings,
    Patience,
    as_budget,
    as_journal,
    as_limit,
    build_arguments_model,
    explain_invalid,
    read_folders,
    read_options,
    refuse_unknown,
)
from langchain_cncoding._errors import CNCodingConfigError, dual_errors
from langchain_cncoding.tools._errors import tool_error
from langchain_cncoding.tools._files import AsyncBackendFiles, BackendFiles, check_backend
from langchain_cncoding.tools._graph import ask_person, atell, find_identity, inner, name_call, tell

Json = dict[str, Any]

_C = TypeVar("_C", Client, AsyncClient)
_CLIENT_FIELDS = (
    "provider", "api_key", "endpoint", "base_url", "user_agent", "default_headers", "max_retries", "allow_hosts",
    "budgets",
)  # fmt: skip
"""Fields that say whom is asked and how; `model`, `timeout` and the rest belong to the single call."""

VENDOR_FIELDS = "vendor fields go into options="


class ToolInput(BaseModel):
    """What a tool takes from a model. A tool of a provider has a class of its own, by the rules of its models."""


class CNCodingTool(BaseTool):
    """A tool of one provider. It is made without I/O; a missing key or a wrong setting is told at once."""

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    args_schema: Any = ToolInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]
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
    read_dirs: str | os.PathLike[str] | tuple[str | os.PathLike[str], ...] = ()
    """Folders whose files the agent may use, beside `output_dir`: a path, or several."""
    poll_interval: float | None = None
    """Seconds between questions about a job; the route's own if None."""
    timeout: float | None = None
    """Seconds until waiting for a job is given up; the route's own if None. The job goes on at the vendor."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Fields of the vendor, sent with every call: by tool name as everywhere, or without it, as there is one tool."""
    http_client: Any = Field(default=None, exclude=True)
    http_async_client: Any = Field(default=None, exclude=True)
    budget: Any = None
    """How much may be spent: a number of calls, or `{"calls": 5, "amount": 10, "currency": "CNY", "per": "day"}` with
    `per` one of kit, thread and day. What is beyond it is refused before it is bought."""
    budgets: Any = ()
    """Budgets that are counted over all processes, of `cncoding.NamedBudget`; those of `cncoding.yaml` are such."""
    confirm_above: float | None = None
    """What costs more than this, or has no known price, raises LangGraph's `interrupt` before it is bought; resume with
    `Command(resume=True)` to agree."""
    show: bool = False
    """Whether the model is shown a small picture of every picture that was made (needs the extra `pages`)."""
    reuse: bool = False
    """Whether a request that made something before gets the same again and costs nothing."""
    consent: str | None = None
    """Who agreed that their voice is cloned, how and when; only with it a toolkit has the tools that make voices."""
    journal: str | os.PathLike[str] | Journal | None = "output_dir"
    """Where purchases are remembered, so that a call asked again buys nothing: `output_dir` means in that folder (in
    the user's state folder if there is none); or a folder, a file or a `Journal`; None remembers nothing."""
    files: Any = None
    """Backend of a deep agent (`deepagents`): what is made is among the agent's own files, and those can be inputs."""
    handle_tool_error: Any = True
    """Errors that repeating cannot cure become messages to the model; False raises them."""

    _made_at: float = PrivateAttr(default_factory=time.time)
    _held: dict[str, Any] = PrivateAttr(default_factory=dict)
    """The core's clients with the settings that they were made for; made anew when those change."""

    def __init__(self, **settings: Any) -> None:
        """Resolve the settings.

        Raises:
            CNCodingConfigError: Something is missing or does not fit.
        """
        with dual_errors():
            refuse_unknown(settings, type(self).model_fields, type(self).__name__, VENDOR_FIELDS)
            settings = read_folders(settings)
        try:
            super().__init__(**settings)
        except ValidationError as error:
            # Not chained: pydantic's text shows what was given, and that may be a key.
            raise CNCodingConfigError(explain_invalid(error, type(self).__name__)) from None
        with tool_errors():
            check_backend(self.files)
            _ = self._client, self._async_client, self._tool_settings()
            self._describe_arguments()

    def _describe_arguments(self) -> None:
        """Say what the models that may serve the tool take, unless a subclass or the user says it."""
        self._client.check_tools(self._tool_settings(), (self._tool,))
        if isinstance(self.args_schema, type) and issubclass(self.args_schema, ToolInput):
            arguments = self._client.list_arguments(self._tool, self._tool_settings())
            self.__dict__["args_schema"] = build_arguments_model(self._tool, arguments, ToolInput)
            if "_tool_call_schema_memo" in (self.__pydantic_private__ or {}):
                self._tool_call_schema_memo = None  # LangChain's, of what the tool took before.

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
        settings["journal"] = as_journal(self.journal, self._folders["output_dir"])
        held = self._held.get(make.__name__)
        if held is None or held[0] != settings:
            self._held[make.__name__] = held = (settings, make(**settings, framework="langchain"))
        return cast(_C, held[1])

    # ------------------------------------------------------------ copies and pickles

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with other settings; what the tool takes follows them, unless you describe it yourself.

        Raises:
            CNCodingConfigError: The settings do not fit.
        """
        copy = super().model_copy(update=update, deep=deep)
        if update and "args_schema" not in update:
            with tool_errors():
                copy._describe_arguments()
        return copy

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
        if isinstance(self.args_schema, type) and issubclass(self.args_schema, ToolInput):
            default = type(self).model_fields["args_schema"].default
            state["__dict__"] = {**state["__dict__"], "args_schema": default}
        return state

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Describe the arguments anew: their class has no name that a pickle could keep."""
        super().__setstate__(state)
        with tool_errors():
            self._describe_arguments()

    # ------------------------------------------------------------ running

    def run(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the tool; the call's id goes with the config, so that the same call asked again buys nothing."""
        return super().run(tool_input, *args, **name_call(kwargs))

    async def arun(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the tool in an event loop; see `run`."""
        return await super().arun(tool_input, *args, **name_call(kwargs))

    def _parse_input(self, tool_input: str | Json, tool_call_id: str | None) -> str | Json:
        """Leave what a model wrote to the core, and take a text alone as the first argument: `tool.invoke("a fox")`."""
        schema = self.args_schema
        if isinstance(tool_input, str) and isinstance(schema, type) and issubclass(schema, BaseModel):
            first = next(iter(schema.model_fields), None)
            tool_input = {} if first is None else {first: tool_input}
        if isinstance(tool_input, dict) and isinstance(schema, type) and issubclass(schema, ToolInput):
            return dict(tool_input)
        return super()._parse_input(tool_input, tool_call_id)

    def _run(self, *, config: RunnableConfig, run_manager: Any = None, **arguments: Any) -> tuple[Any, Json]:
        inside = inner(config, run_manager)
        files = None if self.files is None else BackendFiles(self.files)
        identity = find_identity(config, run_manager)
        call = self._call(arguments, identity, lambda event: tell(self._event(event), inside), files)
        with tool_errors(self._prefix):
            found = self._client.use_tool(call, self._tool_settings())
        return _write(found)

    async def _arun(self, *, config: RunnableConfig, run_manager: Any = None, **arguments: Any) -> tuple[Any, Json]:
        inside = inner(config, run_manager)
        files = None if self.files is None else AsyncBackendFiles(self.files)
        identity = find_identity(config, run_manager)
        call = self._call(arguments, identity, lambda event: atell(self._event(event), inside), files)
        with tool_errors(self._prefix):
            found = await self._async_client.use_tool(call, self._tool_settings())
        return _write(found)

    @property
    def _prefix(self) -> str:
        """What stands before the tool's name, as it does before those of the others of its toolkit."""
        return self.name.removesuffix(self._tool) if self.name.endswith(self._tool) else ""

    @property
    def _tool(self) -> str:
        """The tool's name in the core, whatever it is called here."""
        return str(type(self).model_fields["name"].default)

    def _call(
        self,
        arguments: Mapping[str, Any],
        identity: CallIdentity | None,
        listener: Callable[[MediaEvent], Any],
        files: Any,
    ) -> MediaToolCall:
        return MediaToolCall(
            self._tool,
            arguments,
            identity,
            listener=listener,
            approve=ask_person,
            defaults=self._defaults(),
            files=files,
        )

    def _defaults(self) -> Mapping[str, Any]:
        """Return what is said where the agent says nothing."""
        return {}

    @property
    def _folders(self) -> dict[str, Any]:
        """Return the folders as they are now: a copy may have others."""
        return read_folders({"output_dir": self.output_dir, "read_dirs": self.read_dirs})

    def _tool_settings(self) -> MediaToolSettings:
        folders = self._folders
        return MediaToolSettings(
            folder=folders["output_dir"],
            read_folders=folders["read_dirs"],
            models={} if self.model is None else {self._tool: self.model},
            options=read_options(self.options, TOOLS, self._tool),
            patience=Patience(self.poll_interval, self.timeout),
            reuse=self.reuse,
            show=self.show,
            budget=as_budget(self.budget),
            since=self._made_at,
            confirm_above=as_limit(self.confirm_above),
            prefix=self._prefix,
            consent=self.consent,
        )

    # ------------------------------------------------------------ progress

    def _event(self, event: MediaEvent) -> Json:
        return {"tool": self.name, **event.to_json()}


def _write(found: MediaToolOutcome) -> tuple[Any, Json]:
    """Return what the model reads, with small pictures where it is to see them, and what the program keeps."""
    if not found.previews:
        return found.text, found.artifact
    shown = [{"type": "image", "base64": one.data, "mime_type": one.media_type} for one in found.previews]
    return [{"type": "text", "text": found.text}, *shown], found.artifact


class tool_errors:
    """Raise the core's errors from the block as errors of tools."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise the tool's form of a core error."""
        if isinstance(error, CncodingError):
            _raise(error, self._prefix)


def _raise(error: CncodingError, prefix: str) -> NoReturn:
    told = tool_error(error, prefix)
    if told is error:
        raise error
    raise told from error
