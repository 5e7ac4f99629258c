"""The rows of a mapping: the operations by which an architecture implements a primitive, and the groups of rows.

A primitive is one of the kernel's (`litmus.ir.kernel`) or of C11's (`litmus.ir.c11`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.base.yaml_tree import Tree
from litmus.ir.thread import StatusSource

if TYPE_CHECKING:
    from litmus.ir.kernel import Spec

OperationKind = Literal["fence", "branch", "load", "store", "reserve", "conditional", "atomic", "mark"]
"""`reserve` and `conditional` are a load-reserve and a store-conditional, `atomic` is one that reads and writes;
`branch` is one on what was read before, to the next instruction; a `mark` is at a location, and neither reads nor
writes it."""

_Access = Literal["load", "store", "update", "fence", "mark"]

_ORIGIN = ("source", "note", "uncertain")


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of an operation or a row, with a note and what is uncertain about it; empty if not given."""

    source: str = ""
    note: str = ""
    uncertain: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a model's architecture, to which kernel C is lowered.

    `tags` are the sets of its event in cat; of an atomic's read, whose write has `write_tags`. `status_from` is
    that of a conditional store (`litmus.ir.thread.StoreConditional`).
    """

    name: str
    kind: OperationKind
    tags: frozenset[str]
    meaning: str
    write_tags: frozenset[str] = frozenset()
    origin: Origin = Origin()
    status_from: StatusSource = "attempt"


@dataclass(frozen=True, slots=True)
class MappingRow:
    """The operations that implement one primitive on an architecture.

    If the primitive compares and the comparison fails, the operations after its accesses are not executed, unless
    the row is `unconditional`: then only the first `skipped` of them are not.
    """

    primitive: str
    operations: tuple[Operation, ...]
    origin: Origin = Origin()
    unconditional: bool = False
    skipped: int = 0


def fits(spec: Spec, kinds: Sequence[OperationKind], of_language: bool = False) -> str | None:
    """Why operations of these kinds, in order, cannot be a primitive; None if they can.

    With `of_language`, they are those of a model of kernel C itself, where RCU is no matter of accesses.
    """
    from litmus.ir.kernel import Gives, Holder, Kind, Step  # for kernel C only

    match spec.kind:
        case Kind.FENCE:
            return misfit("fence", kinds)
        case Kind.READ:
            return misfit("load", kinds)
        case Kind.WRITE:
            return misfit("store", kinds) and misfit("update", kinds) and "needs one store"
        case Kind.UPDATE:
            return misfit("update", kinds)
        case Kind.LOCK if spec.step in (Step.TAKE, Step.TRY) or (spec.step, spec.holder) == (Step.LEAVE, Holder.READER):
            return misfit("update", kinds)
        case Kind.LOCK if spec.step is Step.LEAVE:
            return misfit("update", kinds) and misfit("store", kinds) and "needs one store, or an update"
        case Kind.LOCK:
            return misfit("load", kinds)
        case Kind.RCU if of_language and not spec.located:
            return misfit("fence", kinds)
        case Kind.RCU if of_language:
            return misfit("load" if spec.gives is Gives.VALUE else "store" if spec.values else "mark", kinds)
        case Kind.RCU if spec.name in ("synchronize_rcu", "synchronize_srcu"):
            return misfit("load", kinds)
        case Kind.RCU if spec.located:
            return misfit("store", kinds)
        case Kind.RCU:
            return misfit("fence", kinds) and misfit("store", kinds) and "needs one store, or nothing but fences"


def misfit(what: _Access, kinds: Sequence[OperationKind]) -> str | None:
    """Why operations of these kinds are not what is wanted; None if they are."""
    accesses = [kind for kind in kinds if kind not in ("fence", "branch")]
    if what == "fence":
        return "is a fence and cannot access memory" if accesses else None
    if what != "update":
        return None if accesses == [what] else f"needs one {what}"
    whole = accesses == ["atomic"] or (
        accesses == ["reserve", "conditional"] and kinds.index("conditional") == kinds.index("reserve") + 1
    )
    return None if whole else "needs one atomic, or a reserve and right after it a conditional"


def primitives_in(key: Tree) -> Iterator[tuple[str, Span]]:
    """The primitives in a key, which are separated by commas, each with its place."""
    from litmus.ir.kernel import PRIMITIVES

    for name, place in names_in(key):
        if name not in PRIMITIVES:
            raise ModelError(f"unknown primitive '{name}'", place, did_you_mean(name, PRIMITIVES))
        yield name, place


def names_in(key: Tree) -> Iterator[tuple[str, Span]]:
    """The names in a key, which are separated by commas, each with its place."""
    start = key.source.text.index(key.name(), key.span.start) if key.name() in key.span.text else key.span.start
    for part in key.name().split(","):
        name = part.strip()
        at = start + len(part) - len(part.lstrip())
        yield name, Span(key.source, at, at + len(name))
        start += len(part) + 1


Group = tuple[Origin, frozenset[str], list[tuple[Tree, Tree]]]


def groups(tree: Tree, flags: Sequence[str]) -> Iterator[Group]:
    """The groups of a list: the origin of each, the flags that it sets, and its other keys and values."""
    for group in tree.items():
        about: dict[str, str] = {}
        raised: set[str] = set()
        entries = []
        for key, value in group.entries():
            name = key.name()
            if name in _ORIGIN:
                about[name] = value.line()
            elif name in flags:
                if value.name() != "true":
                    raise value.error(f"'{name}' must be 'true' or left out")
                raised.add(name)
            else:
                entries.append((key, value))
        if "source" not in about:
            raise group.error(f"a group in {tree.what} needs a 'source'")
        yield Origin(**about), frozenset(raised), entries
