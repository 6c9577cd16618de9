"""Every behaviour of the suite, for every provider and wire, sync and async, stream and whole, in pairs or all."""

from __future__ import annotations

import pytest

from cncoding_emulator import Emulator
from tests.llamaindex.subjects import OURS
from tests.llamaindex.suite import BEHAVIOURS, Behaviour, Door, Kit, Mode, doors
from tests.sampling import mark_sample

ALL = [
    (behaviour, door, mode)
    for behaviour in BEHAVIOURS
    for door in doors()
    if behaviour.fits(door)
    for mode in behaviour.modes
]
ROWS = [(behaviour.id, door.provider, door.wire, mode.aio, mode.stream) for behaviour, door, mode in ALL]
CASES = [
    pytest.param(*case, marks=marks, id=f"{case[0].id}-{case[0].run.__name__}-{case[1].id}-{case[2].id}")
    for case, marks in zip(ALL, mark_sample(ROWS), strict=True)
]


@pytest.mark.parametrize(("behaviour", "door", "mode"), CASES)
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
async def test_conformance(behaviour: Behaviour, door: Door, mode: Mode, emulator: Emulator) -> None:
    await behaviour.run(Kit(OURS, emulator, door, mode))
