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
from pathlib import Path

from cncoding_emulator import Emulator
from tests.docs.blocks import READMES, ROOT, Program, list_pages, make_files, read_programs

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


class Bench:
    """A wheel, and an environment for each set of extras."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder, self.environ = folder, environ
        self.uv = str(Path(sys.executable).parent / "uv")
        self.made: dict[tuple[str, ...], Path] = {}
        subprocess.run([self.uv, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", ROOT], check=True)
        (self.wheel,) = (folder / "dist").glob("*.whl")

    def python(self, extras: tuple[str, ...]) -> Path:
        if extras not in self.made:
            place = self.folder / ("env-" + "-".join(extras or ("bare",)))
            named = f"[{','.join(extras)}]" if extras else ""
            subprocess.run([self.uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
            install = [self.uv, "pip", "install", "--quiet", "--python", place / "bin/python", f"{self.wheel}{named}"]
            subprocess.run(install, check=True)
            self.made[extras] = place / "bin" / "python"
        return self.made[extras]

    def run(self, program: Program, extras: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as place:
            make_files(Path(place), program)
            script = Path(place) / "program.py"
            script.write_text(program.code, encoding="utf-8")
            command = [self.python(extras), script]
            return subprocess.run(command, cwd=place, env=self.environ, capture_output=True, text=True)


def main(whole: bool) -> int:
    pages = list_pages() if whole else [path for path in READMES if path.exists()]
    programs = [program for path in pages for program in read_programs(path)]
    lines = [(Program("one line", code), extras) for extras, code in LINES.items()]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, Emulator() as emulator:
        hidden = ("PYTHONPATH", "VIRTUAL_ENV")
        environ = {name: value for name, value in os.environ.items() if name not in hidden} | emulator.env()
        bench = Bench(Path(folder), environ)
        for program, extras in [*((one, one.extras) for one in programs), *lines]:
            done = bench.run(program, extras)
            wanted = REFUSALS.get(extras) if program.page == "one line" else None
            right = wanted in done.stderr if wanted else done.returncode == 0
            wrong += not right
            print(f"{'ok  ' if right else 'FAIL'} {program.page} with [{','.join(extras)}]", flush=True)
            if not right:
                print(done.stdout[-500:] + done.stderr[-1500:], flush=True)
    print(f"{wrong} failed")
    return min(wrong, 1)


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--all", action="store_true", help="the pages of docs/ too")
    sys.exit(main(reader.parse_args().all))
