"""What a dialogue and a single question share: the client and what was said so far."""

from __future__ import annotations

from dataclasses import replace

from cncoding import ChatRequest, ChatResponse, Client, Message, PlanClient
from cncoding_cli import memory
from cncoding_cli.answer import AnswerWriter
from cncoding_cli.named import Asked, find_named, open_chat


class Conversation:
    """A client, what was said so far, and how it is shown."""

    def __init__(
        self,
        asked: Asked,
        settings: ChatRequest,
        earlier: tuple[Message, ...] = (),
        *,
        shows_reasoning: bool = True,
        plain: bool = False,
    ) -> None:
        self._take(asked)
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
        if self.name is None:
            memory.remember_provider(self.client.provider_id)
        provider = self.client.provider_id
        memory.remember_conversation(memory.Remembered(provider, self.model, self._messages, self.name))
        return reply

    def choose_model(self, model: str) -> None:
        """Ask another model from now on: one that cncoding.yaml names, or another of the same vendor.

        Raises:
            ConfigError: The file is wrong.
        """
        if find_named(model) is not None:
            self._take(open_chat([], None, model, None, None))
        else:
            self.model = model

    def _take(self, asked: Asked) -> None:
        self.client, self.name = asked.client, asked.name
        self.model = asked.client.model

    def __str__(self) -> str:
        """Say who is asked."""
        who = list_plans(self.client, self.model)
        return f"{self.name} · {who}" if self.name else who

    def forget(self) -> None:
        """Begin anew, with the same system prompt."""
        self._messages = tuple(one for one in self._messages[:1] if one.role == "system")


def list_plans(client: Client, model: str | None = None) -> str:
    """Name the vendor and the model of a client, of every member where it is several."""
    if not isinstance(client, PlanClient):
        return f"{client.provider_id} · {model or client.model}"
    return ", then ".join(list_plans(one.client, one.own.model) for one in client.members)
