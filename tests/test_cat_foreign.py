"""Cat files of others: what herd7's own files and those written for it rely on."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.shared import engine

import litmus
from litmus.base.errors import ModelError
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.cat import load, load_text, models
from litmus.cat.variants import variants_of
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.options import Options
from litmus.ir.verdict import Status, Verdict

X86 = dialect_for("X86").sets
PPC = dialect_for("PPC").sets

SB = """X86 SB
{ }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
exists (0:EAX=0 /\\ 1:EAX=0)"""

XCHG = """X86 XCHG
{ 0:EAX=1; }
 P0           | P1           ;
 XCHG [x],EAX | XCHG [x],EBX ;
exists (0:EAX=1)"""

CTRL = """PPC MP+sync+ctrl
{ 0:r2=x; 0:r4=y; 1:r2=x; 1:r4=y; }
 P0           | P1           ;
 li r1,1      | lwz r1,0(r4) ;
 stw r1,0(r2) | cmpw r1,r1   ;
 sync         | beq L        ;
 stw r1,0(r4) | L:           ;
              | FENCE        ;
              | lwz r3,0(r2) ;
exists (1:r1=1 /\\ 1:r3=0)"""


def decide(model: str, test: str, tmp_path: Path) -> Verdict:
    path = tmp_path / "m.cat"
    path.write_text(model)
    return engine.check(parse_test(Source("t.litmus", test)), str(path))


@pytest.mark.parametrize(
    ("fence", "model", "allowed"),
    [
        ("isync", "acyclic sync | rf | co | fr | ctrlcfence(ctrl, ISYNC)", False),
        ("nop", "acyclic sync | rf | co | fr | ctrlcfence(ctrl, ISYNC)", True),
        ("isync", "acyclic sync | rf | co | fr | ctrlcfence(data, ISYNC)", True),
        ("isync", "acyclic sync | rf | co | fr | ctrlisync", False),
        ("lwsync", "acyclic sync | rf | co | fr | ctrlisync", True),
    ],
)
def test_control_dependencies_with_a_fence(fence: str, model: str, allowed: bool, tmp_path: Path) -> None:
    model = f'PPC include "ppcfences.cat" {model}'
    assert decide(model, CTRL.replace("FENCE", fence), tmp_path).allowed is allowed


OWN_WRITE = [
    '"nothing" acyclic 0',
    '"e" acyclic po',
    'Naked include "fences.cat"',
    '"Mini" include "cross.cat" with co from generate_cos(co0) show co show rf^-1 ; co as fr',
    'TSO include "filters.cat" include "cos.cat" acyclic WW(po) | RM(po) | rfe | fr | co',
    '"values" acyclic rf & ext',
]


@pytest.mark.parametrize("model", OWN_WRITE)
def test_a_read_never_takes_its_value_from_a_later_write_of_its_own_instruction(model: str, tmp_path: Path) -> None:
    verdict = decide(model, XCHG.replace("XCHG [x],EBX", "MOV EBX,[x]"), tmp_path)
    assert verdict.allowed is False


@pytest.mark.parametrize(
    "body",
    ["W ; po", "nope", "po | W", "po rf", "fail(po)", "tag2events(po)"],
)
def test_try_catches_whatever_has_no_value(body: str) -> None:
    model = load_text(f"let x = try {body} with rf let y = rf acyclic x as x acyclic y as y").elaborate(X86)
    assert len({axiom.node for axiom in model.axioms}) == 1


@pytest.mark.parametrize(
    "body", ["equiv-spec", "ctrlcfence(B)", "let rec r = po \\ r in r", "let rec f(x) = f(x) in f po"]
)
def test_try_does_not_catch_what_litmus_does_not_support(body: str) -> None:
    with pytest.raises(ModelError):
        load_text(f"acyclic try {body} with rf").elaborate(X86)


@pytest.mark.parametrize(
    "text",
    [
        "let never = DMB.ISH ; po let f(r) = r & SomethingElse acyclic po",
        "let a, b = nope let c = a acyclic po",
        "let x = try (let y = nope in y) with po acyclic x",
        "let x = nope let y = try x with po acyclic y",
        "show isb, dmb.sy show nope ; po as z unshow dsb acyclic po",
        "procedure p(r) = acyclic r & nope end acyclic po",
        'let x = if "some-variant" then nope else po acyclic x',
        "let x = CutOff | po let y = x & rf let z(r) = y ; r acyclic po",
        "let x = W ; po let y = x | rf acyclic po",
        "let x = W ; po show x show W ; po as z acyclic po",
        "let x = W ; po let y = try x with po acyclic y",
        "let a, b = po let c, d = po, rf, co acyclic po",
        "let x = fail(po) let y = [rf] let z = domain W let r = po W acyclic po",
        "let f(r) = W ; r let x = ctrlcfence(B) acyclic po",
        "acyclic (let x = W ; po in po) as x",
        "let rec x = (let y = W ; po in po | x) acyclic x",
        "let rec r = po | DMB.ISH ; r | (r ; r) let rec s = W ; s acyclic po",
    ],
)
def test_what_has_no_value_is_no_error_where_nothing_needs_it(text: str) -> None:
    """Definitions are lazy in herd7, in which each of these is read; what it makes of them is the same."""
    (axiom,) = load_text(text).elaborate(X86).axioms
    assert axiom.name in ("acyclic po", "acyclic x", "acyclic y", "x")


@pytest.mark.parametrize(
    "text",
    [
        "let x = W ; po acyclic x",
        "let rec x = W ; x acyclic x",
        "let a, b = W ; po, po acyclic b",
        "let f(r) = po acyclic f(W ; po)",
        "procedure p(r) = acyclic po end call p(W ; po)",
        "let x = W ; po with y from x",
    ],
)
def test_what_is_needed_and_arguments_are_evaluated(text: str) -> None:
    """They are in herd7, too: it gives no answer to any of these."""
    with pytest.raises(ModelError, match="expected a relation, found a set of events"):
        load_text(text).elaborate(X86)


@pytest.mark.parametrize(
    "definition", ["classes(rf)", "map (fun s -> s) (classes(rf))", "map (fun o -> o) (linearisations(M, 0))"]
)
def test_what_cannot_be_enumerated_is_an_error_where_it_is_needed(definition: str, tmp_path: Path) -> None:
    writes = " ; ".join(f"MOV [x{i}],$1" for i in range(10))
    ten = f"X86 ten {{}} P0 ; {writes} ; MOV EAX,[x0] ; MOV [x0],$2 ; exists (x0=1)"
    ten = ten.replace(" {} ", "\n{ }\n ").replace(" ; ", " ;\n ")
    assert decide(f"let x = {definition} let y = x acyclic po", ten, tmp_path).allowed
    with pytest.raises(ModelError, match=r"depends on the execution|there are more than 6,000 orders"):
        decide(f"let x = {definition} let y = x with z from y", ten, tmp_path)


@pytest.mark.parametrize(
    "unknown",
    [
        "acyclic po | nope",
        "let r = nope ; po empty r as a",
        "acyclic W",
        "acyclic same-instr | rf as b",
        "procedure p(r) = acyclic r & nope end call p(po)",
        "forall e in nope do empty [e] end",
        "with x from nope",
        "let rec r = po | (r ; nope) acyclic r",
        'flag ~empty nope as f include "nowhere.cat"',
    ],
)
def test_what_no_execution_reaches_is_no_error(unknown: str, tmp_path: Path) -> None:
    """Nor in herd7, which stops at the first check that an execution violates."""
    found = decide(f"let fr = rf^-1 ; co empty R as no-read {unknown}", SB, tmp_path)
    said = "the model allows none of the executions of the test: it forbids the nearest by 'no-read'"
    assert (found.states, found.message) == ((), said)
    (note,) = found.notes
    assert note.startswith(f"no execution obeys the axioms before this: {tmp_path}/m.cat:1:")
    for reached in ("~empty R as a-read", "flag ~empty R as a-read", "acyclic po as program-order"):
        with pytest.raises(ModelError):
            decide(f"{reached} {unknown}", SB, tmp_path)


def test_the_limits_of_a_search_for_an_execution_that_reaches_an_error_are_limits(tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text("acyclic po | rf | co | (rf^-1 ; co) as sc acyclic nope")
    test = parse_test(Source("t.litmus", SB))
    assert engine.check(test, str(tmp_path / "m.cat"), Options(timeout=1e-9)).status is Status.TIMEOUT


def test_an_unknown_set_says_which_there_are() -> None:
    with pytest.raises(ModelError, match=r"unknown name 'REL'[^$]*events of these tests may be in EIEIO, EX, ISYNC"):
        load_text("empty REL").elaborate(PPC)
    with pytest.raises(ModelError) as error:
        load_text("empty rel").elaborate(PPC)
    assert "may be in" not in str(error.value)


def test_the_complement_of_older_tools() -> None:
    with pytest.raises(ModelError, match=r"unexpected character '!'[^$]*the complement is written '~'"):
        load_text("acyclic po & !rf")


PARTS = ("ppo.cat", "ppc-checks.cat")  # they use names of the file that includes them


@pytest.mark.parametrize("arch", ["X86", "X86_64", "PPC", "ALPHA", "RISCV"])
def test_our_own_files_have_no_unknown_names(arch: str) -> None:
    """Where a name is no error, a misspelt one would go unseen."""
    library = [path for path in sorted((folder("archs") / "lib").glob("*.cat")) if path.name not in PARTS]
    decide = [folder("archs") / f"{info.name}.cat" for info in models() if arch in info.dialects]
    for path in (*library, *decide):
        assert [str(error) for error in load(str(path)).unresolved(dialect_for(arch).sets)] == []


def test_definitions_that_use_other_recursive_definitions() -> None:
    text = """let rec U = po-loc | rf | co0 | (U ; invrf) & (W * W) \\ id | U ; U when acyclic U as u
              let rec S = po | U | (L ; invrf) & (W * W) \\ id | S ; S
              and L = S & loc
              when acyclic S as sc"""
    model = load_text(text).elaborate(X86)
    assert [axiom.name for axiom in model.axioms] == ["u", "sc"]
    assert len(model.fixpoints) == 2


@pytest.mark.parametrize(
    ("herd", "same"),
    [
        ("Exp", "M"), ("NExp", "{}"), ("EXEC", "M"), ("SPEC", "{}"), ("SPURIOUS", "{}"), ("PoD", "B"), ("BR", "B"),
        ("si", "[M]"), ("sm", "[M]"), ("inv-field", "0"), ("udr(po)", "domain(po) | range(po)"),
        ("inter_transitive(rf, loc)", "loc & rf+"), ("pco", "co0"), ("LKW", "{}"), ("emptyset", "{}"),
        ("no-loc", "~M"), ("T | TLBI | PTE", "{}"), ("FAULT | FAULT-RD | FAULT-WR", "{}"),
        ("EXC-ENTRY | EXC-RET", "{}"),
    ],
)  # fmt: skip
def test_names_of_herd7(herd: str, same: str) -> None:
    model = load_text(f"let x = {herd} let y = {same} empty x as x empty y as y").elaborate(X86)
    assert len({(axiom.node, axiom.kind) for axiom in model.axioms}) <= 1


def test_a_dialect_may_have_these_sets_itself() -> None:
    model = load_text("empty Exp as a empty NExp as b").elaborate(frozenset({"Exp", "NExp"}))
    assert [model.nodes[axiom.node].op for axiom in model.axioms] == ["tag", "tag"]


EXCLUSIVES = {
    "PPC": "lwarx r3,r0,r4 ; stwcx. r1,r0,r4 ; lwz r5,0(r4)",
    "ALPHA": "ldq_l $3,y ; stq_c $1,y ; ldq $5,y",
    "X86": "LOCK INC [y] ; MOV EBX,[y]",
}


@pytest.mark.parametrize(("arch", "allowed"), [("PPC", False), ("ALPHA", False), ("X86", True)])
def test_exclusives_are_load_reserves_and_conditional_stores(arch: str, allowed: bool, tmp_path: Path) -> None:
    """EX of herd7 after 7.58; before, these accesses were in X, as the locked ones of x86 still are."""
    code = " ;\n ".join(EXCLUSIVES[arch].split(" ; "))
    init = {"PPC": "0:r1=1; 0:r4=y;", "ALPHA": "0:$1=1;"}.get(arch, "")
    text = f"{arch} T\n{{ {init} }}\n P0 ;\n {code} ;\nexists (y=1)"
    assert decide("empty po & (EX * EX)", text, tmp_path).allowed is allowed
    assert decide("empty EX & (IW | ~M)", text, tmp_path).allowed
    assert decide("empty EX \\ X", text, tmp_path).allowed


@pytest.mark.parametrize(
    "text", ["[{}] ; same-static ; po", "same-static & loc & 0", "po ; (same-static ; [PTE]) ; rf"]
)
def test_what_is_empty_whatever_an_unsupported_name_is(text: str) -> None:
    """The library of herd7 after 7.58 has such a part in rmw."""
    model = load_text(f"let r = ({text}) | rf let y = rf acyclic r as x acyclic y as y").elaborate(X86)
    assert len({axiom.node for axiom in model.axioms}) == 1


@pytest.mark.parametrize(
    "text", ["[M] ; same-static", "same-static & loc", "0 | same-static", "0 \\ same-static", "[CutOff]"]
)
def test_any_other_use_of_an_unsupported_name_is_an_error(text: str) -> None:
    with pytest.raises(ModelError, match="is not supported"):
        load_text(f"acyclic {text}").elaborate(X86)


def test_the_events_of_an_instruction(tmp_path: Path) -> None:
    verdict = decide("empty same-instance & (R * W)", XCHG, tmp_path)
    assert verdict.positive + verdict.negative == 0
    assert decide("empty si & (R * W)", XCHG, tmp_path).negative > 0


@pytest.mark.parametrize(
    ("model", "variants"),
    [
        ("acyclic po", ()),
        ('if "b" acyclic po else if not "a" || "b" && "c" acyclic rf end end', ("a", "b", "c")),
        ('if variant "a" && not (variant "b") acyclic po end', ("a", "b")),
        ('let r = if variant "a" then po else rf acyclic r', ("a",)),
        ('let f(r) = if "in-a-function" then r else 0 acyclic po', ("in-a-function",)),
        ('procedure p() = if "in-a-procedure" acyclic po end end call p()', ("in-a-procedure",)),
        ('if "a" include "other.cat" end acyclic po', ("a", "other")),
        ('if "a" include "nowhere.cat" end acyclic po', ("a",)),
    ],
)
def test_variants_are_the_names_in_conditions(model: str, variants: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "other.cat").write_text('if "other" acyclic rf end')
    (tmp_path / "m.cat").write_text(model)
    assert variants_of(load(str(tmp_path / "m.cat"))) == variants


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ordered-read", "variant 'ordered-read' is unknown to the model 'x86-2006': the variants are dependent-reads, "
         "mixed, ordered-reads, ordered-writes (did you mean 'ordered-reads'?)"),
        ("Ztso", "variant 'Ztso' is unknown to the model 'x86-2006': the variants are dependent-reads, "
         "mixed, ordered-reads, ordered-writes"),
    ],
)  # fmt: skip
def test_an_unknown_variant_is_an_error(name: str, message: str) -> None:
    test = parse_test(Source("t.litmus", SB))
    with pytest.raises(ModelError) as error:
        litmus.check(test, "x86-2006", variants=["ordered-reads", name])
    assert " ".join(str(error.value).split()) in (message, f"error: {message}")
    with pytest.raises(ModelError, match="unknown to the model 'x86-tso': the variants are mixed"):
        litmus.check(test, variants=["ordered-reads"])
    assert litmus.check(test, "x86-2006", variants=["ordered-reads"]).allowed


@pytest.mark.parametrize("name", ["ordered-reads", "Ordered-Reads", "ORDERED-READS"])
def test_variants_are_in_any_case(name: str, tmp_path: Path) -> None:
    """As in herd7, whose ets2 is the "ETS2" of a model."""
    (tmp_path / "m.cat").write_text('if "Ordered-reads" acyclic po | rf | fr | co end')
    test = parse_test(Source("t.litmus", SB))
    assert litmus.check(test, str(tmp_path / "m.cat")).allowed
    assert not litmus.check(test, str(tmp_path / "m.cat"), variants=[name]).allowed


def test_in_a_table_one_model_has_to_have_it() -> None:
    test = parse_test(Source("t.litmus", SB))
    found = litmus.compare([test], ["x86-2006", "sc"], variants=["ordered-reads"])
    assert [cell.error for cell in found.rows[0].cells] == [None, None]
    with pytest.raises(ModelError, match="variant 'ordered' is unknown to the model 'x86-2006' or 'sc'"):
        litmus.compare([test], ["x86-2006", "sc"], variants=["ordered"])
