"""The frameworks' suites over several plans as one model: what holds for one holds for several."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from llama_index.core.llms.function_calling import FunctionCallingLLM

from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatPlans
from llamaindex_cncoding import CNCodingLLM
from tests.llamaindex.suite import BEHAVIOURS, Behaviour, Door, Kit, Mode, doors
from tests.llamaindex.suite.kit import Subject, key_for
from tests.sampling import mark_sample

pytestmark = pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")


class TestOver(ChatModelIntegrationTests):
    """LangChain's suite; GLM is always spent, so that every test is answered by the second plan."""

    spent = True

    @pytest.fixture(autouse=True)
    def _spend(self, emulator: Emulator) -> None:
        if self.spent:
            emulator.fault("glm", "quota", times=None)

    @property
    def chat_model_class(self) -> type[ChatCNCoding]:
        return ChatPlans

    @property
    def chat_model_params(self) -> dict[str, Any]:
        models = [ChatGLM(max_retries=0, thinking=False), ChatDeepSeek(max_retries=0, thinking=False)]
        return {"models": models, "thinking": False}

    @property
    def has_tool_choice(self) -> bool:
        return False  # GLM's plan takes none

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "deepseek-pro"


@pytest.mark.full
class TestOverOfTheFirst(TestOver):
    """The same, answered by the first plan."""

    spent = False

    @property
    def model_override_value(self) -> str:
        return "glm-4.7"


def _over(emulator: Emulator, door: Door, settings: dict[str, Any]) -> FunctionCallingLLM:
    """Two of the same vendor, so that what one refuses the other refuses too, as the suite expects of one."""
    own = {"provider": door.provider, "wire": door.wire, "max_retries": 0, "api_key": key_for(emulator, door.provider)}
    own["base_url"] = emulator.base_url(door.provider, None, door.wire)  # type: ignore[arg-type]  # wires are text here
    shared = {"max_tokens": settings.pop("max_tokens")} if "max_tokens" in settings else {}
    return CNCodingLLM.over([CNCodingLLM(**own, **settings), CNCodingLLM(**own, **settings)], **shared)


OVER = Subject("over", _over)
ALL = [
    (behaviour, door, mode)
    for behaviour in BEHAVIOURS
    for door in doors()
    if door.wire == "openai" and behaviour.fits(door)
    for mode in behaviour.modes
]
ROWS = [(behaviour.id,) for behaviour, _, _ in ALL]
CASES = [
    pytest.param(*case, marks=marks, id=f"{case[0].id}-{case[0].run.__name__}-{case[1].id}-{case[2].id}")
    for case, marks in zip(ALL, mark_sample(ROWS), strict=True)
]


@pytest.mark.parametrize(("behaviour", "door", "mode"), CASES)
async def test_conformance(behaviour: Behaviour, door: Door, mode: Mode, emulator: Emulator) -> None:
    await behaviour.run(Kit(OVER, emulator, door, mode))
