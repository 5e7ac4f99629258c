"""Evaluating propositions over final states."""

from __future__ import annotations

from collections.abc import Iterator

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
    values = dict(state)

    def value(item: Value | Register | Content) -> Value:
        if isinstance(item, Content):
            return values[item.address]
        return values[item] if isinstance(item, Register) else item

    def true(p: Prop) -> bool:
        match p:
            case And(operands):
                return all(true(o) for o in operands)
            case Or(operands):
                return any(true(o) for o in operands)
            case Not(operand):
                return not true(operand)
            case Implies(left, right):
                return not true(left) or true(right)
            case Atom(left, _, right):
                return satisfied(p, values[left], value(right))

    return true(prop)
