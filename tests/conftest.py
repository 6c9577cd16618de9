"""What every test may rely on: no vendor settings from outside, and no network beyond this machine."""

from __future__ import annotations

import os
import re

import pytest

_SETTINGS = re.compile(r"(_API_KEY|_BASE_URL|_API_HOST)$|^KIMI_USER_AGENT_VERSION$|^CNCODING_")


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    for name in list(os.environ):
        if _SETTINGS.search(name):
            del os.environ[name]
    os.environ["CNCODING_LANG"] = "en"


@pytest.fixture(autouse=True)
def _fresh_traffic() -> None:
    """Let no test wait for the 429 of another one."""
    from cncoding.client.traffic import forget_traffic

    forget_traffic()
