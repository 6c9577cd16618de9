from __future__ import annotations

import io

import pytest
from PIL import Image

from cncoding_emulator import image_marks
from cncoding_emulator.media.pictures import colour_of, mark_of, paint
from cncoding_emulator.vision import COLOURS, main_colour

PROMPTS = ["a red cat", "一只可爱的猫咪在花园里玩耍", "A poster of a very long prompt, with commas " * 20, "x"]


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", [(1024, 1024), (512, 2048), (1664, 928), (480, 360)])
def test_exact_size_and_a_mark_that_reads_back(size: tuple[int, int], form: str) -> None:
    for prompt in PROMPTS:
        image = Image.open(io.BytesIO(paint(prompt, *size, form=form)))
        assert (image.size, image.format) == (size, form.upper())
        assert image_marks.read(image.convert("RGB")) == mark_of(prompt)


def test_the_mark_survives_half_the_size() -> None:
    image = Image.open(io.BytesIO(paint("a red cat", 1024, 1024))).resize((512, 512))
    assert image_marks.read(image) == "a red cat"


def test_marks_tell_prompts_apart() -> None:
    assert mark_of("hello") == "hello"
    assert len({mark_of(p) for p in ("猫", "狗", "a" * 23, "a" * 24, "猫 cat")}) == 5
    assert all(len(mark_of(p)) <= 22 for p in PROMPTS)


def test_colours_named_in_the_prompt() -> None:
    assert colour_of("ein red Haus") == COLOURS["red"]
    assert colour_of("蓝色的海") == COLOURS["blue"]
    assert main_colour(Image.open(io.BytesIO(paint("红色的苹果", 640, 640)))) == "red"


def test_words_change_the_picture() -> None:
    assert paint("one thing", 512, 512) != paint("other thing", 512, 512)
    assert paint("one thing", 512, 512) != paint("one thing", 512, 512, number=1)
    assert paint("one thing", 512, 512) == paint("one thing", 512, 512)
