"""What the vendor told with a result is there after a reload, and nowhere that it does not belong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cncoding import CallIdentity, Client, MediaOrder, MediaRequest
from cncoding.client.journal import Journal
from cncoding.media.journal import FindPurchases, shorten_reply
from cncoding_emulator import Emulator
from langchain_cncoding import CheckMediaJobTool, GenerateImageTool
from tests.media.conftest import MAKERS, Do, list_media

KINDS = ("image", "video", "speech")
RELOAD = """
import json, sys
from cncoding import Client
done = Client(sys.argv[1], journal=sys.argv[2]).check(sys.argv[3], sys.argv[2]).done
print(json.dumps({"usage": done.usage, "raw": done.raw, "path": done[0].path}))
"""


def order(kind: str, **more: Any) -> MediaOrder:
    return MediaOrder(MediaRequest(kind, "a fox", **more), CallIdentity("t", kind))  # type: ignore[arg-type]


def read_sidecar(folder: Path) -> dict[str, Any]:
    (file,) = list_media(folder)
    found: dict[str, Any] = json.loads(Path(f"{file}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", MAKERS)
def test_reply_and_usage_outlive_the_client(emulator: Emulator, tmp_path: Path, provider: str, kind: str) -> None:
    first = Client(provider, journal=tmp_path).make(order(kind), str(tmp_path))
    again = Client(provider, journal=tmp_path).make(order(kind), str(tmp_path))
    assert first.purchase is not None and again.reused
    checked = Client(provider, journal=tmp_path).check(first.purchase.handle, str(tmp_path))
    for done in (again.done, checked.done):  # type: ignore[union-attr]
        assert (done.usage, done.raw) == (first.done.usage, first.done.raw)
    if (provider, kind) != ("glm", "speech"):  # the reply is the sound itself
        assert first.done.raw
    side = read_sidecar(tmp_path)
    assert side["usage"] == first.done.usage and "raw" not in side


BOOK = "One two three four five. " * 100


@pytest.mark.parametrize(
    ("provider", "request_", "calls"),
    [
        ("glm", MediaRequest("image", "a fox", n=3), 3),
        ("qwen", MediaRequest("image", "a fox", n=8), 2),
        ("qwen", MediaRequest("speech", BOOK), 5),
    ],
)
def test_an_order_of_several_calls_keeps_every_reply(
    emulator: Emulator, do: Do, tmp_path: Path, provider: str, request_: MediaRequest, calls: int
) -> None:
    asked, client = MediaOrder(request_, CallIdentity("t", "several")), {"journal": tmp_path}
    first = do(provider, "make", asked, str(tmp_path), client=client)
    assert len(first.done.raw["calls"]) == calls == len(emulator.submissions)
    pieces = [one for one in Client(provider, journal=tmp_path).purchases() if one.part_of is not None]
    assert sorted(map(str, first.done.raw["calls"])) == sorted(str(one.raw) for one in pieces)
    again = do(provider, "make", asked, str(tmp_path), client=client)
    assert again.reused and again.done.raw == first.done.raw == again.purchase.raw
    loose = do(provider, "make", MediaOrder(request_), client={"journal": None})
    assert len(loose.done.raw["calls"]) == calls


def test_what_was_made_before_a_failure_keeps_its_replies(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    emulator.limit("glm", "balance", requests=2, seconds=60, on="images/generations")
    part = do("glm", "make", MediaOrder(MediaRequest("image", "a fox", n=3)), client={"journal": tmp_path})
    assert len(part.done) == 2 == len(part.done.raw["calls"])


@pytest.mark.parametrize("provider", ["qwen", "minimax"])
def test_another_process_finds_it(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    client = {"journal": tmp_path}
    begun = do(provider, "begin", order("video"), client=client)
    emulator.advance(1000)
    made = do(provider, "check", begun.handle, str(tmp_path), client=client)
    assert made.done.raw and read_sidecar(tmp_path)["usage"] == made.done.usage
    words = [sys.executable, "-c", RELOAD, provider, str(tmp_path), begun.handle]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert found == {"usage": made.done.usage, "raw": made.done.raw, "path": made.done[0].path}


def test_a_file_that_is_fetched_anew_keeps_its_reply(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    first = do("glm", "make", order("image"), str(tmp_path), client={"journal": tmp_path})
    Path(first.done[0].path).unlink()
    again = do("glm", "make", order("image"), str(tmp_path), client={"journal": tmp_path})
    assert again.reused and again.done.raw == first.done.raw and again.done.raw
    (row,) = Client("glm", journal=tmp_path).purchases()
    assert row.raw == first.done.raw == row.to_json()["raw"]


def test_media_within_a_reply_are_not_kept_twice(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    asked = order("image", options={"response_format": "base64"})
    made = do("minimax", "make", asked, str(tmp_path), client={"journal": tmp_path})
    assert made.done[0].size > 5000
    (row,) = Client("minimax", journal=tmp_path).purchases()
    assert "characters)" in json.dumps(row.raw) and len(json.dumps(row.raw)) < 2000
    assert shorten_reply({"a": ["x" * 2000, "x" * 2001, 1, None, {"b": True}]}) == {
        "a": ["x" * 2000, "(2001 characters)", 1, None, {"b": True}]
    }


def test_agents_are_not_given_the_reply(emulator: Emulator, tmp_path: Path) -> None:
    call: Any = {"type": "tool_call", "id": "c", "name": "x", "args": {"prompt": "a fox"}}
    made = GenerateImageTool(provider="glm", output_dir=tmp_path).invoke(call)
    (row,) = Client("glm", journal=tmp_path).purchases()
    again = CheckMediaJobTool(provider="glm", output_dir=tmp_path).invoke({**call, "args": {"job": row.handle}})
    assert "content_filter" in row.raw
    for message in (made, again):
        assert "content_filter" not in json.dumps(message.artifact) and "Signature" not in message.content


def test_a_reply_that_repeats_the_key_does_not_bring_it_into_the_journal(tmp_path: Path) -> None:
    key = "sk-cncoding-0123456789abcdef"

    def answer(request: httpx.Request) -> httpx.Response:
        seen = request.headers["authorization"]
        body = {"data": [{"url": "https://files.example.com/a.png"}], "asked": {"by": [seen]}, "usage": {"by": seen}}
        return httpx.Response(200, json=body)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = Client("glm", api_key=key, journal=tmp_path, http_client=http)
        made = client.make(order("image"))
    assert made.done.raw["asked"]["by"] == [f"Bearer {key}"]
    (row,) = Journal(tmp_path).perform(FindPurchases())
    assert row.raw["asked"] == {"by": ["Bearer ***"]} and not made.done[0].path
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or key.encode() not in file.read_bytes()
