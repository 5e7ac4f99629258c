"""The axioms of PCI queues, by brute force: every candidate execution, and the least order that the queues make of it.

A hop is one bus transaction of one operation: one on each bus of the request's route, of which the last performs, and
one on each further bus of the way back. Where the target is on the master's own bus there is one hop, which is first,
performs, and is last. A leg is two hops in a row of one operation: between them it is in a queue. Of a candidate (rf,
and co as a total order for each location), hb is the least transitive relation with

- fwd: each leg, first hop before second;
- iss: the first hops of a thread's operations, in program order;
- wait: the last hop of an awaited operation before the first hops of all later operations of its thread;
- com: rf, co and fr, between the hops that perform (a snooping observer's copy is a place of its own: the writes whose
  route has the bus perform on it there);
- push: if two legs are through one queue, the second may not pass the first, and the first's first hop is before the
  second's, then so are their second hops;
- pull: for the same legs, if the second's second hop is before the first's, then so are their first hops.

The candidate is consistent if hb has no circle. For x86 threads, iss has no posted write before a later read of memory
unless a fence that keeps writes before reads is between; rf inside a thread does not count in memory; and memory is
coherent: no circle in the program order of x86 accesses to one location, rf, co and fr there. Nothing here looks at
states or at runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product
from typing import NamedTuple

from oracles.pci import INIT, Outcome
from oracles.pci_terms import LOCAL, Operation, Packet, Table, Thread, Topology, may_pass, packets

Edge = tuple[int, int]
Place = str | tuple[str, str]  # a location, or the copy of a location that a bus has for its observers


class Leg(NamedTuple):
    """Two hops, and the packet that is between them in the queue from one bus to another."""

    first: int
    second: int
    queue: tuple[str, str]
    packet: Packet


def allowed(topology: Topology, threads: tuple[Thread, ...], table: Table) -> frozenset[Outcome]:
    """The outcomes of all consistent candidates. Raises ValueError for a thread of the discipline `weak`."""
    if any(thread.discipline == "weak" for thread in threads):
        raise ValueError("there are no axioms for weak CPUs")
    return frozenset(Hops(topology, threads, table).consistent())


class Hops:
    """The hops of a program, and what does not depend on the candidate."""

    def __init__(self, topology: Topology, threads: tuple[Thread, ...], table: Table) -> None:
        self.topology = topology
        self.threads = threads
        self.table = table
        self.operations = [o for thread in threads for o in thread.operations]
        self.owner = [t for t, thread in enumerate(threads) for _ in thread.operations]
        self.count = 0
        self.legs: list[Leg] = []
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.performs: dict[tuple[int, Place], int] = {}
        found = packets(topology, threads)
        for n, o in enumerate(self.operations):
            if o.kind not in LOCAL:
                self._expand(n, o, found)
            elif o.kind == "snoop":
                hop = self._hop()
                self.first[n] = self.last[n] = self.performs[n, self._place(n)] = hop
        self.may_not_pass = [
            (ahead, behind)
            for ahead, behind in permutations(self.legs, 2)
            if ahead.queue == behind.queue and not may_pass(table, behind.packet, ahead.packet)
        ]
        places = dict.fromkeys([*topology.locations, *(place for _, place in self.performs)])
        self.writers = {
            place: [n for n, p in self.performs if p == place and self.operations[n].is_write] for place in places
        }
        self.reads = [n for n, o in enumerate(self.operations) if o.is_read]

    def _hop(self) -> int:
        self.count += 1
        return self.count - 1

    def _place(self, n: int) -> Place:
        """Where a read looks, or a write ends."""
        o = self.operations[n]
        return (self.topology.masters[self.owner[n]], o.location) if o.kind == "snoop" else o.location

    def _expand(self, n: int, o: Operation, found: dict[int, Packet]) -> None:
        """Makes the hops and legs of an operation."""
        snooped = {self._place(m) for m, other in enumerate(self.operations) if other.kind == "snoop"}
        hop = self.first[n] = self._hop()
        for number in (2 * n, 2 * n + 1):
            if number not in found:
                continue
            route = found[number].route
            for k, bus in enumerate(route):
                if k:
                    before, hop = hop, self._hop()
                    self.legs.append(Leg(before, hop, (route[k - 1], bus), found[number]))
                if number == 2 * n and o.is_write and (bus, o.location) in snooped:
                    self.performs[n, (bus, o.location)] = hop
            if number == 2 * n:
                self.performs[n, o.location] = hop
        self.last[n] = hop

    # --- the edges -------------------------------------------------------------------------------------------------

    def _static(self) -> Iterator[Edge]:
        """fwd, iss, wait."""
        yield from ((leg.first, leg.second) for leg in self.legs)
        for m, n in combinations(self.first, 2):
            if self.owner[m] == self.owner[n] and not self._may_overtake(m, n):
                yield self.first[m], self.first[n]
                if self.operations[m].awaited and not self._is_posted(m):
                    yield self.last[m], self.first[n]

    def _is_posted(self, n: int) -> bool:
        return self.operations[n].kind in ("write", "msi")

    def _may_overtake(self, m: int, n: int) -> bool:
        """Whether an x86 may issue a read before the write that it follows in the program."""
        o = self.operations[n]
        if self.threads[self.owner[n]].discipline != "x86" or not self._is_posted(m) or not o.is_read:
            return False
        fences = (fence.orders for fence in self.operations[m:n] if fence.kind == "fence")
        fenced = any(a[0] == "W" and b[0] == "R" for orders in fences for a, b in orders)
        return (o.location in self.topology.memory or o.interrupt) and not fenced

    def _com(self, sources: dict[int, int], orders: dict[Place, tuple[int, ...]], inside: bool) -> Iterator[Edge]:
        """rf, co and fr between operations; `inside` has the rf that an x86 forwards."""
        yield from ((a, b) for order in orders.values() for a, b in combinations(order, 2))
        for read, source in sources.items():
            order = orders[self._place(read)]
            forwarded = (
                self.threads[self.owner[read]].discipline == "x86"
                and self.operations[read].location in self.topology.memory
                and source != INIT
                and self.owner[source] == self.owner[read]
            )
            if source != INIT and (inside or not forwarded):
                yield source, read
            yield from ((read, later) for later in order[order.index(source) + 1 if source != INIT else 0 :])

    # --- the candidates --------------------------------------------------------------------------------------------

    def consistent(self) -> Iterator[Outcome]:
        """The outcome of each consistent candidate."""
        static = _closed(self._rows(self._static()))
        choices = [[INIT, *self.writers[self._place(n)]] for n in self.reads]
        for histories in product(*(permutations(writers) for writers in self.writers.values())):
            orders = dict(zip(self.writers, histories, strict=True))
            for chosen in product(*choices):
                sources = dict(zip(self.reads, chosen, strict=True))
                if self._is_coherent(sources, orders) and self._is_ordered(static, sources, orders):
                    yield Outcome(chosen, tuple(orders[x] for x in self.topology.locations))

    def _is_coherent(self, sources: dict[int, int], orders: dict[Place, tuple[int, ...]]) -> bool:
        """Whether x86 threads see memory coherently."""
        cached = [
            n
            for n, o in enumerate(self.operations)
            if self.threads[self.owner[n]].discipline == "x86" and o.location in self.topology.memory
        ]
        in_order = (
            (m, n)
            for m, n in combinations(cached, 2)
            if self.owner[m] == self.owner[n] and self.operations[m].location == self.operations[n].location
        )
        if not cached:
            return True
        rows = [0] * len(self.operations)
        for a, b in (*in_order, *self._com(sources, orders, inside=True)):
            if self.operations[a].location in self.topology.memory:
                rows[a] |= 1 << b
        return not _has_circle(_closed(rows))

    def _is_ordered(self, static: Sequence[int], sources: dict[int, int], orders: dict[Place, tuple[int, ...]]) -> bool:
        """Whether hb has no circle."""
        rows = list(static)
        for place, order in orders.items():
            readers = {n: source for n, source in sources.items() if self._place(n) == place}
            for a, b in self._com(readers, {place: order}, inside=False):
                rows[self.performs[a, place]] |= 1 << self.performs[b, place]
        changed = True
        while changed:
            rows = _closed(rows)
            if _has_circle(rows):
                return False
            changed = False
            for ahead, behind in self.may_not_pass:
                push = rows[ahead.first] >> behind.first & 1, ahead.second, behind.second
                pull = rows[behind.second] >> ahead.second & 1, behind.first, ahead.first
                for follows, earlier, later in (push, pull):
                    if follows and not rows[earlier] >> later & 1:
                        rows[earlier] |= 1 << later
                        changed = True
        return True

    def _rows(self, edges: Iterator[Edge]) -> list[int]:
        rows = [0] * self.count
        for a, b in edges:
            rows[a] |= 1 << b
        return rows


def _closed(rows: Sequence[int]) -> list[int]:
    """The transitive closure of a relation; bit b of row a says that a is related to b."""
    closed = list(rows)
    for k in range(len(closed)):
        row = closed[k]
        for a, other in enumerate(closed):
            if other >> k & 1:
                closed[a] = other | row
    return closed


def _has_circle(closed: Sequence[int]) -> bool:
    return any(row >> k & 1 for k, row in enumerate(closed))
