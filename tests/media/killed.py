"""A process that buys a medium and kills itself at a chosen step; run by `test_kill.py`.

Every line of its standard input is an order as JSON. Each is served by a fork, which starts in milliseconds and dies
as a process does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from typing import Any

from cncoding import CallIdentity, Client, CncodingError, Media, MediaOrder, MediaRequest, VoiceRequest
from cncoding.media.orders import Place
from cncoding.media.polling import Patience
from cncoding_emulator.media import sounds
from cncoding_emulator.media.videos import film

SPECIAL: dict[str, dict[str, Any]] = {
    "three": {"n": 3},
    "task": {"as_task": True, "model": "wan2.7-image"},
    "v2": {"model": "MiniMax-H3", "size": "16:9"},
    "v2-upload": {"model": "MiniMax-H3", "size": "16:9"},
}
PLAIN_FILM = film("the sea", (64, 64), 4, 2.0)


def write_input(provider: str, folder: str) -> Media:
    """Write a medium that the vendor is given as a file."""
    if provider == "sample":
        path, data = f"{folder}/sample.wav", sounds.wav("a lighthouse and the sea " * 12, 8000)
    elif provider == "qwen":  # takes no sound in a request
        path, data = f"{folder}/sound.wav", sounds.wav("a lighthouse and the sea")
    else:
        path, data = f"{folder}/sea.mp4", PLAIN_FILM + (21 << 20).to_bytes(4, "big") + b"free" + bytes((21 << 20) - 8)
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(data)
    return Media("video" if provider == "minimax" else "audio", path=path)


def serve(order: dict[str, Any]) -> dict[str, Any]:
    client = Client(order["provider"], journal=order["folder"])
    steps: list[str] = []
    perform = client._perform

    def counted(step: Any, *rest: Any) -> Any:
        if order.get("at") == len(steps) and order["when"] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        steps.append(type(step).__name__)
        found = perform(step, *rest)
        if order.get("at") == len(steps) - 1 and order["when"] == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    client._perform = counted  # type: ignore[method-assign]  # the seam between a flow and the world
    kind, _, special = order["kind"].partition(" ")
    request = MediaRequest(kind, order.get("prompt", "a lighthouse"), **SPECIAL.get(special, {}))
    if special == "clone":
        name, said = {"minimax": "Lighthouse01"}.get(order["provider"], "lighthouse"), "in writing, 2026-11-20"
        sample = write_input("sample", os.path.dirname(order["folder"]))
        request = VoiceRequest("voice", name, None, (sample,), voice=name, preview="a lighthouse", consent=said)
    if special.endswith("upload"):
        request = replace(request, inputs=(write_input(order["provider"], os.path.dirname(order["folder"])),))
    place = Place(order["folder"], patience=Patience(0.02, 20))
    wanted = MediaOrder(
        request, CallIdentity("thread", order["call"]) if order["call"] else None, again=order.get("again", False)
    )
    try:
        made = client.make(wanted, place)
    except CncodingError as error:
        return {"steps": steps, "error": type(error).__name__, "text": str(error)}
    note = made.purchase.note if made.purchase is not None else None
    return {
        "steps": steps,
        "files": [asset.path or asset.file_id for asset in made.done],
        "reused": made.reused,
        "note": note,
    }


def main() -> None:
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.write(writer, json.dumps(serve(json.loads(line))).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(json.dumps({"killed": True} if killed else json.loads(text)), flush=True)


if __name__ == "__main__":
    main()
