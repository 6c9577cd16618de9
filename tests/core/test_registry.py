"""Where settings and environment lead, and what is refused before any I/O."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cncoding
from cncoding.errors import ConfigError
from cncoding.registry import Settings, providers, resolve

SEVEN = {"glm", "kimi", "minimax", "qwen", "deepseek", "wcode", "unified"}


def test_the_seven_providers_are_there() -> None:
    assert set(providers()) >= SEVEN


def test_an_unknown_provider_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="provider='kimmi': unknown, did you mean 'kimi'"):
        resolve(Settings("kimmi"), {})


def test_a_missing_key_names_the_variables() -> None:
    with pytest.raises(ConfigError, match="ZAI_API_KEY or ZHIPUAI_API_KEY"):
        resolve(Settings("glm"), {})


@pytest.mark.parametrize("key", ["", "   ", "schlüssel", "two words", "a\x00b"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(ConfigError, match="api_key") as caught:
        resolve(Settings("glm", api_key=key), {})
    assert key.strip() == "" or key not in str(caught.value)


def test_a_trailing_newline_is_no_part_of_the_key() -> None:
    assert resolve(Settings("glm", api_key="abc.def\n"), {}).headers["Authorization"] == "Bearer abc.def"


def test_the_key_is_in_no_repr() -> None:
    settings = Settings("glm", api_key="very-secret-key")
    assert "very-secret-key" not in repr(settings) + repr(resolve(settings, {}))
    assert "very-secret-key" not in repr(cncoding.Client("glm", api_key="very-secret-key"))


@pytest.mark.parametrize("url", ["open.bigmodel.cn", "ftp://x/v1", "https://", "https://u:p@host/v1"])
def test_a_base_url_that_cannot_be_one(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        resolve(Settings("glm", api_key="k", base_url=url), {})


def test_a_base_url_with_the_route_says_what_to_leave_out() -> None:
    with pytest.raises(ConfigError, match="leave '/chat/completions' out"):
        resolve(Settings("glm", api_key="k", base_url="https://host/v1/chat/completions"), {})


def test_an_unknown_endpoint_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="'coding', 'coding-global', 'api', 'api-global'"):
        resolve(Settings("glm", api_key="k", endpoint="code"), {})


def test_an_unknown_wire() -> None:
    with pytest.raises(ConfigError, match="choose 'openai' or 'anthropic'"):
        resolve(Settings("glm", api_key="k", wire="grpc"), {})  # type: ignore[arg-type]


def test_a_base_url_is_taken_as_it_is() -> None:
    found = resolve(Settings("glm", api_key="k", base_url="https://gateway.example/x/"), {})
    assert found.base_url == "https://gateway.example/x"


def test_a_base_url_of_the_environment_serves_every_endpoint_and_wire() -> None:
    environ = {"GLM_BASE_URL": "http://127.0.0.1:1/glm/api/coding/paas/v4", "ZAI_API_KEY": "k"}
    assert resolve(Settings("glm"), environ).base_url == "http://127.0.0.1:1/glm/api/coding/paas/v4"
    assert resolve(Settings("glm", endpoint="api"), environ).base_url == "http://127.0.0.1:1/glm/api/paas/v4"
    assert resolve(Settings("glm", wire="anthropic"), environ).base_url == "http://127.0.0.1:1/glm/api/anthropic"
    assert resolve(Settings("glm"), environ).root == "http://127.0.0.1:1/glm"


def test_the_user_agent_is_truthful() -> None:
    environ = {"ZAI_API_KEY": "k"}
    agent = f"cncoding/{cncoding.__version__}"
    assert resolve(Settings("glm"), environ).headers["User-Agent"] == agent
    assert resolve(Settings("glm", framework="langchain"), environ).headers["User-Agent"] == f"{agent} langchain"
    assert resolve(Settings("glm", user_agent="mine/1"), environ).headers["User-Agent"] == "mine/1"


_COPY = """
import sys; sys.path.insert(0, sys.argv[1])
import cncoding
assert cncoding.__file__.startswith(sys.argv[1]), cncoding.__file__
print(",".join(cncoding.providers()), cncoding.Client("newco", api_key="k").base_url)
"""


def test_a_copied_vendor_folder_appears_by_itself(tmp_path: Path) -> None:
    shutil.copytree(Path(cncoding.__file__).parent, tmp_path / "cncoding")
    vendors = tmp_path / "cncoding" / "vendors"
    shutil.copytree(vendors / "glm", vendors / "newco")
    for file in (vendors / "newco").glob("*.py"):
        text = file.read_text().replace('id="glm"', 'id="newco"')
        file.write_text(text.replace("cncoding.vendors.glm", "cncoding.vendors.newco"))
    done = subprocess.run([sys.executable, "-c", _COPY, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names, url = done.stdout.split()
    assert set(names.split(",")) >= SEVEN | {"newco"}
    assert url == "https://open.bigmodel.cn/api/coding/paas/v4"


_PLUGIN = """
import dataclasses
from cncoding.registry import own_providers
PROVIDER = dataclasses.replace(own_providers()["glm"], id="plugged")
"""


def test_another_package_may_register_a_vendor(tmp_path: Path) -> None:
    (tmp_path / "plugged.py").write_text(_PLUGIN)
    info = tmp_path / "plugged-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cncoding.vendors]\nplugged = plugged\n")
    root = str(Path(cncoding.__file__).parents[1])
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {root!r}]\nimport cncoding\n"
    code += "print(cncoding.Client('plugged', api_key='k').model)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "glm-5.3", done.stderr
