"""What several commands take, and which provider is meant."""

from __future__ import annotations

import difflib
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from cncoding import ConfigError, Configuration, Media, providers
from cncoding.client.configuration import find_configuration
from cncoding.registry import read_key
from cncoding_cli import memory, show, terminal


def _complete_provider(incomplete: str) -> list[str]:
    return [name for name in providers() if name.startswith(incomplete)]


def _complete_model(incomplete: str) -> list[str]:
    found = {card.id for one in providers().values() for endpoint in one.endpoints for card in endpoint.models}
    with suppress(ConfigError):  # a file that is wrong names none
        found.update((find_configuration() or Configuration("")).entries)
    return sorted(name for name in found if name.startswith(incomplete))


def _complete_endpoint(incomplete: str) -> list[str]:
    found = {endpoint.name for one in providers().values() for endpoint in one.endpoints}
    return sorted(name for name in found if name.startswith(incomplete))


def _complete_words(incomplete: str) -> list[str]:
    return _complete_provider(incomplete)


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROVIDER] [PROMPT]",
        help="A provider, unless one is remembered, and what to say.",
        autocompletion=_complete_words,
        show_default=False,
    ),
]
OneProvider = Annotated[
    str | None,
    typer.Argument(metavar="[PROVIDER]", help="A provider.", autocompletion=_complete_provider, show_default=False),
]
ProviderOption = Annotated[
    str | None,
    typer.Option("--provider", "-p", help="glm, kimi, minimax, qwen, deepseek, ...", autocompletion=_complete_provider),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Model id, or a name of cncoding.yaml; by default the provider's.",
        autocompletion=_complete_model,
    ),
]
EndpointName = Annotated[
    str | None,
    typer.Option("--endpoint", help="coding, coding-global, api, ...", autocompletion=_complete_endpoint),
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Base URL, as the vendor's own SDK takes it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", callback=show.choose_json, is_eager=True)]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="A file; a folder if it exists or ends in /; - for standard output."),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite the file of --output.")]
EstimateOnly = Annotated[
    bool, typer.Option("--estimate", help="Say what it would cost by the vendor's list, and buy nothing.")
]
Reuse = Annotated[bool, typer.Option("--reuse", help="Take the same one if it was made before, at no cost.")]
Images = Annotated[
    list[str] | None, typer.Option("--image", "-i", help="An image: path, URL, or - for standard input; repeatable.")
]


def choose_provider(words: list[str] | None, option: str | None = None) -> tuple[str, list[str]]:
    """Return which provider is meant and the words that are left; checked before anything is read.

    Named by `option`, by the first word, by `CNCODING_PROVIDER`, by the last use, or by
    being the only one with a key.

    Raises:
        ConfigError: None is meant, or there is none of that name.
    """
    rest = list(words or [])
    known = providers()
    if option is not None:
        return _check(option), rest
    if rest and rest[0] in known:
        return rest[0], rest[1:]
    if len(rest) > 1 or (rest and _resembles(rest[0])):
        _check(rest[0])
    return default_provider(), rest


def _check(name: str) -> str:
    known = providers()
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f", did you mean {near[0]!r}?" if near else ""
    raise ConfigError(
        f"provider={name[:60]!r}: unknown{hint}; there are {', '.join(known)}. "
        "A prompt of several words goes into quotes"
    )


def _resembles(word: str) -> bool:
    return bool(difflib.get_close_matches(word, providers(), n=1, cutoff=0.7))


def default_provider() -> str:
    """Return the provider that is meant when none is named.

    Raises:
        ConfigError: None is.
    """
    if told := os.environ.get("CNCODING_PROVIDER", "").strip():
        return _check(told)
    remembered = memory.recall_provider()
    if remembered in providers():
        return str(remembered)
    ready = [name for name in providers() if has_key(name)]
    if len(ready) == 1:
        return ready[0]
    raise ConfigError(
        f"provider: name one of {', '.join(providers())}; the one that answered is remembered, or set CNCODING_PROVIDER"
    )


def has_key(name: str) -> bool:
    """Tell whether the environment holds a key of the provider."""
    return any(read_key(endpoint, os.environ) is not None for endpoint in providers()[name].endpoints)


def read_prompt(rest: list[str], what: str = "prompt") -> str:
    """Return the prompt: the words and standard input together.

    Raises:
        ConfigError: There is none, or too many words.
    """
    if len(rest) > 1:
        raise ConfigError(f"{what}: {len(rest)} words after the provider; put a {what} of several words into quotes")
    said = rest[0] if rest else ""
    piped = terminal.read_stdin() if not terminal.is_interactive() else ""
    text = "\n\n".join(part for part in (said, piped.rstrip("\n")) if part.strip())
    if not text:
        raise ConfigError(f"{what}: empty; give it in quotes or on standard input")
    return text


def read_images(sources: list[str] | None) -> tuple[Media, ...]:
    """Return the images that options name.

    Raises:
        ConfigError: A file is missing.
    """
    return tuple(_read_image(source) for source in sources or [])


def read_films(sources: list[str] | None) -> tuple[Media, ...]:
    """Return the films that options name.

    Raises:
        ConfigError: A file is missing.
    """
    return tuple(_read_named("video", source) for source in sources or [])


def _read_image(source: str) -> Media:
    if source == "-":
        import base64

        data = terminal.read_stdin_bytes()
        if not data:
            raise ConfigError("--image -: standard input is empty")
        return Media("image", data=base64.b64encode(data).decode("ascii"))
    return _read_named("image", source)


def _read_named(kind: Literal["image", "video"], source: str) -> Media:
    if "://" in source or source.startswith("data:"):
        return Media(kind, url=source)
    if not Path(source).is_file():
        raise ConfigError(f"--{kind} {source}: no such file")
    return Media(kind, path=source)
