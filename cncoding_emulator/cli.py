"""The command line of the emulator: ``python -m cncoding_emulator`` and ``cncoding emulator`` run :func:`main`."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from . import hostile
from .fixtures import Fixtures
from .personas import PERSONAS
from .request_log import RequestRecord
from .script import ScriptError
from .server import HOST, LOOPBACK, Emulator

PORT = 8900
USAGE = "%(prog)s [options] [-- COMMAND ...]"
SDK_BASES = {
    "DASHSCOPE_HTTP_BASE_URL": ("qwen", "/api/v1"),
    "DASHSCOPE_COMPATIBLE_BASE_URL": ("qwen", "/compatible-mode/v1"),
    "ZAI_BASE_URL": ("glm", "/api/paas/v4"),
    "ZHIPUAI_BASE_URL": ("glm", "/api/paas/v4"),
    "MOONSHOT_API_BASE": ("kimi", "/v1"),
}
"""Variables by which the vendors' own SDKs find their address."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="cncoding emulator",
        usage=USAGE,
        description="A local stand-in for the APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek and two gateways.",
    )
    parser.add_argument("--host", default=HOST, help="address to listen on; others than 127.0.0.1 open the control API")
    parser.add_argument("--port", type=int, help=f"port to listen on, 0 for a free one ({PORT}; free with COMMAND)")
    parser.add_argument("--seed", type=int, help="make ids reproducible")
    parser.add_argument("--env", action="store_true", help="print the exports for this host and port, and nothing else")
    parser.add_argument("--as", dest="act_as", metavar="ID", choices=PERSONAS, help="point OPENAI_*, ANTHROPIC_* here")
    parser.add_argument("--fixtures", type=Path, metavar="PATH", help="replies and recordings: a file or a folder")
    parser.add_argument("--watch", action="store_true", help="load the fixtures again when they change")
    parser.add_argument("--record", nargs=2, metavar=("ID", "DIR"), help="pass on to the vendor, and write it down")
    parser.add_argument("--upstream", metavar="URL", help="where the vendor of --record stands")
    parser.add_argument("--hostile", metavar="SCENARIO", help='treat every chat request badly; "list" shows how')
    parser.add_argument("--latency", metavar="S[-S]", default="0", help="seconds before each answer, or least-most")
    parser.add_argument("--rate", type=float, default=0.0, metavar="N", help="tokens a second after it")
    parser.add_argument("--lenient", action="store_true", help="do not look for reasoning that should come back")
    parser.add_argument("--quiet", action="store_true", help="no request log")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, that of COMMAND when there is one.

    Args:
        argv: The arguments after the program's name; those of the process when None.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command: list[str] = []
    if "--" in words:
        words, command = words[: words.index("--")], words[words.index("--") + 1 :]
        if not command:
            return _fail("nothing stands after --")
    try:
        options = build_parser().parse_args(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    if options.hostile == "list":
        print("\n".join(f"{name:16} {about}" for name, about in hostile.describe().items()))
        return 0
    try:
        return _run(options, command)
    except (ScriptError, LookupError, ValueError) as error:
        return _fail(str(error.args[0] if isinstance(error, LookupError) else error))
    except OSError as error:
        return _fail(error.strerror or str(error))


def _fail(problem: str) -> int:
    print(f"cncoding emulator: {problem}", file=sys.stderr)
    return 2


def _run(options: argparse.Namespace, command: list[str]) -> int:
    port = options.port if options.port is not None else (0 if command else PORT)
    emulator = Emulator(port, host=options.host, seed=options.seed, strict_reasoning=not options.lenient)
    if options.env:
        if not port:
            raise ValueError("--env prints the address of an emulator that runs: give its --port")
        emulator.state.url = f"http://{_name_host(options.host)}:{port}"
        print(format_exports(list_variables(emulator, options.act_as)))
        return 0
    _prepare(emulator, options)
    stop = threading.Event()
    tell = _Teller(sys.stderr if command else sys.stdout)
    if options.watch:
        if options.fixtures is None:
            raise ValueError("--watch needs --fixtures")
        fixtures = Fixtures(emulator.state, options.fixtures)
        fixtures.load()
        threading.Thread(target=fixtures.watch, args=(tell, stop), daemon=True).start()
    elif options.fixtures is not None:
        Fixtures(emulator.state, options.fixtures).load()
    if options.record:
        emulator.record(options.record[0], options.record[1], upstream=options.upstream, tell=tell)
    if not options.quiet:
        emulator.state.watchers.append(lambda record: tell(format_record(record)))
    with emulator:
        try:
            variables = list_variables(emulator, options.act_as)
            if command:
                return _run_command(command, variables)
            with _catch_end() as done:
                if not options.quiet:
                    print(f"# cncoding emulator on {emulator.url}, stop with Ctrl-C")
                    print(format_exports(variables), flush=True)
                return _wait(done)
        finally:
            stop.set()


def _prepare(emulator: Emulator, options: argparse.Namespace) -> None:
    least, _, most = options.latency.partition("-")
    try:
        latency = (float(least), float(most or least))
    except ValueError:
        raise ValueError(f"--latency wants seconds or least-most, not {options.latency!r}") from None
    emulator.state.first_pace = emulator.state.pace
    emulator.pace(latency=latency, tokens_per_second=options.rate)
    emulator.state.first_pace = emulator.state.pace
    if options.hostile:
        emulator.hostile(options.hostile, times=None)


class _Teller:
    """Writes lines, whole, from any thread."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, line: str) -> None:
        with self._lock:
            print(line, file=self._out, flush=True)


@contextmanager
def _catch_end(tell: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """Turn a request to end into an event and a call; outside the main thread there is none to catch."""
    done = threading.Event()

    def end(number: int, frame: object) -> None:
        done.set()
        tell()

    if threading.current_thread() is not threading.main_thread():
        yield done
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield done
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(done: threading.Event) -> int:
    """Wait for Ctrl-C or a request to end."""
    try:
        while not done.wait(3600):
            pass
    except KeyboardInterrupt:
        pass
    return 0


def _run_command(command: list[str], variables: dict[str, str]) -> int:
    """Run a program with everything pointed at the emulator; Ctrl-C is for the program."""
    local = ",".join(filter(None, [os.environ.get("NO_PROXY", ""), *LOOPBACK]))
    environment = {**os.environ, **variables, "NO_PROXY": local, "no_proxy": local}
    try:
        program = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise ValueError(f"{command[0]}: {error.strerror}") from None
    with _catch_end(program.terminate):
        while True:
            try:
                code = program.wait()
                return code if code >= 0 else 128 - code
            except KeyboardInterrupt:
                continue


def _name_host(host: str) -> str:
    host = HOST if host in ("0.0.0.0", "::") else host
    return f"[{host}]" if ":" in host else host


def list_variables(emulator: Emulator, act_as: str | None = None) -> dict[str, str]:
    """Return the environment that points every provider, and the vendors' SDKs, at an emulator.

    Args:
        emulator: A running emulator.
        act_as: The provider that ``OPENAI_*`` and ``ANTHROPIC_*`` stand for, none when None.
    """
    found = emulator.env()
    found.update({name: f"{emulator.url}/{provider}{base}" for name, (provider, base) in SDK_BASES.items()})
    if act_as is not None:
        key = next(iter(PERSONAS[act_as].facts.keys.values()))
        found |= {"OPENAI_BASE_URL": emulator.base_url(act_as), "OPENAI_API_KEY": key}
        if PERSONAS[act_as].messages is not None:
            found["ANTHROPIC_BASE_URL"] = emulator.base_url(act_as, wire="anthropic")
            found |= {"ANTHROPIC_API_KEY": key, "ANTHROPIC_AUTH_TOKEN": key}
    return found


def format_exports(variables: dict[str, str]) -> str:
    """Return lines for a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()))


def format_record(record: RequestRecord) -> str:
    """Return the line of the request log for an answered request."""
    body = replace(record).json  # of a copy: the record would keep what was parsed
    body = body if isinstance(body, dict) else {}
    model = str(body.get("model") or "")
    how = " stream" if body.get("stream") is True else ""
    took = f"{((record.ended_at or record.at) - record.at) * 1000:.0f} ms"
    ending = "hung up" if record.disconnected else str(record.status or "no answer")
    notes = "".join(f"  ! {note}" for note in record.notes)
    path = record.path.removeprefix(f"/{record.provider}")
    return f"{time.strftime('%H:%M:%S')} {record.provider} {record.method} {path} {ending} {model}{how} {took}{notes}"
