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

OLDER_TESTS = "backcompat"
"""The variant under which the annotations of older tests in LISA are read as those of a bell file."""

_OTHER = frozenset({"scopes", "regions", "levels"})
"""Enums that name something else than tags, unless instructions have them."""

_KINDS: Mapping[str, str] = {"CALL": "F"}
"""The kinds of instructions that are declared as another; as in herd7, a call is a fence."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a bell file: `names` maps each to its set, whose name has a capital first letter.

    `enums` are the tags of each `enum`, by its name, and `declared` what says which instructions can have which.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    declared: tuple[ast.Instructions, ...] = ()

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

    def choices(self, kind: str) -> tuple[tuple[frozenset[str], ...], ...]:
        """What the instructions of a kind (`R`, `W`, `F`, `RMW`) can have: a tag of each set, for one of the choices.

        Raises ModelError for a declaration that is not made of tags.
        """
        found = [d for d in self.declared if (_KINDS.get(d.name, d.name)) == kind]
        return tuple([tuple([self._set(argument) for argument in d.arguments]) for d in found])

    def default(self, kind: str) -> frozenset[str]:
        """The tags of an instruction of a kind that is written without any. Raises ModelError."""
        for declaration in self.declared:
            if declaration.is_default and _KINDS.get(declaration.name, declaration.name) == kind:
                found = [self._set(argument) for argument in declaration.arguments]
                if any(len(tags) != 1 for tags in found):
                    raise ModelError("a default is one tag", declaration.span)
                return frozenset().union(*found)
        return frozenset()

    def _set(self, expr: ast.Expr) -> frozenset[str]:
        match expr:
            case ast.TagLiteral(name=name):
                return frozenset({name})
            case ast.Name(name=name) if name in self.enums:
                return frozenset(self.enums[name])
            case ast.SetLiteral(items=items):
                return frozenset().union(*[self._set(item) for item in items])
            case ast.Op(op="|", operands=items):
                return frozenset().union(*[self._set(item) for item in items])
        raise ModelError("expected tags, such as {'once, 'acquire} or the name of an enum", expr.span)


NO_TAGS = Tags()


def tags_of(file: ast.CatFile, files: Files, deadline: Deadline = NO_DEADLINE) -> Tags:
    """The tags that a bell file and the files that it includes declare. Raises ModelError, LimitReached."""
    enums: dict[str, tuple[str, ...]] = {}
    declared: list[ast.Instructions] = []
    seen: set[int] = set()

    def walk(statements: Sequence[ast.Statement]) -> None:
        for statement in statements:
            match statement:
                case ast.Enum(name=name, tags=tags):
                    enums[name] = tags
                case ast.Instructions():
                    declared.append(statement)
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
    tags = [tag for name, found in enums.items() if name not in _OTHER or _annotates(name, declared) for tag in found]
    return Tags({tag: tag[:1].upper() + tag[1:] for tag in tags}, enums, tuple(declared))


def _annotates(enum: str, declared: Sequence[ast.Instructions]) -> bool:
    """Whether the tags of an enum stand in instructions."""
    return any(isinstance(one, ast.Name) and one.name == enum for d in declared for one in d.arguments)
