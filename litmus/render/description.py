"""Describes a model on a page for a terminal: its operations, the mapping of the kernel's primitives, its sources."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from litmus.cat.description import KernelMapping, ModelInfo, Reordering, Weakness
from litmus.cat.mapping import MappingRow, Operation, Origin
from litmus.frontend.container import FUNCTIONS

_WIDTH = 100


def page(info: ModelInfo, eras: Sequence[str], variants: Sequence[str] = ()) -> str:
    """A model, with its variants and its mapping of the primitives in `eras`.

    Raises UsageError for an era without a mapping.
    """
    mappings = [KernelMapping(era, tuple(info.rows(era).values())) for era in eras]
    parts = [
        [f"{info.name}: {info.description}", "", f"Decides tests in {decides(info)}.", *_names(info.aliases)],
        _replaced(info.replaced_by),
        [f"Variants (--variant): {', '.join(variants)}"] if variants else [],
        ["Sources:", *_list(info.source)],
        ["Operations:", *_operations(info.operations)] if info.operations else [],
        *(["", f"Linux {mapping.era}:", *_rows(mapping.rows)] for mapping in mappings),
        ["", "C11, as compilers implement it:", *_rows(info.c11)] if info.c11 else [],
        ["", "Accesses of a thread that need not keep their order:", *_reorders(info.reorders)]
        if info.reorders
        else [],
        ["", "Promises that are known to be broken:", *_weaknesses(info.weaknesses)] if info.weaknesses else [],
        ["", "Limits:", *_list(info.limits)],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def decides(info: ModelInfo) -> str:
    """The tests that a model decides, in words."""
    kernel = [f"C ({', '.join(mapping.era for mapping in info.kernel)})"] if info.kernel else []
    assembly = [dialect for dialect in info.dialects if dialect not in FUNCTIONS]
    found = [*assembly, *kernel, *(["C11"] if info.c11 else [])]
    if found and not assembly and not info.of_language:
        found.append("no assembly")
    return ", ".join(found) or "none"


def _names(aliases: Sequence[str]) -> list[str]:
    return textwrap.wrap(f"Also called {', '.join(aliases)}.", _WIDTH) if aliases else []


def _replaced(other: str) -> list[str]:
    return [f"{other} has taken its place: litmus barriers asks this model only where it is named."] if other else []


def _list(items: Sequence[str]) -> Iterator[str]:
    for item in items:
        yield from textwrap.wrap(item, _WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _origin(origin: Origin) -> Iterator[str]:
    """The source of a group, its note, and what is uncertain."""
    for head, text in (("", origin.source), ("note: ", origin.note), ("uncertain: ", origin.uncertain)):
        yield from textwrap.wrap(head + text, _WIDTH, initial_indent="  ", subsequent_indent="    ") if text else ()


def _operations(operations: Sequence[Operation]) -> Iterator[str]:
    names = max(len(operation.name) for operation in operations)
    kinds = max(len(operation.kind) for operation in operations)
    for origin, group in groupby(operations, key=lambda operation: operation.origin):
        yield from _origin(origin)
        for operation in group:
            head = f"    {operation.name:{names}}  {operation.kind:{kinds}}  "
            yield from textwrap.wrap(operation.meaning, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _reorders(reorders: Sequence[Reordering]) -> Iterator[str]:
    kinds = {"R": "read", "W": "write"}
    names = {r: f"{kinds[r.before]} {kinds[r.after]} {r.despite}".strip() for r in reorders}
    width = max(map(len, names.values()))
    for (origin, era), group in groupby(reorders, key=lambda reordering: (reordering.origin, reordering.era)):
        yield from _origin(origin)
        if era:
            yield f"  in kernels of the era {era}"
        for r in group:
            head = f"    {names[r]:{width}}  "
            yield from textwrap.wrap(r.because, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _weaknesses(weaknesses: Sequence[Weakness]) -> Iterator[str]:
    for origin, group in groupby(weaknesses, key=lambda weakness: weakness.origin):
        yield from _origin(origin)
        for w in group:
            how = f"--variant {w.variant} is without it." if w.variant else f"It is against {w.axiom}."
            text = f"{w.name}: {w.because} {how}"
            yield from textwrap.wrap(text, _WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 6)


def _rows(rows: Sequence[MappingRow]) -> Iterator[str]:
    names = max(len(row.primitive) for row in rows)
    for (origin, always, skipped), group in groupby(
        rows, key=lambda row: (row.origin, row.unconditional, row.unconditional and row.skipped)
    ):
        yield from _origin(origin)
        if always:
            but = f", but for the first {skipped}," if skipped else ""
            yield f"  what follows the access{but} is executed even if a comparison fails"
        for row in group:
            yield f"    {row.primitive:{names}}  {' '.join(o.name for o in row.operations) or 'nothing'}"
