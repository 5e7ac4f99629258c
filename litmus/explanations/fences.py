"""The fences that can be put into a test: those of its architecture, or the barriers of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litmus.base.errors import LitmusError
from litmus.cat.costs import costs_of, primitive_cost
from litmus.cat.description import ModelInfo
from litmus.cat.registry import default_model, info
from litmus.explanations.places import Place
from litmus.explanations.trials import Asked
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Primitive

_BARRIERS = ("smp_read_barrier_depends", "smp_rmb", "smp_wmb", "smp_mb")  # of the kernel, the strongest last


_RANKS = {"smp_read_barrier_depends": 1, "smp_load_acquire": 2, "smp_store_release": 2, "smp_rmb": 3, "smp_wmb": 3}
_MOST_RANK = 4
"""How costly what the kernel has is where no architecture says it: under models of all of them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A fence that can be put into a test: its tags if it is an operation, else None. `cost` is by `archs/costs`."""

    name: str
    tags: frozenset[str] | None
    cost: int


def offers(asked: Asked) -> tuple[Offer, ...]:
    """The fences that can be put into a test, the least costly first; of the kernel's, the weakest of those."""
    if asked.test.has_primitives:
        costs = kernel_costs(asked, _BARRIERS)
        found = [Offer(name, None, cost) for name, cost in costs.items()]
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
    return [Offer(fence_text(asked.test.arch, o), o.tags, costs.of(o.name)) for o in fences.values()]


def fits(test: LitmusTest, place: Place, name: str, tags: frozenset[str] | None) -> bool:
    """Whether a barrier of the kernel promises anything for the accesses around a place, whatever it is lowered to."""
    if tags is not None or name == "smp_mb":
        return True
    body = test.threads[place.thread].body
    wanted = Kind.WRITE if name == "smp_wmb" else Kind.READ
    sides = [statement for statement in (body[place.after], body[place.at]) if isinstance(statement, Primitive)]
    return all(PRIMITIVES[side.name].kind in (wanted, Kind.UPDATE, Kind.LOCK) for side in sides)


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
