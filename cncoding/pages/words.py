"""Cut text into search words: Chinese into pairs of characters, the rest into words, numbers and their values.

What is one thing in several spellings becomes one word: simplified and traditional, full-width and half-width, plural
and singular, GPT-4o and GPT4o, 3.2亿元 and 32,000万元, 第三季度 and Q3, 百分之五 and 5%.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache

from cncoding.pages.extras import require

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN_RUN = re.compile(rf"[{HAN}]+")
_TOKEN = re.compile(
    rf"[{HAN}]+"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?![a-z0-9])"
    rf"|[^\W_{HAN}]+(?:[-./_'][^\W_{HAN}]+)*"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?$")
_PIECE = re.compile(r"[^\W\d_]+|\d+[^\W\d_]*")
_JOINERS = re.compile(r"[-./_']")

_BROKEN = re.compile(rf"(?<=[{HAN}])[ \t]*\n[ \t]*(?=[{HAN}])")
_SPREAD = re.compile(rf"(?<![{HAN}])([{HAN}](?:[ \u3000][{HAN}])+)(?![{HAN}])")

_SCALES = {
    "百": 2,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
    "十亿": 9,
    "百亿": 10,
    "千亿": 11,
    "万亿": 12,
}
_SCALED = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?((?:[百千十]?万亿?|[百千十]?亿|百|千)|(?:million|billion|mn|bn)\b)")
_ENGLISH = {"million": 6, "mn": 6, "billion": 9, "bn": 9}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|个百分点|percent\b|per cent\b)")
_IN_HUNDRED = re.compile(r"百分之([零〇一二两三四五六七八九十百点\d.]+)")
_QUARTER = re.compile(r"(?:第?([一二三四1-4])季度?(?:报告?)?|\b([1-4])q\b|\bq([1-4])\b)")
_YEAR = re.compile(r"([〇零一二三四五六七八九]{4})(?=年)")
_DIGITS = {character: place for place, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}

_FILLERS = re.compile(
    r"(?:请)?(?:保留|精确)(?:至|到)?(?:小数点后)?[一二两三四\d]位(?:小数)?|单位(?:为|是|:)\S?元|多少(?:万|亿)?元|"
    r"能否|可否|能不能|可以|根据|按照|(?:请)?提供|给出|给我|我想知道|简要|简单|介绍|描述|概述|一下|详细(?:的)?(?:数据|信息|情况)?|"
    r"具体(?:是|的)?|分别(?:是|为)?|各(?:是|为|有)|(?<=[\u4e00-\u9fff]{2})增长率|"
    r"请问|请(?:告诉我|说明|介绍|列出|问)|告诉我|是(?:多少|什么|谁|哪[些个里家位]?|怎么样?|怎样|如何)|(?:有|为|达|了)(?:多少|哪些|什么|几)|"
    r"多少|什么时候|什么样|什么|哪(?:一|些|个|家|位|里|种|年)|怎么样?|怎样|如何|是否|有没有|能否|为何|为什么|几个|多久|谁|吗|呢|"
    r"\b(?:what|which|who|whom|whose|where|when|why|how|many|much|is|are|was|were|does|did|do|the|an?|of|in|on|at|for|to|"
    r"and|or|with|by|from|there|please|tell|me|about|say|says|this|that|it|its)\b"
)


@cache
def _simplify() -> dict[int, str]:
    """Return the table from traditional to simplified characters, taken once from OpenCC."""
    characters = [chr(code) for code in range(0x3400, 0xA000)]
    simple = require("opencc", "opencc").OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, simple, strict=True) if old != new}


def fold(text: str) -> str:
    """Bring text into one spelling: usual width, lower case, simplified characters."""
    return unicodedata.normalize("NFKC", text).lower().translate(_simplify())


def drop_fillers(question: str) -> str:
    """Take the words that only ask out of a folded question; the question itself if nothing else is left."""
    left = _FILLERS.sub(" ", question)
    return left if re.search(r"\w", left) else question


def cut_words(text: str) -> list[str]:
    """Cut the text of a page into search words, repeated ones as often as they stand there."""
    return _cut(_join_lines(fold(text)))


def cut_question(question: str) -> list[str]:
    """Cut a question into search words, each once."""
    return list(dict.fromkeys(_cut(drop_fillers(fold(question)))))


def cut_characters(text: str) -> list[str]:
    """Cut text into single Chinese characters: the fall-back when pairs find nothing."""
    return [character for run in _HAN_RUN.findall(fold(text)) for character in run]


def cut_characters_of_question(question: str) -> list[str]:
    """Cut a question into single Chinese characters, each once, without the words that only ask."""
    return list(dict.fromkeys(cut_characters(drop_fillers(fold(question)))))


def is_pair(word: str) -> bool:
    """Tell whether a search word is a pair of Chinese characters."""
    return len(word) == 2 and word[0] >= "\u3400" and _HAN_RUN.fullmatch(word) is not None


def _join_lines(text: str) -> str:
    joined = _BROKEN.sub("", text)
    return _SPREAD.sub(lambda found: re.sub(r"\s", "", found[1]), joined)


def _cut(text: str) -> list[str]:
    words = _cut_values(text)
    for token in _TOKEN.findall(text):
        first = token[0]
        if first >= "\u3400" and _HAN_RUN.match(first):
            words += [token[place : place + 2] for place in range(len(token) - 1)] if len(token) > 1 else [token]
        elif _NUMBER.match(token):
            words += _spell_number(token)
        else:
            words += _cut_compound(token)
    return words


def _cut_compound(token: str) -> list[str]:
    joined = _JOINERS.sub("", token)
    pieces = _PIECE.findall(token)
    if len(pieces) < 2:
        return [_stem(token)]
    return [joined, *(_stem(piece) for piece in pieces if len(piece) > 1)]


def _stem(word: str) -> str:
    """Cut the commonest English endings off; both sides of a search lose the same."""
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            stem = word[: -len(ending)]
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "ls" else stem
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


# ---------------------------------------------------------------- numbers


def _spell_number(token: str) -> list[str]:
    plain = token.replace(",", "")
    return [plain, *_round(plain, 0)]


def _cut_values(text: str) -> list[str]:
    """Return the values that text states with a unit, in one spelling each."""
    words = []
    for number, unit in _SCALED.findall(text):
        words += _round(number.replace(",", ""), _ENGLISH.get(unit) or _SCALES.get(unit, 0))
    words += [f"{Decimal(number).normalize():f}%" for number in _PERCENT.findall(text)]
    for said in _IN_HUNDRED.findall(text):
        number = read_number(said)
        words += [f"{number}%"] if number else []
    words += [f"q{_DIGITS.get(one, one)}" for found in _QUARTER.findall(text) for one in found if one]
    words += ["".join(str(_DIGITS[digit]) for digit in year) for year in _YEAR.findall(text)]
    return words


def _round(number: str, scale: int) -> list[str]:
    """Return a large number in full and with three digits, so that 3.2亿 meets 320,123,456."""
    try:
        value = Decimal(number).scaleb(scale)
    except InvalidOperation:
        return []
    if value < 10_000:
        return []
    return [f"={value.normalize():f}", f"≈{value:.2e}"]


def read_number(said: str) -> str | None:
    """Read a Chinese or Arabic number below ten thousand, for example 四十, 一百零二 or 12.5; None if it is none."""
    if re.fullmatch(r"\d+(?:\.\d+)?", said):
        return f"{Decimal(said).normalize():f}"
    whole, _, part = said.partition("点")
    if not whole or any(one not in _DIGITS and one not in "十百千" for one in whole):
        return None
    total = digit = 0
    for one in whole:
        if one in _DIGITS:
            digit = _DIGITS[one] if not digit else digit * 10 + _DIGITS[one]
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100, "千": 1000}[one], 0
    tail = "".join(str(_DIGITS[one]) for one in part if one in _DIGITS)
    return f"{total + digit}.{tail}" if tail else str(total + digit)
