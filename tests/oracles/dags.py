"""Models written straight as node DAGs, so that evaluator, oracle and machines are tested without the cat front end."""

from __future__ import annotations

from collections.abc import Callable

from litmus.ir.model import Axiom, AxiomKind, Fixpoint, Model, Node, Type

_RELATIONS = frozenset(
    {"po", "addr", "data", "ctrl", "pick-addr", "pick-data", "pick-ctrl", "rmw", "amo", "rf", "co", "loc", "same-value"}
    | {"int", "ext", "id", "si"}
)
_OF_SETS = frozenset({"product", "identity"})
_TO_SETS = frozenset({"domain", "range"})


class Dag:
    """Builds the nodes of a model; every method returns the number of a node, the same one for the same expression."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.fixpoints: list[Fixpoint] = []
        self.axioms: list[Axiom] = []
        self._numbers: dict[Node, int] = {}

    def node(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]

    def base(self, name: str) -> int:
        return self.node(Node("base", Type.RELATION if name in _RELATIONS else Type.SET, name=name))

    def tag(self, *tags: str) -> int:
        return self.node(Node("tag", Type.SET, tags=frozenset(tags)))

    def op(self, op: str, *args: int) -> int:
        """An operator applied to operands; two-place ones also to more."""
        if len(args) > 2 and op != "choose":
            return self.op(op, self.op(op, *args[:-1]), args[-1])
        if op in _TO_SETS:
            type_ = Type.SET
        elif op in _OF_SETS:
            type_ = Type.RELATION
        else:
            type_ = self.nodes[args[0]].type
        return self.node(Node(op, type_, args))

    def union(self, *args: int) -> int:
        return self.op("union", *args)

    def inter(self, *args: int) -> int:
        return self.op("inter", *args)

    def seq(self, *args: int) -> int:
        return self.op("seq", *args)

    def on(self, events: int) -> int:
        """[events]"""
        return self.op("identity", events)

    def recursive(self, count: int, define: Callable[[list[int]], list[int]], type_: Type = Type.RELATION) -> list[int]:
        """`let rec` of `count` variables: `define` makes the bodies from them."""
        variables = []
        for _ in range(count):
            variables.append(len(self.nodes))
            self.nodes.append(Node("var", type_))
        first = len(self.nodes)
        known = dict(self._numbers)
        bodies = define(variables)
        # Nodes of one recursion are not shared with what comes later, so that its numbers hold all that depends on it.
        self._numbers = known
        self.fixpoints.append(Fixpoint(tuple(variables), tuple(bodies), first, len(self.nodes) - 1))
        return variables

    def acyclic(self, node: int, name: str) -> None:
        self.axioms.append(Axiom(AxiomKind.ACYCLIC, node, name))

    def irreflexive(self, node: int, name: str) -> None:
        self.axioms.append(Axiom(AxiomKind.IRREFLEXIVE, node, name))

    def empty(self, node: int, name: str) -> None:
        self.axioms.append(Axiom(AxiomKind.EMPTY, node, name))

    def model(self, name: str) -> Model:
        return Model(name, tuple(self.nodes), tuple(self.fixpoints), tuple(self.axioms))


class Com(Dag):
    """The relations that every model starts from."""

    def __init__(self) -> None:
        super().__init__()
        base, inter = self.base, self.inter
        self.reads, self.writes = base("R"), base("W")
        self.rf, self.co = base("rf"), base("co")
        # po is between instructions; the read of an instruction comes before its write.
        self.po = self.union(base("po"), inter(base("si"), self.op("product", self.reads, self.writes)))
        self.fr = self.op("diff", self.seq(self.op("inverse", self.rf), self.co), self.base("id"))  # none in an update
        self.com = self.union(self.rf, self.co, self.fr)
        self.ext, self.int = base("ext"), base("int")
        self.rfe, self.coe, self.fre = (inter(r, self.ext) for r in (self.rf, self.co, self.fr))
        self.rfi, self.coi, self.fri = (inter(r, self.int) for r in (self.rf, self.co, self.fr))
        self.po_loc = inter(self.po, base("loc"))
        self.rmw = base("rmw")

    def fences(self, *tags: str) -> int:
        return self.seq(self.po, self.on(self.tag(*tags)), self.po)

    def coherence_and_atomicity(self) -> None:
        self.acyclic(self.union(self.po_loc, self.com), "coherence")
        self.empty(self.inter(self.rmw, self.seq(self.fre, self.coe)), "atomicity")


def sc() -> Model:
    """Sequential consistency: Lamport 1979, as acyclic po | rf | co | fr (Shasha and Snir 1988)."""
    m = Com()
    m.coherence_and_atomicity()
    m.acyclic(m.union(m.po, m.com), "sc")
    return m.model("sc")


def coherence_only() -> Model:
    """Coherence and atomicity, and nothing else: values may come out of thin air."""
    m = Com()
    m.coherence_and_atomicity()
    return m.model("coherence-only")


def tso() -> Model:
    """x86-TSO as axioms: Herding Cats (Alglave, Maranget, Tautschnig, TOPLAS 2014), fig. 21, locked ones as fences."""
    m = Com()
    m.coherence_and_atomicity()
    read_modify_write = m.union(m.op("domain", m.rmw), m.op("range", m.rmw))
    around = m.union(m.seq(m.po, m.on(read_modify_write)), m.seq(m.on(read_modify_write), m.po))
    memory = m.op("product", m.base("M"), m.base("M"))
    ppo = m.inter(m.op("diff", m.po, m.op("product", m.writes, m.reads)), memory)
    fence = m.inter(m.union(m.fences("MFENCE"), around), memory)
    m.acyclic(m.union(ppo, fence, m.rfe, m.co, m.fr), "tso")
    return m.model("tso")


def power() -> Model:
    """Power: Herding Cats, figures 17, 18 and 25."""
    m = Com()
    m.coherence_and_atomicity()
    addr, data, ctrl = m.base("addr"), m.base("data"), m.base("ctrl")
    dp = m.union(addr, data)
    rdw = m.inter(m.po_loc, m.seq(m.fre, m.rfe))
    detour = m.inter(m.po_loc, m.seq(m.coe, m.rfe))
    addr_po = m.seq(addr, m.po)
    ctrl_cfence = m.seq(m.inter(ctrl, m.seq(m.po, m.on(m.tag("ISYNC")))), m.po)

    def preserved(v: list[int]) -> list[int]:
        ii, ic, ci, cc = v
        return [
            m.union(dp, rdw, m.rfi, ci, m.seq(ic, ci), m.seq(ii, ii)),
            m.union(ii, cc, m.seq(ic, cc), m.seq(ii, ic)),
            m.union(ctrl_cfence, detour, m.seq(ci, ii), m.seq(cc, ci)),
            m.union(dp, m.po_loc, ctrl, addr_po, ci, m.seq(ci, ic), m.seq(cc, cc)),
        ]

    ii, ic, _, _ = m.recursive(4, preserved)
    to_read = m.op("product", m.reads, m.reads)
    to_write = m.op("product", m.reads, m.writes)
    ppo = m.union(m.inter(ii, to_read), m.inter(ic, to_write))
    memory = m.op("product", m.base("M"), m.base("M"))
    write_read = m.op("product", m.writes, m.reads)
    sync = m.inter(m.fences("SYNC"), memory)
    lwsync = m.op("diff", m.inter(m.fences("LWSYNC"), memory), write_read)
    eieio = m.inter(m.fences("EIEIO"), m.op("product", m.writes, m.writes))
    light = m.union(lwsync, eieio)
    fence = m.union(sync, light)
    hb = m.union(ppo, fence, m.rfe)
    m.acyclic(hb, "no-thin-air")
    hb_star = m.op("star", hb)
    prop_base = m.seq(m.union(fence, m.seq(m.rfe, fence)), hb_star)
    at_writes = m.on(m.writes)
    prop = m.union(
        m.seq(at_writes, prop_base, at_writes),
        m.seq(m.op("star", m.com), m.op("star", prop_base), sync, hb_star),
    )
    m.irreflexive(m.seq(m.fre, prop, hb_star), "observation")
    m.acyclic(m.union(m.co, prop), "propagation")
    return m.model("power")
