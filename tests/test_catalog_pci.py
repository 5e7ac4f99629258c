"""The PCI shelves against the machine of queues, which knows nothing of the engine's axioms."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.pci_notation import count
from oracles.pci_notation import parse as shape_of
from oracles.pci_reading import possible
from test_pci_simulator import watched

from litmus.catalog.entries import CatalogError, Entry, VerdictWord
from litmus.catalog.places import find_shelves
from litmus.catalog.reading import load_shelf
from litmus.catalog.verification import verify

pytestmark = pytest.mark.slow

ENTRIES = {f"{shelf.name}/{entry.name}": entry for shelf in find_shelves("pci") for entry in shelf.entries}
WORDS = {True: VerdictWord.ALLOWED, False: VerdictWord.FORBIDDEN, None: VerdictWord.UNSUPPORTED}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_machine(entry: Entry) -> None:
    assert entry.test is not None
    for expected in entry.expected:
        assert WORDS[possible(entry.test, expected.era)] is expected.archs["pci-tree"].word, expected.era


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_rules_keep_the_promise(entry: Entry) -> None:
    """What no topology allows this one does not, and what a topology allows is more than what is promised."""
    for expected in entry.expected:
        words = [e.word for e in expected.archs.values() if e.word is not VerdictWord.UNSUPPORTED]
        assert sorted(words, key=[VerdictWord.ALLOWED, VerdictWord.FORBIDDEN].index) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wx1 | Sx1 Wy1 | Ry1 Rx0", (0, 153)),
        ("Wx1 | Sx1 Wy1.ido | Ry1 Rx0", (20, 153)),
        ("Wx1 | Sx1 Sy0 | Wy1 | Sy1 Sx0", (18, 171)),
    ],
)
def test_counts_of_arguments(text: str, expected: tuple[int, int]) -> None:
    assert count(shape_of(text), where=watched) == expected


# --- what shelves of PCI tests have of their own ----------------------------------------------------------------------

BELL = """PCI bell
{ }
topology { host bus 0; bus 1 under 0; device nic on 1: P1, d; cpu alpha: P0; memory: x; }
 P0               | P1          ;
 WRITE_ONCE(x, 1) | r1 = read d ;
 writel(1, d)     | r2 = read x ;
exists (1:r1=1 /\\ 1:r2=0)
"""
RELAXED = BELL.replace("bell", "relaxed").replace("read x", "read x [RO]")
HEAD = "title: Bells\nabout: What a bell does.\n"
BODY = """    claim: The descriptor is there when the bell rings.
    source: {document: A book, where: page 3}
    expected: EXPECTED
    argument: There is a barrier in writel().
"""


def shelf(folder: Path, name: str, text: str, head: str, expected: str) -> Path:
    (folder / f"{name}.litmus").write_text(text)
    (folder / "shelf.yaml").write_text(f"{HEAD}{head}tests:\n  {name}:\n{BODY.replace('EXPECTED', expected)}")
    return folder


def test_functions_of_the_kernel_have_eras(tmp_path: Path) -> None:
    expected = "{v2.6.27: {Allowed: others}, v6: {Forbidden: others}}"
    folder = shelf(tmp_path, "bell", BELL, "archs: [pci-tree, pci-pc]\neras: [v2.6.27, v6]\n", expected)
    (checked,) = verify([load_shelf(folder, folder.parent)])
    assert (checked.cells, checked.differences) == (4, ())
    shelf(tmp_path, "bell", BELL, "archs: [pci-tree]\n", "{Forbidden: others}")
    with pytest.raises(CatalogError, match="needs 'eras'"):
        load_shelf(folder, folder.parent)
    bare = BELL.replace("WRITE_ONCE(x, 1)", "write x = 1").replace("writel(1, d)", "write d = 1")
    shelf(tmp_path, "bell", bare, "archs: [pci-tree]\neras: [v6]\n", "{v6: {Forbidden: others}}")
    with pytest.raises(CatalogError, match="only tests with functions of the kernel have eras"):
        load_shelf(folder, folder.parent)


def test_a_verdict_with_a_flag_does_not_count(tmp_path: Path) -> None:
    folder = shelf(tmp_path, "relaxed", RELAXED, "archs: [pci-causal]\neras: [v6]\n", "{v6: {Forbidden: others}}")
    (checked,) = verify([load_shelf(folder, folder.parent)])
    assert [(d.found, d.cause) for d in checked.differences] == [
        ("Unsupported", "the model raises the flag attributes-outside-of-the-model")
    ]
