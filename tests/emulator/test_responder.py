"""What the emulator answers on its own: tools, structured outputs, and the prompt forms of the frameworks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cncoding_emulator import Call, Draft, Emulator, Prompt, Think
from cncoding_emulator.schema_examples import example

from .conftest import HTTP, TOOL, Caller


def _tool(name: str, about: str = "", **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


NUMBER = {"type": "integer"}
ADD = _tool("add", "Add two numbers", a=NUMBER, b=NUMBER)
MULTIPLY = _tool("multiply", "Multiply two numbers", a=NUMBER, b=NUMBER)


class Talk:
    """A conversation with a model that does not think, so that only answers matter."""

    def __init__(self, call: Caller, **more: Any) -> None:
        self.call, self.more, self.messages = call, more, []  # type: ignore[var-annotated]

    def say(self, text: str, **more: Any) -> Any:
        self.messages.append({"role": "user", "content": text})
        return self.turn(**more)

    def turn(self, **more: Any) -> Any:
        body = {"model": "qwen3-max", "messages": self.messages, **self.more, **more}
        reply = self.call.post("unified", body)
        assert reply.status_code == 200, reply.text
        message = reply.json()["choices"][0]["message"]
        self.messages.append(message)
        return message

    def results(self, *texts: str) -> None:
        calls = self.messages[-1]["tool_calls"]
        for call, text in zip(calls, texts, strict=True):
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})


def _asked(message: Any) -> list[tuple[str, Any]]:
    calls = message.get("tool_calls") or ()
    return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls]


def test_several_cities_make_parallel_calls(call: Caller) -> None:
    talk = Talk(call, tools=[TOOL])
    both = _asked(talk.say("北京和上海的天气如何？"))
    assert both == [("get_weather", {"city": "北京"}), ("get_weather", {"city": "上海"})]
    talk.results("晴", "雨")
    assert "晴；雨" in talk.turn()["content"]


def test_without_parallel_calls_they_come_one_by_one(call: Caller) -> None:
    talk = Talk(call, tools=[TOOL], parallel_tool_calls=False)
    assert _asked(talk.say("Weather in Paris and London?")) == [("get_weather", {"city": "Paris"})]
    talk.results("sunny")
    assert _asked(talk.turn()) == [("get_weather", {"city": "London"})]
    talk.results("rain")
    assert "sunny；rain" in talk.turn()["content"]


def test_named_tools_in_order(call: Caller) -> None:
    talk = Talk(call, tools=[ADD, MULTIPLY])
    assert _asked(talk.say("First add 2 and 3, then multiply 5 and 4.")) == [("add", {"a": 2, "b": 3})]
    talk.results("5")
    assert _asked(talk.turn()) == [("multiply", {"a": 5, "b": 4})]


def test_the_fitting_tool_is_chosen(call: Caller) -> None:
    assert _asked(Talk(call, tools=[TOOL, MULTIPLY]).say("Please multiply 6 by 7"))[0] == ("multiply", {"a": 6, "b": 7})


@pytest.mark.parametrize("text", ["Hello!", "你好", "What is love? Do not use any tools."])
def test_no_tool_where_none_is_wanted(call: Caller, text: str) -> None:
    assert _asked(Talk(call, tools=[TOOL]).say(text)) == []


def test_a_prompt_can_insist(call: Caller) -> None:
    talk = Talk(call, tools=[TOOL, ADD])
    talk.messages.append({"role": "system", "content": "You must call the tool `add`."})
    assert _asked(talk.say("Hello!"))[0][0] == "add"


def test_forced_choice_and_what_is_left_after_results(call: Caller) -> None:
    answer = _tool("Answer", "final answer", text={"type": "string"})
    talk = Talk(call, tools=[TOOL, answer], tool_choice="required")
    assert _asked(talk.say("北京天气"))[0][0] == "get_weather"
    talk.results("晴")
    assert _asked(talk.turn())[0][0] == "Answer"


def test_unicode_and_empty_arguments(call: Caller) -> None:
    customer = _tool("create_customer", "", customer_name={"type": "string"}, description={"type": "string"})
    asked = _asked(Talk(call, tools=[customer]).say("Create a customer named '你好啊集团' - a technology company"))
    assert asked[0][1]["customer_name"] == "你好啊集团"
    assert _asked(Talk(call, tools=[_tool("get_time")]).say("what time is it"))[0] == ("get_time", {})
    magic = _tool("magic_function", "", input=NUMBER)
    assert _asked(Talk(call, tools=[magic]).say("What is the value of magic_function(3)?")) == [
        ("magic_function", {"input": 3})
    ]


TEXT = {"type": "string"}
RISKY = [
    _tool("Bash", "Executes a given bash command", command=TEXT),
    _tool("run_shell_command", "", directory=TEXT),
    _tool("execute", "Run something", code=TEXT),
    _tool("delete_file", "", path=TEXT),
    _tool("Write", "Writes a file to the local filesystem", file_path=TEXT, content=TEXT),
    _tool("create_file", "", path=TEXT),
    _tool("python_repl", "", code=TEXT),
    _tool("apply", "Edit files in place", old_string=TEXT, new_string=TEXT),
    _tool("helper", "执行一条命令", text=TEXT),
]


@pytest.mark.parametrize("tool", RISKY, ids=lambda tool: tool["function"]["name"])
def test_what_changes_the_world_is_never_called_unscripted(call: Caller, tool: Any) -> None:
    name = tool["function"]["name"]
    for question in (
        "What does the command 'rm -rf notes.txt' do?", f"Call {name} with 'rm -rf notes.txt'",
        "delete the file, 删除文件", f"You must call the tool {name}.",
    ):  # fmt: skip
        message = Talk(call, tools=[tool]).say(question)
        assert _asked(message) == [] and message["content"]


def test_a_question_for_a_change_calls_no_other_tool_instead(call: Caller) -> None:
    tools = [*RISKY, _tool("read_file", "Reads a file", path=TEXT)]
    for question in ("Please delete the file notes.txt", "把文件 notes.txt 删掉", "Run the file"):
        assert _asked(Talk(call, tools=tools).say(question)) == []
    assert _asked(Talk(call, tools=tools).say("Read the file 'notes.txt'")) == [("read_file", {"path": "notes.txt"})]


def test_a_forced_tool_with_side_effects_gets_no_words_of_the_question(call: Caller) -> None:
    choice = {"type": "function", "function": {"name": "Bash"}}
    ((name, arguments),) = _asked(Talk(call, tools=RISKY, tool_choice=choice).say("run 'rm -rf notes.txt'"))
    assert name == "Bash" and "rm" not in arguments["command"]
    forced = _asked(Talk(call, tools=[*RISKY, TOOL], tool_choice="required").say("run 'rm -rf notes.txt'"))
    assert forced[0][0] == "get_weather"


def test_a_question_that_shares_nothing_with_the_tools_is_answered_in_words(call: Caller) -> None:
    message = Talk(call, tools=[TOOL, MULTIPLY]).say("Who wrote the novel 红楼梦?")
    assert _asked(message) == [] and "红楼梦" in message["content"]
    assert _asked(Talk(call, tools=[_tool("get_weather", "Weather of a city", city=TEXT)]).say("北京天气怎么样"))


def test_users_answer_in_place_of_the_emulator() -> None:
    def answer(prompt: Prompt) -> Draft | str | None:
        if prompt.chat.tools:
            return Draft((Think("hm"), Call("get_weather", '{"city": "成都"}')))
        return "mine" if "mine" in prompt.chat.question else None

    with Emulator(responder=answer) as emulator:
        call = Caller(emulator)
        message = Talk(call, tools=[TOOL]).say("anything")
        assert _asked(message) == [("get_weather", {"city": "成都"})]
        assert Talk(call).say("say mine")["content"] == "mine"
        assert Talk(call).say("What is 6 * 7?")["content"] == "6 * 7 = 42"


def test_ids_follow_from_the_seed() -> None:
    def ids(seed: int | None) -> list[str]:
        with Emulator(seed=seed) as emulator:
            talk = Talk(Caller(emulator), tools=[TOOL])
            talk.say("北京和上海的天气如何？")
            posted = emulator.base_url("deepseek") + "/chat/completions"
            body = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "hi"}]}
            reply = HTTP.post(posted, json=body, headers={"Authorization": "Bearer sk-x"}).json()
            return [reply["id"], *(c["id"] for c in talk.messages[-1]["tool_calls"])]

    assert ids(7) == ids(7) != ids(8)
    assert ids(None) != ids(None)


def test_json_formats(call: Caller) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": NUMBER},
        "required": ["city", "days"],
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(Talk(call, response_format=wanted).say("5 days in Tokyo")["content"]) == {
        "city": "Tokyo",
        "days": 5,
    }
    loose = Talk(call, response_format={"type": "json_object"})
    assert set(json.loads(loose.say("Return JSON with keys name, age")["content"])) == {"name", "age"}
    told = loose.say("A joke as JSON with a `setup` key and a `punchline` key")["content"]
    assert set(json.loads(told)) == {"setup", "punchline"}


def test_examples_follow_schemas() -> None:
    schema = {
        "$defs": {"Colour": {"enum": ["red", "green"]}, "Point": {"type": "object", "properties": {"x": NUMBER}}},
        "type": "object",
        "properties": {
            "colour": {"$ref": "#/$defs/Colour"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}, "minItems": 2},
            "kind": {"const": "k"},
            "small": {"type": "integer", "maximum": 1},
            "yes": {"type": "boolean"},
        },
    }
    made = example(schema, "paint it green")
    assert made["colour"] == "green" and isinstance(made["maybe"], str) and made["maybe"]
    assert made["points"] == [{"x": 3}, {"x": 3}] and (made["kind"], made["small"], made["yes"]) == ("k", 1, True)


REACT = (
    "You have access to the following tools:\n> Tool Name: add\nTool Description: add(a: int, b: int)\nAdd.\n"
    'Tool Args: {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"], '
    '"type": "object"}\n\nUse the format:\nThought: x\nAction: tool name\nAction Input: {"input": "hello world"}\n'
)


def test_react(call: Caller) -> None:
    talk = Talk(call)
    talk.messages.append({"role": "system", "content": REACT})
    first = talk.say("What is 2 plus 5, use add")["content"]
    assert first.splitlines()[1:] == ["Action: add", 'Action Input: {"a": 2, "b": 5}']
    final = talk.say("Observation: 7")["content"]
    assert final.endswith("Answer: 7")


def test_code_act(call: Caller) -> None:
    system = "Write <execute>\ncode\n</execute>. You can use:\ndef add(a: int, b: int):\n  ..."
    talk = Talk(call)
    talk.messages.append({"role": "system", "content": system})
    assert talk.say("add 2 and 5")["content"] == "<execute>\nprint(add(a=2, b=5))\n</execute>"
    assert "7" in talk.say("Result of executing the code given:\n\n7")["content"]


PROMPTS = [
    (
        "Example format: \nDocument 1:\n<summary>\nQuestion: <question>\nAnswer:\nDoc: 9, Relevance: 7\n\n"
        "Let's try this now: \n\nDocument 1:\nCats sleep.\n\nDocument 2:\nThe revenue was 42.\n\n"
        "Question: What was the revenue?\nAnswer:\n",
        "Doc: 2, Relevance: 5",
    ),
    (
        "Some choices are given below. It is provided in a numbered list (1 to 2), where each item\n"
        "---------------------\n(1) About cats\n\n(2) About revenue\n---------------------\n"
        "Using only the choices above, "
        "return the choice that is most relevant to the question: 'What was the revenue?'\n",
        '"choice": 2',
    ),
    (
        "Provide keywords in the following comma-separated format: 'KEYWORDS: <keywords>'\n---------------------\n"
        "Revenue of Shenzhen\n---------------------\n",
        "KEYWORDS: Revenue, Shenzhen",
    ),
    (
        "Context information is below.\n---------------------\nCats sleep a lot. The revenue was 42 million.\n"
        "---------------------\n"
        "Given the context information answer the query.\nQuery: What was the revenue?\nAnswer: ",
        "The revenue was 42 million.",
    ),
    (
        "Extract name is Wei and age is 30.\nHere's a JSON schema to follow:\n"
        '{"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}\n'
        "Output a valid JSON object but do not repeat the schema.",
        '{"name": "Wei", "age": 30}',
    ),
    ("Reply with exactly: 'pong'", "pong"),
    ("What is 12 * 12?", "12 * 12 = 144"),
]


@pytest.mark.parametrize(("prompt", "part"), PROMPTS)
def test_prompt_forms(call: Caller, prompt: str, part: str) -> None:
    assert part in Talk(call).say(prompt)["content"]


def test_it_remembers_the_conversation(call: Caller) -> None:
    talk = Talk(call)
    talk.say("My name is 小明.")
    assert "小明" in talk.say("What is my name?")["content"]


def test_reasoning_differs_from_turn_to_turn(call: Caller) -> None:
    talk = Talk(call, model="qwen3.6-plus", enable_thinking=True)
    thoughts = {talk.say("同样的问题")["reasoning_content"] for _ in range(3)}
    assert len(thoughts) == 3


def test_what_a_coding_agent_puts_beside_a_question_asks_for_no_tool(call: Caller) -> None:
    glob = _tool(
        "glob",
        "Find files by pattern, in the order of their last change, newest before oldest. "
        + "What one sentence says. " * 80,
        path={},
    )
    reminder = (
        "<system-reminder>\nThe following skills are available for finding files: batch, glob.\n</system-reminder>"
    )
    talk = Talk(call, tools=[glob])
    assert not _asked(talk.say(f"{reminder}\n\nPlease explain idempotency in one sentence."))
    assert "idempotency" in talk.messages[-1]["content"]
    assert _asked(talk.say(f"{reminder}\n\nPlease find the files of this project."))[0][0] == "glob"
