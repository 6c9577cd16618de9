"""The model follows from the inputs, where none is named."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import ConfigError
from cncoding_emulator import Emulator
from tests.media.conftest import Do

PICTURE = "https://media.example.com/a.png"


def asked(emulator: Emulator) -> str:
    return str(next(one.json["model"] for one in reversed(emulator.requests) if one.method == "POST"))


@pytest.mark.parametrize(
    ("provider", "settings", "model"),
    [
        ("qwen", {}, "wan2.7-t2v"),
        ("qwen", {"images": [PICTURE]}, "wan2.7-i2v"),
        ("unified", {"images": [PICTURE]}, None),
        ("glm", {"images": [PICTURE]}, None),
        ("minimax", {"images": [PICTURE]}, None),
    ],
)
def test_a_picture_is_animated(
    emulator: Emulator, do: Do, provider: str, settings: dict[str, Any], model: str | None
) -> None:
    done = do(provider, "generate_video", "the fox runs", poll_interval=0.01, **settings)
    assert done.assets and (model is None or asked(emulator).startswith(model))


def test_a_named_model_is_never_swapped(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match=r"wan2\.7-t2v"):
        do("qwen", "generate_video", "the fox runs", images=[PICTURE], model="wan2.7-t2v")
    assert not emulator.requests
