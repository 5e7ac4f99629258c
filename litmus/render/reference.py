"""The reference pages: the functions of kernel C and the instructions of each dialect, from their readers' tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from textwrap import fill

from litmus.cat.description import ModelInfo
from litmus.cat.registry import models
from litmus.dialects.c import atomics, calls
from litmus.dialects.c.calls import CALLS, SPECIAL, KernelCall
from litmus.frontend.dialect import Dialect, all_dialects, module_of
from litmus.ir.c11 import ORDERS
from litmus.ir.eras import ERAS
from litmus.ir.kernel import Gives, Kind, Order, Spec, rows
from litmus.render.table import table

WIDTH = 100

_WRITTEN = "<!-- Written by `litmus reference {} --format markdown`: do not edit. -->"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: paragraphs, then a table, if it has rows."""

    title: str
    paragraphs: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A reference page."""

    name: str
    title: str
    sections: tuple[Section, ...]

    def text(self) -> str:
        """The page for a terminal."""
        parts = [f"{self.title}\n"]
        for section in self.sections:
            parts.append(f"{section.title}\n{'-' * len(section.title)}\n" if section.title else "")
            parts += [f"{fill(paragraph, WIDTH)}\n" for paragraph in section.paragraphs]
            parts.append(table(section.headers, section.rows) if section.rows else "")
        return "\n".join(part for part in parts if part)

    def markdown(self) -> str:
        """The page as a file of the documentation."""
        parts = [f"# {self.title}", _WRITTEN.format(self.name)]
        for section in self.sections:
            parts += [f"## {section.title}"] if section.title else []
            parts += [fill(paragraph, 110, break_long_words=False) for paragraph in section.paragraphs]
            if section.rows:
                lines = [section.headers, ("---",) * len(section.headers), *section.rows]
                parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
        return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


# --- kernel C ---------------------------------------------------------------------------------------------------------

_KINDS: Mapping[Kind, str] = {
    Kind.READ: "Reads",
    Kind.WRITE: "Writes",
    Kind.UPDATE: "Atomic updates",
    Kind.FENCE: "Fences",
    Kind.LOCK: "Locks",
    Kind.RCU: "Read-copy-update",
}
_ARGUMENTS: Mapping[str, str] = {"l": "place", "p": "pointer", "v": "value", "-": "flags"}
_ALIKE: Mapping[str, str] = {"atomic_long_": "atomic_", "atomic64_": "atomic_", "raw_spin_": "spin_"}
_ABOUT = (
    "Functions are those of today's kernels and of 2008. Each is one primitive, and each architecture says for each "
    "era how it implements it: `litmus models NAME`. Where an architecture has no row for a primitive, it is "
    "implemented as the one in the column 'as'.",
    "The columns of the eras say on which architectures of the era the function can be decided. `atomic_long_` and "
    "`atomic64_` are as `atomic_`, and `raw_spin_` is as `spin_`.",
)
_ABOUT_C11 = (
    "A test is in C11 if it names an atomic type, a memory order, or one of these functions that the kernel does not "
    "have. Functions on atomic objects also have a form with `_explicit`, which takes the memory orders as its last "
    "arguments; without it they are `memory_order_seq_cst`.",
)
_SPECIAL: Mapping[str, str] = {
    "PURE": "the value of the argument",
    "COMPUTED": "computed, without an access",
    "TRY": "as the compare-and-exchange; gives whether it wrote, and puts what it read into its second argument",
    "WAITS": "reads until a condition on what it read (`VAL`) holds",
    "BITS": "a plain read and a plain write of the word that has the bit",
    "REPORTS": "evaluates the argument; if it is not 0 the answer has a flag",
}


def c_page() -> Page:
    """The functions that a test in kernel C may call."""
    known = [info for info in models() if info.kernel]
    sections = [Section("", _ABOUT)]
    for kind in dict.fromkeys((*_KINDS, *Kind)):
        found = [(name, call) for name, call in CALLS.items() if call.spec.kind is kind and not _is_alike(name)]
        title = _KINDS.get(kind, kind.value.capitalize())
        lines = tuple(_c_row(name, call, known) for name, call in found)
        headers = ("function", "primitive", "order", "gives", "as", *(f"Linux {era}" for era in ERAS))
        sections += [Section(title, (), headers, lines)] if lines else []
    sections.append(Section("More than one primitive, or none", (), ("function", "what it is"), tuple(_special())))
    sections.append(Section("C11", _ABOUT_C11, ("function", "operation", "orders"), tuple(_c11())))
    refused = {**calls.REFUSED, **getattr(calls, "OF_TYPES", {})}
    sections.append(Section("Known, but not supported", (), ("function", "instead"), tuple(refused.items())))
    return Page("c", "Functions in kernel C, and in C11", tuple(sections))


def _c11() -> Iterator[tuple[str, ...]]:
    """The functions of C11."""
    for name, call in atomics.CALLS.items():
        if name.endswith("_explicit"):
            continue
        takes = ["pointer", *["expected"] * (call.operation == "compare_exchange"), *["value"] * call.values]
        orders = "; ".join(", ".join(orders) for orders in call.orders)
        yield f"{name}({', '.join(takes)})", call.operation, orders
    for name, between in atomics.FENCES.items():
        yield f"{name}(order)", "fence" if between else "none: one thread", ", ".join(ORDERS)
    yield "atomic_init(pointer, value)", "plain write", ""
    for name, operation in atomics.MUTEXES.items():
        yield f"{name}(pointer)", operation, ""


def _is_alike(name: str) -> bool:
    """Whether a function has the same row as one with another prefix."""
    return any(name.startswith(a) and name.replace(a, b, 1) in CALLS for a, b in _ALIKE.items())


def _c_row(name: str, call: KernelCall, known: Sequence[ModelInfo]) -> tuple[str, ...]:
    spec = call.spec
    usage = f"{name}({', '.join(_ARGUMENTS.get(letter, letter) for letter in call.takes)})"
    gives = "" if spec.gives is Gives.NOTHING else _GIVES[spec.gives]
    order = "" if spec.kind is Kind.FENCE or spec.order is Order.PLAIN else spec.order.value
    eras = [_where(spec, era, known) for era in ERAS]
    return usage, "" if spec.name == name else spec.name, order, gives, ", ".join(rows(spec.name)[1:]), *eras


_GIVES: Mapping[Gives, str] = {
    Gives.VALUE: "what it read",
    Gives.NEW: "what it wrote",
    Gives.ZERO: "whether it wrote 0",
    Gives.NEGATIVE: "whether it wrote less than 0",
    Gives.BIT: "the bit that it read",
    Gives.DONE: "whether it succeeded",
}


def _where(spec: Spec, era: str, known: Sequence[ModelInfo]) -> str:
    """On which architectures a primitive can be decided in an era."""
    there = [info for info in known if any(mapping.era == era for mapping in info.kernel)]
    able = [info.name for info in there if not info.rows(era).keys().isdisjoint(rows(spec.name))]
    if not able:
        return "none"
    if len(able) == len(there):
        return "all"
    lacking = [info.name for info in there if info.name not in able]
    return f"all but {', '.join(lacking)}" if len(lacking) < len(able) else ", ".join(able)


def _special() -> Iterator[tuple[str, str]]:
    """The calls that are not exactly one primitive."""
    left = {name: None for name in sorted(SPECIAL) if name not in CALLS}
    for group, said in _SPECIAL.items():
        names = [name for name in sorted(getattr(calls, group, ())) if name in left]
        names = [name for name in names if not any(name.startswith(a) for a in _ALIKE)] if group != "PURE" else names
        if names:
            yield ", ".join(names), said
        for name in getattr(calls, group, ()):
            left.pop(name, None)
    singles = {
        calls.ACCESS_ONCE: "READ_ONCE or WRITE_ONCE, by where it stands",
        calls.TEST_BIT: "READ_ONCE of the word",
    }
    for name in left:
        yield name, singles.get(name, "")


# --- assembly ---------------------------------------------------------------------------------------------------------


def instructions_page() -> Page:
    """The instructions of each dialect."""
    sections = [
        Section(
            "",
            (
                "By dialect, which is what stands in the first line of a test; `litmus archs` says which models decide "
                "such tests. Instructions with the same operands share a row.",
            ),
        )
    ]
    for dialect in all_dialects():
        found = _instructions(dialect)
        if found is None:
            continue
        by_operands: dict[str, list[str]] = {}
        for name, operands in found.items():
            by_operands.setdefault(operands, []).append(name)
        lines = tuple((", ".join(sorted(names)), _said(operands)) for operands, names in by_operands.items())
        sets = f"Sets of its events in cat: {', '.join(sorted(dialect.sets)) or 'none'}."
        sections.append(Section(", ".join(dialect.archs), (sets,), ("instructions", "operands"), lines))
    return Page("instructions", "Instructions", tuple(sections))


def _said(operands: str) -> str:
    """The operands of an instruction, of which some have two kinds: `none or rw,rw`."""
    return " or ".join(form or "none" for form in operands.split(" or "))


def _instructions(dialect: Dialect) -> Mapping[str, str] | None:
    """What the module of a dialect says of its instructions; None if it has no table of them."""
    module = module_of(dialect)
    found: Callable[[], Mapping[str, str]] | None = getattr(module, "instructions", None)
    return None if found is None else found()


# --- all pages --------------------------------------------------------------------------------------------------------

_CAT = "litmus.cat.reference"

PAGES: Mapping[str, Callable[[], Page]] = {"c": c_page, "instructions": instructions_page}
"""The pages that are made from tables, by name; each is docs/reference/NAME.md."""


def page_names() -> tuple[str, ...]:
    """All pages that there are: those of `PAGES`, and that of cat."""
    return (*PAGES, *(["cat"] if find_spec(_CAT) is not None else []))


def page(name: str, form: str) -> str:
    """A page by name, as `text` or as `markdown`."""
    if name == "cat":
        return str(import_module(_CAT).cat_reference())
    made = PAGES[name]()
    return made.markdown() if form == "markdown" else made.text()
