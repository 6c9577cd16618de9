"""What all media requests of the gateway share: one prompt in ``messages``, media in top-level arrays.

Source: opcdoc.ntzq.tech/model-examples.html, 7.7: arrays that a model does not take are "不支持" and refused here.
"""

from __future__ import annotations

from ..errors import Refused, refuse
from .checks import Form
from .endpoint import MediaRequest

ARRAYS = ("images", "videos", "voices", "file_urls")


def missing(name: str) -> Refused:
    """Refuse an absent field."""
    return refuse("bad_parameter", f"{name} is required")


def wrong(name: str, why: str) -> Refused:
    """Refuse a bad field."""
    return refuse("bad_parameter", f"{name} {why}")


def read(call: MediaRequest, *allowed: str) -> tuple[Form, str]:
    """Return the form and the prompt after refusing media arrays outside ``allowed``."""
    data = Form(call.data, missing, wrong)
    for name in ARRAYS:
        if call.data.get(name) and name not in allowed:
            raise refuse("unsupported", name)
    messages = data.array("messages", 64)
    if not messages:
        raise refuse("missing_messages")
    said = [m.get("content") for m in messages if isinstance(m, dict) and m.get("role") == "user"]
    if not said or not all(isinstance(text, str) for text in said):
        raise refuse("content_parts")
    if not said[-1]:
        raise missing("messages[].content")
    if "nobalance" in call.key:
        raise refuse("balance")
    return data, said[-1]


def urls(data: Form, name: str, most: int) -> list[str]:
    """Return a media array after checking its addresses."""
    return [data.source(f"{name}[{i}]", value) for i, value in enumerate(data.array(name, most))]


async def seen(data: Form, most: int) -> list[str]:
    """Return what the images of ``images`` show."""
    given = urls(data, "images", most)
    return [(await data.image(f"images[{i}]", url)).words() for i, url in enumerate(given)]
