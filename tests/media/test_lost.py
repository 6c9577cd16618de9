"""A request whose answer was lost: found in the vendor's list of jobs where there is one, and never paid twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    CallIdentity,
    Client,
    CncodingError,
    ConfigError,
    ConnectionLostError,
    JobDeadlineError,
    Journal,
    MediaOrder,
    MediaPlace,
    MediaRequest,
    Patience,
)
from cncoding import UnconfirmedPurchaseError as Unconfirmed
from cncoding.media.journal import FindPurchases, Purchase, RecordPurchase
from cncoding_emulator import Emulator
from langchain_cncoding import GenerateVideoTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

FOX = MediaRequest("video", "a fox")


def order(call: str = "1", request: MediaRequest = FOX, **more: Any) -> MediaOrder:
    return MediaOrder(request, CallIdentity("thread", call), **more)


def place(folder: Path) -> MediaPlace:
    return MediaPlace(str(folder), patience=Patience(0.02, 20))


def lose(emulator: Emulator, folder: Path) -> Purchase:
    """Leave a purchase of unknown outcome: the connection broke, and the vendor made nothing."""
    emulator.task_fault("qwen", "cut_before")
    client = Client("qwen", journal=folder)
    with pytest.raises(ConnectionLostError):
        client.make(order(), str(folder))
    (purchase,) = client.purchases(states=("unconfirmed",))
    assert not emulator.submissions
    return purchase


def test_a_lost_answer_is_found_at_once(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    emulator.task_fault("qwen", "cut_after_accept")
    made = do("qwen", "make", order(), place(tmp_path), client={"journal": tmp_path})
    assert made.done[0].size and not made.reused and len(emulator.submissions) == 1
    assert made.job.id == emulator.submissions[0].task_id and made.purchase.handle
    assert "taken from the list of qwen" in made.purchase.note


def test_minimax_lists_the_jobs_of_its_second_version(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    emulator.task_fault("minimax", "cut_after_accept")
    wanted = order(request=replace(FOX, model="MiniMax-H3", size="16:9"))
    made = do("minimax", "make", wanted, place(tmp_path), client={"journal": tmp_path})
    assert "taken from the list of minimax" in made.purchase.note and len(emulator.submissions) == 1
    (asked,) = [one for one in emulator.requests if one.path.endswith("/v2/query/video_generation")]
    assert "filter.model=MiniMax-H3" in asked.query


@pytest.mark.parametrize("provider", ["glm", "minimax", "unified"])
def test_where_nothing_is_listed_it_stays_unknown(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    emulator.task_fault(provider, "cut_after_accept")
    client = {"journal": tmp_path}
    with pytest.raises(ConnectionLostError) as caught:
        do(provider, "make", order(), place(tmp_path), client=client)
    assert caught.value.sent and caught.value.purchase
    for call in ("1", "2"):  # the same call, and the same words in the same conversation
        with pytest.raises(Unconfirmed, match=r"shows no list of jobs.*Nothing was bought now"):
            do(provider, "make", order(call), place(tmp_path), client=client)
    assert len(emulator.submissions) == 1
    made = do(provider, "make", order("2", again=True), place(tmp_path), client=client)
    assert made.done.assets and len(emulator.submissions) == 2
    states = {one.handle: one.state for one in Journal(tmp_path).perform(FindPurchases())}
    assert states == {made.purchase.handle: "done", caught.value.purchase: "released"}


def test_a_job_is_found_when_somebody_looks(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    purchase = lose(emulator, tmp_path)
    job = Client("qwen").submit(FOX)
    emulator.advance(5)
    found = do("qwen", "resolve_purchase", purchase.handle, client={"journal": tmp_path})
    assert (found.state, found.job.id) == ("submitted", job.id) and "whose prompt is the same" in found.note
    made = do("qwen", "make", order(), place(tmp_path), client={"journal": tmp_path})
    assert made.reused and made.job.id == job.id and len(emulator.submissions) == 1


def test_several_that_fit_are_named_and_none_is_taken(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(30)
    client = Client("qwen", journal=tmp_path)
    purchase = lose(emulator, tmp_path)
    ids = [Client("qwen").submit(FOX).id for _ in range(2)]
    with pytest.raises(Unconfirmed, match=rf"lists 2 jobs of wan2\.7-t2v .*{ids[0]}, {ids[1]}"):
        client.resolve_purchase(purchase.handle)
    emulator.advance(40)  # both are done now, and tell the same words
    with pytest.raises(Unconfirmed, match="lists 2 jobs"):
        client.make(order(), str(tmp_path))
    assert len(emulator.submissions) == 2


def test_what_is_owned_old_or_of_other_words_is_not_taken(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("qwen", journal=tmp_path)
    purchase = lose(emulator, tmp_path)
    client.make(order("other", replace(FOX, seed=7)), str(tmp_path))
    Client("qwen").generate_video("a hare", poll_interval=0.02)
    Client("qwen").generate_video("a fox", duration=2, model="wan2.6-t2v", poll_interval=0.02)
    with pytest.raises(Unconfirmed, match=r"lists 0 jobs of wan2\.7-t2v"):
        client.resolve_purchase(purchase.handle)
    Client("qwen").generate_video("a fox", poll_interval=0.02)
    for hours, text in ((1, "lists 0 jobs"), (25, "remembers jobs for 24 hours, and this one is older")):
        older = replace(purchase, created_at=purchase.created_at - hours * 3600)
        Journal(tmp_path).perform(RecordPurchase(older))
        with pytest.raises(Unconfirmed, match=text):
            client.resolve_purchase(purchase.handle)


def test_a_list_that_cannot_be_read_says_so(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("qwen", journal=tmp_path, max_retries=0)
    purchase = lose(emulator, tmp_path)
    emulator.fault("qwen", "server_error", on="any", times=5)
    with pytest.raises(Unconfirmed, match="the list of qwen could not be read"):
        client.resolve_purchase(purchase.handle)


def test_a_person_may_allow_it_again(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    client = Client("qwen", journal=tmp_path)
    purchase = lose(emulator, tmp_path)
    released = do("qwen", "release_purchase", purchase.handle, client={"journal": tmp_path})
    assert released.state == "released" and not emulator.submissions
    made = do("qwen", "make", order(), place(tmp_path), client={"journal": tmp_path})
    assert not made.reused and len(emulator.submissions) == 1
    for handle, text in (
        (made.purchase.handle, "is done; only what is unconfirmed"),
        ("video-0", "not in the journal"),
    ):
        with pytest.raises(ConfigError, match=text):
            client.release_purchase(handle)
    with pytest.raises(ConfigError, match="was bought from qwen"):
        Client("glm", journal=tmp_path).resolve_purchase(made.purchase.handle)


def test_the_same_call_may_be_asked_for_any_number_of_times(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    made = [
        do("glm", "make", order(request=MediaRequest("image", "a fox")), place(tmp_path), client={"journal": tmp_path})
        for _ in range(4)
    ]
    assert [one.reused for one in made] == [False, True, True, True]
    assert len(emulator.submissions) == 1


def call_langchain(folder: Path) -> str:
    tool = GenerateVideoTool(provider="glm", output_dir=folder, poll_interval=0.02)
    return str(tool.invoke({"prompt": "a fox"}))


def call_llamaindex(folder: Path) -> str:
    return str(CNCodingToolSpec("glm", output_dir=folder, poll_interval=0.02).generate_video("a fox"))


@pytest.mark.parametrize("call", [call_langchain, call_llamaindex])
def test_a_tool_that_is_called_by_hand_again_pays_nothing_again(emulator: Emulator, tmp_path: Path, call: Any) -> None:
    """A program that calls a tool gives its call no name; the same words after a lost answer are the same call."""
    emulator.task_fault("glm", "cut_after_accept")
    told = []
    for _ in range(3):
        try:
            told.append(call(tmp_path))
        except CncodingError as error:
            told.append(str(error))
    client = Client("glm", journal=tmp_path)
    (kept,) = client.purchases()
    assert len(emulator.submissions) == 1 and kept.state == "unconfirmed"
    for text in told[1:]:
        assert "Nothing was bought now" in text and f"cncoding job again {kept.handle}" in text
    client.release_purchase(kept.handle)
    assert ".mp4" in call(tmp_path) and len(emulator.submissions) == 2


def test_a_nameless_wait_that_was_broken_off_goes_on(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    emulator.slow_tasks(1000)
    with pytest.raises(JobDeadlineError):
        do("glm", "make", FOX, MediaPlace(patience=Patience(0.02, 0.1)), client={"journal": tmp_path})
    emulator.advance(2000)
    made = do("glm", "make", FOX, place(tmp_path), client={"journal": tmp_path})
    assert made.reused and len(emulator.submissions) == 1
    do("glm", "begin", FOX, client={"journal": tmp_path})
    assert len(emulator.submissions) == 2, "what is done is over: the same words are a new purchase"
