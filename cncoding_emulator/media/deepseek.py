"""DeepSeek's search and fetch, for agents that bring their own model.

Source: docs.apiyi.com, deepseek-search-fetch (2026-10-21); docs.litellm.ai (2026-10-19).
"""

from __future__ import annotations

import ipaddress
import re

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from .. import library
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..personas.deepseek import PERSONA
from ..state import State
from .checks import Form
from .endpoint import Access, MediaEndpoint, MediaRequest, use_chat_access

DOCS = Evidence("documented", "docs.apiyi.com, deepseek-search-fetch; docs.litellm.ai", "2026-10-21")
ACCESS = use_chat_access(PERSONA, "api")


def _wrong(name: str, why: str = "is required") -> Refused:
    return refuse("bad_parameter", f"{name} {why}", status=400)


async def search(call: MediaRequest) -> ASGIApp:
    """Search the web."""
    data = Form(call.data, _wrong, _wrong)
    query = data.text("query", 128, required=True)
    if not query.strip():
        raise _wrong("query", "must not be blank")
    count = data.number("count", 1, 50, 10, whole=True)
    content = data.flag("need_content")
    data.text("ori_question", 128)
    place = data.text("localization")
    if place:
        try:
            ipaddress.ip_address(place)
        except ValueError:
            raise _wrong("localization", "must be an IP address") from None
    rows = [
        {
            "title": page.title,
            "url": page.url,
            "snippet": page.snippet,
            "summary": f"{page.snippet} {page.content}".strip(),
            "content": page.content if content else "",
            "rerank_score": round(max(0.0, 2.9 - 0.1 * place_in_list), 2),
            "authority": 3,
            "date": f"{page.date}T08:00:00Z",
            "site_name": page.site,
            "site_icon": "",
        }
        for place_in_list, page in enumerate(library.find(query, count))
    ]
    return JSONResponse({"results": rows})


async def fetch(call: MediaRequest) -> ASGIApp:
    """Read a page as Markdown."""
    url = Form(call.data, _wrong, _wrong).text("url", 8192, required=True)
    if not re.match(r"https?://[^/\s@]+(/|$)", url):
        raise _wrong("url", "must be http or https with a host and without a name or password")
    title, text = library.read(url)
    return JSONResponse({"title": title, "content": text})


COUNTERS = (
    MediaEndpoint(
        "POST", "/v1/tools/search", search, ACCESS, DOCS, fields("query count need_content ori_question localization")
    ),
    MediaEndpoint("POST", "/v1/tools/fetch", fetch, ACCESS, DOCS, fields("url")),
)
OTHERS = tuple(c.other for c in COUNTERS)


def access_for(path: str) -> Access | None:
    """Return None: these routes refuse as chat does."""
    return None


def routes(state: State) -> list[Route]:
    """Return the routes."""
    return [c.route(state) for c in COUNTERS]
