"""PCI tests of the oracles as text in the PCI dialect, and outcomes of the oracles as final states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from oracles.pci import INIT, Outcome
from oracles.pci_terms import Operation, Table, Thread, Topology

CLASSES = {
    "PMW": "posted",
    "DRR": "read",
    "DWR": "nonposted",
    "DRC": "read-completion",
    "DWC": "write-completion",
}
_MARKS = {"ro": "RO", "ido": "IDO", "cro": "completion RO", "cido": "completion IDO"}


def passing_yaml(table: Table) -> str:
    """A table of the oracles as a file of the engine's."""
    lines = ["name: test", "description: of a test", "source: [tests]", "rules:"]
    for row, name in CLASSES.items():
        lines.append(f"  {name}:")
        for column, other in CLASSES.items():
            words = table[row, column]
            cell = "may" if "yes" in words else f"[{', '.join(sorted(words))}]" if words else "never"
            lines.append(f"    {other}: {{pass: {cell}, why: of a test}}")
    return "\n".join(lines)


def text(
    topology: Topology,
    threads: tuple[Thread, ...],
    values: Mapping[int, int] | None = None,
    condition: str = "exists (true)",
    cpu: str = "x86",
    observed: bool = True,
    fence: Callable[[Operation], str] = lambda operation: "mfence",
) -> str:
    """A test in the dialect; write n of the program writes `values[n]`, or n + 1 if there are none.

    Reads go to r0, r1 ... of their threads. Raises ValueError for what the dialect cannot say.
    """
    lines = ["PCI test", "{ }", "topology {"]
    done = [topology.buses[0]]
    lines.append(f"host bus {done[0]};")
    while len(done) < len(topology.buses):
        for a, b in topology.bridges:
            for here, there in ((a, b), (b, a)):
                if here in done and there not in done:
                    lines.append(f"bus {there} under {here};")
                    done.append(there)
    lines += _homes(topology, threads, cpu)
    lines.append("}")
    columns: list[list[str]] = []
    n = 0
    registers: list[str] = []
    for t, thread in enumerate(threads):
        column = []
        reads = 0
        for o in thread.operations:
            value = n + 1 if values is None else values.get(n, 0)
            column.append(fence(o) if o.kind == "fence" else _cell(o, thread, topology, reads, value))
            if o.is_read:
                registers.append(f"{t}:r{reads}")
                reads += 1
            n += 1
        columns.append(column)
    height = max(map(len, columns))
    lines.append(" | ".join(f"P{t}" for t in range(len(threads))) + " ;")
    for row in range(height):
        lines.append(" | ".join(column[row] if row < len(column) else "" for column in columns) + " ;")
    if observed:
        lines.append(f"locations [{' '.join(f'{item};' for item in (*registers, *topology.locations))}]")
    lines.append(condition)
    return "\n".join(lines)


def asked(
    topology: Topology,
    threads: tuple[Thread, ...],
    final: Mapping[str, int],
    cpu: str = "x86",
    fence: Callable[[Operation], str] = lambda operation: "mfence",
) -> str:
    """A test that asks whether all reads return their values and locations end with those of `final`."""
    atoms = []
    for t, thread in enumerate(threads):
        reads = [o for o in thread.operations if o.is_read]
        atoms += [f"{t}:r{k}={o.value}" for k, o in enumerate(reads)]
    atoms += [f"{x}={value}" for x, value in final.items()]
    operations = [o for thread in threads for o in thread.operations]
    values = {n: o.value for n, o in enumerate(operations)}
    condition = "exists (" + " /\\ ".join(atoms) + ")"
    return text(topology, threads, values, condition, cpu, False, fence)


def _homes(topology: Topology, threads: tuple[Thread, ...], cpu: str) -> Iterator[str]:
    """The declarations of threads and locations.

    Identities decide what is a function of what: whoever shares one, and lives on one bus, is one function.
    """
    functions: dict[str, list[tuple[str, str]]] = {}
    for t, thread in enumerate(threads):
        if thread.discipline == "master":
            functions.setdefault(thread.requester or f"master {t}", []).append((f"P{t}", topology.masters[t]))
    cpus = [f"P{t}" for t, thread in enumerate(threads) if thread.discipline != "master"]
    for x, bus in topology.locations.items():
        if bus is not None and x not in topology.memory:
            functions.setdefault(topology.completers.get(x, f"device of {x}"), []).append((x, bus))
    for k, (identity, members) in enumerate(functions.items()):
        if len({bus for _, bus in members}) > 1:
            raise ValueError("one identity on two buses")
        if identity == "host":
            raise ValueError("a device with the identity of the host")
        yield f"device d{k} on {members[0][1]}: {', '.join(name for name, _ in members)};"
    if cpus:
        yield f"cpu {cpu}: {', '.join(cpus)};"
    for x in topology.memory:
        if topology.completers.get(x, "host") != "host" or topology.locations[x] != topology.buses[0]:
            raise ValueError("memory that is not the host's")
        yield f"memory: {x};"
    for x, bus in topology.locations.items():
        if bus is None:
            yield f"wire: {x};"


def _cell(o: Operation, thread: Thread, topology: Topology, reads: int, value: int) -> str:
    is_cpu = thread.discipline != "master"
    attributes = [] if is_cpu and o.location in topology.memory else [_MARKS[m] for m in sorted(o.marks)]
    if o.kind in ("write", "msi"):
        attributes = [a for a in attributes if "completion" not in a]
    elif not o.awaited and o.kind != "snoop":
        attributes.append("nowait")
    if o.kind == "snoop" or topology.locations[o.location] is None:
        attributes = [a for a in attributes if a == "nowait" and o.kind == "read"]
    shown = f" [{', '.join(attributes)}]" if attributes else ""
    if topology.locations[o.location] is None and o.is_write:
        if is_cpu or value != 1 or o.kind != "write":
            raise ValueError("a wire is raised by a device")
        return f"raise {o.location}"
    if o.kind == "snoop" and topology.locations[o.location] is None:
        raise ValueError("a wire is on no bus")
    if o.is_read:
        verb = "interrupt" if o.interrupt else o.kind
        return f"r{reads} = {verb} {o.location}{shown}"
    if is_cpu and o.location in topology.memory and o.kind != "write":
        raise ValueError("a CPU's non-posted write to memory")
    verb = {"write": "write", "non-posted": "nonposted", "msi": "msi"}[o.kind]
    return f"{verb} {o.location} = {value}{shown}"


def states(found: frozenset[Outcome]) -> frozenset[tuple[int, ...]]:
    """The values of all reads and the last values of all locations, where write n writes n + 1."""
    return frozenset(
        (*(0 if s == INIT else s + 1 for s in o.sources), *(h[-1] + 1 if h else 0 for h in o.histories)) for o in found
    )
