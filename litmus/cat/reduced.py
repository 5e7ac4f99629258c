"""A model without what the tests at hand lack: sets and relations that are empty make most of it vanish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from litmus.cat.dag import Dag
from litmus.ir.model import Fixpoint, Model, Node, Type


def reduced(model: Model, absent: frozenset[str], updates: bool) -> Model:
    """A model that is equal to another where the sets and relations `absent` are empty; made once for each of these.

    With `updates`, an event may be a read and a write. A model that has executions choose something, or that is for one
    test, stays as it is.
    """
    known = model.derived(_no_models)
    missing = model.derived(_names) & absent
    if not missing:
        return model
    key = missing, updates
    if key not in known:
        known[key] = _reduced(model, missing, updates)
    return known[key]


def _no_models(model: Model) -> dict[tuple[frozenset[str], bool], Model]:
    return {}


def _names(model: Model) -> frozenset[str]:
    """The names of the sets and relations that a model looks at; none if it stays as it is."""
    if any(node.op in ("choose", "constant") for node in model.nodes):
        return frozenset()
    return frozenset().union(*[node.tags or {node.name} for node in model.nodes if node.op in ("tag", "base")])


def _reduced(model: Model, absent: frozenset[str], updates: bool) -> Model:
    dag = Dag(updates)
    made: dict[int, int] = {}
    ending: defaultdict[int, list[Fixpoint]] = defaultdict(list)
    for group in sorted(model.fixpoints, key=lambda group: group.first, reverse=True):  # the inner ones end first
        ending[group.last].append(group)
    for number, node in enumerate(model.nodes):
        if number not in made:
            made[number] = _node(dag, node, [made[arg] for arg in node.args], absent)
        for group in ending.get(number, ()):
            for body in group.bodies:
                if body not in made:
                    _make(dag, model, body, made, absent)
            solved = dag.fixpoint(tuple([made[k] for k in group.variables]), tuple([made[k] for k in group.bodies]))
            made.update(zip(group.variables, solved, strict=True))
    return dag.model(
        model.name,
        [replace(axiom, node=made[axiom.node]) for axiom in model.axioms],
        [(name, made[node]) for name, node in model.shown],
        [(name, made[node]) for name, node in model.orders],
    )


def _make(dag: Dag, model: Model, number: int, made: dict[int, int], absent: frozenset[str]) -> None:
    """Make a node that comes later, as it needs nothing that is defined by recursion, and what it is made of."""
    todo = [number]
    while todo:
        at = todo[-1]
        missing = [arg for arg in model.nodes[at].args if arg not in made]
        if missing:
            todo += missing
            continue
        if todo.pop() not in made:
            made[at] = _node(dag, model.nodes[at], [made[arg] for arg in model.nodes[at].args], absent)


def _node(dag: Dag, node: Node, args: list[int], absent: frozenset[str]) -> int:
    match node.op:
        case "base":
            return dag.empty(node.type) if node.name in absent else dag.base(node.name, node.type)
        case "tag":
            tags = node.tags - absent
            return dag.tag(tags) if tags else dag.empty(Type.SET)
        case "var":
            return dag.variable(node.name, node.type)
        case "empty":
            return dag.empty(node.type)
        case "universe":
            return dag.universe(node.type)
    return _OPERATORS[node.op](dag, *args)


_OPERATORS: Mapping[str, Callable[..., int]] = {
    "union": Dag.union,
    "inter": Dag.inter,
    "diff": Dag.diff,
    "complement": Dag.complement,
    "seq": Dag.seq,
    "inverse": Dag.inverse,
    "plus": Dag.plus,
    "star": Dag.star,
    "option": Dag.option,
    "product": Dag.product,
    "identity": Dag.identity,
    "domain": Dag.domain,
    "range": Dag.range,
}
