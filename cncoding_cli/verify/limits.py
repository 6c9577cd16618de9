"""Probes of pictures, settings, failures and accounts: where a vendor draws its lines."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from cncoding import (
    ApiError,
    AuthenticationError,
    ContextOverflowError,
    JsonObject,
    Media,
    NotFoundError,
    user,
)
from cncoding.profile import WireName
from cncoding_cli.verify.bench import Bench
from cncoding_cli.verify.probe import (
    Outcome,
    Probe,
    ask,
    be_quiet,
    describe,
    expect_refusal,
    judge,
)

# ---------------------------------------------------------------- sight


def draw_square() -> str:
    """Return a red picture of 64 by 64 pixels in Base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xff\x00\x00" * 64) * 64
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def _can_see(bench: Bench, wire: WireName) -> bool:
    return "image" in bench.card(wire).input


def _sight(bench: Bench, wire: WireName) -> Outcome:
    picture = Media("image", data=draw_square(), media_type="image/png")
    asked = replace(ask(""), messages=(user(picture, "Which colour has this picture? One word."),))
    reply = bench.client(wire).chat(replace(asked, thinking=be_quiet(bench, wire)))
    return judge("the colour red", reply.text[:80], "red" in reply.text.lower())


def _takes_no_urls(bench: Bench, wire: WireName) -> bool:
    return _can_see(bench, wire) and not bench.dialect(wire).image_urls


def _url(bench: Bench, wire: WireName) -> Outcome:
    picture = Media("image", data=draw_square(), media_type="image/png")
    asked = replace(ask(""), messages=(user(picture, "Which colour?"),))

    def edit(body: JsonObject) -> None:
        for part in body["messages"][0]["content"]:
            if "image_url" in part:
                part["image_url"] = {"url": "https://example.com/red.png"}
            if part.get("type") == "image":
                part["source"] = {"type": "url", "url": "https://example.com/red.png"}

    return expect_refusal(bench.ask_raw(wire, asked, edit))


# ---------------------------------------------------------------- settings


def _fixes_temperature(bench: Bench, wire: WireName) -> bool:
    return "temperature" in bench.card(wire).omits and wire == "openai"


def _temperature(bench: Bench, wire: WireName) -> Outcome:
    return expect_refusal(bench.ask_raw(wire, ask("Say hello."), lambda body: body.update(temperature=0.3)))


# ---------------------------------------------------------------- failures


def _wrong_key(bench: Bench, wire: WireName) -> Outcome:
    key = bench.client(wire).target.api_key
    wrong = f"{key[:8]}invalid{'0' * 24}"
    return _expect(lambda: bench.client(wire, api_key=wrong).chat(ask("hello")), AuthenticationError)


def _wrong_model(bench: Bench, wire: WireName) -> Outcome:
    return _expect(lambda: bench.client(wire, model="no-such-model-9").chat(ask("hello")), NotFoundError)


def _knows_window(bench: Bench, wire: WireName) -> bool:
    return bench.card(wire).input_limit is not None


def _too_long(bench: Bench, wire: WireName) -> Outcome:
    limit = bench.card(wire).input_limit or 0
    text = "one two three four " * (limit // 3)
    return _expect(lambda: bench.client(wire).chat(ask(text)), ContextOverflowError)


def _expect(ask: Callable[[], object], kind: type[ApiError]) -> Outcome:
    try:
        ask()
    except ApiError as error:
        return Outcome(kind.__name__, describe(error), isinstance(error, kind))
    return Outcome(kind.__name__, "accepted", False)


# ---------------------------------------------------------------- accounts


def _lists(bench: Bench, wire: WireName) -> Outcome:
    client = bench.client(wire)
    found = client.models()
    listed = [one.id for one in found if one.listed]
    ok = not listed or client.model.lower() in {one.lower() for one in listed}
    return judge(f"{client.model} among the listed models", f"{len(listed)} listed: {', '.join(listed[:6])}", ok)


def _tells_quota(bench: Bench, wire: WireName) -> bool:
    target = bench.client(wire).target
    return target.provider.quota is not None and target.endpoint.name in target.provider.quota.asks


def _quota(bench: Bench, wire: WireName) -> Outcome:
    found = bench.client(wire).quota()
    seen = f"windows {[one.name for one in found.windows]}, balances {[one.currency for one in found.balances]}"
    return judge("windows or balances", seen, bool(found.windows or found.balances))


PROBES = (
    Probe("sight", "media_part", _sight, _can_see),
    Probe("an image by URL", "image_urls", _url, _takes_no_urls),
    Probe("a temperature of one's own", "model", _temperature, _fixes_temperature),
    Probe("a wrong key", "=AuthenticationError", _wrong_key, tokens=0),
    Probe("a wrong model", "=NotFoundError", _wrong_model, tokens=0),
    Probe("an input that is too long", "model", _too_long, _knows_window, tokens=0),
    Probe("the list of models", "endpoint", _lists, tokens=0, once=True),
    Probe("what is left", "quota", _quota, _tells_quota, tokens=0, calls=2, once=True),
)
