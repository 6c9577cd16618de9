"""Look at the imports for circles, for ways upwards and for inner doors, and draw the layers: `python -m tests.house`.

Every import counts, also one for types only or inside a function. The layers are those that import-linter is told; the
picture in docs/architecture.md is drawn from what the modules really import.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
import tomli

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by python -m tests.house --write -->\n", "<!-- end of the drawing -->\n"
PACKAGES = ("cncoding_cli", "langchain_cncoding", "llamaindex_cncoding", "cncoding", "cncoding_emulator")
ADAPTERS = ("langchain_cncoding", "llamaindex_cncoding")
Graph = Mapping[str, set[str]]


def read_imports() -> dict[str, set[str]]:
    """Read which module imports which, of ours."""
    graph = grimp.build_graph(*PACKAGES, include_external_packages=False, exclude_type_checking_imports=False)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}


def read_layers() -> list[tuple[str, ...]]:
    """Read the layers of the house, the highest first."""
    contracts = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (rows,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [
        ("cncoding_cli",),
        ADAPTERS,
        *(tuple(part.strip() for part in row.replace(":", "|").split("|")) for row in rows),
    ]


def find_circles(graph: Graph) -> list[list[str]]:
    """Find the groups of nodes that reach one another (Tarjan's strongly connected components of two or more)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(node: str) -> None:
        numbers[node] = lowest[node] = len(numbers)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in numbers:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], numbers[other])
        if lowest[node] == numbers[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                circles.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in numbers:
            visit(node)
    return circles


def find_room(module: str, rooms: Iterable[str]) -> str | None:
    """Find the innermost of `rooms` that a module stands in."""
    return max((room for room in rooms if f"{module}.".startswith(f"{room}.")), key=len, default=None)


def find_upward(graph: Graph, layers: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Find imports of a higher layer by a lower one. A module that no layer names stands at the top of the core."""
    heights = {room: height for height, row in enumerate(layers) for room in row}

    def measure(module: str) -> int | None:
        room = find_room(module, heights)
        return None if room is None else heights[room]

    found = []
    for module, others in graph.items():
        low = measure(module)
        if low is None and module.startswith("cncoding."):
            low = len(ADAPTERS)
        for other in sorted(others):
            high = measure(other)
            if low is not None and high is not None and high < low:
                found.append((module, other))
    return found


def find_inner(graph: Graph) -> list[tuple[str, str]]:
    """Find what an adapter imports of the core besides the names that `cncoding` and `cncoding.pages` export."""
    return [
        (module, other)
        for module, others in graph.items()
        if module.split(".")[0] in ADAPTERS
        for other in sorted(others)
        if other.startswith("cncoding.") and not other.startswith("cncoding.pages")
    ]


def _name(module: str) -> str:
    """Name the room of a module for the picture: a package, or in the core a folder or a file of its own."""
    package, *inner = module.split(".")
    return ".".join([package, *inner[:1]]) if package == "cncoding" else package


def draw(graph: Graph) -> str:
    """Draw the rooms in rows: each stands above all that it imports; rooms that import each other share a line."""
    rooms: dict[str, set[str]] = {}
    for module, others in graph.items():
        rooms.setdefault(_name(module), set()).update(_name(other) for other in others if _name(other) != _name(module))
    groups = {node: "/".join(circle) for circle in find_circles(rooms) for node in circle}
    whole: dict[str, set[str]] = {}
    for room, others in rooms.items():
        group = groups.get(room, room)
        whole.setdefault(group, set()).update({groups.get(other, other) for other in others} - {group})
    heights: dict[str, int] = {}

    def measure(room: str) -> int:
        if room not in heights:
            heights[room] = 1 + max((measure(other) for other in whole[room]), default=-1)
        return heights[room]

    for room in whole:
        measure(room)
    rows = []
    for height in sorted(set(heights.values()), reverse=True):
        for room in sorted(room for room in whole if heights[room] == height):
            below = ", ".join(sorted(whole[room], key=lambda other: (-heights[other], other))) or "nothing of ours"
            rows.append(f"{height:>2}  {room}\n      -> {below}".replace("cncoding.", ""))
    return "```text\n" + "\n".join(rows) + "\n```\n"


def main(words: list[str]) -> int:
    graph = read_imports()
    circles, upward, inner = find_circles(graph), find_upward(graph, read_layers()), find_inner(graph)
    print(f"{len(circles)} circles", *(" <-> ".join(circle) for circle in circles), sep="\n  ")
    print(f"{len(upward)} upward imports", *(f"{low} -> {high}" for low, high in upward), sep="\n  ")
    print(f"{len(inner)} imports of inner modules", *(f"{low} -> {high}" for low, high in inner), sep="\n  ")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    picture, _, after = rest.partition(END)
    if "--write" in words:
        PAGE.write_text(before + BEGIN + draw(graph) + END + after, "utf-8")
    elif picture != draw(graph):
        print(f"{PAGE.relative_to(ROOT)} shows other layers: make fmt draws them anew")
        return 1
    return 1 if circles or upward else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
