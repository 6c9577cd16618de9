"""Fuzz the decoders by coverage, where atheris is installed: `python -m tests.faults.fuzz_bytes [SECONDS]`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any


def decode(fuzz: Any, data: bytes) -> None:
    """Decode bytes for a provider that the first byte chooses, cut at a place that the second one chooses."""
    if len(data) < 3:
        return
    provider, place, stream = fuzz.PROVIDERS[data[0] % len(fuzz.PROVIDERS)], data[1], data[2:]
    whole = fuzz.outcome(fuzz.make_decoder(provider, "openai"), [stream])
    pieces = fuzz.cut(stream, [place % (len(stream) + 1)])
    assert fuzz.outcome(fuzz.make_decoder(provider, "openai"), pieces) == whole


def main(seconds: str) -> None:
    """Fuzz for so many seconds."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris): the decoders are not fuzzed by coverage")
        return
    import atheris  # type: ignore[import-not-found]  # for those who have it

    with atheris.instrument_imports(include=["cncoding"]):
        fuzz = importlib.import_module("tests.faults.fuzz")
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}"], lambda data: decode(fuzz, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "300")
