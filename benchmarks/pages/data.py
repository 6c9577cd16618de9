"""The two sets of the benchmark, read from clones or downloaded from where they are published.

MetaGLM/FinGLM holds the annual report 600201 of 2020 (195 pages); IAAR-Shanghai/CRUD_RAG holds news and questions.
Nothing of them is kept in this repository but digests of items.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from urllib.parse import quote

import httpx

FINGLM = "MetaGLM/FinGLM"
CRUD = "IAAR-Shanghai/CRUD_RAG"
REPORT = (
    "code/结婚买房代代韭菜/serving/test_data/allpdf/"
    "2021-04-23__金宇生物技术股份有限公司__600201__生物股份__2020年__年度报告.pdf"
)
OTHER_REPORT = (
    "code/结婚买房代代韭菜/serving/test_data/allpdf/"
    "2020-04-16__四方科技集团股份有限公司__603339__四方科技__2019年__年度报告.pdfg"
)
QUESTIONS = "src/quest_eval/QuestAnswer1Doc_quest_gt_save.json"
PARTS = tuple(f"data/80000_docs/documents_dup_part_{n}_part_{m}" for n in range(1, 16) for m in (1, 2, 3)) + tuple(
    f"data/80000_docs/documents_hallu.txt_part_{m}" for m in (1, 2, 3)
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cncoding" / "benchmarks"
GOLD = Path(__file__).with_name("news_gold.json")
OTHERS = 20_000
SHORTEST_NAME = 3
UNANSWERED = "无法推断"


class NoDataError(Exception):
    """The set is not to be had here."""


def read_published(repository: str, path: str, clone: Path | None) -> bytes:
    """Read a file of a repository: from a clone (bare ones too), from the cache, or from GitHub.

    Raises:
        NoDataError: It is in none of them.
    """
    if clone:
        return _read_clone(clone, path)
    kept = CACHE / repository / path
    if kept.is_file():
        return kept.read_bytes()
    try:
        reply = httpx.get(
            f"https://raw.githubusercontent.com/{repository}/HEAD/{quote(path)}", timeout=60, follow_redirects=True
        )
        reply.raise_for_status()
    except httpx.HTTPError as error:
        raise NoDataError(f"{repository}: {path}: {error}; clone it and name it with --finglm or --crud") from error
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(reply.content)
    return reply.content


def _read_clone(clone: Path, path: str) -> bytes:
    if (clone / path).is_file():
        return (clone / path).read_bytes()
    done = subprocess.run(["git", "-C", str(clone), "show", f"HEAD:{path}"], capture_output=True)
    if done.returncode:
        raise NoDataError(f"{clone}: {path}: {done.stderr.decode(errors='replace').strip()[:200]}")
    return done.stdout


def name_item(text: str) -> str:
    """Return the digest under which an item of news is known."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]


@dataclass(frozen=True)
class News:
    """Items of news, questions with the place of the item that answers them, and which name what they ask about."""

    items: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    naming: tuple[bool, ...]


def read_news(clone: Path | None, others: int = OTHERS) -> News:
    """Read the news set: the items that answer, and so many others, the first in the order of their digests."""
    gold: dict[str, str] = json.loads(GOLD.read_text(encoding="utf-8"))
    asked = json.loads(read_published(CRUD, QUESTIONS, clone))
    items = _read_items(clone)
    answering = sorted(set(gold.values()) & set(items))
    rest = sorted(set(items) - set(answering))[:others]
    places = {digest: place for place, digest in enumerate([*answering, *rest])}
    questions, naming = [], []
    for identity, digest in gold.items():
        one = asked.get(identity)
        if one is None or digest not in places:
            continue
        for question, answer in zip(one["question"], one["answers"], strict=False):
            if UNANSWERED not in answer:
                questions.append((question, places[digest]))
                naming.append(any(len(key) >= SHORTEST_NAME and key in question for key in one["key_info"]))
    return News(tuple(items[digest] for digest in places), tuple(questions), tuple(naming))


def _read_items(clone: Path | None) -> dict[str, str]:
    items: dict[str, str] = {}
    missing = []
    for path in PARTS:
        try:
            data = read_published(CRUD, path, clone)
        except NoDataError as error:
            missing.append(str(error))
            continue
        for line in data.decode("utf-8", "replace").splitlines():
            if line.strip():
                items.setdefault(name_item(line.strip()), line.strip())
    if not items:
        raise NoDataError(missing[0])
    if missing:
        print(f"news: {len(missing)} of {len(PARTS)} parts are not to be had here; the others are used")
    return items


def read_report(clone: Path | None, code: str = "600201") -> bytes:
    """Read an annual report."""
    return read_published(FINGLM, REPORT if code == "600201" else OTHER_REPORT, clone)
