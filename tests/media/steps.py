"""Drive a flow by hand: no socket, no clock, no disk; what it asks for is what is asserted."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from typing import Any

from cncoding import ConnectionLostError
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.retry import Retry
from cncoding.exchange.steps import Now, Reply, Request, Resolve, Send, Sleep
from cncoding.target import Setup
from tests.targets import target


def setup(provider: str, **settings: str) -> Setup:
    """Make the setup of a client without a client."""
    return Setup(target(provider, **settings), Retry(), FetchPolicy(), lambda: "call_x", {})


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """Make a JSON reply."""
    return Reply(status, headers, json.dumps(body).encode())


class World:
    """Answers steps: replies in order, a clock that only sleeping moves."""

    def __init__(self, replies: Iterable[Reply | Exception]) -> None:
        self.replies = list(replies)
        self.sent: list[Request] = []
        self.slept: list[float] = []
        self.now = 1000.0

    def perform(self, step: Any) -> Any:
        """Do one step."""
        if isinstance(step, Send):
            self.sent.append(step.request)
            answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if isinstance(answer, Exception):
                raise answer
            return answer
        if isinstance(step, Sleep):
            self.slept.append(step.seconds)
            self.now += step.seconds
            return None
        if isinstance(step, Now):
            return self.now
        assert isinstance(step, Resolve)
        return ("93.184.216.34",)

    def run(self, flow: Generator[Any, Any, Any]) -> Any:
        """Run a flow to its end."""
        try:
            step = next(flow)
            while True:
                try:
                    outcome = self.perform(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as stop:
            return stop.value


Answer = Callable[[], Reply]
LOST = ConnectionLostError("the connection broke", sent=True)
