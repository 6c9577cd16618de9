"""Errors of tools: the agent reads them by default, and raising is a setting.

* Every error is a `ToolException`: with `handle_tool_error` on, as it is here, the agent reads it as a `ToolMessage`
  with `status="error"`, also when the vendor is busy.
* With `handle_tool_error=False` it is raised as its twin of `langchain_cncoding`; `is_retryable` says whether
  `ToolRetryMiddleware` may repeat the call.
* A submission that may have reached the vendor and an error of a job are never retryable: they may have cost money.
"""

from __future__ import annotations

from typing import Any, cast

from langchain_core import exceptions as lc
from langchain_core.tools import ToolException

import cncoding
from langchain_cncoding._errors import DUAL, dual


class _Told:
    """Text that holds the hint already, because the agent reads it; it is not appended once more."""

    args: tuple[Any, ...]

    def __str__(self) -> str:
        return str(self.args[0])


class CNCodingJobError(_Told, cncoding.JobError, lc.ModelError, ToolException):
    """A media job went wrong. `job` can be asked for again; nothing is submitted anew."""

    is_retryable = False


class CNCodingJobFailedError(cncoding.JobFailedError, CNCodingJobError):
    """The vendor gave up on the job."""


class CNCodingJobDeadlineError(cncoding.JobDeadlineError, CNCodingJobError):
    """The job was not done in time; it may still finish."""


class CNCodingJobCancelledError(cncoding.JobCancelledError, CNCodingJobError):
    """The job was cancelled."""


class CNCodingUnconfirmedPurchaseError(cncoding.UnconfirmedPurchaseError, CNCodingJobError):
    """It may have been bought before; nothing was bought now."""


class CNCodingBudgetExceededError(cncoding.BudgetExceededError, CNCodingJobError):
    """The kit may not spend any more; nothing was bought."""


class CNCodingPurchaseDeclinedError(cncoding.PurchaseDeclinedError, CNCodingJobError):
    """A person said no, or nobody could be asked; nothing was bought."""


_JOBS: dict[type[cncoding.JobError], type[CNCodingJobError]] = {
    cncoding.JobFailedError: CNCodingJobFailedError,
    cncoding.JobDeadlineError: CNCodingJobDeadlineError,
    cncoding.JobCancelledError: CNCodingJobCancelledError,
    cncoding.UnconfirmedPurchaseError: CNCodingUnconfirmedPurchaseError,
    cncoding.BudgetExceededError: CNCodingBudgetExceededError,
    cncoding.PurchaseDeclinedError: CNCodingPurchaseDeclinedError,
}
# A module-level class for each twin, so that the errors can be pickled.
_TOLD: dict[type[cncoding.CncodingError], type[Any]] = {
    twin: type(f"Tool{twin.__name__}", (_Told, twin, ToolException), {"__module__": __name__}) for twin in DUAL
}
globals().update({kind.__name__: kind for kind in _TOLD.values()})


def tool_error(error: cncoding.CncodingError, prefix: str = "") -> Exception:
    """Return the error that a tool raises for one of the core; `prefix` is that of the names of the tools."""
    text = cncoding.explain_failure(error, prefix)
    if isinstance(error, cncoding.JobError):
        kind = next((ours for theirs, ours in _JOBS.items() if isinstance(error, theirs)), CNCodingJobError)
        return _rebuilt(error, kind, text)
    twin = dual(error)
    if type(twin) not in _TOLD:
        return twin
    told: Any = _rebuilt(twin, _TOLD[type(twin)], text)
    told.is_retryable = error.retryable
    return cast(Exception, told)


def _rebuilt(error: Exception, kind: Any, text: str) -> Exception:
    again: Any = kind.__new__(kind)
    again.args = (text,)
    again.__dict__.update(error.__dict__)
    return cast(Exception, again)
