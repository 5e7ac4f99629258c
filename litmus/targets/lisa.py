"""LISA: the annotations of instructions become sets, as a bell file declares them.

All events have sets of the names of their annotations, with a capital first letter, and these:

    X, RMW    the read and the write of `rmw`
    Ftotal    all fences

Without a bell file annotations have no meaning, and no set. Under the variant `backcompat` the annotations of the first
tests of the kernel's model are read as those of later bell files: `rcu_read_lock` for `rcu-lock` and so on, `assign`
for a release, and a dereference is a read and the fence that Alpha needed. The sets of locks, which no test in LISA
takes, are empty. Source: herdtools7 7.58, lib/BellCheck.ml, herd/BellSem.ml and herd/BellAction.ml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Span
from litmus.cat.bell import NO_TAGS, OLDER_TESTS, Tags
from litmus.cat.load import CatModel
from litmus.dialects.lisa import DIALECT
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Fence, Load, Rmw, Statement, Store, Thread
from litmus.targets.definitions import LOCKS

_RENAMED: Mapping[str, str] = {"rcu_read_lock": "rcu-lock", "rcu_read_unlock": "rcu-unlock", "sync": "sync-rcu"}
_DEREFERENCES = (frozenset({"deref"}), frozenset({"lderef"}))
_OLDER: Mapping[str, tuple[str, ...]] = {"release": ("assign",), "acquire": ("deref", "lderef")}
"""The annotations of older tests that are allowed wherever a tag is."""

_ATOMIC = frozenset({"X", "RMW"})
_TOTAL = frozenset({"Ftotal"})


@dataclass(frozen=True, slots=True)
class LisaTarget:
    """A test in LISA under a model; no event of it is in the sets `absent`."""

    read: LitmusTest
    sets: frozenset[str]
    absent: frozenset[str]
    variants: frozenset[str]
    relations: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: CatModel, test: LitmusTest, options: Options, deadline: Deadline = NO_DEADLINE) -> LisaTarget:
        """The target of a test. Raises ModelError for an annotation that the bell file of the model does not allow,
        LimitReached at the deadline."""
        variants = options.variants | model.variants
        reading = _Reading(model.tags, OLDER_TESTS in variants)
        threads = tuple([_thread(thread, reading, deadline) for thread in test.threads])
        sets, absent = DIALECT.sets, frozenset[str]()
        if model.tags is not None:
            sets = sets | model.tags.sets | LOCKS
            absent = sets - {tag for thread in threads for statement in thread.body for tag in _tags(statement)}
        return cls(replace(test, threads=threads), sets, absent, variants)

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test with sets in place of annotations."""
        return self.read

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph, unchanged."""
        return graph


def _tags(statement: Statement) -> frozenset[str]:
    match statement:
        case Load(tags=tags) | Store(tags=tags) | Fence(tags=tags):
            return tags
        case Rmw(read_tags=tags):
            return tags
    return frozenset()


def _thread(thread: Thread, reading: _Reading, deadline: Deadline) -> Thread:
    body: list[Statement] = []
    row_of: list[int] = []
    for statement, row in zip(thread.body, thread.row_of, strict=True):
        deadline.check()
        for one in reading.statements(statement):
            body.append(one)
            row_of.append(row)
    return replace(thread, body=tuple(body), row_of=tuple(row_of))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How annotations are read: by the tags of a bell file, if there is one, and perhaps as those of older tests."""

    tags: Tags | None
    older: bool

    def statements(self, statement: Statement) -> Iterator[Statement]:
        match statement:
            case Load(tags=tags, span=span):
                sets = self.sets("R", tags, span)
                if self.older and self.canonical(tags) in _DEREFERENCES:
                    yield replace(statement, tags=self.known("once", span))
                    yield Fence(self.known("rb_dep", span) | _TOTAL, span)
                else:
                    yield replace(statement, tags=sets)
            case Store(tags=tags, span=span):
                sets = self.sets("W", tags, span)
                if self.older and tags == {"assign"}:
                    sets = self.known("release", span)
                yield replace(statement, tags=sets)
            case Fence(tags=tags, span=span):
                yield replace(statement, tags=self.sets("F", tags, span) | _TOTAL)
            case Rmw(read_tags=tags, span=span):
                sets = self.sets("RMW", tags, span) | _ATOMIC
                yield replace(statement, read_tags=sets, write_tags=sets)
            case _:
                yield statement

    def canonical(self, tags: frozenset[str]) -> frozenset[str]:
        return frozenset([_RENAMED.get(tag, tag) for tag in tags]) if self.older else tags

    def known(self, tag: str, span: Span | None) -> frozenset[str]:
        """The set of a tag that an older annotation stands for; none if the bell file has done away with it."""
        tags = self.tags or NO_TAGS
        return frozenset([tags.names[tag]]) if tag in tags.names else frozenset()

    def sets(self, kind: str, tags: frozenset[str], span: Span | None) -> frozenset[str]:
        """The sets of the events of an instruction of some kind. Raises ModelError for tags that it cannot have."""
        if self.tags is None:
            return frozenset()
        tags = self.canonical(tags) or self.tags.default(kind)
        choices = self.tags.choices(kind) or ((),)
        allowed = [self.widened(choice) for choice in choices] if self.older else choices
        if not any(_fits(tags, choice) for choice in allowed):
            raise self.refused(kind, tags, allowed, span)
        return frozenset([self.tags.names.get(tag, tag) for tag in tags])

    def widened(self, choice: tuple[frozenset[str], ...]) -> tuple[frozenset[str], ...]:
        """A choice with the annotations of older tests."""
        return tuple([tags.union(*[_OLDER.get(tag, ()) for tag in tags]) for tags in choice])

    def refused(
        self, kind: str, tags: frozenset[str], allowed: Sequence[tuple[frozenset[str], ...]], span: Span | None
    ) -> ModelError:
        """The error for tags that the bell file does not allow."""
        known = sorted({tag for choice in allowed for one in choice for tag in one})
        written = ",".join(sorted(tags))
        hint = f"it allows {', '.join(known)}" if known else "it allows none"
        meant = None
        for tag in sorted(tags - set(known)):
            if _RENAMED.get(tag) in known:
                meant = f"--variant {OLDER_TESTS} reads it as '{_RENAMED[tag]}'"
            else:
                meant = next((f"did you mean '{name}'?" for name in known if name.lower() == tag.lower()), None)
                meant = meant or did_you_mean(tag, known)
        return ModelError(f"the bell file does not allow {kind}[{written}]", span, meant or hint)


def _fits(tags: frozenset[str], choice: tuple[frozenset[str], ...]) -> bool:
    """Whether tags are one of each set."""
    return len(tags) == len(choice) and any(
        all(tag in allowed for tag, allowed in zip(order, choice, strict=True)) for order in permutations(tags)
    )
