"""Programs as graphs: nodes for arguments and ops, edges for values, and where to draw them."""

from __future__ import annotations

import linecache
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from axir_compiler.ir.listing import Line
from axir_compiler.ir.op import OPS
from axir_compiler.ops.contract import DotGeneralOp
from axir_compiler.ops.convolution import ConvolutionOp
from axir_compiler.ops.elementwise import Elementwise
from axir_compiler.ops.matrices import MatrixOp
from axir_compiler.ops.reduce import Reduction

__all__ = ["COLOURS", "Edge", "Graph", "Node", "as_json", "build_graph", "path_of", "to_dot", "to_svg"]

COLOURS = {
    "argument": "#fff3bf",
    "contraction": "#ffd8a8",
    "elementwise": "#d3f9d8",
    "transcendental": "#b2f2bb",
    "reduction": "#d0ebff",
    "movement": "#f1f3f5",
    "control": "#eebefa",
    "result": "#ffc9c9",
    "other": "#e9ecef",
}
"""What kinds of nodes are filled with."""

_CHARACTER, _HEIGHT, _GAP_X, _GAP_Y = 7.2, 30, 24, 46


@dataclass
class Node:
    """An op, or an argument of a function or region.

    Attributes:
        number: Its position in ``Graph.nodes``.
        label: What is written on it.
        kind: A key of ``COLOURS``.
        text: The line of the listing.
        types: Types of its results.
        place, source: The user's file and line, and what is written there.
        origin: Number of the op of the traced program that it was made from.
        function: Number of the function that it is in.
        x, y, width: Where it is drawn; ``x`` and ``y`` are its middle.
    """

    number: int
    label: str
    kind: str
    text: str
    types: list[str]
    place: str = ""
    source: str = ""
    origin: int | None = None
    function: int = 0
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0


@dataclass
class Edge:
    """A value on its way from the op that makes it to one that uses it; ``inner`` leads into a region."""

    source: int
    target: int
    type: str
    inner: bool = False


@dataclass
class Graph:
    """Nodes and edges, and the size of the drawing."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    titles: list[tuple[str, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def build_graph(lines: Sequence[Line]) -> Graph:
    """The graph of a program in short form, laid out in layers, functions side by side."""
    graph = Graph()
    for number in dict.fromkeys(line.function for line in lines if line.function >= 0):
        own = [line for line in lines if line.function == number]
        first = len(graph.nodes)
        _add_function(graph, own)
        left = graph.width + (2 * _GAP_X if number else 0)
        graph.titles.append((own[0].text.partition("(")[0], left))
        _place(graph, range(first, len(graph.nodes)), left)
    return graph


def _add_function(graph: Graph, lines: Sequence[Line]) -> None:
    """Nodes and edges of one function; what opens it or a region is a node for each argument."""
    sources: dict[str, tuple[int, str]] = {}
    parents: list[tuple[int, int]] = []
    for line in lines:
        indent = len(line.text) - len(line.text.lstrip())
        while parents and parents[-1][0] >= indent:
            parents.pop()
        types = _types(line)
        if not line.op:
            for name, kind in zip(line.defines, types, strict=True):
                node = _add_node(graph, line, f"{name}: {kind}", "argument", [kind])
                sources[name] = (node.number, kind)
                if parents:
                    graph.edges.append(Edge(parents[-1][1], node.number, kind, inner=True))
            continue
        node = _add_node(graph, line, _label(line), _kind(line.op), types)
        for name in line.uses:
            if name in sources:
                graph.edges.append(Edge(sources[name][0], node.number, sources[name][1]))
        sources.update({n: (node.number, t) for n, t in zip(line.defines, types, strict=True)})
        parents.append((indent, node.number))


def _types(line: Line) -> list[str]:
    text = line.text.partition(" = ")[0] if line.op else line.text
    return [m for name in line.defines for m in re.findall(rf"\b{name}: (\w+\[[\d,]*\])", text)[:1]]


def _add_node(graph: Graph, line: Line, label: str, kind: str, types: list[str]) -> Node:
    node = Node(len(graph.nodes), label, kind, line.text.strip(), types, function=line.function)
    node.origin = line.origin
    node.width = max(len(label) * _CHARACTER + 16, 44)
    if line.place:
        node.place = f"{os.path.basename(line.place.file)}:{line.place.line}"
        node.source = linecache.getline(line.place.file, line.place.line).strip()
    graph.nodes.append(node)
    return node


def _label(line: Line) -> str:
    """The op with its literal operands."""
    literals = [x for x in line.uses if not x.isalpha() or x in ("True", "False", "nan", "inf")]
    return " ".join([line.op, *literals])


def _kind(op: str) -> str:
    if op == "return":
        return "result"
    cls = OPS.get(op)
    if cls is None or getattr(cls, "is_transformation", False) or cls.has_regions or cls.symbol_names:
        return "control"
    if issubclass(cls, DotGeneralOp | ConvolutionOp | MatrixOp):
        return "contraction"
    if issubclass(cls, Reduction):
        return "reduction"
    if cls.transcendental:
        return "transcendental"
    if not cls.arithmetic:
        return "movement"
    return "elementwise" if issubclass(cls, Elementwise) else "other"


# Layout: layers by the longest path, then neighbours near each other. -------------------------------------


def _place(graph: Graph, numbers: range, left: float) -> None:
    """Put the nodes of a function into layers, as K. Sugiyama, S. Tagawa, M. Toda do (IEEE SMC 11 (2), 1981)."""
    into: dict[int, list[int]] = {n: [] for n in numbers}
    out: dict[int, list[int]] = {n: [] for n in numbers}
    for edge in graph.edges:
        if edge.target in into:
            into[edge.target].append(edge.source)
            out[edge.source].append(edge.target)
    layers = _layers(numbers, into)
    for _ in range(4):
        _order(layers, into)
        _order(layers[::-1], out)
    widths = [sum(graph.nodes[n].width + _GAP_X for n in layer) - _GAP_X for layer in layers]
    full = max(widths, default=0)
    for depth, (layer, width) in enumerate(zip(layers, widths, strict=True)):
        x = left + (full - width) / 2
        for n in layer:
            node = graph.nodes[n]
            node.x, node.y = x + node.width / 2, 50 + depth * (_HEIGHT + _GAP_Y)
            x += node.width + _GAP_X
    graph.width = left + full
    graph.height = max(graph.height, 50 + len(layers) * (_HEIGHT + _GAP_Y))


def _layers(numbers: Iterable[int], into: dict[int, list[int]]) -> list[list[int]]:
    """Each node one below the lowest of what it uses. Nodes come in an order in which uses follow definitions."""
    depth: dict[int, int] = {}
    layers: list[list[int]] = []
    for n in numbers:
        depth[n] = max((depth[m] + 1 for m in into[n]), default=0)
        while len(layers) <= depth[n]:
            layers.append([])
        layers[depth[n]].append(n)
    return layers


def _order(layers: list[list[int]], neighbours: dict[int, list[int]]) -> None:
    """Sort each layer by the mean position of the neighbours of its nodes."""
    position: dict[int, float] = {}
    for layer in layers:
        own = {n: i / max(len(layer), 1) for i, n in enumerate(layer)}
        means = {n: [position[m] for m in neighbours[n] if m in position] for n in layer}
        layer.sort(key=lambda n: sum(means[n]) / len(means[n]) if means[n] else own[n])
        position.update({n: i / max(len(layer), 1) for i, n in enumerate(layer)})


# Drawings. ----------------------------------------------------------------------------------------------


def to_dot(graph: Graph) -> str:
    """The graph in the language of Graphviz."""
    lines = ["digraph program {", '  node [shape=box, style="filled,rounded", fontname=monospace];']
    for number, (title, _) in enumerate(graph.titles):
        lines.append(f"  subgraph cluster_{number} {{ label={_quoted(title)};")
        for node in graph.nodes:
            if node.function == number:
                label = _quoted(node.label)
                tip = _quoted(f"{node.text} {node.place}".strip())
                lines.append(
                    f'    n{node.number} [label={label}, fillcolor="{COLOURS[node.kind]}", tooltip={tip}];'
                )
        lines.append("  }")
    for edge in graph.edges:
        style = ", style=dashed" if edge.inner else ""
        lines.append(f"  n{edge.source} -> n{edge.target} [label={_quoted(edge.type)}{style}];")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_svg(graph: Graph) -> str:
    """The graph as a drawing."""
    from html import escape

    size = f"{graph.width + 40:.0f} {graph.height + 20:.0f}"
    width, height = size.split()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 0 {size}" width="{width}" height="{height}" '
        'font-family="monospace" font-size="12">'
    ]
    for title, x in graph.titles:
        parts.append(f'<text x="{x:.1f}" y="18" font-weight="bold">{escape(title)}</text>')
    for edge in graph.edges:
        dash = ' stroke-dasharray="4 3"' if edge.inner else ""
        parts.append(
            f'<path d="{path_of(graph, edge)}" fill="none" stroke="#868e96"{dash}>'
            f"<title>{escape(edge.type)}</title></path>"
        )
    for node in graph.nodes:
        x, y = node.x - node.width / 2, node.y - _HEIGHT / 2
        parts.append(
            f'<g><title>{escape(f"{node.text} {node.place}".strip())}</title><rect x="{x:.1f}" y="{y:.1f}" '
            f'width="{node.width:.1f}" height="{_HEIGHT}" rx="5" fill="{COLOURS[node.kind]}" stroke="#495057"/>'
            f'<text x="{node.x:.1f}" y="{node.y + 4:.1f}" text-anchor="middle">{escape(node.label)}</text></g>'
        )
    return "\n".join([*parts, "</svg>", ""])


def path_of(graph: Graph, edge: Edge) -> str:
    """A curve from the lower edge of one node to the upper edge of another."""
    a, b = graph.nodes[edge.source], graph.nodes[edge.target]
    top, bottom = a.y + _HEIGHT / 2, b.y - _HEIGHT / 2
    middle = (top + bottom) / 2
    return f"M{a.x:.1f},{top:.1f} C{a.x:.1f},{middle:.1f} {b.x:.1f},{middle:.1f} {b.x:.1f},{bottom:.1f}"


def as_json(graph: Graph) -> dict[str, Any]:
    """What the page needs to draw the graph."""
    return {
        "nodes": [vars(n) for n in graph.nodes],
        "edges": [{**vars(e), "path": path_of(graph, e)} for e in graph.edges],
        "titles": graph.titles,
        "width": graph.width,
        "height": graph.height,
    }
