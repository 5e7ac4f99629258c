"""Bit-sliced relations: the operators of relational algebra on many executions of one event graph at once.

A relation over n events is n*n bits of an integer, row after row: bit i*n + j is the pair (i, j). The relations of k
executions, the *lanes*, stand one after another in one integer of k*n*n bits, so that one operation on integers works
on every row of every lane. A set of events is the identity on it, hence also a relation of k*n*n bits: `[S]` costs
nothing, and union, intersection and difference are the same for sets and relations (`|`, `&`, `& ~`).
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.records import dataclass


@dataclass(frozen=True, slots=True)
class Lanes:
    """The shape (k lanes of n events) and the masks that its operators need; made by `lanes`.

    Masks: `full` has every bit, `corner` the pair (0, 0) of every lane, `first_row` and `first_column` the first row
    and column of every lane, `diagonal` the identity. `doubling` are the shifts that copy the first row of a lane to
    all its rows. Operators on many events raise LimitReached at the deadline.
    """

    n: int
    k: int
    full: int
    corner: int
    first_row: int
    first_column: int
    diagonal: int
    doubling: tuple[int, ...]
    deadline: Deadline = NO_DEADLINE

    # --- in and out -----------------------------------------------------------------------------------------------

    def pack(self, relations: Iterable[int]) -> int:
        """The relations of the lanes, n*n bits each, as one integer."""
        bits = shift = 0
        for relation in relations:
            bits |= relation << shift
            shift += self.n * self.n
        return bits

    def unpack(self, bits: int) -> tuple[int, ...]:
        """The relation of each lane, n*n bits each."""
        width = self.n * self.n
        mask = (1 << width) - 1
        return tuple(bits >> shift & mask for shift in range(0, self.k * width, width))

    def from_rows(self, rows: Iterable[int]) -> int:
        """One relation of n*n bits, given as n rows."""
        bits = shift = 0
        for row in rows:
            bits |= row << shift
            shift += self.n
        return bits

    def rows(self, relation: int) -> list[int]:
        """The n rows of one relation of n*n bits."""
        mask = (1 << self.n) - 1
        return [relation >> shift & mask for shift in range(0, self.n * self.n, self.n)]

    def repeat(self, relation: int) -> int:
        """One relation of n*n bits in every lane."""
        return relation * self.corner

    def sets(self, masks: Iterable[int]) -> int:
        """The sets of the lanes, given as n bits each."""
        return self._all_rows(self.pack(masks)) & self.diagonal

    # --- operators ------------------------------------------------------------------------------------------------

    def seq(self, left: int, right: int) -> int:
        """`left ; right`: for every event j, what leads to j in `left` crossed with where j leads in `right`."""
        if not left or not right:
            return 0
        n, first_row, first_column = self.n, self.first_row, self.first_column
        result = shift = 0
        if self.k == 1:
            for j in range(n):
                column = left >> j & first_column
                if column:
                    # Bits i*n of the column times bits j of the row: the outer product is an integer product.
                    result |= column * (right >> shift & first_row)
                shift += n
            return result
        doubling = self.doubling
        for j in range(n):
            column = left >> j & first_column
            if column:
                row = right >> shift & first_row
                if row:
                    for step in doubling:
                        row |= row << step
                    result |= (column << n) - column & row  # a bit at the start of a row, spread over the row
            shift += n
        return result

    def plus(self, relation: int) -> int:
        """`relation^+`, by Warshall's algorithm: `seq` with itself, each event's paths added before the next event."""
        if not relation:
            return 0
        n, first_row, first_column = self.n, self.first_row, self.first_column
        shift = 0
        if self.k == 1:
            for j in range(n):
                column = relation >> j & first_column
                if column:
                    relation |= column * (relation >> shift & first_row)
                shift += n
            return relation
        doubling = self.doubling
        for j in range(n):
            column = relation >> j & first_column
            if column:
                row = relation >> shift & first_row
                if row:
                    for step in doubling:
                        row |= row << step
                    relation |= (column << n) - column & row
            shift += n
        return relation

    def inverse(self, relation: int) -> int:
        """`relation^-1`: the pairs (i, i+d) of each diagonal all move by d*(n-1) bits, and those below it back."""
        result = relation & self.diagonal
        rest = relation ^ result
        above, inside = self.diagonal, ~self.first_column
        shift = 0
        while rest:
            shift += self.n - 1
            above = above << 1 & inside
            up, down = rest & above, rest >> shift & above
            result |= up << shift | down
            rest ^= up | down << shift
        return result

    def product(self, sources: int, targets: int) -> int:
        """`sources * targets`, of two sets."""
        return self.whole_rows(sources) & self.whole_columns(targets)

    def domain(self, relation: int) -> int:
        """The set of the sources of a relation's pairs."""
        return self.whole_rows(relation) & self.diagonal

    def range(self, relation: int) -> int:
        """The set of the targets of a relation's pairs."""
        return self.whole_columns(relation) & self.diagonal

    def whole_rows(self, relation: int) -> int:
        """Every pair whose source has a pair in the relation; of a set S, `S * _`."""
        if not relation:
            return 0
        # Adding 1...1 to the low bits of a row carries into its last bit unless they are all 0.
        last_column = self.first_column << self.n - 1
        low = self.full ^ last_column
        found = ((relation & low) + low | relation) & last_column
        return (found << 1) - (found >> self.n - 1)

    def whole_columns(self, relation: int) -> int:
        """Every pair whose target has a pair in the relation; of a set S, `_ * S`."""
        if not relation:
            return 0
        for step in self.doubling:
            relation |= relation >> step
        return self._all_rows(relation & self.first_row)

    def _all_rows(self, row: int) -> int:
        """The first row of every lane copied to all rows of the lane."""
        for step in self.doubling:
            row |= row << step
        return row

    # --- predicates: the lanes in which they hold, as k bits ------------------------------------------------------

    def empty(self, relation: int) -> int:
        """The lanes in which the relation has no pair."""
        if not relation:
            return (1 << self.k) - 1
        return sum(1 << lane for lane, bits in enumerate(self.unpack(relation)) if not bits)

    def irreflexive(self, relation: int) -> int:
        """The lanes in which no event is related to itself."""
        return self.empty(relation & self.diagonal)

    def acyclic(self, relation: int) -> int:
        """The lanes in which the relation has no cycle."""
        return self.irreflexive(self.plus(relation))


@dataclass(frozen=True, slots=True)
class _Large(Lanes):
    """One lane of many events, a multiple of 8, composed row by row: the cost grows with the pairs, not the events."""

    def seq(self, left: int, right: int) -> int:
        if not left or not right:
            return 0
        targets = self.rows(right)
        result = []
        for i, row in enumerate(self.rows(left)):
            if i and not i % _TOGETHER:
                self.deadline.check()
            reached = 0
            while row:
                low = row & -row
                reached |= targets[low.bit_length() - 1]
                row ^= low
            result.append(reached)
        return self.from_rows(result)

    def plus(self, relation: int) -> int:
        if not relation:
            return 0
        rows = self.rows(relation)
        targets = 0
        for row in rows:
            targets |= row
        for j, bit in [(j, 1 << j) for j in range(self.n) if rows[j] and targets >> j & 1]:  # no step changes which
            if j and not j % _TOGETHER:
                self.deadline.check()
            through = rows[j]
            rows = [row | through if row & bit else row for row in rows]
        return self.from_rows(rows)

    def inverse(self, relation: int) -> int:
        rows = [0] * self.n
        for i, row in enumerate(self.rows(relation)):
            if i and not i % _TOGETHER:
                self.deadline.check()
            while row:
                low = row & -row
                rows[low.bit_length() - 1] |= 1 << i
                row ^= low
        return self.from_rows(rows)

    def acyclic(self, relation: int) -> int:
        rows = self.rows(relation)
        live = [i for i in reversed(range(self.n)) if rows[i]]
        left = sum(1 << i for i in live)
        # Remove events without successors; later events first, as most pairs lead from earlier to later ones.
        while live:
            self.deadline.check()
            stuck = []
            for i in live:
                if rows[i] & left:
                    stuck.append(i)
                else:
                    left ^= 1 << i
            if len(stuck) == len(live):
                return 0
            live = stuck
        return 1

    def rows(self, relation: int) -> list[int]:
        size = self.n // 8
        data = relation.to_bytes(self.n * size, "little")
        return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]

    def from_rows(self, rows: Iterable[int]) -> int:
        size = self.n // 8
        return int.from_bytes(b"".join([row.to_bytes(size, "little") for row in rows]), "little")


_TOGETHER = 64  # rows between two looks at the clock

LARGE = 128
"""From this many events on, one lane is composed by rows if their number is a multiple of 8."""


def lanes(n: int, k: int, deadline: Deadline = NO_DEADLINE) -> Lanes:
    """The shape of k lanes of n events, both at least 1."""
    width = n * n
    full = (1 << k * width) - 1
    corner = full // ((1 << width) - 1)
    doubling = []
    rows = 1
    while rows < n:  # where n is no power of two, the last step overlaps so as not to leave the lane
        step = min(rows, n - rows)
        doubling.append(step * n)
        rows += step
    shape = _Large if k == 1 and n >= LARGE and n % 8 == 0 else Lanes
    return shape(
        n=n,
        k=k,
        full=full,
        corner=corner,
        first_row=corner * ((1 << n) - 1),
        first_column=full // ((1 << n) - 1),
        diagonal=corner * (((1 << n * (n + 1)) - 1) // ((1 << n + 1) - 1)),
        doubling=tuple(doubling),
        deadline=deadline,
    )
