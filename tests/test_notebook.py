"""What a notebook shows, and that the notebook among the documents shows what a run gives."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from oracles.shared import PATIENCE

import litmus
from litmus.render import notebook

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
SB = ROOT / "catalog" / "classic" / "x86" / "SB.litmus"
WMB = ROOT / "catalog" / "anon_vma" / "anon_vma+wmb.litmus"
LARGEST = 60_000


class Balanced(HTMLParser):
    """Checks that what is opened is closed, and notes which elements there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_the_notebook_shows_what_a_run_gives(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    known = nbformat.read(NOTEBOOK, as_version=4)
    run = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(run, timeout=int(PATIENCE), kernel_name="python3").execute()
    for cell in run.cells:
        cell.metadata.pop("execution", None)  # when it was run
    if request.config.getoption("--update-golden"):
        assert "CI" not in os.environ
        nbformat.write(run, NOTEBOOK)
        known = nbformat.read(NOTEBOOK, as_version=4)
    assert known.cells == run.cells
    assert not any(output.output_type == "error" for cell in run.cells for output in cell.get("outputs", ()))


def test_the_notebook_is_small_and_shows_every_kind() -> None:
    assert NOTEBOOK.stat().st_size < LARGEST
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    kinds = {kind for cell in cells for output in cell.get("outputs", ()) for kind in output.get("data", ())}
    assert kinds >= {"text/markdown", "text/html", "image/svg+xml"}


def test_a_test() -> None:
    shown = litmus.load(SB)._repr_markdown_()
    assert shown.startswith("```\nX86 SB\n")
    assert shown.endswith("\n```\n")


def test_a_verdict() -> None:
    verdict = litmus.check(SB)
    shown = verdict._repr_markdown_()
    assert shown.startswith("**SB** under x86-tso: **Allowed**, Sometimes\n")
    assert "\n0:EAX=0; 1:EAX=0;\n" in shown


def test_a_verdict_with_many_states_or_none() -> None:
    many = litmus.parse(
        "X86 many\n{ }\n"
        " P0         | P1         | P2         | P3         ;\n"
        " MOV [x],$1 | MOV [x],$2 | MOV [x],$3 | MOV EAX,[x];\n"
        "            |            |            | MOV EBX,[x];\n"
        "            |            |            | MOV ECX,[x];\n"
        "locations [3:EBX; 3:ECX; x;] exists (3:EAX=1)"
    )
    verdict = litmus.check(many)
    assert len(verdict.states) > 50
    assert f"... and {len(verdict.states) - 50} more\n" in verdict._repr_markdown_()
    assert "**unknown**" in litmus.check(many, timeout=1e-9)._repr_markdown_()


def test_a_table() -> None:
    table = litmus.compare([WMB, SB], ["power", "alpha", "x86-tso"], era="all", baseline="power")
    assert table._repr_markdown_().startswith("| test | Linux | power | alpha | x86-tso |\n")
    shown = table._repr_html_()
    assert Balanced(shown).seen >= {"table", "thead", "tbody", "th", "td", "ul"}
    assert '<td class="allowed differs">Allowed</td>' in shown
    assert "body {" not in shown


@pytest.mark.parametrize(("model", "said"), [("power", "circle"), ("alpha", "missing")])
def test_an_explanation(model: str, said: str) -> None:
    known = litmus.explain(WMB, model, era="v2.6.27")
    assert said in known._repr_markdown_()
    shown = known._repr_html_()
    assert said in shown
    assert Balanced(shown).seen >= {"h4", "table", "img"}
    assert "<style" not in shown
    assert "<html" not in shown


def test_a_report_on_barriers() -> None:
    shown = litmus.validate_barriers(WMB, "power,alpha", era="v2.6.27")._repr_markdown_()
    assert shown.startswith("```\nanon_vma+wmb (")
    assert "smp_read_barrier_depends() before READ_ONCE(*r0)" in shown
    assert shown.endswith("\n```\n")


def test_a_picture() -> None:
    picture = litmus.graph(SB)
    assert ElementTree.fromstring(picture._repr_svg_()).tag.endswith("svg")


def test_what_has_no_way_of_its_own() -> None:
    for show in (notebook.markdown, notebook.html):
        with pytest.raises(TypeError, match="by its repr"):
            show(Path("x"))
