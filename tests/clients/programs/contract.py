"""What each program does: read a task, try what it asks for, print what came, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

CITY = "北京"
WEATHER = "21 °C"
QUESTION = "Please explain idempotency in one sentence."
WEATHER_QUESTION = "What is the weather in 北京? Use the tool."
PICTURE_QUESTION = "What colour is this picture?"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "the city"}},
    "required": ["city"],
}
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Tell the weather in a city.", "parameters": SCHEMA},
}


def tell_weather(arguments: dict[str, Any]) -> str:
    """Do what the tool does."""
    return f"{arguments['city']}: {WEATHER}"


def run(**doings: Callable[[dict[str, Any]], str]) -> None:
    """Run the tasks that were asked for and print text or error of each."""
    task = json.loads(sys.argv[1])
    found = {}
    for name in task["doings"]:
        if name not in doings:
            continue
        try:
            found[name] = {"text": doings[name](task) or ""}
        except Exception as error:  # any failure of a foreign program is a result here
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    print("\n" + json.dumps(found))
