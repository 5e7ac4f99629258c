"""What a bell file declares: the tags that the events of a test can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.cat import ast
from litmus.cat.elaborate import Files

_NO_TAGS = frozenset({"scopes", "regions", "levels"})
"""Enums that name something else than tags."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a bell file: `names` maps each to its set, whose name has a capital first letter."""

    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def sets(self) -> frozenset[str]:
        """The sets of all tags."""
        return frozenset(self.names.values())

    def of(self, tag: str, span: Span) -> str:
        """The set of a tag. Raises ModelError for one that is not declared."""
        found = self.names.get(tag)
        if found is None:
            hint = did_you_mean(tag, self.names) or ("" if self.names else "name a bell file, by --bell or in --conf")
            raise ModelError(f"no bell file declares the tag '{tag}'", span, hint or None)
        return found


NO_TAGS = Tags()


def tags_of(file: ast.CatFile, files: Files, deadline: Deadline = NO_DEADLINE) -> Tags:
    """The tags that a bell file and the files that it includes declare. Raises ModelError, LimitReached."""
    names: dict[str, str] = {}
    seen: set[int] = set()

    def walk(statements: Sequence[ast.Statement]) -> None:
        for statement in statements:
            match statement:
                case ast.Enum(name=name, tags=tags) if name not in _NO_TAGS:
                    names.update({tag: tag[:1].upper() + tag[1:] for tag in tags})
                case ast.Include():
                    _, included = files.find(statement, deadline)
                    if id(included) not in seen:  # files that include each other are an error when they are run
                        seen.add(id(included))
                        walk(included.statements)
                case ast.IfStatement(then=then, otherwise=otherwise):
                    walk((*then, *otherwise))
                case _:
                    pass

    walk(file.statements)
    return Tags(names)
