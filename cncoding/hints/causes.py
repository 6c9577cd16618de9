"""Causes of our own errors by their words: what the entries of the troubleshooting page are about.

An error links to the entry of its cause, else to that of its class. The page is made from this table and `table.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cncoding.hints.hint import Hint
from cncoding.hints.links import Cause

CAUSES: Sequence[Cause] = (
    Cause(
        "missing-extra",
        Hint("a package or an extra is missing, or too old", "缺少依赖或可选依赖（extra），或版本过低"),
        Hint(
            "run the command that the text names; it installs what is missing into the same environment",
            "执行报错中给出的命令，它会在同一环境中安装缺少的包",
        ),
        (
            "langchain-core >= 1.6 is not installed",
            "llama-index-core >= 0.14.24 is not installed",
            "* is installed, but cncoding needs >= *",
            'needs the extra "*"',
            "needs PyYAML",
            "needs Pillow",
            "this needs *: pip install",
            "MCP tools need *",
            "needs the package *",
        ),
    ),
    Cause(
        "missing-key",
        Hint("no key was given and none is in the environment", "没有传入 API Key，环境变量中也没有"),
        Hint(
            "set the variable that the text names, or pass `api_key=`; the vendor's page says where keys are made",
            "设置报错中列出的环境变量，或传入 `api_key=`；创建地址见报错与各厂商页面",
        ),
        ("needs a key for endpoint *", "there is no key in the environment"),
    ),
    Cause(
        "key-of-another-endpoint",
        Hint("the key's beginning shows that it is of another endpoint", "API Key 的前缀表明它属于另一个接入点"),
        Hint(
            "give the `endpoint=` that the text names, or a key of this one",
            "改用报错中给出的 `endpoint=`，或换用该接入点的 API Key",
        ),
        ("this key does not belong to endpoint *",),
    ),
    Cause(
        "broken-key",
        Hint(
            "the key is no text, or holds blanks, quotes or other signs", "API Key 不是字符串，或含有空格、引号等字符"
        ),
        Hint(
            "copy it again from the vendor's console, without blanks and quotes",
            "请从厂商控制台重新复制，不要带空格与引号",
        ),
        (
            "holds characters that a header cannot carry",
            "api_key: is *; give text",
            "api_key: the function returned *",
            "leave 'Bearer ' out",
            "api_key: is a placeholder",
        ),
    ),
    Cause(
        "key-for-media",
        Hint("the plan's key pays for chat only", "套餐的 API Key 只能用于对话"),
        Hint("set the variable of the endpoint that has media, or pass it", "生成媒体请使用按量付费接入点的 API Key"),
        ("covers chat only",),
    ),
    Cause(
        "unknown-provider",
        Hint("there is no provider of that name", "没有这个名称的厂商"),
        Hint(
            "take a name that the text lists; `cncoding models` shows all",
            "使用报错中列出的名称，`cncoding models` 可查看全部",
        ),
        ("provider=* unknown", "provider: name one of *"),
    ),
    Cause(
        "unknown-endpoint",
        Hint("the provider has no endpoint of that name", "该厂商没有这个接入点"),
        Hint(
            "take one that the text lists, or leave `endpoint=` out: the key decides",
            "使用报错中列出的接入点，或不写 `endpoint=`，由 API Key 决定",
        ),
        ("has no such endpoint",),
    ),
    Cause(
        "base-url",
        Hint("`base_url=` is no address of the form that is expected", "`base_url=` 的写法不对"),
        Hint(
            "give what the vendor's SDK of that wire takes, `https://host/v1`: without a route, a query and a key",
            "与该协议的厂商 SDK 写法相同，例如 `https://host/v1`：不含接口路径、查询参数和密钥",
        ),
        (
            "leave '/chat/completions' out",
            "not an http(s) URL; give for example https://host/v1",
            "leave what follows ? or # out",
            "holds a user name or password; give the key as api_key",
            "publishes no address",
        ),
    ),
    Cause(
        "unknown-wire",
        Hint("the provider does not speak that protocol", "该厂商不支持这个协议"),
        Hint("take the `wire=` that the text names", "改用报错中列出的 `wire=`"),
        ("wire=*: choose 'openai' or 'anthropic'", "* speaks * at endpoint *"),
    ),
    Cause(
        "unknown-argument",
        Hint("a setting is misspelled, or belongs to another package", "参数名拼写有误，或来自其他包"),
        Hint(
            "take the name that the text suggests; see [settings](settings.md) and [coming from another package]"
            "(moving.md). A field of the vendor goes into `extra_body=`, of a media tool into `options=`",
            "使用报错中建议的名称，参见[参数](settings.md)与[迁移](moving.md)；厂商特有的字段放入 `extra_body=`，"
            "媒体工具的放入 `options=`",
        ),
        (
            "got an unknown argument *",
            "has no argument *",
            "has no such argument",
            "which belongs to a call",
            "not a setting of *",
        ),
    ),
    Cause(
        "thinking-effort",
        Hint("`thinking=` switches thinking, it has no levels", "`thinking=` 只控制深度思考的开关，没有强度"),
        Hint(
            "give `reasoning_effort=` or `thinking_budget=`",
            "思考强度请用 `reasoning_effort=`，Token 上限请用 `thinking_budget=`",
        ),
        ("says how hard, not whether", "thinking=*: is a number"),
    ),
    Cause(
        "model-not-found",
        Hint("the vendor knows no such model at this endpoint", "厂商在该接入点没有这个模型"),
        Hint(
            "take one that the text names, or that `cncoding models PROVIDER` lists; another endpoint may have it",
            "使用报错中列出的模型，或用 `cncoding models PROVIDER` 查看；其他接入点可能有该模型",
        ),
    ),
    Cause(
        "wrong-address",
        Hint("the vendor answered HTTP 404 to the address that the text shows", "报错中的请求地址返回 HTTP 404"),
        Hint("look at `base_url=`, `endpoint=` and `wire=`", "请检查 `base_url=`、`endpoint=` 与 `wire=`"),
    ),
    Cause(
        "model-without-eyes",
        Hint(
            "a picture, film, sound or file was given to a model that does not take it",
            "模型不支持所给的图片、视频、音频或文件",
        ),
        Hint(
            "take one of the models that the text names; for pictures `vision='vlm'` lets another model describe them",
            "改用报错中列出的模型；图片还可用 `vision='vlm'` 先由视觉模型描述",
        ),
        ("reads * only; * takes * input", "has no vision endpoint"),
    ),
    Cause(
        "not-a-public-address",
        Hint("a link leads into your own network", "链接指向内网地址"),
        Hint(
            "pass the data, or name the host in `allow_hosts=` if you mean it",
            "请直接传入数据；确认无误后也可将主机名加入 `allow_hosts=`",
        ),
        ("is not a public address",),
    ),
    Cause(
        "medium-not-readable",
        Hint(
            "a picture, film, sound or file is not there, empty, or not what its name says",
            "图片、视频、音频或文件不存在、为空，或与扩展名不符",
        ),
        Hint("give a whole path, a link, a data URL or bytes", "请传入完整路径、链接、data URL 或字节"),
        (
            "cannot be read: *; paths are read from *",
            "is no URL; a local file is *",
            "the medium is empty",
            "the data URL is not Base64",
            "the bytes are *, not *",
            "give a list of URLs, paths, bytes, open files or media",
        ),
    ),
    Cause(
        "messages",
        Hint("the list of messages is empty, or holds what is no message", "消息列表为空，或含有不是消息的内容"),
        Hint(
            "give text, or a list of messages of the framework or `cncoding.user(...)`",
            "请传入文本，或由框架消息、`cncoding.user(...)` 组成的列表",
        ),
        (
            "messages: empty",
            "messages: nothing to answer",
            "messages: the list is empty",
            "messages[*]",
            "messages: role *",
            "messages: *",
            "stream: * pretty *",
            "a lone surrogate",
        ),
    ),
    Cause(
        "tools",
        Hint("a tool or a tool choice is not of a form that is known", "工具或 tool_choice 的形式不对"),
        Hint(
            "give functions or tools of the framework; choose a bound tool by its name",
            "请传入函数或框架的工具；tool_choice 填写已绑定工具的名称",
        ),
        ("tools: *", "is no tool; give *", "cannot make a function of *", "tool_choice*"),
    ),
    Cause(
        "structured-output",
        Hint("the way to structured output is not known, or not taken here", "结构化输出的方式未知，或此处不支持"),
        Hint("leave `method=` out: the first way that works is taken", "不写 `method=`，会自动选择可用的方式"),
        ("with_structured_output: *", "response_format*", "method='function_calling'"),
    ),
    Cause(
        "cannot-make-this",
        Hint("the provider does not offer what was asked", "该厂商不提供所请求的功能"),
        Hint(
            "take a provider that the text names; [media](media.md) lists what each makes",
            "改用报错中列出的厂商；各厂商的能力见[媒体](media.md)",
        ),
        (
            "makes no *; *",
            "has no web search by API",
            "lists no voices by API",
            "has no transcription by API",
            "streams no speech",
            "offers no MCP server",
        ),
    ),
    Cause(
        "unknown-voice",
        Hint("the vendor has no voice of that name", "厂商没有这个名称的音色"),
        Hint(
            "take one that the text names, or one of `list_voices()` and `cncoding voice list PROVIDER`; see "
            "[voices](media.md#voices)",
            "使用报错中列出的音色，或用 `list_voices()`、`cncoding voice list PROVIDER` 查看；"
            "参见[音色](media.md#voices)",
        ),
        ("list_voices names all",),
    ),
    Cause(
        "media-rules",
        Hint("a medium of that kind takes no such field or value", "该媒体模型不接受这个字段或取值"),
        Hint(
            "take a value that the text names, or `extra=`, which is sent unchecked",
            "改用报错中给出的取值，或用 `extra=` 不经检查直接发送",
        ),
        (
            "extra= sends a field unchecked",
            "has no such setting",
            "* takes none",
            "prompt: empty; say",
            "prompt: is *",
            "text: empty; say",
            "text: is *",
            "no character that is seen",
            "query: empty; say",
            "query: is *",
            "inputs: *",
            "size=*: *",
            "request: is *",
        ),
    ),
    Cause(
        "unknown-job",
        Hint("the handle is no media job of this provider or journal", "句柄不是该厂商或该记录中的媒体任务"),
        Hint(
            "give the handle or the JSON that the submission returned; `cncoding job list` shows them",
            "请传入提交时返回的句柄或 JSON；`cncoding job list` 可查看",
        ),
        ("not a media job", "its handle or its JSON", "not in the journal", "asset: is *; give an Asset"),
    ),
    Cause(
        "budget",
        Hint("`budget=` or `--budget` is not of a form that is known", "`budget=` 或 `--budget` 的写法不对"),
        Hint(
            "give a number of purchases, or `{'calls': 5, 'per': 'day'}`",
            "填写购买次数，或 `{'calls': 5, 'per': 'day'}`",
        ),
        ("budget: *", "budget=*", "--budget *"),
    ),
    Cause(
        "http-client",
        Hint("a client of httpx is of the wrong kind, or closed", "传入的 httpx 客户端类型不对，或已关闭"),
        Hint(
            "`http_client=` takes an `httpx.Client`, `http_async_client=` an `httpx.AsyncClient`",
            "`http_client=` 用 `httpx.Client`，`http_async_client=` 用 `httpx.AsyncClient`",
        ),
        ("http_client: *", "give a client of httpx", "http_async_client: *"),
    ),
    Cause(
        "configuration-file",
        Hint("`cncoding.yaml` is missing, or holds a mistake", "找不到 `cncoding.yaml`，或其中有错误"),
        Hint(
            "`cncoding config check` names every mistake with line and column",
            "`cncoding config check` 会按行列指出所有错误",
        ),
        (
            "cncoding.yaml: *",
            ", line *, column *",
            "the environment has no *",
            "keyring: *",
            "*=*: there is no such file",
            "environment, *: is no value of YAML",
        ),
    ),
    Cause(
        "own-budget",
        Hint("a budget of your own is written wrong, or cannot be counted", "自己设定的预算写法有误，或无法计数"),
        Hint(
            "its fields are calls, tokens, amount, currency and per; [budgets](plans.md#budgets)",
            "字段有 calls、tokens、amount、currency、per；见[预算](plans.md#budgets)",
        ),
        ("budgets: *", "cannot be used to count in *"),
    ),
    Cause(
        "several-plans",
        Hint("`over` or a guard was given what it does not take", "`over` 或守卫的参数有误"),
        Hint(
            "give a list of models, and one of the values that the text names", "请传入模型列表，并使用报错中列出的取值"
        ),
        (
            "over: *",
            "order=*: choose one of",
            "hedge_after=*",
            "floor=*",
            "then=*: choose one of",
            "switch_to: *",
            "guard_llm: *",
        ),
    ),
    Cause(
        "no-quota",
        Hint("the vendor tells what is left in its console only", "厂商只在控制台显示剩余额度"),
        Hint("look at the vendor's console", "请到厂商控制台查看"),
        ("not available by API",),
    ),
    Cause(
        "documents",
        Hint("a document cannot be read, or is not in the library", "文档无法读取，或不在文档库中"),
        Hint(
            "the text says what is wrong with the file; [formats](pages.md)",
            "原因见报错；支持的格式见[文档问答](pages.md)",
        ),
        ("documents: *", "not in the library", "has pages 1 to *"),
    ),
    Cause(
        "command-line",
        Hint("the words after `cncoding` are wrong", "`cncoding` 命令的参数有误"),
        Hint(
            "put a prompt of several words into quotes; `cncoding COMMAND --help` shows the options",
            "多个词的提示请加引号；`cncoding COMMAND --help` 可查看选项",
        ),
        (
            "words after the provider",
            "name Python files or folders",
            "empty; give it in quotes or on standard input",
            "--image *",
            "--output *",
            "--continue: *",
            "standard input: *",
            "image: name one image after the provider",
            "recording: *",
        ),
    ),
    Cause(
        "value",
        Hint("a setting has a value that it does not take", "参数取值不对"),
        Hint(
            "take one that the text names; [settings](settings.md) lists all",
            "使用报错中列出的取值，全部参数见[参数](settings.md)",
        ),
        (
            "got a wrong argument: *",
            ": is *; give *",
            "allow_hosts=*: give a tuple",
            "prefix: *",
            "takes at most *",
            "give seconds above 0",
            "whole number",
            "valid number",
            "valid boolean",
            "greater than *",
            "choose '*",
            "give True or False",
            "True, False or None",
        ),
    ),
)
"""The first that matches is the cause."""
