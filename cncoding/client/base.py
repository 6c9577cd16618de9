"""What both clients are: settings and facts, without I/O."""

from __future__ import annotations

import inspect
import os
import uuid
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from os import PathLike
from typing import Any, Protocol, TypeVar, runtime_checkable

import httpx
from typing_extensions import Never

from cncoding import account
from cncoding.budget import NamedBudget, read_budgets
from cncoding.chat import flow as chat_flow
from cncoding.chat.fold import fold
from cncoding.chat.request import ChatSettings, Prompt, build_request
from cncoding.client.bodies import MAX_REPLY
from cncoding.client.http import read_timeout
from cncoding.client.journal import Journal
from cncoding.client.limits import STALL_AFTER, Watch
from cncoding.client.secrets import Hidden, Secrets, forget_frames
from cncoding.client.traffic import find_traffic
from cncoding.errors import ConfigError
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.retry import Retry
from cncoding.hints.hint import follow_environment
from cncoding.hints.teach import teach
from cncoding.names import own_name, refuse_unknown
from cncoding.profile import ModelCard, WireName
from cncoding.registry import Settings, resolve
from cncoding.target import Setup, Target
from cncoding.types import ChatRequest, ChatResponse, Event, OnCut, Thinking, Vision

follow_environment(os.environ)

Y = TypeVar("Y")
T = TypeVar("T")


@runtime_checkable
class Secret(Protocol):
    """A key in a wrapper, such as pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """Return the key."""


def call_for_key(function: Callable[[], str]) -> str:
    """Return the key that a function returns.

    Raises:
        ConfigError: It returns no text; one that is asynchronous cannot be waited for here.
    """
    key: object = function()
    if isinstance(key, Coroutine):
        key.close()
    if isinstance(key, Secret):
        key = key.get_secret_value()
    if not isinstance(key, str):
        raise ConfigError(f"api_key: the function returned {type(key).__name__}; return text")
    return key


def _key(given: str | Secret | Callable[[], str] | None) -> str | None:
    if given is None or isinstance(given, str):
        return given
    if callable(given):
        return call_for_key(given)
    if not hasattr(given, "get_secret_value"):
        raise ConfigError(f"api_key: is {type(given).__name__}; give text, or a SecretStr")
    return _key(given.get_secret_value())


def _plain(headers: Mapping[str, str | Secret] | None) -> dict[str, str]:
    """Return headers whose values may be in a wrapper that keeps them out of traces."""
    if headers is not None and not isinstance(headers, Mapping):
        raise ConfigError(f"default_headers: is {type(headers).__name__}; give a dict")
    plain: dict[str, str] = {}
    for name, value in (headers or {}).items():
        plain[name] = value.get_secret_value() if isinstance(value, Secret) else value
    return plain


def _check_seconds(name: str, value: object, otherwise: str) -> None:
    if value is not None and not (isinstance(value, (int, float)) and 0 < value < 1e9):
        raise ConfigError(f"{name}={value!r}: give seconds above 0, or {otherwise}")


def _check_numbers(max_retries: object, deadline: object, stall_after: object, max_reply_bytes: object) -> None:
    if not isinstance(max_retries, int) or isinstance(max_retries, bool) or max_retries < 0:
        raise ConfigError(f"max_retries={max_retries!r}: give a whole number, 0 or more")
    _check_seconds("deadline", deadline, "None for none")
    _check_seconds("stall_after", stall_after, f"None for {STALL_AFTER:.0f}")
    if max_reply_bytes is not None and not (isinstance(max_reply_bytes, int) and max_reply_bytes > 0):
        raise ConfigError(f"max_reply_bytes={max_reply_bytes!r}: give a whole number above 0")


def _check_choices(names: Mapping[str, object], vision: object, on_cut: object, flags: Mapping[str, object]) -> None:
    if on_cut not in ("raise", "return"):
        raise ConfigError(f"on_cut={on_cut!r}: choose 'raise' or 'return'")
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise ConfigError(f"{name}={value!r}: give True or False")
    if vision not in (None, "vlm", "native", "error"):
        raise ConfigError(f"vision={vision!r}: choose 'vlm', 'native' or 'error'")
    for name, value in names.items():
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{name}: is {type(value).__name__}; give text")


def _check_objects(http_client: Any, journal: Any, allow_hosts: Any, *, asynchronous: bool) -> None:
    if http_client is not None and not callable(getattr(http_client, "build_request", None)):
        raise ConfigError(f"http_client: is {type(http_client).__name__}; give a client of httpx")
    if http_client is not None and hasattr(http_client, "aclose") is not asynchronous:
        raise ConfigError("http_client: Client wants a synchronous one, AsyncClient an asynchronous one")
    if not isinstance(journal, Journal | str | PathLike | None):
        raise ConfigError(f"journal: is {type(journal).__name__}; give the path of a folder or a file, or None")
    if isinstance(allow_hosts, str):
        raise ConfigError(f"allow_hosts={allow_hosts!r}: give a tuple of hosts, such as ({allow_hosts!r},)")


def _settle(
    provider: str,
    key: Hidden[Any],
    headers: Hidden[Any],
    wire: WireName | None,
    framework: str | None,
    names: Mapping[str, str | None],
) -> tuple[Settings, Target]:
    settings = Settings(
        provider,
        api_key=_key(key.value),
        wire=wire,
        framework=framework,
        default_headers=_plain(headers.value),
        **names,
    )
    return settings, resolve(settings, os.environ)


def _make_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


def _check_allowed(allow_hosts: tuple[str, ...], environ: Mapping[str, str]) -> FetchPolicy:
    from_env = (entry.strip() for entry in environ.get("CNCODING_ALLOW_HOSTS", "").split(","))
    return FetchPolicy((*allow_hosts, *(entry for entry in from_env if entry)))


_V = TypeVar("_V")


class _Latest(OrderedDict[str, _V]):
    """The last 64 values: image descriptions, or beginnings of conversations."""

    def __setitem__(self, key: str, value: _V) -> None:
        super().__setitem__(key, value)
        if len(self) > 64:
            self.popitem(last=False)


def _refuse_strangers(names: tuple[str, ...], owner: str) -> None:
    """Refuse settings that the constructor does not have.

    Raises:
        ConfigError: With the nearest name, or where the setting belongs.
    """
    for name in names:
        setting = own_name(name)
        if setting in ChatSettings.__annotations__ and setting != "model":
            raise ConfigError(f"{owner} got {name!r}, which belongs to a call: give {setting}= to chat() or stream()")
    known = [name for name in inspect.signature(BaseClient.__init__).parameters if name not in ("self", "unknown")]
    refuse_unknown(names, known, owner, f"it takes {', '.join(known)}")


class BaseClient:
    """Settings and facts of a client, without I/O."""

    _asynchronous = False
    _setup: Setup
    _settings: Settings

    def __init__(
        self,
        provider: str,
        model: str | None = None,
        *,
        api_key: str | Secret | Callable[[], str] | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        wire: WireName | None = None,
        timeout: float | tuple[float | None, ...] | httpx.Timeout | None = None,
        max_retries: int | None = 2,
        user_agent: str | None = None,
        framework: str | None = None,
        default_headers: Mapping[str, str | Secret] | None = None,
        vision: Vision | None = None,
        allow_hosts: tuple[str, ...] = (),
        http_client: Any = None,
        deadline: float | None = None,
        stall_after: float | None = None,
        max_reply_bytes: int | None = None,
        on_cut: OnCut = "raise",
        resume_cut: bool = False,
        quota_lookup: bool = True,
        budgets: Iterable[NamedBudget | Mapping[str, Any]] | NamedBudget | None = None,
        journal: Journal | str | PathLike[str] | None = None,
        **unknown: Never,
    ) -> None:
        """Resolve the settings; nothing is connected yet.

        Args:
            provider: Id of the provider, for example `kimi`.
            model: Model id; the endpoint's default if None.
            api_key: Key, or a function that returns it; from the provider's environment variables if None.
            endpoint: `coding`, `coding-global`, `api`, `api-global` and, for qwen, `token-plan(-global)`.
            base_url: What the vendor's own SDK of that wire takes.
            wire: `openai` or `anthropic`.
            timeout: Seconds without a byte before giving up (300); `(connect, read)` or an `httpx.Timeout`.
            max_retries: How often a busy, failing or unreachable vendor is asked again; None is 2.
            user_agent: Instead of the truthful `cncoding/<version>`.
            framework: Name appended to the own User-Agent.
            default_headers: Laid over the headers of every request.
            vision: What becomes of an image if the model cannot see: `vlm`, `native` or `error`.
            allow_hosts: Hosts, addresses and networks that images may be fetched from although not public.
            http_client: An httpx client of your own, sync or async to match; you close it.
            deadline: Seconds that a whole chat call may take: retries, waiting and reading.
            stall_after: Seconds without content before giving up; heartbeats and comments are no content (900).
            max_reply_bytes: Largest reply that is read, unpacked (256 MB).
            on_cut: `return` makes a reply of what came before a stream broke, with the finish reason `cut`.
            resume_cut: Continue a reply in words that broke off, where the vendor has prefix completion.
            quota_lookup: Ask the vendor once which window of a plan is spent, where its error does not say; bounded to
                a few seconds, never repeated, and without effect on what is raised if it fails.
            budgets: How much may be spent, counted over all processes of this user; see `NamedBudget`.
            journal: Folder or file in which media purchases are remembered; None remembers none.
            unknown: Nothing else is taken; what is given is named, with the nearest setting.

        Raises:
            ConfigError: Something is missing or does not fit; the text names the field and the remedy.
        """
        key, headers = Hidden(api_key), Hidden(default_headers)
        api_key = default_headers = None  # an error below shows this frame to whoever reports it
        failure: ConfigError | None = None
        names = {"model": model, "endpoint": endpoint, "base_url": base_url, "user_agent": user_agent}
        strangers = tuple(unknown)
        unknown.clear()
        try:
            _refuse_strangers(strangers, type(self).__name__)
            times = 2 if max_retries is None else max_retries
            _check_numbers(times, deadline, stall_after, max_reply_bytes)
            _check_choices(names, vision, on_cut, {"resume_cut": resume_cut, "quota_lookup": quota_lookup})
            _check_objects(http_client, journal, allow_hosts, asynchronous=self._asynchronous)
            self._settings, self.target = _settle(provider, key, headers, wire, framework, names)
            self._timeout = read_timeout(timeout)
            spending = read_budgets(budgets)
        except ConfigError as error:
            failure = forget_frames(error)
        if failure is not None:
            raise failure
        self._deadline = deadline
        self._stall_after = stall_after
        self._most = max_reply_bytes or MAX_REPLY
        self._http = http_client
        self._journal = journal if isinstance(journal, Journal) or journal is None else Journal(journal)
        self._setup = Setup(
            target=self.target,
            retry=Retry(times=times, traffic=find_traffic(self.target.root, self.target.api_key)),
            fetching=_check_allowed(allow_hosts, os.environ),
            make_id=_make_id,
            descriptions=_Latest(),
            prefixes=_Latest(),
            vision=vision,
            on_cut=on_cut,
            resume_cut=resume_cut,
            quota_lookup=quota_lookup,
            budgets=spending,
        )

    @property
    def provider_id(self) -> str:
        """Id of the provider, for example `kimi`."""
        return self.target.provider.id

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint, for example `coding`."""
        return self.target.endpoint.name

    @property
    def wire_name(self) -> WireName:
        """`openai` or `anthropic`."""
        return self.target.wire_name

    @property
    def base_url(self) -> str:
        """The URL that the route is appended to."""
        return self.target.base_url

    @property
    def model(self) -> str:
        """The model that is asked when a request names none."""
        return self.target.model

    def card(self, model: str | None = None) -> ModelCard:
        """Return what is known of `model` on this endpoint and wire; `known` is False for an unknown one."""
        return self.target.card(model)

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return which of auto, none, required and named the endpoint takes, thinking as told."""
        return self.target.tool_choices(self.card(model), thinking or Thinking())

    def __repr__(self) -> str:
        """Show where it leads, never the key."""
        if "target" not in self.__dict__:
            return f"{type(self).__name__}()"  # its construction failed
        return f"{type(self).__name__}({self.provider_id!r}, model={self.model!r}, base_url={self.base_url!r})"

    def _must_stream(self, request: ChatRequest) -> bool:
        """Tell whether a whole reply is read as a stream: some models have no other, and only a stream has parts."""
        return chat_flow.must_stream(request, self.target) or self._setup.on_cut == "return" or self._setup.resume_cut

    def _watch(self) -> Watch:
        """Start the clock of a chat call."""
        return Watch(self._deadline, self._stall_after)

    @property
    def _secrets(self) -> Secrets:
        """What no exception may tell, the key of the media endpoint included once it is known."""
        targets = self._targets
        return Secrets([one.api_key for one in targets], {**targets[-1].headers, **self.target.headers})

    @property
    def _targets(self) -> list[Target]:
        return [self.target, *(setup.target for setup in (self.__dict__.get("_media_setup"),) if setup)]

    def _build_request(self, request: Prompt, settings: Mapping[str, Any]) -> ChatRequest:
        return build_request(request, settings)

    def _teach(self, flow: Generator[Y, Any, T]) -> Generator[Y, Any, T]:
        """Let an error that leaves a flow say what is known and what to do about it, and learn from it."""
        return teach(account.heed_failures(flow, self._setup), self.target)

    def _record(self, step: Any) -> Any:
        if self._journal is None:
            raise ConfigError("journal: this client has none; pass journal= with a folder")
        return self._journal.perform(step, self._hide)

    def _hide(self, text: str) -> str:
        """Return a text that is written to a disk without the keys, which a vendor may repeat."""
        return self._keys.scrub_text(text)

    @property
    def _keys(self) -> Secrets:
        return Secrets([one.api_key for one in self._targets], {})

    def _reply(self, events: list[Event]) -> ChatResponse:
        return fold(events, self.provider_id)
