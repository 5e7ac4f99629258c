"""What was found out about the barriers of a test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from litmus.barriers.kinds import CandidateKind
from litmus.barriers.sites import What
from litmus.barriers.writing import Edit
from litmus.base.source import Span
from litmus.ir.litmus_test import LitmusTest, Prop
from litmus.ir.verdict import Answer


class Need(Enum):
    """Whether a part of a program is needed to forbid its outcome."""

    NECESSARY = "necessary"
    REDUNDANT = "redundant"
    STRONGER = "stronger than needed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a program: `text` is put in place of what is at `span`, or before it.

    `old` is what was there; "" if the barrier is put before the statement at `span`. An empty `text` removes `old`.
    `edits` do it in the file.
    """

    span: Span
    thread: int
    old: str
    text: str
    edits: tuple[Edit, ...]

    @property
    def line(self) -> int:
        """The line of the file."""
        return self.span.source.position(self.span.start)[0]


@dataclass(frozen=True, slots=True)
class OnArch:
    """What a part of the program does on one architecture.

    `state` is an outcome that returns without it, "" if none does. `enough` are the weaker forms that would do.
    """

    arch: str
    need: Need
    state: str = ""
    enough: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A barrier, an ordered access, a lock or a dependency, on each architecture that forbids the outcome.

    `need` is for all of them at once: it is redundant if no architecture needs it, and stronger than needed if one of
    the weaker forms in `enough` would do on all. `changes` make weaker forms of it, the last the weakest; a dependency
    has none. `text` is how the program has it; of a dependency, which it is, from `span` to `to`.
    """

    what: What
    text: str
    span: Span
    thread: int
    need: Need
    archs: tuple[OnArch, ...]
    enough: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    to: Span | None = None

    @property
    def change(self) -> Change | None:
        """The change to the weakest form that would do on all architectures; None if there is none."""
        if self.need is Need.REDUNDANT:
            return self.changes[-1]
        return next((c for c in reversed(self.changes) if c.text in self.enough), None)


@dataclass(frozen=True, slots=True)
class Bound:
    """Why nothing cheaper will do: on `arch` the outcome `state` is possible with all candidates but those in `needed`.

    These are numbers of candidates; one of them is needed.
    """

    arch: str
    needed: tuple[int, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change that may be made, and what it costs by architecture and in all."""

    change: Change
    costs: tuple[tuple[str, int], ...]
    cost: int


@dataclass(frozen=True, slots=True)
class Repair:
    """The cheapest sets of changes that forbid the outcome on all of `archs` at once.

    Each of `sets` costs `cost`; `texts` are the programs with them. `proof`: any set of `candidates` that forbids the
    outcome has one of the `needed` of each bound, and no cheaper one does, if what is at one place is changed once.

    Without `sets`, nothing among the candidates forbids it on `impossible`; if `interleaved`, as an interleaving of the
    threads has it: it takes a lock, or other code. `more`: there are more cheapest sets than these. `kinds` are the
    kinds of candidates that were tried. `depends`: one of `sets` has a dependency that is there for its order alone.
    """

    archs: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    sets: tuple[tuple[Change, ...], ...] = ()
    texts: tuple[str, ...] = ()
    cost: int = 0
    proof: tuple[Bound, ...] = ()
    impossible: tuple[str, ...] = ()
    interleaved: bool = False
    more: bool = False
    kinds: tuple[CandidateKind, ...] = ()
    depends: bool = False


@dataclass(frozen=True, slots=True)
class Partner:
    """What is in another thread opposite a barrier: a barrier, an ordered access, or a dependency."""

    text: str
    span: Span
    thread: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A barrier or an ordered access and its partners: what orders the next threads in a cycle that it helps to forbid.

    Without partners it is in no cycle, on no architecture, or those threads are in order by themselves.
    """

    span: Span
    text: str
    thread: int
    partners: tuple[Partner, ...]


@dataclass(frozen=True, slots=True)
class BarrierReport:
    """The barriers of a test on several architectures.

    `answers` are the answers to what the test asks, by architecture. `findings` are about the architectures that
    forbid the outcome, `repairs` about those that allow it: one for all, or one for each. `reduced`: the cheapest forms
    of the barriers that are there with which the outcome stays forbidden, if a finding says that there is one; only if
    all architectures forbid it. `skipped` are the architectures that do not decide the test, each with the reason.
    """

    test: LitmusTest
    era: str
    asked: Prop
    answers: tuple[tuple[str, Answer], ...]
    findings: tuple[Finding, ...] = ()
    pairs: tuple[Pair, ...] = ()
    reduced: Repair | None = None
    repairs: tuple[Repair, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line."""
        allowed = [arch for arch, answer in self.answers if answer is Answer.ALLOWED]
        needs = [f"{sum(f.need is need for f in self.findings)} {need.value}" for need in Need]
        said = f"Allowed on {', '.join(allowed)}" if allowed else "Forbidden"
        return f"<BarrierReport of {self.test.name}: {said}; {', '.join(needs)}>"

    def _repr_markdown_(self) -> str:
        from litmus.base.display import markdown

        return markdown(self)
