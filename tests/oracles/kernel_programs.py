"""Random tests in kernel C, small enough to be decided at once.

They have what an assembly must get right: values of every operator, branches and choices, addresses in memory and in
registers, dependencies that do not change a value, updates in one instruction or in a loop, locks. Every strategy
shrinks towards fewer and plainer statements.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

VARIABLES = ("r0", "r1", "r2")
LOCATIONS = ("x", "y", "z")
_BINARY = ("+", "-", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "||")
_FENCES = ("smp_mb", "smp_wmb", "smp_rmb")


@dataclass(slots=True)
class _Writer:
    """The text of one thread as it is drawn; `accesses` is how many it may still have."""

    draw: st.DrawFn
    word: str
    accesses: int
    lines: list[str] = field(default_factory=list)
    depth: int = 1

    def choose(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def add(self, line: str) -> None:
        self.lines.append("\t" * self.depth + line)

    def variable(self) -> str:
        return self.choose(*VARIABLES)

    def expr(self, depth: int = 2) -> str:
        """A value; what is in memory stays small, so that few values are possible."""
        kind = self.draw(st.integers(0, 7)) if depth else self.draw(st.integers(0, 1))
        if kind == 0:
            return self.choose("0", "1", "2", "-1", "70000")
        if kind <= 2:
            return self.variable()
        if kind == 3:
            return f"{self.choose('!', '~', '-')}({self.expr(depth - 1)})"
        if kind == 4:
            return f"(({self.expr(depth - 1)}) {self.choose('<<', '>>')} {self.choose('1', '3')})"
        if kind == 5:
            return f"(({self.expr(depth - 1)}) ? ({self.expr(depth - 1)}) : ({self.expr(depth - 1)}))"
        return f"(({self.expr(depth - 1)}) {self.choose(*_BINARY)} ({self.expr(depth - 1)}))"

    def small(self) -> str:
        """A value to store: of the test's choosing, or one or two bits of any other."""
        return self.choose("1", "2", "0") if self.draw(st.booleans()) else f"({self.expr()}) & {self.choose('1', '3')}"

    def address(self) -> str:
        """A location, maybe by an address that depends on a variable and is the same whatever that is."""
        location, variable = self.choose(*LOCATIONS), self.variable()
        return self.choose(location, location, f"({location} + ({variable} ^ {variable}))")

    def access(self) -> None:
        self.accesses -= 1
        if self.draw(st.booleans()):
            self.add(f"{self.variable()} = READ_ONCE(*{self.address()});")
        else:
            self.add(f"WRITE_ONCE(*{self.address()}, {self.small()});")

    def statement(self) -> None:
        kinds = ["access", "access", "assign", "if", "fence", "pointer", "update", "void", "compare", "lock", "loop"]
        kind = self.draw(st.sampled_from(kinds if self.accesses > 0 else ["assign", "fence"]))
        if kind not in ("access", "assign", "if", "fence"):
            self.accesses -= 1
        match kind:
            case "access":
                self.access()
            case "assign":
                self.add(f"{self.variable()} = {self.expr()};")
            case "fence":
                self.add(f"{self.choose(*_FENCES)}();")
            case "if":
                self.branch()
            case "pointer":
                self.pointer()
            case "update":
                call = self.choose("xchg(x, {})", "atomic_add_return({}, x)", "atomic_fetch_xor({}, x)", "xchg(y, {})")
                self.add(f"{self.variable()} = {call.format(self.small())};")
            case "void":
                self.add(self.choose("atomic_inc(x);", "atomic_or(2, x);", "set_bit(1, y);", "atomic_sub(1, y);"))
            case "compare":
                self.add(f"{self.variable()} = cmpxchg({self.choose('x', 'y')}, {self.small()}, {self.small()});")
            case "loop":
                variable, end = self.variable(), self.choose("1", "2")
                self.add(f"do {{ {variable} = READ_ONCE(*{self.address()}); }} while ({variable} < {end});")
            case "lock":
                self.add("spin_lock(l);")
                self.add(f"{self.variable()} = READ_ONCE(*z);")
                self.add("spin_unlock(l);")

    def branch(self) -> None:
        self.add(f"if ({self.expr()}) {{")
        self.depth += 1
        self.block(1)
        if self.draw(st.booleans()):
            self.lines.append("\t" * (self.depth - 1) + "} else {")
            self.block(1)
        self.depth -= 1
        self.add("}")

    def block(self, most: int) -> None:
        for _ in range(self.draw(st.integers(0, most))):
            self.statement()

    def pointer(self) -> None:
        if self.draw(st.booleans()):
            self.add(f"WRITE_ONCE(*p, {self.choose('x', 'y')});")
            return
        self.add("q = READ_ONCE(*p);")
        use = self.draw(st.sampled_from(("read", "write", "compare")))
        if use == "read":
            self.add(f"{self.variable()} = READ_ONCE(*q);")
        elif use == "write":
            self.add(f"WRITE_ONCE(*q, {self.small()});")
        else:
            self.add(f"{self.variable()} = q == {self.choose('x', 'y')};")


@st.composite
def kernel_texts(draw: st.DrawFn) -> str:
    """The text of a test of two threads, of words of 32 or 64 bits; everything is asked for."""
    word = draw(st.sampled_from(("int", "long")))
    parameters = f"{', '.join(f'{word} *{name}' for name in LOCATIONS)}, {word} **p, spinlock_t *l"
    parts = ["C random\n{ " + f"{word} x=0; {word} y=1; {word} z=0; {word} *p=&x;" + " }\n"]
    for thread in range(2):
        writer = _Writer(draw, word, draw(st.integers(1, 3)))
        writer.access()
        writer.block(5)
        declared = " ".join(f"{word} {name} = {draw(st.integers(0, 1))};" for name in VARIABLES)
        parts.append(f"P{thread}({parameters})\n{{\n\t{declared} {word} *q = x;\n")
        parts += [f"{line}\n" for line in writer.lines]
        parts.append("}\n")
    shown = [*(f"{thread}:{name};" for thread in range(2) for name in VARIABLES), *(f"{name};" for name in LOCATIONS)]
    asked = draw(st.sampled_from(("0:r0=1", "1:r1=0", "0:r2=1 /\\ 1:r2=0", "x=2", "p=y")))
    quantifier = draw(st.sampled_from(("exists", "~exists", "forall")))
    parts.append(f"locations [{' '.join(shown)}]\n{quantifier} ({asked})\n")
    return "".join(parts)
