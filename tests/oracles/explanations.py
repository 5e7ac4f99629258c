"""Checks explanations by brute force, which shares nothing with what found them.

    python -m oracles.explanations CATALOG CORPORA N [--suite NAME] [--part K/N] [--archs all] [--candidates N]

explains and checks N tests of each suite and the whole catalogue, on the architectures that the driver for barriers
takes (`oracles.barriers`); those of the catalogue with `--archs all` under every model that decides them, in both eras.
Of what is
forbidden, witnesses show for tests of any size that nothing can be left out (`oracles.minimal`); of what is allowed,
programs with what is missing are written and decided (`oracles.missing`). It prints how many there were, how many were
small enough for brute force, too, and what they took. `--part 2/4` is the second of four runs that together are the
whole; `--candidates` is up to how many candidate executions brute force goes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations, product
from math import prod
from pathlib import Path

from oracles.barriers import ARCHS, SUITES
from oracles.minimal import check_minimal, graph_of, has_outcome, is_asked_for, is_there
from oracles.missing import check_missing
from oracles.shared import engine

from litmus.base.errors import LimitReached, LitmusError
from litmus.cat.description import ModelInfo
from litmus.cat.registry import models
from litmus.explanations.cycles import Cycle
from litmus.explanations.derivations import INVERSE, Step
from litmus.explanations.explanation import Explanation, explain
from litmus.frontend.files import read_test
from litmus.ir.events import EventGraph
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import LitmusTest, Prop
from litmus.ir.model import Model, Node, Type
from litmus.ir.options import Options
from litmus.ir.propositions import holds
from litmus.ir.verdict import Answer
from litmus.judge.candidates import candidates, state_at_end
from litmus.judge.oracle import Judge, Meaning

FEW = 64
"""The choices of orders up to which all are looked at, and not only total orders."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How many candidates brute force looks at, of tests with how many accesses; larger ones are checked without."""

    candidates: int = 1000
    accesses: int = 9


USUAL = Effort()


def with_outcome(graph: EventGraph, model: Model, asked: Prop, most: int) -> Iterator[Execution]:
    """Every candidate execution with an outcome, by brute force. Raises LimitReached if there are too many."""
    judge = Judge(model)
    if prod(len(node.args) for node in model.nodes if node.op == "choose") > most:
        raise LimitReached("limit", f"there are more than {most} choices")
    for candidate in candidates(graph, most):
        if holds(asked, state_at_end(candidate)) and is_asked_for(candidate):
            yield from judge.picked(candidate)


def closes(steps: Sequence[Step]) -> bool:
    """Whether steps are a circle; `first`, `last` and `at` say which hop is of which access, in either direction."""
    return any(end == start for start in (steps[0].source, steps[0].target) for end in [walked(start, steps)])


def walked(here: int, steps: Sequence[Step]) -> int | None:
    """Where steps lead; None if one does not begin where the one before it ends."""
    for step in steps:
        if step.source == here:
            here = step.target
        elif step.target == here and step.name in ("first", "last", "at"):
            here = step.source
        else:
            return None
    return here


def check(known: Explanation, effort: Effort = USUAL) -> bool:
    """Raises AssertionError if an explanation does not hold; says whether all of it was checked."""
    if known.answer is Answer.ALLOWED:
        check_allowed(known)
        return check_missing(known)
    return check_forbidden(known, effort)  # also if the model allows no execution at all


def check_forbidden(known: Explanation, effort: Effort = USUAL) -> bool:
    """Every edge is in the execution that it is shown in; no cycle and no axiom can be left out, as witnesses show.

    Says whether brute force looked at every candidate execution, which it does of small tests.
    """
    judge = Judge(known.rules)
    for cycle in (one for way in known.cycles for one in _cycles(way)):
        meanings = judge.meanings(cycle.execution)
        assert cycle.axiom in judge.judgement(cycle.execution).violated
        assert has_outcome(cycle.execution, known.asked)
        assert all(cycle.edges) or not cycle.steps
        for step in (*cycle.steps, *(edge for edges in cycle.edges for edge in edges)):
            assert step.pair in meanings[step.node], (cycle.axiom, step)
        check_words(cycle)
        assert is_there(cycle, meanings), "what a cycle rests on does not hold where it is shown"
        if cycle.steps and cycle.kind.value != "empty":
            assert closes(cycle.steps)
    for way in known.cycles:
        if way.excluded:
            check_orders(judge, way)
    check_minimal(known)
    return check_every_candidate(known, effort)


def check_words(cycle: Cycle) -> None:
    """What is said in plain words is so: each of them is looked up in the execution, whatever the model calls it."""
    execution = cycle.execution
    plain = ("rf", "co", *execution.graph.relations)
    nodes = tuple(Node("base", Type.RELATION, name=name) for name in plain)
    found = dict(zip(plain, Judge(Model("", nodes, (), ())).meanings(execution), strict=True))
    found["fr"] = frozenset((read, b) for read, write in execution.rf.items() for a, b in found["co"] if a == write)
    for edge in (edge for edges in cycle.edges for edge in edges):
        name = edge.name.removesuffix(INVERSE)
        pair = (edge.source, edge.target) if name == edge.name else (edge.target, edge.source)
        assert name not in found or pair in found[name], edge


def check_every_candidate(known: Explanation, effort: Effort = USUAL) -> bool:
    """Each candidate has one of the cycles, some has only this one, some violates only this axiom: by brute force.

    Says whether there were few enough to look at all of them.
    """
    judge = Judge(known.rules)
    graph = graph_of(known)
    if sum(e.kind in "RW" and not e.is_init for e in graph.events) > effort.accesses:
        return False
    names = {axiom.name for axiom in known.axioms}
    ruled: list[frozenset[int]] = []
    broken: list[frozenset[str]] = []
    try:
        for candidate in with_outcome(graph, known.rules, known.asked, effort.candidates):
            meanings = judge.meanings(candidate)
            by = frozenset(
                k for k, cycle in enumerate(known.cycles) if any(is_there(one, meanings) for one in _cycles(cycle))
            )
            violated = frozenset(judge.judgement(candidate).violated) & names
            assert by, "a way that no cycle rules out"
            held = {one.axiom for k in by for one in _cycles(known.cycles[k]) if is_there(one, meanings)}
            assert held <= violated
            ruled.append(by)
            broken.append(violated)
    except LimitReached:
        return False
    for k in range(len(known.cycles)):
        assert frozenset({k}) in ruled, f"cycle {k} could be left out"
    for name in names:
        assert frozenset({name}) in broken, f"axiom {name} could be left out"
    return True


def _cycles(way: Cycle) -> list[Cycle]:
    """The cycles that exclude choices in a way, theirs, and its own."""
    return [*(one for excluded in way.excluded for one in _cycles(excluded.cycle)), way]


def check_orders(judge: Judge, way: Cycle) -> None:
    """Whatever orders a candidate chooses, one of the cycles of its way is there; no choice could be left out."""
    found = [(one.picks, judge.meanings(one)) for one in arranged(judge, way.execution)]
    assert all(_ruled_out(way, picks, meanings) for picks, meanings in found), "an order that no cycle rules out"
    for k, excluded in enumerate(way.excluded):
        operands = [judge.model.nodes[judge.model.nodes[excluded.node].args[operand]] for operand in excluded.operands]
        if not any(any(operand.rows) for operand in operands):
            continue  # that the events are ordered at all; not all of what is found may be such
        fewer = replace(way, excluded=way.excluded[:k] + way.excluded[k + 1 :])
        assert not all(_ruled_out(fewer, picks, meanings) for picks, meanings in found), f"choice {k} could be left out"


def _ruled_out(way: Cycle, picks: Mapping[int, int], meanings: Sequence[Meaning]) -> bool:
    """Whether a choice of orders is excluded, and for the reason given, or has the cycle at the end."""
    for excluded in way.excluded:
        if picks[excluded.node] in excluded.operands:
            return _ruled_out(excluded.cycle, picks, meanings)
    return is_there(way, meanings)


def arranged(judge: Judge, candidate: Execution) -> Iterator[Execution]:
    """A candidate with every choice of orders: if there are many, with those in which they are total orders."""
    nodes = judge.model.nodes
    options = {i: [nodes[arg].rows for arg in nodes[i].args] for i in candidate.picks}
    if prod(len(each) for each in options.values()) <= FEW:
        yield from judge.picked(candidate)
        return
    meanings = judge.meanings(candidate)
    arrangements = []
    for _, order in judge.model.orders:
        inside = _parts(judge.model, order) & options.keys()
        pairs = {pair for i in inside for rows in options[i] for pair in _pairs(rows)}
        known = meanings[order] - pairs
        total = [_places(events) for events in permutations(sorted({event for pair in pairs for event in pair}))]
        total = [p for p in total if all(p[a] < p[b] for a, b in known if a in p and b in p)]
        agreeing = [{i: _agreeing(options[i], place) for i in inside} for place in total]
        arrangements.append([{i: k for i, k in each.items() if k is not None} for each in agreeing])
    for together in product(*arrangements):
        picks = {i: k for each in together for i, k in each.items()}
        if picks.keys() == options.keys():
            yield replace(candidate, picks=picks)


def _agreeing(options: Sequence[Sequence[int]], place: Mapping[int, int]) -> int | None:
    """The operand whose pairs are in the order of the events; None if there is none."""
    agreeing = (k for k, rows in enumerate(options) if any(rows) and all(place[a] < place[b] for a, b in _pairs(rows)))
    return next(agreeing, None)


def _places(events: Sequence[int]) -> Mapping[int, int]:
    return {event: k for k, event in enumerate(events)}


def _parts(model: Model, node: int) -> frozenset[int]:
    """The nodes that a node is made of."""
    return frozenset({node}).union(*(_parts(model, arg) for arg in model.nodes[node].args))


def _pairs(rows: Sequence[int]) -> list[tuple[int, int]]:
    return [(a, b) for a, row in enumerate(rows) for b in range(len(rows)) if row >> b & 1]


def check_allowed(known: Explanation) -> None:
    """The execution is consistent, has the outcome, and is told whole."""
    assert known.witness is not None
    execution = known.witness.execution
    assert Judge(known.rules).is_consistent(execution)
    assert has_outcome(execution, known.asked)
    told = [moment.event for moment in known.moments]
    assert sorted(told) == [
        e.index
        for e in execution.graph.events
        if e.kind in ("R", "W", "U") and not e.is_init and execution.executed >> e.index & 1
    ]
    place = {event: k for k, event in enumerate(told)}
    po = execution.graph.relations["po"].rows
    for moment in known.moments:
        late = {e for e in told if po[e] >> moment.event & 1 and place[e] > place[moment.event]}
        assert set(moment.before) == late
        if moment.event in execution.rf and execution.rf[moment.event] in place:
            assert place[execution.rf[moment.event]] < place[moment.event]


@cache
def _models() -> tuple[ModelInfo, ...]:
    return tuple(models())


def _questions(test: LitmusTest, suite: str, everywhere: bool) -> Iterator[tuple[str | None, str]]:
    """The models and eras in which a test is explained."""
    if not everywhere:
        yield from ((arch, "v6") for arch in SUITES.get(suite) or ARCHS.get(test.arch) or (None,))
        return
    for found in _models():
        yield from ((found.name, era) for era in (("v2.6.27", "v6") if test.has_primitives else ("v6",)))


def main(
    catalog: Path, corpora: Path, most: int, only: str, part: str, everywhere: bool = False, effort: Effort = USUAL
) -> int:
    """Explains tests; 1 if an explanation does not hold."""
    good = True
    number, parts = map(int, part.split("/"))
    for suite in ("catalog", *SUITES):
        if only not in ("", suite):
            continue
        files = sorted((catalog if suite == "catalog" else corpora / suite).rglob("*.litmus"))
        files = files if suite == "catalog" else files[:: max(1, len(files) // most)][:most]
        seconds: list[float] = []
        refused = limits = allowed = wholly = forbidden = whole = 0
        for path in files[number - 1 :: parts]:
            try:
                test = read_test(str(path))
            except LitmusError:
                refused += 1
                continue
            for arch, era in _questions(test, suite, everywhere and suite == "catalog"):
                start = time.process_time()
                try:
                    known = explain(engine, test, arch, Options(timeout=120, era=era))
                except LimitReached as error:
                    print(f"{path} on {arch}, {era}: {error}", flush=True)
                    limits += 1
                    continue
                except LitmusError:
                    refused += 1
                    continue
                seconds.append(time.process_time() - start)
                try:
                    checked = check(known, effort)
                except LimitReached as error:
                    print(f"{path} on {arch}, {era}, checking: {error}", flush=True)
                    limits += 1
                    continue
                except Exception as error:  # whatever it is: the next test is to be looked at, too
                    print(f"{path} on {arch}, {era}: {type(error).__name__} {error}", flush=True)
                    good = False
                    continue
                if known.answer is Answer.ALLOWED:
                    allowed += 1
                    wholly += checked
                    if not checked:
                        print(f"{path} on {arch}, {era}: not all of what is missing was tried", flush=True)
                else:
                    forbidden += 1
                    whole += checked
        if not seconds:
            continue
        spread = f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
        print(
            f"{suite}: {len(seconds)} explanations: {forbidden} of what is forbidden, minimal by witnesses, {whole} of "
            f"them by every candidate, too; {allowed} of what is allowed, {wholly} of them with all that is missing "
            f"tried; {refused} refused, {limits} at a limit; {spread}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("catalog", type=Path)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("most", type=int)
    parser.add_argument("--suite", default="")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--archs", choices=["all"])
    parser.add_argument("--candidates", type=int, default=USUAL.candidates)
    given = parser.parse_args()
    effort = replace(USUAL, candidates=given.candidates, accesses=USUAL.accesses + 4 * (given.candidates > 1000))
    everywhere = given.archs is not None
    sys.exit(main(given.catalog, given.corpora, given.most, given.suite, given.part, everywhere, effort))
