"""One thread of kernel C, run alone, a statement at a time."""

from __future__ import annotations

from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.kernel import PRIMITIVES, Kind, update
from litmus.ir.litmus_test import Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Goto,
    Label,
    Op,
    Primitive,
    Reg,
    Report,
    Statement,
    Unsequenced,
    Value,
)
from litmus.ir.values import apply, is_true


class Machine:
    """Registers and memory, and what statements do to them."""

    def __init__(self, text: str) -> None:
        self.test = parse_test(Source("t", text))
        self.thread = self.test.threads[0]
        self.regs: dict[str, Value] = {}
        self.memory: dict[Value, Value] = {}
        for item in self.test.init:
            if isinstance(item.target, Register):
                self.regs[item.target.name] = item.value
            else:
                self.memory[item.target] = item.value
        self.names: list[str] = []  # of the primitives executed
        self.reports: list[str] = []  # what fired

    def run(self, steps: int = 1000) -> Machine:
        """Runs the thread to its end."""
        body = self.thread.body
        labels = {s.name: at for at, s in enumerate(body) if isinstance(s, Label)}
        at = 0
        for _ in range(steps):
            if at == len(body):
                return self
            statement = body[at]
            at += 1
            match statement:
                case Branch(condition, target):
                    at = labels[target] if is_true(self.value(condition)) else at
                case Goto(target):
                    at = labels[target]
                case _:
                    self.step(statement)
        raise AssertionError("the thread does not end")

    def step(self, statement: Statement) -> None:
        match statement:
            case Assign(dest, expr):
                self.regs[dest] = self.value(expr)
            case Primitive():
                self.names.append(statement.name)
                result = self.primitive(statement)
                if statement.dest is not None:
                    assert result is not None
                    self.regs[statement.dest] = result
            case Report(name, condition):
                if is_true(self.value(condition)):
                    self.reports.append(name)
            case _:
                assert isinstance(statement, Label | Unsequenced)

    def primitive(self, statement: Primitive) -> Value | None:
        kind = PRIMITIVES[statement.name].kind
        if not statement.args:
            return None
        where = self.value(statement.args[0])
        old = self.memory.get(where, 0)
        match kind:
            case Kind.READ:
                return old
            case Kind.WRITE:
                self.memory[where] = self.value(statement.args[1])
                return None
            case Kind.UPDATE:
                self.regs["old"] = old
                computed = update(statement, "old", self.thread.word_bits)
                result = None if computed.result is None else self.value(computed.result)
                if computed.condition is None or is_true(self.value(computed.condition)):
                    self.memory[where] = self.value(computed.value)
                return result
            case Kind.LOCK:
                if statement.name in ("spin_lock", "spin_trylock", "spin_unlock"):
                    self.memory[where] = int(statement.name != "spin_unlock")
                return int(old == 0) if statement.name == "spin_trylock" else old
            case _:
                return 0

    def value(self, expr: Expr) -> Value:
        match expr:
            case Const(known):
                return known
            case Reg(name):
                return self.regs.get(name, 0)
            case Op(op, args):
                found = apply(op, tuple(map(self.value, args)), self.thread.word_bits)
                assert found is not None, expr
                return found


def run(statements: str, parameters: str = "int *x, int *y", init: str = "") -> dict[str, Value]:
    """The registers, and the locations by name, after a thread has run alone."""
    machine = Machine(f"C t\n{{ {init} }}\nP0({parameters})\n{{\n{statements}\n}}\n").run()
    memory = {str(where): value for where, value in machine.memory.items() if isinstance(where, Address)}
    return {**machine.regs, **memory}
