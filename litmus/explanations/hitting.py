"""The cheapest sets that have an element of each of some sets (hitting sets), by branch and bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litmus.base.deadline import NO_DEADLINE, Deadline

Element = tuple[int, int]
"""A choice at a place, both by number; a set has one choice at a place at most."""


def hitting_sets(
    clauses: Sequence[frozenset[Element]],
    costs: Mapping[Element, int],
    every: bool = False,
    deadline: Deadline = NO_DEADLINE,
) -> list[frozenset[Element]]:
    """The cheapest sets with an element of each clause: one, or every; none if there is no such set.

    Costs are at least 1. Raises LimitReached at the deadline.
    """
    return _Search(clauses, costs, every, deadline).run()


class _Search:
    def __init__(
        self,
        clauses: Sequence[frozenset[Element]],
        costs: Mapping[Element, int],
        every: bool,
        deadline: Deadline,
    ) -> None:
        self.clauses = sorted(set(clauses), key=lambda clause: (len(clause), sorted(clause)))
        self.costs = costs
        self.every = every
        self.deadline = deadline
        self.best = 1 + sum(costs.values())
        self.found: list[frozenset[Element]] = []

    def run(self) -> list[frozenset[Element]]:
        self._go(frozenset(), 0, frozenset())
        return sorted(set(self.found), key=sorted)

    def _go(self, chosen: frozenset[Element], cost: int, refused: frozenset[Element]) -> None:
        """Complete a set; what was refused is not to be in it, as the sets with it have been looked at."""
        self.deadline.check()
        places = {place for place, _ in chosen}
        left = []
        for clause in self.clauses:
            if not clause & chosen:
                usable = [e for e in clause if e not in refused and e[0] not in places]
                if not usable:
                    return
                left.append(usable)
        least = cost + self._least(left)
        if least > self.best or (least == self.best and self.found and not self.every):
            return
        if not left:
            if cost < self.best:
                self.best, self.found = cost, []
            self.found.append(chosen)
            return
        branch = min(left, key=len)
        tried: list[Element] = []
        for element in sorted(branch, key=lambda e: (self.costs[e], e)):
            self._go(chosen | {element}, cost + self.costs[element], refused.union(tried))
            tried.append(element)

    def _least(self, left: Sequence[Sequence[Element]]) -> int:
        """What clauses without a common element cost at least."""
        used: set[Element] = set()
        total = 0
        for clause in sorted(left, key=len):
            if used.isdisjoint(clause):
                used.update(clause)
                total += min(self.costs[e] for e in clause)
        return total
