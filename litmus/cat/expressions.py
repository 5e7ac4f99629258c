"""The interpreter of cat's expressions: from syntax to values whose sets and relations are nodes of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NoReturn

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Span
from litmus.cat import ast
from litmus.cat.dag import Dag, bits
from litmus.cat.static import MOST, Members, Static, linear_extensions, too_many
from litmus.cat.values import (
    EMPTY,
    UNIVERSE,
    Builtin,
    Closure,
    Element,
    Env,
    Literal,
    Pair,
    Routine,
    Tag,
    Term,
    Tuple,
    Value,
    ValueSet,
)
from litmus.ir.model import BASE_RELATIONS, BASE_SETS, Type

DEEPEST = 280
"""How deep evaluation may nest: calls that are not the last thing a function does, and operators."""

LONGEST = 200_000
"""How many steps the elaboration of a model may take."""

UNSUPPORTED = frozenset(
    """bisimulation lift delift deliftinter tag2scope tag2level tag2fenced loc2events different-values same-oa oa-changes
    at-least-one-writable iico_data iico_ctrl iico_order depend success control instr same-instance AMO C""".split()
)
"""Names that herd7 7.58 defines and litmus does not (yet)."""

_BASE: Mapping[str, Type] = {
    **dict.fromkeys(BASE_SETS, Type.SET),
    **dict.fromkeys(BASE_RELATIONS, Type.RELATION),
}


class UnknownName(ModelError):
    """A name that nothing defines: what `try ... with` catches."""


class Evaluator:
    """Evaluates expressions in environments, for one set of dialect names, variants and (perhaps) test.

    An environment maps names to values and `'tag` to tags; it is never changed once something can see it.
    """

    def __init__(self, sets: frozenset[str], variants: frozenset[str], members: Members | None) -> None:
        self.dag = Dag()
        self.static = Static(self.dag, members)
        self.sets = sets
        self.variants = variants
        self.enums: dict[str, tuple[str, ...]] = {}
        self.open = 0  # the recursion variables whose definitions are being evaluated, as in Dag.depends
        self.depth = 0
        self.steps = 0
        self._checked: set[int] = set()
        self._forms: Mapping[type, Callable[..., Value]] = {
            ast.Name: self.name,
            ast.TagLiteral: self.tag,
            ast.EmptyLiteral: lambda expr, env: EMPTY,
            ast.UniverseLiteral: lambda expr, env: UNIVERSE,
            ast.SetLiteral: self.set_literal,
            ast.TupleLiteral: self.tuple_literal,
            ast.Op: self.operator,
            ast.Unary: self.unary,
            ast.Function: self.function,
        }
        self._builtins: Mapping[str, Callable[[Value, Span], Value]] = {
            "domain": lambda value, span: self.value(self.dag.domain(self.relation(value, span))),
            "range": lambda value, span: self.value(self.dag.range(self.relation(value, span))),
            "as_transitive": lambda value, span: self.value(self.dag.plus(self.relation(value, span))),
            "fromto": self.fromto,
            "tag2events": self.tag_to_events,
            "classes-loc": self.classes_loc,
            "classes": self.classes,
            "linearisations": self.linearisations,
            "fail": self.fail,
        }

    # --- evaluation ---

    def eval(self, expr: ast.Expr, env: Env) -> Value:
        """The value of an expression. The last call of a function takes no stack."""
        self.enter(expr.span)
        try:
            while True:
                self.step(expr.span)
                match expr:
                    case ast.Apply():
                        function = self.eval(expr.function, env)
                        argument = self.eval(expr.argument, env)
                        if isinstance(function, Builtin):
                            return function.apply(argument, expr.argument.span)
                        if not isinstance(function, Closure):
                            raise self.mistaken("a function", function, expr.function.span)
                        env = self.bind(function.function.pattern, argument, function.env, expr.argument.span)
                        expr = function.function.body
                    case ast.LetIn():
                        env = self.bindings(expr.bindings, expr.recursive, env)
                        expr = expr.body
                    case ast.If():
                        expr = expr.then if self.condition(expr.condition, env) else expr.otherwise
                    case ast.MatchTag():
                        expr = self.clause(expr, env)
                    case ast.MatchSet():
                        expr, env = self.set_clause(expr, env)
                    case ast.Try():
                        try:
                            return self.eval(expr.body, env)
                        except UnknownName:
                            expr = expr.otherwise
                    case _:
                        return self._forms[type(expr)](expr, env)
        finally:
            self.depth -= 1

    def enter(self, span: Span) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ModelError(f"this takes more than {DEEPEST} nested evaluations: a recursion without an end?", span)

    def step(self, span: Span) -> None:
        self.steps += 1
        if self.steps > LONGEST:
            raise ModelError(f"this model takes more than {LONGEST:,} steps to elaborate: a loop?", span)

    def name(self, expr: ast.Name, env: Env) -> Value:
        return self.lookup(expr.name, env, expr.span)

    def lookup(self, name: str, env: Env, span: Span) -> Value:
        """The value of a name: bound, base, of the dialect, or builtin, in this order."""
        found = env.get(name)
        if found is not None:
            return found
        if name in _BASE:
            return Term(self.dag.base(name, _BASE[name]))
        if name in self.sets:
            return Term(self.dag.tag(frozenset((name,))))
        if name in self._builtins:
            return Builtin(name, self._builtins[name])
        if name in UNSUPPORTED:
            raise ModelError(f"'{name}' is not supported", span)
        known = (n for n in (*env, *_BASE, *self.sets, *self._builtins) if not n.startswith("'"))
        raise UnknownName(f"unknown name '{name}'", span, did_you_mean(name, known))

    def knows(self, name: str, env: Env) -> bool:
        return name in env or name in _BASE or name in self.sets or name in self._builtins or name in UNSUPPORTED

    def tag(self, expr: ast.TagLiteral, env: Env) -> Value:
        found = env.get(f"'{expr.name}")
        if found is None:
            tags = (name[1:] for name in env if name.startswith("'"))
            raise UnknownName(f"unknown tag '{expr.name}", expr.span, did_you_mean(expr.name, tags))
        return found

    def function(self, expr: ast.Function, env: Env) -> Value:
        return self.closure(expr, env, env)

    def closure(self, function: ast.Function, env: Env, scope: Env) -> Closure:
        """A function over `env`; an error if its body has a name that is not in `scope`, even if it is never called."""
        if id(function) not in self._checked:
            for name in ast.free_names(function):
                if not self.knows(name.name, scope):
                    self.lookup(name.name, scope, name.span)
            self._checked.add(id(function))
        return Closure(function, env)

    def tuple_literal(self, expr: ast.TupleLiteral, env: Env) -> Value:
        return Tuple(tuple([self.eval(item, env) for item in expr.items]))

    def set_literal(self, expr: ast.SetLiteral, env: Env) -> Value:
        values = [self.eval(item, env) for item in expr.items]
        if all(isinstance(value, Element) for value in values):
            return self.value(self.unite([self.set(value, expr.span) for value in values]))
        if all(isinstance(value, Pair) for value in values):
            return self.value(self.unite([self.relation(value, expr.span) for value in values]))
        return self.value_set(values, [item.span for item in expr.items])

    def unite(self, nodes: Sequence[int]) -> int:
        """The union of nodes of one type."""
        found = nodes[0]
        for node in nodes[1:]:
            found = self.dag.union(found, node)
        return found

    # --- operators ---

    def unary(self, expr: ast.Unary, env: Env) -> Value:
        value = self.eval(expr.operand, env)
        span = expr.operand.span
        dag = self.dag
        match expr.op:
            case "~":
                return self.complement(value, span)
            case "[]":
                return self.value(dag.identity(self.set(value, span)))
            case "+":
                return self.value(dag.plus(self.relation(value, span)))
            case "*":
                return self.value(dag.star(self.relation(value, span)))
            case "?":
                return self.value(dag.option(self.relation(value, span)))
        if isinstance(value, Pair):
            return Pair(value.target, value.source)
        return self.value(dag.inverse(self.relation(value, span)))

    def complement(self, value: Value, span: Span) -> Value:
        if isinstance(value, Literal):
            return UNIVERSE if value is EMPTY else EMPTY
        if isinstance(value, ValueSet):
            return ValueSet(tuple(v for v in self.all_tags(value, span) if v not in value.items))
        node = self.node(value, span)
        self.not_open(node, "'~'", span)
        return self.value(self.dag.complement(node))

    def all_tags(self, values: ValueSet, span: Span) -> tuple[Tag, ...]:
        first = values.items[0] if values.items else None
        if not isinstance(first, Tag):
            raise ModelError(f"there is no universe of {self.describe(values)}", span)
        return tuple(Tag(first.enum, name) for name in self.enums[first.enum])

    def not_open(self, node: int, operator: str, span: Span) -> None:
        """Recursion must be monotone: no variable of a definition in progress where more means less."""
        if self.dag.depends[node] & self.open:
            message = f"a recursive definition must not use what it defines under {operator}"
            raise ModelError(message, span, "there might be no least solution")

    def operator(self, expr: ast.Op, env: Env) -> Value:
        values = []
        for operand in expr.operands:
            values.append(self.eval(operand, env))
        spans = [operand.span for operand in expr.operands]
        match expr.op:
            case "|":
                return self.union(values, spans)
            case ";":
                nodes = [self.relation(value, span) for value, span in zip(values, spans, strict=True)]
                found = nodes[0]
                for node in nodes[1:]:
                    found = self.dag.seq(found, node)
                return self.value(found)
            case "*":
                return self.value(self.dag.product(self.set(values[0], spans[0]), self.set(values[1], spans[1])))
            case "++":
                result = values[-1]
                for value, span in zip(values[-2::-1], spans[-2::-1], strict=True):
                    result = self.add(value, result, span, spans[-1])
                return result
        result = values[0]
        for value, span in zip(values[1:], spans[1:], strict=True):
            result = self.inter(result, value, spans[0], span) if expr.op == "&" else self.diff(result, value, spans[0], span)
        return result

    def union(self, values: Sequence[Value], spans: Sequence[Span]) -> Value:
        if any(isinstance(value, ValueSet | Tag) for value in values):
            items: list[Value] = []
            for value, span in zip(values, spans, strict=True):
                items.extend(self.items(value, span))
            return self.value_set(items, [spans[0]] * len(items))
        type = self.type_of(values, spans)
        if type is None:
            return UNIVERSE if UNIVERSE in values else EMPTY
        within = dict.fromkeys(w for value in values if isinstance(value, Term) for w in value.within)
        nodes = [
            self.typed(Term(value.node) if isinstance(value, Term) else value, type, span)
            for value, span in zip(values, spans, strict=True)
        ]
        node = self.unite(nodes)
        return Term(node, tuple(within)) if within else self.value(node)

    def inter(self, left: Value, right: Value, left_span: Span, right_span: Span) -> Value:
        if isinstance(left, ValueSet | Tag) or isinstance(right, ValueSet | Tag):
            if left is UNIVERSE or right is UNIVERSE:
                return right if left is UNIVERSE else left
            keep = self.items(right, right_span)
            return self.value_set([v for v in self.items(left, left_span) if v in keep], ())
        type = self.type_of((left, right), (left_span, right_span))
        if type is None:
            return EMPTY if EMPTY in (left, right) else UNIVERSE
        return self.value(self.dag.inter(self.typed(left, type, left_span), self.typed(right, type, right_span)))

    def diff(self, left: Value, right: Value, left_span: Span, right_span: Span) -> Value:
        if isinstance(left, ValueSet | Tag) or isinstance(right, ValueSet | Tag):
            drop = self.items(right, right_span)
            keep = self.all_tags(ValueSet(drop), left_span) if left is UNIVERSE else self.items(left, left_span)
            return self.value_set([v for v in keep if v not in drop], ())
        type = self.type_of((left, right), (left_span, right_span))
        if type is None:
            return UNIVERSE if (left, right) == (UNIVERSE, EMPTY) else EMPTY
        removed = self.typed(right, type, right_span)
        self.not_open(removed, "the right side of '\\'", right_span)
        return self.value(self.dag.diff(self.typed(left, type, left_span), removed))

    def add(self, value: Value, values: Value, value_span: Span, values_span: Span) -> Value:
        """`value ++ values`."""
        if UNIVERSE in (value, values):
            raise ModelError("the universe cannot take part in '++'", value_span)
        if isinstance(values, Term):
            if isinstance(value, Tuple) and all(isinstance(item, Element) for item in value.items):
                value = self.pair(value, value_span)
            if not isinstance(value, Element | Pair):
                wanted = "an event" if self.type(values) is Type.SET else "a pair of events"
                raise self.mistaken(wanted, value, value_span)
        if isinstance(value, Element) and values is EMPTY or isinstance(values, Term):
            return self.union((value, values), (value_span, values_span))
        if isinstance(value, Pair) and values is EMPTY:
            return self.value(self.relation(value, value_span))
        if values is EMPTY:
            return ValueSet((value,))
        if not isinstance(values, ValueSet):
            raise self.mistaken("a set", values, values_span)
        if value in values.items:
            return values
        self.same_kind(value, values.items, value_span)
        if len(values.items) >= MOST:
            raise too_many("the elements of this set", values_span)
        return ValueSet((value, *values.items))

    def pair(self, value: Tuple, span: Span) -> Pair:
        match value.items:
            case (Element(source), Element(target)):
                return Pair(source, target)
        raise self.mistaken("a pair of events", value, span)

    # --- sets of values ---

    def items(self, value: Value, span: Span) -> tuple[Value, ...]:
        """The elements of a set of values."""
        if value is EMPTY:
            return ()
        if isinstance(value, Tag):
            return (value,)
        if isinstance(value, ValueSet):
            return value.items
        raise self.mistaken("a set of values", value, span)

    def value_set(self, values: Sequence[Value], spans: Sequence[Span]) -> Value:
        found: dict[Value, None] = {}
        for i, value in enumerate(values):
            if value is UNIVERSE:
                raise ModelError("the universe cannot be an element of a set", spans[i])
            if spans:
                self.same_kind(value, found, spans[i])
            found[value] = None
        if len(found) > MOST:
            raise too_many("the elements of this set", spans[0])
        return ValueSet(tuple(found)) if found else EMPTY

    def same_kind(self, value: Value, others: Iterable[Value], span: Span) -> None:
        kind = self.kind(value)
        for other in others:
            if self.kind(other) not in (kind, None) and kind is not None:
                raise ModelError(f"{self.describe(value)} in a set that has {self.describe(other)}", span)
            if self.kind(other) is not None:
                break

    def kind(self, value: Value) -> object:
        """What elements of one set must have in common; None if anything goes."""
        match value:
            case Literal():
                return None
            case Term():
                return self.type(value)
            case Tag(enum=enum):
                return enum
        return type(value)

    def elements(self, value: Value, span: Span) -> tuple[Value, ...]:
        """The elements of a set of any sort; those of sets of events and of relations are a matter of the test."""
        if isinstance(value, Term):
            node = self.plain(value, span)
            if self.type(value) is Type.SET:
                return tuple(Element(event) for event in bits(self.mask(node, span)))
            rows = self.rows(node, span)
            return tuple(Pair(i, j) for i, row in enumerate(rows) for j in bits(row))
        return self.items(value, span)

    def collect(self, values: Sequence[Value], like: Value, span: Span) -> Value:
        """A set of these elements, of the sort of `like`."""
        if not values:
            return EMPTY
        if isinstance(like, Term):
            return self.value(self.unite([self.node(value, span) for value in values]))
        return ValueSet(tuple(values))

    def mask(self, node: int, span: Span) -> int:
        self.not_recursive(node, span)
        return self.static.mask(node, span)

    def rows(self, node: int, span: Span) -> tuple[int, ...]:
        self.not_recursive(node, span)
        return self.static.rows(node, span)

    def not_recursive(self, node: int, span: Span) -> None:
        if self.dag.depends[node] & self.open:
            raise ModelError("this is being defined: its elements cannot be enumerated yet", span)

    # --- bindings ---

    def bindings(self, bindings: Sequence[ast.Binding], recursive: bool, env: Env) -> Env:
        """`env` with what a `let` binds."""
        if recursive:
            return self.recursive_bindings(bindings, env)
        values = [self.eval(binding.value, env) for binding in bindings]
        for binding, value in zip(bindings, values, strict=True):
            env = self.bind(binding.pattern, value, env, binding.value.span)
        return env

    def bind(self, pattern: ast.Pattern, value: Value, env: Env, span: Span) -> Env:
        new = dict(env)
        values = self.spread(pattern, value, span)
        for name, item in zip(pattern.names, values, strict=True):
            if name is not None:
                new[name] = item
        return new

    def spread(self, pattern: ast.Pattern, value: Value, span: Span) -> tuple[Value, ...]:
        """One value for each name of a pattern."""
        if not pattern.is_tuple:
            return (value,)
        match value:
            case Tuple(items=items):
                found = items
            case Pair(source=source, target=target):
                found = (Element(source), Element(target))
            case _:
                found = (value,)
        if len(found) != len(pattern.names):
            raise ModelError(f"{len(pattern.names)} values are needed here, this has {len(found)}", span)
        return found

    def recursive_bindings(self, bindings: Sequence[ast.Binding], env: Env) -> Env:
        functions = [binding for binding in bindings if isinstance(binding.value, ast.Function)]
        equations = [binding for binding in bindings if not isinstance(binding.value, ast.Function)]
        if not equations:
            return self.with_functions(functions, env)
        names = [name for binding in equations for name in binding.pattern.names]
        spans = [binding.value.span for binding in equations for _ in binding.pattern.names]

        def define(values: Sequence[Value]) -> Env:
            new = dict(env)
            new.update((name, value) for name, value in zip(names, values, strict=True) if name is not None)
            return self.with_functions(functions, new)

        def right_sides(values: Sequence[Value]) -> list[Value]:
            inner = define(values)
            return [
                item
                for binding in equations
                for item in self.spread(binding.pattern, self.eval(binding.value, inner), binding.value.span)
            ]

        # what sort of thing each name is shows when the others are empty, if need be after a few rounds
        values: list[Value] = [EMPTY] * len(names)
        for _ in range(len(names) + 1):
            values = right_sides(values)
            if EMPTY not in values:
                break
        if any(isinstance(value, ValueSet | Tag) for value in values):
            return define(self.iterate(values, right_sides, spans[0]))
        for value, span in zip(values, spans, strict=True):
            if not isinstance(value, Term | Literal | Element | Pair):
                raise ModelError(f"a recursive definition of {self.describe(value)}", span, "write it as a function")
        types = [
            Type.SET if isinstance(value, Element) or (isinstance(value, Term) and self.type(value) is Type.SET)
            else Type.RELATION
            for value in values
        ]
        variables = tuple(
            self.dag.variable(name or "_", type) for name, type in zip(names, types, strict=True)
        )
        outside = self.open
        for variable in variables:
            self.open |= self.dag.depends[variable]
        try:
            bodies = right_sides([Term(variable) for variable in variables])
        finally:
            self.open = outside
        nodes = tuple(
            self.typed(body, type, span) for body, type, span in zip(bodies, types, spans, strict=True)
        )
        return define([self.value(node) for node in self.dag.fixpoint(variables, nodes)])

    def iterate(
        self, values: list[Value], right_sides: Callable[[Sequence[Value]], list[Value]], span: Span
    ) -> list[Value]:
        """The least solution over sets of values, by iteration."""
        for _ in range(LONGEST):
            new = right_sides(values)
            if all(_same(a, b) for a, b in zip(values, new, strict=True)):
                return new
            if any(isinstance(value, Term) for value in new):
                raise ModelError("a recursive definition that mixes sets of values with relations", span)
            values = new
        raise ModelError("this recursion does not end", span)

    def with_functions(self, functions: Sequence[ast.Binding], env: Env) -> Env:
        """`env` with functions that see each other."""
        if not functions:
            return env
        new = dict(env)
        closures = []
        for binding in functions:
            (name,) = binding.pattern.names if not binding.pattern.is_tuple else (None,)
            assert isinstance(binding.value, ast.Function)
            closure = Closure(binding.value, new)
            closures.append(closure)
            if name is not None:
                new[name] = closure
        for closure in closures:
            self.closure(closure.function, new, new)
        return new

    # --- control ---

    def variant(self, condition: ast.VariantCondition) -> bool:
        match condition:
            case ast.Variant(name=name):
                return name in self.variants
            case ast.VariantNot(operand=operand):
                return not self.variant(operand)
            case ast.VariantAnd(operands=operands):
                return all(self.variant(operand) for operand in operands)
            case ast.VariantOr(operands=operands):
                return any(self.variant(operand) for operand in operands)

    def condition(self, condition: ast.Condition, env: Env) -> bool:
        if not isinstance(condition, ast.Comparison):
            return self.variant(condition)
        left, right = self.eval(condition.left, env), self.eval(condition.right, env)
        spans = (condition.left.span, condition.right.span)
        if condition.op == "in":
            if isinstance(left, Tuple) and isinstance(right, Term):
                left = self.pair(left, spans[0])
            elements = self.elements(right, spans[1])
            if elements:
                self.same_kind(left, elements, spans[0])
            return left in elements
        if condition.op == "=" and left == right:
            return True
        if isinstance(left, Tag) and isinstance(right, Tag):
            return left == right
        if UNIVERSE in (left, right) or isinstance(left, Closure | Builtin | Routine | Tuple):
            raise ModelError(f"{self.describe(left)} and {self.describe(right)} cannot be compared", condition.span)
        a, b = (frozenset(self.elements(value, span)) for value, span in zip((left, right), spans, strict=True))
        return a == b if condition.op == "=" else a <= b

    def clause(self, expr: ast.MatchTag, env: Env) -> ast.Expr:
        tag = self.match_subject(expr.subject, env)
        for name, clause in expr.clauses:
            if name == tag.name:
                return clause
        if expr.default is None:
            raise self.no_clause(tag, expr.subject.span)
        return expr.default

    def match_subject(self, subject: ast.Expr, env: Env) -> Tag:
        value = self.eval(subject, env)
        if not isinstance(value, Tag):
            raise self.mistaken("a tag", value, subject.span)
        return value

    def no_clause(self, tag: Tag, span: Span) -> ModelError:
        return ModelError(f"no clause of this match is for '{tag.name}", span, "add a clause '_ -> ...'")

    def set_clause(self, expr: ast.MatchSet, env: Env) -> tuple[ast.Expr, Env]:
        span = expr.subject.span
        subject = self.eval(expr.subject, env)
        if subject is UNIVERSE:
            raise ModelError("the universe cannot be matched", span)
        elements = self.elements(subject, span)
        if not elements:
            return expr.empty, env
        at = 0 if len(expr.names) == 2 else len(elements) // 2
        before, after = (self.collect(part, subject, span) for part in (elements[:at], elements[at + 1 :]))
        values = (elements[at], after) if len(expr.names) == 2 else (before, elements[at], after)
        new = dict(env)
        new.update((name, value) for name, value in zip(expr.names, values, strict=True) if name is not None)
        return expr.step, new

    # --- builtin functions ---

    def fromto(self, value: Value, span: Span) -> Value:
        """The pairs in program order with a fence of the set between them."""
        fences = self.dag.inter(self.set(value, span), self.dag.base("F", Type.SET))
        po = self.dag.base("po", Type.RELATION)
        return self.value(self.dag.seq(self.dag.seq(po, self.dag.identity(fences)), po))

    def tag_to_events(self, value: Value, span: Span) -> Value:
        """The set of events named by a tag: `'once` is `Once`."""
        if not isinstance(value, Tag):
            raise self.mistaken("a tag", value, span)
        for name in (value.name.capitalize(), value.name[:1].upper() + value.name[1:], value.name):
            if name in self.sets:
                return Term(self.dag.tag(frozenset((name,))))
        name = value.name.capitalize()
        raise UnknownName(f"no set of events for the tag '{value.name}", span, did_you_mean(name, self.sets))

    def classes_loc(self, value: Value, span: Span) -> Value:
        """The events of a set, by location."""
        events = self.mask(self.set(value, span), span)
        return self.partition(events, self.rows(self.dag.base("loc", Type.RELATION), span))

    def classes(self, value: Value, span: Span) -> Value:
        """The classes of an equivalence."""
        rows = self.rows(self.relation(value, span), span)
        return self.partition(sum(1 << i for i, row in enumerate(rows) if row), rows)

    def partition(self, events: int, rows: Sequence[int]) -> Value:
        found: list[Value] = []
        while events:
            first = (events & -events).bit_length() - 1
            mine = (rows[first] | 1 << first) & events
            found.append(self.value(self.dag.events(mine)))
            events &= ~mine
        return ValueSet(tuple(found)) if found else EMPTY

    def linearisations(self, value: Value, span: Span) -> Value:
        """The strict total orders of a set of events that extend a relation."""
        if not isinstance(value, Tuple) or len(value.items) != 2:
            raise self.mistaken("a set of events and a relation", value, span)
        events = self.mask(self.set(value.items[0], span), span)
        relation = self.relation(value.items[1], span)
        self.not_recursive(relation, span)
        known, complete = self.static.least(relation, span)
        within = () if complete else ((relation, events),)
        orders = linear_extensions(events, known, span)
        found: list[Value] = [Term(self.dag.pairs(rows), within) for rows in orders]
        return ValueSet(tuple(found)) if found else EMPTY

    def fail(self, value: Value, span: Span) -> Value:
        raise ModelError(f"the model fails on {self.describe(value)}", span)

    # --- sorts of values ---

    def value(self, node: int) -> Value:
        """The value that a node is; every empty one is the polymorphic EMPTY."""
        return EMPTY if self.dag.nodes[node].op == "empty" else Term(node)

    def type(self, term: Term) -> Type:
        return self.dag.nodes[term.node].type

    def plain(self, term: Term, span: Span) -> int:
        if term.within:
            message = "orders that depend on the execution can only be united and chosen from by 'with'"
            raise ModelError(message, span)
        return term.node

    def relation(self, value: Value, span: Span) -> int:
        return self.typed(value, Type.RELATION, span)

    def set(self, value: Value, span: Span) -> int:
        return self.typed(value, Type.SET, span)

    def typed(self, value: Value, type: Type, span: Span) -> int:
        """The node of a value that must be a set of events, or a relation."""
        if isinstance(value, Literal):
            return self.dag.empty(type) if value is EMPTY else self.dag.universe(type)
        wanted = "a relation" if type is Type.RELATION else "a set of events"
        if not isinstance(value, Term | Element | Pair):
            raise self.mistaken(wanted, value, span)
        node = self.node(value, span)
        if self.dag.nodes[node].type is not type:
            raise self.mistaken(wanted, value, span)
        return node

    def node(self, value: Value, span: Span) -> int:
        """The node of a set of events or a relation."""
        match value:
            case Term():
                return self.plain(value, span)
            case Element(event=event):
                return self.dag.events(1 << event)
            case Pair(source=source, target=target):
                return self.dag.pairs(tuple(1 << target if i == source else 0 for i in range(self.dag.size)))
        raise self.mistaken("a set of events or a relation", value, span)

    def type_of(self, values: Sequence[Value], spans: Sequence[Span]) -> Type | None:
        """The one type of operands; None if they are all polymorphic."""
        found: tuple[Type, Value] | None = None
        for value, span in zip(values, spans, strict=True):
            match value:
                case Literal():
                    continue
                case Term():
                    type = self.type(value)
                case Element():
                    type = Type.SET
                case Pair():
                    type = Type.RELATION
                case _:
                    raise self.mistaken("a set of events or a relation", value, span)
            if found is not None and found[0] is not type:
                raise ModelError(f"{self.describe(found[1])} and {self.describe(value)} do not go together", span)
            found = found or (type, value)
        return found[0] if found else None

    def mistaken(self, wanted: str, value: Value, span: Span) -> ModelError:
        return ModelError(f"{wanted} is needed here, this is {self.describe(value)}", span)

    def describe(self, value: Value) -> str:
        """A value in words."""
        match value:
            case Term():
                return "a set of events" if self.type(value) is Type.SET else "a relation"
            case Element():
                return "an event"
            case Pair():
                return "a pair of events"
            case Tag(name=name):
                return f"the tag '{name}"
            case Tuple(items=items):
                return f"a tuple of {len(items)}"
            case ValueSet(items=items):
                return "a set of tags" if items and isinstance(items[0], Tag) else "a set of values"
            case Closure() | Builtin():
                return "a function"
            case Routine():
                return "a procedure"
            case Literal():
                return value.value


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, ValueSet) and isinstance(b, ValueSet):
        return frozenset(a.items) == frozenset(b.items)
    return a == b


__all__ = ["Evaluator", "UnknownName", "NoReturn"]
