"""What a fuzzer throws at the readers, and how hard: a little in every run, much more with `make fuzz`."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cncoding.chat import anthropic, openai
from cncoding.chat.fold import Fold
from cncoding.errors import CncodingError
from cncoding.registry import own_providers
from tests.targets import target

EXAMPLES = int(os.environ.get("CNCODING_FUZZ", "0"))
"""Examples for each property; without it a run takes seconds."""
ROOT = Path(__file__).resolve().parents[2]
STREAMS = [(path.parent.name, path.read_bytes()) for path in sorted((ROOT / "spec").glob("*/*.sse"))]
RECORDED = ROOT.parent / "shared" / "captures"
VENDORS = {"alibaba": "qwen", "deepseek": "deepseek", "moonshotai": "kimi", "minimax": "minimax"}
STREAMS += [
    (VENDORS[path.parent.name], b"".join(b"data: %s\n\n" % line for line in path.read_bytes().splitlines() if line))
    for path in sorted(RECORDED.glob("*/*.chunks.txt"))
]
"""Provider and bytes of streams: those in `spec/`, and recorded ones where they are at hand."""
PROVIDERS = tuple(own_providers())


def fuzzed(examples: int = 40) -> Callable[[Any], Any]:
    """Run a property on so many examples, the same ones in each run, or on as many as were asked for."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def make_decoder(provider: str, wire: str, model: str = "any-model") -> Any:
    where = target(provider, wire=wire)
    return (anthropic if wire == "anthropic" else openai).Decoder(where, where.card(model), lambda: "call_made_up")


def wire_of(stream: bytes) -> str:
    return "anthropic" if b"message_start" in stream else "openai"


def outcome(decoder: Any, pieces: Iterable[bytes]) -> tuple[str, str | None]:
    """Return the reply so far and the error with which a stream ended; only errors of ours may be one."""
    progress = Fold("any")
    try:
        for piece in pieces:
            for event in decoder.feed(piece):
                progress.add(event)
        for event in decoder.finish():
            progress.add(event)
    except CncodingError as error:
        return repr(progress.response()), f"{type(error).__name__}: {error}"
    return repr(progress.response()), None


def cut(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    edges = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return (data[start:stop] for start, stop in pairwise(edges))


INSERTS = (
    b"data: \xff\n\n",
    b'data: {"error":{"message":"x","code":"1"}}\n\n',
    b"data: {]\n\n",
    b": heartbeat\n\n",
    *(b"\r\n", b"\r", b"\xef\xbb\xbf", b" ", b"\n", b"{", b"data: ", b"\xf0\x9f\x98"),
    b"event: error\n",
    b'data: {"base_resp":{"status_code":1002,"status_msg":"rate limit"}}\n\n',
    b'{"base_resp":{"status_code":1002}}',
    *(b"data: [DONE]\n\n", b"data: []\n\n", b'data: {"choices":[]}\n\n'),
    b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
    b'data: {"choices":[{"delta":null}]}\n\n',
)
"""What vendors, gateways and broken networks were seen to put into streams, and worse."""


@st.composite
def spoilt_streams(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a stream with things in it that do not belong there."""
    provider, data = draw(st.sampled_from(STREAMS))
    chance = random.Random(draw(st.integers(0, 2**32)))
    data = data[: chance.randrange(200, 8000)] if chance.random() < 0.5 else data[:20_000]
    for _ in range(chance.randrange(4)):
        border = data.find(b"\n\n", chance.randrange(len(data))) + 2
        place = chance.choice([0, chance.randrange(len(data) + 1), border, border])
        data = data[:place] + chance.choice(INSERTS) + data[place:]
    return provider, data


KEYS = (
    *("choices", "delta", "message", "content", "reasoning_content", "tool_calls", "function", "arguments", "name"),
    *("index", "finish_reason", "usage", "prompt_tokens", "error", "code", "base_resp", "status_code", "type", "text"),
    *("content_block", "partial_json", "stop_reason", "reasoning_details", "data", "url", "output", "results", "id"),
    *("task_id", "task_status", "video_result", "choice", "images", "model", "status", "success", "request_id"),
)
TEXTS = ("", "stop", "tool_calls", "{}", '{"a":', "\ud83d", "null", "text", "tool_use", "SUCCESS", "http://x/y")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(TEXTS),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
"""JSON with the members that the readers look for, in places and of types where nobody expects them."""


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()
