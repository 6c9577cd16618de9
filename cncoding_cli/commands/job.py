"""`cncoding job`: what was bought, how it stands, and its files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cncoding import Asset, Cancelled, Done, Failed, MediaStatus, Purchase
from cncoding.media.jobless import explain_jobless
from cncoding.media.journal import OPEN, FindPurchases
from cncoding.media.purchases import read_end
from cncoding_cli import show, terminal
from cncoding_cli.fetching import fetch_job
from cncoding_cli.handles import find, find_job, find_purchase, name_job, need_found, open_client, open_for
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, Force, Output
from cncoding_cli.progress import describe
from cncoding_cli.saving import find_place

job = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List media jobs, wait for them, cancel them, fetch their files."
)
Handle = Annotated[str, typer.Argument(metavar="JOB", help="The handle of `job list`, or the JSON of a job.")]


@job.command("list")
def list_jobs(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Finished ones too.")] = False,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Of this user's tools and programs, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the media jobs that this user began from the command line, newest first."""
    states = () if everything else tuple(OPEN)
    found = find(FindPurchases(states=states, scope="everywhere" if everywhere else "here"))
    if as_json:
        show.data([one.to_json() for one in found])
        return
    rows = [
        (one.handle, _describe_state(one), one.provider, one.model or "", _describe_time(one.created_at),
         " ".join(one.prompt.split())[:60])
        for one in found
        if everything or one.part_of is None
    ]  # fmt: skip
    if not rows and terminal.is_watched():
        show.note("no job was begun" if everything else "no job is open; --all lists finished ones too")
        return
    show.table(("job", "state", "provider", "model", "begun", "prompt"), rows)


@job.command("show")
def show_job(handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False) -> None:
    """Say how a job stands; its vendor is asked once, unless the job is over."""
    purchase, asked = find_job(handle, endpoint, base_url)
    status = None if purchase is None else read_end(purchase)
    if status is None and asked is not None and asked.id:
        with open_for(asked, endpoint, base_url) as client:
            status = client.status(asked)
            if purchase is not None and isinstance(status, (Failed, Cancelled)):
                client.check(purchase.handle)  # writes it down
    if status is None:
        assert purchase is not None
        state, word = str(purchase.state), _describe_purchase(purchase)
    else:
        state, word = type(status).__name__.lower(), _describe_status(status)
    assets = status.assets if isinstance(status, Done) else ()
    if as_json:
        show.data(
            {
                "handle": None if purchase is None else purchase.handle,
                "job": None if asked is None else replace(asked, assets=None).to_json(),
                "status": state,
                "detail": word,
                "assets": [one.to_json(with_data=False) for one in assets],
            }
        )
        return
    show.line(f"{name_job(purchase, asked)}: {word}")
    for asset in assets:
        _show_file(asset, purchase)


def _show_file(asset: Asset, purchase: Purchase | None) -> None:
    if asset.path is None:
        return
    show.line(asset.path)
    if purchase is not None and not Path(asset.path).exists():
        asks = f"`cncoding job download {purchase.handle}` asks the vendor for it"
        keeps = asset.url is not None or (purchase.job is not None and purchase.job.id)
        show.warning(asset.path, f"is not there any more; {asks if keeps else 'the vendor keeps no copy'}")


@job.command("wait")
def wait_for_job(
    handle: Handle,
    output: Output = None,
    force: Force = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Wait until a job is done, and save what it made. Ctrl-C leaves the job alone."""
    fetch_job(handle, find_place(output, force=force), endpoint, base_url, waits=True)


@job.command("download")
def download_job(
    handle: Handle,
    output: Output = None,
    force: Force = False,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Save what a finished job made."""
    fetch_job(handle, find_place(output, force=force), endpoint, base_url, waits=False)


@job.command("cancel")
def cancel_job(
    handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False
) -> None:
    """Cancel a job at the vendor, where it can be done."""
    purchase, asked = need_found(handle, endpoint, base_url)
    with open_for(asked, endpoint, base_url) as client:
        status = client.cancel_purchase(purchase.handle) if purchase is not None else client.cancel(asked)
    if as_json:
        show.data({"job": asked.to_json(), "status": type(status).__name__.lower()})
    else:
        show.line(f"{name_job(purchase, asked)}: {_describe_status(status)}")
        if isinstance(status, Done):
            show.note("it is done, and there is nothing to cancel")


@job.command("resolve")
def resolve_job(
    handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False
) -> None:
    """Look for a purchase of unknown outcome in the vendor's list of jobs (Qwen and MiniMax-H3 have one)."""
    purchase = find_purchase(handle, endpoint, base_url)
    with open_client(purchase.provider, endpoint or purchase.endpoint, base_url) as client:
        found = client.resolve_purchase(purchase.handle)
    _tell(found, found.note or f"is {found.state}")


@job.command("again")
def buy_again(handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False) -> None:
    """Allow a purchase of unknown outcome to be paid for again, when its call asks next."""
    purchase = find_purchase(handle, endpoint, base_url)
    with open_client(purchase.provider, endpoint or purchase.endpoint, base_url) as client:
        found = client.release_purchase(purchase.handle)
    _tell(found, "may be bought again: ask for the same once more")


def _tell(purchase: Purchase, text: str) -> None:
    if show.wants_json():
        show.data(purchase.to_json())
    else:
        show.line(f"{purchase.handle}: {text}")


def _describe_status(status: MediaStatus) -> str:
    return f"failed: {status.message}" if isinstance(status, Failed) else describe(status)


def _describe_purchase(one: Purchase) -> str:
    """Say how a purchase stands that has no job which could be asked for."""
    if one.pieces is not None:
        parts = find(FindPurchases(provider=one.provider, scope="everywhere"))
        told = ", ".join(f"{part.handle} {part.state}" for part in reversed(parts) if part.part_of == one.handle)
        return f"not whole yet ({told or 'nothing was made'}); ask for the same once more, and it goes on"
    if one.job is not None:
        return f"made and paid for, and not saved; `cncoding job download {one.handle}` saves it"
    return f"{one.state}; {explain_jobless(one)}"


def _describe_state(one: Purchase) -> str:
    return one.state if one.pieces is None else f"{one.state}, {one.pieces} pieces"


def _describe_time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}"
