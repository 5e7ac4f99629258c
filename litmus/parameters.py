"""What the functions of `import litmus` have in common: how their arguments are checked, and the options these make."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from litmus.base import arguments
from litmus.base.errors import UsageError
from litmus.ir.eras import NEWEST, one_era
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options

_TEST = arguments.either(LitmusTest, arguments.path)
_PATH, _SWITCH, _NUMBER = arguments.path, arguments.flag, arguments.count


def _rounds(name: str, value: object) -> int:
    found = arguments.count(name, value)
    if found < 0:
        raise UsageError(f"loops cannot go round {found} times")
    return found


CHECKS: Mapping[str, arguments.Check] = {
    "path": _PATH,
    "text": arguments.text,
    "name": _PATH,
    "strict": _SWITCH,
    "test": _TEST,
    "tests": arguments.several(_TEST),
    "model": arguments.optional(_PATH),
    "first": _PATH,
    "second": _PATH,
    "accesses": _NUMBER,
    "arch": _PATH,
    "archs": arguments.several(_PATH),
    "era": _PATH,
    "baseline": arguments.optional(_PATH),
    "unroll": _rounds,
    "jobs": _NUMBER,
    "timeout": arguments.seconds,
    "verdict_only": _SWITCH,
    "executions": _SWITCH,
    "violating": _SWITCH,
    "repair": _SWITCH,
    "each": _SWITCH,
    "every": _SWITCH,
    "state": arguments.optional(arguments.text),
    "include": arguments.several(_PATH),
    "variants": arguments.several(_PATH),
    "candidates": arguments.one_or_several(arguments.text),
    "passing": arguments.optional(_PATH),
    "confined": _SWITCH,
    "place": arguments.optional(_PATH),
}
"""By what each parameter is checked: those of one name are the same everywhere."""

given = arguments.checked(CHECKS)
"""Decorates a public function, whose arguments are then checked."""


def options_of(
    *,
    unroll: int = 2,
    timeout: float | None = None,
    verdict_only: bool = False,
    executions: bool = False,
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
) -> Options:
    """The options that the parameters of a public function make. Raises UsageError for an unknown era."""
    return Options(
        unroll=unroll,
        timeout=timeout,
        verdict_only=verdict_only,
        executions=executions,
        variants=frozenset(variants),
        era=one_era(era),
        passing=None if passing is None else os.fspath(passing),
    )


def folders_of(include: Iterable[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """The folders of `include`."""
    return tuple([Path(folder) for folder in include])
