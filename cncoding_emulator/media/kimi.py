"""Kimi search and fetch: the plan's own pair, and three tools of the platform.

Source: MoonshotAI/kimi-cli 1.52.0, MoonshotAI/kimi-code 2.1.0, platform.kimi.com docs.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import ids, library
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..personas.kimi import PERSONA
from ..state import State
from ..wires import Json
from .checks import Form
from .endpoint import Access, MediaEndpoint, MediaRequest, use_chat_access

PLAN = Evidence("documented", "MoonshotAI/kimi-cli 1.52.0; MoonshotAI/kimi-code 2.1.0; [relay note]", "2026-09-28")
PLATFORM = Evidence("documented", "platform.kimi.com docs", "2026-09-29")
ON_PLAN, ON_PLATFORM = use_chat_access(PERSONA, "coding"), use_chat_access(PERSONA, "api")
DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def _missing(name: str) -> Refused:
    return refuse("bad_parameter", f"{name} is required")


def _wrong(name: str, why: str) -> Refused:
    return refuse("bad_parameter", f"{name} {why}")


def _form(call: MediaRequest) -> Form:
    return Form(call.data, _missing, _wrong)


def _row(page: library.Page, content: bool) -> Json:
    return {
        "site_name": page.site,
        "title": page.title,
        "url": page.url,
        "snippet": page.snippet,
        "content": page.content if content else "",
        "date": page.date,
        "icon": "",
        "mime": "text/html",
    }


def _headers() -> dict[str, str]:
    return {"X-Msh-Track-Id": ids.token_hex(8), "X-Msh-Chat-Id": ids.token_hex(8)}


async def plan_search(call: MediaRequest) -> ASGIApp:
    """Search on the plan."""
    data = _form(call)
    query = data.text("text_query", required=True)
    count = data.number("limit", 1, 20, 5, whole=True)
    crawl = data.flag("enable_page_crawling")
    data.number("timeout_seconds", 1, 60, 30)
    return JSONResponse({"search_results": [_row(page, crawl) for page in library.find(query, count)]})


def _url(call: MediaRequest) -> str:
    url = _form(call).text("url", required=True)
    if not re.match(r"https?://[^/\s]+", url):
        raise _wrong("url", "must be http or https")
    return url


async def plan_fetch(call: MediaRequest) -> ASGIApp:
    """Read a page: Markdown when that is accepted, else JSON."""
    url = _url(call)
    title, text = library.read(url)
    if "text/markdown" in call.request.headers.get("accept", ""):
        return Response(text, media_type="text/markdown")
    return JSONResponse({"url": url, "title": title, "markdown": text})


async def refuse_absent(call: MediaRequest) -> ASGIApp:
    """Say that the platform's paths are not on the plan."""
    raise refuse("not_found", status=404)


def _results(data: Form) -> list[Json]:
    query = data.text("text_query", required=True)
    count = data.number("limit", 1, 20, 5, whole=True)
    data.number("timeout_seconds", 1, 60, 30)
    whole = data.flag("include_content")
    rows = []
    for page in library.find(query, count):
        row = {**_row(page, False), "authority": ""}
        del row["content"]
        rows.append({**row, **({"text": page.content} if whole else {})})
    return rows


async def search(call: MediaRequest) -> ASGIApp:
    """Search on the platform."""
    return JSONResponse({"search_results": _results(_form(call))}, headers=_headers())


async def search_pro(call: MediaRequest) -> ASGIApp:
    """Search on the platform within sites and dates."""
    data = _form(call)
    sites: list[Any] = data.array("sites", 5)
    if not all(isinstance(s, str) and s and not re.search(r"[\s()]", s) for s in sites):
        raise _wrong("sites", "must not hold spaces or parentheses")
    window = data.inner("time_window")
    for name in ("start", "end"):
        value = window.text(name)
        if value and not DAY.fullmatch(value):
            raise _wrong(f"time_window.{name}", "must be YYYY, YYYY-MM or YYYY-MM-DD")
    rows = _results(data)
    for i, row in enumerate(rows):
        row["chunks"] = [{"text": row["snippet"], "score": round(0.95 - 0.05 * i, 2)}]
        if sites:
            row["url"] = f"https://{sites[i % len(sites)]}/{row['url'].rpartition('/')[2]}"
    return JSONResponse({"search_results": rows}, headers=_headers())


async def fetch(call: MediaRequest) -> ASGIApp:
    """Read a page on the platform."""
    url = _url(call)
    title, text = library.read(url)
    return JSONResponse({"url": url, "title": title, "markdown": text}, headers=_headers())


PLAN_FIELDS = fields("text_query limit enable_page_crawling timeout_seconds")
FIELDS = fields("text_query limit timeout_seconds include_content")
PRO_FIELDS = FIELDS | fields("sites time_window")
COUNTERS = (
    MediaEndpoint("POST", "/coding/v1/search", plan_search, ON_PLAN, PLAN, PLAN_FIELDS),
    MediaEndpoint("POST", "/coding/v1/fetch", plan_fetch, ON_PLAN, PLAN, fields("url")),
    MediaEndpoint("POST", "/coding/v1/tools/fetch", refuse_absent, ON_PLAN, PLAN),
    MediaEndpoint("POST", "/v1/tools/search", search, ON_PLATFORM, PLATFORM, FIELDS),
    MediaEndpoint(
        "POST", "/v1/tools/search_pro", search_pro, ON_PLATFORM, PLATFORM, FIELDS | fields("sites time_window")
    ),
    MediaEndpoint("POST", "/v1/tools/fetch", fetch, ON_PLATFORM, PLATFORM, fields("url")),
)
OTHERS = tuple(c.other for c in COUNTERS)


def access_for(path: str) -> Access | None:
    """Return None: these routes refuse as chat does."""
    return None


def routes(state: State) -> list[Route]:
    """Return the routes."""
    return [c.route(state) for c in COUNTERS]
