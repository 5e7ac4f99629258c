"""Evaluating propositions over final states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litmus.ir.execution import State
from litmus.ir.litmus_test import And, Atom, Content, Implies, Not, Observable, Or, Prop, Register
from litmus.ir.thread import Value


def atoms(prop: Prop) -> Iterator[Atom]:
    """The atoms of a proposition, from left to right."""
    match prop:
        case Atom():
            yield prop
        case Not(operand):
            yield from atoms(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from atoms(operand)
        case Implies(left, right):
            yield from atoms(left)
            yield from atoms(right)


def items(prop: Prop) -> tuple[Observable, ...]:
    """The registers and locations that a proposition is about, each once."""
    found: dict[Observable, None] = {}
    for atom in atoms(prop):
        found[atom.left] = None
        match atom.right:
            case Register() as register:
                found[register] = None
            case Content(address):
                found[address] = None
    return tuple(found)


def compare(op: str, x: Value, y: Value) -> bool:
    """An atom's comparison of two values; an address is only ever equal to itself, and ordered with nothing."""
    if op == "=":
        return x == y
    if op == "!=":
        return x != y
    if not isinstance(x, int) or not isinstance(y, int):
        return False
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op]


def satisfied(atom: Atom, x: Value, y: Value) -> bool:
    """Whether an atom holds of the values of its sides: they are compared as numbers of their types."""
    if atom.types is not None:
        x, y = atom.types[0].cast(x), atom.types[1].cast(y)
    return compare(atom.op, x, y)


def holds(prop: Prop, state: State) -> bool:
    """Whether a final state satisfies a proposition."""
    return satisfying(prop, [item for item, _ in state], (state,)) != 0


def satisfying(prop: Prop, observed: Sequence[Observable], states: Sequence[State]) -> int:
    """The states that satisfy a proposition, as bits: bit `k` is about state `k`; all have what is observed."""
    return _States(observed, states).where(prop)


class _States:
    """Some states, and where a register or location has which value."""

    def __init__(self, observed: Sequence[Observable], states: Sequence[State]) -> None:
        self.states = states
        self.everywhere = (1 << len(states)) - 1
        self._places = {item: k for k, item in enumerate(observed)}
        self._columns: dict[Observable, dict[Value, int]] = {}

    def where(self, prop: Prop) -> int:
        """The states that satisfy a proposition."""
        match prop:
            case Atom():
                return self._atom(prop)
            case And(operands):
                found = self.everywhere
                for operand in operands:
                    found &= self.where(operand)
                return found
            case Or(operands):
                found = 0
                for operand in operands:
                    found |= self.where(operand)
                return found
            case Not(operand):
                return self.everywhere & ~self.where(operand)
            case Implies(left, right):
                return self.everywhere & ~self.where(left) | self.where(right)
        raise AssertionError(prop)

    def _atom(self, atom: Atom) -> int:
        column = self._column(atom.left)
        match atom.right:
            case Register() | Content() as right:
                other = self._column(right.address if isinstance(right, Content) else right)
                pairs = [(x, y, a & b) for x, a in column.items() for y, b in other.items()]
            case value if atom.op == "=" and atom.types is None:
                return column.get(value, 0)
            case value:
                pairs = [(x, value, a) for x, a in column.items()]
        found = 0
        for x, y, here in pairs:
            if here and satisfied(atom, x, y):
                found |= here
        return found

    def _column(self, item: Observable) -> dict[Value, int]:
        """For each value of a register or location the states in which it has it."""
        column = self._columns.get(item)
        if column is None:
            column = self._columns[item] = {}
            at, bit = self._places[item], 1
            for state in self.states:
                value = state[at][1]
                column[value] = column.get(value, 0) | bit
                bit <<= 1
        return column
