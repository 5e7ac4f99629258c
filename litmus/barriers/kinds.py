"""The kinds of changes that a repair may make."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from litmus.base.errors import UsageError, did_you_mean
from litmus.ir.litmus_test import LitmusTest


class CandidateKind(Enum):
    """A kind of candidates of a repair."""

    BARRIERS = "barriers"  # a barrier more, or a stronger one
    ACCESSES = "accesses"  # an access, or an atomic operation, with more order
    DEPENDENCIES = "dependencies"  # an address or a value that is computed from what was read, for its order alone
    ATTRIBUTES = "attributes"  # with buses: a request without relaxed ordering and the like
    READ_BACKS = "read-backs"  # with buses: a read from a device after a write to it, where nothing else does


USUAL = tuple(kind for kind in CandidateKind if kind is not CandidateKind.DEPENDENCIES)
"""The kinds that are tried unless others are named."""


def named_kinds(names: Iterable[str]) -> tuple[CandidateKind, ...]:
    """The kinds with these names, in the order of `CandidateKind`; `all` stands for each.

    Raises UsageError for an unknown name, and for none.
    """
    known = {kind.value: kind for kind in CandidateKind}
    found: set[CandidateKind] = set()
    for name in names:
        if name != "all" and name not in known:
            hint = did_you_mean(name, (*known, "all")) or f"known are {', '.join(known)} and all"
            raise UsageError(f"unknown candidates '{name}'", hint=hint)
        found.update(CandidateKind if name == "all" else {known[name]})
    if not found:
        raise UsageError("no candidates are named", hint=f"known are {', '.join(known)} and all")
    return tuple(kind for kind in CandidateKind if kind in found)


def is_for(kind: CandidateKind, test: LitmusTest) -> bool:
    """Whether a test may have candidates of a kind: with buses, of devices; else dependencies, but not in C11."""
    if kind in (CandidateKind.ATTRIBUTES, CandidateKind.READ_BACKS):
        return test.topology is not None
    return kind is not CandidateKind.DEPENDENCIES or (test.topology is None and not test.language)
