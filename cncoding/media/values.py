"""Values of media generation: what is asked, the job it becomes, how it stands, and what comes out.

Frozen values only. A job is plain JSON without keys or addresses: it outlives the process that submitted it, and a
job that somebody changed cannot lead a request with a key anywhere else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

from cncoding.errors import ConfigError
from cncoding.exchange.json_values import parse_json
from cncoding.media.display import as_html, as_picture, read_medium
from cncoding.media.plain_json import Shape, is_moment, is_number, is_object, is_text, list_misfits, one_of, or_none
from cncoding.media.prices import Estimate
from cncoding.types import JsonObject, Media

JobKind: TypeAlias = Literal["image", "video", "speech", "voice"]
AssetKind: TypeAlias = Literal["image", "video", "audio"]
Size: TypeAlias = "str | tuple[int, int]"
"""`"1024x1024"`, `"1024*1024"`, `(1024, 1024)`, an aspect ratio such as `"16:9"`, or a vendor's word such as `"2K"`."""


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """An image, video, speech or voice to make. None means "not sent"."""

    kind: JobKind
    prompt: str
    """What to show; for speech the text to speak."""
    model: str | None = None
    """The provider's default model of the kind if None."""
    inputs: tuple[Media, ...] = ()
    """Images, videos and sounds to start from. `options["role"]` of one says what it is for: `first_frame`,
    `last_frame`, `reference`, or a word of the vendor's."""
    size: Size | None = None
    resolution: str | None = None
    """For example `720P`."""
    n: int | None = None
    duration: int | None = None
    """Seconds."""
    negative_prompt: str | None = None
    seed: int | None = None
    watermark: bool | None = None
    voice: str | None = None
    format: str | None = None
    """Of speech: `wav`, `mp3`, ..."""
    speed: float | None = None
    subtitles: bool | None = None
    """Of speech: whether what is said when is wanted, too; saved as `.srt` and `.vtt` beside the sound."""
    as_task: bool | None = None
    """True asks for a job where the vendor offers both an answer at once and a job."""
    options: JsonObject = field(default_factory=dict)
    """Fields of the vendor by their names there; checked where the model's page says what it takes."""
    extra: JsonObject = field(default_factory=dict)
    """The escape hatch: merged into the body last, unchecked."""
    submit_path: str | None = None
    """Where a gateway takes the request, if not at the place its page suggests."""
    query_path: str | None = None
    """Where a gateway tells how the job stands; `{id}` stands for the job's id."""


# ---------------------------------------------------------------- what comes out


@dataclass(frozen=True, slots=True)
class Asset:
    """A finished medium: a link that expires, bytes, or a file."""

    kind: AssetKind
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    path: str | None = None
    """Where `download` put it."""
    file_id: str | None = None
    """A vendor's handle on a file, where that is all there is."""
    media_type: str | None = None
    """By the bytes once there are any."""
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    """Of its file, once it is saved."""
    modified: int | None = None
    """When its file was last written, in nanoseconds since the epoch."""
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    """Seconds."""
    expires_at: float | None = None
    """When the link stops working, in seconds since the epoch, by the vendor's page."""
    revised_prompt: str | None = None
    """What the vendor made of the prompt."""
    provider: str | None = None
    model: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    """What else the vendor says, by its names."""

    def read(self) -> bytes:
        """Return the bytes of the medium.

        Raises:
            ConfigError: It is still at the vendor, where `download` gets it, or its file is gone.
        """
        if self.data is not None:
            return self.data
        if self.path is None:
            raise ConfigError(f"asset: the {self.kind} is at the vendor yet; save it with download(asset, folder)")
        return read_medium(self.kind, self.path)

    def open(self) -> Any:
        """Return a picture as Pillow's image.

        Raises:
            ConfigError: It is no picture, is at the vendor yet, its file is gone, or Pillow is not installed.
        """
        if self.kind != "image":
            raise ConfigError(f"asset: is {self.kind}; only a picture can be opened, read() gives its bytes")
        return as_picture(self.read())

    def _repr_html_(self) -> str | None:
        """Show a medium in a notebook, with a player for films and sounds; None leaves its text."""
        return as_html(self.kind, self.media_type, self.url, self.path, self.data)

    def _repr_png_(self) -> bytes | None:
        """Show a picture where no HTML is shown; None leaves its text."""
        if self.media_type != "image/png" or (self.data is None and self.path is None):
            return None
        try:
            return self.read()
        except ConfigError:
            return None

    def to_json(self, *, with_data: bool = True) -> JsonObject:
        """Return plain JSON; bytes become Base64, or their number if not `with_data`."""
        known = {name: getattr(self, name) for name in _ASSET_SHAPE if getattr(self, name) not in (None, {})}
        if self.data is not None:
            known["size"] = len(self.data)
            if with_data:
                known["data"] = base64.b64encode(self.data).decode("ascii")
        return known

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Asset:
        """Make an asset of what `to_json` returned.

        Raises:
            ConfigError: It is none; the text names the field.
        """
        if not isinstance(value, Mapping) or "kind" not in value:
            raise ConfigError("asset: not an asset; give what Asset.to_json() returned")
        if wrong := list_misfits(value, _ASSET_SHAPE):
            raise ConfigError(f"asset: {wrong[0]} is {value[wrong[0]]!r:.80}; give what Asset.to_json() returned")
        data = value.get("data")
        known = {name: value[name] for name in _ASSET_SHAPE if name in value}
        return cls(data=base64.b64decode(data, validate=True) if isinstance(data, str) else None, **known)

    def tidy(self) -> Asset:
        """Return the asset without details of a vendor that are not what they may be, and without words of ours."""
        wrong = list_misfits({name: getattr(self, name) for name in _ASSET_SHAPE}, _ASSET_SHAPE)
        details: dict[str, Any] = {name: {} if name == "metadata" else None for name in wrong}
        kept = details.get("metadata", self.metadata)
        details["metadata"] = {name: one for name, one in kept.items() if name not in OWN_WORDS}
        return replace(self, **details)


OWN_WORDS = frozenset(
    {"subtitles", "subtitles_not_saved", "pieces", "piece", "not_joined", "not_saved", "link_expired"}
)
"""Names in `Asset.metadata` that say what was done here; what a vendor calls so is left out."""
_TEXT, _FIGURE = or_none(is_text), or_none(is_number)
_ASSET_SHAPE: Shape = {
    "kind": one_of(get_args(AssetKind)), "url": _TEXT, "path": _TEXT, "file_id": _TEXT, "media_type": _TEXT,
    "size": _FIGURE, "sha256": _TEXT, "modified": _FIGURE, "width": _FIGURE, "height": _FIGURE, "duration": _FIGURE,
    "expires_at": or_none(is_moment), "revised_prompt": _TEXT, "provider": _TEXT, "model": _TEXT, "metadata": is_object,
}  # fmt: skip


# ---------------------------------------------------------------- how it stands


@dataclass(frozen=True, slots=True)
class Queued:
    """The job waits. `native` is the vendor's own word."""

    native: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The job runs, or says a word that nobody knows: `native` keeps it."""

    native: str | None = None
    progress: float | None = None
    """0 to 1, where the vendor tells."""


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done. It is also the sequence of its assets."""

    assets: tuple[Asset, ...]
    native: str | None = None
    usage: JsonObject = field(default_factory=dict)
    raw: JsonObject = field(default_factory=dict, repr=False)
    job: MediaJob | None = field(default=None, repr=False)
    cost: Estimate | None = None
    """What it was estimated to cost before it was bought."""
    note: str | None = None
    """What a person should know of it, for example which file was left in the vendor's store."""

    def __iter__(self) -> Iterator[Asset]:
        """Go through the assets."""
        return iter(self.assets)

    def __len__(self) -> int:
        """Count the assets."""
        return len(self.assets)

    def __getitem__(self, index: int) -> Asset:
        """Return one asset."""
        return self.assets[index]

    def _repr_html_(self) -> str | None:
        """Show what was made in a notebook; None leaves its text."""
        return "\n".join(shown for shown in (one._repr_html_() for one in self.assets) if shown) or None


@dataclass(frozen=True, slots=True)
class Failed:
    """The vendor gave up on the job, in its own words."""

    code: str | None
    message: str
    native: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was cancelled."""

    native: str | None = None


MediaStatus: TypeAlias = Queued | Running | Done | Failed | Cancelled

STATUS_NAMES: Mapping[type[MediaStatus], str] = {
    Queued: "queued", Running: "running", Done: "done", Failed: "failed", Cancelled: "cancelled",
}  # fmt: skip


def status_name(status: MediaStatus) -> str:
    """Return one word for a status: queued, running, done, failed or cancelled."""
    return STATUS_NAMES[type(status)]


# ---------------------------------------------------------------- the job


@dataclass(frozen=True, slots=True)
class MediaJob:
    """A submitted request. Keep it (`to_json`) and any process with a key can ask for it again."""

    provider: str
    endpoint: str
    kind: JobKind
    model: str
    id: str
    """The vendor's task id; empty where the vendor answered at once."""
    route: str
    """Name of the route that can ask for it."""
    submitted_at: float = 0.0
    """Seconds since the epoch."""
    request_id: str | None = None
    extra: JsonObject = field(default_factory=dict)
    """What the route must remember."""
    assets: tuple[Asset, ...] | None = None
    """The result, where it came with the submission."""
    usage: JsonObject = field(default_factory=dict)
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)
    """The vendor's reply, where it was the result; not kept in JSON, but in the journal."""

    @property
    def handle(self) -> str:
        """A short name of the job, `route:model:id`, with which a client of the provider can ask for it."""
        return f"{self.route}:{self.model}:{self.id}"

    def to_json(self) -> JsonObject:
        """Return the job as plain JSON."""
        value: JsonObject = {name: getattr(self, name) for name in _JOB_SHAPE}
        if self.assets is not None:
            value["assets"] = [asset.to_json() for asset in self.assets]
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | str) -> MediaJob:
        """Make a job of what `to_json` returned, or of its JSON text.

        A text may come from anywhere, for example from a model: nothing of it that could lead a request or a reader
        elsewhere is kept, neither paths nor links.

        Raises:
            ConfigError: It is not a job.
        """
        try:
            found = parse_json(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ConfigError(f"job: {_NO_JOB}") from error
        if not isinstance(found, Mapping) or any(name not in found for name in _JOB_NEEDS):
            raise ConfigError(f"job: {_NO_JOB}")
        if wrong := list_misfits(found, _JOB_SHAPE):
            raise ConfigError(f"job: {wrong[0]} is {found[wrong[0]]!r:.80}; {_NO_JOB}")
        assets = found.get("assets")
        try:
            job = cls(
                **{name: found[name] for name in _JOB_SHAPE if name in found},
                assets=None if assets is None else tuple(Asset.from_json(asset) for asset in assets),
            )
        except ConfigError as error:
            raise ConfigError(f"job: {error.args[0]}") from error
        except (TypeError, ValueError) as error:
            raise ConfigError(f"job: {_NO_JOB}") from error
        return job._distrust() if isinstance(value, str) else job

    def _distrust(self) -> MediaJob:
        told = {name: value for name, value in self.extra.items() if name != "query_path"}
        kept = {name: value for name, value in told.items() if not (isinstance(value, str) and "/" in value)}
        if not all(isinstance(value, (str, int, float, bool)) for value in kept.values()):
            kept = {}
        assets = None if self.assets is None else tuple(replace(one, path=None, url=None) for one in self.assets)
        return replace(self, extra=kept, assets=assets)


_JOB_NEEDS = ("provider", "endpoint", "kind", "model", "id", "route")
_JOB_SHAPE: Shape = {
    "provider": is_text, "endpoint": is_text, "kind": one_of(get_args(JobKind)), "model": is_text, "id": is_text,
    "route": is_text, "submitted_at": is_moment, "request_id": _TEXT, "extra": is_object, "usage": is_object,
}  # fmt: skip
_NO_JOB = "not a media job; give what MediaJob.to_json() returned, or its JSON text"


# ---------------------------------------------------------------- search, accounts


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One page that a search found."""

    title: str
    url: str
    snippet: str = ""
    site: str | None = None
    date: str | None = None
    content: str | None = None
    """The page's text, where the vendor crawls."""
    raw: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a web search found, best first."""

    query: str
    hits: tuple[SearchHit, ...]
    related: tuple[str, ...] = ()
    raw: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of the vendor's list, or of ours where the vendor has none."""

    id: str
    listed: bool = True
    """False where it stands only in our table, because the endpoint lists nothing."""
    context: int | None = None
    raw: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class McpServer:
    """How to reach an MCP server of a vendor. It holds the key: keep it out of logs."""

    name: str
    command: str | None = None
    """Program to start and talk to over its standard streams; None for a remote server."""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str | None = None
    """Address of a remote server that speaks streamable HTTP."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    note: str = ""
    """What it uses up, and the source of this row."""
