"""Itanium and processor consistency with a copy of every write at every processor, as their manuals have them.

Their cat models have no copies: they relate only what can be related without naming a processor. Here every copy is a
node of a graph, with an edge for each rule; an execution is consistent if the graph has no circle.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from oracles.dags import Dag

from litmus.ir.execution import Execution
from litmus.judge.evaluate import relations

Node = Hashable
Edge = tuple[Node, Node]
_BASE = ("po", "addr", "data", "ctrl", "loc", "co", "amo", "si")


class Copies:
    """The events of an execution, and how they are related; `edges` and the nodes are those of a model."""

    def __init__(self, execution: Execution) -> None:
        dag = Dag()
        numbers = {name: dag.base(name) for name in _BASE}
        found = relations(dag.model("base"), execution, numbers.values())
        self.rows = {name: found[number] for name, number in numbers.items()}
        self.rf = execution.rf
        events = execution.graph.events
        self.events = [e for e in events if execution.executed >> e.index & 1 and not e.is_init]
        self.processors = sorted({e.thread for e in self.events})
        self.kind = {e.index: e.kind for e in events}
        self.tags = {e.index: e.tags for e in events}
        self.thread = {e.index: e.thread for e in events}
        self.reads = [e.index for e in self.events if e.kind == "R"]
        self.writes = [e.index for e in self.events if e.kind == "W"]

    def has(self, relation: str, a: int, b: int) -> bool:
        return bool(self.rows[relation][a] >> b & 1)

    def pairs(self, relation: str) -> Iterator[tuple[int, int]]:
        """The pairs of a relation between events that are no initial writes."""
        members = [e.index for e in self.events]
        return ((a, b) for a in members for b in members if self.has(relation, a, b))

    def later_writes(self, read: int) -> Iterator[int]:
        """The writes that come after what a read returned."""
        return (w for w in self.writes if w != self.rf[read] and self.has("co", self.rf[read], w))


def is_consistent(execution: Execution, edges: Callable[[Copies], Iterator[Edge]]) -> bool:
    """Whether the graph of an execution has no circle."""
    after: dict[Node, set[Node]] = {}
    for a, b in edges(Copies(execution)):
        after.setdefault(b, set())
        if a != b:
            after.setdefault(a, set()).add(b)
    while last := [node for node, following in after.items() if not following & after.keys()]:
        for node in last:
            del after[node]
    return not after


def itanium(c: Copies) -> Iterator[Edge]:
    """A formal specification of Intel Itanium processor family memory ordering, 2002: its rules, one by one."""
    written = {w: r for r, w in c.pairs("amo")}
    read_of = {r: w for w, r in written.items()}

    def event(e: int) -> Node:
        """The node of a read or fence; that of a semaphore's read is its write's, for nothing comes between them."""
        return ("at", read_of[e]) if e in read_of else ("event", e)

    def at(w: int, processor: int) -> Node:
        """The copy of a store at a processor; releases and semaphores come to all at once (atomic WB release)."""
        return ("at", w) if w in written or "REL" in c.tags[w] else ("at", w, processor)

    def local(w: int) -> Node:
        return "local", w

    for w in c.writes:  # write operation order: the local event, the own remote event, the others
        own = c.thread[w]
        yield local(w), at(w, own)
        yield from ((at(w, own), at(w, p)) for p in c.processors)
    for r, w in c.pairs("si"):
        if c.kind[r] + c.kind[w] == "RW" and r not in read_of:
            yield event(r), local(w)
    for r, w in read_of.items():
        yield event(r), at(w, c.thread[w])
    for a, b in c.pairs("po"):
        kinds = c.kind[a] + c.kind[b]
        fence = "F" in kinds
        acquire, release = "ACQ" in c.tags[a], "REL" in c.tags[b]
        if kinds in ("RR", "FR", "RF", "FF") and (acquire or fence or c.has("addr", a, b)):
            yield event(a), event(b)  # acquire, fence, data-flow dependence
        depends = any(c.has(d, a, b) for d in ("addr", "data", "ctrl"))
        if kinds in ("RW", "FW") and (acquire or release or fence or depends or c.has("loc", a, b)):
            yield event(a), local(b)  # the same, release, memory-data dependence (WAR)
        if kinds == "WF":
            yield from ((at(a, p), event(b)) for p in c.processors)
        if kinds == "WW" and release:
            yield local(a), local(b)
            yield from ((at(a, p), at(b, p)) for p in c.processors)
        if kinds == "WW" and c.has("loc", a, b):
            yield local(a), local(b)  # WAW
        if kinds == "WR" and c.has("loc", a, b):
            yield local(a), event(b)  # RAW
        if a in written and "ACQ" in c.tags[written[a]]:  # an acquire semaphore as a whole
            if kinds[1] == "W":
                yield at(a, c.thread[a]), local(b)
            else:
                yield at(a, c.thread[a]), event(b)
    yield from _communication(c, event, at)


def processor_consistency(c: Copies) -> Iterator[Edge]:
    """Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3A, 2006, section 7.2.2: its rules."""

    def event(e: int) -> Node:
        return "event", e

    def at(w: int, processor: int) -> Node:
        return ("at", w) if "X" in c.tags[w] else ("at", w, processor)

    for a, b in [*c.pairs("po"), *((r, w) for r, w in c.pairs("si") if c.kind[r] + c.kind[w] == "RW")]:
        if c.kind[b] == "F" and "MFENCE" not in c.tags[b]:
            continue
        barrier = any({"MFENCE", "X"} & c.tags[e] for e in (a, b))
        lfence = any("LFENCE" in c.tags[f.index] and _between(c, a, f.index, b) for f in c.events)
        sfence = any("SFENCE" in c.tags[f.index] and _between(c, a, f.index, b) for f in c.events)
        match c.kind[a] + c.kind[b]:
            case "RR" if barrier or lfence:
                yield event(a), event(b)
            case "RF" | "FR" | "FF" if barrier:
                yield event(a), event(b)
            case "RW":
                yield from ((event(a), at(b, p)) for p in c.processors)
            case "FW" if barrier:
                yield from ((event(a), at(b, p)) for p in c.processors)
            case "WF" | "WR" if barrier and (c.kind[b] == "F" or "X" in c.tags[b]):
                yield from ((at(a, p), event(b)) for p in c.processors)
            case "WR" if "X" in c.tags[a]:
                yield at(a, 0), event(b)
            case "WW" if barrier or sfence or "NT" not in c.tags[a] | c.tags[b]:
                yield from ((at(a, p), at(b, p)) for p in c.processors)
    yield from _communication(c, event, at)


def _between(c: Copies, a: int, fence: int, b: int) -> bool:
    return c.has("po", a, fence) and c.has("po", fence, b)


def _communication(c: Copies, event: Callable[[int], Node], at: Callable[[int, int], Node]) -> Iterator[Edge]:
    """Coherence at each processor; what a read of another processor's store is after, and what it is before."""
    for a, b in c.pairs("co"):
        yield from ((at(a, p), at(b, p)) for p in c.processors)
    for r in c.reads:
        p = c.thread[r]
        source = c.rf[r]
        if source in c.writes and c.thread[source] != p:
            yield at(source, p), event(r)
        for w in c.later_writes(r):
            if c.thread[w] != p:
                yield event(r), at(w, p)
