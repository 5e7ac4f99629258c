"""The columns of a table: which models they are, what they are called, and which of them have something to say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from litmus.base.errors import UsageError
from litmus.base.names import model_called
from litmus.cat.registry import models
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import C11, LitmusTest

ALL = "all"


def named(references: Sequence[str]) -> tuple[str, ...]:
    """Models as they are called: those that come with litmus by their names, not by an alias; others by their paths.

    Raises UsageError for none, and for one that is named twice.
    """
    found: dict[str, str] = {}
    for reference in references:
        name = canonical(reference)
        if name in found:
            both = f"'{reference}'" if found[name] == reference else f"as '{found[name]}' and as '{reference}'"
            raise UsageError(f"a comparison needs architectures, each once: {name} is named twice, {both}")
        found[name] = reference
    if not found:
        raise UsageError("a comparison needs architectures, and none is named")
    return tuple(found)


def canonical(reference: str) -> str:
    """The name of a model that comes with litmus, for an alias; anything else as it is."""
    outside = reference.endswith((".cat", ".yaml")) and Path(reference).exists()
    return reference if outside else model_called(reference) or reference


def heads(references: Sequence[str]) -> tuple[str, ...]:
    """What columns are headed by: the name of a model, for a path that of its file; the path if two have that name."""
    stems = [Path(reference).stem if _is_path(reference) else reference for reference in references]
    return tuple(
        reference if stems.count(stem) > 1 else stem for reference, stem in zip(references, stems, strict=True)
    )


def _is_path(reference: str) -> bool:
    return reference.endswith((".cat", ".yaml"))


def every() -> tuple[str, ...]:
    """All models that decide kernel C: what `all` means."""
    return tuple(info.name for info in models() if info.kernel)


def deciding(
    tests: Sequence[LitmusTest], eras: Sequence[str], machines: bool = False, replaced: bool = True
) -> tuple[str, ...]:
    """The models that decide some of these tests, as far as their descriptions say; all that decide C if none does.

    With `machines`, none that is a model of the language; without `replaced`, none in whose place another is.
    """
    spoken = {test.dialect for test in tests}
    kernel, c11 = not FUNCTIONS.isdisjoint(spoken), C11 in spoken
    found = [
        info.name
        for info in models()
        if (
            not spoken.isdisjoint(info.dialects)
            or (kernel and any(mapping.era in eras for mapping in info.kernel))
            or (c11 and info.c11)
        )
        and not (machines and info.of_language)
        and (replaced or not info.replaced_by)
    ]
    return tuple(found) or every()
