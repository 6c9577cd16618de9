"""LangChain's own suites, unit and integration, for every class on every wire, thinking on and off, v0 and v1.

Each run takes the classes in which every two of provider, wire, thinking and version meet, `make test-all` all of them.
The suites run against the emulator over sockets. What they would download is served from memory. No standard test
is overridden; the toggles say what each vendor can do.
"""

from __future__ import annotations

import io
import os
from itertools import product
from typing import Any

import pytest
from langchain_core.load import load
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.integration_tests import chat_models as suite
from langchain_tests.unit_tests import ChatModelUnitTests
from langchain_tests.unit_tests import chat_models as unit_suite
from reportlab.pdfgen.canvas import Canvas

from cncoding import CncodingWarning
from langchain_cncoding import ChatCNCoding
from tests.sampling import mark_sample

from .conftest import CLASSES, ROADS, png

SEES = {"kimi", "minimax", "qwen", "deepseek"}
"""Providers whose default model reads images."""
URLS = SEES - {"kimi"}
"""Of those, the ones that take a URL themselves. Kimi wants the bytes: our client fetches them, see test_media.py."""
FORCED = {
    ("qwen", "anthropic"),
    ("kimi", "openai"),
    ("deepseek", "openai"),
    ("deepseek", "anthropic"),
    ("wcode", "openai"),
    ("unified", "openai"),
}
"""Where the default model takes both `required` and a tool's name while it does not think."""
FORCED_THINKING = {("wcode", "openai"), ("unified", "openai")}
"""The same while it thinks. Everywhere else the choice degrades with a warning, see test_tools.py."""
TOOL_IMAGES = {"kimi", "qwen", "deepseek", "minimax"}
"""Where a picture in a tool result reaches the model, in the result itself or in a message after it."""
OTHER_MODELS = {
    "glm": "glm-4.7",
    "kimi": "kimi-k2.6",
    "minimax": "MiniMax-M2.5",
    "qwen": "qwen3.6-plus",
    "deepseek": "deepseek-pro",
    "wcode": "minimax/minimax-m2.5",
    "unified": "qwen3.6-plus",
}

pytestmark = [pytest.mark.filterwarnings(f"ignore::{CncodingWarning.__module__}.{CncodingWarning.__name__}")]


def _pdf() -> bytes:
    file = io.BytesIO()
    page = Canvas(file)
    page.drawString(72, 720, "A document of one line.")
    page.save()
    return file.getvalue()


class _Pdf:
    content = _pdf()


class _Png:
    content = png()


def _local_get(url: str, **_: Any) -> Any:
    return _Pdf if url.endswith(".pdf") else _Png


def _trusting_load(data: Any, **settings: Any) -> Any:
    """Name our classes, as users must: `allowed_objects="all"` means the packages on LangChain's own list."""
    return load(data, **{**settings, "allowed_objects": list(CLASSES.values())})


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_suite, "load", _trusting_load)


@pytest.fixture(autouse=True)
def downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite.httpx, "get", _local_get)


class Integration(ChatModelIntegrationTests):
    """What the suites need to know of a model; the classes that pytest collects are made below."""

    provider: str
    wire: str
    thinking: bool
    version: str

    @property
    def chat_model_class(self) -> type[ChatCNCoding]:
        return CLASSES[self.provider]

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"wire": self.wire, "thinking": self.thinking, "output_version": self.version, "max_retries": 0}

    @property
    def has_tool_choice(self) -> bool:
        return (self.provider, self.wire) in (FORCED_THINKING if self.thinking else FORCED)

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return self.provider in SEES

    @property
    def supports_image_urls(self) -> bool:
        return self.provider in URLS

    @property
    def supports_image_tool_message(self) -> bool:
        return self.provider in TOOL_IMAGES

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return OTHER_MODELS[self.provider]


def _suites() -> dict[str, type]:
    rows = [(*road, thinking, version) for road, thinking, version in product(ROADS, (True, False), ("v0", "v1"))]
    suites = {}
    for (provider, wire, thinking, version), marks in zip(rows, mark_sample(rows), strict=True):
        name = f"Test_{provider}_{wire}_{'thinks' if thinking else 'plain'}_{version}"
        facts = {"provider": provider, "wire": wire, "thinking": thinking, "version": version}
        suites[name] = type(name, (Integration,), {**facts, "pytestmark": list(marks)})
    return suites


globals().update(_suites())


class Unit(ChatModelUnitTests):
    """The unit suite, once for each class."""

    provider: str

    @property
    def chat_model_class(self) -> type[ChatCNCoding]:
        return CLASSES[self.provider]

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        with_env = {name: value for name, value in os.environ.items() if name.endswith(("_API_KEY", "_BASE_URL"))}
        return with_env, {}, {"provider": self.provider, "api_key": None}


globals().update(
    {f"TestUnit_{provider}": type(f"TestUnit_{provider}", (Unit,), {"provider": provider}) for provider in CLASSES}
)


def test_toggles_are_what_the_profiles_say() -> None:
    """The tables above are written by hand; what LangChain is told must agree with them."""
    for provider, wire in ROADS:
        for thinking, forced in ((True, FORCED_THINKING), (False, FORCED)):
            model = CLASSES[provider](wire=wire, thinking=thinking)
            profile = model.profile or {}
            assert profile["image_inputs"] == (provider in SEES), (provider, wire)
            assert profile["tool_choice"] == ((provider, wire) in forced), (provider, wire, thinking)
            assert profile["tool_calling"] is True
            assert profile.get("max_input_tokens", 0) > 30_000 or provider == "unified"  # publishes no sizes
