"""Run the emulator: ``python -m cncoding_emulator --port 8900``."""

from __future__ import annotations

import argparse

from .server import serve


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="cncoding_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--lenient", action="store_true", help="do not insist on reasoning coming back")
    parsed = parser.parse_args()
    serve(parsed.port, strict_reasoning=not parsed.lenient)


if __name__ == "__main__":
    main()
