"""Does a value fit a JSON Schema? As far as tools' schemas go, and without a dependency.

Read are type, enum, const, properties, required, additionalProperties, items, anyOf, oneOf, allOf and local `$ref`s;
a keyword that is not known allows everything.
"""

from __future__ import annotations

from typing import Any

from cncoding.types import JsonObject

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_DEEPEST = 40
"""References after which a schema that means itself is taken as fitting."""


def fits(value: Any, schema: JsonObject) -> bool:
    """Tell whether a JSON value fits a schema."""
    return _fits(value, schema, schema, 0)


def _fits(value: Any, schema: Any, root: JsonObject, depth: int) -> bool:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema is not False
    reference = schema.get("$ref")
    if isinstance(reference, str) and not _fits(value, _resolve(reference, root), root, depth + 1):
        return False
    if not _fits_type(value, schema.get("type")):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if not all(_fits(value, one, root, depth + 1) for one in schema.get("allOf", ())):
        return False
    for choice in (schema.get("anyOf"), schema.get("oneOf")):
        if choice and not any(_fits(value, one, root, depth + 1) for one in choice):
            return False
    if isinstance(value, dict):
        return _fits_object(value, schema, root, depth + 1)
    return not isinstance(value, list) or all(_fits(one, schema.get("items", {}), root, depth + 1) for one in value)


def _fits_type(value: Any, wanted: Any) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted or []
    if isinstance(value, bool):
        return not names or "boolean" in names
    return not names or any(isinstance(value, _TYPES.get(name, (object,))) for name in names)


def _fits_object(value: JsonObject, schema: JsonObject, root: JsonObject, depth: int) -> bool:
    members = schema.get("properties") or {}
    if any(name not in value for name in schema.get("required") or ()):
        return False
    others = schema.get("additionalProperties", True)
    return all(_fits(one, members.get(name, others), root, depth) for name, one in value.items())


def _resolve(reference: str, root: JsonObject) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
    return found
