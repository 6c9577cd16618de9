"""The notebooks are committed as they run: with outputs, without a trace of the machine. `make notebooks` runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.docs.blocks import READMES, ROOT
from tests.run_notebooks import FOLDER, drop_emulator, read_needs

BOOKS = sorted(FOLDER.glob("*.ipynb"))


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_it_names_what_it_needs_and_goes_on_without_the_emulator(path: Path) -> None:
    book = _read(path)
    extras, _ = read_needs(book)
    assert "emulator" in extras
    before = len(book.cells)
    drop_emulator(book)
    assert len(book.cells) == before - 1


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_its_outputs_are_there_and_name_no_place(path: Path) -> None:
    cells = [cell for cell in _read(path).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells) and any(cell.outputs for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert not [word for word in ("/tmp/", "127.0.0.1:", "site-packages") if word in str(outputs)]


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_readmes_and_tutorials_lead_to_it(path: Path) -> None:
    for page in (*READMES, ROOT / "docs" / "tutorials.md", ROOT / "docs" / "tutorials.zh.md"):
        assert f"/notebooks/{path.name})" in page.read_text(encoding="utf-8"), page
