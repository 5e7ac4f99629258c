"""The assembly of every test in C, the kernel's and C11: it decides as the test does, and has the same dependencies."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from oracles.assembled import as_dependent, question, same_answer
from oracles.effort import some

from litmus.base.errors import UnsupportedError
from litmus.cat.registry import info
from litmus.engine import Engine
from litmus.frontend.files import read_test

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
ARCHS = {name: info(name) for name in ("x86-tso", "power", "alpha", "aarch64", "armv7", "mips", "riscv", "loongarch")}
ERAS = {name: tuple(mapping.era for mapping in arch.kernel) for name, arch in ARCHS.items()}
FILES = sorted(
    path
    for path in (ROOT / "catalog").rglob("*.litmus")
    if path.read_text("utf-8").startswith("C ")
    and not {"lkmm", "kernel-rcu"} & {*path.parts}  # where the same is told once more; and what has no assembly
)
OWN = sorted((Path(__file__).parent / "litmus" / "C").glob("*.litmus"))
C11 = {name: arch for name, arch in ARCHS.items() if arch.c11}
MOST, MOST_OF_C11 = 40, 20
"""Events that an assembly may have for its loops to go round more than once: two loops of a lock make nine of one."""

LARGE = frozenset({"atomic-return", "atomic-test", "atomic-void", "bits", "exchange", "locks"})
"""Tests with so many loops that their assembly takes seconds to decide; what they are made of is in the others."""


def test_there_is_a_catalogue() -> None:
    assert FILES


@pytest.mark.parametrize("path", some(FILES, 4), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_catalogue_as_assembly(engine: Engine, path: Path) -> None:
    test = read_test(str(path))
    most = MOST_OF_C11 if test.language else MOST
    for name, architecture in (C11 if test.language else ARCHS).items():
        decided: list[object] = []
        for era in ("v6",) if test.language else ERAS[name]:
            asked = question(test, architecture, era)
            if asked not in decided:
                assert same_answer(engine, test, architecture, era, most) != "not written"
                decided.append(asked)


@pytest.mark.parametrize("path", some([*FILES, *OWN], 3), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_dependencies_are_those_of_the_test(path: Path) -> None:
    test = read_test(str(path))
    for arch in ("power", "alpha", "aarch64", "armv7", "mips", "riscv", "loongarch"):  # the models of x86 know none
        for era in () if test.language and arch not in C11 else ("v6",) if test.language else ERAS[arch]:
            with suppress(UnsupportedError):  # which the tests above are about
                assert as_dependent(test, ARCHS[arch], era)


@pytest.mark.parametrize("path", [p for p in OWN if p.stem not in LARGE], ids=lambda path: path.stem)
def test_our_own_tests_as_assembly(engine: Engine, path: Path) -> None:
    test = read_test(str(path))
    for architecture in ARCHS.values():
        same_answer(engine, test, architecture, "v6", MOST)
