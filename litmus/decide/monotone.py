"""Whether a model forbids no more of an execution if some of its reads and fences are left out."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base.records import dataclass
from litmus.ir.model import AxiomRole, Model, Node

_LEAVES = frozenset({"base", "tag", "constant", "empty", "universe"})
_PAIR_BY_PAIR = frozenset({"union", "inter", "diff", "complement", "inverse", "option", "product", "identity"})
_GROWING = (_PAIR_BY_PAIR - {"diff", "complement"}) | {"seq", "plus", "star", "domain", "range"}
_WRITES = frozenset({"W", "IW", "FW"})


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of an expression when reads are left out.

    `kept`: of what is left of the execution it says what it said. `less`: it can only lose events or pairs. `sources`
    and `targets`: these are all writes, as are the events of a set.
    """

    kept: bool
    less: bool
    sources: bool
    targets: bool


def is_monotone(model: Model) -> bool:
    """Whether an execution that satisfies the checks still does without reads and fences that nothing else needs.

    True is certain. What is left of the base sets and relations is what it was; what leads from event to event can only
    become less, unless by way of a write, which is never left out. So a check still holds if it forbids something and
    takes away nothing that may become less. `po \\ (po ; po)` does: the neighbours of a read that is left out become
    neighbours of each other.
    """
    fates: list[_Fate] = []
    for node in model.nodes:
        fates.append(_fate(node, fates))
    return all(fates[body].less for group in model.fixpoints for body in group.bodies) and all(
        fates[axiom.node].less and not axiom.negated for axiom in model.axioms if axiom.role is AxiomRole.CHECK
    )


def _fate(node: Node, fates: Sequence[_Fate]) -> _Fate:
    if node.op == "var":
        return _Fate(False, True, False, False)  # if the bodies of its group become less
    below = [fates[arg] for arg in node.args]
    kept = node.op in _LEAVES or (all(f.kept for f in below) and (node.op in _PAIR_BY_PAIR or _by_writes(node, below)))
    taken = node.op == "diff" and below[0].less and below[1].kept
    less = kept or taken or (node.op in _GROWING and all(f.less for f in below))
    return _Fate(kept, less, *_writes(node, below))


def _by_writes(node: Node, below: Sequence[_Fate]) -> bool:
    """Whether it is by writes that events are in an expression: those in the middle of it, or at its other end."""
    match node.op:
        case "seq":
            return below[0].targets or below[1].sources
        case "domain":
            return below[0].targets
        case "range":
            return below[0].sources
    return False


def _writes(node: Node, below: Sequence[_Fate]) -> tuple[bool, bool]:
    """Whether the sources of an expression are writes, and whether its targets are."""
    match node.op:
        case "base":
            both = node.name == "co" or node.name in _WRITES
            return both or node.name == "rf", both or node.name in ("rmw", "amo")
        case "identity":
            return below[0].sources, below[0].sources
        case "inverse":
            return below[0].targets, below[0].sources
        case "product" | "seq":
            return below[0].sources, below[-1].targets
        case "inter":
            return any(f.sources for f in below), any(f.targets for f in below)
        case "union":
            return all(f.sources for f in below), all(f.targets for f in below)
        case "diff" | "plus":
            return below[0].sources, below[0].targets
    return False, False
