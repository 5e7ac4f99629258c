"""The models that come with litmus: `archs/<name>.cat`, each described by `archs/<name>.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Source, Span
from litmus.ir.model import BASE_RELATIONS, BASE_SETS
from litmus.resources import folder

if TYPE_CHECKING:
    import yaml

_TEXT, _LIST, _OPERATIONS = "a text", "a list of texts", "a mapping from names to operations"
_SCHEMA: Mapping[str, tuple[str, bool]] = {  # key: what it holds, and whether it must be there
    "name": (_TEXT, True),
    "description": (_TEXT, True),
    "source": (_LIST, True),
    "dialects": (_LIST, True),
    "default_for": (_LIST, True),
    "limits": (_LIST, True),
    "aliases": (_LIST, False),
    "operations": (_OPERATIONS, False),
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
        return found

    def value(self, key: str, node: yaml.Node) -> str | tuple[str, ...] | tuple[Operation, ...]:
        form = _SCHEMA[key][0]
        if form == _OPERATIONS:
            return self.operations(node)
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
