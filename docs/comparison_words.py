"""The rows of the comparisons in Chinese, by their English words; `comparison_pages.py` asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEADS: Mapping[str, str] = MappingProxyType(
    {
        "yes": "是",
        "Program": "程序",
        "Vendor": "厂商",
        "Chat": "对话",
        "Stream": "流式",
        "Tools": "工具",
        "Image": "图片",
        "Whose fault": "是谁的问题",
    }
)

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "Reasoning of a whole reply in `content_blocks`": "非流式回复的思考内容在 `content_blocks` 中",
        "Reasoning of a streamed reply in `content_blocks`": "流式回复的思考内容在 `content_blocks` 中",
        "Thinking tool loop, whole: the vendor gets its reasoning back": "多轮工具调用，非流式：思考内容传回厂商",
        "Thinking tool loop, streamed": "多轮工具调用，流式",
        'Thinking tool loop, `output_version="v1"`, streamed': '多轮工具调用，`output_version="v1"`，流式',
        'Thinking tool loop, `stream_events(version="v3")`': '多轮工具调用，`stream_events(version="v3")`',
        "Text and tool call in one reply, v3, both kept": "同一回复中的文本与工具调用，v3，两者都保留",
        '`test_tool_calling` of LangChain\'s own suite with `output_version="v1"`': (
            '通过 LangChain 自带测试 `test_tool_calling`，`output_version="v1"`'
        ),
        "`with_structured_output` while thinking": "思考时的 `with_structured_output`",
        '`with_structured_output(method="function_calling")` while thinking, model unchanged': (
            '思考时的 `with_structured_output(method="function_calling")`，模型对象不变'
        ),
        "`create_agent(response_format=ToolStrategy(...))` while thinking": (
            "思考时的 `create_agent(response_format=ToolStrategy(...))`"
        ),
        "`create_agent(response_format=Schema)` while thinking": "思考时的 `create_agent(response_format=Schema)`",
        "A tool call cut at the token limit is never run": "因 Token 上限被截断的工具调用绝不执行",
        "Usage of a stream, without being asked for, once": "流式输出自动给出用量，且只给一次",
        "Reasoning tokens in `usage_metadata`": "`usage_metadata` 中有思考 Token 数",
        "`ls_provider` equals `model_provider` (summarization by reported tokens)": (
            "`ls_provider` 等于 `model_provider`（按实际 Token 数摘要）"
        ),
        "Profile with `max_input_tokens` for the vendor's current model": (
            "厂商当前模型的 profile 含 `max_input_tokens`"
        ),
        "Counts tokens offline, tools included": "离线统计 Token，包含工具",
        "A rate limit is a `ModelRateLimitError`, retryable": "限流为 `ModelRateLimitError`，可重试",
        "A spent quota or balance is a `ModelError`, not retryable": "额度或余额用完为 `ModelError`，不可重试",
        "A context overflow is a `ContextOverflowError`": "超出上下文为 `ContextOverflowError`",
        "A stream that is cut raises instead of ending": "流被截断时抛出错误，而不是正常结束",
        "An error inside a stream is a `ModelError`": "流中的错误为 `ModelError`",
        "An unknown argument is refused": "拒绝未知参数",
        "Pickle and deepcopy after use": "使用后仍可 pickle 与 deepcopy",
        "`dumps` and `load`": "`dumps` 与 `load`",
        "`asyncio.run` three times on one model": "同一模型运行三次 `asyncio.run`",
        "Ten constructions in under 5 ms": "构造十次不到 5 毫秒",
        "A picture in a tool result is seen": "能看到工具结果中的图片",
        "**rows of 29**": "**29 行中通过**",
        "the answer is the vendor's text, from one request": "回答就是厂商的文本，只发一次请求",
        "deltas add up to the content, chunks are cumulative": "delta 之和等于内容，分片逐步累积",
        "the server's token counts are on the last chunk": "最后一个分片带有服务端的 Token 用量",
        "raw is small, JSON, and says who answered": "raw 小巧、可转 JSON，并说明由谁回答",
        "the reason to stop is told": "给出结束原因",
        "prompts are completed": "可补全提示",
        "an empty reply raises instead of yielding nothing": "空回复抛出错误，而不是什么都不返回",
        "keep-alive lines are no content": "保活行不算内容",
        "bytes may be cut anywhere, inside a character too": "字节可在任意位置切断，包括字符内部",
        "an error inside a stream raises": "流中的错误会抛出",
        "a cut stream raises": "流被截断会抛出错误",
        "closing a stream hangs up": "关闭流即断开连接",
        "chunks that were kept do not change": "保留下来的分片不会变化",
        "the messages of the caller do not change": "调用方的消息不会变化",
        "chat events are sent in order, the last one with the whole answer": "对话事件按顺序发送，最后一个含完整回答",
        "TokenCountingHandler counts what the server counted": "TokenCountingHandler 与服务端计数一致",
        "a refusal of the vendor raises before the first chunk": "厂商拒绝时在第一个分片之前抛出",
        "one object works in two event loops, one after the other": "同一对象可先后用于两个事件循环",
        "metadata is cheap, tells a chat model that calls functions, and no invented output limit": (
            "metadata 开销小，标明是支持函数调用的对话模型，不虚构输出上限"
        ),
        "the key is in no dump, repr or event": "API Key 不出现在序列化、repr 与事件中",
        "a call is read, as block and as OpenAI's dict": "读取工具调用，既有块也有 OpenAI 形式的 dict",
        "two calls are read in order": "按顺序读取两个工具调用",
        "calls are read although streamed interleave": "能读取交错的流式工具调用（interleave）",
        "calls are read although streamed whole-args": "能读取参数一次给全的流式工具调用（whole-args）",
        "calls are read although streamed no-index": "能读取没有 index 的流式工具调用（no-index）",
        "calls are read although streamed same-index": "能读取 index 相同的流式工具调用（same-index）",
        "calls are read although streamed repeat-name": "能读取重复名称的流式工具调用（repeat-name）",
        "calls are read although streamed late-id": "能读取 id 迟到的流式工具调用（late-id）",
        "calls are read although streamed args-dict": "能读取参数为对象的流式工具调用（args-dict）",
        "null and absent arguments mean none": "参数为 null 或缺失表示没有参数",
        "arguments can be read in every chunk, and open strings grow": "每个分片都能读取参数，未结束的字符串逐步增长",
        "arguments keep every character": "参数不丢失任何字符",
        "a required call is asked for where the vendor takes that, and is no error elsewhere": (
            "厂商支持时要求必须调用工具，不支持时也不报错"
        ),
        "one call is kept where parallel calls are not allowed": "不允许并行调用时只保留一个",
        "the caller's history does not change": "调用方的历史不会变化",
        "a user message with an image can come with tools": "带图片的用户消息可与工具同用",
        "nested parameter types reach the vendor": "嵌套的参数类型能送达厂商",
        "a tool whose name LlamaIndex would mangle is found again, in any script": (
            "会被 LlamaIndex 改写名称的工具仍能找到，不限文字"
        ),
        "predict_and_call runs the tool": "predict_and_call 会运行工具",
        "a finished call with broken arguments raises nothing and runs nothing by half": (
            "参数损坏的完整调用不报错，也不会执行一半"
        ),
        "a tool history without reasoning, of another integration, is taken": (
            "接受其他集成产生的、没有思考内容的工具历史"
        ),
        "reasoning is a ThinkingBlock before the text": "思考内容是文本之前的 ThinkingBlock",
        "thinking_delta adds up to the reasoning, from the first piece on": (
            "thinking_delta 之和等于思考内容，从第一片开始"
        ),
        "a reply that is reasoning only raises nothing and invents no text": "只有思考内容的回复不报错，也不虚构文本",
        "reasoning between texts is kept, and the text stays in one piece": (
            "文本之间的思考内容保留，文本仍是完整的一段"
        ),
        "tool loop: the reasoning goes back unchanged": "多轮工具调用：思考内容原样传回",
        "tool loop: the reasoning goes back unchanged after JSON": "多轮工具调用：经过 JSON 后思考内容仍原样传回",
        "reasoning of another vendor, signature and all, does no harm": "其他厂商的思考内容及签名不造成影响",
        "FunctionAgent: think, call, see the result, answer, and stream all of it": (
            "FunctionAgent：思考、调用、查看结果、回答，全程流式"
        ),
        "three steps, each with its reasoning": "三个步骤，各有思考内容",
        "parallel calls, one of which fails without a word, one of which returns nothing": (
            "并行调用，其中一个无声失败，一个没有返回值"
        ),
        "return_direct beside other calls leaves a history that can be sent": (
            "return_direct 与其他调用并存，留下的历史仍可发送"
        ),
        "early stopping asks for an answer with a system message at the end": "提前停止时以末尾的 system 消息要求回答",
        "ReActAgent works, thinking or not": "ReActAgent 可用，无论是否思考",
        "ReActAgent retries after an answer in no form": "回答不合格式时 ReActAgent 会重试",
        "CodeActAgent runs code": "CodeActAgent 运行代码",
        "a hand-off inside a workflow, from a coding agent that forgets its call": (
            "工作流中的任务交接，来自忘记自己调用的编程智能体"
        ),
        "memory on SQLite, closed and opened in the middle of a tool history": (
            "SQLite 上的记忆，在工具历史中途关闭再打开"
        ),
        "an agent goes on from its context as JSON": "智能体从 JSON 形式的上下文继续",
        "an image that a tool returns reaches the model": "工具返回的图片能送达模型",
        "an image in the question reaches the model": "问题中的图片能送达模型",
        "an agent with output_cls gives an object": "设置 output_cls 的智能体返回对象",
        "initial_tool_choice names the tool of the first step": "initial_tool_choice 指定第一步的工具",
        "an object comes out, of a model left to itself": "不加干预的模型能返回对象",
        "an object comes out while the model thinks": "模型思考时能返回对象",
        "streamed objects grow, open strings included, and the last one is complete": (
            "流式对象逐步增长，包括未结束的字符串，最后一个完整"
        ),
        "an object in the text is read although a call was asked for": "要求调用工具却写在文本中的对象也能读取",
        "an answer that does not fit raises": "不符合要求的回答会抛出错误",
        "as_structured_llm gives JSON as content and the object as raw": "as_structured_llm 的内容为 JSON，raw 为对象",
        "the prompt may hold an image": "提示中可以有图片",
        "llm_kwargs reach the vendor and are not changed": "llm_kwargs 能送达厂商且不被修改",
        "an image arrives intact: as bytes, as data URL, as path": "图片完整送达：字节、data URL、路径",
        "several images keep their order among the texts": "多张图片在文本间保持顺序",
        "citable blocks are sent as what they hold": "可引用的块按其内容发送",
        "SummaryIndex with multimodal=True shows the images, in every response mode": (
            "multimodal=True 的 SummaryIndex 在所有回答模式下都展示图片"
        ),
        "LLMRerank shows the images and reads the choice": "LLMRerank 展示图片并读取选择",
        "CitationQueryEngine with multimodal=True shows the images beside their numbers": (
            "multimodal=True 的 CitationQueryEngine 在编号旁展示图片"
        ),
        "multimodal chat engines work, with the empty system message that they send": (
            "多模态对话引擎可用，包括它们发送的空 system 消息"
        ),
        "MultiModalLLMCompletionProgram reads an object from an image": "MultiModalLLMCompletionProgram 从图片读取对象",
        "**all**": "**合计**",
    }
)
FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "it does not send the reasoning of a tool call back": "没有把工具调用的思考内容传回",
        "it forces a tool on a model that thinks": "对会思考的模型强制调用工具",
        "it reads the thinking that MiniMax puts into the content as part of the JSON": (
            "把 MiniMax 放在 content 中的思考内容当作 JSON 的一部分"
        ),
        ", in its mode ": "，模式 ",
    }
)
"""What is said of a program's fault, inside a line of the list."""
