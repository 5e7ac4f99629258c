"""Random tests and models for hypothesis.

Programs are made of the shared statements, not of text, in the style of a dialect: what its instructions translate to.
They are small, so that brute force over them ends soon. Every strategy shrinks towards fewer and plainer statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from litmus.base.source import Source
from litmus.ir.litmus_test import (
    And,
    Atom,
    Condition,
    Initial,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Quantifier,
    Register,
)
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Fixpoint, Model, Node, Type
from litmus.ir.thread import (
    Address,
    Assign,
    AtomicUpdate,
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
    Thread,
    Unsequenced,
)

LOCKED = frozenset({"X"})
"""The tag of the accesses of a locked instruction of X86, and of lwarx and stwcx."""

X, Y, Z = LOCATIONS = (Address("x"), Address("y"), Address("z"))
POINTER = Address("p")
"""A location that holds an address, at the start that of x."""


@dataclass(frozen=True, slots=True)
class Size:
    """The bounds of a random program; `total` bounds the accesses of all threads, and with them the candidates."""

    threads: tuple[int, int] = (2, 3)
    accesses: tuple[int, int] = (1, 4)
    total: int = 7
    locations: int = 3


NORMAL = Size()
SMALL = Size(threads=(2, 2), accesses=(1, 3), total=5, locations=2)


def litmus_test(
    arch: str,
    bodies: Sequence[Sequence[Statement]],
    observed: Sequence[Observable] = (),
    init: Sequence[Initial] = (),
    condition: Condition | None = None,
    word_bits: int = 64,
) -> LitmusTest:
    """A test made of statements; without `observed`, everything is: each register loaded and each location."""
    asked = [item for item in observed if isinstance(item, Address)]
    locations = tuple(dict.fromkeys([*(a for body in bodies for a in _addresses(body)), *asked])) or (X,)
    if POINTER in locations and X not in locations:
        locations += (X,)
    if not observed:
        observed = [Register(k, r) for k, body in enumerate(bodies) for r in sorted(set(_loaded(body)))]
        observed = [*observed, *sorted(locations)]
    condition = condition or Condition(Quantifier.EXISTS, Atom(observed[0], "=", 1))
    threads = []
    for k, body in enumerate(bodies):
        rows = tuple(_show(statement) for statement in body)
        threads.append(Thread(k, tuple(body), rows, tuple(range(len(body))), word_bits))
    return LitmusTest(
        arch=arch,
        name="random",
        doc="",
        metadata=(),
        init=tuple(init),
        threads=tuple(threads),
        locations=locations,
        arrays=(),
        observed=tuple(observed),
        filter=None,
        condition=condition,
        hash="",
        source=Source("random", ""),
    )


def _addresses(body: Sequence[Statement]) -> Iterator[Address]:
    for statement in body:
        if isinstance(statement, Load | Store | StoreConditional | Rmw | AtomicUpdate):
            yield from _constants(statement.addr)
        if isinstance(statement, Store):
            yield from _constants(statement.value)
        if isinstance(statement, Assign):
            yield from _constants(statement.expr)


def _constants(expr: Expr) -> Iterator[Address]:
    match expr:
        case Const(Address() as address):
            yield address
        case Op(_, args):
            for arg in args:
                yield from _constants(arg)


def _loaded(body: Sequence[Statement]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, Load | Rmw | AtomicUpdate):
            yield statement.dest
        elif isinstance(statement, StoreConditional):
            yield statement.status


def _show(statement: Statement) -> str:
    """A statement on one line, for the rows of a listing."""
    match statement:
        case Load(dest, addr, _, reserve):
            return f"{dest} := {'reserve ' if reserve else ''}[{_text(addr)}]"
        case Store(addr, value):
            return f"[{_text(addr)}] := {_text(value)}"
        case StoreConditional(status, addr, value):
            return f"{status} := [{_text(addr)}] := {_text(value)} if reserved"
        case Rmw(dest, addr, value) | AtomicUpdate(dest, addr, value):
            return f"{dest} := [{_text(addr)}] := {_text(value)}"
        case Fence(tags):
            return "+".join(sorted(tags)).lower()
        case Assign(dest, expr):
            return f"{dest} := {_text(expr)}"
        case Branch(condition, target):
            return f"if {_text(condition)} goto {target}"
        case Label(name):
            return f"{name}:"
        case Unsequenced(bound):
            return f"{bound} operand" if bound != "end" else "end of operands"
        case _:
            return f"goto {statement.target}"


def _text(expr: Expr) -> str:
    match expr:
        case Const(value):
            return str(value)
        case Reg(name):
            return name
        case Op(op, args):
            return f"{op}({', '.join(map(_text, args))})"


# --- programs ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Writer:
    """A thread as it is drawn: its statements, the registers that hold something read, and names for new ones."""

    draw: st.DrawFn
    body: list[Statement] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    names: int = 0
    skips: str | None = None  # the label that a branch skips the next access to

    def landed(self) -> None:
        """Put the label of a branch that skips what was written since."""
        if self.skips is not None:
            self.body.append(Label(self.skips))
            self.skips = None

    def fresh(self) -> str:
        self.names += 1
        return f"r{self.names}"

    def one_of(self, *values: str) -> str:
        return self.draw(st.sampled_from(values))

    def address(self, locations: int) -> Const:
        return Const(self.draw(st.sampled_from(LOCATIONS[:locations])))

    def constant(self) -> Const:
        return Const(self.draw(st.integers(1, 2)))

    def earlier(self) -> Reg:
        return Reg(self.draw(st.sampled_from(self.read[::-1])))


@st.composite
def x86_tests(draw: st.DrawFn, size: Size = NORMAL, flows: bool = True, word_bits: int = 64) -> LitmusTest:
    """Tests as from X86: mov, xchg, locked add, inc without lock, fences, branches on what was read.

    With `flows`, what was read may be stored, so that values may travel in circles.
    """
    bodies = []
    for accesses in _shape(draw, size):
        writer = _Writer(draw)
        while accesses > 0:
            kinds = ["load", "store"]
            if accesses > 1:
                kinds += ["xchg", "xadd", "inc"][: 3 if flows else 1]
            if flows and writer.read:
                kinds.append("copy")
            kind = draw(st.sampled_from(kinds))
            accesses -= 2 if kind in ("xchg", "xadd", "inc") else 1
            addr = writer.address(size.locations)
            if writer.body and draw(st.integers(0, 3)) == 3:
                writer.body.append(Fence(frozenset({writer.one_of("MFENCE", "MFENCE", "LFENCE", "SFENCE")})))
            if writer.read and draw(st.integers(0, 4)) == 4:
                _skip(writer)
                if draw(st.booleans()):
                    _copy(writer)
            match kind:
                case "load":
                    dest = writer.fresh()
                    writer.body.append(Load(dest, addr))
                    writer.read.append(dest)
                case "store":
                    writer.body.append(Store(addr, writer.constant()))
                case "copy":
                    writer.body.append(Store(addr, writer.earlier()))
                case "xchg":
                    value, dest = writer.fresh(), writer.fresh()
                    writer.body.append(Assign(value, writer.constant()))
                    writer.body.append(Rmw(dest, addr, Reg(value), LOCKED, LOCKED))
                    writer.read.append(dest)
                case "xadd":
                    dest = writer.fresh()
                    writer.body.append(Rmw(dest, addr, Op("add", (Reg(dest), writer.constant())), LOCKED, LOCKED))
                    writer.read.append(dest)
                case _:
                    dest = writer.fresh()
                    writer.body.append(Rmw(dest, addr, Op("add", (Reg(dest), Const(1))), atomic=False))
            writer.landed()
        bodies.append(writer.body)
    return _with_question(draw, litmus_test("X86", bodies, word_bits=word_bits))


@st.composite
def ppc_tests(draw: st.DrawFn, size: Size = NORMAL, flows: bool = True, word_bits: int = 64) -> LitmusTest:
    """Tests as from PPC: li, lwz, stw, dependencies through xor, pointers, branches, fences, lwarx and stwcx.

    With `flows`, what was read may be stored, so that values may travel in circles.
    """
    bodies = []
    for accesses in _shape(draw, size):
        writer = _Writer(draw)
        reserved: Const | None = None
        for _ in range(accesses):
            _between(writer)
            addr: Expr = writer.address(size.locations)
            if writer.read and draw(st.integers(0, 3)) == 3:
                zero = writer.fresh()
                source = writer.earlier()
                writer.body.append(Assign(zero, Op("xor", (source, source))))
                addr = Op("add", (addr, Reg(zero)))
            kinds = ["load", "store", "load", "store", "lwarx", "pointer"] + ["stwcx"] * 4 * (reserved is not None)
            match draw(st.sampled_from(kinds)):
                case "load":
                    dest = writer.fresh()
                    writer.body.append(Load(dest, addr))
                    writer.read.append(dest)
                case "store":
                    writer.body.append(Store(addr, _stored(writer, flows)))
                case "pointer":
                    _pointer(writer, size)
                case "lwarx":
                    dest = writer.fresh()
                    reserved = writer.address(size.locations)
                    writer.body.append(Load(dest, reserved, LOCKED, reserve=True))
                    writer.read.append(dest)
                case _:
                    assert reserved is not None
                    elsewhere = draw(st.integers(0, 5)) == 5
                    to = writer.address(size.locations) if elsewhere else reserved
                    writer.body.append(StoreConditional(writer.fresh(), to, _stored(writer, flows), LOCKED))
                    reserved = None
            writer.landed()
        bodies.append(writer.body)
    return _with_question(draw, litmus_test("PPC", bodies, word_bits=word_bits))


def _skip(writer: _Writer) -> None:
    """A branch that skips the next access, depending on what was read."""
    writer.skips = f"L{len(writer.body)}"
    condition = Op(writer.one_of("eq", "ne"), (writer.earlier(), writer.constant()))
    writer.body.append(Branch(condition, writer.skips))


def _copy(writer: _Writer) -> None:
    """A register that is a copy of one that was read only if a branch does not skip it."""
    dest = writer.fresh()
    writer.body.append(Assign(dest, writer.earlier()))
    writer.landed()
    writer.read.append(dest)


def _between(writer: _Writer) -> None:
    """What may stand between two accesses: nothing, a fence, a branch on what was read that skips, or not."""
    draw = writer.draw
    if not writer.body:
        return
    kind = draw(st.sampled_from(["nothing", "nothing", "nothing", "fence", "ctrl", "ctrlisync", "skip", "copy"]))
    if kind in ("skip", "copy") and writer.read:
        _skip(writer)
        if kind == "copy":
            _copy(writer)
    elif kind == "fence":
        writer.body.append(Fence(frozenset({writer.one_of("SYNC", "LWSYNC", "EIEIO", "ISYNC")})))
    elif kind.startswith("ctrl") and writer.read:
        label = f"L{len(writer.body)}"
        source = writer.earlier()
        # Most branches of litmus tests go to the next row either way: only the dependency counts.
        writer.body.append(Branch(Op("eq", (source, source)), label))
        writer.body.append(Label(label))
        if kind == "ctrlisync":
            writer.body.append(Fence(frozenset({"ISYNC"})))


def _pointer(writer: _Writer, size: Size) -> None:
    """Write the pointer, or read it and access what it points to."""
    kind = writer.one_of("load", "store", "write")
    if kind == "write":
        writer.body.append(Store(Const(POINTER), writer.address(size.locations)))
        return
    pointer, dest = writer.fresh(), writer.fresh()
    writer.body.append(Load(pointer, Const(POINTER)))
    if kind == "store":
        writer.body.append(Store(Reg(pointer), writer.constant()))
    else:
        writer.body.append(Load(dest, Reg(pointer)))
        writer.read.append(dest)


def _stored(writer: _Writer, flows: bool) -> Expr:
    """What a store writes: a constant, one with a false dependency, or something that was read."""
    kind = writer.draw(st.sampled_from(["plain", "plain", "false", "copy", "next"][: 5 if flows else 3]))
    if kind == "plain" or not writer.read:
        return writer.constant()
    source = writer.earlier()
    match kind:
        case "false":
            return Op("add", (Op("xor", (source, source)), writer.constant()))
        case "copy":
            return source
        case _:
            return Op("add", (source, Const(1)))


def _shape(draw: st.DrawFn, size: Size) -> list[int]:
    """How many accesses each thread has."""
    threads = draw(st.integers(*size.threads))
    counts: list[int] = []
    for k in range(threads):
        left = size.total - sum(counts) - (threads - k - 1) * size.accesses[0]
        counts.append(draw(st.integers(size.accesses[0], max(size.accesses[0], min(size.accesses[1], left)))))
    return counts


def _with_question(draw: st.DrawFn, test: LitmusTest) -> LitmusTest:
    """The test with a random condition, observing all of what can be observed or a part."""
    everything = test.observed
    prop = draw(props(everything))
    quantifier = draw(st.sampled_from(list(Quantifier)))
    asked = set(_mentioned(prop))
    kept = everything if draw(st.booleans()) else [o for o in everything if o in asked or draw(st.booleans())]
    init = [Initial(a, 1) for a in test.locations if a != POINTER and draw(st.integers(0, 9)) == 9]
    init += [Initial(POINTER, X)] * (POINTER in test.locations)
    bodies, bits = [t.body for t in test.threads], test.threads[0].word_bits
    return litmus_test(test.arch, bodies, kept or everything, init, Condition(quantifier, prop), bits)


def props(observed: Sequence[Observable]) -> st.SearchStrategy[Prop]:
    """Propositions over the observed registers and locations."""
    atoms: st.SearchStrategy[Prop] = st.builds(
        Atom, st.sampled_from(list(observed)), st.sampled_from(["=", "=", "!="]), st.integers(0, 2)
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Not, inner),
        ),
        max_leaves=4,
    )


def _mentioned(prop: Prop) -> Iterator[Observable]:
    match prop:
        case Atom(left):
            yield left
        case Not(operand):
            yield from _mentioned(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _mentioned(operand)


# --- models -----------------------------------------------------------------------------------------------------------

_BASE_SETS = ("R", "W", "M", "F", "B", "IW", "FW")
_BASE_RELATIONS = (
    *("po", "rf", "co", "loc", "addr", "data", "ctrl", "rmw", "amo", "same-value", "int", "ext", "id", "si"),
)
_TAGS = ("MFENCE", "SYNC", "LWSYNC", "ISYNC")


@st.composite
def models(
    draw: st.DrawFn, nodes: int = 12, flags: bool = True, choices: bool = True, events: int | None = None
) -> Model:
    """Models: random expressions over the base relations, with recursion, and random axioms over them.

    `nodes` bounds the operators drawn; recursion is monotone. With `flags`, axioms of every role and negated ones; with
    `choices`, `choose` nodes; with `events`, constants for graphs of that many events.
    """
    return _ModelWriter(draw, choices, events).model(draw(st.integers(1, nodes)), flags)


class _ModelWriter:
    def __init__(self, draw: st.DrawFn, choices: bool, events: int | None) -> None:
        self.draw = draw
        self.choices = choices
        self.events = events
        self.nodes: list[Node] = []
        self.sets: list[int] = []
        self.relations: list[int] = []
        self.fixpoints: list[Fixpoint] = []

    def model(self, size: int, flags: bool) -> Model:
        for name in _BASE_SETS[:3]:
            self._add(Node("base", Type.SET, name=name))
        for name in _BASE_RELATIONS[:4]:
            self._add(Node("base", Type.RELATION, name=name))
        rf, co = self.relations[1], self.relations[2]
        inverse = self._add(Node("inverse", Type.RELATION, (rf,)))
        self._add(Node("seq", Type.RELATION, (inverse, co)))
        while size > 0:
            size -= self._recursion() if self.draw(st.integers(0, 9)) == 9 else self._operator(frozenset())
        axioms = []
        for k in range(self.draw(st.integers(1, 3))):
            role, negated = AxiomRole.CHECK, False
            if flags:
                role = self.draw(st.sampled_from([AxiomRole.CHECK, AxiomRole.CHECK, *AxiomRole]))
                negated = self.draw(st.integers(0, 4)) == 4
            kind = self.draw(st.sampled_from(list(AxiomKind)))
            over = self.relations if kind is not AxiomKind.EMPTY else self.relations + self.sets
            axioms.append(Axiom(kind, self.draw(st.sampled_from(over[::-1])), f"axiom{k}", negated, role))
        return Model("random", tuple(self.nodes), tuple(self.fixpoints), tuple(axioms))

    def _add(self, node: Node) -> int:
        (self.sets if node.type is Type.SET else self.relations).append(len(self.nodes))
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _recursion(self) -> int:
        """`let rec` of one or two variables; what depends on them is used by later expressions like anything else."""
        count = self.draw(st.integers(1, 2))
        variables = tuple(self._add(Node("var", Type.RELATION)) for _ in range(count))
        first = len(self.nodes)
        recursive = set(variables)
        size = self.draw(st.integers(2, 5))
        for _ in range(size):
            before = len(self.nodes)
            self._operator(frozenset(recursive))
            for k in range(before, len(self.nodes)):
                if not recursive.isdisjoint(self.nodes[k].args):
                    recursive.add(k)
        start = [k for k in self.relations if k < first and k not in variables]
        bodies = []
        for _ in variables:
            base, step = self.draw(st.sampled_from(start)), self.draw(st.sampled_from(self.relations[::-1]))
            bodies.append(self._add(Node("union", Type.RELATION, (base, step))))
        self.fixpoints.append(Fixpoint(variables, tuple(bodies), first, len(self.nodes) - 1))
        return size + count

    def _operator(self, recursive: frozenset[int]) -> int:
        """One more node; one that is not monotone stays clear of what is `recursive`."""
        draw = self.draw
        op = draw(
            st.sampled_from(
                ["union", "seq", "inter", "plus", "restrict", "diff", "inverse", "star", "option", "identity", "base"]
                + ["product", "domain", "range", "complement", "set", "tag", "empty", "universe"]
                + ["choose"] * self.choices
                + ["constant"] * (self.events is not None)
            )
        )
        type_ = Type.SET if draw(st.integers(0, 5)) == 5 else Type.RELATION
        match op:
            case "union" | "inter":
                self._add(Node(op, type_, (self._any(type_), self._any(type_))))
            case "choose":
                self._add(Node(op, type_, tuple(self._any(type_) for _ in range(draw(st.integers(1, 3))))))
            case "diff":
                self._add(Node(op, type_, (self._any(type_), self._any(type_, recursive))))
            case "complement":
                self._add(Node(op, type_, (self._any(type_, recursive),)))
            case "seq":
                self._add(Node(op, Type.RELATION, (self._any(Type.RELATION), self._any(Type.RELATION))))
            case "plus" | "star" | "option" | "inverse":
                self._add(Node(op, Type.RELATION, (self._any(Type.RELATION),)))
            case "domain" | "range":
                self._add(Node(op, Type.SET, (self._any(Type.RELATION),)))
            case "identity":
                self._add(Node(op, Type.RELATION, (self._any(Type.SET),)))
            case "restrict":
                at = self._add(Node("identity", Type.RELATION, (self._any(Type.SET),)))
                pair = (at, self._any(Type.RELATION))
                self._add(Node("seq", Type.RELATION, pair if draw(st.booleans()) else pair[::-1]))
            case "product":
                self._add(Node(op, Type.RELATION, (self._any(Type.SET), self._any(Type.SET))))
            case "base":
                self._add(Node(op, Type.RELATION, name=draw(st.sampled_from(_BASE_RELATIONS))))
            case "set":
                self._add(Node("base", Type.SET, name=draw(st.sampled_from(_BASE_SETS))))
            case "tag":
                self._add(Node(op, Type.SET, tags=frozenset({draw(st.sampled_from(_TAGS))})))
            case "constant":
                self._constant(type_)
            case _:
                self._add(Node(op, type_))
        return 1

    def _constant(self, type_: Type) -> None:
        assert self.events is not None
        bits = st.integers(0, (1 << self.events) - 1)
        if type_ is Type.SET:
            self._add(Node("constant", type_, mask=self.draw(bits)))
        else:
            rows = self.draw(st.lists(bits, min_size=self.events, max_size=self.events))
            self._add(Node("constant", type_, rows=tuple(rows)))

    def _any(self, type_: Type, but: frozenset[int] = frozenset()) -> int:
        nodes = self.sets if type_ is Type.SET else self.relations
        return self.draw(st.sampled_from([k for k in nodes[::-1] if k not in but]))
