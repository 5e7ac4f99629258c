"""What barriers cost, by architecture, and which may be put into a program: `archs/costs/`, as YAML.

`costs/<model>.yaml` beside a model has the costs of its operations, in groups each with its source; an operation that
is not listed costs 1, as a plain access does. Fences that are listed may be put into tests, but for those of a group
with `only_there: true`; `covers` of a group says which fences order all that others do. `costs/kernel.yaml` has the
barriers of the kernel, by era, `costs/stdatomic.yaml` what orders and fences cost in C11 itself, `costs/others.yaml`
what changes cost that are no operation of an architecture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.description import ModelInfo
from litmus.cat.files import contained, exists, read_bytes, whole
from litmus.cat.mapping import groups
from litmus.ir.kernel import ERAS, PRIMITIVES, rows
from litmus.ir.thread import AtomicOperation

PLAIN = 1
"""The cost of what is not listed, such as a plain access."""

_MOST = 1000
_LISTS = ("barriers", "beside", "mandatory", "accesses")


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of the operations of a model; `stated` says whether there is a file of them.

    Those in `only_there` have a cost where a test has them, and are not put into tests: others that cost less do the
    same in a test. `covers` has for a fence those that it may stand in place of, as it orders all that they do; not
    itself.
    """

    operations: Mapping[str, int] = field(default_factory=dict)
    stated: bool = False
    only_there: frozenset[str] = frozenset()
    covers: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, operation: str) -> int:
        """The cost of an operation."""
        return self.operations.get(operation, PLAIN)

    def offers(self, operation: str) -> bool:
        """Whether an operation may be put into a test: any, if there is no file of costs."""
        return not self.stated or (operation in self.operations and operation not in self.only_there)


@dataclass(frozen=True, slots=True)
class KernelCandidates:
    """The barriers of the kernel that a repair may put into a program, and the ordered accesses that it may use.

    `beside` are the barriers that are for one side of an atomic operation or a lock, `mandatory` those of drivers, in
    tests with buses. Each costs `written` beside its operations.
    """

    barriers: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    accesses: tuple[str, ...] = ()
    written: int = 1


def costs_of(info: ModelInfo) -> Costs:
    """The costs of a model's operations.

    Raises ModelError for a file that does not follow the schema, or that is a link to one elsewhere: errors show lines.
    """
    path = info.file.parent / "costs" / f"{info.name}.yaml"
    if not exists(path):
        return Costs()
    if not contained(path, info.file.parent):
        raise ModelError(f"'{path}' is a link to a file elsewhere", whole(path))
    known = {operation.name for operation in info.operations}
    found: dict[str, int] = {}
    only_there: set[str] = set()
    covers: dict[str, frozenset[str]] = {}

    def operation(tree: Tree) -> str:
        name = tree.name()
        if name not in known:
            raise tree.error(f"{info.name} has no operation '{name}'", did_you_mean(name, known))
        return name

    for _, flags, entries in groups(_tree(path), ("only_there",)):
        for key, value in entries:
            if key.name() == "covers":
                for stronger, others in value.entries():
                    covers[operation(stronger)] = frozenset(operation(item) for item in others.items())
                continue
            name = operation(key)
            if name in found:
                raise key.error(f"operation '{name}' is given twice")
            found[name] = _number(value)
            if flags:
                only_there.add(name)
    return Costs(found, True, frozenset(only_there), _closed(covers))


def _closed(covers: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """What each fence covers, by way of others, too."""
    found: dict[str, frozenset[str]] = {}
    for name in covers:
        todo, seen = [name], set[str]()
        while todo:
            more = covers.get(todo.pop(), frozenset()) - seen
            seen |= more
            todo += more
        found[name] = frozenset(seen - {name})
    return found


def primitive_cost(info: ModelInfo, costs: Costs, name: str, era: str) -> int:
    """What the operations of a primitive of the kernel cost; 0 for one that the architecture does not map."""
    mapped = info.rows(era)
    row = next((mapped[other] for other in rows(name) if other in mapped), None)
    return 0 if row is None else sum(costs.of(operation.name) for operation in row.operations)


def operation_cost(info: ModelInfo | None, costs: Costs, operation: AtomicOperation) -> int:
    """What the operations cost that an operation of C11 is compiled to; for a model of C11, what its order costs."""
    from litmus.ir import c11  # for C11 only

    names = c11.rows(operation)
    if info is None or not info.c11:
        return next((c11_costs().rows[name] for name in names if name in c11_costs().rows), 0)
    mapped = {row.primitive: row for row in info.c11}
    row = next(mapped[name] for name in names if name in mapped)
    return sum(costs.of(machine.name) for machine in row.operations)


def kernel_candidates(era: str) -> KernelCandidates:
    """What a repair may put into a program of an era."""
    return _kernel()[era]


@lru_cache(maxsize=1)
def _kernel() -> Mapping[str, KernelCandidates]:
    tree = _tree(folder("archs") / "costs" / "kernel.yaml")
    fields = tree.fields(dict.fromkeys(ERAS, True))
    return {era: _of_era(fields[era]) for era in ERAS}


def _of_era(tree: Tree) -> KernelCandidates:
    found: dict[str, tuple[str, ...]] = {}
    written = 1
    for _, _, entries in groups(tree, ()):
        for key, value in entries:
            if key.name() == "written":
                written = _number(value)
                continue
            if key.name() not in _LISTS:
                raise key.error(f"unknown key '{key.name()}'", did_you_mean(key.name(), _LISTS))
            for item in value.items():
                if item.text() not in PRIMITIVES:
                    raise item.error(f"unknown primitive '{item.text()}'", did_you_mean(item.text(), PRIMITIVES))
            found[key.name()] = tuple(item.text() for item in value.items())
    return KernelCandidates(**found, written=written)


OTHERS = ("dependency", "RO", "IDO", "CRO", "CIDO", "NoWait", "read-back")
"""The changes that are no operation of an architecture: a dependency, a request without an attribute, a read back."""


@lru_cache(maxsize=1)
def other_costs() -> Mapping[str, int]:
    """What each of `OTHERS` costs. Raises ModelError for a file that does not follow the schema."""
    found: dict[str, int] = {}
    tree = _tree(folder("archs") / "costs" / "others.yaml")
    for _, _, entries in groups(tree, ()):
        for key, value in entries:
            if key.name() not in OTHERS:
                raise key.error(f"unknown key '{key.name()}'", did_you_mean(key.name(), OTHERS))
            found[key.name()] = _number(value)
    if missing := sorted(set(OTHERS) - found.keys()):
        raise tree.error(f"no cost for {', '.join(missing)}")
    return found


@dataclass(frozen=True, slots=True)
class C11Costs:
    """What operations of C11 cost by their order, by the rows of `litmus.ir.c11`, for a model of the language.

    A fence or an order that a repair puts into a program costs `written` beside its operations.
    """

    written: int
    rows: Mapping[str, int]


@lru_cache(maxsize=1)
def c11_costs() -> C11Costs:
    """The costs of the memory orders of C11. Raises ModelError for a file that does not follow the schema."""
    from litmus.ir.c11 import OPTIONAL, ROWS  # for C11 only

    known = {f"{kind}_{order}" for kind, orders in ROWS.items() for order in orders if kind not in OPTIONAL}
    found: dict[str, int] = {}
    tree = _tree(folder("archs") / "costs" / "stdatomic.yaml")
    for _, _, entries in groups(tree, ()):
        for key, value in entries:
            if key.name() not in known | {"written"}:
                raise key.error(f"unknown key '{key.name()}'", did_you_mean(key.name(), known))
            found[key.name()] = _number(value)
    if missing := sorted({*known, "written"} - found.keys()):
        raise tree.error(f"no cost for {', '.join(missing)}")
    return C11Costs(found.pop("written"), found)


def _number(tree: Tree) -> int:
    text = tree.name()
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST:
        raise tree.error(f"a cost is a whole number from 1 to {_MOST}")
    return int(text)


def _tree(path: Path) -> Tree:
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"cannot read '{path}': it is not UTF-8 text", whole(path)) from None
    return parse(Source(str(path), text), ModelError, "the costs")
