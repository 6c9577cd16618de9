"""Speech into words, as a flow: the whole recording at once, or in pieces where it is longer than a route takes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cncoding.errors import (
    ApiError,
    AuthenticationError,
    CncodingError,
    ConfigError,
    JobDeadlineError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
)
from cncoding.exchange.fetching import check_addresses, inline
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import media_type
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Now, ReadFile, Reply, Request, Sleep
from cncoding.media.delivery import bring, find_headers
from cncoding.media.polling import Patience
from cncoding.media.rates import Waiting, find_end
from cncoding.media.recordings import Recording
from cncoding.media.routes import SpeechRoute
from cncoding.media.sending import QUERY_RETRIES, build_request, guard_reading, send_once
from cncoding.media.shapes import need_fields
from cncoding.media.sound.cutting import Piece, cut, measure
from cncoding.media.sound.segments import Segment, shift_segments
from cncoding.media.sound.transcript import Gap, Transcript
from cncoding.media.subtitles import fetch_link
from cncoding.registry import providers
from cncoding.target import Setup
from cncoding.types import JsonObject, Media

MAX_SOUND = 500 << 20
"""Bytes of a recording that are read."""
_HOPELESS = (AuthenticationError, PermissionDeniedError, QuotaExhaustedError, NotFoundError, ConfigError)
"""Errors that the next piece of a recording would meet too."""
_DEADLINE = 900.0
"""Seconds that a recording is waited for unless the caller says otherwise."""
_BEFORE = 1000
"""Characters of what was said that are told with the next piece."""


def transcribe(
    media: Media, setup: Setup, *, model: str | None, language: str | None, options: JsonObject, patience: Patience
) -> Flow[Transcript]:
    """Put speech into words.

    Raises:
        ConfigError: The provider has no such endpoint, or does not take this recording.
        ApiError, TransportError, ProtocolError: It failed, all of it.
        JobDeadlineError: It was not done in time.
    """
    route = choose_speech_route(model, setup)
    need_fields("options", options)
    if language is not None and not (isinstance(language, str) and language.strip()):
        raise ConfigError(f"language={language!r}: give the code of a language, for example zh or en, or leave it out")
    model = model or route.models[0]
    if route.query is not None:
        media, note = yield from _bring(media, route, model, setup)
        found = yield from _ask(Recording(media, model, language, options), route, setup, patience)
        return replace(found, note=note)
    media, data = yield from _load(media, route, setup)
    recording = Recording(media, model, language, options)
    if data is None:
        return (yield from _ask(recording, route, setup, patience))
    seconds = measure(data, str(media.media_type))
    if not _is_too_long(len(data), seconds, route):
        found = yield from _ask(_put_in(recording, data), route, setup, patience)
        return _time(found, seconds)
    return (yield from _ask_pieces(recording, _cut(data, media, route), route, setup, patience))


def choose_speech_route(model: str | None, setup: Setup) -> SpeechRoute:
    """Return the route that puts recordings into words.

    Raises:
        ConfigError: The provider has none.
    """
    routes = setup.target.provider.routes(SpeechRoute)
    if not routes:
        able = ", ".join(one.id for one in providers().values() if one.routes(SpeechRoute))
        raise ConfigError(f"provider={setup.target.provider.id!r}: has no transcription by API; these have one: {able}")
    named = (one for one in routes if model and model.lower() in one.models)
    jobs = (one for one in routes if model and one.query and "filetrans" in model)
    return next(named, next(jobs, routes[0]))


def _bring(media: Media, route: SpeechRoute, model: str, setup: Setup) -> Flow[tuple[Media, str | None]]:
    """Return a recording as a link, and what a person should know of that.

    Raises:
        ConfigError: It is none, and the vendor keeps no file for it.
    """
    if route.carriage is None:
        if media.url is None or media.url.startswith("data:"):
            raise ConfigError("audio: this model takes a public link only; give a URL, or choose another model")
        return media, None
    told: list[str] = []

    def tell(what: str) -> Flow[None]:
        told.append(what)
        yield from ()

    media = yield from bring(media, route.carriage, model, setup, tell)
    return media, f"uploaded {told[0]}" if told else None


def _load(media: Media, route: SpeechRoute, setup: Setup) -> Flow[tuple[Media, bytes | None]]:
    """Return a recording in the form that the route takes: a link, or its bytes and what they are."""
    data: bytes | None = None
    if media.path is not None:
        data = yield ReadFile(media.path, MAX_SOUND)
    elif media.data is not None or (media.url or "").startswith("data:"):
        media = yield from inline(media, setup.fetching)
        kind = media_type(media)  # raises for what is no Base64, before it is decoded
        data, media = base64.b64decode(media.data or ""), replace(media, media_type=kind)
    elif media.url is not None and not route.urls:
        where = yield from check_addresses(media.url, setup.fetching, "audio")
        fetch = Request(
            "GET",
            media.url,
            {"Accept": "audio/*"},
            addresses=where,
            plain=True,
            field="audio",
            max_bytes=MAX_SOUND,
            timeout=60.0,
        )
        data = (yield from send(fetch, setup.target.rules, setup.retry)).body
    if data is None:
        return media, None
    if not data:
        raise ConfigError(f"audio: {media.path or 'the recording'} is empty")
    head = Media("audio", data=base64.b64encode(data[:48]).decode("ascii"), media_type=media.media_type)
    return replace(media, path=None, url=None, data=None, media_type=media_type(head)), data


def _is_too_long(size: int, seconds: float | None, route: SpeechRoute) -> bool:
    limit = route.limit
    if limit is None:
        return False
    return size > limit.size or (seconds is not None and limit.seconds is not None and seconds > limit.seconds)


def _cut(data: bytes, media: Media, route: SpeechRoute) -> Iterator[Piece]:
    """Cut a recording that is too long.

    Raises:
        ConfigError: It cannot be cut.
    """
    limit, kind = route.limit, str(media.media_type)
    assert limit is not None
    try:
        yield from cut(data, kind, seconds=limit.seconds, size=limit.size)
    except ValueError as error:
        most = f"{limit.size / 1_048_576:.1f} MB" + (f" and {limit.seconds:g} s" if limit.seconds else "")
        raise ConfigError(
            f"audio: {len(data) / 1_048_576:.1f} MB of {kind} is more than {route.models[0]} takes at once ({most}; "
            f"{limit.source}), and cannot be cut: {error}. Give WAV or MP3, which are cut by themselves, or give parts"
        ) from error


def _put_in(recording: Recording, data: bytes) -> Recording:
    return replace(recording, media=replace(recording.media, data=base64.b64encode(data).decode("ascii")))


def _ask(recording: Recording, route: SpeechRoute, setup: Setup, patience: Patience) -> Flow[Transcript]:
    """Have one recording put into words."""
    target = setup.target
    draft = route.encode(recording)
    draft = replace(draft, headers={**draft.headers, **find_headers([recording.media], route.carriage)})
    request = build_request(draft, route.base(target), target, repeatable=False)
    until = find_end(route.rate, (yield Now()), patience.timeout, _DEADLINE)
    reply = yield from send_once(request, target.rules, setup.retry, Waiting(route.rate, until))
    body = read_json(reply, target.provider.id)
    with guard_reading(target.provider, body):
        found = route.read(body)
    if isinstance(found, str):
        found = yield from _wait(found, route, setup, patience)
    return replace(found, model=found.model or recording.model)


def _time(found: Transcript, seconds: float | None) -> Transcript:
    """Add the length of a recording, and the one stretch that is known where the vendor tells no times."""
    if seconds is None:
        return found
    known = found.segments or ((Segment(0.0, round(seconds, 3), found.text),) if found.text.strip() else ())
    return replace(found, segments=known, duration=round(seconds, 3))


def _ask_pieces(
    recording: Recording, pieces: Iterator[Piece], route: SpeechRoute, setup: Setup, patience: Patience
) -> Flow[Transcript]:
    """Have the pieces put into words one after another; one that fails does not lose the others."""
    heard: list[Transcript] = []
    gaps: list[Gap] = []
    first: CncodingError | None = None
    end = 0.0
    for piece in pieces:
        end = piece.end
        if isinstance(first, _HOPELESS):
            gaps.append(Gap(piece.start, piece.end, "was not asked for after that"))
            continue
        try:
            found = yield from _ask(_prepare(recording, piece, route, heard), route, setup, patience)
        except CncodingError as error:
            first = error if first is None or isinstance(error, _HOPELESS) else first
            if isinstance(error, _HOPELESS) and not heard:
                raise
            gaps.append(Gap(piece.start, piece.end, _explain(error)))
            continue
        timed = _time(found, piece.end - piece.start)
        heard.append(replace(timed, segments=shift_segments(timed.segments, piece.start)))
    if not heard:
        assert first is not None
        raise first
    return Transcript(
        join_texts([one.text for one in heard]),
        next((one.language for one in heard if one.language), None),
        heard[0].model,
        tuple(segment for one in heard for segment in one.segments),
        tuple(gaps),
        round(end, 3),
        {"pieces": [one.raw for one in heard]},
    )


def _explain(error: CncodingError) -> str:
    return str(error.message if isinstance(error, ApiError) else error)[:300]


def _prepare(recording: Recording, piece: Piece, route: SpeechRoute, heard: Sequence[Transcript]) -> Recording:
    """Return the recording of one piece, with what was said before where the route takes that."""
    options = recording.options
    before = join_texts([one.text for one in heard[-3:]])[-_BEFORE:]
    if route.context is not None and before and route.context not in options:
        options = {**options, route.context: before}
    return _put_in(replace(recording, options=options), piece.data)


def join_texts(texts: Sequence[str]) -> str:
    """Join what was said in pieces, with a space where the writing has spaces between words."""
    whole = ""
    for text in (one.strip() for one in texts):
        gap = " " if whole and text and not (_is_wide(whole[-1]) or _is_wide(text[0])) else ""
        whole += gap + text
    return whole


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\uffef" and not "\uac00" <= character <= "\ud7a3"


def _wait(task: str, route: SpeechRoute, setup: Setup, patience: Patience) -> Flow[Transcript]:
    """Ask for a transcript that is made as a job."""
    assert route.query is not None and route.read_query is not None
    target = setup.target
    interval = patience.interval or 3.0
    until = (yield Now()) + (patience.timeout or _DEADLINE)
    while True:
        ask = build_request(route.query(task), route.base(target), target, repeatable=True)
        body = read_json((yield from send(ask, target.rules, QUERY_RETRIES)), target.provider.id)
        with guard_reading(target.provider, body):
            found = route.read_query(body)
        if isinstance(found, Transcript):
            return found
        if isinstance(found, str):
            return (yield from _fetch(found, route, setup))
        if (yield Now()) + interval > until:
            raise JobDeadlineError(f"the transcript {task} was not done in time", job={"id": task, "route": route.name})
        yield Sleep(interval, jitter=True)
        interval = min(interval * 4 / 3, 15.0)


def _fetch(link: str, route: SpeechRoute, setup: Setup) -> Flow[Transcript]:
    """Read a transcript that stands in a file."""
    assert route.read_file is not None
    data = yield from fetch_link(link, "transcript", setup, max_bytes=MAX_SOUND, accept="application/json")
    body = read_json(Reply(200, {}, data), setup.target.provider.id)
    with guard_reading(setup.target.provider, body):
        return route.read_file(body)
