"""Barriers on the catalogue's programs before and after a fix: no fix costs less than the repair that is found.

Where one costs more, the catalogue says so after the word "Cheaper", with what is enough.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import permutations
from typing import TypeGuard

import pytest
import yaml
from conftest import ROOT
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.candidates import Arch, cost
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.report import Repair
from litmus.barriers.sites import Form, Site, What, marker
from litmus.barriers.writing import bodies
from litmus.batch.columns import deciding
from litmus.cat.costs import costs_of, kernel_candidates
from litmus.cat.registry import info
from litmus.frontend.condition import prop_text
from litmus.frontend.files import read_test
from litmus.ir.kernel import Kind, kind_of
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Fence, Primitive, Statement
from litmus.ir.verdict import Answer
from litmus.pci.cpus import read_cpus

Barrier = Primitive | Fence

EXAMPLES = int(os.environ.get("LITMUS_EXAMPLES", "0"))
CATALOG = ROOT / "catalog"
SHELVES = (
    "anon_vma",
    *sorted(path.name for path in CATALOG.glob("kernel-*")),
    *sorted(f"lkmm/{path.parent.name}" for path in CATALOG.glob("lkmm/*/shelf.yaml")),
    *sorted(f"pci/{path.parent.name}" for path in CATALOG.glob("pci/*/shelf.yaml")),
)
"""The shelves with fixes: on the others, programs with the same barrier everywhere are there to show what it does."""


def is_barrier(statement: Statement) -> TypeGuard[Barrier]:
    return isinstance(statement, Fence) or (isinstance(statement, Primitive) and kind_of(statement.name) is Kind.FENCE)


def barriers(test: LitmusTest) -> Mapping[tuple[int, int, Barrier], int]:
    """The barriers of a test by thread, the number of other statements before them, and what they are."""
    found: dict[tuple[int, int, Barrier], int] = defaultdict(int)
    for thread, body in bodies(test).items():
        for at, statement in enumerate(body):
            if is_barrier(statement):
                found[thread, sum(not is_barrier(other) for other in body[:at]), statement] += 1
    return found


def added(before: LitmusTest, after: LitmusTest) -> list[Barrier]:
    """The barriers that one test has and the other has not."""
    there = barriers(before)
    return [place[2] for place, count in barriers(after).items() if place not in there for _ in range(count)]


def name_of(statement: Barrier) -> str:
    """What a barrier is called: in assembly one of PCI tests, whose fences have one name."""
    return statement.name if isinstance(statement, Primitive) else next(iter(statement.tags)).lower()


@cache
def pairs() -> tuple[tuple[LitmusTest, LitmusTest], ...]:
    """The programs of which one has just more barriers than the other, with the same question."""
    same: dict[object, list[LitmusTest]] = defaultdict(list)
    for shelf in SHELVES:
        for path in sorted((CATALOG / shelf).glob("*.litmus")):
            test = read_test(str(path))
            rest = [(k, [s for s in body if not is_barrier(s)]) for k, body in bodies(test).items()]
            where = test.topology.text() if test.topology is not None else ""
            same[repr(rest), where, prop_text(test, test.condition.prop)].append(test)
    return tuple(
        (before, after)
        for tests in same.values()
        for before, after in permutations(tests, 2)
        if barriers(before).items() < barriers(after).items()
    )


@cache
def arguments() -> Mapping[str, str]:
    found = {}
    for shelf in SHELVES:
        tests = yaml.safe_load((CATALOG / shelf / "shelf.yaml").read_text("utf-8"))["tests"]
        found.update({name: entry.get("argument", "") for name, entry in tests.items()})
    return found


def answers(test: LitmusTest, archs: tuple[str, ...], era: str) -> Mapping[str, Answer]:
    return dict(examine(ENGINE, test, archs, Options(era=era), Wanted(repair=False)).answers)


def architecture(name: str, test: LitmusTest, era: str) -> Arch:
    """An architecture with its costs; of a model of buses, those of the CPUs of a test."""
    if test.topology is None:
        return Arch(name, info(name), costs_of(info(name)))
    cpus = read_cpus(test.topology.cpu)
    return Arch(name, cpus.architecture, costs_of(cpus.architecture), cpus.io[era])


def cost_of(statement: Barrier, arch: Arch, era: str) -> int:
    forms = (Form("", None), Form("", statement))
    return cost(Site(What.PLACE, (), forms, 0, marker("a barrier")), 1, arch, era)


def repaired(before: LitmusTest, after: LitmusTest, era: str) -> tuple[Repair, int] | None:
    """The repair on the architectures on which the fix is one, and what the fix costs; None if it is one on none."""
    archs = deciding([before], [era], machines=True)
    old, new = (answers(test, archs, era) for test in (before, after))
    good = tuple(arch for arch in old if new.get(arch) is Answer.FORBIDDEN)
    if not any(old[arch] is Answer.ALLOWED for arch in good):
        return None
    written = kernel_candidates(era).written if before.has_primitives else 0
    known = [architecture(arch, before, era) for arch in good]
    cost = sum(written + sum(cost_of(one, arch, era) for arch in known) for one in added(before, after))
    report = examine(ENGINE, before, good, Options(era=era), Wanted(every=True))
    return report.repairs[0], cost


def check(before: LitmusTest, after: LitmusTest, era: str) -> None:
    names = {name_of(statement) for statement in added(before, after)}
    if before.has_primitives:
        known = kernel_candidates(era)
        candidates = {*known.barriers, "smp_read_barrier_depends"} if before.topology is None else set(known.mandatory)
        if not names <= candidates:  # the others promise more, or something else, and are no candidates
            return
    try:
        found = repaired(before, after, era)
    except litmus.UnsupportedError:  # kernels of this era do not have one of these barriers
        return
    if found is None:
        return
    repair, cost = found
    assert repair.sets, (before.name, after.name, era)
    assert repair.cost <= cost, (before.name, after.name, era)
    if repair.cost < cost:
        said = arguments()[after.name].partition("Cheaper")[2]
        others = [{change.text.partition("(")[0] for change in changes} - names for changes in repair.sets]
        assert said, (after.name, era, repair.sets)
        assert any(all(name in said for name in some) for some in others), (after.name, era, others)


def test_there_are_such_pairs() -> None:
    assert len(pairs()) >= 60
    assert sum(before.topology is not None for before, _ in pairs()) >= 20
    assert ("anon_vma", "anon_vma+wmb+depends") in {(before.name, after.name) for before, after in pairs()}


@pytest.mark.parametrize("names", [("anon_vma", "anon_vma+wmb+depends"), ("migrate+fault", "migrate+fault+mb")])
@pytest.mark.parametrize("era", ["v2.6.27", "v6"])
def test_the_fix_is_found_or_a_cheaper_one(names: tuple[str, str], era: str) -> None:
    for before, after in pairs():
        if (before.name, after.name) == names:
            check(before, after, era)


@pytest.mark.slow
@pytest.mark.parametrize(("era", "first"), [("v2.6.27", 0), ("v6", 1)])
def test_each_fix_of_the_catalogue_is_found_or_a_cheaper_one(era: str, first: int) -> None:
    """Each in one of the eras; in both with LITMUS_EXAMPLES, as the longer runs of the random tests."""
    for before, after in pairs() if EXAMPLES else pairs()[first::2]:
        check(before, after, era)
