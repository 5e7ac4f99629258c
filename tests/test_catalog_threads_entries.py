"""The entries about threads: each says who said it and whether it was right, and none of the tests is empty."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import litmus
from litmus.catalog.entries import Entry, Ruling, Shelf, VerdictWord
from litmus.engine import Engine, Options
from litmus.frontend.files import read_test

pytestmark = pytest.mark.slow

LISTS = ("linux-mm", "linux-kernel")
ENTRIES = [
    (shelf, entry)
    for shelf in litmus.shelves()
    for entry in shelf.entries
    if shelf.name.startswith(("anon_vma", "kernel-"))
]
NEVER = [
    (shelf, entry)
    for shelf, entry in ENTRIES
    if {expected.word for of_era in entry.expected for expected in of_era.archs.values()} == {VerdictWord.FORBIDDEN}
]
ORDER = re.compile(
    r"^\t+(\w+ = )?(spin_(un)?lock|smp_\w+|[rw]?mb|s?rcu_read_(un)?lock|synchronize_s?rcu)\([^;]*\);\n", re.MULTILINE
)
"""A statement that does nothing but order others."""
ATOMIC = {"mkold+atomic": "mkold", "sticky+counter": "sticky+counter+plain"}
"""Tests that need no more than that an update is one step, and what becomes of each if it is not."""


def test_what_is_said_on_a_list_names_its_message() -> None:
    for shelf in litmus.shelves():
        for entry in shelf.entries:
            if entry.source.document.startswith(LISTS):
                assert entry.source.messages, entry.path
                assert entry.source.quote, entry.path
                assert entry.ruling is not None, entry.path


def test_a_claim_is_of_one_of_the_messages_that_it_names() -> None:
    """One is by its author, of its date, and at a time of day that it gives; a claim of our own has no author."""
    clock = re.compile(r"\b\d\d:\d\d\b")
    for shelf in litmus.shelves():
        for entry in shelf.entries:
            source = entry.source
            if not source.document.startswith(LISTS) or source.author is None:
                continue
            times = [message.time for message in source.messages if message.author == source.author]
            assert source.date in {time[:10] for time in times}, entry.path
            said = set() if "first message" in source.where else set(clock.findall(source.where))
            assert not said or said & {time[11:] for time in times}, entry.path


def test_a_ruling_is_not_said_twice() -> None:
    """The argument does not begin with the word that is the ruling."""
    words = {ruling.value for ruling in Ruling}
    for shelf in litmus.shelves():
        for entry in shelf.entries:
            if entry.ruling is not None:
                assert entry.argument.split()[0].strip(".,:;").lower() not in words, entry.path


MODELS: Mapping[str, tuple[str, Sequence[str]]] = {"kernel-rcu": ("v6", ["lkmm"])}
"""The era and the models by shelf; else machines of 2008."""


@pytest.mark.parametrize(("shelf", "entry"), NEVER, ids=[f"{s.name}/{e.name}" for s, e in NEVER])
def test_what_is_never_allowed_is_so_because_of_something(
    engine: Engine, shelf: Shelf, entry: Entry, tmp_path: Path
) -> None:
    """Without its locks and barriers a test that is forbidden everywhere is allowed on some machine of 2008."""
    if entry.name in ATOMIC:
        (twin,) = (other for _, other in ENTRIES if other.name == ATOMIC[entry.name])
        assert {e.word for of_era in twin.expected for e in of_era.archs.values()} == {VerdictWord.ALLOWED}
        return
    path = tmp_path / entry.path.name
    text = entry.path.read_text("utf-8")
    path.write_text(ORDER.sub("", text), "utf-8")
    assert path.read_text("utf-8") != text
    era, archs = MODELS.get(shelf.name, ("v2.6.27", ["alpha", "power", "ia64", "x86-2006"]))
    test = read_test(str(path))
    assert any(engine.check(test, arch, Options(era=era, verdict_only=True)).allowed for arch in archs)
