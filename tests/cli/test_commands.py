"""The other commands, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

import cncoding
from cncoding_cli.failures import EXIT_CODES
from cncoding_emulator import Emulator
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "suffixes"),
    [
        (("image", "minimax", "a cat"), (".jpg", ".jpeg", ".png")),
        (("speech", "minimax", "hello"), (".mp3",)),
        (("video", "minimax", "a cat"), (".mp4",)),
    ],
)
def test_media_goes_into_a_folder(run: Run, words: tuple[str, ...], suffixes: tuple[str, ...]) -> None:
    done = run(*words, "-o", "out/")
    assert done.code == 0, done.err
    [saved] = [one for one in Path("out").iterdir() if one.suffix in suffixes]
    assert saved.stat().st_size > 100
    assert done.out == f"{saved.resolve()}\n"


def test_output_names_a_file(run: Run) -> None:
    done = run("image", "minimax", "a cat", "-o", "cat.jpg")
    assert done.code == 0, done.err
    assert done.out == "cat.jpg\n" and Path("cat.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert [one.name for one in Path().iterdir()] == ["cat.jpg"]


def test_an_existing_file_is_not_overwritten_and_nothing_is_paid(run: Run, emulator: Emulator) -> None:
    Path("cat.jpg").write_text("mine")
    done = run("image", "minimax", "a cat", "-o", "cat.jpg")
    assert done.code == 2 and "--force" in done.err and not emulator.requests
    assert run("image", "minimax", "a cat", "-o", "cat.jpg", "--force").code == 0
    assert Path("cat.jpg").stat().st_size > 100


def test_a_picture_is_changed_within_a_mask(run: Run, emulator: Emulator) -> None:
    for name in ("a.png", "mask.png"):
        Image.new("RGB", (600, 600), "white").save(name)
    done = run("image", "qwen", "--edit", "a.png", "--mask", "mask.png", "a rabbit", "-o", "out.png")
    assert done.code == 0 and done.out == "out.png\n", done.err
    [sent] = [one.json for one in emulator.requests if one.method == "POST"]
    assert sent and sent["input"]["function"] == "description_edit_with_mask"
    assert run("image", "qwen", "--mask", "mask.png", "a rabbit").code == 2


def test_several_images_get_numbers(run: Run) -> None:
    done = run("image", "minimax", "a cat", "-n", "2", "-o", "cat.jpg")
    assert done.out == "cat-1.jpg\ncat-2.jpg\n", done.err


def test_sound_goes_down_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("speech", "minimax", "hello", "-o", "sound.mp3", "--json")
    value = json.loads(done.out)
    assert value["assets"][0]["path"] == "sound.mp3" and value["assets"][0]["media_type"] == "audio/mpeg"


def test_an_ending_that_lies_is_said(run: Run) -> None:
    done = run("image", "minimax", "a cat", "-o", "cat.webp")
    assert done.code == 0 and "image/jpeg" in done.err


def test_a_folder_that_is_missing_is_said_before_anything_is_paid(run: Run, emulator: Emulator) -> None:
    assert run("video", "minimax", "a cat", "-o", "nowhere/cat.mp4").code == 2
    assert not emulator.requests


def test_see_and_search_and_transcribe(run: Run) -> None:
    from PIL import Image

    Image.new("RGB", (31, 17), "green").save("a.png")
    assert "31x17" in run("see", "kimi", "a.png", "What is it?").out
    assert "31x17" in run("see", "a.png", "What is it?").out
    found = run("search", "glm", "weather")
    assert found.code == 0 and found.out.startswith("title\turl\tsnippet\n") and "http" in found.out
    assert run("see", "kimi", "nope.png").code == 2
    assert run("transcribe", "glm", "nope.mp3").code == 2


def test_transcribe(run: Run) -> None:
    run("speech", "glm", "hello", "-o", "a.wav")
    done = run("transcribe", "glm", "a.wav")
    assert done.code == 0 and done.out.strip(), done.err


def test_subtitles_of_a_recording(run: Run, emulator: Emulator) -> None:
    run("speech", "glm", "hello", "-o", "a.wav")
    srt, vtt = run("transcribe", "glm", "a.wav", "--srt"), run("transcribe", "glm", "a.wav", "--vtt")
    assert srt.out == "1\n00:00:00,000 --> 00:00:00,500\nhello\n" and vtt.out.startswith("WEBVTT\n\n00:00:00.000 --> ")
    told = json.loads(run("transcribe", "glm", "a.wav", "--json").out)
    assert told["segments"] == [{"start": 0.0, "end": 0.5, "text": "hello"}] and told["gaps"] == []
    asked = len(emulator.requests)
    both = run("transcribe", "glm", "a.wav", "--srt", "--json")
    assert both.code == 2 and "choose one" in both.err and len(emulator.requests) == asked


@pytest.mark.parametrize(("provider", "word"), [("glm", "5h"), ("kimi", "week"), ("deepseek", "CNY")])
def test_quota(run: Run, provider: str, word: str) -> None:
    assert word in run("quota", provider).out
    assert json.loads(run("quota", provider, "--json").out)["provider"] == provider


def test_doctor_tells_where_requests_go_and_shows_no_key(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIMI_API_KEY", "")
    monkeypatch.setenv("ZAI_API_KEY", "very-secret-key")
    done = run("doctor")
    assert emulator.url in done.out and "KIMI_API_KEY" in done.out
    assert "very-secret-key" not in done.out + done.err
    rows = json.loads(run("doctor", "--json").out)["providers"]
    assert {row["provider"] for row in rows} == set(cncoding.providers())


def test_tables_are_whole_in_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    lines = run("models", "glm").out.splitlines()
    assert lines[0].split("\t") == ["model", "context", "output", "reads", "thinks", "tools"]
    assert all(len(line.split("\t")) == 6 for line in lines)
    assert any(line.startswith("glm-4.1v-thinking-flashx\t") for line in lines)


def test_models_as_json_and_live(run: Run) -> None:
    assert "glm-5.3-flash" in [one["id"] for one in json.loads(run("models", "glm", "--json").out)]
    assert run("models", "deepseek", "--live").code == 0


def test_facts(run: Run) -> None:
    done = run("facts", "glm")
    lines = done.out.splitlines()
    assert lines[0] == "provider\tabout\tfact\tkind\tsource" and len(lines) > 50
    assert all(line.split("\t")[0] == "glm" and line.split("\t")[3] for line in lines[1:])
    concluded = json.loads(run("facts", "--provider", "glm", "--inferred", "--json").out)
    assert concluded and {one["source"]["kind"] for one in concluded} == {"inferred"}
    assert run("facts", "--older-than", "soon").code == 2 and run("facts", "glmm").code == 2


THEIRS = 'from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(model="glm-5.3", base_url="https://api.z.ai/api/paas/v4")\n'


def test_migrate_shows_a_diff_and_changes_files_when_told(run: Run) -> None:
    Path("app.py").write_text(THEIRS)
    done = run("migrate", "app.py")
    assert done.code == 0 and "-from langchain_openai" in done.out and "+from langchain_cncoding" in done.out
    assert Path("app.py").read_text() == THEIRS
    assert json.loads(run("migrate", ".", "--json").out) == {"changed": ["app.py"], "written": False}
    assert run("migrate", ".", "--write").code == 0
    assert "ChatGLM(" in Path("app.py").read_text()
    assert "ChatGLM(" in run("migrate", "-", stdin=THEIRS.encode()).out
    assert run("migrate", "nope.py").code == 2


def test_completion_knows_providers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CNCODING_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "cncoding chat ki")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run().out == "kimi\n"


def test_version(run: Run) -> None:
    assert run("--version").out == f"cncoding {cncoding.__version__}\n"


def test_every_error_class_has_an_exit_code_and_none_is_shared() -> None:
    codes = [code for _, code, _ in EXIT_CODES]
    assert len(codes) == len(set(codes)) and EXIT_CODES[-1][0] is cncoding.CncodingError
    assert not {0, 130, 143} & set(codes)
    kinds = [kind for kind, _, _ in EXIT_CODES]
    assert all(not issubclass(later, kind) for place, kind in enumerate(kinds) for later in kinds[place + 1 :])


def test_the_demo_against_a_vendor(run: Run) -> None:
    done = run("demo", "--live", "kimi")
    assert done.code == 0, done.err
    assert "320x200" in done.out


def test_the_demo_against_a_vendor_needs_a_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_API_KEY", "")
    done = run("demo", "--live", "kimi")
    assert done.code == 2 and "KIMI_API_KEY" in done.err
