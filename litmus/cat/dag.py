"""The nodes of a model under construction, simplified and without duplicates.

Every constructor returns the number of the node that stands for the expression. Equal expressions share one node.
Constants are folded, and units and a few laws of relation algebra applied, so that later stages have fewer nodes to
interpret. Restrictions have one form: `[A] ; r ; [B]` and `r & (A * B)` are both `inter(r, product(A, B))`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from litmus.ir.model import Axiom, AxiomRole, Fixpoint, Model, Node, NodeOp, Type

Rows = tuple[int, ...]

_SYMMETRIC = frozenset(["loc", "int", "ext", "id", "si"])
_WITHIN = frozenset(
    [("R", "M"), ("W", "M"), ("IW", "M"), ("FW", "M"), ("IW", "W"), ("FW", "W"), ("po", "int"), ("amo", "rmw")]
)
_APART = frozenset(
    [(a, b) for a in ("M", "R", "W", "IW", "FW") for b in ("F", "B")]
    + [("F", "B"), ("IW", "R"), ("po", "ext"), ("po", "id"), ("int", "ext"), ("id", "ext")]
)
_APART_WITHOUT_UPDATES = frozenset([*_APART, ("R", "W"), ("FW", "R")])


class Dag:
    """Hash-consed nodes. Types are not checked: the caller must pass operands of the types that the operator needs.

    With `updates`, an event may be a read and a write. `size` is the number of events of the test to which constants
    refer, -1 while there are no constants.
    `depends[n]` are the recursion variables that node n depends on: bit i stands for the i-th variable created.
    """

    def __init__(self, updates: bool = False) -> None:
        self.updates = updates
        self._disjoint = _APART if updates else _APART_WITHOUT_UPDATES
        self.nodes: list[Node] = []
        self.depends: list[int] = []
        self.fixpoints: list[Fixpoint] = []
        self.size = -1
        self._index: dict[tuple[object, ...], int] = {}
        self._variables = 0

    # --- leaves ---

    def base(self, name: str, type: Type) -> int:
        return self._leaf(("base", name), Node("base", type, name=name))

    def tag(self, tags: frozenset[str]) -> int:
        return self._leaf(("tag", tags), Node("tag", Type.SET, tags=tags))

    def empty(self, type: Type) -> int:
        return self._leaf(("empty", type.value), Node("empty", type))

    def universe(self, type: Type) -> int:
        return self._leaf(("universe", type.value), Node("universe", type))

    def events(self, mask: int) -> int:
        """The set of the events in `mask`."""
        if not mask:
            return self.empty(Type.SET)
        return self._leaf(("events", mask), Node("constant", Type.SET, mask=mask))

    def pairs(self, rows: Rows) -> int:
        """The relation with these rows."""
        if not any(rows):
            return self.empty(Type.RELATION)
        return self._leaf(("pairs", rows), Node("constant", Type.RELATION, rows=rows))

    def variable(self, name: str, type: Type) -> int:
        number = len(self.nodes)
        self.nodes.append(Node("var", type, name=name))
        self.depends.append(1 << self._variables)
        self._variables += 1
        return number

    # --- sets and relations alike ---

    def union(self, a: int, b: int) -> int:
        if a == b:
            return a
        if a > b:
            a, b = b, a
        x, y = self.nodes[a], self.nodes[b]
        if x.op == "empty" or y.op == "universe" or self._within(a, b):
            return b
        if y.op == "empty" or x.op == "universe" or self._within(b, a):
            return a
        if x.op == y.op == "tag":
            return self.tag(x.tags | y.tags)
        if x.op == y.op == "constant":
            if x.type is Type.SET:
                return self.events(x.mask | y.mask)
            return self.pairs(tuple(p | q for p, q in zip(x.rows, y.rows, strict=True)))
        return self._node("union", x.type, (a, b))

    def inter(self, a: int, b: int) -> int:
        if a == b:
            return a
        if a > b:
            a, b = b, a
        x, y = self.nodes[a], self.nodes[b]
        if x.op == "empty" or y.op == "universe" or self._within(a, b):
            return a
        if y.op == "empty" or x.op == "universe" or self._within(b, a):
            return b
        if self._apart(x, y):
            return self.empty(x.type)
        if x.op == y.op == "constant":
            if x.type is Type.SET:
                return self.events(x.mask & y.mask)
            return self.pairs(tuple(p & q for p, q in zip(x.rows, y.rows, strict=True)))
        if x.op == "complement":
            return self.diff(b, x.args[0])
        if y.op == "complement":
            return self.diff(a, y.args[0])
        if x.op == "product":
            return self._restrict(b, *x.args)
        if y.op == "product":
            return self._restrict(a, *y.args)
        return self._node("inter", x.type, (a, b))

    def diff(self, a: int, b: int) -> int:
        x, y = self.nodes[a], self.nodes[b]
        if a == b or x.op == "empty" or y.op == "universe" or self._within(a, b):
            return self.empty(x.type)
        if y.op == "empty" or self._apart(x, y):
            return a
        if x.op == "universe":
            return self.complement(b)
        if y.op == "complement":
            return self.inter(a, y.args[0])
        if x.op == y.op == "constant":
            if x.type is Type.SET:
                return self.events(x.mask & ~y.mask)
            return self.pairs(tuple(p & ~q for p, q in zip(x.rows, y.rows, strict=True)))
        return self._node("diff", x.type, (a, b))

    def complement(self, a: int) -> int:
        x = self.nodes[a]
        if x.op == "empty":
            return self.universe(x.type)
        if x.op == "universe":
            return self.empty(x.type)
        if x.op == "complement":
            return x.args[0]
        return self._node("complement", x.type, (a,))

    def choose(self, options: Sequence[int]) -> int:
        """One of some nodes: another choice whenever it is called, be it of the same nodes."""
        if len(options) == 1:
            return options[0]
        self._index.pop(("choose", *options), None)
        return self._node("choose", self.nodes[options[0]].type, tuple(options))

    # --- relations ---

    def seq(self, a: int, b: int) -> int:
        x, y = self.nodes[a], self.nodes[b]
        if x.op == "empty" or y.op == "empty":
            return self.empty(Type.RELATION)
        if x.name == "id":
            return b
        if y.name == "id":
            return a
        if x.op == "identity":
            return self._restrict(b, x.args[0], self.universe(Type.SET))
        if y.op == "identity":
            return self._restrict(a, self.universe(Type.SET), y.args[0])
        return self._node("seq", Type.RELATION, (a, b))

    def inverse(self, a: int) -> int:
        x = self.nodes[a]
        match x.op:
            case "empty" | "universe" | "identity":
                return a
            case "base" if x.name in _SYMMETRIC:
                return a
            case "inverse":
                return x.args[0]
            case "product":
                return self.product(x.args[1], x.args[0])
            case "constant":
                columns = [0] * len(x.rows)
                for i, row in enumerate(x.rows):
                    for j in bits(row):
                        columns[j] |= 1 << i
                return self.pairs(tuple(columns))
        return self._node("inverse", Type.RELATION, (a,))

    def plus(self, a: int) -> int:
        x = self.nodes[a]
        match x.op:
            case "empty" | "universe" | "identity" | "plus" | "star":
                return a
            case "option":
                return self.star(x.args[0])
            case "base" if x.name == "id":
                return a
        return self._node("plus", Type.RELATION, (a,))

    def star(self, a: int) -> int:
        x = self.nodes[a]
        match x.op:
            case "universe" | "star":
                return a
            case "empty" | "identity":
                return self.base("id", Type.RELATION)
            case "plus" | "option":
                return self.star(x.args[0])
            case "base" if x.name == "id":
                return a
        return self._node("star", Type.RELATION, (a,))

    def option(self, a: int) -> int:
        x = self.nodes[a]
        match x.op:
            case "universe" | "star" | "option":
                return a
            case "empty" | "identity":
                return self.base("id", Type.RELATION)
            case "plus":
                return self.star(x.args[0])
            case "base" if x.name == "id":
                return a
        return self._node("option", Type.RELATION, (a,))

    # --- between sets and relations ---

    def product(self, a: int, b: int) -> int:
        x, y = self.nodes[a], self.nodes[b]
        if x.op == "empty" or y.op == "empty":
            return self.empty(Type.RELATION)
        if x.op == y.op == "universe":
            return self.universe(Type.RELATION)
        if x.op == y.op == "constant":
            return self.pairs(tuple(y.mask if x.mask >> i & 1 else 0 for i in range(self.size)))
        return self._node("product", Type.RELATION, (a, b))

    def identity(self, a: int) -> int:
        x = self.nodes[a]
        if x.op == "empty":
            return self.empty(Type.RELATION)
        if x.op == "universe":
            return self.base("id", Type.RELATION)
        if x.op == "constant":
            return self.pairs(tuple(x.mask & 1 << i for i in range(self.size)))
        return self._node("identity", Type.RELATION, (a,))

    def domain(self, a: int) -> int:
        return self._end(a, 0)

    def range(self, a: int) -> int:
        return self._end(a, 1)

    def _end(self, a: int, side: int) -> int:
        """The domain (side 0) or range (side 1) of a."""
        while (x := self.nodes[a]).op in ("inverse", "plus"):
            if x.op == "inverse":
                side = 1 - side
            a = x.args[0]
        match x.op:
            case "empty":
                return self.empty(Type.SET)
            case "universe" | "star" | "option":
                return self.universe(Type.SET)
            case "base" if x.name == "id":
                return self.universe(Type.SET)
            case "identity":
                return x.args[0]
            case "constant" if side == 0:
                return self.events(sum(1 << i for i, row in enumerate(x.rows) if row))
            case "constant":
                mask = 0
                for row in x.rows:
                    mask |= row
                return self.events(mask)
        return self._node("range" if side else "domain", Type.SET, (a,))

    # --- recursion ---

    def fixpoint(self, variables: tuple[int, ...], bodies: tuple[int, ...]) -> tuple[int, ...]:
        """The nodes that stand for the least solution of the equations `variables[i] = bodies[i]`."""
        mine = 0
        for variable in variables:
            mine |= self.depends[variable]
        if not any(self.depends[body] & mine for body in bodies):
            return bodies
        if len(variables) == 1:
            closed = self._closed_form(variables[0], bodies[0])
            if closed is not None:
                return (closed,)
        self.fixpoints.append(Fixpoint(variables, bodies, variables[0], len(self.nodes) - 1))
        outer = 0
        for body in bodies:
            outer |= self.depends[body] & ~mine
        if outer:  # if one body uses variables of an enclosing group, every variable of this group depends on them
            for variable in variables:
                self.depends[variable] |= outer
            for at in range(variables[0], len(self.nodes)):
                for arg in self.nodes[at].args:
                    self.depends[at] |= self.depends[arg]
        return variables

    def _closed_form(self, variable: int, body: int) -> int | None:
        """The solution of x = B, x = B | x;x, x = B | x;C or x = B | C;x without a fixpoint; None for other forms.

        The solutions are B, B+, B;C* and C*;B. Later stages handle a transitive closure better than a fixpoint.
        """
        mine = self.depends[variable]
        base = self.empty(self.nodes[variable].type)
        steps: dict[str, int] = {}
        for part in self.parts(body):
            if not self.depends[part] & mine:
                base = self.union(base, part)
                continue
            if part == variable:
                continue
            node = self.nodes[part]
            if node.op != "seq":
                return None
            left, right = node.args
            if left == right == variable:
                form, step = "both", variable
            elif left == variable and not self.depends[right] & mine:
                form, step = "after", right
            elif right == variable and not self.depends[left] & mine:
                form, step = "before", left
            else:
                return None
            steps[form] = self.union(steps[form], step) if form in steps else step
        if not steps:
            return base
        if len(steps) != 1:
            return None
        ((form, step),) = steps.items()
        if form == "both":
            return self.plus(base)
        return self.seq(base, self.star(step)) if form == "after" else self.seq(self.star(step), base)

    def parts(self, node: int, ops: tuple[str, ...] = ("union",)) -> list[int]:
        """The operands of the nested `ops` nodes at the top of `node`; only `node` if its operator is not in `ops`."""
        found: list[int] = []
        todo = [node]
        seen = set()
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            if self.nodes[at].op in ops:
                todo.extend(reversed(self.nodes[at].args))
            else:
                found.append(at)
        return found

    def acyclic_core(self, node: int) -> int:
        """A smaller relation that is acyclic if and only if `node` is: `node` without the closures at its top."""
        parts = self.parts(node, ("union", "plus"))
        if parts == self.parts(node, ("union",)):
            return node  # other expressions may have it, too
        core = self.empty(Type.RELATION)
        for part in parts:
            core = self.union(core, part)
        return core

    # --- the finished model ---

    def model(
        self,
        name: str,
        axioms: Iterable[Axiom],
        shown: Iterable[tuple[str, int]],
        orders: Iterable[tuple[str, int]] = (),
    ) -> Model:
        """The model with the nodes that its axioms and shown relations use, numbered anew.

        Nodes that the axioms use come first; nodes that only `shown` uses have the highest numbers. Of `orders` it has
        those that some axiom or shown relation uses.
        """
        axioms, shown = tuple(axioms), tuple(shown)
        group_of = {variable: group for group in self.fixpoints for variable in group.variables}
        new: dict[int, int] = {}
        kept: list[Node] = []
        for wanted in ([axiom.node for axiom in axioms], [node for _, node in shown]):
            reached: set[int] = set()
            todo = list(wanted)
            while todo:
                at = todo.pop()
                if at in reached or at in new:
                    continue
                reached.add(at)
                todo.extend(self.nodes[at].args)
                if at in group_of:
                    todo.extend(group_of[at].variables + group_of[at].bodies)
            for at in sorted(reached):
                new[at] = len(kept)
                kept.append(self.nodes[at])
        # the order within each part is kept, so operands still come before the nodes that use them
        nodes = tuple(_renumber(node, new) if node.args else node for node in kept)
        fixpoints = []
        for group in self.fixpoints:
            if group.variables[0] in new:
                mine = 0
                for variable in group.variables:  # two may depend on one variable of another group
                    mine |= self.depends[variable]
                inside = [new[at] for at in range(group.first, group.last + 1) if at in new and self.depends[at] & mine]
                variables = tuple(new[at] for at in group.variables)
                bodies = tuple(new[at] for at in group.bodies)
                definition = self._cone(nodes, bodies, min(inside))
                last = max(at for at in inside if at in definition or at in variables)
                fixpoints.append(Fixpoint(variables, bodies, min(inside), last))
        return Model(
            name,
            nodes,
            tuple(fixpoints),
            tuple(
                Axiom(axiom.kind, new[axiom.node], axiom.name, axiom.negated, axiom.role, axiom.span)
                for axiom in axioms
            ),
            tuple((label, new[node]) for label, node in shown),
            tuple((label, new[node]) for label, node in orders if node in new),
        )

    @staticmethod
    def _cone(nodes: Sequence[Node], bodies: Iterable[int], first: int) -> set[int]:
        """The nodes with numbers >= `first` that the bodies are made of."""
        reached: set[int] = set()
        todo = list(bodies)
        while todo:
            at = todo.pop()
            if at >= first and at not in reached:
                reached.add(at)
                todo.extend(nodes[at].args)
        return reached

    # --- helpers ---

    def _leaf(self, key: tuple[object, ...], node: Node) -> int:
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = len(self.nodes)
            self.nodes.append(node)
            self.depends.append(0)
        return found

    def _node(self, op: NodeOp, type: Type, args: tuple[int, ...]) -> int:
        key = (op, *args)
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = len(self.nodes)
            self.nodes.append(Node(op, type, args))
            depends = 0
            for arg in args:
                depends |= self.depends[arg]
            self.depends.append(depends)
        return found

    def _restrict(self, relation: int, sources: int, targets: int) -> int:
        """relation & (sources * targets)."""
        node = self.nodes[relation]
        if node.op == "inter" and self.nodes[node.args[1]].op == "product":
            before = self.nodes[node.args[1]].args
            return self._restrict(node.args[0], self.inter(before[0], sources), self.inter(before[1], targets))
        if node.op == "product":
            return self.product(self.inter(node.args[0], sources), self.inter(node.args[1], targets))
        if node.op == "identity":
            return self.identity(self.inter(node.args[0], self.inter(sources, targets)))
        product = self.product(sources, targets)
        if self.nodes[product].op == "empty":
            return product
        if self.nodes[product].op == "universe":
            return relation
        if node.op == self.nodes[product].op == "constant":
            return self.inter(relation, product)
        return self._node("inter", Type.RELATION, (relation, product))

    def _within(self, a: int, b: int) -> bool:
        """Whether a quick check shows that a is a subset of b; False says nothing."""
        x, y = self.nodes[a], self.nodes[b]
        if y.op in ("union", "plus", "star", "option") and a in y.args:
            return True
        if x.op == "base":
            if y.op == "base":
                return (x.name, y.name) in _WITHIN
            return x.name == "id" and y.op in ("star", "option")
        return b in x.args if x.op == "inter" else x.op == "diff" and b == x.args[0]

    def _apart(self, x: Node, y: Node) -> bool:
        """Whether a quick check shows that x and y are disjoint; False says nothing."""
        if x.op == "seq" and y.name == "id":
            return not self.updates and self._is_fr(x)
        apart = self._disjoint
        return x.op == y.op == "base" and ((x.name, y.name) in apart or (y.name, x.name) in apart)

    def _is_fr(self, node: Node) -> bool:
        """Whether a sequence is `rf^-1 ; co`, or a part of it."""
        left, right = (self.nodes[arg] for arg in node.args)
        co = self._index.get(("base", "co"))
        if left.op != "inverse" or self.nodes[left.args[0]].name != "rf":
            return False
        return right.name == "co" or (right.op == "inter" and co in right.args)


def bits(mask: int) -> Iterable[int]:
    """The positions of the bits that are set in a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _renumber(node: Node, new: dict[int, int]) -> Node:
    args = tuple(new[arg] for arg in node.args)
    return Node(node.op, node.type, args, node.name, node.tags, node.mask, node.rows)


def vacuous(axiom: Axiom, nodes: Sequence[Node]) -> bool:
    """Whether the axiom can be dropped: a check that always holds, or a flag that is never raised."""
    if nodes[axiom.node].op != "empty":
        return False
    return axiom.negated == (axiom.role is AxiomRole.FLAG)
