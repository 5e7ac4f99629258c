"""Dependencies for their order alone: the address or the value of an access is made to depend on what was read before.

In assembly that is an address: `xor r9,r1,r1` is 0 and depends on r1, so that `add r9,r9,r5`, the address in r5, does,
too. In kernel C it is the address of a read, `*(x + (r1 & 0))`, and the value of a write, `1 + (r1 & 0)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from litmus.barriers.sites import Form, Site, What
from litmus.barriers.writing import CALL, Edit, arguments_of, before, bodies, pointer_to, reparsed, replaced
from litmus.base.errors import LimitReached
from litmus.base.source import Span
from litmus.frontend.dialect import dialect_for
from litmus.ir.kernel import Kind, kind_of
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import Assign, AtomicUpdate, Const, Load, Op, Primitive, Reg, Rmw, Statement, Store, assigned
from litmus.kernel.emit.expressions import mentions, read_by

MOST_DEPENDENCIES = 100
"""The most dependencies that may be put into a test."""

_WORD = re.compile(r"[$%]?\w+")
_SIMPLE = re.compile(r"\w+")
_Access = Load | Store | Primitive


def with_dependencies(test: LitmusTest, sites: Sequence[Site]) -> tuple[Site, ...]:
    """Sites at which an access may also depend on a register that was read before, and those of the other accesses.

    What is at one place is changed once: an access has one dependency more, or more order. Raises LimitReached.
    """
    found = list(sites)
    known = {site.at: k for k, site in enumerate(sites) if site.what is What.ORDER}
    count = 0
    for thread, at, access, span, sources in _accesses(test):
        forms = {source: form for source in sources for form in _forms(test, thread, at, access, span, source)}
        count += len(forms)
        if count > MOST_DEPENDENCIES:
            raise LimitReached("limit", f"more than {MOST_DEPENDENCIES} dependencies that may be put into the test")
        key = ((thread, at),)
        if forms and key in known:
            found[known[key]] = _extended(sites[known[key]], forms)
        elif forms:
            own = Form(span.text.strip(), access, frozenset({0}))
            found.append(_extended(Site(What.ORDER, key, (own,), 0, span), forms))
    return tuple(found)


def _extended(site: Site, forms: Mapping[str, Form]) -> Site:
    """A site with more forms, each of which orders more than the first, and nothing that another does.

    They are by the register that the access depends on. The last form is all of them at once.
    """
    more = [replace(form, covers=frozenset({0, k})) for k, form in enumerate(forms.values(), start=len(site.forms))]
    every = (*site.forms, *more)
    most = next((form.statement for form in site.forms if len(form.covers) == len(site.forms)), None)
    if len(every) == 2 or not isinstance(most, _Access):
        return replace(site, forms=every)
    together = reduce(_depending, forms, most)
    return replace(site, forms=(*every, Form("", together, frozenset(range(len(every) + 1)), bound=True)))


def _depending(access: _Access, register: str) -> _Access:
    """An access that also depends on a register: by its address, or by the value that kernel C writes."""
    nothing = Op("and", (Reg(register), Const(0)))
    if not isinstance(access, Primitive):
        return replace(access, addr=Op("add", (access.addr, nothing)))
    *before, last = access.args
    return replace(access, args=(*before, Op("add", (last, nothing))))


def _accesses(test: LitmusTest) -> Iterator[tuple[int, int, _Access, Span, tuple[str, ...]]]:
    """The accesses that may depend on more: the thread, the number of the statement, its span, and registers.

    These hold there what was read before, the latest first.
    """
    for thread in test.threads:
        read: dict[str, Span | None] = {}
        for at, statement in enumerate(thread.body):
            span = getattr(statement, "span", None)
            if isinstance(statement, Load | Store | Primitive) and span is not None and _may_depend(statement):
                used = set(_registers(statement))
                sources = tuple(name for name in reversed(read) if name not in used)
                if sources and not _is_elsewhere(test, thread.index, at, span):
                    yield thread.index, at, statement, span, sources
            name = assigned(statement)
            if name is None:
                continue
            if read.get(name) is None or read[name] != span:  # an instruction may also cut what it has read to size
                read.pop(name, None)
            if _reads(statement):
                read[name] = span


def _may_depend(statement: _Access) -> bool:
    if isinstance(statement, Primitive):
        return statement.name in ("READ_ONCE", "WRITE_ONCE")
    return statement.parts is None and not (isinstance(statement, Load) and statement.reserve)


def _reads(statement: Statement) -> bool:
    if isinstance(statement, Primitive):
        return kind_of(statement.name) in (Kind.READ, Kind.UPDATE)
    return isinstance(statement, Load | Rmw | AtomicUpdate)


def _is_elsewhere(test: LitmusTest, thread: int, at: int, span: Span) -> bool:
    """Whether a place of the file is another access, too, as in a function that is called twice."""
    return any(
        isinstance(other, Load | Store | Primitive) and other.span == span
        for one in test.threads
        for k, other in enumerate(one.body)
        if (one.index, k) != (thread, at)
    )


def _registers(statement: _Access) -> Iterator[str]:
    """The registers of the address of an access, and of the value of a write in C."""
    for expr in statement.args if isinstance(statement, Primitive) else (statement.addr,):
        yield from mentions(expr)


def _forms(test: LitmusTest, thread: int, at: int, access: _Access, span: Span, source: str) -> Iterator[Form]:
    """The access with a dependency on a register, as far as it can be written."""
    if isinstance(access, Primitive):
        text = _in_c(span.text, access.name, source)
        form = None if text is None else _written(test, thread, at, span, text, ())
        if form is not None and isinstance(form.statement, Primitive) and source in _registers(form.statement):
            yield form
        return
    from litmus.kernel.emit.instruction_set import instruction_set
    from litmus.kernel.emit.registers import Spelled

    known = instruction_set(test.arch)
    if known is None or not known.dependency or not isinstance(access.addr, Reg):
        return
    dialect = dialect_for(test.arch)
    spelled = {dialect.register(name): name for name in known.bank.free}
    used = set(_used(test, thread))
    scratch = next((text for name, text in spelled.items() if name is not None and name not in used), None)
    if scratch is None:
        return
    base = access.addr.name
    registers = {"scratch": scratch, "source": spelled.get(source, source), "base": spelled.get(base, base)}
    names = {name: Spelled(register, known.bank.spell) for name, register in registers.items()}
    rows = tuple(row.format_map(names) for row in known.dependency)
    address = known.depending.format_map(names)
    text = span.text.strip()
    for word in reversed(list(_WORD.finditer(text))):  # the address is the last operand, or in brackets
        form = _written(test, thread, at, span, f"{text[: word.start()]}{address}{text[word.end() :]}", rows)
        found = None if form is None else form.statement
        if (
            isinstance(found, Load | Store)
            and replace(found, addr=access.addr) == access
            and any(name == dialect.register(scratch) for name in _registers(found))
        ):
            assert form is not None
            yield form
            return


def _used(test: LitmusTest, thread: int) -> Iterator[str]:
    """The registers of a thread that the test speaks of."""
    for item in (*test.observed, *(initial.target for initial in test.init)):
        if isinstance(item, Register) and item.thread == thread:
            yield item.name
    for statement in test.body(thread):
        yield from read_by(statement)
        yield assigned(statement) or ""


def _in_c(text: str, name: str, register: str) -> str | None:
    call = CALL.fullmatch(text.strip())
    if call is None or call[1] != name:
        return None
    first, *rest = (argument.strip() for argument in arguments_of(call[2]))
    if name == "READ_ONCE":
        return f"READ_ONCE(*({pointer_to(first)} + ({register} & 0)))"
    value = rest[0] if _SIMPLE.fullmatch(rest[0]) else f"({rest[0]})"
    return f"WRITE_ONCE({first}, {value} + ({register} & 0))"


def _written(test: LitmusTest, thread: int, at: int, span: Span, text: str, rows: Sequence[str]) -> Form | None:
    """An access with a text after some rows; None if the program is none, or not the same but for these."""
    edits: list[Edit] = [edit for row in rows for edit in before(test, span, row)]
    found = reparsed(test, [*edits, *replaced(test, [span], text)])
    if found is None:
        return None
    here, there = bodies(test), dict(bodies(found))
    more = len(rows)
    mine = there[thread]
    computed, access = mine[at : at + more], mine[at + more] if len(mine) > at + more else None
    there[thread] = (*mine[:at], here[thread][at], *mine[at + more + 1 :])
    if there != here or not isinstance(access, Load | Store | Primitive):
        return None
    if not all(isinstance(statement, Assign) for statement in computed):
        return None
    return Form(text, replace(access, span=span), frozenset(), tuple(rows), computed, ("dependency",))
