"""The two drivers: they perform the steps of flows and decide nothing.

The only package that knows an HTTP library, a clock, the environment or the file system.
"""

from cncoding.client.aio import AsyncClient
from cncoding.client.base import Secret, call_for_key
from cncoding.client.journal import Journal
from cncoding.client.secrets import forget_frames
from cncoding.client.stream import AsyncSoundStream, AsyncStream, SoundStream, Stream, as_wav
from cncoding.client.sync import Client

__all__ = [
    "AsyncClient",
    "AsyncSoundStream",
    "AsyncStream",
    "Client",
    "Journal",
    "Secret",
    "SoundStream",
    "Stream",
    "as_wav",
    "call_for_key",
    "forget_frames",
]
