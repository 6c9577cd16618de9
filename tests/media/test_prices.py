"""What a request will cost, by the vendors' own pages; unknown stays unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client, ConfigError, Estimate, Media, MediaRequest, Price, Source
from cncoding.media.money import estimate
from cncoding.registry import own_providers
from cncoding_emulator import Emulator
from langchain_cncoding import GenerateImageTool, SubmitVideoTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

PICTURE, FILM = (Media(kind, url=f"https://example.com/{kind}.bin") for kind in ("image", "video"))  # type: ignore[arg-type]
V2: dict[str, Any] = {"model": "MiniMax-H3", "size": "16:9"}
CASES: list[tuple[str, str, dict[str, Any], float | None]] = [
    ("glm", "image", {}, 0.1),
    ("glm", "image", {"model": "cogview-4"}, 0.06),
    ("glm", "image", {"model": "cogview-3-flash"}, 0.0),
    ("glm", "video", {"duration": 10}, 1.0),
    ("qwen", "image", {"n": 3}, 0.6),
    ("qwen", "image", {"model": "wan2.7-image-pro"}, 2.0),
    ("qwen", "image", {"model": "qwen-image-2.0-pro-2026-03-03"}, 0.5),
    ("qwen", "video", {}, 5.0),
    ("qwen", "video", {"resolution": "720P", "duration": 3}, 1.8),
    ("qwen", "video", {"model": "wan2.7-r2v", "inputs": (PICTURE,), "resolution": "720P"}, 3.0),
    ("qwen", "video", {"model": "wan2.7-r2v", "inputs": (FILM,), "resolution": "720P"}, 6.0),
    ("qwen", "speech", {}, 0.0004),
    ("minimax", "image", {"n": 9}, 0.225),
    ("minimax", "video", {}, 2.0),
    ("minimax", "video", {"resolution": "1080P"}, 3.5),
    ("minimax", "video", {"duration": 10}, 4.0),
    ("minimax", "video", {**V2, "duration": 4}, 2.0),
    ("minimax", "video", {**V2, "resolution": "2K", "duration": 10}, 8.0),
    ("minimax", "speech", {}, 0.00175),
    ("minimax", "speech", {"model": "speech-01-hd"}, None),
    ("unified", "image", {}, None),
]


@pytest.mark.parametrize(("provider", "kind", "settings", "amount"), CASES)
def test_a_request_is_priced(
    emulator: Emulator, do: Do, provider: str, kind: Any, settings: dict[str, Any], amount: float | None
) -> None:
    price: Estimate = do(provider, "estimate", MediaRequest(kind, "a fox", **settings))
    assert price.amount == (None if amount is None else pytest.approx(amount))
    assert price.currency == (None if amount is None else "CNY") and price.why
    assert emulator.requests == []


@pytest.mark.parametrize(("provider", "characters"), [("minimax", 5), ("glm", 3)])
def test_how_characters_are_counted(emulator: Emulator, provider: str, characters: int) -> None:
    """MiniMax's page counts a Chinese character twice; of GLM no page says how."""
    price = Client(provider).estimate(MediaRequest("speech", "狐狸!"))
    assert price.why.startswith(f"{characters} character(s)")


def test_what_is_abroad_costs_what_the_page_abroad_says(emulator: Emulator) -> None:
    assert str(Client("glm", endpoint="api-global").estimate(MediaRequest("image", "x"))) == "about 0.015 USD"
    hailuo = Client("minimax", endpoint="api-global", api_key="sk-api-1").estimate(MediaRequest("video", "x"))
    assert str(hailuo) == "about 0.28 USD"


def test_what_cannot_be_sent_has_no_price(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="duration"):
        Client("qwen").estimate(MediaRequest("video", "x", duration=99))


PAGE = Source("documented", "a page", "2026-09")


@pytest.mark.parametrize(
    ("price", "inputs", "amount"),
    [
        (Price(("m",), 0.5, "CNY", "second", PAGE, usual={"duration": 4}), (), 2.0),
        (Price(("m",), 0.5, "CNY", "second", PAGE), (), None),
        (Price(("m",), 0.5, "CNY", "second", PAGE, usual={"duration": 4}, film_seconds=None), (FILM,), None),
        (Price(("m",), 0.5, "CNY", "video", PAGE, free_pictures=1, picture=0.2), (PICTURE,) * 3, 0.9),
        (Price(("m",), 0.5, "CNY", "video", PAGE, endpoints=frozenset({"elsewhere"})), (), None),
        (Price(("m",), 0.5, "CNY", "video", PAGE, when={"resolution": "4K"}), (), 0.5),
    ],
)
def test_units(price: Price, inputs: tuple[Media, ...], amount: float | None) -> None:
    assert estimate(MediaRequest("video", "x", inputs=inputs), "m", "api", [price]).amount == amount


def test_of_several_that_may_hold_the_dearest_counts() -> None:
    prices = [
        Price(("m",), cost, "CNY", "video", PAGE, when={"resolution": name}) for name, cost in (("a", 1), ("b", 3))
    ]
    assert estimate(MediaRequest("video", "x"), "m", "api", prices).amount == 3
    assert estimate(MediaRequest("video", "x", resolution="A"), "m", "api", prices).amount == 1
    assert estimate(MediaRequest("video", "x", resolution="c"), "m", "api", prices).why.endswith("is for resolution=c")


def test_every_price_is_of_something_that_is_sold() -> None:
    for provider in own_providers().values():
        endpoints = {one.name for one in provider.endpoints}
        for price in provider.prices:
            assert price.amount >= 0 and price.currency in ("CNY", "USD") and price.models
            assert price.endpoints is None or price.endpoints <= endpoints
            assert price.source.where.count("/") or price.source.kind == "inferred"


def test_a_result_says_what_it_cost(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    done = do("glm", "generate_image", "a fox")
    assert str(done.cost) == "about 0.1 CNY" and "bigmodel.cn" in done.cost.why
    made = do("glm", "make", MediaRequest("image", "a fox"), str(tmp_path), client={"journal": tmp_path})
    facts = json.loads(Path(f"{made.done[0].path}.json").read_text())
    assert (facts["cost"], facts["currency"]) == (0.1, "CNY") and "bigmodel.cn" in facts["priced_by"]
    assert made.done.cost.amount == 0.1 and made.purchase.to_json()["priced_by"] == facts["priced_by"]


def test_a_tool_says_what_it_costs(emulator: Emulator, tmp_path: Path) -> None:
    call = {"type": "tool_call", "id": "c", "name": "x", "args": {"prompt": "a fox"}}
    message = GenerateImageTool(provider="glm", output_dir=tmp_path).invoke(call)
    assert "It costs about 0.1 CNY" in message.content and message.artifact["cost"]["amount"] == 0.1
    begun = SubmitVideoTool(provider="minimax", output_dir=tmp_path).invoke(call)
    assert "It costs about 2 CNY" in begun.content and begun.artifact["cost"]["currency"] == "CNY"
    blocks = CNCodingToolSpec("unified", output_dir=tmp_path, show_progress=False).generate_image("a fox")
    assert "It costs" not in blocks[0].text
