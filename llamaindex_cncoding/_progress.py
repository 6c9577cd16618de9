"""A bar for people who wait; programs see none."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def bar(title: str, shown: bool) -> Generator[Callable[[str], None], None, None]:
    """Show a bar for the time of the block and yield the function that tells it the state of the job.

    Args:
        title: What is waited for.
        shown: False shows nothing.
    """
    if not shown:
        yield lambda word: None
        return
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    with tqdm(desc=title, unit=" questions", leave=False) as progress:

        def tell(word: str) -> None:
            progress.set_postfix_str(word)
            progress.update()

        yield tell
