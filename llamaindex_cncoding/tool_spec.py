"""Media, sight and search as LlamaIndex tools: every one twice, for threads and for event loops."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from llama_index.core.base.llms.types import ContentBlock, ImageBlock, TextBlock
from llama_index.core.tools.function_tool import FunctionTool
from llama_index.core.tools.tool_spec.base import BaseToolSpec
from llama_index.core.tools.types import ToolMetadata
from typing_extensions import Self

from cncoding import (
    TOOLS,
    AsyncClient,
    Client,
    ConfigError,
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
    load_configuration,
    read_folders,
    read_models,
    read_options,
    reveal_for_tools,
)
from llamaindex_cncoding._errors import unknown_argument
from llamaindex_cncoding._events import report
from llamaindex_cncoding._media_blocks import MediaBlocks, asset_block
from llamaindex_cncoding._progress import bar
from llamaindex_cncoding._sources import read_sources
from llamaindex_cncoding._steps import find_step, names_tool
from llamaindex_cncoding._tool_methods import ToolMethods
from llamaindex_cncoding._tools import Caller, MediaTool, caller

_SETTINGS = (
    "api_key", "endpoint", "base_url", "user_agent", "default_headers", "max_retries", "allow_hosts", "output_dir",
    "read_dirs", "poll_interval", "timeout", "model", "models", "options", "budget", "budgets", "confirm_above", "show",
    "reuse", "consent", "journal", "show_progress", "http_client", "http_async_client",
)  # fmt: skip


_KEPT = frozenset(_SETTINGS) | {"provider"}
"""What a copy is made of."""
_SOCKETS = ("http_client", "http_async_client")


class CNCodingToolSpec(ToolMethods, BaseToolSpec):
    """The media tools that a provider has.

    A method that a program calls returns a text block (what was made, where, how large) and an image, video or audio
    block for each medium. A tool that an agent calls returns the text alone, because a medium in a message would go to
    the model with every later turn; `show=True` adds a small picture of each picture. Failures are the errors of
    `cncoding.errors`, which agents show to their model; a submission that may have arrived is never repeated.

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
        budget: Any = None,
        budgets: Any = (),
        confirm_above: float | None = None,
        show: bool = False,
        reuse: bool = False,
        consent: str | None = None,
        journal: str | os.PathLike[str] | Journal | None = "output_dir",
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
            read_dirs: Folders whose files the agent may use, beside `output_dir`: a path, or several.
            poll_interval: Seconds between questions about a job; the route's own if None.
            timeout: Seconds until waiting for a job is given up; the route's own if None.
            options: Fields of the vendor by tool name, sent with every call.
            budget: How much may be spent: a number of calls, or `{"calls": 5, "amount": 10, "currency": "CNY", "per":
                "day"}` with `per` one of kit, thread and day.
            budgets: Budgets that are counted over all processes, of `cncoding.NamedBudget`; those of `cncoding.yaml`
                are such.
            confirm_above: What costs more than this, or has no known price, is asked for by an `InputRequiredEvent`
                before it is bought; answer with a `HumanResponseEvent` that says yes.
            show: Whether an agent's model is shown a small picture of every picture that was made (extra `pages`).
            reuse: Whether a request that made something before gets the same again and costs nothing.
            consent: Who agreed that their voice is cloned, how and when; only with it there are tools that make voices.
            journal: Where purchases are remembered: `output_dir` means in that folder (in the user's state folder if
                there is none); or a folder, a file or a `Journal`; None remembers nothing.
            show_progress: Whether a bar is shown when a person calls a method. Agents' tools show none.
            http_client: An httpx client of your own.
            http_async_client: The same for event loops.
            unknown: Refused, with the nearest name.

        Raises:
            ConfigError: Something is missing or does not fit.
        """
        self._given = {name: value for name, value in locals().items() if name in _KEPT}
        for name in unknown:
            raise unknown_argument(type(self).__name__, name, _SETTINGS, "vendor fields go into options=")
        folders = read_folders({"output_dir": output_dir, "read_dirs": read_dirs, "journal": journal})
        self._given |= folders
        common: dict[str, Any] = {
            "api_key": api_key,
            "endpoint": endpoint,
            "base_url": base_url,
            "user_agent": user_agent,
            "default_headers": default_headers,
            "max_retries": max_retries,
            "allow_hosts": allow_hosts,
            "budgets": budgets,
            "framework": "llamaindex",
            "journal": as_journal(folders["journal"], folders["output_dir"]),
        }
        self.provider = provider
        self._serves_agent = False
        self.show_progress = show_progress
        self._client = Client(provider, **common, http_client=http_client)
        self._async_client = AsyncClient(provider, **common, http_client=http_async_client)
        self._models = self._client.choose_models(model, read_models(models, TOOLS))
        self._settings = MediaToolSettings(
            folder=folders["output_dir"],
            read_folders=folders["read_dirs"],
            models=self._models,
            options=read_options(options, TOOLS),
            patience=Patience(poll_interval, timeout),
            reuse=reuse,
            show=show,
            budget=as_budget(budget),
            since=time.time(),
            confirm_above=as_limit(confirm_above),
            consent=consent,
        )
        self._client.check_tools(self._settings)
        self.spec_functions = self._present()

    # ------------------------------------------------------------ copies and pickles

    def __copy__(self) -> Self:
        """Copy with the same clients."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy with clients of its own; your HTTP clients are shared, because they hold sockets."""
        made = object.__new__(type(self))
        memo[id(self)] = made
        made.__setstate__({**self.__getstate__(), "given": self._given})
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Leave the clients out: they hold sockets, and a key that may come from the environment."""
        given = {name: value for name, value in self._given.items() if name not in _SOCKETS}
        return {
            "given": given,
            "shown": (self.show_progress, self._serves_agent),
            "since": self._settings.since,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the clients anew; what the kit may spend counts from when the first of the copies was made."""
        CNCodingToolSpec.__init__(self, **state["given"])
        self.show_progress, self._serves_agent = state["shown"]
        self._settings = replace(self._settings, since=state["since"])

    @classmethod
    def from_config(cls, name: str | None = None, file: Any = None, **settings: Any) -> Self:
        """Return the tools for a model of `cncoding.yaml`; what they buy counts against its budget.

        Args:
            name: Its name there; the file's default model if None.
            file: The file; by default `CNCODING_CONFIG`, or the nearest `cncoding.yaml` from the working folder up.
            **settings: Of the constructor; they win.

        Raises:
            ConfigError: The file is missing or wrong, or the model has a setting that tools do not take.
        """
        return cls(**{**reveal_for_tools(load_configuration(file), name), **settings})

    def _present(self) -> list[tuple[str, str]]:
        return [(name, f"a{name}") for name in self._client.list_tools(self._settings) if hasattr(self, name)]

    def to_tool_list(
        self, spec_functions: Any = None, func_to_metadata_mapping: dict[str, ToolMetadata] | None = None
    ) -> list[FunctionTool]:
        """Return the tools, without progress bars."""
        quiet = copy.copy(self)
        quiet.show_progress = False
        quiet._serves_agent = True
        wanted = (spec_functions,) if isinstance(spec_functions, str) else spec_functions or self.spec_functions
        known = dict(func_to_metadata_mapping or {})
        for one in wanted:
            name = one if isinstance(one, str) else one[0]
            self._check_name(name)
            if name not in known and name in TOOLS:
                known[name] = quiet._metadata(name)
        pairs = [(one, f"a{one}") if isinstance(one, str) and hasattr(quiet, f"a{one}") else one for one in wanted]
        made = super(CNCodingToolSpec, quiet).to_tool_list(pairs, known)
        return [MediaTool(fn=one.fn, async_fn=one.async_fn, metadata=one.metadata) for one in made]

    def _check_name(self, name: str) -> None:
        """Refuse a tool that the provider does not have, and one that is the asynchronous half of a tool."""
        there = [one for one, _ in self.spec_functions]
        if name in there or (name not in TOOLS and name[1:] not in TOOLS and hasattr(self, name)):
            return
        if name[1:] in there:
            raise ConfigError(f"spec_functions: {name!r} is half of a tool; {name[1:]!r} has both, and agents await it")
        more = "; tools that make voices are there with consent=" if name.endswith("_voice") else ""
        raise ConfigError(f"spec_functions: there is no tool {name!r}; {self.provider} has {', '.join(there)}{more}")

    def _metadata(self, name: str) -> ToolMetadata:
        """Make the metadata of a tool: our description, and the arguments that the provider's models take."""
        arguments = self._client.list_arguments(name, self._settings)
        return ToolMetadata(TOOLS[name].description, name, build_arguments_model(name, arguments))

    # ------------------------------------------------------------ the core's tools

    def _answers_agent(self, tool: str) -> bool:
        """Tell whether an agent calls, by a tool of `to_tool_list` or by a method that it was given as one."""
        return self._serves_agent or names_tool(find_step(), tool)

    def _use(self, tool: str, arguments: Mapping[str, Any]) -> list[ContentBlock]:
        agent = self._answers_agent(tool)
        with self._progress(tool, shown=not agent) as tell:
            return self._blocks(agent, self._client.use_tool(self._call(tool, arguments, tell), self._settings))

    async def _ause(self, tool: str, arguments: Mapping[str, Any]) -> list[ContentBlock]:
        agent = self._answers_agent(tool)
        with self._progress(tool, shown=not agent) as tell:
            return self._blocks(
                agent, await self._async_client.use_tool(self._call(tool, arguments, tell), self._settings)
            )

    @staticmethod
    def _call(tool: str, arguments: Mapping[str, Any], tell: Callable[[MediaEvent], None]) -> MediaToolCall:
        who = caller.get() or Caller()
        given = {name: read_sources(value) for name, value in arguments.items()}
        return MediaToolCall(tool, given, who.identity, listener=tell, approve=who.approve)

    @staticmethod
    def _blocks(agent: bool, found: MediaToolOutcome) -> list[ContentBlock]:
        text = TextBlock(text=found.text)
        if not agent:
            return MediaBlocks([text, *(asset_block(one) for one in found.assets if one.path or one.url)], found)
        shown = [ImageBlock(image=(one.data or "").encode(), image_mimetype=one.media_type) for one in found.previews]
        return MediaBlocks([text, *shown], found)

    @contextmanager
    def _progress(self, tool: str, *, shown: bool) -> Generator[Callable[[MediaEvent], None], None, None]:
        """Report progress; a person who waits sees a bar, agents' tools show none."""
        shown = shown and self.show_progress and tool.startswith("generate_")
        with bar(f"{self.provider} {tool.removeprefix('generate_')}", shown) as progress:

            def tell(event: MediaEvent) -> None:
                progress(_describe(event))
                report(tool, event, (caller.get() or Caller()).context)

            yield tell


def _describe(event: MediaEvent) -> str:
    native = event.upload or getattr(event.status, "native", None)
    return event.word + (f" ({native})" if native else "")
