"""What was paid for stays in the journal until it is where it was to go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cncoding import Asset, ConfigError, Made
from cncoding.client.journal import Journal
from cncoding.media.journal import FindPurchases, Purchase, RecordPurchase
from cncoding_cli import memory
from cncoding_cli.failures import NotSavedError


def open_journal() -> Journal:
    """Return the journal of what this user bought from the command line."""
    return Journal(memory.folder())


def remember_places(made: Made, assets: Sequence[Asset], folder: str) -> None:
    """Write down where files are that were on their way in a folder which is removed now.

    One that could not be put in its place and that nobody else has goes into the journal itself.
    """
    was = [asset.path for asset in made.done.assets]
    if made.purchase is None or not any(path and path.startswith(os.path.abspath(folder)) for path in was):
        return
    # The row as it was written: what the vendor told may repeat the key, which the client took out of it.
    for known in _find(made.purchase.handle):
        moved = tuple(_move(*one) for one in zip(known.assets, was, assets, strict=True))
        open_journal().perform(RecordPurchase(replace(known, assets=moved)))


def _move(known: Asset, was: str | None, now: Asset) -> Asset:
    if now.path is not None:
        return replace(known, path=os.path.abspath(now.path))
    elsewhere = known.url is not None or known.file_id is not None
    if was is not None and not elsewhere and "not_saved" in now.metadata:
        return replace(known, path=None, data=Path(was).read_bytes())
    return replace(known, path=None)


def refuse_missing(made: Made, assets: Sequence[Asset]) -> None:
    """Fail for what was made and is not where the person wanted it; the preview of a voice is not what was bought.

    Raises:
        NotSavedError: Not every file was saved.
    """
    pairs = zip(made.done.assets, assets, strict=True)
    missing = [now for was, now in pairs if was.path is None or (now.path is None and "not_saved" in now.metadata)]
    if not missing or made.job.kind == "voice":
        return
    why = "; ".join(dict.fromkeys(str(one.metadata.get("not_saved") or one.url) for one in missing))
    text = f"{len(missing)} of {len(assets)} made and paid for, and not saved: {why}"
    if made.reused and all("link_expired" in one.metadata for one in missing):
        text += ". The vendor was asked for it just now; where it keeps it no more, ask anew, which buys it anew"
    raise _refuse(text, made.job, made.purchase)


def _refuse(text: str, job: object, purchase: Purchase | None) -> NotSavedError:
    again = "" if purchase is None else f"; `cncoding job download {purchase.handle}` fetches it and pays nothing"
    error = NotSavedError(text + again)
    error.job, error.purchase = job, None if purchase is None else purchase.handle
    return error


@contextmanager
def explain_unsaved() -> Iterator[None]:
    """Say of what could not be saved, and lies in the journal, that it is paid for and how it is fetched.

    Raises:
        NotSavedError: So it is.
    """
    try:
        yield
    except ConfigError as error:
        for known in () if error.purchase is None else _find(error.purchase):
            if any(asset.data is not None and asset.path is None for asset in known.assets):
                raise _refuse(f"made and paid for, and not saved: {error}", error.job, known) from error
        raise


def _find(handle: str) -> tuple[Purchase, ...]:
    found: tuple[Purchase, ...] = open_journal().perform(FindPurchases(handle=handle, scope="anywhere"))
    return found
