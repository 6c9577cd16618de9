"""Tools that buy something, and those that look after what was bought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import CopyFile, Locate, Tell, WriteSidecar
from cncoding.media import saving
from cncoding.media.buying import begin
from cncoding.media.journal import Purchase
from cncoding.media.make import describe
from cncoding.media.making import make_any
from cncoding.media.orders import Made, MediaEvent, Order, Place
from cncoding.media.prices import Estimate
from cncoding.media.purchases import cancel_purchase, check_purchase
from cncoding.media.reusing import is_whole
from cncoding.media.tools.calls import (
    ToolCall,
    ToolOutcome,
    ToolSettings,
    ToolSetup,
    find_source,
)
from cncoding.media.tools.catalog import BUYS
from cncoding.media.tools.texts import write_begun, write_status, write_summary
from cncoding.media.values import Asset, Done, MediaJob, MediaRequest, status_name
from cncoding.types import JsonObject, Media, MediaKind

_PAID_BEFORE = "\nIt had been made before; nothing was paid now."


def make_medium(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Buy what a tool makes, and wait for it unless the tool only submits."""
    request = yield from _build_request(call, setup.settings)
    settings = setup.settings
    order = read_order(request, call, settings)
    if call.tool.startswith("submit_"):
        purchase, reused = yield from begin(order, setup.media, settings.patience, journal=setup.journal)
        return _write_begun(purchase, setup, reused=reused)
    made = yield from make_any(order, place_of(setup.settings), setup.media, journal=setup.journal)
    made = yield from _bring(made, settings)
    names = yield from show_files(made.done, call)
    return write_made(made, names, prefix=settings.prefix, prompt=request.prompt)


def _bring(made: Made, settings: ToolSettings) -> Flow[Made]:
    """Return what was made before with its files where the agent may read them: copied, if they lie elsewhere."""
    if not made.reused or made.purchase is None or settings.folder is None:
        return made
    assets: list[Asset] = []
    for asset in made.done.assets:
        try:
            if asset.path is not None:
                yield Locate(asset.path, (settings.folder, *settings.read_folders))
        except ConfigError:
            asset = yield from _copy(asset, settings.folder, made.purchase)
        assets.append(asset)
    return replace(made, done=replace(made.done, assets=tuple(assets)))


def _copy(asset: Asset, folder: str, purchase: Purchase) -> Flow[Asset]:
    assert asset.path is not None
    path = Path(asset.path)
    copied = replace(asset, path=str(Path(folder) / path.name))
    if (yield from is_whole(copied)):
        return copied
    copied = saving.put(asset, (yield CopyFile(asset.path, folder, path.stem, saving.look_at(asset))))
    assert copied.path is not None
    yield WriteSidecar(copied.path, describe(copied, purchase))
    return copied


def read_order(request: MediaRequest, call: ToolCall, settings: ToolSettings) -> Order:
    """Return the order of a call."""
    return Order(
        request, call.identity, call.again, settings.reuse, call.listener, settings.budget, settings.since,
        settings.confirm_above, call.approve,
    )  # fmt: skip


def _build_request(call: ToolCall, settings: ToolSettings) -> Flow[MediaRequest]:
    given = dict(call.arguments)
    inputs: list[Media] = []
    for name, kind in _INPUTS.items():
        sources = given.pop(name, ())
        for source in (sources,) if isinstance(sources, (str, Media)) else sources:
            found = yield from find_source(source, kind, call, settings)
            inputs.append(replace(found, options={**found.options, **_ROLES.get(name, {})}))
    text = given.pop("prompt", None) or given.pop("text", "")
    count = given.pop("count", None)
    if call.tool == "submit_image":
        given["as_task"] = True
    options, model = settings.options_of(call.tool), settings.model(call.tool)
    return MediaRequest(BUYS[call.tool], str(text), model, tuple(inputs), n=count, options=options, **given)


_INPUTS: Mapping[str, MediaKind] = {
    "images": "image", "references": "image", "mask": "image", "videos": "video", "audio": "audio",
}  # fmt: skip
_ROLES: Mapping[str, JsonObject] = {"references": {"role": "reference"}, "mask": {"role": "mask"}}


def place_of(settings: ToolSettings) -> Place:
    """Return where what is made goes."""
    return Place(settings.folder, patience=settings.patience, keep=True)


def check_job(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Ask how a job stands, and fetch its result if it is done."""
    handle = _read_handle(str(call.arguments["job"]))
    found = yield from check_purchase(
        handle, place_of(setup.settings), setup.media, call.listener, journal=setup.journal
    )
    if isinstance(found, Made):
        return write_made(found, (yield from show_files(found.done, call)), prefix=setup.settings.prefix)
    assert found.status is not None
    return ToolOutcome(
        write_status(found.job, found.status, found.handle or found.job.handle),
        {**_describe_job(found), "code": getattr(found.status, "code", None)},
    )


def cancel_job(call: ToolCall, setup: ToolSetup) -> Flow[ToolOutcome]:
    """Cancel a job at the vendor."""
    handle = _read_handle(str(call.arguments["job"]))
    status = yield from cancel_purchase(handle, setup.media, journal=setup.journal)
    return ToolOutcome(f"The job {handle} is {status_name(status)}.", {"handle": handle, "status": status_name(status)})


def _read_handle(text: str) -> str:
    """Return the handle in what a model gives for one: it alone, in quotes, or with the words of the tool around it."""
    if text.lstrip().startswith("{"):
        return text
    named = _NAMED.findall(text)
    return named[0] if len(named) == 1 else text.strip().strip("'\"`")


_NAMED = re.compile(r"job=([\w:./-]*\w)")


def _write_begun(purchase: Purchase, setup: ToolSetup, *, reused: bool) -> ToolOutcome:
    job = purchase.job
    assert job is not None
    handle = purchase.handle if setup.journal else job.handle
    paid = _PAID_BEFORE if reused else _write_cost(purchase.price)
    text = write_begun(job, handle, setup.settings.prefix) + paid
    event = _describe_job(MediaEvent(handle, job, None))
    artifact = {**event, "prompt": purchase.prompt, "cost": describe_cost(purchase.price), "reused": reused}
    return ToolOutcome(text, artifact)


def _describe_job(event: MediaEvent) -> JsonObject:
    job = event.job
    return {
        "status": event.word,
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "job": replace(job, assets=None).to_json(),
        "handle": event.handle or job.handle,
        "assets": [],
        "blocks": [],
        "usage": {},
    }


def show_files(done: Done, call: ToolCall) -> Flow[Mapping[str, str | None] | None]:
    """Show the agent what was made; return what it calls each file, None if it has no file system of its own."""
    if call.files is None:
        return None
    names: dict[str, str | None] = {}
    for asset in done.assets:
        if asset.path is not None:
            names[asset.path] = yield Tell(call.files.show, asset)
    return names


def write_made(
    made: Made,
    names: Mapping[str, str | None] | None,
    text: str | None = None,
    *,
    prefix: str = "",
    prompt: str | None = None,
) -> ToolOutcome:
    """Say what was made: `text`, or what and where the files are, then what it cost.

    `prompt` is what was asked for; None where only the journal knows.
    """
    done, job = made.done, made.job
    if made.purchase is not None:
        prompt = made.purchase.prompt
    text = write_summary(done, job, names) if text is None else text
    if not made.reused and done.cost is not None:
        text += _write_cost(done.cost)
    if made.reused:
        text += _PAID_BEFORE
    if done.note is not None:
        text += f"\nNote: {done.note}."
    if made.purchase is not None and any("not_saved" in asset.metadata for asset in done.assets):
        text += f"\nTo save it nothing is paid: {prefix}check_media_job, job={made.purchase.handle}"
    artifact = {
        "status": "done",
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "prompt": prompt,
        "handle": made.purchase.handle if made.purchase is not None else None,
        "reused": made.reused,
        "note": done.note,
        "cost": describe_cost(done.cost),
        "job": _job_json(job, done),
        "assets": [asset.to_json(with_data=False) for asset in done.assets],
        "blocks": [describe_block(asset, (names or {}).get(asset.path or "")) for asset in done.assets],
        "usage": done.usage,
    }
    return ToolOutcome(text, artifact, done.assets)


def describe_cost(cost: Estimate | None) -> JsonObject | None:
    """Return what a medium was estimated to cost as plain JSON, None where no price is known."""
    if cost is None or cost.amount is None:
        return None
    return {"amount": cost.amount, "currency": cost.currency, "why": cost.why}


def _job_json(job: MediaJob, done: Done) -> JsonObject:
    """Return a job as JSON; a result that came with the submission is named by its files."""
    known = None if job.assets is None else tuple(replace(asset, data=None) for asset in done.assets)
    return replace(job, assets=known).to_json()


def _write_cost(cost: Estimate) -> str:
    return "" if cost.amount is None else f"\nIt costs {cost} by the vendor's list."


def describe_block(asset: Asset, name: str | None = None) -> JsonObject:
    """Return the content block of an asset: the file if there is one, else the link; an agent calls it `name`."""
    where = Path(asset.path).as_uri() if asset.path is not None else asset.url
    extras = {
        "path": asset.path,
        "agent_path": name,
        "link": asset.url,
        "expires_at": asset.expires_at,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "revised_prompt": asset.revised_prompt,
    }
    block: JsonObject = {"type": asset.kind, "url": where, "mime_type": asset.media_type}
    return {
        **{name: value for name, value in block.items() if value is not None},
        "extras": {name: value for name, value in extras.items() if value is not None},
    }
