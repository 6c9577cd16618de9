"""A streamed reply on its way out: the answer to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live
from rich.segment import Segment, Segments
from rich.text import Text

from cncoding import Event, ReasoningDelta, Started, TextDelta, ToolCallDelta, Usage, Warned
from cncoding.display.cleaning import Cleaner
from cncoding_cli import show, terminal
from cncoding_cli.secrets import known_keys

_LONG_BLOCK = 8000
"""A block of so many characters is set as Markdown once, when it is whole."""


class AnswerWriter:
    """Writes the events of a reply: as Markdown where a person looks, as they come where a program reads."""

    def __init__(self, *, reasoning: bool = True, plain: bool = False) -> None:
        self._shows_reasoning = reasoning
        watched = terminal.is_watched() and not plain
        self._out: _MarkdownOut | _PlainOut = _MarkdownOut() if watched else _PlainOut()
        self._errors = show.stderr()
        self._text = Cleaner(known_keys())
        self._thought = Cleaner(known_keys())
        self._thinking = False

    def __enter__(self) -> AnswerWriter:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write what was held back, also of a reply that broke off."""
        self._stop_thinking()
        self._out.write(self._text.finish())
        self._out.close()

    def add(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, ReasoningDelta):
            self._think(self._thought.feed(event.text))
        elif isinstance(event, TextDelta):
            self._say(self._text.feed(event.text))
        elif isinstance(event, ToolCallDelta) and event.name:
            self._remark(f"calls {event.name}")
        elif isinstance(event, Warned):
            self._remark(f"{event.setting}: {event.why}", "yellow")
        elif isinstance(event, Started):
            self._tell_tried(event)
        elif isinstance(event, Usage):
            self._remark(event.describe())

    def _tell_tried(self, event: Started) -> None:
        for one in event.tried:
            until = f", until {one['until']}" if "until" in one else ""
            self._remark(f"{one['provider']} {one['endpoint']}: {one['error']}{until}", "yellow")
        if event.tried:
            self._remark(f"{event.provider} answers")

    def _think(self, text: str) -> None:
        if not self._shows_reasoning or not (text.strip() or self._thinking) or not text:
            return
        self._out.pause()
        self._thinking = True
        self._errors.print(Text(text, "dim"), end="", soft_wrap=True)

    def _stop_thinking(self) -> None:
        if self._thinking:
            self._thinking = False
            self._errors.print(Text(self._thought.finish(), "dim"), soft_wrap=True)

    def _say(self, text: str) -> None:
        if text:
            self._stop_thinking()
            self._out.write(text)

    def _remark(self, text: str, style: str = "dim") -> None:
        self._stop_thinking()
        self._out.write(self._text.finish())  # an end that a key might begin with was held back
        self._out.pause()
        self._errors.print(Text(terminal.clean(text), style), soft_wrap=True)


class _PlainOut:
    """Standard output as a program reads it."""

    def __init__(self) -> None:
        self._last = "\n"

    def write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._last = text[-1]

    def pause(self) -> None:
        if self._last != "\n" and terminal.is_watched():
            self.write("\n")

    def close(self) -> None:
        if self._last != "\n":
            self.write("\n")


def _set_markdown(text: str) -> RenderableType:
    """Set Markdown; its parser is loaded where a person looks."""
    from rich.markdown import Markdown

    return Markdown(text)


class _MarkdownOut:
    """Standard output as a person reads it: whole blocks are set as Markdown, the one being written stands below."""

    def __init__(self) -> None:
        self._console: Console = show.stdout()
        self._block = ""
        self._live: Live | None = None

    def write(self, text: str) -> None:
        self._block += text
        done = ""
        if "\n" in text:
            done, self._block = split_blocks(self._block)
        if done.strip():
            self._stop()
            self._console.print(_set_markdown(done))
            self._console.print()
        if self._block.strip():
            self._preview()

    def pause(self) -> None:
        """Set what there is, so that something else can be written."""
        self._stop()
        if self._block.strip():
            self._console.print(_set_markdown(self._block))
        self._block = ""

    def close(self) -> None:
        self.pause()

    def _preview(self) -> None:
        if self._live is None:
            self._live = Live(
                console=self._console, transient=True, refresh_per_second=12, get_renderable=self._draw_block
            )
            self._live.start(refresh=True)

    def _draw_block(self) -> Segments:
        """Set the end of the block that is being written, as much as fits on the screen."""
        most = max(3, self._console.height - 4)
        block = self._block
        if len(block) < _LONG_BLOCK:
            written = _set_markdown(block)
        else:
            written = Text("\n".join(block[-_LONG_BLOCK:].split("\n")[-most:]))
        lines = self._console.render_lines(written, pad=False)[-most:]
        return Segments([piece for line in lines for piece in (*line, Segment.line())])

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def split_blocks(text: str) -> tuple[str, str]:
    """Split Markdown after its last finished block: an empty line outside of a fence ends one."""
    fence = ""
    end = place = 0
    for line in text.splitlines(keepends=True):
        place += len(line)
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                fence = ""
        elif bare.startswith(("```", "~~~")):
            fence = bare[: len(bare) - len(bare.lstrip(bare[0]))]
        elif not bare and line.endswith("\n"):
            end = place
    return text[:end], text[end:]
