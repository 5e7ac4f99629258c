"""Fewer candidates for rf and co in executions whose final state satisfies a proposition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from litmus.base import relation
from litmus.bounds import Base, with_candidates, with_order
from litmus.ir.events import WRITES, Known, ReadValue
from litmus.ir.litmus_test import And, Atom, Content, Not, Or, Prop, Register
from litmus.ir.propositions import satisfied
from litmus.ir.thread import Address, Value


def conjuncts(prop: Prop) -> Iterable[Atom]:
    """Atoms that follow from a proposition; not all, only those found through conjunctions and negations."""
    match prop:
        case And(operands):
            for operand in operands:
                yield from conjuncts(operand)
        case Not(Or(operands)):
            for operand in operands:
                yield from conjuncts(Not(operand))
        case Not(Not(operand)):
            yield from conjuncts(operand)
        case Not(Atom(_, "=" | "!=" as op) as atom):
            yield replace(atom, op="!=" if op == "=" else "=")
        case Atom():
            yield prop


def narrowed(base: Base, prop: Prop) -> Base:
    """Bounds of the executions in which a proposition holds.

    If a register holds what a read returned, the read can only read from writes of the value wanted; the last write of
    a location writes the value wanted. This is necessary but not sufficient: the proposition has to be asserted as
    well.
    """
    candidates = dict(base.domains.candidates)
    co_may = base.co[1]
    for atom in conjuncts(prop):
        if atom.op not in ("=", "!=") or isinstance(atom.right, Register | Content):
            continue
        if isinstance(atom.left, Register):
            expr = base.graph.final.get(atom.left)
            if isinstance(expr, ReadValue):
                writes = candidates[expr.event]
                candidates[expr.event] = tuple(w for w in writes if _may(base, w, atom, atom.right))
        elif atom.left not in base.graph.test.composites:
            co_may = _ending(base, co_may, atom.left, atom, atom.right)
    if candidates != base.domains.candidates:
        base = with_candidates(base, replace(base.domains, candidates=candidates))
    return with_order(base, co_may) if co_may != base.co[1] else base


def _may(base: Base, write: int, atom: Atom, value: Value) -> bool:
    """Whether an atom may hold of a write's value."""
    written = base.graph.events[write].value
    assert written is not None
    domain = base.domains.of(written)
    if domain is None:
        return True
    return any(satisfied(atom, x, value) for x in domain)


def _ending(base: Base, co_may: relation.Rows, location: Address, atom: Atom, value: Value) -> relation.Rows:
    """`co_may` without pairs from the write that must be last, if only one can give the location its value."""
    events = base.graph.events
    at = Known(location)
    writes = [e.index for e in events if e.kind in WRITES and e.addr == at]
    if any(e.kind in WRITES and not isinstance(e.addr, Known) for e in events):
        return co_may
    last = [w for w in writes if base.last[1] >> w & 1 and _may(base, w, atom, value)]
    if len(last) != 1 or not base.certain >> last[0] & 1:
        return co_may
    return tuple([0 if i == last[0] else row for i, row in enumerate(co_may)])
