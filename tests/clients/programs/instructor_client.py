"""instructor: an object from JSON mode, a growing one, one by a forced tool, one from a picture."""

from __future__ import annotations

from typing import Any

import instructor
import openai
from contract import PICTURE_QUESTION, WEATHER_QUESTION, run
from pydantic import BaseModel


class Place(BaseModel):
    city: str


class Colour(BaseModel):
    colour: str


def connect(task: dict[str, Any], mode: instructor.Mode) -> instructor.Instructor:
    client = openai.OpenAI(base_url=task["base_url"], api_key=task["key"], max_retries=0)
    return instructor.from_openai(client, mode=mode)


def chat(task: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": "Which city? 北京. Answer in JSON."}]
    place = connect(task, instructor.Mode.JSON).create(
        model=task["model"], messages=messages, response_model=Place, max_retries=1
    )
    return place.city


def stream(task: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": "Which city? 北京. Answer in JSON."}]
    places = connect(task, instructor.Mode.JSON).create_partial(
        model=task["model"], messages=messages, response_model=Place, max_retries=1
    )
    return str([*places][-1].city)


def tools(task: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": WEATHER_QUESTION}]
    place = connect(task, instructor.Mode.TOOLS).create(
        model=task["model"], messages=messages, response_model=Place, max_retries=1
    )
    return place.city


def image(task: dict[str, Any]) -> str:
    parts = [
        {"type": "text", "text": f"{PICTURE_QUESTION} Answer in JSON."},
        {"type": "image_url", "image_url": {"url": task["picture"]}},
    ]
    messages: Any = [{"role": "user", "content": parts}]
    found = connect(task, instructor.Mode.JSON).create(
        model=task["seer"], messages=messages, response_model=Colour, max_retries=1
    )
    return found.colour


run(chat=chat, stream=stream, tools=tools, image=image)
