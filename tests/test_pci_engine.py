"""The engine on PCI tests: against the machine of queues, and by known counts and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from oracles.pci import outcomes
from oracles.pci_compare import SORTS, Comparison, case_of, engine_states
from oracles.pci_counts import CLASSICS, COLUMNS
from oracles.pci_notation import FENCES, PATH, placements, threads_of
from oracles.pci_notation import parse as shape_of
from oracles.pci_terms import CONVENTIONAL, EXPRESS, Operation, Thread
from oracles.pci_text import CLASSES, asked, passing_yaml, text
from oracles.pci_text import states as machine_states
from oracles.shared import engine
from test_pci_simulator import CATALOGUE, COUNTS, PLACEMENTS, Row, watched

import litmus
from litmus.base.errors import ModelError
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.batch.survey import placed, survey
from litmus.frontend.parser import parse_test
from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.pci.hops import hops
from litmus.pci.ordering import read_passing

pytestmark = pytest.mark.slow


def read(written: str) -> LitmusTest:
    return parse_test(Source("test", written))


# --- placements -------------------------------------------------------------------------------------------------------

ALL = [(name, column) for name in CLASSICS for column in COLUMNS]
QUICK = [(name, column) for name, column in ALL if PLACEMENTS.get(name, 81) < 729 or column in ("strong", "IDO on all")]


def classic(name: str, change: Callable[[int, Operation], Operation]) -> LitmusTest:
    """A classic test in its first placement."""
    shape = shape_of(CLASSICS[name]).with_marks(change)
    return read(asked(next(placements(shape, PATH)), threads_of(shape), shape.final))


@pytest.mark.parametrize(("name", "column"), QUICK)
def test_count(name: str, column: str) -> None:
    """benchmarks/placements.py counts all of them."""
    found = survey(classic(name, COLUMNS[column]))
    expected = dict(zip(COLUMNS, COUNTS[name], strict=True))[column]
    assert (found.allowed, found.unknown, found.placements) == (expected, 0, PLACEMENTS.get(name, 81))
    assert set(found.examples) == {answer for answer in (True, False) if (found.allowed, found.forbidden)[not answer]}


def test_placements_by_several_processes() -> None:
    test = classic("SB", COLUMNS["strong"])
    alone, together = (survey(test, jobs=jobs) for jobs in (None, 2))
    assert alone == together


def test_programs_ask_for_the_same() -> None:
    path = Path(__file__).parent / "litmus" / "PCI" / "SB+apart.litmus"
    found = litmus.survey(path, passing="conventional")
    assert (found.model, found.allowed, found.placements) == ("pci-tree", 2, 16)
    assert litmus.check(path, passing="conventional").allowed is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wx1 | Sx1 Sy0 | Wy1 | Sy1 Sx0", (18, 171)),
        ("Wx1 | Sx1 Wy1 | Ry1 Sx0", (0, 111)),
        ("Wx1 | Sx1 Wy1.ido | Ry1 Sx0", (16, 111)),
    ],
)
def test_observers_by_the_way_of_the_writes(text: str, expected: tuple[int, int]) -> None:
    shape = shape_of(text)
    where = [topology for topology in placements(shape, PATH) if watched(shape, topology)]
    options = Options(verdict_only=True)
    verdicts = [engine.check(read(asked(t, threads_of(shape), shape.final)), None, options) for t in where]
    assert (sum(v.allowed is True for v in verdicts), len(where)) == expected


def test_examples_are_examples() -> None:
    test = classic("R", COLUMNS["RO flag"])
    for answer, topology in survey(test).examples.items():
        assert engine.check(replace(test, topology=topology)).allowed is answer


# --- one placement, by the machine ------------------------------------------------------------------------------------

HOW_MANY = {"devices": 400, "mixed": 300, "any table": 200}
BATCH = 100


@pytest.mark.parametrize(("sort", "first"), [(s, first) for s in SORTS for first in range(0, HOW_MANY[s], BATCH)])
def test_states_are_those_of_the_machine(sort: str, first: int, tmp_path: Path) -> None:
    """`make pci` compares more of them. Where nobody snoops, there are as many executions as outcomes, too."""
    comparison = Comparison(tmp_path)
    compared = 0
    for seed in range(10_000 + first, 10_000 + first + BATCH):
        case = case_of(seed, sort)
        snoops = any(o.kind == "snoop" for thread in case.threads for o in thread.operations)
        try:
            found = comparison.difference(case, executions=not snoops and seed % 3 == 0)
        except ValueError:  # what the dialect cannot say
            continue
        compared += 1
        assert found is None, f"seed {seed}: {found}"
    assert compared > BATCH * 3 // 4


# --- CPUs and devices -------------------------------------------------------------------------------------------------

# The fences of the catalogue, which orders them as its weak CPU does.
BARRIERS: Mapping[str, Mapping[str, str]] = {
    "x86": {"mb": "mfence", "rmb": "lfence", "wmb": "sfence", "eieio": "", "mmiowb": "sfence", "acquire": ""},
    "power": {"mb": "sync", "rmb": "sync", "wmb": "sync", "eieio": "eieio", "mmiowb": "sync", "acquire": "sync"},
    "alpha": {"mb": "mb", "rmb": "mb", "wmb": "mb", "eieio": "wmb", "mmiowb": "mb", "acquire": "mb"},
}
NAMES = {orders: name for name, orders in FENCES.items()}


ROWS = [(name, cpu) for name, row in CATALOGUE.items() for cpu in (BARRIERS if "CPU" in row.text else ["x86"])]


@pytest.mark.parametrize(("name", "cpu"), ROWS)
def test_catalogue(name: str, cpu: str, tmp_path: Path) -> None:
    row = CATALOGUE[name]
    shape = shape_of(row.text, row.homes, row.identities)
    options = Options(verdict_only=True, passing=table(row, tmp_path))
    if row.total > 100:  # no CPUs in it
        first = next(placements(shape, row.tree))
        found = survey(read(asked(first, threads_of(shape), shape.final)), options=options)
        assert (found.allowed, found.placements) == (row.x86, row.total)
        return
    verdicts = [
        engine.check(read(asked(topology, threads_of(shape), shape.final, cpu, _fence(cpu))), None, options)
        for topology in placements(shape, row.tree)
    ]
    assert (sum(v.allowed is True for v in verdicts), len(verdicts)) == (
        row.x86 if cpu == "x86" else row.weak,
        row.total,
    )


def _fence(cpu: str) -> Callable[[Operation], str]:
    return lambda operation: BARRIERS[cpu][NAMES[operation.orders]]


def table(row: Row, folder: Path) -> str:
    """The passing table of a row, by name or as a file."""
    if row.table in (EXPRESS, CONVENTIONAL):
        return "express" if row.table == EXPRESS else "conventional"
    path = folder / "table.yaml"
    path.write_text(passing_yaml(row.table))
    return str(path)


@pytest.mark.parametrize(("cpu", "fence"), [("alpha", "mb"), ("power", "sync")])
@pytest.mark.parametrize("first", range(0, 200, 100))
def test_weak_cpus_do_what_the_weak_machine_does(cpu: str, fence: str, first: int, tmp_path: Path) -> None:
    """The machine has one copy of memory, and forwards nothing; Power may do more. But Power keeps loads from devices
    in order, and stores to them, which the machine does not."""
    comparison = Comparison(tmp_path)
    for seed in range(first, first + 100):
        case = case_of(seed, "mixed")
        threads = tuple(_weak(thread) for thread in case.threads)
        cpus = [[o for o in t.operations if o.kind != "fence"] for t in threads if t.discipline == "weak"]
        memory = case.topology.memory
        pairs = [(a, b) for operations in cpus for a, b in combinations(operations, 2)]
        if cpu == "power" and any(
            a.is_write == b.is_write and memory.isdisjoint((a.location, b.location)) for a, b in pairs
        ):
            continue
        try:
            test = read(text(case.topology, threads, cpu=cpu, fence=lambda operation: fence))
        except ValueError:  # what the dialect cannot say
            continue
        machine = machine_states(outcomes(case.topology, threads, case.table))
        verdict = engine.check(test, None, Options(passing=comparison.table(case.table)))
        here = engine_states(verdict, case.topology)
        assert machine <= here, test.source.text
        if cpu == "alpha" or len(cpus) == 1:
            assert machine == here, test.source.text


def _weak(thread: Thread) -> Thread:
    if thread.discipline == "master":
        return thread
    fenced = (replace(o, orders=FENCES["mb"]) if o.kind == "fence" else o for o in thread.operations)
    return replace(thread, discipline="weak", operations=tuple(fenced))


MODELS = {"x86": "x86-tso", "power": "power", "alpha": "alpha"}
MNEMONICS = {"x86": ("mfence", "sfence"), "power": ("sync", "lwsync", "eieio"), "alpha": ("mb", "wmb")}


@pytest.mark.parametrize("cpu", MODELS)
@pytest.mark.parametrize("first", range(0, 150, 50))
def test_cpus_alone_are_their_architecture(cpu: str, first: int, tmp_path: Path) -> None:
    path = tmp_path / "alone.cat"  # by name it is told that it knows nothing of buses
    path.write_text((folder("archs") / f"{MODELS[cpu]}.cat").read_text())
    with pytest.raises(ModelError, match=f"model '{MODELS[cpu]}' decides"):
        engine.check(read(memory_only(cpu, Random(0))), MODELS[cpu])
    for seed in range(first, first + 50):
        test = read(memory_only(cpu, Random(f"{cpu} {seed}")))
        here, there = (engine.check(test, model) for model in ("pci-tree", str(path)))
        assert here.states == there.states, test.source.text


def memory_only(cpu: str, random: Random) -> str:
    """A circle of accesses of two to four CPUs to memory."""
    count = random.choice((2, 2, 3, 3, 4))
    locations = "xyz"[: min(count, 3)]
    columns = []
    value = 0
    for t in range(count):
        column, reads = [], 0
        for k in range(2 if count < 4 or t % 2 else random.choice((1, 2))):
            if column and random.random() < 0.6:
                column.append(random.choice(MNEMONICS[cpu]))
            location = random.choice(locations) if random.random() < 0.2 else locations[(t + k) % len(locations)]
            if random.random() < 0.5:
                column.append(f"r{reads} = read {location}")
                reads += 1
            else:
                value += 1
                source = f"r{reads - 1}" if reads and random.random() < 0.4 else str(value)
                column.append(f"write {location} = {source}")
        columns.append(column)
    rows = max(map(len, columns))
    registers = [f"{t}:r{n}" for t, c in enumerate(columns) for n in range(sum("read" in o for o in c))]
    threads = [f"P{t}" for t in range(count)]
    lines = ["PCI cpus", "{ }", f"topology {{ host bus 0; cpu {cpu}: {', '.join(threads)};"]
    lines += [f"memory: {', '.join(locations)}; }}", " | ".join(threads) + ";"]
    lines += [" | ".join(c[k] if k < len(c) else "" for c in columns) + ";" for k in range(rows)]
    return "\n".join([*lines, f"locations [{''.join(f'{x};' for x in (*registers, *locations))}]", "exists (true)"])


# --- the other models -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_promise_and_any_topology_allow_what_a_topology_does(first: int) -> None:
    for seed in range(first, first + 100):
        case = case_of(seed, SORTS[seed % 2])
        operations = [o for thread in case.threads for o in thread.operations]
        if any(o.kind == "snoop" for o in operations):  # no part of the promise
            continue
        strong = seed % 4 < 2
        if strong:
            plain = [
                tuple(replace(o, marks=frozenset(), awaited=True) for o in thread.operations) for thread in case.threads
            ]
            threads = tuple(replace(t, operations=o) for t, o in zip(case.threads, plain, strict=True))
            case = replace(case, threads=threads)
        try:
            test = read(text(case.topology, case.threads))
        except ValueError:  # what the dialect cannot say
            continue
        here = engine_states(engine.check(test, "pci-tree"), case.topology)
        promised = engine_states(engine.check(test, "pci-pc"), case.topology)
        assert here <= promised, test.source.text
        if strong:
            anywhere = engine_states(engine.check(test, "pci-causal"), case.topology)
            assert here <= anywhere <= promised, test.source.text


@pytest.mark.parametrize("name", CLASSICS)
def test_some_placement_allows_what_any_topology_does(name: str) -> None:
    test = classic(name, COLUMNS["strong"])
    anywhere = engine.check(test, "pci-causal", Options(verdict_only=True)).allowed
    assert anywhere is (COUNTS[name][0] > 0)


@pytest.mark.parametrize(
    ("name", "column", "expected"),
    [
        *((name, "strong", name not in ("MP", "LB")) for name in CLASSICS),
        ("MP", "RO flag", True),
        ("MP", "RO reads", True),
        ("MP", "RO data", False),
        ("LB", "reads not awaited", True),
    ],
)
def test_what_is_promised(name: str, column: str, expected: bool) -> None:
    verdict = engine.check(classic(name, COLUMNS[column]), "pci-pc", Options(verdict_only=True))
    assert verdict.allowed is expected


def test_any_topology_says_where_it_does_not_apply() -> None:
    flags = [engine.check(classic("MP", COLUMNS[c]), "pci-causal").flags for c in ("strong", "RO flag")]
    assert flags == [(), ("attributes-outside-of-the-model",)]


# --- the passing tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "expected"), [("conventional", CONVENTIONAL), ("express", EXPRESS)])
def test_tables_are_those_of_the_specifications(name: str, expected: Mapping[tuple[str, str], frozenset[str]]) -> None:
    cells = read_passing(name).cells
    assert {(a, b) for a in CLASSES.values() for b in CLASSES.values()} == set(cells)
    for (row, column), words in expected.items():
        cell = cells[CLASSES[row], CLASSES[column]]
        assert (cell.always, cell.attributes) == ("yes" in words, words - {"yes"}), (row, column)
        assert cell.why


def test_another_table_gives_another_answer(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(passing_yaml({**EXPRESS, ("DRC", "PMW"): frozenset({"yes"})}))
    test = classic("MP", COLUMNS["strong"])
    assert [survey(test, options=Options(passing=p)).allowed for p in (None, str(path))] == [0, 14]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_what_is_assumed_of_the_host_bridge_is_in_the_answer() -> None:
    shape = shape_of(CATALOGUE["1 status"].text, CATALOGUE["1 status"].homes)
    topology = next(placements(shape, CATALOGUE["1 status"].tree))
    for cpu in MODELS:
        verdict = engine.check(read(asked(topology, threads_of(shape), shape.final, cpu)))
        assert any("DMA" in note for note in verdict.notes)
    assert engine.check(classic("MP", COLUMNS["strong"])).notes == ()


def test_a_witness_has_its_routes() -> None:
    verdict = engine.check(classic("SB", COLUMNS["strong"]), "pci-causal")
    assert verdict.witness is not None
    graph = verdict.witness.graph
    assert graph.test.topology is not None
    assert set(graph.relations) > {"first", "last", "forward", "at", "queue"}


def test_hops_are_on_the_way() -> None:
    deep = "host bus 0; bus 1 under 0; bus 2 under 1; bus 3 under 0; P0, P1 on 2; x on 3; y on 2; cpu x86: P2; wire: i;"
    program = "P0 | P1 | P2;\nwrite x = 1 | r1 = snoop x | r1 = read y;\nr1 = read x | raise i | r2 = interrupt i;\n"
    verdict = engine.check(read(f"PCI t\n{{ }}\ntopology {{ {deep} }}\n{program}exists (true)"))
    assert verdict.witness is not None
    ways: dict[str, list[tuple[str | None, bool]]] = {}
    graph = verdict.witness.graph
    for hop in hops(graph):
        event = graph.events[hop.access]
        assert graph.events[hop.event].kind == ("H" if hop.event != hop.access else event.kind)
        ways.setdefault(graph.test.threads[event.thread].rows[event.row], []).append((hop.bus, hop.completion))
    assert ways == {
        "write x = 1": [("2", False), ("1", False), ("0", False), ("3", False)],
        "r1 = read x": [("2", False), ("1", False), ("0", False), ("3", False), ("0", True), ("1", True), ("2", True)],
        "r1 = snoop x": [("2", False)],
        "raise i": [(None, False)],
        "r1 = read y": [("0", False), ("1", False), ("2", False), ("1", True), ("0", True)],
        "r2 = interrupt i": [(None, False)],
    }


# --- any topology, by all placements on some --------------------------------------------------------------------------

TREES = ("host bus a; bus b under a; bus c under b;", "host bus a; bus b under a; bus c under a; bus d under a;")


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_any_topology_is_all_topologies(first: int) -> None:
    for seed in range(first, first + 20):
        program, devices, observed = circle(Random(seed))
        anywhere: set[State] = set()
        somewhere: set[State] = set()
        for tree in TREES:
            lines = [f"PCI t\n{{ }}\ntopology {{ {tree} {', '.join(devices)} on a; }}", program, observed]
            test = read("\n".join([*lines, "exists (true)"]))
            anywhere = set(engine.check(test, "pci-causal").states)
            for candidate in placed(test):
                somewhere |= set(engine.check(candidate).states)
                if somewhere == anywhere:
                    break
        assert somewhere == anywhere, program


def circle(random: Random) -> tuple[str, list[str], str]:
    """A program of two or three devices, its devices, and what is observed."""
    count = random.choice((2, 2, 3))
    locations = "xyz"[:count]
    columns: list[list[str]] = []
    registers = []
    for t in range(count):
        columns.append([])
        for k in range(2 if count == 2 else random.choice((1, 2, 2))):
            location = locations[(t + k) % count] if random.random() < 0.8 else random.choice(locations)
            kind = random.choice(("write", "write", "read", "read", "nonposted"))
            if kind == "read":
                registers.append(f"{t}:r{k}")
                columns[t].append(f"r{k} = read {location}")
            else:
                columns[t].append(f"{kind} {location} = {2 * t + k + 1}")
    threads = [f"P{t}" for t in range(count)]
    rows = [threads, *([c[k] if k < len(c) else "" for c in columns] for k in range(2))]
    program = "\n".join(f"{' | '.join(row)} ;" for row in rows)
    return program, [*threads, *locations], f"locations [{''.join(f'{x};' for x in (*registers, *locations))}]"
