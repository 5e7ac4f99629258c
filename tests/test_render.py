"""How verdicts look as text and as JSON, whatever the status."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import Register
from litmus.ir.thread import Address
from litmus.ir.verdict import Observation, Status, Verdict
from litmus.render import json as json_form
from litmus.render import text
from litmus.render.table import table

TEST = """X86 small
"doc"
Hash=00112233445566778899aabbccddeeff
{ x=0; p=x; }
 P0          | P1          ;
 MOV [x],$-1 | MOV EAX,[x] ;
             | MOV EBX,[p] ;
%s
"""


def verdict(condition: str = "exists (1:EAX=0 /\\ 1:EBX=x \\/ not (x=1))", **changes: object) -> Verdict:
    test = parse_test(Source("small.litmus", TEST % condition))
    eax, ebx, x = Register(1, "EAX"), Register(1, "EBX"), Address("x")
    values = [(-1, 0, 1), (9, 0, 1), (9, Address("x"), 1), (9, Address("y"), 1), (10, 0, 1)]
    states = tuple(((eax, a), (ebx, b), (x, c)) for a, b, c in values)
    plain = Verdict(
        test=test,
        model="x86-tso",
        status=Status.DONE,
        ok=True,
        allowed=True,
        observation=Observation.SOMETIMES,
        states=states,
        positive=2,
        negative=3,
        flags=("race",),
        seconds=1.23456789,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_states_stand_in_the_order_of_the_verdict() -> None:
    assert state_lines(verdict()) == [
        "1:EAX=-1; 1:EBX=0; [x]=1;",
        "1:EAX=9; 1:EBX=0; [x]=1;",
        "1:EAX=9; 1:EBX=x; [x]=1;",
        "1:EAX=9; 1:EBX=y; [x]=1;",
        "1:EAX=10; 1:EBX=0; [x]=1;",
    ]


def test_the_block(golden: Callable[[str, str], None]) -> None:
    golden("block.txt", text.block(verdict()))


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ("exists (x=1)", ["Test small Allowed", "Positive: 2 Negative: 3", "Condition exists ([x]=1)"]),
        ("~exists (x=1)", ["Test small Forbidden", "Positive: 3 Negative: 2", "Condition ~exists ([x]=1)"]),
        ("forall (x=1)", ["Test small Required", "Positive: 2 Negative: 3", "Condition forall ([x]=1)"]),
        ("", ["Test small Required", "Positive: 2 Negative: 3", "Condition forall (true)"]),
    ],
)
def test_kinds(condition: str, lines: list[str]) -> None:
    found = text.block(verdict(condition, states=())).splitlines()
    assert [line for line in lines if line not in found] == []
    assert "Observation small Sometimes 2 3" in found  # never swapped


@pytest.mark.parametrize(
    ("status", "ok", "observation", "answer", "word"),
    [
        (Status.DONE, True, Observation.ALWAYS, "Ok", "Always"),
        (Status.DONE, False, Observation.NEVER, "No", "Never"),
        (Status.DONE, True, None, "Ok", "Unknown"),
        (Status.BOUND, True, None, "Loop Ok", "Bounded"),
        (Status.TIMEOUT, None, None, "Timeout", "Timeout"),
        (Status.TIMEOUT, True, None, "Timeout Ok", "Timeout"),
        (Status.TIMEOUT, True, Observation.SOMETIMES, "Timeout Ok", "Sometimes"),
        (Status.LIMIT, None, None, "Limit", "Limit"),
    ],
)
def test_limits_have_words_of_their_own(
    status: Status, ok: bool | None, observation: Observation | None, answer: str, word: str
) -> None:
    found = verdict(status=status, ok=ok, observation=observation)
    lines = text.block(found).splitlines()
    assert answer in lines
    assert f"Observation small {word} 2 3" in lines
    row = json.loads(json_form.line("f", found))
    assert (row["status"], row["ok"]) == (status.value, ok)
    assert row["observation"] == (observation.value if observation else None)


def test_no_states_and_a_state_of_nothing() -> None:
    assert "States 0\nOk\n" in text.block(verdict(states=()))
    nothing = verdict("", states=((),))
    assert state_lines(replace(nothing, test=replace(nothing.test, observed=()))) == [""]


def test_json_is_one_line() -> None:
    line = json_form.line("dir/ü.litmus", verdict())
    assert line.isascii()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    row = json.loads(line)
    assert row["file"] == "dir/ü.litmus"
    assert row["seconds"] == 1.234568
    assert row["flags"] == ["race"]


def test_json_of_an_error_says_what_is_known() -> None:
    bare = json.loads(json_form.error_line("f", "what\nis wrong"))
    assert (bare["name"], bare["status"], bare["states"], bare["error"]) == (None, "error", [], "what\nis wrong")
    row = json.loads(json_form.error_line("f", "wrong", verdict().test))
    assert (row["name"], row["arch"], row["kind"]) == ("small", "X86", "Allowed")
    assert list(row) == list(bare)


def test_table_leaves_cells_as_they_are() -> None:
    assert table(("a", "b"), [("1.0", "x"), ("10", "")]) == "a    b\n---  ---\n1.0  x\n10\n"
