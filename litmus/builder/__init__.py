r"""Builds tests in kernel C from values, without writing their text.

    >>> from litmus import builder as b
    >>> x, y = b.location("x"), b.location("y")
    >>> r0, r1 = b.register("r0"), b.register("r1")
    >>> writer = [b.store(x, 1), b.fence("smp_wmb"), b.store(y, 1)]
    >>> reader = [b.load(r0, y), b.fence("smp_rmb"), b.load(r1, x)]
    >>> test = b.build("MP+wmb+rmb", writer, reader, exists=b.final(1, r0).equals(1) & b.final(1, r1).equals(0))
    >>> test
    <LitmusTest MP+wmb+rmb: C, 2 threads, Allowed>
    >>> import litmus
    >>> litmus.check(test, "power").answer.value
    'Forbidden'
    >>> print(litmus.text(test))
    C MP+wmb+rmb
    {
    x=0;
    y=0;
    }
    <BLANKLINE>
    P0(int *x, int *y)
    {
        WRITE_ONCE(*x, 1);
        smp_wmb();
        WRITE_ONCE(*y, 1);
    }
    <BLANKLINE>
    P1(int *y, int *x)
    {
        int r0;
        int r1;
    <BLANKLINE>
        r0 = READ_ONCE(*y);
        smp_rmb();
        r1 = READ_ONCE(*x);
    }
    <BLANKLINE>
    exists (1:r0=1 /\ 1:r1=0)
    <BLANKLINE>

Everything is a frozen value, so a part can be used in many tests. Functions are named as in the kernel (`litmus
reference c` lists them). A dependency is made by what is computed from a register:

    >>> data = b.store(y, r0)
    >>> address = b.load(r1, b.at(x + (r0 ^ r0)))
    >>> control = b.when(r0.equals(1), [b.store(y, 1)])

A pointer is a location that holds the address of another, and `at` follows a register that read it:

    >>> pointer = b.location("p", y)
    >>> follow = [b.load(r0, pointer, "rcu_dereference"), b.load(r1, b.at(r0))]
    >>> locked = [b.lock(b.location("l")), b.store(x, 1), b.unlock(b.location("l"))]
"""

from __future__ import annotations

from litmus.builder.expressions import Computed, Expression, Local, Number, Pointed, Shared, at, location, register
from litmus.builder.outcome import Combined, Compared, Final, Negated, Proposition, final
from litmus.builder.statements import (
    Assigned,
    Chosen,
    Statement,
    Used,
    assign,
    fence,
    load,
    lock,
    store,
    trylock,
    unlock,
    update,
    when,
)
from litmus.builder.tests import build

__all__ = [
    "Assigned",
    "Chosen",
    "Combined",
    "Compared",
    "Computed",
    "Expression",
    "Final",
    "Local",
    "Negated",
    "Number",
    "Pointed",
    "Proposition",
    "Shared",
    "Statement",
    "Used",
    "assign",
    "at",
    "build",
    "fence",
    "final",
    "load",
    "location",
    "lock",
    "register",
    "store",
    "trylock",
    "unlock",
    "update",
    "when",
]
