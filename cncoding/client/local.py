"""The steps that need this machine and no network, once for both drivers."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from typing import Any, get_args

from typing_extensions import assert_never

from cncoding.client import disk, documents, http, pictures, sandbox
from cncoding.client.ledger import Ledger
from cncoding.exchange.steps import (
    CloseCall,
    Compare,
    ConvertPicture,
    CopyFile,
    Drop,
    Examine,
    Exists,
    JoinFiles,
    LocalStep,
    Locate,
    Look,
    MakeFolder,
    OpenCall,
    Preview,
    ReadFile,
    ReadPdf,
    Recorded,
    WriteSidecar,
)

LOCAL = get_args(LocalStep)
"""The kinds of these steps; each may block, so that an event loop leaves them to a thread."""


def perform_local(step: LocalStep, record: Callable[[Recorded], Any], hide: Callable[[str], str]) -> Any:
    """Perform a step.

    Args:
        step: Of a kind in `LOCAL`.
        record: Performs a step for the journal.
        hide: Takes the client's keys out of a text.
    """
    if isinstance(step, ReadFile):
        return http.read_file(step)
    if isinstance(step, Look):
        return disk.look_at(step)
    if isinstance(step, ReadPdf):
        return documents.show_pdf(step)
    if isinstance(step, Compare):
        return disk.is_whole(step)
    if isinstance(step, Exists):
        return os.path.exists(step.path)
    if isinstance(step, Locate):
        return sandbox.locate_source(step.source, step.folders)
    if isinstance(step, MakeFolder):
        return sandbox.make_folder(step.path)
    if isinstance(step, Preview):
        return pictures.preview(step.path)
    if isinstance(step, Examine):
        return step.look(io.BytesIO(base64.b64decode(step.data)))
    if isinstance(step, ConvertPicture):
        return pictures.convert(step)
    if isinstance(step, WriteSidecar):
        return disk.write_sidecar(step, hide)
    if isinstance(step, JoinFiles):
        return disk.join_files(step)
    if isinstance(step, CopyFile):
        return disk.copy_file(step)
    if isinstance(step, Drop):
        return disk.drop(step.path)
    if isinstance(step, OpenCall):
        return Ledger().open(step)
    if isinstance(step, CloseCall):
        return Ledger().close(step)
    if isinstance(step, Recorded):
        return record(step)
    assert_never(step)
