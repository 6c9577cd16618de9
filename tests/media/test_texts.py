"""Long texts in pieces: nothing lost, nothing too long, nothing cut that belongs together."""

from __future__ import annotations

import random
import re
import unicodedata

import pytest

from cncoding import ConfigError
from cncoding.media.sound.texts import split_text

CHINESE = "一只狐狸在雪地里。它看见了月亮！“真美啊。”它说：你也来看吗？……是的；我来了。"
ENGLISH = 'The fox ran. "Stop!" it cried. Dr. Smith paid $3.14 at example.com, i.e. too much. Was it? Yes; it was.'
MIXED = "今天我们用 Python 3.12 写代码。It works! 版本是 v1.0.3，见 https://example.com/a.b?c=d。ok? 好的。\n\n"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, MIXED * 3, "a" * 50, "🦊" * 40, "狐" * 40, "x y " * 30])
@pytest.mark.parametrize("most", [5, 10, 17, 30, 64])
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, most: int) -> None:
    pieces = split_text(text, most)
    assert squeeze("".join(pieces)) == squeeze(text)
    assert all(0 < len(one) <= most and one == one.strip() for one in pieces)


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("一。二。三。", 4, ("一。二。", "三。")),
        ("“一二。”三四。", 6, ("“一二。”", "三四。")),
        ("One. Two three. Four", 15, ("One. Two three.", "Four")),
        ("One. Two three. Four", 14, ("One.", "Two three.", "Four")),
        ("It is 3.14 or so. Yes", 18, ("It is 3.14 or so.", "Yes")),
        ("Ask Dr. Who now. Yes", 17, ("Ask Dr. Who now.", "Yes")),
        ("see example.com now", 12, ("see", "example.com", "now")),
        ("一二三，四五六七八", 6, ("一二三，", "四五六七八")),
        ("para one.\n\npara two is here. more", 20, ("para one.", "para two is here.", "more")),
        ("真的！！！？？", 3, ("真的！", "！！？", "？")),
        ("one two three", 7, ("one two", "three")),
        ("  \n one. \n\n ", 10, ("one.",)),
        (" \n\t ", 10, ()),
    ],
)
def test_where_a_text_is_cut(text: str, most: int, pieces: tuple[str, ...]) -> None:
    assert split_text(text, most) == pieces


@pytest.mark.parametrize("tag", ["<#0.5#>", "(laughs)", "(chu3)", "（笑）", "[sigh, long. really]"])
@pytest.mark.parametrize("most", [24, 27, 30])
def test_a_tag_is_never_cut(tag: str, most: int) -> None:
    for text in ((f"好{tag}的。" * 20), (f"word{tag} " * 20), f"{tag}" * 20, f"狐狸{tag}" * 20):
        assert sum(one.count(tag) for one in split_text(text, most)) == 20


@pytest.mark.parametrize("one", ["👨‍👩‍👧‍👦", "👍🏽", "🇨🇳", "é", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "นี้", "❤️"])
@pytest.mark.parametrize("most", [16, 17, 19, 23])
def test_a_character_is_never_cut(one: str, most: int) -> None:
    one = unicodedata.normalize("NFD", one)
    assert sum(piece.count(one) for piece in split_text(one * 30, most)) == 30


def test_the_last_piece_is_not_a_few_words() -> None:
    sizes = [len(one) for one in split_text("The_fox_ran!" * 41, 240)]
    assert sizes == [192, 192, 108]


def test_halves_of_characters() -> None:
    assert split_text("a\ud83e\udd8ab", 10) == ("a🦊b",)
    for text in ("a\ud83e", "\udd8a", "x" * 100 + "\ud83e" + "y" * 100):
        with pytest.raises(ConfigError, match="half a character"):
            split_text(text, 50)


def test_a_book_is_split_in_a_moment() -> None:
    """A hundred thousand characters, also without any mark, and what would make a careless pattern slow."""
    for text in (
        CHINESE * 2500,
        "狐" * 100_000,
        "(" * 50_000,
        "<#" * 50_000,
        "a." * 50_000,
        "…" * 100_000,
        " \n" * 50_000 + "a",
    ):
        pieces = split_text(text, 1024)
        assert squeeze("".join(pieces)) == squeeze(text) and max(map(len, pieces)) <= 1024


def test_random_texts() -> None:
    dice = random.Random(7)
    parts = [
        "一二三",
        "。",
        "！",
        "word ",
        ". ",
        "\n\n",
        "🦊",
        "(laughs)",
        "<#1#>",
        "，",
        "“",
        "”",
        "3.14",
        "é",
        " ",
        "(",
    ]
    for _ in range(400):
        text = "".join(dice.choices(parts, k=dice.randint(0, 60)))
        most = dice.randint(9, 40)
        pieces = split_text(text, most)
        assert squeeze("".join(pieces)) == squeeze(text) and all(0 < len(one) <= most for one in pieces), (text, most)
