"""Whether each barrier, ordered access, lock and dependency of a test is needed to forbid its outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litmus.barriers.candidates import change_of
from litmus.barriers.report import Finding, Need, OnArch
from litmus.barriers.sites import Site, What
from litmus.barriers.variants import Variants
from litmus.encode.problem import Solution
from litmus.frontend.state_lines import lines
from litmus.ir.litmus_test import LitmusTest


def validate(test: LitmusTest, sites: Sequence[Site], by_arch: Mapping[str, Variants]) -> tuple[Finding, ...]:
    """A finding for each site, on the architectures of `by_arch`, all of which forbid the outcome. Raises LimitReached.

    A dependency that no architecture needs is none that orders: there is no finding for it.
    """
    found = []
    for number, site in enumerate(sites):
        archs = tuple(_on(test, number, site, arch, variants) for arch, variants in by_arch.items())
        enough = [f for f in _weaker(site) if all(f in one.enough or one.need is Need.REDUNDANT for one in archs)]
        redundant = all(one.need is Need.REDUNDANT for one in archs)
        if site.what is What.DEPENDENCY and redundant:
            continue
        need = Need.REDUNDANT if redundant else Need.STRONGER if enough else Need.NECESSARY
        to = site.ends[-1] if len(site.ends) > 1 else None
        own = site.what is not What.DEPENDENCY
        changes = tuple(change_of(test, site, form) for form in range(1, len(site.forms))) if own else ()
        found.append(
            Finding(site.what, site.forms[0].text, site.span, site.thread, need, archs, tuple(enough), changes, to)
        )
    return tuple(found)


def _weaker(site: Site) -> list[str]:
    """The forms between that in the test and the one that orders least, by their texts, the strongest first."""
    return [form.text for k, form in enumerate(site.forms) if k not in (0, site.base)]


def _on(test: LitmusTest, number: int, site: Site, arch: str, variants: Variants) -> OnArch:
    without = variants.solution({number: site.base})
    if without is None:
        return OnArch(arch, Need.REDUNDANT)
    state = state_text(test, without)
    enough = [
        form.text for k, form in enumerate(site.forms) if k not in (0, site.base) and not variants.possible({number: k})
    ]
    return OnArch(arch, Need.STRONGER if enough else Need.NECESSARY, state, tuple(enough))


def state_text(test: LitmusTest, solution: Solution) -> str:
    """The final state of an execution, as a line of registers and locations."""
    return lines(test, (solution.state,))[0]
