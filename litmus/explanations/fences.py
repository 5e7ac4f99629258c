"""The fences that can be put into a test: those of its architecture, or the barriers of the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.base.errors import LitmusError
from litmus.cat.description import ModelInfo
from litmus.cat.registry import default_model, info
from litmus.explanations.places import Place
from litmus.explanations.trials import Asked
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Primitive

_BARRIERS = ("smp_read_barrier_depends", "smp_rmb", "smp_wmb", "smp_mb")  # of the kernel, the strongest last


def fences_of(asked: Asked) -> Iterator[tuple[str, frozenset[str] | None]]:
    """The fences that can be put into a test, the weakest first: names, and tags if they are operations."""
    definitions = asked.engine.model(asked.engine.model_for(asked.test, asked.model)).definitions
    if definitions is not None and asked.test.has_primitives:
        yield from ((name, None) for name in _BARRIERS if name in definitions.functions)
        return
    info = described(asked)
    if info is None:
        return
    if asked.test.has_primitives:
        mapped = info.rows(asked.options.era)
        yield from ((name, None) for name in _BARRIERS if name in mapped and mapped[name].operations)
        return
    seen: set[frozenset[str]] = set()
    for operation in reversed(info.operations):
        if operation.kind == "fence" and operation.tags not in seen:
            seen.add(operation.tags)
            yield operation.name, operation.tags


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
