"""``axir viz``: graphs of programs, their drawings, and the page, in a browser where there is one."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import axir
import axir.numpy as np
from axir.stages import Traced, parse_spec
from axir_tools.graph import Graph, build_graph
from axir_tools.main import app
from axir_tools.viz import page, snapshots

PROGRAM = '''import axir.numpy as np

def loss(w, x):
    """</script><b>"""
    h = np.tanh(x @ w)
    return np.sum(h * h)
'''
WORDS = ("viz", "program_to_draw.py:loss", "f32[3,2]", "f32[4,3]")
PAGE = Path(__file__).parents[2] / "tools" / "axir_tools" / "page"
CHROMIUM = os.environ.get("AXIR_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
NODE = shutil.which("node")
runner = CliRunner()


def traced(transform: Any = lambda f: f) -> Traced:
    def f(w: Any, x: Any) -> Any:
        return np.sum(np.tanh(x @ w) * 2)

    return axir.jit(transform(f)).trace(parse_spec("f32[3,2]"), parse_spec("f32[4,3]"))


def graph_of(stage: int = 0, **options: Any) -> Graph:
    return build_graph(snapshots(traced(**options))[stage][1])


def labelled(graph: Graph, label: str) -> list[int]:
    return [n.number for n in graph.nodes if n.label == label]


def test_ops_and_arguments_are_nodes_and_values_edges() -> None:
    graph = graph_of()
    assert [n.label for n in graph.nodes] == [
        "w: f32[3,2]".replace("w", "a"),
        "b: f32[4,3]",
        "dot_general",
        "tanh",
        "broadcast_in_dim 2.0",
        "mul",
        "reduce_sum",
        "return",
    ]
    assert {(e.source, e.target, e.type) for e in graph.edges} == {
        (0, 2, "f32[3,2]"),
        (1, 2, "f32[4,3]"),
        (2, 3, "f32[4,2]"),
        (3, 5, "f32[4,2]"),
        (4, 5, "f32[4,2]"),
        (5, 6, "f32[4,2]"),
        (6, 7, "f32[]"),
    }
    kinds = {n.label: n.kind for n in graph.nodes}
    assert (kinds["dot_general"], kinds["tanh"], kinds["reduce_sum"]) == (
        "contraction",
        "transcendental",
        "reduction",
    )
    tanh = graph.nodes[3]
    assert tanh.types == ["f32[4,2]"]
    assert tanh.place.startswith("test_viz.py:")
    assert tanh.source == "return np.sum(np.tanh(x @ w) * 2)"


def test_nodes_lie_below_what_they_use_and_not_on_each_other() -> None:
    for stage in (0, -1):
        graph = graph_of(stage, transform=axir.grad)
        for edge in graph.edges:
            assert graph.nodes[edge.source].y < graph.nodes[edge.target].y
        for y in {n.y for n in graph.nodes}:
            row = sorted((n for n in graph.nodes if n.y == y), key=lambda n: n.x)
            for left, right in itertools.pairwise(row):
                assert left.x + left.width / 2 < right.x - right.width / 2
        assert all(0 <= n.x <= graph.width and n.y <= graph.height for n in graph.nodes)


def test_regions_hang_on_their_op() -> None:
    def f(x: Any) -> Any:
        return axir.lax.scan(lambda c, y: (c + y, None), 0.0, x)[0]

    graph = build_graph(snapshots(axir.jit(f).trace(parse_spec("f32[5]")))[0][1])
    (scan,) = labelled(graph, "scan")
    inner = [e for e in graph.edges if e.inner]
    assert [e.source for e in inner] == [scan, scan]
    (add,) = labelled(graph, "add")
    assert {e.source for e in graph.edges if e.target == add} == {e.target for e in inner}


def test_ops_are_followed_through_passes() -> None:
    first, *_, last = (build_graph(lines) for _, lines in snapshots(traced(axir.grad)))
    (tanh,) = labelled(first, "tanh")
    origin = first.nodes[tanh].origin
    made = {n.label for n in last.nodes if n.origin == origin}
    assert {"tanh", "sub", "mul"} <= made
    numbers = [n.origin for n in first.nodes if n.kind not in ("argument", "result")]
    assert len(set(numbers)) == len(numbers)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "program_to_draw.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_drawings(folder: Path) -> None:
    found = runner.invoke(app, [*WORDS, "-o", "loss.svg"])
    assert found.exit_code == 0, found.output
    drawing = ET.fromstring((folder / "loss.svg").read_text())
    texts = [t.text for t in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"loss", "tanh", "reduce_sum", "a: f32[3,2]"} <= set(texts)
    dot = runner.invoke(app, [*WORDS, "--format", "dot", "--stage", "rewritten"]).stdout
    assert dot.startswith("digraph program {")
    assert re.search(r'n\d+ \[label="tanh", fillcolor="#', dot)
    assert re.search(r'n\d+ -> n\d+ \[label="f32\[4,2\]"\];', dot)
    assert dot.count("{") == dot.count("}")


def test_the_page_stands_alone(folder: Path) -> None:
    found = runner.invoke(app, [*WORDS, "-o", "loss.html", "--transform", "grad"])
    assert found.exit_code == 0, found.output
    text = (folder / "loss.html").read_text()
    addresses = set(re.findall(r"https?://[^\"' <]*", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "@@" not in text
    assert text.count("</script>") == 2
    (data,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    stages = json.loads(data)["stages"]
    assert [s["name"] for s in stages][:2] == ["trace", "expand-transforms"]
    assert any(n["label"] == "tanh" for n in stages[-1]["graph"]["nodes"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "loss.png"), "--format must be one of html, svg, dot; got 'png'"),
        (("--stage", "vm"), "--stage must be trace or rewritten; got 'vm'"),
    ],
)
def test_errors(folder: Path, words: tuple[str, ...], message: str) -> None:
    found = runner.invoke(app, [*WORDS, *words])
    assert (found.exit_code, found.stdout) == (1, "")
    assert message in found.stderr


@pytest.mark.skipif(NODE is None, reason="there is no node to run the script of the page")
def test_the_script_of_the_page() -> None:
    code = """
    const { madeFrom, zoomed, matching } = require(process.argv[1]);
    const stage = { graph: { nodes: [
      { origin: 1, text: "sin a", source: "y = np.SIN(x)" }, { origin: null, text: "return", source: "" } ] } };
    console.log(JSON.stringify([
      madeFrom(stage, 1).length, madeFrom(stage, null).length, matching(stage, "np.sin").length,
      matching(stage, "").length, zoomed([0, 0, 100, 50], 50, 25, 0.5) ]));
    """
    words = [str(NODE), "-e", code, str(PAGE / "viz.js")]
    found = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(found.stdout) == [1, 0, 1, 0, [25, 12.5, 50, 25]]


@pytest.mark.skipif(
    CHROMIUM is None or NODE is None,
    reason="there is no Chromium (AXIR_TEST_CHROMIUM) or no node to steer it",
)
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page("f", snapshots(traced(axir.grad))))
    flags = os.environ.get("AXIR_TEST_CHROMIUM_FLAGS", "").split()
    script = str(Path(__file__).parent / "browser.mjs")
    words = [
        str(NODE),
        "--experimental-websocket",
        script,
        str(CHROMIUM),
        str(file),
        str(tmp_path / "profile"),
    ]
    found = subprocess.run([*words, *flags], capture_output=True, text=True, timeout=120, check=True)
    seen = json.loads(found.stdout)
    assert seen["thrown"] == []
    assert seen["nodes"] == len(graph_of(0, transform=axir.grad).nodes)
    assert seen["stages"][0].startswith("trace (")
    for text in ("gives f32[4,2]", "return np.sum(np.tanh(x @ w) * 2)", "after each pass", "dce: "):
        assert text in seen["details"]
    assert seen["zoom"] == pytest.approx(1 / 1.15)
    assert seen["found"] == len(labelled(graph_of(0, transform=axir.grad), "mul"))
    stage, label = seen["followed"]
    assert stage.startswith("dce (")
    assert label in {n.label for n in graph_of(-1, transform=axir.grad).nodes}
