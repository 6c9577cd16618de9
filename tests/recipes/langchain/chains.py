"""Chains of the expression language, and those of langchain-classic."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, FewShotChatMessagePromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableBranch, RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.vectorstores import InMemoryVectorStore

import langchain_cncoding
from cncoding_emulator import Emulator
from tests.recipes.langchain import INIT, PAGES, recipe
from tests.recipes.langchain.models import MOVIE, Movie

DOCUMENTS = [Document("猫喜欢鱼。"), Document("狗喜欢骨头。")]
CLASSIC = "https://reference.langchain.com/python/langchain_classic/chains"
CORE = "https://reference.langchain.com/python/langchain_core"


@recipe("Prompt, model, parser", f"{CORE}/runnables", INIT)
def pipe(model: Any, emulator: Emulator) -> None:
    emulator.script("say 为什么海盗不洗澡？")
    chain = ChatPromptTemplate.from_template("tell me a joke about {topic}") | model | StrOutputParser()
    assert "".join(chain.stream({"topic": "pirates"})) == "为什么海盗不洗澡？"


@recipe("Retrieval with an in-memory store", f"{PAGES}/langchain/rag", INIT)
def rag(model: Any, emulator: Emulator) -> None:
    store = InMemoryVectorStore.from_documents(DOCUMENTS, DeterministicFakeEmbedding(size=16))
    prompt = ChatPromptTemplate.from_template("Answer from the context:\n{context}\n\nQuestion: {question}")
    chain: Any = (
        {
            "context": store.as_retriever(search_kwargs={"k": 2})
            | (lambda found: "\n\n".join(one.page_content for one in found)),
            "question": RunnablePassthrough(),
        }
        | prompt
        | model
        | StrOutputParser()
    )
    emulator.script("say 鱼")
    assert chain.invoke("猫喜欢什么？") == "鱼"
    assert "狗喜欢骨头" in str(emulator.requests[-1].json)


@recipe("Stuff documents into a system prompt", f"{CLASSIC}/combine_documents", INIT)
def stuff(model: Any, emulator: Emulator) -> None:
    from langchain_classic.chains.combine_documents import create_stuff_documents_chain

    emulator.script("say 猫和狗的喜好")
    prompt = ChatPromptTemplate.from_messages([("system", "Write a concise summary of the following:\\n\\n{context}")])
    assert create_stuff_documents_chain(model, prompt).invoke({"context": DOCUMENTS}) == "猫和狗的喜好"
    assert "猫喜欢鱼" in str(emulator.requests[-1].json["messages"])


@recipe("A retrieval chain with history", f"{CLASSIC}/retrieval", INIT)
def retrieval(model: Any, emulator: Emulator) -> None:
    from langchain_classic.chains import create_history_aware_retriever, create_retrieval_chain
    from langchain_classic.chains.combine_documents import create_stuff_documents_chain

    store = InMemoryVectorStore.from_documents(DOCUMENTS, DeterministicFakeEmbedding(size=16))
    turn = [MessagesPlaceholder("chat_history"), ("human", "{input}")]
    again = ChatPromptTemplate.from_messages([("system", "Make it a standalone question."), *turn])
    answer = ChatPromptTemplate.from_messages([("system", "Answer from: {context}"), *turn])
    chain = create_retrieval_chain(
        create_history_aware_retriever(model, store.as_retriever(), again), create_stuff_documents_chain(model, answer)
    )
    emulator.script("say 狗喜欢什么？\n---\nsay 骨头")
    found = chain.invoke({"input": "那狗呢？", "chat_history": [("human", "猫喜欢什么？"), ("ai", "鱼")]})
    assert found["answer"] == "骨头" and len(found["context"]) == 2


@recipe("Fall back to another model", f"{PAGES}/langchain/models", INIT)
def fallbacks(model: Any, emulator: Emulator) -> None:
    broken = model.model_copy(update={"max_retries": 0})
    spare = langchain_cncoding.ChatWCode()
    emulator.script("fault 500\n---\nfault 500", provider=model.provider)
    emulator.script("say 备用", provider="wcode")
    assert broken.with_fallbacks([spare]).invoke("hi").text == "备用"


@recipe("Try again", f"{CORE}/runnables", INIT)
async def retry(model: Any, emulator: Emulator) -> None:
    emulator.script("fault 500\n---\nsay 第二次")
    once = model.model_copy(update={"max_retries": 0})
    again = once.with_retry(stop_after_attempt=2, exponential_jitter_params={"initial": 0.01, "max": 0.02, "jitter": 0})
    assert (await again.ainvoke("hi")).text == "第二次"


@recipe("Branches side by side", f"{CORE}/runnables", INIT)
async def parallel(model: Any, emulator: Emulator) -> None:
    emulator.script("say 好\n---\nsay 好")
    joke = ChatPromptTemplate.from_template("joke about {topic}") | model | StrOutputParser()
    poem = ChatPromptTemplate.from_template("poem about {topic}") | model | StrOutputParser()
    assert await RunnableParallel(joke=joke, poem=poem).ainvoke({"topic": "bears"}) == {"joke": "好", "poem": "好"}


@recipe("Choose a chain by a question", f"{CORE}/runnables", INIT)
def branch(model: Any, emulator: Emulator) -> None:
    emulator.script("say math\n---\nsay 四")
    classify = ChatPromptTemplate.from_template("Classify: {question}") | model | StrOutputParser()
    math = ChatPromptTemplate.from_template("You know maths. {question}") | model | StrOutputParser()
    other = ChatPromptTemplate.from_template("{question}") | model | StrOutputParser()
    route: Any = RunnableBranch((lambda given: "math" in given["topic"], math), other)
    chain: Any = {"topic": classify, "question": itemgetter("question")} | RunnableLambda(lambda given: given) | route
    assert chain.invoke({"question": "2+2?"}) == "四"
    assert "You know maths" in str(emulator.requests[-1].json)


@recipe("Remember a session", f"{CORE}/runnables/history", INIT)
def history(model: Any, emulator: Emulator) -> None:
    kept: dict[str, InMemoryChatMessageHistory] = {}
    chain = RunnableWithMessageHistory(model, lambda name: kept.setdefault(name, InMemoryChatMessageHistory()))
    emulator.script("say 你好小明\n---\nsay 小明")
    config: Any = {"configurable": {"session_id": "s"}}
    chain.invoke("我叫小明", config=config)
    assert chain.invoke("我叫什么？", config=config).text == "小明"
    assert len(emulator.requests[-1].json["messages"]) == 3


@recipe("Examples in a prompt", f"{CORE}/prompts", INIT)
def few_shot(model: Any, emulator: Emulator) -> None:
    example = ChatPromptTemplate.from_messages([("human", "{input}"), ("ai", "{output}")])
    shots = FewShotChatMessagePromptTemplate(
        example_prompt=example, examples=[{"input": "2🦜2", "output": "4"}, {"input": "2🦜3", "output": "5"}]
    )
    prompt = ChatPromptTemplate.from_messages([("system", "You are a wizard of maths."), shots, ("human", "{input}")])
    emulator.script("say 11")
    assert (prompt | model).invoke({"input": "2🦜9"}).text == "11"


@recipe("Parse JSON while it streams", f"{CORE}/output_parsers", INIT)
async def json_stream(model: Any, emulator: Emulator) -> None:
    emulator.script(f"say ```json\\n{MOVIE}\\n```")
    parts = [part async for part in (model | JsonOutputParser()).astream("Hero as JSON")]
    assert parts[-1] == {"title": "英雄", "year": 2002}


@recipe("Parse an object from words", f"{CORE}/output_parsers", INIT)
def parse(model: Any, emulator: Emulator) -> None:
    parser = PydanticOutputParser(pydantic_object=Movie)
    prompt = ChatPromptTemplate.from_messages([("system", "{format}"), ("human", "{query}")])
    chain = prompt.partial(format=parser.get_format_instructions()) | model | parser
    emulator.script(f"say {MOVIE}")
    assert chain.invoke({"query": "Hero"}).year == 2002
