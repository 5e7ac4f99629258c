"""The cheapest changes to a program that forbid its outcome.

By implicit hitting sets (Chandrasekaran, Karp, Moreno-Centeno, Vempala 2011): each execution with the outcome has to be
ruled out by one of the candidates that are not in its program. The cheapest set with one of each is tried; an execution
that it leaves is extended to a program with as many candidates as still allow the outcome, which gives a further
clause. When it leaves none on any architecture, no cheaper set forbids the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litmus.barriers.sites import Site
from litmus.barriers.variants import Variants
from litmus.base.deadline import Deadline
from litmus.encode.problem import Solution
from litmus.explanations.hitting import Element, hitting_sets

MOST_SETS = 50
"""The most cheapest sets that are listed."""


@dataclass(frozen=True, slots=True)
class Clause:
    """On `arch` the outcome is possible unless one of `needed` is there; `solution` is an execution that has it."""

    arch: str
    needed: frozenset[Element]
    solution: Solution


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest sets of forms of sites that forbid an outcome, and why none is cheaper.

    `sets` is empty if nothing forbids it on `impossible`. `more`: there are more of them than are listed.
    """

    sets: tuple[frozenset[Element], ...]
    clauses: tuple[Clause, ...]
    impossible: tuple[str, ...] = ()
    more: bool = False


def strongest(sites: Sequence[Site]) -> dict[int, int] | None:
    """The form of each site that orders most; None if a site has no such form."""
    found: dict[int, int] = {}
    for number, site in enumerate(sites):
        every = [k for k, form in enumerate(site.forms) if len(form.covers) == len(site.forms)]
        if not every:
            return None
        found[number] = every[0]
    return found


def cheapest(
    sites: Sequence[Site],
    own: Sequence[int],
    by_arch: Mapping[str, Variants],
    costs: Mapping[Element, int],
    every: bool,
    deadline: Deadline,
) -> Cheapest:
    """The cheapest forms of sites with which the outcome is impossible in all of `by_arch`, by architecture.

    `own` are the sites at which a form is chosen, by number; the others stay as they are. `costs` has the elements that
    may be chosen: forms of these sites other than their bases. The more forms order, the less
    is possible: that of a model is assumed, so that an outcome that is possible is so with less, too. Raises
    LimitReached.
    """
    search = _Search(sites, own, by_arch, costs)
    while True:
        tried = hitting_sets([clause.needed for clause in search.clauses], costs, False, deadline)
        if not tried:
            nothing = [clause.arch for clause in search.clauses if not clause.needed]
            archs = nothing or [clause.arch for clause in search.clauses]
            return Cheapest((), tuple(search.clauses), tuple(dict.fromkeys(archs)))
        if not search.allowed_by(tried[0]):
            break
    good = set(tried)
    more = False
    while every:
        sets = hitting_sets([clause.needed for clause in search.clauses], costs, True, deadline)
        more = len(sets) > MOST_SETS
        fresh = [one for one in sets[:MOST_SETS] if one not in good]
        if not any(search.allowed_by(one) for one in fresh):
            good.update(fresh)
            break
        good.intersection_update(sets)
    return Cheapest(tuple(sorted(good, key=sorted)), tuple(search.clauses), more=more)


class _Search:
    def __init__(
        self,
        sites: Sequence[Site],
        own: Sequence[int],
        by_arch: Mapping[str, Variants],
        costs: Mapping[Element, int],
    ) -> None:
        self.sites = {number: sites[number] for number in own}
        self.by_arch = by_arch
        self.costs = costs
        self.clauses: list[Clause] = []

    def allowed_by(self, elements: frozenset[Element]) -> bool:
        """Whether some architecture allows the outcome with these elements; if so, clauses say why."""
        forms = {number: site.base for number, site in self.sites.items()} | dict(elements)
        found = False
        for arch, variants in self.by_arch.items():
            if variants.possible(forms):
                found = True
                self.clauses.append(self._clause(arch, variants, forms))
        return found

    def _clause(self, arch: str, variants: Variants, forms: Mapping[int, int]) -> Clause:
        """A clause for an architecture that allows the outcome, with as few elements as can be."""
        grown = dict(forms)
        for number, site in self.sites.items():
            better = [k for k in range(len(site.forms)) if k != grown[number] and grown[number] in site.forms[k].covers]
            for form in sorted(better, key=lambda k: -len(site.forms[k].covers)):
                if variants.possible({**grown, number: form}):
                    grown[number] = form
                    break
        needed = frozenset(e for e in self.costs if e[1] not in self.sites[e[0]].forms[grown[e[0]]].covers)
        solution = variants.solution(grown)
        assert solution is not None
        return Clause(arch, needed, solution)
