"""Inputs made to be slow: each ends with an answer, or with an error of ours, after a bounded number of steps."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
import yaml
from oracles.steps import counted, lines_of, lines_within

import litmus
from benchmarks.families import FAMILIES, Family, c, outcome, x86
from benchmarks.large import ring
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, ModelError, UsageError
from litmus.base.source import Source
from litmus.base.yaml_tree import parse
from litmus.cat import load_text, registry
from litmus.engine import Engine
from litmus.frontend import files
from litmus.ir.options import Options
from litmus.kernel.caveats import racy
from litmus.kernel.lowering import lower
from litmus.pci.ordering import read_passing
from litmus.render.json import line as json_line
from litmus.render.text import block


def laughs(n: int) -> str:
    """A YAML text of n lines, whose value has 9**n parts."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, n)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (laughs(9), "<t>:2:10"),
        ("a: &a x\nb: *a", "<t>:2:4"),
        ("a: &a {b: c}\nd:\n  <<: *a", "<t>:3:7"),
        ("&a [*a]", "<t>:1:5"),
    ],
)
def test_yaml_with_aliases_is_refused_at_the_first(text: str, place: str) -> None:
    assert yaml.parse  # loading it is no part of what is counted
    with counted(1_000), pytest.raises(ModelError, match=r"aliases such as .* are not supported") as caught:
        parse(Source("<t>", text), ModelError, "the text")
    assert str(caught.value.span) == place


def test_anchors_without_aliases_and_stars_in_texts_are_read() -> None:
    tree = parse(Source("<t>", "a: &a x\nb: 'a *a'"), ModelError, "the text")
    assert [value.text() for _, value in tree.entries()] == ["x", "a *a"]


def test_ordering_rules_from_a_pipe_are_refused_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with pytest.raises(ModelError, match="is not a file"):
        read_passing(str(pipe))


def plain(threads: int, pointers: bool = False) -> litmus.LitmusTest:
    """Kernel C in which each thread has two locations of its own, and perhaps goes by a pointer."""
    where = "".join(
        f"P{t}(int *x{t}, int *y{t}, int **p) {{ *x{t} = 1; int r = *y{t};"
        + (" int *q = READ_ONCE(*p); *q = 2; int s = *q;" if pointers else "")
        + " }\n"
        for t in range(threads)
    )
    return litmus.parse(f"C t\n{{ p=x0; }}\n{where}exists (x0=1)\n")


@pytest.mark.parametrize("pointers", [False, True])
def test_races_are_searched_in_steps_that_grow_as_the_threads(pointers: bool) -> None:
    work = []
    for threads in (40, 80):
        test = plain(threads, pointers)
        with lines_of(racy) as lines:
            notes = racy(test)
        assert bool(notes) is pointers
        work.append(lines[0])
    assert work[1] < 2.3 * work[0], work


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_work_grows_as_the_input_does(family: Family) -> None:
    """In lines that are executed; benchmarks/hostile.py has the seconds and the memory, at larger sizes."""
    outcome(family.make(2))  # what is loaded once is not counted
    if family.limited:
        with counted(8_000_000):
            outcome(family.make(2 * family.size))
        return
    work = []
    for size in (family.size, 2 * family.size):
        made = family.make(size)
        with lines_within("litmus", 1_000_000) as lines:
            outcome(made)  # an error of ours is an answer, anything else is raised
        work.append(lines[0])
    assert work[1] < 2.3 * work[0], work


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("C: doubling macros of nothing", 40, "macros that stand for more than 100000 words and signs"),
        ("C: macros of one large macro", 20, "macros that stand for more than 100000 words and signs"),
        ("C: uncalled functions with many calls", 200, "calls that stand for more than 300000 words and signs"),
        ("C: threads with many calls", 200, "calls that stand for more than 300000 words and signs"),
        ("endless loops", 301, "loops are nested deeper than 300 levels"),
    ],
)
def test_what_grows_faster_reaches_a_limit_that_has_a_name(name: str, size: int, said: str) -> None:
    (family,) = [family for family in FAMILIES if family.name == name]
    assert said in outcome(family.make(size))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("C: if in if", 120),
        ("C: jumps to the end", 150),
        ("endless loops", 100),
        ("cat: functions that call the next twice", 30),
        ("cat: functions that call the next twice alike", 60),
        ("cat: procedures that call the next twice", 60),
        ("include: twice each", 30),
    ],
)
def test_what_herd7_answers_is_answered(name: str, size: int) -> None:
    """It evaluates each call, so for those that double it takes its minute at half of these sizes."""
    (family,) = [family for family in FAMILIES if family.name == name]
    with counted(2_000_000):
        assert outcome(family.make(size)) == "read"


def test_indexes_of_indexes_are_limited(tmp_path: Path) -> None:
    for k in range(30):
        (tmp_path / f"@i{k}").write_text(f"@i{k + 1}\n")
    _, errors = files.expand([f"{tmp_path}/@i0"])
    assert [error.message for error in errors] == ["indexes nested deeper than 20 levels are not supported"]
    (tmp_path / "@twice").write_text("a.litmus\n" * 60_000)
    (tmp_path / "@all").write_text("@twice\n@twice\n@twice\n")
    found, errors = files.expand([f"{tmp_path}/@all"])
    assert len(found) < 100_000
    assert [error.message for error in errors] == ["more than 100,000 lines of indexes are not supported"]
    assert isinstance(errors[0], UsageError)


# --- memory -----------------------------------------------------------------------------------------------------------


def peak(work: Callable[[], object]) -> int:
    """The most bytes that are allocated at once, by Python; nothing that only a collector frees is freed.

    When the collector runs depends on what ran before, and so would the answer.
    """
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        outcome(work)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("instructions", 2_000), ("labels", 1_000), ("locations", 1_000), ("atoms", 4_000), ("alternatives", 4_000)),
        *(("declarations", 2_000), ("threads", 1_000), ("C: writes", 500), ("C: macros", 1_000)),
        *(("cat: lets", 4_000), ("cat: unused lets", 4_000), ("cat: one let again", 4_000), ("cat: functions", 2_000)),
        *(("cat: named axioms", 2_000), ("cat: procedures", 2_000), ("yaml: keys", 2_000), ("index: lines", 4_000)),
    ],
)
def test_memory_grows_as_the_input_does(name: str, size: int) -> None:
    (family,) = [family for family in FAMILIES if family.name == name]
    outcome(family.make(2))  # what is loaded once is not counted
    once, twice = (peak(family.make(n)) for n in (size, 2 * size))
    assert once > 100_000  # otherwise it says nothing
    assert twice < 2.4 * once, (once, twice)


@pytest.mark.slow
def test_a_model_of_many_definitions_takes_memory_for_each_and_no_more() -> None:
    """As long as elaboration may take: a table of all names for each of them would be gigabytes."""

    def model(n: int) -> Callable[[], object]:
        text = "let a0 = po\n" + "".join(f"let a{k} = a{k - 1} | rf\n" for k in range(1, n)) + f"acyclic a{n - 1}"
        return lambda: load_text(text).elaborate(frozenset())

    once, twice = peak(model(13_000)), peak(model(26_000))
    assert twice < 2.4 * once, (once, twice)
    assert twice < 26_000 * 6_000


def test_memory_that_grows_faster_is_seen() -> None:
    """The test above can fail: a list of all names so far, kept for each of them."""

    def copies(n: int) -> Callable[[], object]:
        return lambda: [list(range(k)) for k in range(n)]

    assert peak(copies(800)) > 2.4 * peak(copies(400))


# --- deadlines --------------------------------------------------------------------------------------------------------


def _reads(rows: int) -> str:
    return x86(" MOV EAX,[x] ;\n MOV [x],$1 ;\n" * rows)


def _chosen(rows: int) -> str:
    """A test with 2**rows candidates."""
    return (
        "X86 t\n{ }\n P0 | P1 ;\n"
        + "".join(f" MOV [x{k}],$1 | MOV EAX,[x{k}] ;\n" for k in range(rows))
        + "exists (x0=1)\n"
    )


STAGES: dict[str, Callable[[float], object]] = {
    "reading": lambda t: litmus.parse(_reads(3_000), timeout=t),
    "reading a condition": lambda t: litmus.parse(
        x86(" MOV [x],$1 ;", "exists (" + "x=1 /\\ " * 4_000 + "x=1)"), timeout=t
    ),
    "reading kernel C": lambda t: litmus.parse(c("WRITE_ONCE(*x, 1);\n" * 2_000), timeout=t),
    "lowering": lambda t: litmus.check(MANY_PRIMITIVES, "power", timeout=t),
    "unfolding, domains and bounds": lambda t: litmus.check(MANY_READS, timeout=t, verdict_only=True),
    "candidates": lambda t: litmus.check(MANY_CANDIDATES, timeout=t),
    "encoding and enumerating": lambda t: litmus.check(RING, timeout=t),
    "explaining": lambda t: litmus.explain(RING, timeout=t),
    "reading and elaborating a model": lambda t: judged(DEFINITIONS, t),
    "elaborating for one test": lambda t: judged(ENUMERATED, t),
    "drawing": lambda t: litmus.graph(WIDE, timeout=t),
    "writing an answer and freeing": lambda t: answered(RING, t),
}
DEFINITIONS = "".join(f"let a{k} = po | (rf ; po)\nlet f{k}(r) = a{k} ; r | f{k - 1}(r)\n" for k in range(1, 700))
DEFINITIONS = f"let f0(r) = r\n{DEFINITIONS}" + "acyclic f200(po)\n" * 3
ENUMERATED = "let rec f S = match S with {} -> 0 || e ++ s -> [e] ; po | f s end\n" + "acyclic f(M)\n" * 40
MANY_PRIMITIVES = litmus.parse(c("WRITE_ONCE(*x, 1);\n" * 300))
MANY_READS = litmus.parse(_reads(150))
MANY_CANDIDATES = litmus.parse(_chosen(10))
RING = litmus.parse(ring(10, "sync"))
WIDE = litmus.parse(
    f"X86 t\n{{ }}\n {' | '.join(f'P{k}' for k in range(8))} ;\n"
    + "".join(
        f" {' | '.join(f'MOV [x{(k + r) % 9}],$1' if r % 2 else f'MOV EAX,[x{5 * k % 9}]' for k in range(8))} ;\n"
        for r in range(12)
    )
    + "exists (x0=1)\n"
)


def judged(model: str, timeout: float) -> object:
    """A test under a model that is read anew."""
    with TemporaryDirectory() as place, Engine() as engine:
        path = Path(place) / "m.cat"
        path.write_text(model)
        return engine.check(MANY_CANDIDATES, str(path), Options(timeout=timeout, verdict_only=True))


def answered(test: litmus.LitmusTest, timeout: float) -> str:
    """The answer as it is written, when everything is freed."""
    with Engine() as engine:
        verdict = engine.check(test, options=Options(timeout=timeout))
    return block(verdict) + json_line("t", verdict)


OVERRUN = {"encoding and enumerating": 250_000, "writing an answer and freeing": 350_000}
"""Calls of functions: what was found in time, up to 256 states at once, is judged and written even if time is up."""


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_deadline_holds_in_every_stage(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that counts calls of functions: wherever the time is up, the work ends a few calls later."""
    work = STAGES[stage]
    with counted(10**9) as clock:
        monkeypatch.setattr("litmus.base.deadline.time", SimpleNamespace(monotonic=lambda: clock.calls))
        work(10**9)  # the models are read once
        start = clock.calls
        work(10**9)
        whole = clock.calls - start
        for part in (1, 4, 7):
            start, limit = clock.calls, whole * part // 8
            with suppress(LimitReached):
                work(limit)
            assert clock.calls - start < limit + OVERRUN.get(stage, 16_000), (part, whole)


def test_time_that_is_up_stops_lowering(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on when it is looked at."""
    test = litmus.parse(c("WRITE_ONCE(*x, 1);\n" * 300))
    model = registry.info("power")
    monkeypatch.setattr("litmus.base.deadline.time", SimpleNamespace(monotonic=count().__next__))
    with pytest.raises(LimitReached, match="out of time"):
        lower(test, model, "v6", Deadline.after(200))
    assert lower(test, model, "v6", Deadline.after(400)).threads
