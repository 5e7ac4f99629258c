"""The eras of the Linux kernel whose primitives are known."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base.errors import UsageError, did_you_mean

OLD, NEWEST = ERAS = ("v2.6.27", "v6")
"""Oldest first. Whoever names no era means the newest."""


def eras(chosen: str | Sequence[str]) -> tuple[str, ...]:
    """Eras by name: several, or one text with commas between them, or `all`. Raises UsageError."""
    names = chosen.split(",") if isinstance(chosen, str) else chosen
    if list(names) == ["all"]:
        return ERAS
    for name in names:
        if name not in ERAS:
            raise UsageError(f"unknown era '{name}': there are {', '.join(ERAS)}", None, did_you_mean(name, ERAS))
    return tuple(dict.fromkeys(names))


def one_era(name: str) -> str:
    """An era by its name. Raises UsageError for none, and for several."""
    if len(found := eras(name)) != 1:
        raise UsageError(f"one era is needed: {' or '.join(ERAS)}")
    return found[0]
