"""The nodes of a model mean what the text says.

Random expressions are interpreted twice: from their syntax, over sets of events and pairs of a small random
execution, and from the nodes that elaboration makes of them, with all its simplifications. Then models that enumerate
the events of a test: what they find, and what they choose.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmus.base.errors import ModelError
from litmus.base.source import Source
from litmus.cat import NeedsTest, ast, load, load_text
from litmus.cat.parser import parse
from litmus.ir.model import Fixpoint, Model, Node, Type

pytestmark = pytest.mark.slow

Pairs = frozenset[tuple[int, int]]
Events = frozenset[int]
DIALECT = frozenset({"X", "SYNC"})


@dataclass(frozen=True)
class World:
    """An execution, as sets: what base names and tags stand for."""

    size: int
    sets: Mapping[str, Events]
    relations: Mapping[str, Pairs]

    @property
    def events(self) -> Events:
        return frozenset(range(self.size))

    @property
    def pairs(self) -> Pairs:
        return frozenset(itertools.product(range(self.size), repeat=2))


def closure(r: Pairs) -> Pairs:
    while True:
        more = r | compose(r, r)
        if more == r:
            return r
        r = more


def compose(r: Iterable[tuple[int, int]], s: Iterable[tuple[int, int]]) -> Pairs:
    return frozenset((a, d) for a, b in r for c, d in s if b == c)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Executions that keep the promises of `litmus.ir.model` on base names, and no others."""
    n = draw(st.integers(1, 5))
    kinds = draw(st.lists(st.sampled_from("RWFBI"), min_size=n, max_size=n))
    threads = [-1 if kind == "I" else draw(st.integers(0, 1)) for kind in kinds]
    places = [draw(st.integers(0, 1)) for _ in range(n)]
    events = range(n)

    def pairs(keep: object = None) -> Pairs:
        return frozenset(p for p in itertools.product(events, events) if draw(st.booleans()))

    identity = frozenset((e, e) for e in events)
    same_thread = frozenset(p for p in itertools.product(events, events) if threads[p[0]] == threads[p[1]])
    memory = frozenset(e for e in events if kinds[e] in "RWI")
    writes = frozenset(e for e in events if kinds[e] in "WI")
    reads = memory - writes
    initial = frozenset(e for e in events if kinds[e] == "I")
    po = frozenset(p for p in same_thread if p[0] < p[1] and threads[p[0]] >= 0)
    rmw = pairs()
    relations = {
        "po": po,
        "addr": pairs() & po,
        "data": pairs() & po,
        "ctrl": pairs() & po,
        "rmw": rmw,
        "amo": rmw & pairs(),
        "rf": frozenset(p for p in pairs() if p[0] in writes and p[1] in reads),
        "co": frozenset(p for p in pairs() if p[0] < p[1] and {*p} <= writes),
        "loc": frozenset(p for p in itertools.product(memory, memory) if places[p[0]] == places[p[1]]),
        "int": same_thread,
        "ext": frozenset(itertools.product(events, events)) - same_thread,
        "id": identity,
        "si": identity,
        "same-instance": identity,
    }
    sets = {
        "M": memory,
        "R": reads,
        "W": writes,
        "F": frozenset(e for e in events if kinds[e] == "F"),
        "B": frozenset(e for e in events if kinds[e] == "B"),
        "IW": initial,
        "FW": frozenset(e for e in writes if draw(st.booleans())),
        "X": frozenset(e for e in events if draw(st.booleans())),
        "SYNC": frozenset(e for e in events if draw(st.booleans())),
    }
    return World(n, sets, relations)


# --- from nodes ------------------------------------------------------------------------------------------------------


def node_values(world: World, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], pick: int = 0) -> list[frozenset]:
    """The contents of every node; each round recomputes all, until the recursion variables are stable.

    Every `choose` stands for its operand number `pick`.
    """
    bodies = {variable: body for f in fixpoints for variable, body in zip(f.variables, f.bodies, strict=True)}
    current: dict[int, frozenset] = dict.fromkeys(bodies, frozenset())
    while True:
        values: list[frozenset] = []
        for number, node in enumerate(nodes):
            args = [values[arg] for arg in node.args]
            if node.op in ("var", "choose"):
                values.append(current[number] if node.op == "var" else args[pick])
            else:
                values.append(node_value(world, node, args))
        new = {variable: values[body] for variable, body in bodies.items()}
        if new == current:
            return values
        current = new


def node_value(world: World, node: Node, args: list[frozenset]) -> frozenset:
    everything = world.events if node.type is Type.SET else world.pairs
    identity = world.relations["id"]
    match node.op:
        case "base":
            return {**world.sets, **world.relations}[node.name]
        case "tag":
            return frozenset().union(*(world.sets[tag] for tag in node.tags))
        case "constant" if node.type is Type.SET:
            return frozenset(e for e in world.events if node.mask >> e & 1)
        case "constant":
            return frozenset(p for p in world.pairs if node.rows[p[0]] >> p[1] & 1)
        case "empty":
            return frozenset()
        case "universe":
            return everything
        case "union":
            return args[0] | args[1]
        case "inter":
            return args[0] & args[1]
        case "diff":
            return args[0] - args[1]
        case "complement":
            return everything - args[0]
        case "seq":
            return compose(*args)
        case "inverse":
            return frozenset((b, a) for a, b in args[0])
        case "plus":
            return closure(args[0])
        case "star":
            return closure(args[0]) | identity
        case "option":
            return args[0] | identity
        case "product":
            return frozenset(itertools.product(*args))
        case "identity":
            return frozenset((e, e) for e in args[0])
        case "domain":
            return frozenset(a for a, _ in args[0])
        case "range":
            return frozenset(b for _, b in args[0])
    raise AssertionError(node.op)


def shown(model: Model, world: World) -> dict[str, frozenset]:
    values = node_values(world, model.nodes, model.fixpoints)
    return {name: values[node] for name, node in model.shown}


# --- from syntax -----------------------------------------------------------------------------------------------------


def meaning(expr: ast.Expr, world: World, env: Mapping[str, frozenset]) -> frozenset:
    match expr:
        case ast.Name(name=name):
            return env[name] if name in env else {**world.sets, **world.relations}[name]
        case ast.Unary(op=op, operand=operand):
            value = meaning(operand, world, env)
            identity = world.relations["id"]
            match op:
                case "+":
                    return closure(value)
                case "*":
                    return closure(value) | identity
                case "?":
                    return value | identity
                case "^-1":
                    return frozenset((b, a) for a, b in value)
                case "[]":
                    return frozenset((e, e) for e in value)
            everything = world.events if type_of(operand, env) is Type.SET else world.pairs
            return everything - value
        case ast.Op(op=op, operands=operands):
            values = [meaning(operand, world, env) for operand in operands]
            result = values[0]
            for value in values[1:]:
                match op:
                    case "|":
                        result = result | value
                    case "&":
                        result = result & value
                    case "\\":
                        result = result - value
                    case ";":
                        result = compose(result, value)
                    case "*":
                        result = frozenset(itertools.product(result, value))
            return result
        case ast.Apply(function=ast.Name(name=name), argument=argument):
            side = 0 if name == "domain" else 1
            return frozenset(pair[side] for pair in meaning(argument, world, env))
    raise AssertionError(expr)


def type_of(expr: ast.Expr, env: Mapping[str, frozenset]) -> Type:
    match expr:
        case ast.Name(name=name):
            return Type.SET if name in SETS else Type.RELATION
        case ast.Unary(op=op, operand=operand):
            return type_of(operand, env) if op == "~" else Type.RELATION
        case ast.Op(op=op, operands=operands):
            return Type.RELATION if op in ";*" else type_of(operands[0], env)
    return Type.SET


# --- random expressions ----------------------------------------------------------------------------------------------

SETS = ("M", "R", "W", "F", "B", "IW", "FW", "X", "SYNC")
RELATIONS = ("po", "addr", "data", "ctrl", "rmw", "amo", "rf", "co", "loc", "int", "ext", "id", "same-instance")


def expressions(variables: tuple[str, ...] = ()) -> tuple[st.SearchStrategy[str], st.SearchStrategy[str]]:
    """Texts of sets and of relations. Where `variables` may stand, nothing is monotone but what is."""
    sets: st.SearchStrategy[str] = st.deferred(lambda: set_texts)
    relations: st.SearchStrategy[str] = st.deferred(lambda: relation_texts)
    constant_sets, constant_relations = (sets, relations) if not variables else plain
    set_texts = st.one_of(
        st.sampled_from(SETS),
        st.sampled_from(SETS),
        st.builds("({} {} {})".format, sets, st.sampled_from("|&"), sets),
        st.builds("({} \\ {})".format, sets, constant_sets),
        st.builds("~({})".format, constant_sets),
        st.builds("{}({})".format, st.sampled_from(["domain", "range"]), relations),
    )
    relation_texts = st.one_of(
        st.sampled_from(RELATIONS + variables * 3),
        st.sampled_from(RELATIONS + variables * 3),
        st.builds("({} {} {})".format, relations, st.sampled_from("|&;"), relations),
        st.builds("({} \\ {})".format, relations, constant_relations),
        st.builds("({}){}".format, relations, st.sampled_from(["+", "*", "?", "^-1"])),
        st.builds("(~({}))".format, constant_relations),
        st.builds("[{}]".format, sets),
        st.builds("(({}) * ({}))".format, sets, sets),
    )
    return set_texts, relation_texts


plain = expressions()


@settings(max_examples=150, deadline=None)
@given(worlds(), plain[1], plain[0])
def test_nodes_mean_what_the_text_says(world: World, relation: str, events: str) -> None:
    model = load_text(f"show {relation} as r show [{events}] as s").elaborate(DIALECT)
    found = shown(model, world)
    for name, text in (("r", relation), ("s", f"[{events}]")):
        (statement,) = parse(Source("t", f"debug {text}")).statements
        assert isinstance(statement, ast.Debug)
        assert found.get(name, frozenset()) == meaning(statement.expr, world, {}), text


@settings(max_examples=150, deadline=None)
@given(worlds(), expressions(("x", "y"))[1], expressions(("x", "y"))[1])
def test_recursion_gives_the_least_solution(world: World, first: str, second: str) -> None:
    text = f"let rec x = {first} and y = {second} show x show y"
    model = load_text(text).elaborate(DIALECT)
    right_sides = []
    for body in (first, second):
        (statement,) = parse(Source("t", f"debug {body}")).statements
        assert isinstance(statement, ast.Debug)
        right_sides.append(statement.expr)
    env: dict[str, frozenset] = {"x": frozenset(), "y": frozenset()}
    while True:
        new = {name: meaning(body, world, env) for name, body in zip("xy", right_sides, strict=True)}
        if new == env:
            break
        env = new
    found = shown(model, world)
    assert {name: found.get(name, frozenset()) for name in "xy"} == env
    check_fixpoints(model)


def check_fixpoints(model: Model) -> None:
    """What `litmus.ir.model.Fixpoint` promises."""
    for number, node in enumerate(model.nodes):
        assert all(arg < number for arg in node.args)
    for group in model.fixpoints:
        depends = set(group.variables)
        for number, node in enumerate(model.nodes):
            if depends.intersection(node.args):
                depends.add(number)
        cone, todo = set(), list(group.bodies)
        while todo:
            at = todo.pop()
            if at not in cone:
                cone.add(at)
                todo.extend(model.nodes[at].args)
        inside = (cone & depends) | set(group.variables)
        assert (min(inside), max(inside)) == (group.first, group.last)
        assert all(model.nodes[variable].op == "var" for variable in group.variables)


@settings(max_examples=80, deadline=None)
@given(worlds(), plain[1], st.sampled_from(["acyclic", "irreflexive", "empty"]), st.booleans())
def test_checks_mean_what_the_text_says(world: World, relation: str, kind: str, negated: bool) -> None:
    text = f"let r = {relation} {'~' * negated}{kind} r {'~' * negated}{kind} r+ show r"
    model = load_text(text).elaborate(DIALECT)
    values = node_values(world, model.nodes, model.fixpoints)
    holds = all(check(axiom.kind.value, values[axiom.node]) != axiom.negated for axiom in model.axioms)
    r = shown(model, world).get("r", frozenset())
    assert holds == all(check(kind, value) != negated for value in (r, closure(r)))


def check(kind: str, value: frozenset) -> bool:
    if kind == "empty":
        return not value
    return not any(a == b for a, b in (closure(value) if kind == "acyclic" else value))


FIXED = World(
    5,
    {
        "M": frozenset({0, 1, 2, 4}),
        "R": frozenset({2, 4}),
        "W": frozenset({0, 1}),
        "F": frozenset({3}),
        "B": frozenset(),
        "IW": frozenset({0}),
        "FW": frozenset({1}),
        "X": frozenset({1, 2}),
        "SYNC": frozenset({1, 3}),
    },
    {
        "po": frozenset({(1, 2), (1, 3), (2, 3)}),
        "addr": frozenset(),
        "data": frozenset({(2, 3)}),
        "ctrl": frozenset({(2, 3)}),
        "rmw": frozenset({(2, 1)}),
        "amo": frozenset(),
        "rf": frozenset({(0, 2), (1, 4)}),
        "co": frozenset({(0, 1)}),
        "loc": frozenset(itertools.product((0, 1, 2, 4), repeat=2)),
        "int": frozenset({(0, 0), *itertools.product((1, 2, 3), repeat=2), (4, 4)}),
        "ext": frozenset(itertools.product(range(5), repeat=2))
        - frozenset({(0, 0), *itertools.product((1, 2, 3), repeat=2), (4, 4)}),
        "id": frozenset((e, e) for e in range(5)),
        "si": frozenset((e, e) for e in range(5)),
        "same-instance": frozenset((e, e) for e in range(5)),
    },
)


def test_every_law_of_small_expressions() -> None:
    """All of up to three operators on a few leaves: each law that the constructors apply is met."""
    leaves = [
        "po",
        "rf",
        "id",
        "int",
        "(X * SYNC)",
        "[X]",
        "(po \\ po)",
        "(M * M | ~(M * M))",
        "(po | rf)",
        "(po & (X * M))",
    ]
    unary = ["+", "*", "?", "^-1", "~"]

    def apply(op: str, text: str) -> str:
        return f"(~{text})" if op == "~" else f"({text}{op})"

    once = [apply(op, leaf) for op in unary for leaf in leaves]
    twice = [apply(op, text) for op in unary for text in once]
    texts = leaves + once + twice
    texts += [f"({a} {op} {b})" for op in "|&;\\" for a in leaves for b in leaves + once]
    texts += [f"[{side}({text})]" for side in ("domain", "range") for text in leaves + once + twice]
    sets = ["X", "M", "R", "(X \\ X)", "(X | ~X)", "(X & M)"]
    texts += [f"[({a} {op} {b})]" for op in "|&\\" for a in sets for b in sets]
    texts += [f"(({a} * {b}) & ({c} * {a}))" for a in sets for b in sets for c in sets]
    texts += [f"([{a}] ; {leaf} ; [{b}])" for a in sets for b in sets for leaf in leaves]
    model = load_text("\n".join(f"show {text} as n{i}" for i, text in enumerate(texts))).elaborate(DIALECT)
    found = shown(model, FIXED)
    statements = parse(Source("t", "\n".join(f"debug {text}" for text in texts))).statements
    for i, (text, statement) in enumerate(zip(texts, statements, strict=True)):
        assert isinstance(statement, ast.Debug)
        assert found.get(f"n{i}", frozenset()) == meaning(statement.expr, FIXED, {}), text


# --- models that enumerate ---


@dataclass(frozen=True)
class WorldMembers:
    """The members of a world; names in `open` are not the same in every execution."""

    world: World
    open: frozenset[str] = frozenset({"rf", "co", "FW"})

    def _value(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> frozenset:
        todo = [node]
        while todo:
            at = nodes[todo.pop()]
            if at.name in self.open:
                raise ModelError(f"{at.name} depends on the execution")
            todo.extend(at.args)
        return node_values(self.world, nodes, fixpoints)[node]

    def places(self) -> tuple[None, ...]:
        return (None,) * self.world.size

    def set(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> int:
        return sum(1 << e for e in self._value(nodes, fixpoints, node))

    def most(
        self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], wanted: Sequence[int]
    ) -> list[tuple[int, ...]]:
        found = []
        for node in wanted:
            if nodes[node].type is Type.SET:
                members = node_values(self.world, nodes, fixpoints)[node]
                found.append(tuple(1 << e if e in members else 0 for e in range(self.world.size)))
            else:
                rows = [0] * self.world.size
                for a, b in node_values(self.world, nodes, fixpoints)[node]:
                    rows[a] |= 1 << b
                found.append(tuple(rows))
        return found

    def relation(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> tuple[int, ...]:
        rows = [0] * self.world.size
        for a, b in self._value(nodes, fixpoints, node):
            rows[a] |= 1 << b
        return tuple(rows)


def writers(threads: Sequence[int], places: Sequence[int]) -> World:
    """A world of writes, without rf and co: first one initial write for each location, on thread -1."""
    n = len(threads)
    events = range(n)
    every = list(itertools.product(events, events))
    same = frozenset((a, b) for a, b in every if threads[a] == threads[b])
    none: Pairs = frozenset()
    return World(
        n,
        {
            "M": frozenset(events),
            "R": frozenset(),
            "W": frozenset(events),
            "F": frozenset(),
            "B": frozenset(),
            "IW": frozenset(e for e in events if threads[e] < 0),
            "FW": frozenset(),
            "X": frozenset(),
            "SYNC": frozenset(),
        },
        {
            **dict.fromkeys(("addr", "data", "ctrl", "rmw", "amo", "rf", "co"), none),
            "po": frozenset((a, b) for a, b in same if a < b and threads[a] >= 0),
            "loc": frozenset((a, b) for a, b in every if places[a] == places[b]),
            "int": same,
            "ext": frozenset(every) - same,
            "id": frozenset((e, e) for e in events),
            "si": frozenset((e, e) for e in events),
            "same-instance": frozenset((e, e) for e in events),
        },
    )


# x: 0 initial, then 2 and 3 of thread 0 and 5 of thread 1; y: 1 initial, 4 of thread 1
FIVE = writers((-1, -1, 0, 0, 1, 1), (0, 1, 0, 0, 1, 0))


def values(text: str, world: World = FIVE) -> dict[str, frozenset]:
    model = load_text(text, "m.cat").elaborate(DIALECT, members=WorldMembers(world))
    return shown(model, world)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("let rec f S = match S with {} -> 0 || e ++ r -> (e * r) | f r end let x = f (W & IW)", {(0, 1)}),
        ("let x = match W with {} -> 0 || e ++ _ -> [e] end", {(0, 0)}),
        ("let x = match W with {} -> 0 || a | e ++ b -> a * {e} & loc end", {(0, 3), (2, 3)}),
        ("let x = match po with {} -> 0 || e ++ r -> po \\ r end", {(2, 3)}),
        ("let x = match po with {} -> 0 || e ++ _ -> e^-1 | 0 ; 0 end", {(3, 2)}),
        ("let f(a, b) = b * a let x = match po with {} -> 0 || e ++ _ -> f e end", {(3, 2)}),
        ("let rec f r = match r with {} -> {} || e ++ s -> e ++ f s end let x = f po", {(2, 3), (4, 5)}),
        ("let x = if po = po & int then po else 0", {(2, 3), (4, 5)}),
        ("let x = if po subset loc then po else 0", set()),
        ("let x = match IW with {} -> 0 || e ++ _ -> if e in IW then [e] else 0 end", {(0, 0)}),
        ("let x = match po with {} -> 0 || e ++ _ -> if e in loc then po & loc else 0 end", {(2, 3)}),
        ("let f(a, b) = if (a, b) in loc then a * b else 0 let x = match po with {} -> 0 || e ++ _ -> f e end",
         {(2, 3)}),
        ("let f(a, b) = (b, a) ++ po let x = match po with {} -> 0 || e ++ _ -> f e end", {(2, 3), (3, 2), (4, 5)}),
        ("let x = match W with {} -> 0 || a ++ r -> match r with {} -> 0 || b ++ _ -> [{a, b}] end end",
         {(0, 0), (1, 1)}),
        ("let rec all S = match S with {} -> 0 || c ++ r -> (c * c & po) | all r end let x = all (classes-loc W)",
         {(2, 3)}),
        ("let rec all S = match S with {} -> 0 || c ++ r -> (c * c & ext) | all r end let x = all (classes(loc))",
         {(0, 2), (0, 3), (0, 5), (2, 0), (3, 0), (5, 0), (2, 5), (3, 5), (5, 2), (5, 3), (1, 4), (4, 1)}),
        ("let x = match linearisations(IW, _ * _) with {} -> po || e ++ _ -> e end", {(2, 3), (4, 5)}),
        ("let x = match linearisations(W \\ IW, po | ext & loc & id) with {} -> 0 || e ++ _ -> e & loc end",
         {(2, 3), (2, 5), (3, 5)}),
        ("let x = match {} with {} -> po || e ++ _ -> 0 end", {(2, 3), (4, 5)}),
        ("let x = match map (fun e -> [e]) IW with {} -> 0 || e ++ _ -> e end", {(1, 1)}),
    ],
)  # fmt: skip
def test_enumeration(text: str, pairs: set[tuple[int, int]]) -> None:
    assert values(f"{text} show x").get("x", frozenset()) == pairs


def orders(world: World) -> Iterator[Pairs]:
    """All coherence orders of a world: initial writes first, any order of the others."""
    places = {frozenset(b for a, b in world.relations["loc"] if a == e) for e in world.sets["W"]}
    for chosen in itertools.product(*(itertools.permutations(place - world.sets["IW"]) for place in places)):
        initial = {
            (i, e)
            for i in world.sets["IW"]
            for e in world.sets["W"] - world.sets["IW"]
            if (i, e) in world.relations["loc"]
        }
        yield frozenset(initial | {pair for line in chosen for pair in itertools.combinations(line, 2)})


def test_a_model_that_searches_coherence_orders_itself() -> None:
    """The order that it chooses is that of the execution: each consistent one has exactly one choice that fits."""
    path = Path(__file__).parent / "cat" / "herd-style-cos.cat"
    members = WorldMembers(FIVE)
    cat = load(str(path))
    with pytest.raises(NeedsTest):
        cat.elaborate(DIALECT)
    model = cat.elaborate(DIALECT, members=members)
    (choice,) = (node for node in model.nodes if node.op == "choose")
    assert len(choice.args) == 3  # 2 before 3 for certain, 5 anywhere
    plain = load_text("acyclic po | rf | co | fr as sc").elaborate(DIALECT)
    seen = []
    for co in orders(FIVE):
        final = frozenset(e for e in FIVE.events if not any(a == e for a, _ in co))
        world = World(FIVE.size, {**FIVE.sets, "FW": final}, {**FIVE.relations, "co": co})
        fits = [pick for pick in range(len(choice.args)) if consistent(model, world, pick)]
        assert len(fits) == consistent(plain, world, 0)
        seen += fits
    assert sorted(seen) == [0, 1, 2]


def consistent(model: Model, world: World, pick: int) -> bool:
    found = node_values(world, model.nodes, model.fixpoints, pick)
    return all(check(axiom.kind.value, found[axiom.node]) != axiom.negated for axiom in model.axioms)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("forall r in rf do acyclic r end", "1:13: error: rf depends on the execution\n"
         "    1 | forall r in rf do acyclic r end\n      |             ^^ if this is a copy of herd7's cos.cat, remove "
         "it: litmus has its own, which enumerates nothing"),
        ("let x = classes(rf) with y from x", "1:17: error: rf depends on the execution\n"
         "    1 | let x = classes(rf) with y from x\n"
         "      |                 ^^ if this is a copy of herd7's cos.cat, remove it: litmus has its own, which "
         "enumerates nothing"),
        ("let rec r = po | match r with {} -> 0 || e ++ _ -> rf end", "1:18: error: expected an expression, found "
         "'match'\n    1 | let rec r = po | match r with {} -> 0 || e ++ _ -> rf end\n"
         "      |                  ^^^^^ put it in parentheses"),
        ("let rec r = po | (match r with {} -> 0 || e ++ _ -> rf end)", "1:25: error: the elements of a set or "
         "relation cannot be enumerated inside its own definition\n"
         "    1 | let rec r = po | (match r with {} -> 0 || e ++ _ -> rf end)\n"
         "      |                         ^"),
        ("with o from map (fun o -> o ; po) (linearisations(IW, co0))", "1:27: error: orders that depend on the "
         "execution can only be used in '|' and in 'with ... from'\n"
         "    1 | with o from map (fun o -> o ; po) (linearisations(IW, co0))\n      |                           ^"),
        ("with o from {po} | linearisations(IW, co0)", "1:13: error: these orders must all come from 'linearisations' "
         "of the same set and relation\n    1 | with o from {po} | linearisations(IW, co0)\n"
         "      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"),
        ("with o from map (fun o -> o | IW * IW) (linearisations(IW, co0))", "1:13: error: orders that depend on the "
         "execution cannot be united with other relations\n"
         "    1 | with o from map (fun o -> o | IW * IW) (linearisations(IW, co0))\n"
         "      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"),
    ],
)  # fmt: skip
def test_errors_of_enumeration(text: str, message: str) -> None:
    with pytest.raises(ModelError) as error:
        values(text)
    assert str(error.value) == f"m.cat:{message}"


def test_enumerations_are_limited() -> None:
    world = writers((-1, *range(32)), (0,) * 33)
    with pytest.raises(ModelError, match="there are more than 6,000 orders of these 33 events, too many to enumerate"):
        values("acyclic match linearisations(W, co0) with {} -> 0 || o ++ _ -> o end", world)
    cyclic = "let x = if linearisations(W, loc & (W \\ IW) * (W \\ IW)) = {} then po | id else 0 show x"
    assert values(cyclic, world)["x"]


def test_members_are_asked_only_if_needed() -> None:
    class Nobody:
        def places(self) -> tuple[object, ...]:
            raise AssertionError

        def set(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> int:
            raise AssertionError

        def relation(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> tuple[int, ...]:
            raise AssertionError

    model = load_text("acyclic po as a")
    assert model.elaborate(DIALECT, members=Nobody()) is model.elaborate(DIALECT)
