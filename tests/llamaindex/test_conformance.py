"""Every behaviour of the suite, for every provider and wire, sync and async, stream and whole."""

from __future__ import annotations

import pytest

from cncoding_emulator import Emulator
from tests.llamaindex.subjects import OURS
from tests.llamaindex.suite import BEHAVIOURS, Behaviour, Door, Kit, Mode, doors

CASES = [
    pytest.param(behaviour, door, mode, id=f"{behaviour.id}-{behaviour.run.__name__}-{door.id}-{mode.id}")
    for behaviour in BEHAVIOURS
    for door in doors()
    if behaviour.fits(door)
    for mode in behaviour.modes
]


@pytest.mark.parametrize(("behaviour", "door", "mode"), CASES)
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
async def test_conformance(behaviour: Behaviour, door: Door, mode: Mode, emulator: Emulator) -> None:
    await behaviour.run(Kit(OURS, emulator, door, mode))
