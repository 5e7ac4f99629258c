"""Random programs without the manners of a dialect: what statements can be put together to, however odd.

Branches that skip, choose and loop, loops with two ways back, reservations that outlive branches, cells of an array
picked by what was read, addresses that travel through memory, values that have no meaning for some of what is read;
conditions that order values, name addresses and compare two registers; filters. Programs shrink towards a few plain
accesses. Words have a few bits, so that brute force can try every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from oracles.generate import LOCKED, POINTER, Size, X, Y, litmus_test

from litmus.ir.litmus_test import (
    And,
    Array,
    Atom,
    Condition,
    Content,
    Implies,
    Initial,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Quantifier,
    Register,
)
from litmus.ir.thread import (
    Address,
    Assign,
    AtomicUpdate,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
)

ARRAY = Array("t", 2, 2)
CELLS = (Address("t"), Address("t", 2))
TINY = Size(threads=(2, 2), accesses=(1, 3), total=5)
ALONE = Size(threads=(1, 1), accesses=(4, 9), total=9)


@dataclass(frozen=True, slots=True)
class Style:
    """What a program has more or less of, as weights; `word_bits` is how narrow its words are."""

    loops: int = 0
    jumps: int = 1
    reservations: int = 1
    oddities: int = 1
    updates: int = 0
    word_bits: int = 4


TWISTED = Style(loops=2, jumps=2, oddities=0)
RESERVING = Style(loops=1, jumps=3, reservations=6, oddities=0)


@dataclass(slots=True)
class _Author:
    """A thread as it is drawn."""

    draw: st.DrawFn
    style: Style
    places: Sequence[Address]
    body: list[Statement] = field(default_factory=list)
    registers: list[str] = field(default_factory=list)
    labels: int = 0
    reserved: Expr | None = None

    def one_of(self, *kinds: str) -> str:
        return self.draw(st.sampled_from(kinds))

    def label(self) -> str:
        self.labels += 1
        return f"L{self.labels}"

    def register(self) -> str:
        """A register to be written: a new one, most of the time."""
        if self.registers and self.draw(st.integers(0, 4)) == 4:
            return self.draw(st.sampled_from(self.registers))
        self.registers.append(f"r{len(self.registers) + 1}")
        return self.registers[-1]

    def old(self) -> Expr:
        """A register that was written, half of the time the latest, or a number."""
        if not self.registers:
            return self.number()
        return Reg(self.registers[-1] if self.draw(st.booleans()) else self.draw(st.sampled_from(self.registers)))

    def number(self) -> Const:
        return Const(self.draw(st.integers(0, 2)))

    def place(self) -> Const:
        return Const(self.draw(st.sampled_from(list(self.places))))

    # --- expressions ----------------------------------------------------------------------------------------------

    def value(self) -> Expr:
        """What is written or kept: mostly a number or what was read."""
        kinds = ["number"] * 4 + ["old"] * 4 + ["next", "xor", "and", "test", "choice", "place"]
        kinds += ["difference", "ratio"] * self.style.oddities
        match self.one_of(*kinds):
            case "old":
                return self.old()
            case "next":
                return Op("add", (self.old(), Const(1)))
            case "xor":
                return Op("xor", (self.old(), self.old()))
            case "and":
                return Op("and", (self.old(), Const(1)))
            case "test":
                return self.test()
            case "choice":
                return Op("ite", (self.test(), self.old(), self.number()))
            case "place":
                return self.place()
            case "difference":
                return Op("sub", (self.old(), self.old()))
            case "ratio":
                return Op("div", (self.number(), self.old()))
        return self.number()

    def test(self) -> Expr:
        """What a branch tests."""
        match self.one_of("compare", "compare", "compare", "two", "plain", *["ratio"] * self.style.oddities):
            case "compare":
                return Op(self.one_of("eq", "ne", "lt"), (self.old(), self.number()))
            case "two":
                return Op("eq", (self.old(), self.old()))
            case "plain":
                return self.old()
        return Op("div", (Const(1), self.old()))

    def where(self) -> Expr:
        """What is accessed: mostly a location that does not depend on anything."""
        kinds = ["plain"] * 4 + ["false", "cell", "choice"] + ["old", "moved"] * self.style.oddities
        match self.one_of(*kinds):
            case "false":
                source = self.old()
                return Op("add", (self.place(), Op("xor", (source, source))))
            case "cell":
                index = Op("mul", (Op("and", (self.old(), Const(1))), Const(ARRAY.cell_bytes)))
                return Op("add", (Const(CELLS[0]), index))
            case "choice":
                return Op("ite", (self.test(), self.place(), self.place()))
            case "old":
                return self.old()
            case "moved":
                return Op("add", (Const(CELLS[0]), self.old()))
        return self.place()

    # --- statements -----------------------------------------------------------------------------------------------

    def block(self, accesses: int, depth: int = 0) -> None:
        """Some accesses, and what stands around and between them."""
        while accesses > 0:
            kinds = ["access"] * 4 + ["fence", "assign"]
            if depth < 2:
                kinds += ["chase"] + ["skip", "choose"] * self.style.jumps + ["loop", "tangle"] * self.style.loops
            match self.one_of(*kinds):
                case "access":
                    accesses -= self.access()
                case "fence":
                    tags = frozenset({self.one_of("SYNC", "LWSYNC", "ISYNC", "MFENCE")})
                    self.body.append(Fence(tags))
                case "assign":
                    expr = self.value()
                    self.body.append(Assign(self.register(), expr))
                case "chase":  # read the pointer, and perhaps access what it points to
                    pointer = self.register()
                    self.body.append(Load(pointer, Const(POINTER)))
                    if self.draw(st.booleans()):
                        self.body.append(Store(Reg(pointer), self.value()))
                    else:
                        self.body.append(Load(self.register(), Reg(pointer)))
                    accesses -= 2
                case kind:
                    inside = self.draw(st.integers(1, min(2, accesses)))
                    accesses -= inside
                    self.around(kind, inside, depth + 1)

    def around(self, kind: str, inside: int, depth: int) -> None:
        """A branch that skips a block, or one that chooses one of two, or a loop around one."""
        label, tested = self.label(), self.test()
        match kind:
            case "skip":
                self.body.append(Branch(tested, label))
                self.block(inside, depth)
                self.body.append(Label(label))
            case "choose":
                end = self.label()
                self.body.append(Branch(tested, label))
                self.block(inside, depth)
                self.body.append(Goto(end))
                self.body.append(Label(label))
                self.block(1, depth)
                self.body.append(Label(end))
            case "tangle":  # two loops, neither inside the other
                other = self.label()
                for name in (label, other):
                    self.body.append(Label(name))
                    self.block(1, depth)
                self.body.append(Branch(tested, label))
                self.block(inside - 1, depth)
                self.body.append(Branch(self.test(), other))
            case _:
                self.body.append(Label(label))
                self.block(inside, depth)
                for _ in range(self.draw(st.sampled_from((1, 1, 2)))):
                    retry = self.draw(st.integers(0, 3)) == 3
                    self.body.append(Branch(self.test(), label, retry=retry))
                    if self.draw(st.integers(0, 3)) == 3:
                        expr = self.value()
                        self.body.append(Assign(self.register(), expr))

    def access(self) -> int:
        """An access, or the two of an instruction; how many."""
        kinds = ["load", "store", "load", "store", "rmw"] + ["reserve"] * self.style.reservations
        kinds += ["update"] * self.style.updates
        if self.reserved is not None:
            kinds += ["conditional"] * (4 + self.style.reservations)
        where = self.where()
        match self.one_of(*kinds):
            case "load":
                self.body.append(Load(self.register(), where))
            case "store":
                self.body.append(Store(where, self.value()))
            case "update":
                dest = self.register()
                value = self.draw(st.sampled_from((Const(1), Op("add", (Reg(dest), Const(1))), Reg(dest), self.old())))
                self.body.append(AtomicUpdate(dest, where, value, LOCKED))
            case "reserve":
                self.reserved = where
                self.body.append(Load(self.register(), where, LOCKED, reserve=True))
            case "conditional":
                assert self.reserved is not None
                to = where if self.draw(st.integers(0, 3)) == 3 else self.reserved
                value = self.value()
                self.body.append(StoreConditional(self.register(), to, value, LOCKED))
                if self.draw(st.integers(0, 2)):
                    self.reserved = None
            case _:
                dest = self.register()
                value = self.draw(st.sampled_from((Const(1), Op("add", (Reg(dest), Const(1))), Reg(dest))))
                condition = Op("eq", (Reg(dest), self.number())) if self.draw(st.booleans()) else None
                if condition is not None and self.draw(st.integers(0, 4)) == 4:
                    condition = self.test()
                atomic = self.draw(st.integers(0, 3)) < 3
                self.body.append(Rmw(dest, where, value, LOCKED, LOCKED, condition, atomic))
                return 2
        return 1


@st.composite
def free_tests(draw: st.DrawFn, size: Size = TINY, style: Style = Style()) -> LitmusTest:
    """Tests of any such program, with a question of any kind."""
    places = [X, Y, *draw(st.sampled_from(((), (), CELLS, (POINTER,), (POINTER, *CELLS))))]
    bodies = []
    written: list[Observable] = []
    left = size.total
    count = draw(st.integers(*size.threads))
    for k in range(count):
        author = _Author(draw, style, places)
        most = max(size.accesses[0], min(size.accesses[1], left - (count - k - 1) * size.accesses[0]))
        accesses = draw(st.integers(size.accesses[0], most))
        left -= accesses
        author.block(accesses)
        bodies.append(author.body)
        written += [Register(k, r) for r in author.registers]
    test = litmus_test("PPC", bodies, word_bits=style.word_bits)
    locations = tuple(dict.fromkeys((*places, *test.locations)))
    init = [Initial(a, 1) for a in locations if a != POINTER and draw(st.integers(0, 9)) == 9]
    init += [Initial(POINTER, X)] * (POINTER in locations)
    everything = (*written, *locations)
    kept = everything if draw(st.booleans()) else tuple(o for o in everything if draw(st.booleans()))
    kept = kept or everything[-1:]
    return replace(
        test,
        init=tuple(init),
        locations=locations,
        arrays=(ARRAY,) if CELLS[0] in locations else (),
        observed=kept,
        condition=Condition(draw(st.sampled_from(list(Quantifier))), draw(questions(kept))),
        filter=draw(questions(everything)) if draw(st.integers(0, 4)) == 4 else None,
    )


def questions(observed: Sequence[Observable]) -> st.SearchStrategy[Prop]:
    """Propositions of every kind over the observed registers and locations."""
    items = st.sampled_from(list(observed))
    others = items.map(lambda item: item if isinstance(item, Register) else Content(item))
    numbers = st.integers(-1, 2)
    atoms: st.SearchStrategy[Prop] = st.builds(
        Atom,
        items,
        st.sampled_from(["=", "=", "=", "!=", "!=", "<", "<=", ">", ">="]),
        st.one_of(numbers, numbers, st.sampled_from((X, Y)), others),
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds(And, st.lists(inner, min_size=0, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=0, max_size=3).map(tuple)),
            st.builds(Not, inner),
            st.builds(Implies, inner, inner),
        ),
        max_leaves=4,
    )
