"""Media of Qwen on DashScope: images, video, speech and transcripts.

A Coding Plan covers chat only: media need a general key on the general host (Coding Plan page), which `plans` says;
Token Plans serve images and speech themselves.
"""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.media.inspection import from_base64
from cncoding.media.job_ids import quote_id
from cncoding.media.recordings import Recording, RecordingLimit
from cncoding.media.replies import dig, first_text, sounds, usage
from cncoding.media.routes import (
    AnyRoute,
    Asking,
    Draft,
    McpRoute,
    MediaRoute,
    Place,
    QuotaRoute,
    SpeechRoute,
    Submitted,
    check_fields,
    cite,
    name_fields,
    vendor_fields,
)
from cncoding.media.rules import Chars, Flag, MediaModel, Named, OneOf, Rule
from cncoding.media.sound.segments import read_segments
from cncoding.media.sound.transcript import Transcript
from cncoding.media.values import Asset, Done, McpServer, MediaRequest
from cncoding.types import JsonObject
from cncoding.vendors.qwen.files import FILMS, RECORDINGS, SPEECH
from cncoding.vendors.qwen.images import ROUTES as IMAGES
from cncoding.vendors.qwen.tasks import ASYNC, DAY, GENERATION, PLANS, RATE, SLOW, base, read_task
from cncoding.vendors.qwen.video import MODELS, VIDEO_ARGUMENTS, encode_video

_PAGE = Source("documented", "help.aliyun.com/zh/model-studio API pages", "2026-10")

# ---------------------------------------------------------------- speech

LANGUAGES = (
    "Auto", "Chinese", "English", "German", "Italian", "Portuguese", "Spanish", "Japanese", "Korean", "French",
    "Russian",
)  # fmt: skip
VOICES = (
    "Cherry", "Serena", "Ethan", "Chelsie", "Momo", "Vivian", "Moon", "Maia", "Kai", "Nofish", "Bella", "Jennifer",
    "Ryan", "Katerina", "Elias", "Rocky", "Kiki", "Sunny",
)  # fmt: skip
"""Some of them, by the vendor's demo (huggingface.co/spaces/Qwen/Qwen3-TTS-Demo at 29e22da, undated); more come without
notice."""
_TTS: dict[str, Rule] = {
    "text": Chars(600, 1), "voice": Named(*VOICES, most=100), "language_type": OneOf(*LANGUAGES), "stream": Flag(),
}  # fmt: skip
_SPEECH_SOURCE = _PAGE.at("qwen-tts")
_SPEECH_NAMES = {"voice": "voice"}


def _encode_speech(asking: Asking) -> Draft:
    """The voice is required; `Cherry` is the page's and the gateway's."""
    fields: JsonObject = {"text": asking.request.prompt, "voice": "Cherry", **vendor_fields(asking, _SPEECH_NAMES)}
    check_fields(asking, fields, {**_SPEECH_NAMES, "prompt": "text"})
    headers = {"X-DashScope-SSE": "enable"} if fields.pop("stream", False) else {}
    return Draft(GENERATION, {"model": asking.model, "input": fields}, headers=headers)


def _read_speech(reply: Reply, request: MediaRequest) -> Submitted:
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        return Submitted(done=_read_stream(reply.body))
    body = read_json(reply)
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
    event = read_json(Reply(200, {}, data.encode()))
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
        event = read_json(Reply(200, {}, frame.data.encode()))
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
    return Draft(GENERATION, {"model": recording.model, "input": {"messages": messages}, "parameters": parameters})


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
ROUTES: tuple[AnyRoute, ...] = cite(
    _PAGE,
    *IMAGES,
    MediaRoute(
        "qwen-video", "video", MODELS, base, encode_video, read_task, deadline=1200.0, names=VIDEO_ARGUMENTS,
        carriage=FILMS, **SLOW,
    ),
    MediaRoute(
        "qwen-speech", "speech",
        (MediaModel("qwen3-tts-flash", _TTS, ("text",), _SPEECH_SOURCE),),
        base, _encode_speech, _read_speech, expiry=DAY, plans=PLANS, names=name_fields(_SPEECH_NAMES, text="text"),
        voices=VOICES, piece=_read_piece, streaming={"stream": True}, rate=RATE,
    ),
    SpeechRoute(
        "qwen-asr", ("qwen3-asr-flash",), base, _encode_recording, _read_transcript, limit=_RECORDING, rate=RATE,
        plans=PLANS, carriage=SPEECH,
    ),
    SpeechRoute(
        "qwen-asr-file", ("qwen3-asr-flash-filetrans",), base, _encode_file, _read_file_task,
        query=_query_file, read_query=_read_file_query, read_file=_read_file, rate=RATE, plans=PLANS,
        carriage=RECORDINGS,
    ),
    McpRoute("bailian-web-search", _web_search_mcp, plans=PLANS),
)  # fmt: skip
