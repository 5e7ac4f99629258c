"""Turns the statements of a cat file into a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.cat import ast, orders
from litmus.cat.dag import bits, vacuous
from litmus.cat.expressions import Evaluator, no_clause
from litmus.cat.files import whole
from litmus.cat.mistakes import Mistake, NeedsRegisters, Unsupported
from litmus.cat.static import Grounds, Members
from litmus.cat.values import (
    EMPTY,
    UNIVERSE,
    Builtin,
    Crossing,
    Env,
    Family,
    Literal,
    Orders,
    Routine,
    Tag,
    Term,
    Value,
    ValueSet,
)
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model, Type

_LONGEST_NAME = 60


class Files(Protocol):
    """Where `include` finds files."""

    def find(self, include: ast.Include, deadline: Deadline) -> tuple[Path, ast.CatFile]:
        """The included file; the folder of the including file is searched first. Raises ModelError, LimitReached."""

    def builtin(self, deadline: Deadline) -> ast.CatFile:
        """What every model has, whatever its library. Raises LimitReached."""

    def standard(self, model: Path, deadline: Deadline) -> tuple[Path, ast.CatFile]:
        """The library that a model starts with. Raises ModelError, LimitReached."""


@dataclass(frozen=True, slots=True)
class Elaborated:
    """A model, and why it may be that of another test than the one whose members it was elaborated with.

    `beyond` is the error of a statement that only those executions reach which obey all axioms before it, and these are
    all that the model has.
    """

    model: Model
    beyond: ModelError | None
    grounds: Grounds | None


def elaborate(
    name: str,
    file: ast.CatFile,
    path: Path,
    files: Files,
    sets: frozenset[str],
    relations: frozenset[str],
    variants: frozenset[str],
    absent: frozenset[str],
    updates: bool,
    registers: bool,
    members: Members | None,
    before: Sequence[tuple[Path, ast.CatFile]] = (),
    deadline: Deadline = NO_DEADLINE,
) -> Elaborated:
    """The model of a cat file, for one kind of tests.

    `sets` are the sets that events of such tests may be in, `relations` the relations of their graphs in addition to
    the base relations, `variants` the variants that are on. The sets and relations `absent` are empty; with `updates`,
    an event may be a read and a write; with `registers`, accesses to registers have events. `members` are needed only
    if the model enumerates events. The files `before` run between the library and the model, all in one scope.
    Raises ModelError, LimitReached, NeedsTest if members are needed but None, and NeedsRegisters likewise.
    """
    if file.catdep and not registers:
        raise NeedsRegisters("a model with 'catdep' needs the accesses to registers of a test", whole(path))
    evaluator = Evaluator(sets, relations, variants, members, deadline, absent, updates, registers, file.catdep)
    elaborator = _Elaborator(files, evaluator)
    beyond: ModelError | None = None
    try:
        elaborator.whole(file, path, before)
    except NeedsRegisters:
        raise
    except (Mistake, Unsupported) as error:
        if not any(axiom.role is AxiomRole.CHECK for axiom in elaborator.axioms):
            raise
        beyond = error.with_traceback(None)
    model = elaborator.algebra.dag.model(name, elaborator.axioms, elaborator.shown.items(), elaborator.ordered)
    return Elaborated(model, beyond, elaborator.algebra.static.grounds)


def unresolved(
    file: ast.CatFile, path: Path, files: Files, sets: frozenset[str], relations: frozenset[str]
) -> tuple[ModelError, ...]:
    """The names in a cat file and its includes that are unknown, where nothing needs them.

    Raises ModelError, for a name that is needed, too.
    """
    elaborator = _Elaborator(files, Evaluator(sets, relations, frozenset(), None))
    elaborator.whole(file, path)
    return tuple(elaborator.evaluator.unresolved)


class _Elaborator:
    def __init__(self, files: Files, evaluator: Evaluator) -> None:
        self.files = files
        self.evaluator = evaluator
        self.algebra = evaluator.algebra
        self.env = Env()
        self.axioms: list[Axiom] = []
        self.shown: dict[str, int] = {}
        self.ordered: list[tuple[str, int]] = []
        self.included: list[Path] = []
        self.calls: list[str] = []  # the names that unnamed checks inside procedures get
        self.chosen = 0  # how many choices there are: each is another one, so that it may not be left out
        self.called: set[tuple[Routine, Value, str]] = set()
        self.read: dict[tuple[Path, Env, str], Env] = {}
        self._statements: Mapping[type, Callable[..., None]] = {
            ast.Let: self.let,
            ast.Check: self.check,
            ast.Show: self.show,
            ast.ShowAs: self.show_as,
            ast.Include: self.include,
            ast.Procedure: self.procedure,
            ast.Call: self.call,
            ast.Enum: self.enum,
            ast.ForAll: self.for_all,
            ast.WithFrom: self.with_from,
            ast.MatchStatement: self.match,
            ast.IfStatement: self.if_variant,
            ast.Debug: self.debug,
            ast.Instructions: self.instructions,
        }

    def whole(self, file: ast.CatFile, path: Path, before: Sequence[tuple[Path, ast.CatFile]] = ()) -> None:
        """Runs a model: what every model has, its library, the files before it, then its file."""
        deadline = self.evaluator.deadline
        self.run(self.files.builtin(deadline).statements)
        for place, part in (self.files.standard(path, deadline), *before, (path, file)):
            self.included.append(place)
            self.run_file(part)
            self.included.pop()

    def run_file(self, file: ast.CatFile) -> None:
        """Runs the statements of a file, one of which is to blame if they take too long."""
        outside = self.evaluator.statement
        for statement in file.statements:
            self.evaluator.statement = statement.span
            self.run((statement,))
        self.evaluator.statement = outside

    def run(self, statements: Sequence[ast.Statement]) -> None:
        """Runs statements; they change `env`."""
        for statement in statements:
            self.evaluator.enter(statement.span)
            self.evaluator.step(statement.span)
            self._statements[type(statement)](statement)
            self.evaluator.depth -= 1

    def eval(self, expr: ast.Expr) -> Value:
        return self.evaluator.eval(expr, self.env)

    # --- definitions ---

    def let(self, statement: ast.Let) -> None:
        self.env = self.evaluator.bindings(statement.bindings, statement.recursive, self.env)
        for binding in statement.bindings:
            if isinstance(binding.value, ast.LetIn) and binding.value.recursive:
                from litmus.cat.familiar import builtin_in  # few models need it

                name, (defined, *_) = builtin_in(binding.value), binding.pattern.names
                if name is not None and defined is not None:
                    functions = self.evaluator.builtins.functions
                    self.env = self.env.extended({defined: Builtin(name, functions[name])})
        when = statement.when
        if when is not None:
            # herd7 stops the iteration when the check fails; as the relation only grows, it then also fails at the end
            if when.negated:
                raise ModelError("'when' with a negated check is not supported", when.span)
            self.check(when)

    def enum(self, statement: ast.Enum) -> None:
        tags = {f"'{name}": Tag(statement.name, name) for name in statement.tags}
        self.algebra.enums[statement.name] = statement.tags
        self.env = self.env.extended({**tags, statement.name: ValueSet(tags.values())})

    def procedure(self, statement: ast.Procedure) -> None:
        routine = Routine(statement, self.env)
        self.env = self.env.extended({statement.name: routine})
        if statement.recursive:
            routine.env = self.env

    def call(self, statement: ast.Call) -> None:
        routine = self.eval(statement.procedure)
        if not isinstance(routine, Routine):
            raise self.algebra.mistaken("a procedure", routine, statement.procedure.span)
        argument = self.eval(statement.argument)
        after, chosen = self.env, self.chosen
        name = statement.name or (self.calls[-1] if self.calls else statement.procedure.name)
        call = (routine, argument, name)
        if isinstance(argument, Term) and call in self.called:
            return  # it would only say again what the axioms say
        bound = self.evaluator.bound(routine.procedure.pattern, argument, statement.argument.span)
        self.env = routine.env.inner(bound)
        self.calls.append(name)
        self.run(routine.procedure.body)
        self.calls.pop()
        self.env = after
        if isinstance(argument, Term) and chosen == self.chosen:
            self.called.add(call)

    def include(self, statement: ast.Include) -> None:
        path, file = self.files.find(statement, self.evaluator.deadline)
        if path in self.included:
            chain = [*self.included[self.included.index(path) :], path]
            raise ModelError("these files include each other: " + " -> ".join(p.name for p in chain), statement.span)
        before, chosen = (path, self.env, self.calls[-1] if self.calls else ""), self.chosen
        if before in self.read:  # at the same place
            self.env = self.read[before]
            return
        self.included.append(path)
        self.run_file(file)
        self.included.pop()
        if chosen == self.chosen:
            self.read[before] = self.env

    # --- control ---

    def if_variant(self, statement: ast.IfStatement) -> None:
        self.run(statement.then if self.evaluator.variant(statement.condition) else statement.otherwise)

    def match(self, statement: ast.MatchStatement) -> None:
        tag = self.evaluator.tag(statement.subject, self.env)
        for name, clause in statement.clauses:
            if name == tag.name:
                self.run(clause)
                return
        if statement.default is None:
            raise no_clause(tag, statement.subject.span)
        self.run(statement.default)

    def for_all(self, statement: ast.ForAll) -> None:
        elements = self.algebra.elements(self.eval(statement.set), statement.set.span)
        after = self.env
        for element in elements:
            self.env = after.inner({statement.name: element})
            self.run(statement.body)
        self.env = after

    def with_from(self, statement: ast.WithFrom) -> None:
        """`with x from S`: every execution chooses an element x of S; herd7 tries each element in turn."""
        span = statement.set.span
        dag = self.algebra.dag
        label = f"with {statement.name}"
        self.chosen += 1
        value = self.eval(statement.set)
        if isinstance(value, Orders) and value.perhaps:
            raise Unsupported("which sets these orders are of depends on the execution", span, "use 'cross'")
        if isinstance(value, Crossing | Orders):
            factors = value.factors if isinstance(value, Crossing) else ValueSet((value,))
            chosen = (
                self.cross(factors, label, span)
                if isinstance(factors, Family)
                else self.orders(factors, statement, label)
            )
            self.env = self.env.extended({statement.name: self.algebra.value(chosen)})
            return
        options = self.algebra.items(value, span)
        if not options:  # there is nothing to choose, so no execution is consistent
            nothing = dag.empty(Type.RELATION)
            self.axioms.append(Axiom(AxiomKind.EMPTY, nothing, label, negated=True, span=statement.span))
            self.env = self.env.extended({statement.name: EMPTY})
            return
        type = self.algebra.common_type(tuple(options), [span] * len(options)) or Type.RELATION
        promises = {option.within if isinstance(option, Term) else () for option in options}
        if len(promises) > 1:
            raise ModelError("these orders must all come from 'linearisations' of the same set and relation", span)
        nodes = [
            option.node if isinstance(option, Term) else self.algebra.typed(option, type, span) for option in options
        ]
        if any(not orders.is_static(self.algebra, given) for given, _ in next(iter(promises))):
            nodes.insert(0, dag.empty(Type.RELATION))  # so that only orders of events that there are can be picked
        chosen = dag.choose(list(dict.fromkeys(nodes)))
        if type is Type.RELATION and statement.name != "co":
            self.ordered.append((statement.name, chosen))
        if any(isinstance(option, Term) and option.perhaps for option in options):
            self.add(Axiom(AxiomKind.EMPTY, chosen, label, negated=True, span=statement.span))
        for given, events in promises.pop():
            for node in nodes:
                self.check_order(node, events, span)
            if not orders.is_static(self.algebra, given):
                possible = dag.product(dag.events(events), dag.events(events))
                self.require_total(dag.inter(chosen, possible), given, label, statement.span)
            self.require_extends(chosen, given, label, statement.span)
        if statement.name == "co" and type is Type.RELATION:
            # the execution already has a co, which decides the final state: the chosen one must equal it
            co = dag.base("co", Type.RELATION)
            self.require_empty(dag.diff(chosen, co), label, statement.span)
            self.require_empty(dag.diff(co, chosen), label, statement.span)
        self.env = self.env.extended({statement.name: self.algebra.value(chosen)})

    def cross(self, family: Family, label: str, span: Span) -> int:
        """A choice of one relation from each set of a family, as their union.

        Of each set that is there the choice is a pair that is there, and of one that is not there it is empty. So the
        sets must be of pairs that lead to the event whose set it is, as those of the kernel's lock.cat are.
        """
        dag = self.algebra.dag
        union = dag.empty(Type.RELATION)
        for options, there in family.items:
            allowed = dag.empty(Type.RELATION)
            pairs = [allowed]
            for option, condition in self.algebra.perhaps(options, span):
                pair = self.algebra.relation(option, span)
                pairs.append(pair)
                allowed = dag.union(allowed, pair if condition is None else dag.inter(pair, condition.node))
                if condition is not None and self.algebra.relation(condition.element, span) != pair:
                    raise ModelError("a choice that depends on the execution can only be one of single pairs", span)
            chosen = dag.choose(list(dict.fromkeys(pairs)))
            targets = dag.range(self.algebra.unite(pairs))
            if there is None and len(pairs) == 1:  # there is nothing to choose
                self.axioms.append(Axiom(AxiomKind.EMPTY, chosen, label, negated=True, span=span))
            if there is not None:
                here = dag.inter(self.algebra.events(there.element, span), there.node)
                allowed = dag.inter(allowed, dag.product(dag.universe(Type.SET), here))
                targets = here
            self.require_empty(dag.diff(chosen, allowed), label, span)
            self.require_empty(dag.diff(targets, dag.range(chosen)), label, span)
            union = dag.union(union, chosen)
        return union

    def orders(self, factors: ValueSet, statement: ast.WithFrom, label: str) -> int:
        """A choice of one relation from each set, as their union; of sets that are total orders, without listing them.

        If the name is `co`, the union is the coherence order that the execution has, and each of its parts is that
        order among the events of a set: there is nothing to choose.
        """
        dag = self.algebra.dag
        name, span = statement.name, statement.span
        union = dag.empty(Type.RELATION)
        co = dag.base("co", Type.RELATION)
        given = name == "co" and all(isinstance(factor, Orders) for factor in factors.items)
        for factor in factors.items:
            if not isinstance(factor, Orders):
                options = [self.algebra.relation(item, span) for item in self.algebra.items(factor, statement.set.span)]
                if not options:
                    self.add(Axiom(AxiomKind.EMPTY, dag.empty(Type.RELATION), label, negated=True, span=span))
                    continue
                union = dag.union(union, dag.choose(list(dict.fromkeys(options))))
                continue
            among = dag.product(factor.events, factor.events)
            chosen = dag.inter(co, among) if given else orders.chosen(self.algebra, factor, statement.set.span)
            self.require_total(chosen, factor, label, span)
            self.require_extends(chosen, factor, label, span)
            if not given:
                self.add(Axiom(AxiomKind.ACYCLIC, chosen, label, span=span))
            union = dag.union(union, chosen)
        if name == "co":
            self.require_empty(dag.diff(union, co), label, span)
            self.require_empty(dag.diff(co, union), label, span)
        if given:
            return co
        self.ordered.append((name, union))
        return union

    def require_total(self, node: int, given: Orders, label: str, span: Span) -> None:
        """Requires that a relation relates all of the events of some orders, and no others."""
        dag = self.algebra.dag
        among = dag.product(given.events, given.events)
        both = dag.union(node, dag.inverse(node))
        self.require_empty(dag.diff(dag.diff(among, dag.base("id", Type.RELATION)), both), label, span)
        self.require_empty(dag.diff(node, among), label, span)

    def require_extends(self, node: int, given: Orders, label: str, span: Span) -> None:
        """Requires that a relation contains what some orders extend, among their events."""
        dag = self.algebra.dag
        among = dag.product(given.events, given.events)
        self.require_empty(dag.diff(dag.inter(given.before, among), node), label, span)

    def check_order(self, node: int, events: int, span: Span) -> None:
        """Checks that a node is a constant that still orders these events strictly, as its promise assumes."""
        expression = self.algebra.dag.nodes[node]
        rows = expression.rows or (0,) * self.algebra.dag.size
        clean = expression.op in ("constant", "empty")
        if not clean or any(rows[j] >> i & 1 for i in bits(events) for j in bits(rows[i] & events)):
            raise ModelError("orders that depend on the execution cannot be united with other relations", span)

    def require_empty(self, node: int, name: str, span: Span) -> None:
        self.add(Axiom(AxiomKind.EMPTY, node, name, span=span))

    # --- checks ---

    def check(self, statement: ast.Check) -> None:
        kind, expr = statement.kind, statement.expr
        value = self.eval(expr)
        dag = self.algebra.dag
        if kind is AxiomKind.EMPTY:
            type = self.algebra.common_type([value], [expr.span]) or Type.RELATION
            node = self.algebra.typed(value, type, expr.span)
        else:
            node = self.algebra.relation(value, expr.span)
            if kind is AxiomKind.IRREFLEXIVE and dag.nodes[node].op == "plus":
                kind = AxiomKind.ACYCLIC
            if kind is AxiomKind.ACYCLIC:
                node = dag.acyclic_core(node)
        negated = statement.negated != statement.is_assert
        name = statement.name or self.describe(statement)
        if statement.is_assert:
            name = f"assertion failed: {name}"
        self.add(Axiom(kind, node, name, negated, statement.role, statement.span))

    def add(self, axiom: Axiom) -> None:
        if not vacuous(axiom, self.algebra.dag.nodes):
            self.axioms.append(axiom)

    def describe(self, statement: ast.Check) -> str:
        """The name of a check without 'as': the name of the call that contains it, or its own text."""
        if self.calls:
            return self.calls[-1]
        text = " ".join(statement.expr.span.text.split())
        if len(text) > _LONGEST_NAME:
            text = text[: _LONGEST_NAME - 3] + "..."
        return f"{'~' * statement.negated}{statement.kind.value} {text}"

    # --- pictures ---

    def show(self, statement: ast.Show) -> None:
        for name in statement.names:
            if statement.visible:
                try:
                    self.picture(name.name, self.eval(name), name.span)
                except (Mistake, Unsupported) as error:  # each architecture defines some of what a file shows
                    self.evaluator.unresolved.append(error)
            else:
                self.shown.pop(name.name, None)

    def show_as(self, statement: ast.ShowAs) -> None:
        try:
            self.picture(statement.name, self.eval(statement.expr), statement.expr.span)
        except (Mistake, Unsupported) as error:
            self.evaluator.unresolved.append(error)

    def picture(self, name: str, value: Value, span: Span) -> None:
        """Notes a relation to draw; sets and empty relations are not drawn."""
        self.shown.pop(name, None)
        if value is UNIVERSE or (isinstance(value, Term) and self.algebra.type(value) is Type.RELATION):
            self.shown[name] = self.algebra.relation(value, span)
        elif not isinstance(value, Term | Literal):
            raise self.algebra.mistaken("a relation", value, span)

    # --- the rest ---

    def debug(self, statement: ast.Debug) -> None:
        try:
            self.eval(statement.expr)
        except (Mistake, Unsupported) as error:  # herd7 evaluates it only when it is itself debugged
            self.evaluator.unresolved.append(error)

    def instructions(self, statement: ast.Instructions) -> None:
        """Ignores a declaration of a bell file."""
