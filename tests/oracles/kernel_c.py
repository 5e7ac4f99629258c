"""Small tests in kernel C."""

from __future__ import annotations

import litmus

SB = "0:r0=0 /\\ 1:r0=0"
MP = "1:r0=1 /\\ 1:r1=0"
PUBLISH = ("WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);", "r0 = READ_ONCE(*y); {} r1 = READ_ONCE(*x);")
DEPEND = """
C {name}
{{ int x=0; int *p=&z; int z=7; }}
P0(int *x, int **p)
{{
	WRITE_ONCE(*x, 1);
	smp_wmb();
	WRITE_ONCE(*p, x);
}}
P1(int **p)
{{
	int *r0; int r1;
	r0 = {read};
	{barrier}
	r1 = READ_ONCE(*r0);
}}
exists (1:r0=x /\\ 1:r1=0)
"""


def kernel(name: str, *threads: str, condition: str, init: str = "") -> litmus.LitmusTest:
    """A test of threads over x, y, z and the lock l, given by the statements of each."""
    bodies = "".join(
        f"P{k}(int *x, int *y, int *z, spinlock_t *l)\n{{\n\tint r0; int r1; int r2;\n\t{body}\n}}\n"
        for k, body in enumerate(threads)
    )
    return litmus.parse(f"C {name}\n{{ {init} }}\n{bodies}exists ({condition})\n", name)


def publishing(name: str = "MP", barrier: str = "") -> litmus.LitmusTest:
    """Message passing with a write barrier, and `barrier` between the reads."""
    return kernel(name, PUBLISH[0], PUBLISH[1].format(barrier), condition=MP)
