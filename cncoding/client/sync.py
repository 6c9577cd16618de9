"""The driver for threads."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar

from cncoding.chat import flow as chat_flow
from cncoding.chat.fold import Fold
from cncoding.client import disk, http, pools
from cncoding.client.base import BaseClient, as_request
from cncoding.client.media import MediaClient
from cncoding.client.stream import Stream
from cncoding.errors import BadRequestError, CncodingError, ConnectFailedError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import STEPS, Now, Read, ReadFile, Reply, Request, Resolve, Save, Saved, Send, Sleep, Step
from cncoding.types import ChatRequest, ChatResponse, Event

T = TypeVar("T")


class Client(BaseClient, MediaClient):
    """Talk to one endpoint of one provider.

    Example:
        >>> with Client("kimi", api_key="sk-kimi-example") as client:
        ...     client.model
        'kimi-for-coding'
    """

    def chat(self, request: ChatRequest | str) -> ChatResponse:
        """Ask and return the whole reply.

        Raises:
            ConfigError: The request cannot be sent.
            ApiError: The vendor refused or failed.
            TransportError: The network failed.
            ProtocolError: The reply cannot be read.
        """
        request = as_request(request)
        if chat_flow.must_stream(request, self.target):
            return self.stream(request).drain()
        try:
            return self._reply(self._run(chat_flow.chat(request, self._setup)))
        except BadRequestError as error:
            if not chat_flow.asks_for_stream(error):
                raise
            return self.stream(request).drain()

    def stream(self, request: ChatRequest | str) -> Stream:
        """Ask and return the events of the reply; closing the stream closes the connection.

        Raises:
            TruncatedStreamError: The stream broke.
            ConfigError, ApiError, TransportError, ProtocolError: As `chat`. Every error after the first event has the
                reply so far as its `partial`.
        """
        progress = Fold(self.provider_id)
        return Stream(self._events(chat_flow.stream(as_request(request), self._setup, progress)), progress)

    def close(self) -> None:
        """Do nothing: connections are shared, and a client of your own is yours to close."""

    def __enter__(self) -> Client:
        """Return the client."""
        return self

    def __exit__(self, *details: object) -> None:
        """Close it."""
        self.close()

    # ------------------------------------------------------------ the driver

    def _client(self, request: Request) -> Any:
        if self._http is not None and request.address is None:
            return self._http
        return pools.shared().sync(request.address is not None)

    def _run(self, flow: Flow[T]) -> T:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    try:
                        outcome = self._perform(step)
                    except CncodingError as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

    def _events(self, flow: chat_flow.StreamFlow) -> Generator[Event, None, None]:
        body: Any = None
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    if not isinstance(step, STEPS):
                        yield step
                        step = next(flow)
                        continue
                    try:
                        outcome = self._perform(step)
                    except CncodingError as error:
                        step = flow.throw(error)
                    else:
                        if isinstance(step, Send):
                            body = outcome.raw
                        step = flow.send(outcome)
            except StopIteration:
                return
            finally:
                if body is not None:
                    body.close()

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Read):
            return step.raw.read()
        if isinstance(step, Send):
            return self._send(step.request)
        if isinstance(step, Sleep):
            return time.sleep(http.pause(step))
        if isinstance(step, Resolve):
            try:
                return http.addresses(socket.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                raise ConnectFailedError(f"{step.host} has no address: {why}", sent=False) from error
        if isinstance(step, ReadFile):
            return http.read_file(step)
        if isinstance(step, Save):
            return self._save(step)
        assert isinstance(step, Now)
        return time.time()

    def _send(self, request: Request) -> Reply:
        client = self._client(request)
        library = http.family(client)
        try:
            built = http.built(client, library, request, self._timeout)
            response = client.send(built, stream=True, follow_redirects=False)
        except http.failures(library) as error:
            raise http.translate_error(error, library, request) from error
        if request.stream and response.status_code < 300:
            body = http.Body(response, request, library)
            return Reply(response.status_code, http.headers(response), raw=body)
        with closing(response):
            whole = b"".join(http.chunks(response, request, library))
        return Reply(response.status_code, http.headers(response), whole)

    def _save(self, step: Save) -> Saved | Reply:
        if isinstance(step.source, bytes):
            return disk.place(step, step.source)
        reply = self._send(replace(step.source, stream=True))
        if reply.raw is None:
            return reply
        with closing(reply.raw) as body, disk.Saving(step) as saving:
            while chunk := body.read():
                saving.write(chunk)
            return saving.finish()
