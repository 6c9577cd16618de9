"""What the fields of a dialect mean, in both languages, for the pages of the vendors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cncoding.errors import Hint

QUIRKS: Mapping[str, Hint] = MappingProxyType(
    {
        "cache": Hint("prompt caching: where marks go", "上下文缓存：标记的位置"),
        "echo_details": Hint("field in which reasoning objects go back", "传回思考对象的字段"),
        "echo_field": Hint("field in which reasoning goes back", "传回思考内容的字段"),
        "empty_content": Hint("what becomes of an empty content", "内容为空时的处理"),
        "finish_reasons": Hint("finish reasons of its own", "特有的结束原因"),
        "image_urls": Hint("takes pictures by URL", "接受图片 URL"),
        "json_word": Hint('JSON mode wants the word "json" in the prompt', "JSON 模式要求提示中有 “json” 一词"),
        "link_headers": Hint("headers that its own links ask for", "厂商自有链接所需的请求头"),
        "marks": Hint("marks that are taken out of the answer", "从回答中去除的标记"),
        "max_tokens": Hint("`max_tokens` that is sent where none is given", "未指定时发送的 `max_tokens`"),
        "max_tokens_field": Hint("name of `max_tokens`", "`max_tokens` 的字段名"),
        "media_part": Hint("pictures, films and files", "图片、视频与文件"),
        "members": Hint("members that every request carries", "每个请求都带的字段"),
        "omits": Hint("settings that it does not take: left out, with a warning", "不接受的参数：略去并警告"),
        "pictures": Hint("types of pictures that it takes; others are converted", "接受的图片格式；其他格式会先转换"),
        "prefix": Hint("field that asks to continue a beginning", "前缀续写的字段"),
        "prefix_endpoint": Hint("endpoint that continues a beginning", "支持前缀续写的接入点"),
        "prefix_json": Hint("continues together with `response_format`", "前缀续写可与 `response_format` 同用"),
        "prefix_thinking": Hint("continues while thinking", "思考时支持前缀续写"),
        "rare": Hint("rare settings that it documents", "有文档的少见参数"),
        "read": Hint("how a reply is read", "回复的读取方式"),
        "reasoning_fields": Hint("fields in which reasoning comes", "返回思考内容的字段"),
        "reasoning_marks": Hint("marks that are taken out of reasoning", "从思考内容中去除的标记"),
        "reserved_names": Hint("names that a tool may not have", "工具不能使用的名称"),
        "search": Hint("what `search=True` sends", "`search=True` 发送的内容"),
        "snapshots": Hint("streams may repeat all text so far", "流式输出可能重复此前全部文本"),
        "structured": Hint("structured output", "结构化输出"),
        "system_alone": Hint("takes a system message alone", "接受只有 system 消息的请求"),
        "think_tags": Hint("reasoning may come in `<think>`", "思考内容可能在 `<think>` 中"),
        "thinking": Hint("how thinking is switched", "深度思考的开关方式"),
        "thinking_tool_choice": Hint("tool choices that it takes while thinking", "思考时接受的 tool_choice"),
        "tool": Hint("schemas of tools", "工具的 schema"),
        "tool_choice": Hint("tool choices that it takes", "接受的 tool_choice"),
        "video": Hint("takes films", "接受视频"),
    }
)
