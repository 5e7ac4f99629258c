"""Labels as values: `P0:L0`, jumps to where a register says, calls and returns."""

from __future__ import annotations

import pytest
from oracles.alone import Alone
from oracles.shared import engine

from litmus.base.errors import UnsupportedError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.options import Options
from litmus.ir.thread import Address, Label

RUNS = [
    ("AArch64", "0:X0", "0:X1=P0:L", ["MOV W0,#1", "BR X1", "MOV W0,#2", "L:"], 1),
    ("AArch64", "0:X0", "", ["ADR X1,M", "B L", "M: MOV W0,#1", "B N", "L: BR X1", "N:"], 1),
    ("AArch64", "0:X0", "", ["BL F", "BL F", "B N", "F: ADD W0,W0,#3", "RET", "N:"], 6),
    ("AArch64", "0:X0", "", ["ADR X30,F", "BLR X30", "B N", "F: ADD W0,W0,#3", "RET", "N:"], 3),
    ("AArch64", "0:X0", "0:X9=P0:N", ["MOV W0,#1", "RET X9", "MOV W0,#2", "N: ADD W0,W0,#4"], 5),
    ("AArch64", "0:X0", "0:X9=x", ["MOV W0,#1", "RET X9", "MOV W0,#2"], 1),
    ("AArch64", "0:X0", "0:X9=P0:N", ["MOV W0,#1", "RET", "MOV W0,#2", "N:"], 1),
    ("AArch64", "0:X0", "", ["BL N", "N: ADR X1,N", "CMP X1,X30", "CSET W0,EQ"], 1),  # the label after a call is one
    ("ARM", "0:R0", "0:R1=P0:L", ["MOV R0,#1", "BX R1", "MOV R0,#2", "L:"], 1),
    ("ARM", "0:R0", "", ["ADR R1,F", "BLX R1", "BL F", "B N", "F: ADD R0,R0,#3", "BX LR", "N:"], 6),
    ("ARM", "0:R0", "0:R2=1", ["CMP R2,#1", "BLEQ F", "BLNE F", "B N", "F: ADD R0,R0,#3", "BX LR", "N:"], 3),
    ("RISCV", "0:a0", "0:a1=P0:L", ["li a0,1", "jr a1", "li a0,2", "L:"], 1),
    ("RISCV", "0:a0", "0:a1=P0:L", ["li a0,1", "jalr zero,a1,0", "li a0,2", "L:"], 1),
    ("RISCV", "0:a0", "", ["call F", "jal F", "j N", "F: addi a0,a0,3", "ret", "N:"], 6),
    ("RISCV", "0:a0", "0:a1=P0:F", ["jalr a1", "jal t0,G", "j N", "F: addi a0,a0,3", "jr ra", "G: jr t0", "N:"], 3),
    ("RISCV", "0:a0", "0:ra=P0:F", ["jalr ra,ra,0", "jal x0,N", "F: addi a0,a0,3", "ret", "N:"], 3),
    ("MIPS", "0:$2", "0:$4=P0:L", ["li $2,1", "jr $4", "li $2,2", "L:"], 1),
]


@pytest.mark.parametrize(("dialect", "what", "init", "code", "expected"), RUNS)
def test_a_jump_goes_where_the_register_says(
    dialect: str, what: str, init: str, code: list[str], expected: int
) -> None:
    assert Alone(dialect).final(what, init, *code) == expected


def states(text: str) -> list[dict[str, object]]:
    verdict = engine.check(parse_test(Source("t.litmus", text)))
    return [{str(item): value for item, value in state} for state in verdict.states]


def test_a_thread_may_run_the_code_of_another() -> None:
    """With its own registers, and its events are its own: P0 calls what P1 jumps over."""
    found = states(
        "AArch64 t { 0:X1=P1:F; 0:X2=x; 1:X2=x; } P0 | P1 ; MOV W3,#7 | B N ; BLR X1 | F: ; ADD W3,W3,#1 | STR W3,[X2]"
        " ; | ADD W3,W3,#1 ; | RET ; | N: ; forall (0:X3=9 /\\ 1:X3=0 /\\ x=7)"
    )
    assert found == [{"0:X3": 9, "1:X3": 0, "x": 7}]


def test_where_to_go_may_come_through_memory() -> None:
    """All the way from the address that another thread took, by the solver as well as by listing."""
    text = (
        "AArch64 t { y=P1:N; 0:X2=y; 1:X2=y; } P0 | P1 ; ADR X1,F | LDR X1,[X2] ; STR X1,[X2] | BLR X1 ; B N | B N ;"
        " F: MOV W0,#5 | F: MOV W0,#6 ; RET | RET ; N: | N: ; exists (1:X0=5)"
    )
    found = states(text)
    assert {(str(state["1:X0"])) for state in found} == {"0", "5"}
    test = parse_test(Source("t.litmus", text))
    assert engine.check(test, None, Options(verdict_only=True)).ok


def test_a_value_that_is_no_label_leads_nowhere() -> None:
    """A jump there has no execution, a return there ends the thread."""
    text = "AArch64 t { 0:X1=x; 0:X3=P0:L; } P0 ; %s X1 ; MOV W2,#1 ; L: ; forall (0:X2=0)"
    assert states(text % "BR") == []
    assert states(text % "RET") == [{"0:X2": 0}]


def test_a_label_is_printed_as_it_is_read() -> None:
    text = 'AArch64 t { 0:X1=P0:L; x=P0:L; } P0 ; BR X1 ; L: ; exists (0:X1=label:"P0:L" /\\ x=label:"0:L")'
    test = parse_test(Source("t.litmus", text))
    again = parse_test(Source("t.litmus", print_test(test)))
    assert [item.value for item in again.init] == [Address("P0:L")] * 2
    assert (again.threads[0].rows, again.hash) == (("BR X1", "L:"), test.hash)
    assert test.labels == again.labels == (Address("P0:L"),)
    assert test.locations == (Address("x"),)
    assert engine.check(test).ok


def test_the_hash_is_that_of_herd7() -> None:
    """Of a test whose hash herd7 7.58 printed: it digests `0:X3=1:L0`, and ADR under another name."""
    text = 'AArch64 t { 0:X3=P1:L0; } P0 | P1 ; ADR X1,M | BL L0 ; M: | L0: ; exists (0:X1=label:"P0:M")'
    assert parse_test(Source("t.litmus", text)).hash == "d2268c4f8ace4e792524f78c9718f3ed"


def test_no_thread_defines_the_labels_of_calls() -> None:
    (thread,) = Alone("AArch64").parse("", "BL F", "F: BL F").threads
    assert [s.name for s in thread.body if isinstance(s, Label)] == ["F", "call 2"]


ERRORS = [
    ("BR X1", "", "4:1", "a jump to a value, and no address of a label is a value"),
    ("BLR X1;L:", "0:X1=P0:K", "2:8", "thread P0 has no label 'K'"),
    ("NOP", "0:X1=P3:K", "2:8", "no thread P3: the program has 1 thread"),
    ("NOP", "0:X1=y:K", "2:8", "expected a thread before ':', found 'y'"),
    ("NOP", '0:X1=label:"y:K"', "2:8", "expected a thread before ':', found 'y'"),
    ("NOP", '0:X1=label:"P0"', "2:17", "expected ':' after a thread, found '\"'"),
    ("NOP", "0:X1=label:P0:K", "2:14", "expected '\"' before the address of a label, found 'P0'"),
    ("NOP", '0:X1=label:"P0:K', "2:19", "expected '\"' after the address of a label, found the end"),
    ("NOP", 'instr:"NOP"', "2:3", "expected a thread before ':', found 'instr'"),
    ("NOP", '0:X1=instr:"NOP"', "2:8", "instructions as values are not supported"),
    ("ADR X1,K", "", "4:8", "thread P0 has no label 'K'"),
    ("BL K", "", "4:4", "thread P0 has no label 'K'"),
    ("ADR W1,K;K:", "", "4:5", "expected an X register, found 'W1'"),
    ("ADRP X1,K;K:", "", "4:1", "'ADRP' is not supported"),
]


@pytest.mark.parametrize(("code", "init", "place", "message"), ERRORS)
def test_error(code: str, init: str, place: str, message: str) -> None:
    Alone("AArch64").refuses(code, place, message, None, init)


@pytest.mark.parametrize("access", ["LDR W0,[X1]", "STR W0,[X1]", "SWP W0,W2,[X1]"])
def test_instructions_are_no_data(access: str) -> None:
    test = Alone("AArch64").parse("0:X1=P0:L", access, "L:")
    with pytest.raises(UnsupportedError, match="instructions as data are not supported"):
        engine.check(test)


def test_an_access_to_code_that_only_the_execution_knows_of_is_left_out() -> None:
    verdict = engine.check(
        parse_test(
            Source("t", "AArch64 t { y=P0:L; 0:X1=y; 1:X1=y; 1:X2=z; } P0 | P1 ; LDR X2,[X1] | STR X2,[X1] ;"
                   " LDR W0,[X2] | ; L: | ; exists (0:X0=0)")
        )
    )  # fmt: skip
    assert [[value for _, value in state] for state in verdict.states] == [[0]]
    assert "goes to no location" in verdict.message


def test_ways_to_jump_are_limited() -> None:
    few = ["BR X1"] * 99 + [f"L{n}: ADR X2,L{n}" for n in range(99)]
    Alone("AArch64").parse("", *few)
    with pytest.raises(UnsupportedError, match="more than 10000 ways to jump are not supported"):
        Alone("AArch64").parse("", *few, "BR X1", "BR X1", "BR X1")
