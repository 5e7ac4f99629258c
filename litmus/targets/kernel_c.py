"""Kernel C on an architecture: primitives become operations, by the mapping in the description of the model."""

from __future__ import annotations

from dataclasses import dataclass

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.cat.description import ModelInfo
from litmus.cat.load import CatModel
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.kernel.caveats import racy, uncertain
from litmus.kernel.lowering import lower
from litmus.targets.observed import OBSERVED, observed, tags_of, with_observed


@dataclass(frozen=True, slots=True)
class KernelTarget:
    """A test in kernel C, on the architecture of a model and in kernels of one era."""

    architecture: ModelInfo
    era: str
    variants: frozenset[str]
    relations: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()

    @classmethod
    def of(cls, model: CatModel, test: LitmusTest, options: Options, deadline: Deadline = NO_DEADLINE) -> KernelTarget:
        """The target of kernel C under a model.

        Raises ModelError for a model without a description, or one whose description maps no primitives;
        LimitReached at the deadline.
        """
        described = model.description()
        if described is None:
            message = f"'{model.path}' cannot decide kernel C: it does not map the kernel's primitives"
            hint = f"map them in {model.path.with_suffix('.yaml')}, or name a model that comes with litmus"
            raise ModelError(message, hint=hint)
        if not described.kernel:
            raise ModelError(f"model '{model.name}' cannot decide kernel C: its description maps no primitives")
        doubts = uncertain(test, described, options.era, deadline)
        if not described.of_language:
            return cls(described, options.era, options.variants, notes=racy(test, deadline), uncertain=doubts)
        used = set(tags_of(lower(test, described, options.era, deadline)))
        if next(observed(test), None) is not None:
            used.add(OBSERVED)
        absent = (described.tags | {OBSERVED}) - used
        return cls(described, options.era, options.variants, uncertain=doubts, absent=absent)

    @property
    def sets(self) -> frozenset[str]:
        """The sets that the operations of the architecture are in."""
        return self.architecture.tags | {OBSERVED} if self.architecture.of_language else self.architecture.tags

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test lowered to operations. Raises UnsupportedError for a primitive without a mapping, UsageError for an
        era that the description does not have, ParseError for an unknown function, LimitReached at the deadline."""
        return lower(test, self.architecture, self.era, deadline)

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph; for a model of the language, with a tag on the initial writes of what is observed."""
        return with_observed(graph) if self.architecture.of_language else graph
