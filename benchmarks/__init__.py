"""Ratios against the packages that users come from, measured side by side in one run: `python -m benchmarks`."""
