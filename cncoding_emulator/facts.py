"""What is known of each vendor, read from the TOML files beside the personas: every row has a source and a date."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from .endpoints import Endpoint, Evidence
from .errors import Entry, Table, refuse
from .wires import Json

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Thinking = Literal["always", "never", "on", "off"]


@dataclass(frozen=True)
class ModelFacts:
    """A family of models: ids that match ``pattern`` as a whole, in any case.

    Attributes:
        context: Most tokens of a request, None when nobody says.
        output: Most tokens of a reply, None when nobody says.
        thinks: "always", "never", or the default where it can be switched.
        sees: Images are understood.
    """

    pattern: re.Pattern[str]
    context: int | None
    output: int | None
    thinks: Thinking
    sees: bool
    evidence: Evidence


@dataclass(frozen=True)
class Limit:
    """The range of a numeric request field."""

    field: str
    low: float
    high: float
    evidence: Evidence


@dataclass(frozen=True)
class Host:
    """Where paths that begin with ``prefix`` stand at the vendor, for keys that begin with ``key``."""

    prefix: str
    url: str
    key: str
    evidence: Evidence


@dataclass(frozen=True)
class Facts:
    """The data of one vendor.

    Attributes:
        lists: The ids that an endpoint's model list shows.
        details: What such a list says of an id beside it.
    """

    name: str
    title: str
    base_env: str
    keys: Mapping[str, str]
    endpoints: tuple[Endpoint, ...]
    table: Table
    fields: frozenset[str]
    fields_evidence: Evidence
    models: tuple[ModelFacts, ...]
    lists: Mapping[str, tuple[str, ...]]
    lists_evidence: Mapping[str, Evidence] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    hosts: tuple[Host, ...] = ()

    def find_model(self, name: str) -> ModelFacts:
        """Return the family of an id; unknown ones can be switched, do not think unasked, and see nothing."""
        return next((m for m in self.models if m.pattern.fullmatch(name)), UNKNOWN)

    def check_limits(self, data: Json) -> None:
        """Refuse numbers out of range in the vendor's words."""
        for limit in self.limits:
            value = data.get(limit.field)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not limit.low <= value <= limit.high:
                raise refuse("bad_parameter", limit.field)

    def rows(self) -> Iterator[tuple[str, str, Evidence]]:
        """Yield every fact as its table, its name and its evidence."""
        yield from (("endpoints", f"{e.wire} {e.base or '/'} ({e.name})", e.evidence) for e in self.endpoints)
        yield "fields", " ".join(sorted(self.fields)), self.fields_evidence
        yield from (("models", m.pattern.pattern, m.evidence) for m in self.models)
        yield from (("lists", name, evidence) for name, evidence in self.lists_evidence.items())
        yield from (("hosts", host.url, host.evidence) for host in self.hosts)
        yield from (("limits", limit.field, limit.evidence) for limit in self.limits)
        for kind, entry in self.table.items():
            yield "errors", kind, Evidence("inferred" if entry.inferred else "documented", entry.source, entry.date)


UNKNOWN = ModelFacts(re.compile(".*"), None, None, "off", False, Evidence("inferred", "no row fits", "2026-11-20"))


@cache
def load(name: str) -> Facts:
    """Read the file of a vendor.

    Raises:
        ValueError: A row has no source or no date.
    """
    data = tomllib.loads((files(__package__) / "personas" / f"{name}.toml").read_text("utf-8"))
    reader = _Reader(name, data["sources"])
    lists = data.get("lists", ())
    (fields,) = data["fields"]
    return Facts(
        name=name,
        title=data["title"],
        base_env=data["base_env"],
        keys=data["keys"],
        endpoints=tuple(reader.read_endpoint(row) for row in data["endpoints"]),
        table={kind: reader.read_error(kind, row) for kind, row in data["errors"].items()},
        fields=frozenset(fields["names"].split()),
        fields_evidence=reader.read_evidence("fields", fields),
        models=tuple(reader.read_model(row) for row in data["models"]),
        lists={row["endpoint"]: tuple(row["ids"]) for row in lists},
        lists_evidence={row["endpoint"]: reader.read_evidence(f"list {row['endpoint']}", row) for row in lists},
        details={name: more for row in lists for name, more in row.get("details", {}).items()},
        limits=tuple(
            Limit(row["field"], row["low"], row["high"], reader.read_evidence(row["field"], row))
            for row in data.get("limits", ())
        ),
        hosts=tuple(
            Host(row["prefix"], row["url"], row.get("key", ""), reader.read_evidence(f"host {row['url']}", row))
            for row in data.get("hosts", ())
        ),
    )


class _Reader:
    """Read rows; short names of sources stand for the pages listed under ``[sources]``."""

    def __init__(self, name: str, sources: Mapping[str, str]) -> None:
        self._name, self._sources = name, sources

    def read_evidence(self, what: str, row: Mapping[str, Any]) -> Evidence:
        source, date = str(row.get("source")), str(row.get("date"))
        if source not in self._sources or not re.fullmatch(r"20\d\d-\d\d-\d\d", date):
            raise ValueError(f"{self._name}.toml: {what} needs a source of [sources] and a date like 2026-11-20")
        return Evidence(row.get("kind", "documented"), self._sources[source], date)

    def read_endpoint(self, row: Mapping[str, Any]) -> Endpoint:
        evidence = self.read_evidence(f"endpoint {row['base']!r}", row)
        return Endpoint(row["name"], row["wire"], row["base"], evidence, tuple(row.get("also", ())))

    def read_model(self, row: Mapping[str, Any]) -> ModelFacts:
        evidence = self.read_evidence(f"model {row['match']!r}", row)
        pattern = re.compile(row["match"], re.I)
        return ModelFacts(pattern, row.get("context"), row.get("output"), row["thinks"], row["sees"], evidence)

    def read_error(self, kind: str, row: Mapping[str, Any]) -> Entry:
        evidence = self.read_evidence(f"error {kind}", row)
        return Entry(
            status=row["status"],
            message=row["message"],
            code=row.get("code", ""),
            type=row.get("type", ""),
            media_type=row.get("media_type", "application/json"),
            headers=tuple(row.get("headers", {}).items()),
            example=tuple(row.get("example", {}).items()),
            inferred=evidence.kind == "inferred",
            source=evidence.source,
            date=evidence.date,
        )
