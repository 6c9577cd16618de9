"""Programs of other packages, rewritten."""

from __future__ import annotations

import pytest

from cncoding import ConfigError
from cncoding_cli.migrate import migrate

CASES = {
    "ChatOpenAI by URL": (
        "from langchain_openai import ChatOpenAI\n\n"
        "llm = ChatOpenAI(\n"
        '    model_name="deepseek-chat",  # cheap\n'
        '    openai_api_base="https://api.deepseek.com/v1",\n'
        "    openai_api_key=KEY,\n"
        "    request_timeout=30,\n"
        ")\n",
        "from langchain_cncoding import ChatDeepSeek\n\n"
        "llm = ChatDeepSeek(\n"
        '    model="deepseek-chat",  # cheap\n'
        '    endpoint="api",\n'
        "    api_key=KEY,\n"
        "    timeout=30,\n"
        ")\n",
    ),
    "ChatOpenAI by model": (
        "from langchain_openai import ChatOpenAI, OpenAIEmbeddings\n\n"
        'llm: ChatOpenAI = ChatOpenAI(model="Qwen/qwen3-32b", base_url="http://localhost:8000/v1", '
        'model_kwargs={"a": 1})\n'
        "emb = OpenAIEmbeddings()\n",
        "from langchain_openai import OpenAIEmbeddings\nfrom langchain_cncoding import ChatQwen\n\n"
        'llm: ChatQwen = ChatQwen(model="Qwen/qwen3-32b", base_url="http://localhost:8000/v1", extra_body={"a": 1})\n'
        "emb = OpenAIEmbeddings()\n",
    ),
    "ChatOpenAI of OpenAI": (
        'from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model="gpt-5")\n',
        'from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model="gpt-5")\n',
    ),
    "both in one file": (
        "from langchain_openai import ChatOpenAI\n"
        'a = ChatOpenAI(model="gpt-5")\nb = ChatOpenAI(model="glm-4.7")\nassert isinstance(a, ChatOpenAI)\n',
        "from langchain_openai import ChatOpenAI\nfrom langchain_cncoding import ChatGLM\n"
        'a = ChatOpenAI(model="gpt-5")\nb = ChatGLM(model="glm-4.7")\nassert isinstance(a, ChatOpenAI)\n',
    ),
    "ChatDeepSeek": (
        'from langchain_deepseek import ChatDeepSeek\nllm = ChatDeepSeek(model="deepseek-chat", temperature=0)\n',
        'from langchain_cncoding import ChatDeepSeek\nllm = ChatDeepSeek(model="deepseek-chat", temperature=0)\n',
    ),
    "ChatTongyi": (
        "from langchain_community.chat_models import ChatTongyi as Tongyi\nllm = Tongyi(dashscope_api_key=KEY)\n",
        'from langchain_cncoding import ChatQwen\nllm = ChatQwen(api_key=KEY, endpoint="api")\n',
    ),
    "ChatZhipuAI": (
        "from langchain_community.chat_models.zhipuai import ChatZhipuAI\nllm = ChatZhipuAI()\n",
        'from langchain_cncoding import ChatGLM\nllm = ChatGLM(endpoint="api")\n',
    ),
    "MoonshotChat": (
        "from langchain_community.chat_models import moonshot\n"
        'llm = moonshot.MoonshotChat(\n    model_name="kimi-k3",\n    moonshot_api_key=KEY\n)\n',
        "from langchain_cncoding import ChatKimi\n"
        'llm = ChatKimi(\n    model="kimi-k3",\n    api_key=KEY,\n    endpoint="api"\n)\n',
    ),
    "OpenAILike": (
        "from llama_index.llms.openai_like import OpenAILike\n"
        'llm = OpenAILike(model="kimi-for-coding", api_base="https://api.kimi.com/coding/v1", is_chat_model=True)\n',
        'from llamaindex_cncoding import Kimi\nllm = Kimi(model="kimi-for-coding", endpoint="coding")\n',
    ),
    "LlamaIndex": (
        "from llama_index.llms.dashscope import DashScope\n"
        "from llama_index.llms.deepseek import DeepSeek\n"
        "from llama_index.llms.zhipuai import ZhipuAI\n"
        'llms = [DashScope(model_name="qwen3.7-plus"), DeepSeek("deepseek-chat"), '
        'ZhipuAI(model="glm-5.3", api_key=K)]\n',
        "from llamaindex_cncoding import DeepSeek, GLM, Qwen\n"
        'llms = [Qwen(model="qwen3.7-plus", endpoint="api"), DeepSeek("deepseek-chat"), '
        'GLM(model="glm-5.3", api_key=K, endpoint="api")]\n',
    ),
    "nothing to do": ("x = 1\n", "x = 1\n"),
    "a class of the program's own": (
        "class ChatOpenAI:\n    pass\n\nllm = ChatOpenAI(model='glm-5')\n",
        "class ChatOpenAI:\n    pass\n\nllm = ChatOpenAI(model='glm-5')\n",
    ),
}


def spaced(program: str) -> str:
    """Return a program with a blank line after its imports, as everybody writes it."""
    lines = program.splitlines(keepends=True)
    last = max((number for number, line in enumerate(lines) if line.startswith(("from", "import"))), default=-1)
    rest = "".join(lines[last + 1 :]).lstrip("\n")
    return "".join(lines[: last + 1]) + ("\n" if last >= 0 else "") + rest


@pytest.mark.parametrize("name", CASES)
def test_programs(name: str) -> None:
    before, after = map(spaced, CASES[name])
    assert migrate(before) == after
    compile(after, "program", "exec")
    assert migrate(after) == after


def test_what_is_no_python_says_where() -> None:
    with pytest.raises(ConfigError, match="line 2"):
        migrate("x = 1\ny = (\n")
