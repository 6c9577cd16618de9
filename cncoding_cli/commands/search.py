"""`cncoding search`: search the web with a vendor's search."""

from __future__ import annotations

from typing import Annotated

import typer

from cncoding import Client, SearchHit
from cncoding_cli import memory, show, terminal
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, ProviderOption, Words, choose_provider, read_prompt
from cncoding_cli.progress import Progress


def search(
    words: Words = None,
    provider: ProviderOption = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="How many pages.")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Search the web with the vendor's search."""
    provider, rest = choose_provider(words, provider)
    with Client(provider, endpoint=endpoint, base_url=base_url) as client:
        query = read_prompt(rest, "query")
        with Progress("searching"):
            found = client.web_search(query, count=count)
    memory.remember_provider(provider)
    if as_json:
        show.data({"query": found.query, "hits": [_as_object(hit) for hit in found.hits], "related": found.related})
    elif terminal.is_watched():
        for number, hit in enumerate(found.hits, 1):
            _print_hit(number, hit)
    else:
        show.table(("title", "url", "snippet"), [(hit.title, hit.url, hit.snippet) for hit in found.hits])


def _as_object(hit: SearchHit) -> dict[str, str | None]:
    return {
        "title": hit.title, "url": hit.url, "snippet": hit.snippet, "site": hit.site, "date": hit.date,
        "content": hit.content,
    }  # fmt: skip


def _print_hit(number: int, hit: SearchHit) -> None:
    show.line(f"{number}. {hit.title}")
    show.line(f"   {hit.url}" + (f"  {hit.date}" if hit.date else ""))
    if hit.snippet:
        show.line(f"   {hit.snippet}")
