"""Errors and warnings of this package, on top of `cncoding.errors`."""

from __future__ import annotations

import difflib
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from cncoding import CncodingError, ConfigError, ProtocolError, ToolCall, Warned, explain_failure, show_warning


class StructuredOutputError(ProtocolError, ValueError):
    """The model's answer does not fit the wanted class. `payload` is the beginning of the answer."""


def unknown_argument(
    owner: str, name: str, known: Iterable[str], else_: str = "vendor fields go into extra_body={...}"
) -> ConfigError:
    """Make the error for an argument that `owner` does not have, with the nearest name that it has, or what else."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else else_
    return ConfigError(f"{owner} has no argument {name!r}; {hint}")


@contextmanager
def explain_to_model() -> Generator[None, None, None]:
    """Let an error of the block say what a model should know: LlamaIndex's agents show it the text of the error."""
    try:
        yield
    except CncodingError as error:
        said = explain_failure(error).removeprefix(str(error) or type(error).__name__)
        error.args = (f"{error.args[0] if error.args else type(error).__name__}{said}", *error.args[1:])
        raise


def warn_unanswered(provider: str | None) -> None:
    """Tell the user that a model thought and then said nothing, which an agent would take for an empty answer."""
    why = "the model reasoned and ended without an answer; the reasoning is in the ThinkingBlock"
    show_warning(Warned(provider or "reply", why))


def warn_invalid(calls: Iterable[ToolCall], finish: str | None) -> None:
    """Tell the user that calls came broken, which an agent would take for no calls."""
    names = ", ".join(call.name or "(no name)" for call in calls)
    remedy = "raise max_tokens" if finish == "length" else "ask again"
    why = f"{names}: the arguments did not arrive whole (finish_reason {finish!r}), so it is not run; {remedy}"
    show_warning(Warned("tool calls", why))


def warn_changed(warned: Warned) -> None:
    """Tell the user that a setting was changed or dropped on the way.

    Not of `parallel_tool_calls`: LlamaIndex always says something about it, and False is seen to here.
    """
    if warned.setting == "parallel_tool_calls":
        return
    show_warning(warned)
