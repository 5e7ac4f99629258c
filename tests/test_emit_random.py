"""The assembly of random tests in kernel C: it decides as they do, and depends on what they depend on."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from oracles.assembled import as_dependent, same_answer
from oracles.effort import examples
from oracles.kernel_programs import kernel_texts
from oracles.shared import engine as ENGINE

from litmus.base.errors import UnsupportedError
from litmus.base.source import Source
from litmus.cat.registry import info
from litmus.frontend.parser import parse_test

pytestmark = pytest.mark.slow

ARCHS = {name: info(name) for name in ("x86-tso", "power", "alpha", "aarch64", "armv7", "mips", "riscv", "loongarch")}
NARROW = frozenset({"armv7", "mips"})
"""Which have registers of 32 bits."""


@pytest.mark.parametrize("arch", ARCHS)
def test_random_tests_as_assembly(arch: str) -> None:
    @examples(30)
    @given(kernel_texts())
    def check(text: str) -> None:
        found = same_answer(ENGINE, parse_test(Source("random", text)), ARCHS[arch], "v6")
        assert found == ("too wide" if arch in NARROW and "long" in text else "same")

    check()


@pytest.mark.parametrize("arch", ["power", "alpha", "aarch64", "armv7", "mips", "riscv", "loongarch"])
def test_random_tests_have_the_same_dependencies(arch: str) -> None:
    @examples(150)
    @given(kernel_texts())
    def check(text: str) -> None:
        if arch in NARROW and "long" in text:
            return
        test = parse_test(Source("random", text))
        with suppress(UnsupportedError):  # an update of what may overflow, in the instructions of some
            assert as_dependent(test, ARCHS[arch], "v6")

    check()
