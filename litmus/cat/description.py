"""The description of a model, `archs/<name>.yaml`: its source and limits, its operations, its mapping of the kernel.

Every operation and every row of a mapping is in a group, which names its source and may note what is uncertain.
CONTRIBUTING.md, "A new architecture", has an example. A key that is not in the schema is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from litmus.base.errors import ModelError, UsageError, did_you_mean
from litmus.base.names import BARE, bare_lists
from litmus.base.records import dataclass
from litmus.base.resources import folder
from litmus.base.source import Span
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.files import contained, exists, read_bytes, read_description
from litmus.cat.mapping import (
    MappingRow,
    Operation,
    OperationKind,
    Origin,
    fits,
    groups,
    misfit,
    names_in,
    primitives_in,
)
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import C11
from litmus.ir.model import BASE_RELATIONS, BASE_SETS
from litmus.ir.thread import StatusSource

if TYPE_CHECKING:
    pass

_KEYS: Mapping[str, bool] = {  # whether each must be there
    "name": True,
    "description": True,
    "source": True,
    "dialects": True,
    "default_for": True,
    "limits": True,
    "aliases": False,
    "replaced_by": False,
    "operations": False,
    "ignored": False,
    "kernel": False,
    "c11": False,
    "reorders": False,
    "weaknesses": False,
}
_ACCESS: Mapping[str, Literal["R", "W"]] = {"read": "R", "write": "W"}
_DESPITE = ("addr", "data", "ctrl")
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
class KernelMapping:
    """How an architecture implements the primitives of the Linux kernel in one era (`v2.6.27`, `v6`)."""

    era: str
    rows: tuple[MappingRow, ...]


@dataclass(frozen=True, slots=True)
class Reordering:
    """That two accesses of a thread need not take effect in program order, and why, in words and with the source.

    `before` and `after` are the kinds of the earlier and the later one, R or W. `despite` is the dependency of the
    later on the earlier one that makes no difference: addr, data or ctrl; empty where there is none. `era` is that of
    the kernels of which this is said; empty for what is said of all.
    """

    before: str
    after: str
    despite: str
    because: str
    origin: Origin = Origin()
    era: str = ""


@dataclass(frozen=True, slots=True)
class Weakness:
    """A known reason for which machines break a promise of a language's model, by a name, and why, with the source.

    The description of a machine's model names a `variant` of it that keeps the promise, that of a language's model the
    `axiom` that is not kept; the other is "".
    """

    name: str
    because: str
    origin: Origin = Origin()
    variant: str = ""
    axiom: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The contents of a model's description.

    `dialects` are the architectures whose tests the model decides, `default_for` those for which it is the default.
    `aliases` are other names of the model, such as that of herd7's file, or of the architecture; capitals, hyphens and
    underlines make no difference. `limits` says where not to trust it.
    `operations` are what kernel C is lowered to; `ignored` are sets in their tags that the model does not use.
    `c11` is how compilers implement the atomic operations of C11, by the rows of `litmus.ir.c11`.
    `reorders` says which accesses need not keep their order, and why, for whoever asks why an outcome is allowed.
    `weaknesses` are the known reasons for which a language's promises are broken, on this machine or on all.
    `replaced_by` is the model of the text that took the place of this one's, "" if it stands.
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
    weaknesses: tuple[Weakness, ...] = ()
    replaced_by: str = ""

    def rows(self, era: str) -> Mapping[str, MappingRow]:
        """The rows of an era, by primitive. Raises UsageError if the architecture has no mapping for the era."""
        for mapping in self.kernel:
            if mapping.era == era:
                return {row.primitive: row for row in mapping.rows}
        known = ", ".join(mapping.era for mapping in self.kernel)
        raise UsageError(f"{self.name} has no kernel mapping for '{era}'" + (f", only for {known}" if known else ""))

    def reorderings(self, era: str) -> tuple[Reordering, ...]:
        """Which accesses need not keep their order in kernels of an era."""
        return tuple(r for r in self.reorders if r.era in ("", era))

    @property
    def of_language(self) -> bool:
        """Whether it is a model of kernel C or of C11 itself, not of a machine that they are compiled for."""
        return not {*FUNCTIONS, C11}.isdisjoint(self.dialects)

    @property
    def tags(self) -> frozenset[str]:
        """The sets that events of the operations can be in; the model is elaborated with these as set names."""
        return frozenset().union(*(operation.tags | operation.write_tags for operation in self.operations))


def read_info(path: Path, confined: bool = False) -> ModelInfo:
    """The description of one model. Raises ModelError with the line and key that is wrong.

    If `confined`, nothing is read outside the folder of the model and `archs`: errors show what was read.
    """
    return _DescriptionReader(path, confined).info()


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
            weaknesses=tuple(self.weaknesses(fields["weaknesses"])) if "weaknesses" in fields else (),
            replaced_by=self.model(fields["replaced_by"]) if "replaced_by" in fields else "",
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

    def weaknesses(self, tree: Tree) -> Iterator[Weakness]:
        """Known weaknesses, group by group, such as `early commit: {variant: late-commit, because: ...}`."""
        known = _names_in(self.path.with_suffix(".cat"), self.confined)
        met: set[str] = set()
        for origin, _, entries in groups(tree, ()):
            for key, body in entries:
                if key.name() in met:
                    raise key.error(f"weakness '{key.name()}' is given twice")
                met.add(key.name())
                fields = body.fields({"variant": False, "axiom": False, "because": True})
                ways = {what: fields[what] for what in ("variant", "axiom") if what in fields}
                if len(ways) != 1:
                    raise key.error(f"weakness '{key.name()}' needs a variant or an axiom of the model")
                for what, way in ways.items():
                    if way.text() not in known:
                        raise way.error(f"the model has no {what} '{way.text()}'", did_you_mean(way.text(), known))
                named = {what: way.text() for what, way in ways.items()}
                yield Weakness(key.name(), fields["because"].line(), origin, **named)

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
        from litmus.ir.c11 import OPTIONAL, ROWS  # for C11 only

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
                    kind = kinds[name]
                    wanted = "update" if kind == "compare_exchange" else kind
                    problem = misfit(wanted, [operation.kind for operation in operations])
                    if problem is not None:
                        raise ModelError(f"'{name}' {problem}", place)
                    found.add(name)
                    yield MappingRow(name, operations, origin)
        if missing := [name for name, kind in kinds.items() if name not in found and kind not in OPTIONAL]:
            raise tree.error(f"no mapping in 'c11' for {', '.join(missing)}")

    def others(self) -> dict[str, Path]:
        """The descriptions of other models that this one may name."""
        near = [*folder("archs").glob("*.yaml"), *self.path.parent.glob("*.yaml")]
        return {path.stem: path for path in near if path != self.path}

    def model(self, tree: Tree) -> str:
        """The name of another model."""
        name, known = tree.name(), self.others()
        if name not in known:
            raise tree.error(f"there is no model '{name}'", did_you_mean(name, known))
        return name

    def borrowed(self, tree: Tree, era: str) -> dict[str, MappingRow]:
        """The rows of another model's mapping for this era, with the operations of the same names in this model."""
        name = self.model(tree)
        if self.lends:
            raise tree.error("a mapping that others take cannot be taken from another")
        lender = _DescriptionReader(self.others()[name], self.confined, True)
        mappings = {mapping.era: mapping for mapping in lender.info().kernel}
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


def _reorderings(tree: Tree) -> Iterator[Reordering]:
    """The pairs of accesses that need not keep their order, such as `read read addr: why`."""
    from litmus.ir.kernel import ERAS

    met: dict[str, set[str]] = {}
    for origin, _, entries in groups(tree, ()):
        era = ""
        for key, value in entries:
            if key.name() == "era":
                era = value.name()
                if era not in ERAS:
                    raise value.error(f"unknown era '{era}'", did_you_mean(era, ERAS) or f"there are {', '.join(ERAS)}")
        for key, value in entries:
            if key.name() == "era":
                continue
            words = key.name().split()
            before, after = (_ACCESS.get(word) for word in (*words, "", "")[:2])
            if before is None or after is None or len(words) > 3 or (len(words) == 3 and words[2] not in _DESPITE):
                raise key.error(
                    f"'{key.name()}' is no pair of accesses",
                    f"write read or write, twice, and if they depend one of {', '.join(_DESPITE)}: 'read read addr'",
                )
            eras = met.setdefault(key.name(), set())
            if era in eras or "" in eras or (eras and not era):
                raise key.error(f"'{key.name()}' is given twice")
            eras.add(era)
            yield Reordering(before, after, "".join(words[2:]), value.line(), origin, era)


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
