"""Whatever a vendor sends, a reader answers with a result or with one of our errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cncoding import CncodingError, MediaJob, MediaRequest, ProtocolError, Quota, providers
from cncoding.account import quota
from cncoding.exchange.steps import Reply
from cncoding.media.jobs import status, submit
from cncoding.media.routes import QuotaRoute, SearchRoute, SpeechRoute
from cncoding.media.selection import media_routes
from cncoding.media.sending import QUERY_RETRIES
from cncoding.media.services import search
from tests.media.steps import World, setup

NAMES = [
    "output", "task_id", "task_status", "status", "results", "choices", "message", "content", "image", "data", "url",
    "image_urls", "image_base64", "b64_json", "audio", "video_url", "video_result", "image_result", "task", "file",
    "download_url", "file_id", "error", "code", "base_resp", "status_code", "status_msg", "extra_info", "audio_length",
    "usage", "characters", "metadata", "id", "expires_at", "limits", "usages", "limit_5h", "used_ratio", "reset_time",
    "model_remains", "percentage", "nextResetTime", "unit", "number", "balance_infos", "currency", "total_balance",
    "available_balance", "search_result", "organic", "search_results", "title", "link", "related_searches", "query",
    "end_time", "current_interval_remaining_percent", "detail", "window", "duration", "limit", "boosterWallet",
    "balance",
]  # fmt: skip
WORDS = ["SUCCEEDED", "FAILED", "Success", "https://a/b.png", "abc", "ff", "", "2026-11-20", "1e999", "nan"]
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**19) | st.floats() | st.sampled_from(WORDS)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), BODIES, max_size=6)
PROVIDERS = ("glm", "minimax", "qwen", "unified")


def answer(body: Any) -> Reply:
    return Reply(200, {}, json.dumps(body).encode())


def tolerates(run: Any) -> None:
    try:
        run()
    except CncodingError as error:
        assert str(error)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("kind", ["image", "video", "speech"])
@given(body=OBJECTS)
def test_submissions(provider: str, kind: Any, body: Any) -> None:
    tolerates(lambda: World([answer(body)]).run(submit(MediaRequest(kind, "a fox"), setup(provider))))


@pytest.mark.parametrize("provider", PROVIDERS)
@given(body=OBJECTS, second=OBJECTS)
def test_questions(provider: str, body: Any, second: Any) -> None:
    assert QUERY_RETRIES.times
    for route in media_routes(providers()[provider]):
        if route.query is not None:
            job = MediaJob(provider, "api", route.kind, route.models[0].id, "t", route.name)
            tolerates(lambda job=job: World([answer(body), answer(second)]).run(status(job, setup(provider))))


DEEP = Reply(200, {}, b'{"data":' + b"[" * 100_000)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_json_deeper_than_python_follows(provider: str) -> None:
    made = setup(provider)
    for kind in ("image", "video"):
        with pytest.raises(ProtocolError, match="is not JSON"):
            World([DEEP]).run(submit(MediaRequest(kind, "a fox"), made))
    for route in media_routes(providers()[provider]):
        if route.query is not None:
            job = MediaJob(provider, made.target.endpoint.name, route.kind, route.models[0].id, "t", route.name)
            with pytest.raises(ProtocolError, match="is not JSON"):
                World([DEEP] * 5).run(status(job, made))


@pytest.mark.parametrize("provider", sorted(providers()))
@given(body=OBJECTS)
def test_services(provider: str, body: Any) -> None:
    made = setup(provider)
    routes = providers()[provider].media
    if isinstance(made.target.provider.quota, QuotaRoute):
        tolerates(lambda: World([answer(body)]).run(quota(made)))
    if any(isinstance(route, SearchRoute) for route in routes):
        tolerates(lambda: World([answer(body)]).run(search("x", made, count=None, options={})))
    assert Quota(provider, "api").windows == ()
    for route in routes:
        if isinstance(route, SpeechRoute):
            from cncoding.media.sending import guard_reading

            def read(route: SpeechRoute = route) -> None:
                with guard_reading(made.target.provider, body):
                    route.read(body)
                    if route.read_query is not None and route.read_file is not None:
                        route.read_query(body)
                        route.read_file(body)

            tolerates(read)


@pytest.mark.parametrize("provider", PROVIDERS)
@given(data=st.binary(max_size=200), kind=st.sampled_from(["image", "video", "speech"]))
def test_bytes(provider: str, data: bytes, kind: Any) -> None:
    for media_type in ("application/json", "text/event-stream", "audio/wav", ""):
        reply = Reply(200, {"content-type": media_type}, data)
        tolerates(lambda reply=reply: World([reply]).run(submit(MediaRequest(kind, "a fox"), setup(provider))))
