"""The engine on PCI tests against brute force: the same event graph, with its hops, judged by the definitions alone.

Where test_pci_engine.py holds the engine against the machine of queues, it is the models that are put to the test; here
it is what bounds, encoder and evaluator make of them.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from itertools import islice
from pathlib import Path

import pytest
from oracles import dags
from oracles.pci_compare import SORTS, Comparison, case_of
from oracles.pci_text import text

from litmus.base.errors import LimitReached
from litmus.base.relation import bits
from litmus.base.source import Source
from litmus.engine import Engine, Options
from litmus.frontend.files import read_test
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import BASE_RELATIONS, BASE_SETS, Model, Node, Type
from litmus.judge.candidates import candidates, is_execution, state_at_end
from litmus.judge.evaluate import evaluate, relations
from litmus.judge.form import final_state, well_formed
from litmus.judge.oracle import Judge, oracle_states
from litmus.pci import hops

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
MODELS = ("pci-tree", "pci-pc", "pci-causal")
CANDIDATES = 100
engine = Engine()


def everything() -> Model:
    """A model with every set and relation that PCI tests have as a node."""
    dag = dags.Dag()
    for name in (*BASE_SETS, *BASE_RELATIONS):
        dag.base(name)
    for name in sorted(hops.RELATIONS):
        dag.node(Node("base", Type.RELATION, name=name))
    for name in sorted(hops.SETS):
        dag.tag(name)
    return dag.model("everything")


EVERYTHING = everything()


def agrees(test: LitmusTest, model: str, options: Options) -> bool:
    """Whether a test was compared; False if it has too many candidates for brute force."""
    ready = engine.prepare(test, model, options)
    try:
        expected = oracle_states(ready.graph, ready.model, CANDIDATES)
    except LimitReached:
        return False
    verdict = engine.check(test, model, options)
    assert set(verdict.states) == expected, test.source.text
    return True


SHELVES = sorted(path for path in (ROOT / "catalog" / "pci").iterdir() if path.is_dir())


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.name)
@pytest.mark.parametrize("model", MODELS)
def test_the_catalogue(shelf: Path, model: str) -> None:
    """All states, where the catalogue itself only has verdicts."""
    tests = [read_test(str(path)) for path in sorted(shelf.glob("*.litmus"))]
    compared = [agrees(test, model, Options()) for test in tests]
    assert sum(compared) > len(tests) * 3 // 4


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("model", MODELS)
def test_random_tests(sort: str, model: str, tmp_path: Path) -> None:
    """Of devices, of CPUs and devices, and under passing tables that nobody has; some snoop, which makes copies."""
    comparison = Comparison(tmp_path)
    compared = 0
    for seed in range(500, 530):
        case = case_of(seed, sort)
        try:
            written = text(case.topology, case.threads)
        except ValueError:  # what the dialect cannot say
            continue
        test = parse_test(Source(f"seed {seed}", written))
        compared += agrees(test, model, Options(passing=comparison.table(case.table)))
    assert compared >= 20


@pytest.mark.parametrize("sort", SORTS)
def test_every_candidate_is_judged_alike(sort: str, tmp_path: Path) -> None:
    """By evaluator and oracle, executions with copies and hops among them; so is what was tampered with."""
    comparison = Comparison(tmp_path)
    transactions = copies = 0
    for seed in range(600, 630):
        case = case_of(seed, sort)
        try:
            written = text(case.topology, case.threads)
        except ValueError:  # what the dialect cannot say
            continue
        options = Options(passing=comparison.table(case.table))
        ready = engine.prepare(parse_test(Source(f"seed {seed}", written)), "pci-tree", options)
        executions = list(islice(candidates(ready.graph), 20))
        judge = Judge(ready.model)
        judged = evaluate(ready.model, ready.graph, executions)
        assert [astuple(outcome) for outcome in judged] == [judge.judgement(x) for x in executions]
        for execution in executions[:2]:
            rows = relations(EVERYTHING, execution, range(len(EVERYTHING.nodes)))
            for index, meaning in enumerate(Judge(EVERYTHING).meanings(execution)):
                node = EVERYTHING.nodes[index]
                pairs = {(e, e) for e in meaning} if node.type is Type.SET else meaning
                assert {(a, b) for a, row in enumerate(rows[index]) for b in bits(row)} == pairs, node
        assert all(well_formed(x) is None and final_state(x) == state_at_end(x) for x in executions)
        for event in ready.graph.events:
            transactions += event.kind == "H"
            copies += event.kind == "W" and "Hop" in event.tags
            without = replace(executions[0], executed=executions[0].executed ^ 1 << event.index)
            assert well_formed(without) is not None
            assert not is_execution(without)
    assert transactions
    assert copies
