"""Checks explanations by brute force, which shares nothing with what found them.

    python -m oracles.explanations CATALOG CORPORA N

explains and checks N tests of each suite and the whole catalogue, on the architectures that the driver for barriers
takes (`oracles.barriers`), and prints how many there were and what they took.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from oracles.barriers import ARCHS, SUITES
from oracles.shared import engine

from litmus.base.errors import LimitReached, LitmusError
from litmus.explanations.derivations import Step
from litmus.explanations.explanation import Explanation, explain
from litmus.frontend.files import read_test
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Prop
from litmus.ir.model import Model
from litmus.ir.options import Options
from litmus.ir.propositions import holds
from litmus.ir.verdict import Answer
from litmus.judge.candidates import candidates, state_at_end
from litmus.judge.oracle import Judge

MOST, LARGEST = 1000, 9
"""Candidates that brute force looks at, and accesses that a test with it may have: the others are checked without."""


def with_outcome(graph_of: Execution, model: Model, asked: Prop) -> Iterator[Execution]:
    """Every candidate execution with an outcome, by brute force."""
    judge = Judge(model)
    for candidate in candidates(graph_of.graph, MOST):
        if holds(asked, state_at_end(candidate)):
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


def check(known: Explanation) -> None:
    """Raises AssertionError if an explanation does not hold."""
    if known.answer is Answer.ALLOWED:
        check_allowed(known)
    else:
        check_forbidden(known)


def check_forbidden(known: Explanation) -> None:
    """Every edge is in the execution that it is shown in; no cycle and no axiom can be left out."""
    judge = Judge(known.rules)
    for cycle in known.cycles:
        meanings = judge.meanings(cycle.execution)
        assert cycle.axiom in judge.judgement(cycle.execution).violated
        assert holds(known.asked, state_at_end(cycle.execution))
        assert all(cycle.edges) or not cycle.steps
        for step in (*cycle.steps, *(edge for edges in cycle.edges for edge in edges)):
            assert (step.source, step.target) in meanings[step.node], (cycle.axiom, step)
        for fact in cycle.facts:
            assert (fact.pair in meanings[fact.node]) is fact.holds
        if cycle.steps and cycle.kind.value != "empty":
            assert closes(cycle.steps)
    graph = known.cycles[0].execution.graph if known.cycles else None
    if graph is None or sum(e.kind in "RW" and not e.is_init for e in graph.events) > LARGEST:
        return
    names = {axiom.name for axiom in known.axioms}
    ruled: list[frozenset[int]] = []
    broken: list[frozenset[str]] = []
    try:
        for candidate in with_outcome(known.cycles[0].execution, known.rules, known.asked):
            meanings = judge.meanings(candidate)
            by = frozenset(
                k
                for k, cycle in enumerate(known.cycles)
                if all((fact.pair in meanings[fact.node]) is fact.holds for fact in cycle.facts)
            )
            violated = frozenset(judge.judgement(candidate).violated) & names
            assert by, "a way that no cycle rules out"
            assert {known.cycles[k].axiom for k in by} <= violated
            ruled.append(by)
            broken.append(violated)
    except LimitReached:
        return
    for k in range(len(known.cycles)):
        assert frozenset({k}) in ruled, f"cycle {k} could be left out"
    for name in names:
        assert frozenset({name}) in broken, f"axiom {name} could be left out"


def check_allowed(known: Explanation) -> None:
    """The execution is consistent, has the outcome, and is told whole."""
    assert known.witness is not None
    execution = known.witness.execution
    assert Judge(known.rules).is_consistent(execution)
    assert holds(known.asked, state_at_end(execution))
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


def main(catalog: Path, corpora: Path, most: int) -> int:
    """Explains tests; 1 if an explanation does not hold."""
    good = True
    for suite in ("catalog", *SUITES):
        files = sorted((catalog if suite == "catalog" else corpora / suite).rglob("*.litmus"))
        seconds: list[float] = []
        refused = limits = 0
        for path in files if suite == "catalog" else files[:: max(1, len(files) // most)][:most]:
            try:
                test = read_test(str(path))
            except LitmusError:
                refused += 1
                continue
            for arch in SUITES.get(suite) or ARCHS.get(test.arch) or (None,):
                start = time.process_time()
                try:
                    known = explain(engine, test, arch, Options(timeout=120))
                except LimitReached:
                    limits += 1
                    continue
                except LitmusError:
                    refused += 1
                    continue
                seconds.append(time.process_time() - start)
                try:
                    check(known)
                except Exception as error:  # whatever it is: the next test is to be looked at, too
                    print(f"{path} on {arch}: {type(error).__name__} {error}", flush=True)
                    good = False
        if not seconds:
            continue
        spread = f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
        print(f"{suite}: {len(seconds)} explanations, {refused} refused, {limits} at a limit; {spread}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
