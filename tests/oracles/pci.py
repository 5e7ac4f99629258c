"""A machine of PCI buses, bridges and queues, run in every interleaving.

It does what the ordering rules of PCI and PCI Express say (`pci_terms` has the tables), and knows nothing of axioms.

- Buses form a tree; a bridge joins two of them, and is a queue in each direction. Queues have no limit.
- A step is one bus transaction, and is atomic: a packet comes onto a bus, from a master or from a bridge, and is at
  once claimed, by its target, where it performs, or by the bridge towards its target, where it joins a queue.
- An operation is a request, which goes from its master's bus to its location's bus by the only route there is. A read
  or a non-posted write is answered by a completion, which goes the same way back. The completion is in the first queue
  of that way as soon as the request has performed. On the bus of its own target a master is answered in the same step.
- A packet may leave a queue if the passing table lets it pass all packets ahead of it. What the table leaves to the
  bridge (y/n) is allowed: this machine is all bridges that obey the rules.
- There is one copy of each location. A write joins the history of its location, and a read samples the last write in
  it, when they perform. All locations start with 0.
- A wire (INTx) is on no bus: everyone reads and writes it in one step, and no queue delays it.
- A snooping observer (`snoop`) reads the last write to a location that came onto the observer's own bus, be that at its
  master, on its way, or at its target; 0 if none has. It is one step that no queue delays.

Who issues what when:

- `master`, a device: in program order. It goes on when a posted write is on its bus, and when the completion of an
  awaited operation is back; what is not awaited holds nothing up.
- `x86`, a CPU: the same, with a FIFO buffer through which all posted writes go, to memory and to devices (x86-TSO:
  Owens, Sarkar and Sewell, TPHOLs 2009; accesses to devices: Intel SDM volume 3A, chapter on memory ordering). A store
  leaves the buffer when it comes onto the host bus. A load from memory takes the newest buffered store to its location,
  if there is one. A load from a device, a non-posted write, and a fence that keeps a write before a read wait until the
  buffer is empty, and for no more than that: no fence of a CPU waits for a posted write to arrive.
- `weak`, a CPU that keeps no order but this: accesses to one location, dependencies, what its fences name, and all that
  comes after the interrupt that it waits for. It is no machine in particular: it forwards no stores, and memory has one
  copy.

A CPU waits for what it reads. To an x86, an interrupt is a read that nothing drains for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from oracles.pci_terms import COMPLETIONS, REQUESTS, Operation, Table, Thread, Topology, may_pass, packets

INIT = -1  # where a read samples what was there before all writes
T = TypeVar("T")


class Outcome(NamedTuple):
    """What became of a run; operations are counted through all threads, from 0.

    `sources`: for each read in order, the write that it returned (or INIT). `histories`: for each location of the
    topology in order, its writes as they performed.
    """

    sources: tuple[int, ...]
    histories: tuple[tuple[int, ...], ...]


def outcomes(topology: Topology, threads: tuple[Thread, ...], table: Table) -> frozenset[Outcome]:
    """Every outcome of the machine."""
    return frozenset(Machine(topology, threads, table).run())


def is_possible(
    topology: Topology, threads: tuple[Thread, ...], table: Table, final: Mapping[str, int] | None = None
) -> bool:
    """Whether all reads can return their values in one run that leaves the locations named with the values given."""
    machine = Machine(topology, threads, table, wanted=True)
    places = {x: k for k, x in enumerate(topology.locations)}
    for outcome in machine.run():
        last = {x: outcome.histories[places[x]][-1:] or (INIT,) for x in final or {}}
        if all(machine.value(*last[x]) == value for x, value in (final or {}).items()):
            return True
    return False


class State(NamedTuple):
    """A state of the machine: everything that can make a difference from here on, or to the outcome.

    Of each thread the operations not yet taken up and the stores in its buffer; the operations awaited that are not
    done; the packets in each queue, the oldest first; the history of each location; the snooped copies; what the reads
    returned so far.
    """

    left: tuple[tuple[int, ...], ...]
    buffers: tuple[tuple[int, ...], ...]
    awaited: frozenset[int]
    queues: tuple[tuple[int, ...], ...]
    histories: tuple[tuple[int, ...], ...]
    copies: tuple[int, ...]
    sources: tuple[int | None, ...]


class Machine:
    """The machine with one program; if `wanted`, a run ends where a read does not return the value of its operation.

    With `every_step`, steps whose moment makes no difference are taken at every moment all the same. Raises ValueError
    if a CPU is not on the bus of the memory that it uses.
    """

    def __init__(
        self,
        topology: Topology,
        threads: tuple[Thread, ...],
        table: Table,
        wanted: bool = False,
        every_step: bool = False,
    ) -> None:
        self.topology = topology
        self.threads = threads
        self.wanted = wanted
        self.operations = [o for thread in threads for o in thread.operations]
        self.owner = [t for t, thread in enumerate(threads) for _ in thread.operations]
        self.bus = [topology.masters[t] for t in self.owner]
        for o, t in zip(self.operations, self.owner, strict=True):
            away = o.location in topology.memory and topology.locations[o.location] != topology.masters[t]
            if threads[t].discipline != "master" and away:
                raise ValueError(f"a CPU is not on the bus of its memory {o.location}")
        self.packets = packets(topology, threads)
        self.blocked_by = {
            n: frozenset(m for m, earlier in self.packets.items() if not may_pass(table, later, earlier))
            for n, later in self.packets.items()
        }
        self.queues = [*topology.bridges, *((b, a) for a, b in topology.bridges)]
        self.onward = {
            (n, here): self.queues.index((here, there))
            for n, packet in self.packets.items()
            for here, there in zip(packet.route, packet.route[1:], strict=False)
        }
        self.places = {location: k for k, location in enumerate(topology.locations)}
        self.slots = {n: k for k, n in enumerate(n for n, o in enumerate(self.operations) if o.is_read)}
        snoops = ((bus, o.location) for bus, o in zip(self.bus, self.operations, strict=True) if o.kind == "snoop")
        self.snooped = {place: k for k, place in enumerate(dict.fromkeys(snoops))}
        self.indifferent = frozenset() if every_step else frozenset(self._indifferent())
        self.needs = [frozenset(m for m in range(n) if self._keeps(m, n)) for n in range(len(self.operations))]

    def value(self, write: int) -> int:
        """What a write wrote; locations start with 0."""
        return 0 if write == INIT else self.operations[write].value

    # --- the order that threads keep -------------------------------------------------------------------------------

    def _keeps(self, m: int, n: int) -> bool:
        """Whether an operation waits until an earlier one is taken up and, if awaited, done."""
        t = self.owner[n]
        if self.owner[m] != t or self.threads[t].discipline != "weak":
            return self.owner[m] == t
        a, b = self.operations[m], self.operations[n]
        if "fence" in (a.kind, b.kind):
            return False
        fences = (o.orders for o in self.operations[m:n] if o.kind == "fence")
        named = any((self._class(a), self._class(b)) in orders for orders in fences)
        depends = m - self.owner.index(t) in b.after
        return a.interrupt or a.location == b.location or depends or named

    def _class(self, o: Operation) -> str:
        return ("W" if o.is_write else "R") + ("m" if o.location in self.topology.memory else "d")

    # --- the search ------------------------------------------------------------------------------------------------

    def run(self) -> Iterator[Outcome]:
        """The outcomes of all runs, each at least once. Raises RuntimeError if a run gets stuck, which none does."""
        start = State(
            left=tuple(
                tuple(n for n, owner in enumerate(self.owner) if owner == t) for t, _ in enumerate(self.threads)
            ),
            buffers=((),) * len(self.threads),
            awaited=frozenset(),
            queues=((),) * len(self.queues),
            histories=((),) * len(self.places),
            copies=(INIT,) * len(self.snooped),
            sources=(None,) * len(self.slots),
        )
        seen = {start}
        todo = [start]
        while todo:
            state = todo.pop()
            following = list(self._steps(state))
            new = {s for s in following if s is not None} - seen
            seen |= new
            todo += new
            if not following:
                if any(state.left) or None in state.sources:
                    raise RuntimeError(f"stuck: {state}")
                yield Outcome(tuple(s for s in state.sources if s is not None), state.histories)

    def _steps(self, state: State) -> Iterator[State | None]:
        """Every state that is one step away; None stands for a step that nobody wants."""
        leaving = [
            (q, k)
            for q, queue in enumerate(state.queues)
            for k, packet in enumerate(queue)
            if self.blocked_by[packet].isdisjoint(queue[:k])
        ]
        ready = [
            n
            for left in state.left
            for n in left
            if self.needs[n].isdisjoint(left) and self.needs[n].isdisjoint(state.awaited)
        ]
        for q, k in leaving:
            if (state.queues[q][k], self.queues[q][1]) in self.indifferent:
                yield self._leave(state, q, k)
                return
        for n in ready:
            if (2 * n, self.bus[n]) in self.indifferent:
                yield from self._take_up(state, n)
                return
        for q, k in leaving:
            yield self._leave(state, q, k)
        for n in ready:
            yield from self._take_up(state, n)
        for t, buffer in enumerate(state.buffers):
            if buffer:
                yield self._issue(state._replace(buffers=_with(state.buffers, t, buffer[1:])), buffer[0])

    def _leave(self, state: State, q: int, k: int) -> State | None:
        """A packet crosses to the bus behind its queue."""
        queue = state.queues[q]
        without = _with(state.queues, q, queue[:k] + queue[k + 1 :])
        return self._arrive(state._replace(queues=without), queue[k], self.queues[q][1])

    def _indifferent(self) -> Iterator[tuple[int, str]]:
        """Packets and the buses that they come to with no one the wiser, so that they do as soon as they can.

        They are completions that come home to a master that does not wait, and packets that join a queue in which no
        other packet of the program will ever hold them up, or be held up by them. To come early takes nothing from
        others, who can always go on later than they might.
        """
        for n, packet in self.packets.items():
            o = self.operations[n // 2]
            if n % 2 and not o.awaited:
                yield n, packet.route[-1]
            buffered = self.threads[self.owner[n // 2]].discipline == "x86"
            for bus in packet.route[n % 2 or buffered : -1]:
                others = [m for (m, _), q in self.onward.items() if q == self.onward[n, bus] and m != n]
                is_seen = o.is_write and (bus, o.location) in self.snooped
                if not is_seen and not any(m in self.blocked_by[n] or n in self.blocked_by[m] for m in others):
                    yield n, bus

    def _take_up(self, state: State, n: int) -> Iterator[State | None]:
        """A thread does its next operation, or nothing if its store buffer has to drain first."""
        o = self.operations[n]
        t = self.owner[n]
        buffer = state.buffers[t]
        state = state._replace(left=_with(state.left, t, tuple(m for m in state.left[t] if m != n)))
        if self.threads[t].discipline == "x86":
            if self._class(o) == "Rm" and (own := [m for m in buffer if self.operations[m].location == o.location]):
                yield self._sample(state, n, own[-1])
                return
            if REQUESTS.get(o.kind) == "PMW":
                yield state._replace(buffers=_with(state.buffers, t, (*buffer, n)))
                return
            if buffer and self._drains(o):
                return
        yield state if o.kind == "fence" else self._issue(state, n)

    def _drains(self, o: Operation) -> bool:
        """Whether an operation of an x86 waits for an empty buffer."""
        if o.kind == "fence":
            return any(before[0] == "W" and after[0] == "R" for before, after in o.orders)
        return self._class(o) != "Rm" and not o.interrupt

    # --- what happens on a bus -------------------------------------------------------------------------------------

    def _issue(self, state: State, n: int) -> State | None:
        """A thread puts an operation on its bus."""
        o = self.operations[n]
        if o.kind == "snoop":
            return self._sample(state, n, state.copies[self.snooped[self.bus[n], o.location]])
        if o.awaited and o.kind in COMPLETIONS:
            state = state._replace(awaited=state.awaited | {n})
        return self._arrive(state, 2 * n, self.bus[n])

    def _arrive(self, state: State, number: int, bus: str) -> State | None:
        """A packet comes onto a bus: what it is for, and where it goes next."""
        n, is_completion = divmod(number, 2)
        o = self.operations[n]
        if o.is_write and not is_completion and (bus, o.location) in self.snooped:
            state = state._replace(copies=_with(state.copies, self.snooped[bus, o.location], n))
        if bus == self.packets[number].route[-1]:
            if not is_completion:
                performed = self._perform(state, n)
                if performed is None:
                    return None
                state = performed
                number += 1
            if is_completion or number not in self.packets:
                return state._replace(awaited=state.awaited - {n})
        queue = self.onward[number, bus]
        return state._replace(queues=_with(state.queues, queue, (*state.queues[queue], number)))

    def _perform(self, state: State, n: int) -> State | None:
        """An operation reaches its target."""
        place = self.places[self.operations[n].location]
        history = state.histories[place]
        if self.operations[n].is_write:
            return state._replace(histories=_with(state.histories, place, (*history, n)))
        return self._sample(state, n, history[-1] if history else INIT)

    def _sample(self, state: State, n: int, source: int) -> State | None:
        """A read returns what a write wrote."""
        if self.wanted and self.value(source) != self.operations[n].value:
            return None
        return state._replace(sources=_with(state.sources, self.slots[n], source))


def _with(items: tuple[T, ...], k: int, item: T) -> tuple[T, ...]:
    return (*items[:k], item, *items[k + 1 :])
