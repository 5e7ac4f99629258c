"""LISA: its instructions, and what a bell file makes of their annotations. The bell file and the rules are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from litmus.base.errors import LitmusError, ModelError
from litmus.base.source import Source
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.options import Options
from litmus.ir.verdict import Verdict
from litmus.judge.oracle import oracle_states

BELL = """"tags"
enum Speed = 'quick || 'strong || 'release || 'once
enum Place = 'near || 'far
enum scopes = 'lane || 'chip
default R['quick]
instructions R[{'strong, 'once}]
instructions R[Speed, Place]
instructions W[Speed]
instructions RMW[{'strong}]
enum Fences = 'full-stop || 'rcu-lock || 'rb_dep
instructions F[Fences]
instructions F[scopes]
enum Calls = 'halt
instructions CALL[Calls]
"""
MODEL = """"made up"
include "cos.cat"
acyclic po-loc | rf | co | fr as coherence
empty rmw & (fre ; coe) as atomicity
let fence = fencerel(Full-stop | Halt | Chip)
let order = fence | po ; [Strong] | [Strong] ; po | [W & Release] ; po | addr | data | ctrl | po & (R * R & Far * Far)
acyclic order | rfe | coe | fre as order
"""


def lisa(first: str, second: str, condition: str, init: str = "x=0; y=0;") -> str:
    """A test of two threads, whose instructions are separated by semicolons."""
    columns = [text.split("; ") for text in (first, second)]
    height = max(map(len, columns))
    rows = zip(*([*column, *[""] * (height - len(column))] for column in columns), strict=True)
    return f"LISA t\n{{ {init} }}\n P0 | P1 ;\n" + "".join(f" {a} | {b} ;\n" for a, b in rows) + condition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    (place / "a.bell").write_text(BELL)
    (place / "a.cat").write_text(MODEL)
    return place


def decide(place: Path, text: str, *variants: str) -> Verdict:
    """The verdict on a test, which the brute force shares."""
    test = parse_test(Source("t.litmus", text))
    options, model = Options(variants=frozenset(variants)), str(place / "a.cat")
    with Engine(bell=place / "a.bell") as engine:
        verdict = engine.check(test, model, options)
        ready = engine.prepare(test, model, options)
        assert set(verdict.states) == oracle_states(ready.graph, ready.model)
    return verdict


WRITE_READ = ("w[quick] x 1; {} r[quick] r1 y", "w[quick] y 1; {} r[quick] r1 x", "exists (0:r1=0 /\\ 1:r1=0)")
WRITE_WRITE = ("w[quick] x 1; {} w[quick] y 1", "r[strong] r1 y; r[strong] r2 x", "exists (1:r1=1 /\\ 1:r2=0)")


def between(shape: tuple[str, str, str], instruction: str) -> str:
    """A test with an instruction between the accesses of each thread."""
    found = f"{instruction};" if instruction else ""
    first, second, condition = shape
    return lisa(first.format(found), second.format(found), condition)


# --- annotations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (between(WRITE_READ, ""), True),
        (between(WRITE_READ, "f[full-stop]"), False),
        (between(WRITE_READ, "f[rcu-lock]"), True),  # another fence
        (between(WRITE_READ, "call[halt]"), False),  # a call is a fence
        (between(WRITE_READ, "f[chip]"), False),  # what names scopes may be an annotation, too
        (between(WRITE_READ, "f[lane]"), True),
        (between(WRITE_READ, "rmw[strong] r9 1 z"), False),  # both events are strong
        (between(WRITE_READ, "nop"), True),
        (lisa("w[strong] x 1; r[quick] r1 y", "w[strong] y 1; r r1 x", WRITE_READ[2]), False),
        # a read is quick if it says nothing, and so it may have the annotations of no other
        (lisa("w[quick] x 1; r[] r1 y", "w[quick] y 1; r r1 x", WRITE_READ[2]), True),
        # one annotation of each kind
        (lisa("w[strong] x 1; w[strong] y 1", "r[quick,far] r1 y; r[once,far] r2 x", WRITE_WRITE[2]), False),
        (lisa("w[strong] x 1; w[strong] y 1", "r[quick,far] r1 y; r[once,near] r2 x", WRITE_WRITE[2]), True),
    ],
)
def test_annotations_are_sets(folder: Path, text: str, allowed: bool) -> None:
    assert decide(folder, text).allowed is allowed


@pytest.mark.parametrize(
    ("instruction", "kind", "hint"),
    [
        ("r[strnog] r1 x", "R[strnog]", "did you mean 'strong'?"),
        ("r[QUICK] r1 x", "R[QUICK]", "did you mean 'quick'?"),
        ("r[far] r1 x", "R[far]", None),
        ("r[quick,strong] r1 x", "R[quick,strong]", None),
        ("w x 1", "W[]", "it allows once, quick, release, strong"),
        ("rmw[quick] r1 1 x", "RMW[quick]", None),
        ("f[rcu_read_lock]", "F[rcu_read_lock]", "--variant backcompat reads it as 'rcu-lock'"),
        ("call[other]", "F[other]", None),
    ],
)
def test_what_the_bell_file_does_not_allow(folder: Path, instruction: str, kind: str, hint: str | None) -> None:
    with pytest.raises(ModelError) as error:
        decide(folder, f"LISA t\n{{ x=0; }}\n P0 ;\n {instruction} ;\nexists (x=1)\n")
    assert error.value.message == f"the bell file does not allow {kind}"
    assert error.value.span is not None
    assert error.value.span.text == instruction
    assert hint is None or error.value.hint == hint


def test_a_bell_file_is_made_of_tags(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bell").write_text('"odd"\nenum E = \'a\ninstructions R[E & E]\n')
    (tmp_path / "a.cat").write_text(MODEL)
    with pytest.raises(ModelError, match="expected tags") as error:
        decide(tmp_path, "LISA t\n{ x=0; }\n P0 ;\n r[a] r1 x ;\nexists (0:r1=1)\n")
    assert error.value.span is not None
    assert error.value.span.source.name.endswith("a.bell")


# --- the annotations of older tests -----------------------------------------------------------------------------------


def test_older_annotations_mean_newer_ones(folder: Path) -> None:
    text = between(WRITE_WRITE, "f[rcu_read_lock]")
    assert decide(folder, text, "backcompat").allowed is True
    assigned = lisa("w[assign] x 1; w[quick] y 1", WRITE_WRITE[1], WRITE_WRITE[2])
    with pytest.raises(ModelError):
        decide(folder, assigned)
    assert decide(folder, assigned, "backcompat").allowed is False  # a release


def test_a_dereference_is_a_read_and_a_fence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bell").write_text(BELL.replace("instructions R[{'strong, 'once}]", "instructions R[{'acquire}]"))
    (tmp_path / "a.cat").write_text(MODEL.replace("let fence =", "let fence = ([Once] ; po ; [Rb_dep] ; po) |"))
    text = lisa("w[strong] x 1; w[strong] y 1", "r[deref] r1 y; r[quick] r2 x", WRITE_WRITE[2])
    text = text.replace("r[quick] r2", "r r2")
    (tmp_path / "a.bell").write_text(
        (tmp_path / "a.bell").read_text().replace("enum Speed =", "enum Speed = 'acquire ||")
    )
    assert decide(tmp_path, text, "backcompat").allowed is False
    assert decide(tmp_path, text.replace("r[deref] r1", "r r1"), "backcompat").allowed is True


# --- without a bell file ----------------------------------------------------------------------------------------------


def test_without_a_bell_file_annotations_mean_nothing() -> None:
    test = parse_test(Source("t.litmus", between(WRITE_READ, "f[whatever]")))
    with Engine() as engine:
        assert engine.check(test, "sc").allowed is False


def test_lisa_has_no_default_model() -> None:
    test = parse_test(Source("t.litmus", between(WRITE_READ, "")))
    with Engine() as engine, pytest.raises(ModelError, match="no model is the default for 'LISA'"):
        engine.check(test)


# --- instructions -----------------------------------------------------------------------------------------------------


def final(program: str, observed: str, init: str = "x=0;") -> str:
    """The only final state of one thread, under sc."""
    rows = "".join(f" {instruction} ;\n" for instruction in program.split("; "))
    text = f"LISA t\n{{ {init} }}\n P0 ;\n{rows}locations [{observed}]\nexists (x=0)\n"
    with Engine() as engine:
        (line,) = state_lines(engine.check(parse_test(Source("t.litmus", text)), "sc"))
    return line


@pytest.mark.parametrize(
    ("program", "observed", "line"),
    [
        ("w[a] x 3; r[a] r1 x", "0:r1;", "0:r1=3; [x]=3;"),
        ("mov r1 (add 2 -5)", "0:r1;", "0:r1=-3; [x]=0;"),
        ("mov r1 6; mov r2 (xor r1 3)", "0:r2;", "0:r2=5; [x]=0;"),
        ("mov r1 6; mov r2 (and r1 3)", "0:r2;", "0:r2=2; [x]=0;"),
        ("mov r1 (eq x x); mov r2 (neq 1 1); mov r3 (ne 1 2)", "0:r1; 0:r2; 0:r3;", "0:r1=1; 0:r2=0; 0:r3=1; [x]=0;"),
        ("mov r1 x; w[a] r1 2", "0:r1;", "0:r1=x; [x]=2;"),
        ("rmw[a] r1 (add r1 5) x", "0:r1;", "0:r1=0; [x]=5;"),  # r1 is what was read
        ("mov r2 7; rmw[a] r1 r2 x", "0:r1;", "0:r1=0; [x]=7;"),
        ("mov r1 1; b[] r1 end; w[a] x 1; end:", "0:r1;", "0:r1=1; [x]=0;"),
        ("b[] r1 end; w[a] x 1; end: nop", "0:r1;", "0:r1=0; [x]=1;"),
        ("b[] end; w[a] x 1; end:", "x;", "[x]=0;"),
        ("r[a] r01 x; mov r12345 r1", "0:r12345; 0:r2;", "0:r2=0; 0:r12345=0; [x]=0;"),  # in the order of numbers
        (
            "mov r1 4294967296; mov r2 (add r1 -1)",
            "0:r1; 0:r2;",
            "0:r1=0; 0:r2=-1; [x]=0;",
        ),  # shown as int, as in herd7
        ("w x 1; r %a x; mov r2 %a", "0:r2;", "0:r2=1; [x]=1;"),
    ],
)
def test_instructions(program: str, observed: str, line: str) -> None:
    assert final(program, observed) == line


def test_addresses_have_offsets() -> None:
    line = final("w[a] t+8 1; mov r1 t; mov r2 8; r[a] r3 r1+r2", "0:r3; t;", "x=0; int64_t t[2];")
    assert line == "0:r3=1; t={0,1}; [x]=0;"


def test_a_dependency_goes_through_what_an_instruction_computes(folder: Path) -> None:
    dependent = "r[quick] r1 x; mov r2 (xor r1 r1); mov r3 (add r2 1); w[quick] y r3"
    text = lisa(
        dependent, dependent.replace(" x", " z").replace(" y", " x").replace(" z", " y"), "exists (0:r1=1 /\\ 1:r1=1)"
    )
    assert decide(folder, text).allowed is False
    assert decide(folder, text.replace("mov r2 (xor r1 r1)", "mov r2 0")).allowed is True


def test_an_exchange_does_not_read_itself() -> None:
    """herd7 7.58 lets it, where the new value does not depend on the old one."""
    text = lisa("rmw[a] r1 1 x", "rmw[a] r1 1 x", "exists (0:r1=1 /\\ 1:r1=1)")
    with Engine() as engine:
        assert engine.check(parse_test(Source("t.litmus", text)), "sc").allowed is False


@pytest.mark.parametrize(
    ("instruction", "message", "place"),
    [
        ("ld[a] r1 x", "unknown mnemonic 'ld'", "ld"),
        ("r[a] x r1", "expected a register, found 'x'", "x"),
        ("r[a r1 x", "expected ',' or ']' after an annotation, found 'r1'", "r1"),
        ("r[a] r1", "expected a register or a location, found the end", ""),
        ("r[a] r1 x y", "expected the end of the instruction, found 'y'", "y"),
        ("w[a] x y", "expected a register or a number, found 'y'", "y"),
        ("w[a] 1 x", "expected a register or a location, found '1'", "1"),
        ("mov r1 (sub r1 1)", "no operator 'sub'", "sub"),
        ("mov r1 (add r1)", "expected a register or a location, found ')'", ")"),
        ("mov r1 99999999999999999999999", "'99999999999999999999999' is not a number of at most 64 bits", "9" * 23),
        ("b[a] r1 end", "annotations of branches are not supported", "b[a] r1 end"),
        ("f[a] {one} {two}", "fences between labels are not supported", "{"),
        ("call[]", "'call' takes one annotation", "call[]"),
        ("b[] r1 nowhere", "thread P0 has no label 'nowhere'", "nowhere"),
        ("r[a] r1 add", "expected a register or a location, found 'add'", "add"),
    ],
)
def test_errors_have_a_place(instruction: str, message: str, place: str) -> None:
    with pytest.raises(LitmusError) as error:
        parse_test(Source("t.litmus", f"LISA t\n{{ x=0; }}\n P0 ;\n {instruction} ;\nexists (x=1)\n"))
    assert error.value.message == message
    assert error.value.span is not None
    assert error.value.span.text == place


def test_scopes_are_passed_over() -> None:
    text = between(WRITE_READ, "").replace("exists", "scopes: (chip (lane 0) (lane 1))\nexists")
    plain = parse_test(Source("t.litmus", between(WRITE_READ, "")))
    scoped = parse_test(Source("t.litmus", text))
    assert scoped.hash == plain.hash
    assert scoped.threads[0].rows == plain.threads[0].rows


def test_the_canonical_text_is_the_same_test() -> None:
    text = lisa("r r01 x; L: b r1 L; mov r2 ( ne r1 -1 )", "rmw[a, b] r1 (add r1 %v) x+8; w r2 7; f", "exists (x=0)")
    test = parse_test(Source("t.litmus", text))
    assert test.threads[0].rows == ("r[] r1 x", "L:", "b[] r1 L", "mov r2 (neq r1 -1)")
    assert test.threads[1].rows == ("rmw[a,b] r1 (add r1 r0) x+8", "w[] r2 7", "f[]")
    assert parse_test(Source("again.litmus", print_test(test))).threads[0].rows == test.threads[0].rows


def test_the_hash_is_that_of_herd7() -> None:
    """Those that herd7 7.58 printed for these texts."""
    text = lisa("w[quick] x 1; r[quick] r1 y", "w[quick] y 1; r[quick] r1 x", "exists (0:r1=0 /\\ 1:r1=0)")
    assert parse_test(Source("t.litmus", text)).hash == "344c7213191314c4bed7c6bd15b5f8ec"
    text = lisa("r r01 x; b r1 L; mov r2 ( ne r1 -1 ); L:", "rmw[a, b] r1 (add r1 %v) x; f", "exists (x=0)")
    assert parse_test(Source("t.litmus", text)).hash == "0ff2ef02bd946bb9f6e36da7134fb4ee"
