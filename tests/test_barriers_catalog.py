"""Barriers on the catalogue's programs before and after a fix: no fix costs less than the repair that is found.

A fix puts barriers in, or has stronger barriers or accesses in place of others; pairs are found by comparing programs,
on all shelves. Where a fix costs more than the repair, the catalogue says so after the word "Cheaper", with what is
enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import TypeGuard

import pytest
import yaml
from conftest import ROOT
from oracles.effort import some
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.candidates import Arch, cost
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.report import Repair
from litmus.barriers.sites import Form, Site, What, marker, weaker
from litmus.barriers.writing import bodies
from litmus.batch.columns import deciding
from litmus.cat.costs import costs_of, kernel_candidates
from litmus.cat.registry import info
from litmus.explanations.places import is_access
from litmus.frontend.condition import prop_text
from litmus.frontend.files import read_test
from litmus.ir.kernel import Kind, kind_of
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Fence, Primitive, Statement
from litmus.ir.verdict import Answer
from litmus.pci.cpus import read_cpus

Barrier = Primitive | Fence

CATALOG = ROOT / "catalog"
SHELVES = (
    "anon_vma",
    *sorted(path.name for path in CATALOG.glob("kernel-*")),
    *sorted(f"lkmm/{path.parent.name}" for path in CATALOG.glob("lkmm/*/shelf.yaml")),
    *sorted(f"pci/{path.parent.name}" for path in CATALOG.glob("pci/*/shelf.yaml")),
)
"""The shelves with fixes, which say what is cheaper: on the others, programs with the same barrier everywhere are there
to show what it does."""


def is_barrier(statement: Statement) -> TypeGuard[Barrier]:
    return isinstance(statement, Fence) or (isinstance(statement, Primitive) and kind_of(statement.name) is Kind.FENCE)


Changed = tuple[Barrier | None, Barrier]
"""What is there before a fix, None if there is nothing, and after it."""


def is_stronger(old: Statement, new: Statement) -> bool:
    """Whether a primitive promises more than another that could stand in its place, by its name."""
    if not isinstance(old, Primitive) or not isinstance(new, Primitive):
        return False
    return old.name in weaker(new.name) and replace(new, name=old.name) == old


def gaps(body: Sequence[Statement]) -> tuple[list[Statement], list[list[Barrier]]]:
    """The statements of a thread that are no barriers, and the barriers before, between and after them."""
    others: list[Statement] = []
    between: list[list[Barrier]] = [[]]
    for statement in body:
        if is_barrier(statement):
            between[-1].append(statement)
        else:
            others.append(statement)
            between.append([])
    return others, between


def changes(before: LitmusTest, after: LitmusTest) -> list[Changed] | None:
    """What one test has beside another, or stronger in place of what that has; None if they differ in more."""
    found: list[Changed] = []
    old, new = bodies(before), bodies(after)
    if old.keys() != new.keys():
        return None
    for thread in old:
        (first, here), (second, there) = gaps(old[thread]), gaps(new[thread])
        if len(first) != len(second):
            return None
        for a, b in zip(first, second, strict=True):
            if a == b:
                continue
            if not isinstance(a, Primitive) or not isinstance(b, Primitive) or not is_stronger(a, b):
                return None
            found.append((a, b))
        for fewer, more in zip(here, there, strict=True):
            left = list(more)
            for barrier in sorted(fewer, key=lambda barrier: barrier not in more):
                kept = barrier if barrier in left else next((b for b in left if is_stronger(barrier, b)), None)
                if kept is None:
                    return None
                left.remove(kept)
                found += [] if kept == barrier else [(barrier, kept)]
            found += [(None, barrier) for barrier in left]
    return found


def promises_nothing(before: LitmusTest, after: LitmusTest) -> bool:
    """Whether a read barrier is put beside a write, or a write barrier beside a read: to show that it does nothing."""
    for thread, body in bodies(after).items():
        there = barriers(bodies(before)[thread])
        accesses = [k for k, statement in enumerate(body) if is_access(statement)]
        for at, statement in enumerate(body):
            if not isinstance(statement, Primitive) or statement.name not in ("smp_rmb", "smp_wmb"):
                continue
            if statement in there:
                continue
            wanted = Kind.READ if statement.name == "smp_rmb" else Kind.WRITE
            beside = [[k for k in accesses if k < at][-1:], [k for k in accesses if k > at][:1]]
            kinds = [{kind_of(s.name) for k in side if isinstance(s := body[k], Primitive)} for side in beside]
            if any(kind.isdisjoint({wanted, Kind.UPDATE, Kind.LOCK}) for kind in kinds):
                return True
    return False


def barriers(body: Sequence[Statement]) -> list[Barrier]:
    return [statement for statement in body if is_barrier(statement)]


def name_of(statement: Barrier) -> str:
    """What a barrier is called: in assembly one of PCI tests, whose fences have one name."""
    return statement.name if isinstance(statement, Primitive) else next(iter(statement.tags)).lower()


def weakest(statement: Statement) -> Statement:
    """What promises least of all that could stand in place of a primitive."""
    names = weaker(statement.name) if isinstance(statement, Primitive) else ()
    return replace(statement, name=names[-1]) if isinstance(statement, Primitive) and names else statement


Fix = tuple[LitmusTest, LitmusTest, list[Changed]]


@cache
def shelf_of() -> Mapping[str, str]:
    """The shelf of each test."""
    return {path.stem: path.parent.relative_to(CATALOG).as_posix() for path in CATALOG.rglob("*.litmus")}


@cache
def fixes() -> tuple[Fix, ...]:
    """The programs of which one has just more or stronger barriers and accesses, with the same question."""
    same: dict[object, list[LitmusTest]] = defaultdict(list)
    for path in sorted(CATALOG.rglob("*.litmus")):
        test = read_test(str(path))
        if test.language:
            continue  # of C11, which has orders and no barriers of its own
        rest = [(k, [weakest(s) for s in body if not is_barrier(s)]) for k, body in bodies(test).items()]
        where = test.topology.text() if test.topology is not None else ""
        same[test.arch, repr(rest), where, prop_text(test, test.condition.prop)].append(test)
    pairs = (pair for tests in same.values() for pair in permutations(tests, 2))
    found = ((before, after, changes(before, after)) for before, after in pairs)
    return tuple((before, after, changed) for before, after, changed in found if changed)


@cache
def arguments() -> Mapping[str, str]:
    """What the catalogue says for its fixes."""
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


def repaired(fix: Fix, era: str) -> tuple[Repair, int] | None:
    """The repair on the architectures on which the fix is one, and what the fix costs; None if it is one on none."""
    before, after, changed = fix
    archs = deciding([before], [era], machines=True)
    old, new = (answers(test, archs, era) for test in (before, after))
    good = tuple(arch for arch in old if new.get(arch) is Answer.FORBIDDEN)
    if not any(old[arch] is Answer.ALLOWED for arch in good):
        return None
    cost = (kernel_candidates(era).written if before.has_primitives else 0) * len(changed)
    for arch in (architecture(name, before, era) for name in good):
        cost += sum(cost_of(b, arch, era) - (0 if a is None else cost_of(a, arch, era)) for a, b in changed)
    report = examine(ENGINE, before, good, Options(era=era), Wanted(every=True))
    return report.repairs[0], cost


def no_candidates(fix: Fix, era: str) -> set[str]:
    """What a fix puts in that a repair does not: it promises something else."""
    before, _, changed = fix
    known = kernel_candidates(era)
    if not before.has_primitives:
        return {name_of(new) for _, new in changed if name_of(new) == "imb"}  # which is for code that is written
    mine = {*known.barriers, *known.beside} if before.topology is None else set(known.mandatory)
    names = {new.name for _, new in changed if isinstance(new, Primitive) and kind_of(new.name) is not Kind.UPDATE}
    return names - mine - set(known.accesses)


def check(fix: Fix, era: str) -> None:
    before, after, changed = fix
    fixed = shelf_of()[after.name] == shelf_of()[before.name] in SHELVES
    if no_candidates(fix, era) or (not fixed and promises_nothing(before, after)):
        return
    try:
        found = repaired(fix, era)
    except litmus.UnsupportedError:  # kernels of this era do not have one of these barriers
        return
    if found is None:
        return
    repair, cost = found
    assert repair.sets, (before.name, after.name, era)
    assert repair.cost <= cost, (before.name, after.name, era)
    if repair.cost < cost and fixed:
        names = {name_of(new) for _, new in changed}
        said = arguments()[after.name].partition("Cheaper")[2]
        others = [{change.text.partition("(")[0] for change in changes} - names for changes in repair.sets]
        assert said, (after.name, era, repair.sets)
        assert any(all(name in said for name in some) for some in others), (after.name, era, others)


def test_there_are_such_pairs() -> None:
    assert len(fixes()) >= 280
    assert sum(before.topology is not None for before, _, _ in fixes()) >= 25
    assert {
        ("anon_vma", "anon_vma+wmb+depends"),
        ("exchange+acquire", "exchange"),
        ("wake", "wake+mbs"),
    } <= {(before.name, after.name) for before, after, _ in fixes()}


def test_what_a_repair_never_puts_in() -> None:
    """Mandatory barriers are for devices, imb for code; for smp_store_mb() there is smp_mb() behind the store.

    The others are names for what RCU protects, or for its sections.
    """
    left_out = {name for fix in fixes() for name in no_candidates(fix, "v6")}
    rcu = {"rcu_assign_pointer", "rcu_dereference", "smp_mb__after_srcu_read_unlock"}
    assert left_out == {
        *rcu,
        "rmb",
        "wmb",
        "imb",
        "smp_store_mb",
        "smp_read_barrier_depends",
    }  # the last is for older kernels


@pytest.mark.parametrize(
    "names",
    [
        ("anon_vma", "anon_vma+wmb+depends"),
        ("migrate+fault", "migrate+fault+mb"),
        ("update+void", "update+void+before_atomic"),
        ("outsider", "outsider+after_spinlock"),
    ],
)
@pytest.mark.parametrize("era", ["v2.6.27", "v6"])
def test_the_fix_is_found_or_a_cheaper_one(names: tuple[str, str], era: str) -> None:
    (fix,) = [fix for fix in fixes() if (fix[0].name, fix[1].name) == names]
    check(fix, era)


@pytest.mark.slow
@pytest.mark.parametrize("era", ["v2.6.27", "v6"])
@pytest.mark.parametrize("part", range(4))
def test_each_fix_of_the_catalogue_is_found_or_a_cheaper_one(era: str, part: int) -> None:
    """One in eight; all of them in `make thorough`."""
    for fix in some(fixes(), 8)[part::4]:
        check(fix, era)
