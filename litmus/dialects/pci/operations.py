"""The operations of bus masters and CPUs, one in each cell of the program.

    write x = 1           a posted write            r1 = read x        a read; the master waits for its completion
    nonposted x = 1       a non-posted memory write; the master waits for its completion
    iowrite x = 1         a non-posted write to I/O or configuration space
    msi x = 1             a message-signalled interrupt: a posted write
    raise irq, lower irq  an interrupt wire         r1 = snoop x       the last value seen on the observer's own bus

Attributes follow in brackets: `[RO]`, `[IDO]`, `[completion RO]`, `[completion IDO]`, `[nowait]`. Of these operations
CPUs have `read`, `write`, `nonposted` and `iowrite`; they also have `r1 = interrupt x`, the read that starts an
interrupt handler, the fences of their architecture, and kernel functions: `r1 = readl(x)`, `writel(1, x)`, `wmb()`.

Sources: PCI Express Base Specification, sections 2.2.6.4 and 2.2.6.5 (which requests may have attributes);
Documentation/driver-api/device-io.rst and memory-barriers.txt of Linux.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.dialects.pci.declarations import CPUS, TOKEN, Declarations
from litmus.frontend.dialect import Instruction, InstructionText, ProgramSection
from litmus.frontend.lexer import Tokens, is_name, is_number, quoted
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.thread import Address, Const, Expr, Fence, Load, Primitive, Reg, Statement, Store
from litmus.ir.topology import HOST, MEMORY, WIRE

REGISTERS = {f"r{n}": n for n in range(64)}

_WRITES: Mapping[str, frozenset[str]] = {
    "write": frozenset(),
    "nonposted": frozenset({"NonPosted"}),
    "iowrite": frozenset({"NonPosted"}),
    "msi": frozenset({"MSI"}),
}
_READS: Mapping[str, frozenset[str]] = {
    "read": frozenset(),
    "snoop": frozenset({"Snoop"}),
    "interrupt": frozenset({"Interrupt"}),
}
_WIRES = {"raise": 1, "lower": 0}
_REQUEST = frozenset({"RO", "IDO"})
_COMPLETION = frozenset({"CRO", "CIDO"})
_WAIT = frozenset({"NoWait"})
_FITS: Mapping[str, frozenset[str]] = {
    "write": _REQUEST,
    "msi": frozenset({"IDO"}),
    "nonposted": _REQUEST | _COMPLETION | _WAIT,
    "iowrite": _WAIT,
    "read": _REQUEST | _COMPLETION | _WAIT,
}
_ATTRIBUTES = {"ro": "RO", "ido": "IDO", "nowait": "NoWait"}
_SHOWN = {"RO": "RO", "IDO": "IDO", "CRO": "completion RO", "CIDO": "completion IDO", "NoWait": "nowait"}

IO_READS = ("readl", "readl_relaxed")
IO_WRITES = ("writel", "writel_relaxed")
_FUNCTIONS = (
    *IO_READS,
    *IO_WRITES,
    *("READ_ONCE", "WRITE_ONCE", "smp_load_acquire", "smp_store_release", "spin_lock", "spin_unlock"),
    *(name for name, spec in PRIMITIVES.items() if spec.kind is Kind.FENCE),
)
TAGS = frozenset({"NonPosted", "MSI", "Snoop", "Interrupt", *_SHOWN})


@dataclass(frozen=True, slots=True)
class Operations:
    """Reads the cells of one program."""

    section: ProgramSection
    declarations: Declarations

    word_bits = 64
    free: tuple[str, ...] = ()

    def register(self, name: str) -> str | None:
        """Registers have one spelling, r0, r1, ..."""
        return name if name in REGISTERS else None

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one operation. Raises ParseError, UnsupportedError."""
        text = self.section.text
        row = max(text.rfind(";", self.section.start, cell.start), self.section.start)
        thread = text.count("|", row, cell.start)
        home = self.declarations.threads.get(thread)
        reader = _OperationReader(
            Tokens(cell.source, text, cell.start, cell.start + len(cell.text), TOKEN), cell.span, self
        )
        return reader.operation(home is not None and home.function == HOST)


class _OperationReader:
    """Reads one cell."""

    def __init__(self, tokens: Tokens, span: Span, operations: Operations) -> None:
        self.tokens = tokens
        self.span = span
        self.declarations = operations.declarations
        self.is_cpu = False

    def operation(self, is_cpu: bool) -> Instruction:
        tokens = self.tokens
        self.is_cpu = is_cpu
        dest = ""
        start = tokens.here
        if tokens.ahead(1) == "=" and tokens.current not in (*_WRITES, *_WIRES):
            dest = self._register()
            tokens.advance()
        name, at = tokens.current, tokens.here
        if tokens.ahead(1) == "(" or (name in _FUNCTIONS and name not in self._fences()):
            found = self._function(dest, start)
        elif name in _READS:
            found = self._read(dest, at)
        elif dest:
            raise ParseError(f"expected an operation that reads, found {quoted(name)}", at, did_you_mean(name, _READS))
        elif name in _WRITES:
            found = self._write()
        elif name in _WIRES:
            found = self._wire()
        elif is_cpu and name in self._fences():
            tokens.advance()
            found = Instruction((Fence(frozenset({self._fences()[name]}), at),), name)
        else:
            raise self._unknown(name, at)
        if tokens.current:
            raise tokens.unexpected("the end of the operation")
        return found

    def _fences(self) -> Mapping[str, str]:
        return CPUS[self.declarations.cpu] if self.is_cpu else {}

    def _unknown(self, name: str, at: Span) -> ParseError:
        for cpu, fences in CPUS.items():
            if name in fences:
                who = f"the CPUs are {self.declarations.cpu}" if self.is_cpu else "a device has no fences"
                return ParseError(f"{quoted(name)} is a fence of {cpu}, but {who}", at)
        known = [*_READS, *_WRITES, *_WIRES, *self._fences(), *_FUNCTIONS]
        return ParseError(f"unknown operation {quoted(name)}", at, did_you_mean(name, known))

    # --- operands --------------------------------------------------------------------------------------------------

    def _register(self) -> str:
        tokens = self.tokens
        name = tokens.current
        if name not in REGISTERS:
            raise tokens.unexpected("a register (r0, r1, ...) or an operation")
        return tokens.advance()

    def _location(self) -> tuple[str, str, Span]:
        """Reads a location; returns its name, where it is in the topology, and its span."""
        tokens = self.tokens
        name, span = tokens.current, tokens.here
        if not is_name(name) or name in REGISTERS:
            raise tokens.unexpected("a location")
        tokens.advance()
        return name, self.declarations.home(name, span), span

    def _value(self) -> tuple[Expr, str]:
        tokens = self.tokens
        if tokens.current in REGISTERS:
            name = tokens.advance()
            return Reg(name), name
        if not is_number(tokens.current):
            raise tokens.unexpected("a number or a register")
        number = tokens.number()
        return Const(number), str(number)

    def _attributes(self, name: str, home: str) -> tuple[frozenset[str], str]:
        """Reads attributes in brackets; returns their tags and their canonical text."""
        tokens = self.tokens
        found: dict[str, None] = {}
        if tokens.accept("["):
            while True:
                mark, prefix = tokens.mark, ""
                if tokens.current.lower() == "completion":
                    tokens.advance()
                    prefix = "C"
                word = tokens.current
                tag = prefix + _ATTRIBUTES.get(word.lower(), "")
                if tag not in _SHOWN:
                    known = ("RO", "IDO", "nowait", "completion")
                    message = f"unknown attribute {quoted(word)}" if word else "expected an attribute"
                    raise ParseError(message, tokens.here, did_you_mean(word, known) or f"known are {', '.join(known)}")
                tokens.advance()
                self._check(tag, name, home, tokens.since(mark))
                found[tag] = None
                if not tokens.accept(","):
                    break
            tokens.expect("]", "after the attributes")
        tags = sorted(found, key=list(_SHOWN).index)
        return frozenset(tags), f" [{', '.join(_SHOWN[tag] for tag in tags)}]" if tags else ""

    def _check(self, tag: str, name: str, home: str, span: Span) -> None:
        """Raises ParseError for an attribute that does not fit the operation."""
        shown = _SHOWN[tag]
        if tag not in _FITS.get(name, frozenset()):
            raise ParseError(f"{quoted(shown)} does not fit '{name}'", span, _why(tag, name))
        if self.is_cpu and tag == "NoWait":
            raise ParseError("'nowait' does not fit a CPU, which waits for its accesses", span)
        if self.is_cpu and home == MEMORY:
            raise ParseError(f"{quoted(shown)} does not fit a CPU's access to memory, which passes no bridge", span)

    # --- accesses --------------------------------------------------------------------------------------------------

    def _read(self, dest: str, at: Span) -> Instruction:
        tokens = self.tokens
        name = tokens.advance()
        if not dest:
            raise ParseError(f"'{name}' needs a register, as in 'r1 = {name} x'", at)
        if self.is_cpu != (name == "interrupt") and name != "read":
            who = "a CPU cannot snoop" if self.is_cpu else "only a CPU can take an interrupt"
            raise ParseError(who, at)
        symbol, home, span = self._location()
        if name == "interrupt" and home not in (MEMORY, WIRE):
            raise ParseError(f"an interrupt needs a wire or a location in memory, not {quoted(symbol)}", span)
        if home == WIRE and name == "snoop":
            raise ParseError(f"{quoted(symbol)} is a wire, which cannot be snooped: it is not on a bus", span)
        tags, shown = self._attributes(name, home)
        load = Load(dest, Const(Address(symbol)), _READS[name] | tags, span=self.span)
        return Instruction((load,), f"{dest} = {name} {symbol}{shown}", symbols=(symbol,))

    def _write(self) -> Instruction:
        tokens = self.tokens
        at = tokens.here
        name = tokens.advance()
        if self.is_cpu and name == "msi":
            raise ParseError("only a device can send a message-signalled interrupt", at)
        symbol, home, span = self._location()
        if home == WIRE:
            raise ParseError(f"{quoted(symbol)} is a wire", span, f"write 'raise {symbol}' or 'lower {symbol}'")
        if self.is_cpu and home == MEMORY and name != "write":
            raise ParseError(f"a CPU's '{name}' must go to a device, but {quoted(symbol)} is in memory", span)
        tokens.expect("=", "and a value after the location")
        value, written = self._value()
        tags, shown = self._attributes(name, home)
        store = Store(Const(Address(symbol)), value, _WRITES[name] | tags, self.span)
        return Instruction((store,), f"{name} {symbol} = {written}{shown}", symbols=(symbol,))

    def _wire(self) -> Instruction:
        tokens = self.tokens
        at = tokens.here
        name = tokens.advance()
        if self.is_cpu:
            raise ParseError("only a device can drive an interrupt wire", at)
        symbol, home, span = self._location()
        if home != WIRE:
            raise ParseError(f"{quoted(symbol)} is not a wire", span, f"declare it, as in 'wire: {symbol};'")
        store = Store(Const(Address(symbol)), Const(_WIRES[name]), span=self.span)
        return Instruction((store,), f"{name} {symbol}", symbols=(symbol,))

    # --- functions of the kernel -----------------------------------------------------------------------------------

    def _function(self, dest: str, start: Span) -> Instruction:
        tokens = self.tokens
        name, at = tokens.current, tokens.here
        if name not in _FUNCTIONS:
            raise ParseError(f"unknown function {quoted(name)}", at, did_you_mean(name, _FUNCTIONS))
        if not self.is_cpu:
            raise ParseError(f"{quoted(name)} is a function of the kernel, but this thread is a device", at)
        tokens.advance()
        tokens.expect("(", f"after {quoted(name)}")
        args: tuple[Expr, ...] = ()
        symbols: tuple[str, ...] = ()
        shown = ""
        spec = PRIMITIVES.get(name)
        reads = name in IO_READS or (spec is not None and spec.kind is Kind.READ)
        if name in IO_WRITES:
            value, written = self._value()
            tokens.expect(",", "and a register of a device after the value")
            symbol = self._argument(name)
            args, symbols, shown = (Const(Address(symbol)), value), (symbol,), f"{written}, {symbol}"
        elif name in IO_READS or (spec is not None and spec.located):
            symbol = self._argument(name)
            args, symbols, shown = (Const(Address(symbol)),), (symbol,), symbol
            if spec is not None and spec.values:
                tokens.expect(",", "and a value after the location")
                value, written = self._value()
                args, shown = (*args, value), f"{shown}, {written}"
        tokens.expect(")", "after the arguments")
        if bool(dest) != reads:
            what = "has no result" if dest else f"needs a register, as in 'r1 = {name}(x)'"
            raise ParseError(f"'{name}' {what}", start)
        call = Primitive(name, dest or None, args, self.span, 4 if args else 0)
        statements: tuple[Statement, ...] = (call,)
        return Instruction(statements, f"{f'{dest} = ' if dest else ''}{name}({shown})", symbols=symbols)

    def _argument(self, name: str) -> str:
        """Reads the location that a function accesses: a register of a device, or a location in memory."""
        self.tokens.accept("&")
        symbol, home, span = self._location()
        is_io = name in (*IO_READS, *IO_WRITES)
        if home == WIRE:
            raise ParseError(f"{quoted(symbol)} is a wire", span)
        if is_io and home == MEMORY:
            raise ParseError(f"'{name}' is for registers of devices, but {quoted(symbol)} is in memory", span)
        if not is_io and home != MEMORY:
            hint = "use readl and writel, or their relaxed forms"
            raise UnsupportedError(
                f"'{name}' is for memory, but {quoted(symbol)} is a register of a device", span, hint
            )
        return symbol


def _why(tag: str, name: str) -> str | None:
    match name:
        case "iowrite" if tag != "NoWait":
            return "requests to I/O and configuration space have no attributes"
        case "msi" if tag == "RO":
            return "a message-signalled interrupt never has Relaxed Ordering"
        case "write" | "msi" if tag != "IDO":
            return "a posted write has no completion" if tag != "NoWait" else "nobody waits for a posted write"
        case "snoop" | "interrupt":
            return "it makes no request"
    return None


def instructions() -> Mapping[str, str]:
    """The operations that are read, each with its operands; the fences of CPUs are those of `CPUS`."""
    fences = [name for known in CPUS.values() for name in known]
    functions = {
        **dict.fromkeys(_FUNCTIONS, "()"),
        **dict.fromkeys((*IO_READS, "READ_ONCE", "smp_load_acquire", "spin_lock", "spin_unlock"), "(location)"),
        **dict.fromkeys(IO_WRITES, "(value, location)"),
        **dict.fromkeys(("WRITE_ONCE", "smp_store_release"), "(location, value)"),
    }
    return {
        **dict.fromkeys(_READS, "register = ... location [attributes]"),
        **dict.fromkeys(_WRITES, "location = value [attributes]"),
        **dict.fromkeys(_WIRES, "wire"),
        **dict.fromkeys(fences, ""),
        **functions,
    }
