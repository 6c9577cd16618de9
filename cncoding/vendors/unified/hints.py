"""What to do about errors of the unified gateway, and where its keys are made."""

from __future__ import annotations

from collections.abc import Mapping

from cncoding.errors import ApiError, BadRequestError, Hint

HINTS: Mapping[type[ApiError], Hint | str] = {
    BadRequestError: Hint(
        "the fields that each model takes are in section 7 of the gateway's model page",
        "各模型支持的字段见网关模型文档第 7 节",
    ),
}
