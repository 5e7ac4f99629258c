"""What an explanation says of events and of steps, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

from litmus.base.relation import bits
from litmus.explanations.derivations import INVERSE, Step
from litmus.explanations.explanation import Explanation
from litmus.ir.events import READS, WRITES, Event, EventKind, ReadValue
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Register
from litmus.ir.thread import EXCLUSIVE, Address, Value
from litmus.ir.valuation import Valuation
from litmus.pci import hops
from litmus.pci.ordering import PassingTable, read_passing
from litmus.render.graph.arrows import drawn
from litmus.render.graph.figure import letters
from litmus.render.graph.words import place, statement

_LONGEST = 44  # characters of a statement
_DEPENDS = {
    "addr": "the address of {b} depends on what {a} reads",
    "data": "the value of {b} depends on what {a} reads",
    "ctrl": "whether {b} is executed depends on what {a} reads",
    "sm": "{a} and {b} are parts of one access, which is one step",
    "quadword": "{a} and {b} are of one access within 16 bytes, which is one step",
}
_ATOMIC = frozenset({"rmw", "amo"})
_PACKETS = {
    "posted": "a posted write",
    "read": "a read request",
    "nonposted": "a non-posted write",
    "read-completion": "a read completion",
    "write-completion": "a write completion",
}

_ORDERS = {  # by the sets of models of C11
    "RLX": "relaxed",
    "CON": "consume",
    "ACQ": "acquire",
    "REL": "release",
    "ACQ_REL": "acq_rel",
    "SC": "seq_cst",
    "NA": "not atomic",
}
_MARKS = {  # by the sets of dialects and of the kernel's model; the first says most
    "Lock": "takes a lock",
    "Unlock": "leaves a lock",
    "AcqRel": "is an acquire and a release",
    "Acq": "is an acquire",
    "A": "is an acquire",
    "Q": "is an acquire",
    "Rel": "is a release",
    "L": "is a release",
    "Mb": "is fully ordered",
    "Plain": "is plain",
    **dict.fromkeys(("Once", "Rmw", "Noreturn", "Volatile"), ""),
}
_MUTEX = frozenset({"LS", "UL"})
_RCU = frozenset({"Rcu-lock", "Rcu-unlock", "Sync-rcu", "Srcu-lock", "Srcu-unlock", "Sync-srcu"})
_SECTIONS = frozenset({"rcu-section", "srcu-section"})
_ONE: Mapping[EventKind, str] = {"R": "a read", "W": "a write", "U": "an update", "B": "a branch", "H": "a hop"}


class Words:
    """The words of one explanation: events have the same letters everywhere, those of pictures first."""

    def __init__(self, known: Explanation) -> None:
        self.known = known
        self.letters: dict[int, str] = {}
        executions = [] if known.witness is None else [known.witness.execution]
        executions += [cycle.execution for cycle in known.cycles]
        executions += [raised.execution for raised in known.raised]
        for event in chain.from_iterable(drawn(execution) for execution in executions):
            self.letters.setdefault(event, letters(len(self.letters)))
        self.graph = executions[0].graph if executions else None
        self.hops = {} if self.graph is None else {hop.event: hop for hop in hops.hops(self.graph)}
        topology = known.test.topology
        self.table: PassingTable | None = None
        if topology is not None:
            self.table = read_passing(known.passing or topology.rules)

    # --- events ---------------------------------------------------------------------------------------------------

    def event(self, index: int) -> Event:
        """An event by its number."""
        assert self.graph is not None
        return self.graph.events[index]

    def letter(self, index: int) -> str:
        """The letter of an event; for a hop that of its access, and the bus."""
        hop = self.hops.get(index)
        if hop is not None and hop.access != index:
            what = "completion on bus" if hop.completion else "on bus"
            return f"{self.letters.get(hop.access, '?')} {what} {hop.bus}"
        if index in self.letters:
            return self.letters[index]
        if self.event(index).is_init:
            return f"the initial {self.location(index)}"
        match self.event(index).kind:  # not in what is shown
            case "R" | "W":
                return self.where(index)
            case "G":
                return f"a register of {self.where(index)}"
        return "a branch"

    def line(self, index: int) -> int | None:
        """The line of an event in the text of the test; None for what is not written there."""
        span = self.event(index).span
        written = span is not None and span.source.name == self.known.test.source.name
        return span.source.position(span.start)[0] if span is not None and written else None

    def where(self, index: int) -> str:
        """The thread and the line of an event: `P0 line 9`; of an initial write, that it is no thread's."""
        if self.event(index).is_init:
            return "at the start"
        line = self.line(index)
        return f"P{self.event(index).thread}" + (f" line {line}" if line is not None else "")

    def statement(self, index: int) -> str:
        """The text of the statement that an event is of."""
        span = self.event(index).span
        if span is None:
            return ""
        return statement(self.known.test, span.text, _LONGEST)

    def location(self, index: int, execution: Execution | None = None) -> str:
        """The location of an access."""
        address = self.event(index).addr
        if address is None:
            return ""
        valuation = Valuation({}) if execution is None else Valuation.of(execution)
        return place(self.known.test, valuation.value(address))

    def value(self, index: int, execution: Execution) -> str:
        """The value that an access writes, or reads if it does not write."""
        return self._shown(index, execution.values[index], execution)

    def read(self, index: int, execution: Execution) -> str:
        """The value that an access reads."""
        return self._shown(index, execution.values[execution.rf[index]], execution)

    def _shown(self, index: int, value: Value, execution: Execution) -> str:
        """A value of an access."""
        expr = self.event(index).addr
        address = None if expr is None else Valuation.of(execution).value(expr)
        target = address if isinstance(address, Address) else None
        return self.known.test.show_accessed(value, target)

    def does(self, index: int, execution: Execution) -> str:
        """What an access does: `reads x=0`."""
        kind = self.event(index).kind
        into = ""
        for item, expr in execution.graph.final.items():
            if expr == ReadValue(index) and isinstance(item, Register):
                into = f" into {item}"
                break
        if kind not in READS + WRITES:
            return ""
        where = f"{self.location(index, execution)}="
        said = []
        if kind in READS:
            said.append(f"reads {where}{self.read(index, execution)}{into}")
        if kind in WRITES:
            said.append(f"writes {where}{self.value(index, execution)}{'' if kind in READS else into}")
        return " and ".join(said)

    def fence(self, index: int) -> str:
        """A fence with its line: `smp_wmb() (line 10; here wmb)`."""
        said = self.statement(index)
        tags = ".".join(sorted(tag.lower() for tag in self.event(index).tags - {"CPU"}))
        line = self.line(index)
        more = [] if line is None else [f"line {line}"]
        if tags and said and said.lower() != tags and not self._order(self.event(index)):
            more.append(f"here {tags}")
        return f"{said or tags} ({'; '.join(more)})" if more else said or tags

    # --- steps ----------------------------------------------------------------------------------------------------

    def order(self, step: Step) -> str:
        """How the two events of a step are to each other: `a before b`."""
        how = "before"
        if step.name.endswith(INVERSE):
            how = "with" if step.name.removesuffix(INVERSE) in _ATOMIC else "after"
        return f"{self.letter(step.source)} {how} {self.letter(step.target)}"

    def tells_of(self, edge: Step) -> bool:
        """Whether what is said of a step tells of the two accesses of this part of it."""
        return edge.name in ("rf", "co", "fr") or (edge.name in _DEPENDS and self.event(edge.target).kind != "F")

    def reason(self, step: Step, edges: Sequence[Step], execution: Execution) -> str:
        """Why the two events of a step are so to each other."""
        if self.table is not None:
            if any(edge.name == "queue" for edge in edges):
                return self._queued(step, edges, self.table)
            if len(edges) == 1 and edges[0].name in ("first", "last", "forward"):
                return "the next step on its way"
        if step.name.endswith(INVERSE):
            step = Step(step.target, step.source, step.name.removesuffix(INVERSE), step.node)
        names = [edge.name.removesuffix(INVERSE) for edge in edges]
        if step.name in _SECTIONS:
            begin, end = self.letter(step.source), self.letter(step.target)
            return f"the section from {begin} to {end} is before or after a grace period as a whole"
        if "G" in (self.event(step.source).kind, self.event(step.target).kind):
            return f"by {' and '.join(dict.fromkeys(names)) or step.name}"
        if step.name in ("rf", "co", "fr"):
            return self._communication(step, execution)
        if self._is_mutex(step.source) and self._is_mutex(step.target):
            return self._mutex(step)
        if self.event(step.source).thread != self.event(step.target).thread or not names:
            return f"by {step.name}" + (f": {self.path(edges)}" if len(edges) > 1 else "")
        if set(names) & {"rf", "co", "fr"}:  # by way of another thread, or of a store that is forwarded
            return f"{step.name}: {self.path(edges)}"
        said = [
            _DEPENDS[edge.name].format(a=self.letter(edge.source), b=self.letter(edge.target))
            for edge in edges
            if edge.name in _DEPENDS and self.event(edge.target).kind != "F"
        ]
        fences = dict.fromkeys(
            e for edge in edges for e in (edge.source, edge.target) if self.event(e).kind == "F" and e in self.letters
        )
        fences = dict.fromkeys(e for e in fences if e not in (step.source, step.target))
        if fences:
            between = " and ".join(self.fence(fence) for fence in fences)
            if any(edge.name == "ctrl" for edge in edges):
                return f"a branch on what {self.letter(step.source)} reads, then {between}"
            return " and ".join([*dict.fromkeys(said), f"{between} is between them"])
        if said:
            return self._dependency(edges)
        if not _ATOMIC.isdisjoint(names):
            return "they are one atomic update"
        return self._program_order(step)

    def _dependency(self, edges: Sequence[Step]) -> str:
        """A chain of dependencies, with what is by program order between them."""
        said = []
        for edge in edges:
            a, b = self.letter(edge.source), self.letter(edge.target)
            if edge.name in _DEPENDS and self.event(edge.target).kind != "F":
                said.append(_DEPENDS[edge.name].format(a=a, b=b))
            elif edge.source in self.letters and edge.target in self.letters:
                first, second = self.event(edge.source), self.event(edge.target)
                near = ", at one location" if first.addr is not None and first.addr == second.addr else ""
                said.append(f"{b} is after {a} in the program{near},")
        return " and ".join(dict.fromkeys(said)).removesuffix(",")

    def _program_order(self, step: Step) -> str:
        a, b = self.event(step.source), self.event(step.target)
        marked = [f"{self.letter(e.index)} {mark}" for e in (a, b) if e.kind in "RWU" and (mark := self._mark(e))]
        if not (a.tags | b.tags).isdisjoint(_RCU):
            return "program order"
        if "F" in (a.kind, b.kind):
            fence = a if a.kind == "F" else b
            order = self._order(fence)
            kind = f"{'an' if order[:1] == 'a' else 'a'} {order} fence" if order else "a fence"
            return f"program order, {self.letter(fence.index)} is {kind}"
        if "A" in (a.kind, b.kind):
            return "program order"
        said = f"program order, of {_ONE[a.kind]} and {_ONE[b.kind]}"
        if a.kind == b.kind:
            said = f"program order, of two {_ONE[a.kind].split()[1]}s"
        if a.addr is not None and a.addr == b.addr:
            said = "program order, on one location"
        return f"{said}; {' and '.join(marked)}" if marked else said

    def _mark(self, event: Event) -> str:
        """What an access is beyond a read or a write: `is an acquire`; "" for nothing that a reader has to know."""
        order = self._order(event)
        if order:
            return f"is {order}"
        tags = event.tags - EXCLUSIVE - hops.SETS
        known = [mark for tag, mark in _MARKS.items() if tag in tags and mark]
        others = sorted(tags - _MARKS.keys())
        return known[0] if known else f"is {'.'.join(others)}" if others else ""

    def _order(self, event: Event) -> str:
        """The memory order of an event of C11, or that it is not atomic; "" for any other event."""
        return next((_ORDERS[tag] for tag in _ORDERS if self.known.test.language and tag in event.tags), "")

    def order_of(self, events: int) -> str:
        """What these events of C11 are, as bits, that an order is of; "" for anything else."""
        if events and all(self._is_mutex(e) for e in bits(events)):
            return " (in which the mutex is taken and left)"
        if events and all(self._order(self.event(e)) == "seq_cst" for e in bits(events)):
            return " (of all that is seq_cst)"
        return ""

    def _is_mutex(self, index: int) -> bool:
        """Whether an event takes a mutex of C11, or leaves it."""
        return bool(self.known.test.language) and not self.event(index).tags.isdisjoint(_MUTEX)

    def _mutex(self, step: Step) -> str:
        a, b = self.letter(step.source), self.letter(step.target)
        left = "UL" in self.event(step.source).tags
        after = f"{b} {'leaves' if 'UL' in self.event(step.target).tags else 'takes'} it next"
        return f"{a} leaves the mutex, and {after}" if left else f"{a} takes the mutex, and {after}"

    def _communication(self, step: Step, execution: Execution) -> str:
        a, b = self.letter(step.source), self.letter(step.target)
        where = self.location(step.target, execution)
        if step.name == "rf":
            return f"{b} reads {where}={self.read(step.target, execution)}, which {a} writes"
        new = self.value(step.target, execution)
        if step.name == "fr":
            return f"{a} still reads {where}={self.read(step.source, execution)}, before {b} makes it {new}"
        return f"{b} makes {where} {new} after {a} made it {self.value(step.source, execution)}"

    def _queued(self, step: Step, edges: Sequence[Step], table: PassingTable) -> str:
        said = []
        for edge in (edge for edge in edges if edge.name == "queue"):
            ahead, behind = self.hops.get(edge.source), self.hops.get(edge.target)
            if ahead is None or behind is None:
                continue
            buses = self._next_bus(edge.source)
            rule = table.cells[self._packet(behind), self._packet(ahead)]
            late, early = _PACKETS[self._packet(behind)], _PACKETS[self._packet(ahead)]
            said.append(
                f"in the bridge from bus {ahead.bus} to bus {buses}, {late} must not pass {early} "
                f"({self.letters.get(behind.access, '?')} is behind {self.letters.get(ahead.access, '?')}; "
                f"passing table {table.name})"
            )
            if rule.attributes:
                said[-1] += f", without {' or '.join(sorted(rule.attributes))}"
        if not said:
            return step.name
        # a queue passes on an order that it has from elsewhere
        through = [edge for edge in edges if edge.name in ("rf", "co", "fr", "po")]
        if any(edge.name != "po" for edge in through):
            said[0] += f", by way of {self.path(through)}"
        return said[0]

    def between(self, early: int, late: int, execution: Execution) -> Sequence[int]:
        """The fences that are executed between two accesses of a thread, each a statement of its own."""
        po = execution.graph.relations["po"].rows
        accesses = {self.event(event).span for event in self.letters if self.event(event).kind in READS + WRITES}
        there = [event for event in self.letters if execution.executed >> event & 1 and self.event(event).kind == "F"]
        mine = [fence for fence in there if po[early] >> fence & 1 and po[fence] >> late & 1]
        return [fence for fence in mine if self.event(fence).span not in accesses]

    def waits(self, step: Step) -> str:
        """Why an access comes after the completion of one before it."""
        return f"P{self.event(step.source).thread} waits for the completion of {self.letter(step.source)}"

    def overtaking(self, late: int, early: int) -> str:
        """Why one access may be before an earlier one of its thread that was issued before it.

        A bridge lets it pass, by which rule and which attributes; or the earlier is still under way where it does not
        go.
        """
        if self.graph is None or self.table is None:
            return ""
        found = hops.passing(self.graph, self.table, late, early)
        if found is None:
            return self._under_way(late, early)
        one = _PACKETS[found.row] + (f" with {' and '.join(found.attributes)}" if found.attributes else "")
        where = f"in the bridge from bus {found.queue[0]} to bus {found.queue[1]}"
        return f"{where}, {one} may pass {_PACKETS[found.column]} (passing table {self.table.name})"

    def _under_way(self, late: int, early: int) -> str:
        """Where an access still is that a later one does not meet on its way; "" if nobody knows."""
        if "NoWait" in self.event(early).tags:
            return f"P{self.event(early).thread} does not wait for the completion of {self.letter(early)}"
        if self.event(early).kind != "W" or "NonPosted" in self.event(early).tags:
            return ""
        taken = self._bridges(late)
        for here, there in self._bridges(early):
            if (here, there) not in taken:
                still = f"{self.letter(early)} is still in the bridge from bus {here} to bus {there}"
                return f"{still}, as nobody waits for {_PACKETS['posted']} to arrive"
        return ""

    def _bridges(self, access: int) -> Sequence[tuple[str, str]]:
        """The bridges that the request of an access takes, each by the buses that it leads from and to."""
        buses = [hop.bus for hop in self.hops.values() if hop.access == access and not hop.completion]
        return [(here, there) for here, there in pairwise(buses) if here is not None and there is not None]

    def _packet(self, hop: hops.Hop) -> str:
        event = self.event(hop.access)
        row = "read" if event.kind == "R" else "nonposted" if "NonPosted" in event.tags else "posted"
        if self._returns(hop):
            return "read-completion" if row == "read" else "write-completion"
        return row

    def _returns(self, hop: hops.Hop) -> bool:
        """Whether what waits behind a hop is the completion: it was made at the access itself, or goes on."""
        return hop.completion or hop.event == hop.access

    def _next_bus(self, event: int) -> str:
        assert self.graph is not None
        onward = self.graph.relations["forward"].rows[event]
        after = (onward & -onward).bit_length() - 1
        hop = self.hops.get(after)
        return "?" if hop is None or hop.bus is None else hop.bus

    def path(self, steps: Sequence[Step]) -> str:
        """Steps in the model's words: `a -sync-> b -rf-> c`."""
        said, before = "", None
        for step in steps:
            source, target = self.letter(step.source), self.letter(step.target)
            said += f" -{step.name}-> {target}" if step.source == before else f"; {source} -{step.name}-> {target}"
            before = step.target
        return said[2:]
