"""What a recipe is, and on which vendors it runs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from cncoding_emulator import Emulator

PAIRS = (("glm", "kimi"), ("qwen", "deepseek"), ("minimax", "glm"), ("kimi", "qwen"), ("deepseek", "minimax"))
"""Vendors of a recipe; which pair it is, its title decides."""
ABLE = {"eyes": ("qwen", "kimi"), "schema": ("qwen", "wcode")}
"""Vendors of a recipe that needs something of its model."""
_Run = TypeVar("_Run", bound=Callable[..., Any])


@dataclass(frozen=True)
class Recipe:
    """One recipe of a documentation.

    Attributes:
        title: What it shows.
        page: Where it is documented.
        theirs: The line that the page has for the model.
        run: The recipe; it takes the model and the emulator, and may be a coroutine function.
        needs: What its model has to be able to: `eyes`, `schema` (answers that fit a JSON Schema), or nothing.
    """

    title: str
    page: str
    theirs: str
    run: Callable[..., Any]
    needs: str = ""

    @property
    def vendors(self) -> tuple[str, str]:
        """The two vendors that it runs on."""
        return choose_vendors(self.title, self.needs)


def choose_vendors(title: str, needs: str = "") -> tuple[str, str]:
    """Return the vendors of a recipe, always the same ones."""
    return ABLE.get(needs) or PAIRS[sum(title.encode()) % len(PAIRS)]


class Book(list[Recipe]):
    """The recipes of one framework, in the order of their files."""

    def recipe(self, title: str, page: str, theirs: str, needs: str = "") -> Callable[[_Run], _Run]:
        """Enter a function into the book."""

        def enter(run: _Run) -> _Run:
            self.append(Recipe(title, page, theirs, run, needs))
            return run

        return enter

    def params(self) -> list[Any]:
        """Return each recipe with each of its vendors; the second ones are left to `make test-all`."""
        return [
            pytest.param(one, vendor, id=f"{one.title}, {vendor}", marks=pytest.mark.full if place else ())
            for one in self
            for place, vendor in enumerate(one.vendors)
        ]


def cook(recipe: Recipe, model: Any, emulator: Emulator) -> None:
    """Run a recipe to its end; it must have asked the vendor."""
    outcome = recipe.run(model, emulator)
    if inspect.isawaitable(outcome):
        asyncio.run(_wait(outcome))
    assert [record for record in emulator.requests if record.json], "no model was asked"


async def _wait(outcome: Any) -> None:
    await outcome
