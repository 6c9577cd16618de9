"""What an error becomes: a line on standard error, and an exit code that a script can decide on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import typer

from cncoding import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    BudgetSpentError,
    CncodingError,
    ConfigError,
    ContentBlockedError,
    ContextOverflowError,
    JobCancelledError,
    JobDeadlineError,
    JobError,
    MediaJob,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnconfirmedPurchaseError,
)
from cncoding_cli import show, terminal
from cncoding_cli.secrets import scrub
from cncoding_cli.terminal import clean
from cncoding_cli.termination import Terminated, hear_termination


class NotSavedError(CncodingError):
    """Something was made and paid for, and is not where it was to go; the journal has it yet."""


EXIT_CODES: tuple[tuple[type[CncodingError], int, str], ...] = (
    (ConfigError, 2, "the words, a setting or a file is wrong; nothing was sent"),
    (AuthenticationError, 3, "the key is missing, wrong or of another endpoint"),
    (PermissionDeniedError, 4, "the key may not do this, or the plan refuses this client"),
    (NotFoundError, 5, "no such model, route or job"),
    (ContextOverflowError, 6, "the conversation is longer than the model's window"),
    (ContentBlockedError, 7, "the vendor's moderation blocked it"),
    (BadRequestError, 8, "the vendor found the request malformed"),
    (RateLimitedError, 9, "too many requests, or a busy vendor: try later"),
    (QuotaExhaustedError, 10, "the plan's window or the balance is used up"),
    (BudgetSpentError, 18, "a budget of your own in cncoding.yaml is used up; nothing was sent"),
    (ServerError, 11, "the vendor failed: try again"),
    (TransportError, 12, "the network failed"),
    (ProtocolError, 13, "the reply was cut or cannot be read"),
    (JobDeadlineError, 14, "a job was not done in time; it may still finish"),
    (JobCancelledError, 15, "a job was cancelled"),
    (UnconfirmedPurchaseError, 17, "it may have been bought before; nothing was bought now"),
    (JobError, 16, "a job failed"),
    (NotSavedError, 19, "it was made and paid for, and could not be saved; `cncoding job download` fetches it"),
    (CncodingError, 1, "anything else"),
)
"""Class, exit code and meaning; the first that fits decides. The table of docs/cli.md is this one."""

_UsageError: Any = typer.BadParameter.__mro__[1]
"""What typer raises for wrong words; its own copy of click has it in some versions."""
INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after Ctrl-C and SIGTERM, as shells have them."""


def exit_code(error: CncodingError) -> int:
    """Return the exit code of an error."""
    return next(code for kind, code, _ in EXIT_CODES if isinstance(error, kind))


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn our errors, Ctrl-C and SIGTERM into a message and an exit code."""
    try:
        with hear_termination():
            yield
    except CncodingError as error:
        report(error)
        raise typer.Exit(exit_code(error)) from error
    except _UsageError as error:
        if not show.wants_json():
            raise  # its own line, with the usage above
        wrong = ConfigError(error.format_message())
        report(wrong)
        raise typer.Exit(exit_code(wrong)) from error
    except BrokenPipeError:
        raise  # a reader that left is no error
    except OSError as error:
        terminal.leave_stdout()
        _report_system(error)
        raise typer.Exit(exit_code(CncodingError())) from error
    except KeyboardInterrupt as error:
        report_interruption(error)
        raise typer.Exit(_describe_signal(error)[1]) from error


@contextmanager
def leave_alone(job: MediaJob, handle: str) -> Iterator[None]:
    """Name a job that goes on when waiting for it is interrupted."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.__dict__.setdefault("job", job)
        error.__dict__.setdefault("left", handle)
        raise


def report_interruption(error: KeyboardInterrupt) -> None:
    """Say that a signal was heard, as JSON if wanted; what was under way is named, and the words that go on."""
    told = error.__dict__
    job, purchase, handle = told.get("job"), told.get("purchase"), told.get("left")
    message, code = _describe_signal(error)
    if show.wants_json():
        found: dict[str, Any] = {"class": type(error).__name__, "message": message, "exit_code": code}
        _report_as_json({"error": found | _describe_left(job, purchase, handle)})
        return
    show.note(message)
    if purchase is not None:
        show.note(_MAY_BE_BOUGHT.format(purchase))
    if isinstance(job, MediaJob):
        made = "it is made and paid for" if job.assets is not None else "the job goes on at the vendor"
        show.note(f"{made}: `cncoding job wait {handle}`" if handle else "the job was cancelled")
        show.job(job)


def _describe_signal(error: KeyboardInterrupt) -> tuple[str, int]:
    return ("terminated", TERMINATED) if isinstance(error, Terminated) else ("interrupted", INTERRUPTED)


def _describe_left(job: object, purchase: object, handle: object) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(job, MediaJob):
        found |= {"job": replace(job, assets=None).to_json(), "handle": handle, "cancelled": handle is None}
    if purchase is not None:
        found["purchase"] = purchase
    return found


_MAY_BE_BOUGHT = "it may have been bought: `cncoding job resolve {}` looks for it"


def _report_as_json(told: dict[str, Any]) -> None:
    sys.stderr.write(scrub(show.encode(told)) + "\n")


def _report_system(error: OSError) -> None:
    text = clean(str(error))
    if show.wants_json():
        _report_as_json({"error": {"class": "OSError", "message": text, "exit_code": exit_code(CncodingError())}})
    else:
        show.error("OSError", text)


def report(error: CncodingError) -> None:
    """Print an error; with `--json` as an object. A job that is not lost is printed, to be asked for again."""
    sys.stdout.flush()
    if show.wants_json():
        _report_as_json(describe(error))
        return
    show.error(_public_name(error), scrub(clean(str(error))))
    show.more(error.help_url)
    if isinstance(error, NotSavedError):
        return  # it names the handle
    if isinstance(error.job, MediaJob):
        show.job(error.job)
    elif error.purchase is not None:
        show.note(_MAY_BE_BOUGHT.format(error.purchase))


def describe(error: CncodingError) -> dict[str, Any]:
    """Return an error as JSON values."""
    found: dict[str, Any] = {
        "class": _public_name(error), "message": str(error), "exit_code": exit_code(error),
        "retryable": error.retryable, "help": error.help_url,
    }  # fmt: skip
    if isinstance(error, ApiError):
        found |= {
            "provider": error.provider, "status": error.status, "code": error.code, "request_id": error.request_id,
            "retry_after": error.retry_after, "vendor_message": error.message,
        }  # fmt: skip
    if isinstance(error, QuotaExhaustedError):
        found |= {"window": error.window, "resets_at": error.resets_at and error.resets_at.isoformat()}
    if isinstance(error, BudgetSpentError):
        found |= {
            "budget": error.budget, "used": error.used, "limit": error.limit, "unit": error.unit,
            "resets_at": error.resets_at and error.resets_at.isoformat(),
        }  # fmt: skip
    if isinstance(error.job, MediaJob):
        found["job"] = error.job.to_json()
    if error.purchase is not None:
        found["purchase"] = error.purchase
    return {"error": found}


def _public_name(error: CncodingError) -> str:
    """Return the name of the core's class or of ours, also of an adapter's twin."""
    ours = ("cncoding.", "cncoding_cli.")
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith(ours))
