"""The offline counter against true counts of a vendor's tokenizer."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from langchain_cncoding import ChatGLM
from langchain_cncoding._tokens import count_text

from .conftest import BLUE_PNG

TEXTS: dict[str, tuple[int, str]] = {
    "zh_news": (
        67,
        "今年以来，各地区各部门坚持稳中求进工作总基调，完整、准确、全面贯彻新发展理念，加快构建新发"
        "展格局，着力推动高质量发展。国家统计局公布的数据显示，前三季度国内生产总值同比增长百分之五"
        "点二，消费市场持续恢复，工业生产稳步回升，就业形势总体稳定，居民收入保持增长。",
    ),
    "zh_chat": (
        62,
        "你好！我想请你帮我写一个小程序，它能读取一个文件夹里的所有图片，把宽度大于一千像素的缩小到"
        "八百像素，然后保存到另一个文件夹。如果图片已经处理过，就跳过它。请顺便解释一下每一步是做什"
        "么的，谢谢。",
    ),
    "zh_story": (
        68,
        "从前有座山，山里有座庙，庙里有个老和尚在给小和尚讲故事。小和尚问师父：山那边是什么？老和尚"
        "笑了笑，说：山那边还是山，不过看山的人不一样了。夜深了，风吹过松林，月亮像一枚银币挂在屋檐"
        "上。",
    ),
    "zh_tech": (
        66,
        "大语言模型的推理过程通常分为预填充和解码两个阶段。预填充阶段一次性处理全部输入词元并写入键"
        "值缓存，解码阶段逐个生成输出词元。为了降低显存占用，可以采用分组查询注意力、量化缓存或分页"
        "管理等方法。",
    ),
    "en_prose": (
        73,
        "It was the best of times, it was the worst of times, it was the age of"
        " wisdom, it was the age of foolishness, it was the epoch of belief, it"
        " was the epoch of incredulity, it was the season of Light, it was the "
        "season of Darkness, it was the spring of hope, it was the winter of de"
        "spair.",
    ),
    "en_tech": (
        72,
        "The client resolves its settings once, before any input or output happ"
        "ens: endpoint, wire, base URL and key. A request that cannot be sent r"
        "aises a configuration error that names the field and the remedy. Strea"
        "ming responses are decoded incrementally, so that the first chunk reac"
        "hes the caller as soon as the vendor sends it, and closing the generat"
        "or closes the connection.",
    ),
    "en_chat": (
        51,
        "Hi there! Could you please help me plan a three day trip to Beijing in"
        " November? I like museums, good food and long walks, but I don't enjoy"
        " crowded shopping streets. My budget is about 600 dollars, not countin"
        "g flights.",
    ),
    "en_agent": (
        54,
        "You are a helpful coding assistant. Use the tools to read files before"
        " you edit them. Never invent file names. When a command fails, read it"
        "s output, explain the cause in one sentence, and try again with a smal"
        "ler step. Answer in the user's language.",
    ),
    "mixed": (
        71,
        "请用 Python 写一个函数 parse_date(text: str) -> date"
        "time，支持 “2026-11-20”、“20/11/2026” 和 “Nov 20, "
        "2026” 三种格式；解析失败时抛出 ValueError，并附上 pytest 测试。",
    ),
    "code": (
        98,
        "def fold(events: Iterable[Event], provider: str | None = None) -> Chat"
        'Response:\n    """Fold events into the reply."""\n    folder = Fold(prov'
        "ider)\n    for event in events:\n        folder.add(event)\n    return fo"
        "lder.response()\n\n\nclass Message:\n    role: str\n    parts: tuple[Part, "
        "...] = ()\n\n    @property\n    def text(self) -> str:\n        return ''."
        "join(part.text for part in self.parts if isinstance(part, Text))\n",
    ),
    "json": (
        70,
        '{"type": "function", "function": {"name": "get_weather", "description"'
        ': "Tell the weather in a city.", "parameters": {"type": "object", "pro'
        'perties": {"city": {"type": "string"}, "days": {"type": "integer", "mi'
        'nimum": 1}}, "required": ["city"]}}}',
    ),
    "numbers": (
        102,
        "Invoice 20261120-00417: 3 items at 129.99, 17"
        " items at 4.5, shipping 12.00; total 478.47 E"
        "UR, VAT 19 %, due 2026-12-31. 电话：010-62781234"
        "，邮编：100084。",
    ),
    "zh_mail": (
        57,
        "尊敬的王经理：您好！关于上周讨论的合作方案，我们内部已经评审完毕，整体方向没有问题，但在交"
        "付时间和验收标准上还有两点建议，详见附件。方便的话，请您在本周五之前回复，我们好安排下一步"
        "的工作。祝工作顺利！",
    ),
    "zh_wiki": (
        63,
        "北京市，简称“京”，古称燕京、北平，是中华人民共和国首都、直辖市、国家中心城市、超大城市，"
        "国务院批复确定的中国政治中心、文化中心、国际交往中心、科技创新中心。截至二零二三年末，全市"
        "常住人口为两千一百八十五万人。",
    ),
    "zh_instr": (
        51,
        "你是一名资深的软件工程师。请先阅读项目中的说明文件，再修改代码；每次修改之后都要运行测试。"
        "如果测试失败，请说明失败的原因，不要跳过测试，也不要编造结果。回答请使用简体中文。",
    ),
    "zh_reason": (
        52,
        "用户想知道明天北京的天气，我应该先调用天气工具，城市参数填北京，日期填明天。拿到结果以后，"
        "再根据温度给出穿衣建议。如果工具返回错误，我就告诉用户暂时查不到，并建议稍后再试。",
    ),
    "zh_poem": (42, "床前明月光，疑是地上霜。举头望明月，低头思故乡。白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"),
    "zh_law": (
        50,
        "当事人应当按照约定全面履行自己的义务。当事人应当遵循诚信原则，根据合同的性质、目的和交易习"
        "惯履行通知、协助、保密等义务。当事人在履行合同过程中，应当避免浪费资源、污染环境和破坏生态"
        "。",
    ),
    "en_news": (
        53,
        "The central bank left its main interest rate unchanged on Thursday, sa"
        "ying that inflation had slowed more quickly than expected while the la"
        "bour market remained resilient. Economists surveyed before the meeting"
        " had predicted the decision, although some warned that a cut might com"
        "e as early as the spring.",
    ),
    "en_story": (
        61,
        "Nobody in the village knew who had lit the lamp in the old lighthouse."
        " It had been dark for thirty years, ever since the keeper walked into "
        "the fog and did not come back. And yet, on the first night of winter, "
        "there it was: a thin yellow line drawn across the water.",
    ),
    "en_readme": (
        53,
        "Install the package with pip, set the environment variable that holds "
        "your key, and create a model. Every class takes the same arguments, so"
        " switching providers means changing one word. See the notebooks folder"
        " for runnable examples and the docs folder for tables of models and pr"
        "ices.",
    ),
    "en_reason": (
        65,
        "The user asks for the sum of two numbers. I should call the add tool w"
        "ith a = 17 and b = 25. The result is 42, so I can answer directly. Let"
        " me double check: 17 plus 25 is 42. Yes, that is correct.",
    ),
}
"""Texts and their counts by the tokenizer of Alibaba's dashscope SDK (qwen.tiktoken), taken 2026-11-20."""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_language_is_counted_within_15_percent(language: str) -> None:
    texts = [pair for name, pair in TEXTS.items() if name.startswith(language)]
    true = sum(count for count, _ in texts)
    assert count_text("\n".join(text for _, text in texts)) == pytest.approx(true, rel=0.15)
    assert sum(count_text(text) for _, text in texts) == pytest.approx(true, rel=0.15)


@pytest.mark.parametrize("name", TEXTS)
def test_single_texts_are_counted_within_25_percent(name: str) -> None:
    true, text = TEXTS[name]
    assert count_text(text) == pytest.approx(true, rel=0.26)


def test_nothing_is_nothing() -> None:
    assert count_text("") == 0
    assert count_text("a") == 1


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return city


def test_messages_count_everything_that_is_sent() -> None:
    model = ChatGLM()

    def count(*messages: object, tools: object = None) -> int:
        return model.get_num_tokens_from_messages(list(messages), tools)  # type: ignore[arg-type]

    plain = count(HumanMessage("hello there"))
    assert count(SystemMessage("be kind"), HumanMessage("hello there")) > plain
    assert count(HumanMessage("hello there"), tools=[get_weather]) > plain + 20
    call = {"id": "c", "name": "get_weather", "args": {"city": "北京"}}
    assert count(AIMessage("x", tool_calls=[call])) > count(AIMessage("x"))
    assert (
        count(AIMessage("x", additional_kwargs={"reasoning_content": "long thought " * 20}))
        > count(AIMessage("x")) + 30
    )
    thought = [{"type": "reasoning", "reasoning": "long thought " * 20}, {"type": "text", "text": "x"}]
    assert count(AIMessage(thought)) > count(AIMessage("x")) + 30
    picture = {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}
    assert 200 < count(HumanMessage([{"type": "text", "text": "hello there"}, picture])) - plain < 4000
    assert count(ToolMessage("21 °C", tool_call_id="c")) > 3


def test_your_own_counter_wins() -> None:
    model = ChatGLM(custom_get_token_ids=lambda text: list(range(len(text))))
    assert model.get_num_tokens("12345") == 5


def test_counting_downloads_nothing() -> None:
    code = (
        "import socket\n"
        "def refuse(*_, **__): raise AssertionError('a connection was made')\n"
        "socket.socket.connect = refuse\n"
        "from langchain_cncoding import ChatGLM\n"
        "print(ChatGLM(api_key='k' * 20).get_num_tokens('hello 世界'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) in range(2, 5)
