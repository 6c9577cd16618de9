"""What to say when a vendor refuses a voice: which one is nearest, and where all are listed."""

from __future__ import annotations

import re

from cncoding.errors import BadRequestError, CncodingError, NotFoundError, PermissionDeniedError
from cncoding.exchange.retry import Flow
from cncoding.hints import table
from cncoding.hints.find import nearest
from cncoding.hints.hint import list_names
from cncoding.media.jobs import Prepared
from cncoding.media.voice_list import has_voices, list_voices
from cncoding.target import Setup

_REFUSALS = (BadRequestError, NotFoundError, PermissionDeniedError)
_BLAMES_VOICE = re.compile(r"voice|音色", re.I)


def name_voices(error: BaseException, prepared: Prepared, setup: Setup) -> Flow[None]:
    """Add to an error that refuses a voice what the nearest ones are called; any other error stays as it is.

    Args:
        error: What the vendor answered to the request.
        prepared: The request.
        setup: The client's; the vendor is asked for its voices where it lists them.
    """
    voice = _find_voice(prepared)
    if voice is None or not isinstance(error, _REFUSALS) or not _BLAMES_VOICE.search(error.message):
        return
    known = list(prepared.route.voices)
    listed = has_voices(setup)
    if listed:
        try:
            found = yield from list_voices(setup)
        except CncodingError:  # it is the refusal that counts
            found = ()
        known += [one.id for one in found]
    near = [one for one in nearest(voice, known) if one != voice]
    told = (table.NEAR if near else table.KNOWN).fill(models=list_names(near or known[:3]))
    shown = told if known else ""
    hint = table.VOICE if listed else table.VOICE_UNLISTED
    error.hint = hint.fill(voice=voice, near=shown, provider=setup.target.provider.id)


def _find_voice(prepared: Prepared) -> str | None:
    """Return the voice that was asked for, by our name or the vendor's, None if none was."""
    request = prepared.request
    if request.kind != "speech":
        return None
    if isinstance(request.voice, str):
        return request.voice
    groups = (request.options, *(one for one in request.options.values() if isinstance(one, dict)))
    names = prepared.route.names.get("voice", ())
    return next((str(group[name]) for group in groups for name in names if name in group), None)
