"""A TCP relay that breaks connections at chosen places."""

from __future__ import annotations

import random
import socket
import struct
import threading
from types import TracebackType


class Cutter:
    """Relay to `target`; every connection dies after a random number of bytes in one direction.

    Some live: the cut lies behind what is said.
    """

    def __init__(self, target: tuple[str, int], seed: int) -> None:
        self._target = target
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Cutter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            # Requests and replies of a submission have a few hundred bytes each.
            upward = self._random.random() < 0.5
            limit = self._random.randrange(0, 900 if upward else 500)
            for source, sink, most in ((near, far, limit if upward else None), (far, near, None if upward else limit)):
                threading.Thread(target=self._relay, args=(source, sink, most), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, most: int | None) -> None:
        try:
            while data := source.recv(65536):
                if most is not None and len(data) >= most:
                    sink.sendall(data[:most])
                    self.cuts += 1
                    break
                most = None if most is None else most - len(data)
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
