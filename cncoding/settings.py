"""What can be said of a request beside its messages and tools: one table of fields for every framework.

The chat classes of the adapters inherit the fields, and every call is read by the same class, so that a value that
comes from a constructor, an attribute, `bind`, a middleware or a call is checked alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    ValidationError,
    field_validator,
)

from cncoding.arguments import RequestArguments as RequestArguments
from cncoding.budget import NamedBudget, read_budgets
from cncoding.errors import ConfigError
from cncoding.names import read_switch
from cncoding.notices import show_warning
from cncoding.types import OnCut, Thinking, ThinkTagSetting, Vision, Warned

_NUMBERS = (
    "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "max_tokens", "seed",
    "thinking_budget",
)  # fmt: skip
_THINKING = ("thinking", "reasoning_effort", "thinking_budget")
_OTHERWISE_CALLED = {"extra_body": "extra"}


def _read_stop(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop


def _read_thinking(value: Any) -> bool | None:
    return _read("thinking", value)


def _read_budgets(value: Any) -> tuple[NamedBudget, ...]:
    try:
        return read_budgets(value)
    except ConfigError as error:
        raise ValueError(str(error).removeprefix("budgets: ")) from None


def _read_bool(value: Any) -> bool:
    return _read("search", value) or False


def _read_cache(value: Any) -> Any:
    """Take the one mark that other packages put on a whole call for the same wish."""
    return "auto" if value is True or (isinstance(value, Mapping) and value.get("type") == "ephemeral") else value


def refuse_flag(value: Any) -> Any:
    """Refuse True and False where a number belongs: pydantic would take them for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(f"is {value}; give a number")
    return value


def _read(name: str, value: Any) -> bool | None:
    try:
        return read_switch(value, name)
    except ConfigError as error:
        raise ValueError(str(error).partition(": ")[2]) from None


class RequestSettings(BaseModel):
    """Settings of a request. None means "not sent"."""

    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    model: str | None = None
    """Name of the model; None is the endpoint's default one."""
    temperature: float | None = None
    """How much chance there is in the answer."""
    top_p: float | None = None
    """Only tokens of this share of the probability are drawn."""
    top_k: int | None = Field(default=None, ge=0)
    """Only so many of the likeliest tokens are drawn, where the vendor documents it."""
    frequency_penalty: float | None = None
    """How much a token that has come often is avoided, where the vendor documents it."""
    presence_penalty: float | None = None
    """How much a token that has come at all is avoided, where the vendor documents it."""
    logprobs: bool | None = None
    """Tell how likely the tokens of the reply were, where the vendor documents it."""
    top_logprobs: int | None = Field(default=None, ge=0)
    """So many alternatives are told for each token."""
    max_tokens: int | None = Field(default=None, gt=0)
    """Most tokens of the reply, reasoning included."""
    stop: Annotated[list[str] | None, BeforeValidator(_read_stop)] = None
    """Texts that end the reply."""
    seed: int | None = None
    """Number that makes the choice of tokens repeatable, as far as the vendor can."""
    thinking: Annotated[bool | None, BeforeValidator(_read_thinking)] = None
    """Switch thinking on or off; None leaves it to the model. `{"type": "enabled"}` is understood too."""
    thinking_budget: int | None = Field(default=None, ge=0)
    """Most tokens to think with."""
    reasoning_effort: str | None = None
    """How hard to think, in one of the model's levels."""
    search: Annotated[bool, BeforeValidator(_read_bool)] = False
    """Let the vendor search the web for the answer."""
    think_tags: ThinkTagSetting | None = None
    """Take `<think>` at the head of the content for reasoning, as models behind vLLM or Ollama write it; "open" where
    the content begins inside it. None is what the vendor is known for."""
    prompt_cache: Annotated[Literal["auto"] | None, BeforeValidator(_read_cache)] = None
    """`auto` marks the beginning that calls have in common, where the vendor takes cache marks."""
    extra_body: dict[str, Any] | None = None
    """Members merged into the request as they are."""
    force_without_thinking: bool = False
    """Whether thinking may be off for a call whose forced tool choice the endpoint takes only then."""

    _numbers = field_validator(*_NUMBERS, mode="before")(refuse_flag)


class LimitSettings(BaseModel):
    """How long and how large a reply may be, and what becomes of one that breaks off."""

    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    deadline: float | None = Field(default=None, gt=0)
    """Seconds that a whole call may take: tries, pauses and reading."""
    stall_after: float | None = Field(default=None, gt=0)
    """Seconds without content before giving up; heartbeats and comments are no content. None is 900."""
    max_reply_bytes: int | None = Field(default=None, gt=0)
    """Largest reply that is read, unpacked. None is 256 MB."""
    on_cut: OnCut = "raise"
    """`return` makes a message of what came before a reply broke off, with the finish reason `cut`."""
    resume_cut: bool = False
    """Continue an answer in words that broke off, where the vendor goes on from a given beginning."""
    quota_lookup: bool = True
    """Ask the vendor once which window of a plan is spent and when it fills again, where its error does not say."""
    budgets: Annotated[tuple[NamedBudget, ...], BeforeValidator(_read_budgets)] = ()
    """How much may be spent, over all processes of this user: `NamedBudget("mine", calls=100, per="day")`."""

    _numbers = field_validator("deadline", "stall_after", "max_reply_bytes", mode="before")(refuse_flag)


class CallSettings(RequestSettings):
    """Settings of one call."""

    model_config = ConfigDict(extra="forbid")

    vision: Vision | None = None
    """What becomes of an image that the model cannot see: described (vlm), sent (native) or refused (error)."""

    def request_fields(self) -> dict[str, Any]:
        """Return the fields of a `ChatRequest` that these settings make."""
        fields = {_OTHERWISE_CALLED.get(name, name): value for name, value in self if name not in _THINKING}
        return {
            **fields,
            "thinking": Thinking(self.thinking, self.reasoning_effort, self.thinking_budget),
            "stop": tuple(self.stop or ()),
            "extra": self.extra_body or {},
        }


def read_settings(settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check the settings of one call, whoever gave them, and return them as fields of a `ChatRequest`.

    Args:
        settings: By the names of `CallSettings`; see `rename_settings` for those of others.
        where: What was called, for error texts.

    Raises:
        ConfigError: One is of the wrong kind; the text names it, and not its value.
    """
    try:
        return CallSettings.model_validate(settings).request_fields()
    except ValidationError as error:
        raise ConfigError(explain_invalid(error, where)) from None


def explain_invalid(error: ValidationError, where: str) -> str:
    """Name wrong settings without their values: one may be a key."""
    wrong: dict[str, list[str]] = {}
    for item in error.errors(include_input=False, include_url=False):
        place = [str(step) for step in item["loc"] if not _is_kind(step)]
        why = "missing" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        wrong.setdefault(".".join(place), []).append(why)
    if wrong.get("provider") == ["missing"]:
        wrong["provider"] = ["missing; say whose model it is, for example provider='glm'"]
    return f"{where} got a wrong argument: {'; '.join(f'{name}: {_join_kinds(why)}' for name, why in wrong.items())}"


def _is_kind(step: int | str) -> bool:
    """Tell whether a step is no place but one of the kinds that a value may be of, as pydantic writes them."""
    return isinstance(step, str) and ("[" in step or step in ("float", "int", "str", "bool", "tuple", "dict", "list"))


def _join_kinds(reasons: list[str]) -> str:
    """Say in one sentence that a value is of none of several kinds."""
    start = "Input should be "
    kinds = [one.removeprefix(start).partition(", unable")[0] for one in reasons if one.startswith(start)]
    return start + ", or ".join(dict.fromkeys(kinds)) if len(reasons) > 1 and kinds else "; ".join(reasons)


# ---------------------------------------------------------------- settings of the client

MASK = "**********"
"""What stands for a secret in a dump, as pydantic writes it."""


def _read_headers(headers: Any) -> Any:
    if not isinstance(headers, Mapping):
        return headers
    values = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in headers.items()
    }
    masked = [name for name, value in values.items() if value == MASK]
    if masked:
        why = f"{', '.join(map(str, masked))} was masked in a dump and is left out; give it again"
        show_warning(Warned("default_headers", why))
    return {name: value for name, value in values.items() if value != MASK}


def _mask_headers(headers: dict[str, str] | None, info: SerializationInfo) -> Any:
    if headers is None:
        return None
    return {name: MASK if info.mode_is_json() else SecretStr(value) for name, value in headers.items()}


def wrap_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor arguments whose key and headers do not show in the frames that an error passes."""
    wrapped = dict(settings)
    if isinstance(key := wrapped.get("api_key"), str):
        wrapped["api_key"] = SecretStr(key)
    if isinstance(headers := wrapped.get("default_headers"), Mapping):
        wrapped["default_headers"] = {
            name: SecretStr(value) if isinstance(value, str) else value for name, value in headers.items()
        }
    return wrapped


SecretHeaders: TypeAlias = Annotated[
    dict[str, str] | None, BeforeValidator(_read_headers), PlainSerializer(_mask_headers, when_used="always")
]
"""Headers of every request: plain where they are used, masked in every dump, because one may be a key."""
