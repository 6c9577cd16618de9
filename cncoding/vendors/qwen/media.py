"""Media of Qwen on DashScope: images, video, speech and transcripts.

A Coding Plan covers chat only: media need a general key on the general host (Coding Plan page), which `plans` says;
Token Plans serve images and speech themselves.
"""

from __future__ import annotations

from typing import Any

from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.media_types import address
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.media.inspection import from_base64
from cncoding.media.replies import dig, first_text, images, json_of, sounds, status, usage
from cncoding.media.routes import (
    AnyRoute,
    Asking,
    Draft,
    JobList,
    ListedJob,
    McpRoute,
    MediaRoute,
    Place,
    QuotaRoute,
    Recording,
    RecordingLimit,
    SpeechRoute,
    Submitted,
    check_fields,
    cite,
    name_fields,
    quote_id,
    vendor_fields,
)
from cncoding.media.rules import Between, Chars, Flag, Free, Items, MediaModel, OneOf, Rule, Sizes, size_text
from cncoding.media.sound.segments import read_segments
from cncoding.media.sound.transcript import Transcript
from cncoding.media.values import Asset, Done, McpServer, MediaJob, MediaRequest, MediaStatus
from cncoding.types import JsonObject
from cncoding.vendors.qwen.video import ASYNC, MODELS, VIDEO_ARGUMENTS, encode_video

_PAGE = Source("documented", "help.aliyun.com/zh/model-studio API pages", "2026-10")
_DAY = 86400.0
_GENERATION = "/services/aigc/multimodal-generation/generation"
PLANS = {"coding": "api", "coding-global": "api-global"}


def _base(target: Place) -> str:
    return f"{target.root}/api/v1"


def _query(job: MediaJob) -> Draft:
    return Draft(f"/tasks/{quote_id(job.id)}", method="GET")


def _read_query(body: JsonObject, job: MediaJob) -> MediaStatus:
    return status(body, job.kind)


def _cancel(job: MediaJob) -> Draft:
    """Only a task that still waits (PENDING) is cancelled."""
    return Draft(f"/tasks/{quote_id(job.id)}/cancel")


def _list(model: str, page: int) -> Draft:
    """Ask for the last 24 hours, which is what the page says of a list without times: it names no time zone."""
    query = {"model_name": model, "page_no": str(page), "page_size": "50"}
    return Draft("/tasks/", method="GET", query=query)


def _read_list(body: JsonObject) -> tuple[tuple[ListedJob, ...], int]:
    rows = body.get("data")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no list of tasks", payload=str(body))
    jobs = tuple(
        ListedJob(str(row["task_id"]), str(row["model_name"]), float(row["gmt_create"]) / 1000, row.get("request_id"))
        for row in rows
        if isinstance(row, dict) and row.get("task_id")
    )
    return jobs, int(body.get("total_page") or 1)


def _read_prompt(body: JsonObject) -> str | None:
    """Return the words that a finished job of Wan repeats."""
    results = dig(body, "output", "results")
    row = results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}
    return first_text(body, "output.orig_prompt") or first_text(row, "orig_prompt")


_LIST = JobList(
    _list, _read_list, _DAY,
    Source("documented", "help.aliyun.com/zh/model-studio/manage-asynchronous-tasks", "2026-10-12"), _read_prompt,
)  # fmt: skip
_TASKS: dict[str, Any] = {"query": _query, "read_query": _read_query, "cancel": _cancel, "lists": _LIST}


def _read_task(reply: Reply, request: MediaRequest) -> Submitted:
    body = json_of(reply)
    task = first_text(body, "output.task_id", "task_id")
    if task is None:
        raise ProtocolError("the reply names no task", payload=str(body))
    return Submitted(task)


# ---------------------------------------------------------------- images

_SEED = Between(0, 2**31 - 1, whole=True)
_COMMON: dict[str, Rule] = {"negative_prompt": Chars(500), "prompt_extend": Flag(), "watermark": Flag(), "seed": _SEED}
_SIZES_2 = Sizes("*", ("2048*2048", "2688*1536"), area=(512 * 512, 2048 * 2048))
_SIZES_1 = Sizes("*", ("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"))
_QWEN_2: dict[str, Rule] = {
    **_COMMON, "prompt": Free(), "size": _SIZES_2, "n": Between(1, 6, whole=True), "images": Items(3),
}  # fmt: skip
_QWEN_1: dict[str, Rule] = {**_COMMON, "prompt": Chars(800, 1), "size": _SIZES_1, "n": OneOf(1)}
_WAN: dict[str, Rule] = {
    "prompt": Chars(5000, 1), "n": Between(1, 12, whole=True), "watermark": Flag(), "seed": _SEED, "images": Items(9),
    "enable_sequential": Flag(), "thinking_mode": Flag(), "color_palette": Free(), "bbox_list": Free(),
    "size": Sizes("*", words=("1K", "2K", "4K"), area=(1, 4096 * 4096), usual=2048 * 2048),
}  # fmt: skip
_IMAGE_SOURCE = _PAGE.at("image generation")
_IMAGE_MODELS = (
    MediaModel("qwen-image-2.0", _QWEN_2, ("prompt",), _IMAGE_SOURCE),
    MediaModel("qwen-image-2.0-pro", _QWEN_2, ("prompt",), _IMAGE_SOURCE),
    MediaModel("qwen-image-max", _QWEN_1, ("prompt",), _IMAGE_SOURCE),
    MediaModel("qwen-image-plus", _QWEN_1, ("prompt",), _IMAGE_SOURCE),
    MediaModel("qwen-image", _QWEN_1, ("prompt",), _IMAGE_SOURCE),
    MediaModel("wan2.7-image", _WAN, ("prompt",), _IMAGE_SOURCE),
    MediaModel("wan2.7-image-pro", _WAN, ("prompt",), _IMAGE_SOURCE),
    MediaModel("qwen-image-3.0-pro", source=_PAGE.at("token plan; parameters not read")),
)
_TASK_MODELS = tuple(model for model in _IMAGE_MODELS if model.id in ("qwen-image-plus", "qwen-image"))
_WAN_MODELS = tuple(model for model in _IMAGE_MODELS if model.id.startswith("wan"))
_IMAGE_NAMES = {
    "n": "n", "negative_prompt": "negative_prompt", "seed": "seed", "watermark": "watermark",
}  # fmt: skip
_IMAGE_ARGUMENTS = name_fields(_IMAGE_NAMES, prompt="prompt", images="images", size="size")


def _image_parts(asking: Asking) -> tuple[list[JsonObject], JsonObject]:
    """Return the content of the one user message, and the parameters."""
    request = asking.request
    parameters = vendor_fields(asking, _IMAGE_NAMES)
    takes = asking.known.fields or {} if asking.known else {}
    if request.size is not None:
        parameters["size"] = size_text(request.size, "*", takes.get("size"))
    pictures = [address(media) for media in request.inputs if media.kind == "image"]
    if len(pictures) != len(request.inputs):
        raise ConfigError("inputs: Qwen makes images from words and images only")
    shown = {"images": pictures} if pictures else {}
    check_fields(asking, {"prompt": request.prompt, **shown, **parameters}, {**_IMAGE_NAMES, "inputs": "images"})
    if takes is _WAN:
        most = 12 if parameters.get("enable_sequential") else 4
        if parameters.get("n", 1) > most:
            raise ConfigError(f"n={parameters['n']}: {asking.model} takes 1 to {most} ({_IMAGE_SOURCE})")
        if parameters.get("size") == "4K" and (pictures or not asking.model.startswith("wan2.7-image-pro")):
            raise ConfigError(f"size='4K': only wan2.7-image-pro, from words alone ({_IMAGE_SOURCE})")
    return [*({"image": picture} for picture in pictures), {"text": request.prompt}], parameters


def _encode_image(asking: Asking) -> Draft:
    content, parameters = _image_parts(asking)
    body = {
        "model": asking.model,
        "input": {"messages": [{"role": "user", "content": content}]},
        "parameters": parameters,
    }
    return Draft(_GENERATION, body)


def _encode_wan_task(asking: Asking) -> Draft:
    draft = _encode_image(asking)
    return Draft("/services/aigc/image-generation/generation", draft.body, headers=ASYNC)


def _encode_image_task(asking: Asking) -> Draft:
    """Make the older form: the prompt stands alone in `input`."""
    _, parameters = _image_parts(asking)
    given: JsonObject = {"prompt": asking.request.prompt}
    if "negative_prompt" in parameters:
        given["negative_prompt"] = parameters.pop("negative_prompt")
    body = {"model": asking.model, "input": given, "parameters": parameters}
    return Draft("/services/aigc/text2image/image-synthesis", body, headers=ASYNC)


def _read_images(reply: Reply, request: MediaRequest) -> Submitted:
    body = json_of(reply)
    found = images(body)
    if found:
        return Submitted(done=Done(found, usage=usage(body), raw=body))
    if first_text(body, "output.task_id") is not None:
        return _read_task(reply, request)
    raise ProtocolError("the reply holds no image", payload=str(body))


# ---------------------------------------------------------------- speech

LANGUAGES = (
    "Auto", "Chinese", "English", "German", "Italian", "Portuguese", "Spanish", "Japanese", "Korean", "French",
    "Russian",
)  # fmt: skip
_TTS: dict[str, Rule] = {
    "text": Chars(600, 1), "voice": Chars(100, 1), "language_type": OneOf(*LANGUAGES), "stream": Flag(),
}  # fmt: skip
_SPEECH_SOURCE = _PAGE.at("qwen-tts")
_SPEECH_NAMES = {"voice": "voice"}


def _encode_speech(asking: Asking) -> Draft:
    """The voice is required; `Cherry` is the page's and the gateway's."""
    fields: JsonObject = {"text": asking.request.prompt, "voice": "Cherry", **vendor_fields(asking, _SPEECH_NAMES)}
    check_fields(asking, fields, {**_SPEECH_NAMES, "prompt": "text"})
    headers = {"X-DashScope-SSE": "enable"} if fields.pop("stream", False) else {}
    return Draft(_GENERATION, {"model": asking.model, "input": fields}, headers=headers)


def _read_speech(reply: Reply, request: MediaRequest) -> Submitted:
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        return Submitted(done=_read_stream(reply.body))
    body = json_of(reply)
    found = sounds(body)
    if not found:
        raise ProtocolError("the reply holds no sound", payload=str(body))
    expires = dig(body, "output", "audio", "expires_at")
    asset = found[0]
    if isinstance(expires, (int, float)) and asset.url is not None:
        asset = Asset("audio", url=asset.url, expires_at=float(expires), metadata=asset.metadata)
    return Submitted(done=Done((asset,), usage=usage(body), raw=body))


def _read_piece(data: str) -> tuple[bytes, bool]:
    """Return the PCM of 24 kHz of an event; the last one names the link of the whole."""
    event = json_of(Reply(200, {}, data.encode()))
    if event.get("code") and event.get("message"):
        raise ProtocolError(f"the stream reports {event.get('code')}: {event.get('message')}", payload=data)
    text, reason = dig(event, "output", "audio", "data"), first_text(event, "output.finish_reason")
    last = reason == "stop" or bool(first_text(event, "output.audio.url"))
    return (from_base64(text) if text else b""), last


def _read_stream(body: bytes) -> Done:
    """Take the link of the last event; if there is none, join the pieces, which are PCM of 24 kHz."""
    decoder = SSEDecoder()
    pieces: list[bytes] = []
    last: JsonObject = {}
    for frame in (*decoder.feed(body), *decoder.finish()):
        event = json_of(Reply(200, {}, frame.data.encode()))
        if frame.event == "error" or (event.get("code") and event.get("message")):
            raise ProtocolError(f"the stream reports {event.get('code')}: {event.get('message')}", payload=frame.data)
        last = event
        if text := dig(event, "output", "audio", "data"):
            pieces.append(from_base64(text))
    if url := first_text(last, "output.audio.url"):
        return Done((Asset("audio", url=url),), usage=usage(last), raw=last)
    if not pieces:
        raise ProtocolError("the stream holds no sound")
    return Done((Asset("audio", data=b"".join(pieces), media_type="audio/pcm"),), usage=usage(last))


# ---------------------------------------------------------------- transcripts


_RECORDING = RecordingLimit(
    300.0,
    10 * 1024 * 1024 * 3 // 4 - 1024,  # 10 MB of Base64
    Source("documented", "help.aliyun.com/en/model-studio: speech recognition; docs.matrixorigin.cn", "2026-11"),
)


def _encode_recording(recording: Recording) -> Draft:
    parameters: JsonObject = {**recording.options}
    options = {**({"language": recording.language} if recording.language else {}), **parameters.pop("asr_options", {})}
    if options:
        parameters["asr_options"] = options
    messages = [{"role": "user", "content": [{"audio": address(recording.media)}]}]
    return Draft(_GENERATION, {"model": recording.model, "input": {"messages": messages}, "parameters": parameters})


def _read_transcript(body: JsonObject) -> Transcript:
    choices = dig(body, "output", "choices") or [{}]
    content = dig(choices[0], "message", "content")
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content or [])
    if content is None:
        raise ProtocolError("the reply holds no transcript", payload=str(body))
    notes = dig(choices[0], "message", "annotations") or []
    language = next((note["language"] for note in notes if isinstance(note, dict) and note.get("language")), None)
    return Transcript(text, language, raw=body)


def _encode_file(recording: Recording) -> Draft:
    parameters = {
        "channel_id": [0],
        **({"language": recording.language} if recording.language else {}),
        **recording.options,
    }
    body = {"model": recording.model, "input": {"file_url": address(recording.media)}, "parameters": parameters}
    return Draft("/services/audio/asr/transcription", body, headers=ASYNC)


def _read_file_task(body: JsonObject) -> str:
    task = first_text(body, "output.task_id")
    if task is None:
        raise ProtocolError("the reply names no task", payload=str(body))
    return task


def _query_file(task: str) -> Draft:
    return Draft(f"/tasks/{quote_id(task)}", method="GET")


def _read_file_query(body: JsonObject) -> str | None:
    """Return the URL of the transcript, None while it is not done."""
    said = str(dig(body, "output", "task_status") or "")
    if said in ("FAILED", "CANCELED", "UNKNOWN"):
        why = first_text(body, "output.message") or "no reason given"
        raise ProtocolError(
            f"the transcript failed: {why} [{first_text(body, 'output.code') or said}]", payload=str(body)
        )
    return first_text(body, "output.result.transcription_url")


def _read_file(body: JsonObject) -> Transcript:
    """Read the sentences of every channel, with times in milliseconds."""
    rows = [row for row in body.get("transcripts") or [] if isinstance(row, dict)]
    said = [one for row in rows for one in row.get("sentences") or [] if isinstance(one, dict)]
    segments = read_segments(said, names=("begin_time", "end_time"), unit=0.001)
    return Transcript(
        "\n".join(str(row.get("text") or "") for row in rows),
        next((str(one["language"]) for one in said if one.get("language")), None),
        segments=tuple(sorted(segments, key=lambda one: one.start)),
        raw=body,
    )


def _web_search_mcp(target: Place) -> McpServer:
    """Bailian's WebSearch: streamable HTTP with a general key, 2,000 free calls a month (Coding Plan page)."""
    headers = {"Authorization": f"Bearer {target.api_key}"}
    return McpServer("bailian-web-search", url=f"{target.root}/api/v1/mcps/WebSearch/mcp", headers=headers)


QUOTA = QuotaRoute(
    {},
    "Alibaba shows a plan's quota in its console only, to a signed-in browser and to no key",
    _PAGE.at("coding plan FAQ"),
)
_SLOW: dict[str, Any] = {"interval": 1.0, "longest_interval": 15.0, "expiry": _DAY, "plans": PLANS, **_TASKS}
ROUTES: tuple[AnyRoute, ...] = cite(
    _PAGE,
    MediaRoute(
        "qwen-image", "image", _IMAGE_MODELS, _base, _encode_image, _read_images, task=False, expiry=_DAY, plans=PLANS,
        names=_IMAGE_ARGUMENTS, **_TASKS,
    ),
    MediaRoute(
        "qwen-wan-image-task", "image", _WAN_MODELS, _base, _encode_wan_task, _read_task, task=True,
        catches=lambda model: model.lower().startswith("wan"), deadline=600.0, names=_IMAGE_ARGUMENTS,
        **_SLOW,
    ),
    MediaRoute(
        "qwen-image-task", "image", _TASK_MODELS, _base, _encode_image_task, _read_task, task=True, deadline=600.0,
        names=_IMAGE_ARGUMENTS, **_SLOW,
    ),
    MediaRoute(
        "qwen-video", "video", MODELS, _base, encode_video, _read_task, deadline=1200.0, names=VIDEO_ARGUMENTS, **_SLOW
    ),
    MediaRoute(
        "qwen-speech", "speech",
        (MediaModel("qwen3-tts-flash", _TTS, ("text",), _SPEECH_SOURCE),),
        _base, _encode_speech, _read_speech, expiry=_DAY, plans=PLANS, names=name_fields(_SPEECH_NAMES, text="text"),
        piece=_read_piece, streaming={"stream": True},
    ),
    SpeechRoute(
        "qwen-asr", ("qwen3-asr-flash",), _base, _encode_recording, _read_transcript, limit=_RECORDING, plans=PLANS
    ),
    SpeechRoute(
        "qwen-asr-file", ("qwen3-asr-flash-filetrans",), _base, _encode_file, _read_file_task,
        query=_query_file, read_query=_read_file_query, read_file=_read_file, plans=PLANS,
    ),
    McpRoute("bailian-web-search", _web_search_mcp, plans=PLANS),
)  # fmt: skip
