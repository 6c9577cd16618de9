"""Read which documents a model chose, in the many forms in which models answer: for LlamaIndex's `LLMRerank`."""

from __future__ import annotations

import re
import unicodedata
import warnings

from cncoding import CncodingWarning

_DOC = r"(?:doc(?:ument)?s?|文档|文件|资料|来源|页面|编号|序号|选项|choice|number|第)"
_SCORE = r"(?:relevance|score|rating|相关性|相关度|相关程度|评分|得分|分数|分值|打分)"
_GLUE = r"[\s\"'*_:=#()\[\]号页份个为是]*"
_PAIR = re.compile(rf"{_DOC}{_GLUE}(\d+)[^\d\n]{{0,40}}?{_SCORE}[^\d\n]{{0,12}}?(\d+(?:\.\d+)?)", re.I)
_LINE = re.compile(
    rf"^\W*(?:{_DOC}{_GLUE})?(\d+)\s*[页号份个]?\s*[.:|)\-—–][^\d\n]{{0,40}}?(\d+(?:\.\d+)?)\s*(?:分|/\s*10)?\W*$",
    re.I | re.M,
)
_DENIAL = re.compile(r"^\W*无\W*$|没有|无相关|均不|都不|无关|\bnone\b|\bno (?:relevant )?doc", re.I)


def parse_choices(answer: str, num_choices: int, raise_error: bool = False) -> tuple[list[int], list[float]]:
    """Read which documents a model chose, in the many forms in which models answer, Chinese ones included.

    To be given to `LLMRerank` and `SummaryIndexLLMRetriever` as `parse_choice_select_answer_fn`; LlamaIndex's own
    function reads only `Doc: 1, Relevance: 9` and drops everything else without a word.

    Args:
        answer: For example `文档：1，相关性：9`, `**Doc 3** (relevance 7/10)`, a JSON list, or `1、3`.
        num_choices: How many documents there were; other numbers are ignored.
        raise_error: Raise for an unreadable answer instead of choosing everything with a warning.

    Returns:
        Numbers from 1 and their scores, in the order of the answer; empty if the model said that none fits.

    Raises:
        ValueError: The answer is unreadable and `raise_error` is set.
    """
    text = unicodedata.normalize("NFKC", answer)
    pairs = [(int(number), float(score)) for number, score in _PAIR.findall(text) or _LINE.findall(text)]
    if not pairs and not _DENIAL.search(text):
        pairs = [(int(number), 1.0) for number in re.findall(r"\d+", text)]
        if not pairs:
            if raise_error:
                raise ValueError(f"no document numbers in {answer[:200]!r}")
            warnings.warn(
                f"rerank: no document numbers in {answer[:80]!r}; all are kept", CncodingWarning, stacklevel=2
            )
            pairs = [(number, 1.0) for number in range(1, num_choices + 1)]
    chosen: dict[int, float] = {}
    for number, score in pairs:
        if 1 <= number <= num_choices:
            chosen.setdefault(number, score)
    return list(chosen), list(chosen.values())
