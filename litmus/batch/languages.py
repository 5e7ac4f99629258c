"""The languages in which the programs of a search are written: the links that each has, and how they are written.

A link is a barrier, or a dependency on the read before, or it is in the form of the two accesses: a read is an acquire
if the link after it says so. The form of an access follows from its kind, its own link and the next one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import ClassVar

from litmus import builder
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.batch.programs import Step, Threads
from litmus.frontend.parser import parse_test
from litmus.ir.c11 import ORDERS
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import AtomicOperation, Expr, MemoryOrder, Primitive, Statement

DEPENDENCIES = ("addr", "data", "ctrl")
"""The links that are dependencies, in every language that has them."""

_NAMES = "xyzw"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of an access: the kind, `R` or `W`, and the function or the memory order by which it is written.

    Its access has one of the links `own`, or the next access of the thread has one of `following`.
    """

    kind: str
    name: str
    own: tuple[str, ...] = ()
    following: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether an access has it that has no other form."""
        return not self.own and not self.following

    @property
    def may_depend(self) -> bool:
        """Whether its access may have a dependency as its own link."""
        return self.plain or bool(self.following)

    @property
    def may_lead(self) -> bool:
        """Whether the next access may have a dependency as its link."""
        return self.plain or bool(self.own)


class Language(ABC):
    """A language: what may be between two accesses, by their kinds, and the forms of accesses.

    An access has the first of the forms for which its links ask; the last of each kind is plain. A language is a value
    without state.
    """

    links: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]]
    forms: ClassVar[tuple[Form, ...]]

    def every_link(self, era: str) -> tuple[str, ...]:
        """The links that programs for kernels of an era may have."""
        return tuple(dict.fromkeys(link for several in self.links.values() for link in several))

    @abstractmethod
    def test(self, threads: Threads, name: str) -> LitmusTest:
        """The test of a program: every register and location is observed, and its condition says nothing."""

    @abstractmethod
    def barrier(self, link: str, span: Span) -> Statement | None:
        """The statement of a link that is a barrier; None for another."""

    @abstractmethod
    def access(self, form: Form, register: str, where: Expr, what: Expr, span: Span) -> Statement:
        """An access of a form: a read into a register, or a write of what is given."""

    def _written(self, thread: tuple[Step, ...]) -> Iterator[tuple[Step, str]]:
        """The accesses of a thread, and how each is written."""
        for step, after in zip_longest(thread, thread[1:]):
            following = "" if after is None else after.link
            forms = (form for form in self.forms if form.kind == step.kind)
            asked = (form for form in forms if form.plain or step.link in form.own or following in form.following)
            yield step, next(asked).name


class _KernelC(Language):
    links: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = {
        ("R", "R"): ("smp_mb", "smp_rmb", "acquire", "addr", "ctrl"),
        ("R", "W"): ("smp_mb", "acquire", "release", "addr", "data", "ctrl"),
        ("W", "R"): ("smp_mb",),
        ("W", "W"): ("smp_mb", "smp_wmb", "release"),
    }
    forms: ClassVar[tuple[Form, ...]] = (
        Form("R", "smp_load_acquire", following=("acquire",)),
        Form("R", "READ_ONCE"),
        Form("W", "smp_store_release", own=("release",)),
        Form("W", "WRITE_ONCE"),
    )

    def every_link(self, era: str) -> tuple[str, ...]:
        later = () if era == NEWEST else ("acquire", "release")  # kernels before the newest do not have them
        return tuple(link for link in super().every_link(era) if link not in later)

    def barrier(self, link: str, span: Span) -> Statement | None:
        return Primitive(link, None, (), span) if link.startswith("smp_") else None

    def access(self, form: Form, register: str, where: Expr, what: Expr, span: Span) -> Statement:
        if form.kind == "R":
            return Primitive(form.name, register, (where,), span, 4)
        return Primitive(form.name, None, (where, what), span, 4)

    def test(self, threads: Threads, name: str) -> LitmusTest:
        count = 1 + max(step.location for thread in threads for step in thread)
        locations = [builder.location(_NAMES[number]) for number in range(count)]
        values = dict.fromkeys(range(count), 0)
        bodies: list[list[builder.Statement]] = []
        observed = [builder.final(location) for location in locations]
        for number, thread in enumerate(threads):
            body: list[builder.Statement] = []
            reads = 0
            for step, function in self._written(thread):
                last = builder.register(f"r{reads - 1}") if reads else None
                nothing = None if last is None else last ^ last
                where: builder.Shared | builder.Pointed = locations[step.location]
                if step.link == "addr" and nothing is not None:
                    where = builder.at(locations[step.location] + nothing)
                if step.kind == "W":
                    values[step.location] += 1
                    what: builder.Expression | int = values[step.location]
                    if step.link == "data" and nothing is not None:
                        what = nothing + values[step.location]
                    access = builder.store(where, what, function)
                else:
                    into = builder.register(f"r{reads}")
                    observed.append(builder.final(number, into))
                    access = builder.load(into, where, function)
                    reads += 1
                if step.link.startswith("smp_"):
                    body.append(builder.fence(step.link))
                if step.link == "ctrl" and nothing is not None:
                    body.append(builder.when(nothing.equals(0), [access]))
                else:
                    body.append(access)
            bodies.append(body)
        return builder.build(name, *bodies, exists=observed[0].equals(-1), observed=observed)


class _C11(Language):
    links: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = {
        ("R", "R"): ("fence-seq_cst", "fence-acq_rel", "acquire", "seq_cst"),
        ("R", "W"): ("fence-seq_cst", "fence-acq_rel", "acquire", "release", "seq_cst", "data"),
        ("W", "R"): ("fence-seq_cst", "seq_cst"),
        ("W", "W"): ("fence-seq_cst", "fence-acq_rel", "release", "seq_cst"),
    }
    forms: ClassVar[tuple[Form, ...]] = (
        Form("R", "seq_cst", ("seq_cst",), ("seq_cst",)),
        Form("R", "acquire", following=("acquire",)),
        Form("R", "relaxed"),
        Form("W", "seq_cst", ("seq_cst",), ("seq_cst",)),
        Form("W", "release", own=("release",)),
        Form("W", "relaxed"),
    )
    _fences: ClassVar[Mapping[str, MemoryOrder]] = {"fence-seq_cst": "seq_cst", "fence-acq_rel": "acq_rel"}
    _orders: ClassVar[Mapping[str, MemoryOrder]] = {order: order for order in ORDERS}

    def barrier(self, link: str, span: Span) -> Statement | None:
        return AtomicOperation("fence", (self._fences[link],), None, (), span) if link in self._fences else None

    def access(self, form: Form, register: str, where: Expr, what: Expr, span: Span) -> Statement:
        orders = (self._orders[form.name],)
        if form.kind == "R":
            return AtomicOperation("load", orders, register, (where,), span, 4)
        return AtomicOperation("store", orders, None, (where, what), span, 4)

    def test(self, threads: Threads, name: str) -> LitmusTest:
        count = 1 + max(step.location for thread in threads for step in thread)
        values = dict.fromkeys(range(count), 0)
        observed = [f"{_NAMES[number]};" for number in range(count)]
        parameters = ", ".join(f"atomic_int *{_NAMES[number]}" for number in range(count))
        text = [f"C {name}", "{ }"]
        for number, thread in enumerate(threads):
            text += [f"P{number}({parameters})", "{"]
            reads = 0
            for step, order in self._written(thread):
                where = _NAMES[step.location]
                if step.link in self._fences:
                    text.append(f"\tatomic_thread_fence(memory_order_{self._fences[step.link]});")
                if step.kind == "W":
                    values[step.location] += 1
                    nothing = f"(r{reads - 1} ^ r{reads - 1}) + " if step.link == "data" else ""
                    what = f"{nothing}{values[step.location]}"
                    text.append(f"\tatomic_store_explicit({where}, {what}, memory_order_{order});")
                else:
                    text.append(f"\tint r{reads} = atomic_load_explicit({where}, memory_order_{order});")
                    observed.append(f"{number}:r{reads};")
                    reads += 1
            text.append("}")
        text += [f"locations [{' '.join(observed)}]", f"exists ({_NAMES[0]}=-1)", ""]
        return parse_test(Source(f"<{name}>", "\n".join(text)))


KERNEL_C: Language = _KernelC()
C11: Language = _C11()
