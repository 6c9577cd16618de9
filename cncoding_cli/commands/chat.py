"""`cncoding chat`: one question, or a dialogue."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cncoding import (
    ChatRequest,
    ChatResponse,
    ConfigError,
    Message,
    Thinking,
    providers,
    system,
    user,
)  # fmt: skip
from cncoding_cli import memory, show, terminal
from cncoding_cli.conversation import Conversation
from cncoding_cli.named import find_named, open_chat
from cncoding_cli.options import (
    AsJson,
    BaseUrl,
    EndpointName,
    Images,
    Model,
    ProviderOption,
    Words,
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
    before = memory.recall_conversation() if go_on else None
    if before is not None:
        provider, model = _go_on(before, words, provider, model)
    asked = open_chat(words, provider, model, endpoint, base_url)
    earlier = before.messages if before is not None else ()
    settings = _read_settings(system_prompt, earlier, think, effort, max_tokens, temperature, search=search)
    with asked.client:
        talk = Conversation(asked, settings, earlier, shows_reasoning=not no_reasoning, plain=plain)
        pictures = read_images(image)
        if not asked.rest and terminal.is_interactive() and not as_json:
            from cncoding_cli.dialogue import converse

            converse(talk, pictures)
            return
        reply = talk.ask(user(read_prompt(asked.rest), *pictures), quiet=as_json)
        if as_json:
            show.data(as_object(reply))


def _go_on(
    before: memory.Remembered, words: list[str] | None, provider: str | None, model: str | None
) -> tuple[str | None, str | None]:
    """Return provider and model of a conversation that goes on.

    Raises:
        ConfigError: The model had a name, and no file has it any more.
    """
    said = provider or (words[0] if words and words[0] in providers() else None)
    if said is not None:
        same = said == before.provider and before.name is None
        return provider, model or (before.model if same else None)
    if model is not None:
        return None if find_named(model) else before.provider, model
    if before.name is None:
        return before.provider, before.model
    if find_named(before.name) is None:
        raise ConfigError(
            f"--continue: the conversation was with {before.name!r} of a cncoding.yaml that is not found from here; "
            "name a model or a provider"
        )
    return None, before.name


def _read_settings(
    system_prompt: str | None,
    earlier: tuple[Message, ...],
    think: bool | None,
    effort: str | None,
    max_tokens: int | None,
    temperature: float | None,
    *,
    search: bool,
) -> ChatRequest:
    return ChatRequest(
        (system(system_prompt),) if system_prompt and not earlier else (),
        thinking=Thinking(enabled=think, effort=effort),
        max_tokens=max_tokens,
        temperature=temperature,
        search=search,
    )


def as_object(reply: ChatResponse) -> dict[str, Any]:
    """Return a reply as JSON values."""
    usage = reply.usage
    return {
        "provider": reply.provider,
        "model": reply.model,
        "tried": [dict(one) for one in reply.tried],
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
