"""Saving media without trusting the vendor: not its names, types, lengths or redirects, and never with the key.

Generators: they yield steps and decide everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from cncoding.errors import ConfigError, NotFoundError, ProtocolError, RequestTimeoutError, TransportError
from cncoding.exchange.failures import read_failure
from cncoding.exchange.fetching import check_addresses, follow
from cncoding.exchange.retry import Flow, Retry
from cncoding.exchange.steps import Drop, Now, PartialFile, Reply, Request, Save, Saved, Sleep
from cncoding.media.file_names import safe_name
from cncoding.media.file_routes import VendorFile
from cncoding.media.inspection import Facts, inspect
from cncoding.media.sending import link_policy
from cncoding.media.subtitles import save_subtitles, unpack
from cncoding.media.uploads import read_file
from cncoding.media.values import Asset
from cncoding.target import Setup, Target

MAX_BYTES = {"image": 100 << 20, "audio": 500 << 20, "video": 4 << 30}
"""Largest files that `download` accepts, by kind."""
TOTAL = 3600.0
"""Seconds that a download may take, all attempts and redirects together."""
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (403, 404, 410)


def download(
    asset: Asset, folder: str, setup: Setup, *, name: str | None = None, max_bytes: int | None = None
) -> Flow[Asset]:
    """Put an asset into a folder and return it with its path, type and size, as its own bytes tell them.

    Args:
        asset: With a link or with data.
        folder: It is made if it is missing. The file is never put anywhere else.
        setup: For retries and the hosts that may be fetched from.
        name: File name without its ending; made from the link if None. Nothing is overwritten.
        max_bytes: Largest file that is accepted.

    Raises:
        ConfigError: The link leads to a private address, or the folder cannot be written.
        NotFoundError: The link stopped working.
        ProtocolError: What came is not such a medium, is broken, or is too large.
        TransportError: The network failed.
    """
    limit = max_bytes or MAX_BYTES[asset.kind]
    stem = safe_name(name or _stem(asset))
    asset = yield from _fetch_kept((yield from unpack(asset, setup, max_bytes=limit)), setup)
    saved = yield from _download(asset, folder, stem, limit, setup)
    return (yield from save_subtitles(saved, setup)) if saved.kind == "audio" else saved


def is_fetchable(asset: Asset, setup: Setup) -> bool:
    """Tell whether there is something to save: bytes, a link, or a file that the vendor keeps and gives back."""
    return asset.url is not None or asset.data is not None or _is_kept(asset, setup)


def _is_kept(asset: Asset, setup: Setup) -> bool:
    provider = setup.target.provider
    back = provider.files is not None and provider.files.content is not None
    return asset.file_id is not None and back and asset.provider in (None, provider.id)


def _fetch_kept(asset: Asset, setup: Setup) -> Flow[Asset]:
    """Return an asset with its bytes, where it is a file at the vendor and nothing else."""
    if asset.url is not None or asset.data is not None or asset.path is not None or not _is_kept(asset, setup):
        return asset
    file = VendorFile(asset.file_id or "", "", setup.target.provider.id)
    return replace(asset, data=(yield from read_file(file, setup)))


def _download(asset: Asset, folder: str, stem: str, limit: int, setup: Setup) -> Flow[Asset]:
    look = look_at(asset)
    if asset.data is not None:
        if len(asset.data) > limit:
            raise ProtocolError(f"the {asset.kind} is larger than {limit} bytes")
        return put(asset, (yield Save(asset.data, folder, stem, look, limit)))
    if asset.path is not None and asset.url is None:
        return asset
    if asset.url is None:
        raise ConfigError(
            f"asset: the vendor gave a file id ({asset.file_id}) and no link; ask the job again, or the vendor"
        )
    if asset.expires_at is not None and (yield Now()) > asset.expires_at + 3600:
        raise NotFoundError(
            "the link expired", provider=asset.provider, code="expired", hint="ask the job again for a new one"
        )
    url, until = asset.url, (yield Now()) + TOTAL
    for _ in range(6):
        addresses = yield from check_addresses(url, link_policy(url, setup), "asset")
        # Only these headers: never the key, which belongs to the vendor and not to the host of its files.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": _agent(setup.target)}
        request = Request("GET", url, headers, addresses=addresses, plain=True, field="asset", timeout=60.0)
        found = yield from _save(Save(request, folder, stem, look, limit), setup.retry, until)
        if isinstance(found, Saved):
            return put(asset, found)
        if found.status in _REDIRECTS:
            if "location" not in found.headers:
                raise ProtocolError(f"the media host answered HTTP {found.status} and no address")
            url = follow(url, found.headers["location"], "asset")
            continue
        if found.status in _GONE:
            raise NotFoundError(
                "the link does not work (any more)", provider=asset.provider, status=found.status, code="expired",
                hint="links of media expire; ask the job again for a new one",
            )  # fmt: skip
        raise read_failure(found, setup.target.rules) or ProtocolError(f"the media host answered HTTP {found.status}")
    raise ConfigError("asset: the link redirects more than 5 times")


def _save(step: Save, retry: Retry, until: float) -> Flow[Saved | Reply]:
    """Save a medium; a connection that is cut goes on where it was, if the host gives the rest of that version."""
    part: PartialFile | None = None
    for attempt in range(retry.times + 1):
        last = attempt == retry.times
        limited = yield from _limit(step, part, until, keep=not last)
        try:
            found: Saved | Reply | PartialFile = yield limited
        except TransportError:
            if last:
                raise
        else:
            if isinstance(found, PartialFile):
                part = found
            elif isinstance(found, Reply) and found.status == 416 and part is not None and not last:
                part = None
            elif isinstance(found, Saved) or found.status < 500 or last:
                return found
        yield from _pause(Sleep(min(retry.first * 2**attempt, retry.cap), jitter=True), part)
    raise AssertionError("the last attempt returns or raises")


def _pause(pause: Sleep, part: PartialFile | None) -> Flow[None]:
    """Wait before another try; who is interrupted meanwhile leaves no part behind."""
    try:
        yield pause
    except BaseException:
        if part is not None:
            yield Drop(part.path)
        raise


def _limit(step: Save, part: PartialFile | None, until: float, *, keep: bool) -> Flow[Save]:
    """Return the step with the time that is left for all attempts together.

    Raises:
        RequestTimeoutError: None is left.
    """
    assert isinstance(step.source, Request)
    left = until - (yield Now())
    if left <= 0:
        if part is not None:
            yield Drop(part.path)
        raise RequestTimeoutError(f"the medium did not arrive in {TOTAL:g} s", sent=True, begun=True)
    return replace(step, source=replace(step.source, total=left), part=part, keep=keep)


def _agent(target: Target) -> str:
    return target.headers.get("User-Agent", "cncoding")


def look_at(asset: Asset) -> Callable[[BinaryIO], tuple[str, Facts]]:
    """Return the function that looks at the file before it gets its name."""

    def look(file: BinaryIO) -> tuple[str, Facts]:
        if asset.media_type == "audio/pcm":
            return ".pcm", Facts("audio/pcm")
        facts = inspect(file, asset.kind)
        return facts.extension, facts

    return look


def put(asset: Asset, saved: Saved) -> Asset:
    """Return an asset as it is once it is saved."""
    facts: Facts = saved.found
    return replace(
        asset,
        data=None,
        path=saved.path,
        size=saved.size,
        sha256=saved.sha256,
        modified=saved.modified,
        media_type=facts.media_type,
        width=facts.width or asset.width,
        height=facts.height or asset.height,
        duration=facts.duration if facts.duration is not None else asset.duration,
    )


def _stem(asset: Asset) -> str:
    if asset.url is None:
        return f"{asset.kind}-{asset.model or asset.provider or 'made'}"
    path = asset.url.partition("?")[0].partition("#")[0]
    return path.rpartition("/")[2].rpartition(".")[0] or asset.kind
