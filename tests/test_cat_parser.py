"""The syntax of cat: what is read as what, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmus.base.errors import ModelError
from litmus.base.resources import folder
from litmus.base.source import Source, Span
from litmus.cat import ast
from litmus.cat.lexer import tokenize
from litmus.cat.parser import DEEPEST, parse

NOWHERE = Span(Source("", ""), 0, 0)


def statement(text: str) -> ast.Statement:
    (found,) = parse(Source("test.cat", text)).statements
    return found


def expression(text: str) -> ast.Expr:
    found = statement(f"debug {text}")
    assert isinstance(found, ast.Debug)
    return found.expr


def sketch(expr: ast.Expr) -> str:
    """The shape of an expression, every operator with its operands in brackets."""
    match expr:
        case ast.Name(name=name):
            return name
        case ast.TagLiteral(name=name):
            return f"'{name}"
        case ast.EmptyLiteral():
            return "0"
        case ast.UniverseLiteral():
            return "_"
        case ast.SetLiteral(items=items):
            return f"{{{', '.join(map(sketch, items))}}}"
        case ast.TupleLiteral(items=items):
            return f"<{', '.join(map(sketch, items))}>"
        case ast.Op(op=op, operands=operands):
            return f"({op} {' '.join(map(sketch, operands))})"
        case ast.Unary(op=op, operand=operand):
            return f"({op} {sketch(operand)})"
        case ast.Apply(function=function, argument=argument):
            return f"{sketch(function)}@{sketch(argument)}"
        case ast.Function(pattern=pattern, body=body):
            return f"(fun {names(pattern)} {sketch(body)})"
        case ast.LetIn(bindings=bindings, recursive=recursive, body=body):
            parts = [f"{names(b.pattern)}={sketch(b.value)}" for b in bindings]
            return f"(let{' rec' * recursive} {' '.join(parts)} in {sketch(body)})"
        case ast.If(condition=ast.Comparison(op=op, left=left, right=right), then=then, otherwise=otherwise):
            return f"(if {sketch(left)} {op} {sketch(right)} {sketch(then)} {sketch(otherwise)})"
        case ast.If(condition=condition, then=then, otherwise=otherwise):
            return f"(if {variants(condition)} {sketch(then)} {sketch(otherwise)})"
        case ast.MatchTag(subject=subject, clauses=clauses, default=default):
            parts = [f"'{tag}:{sketch(clause)}" for tag, clause in clauses]
            if default is not None:
                parts.append(f"_:{sketch(default)}")
            return f"(match {sketch(subject)} {' '.join(parts)})"
        case ast.MatchSet(subject=subject, empty=empty, names=bound, step=step):
            return f"(match {sketch(subject)} {{}}:{sketch(empty)} {'+'.join(n or '_' for n in bound)}:{sketch(step)})"
        case ast.Try(body=body, otherwise=otherwise):
            return f"(try {sketch(body)} {sketch(otherwise)})"


def names(pattern: ast.Pattern) -> str:
    inner = ",".join(name or "_" for name in pattern.names)
    return f"<{inner}>" if pattern.is_tuple else inner


def variants(condition: object) -> str:
    match condition:
        case ast.Variant(name=name):
            return f'"{name}"'
        case ast.VariantNot(operand=operand):
            return f"!{variants(operand)}"
        case ast.VariantAnd(operands=operands):
            return f"({'&&'.join(map(variants, operands))})"
        case ast.VariantOr(operands=operands):
            return f"({'||'.join(map(variants, operands))})"
    raise AssertionError(condition)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        # precedence, from the loosest: | ++ ; \ & and then * + ? ~ and then ^-1 and then application
        ("a | b | c", "(| a b c)"),
        ("(a | b) | c", "(| (| a b) c)"),
        ("a | b ++ c", "(| a (++ b c))"),
        ("a ++ b ; c", "(++ a (; b c))"),
        ("a ; b \\ c", "(; a (\\ b c))"),
        ("a \\ b & c", "(\\ a (& b c))"),
        ("a & b \\ c ; d ++ e | f", "(| (++ (; (\\ (& a b) c) d) e) f)"),
        ("a | b ; c | d", "(| a (; b c) d)"),
        ("a ; b | c ; d", "(| (; a b) (; c d))"),
        ("a \\ b \\ c", "(\\ a b c)"),
        ("a ++ b ++ c", "(++ a b c)"),
        ("a & W * R", "(& a (* W R))"),
        ("W * R & a", "(& (* W R) a)"),
        ("W * ~R", "(* W (~ R))"),
        ("a+ ; b* ; c?", "(; (+ a) (* b) (? c))"),
        ("a+*", "(* (+ a))"),
        ("a* & b", "(& (* a) b)"),
        ("a * b", "(* a b)"),
        ("a+ * b", "(* (+ a) b)"),
        ("(a*)", "(* a)"),
        ("a*|b", "(| (* a) b)"),
        ("~a | b", "(| (~ a) b)"),
        ("~a^-1", "(~ (^-1 a))"),
        ("~~a", "(~ (~ a))"),
        ("a+^-1", "(^-1 (+ a))"),
        ("rf^-1;co", "(; (^-1 rf) co)"),
        ("a^+ | b^*", "(| (+ a) (* b))"),
        ("W * r^-1", "(* W (^-1 r))"),
        ("[A];po;[B]", "(; ([] A) po ([] B))"),
        ("f x | y", "(| f@x y)"),
        ("f(x)^-1", "(^-1 f@x)"),
        ("f x y", "f@x@y"),
        ("f(x, y)", "f@<x, y>"),
        ("f()", "f@<>"),
        ("f [A]", "f@([] A)"),
        ("f {a,b}", "f@{a, b}"),
        ("f 'once", "f@'once"),
        ("f 0 _", "f@0@_"),
        ("f begin a | b end", "f@(| a b)"),
        ("begin a | b end ; c", "(; (| a b) c)"),
        ("a, b | c", "<a, (| b c)>"),
        ("(a, (b, c))", "<a, <b, c>>"),
        ("()", "<>"),
        ("{}", "0"),
        ("{a}", "{a}"),
        ("{'a, 'b}", "{'a, 'b}"),
        # names
        ("po-loc", "po-loc"),
        ("dmb.sy|_RMW|x'", "(| dmb.sy _RMW x')"),
        ("loc-1", "loc-1"),
        # words
        ("let x = a in x ; x", "(let x=a in (; x x))"),
        ("let x = a and y = b in x, y", "(let x=a y=b in <x, y>)"),
        ("let rec f x = f x in f", "(let rec f=(fun x f@x) in f)"),
        ("let f(x, _) = x in f", "(let f=(fun <x,_> x) in f)"),
        ("let x, y = p in y", "(let <x,y>=p in y)"),
        ("let (x, y) = p in y", "(let <x,y>=p in y)"),
        ("let (x) = p in x", "(let x=p in x)"),
        ("let _ = p in 0", "(let _=p in 0)"),
        ("fun x -> x | y", "(fun x (| x y))"),
        ("fun (x, y) -> x", "(fun <x,y> x)"),
        ("fun () -> x", "(fun <> x)"),
        ("try a with b | c", "(try a (| b c))"),
        ("(try a with b) | c", "(| (try a b) c)"),
        ("if a = b then c else d", "(if a = b c d)"),
        ("if a subset b then c else d", "(if a subset b c d)"),
        ("if e in S then c else d", "(if e in S c d)"),
        ('if "v" then a else b', '(if "v" a b)'),
        ('if not "v" && "w" || "x" then a else b', '(if ((!"v"&&"w")||"x") a b)'),
        ('if ("v" || not ("w" && "x")) then a else b', '(if ("v"||!("w"&&"x")) a b)'),
        ("if (a) = b then c else d", "(if a = b c d)"),
        ("match x with 'a -> b || 'c -> d || _ -> e end", "(match x 'a:b 'c:d _:e)"),
        ("match x with || 'a->b end", "(match x 'a:b)"),
        ("match x with _ -> b end", "(match x _:b)"),
        ("match S with {} -> a || e ++ es -> b end", "(match S {}:a e+es:b)"),
        ("match S with || e ++ es -> b || {} -> a end", "(match S {}:a e+es:b)"),
        ("match S with {} -> a || _ ++ _ -> b end", "(match S {}:a _+_:b)"),
        ("match S with {} -> a || l | e ++ r -> b end", "(match S {}:a l+e+r:b)"),
        # comments and blanks
        ("a (* b (* c *) d *) | // e\n b # f\n | c", "(| a b c)"),
        ("(*) a *)a", "a"),
    ],
)
def test_expressions(text: str, shape: str) -> None:
    assert sketch(expression(text)) == shape


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("let a = b", "Let(bindings=(Binding(pattern=Pattern(names=('a',), is_tuple=False), value=Name(name='b')),), "
         "recursive=False, when=None)"),
        ("let a = b in", "Let(bindings=(Binding(pattern=Pattern(names=('a',), is_tuple=False), "
         "value=Name(name='b')),), recursive=False, when=None)"),
        ("show a, b", "Show(names=(Name(name='a'), Name(name='b')), visible=True)"),
        ("unshow a", "Show(names=(Name(name='a'),), visible=False)"),
        ("show a | b as c", "ShowAs(expr=Op(op='|', operands=(Name(name='a'), Name(name='b'))), name='c')"),
        ("show a as c", "ShowAs(expr=Name(name='a'), name='c')"),
        ('include "x.cat"', "Include(file='x.cat')"),
        ("enum e = 'a || 'b", "Enum(name='e', tags=('a', 'b'))"),
        ("enum e = || 'a", "Enum(name='e', tags=('a',))"),
        ("procedure p(a, b) = end", "Procedure(name='p', pattern=Pattern(names=('a', 'b'), is_tuple=True), body=(), "
         "recursive=False)"),
        ("procedure rec p a = end", "Procedure(name='p', pattern=Pattern(names=('a',), is_tuple=False), body=(), "
         "recursive=True)"),
        ("call p(a) as n", "Call(procedure=Name(name='p'), argument=Name(name='a'), name='n')"),
        ("call p a", "Call(procedure=Name(name='p'), argument=Name(name='a'), name=None)"),
        ("forall x in S do end", "ForAll(name='x', set=Name(name='S'), body=())"),
        ("with x from S", "WithFrom(name='x', set=Name(name='S'))"),
        ("debug a", "Debug(expr=Name(name='a'))"),
        ("instructions R[{'a}, 'b]", "Instructions(name='R', arguments=(SetLiteral(items=(TagLiteral(name='a'),)), "
         "TagLiteral(name='b')), is_default=False)"),
        ("default R['a]", "Instructions(name='R', arguments=(TagLiteral(name='a'),), is_default=True)"),
    ],
)  # fmt: skip
def test_statements(text: str, found: str) -> None:
    assert repr(statement(text)) == found


@pytest.mark.parametrize(
    ("text", "kind", "negated", "role", "is_assert", "name"),
    [
        ("acyclic a", "acyclic", False, "check", False, None),
        ("~irreflexive a as n", "irreflexive", True, "check", False, "n"),
        ("flag ~empty a as n-1", "empty", True, "flag", False, "n-1"),
        ("flag empty a", "empty", False, "flag", False, None),
        ("undefined_unless acyclic a as n", "acyclic", False, "undefined_unless", False, "n"),
        ("assert empty a as n", "empty", False, "flag", True, "n"),
    ],
)
def test_checks(text: str, kind: str, negated: bool, role: str, is_assert: bool, name: str | None) -> None:
    check = statement(text)
    assert isinstance(check, ast.Check)
    assert (check.kind.value, check.negated, check.role.value, check.is_assert, check.name) == (
        kind,
        negated,
        role,
        is_assert,
        name,
    )


def test_statements_that_hold_statements() -> None:
    text = """if not "v" || "w" let a = b if "x" include "f" end else acyclic a end
              match t with 'a -> acyclic a acyclic b || _ -> if "y" empty c end end
              let rec r = a | r ; b when acyclic r
              procedure p() = call q(0) end"""
    assert len(parse(Source("t", "let r = a* ~empty r let s = a* ~r")).statements) == 3
    choice, match, let, procedure = parse(Source("t", text)).statements
    assert isinstance(choice, ast.IfStatement)
    assert [type(s).__name__ for s in (*choice.then, *choice.otherwise)] == ["Let", "IfStatement", "Check"]
    assert isinstance(match, ast.MatchStatement)
    assert [(tag, len(body)) for tag, body in match.clauses] == [("a", 2)]
    assert match.default is not None
    assert isinstance(let, ast.Let)
    assert let.when is not None
    assert isinstance(procedure, ast.Procedure)
    assert procedure.pattern == ast.Pattern((), True)


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        ("PPC", "PPC"),
        ('"x86 TSO"', "x86 TSO"),
        ('X86 "TSO"', "TSO"),
        ("X86 TSO", "X86 TSO"),
        ('"Old" withco', "Old"),
        ("", ""),
        ("(* PPC *)", ""),
    ],
)
def test_identity(line: str, identity: str) -> None:
    found = parse(Source("t", f"{line}\nacyclic po"))
    assert (found.identity, len(found.statements)) == (identity, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let x = a |", "1:12: error: expected an expression, found the end of the file\n"
         "    1 | let x = a |\n      |            ^"),
        ("let x = a ;; b", "1:12: error: expected an expression, found ';'\n"
         "    1 | let x = a ;; b\n      |            ^"),
        ("let x = let", "1:12: error: expected a name, found the end of the file\n"
         "    1 | let x = let\n      |            ^"),
        ("acyclic\n  with", "2:3: error: expected an expression, found 'with'\n"
         "    2 |   with\n      |   ^^^^"),
        ("acyclic a\nlett b = a", "2:8: error: expected a statement, found '='\n"
         "    2 | lett b = a\n      |        ^"),
        ("acyclic a end", "1:11: error: expected a statement, found 'end'\n"
         "    1 | acyclic a end\n      |           ^^^"),
        ("let x = (a | b", "1:15: error: expected ')', found the end of the file\n"
         "    1 | let x = (a | b\n      |               ^"),
        ("let x = {a, b", "1:14: error: expected '}', found the end of the file\n"
         "    1 | let x = {a, b\n      |              ^"),
        ("let x = ~a+", "1:11: error: '~' and '+' have the same precedence: write parentheses\n"
         "    1 | let x = ~a+\n      |           ^"),
        ("let x = a * b*", "1:14: error: '*' and '*' have the same precedence: write parentheses\n"
         "    1 | let x = a * b*\n      |              ^"),
        ("let x = a^b", "1:11: error: expected '-1', '+' or '*' after '^', found 'b'\n"
         "    1 | let x = a^b\n      |           ^"),
        ("flag po as x", "1:6: error: expected 'acyclic', 'irreflexive' or 'empty', found 'po'\n"
         "    1 | flag po as x\n      |      ^^"),
        ("acyclic a as\nlet", "2:1: error: expected a name after 'as', found 'let'\n    2 | let\n      | ^^^"),
        ('if "v"\nacyclic a\n', "3:1: error: expected 'end' for the 'if' on line 1, found the end of the file\n"
         "    3 | \n      | ^"),
        ("let x = match a with {} -> b || {} -> c end", "1:33: error: expected 'x ++ rest', found '{'\n"
         "    1 | let x = match a with {} -> b || {} -> c end\n      |                                 ^"),
        ("let x = match a with b", "1:23: error: expected '++', found the end of the file\n"
         "    1 | let x = match a with b\n      |                       ^"),
        ("let x = if a then b else c", "1:14: error: expected '=', 'subset' or 'in', found 'then'\n"
         '    1 | let x = if a then b else c\n      |              ^^^^ put the name of a variant in quotes: "a"'),
        ("show a | b", "1:11: error: expected 'as' and a name for what is shown, found the end of the file\n"
         "    1 | show a | b\n      |           ^"),
        ("let x = 7", "1:9: error: unexpected character '7'\n    1 | let x = 7\n      |         ^"),
        ("let x = \u00e9", "1:9: error: unexpected character '\u00e9'\n    1 | let x = \u00e9\n      |         ^"),
        ("let x = \x01", "1:9: error: unexpected character U+0001\n    1 | let x =  \n      |         ^"),
        ('include "a\nb"', '1:9: error: this string is not closed\n    1 | include "a\n      |         ^'),
        ("a\n(* (* *)", "2:1: error: this comment is not closed\n    2 | (* (* *)\n      | ^^ write '*)'"),
        ("include x", "1:9: error: expected a string with a file name, found 'x'\n"
         "    1 | include x\n      |         ^"),
        ("enum e = a", "1:10: error: expected a tag, found 'a'\n    1 | enum e = a\n      |          ^"),
        ("if rf subset po\nacyclic a\nend", "1:4: error: expected the name of a variant in quotes, found 'rf'\n"
         "    1 | if rf subset po\n"
         "      |    ^^ relations can only be compared in expressions: let r = if a subset b then c else d"),
        ('if not v\nacyclic a\nend', "1:8: error: expected the name of a variant in quotes, found 'v'\n"
         '    1 | if not v\n      |        ^ write "v"'),
        ('if "a" || ~"b"\nacyclic a\nend', "1:11: error: expected the name of a variant in quotes, found '~'\n"
         """    1 | if "a" || ~"b"\n      |           ^ write 'not'"""),
        ('if "v" then\nacyclic a\nend', "1:8: error: expected 'end' for the 'if' on line 1, found 'then'\n"
         """    1 | if "v" then\n      |        ^^^^ leave out 'then': an 'if' statement has none"""),
        ("let x = if not v then a else b",
         "1:16: error: expected the name of a variant in quotes after 'not', found 'v'\n"
         '    1 | let x = if not v then a else b\n      |                ^ write "v"'),
        ("let x = if not a = b then a else b",
         "1:16: error: expected the name of a variant in quotes after 'not', found 'a'\n"
         "    1 | let x = if not a = b then a else b\n"
         "      |                ^ leave out 'not', and exchange the expressions after 'then' and 'else'"),
        ("call p", "1:7: error: expected an argument, such as '(r)', found the end of the file\n"
         "    1 | call p\n      |       ^"),
    ],
)  # fmt: skip
def test_errors(text: str, message: str) -> None:
    with pytest.raises(ModelError) as error:
        parse(Source("test.cat", text))
    assert str(error.value) == f"test.cat:{message}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * 10_000,
        "let x = " + "(" * 10_000 + "a" + ")" * 10_000,
        "let x = " + "[" * 10_000 + "a" + "]" * 10_000,
        "let x = " + "f(" * 10_000 + ")" * 10_000,
        "let x = " + "{" * 10_000,
        "let x = " + "fun x -> " * 10_000 + "x",
        "let x = " + "let y = " * 10_000,
        "let x = " + "let y = a in " * 10_000 + "y",
        "let x = " + "try a with " * 10_000,
        "let x = " + "match a with 'b -> " * 10_000,
        "let x = " + 'if "a" then b else ' * 10_000,
        'if "a" ' * 10_000,
        "if " + "not " * 10_000 + '"a" end',
        "if " + "(" * 10_000 + '"a" end',
        "procedure p() = " * 10_000,
        "forall x in S do " * 10_000,
        "let x = " + "begin " * 10_000,
        "(*" * 10_000,
    ],
    ids=lambda text: text[8:24],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        parse(Source("test.cat", text))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * (DEEPEST - 10) + "a" + ")" * (DEEPEST - 10),
        "let x = " + "a | " * 30_000 + "a",
        "let x = " + "a \\ b & " * 20_000 + "a",
        "let x = " + "~" * 20_000 + "a",
        "let x = a" + "^-1" * 20_000,
        "(*" * 20_000 + "*)" * 20_000 + "acyclic a",
        "acyclic a\n" * 20_000,
    ],
    ids=lambda text: text[:24],
)
def test_long_is_not_deep(text: str) -> None:
    assert parse(Source("test.cat", text)).statements


# --- round trips -----------------------------------------------------------------------------------------------------

_LEVEL = {"|": 1, "++": 2, ";": 3, "\\": 4, "&": 5, "*": 6}
_TIGHT = 8


def write(expr: ast.Expr, least: int = 0) -> str:
    """An expression as text, with no more parentheses than it needs where operators of `least` level may stand."""
    level, text = _write(expr)
    return text if level >= least else f"({text})"


def _write(expr: ast.Expr) -> tuple[int, str]:
    match expr:
        case ast.Name(name=name):
            return _TIGHT, name
        case ast.TagLiteral(name=name):
            return _TIGHT, f"'{name}"
        case ast.EmptyLiteral():
            return _TIGHT, "0"
        case ast.UniverseLiteral():
            return _TIGHT, "_"
        case ast.SetLiteral(items=items):
            return _TIGHT, f"{{{', '.join(write(item, 1) for item in items)}}}"
        case ast.TupleLiteral(items=items):
            return (0, ", ".join(write(item, 1) for item in items)) if items else (_TIGHT, "()")
        case ast.Op(op="*", operands=(left, right)):
            return 6, f"{write(left, 7)} * {write(right, 6 if isinstance(right, ast.Unary) and right.op == '~' else 8)}"
        case ast.Op(op=op, operands=operands):
            return _LEVEL[op], f" {op} ".join(write(operand, _LEVEL[op] + 1) for operand in operands)
        case ast.Unary(op="[]", operand=operand):
            return _TIGHT, f"[{write(operand)}]"
        case ast.Unary(op="~", operand=operand):
            return 6, "~" + write(operand, 6 if isinstance(operand, ast.Unary) and operand.op == "~" else 8)
        case ast.Unary(op="^-1", operand=operand):
            level, _ = _write(operand)
            return (_TIGHT if level == _TIGHT else 7), write(operand, 7) + "^-1"
        case ast.Unary(op=op, operand=operand):
            text = write(operand, 7)
            return 7, text + " " * text.endswith("+") + op  # `++` is a word of its own
        case ast.Apply(function=function, argument=argument):
            simple = not isinstance(argument, ast.Apply) and not (
                isinstance(argument, ast.Unary) and argument.op != "[]"
            )
            return _TIGHT, f"{write(function, 8)} {write(argument, 8) if simple else f'({write(argument)})'}"
        case ast.Function(pattern=pattern, body=body):
            return 0, f"fun {_pattern(pattern)} -> {write(body)}"
        case ast.LetIn(bindings=bindings, recursive=recursive, body=body):
            bound = " and ".join(f"{_pattern(b.pattern)} = {write(b.value)}" for b in bindings)
            return 0, f"let{' rec' * recursive} {bound} in {write(body)}"
        case ast.If(condition=ast.Comparison(op=op, left=left, right=right), then=then, otherwise=otherwise):
            return 0, f"if {write(left, 1)} {op} {write(right, 1)} then {write(then)} else {write(otherwise)}"
        case ast.MatchSet(subject=subject, empty=empty, names=(x, rest), step=step):
            clauses = f"{{}} -> {write(empty)} || {x or '_'} ++ {rest or '_'} -> {write(step)}"
            return 0, f"match {write(subject)} with {clauses} end"
        case ast.Try(body=body, otherwise=otherwise):
            return 0, f"try {write(body)} with {write(otherwise)}"
    raise AssertionError(expr)


def _pattern(pattern: ast.Pattern) -> str:
    inner = ", ".join(name or "_" for name in pattern.names)
    return f"({inner})" if pattern.is_tuple else inner


NAMES = st.sampled_from(["a", "b", "po-loc", "x'", "R.W", "_z"])
PATTERNS = st.one_of(
    st.builds(lambda name: ast.Pattern((name,), False), NAMES | st.none()),
    st.builds(lambda names: ast.Pattern(tuple(names), len(names) != 1), st.lists(NAMES | st.none(), max_size=3)),
)
LEAVES: st.SearchStrategy[ast.Expr] = st.one_of(
    st.builds(lambda name: ast.Name(name, NOWHERE), NAMES),
    st.builds(lambda name: ast.TagLiteral(name, NOWHERE), NAMES),
    st.just(ast.EmptyLiteral(NOWHERE)),
    st.just(ast.UniverseLiteral(NOWHERE)),
    st.just(ast.TupleLiteral((), NOWHERE)),
)


def grow(inner: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    name = st.builds(lambda n: ast.Name(n, NOWHERE), NAMES)
    return st.one_of(
        st.builds(lambda op, items: ast.Op(op, items, NOWHERE), st.sampled_from(["|", "++", ";", "\\", "&"]), several),
        st.builds(lambda a, b: ast.Op("*", (a, b), NOWHERE), inner, inner),
        st.builds(lambda op, a: ast.Unary(op, a, NOWHERE), st.sampled_from(["~", "[]", "+", "*", "?", "^-1"]), inner),
        st.builds(lambda f, a: ast.Apply(f, a, NOWHERE), name, inner),
        st.builds(lambda f, a, b: ast.Apply(ast.Apply(f, a, NOWHERE), b, NOWHERE), name, inner, inner),
        st.builds(lambda items: ast.SetLiteral(items, NOWHERE), several),
        st.builds(lambda items: ast.TupleLiteral(items, NOWHERE), several),
        st.builds(lambda p, body: ast.Function("fun", p, body, NOWHERE), PATTERNS, inner),
        st.builds(
            lambda p, value, recursive, body: ast.LetIn((ast.Binding(p, value, NOWHERE),), recursive, body, NOWHERE),
            PATTERNS,
            inner,
            st.booleans(),
            inner,
        ),
        st.builds(
            lambda op, a, b, c, d: ast.If(ast.Comparison(op, a, b, NOWHERE), c, d, NOWHERE),
            st.sampled_from(["=", "subset", "in"]),
            *(inner, inner, inner, inner),
        ),
        st.builds(lambda s, a, x, y, b: ast.MatchSet(s, a, (x, y), b, NOWHERE), inner, inner, NAMES, NAMES, inner),
        st.builds(lambda a, b: ast.Try(a, b, NOWHERE), inner, inner),
    )


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.recursive(LEAVES, grow, max_leaves=12))
def test_what_is_written_is_read_again(expr: ast.Expr) -> None:
    assert expression(write(expr)) == expr, write(expr)


@pytest.mark.parametrize("path", sorted(folder("archs").rglob("*.cat")), ids=lambda path: path.name)
def test_blanks_and_comments_do_not_matter(path: Path) -> None:
    text = path.read_text("utf-8")
    tokens = tokenize(Source(path.name, text))[:-1]
    spaced = " (* a (* b *) *)\n".join(text[token.start : token.end] for token in tokens)
    assert parse(Source("spaced", spaced)) == parse(Source(path.name, text))
