"""More pictures than a model makes at once: several calls under one order, each paid once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    BudgetExceededError,
    CallIdentity,
    Client,
    ConfigError,
    MediaOrder,
    MediaRequest,
    MediaToolCall,
    MediaToolSettings,
    as_budget,
)
from cncoding_emulator import Emulator
from tests.media.conftest import Do


def order(count: int, **settings: Any) -> MediaOrder:
    return MediaOrder(MediaRequest("image", "a fox", n=count, **settings), CallIdentity("thread", "call"))


def test_several_calls_make_as_many_as_asked(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    made = do("glm", "make", order(3), tmp_path, client={"journal": tmp_path})
    assert len(emulator.submissions) == 3 and len(made.done) == 3
    assert len({asset.path for asset in made.done}) == 3 and all(Path(one.path).exists() for one in made.done)
    assert made.done.cost.amount == pytest.approx(0.3) and made.done.usage == {"pieces": 3}
    again = do("glm", "make", order(3), tmp_path, client={"journal": tmp_path})
    assert again.reused and [one.path for one in again.done] == [one.path for one in made.done]
    assert len(emulator.submissions) == 3


def test_a_model_that_makes_several_is_asked_once(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    made = do("minimax", "make", order(4), tmp_path, client={"journal": tmp_path})
    assert len(emulator.submissions) == 1 and len(made.done) == 4


def test_calls_are_as_large_as_the_model_takes(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    made = do("minimax", "make", order(11), tmp_path, client={"journal": tmp_path})
    assert len(emulator.submissions) == 2 and len(made.done) == 11


def test_what_was_made_before_a_failure_is_kept_and_the_rest_bought_later(
    emulator: Emulator, do: Do, tmp_path: Path
) -> None:
    emulator.limit("glm", "balance", requests=2, seconds=60, on="images/generations")
    part = do("glm", "make", order(3), tmp_path, client={"journal": tmp_path})
    assert len(part.done) == 2 and len(emulator.submissions) == 2
    assert part.done.note.startswith("2 of 3 pictures were made; then: ")
    assert part.done.cost.amount == pytest.approx(0.2)
    emulator.reset()
    whole = do("glm", "make", order(3), tmp_path, client={"journal": tmp_path})
    assert len(whole.done) == 3 and len(emulator.submissions) == 1 and whole.done.note is None


def test_a_budget_counts_every_call_before_the_first(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    limited = MediaOrder(order(3).request, CallIdentity("thread", "call"), budget=as_budget(2))
    with pytest.raises(BudgetExceededError, match="this needs 3"):
        do("glm", "make", limited, tmp_path, client={"journal": tmp_path})
    assert not emulator.submissions


def test_a_tool_says_what_was_made(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    settings = MediaToolSettings(folder=str(tmp_path))
    call = MediaToolCall("generate_image", {"prompt": "a fox", "count": 2}, CallIdentity("thread", "tool"))
    found = do("glm", "use_tool", call, settings, client={"journal": tmp_path})
    assert found.text.startswith("2 made by glm") and len(found.artifact["assets"]) == 2


def test_the_schema_says_how_many(emulator: Emulator) -> None:
    with Client("glm", journal=None) as client:
        (count,) = (one for one in client.list_arguments("generate_image") if one.name == "count")
    assert count.rules == {"minimum": 1, "maximum": 16} and "above 1 it takes several calls" in count.description


def test_too_many_are_refused_before_anything_is_sent(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"count=17: .* makes 1 at once, and one order makes at most 16"):
        do("glm", "make", order(17), tmp_path, client={"journal": tmp_path})
    assert not emulator.submissions
