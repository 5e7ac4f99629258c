"""Pictures of executions: what is in them, that nothing covers anything, and what they say of the forbidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT, Ended
from oracles.shared import engine as ENGINE

import litmus
from litmus.base.deadline import NO_DEADLINE
from litmus.base.relation import pairs
from litmus.explanations.witness import NoWitness, Witness, witness
from litmus.frontend.files import read_test
from litmus.ir.model import Type
from litmus.ir.options import Options
from litmus.judge.evaluate import relations
from litmus.render.graph import svg
from litmus.render.graph.arrows import drawn
from litmus.render.graph.figure import letters
from litmus.render.graph.hops import on_buses
from litmus.render.graph.steps import executed_hops, in_a_row, queued
from litmus.render.graph.words import cycles, titles

pytestmark = pytest.mark.slow

CATALOG = ROOT / "catalog"
PPC = CATALOG / "classic" / "ppc"
LOCKS = CATALOG / "kernel-locks"
PCI = ROOT / "tests" / "litmus" / "PCI"

_SVG = "{http://www.w3.org/2000/svg}"

PEER = """PCI peer+ro
{ }
topology {
  host bus 0; bus 1 under 0; bus 2 under 1; bus 3 under 0;
  device disk on 2: P0;
  device gpu on 3: P3, buffer, doorbell;
  cpu x86: P1, P2;
  memory: done, go;
}
 P0                  | P1             | P2                 | P3                 ;
 write buffer = 1    | r1 = read done | r1 = read go       | r1 = read doorbell ;
 write done = 1 [RO] | write go = 1   | write doorbell = 1 | r2 = read buffer   ;
exists (1:r1=1 /\\ 2:r1=1 /\\ 3:r1=1 /\\ 3:r2=0)
"""

EVENTS = [
    *((path, None) for path in sorted(PPC.glob("*.litmus"))),
    *((path, None) for path in sorted((CATALOG / "classic" / "x86").glob("*.litmus"))[::2]),
    *((path, model) for path in sorted(LOCKS.glob("*.litmus"))[::3] for model in ("power", "aarch64", "alpha")),
]


def seen(path: Path, model: str | None = None) -> Witness:
    return witness(ENGINE, read_test(str(path)), model, Options(), violating=True)


def attributes(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.get(name, "nan")) for name in names]


# --- the pictures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "model"), EVENTS, ids=lambda value: getattr(value, "stem", value))
def test_every_event_is_there_and_nothing_covers_anything(path: Path, model: str | None) -> None:
    found = seen(path, model)
    root = ElementTree.fromstring(svg(found))
    texts = [element.text or "" for element in root.iter(f"{_SVG}text")]
    expected = list(titles(found.execution).values())
    assert expected
    assert sorted(text for text in texts if re.match(r"[a-z]+: [RWF]", text)) == sorted(expected)
    width, height = attributes(root, "width", "height")
    boxes = [
        (element.get("class"), *attributes(element, "x", "y", "width", "height"))
        for element in root.iter(f"{_SVG}rect")
    ]
    labels = [place for kind, *place in boxes if kind == "under"]
    events = [place for kind, *place in boxes if kind in ("event", "hot", "fence", "hot-fence")]
    assert len(events) == len(expected)
    for x, y, wide, high in (*labels, *events):
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for a, b in [*combinations(labels, 2), *combinations(events, 2), *((a, b) for a in labels for b in events)]:
        assert not (a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]), (a, b)


@pytest.mark.parametrize(
    ("name", "path", "model"),
    [
        ("MP", PPC / "MP.litmus", None),
        ("MP+fences", PPC / "MP+fences.litmus", None),
        ("lock", LOCKS / "lock-unlock+sb.litmus", "power"),
    ],
)
def test_the_picture_is_as_recorded(
    name: str, path: Path, model: str | None, golden: Callable[[str, str], None]
) -> None:
    golden(f"graph-{name}.svg", svg(seen(path, model)))


def test_the_picture_of_hops_is_as_recorded(golden: Callable[[str, str], None]) -> None:
    golden("graph-peer+ro.svg", litmus.graph(litmus.parse(PEER)))


def test_it_is_the_same_each_time() -> None:
    path = LOCKS / "lock-unlock+sb.litmus"
    assert litmus.graph(path, "power") == litmus.graph(path, "power")


@pytest.mark.parametrize("name", ["a<b>&c", "]]>", "MP+\N{SNOWMAN}", "--><svg>", "&amp;", "{curly}'quote\"", "a\x7fb"])
def test_odd_names_are_escaped(name: str) -> None:
    test = replace(litmus.load(PPC / "MP.litmus"), name=name)
    root = ElementTree.fromstring(litmus.graph(test))
    shown = name.replace("\x7f", "\N{REPLACEMENT CHARACTER}")
    assert any((element.text or "").startswith(f"{shown} under") for element in root.iter(f"{_SVG}text"))


def test_letters() -> None:
    assert [letters(k) for k in (0, 25, 26, 51, 52, 701, 702)] == ["a", "z", "aa", "az", "ba", "zz", "aaa"]


OPERANDS = """C operands
{ }
P0(int *x, int *y) {
  int r0;
  WRITE_ONCE(*x, 1);
  r0 = READ_ONCE(*y) + xchg_relaxed(x, 2);
  smp_mb();
}
exists (0:r0=1)
"""


def test_operands_are_in_no_program_order(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    """Each is after what is before them and before what is after; the two halves of an exchange stay together."""
    path = tmp_path / "operands.litmus"
    path.write_text(OPERANDS, "utf-8")
    drawn = invoke("graph", path, "--format", "dot").out
    names = dict(re.findall(r'(e\d+) \[label="(\w): ', drawn))
    po = {names[a] + names[b] for a, b in re.findall(r'(e\d+) -> (e\d+) \[label="po"', drawn)}
    assert po == {"ab", "ac", "cd", "be", "de"}
    svg = ElementTree.fromstring(litmus.graph(litmus.parse(OPERANDS)))
    arrows = [p for p in svg.iter(f"{_SVG}path") if "po" in (p.get("class") or "").split()]
    assert len(arrows) == len(po) + 1, "one is in the legend"


def test_the_era_of_a_kernel_is_said() -> None:
    found = litmus.graph(CATALOG / "anon_vma" / "anon_vma+wmb.litmus", "alpha", era="v2.6.27")
    assert "anon_vma+wmb under alpha, Linux v2.6.27" in found


# --- what is forbidden --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "model", "lines"),
    [
        (PPC / "SB+fences.litmus", None, ["propagation: c -fr-> d -sync-> f -fr-> a -sync-> c"]),
        (PPC / "MP+lwsync+addr.litmus", None, ["observation: e -fr-> a -lwsync-> c -rf-> d -addr-> e"]),
        (PPC / "MP+lwsync+ctrlisync.litmus", None, ["observation: f -fr-> a -lwsync-> c -rf-> d -ctrlisync-> f"]),
        (PPC / "lost-update+llscs.litmus", None, ["atomicity: c -rmw-> d; c -fr-> b -co-> d"]),
        (PPC / "CoRR.litmus", None, ["sc-per-location: a -rf-> b -po-> c -fr-> a"]),
        (CATALOG / "classic" / "x86" / "SB+fences.litmus", None, ["ghb: a -mfence-> c -fr-> d -mfence-> f -fr-> a"]),
        (PPC / "MP.litmus", "sc", ["sc: a -po-> b -rf-> c -po-> d -fr-> a"]),
        (PPC / "MP.litmus", None, []),
    ],
)
def test_the_cycle_is_named(path: Path, model: str | None, lines: list[str]) -> None:
    assert cycles(seen(path, model)) == lines


@pytest.mark.parametrize(("path", "model"), EVENTS, ids=lambda value: getattr(value, "stem", value))
def test_steps_hold_in_the_execution_and_close(path: Path, model: str | None) -> None:
    test = read_test(str(path))
    found = seen(path, model)
    elaborated = ENGINE.prepare(test, model).model
    nodes = [
        (n, node.name) for n, node in enumerate(elaborated.nodes) if node.op == "base" and node.type is Type.RELATION
    ]
    nodes += [(n, name) for name, n in elaborated.shown]
    rows = relations(elaborated, found.execution, [n for n, _ in nodes])
    holds = {(name, *pair) for n, name in nodes for pair in pairs(rows[n])}
    write = {read: order for order in found.execution.co for read, w in found.execution.rf.items() if w in order}
    for read, order in write.items():
        holds |= {("fr", read, later) for later in order[order.index(found.execution.rf[read]) + 1 :]}
    for axiom in elaborated.axioms:  # what is to be empty is a pair with two ways, not a cycle
        for breach in (b for b in found.breaches if b.axiom == axiom.name):
            assert breach.steps
            assert all((s.name, s.source, s.target) in holds for s in breach.steps), breach
            if axiom.kind.value != "empty":
                ring = [*breach.steps, breach.steps[0]]
                assert all(a.target == b.source for a, b in pairwise(ring)), breach


def test_only_the_cycle_is_bold() -> None:
    found = seen(PPC / "MP+fences.litmus")
    steps = {(s.source, s.target) for b in found.breaches for s in b.steps if s.name != "prop"}
    root = ElementTree.fromstring(svg(found))
    bold = [e for e in root.iter(f"{_SVG}path") if "thick" in (e.get("class") or "").split()]
    assert len(bold) == len(steps)
    assert not any(
        "thick" in (e.get("class") or "") for e in ElementTree.fromstring(svg(seen(PPC / "MP.litmus"))).iter()
    )


def test_as_few_axioms_as_can_be_are_broken() -> None:
    assert [b.axiom for b in seen(PPC / "IRIW+fences.litmus").breaches] == ["propagation"]


def test_what_is_forbidden_has_no_picture() -> None:
    with pytest.raises(NoWitness, match="power allows no execution that has the outcome"):
        litmus.graph(PPC / "MP+fences.litmus")


FORALL = """PPC always
{ 0:r1=x; }
 P0           ;
 li r2,1      ;
 stw r2,0(r1) ;
forall (x=%d)
"""


def test_forall_is_refuted() -> None:
    assert "Allowed: this execution refutes it" in litmus.graph(litmus.parse(FORALL % 2))
    with pytest.raises(NoWitness, match="refutes"):
        litmus.graph(litmus.parse(FORALL % 1))
    with pytest.raises(NoWitness, match="under any model"):
        litmus.graph(litmus.parse(FORALL % 1), violating=True)


# --- hops ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PCI.glob("*.litmus")), ids=lambda path: path.stem)
def test_hops_are_in_an_order_that_queues_can_have(path: Path) -> None:
    try:
        found = seen(path)
    except NoWitness:
        assert path.stem == "echo"  # whose condition nothing can refute
        return
    assert on_buses(found)
    root = ElementTree.fromstring(svg(found))
    hops = executed_hops(found.execution)
    numbers = [int(e.text or "0") for e in root.iter(f"{_SVG}text") if e.get("class") == "number"]
    on_a_bus = sum(hop.bus is not None for hop in hops)
    assert sorted(set(numbers)) == list(range(1, len(hops) + 1))
    assert len(numbers) == len(hops) + on_a_bus  # in the list, and on the bus
    if found.breaches:
        return
    orders = [in_a_row(found.execution, order, NO_DEADLINE) for order in found.orders]
    row = orders[0] or ()
    place = {hop.event: k for k, hop in enumerate(row)}
    assert sorted(place) == sorted(hop.event for hop in hops)
    behind = found.execution.graph.relations["queue"].rows
    waiting = queued(hops)
    for a in waiting:
        assert place[a.hop.event] < place[a.then.event]
        for b in waiting:
            if behind[a.hop.event] >> b.hop.event & 1 and place[a.hop.event] < place[b.hop.event]:
                assert place[a.then.event] < place[b.then.event]
    for write, read in ((w, r) for r, w in found.execution.rf.items()):
        events = found.execution.graph.events
        own = events[write].thread == events[read].thread  # may come from a store buffer
        if not own and write in place and "CPU" not in events[write].tags:
            assert place[write] < place[read]


def test_overtaking_is_said() -> None:
    texts = [e.text or "" for e in ElementTree.fromstring(litmus.graph(litmus.parse(PEER))).iter(f"{_SVG}text")]
    assert "overtakes a: P0 write buffer=1, waiting since step 2" in texts
    assert "4 overtakes 2" in texts
    assert any(text.startswith("misses a: P0 write buffer=1, waiting for bus 3") for text in texts)


def test_a_model_without_hops_has_events() -> None:
    found = seen(PCI / "MP+ro.litmus", "pci-pc")
    assert not on_buses(found)
    assert len(titles(found.execution)) == len(drawn(found.execution)) == 4


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_writes_files(tmp_path: Path, invoke: Callable[..., Ended]) -> None:
    one = tmp_path / "deep" / "one.svg"
    ended = invoke("graph", PPC / "MP.litmus", "-o", one)
    assert (ended.code, ended.out, ended.err) == (0, f"{one}\n", "")
    assert one.read_text("utf-8") == invoke("graph", PPC / "MP.litmus").out
    ended = invoke("graph", PPC / "MP.litmus", PPC / "SB.litmus", "-o", tmp_path / "many", "--format", "dot")
    assert ended.out.splitlines() == [str(tmp_path / "many" / f"{name}.dot") for name in ("MP", "SB")]
    assert (tmp_path / "many" / "MP.dot").read_text("utf-8").startswith('digraph "MP" {\n')


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([PPC / "MP+fences.litmus"], 1, r"MP\+fences.litmus: error: power allows no execution .*--violating"),
        ([PPC / "MP.litmus", PPC / "SB.litmus"], 2, "name a folder"),
        ([PPC / "MP.litmus", "--format", "png"], 2, "unknown format 'png'"),
        ([PPC / "MP.litmus", "-m", "powre"], 2, "did you mean 'power'"),
        ([PPC / "MP.litmus", "--timeout", "0.0000001"], 3, "out of time"),
        (["missing.litmus"], 2, "no such file"),
        ([PPC / "shelf.yaml"], 2, "error"),
        ([LOCKS / "lock.yaml"], 2, "no such file"),
        ([PPC / "MP.litmus", "-o", "/dev/null/x.svg"], 2, "cannot write"),
        ([PPC / "MP.litmus", PPC / "MP.litmus", "-o", "/dev/null"], 2, "cannot write"),
    ],
)
def test_what_goes_wrong_is_a_message(
    arguments: list[object], code: int, said: str, invoke: Callable[..., Ended]
) -> None:
    ended = invoke("graph", *arguments)
    assert ended.code == code
    assert ended.out == ""
    assert re.search(said, ended.err)
    assert "Traceback" not in ended.err
    assert "internal error" not in ended.err


def test_the_others_are_drawn(tmp_path: Path, invoke: Callable[..., Ended]) -> None:
    bad = tmp_path / "bad.litmus"
    bad.write_text("PPC bad\n{ }\n P0 ;\n nonsense ;\nexists (x=1)\n")
    ended = invoke("graph", bad, PPC / "MP+fences.litmus", PPC / "MP.litmus", "-o", tmp_path)
    assert ended.code == 2
    assert ended.out == f"{tmp_path / 'MP.svg'}\n"
    assert "bad.litmus:4:2: error: unknown mnemonic" in ended.err
    ended = invoke("graph", PPC / "MP.litmus", PPC / "MP.litmus", "-o", tmp_path)
    assert ended.code == 2
    assert "would be written to" in ended.err


def test_too_many_events_are_refused(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    rows = "\n".join(f" stw r1,0(r2) ;{k * ' '}" for k in range(401))
    (tmp_path / "long.litmus").write_text(f"PPC long\n{{ 0:r2=x; }}\n P0 ;\n{rows}\nexists (x=0)\n")
    ended = invoke("graph", tmp_path / "long.litmus")
    assert (ended.code, ended.out) == (3, "")
    assert "more than 400 events" in ended.err


def test_dot_quotes(invoke: Callable[..., Ended]) -> None:
    found = invoke("graph", PPC / "MP.litmus", "--format", "dot").out
    assert 'label="MP under power\\nexists (1:r1=1 /\\\\ 1:r2=0)\\n' in found
    assert found.count(" -> ") == 4


def test_the_pictures_in_the_readme_are_fresh(
    tmp_path: Path, invoke: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    commands = re.findall(r"^\$ litmus (graph .*-o (docs/\S+\.svg))$", guide, re.M)
    assert commands
    monkeypatch.chdir(ROOT)
    for command, target in commands:
        written = tmp_path / Path(target).name
        assert invoke(*command.replace(target, str(written)).split()).code == 0
        if request.config.getoption("--update-golden"):
            (ROOT / target).write_text(written.read_text("utf-8"), "utf-8")
        assert written.read_text("utf-8") == (ROOT / target).read_text("utf-8"), f"{target} is stale: --update-golden"
