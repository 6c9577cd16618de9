"""The look at the imports finds what it is there for, and finds nothing in the house."""

from __future__ import annotations

from tests.house import draw, find_circles, find_inner, find_upward, read_imports, read_layers

LAYERS = [("cncoding_cli",), ("langchain_cncoding", "llamaindex_cncoding"), ("cncoding.client",), ("cncoding.types",)]


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set(), "f": {"a"}}
    assert find_circles(graph) == [["a", "b", "c"]]


def test_an_import_upwards_is_found() -> None:
    graph = {
        "cncoding.client.http": {"cncoding.types"},
        "cncoding.types": {"cncoding.client.http"},
        "cncoding.pages.store": {"langchain_cncoding.retriever"},
        "langchain_cncoding.chat": {"cncoding.types", "cncoding_cli"},
    }
    assert find_upward(graph, LAYERS) == [
        ("cncoding.types", "cncoding.client.http"),
        ("cncoding.pages.store", "langchain_cncoding.retriever"),
        ("langchain_cncoding.chat", "cncoding_cli"),
    ]


def test_an_inner_door_is_found() -> None:
    graph = {"llamaindex_cncoding.llm": {"cncoding", "cncoding.pages.store", "cncoding.client.http"}}
    assert find_inner(graph) == [("llamaindex_cncoding.llm", "cncoding.client.http")]


def test_rooms_stand_above_what_they_import() -> None:
    drawn = draw({"cncoding.client.http": {"cncoding.types"}, "cncoding.types": set(), "cncoding": {"cncoding.client"}})
    assert [line.split()[1] for line in drawn.splitlines() if line[:2].strip().isdigit()] == [
        "cncoding",
        "client",
        "types",
    ]


def test_the_house_has_neither() -> None:
    graph = read_imports()
    assert find_circles(graph) == []
    assert find_upward(graph, read_layers()) == []
