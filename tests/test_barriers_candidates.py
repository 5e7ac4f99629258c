"""What a repair may change beside barriers: dependencies, attributes of requests, reads back; what is said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pytest
from oracles.barriers import check
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.candidates import Arch, candidates
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.kinds import USUAL, CandidateKind, named_kinds
from litmus.barriers.report import BarrierReport
from litmus.base.errors import LimitReached
from litmus.cat.costs import costs_of
from litmus.cat.registry import info
from litmus.ir.options import Options
from litmus.render.barriers.data import data
from litmus.render.barriers.sarif import document
from litmus.render.barriers.text import text as shown

EVERY = tuple(CandidateKind)


def report_of(text: str, *archs: str, kinds: Sequence[CandidateKind] = EVERY, every: bool = True) -> BarrierReport:
    return examine(ENGINE, litmus.parse(text), archs, Options(), Wanted(every=every, kinds=tuple(kinds)))


def texts(report: BarrierReport) -> list[list[str]]:
    return [[change.text for change in changes] for changes in report.repairs[0].sets]


def columns(dialect: str, init: str, cells: Sequence[tuple[str, str]], condition: str) -> str:
    rows = "".join(f" {a:20} | {b:20} ;\n" for a, b in (("P0", "P1"), *cells))
    return f"{dialect} test\n{{ {init} }}\n{rows}exists ({condition})\n"


DEPENDENCIES = {
    "power": (
        columns(
            "PPC",
            "0:r5=x; 0:r6=y; 1:r5=x; 1:r6=y;",
            [("li r1,1", "lwz r1,0(r6)"), ("stw r1,0(r5)", "lwz r2,0(r5)"), ("lwsync", ""), ("stw r1,0(r6)", "")],
            r"1:r1=1 /\ 1:r2=0",
        ),
        "xor r3,r1,r1; add r3,r3,r5; lwz r2,0(r3)",
    ),
    "aarch64": (
        columns(
            "AArch64",
            "0:X5=x; 0:X6=y; 1:X5=x; 1:X6=y;",
            [("MOV W1,#1", "LDR W1,[X6]"), ("STR W1,[X5]", "LDR W2,[X5]"), ("DMB ISHST", ""), ("STR W1,[X6]", "")],
            r"1:X1=1 /\ 1:X2=0",
        ),
        "EOR W0,W1,W1; LDR W2,[X5,W0,SXTW]",
    ),
    "riscv": (
        columns(
            "RISCV",
            "0:x6=x; 0:x8=y; 1:x6=x; 1:x8=y;",
            [("li x5,1", "lw x5,0(x8)"), ("sw x5,0(x6)", "lw x7,0(x6)"), ("fence w,w", ""), ("sw x5,0(x8)", "")],
            r"1:x5=1 /\ 1:x7=0",
        ),
        "xor x28,x5,x5; add x28,x28,x6; lw x7,0(x28)",
    ),
    "armv7": (
        columns(
            "ARM",
            "0:R2=x; 0:R3=y; 1:R2=x; 1:R3=y;",
            [("MOV R0,#1", "LDR R0,[R3]"), ("STR R0,[R2]", "LDR R1,[R2]"), ("DMB", ""), ("STR R0,[R3]", "")],
            r"1:R0=1 /\ 1:R1=0",
        ),
        "EOR R4,R0,R0; ADD R4,R4,R2; LDR R1,[R4]",
    ),
}


@pytest.mark.parametrize("arch", DEPENDENCIES)
def test_a_dependency_in_assembly_is_a_candidate_if_it_is_named(arch: str) -> None:
    text, wanted = DEPENDENCIES[arch]
    report = report_of(text, arch)
    assert [wanted] in texts(report)
    check(report, every=True)
    assert all(wanted not in one for one in texts(report_of(text, arch, kinds=USUAL)))


def test_a_dependency_orders_no_reads_on_alpha() -> None:
    text = columns(
        "ALPHA",
        "0:t2=x; 0:t3=y; 1:t2=x; 1:t3=y;",
        [("mov 1,t1", "ldq t1,0(t3)"), ("stq t1,0(t2)", "ldq t4,0(t2)"), ("mb", ""), ("stq t1,0(t3)", "")],
        r"1:t1=1 /\ 1:t4=0",
    )
    report = report_of(text, "alpha")
    assert "xor $2,$2,$1; addq $1,$3,$1; ldq t4,0($1)" in [c.change.text for c in report.repairs[0].candidates]
    assert texts(report) == [["mb"]]
    check(report, every=True)


LB = r"""C LB
{ }
P0(int *x, int *y) { int r1; r1 = READ_ONCE(*x); WRITE_ONCE(*y, 1); }
P1(int *x, int *y) { int r1; r1 = READ_ONCE(*y); WRITE_ONCE(*x, r1 | 1); }
exists (0:r1=1 /\ 1:r1=1)
"""
MP = r"""C MP
{ }
P0(int *x, int *y) { WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1); }
P1(int *x, int *y) { int r1; int r2; r1 = READ_ONCE(*y);@ r2 = READ_ONCE(*x); }
exists (1:r1=1 /\ 1:r2=0)
"""


def test_dependencies_in_kernel_c_with_what_a_compiler_makes_of_them() -> None:
    report = report_of(LB, "power", "lkmm")
    assert texts(report) == [["WRITE_ONCE(*y, 1 + (r1 & 0))"]]
    assert any("OPTIMIZER_HIDE_VAR" in note for note in report.notes)
    check(report, every=True)
    report = report_of(MP.replace("@", ""), "power", "lkmm")
    assert texts(report) == [["READ_ONCE(*(x + (r1 & 0)))"]]
    assert not any("OPTIMIZER" in note for note in report_of(LB, "power", kinds=USUAL).notes)


def test_a_register_that_was_given_another_value_does_not_hold_what_was_read() -> None:
    report = report_of(MP.replace("@", " r1 = 1;"), "power")
    assert not any("& 0" in candidate.change.text for candidate in report.repairs[0].candidates)


def test_a_register_of_the_condition_is_not_left_over() -> None:
    text = DEPENDENCIES["power"][0].replace("1:r2=0", r"1:r2=0 /\ 1:r3=0")
    assert ["xor r4,r1,r1; add r4,r4,r5; lwz r2,0(r4)"] in texts(report_of(text, "power"))


def test_where_an_interleaving_has_the_outcome_dependencies_do_not_help() -> None:
    report = report_of(LB.replace(r"0:r1=1 /\ 1:r1=1", "0:r1=0"), "power")
    assert report.repairs[0].interleaved


READERS = r"""C SB
{ }
P0(int *a, int *x, int *y) { int r0; int r1; int r2; int r3; r0 = READ_ONCE(*a); r1 = READ_ONCE(*a);
 r2 = READ_ONCE(*a); WRITE_ONCE(*x, 1); r3 = READ_ONCE(*y); }
P1(int *a, int *x, int *y) { int r3; WRITE_ONCE(*y, 1); r3 = READ_ONCE(*x); }
exists (0:r3=0 /\ 1:r3=0)
"""


@pytest.mark.parametrize("arch", ["power", "lkmm"])
def test_dependencies_that_are_not_enough_are_ruled_out_together(arch: str) -> None:
    report = report_of(READERS, arch)
    assert texts(report) == [["smp_mb()", "smp_mb()"]]
    (repair,) = report.repairs
    assert sum("& 0" in candidate.change.text for candidate in repair.candidates) == 9
    assert all(candidate.change.text for candidate in repair.candidates)
    assert len(repair.proof) == 2
    check(report, every=True)


def test_too_many_dependencies_are_a_limit() -> None:
    body = "".join(f"r{k} = READ_ONCE(*x);\n" for k in range(15))
    names = "".join(f"int r{k};\n" for k in range(15))
    text = f"C many\n{{ }}\nP0(int *x) {{\n{names}{body}}}\nP1(int *x) {{ WRITE_ONCE(*x, 1); }}\nexists (0:r0=1)\n"
    with pytest.raises(LimitReached, match="more than 100 dependencies"):
        report_of(text, "power")


LOCKED = r"""C locked
{ }
P0(spinlock_t *l, int *x, int *y) { spin_lock(l); WRITE_ONCE(*x, 1); spin_unlock(l); smp_mb(); WRITE_ONCE(*y, 1); }
P1(spinlock_t *l, int *x, int *y) { int r0; int r1; r0 = READ_ONCE(*y);
 spin_lock(l); r1 = READ_ONCE(*x); spin_unlock(l); }
exists (1:r0=1 /\ 1:r1=0)
"""


def test_the_branch_of_a_lock_is_no_dependency_of_the_program() -> None:
    findings = report_of(LOCKED, "power").findings
    assert [finding.text for finding in findings] == ["spin_lock(l)", "smp_mb()", "spin_lock(l)"]
    branch = LB.replace("WRITE_ONCE(*y, 1)", "if (r1) WRITE_ONCE(*y, 1)").replace(" r1 | 1", " r1")
    assert "ctrl" in [finding.text for finding in report_of(branch, "power").findings]


# --- fences as they are written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arch", "text", "fence"),
    [
        ("armv7", DEPENDENCIES["armv7"][0], "DMB ISH"),
        (
            "mips",
            columns(
                "MIPS",
                "0:$4=x; 0:$5=y; 1:$4=x; 1:$5=y;",
                [("li $2,1", "lw $2,0($5)"), ("sw $2,0($4)", "lw $3,0($4)"), ("sw $2,0($5)", "")],
                r"1:$2=1 /\ 1:$3=0",
            ),
            "sync_wmb",
        ),
    ],
)
def test_fences_are_written_as_the_assembly_has_them(arch: str, text: str, fence: str) -> None:
    known = Arch(arch, info(arch), costs_of(info(arch)))
    sites = candidates(litmus.parse(text), "v6", [known])
    assert fence in [form.text for site in sites for form in site.forms]


def test_a_weaker_fence_of_mips_is_written_as_its_assembly_has_it() -> None:
    text = columns(
        "MIPS",
        "0:$4=x; 0:$5=y; 1:$4=x; 1:$5=y;",
        [("li $2,1", "lw $2,0($5)"), ("sw $2,0($4)", "lw $3,0($4)"), ("sync", ""), ("sw $2,0($5)", "")],
        r"1:$2=1 /\ 1:$3=0",
    )
    report = report_of(text, "mips")
    assert report.reduced is not None
    assert [[change.text for change in one] for one in report.reduced.sets] == [["sync_wmb"], ["sync_release"]]
    check(report)


# --- buses --------------------------------------------------------------------------------------------------------

BUSES = """PCI buses
{{ }}
topology {{
  host bus 0;
  bus 1 under 0;
  device nic on 1: P0;
  cpu x86: P1;
  memory: data, done;
}}
 P0                 | P1             ;
 write data = 1{a}  | r1 = read done ;
 write done = 1{b}  | r2 = read data ;
exists (1:r1=1 /\\ 1:r2=0)
"""


def test_a_request_without_relaxed_ordering_is_a_repair() -> None:
    report = report_of(BUSES.format(a=" [RO]", b=" [RO, IDO]"), "pci-tree", kinds=USUAL)
    assert texts(report) == [["write done = 1 [IDO]"]]
    check(report, every=True)
    assert not report_of(report.repairs[0].texts[0], "pci-tree").repairs
    alone = report_of(BUSES.format(a="", b=" [RO]"), "pci-tree", kinds=[CandidateKind.BARRIERS])
    assert alone.repairs[0].impossible == ("pci-tree",)


def test_a_device_that_waits_for_its_answer_is_a_repair() -> None:
    text = BUSES.format(a="", b="").replace("P0, ", "P0").replace("device nic on 1: P0;", "device nic on 1: P0, bell;")
    text = text.replace("write data = 1", "r3 = read data [nowait]").replace("write done = 1", "write bell = 1")
    text = text.replace("r1 = read done", "r1 = readl(bell)").replace("r2 = read data", "WRITE_ONCE(data, r1)")
    text = text.replace("exists (1:r1=1 /\\ 1:r2=0)", "exists (0:r3=1)").replace("memory: data, done", "memory: data")
    report = report_of(text, "pci-tree", kinds=USUAL)
    assert texts(report) == [["r3 = read data"]]
    check(report, every=True)


RELAXED = """PCI relaxed
{ }
topology {
  host bus 0;
  bus 1 under 0;
  device nic on 1: P1, status;
  cpu alpha: P0;
  memory: data;
}
 P0                         | P1               ;
 r1 = readl_relaxed(status) | write data = 1   ;
 r2 = READ_ONCE(data)       | write status = 1 ;
exists (0:r1=1 /\\ 0:r2=0)
"""


def test_readl_stands_in_place_of_its_relaxed_form() -> None:
    report = report_of(RELAXED, "pci-tree", kinds=[CandidateKind.ACCESSES])
    assert texts(report) == [["r1 = readl(status)"]]
    check(report, every=True)


# --- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "arch", "kinds", "said"),
    [
        (
            MP.replace("@", ""),
            "power",
            USUAL,
            "Candidates: barriers and accesses with more order; not dependencies, which compilers may remove "
            "(--candidates all), nor locks, as their author alone knows what they protect.",
        ),
        (
            DEPENDENCIES["power"][0],
            "power",
            EVERY,
            "Candidates: barriers, accesses with more order and dependencies; not other instructions, as they would "
            "make it another program.",
        ),
        (
            BUSES.format(a="", b=" [RO]"),
            "pci-tree",
            USUAL,
            "Candidates: barriers, accesses with more order and requests with fewer attributes; not reads back, which "
            "are tried where nothing else does, nor bridges, which are as the passing table has them.",
        ),
        (
            MP.replace("@", ""),
            "power",
            [CandidateKind.ACCESSES],
            "Candidates: accesses with more order; not barriers, which --candidates left out, nor dependencies, which "
            "compilers may remove (--candidates all), nor locks, as their author alone knows what they protect.",
        ),
    ],
)
def test_each_format_says_what_was_tried_and_what_was_not(
    text: str, arch: str, kinds: Sequence[CandidateKind], said: str
) -> None:
    report = report_of(text, arch, kinds=kinds)
    assert said in " ".join(shown(report, "file").split())
    assert data(report, "file")["candidates"] == said
    (run,) = json.loads(document([("file", report)], [], "1"))["runs"]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == [said]
    assert run["invocations"][0]["executionSuccessful"]


def test_kinds_are_named_in_one_order_and_a_wrong_name_is_an_error() -> None:
    assert named_kinds(["dependencies", "barriers"]) == (CandidateKind.BARRIERS, CandidateKind.DEPENDENCIES)
    assert named_kinds(["all"]) == EVERY
    for names, hint in ((["barrier"], "barriers"), (["x"], "known are"), ([], "known are")):
        with pytest.raises(litmus.UsageError) as caught:
            named_kinds(names)
        assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("kinds", ["all", ["all"], "barriers,accesses,dependencies", iter(["all"])])
def test_in_python_kinds_are_named_in_a_list_or_in_one_text(kinds: str | Iterable[str]) -> None:
    report = litmus.validate_barriers(litmus.parse(LB), "power", candidates=kinds)
    assert CandidateKind.DEPENDENCIES in report.repairs[0].kinds


def test_what_is_no_operation_costs_what_the_file_says() -> None:
    text, wanted = DEPENDENCIES["power"]
    found = {candidate.change.text: candidate.cost for candidate in report_of(text, "power").repairs[0].candidates}
    assert found[wanted] == 2 < min(cost for change, cost in found.items() if change != wanted)
