"""The errors of an expression that is evaluated."""

from __future__ import annotations

from litmus.base.errors import ModelError


class Mistake(ModelError):
    """An expression has no value, in herd7 either: `try` catches it, be it a wrong type or an unknown name.

    In a definition this is an error only where the definition is needed.
    """


class NotMonotone(ModelError):
    """A recursive definition uses its own names where more of them makes it less: it has no least solution."""


class Unsupported(ModelError):
    """What herd7 computes and litmus does not, such as a name: an error where it is needed; `try` does not catch it."""


class NeedsRegisters(Unsupported):
    """The model needs accesses to registers as events: the graph of the test must have them."""
