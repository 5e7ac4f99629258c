"""Final states as lines of text."""

from __future__ import annotations

from litmus.ir.verdict import Verdict


def state_lines(verdict: Verdict) -> list[str]:
    """The states of a verdict, in its order, one line each: `1:EAX=0; [x]=1;`."""
    test = verdict.test
    names = [f"{test.show(item)}=" for item in test.observed]
    show = test.show_value
    return [
        " ".join([f"{name}{show(value)};" for name, (_, value) in zip(names, state, strict=True)])
        for state in verdict.states
    ]
