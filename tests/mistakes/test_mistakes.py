"""Every plausible mistake is a `ConfigError` that says what happened and what to do, before anything is sent."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import cncoding
from cncoding_emulator import Emulator
from tests.mistakes.table import CORE, LANGCHAIN, LLAMAINDEX, WARNED

TROUBLESHOOTING = Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md"
PNG = "data:image/png;base64,iVBORw0KGgo="
KEYS = {
    "KIMI_API_KEY": "sk-kimi-0123456789abcdef",
    "MOONSHOT_API_KEY": "sk-0123456789abcdef0123",
    "ZAI_API_KEY": "0123456789abcdef0123456789abcdef.0123456789abcdef",
    "MINIMAX_API_KEY": "sk-cp-0123456789abcdef0123",
    "DEEPSEEK_API_KEY": "sk-0123456789abcdef0123",
    "WCODE_API_KEY": "wcode-0123456789",
    "UNIFIED_API_KEY": "unified-0123456789",
    "DASHSCOPE_API_KEY": "sk-0123456789abcdef0123",
}


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Everything that a row may use."""
    found: dict[str, Any] = {"httpx": httpx, "PICTURE": {"type": "image_url", "image_url": {"url": PNG}}}
    for package in ("cncoding", "langchain_cncoding", "llamaindex_cncoding"):
        module = importlib.import_module(package)
        found |= {name: getattr(module, name) for name in module.__all__}
    found["HumanMessage"] = importlib.import_module("langchain_core.messages").HumanMessage
    found["ChatMessage"] = importlib.import_module("llama_index.core.base.llms.types").ChatMessage
    found |= vars(cncoding)

    def look(**where: str) -> cncoding.Message:
        return cncoding.user("what is it?", cncoding.Media("image", **where))

    def begun(text: str) -> cncoding.Message:
        return cncoding.Message("assistant", (cncoding.Text(text),), prefix=True)

    def get_weather(city: str) -> str:
        """Tell the weather."""
        return city

    return {**found, "look": look, "begun": begun, "get_weather": get_weather}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def silent(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keys in the environment, and proof that no vendor was asked."""
    server.reset()
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, server.url)
    yield
    assert not server.requests


def type_in(code: str, names: dict[str, Any]) -> cncoding.CncodingError:
    with pytest.raises(cncoding.CncodingError) as caught:
        eval(code.replace("*", "0123456789abcdef0123"), dict(names))
    return caught.value


@pytest.mark.parametrize(("code", "says"), [*CORE, *LANGCHAIN, *LLAMAINDEX], ids=lambda value: str(value)[:60])
def test_a_mistake_is_named_and_so_is_what_to_do(
    code: str, says: tuple[str, ...], names: dict[str, Any], silent: None
) -> None:
    error = type_in(code, names)
    assert isinstance(error, cncoding.ConfigError)
    for words in says:
        assert words in str(error)
    assert "0123456789abcdef" not in str(error)
    assert error.topic != "config" and f"{{#{error.topic}}}" in TROUBLESHOOTING.read_text(encoding="utf-8")


@pytest.mark.parametrize(("code", "says"), WARNED, ids=lambda value: str(value)[:60])
def test_what_somebody_may_mean_is_sent_with_a_warning(
    code: str, says: tuple[str, ...], names: dict[str, Any], server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reply = eval(code, dict(names))
    if isinstance(reply, cncoding.ChatResponse):
        told = [f"{one.setting}: {one.why}" for one in reply.warnings]
    else:
        told = [str(one.message) for one in caught if one.category is cncoding.CncodingWarning]
    assert len(told) == 1 and all(words in told[0] for words in says)


def test_there_are_more_than_a_hundred_of_them() -> None:
    rows = [code for code, _ in (*CORE, *LANGCHAIN, *LLAMAINDEX)]
    assert len(rows) == len(set(rows)) >= 120


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('Client("kimi", api_key="")', "请传入 api_key，或设置环境变量 KIMI_API_KEY"),
        ('Client("glm").chat("hi", thinking="high")', "思考强度请用 reasoning_effort='high'"),
        ('Client("glm").chat("hi", thinking=5000)', "thinking_budget=5000"),
        ('Client("glm").chat([look(url="https://a.example/b.png")])', "可读取 image 的模型"),
        ('Client("glm").chat([])', "请使用 cncoding.user"),
        ('Client("kimmi")', "可用的厂商有"),
        ('Client("glm", endpoint="codeing")', "可用的接入点有"),
        ('Client("glm", time_out=3)', "参数名拼写有误，或来自其他包：使用报错中建议的名称，参见参数与迁移"),
        ('Client("kimi", api_key="sk-kimi-abc def")', "请从厂商控制台重新复制"),
        ('Client("kimi", endpoint="api", api_key="sk-kimi-*")', "改用报错中给出的 `endpoint=`"),
        ('Client("glm").chat("hi", temperature="0,5")', "参数取值不对"),
        ('ChatGLM(modle="glm-5.3")', "参数名拼写有误"),
        ('GLM(temperature="warm")', "参数取值不对"),
        ('GLM().chat_with_tools(["weather"], user_msg="hi")', "请传入函数或框架的工具"),
    ],
)
def test_hints_are_chinese_where_the_environment_is(
    code: str, says: str, names: dict[str, Any], silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCODING_LANG", "zh")
    assert says in str(type_in(code, names))


@pytest.mark.parametrize(
    ("extra", "missing", "run"),
    [
        ("cli", "typer", "import cncoding_cli; cncoding_cli.main()"),
        ("cli", "prompt_toolkit", "import cncoding_cli; cncoding_cli.main()"),
    ],
)
def test_a_missing_extra_is_named_with_its_command(
    extra: str, missing: str, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit, match=rf'pip install "cncoding\[{extra}\]"[^\n]*\nmore: .*#missing-extra$'):
        exec(run, {})
