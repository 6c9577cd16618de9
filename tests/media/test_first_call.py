"""What a tool tells a model is what it takes: a call that keeps to the schema is right at the first time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import Client, ConfigError, MediaToolCall, MediaToolSettings, PurchaseDeclinedError
from cncoding_emulator import Emulator
from tests.media.conftest import MAKERS

MADE = ("generate_image", "submit_image", "edit_image", "generate_video", "submit_video")
ABSENT = {("glm", "edit_image"), ("minimax", "submit_image"), ("unified", "submit_image")}


def draw(folder: Path, count: int) -> list[str]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (1280, 720), (40 * number, 9, 9)).save(path)
    return [str(path) for path in paths]


def list_calls(client: Client, tool: str, pictures: list[str]) -> Iterator[dict[str, Any]]:
    """Yield calls that keep to what the tool says: every value alone, with words and with each number of pictures."""
    told = {one.name: one for one in client.list_arguments(tool)}
    inputs: list[dict[str, Any]] = [] if tool == "edit_image" else [{}]
    for name in ("images", "references"):
        if name in told:
            most = min(told[name].rules["maxItems"], len(pictures))
            inputs += [{name: pictures[:count]} for count in range(1, most + 1)]
    for given in inputs:
        yield given
        for name in ("duration", "resolution", "size", "count"):
            if name in told:
                yield from ({name: value, **given} for value in list_values(told[name], given))


def list_values(argument: Any, given: dict[str, Any]) -> list[Any]:
    """Return the values that the description leaves for these inputs."""
    rules, text = argument.rules, argument.description
    (way,) = given or ("words",)
    if (left := text.partition(f"ith {way} ")[2].partition(";")[0].rstrip(".")) == "leave it out":
        return []
    if left:
        return [int(one) if argument.type == "integer" else one for one in left.split(" or ")]
    return list(rules.get("enum") or [rules[name] for name in ("minimum", "maximum") if name in rules])


@pytest.mark.parametrize(("maker", "tool"), [one for one in itertools.product(MAKERS, MADE) if one not in ABSENT])
def test_every_value_that_is_told_is_taken(emulator: Emulator, tmp_path: Path, maker: str, tool: str) -> None:
    client = Client(maker)
    calls = list(list_calls(client, tool, draw(tmp_path, 3)))
    assert calls
    for call in calls:
        # Everything is checked before a person is asked, who is not there.
        with pytest.raises(PurchaseDeclinedError, match="nobody can be asked here"):
            made = MediaToolCall(tool, {"prompt": "a fox", **call})
            client.use_tool(made, MediaToolSettings(folder=str(tmp_path), confirm_above=0.0))
    assert not emulator.requests


def read(provider: str, tool: str, name: str, **settings: Any) -> str:
    found = Client(provider).list_arguments(tool, MediaToolSettings(**settings))
    return next(one.description for one in found if one.name == name)


def test_limits_are_told_in_words_too(emulator: Emulator) -> None:
    """Some clients of MCP pass on no keyword of a schema but its type."""
    assert read("qwen", "generate_video", "duration").endswith("Takes 2 to 15.")
    assert read("glm", "generate_video", "duration").endswith("Takes 5 or 10; with references leave it out.")
    assert read("glm", "generate_video", "size").endswith("With references 1280x720.")
    assert read("minimax", "generate_video", "resolution").endswith(
        "Takes 768P or 1080P; with references 768P; with videos 768P."
    )
    assert read("qwen", "edit_image", "size").endswith("With mask leave it out.")
    assert "with" not in read("minimax", "generate_video", "duration", models={"generate_video": "MiniMax-H3"})
    assert "4K" not in read("qwen", "submit_image", "size")
    assert "4K" in read("qwen", "submit_image", "size", models={"submit_image": "wan2.7-image-pro"})


def test_a_gateway_that_names_no_limits_tells_none(emulator: Emulator) -> None:
    told = {one.name: one for one in Client("unified").list_arguments("generate_video")}
    assert told["duration"].rules == {"minimum": 1} and "Takes" not in told["duration"].description
    assert told["resolution"].rules == {"enum": ["720P", "1080P"]}, "what serves words takes no 768P"
    size = read("unified", "generate_image", "size")
    assert "pixels" not in size and "such as 1024x1024" in size


@pytest.mark.parametrize(
    ("maker", "arguments", "text"),
    [
        ("glm", {"images": 1, "references": 1}, "images= and references=: no model of glm takes them together"),
        (
            "minimax", {"images": 2, "duration": 10, "resolution": "1080P"},
            "duration=10: MiniMax-Hailuo-02 makes 1080P of 6 s only",
        ),
        ("qwen", {"videos": 1, "size": "1024x1024"}, "size="),
    ],
)  # fmt: skip
def test_what_is_refused_is_what_can_be_mended(
    emulator: Emulator, tmp_path: Path, maker: str, arguments: dict[str, Any], text: str
) -> None:
    given = {
        name: ["https://a.example/fox.mp4"] if name == "videos" else draw(tmp_path, value)
        if name in ("images", "references") else value
        for name, value in arguments.items()
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        call = MediaToolCall("generate_video", {"prompt": "a fox", **given})
        Client(maker).use_tool(call, MediaToolSettings(folder=str(tmp_path)))
    assert text in str(caught.value) and not emulator.submissions


def test_a_count_beyond_what_is_told_is_refused_by_the_argument(emulator: Emulator, tmp_path: Path) -> None:
    call = MediaToolCall("submit_image", {"prompt": "a fox", "count": 5})
    with pytest.raises(ConfigError, match=r"^count=5: wan2.7-image takes a whole number from 1 to 4"):
        Client("qwen").use_tool(call, MediaToolSettings(folder=str(tmp_path)))


def test_an_option_that_lets_a_model_make_more_is_told(emulator: Emulator, tmp_path: Path) -> None:
    """`enable_sequential` of Wan makes one story of up to 12 pictures, which cannot be split over calls."""
    client = Client("qwen", journal=tmp_path)
    for options, most, calls in (({}, 4, 3), ({"enable_sequential": True}, 12, 1)):
        settings = MediaToolSettings(
            folder=str(tmp_path), models=dict.fromkeys(("submit_image", "generate_image"), "wan2.7-image"),
            options={"*": options},
        )  # fmt: skip
        told = {one.name: one.rules for one in client.list_arguments("submit_image", settings)}
        assert told["count"] == {"minimum": 1, "maximum": most}
        client.use_tool(MediaToolCall("submit_image", {"prompt": "a fox", "count": most}), settings)
        client.use_tool(MediaToolCall("generate_image", {"prompt": "a fox", "count": 12}), settings)
        assert [one.json["parameters"]["n"] for one in emulator.requests if one.method == "POST"] == [
            most, *([12 // calls] * calls),
        ]  # fmt: skip
        emulator.reset()


@pytest.mark.parametrize("size", ["7x7", "1000x1001"])
def test_a_size_is_refused_in_the_words_in_which_it_is_told(emulator: Emulator, tmp_path: Path, size: str) -> None:
    assert "WIDTHxHEIGHT with sides of 512 to 2048 in steps of 8" in read("minimax", "generate_image", "size")
    call = MediaToolCall("generate_image", {"prompt": "a fox", "size": size})
    with pytest.raises(ConfigError, match=rf"^size='{size}': image-01 takes a width and a height from 512 to"):
        Client("minimax").use_tool(call, MediaToolSettings(folder=str(tmp_path)))


@pytest.mark.parametrize("size", ["wide", "1K", "512"])
def test_what_is_no_size_is_told_what_a_size_is(emulator: Emulator, tmp_path: Path, size: str) -> None:
    call = MediaToolCall("generate_image", {"prompt": "a fox", "size": size})
    with pytest.raises(ConfigError, match=rf"^size='{size}': qwen-image-2.0 takes WIDTHxHEIGHT with at most"):
        Client("unified").use_tool(call, MediaToolSettings(folder=str(tmp_path)))


def test_an_option_of_the_kit_is_not_taken_for_an_argument(emulator: Emulator, tmp_path: Path) -> None:
    settings = MediaToolSettings(folder=str(tmp_path), options={"generate_image": {"prompt_optimizer": "x"}})
    with pytest.raises(ConfigError, match=r"^prompt_optimizer: image-01 takes True or False"):
        Client("minimax").use_tool(MediaToolCall("generate_image", {"prompt": "x"}), settings)
