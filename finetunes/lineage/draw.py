"""Where the nodes of a lineage are drawn: plain columns, each node beside the middle of what it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from finetunes.lineage.graph import Graph, Node

WIDE, HIGH = 208, 52
"""Of a node, in units of the drawing."""
BESIDE, BELOW, AROUND = 56, 14, 8
LONGEST = 26


@dataclass(frozen=True, slots=True)
class Box:
    node: Node
    x: int
    y: int
    is_focus: bool

    @property
    def label(self) -> str:
        name = self.node.name
        return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: list[Box]
    lines: list[str]  # paths


def draw(graph: Graph) -> Drawing:
    rows = _rows(graph)
    columns = graph.columns()
    boxes = {
        node.key: Box(node, AROUND + at * (WIDE + BESIDE), AROUND + rows[node.key] * (HIGH + BELOW), node.key == graph.focus)
        for at, column in enumerate(columns)
        for node in column
    }
    lines = [_line(boxes[first], boxes[then]) for first, then in sorted(graph.edges) if first in boxes]
    width = len(columns) * (WIDE + BESIDE) - BESIDE + 2 * AROUND
    height = (max(rows.values(), default=0) + 1) * (HIGH + BELOW) - BELOW + 2 * AROUND
    return Drawing(width, height, list(boxes.values()), lines)


def _rows(graph: Graph) -> dict[str, int]:
    rows: dict[str, int] = {}
    for column in graph.columns():
        wished = {node.key: _middle([rows[one] for one in graph.sources(node.key) if one in rows]) for node in column}
        free = 0
        for node in sorted(column, key=lambda node: wished[node.key]):
            rows[node.key] = max(free, int(wished[node.key]))
            free = rows[node.key] + 1
    return rows


def _middle(rows: list[int]) -> float:
    return sum(rows) / len(rows) if rows else 0.0


def _line(first: Box, then: Box) -> str:
    x1, y1, x2, y2 = first.x + WIDE, first.y + HIGH // 2, then.x, then.y + HIGH // 2
    bend = (x2 - x1) // 2
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
