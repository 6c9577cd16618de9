"""Where vendors put task ids, status words and results: one order of places, the first hit wins.

The order is that of the unified gateway's page, which passes all native shapes on; every native
vendor uses a part of it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeGuard

from cncoding.errors import ProtocolError
from cncoding.media.inspection import from_base64, from_hex
from cncoding.media.plain_json import is_number
from cncoding.media.values import Asset, AssetKind, Cancelled, Done, Failed, JobKind, MediaStatus, Queued, Running
from cncoding.types import JsonObject

_QUEUED = frozenset({"pending", "queued", "queueing", "preparing", "submitted", "created"})
_RUNNING = frozenset({"running", "processing", "in_progress"})
_DONE = frozenset({"succeeded", "success", "completed"})
_FAILED = frozenset({"failed", "fail", "error", "unknown", "expired"})
"""`UNKNOWN` at DashScope and `EXPIRED` mean that the task is gone."""
_LONGEST_WORD, _LONGEST_REASON = 200, 2000
"""Characters of a status, and of a reason, that are kept: agents read them, and pay for what they read."""
_CANCELLED = frozenset({"canceled", "cancelled"})


def dig(body: Any, *path: str) -> Any:
    """Return what stands at a path of member names, None if it is missing."""
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def first_text(body: JsonObject, *paths: str) -> str | None:
    """Return the first text or number that stands at one of the dotted paths."""
    for path in paths:
        found = dig(body, *path.split("."))
        if isinstance(found, (str, int)) and not isinstance(found, bool) and found != "":
            return str(found)
    return None


def task_id(body: JsonObject) -> str | None:
    """Return the id of a task, None if the reply names none."""
    found = first_text(body, "task_id", "output.task_id", "data.task_id")
    if found is None and "choices" not in body and body.get("object") != "chat.completion":
        found = first_text(body, "id")
    return found


def word(body: JsonObject) -> str | None:
    """Return the vendor's status word. `data.status` of speech is a number and no status."""
    for path in ("output.task_status", "task_status", "status", "task.status", "data.status"):
        found = dig(body, *path.split("."))
        if isinstance(found, str) and found:
            return found[:_LONGEST_WORD]
    return None


def status(body: JsonObject, kind: JobKind) -> MediaStatus:
    """Return what a reply says about a job. A word that nobody knows is `Running` and keeps its text."""
    native = word(body)
    said = (native or "").lower()
    if said in _QUEUED:
        return Queued(native)
    if said in _CANCELLED:
        return Cancelled(native)
    if said in _FAILED:
        return Failed(_code(body), _reason(body, native), native)
    if said in _DONE or native is None:
        assets = results(body, kind)
        if assets:
            return Done(assets, native, usage(body), body)
        if said in _DONE:
            return _without(body, kind, native)
        return Running(None)
    return Running(native)


def _without(body: JsonObject, kind: JobKind, native: str | None) -> MediaStatus:
    """Return the status of a job that succeeded without a result that we can see."""
    items = dig(body, "output", "results")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and item.get("message"):
            return Failed(first_text(item, "code"), str(item["message"]), native)
    if (file_id := first_text(body, "file_id", "output.file_id", "data.file_id")) is not None:
        made: AssetKind = kind if kind == "image" or kind == "video" else "audio"
        asset = Asset(made, file_id=file_id, width=_int(body, "video_width"),
                      height=_int(body, "video_height"))  # fmt: skip
        return Done((asset,), native, usage(body), body)
    raise ProtocolError(f"the job is {native}, but its result is nowhere to be found", payload=json.dumps(body)[:2000])


def _code(body: JsonObject) -> str | None:
    found = first_text(
        body, "output.code", "error.code", "task.error.code", "code", "error_code", "base_resp.status_code"
    )
    return None if found is None else found[:_LONGEST_WORD]


def _reason(body: JsonObject, native: str | None) -> str:
    found = first_text(
        body, "output.message", "error.message", "task.error.message", "message", "error_message", "fail_reason", "msg",
        "base_resp.status_msg",
    )  # fmt: skip
    if found is None or found.lower() == "success":
        return f"the vendor says {native} and gives no reason"
    return found[:_LONGEST_REASON]


def usage(body: JsonObject) -> JsonObject:
    """Return the vendor's own account of what was used."""
    found = body.get("usage") or dig(body, "task", "usage") or dig(body, "output", "usage")
    return found if isinstance(found, dict) else {}


# ---------------------------------------------------------------- results


def results(body: JsonObject, kind: JobKind) -> tuple[Asset, ...]:
    """Return the finished media of a reply, none if there are none."""
    if kind == "image":
        return images(body)
    if kind == "video":
        return videos(body)
    return sounds(body)


def images(body: JsonObject) -> tuple[Asset, ...]:
    """Return the images of a reply."""
    found: list[Asset] = []
    data = body.get("data")
    for item in data if isinstance(data, list) else []:
        if isinstance(item, dict) and item.get("url"):
            found.append(replace(_picture(str(item["url"])), revised_prompt=item.get("revised_prompt")))
        elif isinstance(item, dict) and item.get("b64_json"):
            found.append(Asset("image", data=from_base64(item["b64_json"]), revised_prompt=item.get("revised_prompt")))
    if isinstance(data, dict):
        found += [_picture(url) for name in ("image_urls", "image_url") for url in _texts(data.get(name))]
        found += [Asset("image", data=from_base64(text)) for text in _texts(data.get("image_base64"))]
    if found:
        return tuple(found)
    for choice in _objects(dig(body, "output", "choices")):
        for part in _objects(dig(choice, "message", "content")):
            found += [_picture(url) for url in _texts(part.get("image"))]
    for item in _objects(dig(body, "output", "results")):
        if item.get("url"):
            revised = item.get("actual_prompt")
            known = {"orig_prompt": item["orig_prompt"]} if item.get("orig_prompt") else {}
            found.append(replace(_picture(str(item["url"])), revised_prompt=revised, metadata=known))
    found += [_picture(str(item["url"])) for item in _objects(body.get("image_result")) if item.get("url")]
    return tuple(found)


def _picture(url: str) -> Asset:
    """Return the picture of a link, or of the bytes that stand in its place."""
    return Asset("image", data=from_base64(url)) if url.startswith("data:") else Asset("image", url=url)


def videos(body: JsonObject) -> tuple[Asset, ...]:
    """Return the videos of a reply."""
    revised = first_text(body, "output.actual_prompt")
    for path in ("output.video_url", "video_url"):
        if (url := first_text(body, path)) is not None:
            return (Asset("video", url=url, revised_prompt=revised),)
    found = [
        Asset("video", url=str(item["url"]), metadata=_only(item, "cover_image_url"))
        for item in _objects(body.get("video_result"))
        if item.get("url")
    ]
    if found:
        return tuple(found)
    for path in ("task.content.url", "task.content.video_url", "content.video_url", "content.url", "file.download_url"):
        if (url := first_text(body, path)) is not None:
            return (Asset("video", url=url),)
    return ()


def sounds(body: JsonObject) -> tuple[Asset, ...]:
    """Return the sound of a reply: a link, hexadecimal digits or Base64."""
    info = body.get("extra_info")
    info = info if isinstance(info, dict) else {}
    length = info.get("audio_length")
    seconds = length / 1000 if is_number(length) and length >= 0 else None
    characters = first_text(body, "usage.characters", "extra_info.usage_characters")
    subtitles = {"subtitle_file": found} if (found := first_text(body, "data.subtitle_file")) is not None else {}
    known = {**info, **subtitles, **({"characters": int(characters)} if _counts(characters) else {})}
    if (url := first_text(body, "output.audio.url", "data.audio_url")) is not None:
        return (Asset("audio", url=url, metadata=known),)
    if (text := first_text(body, "data.audio")) is not None:
        if text.startswith(("http://", "https://")):
            return (Asset("audio", url=text, duration=seconds, metadata=known),)
        return (Asset("audio", data=from_hex(text), duration=seconds, metadata=known),)
    if (text := first_text(body, "output.audio.data")) is not None:
        return (Asset("audio", data=from_base64(text), metadata=known),)
    return ()


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


def _objects(value: Any) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _only(item: JsonObject, *names: str) -> JsonObject:
    return {name: item[name] for name in names if item.get(name)}


def _int(body: JsonObject, name: str) -> int | None:
    value = body.get(name)
    return int(value) or None if isinstance(value, (int, str)) and _counts(str(value)) else None


def _counts(text: str | None) -> TypeGuard[str]:
    """Tell whether a text is a count that can be reckoned with."""
    return text is not None and text.isascii() and text.isdigit() and len(text) < 16
