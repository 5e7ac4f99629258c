"""The concrete evaluator against the oracle's reading of the definitions, and what it says of broken executions."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import dags
from oracles.effort import examples
from oracles.generate import X, Y, litmus_test, models, ppc_tests, x86_tests

from litmus.base.errors import ModelError
from litmus.ir.events import ALWAYS, NEVER, Apply, Choice, EventGraph, Known, NonZero, ReadValue, ValueExpr
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.model import BASE_RELATIONS, BASE_SETS, Axiom, AxiomKind, AxiomRole, Fixpoint, Model, Node, Type
from litmus.ir.thread import Assign, Branch, Const, Fence, Label, Load, Op, Reg, Statement, Store
from litmus.judge.base_relations import Primitives
from litmus.judge.candidates import candidates, is_execution, state_at_end
from litmus.judge.evaluate import Outcome, evaluate, relations
from litmus.judge.form import Form, final_state, well_formed
from litmus.judge.oracle import Judge
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

MODELS = [dags.sc(), dags.tso(), dags.power(), dags.coherence_only()]
MESSAGE_PASSING = litmus_test(
    "PPC",
    [
        [Store(Const(X), Const(1)), Fence(frozenset({"SYNC"})), Store(Const(Y), Const(1))],
        [Load("r1", Const(Y)), Load("r2", Const(X))],
    ],
)


def some(graph: EventGraph, count: int) -> list[Execution]:
    """A few executions of a graph, from all over."""
    found = list(islice(candidates(graph), 40 * count))
    return found[:: max(1, len(found) // count)][:count]


def as_pairs(rows: Sequence[int]) -> set[tuple[int, int]]:
    return {(i, j) for i, row in enumerate(rows) for j in range(len(rows)) if row >> j & 1}


# --- against the oracle -----------------------------------------------------------------------------------------------


@given(st.one_of(ppc_tests(), x86_tests()))
@examples(60)
def test_known_models_judge_as_the_definitions_say(test: LitmusTest) -> None:
    graph = unfold(test)
    executions = some(graph, 10)
    for model in MODELS:
        judge = Judge(model)
        assert [astuple(x) for x in evaluate(model, graph, executions)] == [judge.judgement(x) for x in executions]


@given(st.data(), st.one_of(ppc_tests(), x86_tests()))
@examples(150)
def test_random_models_judge_as_the_definitions_say(data: st.DataObject, test: LitmusTest) -> None:
    """Every node in every execution too, and many executions together as one by one."""
    graph = unfold(test)
    executions = some(graph, 6)
    assume(executions)
    model = data.draw(models(events=len(graph.events)))
    judge = Judge(model)
    picked = [data.draw(st.sampled_from(list(judge.picked(x)))) for x in executions]
    together = evaluate(model, graph, picked)
    assert [astuple(x) for x in together] == [judge.judgement(x) for x in picked]
    assert list(together) == [evaluate(model, graph, [x])[0] for x in picked]
    for execution in picked[:2]:
        rows = relations(model, execution, range(len(model.nodes)))
        for index, meaning in enumerate(judge.meanings(execution)):
            is_set = model.nodes[index].type is Type.SET
            assert as_pairs(rows[index]) == ({(e, e) for e in meaning} if is_set else meaning)


def everything() -> Model:
    """A model with every base set and relation as a node, and tags."""
    dag = dags.Dag()
    for name in (*BASE_SETS, *BASE_RELATIONS):
        dag.base(name)
    dag.tag("SYNC", "MFENCE")
    dag.empty(dag.op("diff", dag.base("po"), dag.base("int")), "po-is-internal")
    return dag.model("everything")


@given(st.one_of(ppc_tests(), x86_tests()))
@examples(60)
def test_base_sets_and_relations(test: LitmusTest) -> None:
    """In executions of different events, values and choices, evaluated together."""
    graph = unfold(test)
    executions = some(graph, 8)
    assume(executions)
    model = everything()
    judge = Judge(model)
    batch = Primitives(graph, executions)
    expected = [judge.meanings(x) for x in executions]
    for index, node in enumerate(model.nodes):
        if node.op not in ("base", "tag"):
            continue
        bits, same = batch.named(node.name) if node.op == "base" else batch.tagged(node.tags)
        each = batch.shapes.many.unpack(batch.shapes.lift(bits) if same else bits)
        for lane, meanings in zip(each, expected, strict=True):
            pairs = {(e, e) for e in meanings[index]} if node.type is Type.SET else meanings[index]
            assert as_pairs(batch.shapes.one.rows(lane)) == pairs, node.name


def test_a_dependency_that_only_some_executions_have() -> None:
    """What is stored was read first only if the branch on what was read second did not skip the copy."""
    body: list[Statement] = [
        Load("a", Const(X)),
        Load("b", Const(Y)),
        Branch(Op("eq", (Reg("b"), Const(1))), "end"),
        Assign("c", Reg("a")),
        Label("end"),
        Store(Const(X), Reg("c")),
    ]
    graph = unfold(litmus_test("PPC", [body, [Store(Const(Y), Const(1))]]))
    assert graph.relations["data"].conditions
    model = everything()
    data = next(k for k, node in enumerate(model.nodes) if node.name == "data")
    seen = set()
    for execution in candidates(graph):
        pairs = as_pairs(relations(model, execution, [data])[data])
        assert pairs == Judge(model).meanings(execution)[data]
        seen.add((execution.values[3], (2, 5) in pairs))
    assert seen == {(0, True), (1, False)}


# --- what evaluate says -----------------------------------------------------------------------------------------------


def weak_outcome() -> Execution:
    """Message passing seen out of order: y read from the write, x from the start."""
    (found,) = (
        x
        for x in candidates(unfold(MESSAGE_PASSING))
        if final_state(x)[:2] == ((Register(1, "r1"), 1), (Register(1, "r2"), 0))
    )
    return found


def test_violated_axioms_are_named() -> None:
    execution = weak_outcome()
    (outcome,) = evaluate(dags.sc(), execution.graph, [execution])
    assert outcome == Outcome(False, ("sc",), ())
    assert evaluate(dags.power(), execution.graph, [execution]) == (Outcome(True, (), ()),)
    assert evaluate(dags.sc(), execution.graph, []) == ()


@pytest.mark.parametrize(
    ("axiom", "expected"),
    [
        ((False, AxiomRole.CHECK), Outcome(False, ("a",), ())),
        ((True, AxiomRole.CHECK), Outcome(True, (), ())),
        ((False, AxiomRole.FLAG), Outcome(True, (), ())),
        ((True, AxiomRole.FLAG), Outcome(True, (), ("a",))),
        ((False, AxiomRole.UNDEFINED_UNLESS), Outcome(True, (), ("a",))),
        ((True, AxiomRole.UNDEFINED_UNLESS), Outcome(True, (), ())),
    ],
)
def test_roles_and_negation(axiom: tuple[bool, AxiomRole], expected: Outcome) -> None:
    """Of `empty rf`, which does not hold."""
    negated, role = axiom
    nodes = (Node("base", Type.RELATION, name="rf"),)
    model = Model("m", nodes, (), (Axiom(AxiomKind.EMPTY, 0, "a", negated, role),))
    execution = weak_outcome()
    assert evaluate(model, execution.graph, [execution]) == (expected,)
    assert Judge(model).judgement(execution) == astuple(expected)


def test_a_recursion_inside_a_recursion() -> None:
    """`let rec a = po | (let rec b = a | rf | b;b in b) ; loc`: solved anew whenever the outer one grows."""
    relation = Type.RELATION
    nodes = (
        Node("base", relation, name="po"),
        Node("base", relation, name="rf"),
        Node("base", relation, name="loc"),
        Node("var", relation),  # 3: a
        Node("var", relation),  # 4: b
        Node("union", relation, (3, 1)),
        Node("seq", relation, (4, 4)),
        Node("union", relation, (5, 6)),  # 7: the body of b
        Node("seq", relation, (7, 2)),
        Node("union", relation, (0, 8)),  # 9: the body of a
    )
    fixpoints = (Fixpoint((4,), (7,), 5, 7), Fixpoint((3,), (9,), 4, 9))
    model = Model("m", nodes, fixpoints, (Axiom(AxiomKind.ACYCLIC, 9, "a"), Axiom(AxiomKind.ACYCLIC, 4, "b")))
    judge = Judge(model)
    graph = unfold(MESSAGE_PASSING)
    executions = list(candidates(graph))
    assert [astuple(x) for x in evaluate(model, graph, executions)] == [judge.judgement(x) for x in executions]
    for execution in executions:
        rows = relations(model, execution, [3, 4, 9])
        meanings = judge.meanings(execution)
        assert rows[3] == rows[9]
        for node in (3, 4):
            assert as_pairs(rows[node]) == meanings[node]


def test_a_recursion_that_is_not_monotone_is_an_error() -> None:
    nodes = (Node("base", Type.RELATION, name="rf"), Node("var", Type.RELATION), Node("diff", Type.RELATION, (0, 1)))
    model = Model("m", nodes, (Fixpoint((1,), (2,), 2, 2),), (Axiom(AxiomKind.EMPTY, 1, "a"),))
    execution = weak_outcome()
    with pytest.raises(ModelError, match="not monotone"):
        evaluate(model, execution.graph, [execution])
    with pytest.raises(ModelError, match="not monotone"):
        Judge(model).judgement(execution)


def test_picks_choose_the_operand() -> None:
    relation = Type.RELATION
    nodes = (
        Node("empty", relation),
        Node("base", relation, name="rf"),
        Node("choose", relation, (0, 1)),
    )
    model = Model("m", nodes, (), (Axiom(AxiomKind.EMPTY, 2, "a"),))
    execution = weak_outcome()
    first, second = Judge(model).picked(execution)
    outcomes = evaluate(model, execution.graph, [first, second, first])
    assert [outcome.consistent for outcome in outcomes] == [True, False, True]


def test_what_depends_on_a_model_alone_is_found_once_for_each_model() -> None:
    asked: list[Model] = []

    def count(model: Model) -> int:
        asked.append(model)
        return len(model.nodes)

    one, other = MODELS[0], replace(MODELS[0], nodes=())
    assert [one.derived(count), other.derived(count), one.derived(count)] == [len(one.nodes), 0, len(one.nodes)]
    assert asked == [one, other]
    assert pickle.loads(pickle.dumps(one)) == one


def test_hundreds_of_events() -> None:
    """A chain of writes and reads that is consistent, and is not once the last read misses the first write."""
    body: list[Statement] = []
    for _ in range(75):
        body += [Store(Const(X), Const(1)), Load("r1", Const(X))]
    graph = unfold(litmus_test("X86", [body, [Load("r1", Const(Y))]]))
    n = len(graph.events)
    writes = [e.index for e in graph.events if e.kind == "W" and e.addr == Known(X)]
    rf = {e.index: e.index - 1 for e in graph.events if e.kind == "R"}
    rf[n - 1] = graph.initial[graph.locations.index(Y)]
    co = tuple(tuple(writes) if location == X else (graph.initial[k],) for k, location in enumerate(graph.locations))
    values = {e.index: int(not e.is_init and e.index != n - 1) for e in graph.events}
    execution = Execution(graph, (1 << n) - 1, rf, co, values)
    assert well_formed(execution) is None
    stale = replace(execution, rf={**rf, n - 2: writes[1]})
    assert well_formed(stale) is None
    for model in MODELS:
        outcomes = evaluate(model, graph, [execution, stale])
        assert [outcome.consistent for outcome in outcomes] == [True, False]
        assert "coherence" in outcomes[1].violated


def test_a_test_that_does_nothing() -> None:
    graph = replace(unfold(litmus_test("X86", [[]])), events=(), locations=(), initial=())
    execution = Execution(graph, 0, {}, (), {})
    for model in MODELS:
        assert evaluate(model, graph, [execution, execution]) == (Outcome(True, (), ()),) * 2


# --- well-formed executions -------------------------------------------------------------------------------------------

Break = Callable[[Execution], Execution]


def broken_graph(execution: Execution, **changes: Any) -> Execution:
    return replace(execution, graph=replace(execution.graph, **changes))


def change_event(execution: Execution, index: int, **changes: Any) -> Execution:
    events = list(execution.graph.events)
    events[index] = replace(events[index], **changes)
    return broken_graph(execution, events=tuple(events))


# The events of message passing: 0 and 1 the initial writes of x and y, 2 Wx1, 3 sync, 4 Wy1, 5 Ry, 6 Rx.
BREACHES: list[tuple[str, Break, str]] = [
    ("an event too many", lambda x: replace(x, executed=x.executed | 1 << 7), "events that the graph does not have"),
    ("a choice too many", lambda x: replace(x, choices=1), "choices that the graph does not have"),
    ("an event left out", lambda x: replace(x, executed=x.executed & ~(1 << 3)), "event 3 is not executed"),
    ("an event against its guard", lambda x: change_event(x, 3, guard=NEVER), "event 3 is executed"),
    ("a guard without truth", lambda x: change_event(x, 3, guard=NonZero(ReadValue(9))), "event 3 is executed"),
    ("no location", lambda x: change_event(x, 2, addr=Known(7)), "event 2 accesses no location: 7"),
    ("an undefined address", lambda x: change_event(x, 2, addr=ReadValue(9)), "event 2 accesses no location: None"),
    ("a value missing", lambda x: replace(x, values={e: v for e, v in x.values.items() if e != 4}), "event 4 has no"),
    ("a value changed", lambda x: replace(x, values={**x.values, 4: 2}), "write 4 writes 1, not 2"),
    ("a read without rf", lambda x: replace(x, rf={5: 4}), "read 6 has no write"),
    ("a fence that reads", lambda x: replace(x, rf={**x.rf, 3: 0}), "rf has pairs of events"),
    ("rf from elsewhere", lambda x: replace(x, rf={**x.rf, 6: 1}), "read 6 does not read from a write of its location"),
    ("rf of another value", lambda x: replace(x, rf={**x.rf, 6: 2}), "read 6 does not have the value of write 2"),
    ("rf from no write", lambda x: replace(x, rf={**x.rf, 6: 3}), "read 6 does not have the value of write 3"),
    ("a location without co", lambda x: replace(x, co=x.co[:1]), "co does not list every location"),
    ("co from the wrong start", lambda x: replace(x, co=(x.co[0][::-1], x.co[1])), "begin with its initial write"),
    ("co without a write", lambda x: replace(x, co=((0,), x.co[1])), "co of x does not order exactly"),
    ("co with one write twice", lambda x: replace(x, co=((0, 0), x.co[1])), "co of x does not order exactly"),
    ("co with another's write", lambda x: replace(x, co=((0, 4), x.co[1])), "co of x does not order exactly"),
    ("an assumption", lambda x: broken_graph(x, assumptions=(ALWAYS, Choice(0)), choices=1), "an assumption"),
    ("the bound", lambda x: broken_graph(x, bound=ALWAYS), "unroll limit"),
    (
        "an undefined end",
        lambda x: broken_graph(x, final={**x.graph.final, Register(1, "r1"): Apply("add", (Known(X), Known(Y)))}),
        "1:r1 has no value",
    ),
]


@pytest.mark.parametrize(("breach", "message"), [row[1:] for row in BREACHES], ids=[row[0] for row in BREACHES])
def test_a_breach_is_noticed(breach: Break, message: str) -> None:
    execution = weak_outcome()
    assert [e.kind for e in execution.graph.events] == list("WWWFWRR")
    assert well_formed(execution) is None
    assert is_execution(execution)
    assert message in (well_formed(breach(execution)) or "")
    assert not is_execution(breach(execution))
    ends = final_state(execution)
    broken = breach(execution)
    found = [(execution, ends), (broken, ends)] if broken.graph is execution.graph else [(broken, ends)]
    assert message in (Form(broken.graph).confirm(found) or "")


def test_another_state_is_noticed() -> None:
    execution = weak_outcome()
    ends = final_state(execution)
    form = Form(execution.graph)
    assert form.confirm([(execution, ends)] * 2) is None
    for k, (item, value) in enumerate(ends):
        for wrong in ((item, 7), (Register(3, "r9"), value)):
            changed = (*ends[:k], wrong, *ends[k + 1 :])
            assert form.confirm([(execution, ends), (execution, changed)]) == "it ends in another state"


@given(st.data(), st.one_of(ppc_tests(), x86_tests()))
@examples(60)
def test_evaluator_and_oracle_agree_on_what_an_execution_is(data: st.DataObject, test: LitmusTest) -> None:
    """Of executions, and of what becomes of them by small changes, some of which make other executions."""
    executions = some(unfold(test), 4)
    assume(executions)
    found = [(execution, final_state(execution)) for execution in executions]
    form = Form(executions[0].graph)
    assert form.confirm(found) is None
    for execution, ends in found:
        changed = execution
        for _ in range(data.draw(st.integers(0, 2))):
            changed = data.draw(changes(changed))
        assert (well_formed(changed) is None) is is_execution(changed)
        if is_execution(changed):
            assert final_state(changed) == state_at_end(changed)
        confirmed = is_execution(changed) and state_at_end(changed) == ends
        assert (form.confirm([*found, (changed, ends)]) is None) is confirmed


@st.composite
def changes(draw: st.DrawFn, execution: Execution) -> Execution:
    """An execution with one thing changed."""
    n = len(execution.graph.events)
    event, other = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
    k = draw(st.integers(0, len(execution.co) - 1))
    order = execution.co[k]
    value = draw(st.sampled_from([0, 1, 2, X, execution.values.get(other, 0)]))
    reads = sorted(execution.rf)
    changed: Sequence[Execution] = (
        replace(execution, executed=execution.executed ^ 1 << event),
        replace(execution, choices=execution.choices ^ 1 << draw(st.integers(0, execution.graph.choices))),
        replace(execution, rf={**execution.rf, draw(st.sampled_from(reads)) if reads else event: other}),
        replace(execution, rf={r: w for r, w in execution.rf.items() if r != event}),
        replace(execution, values={**execution.values, event: value}),
        replace(execution, co=(*execution.co[:k], tuple(draw(st.permutations(order))), *execution.co[k + 1 :])),
        replace(execution, co=(*execution.co[:k], (*order, other), *execution.co[k + 1 :])),
        replace(
            execution, co=(*execution.co[:k], (*order[:1], *draw(st.permutations(order[1:]))), *execution.co[k + 1 :])
        ),
    )
    return draw(st.sampled_from(changed))


def test_the_state_of_an_execution_that_has_none() -> None:
    execution = BREACHES[-1][1](weak_outcome())
    with pytest.raises(ValueError, match="no value"):
        final_state(execution)


def test_deep_and_shared_expressions() -> None:
    """Thousands of additions, each of a value to itself: deeper than the stack, and as a tree larger than the world."""
    value: ValueExpr = ReadValue(5)
    for _ in range(3000):
        value = Apply("add", (value, value))
    execution = broken_graph(weak_outcome(), final={Register(1, "r1"): value, Register(1, "r2"): ReadValue(6)})
    assert well_formed(execution) is None
    assert final_state(execution)[0] == (Register(1, "r1"), 0)
