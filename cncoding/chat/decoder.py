"""What the decoders of both wires do with bytes, before either wire has a say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from cncoding.chat.surrogates import SurrogateJoiner
from cncoding.errors import ProtocolError
from cncoding.exchange.failures import FailureRules
from cncoding.exchange.sse import BLANK, Frame, SSEDecoder
from cncoding.types import Event


class Reader(ABC):
    """Decode one reply: `feed` bytes of a stream and `finish`, or `whole` of a body."""

    def __init__(self, provider: FailureRules) -> None:
        self._provider = provider
        self._sse = SSEDecoder()
        self._halves = SurrogateJoiner()
        self._plain: list[bytes] | None = None
        self._sniffed = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take in bytes of the stream, and yield what they say, frame by frame: what came before a failure counts.

        Raises:
            ApiError: The vendor reports a failure inside the stream.
            ProtocolError: The bytes are no stream of this wire.
        """
        if not self._sniffed:
            self._sniff(data)
        if self._plain is not None:
            self._plain.append(data)
            return
        for frame in self._sse.feed(data):
            events: list[Event] = []
            self._frame(frame, events)
            yield from self._halves.mend(events)

    def _sniff(self, data: bytes) -> None:
        """See whether the vendor answered a stream request with one JSON body (failures inside HTTP 200)."""
        if head := data.lstrip(BLANK):
            self._sniffed = True
            if head[:1] in (b"{", b"<"):
                self._plain = []

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the reply has told its finish: what still comes is counts and the mark of the end."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether the mark of the end has come: nothing counts any more."""

    def finish(self) -> Iterator[Event]:
        """Say that no more bytes come, and yield what that completes.

        Raises:
            TruncatedStreamError: The reply has no end.
            EmptyReplyError: The reply has an end and nothing before it.
        """
        if self._plain is not None:
            plain, self._plain = b"".join(self._plain), None
            yield from self.whole(plain.lstrip(BLANK))
            return
        for frame in self._sse.finish():
            events: list[Event] = []
            try:
                self._frame(frame, events)
            except ProtocolError:
                break  # half a chunk at the cut: the missing finish is what counts
            yield from self._halves.mend(events)
        yield from self._end([])

    @abstractmethod
    def whole(self, body: bytes) -> list[Event]:
        """Decode a reply that was not streamed."""

    @abstractmethod
    def _frame(self, frame: Frame, events: list[Event]) -> None:
        """Read one frame and append its events."""

    @abstractmethod
    def _end(self, events: list[Event]) -> list[Event]:
        """Append the events of the end."""
