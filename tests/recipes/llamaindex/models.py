"""Models by themselves: completion, chat, streams, pictures, tools, objects."""

from __future__ import annotations

import io
from typing import Any

from llama_index.core import PromptTemplate, Settings
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.output_parsers import PydanticOutputParser
from llama_index.core.program import FunctionCallingProgram, LLMTextCompletionProgram
from llama_index.core.tools import FunctionTool
from PIL import Image
from pydantic import BaseModel, Field

from cncoding_emulator import Emulator
from tests.recipes.llamaindex import OPENAI, PAGES, recipe


class Song(BaseModel):
    """A song."""

    title: str
    seconds: int = Field(description="Length in seconds")


class Album(BaseModel):
    """An album."""

    name: str
    songs: list[Song]


ALBUM = '{"name": "夜航", "songs": [{"title": "起飞", "seconds": 181}, {"title": "降落", "seconds": 240}]}'


@recipe("Complete a prompt", f"{PAGES}/framework/understanding/using_llms", OPENAI)
async def complete(llm: Any, emulator: Emulator) -> None:
    emulator.script("say William Shakespeare")
    assert (await llm.acomplete("The author of Hamlet is ")).text == "William Shakespeare"


@recipe("Stream a completion", f"{PAGES}/framework/understanding/using_llms", OPENAI)
def stream_complete(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 床前明月光，疑是地上霜。")
    assert "".join(token.delta for token in llm.stream_complete("写诗")) == "床前明月光，疑是地上霜。"


@recipe("Chat with a system message", f"{PAGES}/framework/understanding/using_llms", OPENAI)
def chat(llm: Any, emulator: Emulator) -> None:
    emulator.script("say Arr!")
    messages = [
        ChatMessage(role="system", content="You are a pirate with a colourful personality"),
        ChatMessage(role="user", content="What is your name"),
    ]
    assert str(llm.chat(messages)) == "assistant: Arr!"
    assert "pirate" in str(emulator.requests[-1].json)


@recipe(
    "Show a picture to a model", f"{PAGES}/framework/module_guides/models/llms/usage_standalone", OPENAI, needs="eyes"
)
def picture(llm: Any, emulator: Emulator) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    emulator.script("say 一块红色")
    blocks = [ImageBlock(image=buffer.getvalue()), TextBlock(text="这是什么？")]
    assert "红" in str(llm.chat([ChatMessage(role="user", blocks=blocks)]))
    assert "image" in str(emulator.requests[-1].json["messages"])


@recipe("Let a model call a function", f"{PAGES}/framework/module_guides/deploying/agents/tools", OPENAI)
def predict_and_call(llm: Any, emulator: Emulator) -> None:
    def generate_song(name: str, artist: str) -> str:
        """Generate a song with a name and an artist."""
        return f"{name} by {artist}"

    emulator.script('call generate_song {"name": "夜航", "artist": "无名"}')
    tool = FunctionTool.from_defaults(fn=generate_song)
    assert str(llm.predict_and_call([tool], "Pick a random song for me")) == "夜航 by 无名"


@recipe("Predict an object from a prompt", f"{PAGES}/framework/understanding/extraction/structured_prediction", OPENAI)
def structured_predict(llm: Any, emulator: Emulator) -> None:
    emulator.script(f"say {ALBUM}")
    album = llm.structured_predict(Album, PromptTemplate("Make an album about {topic}"), topic="flying")
    assert [song.seconds for song in album.songs] == [181, 240]


@recipe("Stream an object while it grows", f"{PAGES}/framework/understanding/extraction/structured_prediction", OPENAI)
async def stream_object(llm: Any, emulator: Emulator) -> None:
    emulator.script(f"say {ALBUM}")
    stream = await llm.astream_structured_predict(Album, PromptTemplate("Make an album"))
    albums = [album async for album in stream]
    assert albums[-1].songs[1].title == "降落" and len(albums) > 2


@recipe("A structured LLM", f"{PAGES}/framework/understanding/extraction/structured_llms", OPENAI)
async def structured_llm(llm: Any, emulator: Emulator) -> None:
    emulator.script(f"say {ALBUM}")
    response = await llm.as_structured_llm(Album).acomplete("Make an album")
    assert response.raw.name == "夜航"


@recipe("A function-calling program", f"{PAGES}/examples/output_parsing/function_program", OPENAI)
def function_program(llm: Any, emulator: Emulator) -> None:
    emulator.script(f"call Album {ALBUM}")
    program: Any = FunctionCallingProgram.from_defaults(
        output_cls=Album, prompt_template_str="Generate an album about {movie}", llm=llm
    )
    assert program(movie="The Shining").songs[0].title == "起飞"


@recipe("A text-completion program", f"{PAGES}/examples/output_parsing/llm_program", OPENAI)
def text_program(llm: Any, emulator: Emulator) -> None:
    emulator.script(f"say ```json\\n{ALBUM}\\n```")
    program: Any = LLMTextCompletionProgram.from_defaults(
        output_parser=PydanticOutputParser(output_cls=Album),
        prompt_template_str="Generate an album about {movie}",
        llm=llm,
    )
    assert program(movie="The Shining").name == "夜航"


@recipe("The model of all parts, in Settings", f"{PAGES}/framework/module_guides/supporting_modules/settings", OPENAI)
def settings(llm: Any, emulator: Emulator) -> None:
    from llama_index.core import Document, SummaryIndex

    Settings.llm = llm
    emulator.script("say 四十二")
    engine = SummaryIndex.from_documents([Document(text="答案是四十二。")]).as_query_engine()
    assert str(engine.query("答案？")) == "四十二"
