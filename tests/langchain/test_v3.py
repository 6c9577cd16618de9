"""Streams of content-block events as users and tracers see them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from cncoding import Fold
from cncoding_emulator import Emulator
from langchain_cncoding import ChatKimi


class Tokens(BaseCallbackHandler):
    """What LangSmith takes the time to the first token from."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def on_llm_new_token(self, token: str, *, chunk: Any = None, **_: Any) -> None:
        self.told.append((token, chunk.message.additional_kwargs.get("reasoning_content")))


SCRIPT = "think hm\nsay hello"


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
async def test_v3_streams_tell_each_token(emulator: Emulator) -> None:
    heard: list[Tokens] = [Tokens(), Tokens(), Tokens()]
    emulator.script(SCRIPT, "kimi")
    list(ChatKimi().stream("hi", config={"callbacks": [heard[0]]}))
    emulator.script(SCRIPT, "kimi")
    list(ChatKimi().stream_events("hi", version="v3", config={"callbacks": [heard[1]]}))
    emulator.script(SCRIPT, "kimi")
    async for _ in await ChatKimi().astream_events("hi", version="v3", config={"callbacks": [heard[2]]}):
        pass
    for tokens in heard[1:]:
        assert "".join(token for token, _ in tokens.told) == "hello"
        assert "".join(thought or "" for _, thought in tokens.told) == "hm"
        assert [entry for entry in heard[0].told if any(entry)] == tokens.told


@pytest.mark.parametrize("version", ["chunks", "v3"])
@pytest.mark.parametrize("form", [None, {"type": "json_object"}])
@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_each_event_is_folded_once(
    version: str, form: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[Any] = []
    real = Fold.add
    monkeypatch.setattr(Fold, "add", lambda self, event: added.append(event) or real(self, event))
    emulator.script('think hm\nsay {"a": 1}', "kimi")
    model = ChatKimi()
    settings: Any = {} if form is None else {"response_format": form}
    if version == "chunks":
        assert "".join(chunk.text for chunk in model.stream("json, please", **settings)) == '{"a": 1}'
    else:
        assert model.stream_events("json, please", version="v3", **settings).output.text == '{"a": 1}'
    assert added and len({id(event) for event in added}) == len(added)
