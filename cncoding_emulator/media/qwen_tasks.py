"""DashScope jobs: submit with the asynchronous header, query, list, cancel.

Source: help.aliyun.com and the dashscope SDK.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..endpoints import Evidence
from ..errors import BEIJING, refuse
from ..wires import Json
from .endpoint import MediaEndpoint, MediaRequest, linger
from .qwen_access import ACCESS, request_id, wrong
from .tasks import Order, Phase, Task

TASKS = Evidence("documented", "help.aliyun.com; dashscope SDK", "2026-10-01")
LIST = Evidence("documented", "help.aliyun.com manage-asynchronous-tasks; dashscope SDK 2.0.2", "2026-10-12")
DAY = 86400.0
WORDS: dict[Phase, str] = {
    "preparing": "PENDING",
    "queueing": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "CANCELED",
    "expired": "UNKNOWN",
}
Results = Callable[[MediaRequest, Task], Json]


def moment(call: MediaRequest, seconds: float) -> datetime:
    """Return when a virtual moment is."""
    return datetime.now(BEIJING) + timedelta(seconds=seconds - call.media.now)


def stamp(call: MediaRequest, seconds: float) -> str:
    """Write a virtual moment the way the vendor does."""
    return moment(call, seconds).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def take(call: MediaRequest, order: Order, results: Results) -> ASGIApp:
    """Accept a job; ``results`` makes output and usage once it is done."""
    order.spec["results"] = results
    task = call.media.accept(order, request_id)
    return JSONResponse({"output": {"task_status": "PENDING", "task_id": task.id}, "request_id": request_id()})


def failure(task: Task) -> Json:
    """Return why a job failed."""
    if task.fault.kind == "moderate":
        return {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
    return {"code": "InternalError.Algo", "message": "An internal error has occured, please try again later."}


def report(call: MediaRequest, task: Task) -> Json:
    """Return the body of a query."""
    phase = task.phase(call.media.now)
    output: Json = {"task_id": task.id, "task_status": WORDS.get(phase, task.weird)}
    if phase == "expired":
        return {"request_id": request_id(), "output": output}
    output["submit_time"] = stamp(call, task.started)
    if phase not in ("preparing", "queueing", "cancelled"):
        output["scheduled_time"] = stamp(call, task.started + task.queued)
    body: Json = {"request_id": request_id(), "output": output}
    if phase == "cancelled":
        output["end_time"] = stamp(call, task.cancelled_at or task.started)
    if phase == "failed":
        output |= {"end_time": stamp(call, task.finished), **failure(task)}
        output["task_metrics"] = {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 1}
    if phase == "succeeded":
        output["end_time"] = stamp(call, task.finished)
        if "made" not in task.notes:
            task.notes["made"] = task.order.spec["results"](call, task)
        made = task.notes["made"]
        output |= made["output"]
        body["usage"] = made["usage"]
    return body


async def query(call: MediaRequest) -> ASGIApp:
    """Answer a query; unknown and old ids are ``UNKNOWN`` in HTTP 200."""
    wanted = call.path["task_id"]
    await linger(call, "qwen", wanted)
    task = call.media.find("qwen", wanted, DAY)
    if task is None:
        return JSONResponse({"request_id": request_id(), "output": {"task_id": wanted, "task_status": "UNKNOWN"}})
    return JSONResponse(report(call, task))


async def cancel(call: MediaRequest) -> ASGIApp:
    """Cancel a waiting job."""
    task = call.media.find("qwen", call.path["task_id"], DAY)
    if task is None or task.phase(call.media.now) not in ("preparing", "queueing"):
        raise refuse("conflict")
    task.cancelled_at = call.media.now
    return JSONResponse({"request_id": request_id()})


async def listing(call: MediaRequest) -> ASGIApp:
    """List the jobs of the account that the filters let through, newest first."""
    since, until = _window(call)
    wanted = {name: str(call.data[name]) for name in ("task_id", "model_name", "status") if call.data.get(name)}
    rows: list[Json] = []
    for (provider, _), task in reversed(call.media.tasks.items()):
        if provider != "qwen" or "results" not in task.order.spec:
            continue
        row = _row(call, task)
        created = row["gmt_create"] / 1000
        if since <= created <= until and all(row[name] == value for name, value in wanted.items()):
            rows.append(row)
    number, size = _page(call.data.get("page_no"), 1), _page(call.data.get("page_size"), 10)
    page = rows[(number - 1) * size : number * size]
    return JSONResponse(
        {
            "request_id": request_id(),
            "data": page,
            "page_no": number,
            "page_size": size,
            "total": len(rows),
            "total_page": -(-len(rows) // size),
        }
    )


def _row(call: MediaRequest, task: Task) -> Json:
    """Return how the list shows a job: no prompt and no result, times in milliseconds."""
    phase = task.phase(call.media.now)
    row: Json = {
        "api_key_id": "1",
        "caller_parent_id": "1",
        "caller_uid": "1",
        "gmt_create": _milliseconds(call, task.started),
        "model_name": task.order.model,
        "region": "cn-beijing",
        "request_id": task.id,
        "status": WORDS.get(phase, task.weird),
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:aigc:{task.order.kind}:{task.order.model}",
    }
    if phase not in ("preparing", "queueing", "cancelled"):
        row["start_time"] = _milliseconds(call, task.started + task.queued)
    if phase in ("succeeded", "failed"):
        row["end_time"] = _milliseconds(call, task.finished)
    return row


def _milliseconds(call: MediaRequest, seconds: float) -> int:
    return int(moment(call, seconds).timestamp() * 1000)


def _window(call: MediaRequest) -> tuple[float, float]:
    """Return the seconds between which jobs are listed: a day at most, the last one if nothing is said.

    The page names no time zone; that of Beijing, in which the vendor writes its other times, is inferred.
    """
    start, end = _read_moment(call, "start_time"), _read_moment(call, "end_time")
    if end is None:
        end = datetime.now(BEIJING).timestamp() if start is None else start + DAY
    if start is None:
        start = end - DAY
    if not 0 <= end - start <= DAY:
        raise wrong("start_time", "and end_time must be within 24 hours")
    return start, end


def _read_moment(call: MediaRequest, name: str) -> float | None:
    given = call.data.get(name)
    if not given:
        return None
    try:
        return datetime.strptime(str(given), "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).timestamp()
    except ValueError:
        raise wrong(name, "must be YYYYMMDDhhmmss") from None


def _page(value: Any, default: int) -> int:
    return max(1, int(value)) if str(value or "").isdigit() else default


COUNTERS = (
    MediaEndpoint("GET", "/api/v1/tasks/{task_id}", query, ACCESS, TASKS),
    MediaEndpoint("POST", "/api/v1/tasks/{task_id}/cancel", cancel, ACCESS, TASKS),
    MediaEndpoint("GET", "/api/v1/tasks/", listing, ACCESS, LIST),
    MediaEndpoint("GET", "/api/v1/tasks", listing, ACCESS, LIST),  # as the SDK writes it
)
