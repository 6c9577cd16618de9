"""Run the emulator: ``python -m cncoding_emulator --port 8900``."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
