"""Named models of `cncoding.yaml`, in both frameworks, and what is said of mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cncoding import ConfigError, load_configuration, show_configuration
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatGLM
from llamaindex_cncoding import CNCodingLLM

GOOD = """
models:
  fast:
    provider: glm
    model: glm-5.3-flash
    api_key: env:MY_KEY
    thinking: false
  plan:
    provider: kimi-coding
    model: k2p5
    temperature: 1
    api_key: file:{folder}/key.txt
  both:
    over: [fast, plan]
    max_tokens: 77
default: fast
"""
SEED = """
provider: kimi-coding
model: k2p5
api_key: sk-kimi-secret
temperature: 0.6
max_tokens: 4096
user_agent_version: "1.6"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "key.txt").write_text("sk-kimi-file\n")
    (tmp_path / "cncoding.yaml").write_text(GOOD.replace("{folder}", str(tmp_path)))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    monkeypatch.setenv("MY_KEY", "id.secret")
    return tmp_path


@pytest.mark.parametrize("owner", [ChatCNCoding, CNCodingLLM])
def test_models_by_name(emulator: Emulator, folder: Path, owner: Any) -> None:
    ask = (lambda model: model.invoke("hi")) if owner is ChatCNCoding else (lambda model: model.complete("hi"))
    ask(owner.from_config("fast"))
    sent = emulator.requests[-1]
    assert sent.json["model"] == "glm-5.3-flash" and sent.headers["authorization"] == "Bearer id.secret"
    ask(owner.from_config("plan"))
    assert emulator.requests[-1].headers["authorization"] == "Bearer sk-kimi-file"
    emulator.spend("glm")
    ask(owner.from_config("both", file=folder / "cncoding.yaml"))
    assert emulator.requests[-1].provider == "kimi" and 77 in emulator.requests[-1].json.values()
    assert owner.from_config().model == "glm-5.3-flash"
    if owner is ChatCNCoding:
        assert type(owner.from_config("fast")) is ChatGLM


def test_the_flat_form_of_one_model(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SEED)
    ChatCNCoding.from_config(file=file).invoke("hi")
    sent = emulator.requests[-1]
    assert sent.headers["user-agent"] == "KimiCLI/1.6" and sent.path.startswith("/kimi/coding")
    shown = show_configuration(load_configuration(file))
    assert "secret" not in str(shown) and shown["models"]["default"]["model"] == "k2p5"


MISTAKES = [
    ("models: [", "line 1, column 10"),
    (
        "models:\n  a:\n    provider: glmm\n",
        "line 3, column 5: models.a.provider: 'glmm' is unknown, did you mean 'glm'",
    ),
    ("models:\n  a:\n    provider: glm\n    temprature: 1\n", "line 4, column 5: models.a.temprature: is no setting"),
    ("models:\n  a:\n    model: x\n", "models.a.provider: is missing"),
    ("model:\n  a: 1\n", "line 1, column 1: model: is no field of a configuration, did you mean 'models'"),
    ("models: {}\n", "give at least one model"),
    ("- 1\n", "holds no settings"),
    ("models:\n  a:\n    over: [b]\n", "there is no model 'b'"),
    ("models:\n  a:\n    over: []\n", "give a list of names"),
    ("models:\n  a:\n    over: [b]\n  b:\n    over: [a]\n", "goes in a circle: a > b > a"),
    ("models:\n  a:\n    provider: glm\n    api_key: vault:x\n", "'vault:' is no kind of secret"),
    ("models:\n  a:\n    provider: glm\ndefault: b\n", "line 4, column 1: default: there is no model 'b'"),
    ("models:\n  a: 5\n", "give the settings of a model"),
    (
        "models:\n  a:\n    provider: glm\n    temperature: hot\n",
        "line 4, column 5: models.a.temperature: Input should",
    ),
    (
        "models:\n  a:\n    provider: glm\n    max_retries: -1\n",
        "line 4, column 5: models.a.max_retries: Input should be",
    ),
    ("models:\n  a:\n    provider: glm\n    wire: http\n", "line 4, column 5: models.a.wire: Input should be 'openai'"),
    (
        "models:\n  a:\n    provider: glm\n    endpoint: codding\n",
        "line 4, column 5: models.a.endpoint: glm has none called 'codding', did you mean 'coding'",
    ),
    (
        "models:\n  a:\n    provider: glm\n    default_headers:\n      X-A: 1\n",
        "line 5, column 7: models.a.default_headers.X-A: Input should be a valid string",
    ),
    (
        "models:\n  a:\n    provider: glm\n    provider: kimi\n",
        "line 4, column 5: models.a.provider: stands here",
    ),
    ("models: &x\n  a: *x\n", "line 1, column 9: models.a: contains itself"),
    (
        "models:\n  a:\n    provider: glm\n  b:\n    over: [a]\n    order: best\n",
        "line 6, column 5: models.b.order: Input should be 'listed'",
    ),
    (
        "models:\n  a:\n    provider: glm\n  b:\n    over: [a]\n    hedge_after: 0\n",
        "line 6, column 5: models.b.hedge_after: Input should be greater than 0",
    ),
    ("models:\n  a:\n    provider: glm\n  b:\n    over: [a]\n    endpoint: api\n", "models.b.endpoint: is no setting"),
    ("models:\n  a:\n    provider: glm\n    http_client: x\n", "models.a.http_client: is no setting"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "cncoding.yaml"
    file.write_text(text)
    for owner in (ChatCNCoding, CNCodingLLM):
        with pytest.raises(ConfigError) as caught:
            owner.from_config("a", file=file)
        assert said in str(caught.value) and str(file) in str(caught.value)


def test_what_is_missing(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        ChatCNCoding.from_config(file=tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="did you mean 'fast'"):
        ChatCNCoding.from_config("fst")
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(ConfigError, match=r"line 6, column 5: models\.fast\.api_key: the environment has no MY_KEY"):
        ChatCNCoding.from_config("fast")
    (tmp_path / "key.txt").write_text("\n")
    with pytest.raises(ConfigError, match=r"line 12, column 5: models\.plan\.api_key: .*key.txt is empty"):
        ChatCNCoding.from_config("plan")
    (tmp_path / "key.txt").unlink()
    with pytest.raises(ConfigError, match=r"models\.plan\.api_key: .*cannot be read"):
        ChatCNCoding.from_config("plan")


def test_the_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from cncoding_cli.app import build

    app = build(["config"])
    app(["config", "check"], standalone_mode=False)
    app(["config", "show", "--json"], standalone_mode=False)
    out = capsys.readouterr().out
    assert "3 models, default fast" in out and "env:MY_KEY" in out and "id.secret" not in out


def test_two_processes_share_file_and_memory(emulator: Emulator, folder: Path) -> None:
    """What one process learns of a spent plan of the file, another one started after it knows."""
    program = (
        "from langchain_cncoding import ChatCNCoding\n"
        "message = ChatCNCoding.from_config('both').invoke('hi')\n"
        "print(message.response_metadata['tried'][0]['error'])\n"
    )
    emulator.spend("glm", seconds=3600)
    said = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    assert said == ["QuotaExhaustedError", "spent"]
    assert len([one for one in emulator.requests if one.provider == "glm" and one.method == "POST"]) == 1


def test_a_secret_beside_the_file(emulator: Emulator, folder: Path) -> None:
    file = folder / "cncoding.yaml"
    file.write_text("models:\n  a:\n    provider: kimi-coding\n    api_key: file:key.txt\n")
    ChatCNCoding.from_config().invoke("hi")  # the working folder is another one
    assert emulator.requests[-1].headers["authorization"] == "Bearer sk-kimi-file"


def test_each_framework_passes_over_what_only_the_other_has(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "cncoding.yaml"
    file.write_text("provider: glm\nstreaming: true\ncontext_window: 5000\nsystem_prompt: short\n")
    model, llm = ChatCNCoding.from_config(file=file), CNCodingLLM.from_config(file=file)
    assert model.streaming and llm.context_window == 5000 and llm.system_prompt == "short"


@pytest.mark.parametrize("owner", [ChatCNCoding, CNCodingLLM])
def test_the_file_is_read_once(emulator: Emulator, folder: Path, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    opened: list[str] = []
    plain = io.open

    def count(file: Any, *more: Any, **most: Any) -> Any:
        if str(file).endswith("cncoding.yaml"):
            opened.append(str(file))
        return plain(file, *more, **most)

    monkeypatch.setattr(io, "open", count)
    assert len(owner.from_config("both").model_dump()["models" if owner is ChatCNCoding else "llms"]) == 2
    assert len(opened) == 1
