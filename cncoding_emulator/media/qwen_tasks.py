"""DashScope jobs: submit with the asynchronous header, query, list, cancel.

Source: vendor page of 2026-11-20, 6.1, over [task-doc], [sdk].
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ..persona import Evidence
from ..reply import Json
from ..trouble import BEIJING, refuse
from .desk import Counter, Visit, linger
from .qwen_voice import VOICE, request_id
from .tasks import Order, Phase, Task

TASKS = Evidence("documented", "[task-doc]; [sdk]", "2026-10-01")
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
Results = Callable[[Visit, Task], Json]


def stamp(visit: Visit, seconds: float) -> str:
    """Write a virtual moment the way the vendor does."""
    at = datetime.now(BEIJING) + timedelta(seconds=seconds - visit.studio.now)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def take(visit: Visit, order: Order, results: Results) -> ASGIApp:
    """Accept a job; ``results`` makes output and usage once it is done."""
    order.spec["results"] = results
    task = visit.studio.accept(order, request_id)
    return JSONResponse({"output": {"task_status": "PENDING", "task_id": task.id}, "request_id": request_id()})


def failure(task: Task) -> Json:
    """Return why a job failed."""
    if task.fate.kind == "moderate":
        return {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
    return {"code": "InternalError.Algo", "message": "An internal error has occured, please try again later."}


def report(visit: Visit, task: Task) -> Json:
    """Return the body of a query."""
    phase = task.phase(visit.studio.now)
    output: Json = {"task_id": task.id, "task_status": WORDS.get(phase, task.weird)}
    if phase == "expired":
        return {"request_id": request_id(), "output": output}
    output["submit_time"] = stamp(visit, task.started)
    if phase not in ("preparing", "queueing", "cancelled"):
        output["scheduled_time"] = stamp(visit, task.started + task.queued)
    body: Json = {"request_id": request_id(), "output": output}
    if phase == "cancelled":
        output["end_time"] = stamp(visit, task.cancelled_at or task.started)
    if phase == "failed":
        output |= {"end_time": stamp(visit, task.finished), **failure(task)}
        output["task_metrics"] = {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 1}
    if phase == "succeeded":
        output["end_time"] = stamp(visit, task.finished)
        if "made" not in task.notes:
            task.notes["made"] = task.order.spec["results"](visit, task)
        made = task.notes["made"]
        output |= made["output"]
        body["usage"] = made["usage"]
    return body


async def query(visit: Visit) -> ASGIApp:
    """Answer a query; unknown and old ids are ``UNKNOWN`` in HTTP 200."""
    wanted = visit.path["task_id"]
    await linger(visit, "qwen", wanted)
    task = visit.studio.find("qwen", wanted, DAY)
    if task is None:
        return JSONResponse({"request_id": request_id(), "output": {"task_id": wanted, "task_status": "UNKNOWN"}})
    return JSONResponse(report(visit, task))


async def cancel(visit: Visit) -> ASGIApp:
    """Cancel a waiting job."""
    task = visit.studio.find("qwen", visit.path["task_id"], DAY)
    if task is None or task.phase(visit.studio.now) not in ("preparing", "queueing"):
        raise refuse("conflict")
    task.cancelled_at = visit.studio.now
    return JSONResponse({"request_id": request_id()})


async def listing(visit: Visit) -> ASGIApp:
    """List the jobs, newest first."""
    rows: list[Json] = []
    for (provider, _), task in reversed(visit.studio.tasks.items()):
        if provider != "qwen" or "results" not in task.order.spec:
            continue
        status = WORDS.get(task.phase(visit.studio.now), task.weird)
        if visit.data.get("status") in (None, "", status):
            row: Json = {"task_id": task.id, "status": status, "model_name": task.order.model}
            rows.append({**row, "api_key_id": "1", "region": "cn-beijing", "request_id": task.id})
    number, size = _page(visit.data.get("page_no"), 1), _page(visit.data.get("page_size"), 10)
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


def _page(value: Any, default: int) -> int:
    return max(1, int(value)) if str(value or "").isdigit() else default


COUNTERS = (
    Counter("GET", "/api/v1/tasks/{task_id}", query, VOICE, TASKS),
    Counter("POST", "/api/v1/tasks/{task_id}/cancel", cancel, VOICE, TASKS),
    Counter("GET", "/api/v1/tasks/", listing, VOICE, TASKS),
)
