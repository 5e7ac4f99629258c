"""The interpreter of cat's expressions: names, functions, bindings, recursion, control."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Span
from litmus.cat import ast
from litmus.cat.algebra import Algebra
from litmus.cat.builtins import UNSUPPORTED, Builtins
from litmus.cat.mistakes import Mistake, NeedsRegisters, NotMonotone, Unsupported
from litmus.cat.static import Members, Rest
from litmus.cat.values import (
    EMPTY,
    UNIVERSE,
    Broken,
    Builtin,
    Closure,
    Crossing,
    Element,
    Env,
    Literal,
    Orders,
    Pair,
    Tag,
    Term,
    Tuple,
    Value,
    ValueSet,
)
from litmus.ir.model import BASE_RELATIONS, BASE_SETS, REGISTER_RELATIONS, REGISTER_SETS, Type

DEEPEST = 280
"""How deep evaluation may nest. Tail calls do not count, so a loop may take more rounds than this."""

LONGEST = 200_000
"""How many steps the elaboration of a model may take."""

MOST_ROUNDS = 200
"""How many rounds a recursion may take that is no least solution."""

BASE: Mapping[str, tuple[str, Type]] = {
    **{name: (name, Type.SET) for name in BASE_SETS},
    **{name: (name, Type.RELATION) for name in BASE_RELATIONS if name not in ("si", "same-value")},
    "same-instance": ("si", Type.RELATION),  # herd7's `si` relates the parts of one access: archs/lib/stdlib.cat
}
"""What an execution gives to cat: the name in cat, the name in the model, the type."""

_REGISTERS = frozenset(REGISTER_SETS)


class Evaluator:
    """Evaluates expressions in environments, for a dialect's sets and relations, some variants and perhaps one test.

    The sets and relations `absent` are empty. With `updates`, an event may be a read and a write. With `registers`,
    accesses to registers are events of the test, but without `catdep` only in the relations about them.

    An environment maps names to values, and `'tag` to tags. It is not changed after it has been passed on.
    `unresolved` are the errors of definitions, and the unknown names in functions: they matter where these are needed.
    """

    def __init__(
        self,
        sets: frozenset[str],
        relations: frozenset[str],
        variants: frozenset[str],
        members: Members | None,
        deadline: Deadline = NO_DEADLINE,
        absent: frozenset[str] = frozenset(),
        updates: bool = False,
        registers: bool = False,
        catdep: bool = False,
    ) -> None:
        self.deadline = deadline
        self.registers = registers
        self.catdep = catdep
        if registers:
            relations |= frozenset(REGISTER_RELATIONS)
            sets, absent = (sets | _REGISTERS, absent) if catdep else (sets, absent | _REGISTERS)
        self.absent = absent
        self.algebra = Algebra(members, updates, _REGISTERS if registers and not catdep else frozenset())
        self.builtins = Builtins(self.algebra, sets, self.call)
        self.sets = sets
        self.relations = relations
        self.variants = frozenset([name.lower() for name in variants])
        self.depth = 0
        self.steps = 0
        self.statement: Span | None = None  # of a file, that is evaluated
        self.trying = 0  # how many `try` are around: nobody sees the suggestions of an error that is caught
        self.unresolved: list[ModelError] = []
        self.called: dict[tuple[Closure, Value], Value] = {}  # functions that call each other twice are called once
        self._checked: set[int] = set()

    def eval(self, expr: ast.Expr, env: Env) -> Value:
        """The value of an expression. Tail calls take no stack."""
        self.enter(expr.span)
        calls: list[tuple[Closure, Value]] = []  # what the value in the end is that of
        try:
            while True:
                self.step(expr.span)
                match expr:
                    case ast.Name():
                        value = self.lookup(expr.name, env, expr.span)
                    case ast.Op():
                        values = []  # a comprehension would take one more frame of Python's stack
                        value = EMPTY
                        for operand in expr.operands:
                            try:
                                values.append(self.eval(operand, env))
                            except Unsupported:
                                if not self.vanishes(expr, env):
                                    raise
                                break
                        else:
                            value = self.algebra.infix(expr.op, values, [operand.span for operand in expr.operands])
                    case ast.Unary():
                        value = self.algebra.unary(expr.op, self.eval(expr.operand, env), expr.operand.span)
                    case ast.Apply():
                        function = self.eval(expr.function, env)
                        argument = self.eval(expr.argument, env)
                        if isinstance(function, Closure):
                            known = self.called.get((function, argument)) if isinstance(argument, Term) else None
                            if known is None:
                                if isinstance(argument, Term):
                                    calls.append((function, argument))
                                env = function.env.inner(
                                    self.bound(function.function.pattern, argument, expr.argument.span)
                                )
                                expr = function.function.body
                                continue
                            value = known
                        elif isinstance(function, Builtin):
                            value = function.apply(argument, expr.argument.span)
                        else:
                            raise self.algebra.mistaken("a function", function, expr.function.span)
                    case ast.LetIn():
                        env = self.bindings(expr.bindings, expr.recursive, env.inner())
                        expr = expr.body
                        continue
                    case ast.If():
                        expr = expr.then if self.condition(expr.condition, env) else expr.otherwise
                        continue
                    case ast.MatchTag():
                        expr = self.clause(expr, env)
                        continue
                    case ast.MatchSet():
                        expr, env = self.set_clause(expr, env)
                        continue
                    case ast.Try():
                        self.trying += 1
                        try:
                            value = self.eval(expr.body, env)
                        except Mistake:
                            expr = expr.otherwise
                            continue
                        finally:
                            self.trying -= 1
                    case _:
                        value = self.literal(expr, env)
                for call in calls:
                    self.called[call] = value
                return value
        finally:
            self.depth -= 1

    def call(self, function: Value, argument: Value, span: Span) -> Value:
        """The value of a function for an argument; `span` is where it is applied."""
        if isinstance(function, Builtin):
            return function.apply(argument, span)
        if not isinstance(function, Closure):
            raise self.algebra.mistaken("a function", function, span)
        return self.eval(
            function.function.body, function.env.inner(self.bound(function.function.pattern, argument, span))
        )

    def vanishes(self, expr: ast.Op, env: Env) -> bool:
        """Whether an operand is empty, so that what another one is does not matter, be it supported or not."""
        if expr.op not in (";", "&"):
            return False
        for operand in expr.operands:
            with suppress(Unsupported):
                if self.eval(operand, env) is EMPTY:
                    return True
        return False

    def literal(self, expr: ast.Expr, env: Env) -> Value:
        match expr:
            case ast.EmptyLiteral():
                return EMPTY
            case ast.UniverseLiteral():
                return UNIVERSE
            case ast.Function():
                return self.closure(expr, env)
            case ast.TupleLiteral(items=items):
                return Tuple(tuple([self.eval(item, env) for item in items]))
            case ast.SetLiteral(items=items):
                return self.algebra.literal([self.eval(item, env) for item in items], expr.span)
        assert isinstance(expr, ast.TagLiteral)
        found = env.get(f"'{expr.name}")
        if found is None:
            tags = (name[1:] for name in env if name.startswith("'"))
            raise Mistake(f"unknown tag '{expr.name}", expr.span, did_you_mean(expr.name, tags))
        return found

    def enter(self, span: Span) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            message = f"evaluation nests deeper than {DEEPEST} levels: does a recursion not end?"
            raise ModelError(message, span)

    def step(self, span: Span) -> None:
        self.steps += 1
        if not self.steps & 255:
            self.deadline.check()
        if self.steps > LONGEST:
            # at the statement: where in a loop the last step is depends on all that was before
            place = self.statement or span
            raise ModelError(f"this model takes more than {LONGEST:,} steps to elaborate: does a loop not end?", place)

    # --- names ---

    def lookup(self, name: str, env: Env, span: Span) -> Value:
        """The value of a name; searches the environment, the base names, the dialect's names, then the builtins."""
        found = env.get(name)
        if found is not None:
            if isinstance(found, Broken):
                raise found.error.with_traceback(None)
            return found
        if name in self.absent:
            return EMPTY
        if name in BASE:
            return self.given(name)
        if name in self.relations:
            return Term(self.algebra.dag.base(name, Type.RELATION))
        if name in self.sets:
            return Term(self.algebra.dag.tag(frozenset((name,))))
        if name in self.builtins.functions:
            return Builtin(name, self.builtins.functions[name])
        if name in _REGISTERS or name in REGISTER_RELATIONS:
            raise NeedsRegisters(f"'{name}' needs the accesses to registers of a test", span)
        if name in UNSUPPORTED:
            raise Unsupported(f"'{name}' is not supported: {UNSUPPORTED[name]}", span)
        if self.trying:
            raise Mistake(f"unknown name '{name}'", span)
        known = (*env, *BASE, *sorted((*self.sets, *self.relations)), *self.builtins.functions)
        is_set = name[0].isupper()  # by custom
        hint = did_you_mean(name, [n for n in known if n[0] != "'" and n[0].isupper() >= is_set])
        if hint is None and is_set and self.sets:
            hint = f"events of these tests may be in {', '.join(sorted(self.sets))}"
        raise Mistake(f"unknown name '{name}'", span, hint)

    def given(self, name: str) -> Term:
        """What an execution gives."""
        if name == "same-instance" or not self.registers:
            return Term(self.algebra.dag.base(*BASE[name]))
        node = self.algebra.given(*BASE[name])
        if name == "loc" and self.catdep:
            node = self.algebra.dag.union(node, self.algebra.dag.base("same-register", Type.RELATION))
        return Term(node)

    def closure(self, function: ast.Function, env: Env) -> Closure:
        """The closure of a function. An unknown name in its body is an error only when it is needed."""
        if id(function) not in self._checked:
            self._checked.add(id(function))
            for name in ast.free_names(function):
                if name.name not in env:
                    try:
                        self.lookup(name.name, env, name.span)
                    except (Mistake, Unsupported) as error:
                        self.unresolved.append(error)
        return Closure(function, env)

    # --- bindings ---

    def bindings(self, bindings: Sequence[ast.Binding], recursive: bool, env: Env) -> Env:
        """`env` with the names that a `let` binds."""
        if recursive:
            try:
                return self.recursive_bindings(bindings, env)
            except (Mistake, Unsupported) as error:
                return env.extended(self.broken(bindings, error))
        defined = [self.definition(binding, env) for binding in bindings]
        for values in defined:
            env = env.defining(values)
        return env

    def definition(self, binding: ast.Binding, env: Env) -> Mapping[str, Value]:
        """The names that a binding defines; if its expression has no value, whoever uses one of them hears of it."""
        try:
            return self.bound(binding.pattern, self.eval(binding.value, env), binding.value.span)
        except (Mistake, Unsupported) as error:
            return self.broken((binding,), error)

    def broken(self, bindings: Sequence[ast.Binding], error: ModelError) -> Mapping[str, Value]:
        """The names of bindings that have no value because of an error: herd7 evaluates what is needed."""
        self.unresolved.append(error)
        value = Broken(error.with_traceback(None))
        return {name: value for binding in bindings for name in binding.pattern.names if name is not None}

    def bound(self, pattern: ast.Pattern, value: Value, span: Span) -> dict[str, Value]:
        """The values that a pattern gives to its names."""
        values = self.spread(pattern, value, span)
        return {name: item for name, item in zip(pattern.names, values, strict=True) if name is not None}

    def spread(self, pattern: ast.Pattern, value: Value, span: Span) -> tuple[Value, ...]:
        """One value for each name of a pattern."""
        if not pattern.is_tuple:
            return (value,)
        found: tuple[Value, ...] = (value,)
        if isinstance(value, Tuple):
            found = value.items
        elif isinstance(value, Pair):
            found = (Element(value.source), Element(value.target))
        if len(found) != len(pattern.names):
            # no Mistake: `try ctrlcfence(ISYNC) with 0`, written for an older library, would silently be 0
            raise Unsupported(f"expected {len(pattern.names)} values, found {len(found)}", span)
        return found

    def recursive_bindings(self, bindings: Sequence[ast.Binding], env: Env) -> Env:
        """`env` with the names that a `let rec` binds: mutually recursive functions, least solutions for the rest."""
        functions = [binding for binding in bindings if isinstance(binding.value, ast.Function)]
        equations = [binding for binding in bindings if not isinstance(binding.value, ast.Function)]
        if not equations:
            return self.with_functions(functions, env)
        names = [name for binding in equations for name in binding.pattern.names]
        spans = [binding.value.span for binding in equations for _ in binding.pattern.names]

        def define(values: Sequence[Value], within: Env) -> Env:
            new = {name: value for name, value in zip(names, values, strict=True) if name is not None}
            return self.with_functions(functions, within.extended(new))

        def right_sides(values: Sequence[Value]) -> list[Value]:
            inner = define(values, env.inner())
            return [
                item
                for binding in equations
                for item in self.spread(binding.pattern, self.eval(binding.value, inner), binding.value.span)
            ]

        # To find the type of each name, evaluate with all names empty, again until every type is known.
        values: list[Value] = [EMPTY] * len(names)
        for _ in range(len(names) + 1):
            values = right_sides(values)
            if EMPTY not in values:
                break
        if any(isinstance(value, ValueSet | Tag | Orders | Crossing) for value in values):
            return define(self.iterate(values, right_sides, spans[0]), env)
        types = [self.equation_type(value, span) for value, span in zip(values, spans, strict=True)]
        dag = self.algebra.dag
        variables = tuple(dag.variable(name or "_", type) for name, type in zip(names, types, strict=True))
        outside = self.algebra.open
        for variable in variables:
            self.algebra.open |= dag.depends[variable]
        try:
            bodies = right_sides([Term(variable) for variable in variables])
        except NotMonotone as error:
            self.algebra.open = outside
            return self.iterated(bindings, env, types, error, spans[0])
        finally:
            self.algebra.open = outside
        nodes = [self.algebra.typed(body, type, span) for body, type, span in zip(bodies, types, spans, strict=True)]
        return define([self.algebra.value(node) for node in dag.fixpoint(variables, tuple(nodes))], env)

    def iterated(
        self, bindings: Sequence[ast.Binding], env: Env, types: Sequence[Type], error: NotMonotone, span: Span
    ) -> Env:
        """`env` with names that are defined by each other but have no least solution: what herd7 computes.

        From nothing on, each definition is evaluated in turn with the values that the names then have, until no value
        changes. How many rounds that takes depends on the test. Raises ModelError if there is no end to it.
        """
        if any(isinstance(binding.value, ast.Function) for binding in bindings):
            raise error
        names = {
            name: type
            for name, type in zip([n for binding in bindings for n in binding.pattern.names], types, strict=True)
            if name is not None
        }
        before = env.inner(dict.fromkeys(names, EMPTY))
        for rounds in range(MOST_ROUNDS):
            after = before
            for binding in bindings:
                value = self.eval(binding.value, after)
                after = after.extended(self.bound(binding.pattern, value, binding.value.span))
            rest = self.rest(before, after, names, rounds, span)
            if rest is None:
                return after
            if not rest.growing:
                raise error
            if rounds and self.algebra.static.at_rest(rest, span):
                return after
            before = after
        raise ModelError(f"this recursion goes on after {MOST_ROUNDS} rounds", error.span) from error

    def rest(self, before: Env, after: Env, names: Mapping[str, Type], rounds: int, span: Span) -> Rest | None:
        """What decides whether a round of a recursion has changed nothing in any execution; None if it plainly has."""
        dag = self.algebra.dag
        changes: list[int] = []
        growing: list[int] = []
        for name, type in names.items():
            old, new = (self.algebra.typed(place.get(name) or EMPTY, type, span) for place in (before, after))
            lost, more = dag.diff(old, new), dag.diff(new, old)
            changes += [node for node in (lost, more) if dag.nodes[node].op != "empty"]
            if dag.nodes[lost].op == "empty":
                growing.append(new)
        return Rest(tuple(changes), tuple(growing), len(names), rounds) if changes else None

    def equation_type(self, value: Value, span: Span) -> Type:
        match value:
            case Term():
                return self.algebra.type(value)
            case Element():
                return Type.SET
            case Pair() | Literal():
                return Type.RELATION
        raise ModelError(f"{self.algebra.describe(value)} cannot be defined by recursion", span, "make it a function")

    def iterate(
        self, values: list[Value], right_sides: Callable[[Sequence[Value]], list[Value]], span: Span
    ) -> list[Value]:
        """The least solution over sets of values, by iteration; the limit in `step` makes it end."""
        while True:
            new = right_sides(values)
            if any(isinstance(value, Term) for value in new):
                raise ModelError("a recursive definition cannot mix sets of values with relations", span)
            if new == values:
                return new
            values = new

    def with_functions(self, functions: Sequence[ast.Binding], env: Env) -> Env:
        """`env` with mutually recursive functions."""
        if not functions:
            return env
        new = env.extended({})
        for binding in functions:
            assert isinstance(binding.value, ast.Function)
            if binding.pattern.is_tuple:
                raise ModelError("a function cannot be bound to a tuple of names", binding.value.span)
            (name,) = binding.pattern.names
            if name is not None:
                new.define(name, Closure(binding.value, new))
        for binding in functions:
            assert isinstance(binding.value, ast.Function)
            self.closure(binding.value, new)
        return new

    # --- control ---

    def variant(self, condition: ast.VariantCondition) -> bool:
        match condition:
            case ast.Variant(name=name):
                return name.lower() in self.variants
            case ast.VariantNot(operand=operand):
                return not self.variant(operand)
            case ast.VariantAnd(operands=operands):
                return all(self.variant(operand) for operand in operands)
            case ast.VariantOr(operands=operands):
                return any(self.variant(operand) for operand in operands)

    def condition(self, condition: ast.Condition, env: Env) -> bool:
        if not isinstance(condition, ast.Comparison):
            return self.variant(condition)
        values = (self.eval(condition.left, env), self.eval(condition.right, env))
        return self.algebra.compare(condition.op, values, (condition.left.span, condition.right.span))

    def clause(self, expr: ast.MatchTag, env: Env) -> ast.Expr:
        tag = self.tag(expr.subject, env)
        for name, clause in expr.clauses:
            if name == tag.name:
                return clause
        if expr.default is None:
            raise no_clause(tag, expr.subject.span)
        return expr.default

    def tag(self, expr: ast.Expr, env: Env) -> Tag:
        value = self.eval(expr, env)
        if not isinstance(value, Tag):
            raise self.algebra.mistaken("a tag", value, expr.span)
        return value

    def set_clause(self, expr: ast.MatchSet, env: Env) -> tuple[ast.Expr, Env]:
        span = expr.subject.span
        subject = self.eval(expr.subject, env)
        elements = self.algebra.elements(subject, span)
        if not elements:
            return expr.empty, env
        at = 0 if len(expr.names) == 2 else len(elements) // 2
        before = self.algebra.collect(elements[:at], subject, span)
        after = self.algebra.collect(elements[at + 1 :], subject, span)
        values = (elements[at], after) if len(expr.names) == 2 else (before, elements[at], after)
        new = {name: value for name, value in zip(expr.names, values, strict=True) if name is not None}
        return expr.step, env.inner(new)


def no_clause(tag: Tag, span: Span) -> Mistake:
    return Mistake(f"this match has no clause for '{tag.name}", span, "add a clause '_ -> ...'")
