"""Judging all candidate executions of a small test at once.

Most tests have a few hundred candidates within their bounds. They are laid side by side, one bit of an integer each, so
that one pass over the model finds which are consistent. What is found is only a proposal: the evaluator judges each
execution that is reported, and the solver is asked whether there is anything else. So this shares nothing with either
but the bounds.

Where only a verdict is wanted, the candidates that end as the condition says are few, most often one. They are listed
without the model, and the evaluator judges them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.base.records import dataclass
from litmus.bounds import Base, Bounds
from litmus.candidates.base import Candidates, at_most, candidates
from litmus.candidates.executions import executions
from litmus.candidates.relations import Unsuitable, consistent
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Observable, Prop
from litmus.ir.model import Axiom, Model
from litmus.ir.propositions import items, satisfying

__all__ = ["Proposal", "at_most", "ending", "propose"]

_TOGETHER = 256
"""States that are compared with a proposition together."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The consistent executions of a test, as lanes of its candidates; those that the test's filter rejects are out.

    `states` are the final states, each with the lanes that end in it.
    """

    candidates: Candidates
    states: tuple[tuple[State, int], ...]

    def executions(self, every: bool, first: State | None = None) -> Iterator[tuple[Execution, State]]:
        """One execution of each state, or every one; those that end in the state `first` before all others."""
        states = sorted(self.states, key=lambda found: found[0] != first) if first else self.states
        if every:
            lanes = [(lane, s) for s, where in states for lane in relation.bits(where)]
        else:
            lanes = [((where & -where).bit_length() - 1, s) for s, where in states]
        found = executions(self.candidates, [lane for lane, _ in lanes])
        yield from zip(found, [state for _, state in lanes], strict=True)


def propose(bounds: Bounds, checks: Sequence[Axiom], deadline: Deadline) -> Proposal | None:
    """All consistent executions within some bounds; None if the candidates are not to be listed.

    Raises LimitReached at the deadline.
    """
    made = candidates(bounds.base, _picks(bounds.model))
    if made is None:
        return None
    try:
        lanes = consistent(bounds, made, deadline, checks)
    except Unsuitable:
        return None
    if lanes & made.unsettled:
        return None
    return Proposal(made, tuple(_states(made, lanes, deadline)))


def ending(base: Base, model: Model, prop: Prop, most: int, deadline: Deadline) -> list[tuple[Execution, State]] | None:
    """The candidates within some bounds that satisfy a proposition at their end, consistent or not, with their states.

    None if the candidates are not to be listed, or are more than `most`. Raises LimitReached at the deadline.
    """
    made = candidates(base, _picks(model), most)
    if made is None or made.unsettled:
        return None
    states = _passing(prop, made.graph.test.observed, list(_states(made, made.valid, deadline)), deadline)
    return list(Proposal(made, tuple(states)).executions(True))


def _picks(model: Model) -> dict[int, int]:
    """The `choose` nodes of a model, and how many operands each has."""
    return {i: len(node.args) for i, node in enumerate(model.nodes) if node.op == "choose"}


def _states(made: Candidates, lanes: int, deadline: Deadline) -> Iterator[tuple[State, int]]:
    """The final states of some lanes, each with its lanes."""
    test = made.graph.test
    observed: tuple[Observable, ...] = test.observed
    more = [] if test.filter is None else [item for item in items(test.filter) if item not in observed]
    found: list[tuple[State, int]] = [((), lanes)] if lanes else []
    for item in (*observed, *more):
        deadline.check()
        ways = made.final(item).items()
        found = [
            ((*state, (item, value)), both) for state, rest in found for value, where in ways if (both := rest & where)
        ]
    if test.filter is None:
        yield from found
        return
    passed: dict[State, int] = {}
    for state, where in _passing(test.filter, (*observed, *more), found, deadline):
        seen = state[: len(observed)]
        passed[seen] = passed.get(seen, 0) | where
    yield from passed.items()


def _passing(
    prop: Prop, observed: Sequence[Observable], found: Sequence[tuple[State, int]], deadline: Deadline
) -> Iterator[tuple[State, int]]:
    """Those of some states, each with its lanes, that satisfy a proposition."""
    for start in range(0, len(found), _TOGETHER):
        deadline.check()
        some = found[start : start + _TOGETHER]
        where = satisfying(prop, observed, [state for state, _ in some])
        for k in relation.bits(where):
            yield some[k]
