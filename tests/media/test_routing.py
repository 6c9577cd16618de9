"""The model follows from the inputs, where none is named."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import ConfigError, Media
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


FILM = "https://media.example.com/a.mp4"
WAYS = [
    ("qwen", {"images": [PICTURE, PICTURE]}, "wan2.7-i2v"),
    ("qwen", {"references": [PICTURE, PICTURE]}, "wan2.7-r2v"),
    ("qwen", {"videos": [FILM]}, "wan2.7-videoedit"),
    ("qwen", {"videos": [FILM], "references": [PICTURE]}, "wan2.7-videoedit"),
    ("qwen", {"videos": [Media("video", url=FILM, options={"role": "first_clip"})]}, "wan2.7-i2v"),
    ("minimax", {"images": [PICTURE, PICTURE]}, "MiniMax-Hailuo-02"),
    ("minimax", {"references": [PICTURE]}, "S2V-01"),
    ("minimax", {"references": [PICTURE] * 3}, "MiniMax-H3"),
    ("minimax", {"videos": [FILM]}, "MiniMax-H3"),
    ("glm", {"images": [PICTURE, PICTURE]}, "cogvideox-3"),
    ("glm", {"references": [PICTURE, PICTURE]}, "vidu2-reference"),
    ("unified", {"images": [PICTURE]}, "wan2.7-i2v"),
    ("unified", {"references": [PICTURE]}, "wan2.7-r2v"),
    ("unified", {"videos": [FILM]}, "wan2.7-i2v"),
]


@pytest.mark.parametrize(("provider", "settings", "model"), WAYS)
def test_the_model_follows_from_the_inputs(
    emulator: Emulator, do: Do, provider: str, settings: dict[str, Any], model: str
) -> None:
    done = do(provider, "generate_video", "the fox runs", poll_interval=0.01, **settings)
    assert done.assets and asked(emulator) == model


def test_what_no_model_takes_names_who_does(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match=r"videos: cogvideox-3 takes none .*these do: MiniMax-H3 of minimax"):
        do("glm", "generate_video", "the fox runs", videos=[FILM])
    with pytest.raises(ConfigError, match=r"^duration=99: wan2\.7-i2v takes"):
        do("qwen", "generate_video", "the fox runs", images=[PICTURE], duration=99)
    assert not emulator.requests


def test_a_named_model_is_never_swapped(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match=r"wan2\.7-t2v"):
        do("qwen", "generate_video", "the fox runs", images=[PICTURE], model="wan2.7-t2v")
    assert not emulator.requests
