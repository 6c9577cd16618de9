"""Tools that make and delete voices."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.media import voice_list
from cncoding.media.make import make
from cncoding.media.tools.calls import ToolCall, ToolOutcome, ToolSetup, find_source
from cncoding.media.tools.making import place_of, read_order, show_files, write_made
from cncoding.media.tools.texts import write_voice
from cncoding.media.voices import VoiceRequest, read_voice
from cncoding.types import Media


def make_voice(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Clone or design a voice.

    Raises:
        ConfigError: Nobody said for the kit that the person agreed; nothing was read.
    """
    settings, given = setup.settings, dict(call.arguments)
    inputs: tuple[Media, ...] = ()
    if call.tool == "clone_voice":
        if settings.consent is None:
            raise ConfigError(
                "consent: missing; whoever builds the kit must say in consent= that the person agreed, an agent cannot"
            )
        inputs = ((yield from find_source(given["audio"], "audio", call, settings)),)
    name = given.get("name")
    request = VoiceRequest(
        "voice", str(given.get("description") or name), settings.model(call.tool), inputs, voice=name,
        options=settings.options_of(call.tool), preview=given.get("preview"), transcript=given.get("transcript"),
        consent=settings.consent if inputs else None,
    )  # fmt: skip
    made = yield from make(read_order(request, call, settings), place_of(settings), setup.media, journal=setup.journal)
    voice, names = read_voice(made.done), (yield from show_files(made.done, call))
    outcome = write_made(made, names, write_voice(voice, made.job, names, settings.prefix), prompt=request.prompt)
    told: Mapping[str, str] = {"id": voice.id, "name": voice.name, "kind": voice.kind}
    return ToolOutcome(outcome.text, {**outcome.artifact, "voice": told}, outcome.assets)


def delete_voice(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Delete a voice at the vendor."""
    name = str(call.arguments["voice"])
    yield from voice_list.delete_voice(name, setup.media)
    return ToolOutcome(f"The voice {name} is deleted.", {"provider": setup.media.target.provider.id, "voice": name})
