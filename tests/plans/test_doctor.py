"""The doctor against each fault of the emulator: it names what failed and what to do, whatever the vendor says."""

from __future__ import annotations

import pytest

from cncoding import Client
from cncoding_cli.checks import examine
from cncoding_emulator import Emulator
from cncoding_emulator.personas import PERSONAS

ROWS = [(vendor, fault) for vendor, persona in PERSONAS.items() for fault in persona.table]
FIRST = {fault: vendor for vendor, fault in reversed(ROWS)}
"""The vendor that shows a fault in every run; `make test-all` shows it at each."""
EVERY_RUN = {
    "auth", "quota", "balance", "client_refused", "rate_limit", "overloaded", "server_error", "unknown_model",
    "content_blocked", "not_in_plan", "plan_expired", "membership", "http200_auth", "http200_failure", "fair_use",
}  # fmt: skip
CASES = [
    pytest.param(
        vendor, fault, id=f"{vendor}-{fault}",
        marks=() if fault in EVERY_RUN and FIRST[fault] == vendor else pytest.mark.full,
    )
    for vendor, fault in ROWS
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "fault"), CASES)
def test_each_fault_is_named_with_a_remedy(emulator: Emulator, vendor: str, fault: str) -> None:
    emulator.fault(vendor, fault, times=None)
    with Client(vendor, max_retries=0) as client:
        findings = {one.name: one for one in examine(client, paid=True)}
    answer = findings["answer"]
    assert answer.state == "failed" and "Error" in answer.detail and answer.remedy
    assert client.target.api_key not in str(findings)


def test_nobody_answers(emulator: Emulator) -> None:
    with Client("glm", base_url="http://127.0.0.1:9/v4", max_retries=0) as client:
        findings = {one.name: one for one in examine(client, paid=True)}
    assert findings["reachable"].state == findings["models"].state == "failed" and findings["models"].remedy
    others = [findings[name] for name in ("quota", "answer", "streaming", "tools", "vision")]
    assert all((one.state, one.detail) == ("skipped", "nobody answers there") for one in others)
