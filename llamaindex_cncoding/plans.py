"""Several LLMs as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import Field, field_validator

from cncoding import (
    AsyncPlanClient,
    ChatRequest,
    Client,
    PlanClient,
    PlanMember,
    Thinking,
    build_model,
    load_configuration,
    read_members,
)
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._request import make_request
from llamaindex_cncoding._settings import CONNECTION
from llamaindex_cncoding.llm import CNCodingLLM


class PlansLLM(CNCodingLLM):
    """Several LLMs that answer as one, made by `CNCodingLLM.over([...])`.

    They are asked in order. It moves on when a plan is spent, refuses the key or the client, is overloaded or cannot be
    reached, before the first event of a reply; a spent plan is left alone until its reset, in every process of this
    user. `raw["tried"]` says what happened.
    """

    provider: str = ""
    llms: list[Any] = Field(default_factory=list, repr=False, description="The LLMs, the first is asked first.")
    order: Literal["listed", "most_left", "cheapest"] = Field(
        default="listed", description="most_left: the largest share first; cheapest: plans before pay as you go."
    )
    hedge_after: float | None = Field(
        default=None, description="Seconds after which the next plan is asked too; the first to begin wins. It costs."
    )
    floor: float | None = Field(
        default=None, description="Share of a plan, 0 to 1: one that has no more left is passed over."
    )

    @field_validator("llms", mode="before")
    @classmethod
    def _restore(cls, llms: Any) -> Any:
        """Make LLMs of the dicts that a dump holds."""
        return [_restore_llm(one) if isinstance(one, Mapping) else one for one in llms]

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps."""
        return "cncoding_plans_multi_modal_llm"

    def _connect(self, kind: Any) -> Any:
        members = [self._make_member(llm, kind, floor=self.floor) for llm in self.llms]
        group = PlanClient if kind is Client else AsyncPlanClient
        return group(members, order=self.order, hedge_after=self.hedge_after)

    def _make_member(self, llm: ConnectedLLM, kind: Any, **guard: Any) -> PlanMember[Any]:
        """Return an LLM as one of several, with the settings of the connection that this one has for all."""
        asked = {name: value for name in CONNECTION if (value := getattr(self, name)) != _find_default(name)}
        if self.budgets:
            asked["budgets"] = (*llm.budgets, *self.budgets)
        return PlanMember(llm._apply_call(asked)[0]._connect(kind), read_own_request(llm), **guard)

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return the tool choices that every LLM takes."""
        client: PlanClient = self._connect(Client)
        return client.tool_choices(None, thinking if thinking else None)


def _find_default(name: str) -> Any:
    return CNCodingLLM.model_fields[name].default


def _restore_llm(dumped: Mapping[str, Any]) -> CNCodingLLM:
    kind = PlansLLM if "llms" in dumped else CNCodingLLM
    return kind(**dumped)


def read_own_request(llm: Any) -> ChatRequest:
    """Return what an LLM says of itself: a request without its messages."""
    return replace(make_request(llm, [ChatMessage(role="user", content="-")], {}), messages=())


def read_llm(name: str | None, file: Any) -> CNCodingLLM:
    """Return a model of the configuration file; see `CNCodingLLM.from_config`."""
    configuration = load_configuration(file)
    return build_model(
        configuration.entry(name),
        configuration,
        lambda settings: CNCodingLLM(**settings),
        lambda llms, settings: join_llms(llms, **settings),
        takes=CNCodingLLM.model_fields,
    )


def join_llms(llms: Iterable[Any], **settings: Any) -> PlansLLM:
    """Return several LLMs as one; see `CNCodingLLM.over`."""
    members = read_members(llms, ConnectedLLM, settings, noun="LLM", examples=("GLM", "Kimi"))
    first = members[0]
    return PlansLLM(llms=members, provider=first.provider, model=first.model, **settings)


CNCodingLLM._join = staticmethod(join_llms)
CNCodingLLM._read = staticmethod(read_llm)
