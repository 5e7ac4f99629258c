"""The fences that can be put into a test: those of its architecture, or the barriers of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from litmus.base.errors import LitmusError
from litmus.cat.costs import Costs, costs_of, operation_cost, primitive_cost
from litmus.cat.description import ModelInfo
from litmus.cat.registry import default_model, info
from litmus.explanations.places import AnyFence, Place, sides
from litmus.explanations.trials import Asked
from litmus.ir.events import Event
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import AtomicOperation, Fence, MemoryOrder, Primitive, Statement

_BARRIERS = ("smp_read_barrier_depends", "smp_rmb", "smp_wmb", "smp_mb")  # of the kernel, the strongest last


_RANKS = {"smp_read_barrier_depends": 1, "smp_load_acquire": 2, "smp_store_release": 2, "smp_rmb": 3, "smp_wmb": 3}
_MOST_RANK = 4
"""How costly what the kernel has is where no architecture says it: under models of all of them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A fence that can be put into a test, and how it is written.

    `cost` is by `archs/costs`; `covers` are the texts of the offers all of whose order it gives, too.
    """

    text: str
    fence: AnyFence
    cost: int
    covers: frozenset[str] = frozenset()


def offers(asked: Asked) -> tuple[Offer, ...]:
    """The fences that can be put into a test, the least costly first; of the kernel's, the weakest of those."""
    if asked.test.language:
        found = _of_c11(asked)
    elif asked.test.has_primitives:
        costs = kernel_costs(asked, _BARRIERS)
        every = frozenset(f"{name}()" for name in _BARRIERS)
        covers = {_BARRIERS[-1]: every - {f"{_BARRIERS[-1]}()"}}
        found = [
            Offer(f"{name}()", Primitive(name, None, ()), cost, covers.get(name, frozenset()))
            for name, cost in costs.items()
        ]
    else:
        found = _of_architecture(asked)
    return tuple(sorted(found, key=lambda offer: offer.cost))


def kernel_costs(asked: Asked, names: Sequence[str]) -> dict[str, int]:
    """What primitives of the kernel cost, of those that the model has and that are not nothing there."""
    definitions = asked.engine.model(asked.engine.model_for(asked.test, asked.model)).definitions
    if definitions is not None:
        return {name: _RANKS.get(name, _MOST_RANK) for name in names if name in definitions.functions}
    info = described(asked)
    if info is None:
        return {}
    costs, mapped, era = costs_of(info), info.rows(asked.options.era), asked.options.era
    return {
        name: primitive_cost(info, costs, name, era) for name in names if name in mapped and mapped[name].operations
    }


def _of_architecture(asked: Asked) -> list[Offer]:
    from litmus.kernel.emit.instruction_set import fence_text

    info = described(asked)
    if info is None:
        return []
    costs = costs_of(info)
    fences = {o.tags: o for o in info.operations if o.kind == "fence" and costs.offers(o.name)}
    texts = {o.name: fence_text(asked.test.arch, o) for o in fences.values()}
    return [
        Offer(
            texts[o.name],
            Fence(o.tags),
            costs.of(o.name),
            frozenset(texts[name] for name in costs.covers.get(o.name, ()) if name in texts),
        )
        for o in fences.values()
    ]


def fits(test: LitmusTest, place: Place, fence: AnyFence) -> bool:
    """Whether a fence of C promises anything for the accesses around a place, whatever it is lowered to."""
    body = test.body(place.thread)
    if isinstance(fence, Fence) or (isinstance(fence, Primitive) and fence.name == "smp_mb"):
        return True
    before, after = sides(body, place)
    if isinstance(fence, AtomicOperation):
        return any(_fits(a, b, fence.orders[0]) for a in before for b in after)
    wanted = Kind.WRITE if fence.name == "smp_wmb" else Kind.READ
    return any(_may_be(a, wanted) for a in before) and any(_may_be(b, wanted) for b in after)


def _may_be(side: Statement, wanted: Kind) -> bool:
    return not isinstance(side, Primitive) or PRIMITIVES[side.name].kind in (wanted, Kind.UPDATE, Kind.LOCK)


def described(asked: Asked) -> ModelInfo | None:
    """The description that names the fences of the test's architecture: the model's, or that of its default model."""
    cat = asked.engine.model(asked.engine.model_for(asked.test, asked.model))
    found = cat.description()
    if found is not None and any(operation.kind == "fence" for operation in found.operations):
        return found
    try:
        return info(default_model(asked.test.dialect))
    except LitmusError:
        return None


# --- C11 --------------------------------------------------------------------------------------------------------------


def c11_fence(order: MemoryOrder) -> str:
    """A fence of C11, as it is written."""
    return f"atomic_thread_fence(memory_order_{order})"


def _of_c11(asked: Asked) -> list[Offer]:
    """The fences of C11, but for those that are nothing on an architecture."""
    from litmus.ir.c11 import ROWS, rows  # for C11 only

    found = asked.engine.model(asked.engine.model_for(asked.test, asked.model)).description()
    mapped = {} if found is None else {row.primitive: row.operations for row in found.c11}
    costs = Costs() if found is None else costs_of(found)
    offered: list[Offer] = []
    for order in ROWS["fence"]:
        fence = AtomicOperation("fence", (order,), None, ())
        if not mapped or any(mapped.get(name) for name in rows(fence)):
            weaker = frozenset(offer.text for offer in offered if order == "seq_cst")
            offered.append(Offer(c11_fence(order), fence, operation_cost(found, costs, fence), weaker))
    return offered


def _fits(before: Statement, after: Statement, order: MemoryOrder) -> bool:
    """Whether a fence of C11 promises anything: an acquire after an atomic read, a release before an atomic write."""
    acquires = isinstance(before, AtomicOperation) and before.name not in ("store", "unlock")
    releases = isinstance(after, AtomicOperation) and after.name not in ("load", "lock")
    needed: dict[MemoryOrder, bool] = {"acquire": acquires, "release": releases, "acq_rel": acquires and releases}
    return needed.get(order, True)


def strengthened(asked: Asked, test: LitmusTest, event: Event, order: MemoryOrder) -> tuple[LitmusTest, int] | None:
    """A test with the operation of an event in an order that promises more, and what that costs beside the old one.

    None if it promises as much already, and for an operation that cannot have this order, or that has none.
    """
    from litmus.ir.c11 import in_order, orders, promised  # for C11 only

    found = asked.engine.model(asked.engine.model_for(asked.test, asked.model)).description()
    costs = Costs() if found is None else costs_of(found)
    threads = []
    more: int | None = None
    for thread in test.threads:
        body = list(thread.body)
        for at, old in enumerate(body):
            same = thread.index == event.thread and isinstance(old, AtomicOperation) and old.span == event.span
            if same and isinstance(old, AtomicOperation) and old.orders and order in orders(old):
                new = in_order(old, order)
                if promised(new) > promised(old):
                    body[at] = new
                    more = operation_cost(found, costs, new) - operation_cost(found, costs, old)
        threads.append(replace(thread, body=tuple(body)))
    return None if more is None else (replace(test, threads=tuple(threads)), more)
