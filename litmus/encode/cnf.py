"""Clauses under construction: DIMACS literals, constants folded away, gates shared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import neg

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached

TRUE = 1
"""The literal that always holds: variable 1 is asserted."""
FALSE = -1
NONE = "0"
"""The clause without literals, as a line of DIMACS."""

MAX_CLAUSES = 1_000_000
"""The most clauses of a problem, to limit memory."""

_LINES = ("0", "%d 0", "%d %d 0", "%d %d %d 0", "%d %d %d %d 0")  # formatting the short clauses at once is fastest
_LADDER = 6  # more literals than this get a ladder instead of one clause a pair


class Cnf:
    """A growing set of clauses over variables 1, 2, ...; a literal is a variable or its negative.

    Clauses are kept as lines of DIMACS text, which is what the solver reads fastest. What adds some raises LimitReached
    once they are too many, and at the deadline.
    """

    def __init__(self, deadline: Deadline = NO_DEADLINE) -> None:
        self.deadline = deadline
        self.variables = 1
        self._lines: list[str] = ["1 0"]
        self._taken = 0
        self._gates: dict[tuple[int, ...], int] = {}

    def variable(self) -> int:
        """A new variable."""
        self.variables += 1
        if not self.variables & 255:
            self._check()
        return self.variables

    def add(self, *literals: int) -> None:
        """The clause that one of the literals holds."""
        if TRUE in literals:
            return
        if FALSE in literals:
            literals = tuple([x for x in literals if x != FALSE])
        count = len(literals)
        self._lines.append(_LINES[count] % literals if count < len(_LINES) else line_of(literals))
        if not len(self._lines) & 255:
            self._check()

    def _check(self) -> None:
        if len(self._lines) > MAX_CLAUSES:
            raise LimitReached("limit", f"the problem has more than {MAX_CLAUSES} clauses")
        self.deadline.check()

    def and_(self, literals: Iterable[int]) -> int:
        """A literal equal to the conjunction."""
        kept = set(literals)
        kept.discard(TRUE)
        if not kept:
            return TRUE
        if FALSE in kept or not kept.isdisjoint(map(neg, kept)):
            return FALSE
        if len(kept) == 1:
            return kept.pop()
        key = tuple(sorted(kept))
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = self.variable()
            for x in key:
                self._lines.append(f"-{gate} {x} 0")
            self._lines.append(line_of([*[-x for x in key], gate]))
        return gate

    def or_(self, literals: Iterable[int]) -> int:
        """A literal equal to the disjunction."""
        return -self.and_(map(neg, literals))

    def xor(self, a: int, b: int) -> int:
        """A literal equal to a exclusive-or b."""
        if a in (TRUE, FALSE):
            return -b if a == TRUE else b
        if b in (TRUE, FALSE):
            return -a if b == TRUE else a
        if a == b:
            return FALSE
        if a == -b:
            return TRUE
        return self.or_((self.and_((a, -b)), self.and_((-a, b))))

    def choose(self, condition: int, then: int, otherwise: int) -> int:
        """A literal equal to `then` where the condition holds, to `otherwise` where it does not."""
        if then == otherwise:
            return then
        return self.or_((self.and_((condition, then)), self.and_((-condition, otherwise))))

    def at_most_one(self, literals: Sequence[int]) -> None:
        """No two of the literals hold."""
        if len(literals) <= _LADDER:
            for k, x in enumerate(literals):
                for y in literals[:k]:
                    self.add(-x, -y)
            return
        earlier = literals[0]
        for x in literals[1:]:
            self.add(-earlier, -x)
            step = self.variable()
            self.add(-earlier, step)
            self.add(-x, step)
            earlier = step

    def take(self) -> str:
        """DIMACS text of the clauses since the last call."""
        fresh = self.since(self._taken)
        self._taken = len(self._lines)
        return fresh

    def since(self, count: int) -> str:
        """DIMACS text of all clauses but the first `count`."""
        fresh = self._lines[count:]
        return f"p cnf {self.variables} {len(fresh)}\n" + "\n".join(fresh) + "\n"

    def clauses(self, count: int) -> Iterable[list[int]]:
        """All clauses but the first `count`, as literals."""
        for line in self._lines[count:]:
            yield [int(x) for x in line.split()[:-1]]

    def whole(self, more: Iterable[str] = ()) -> str:
        """DIMACS text of all clauses, and of some that are not kept, which are lines already."""
        lines = [*self._lines, *more]
        return f"p cnf {self.variables} {len(lines)}\n" + "\n".join(lines) + "\n"

    def __len__(self) -> int:
        return len(self._lines)


def line_of(clause: Iterable[int]) -> str:
    """A clause as a line of DIMACS."""
    return " ".join([*map(str, clause), NONE])
