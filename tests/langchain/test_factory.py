"""Models made from a text, and what the package exports."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import langchain_cncoding
from langchain_cncoding import ChatCNCoding, ChatKimi, CNCodingConfigError, create_chat_model, register

from .conftest import CLASSES


@pytest.mark.parametrize("provider", CLASSES)
def test_create_chat_model(provider: str) -> None:
    assert type(create_chat_model(provider)) is CLASSES[provider]
    assert type(create_chat_model(f"cncoding-{provider}")) is CLASSES[provider]
    model = create_chat_model(f"{provider}:some/model:7b", temperature=0.5)
    assert (model.model, model.temperature) == ("some/model:7b", 0.5)


def test_create_chat_model_refuses() -> None:
    with pytest.raises(CNCodingConfigError, match="did you mean 'kimi'"):
        create_chat_model("kimmi:k3")
    with pytest.raises(CNCodingConfigError, match="name two models"):
        create_chat_model("kimi:k3", model="k4")
    with pytest.raises(CNCodingConfigError, match="unknown argument"):
        create_chat_model("kimi:k3", heat=1)


def test_any_provider_through_the_general_class() -> None:
    model = ChatCNCoding(provider="kimi")
    assert model.invoke("hello").response_metadata["model_provider"] == "cncoding-kimi"


def test_register_makes_init_chat_model_work() -> None:
    from langchain.chat_models import base, init_chat_model

    before = dict(base._BUILTIN_PROVIDERS)
    for name in [
        name for name in before if name.startswith("cncoding")
    ]:  # deepagents, in a test before, registers them
        del base._BUILTIN_PROVIDERS[name]
    base._get_chat_model_creator.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"(?i)unsupported|unable to infer"):
            init_chat_model("cncoding-kimi:kimi-for-coding")
        assert "cncoding-kimi" in register()
        model = init_chat_model("cncoding-kimi:kimi-for-coding", temperature=0.5)
        assert isinstance(model, ChatKimi) and model.temperature == 0.5
        chosen = init_chat_model(configurable_fields=("model", "model_provider"))
        reply = chosen.invoke("hello", config={"configurable": {"model": "cncoding-glm:glm-4.7"}})
        assert reply.response_metadata["model_name"] == "glm-4.7"
    finally:
        base._BUILTIN_PROVIDERS.clear()
        base._BUILTIN_PROVIDERS.update(before)
        base._get_chat_model_creator.cache_clear()


def test_importing_registers_nothing() -> None:
    code = "from langchain.chat_models import base; import langchain_cncoding; print(*base._BUILTIN_PROVIDERS)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cncoding" not in done.stdout and "openai" in done.stdout


def test_exports() -> None:
    assert all(hasattr(langchain_cncoding, name) for name in langchain_cncoding.__all__)
    assert langchain_cncoding.__all__ == sorted(langchain_cncoding.__all__, key=lambda name: (name[0].islower(), name))


def test_import_stays_small() -> None:
    """Neither the other framework nor a vendor's SDK nor `langchain` itself comes along."""
    code = "import sys, langchain_cncoding; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {
        "llama_index",
        "openai",
        "anthropic",
        "langchain",
        "langgraph",
        "dashscope",
        "zhipuai",
        "transformers",
    }


def test_deepagents_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is large and brings other vendors' SDKs, so its two names are stood in for here."""
    from langchain.chat_models import base, init_chat_model

    registered: dict[str, object] = {}
    package = types.ModuleType("deepagents")
    package.ProviderProfile = object  # type: ignore[attr-defined]
    package.register_provider_profile = registered.__setitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "deepagents", package)
    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", dict(base._BUILTIN_PROVIDERS))
    from langchain_cncoding.deepagents import register_profiles

    register_profiles()
    assert {f"cncoding-{provider}" for provider in CLASSES} <= registered.keys()
    assert isinstance(init_chat_model("cncoding-kimi:kimi-for-coding"), ChatKimi)
    base._get_chat_model_creator.cache_clear()
