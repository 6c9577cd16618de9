"""What a dialogue and a single question share: the client and what was said so far."""

from __future__ import annotations

from dataclasses import replace

from cncoding import ChatRequest, ChatResponse, Client, Message
from cncoding_cli import memory
from cncoding_cli.answer import AnswerWriter


class Conversation:
    """A client, what was said so far, and how it is shown."""

    def __init__(
        self,
        client: Client,
        settings: ChatRequest,
        earlier: tuple[Message, ...] = (),
        *,
        shows_reasoning: bool = True,
        plain: bool = False,
    ) -> None:
        self.client = client
        self.model = client.model
        self._settings = settings
        self._messages = earlier or settings.messages
        self._shows_reasoning = shows_reasoning
        self._plain = plain

    def ask(self, message: Message, *, quiet: bool = False) -> ChatResponse:
        """Ask, show the reply as it comes, and keep both; a reply that broke off is not kept."""
        request = replace(self._settings, messages=(*self._messages, message), model=self.model)
        with self.client.stream(request) as events:
            if quiet:
                reply = events.drain()
            else:
                with AnswerWriter(reasoning=self._shows_reasoning, plain=self._plain) as writer:
                    for event in events:
                        writer.add(event)
                reply = events.so_far
        self._messages = (*request.messages, reply.message)
        memory.remember_provider(self.client.provider_id)
        memory.remember_conversation(self.client.provider_id, self.model, self._messages)
        return reply

    def forget(self) -> None:
        """Begin anew, with the same system prompt."""
        self._messages = tuple(one for one in self._messages[:1] if one.role == "system")
