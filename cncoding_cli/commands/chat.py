"""`cncoding chat`: one question, or a dialogue."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from cncoding import ChatRequest, ChatResponse, Client, Message, Thinking, fold, system, user
from cncoding_cli import memory, show, terminal
from cncoding_cli.answer import AnswerWriter
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    Images,
    Model,
    ProviderOption,
    Words,
    choose_provider,
    read_images,
    read_prompt,
)


def chat(
    words: Words = None,
    provider: ProviderOption = None,
    model: Model = None,
    endpoint: EndpointName = None,
    base_url: BaseUrl = None,
    system_prompt: Annotated[str | None, typer.Option("--system", "-s", help="A system prompt.")] = None,
    image: Images = None,
    temperature: Annotated[float | None, typer.Option("--temperature", "-t", help="Sampling temperature.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Longest answer, in tokens.")] = None,
    think: Annotated[bool | None, typer.Option("--think/--no-think", help="Switch thinking on or off.")] = None,
    effort: Annotated[str | None, typer.Option("--effort", help="How hard to think: low, high, max, ...")] = None,
    search: Annotated[bool, typer.Option("--search", help="Let the vendor search the web.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last conversation.")] = False,
    no_reasoning: Annotated[bool, typer.Option("--no-reasoning", help="Do not show the reasoning.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Show Markdown as it came.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a model; without a prompt, at a terminal, begin a dialogue.

    The answer alone goes to standard output; reasoning, warnings and usage go to standard error. A prompt and standard
    input go together: `git diff | cncoding chat kimi "Review this."`
    """
    before, last_model, earlier = memory.recall_conversation() if go_on else (None, None, ())
    provider, rest = choose_provider(words, provider, default=before)
    if provider == before:
        model = model or last_model
    settings = ChatRequest(
        (system(system_prompt),) if system_prompt and not earlier else (),
        thinking=Thinking(enabled=think, effort=effort),
        max_tokens=max_tokens,
        temperature=temperature,
        search=search,
    )
    with Client(provider, model=model, endpoint=endpoint, base_url=base_url) as client:
        talk = Conversation(client, settings, earlier, shows_reasoning=not no_reasoning, plain=plain)
        pictures = read_images(image)
        if not rest and terminal.is_interactive() and not as_json:
            from cncoding_cli.dialogue import converse

            converse(talk, pictures)
            return
        reply = talk.ask(user(read_prompt(rest), *pictures), quiet=as_json)
        if as_json:
            show.data(as_object(reply))


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
        events = []
        if quiet:
            events = list(self.client.stream(request))
        else:
            with AnswerWriter(reasoning=self._shows_reasoning, plain=self._plain) as writer:
                for event in self.client.stream(request):
                    events.append(event)
                    writer.add(event)
        reply = fold(events, self.client.provider_id)
        self._messages = (*request.messages, reply.message)
        memory.remember_provider(self.client.provider_id)
        memory.remember_conversation(self.client.provider_id, self.model, self._messages)
        return reply

    def forget(self) -> None:
        """Begin anew, with the same system prompt."""
        self._messages = tuple(one for one in self._messages[:1] if one.role == "system")


def as_object(reply: ChatResponse) -> dict[str, Any]:
    """Return a reply as JSON values."""
    usage = reply.usage
    return {
        "provider": reply.provider,
        "model": reply.model,
        "id": reply.id,
        "text": reply.text,
        "reasoning": reply.reasoning,
        "tool_calls": [{"id": one.id, "name": one.name, "arguments": one.arguments} for one in reply.tool_calls],
        "finish": reply.finish,
        "usage": None
        if usage is None
        else {
            "input": usage.input, "output": usage.output, "cache_read": usage.cache_read,
            "reasoning": usage.reasoning,
        },
        "warnings": [{"setting": one.setting, "why": one.why} for one in reply.warnings],
        "vendor": reply.vendor,
    }  # fmt: skip
