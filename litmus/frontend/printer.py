"""Prints a test as the text of a `.litmus` file."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.base.source import Source
from litmus.frontend.condition import condition_text, prop_text, value_text
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.hash import code_text, stored_hash
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import (
    INT,
    And,
    Array,
    Atom,
    Content,
    Implies,
    IntType,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Register,
    Whole,
)

_TYPES = {
    IntType(bits, signed): f"{'' if signed else 'u'}int{bits}_t" for bits in (8, 16, 32, 64) for signed in (True, False)
} | {INT: "int", IntType(128): "__int128_t", IntType(128, False): "__uint128_t"}


def print_test(test: LitmusTest) -> str:
    """A test as a `.litmus` file in its dialect; parsing it gives the same test, except for places in the source.

    Declared types are printed only for arrays and for what a state shows. If this changes the hash of the test, a
    `Hash=` line keeps the old one.
    """
    text = text_of(test)
    if stored_hash(test.metadata) is None and parse_test(Source(test.name, text)).hash != test.hash:
        return text_of(test, (("Hash", test.hash),))
    return text


def text_of(test: LitmusTest, extra: tuple[tuple[str, str], ...] = ()) -> str:
    """As `print_test`, but with `extra` metadata, and without adding a `Hash=` line."""
    parts = [f"{test.arch} {test.name}\n", f'"{test.doc}"\n' if test.doc else ""]
    parts += [f"{key}={value}\n" for key, value in (*test.metadata, *extra)]
    parts += ["{\n", *(f"{item};\n" for item in _init(test)), "}\n"]
    if test.topology is not None:
        parts.append(f"topology {{\n{test.topology.text()}\n}}\n")
    if test.arch in FUNCTIONS:
        texts = test.definitions or ("",) * (len(test.threads) + 1)
        for text, thread in zip(texts, test.threads, strict=False):
            parts += [f"\n{text}\n" if text else "", "\n", "\n".join(thread.rows), "\n"]
        parts += [f"\n{texts[-1]}\n" if texts[-1] else "", "\n"]
    else:
        parts.append(code_text([(f"P{thread.index}", *thread.rows) for thread in test.threads]))
    asked = set(_mentioned(test, test.condition.prop))
    shown = [_bare(test.show(item)) for item in test.shown if item not in asked]
    if shown:
        parts.append(f"locations [{'; '.join(shown)};]\n")
    if test.filter is not None:
        parts.append(f"filter ({prop_text(test, test.filter)})\n")
    parts.append(f"{condition_text(test)}\n")
    return "".join(parts)


def _bare(shown: str) -> str:
    """A location without brackets: herd7 does not allow them in `locations`."""
    return shown[1:-1] if shown.startswith("[") else shown


def _init(test: LitmusTest) -> Iterator[str]:
    """The items of the initial state, in order; an array is printed at the place of its first cell."""
    arrays = {array.symbol: array for array in test.arrays}
    cells = {item.target: item.value for item in test.init}
    instances = {instance.symbol: instance for instance in test.instances}
    for item in test.init:
        target = item.target
        if not isinstance(target, Register) and target.symbol in instances:
            instance = instances[target.symbol]
            inside = [(name, address) for name, address in instance.members if address in cells]
            if target == inside[0][1]:
                values = ", ".join(
                    f"{name.removeprefix(target.symbol)}={value_text(test, cells[address])}" for name, address in inside
                )
                yield f"struct {instance.structure} {target.symbol}={{{values}}}"
            continue
        array = None if isinstance(target, Register) else arrays.get(target.symbol)
        if array is None:
            type_ = f"{_TYPES[test.types[target]]} " if target in test.types else ""
            yield f"{type_}{target}={value_text(test, item.value)}"
        elif not isinstance(target, Register) and target.offset == 0:
            type_ = _TYPES[test.types.get(target, IntType(8 * array.cell_bytes))]
            values = ",".join(value_text(test, cells[cell]) for cell in array.cells)
            yield f"{type_} {array.symbol}[{array.count}]={{{values}}}"


def _mentioned(test: LitmusTest, prop: Prop) -> Iterator[Observable | Array]:
    """The registers, locations and arrays that appear in state lines because a proposition names them."""
    match prop:
        case Atom(left, _, right):
            yield left
            if isinstance(right, Register):
                yield right
            elif isinstance(right, Content):
                yield right.address
        case Not(operand):
            yield from _mentioned(test, operand)
        case Whole(_, symbol):
            yield from (array for array in test.arrays if array.symbol == symbol)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _mentioned(test, operand)
        case Implies(left, right):
            yield from _mentioned(test, left)
            yield from _mentioned(test, right)
