"""Several chat models as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from langchain_core.language_models import ModelProfile
from pydantic import Field
from typing_extensions import override

from cncoding import (
    AsyncClient,
    AsyncPlanClient,
    Client,
    PlanClient,
    PlanMember,
    Provider,
    build_model,
    load_configuration,
    providers,
    read_members,
)
from langchain_cncoding._calls import CallingModel
from langchain_cncoding._errors import dual_errors
from langchain_cncoding._profiles import profile_of
from langchain_cncoding._requests import read_call
from langchain_cncoding._settings import CLIENT_FIELDS

_C = TypeVar("_C", Client, AsyncClient)
_Joined = TypeVar("_Joined", bound="PlanModel")


class PlanModel(CallingModel):
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
    hedge_after: float | None = None
    """Seconds after which the next plan is asked too if nothing has come yet; the first to begin wins. It costs."""
    floor: float | None = None
    """Share of a plan's scarcest window, 0 to 1: a plan that has no more left is passed over."""

    @override
    def _client(self, call: Mapping[str, Any] | None = None) -> Client:
        members = [self._join(model._client(self._ask_of(model, call)), model) for model in self.models]
        return PlanClient(members, order=self.order, hedge_after=self.hedge_after)

    @override
    def _async_client(self, call: Mapping[str, Any] | None = None) -> AsyncPlanClient:
        members = [self._join(model._async_client(self._ask_of(model, call)), model) for model in self.models]
        return AsyncPlanClient(members, order=self.order, hedge_after=self.hedge_after)

    def _join(self, client: _C, model: CallingModel) -> PlanMember[_C]:
        return PlanMember(client, _own_request(model), self.floor)

    def _ask_of(self, model: CallingModel, call: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the settings of a call's client that this model has for all of its models."""
        own = {name: value for name in CLIENT_FIELDS if (value := self.__dict__[name]) != _find_default(name)}
        asked = {**own, **(call or {})}
        if "budgets" in asked:
            asked["budgets"] = (*model.budgets, *asked["budgets"])
        return asked

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        members = [model._identifying_params for model in self.models]
        own = {"order": self.order, "hedge_after": self.hedge_after, "floor": self.floor}
        return {**super()._identifying_params, **own, "models": members}

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


def _find_default(name: str) -> Any:
    return CallingModel.model_fields[name].default


def _own_request(model: CallingModel) -> Any:
    with dual_errors():
        return read_call(model.__dict__, [], None, {}, type(model).__name__).request


def read_model(
    name: str | None, file: Any, choose: Callable[[Provider], type[CallingModel]], joined: type[PlanModel]
) -> CallingModel:
    """Return a model of the configuration file; see `ChatCNCoding.from_config`.

    Args:
        name: Its name there.
        file: The file.
        choose: Returns the chat class of a provider.
        joined: The chat class of several models.
    """

    def make_one(settings: dict[str, Any]) -> CallingModel:
        provider = providers()[settings.pop("provider")]
        return choose(provider)(provider=provider.id, **settings)

    def make_group(models: list[CallingModel], settings: dict[str, Any]) -> CallingModel:
        return join_models(joined, models, **settings)

    with dual_errors():
        configuration = load_configuration(file)
        entry = configuration.entry(name)
        return build_model(entry, configuration, make_one, make_group, takes=CallingModel.model_fields)


def join_models(joined: type[_Joined], models: Iterable[Any], **settings: Any) -> _Joined:
    """Return several chat models as one; see `ChatCNCoding.over`."""
    with dual_errors():
        members = read_members(models, CallingModel, settings, noun="chat model", examples=("ChatGLM", "ChatKimi"))
    first = members[0]
    return joined(models=members, provider=first.provider, model=first.model, **settings)
