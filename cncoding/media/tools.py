"""What an agent's tools do, once for every framework: words and arguments in, a text and files out.

A flow as everything here. The adapters sign their tools and call it; they hold no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cncoding.errors import CncodingError, ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Locate, Preview
from cncoding.media import services
from cncoding.media.journal import CallIdentity, Purchase
from cncoding.media.make import begin, make
from cncoding.media.money import Budget
from cncoding.media.orders import Approve, Listener, Made, MediaEvent, Order, Place
from cncoding.media.polling import Patience
from cncoding.media.purchases import cancel_purchase, check_purchase
from cncoding.media.selection import find_search_route, media_routes
from cncoding.media.tool_texts import write_begun, write_hits, write_status, write_summary, write_voices
from cncoding.media.values import Asset, Done, JobKind, MediaJob, MediaRequest, SearchResult, status_name
from cncoding.target import Setup
from cncoding.types import JsonObject, Media, MediaKind

MAKERS: Mapping[str, JobKind] = {
    "generate_image": "image",
    "submit_image": "image",
    "generate_video": "video",
    "submit_video": "video",
    "synthesize_speech": "speech",
}
"""Tools that buy something, and what."""


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """What the tools of one kit are told once."""

    folder: str | None = None
    read_folders: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """By tool name."""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of the vendor by tool name; the name `*` means every tool."""
    patience: Patience = field(default_factory=Patience)
    reuse: bool = False
    budget: Budget | None = None
    since: float | None = None
    """When the kit was made, in seconds since the epoch; a budget of a kit counts from there."""
    confirm_above: float | None = None
    show: bool = False
    """Whether the model is shown a small picture of every picture that was made."""

    def model(self, tool: str) -> str | None:
        """Return the model that a tool is to ask, None for the one that fits its inputs."""
        return self.models.get(tool)

    def options_of(self, tool: str) -> JsonObject:
        """Return the vendor's fields for a tool."""
        return {**self.options.get("*", {}), **self.options.get(tool, {})}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    tool: str
    arguments: Mapping[str, Any]
    identity: CallIdentity | None = None
    again: bool = False
    listener: Listener | None = None
    approve: Approve | None = None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool gives back."""

    text: str
    """For the model."""
    artifact: JsonObject = field(default_factory=dict)
    """For the program, as plain JSON without bytes."""
    assets: tuple[Asset, ...] = ()
    previews: tuple[Media, ...] = ()
    """Small pictures for a model that is to look at what was made."""


@dataclass(frozen=True, slots=True)
class ToolSetup:
    """Where a kit's tools send their requests: media may live at another endpoint than chat."""

    media: Setup
    chat: Setup
    settings: ToolSettings
    journal: bool


def use_tool(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Do what a tool does.

    Raises:
        ConfigError: There is no such tool, or an argument is wrong; nothing was sent or charged.
        CncodingError: As `make`, `check_purchase` and the services raise.
    """
    work = _make if call.tool in MAKERS else _WORK.get(call.tool)
    if work is None:
        raise ConfigError(f"tool {call.tool!r}: there is none; there are {', '.join((*MAKERS, *_WORK))}")
    outcome = yield from work(call, setup)
    return (yield from _show(outcome)) if setup.settings.show else outcome


def _show(outcome: ToolOutcome) -> Flow[ToolOutcome]:
    previews: list[Media] = []
    for asset in outcome.assets:
        if asset.kind == "image" and asset.path is not None:
            previews.append((yield Preview(asset.path)))
    return replace(outcome, previews=tuple(previews))


# ---------------------------------------------------------------- images, videos, speech


def _make(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    request = yield from _build_request(call, setup.settings)
    settings = setup.settings
    order = Order(
        request, call.identity, call.again, settings.reuse, call.listener, settings.budget, settings.since,
        settings.confirm_above, call.approve,
    )  # fmt: skip
    if call.tool.startswith("submit_"):
        purchase, _ = yield from begin(order, setup.media, journal=setup.journal)
        return _write_begun(purchase, setup)
    made = yield from make(order, _place(setup.settings), setup.media, journal=setup.journal)
    return _write_made(made)


def _build_request(call: ToolCall, settings: ToolSettings) -> Flow[MediaRequest]:
    given = {name: value for name, value in call.arguments.items() if value is not None}
    inputs: list[Media] = []
    kinds: tuple[tuple[str, MediaKind], ...] = (("images", "image"), ("videos", "video"), ("audio", "audio"))
    for name, kind in kinds:
        sources = given.pop(name, ())
        for source in (sources,) if isinstance(sources, str) else sources:
            inputs.append((yield from _find_source(source, kind, settings)))
    text = given.pop("prompt", None) or given.pop("text", "")
    count = given.pop("count", None)
    for name in given:
        if name not in _SETTINGS:
            raise ConfigError(f"{name}: {call.tool} has no such argument; vendor fields go into options=")
    if call.tool == "submit_image":
        given.setdefault("as_task", True)
    known = {name: _as_number(value) if name in _NUMBERS else value for name, value in given.items()}
    return MediaRequest(
        MAKERS[call.tool],
        str(text),
        settings.model(call.tool),
        tuple(inputs),
        n=_as_number(count),
        options=settings.options_of(call.tool),
        **known,
    )


_NUMBERS = frozenset({"duration", "seed"})
_SETTINGS = frozenset(
    {
        "size", "resolution", "duration", "negative_prompt", "seed", "watermark", "voice", "format", "speed", "as_task",
    }
)  # fmt: skip
"""Fields of a request that a tool may be given beside the words, the inputs and the count."""


def _read(call: ToolCall, name: str) -> str:
    """Return an argument that a tool cannot do without.

    Raises:
        ConfigError: It is missing.
    """
    given = call.arguments.get(name)
    if given is None:
        raise ConfigError(f"{name}: missing; {call.tool} needs it")
    return str(given)


def _as_number(given: Any) -> Any:
    """Read a whole number that a model wrote as text."""
    return int(given) if isinstance(given, str) and given.strip().isdecimal() else given


def _find_source(source: str, kind: MediaKind, settings: ToolSettings) -> Flow[Media]:
    """Return a link, or a file in a folder that the agent may read."""
    found: str = yield Locate(source, (settings.folder, *settings.read_folders))
    if "://" in found[:12] or found.startswith("data:"):
        return Media(kind, url=found)
    return Media(kind, path=found)


def _place(settings: ToolSettings) -> Place:
    return Place(settings.folder, patience=settings.patience, keep=True)


# ---------------------------------------------------------------- jobs


def _check(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    handle = _read(call, "job")
    found = yield from check_purchase(handle, _place(setup.settings), setup.media, call.listener, journal=setup.journal)
    if isinstance(found, Made):
        return _write_made(found)
    assert found.status is not None
    return ToolOutcome(
        write_status(found.job, found.status, found.handle or found.job.handle),
        {**_describe_job(found), "code": getattr(found.status, "code", None)},
    )


def _cancel(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    handle = _read(call, "job")
    status = yield from cancel_purchase(handle, setup.media, journal=setup.journal)
    return ToolOutcome(f"The job {handle} is {status_name(status)}.", {"handle": handle, "status": status_name(status)})


def _write_begun(purchase: Purchase, setup: ToolSetup) -> ToolOutcome:
    job = purchase.job
    assert job is not None
    handle = purchase.handle if setup.journal else job.handle
    return ToolOutcome(write_begun(job, handle), _describe_job(MediaEvent(handle, job, None)))


def _describe_job(event: MediaEvent) -> JsonObject:
    job = event.job
    return {
        "status": event.word,
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "job": replace(job, assets=None).to_json(),
        "handle": event.handle or job.handle,
        "assets": [],
        "blocks": [],
        "usage": {},
    }


def _write_made(made: Made) -> ToolOutcome:
    done, job = made.done, made.job
    text = write_summary(done, job)
    if made.reused:
        text += "\nIt had been made before; nothing was paid now."
    artifact = {
        "status": "done",
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "prompt": made.purchase.prompt if made.purchase is not None else None,
        "handle": made.purchase.handle if made.purchase is not None else None,
        "reused": made.reused,
        "job": _job_json(job, done),
        "assets": [asset.to_json(with_data=False) for asset in done.assets],
        "blocks": [describe_block(asset) for asset in done.assets],
        "usage": done.usage,
    }
    return ToolOutcome(text, artifact, done.assets)


def _job_json(job: MediaJob, done: Done) -> JsonObject:
    """Return a job as JSON; a result that came with the submission is named by its files."""
    known = None if job.assets is None else tuple(replace(asset, data=None) for asset in done.assets)
    return replace(job, assets=known).to_json()


def describe_block(asset: Asset) -> JsonObject:
    """Return the content block of an asset: the file if there is one, else the link."""
    where = Path(asset.path).as_uri() if asset.path is not None else asset.url
    extras = {
        "path": asset.path,
        "link": asset.url,
        "expires_at": asset.expires_at,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "revised_prompt": asset.revised_prompt,
    }
    block: JsonObject = {"type": asset.kind, "url": where, "mime_type": asset.media_type}
    return {
        **{name: value for name, value in block.items() if value is not None},
        "extras": {name: value for name, value in extras.items() if value is not None},
    }


# ---------------------------------------------------------------- sight and search


def _understand(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    image = _read(call, "image")
    question = str(call.arguments.get("question") or "Describe this image.")
    media = yield from _find_source(image, "image", setup.settings)
    model = setup.settings.model(call.tool)
    answer = yield from services.understand(media, question, setup.chat, model=model)
    shown = image if len(image) < 2000 else image[:60] + "..."
    provider = setup.chat.target.provider.id
    return ToolOutcome(answer, {"provider": provider, "model": model, "image": shown, "question": question})


def _search(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    count = _as_number(call.arguments.get("count"))
    options = setup.settings.options_of(call.tool)
    result = yield from services.search(_read(call, "query"), setup.chat, count=count, options=options)
    return ToolOutcome(write_hits(result), _describe_hits(result, setup.chat.target.provider.id))


def _describe_hits(result: SearchResult, provider: str) -> JsonObject:
    names = ("title", "url", "snippet", "site", "date", "content")
    return {
        "provider": provider,
        "query": result.query,
        "hits": [{name: getattr(hit, name) for name in names} for hit in result.hits],
        "related": list(result.related),
        "citations": [
            {"type": "citation", "url": hit.url, "title": hit.title, "cited_text": hit.snippet[:300]}
            for hit in result.hits
        ],
    }


def _transcribe(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    media = yield from _find_source(_read(call, "audio"), "audio", setup.settings)
    found = yield from services.transcribe(
        media,
        setup.media,
        model=setup.settings.model(call.tool),
        language=call.arguments.get("language"),
        options=setup.settings.options_of(call.tool),
        patience=setup.settings.patience,
    )
    return ToolOutcome(found.text, {"text": found.text, "language": found.language, "model": found.model})


def _list_voices(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    found = yield from services.list_voices(setup.media)
    rows = [{"id": one.id, "name": one.name, "kind": one.kind} for one in found]
    return ToolOutcome(write_voices(found), {"provider": setup.media.target.provider.id, "voices": rows})


_WORK: Mapping[str, Callable[[ToolCall, ToolSetup], Flow[ToolOutcome]]] = {
    "check_media_job": _check,
    "cancel_media_job": _cancel,
    "understand_image": _understand,
    "web_search": _search,
    "transcribe": _transcribe,
    "list_voices": _list_voices,
}


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
        *(video if "video" in kinds else ()),
        *(("cancel_media_job",) if "video" in kinds and any(one.cancel is not None for one in routes) else ()),
        *(("synthesize_speech",) if "speech" in kinds else ()),
        *(("list_voices",) if services.has_voices(setup.media) else ()),
        *(("transcribe",) if services.can_transcribe(setup.media) else ()),
        *(("understand_image",) if services.can_see(setup.chat) else ()),
        *(("web_search",) if find_search_route(setup.chat) is not None else ()),
    )


def explain_failure(error: CncodingError) -> str:
    """Say to a model what went wrong, and what not to do again."""
    text = str(error) or type(error).__name__
    handle = error.purchase or (error.job.handle if isinstance(error.job, MediaJob) and error.job.id else None)
    if handle and not isinstance(error, ConfigError) and error.job is not None:
        return f"{text}. The job may go on: ask again with check_media_job, job={handle}"
    return text
