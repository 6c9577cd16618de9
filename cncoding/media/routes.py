"""What a vendor's media API is, as data: the types that `vendors/<id>/` fills in.

A route never sees a key or a host: it makes a `Draft`, and the flow puts base, key and User-Agent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias, TypeVar

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError
from cncoding.evidence import Source
from cncoding.exchange.forms import Form
from cncoding.exchange.steps import Reply
from cncoding.media.carriage import Carriage
from cncoding.media.rates import OTHERWISE, Rate
from cncoding.media.recordings import Recording, RecordingLimit
from cncoding.media.rules import MediaModel, Rule, check
from cncoding.media.sound.streams import SoundKind
from cncoding.media.sound.transcript import Transcript
from cncoding.media.values import (
    Done,
    JobKind,
    McpServer,
    MediaJob,
    MediaRequest,
    MediaStatus,
    SearchResult,
)
from cncoding.media.voices import Voice
from cncoding.quota import Quota
from cncoding.types import JsonObject, Media


@dataclass(frozen=True, slots=True)
class Draft:
    """A request without host and key: `path` follows the route's base."""

    path: str
    body: JsonObject | None = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    """Instead of `body`, with its type in `headers`."""
    form: Form | None = None
    """Instead of both."""
    timeout: float | None = None


class Door(Protocol):
    """An endpoint, as far as a route looks at it."""

    @property
    def name(self) -> str:
        """For example `coding`."""

    @property
    def host(self) -> str:
        """Scheme and host."""


class Place(Protocol):
    """Where requests go, as far as a route looks at it; see `cncoding.target.Target`."""

    @property
    def endpoint(self) -> Door:
        """The endpoint of the client."""

    @property
    def base_url(self) -> str:
        """With the path of the wire."""

    @property
    def root(self) -> str:
        """Without it."""

    @property
    def api_key(self) -> str:
        """The key."""


Base: TypeAlias = Callable[[Place], str]
"""Returns the URL that a route's paths follow; raises `ConfigError` where the endpoint has no such route."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission brought: a task id, or the result at once."""

    id: str = ""
    done: Done | None = None
    extra: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileReady:
    """The job is done, but its file must be asked for by another request."""

    draft: Draft
    read: Callable[[JsonObject], Done]


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job as a vendor's list shows it."""

    id: str
    model: str
    created_at: float
    """Seconds since the epoch, by the vendor's clock."""
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobList:
    """How a vendor lists the jobs of an account, so that one whose answer was lost can be found again."""

    draft: Callable[[str, int], Draft]
    """Gets the model and the page, from 1."""
    read: Callable[[JsonObject], tuple[tuple[ListedJob, ...], int]]
    """Returns the jobs of a page and the number of pages."""
    keeps: float
    """Seconds that the vendor remembers a job."""
    source: Source
    read_prompt: Callable[[JsonObject], str | None] = lambda body: None
    """Returns the prompt that the reply about a job tells, None if it tells none."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a route's encoder is given."""

    request: MediaRequest
    model: str
    known: MediaModel | None
    """None for a model that nobody knows: nothing is checked."""


@dataclass(frozen=True, slots=True)
class MediaRoute:
    """How one vendor makes one kind of medium."""

    name: str
    kind: JobKind
    models: tuple[MediaModel, ...]
    """The first is the default."""
    base: Base
    encode: Callable[[Asking], Draft]
    read_submit: Callable[[Reply, MediaRequest], Submitted]
    query: Callable[[MediaJob], Draft] | None = None
    read_query: Callable[[JsonObject, MediaJob], MediaStatus | FileReady] | None = None
    cancel: Callable[[MediaJob], Draft] | None = None
    catches: Callable[[str], bool] = lambda model: True
    """Whether a model that no route lists belongs here."""
    task: bool | None = None
    """True and False where there are two routes, for `as_task`."""
    starts: bool | None = None
    """True and False where one route starts from inputs, and another from words alone."""
    interval: float = 1.0
    """Seconds before the second question; it grows."""
    longest_interval: float = 20.0
    deadline: float = 900.0
    expiry: float | None = None
    """Seconds that links work, by the page."""
    rate: Rate = OTHERWISE
    """How often it may be asked."""
    plans: Mapping[str, str] = field(default_factory=dict)
    """Endpoints that have no media, and the one that has."""
    source: Source | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Arguments of an agent's tool, and the vendor's fields that one may become; those without an entry are not taken.
    Empty if that was never said."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Of arguments that become no field of the vendor's."""
    piece: Callable[[str], tuple[bytes, bool]] | None = None
    """Returns the sound of an event of a stream, and whether it is the last; None where none is streamed."""
    streaming: JsonObject = field(default_factory=dict)
    """Options that ask for a stream."""
    streams: Callable[[MediaRequest], SoundKind] = lambda request: SoundKind("audio/pcm", 24000)
    """Returns what the pieces of a stream are."""
    voices: tuple[str, ...] = ()
    """Some that the vendor's page names."""
    lists: JobList | None = None
    """None where no page shows how jobs are listed."""
    carriage: Carriage | None = None
    """How inputs reach it; None where no page says."""

    def model(self, name: str, options: Mapping[str, object] | None = None) -> MediaModel | None:
        """Return what is known of a model, with the vendor's options that were given, None if nothing."""
        wanted = name.lower()
        for model in self.models:
            if wanted == model.id.lower() or _date(wanted, model.id.lower()):
                return replace(model, id=name).under(options or {})
        return None


def _date(name: str, base: str) -> bool:
    """Tell whether `name` is `base` with a date behind it."""
    rest = name.removeprefix(base)
    return rest != name and rest.startswith("-") and rest[1:].replace("-", "").isdigit() and len(rest) >= 5


@dataclass(frozen=True, slots=True)
class SearchRoute:
    """How one vendor searches the web."""

    name: str
    base: Base
    encode: Callable[[str, int | None, JsonObject], Draft]
    """Query, number of hits, options of the vendor."""
    read: Callable[[JsonObject, str], SearchResult]
    endpoints: frozenset[str] | None = None
    """Endpoints that have it; None for all."""
    counts: bool = True
    """Whether the vendor takes a number of hits; else the first ones of its answer are kept."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Of `query` and `count`."""
    plans: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class SpeechRoute:
    """How one vendor puts speech into words."""

    name: str
    models: tuple[str, ...]
    base: Base
    encode: Callable[[Recording], Draft]
    read: Callable[[JsonObject], Transcript | str]
    """Returns the transcript, or the id of a job."""
    urls: bool = True
    """Whether a link is taken; else its data is."""
    limit: RecordingLimit | None = None
    """Of data that is sent with the request; None where the page names none."""
    context: str | None = None
    """Option that takes what was said before a piece."""
    languages: bool = True
    """Whether a language is taken; else the vendor finds it."""
    carriage: Carriage | None = None
    """How recordings reach a route that takes links alone."""
    rate: Rate = OTHERWISE
    query: Callable[[str], Draft] | None = None
    read_query: Callable[[JsonObject], Transcript | str | None] | None = None
    """Returns the transcript, the URL of one, or None while it is not done."""
    read_file: Callable[[JsonObject], Transcript] | None = None
    plans: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class VoiceRoute:
    """How one vendor lists and deletes voices."""

    name: str
    base: Base
    draft: Draft
    read: Callable[[JsonObject], tuple[Voice, ...]]
    delete: Callable[[str, str], Draft] | None = None
    """Gets id and kind."""
    plans: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class QuotaAsk:
    """One way to ask for a quota."""

    base: Base
    draft: Draft
    read: Callable[[JsonObject, Quota], Quota]
    """Fills an empty quota."""


@dataclass(frozen=True, slots=True)
class QuotaRoute:
    """How to ask what is left: by endpoint, several ways in order."""

    asks: Mapping[str, tuple[QuotaAsk, ...]]
    otherwise: str = ""
    """Why there is none elsewhere."""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class McpRoute:
    """An MCP server that a vendor offers to its customers."""

    name: str
    make: Callable[[Place], McpServer]
    endpoints: frozenset[str] | None = None
    """Endpoints whose keys it takes; None for all."""
    plans: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class SightRoute:
    """How one vendor describes an image for models that cannot see."""

    name: str
    base: Base
    encode: Callable[[str, str], Draft]
    """Gets the prompt and the image as a data URL."""
    read: Callable[[JsonObject], str]
    """Returns the description, "" if there is none."""
    endpoints: frozenset[str] | None = None
    plans: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    pictures: PictureForm = field(default_factory=PictureForm)
    """What it takes."""


AnyRoute: TypeAlias = MediaRoute | SearchRoute | SpeechRoute | SightRoute | McpRoute | VoiceRoute
R = TypeVar("R", MediaRoute, SearchRoute, SpeechRoute, SightRoute, McpRoute, VoiceRoute)


def cite(source: Source, *routes: AnyRoute) -> tuple[AnyRoute, ...]:
    """Return the routes, each with this source unless it has one of its own."""
    return tuple(route if route.source is not None else replace(route, source=source) for route in routes)


def serves(route: SearchRoute | SightRoute | McpRoute, endpoint: str) -> bool:
    """Tell whether a route is there for the keys of an endpoint."""
    return route.endpoints is None or endpoint in route.endpoints


# ---------------------------------------------------------------- from our fields to the vendor's


def vendor_fields(asking: Asking, names: Mapping[str, str]) -> JsonObject:
    """Return the set fields of a request under the vendor's names, the vendor's own options over them.

    Args:
        asking: The request and its model.
        names: The vendor's names of our fields; a field that is missing here has no place on this route.

    Raises:
        ConfigError: A field has no place on this route.
    """
    request = asking.request
    ours = {
        "resolution": request.resolution,
        "n": request.n,
        "duration": request.duration,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "watermark": request.watermark,
        "voice": request.voice,
        "format": request.format,
        "speed": request.speed,
        "subtitles": request.subtitles,
    }
    fields: JsonObject = {}
    for name, value in ours.items():
        if value is None:
            continue
        if name not in names:
            raise ConfigError(f"{name}: {asking.model} has no such setting")
        fields[names[name]] = value
    return {**fields, **request.options}


def name_fields(names: Mapping[str, str], **arguments: str | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return `MediaRoute.names`: those of `vendor_fields`, and the arguments that become a field in other ways."""
    named = {{"n": "count"}.get(ours, ours): (theirs,) for ours, theirs in names.items()}
    return {**named, **{ours: (one,) if isinstance(one, str) else one for ours, one in arguments.items()}}


def check_fields(asking: Asking, fields: JsonObject, names: Mapping[str, str]) -> JsonObject:
    """Return `fields` if the model takes them.

    Raises:
        ConfigError: It does not; the text names the rule and its page.
    """
    check(fields, asking.known, {theirs: ours for ours, theirs in names.items()})
    return fields


def role(media: Media) -> str | None:
    """Return what a medium is for, as the user said."""
    found = media.options.get("role")
    return str(found) if found else None
