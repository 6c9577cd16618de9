"""Make chat models from a text: `create_chat_model("kimi:kimi-for-coding")`, and `init_chat_model` by registration."""

from __future__ import annotations

from typing import Any

from cncoding import providers
from langchain_cncoding._blocks import PROVIDER_PREFIX
from langchain_cncoding._errors import CNCodingConfigError
from langchain_cncoding.chat_models import ChatCNCoding, find_chat_class


def create_chat_model(name: str, **settings: Any) -> ChatCNCoding:
    """Make a chat model.

    Args:
        name: `provider:model`, for example `kimi:kimi-for-coding`, or a provider alone for its default model. The
            prefix `cncoding-` that `ls_provider` carries is understood too.
        **settings: Fields of `ChatCNCoding`.

    Raises:
        CNCodingConfigError: The provider or a setting is unknown, or the key is missing.
    """
    if not isinstance(name, str):
        raise CNCodingConfigError(f"create_chat_model: is {type(name).__name__}; give 'provider:model', 'glm:glm-5.3'")
    provider, _, model = name.partition(":")
    provider = provider.removeprefix(PROVIDER_PREFIX)
    if model and settings.setdefault("model", model) != model:
        raise CNCodingConfigError(f"create_chat_model: {name!r} and model={settings['model']!r} name two models")
    found = providers().get(provider)
    if found is not None:
        return find_chat_class(found)(**settings)
    return ChatCNCoding(provider=provider, **settings)


def register() -> list[str]:
    """Make `init_chat_model("cncoding-kimi:kimi-for-coding")` work in this process, for every provider.

    LangChain has no plugin mechanism for `init_chat_model`; this writes into its table of providers, which no
    release promises to keep. Nothing of ours does it on import. `create_chat_model` needs no registration.

    Returns:
        The names that were registered.

    Raises:
        ImportError: The package `langchain` is not installed, or its table of providers is not where it was.
    """
    from langchain.chat_models import base

    table = getattr(base, "_BUILTIN_PROVIDERS", None)
    if not isinstance(table, dict):
        raise ImportError("this version of langchain keeps its providers elsewhere; use create_chat_model instead")
    names = []
    for provider in providers():
        name = PROVIDER_PREFIX + provider
        entry = (__package__, "ChatCNCoding", _creator(provider))
        # LangChain finds the prefix as it is written and then looks the provider up with underscores.
        table[name] = table[name.replace("-", "_")] = entry
        names.append(name)
    return names


def _creator(provider: str) -> Any:
    def create(cls: type[ChatCNCoding], **settings: Any) -> ChatCNCoding:
        return create_chat_model(provider, **settings)

    return create
