"""The lineage as a graph. Pure: whoever collects it adds nodes and edges, whoever draws it reads columns.

Edges lead from what was there first. A node's column is one after the last of those it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    key: str
    kind: str  # a word of the product, for people
    name: str
    url: str = ""
    note: str = ""
    shape: str = ""  # the class that its look comes from: file, version, fine-tune, model, more
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the nested list."""

    node: Node
    also_from: list[Node] = field(default_factory=list)  # what it comes from, beside what it is listed under
    branches: list[Branch] = field(default_factory=list)


@dataclass
class Graph:
    focus: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: set[tuple[str, str]] = field(default_factory=set)

    def add(self, node: Node, *sources: str | None) -> str:
        """Add a node, or only what it comes from if it is there already; return its key."""
        self.nodes.setdefault(node.key, node)
        self.edges |= {(source, node.key) for source in sources if source and source != node.key}
        return node.key

    def sources(self, key: str) -> list[str]:
        return [one for one in self.nodes if (one, key) in self.edges]

    def columns(self) -> list[list[Node]]:
        """Return the nodes from left to right, each column in the order in which they were found."""
        places: dict[str, int] = {}
        comes_from = {key: self.sources(key) for key in self.nodes}
        for key in self.nodes:
            self._place(key, places, comes_from, set())
        columns: list[list[Node]] = [[] for _ in range(max(places.values(), default=-1) + 1)]
        for key, place in places.items():
            columns[place].append(self.nodes[key])
        return [column for column in columns if column]

    def _place(self, key: str, places: dict[str, int], comes_from: dict[str, list[str]], above: set[str]) -> int:
        if key not in places and key not in above:  # what comes from itself, by some mistake, ends here
            before = (self._place(one, places, comes_from, above | {key}) for one in comes_from[key])
            places[key] = max(before, default=-1) + 1
        return places.get(key, -1)

    def branches(self) -> list[Branch]:
        """Return the same as a nested list: each node once, under the first that it comes from."""
        comes_from = {key: self.sources(key) for key in self.nodes}
        listed: set[str] = set()
        return list(self._branches([key for key in self.nodes if not comes_from[key]], comes_from, listed))

    def _branches(self, keys: list[str], comes_from: dict[str, list[str]], listed: set[str]) -> Iterator[Branch]:
        for key in keys:
            if key in listed:
                continue
            listed.add(key)
            under = [one for one in self.nodes if comes_from[one][:1] == [key]]
            others = [self.nodes[one] for one in comes_from[key][1:]]
            yield Branch(self.nodes[key], others, list(self._branches(under, comes_from, listed)))
