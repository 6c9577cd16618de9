"""Tools that see, hear and search, and those that list what there is."""

from __future__ import annotations

from cncoding.exchange.retry import Flow
from cncoding.media import hearing, services, sight, voice_list
from cncoding.media.tools.calls import ToolCall, ToolOutcome, ToolSetup, find_source
from cncoding.media.tools.texts import write_hits, write_transcript, write_voices
from cncoding.media.values import SearchResult
from cncoding.types import JsonObject, MediaKind


def understand_image(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Answer a question about a picture."""
    return (yield from _understand("image", "Describe this image.", call, setup))


def understand_video(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Answer a question about a film."""
    return (yield from _understand("video", "Describe this film.", call, setup))


def _understand(kind: MediaKind, usual: str, call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    source = call.arguments[kind]
    question = str(call.arguments.get("question") or usual)
    media = yield from find_source(source, kind, call, setup.settings)
    model = setup.settings.model(call.tool)
    answer = yield from sight.understand(media, question, setup.chat, model=model)
    named = source if isinstance(source, str) else media.path or media.url or "data"
    shown = named if len(named) < 2000 else named[:60] + "..."
    provider = setup.chat.target.provider.id
    return ToolOutcome(answer, {"provider": provider, "model": model, kind: shown, "question": question})


def search_web(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Search with the vendor's search."""
    count = call.arguments.get("count")
    options = setup.settings.options_of(call.tool)
    result = yield from services.search(str(call.arguments["query"]), setup.chat, count=count, options=options)
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


def transcribe(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Put a recording into words."""
    media = yield from find_source(call.arguments["audio"], "audio", call, setup.settings)
    found = yield from hearing.transcribe(
        media,
        setup.media,
        model=setup.settings.model(call.tool),
        language=call.arguments.get("language"),
        options=setup.settings.options_of(call.tool),
        patience=setup.settings.patience,
    )
    return ToolOutcome(
        write_transcript(found), {name: value for name, value in found.to_json().items() if name != "raw"}
    )


def list_voices(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """List the voices of this key."""
    found = yield from voice_list.list_voices(setup.media)
    rows = [{"id": one.id, "name": one.name, "kind": one.kind} for one in found]
    return ToolOutcome(write_voices(found), {"provider": setup.media.target.provider.id, "voices": rows})
