"""What is wrong with the settings of a kit, told when it is made and not by its first call."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from cncoding.errors import ConfigError, Refusal
from cncoding.media import jobs
from cncoding.media.money import check_journal
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import MediaModel
from cncoding.media.tools.calls import ToolSetup
from cncoding.media.tools.catalog import BUYS
from cncoding.media.tools.describing import list_models
from cncoding.media.values import MediaRequest
from cncoding.types import JsonObject


def check_settings(tools: Iterable[str], setup: ToolSetup) -> None:
    """Refuse what the calls of some tools would refuse, whatever they are asked for.

    Raises:
        ConfigError: A budget or `reuse` has no journal, or no model of a tool takes one of its options.
    """
    check_journal(setup.settings, journal=setup.journal)
    for tool in tools:
        options = setup.settings.options_of(tool)
        if options and BUYS.get(tool) in ("image", "video", "speech"):
            _check_options(tool, options, setup)


def _check_options(tool: str, options: JsonObject, setup: ToolSetup) -> None:
    """Refuse an option that no model of a tool takes."""
    models = list_models(tool, setup)
    refused = [_find_refusal(tool, options, model, setup) for _, model in models]
    if not all(refused) or refused[0] is None:
        return
    first = refused[0]
    near = _name_nearest(first.field, models[0])
    raise ConfigError(f"options of {tool}: {first.field}: {first.text}{near}")


def _find_refusal(tool: str, options: JsonObject, model: MediaModel | None, setup: ToolSetup) -> Refusal | None:
    """Return what the rules of a model say against the options of a call of words, None where that is not known."""
    if model is None:
        return None
    task = True if tool == "submit_image" else None
    flow = jobs.prepare(MediaRequest(BUYS[tool], "words", model.id, options=options, as_task=task), setup.media)
    try:
        next(flow)  # a step: it would have to look at something
    except StopIteration:
        return None
    except ConfigError as error:
        names = {*options, *(name for one in options.values() if isinstance(one, Mapping) for name in one)}
        return error.refusal if error.refusal is not None and error.refusal.field in names else None
    finally:
        flow.close()
    return None


def _name_nearest(field: str, served: tuple[MediaRoute, MediaModel | None]) -> str:
    known = served[1].fields if served[1] is not None else None
    near = difflib.get_close_matches(field, known or (), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near and near[0] != field else ""
