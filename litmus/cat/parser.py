"""The parser of the cat language.

The language is the one that herd7 7.58 reads (grammar: herdtools7, lib/modelParser.mly). Operators from loosest to
tightest: `|`, `++`, `;`, `\\`, `&`, then on one level infix `*`, postfix `* + ?` and prefix `~`, then `^-1 ^+ ^*`, then
application. The operators of that one level do not associate: an expression that herd7 rejects as ambiguous is an
error here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Source, Span
from litmus.cat import ast
from litmus.cat.lexer import KEYWORDS, Token, tokenize
from litmus.ir.model import AxiomKind, AxiomRole

DEEPEST = 120
"""How deep expressions and statements may nest; well below Python's own recursion limit."""

_BINDS = {"|": 1, "++": 2, ";": 3, "\\": 4, "&": 5}  # precedence of the infix operators except `*`
_ARGUMENT = frozenset(["NAME", "TAG", "0", "_", "(", "[", "{", "begin"])  # what an argument may start with
_POSTFIX = frozenset("+*?")
_AFTER_EXPRESSIONS = frozenset(["then", "else", "end", "with", "do", "as", "and", "in", "subset"])
_COMPARISONS = frozenset(["=", "subset", "in"])
_KINDS = {"acyclic": AxiomKind.ACYCLIC, "irreflexive": AxiomKind.IRREFLEXIVE, "empty": AxiomKind.EMPTY}
_ROLES = {"flag": AxiomRole.FLAG, "undefined_unless": AxiomRole.UNDEFINED_UNLESS, "assert": AxiomRole.FLAG}
_SAYS = {"NAME": "a name", "TAG": "a tag", "STRING": "a string", "END": "the end of the file"}


def parse(source: Source, deadline: Deadline = NO_DEADLINE) -> ast.CatFile:
    """Parse a cat file. Raises ModelError, LimitReached at the deadline."""
    return _Parser(source, deadline).file()


class _Parser:
    """A recursive-descent parser; `kind` is always the kind of the token at index `at`."""

    def __init__(self, source: Source, deadline: Deadline = NO_DEADLINE) -> None:
        self.source = source
        self.deadline = deadline
        self.tokens = tokenize(source, deadline)
        self.at = 0
        self.kind = self.tokens[0].kind
        self.depth = 0
        self.statements: Mapping[str, Callable[[Token], ast.Statement]] = {
            "let": self.let,
            "acyclic": self.check,
            "irreflexive": self.check,
            "empty": self.check,
            "~": self.check,
            "flag": self.check,
            "undefined_unless": self.check,
            "assert": self.check,
            "show": self.show,
            "unshow": self.show,
            "include": self.include,
            "procedure": self.procedure,
            "call": self.call,
            "enum": self.enum,
            "forall": self.for_all,
            "with": self.with_from,
            "match": self.match_statement,
            "if": self.if_statement,
            "debug": self.debug,
            "instructions": self.instructions,
            "default": self.instructions,
        }
        self.expressions: Mapping[str, Callable[[Token], ast.Expr]] = {
            "let": self.expr_let,
            "fun": self.expr_fun,
            "try": self.expr_try,
            "if": self.expr_if,
            "match": self.expr_match,
        }

    # --- tokens ---

    def advance(self) -> Token:
        self.deadline.check()
        token = self.tokens[self.at]
        if token.kind != "END":
            self.at += 1
            self.kind = self.tokens[self.at].kind
        return token

    def accept(self, kind: str) -> bool:
        if self.kind != kind:
            return False
        self.advance()
        return True

    def accept_word(self, text: str) -> bool:
        """Reads a word that is no keyword elsewhere, if it comes next; whether it does."""
        found = self.kind == "NAME" and self.tokens[self.at].text == text
        if found:
            self.advance()
        return found

    def expect(self, kind: str, where: str = "") -> Token:
        if self.kind != kind:
            raise self.expected(_SAYS.get(kind, f"'{kind}'") + where)
        return self.advance()

    def peek(self, ahead: int = 1) -> str:
        index = self.at + ahead
        return self.tokens[index].kind if index < len(self.tokens) else "END"

    def span(self, start: int) -> Span:
        """The span from offset `start` to the end of the previous token."""
        return Span(self.source, start, self.tokens[self.at - 1].end)

    def expected(self, what: str, hint: str | None = None) -> ModelError:
        token = self.tokens[self.at]
        found = _SAYS.get(token.kind) or f"'{token.text}'"
        if token.kind in ("NAME", "TAG"):
            found = f"'{token.text}'"
        return ModelError(f"expected {what}, found {found}", Span(self.source, token.start, token.end), hint)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            token = self.tokens[self.at]
            raise ModelError(f"nested deeper than {DEEPEST} levels", Span(self.source, token.start, token.end))

    def leave(self) -> None:
        self.depth -= 1

    # --- statements ---

    def file(self) -> ast.CatFile:
        identity = self.identity()
        catdep = self.accept_word("catdep")
        statements = self.block()
        if self.kind != "END":
            raise self.not_a_statement()
        return ast.CatFile(identity, statements, catdep)

    def identity(self) -> str:
        """`PPC`, `"x86 TSO"`, `X86 "TSO"`, or nothing; older files add words such as `withco`."""
        words: list[Token] = []
        while self.kind in ("NAME", "STRING") and len(words) < 3 and self.tokens[self.at].text != "catdep":
            words.append(self.advance())
        texts = [token.text for token in words if token.kind == "STRING"] or [token.text for token in words]
        return " ".join(texts)

    def block(self) -> tuple[ast.Statement, ...]:
        """Reads statements up to a token that cannot start one."""
        statements = self.statements
        found: list[ast.Statement] = []
        self.enter()
        while (make := statements.get(self.kind)) is not None:
            found.append(make(self.advance()))
        self.leave()
        return tuple(found)

    def not_a_statement(self) -> ModelError:
        token = self.tokens[self.at]
        hint = did_you_mean(token.text, self.statements) if token.kind == "NAME" else None
        return self.expected("a statement", hint)

    def close(self, opener: Token) -> None:
        """Reads the `end` of the statement or expression that starts with `opener`."""
        if self.kind == "end":
            self.advance()
            return
        line = self.source.position(opener.start)[0]
        hint = "leave out 'then': an 'if' statement has none" if self.kind == "then" else None
        raise self.expected(f"'end' for the '{opener.text}' on line {line}", hint)

    def let(self, start: Token) -> ast.Let:
        recursive = self.accept("rec")
        bindings = self.bindings()
        when = self.when() if recursive and self.kind == "when" else None
        self.accept("in")
        return ast.Let(bindings, recursive, when, self.span(start.start))

    def when(self) -> ast.Check:
        start = self.advance()
        negated = self.accept("~")
        return self.rest_of_check(start, self.check_kind(), negated, AxiomRole.CHECK, False)

    def check(self, start: Token) -> ast.Check:
        role = _ROLES.get(start.kind)
        if role is not None:
            negated = self.accept("~")
            kind = self.check_kind()
        else:
            negated = start.kind == "~"
            kind = self.check_kind() if negated else _KINDS[start.kind]
        return self.rest_of_check(start, kind, negated, role or AxiomRole.CHECK, start.kind == "assert")

    def check_kind(self) -> AxiomKind:
        if self.kind not in _KINDS:
            raise self.expected("'acyclic', 'irreflexive' or 'empty'")
        return _KINDS[self.advance().kind]

    def rest_of_check(
        self, start: Token, kind: AxiomKind, negated: bool, role: AxiomRole, is_assert: bool
    ) -> ast.Check:
        expr = self.expr()
        name = self.optional_name()
        return ast.Check(kind, negated, role, is_assert, expr, name, self.span(start.start))

    def optional_name(self) -> str | None:
        return self.expect("NAME", " after 'as'").text if self.accept("as") else None

    def show(self, start: Token) -> ast.Show | ast.ShowAs:
        visible = start.kind == "show"
        first = self.at
        expr = self.chain()
        if visible and self.kind == "as":
            self.advance()
            return ast.ShowAs(expr, self.expect("NAME").text, self.span(start.start))
        if not isinstance(expr, ast.Name):
            if not visible:
                self.at = first
                raise self.expected("a name")
            raise self.expected("'as' and a name for what is shown")
        names = [expr]
        while self.accept(","):
            names.append(self.name())
        return ast.Show(tuple(names), visible, self.span(start.start))

    def name(self) -> ast.Name:
        token = self.expect("NAME")
        return ast.Name(token.text, Span(self.source, token.start, token.end))

    def include(self, start: Token) -> ast.Include:
        return ast.Include(self.expect("STRING", " with a file name").text, self.span(start.start))

    def procedure(self, start: Token) -> ast.Procedure:
        recursive = self.accept("rec")
        name = self.expect("NAME").text
        pattern = self.parameters()
        self.expect("=")
        body = self.block()
        self.close(start)
        return ast.Procedure(name, pattern, body, recursive, self.span(start.start))

    def call(self, start: Token) -> ast.Call:
        procedure = self.name()
        if self.kind not in _ARGUMENT:
            raise self.expected("an argument, such as '(r)'")
        argument = self.primary()
        return ast.Call(procedure, argument, self.optional_name(), self.span(start.start))

    def enum(self, start: Token) -> ast.Enum:
        name = self.expect("NAME").text
        self.expect("=")
        self.accept("||")
        tags = [self.expect("TAG").text]
        while self.accept("||"):
            tags.append(self.expect("TAG").text)
        return ast.Enum(name, tuple(tags), self.span(start.start))

    def for_all(self, start: Token) -> ast.ForAll:
        name = self.expect("NAME").text
        self.expect("in")
        values = self.expr()
        self.expect("do")
        body = self.block()
        self.close(start)
        return ast.ForAll(name, values, body, self.span(start.start))

    def with_from(self, start: Token) -> ast.WithFrom:
        name = self.expect("NAME").text
        self.expect("from")
        return ast.WithFrom(name, self.expr(), self.span(start.start))

    def match_statement(self, start: Token) -> ast.MatchStatement:
        subject = self.expr()
        self.expect("with")
        self.accept("||")
        clauses: list[tuple[str, tuple[ast.Statement, ...]]] = []
        default = None
        while True:
            if self.accept("_"):
                self.expect("->")
                default = self.block()
                break
            tag = self.expect("TAG").text
            self.expect("->")
            clauses.append((tag, self.block()))
            if not self.accept("||"):
                break
        self.close(start)
        return ast.MatchStatement(subject, tuple(clauses), default, self.span(start.start))

    def if_statement(self, start: Token) -> ast.IfStatement:
        condition = self.variants()
        then = self.block()
        otherwise = self.block() if self.accept("else") else ()
        self.close(start)
        return ast.IfStatement(condition, then, otherwise, self.span(start.start))

    def debug(self, start: Token) -> ast.Debug:
        return ast.Debug(self.expr(), self.span(start.start))

    def instructions(self, start: Token) -> ast.Instructions:
        name = self.expect("NAME").text
        self.expect("[")
        arguments = self.items("]")
        return ast.Instructions(name, arguments, start.kind == "default", self.span(start.start))

    # --- bindings ---

    def bindings(self) -> tuple[ast.Binding, ...]:
        found = [self.binding()]
        while self.accept("and"):
            found.append(self.binding())
        return tuple(found)

    def binding(self) -> ast.Binding:
        start = self.tokens[self.at].start
        function = None
        if self.kind == "NAME" and self.peek() in ("NAME", "_", "("):
            function = self.advance().text
            pattern = self.parameters()
        elif self.kind == "(":
            pattern = self.parameters()
        else:
            names = self.pattern_names()
            pattern = ast.Pattern(names, len(names) != 1)
        self.expect("=")
        value = self.expr()
        span = self.span(start)
        if function is None:
            return ast.Binding(pattern, value, span)
        closure = ast.Function(function, pattern, value, span)
        return ast.Binding(ast.Pattern((function,), False), closure, span)

    def parameters(self) -> ast.Pattern:
        """`x`, `_` or `(x, y)`; `(x)` is `x`."""
        if not self.accept("("):
            return ast.Pattern((self.pattern_name(),), False)
        names = () if self.kind == ")" else self.pattern_names()
        self.expect(")")
        return ast.Pattern(names, len(names) != 1)

    def pattern_names(self) -> tuple[str | None, ...]:
        names = [self.pattern_name()]
        while self.accept(","):
            names.append(self.pattern_name())
        return tuple(names)

    def pattern_name(self) -> str | None:
        return None if self.accept("_") else self.expect("NAME").text

    # --- expressions ---

    def expr(self) -> ast.Expr:
        self.enter()
        make = self.expressions.get(self.kind)
        if make is not None:
            found = make(self.advance())
        else:
            found = self.chain()
            if self.kind == ",":
                found = self.rest_of_tuple(found)
        self.leave()
        return found

    def rest_of_tuple(self, first: ast.Expr) -> ast.TupleLiteral:
        items = [first]
        while self.accept(","):
            items.append(self.chain())
        return ast.TupleLiteral(tuple(items), self.span(first.span.start))

    def expr_let(self, start: Token) -> ast.LetIn:
        recursive = self.accept("rec")
        bindings = self.bindings()
        self.expect("in")
        return ast.LetIn(bindings, recursive, self.expr(), self.span(start.start))

    def expr_fun(self, start: Token) -> ast.Function:
        pattern = self.parameters()
        self.expect("->")
        return ast.Function("fun", pattern, self.expr(), self.span(start.start))

    def expr_try(self, start: Token) -> ast.Try:
        body = self.expr()
        self.expect("with")
        return ast.Try(body, self.expr(), self.span(start.start))

    def expr_if(self, start: Token) -> ast.If:
        condition: ast.Condition = self.variants() if self.at_variants() else self.comparison()
        self.expect("then")
        then = self.expr()
        self.expect("else")
        return ast.If(condition, then, self.expr(), self.span(start.start))

    def comparison(self) -> ast.Comparison:
        if self.tokens[self.at].text == "not" and self.peek(1) not in _COMPARISONS:
            self.advance()
            raise self.no_variant(" after 'not'")
        left = self.expr()
        if self.kind not in _COMPARISONS:
            hint = f'put the name of a variant in quotes: "{left.name}"' if isinstance(left, ast.Name) else None
            raise self.expected("'=', 'subset' or 'in'", hint)
        op = self.advance().kind
        return ast.Comparison(op, left, self.expr(), self.span(left.span.start))

    def at_variants(self) -> bool:
        """Whether a condition on variants starts here: a string, after any parentheses and `not`s."""
        ahead = 0
        while self.peek(ahead) == "(" or self.tokens[min(self.at + ahead, len(self.tokens) - 1)].text == "not":
            ahead += 1
        if self.peek(ahead + 1) == "STRING" and self.tokens[self.at + ahead].text == "variant":
            ahead += 1
        return self.peek(ahead) == "STRING"

    def variants(self) -> ast.VariantCondition:
        found = [self.variants_and()]
        while self.accept("||"):
            found.append(self.variants_and())
        return found[0] if len(found) == 1 else ast.VariantOr(tuple(found))

    def variants_and(self) -> ast.VariantCondition:
        found = [self.variants_not()]
        while self.accept("&&"):
            found.append(self.variants_not())
        return found[0] if len(found) == 1 else ast.VariantAnd(tuple(found))

    def variants_not(self) -> ast.VariantCondition:
        self.enter()
        if self.peek() == "STRING":
            self.accept_word("variant")
        found: ast.VariantCondition
        if self.kind == "NAME" and self.tokens[self.at].text == "not":
            self.advance()
            found = ast.VariantNot(self.variants_not())
        elif self.accept("("):
            found = self.variants()
            self.expect(")")
        elif self.kind == "STRING":
            found = ast.Variant(self.advance().text)
        else:
            raise self.no_variant("")
        self.leave()
        return found

    def no_variant(self, where: str) -> ModelError:
        token = self.tokens[self.at]
        hint = "write 'not'" if self.kind == "~" else None
        ahead = 0
        while self.peek(ahead) not in {*_COMPARISONS, *self.statements, "then", "END"}:
            ahead += 1
        if self.peek(ahead) in _COMPARISONS:
            hint = "relations can only be compared in expressions: let r = if a subset b then c else d"
            if where:
                hint = "leave out 'not', and exchange the expressions after 'then' and 'else'"
        elif self.kind == "NAME":
            hint = f'write "{token.text}"'
        return self.expected(f"the name of a variant in quotes{where}", hint)

    def expr_match(self, start: Token) -> ast.MatchTag | ast.MatchSet:
        subject = self.expr()
        self.expect("with")
        self.accept("||")
        if self.kind == "TAG" or (self.kind == "_" and self.peek() == "->"):
            return self.match_tag(start, subject)
        return self.match_set(start, subject)

    def match_tag(self, start: Token, subject: ast.Expr) -> ast.MatchTag:
        clauses: list[tuple[str, ast.Expr]] = []
        default = None
        while True:
            if self.accept("_"):
                self.expect("->")
                default = self.expr()
                break
            tag = self.expect("TAG").text
            self.expect("->")
            clauses.append((tag, self.expr()))
            if not self.accept("||"):
                break
        self.close(start)
        return ast.MatchTag(subject, tuple(clauses), default, self.span(start.start))

    def match_set(self, start: Token, subject: ast.Expr) -> ast.MatchSet:
        """Reads a clause `{} -> e` and a clause `x ++ rest -> e` or `before | x ++ after -> e`, in either order."""
        empty = step = None
        names: tuple[str | None, ...] = ()
        for nth in (1, 2):
            if self.kind == "{" and empty is None:
                self.advance()
                self.expect("}")
                self.expect("->")
                empty = self.expr()
            elif self.kind in ("NAME", "_") and step is None:
                first = self.pattern_name()
                middle = (self.pattern_name(),) if self.accept("|") else ()
                self.expect("++")
                names = (first, *middle, self.pattern_name())
                self.expect("->")
                step = self.expr()
            else:
                clauses = {(True, True): "'{}', 'x ++ rest' or a tag", (False, True): "'x ++ rest'"}
                raise self.expected(clauses.get((empty is None, step is None), "'{}'"))
            if nth == 1:
                self.expect("||", " and the other clause")
        self.close(start)
        assert empty is not None
        assert step is not None
        return ast.MatchSet(subject, empty, names, step, self.span(start.start))

    def chain(self) -> ast.Expr:
        """Reads operands and infix operators other than `*`, by operator precedence."""
        operands: list[list[ast.Expr]] = [[self.operand()]]
        operators: list[str] = []

        def reduce(binds: int) -> None:
            while operators and _BINDS[operators[-1]] > binds:
                items = operands.pop()
                span = Span(self.source, items[0].span.start, items[-1].span.end)
                operands[-1].append(ast.Op(operators.pop(), tuple(items), span))

        # operands[i] are the operands of operators[i - 1] so far; a tighter operator takes over the last of them
        while (binds := _BINDS.get(self.kind)) is not None:
            op = self.advance().kind
            reduce(binds)
            if not operators or operators[-1] != op:
                operators.append(op)
                operands.append([operands[-1].pop()])
            operands[-1].append(self.operand())
        reduce(0)
        return operands[0][0]

    def operand(self) -> ast.Expr:
        """Reads one of `a`, `a+`, `a * b`, `~a`."""
        start = self.tokens[self.at].start
        if self.kind == "~":
            tildes = []
            while self.kind == "~":
                tildes.append(self.advance().start)
            found = self.tight()
            if self.kind in _POSTFIX:
                raise self.ambiguous("~", self.kind)
            for tilde in reversed(tildes):
                found = ast.Unary("~", found, Span(self.source, tilde, found.span.end))
            return found
        found = self.tight()
        while (kind := self.kind) in _POSTFIX or kind == "^":
            if kind == "^":
                found = self.hat(found)
                continue
            self.advance()
            if kind == "*" and (self.kind in _ARGUMENT or (self.kind == "~" and self.peek() not in _KINDS)):
                right = self.operand() if self.kind == "~" else self.tight()
                if self.kind in _POSTFIX:
                    raise self.ambiguous("*", self.kind)
                return ast.Op("*", (found, right), self.span(start))
            found = ast.Unary(kind, found, self.span(start))
        return found

    def ambiguous(self, first: str, second: str) -> ModelError:
        token = self.tokens[self.at]
        message = f"'{first}' and '{second}' have the same precedence: write parentheses"
        return ModelError(message, Span(self.source, token.start, token.end))

    def tight(self) -> ast.Expr:
        """Reads a primary expression with its arguments and its `^-1 ^+ ^*`."""
        found = self.primary()
        while self.kind == "^":
            found = self.hat(found)
        return found

    def hat(self, operand: ast.Expr) -> ast.Unary:
        self.advance()
        if self.kind not in ("-1", "+", "*"):
            raise self.expected("'-1', '+' or '*' after '^'")
        op = self.advance().kind
        return ast.Unary("^-1" if op == "-1" else op, operand, self.span(operand.span.start))

    def primary(self) -> ast.Expr:
        token = self.tokens[self.at]
        kind = token.kind
        found: ast.Expr
        if kind == "NAME":
            self.advance()
            found = ast.Name(token.text, Span(self.source, token.start, token.end))
            while self.kind in _ARGUMENT:
                argument = self.name() if self.kind == "NAME" else self.primary()
                found = ast.Apply(found, argument, self.span(token.start))
            return found
        if kind not in _ARGUMENT:
            hint = "put it in parentheses" if kind in self.expressions else None
            if kind in KEYWORDS and kind not in _AFTER_EXPRESSIONS:
                hint = hint or "a keyword cannot be a name"
            raise self.expected("an expression", hint)
        self.advance()
        if kind == "TAG":
            return ast.TagLiteral(token.text, self.span(token.start))
        if kind == "0":
            return ast.EmptyLiteral(self.span(token.start))
        if kind == "_":
            return ast.UniverseLiteral(self.span(token.start))
        if kind == "{":
            items = self.items("}")
            span = self.span(token.start)
            return ast.SetLiteral(items, span) if items else ast.EmptyLiteral(span)
        if kind == "(" and self.accept(")"):
            return ast.TupleLiteral((), self.span(token.start))
        found = self.expr()
        self.expect({"(": ")", "[": "]", "begin": "end"}[kind])
        return ast.Unary("[]", found, self.span(token.start)) if kind == "[" else found

    def items(self, closing: str) -> tuple[ast.Expr, ...]:
        """Reads expressions separated by commas, and the closing bracket."""
        found: list[ast.Expr] = []
        self.enter()
        if self.kind != closing:
            found.append(self.chain())
            while self.accept(","):
                found.append(self.chain())
        self.expect(closing)
        self.leave()
        return tuple(found)
