"""Models, and files that include each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from litmus.cat import load_text
from litmus.cat.load import files_of, load

from .base import Text, Work, in_folder, many

_SETS = frozenset({"X"})


def elaborates(text: str) -> Work:
    """A model is read and elaborated."""
    return lambda: load_text(text).elaborate(_SETS)


MODELS: dict[str, tuple[int, Text]] = {
    "cat: lets": (100, lambda n: "let a0 = po\n" + many(lambda k: f"let a{k + 1} = a{k} ; po\n", n) + f"acyclic a{n}"),
    "cat: doubling lets": (
        50,
        lambda n: "let a0 = po\n" + many(lambda k: f"let a{k + 1} = a{k} ; a{k}\n", n) + f"acyclic a{n}",
    ),
    "cat: one let again": (100, lambda n: "let a = po\n" + "let a = a | rf ; a\n" * n + "acyclic a"),
    "cat: unused lets": (100, lambda n: many(lambda k: f"let a{k} = po | rf\n", n) + "acyclic po"),
    "cat: unions": (100, lambda n: "acyclic " + "po | " * n + "rf"),
    "cat: unions of different terms": (
        40,
        lambda n: (
            "let a0 = po\n"
            + many(lambda k: f"let a{k + 1} = a{k} ; rf\n", n)
            + "acyclic "
            + many(lambda k: f"a{k}", n, " | ")
        ),
    ),
    "cat: sequences": (100, lambda n: "acyclic " + "po ; " * n + "rf"),
    "cat: intersections": (100, lambda n: "acyclic " + "po & " * n + "rf"),
    "cat: differences": (100, lambda n: "acyclic po" + " \\ rf" * n),
    "cat: stars": (100, lambda n: "acyclic po" + "*" * n),
    "cat: inverses": (100, lambda n: "acyclic po" + "^-1" * n),
    "cat: parentheses": (50, lambda n: "acyclic " + "(" * n + "po" + ")" * n),
    "cat: complements": (50, lambda n: "acyclic " + "~" * n + "po"),
    "cat: brackets": (50, lambda n: "acyclic " + "[W] ; " * n + "po"),
    "cat: axioms": (100, lambda n: "acyclic po | rf\n" * n),
    "cat: named axioms": (100, lambda n: many(lambda k: f"acyclic po | rf as a{k}\n", n)),
    "cat: functions": (50, lambda n: many(lambda k: f"let f{k}(r) = r ; po\n", n) + "acyclic f0(rf)"),
    "cat: functions that call the next": (
        20,
        lambda n: "let f0(r) = r ; po\n" + many(lambda k: f"let f{k + 1}(r) = f{k}(r)\n", n) + f"acyclic f{n}(rf)",
    ),
    "cat: functions that call the next twice": (
        20,
        lambda n: (
            "let f0(r) = r ; po\n"
            + many(lambda k: f"let f{k + 1}(r) = f{k}(r) | f{k}(r ; r)\n", n)
            + f"acyclic f{n}(rf)"
        ),
    ),
    "cat: functions that call the next twice alike": (
        20,
        lambda n: (
            "let f0(r) = r ; po\n" + many(lambda k: f"let f{k + 1}(r) = f{k}(r) ; f{k}(r)\n", n) + f"acyclic f{n}(rf)"
        ),
    ),
    "cat: a function that calls itself": (
        50,
        lambda n: "let rec f(r) = f(r ; po)\n" + "acyclic f(po)\n" * n,
    ),
    "cat: calls in calls": (20, lambda n: "let f(r) = r ; po\nacyclic " + "f(" * n + "po" + ")" * n),
    "cat: recursive lets": (
        20,
        lambda n: "let rec " + many(lambda k: f"a{k} = po | (a{(k + 1) % n} ; rf)", n, "\nand ") + "\nacyclic a0",
    ),
    "cat: recursive lets one by one": (
        50,
        lambda n: many(lambda k: f"let rec a{k} = po | (a{k} ; rf)\n", n) + "acyclic a0",
    ),
    "cat: tuples": (100, lambda n: "let a = (" + "po, " * n + "rf)\nacyclic po"),
    "cat: lets in lets": (30, lambda n: "acyclic " + many(lambda k: f"let a{k} = po in ", n) + "po"),
    "cat: ifs": (30, lambda n: "acyclic " + 'if "v" then po else ' * n + "po"),
    "cat: matches": (20, lambda n: "acyclic po\n" + "let f(s) = match s with || {} -> po || e ++ es -> po end\n" * n),
    "cat: sets of sets": (50, lambda n: "let s = {" + "po, " * n + "rf}\nacyclic po"),
    "cat: enumerations": (50, lambda n: many(lambda k: f"enum e{k} = 'A{k} || 'B{k}\n", n) + "acyclic po"),
    "cat: procedures": (
        50,
        lambda n: many(lambda k: f"procedure p{k}(r) = acyclic r end\n", n) + "call p0(po)",
    ),
    "cat: procedures that call the next twice": (
        10,
        lambda n: (
            "procedure p0(r) = acyclic r end\n"
            + many(lambda k: f"procedure p{k + 1}(r) = call p{k}(r)\ncall p{k}(r) end\n", n)
            + f"call p{n}(po)"
        ),
    ),
    "cat: shows": (100, lambda n: "acyclic po\n" + "show po as a\n" * n),
    "cat: flags": (50, lambda n: "acyclic po\n" + many(lambda k: f"flag ~empty po as f{k}\n", n)),
    "cat: comments": (100, lambda n: "acyclic po (* a comment *)\n" * n),
    "cat: nested comments": (200, lambda n: "acyclic po " + "(* " * n + " *)" * n),
    "cat: open comments": (200, lambda n: "acyclic po " + "(* " * n),
    "cat: long name": (500, lambda n: f"let {'a' * n} = po\nacyclic {'a' * n}"),
    "cat: long identity": (500, lambda n: f'"{"a" * n}"\nacyclic po'),
    "cat: misspelt names": (20, lambda n: many(lambda k: f"let name{k} = po\n", n) + "acyclic naem1"),
    "cat: tries": (20, lambda n: "acyclic " + "try " * n + "po" + " with rf" * n),
    "cat: withs": (3, lambda n: many(lambda k: f"with o{k} from {{po, rf}}\n", n) + "acyclic po"),
}


def _includes(files: dict[str, str]) -> Work:
    def work(folder: Path) -> None:
        model = load(str(folder / "m0.cat"))
        files_of(model)
        model.elaborate(_SETS)

    return in_folder(files, work)


def _cat_files(n: int, included: Callable[[int], list[int]]) -> Work:
    return _includes(
        {
            f"m{k}.cat": "".join(f'include "m{j}.cat"\n' for j in included(k)) + f"let a{k} = po\nacyclic po\n"
            for k in range(n)
        }
    )


INCLUDES: dict[str, tuple[int, Callable[[int], Work]]] = {
    "include: chain": (20, lambda n: _cat_files(n, lambda k: [k + 1] if k + 1 < n else [])),
    "include: cycle": (20, lambda n: _cat_files(n, lambda k: [(k + 1) % n])),
    "include: twice each": (20, lambda n: _cat_files(n, lambda k: [k + 1, k + 1] if k + 1 < n else [])),
    "include: all from one": (20, lambda n: _cat_files(n, lambda k: list(range(1, n)) if k == 0 else [])),
    "include: one file again": (50, lambda n: _cat_files(2, lambda k: [1] * n if k == 0 else [])),
    "include: missing": (50, lambda n: _cat_files(n, lambda k: [n] if k == 0 else [])),
}
