"""Arguments of the constructor and of one call: which there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncoding import LimitSettings, RequestSettings, refuse_unknown, rename_settings

REQUEST_FIELDS = (*RequestSettings.model_fields, "vision")
"""Fields that say what is asked; every one may be given per call too."""
CLIENT_FIELDS = (
    *("endpoint", "base_url", "wire", "timeout", "max_retries", "user_agent", "default_headers"),
    *LimitSettings.model_fields,
)
"""Fields that say whom is asked and how; every one may be given per call too."""
CALL_ONLY = (
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "strict",
    "response_format",
    "stream_usage",
    "output_version",
)
"""Arguments of a call, or of `bind`, that are no fields or steer the form of the reply."""
_OF_A_CALL = (*REQUEST_FIELDS, *CLIENT_FIELDS, *CALL_ONLY)
_FRAMEWORK = frozenset({"stream", "stream_options", "structured_output_format"})
"""Arguments that LangChain hands down for its own sake; also all that begin with `ls_` or `lc_`."""

OTHERWISE = "vendor fields go into extra_body="


def call_arguments(kwargs: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the arguments of one call under our names, without those that are LangChain's own.

    Raises:
        ConfigError: An argument is unknown.
    """
    if not kwargs:
        return {}
    ours = {
        name: value for name, value in kwargs.items() if name not in _FRAMEWORK and not name.startswith(("ls_", "lc_"))
    }
    ours = rename_settings(ours, _OF_A_CALL)
    refuse_unknown(ours, _OF_A_CALL, f"a call of {where}", OTHERWISE)
    return ours
