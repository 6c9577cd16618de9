"""Errors say what to do, in the language of the environment; a vendor's words stay its own."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

import cncoding
from cncoding import Client, ConfigError, Media, NotFoundError, QuotaExhaustedError, user
from cncoding.hints import table
from cncoding.hints.find import remedy
from cncoding.hints.hint import choose_language
from cncoding_emulator import Emulator


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        yield emulator


def test_a_model_that_is_not_found_is_named_with_the_nearest_and_the_command(emulator: Emulator) -> None:
    emulator.fault("glm", status=400, code="1211", message="模型不存在，请检查模型代码。")
    with pytest.raises(NotFoundError) as caught:
        Client("glm", model="glm-5.3-flsh").chat("hi")
    text = str(caught.value)
    assert "模型不存在，请检查模型代码。" in text
    assert "'glm-5.3-flsh'" in text and "glm-5.3-flash" in text and "cncoding models glm --endpoint coding" in text


def test_a_model_of_another_endpoint_is_said_to_be_there(emulator: Emulator) -> None:
    emulator.fault("kimi", status=404, code="resource_not_found_error", message="Not found the model kimi-k3")
    with pytest.raises(NotFoundError, match=r"known at endpoint api, api-global"):
        list(Client("kimi", model="kimi-k3").stream("hi"))


async def test_not_found_shows_the_address_and_no_query(emulator: Emulator) -> None:
    emulator.fault("deepseek", status=404, message="Not Found")
    client = cncoding.AsyncClient("deepseek")
    with pytest.raises(NotFoundError, match=r"/deepseek/chat/completions: look at base_url"):
        await client.chat("hi")


def test_a_model_without_eyes_names_those_that_see(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=r"glm-5\.3-flash, glm-5\.3-flashx.* read image"):
        Client("glm").chat([user("what?", Media("image", url="https://a.example/b.png"))])
    assert not emulator.requests


def test_a_missing_key_says_where_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"KIMI_API_KEY.*kimi\.com/code/console"):
        Client("kimi")
    monkeypatch.setenv("CNCODING_LANG", "zh")
    with pytest.raises(ConfigError, match=r"环境变量 KIMI_API_KEY.*kimi.com/code/console 创建）"):
        Client("kimi")


@pytest.mark.parametrize("provider", [one for one in cncoding.providers() if one != "unified"])
def test_every_endpoint_says_where_its_keys_are_made(provider: str) -> None:
    found = cncoding.providers()[provider]
    assert found.key_pages.keys() == {endpoint.name for endpoint in found.endpoints}


def test_a_spent_plan_in_chinese(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNCODING_LANG", "zh_CN.UTF-8")
    emulator.fault("glm", "quota")
    with pytest.raises(QuotaExhaustedError, match=r"（额度将于 .* 恢复；编程套餐的额度不能用于") as caught:
        Client("glm").chat("hi")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_how_hard_is_not_whether() -> None:
    client = Client("glm", api_key="0123456789abcdef0123456789abcdef.0123456789abcdef")
    with pytest.raises(ConfigError, match="reasoning_effort='high'"):
        client.chat("hi", thinking="high")  # type: ignore[arg-type]  # the mistake that is shown


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"CNCODING_LANG": "zh", "LC_ALL": "C"}, "zh"),
        ({"CNCODING_LANG": "en", "LANG": "zh_CN.GBK"}, "en"),
    ],
)
def test_the_language(environ: dict[str, str], language: str) -> None:
    assert choose_language(environ) == language


def test_every_class_has_a_remedy_in_both_languages() -> None:
    kinds = [
        one for one in vars(cncoding).values() if isinstance(one, type) and issubclass(one, cncoding.CncodingError)
    ]
    bare = {"CncodingError", "ApiError", "JobError", "TransportError"}
    missing = {kind.__name__ for kind in kinds if remedy(kind) is None}
    assert missing <= bare
    for hint in table.REMEDIES.values():
        assert hint.en.isascii() and any("\u4e00" <= character <= "\u9fff" for character in hint.zh)
