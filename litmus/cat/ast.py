"""The syntax of the cat language.

There is one class for each construct. A chain of one operator is one n-ary `Op` (`a | b | c`), so that long chains do
not nest deeply. Spans are ignored in comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.ir.model import AxiomKind, AxiomRole

# --- patterns --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """The names that a binding or parameter list binds: one name, or a tuple, possibly `()`. None stands for `_`."""

    names: tuple[str | None, ...]
    is_tuple: bool


# --- expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a base set or relation, a set of the dialect, or a builtin function."""

    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TagLiteral:
    """`'name`."""

    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EmptyLiteral:
    """`0` or `{}`: the empty relation, set of events or set of values, as its use requires."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UniverseLiteral:
    """`_`: all events, or all pairs of events, as its use requires."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SetLiteral:
    """`{e1, ..., en}`, n > 0."""

    items: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TupleLiteral:
    """`(e1, ..., en)`, n != 1."""

    items: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Op:
    """An infix operator, one of `| ++ ; \\ & *`, with its two or more operands in the order of the text.

    `|`, `;` and `&` associate; `++` groups from the right and `\\` from the left; `*` has two operands.
    """

    op: str
    operands: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`~e`, or a postfix operator `+ * ? ^-1`, or `[e]` (op `[]`)."""

    op: str
    operand: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """`f e`."""

    function: Expr
    argument: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """`fun pattern -> body`; `name` is the name in `let name pattern = body`, otherwise `fun`."""

    name: str
    pattern: Pattern
    body: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """`pattern = value`."""

    pattern: Pattern
    value: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LetIn:
    """`let [rec] bindings in body`."""

    bindings: tuple[Binding, ...]
    recursive: bool
    body: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """`"name"`: whether the variant is on."""

    name: str


@dataclass(frozen=True, slots=True)
class VariantNot:
    operand: VariantCondition


@dataclass(frozen=True, slots=True)
class VariantAnd:
    operands: tuple[VariantCondition, ...]


@dataclass(frozen=True, slots=True)
class VariantOr:
    operands: tuple[VariantCondition, ...]


VariantCondition = Variant | VariantNot | VariantAnd | VariantOr


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`, op one of `= subset in`."""

    op: str
    left: Expr
    right: Expr
    span: Span = field(compare=False, repr=False)


Condition = VariantCondition | Comparison


@dataclass(frozen=True, slots=True)
class If:
    """`if condition then e else e`."""

    condition: Condition
    then: Expr
    otherwise: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MatchTag:
    """`match e with 'tag -> e || ... || _ -> e end`."""

    subject: Expr
    clauses: tuple[tuple[str, Expr], ...]
    default: Expr | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MatchSet:
    """`match e with {} -> empty || x ++ rest -> step end`.

    `names` are (x, rest), or (before, x, after) for the clause `before | x ++ after -> step`.
    """

    subject: Expr
    empty: Expr
    names: tuple[str | None, ...]
    step: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Try:
    """`try body with otherwise`."""

    body: Expr
    otherwise: Expr
    span: Span = field(compare=False, repr=False)


Expr = (
    Name
    | TagLiteral
    | EmptyLiteral
    | UniverseLiteral
    | SetLiteral
    | TupleLiteral
    | Op
    | Unary
    | Apply
    | Function
    | LetIn
    | If
    | MatchTag
    | MatchSet
    | Try
)

# --- statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """`[flag | undefined_unless | assert] [~]acyclic e [as name]`; `is_assert` marks `assert`."""

    kind: AxiomKind
    negated: bool
    role: AxiomRole
    is_assert: bool
    expr: Expr
    name: str | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Let:
    """`let [rec] bindings [when check]`."""

    bindings: tuple[Binding, ...]
    recursive: bool
    when: Check | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Show:
    """`show a, b`, or `unshow a, b`."""

    names: tuple[Name, ...]
    visible: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ShowAs:
    """`show e as name`."""

    expr: Expr
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Include:
    """`include "file"`."""

    file: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Procedure:
    """`procedure [rec] name(parameters) = body end`."""

    name: str
    pattern: Pattern
    body: tuple[Statement, ...]
    recursive: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`call procedure(argument) [as name]`."""

    procedure: Name
    argument: Expr
    name: str | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Enum:
    """`enum name = 'a || 'b`."""

    name: str
    tags: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ForAll:
    """`forall name in set do body end`."""

    name: str
    set: Expr
    body: tuple[Statement, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WithFrom:
    """`with name from set`."""

    name: str
    set: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MatchStatement:
    """`match e with 'tag -> statements || _ -> statements end`."""

    subject: Expr
    clauses: tuple[tuple[str, tuple[Statement, ...]], ...]
    default: tuple[Statement, ...] | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IfStatement:
    """`if "variant" statements else statements end`."""

    condition: VariantCondition
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Debug:
    """`debug e`."""

    expr: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Instructions:
    """`instructions X[...]` or `default X[...]`: declarations of a bell file, without meaning in a model."""

    name: str
    arguments: tuple[Expr, ...]
    is_default: bool
    span: Span = field(compare=False, repr=False)


Statement = (
    Let
    | Check
    | Show
    | ShowAs
    | Include
    | Procedure
    | Call
    | Enum
    | ForAll
    | WithFrom
    | MatchStatement
    | IfStatement
    | Debug
    | Instructions
)


@dataclass(frozen=True, slots=True)
class CatFile:
    """A parsed file: its identity line (empty if there is none) and its statements.

    `catdep`: it computes dependencies, so that accesses to registers are events as all others are.
    """

    identity: str
    statements: tuple[Statement, ...]
    catdep: bool = False


# --- free names ------------------------------------------------------------------------------------------------------


def free_names(function: Function) -> Iterator[Name]:
    """The free names of a function that must be defined.

    The body of a `try` and the branches of an `if` on variants are left out: they may never be evaluated, or fail.
    """
    bound = frozenset(name for name in function.pattern.names if name is not None)
    todo: list[tuple[Expr, frozenset[str]]] = [(function.body, bound)]
    while todo:  # no recursion: a chain of postfix operators can be deeper than Python's stack
        expr, bound = todo.pop()
        match expr:
            case Name(name=name):
                if name not in bound:
                    yield expr
            case SetLiteral(items=items) | TupleLiteral(items=items) | Op(operands=items):
                todo.extend((item, bound) for item in items)
            case Unary(operand=operand):
                todo.append((operand, bound))
            case Apply(function=head, argument=argument):
                todo += ((head, bound), (argument, bound))
            case Function(pattern=pattern, body=body):
                todo.append((body, bound.union(n for n in pattern.names if n is not None)))
            case LetIn(bindings=bindings, recursive=recursive, body=body):
                inner = bound.union(n for b in bindings for n in b.pattern.names if n is not None)
                todo.append((body, inner))
                todo.extend((b.value, inner if recursive else bound) for b in bindings)
            case If(condition=Comparison(left=left, right=right), then=then, otherwise=otherwise):
                todo += ((left, bound), (right, bound), (then, bound), (otherwise, bound))
            case MatchTag(subject=subject, clauses=clauses, default=default):
                todo.append((subject, bound))
                todo.extend((clause, bound) for _, clause in clauses)
                if default is not None:
                    todo.append((default, bound))
            case MatchSet(subject=subject, empty=empty, names=names, step=step):
                todo += ((subject, bound), (empty, bound))
                todo.append((step, bound.union(n for n in names if n is not None)))
            case Try(otherwise=otherwise):
                todo.append((otherwise, bound))
            case _:
                pass
