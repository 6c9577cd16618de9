"""What `image`, `video` and `speech` have in common: ask, show how far it is, save, name the files."""

from __future__ import annotations

from cncoding import Client, CncodingError, Done, MediaJob, MediaRequest
from cncoding_cli import memory, show
from cncoding_cli.progress import Progress
from cncoding_cli.saving import Place, describe, save


def make(client: Client, request: MediaRequest, place: Place) -> None:
    """Make a medium and save it; Ctrl-C hands the job back."""
    with Progress(request.kind) as progress:
        job = client.submit(request)
        done = _await(client, job, progress)
        assets = save(client, done, place)
    memory.remember_provider(client.provider_id)
    if show.wants_json():
        show.data({"job": job.to_json(), "assets": [asset.to_json(with_data=False) for asset in assets]})
        return
    for asset in assets:
        if asset.path is not None:
            show.line(asset.path)
            show.note(describe(asset))


def _await(client: Client, job: MediaJob, progress: Progress) -> Done:
    try:
        for status in client.watch(job):
            progress.tell(status)
            if isinstance(status, Done):
                return status
    except KeyboardInterrupt:
        _let_go(client, job)
        raise
    raise AssertionError("a watch ends with Done or raises")


def _let_go(client: Client, job: MediaJob) -> None:
    """Cancel an interrupted job, or print it, to be asked for again."""
    try:
        client.cancel(job)
    except CncodingError as error:
        show.note(f"the job was not cancelled ({error}); it goes on at the vendor")
    else:
        show.note("the job was cancelled")
    show.job(job)
