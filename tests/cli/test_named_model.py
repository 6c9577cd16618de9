"""`cncoding chat --model NAME` with a name of cncoding.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run

GOOD = "models:\n  fast:\n    provider: glm\n    model: glm-5.3-flash\n    temperature: 0.25\n"


def test_a_name_of_the_file(run: Run, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cncoding.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    emulator.script("say 答案", "glm")
    done = run("chat", "--model", "fast", "你好", "--max-tokens", "77")
    assert (done.code, done.out) == (0, "答案\n")
    sent = emulator.requests[-1].json
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("glm-5.3-flash", 0.25, 77)
    run("chat", "glm", "--model", "glm-4.7", "hi")
    assert emulator.requests[-1].json["model"] == "glm-4.7"
    (tmp_path / "cncoding.yaml").write_text("models:\n  fast:\n    provider: glmm\n")
    done = run("chat", "--model", "fast", "hi")
    assert done.code != 0 and "line 3, column 5" in done.err
