"""Every fault at every moment, and what is promised then. `docs/reliability.md` shows this table."""

from __future__ import annotations

MOMENTS = ("connect", "headers", "first event", "reasoning", "arguments", "before finish", "after finish")
FAULTS = ("reset", "close", "silence", "heartbeats", "error", "bad byte", "bad JSON")

PROMISES: dict[tuple[str, str], str] = {
    ("connect", "reset"): "ConnectFailedError",
    ("headers", "reset"): "ConnectionLostError",
    ("headers", "close"): "ConnectionLostError",
    ("headers", "silence"): "RequestTimeoutError",
    ("headers", "heartbeats"): "StalledError",
    ("headers", "error"): "ServerError",
    ("headers", "bad byte"): "ConnectionLostError",
    **{(moment, fault): kind for moment in MOMENTS[2:6] for fault, kind in {
        "reset": "TruncatedStreamError",
        "close": "TruncatedStreamError",
        "silence": "RequestTimeoutError",
        "heartbeats": "StalledError",
        "error": "ServerError",
        "bad byte": "ProtocolError",
        "bad JSON": "ProtocolError",
    }.items()},
    **{("after finish", fault): "the whole reply" for fault in FAULTS if fault != "error"},
    ("after finish", "error"): "ServerError",
}  # fmt: skip
"""Outcome by moment and fault: an error class, from the first event on with the reply so far, or the whole reply."""
