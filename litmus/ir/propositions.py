"""Evaluating propositions over final states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from litmus.ir.execution import State
from litmus.ir.litmus_test import And, Atom, Content, Implies, Not, Observable, Or, Prop, Register
from litmus.ir.thread import Address, Value

Predicate = Callable[[State], bool]


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
    return predicate(prop, [item for item, _ in state])(state)


def predicate(prop: Prop, observed: Sequence[Observable]) -> Predicate:
    """Whether a proposition holds, as a function of final states that have these registers and locations."""
    return _compiled(prop, {item: k for k, item in enumerate(observed)})


def _compiled(prop: Prop, places: Mapping[Observable, int]) -> Predicate:
    match prop:
        case And(operands):
            return _deciding([_compiled(operand, places) for operand in operands], False)
        case Or(operands):
            return _deciding([_compiled(operand, places) for operand in operands], True)
        case Not(operand):
            denied = _compiled(operand, places)
            return lambda state: not denied(state)
        case Implies(left, right):
            premise, conclusion = _compiled(left, places), _compiled(right, places)
            return lambda state: not premise(state) or conclusion(state)
        case Atom(left, _, Register() | Content() as right):
            x, y = places[left], places[right.address if isinstance(right, Content) else right]
            return lambda state: satisfied(prop, state[x][1], state[y][1])
        case Atom(left, "=", value) if prop.types is None:
            at = places[left]
            return lambda state: state[at][1] == value
        case Atom(left, _, int() | Address() as value):
            here = places[left]
            return lambda state: satisfied(prop, state[here][1], value)
    raise AssertionError(prop)


def _deciding(parts: Sequence[Predicate], value: bool) -> Predicate:
    """What has this value where a part has it, and otherwise the other: a loop, as `any` would need a generator."""

    def found(state: State) -> bool:
        for part in parts:
            if part(state) is value:
                return value
        return not value

    return found
