"""What to do about errors of wcode, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, Hint, QuotaExhaustedError

# The gateway's own examples.
KEY_PAGES = {"api": "https://wcode.net/get-apikey"}

HINTS: Mapping[type[ApiError], Hint | str] = {
    QuotaExhaustedError: Hint(
        "the balance is filled at https://wcode.net/apikey-recharge", "请在 https://wcode.net/apikey-recharge 充值"
    ),
}
