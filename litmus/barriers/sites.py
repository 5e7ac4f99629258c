"""The parts of a program that order its accesses, and what could stand in place of each.

A site is a part of the program that has several forms: a barrier may be missing or be a weaker one, a release may be a
plain store. A lock and its unlocks are one site. Where a function is called twice, its statement is one site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from litmus.barriers import instructions
from litmus.barriers.instructions import Ordered, fence_text
from litmus.barriers.writing import call_in_place_of, reparsed, replaced
from litmus.base.source import Source, Span
from litmus.cat.mapping import Operation
from litmus.ir.eras import OLD
from litmus.ir.events import EventGraph
from litmus.ir.kernel import PRIMITIVES, Kind, Step, kind_of
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Fence, Load, Primitive, Statement, Store


class What(Enum):
    """What a site is."""

    BARRIER = "barrier"
    ORDER = "order"  # an access that is ordered: an acquire, a release, a full atomic
    LOCK = "lock"
    DEPENDENCY = "dependency"
    PLACE = "place"  # nothing yet, but a barrier may be put there


@dataclass(frozen=True, slots=True)
class Form:
    """What may stand at a site: `statement`, or nothing for None, which is written `text`.

    For a lock, and for a dependency, None is that it is not there. `covers` are the forms of the site, by number, that
    order no more than this one does. In assembly the instructions `rows` come before it, whose statements are `before`.
    `extra` names what of `archs/costs/others.yaml` it costs beside its operations. What is `bound` is never written: it
    is all that the other forms do at once, so that where it is not enough none of them is.
    """

    text: str
    statement: Statement | None = None
    covers: frozenset[int] = frozenset()
    rows: tuple[str, ...] = ()
    before: tuple[Statement, ...] = ()
    extra: tuple[str, ...] = ()
    bound: bool = False

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements of the form."""
        return () if self.statement is None else (*self.before, self.statement)


@dataclass(frozen=True, slots=True)
class Site:
    """A part of the program and its forms, the first of which is that in the test.

    `at` are its statements, by thread and number; of a place, the statements before which it is. `base` is the form
    that orders least. `span` is where it is in the file. `relation` names the dependency.
    """

    what: What
    at: tuple[tuple[int, int], ...]
    forms: tuple[Form, ...]
    base: int
    span: Span
    relation: str = ""
    ends: tuple[Span, ...] = ()

    @property
    def thread(self) -> int:
        """The first thread that it is in."""
        return self.at[0][0]


_WEAKER: dict[str, tuple[str, ...]] = {
    "smp_mb": ("smp_wmb", "smp_rmb"),
    "smp_rmb": ("smp_read_barrier_depends",),
    "mb": ("dma_mb", "wmb", "rmb", "dma_wmb", "dma_rmb"),
    "rmb": ("dma_rmb", "read_barrier_depends"),
    "wmb": ("dma_wmb",),
    "dma_mb": ("dma_wmb", "dma_rmb"),
    "smp_load_acquire": ("READ_ONCE",),
    "smp_store_release": ("WRITE_ONCE",),
    "smp_store_mb": ("smp_store_release", "WRITE_ONCE"),
    "rcu_assign_pointer": ("WRITE_ONCE",),
    "rcu_dereference": ("READ_ONCE",),
    "test_and_set_bit": ("test_and_set_bit_lock",),
}
"""What could stand in place of a primitive and promises less; the strongest first."""

_ORDERS = {
    **dict.fromkeys(("smp_wmb", "wmb", "dma_wmb"), Kind.WRITE),
    **dict.fromkeys(("smp_rmb", "rmb", "dma_rmb", "smp_read_barrier_depends", "read_barrier_depends"), Kind.READ),
}
"""What barriers order that do not order everything."""

OF_DEVICES = {
    **dict.fromkeys(("readl", "readl_relaxed"), Kind.READ),
    **dict.fromkeys(("writel", "writel_relaxed"), Kind.WRITE),
}
"""The functions for registers of devices."""

_UNORDERED = ("barrier", "mmiowb")  # barriers that order no accesses to memory
_SUFFIXES = ("_acquire", "_release", "_relaxed")


def weaker(name: str) -> tuple[str, ...]:
    """The primitives that could stand in place of one and promise less; the last promises least."""
    if name in _WEAKER:
        return _WEAKER[name]
    if kind_of(name) is not Kind.UPDATE:
        return ()
    for suffix in _SUFFIXES[:2]:
        if name.endswith(suffix):
            return (f"{name.removesuffix(suffix)}_relaxed",)
    return tuple(name + suffix for suffix in _SUFFIXES if name + suffix in PRIMITIVES)


def existing(test: LitmusTest, era: str, cheaper: Callable[[Fence], Sequence[Operation]]) -> tuple[Site, ...]:
    """The barriers, ordered accesses and locks of a test, in the order of the file.

    `cheaper` gives the fences that cost less than a fence of a test in assembly.
    """
    found: list[Site] = []
    grouped: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            span = statement.span if isinstance(statement, Primitive | Fence) else None
            if span is not None:
                grouped.setdefault((span.start, span.end), []).append((thread.index, at))
    for places in grouped.values():
        statement = _at(test, places[0])
        span = statement.span if isinstance(statement, Primitive | Fence) else None
        if isinstance(statement, Fence):
            forms = _fence_forms(test, statement, cheaper(statement))
        else:
            forms = _forms(test, statement, era, places[0])
        if span is not None and forms:
            what = What.BARRIER if forms[-1].statement is None else What.ORDER
            found.append(Site(what, tuple(places), forms, len(forms) - 1, span))
    found += _weaker_accesses(test)
    found += _locks(test)
    return tuple(sorted(found, key=lambda site: (site.span.start, site.thread)))


def _at(test: LitmusTest, place: tuple[int, int]) -> Statement:
    return test.body(place[0])[place[1]]


def _around(test: LitmusTest, place: tuple[int, int]) -> frozenset[Kind]:
    """Which of reads and writes there are both before and after a statement in its thread."""
    body = test.body(place[0])
    sides = [body[: place[1]], body[place[1] + 1 :]]
    kinds = [set(map(access_kind, side)) for side in sides]
    both = {Kind.UPDATE, Kind.LOCK}
    return frozenset(k for k in (Kind.READ, Kind.WRITE) if all(not side.isdisjoint({k, *both}) for side in kinds))


def in_memory(statement: Statement) -> bool:
    """Whether a statement of a test with buses is no access to a register of a device."""
    if isinstance(statement, Primitive):
        return statement.name not in OF_DEVICES
    return access_kind(statement) is None


def access_kind(statement: Statement) -> Kind | None:
    """What kind of access a statement is, to memory or to the registers of a device; None if it is none."""
    match statement:
        case Primitive(name=name):
            return OF_DEVICES.get(name) or kind_of(name)
        case Load():
            return Kind.READ
        case Store():
            return Kind.WRITE
    return None


def _forms(test: LitmusTest, statement: Statement, era: str, place: tuple[int, int]) -> tuple[Form, ...]:
    """The forms of a barrier or an ordered access of the kernel; () for what is neither.

    A weaker barrier is one of them only if it promises to order something of what is around it, whatever more it is on
    one architecture.
    """
    around, by_name = _around(test, place), test.topology is not None
    if not isinstance(statement, Primitive) or statement.span is None:
        return ()
    fence = kind_of(statement.name) is Kind.FENCE
    if fence and statement.name in _UNORDERED:
        return ()
    names = [name for name in weaker(statement.name) if exists(name, era) and _ORDERS.get(name) in (None, *around)]
    if by_name and not all(map(in_memory, test.body(place[0]))):  # dma_ barriers are for what is in memory
        names = [name for name in names if not name.startswith("dma_")]
    if not fence and not names:
        return ()
    forms = [Form(statement.span.text, statement)]
    for name in names:
        text = call_in_place_of(statement.span.text, statement.name, name, by_name)
        forms += [] if text is None else [Form(text, replace(statement, name=name, call=None))]
    if fence:
        forms.append(Form("", None))
    return ordered(forms, promises) if len(forms) > 1 else ()


def exists(name: str, era: str) -> bool:
    """Whether kernels of an era have a primitive, as far as it is one of those that only some have."""
    old = era == OLD
    if name in ("smp_read_barrier_depends", "read_barrier_depends"):
        return old
    return not old or (not name.startswith(("dma_", "smp_load", "smp_store_release")) and not name.endswith(_SUFFIXES))


def promises(a: Form, b: Form) -> bool:
    """Whether a form of a primitive promises all that another does."""
    if b.statement is None or a is b:
        return True
    if not isinstance(a.statement, Primitive) or not isinstance(b.statement, Primitive):
        return False
    todo, seen = [a.statement.name], set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        todo += [other for other in weaker(name) if other not in seen]
    return b.statement.name in seen


def ordered(forms: Sequence[Form], covers: Callable[[Form, Form], bool]) -> tuple[Form, ...]:
    """The forms with what each covers."""
    return tuple(
        replace(form, covers=frozenset(k for k, other in enumerate(forms) if covers(form, other))) for form in forms
    )


def _fence_forms(test: LitmusTest, fence: Fence, cheaper: Sequence[Operation]) -> tuple[Form, ...]:
    """The forms of a fence of an assembly: each that costs less, and none. That it is stronger is not assumed."""
    assert fence.span is not None
    text = fence.span.text.strip()
    others = [Form(fence_text(test, o, text), Fence(o.tags, fence.span)) for o in cheaper]
    others = [form for form in others if _can_be_written(test, fence.span, form)]
    return ordered([Form(text, fence), *others, Form("")], lambda a, b: a is b or b.statement is None)


def _can_be_written(test: LitmusTest, span: Span, form: Form) -> bool:
    """Whether the fence at a place may be another, as that is written."""
    found = reparsed(test, replaced(test, [span], form.text))
    there = [] if found is None else [s.tags for thread in found.threads for s in thread.body if isinstance(s, Fence)]
    here = [s for thread in test.threads for s in thread.body if isinstance(s, Fence)]
    wanted = [form.statement if s.span == span else s for s in here]
    return there == [s.tags for s in wanted if isinstance(s, Fence)]


def _weaker_accesses(test: LitmusTest) -> Iterator[Site]:
    """The ordered accesses of a test in assembly, each with those that promise less."""
    for own, others in instructions.forms(test):
        less = sorted((o for o in others if o.promises < own.promises), key=lambda o: -len(o.promises))
        if less and not less[-1].promises:
            yield access_site([own, *less], len(less))


def access_site(several: Sequence[Ordered], base: int) -> Site:
    """The site of an access of a test in assembly in several forms, the first as it is there."""
    first = several[0]
    forms = tuple(
        Form(one.text, one.statement, frozenset(k for k, o in enumerate(several) if o.promises <= one.promises))
        for one in several
    )
    return Site(What.ORDER, ((first.thread, first.at),), forms, base, first.span)


def _locks(test: LitmusTest) -> Iterator[Site]:
    """The locks that are taken, each with the statements that leave it."""
    for thread in test.threads:
        open_: dict[object, list[int]] = {}
        done: list[list[int]] = []
        for at, statement in enumerate(thread.body):
            if not isinstance(statement, Primitive) or kind_of(statement.name) is not Kind.LOCK:
                continue
            spec = PRIMITIVES[statement.name]
            key = statement.args[0], spec.holder
            if spec.step is Step.TAKE:
                open_[key] = [at]
                done.append(open_[key])
            elif spec.step is Step.LEAVE and key in open_:
                open_[key].append(at)
        for statements in done:
            lock = thread.body[statements[0]]
            span = lock.span if isinstance(lock, Primitive) else None
            if span is not None and len(statements) > 1:
                forms = ordered([Form(span.text, lock), Form("", None)], lambda a, b: a is b or b.statement is None)
                yield Site(What.LOCK, tuple((thread.index, at) for at in statements), forms, 1, span)


def dependencies(graph: EventGraph) -> tuple[Site, ...]:
    """The dependencies between accesses: addresses and data to each access, control from a read to all that follows.

    The branch by which a lock or an acquire is made of instructions is a part of it, and no dependency of the program.
    """
    found: dict[tuple[str, int, int], Site] = {}
    inside = {(event.span.start, event.span.end) for event in graph.events if event.kind == "B" and event.span}
    for name in ("addr", "data", "ctrl"):
        rows = graph.relations[name].rows
        for source in graph.events:
            row = rows[source.index]
            for target in graph.events:
                if not row >> target.index & 1 or source.span is None or target.span is None:
                    continue
                if target.kind not in ("R", "W") or _same(source.span, target.span):
                    continue
                if name == "ctrl" and (source.span.start, source.span.end) in inside:
                    continue
                ends = (source.span,) if name == "ctrl" else (source.span, target.span)
                key = (name, ends[0].start, ends[-1].start)
                if key not in found:
                    forms = (Form(name, None, frozenset({0, 1})), Form("", None, frozenset({1})))
                    at = ((source.thread, -1),)
                    found[key] = Site(What.DEPENDENCY, at, forms, 1, source.span, name, ends)
    return tuple(sorted(found.values(), key=lambda site: (site.span.start, site.relation, site.ends[-1].start)))


def _same(a: Span, b: Span) -> bool:
    return (a.start, a.end) == (b.start, b.end)


def marker(text: str) -> Span:
    """A span of its own, by which the events of a form are told from all others."""
    return Span(Source("a variant of the test", text), 0, len(text))
