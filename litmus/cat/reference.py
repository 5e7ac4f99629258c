"""The reference page of cat: what of the language is accepted, from the tables of its reader and from archs/lib."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.cat import ast
from litmus.cat.builtins import UNSUPPORTED
from litmus.cat.clauses import text_of
from litmus.cat.expressions import BASE, Evaluator
from litmus.cat.parser import parse
from litmus.cat.static import MOST
from litmus.ir.model import Type

STATEMENTS: Mapping[str, tuple[str, str]] = {
    "let": ("let [rec] x = e [and y = e] [when acyclic e]", "Defines names. With rec: functions, or a least solution."),
    "acyclic": ("acyclic e [as name]", "What a consistent execution obeys."),
    "irreflexive": ("irreflexive e [as name]", "Likewise."),
    "empty": ("empty e [as name]", "Likewise, of a set or of a relation."),
    "~": ("~acyclic e, ~irreflexive e, ~empty e", "The opposite of the check."),
    "flag": ("flag CHECK as name", "Marks the executions in which the check holds."),
    "undefined_unless": ("undefined_unless CHECK as name", "Marks those in which it does not, as undefined."),
    "assert": ("assert CHECK as name", "Marks those in which it does not, as an assertion that failed."),
    "show": ("show x, y or show e as name", "Draws relations in pictures. Unknown names are not drawn."),
    "unshow": ("unshow x, y", "Does not draw them."),
    "include": ('include "file"', "Runs a file: of the same folder, of a folder of -I, or of archs/lib."),
    "procedure": ("procedure [rec] p(x, y) = STATEMENTS end", "Defines a procedure."),
    "call": ("call p(e) [as name]", "Runs it; the name is that of its unnamed checks."),
    "enum": ("enum E = 'a || 'b", "Defines tags, and E as the set of all of them."),
    "forall": ("forall x in S do STATEMENTS end", "Runs statements for each element of a set."),
    "with": ("with x from S", "Each execution has one of the elements; herd7 tries one after the other."),
    "match": ("match e with 'a -> STATEMENTS || _ -> STATEMENTS end", "Chooses by a tag."),
    "if": (
        'if "variant" STATEMENTS [else STATEMENTS] end',
        "Chooses by --variant; not, && and || are allowed, and variant before the name.",
    ),
    "debug": ("debug e", "Evaluates an expression and prints nothing."),
    "instructions": ("instructions X[...]", "Which events can have which tags: all tags of a bell file are sets here."),
    "default": ("default X[...]", "Likewise."),
}
"""The statements by the word that they start with: form and meaning."""

EXPRESSIONS: Mapping[str, tuple[str, str]] = {
    "let": ("let [rec] x = e in e", "A local definition."),
    "fun": ("fun x -> e", "A function; fun (x, y) -> e takes a tuple."),
    "try": ("try e with e", "The second if the first has no value: an unknown name, or a wrong type."),
    "if": ("if COND then e else e", 'COND is "variant", e = e, e subset e, or e in e.'),
    "match": ("match e with {} -> e || x ++ rest -> e end", "By the elements of a set, or 'a -> e || _ -> e by a tag."),
}
"""The expressions that start with a word, likewise."""

_OPERATORS: Sequence[tuple[str, str]] = (
    ("r | s", "union; binds loosest"),
    ("e ++ S", "adds an element"),
    ("r ; s", "sequence"),
    ("r \\ s", "difference"),
    ("r & s", "intersection"),
    ("A * B", "all pairs; on one level with the next two"),
    ("r+, r*, r?", "closures"),
    ("~r", "complement"),
    ("r^-1, r^+, r^*", "inverse, closures"),
    ("f e", "application; binds tightest"),
    ("[S]", "the identity on a set"),
    ("{a, b}, {}, 0, _", "a set of elements; the empty set or relation; the universe"),
    ("'a", "a tag"),
)

GIVEN: Mapping[str, str] = {
    "M": "accesses to memory: R | W",
    "R": "reads",
    "W": "writes, with initial ones",
    "F": "fences",
    "B": "branches",
    "IW": "initial writes",
    "FW": "the last write of each location",
    "po": "program order, between instructions",
    "addr": "address dependencies",
    "data": "data dependencies",
    "ctrl": "control dependencies",
    "rmw": "the read and the write of an atomic update",
    "amo": "the same, of one instruction",
    "pick-addr": "address dependencies through the condition of a selection (CSEL of AArch64)",
    "pick-data": "the same of data, and of the write of a compare-and-swap on what it compares with",
    "pick-ctrl": "the same of control",
    "rf": "reads-from",
    "co": "coherence order, which every execution has",
    "loc": "accesses to one location",
    "int": "events of one thread",
    "ext": "events of different threads; initial writes are of none",
    "id": "the identity",
    "same-instance": "events of one instruction",
}
"""What an execution gives."""

REGISTERS: Mapping[str, str] = {
    "Rreg": "reads of registers",
    "Wreg": "writes of registers",
    "ADDR": "reads of registers for the address of an access to memory",
    "DATA": "reads of registers for the value that a store writes",
    "NDATA": "all other reads of registers",
    "rf-reg": "from a write of a register to the reads of what it wrote",
    "iico_data": "within an instruction, to an event that needs what another one found",
    "iico_ctrl": "within an instruction, to an event that another one decides on",
    "iico_order": "within an instruction, between accesses that are only in order",
}
"""What an execution gives to models that look at accesses to registers."""

FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "domain": ("(r)", "the sources of a relation"),
    "range": ("(r)", "its targets"),
    "as_transitive": ("(r)", "r+"),
    "inter_transitive": ("(r, s)", "r+ & s"),
    "fromto": ("(S)", "pairs in program order with a fence of S between them"),
    "tag2events": ("('a)", "the set of events that a tag names"),
    "different-values": ("(r)", "the pairs of r whose events read or wrote different values"),
    "map": ("(f)", "the function that makes of a set the set of f(e) for each of its elements e"),
    "cross": ("(SS)", "all unions of one relation from each set in SS"),
    "classes-loc": ("(S)", "a set of events, partitioned by location"),
    "classes": ("(r)", "the classes of an equivalence relation"),
    "linearisations": ("(S, r)", "the total orders of S that extend r"),
    "fail": ("(e)", "an error"),
}
"""The functions that are not defined in cat: arguments and meaning."""

_REFUSED: Sequence[tuple[str, str]] = (
    ("-variant deps of herd7, with its deps.cat", "it has no addr, data and ctrl: here every execution gives them"),
    ("let rec ... when ~CHECK", "negated checks during a recursion"),
    (
        "let rec r = ~r, let rec r = s \\ r",
        "a recursion that is not monotone, unless it comes to rest when it starts from nothing",
    ),
    ("try f(x) with e, with too few x", "older files call ctrlcfence like this, and e would weaken the model"),
    (f"sets of more than {MOST:,} elements", "too many to list; the orders that with ... from chooses from are not"),
    ("orders that depend on the execution, outside with ... from", "only there it is known which executions have them"),
    (
        "classes r, x ++ rest and the like, of what depends on the execution",
        "all executions are decided at once; with ... from chooses of classes-loc, of linearisations and of their "
        "cross product all the same, and a definition that nothing needs may have any of these",
    ),
    ("an access that is a read and a write", "an atomic update has two events, and rmw relates them"),
)

_TITLE = """# The cat language

<!-- Written by `litmus reference cat --format markdown`: do not edit. -->

The language is that of herd7 7.58; models written for it are read as they are. What is not accepted is an error with
its place, and is listed at the end. A definition or a `show` may have no value, because of an unknown name or a wrong
type, as long as nothing needs it, as in herd7: files for several architectures define more than each has. An error
behind a check that no execution of a test obeys is a note of the answer, which has no states: herd7 does not come to
it. In a sequence herd7 leaves out what is behind a part that is empty in the execution at hand, an unknown name, too,
and so decides some tests by a model for another architecture; litmus refuses them. The words before the first
statement are a title: herd7 takes an architecture there, and refuses tests of others; litmus does not.

The sets of a dialect's fences and annotations are on the page of the instructions."""


_REGISTERS = """A model that needs one of these names, or begins with the word `catdep`, is decided with the accesses to
registers as events; for all others there are none. With `catdep` they are in `_`, `po`, `int`, `ext` and `id` as all
events are, and `loc` relates those of one register; without it they are in `same-instance` and in the relations below,
and the sets are empty. Branches of x86 are in B and make `ctrl`; herd7 has no event for them."""


_LIBRARY = """Every model starts with `builtin.cat` and then with `stdlib.cat`: that of its own folder, of a folder of
`-I`, or else ours; a model that comes with litmus always has ours. The other files are for `include`. What one of them
includes is searched for in these folders first, so that each can be replaced, as in herd7."""


def cat_reference() -> str:
    """The page, in markdown."""
    functions = Evaluator(frozenset(), frozenset(), frozenset(), None).builtins.functions
    sets = [name for name, (_, type) in BASE.items() if type is Type.SET]
    relations = [name for name in BASE if name not in sets]
    parts = [
        _TITLE,
        "## Statements",
        _table(("form", "meaning"), STATEMENTS.values()),
        "## Expressions",
        _table(("form", "meaning"), [*EXPRESSIONS.values(), *_OPERATORS]),
        "## Sets that an execution gives",
        _table(("set", "its events"), [(name, GIVEN[name]) for name in sets]),
        "## Relations that an execution gives",
        _table(("relation", "meaning"), [(name, GIVEN[name]) for name in relations]),
        "## Accesses to registers",
        _REGISTERS,
        _table(("name", "meaning"), REGISTERS.items()),
        "## Functions",
        _table(("function", "value"), [(name + FUNCTIONS[name][0], FUNCTIONS[name][1]) for name in functions]),
        "## The library",
        _LIBRARY,
        *_library(),
        "## What is refused",
        _table(("name", "why"), UNSUPPORTED.items()),
        _table(("construct", "why"), _REFUSED),
    ]
    return "\n\n".join(parts) + "\n"


def _library() -> Iterator[str]:
    """A table for each file of archs/lib, of what it defines."""
    for path in sorted((folder("archs") / "lib").glob("*.cat"), key=_first):
        file = parse(Source(str(path), path.read_text("utf-8")))
        rows = [row for statement in file.statements for row in _definitions(statement)]
        yield f"`{path.name}`: {file.identity}"
        if rows:
            yield _table(("name", "definition"), rows)


def _first(path: Path) -> tuple[int, Path]:
    """Sorts the files that every model starts with before the others."""
    return {"builtin.cat": 0, "stdlib.cat": 1}.get(path.name, 2), path


def _definitions(statement: ast.Statement) -> Iterator[tuple[str, str]]:
    match statement:
        case ast.Let(bindings=bindings):
            for binding in bindings:
                value, names = binding.value, ", ".join(name or "_" for name in binding.pattern.names)
                if isinstance(value, ast.Function) and value.name != "fun":
                    names, value = names + _arguments(value.pattern), value.body
                yield names, _short(text_of(value.span))
        case ast.Procedure(name=name, pattern=pattern):
            yield f"{name}{_arguments(pattern)}", "a procedure"
        case ast.Include(file=file):
            yield f'include "{file}"', "what that file defines"
        case _:
            pass


def _arguments(pattern: ast.Pattern) -> str:
    return f"({', '.join(name or '_' for name in pattern.names)})"


def _short(text: str) -> str:
    return text if len(text) <= 70 else "by recursion"


def _table(headers: Sequence[str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [headers, ["---"] * len(headers), *([f"`{_cell(left)}`", _prose(right)] for left, right in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _prose(text: str) -> str:
    return _cell(text).replace("*", "\\*").replace("_", "\\_")
