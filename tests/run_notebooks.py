"""Execute every notebook from top to bottom: `python -m tests.run_notebooks [name ...]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def main(names: list[str]) -> int:
    books = [path for path in sorted(FOLDER.glob("*.ipynb")) if not names or path.stem in names]
    if not books:
        print(f"no notebook named {' '.join(names)}")
        return 1
    for path in books:
        began = time.monotonic()
        NotebookClient(
            nbformat.read(path, as_version=4),
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(FOLDER)}},
        ).execute()
        print(f"{path.name}: executed in {time.monotonic() - began:.1f} s", flush=True)
    print(f"{len(books)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
