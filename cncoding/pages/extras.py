"""Import what the extra `pages` installs, at the moment of its first use."""

from __future__ import annotations

import importlib
from typing import Any

from cncoding.errors import ConfigError


def require(module: str, package: str) -> Any:
    """Import a module of the extra `pages`.

    Args:
        module: Name to import.
        package: What pip calls it.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ConfigError(f'pages: this needs {package}: pip install "cncoding[pages]"') from None
