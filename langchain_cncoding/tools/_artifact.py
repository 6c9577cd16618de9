"""What a media tool gives to the program: everything as plain JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cncoding import Asset, Done, MediaJob, MediaStatus
from cncoding.media.values import status_name

Json = dict[str, Any]


def artifact(done: Done, job: MediaJob) -> Json:
    """Return job, assets, content blocks and usage of a finished job. It holds no bytes, only links and paths."""
    return {
        "status": "done",
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "job": job_json(job, done.assets),
        "assets": [asset.to_json(with_data=False) for asset in done.assets],
        "blocks": [block(asset) for asset in done.assets],
        "usage": done.usage,
    }


def job_json(job: MediaJob, assets: tuple[Asset, ...] | None = None) -> Json:
    """Return a job as JSON; a result that came with the submission is named by its files."""
    known = None if job.assets is None else tuple(replace(asset, data=None) for asset in assets or job.assets)
    return replace(job, assets=known).to_json()


def block(asset: Asset) -> Json:
    """Return the content block of an asset: the file if there is one, else the link."""
    where = Path(asset.path).as_uri() if asset.path is not None else asset.url
    found: Json = {"type": asset.kind, "url": where, "mime_type": asset.media_type}
    extras = {
        name: value
        for name, value in {
            "path": asset.path,
            "link": asset.url,
            "expires_at": asset.expires_at,
            "width": asset.width,
            "height": asset.height,
            "duration": asset.duration,
            "revised_prompt": asset.revised_prompt,
        }.items()
        if value is not None
    }
    return {**{name: value for name, value in found.items() if value is not None}, "extras": extras}


def pending(job: MediaJob, status: MediaStatus | None = None) -> Json:
    """Return the artifact of a job that is not done."""
    return {
        "status": "submitted" if status is None else status_name(status),
        "kind": job.kind,
        "provider": job.provider,
        "model": job.model,
        "job": job_json(job),
        "handle": job.handle,
        "assets": [],
        "blocks": [],
        "usage": {},
    }
