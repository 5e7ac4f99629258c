"""What to ask of the sides: what the reviewer says must never be, or else what follows from how variables are shared.

1. A member of new memory is found as it was before it was initialised.
2. A variable is seen as another side wrote it, and what that side wrote before is not; asked where the reader uses the
   second only as the first lets it: by a condition, or by the address.
3. What is given back after it was read is read as it is when it has been reused.
4. A side sleeps, and the side that wakes whoever sleeps has not seen it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .accesses import Access, Kind, Variable
from .kernel import ASLEEP, WOKEN

MAX_QUESTIONS = 12
"""The most questions about a group of sides."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A side as a thread of the test: its number, its function, and what it accesses."""

    index: int
    function: str
    accesses: tuple[Access, ...]

    def first(self, *kinds: Kind) -> dict[Variable, int]:
        """The variables that it accesses in some way, each with the number of the first such access."""
        found: dict[Variable, int] = {}
        for number, access in enumerate(self.accesses):
            if access.kind in kinds:
                found.setdefault(access.variable, number)
        return found


@dataclass(frozen=True, slots=True)
class Seen:
    """That a thread has read a variable in one of the accesses `reads` as `value`; None: as it was before.

    With `changed` it has read anything else than what was before.
    """

    thread: int
    variable: Variable
    reads: tuple[Access, ...]
    value: str | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """An outcome that would be wrong: all of `seen`, or a condition that is given as `condition`.

    `variables` are those that it is about, `sides` the functions; `at` is the offset at which the reviewer asks it.
    """

    title: str
    sides: tuple[str, ...]
    variables: tuple[Variable, ...]
    seen: tuple[Seen, ...] = ()
    condition: str = ""
    at: int = 0


def derived(threads: Sequence[Thread], owners: Mapping[str, int], old: Mapping[Variable, str]) -> list[Question]:
    """The questions that follow from the accesses.

    `owners` are the structures of which a thread has new memory, with that thread; `old` is what variables begin with,
    if it is not 0.
    """
    found: list[Question] = []
    for writer in threads:
        for reader in threads:
            if reader is not writer:
                found += _uninitialised(writer, reader, owners)
                found += _published(writer, reader, threads, owners, old)
                found += _reused(writer, reader, threads, old)
    return found


def sleeping(
    threads: Sequence[Thread], sleeps: Sequence[int], wakes: Sequence[int], shared: tuple[Variable, ...]
) -> list[Question]:
    """A question for each two of the threads that sleep and those that wake, by number."""
    found = []
    for sleeper in sleeps:
        for waker in wakes:
            if sleeper != waker:
                names = threads[sleeper].function, threads[waker].function
                title = f"{names[0]}() sleeps, and {names[1]}() has woken nobody"
                asked = f"{sleeper}:{ASLEEP}=1 /\\ {waker}:{WOKEN}=0"
                found.append(Question(title, names, shared, condition=asked))
    return found


def _uninitialised(writer: Thread, reader: Thread, owners: Mapping[str, int]) -> list[Question]:
    found = []
    written = writer.first(Kind.WRITE, Kind.UPDATE)
    for variable in reader.first(Kind.READ, Kind.LOCK):
        if owners.get(variable.structure) == writer.index and variable in written:
            title = f"{reader.function}() finds {variable} as it was before {writer.function}() initialised it"
            reads = _reads(reader, variable, 0)
            sides = writer.function, reader.function
            found.append(Question(title, sides, (variable,), (Seen(reader.index, variable, reads),)))
            writes = [a for a in writer.accesses if a.kind is Kind.WRITE and a.variable == variable]
            for value in dict.fromkeys(a.value for a in writes[:-1]):
                if value != writes[-1].value and re.fullmatch(r"\d\w*|NULL", value):
                    title = f"{reader.function}() finds {variable} as {value}, which {writer.function}() is to change"
                    number = "0" if value == "NULL" else value
                    found.append(Question(title, sides, (variable,), (Seen(reader.index, variable, reads, number),)))
    return found


def _published(
    writer: Thread,
    reader: Thread,
    threads: Sequence[Thread],
    owners: Mapping[str, int],
    old: Mapping[Variable, str],
) -> list[Question]:
    found = []
    for flag, at in writer.first(Kind.WRITE, Kind.UPDATE).items():
        if not _written_once(flag, threads) or _unchanged(writer.accesses[at], old):
            continue
        for data, before in writer.first(Kind.WRITE).items():
            if before >= at or data == flag or data.structure in owners or _unchanged(writer.accesses[before], old):
                continue
            pair = _guarded(reader, flag, data)
            if pair is not None:
                title = (
                    f"{reader.function}() sees {flag} as {writer.function}() wrote it, "
                    f"but not {data}, which it wrote before"
                )
                seen = (
                    Seen(reader.index, flag, pair[0], changed=True),
                    Seen(reader.index, data, pair[1]),
                )
                found.append(Question(title, (writer.function, reader.function), (flag, data), seen))
    return found


def _reused(writer: Thread, reader: Thread, threads: Sequence[Thread], old: Mapping[Variable, str]) -> list[Question]:
    """The reader reads data and then writes a variable, at which the writer looks before it writes the data."""
    found = []
    given = reader.first(Kind.WRITE, Kind.UPDATE)
    looked_at = {a.variable for thread in (reader, writer) for a in thread.accesses if a.kind is None}
    for data in reader.first(Kind.READ):
        if data not in writer.first(Kind.WRITE) or data in looked_at:
            continue
        reads = [n for n, a in enumerate(reader.accesses) if a.kind is Kind.READ and a.variable == data]
        for flag, at in given.items():
            if flag == data or reads[0] >= at or not _written_once(flag, threads):
                continue
            pair = _guarded(writer, flag, data, Kind.WRITE)
            if pair is None or _unchanged(reader.accesses[at], old):
                continue
            title = (
                f"{reader.function}() reads from {data} what {writer.function}() writes there "
                f"after it has seen {flag} given back"
            )
            seen = (
                Seen(writer.index, flag, pair[0], changed=True),
                Seen(reader.index, data, tuple(reader.accesses[n] for n in reads if n < at), changed=True),
            )
            found.append(Question(title, (reader.function, writer.function), (flag, data), seen))
    return found


def _guarded(
    thread: Thread, flag: Variable, data: Variable, kind: Kind = Kind.READ
) -> tuple[tuple[Access, ...], tuple[Access, ...]] | None:
    """The reads of a flag and the accesses to data that depend on it, by a branch or by the address, or None."""
    flags = [n for n, a in enumerate(thread.accesses) if a.kind is Kind.READ and a.variable == flag]
    if not flags:
        return None
    by_address = thread.accesses[flags[0]].type
    branches = [n for n, a in enumerate(thread.accesses) if a.kind is None and a.variable == flag]
    address = by_address.stars > 0 and by_address.structure == data.structure != ""
    start = flags[0] if address else branches[0] if branches else None
    if start is None:
        return None
    uses = tuple(a for a in thread.accesses[start:] if a.kind is kind and a.variable == data)
    before = tuple(thread.accesses[n] for n in flags if n <= start)
    return (before, uses) if uses and before else None


def _reads(thread: Thread, variable: Variable, start: int) -> tuple[Access, ...]:
    kinds = (Kind.READ, Kind.LOCK)
    return tuple(a for a in thread.accesses[start:] if a.kind in kinds and a.variable == variable)


def _written_once(variable: Variable, threads: Sequence[Thread]) -> bool:
    kinds = (Kind.WRITE, Kind.UPDATE)
    return sum(a.kind in kinds and a.variable == variable for t in threads for a in t.accesses) == 1


def _unchanged(access: Access, old: Mapping[Variable, str]) -> bool:
    """Whether a write writes what is there already."""
    return access.kind is Kind.WRITE and access.value.strip("() ") in (
        {old[access.variable]} if access.variable in old else {"0", "NULL", "false"}
    )
