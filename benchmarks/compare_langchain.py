"""Compare `langchain_cncoding` with the packages that users come from, on the same emulator, and print the table.

    python -m benchmarks.compare_langchain                       # with this interpreter
    python -m benchmarks.compare_langchain --python .venv-compare/bin/python --write

The interpreter needs the emulator's and the LangChain adapter's dependencies and whichever peers are to be compared
(`make compare` makes such an environment). Peers that are not installed are left out; without any, nothing is
compared and the exit status is 0.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "langchain-comparison.md"
SUBJECTS = (
    "cncoding",
    "langchain-openai",
    "langchain-deepseek",
    "langchain-qwq",
    "langchain-openrouter",
    "langchain-litellm",
)
FAILED = "\N{EN DASH}"
MARKS = {"": "yes", "n/a": "n/a"}
VERSIONS = ("langchain-core", "langchain", "langgraph", "openai", "litellm")
INTRODUCTION = """\
# What other LangChain packages do with a thinking model

Made by `python -m benchmarks.compare_langchain` (`make compare`): every row is a test in
`benchmarks/langchain_probe.py`, run over sockets against this project's emulator with a model that thinks. The
emulator wants the reasoning of a tool loop back, refuses a forced tool choice while the model thinks, and answers
errors as the vendor documents them. `langchain-qwq` talks to the emulator's Qwen, `langchain-openrouter` to the
wcode gateway (OpenRouter's dialect), all others to its DeepSeek. A dash is a test that failed; what each package
does with other vendors is not tested here, and a vendor may be more lenient than its documentation.
"""


def ask(python: str, subject: str) -> dict[str, Any] | None:
    """Return what one package can do, None if it is not installed there."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [python, "-m", "benchmarks.langchain_probe", subject]
    module = subject.replace("-", "_") if subject != "cncoding" else "langchain_cncoding"
    if subprocess.run([python, "-c", f"import {module}"], env=environment, capture_output=True, check=False).returncode:
        return None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=600)
    return json.loads(done.stdout.splitlines()[-1])


def versions(python: str) -> dict[str, str]:
    """Return the versions of the frameworks in that interpreter."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({name: found[name] for name in sys.argv[1:] if name in found}))"
    )
    done = subprocess.run([python, "-c", code, *VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def table(answers: dict[str, dict[str, Any]]) -> str:
    """Return the comparison as Markdown, one row a test."""
    head = ["", *(f"{subject} {answer['version']}" for subject, answer in answers.items())]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in next(iter(answers.values()))["rows"]:
        marks = ("yes" if not answer["rows"][row] else "–" for answer in answers.values())
        lines.append(f"| {row} | " + " | ".join(marks) + " |")
    sums = (sum(not failure for failure in answer["rows"].values()) for answer in answers.values())
    total = len(next(iter(answers.values()))["rows"])
    lines.append("| **rows of " + str(total) + "** | " + " | ".join(f"**{count}**" for count in sums) + " |")
    return "\n".join(lines)


def main() -> int:
    """Compare, print and, if asked to, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--why", action="store_true", help="say of each failed row what happened")
    options = parser.parse_args()
    found = {subject: answer for subject in SUBJECTS if (answer := ask(options.python, subject))}
    if set(found) <= {"cncoding"}:
        print("no peer is installed in that interpreter; nothing compared (see `make compare`)")
        return 0
    frameworks = ", ".join(f"{name} {number}" for name, number in versions(options.python).items())
    page = f"{INTRODUCTION}\n{table(found)}\n\nVersions: {frameworks}.\n"
    print(page)
    if options.why:
        for subject, answer in found.items():
            for row, failure in answer["rows"].items():
                if failure:
                    print(f"{subject}: {row}: {failure}")
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
