"""Status words, patience, deadlines and cancelling, as the steps that flows ask for."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import (
    Asset,
    Cancelled,
    ConfigError,
    Done,
    Failed,
    JobCancelledError,
    JobDeadlineError,
    JobFailedError,
    MediaJob,
    PermissionDeniedError,
    Queued,
    Running,
    ServerError,
)
from cncoding.media.jobs import cancel, status
from cncoding.media.polling import PATIENCE, Patience, wait
from tests.media.steps import LOST, World, reply, setup

FILM = "https://media.example.com/a.mp4"
ROUTES = {
    "glm": ("glm-video", "cogvideox-3"),
    "minimax": ("minimax-video-v1", "MiniMax-Hailuo-2.3"),
    "minimax2": ("minimax-video-v2", "MiniMax-H3"),
    "qwen": ("qwen-video", "wan2.7-t2v"),
    "unified": ("unified-video", "cogvideox-3"),
}


def job(name: str = "qwen") -> MediaJob:
    route, model = ROUTES[name]
    return MediaJob(name.rstrip("2"), "coding", "video", model, "t-1", route)


def asked(name: str, *bodies: Any) -> Any:
    return World([reply(body) for body in bodies]).run(status(job(name), setup(name.rstrip("2"))))


WORDS: list[tuple[str, dict[str, Any], type, str | None]] = [
    ("glm", {"task_status": "PROCESSING"}, Running, "PROCESSING"),
    ("glm", {"task_status": "SUCCESS", "video_result": [{"url": FILM, "cover_image_url": "c"}]}, Done, "SUCCESS"),
    ("glm", {"task_status": "FAIL"}, Failed, "FAIL"),
    ("glm", {"task_status": "FAIL", "error": {"code": "1301", "message": "敏感"}}, Failed, "FAIL"),
    ("minimax", {"status": "Preparing", "base_resp": {"status_code": 0}}, Queued, "Preparing"),
    ("minimax", {"status": "Queueing", "base_resp": {"status_code": 0}}, Queued, "Queueing"),
    ("minimax", {"status": "Processing", "base_resp": {"status_code": 0}}, Running, "Processing"),
    ("minimax", {"status": "Fail", "base_resp": {"status_code": 1027, "status_msg": "output"}}, Failed, "Fail"),
    ("minimax", {"status": "Failed", "base_resp": {"status_code": 0}}, Failed, "Failed"),
    ("minimax", {"status": "Unknown", "base_resp": {"status_code": 0}}, Failed, "Unknown"),
    ("minimax2", {"task": {"id": "t", "status": "queued"}}, Queued, "queued"),
    ("minimax2", {"task": {"id": "t", "status": "running"}}, Running, "running"),
    ("minimax2", {"task": {"id": "t", "status": "succeeded", "content": {"url": FILM}}}, Done, "succeeded"),
    ("minimax2", {"task": {"status": "failed", "error": {"code": "1026", "message": "m"}}}, Failed, "failed"),
    ("minimax2", {"task": {"status": "cancelled"}}, Cancelled, "cancelled"),
    ("minimax2", {"task": {"status": "expired"}}, Failed, "expired"),
    ("qwen", {"output": {"task_status": "PENDING"}}, Queued, "PENDING"),
    ("qwen", {"output": {"task_status": "RUNNING"}}, Running, "RUNNING"),
    ("qwen", {"output": {"task_status": "SUSPENDED"}}, Running, "SUSPENDED"),
    ("qwen", {"output": {"task_status": "SUCCEEDED", "video_url": FILM}}, Done, "SUCCEEDED"),
    ("qwen", {"output": {"task_status": "FAILED", "code": "DataInspectionFailed", "message": "m"}}, Failed, "FAILED"),
    ("qwen", {"output": {"task_status": "CANCELED"}}, Cancelled, "CANCELED"),
    ("qwen", {"output": {"task_status": "UNKNOWN"}}, Failed, "UNKNOWN"),
    ("qwen", {"output": {"task_status": "审核中"}}, Running, "审核中"),
    ("unified", {"output": {"task_status": "SUCCEEDED", "video_url": FILM}}, Done, "SUCCEEDED"),
    ("unified", {"task_status": "SUCCESS", "video_result": [{"url": FILM}]}, Done, "SUCCESS"),
    ("unified", {"status": "Success", "file_id": "205258526306433"}, Done, "Success"),
    ("unified", {"status": "succeeded", "content": {"video_url": FILM}}, Done, "succeeded"),
    ("unified", {"status": "SUBMITTED"}, Queued, "SUBMITTED"),
    ("unified", {"status": "IN_PROGRESS"}, Running, "IN_PROGRESS"),
    ("unified", {"status": "COMPLETED", "video_url": FILM}, Done, "COMPLETED"),
    ("unified", {"video_url": FILM}, Done, None),
    ("unified", {"request_id": "r"}, Running, None),
]


@pytest.mark.parametrize(("name", "body", "kind", "native"), WORDS)
def test_words(name: str, body: dict[str, Any], kind: type, native: str | None) -> None:
    found = asked(name, body)
    assert type(found) is kind and found.native == native


def test_a_failure_keeps_the_vendors_code_and_text() -> None:
    assert asked("glm", {"task_status": "FAIL", "error": {"code": "1301", "message": "敏感"}}) == Failed(
        "1301", "敏感", "FAIL"
    )
    body = {"status": "Fail", "base_resp": {"status_code": 1027, "status_msg": "output new_sensitive"}}
    assert asked("minimax", body) == Failed("1027", "output new_sensitive", "Fail")
    body = {"output": {"task_status": "FAILED", "code": "InternalError.Algo", "message": "m"}}
    assert asked("qwen", body) == Failed("InternalError.Algo", "m", "FAILED")
    body = {"task": {"status": "failed", "error": {"code": "1026", "message": "m"}}}
    assert asked("minimax2", body) == Failed("1026", "m", "failed")


def test_a_failed_question_is_no_failed_job() -> None:
    with pytest.raises(Exception, match="1004"):
        asked("minimax", {"base_resp": {"status_code": 1004, "status_msg": "login fail"}})


def test_minimax_fetches_the_file() -> None:
    world = World([
        reply({"status": "Success", "file_id": "f/9", "video_width": 1366, "video_height": 768}),
        reply({"file": {"file_id": "f/9", "download_url": FILM, "bytes": 5}}),
    ])  # fmt: skip
    found = world.run(status(job("minimax"), setup("minimax")))
    assert [sent.url for sent in world.sent] == [
        "https://api.minimax.cn/v1/query/video_generation?task_id=t-1",
        "https://api.minimax.cn/v1/files/retrieve?file_id=f%2F9",
    ]
    asset = found.assets[0]
    assert (asset.url, asset.width, asset.expires_at) == (FILM, 1366, 1000.0 + 3600)


def test_partial_results_are_kept() -> None:
    body = {
        "output": {"task_status": "SUCCEEDED", "results": [{"url": "https://a/b.png"}, {"code": "X", "message": "m"}]}
    }
    found = World([reply(body)]).run(
        status(MediaJob("qwen", "api", "image", "qwen-image", "t", "qwen-image-task"), setup("qwen"))
    )
    assert [asset.url for asset in found.assets] == ["https://a/b.png"]


# ---------------------------------------------------------------- patience

RUNNING = reply({"output": {"task_status": "RUNNING"}})
PENDING = reply({"output": {"task_status": "PENDING"}})
READY = reply({"output": {"task_status": "SUCCEEDED", "video_url": FILM}})


def waited(*replies: Any, **patience: Any) -> tuple[Any, World]:
    world = World(replies)
    return world.run(wait(job(), setup("qwen"), Patience(**patience))), world


def test_back_off() -> None:
    done, world = waited(PENDING, *[RUNNING] * 12, READY)
    assert isinstance(done, Done) and done.assets[0] == Asset(
        "video", url=FILM, provider="qwen", model="wan2.7-t2v", expires_at=world.now + 86400
    )
    assert world.slept == sorted(world.slept) and world.slept[0] == 1.0 and world.slept[-1] == 15.0
    assert world.slept[1] == pytest.approx(4 / 3)


def test_an_interval_of_the_callers_stays() -> None:
    _, world = waited(PENDING, *[RUNNING] * 5, READY, interval=0.5)
    assert set(world.slept) == {0.5}


def test_unknown_words_go_on_to_the_deadline() -> None:
    odd = reply({"output": {"task_status": "POSTPROCESSING"}})
    world = World([odd])
    with pytest.raises(JobDeadlineError, match="not done after 60 s; it may still finish") as caught:
        world.run(wait(job(), setup("qwen"), Patience(timeout=60)))
    assert sum(world.slept) == pytest.approx(60) and caught.value.job == job()
    assert MediaJob.from_json(caught.value.job.to_json()) == job()


def test_a_question_that_fails_is_asked_again() -> None:
    done, world = waited(RUNNING, LOST, reply({"message": "busy"}, 503), reply({"message": "busy"}, 500), READY)
    assert isinstance(done, Done) and len(world.sent) == 5


def test_retry_after_is_honoured() -> None:
    busy = reply({"code": "Throttling.RateQuota", "message": "m"}, 429, **{"retry-after": "7"})
    _, world = waited(RUNNING, busy, READY)
    assert any(7.0 <= pause < 10 for pause in world.slept)


def test_a_vendor_that_never_answers_is_given_up() -> None:
    world = World([reply({"message": "down"}, 500)])
    with pytest.raises(ServerError):
        world.run(wait(job(), setup("qwen"), Patience(timeout=100_000)))
    assert len(world.sent) <= 5 * PATIENCE


def test_a_wrong_key_is_told_at_once() -> None:
    world = World([reply({"code": "AccessDenied", "message": "m"}, 403)])
    with pytest.raises(PermissionDeniedError):
        world.run(wait(job(), setup("qwen"), Patience()))
    assert len(world.sent) == 1


def test_failed_and_cancelled_jobs_raise_with_the_job() -> None:
    failed = reply({"output": {"task_status": "FAILED", "code": "DataInspectionFailed", "message": "不合规"}})
    with pytest.raises(JobFailedError, match=r"不合规 \[DataInspectionFailed\]") as caught:
        waited(failed)
    assert caught.value.code == "DataInspectionFailed" and caught.value.job == job() and not caught.value.retryable
    with pytest.raises(JobCancelledError):
        waited(reply({"output": {"task_status": "CANCELED"}}))


@pytest.mark.parametrize("patience", [{"interval": 0}, {"timeout": -1}])
def test_impossible_patience(patience: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="seconds above 0"):
        waited(READY, **patience)


# ---------------------------------------------------------------- cancelling


def test_cancel_asks_first() -> None:
    world = World([PENDING, reply({"request_id": "r"})])
    assert isinstance(world.run(cancel(job(), setup("qwen"))), Cancelled)
    assert [(sent.method, sent.url.partition("/api/v1")[2]) for sent in world.sent] == [
        ("GET", "/tasks/t-1"), ("POST", "/tasks/t-1/cancel"),
    ]  # fmt: skip


def test_a_finished_job_is_not_deleted() -> None:
    """At MiniMax the same request deletes a job that has succeeded."""
    world = World([reply({"task": {"status": "succeeded", "content": {"url": FILM}}})])
    assert isinstance(world.run(cancel(job("minimax2"), setup("minimax"))), Done)
    assert [sent.method for sent in world.sent] == ["GET"]


def test_where_nothing_can_be_cancelled() -> None:
    with pytest.raises(ConfigError, match="no way to cancel"):
        World([]).run(cancel(job("glm"), setup("glm")))


# ---------------------------------------------------------------- the job itself


@pytest.mark.parametrize(
    "bad", ["", "{", "[]", "{}", '{"provider": 1}', {"kind": "image"}, {"assets": [1]}, "a:b", "glm-video:"]
)
def test_what_is_no_job(bad: Any) -> None:
    from cncoding import Client

    with pytest.raises(ConfigError, match=r"job.*not a (media )?job"):
        Client("glm", api_key="a.b").job(bad)


def test_a_result_that_came_at_once_goes_through_json() -> None:
    asset = Asset("audio", data=b"\x00\xff" * 9, media_type="audio/pcm", metadata={"a": 1})
    made = MediaJob("glm", "coding", "speech", "glm-tts", "", "glm-speech", 1.0, assets=(asset,), usage={"n": 1})
    assert MediaJob.from_json(made.to_json()) == MediaJob.from_json(__import__("json").dumps(made.to_json()))
    again = MediaJob.from_json(made.to_json())
    assert again.assets is not None and again.assets[0].data == asset.data and again.usage == {"n": 1}
    assert isinstance(World([]).run(status(again, setup("glm"))), Done)


def test_a_changed_job_leads_nowhere_else() -> None:
    evil = MediaJob("qwen", "api", "video", "m", "evil?x=#/1", "qwen-video", extra={"query_path": "https://evil"})
    world = World([RUNNING])
    world.run(status(evil, setup("qwen")))
    assert world.sent[0].url.endswith("/api/v1/tasks/evil%3Fx%3D%23%2F1")
    evil = MediaJob("unified", "api", "video", "m", "t", "unified-video", extra={"query_path": "@evil.example/{id}"})
    world = World([RUNNING])
    world.run(status(evil, setup("unified")))
    assert world.sent[0].url.startswith("http://127.0.0.1:9/v1/")


@pytest.mark.parametrize(
    "number", [".", "..", "...", "../x", "x/../y", "%2e%2e/x", "..\\x", "/x", "a\nb", "\0", "\udcff", "9" * 2000]
)
def test_a_number_that_is_none_leads_to_no_other_path(number: str) -> None:
    world = World([RUNNING])
    with pytest.raises(ConfigError, match="is no number of a job"):
        world.run(status(MediaJob("qwen", "api", "video", "m", number, "qwen-video"), setup("qwen")))
    assert not world.sent


def test_the_text_of_a_job_names_no_path() -> None:
    from cncoding import Client

    text = MediaJob(
        "unified", "api", "video", "m", "t", "unified-video", extra={"query_path": "keys?admin=1"}
    ).to_json()
    assert (
        Client("unified", api_key="test-key", base_url="http://127.0.0.1:9/v1")
        .job(__import__("json").dumps(text))
        .extra
        == {}
    )
