"""Which flow does what a tool is called for, and which tools a provider has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cncoding.errors import CncodingError, ConfigError, JobDeadlineError, JobError, ServerError, TransportError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Preview
from cncoding.media import services, sight, voice_list
from cncoding.media.inputs import find_rules
from cncoding.media.routes import MediaRoute
from cncoding.media.selection import find_search_route, media_routes
from cncoding.media.tools import making, senses, voicing
from cncoding.media.tools.calls import ToolCall, ToolOutcome, ToolSetup
from cncoding.media.tools.catalog import BUYS, CATALOG
from cncoding.media.tools.refusals import name_argument
from cncoding.media.tools.texts import name_tools
from cncoding.media.values import MediaJob
from cncoding.types import Media

_WORK: Mapping[str, Callable[[ToolCall, ToolSetup], Flow[ToolOutcome]]] = {
    "check_media_job": making.check_job,
    "cancel_media_job": making.cancel_job,
    "understand_image": senses.understand_image,
    "understand_video": senses.understand_video,
    "web_search": senses.search_web,
    "transcribe": senses.transcribe,
    "list_voices": senses.list_voices,
    "clone_voice": voicing.make_voice,
    "design_voice": voicing.make_voice,
    "delete_voice": voicing.delete_voice,
}


def use_tool(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Do what a tool does.

    Raises:
        ConfigError: There is no such tool, or an argument is wrong; nothing was sent or charged.
        CncodingError: As `make`, `check_purchase` and the services raise.
    """
    work = _WORK.get(call.tool) or (making.make_medium if call.tool in BUYS else None)
    if work is None:
        raise ConfigError(f"tool {call.tool!r}: there is none; there are {', '.join(CATALOG)}")
    try:
        outcome = yield from work(call, setup)
    except ConfigError as error:
        raise name_argument(error, call, setup) from None
    return (yield from _show(outcome)) if setup.settings.show else outcome


def _show(outcome: ToolOutcome) -> Flow[ToolOutcome]:
    """Add small pictures; what was paid for is told even where none can be made."""
    previews: list[Media] = []
    text = outcome.text
    for asset in outcome.assets:
        if asset.kind == "image" and asset.path is not None:
            try:
                previews.append((yield Preview(asset.path)))
            except ConfigError as error:
                text += f"\n(not shown: {error})"
    return replace(outcome, text=text, previews=tuple(previews))


def list_tools(setup: ToolSetup, *, blocking_video: bool = True) -> tuple[str, ...]:
    """Return the names of the tools that the provider has at this endpoint, in the order in which agents see them."""
    routes = media_routes(setup.media.target.provider)
    kinds = {route.kind for route in routes}
    video = (
        ("generate_video", "submit_video", "check_media_job") if blocking_video else ("submit_video", "check_media_job")
    )
    return (
        *(("generate_image",) if "image" in kinds else ()),
        *(("submit_image",) if any(one.kind == "image" and one.task for one in routes) else ()),
        *(("edit_image",) if any(map(_changes_pictures, routes)) else ()),
        *(video if "video" in kinds else ()),
        *(("cancel_media_job",) if "video" in kinds and any(one.cancel is not None for one in routes) else ()),
        *(("synthesize_speech",) if "speech" in kinds else ()),
        *(("list_voices",) if voice_list.has_voices(setup.media) else ()),
        *(_list_voicing(setup) if setup.settings.consent is not None else ()),
        *(("transcribe",) if services.can_transcribe(setup.media) else ()),
        *(("understand_image",) if sight.can_see(setup.chat) else ()),
        *(("understand_video",) if sight.can_watch(setup.chat) else ()),
        *(("web_search",) if find_search_route(setup.chat) is not None else ()),
    )


def _list_voicing(setup: ToolSetup) -> tuple[str, ...]:
    starts = [route.starts for route in media_routes(setup.media.target.provider, "voice")]
    return (
        *(("clone_voice",) if True in starts else ()),
        *(("design_voice",) if False in starts else ()),
        *(("delete_voice",) if voice_list.can_delete_voices(setup.media) else ()),
    )


def _changes_pictures(route: MediaRoute) -> bool:
    return route.kind == "image" and any(find_rules("images", route, model) for model in route.models)


def explain_failure(error: CncodingError, prefix: str = "") -> str:
    """Say to a model what went wrong, what is paid for all the same, and what to do.

    Args:
        error: What a tool raised.
        prefix: Of the names of the tools, see `ToolSettings`.
    """
    text = name_tools(str(error) or type(error).__name__, prefix)
    more = _say_more(error, prefix)
    return f"{text}{'' if text.endswith(('.', '。')) else '.'} {more}" if more else text


def _say_more(error: CncodingError, prefix: str) -> str | None:
    if error.retryable:
        return "Trying again later may help."
    handle = _find_left(error)
    if handle is not None:
        return f"The job may go on: ask again with {prefix}check_media_job, job={handle}"
    if isinstance(error, TransportError) and error.sent:
        return "The vendor may have begun and charged for it, so it was not repeated."
    if isinstance(error, ServerError):
        return "It was not repeated, because it may have been charged."
    return None


def _find_left(error: CncodingError) -> str | None:
    """Return the handle of a job that goes on at the vendor after an error, None if there is none."""
    if not isinstance(error.job, MediaJob) or not error.job.id:
        return None
    if isinstance(error, (ConfigError, JobError)) and not isinstance(error, JobDeadlineError):
        return None
    return error.purchase or error.job.handle
