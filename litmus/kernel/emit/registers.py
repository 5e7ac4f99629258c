"""Register allocation: values that are live at the same time get different registers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from litmus.base.errors import UnsupportedError
from litmus.kernel.emit.code import Instruction, LabelRow, Row


@dataclass(frozen=True, slots=True)
class Bank:
    """The registers of a machine: `free` may be allocated, in this order; `fixed` maps names to certain registers.

    `spell` writes a register; its second argument is the part after the colon in `{0:b}`, for parts of registers.
    """

    machine: str
    free: tuple[str, ...]
    fixed: Mapping[str, str]
    spell: Callable[[str, str], str] = lambda register, part: register


@dataclass(frozen=True, slots=True)
class Allocated:
    """The rows of a thread as text, its registers by virtual name, and the names that need an initial value."""

    rows: tuple[str, ...]
    registers: Mapping[str, str]
    given: tuple[str, ...]


def allocate(rows: Sequence[Row], wanted: Collection[str], bank: Bank) -> Allocated:
    """Allocates registers for rows whose final values of `wanted` are used; leaves out rows that are not needed.

    Raises UnsupportedError if there are not enough registers.
    """
    rows = _reached(rows)
    alive = _Liveness(rows, wanted)
    kept = [at for at in range(len(rows)) if alive.needed(at)]
    most = len(bank.free) + len(bank.fixed)
    for at, together in [(0, alive.entry), *((at, alive.after[at]) for at in kept)]:
        if together.bit_count() > most:
            raise _too_many(bank, rows, at)
    conflicts, partners = alive.conflicts(kept)
    found = {name: bank.fixed[name] for name in alive.names if name in bank.fixed}
    lasting = {*wanted, *alive.named(alive.entry)}
    used: set[str] = set()
    shared: list[str] = []  # registers that have only held temporary values
    for name, at in alive.order(kept):
        if name in found:
            continue
        taken = {found[other] for other in alive.named(conflicts[name]) if other in found}
        liked = [found[other] for other in partners.get(name, ()) if other in found and found[other] in bank.free]
        # The program is easier to read if wanted and initial values have registers of their own.
        unused = [register for register in bank.free if register not in used]
        better = unused if name in lasting else (*shared, *unused)
        choice = next((register for register in (*liked, *better, *bank.free) if register not in taken), None)
        if choice is None:
            raise _too_many(bank, rows, at)
        found[name] = choice
        if name not in lasting and choice not in used:
            shared.append(choice)
        used.add(choice)
    named = {name: Spelled(register, bank.spell) for name, register in found.items()}
    texts = [text for at in kept for text in _text(rows[at], named)]
    given = tuple(name for name in alive.named(alive.entry) if name not in bank.fixed)
    return Allocated(tuple(texts), found, given)


def _too_many(bank: Bank, rows: Sequence[Row], at: int) -> UnsupportedError:
    """The error at a row, or at the nearest row before it that has a place."""
    spans = [row.span for row in reversed(rows[: at + 1]) if isinstance(row, Instruction) and row.span]
    return UnsupportedError(f"{bank.machine} has too few registers for this thread", spans[0] if spans else None)


def _reached(rows: Sequence[Row]) -> list[Row]:
    """The rows that control may reach."""
    places = {row.name: at for at, row in enumerate(rows) if isinstance(row, LabelRow)}
    found: set[int] = set()
    waiting = [0]
    while waiting:
        at = waiting.pop()
        while at < len(rows) and at not in found:
            found.add(at)
            row = rows[at]
            if isinstance(row, Instruction):
                if row.target:
                    waiting.append(places[row.target])
                if row.ends:
                    break
            at += 1
    return [rows[at] for at in sorted(found)]


def _text(row: Row, named: Mapping[str, Spelled]) -> Iterator[str]:
    """A row as text; none for a copy of a register to itself."""
    if isinstance(row, LabelRow):
        yield f"{row.name}:"
    elif not (row.move and named[row.writes[0]].register == named[row.reads[0]].register):
        yield row.text.format(*(named[name] for name in (*row.writes, *row.reads)), label=row.target)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A register, formatted by `spell` in the text of an instruction."""

    register: str
    spell: Callable[[str, str], str]

    def __format__(self, part: str) -> str:
        return self.spell(self.register, part)


class _Liveness:
    """The registers that are live after each row, as bits: those that may be read before they are written.

    Reads of rows that are not needed do not count.
    """

    def __init__(self, rows: Sequence[Row], wanted: Collection[str]) -> None:
        self.rows = rows
        self.names: list[str] = []
        self._bits: dict[str, int] = {}
        self._reads = [self._mask(row.reads) if isinstance(row, Instruction) else 0 for row in rows]
        self._writes = [self._mask(row.writes) if isinstance(row, Instruction) else 0 for row in rows]
        self._wanted = self._mask(wanted)
        self.after = [0] * len(rows)
        self.entry = self._solve()

    def _mask(self, names: Collection[str]) -> int:
        mask = 0
        for name in names:
            bit = self._bits.get(name)
            if bit is None:
                bit = self._bits[name] = 1 << len(self.names)
                self.names.append(name)
            mask |= bit
        return mask

    def _solve(self) -> int:
        """Computes `after`, backwards and until it no longer changes; returns the registers live at the start."""
        at_label = {row.name: 0 for row in self.rows if isinstance(row, LabelRow)}
        while True:
            settled = True
            alive = self._wanted
            for at in range(len(self.rows) - 1, -1, -1):
                row = self.rows[at]
                if isinstance(row, LabelRow):
                    settled = settled and at_label[row.name] == alive
                    at_label[row.name] = alive
                    continue
                if row.ends:
                    alive = 0
                if row.target:
                    alive |= at_label[row.target]
                self.after[at] = alive
                if self.needed(at):
                    alive = alive & ~self._writes[at] | self._reads[at]
            if settled:
                return alive

    def needed(self, at: int) -> bool:
        """Whether a row is needed: it is a label, has an effect, or writes a live register."""
        row = self.rows[at]
        return isinstance(row, LabelRow) or row.effect or bool(self._writes[at] & self.after[at])

    def conflicts(self, kept: Sequence[int]) -> tuple[dict[str, int], dict[str, list[str]]]:
        """For each register, those that need a different one, and those that it is copied from or to."""
        found = dict.fromkeys(self.names, 0)
        partners: dict[str, list[str]] = {}

        def clash(one: int, others: int) -> None:
            for name in self.named(one):
                found[name] |= others & ~self._bits[name]
            for name in self.named(others):
                found[name] |= one & ~self._bits[name]

        clash(self.entry, self.entry)
        clash(self._wanted, self._wanted)  # even if one is a copy of the other
        for at in kept:
            row = self.rows[at]
            if isinstance(row, LabelRow):
                continue
            others = self.after[at] | self._writes[at]
            if row.move:
                others &= ~self._reads[at]
                partners.setdefault(row.writes[0], []).append(row.reads[0])
                partners.setdefault(row.reads[0], []).append(row.writes[0])
            clash(self._writes[at], others)
        return found, partners

    def order(self, kept: Sequence[int]) -> Iterator[tuple[str, int]]:
        """The registers in the order in which they get their values, each with the row that writes it."""
        for name in self.named(self.entry):
            yield name, 0
        for at in kept:
            row = self.rows[at]
            if isinstance(row, Instruction):
                for name in row.writes:
                    yield name, at
        for name in self.named(self._wanted):  # in a thread that never ends, no row may write them
            yield name, 0

    def named(self, mask: int) -> Iterator[str]:
        """The registers of a set."""
        while mask:
            low = mask & -mask
            yield self.names[low.bit_length() - 1]
            mask ^= low
