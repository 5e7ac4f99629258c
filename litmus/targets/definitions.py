"""Kernel C with definitions: a macro file says which events each function makes, and a bell file which tags they have.

A call of a function is replaced by its definition; the operations that definitions are made of (`__load{once}(*X)`,
`__lock(X)` ...) become statements here. All events have sets of the names of their tags, with a capital first letter,
and these:

    RMW             the read and the write of an atomic update, and the read of one that fails
    LKR, LKW, UL    the two events by which a lock is taken, and that by which it is left
    LF              a try to take a lock that fails
    RL, RU          a look at a lock that is taken, at one that is free

Of the events of locks, LKW alone is a write to `litmus`: so every execution has an order of these. `locks.cat` in
`archs/lib` takes it out of the sets and relations that a model starts with. All other events of locks and that of
`__srcu` are at their location and nothing more: what they read and overwrite, the model finds.

Without the variant `lkmmv2`, as in older kernels, an update has no tags of its own: its read is `acquire` or `once`
(`noreturn` if nothing is returned), its write `release` or `once`, and an update that is `mb` and does not fail
stands between two fences.
Source: herdtools7 7.58, herd/CSem.ml and herd/CAction.ml; tools/memory-model of v4.17 and v7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, UnsupportedError, did_you_mean
from litmus.base.source import Source, Span
from litmus.cat.bell import NO_TAGS, Tags
from litmus.cat.definitions import (
    WHOLE_UPDATES,
    Binary,
    Definition,
    Definitions,
    Deref,
    Number,
    Parameter,
    Term,
    Update,
    Use,
    unknown_function,
)
from litmus.cat.load import CatModel
from litmus.frontend.lexer import counted, quoted
from litmus.ir.events import EventGraph
from litmus.ir.kernel import UpdateOperation, cut
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import (
    Assign,
    Assume,
    BinaryOperator,
    Branch,
    Call,
    Choose,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Mark,
    Op,
    Pointee,
    Primitive,
    Reg,
    Rmw,
    Statement,
    Store,
    Thread,
)
from litmus.targets.observed import OBSERVED, observed, tags_of, with_observed

LOCKS = frozenset({"LK", "LKR", "LKW", "UL", "LF", "RL", "RU", "LS"})
"""The sets of the events of locks."""

DEEPEST = 50
"""How deep definitions may use one another."""

_OPERATORS: Mapping[str, BinaryOperator] = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "&": "and",
    "|": "or",
    "^": "xor",
    "==": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
}

_SOMEWHERE = Span(Source("", ""), 0, 0)
_ADD_UNLESS = ("X", "V", "W")
_BUILT_IN: Mapping[str, Definition] = {
    "atomic_add_unless": Definition(
        "atomic_add_unless",
        _ADD_UNLESS,
        (Use("__atomic_add_unless", (), tuple([Parameter(x, _SOMEWHERE) for x in _ADD_UNLESS]), _SOMEWHERE),),
        True,
        _SOMEWHERE,
    )
}
"""What herd7 knows without a definition, as older kernels had none of it."""

Argument = Expr | Pointee
"""What a parameter stands for: a value, or a place."""


@dataclass(frozen=True, slots=True)
class DefinitionsTarget:
    """A test in kernel C under a model with definitions.

    `absent` are the sets that no event of the test is in: the model has them as empty from the start.
    """

    lowered: LitmusTest
    sets: frozenset[str]
    absent: frozenset[str]
    variants: frozenset[str]
    relations: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, model: CatModel, test: LitmusTest, options: Options, deadline: Deadline = NO_DEADLINE
    ) -> DefinitionsTarget:
        """The target of a test. Raises ModelError for a mistake in a definition, UnsupportedError for a function that
        is not defined, or that is called with other arguments than it has; LimitReached at the deadline."""
        definitions, tags = model.definitions, model.tags or NO_TAGS
        assert definitions is not None
        variants = options.variants | model.variants
        whole = WHOLE_UPDATES in variants
        threads = tuple([_Expansion(definitions, tags, whole, thread, deadline).thread() for thread in test.threads])
        lowered = replace(test, threads=threads)
        sets = tags.sets | LOCKS | {"RMW", OBSERVED}
        used = tags_of(lowered)
        if next(observed(test), None) is not None:
            used |= {OBSERVED}
        return cls(lowered, sets, sets - used, variants)

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test with its calls replaced by their definitions."""
        return self.lowered

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph with tags on the initial writes of the locations that are observed."""
        return with_observed(graph)


class _Expansion:
    """The expansion of the calls of one thread."""

    def __init__(
        self, definitions: Definitions, tags: Tags, whole: bool, thread: Thread, deadline: Deadline = NO_DEADLINE
    ) -> None:
        self.definitions = definitions
        self.deadline = deadline
        self.tags = tags
        self.whole = whole
        self.source = thread
        self.body: list[Statement] = []
        self.row_of: list[int] = []
        self.row = -1
        self.span: Span | None = None  # the call at hand
        self.size = 0  # of its location
        self.fresh = count()
        self.operations: Mapping[str, Callable[[_Operation], Expr | None]] = {
            "__load": self.load,
            "__store": self.store,
            "__fence": self.fence,
            "__xchg": self.exchange,
            "__cmpxchg": self.compare_exchange,
            "__atomic_op": self.update,
            "__atomic_op_return": self.update,
            "__atomic_fetch_op": self.update,
            "__atomic_add_unless": self.add_unless,
            "__lock": self.lock,
            "__unlock": self.unlock,
            "__trylock": self.try_lock,
            "__islocked": self.is_locked,
            "__srcu": self.srcu,
        }

    def thread(self) -> Thread:
        source = self.source
        for at, statement in enumerate(source.body):
            self.row = source.row_of[at] if at < len(source.row_of) else -1
            match statement:
                case Primitive(name="plain_read", args=args, dest=dest, span=span):
                    self.emit(Load(dest or self.name("r"), args[0], span=span))
                case Primitive(name="plain_write", args=args, span=span):
                    self.emit(Store(args[0], args[1], span=span))
                case Primitive(name, dest, args, span, size, call):
                    if call is None:  # a volatile access, which is what READ_ONCE and WRITE_ONCE are
                        place = tuple([Pointee(args[0])] if args else [])
                        call = Call(name, None, (*place, *args[1:]), span)
                    self.call(call, dest, size)
                case Call(dest=dest):
                    self.call(statement, dest, 0)
                case _:
                    self.emit(statement)
        return replace(source, body=tuple(self.body), row_of=tuple(self.row_of))

    def emit(self, statement: Statement) -> None:
        self.body.append(statement)
        if not len(self.body) & 63:
            self.deadline.check()
        self.row_of.append(self.row)

    def name(self, what: str) -> str:
        """A new register or label, with a name that no program can have."""
        return f".{what}{next(self.fresh)}"

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, call: Call, dest: str | None, size: int) -> None:
        """Adds the statements of a call."""
        self.span, self.size = call.span, size
        definition = self.definitions.functions.get(call.name, _BUILT_IN.get(call.name))
        if definition is None:
            raise unknown_function(call.name, self.definitions, call.span)
        if len(call.args) != len(definition.parameters):
            takes = counted(len(definition.parameters), "argument")
            raise UnsupportedError(f"{quoted(call.name)} takes {takes} in {self.definitions.path.name}", call.span)
        result = self.expand(definition, call.args, 0)
        if dest is not None:
            if result is None:
                raise UnsupportedError(f"{quoted(call.name)} has no value in {self.definitions.path.name}", call.span)
            self.emit(Assign(dest, result, call.span))

    def expand(self, definition: Definition, args: tuple[Argument, ...], depth: int) -> Expr | None:
        """Adds the statements of a definition; its value, if it has one."""
        if depth > DEEPEST:
            raise ModelError(f"definitions nest deeper than {DEEPEST} levels", definition.span)
        where = dict(zip(definition.parameters, args, strict=True))
        result: Expr | None = None
        for term in definition.body:
            result = self.used(term, where, depth) if isinstance(term, Use) else self.value(term, where, depth)
        return result if definition.valued else None

    def used(self, use: Use, where: Mapping[str, Argument], depth: int) -> Expr | None:
        """Adds the statements of an operation, or of another definition; its value, if it has one."""
        operation = self.operations.get(use.name)
        if operation is not None:
            return operation(_Operation(self, use, where, depth))
        definition = self.definitions.functions.get(use.name)
        if definition is None:
            hint = did_you_mean(use.name, (*self.operations, *self.definitions.functions))
            raise ModelError(f"neither an operation nor a definition has the name {quoted(use.name)}", use.span, hint)
        if len(use.args) != len(definition.parameters):
            takes = counted(len(definition.parameters), "argument")
            raise ModelError(f"{quoted(use.name)} takes {takes}", use.span)
        return self.expand(definition, tuple([self.argument(arg, where, depth) for arg in use.args]), depth + 1)

    def argument(self, term: Term, where: Mapping[str, Argument], depth: int) -> Argument:
        """What a term stands for: a place is not read yet."""
        match term:
            case Parameter(name):
                return where[name]
            case Deref(operand):
                return Pointee(self.value(operand, where, depth))
            case Number(value=number):
                return Const(number)
            case Binary(op, left, right):
                a, b = self.value(left, where, depth), self.value(right, where, depth)
                return Op(_OPERATORS[op], (a, b))
            case Update():
                raise ModelError("an operator is no value", term.span)
            case Use():
                value = self.used(term, where, depth)
                if value is None:
                    raise ModelError(f"{quoted(term.name)} has no value", term.span)
                return value

    def value(self, term: Term, where: Mapping[str, Argument], depth: int) -> Expr:
        """The value of a term; a place is read, by a plain access."""
        argument = self.argument(term, where, depth)
        if not isinstance(argument, Pointee):
            return argument
        dest = self.name("r")
        self.emit(Load(dest, argument.addr, span=self.span))
        return Reg(dest)

    # --- operations: accesses -----------------------------------------------------------------------------------------

    def load(self, use: _Operation) -> Expr:
        use.takes(1)
        dest = self.name("r")
        if use.use.tags in (("deref",), ("lderef",)):  # a load, and the fence that Alpha needed
            self.emit(Load(dest, use.place(0), use.tagged("once"), span=self.span))
            self.emit(Fence(use.tagged("rb_dep"), self.span))
        else:
            self.emit(Load(dest, use.place(0), use.tags(), span=self.span))
        return Reg(dest)

    def store(self, use: _Operation) -> None:
        use.takes(2)
        place = use.place(0)
        self.emit(Store(place, use.value(1), use.tags(), self.span))

    def fence(self, use: _Operation) -> None:
        use.takes(0)
        self.emit(Fence(use.tags(), self.span))

    def srcu(self, use: _Operation) -> Expr:
        use.takes(1, 2)
        pointer = use.value(0)
        value: Expr | None = None
        if use.use.tags == ("srcu-lock",):  # its value is what the unlock that belongs to it is given
            value = Const((self.source.index + 1) * 307 + next(self.fresh) * 599)
        elif len(use.use.args) == 2:
            value = use.value(1)
        self.emit(Mark(pointer, use.tags(), span=self.span, value=value))
        return value or Const(0)

    # --- operations: updates ------------------------------------------------------------------------------------------

    def rmw(self, use: _Operation, pointer: Expr, old: str, value: Expr, condition: Expr | None = None) -> None:
        if self.whole:
            tags = use.tags() | {"RMW"}
            self.emit(Rmw(old, pointer, value, tags, tags, condition, True, self.span, True))
            return
        tag = use.use.tags[0] if use.use.tags else ""
        if use.name == "__atomic_op":
            read, write = use.tagged("noreturn"), use.tagged("once")
        else:
            read = use.tagged(tag if tag == "acquire" else "once")
            write = use.tagged(tag if tag == "release" else "once")
        fence = Fence(use.tagged("mb"), self.span) if tag == "mb" or use.name == "__atomic_add_unless" else None
        rmw = Rmw(old, pointer, value, read | {"RMW"}, write | {"RMW"}, None, True, self.span, True)
        success: list[Statement] = [rmw] if fence is None else [fence, rmw, fence]
        if condition is None:
            self.emit_all(success)
            return
        # The fences are there only if the read finds what it must, so which of the two happens is chosen before it.
        failure = (Load(old, pointer, use.tagged("once") | {"RMW"}, span=self.span), Assume(_not(condition), self.span))
        self.either(
            self.name("ok"),
            lambda: self.emit_all((*success, Assume(condition, self.span))),
            lambda: self.emit_all(failure),
        )

    def emit_all(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self.emit(statement)

    def exchange(self, use: _Operation) -> Expr:
        use.takes(2)
        old = self.name("r")
        self.rmw(use, use.value(0), old, use.value(1))
        return Reg(old)

    def compare_exchange(self, use: _Operation) -> Expr:
        use.takes(3)
        old = self.name("r")
        pointer, expected, new = use.value(0), use.value(1), use.value(2)
        self.rmw(use, pointer, old, new, Op("eq", (Reg(old), expected)))
        return Reg(old)

    def update(self, use: _Operation) -> Expr | None:
        use.takes(3)
        old, operator = self.name("r"), use.operator(1)
        pointer, operand = use.value(0), use.value(2)
        if operator == "andnot":
            value: Expr = Op("and", (Reg(old), Op("not", (operand,))))
        else:
            value = self.within(Op(operator, (Reg(old), operand)))
        self.rmw(use, pointer, old, value)
        if use.name == "__atomic_op":
            return None
        return Reg(old) if use.name == "__atomic_fetch_op" else value

    def add_unless(self, use: _Operation) -> Expr:
        use.takes(3)
        old = self.name("r")
        pointer, operand, unless = use.value(0), use.value(1), use.value(2)
        wanted = Op("ne", (Reg(old), unless))
        self.rmw(use, pointer, old, self.within(Op("add", (Reg(old), operand))), wanted)
        return wanted

    def within(self, value: Expr) -> Expr:
        """A number in the range of the location of the call."""
        return cut(value, 8 * self.size, self.source.word_bits)

    # --- operations: locks --------------------------------------------------------------------------------------------

    def lock(self, use: _Operation) -> None:
        use.takes(1)
        self.take(use.value(0))

    def take(self, pointer: Expr) -> None:
        self.emit(Mark(pointer, frozenset({"LK", "LKR"}), span=self.span))
        self.emit(Store(pointer, Const(0), frozenset({"LK", "LKW"}), self.span))

    def unlock(self, use: _Operation) -> None:
        use.takes(1)
        self.emit(Mark(use.value(0), frozenset({"UL"}), span=self.span))

    def try_lock(self, use: _Operation) -> Expr:
        use.takes(1)
        pointer, done = use.value(0), self.name("r")
        return self.either(done, lambda: self.take(pointer), lambda: self.look(pointer, "LF", done))

    def is_locked(self, use: _Operation) -> Expr:
        use.takes(1)
        pointer, taken = use.value(0), self.name("r")
        return self.either(taken, lambda: self.look(pointer, "RL", taken), lambda: self.look(pointer, "RU", taken))

    def look(self, pointer: Expr, tag: str, dest: str) -> None:
        self.emit(Mark(pointer, frozenset({tag}), dest, self.span))

    def either(self, dest: str, one: Callable[[], None], zero: Callable[[], None]) -> Expr:
        """Adds what happens if an execution chooses 1 and if it chooses 0; the choice is the value."""
        no, end = self.name("no"), self.name("end")
        self.emit(Choose(dest, self.span))
        self.emit(Branch(_not(Reg(dest)), no, self.span, until=end))
        one()
        self.emit(Goto(end))
        self.emit(Label(no))
        zero()
        self.emit(Label(end))
        return Reg(dest)


class _Operation:
    """One use of an operation, with the parameters of the definition that it is in."""

    def __init__(self, expansion: _Expansion, use: Use, where: Mapping[str, Argument], depth: int) -> None:
        self.expansion = expansion
        self.use = use
        self.where = where
        self.depth = depth

    @property
    def name(self) -> str:
        return self.use.name

    def takes(self, *numbers: int) -> None:
        """Raises ModelError if the operation has another number of arguments."""
        if len(self.use.args) not in numbers:
            raise ModelError(f"'{self.name}' takes {counted(numbers[-1], 'argument')}", self.use.span)

    def value(self, at: int) -> Expr:
        """The value of an argument."""
        return self.expansion.value(self.use.args[at], self.where, self.depth)

    def place(self, at: int) -> Expr:
        """The address of an argument that is a place."""
        argument = self.expansion.argument(self.use.args[at], self.where, self.depth)
        if isinstance(argument, Pointee):
            return argument.addr
        span = self.use.args[at].span
        raise ModelError(f"'{self.name}' takes a place in memory", span, f"did you mean '*{span.text}'?")

    def operator(self, at: int) -> UpdateOperation:
        """The operator that an argument is."""
        term = self.use.args[at]
        if not isinstance(term, Update):
            raise ModelError(f"'{self.name}' takes an operator here, as in '{self.name}(X,+,V)'", term.span)
        return term.op

    def tags(self) -> frozenset[str]:
        """The sets of the events. Raises ModelError for a tag that is not declared."""
        return self.tagged(*self.use.tags)

    def tagged(self, *tags: str) -> frozenset[str]:
        """The sets of some tags. Raises ModelError for one that is not declared."""
        return frozenset([self.expansion.tags.of(tag, self.use.span) for tag in tags])


def _not(expr: Expr) -> Expr:
    return Op("lnot", (expr,))
