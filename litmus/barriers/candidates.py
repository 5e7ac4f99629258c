"""What may be changed in a program to forbid its outcome: barriers between accesses, and orders of accesses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from litmus.barriers import instructions
from litmus.barriers.instructions import fence_text, is_operation
from litmus.barriers.kinds import USUAL, CandidateKind
from litmus.barriers.report import Change
from litmus.barriers.sites import (
    Form,
    Site,
    What,
    access_kind,
    access_site,
    exists,
    in_memory,
    ordered,
    promises,
    weaker,
)
from litmus.barriers.variants import chosen
from litmus.barriers.writing import Edit, before, bodies, call_in_place_of, reparsed, replaced
from litmus.base.source import Span
from litmus.cat.costs import PLAIN, Costs, kernel_candidates, operation_cost, other_costs, primitive_cost
from litmus.cat.description import ModelInfo
from litmus.cat.mapping import Operation
from litmus.explanations.fences import fits
from litmus.explanations.places import Place, places, sides
from litmus.ir.kernel import PRIMITIVES, Kind, Step, kind_of
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import AtomicOperation, Fence, Primitive, Statement

MARKED = {
    "READ_ONCE": "smp_load_acquire",
    "plain_read": "smp_load_acquire",
    "rcu_dereference": "smp_load_acquire",
    "WRITE_ONCE": "smp_store_release",
    "plain_write": "smp_store_release",
    "rcu_assign_pointer": "smp_store_release",
}
"""The ordered access in place of a load or store that is not."""


@dataclass(frozen=True, slots=True)
class Arch:
    """An architecture that a program is repaired for: its description, and the costs of its operations.

    `io` has the operations of the functions that it maps in tests with buses.
    """

    name: str
    info: ModelInfo | None
    costs: Costs
    io: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fences(self) -> dict[frozenset[str], Operation]:
        """The fences of the architecture by their tags; of several with the same, the one whose cost is stated."""
        found: dict[frozenset[str], Operation] = {}
        for operation in self.info.operations if self.info is not None else ():
            if operation.kind == "fence" and (operation.tags not in found or operation.name in self.costs.operations):
                found[operation.tags] = operation
        return found

    @property
    def offered(self) -> tuple[Operation, ...]:
        """The fences that may be put into a test."""
        return tuple(operation for operation in self.fences.values() if self.costs.offers(operation.name))


def cheaper(archs: Sequence[Arch], fence: Fence) -> tuple[Operation, ...]:
    """The fences that cost less than one of a test in assembly, as far as costs are stated, the most expensive first.

    They are those of the first architecture that has the fence itself.
    """
    for arch in archs:
        if fence.tags in arch.fences:
            stated = arch.costs.operations
            limit = stated.get(arch.fences[fence.tags].name)
            names = [o for o in arch.offered if o.tags != fence.tags and o.name in stated]
            found = [o for o in names if limit is None or stated[o.name] < limit]
            return tuple(sorted(found, key=lambda o: -stated[o.name]))
    return ()


def candidates(
    test: LitmusTest, era: str, archs: Sequence[Arch], kinds: Collection[CandidateKind] = USUAL
) -> tuple[Site, ...]:
    """The sites of a test at which it may be changed: the first form of each is that in the test.

    Only what can be written in the file is a candidate: a barrier has no place inside an expression. Raises
    LimitReached.
    """
    written = tuple(site for site in _sites(test, era, archs, kinds) if _can_be_written(test, site))
    if CandidateKind.DEPENDENCIES not in kinds:
        return written
    from litmus.barriers.dependencies import with_dependencies  # few want it

    return with_dependencies(test, written)


def _sites(test: LitmusTest, era: str, archs: Sequence[Arch], kinds: Collection[CandidateKind]) -> Iterator[Site]:
    if test.language:
        from litmus.barriers import c11  # few tests are in C11

        for site in c11.candidates(test):
            accesses = site.what is What.ORDER
            if (CandidateKind.ACCESSES if accesses else CandidateKind.BARRIERS) in kinds:
                yield site
        return
    if test.topology is not None:
        from litmus.barriers.requests import in_order, read_backs, without_attributes  # few tests have buses

        if CandidateKind.READ_BACKS in kinds:  # before a barrier at the same place
            yield from read_backs(test)
        if CandidateKind.ATTRIBUTES in kinds:
            yield from without_attributes(test)
    if CandidateKind.BARRIERS in kinds:
        yield from _barriers(test, era, archs)
        yield from _stronger(test, era)
        yield from _covering(test, archs)
    if CandidateKind.ACCESSES in kinds:
        yield from _accesses(test, era)
        if test.topology is not None:
            yield from in_order(test)


def _barriers(test: LitmusTest, era: str, archs: Sequence[Arch]) -> Iterator[Site]:
    """A site for each barrier at each place between two accesses."""
    grouped: dict[tuple[int, int], list[Place]] = {}
    for place in places(test):
        span = _span(test.body(place.thread)[place.at])
        if span is not None:
            grouped.setdefault((span.start, span.end), []).append(place)
    for same in grouped.values():
        place = same[0]
        body = test.body(place.thread)
        span = _span(body[place.at])
        assert span is not None
        here = [s for s in body[place.after + 1 : place.at] if isinstance(s, Fence | Primitive)]
        at = tuple((p.thread, p.at) for p in same)
        for text, statement in _fences(test, era, archs, span):
            if test.has_primitives and not _promises_here(test, place, text.removesuffix("()")):
                continue
            if any(_covered(statement, other) for other in here):
                continue
            forms = (Form("", None, frozenset({0})), Form(text, statement, frozenset({0, 1})))
            yield Site(What.PLACE, at, forms, 0, span)


def _promises_here(test: LitmusTest, place: Place, name: str) -> bool:
    """Whether a barrier of the kernel promises anything at a place.

    A dependency barrier is one after any read: kernels have used it before stores, too.
    """
    body = test.body(place.thread)
    if name == "smp_read_barrier_depends":
        before = body[place.after]
        return isinstance(before, Primitive) and kind_of(before.name) is Kind.READ
    if name in _BESIDE:
        return _is_beside(body, place, name)
    if test.topology is None:
        return fits(test, place, Primitive(name, None, ()))
    around = sides(test.body(place.thread), place)
    if name.startswith("dma_"):  # it is for what processors and devices share in memory
        around = [one for one in around[0] if in_memory(one)], [one for one in around[1] if in_memory(one)]
        if not all(around):
            return False
    promised = {"rmb": (Kind.READ,) * 2, "wmb": (Kind.WRITE,) * 2, "mmiowb": (Kind.WRITE,)}
    kinds = promised.get(name.removeprefix("dma_"), ())
    found = [{access_kind(one) for one in side} for side in around]
    return all(kind & {wanted, Kind.UPDATE, Kind.LOCK} for kind, wanted in zip(found, kinds, strict=False))


_BESIDE = {
    "smp_mb__before_atomic": Kind.UPDATE,
    "smp_mb__after_atomic": Kind.UPDATE,
    "smp_mb__after_spinlock": Kind.LOCK,
    "smp_mb__after_unlock_lock": Kind.LOCK,
}
"""What a barrier is to be right beside."""


def _is_beside(body: Sequence[Statement], place: Place, name: str) -> bool:
    """Whether a place is right before or after what a barrier is for; after a lock that follows an unlock."""
    at = place.at if name == "smp_mb__before_atomic" else place.after
    found = body[at]
    if not isinstance(found, Primitive) or kind_of(found.name) is not _BESIDE[name]:
        return False
    if _BESIDE[name] is Kind.UPDATE:
        return True
    left = any(isinstance(s, Primitive) and PRIMITIVES[s.name].step is Step.LEAVE for s in body[:at])
    return found.name == "spin_lock" and (name == "smp_mb__after_spinlock" or left)


def _covered(statement: Statement, other: Statement) -> bool:
    """Whether a barrier that is there already promises as much, or is one that may be made stronger instead."""
    if isinstance(statement, Primitive) and isinstance(other, Primitive):
        if other.name == "smp_mb" and statement.name in _BESIDE:
            return True
        return (
            other.name == statement.name or statement.name in weaker(other.name) or other.name in weaker(statement.name)
        )
    return isinstance(statement, Fence) and isinstance(other, Fence) and statement.tags == other.tags


def _fences(test: LitmusTest, era: str, archs: Sequence[Arch], span: Span) -> Iterator[tuple[str, Statement]]:
    if test.has_primitives:
        known = kernel_candidates(era)
        for name in (*known.barriers, *known.beside) if test.topology is None else known.mandatory:
            yield f"{name}()", Primitive(name, None, (), span)
        return
    seen: set[frozenset[str]] = set()
    for arch in archs:
        for operation in arch.offered:
            if operation.tags not in seen:
                seen.add(operation.tags)
                yield fence_text(test, operation, span.text), Fence(operation.tags, span)


def _stronger(test: LitmusTest, era: str) -> Iterator[Site]:
    """A site for each barrier of the kernel that may be made a stronger one."""
    allowed = kernel_candidates(era)
    known = allowed.barriers if test.topology is None else allowed.mandatory
    for at, statement, span in _primitives(test):
        if kind_of(statement.name) is Kind.FENCE:
            names = [name for name in known if statement.name in weaker(name)]
            forms = [
                Form(span.text, statement),
                *(Form(f"{n}()", replace(statement, name=n, call=None)) for n in names),
            ]
            if names:
                yield Site(What.BARRIER, at, ordered(forms, promises), 0, span)


def _covering(test: LitmusTest, archs: Sequence[Arch]) -> Iterator[Site]:
    """A site for each fence of an assembly that may be made one that orders all that it does, and more."""
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if isinstance(statement, Fence) and statement.span is not None:
                for arch in [arch for arch in archs if statement.tags in arch.fences][:1]:
                    forms = _forms_covering(test, statement, statement.span, arch)
                    if len(forms) > 1:
                        yield Site(What.BARRIER, ((thread.index, at),), forms, 0, statement.span)


def _forms_covering(test: LitmusTest, fence: Fence, span: Span, arch: Arch) -> tuple[Form, ...]:
    """A fence of a test, and those that cover it."""
    own, covers = arch.fences[fence.tags], arch.costs.covers
    several = [own, *(o for o in arch.offered if own.name in covers.get(o.name, ()))]
    text = span.text.strip()
    return tuple(
        Form(
            fence_text(test, one, text) if k else text,
            Fence(one.tags, span),
            frozenset(n for n, o in enumerate(several) if n == k or o.name in covers.get(one.name, ())),
        )
        for k, one in enumerate(several)
    )


def _accesses(test: LitmusTest, era: str) -> Iterator[Site]:
    """A site for each access that may be made an acquire or a release."""
    if not test.has_primitives:
        for own, others in instructions.forms(test):
            more = sorted((o for o in others if o.promises > own.promises), key=lambda o: len(o.promises))
            if more:
                yield access_site([own, *more], 0)
        return
    known = kernel_candidates(era).accesses
    for at, statement, span in _primitives(test):
        if kind_of(statement.name) is Kind.UPDATE:
            yield from _stronger_update(at, statement, span, era)
            continue
        name = MARKED.get(statement.name)
        text = None
        if name is not None and name in known:
            text = call_in_place_of(span.text, statement.name, name, test.topology is not None)
        if name is not None and text is not None:
            weak = Form(span.text, statement, frozenset({0}))
            yield Site(
                What.ORDER, at, (weak, Form(text, replace(statement, name=name, call=None), frozenset({0, 1}))), 0, span
            )


def _stronger_update(at: tuple[tuple[int, int], ...], statement: Primitive, span: Span, era: str) -> Iterator[Site]:
    """The site of an atomic operation that may promise more: acquire, release or full in place of relaxed."""
    names = [name for name, spec in PRIMITIVES.items() if spec.kind is Kind.UPDATE and statement.name in weaker(name)]
    forms = [Form(span.text, statement)]
    for name in sorted(names, key=lambda name: len(weaker(name))):
        text = call_in_place_of(span.text, statement.name, name)
        if text is not None and exists(name, era):
            forms.append(Form(text, replace(statement, name=name, call=None)))
    if len(forms) > 1:
        yield Site(What.ORDER, at, ordered(forms, promises), 0, span)


def _primitives(test: LitmusTest) -> Iterator[tuple[tuple[tuple[int, int], ...], Primitive, Span]]:
    """The primitives of a test, each with all its statements."""
    grouped: dict[tuple[int, int], list[tuple[int, int]]] = {}
    first: dict[tuple[int, int], Primitive] = {}
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if isinstance(statement, Primitive) and statement.span is not None:
                key = statement.span.start, statement.span.end
                grouped.setdefault(key, []).append((thread.index, at))
                first.setdefault(key, statement)
    for key, statements in grouped.items():
        statement = first[key]
        if statement.span is not None:
            yield tuple(statements), statement, statement.span


def _span(statement: Statement) -> Span | None:
    return getattr(statement, "span", None)


# --- written ----------------------------------------------------------------------------------------------------------


def edits_of(test: LitmusTest, site: Site, form: int) -> list[Edit]:
    """The edits by which a form of a site comes into the file."""
    text = site.forms[form].text
    if site.what is What.PLACE:
        return before(test, site.span, text)
    spans = [site.span]
    if site.what is What.LOCK:
        spans = [span for thread, at in site.at if (span := _span(test.body(thread)[at])) is not None]
    rows = [edit for row in site.forms[form].rows for edit in before(test, site.span, row)]
    return [*rows, *replaced(test, spans, text)]


def change_of(test: LitmusTest, site: Site, form: int) -> Change:
    """The change by which a form of a site comes into the file."""
    old = "" if site.what is What.PLACE else site.forms[0].text
    text = "; ".join([*site.forms[form].rows, site.forms[form].text])
    return Change(site.span, site.thread, old, text, tuple(edits_of(test, site, form)))


def is_written(test: LitmusTest, sites: Sequence[Site], forms: dict[int, int], edits: Sequence[Edit]) -> bool:
    """Whether edits make the program what the forms of its sites say."""
    found = reparsed(test, edits)
    return found is not None and bodies(found) == bodies(chosen(test, sites, forms))


def _can_be_written(test: LitmusTest, site: Site) -> bool:
    return is_written(test, [site], {0: len(site.forms) - 1}, edits_of(test, site, len(site.forms) - 1))


# --- costs ------------------------------------------------------------------------------------------------------------


def cost(site: Site, form: int, arch: Arch, era: str) -> int:
    """What the operations of a form of a site cost on an architecture beyond those of its base."""
    there, base = site.forms[form], site.forms[site.base]
    more = sum(other_costs()[name] for name in there.extra)
    return _cost_of(there.statement, arch, era) - _cost_of(base.statement, arch, era) + more


def _cost_of(statement: Statement | None, arch: Arch, era: str) -> int:
    if isinstance(statement, AtomicOperation):
        return operation_cost(arch.info, arch.costs, statement)
    if isinstance(statement, Primitive) and statement.name in arch.io:
        return sum(arch.costs.of(operation) for operation in arch.io[statement.name])
    if isinstance(statement, Primitive) and arch.info is not None:
        return primitive_cost(arch.info, arch.costs, statement.name, era)
    if isinstance(statement, Fence) and statement.tags in arch.fences:
        return arch.costs.of(arch.fences[statement.tags].name)
    if isinstance(statement, instructions.Access) and arch.info is not None:
        return next((arch.costs.of(o.name) for o in arch.info.operations if is_operation(statement, o)), PLAIN)
    return 0
