"""Models that have an execution choose total orders: `linearisations`, `cross` and `with ... from`."""

from __future__ import annotations

from math import factorial
from pathlib import Path

import pytest
from oracles.shared import engine

from litmus.base.errors import ModelError
from litmus.base.source import Source
from litmus.cat.ast import Let
from litmus.cat.familiar import builtin_in
from litmus.cat.parser import parse
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.judge.oracle import oracle_executions, oracle_states

OWN_CO = """"Coherence orders, searched for"
include "cross.cat"
with co from generate_cos(co0)
let fr = rf^-1 ; co
let fre = fr & ext
let coe = co & ext
let coi = co & int
"""

LISTED = """"Coherence orders, listed by recursion"
let orders-of(S) = linearisations(S, co0)
let rec each(chosen, classes, found) = match classes with
|| {} -> chosen ++ found
|| class ++ rest ->
  let rec every(orders, found) = match orders with
  || {} -> found
  || o ++ others -> every(others, each(o | chosen, rest, found))
  end in
  every(orders-of class, found)
end
with co from each(0, classes-loc W, {})
let fr = rf^-1 ; co
let fre = fr & ext
let coe = co & ext
let coi = co & int
"""

PRODUCT = """
let product =
  let rec each (found, union, sets) = match sets with
  || {} -> union ++ found
  || S ++ sets ->
    let rec every (found, S) = match S with
    || {} -> found
    || one ++ S -> every (each (found, one | union, sets), S)
    end in
    every (found, S)
  end in
  fun sets -> each ({}, 0, sets)
"""
CROSSED = f"""{PRODUCT}
let rec orders(SS) = match SS with {{}} -> {{}} || S ++ rest -> linearisations(S, co0) ++ orders rest end
with co from product(orders(partition W))
let fr = rf^-1 ; co
let fre = fr & ext
let coe = co & ext
let coi = co & int
"""

AXIOMS = """
acyclic po-loc | rf | co | fr as coherence
empty rmw & (fre ; coe) as atomicity
acyclic po & (W * W) | rfe | co | fr as order
"""

IN_ONE_ORDER = """"Sequential consistency by one order of all accesses"
with S from linearisations(M \\ IW, 0)
empty po & (M * M) \\ S as program
let all = S | IW * (M \\ IW)
let before = all & loc & (W * R)
empty rf \\ (before \\ (all & loc & (W * W) ; before)) as latest
empty co \\ all as coherence
"""

PAIRS = """X86 pairs
{ }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
exists (0:EAX=0 /\\ 1:EAX=0)"""

TESTS = {
    "a store that may fail": """PPC lock
{ 0:r1=x; 1:r1=x; 1:r3=2; }
 P0              | P1            ;
 lwarx r2,r0,r1  | stw r3,0(r1)  ;
 addi r3,r2,4    | lwz r4,0(r1)  ;
 stwcx. r3,r0,r1 |               ;
exists (x=4 /\\ 1:r4=4)""",
    "a comparison that may fail": """X86 compare
{ 0:EAX=1; 0:ECX=2; }
 P0                   | P1          ;
 LOCK CMPXCHG [x],ECX | MOV [x],$1  ;
 MOV EBX,[x]          | MOV EAX,[x] ;
exists (x=1 /\\ 0:EBX=2)""",
    "stores that go to what was read": """PPC addresses
{ x=0; y=0; p=x; 0:r1=p; 0:r2=y; 1:r1=p; 1:r4=x; 1:r5=y; 1:r6=3; }
 P0           | P1           ;
 stw r2,0(r1) | lwz r3,0(r1) ;
 li r3,1      | stw r6,0(r3) ;
 stw r3,0(r2) | lwz r7,0(r5) ;
exists (y=1 /\\ 1:r7=3)""",
    "a store behind a branch": """PPC branch
{ 0:r1=x; 1:r1=x; 1:r2=2; 1:r5=y; }
 P0           | P1           ;
 li r2,1      | lwz r3,0(r1) ;
 stw r2,0(r1) | cmpwi r3,1   ;
              | bne L        ;
              | stw r2,0(r1) ;
              | L:           ;
              | lwz r4,0(r1) ;
exists (x=1 /\\ 1:r4=2)""",
    "store buffering": PAIRS,
}


def read(text: str) -> LitmusTest:
    return parse_test(Source("t.litmus", text))


def model(text: str, folder: Path) -> str:
    path = folder / "m.cat"
    path.write_text(text)
    return str(path)


def answer(test: LitmusTest, reference: str) -> tuple[object, ...]:
    found = engine.check(test, reference, Options(executions=True))
    return found.states, found.positive, found.negative


@pytest.mark.parametrize("name", TESTS)
def test_a_model_may_search_for_the_coherence_order_of_writes_that_are_not_in_every_execution(
    name: str, tmp_path: Path
) -> None:
    test = read(TESTS[name])
    expected = answer(test, model('include "fences.cat"' + AXIOMS, tmp_path))
    (tmp_path / "cos.cat").write_text(OWN_CO)
    assert answer(test, model('include "cos.cat"' + AXIOMS, tmp_path)) == expected
    assert answer(test, model(OWN_CO + AXIOMS, tmp_path)) == expected
    if name == "stores that go to what was read":
        with pytest.raises(ModelError, match="which sets these"):
            answer(test, model(LISTED + AXIOMS, tmp_path))
    else:
        assert answer(test, model(LISTED + AXIOMS, tmp_path)) == expected


@pytest.mark.parametrize("name", ["cos.cat", "cos-opt.cat", "cos-ok-opt.cat", "cos-no-opt.cat"])
def test_each_file_of_coherence_orders_can_be_replaced(name: str, tmp_path: Path) -> None:
    """By one that includes another of them, as herd7's do."""
    other = "cos-no-opt.cat" if name != "cos-no-opt.cat" else "cross.cat"
    (tmp_path / name).write_text(f'include "{other}" let fr = rf^-1 ; co let coe = co & ext let fre = fr & ext')
    test = read(TESTS["a store that may fail"])
    expected = answer(test, model('include "fences.cat"' + AXIOMS, tmp_path))
    assert answer(test, model(f'include "{name}" {AXIOMS}', tmp_path)) == expected


def threads(count: int) -> LitmusTest:
    names, writes = " | ".join(f"P{k}" for k in range(count)), " | ".join(f"MOV [x{k}],$1" for k in range(count))
    return read(f"X86 t\n{{ }}\n {names} ;\n {writes} ;\nexists (x0=1)\n")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_all_orders_are_found_once(count: int, tmp_path: Path) -> None:
    found = answer(threads(count), model("with o from linearisations(W \\ IW, 0) acyclic po", tmp_path))
    assert found[1:] == (factorial(count), 0)


def test_there_may_be_more_orders_than_can_be_listed(tmp_path: Path) -> None:
    """Of 20 events there are two million million million."""
    every = model("with o from linearisations(W \\ IW, 0) acyclic o | po", tmp_path)
    assert engine.check(threads(20), every).allowed
    none = model("with o from linearisations(W \\ IW, W * W) acyclic po", tmp_path)
    assert not engine.check(threads(20), none).states
    with pytest.raises(ModelError, match="more than 6,000 orders of these 20 events, too many to enumerate"):
        engine.check(threads(20), model("forall o in linearisations(W \\ IW, 0) do acyclic o end", tmp_path))


@pytest.mark.parametrize("name", [name for name in TESTS if name != "stores that go to what was read"])
def test_sequential_consistency_by_one_order_of_all_accesses(name: str, tmp_path: Path) -> None:
    test = read(TESTS[name])
    (tmp_path / "plain.cat").write_text("acyclic po | rf | co | (rf^-1 ; co) \\ id as sc")
    expected = engine.check(test, str(tmp_path / "plain.cat"))
    assert engine.check(test, model(IN_ONE_ORDER, tmp_path)).states == expected.states


@pytest.mark.parametrize("name", TESTS)
def test_a_product_by_recursion_is_that_of_the_builtin_function(name: str, tmp_path: Path) -> None:
    """Whatever its names are; it need not know the locations then."""
    test = read(TESTS[name])
    expected = answer(test, model('include "fences.cat"' + AXIOMS, tmp_path))
    (tmp_path / "cos.cat").write_text(CROSSED)
    assert answer(test, model('include "cos.cat"' + AXIOMS, tmp_path)) == expected


@pytest.mark.parametrize(
    ("change", "by"), [("one | union", "one ; union"), ("({}, 0, sets)", "({}, po, sets)"), ("union ++ found", "found")]
)
def test_another_recursion_is_not(change: str, by: str) -> None:
    found = []
    for text in (PRODUCT, PRODUCT.replace(change, by)):
        (statement,) = parse(Source("m.cat", text)).statements
        assert isinstance(statement, Let)
        found.append(builtin_in(statement.bindings[0].value))
    assert found == ["cross", None]


LIST = "let list(S) = match S with {} -> {} || o ++ s -> o ++ s end "


@pytest.mark.parametrize(
    "text",
    [
        "with r from {po, rf} with s from {po, rf} acyclic r | s",
        "with o from linearisations(range(rf), 0) acyclic o | po",
        "with o from linearisations(FW \\ IW, po | rf) acyclic o | co",
        "with o from linearisations(W & domain(rf), co) with s from linearisations(W, co) acyclic o | s",
        "with o from cross({linearisations(W \\ IW, 0), linearisations(R, 0)}) acyclic o | rf",
        "with o from cross({linearisations(W \\ IW, 0), {po, rf}}) acyclic o",
        "with o from cross({linearisations(W \\ IW, 0), {}}) acyclic o",
        "with s from classes-loc(W & domain(rf)) acyclic rf | s * s & po",
        'include "cross.cat" with o from generate_orders(domain(rf), 0) acyclic o | co',
        'include "cross.cat" with o from generate_orders(R, 0) acyclic o | rf | co',
        "with o from linearisations(R, 0) | linearisations(R, po) acyclic o",
        "with o from linearisations(M \\ IW, 0) acyclic o | rf",
        LIST + "with o from list(linearisations(M \\ IW, 0)) acyclic o",
        LIST + "with o from list(linearisations(M, co0)) acyclic o | rf",
    ],
)
@pytest.mark.parametrize("instruction", ["MOV EAX,[x]", "LOCK CMPXCHG [x],ECX"])
def test_choices_of_orders_are_those_that_brute_force_finds(text: str, instruction: str, tmp_path: Path) -> None:
    test = read(f"X86 t\n{{ 0:ECX=2; }}\n P0 | P1 ;\n {instruction} | MOV [x],$1 ;\nexists (x=1)")
    reference = model(text, tmp_path)
    ready = Engine().prepare(test, reference)
    brute = list(oracle_executions(ready.graph, ready.model))
    states, positive, negative = answer(test, reference)
    assert positive + negative == len(brute)
    assert len(states) == len(oracle_states(ready.graph, ready.model, test.observed))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("with r from {po, rf} with s from {po, rf} ~empty r | s", 4 * 4),
        ("with o from linearisations(range(rf), 0) acyclic 0", 4 * 2),
        ("with o from linearisations(W & domain(rf), 0) acyclic 0", 4 * 2),
        ("with o from linearisations(W & domain(rf), loc) acyclic 0", 0),
        ("with s from classes-loc(domain(rf) \\ IW) acyclic 0", 0 + 1 + 1 + 2),
    ],
)
def test_how_many_choices_there_are(text: str, count: int, tmp_path: Path) -> None:
    """Counted by hand: two reads, each of one of two writes."""
    _, positive, negative = answer(read(PAIRS), model(text, tmp_path))
    assert positive + negative == count


FIRST = "let first(r) = match classes-loc(domain(rf)) with {} -> 0 || s ++ _ -> r s end "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("forall o in linearisations(range(rf), 0) do acyclic o | po end", "can only be used in"),
        (FIRST + "with o from first (fun s -> linearisations(s, 0)) acyclic o", "which sets these orders are of"),
        (FIRST + "acyclic first (fun s -> s * s)", "which sets these are depends on the execution"),
        ("forall s in classes-loc(domain(rf)) do empty [s] end", "which sets these are depends on the execution"),
    ],
)
def test_what_must_be_listed_and_depends_on_the_execution_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        engine.check(read(TESTS["a store that may fail"]), model(text, tmp_path))
