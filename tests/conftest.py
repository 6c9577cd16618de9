"""What every test may rely on: no vendor settings from outside, and no network beyond this machine."""

from __future__ import annotations

import functools
import os
import re
import signal
import ssl
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

_SETTINGS = re.compile(r"(_API_KEY|_BASE_URL|_API_HOST)$|^KIMI_USER_AGENT_VERSION$|^CNCODING_")


def pytest_configure(config: pytest.Config) -> None:
    """Let a run that samples its matrices try fewer examples, too."""
    _hear_interrupts()
    sampled = "not full" in config.getoption("markexpr")
    settings.register_profile("house", max_examples=30 if sampled else 200, deadline=None)
    settings.load_profile("house")


def _hear_interrupts() -> None:
    """Undo what a shell does to programs in its background: they and their children would not hear Ctrl-C."""
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside(tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if _SETTINGS.search(name):
            del os.environ[name]
    os.environ["CNCODING_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))
    os.environ["CNCODING_LANG"] = "en"


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Let no test wait for the 429 of another one, nor know the ceilings that another one's errors told."""
    from cncoding.client.traffic import forget_traffic
    from cncoding.limits import forget_limits

    forget_traffic()
    forget_limits()


@pytest.fixture(autouse=True, scope="session")
def _one_tls_context() -> Iterator[None]:
    """Read the 140 authorities once: no test speaks TLS, yet each new client of the HTTP library took 15 to 30 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield
