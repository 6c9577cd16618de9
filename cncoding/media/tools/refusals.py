"""What a rule refused, said to a model: by the tool's argument and its value, not by the vendor's field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cncoding.errors import ConfigError
from cncoding.media.tools.arguments import list_arguments
from cncoding.media.tools.calls import ToolCall, ToolSetup
from cncoding.media.tools.catalog import BUYS
from cncoding.media.tools.describing import Served, list_models
from cncoding.types import JsonObject

_STAR = re.compile(r"(?<=\d)\*(?=\d)")


def name_argument(error: ConfigError, call: ToolCall, setup: ToolSetup) -> ConfigError:
    """Return the error with the argument in place of the vendor's field; any other error as it is."""
    refusal = error.refusal
    if refusal is None:
        return error
    served = list_models(call.tool, setup) if call.tool in BUYS else ()
    name = _find_argument(refusal.field, refusal.value, call, served, setup.settings.options_of(call.tool))
    if name is None:
        return ConfigError(f"{refusal.field}: {refusal.text}")
    value = call.arguments[name]
    most = next((one.rules.get("maxItems") for one in list_arguments(call.tool, setup) if one.name == name), None)
    if isinstance(value, list) and most is not None and len(value) > most > 1:
        return ConfigError(f"{name}: {call.tool} takes at most {most}, not {len(value)}")
    said = name if isinstance(value, list) or len(repr(value)) > 60 else f"{name}={value!r}"
    return ConfigError(f"{said}: {_STAR.sub('x', refusal.text)}")


def _find_argument(field: str, value: Any, call: ToolCall, served: Served, options: JsonObject) -> str | None:
    """Return the given argument that became a field: by the route's names, else the one of that name or value.

    A field of the kit's own options became of none, whatever value it has.
    """
    for route, _ in served:
        for name, theirs in route.names.items():
            if field in theirs and name in call.arguments:
                return name
    if field in options:
        return None
    alike: Iterable[str] = (name for name, given in call.arguments.items() if name == field or given == value)
    return next(iter(alike), None)
