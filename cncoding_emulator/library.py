"""What the search routes find and the fetch routes read: made up from the query, always the same."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urlsplit

SITES = (
    ("百科", "encyclopedia.example.com"),
    ("开发者社区", "dev.example.org"),
    ("官方文档", "docs.example.net"),
    ("新闻", "news.example.com"),
    ("问答", "answers.example.org"),
)


@dataclass(frozen=True)
class Page:
    """One page that was found."""

    title: str
    url: str
    site: str
    snippet: str
    content: str
    date: str


def find(query: str, count: int) -> list[Page]:
    """Return so many pages about a query, best first."""
    pages = []
    for i in range(count):
        site, host = SITES[i % len(SITES)]
        digest = sha256(f"{query}{i}".encode()).hexdigest()
        title = f"{query} - {site} {i + 1}"
        snippet = f"关于“{query}”的第 {i + 1} 条结果: what {site} says about {query} ({digest[:6]})."
        url = f"https://{host}/{quote(query[:40], safe='')}/{digest[:8]}"
        day = 1 + int(digest[8:10], 16) % 28
        pages.append(Page(title, url, site, snippet, f"# {title}\n\n{snippet}\n", f"2026-10-{day:02}"))
    return pages


def read(url: str) -> tuple[str, str]:
    """Return title and Markdown of the page behind a URL."""
    parts = urlsplit(url)
    title = f"Page {parts.path or '/'} on {parts.hostname}"
    return title, f"# {title}\n\nThis is the emulated text of {url}.\n\n- first point\n- second point\n"
