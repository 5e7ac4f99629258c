"""Calls: each becomes a primitive in its normal form, or a few statements."""

from __future__ import annotations

from abc import abstractmethod

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.source import Span
from litmus.dialects.c import atomics, calls, types
from litmus.dialects.c.atomics import Atomics
from litmus.dialects.c.calls import CALLS, KernelCall
from litmus.dialects.c.definitions import Helper
from litmus.dialects.c.operands import Lvalue, Operand, Variable
from litmus.dialects.c.types import INT, UNSIGNED, UNSIGNED_LONG, VOID, Value
from litmus.frontend.lexer import counted
from litmus.ir.kernel import Gives, Kind, Spec
from litmus.ir.thread import Assign, Call, Const, Expr, Op, Pointee, Primitive, Reg, Report


class Calls(Atomics):
    """Reads expressions with the calls that kernel code makes."""

    def call(self, name: str) -> Operand:
        """Reads a call, beginning with its name. Raises ParseError, UnsupportedError."""
        mark = self.at()
        tokens = self.tokens
        place = tokens.here
        tokens.advance()
        tokens.advance()
        self.deeper()
        self.operator()
        operand: Operand
        if name in self.definitions.helpers:
            operand = self.inline(self.definitions.helpers[name], mark)
        elif self.definitions.c11 and name in atomics.NAMES:
            operand = self.atomic(name, mark)
        elif name in CALLS:
            operand = self.primitive(name, CALLS[name], mark)
        elif name in calls.SPECIAL:
            operand = self.special(name, mark)
        else:
            operand = self.undefined(name, place)
        self.depth -= 1
        return operand

    @abstractmethod
    def inline(self, helper: Helper, mark: int) -> Operand:
        """Reads the arguments of a function of the test, and the function in place of the call."""

    @abstractmethod
    def stop(self, condition: Expr, span: Span) -> None:
        """Ends the thread if a condition holds."""

    # --- one primitive -----------------------------------------------------------------------------------------------

    def primitive(self, name: str, call: KernelCall, mark: int) -> Operand:
        spec = call.spec
        cell: Lvalue | None = None
        found: list[tuple[Value, Span]] = []
        written: list[Expr | Pointee] = []  # the arguments as the test has them
        starts: list[int] = []
        for number, letter in enumerate(call.takes):
            self.separator(name, call.takes, number)
            starts.append(self.emitter.here)
            at = self.tokens.mark
            if letter == "-":
                self.tokens.name("a variable")
            elif letter == "l":
                cell = self.lvalue(name, at)
                written.append(Pointee(cell.addr))
            elif letter == "p":
                cell = self.pointed(self.value(self.assignment(), at), at)
                written.append(cell.addr)
            else:
                value = self.value(self.assignment(), at)
                found.append((value, self.since(at)))
                written.append(value.expr if cell is None else self.passed(spec, value, cell))
        self.closing(name, call.takes)
        span = self.since(mark)
        self.emitter.unsequenced(starts, span)
        args: tuple[Expr, ...] = ()
        size = 0
        if cell is not None:
            args = (cell.addr, *self.values(call, cell, found))
            size = cell.type.bits // 8 if spec.kind is Kind.RCU else self.size(cell, span)
        dest = None if spec.gives is Gives.NOTHING else self.emitter.temporary()
        self.emitter.emit(Primitive(spec.name, dest, args, span, size, Call(name, None, tuple(written), span)))
        if dest is None:
            return Value(Const(0), VOID)
        if cell is not None and spec.gives in (Gives.VALUE, Gives.NEW) and spec.kind in (Kind.READ, Kind.UPDATE):
            return types.loaded(Reg(dest), cell.type, self.bits)
        return Value(Reg(dest), INT)

    def values(self, call: KernelCall, cell: Lvalue, found: list[tuple[Value, Span]]) -> list[Expr]:
        """The value arguments of a primitive; stored and compared values are converted to the type of the location."""
        kept: list[Expr] = []
        first = len(call.takes) - len(found) if call.takes[0] in "lp" else 0
        for given in call.values:
            if isinstance(given, str):
                kept.append(Const(int(given)))
                continue
            value, span = found[given - first]
            kept.append(self.bit_number(value, cell, span) if call.spec.bit else self.passed(call.spec, value, cell))
        return kept

    def passed(self, spec: Spec, value: Value, cell: Lvalue) -> Expr:
        """A value argument, converted to the type of the location if it is stored there or compared with it."""
        if spec.bit or spec.kind not in (Kind.READ, Kind.WRITE, Kind.UPDATE):
            return value.expr
        return types.stored(types.convert(value, cell.type, self.bits), self.bits)

    def lvalue(self, name: str, at: int) -> Lvalue:
        operand = self.assignment()
        if isinstance(operand, Lvalue):
            return operand
        span = self.since(at)
        message = f"{name} takes a place in memory"
        pointer = isinstance(operand, Variable) or isinstance(operand.expr, Const | Reg)
        raise ParseError(message, span, f"did you mean '*{span.text}'?" if pointer and len(span.text) < 40 else None)

    def separator(self, name: str, takes: str, number: int) -> None:
        """Moves to argument `number` of a call. Raises ParseError if there is none."""
        tokens = self.tokens
        if tokens.current == ")":
            raise self.miscounted(name, takes)
        if number and not tokens.accept(","):
            raise tokens.unexpected("',' or an operator")

    def closing(self, name: str, takes: str) -> None:
        """Moves past the arguments of a call. Raises ParseError if there are more."""
        tokens = self.tokens
        if tokens.accept(")"):
            return
        if tokens.current == "," or not takes:
            raise self.miscounted(name, takes)
        raise tokens.unexpected("')' or an operator")

    def miscounted(self, name: str, takes: str) -> ParseError:
        wanted = counted(len(takes), "argument") if takes else "no arguments"
        return ParseError(f"'{name}' takes {wanted}", self.tokens.here, calls.usage(name, takes))

    def undefined(self, name: str, place: Span) -> Operand:
        """Reads a call of a function that only some targets define, with arguments of any kind."""
        if name in calls.OF_TYPES:
            raise UnsupportedError(f"'{name}' is not supported", place, calls.OF_TYPES[name])
        tokens = self.tokens
        args: list[Expr | Pointee] = []
        starts: list[int] = []
        while not tokens.accept(")"):
            if args and not tokens.accept(","):
                raise tokens.unexpected("',' or an operator")
            at = tokens.mark
            starts.append(self.emitter.here)
            operand = self.assignment()
            args.append(Pointee(operand.addr) if isinstance(operand, Lvalue) else self.value(operand, at).expr)
        dest = self.emitter.temporary()
        self.emitter.unsequenced(starts, place)
        self.emitter.emit(Call(name, dest, tuple(args), place))
        return Value(Reg(dest), INT)

    # --- calls that are not exactly one primitive --------------------------------------------------------------------

    def special(self, name: str, mark: int) -> Operand:
        if name in calls.PURE:
            self.separator(name, "v", 0)
            at = self.tokens.mark
            value = self.value(self.assignment(), at)
            self.closing(name, "v")
            return value
        if name == calls.ACCESS_ONCE:
            self.separator(name, "l", 0)
            cell = self.lvalue(name, self.tokens.mark)
            self.closing(name, "l")
            return Lvalue(cell.addr, types.volatile(cell.type))
        if name in calls.COMPUTED:
            return self.computed(name, mark)
        if name in calls.REPORTS:
            return self.report(name, mark)
        if name in calls.TRY:
            return self.try_exchange(name, mark)
        if name in calls.WAITS:
            return self.wait(name, mark)
        return self.bit(name, mark)

    def computed(self, name: str, mark: int) -> Value:
        """Reads `min(a, b)` and the like."""
        takes = calls.COMPUTED[name]
        args: list[Value] = []
        for number in range(len(takes)):
            self.separator(name, takes, number)
            at = self.tokens.mark
            args.append(self.value(self.assignment(), at))
        self.closing(name, takes)
        if name == "BIT":
            return self.binary("<<", Value(Const(1), UNSIGNED_LONG if self.bits >= 64 else UNSIGNED), args[0], mark)
        left, right = args if name == "min" else args[::-1]
        less = self.binary("<", left, right, mark)
        type_ = types.common(args[0].type, args[1].type)
        a, b = (types.convert(arg, type_, self.bits).expr for arg in args)
        return Value(types.folded("ite", self.bits, less.expr, a, b), type_)

    def report(self, name: str, mark: int) -> Operand:
        """Reads WARN_ON, whose value is whether it fires, or BUG_ON, after which the thread goes no further."""
        takes = "" if name == "BUG" else "v"
        fires: Expr = Const(1)
        if takes:
            self.separator(name, takes, 0)
            at = self.tokens.mark
            fires = types.truth(self.value(self.assignment(), at), self.bits)
            if name in calls.WITH_TEXT:
                self.text(name)
        self.closing(name, takes)
        span = self.since(mark)
        self.emitter.emit(Report(name, fires, span))
        if not calls.REPORTS[name]:
            return Value(fires, INT)
        self.stop(fires, span)
        return Value(Const(0), VOID)

    def text(self, name: str) -> None:
        """Moves past the text of a report and what it shows: these are evaluated only to be printed."""
        tokens = self.tokens
        tokens.expect(",", f"and the text of {name}")
        if tokens.current[:1] != '"':
            raise tokens.unexpected(f"the text of {name}")
        depth = 0
        while tokens.current and (depth or tokens.current != ")"):
            depth += (tokens.current == "(") - (tokens.current == ")")
            tokens.advance()

    def bit(self, name: str, mark: int) -> Operand:
        """Reads a call of test_bit, or of a function that changes a bit with plain accesses."""
        takes = "vp"
        self.separator(name, takes, 0)
        at, start = self.tokens.mark, self.emitter.here
        number = self.value(self.assignment(), at)
        place = self.since(at)
        self.separator(name, takes, 1)
        at, middle = self.tokens.mark, self.emitter.here
        cell = self.pointed(self.value(self.assignment(), at), at)
        self.closing(name, takes)
        span, bits = self.since(mark), self.bits
        self.emitter.unsequenced((start, middle), span)
        which = self.bit_number(number, cell, place)
        if name == calls.TEST_BIT:
            read = self.read("READ_ONCE", cell, span)
            return Value(Op("and", (types.folded("shr", bits, read.expr, which), Const(1))), INT)
        read = self.read("plain_read", cell, span)
        mask = types.folded("shl", bits, Const(1), which)
        if name == "__clear_bit":
            mask = types.folded("not", bits, mask)
        value = Value(Op(calls.BITS[name], (read.expr, mask)), cell.type)
        self.store(cell, value, mark)
        return Value(Const(0), VOID)

    def bit_number(self, number: Value, cell: Lvalue, span: Span) -> Expr:
        """The number of a bit of a location. Raises ParseError if the location has no such bit."""
        known = number.expr.value if isinstance(number.expr, Const) else 0
        if not isinstance(known, int) or not 0 <= known < cell.type.bits:
            raise ParseError(f"the location has {cell.type.bits} bits, and no bit {known}", span)
        return number.expr

    def try_exchange(self, name: str, mark: int) -> Operand:
        """Reads `try_cmpxchg(p, &old, new)`, a compare-and-exchange that puts the value that it read into `old`."""
        takes = "pvv"
        tokens = self.tokens
        emitter = self.emitter
        self.separator(name, takes, 0)
        at, start = tokens.mark, emitter.here
        cell = self.pointed(self.value(self.assignment(), at), at)
        self.separator(name, takes, 1)
        old = self.variable()
        self.separator(name, takes, 2)
        at, middle = tokens.mark, emitter.here
        new = types.convert(self.value(self.assignment(), at), cell.type, self.bits)
        self.closing(name, takes)
        span = self.since(mark)
        emitter.unsequenced((start, middle), span)
        expected = types.stored(types.convert(Value(Reg(old.name), old.type), cell.type, self.bits), self.bits)
        before, read, done = emitter.temporary(), emitter.temporary(), emitter.temporary()
        emitter.emit(Assign(before, expected, span))
        args = (cell.addr, Reg(before), types.stored(new, self.bits))
        emitter.emit(Primitive(calls.TRY[name], read, args, span, self.size(cell, span)))
        emitter.emit(Assign(done, Op("eq", (Reg(read), Reg(before))), span))
        found = types.convert(types.loaded(Reg(read), cell.type, self.bits), old.type, self.bits)
        emitter.emit(Assign(old.name, found.expr, span))
        return Value(Reg(done), INT)

    def variable(self) -> Variable:
        """Reads `&r1`, the argument of a call that changes r1."""
        tokens = self.tokens
        tokens.expect("&", "before the variable that the call changes")
        name = tokens.current
        if name not in self.variables and name not in self.undeclared:
            raise tokens.unexpected("a variable of this thread")
        tokens.advance()
        return self.named(name)

    def wait(self, name: str, mark: int) -> Operand:
        """Reads `smp_cond_load_acquire(p, VAL == 1)`: a loop that loads until the condition holds."""
        takes = "pv"
        self.separator(name, takes, 0)
        at = self.tokens.mark
        pointer = self.value(self.assignment(), at)
        self.separator(name, takes, 1)
        emitter = self.emitter
        again = emitter.label()
        emitter.place(again)
        cell = self.pointed(pointer, at)
        read = self.read("READ_ONCE", cell, self.since(mark))
        found = emitter.temporary()
        emitter.emit(Assign(found, read.expr, self.since(mark)))
        outer = self.bound.get("VAL")
        self.bound["VAL"] = Value(Reg(found), cell.type)
        at = self.tokens.mark
        holds = self.value(self.assignment(), at)
        self.closing(name, takes)
        if outer is None:
            del self.bound["VAL"]
        else:
            self.bound["VAL"] = outer
        end = emitter.label()
        emitter.branch(types.opposite(holds.expr, self.bits), again, self.since(mark), end)
        emitter.place(end)
        if calls.WAITS[name]:
            emitter.emit(Primitive("smp_acquire__after_ctrl_dep", None, (), self.since(mark)))
        return Value(Reg(found), cell.type)
