"""Models that cncoding.yaml names, without a framework and on the command line."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cncoding import ConfigError, load_configuration, open_named
from cncoding_cli.app import build
from cncoding_emulator import Emulator
from tests.plans.pictures import DOT

GOOD = """
models:
  fast:
    provider: glm
    model: glm-5.3-flash
    temperature: 0.25
    thinking: false
    max_retries: 0
  spare:
    provider: deepseek
    streaming: true
  both:
    over: [fast, spare]
    max_tokens: 77
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cncoding.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)


def test_a_client_by_name(emulator: Emulator) -> None:
    found = load_configuration()
    with open_named(found) as client:
        client.chat("hi")
    sent = emulator.requests[-1].json
    assert sent["model"] == "glm-5.3-flash" and sent["temperature"] == 0.25
    assert sent["thinking"] == {"type": "disabled"}
    emulator.spend("glm")
    with open_named(found, "both") as client:
        reply = client.chat("hi")
    assert reply.provider == "deepseek" and reply.tried[0]["provider"] == "glm"
    assert 77 in emulator.requests[-1].json.values()
    with pytest.raises(ConfigError, match="did you mean 'fast'"):
        open_named(found, "fst")


def test_a_wrong_setting_names_the_file(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("models:\n  a:\n    provider: glm\n    temperature: hot\n")
    with pytest.raises(ConfigError, match=r"wrong.yaml, line 4, column 5: models.a.temperature"):
        open_named(load_configuration(file))


def test_see_keeps_what_the_file_says_of_the_client(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "cncoding.yaml").write_text("models:\n  eyes:\n    provider: glm\n    max_reply_bytes: 1024\n")
    (tmp_path / "a.png").write_bytes(base64.b64decode(DOT))
    emulator.script("say " + "red " * 2000)
    found = CliRunner().invoke(build(("see",)), ["see", "a.png", "What is it?", "--model", "eyes"])
    assert found.exit_code == 13 and "max_reply_bytes=1024" in found.output, found.output
