"""How the settings of an LLM are checked, copied and dumped, and the clients made of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.bridge.pydantic import (
    PrivateAttr,
    ValidationError,
)
from typing_extensions import Self

from cncoding import (
    AsyncClient,
    Client,
    ConfigError,
    ModelCard,
    Thinking,
    Warned,
    explain_invalid,
    forget_frames,
    rename_settings,
    show_warning,
    wrap_secrets,
)
from llamaindex_cncoding._settings import CALL_ONLY, CONNECTION, REQUEST, LLMSettings, refuse_unknown_settings

DEFAULT_CONTEXT = 128_000
"""Tokens, for models that nobody described."""
_OF_THE_PROCESS = ("http_client", "http_async_client", "callback_manager", "rate_limiter")
"""Fields that hold live objects: copies share them, pickles leave them out."""
_Kind = TypeVar("_Kind", Client, AsyncClient)

_lenient: ContextVar[bool] = ContextVar("cncoding_lenient", default=False)


@contextmanager
def _allow_missing_key() -> Iterator[None]:
    """Let an LLM be made without its key, which dumps do not hold; the first call will ask for it."""
    token = _lenient.set(True)
    try:
        yield
    finally:
        _lenient.reset(token)


class ConnectedLLM(LLMSettings):
    """Hold the settings of one LLM and the clients that they make; the endpoints are in `llm.py`."""

    _clients: dict[type, tuple[Any, Any]] = PrivateAttr(default_factory=dict)

    if not TYPE_CHECKING:  # type checkers see `LLMArguments`

        def __init__(self, model: str | None = None, **settings: Any) -> None:
            """Check the settings and find the endpoint and the key; nothing is sent.

            Args:
                model: Model id, None for the endpoint's default.
                **settings: The fields.

            Raises:
                ConfigError: A setting is unknown or wrong, or there is no key.
            """
            owner = type(self).__name__
            settings.pop("class_name", None)  # dumps of LlamaIndex carry it
            if model is not None:
                settings["model"] = model
            settings = wrap_secrets(rename_settings(settings, type(self).model_fields))
            try:
                refuse_unknown_settings(settings, type(self))
                super().__init__(**{name: value for name, value in settings.items() if value is not None})
                self._find_endpoint(owner)
            except ValidationError as error:
                # Not chained: pydantic's text shows what was given, and that may be a key.
                raise ConfigError(explain_invalid(error, owner)) from None
            except ConfigError as error:
                raise forget_frames(error) from None

    def _find_endpoint(self, owner: str) -> None:
        """Check the clients of the user's own, and find the endpoint, the key and the model."""
        for name in ("http_client", "http_async_client"):
            if (own := getattr(self, name)) is not None and not hasattr(own, "send"):
                raise ConfigError(f"{owner}: {name}: is {type(own).__name__}; give a client of httpx")
        try:
            self.model = self._connect(Client).model
            if self.http_async_client is not None:
                self._connect(AsyncClient)
        except ConfigError:
            if not _lenient.get():
                raise

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps; LlamaIndex looks for "multi" in it."""
        field = cls.model_fields.get("provider")
        provider = f"{field.default}_" if field is not None and not field.is_required() else ""
        return f"cncoding_{provider}multi_modal_llm"

    # ------------------------------------------------------------ dumps and copies

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """Make an LLM from `to_dict()`; the key comes from the environment, or as `api_key=`."""
        with _allow_missing_key():
            return super().from_dict(data, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Leave live objects out of pickles; a key that was passed by hand stays in."""
        for name in ("http_client", "http_async_client"):
            if getattr(self, name) is not None:
                show_warning(Warned(name, "a pickle cannot hold it; set it again"))
        return {"__dict__": {k: v for k, v in self.__dict__.items() if k not in _OF_THE_PROCESS}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the LLM again from its settings."""
        with _allow_missing_key():
            self.__init__(**state["__dict__"])  # type: ignore[misc]  # how BaseComponent restores, too

    def __copy__(self) -> Self:
        """Copy without the clients, so that a copy with other settings makes its own."""
        twin = super().__copy__()
        twin._clients = {}
        return twin

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; live objects are shared."""
        with _allow_missing_key():
            return type(self)(
                **{k: v if k in _OF_THE_PROCESS else copy.deepcopy(v, memo) for k, v in self.__dict__.items()}
            )

    # ------------------------------------------------------------ clients and what is known of the model

    def _apply_call(self, call: dict[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Return the LLM that a call asks, which has the call's connection settings, and the call's other arguments."""
        call = rename_settings(call, (*CONNECTION, *REQUEST, *CALL_ONLY))
        own = {name: call[name] for name in CONNECTION if call.get(name) is not None}
        rest = {name: value for name, value in call.items() if name not in CONNECTION}
        return (type(self)(**{**self.__dict__, **own}) if own else self), rest

    def _connect(self, kind: type[_Kind]) -> _Kind:
        """Return a client of that kind for the present settings; it is kept until they change."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in ("provider", "model", "api_key", *CONNECTION)}
        settings["http_client"] = self.http_client if kind is Client else self.http_async_client
        if callable(read_key := settings["api_key"]):
            settings["api_key"] = key = read_key()
            if not isinstance(key, str):
                raise ConfigError(f"api_key: the function returned {type(key).__name__}; return text, not a coroutine")
        kept = self._clients.get(kind)
        if kept is not None and kept[0] == settings:
            client: _Kind = kept[1]
            return client
        client = kind(framework="llamaindex", **settings)
        self._clients[kind] = (settings, client)
        return client

    def card(self, model: str | None = None) -> ModelCard:
        """Return what is known of a model, of this LLM's if none is named; never raises."""
        try:
            return self._connect(Client).card(model)
        except ConfigError:
            return ModelCard(id=model or self.model or "unknown", known=False)

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return the tool choices that the endpoint takes: subset of auto, none, required, named.

        Raises:
            ConfigError: There is no key.
        """
        return self._connect(Client).tool_choices(model, thinking)

    @property
    def metadata(self) -> LLMMetadata:
        """Tell LlamaIndex what the model can do; never raises and never asks anybody."""
        card = self.card()
        return LLMMetadata(
            context_window=self.context_window or card.input_limit or DEFAULT_CONTEXT,
            num_output=self.max_tokens or -1,
            is_chat_model=True,
            is_function_calling_model=card.tools,
            model_name=self.model or card.id,
        )
