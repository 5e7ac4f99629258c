"""RCU and SRCU on machines: grace periods that wait for readers, and what they order there."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from oracles.readers import interleavings
from oracles.shared import engine

import litmus
from litmus.batch.soundness import machines
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import Register

PARAMETERS = "int *x, int *y, int *z, struct srcu_struct *s, struct srcu_struct *t"


def program(condition: str, *threads: str) -> litmus.LitmusTest:
    """A test of threads over x, y, z and the domains s and t, given by the statements of each."""
    bodies = [f"P{k}({PARAMETERS})\n{{\n\tint a; int b; int c; {body}\n}}\n" for k, body in enumerate(threads)]
    return litmus.parse(f"C t\n{{ }}\n{''.join(bodies)}exists ({condition})\n")


# --- the machine that waits -------------------------------------------------------------------------------------------


class Thread:
    """The statements of a thread, drawn at random: accesses, sections that may nest, and grace periods."""

    def __init__(self, choose: random.Random, *first: str) -> None:
        self.choose = choose
        self.free = ["b", "a"]
        more = choose.choices(("section", "grace period", "domain", "access"), k=choose.choice((0, 0, 1)))
        self.text = " ".join(self.pieces(*first, *more))

    def pieces(self, *kinds: str) -> Iterator[str]:
        for kind in kinds:
            match kind:
                case "section":
                    inner = self.choose.choice(("{}", "{}", "rcu_read_lock(); {} rcu_read_unlock();"))
                    yield f"rcu_read_lock(); {inner.format(self.access())} {self.access()} rcu_read_unlock();"
                case "domain":
                    yield f"c = srcu_read_lock(s); {self.access()} {self.access()} srcu_read_unlock(s, c);"
                case "grace period":
                    wait = f"synchronize_{self.choose.choice(('rcu()', 'rcu()', 'srcu(s)'))};"
                    yield self.access()
                    yield f"if (a == 0) {{ {wait} }}" if self.choose.random() < 0.2 else wait
                    yield self.access()
                case _:
                    yield self.access()

    def access(self) -> str:
        place = self.choose.choice("xy")
        if self.free and self.choose.random() < 0.6:
            return f"{self.free.pop()} = READ_ONCE(*{place});"
        return f"WRITE_ONCE(*{place}, {self.choose.choice((1, 1, 2))});"


@pytest.mark.parametrize("seed", range(40))
def test_on_sc_a_grace_period_waits_for_the_sections_that_began_before(seed: int) -> None:
    choose = random.Random(seed)
    kinds = ["section", "grace period", *choose.choices(("section", "grace period", "access"), k=choose.choice((0, 1)))]
    threads = [Thread(choose, kind).text for kind in kinds]
    shown = " /\\ ".join(f"{k}:{name}=0" for k in range(len(threads)) for name in "ab")
    test = program(f"{shown} /\\ x=0 /\\ y=0 /\\ z=0", *threads)
    found = engine.check(test, "sc")
    assert set(found.states) == interleavings(test), threads
