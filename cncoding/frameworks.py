"""Whether a framework is there and new enough: said in one line, before its imports fail in many."""

from __future__ import annotations

import re
from importlib import metadata, util

from cncoding.hints.links import note_topic


def require_framework(package: str, module: str, at_least: str, extra: str) -> None:
    """Refuse to go on without a framework.

    Args:
        package: Name of the distribution.
        module: A module of it.
        at_least: The oldest version that will do.
        extra: The extra of `cncoding` that brings it.

    Raises:
        ImportError: It is missing or too old; the text names package, version and command.
    """
    remedy = f'pip install --upgrade "cncoding[{extra}]"'
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        if util.find_spec(module) is not None:
            return  # there without metadata, as in a zipped application: nothing is known against it
        raise _refuse(f"{package} >= {at_least} is not installed: {remedy}", module) from None
    if _numbers(found) < _numbers(at_least):
        raise _refuse(f"{package} {found} is installed, but cncoding needs >= {at_least}: {remedy}", module)


def _refuse(text: str, module: str) -> ImportError:
    error = ImportError(text, name=module)
    note_topic(error, "missing-extra")
    return error


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"[0-9]+(\.[0-9]+)*", version)
    return tuple(map(int, release[0].split("."))) if release else ()
