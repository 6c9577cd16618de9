"""The first path of a stranger: the wheel in clean environments, each with the one extra that is named.

`python -m tests.docs.first_path [--all]` builds the wheel, makes an environment for each set of extras that the
programs of the READMEs need (`--all`: of the pages too), and runs every program in its environment against the
emulator, which runs in this process. Then each extra is used once by itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cncoding_emulator import Emulator
from tests.docs.blocks import READMES, Program, drop_translations, list_pages, make_files, read_programs
from tests.wheels import CleanEnvironments, hide_checkout

LINES = {
    ("langchain",): "from langchain_cncoding import ChatKimi; print(ChatKimi().invoke('你好').text)",
    ("llamaindex",): "from llamaindex_cncoding import GLM; print(GLM().complete('你好'))",
    ("cli",): "import sys; from cncoding_cli import main; sys.argv = ['cncoding', 'chat', 'kimi', '你好']; main()",
    ("emulator",): "from cncoding_emulator import Emulator; Emulator().start().stop()",
    ("pages",): "from cncoding.pages import Library; print(Library().search('x').reason)",
    ("all",): "import sys; from cncoding_cli import main; sys.argv = ['cncoding', 'demo']; main()",
    (): "import langchain_cncoding",
}
REFUSALS = {(): 'langchain-core >= 1.6 is not installed: pip install --upgrade "cncoding[langchain]"'}


_AT_ONCE = 3
"""Programs that run at the same time: they wait for imports more than for one another."""


def run(program: Program, python: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder of its own, beside the files that its page shows."""
    with tempfile.TemporaryDirectory() as place:
        make_files(Path(place), program)
        script = Path(place) / "program.py"
        script.write_text(program.code, encoding="utf-8")
        return subprocess.run([python, script], cwd=place, env=environ, capture_output=True, text=True)


def main(whole: bool, folder: Path | None) -> int:
    pages = list_pages() if whole else [path for path in READMES if path.exists()]
    programs = drop_translations(program for path in pages for program in read_programs(path))
    jobs = [(one, one.extras) for one in programs] + [(Program("one line", code), key) for key, code in LINES.items()]
    clean = CleanEnvironments(folder)
    clean.make_all([(extras, ()) for _, extras in jobs])
    wrong = 0
    with Emulator() as emulator, ThreadPoolExecutor(_AT_ONCE) as pool:
        environ = hide_checkout(dict(os.environ)) | emulator.env()
        ends = pool.map(lambda job: run(job[0], clean.python(job[1]), environ), jobs)
        for (program, extras), done in zip(jobs, ends, strict=True):
            wanted = REFUSALS.get(extras) if program.page == "one line" else None
            right = wanted in done.stderr if wanted else done.returncode == 0
            wrong += not right
            print(f"{'ok  ' if right else 'FAIL'} {program.page} with [{','.join(extras)}]", flush=True)
            if not right:
                print(done.stdout[-500:] + done.stderr[-1500:], flush=True)
    print(f"{len(jobs) - wrong} passed, {wrong} failed")
    return min(wrong, 1)


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--all", action="store_true", help="the pages of docs/ too")
    reader.add_argument("--environments", type=Path, help="where they are made and kept; beside this one if left out")
    asked = reader.parse_args()
    sys.exit(main(asked.all, asked.environments))
