"""Turn a whole reply into LlamaIndex's, in the light of what was asked; streams end with the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from llama_index.core.base.llms.types import ChatResponse

import cncoding
from cncoding import ChatRequest, Warned, read_call_in_words
from llamaindex_cncoding._errors import warn_changed
from llamaindex_cncoding._responses import to_response
from llamaindex_cncoding._toolcalls import keep_first_call


@dataclass(frozen=True, slots=True)
class ReplyReader:
    """Read the reply to one request.

    Attributes:
        request: What was asked.
        promote: Whether reasoning becomes the answer where the model ended without another one.
        best_effort: Whether a forced tool choice may have been weakened without a warning.
    """

    request: ChatRequest = field(default_factory=lambda: ChatRequest(messages=()))
    promote: bool = False
    best_effort: bool = False

    @property
    def one_call(self) -> bool:
        """Whether parallel tool calls are not wanted: the first one is kept."""
        return self.request.parallel_tool_calls is False

    def warn(self, warned: Warned) -> None:
        """Tell the user that a setting was changed, unless this call copes with that."""
        if not (self.best_effort and warned.setting == "tool_choice"):
            warn_changed(warned)

    def read(self, reply: cncoding.ChatResponse) -> ChatResponse:
        """Convert a reply that came whole."""
        for warned in reply.warnings:
            self.warn(warned)
        return self.convert(reply)

    def convert(self, reply: cncoding.ChatResponse, delta: str | None = None) -> ChatResponse:
        """Convert a complete reply; arguments of a forced call that were written as text become the call.

        Args:
            reply: The reply.
            delta: The last piece of text of a stream, None for a whole reply.
        """
        response = to_response(read_call_in_words(reply, self.request), delta, promote=self.promote)
        return keep_first_call(response) if self.one_call else response
