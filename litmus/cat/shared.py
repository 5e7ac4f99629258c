"""What the kernel does in one way on all architectures that do not say otherwise: `archs/lib/kernel.yaml`.

Its rows are made of primitives, such as `mutex_unlock: [cmpxchg_release]`. A mapping that has no row for a primitive
gets the shared one of its era, with its own operations for each part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.mapping import MappingRow, Origin, fits, groups, primitives_in
from litmus.ir.kernel import ERAS, PRIMITIVES, Kind, rows


@dataclass(frozen=True, slots=True)
class SharedRow:
    """The primitives that another one is made of; but for those of RCU, one of them at most accesses memory."""

    primitive: str
    parts: tuple[str, ...]
    origin: Origin


def shared_rows(mapping: Mapping[str, MappingRow], era: str, of_language: bool = False) -> dict[str, MappingRow]:
    """The rows that a mapping takes from the shared ones: those that it lacks and has all parts of.

    How a kernel implements RCU is nothing to a model of the language.
    """
    found: dict[str, MappingRow] = {}
    for shared in _shared()[era]:
        if of_language and PRIMITIVES[shared.primitive].kind is Kind.RCU:
            continue
        parts = [next((mapping[name] for name in rows(part) if name in mapping), None) for part in shared.parts]
        known = [part for part in parts if part is not None]
        if shared.primitive not in mapping and len(known) == len(parts):
            row = _joined(shared, known)
            if fits(PRIMITIVES[row.primitive], [operation.kind for operation in row.operations]) is None:
                found[row.primitive] = row
    return found


def _joined(shared: SharedRow, parts: list[MappingRow]) -> MappingRow:
    """The operations of the parts in order, but what one executes in any case after what depends on a comparison."""
    if PRIMITIVES[shared.primitive].kind in (Kind.RCU, Kind.FENCE):  # nothing in it compares
        return MappingRow(shared.primitive, tuple([o for part in parts for o in part.operations]), shared.origin)
    access = next(k for k, name in enumerate(shared.parts) if PRIMITIVES[name].kind is not Kind.FENCE)
    before = [operation for part in parts[:access] for operation in part.operations]
    after = [operation for part in parts[access + 1 :] for operation in part.operations]
    own = list(parts[access].operations)
    end = max(k for k, operation in enumerate(own) if operation.kind != "fence") + 1
    unconditional = parts[access].unconditional
    tail = [*after, *own[end:]] if unconditional else [*own[end:], *after]
    doubts = dict.fromkeys(part.origin.uncertain for part in parts if part.origin.uncertain)
    origin = replace(shared.origin, uncertain=" ".join(filter(None, (shared.origin.uncertain, *doubts))))
    skipped = len(after) + parts[access].skipped if unconditional else 0
    return MappingRow(shared.primitive, (*before, *own[:end], *tail), origin, unconditional, skipped)


@lru_cache(maxsize=1)
def _shared() -> Mapping[str, tuple[SharedRow, ...]]:
    path = folder("archs") / "lib" / "kernel.yaml"
    tree = parse(Source(str(path), path.read_text("utf-8")), ModelError, "the shared rows")
    fields = tree.fields(dict.fromkeys(ERAS, True))
    return {era: tuple(_rows(fields[era])) for era in ERAS}


def _rows(tree: Tree) -> Iterator[SharedRow]:
    for origin, _, entries in groups(tree, ()):
        for key, items in entries:
            parts = tuple(item.text() for item in items.items())
            for item in items.items():
                if item.text() not in PRIMITIVES:
                    raise item.error(f"unknown primitive '{item.text()}'", did_you_mean(item.text(), PRIMITIVES))
            for name, _place in primitives_in(key):
                yield SharedRow(name, parts, origin)
