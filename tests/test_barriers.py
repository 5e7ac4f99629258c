"""Barriers: that each finding holds in the file, that repairs are sound and cheapest, and what belongs together."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import ROOT
from oracles.barriers import check
from oracles.effort import some
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.candidates import Arch, cheaper
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.kinds import CandidateKind
from litmus.barriers.report import BarrierReport, Need, Repair
from litmus.barriers.sites import What, existing
from litmus.barriers.variants import Variants, chosen
from litmus.barriers.writing import call_in_place_of
from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import LimitReached
from litmus.cat.costs import Costs, costs_of
from litmus.cat.description import read_info
from litmus.cat.registry import info, models
from litmus.explanations.hitting import hitting_sets
from litmus.explanations.trials import Asked
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Fence
from litmus.ir.verdict import Answer

CATALOG = ROOT / "catalog"
ANON = CATALOG / "anon_vma"
OLD, NEW = ("power", "alpha", "x86-tso"), ("power", "aarch64", "x86-tso")


def examined(path: Path, archs: Sequence[str], era: str = "v6", **wanted: Any) -> BarrierReport:
    return examine(ENGINE, read_test(str(path)), archs, Options(era=era), Wanted(**wanted))


def parsed(text: str, archs: Sequence[str], era: str = "v6", **wanted: Any) -> BarrierReport:
    return examine(ENGINE, litmus.parse(text), archs, Options(era=era), Wanted(**wanted))


SAMPLE: list[tuple[Path, tuple[str, ...], str]] = [
    *((path, ("x86-tso",), "v6") for path in sorted((CATALOG / "classic" / "x86").glob("*.litmus"))[::5]),
    *((path, ("power",), "v6") for path in sorted((CATALOG / "classic" / "ppc").glob("*.litmus"))[::9]),
    *((path, ("alpha",), "v6") for path in sorted((CATALOG / "classic" / "alpha").glob("*.litmus"))[::8]),
    *((path, NEW, "v6") for path in sorted((CATALOG / "classic" / "c").glob("*.litmus"))[::6]),
    *((path, OLD, "v2.6.27") for path in sorted(ANON.glob("*.litmus"))[::6]),
]
WHOLE: list[tuple[Path, tuple[str, ...], str]] = [
    (path, archs, era)
    for path in sorted(CATALOG.rglob("*.litmus"))
    for head in [path.read_text("utf-8").split(maxsplit=1)[0]]
    for archs, era in {
        "C": [(OLD, "v2.6.27"), (NEW, "v6")],
        "PPC": [(("power",), "v6")],
        "X86": [(("x86-tso",), "v6")],
        "X86_64": [(("x86-tso",), "v6")],
        "ALPHA": [(("alpha",), "v6")],
    }.get(head, [])
]


ASSEMBLY: list[tuple[Path, tuple[str, ...], str]] = [
    (path, (model,), "v6")
    for folder, model in (("AArch64", "aarch64"), ("RISCV", "riscv"), ("ALPHA", "alpha"), ("X86", "x86-tso"))
    for path in sorted((ROOT / "tests" / "litmus" / folder).glob("*.litmus"))
]


def named(case: tuple[Path, tuple[str, ...], str]) -> str:
    return f"{case[0].stem}-{case[2]}"


@pytest.mark.parametrize("case", SAMPLE, ids=named)
def test_findings_and_repairs_hold_in_the_file(case: tuple[Path, tuple[str, ...], str]) -> None:
    check_case(case)


@pytest.mark.parametrize("case", [*ASSEMBLY[:17:3], *ASSEMBLY[17:42:4]], ids=named)
def test_findings_and_repairs_hold_in_assembly(case: tuple[Path, tuple[str, ...], str]) -> None:
    check_case(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", some([*WHOLE, *ASSEMBLY], 5), ids=named)
def test_findings_and_repairs_hold_in_the_whole_catalogue(case: tuple[Path, tuple[str, ...], str]) -> None:
    check_case(case)


FEW_SETS = 300
"""Sets of candidates that are tried by force: `python -m oracles.barriers` tries all, which takes an hour."""


def check_case(case: tuple[Path, tuple[str, ...], str]) -> None:
    path, archs, era = case
    try:
        report = examined(path, archs, era, every=True)
    except litmus.UnsupportedError:
        with pytest.raises(litmus.UnsupportedError):
            ENGINE.check(read_test(str(path)), archs[0], Options(era=era))
        return
    check(report, every=True, most=FEW_SETS)


VARIED = [
    (CATALOG / "kernel-patterns" / "seqlock.litmus", NEW, "v6"),
    (CATALOG / "kernel-patterns" / "wake+lock+after.litmus", NEW, "v6"),
    (ROOT / "tests" / "litmus" / "C" / "ISA2+release+acquires.litmus", NEW, "v6"),
    (CATALOG / "classic" / "c" / "SB+xchgs.litmus", NEW, "v6"),
    (ANON / "anon_vma+locks.litmus", OLD, "v2.6.27"),
    (CATALOG / "classic" / "ppc" / "MP+fences.litmus", ("power",), "v6"),
]


@pytest.mark.parametrize("case", VARIED, ids=named)
def test_a_variant_in_the_solver_is_the_program_by_itself(case: tuple[Path, tuple[str, ...], str]) -> None:
    path, archs, era = case
    test = read_test(str(path))
    random = Random(path.name)
    for arch in archs:
        known = Arch(arch, info(arch), costs_of(info(arch)))
        sites = existing(test, era, partial(cheaper, [known])) if len(archs) == 1 else existing(test, era, lambda f: ())
        asked = Asked(ENGINE, test, arch, Options(era=era), test.condition.prop, NO_DEADLINE)
        with closing(Variants(asked, sites)) as variants:
            for _ in range(12):
                forms = {number: random.randrange(len(site.forms)) for number, site in enumerate(sites)}
                alone = ENGINE.check(chosen(test, sites, forms), arch, Options(verdict_only=True, era=era))
                assert alone.answer in (Answer.ALLOWED, Answer.FORBIDDEN)
                assert (variants.solution(forms) is None) == (alone.answer is Answer.FORBIDDEN), (arch, forms)


# --- what is known ------------------------------------------------------------------------------------------------


def changed(repair: Repair) -> list[set[str]]:
    return [{f"{change.text} at {change.line}" for change in changes} for changes in repair.sets]


def test_the_fix_of_the_thread_is_found() -> None:
    report = examined(ANON / "anon_vma.litmus", ("power", "alpha", "x86-tso", "sparc-rmo", "armv7"), "v2.6.27")
    assert changed(report.repairs[0]) == [{"smp_wmb() at 12", "smp_read_barrier_depends() at 21"}]
    assert (
        "smp_read_barrier_depends" not in examined(ANON / "anon_vma.litmus", ("power",), "v2.6.27").repairs[0].texts[0]
    )


def test_each_barrier_of_the_chain_is_needed_on_its_architecture() -> None:
    report = examined(ANON / "anon_vma+chain+both.litmus", OLD, "v2.6.27")
    needs = {(f.span.text, one.arch): one.need for f in report.findings for one in f.archs if f.what is What.BARRIER}
    assert needs["smp_wmb()", "power"] is needs["smp_wmb()", "alpha"] is Need.NECESSARY
    assert needs["smp_read_barrier_depends()", "power"] is Need.REDUNDANT
    assert needs["smp_read_barrier_depends()", "alpha"] is Need.NECESSARY
    assert {f.need for f in report.findings} == {Need.NECESSARY}


MP = """C MP
{{ }}
P0(int *x, int *y)
{{
	WRITE_ONCE(*x, 1);
	{first}
	WRITE_ONCE(*y, 1);
}}
P1(int *x, int *y)
{{
	int r0;
	int r1;

	r0 = READ_ONCE(*y);
	{second}
	r1 = READ_ONCE(*x);
}}
exists (1:r0=1 /\\ 1:r1=0)
"""


def test_a_full_barrier_is_stronger_than_needed() -> None:
    report = parsed(MP.format(first="smp_mb();", second="smp_mb();"), NEW)
    assert [(f.need, f.enough) for f in report.findings] == [
        (Need.STRONGER, ("smp_wmb()",)),
        (Need.STRONGER, ("smp_rmb()",)),
    ]
    assert report.reduced is not None
    assert changed(report.reduced) == [{"smp_wmb() at 6", "smp_rmb() at 15"}]
    assert report.reduced.texts[0] == MP.format(first="smp_wmb();", second="smp_rmb();")


def test_a_fence_that_is_too_weak_is_changed() -> None:
    path = ROOT / "tests" / "litmus" / "PPC" / "SB+lwsyncs.litmus"
    report = examined(path, ("power",), every=True)
    assert [[(c.old, c.text) for c in changes] for changes in report.repairs[0].sets] == [[("lwsync", "sync")] * 2]
    check(report, every=True)


def test_what_costs_more_and_orders_less_is_not_put_in_place_of_a_fence() -> None:
    text = """PPC MP+po+ctrlisync
{ 0:r2=x; 0:r4=y; 1:r2=y; 1:r4=x; }
 P0           | P1           ;
 li r1,1      | lwz r1,0(r2) ;
 stw r1,0(r2) | cmpw r1,r1   ;
 stw r1,0(r4) | beq  L       ;
              | L:           ;
              | isync        ;
              | lwz r3,0(r4) ;
exists (1:r1=1 /\\ 1:r3=0)
"""
    report = parsed(text, ("power",), every=True)
    assert [[change.text for change in changes] for changes in report.repairs[0].sets] == [["lwsync"], ["eieio"]]
    assert check(report, every=True)


ORDERED = """AArch64 MP
{{ 0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x; }}
 P0            | P1            ;
 MOV W0,#1     | {load} W0,[X1] ;
 STR W0,[X1]   | LDR W2,[X3]   ;
 {store} W0,[X3] |               ;
exists (1:X0=1 /\\ 1:X2=0)
"""


def test_ordered_accesses_of_assembly() -> None:
    found = parsed(ORDERED.format(load="LDR", store="STR"), ("aarch64",), every=True)
    assert [[c.text for c in changes] for changes in found.repairs[0].sets] == [["STLR W0,[X3]", "LDAPR W0,[X1]"]]
    assert check(found, every=True)
    there = parsed(ORDERED.format(load="LDAR", store="STLR"), ("aarch64",))
    assert [(f.text, f.need, f.enough) for f in there.findings] == [
        ("LDAR W0,[X1]", Need.STRONGER, ("LDAPR W0,[X1]",)),
        ("STLR W0,[X3]", Need.NECESSARY, ()),
    ]
    check(there)


STRENGTHS = [
    ("PPC", "sync", ["lwsync", "eieio"]), ("RISCV", "fence rw,rw", ["fence.tso", "fence rw,w", "fence w,w"]),
    ("AArch64", "DMB SY", ["DMB ISH", "DMB ISHST"]), ("AArch64", "DSB ISH", ["DMB ISH", "DMB ISHST"]),
    ("ALPHA", "mb", ["wmb"]),
]  # fmt: skip
SHAPES = {
    "PPC": """
        0:r1=1; 0:r2=x; 0:r4=y; 1:r2=y; 1:r4=x;
        stw r1,0(r2); stw r1,0(r4); lwz r1,0(r2); lwz r3,0(r4); lwsync; 1:r1=1 /\\ 1:r3=0""",
    "RISCV": """
        0:x5=1; 0:x6=x; 0:x7=y; 1:x6=y; 1:x7=x;
        sw x5,0(x6); sw x5,0(x7); lw x5,0(x6); lw x8,0(x7); fence r,r; 1:x5=1 /\\ 1:x8=0""",
    "AArch64": """
        0:X0=1; 0:X1=x; 0:X2=y; 1:X1=y; 1:X2=x;
        STR W0,[X1]; STR W0,[X2]; LDR W0,[X1]; LDR W3,[X2]; DMB ISHLD; 1:X0=1 /\\ 1:X3=0""",
    "ALPHA": """
        0:$1=1; 0:$2=x; 0:$3=y; 1:$2=y; 1:$3=x;
        stl $1,0($2); stl $1,0($3); ldl $1,0($2); ldl $4,0($3); mb; 1:$1=1 /\\ 1:$4=0""",
}
"""The initial state of MP, its stores and loads, a fence for the loads, and the outcome."""


@pytest.mark.parametrize(("dialect", "strong", "enough"), STRENGTHS)
def test_what_will_do_in_place_of_a_fence(dialect: str, strong: str, enough: list[str]) -> None:
    init, row = SHAPES[dialect].strip().splitlines()
    w1, w2, r1, r2, other, asked = row.split("; ")
    program = f" P0 | P1 ;\n {w1} | {r1} ;\n {strong} | {other} ;\n {w2} | {r2} ;\n"
    text = f"{dialect} MP\n{{ {init} }}\n{program}exists ({asked})\n"
    report = parsed(text, ({"PPC": "power"}.get(dialect, dialect.lower()),))
    found = next(f for f in report.findings if f.thread == 0)
    assert (found.text, found.need) == (strong, Need.STRONGER)
    assert set(enough) <= set(found.enough)
    check(report)


def test_fences_of_x86() -> None:
    program = " P0 | P1 ;\n MOV [x],$1 | MOV [y],$1 ;\n MFENCE | MFENCE ;\n SFENCE | MOV EAX,[x] ;\n MOV EAX,[y] | ;\n"
    text = f"X86 SB\n{{ }}\n{program}exists (0:EAX=0 /\\ 1:EAX=0)\n"
    report = parsed(text, ("x86-tso",))
    assert [(f.text, f.need) for f in report.findings] == [
        ("MFENCE", Need.NECESSARY),
        ("MFENCE", Need.NECESSARY),
        ("SFENCE", Need.REDUNDANT),
    ]
    check(report)


RELAXED = """C MP
{ }
P0(int *x, int *y) { int r0; WRITE_ONCE(*x, 1); r0 = FIRST(y, 1); }
P1(int *x, int *y) { int r0; int r1; r0 = SECOND(1, y); r1 = READ_ONCE(*x); }
exists (1:r0=1 /\\ 1:r1=0)
"""


def test_atomic_operations_may_be_made_stronger() -> None:
    text = RELAXED.replace("FIRST", "xchg_relaxed").replace("SECOND", "atomic_fetch_add_relaxed")
    report = parsed(text, ("aarch64",), every=True)
    assert [{c.text for c in changes} for changes in report.repairs[0].sets] == [
        {"xchg_release(y, 1)", "atomic_fetch_add_acquire(1, y)"}
    ]
    check(report, every=True)
    full = parsed(RELAXED.replace("FIRST", "xchg").replace("SECOND", "atomic_fetch_add"), ("aarch64", "power"))
    assert [(f.need, f.enough) for f in full.findings] == [
        (Need.STRONGER, ("xchg_release(y, 1)",)),
        (Need.STRONGER, ("atomic_fetch_add_acquire(1, y)",)),
    ]
    check(full)


def test_a_lock_of_which_nothing_is_needed() -> None:
    text = """C lock
{ spinlock_t l; }
P0(spinlock_t *l, int *x) { spin_lock(l); WRITE_ONCE(*x, 1); spin_unlock(l); }
P1(spinlock_t *l, int *x) { int r0; int r1; r0 = READ_ONCE(*x); r1 = READ_ONCE(*x); }
exists (1:r0=1 /\\ 1:r1=0)
"""
    report = parsed(text, ("power", "x86-tso"))
    assert [(f.what, f.need) for f in report.findings] == [(What.LOCK, Need.REDUNDANT)]
    check(report)


def test_a_mandatory_barrier_may_be_one_for_devices() -> None:
    report = parsed(MP.format(first="mb();", second="rmb();"), NEW)
    assert [(f.text, f.enough[-1]) for f in report.findings] == [("mb()", "dma_wmb()"), ("rmb()", "dma_rmb()")]


def test_barriers_that_belong_together() -> None:
    report = parsed(MP.format(first="smp_wmb();", second="smp_rmb();"), NEW)
    assert [(p.text, [q.text for q in p.partners]) for p in report.pairs] == [
        ("smp_wmb()", ["smp_rmb()"]),
        ("smp_rmb()", ["smp_wmb()"]),
    ]


def test_a_partner_may_be_one_of_two_that_do_the_same() -> None:
    report = parsed(MP.format(first="smp_wmb();", second="smp_rmb(); smp_rmb();"), ("power",))
    assert [(p.text, {q.text for q in p.partners}) for p in report.pairs] == [("smp_wmb()", {"smp_rmb()"})]
    alone = parsed(MP.format(first="smp_wmb();", second="smp_rmb();").replace("smp_rmb();", ""), ("alpha",))
    assert [(p.text, p.partners) for p in alone.pairs] == [("smp_wmb()", ())]


def test_one_barrier_is_redundant_beside_another_and_both_are_not() -> None:
    report = parsed(MP.format(first="smp_wmb(); smp_wmb();", second="smp_rmb();"), NEW)
    assert [f.need for f in report.findings] == [Need.REDUNDANT, Need.REDUNDANT, Need.NECESSARY]
    assert report.reduced is not None
    assert report.reduced.texts[0].count("smp_wmb") == 1


def test_a_lock_that_is_needed() -> None:
    text = """C lock
{ spinlock_t l; }
P0(spinlock_t *l, int *x) { int r0; spin_lock(l); r0 = *x; *x = r0 + 1; spin_unlock(l); }
P1(spinlock_t *l, int *x) { int r0; spin_lock(l); r0 = *x; *x = r0 + 1; spin_unlock(l); }
exists (x=1)
"""
    report = parsed(text, ("x86-tso", "sc"))
    locks = [f for f in report.findings if f.what is What.LOCK]
    assert [f.need for f in locks] == [Need.NECESSARY, Need.NECESSARY]
    check(report)


def test_an_outcome_that_no_barrier_forbids() -> None:
    text = "C SC\n{ }\nP0(int *x) { WRITE_ONCE(*x, 1); }\nP1(int *x) { int r0; r0 = READ_ONCE(*x); }\nexists (1:r0=1)\n"
    report = parsed(text, NEW)
    assert report.repairs[0].impossible == NEW
    assert report.repairs[0].interleaved
    assert report.repairs[0].sets == ()


def test_forall_asks_for_what_refutes_it() -> None:
    text = MP.format(first="", second="").replace("exists (1:r0=1 /\\ 1:r1=0)", "forall (1:r0=0 \\/ 1:r1=1)")
    report = parsed(text, ("power",))
    assert report.answers == (("power", Answer.ALLOWED),)
    check(report)


def test_a_body_without_braces_gets_them() -> None:
    text = MP.format(first="if (READ_ONCE(*y) == 0)", second="smp_rmb();")
    report = parsed(text, ("power",))
    assert report.repairs
    check(report)


@pytest.mark.parametrize(
    ("code", "repaired"),
    [
        ("if (r0)\n\t\tr1 = *x;", "if (r0)\n\t\t{ smp_rmb(); r1 = *x; }"),
        ("if (r0) { r1 = *x; }", "if (r0) { smp_rmb(); r1 = *x; }"),
        ("if (r0 == 0) r1 = 2; else r1 = *x;", "if (r0 == 0) r1 = 2; else { smp_rmb(); r1 = *x; }"),
        ("for (r2 = 0; r2 < 1; r2++) r1 = *x;", "for (r2 = 0; r2 < 1; r2++) { smp_rmb(); r1 = *x; }"),
        ("/* if (a) */ r1 = *x;", "/* if (a) */ smp_rmb(); r1 = *x;"),
        ("if (*x == 0) r1 = 0; else r1 = 1;", "smp_rmb();\n\tif (*x == 0) r1 = 0; else r1 = 1;"),
    ],
)
def test_where_a_barrier_is_written(code: str, repaired: str) -> None:
    text = MP.format(first="smp_wmb();", second="").replace("\tint r1;", "\tint r1 = 2; int r2;")
    text = text.replace("READ_ONCE(*y)", "*y").replace("r1 = READ_ONCE(*x);", code)
    report = parsed(text, ("armv7", "power"), "v2.6.27", every=True)
    assert text.replace(code, repaired) in report.repairs[0].texts
    check(report, every=True)


def test_a_function_that_two_threads_call_is_changed_once() -> None:
    text = """C twice
{ }
static void one(int *a, int *b)
{
	WRITE_ONCE(*a, 1);
	WRITE_ONCE(*b, 1);
}
P0(int *x, int *y) { one(x, y); }
P1(int *x, int *y) { int r0; int r1; r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x); }
exists (1:r0=1 /\\ 1:r1=0)
"""
    report = parsed(text, ("power", "aarch64"), every=True)
    assert report.repairs[0].sets
    check(report, every=True)


def test_one_repair_for_each_architecture() -> None:
    report = parsed(MP.format(first="", second=""), ("power", "x86-tso", "aarch64"), each=True)
    assert [repair.archs for repair in report.repairs] == [("power",), ("aarch64",)]
    check(report)


def test_an_architecture_that_does_not_decide_the_test_is_skipped() -> None:
    report = parsed(MP.format(first="smp_wmb();", second=""), ("power", "aarch64"), "v2.6.27")
    assert [arch for arch, _ in report.skipped] == ["aarch64"]
    assert [arch for arch, _ in report.answers] == ["power"]


RING = """PCI ring
{{ }}
topology {{
  host bus 0;
  bus 1 under 0;
  device nic on 1: P1, bell;
  cpu {cpu}: P0;
  memory: data;
}}
 P0                  | P1             ;
 WRITE_ONCE(data, 1) | r1 = read bell ;
 {barrier}           | r2 = read data ;
 write bell = 1      |                ;
exists (1:r1=1 /\\ 1:r2=0)
"""
FLUSH = """PCI flush
{ }
topology {
  host bus 0;
  bus 1 under 0;
  device nic on 1: P1, mask;
  cpu x86: P0;
  memory: y;
}
 P0                | P1             ;
 writel(1, mask)   | write y = 1    ;
 r1 = READ_ONCE(y) | r1 = read mask ;
exists (0:r1=0 /\\ 1:r1=0)
"""


def test_what_a_driver_needs_between_memory_and_a_device() -> None:
    """The device reads by way of the bridge what the processor has written: mb() on Alpha, wmb() on Power."""
    for cpu, barrier in (("alpha", "mb()"), ("power", "wmb()"), ("x86", None)):
        report = parsed(RING.format(cpu=cpu, barrier=" " * 9), ("pci-tree",))
        texts = [change.text for repair in report.repairs for change in repair.sets[0]]
        assert texts == ([] if barrier is None else [barrier])
        check(report)
    (found,) = parsed(RING.format(cpu="alpha", barrier="mb()"), ("pci-tree",)).findings
    assert (found.text, found.need) == ("mb()", Need.NECESSARY)
    (found,) = parsed(RING.format(cpu="x86", barrier="wmb()"), ("pci-tree",)).findings
    assert (found.text, found.need) == ("wmb()", Need.REDUNDANT)


def test_where_no_barrier_does_a_read_back_may() -> None:
    report = parsed(FLUSH, ("pci-tree",))
    ((back,),) = report.repairs[0].sets
    assert (back.text, back.line) == ("r0 = readl(mask)", 12)
    check(report)
    (repair,) = parsed(FLUSH, ("pci-tree",), kinds=(CandidateKind.BARRIERS, CandidateKind.ATTRIBUTES)).repairs
    assert (repair.sets, repair.impossible) == ((), ("pci-tree",))


def test_too_many_places_are_a_limit() -> None:
    body = "WRITE_ONCE(*x, 1);\n" * 100
    text = f"C many\n{{ }}\nP0(int *x) {{\n{body}}}\nexists (x=2)\n"
    with pytest.raises(LimitReached):
        parsed(text.replace("exists (x=2)", "exists (x=1)"), NEW)


def test_a_report_pickles_and_says_what_it_is() -> None:
    report = litmus.validate_barriers(str(ANON / "anon_vma.litmus"), "power,alpha", era="v2.6.27")
    assert pickle.loads(pickle.dumps(report)) == report
    assert repr(report).startswith("<BarrierReport of anon_vma: Allowed on power, alpha;")


def test_an_unknown_era_and_an_architecture_named_twice_are_errors() -> None:
    with pytest.raises(litmus.UsageError, match="unknown era"):
        litmus.validate_barriers(str(ANON / "anon_vma.litmus"), "power", era="v3")
    with pytest.raises(litmus.UsageError, match="twice"):
        litmus.validate_barriers(str(ANON / "anon_vma.litmus"), "power,power")


# --- the thread ---------------------------------------------------------------------------------------------------


BEFORE_AND_AFTER = [("anon_vma", "anon_vma+wmb+depends"), ("anon_vma+chain", "anon_vma+chain+both")]


def cost_of(report: BarrierReport, after: LitmusTest) -> int:
    """What the barriers cost that a fix has beyond the program before it, by what the candidates for it cost."""
    prices = {candidate.change.text: candidate.cost for candidate in report.repairs[0].candidates}
    text = after.source.text
    return sum(cost * (text.count(name) - report.test.source.text.count(name)) for name, cost in prices.items())


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
def test_the_repair_costs_no_more_than_the_fix(before: str, after: str) -> None:
    report = examined(ANON / f"{before}.litmus", OLD, "v2.6.27")
    assert report.repairs[0].sets
    assert report.repairs[0].cost <= cost_of(report, read_test(str(ANON / f"{after}.litmus")))


# --- the parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "old", "new", "found"),
    [
        ("READ_ONCE(*x)", "READ_ONCE", "smp_load_acquire", "smp_load_acquire(x)"),
        ("READ_ONCE(s->a)", "READ_ONCE", "smp_load_acquire", "smp_load_acquire(&s->a)"),
        ("WRITE_ONCE(*x, f(1, 2))", "WRITE_ONCE", "smp_store_release", "smp_store_release(x, f(1, 2))"),
        ("smp_load_acquire(&s->a)", "smp_load_acquire", "READ_ONCE", "READ_ONCE(s->a)"),
        ("smp_store_release(x, 1)", "smp_store_release", "WRITE_ONCE", "WRITE_ONCE(*x, 1)"),
        ("smp_store_release(x + 1, 1)", "smp_store_release", "WRITE_ONCE", "WRITE_ONCE(*(x + 1), 1)"),
        ("*x = 1", "plain_write", "smp_store_release", "smp_store_release(x, 1)"),
        ("*x", "plain_read", "smp_load_acquire", "smp_load_acquire(x)"),
        ("xchg(x, 1)", "xchg", "xchg_relaxed", "xchg_relaxed(x, 1)"),
        ("atomic_inc_return_acquire(v)", "atomic_add_return_acquire", "atomic_add_return_relaxed",
         "atomic_inc_return_relaxed(v)"),
        ("atomic_read(v)", "READ_ONCE", "smp_load_acquire", "atomic_read_acquire(v)"),
        ("atomic_set_release(v, 1)", "smp_store_release", "WRITE_ONCE", "atomic_set(v, 1)"),
        ("smp_mb()", "smp_mb", "smp_wmb", "smp_wmb()"),
        ("*x += 1", "plain_write", "smp_store_release", None),
    ],
)  # fmt: skip
def test_a_call_in_place_of_another(text: str, old: str, new: str, found: str | None) -> None:
    assert call_in_place_of(text, old, new) == found


def test_hitting_sets_are_the_cheapest() -> None:
    clauses = [frozenset({(0, 1), (1, 1)}), frozenset({(1, 1), (2, 1)}), frozenset({(3, 1), (3, 2)})]
    costs = {(0, 1): 1, (1, 1): 3, (2, 1): 1, (3, 1): 2, (3, 2): 2}
    assert hitting_sets(clauses, costs, every=True) == [
        frozenset({(0, 1), (2, 1), (3, 1)}),
        frozenset({(0, 1), (2, 1), (3, 2)}),
    ]
    assert len(hitting_sets(clauses, costs)) == 1
    assert hitting_sets([], costs) == [frozenset()]
    assert hitting_sets([frozenset()], costs) == []
    assert hitting_sets([frozenset({(0, 1)}), frozenset({(0, 2)})], {(0, 1): 1, (0, 2): 1}) == []


def test_every_architecture_has_costs_of_its_fences() -> None:
    for known in models():
        if known.kernel and not known.of_language:  # what is placed is for machines
            costs = costs_of(known)
            assert costs.stated, known.name
            assert all(1 <= cost <= 1000 for cost in costs.operations.values())


FENCED = {
    "power": ("classic/ppc", 1), "alpha": ("classic/alpha", 1), "x86-2006": ("classic/x86", 1),
    "aarch64": ("../tests/litmus/AArch64", 1), "riscv": ("../tests/litmus/RISCV", 1),
}  # fmt: skip


@pytest.mark.parametrize("arch", FENCED)
def test_a_fence_that_covers_another_forbids_all_that_it_does(arch: str) -> None:
    known = Arch(arch, info(arch), costs_of(info(arch)))
    tried = 0
    for path in sorted((CATALOG / FENCED[arch][0]).glob("*.litmus")):
        test = read_test(str(path))
        if answered(test, arch) is not Answer.FORBIDDEN:
            continue
        for thread in test.threads:
            for at, statement in enumerate(thread.body):
                if not isinstance(statement, Fence) or statement.tags not in known.fences:
                    continue
                weaker = known.fences[statement.tags].name
                for stronger in known.offered:
                    if weaker in known.costs.covers.get(stronger.name, ()):
                        body = (*thread.body[:at], replace(statement, tags=stronger.tags), *thread.body[at + 1 :])
                        threads = tuple(replace(t, body=body) if t is thread else t for t in test.threads)
                        assert answered(replace(test, threads=threads), arch) is Answer.FORBIDDEN, (path, stronger.name)
                        tried += 1
    assert tried


def answered(test: LitmusTest, arch: str) -> Answer:
    return ENGINE.check(test, arch, Options(verdict_only=True)).answer


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- source: s\n  covers: {sync: [sink]}\n", "no operation 'sink'"),
        ("- source: s\n  only_there: yes\n", "must be 'true'"),
        ("- source: s\n  sink: 3\n", "no operation 'sink'"),
        ("- source: s\n  sync: 0\n", "whole number"),
        ("- source: s\n  sync: lots\n", "whole number"),
        ("- sync: 3\n", "needs a 'source'"),
        ("- source: s\n  sync: 1\n- source: t\n  sync: 2\n", "given twice"),
        ("- source: \xff\n", "not UTF-8"),
    ],
)
def test_costs_that_do_not_follow_the_schema(text: str, message: str, own_power: Path) -> None:
    (own_power.parent / "costs").mkdir()
    (own_power.parent / "costs" / "power.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(litmus.ModelError, match=message):
        costs_of(read_info(own_power))


@pytest.fixture
def own_power(tmp_path: Path) -> Path:
    """A copy of the model of Power, without costs: its description."""
    for suffix in (".cat", ".yaml"):
        text = (ROOT / "archs" / f"power{suffix}").read_text("utf-8")
        (tmp_path / f"power{suffix}").write_text(text.replace("[ppc]", "[]"), "utf-8")
    return tmp_path / "power.yaml"


def test_costs_elsewhere_are_not_read(own_power: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    elsewhere.write_text("- source: s\n  secret: 1\n", "utf-8")
    (own_power.parent / "costs").mkdir()
    (own_power.parent / "costs" / "power.yaml").symlink_to(elsewhere)
    with pytest.raises(litmus.ModelError, match="link to a file elsewhere"):
        costs_of(read_info(own_power))


def test_a_model_of_yours_works_as_ours_do(own_power: Path) -> None:
    text = MP.format(first="", second="")
    plain, ours = (parsed(text, (arch,), every=True) for arch in (str(own_power.with_suffix(".cat")), "power"))
    assert plain.repairs[0].cost < ours.repairs[0].cost
    check(plain, every=True)


def test_a_model_without_costs_has_plain_ones(own_power: Path) -> None:
    assert costs_of(read_info(own_power)) == Costs()
    assert costs_of(info("power")).of("sync") > costs_of(info("power")).of("lwsync")
