"""Every public value and every error goes through pickle, copy and another process, and is equal afterwards."""

from __future__ import annotations

import copy
import importlib
import multiprocessing
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oracles.shared import engine

import litmus
from litmus.base.errors import InternalError, LimitReached, LitmusError
from litmus.base.source import Source, Span
from litmus.decide.findings import Findings
from litmus.explanations.witness import witness
from litmus.ir.events import AndF, Apply, Choice, Known, NonZero, NotF, OrF, ReadValue, Select
from litmus.ir.options import Options

CATALOG = Path(__file__).parent.parent / "catalog"

WAYS: tuple[Callable[[object], object], ...] = (
    lambda value: pickle.loads(pickle.dumps(value)),
    copy.copy,
    copy.deepcopy,
)

TESTS = (
    ("classic/x86/SB.litmus", None),
    ("classic/ppc/MP+lwsyncs.litmus", None),
    ("classic/c/S+wmb+data.litmus", "power"),
    ("pci/kernel/doorbell+dma_wmb+raw+x86.litmus", None),
)

LOOP = """X86 loop
{ }
 P0          | P1         ;
 MOV [x],$1  | L:         ;
 INC [y]     | MOV EAX,[x];
             | CMP EAX,$0 ;
             | JE L       ;
exists (1:EAX=1)
"""


def _below(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for child in error.__subclasses__():
        yield from _below(child)


def errors() -> list[Exception]:
    """An error of every class that there is, with all that it can tell."""
    for module in pkgutil.walk_packages(litmus.__path__, "litmus."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    span = Span(Source("x.litmus", "one\ntwo"), 4, 7)
    found: list[Exception] = []
    for kind in sorted(_below(LitmusError), key=str):  # in one order, whatever was imported first
        found.append(kind("timeout", "out of time") if issubclass(kind, LimitReached) else kind("what", span, "hint"))
    for kind in sorted(_below(InternalError), key=str):
        found.extend([kind("what", "folder", ""), kind("what", None, "disk full")])
    return found


def test_there_are_many_errors() -> None:
    assert {type(e).__name__ for e in errors()} > {"ParseError", "NeedsTest", "Mistake", "NoWitness", "ProcessDied"}


@pytest.mark.parametrize("way", WAYS)
def test_errors(way: Callable[[object], object]) -> None:
    for error in errors():
        found = way(error)
        assert type(found) is type(error)
        assert (str(found), vars(found)) == (str(error), vars(error))
        assert found == error
        assert hash(found) == hash(error)


def _values() -> Iterator[object]:
    yield Options(variants=frozenset({"a"}), timeout=1.5)
    yield litmus.parse(LOOP)
    yield litmus.check(litmus.parse(LOOP), unroll=1)
    yield tuple(litmus.models())
    yield litmus.shelves()
    yield litmus.compare([CATALOG / "classic/c/S+wmb+data.litmus", CATALOG / "classic/x86/SB.litmus"], ["sc", "power"])
    yield litmus.survey(CATALOG / "pci/kernel/doorbell+dma_wmb+raw+x86.litmus")
    for name, model in TESTS:
        test = litmus.load(CATALOG / name)
        verdict = litmus.check(test, model)
        ready = engine.prepare(test, model)
        yield from (test, verdict, verdict.witness, ready, ready.graph, ready.model, Findings(states=[*verdict.states]))
        yield engine.model(engine.model_for(test, model)).file
        yield witness(engine, test, model, Options(), violating=True)


def test_values() -> None:
    for value in _values():
        for way in WAYS:
            found = way(value)
            assert type(found) is type(value)
            assert found == value


def test_a_model_that_was_read() -> None:
    """A `CatModel` is equal to itself only, as it keeps what it has worked out; its copy works as it does."""
    test = litmus.load(CATALOG / "classic/ppc/MP+lwsyncs.litmus")
    model = engine.model("power")
    for way in WAYS:
        found = way(model)
        assert isinstance(found, type(model))
        assert (found.name, found.path, found.file) == (model.name, model.path, model.file)
        assert engine.prepare(test, found).model == engine.prepare(test).model


def test_a_table_with_errors_in_it() -> None:
    found = litmus.compare([CATALOG / "classic/x86/SB.litmus"], ["sc", "power"])
    assert any(isinstance(cell.error, LitmusError) for row in found.rows for cell in row.cells)
    assert pickle.loads(pickle.dumps(found)) == found


_COMPOUND = (
    Apply("add", (ReadValue(1), Known(2)), 32),
    Select(Choice(0), Known(1), ReadValue(3)),
    NonZero(Apply("neg", (ReadValue(1),))),
    NotF(Choice(1)),
    AndF((Choice(0), NotF(Choice(1)))),
    OrF((Choice(0), NonZero(ReadValue(4)))),
)


def test_expressions_can_be_found_by_another_process() -> None:
    """The hashes of strings are others there, and an expression keeps its own."""
    code = (
        "import pickle, sys\n"
        "from litmus.ir.events import *\n"
        "for node in pickle.load(sys.stdin.buffer):\n"
        "    assert hash(node) == hash(eval(repr(node))), node\n"
        "    assert node in {eval(repr(node))}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(_COMPOUND), capture_output=True, check=False)
    assert done.stderr == b""


def test_expressions_that_share_their_parts_are_compared_in_few_steps() -> None:
    left, right = Apply("neg", (ReadValue(0),)), Apply("neg", (ReadValue(0),))
    for _ in range(120):
        left, right = Apply("add", (left, left)), Apply("add", (right, right))
    assert left == right
    assert pickle.loads(pickle.dumps(left)) == left
    assert copy.deepcopy(left) == left
    assert Apply("add", (left, Known(1))) != Apply("add", (right, Known(2)))
    assert Apply("add", (left,), 32) != Apply("add", (right,), 64)
    assert NotF(Choice(1)) != NonZero(ReadValue(1))
    assert NotF(Choice(1)) != 1


def work(number: int) -> object:
    """What a pool does: number 0 has an answer, each other raises an error."""
    if number == 0:
        return litmus.check(CATALOG / "classic/x86/SB.litmus")
    raise errors()[number - 1]


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted({"fork", "spawn"} & set(multiprocessing.get_all_start_methods())))
def test_through_a_pool(method: str) -> None:
    """An error that cannot be unpickled makes a pool wait for ever."""
    with multiprocessing.get_context(method).Pool(1) as pool:
        found = pool.apply(work, (0,))
        assert isinstance(found, litmus.Verdict)
        assert (found.states, found.witness) == (litmus.check(found.test).states, litmus.check(found.test).witness)
        for number, error in enumerate(errors()):
            with pytest.raises(type(error)) as raised:
                pool.apply(work, (number + 1,))
            assert raised.value == error
