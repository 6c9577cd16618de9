"""`cncoding job`: what was bought, how it stands, and its files."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from cncoding import (
    Client,
    ConfigError,
    Done,
    JobDeadlineError,
    Made,
    MediaEvent,
    MediaJob,
    MediaPlace,
    MediaStatus,
    Purchase,
)
from cncoding.media.journal import OPEN, FindPurchases
from cncoding.media.purchases import need_job
from cncoding_cli import show, terminal
from cncoding_cli.failures import leave_alone
from cncoding_cli.keeping import open_journal
from cncoding_cli.making import finish
from cncoding_cli.options import AsJson, BaseUrl, EndpointName, Force, Output
from cncoding_cli.progress import describe
from cncoding_cli.saving import Place, find_place

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
    found = _find(FindPurchases(states=states, scope="everywhere" if everywhere else "here"))
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
    """Ask once how a job stands; one that is done is not asked about again."""
    purchase, asked = _read(handle)
    status: MediaStatus
    if purchase is not None and purchase.state == "done":
        status = Done(purchase.assets, usage=purchase.usage, raw=purchase.raw, job=asked)
    else:
        with _open(asked, endpoint, base_url) as client:
            status = client.status(asked)
    word = describe(status)
    if as_json:
        assets = [one.to_json(with_data=False) for one in status.assets] if isinstance(status, Done) else []
        show.data({"job": asked.to_json(), "status": type(status).__name__.lower(), "detail": word, "assets": assets})
    else:
        show.line(f"{asked.kind} {asked.id}: {word}")


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
    _fetch(handle, find_place(output, force=force), endpoint, base_url, waits=True)


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
    _fetch(handle, find_place(output, force=force), endpoint, base_url, waits=False)


@job.command("cancel")
def cancel_job(
    handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False
) -> None:
    """Cancel a job at the vendor, where it can be done."""
    purchase, asked = _read(handle)
    with _open(asked, endpoint, base_url) as client:
        status = client.cancel_purchase(purchase.handle) if purchase is not None else client.cancel(asked)
    if as_json:
        show.data({"job": asked.to_json(), "status": type(status).__name__.lower()})
    else:
        show.line(f"{asked.kind} {asked.id}: {describe(status)}")


@job.command("resolve")
def resolve_job(
    handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False
) -> None:
    """Look for a purchase of unknown outcome in the vendor's list of jobs (Qwen and MiniMax-H3 have one)."""
    purchase = _find_purchase(handle)
    with _open_client(purchase.provider, endpoint or purchase.endpoint, base_url) as client:
        found = client.resolve_purchase(purchase.handle)
    _tell(found, found.note or f"is {found.state}")


@job.command("again")
def buy_again(handle: Handle, endpoint: EndpointName = None, base_url: BaseUrl = None, as_json: AsJson = False) -> None:
    """Allow a purchase of unknown outcome to be paid for again, when its call asks next."""
    purchase = _find_purchase(handle)
    with _open_client(purchase.provider, endpoint or purchase.endpoint, base_url) as client:
        found = client.release_purchase(purchase.handle)
    _tell(found, "may be bought again: ask for the same once more")


def _tell(purchase: Purchase, text: str) -> None:
    if show.wants_json():
        show.data(purchase.to_json())
    else:
        show.line(f"{purchase.handle}: {text}")


def _find_purchase(handle: str) -> Purchase:
    found = _find(FindPurchases(handle=handle.strip(), scope="anywhere"))
    if not found:
        raise ConfigError(f"job={handle[:80]!r}: not in the journal; see `cncoding job list --all`, or give its JSON")
    return found[0]


def _find(step: FindPurchases) -> tuple[Purchase, ...]:
    found: tuple[Purchase, ...] = open_journal().perform(step)
    return found


def _read(handle: str) -> tuple[Purchase | None, MediaJob]:
    """Return the purchase of the journal and its job, or the job that JSON describes."""
    if handle.lstrip().startswith("{"):
        return None, MediaJob.from_json(handle)
    found = need_job(_find_purchase(handle))
    assert found.job is not None
    return found, found.job


def _open(asked: MediaJob, endpoint: str | None, base_url: str | None) -> Client:
    return _open_client(asked.provider, endpoint or asked.endpoint, base_url)


def _open_client(provider: str, endpoint: str, base_url: str | None) -> Client:
    return Client(provider, endpoint=endpoint, base_url=base_url, journal=open_journal())


def _fetch(handle: str, place: Place, endpoint: str | None, base_url: str | None, *, waits: bool) -> None:
    purchase, asked = _read(handle)
    name = _quote(asked) if purchase is None else purchase.handle
    with _open(asked, endpoint, base_url) as client, leave_alone(asked, name):

        def work(where: MediaPlace, listener: object) -> Made:
            if waits:
                for status in client.watch(asked):
                    if callable(listener):
                        listener(MediaEvent(handle, asked, status))
            if purchase is None:
                return _save_foreign(client, asked, where)
            made = client.check(purchase.handle, replace(where, cancel=False))
            if isinstance(made, MediaEvent):
                raise JobDeadlineError(f"{asked.kind} job {purchase.handle} is {made.word}", job=asked)
            return made

        finish(client, asked.kind, place, work)


def _quote(asked: MediaJob) -> str:
    """Return the JSON of a job as it is typed in a shell."""
    return shlex.quote(json.dumps(replace(asked, assets=None).to_json(), ensure_ascii=False))


def _save_foreign(client: Client, asked: MediaJob, where: MediaPlace) -> Made:
    """Save the files of a job that this journal does not know."""
    status = client.status(asked)
    if not isinstance(status, Done):
        raise JobDeadlineError(f"{asked.kind} job {asked.id} is {describe(status)}", job=asked)
    assets = tuple(client.download(asset, where.folder or ".") for asset in status.assets)
    return Made(Done(assets, job=asked), asked)


def _describe_state(one: Purchase) -> str:
    return one.state if one.pieces is None else f"{one.state}, {one.pieces} pieces"


def _describe_time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}"
