"""The description of a model, `archs/<name>.yaml`: its source and limits, its operations, its mapping of the kernel.

Every operation and every row of a mapping is in a group, which names its source and may note what is uncertain.
CONTRIBUTING.md, "A new architecture", has an example. A key that is not in the schema is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from litmus.base.errors import ModelError, UsageError, did_you_mean
from litmus.base.names import BARE, bare_lists
from litmus.base.records import dataclass
from litmus.base.resources import folder
from litmus.base.source import Source, Span
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.files import contained, exists, read_bytes, whole
from litmus.frontend.container import FUNCTIONS
from litmus.ir.model import BASE_RELATIONS, BASE_SETS
from litmus.ir.thread import StatusSource

if TYPE_CHECKING:
    from litmus.ir.kernel import Spec

OperationKind = Literal["fence", "branch", "load", "store", "reserve", "conditional", "atomic", "mark"]
"""`reserve` and `conditional` are a load-reserve and a store-conditional, `atomic` is one that reads and writes;
`branch` is one on what was read before, to the next instruction; a `mark` is at a location, and neither reads nor
writes it."""

_Access = Literal["load", "store", "update", "fence", "mark"]

_KEYS: Mapping[str, bool] = {  # whether each must be there
    "name": True,
    "description": True,
    "source": True,
    "dialects": True,
    "default_for": True,
    "limits": True,
    "aliases": False,
    "operations": False,
    "ignored": False,
    "kernel": False,
    "c11": False,
    "reorders": False,
}
_ACCESS: Mapping[str, Literal["R", "W"]] = {"read": "R", "write": "W"}
_DESPITE = ("addr", "data", "ctrl")
_ORIGIN = ("source", "note", "uncertain")
_UNCONDITIONAL = "unconditional"
_KINDS: Mapping[OperationKind, tuple[str, ...]] = {  # the lists of tags that say what an operation is
    "fence": ("fence",),
    "branch": ("branch",),
    "load": ("load",),
    "store": ("store",),
    "reserve": ("reserve",),
    "conditional": ("conditional",),
    "atomic": ("read", "write"),
    "mark": ("mark",),
}
_STATUS: Mapping[str, StatusSource] = {"write": "write", "nothing": "nothing"}
_OPERATION_KEYS = dict.fromkeys([*(key for keys in _KINDS.values() for key in keys), "meaning", "status"], False)
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")
_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9_.,-]{0,40}")
_COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)
_INCLUDE = re.compile(r'\binclude\s+"([^"\n]+)"')


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


@dataclass(frozen=True, slots=True)
class KernelMapping:
    """How an architecture implements the primitives of the Linux kernel in one era (`v2.6.27`, `v6`)."""

    era: str
    rows: tuple[MappingRow, ...]


@dataclass(frozen=True, slots=True)
class Reordering:
    """That two accesses of a thread need not take effect in program order, and why, in words and with the source.

    `before` and `after` are the kinds of the earlier and the later one, R or W. `despite` is the dependency of the
    later on the earlier one that makes no difference: addr, data or ctrl; empty where there is none.
    """

    before: str
    after: str
    despite: str
    because: str
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The contents of a model's description.

    `dialects` are the architectures whose tests the model decides, `default_for` those for which it is the default.
    `aliases` are other names of the model, such as that of herd7's file, or of the architecture; capitals, hyphens and
    underlines make no difference. `limits` says where not to trust it.
    `operations` are what kernel C is lowered to; `ignored` are sets in their tags that the model does not use.
    `c11` is how compilers implement the atomic operations of C11, by the rows of `litmus.ir.c11`.
    `reorders` says which accesses need not keep their order, and why, for whoever asks why an outcome is allowed.
    """

    name: str
    file: Path
    description: str
    source: tuple[str, ...]
    dialects: tuple[str, ...]
    default_for: tuple[str, ...]
    limits: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    ignored: tuple[str, ...] = ()
    kernel: tuple[KernelMapping, ...] = ()
    c11: tuple[MappingRow, ...] = ()
    reorders: tuple[Reordering, ...] = ()

    def rows(self, era: str) -> Mapping[str, MappingRow]:
        """The rows of an era, by primitive. Raises UsageError if the architecture has no mapping for the era."""
        for mapping in self.kernel:
            if mapping.era == era:
                return {row.primitive: row for row in mapping.rows}
        known = ", ".join(mapping.era for mapping in self.kernel)
        raise UsageError(f"{self.name} has no kernel mapping for '{era}'" + (f", only for {known}" if known else ""))

    @property
    def of_language(self) -> bool:
        """Whether it is a model of kernel C itself, not of a machine that it is compiled for."""
        return not FUNCTIONS.isdisjoint(self.dialects)

    @property
    def tags(self) -> frozenset[str]:
        """The sets that events of the operations can be in; the model is elaborated with these as set names."""
        return frozenset().union(*(operation.tags | operation.write_tags for operation in self.operations))


def read_info(path: Path, confined: bool = False) -> ModelInfo:
    """The description of one model. Raises ModelError with the line and key that is wrong.

    If `confined`, nothing is read outside the folder of the model and `archs`: errors show what was read.
    """
    return _DescriptionReader(path, confined).info()


def read_description(path: Path, confined: bool = False) -> Source:
    """The text of a description. Raises ModelError if it cannot be read."""
    if confined and exists(path) and not contained(path, path.parent):
        raise ModelError(f"'{path}' is a link to a file elsewhere", whole(path))
    try:
        return Source(str(path), read_bytes(path).decode("utf-8"))
    except UnicodeDecodeError:
        raise ModelError(f"cannot read '{path}': it is not UTF-8 text", whole(path)) from None


def fits(spec: Spec, kinds: Sequence[OperationKind], of_language: bool = False) -> str | None:
    """Why operations of these kinds, in order, cannot be a primitive; None if they can.

    With `of_language`, they are those of a model of kernel C itself, where RCU is no matter of accesses.
    """
    from litmus.ir.kernel import Gives, Holder, Kind, Step  # for kernel C only

    match spec.kind:
        case Kind.FENCE:
            return _misfit("fence", kinds)
        case Kind.READ:
            return _misfit("load", kinds)
        case Kind.WRITE:
            return _misfit("store", kinds) and _misfit("update", kinds) and "needs one store"
        case Kind.UPDATE:
            return _misfit("update", kinds)
        case Kind.LOCK if spec.step in (Step.TAKE, Step.TRY) or (spec.step, spec.holder) == (Step.LEAVE, Holder.READER):
            return _misfit("update", kinds)
        case Kind.LOCK if spec.step is Step.LEAVE:
            return _misfit("update", kinds) and _misfit("store", kinds) and "needs one store, or an update"
        case Kind.LOCK:
            return _misfit("load", kinds)
        case Kind.RCU if of_language and not spec.located:
            return _misfit("fence", kinds)
        case Kind.RCU if of_language:
            return _misfit("load" if spec.gives is Gives.VALUE else "store" if spec.values else "mark", kinds)
        case Kind.RCU if spec.name in ("synchronize_rcu", "synchronize_srcu"):
            return _misfit("load", kinds)
        case Kind.RCU if spec.located:
            return _misfit("store", kinds)
        case Kind.RCU:
            return _misfit("fence", kinds) and _misfit("store", kinds) and "needs one store, or nothing but fences"


def _misfit(what: _Access, kinds: Sequence[OperationKind]) -> str | None:
    """Why operations of these kinds are not what is wanted; None if they are."""
    accesses = _accesses(kinds)
    if what == "fence":
        return "is a fence and cannot access memory" if accesses else None
    if what != "update":
        return None if accesses == [what] else f"needs one {what}"
    whole = accesses == ["atomic"] or (
        accesses == ["reserve", "conditional"] and kinds.index("conditional") == kinds.index("reserve") + 1
    )
    return None if whole else "needs one atomic, or a reserve and right after it a conditional"


def _accesses(kinds: Sequence[OperationKind]) -> list[OperationKind]:
    return [kind for kind in kinds if kind not in ("fence", "branch")]


class _DescriptionReader:
    """Reads a description."""

    def __init__(self, path: Path, confined: bool, lends: bool = False) -> None:
        self.source = read_description(path, confined)
        self.path = path
        self.confined = confined
        self.lends = lends
        self.operations: dict[str, Operation] = {}
        self.of_language = False

    def info(self) -> ModelInfo:
        tree = parse(self.source, ModelError, "the description")
        fields = tree.fields(_KEYS)
        lists = {key: _texts(fields.get(key)) for key in ("source", "limits", "ignored", *BARE)}
        name = fields["name"].text()
        if name != self.path.stem:
            raise fields["name"].error(f"the name is '{name}', but the file is called '{self.path.stem}'")
        if not self.path.with_suffix(".cat").is_file():
            raise fields["name"].error(f"there is no file '{name}.cat' beside it")
        written = bare_lists(self.source.text)
        for key in BARE:
            if list(lists[key]) != written.get(key, []):
                raise fields[key].error(f"write '{key}' as a list of bare words on one line, as in '{key}: [A, B]'")
        self.of_language = not FUNCTIONS.isdisjoint(lists["dialects"])
        if "operations" in fields:
            self.read_operations(fields["operations"], fields.get("ignored"))
        return ModelInfo(
            name=name,
            file=self.path.with_suffix(".cat"),
            description=fields["description"].line(),
            operations=tuple(self.operations.values()),
            kernel=tuple(self.mappings(fields["kernel"])) if "kernel" in fields else (),
            c11=tuple(self.compiled(fields["c11"])) if "c11" in fields else (),
            reorders=tuple(_reorderings(fields["reorders"])) if "reorders" in fields else (),
            **lists,
        )

    def read_operations(self, tree: Tree, ignored: Tree | None) -> None:
        """The operations, group by group, such as `mb: {fence: [MB], meaning: all before all}`."""
        known = _names_in(self.path.with_suffix(".cat"), self.confined)
        passed_over = {item.text(): item for item in ignored.items()} if ignored is not None else {}
        for tag, item in passed_over.items():
            if tag in known:
                raise item.error(f"the model uses '{tag}', so it cannot be 'ignored'")
        for origin, _, entries in groups(tree, ()):
            for key, body in entries:
                name = key.name()
                if _OPERATION.fullmatch(name) is None:
                    raise key.error(f"'{name}' cannot be the name of an operation")
                if name in self.operations:
                    raise key.error(f"operation '{name}' is given twice")
                self.operations[name] = _operation(name, key, body, origin, known | passed_over.keys())

    def mappings(self, tree: Tree) -> Iterator[KernelMapping]:
        """The mapping of each era: groups of rows such as `smp_mb, mb: [sync]`, or a model with the same mapping."""
        from litmus.cat.shared import shared_rows  # for kernel C only
        from litmus.ir.kernel import ERAS

        for key, body in tree.entries():
            era = key.name()
            if era not in ERAS:
                raise key.error(f"unknown era '{era}'", did_you_mean(era, ERAS) or f"there are {', '.join(ERAS)}")
            rows = self.rows(body) if body.is_list() else self.borrowed(body, era)
            rows = {**rows, **shared_rows(rows, era, self.of_language)}
            ends = [rows[name] for name in ("rcu_read_lock", "rcu_read_unlock") if name in rows]
            if len({any(operation.kind == "store" for operation in row.operations) for row in ends}) > 1:
                raise key.error("'rcu_read_lock' and 'rcu_read_unlock' need a store both, or none of them")
            missing = [name for name in ERAS[era] if name not in rows]
            if missing:
                more = " ..." if len(missing) > 5 else ""
                raise key.error(f"no mapping in '{era}' for {', '.join(missing[:5])}{more}")
            yield KernelMapping(era, tuple(rows.values()))

    def rows(self, tree: Tree) -> dict[str, MappingRow]:
        rows: dict[str, MappingRow] = {}
        for origin, flags, entries in groups(tree, (_UNCONDITIONAL,)):
            for key, items in entries:
                operations = tuple(self.sequence(items))
                for name, place in primitives_in(key):
                    if name in rows:
                        raise ModelError(f"primitive '{name}' is given twice", place)
                    rows[name] = self.row(name, place, operations, origin, bool(flags))
        return rows

    def compiled(self, tree: Tree) -> Iterator[MappingRow]:
        """How compilers implement C11: groups of rows such as `load_acquire: [lwz, lwsync]`."""
        from litmus.ir.c11 import ROWS  # for C11 only

        kinds = {f"{kind}_{order}": kind for kind, orders in ROWS.items() for order in orders}
        found: set[str] = set()
        for origin, _, entries in groups(tree, ()):
            for key, items in entries:
                operations = tuple(self.sequence(items))
                for name, place in names_in(key):
                    if name not in kinds:
                        raise ModelError(f"unknown operation '{name}'", place, did_you_mean(name, kinds))
                    if name in found:
                        raise ModelError(f"operation '{name}' is given twice", place)
                    problem = _misfit(kinds[name], [operation.kind for operation in operations])
                    if problem is not None:
                        raise ModelError(f"'{name}' {problem}", place)
                    found.add(name)
                    yield MappingRow(name, operations, origin)
        if missing := [name for name in kinds if name not in found]:
            raise tree.error(f"no mapping in 'c11' for {', '.join(missing)}")

    def borrowed(self, tree: Tree, era: str) -> dict[str, MappingRow]:
        """The rows of another model's mapping for this era, with the operations of the same names in this model."""
        name = tree.name()
        near = [*folder("archs").glob("*.yaml"), *self.path.parent.glob("*.yaml")]
        lenders = {path.stem: path for path in near if path != self.path}
        if name not in lenders:
            raise tree.error(f"there is no model '{name}'", did_you_mean(name, lenders))
        if self.lends:
            raise tree.error("a mapping that others take cannot be taken from another")
        mappings = {
            mapping.era: mapping for mapping in _DescriptionReader(lenders[name], self.confined, True).info().kernel
        }
        if era not in mappings:
            raise tree.error(f"{name} has no mapping for '{era}'")
        rows = {}
        for row in mappings[era].rows:
            strange = [operation.name for operation in row.operations if operation.name not in self.operations]
            if strange:
                raise tree.error(
                    f"{name} maps '{row.primitive}' to '{strange[0]}', which is not an operation of this model"
                )
            rows[row.primitive] = replace(row, operations=tuple(self.operations[o.name] for o in row.operations))
        return rows

    def sequence(self, tree: Tree) -> Iterator[Operation]:
        for item in tree.items():
            name = item.text()
            if name not in self.operations:
                raise item.error(f"no operation '{name}' in 'operations'", did_you_mean(name, self.operations))
            yield self.operations[name]

    def row(
        self, name: str, place: Span, operations: tuple[Operation, ...], origin: Origin, unconditional: bool
    ) -> MappingRow:
        from litmus.ir.kernel import PRIMITIVES

        problem = fits(PRIMITIVES[name], [operation.kind for operation in operations], self.of_language)
        if problem is not None:
            raise ModelError(f"'{name}' {problem}", place)
        return MappingRow(name, operations, origin, unconditional)


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


def _reorderings(tree: Tree) -> Iterator[Reordering]:
    """The pairs of accesses that need not keep their order, such as `read read addr: why`."""
    met: set[str] = set()
    for origin, _, entries in groups(tree, ()):
        for key, value in entries:
            words = key.name().split()
            before, after = (_ACCESS.get(word) for word in (*words, "", "")[:2])
            if before is None or after is None or len(words) > 3 or (len(words) == 3 and words[2] not in _DESPITE):
                raise key.error(
                    f"'{key.name()}' is no pair of accesses",
                    f"write read or write, twice, and if they depend one of {', '.join(_DESPITE)}: 'read read addr'",
                )
            if key.name() in met:
                raise key.error(f"'{key.name()}' is given twice")
            met.add(key.name())
            yield Reordering(before, after, "".join(words[2:]), value.line(), origin)


def _operation(name: str, key: Tree, body: Tree, origin: Origin, known: frozenset[str]) -> Operation:
    """One operation, such as `{fence: [MB], meaning: all before all}`."""
    fields = body.fields(_OPERATION_KEYS)
    tags = {at: _tags(tree, known) for at, tree in fields.items() if at not in ("meaning", "status")}
    kind = next((kind for kind, keys in _KINDS.items() if set(keys) == set(tags)), None)
    if kind is None:
        raise key.error(
            f"operation '{name}' needs one of fence, branch, load, store, reserve, conditional and mark,"
            " or read and write"
        )
    if "meaning" not in fields:
        raise key.error(f"operation '{name}' needs a meaning")
    if kind == "fence" and not tags["fence"]:
        raise key.error(f"fence '{name}' needs a tag: without one the model cannot see it")
    status = fields.get("status")
    said = _STATUS.get(status.text()) if status is not None and kind == "conditional" else None
    if status is not None and said is None:
        raise status.error("'status: write' or 'status: nothing' says on what a conditional store's result depends")
    first, *rest = _KINDS[kind]
    written = tags[rest[0]] if rest else frozenset()
    return Operation(name, kind, tags[first], fields["meaning"].line(), written, origin, said or "attempt")


def _tags(tree: Tree, known: frozenset[str]) -> frozenset[str]:
    """The sets of an event. The model must use them: a misspelt set would silently order nothing."""
    for item in tree.items():
        tag = item.text()
        if _TAG.fullmatch(tag) is None:
            raise item.error(f"'{tag}' cannot be the name of a set")
        if tag in BASE_SETS or tag in BASE_RELATIONS:
            raise item.error(f"'{tag}' is a set or relation that every execution has")
        if tag not in known:
            raise item.error(
                f"the model does not use '{tag}'",
                did_you_mean(tag, known) or "if that is intended, list it in 'ignored'",
            )
    return frozenset(_texts(tree))


def _texts(tree: Tree | None) -> tuple[str, ...]:
    return () if tree is None else tuple(item.text() for item in tree.items())


def _names_in(cat: Path, confined: bool) -> frozenset[str]:
    """All names in a cat file and in the files that it includes, except in comments."""
    found: set[str] = set()
    waiting, read = [(cat, cat.parent)], set()
    while waiting:
        path, place = waiting.pop()
        if path in read or not exists(path) or (confined and path != cat and not contained(path, place)):
            continue
        read.add(path)
        try:
            text = _COMMENT.sub(" ", read_bytes(path).decode("utf-8", errors="replace"))
        except ModelError:
            continue  # whoever elaborates the model will hear of it
        found.update(_TAG.findall(text))
        for name in _INCLUDE.findall(text):
            waiting += [(place / name, place) for place in (path.parent, folder("archs") / "lib")]
    return frozenset(found)
