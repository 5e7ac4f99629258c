"""The memory orders, fences and mutexes of a test in C11: what could stand in place of each, and what could be added.

No dependency is among them: none orders anything in the language, and compilers may do without it.
Source: ISO C17, 7.17.3 (orders), 7.17.4 (fences), 7.26.4 (mutexes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from litmus.barriers.sites import Form, Site, What, ordered
from litmus.barriers.variants import chosen
from litmus.barriers.writing import CALL, bodies, parts_of_assignment, pointer_to, reparsed, replaced
from litmus.base.source import Span
from litmus.explanations.fences import c11_fence, fits
from litmus.explanations.places import places
from litmus.ir.c11 import ROWS, in_order, is_ordered, orders, promised
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import AtomicOperation, Primitive, Statement

_FENCE = "fence"
_ORDER = re.compile(r"\bmemory_order_\w+")


def existing(test: LitmusTest) -> tuple[Site, ...]:
    """The ordered operations, fences and mutexes of a test, in the order of the file, each with its weaker forms."""
    found = [*_weaker(test), *_mutexes(test)]
    return tuple(sorted(found, key=lambda site: (site.span.start, site.thread)))


def candidates(test: LitmusTest) -> Iterator[Site]:
    """The operations and fences of a test with their stronger forms, and the places where a fence may be put."""
    for at, operation, span in _operations(test):
        mine = promised(operation)
        more = [in_order(operation, order) for order in orders(operation)]
        yield from _site(test, at, span, operation, [other for other in more if promised(other) > mine], False)
    for place in places(test):
        body = test.body(place.thread)
        where = _span(body[place.at])
        if where is not None:
            for order in ROWS["fence"]:
                fence = AtomicOperation(_FENCE, (order,), None, (), where)
                if fits(test, place, fence):
                    forms = (Form("", None, frozenset({0})), Form(c11_fence(order), fence, frozenset({0, 1})))
                    yield Site(What.PLACE, ((place.thread, place.at),), forms, 0, where)


def _operations(test: LitmusTest) -> Iterator[tuple[tuple[tuple[int, int], ...], AtomicOperation, Span]]:
    """The operations of a test that have an order, each with all its statements: a function may be called twice."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    first: dict[tuple[int, int], AtomicOperation] = {}
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if isinstance(statement, AtomicOperation) and is_ordered(statement) and statement.span is not None:
                key = statement.span.start, statement.span.end
                found.setdefault(key, []).append((thread.index, at))
                first.setdefault(key, statement)
    outer = {a for a in found for b in found if a != b and a[0] <= b[0] and b[1] <= a[1]}  # has another in it
    for key, places_of in found.items():
        span = first[key].span
        if key not in outer and span is not None:
            yield tuple(places_of), first[key], span


def _weaker(test: LitmusTest) -> Iterator[Site]:
    for at, operation, span in _operations(test):
        mine = promised(operation)
        less = [in_order(operation, order) for order in reversed(orders(operation))]
        yield from _site(test, at, span, operation, [other for other in less if promised(other) < mine], True)


def _site(
    test: LitmusTest,
    at: tuple[tuple[int, int], ...],
    span: Span,
    own: AtomicOperation,
    others: Sequence[AtomicOperation],
    weaker: bool,
) -> Iterator[Site]:
    """The site of an operation with other forms that can be written; with `weaker`, a fence may be missing."""
    what = What.BARRIER if own.name == _FENCE else What.ORDER
    forms = [Form(span.text, own)]
    for other in others:
        text = _text_in_order(span.text, other)
        if text is not None:
            forms.append(Form(text, other))
    if what is What.BARRIER and weaker:
        forms.append(Form("", None))
    site = Site(what, at, ordered(forms, _promises), 0, span)
    kept = [form for k, form in enumerate(forms) if k == 0 or _is_written(test, site, k)]
    if len(kept) > 1:
        yield Site(what, at, ordered(kept, _promises), len(kept) - 1 if weaker else 0, span)


def _promises(a: Form, b: Form) -> bool:
    """Whether a form promises all that another does."""
    if b.statement is None or a is b:
        return True
    if not isinstance(a.statement, AtomicOperation) or not isinstance(b.statement, AtomicOperation):
        return False
    return promised(a.statement) >= promised(b.statement)


def _is_written(test: LitmusTest, site: Site, form: int) -> bool:
    """Whether the program is the same in a form of a site and with the text of that."""
    spans = [site.span]
    found = reparsed(test, replaced(test, spans, site.forms[form].text))
    return found is not None and bodies(found) == bodies(chosen(test, [site], {0: form}))


def _mutexes(test: LitmusTest) -> Iterator[Site]:
    """The mutexes that are taken, each with the statements that leave it."""
    for thread in test.threads:
        taken: dict[object, list[int]] = {}
        done: list[list[int]] = []
        for at, statement in enumerate(thread.body):
            match statement:
                case AtomicOperation("lock", args=(mutex,)):
                    taken[mutex] = [at]
                    done.append(taken[mutex])
                case AtomicOperation("unlock", args=(mutex,)) if mutex in taken:
                    taken[mutex].append(at)
        for statements in done:
            lock = thread.body[statements[0]]
            span = _span(lock)
            if span is not None and len(statements) > 1:
                forms = ordered([Form(span.text, lock), Form("", None)], lambda a, b: a is b or b.statement is None)
                yield Site(What.LOCK, tuple((thread.index, at) for at in statements), forms, 1, span)


def _span(statement: Statement) -> Span | None:
    return statement.span if isinstance(statement, AtomicOperation | Primitive) else None


# --- texts ------------------------------------------------------------------------------------------------------------


def _text_in_order(text: str, operation: AtomicOperation) -> str | None:
    """How C writes an operation that stands there, in the order that it has here; None if nobody knows."""
    text = text.strip()
    names = [f"memory_order_{order}" for order in operation.orders]
    call = CALL.fullmatch(text)
    if call is not None and call[1].startswith("atomic_"):
        there = list(_ORDER.finditer(text))[-len(names) :]
        if call[1].endswith(("_explicit", "_fence")):
            if len(there) < len(names):
                return None
            for name, found in zip(reversed(names), reversed(there), strict=True):
                text = text[: found.start()] + name + text[found.end() :]
            return text
        return f"{call[1]}_explicit({call[2].strip()}, {', '.join(names)})"
    if operation.name == "load":
        return f"atomic_load_explicit({pointer_to(text)}, {names[0]})"
    parts = parts_of_assignment(text)
    if operation.name == "store" and parts is not None:
        return f"atomic_store_explicit({pointer_to(parts[0])}, {parts[1]}, {names[0]})"
    return None
