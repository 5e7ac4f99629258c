"""Descriptions, passing tables, shelves, indexes and states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from litmus.base.errors import ModelError
from litmus.base.source import Source
from litmus.base.yaml_tree import parse as parse_yaml
from litmus.cat.description import read_info
from litmus.catalog.reading import load_shelf
from litmus.frontend.files import expand
from litmus.frontend.outcome import with_outcome
from litmus.frontend.parser import parse_test
from litmus.pci.ordering import read_passing

from .base import Work, in_folder, many, x86

_DESCRIPTION = "name: m\ndescription: d\nsource: [s]\ndialects: []\ndefault_for: []\nlimits: [l]\n"


def _describes(more: str, model: str = "acyclic po & (X * X)\n") -> Work:
    return in_folder({"m.cat": model, "m.yaml": _DESCRIPTION + more}, lambda folder: read_info(folder / "m.yaml"))


def _passes(text: str) -> Work:
    return in_folder({"p.yaml": text}, lambda folder: read_passing(str(folder / "p.yaml")))


def _yaml(text: str) -> Work:
    return lambda: parse_yaml(Source("y", text), ModelError, "the text")


def _shelf(text: str, files: dict[str, str] | None = None) -> Work:
    return in_folder({"shelf.yaml": text, **(files or {})}, lambda folder: load_shelf(folder, folder.parent))


def _claim(k: int) -> str:
    return (
        f"  T{k}:\n    claim: c\n    source: {{document: d, where: w}}\n"
        "    expected: {allowed: [x86-tso]}\n    argument: a\n"
    )


def _operations(n: int) -> str:
    return "operations:\n  - source: s\n" + many(lambda k: f"    o{k}: {{fence: [X], meaning: m}}\n", n)


def _index(files: dict[str, str]) -> Work:
    def work(folder: Path) -> None:
        expand([f"{folder}/@i0"])

    return in_folder(files, work)


FILES: dict[str, tuple[int, Callable[[int], Work]]] = {
    "yaml: keys": (50, lambda n: _yaml(many(lambda k: f"a{k}: x\n", n))),
    "yaml: list": (50, lambda n: _yaml("a: [" + "x, " * n + "x]")),
    "yaml: nesting": (50, lambda n: _yaml("[" * n + "]" * n)),
    "yaml: open nesting": (50, lambda n: _yaml("{a: " * n)),
    "yaml: indentation": (15, lambda n: _yaml(many(lambda k: " " * k + "a:\n", n))),
    "yaml: aliases": (50, lambda n: _yaml("a: &a x\n" + many(lambda k: f"b{k}: *a\n", n))),
    "yaml: anchors": (50, lambda n: _yaml(many(lambda k: f"b{k}: &a{k} x\n", n))),
    "yaml: merges": (50, lambda n: _yaml(many(lambda k: f"b{k}: {{<<: {{a: 1}}}}\n", n))),
    "yaml: long key": (500, lambda n: _yaml(f"? {'a' * n}\n: x")),
    "yaml: long text": (500, lambda n: _yaml(f'a: "{"x " * n}"')),
    "yaml: lines": (200, lambda n: _yaml("a: |\n" + "  x\n" * n)),
    "yaml: comments": (500, lambda n: _yaml("# a\n" * n)),
    "yaml: documents": (50, lambda n: _yaml("--- x\n" * n)),
    "yaml: tags": (50, lambda n: _yaml(many(lambda k: f"b{k}: !t{k} x\n", n))),
    "description: unknown keys": (20, lambda n: _describes(many(lambda k: f"k{k}: x\n", n))),
    "description: limits": (20, lambda n: _describes("aliases: [" + many(lambda k: f"A{k}", n, ", ") + "]\n")),
    "description: operations": (20, lambda n: _describes(_operations(n))),
    "description: groups": (
        20,
        lambda n: _describes(
            "operations:\n" + many(lambda k: f"  - source: s\n    o{k}: {{fence: [X], meaning: m}}\n", n)
        ),
    ),
    "description: tags": (
        20,
        lambda n: _describes("operations:\n  - source: s\n    o: {fence: [" + "X, " * n + "X], meaning: m}\n"),
    ),
    "description: ignored": (
        20,
        lambda n: _describes("ignored: [" + many(lambda k: f"A{k}", n, ", ") + "]\n" + _operations(1)),
    ),
    "description: rows": (
        20,
        lambda n: _describes(_operations(1) + "kernel:\n  v6:\n    - source: s\n" + "      smp_mb: [o0]\n" * n),
    ),
    "description: long rows": (
        20,
        lambda n: _describes(
            _operations(1) + "kernel:\n  v6:\n    - source: s\n      smp_mb: [" + "o0, " * n + "o0]\n"
        ),
    ),
    "description: misspelt primitives": (
        20,
        lambda n: _describes(
            _operations(1) + "kernel:\n  v6:\n    - source: s\n      " + "smp_mb, " * n + "smp_bm: [o0]\n"
        ),
    ),
    "description: comments of its model": (
        50,
        lambda n: _describes(_operations(1), "acyclic po & (X * X)\n" + "(* " * n + "(* *)\n" * n),
    ),
    "passing: sources": (
        20,
        lambda n: _passes("name: p\ndescription: d\nrules: {}\nsource:\n" + "  - s\n" * n),
    ),
    "passing: rules": (
        20,
        lambda n: _passes("name: p\ndescription: d\nsource: [s]\nrules:\n" + many(lambda k: f"  r{k}: {{}}\n", n)),
    ),
    "passing: attributes": (
        20,
        lambda n: _passes(
            "name: p\ndescription: d\nsource: [s]\nrules:\n  posted: {posted: {pass: [" + "RO, " * n + "RO], why: w}}\n"
        ),
    ),
    "shelf: tests without files": (20, lambda n: _shelf("title: t\nabout: a\ntests:\n" + many(_claim, n))),
    "shelf: tests": (
        5,
        lambda n: _shelf(
            "title: t\nabout: a\ntests:\n" + many(_claim, n),
            {f"T{k}.litmus": x86(" MOV [x],$1 ;").replace("X86 t", f"X86 T{k}") for k in range(n)},
        ),
    ),
    "shelf: expectations": (
        20,
        lambda n: _shelf(
            "title: t\nabout: a\ntests:\n" + _claim(0).replace("[x86-tso]", "[" + "x86-tso, " * n + "x86-tso]"),
            {"T0.litmus": x86(" MOV [x],$1 ;").replace("X86 t", "X86 T0")},
        ),
    ),
    "shelf: files without tests": (
        20,
        lambda n: _shelf("title: t\nabout: a\ntests:\n" + _claim(0), {f"T{k}.litmus": x86(" NOP ;") for k in range(n)}),
    ),
    "index: lines": (50, lambda n: _index({"@i0": "a.litmus\n" * n})),
    "index: chain": (20, lambda n: _index({f"@i{k}": f"@i{k + 1}\n" for k in range(n)})),
    "index: twice each": (12, lambda n: _index({f"@i{k}": f"@i{k + 1}\n" * 2 for k in range(n)})),
    "index: cycle": (20, lambda n: _index({f"@i{k}": f"@i{(k + 1) % n}\n" for k in range(n)})),
    "state: atoms": (50, lambda n: _state("x=1; " * n)),
    "state: names": (50, lambda n: _state(many(lambda k: f"y{k}=1; ", n))),
}


def _state(text: str) -> Work:
    test = parse_test(Source("t", x86(" MOV [x],$1 ;")))
    return lambda: with_outcome(test, text)
