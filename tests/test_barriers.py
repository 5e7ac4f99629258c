"""Barriers: that each finding holds in the file, that repairs are sound and cheapest, and what belongs together."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from conftest import ROOT
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.candidates import Arch, cheaper
from litmus.barriers.costs import Costs, costs_of
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.hitting import hitting_sets
from litmus.barriers.report import BarrierReport, Change, Finding, Need, Repair
from litmus.barriers.sites import What, existing
from litmus.barriers.variants import Variants, chosen
from litmus.barriers.writing import call_in_place_of, edited
from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import LimitReached
from litmus.cat.registry import info, models, read_info
from litmus.explanations.trials import Asked
from litmus.frontend.files import read_test
from litmus.ir.events import EventGraph, GuardedRelation
from litmus.ir.litmus_test import Condition, LitmusTest, Quantifier
from litmus.ir.options import Options
from litmus.ir.verdict import Answer

CATALOG = ROOT / "catalog"
ANON = CATALOG / "anon_vma"
OLD, NEW = ("power", "alpha", "x86-tso"), ("power", "aarch64", "x86-tso")
MOST = 8
"""Candidates with which brute force tries every set."""


def examined(path: Path, archs: Sequence[str], era: str = "v6", **wanted: bool) -> BarrierReport:
    return examine(ENGINE, read_test(str(path)), archs, Options(era=era), Wanted(**wanted))


def parsed(text: str, archs: Sequence[str], era: str = "v6", **wanted: bool) -> BarrierReport:
    return examine(ENGINE, litmus.parse(text), archs, Options(era=era), Wanted(**wanted))


def allows(text: str, report: BarrierReport, arch: str) -> bool:
    """Whether an architecture allows the outcome of the program in a text."""
    test = litmus.parse(text)
    asked = replace(test, condition=Condition(Quantifier.EXISTS, report.asked))
    found = ENGINE.check(asked, arch, Options(verdict_only=True, era=report.era or "v6"))
    return found.answer is Answer.ALLOWED


def with_changes(report: BarrierReport, changes: Sequence[Change]) -> str:
    return edited(report.test.source.text, [edit for change in changes for edit in change.edits])


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


def named(case: tuple[Path, tuple[str, ...], str]) -> str:
    return f"{case[0].stem}-{case[2]}"


# --- checked by what shares nothing with what found them ----------------------------------------------------------


def check_finding(report: BarrierReport, finding: Finding) -> None:
    """Each weaker form is decided as it is written, on each architecture."""
    for change in finding.changes:
        text = with_changes(report, [change])
        for one in finding.archs:
            enough = one.need is Need.REDUNDANT or change.text in one.enough
            assert allows(text, report, one.arch) != enough, (finding.text, change.text, one.arch)
    if finding.what is What.DEPENDENCY:
        for one in finding.archs:
            assert broken(report, finding, one.arch) == (one.need is not Need.REDUNDANT), (finding.text, one.arch)


def broken(report: BarrierReport, finding: Finding, arch: str) -> bool:
    """Whether the outcome is possible without a dependency."""

    def without(graph: EventGraph) -> EventGraph:
        known = graph.relations[finding.text]
        rows = list(known.rows)
        for a, first in enumerate(graph.events):
            for b, second in enumerate(graph.events):
                goes = finding.to is None or (second.span is not None and second.span.start == finding.to.start)
                if first.span is not None and first.span.start == finding.span.start and goes:
                    rows[a] &= ~(1 << b)
        relations = {**graph.relations, finding.text: GuardedRelation(tuple(rows), known.conditions)}
        return replace(graph, relations=relations)

    ready = ENGINE.prepare(report.test, arch, Options(era=report.era or "v6"), change=without)
    found = ENGINE.decide(ready, Condition(Quantifier.EXISTS, report.asked), Options(verdict_only=True))
    assert found.possible is not None
    return found.possible


def check_repair(report: BarrierReport, repair: Repair) -> None:
    """The programs as they are written forbid the outcome; and every cheaper set of candidates leaves some bound."""
    for changes, text in zip(repair.sets, repair.texts, strict=True):
        assert text == with_changes(report, changes)
        assert not any(allows(text, report, arch) for arch in repair.archs)
    for bound in repair.proof:
        assert bound.arch in repair.archs
    if repair.sets:
        places = [c.change.span.start if c.change.old else -k - 1 for k, c in enumerate(repair.candidates)]
        elements = list(zip(places, range(len(places)), strict=True))  # one change of what is at one place
        costs = {element: c.cost for element, c in zip(elements, repair.candidates, strict=True)}
        clauses = [frozenset(elements[k] for k in bound.needed) for bound in repair.proof]
        least = hitting_sets(clauses, costs)
        assert sum(costs[e] for e in least[0]) == repair.cost


def check_by_force(report: BarrierReport, repair: Repair, every: bool) -> None:
    """No cheaper set of candidates forbids the outcome; with `every`, no other set that costs as much."""
    candidates = repair.candidates
    found = {frozenset(changes) for changes in repair.sets}
    for count in range(len(candidates) + 1):
        for some in combinations(candidates, count):
            places = [candidate.change.span for candidate in some if candidate.change.old]
            cost = sum(candidate.cost for candidate in some)
            if len(set(places)) < len(places) or (repair.sets and cost >= repair.cost + every):
                continue
            changes = [candidate.change for candidate in some]
            text = with_changes(report, changes)
            forbids = not any(allows(text, report, arch) for arch in repair.archs)
            assert forbids == (frozenset(changes) in found), changes


def check(report: BarrierReport, every: bool = False) -> None:
    for arch, answer in report.answers:
        assert (answer is Answer.ALLOWED) == allows(report.test.source.text, report, arch)
    for finding in report.findings:
        check_finding(report, finding)
    for repair in [*report.repairs, *([report.reduced] if report.reduced is not None else [])]:
        check_repair(report, repair)
    for repair in report.repairs:
        if len(repair.candidates) <= MOST:
            check_by_force(report, repair, every)


@pytest.mark.parametrize("case", SAMPLE, ids=named)
def test_findings_and_repairs_hold_in_the_file(case: tuple[Path, tuple[str, ...], str]) -> None:
    check_case(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE, ids=named)
def test_findings_and_repairs_hold_in_the_whole_catalogue(case: tuple[Path, tuple[str, ...], str]) -> None:
    check_case(case)


def check_case(case: tuple[Path, tuple[str, ...], str]) -> None:
    path, archs, era = case
    try:
        report = examined(path, archs, era, every=True)
    except litmus.UnsupportedError:
        with pytest.raises(litmus.UnsupportedError):
            ENGINE.check(read_test(str(path)), archs[0], Options(era=era))
        return
    check(report, every=True)


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


def test_a_test_with_buses_is_refused() -> None:
    path = next((CATALOG / "pci").rglob("*.litmus"))
    with pytest.raises(litmus.UnsupportedError, match="buses"):
        examined(path, ("pci-pc",))


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
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
