"""The list of MiniMax-H3 tasks, by which one whose answer was lost is found again."""

from __future__ import annotations

from cncoding.errors import ProtocolError
from cncoding.evidence import Source
from cncoding.media.routes import Draft, JobList, ListedJob
from cncoding.types import JsonObject


def _list(model: str, page: int) -> Draft:
    query = {"page_num": str(page), "page_size": "50", "filter.model": model, "filter.task_type": "generation"}
    return Draft("/v2/query/video_generation", method="GET", query=query)


def _read_list(body: JsonObject) -> tuple[tuple[ListedJob, ...], int]:
    """Read `items` and `total`: tasks of the last seven days, without their prompts."""
    rows = body.get("items")
    if not isinstance(rows, list):
        raise ProtocolError("the reply holds no list of tasks", payload=str(body))
    jobs = tuple(
        ListedJob(str(row["id"]), str(row["model"]), float(row["created_at"]))
        for row in rows
        if isinstance(row, dict) and row.get("id")
    )
    return jobs, -(-int(body.get("total") or 0) // 50)


LIST = JobList(
    _list, _read_list, 7 * 86400.0,
    Source("documented", "platform.minimax.io/docs/api-reference/video-generation-v2-list", "2026-09"),
)  # fmt: skip
