"""The classic families of litmus tests, built from names such as `MP+wmb+addr` with the tags of any architecture.

A name is a family and, for each thread of more than one access, what links its accesses: `-` separates the links of a
thread with more than two accesses, and a final `s` says the same of all threads (`SB+mbs`). Without links, all is in
program order and no more. Annotations of threads of one access may come before the links (`WRC+[rel]+po+acq`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from oracles.generate import litmus_test

from litmus.ir.litmus_test import And, Atom, Condition, LitmusTest, Observable, Quantifier, Register
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Branch,
    Const,
    Expr,
    Fence,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
)

FAMILIES: Mapping[str, str] = {
    "MP": "Wx1 Wy1 | Ry1 Rx0",
    "SB": "Wx1 Ry0 | Wy1 Rx0",
    "LB": "Rx1 Wy1 | Ry1 Wx1",
    "S": "Wx2 Wy1 | Ry1 Wx1 ; x2",
    "R": "Wx1 Wy1 | Wy2 Rx0 ; y2",
    "2+2W": "Wx2 Wy1 | Wy2 Wx1 ; x2 y2",
    "WRC": "Wx1 | Rx1 Wy1 | Ry1 Rx0",
    "WWC": "Wx2 | Rx2 Wy1 | Ry1 Wx1 ; x2",
    "RWC": "Wx1 | Rx1 Ry0 | Wy1 Rx0",
    "W+RWC": "Wx1 Wy1 | Ry1 Rz0 | Wz1 Rx0",
    "ISA2": "Wx1 Wy1 | Ry1 Wz1 | Rz1 Rx0",
    "IRIW": "Wx1 | Rx1 Ry0 | Wy1 | Ry1 Rx0",
    "3.LB": "Rx1 Wy1 | Ry1 Wz1 | Rz1 Wx1",
    "3.SB": "Wx1 Ry0 | Wy1 Rz0 | Wz1 Rx0",
    # one location
    "CoRR": "Wx1 | Rx1 Rx0",
    "CoWW": "Wx2 Wx1 ; x2",
    "CoRW": "Rx1 Wx1",
    "CoRW2": "Rx2 Wx1 | Wx2 ; x2",
    "CoWR": "Wx1 Rx2 | Wx2 ; x1",
    # reads of one's own write
    "SB+rfi": "Wx1 Rx1 Ry0 | Wy1 Ry1 Rx0",
    "MP+rfi": "Wx1 Rx1 Wy1 | Ry1 Rx0",
    "PPO+rfi": "Wx1 Wy1 | Ry1 Wz1 Rz1 Rx0",
    # atomic operations: U is one instruction, V a load-reserve and a store-conditional
    "SB+amos": "Ux01 Ry0 | Uy01 Rx0",
    "SB+llscs": "Vx01 Ry0 | Vy01 Rx0",
    "MP+amo": "Wx1 Uy01 | Ry1 Rx0",
    "lock-init+amo": "Wx1 Ux12 Wy1 | Ry1 Rx0",
    "lock-init+llsc": "Wx1 Vx12 Wy1 | Ry1 Rx0",
    "lost+amos": "Ux01 | Ux01 ; x1",
    "lost+llscs": "Vx01 | Vx01 ; x1",
}
"""The threads of each family with what its reads see, and after `;` the final values: what the test asks about."""


@dataclass(frozen=True, slots=True)
class Link:
    """What stands between two accesses: a dependency (addr, data or ctrl), then fences, each given by its tags.

    `first` and `second` are tags that the accesses themselves have.
    """

    dependency: str = ""
    fences: tuple[frozenset[str], ...] = ()
    first: frozenset[str] = NO_TAGS
    second: frozenset[str] = NO_TAGS


PLAIN: Mapping[str, Link] = {
    "po": Link(),
    "addr": Link("addr"),
    "data": Link("data"),
    "ctrl": Link("ctrl"),
}


def fence(*tags: str, after: str = "") -> Link:
    """A fence with these tags, after a dependency if one is named."""
    return Link(after, (frozenset(tags),))


def annotated(first: str = "", second: str = "") -> Link:
    """Tags, separated by blanks, of the access before and the access after."""
    return Link(first=frozenset(first.split()), second=frozenset(second.split()))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The links of an architecture by name, and the tags that its atomic operations always have."""

    arch: str
    links: Mapping[str, Link]
    atomic: frozenset[str] = NO_TAGS
    notes: Mapping[str, frozenset[str]] = field(default_factory=dict)  # annotations of threads of one access

    def link(self, name: str) -> Link:
        return PLAIN[name] if name in PLAIN else self.links[name]


def build(name: str, vocabulary: Vocabulary) -> LitmusTest:
    """The test of a name: its condition holds in the executions that the family is about."""
    family = max((f for f in FAMILIES if name == f or name.startswith(f"{f}+")), key=len)
    shape, _, final = FAMILIES[family].partition(";")
    threads = [thread.split() for thread in shape.split("|")]
    parts = name[len(family) + 1 :].split("+") if name != family else []
    notes = [p[1:-1] for p in parts if p.startswith("[")]
    links = list(_links([p for p in parts if not p.startswith("[")], threads, vocabulary))
    bodies: list[list[Statement]] = []
    observed: list[Observable] = []
    atoms: list[Atom] = []
    for index, accesses in enumerate(threads):
        note = vocabulary.notes[notes.pop(0)] if len(accesses) == 1 and notes else NO_TAGS
        before = [Link(second=note), *links[index]]
        after = [*links[index], Link()]
        writer = _Writer(vocabulary.atomic)
        for access, link, following in zip(accesses, before, after, strict=True):
            writer.access(access, link, following.first)
        bodies.append(writer.body)
        for register, value in writer.read:
            observed.append(Register(index, register))
            atoms.append(Atom(observed[-1], "=", value))
    for place in final.split():
        observed.append(Address(place[0]))
        atoms.append(Atom(observed[-1], "=", int(place[1:])))
    return litmus_test(vocabulary.arch, bodies, observed, (), Condition(Quantifier.EXISTS, And(tuple(atoms))))


def _links(
    parts: Sequence[str], threads: Sequence[Sequence[str]], vocabulary: Vocabulary
) -> Iterator[tuple[Link, ...]]:
    """The links of each thread."""
    wide = [thread for thread in threads if len(thread) > 1]
    if len(parts) == 1 and len(wide) > 1:
        assert parts[0].endswith("s"), f"{parts[0]} is one link for {len(wide)} threads"
        parts = [parts[0][:-1]] * len(wide)
    assert len(parts) in (0, len(wide)), f"{parts} are links for {len(wide)} threads"
    left = list(parts)
    for thread in threads:
        names = left.pop(0).split("-") if left and len(thread) > 1 else ["po"] * (len(thread) - 1)
        assert len(names) == len(thread) - 1, f"{names} are links for {len(thread)} accesses"
        yield tuple(vocabulary.link(name) for name in names)


class _Writer:
    """A thread as it is written, and the registers that it has read into with the values they should have."""

    def __init__(self, atomic: frozenset[str]) -> None:
        self.atomic = atomic
        self.body: list[Statement] = []
        self.read: list[tuple[str, int]] = []

    def access(self, text: str, link: Link, first: frozenset[str]) -> None:
        """One access, such as `Wx1`, behind its link; `first` are the tags it has from the next one.

        Where an access is a read and a write, what orders it with the past is the write's, with the future the read's.
        """
        kind, place, values = text[0], Const(Address(text[1])), [int(digit) for digit in text[2:]]
        addr: Expr = place
        value: Expr = Const(values[-1])
        if link.dependency:
            source = Reg(self.read[-1][0])
            nothing = Op("xor", (source, source))
            match link.dependency:
                case "addr":
                    addr = Op("add", (place, nothing))
                case "data":
                    value = Op("add", (nothing, value))
                case _:
                    label = f"L{len(self.body)}"
                    self.body += [Branch(Op("eq", (source, source)), label), Label(label)]
        self.body += [Fence(fence_tags) for fence_tags in link.fences]
        register = f"r{len(self.read) + 1}"
        read_tags, write_tags = first | self.atomic, link.second | self.atomic
        if kind == "W":
            self.body.append(Store(addr, value, link.second | first))
            return
        self.read.append((register, values[0]))
        match kind:
            case "R":
                self.body.append(Load(register, addr, link.second | first))
            case "U":
                self.body.append(Rmw(register, addr, value, read_tags, write_tags))
            case _:
                status = f"s{len(self.read)}"
                self.body.append(Load(register, addr, read_tags, reserve=True))
                self.body.append(StoreConditional(status, addr, value, write_tags))
                self.read.append((status, 1))


def union(*groups: Mapping[str, Link]) -> dict[str, Link]:
    """Several groups of links as one."""
    return reduce(lambda all_links, group: {**all_links, **group}, groups, {})
