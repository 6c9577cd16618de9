"""Several chat models as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.language_models import ModelProfile
from pydantic import Field
from typing_extensions import override

from cncoding import (
    AsyncPlanClient,
    Client,
    ConfigError,
    PlanClient,
    PlanMember,
    load_configuration,
    providers,
    reveal_entry,
)
from langchain_cncoding._calls import CallingModel
from langchain_cncoding._errors import dual_errors
from langchain_cncoding._profiles import profile_of
from langchain_cncoding._requests import read_call
from langchain_cncoding.chat_models import ChatCNCoding, chat_class


class ChatPlans(ChatCNCoding):
    """Several chat models that answer as one, made by `ChatCNCoding.over([...])`.

    They are asked in order. It moves on when a plan is spent, refuses the key or the client, is overloaded or cannot be
    reached, before the first event of a reply; a spent plan is left alone until its reset, in every process of this
    user. `response_metadata["tried"]` says what happened.
    """

    provider: str = ""
    models: list[Any] = Field(default_factory=list, repr=False)
    """The chat models, the first is asked first."""
    order: Literal["listed", "most_left", "cheapest"] = "listed"
    """`most_left` asks the plan with the largest share left, `cheapest` plans before pay as you go."""

    @override
    def _client(self, call: Mapping[str, Any] | None = None) -> Client:
        members = [PlanMember(model._client(call), _own_request(model)) for model in self.models]
        return PlanClient(members, order=self.order)

    @override
    def _async_client(self, call: Mapping[str, Any] | None = None) -> AsyncPlanClient:
        members = [PlanMember(model._async_client(call), _own_request(model)) for model in self.models]
        return AsyncPlanClient(members, order=self.order)

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self.model_card(), self.tool_choices())

    def tool_choices(self) -> frozenset[str]:
        """Return which tool choices every model takes, thinking as told."""
        asked = self._thinking()
        return self._client().tool_choices(None, asked if asked else None)

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return False


def _own_request(model: CallingModel) -> Any:
    with dual_errors():
        return read_call(model.__dict__, [], None, {}, type(model).__name__).request


def read_model(name: str | None, file: Any) -> ChatCNCoding:
    """Return a model of the configuration file; see `ChatCNCoding.from_config`."""
    with dual_errors():
        configuration = load_configuration(ChatCNCoding.model_fields, file)
        entry = configuration.entry(name)
        settings = reveal_entry(entry, configuration)
    if entry.over:
        return join_models([read_model(one, file) for one in entry.over], **settings)
    provider = providers()[settings.pop("provider")]
    return chat_class(provider)(provider=provider.id, **settings)


def join_models(models: Sequence[Any], **settings: Any) -> ChatPlans:
    """Return several chat models as one; see `ChatCNCoding.over`."""
    with dual_errors():
        if not models:
            raise ConfigError("over: the list is empty; give at least one chat model")
        for model in models:
            if not isinstance(model, CallingModel):
                name = type(model).__name__
                raise ConfigError(f"over: {name} is no chat model of cncoding; give ChatGLM(), ChatKimi(), ...")
    first = models[0]
    return ChatPlans(models=list(models), provider=first.provider, model=first.model, **settings)
