"""Jobs of DashScope: how they are named, asked for and cancelled. Source: help.aliyun.com, asynchronous tasks."""

from __future__ import annotations

from typing import Any

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.steps import Reply
from cncoding.media.job_ids import quote_id
from cncoding.media.rates import Rate
from cncoding.media.replies import dig, first_text, status
from cncoding.media.routes import Draft, JobList, ListedJob, Place, Submitted
from cncoding.media.values import MediaJob, MediaRequest, MediaStatus
from cncoding.types import JsonObject

PLANS = {"coding": "api", "coding-global": "api-global"}
"""A Coding Plan covers chat only; media are paid with a general key."""
DAY = 86400.0
"""Seconds that links and jobs live."""
ASYNC = {"X-DashScope-Async": "enable"}
"""Header without which a job is refused."""
GENERATION = "/services/aigc/multimodal-generation/generation"


def base(target: Place) -> str:
    """Return the native base."""
    return f"{target.root}/api/v1"


def query(job: MediaJob) -> Draft:
    """Ask how a job stands."""
    return Draft(f"/tasks/{quote_id(job.id)}", method="GET")


def read_query(body: JsonObject, job: MediaJob) -> MediaStatus:
    """Read how a job stands."""
    return status(body, job.kind)


def cancel(job: MediaJob) -> Draft:
    """Cancel a job; only one that still waits (PENDING) is cancelled."""
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
    _list, _read_list, DAY,
    Source("documented", "help.aliyun.com/zh/model-studio/manage-asynchronous-tasks", "2026-10-12"), _read_prompt,
)  # fmt: skip


def read_task(reply: Reply, request: MediaRequest) -> Submitted:
    """Read the name of a job.

    Raises:
        ProtocolError: There is none.
    """
    body = read_json(reply)
    task = first_text(body, "output.task_id", "task_id")
    if task is None:
        raise ProtocolError("the reply names no task", payload=str(body))
    return Submitted(task)


RATE = Rate(
    None, 60.0,
    Source("documented", "help.aliyun.com/en/model-studio/rate-limit", "2026-10", "recovers within one minute"),
)  # fmt: skip
TASKS: dict[str, Any] = {"rate": RATE, "query": query, "read_query": read_query, "cancel": cancel, "lists": _LIST}
"""Of a route that may answer with a job."""
SLOW: dict[str, Any] = {"interval": 1.0, "longest_interval": 15.0, "expiry": DAY, "plans": PLANS, **TASKS}
"""Of a route that always does."""
