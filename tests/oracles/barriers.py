"""Checks what is said of barriers, by deciding the programs as they are written and by trying every set.

    python -m oracles.barriers CATALOG CORPORA N [--candidates KINDS] [--suite NAME] [--part K/N]

examines the whole catalogue and N tests of each suite, checks each report, and prints how many there were and what they
took. Each suite is examined on its own architecture, kernel C on three at once. KINDS are those of the candidates, as
for `litmus barriers --candidates`; `--part 2/4` is the second of four runs that together are the whole.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from oracles.shared import engine

import litmus
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.kinds import USUAL, CandidateKind, named_kinds
from litmus.barriers.report import BarrierReport, Candidate, Change, Finding, Need, Repair
from litmus.barriers.sites import What
from litmus.barriers.writing import edited
from litmus.base.errors import LimitReached, LitmusError
from litmus.explanations.hitting import hitting_sets
from litmus.frontend.files import read_test
from litmus.ir.events import EventGraph, GuardedRelation
from litmus.ir.litmus_test import Condition, Quantifier
from litmus.ir.options import Options
from litmus.ir.verdict import Answer

MOST = 8
"""Places of candidates with which brute force tries sets of them."""

MOST_SETS = 50_000
"""Sets that brute force tries of one test: in the catalogue and the suites all that cost no more than the repair."""

SUITES = {
    "x86": ("x86-tso",),
    "ppc": ("power",),
    "riscv": ("riscv",),
    "aarch64": ("aarch64",),
    "lkmm": ("power", "aarch64", "x86-tso"),
}

ARCHS = {
    "C": SUITES["lkmm"],
    "PPC": SUITES["ppc"],
    "X86": SUITES["x86"],
    "X86_64": SUITES["x86"],
    "ALPHA": ("alpha",),
    "AArch64": SUITES["aarch64"],
    "RISCV": SUITES["riscv"],
    "ARM": ("armv7",),
    "MIPS": ("mips",),
    "PCI": ("pci-tree",),
}
"""The architectures on which a test of the catalogue is examined, by its dialect."""


def allows(text: str, report: BarrierReport, arch: str) -> bool:
    """Whether an architecture allows the outcome of the program in a text."""
    test = litmus.parse(text)
    asked = replace(test, condition=Condition(Quantifier.EXISTS, report.asked))
    found = engine.check(asked, arch, Options(verdict_only=True, era=report.era or "v6"))
    return found.answer is Answer.ALLOWED


def with_changes(report: BarrierReport, changes: Sequence[Change]) -> str:
    """The text of a test with changes."""
    return edited(report.test.source.text, [edit for change in changes for edit in change.edits])


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

    ready = engine.prepare(report.test, arch, Options(era=report.era or "v6"), change=without)
    found = engine.decide(ready, Condition(Quantifier.EXISTS, report.asked), Options(verdict_only=True))
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


def check_by_force(report: BarrierReport, repair: Repair, every: bool, most: int = MOST_SETS) -> bool:
    """No cheaper set of candidates forbids the outcome; with `every`, no other set that costs as much.

    Without a repair none of the sets does. The cheapest are tried first; says whether no more than `most` are to be
    tried, so that all were.
    """
    found = {frozenset(changes) for changes in repair.sets}
    limit = repair.cost + every if repair.sets else sum(c.cost for c in repair.candidates) + 1
    sets = list(islice(_cheaper(repair.candidates, limit), most + 1))
    for some in sorted(sets[:most], key=lambda some: sum(candidate.cost for candidate in some)):
        changes = [candidate.change for candidate in some]
        text = with_changes(report, changes)
        forbids = not any(allows(text, report, arch) for arch in repair.archs)
        if forbids and repair.more and sum(candidate.cost for candidate in some) == repair.cost:
            continue  # one of those that are not listed
        assert forbids == (frozenset(changes) in found), changes
    return len(sets) <= most


def _cheaper(candidates: Sequence[Candidate], limit: int) -> Iterator[tuple[Candidate, ...]]:
    """The sets of candidates that cost less than a limit; what is at one place is changed once."""
    if limit <= 0:
        return
    yield ()
    for k, candidate in enumerate(candidates):
        others = [c for c in candidates[k + 1 :] if not c.change.old or c.change.span != candidate.change.span]
        for some in _cheaper(others, limit - candidate.cost):
            yield candidate, *some


def places_of(repair: Repair) -> int:
    """How many places of a program the candidates are at."""
    return len({(candidate.change.span.start, bool(candidate.change.old)) for candidate in repair.candidates})


def check(report: BarrierReport, every: bool = False, most: int = MOST_SETS) -> bool:
    """Raises AssertionError if a report does not hold.

    Repairs of at most `MOST` places are checked by trying sets of candidates, up to `most`; says whether all were.
    """
    for arch, answer in report.answers:
        assert (answer is Answer.ALLOWED) == allows(report.test.source.text, report, arch)
    for finding in report.findings:
        check_finding(report, finding)
    for repair in [*report.repairs, *([report.reduced] if report.reduced is not None else [])]:
        check_repair(report, repair)
    small = [repair for repair in report.repairs if places_of(repair) <= MOST]
    whole = [check_by_force(report, repair, every, most) for repair in small]
    return all(whole) and len(small) == len(report.repairs)


def main(catalog: Path, corpora: Path, most: int, kinds: tuple[CandidateKind, ...], only: str, part: str) -> int:
    """Examines tests; 1 if a report does not hold."""
    good = True
    number, parts = map(int, part.split("/"))
    for suite in ("catalog", *SUITES):
        if only not in ("", suite):
            continue
        files = sorted((catalog if suite == "catalog" else corpora / suite).rglob("*.litmus"))
        files = files if suite == "catalog" else files[:: max(1, len(files) // most)][:most]
        seconds: list[float] = []
        refused = limits = repaired = small = forced = impossible = 0
        for path in files[number - 1 :: parts]:
            started = time.process_time()
            try:
                test = read_test(str(path))
                archs = SUITES.get(suite) or ARCHS.get(test.arch, ())
                report = examine(engine, test, archs, Options(timeout=120), Wanted(every=True, kinds=kinds))
            except LimitReached as error:
                print(f"{path}: {error}", flush=True)
                limits += 1
                continue
            except LitmusError:
                refused += 1
                continue
            seconds.append(time.process_time() - started)
            repaired += any(repair.sets for repair in report.repairs)
            impossible += any(repair.impossible for repair in report.repairs)
            few = bool(report.repairs) and all(places_of(repair) <= MOST for repair in report.repairs)
            small += few
            try:
                whole = check(report, every=True)
            except Exception as error:  # whatever it is: the next test is to be looked at, too
                print(f"{path}: {type(error).__name__} {error}", flush=True)
                good = False
                continue
            forced += few and whole
            if few and not whole:
                print(f"{path}: more than {MOST_SETS} sets of candidates", flush=True)
        if not seconds:
            continue
        spread = f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
        mended = f"{repaired} with a repair, {impossible} without; {small} of at most {MOST} places, {forced} by force"
        print(
            f"{suite}: {len(seconds)} reports, {mended}; {refused} refused, {limits} at a limit; {spread}", flush=True
        )
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("catalog", type=Path)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("most", type=int)
    parser.add_argument("--candidates", default=",".join(kind.value for kind in USUAL))
    parser.add_argument("--suite", default="")
    parser.add_argument("--part", default="1/1")
    given = parser.parse_args()
    named = named_kinds(given.candidates.split(","))
    sys.exit(main(given.catalog, given.corpora, given.most, named, given.suite, given.part))
