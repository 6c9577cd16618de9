"""What users and machines do wrong: each its own clear outcome, in both frameworks and in the core."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock

from cncoding import Client, ConfigError, Media, PlanClient, PlanMember, user
from cncoding.client.plan_memory import FILE, PlanMemory
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi
from tests.plans.pictures import DOT

ASK: dict[str, Callable[[], Any]] = {
    "langchain": lambda: ChatCNCoding.over([ChatGLM(max_retries=0), ChatDeepSeek()]).invoke("hi"),
    "llamaindex": lambda: CNCodingLLM.over([GLM(max_retries=0), DeepSeek()]).complete("hi"),
    "core": lambda: PlanClient([PlanMember(Client(one, max_retries=0)) for one in ("glm", "deepseek")]).chat("hi"),
}


@pytest.mark.parametrize("given", [[], (), {}, None, "glm", 5, iter(())])
def test_no_list_of_models(emulator: Emulator, given: Any) -> None:
    for over in (ChatCNCoding.over, CNCodingLLM.over):
        with pytest.raises(ConfigError, match=r"^over: "):
            over(given)
    with pytest.raises(ConfigError, match=r"over: is ChatGLM; give a list"):
        ChatCNCoding.over(ChatGLM())  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ConfigError, match=r"over: is GLM; give a list"):
        CNCodingLLM.over(GLM())  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ConfigError, match="the list is empty"):
        PlanClient([])
    assert len(ChatCNCoding.over(one for one in (ChatGLM(), ChatKimi())).models) == 2  # type: ignore[arg-type]
    assert len(CNCodingLLM.over(one for one in (GLM(), Kimi())).llms) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["endpoint", "base_url", "api_key", "wire", "provider", "model"])
def test_settings_that_each_has_for_itself(emulator: Emulator, name: str) -> None:
    for over, one in ((ChatCNCoding.over, ChatGLM()), (CNCodingLLM.over, GLM())):
        with pytest.raises(ConfigError, match=f"over: {name} belongs to each"):
            over([one], **{name: "openai"})


def test_settings_for_all_reach_each(emulator: Emulator) -> None:
    ChatCNCoding.over([ChatGLM()], user_agent="mine", default_headers={"X-A": "b"}).invoke("hi")
    CNCodingLLM.over([GLM()], user_agent="mine", default_headers={"X-A": "b"}).complete("hi")
    assert all((one.headers["user-agent"], one.headers["x-a"]) == ("mine", "b") for one in emulator.requests)
    for ask in (
        lambda: ChatCNCoding.over([ChatGLM()], deadline=1e-6).invoke("hi"),
        lambda: CNCodingLLM.over([GLM()], deadline=1e-6).complete("hi"),
    ):
        with pytest.raises(Exception, match="deadline=1e-06"):
            ask()


def test_one_that_cannot_see_is_named_before_any_is_asked(emulator: Emulator) -> None:
    message = HumanMessage([{"type": "image", "base64": DOT, "mime_type": "image/png"}])
    with pytest.raises(ConfigError, match="deepseek-v4-pro on deepseek reads text only"):
        ChatCNCoding.over([ChatGLM("glm-4.6v"), ChatDeepSeek("deepseek-v4-pro")]).invoke([message])
    block = ImageBlock(image=base64.b64decode(DOT), image_mimetype="image/png")
    with pytest.raises(ConfigError, match="deepseek-v4-pro on deepseek reads text only"):
        CNCodingLLM.over([GLM("glm-4.6v"), DeepSeek("deepseek-v4-pro")]).chat(
            [ChatMessage(role="user", blocks=[TextBlock(text="what?"), block])]
        )
    inner = PlanClient([PlanMember(Client("glm", model="glm-4.6v")), PlanMember(Client("glm", model="glm-5.3"))])
    with pytest.raises(ConfigError, match=r"glm-5\.3 on glm reads text only"):
        PlanClient([PlanMember(inner), PlanMember(Client("kimi"))]).chat([user("what?", Media("image", data=DOT))])
    assert not emulator.requests
    ChatCNCoding.over([ChatGLM("glm-4.6v"), ChatKimi()]).invoke([message])
    assert [one.provider for one in emulator.requests] == ["glm"]


@pytest.mark.parametrize("way", ASK)
def test_a_broken_state_file_is_moved_aside(emulator: Emulator, tmp_path: Path, way: str) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / FILE).write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    with pytest.warns(UserWarning, match=rf"plans: .*{FILE} cannot be used .*moved to {FILE}\.broken-.* is lost"):
        ASK[way]()
    assert PlanMemory().load() == {} and list(state.glob(f"{FILE}.broken-*"))


@pytest.mark.parametrize("way", ASK)
def test_a_state_folder_that_cannot_be_used_is_said_and_gone_on_without(
    emulator: Emulator, tmp_path: Path, way: str
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    emulator.spend("glm")
    with pytest.warns(UserWarning, match="plans: .* cannot be used"):
        ASK[way]()
    assert [one.provider for one in emulator.requests][-1] == "deepseek"


def test_a_state_file_that_is_in_use_is_not_broken(emulator: Emulator, tmp_path: Path, monkeypatch: Any) -> None:
    import sqlite3

    memory = PlanMemory()
    monkeypatch.setattr(memory._file, "_patience", 0.05)
    assert memory.load() == {}
    with sqlite3.connect(tmp_path / "state" / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.warns(UserWarning, match="locked"):
            assert memory.load() == {}
        other.execute("ROLLBACK")
    other.close()
    assert not list((tmp_path / "state").glob("*.broken-*"))


def test_processes_that_write_at_once_lose_nothing(emulator: Emulator) -> None:
    program = (
        "import sys\n"
        "from cncoding.client.plan_memory import PlanMemory\n"
        "from cncoding.plans.policy import Spent\n"
        "for number in range(20):\n"
        "    PlanMemory().save(f'{sys.argv[1]}-{number}', Spent(4e9, 'spent'))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, name]) for name in ("a", "b", "c")]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert len(PlanMemory().load()) == 60


def test_processes_that_find_a_broken_file_move_it_aside_once(emulator: Emulator, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / FILE).write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    program = (
        "import sys\n"
        "from cncoding.client.plan_memory import PlanMemory\n"
        "from cncoding.plans.policy import Spent\n"
        "PlanMemory().save(sys.argv[1], Spent(4e9, 'spent'))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", program, name]) for name in "abcd"]
    assert [run.wait(60) for run in runs] == [0, 0, 0, 0]
    assert sorted(PlanMemory().load()) == ["a", "b", "c", "d"] and len(list(state.glob("*.broken-*"))) == 1
