"""What an explanation says of the orders that executions choose: why two events can only be in one order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from litmus.base import relation
from litmus.explanations.cycles import Cycle, Excluded
from litmus.explanations.derivations import Pair
from litmus.ir.model import Model
from litmus.render.explanation.words import Words


def orders_of(model: Model, cycle: Cycle) -> tuple[str, ...]:
    """The names of the orders of which choices are excluded."""
    return tuple(dict.fromkeys(order_of(model, excluded) for excluded in cycle.excluded))


def order_of(model: Model, excluded: Excluded) -> str:
    """The name of the order that a choice is one of."""
    return next(name for name, inside in _inside(model) if excluded.node in inside)


def reasons_for_orders(model: Model, cycle: Cycle, words: Words) -> dict[Pair, str]:
    """Pairs that every order has because others are excluded, each with the reason in plain words."""
    found: dict[Pair, str] = {}
    for excluded, pair in zip(cycle.excluded, left_out(model, cycle), strict=True):
        if pair is not None:
            broken = f"; the other way round would break {excluded.cycle.axiom}"
            said = f"in {order_of(model, excluded)}{'' if _is_chosen(excluded.cycle) else broken}"
            found[pair[1], pair[0]] = _with_reason(said, excluded.cycle, pair, words)
    return found


def refuted_pairs(model: Model, cycle: Cycle, words: Words) -> dict[Pair, str]:
    """Pairs that no order can have, each with what it would break, after those that this takes for granted."""
    found: dict[Pair, str] = {}
    for excluded, pair in zip(cycle.excluded, left_out(model, cycle), strict=True):
        if pair is not None:
            found.update(refuted_pairs(model, excluded.cycle, words))
            said = f"in {order_of(model, excluded)} would break {excluded.cycle.axiom}"
            found[pair] = _with_reason(said, excluded.cycle, pair, words)
    return found


def members(model: Model, name: str) -> int:
    """The events that an order is of, as bits."""
    inside = next(nodes for order, nodes in _inside(model) if order == name)
    rows = [model.nodes[node].rows for node in inside]
    return reduce(or_, (relation.domain(row) | relation.range_(row) for row in rows), 0)


def left_out(model: Model, cycle: Cycle) -> tuple[Pair | None, ...]:
    """For each choice that is excluded, the pair that no choice has from then on; None if that is no pair."""
    found: list[Pair | None] = []
    gone: dict[int, set[int]] = {}
    for excluded in cycle.excluded:
        rows = [model.nodes[arg].rows for arg in model.nodes[excluded.node].args]
        before = gone.setdefault(excluded.node, set())
        before.update(excluded.operands)
        common = rows[excluded.operands[0]]
        for k in range(len(rows)):
            if k in excluded.operands:
                common = relation.inter(common, rows[k])
            elif k not in before:
                common = relation.diff(common, rows[k])
        found.append(next(relation.pairs(common), None))
    return tuple(found)


def ruled_out(model: Model, cycle: Cycle) -> tuple[str, ...]:
    """The axioms that exclude orders for which no pair can be named."""
    named = zip(cycle.excluded, left_out(model, cycle), strict=True)
    unnamed = [
        excluded.cycle.axiom
        for excluded, pair in named
        if pair is None and any(any(model.nodes[model.nodes[excluded.node].args[k]].rows) for k in excluded.operands)
    ]
    return tuple(dict.fromkeys(unnamed))


def _inside(model: Model) -> Iterator[tuple[str, set[int]]]:
    """The orders that executions choose, each with the nodes that it is made of."""
    for name, order in model.orders:
        inside: set[int] = set()
        todo = [order]
        while todo:
            node = todo.pop()
            if node not in inside:
                inside.add(node)
                todo += model.nodes[node].args
        yield name, inside


def _is_chosen(cycle: Cycle) -> bool:
    """Whether a cycle breaks what an order is made to keep, and no axiom."""
    return cycle.axiom.startswith("with ")


def _with_reason(said: str, cycle: Cycle, pair: Pair, words: Words) -> str:
    why = _why(cycle, pair, words)
    return f"{said}: {why}" if why else said


def _why(cycle: Cycle, pair: Pair, words: Words) -> str:
    """Why a pair cannot be in an order: the rest of the cycle that it would close."""
    rest = [k for k, step in enumerate(cycle.steps) if (step.source, step.target) != pair] or list(
        range(len(cycle.steps))
    )
    if len(rest) < len(cycle.steps):  # from the end of the pair on
        at = next(k for k in range(len(cycle.steps)) if k not in rest)
        rest = [k for k in (*range(at + 1, len(cycle.steps)), *range(at)) if k in rest]
    within = [k for k in rest if words.event(cycle.steps[k].source).thread == words.event(cycle.steps[k].target).thread]
    said = []
    for k in [k for k in rest if k not in within] or rest:  # what is in a thread is seen in the test
        step = cycle.steps[k]
        if words.event(step.source).is_init and step.name not in ("rf", "co"):
            said.append(f"that is before {words.letter(step.target)}")
        else:
            said.append(words.reason(step, cycle.edges[k], cycle.execution))
    return " and ".join(dict.fromkeys(said))
