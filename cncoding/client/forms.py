"""The bytes of a form on their way out: a file of a gigabyte takes a quarter of a megabyte of memory."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Generator
from typing import BinaryIO

from cncoding.client.disk import open_file
from cncoding.errors import ConfigError
from cncoding.exchange.forms import Form

_STEP = 256 * 1024


class FormContent:
    """A form that is ready to leave; it can be sent again from its beginning."""

    def __init__(self, form: Form, go_on: Callable[[], None]) -> None:
        """Look at the file.

        Args:
            form: What to send.
            go_on: Is called after every piece.

        Raises:
            ConfigError: The file cannot be read.
        """
        boundary = f"cncoding-{secrets.token_hex(16)}"
        self.media_type = f"multipart/form-data; boundary={boundary}"
        self._form = form
        self._go_on = go_on
        self._head, self._tail = form.frame(boundary)
        self._length = _measure(form)
        self.size = len(self._head) + self._length + len(self._tail)

    def _check(self, left: int) -> None:
        """Refuse a file that was cut meanwhile: the vendor would wait for the rest.

        Raises:
            ConfigError: It was.
        """
        if left:
            raise ConfigError(f"path={self._form.source!r}: became shorter while it was sent; send it again")


class FormBytes(FormContent):
    """For threads."""

    def __iter__(self) -> Generator[bytes, None, None]:
        """Yield the bytes."""
        yield self._head
        if isinstance(self._form.source, bytes):
            yield self._form.source
        else:
            with open_file(self._form.source) as file:
                left = self._length
                while left and (piece := file.read(min(_STEP, left))):
                    left -= len(piece)
                    yield piece
                    self._go_on()
                self._check(left)
        yield self._tail


class AsyncFormBytes(FormContent):
    """For event loops: a slow disk holds nobody up."""

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes."""
        yield self._head
        if isinstance(self._form.source, bytes):
            yield self._form.source
        else:
            with await asyncio.to_thread(open_file, self._form.source) as file:
                left = self._length
                while left and (piece := await asyncio.to_thread(_read, file, left)):
                    left -= len(piece)
                    yield piece
                    self._go_on()
                self._check(left)
        yield self._tail


def _read(file: BinaryIO, left: int) -> bytes:
    return file.read(min(_STEP, left))


def _measure(form: Form) -> int:
    if isinstance(form.source, bytes):
        return len(form.source)
    with open_file(form.source) as file:
        return os.fstat(file.fileno()).st_size
