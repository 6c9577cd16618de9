"""Speech while it arrives: through a player of this machine, down a pipe, into a file."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from cncoding import Client, ConfigError, MediaOrder, SoundStream
from cncoding.media.sound.wav import PCM, WavFormat, write_header
from cncoding_cli import memory, show
from cncoding_cli.progress import Progress
from cncoding_cli.saving import Place

_TYPES = {"audio/pcm": "wav", "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac"}
"""What players call what the pieces are, samples behind a WAV header."""
_PLAYERS: dict[str, Callable[[str], list[str] | None]] = {
    "ffplay": lambda form: ["-nodisp", "-autoexit", "-loglevel", "error", "-i", "pipe:0"],
    "mpv": lambda form: ["--no-terminal", "--no-video", "--cache=no", "-"],
    "play": lambda form: ["-q", "-t", form, "-"],
    "mpg123": lambda form: ["-q", "-"] if form == "mp3" else None,
    "aplay": lambda form: ["-q", "-t", "wav", "-"] if form == "wav" else None,
}
"""Programs that play what they are piped, best first, and their words for a type; None where they do not play it."""


class Player:
    """A program that plays what is written to it."""

    def __init__(self, words: list[str]) -> None:
        self.name = Path(words[0]).name
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._ended = False

    def write(self, piece: bytes) -> None:
        """Play a piece, unless the person has ended the player."""
        assert self._process.stdin is not None
        try:
            if not self._ended:
                self._process.stdin.write(piece)
                self._process.stdin.flush()
        except BrokenPipeError:
            self._ended = True

    def finish(self) -> None:
        """Wait until everything was heard."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        if self._process.returncode:
            show.warning("--play", f"{self.name} ended with code {self._process.returncode}")

    def stop(self) -> None:
        """End it, whatever it has not played yet."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def find_player(media_type: str) -> list[str]:
    """Return the words that begin a player for a kind of sound.

    Raises:
        ConfigError: There is none on this machine.
    """
    form = _TYPES.get(media_type)
    for name, arrange in _PLAYERS.items():
        path, words = shutil.which(name), arrange(form or "")
        if form is not None and path is not None and words is not None:
            return [path, *words]
    raise ConfigError(
        f"--play: no program on the PATH plays {media_type} from a pipe; install ffmpeg (ffplay), mpv or sox (play)"
    )


def speak(client: Client, order: MediaOrder, place: Place | None, *, plays: bool) -> None:
    """Speak a text and pass the sound on while it is made.

    Args:
        client: Of a provider that streams speech.
        order: What to speak.
        place: A file or standard output; None keeps nothing.
        plays: Whether it is played.

    Raises:
        ConfigError: The provider streams no speech, or there is no player; nothing was sent.
    """
    with ExitStack() as stack:
        pieces = stack.enter_context(client.stream_speech(order))
        player = Player(find_player(pieces.kind.media_type)) if plays else None
        if player is not None:
            stack.callback(player.stop)
        progress = stack.enter_context(Progress("speech"))
        sound = _lead(pieces)
        first = next(sound, b"")
        file = None if place is None or place.is_stdout else stack.enter_context(_open(place))
        size = 0
        for piece in chain([first], sound):
            size += len(piece)
            progress.count(size)
            if file is not None:
                file.write(piece)
            if place is not None and place.is_stdout:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
            if player is not None:
                player.write(piece)
        if file is not None:
            _state_length(file, pieces, size)
        if player is not None:
            player.finish()
    memory.remember_provider(client.provider_id)
    _tell(place, size)


def _lead(pieces: SoundStream) -> Iterator[bytes]:
    """Put a header before samples, once the first have come."""
    if pieces.kind.media_type == "audio/pcm":
        first = next(pieces, b"")
        yield pieces.kind.write_header()
        yield first
    yield from pieces


def _open(place: Place) -> BinaryIO:
    assert place.file is not None
    return open(place.folder / place.file, "wb")


def _state_length(file: BinaryIO, pieces: SoundStream, size: int) -> None:
    """Write the length into the header of samples, now that it is known."""
    kind = pieces.kind
    if kind.media_type == "audio/pcm" and kind.rate is not None:
        head = len(kind.write_header())
        file.seek(0)
        file.write(write_header(WavFormat(PCM, kind.channels, kind.rate, 16), size - head))


def _tell(place: Place | None, size: int) -> None:
    path = None if place is None or place.file is None else str(place.folder / place.file)
    if show.wants_json() and (place is None or not place.is_stdout):
        show.data({"path": path, "size": size})
    elif path is not None:
        show.line(path)
    show.note(f"{size:,} bytes of sound")
