"""What LangChain may rely on, from the core's model card: true for one model on one endpoint."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

from langchain_core.language_models import ModelProfile

from cncoding import ModelCard

_KNOWN_KEYS = frozenset(ModelProfile.__annotations__)
"""Older versions of langchain-core know fewer keys and warn about others."""


def profile_of(card: ModelCard, tool_choices: Collection[str]) -> ModelProfile:
    """Return the profile of a model.

    An unknown model claims little: what LangChain does on its own because of a profile (native structured output,
    images in tool results) would fail on a model that cannot.

    Args:
        card: What the core knows of the model on its endpoint.
        tool_choices: Choices that the endpoint takes for it when thinking is left as it is.
    """
    profile = _known(card, tool_choices) if card.known else _unknown(card)
    return cast(
        "ModelProfile", {key: value for key, value in profile.items() if key in _KNOWN_KEYS and value is not None}
    )


@cache
def _reads_documents() -> bool:
    """Tell whether a PDF becomes text and pictures on its way, which every model reads; extra `pdf`."""
    return find_spec("pypdfium2") is not None


def _unknown(card: ModelCard) -> dict[str, Any]:
    """Claim nothing but what an error of the vendor told: its ceilings."""
    told = {"max_input_tokens": card.input_limit, "max_output_tokens": card.max_output}
    return {"name": card.id, "tool_calling": True, **told}


def _known(card: ModelCard, tool_choices: Collection[str]) -> dict[str, Any]:
    sees = "image" in card.input
    thinking = card.thinking
    return {
        "name": card.id,
        "max_input_tokens": card.input_limit,
        "max_output_tokens": card.max_output,
        "text_inputs": "text" in card.input,
        "image_inputs": sees or card.vision == "vlm",
        "image_url_inputs": sees or card.vision == "vlm",
        "video_inputs": "video" in card.input,
        "audio_inputs": "audio" in card.input,
        "pdf_inputs": "file" in card.input or _reads_documents(),
        "attachment": "file" in card.input,
        "image_tool_message": card.tool_images,
        "pdf_tool_message": _reads_documents(),
        "text_outputs": True,
        "image_outputs": False,
        "audio_outputs": False,
        "video_outputs": False,
        "reasoning_output": thinking is not None,
        "reasoning_effort_levels": list(thinking.levels) if thinking and thinking.levels else None,
        "reasoning_effort_default": thinking.default_level if thinking else None,
        "tool_calling": card.tools,
        "tool_choice": card.tools and {"required", "named"} <= set(tool_choices),
        "tool_call_streaming": card.tools,
        "structured_output": "json_schema" in card.structured,
        "temperature": "temperature" not in card.omits,
    }
