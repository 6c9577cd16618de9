"""Streams of content-block events as users and tracers see them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

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
