"""From a report to `spec/`: what a vendor answered, a file each, with its row in the folder's README."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from cncoding import ConfigError


def write_evidence(report: str, root: Path) -> tuple[Path, ...]:
    """Write the answers of a report into `spec/<provider>/` and name each in its README.

    Args:
        report: The text of a report that asked a vendor.
        root: The checkout.

    Returns:
        The files.

    Raises:
        ConfigError: The text is no report, or `root` no checkout.
    """
    try:
        found = json.loads(report)
        provider, day, probes = str(found["provider"]), str(found["asked_at"])[:10], found["probes"]
        name = re.sub(r"[^a-z0-9_]", "", provider)
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"report: this is none of `cncoding verify` ({error})") from error
    folder = root / "spec" / name
    if not folder.is_dir():
        raise ConfigError(f"{folder}: is not there; run it in a checkout that knows the vendor")
    written: list[Path] = []
    rows: list[str] = []
    for probe in probes:
        for place, exchange in enumerate(probe["exchanges"]):
            path = folder / _file_name(probe["name"], place, exchange)
            path.write_text(_form(exchange["body"]), encoding="utf-8")
            rows.append(
                f"| {path.name} | captured | cncoding verify: {probe['name']}, HTTP {exchange['status']} | {day} |"
            )
            written.append(path)
    readme = folder / "README.md"
    kept = readme.read_text(encoding="utf-8").rstrip() if readme.exists() else f"# {provider}"
    readme.write_text("\n".join([kept, *(row for row in rows if row not in kept), ""]), encoding="utf-8")
    return tuple(written)


def _file_name(probe: str, place: int, exchange: dict[str, Any]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", probe.lower()).strip("-")
    kind = "error" if exchange["status"] >= 400 else "stream" if _is_stream(exchange["body"]) else "reply"
    return f"{kind}-verify-{slug}-{place + 1}.{'sse' if kind == 'stream' else 'json'}"


def _is_stream(body: str) -> bool:
    return re.match(r"(:|data:|event:|id:)", body.lstrip()) is not None


def _form(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2) + "\n"
    except ValueError:
        return body
