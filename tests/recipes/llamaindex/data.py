"""Data: extraction, evaluation, SQL, graphs."""

from __future__ import annotations

from typing import Any, Literal

from llama_index.core import Document, PropertyGraphIndex, SQLDatabase
from llama_index.core.evaluation import (
    CorrectnessEvaluator,
    DatasetGenerator,
    FaithfulnessEvaluator,
    GuidelineEvaluator,
    PairwiseComparisonEvaluator,
    RelevancyEvaluator,
)
from llama_index.core.extractors import (
    KeywordExtractor,
    QuestionsAnsweredExtractor,
    SummaryExtractor,
    TitleExtractor,
)
from llama_index.core.indices.property_graph import SchemaLLMPathExtractor, SimpleLLMPathExtractor
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import NLSQLTableQueryEngine
from llama_index.core.schema import TextNode
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from cncoding_emulator import Emulator
from tests.recipes.llamaindex import OPENAI, PAGES, recipe

FACT = "成都有大熊猫基地，东京有铁塔。"


@recipe(
    "Extract titles, questions, keywords, summaries",
    f"{PAGES}/examples/metadata_extraction/metadataextractionsec",
    OPENAI,
)
async def extractors(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 熊猫\n---\nsay 《熊猫与铁塔》\n---\nsay 熊猫在哪？\n---\nsay 熊猫, 铁塔\n---\nsay 两座城市")
    pipeline = IngestionPipeline(
        transformations=[
            SentenceSplitter(),
            TitleExtractor(nodes=1, llm=llm, num_workers=1),
            QuestionsAnsweredExtractor(questions=1, llm=llm, num_workers=1),
            KeywordExtractor(keywords=2, llm=llm, num_workers=1),
            SummaryExtractor(summaries=["self"], llm=llm, num_workers=1),
        ],
        disable_cache=True,
    )
    (node,) = await pipeline.arun(documents=[Document(text=FACT)])
    assert node.metadata["document_title"] == "《熊猫与铁塔》" and node.metadata["excerpt_keywords"] == "熊猫, 铁塔"
    assert node.metadata["section_summary"] == "两座城市"


@recipe("Is an answer faithful to its sources?", f"{PAGES}/examples/evaluation/faithfulness_eval", OPENAI)
async def faithfulness(llm: Any, emulator: Emulator) -> None:
    emulator.script("say YES")
    result = await FaithfulnessEvaluator(llm=llm).aevaluate(response="成都有大熊猫基地", contexts=[FACT])
    assert result.passing is True


@recipe("Is an answer relevant to its question?", f"{PAGES}/examples/evaluation/relevancy_eval", OPENAI)
def relevancy(llm: Any, emulator: Emulator) -> None:
    emulator.script("say NO")
    result = RelevancyEvaluator(llm=llm).evaluate(query="熊猫在哪？", response="天气很好", contexts=[FACT])
    assert result.passing is False


@recipe("Is an answer correct?", f"{PAGES}/examples/evaluation/correctness_eval", OPENAI)
async def correctness(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 4.5\\n答案正确。")
    result = await CorrectnessEvaluator(llm=llm).aevaluate(query="熊猫在哪？", response="成都", reference="在成都")
    assert result.score == 4.5 and result.passing


@recipe("Does an answer follow guidelines?", f"{PAGES}/examples/evaluation/guideline_eval", OPENAI)
def guideline(llm: Any, emulator: Emulator) -> None:
    emulator.script('say {"passing": true, "feedback": "具体"}')
    evaluator = GuidelineEvaluator(llm=llm, guidelines="The response should be specific.")
    assert evaluator.evaluate(query="熊猫在哪？", response="成都", contexts=[FACT]).feedback == "具体"


@recipe("Which of two answers is better?", f"{PAGES}/examples/evaluation/pairwise_eval", OPENAI)
async def pairwise(llm: Any, emulator: Emulator) -> None:
    emulator.script("say A 更好。[[A]]\n---\nsay B 更好。[[B]]")
    result = await PairwiseComparisonEvaluator(llm=llm).aevaluate(
        query="熊猫在哪？", response="成都", second_response="不知道"
    )
    assert result.score == 1.0


@recipe("Questions for an evaluation set", f"{PAGES}/examples/evaluation/questiongeneration", OPENAI)
async def question_set(llm: Any, emulator: Emulator) -> None:
    emulator.script("say 1. 熊猫在哪？\n---\nsay 成都")
    generator = DatasetGenerator([TextNode(text=FACT)], llm=llm, num_questions_per_chunk=1)
    dataset = await generator.agenerate_dataset_from_nodes(num=1)
    assert dataset.qr_pairs == [("熊猫在哪？", "成都")]


@recipe("Ask a database in words", f"{PAGES}/examples/index_structs/struct_indices/sqlindexdemo", OPENAI)
def sql(llm: Any, emulator: Emulator) -> None:
    engine = create_engine("sqlite:///:memory:", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with engine.begin() as connection:
        connection.execute(text("create table city_stats (city_name text, population integer)"))
        connection.execute(text("insert into city_stats values ('Toronto', 2930000), ('Tokyo', 13960000)"))
    emulator.script("say select city_name from city_stats order by population desc limit 1\n---\nsay 东京人口最多")
    query_engine = NLSQLTableQueryEngine(
        sql_database=SQLDatabase(engine, include_tables=["city_stats"]), tables=["city_stats"], llm=llm
    )
    response = query_engine.query("Which city has the highest population?")
    assert str(response) == "东京人口最多"
    assert response.metadata and response.metadata["result"] == [("Tokyo",)]
    engine.dispose()


@recipe("A graph of facts, read freely", f"{PAGES}/examples/property_graph/property_graph_basic", OPENAI)
def graph(llm: Any, emulator: Emulator) -> None:
    emulator.script("say (成都, 有, 大熊猫基地)\\n(东京, 有, 铁塔)\n---\nsay 大熊猫基地")
    index = PropertyGraphIndex.from_documents(
        [Document(text=FACT)],
        llm=llm,
        kg_extractors=[SimpleLLMPathExtractor(llm=llm, num_workers=1)],
        embed_kg_nodes=False,
        use_async=True,
        show_progress=False,
    )
    triplets = index.property_graph_store.get_triplets(entity_names=["成都"])
    assert "大熊猫基地" in str(triplets)
    engine = index.as_query_engine(llm=llm, sub_retrievers=[])
    assert engine is not None


@recipe("A graph of facts, by a schema", f"{PAGES}/examples/property_graph/property_graph_advanced", OPENAI)
async def schema_graph(llm: Any, emulator: Emulator) -> None:
    triplet = (
        '{"triplets": [{"subject": {"type": "CITY", "name": "成都"}, "relation": {"type": "HAS"}, '
        '"object": {"type": "SIGHT", "name": "大熊猫基地"}}]}'
    )
    emulator.script(f"say {triplet}")
    extractor = SchemaLLMPathExtractor(
        llm=llm,
        possible_entities=Literal["CITY", "SIGHT"],
        possible_relations=Literal["HAS"],
        kg_validation_schema=[("CITY", "HAS", "SIGHT")],
        num_workers=1,
    )
    (node,) = await extractor.acall([TextNode(text=FACT)])
    assert [one.name for one in node.metadata["nodes"]] == ["成都", "大熊猫基地"]
