"""Coverage-guided fuzzing of the decoders, where atheris is installed: `python -m tests.faults.fuzz_bytes [SECONDS]`."""

from __future__ import annotations

import importlib.util
import sys

from tests.faults.fuzz import PROVIDERS, STREAMS, cut, make_decoder, outcome, wire_of


def decode(data: bytes) -> None:
    """Decode bytes for a provider that the first byte chooses, cut at a place that the second one chooses."""
    if len(data) < 3:
        return
    provider, place, stream = PROVIDERS[data[0] % len(PROVIDERS)], data[1], data[2:]
    whole = outcome(make_decoder(provider, "openai"), [stream])
    assert outcome(make_decoder(provider, "openai"), cut(stream, [place % (len(stream) + 1)])) == whole


def main(seconds: str) -> None:
    """Fuzz for so many seconds, beginning with the streams that are at hand."""
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris is not installed: pip install atheris; the properties of tests/faults/test_fuzz.py ran without it"
        )
        return
    import atheris  # type: ignore[import-not-found]  # for those who have it

    for _, stream in STREAMS:
        if wire_of(stream) == "openai":
            decode(b"\0\7" + stream)
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}"], decode)
    atheris.instrument_all()
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "300")
