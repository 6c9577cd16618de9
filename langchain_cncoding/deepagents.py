"""Model texts of this package in `deepagents`: `create_deep_agent(model="cncoding-kimi:kimi-for-coding")`.

`deepagents` calls `register_profiles` by the entry point `deepagents.provider_profiles` before it makes a model.
"""

from __future__ import annotations

from langchain_cncoding.factory import register


def register_profiles() -> None:
    """Register every provider with LangChain's `init_chat_model`, and a profile of it with `deepagents`."""
    from deepagents import ProviderProfile, register_provider_profile  # type: ignore[import-not-found, unused-ignore]

    for name in register():
        register_provider_profile(name, ProviderProfile())
