"""GLM web search and reader on the general base.

Source: docs.bigmodel.cn OpenAPI document.
"""

from __future__ import annotations

import time

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .. import ids, library
from ..endpoints import Evidence
from ..errors import Refused, refuse
from ..persona import fields
from ..personas.glm import PERSONA
from .checks import Form
from .endpoint import MediaEndpoint, MediaRequest, use_chat_access

BASE = "/api/paas/v4"
OPENAPI = Evidence("documented", "docs.bigmodel.cn OpenAPI document", "2026-07-11")
ACCESS = use_chat_access(PERSONA, "api")
ENGINES = ("search_std", "search_pro", "search_pro_sogou", "search_pro_quark")
RECENT = ("oneDay", "oneWeek", "oneMonth", "oneYear", "noLimit")


def _missing(name: str) -> Refused:
    return refuse("missing_field", name)


def _wrong(name: str, why: str) -> Refused:
    return refuse("bad_parameter", f"{name}: {why}")


async def search(call: MediaRequest) -> ASGIApp:
    """Search the library."""
    data = Form(call.data, _missing, _wrong)
    query = data.text("search_query", 70, required=True)
    if "search_engine" not in call.data:
        raise _missing("search_engine")
    engine = data.one_of("search_engine", ENGINES)
    if "search_intent" not in call.data:
        raise _missing("search_intent")
    intent = data.flag("search_intent")
    count = data.number("count", 1, 50, 10, whole=True)
    if engine == "search_pro_sogou" and count % 10:
        raise _wrong("count", "must be one of 10, 20, 30, 40, 50")
    data.text("search_domain_filter")
    data.one_of("search_recency_filter", RECENT)
    data.one_of("content_size", ("medium", "high"))
    rows = [
        {
            "title": page.title,
            "content": page.snippet,
            "link": page.url,
            "media": page.site,
            "icon": "https://example.com/icon.png",
            "refer": f"ref_{i + 1}",
            "publish_date": page.date,
        }
        for i, page in enumerate(library.find(query, count))
    ]
    meant = {"query": query, "intent": "SEARCH_ALL" if intent else "SEARCH_ALWAYS", "keywords": query}
    request_id = ids.token_hex(16)
    head = {"id": request_id, "created": int(time.time()), "request_id": request_id}
    return JSONResponse({**head, "search_intent": [meant], "search_result": rows})


async def reader(call: MediaRequest) -> ASGIApp:
    """Read a page of the library."""
    data = Form(call.data, _missing, _wrong)
    url = data.text("url", required=True)
    if not url.startswith(("http://", "https://")):
        raise _wrong("url", "must be a url")
    data.one_of("return_format", ("markdown", "text"))
    data.number("timeout", 0, 3600, 20)
    title, text = library.read(url)
    result = {"content": text, "description": title, "title": title, "url": url, "external": {}, "metadata": {}}
    request_id = ids.token_hex(16)
    head = {"id": request_id, "created": int(time.time()), "request_id": request_id, "model": "reader"}
    return JSONResponse({**head, "reader_result": result})


SEARCH_FIELDS = fields(
    "search_query search_engine search_intent count search_domain_filter search_recency_filter content_size "
    "request_id user_id"
)
READER_FIELDS = fields(
    "url timeout no_cache return_format retain_images no_gfm keep_img_data_url with_images_summary "
    "with_links_summary request_id user_id"
)
COUNTERS = (
    MediaEndpoint("POST", f"{BASE}/web_search", search, ACCESS, OPENAPI, SEARCH_FIELDS),
    MediaEndpoint("POST", f"{BASE}/reader", reader, ACCESS, OPENAPI, READER_FIELDS),
)
