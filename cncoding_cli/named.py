"""Which client the words mean: that of a provider, or of a model that cncoding.yaml names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cncoding import (
    Client,
    ConfigError,
    Configuration,
    Entry,
    open_named,
    providers,
    reveal_entry,
    reveal_for_tools,
)
from cncoding.client.configuration import find_configuration
from cncoding.client.named import select_client_settings
from cncoding.names import did_you_mean
from cncoding_cli.options import choose_provider


@dataclass(frozen=True)
class Asked:
    """Whom the words ask."""

    client: Client
    rest: list[str]
    """Words that are left."""
    model: str | None
    """The vendor's id of the model that a request names; None for the client's own."""
    name: str | None = None
    """Its name in cncoding.yaml."""


def find_named(model: str | None, words: list[str] | None = None, provider: str | None = None) -> Configuration | None:
    """Return the file that names a model, None where none does or a provider is given.

    Raises:
        ConfigError: The file is wrong, or the model is nobody's and nearly one of its names.
    """
    if model is None or provider is not None or (words and words[0] in providers()):
        return None
    found = find_configuration()
    if found is None or model in found.entries:
        return found
    if (near := did_you_mean(model, found.entries)) and not _is_known(model):
        raise ConfigError(f"--model {model}: no model of that id is known{near} It is of {found.path}")
    return None


def _is_known(model: str) -> bool:
    return any(where.card(model).known for one in providers().values() for where in one.endpoints)


def open_chat(
    words: list[str] | None,
    provider: str | None,
    model: str | None,
    endpoint: str | None,
    base_url: str | None,
) -> Asked:
    """Return the client to talk to.

    Args:
        words: A provider, maybe, and the prompt.
        provider: Of `--provider`.
        model: A vendor's id, or a name of cncoding.yaml.
        endpoint: Of the provider.
        base_url: Of the provider.

    Raises:
        ConfigError: Nobody is meant, or a setting is wrong.
    """
    if (found := find_named(model, words, provider)) is not None:
        _refuse_address(endpoint, base_url, model)
        return Asked(open_named(found, model), list(words or ()), None, model)
    provider, rest = choose_provider(words, provider)
    return Asked(Client(provider, model=model, endpoint=endpoint, base_url=base_url), rest, model)


def open_media(
    words: list[str] | None,
    provider: str | None,
    model: str | None,
    endpoint: str | None,
    base_url: str | None,
    *,
    sight: bool = False,
    **settings: Any,
) -> Asked:
    """Return the client that makes, hears or sees something.

    Args:
        words: A provider, maybe, and what the command is about.
        provider: Of `--provider`.
        model: A vendor's id, or a name of cncoding.yaml.
        endpoint: Of the provider.
        base_url: Of the provider.
        sight: Whether a chat model is asked, which has settings of its own.
        **settings: Of the client.

    Raises:
        ConfigError: Nobody is meant, or a setting is wrong.
    """
    if (found := find_named(model, words, provider)) is None:
        provider, rest = choose_provider(words, provider)
        return Asked(Client(provider, endpoint=endpoint, base_url=base_url, **settings), rest, model)
    _refuse_address(endpoint, base_url, model)
    entry = found.entry(model)
    own = _reveal_one(entry, found) if sight else reveal_for_tools(found, model)
    asked = own.pop("model", None)
    return Asked(Client(**own, **settings), list(words or ()), asked, model)


def _reveal_one(entry: Entry, found: Configuration) -> dict[str, Any]:
    if entry.over:
        raise found.places.error((*entry.where, "over"), f"name one of these: {', '.join(entry.over)}")
    return select_client_settings(reveal_entry(entry, found))


def list_members(found: Configuration, entry: Entry) -> list[Entry]:
    """Return the single models that an entry stands for."""
    if not entry.over:
        return [entry]
    return [one for name in entry.over for one in list_members(found, found.entry(name))]


def open_single(found: Configuration, entry: Entry, **settings: Any) -> Client:
    """Return the client of a single model, with settings of its own for it.

    Raises:
        ConfigError: A setting is wrong.
    """
    return Client(**{**_reveal_one(entry, found), **settings})


def _refuse_address(endpoint: str | None, base_url: str | None, model: str | None) -> None:
    for name, value in (("endpoint", endpoint), ("base-url", base_url)):
        if value is not None:
            raise ConfigError(f"--{name}: cncoding.yaml says it for {model!r}; leave it out, or name a provider")
