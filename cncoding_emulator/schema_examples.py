"""Make values that fit a JSON Schema, with words and numbers lifted from the question where they fit."""

from __future__ import annotations

import re
from typing import Any

from .wires import Json

CITIES = (
    "San Francisco", "New York", "Los Angeles", "Hong Kong", "Paris", "London", "Berlin", "Tokyo", "Boston",
    "Chicago", "Seattle", "Sydney", "Singapore", "Madrid", "Rome", "Beijing", "Shanghai", "Shenzhen",
    "Guangzhou", "Hangzhou", "Chengdu", "Nanjing", "Wuhan", "Toronto", "Seoul", "Delhi", "Moscow",
    "北京", "上海", "深圳", "广州", "杭州", "成都", "南京", "武汉", "西安", "重庆", "天津", "苏州", "香港", "台北",
    "东京", "巴黎", "伦敦", "纽约", "首尔",
)  # fmt: skip
PLACE = re.compile(r"city|location|place|town|where|城市|地点", re.I)
WHOLE_TEXT = re.compile(r"^(query|question|q|prompt|text|input|request|search|message|content|description)$", re.I)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*[A-Za-z_])")
QUOTED = re.compile("[\"“‘「『]([^\"”’」』\n]{1,80})[\"”’」』]|(?<!\\w)'([^'\n]{1,80})'(?!\\w)")
CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")


def cities_in(text: str) -> list[str]:
    """Return the cities a text names, in order of appearance."""
    found = [(text.index(city), city) for city in CITIES if city in text]
    return [city for _, city in sorted(found)]


class Examples:
    """Make examples for one question; numbers and quoted words are used up in order.

    Args:
        text: The question to lift values from.
        city: Preferred value of place-like properties.
    """

    def __init__(self, text: str, city: str | None = None) -> None:
        self.text = text
        self._city = city
        self._numbers = NUMBER.findall(text)
        self._quoted = [a or b for a, b in QUOTED.findall(text)]

    def make(self, schema: Any, name: str = "", root: Json | None = None) -> Any:
        """Return a value that fits ``schema``."""
        if not isinstance(schema, dict):
            return "text"
        root = schema if root is None else root
        schema = _resolve(schema, root)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._pick(schema["enum"])
        if "default" in schema and schema["default"] is not None and schema.get("type") != "object":
            return self._lift(schema, name) or schema["default"]
        return self._make_typed(schema, name, root)

    def _make_typed(self, schema: Json, name: str, root: Json) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), "null")
        if kind == "object" or "properties" in schema:
            return self._object(schema, root)
        if kind == "array":
            count = max(1, int(schema.get("minItems", 1)))
            return [self.make(schema.get("items", {}), name, root) for _ in range(count)]
        if kind in ("integer", "number"):
            return self._number(schema, name)
        if kind == "boolean":
            return True
        return None if kind == "null" else self._string(schema, name)

    def _object(self, schema: Json, root: Json) -> Json:
        properties = schema.get("properties") or {}
        wanted = schema.get("required") or properties
        optional = [n for n in properties if n not in wanted and self._find_label(n)]
        return {n: self.make(properties[n], n, root) for n in properties if n in wanted or n in optional}

    def _pick(self, options: list[Any]) -> Any:
        lower = self.text.lower()
        return next((o for o in options if str(o).lower() in lower), options[0])

    def _find_label(self, name: str) -> str | None:
        """Find "name: value", "name is value" or "name=value" in the question."""
        label = re.escape(name).replace("_", "[_ ]").replace("\\[_ ]", "[_ ]")
        pattern = rf"\b{label}\s*(?:=|:|：|\bis\b|\bas\b|是|为)\s*[\"'“]?([^\s,，。;；\"'”]+)"
        found = re.search(pattern, self.text, re.I)
        return found.group(1).rstrip(".!?") if found else None

    def _lift(self, schema: Json, name: str) -> Any:
        label = self._find_label(name) if name else None
        if schema.get("type") in ("integer", "number") and label is not None:
            found = NUMBER.match(label)
            return _as_number(found.group(), schema) if found else None
        return label if schema.get("type") == "string" else None

    def _number(self, schema: Json, name: str) -> int | float:
        lifted = self._lift(schema, name)
        if lifted is None:
            words = ("index", "choice")
            spare = "1" if name in words else self._numbers.pop(0) if self._numbers else "3"
            lifted = _as_number(spare, schema)
        low, high = schema.get("minimum", lifted), schema.get("maximum", lifted)
        value: int | float = min(max(lifted, low), high)
        return value

    def _string(self, schema: Json, name: str) -> str:
        label = self._find_label(name) if name else None
        if PLACE.search(name):
            cities = cities_in(self.text)
            return self._city or next(iter(cities), label or "Paris")
        if label:
            return label
        if schema.get("format") == "date":
            return "2026-11-20"
        if schema.get("format") == "date-time":
            return "2026-11-20T08:00:00Z"
        if WHOLE_TEXT.match(name) and self.text and not self._quoted:
            return self.text[:200]
        if self._quoted:
            return str(self._quoted.pop(0))
        chinese = CHINESE.search(self.text)
        if "name" in name and chinese:
            return chinese.group()
        return f"{name or 'text'} 示例: {self.text[:40]}".strip() if self.text else f"{name or 'text'} 示例"


def _as_number(text: str, schema: Json) -> int | float:
    return int(float(text)) if schema.get("type") == "integer" else float(text) if "." in text else int(text)


def _resolve(schema: Json, root: Json) -> Json:
    """Follow ``$ref``, and take the first non-null branch of anyOf/oneOf, all branches of allOf."""
    for _ in range(16):
        if isinstance(schema.get("$ref"), str):
            target: Any = root
            for part in schema["$ref"].lstrip("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, dict) else {}
            schema = target
            continue
        branches = schema.get("anyOf") or schema.get("oneOf")
        if branches:
            schema = next((b for b in branches if b.get("type") != "null"), branches[0])
            continue
        if schema.get("allOf"):
            merged: Json = {}
            for branch in schema["allOf"]:
                merged.update(_resolve(branch, root))
            return merged
        break
    return schema


def example(schema: Any, text: str = "", city: str | None = None) -> Any:
    """Return one example of a schema."""
    return Examples(text, city).make(schema)
