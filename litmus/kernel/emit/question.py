"""Translates the condition of a test in kernel C to its assembly: variables become registers, types are declared.

The variables and locations of C have types, which decide how their numbers are shown and compared; in an assembly test,
anything that is not declared is an int. In C as in assembly, a location holds a signed number as wide as the accesses
to it, and a variable one as wide as a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from litmus.base.errors import UnsupportedError
from litmus.ir.litmus_test import (
    INT,
    And,
    Array,
    Atom,
    Condition,
    Content,
    Implies,
    IntType,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Register,
)
from litmus.ir.propositions import atoms
from litmus.ir.thread import Address, Reg
from litmus.kernel.emit.ranges import Ranges

_HIGHEST = (1 << 31) - 1


def asked(test: LitmusTest) -> tuple[Register, ...]:
    """The variables in the condition, the filter and the `locations` section of a test."""
    props = _props(test)
    items = (*test.observed, *(item for prop in props for atom in atoms(prop) for item in _items(atom)))
    return tuple(dict.fromkeys(item for item in items if isinstance(item, Register)))


class QuestionTranslation:
    """The question of a test whose accesses have `size` bytes and whose variables are in `registers`."""

    def __init__(self, test: LitmusTest, ranges: Ranges, size: int, registers: Mapping[Register, Register]) -> None:
        self._test = test
        self._ranges = ranges
        self._size = size
        self._registers = registers
        self.types = self._types()

    def ask(self) -> LitmusTest:
        """The test with its condition translated to the assembly. Raises UnsupportedError if that is not possible."""
        test = self._test
        return replace(
            test,
            observed=tuple([self.renamed(item) for item in test.observed]),
            shown=tuple([item if isinstance(item, Array) else self.renamed(item) for item in test.shown]),
            types={self.renamed(item): type_ for item, type_ in self.types.items()},
            filter=None if test.filter is None else self._prop(test.filter),
            condition=Condition(test.condition.quantifier, self._prop(test.condition.prop)),
        )

    def renamed(self, item: Observable) -> Observable:
        """The register of a variable; a location is returned unchanged."""
        return self._registers[item] if isinstance(item, Register) else item

    # --- types -------------------------------------------------------------------------------------------------------

    def _types(self) -> dict[Observable, IntType]:
        """The types to declare: what accesses of doublewords need, and those that make a difference to a number."""
        test, long = self._test, IntType(64)
        found: dict[Observable, IntType] = {}
        if self._size == 8:
            taken = {array.symbol for array in test.arrays}
            taken |= {
                i.target.symbol for i in test.init if isinstance(i.target, Address) if isinstance(i.value, Address)
            }
            places = dict.fromkeys(Address(place.symbol) for place in test.locations)
            found = {place: long for place in places if place.symbol not in taken}
        for item in (*test.observed, *asked(test)):
            if self._plain(item):
                continue
            type_ = test.types.get(item, INT)
            if type_.bits == 8 * self._size:
                found[item] = type_
            elif self._size == 8:
                found[item] = long
        return {item: type_ for item, type_ in found.items() if type_ != INT}

    def _plain(self, item: Observable) -> bool:
        """Whether all numbers that an item has, or is compared with, are equal in every type of 32 bits or more."""
        if isinstance(item, Register):
            held = self._ranges.of(Reg(item.name), item.thread)
        else:
            held = self._ranges.at(item.symbol)
        compared = [atom for prop in _props(self._test) for atom in atoms(prop) if item in _items(atom)]
        numbers = [n for atom in compared for n in (atom.right, atom.written) if isinstance(n, int)]
        return held.within(0, _HIGHEST) and all(0 <= number <= _HIGHEST for number in numbers)

    # --- propositions ------------------------------------------------------------------------------------------------

    def _prop(self, prop: Prop) -> Prop:
        match prop:
            case Atom():
                return self._atom(prop)
            case Not(operand):
                return Not(self._prop(operand))
            case And(operands) | Or(operands):
                return replace(prop, operands=tuple([self._prop(operand) for operand in operands]))
            case Implies(left, right):
                return Implies(self._prop(left), self._prop(right))

    def _atom(self, atom: Atom) -> Atom:
        right = self._registers[atom.right] if isinstance(atom.right, Register) else atom.right
        found = replace(atom, left=self.renamed(atom.left), right=right)
        items = _items(atom)
        if all(self._plain(item) or self.types.get(item) == self._test.types.get(item) for item in items):
            return found
        if any(not type_.signed for type_ in atom.types or ()) and (atom.op != "=" or len(items) > 1):
            raise UnsupportedError(
                "a comparison of unsigned numbers narrower than the accesses is not supported", atom.span
            )
        return replace(found, types=None, written=None)  # compares the numbers as they are held


def _props(test: LitmusTest) -> tuple[Prop, ...]:
    return (test.condition.prop,) if test.filter is None else (test.filter, test.condition.prop)


def _items(atom: Atom) -> tuple[Observable, ...]:
    """The registers and locations that an atom compares."""
    match atom.right:
        case Register() as item:
            return atom.left, item
        case Content(item):
            return atom.left, item
    return (atom.left,)
