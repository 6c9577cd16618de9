"""Progress of media tools: an event of a workflow's stream, and one of LlamaIndex's instrumentation."""

from __future__ import annotations

from llama_index.core.workflow import Context, Event
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from workflows.errors import ContextStateError

from cncoding import MediaEvent

_dispatcher = get_dispatcher(__name__)


class MediaProgressEvent(Event):
    """How a job of a media tool goes on, on `handler.stream_events()` of the agent that called the tool."""

    tool: str
    """Name of the tool."""
    provider: str
    """Id of the provider that makes it."""
    kind: str
    """image, video or speech."""
    model: str | None = None
    job: str | None = None
    """Handle by which `check_media_job` and `cncoding job show` know it; None for what came at once, without a
    journal."""
    status: str
    """uploading, submitted, queued, running, done, failed or cancelled."""
    native: str | None = None
    """The vendor's own word."""
    progress: float | None = None
    """0 to 1, where the vendor tells."""
    upload: str | None = None
    """What is being uploaded, how large it is, and where to."""


class MediaInProgressEvent(BaseEvent):
    """The same for handlers of LlamaIndex's instrumentation, whoever calls the tool; fields as `MediaProgressEvent`."""

    tool: str
    provider: str
    kind: str
    model: str | None = None
    job: str | None = None
    status: str
    native: str | None = None
    progress: float | None = None
    upload: str | None = None

    @classmethod
    def class_name(cls) -> str:
        """Return the name of the class, as LlamaIndex's handlers ask for it."""
        return "MediaInProgressEvent"


def report(tool: str, event: MediaEvent, context: Context | None) -> None:
    """Tell handlers of the instrumentation, and the stream of the workflow where a step of one calls the tool."""
    told = event.to_json()
    _dispatcher.event(MediaInProgressEvent(tool=tool, **told))
    if context is None:
        return
    try:
        context.write_event_to_stream(MediaProgressEvent(tool=tool, **told))
    except ContextStateError:  # a context outside of any step has no stream to write to
        return
