"""A dialogue at the terminal, with a history of lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from cncoding import CncodingError, Media, user
from cncoding_cli import failures, memory, show
from cncoding_cli.conversation import Conversation
from cncoding_cli.options import read_images
from cncoding_cli.termination import Terminated

_HELP = """\
/model NAME  ask another model        /new    begin anew
/image PATH  show an image next       /quit   leave (Ctrl-D)
Enter sends, Alt-Enter begins a new line, Ctrl-C stops an answer."""
_COMMANDS = ("/help", "/image", "/model", "/new", "/quit")


@dataclass
class _Dialogue:
    talk: Conversation
    pictures: tuple[Media, ...] = ()
    over: bool = field(default=False, init=False)

    def handle(self, line: str) -> None:
        """Do what a line says."""
        word, _, rest = line.strip().partition(" ")
        if word in ("/quit", "/exit"):
            self.over = True
        elif word == "/help":
            show.note(_HELP)
        elif word == "/new":
            self.talk.forget()
            show.note("a new conversation")
        elif word == "/model":
            self._choose_model(rest.strip())
        elif word == "/image" and not rest.strip():
            show.note("/image PATH shows an image with the next question")
        elif word == "/image":
            self.pictures = (*self.pictures, *read_images([rest.strip()]))
            show.note(f"{len(self.pictures)} to show with the next question")
        elif word.startswith("/") and word[1:].isalpha() and word.islower():
            show.note(f"{word}: no such command\n{_HELP}")
        elif word:
            self._ask(line)

    def _choose_model(self, model: str) -> None:
        if model:
            self.talk.choose_model(model)
        show.note(f"model {self.talk.name or self.talk.model}")

    def _ask(self, line: str) -> None:
        self.talk.ask(user(line, *self.pictures))
        self.pictures = ()


def converse(talk: Conversation, pictures: tuple[Media, ...] = ()) -> None:
    """Talk until the person leaves; an error ends a turn, not the dialogue."""
    show.note(f"{talk} · /help, Ctrl-D leaves")
    session: PromptSession[str] = PromptSession(
        history=_history(),
        key_bindings=_keys(),
        completer=WordCompleter([*_COMMANDS], sentence=True),
        complete_while_typing=False,
    )
    dialogue = _Dialogue(talk, pictures)
    while not dialogue.over:
        try:
            line = session.prompt("> ")
        except Terminated:
            raise
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        try:
            dialogue.handle(line)
        except Terminated:
            raise
        except KeyboardInterrupt:
            show.note("stopped; this turn is forgotten")
        except CncodingError as error:
            failures.report(error)


def _history() -> History:
    """Keep lines in the state folder, for the owner only; in memory where that cannot be written."""
    path: Path = memory.folder() / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
