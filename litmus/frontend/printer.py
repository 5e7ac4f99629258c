"""From a test back to the text of a `.litmus` file."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.base.source import Source
from litmus.frontend.condition import condition_text, prop_text
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.hash import code_text, stored_hash
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import (
    And,
    Atom,
    Content,
    Implies,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Register,
)

_CELL_TYPES = {1: "int8_t", 2: "int16_t", 4: "int", 8: "int64_t"}


def print_test(test: LitmusTest) -> str:
    """A test as a `.litmus` file in its dialect: parsed again, it is the same test but for places in the source.

    Types that the test declared are not part of it, and not printed, except those of arrays. Where the hash shows the
    difference, a `Hash=` line keeps it.
    """
    text = _text(test, ())
    if stored_hash(test.metadata) is None and parse_test(Source(test.name, text)).hash != test.hash:
        return _text(test, (("Hash", test.hash),))
    return text


def _text(test: LitmusTest, extra: tuple[tuple[str, str], ...]) -> str:
    parts = [f"{test.arch} {test.name}\n", f'"{test.doc}"\n' if test.doc else ""]
    parts += [f"{key}={value}\n" for key, value in (*test.metadata, *extra)]
    parts += ["{\n", *(f"{item};\n" for item in _init(test)), "}\n"]
    if test.arch in FUNCTIONS:
        parts += [line for thread in test.threads for line in ("\n", "\n".join(thread.rows), "\n")] + ["\n"]
    else:
        parts.append(code_text([(f"P{thread.index}", *thread.rows) for thread in test.threads]))
    asked = set(_mentioned(test.condition.prop))
    shown = [_bare(test.show(item)) for item in test.observed if item not in asked]
    if shown:
        parts.append(f"locations [{'; '.join(shown)};]\n")
    if test.filter is not None:
        parts.append(f"filter ({prop_text(test, test.filter)})\n")
    parts.append(f"{condition_text(test)}\n")
    return "".join(parts)


def _bare(shown: str) -> str:
    """A location without brackets: herd7 takes none in `locations`."""
    return shown[1:-1] if shown.startswith("[") else shown


def _init(test: LitmusTest) -> Iterator[str]:
    """The items of the initial state, in order; an array where its first cell is."""
    arrays = {array.symbol: array for array in test.arrays}
    cells = {item.target: item.value for item in test.init}
    for item in test.init:
        target = item.target
        array = None if isinstance(target, Register) else arrays.get(target.symbol)
        if array is None:
            yield f"{target}={test.show_value(item.value)}"
        elif not isinstance(target, Register) and target.offset == 0:
            places = [type(target)(array.symbol, index * array.cell_bytes) for index in range(array.count)]
            values = ",".join(test.show_value(cells[place]) for place in places)
            yield f"{_CELL_TYPES[array.cell_bytes]} {array.symbol}[{array.count}]={{{values}}}"


def _mentioned(prop: Prop) -> Iterator[Observable]:
    """The registers and locations of a proposition."""
    match prop:
        case Atom(left, _, right):
            yield left
            if isinstance(right, Register):
                yield right
            elif isinstance(right, Content):
                yield right.address
        case Not(operand):
            yield from _mentioned(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _mentioned(operand)
        case Implies(left, right):
            yield from _mentioned(left)
            yield from _mentioned(right)
