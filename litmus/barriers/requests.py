"""What may be changed in a test with buses that is no barrier: attributes of requests, and reads back from a device.

A processor that reads back is held up until its posted writes to the device have arrived, as no barrier does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from litmus.barriers.sites import Form, Site, What
from litmus.barriers.writing import bodies, reparsed, replaced
from litmus.cat.costs import OTHERS
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Address, Const, Load, Primitive, Statement, Store, assigned
from litmus.ir.topology import MEMORY, WIRE

_RELAXING = frozenset(OTHERS)


def without_attributes(test: LitmusTest) -> Iterator[Site]:
    """A site for each request with attributes by which it may overtake others, or by which nobody waits for it."""
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if not isinstance(statement, Load | Store) or statement.span is None:
                continue
            own = sorted(statement.tags & _RELAXING)
            fewer = [kept for k in reversed(range(len(own))) for kept in combinations(own, k)]
            forms = [Form(statement.span.text.strip(), statement, frozenset({0}))]
            for kept in fewer:
                tags = statement.tags - set(own) | set(kept)
                text = _text_with(test, thread.index, at, replace(statement, tags=tags))
                if text is not None:
                    gone = tuple(tag for tag in own if tag not in kept)
                    forms.append(Form(text, replace(statement, tags=tags), extra=gone))
            if len(forms) > 1:
                covers = [frozenset(k for k, b in enumerate(forms) if _tags(a) <= _tags(b)) for a in forms]
                several = tuple(replace(form, covers=row) for form, row in zip(forms, covers, strict=True))
                yield Site(What.ORDER, ((thread.index, at),), several, 0, statement.span)


def _tags(form: Form) -> frozenset[str]:
    return form.statement.tags if isinstance(form.statement, Load | Store) else frozenset()


def _text_with(test: LitmusTest, thread: int, at: int, wanted: Load | Store) -> str | None:
    """How an access with other attributes is written: some of its own, in brackets after it."""
    assert wanted.span is not None
    text, _, inside = wanted.span.text.strip().partition("[")
    words = [word.strip() for word in inside.rstrip("] ").split(",")]
    there = dict(bodies(test))
    there[thread] = (*there[thread][:at], replace(wanted, span=None), *there[thread][at + 1 :])
    for count in range(len(words)):
        for some in combinations(words, count):
            written = f"{text.strip()} [{', '.join(some)}]" if some else text.strip()
            found = reparsed(test, replaced(test, [wanted.span], written))
            if found is not None and bodies(found) == there:
                return written
    return None


def in_order(test: LitmusTest) -> Iterator[Site]:
    """A site for each `readl_relaxed` and `writel_relaxed`, in whose place `readl` or `writel` may stand."""
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if isinstance(statement, Primitive) and statement.span is not None and statement.name.endswith("l_relaxed"):
                name = statement.name.removesuffix("_relaxed")
                text = statement.span.text.strip()
                forms = (
                    Form(text, statement, frozenset({0})),
                    Form(
                        text.replace(statement.name, name),
                        replace(statement, name=name, call=None),
                        frozenset({0, 1}),
                    ),
                )
                yield Site(What.ORDER, ((thread.index, at),), forms, 0, statement.span)


def read_backs(test: LitmusTest) -> Iterator[Site]:
    """A site for each read from a device right after a processor has written to it, if something follows."""
    topology = test.topology
    assert topology is not None
    homes = dict(topology.homes)
    for thread in test.threads:
        if not topology.is_cpu(thread.index):
            continue
        used = {assigned(statement) for statement in thread.body}
        register = next(name for k in range(len(used) + 1) if (name := f"r{k}") not in used)
        for at, (statement, following) in enumerate(zip(thread.body, thread.body[1:], strict=False), start=1):
            written = _written(statement)
            span = getattr(following, "span", None)
            if written is None or homes.get(written.symbol, MEMORY) in (MEMORY, WIRE) or span is None:
                continue
            place = test.show(written).strip("[]")
            if isinstance(statement, Primitive):
                text = f"{register} = readl({place})"
                back: Statement = Primitive("readl", register, (Const(written),), span, 4)
            else:
                text, back = f"{register} = read {place}", Load(register, Const(written), span=span)
            forms = (Form("", None, frozenset({0})), Form(text, back, frozenset({0, 1}), extra=("read-back",)))
            yield Site(What.PLACE, ((thread.index, at),), forms, 0, span)


def _written(statement: Statement) -> Address | None:
    """The location of a write whose address is known."""
    match statement:
        case Primitive(name="writel" | "writel_relaxed", args=(Const(Address() as address), _)):
            return address
        case Store(addr=Const(Address() as address)):
            return address
    return None
