"""A test in kernel C and its assembly: the same states, the same verdict, the same dependencies."""

from __future__ import annotations

from collections.abc import Mapping

from oracles.shared import PATIENCE

from litmus.base.errors import UnsupportedError
from litmus.base.source import Source
from litmus.cat.description import ModelInfo
from litmus.engine import Engine
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.events import Event, EventGraph
from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest, Observable, Register
from litmus.ir.options import Options
from litmus.ir.verdict import Status, Verdict
from litmus.kernel.emit import assembly, lowered
from litmus.kernel.emit.litmus_text import AssemblyText
from litmus.unfold import unfold


def read(written: AssemblyText) -> LitmusTest:
    """The assembly, read again."""
    return parse_test(Source(written.name, written.text))


def homes(written: AssemblyText, arch: str) -> Mapping[Observable, Observable]:
    """The registers that variables are in, by the names that states have."""
    dialect = dialect_for(arch)
    return {old: Register(new.thread, dialect.register(new.name) or "?") for old, new in written.registers.items()}


def states(verdict: Verdict, homes: Mapping[Observable, Observable]) -> set[frozenset[tuple[Observable, object]]]:
    """The states of a verdict, over the registers that variables are in."""

    def moved(state: State) -> frozenset[tuple[Observable, object]]:
        return frozenset((homes.get(item, item), value) for item, value in state)

    return {moved(state) for state in verdict.states}


def written_or_refused(
    test: LitmusTest, architecture: ModelInfo, era: str
) -> tuple[AssemblyText, None] | tuple[None, UnsupportedError]:
    """The assembly of a test, or why there is none."""
    try:
        return assembly(test, architecture, era), None
    except UnsupportedError as error:
        return None, error


def question(test: LitmusTest, architecture: ModelInfo, era: str) -> object:
    """All that is decided of a test and its assembly. Where two eras have the same, one answer is that of both."""
    written, why = written_or_refused(test, architecture, era)
    if written is None:
        return era, why
    return [thread.body for thread in lowered(test, architecture, era).threads], written.text.replace(era, "")


def same_answer(engine: Engine, test: LitmusTest, architecture: ModelInfo, era: str, most: int = 10_000) -> str:
    """Holds the assembly of a test to the answer that the test has; what there was to compare.

    Where the test itself is refused, for want of a mapping, so is its assembly. Loops go round twice, as usual, or less
    if the graph would have more than so many events.
    """
    written, why = written_or_refused(test, architecture, era)
    try:
        direct = engine.check(test, architecture.name, Options(era=era, timeout=PATIENCE))
    except UnsupportedError as error:
        direct, message = None, error.message
    if direct is None:
        assert why is not None, message
        assert why.message == message
        return "refused"
    if written is None:
        assert why is not None
        if why.message.startswith("words of 64 bits"):
            return "too wide"
        assert why.span is not None, why.message
        return "not written"
    again = read(written)
    unroll = next((n for n in (2, 1) if len(unfold(again, n).events) <= most), 0)
    found = engine.check(again, architecture.name, Options(timeout=PATIENCE, unroll=unroll))
    assert direct.status in (Status.DONE, Status.BOUND), direct.message
    assert (found.ok, found.allowed, found.observation) == (direct.ok, direct.allowed, direct.observation), written.text
    assert states(found, {}) == states(direct, homes(written, again.arch)), written.text
    if found.status is not direct.status:  # loops that only try again, which the lowered test does without
        assert (direct.status, found.status) == (Status.DONE, Status.BOUND)
    return "same"


# --- what depends on what --------------------------------------------------------------------------------------------

Shape = tuple[tuple[str, frozenset[str], tuple[tuple[str, int], ...]], ...]
"""The events of a thread: kind, tags, and the dependencies on earlier ones, by their places among these events."""


def shapes(graph: EventGraph, picks: bool) -> list[Shape]:
    """What each thread does, but for branches and for where and what it reads and writes.

    With `picks`, pick dependencies count as the dependencies that they may stand for.
    """
    threads: dict[int, list[Event]] = {}
    for event in graph.events:
        if not event.is_init and event.kind != "B":
            threads.setdefault(event.thread, []).append(event)
    names = [("addr", "pick-addr"), ("data", "pick-data"), ("ctrl", "pick-ctrl"), ("rmw",)]
    relations = [(kinds[0], [graph.relations[one].rows for one in kinds[: 1 + picks]]) for kinds in names]
    found: list[Shape] = []
    for _, events in sorted(threads.items()):
        found.append(
            tuple(
                (
                    event.kind,
                    event.tags,
                    tuple(
                        (name, place)
                        for name, several in relations
                        for place, source in enumerate(events)
                        if any(rows[source.index] >> event.index & 1 for rows in several)
                    ),
                )
                for event in events
            )
        )
    return found


def direct_shapes(test: LitmusTest, architecture: ModelInfo, era: str) -> list[Shape]:
    """The shapes of a test that was lowered; its loops go round once."""
    return shapes(unfold(lowered(test, architecture, era), 0), False)


def written_shapes(test: LitmusTest, architecture: ModelInfo, era: str, picks: bool = False) -> list[Shape]:
    """The shapes of a test that was lowered, written and read again; its loops go round once."""
    return shapes(unfold(read(assembly(test, architecture, era)), 0), picks)


def as_dependent(test: LitmusTest, architecture: ModelInfo, era: str) -> bool:
    """Whether the assembly of a test has the dependencies that the test has.

    In AArch64 what a comparison gives (CSET) is picked by it, and what a CAS returns may depend on what it compares
    with: there, the assembly has more, some of it as pick dependencies.
    """
    wanted = direct_shapes(test, architecture, era)
    if architecture.name != "aarch64":
        return written_shapes(test, architecture, era) == wanted
    found = written_shapes(test, architecture, era, picks=True)
    return [[event[:2] for event in thread] for thread in found] == [
        [event[:2] for event in thread] for thread in wanted
    ] and all(
        set(event[2]) <= set(other[2])
        for thread, others in zip(wanted, found, strict=True)
        for event, other in zip(thread, others, strict=True)
    )
