"""The models that come with litmus: `archs/<name>.cat`, each described by `archs/<name>.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmus.base.errors import ModelError, UsageError, did_you_mean
from litmus.base.source import Source, Span
from litmus.ir.model import BASE_RELATIONS, BASE_SETS
from litmus.resources import folder

if TYPE_CHECKING:
    import yaml

    from litmus.ir.kernel import Spec

_TEXT, _LIST, _OPERATIONS = "a text", "a list of texts", "a mapping from names to operations"
_KERNEL = "a mapping from eras to mappings from primitives to lists of operations"
_SCHEMA: Mapping[str, tuple[str, bool]] = {  # key: what it holds, and whether it must be there
    "name": (_TEXT, True),
    "description": (_TEXT, True),
    "source": (_LIST, True),
    "dialects": (_LIST, True),
    "default_for": (_LIST, True),
    "limits": (_LIST, True),
    "aliases": (_LIST, False),
    "operations": (_OPERATIONS, False),
    "kernel": (_KERNEL, False),
}
_KINDS: Mapping[str, tuple[str, ...]] = {  # the lists of tags that say what an operation is
    "fence": ("fence",),
    "load": ("load",),
    "store": ("store",),
    "reserve": ("reserve",),
    "conditional": ("conditional",),
    "atomic": ("read", "write"),
}
_OPERATION_KEYS = (*(key for keys in _KINDS.values() for key in keys), "meaning")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")
_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9_.,-]{0,40}")
_ONE_LINE = re.compile(r"^(default_for|aliases): \[([^\]\n]*)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a model's architecture: what programs that are no assembly are lowered to.

    `kind` is fence, load, store, reserve (load-reserve), conditional (store-conditional) or atomic (one instruction
    that reads and writes). `tags` are the sets of its event in cat; of an atomic's read, whose write has `write_tags`.
    """

    name: str
    kind: str
    tags: frozenset[str]
    meaning: str
    write_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KernelMapping:
    """What the primitives of the Linux kernel are on an architecture, in kernels of one era (`v2.6.27`, `v6`)."""

    era: str
    sequences: tuple[tuple[str, tuple[Operation, ...]], ...]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known about a model that comes with litmus.

    `dialects` are the input languages it speaks, `default_for` those it decides if no model is named. `aliases` are
    other names for it, such as that of herd7's file. `limits` says where not to trust it. `operations` are those of the
    architecture, for what reaches it by lowering.
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
    kernel: tuple[KernelMapping, ...] = ()

    def sequences(self, era: str) -> Mapping[str, tuple[Operation, ...]]:
        """The operations of each primitive in an era. Raises UsageError for one that the architecture has not."""
        for mapping in self.kernel:
            if mapping.era == era:
                return dict(mapping.sequences)
        known = ", ".join(mapping.era for mapping in self.kernel)
        raise UsageError(f"{self.name} has no kernel mapping for '{era}'" + (f": there are {known}" if known else ""))

    @property
    def tags(self) -> frozenset[str]:
        """The sets that events made from the operations can be in: the set names to elaborate the model with."""
        return frozenset().union(*(operation.tags | operation.write_tags for operation in self.operations))


def models() -> tuple[ModelInfo, ...]:
    """All models of `archs/`, by name. Raises ModelError for a description that does not follow the schema."""
    return tuple(read_info(path) for path in sorted(folder("archs").glob("*.yaml")))


def default_model(arch: str) -> str:
    """The name of the model that decides tests of an architecture if none is named. Raises ModelError."""
    known = _one_line_lists("default_for")
    if arch not in known:
        raise ModelError(f"no model is the default for '{arch}': name one", None, did_you_mean(arch, known))
    return known[arch]


def model_file(reference: str) -> Path | None:
    """The file of a model, by its name or an alias; None if there is no such model."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9+_.-]{0,99}", reference) is None:
        return None
    place = folder("archs")
    path = place / f"{reference}.cat"
    if path.is_file():
        return path
    name = _one_line_lists("aliases").get(reference)
    return None if name is None else place / f"{name}.cat"


def info(name: str) -> ModelInfo:
    """The description of a model, by its name or an alias. Raises ModelError."""
    path = model_file(name)
    if path is None:
        raise ModelError(f"unknown model '{name}'", None, did_you_mean(name, model_names()))
    return info_of(path)


def info_of(path: Path) -> ModelInfo:
    """The description of the model in a file. Raises ModelError for a file that is none of ours."""
    if path.parent != folder("archs"):
        raise ModelError(f"kernel C is decided on an architecture, and '{path}' is only a model: name one of ours")
    return read_info(path.with_suffix(".yaml"))


def spoken_by(path: Path) -> tuple[str, ...]:
    """The dialects of a model's file, if it is one of ours; none otherwise."""
    if path.parent != folder("archs"):
        return ()
    return read_info(path.with_suffix(".yaml")).dialects


def model_names() -> tuple[str, ...]:
    """The names and aliases that `model_file` knows."""
    return (*sorted(path.stem for path in folder("archs").glob("*.cat")), *_one_line_lists("aliases"))


def _one_line_lists(key: str) -> dict[str, str]:
    """For each item of a one-line list in the descriptions, the model.

    Read by pattern: the yaml package takes longer to load than most tests to decide. `read_info` holds the files to it.
    """
    found: dict[str, str] = {}
    for path in sorted(folder("archs").glob("*.yaml")):
        for line_key, items in _ONE_LINE.findall(path.read_text("utf-8")):
            if line_key == key:
                for item in items.split(","):
                    if item.strip():
                        found.setdefault(item.strip(), path.stem)
    return found


def read_info(path: Path) -> ModelInfo:
    """The description of one model. Raises ModelError with the line and key that is wrong."""
    import yaml  # only here: it is slow to load

    try:
        source = Source(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot read '{path}': {error}") from None
    try:
        root = yaml.compose(source.text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        span = Span(source, mark.index, mark.index + 1) if mark else None
        raise ModelError(f"not YAML: {error.problem}", span) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ModelError(f"'{path}' is not YAML: {type(error).__name__}") from None
    values = _Reader(source).read(root)
    if values["name"] != path.stem:
        raise ModelError(f"{path}: the name is '{values['name']}', that of the file '{path.stem}'")
    if not path.with_suffix(".cat").is_file():
        raise ModelError(f"{path}: there is no file '{path.stem}.cat' beside it")
    written = {key: [i.strip() for i in items.split(",") if i.strip()] for key, items in _ONE_LINE.findall(source.text)}
    for key in ("default_for", "aliases"):
        if list(values.get(key, ())) != written.get(key, []):
            raise ModelError(f"{path}: write '{key}' as a list of bare words on one line, as in '{key}: [A, B]'")
    return ModelInfo(file=path.with_suffix(".cat"), **values)


def fits(spec: Spec, kinds: Sequence[str]) -> str | None:
    """Why operations of these kinds, in order, cannot be a primitive; None if they can."""
    from litmus.ir.kernel import Kind  # for kernel C only

    accesses = [kind for kind in kinds if kind != "fence"]
    update = accesses in (["atomic"], ["reserve", "conditional"]) and (
        len(accesses) == 1 or kinds.index("conditional") == kinds.index("reserve") + 1
    )
    match spec.kind:
        case Kind.FENCE:
            return "is a fence and cannot access memory" if accesses else None
        case Kind.READ:
            return None if accesses == ["load"] else "needs one load"
        case Kind.WRITE:
            return None if accesses == ["store"] or update else "needs one store"
        case Kind.UPDATE:
            return None if update else "needs one atomic, or a reserve and right after it a conditional"
        case Kind.LOCK if spec.name in ("spin_lock", "spin_trylock"):
            return None if update else "needs one atomic, or a reserve and right after it a conditional"
        case Kind.LOCK if spec.name == "spin_unlock":
            return None if update or accesses == ["store"] else "needs one store, or an update"
        case Kind.LOCK:
            return None if accesses == ["load"] else "needs one load"
        case Kind.RCU:
            return "cannot be mapped to operations: it waits for others"


class _Reader:
    """Reads the values of a description from its YAML nodes, which know their lines."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def read(self, root: yaml.Node | None) -> dict[str, Any]:
        import yaml

        if not isinstance(root, yaml.MappingNode):
            raise ModelError("a mapping is needed", self.span(root))
        found: dict[str, Any] = {}
        for key_node, value_node in root.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key not in _SCHEMA:
                raise ModelError(f"unknown key '{key}'", self.span(key_node), did_you_mean(key, _SCHEMA))
            if key in found:
                raise ModelError(f"key '{key}' is given twice", self.span(key_node))
            found[key] = self.value(key, value_node)
        for key, (_, needed) in _SCHEMA.items():
            if needed and key not in found:
                raise ModelError(f"key '{key}' is missing", self.span(root))
        mappings = [node for key, node in root.value if key.value == "kernel"]
        if mappings:
            found["kernel"] = self.kernel(mappings[0], {o.name: o for o in found.get("operations", ())})
        return found

    def kernel(self, node: yaml.Node, operations: Mapping[str, Operation]) -> tuple[KernelMapping, ...]:
        """Era by era, primitive by primitive, such as `smp_store_release: [mb, stq]`."""
        from litmus.ir.kernel import PRIMITIVES

        found = []
        for era, body in self.entries("kernel", node):
            sequences: dict[str, tuple[Operation, ...]] = {}
            for name_node, items in self.entries(era.value, body):
                name = name_node.value
                if name not in PRIMITIVES:
                    hint = did_you_mean(name, PRIMITIVES)
                    raise ModelError(f"unknown primitive '{name}'", self.span(name_node), hint)
                if name in sequences:
                    raise ModelError(f"primitive '{name}' is given twice", self.span(name_node))
                self.texts(name, items)
                written: list[yaml.ScalarNode] = items.value
                for item in written:
                    if item.value not in operations:
                        hint = did_you_mean(item.value, operations)
                        raise ModelError(f"no operation '{item.value}' in 'operations'", self.span(item), hint)
                sequence = tuple(operations[item.value] for item in written)
                problem = fits(PRIMITIVES[name], [o.kind for o in sequence])
                if problem is not None:
                    raise ModelError(f"'{name}' {problem}", self.span(name_node))
                sequences[name] = sequence
            found.append(KernelMapping(era.value, tuple(sequences.items())))
        return tuple(found)

    def entries(self, key: str, node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """The entries of a mapping with plain keys."""
        import yaml

        if not isinstance(node, yaml.MappingNode):
            raise ModelError(f"'{key}' must be a mapping", self.span(node))
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ModelError(f"'{key}' has a key that is no name", self.span(key_node))
        return list(node.value)

    def value(self, key: str, node: yaml.Node) -> str | tuple[str, ...] | tuple[Operation, ...]:
        form = _SCHEMA[key][0]
        if form == _OPERATIONS:
            return self.operations(node)
        if form == _KERNEL:  # read last, when the operations are known
            return ()
        return self.text(key, node) if form == _TEXT else self.texts(key, node)

    def operations(self, node: yaml.Node) -> tuple[Operation, ...]:
        import yaml

        if not isinstance(node, yaml.MappingNode):
            raise ModelError(f"'operations' must be {_OPERATIONS}", self.span(node))
        found: dict[str, Operation] = {}
        for name_node, body in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            if _OPERATION.fullmatch(name) is None:
                raise ModelError(f"'{name}' cannot be the name of an operation", self.span(name_node))
            if name in found:
                raise ModelError(f"operation '{name}' is given twice", self.span(name_node))
            found[name] = self.operation(name, name_node, body)
        return tuple(found.values())

    def operation(self, name: str, name_node: yaml.Node, body: yaml.Node) -> Operation:
        """One operation, such as `{fence: [MB], meaning: all before all}`."""
        import yaml

        if not isinstance(body, yaml.MappingNode):
            raise ModelError(f"operation '{name}' must be a mapping", self.span(body))
        tags: dict[str, frozenset[str]] = {}
        meaning = ""
        for key_node, value_node in body.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key not in _OPERATION_KEYS:
                hint = did_you_mean(key, _OPERATION_KEYS)
                raise ModelError(f"unknown key '{key}' of operation '{name}'", self.span(key_node), hint)
            if key in tags or (key == "meaning" and meaning):
                raise ModelError(f"key '{key}' is given twice", self.span(key_node))
            if key == "meaning":
                meaning = self.text(key, value_node)
            else:
                tags[key] = self.tags(key, value_node)
        kind = next((kind for kind, keys in _KINDS.items() if set(keys) == set(tags)), None)
        if kind is None:
            wanted = "one of fence, load, store, reserve and conditional, or read and write"
            raise ModelError(f"operation '{name}' needs {wanted}", self.span(name_node))
        if not meaning or "\n" in meaning:
            raise ModelError(f"operation '{name}' needs a meaning of one line", self.span(name_node))
        if kind == "fence" and not tags["fence"]:
            raise ModelError(f"fence '{name}' needs a tag, or no model can see it", self.span(name_node))
        first, *rest = _KINDS[kind]
        return Operation(name, kind, tags[first], meaning, tags[rest[0]] if rest else frozenset())

    def tags(self, key: str, node: yaml.Node) -> frozenset[str]:
        import yaml

        found = self.texts(key, node)
        assert isinstance(node, yaml.SequenceNode)
        for tag, item in zip(found, node.value, strict=True):
            if _TAG.fullmatch(tag) is None:
                raise ModelError(f"'{tag}' cannot be the name of a set", self.span(item))
            if tag in BASE_SETS or tag in BASE_RELATIONS:
                raise ModelError(f"'{tag}' is a set or relation that every execution has", self.span(item))
        return frozenset(found)

    def text(self, key: str, node: yaml.Node) -> str:
        import yaml

        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str" or not node.value.strip():
            raise ModelError(f"'{key}' must be {_SCHEMA[key][0]}", self.span(node))
        return str(node.value).strip()

    def texts(self, key: str, node: yaml.Node) -> tuple[str, ...]:
        import yaml

        if not isinstance(node, yaml.SequenceNode):
            raise ModelError(f"'{key}' must be {_LIST}", self.span(node))
        return tuple(self.text(key, item) for item in node.value)

    def span(self, node: yaml.Node | None) -> Span:
        if node is None:
            return Span(self.source, 0, 0)
        start, end = node.start_mark.index, node.end_mark.index
        line_end = self.source.text.find("\n", start)
        return Span(self.source, start, min(end, line_end) if line_end >= 0 else end)
