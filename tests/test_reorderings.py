"""What descriptions say of accesses that need not keep their order: neither more nor less than the models do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import ModelError
from litmus.cat.description import read_info
from litmus.cat.registry import info
from litmus.engine import Engine
from litmus.ir.options import Options
from litmus.ir.verdict import Answer

ARCHITECTURES = [model.name for model in litmus.models() if model.kernel]

# For each pair of accesses and each dependency of the later on the earlier one: the initial state, the thread that has
# them with nothing between, the other thread, which has a full barrier, and the outcome if they are not in order.
WRITES = "P1(int *x, int *y) { *x = 1; smp_mb(); *y = 1; }"
READS = "int r0; int r1; r0 = *y; smp_mb(); r1 = *x;"
PAIRS = {
    ("R", "R", ""): ("", "int r0; int r1; r0 = *y; r1 = *x;", WRITES, "0:r0=1 /\\ 0:r1=0"),
    ("R", "R", "addr"): (
        "int *y=&z;",
        "int *r0; int r1; r0 = *y; r1 = *r0;",
        "P1(int *x, int **y) { *x = 1; smp_mb(); *y = x; }",
        "0:r0=x /\\ 0:r1=0",
    ),
    ("R", "R", "ctrl"): (
        "0:r1=2;",
        "int r0; int r1; r0 = *y; if (r0 == 1) { r1 = *x; }",
        WRITES,
        "0:r0=1 /\\ 0:r1=0",
    ),
    ("W", "W", ""): ("", "*x = 1; *y = 1;", f"P1(int *x, int *y) {{ {READS} }}", "1:r0=1 /\\ 1:r1=0"),
    ("W", "R", ""): (
        "",
        "int r0; *x = 1; r0 = *y;",
        "P1(int *x, int *y) { int r0; *y = 1; smp_mb(); r0 = *x; }",
        "0:r0=0 /\\ 1:r0=0",
    ),
    ("R", "W", ""): (
        "",
        "int r0; r0 = *y; *x = 1;",
        "P1(int *x, int *y) { int r0; r0 = *x; smp_mb(); *y = 1; }",
        "0:r0=1 /\\ 1:r0=1",
    ),
    ("R", "W", "addr"): (
        "int *y=&z;",
        "int *r0; r0 = *y; *r0 = 1;",
        "P1(int *x, int **y) { int r0; r0 = *x; smp_mb(); *y = x; }",
        "0:r0=x /\\ 1:r0=1",
    ),
    ("R", "W", "data"): (
        "",
        "int r0; r0 = *y; *x = r0;",
        "P1(int *x, int *y) { int r0; r0 = *x; smp_mb(); *y = 1; }",
        "0:r0=1 /\\ 1:r0=1",
    ),
    ("R", "W", "ctrl"): (
        "",
        "int r0; r0 = *y; if (r0 == 1) { *x = 1; }",
        "P1(int *x, int *y) { int r0; r0 = *x; smp_mb(); *y = 1; }",
        "0:r0=1 /\\ 1:r0=1",
    ),
}


def marked(text: str) -> str:
    """A program with marked accesses in place of plain ones, of which a model of the language says something else."""
    text = re.sub(r"\*(\w+) = (\w+);", r"WRITE_ONCE(*\1, \2);", text)
    return re.sub(r"(\w+) = \*(\w+);", r"\1 = READ_ONCE(*\2);", text)


def eras(arch: str) -> tuple[str, ...]:
    """What is said of a machine is about plain accesses, the same in all eras; what the kernel promises is not."""
    described = info(arch)
    return tuple(mapping.era for mapping in described.kernel[: None if described.of_language else 1])


@pytest.mark.parametrize(("arch", "era"), [(arch, era) for arch in ARCHITECTURES for era in eras(arch)])
def test_exactly_what_a_description_says_is_allowed(arch: str, era: str) -> None:
    described = info(arch)
    said = {(r.before, r.after, r.despite) for r in described.reorderings(era)}
    found = set()
    with Engine() as engine:
        for pair, (init, body, other, outcome) in PAIRS.items():
            pointer = "int **y" if "int *y" in init else "int *y"
            body = marked(body) if described.of_language else body
            other = marked(other) if described.of_language else other
            text = f"C t\n{{ {init} }}\nP0(int *x, {pointer}) {{ {body} }}\n{other}\nexists ({outcome})"
            if engine.check(litmus.parse(text), arch, Options(era=era)).answer is Answer.ALLOWED:
                found.add(pair)
    assert said == found


def test_each_says_why_and_where_that_is_written() -> None:
    for arch in ARCHITECTURES:
        for reordering in info(arch).reorders:
            assert reordering.because.endswith(".")
            assert reordering.origin.source


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("read: Why.", "'read' is no pair of accesses"),
        ("read fence: Why.", "'read fence' is no pair of accesses"),
        ("read read luck: Why.", "'read read luck' is no pair of accesses"),
        ("read read addr data: Why.", "'read read addr data' is no pair of accesses"),
        ("read read: Why.\n    read read: Because.", "read read"),
        ("read read: Why.\n  - source: you\n    read read: Why.", "'read read' is given twice"),
        ("read read: Why.\n  - source: you\n    era: v6\n    read read: Why.", "'read read' is given twice"),
        ("read read: Why.\n    era: v6\n  - source: you\n    read read: Why.", "'read read' is given twice"),
        ("read read: Why.\n    era: v2", "unknown era 'v2'"),
    ],
)
def test_what_is_wrong_with_a_pair_of_accesses(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "own.cat").write_text('"own"\nacyclic po | rf as it\n')
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\ndescription: own\nsource: [me]\ndialects: []\ndefault_for: []\nlimits: []\n"
        f"reorders:\n  - source: me\n    {rows}\n"
    )
    with pytest.raises(ModelError, match=message):
        read_info(path)
