"""E: answers that fit a class."""

import asyncio
import json
from typing import Any

from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from pydantic import BaseModel

from cncoding_emulator import image_marks
from tests.llamaindex.suite.kit import MODES, ONCE, STREAMS, WHOLES, Kit, behaviour, picture, refused, user


class Hotel(BaseModel):
    """A hotel."""

    name: str
    stars: int
    rooms: list[str] = []


HOTEL = {
    "name": "锦江宾馆，在成都市中心，临着锦江",
    "stars": 5,
    "rooms": [f"{floor} 楼大床房，朝南" for floor in range(1, 13)],
}
PROMPT = PromptTemplate("Describe a hotel in {city} as JSON, with name, stars and rooms.")


async def predict(kit: Kit, llm: Any, prompt: Any = PROMPT, **kwargs: Any) -> list[Any]:
    """Call the method of this mode; return the objects in the order in which they came."""
    if kit.mode.stream:
        call = llm.astream_structured_predict if kit.mode.aio else llm.stream_structured_predict
        made = call(Hotel, prompt, **kwargs)
        return await kit.drain(made)
    if kit.mode.aio:
        return [await llm.astructured_predict(Hotel, prompt, **kwargs)]
    return [await asyncio.to_thread(lambda: llm.structured_predict(Hotel, prompt, **kwargs))]


@behaviour("E01", "an object comes out, of a model left to itself", MODES)
async def unscripted(kit: Kit) -> None:
    assert isinstance((await predict(kit, kit.llm(), city="成都"))[-1], Hotel)


@behaviour("E02", "an object comes out while the model thinks", MODES, needs=["thinking"])
async def while_thinking(kit: Kit) -> None:
    assert isinstance((await predict(kit, kit.llm(thinking=True), city="成都"))[-1], Hotel)


@behaviour("E03", "streamed objects grow, open strings included, and the last one is complete", STREAMS)
async def growing(kit: Kit) -> None:
    kit.script(f"call Hotel {json.dumps(HOTEL, ensure_ascii=False)}")
    made = await predict(kit, kit.llm(), city="成都")
    assert isinstance(made[-1], Hotel) and made[-1].model_dump() == HOTEL
    names = [item.name for item in made if item.name]
    assert any(name != HOTEL["name"] and HOTEL["name"].startswith(name) for name in names), names
    assert any(0 < len(item.rooms or []) < len(made[-1].rooms) for item in made), "the list jumped from nothing to all"


@behaviour("E04", "an object in the text is read although a call was asked for", MODES)
async def in_text(kit: Kit) -> None:
    kit.script(f"say 好的：\\n```json\\n{json.dumps(HOTEL, ensure_ascii=False)}\\n```")
    assert (await predict(kit, kit.llm(), city="成都"))[-1].model_dump() == HOTEL


@behaviour("E05", "an answer that does not fit raises", MODES)
async def unfit(kit: Kit) -> None:
    kit.script('call Hotel {"name": "无星"}')
    with refused(ValueError, TypeError):
        await predict(kit, kit.llm(), city="成都")


@behaviour("E06", "as_structured_llm gives JSON as content and the object as raw", MODES)
async def structured_llm(kit: Kit) -> None:
    llm = kit.llm().as_structured_llm(Hotel)
    last = (await kit.ask(llm, [user("Describe a hotel in 成都 as JSON")]))[-1]
    assert isinstance(last.raw, Hotel)
    assert json.loads(last.message.content or "")["name"] == last.raw.name


@behaviour("E07", "the prompt may hold an image", ONCE, needs=["images"])
async def with_image(kit: Kit) -> None:
    prompt = ChatPromptTemplate(
        message_templates=[user("Describe the hotel in JSON", picture(image_marks.draw("HOTEL-5")))]
    )
    await predict(kit, kit.llm(), prompt)
    assert "image" in json.dumps(kit.bodies[-1]["messages"])


@behaviour("E08", "llm_kwargs reach the vendor and are not changed", WHOLES)
async def kwargs(kit: Kit) -> None:
    given = {"max_tokens": 777, "tool_choice": "auto", "tool_required": False}
    before = dict(given)
    await predict(kit, kit.llm(), city="成都", llm_kwargs=given)
    assert given == before
    assert 777 in kit.bodies[-1].values()
