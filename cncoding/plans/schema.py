"""What a model of `cncoding.yaml` may be given, with the kinds of its values; it needs pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cncoding.settings import LimitSettings, RequestSettings
from cncoding.types import JsonObject, Vision


class GroupSettings(RequestSettings):
    """Settings of several models as one: those of the request are for all of them."""

    order: Literal["listed", "most_left", "cheapest"] = "listed"
    hedge_after: float | None = Field(default=None, gt=0)
    floor: float | None = Field(default=None, ge=0, lt=1)


class ModelSettings(RequestSettings, LimitSettings):
    """Settings of one model, in either framework; a framework passes over those that only the other one has."""

    model_config = ConfigDict(strict=False)

    provider: str
    api_key: str | None = None
    endpoint: str | None = None
    base_url: str | None = None
    wire: Literal["openai", "anthropic"] | None = None
    timeout: float | tuple[float | None, ...] | None = None
    max_retries: int | None = Field(default=None, ge=0)
    default_headers: dict[str, str] | None = None
    user_agent: str | None = None
    vision: Vision | None = None
    # of LangChain
    streaming: bool = False
    stream_usage: bool = True
    output_version: str | None = None
    # of LlamaIndex
    context_window: int | None = Field(default=None, gt=0)
    system_prompt: str | None = None
    additional_kwargs: dict[str, Any] | None = None
    structured_output_mode: Literal["auto", "json_schema", "json_object", "function", "prompt"] = "auto"
    promote_reasoning_when_empty: bool = False


def list_names(schema: type[BaseModel]) -> frozenset[str]:
    """Return the names that a file may use: its budget has a form of its own there."""
    return frozenset(schema.model_fields) - {"budgets"}


def check_values(schema: type[BaseModel], settings: Mapping[str, Any]) -> tuple[JsonObject, dict[tuple[str, ...], str]]:
    """Return settings with values of the right kinds, and what is wrong, by field."""
    try:
        checked = schema.model_validate(dict(settings))
    except ValidationError as error:
        wrong = {
            tuple(str(step) for step in one["loc"]): one["msg"].removeprefix("Value error, ")
            for one in error.errors(include_input=False, include_url=False)
        }
        return {}, wrong
    return {name: getattr(checked, name) for name in settings}, {}
