"""The commands that make pictures, films and speech, and the one that asks what is left of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cncoding import Client, CncodingError, JobError
from cncoding.media.values import Asset, Done, MediaJob, QuotaWindow

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Provider = Annotated[str, typer.Argument(help="glm, minimax, qwen or unified")]
Model = Annotated[str | None, typer.Option(help="Model id; the provider's default if not given.")]
EndpointName = Annotated[str | None, typer.Option("--endpoint", help="coding, coding-global, api, api-global, ...")]
BaseUrl = Annotated[str | None, typer.Option(help="Base URL, as the vendor's own SDK takes it.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")]


@contextmanager
def told() -> Iterator[None]:
    """Turn our errors into a line and exit code 1; a job that is not lost is printed, to be asked for again."""
    try:
        yield
    except JobError as error:
        errors.print(f"[red]{type(error).__name__}[/red]: {error}", soft_wrap=True)
        if isinstance(error.job, MediaJob):
            errors.print(f"job: {error.job.to_json()}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except CncodingError as error:
        errors.print(f"[red]{type(error).__name__}[/red]: {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def _save(client: Client, done: Done, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for asset in done.assets:
        saved = client.download(asset, folder)
        console.print(f"{saved.path}  {_size(saved)}", soft_wrap=True)


def _size(asset: Asset) -> str:
    figures = [asset.media_type or asset.kind]
    if asset.width and asset.height:
        figures.append(f"{asset.width}x{asset.height}")
    if asset.duration:
        figures.append(f"{asset.duration:.1f} s")
    if asset.size:
        figures.append(f"{asset.size:,} bytes")
    return ", ".join(figures)


def image(
    provider: Provider,
    prompt: Annotated[str, typer.Argument(help="What to show.")],
    model: Model = None,
    size: Annotated[str | None, typer.Option(help="1024x1024, 16:9, ...")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    output: Output = Path("."),
) -> None:
    """Make an image and save it."""
    with told(), Client(provider, endpoint=endpoint, base_url=base_url) as client, console.status("making the image"):
        _save(client, client.generate_image(prompt, model=model, size=size), output)


def video(
    provider: Provider,
    prompt: Annotated[str, typer.Argument(help="What to show.")],
    model: Model = None,
    duration: Annotated[int | None, typer.Option(help="Seconds.")] = None,
    resolution: Annotated[str | None, typer.Option(help="720P, 1080P, ...")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    output: Output = Path("."),
) -> None:
    """Make a video and save it. Ctrl-C tries to cancel the job."""
    with told(), Client(provider, endpoint=endpoint, base_url=base_url) as client, console.status("making the video"):
        done = client.generate_video(prompt, model=model, duration=duration, resolution=resolution)
        _save(client, done, output)


def speech(
    provider: Provider,
    text: Annotated[str, typer.Argument(help="What to say.")],
    model: Model = None,
    voice: Annotated[str | None, typer.Option(help="The vendor's name of a voice.")] = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    output: Output = Path("."),
) -> None:
    """Speak a text and save it."""
    with told(), Client(provider, endpoint=endpoint, base_url=base_url) as client, console.status("speaking"):
        _save(client, client.synthesize_speech(text, model=model, voice=voice), output)


def quota(provider: Provider, endpoint: EndpointName = None, base_url: BaseUrl = None) -> None:
    """Ask what is left of the plan or the balance."""
    with told(), Client(provider, endpoint=endpoint, base_url=base_url) as client:
        found = client.quota()
    table = Table("window", "used", "left", "resets", title=f"{provider} {found.plan or found.endpoint}")
    for window in found.windows:
        table.add_row(window.name, _number(window.used, window), _left(window), _when(window.resets_at))
    for balance in found.balances:
        table.add_row("balance", "", f"{balance.total:g} {balance.currency}", "")
    console.print(table)


def _number(value: float | None, window: QuotaWindow) -> str:
    return "?" if value is None else f"{value:g} {window.unit or ''}".strip()


def _left(window: QuotaWindow) -> str:
    if window.unlimited:
        return "unlimited"
    if window.remaining is not None:
        return _number(window.remaining, window)
    return "?" if window.remaining_ratio is None else f"{window.remaining_ratio:.0%}"


def _when(moment: datetime | None) -> str:
    if moment is None:
        return ""
    left = (moment - datetime.now(timezone.utc)).total_seconds()
    return f"{moment:%Y-%m-%d %H:%M %Z} (in {max(0.0, left) / 3600:.1f} h)"


COMMANDS: tuple[Any, ...] = (image, video, speech, quota)
