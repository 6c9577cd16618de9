"""What the same request made before: which purchases those are, and whether it is there yet."""

from __future__ import annotations

from dataclasses import replace

from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Compare, Now
from cncoding.media.journal import FindPurchases, Purchase
from cncoding.media.values import Asset, Done


def list_same(digest: str) -> Flow[tuple[Purchase, ...]]:
    """List what the same request made before, newest first, for anybody with this journal."""
    found: tuple[Purchase, ...] = yield FindPurchases(digest=digest, states=("done",))
    return tuple(one for one in found if one.part_of is None)


def list_gone(digest: str) -> Flow[tuple[str, ...]]:
    """List the handles of purchases of the same request whose files are not as they were saved."""
    gone: list[str] = []
    for one in (yield from list_same(digest)):
        if not (yield from is_kept(one)):
            gone.append(one.handle)
    return tuple(gone)


def is_kept(purchase: Purchase) -> Flow[bool]:
    """Tell whether all files of a purchase are where they were put, and as they were."""
    for asset in purchase.assets:
        if not (yield from is_whole(asset)):
            return False
    return bool(purchase.assets) or purchase.kind == "voice"


def is_whole(asset: Asset) -> Flow[bool]:
    """Tell whether the file of a medium is where it was put, and as it was."""
    if asset.path is None:
        return False
    return bool((yield Compare(asset.path, asset.size, asset.modified, asset.sha256)))


def forget_files(purchase: Purchase) -> Flow[Purchase | None]:
    """Return a purchase without the files that are gone, so that they are fetched; None if nobody has one any more."""
    job = purchase.job
    if job is None or not (job.id or purchase.assets):
        return None
    assets: list[Asset] = []
    for asset in purchase.assets:
        whole = yield from is_whole(asset)
        left = asset.url is not None or asset.data is not None or asset.file_id is not None
        if not (whole or job.id or left):
            return None
        assets.append(asset if whole else replace(asset, path=None))
    return replace(purchase, assets=tuple(assets))


def is_lost(done: Done) -> Flow[bool]:
    """Tell whether a link of a result does not work any more, and nothing else is left of its medium."""
    now: float = yield Now()
    left = [one for one in done.assets if one.path is None and one.data is None]
    return any(one.metadata.get("link_expired") or (one.expires_at or now) < now for one in left)
