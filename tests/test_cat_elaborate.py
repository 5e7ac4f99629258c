"""From cat to nodes: every construct of the language, and the errors in using it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from litmus.base.errors import ModelError
from litmus.cat import NeedsTest, load_text
from litmus.ir.model import Model

X86 = frozenset({"X", "NT", "MFENCE", "LFENCE", "SFENCE"})
INFIX = {"union": "|", "inter": "&", "diff": "\\", "seq": ";", "product": "*"}
POSTFIX = {"plus": "+", "star": "*", "option": "?", "inverse": "^-1"}


def formula(model: Model, number: int) -> str:
    """A node as text, with brackets around every infix operator; operands of `|` and `&` in order, names first."""
    node = model.nodes[number]
    args = [formula(model, arg) for arg in node.args]
    if node.op in ("union", "inter"):
        args.sort(key=lambda text: (text[0] == "(", text))
    if node.op in INFIX:
        return f"({args[0]} {INFIX[node.op]} {args[1]})"
    if node.op in POSTFIX:
        return args[0] + POSTFIX[node.op]
    match node.op:
        case "base" | "var":
            return node.name
        case "tag":
            return "{" + ",".join(sorted(node.tags)) + "}"
        case "universe":
            return "_"
        case "empty":
            return "0"
        case "complement":
            return f"~{args[0]}"
        case "identity":
            return f"[{args[0]}]"
        case "choose":
            return f"one of {', '.join(args)}"
    return f"{node.op}({', '.join(args)})"


def show(text: str, name: str = "x") -> str:
    """What a model shows under a name: `0` for nothing."""
    model = load_text(text, "m.cat").elaborate(X86)
    return dict.get({label: formula(model, node) for label, node in model.shown}, name, "0")


@pytest.mark.parametrize(
    ("expr", "nodes"),
    [
        # names
        ("po", "po"),
        ("[M]", "[M]"),
        ("[MFENCE]", "[{MFENCE}]"),
        ("[X | NT]", "[{NT,X}]"),
        ("rfe", "(ext & rf)"),
        ("po-loc", "(loc & po)"),
        ("fr", "(rf^-1 ; co)"),
        ("coe", "(co & ext)"),
        ("fencerel(MFENCE)", "((po & (_ * {MFENCE})) ; po)"),
        ("let po = rf in po", "rf"),
        # constants and their laws
        ("0", "0"),
        ("po | 0", "po"),
        ("{} ; po", "0"),
        ("_ & po", "po"),
        ("[_]", "id"),
        ("W * _", "(W * _)"),
        ("_ * _", "_"),
        ("po*|po", "po*"),
        ("(po | id)+", "(id | po)+"),
        ("0*", "id"),
        ("~~po", "po"),
        ("~0", "_"),
        ("_ \\ po", "~po"),
        ("po & ~rf", "(po \\ rf)"),
        ("po \\ ~rf", "(po & rf)"),
        ("po \\ po", "0"),
        ("(po+)+", "po+"),
        ("(po?)+", "po*"),
        ("(po^-1)^-1", "po"),
        ("(R * W)^-1", "(W * R)"),
        ("id ; po", "po"),
        ("po & ext", "0"),
        ("[R & W]", "0"),
        ("[R | M]", "[M]"),
        ("M * F \\ R * W", "((M * F) \\ (R * W))"),
        # restrictions have one form
        ("[W] ; po ; [R]", "(po & (W * R))"),
        ("po & (W * R)", "(po & (W * R))"),
        ("po & (W * M) & (M * R)", "(po & (W * R))"),
        ("[W] ; [X]", "[(W & {X})]"),
        ("(W * R) ; [X]", "(W * (R & {X}))"),
        ("[domain(po+)]", "[domain(po)]"),
        ("[range(po^-1)]", "[domain(po)]"),
        # functions
        ("let f(a) = a | rf in f(po)", "(po | rf)"),
        ("let f a = a | rf in f po", "(po | rf)"),
        ("let f(a, b) = a \\ b in f(po, rf)", "(po \\ rf)"),
        ("let f(a, b) = a \\ b in let p = po, rf in f p", "(po \\ rf)"),
        ("let f a = fun b -> a ; b in f po rf", "(po ; rf)"),
        ("let f() = po in f()", "po"),
        ("(let twice f = fun r -> f (f r) in let g(r) = r ; po in twice g rf)", "((rf ; po) ; po)"),
        ("let f _ = po in f rf", "po"),
        ("let a, b = (po, rf) in b", "rf"),
        ("let (a, _) = po, rf in a", "po"),
        ("let a = po and b = rf in let a = b and b = a in a \\ b", "(rf \\ po)"),
        # a function sees the names of where it was made
        ("let r = po in let f(s) = r | s in let r = rf in f(co)", "(co | po)"),
        # control
        ('if "on" then po else nothing-there', "nothing-there?"),
        ('if not "on" || "off" then po else nothing-there', "po"),
        ("try po with rf", "po"),
        ("try nope with rf", "rf"),
        ("try po | nope with rf", "rf"),
        ("let f(r) = try nope(r) with r in f(po)", "po"),
        ("if po = po then rf else co", "rf"),
        ("if 0 subset po then rf else co", "rf"),
        ("if {} = {} then rf else co", "rf"),
        # sets of values
        ("match {po, rf} with {} -> co || e ++ rest -> e end", "po"),
        ("match {po, rf} with {} -> co || e ++ rest -> match rest with {} -> co || f ++ _ -> f end end", "rf"),
        ("match {} with {} -> co || e ++ rest -> e end", "co"),
        ("match rf ++ {po} with {} -> co || e ++ rest -> e end", "rf"),
        ("match po ++ {po} with {} -> co || e ++ rest -> if rest = {} then e else co end", "po"),
        ("match {co,po,rf} with {} -> 0 || a | e ++ b -> if a = {co} then e else 0 end", "po"),
        ("if po in {po, rf} then co else 0", "co"),
        ("if {po} subset {rf, po} then co else 0", "co"),
        ("if {po, rf} = {rf, po} then co else 0", "co"),
        ("if {po} | {rf} = {po, rf} then co else 0", "co"),
        ("if {po, rf} & {rf} = {rf} then co else 0", "co"),
        ("if {po, rf} \\ {rf} = {po} then co else 0", "co"),
        ("let f(S) = let rec all S = match S with {} -> 0 || e ++ r -> e | all r end in all S in f({po, rf, co})",
         "(po | (co | rf))"),
        ("match map (fun r -> r^-1) {po, rf} with {} -> 0 || e ++ r -> e end", "rf^-1"),
        # herd's library
        ("imply(po, rf)", "(rf | ~po)"),
        ("nodetour(po, rf, co)", "(po \\ (rf ; co))"),
        ("singlestep(po)", "(po \\ (po ; po))"),
        ("lxsx", "(rmw \\ amo)"),
        ("toid(W)", "[W]"),
        ("ctrlcfence(ctrl, MFENCE)", "((ctrl & (_ * {MFENCE})) ; po)"),
        ("co0", "(loc & (((W \\ FW) * FW) | (IW * (W \\ IW))))"),
        ("[emptyset]", "0"),
        ("as_transitive(po)", "po+"),
        ("fromto(MFENCE)", "((po & (_ * (F & {MFENCE}))) ; po)"),
    ],
)  # fmt: skip
def test_expressions(expr: str, nodes: str) -> None:
    if nodes == "nothing-there?":
        with pytest.raises(ModelError, match="unknown name 'nothing-there'"):
            show(f"let x = {expr} acyclic x")
        model = load_text(f"let x = {expr} show x").elaborate(X86, frozenset({"on"}))
        assert [formula(model, node) for _, node in model.shown] == ["po"]
    else:
        assert show(f"let x = {expr} show x") == nodes


def test_cross_products() -> None:
    text = """include "cross.cat"
              let x = if cross({{rf, co}, {0, si}}) = {rf, co, rf | si, co | si} then po else 0
              let y = if cross {} = {0} then po else 0
              let z = if cross {{}, {po}} = {} then po else 0
              show x show y show z"""
    model = load_text(text).elaborate(X86)
    assert [name for name, _ in model.shown] == ["x", "y", "z"]


TAGS = "enum E = 'a || 'b || 'c enum F = 'd\n"


@pytest.mark.parametrize(
    ("expr", "nodes"),
    [
        ("match 'a with 'a -> po || _ -> rf end", "po"),
        ("match 'b with 'a -> po || _ -> rf end", "rf"),
        ("if 'a = 'a then po else rf", "po"),
        ("if 'a = 'd then po else rf", "rf"),
        ("if 'b in E then po else rf", "po"),
        ("if 'a in ~{'a} then po else rf", "rf"),
        ("if 'a | 'b | 'c = E then po else rf", "po"),
        ("if _ \\ 'a = {'b, 'c} then po else rf", "po"),
        ("if E & _ = E then po else rf", "po"),
        ("let f t = match t with 'a -> po || 'b -> rf || _ -> co end in f 'c", "co"),
        ("let rec r = {'a} | r in if r = {'a} then po else rf", "po"),
        ("let rec closed = 'a | (match closed with {} -> {} || t ++ _ -> {'b} end) in if closed = {'a,'b} "
         "then po else rf", "po"),
    ],
)  # fmt: skip
def test_tags(expr: str, nodes: str) -> None:
    assert show(f"{TAGS} let x = {expr} show x") == nodes


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("let rec x = po | x ; x", "po+"),
        ("let rec x = po | (rf | x ; x)", "(po | rf)+"),
        ("let rec x = po | x ; rf", "(po ; rf*)"),
        ("let rec x = po | x ; rf | x ; co", "(po ; (co | rf)*)"),
        ("let rec x = po | rf ; x", "(rf* ; po)"),
        ("let rec x = po", "po"),
        ("let rec x = x", "0"),
        ("let rec x = x ; x", "0"),
        ("let rec y = x | rf and x = po", "x"),
        ("let rec y = x | rf | y ; x and x = po | x ; y", "x"),
        ("let rec S = W | range([S] ; rf) let x = [S]", "[S]"),
        ("let rec x = po | f(x) and f(r) = r ; r", "po+"),
        ("let rec x, y = (po | y, rf)", "x"),
    ],
)
def test_recursion(text: str, nodes: str) -> None:
    assert show(f"{text} show x") == nodes


def test_a_fixpoint_holds_its_definitions() -> None:
    text = "let rec a = po | b ; c and b = rf | a and c = co show a let d = a | fr show d acyclic a"
    model = load_text(text).elaborate(X86)
    (group,) = model.fixpoints
    assert [model.nodes[v].name for v in group.variables] == ["a", "b", "c"]
    assert [formula(model, body) for body in group.bodies] == ["(po | (b ; c))", "(a | rf)", "co"]
    assert group.first == group.variables[0]
    assert all(group.first <= n <= group.last for n in group.bodies[:2])
    assert model.nodes[model.axioms[0].node].op == "var"


def test_recursion_inside_recursion() -> None:
    text = """let closed(r) = let rec t = r | t ; (t & ext) in t
              let rec x = po | closed(x | rf) show x"""
    model = load_text(text).elaborate(X86)
    inner, outer = model.fixpoints
    assert (model.nodes[inner.variables[0]].name, model.nodes[outer.variables[0]].name) == ("t", "x")
    assert outer.first < inner.first <= inner.last <= outer.last


@pytest.mark.parametrize(
    ("text", "axioms"),
    [
        ("acyclic po", ["acyclic po: acyclic po"]),
        ("acyclic po as a", ["acyclic po: a"]),
        ("~acyclic po as a", ["~acyclic po: a"]),
        ("empty W & X as a", ["empty (W & {X}): a"]),
        ("irreflexive po ; rf", ["irreflexive (po ; rf): irreflexive po ; rf"]),
        ("irreflexive (po | rf)+ as a", ["acyclic (po | rf): a"]),
        ("acyclic po | (rf | co+)+ as a", ["acyclic (co | (po | rf)): a"]),
        ("acyclic (po | rf?)+ as a", ["acyclic (po | rf?): a"]),
        ("flag ~empty po as a", ["flag ~empty po: a"]),
        ("undefined_unless empty po as a", ["undefined_unless empty po: a"]),
        ("assert empty po as a", ["flag ~empty po: assertion failed: a"]),
        ("empty 0 as a", []),
        ("flag ~empty 0 as a", []),
        ("~empty 0 as a", ["~empty 0: a"]),
        ("flag empty 0 as a", ["flag empty 0: a"]),
        ("let rec r = po | r & rf when acyclic r as a", ["acyclic r: a"]),
        ("procedure p(r) = acyclic r empty r as e end call p(po) call p(rf) as n",
         ["acyclic po: p", "empty po: e", "acyclic rf: n", "empty rf: e"]),
        ("call inclusion(po, rf) as n", ["empty (po \\ rf): n"]),
        ("call subseteq(W, R) as n", ["empty W: n"]),
        ("call total(co, W) as t", ["empty ((W * W) \\ (co | co^-1)): t"]),
        ("procedure rec p(S) = let more = S \\ {po} if \"v\" call p(more) end empty rf as e end call p({po})",
         ["empty rf: e"]),
        ("forall r in {po, rf} do acyclic r end", ["acyclic po: acyclic r", "acyclic rf: acyclic r"]),
        ("enum E = 'a || 'b forall t in E do match t with 'a -> acyclic po || _ -> acyclic rf end end",
         ["acyclic po: acyclic po", "acyclic rf: acyclic rf"]),
        ('if "v" acyclic po else acyclic rf end', ["acyclic rf: acyclic rf"]),
        ('if not "v" && not "w" acyclic po end', ["acyclic po: acyclic po"]),
        ("with r from {po, rf} acyclic r as a", ["acyclic one of po, rf: a"]),
        ("with r from {po} acyclic r as a", ["acyclic po: a"]),
        ("with r from {} acyclic po as a", ["~empty 0: with r", "acyclic po: a"]),
        ("with co from {po, rf} acyclic co as a",
         ["empty (one of po, rf \\ co): with co", "empty (co \\ one of po, rf): with co", "acyclic one of po, rf: a"]),
        ("let r = po procedure p() = acyclic r as a end let r = rf call p()", ["acyclic po: a"]),
        ("include \"filters.cat\" acyclic WR(po) | AM(po) as a",
         ["acyclic ((po & (W * R)) | (po & ({X} * M))): a"]),
        ("instructions R[{'x}] default W['y] debug po acyclic po as a", ["acyclic po: a"]),
    ],
)  # fmt: skip
def test_statements(text: str, axioms: list[str]) -> None:
    model = load_text(text).elaborate(X86)
    found = []
    for axiom in model.axioms:
        role = "" if axiom.role.value == "check" else f"{axiom.role.value} "
        found.append(f"{role}{'~' * axiom.negated}{axiom.kind.value} {formula(model, axiom.node)}: {axiom.name}")
    assert found == axioms


def test_show_and_unshow() -> None:
    text = """show po, rf show po | rf as both show W as writes show 0 as nothing
              unshow rf show co show rf^-1 as po unshow co"""
    model = load_text(text).elaborate(X86)
    assert [(name, formula(model, node)) for name, node in model.shown] == [("both", "(po | rf)"), ("po", "rf^-1")]


def test_only_what_is_needed_is_kept_and_axioms_come_first() -> None:
    text = "let unused = po ; po ; rf let shown = co ; co show shown acyclic rf | co as a"
    model = load_text(text).elaborate(X86)
    assert [formula(model, n) for n in range(len(model.nodes))] == ["rf", "co", "(co | rf)", "(co ; co)"]


def test_names_resolve_in_order() -> None:
    assert show("let x = [MFENCE] show x") == "[{MFENCE}]"
    assert show("let MFENCE = W let x = [MFENCE] show x") == "[W]"
    model = load_text("empty M as a").elaborate(frozenset({"M", "W"}))
    assert model.nodes[0].op == "base"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acyclic mfenc", "1:9: error: unknown name 'mfenc'\n"
         "    1 | acyclic mfenc\n      |         ^^^^^ did you mean 'MFENCE'?"),
        ("let f(r) = MFENC & r acyclic f(po)", "1:12: error: unknown name 'MFENC'\n"
         "    1 | let f(r) = MFENC & r acyclic f(po)\n      |            ^^^^^ did you mean 'MFENCE'?"),
        ("let x = 'a debug x", "1:9: error: unknown tag 'a\n    1 | let x = 'a debug x\n      |         ^^"),
        ("let x, y = nope let z = y acyclic z", "1:12: error: unknown name 'nope'\n"
         "    1 | let x, y = nope let z = y acyclic z\n      |            ^^^^"),
        ("let rec r = nope | r", "1:13: error: unknown name 'nope'\n"
         "    1 | let rec r = nope | r\n      |             ^^^^"),
        ("acyclic W", "1:9: error: expected a relation, found a set of events\n"
         "    1 | acyclic W\n      |         ^"),
        ("let x = [po]", "1:10: error: expected a set of events, found a relation\n"
         "    1 | let x = [po]\n      |          ^^"),
        ("let x = W ; po", "1:9: error: expected a relation, found a set of events\n"
         "    1 | let x = W ; po\n      |         ^"),
        ("let x = po | W", "1:14: error: a relation and a set of events cannot be combined\n"
         "    1 | let x = po | W\n      |              ^"),
        ("let x = po \\ {po}", "1:9: error: expected a set of values, found a relation\n"
         "    1 | let x = po \\ {po}\n      |         ^^"),
        ("let x = po(rf)", "1:9: error: expected a function, found a relation\n"
         "    1 | let x = po(rf)\n      |         ^^"),
        ("let x = domain", "ok"),
        ("empty domain", "1:7: error: expected a set of events or a relation, found a function\n"
         "    1 | empty domain\n      |       ^^^^^^"),
        ("call po(rf)", "1:6: error: expected a procedure, found a relation\n"
         "    1 | call po(rf)\n      |      ^^"),
        ("let f(a, b) = a let x = f(po)", "1:27: error: expected 2 values, found 1\n"
         "    1 | let f(a, b) = a let x = f(po)\n      |                           ^^"),
        ("let a, b = po, rf, co", "1:12: error: expected 2 values, found 3\n"
         "    1 | let a, b = po, rf, co\n      |            ^^^^^^^^^^"),
        ("let rec r = po \\ r", "1:18: error: a recursive definition must not use its own names under the right "
         "side of '\\'\n    1 | let rec r = po \\ r\n      |                  ^ it may have no least solution"),
        ("let rec r = ~(r | po)", "1:15: error: a recursive definition must not use its own names under '~'\n"
         "    1 | let rec r = ~(r | po)\n      |               ^^^^^^ it may have no least solution"),
        ("let rec r = po | (rf \\ (let rec s = r | s ; s ; po in s))",
         "1:25: error: a recursive definition must not use its own names under the right side of '\\'\n"
         "    1 | let rec r = po | (rf \\ (let rec s = r | s ; s ; po in s))\n"
         "      |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it may have no least solution"),
        ("let rec r = (r, po)", "1:14: error: a tuple of 2 cannot be defined by recursion\n"
         "    1 | let rec r = (r, po)\n      |              ^^^^^ make it a function"),
        ("let rec f x = f x let y = f po", "1:19: error: this model takes more than 200,000 steps to elaborate: "
         "does a loop not end?\n    1 | let rec f x = f x let y = f po\n      |                   ^^^^^^^^^^^^"),
        ("let rec f x = f x let z = po let y = f po", "1:30: error: this model takes more than 200,000 steps to "
         "elaborate: does a loop not end?\n    1 | let rec f x = f x let z = po let y = f po\n"
         "      |                              ^^^^^^^^^^^^"),
        ("let rec f x = po | f x let y = f po", "1:20: error: evaluation nests deeper than 280 levels: "
         "does a recursion not end?\n    1 | let rec f x = po | f x let y = f po\n      |                    ^"),
        ("let x = match po with 'a -> po end", "1:15: error: expected a tag, found a relation\n"
         "    1 | let x = match po with 'a -> po end\n      |               ^^"),
        ("enum E = 'a || 'b let x = match 'b with 'a -> po end", "1:33: error: this match has no clause for 'b\n"
         "    1 | enum E = 'a || 'b let x = match 'b with 'a -> po end\n"
         "      |                                 ^^ add a clause '_ -> ...'"),
        ("let x = {po, W}", "1:9: error: a set cannot hold a relation and a set of events\n"
         "    1 | let x = {po, W}\n      |         ^^^^^^^"),
        ("let x = {_}", "1:9: error: '_' (the universe) cannot be an element of a set\n"
         "    1 | let x = {_}\n      |         ^^^"),
        ("let x = po ++ rf", "1:9: error: expected a pair of events, found a relation\n"
         "    1 | let x = po ++ rf\n      |         ^^"),
        ("with x from po", "1:13: error: expected a set of values, found a relation\n"
         "    1 | with x from po\n      |             ^^"),
        ("empty try tst with 0", "1:11: error: 'tst' is not supported: what it says of accesses to registers\n"
         "    1 | empty try tst with 0\n      |           ^^^"),
        ("let x = tag2scope let y = x('s) acyclic y", "1:9: error: 'tag2scope' is not supported: what a bell file "
         "declares\n    1 | let x = tag2scope let y = x('s) acyclic y\n      |         ^^^^^^^^^"),
        ("show nope unshow nope let x = nope let f(y) = nope let z = CutOff show po ; nope as z", "ok"),
        ("show domain show domain as x show W ; po as y debug nope debug W ; po", "ok"),
        ("let rec r = po | r when ~acyclic r as a", "1:20: error: 'when' with a negated check is not supported\n"
         "    1 | let rec r = po | r when ~acyclic r as a\n      |                    ^^^^^^^^^^^^^^^^^^^^"),
        ("let x = fail(po)", "1:14: error: the model fails on a relation\n    1 | let x = fail(po)\n"
         "      |              ^^"),
        ("let x = tag2events(po)", "1:20: error: expected a tag, found a relation\n"
         "    1 | let x = tag2events(po)\n      |                    ^^"),
        ("enum E = 'mfence || 'foo empty tag2events('mfence) empty tag2events('foo)", "ok?"),
        ('include "cos.ca"', "1:1: error: cannot find the file 'cos.ca' to include\n"
         "    1 | include \"cos.ca\"\n      | ^^^^^^^^^^^^^^^^ did you mean 'cos.cat'?"),
    ],
)  # fmt: skip
def test_errors(text: str, message: str) -> None:
    if message == "ok":
        assert load_text(text).elaborate(X86).axioms == ()
        return
    needed = [f"\nempty {name}" for name in re.findall(r"\blet (?:rec )?(\w+)", text)[-1:]]
    with pytest.raises(ModelError) as error:
        load_text("".join((text, *needed)), "m.cat").elaborate(X86)
    if message != "ok?":
        assert str(error.value) == f"m.cat:{message}"


def test_tags_name_sets_of_the_dialect() -> None:
    model = load_text("enum B = 'mb || 'WMB forall b in B do empty tag2events(b) end")
    found = model.elaborate(frozenset({"Mb", "Wmb"}))
    assert [formula(found, axiom.node) for axiom in found.axioms] == ["{Mb}", "{Wmb}"]


@pytest.mark.parametrize(
    "text",
    [
        "forall e in W do empty [e] end",
        "let x = match W with {} -> 0 || e ++ es -> [e] end",
        "let x = classes-loc(W)",
        "let x = linearisations(W, po)",
        "let x = if po = rf then po else rf",
        'include "cross.cat" with co from generate_cos(co0)',
    ],
)
def test_what_needs_a_test_says_so(text: str) -> None:
    model = load_text(text)
    for _ in range(2):  # the second time from what is kept
        with pytest.raises(NeedsTest, match="needs the events of a test"):
            model.elaborate(X86)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "~" * 3000 + "po",
        "let x = po" + "^-1" * 3000,
        "let x = " + "po | rf \\ " * 1000 + "co show x acyclic x",
        "".join(f"let x{i} = (x{i - 1} | po)+ & ext\n" if i else "let x0 = po\n" for i in range(3000))
        + "acyclic x2999",
        "".join(f"let x{i} = (x{i - 1} ; po)^-1\n" if i else "let x0 = po\n" for i in range(3000))
        + "empty domain x2999",
        "let f0(x) = x;x\n"
        + "".join(f"let f{i}(x) = f{i - 1}(f{i - 1}(x))\n" for i in range(1, 40))
        + "acyclic f39(po)",
        "procedure rec p(x) = call p(x) end call p(po)",
        "let rec s = {po} | match s with {} -> {} || e ++ r -> {e;po} end",
    ],
    ids=lambda text: text[:20],
)
def test_large_models_end(text: str) -> None:
    with contextlib.suppress(ModelError):
        load_text(text).elaborate(X86)


def test_every_elaboration_is_kept() -> None:
    model = load_text('if "v" acyclic po end acyclic rf')
    plain, on = model.elaborate(X86), model.elaborate(X86, frozenset({"v"}))
    assert (len(plain.axioms), len(on.axioms)) == (1, 2)
    assert model.elaborate(X86) is plain
    assert model.elaborate(X86, frozenset({"v"})) is on


def test_the_herd_style_file_is_there() -> None:
    assert (Path(__file__).parent / "cat" / "herd-style-cos.cat").is_file()
