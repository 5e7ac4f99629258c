"""`litmus diff`: what tells two models apart among tests, and the smallest program that a search finds."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest
from conftest import ROOT, Ended
from oracles.processes import seconds, session, wait_until
from oracles.programs import connected, first_apart, programs
from oracles.shared import PATIENCE, engine

import litmus
from litmus.base.deadline import Deadline
from litmus.batch import search as searching
from litmus.batch.closures import founded, without_closures
from litmus.batch.differences import Difference, DifferencePlan, difference, differences
from litmus.batch.languages import C11, KERNEL_C, Language
from litmus.batch.programs import Step, Threads, canonical, linked, splits
from litmus.batch.search import Searched, search
from litmus.batch.sketch import Sketch
from litmus.cat.load import load_text
from litmus.encode.cnf import Cnf
from litmus.engine import Engine
from litmus.ir.model import AxiomRole
from litmus.ir.options import Options
from litmus.render.difference import searched

X86 = ROOT / "catalog" / "classic" / "x86"
C = ROOT / "catalog" / "classic" / "c"
PSO = """"PSO"
include "x86fences.cat"
let rw = same-instance & (R * W)
acyclic po-loc | rw | rf | co | fr as sc-per-location
empty rmw & (fre; coe) as atomicity
acyclic po & (R * M) | po-loc & (W * W) | rw | mfence | po & (X * M | M * X) | rfe | co | fr as order
"""


# --- tests that are given ---------------------------------------------------------------------------------------------


def test_each_test_is_compared_state_by_state() -> None:
    files = sorted(map(str, X86.glob("[SL]*.litmus")))
    found = dict(differences(DifferencePlan(("x86-tso", "sc")), files))
    apart = 0
    for file in files:
        weak, strong = litmus.check(file, "x86-tso"), litmus.check(file, "sc")
        answer = found[file]
        assert isinstance(answer, Difference)
        assert answer.differs == (set(weak.states) != set(strong.states))
        assert len(answer.only[0]) == len(set(weak.states) - set(strong.states))
        assert answer.only[1] == ()
        assert pickle.loads(pickle.dumps(answer)) == answer
        apart += answer.differs
    assert apart > 3


def test_what_only_the_second_allows_is_told_apart() -> None:
    ((_, found),) = differences(DifferencePlan(("sc", "x86-tso")), [str(X86 / "SB.litmus")])
    assert isinstance(found, Difference)
    assert found.only == ((), ("0:EAX=0; 1:EAX=0;",))
    assert found.models == ("sc", "x86-tso")


def test_text(invoke: Callable[..., Ended]) -> None:
    ended = invoke("diff", "x86-tso", "sc", X86 / "SB.litmus", X86 / "MP.litmus", X86 / "R.litmus", "-j", 2)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "SB: only x86-tso allows 0:EAX=0; 1:EAX=0;\n"
        "R: only x86-tso allows 1:EAX=0; [y]=2;\n"
        "2 of 3 tests tell x86-tso from sc\n"
    )


def test_json(invoke: Callable[..., Ended]) -> None:
    ended = invoke("diff", "x86-tso", "sc", X86 / "SB.litmus", X86 / "MP.litmus", "--format", "json")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["name"], row["differs"]) for row in rows] == [("SB", True), ("MP", False)]
    assert rows[0]["only"] == {"x86-tso": ["0:EAX=0; 1:EAX=0;"], "sc": []}


def test_a_model_of_a_file_and_a_kernel_test(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "pso.cat").write_text(PSO)
    ended = invoke("diff", tmp_path / "pso.cat", "x86-tso", X86 / "MP.litmus")
    assert ended.out.startswith("MP: only pso allows 1:EAX=1; 1:EBX=0;\n")
    ended = invoke("diff", "alpha", "alpha-linux", C / "MP+wmb+addr.litmus", "--era", "v2.6.27")
    assert ended.out == "0 of 1 tests tell alpha from alpha-linux\n"


LOOP = """X86 {name}
{{ }}
 P0           | P1         ;
 L0:          | MOV [y],$1 ;
 LOCK INC [x] |            ;
 MOV EAX,[y]  |            ;
 CMP EAX,$0   |            ;
 {jump} L0       |            ;
exists (x=7)
"""


def test_what_little_is_compared_is_said(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    for name, jump in (("loop", "JE"), ("endless", "JMP")):
        (tmp_path / f"{name}.litmus").write_text(LOOP.format(name=name, jump=jump))
    files = [tmp_path / "loop.litmus", tmp_path / "endless.litmus"]
    assert invoke("diff", "x86-tso", "sc", *files).out == (
        "loop: bounded: compared within the unroll limit only\n"
        "endless: no complete execution: there is nothing to compare\n"
        "0 of 2 tests tell x86-tso from sc\n"
    )
    rows = map(json.loads, invoke("diff", "x86-tso", "sc", *files, "--format", "json").out.splitlines())
    assert [(row["bounded"], row["incomplete"]) for row in rows] == [(True, False), (True, True)]
    ended = invoke("coverage", "-m", "sc", *files)
    assert ended.err == (
        f"{files[0]}: warning: bounded: what it needs is said within the unroll limit only\n"
        f"{files[1]}: warning: no complete execution: it says nothing of the model\n"
    )


def test_what_is_wrong_with_one_test_does_not_lose_the_others(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "bad.litmus").write_text("X86 bad\n{ }\n P0;\n MVO;\nexists (x=1)\n")
    ended = invoke("diff", "x86-tso", "sc", tmp_path / "bad.litmus", "nowhere.litmus", X86 / "SB.litmus")
    assert ended.code == 2
    assert ended.out.endswith("1 of 1 tests tell x86-tso from sc; not compared: 2 files\n")
    assert "bad.litmus:4:2: error: unknown mnemonic" in ended.err
    assert "nowhere.litmus" in ended.err


def test_a_limit(invoke: Callable[..., Ended]) -> None:
    ended = invoke("diff", "x86-tso", "sc", X86 / "SB.litmus", "--timeout", "1e-9")
    assert ended.code == 3
    assert "out of time" in ended.err
    assert ended.out == "no test was compared\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x86-tso"], "Missing argument"),
        (["x86-tso", "powr"], "did you mean 'power'?"),
        (["x86-tso", "nowhere.cat", X86 / "SB.litmus"], "nowhere.cat"),
        (["x86-tso", "sc", "--format", "xml"], "unknown format 'xml'"),
        (["x86-tso", "sc", "--era", "v3"], "unknown era 'v3'"),
        (["x86-tso", "sc", "--accesses", "9"], "a search has 2 to 6 accesses, not 9"),
        (["x86-tso", "sc", "--accesses", "1"], "a search has 2 to 6 accesses, not 1"),
        (["pci-tree", "x86-tso"], "no program is decided by both pci-tree and x86-tso"),
        (["x86-tso", "sc", "--timeout", "-1"], "the time limit is a number of seconds"),
    ],
)
def test_what_cannot_be(invoke: Callable[..., Ended], arguments: list[object], said: str) -> None:
    ended = invoke("diff", *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err


# --- the programs -----------------------------------------------------------------------------------------------------


def renamed(program: Threads) -> set[Threads]:
    """The program with its threads in every order, and its locations under every name."""
    count = 1 + max(step.location for thread in program for step in thread)
    return {
        tuple(tuple(Step(s.link, s.kind, names[s.location]) for s in thread) for thread in order)
        for names in permutations(range(count))
        for order in permutations(program)
    }


def plain(size: int) -> set[Threads]:
    """All programs of so many accesses without links, as the module says what they are, found in another way."""
    found = set()
    steps = [Step("", kind, location) for kind in "RW" for location in range(max(1, size // 2))]
    for accesses in product(steps, repeat=size):
        for cuts in product((False, True), repeat=size - 1):
            threads: list[list[Step]] = [[]]
            for step, cut in zip(accesses, (False, *cuts), strict=True):
                if cut:
                    threads.append([])
                threads[-1].append(step)
            program = tuple(map(tuple, threads))
            used = [step.location for step in accesses]
            written = {step.location for step in accesses if step.kind == "W"}
            right = {*used} == written == {*range(len(written))} and all(used.count(place) > 1 for place in written)
            if right and whole([{s.location for s in thread} for thread in program]):
                found.add(program)
    return found


def whole(parts: list[set[int]]) -> bool:
    """Whether sets are one, when those with something in common are joined."""
    while len(parts) > 1:
        other = next((part for part in parts[1:] if part & parts[0]), None)
        if other is None:
            return False
        parts = [parts[0] | other, *(part for part in parts[1:] if part is not other)]
    return True


@pytest.mark.parametrize("size", [2, 3, 4])
def test_each_program_is_there_once(size: int) -> None:
    every = programs(size)
    assert len(set(every)) == len(every)
    bare = [program for program in every if not any(step.link for thread in program for step in thread)]
    expected = plain(size)
    classes = [renamed(program) for program in bare]
    assert sum(map(len, classes)) == len(set().union(*classes)) == len(expected)
    assert set().union(*classes) == expected
    counts = [sum(bool(step.link) for thread in program for step in thread) for program in every]
    assert counts == sorted(counts)


def test_how_many_there_are_is_what_the_documents_say() -> None:
    count = sum(len(programs(size)) for size in (2, 3, 4))
    assert f"There are {count} programs of at most 4 accesses" in (ROOT / "docs" / "models.md").read_text("utf-8")


def test_links_are_what_the_test_says() -> None:
    text = {program: litmus.text(KERNEL_C.test(program, "t")) for program in programs(4)[::7]}
    for program, written in text.items():
        links = [step.link for thread in program for step in thread]
        for link, word in (
            *((name, f"{name}();") for name in ("smp_mb", "smp_rmb", "smp_wmb")),
            *(("acquire", "smp_load_acquire("), ("release", "smp_store_release("), ("ctrl", "if (")),
        ):
            assert written.count(word) == links.count(link)
        assert written.count("^") == sum(link in ("addr", "data", "ctrl") for link in links)


def test_older_kernels_have_no_acquire() -> None:
    old = {step.link for program in programs(3, "v2.6.27") for thread in program for step in thread}
    assert old == {"", "smp_mb", "smp_rmb", "smp_wmb", "addr", "data", "ctrl"}


def test_links_of_c11_are_what_the_test_says() -> None:
    for program in programs(3, language=C11):
        written = litmus.text(C11.test(program, "t"))
        links = [step.link for thread in program for step in thread]
        assert written.count("fence(memory_order_seq_cst)") == links.count("fence-seq_cst")
        assert written.count("fence(memory_order_acq_rel)") == links.count("fence-acq_rel")
        assert written.count("^") == links.count("data")
        assert links.count("seq_cst") <= written.count(", memory_order_seq_cst") <= 2 * links.count("seq_cst")
        for link in ("acquire", "release"):  # what is seq_cst for another neighbour stays so
            count = written.count(f", memory_order_{link}")
            assert count == links.count(link) if "seq_cst" not in links else count <= links.count(link)


def test_load_buffering_tells_the_models_of_c11_apart() -> None:
    program = ((Step("", "R", 0), Step("", "W", 1)), (Step("", "R", 1), Step("", "W", 0)))
    deadline, options = Deadline.after(None), Options()
    found = difference(Engine(), C11.test(program, "LB"), ("rc11", "c11"), options, deadline)
    assert found.only == ((), ("0:r0=1; 1:r0=1; [x]=1; [y]=1;",))


# --- the search -------------------------------------------------------------------------------------------------------


SHAPES = [(language, lengths) for language in (KERNEL_C, C11) for lengths in ((2,), (1, 1), (3,), (2, 1), (1, 1, 1))]


@pytest.mark.parametrize(("language", "lengths"), [*SHAPES, (KERNEL_C, (2, 2))])
def test_a_sketch_has_all_programs_of_its_shape(language: Language, lengths: tuple[int, ...]) -> None:
    known = language.every_link("v6") if sum(lengths) < 4 else ("data", "smp_wmb")
    sketch = Sketch(lengths, language, known)
    cnf = Cnf()
    choices = [cnf.variable() for _ in range(sketch.choices)]
    sketch.require(cnf, choices.__getitem__)
    found = set()
    solver = engine._solvers.solver()
    solver.load(cnf.take())
    while solver.check().value == "sat":
        held = solver.true(choices)
        program = sketch.program(held)
        found.add(canonical(program))
        for first, second in pairwise(program):  # the same threads in another order are no other program
            assert len(first) > len(second) or _kinds(first, known) >= _kinds(second, known)
        solver.add([-x if there else x for x, there in zip(choices, held, strict=True)])
    solver.close()
    expected = {
        program
        for program in programs(sum(lengths), language=language)
        if tuple(sorted(map(len, program), reverse=True)) == lengths
        and all(step.link in ("", *known) for thread in program for step in thread)
    }
    assert expected <= found
    assert not any(map(connected, found - expected))


def _kinds(thread: tuple[Step, ...], links: Sequence[str]) -> list[bool]:
    return [
        held for k, step in enumerate(thread) for held in (step.kind == "W", *(step.link == one for one in links if k))
    ]


@pytest.mark.parametrize(
    ("model", "left", "closures"),
    [
        ("acyclic po | rf as a\nirreflexive (po | rf)+ ; co as b", 1, 1),
        ("acyclic po | rf as a\nirreflexive (po & loc | rf)+ ; co as b", 1, 1),
        ("acyclic po | rf as a\nirreflexive (po | co)+ ; co as b", 0, 1),
        ("irreflexive (po | rf)+ ; co? as b", 1, 1),
        ("irreflexive (po | rf)+ ; co as b", 0, 1),  # a cycle of po and rf does not break it
        ("irreflexive co? ; (po | rf)+ | co ; (po | fr)+ as b", 1, 2),
        ("~acyclic po | rf as a\nirreflexive (po | rf)+ ; co as b", 0, 1),
        ("flag ~empty rf as f\nirreflexive (rf | co | fr)+ ; po as b", 1, 1),  # there is no cycle of these
        ("irreflexive (rf & ext | co | (fr \\ id))+ ; po as b", 1, 1),
        ("irreflexive (rf | rf^-1)+ ; po as b", 0, 1),
    ],
)
def test_closures_that_cannot_justify_themselves(model: str, left: int, closures: int) -> None:
    found = load_text(model).elaborate(frozenset())
    checks = [axiom for axiom in found.axioms if axiom.role is AxiomRole.CHECK]
    assert sum(node.op in ("plus", "star") for node in found.nodes) == closures
    kept = founded(found, checks, updates=False)
    assert len(kept) == left
    whole, _ = without_closures(found, checks, 8, kept)
    made = whole.nodes[len(found.nodes) :]
    assert not any(node.op in ("plus", "star") for node in made)
    assert (len(made) > 0) is (left < closures)


def test_an_update_may_be_before_itself() -> None:
    found = load_text("irreflexive (rf | co | fr)+ ; po as b").elaborate(frozenset())
    assert not founded(found, found.axioms, updates=True)


def test_accesses_are_split_in_all_ways() -> None:
    assert splits(4) == [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)]


PAIRS = [
    ("x86-tso", "sc", 4, "v6"),
    ("sc", "x86-tso", 4, "v6"),
    ("sparc-pso", "sparc-tso", 4, "v2.6.27"),
    ("power", "sc", 3, "v6"),
    ("corr.cat", "x86-tso", 3, "v6"),
]
CORR = """"Reads of one location in any order"
acyclic po & (W * M | R * W) | rf | co | fr as order
"""


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second", "accesses", "era"), PAIRS)
def test_a_smallest_program(
    first: str, second: str, accesses: int, era: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As small as that which is found by deciding one program after the other."""
    (tmp_path / "corr.cat").write_text(CORR)
    monkeypatch.chdir(tmp_path)
    result = search(DifferencePlan((first, second), options=Options(era=era)), accesses)
    other = first_apart(first, second, accesses, era)
    assert result.undecided == 0
    assert pickle.loads(pickle.dumps(result)) == result
    if result.program is None or other is None:
        assert result.program is other
        return
    assert cost(result.program) == cost(other)
    assert result.found is not None
    again = litmus.parse(litmus.text(result.found.test))
    answers = {litmus.check(again, model, era=era).answer.value for model in (first, second)}
    assert answers == {"Allowed", "Forbidden"}


DROPPED = [
    ("po & (M * M) \\ addr", ["addr"]),
    ("po & (M * M) \\ data", ["data"]),
    ("po & (M * M) \\ ctrl", ["ctrl"]),
    ("po & (M * M) \\ fencerel(MFENCE)", ["smp_mb"]),
]


@pytest.mark.parametrize(("order", "expected"), DROPPED)
def test_what_a_model_does_not_keep_in_order_is_in_the_program(order: str, expected: list[str], tmp_path: Path) -> None:
    model = tmp_path / "less.cat"
    model.write_text(f'"less"\nacyclic {order} | po-loc | rf | co | fr as order\n')
    result = search(DifferencePlan((str(model), "sc"), options=Options(era="v2.6.27")), 4)
    assert result.program is not None
    assert [step.link for thread in result.program for step in thread if step.link] == expected


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[Difference]:
    """What searches are told of the programs that they decide."""
    asked: list[Difference] = []

    def counted(*rest: object) -> Difference:
        asked.append(difference(*rest))  # type: ignore[arg-type]
        return asked[-1]

    monkeypatch.setattr(searching, "difference", counted)
    return asked


def test_hardly_a_program_is_decided_in_vain(asked: list[Difference]) -> None:
    """Neither closures nor recursive definitions, of which Power has both, justify themselves."""
    assert search(DifferencePlan(("power", "sc")), 4).found is not None
    assert all(found.differs for found in asked)
    assert 0 < len(asked) < 5


# --- the search in C11 ------------------------------------------------------------------------------------------------

ATOMIC = "let com = rf | co | fr\nacyclic (po & loc) | com as coherence\n"
ORDERS = {
    "listed": "with S from linearisations(SC, po)\nirreflexive S ; com as agrees\n",
    "acyclic": "acyclic (po | com) & (SC * SC) as agrees\n",
    "fences": "acyclic (po ; [F & SC] ; po) | com as agrees\n",
    "dependent": "acyclic data | rf as agrees\n",
    "none": "",
}


def searched_in_c11(first: str, second: str, accesses: int, where: Path) -> searching.Searched:
    paths = [where / f"{name}.cat" for name in (first, second)]
    for path in paths:
        path.write_text(f'"{path.stem}"\n{ATOMIC}{ORDERS[path.stem]}')
    return search(DifferencePlan((str(paths[0]), str(paths[1])), options=Options(era="v6")), accesses)


def test_a_smallest_program_in_c11(tmp_path: Path) -> None:
    text = (ROOT / "archs" / "rc11.cat").read_text("utf-8")
    assert text.count("irreflexive hb ; eco? as coherence") == 1
    (tmp_path / "mine.cat").write_text(text.replace("irreflexive hb ; eco? as coherence", ""))
    found = litmus.tell_apart("rc11", tmp_path / "mine.cat", 3).found
    assert found is not None
    written = litmus.text(found.test)
    assert written.startswith("C mine-not-rc11\n")
    assert "memory_order_relaxed" in written
    assert {litmus.check(litmus.parse(written), model).allowed for model in ("rc11", "c11")} == {False}


def test_what_a_model_of_c11_picks_is_no_difference(asked: list[Difference], tmp_path: Path) -> None:
    """An order that breaks an axiom says nothing where another does not."""
    assert searched_in_c11("listed", "acyclic", 3, tmp_path).program is None
    assert asked == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("listed", "none", ["seq_cst", "seq_cst"]),
        ("fences", "none", ["fence-seq_cst", "fence-seq_cst"]),
        ("dependent", "none", ["data", "data"]),
    ],
)
def test_a_link_of_c11_tells_models_apart(first: str, second: str, expected: list[str], tmp_path: Path) -> None:
    result = searched_in_c11(first, second, 4, tmp_path)
    assert result.program is not None
    assert [step.link for thread in result.program for step in thread if step.link] == expected
    assert result.found is not None
    assert "^" in litmus.text(result.found.test) or "memory_order_seq_cst" in litmus.text(result.found.test)


def cost(program: Threads) -> tuple[int, int, int]:
    return sum(map(len, program)), linked(program), len(program)


@pytest.mark.slow
def test_it_is_printed_as_a_test(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    ended = invoke("diff", "x86-tso", "sc")
    assert (ended.code, ended.err) == (0, "")
    head, said, *_ = ended.out.split("\n")
    assert head == "C x86-tso-not-sc"
    assert said == "(* x86-tso-not-sc: only x86-tso allows 0:r0=0; 1:r0=0; [x]=1; [y]=1;"
    (tmp_path / "found.litmus").write_text(ended.out)
    assert litmus.check(tmp_path / "found.litmus", "x86-tso").allowed
    assert not litmus.check(tmp_path / "found.litmus", "sc").allowed
    row = json.loads(invoke("diff", "x86-tso", "sc", "--format", "json").out)
    assert (row["differs"], row["accesses"]) == (True, 5)
    assert litmus.parse(row["test"]).hash == litmus.load(tmp_path / "found.litmus").hash


def test_models_that_agree(invoke: Callable[..., Ended]) -> None:
    ended = invoke("diff", "sc", "sc", "--accesses", 3)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "no program of at most 3 accesses tells sc from sc\n"


@pytest.mark.slow
def test_models_without_kernel_primitives_are_told_apart_in_assembly(
    invoke: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "pso.cat").write_text(PSO)
    ended = invoke("diff", tmp_path / "pso.cat", "x86-tso")
    assert ended.code == 0
    assert ended.out.startswith("X86 pso-not-x86-tso\n(* pso-not-x86-tso: only pso allows ")
    (tmp_path / "found.litmus").write_text(ended.out)
    assert litmus.check(tmp_path / "found.litmus", tmp_path / "pso.cat").allowed
    assert not litmus.check(tmp_path / "found.litmus", "x86-tso").allowed


def test_a_model_of_others_decides_what_the_other_model_reads(tmp_path: Path) -> None:
    """And not the accesses of C11 as they stand, although it would take them."""
    (tmp_path / "others.cat").write_text("let dmb = try DMB.SY with {}\nacyclic po | rf | co | fr")
    found = litmus.tell_apart("aarch64", tmp_path / "others.cat", 4).found
    assert found is not None
    assert found.test.arch == "AArch64"
    assert not found.only[1]


def test_programs_that_come_to_a_limit_are_counted(invoke: Callable[..., Ended]) -> None:
    ended = invoke("diff", "x86-tso", "sc", "--accesses", 2, "--timeout", "1e-9")
    assert ended.code == 3
    said = "but perhaps one with 2 accesses: there the search came to a limit (out of time)"
    assert ended.out == f"no program of at most 2 accesses tells x86-tso from sc, {said}\n"
    assert "Traceback" not in ended.err


def test_all_that_came_to_a_limit_is_named() -> None:
    result = Searched(4, ("po",), left=((1, 2), (1, 3), (2, 2)), reason="out of time")
    assert result.undecided == 3
    assert "whose threads have 1+2, 1+3 or 2+2 accesses: there" in searched(result, ("a", "b"), "text")
    assert json.loads(searched(result, ("a", "b"), "json"))["left"] == [[1, 2], [1, 3], [2, 2]]
    result = Searched(4, ("po",), left=((2, 1), *splits(4), *splits(5)), reason="out of time")
    assert "one whose threads have 2+1 accesses or with 4 or 5 accesses: there" in searched(result, ("a", "b"), "text")


@pytest.mark.parametrize("options", [[], ["-j", "2"]])
def test_the_time_limit_is_one_for_the_whole_search(invoke: Callable[..., Ended], options: list[str]) -> None:
    """Under one model there is something to do for all programs of 6 accesses, and it takes more than any of these."""
    ended = invoke("diff", "sc", "sc", "--accesses", 6, "--timeout", 1, *options)
    assert ended.code == 3
    assert "1+1+1+1+1+1" not in ended.out, "programs of a size were not left out together"
    assert " 6 accesses: there the search came to a limit (out of time)\n" in ended.out


def test_when_time_is_up_no_larger_programs_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each deadline of a search is that of its start."""
    made: list[float | None] = []
    after = Deadline.after

    def counted(seconds: float | None) -> Deadline:
        made.append(seconds)
        return after(seconds)

    monkeypatch.setattr("litmus.base.deadline.Deadline.after", counted)
    result = search(DifferencePlan(("sc", "sc"), options=Options(timeout=1e-9)), 6)
    assert made == [1e-9]
    assert result.left == tuple(split for size in range(2, 7) for split in splits(size))
    assert result.looked == 0


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["-j", "2"]])
def test_it_may_be_interrupted(spawn: Callable[..., subprocess.Popen[str]], options: list[str]) -> None:
    process = spawn("diff", "sc", "sc", "--accesses", "6", *options)
    wait_until(lambda: sum(map(seconds, session(process.pid))) > 2)  # of half a minute and more
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert out == ""
    assert err.startswith("interrupted: ")


def test_a_fault_of_litmus_is_raised(monkeypatch: pytest.MonkeyPatch, faults: Callable[[], list[Path]]) -> None:
    from litmus.engine import Engine

    def broken(self: Engine, test: litmus.LitmusTest, *rest: object) -> None:
        raise RuntimeError("oops")

    plan = DifferencePlan(("x86-tso", "sc"))
    ((_, found),) = differences(plan, [str(X86 / "SB.litmus")])
    assert isinstance(found, Difference)
    monkeypatch.setattr(Engine, "check", broken)
    ((_, found),) = differences(plan, [str(X86 / "SB.litmus")])
    assert isinstance(found, litmus.InternalError)
    assert len(faults()) == 1


# --- in Python --------------------------------------------------------------------------------------------------------


def test_differences_in_python() -> None:
    first, second = litmus.differences([X86 / "SB.litmus", litmus.load(X86 / "MP.litmus")], "x86-tso", "sc")
    assert (first.test.name, first.only) == ("SB", (("0:EAX=0; 1:EAX=0;",), ()))
    assert (second.test.name, second.differs) == ("MP", False)
    with pytest.raises(litmus.ModelError, match="did you mean 'power'"):
        litmus.differences([], "powr", "sc")
    with pytest.raises(litmus.LitmusError, match="out of time"):
        litmus.differences([X86 / "SB.litmus"], "x86-tso", "sc", timeout=1e-9)
    for wrong, said in ({"unroll": -1}, "loops"), ({"timeout": 0.0}, "time limit"), ({"era": "v3"}, "unknown era"):
        with pytest.raises(litmus.UsageError, match=said):
            litmus.differences([], "x86-tso", "sc", **wrong)  # type: ignore[arg-type]


def test_a_search_in_python() -> None:
    found = litmus.tell_apart("sc", "sc", 2)
    assert (found.found, found.looked, found.undecided) == (None, len(splits(2)), 0)
    assert litmus.tell_apart("sc", "sc", 2, jobs=2) == found
    with pytest.raises(litmus.UsageError, match="2 to 6 accesses"):
        litmus.tell_apart("sc", "sc", 7)


def test_models_of_others_may_be_confined(tmp_path: Path) -> None:
    (tmp_path / "secret.cat").write_text('"secret"\nacyclic po\n')
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "m.cat"
    model.write_text('"m"\ninclude "../secret.cat"\n')
    test = X86 / "SB.litmus"
    assert litmus.differences([test], model, "sc")[0].differs
    for refused in (
        lambda: litmus.differences([test], model, "x86-tso", confined=True),
        lambda: litmus.tell_apart(model, "x86-tso", 2, confined=True),
        lambda: litmus.coverage([test], model, confined=True),
    ):
        with pytest.raises(litmus.LitmusError, match="secret"):
            refused()


def test_how_far_a_search_has_come() -> None:
    said: list[tuple[int, int]] = []
    result = search(DifferencePlan(("sc", "sc")), 3, told=lambda looked, total: said.append((looked, total)))
    assert said == [(1, 2), (2, 2), (3, 5), (4, 5), (5, 5)]
    assert result.looked == 5
