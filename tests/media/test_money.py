"""Nothing is paid twice: not by a retry, not by a cut connection, not by a process that died."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cncoding import (
    AsyncClient,
    BadRequestError,
    Client,
    CncodingError,
    ConnectionLostError,
    ContentBlockedError,
    MediaRequest,
    RateLimitedError,
    ServerError,
    TransportError,
)
from cncoding_emulator import Emulator
from tests.media.conftest import MAKERS, Do
from tests.media.cutter import Cutter

PATHS = {"glm": "/glm/api/coding/paas/v4", "minimax": "/minimax/v1", "qwen": "/qwen/v1", "unified": "/unified/v1"}


@pytest.mark.parametrize("provider", MAKERS)
@pytest.mark.parametrize("kind", ["image", "video", "speech"])
def test_a_submission_that_may_have_arrived_is_not_repeated(
    emulator: Emulator, do: Do, provider: str, kind: Any
) -> None:
    emulator.task_fault(provider, "cut_after_accept")
    with pytest.raises(ConnectionLostError) as caught:
        do(provider, "submit", MediaRequest(kind, "a fox"))
    assert caught.value.sent and not caught.value.retryable
    assert len(emulator.submissions) == 1
    assert len([one for one in emulator.requests if one.method == "POST"]) == 1


@pytest.mark.parametrize("provider", MAKERS)
def test_a_server_error_is_not_repeated(emulator: Emulator, do: Do, provider: str) -> None:
    emulator.fault(provider, "server_error", on="any")
    with pytest.raises(ServerError) as caught:
        do(provider, "generate_video", "a fox")
    assert not caught.value.retryable and emulator.submissions == []
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("provider", MAKERS)
def test_a_busy_vendor_is_asked_again(emulator: Emulator, do: Do, provider: str) -> None:
    emulator.fault(provider, "rate_limit", on="any", times=2)
    do(provider, "submit", MediaRequest("video", "a fox"))
    assert len(emulator.submissions) == 1 and len(emulator.requests) == 3


def test_a_busy_vendor_is_given_up(emulator: Emulator, do: Do) -> None:
    emulator.fault("glm", "rate_limit", on="any", retry_after=120)
    with pytest.raises(RateLimitedError) as caught:
        do("glm", "submit", MediaRequest("video", "a fox"))
    assert caught.value.retryable and caught.value.retry_after == 120


@pytest.mark.parametrize("provider", MAKERS)
def test_a_refused_prompt_costs_nothing(emulator: Emulator, do: Do, provider: str) -> None:
    emulator.task_fault(provider, "moderate")
    with pytest.raises((ContentBlockedError, BadRequestError)):  # the gateway documents no codes
        do(provider, "synthesize_speech", "a fox")
    assert emulator.submissions == []


def test_an_unreachable_vendor_is_tried_again_and_nothing_was_sent(do: Do) -> None:
    client = {"api_key": "a.b", "base_url": "http://127.0.0.1:1/api/coding/paas/v4", "max_retries": 1}
    with pytest.raises(TransportError) as caught:
        do("glm", "submit", MediaRequest("image", "a fox"), client=client)
    assert not caught.value.sent and caught.value.retryable


def test_a_hundred_random_cuts(emulator: Emulator) -> None:
    """Each submission goes through a relay that breaks connections anywhere; the emulator counts what it accepted."""
    address = urlsplit(emulator.url)
    outcomes: Counter[str] = Counter()
    with Cutter(("127.0.0.1", address.port or 0), seed=20261120) as cutter:

        def settings(provider: str) -> dict[str, Any]:
            return {"base_url": f"http://127.0.0.1:{cutter.port}{PATHS[provider]}", "api_key": KEYS[provider]}

        async def in_loop(provider: str, request: MediaRequest) -> None:
            await AsyncClient(provider, **settings(provider)).submit(request)

        for number in range(100):
            provider = MAKERS[number % len(MAKERS)]
            request = MediaRequest("video", f"fox number {number}")
            try:
                if number % 8 < 4:
                    Client(provider, **settings(provider)).submit(request)
                else:
                    asyncio.run(in_loop(provider, request))
            except TransportError as error:
                outcomes["lost" if error.sent else "never sent"] += 1
                assert not error.sent or not error.retryable
            else:
                outcomes["done"] += 1
    time.sleep(0.3)
    paid = Counter(submission.prompt for submission in emulator.submissions)
    assert max(paid.values()) == 1, "a submission was paid twice"
    assert outcomes["lost"] > 20 and outcomes["done"] > 20 and cutter.cuts > 20, outcomes
    # What the caller was told agrees with what was paid: every success was paid once, and only losses may differ.
    assert outcomes["done"] <= len(paid) <= outcomes["done"] + outcomes["lost"]


KEYS = {
    "glm": "emulatorglm.secret0000",
    "minimax": "sk-cp-emulator0000",
    "qwen": "sk-emulator",
    "unified": "sk-emulator",
}

FIRST = """
import json, sys
from cncoding import Client, MediaRequest
client = Client(sys.argv[1])
job = client.submit(MediaRequest("video", "a fox"))
print(json.dumps(job.to_json()), flush=True)
client.wait(job, poll_interval=0.05)
print("done", flush=True)
"""
SECOND = """
import json, sys
from cncoding import Client
client = Client(sys.argv[1])
done = client.wait(sys.argv[2], poll_interval=0.05)
print(client.download(done, sys.argv[3]).path)
"""


@pytest.mark.parametrize("provider", MAKERS)
def test_a_killed_process_loses_nothing(emulator: Emulator, tmp_path: Path, provider: str) -> None:
    emulator.slow_tasks(1000)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", FIRST, provider], stdout=pipe, stderr=pipe, text=True) as first:
        assert first.stdout is not None and first.stderr is not None
        line = first.stdout.readline()
        assert line, first.stderr.read()
        time.sleep(0.2)
        first.send_signal(signal.SIGKILL)
        assert first.stdout.read() == "" and first.wait() == -signal.SIGKILL
    emulator.advance(1001)
    second = subprocess.run(
        [sys.executable, "-c", SECOND, provider, line, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 0, second.stderr
    assert Path(second.stdout.strip()).read_bytes()[4:8] == b"ftyp"
    assert json.loads(line)["id"] == emulator.submissions[0].task_id and len(emulator.submissions) == 1


def test_a_cancelled_task_cancels_the_job(emulator: Emulator) -> None:
    emulator.slow_tasks(1000)

    async def main() -> None:
        client = AsyncClient("qwen")
        task = asyncio.create_task(client.generate_video("a fox", poll_interval=0.05))
        await asyncio.to_thread(emulator.wait_for, lambda one: "/tasks/" in one.path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert emulator.jobs[0].cancelled_at is not None


def test_a_wait_that_should_not_cancel_does_not(emulator: Emulator) -> None:
    emulator.slow_tasks(1000)

    async def main() -> None:
        client = AsyncClient("qwen")
        job = await client.submit(MediaRequest("video", "a fox"))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.wait(job, poll_interval=0.05, cancel=False), 0.3)

    asyncio.run(main())
    assert emulator.jobs[0].cancelled_at is None


def test_an_interrupted_wait_cancels_the_job(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.slow_tasks(1000)
    client = Client("qwen")
    job = client.submit(MediaRequest("video", "a fox"))
    sleeps = iter([None, KeyboardInterrupt])

    def sleep(seconds: float) -> None:
        if next(sleeps) is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr("cncoding.client.sync.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        client.wait(job, poll_interval=0.05)
    assert emulator.jobs[0].cancelled_at is not None


FATES: list[tuple[str, dict[str, Any], str]] = [
    ("fail", {}, "JobFailedError"),
    ("moderate", {}, "JobFailedError"),
    ("never", {}, "JobDeadlineError"),
    ("weird_status", {"forever": True}, "JobDeadlineError"),
    ("slow_queue", {}, "JobDeadlineError"),
]


@pytest.mark.parametrize("provider", MAKERS)
@pytest.mark.parametrize(("fate", "options", "error"), FATES)
def test_bad_ends(emulator: Emulator, do: Do, provider: str, fate: str, options: dict[str, Any], error: str) -> None:
    emulator.task_fault(provider, fate, **options)
    with pytest.raises(CncodingError) as caught:
        do(provider, "generate_video", "a fox", poll_interval=0.03, timeout=0.4)
    assert type(caught.value).__name__ == error
    assert caught.value.job.id == emulator.submissions[0].task_id  # type: ignore[attr-defined]
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("provider", MAKERS)
def test_odd_words_in_between(emulator: Emulator, do: Do, provider: str) -> None:
    emulator.task_fault(provider, "weird_status", word="AUDITING")
    job = do(provider, "submit", MediaRequest("video", "a fox"))
    statuses = do(provider, "watch", job, poll_interval=0.01, timeout=20)
    assert statuses[-1].assets and len(emulator.submissions) == 1


@pytest.mark.parametrize("provider", MAKERS)
def test_a_job_that_the_vendor_forgot(emulator: Emulator, do: Do, provider: str) -> None:
    emulator.task_fault(provider, "expire")
    with pytest.raises(CncodingError) as caught:
        do(provider, "generate_video", "a fox", poll_interval=0.03, timeout=2)
    assert caught.value.job.id == emulator.submissions[0].task_id and len(emulator.submissions) == 1


def test_an_image_of_the_gateway_may_become_a_job(emulator: Emulator, do: Do) -> None:
    """Qwen and Wan images are only "usually" answered at once (the gateway's page)."""
    emulator.task_fault("unified", "as_task")
    done = do("unified", "generate_image", "a fox", model="wan2.7-image-pro", poll_interval=0.03)
    assert done.job.id and done[0].url and len(emulator.submissions) == 1


def test_a_video_of_the_gateway_may_be_a_file_id(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    """The page names no way to resolve it (hazard 6): it is told, not lost."""
    emulator.task_fault("unified", "file_id_only")
    done = do("unified", "generate_video", "a fox", model="MiniMax-Hailuo-2.3", poll_interval=0.03)
    assert done[0].file_id and done[0].url is None
    with pytest.raises(CncodingError, match="file id"):
        do("unified", "download", done, tmp_path)


def test_some_of_several_images(emulator: Emulator, do: Do) -> None:
    emulator.task_fault("minimax", "partial")
    assert len(do("minimax", "generate_image", "a fox", n=3)) == 2
