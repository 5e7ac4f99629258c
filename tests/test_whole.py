"""Questions about one problem do not change the answers of later ones."""

from __future__ import annotations

from pathlib import Path

from oracles.shared import engine

from litmus.base.deadline import NO_DEADLINE
from litmus.decide.whole import Whole
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import Not

SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"


def test_what_one_question_rejects_is_there_for_the_next() -> None:
    ready = engine.prepare(read_test(SB))
    prop = ready.graph.test.condition.prop
    with Whole(engine.task(ready, ready.model, NO_DEADLINE)) as whole:
        wanted, other = whole.problem.proposition(prop), whole.problem.proposition(Not(prop))
        assert whole.execution(other, lambda _: False) is None  # each that there is is rejected
        found = [whole.execution(literal, lambda _: True) for literal in (other, wanted)]
        assert None not in found
        assert whole.some([other, wanted]) is not None
        assert whole.some([wanted], [other]) is None
