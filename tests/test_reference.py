"""The reference pages: they are up to date, and what they list is what the readers accept."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import LitmusError, UnsupportedError
from litmus.dialects.c import calls
from litmus.frontend.dialect import all_dialects
from litmus.ir.kernel import ERAS
from litmus.render import reference
from litmus.render.reference import PAGES, c_page, page, page_names

DOCS = Path(__file__).parent.parent / "docs" / "reference"
TABLES = {
    dialect.archs[0]: found
    for dialect in all_dialects()
    if (found := reference._instructions(dialect)) is not None and dialect.archs[0] != "PCI"
}


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_up_to_date(name: str, request: pytest.FixtureRequest) -> None:
    """`pytest --update-golden tests/test_reference.py` writes them."""
    path, found = DOCS / f"{name}.md", page(name, "markdown")
    if request.config.getoption("--update-golden"):
        assert "CI" not in os.environ, "pages are not to be written in CI"
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def test_every_dialect_has_its_table() -> None:
    assert {"PPC", "X86", "X86_64", "ALPHA", "RISCV"} <= TABLES.keys()
    shown = page("instructions", "text")
    for dialect in all_dialects():
        if dialect.archs[0] != "C":
            assert f"\n{', '.join(dialect.archs)}\n---" in shown


def refusal(text: str) -> LitmusError | None:
    """Why a test cannot be read; None if it can."""
    try:
        litmus.parse(text)
    except LitmusError as error:
        return error
    return None


@pytest.mark.parametrize("arch", TABLES)
def test_every_instruction_is_known_to_its_reader(arch: str) -> None:
    for name, operands in TABLES[arch].items():
        mnemonic = name.split("[")[0]
        what = f"lock inc {'%eax' if arch == 'X86_64' else 'EAX'}" if mnemonic.lower() == "lock" else mnemonic
        if mnemonic in ("movsb", "movsw", "movsl"):  # which move strings if they have no operands
            what = f"{mnemonic} (x),%eax"
        text = f"{arch} t\n{{ x=P0:L; }}\n P0 ;\n {what} ;\n L: ;\nexists (x=0)\n"  # jumps have somewhere to go
        error = refusal(text)
        assert not isinstance(error, UnsupportedError), name
        assert error is None or ("unknown mnemonic" not in error.message and operands), name


@pytest.mark.parametrize("arch", TABLES)
def test_an_instruction_without_operands_takes_none(arch: str) -> None:
    for name in (name for name, operands in TABLES[arch].items() if not operands):
        with pytest.raises(LitmusError):
            litmus.parse(f"{arch} t\n{{ x=0; }}\n P0 ;\n {name} @,@ ;\nexists (x=0)\n")


def test_every_function_of_kernel_c_is_on_the_page() -> None:
    cells = [cell for section in c_page().sections for row in section.rows for cell in row]
    names = set(re.findall(r"\w+", " ".join(cells)))
    for name in (*calls.CALLS, *calls.SPECIAL, *calls.REFUSED):
        alike = name
        for prefix, other in reference._ALIKE.items():
            alike = other + alike.removeprefix(prefix) if alike.startswith(prefix) else alike
        assert alike in names, name


def test_what_is_not_one_primitive_is_explained() -> None:
    (special,) = [s for s in c_page().sections if s.title.startswith("More than one")]
    assert all(said for _, said in special.rows)


def test_where_a_function_can_be_decided() -> None:
    lines = {row[0].split("(")[0]: row[-len(ERAS) :] for section in c_page().sections for row in section.rows}
    assert lines["smp_mb"] == ("all", "all")
    assert lines["smp_load_acquire"] == ("none", "all")
    assert lines["atomic_inc_return_relaxed"] == ("none", "all")


@pytest.mark.parametrize("what", ["c", "instructions"])
def test_the_command_prints_the_page(invoke, what: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("reference", what)
    assert (ended.code, ended.out) == (0, page(what, "text"))
    assert ended.out.startswith(PAGES[what]().title)
    assert invoke("reference", what, "--format", "markdown").out == page(what, "markdown")


def test_a_page_that_there_is_not(invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("reference", "instrucions")
    assert ended.code == 2
    assert "did you mean 'instructions'?" in ended.err
    assert "unknown format" in invoke("reference", "c", "--format", "pdf").err


def test_the_page_of_cat_is_that_of_its_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cat_pages.py").write_text('def cat_reference() -> str:\n    return "# cat\\n"\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(reference, "_CAT", "cat_pages")
    assert page_names() == ("c", "instructions", "cat")
    assert page("cat", "text") == "# cat\n"
    sys.modules.pop("cat_pages")
