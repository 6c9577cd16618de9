"""A server thread that listens at once and stops at once."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading

import uvicorn
from starlette.types import ASGIApp


class PortTakenError(OSError):
    """Raised when another program listens on the wanted port."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTakenError: The port is taken.
        OSError: The address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle off only for sockets that say IPPROTO_TCP; without it each reply waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(errno.EADDRINUSE, f"port {port} of {host} is taken; choose another port") from None
        raise
    return listener


class _Server(uvicorn.Server):
    """uvicorn without its polling: it waits for one event and then drops what is open."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.end = asyncio.Event()
        self.ready = threading.Event()

    def install_signal_handlers(self) -> None:
        """Leave signals to the program."""

    async def main_loop(self) -> None:
        """Wait for the end."""
        self.ready.set()
        await self.end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listener and drop the connections."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        tasks = list(self.server_state.tasks)
        if tasks:
            # Handlers see the callers go and end by themselves; a cancelled one would be logged as a bug.
            _, late = await asyncio.wait(tasks, timeout=0.05)
            for task in late:
                task.cancel()


class ServerThread:
    """Serve an application from a thread."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", backlog=2048)
        self._listener = listener
        self._server = _Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="cncoding-emulator", daemon=True)
        self._thread.start()
        self._server.ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._listener]))
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            self._server.ready.set()
            self._loop.close()

    def stop(self) -> None:
        """Drop every connection and end the thread."""
        if self._thread.is_alive() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._server.end.set)
            self._thread.join(5)
