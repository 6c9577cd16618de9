"""The JSON Schema that Kimi takes on the OpenAI wire."""

from __future__ import annotations

from typing import Any

from cncoding.types import JsonObject

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def _guess(schema: JsonObject) -> str:
    """Name the type of a schema that names none; "string" without any sign (inferred)."""
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = schema.get("enum") or [schema.get("const", schema.get("default", ""))]
    kinds = {_JSON_TYPES.get(type(value), "string") for value in values} - {"null"}
    return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "string"


def add_types(schema: JsonObject) -> JsonObject:
    """Say the type of every subschema, never beside `$ref` or `anyOf`: Kimi answers HTTP 400 otherwise.

    Seen: "At path 'properties.X': type is not defined" (platform docs 2026-09); "when using anyOf, type should be
    defined in anyOf items instead of the parent schema" (pi-subagents#126, 2026-04-30); the same of `$ref`, where
    only description and title may stand beside it (MoonshotAI/walle, docs/walle.md).
    """
    if "$ref" in schema:
        return {key: _subschemas(key, schema[key]) for key in schema if key in _BESIDE_REF}
    node = {key: _subschemas(key, value) for key, value in schema.items()}
    if "anyOf" in node:
        node.pop("type", None)
    elif "type" not in node and not node.keys() & {"oneOf", "allOf"}:
        node["type"] = _guess(node)
    return node


_BESIDE_REF = ("$ref", "description", "title", "$defs", "$id")


def _subschemas(key: str, value: Any) -> Any:
    if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
        return {name: add_types(one) if isinstance(one, dict) else one for name, one in value.items()}
    if key in ("anyOf", "oneOf", "allOf") and isinstance(value, list):
        return [add_types(one) if isinstance(one, dict) else one for one in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict) and value:
        return add_types(value)
    return value
