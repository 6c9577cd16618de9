"""`cncoding chat`, word by word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.cli.conftest import Run


def test_the_answer_alone_is_on_standard_output(run: Run, emulator: Emulator) -> None:
    emulator.script("think 想一想\nsay 答案", "kimi")
    done = run("chat", "kimi", "你好")
    assert (done.code, done.out) == (0, "答案\n")
    assert "想一想" in done.err and "tokens in" in done.err


def test_no_reasoning_is_silent_about_it(run: Run, emulator: Emulator) -> None:
    emulator.script("think 想一想\nsay 答案", "kimi")
    done = run("chat", "kimi", "你好", "--no-reasoning")
    assert done.out == "答案\n" and "想一想" not in done.err


def test_prompt_and_standard_input_go_together(run: Run, emulator: Emulator) -> None:
    run("chat", "kimi", "Review this.", stdin=b"- old\n+ new\n")
    assert emulator.requests[-1].json["messages"][-1]["content"] == "Review this.\n\n- old\n+ new"


def test_settings_reach_the_vendor(run: Run, emulator: Emulator) -> None:
    run("chat", "qwen", "hi", "--system", "Be brief.", "-t", "0.5", "--max-tokens", "77", "--no-think")
    body = emulator.requests[-1].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["temperature"] == 0.5 and body["enable_thinking"] is False
    assert 77 in body.values()


def test_json_holds_everything(run: Run, emulator: Emulator) -> None:
    emulator.script("think 想\nsay 答 \\x1b[31mred", "kimi")
    done = run("chat", "kimi", "hi", "--json")
    value = json.loads(done.out)
    assert value["text"].startswith("答") and value["reasoning"] == "想" and value["usage"]["output"] > 0
    assert value["provider"] == "kimi" and value["finish"] == "stop"


def test_the_provider_is_checked_before_anything_is_read(run: Run, emulator: Emulator) -> None:
    done = run("chat", "kimmi", "hi", stdin=b"\0\0")
    assert done.code == 2 and "did you mean 'kimi'" in done.err and not emulator.requests


def test_the_provider_that_answered_is_remembered(run: Run, emulator: Emulator) -> None:
    assert run("chat", "hello").code == 2
    assert run("chat", "deepseek", "hello").code == 0
    assert run("chat", "hello again").code == 0
    assert emulator.requests[-1].provider == "deepseek"


def test_a_single_word_that_nearly_names_a_provider_is_not_sent_as_a_prompt(run: Run, emulator: Emulator) -> None:
    run("chat", "kimi", "hi")
    count = len(emulator.requests)
    assert run("chat", "deepsek").code == 2
    assert len(emulator.requests) == count


def test_continue_goes_on_with_reasoning_and_all(run: Run, emulator: Emulator) -> None:
    emulator.script("think 记住\nsay 记住了", "kimi")
    run("chat", "kimi", "My name is Li.", "--system", "Be brief.")
    run("chat", "--continue", "What is my name?")
    messages = emulator.requests[-1].json["messages"]
    assert [one["role"] for one in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["reasoning_content"] == "记住" and messages[3]["content"] == "What is my name?"


def test_continue_without_a_conversation(run: Run) -> None:
    done = run("chat", "kimi", "--continue", "hi")
    assert done.code == 2 and "no earlier conversation" in done.err


def test_an_image_from_a_file_and_from_standard_input(run: Run, emulator: Emulator) -> None:
    from PIL import Image

    Image.new("RGB", (31, 17), "green").save("a.png")
    assert "31x17 PNG" in run("chat", "kimi", "what is it?", "--image", "a.png").out
    assert "31x17 PNG" in run("chat", "kimi", "what is it?", "--image", "-", stdin=Path("a.png").read_bytes()).out


def test_a_vendors_text_is_text(run: Run, emulator: Emulator) -> None:
    emulator.script("say [red]loud[/red] [/] :smile: \x1b[31mred\x1b]0;title\x07 \x9b2Jx", "kimi")
    assert run("chat", "kimi", "hi").out == "[red]loud[/red] [/] :smile: red x\n"


def test_an_error_is_text_too_and_shows_no_key(run: Run, emulator: Emulator) -> None:
    key = "sk-kimi-emulator0000"
    emulator.fault("kimi", status=401, code="auth_error", message=f"bad [/red] \x1b[31m {key}")
    done = run("chat", "kimi", "hi")
    assert done.code == 3 and done.err.startswith("AuthenticationError: ")
    assert "[/red]" in done.err and key not in done.err and "\x1b" not in done.err


@pytest.mark.parametrize(
    "words", [("chat", "kimi", "hi", "--temprature", "3"), ("chta",), ("chat", "kimi", "hi", "--temperature", "warm")]
)
def test_wrong_words_are_json_too(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words, "--json")
    error = json.loads(done.err)["error"]
    assert (done.code, error["class"], error["exit_code"], done.out) == (2, "ConfigError", 2, "")
    assert words[-2 if len(words) > 1 else 0] in error["message"]


def test_an_error_as_json(run: Run, emulator: Emulator) -> None:
    emulator.fault("glm", "quota")
    done = run("chat", "glm", "hi", "--json")
    error = json.loads(done.err)["error"]
    assert done.code == 10 == error["exit_code"] and error["class"] == "QuotaExhaustedError" and done.out == ""
    assert error["help"].endswith("/troubleshooting/#quota-exhausted")
    assert error["resets_at"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("chat", "glm", "hi", "--endpoint", "x"), 2, "coding-global"),
        (("chat", "glm", "one", "two"), 2, "quotes"),
        (("chat", "what", "is", "this"), 2, "quotes"),
        (("chat", "glm"), 2, "empty"),
        (("chat", "glm", "hi", "-i", "nope.png"), 2, "no such file"),
        (("chat", "glm", "hi", "-i", "-"), 2, "standard input is empty"),
        (("chat", "glm", "hi", "--temperature", "hot"), 2, "temperature"),
        (("models", "nobody"), 2, "unknown"),
        (("chat", "-p", "nobody", "hi"), 2, "unknown"),
    ],
)
def test_wrong_words_are_a_line_and_an_exit_code(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(*words)
    assert done.code == code and said in done.err and "Traceback" not in done.err and done.out == ""


def test_a_missing_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "")
    done = run("chat", "glm", "hi")
    assert done.code == 2 and "ZAI_API_KEY" in done.err
    assert done.err.endswith("\nmore: https://cncoding.readthedocs.io/troubleshooting/#missing-key\n")
    monkeypatch.setenv("CNCODING_LANG", "zh")
    assert run("chat", "glm", "hi").err.endswith(
        "\n详见：https://cncoding.readthedocs.io/zh/troubleshooting/#missing-key\n"
    )


def test_binary_standard_input_is_named(run: Run) -> None:
    done = run("chat", "kimi", "what is it?", stdin=b"\x89PNG\0\0")
    assert done.code == 2 and "--image -" in done.err
