"""What tests may ask of the media part; mixed into :class:`cncoding_emulator.Emulator`."""

from __future__ import annotations

from typing import Any

from ..state import State
from .links import FAULTS
from .records import Download, Leak
from .tasks import KINDS, Fault, Submission, Task, media_state


class MediaControls:
    """Media jobs, what they cost, and what shall go wrong with them."""

    state: State

    @property
    def submissions(self) -> list[Submission]:
        """Return every paid submission that was accepted, oldest first, seen by the caller or not."""
        return list(media_state(self.state).submissions)

    @property
    def jobs(self) -> list[Task]:
        """Return the media jobs, oldest first."""
        return list(media_state(self.state).tasks.values())

    @property
    def leaks(self) -> list[Leak]:
        """Return the requests to the media host that carried a key, a cookie or a vendor header."""
        return list(media_state(self.state).leaks)

    @property
    def downloads(self) -> list[Download]:
        """Return the requests to the media host."""
        return list(media_state(self.state).downloads)

    def slow_tasks(self, seconds: float) -> None:
        """Let jobs submitted from now on take so many virtual seconds (0.05 at the start)."""
        media_state(self.state).seconds = seconds

    def task_fault(
        self, provider: str | None, kind: str, *, times: int = 1, on: str | None = None, **options: Any
    ) -> None:
        """Decide the fault of the next submissions.

        Args:
            provider: Whose submissions; None means any.
            kind: "fail" and "moderate" (a failed job; on synchronous routes a refusal that costs nothing),
                "never" (runs for ever), "slow_queue" (waits ``seconds=3600`` first), "weird_status" (runs under
                ``word="POSTPROCESSING"``, with ``forever=True`` without end), "expire" (nobody knows the job),
                "slow_poll" (each query takes ``seconds=1`` real seconds), "cut_after_accept" and "cut_before"
                (no reply; counted or not), "partial" (one of n results is missing), "as_task" (the gateway
                answers an image with a job), "file_id_only" (the gateway gives no address of a video).
            times: For how many submissions.
            on: Only jobs of this kind: "image", "video", "speech", "transcript".
            options: See above.

        Raises:
            LookupError: There is no such kind.
        """
        if kind not in KINDS:
            raise LookupError(f"no task fault {kind!r}; there are {', '.join(KINDS)}")
        media_state(self.state).foretell(Fault(kind, options), provider, on, times)

    def link_fault(self, kind: str, *, times: int = 1, **options: Any) -> None:
        """Decide what happens to the next downloads from the media host.

        Args:
            kind: "expired" (403), "gone" (404), "cut" (in mid-body), "truncated" (half a file, length adjusted),
                "html", "empty", "wrong_type" (``type=``), "named" (Content-Disposition with ``name=``, hostile by
                default), "redirect" (``to=``, a private address by default), "huge" (``bytes=`` more), "slow".
            times: For how many downloads.
            options: See above.

        Raises:
            LookupError: There is no such kind.
        """
        if kind not in FAULTS:
            raise LookupError(f"no link fault {kind!r}; there are {', '.join(FAULTS)}")
        media_state(self.state).link_faults += [Fault(kind, options)] * times
