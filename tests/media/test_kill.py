"""SIGKILL at every step of a purchase, then the same call again: never paid twice, never lost."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cncoding.client.journal import PIECES
from cncoding_emulator import Emulator
from tests.media.conftest import MAKERS

KINDS = {
    "glm": ("image", "video", "speech", "voice clone"),
    "minimax": ("image", "video", "video v2", "video v2-upload", "speech", "voice clone"),
    "qwen": ("image", "image task", "video", "video upload", "speech"),
    "unified": ("image", "video", "speech"),
}
Buy = Callable[..., dict[str, Any]]


@pytest.fixture
def buy(emulator: Emulator) -> Iterator[Buy]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.media.killed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None

    def order(**wanted: Any) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"when": "before", **wanted}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())  # type: ignore[no-any-return]

    yield order
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def paid(emulator: Emulator) -> int:
    """Count what the vendor was asked to make: everything that is sent and is no file and no question about a job."""
    return sum(one.method == "POST" and "/files" not in one.path for one in emulator.requests)


CASES = [(provider, kind) for provider in MAKERS for kind in KINDS[provider]]
LISTED = {
    ("qwen", "video"), ("qwen", "video upload"), ("qwen", "image task"), ("minimax", "video v2"),
    ("minimax", "video v2-upload"),
}  # fmt: skip
"""What the vendor lists by job, so that a lost answer is no lost job."""
SAMPLE = {("minimax", "image"), ("qwen", "video"), ("minimax", "voice clone"), ("glm", "voice clone")}
UPLOADED = ("video upload", "video v2-upload", "voice clone")


def find_steps(steps: list[str], *, uploads: bool) -> tuple[int, int, int]:
    """Return where the intent is written, where the request leaves, and where its job is written.

    While files are uploaded the purchase waits; the intent is written after them.
    """
    written = [at for at, step in enumerate(steps) if step == "RecordPurchase"]
    intent, job = (written[0], written[1]) if uploads else (steps.index("OpenPurchase"), written[0])
    return intent, job - 1 - steps[:job][::-1].index("Send"), job


@pytest.mark.parametrize(
    ("provider", "kind"),
    [pytest.param(*case, marks=() if case in SAMPLE else pytest.mark.full) for case in CASES],
)
def test_killed_at_every_step(emulator: Emulator, buy: Buy, tmp_path: Path, provider: str, kind: str) -> None:
    whole = buy(provider=provider, kind=kind, folder=str(tmp_path / "whole"), call=uuid.uuid4().hex)
    assert whole.get("files"), whole
    instants = [(at, when) for at in range(len(whole["steps"])) for when in ("before", "after")]
    outcomes = {"refused": 0, "continued": 0, "bought": 0, "found": 0}
    for at, when in instants:
        emulator.reset()
        order = {"provider": provider, "kind": kind, "folder": str(tmp_path / f"{at}-{when}"), "call": "call-1"}
        killed = buy(at=at, when=when, **order)
        if killed.get("files"):
            continue  # a job that was done after fewer questions has no such instant
        assert killed == {"killed": True}, (at, when, killed)
        before = paid(emulator)
        again = buy(**order)
        assert paid(emulator) <= 1, (at, when)
        if again.get("error"):
            # Only between the intent and the job nobody knows; then nothing is bought, and that is said.
            assert again["error"] == "UnconfirmedPurchaseError", (at, when, again)
            assert "Nothing was bought now" in again["text"] and paid(emulator) == before
            outcomes["refused"] += 1
            told = buy(**order, again=True)
            assert paid(emulator) == before + 1 and len(emulator.submissions) <= before + 1
            # A voice that was made has its name for good.
            assert told.get("files") or (kind == "voice clone" and before and told["error"] == "BadRequestError"), told
            continue
        assert [file for file in again["files"] if "/" not in file or Path(file).stat().st_size], (at, when, again)
        outcomes["bought" if before == 0 else "found" if "list" in (again["note"] or "") else "continued"] += 1
        once_more = buy(**order)
        assert once_more["files"] == again["files"] and once_more["reused"] and paid(emulator) == 1
    print(f"killed {provider} {kind}: {len(instants)} instants, {outcomes}")
    intent, sent, job = find_steps(whole["steps"], uploads=kind in UPLOADED)
    lost = 2 * (job - intent)
    if (provider, kind) in LISTED:  # what was sent is found in the vendor's list, what was not cannot be
        assert outcomes["found"] == 2 * (job - sent) and outcomes["refused"] == lost - outcomes["found"]
    else:
        assert outcomes["refused"] == lost and not outcomes["found"], (outcomes, whole["steps"])
    assert outcomes["bought"] and outcomes["continued"], outcomes


FULL = pytest.mark.full


@pytest.mark.parametrize(
    ("provider", "step"),
    [("glm", 4), pytest.param("glm", 1, marks=FULL), pytest.param("qwen", 1, marks=FULL)],
)
@pytest.mark.parametrize("named", [True, False])
def test_killed_within_a_long_text(
    emulator: Emulator, buy: Buy, tmp_path: Path, provider: str, step: int, named: bool
) -> None:
    """Two pieces: a process that dies between them has the first one paid, and the next one buys the second alone."""
    text = "The_fox_ran!" * (90 if provider == "glm" else 60)
    order = {"provider": provider, "kind": "speech", "prompt": text, "call": "call-1" if named else None}
    whole = buy(folder=str(tmp_path / "whole"), **order)
    assert len(whole["files"]) == 1 and paid(emulator) == 2, whole
    resumed = 0
    for at in range(0, len(whole["steps"]), step):
        emulator.reset()
        folder = tmp_path / str(at)
        assert buy(at=at, folder=str(folder), **order) == {"killed": True}
        before = paid(emulator)
        again = buy(folder=str(folder), **order)
        if again.get("error"):
            assert again["error"] == "UnconfirmedPurchaseError" and paid(emulator) == before, (at, again)
            again = buy(folder=str(folder), again=True, **order)
            assert paid(emulator) <= 3
        else:
            # Killed at the last step it is whole: a call without a name is another one then.
            over = whole["steps"][at] == "Drop" and not named
            assert paid(emulator) == (4 if over else 2), (at, whole["steps"][at], again)
            resumed += before > 0
        (file,) = again["files"]
        assert Path(file).read_bytes() == Path(whole["files"][0]).read_bytes(), at
        assert not [left for left in (folder / PIECES).rglob("*") if left.is_file()]
    assert resumed


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=FULL)])
@pytest.mark.parametrize("named", [True, False])
def test_killed_within_an_order_of_three_pictures(
    emulator: Emulator, buy: Buy, tmp_path: Path, step: int, named: bool
) -> None:
    """A vendor that makes one at a time: what was paid is kept, and the next process buys the missing ones alone."""
    order = {"provider": "glm", "kind": "image three", "call": "call-1" if named else None}
    whole = buy(folder=str(tmp_path / "whole"), **order)
    assert len(whole["files"]) == 3 and paid(emulator) == 3, whole
    resumed = 0
    for at in range(0, len(whole["steps"]), step):
        emulator.reset()
        folder = tmp_path / str(at)
        assert buy(at=at, folder=str(folder), **order) == {"killed": True}
        before = paid(emulator)
        again = buy(folder=str(folder), **order)
        if again.get("error") or again.get("note"):
            # Of unknown outcome: the pictures before it are given back, and nothing more is bought.
            assert "may have been bought already" in again.get("text", again.get("note")), (at, again)
            assert paid(emulator) == before, (at, again)
            again = buy(folder=str(folder), again=True, **order)
            assert paid(emulator) <= 4
        else:
            assert paid(emulator) == 3, (at, whole["steps"][at], again)
            resumed += before > 0
        assert len(again["files"]) == 3 == len(set(again["files"]))
    assert resumed
