"""YAML values with their places in the text, for the files that describe models and shelves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from litmus.base.errors import LitmusError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Source, Span

if TYPE_CHECKING:
    import yaml

_DEEPEST = 20
"""The most levels of nesting: libyaml's bindings recurse without a limit, so deeper texts must not reach them."""

_TEXT = "tag:yaml.org,2002:str"


class _Mark(Protocol):
    """A place in a text, as both parsers of the YAML library have it."""

    index: int


Refusal = Callable[[str, Span | None, str | None], LitmusError]
"""Makes an error from a message, its place and a hint."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A value of a YAML text with its place. `what` is its name in messages, such as "'source'"."""

    node: yaml.Node
    source: Source
    refusal: Refusal
    what: str

    @property
    def span(self) -> Span:
        """The span of the value, or of its first line if it has several."""
        start, end = self.node.start_mark.index, self.node.end_mark.index
        line_end = self.source.text.find("\n", start)
        return Span(self.source, start, min(end, line_end) if line_end >= 0 else end)

    def error(self, message: str, hint: str | None = None) -> LitmusError:
        """An error at this value."""
        return self.refusal(message, self.span, hint)

    def fields(self, schema: Mapping[str, bool]) -> dict[str, Tree]:
        """The values of a mapping by key; `schema` has the allowed keys and whether each is required."""
        found: dict[str, Tree] = {}
        for key, value in self.entries():
            name = key.name()
            if name not in schema:
                raise key.error(f"unknown key '{name}' in {self.what}", did_you_mean(name, schema))
            found[name] = value
        for name, needed in schema.items():
            if needed and name not in found:
                raise self.error(f"key '{name}' is missing in {self.what}")
        return found

    def entries(self) -> tuple[tuple[Tree, Tree], ...]:
        """The keys of a mapping, which must be names, and their values."""
        import yaml

        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{self.what} must be a mapping")
        found: dict[str, tuple[Tree, Tree]] = {}
        for key_node, value_node in self.node.value:
            key = Tree(key_node, self.source, self.refusal, f"a key of {self.what}")
            name = key.name()
            if name in found:
                raise key.error(f"key '{name}' is given twice in {self.what}")
            found[name] = key, Tree(value_node, self.source, self.refusal, f"'{name}'")
        return tuple(found.values())

    def items(self) -> tuple[Tree, ...]:
        """The items of a list."""
        import yaml

        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"{self.what} must be a list")
        return tuple(Tree(node, self.source, self.refusal, f"an item of {self.what}") for node in self.node.value)

    def is_list(self) -> bool:
        """Whether the value is a list."""
        import yaml

        return isinstance(self.node, yaml.SequenceNode)

    def name(self) -> str:
        """The text of a scalar as it is written, whatever its YAML type: `v6`, `2008-10-18`, `no`."""
        import yaml

        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.error(f"{self.what} must be a name")
        return str(self.node.value).strip()

    def text(self) -> str:
        """The text of a string of one or more lines."""
        import yaml

        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != _TEXT or not self.node.value.strip():
            raise self.error(f"{self.what} must be a text")
        return str(self.node.value).strip()

    def line(self) -> str:
        """The text of a string of one line."""
        found = self.text()
        if "\n" in found:
            raise self.error(f"{self.what} must be a text of one line")
        return found


def parse(source: Source, refusal: Refusal, what: str) -> Tree:
    """The one document of a YAML text; `what` is its name in messages. Raises the errors that `refusal` makes."""
    import yaml  # only here: it is slow to load

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(source.text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise refusal(f"more than {_DEEPEST} levels of nesting", _at(source, event.start_mark), None)
            if isinstance(event, yaml.AliasEvent):  # a short text of aliases of aliases would be read for ever
                message = f"aliases such as '*{event.anchor}' are not supported"
                raise refusal(message, _at(source, event.start_mark), "repeat the value")
        root = yaml.compose(source.text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise refusal(f"not YAML: {error.problem}", _at(source, error.problem_mark), None) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        at = getattr(error, "position", getattr(error, "start", 0))
        raise refusal(f"not YAML: {getattr(error, 'reason', error)}", Span(source, at, at + 1), None) from None
    if root is None:
        raise refusal(f"{what} is empty", Span(source, 0, 0), None)
    return Tree(root, source, refusal, what)


def _at(source: Source, mark: _Mark | None) -> Span:
    """The character at a mark of the YAML library; the beginning of the text without one."""
    return Span(source, mark.index, mark.index + 1) if mark else Span(source, 0, 0)
