"""What can happen to a submission, on every provider that takes jobs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cncoding_emulator import Emulator

from .conftest import client

ASYNC = {"X-DashScope-Async": "enable"}


@dataclass(frozen=True)
class Job:
    """How to submit to a vendor and to read its status."""

    provider: str
    submit: Callable[[httpx.Client], httpx.Response]
    id: Callable[[Any], str]
    query: Callable[[httpx.Client, str], httpx.Response]
    status: Callable[[Any], str]
    words: tuple[str, ...]
    failed: str


H3 = {
    "model": "MiniMax-H3",
    "content": [{"type": "text", "text": "the sea"}],
    "resolution": "768P",
    "duration": 4,
    "ratio": "16:9",
}
JOBS = {
    "glm": Job(
        "glm",
        lambda c: c.post("/api/paas/v4/videos/generations", json={"model": "cogvideox-3", "prompt": "the sea"}),
        lambda b: b["id"],
        lambda c, i: c.get(f"/api/paas/v4/async-result/{i}"),
        lambda b: b["task_status"],
        ("PROCESSING", "SUCCESS"),
        "FAIL",
    ),
    "minimax": Job(
        "minimax",
        lambda c: c.post("/v1/video_generation", json={"model": "MiniMax-Hailuo-2.3", "prompt": "the sea"}),
        lambda b: b["task_id"],
        lambda c, i: c.get("/v1/query/video_generation", params={"task_id": i}),
        lambda b: b["status"],
        ("Preparing", "Queueing", "Processing", "Success"),
        "Fail",
    ),
    "minimax-h3": Job(
        "minimax",
        lambda c: c.post("/v2/video_generation", json=H3),
        lambda b: b["task_id"],
        lambda c, i: c.get(f"/v2/query/video_generation/{i}"),
        lambda b: b["task"]["status"],
        ("queued", "running", "succeeded"),
        "failed",
    ),
    "qwen": Job(
        "qwen",
        lambda c: c.post(
            "/api/v1/services/aigc/video-generation/video-synthesis",
            json={"model": "wan2.7-t2v", "input": {"prompt": "the sea"}},
            headers=ASYNC,
        ),
        lambda b: b["output"]["task_id"],
        lambda c, i: c.get(f"/api/v1/tasks/{i}"),
        lambda b: b["output"]["task_status"],
        ("PENDING", "RUNNING", "SUCCEEDED"),
        "FAILED",
    ),
    "unified": Job(
        "unified",
        lambda c: c.post(
            "/v1/chat/completions",
            json={"model": "wan2.7-t2v", "messages": [{"role": "user", "content": "the sea"}]},
        ),
        lambda b: b["task_id"],
        lambda c, i: c.get(f"/v1/videos/generations/{i}"),
        lambda b: b["output"]["task_status"],
        ("PENDING", "RUNNING", "SUCCEEDED"),
        "FAILED",
    ),
}


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest) -> Job:
    return JOBS[request.param]


def started(job: Job, caller: httpx.Client) -> str:
    reply = job.submit(caller)
    assert reply.status_code == 200, reply.text
    return job.id(reply.json())


def state(job: Job, caller: httpx.Client, made: str) -> str:
    return job.status(job.query(caller, made).json())


def test_statuses_walk_through_the_vendors_words(emulator: Emulator, job: Job) -> None:
    emulator.slow_tasks(100)
    caller = client(emulator, job.provider)
    made = started(job, caller)
    seen = [state(job, caller, made)]
    for _ in range(22):
        emulator.advance(5)
        word = state(job, caller, made)
        if word != seen[-1]:
            seen.append(word)
    assert tuple(seen) == job.words


def test_jobs_are_quick_by_default(emulator: Emulator, job: Job) -> None:
    caller = client(emulator, job.provider)
    made = started(job, caller)
    time.sleep(0.06)
    assert state(job, caller, made) == job.words[-1]


@pytest.mark.parametrize("kind", ["fail", "moderate"])
def test_failures(emulator: Emulator, job: Job, kind: str) -> None:
    emulator.task_fault(job.provider, kind)
    caller = client(emulator, job.provider)
    made = started(job, caller)
    emulator.advance(1)
    assert state(job, caller, made) == job.failed
    assert len(emulator.submissions) == 1


def test_never(emulator: Emulator, job: Job) -> None:
    emulator.task_fault(job.provider, "never")
    caller = client(emulator, job.provider)
    made = started(job, caller)
    emulator.advance(80000)
    assert state(job, caller, made) == job.words[-2]


def test_slow_queue(emulator: Emulator, job: Job) -> None:
    emulator.task_fault(job.provider, "slow_queue", seconds=600)
    caller = client(emulator, job.provider)
    made = started(job, caller)
    emulator.advance(500)
    assert state(job, caller, made) in job.words[:2]
    emulator.advance(101)
    assert state(job, caller, made) == job.words[-1]


@pytest.mark.parametrize("forever", [False, True])
def test_weird_status(emulator: Emulator, job: Job, forever: bool) -> None:
    emulator.slow_tasks(100)
    emulator.task_fault(job.provider, "weird_status", word="REVIEWING", forever=forever)
    caller = client(emulator, job.provider)
    made = started(job, caller)
    emulator.advance(50)
    assert state(job, caller, made).upper() == "REVIEWING"
    emulator.advance(60)
    assert (state(job, caller, made).upper() == "REVIEWING") is forever


def test_expire(emulator: Emulator, job: Job) -> None:
    emulator.task_fault(job.provider, "expire")
    caller = client(emulator, job.provider)
    reply = job.query(caller, started(job, caller))
    said = reply.text
    assert any(word in said for word in ("任务不存在", "not found", "UNKNOWN", "expired"))


def test_slow_poll(emulator: Emulator, job: Job) -> None:
    emulator.task_fault(job.provider, "slow_poll", seconds=0.3)
    caller = client(emulator, job.provider)
    made = started(job, caller)
    before = time.monotonic()
    state(job, caller, made)
    assert time.monotonic() - before >= 0.3


def test_cuts(emulator: Emulator, job: Job) -> None:
    caller = client(emulator, job.provider)
    for kind, counted in (("cut_before", 0), ("cut_after_accept", 1)):
        emulator.task_fault(job.provider, kind)
        with pytest.raises(httpx.TransportError):
            job.submit(caller)
        assert len(emulator.submissions) == counted
    # The request arrived either way, and its record has no status: nothing was answered.
    assert [r.status for r in emulator.requests] == [None, None]
    started(job, caller)
    assert [s.provider for s in emulator.submissions] == [job.provider] * 2


def test_the_ledger_under_random_cuts(emulator: Emulator, job: Job) -> None:
    caller = client(emulator, job.provider)
    chance = random.Random(7)
    accepted = 0
    for _ in range(30):
        kind = chance.choice(["cut_before", "cut_after_accept", ""])
        accepted += kind != "cut_before"
        if kind:
            emulator.task_fault(job.provider, kind)
            with pytest.raises(httpx.TransportError):
                job.submit(caller)
        else:
            started(job, caller)
    assert len(emulator.submissions) == accepted
    assert [s.number for s in emulator.submissions] == list(range(accepted))
    assert {s.prompt for s in emulator.submissions} == {"the sea"}
    assert len({s.task_id for s in emulator.submissions}) == accepted


def test_faults_wait_for_their_provider_and_kind(emulator: Emulator) -> None:
    emulator.task_fault("qwen", "fail")
    emulator.task_fault("glm", "fail", on="speech")
    caller = client(emulator, "glm")
    made = started(JOBS["glm"], caller)
    emulator.advance(1)
    assert state(JOBS["glm"], caller, made) == "SUCCESS"
    with pytest.raises(LookupError):
        emulator.task_fault("glm", "typo")


def test_synchronous_failures_cost_nothing(emulator: Emulator) -> None:
    caller = client(emulator, "glm")
    ask = {"model": "cogview-4", "prompt": "x"}
    emulator.task_fault("glm", "moderate")
    emulator.task_fault("glm", "fail")
    replies = [caller.post("/api/paas/v4/images/generations", json=ask) for _ in range(3)]
    assert [r.status_code for r in replies] == [400, 500, 200]
    assert replies[0].json()["error"]["code"] == "1301"
    assert len(emulator.submissions) == 1


def test_reset_forgets(emulator: Emulator) -> None:
    emulator.slow_tasks(100)
    emulator.task_fault(None, "fail", times=5)
    started(JOBS["glm"], client(emulator, "glm"))
    emulator.reset()
    assert (emulator.submissions, emulator.jobs, emulator.leaks, emulator.downloads) == ([], [], [], [])
