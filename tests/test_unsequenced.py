"""The order in which C evaluates operands: which reads of one expression are in program order."""

from __future__ import annotations

import pytest
from oracles.kernel_c import kernel
from oracles.shared import engine as ENGINE

import litmus
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.kinds import CandidateKind
from litmus.ir.options import Options

X, Y = "smp_load_acquire(x)", "smp_load_acquire(y)"
KERNEL = {
    "a sum": (f"r0 = {X} + 2 * {Y};", True),
    "operands of operands": (f"r0 = 4 + ({X} + 2 * {Y}) - 4;", True),
    "a condition": (f"if (({X} == 1) & ({Y} == 0)) r0 = 1;", True),
    "an assignment": (f"*(z + ({X} & 0)) = r1; r0 = 0; *(z + (r0 = {X}, r0 & 0)) = (r1 = {Y}); r0 += 2 * r1;", True),
    "arguments": (f"WRITE_ONCE(*(z + (r0 = {X}, r0 & 0)), (r1 = {Y})); r0 += 2 * r1;", True),
    "conditional operands": (f"r0 = ({X} && 1) + 2 * (1 && {Y});", True),
    "a conjunction": (f"r0 = {X} && !{Y};", False),
    "a choice": (f"r0 = {X} ? !{Y} : 0;", False),
    "a comma": (f"r0 = (r1 = {X}, r1 + 2 * {Y});", False),
    "statements": (f"r1 = {X}; r0 = r1 + 2 * {Y};", False),
    "before operands": (f"r1 = {X}; r0 = r1 + 2 * ({Y} + 0 * READ_ONCE(*z));", False),
    "after operands": (f"r1 = {X} + 0 * READ_ONCE(*z); r0 = r1 + 2 * READ_ONCE(*y);", False),
    "arguments before the call": (f"r1 = atomic_add_return_relaxed({X}, z); r0 = r1 + 2 * READ_ONCE(*y);", False),
}
"""Reads of x and y, and whether the one of x may be late: r0 is 1 if it is 1 and y is 0."""

LOCATIONS = {
    "two reads in one expression": ("r0 = READ_ONCE(*x) - READ_ONCE(*x);", "0:r0=1", True),
    "two reads in two statements": ("r0 = READ_ONCE(*x); r0 = r0 - READ_ONCE(*x);", "0:r0=1", False),
    "a read before the write of an assignment": ("*x = READ_ONCE(*x) + 2;", "0:r0=0 /\\ x=4", False),
}


@pytest.mark.parametrize("name", KERNEL)
def test_operands_are_in_no_order_in_kernel_c(name: str) -> None:
    body, allowed = KERNEL[name]
    writer = "WRITE_ONCE(*y, 1); smp_store_release(x, 1);"
    verdict = litmus.check(kernel("t", body, writer, condition="0:r0=1"), "lkmm")
    assert verdict.observation is not None
    assert verdict.observation.value == ("Sometimes" if allowed else "Never")


@pytest.mark.parametrize("name", LOCATIONS)
def test_of_one_location(name: str) -> None:
    body, condition, allowed = LOCATIONS[name]
    verdict = litmus.check(kernel("t", body, "WRITE_ONCE(*x, 1);", condition=condition), "lkmm")
    assert verdict.observation is not None
    assert verdict.observation.value == ("Sometimes" if allowed else "Never")


@pytest.mark.parametrize(("model", "observation"), [("rc11", "Sometimes"), ("c11", "Sometimes"), ("power", "Never")])
def test_operands_in_c11_and_what_it_is_compiled_to(model: str, observation: str) -> None:
    """A machine has the order of the text."""
    read = "atomic_load_explicit({}, memory_order_acquire)"
    text = f"""
C t
{{ }}
P0(atomic_int *x, atomic_int *y) {{ int r0 = {read.format("x")} + 2 * {read.format("y")}; }}
P1(atomic_int *x, atomic_int *y) {{
  atomic_store_explicit(y, 1, memory_order_relaxed);
  atomic_store_explicit(x, 1, memory_order_release);
}}
exists (0:r0=1)
"""
    found = litmus.check(litmus.parse(text, "t"), model).observation
    assert found is not None
    assert found.value == observation


@pytest.mark.parametrize("operands", ["READ_ONCE(*z) & READ_ONCE(*w)", "READ_ONCE(*z)"])
def test_a_barrier_goes_before_the_whole_statement(operands: str) -> None:
    text = f"""C before
    {{}}
    P0(int *x, int *y, int *z, int *w) {{ WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1 + ({operands})); }}
    P1(int *x, int *y) {{ int r1 = READ_ONCE(*y); smp_rmb(); int r0 = READ_ONCE(*x); }}
    exists (1:r1=1 /\\ 1:r0=0)
    """
    wanted = Wanted(every=True, kinds=(CandidateKind.BARRIERS,))
    report = examine(ENGINE, litmus.parse(text), ("lkmm",), Options(), wanted)
    sets = [[(change.text, change.span.text) for change in changes] for changes in report.repairs[0].sets]
    assert [("smp_wmb()", "READ_ONCE(*z)")] in sets
