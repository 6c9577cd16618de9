"""The probes, in the order in which they run."""

from __future__ import annotations

from cncoding_cli.verify import limits, talk, tools
from cncoding_cli.verify.probe import Probe

PROBES: tuple[Probe, ...] = (*talk.PROBES, *tools.PROBES, *limits.PROBES)
