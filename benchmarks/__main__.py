"""Print the ratios: `python -m benchmarks` (needs the extra `bench`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from benchmarks.measure import Ratio, compare, compare_children

CHUNKS = 2000
CALLS = 40
KEY = "emulatorglm.secret0000"
STREAMING = f"bench-{CHUNKS}"
ANSWERING = "bench-8"


@contextmanager
def server() -> Iterator[str]:
    """Start the emulator in a process of its own, so that its CPU is not counted."""
    code = "import sys\nfrom cncoding_emulator import Emulator\n"
    code += "with Emulator() as emulator: print(emulator.url, flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


def langchain(url: str) -> list[Ratio]:
    from langchain_openai import ChatOpenAI

    from langchain_cncoding import ChatGLM

    peer = f"langchain-openai {version('langchain-openai')}"

    def ours(model: str) -> Any:
        return ChatGLM(model=model, base_url=url, api_key=KEY)

    def theirs(model: str) -> Any:
        return ChatOpenAI(model=model, base_url=url, api_key=KEY, stream_usage=True)

    def stream(make: Callable[[str], Any]) -> Callable[[], int]:
        llm = make(STREAMING)
        return lambda: sum(1 for _ in llm.stream("hi"))

    def call(make: Callable[[str], Any]) -> Callable[[], int]:
        llm = make(ANSWERING)
        return lambda: sum(1 for _ in range(CALLS) if llm.invoke("hi"))

    return [
        compare("LangChain: CPU per streamed chunk", peer, stream(ours), stream(theirs), target=0.45),
        compare("LangChain: CPU per call", peer, call(ours), call(theirs), target=0.6),
        *compare_children(
            "LangChain: import and construct",
            peer,
            f"from langchain_cncoding import ChatGLM; ChatGLM(api_key='{KEY}')",
            "from langchain_openai import ChatOpenAI; ChatOpenAI(api_key='x', model='m')",
        ),
    ]


def llama_index(url: str) -> list[Ratio]:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    from llamaindex_cncoding import GLM

    peer = f"llama-index-llms-openai-like {version('llama-index-llms-openai-like')}"
    question = [ChatMessage(role="user", content="hi")]

    def ours(model: str) -> Any:
        return GLM(model=model, base_url=url, api_key=KEY)

    def theirs(model: str) -> Any:
        return OpenAILike(model=model, api_base=url, api_key=KEY, is_chat_model=True, is_function_calling_model=True)

    def stream(make: Callable[[str], Any]) -> Callable[[], int]:
        llm = make(STREAMING)
        return lambda: sum(1 for _ in llm.stream_chat(question))

    def call(make: Callable[[str], Any]) -> Callable[[], int]:
        llm = make(ANSWERING)
        return lambda: sum(1 for _ in range(CALLS) if llm.chat(question))

    return [
        compare("LlamaIndex: CPU per streamed chunk", peer, stream(ours), stream(theirs), target=0.45),
        compare("LlamaIndex: CPU per call", peer, call(ours), call(theirs), target=0.6),
        *compare_children(
            "LlamaIndex: import and construct",
            peer,
            f"from llamaindex_cncoding import GLM; GLM(api_key='{KEY}')",
            "from llama_index.llms.openai_like import OpenAILike; OpenAILike(api_key='x', model='m')",
        ),
    ]


def main() -> int:
    with server() as root:
        url = f"{root}/glm/api/coding/paas/v4"
        rows = [*langchain(url), *llama_index(url)]
    print("| What | ours | theirs | peer | ratio | target |\n|---|---|---|---|---|---|")
    for row in rows:
        print(row.row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
