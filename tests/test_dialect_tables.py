"""Our own tests in `tests/litmus`, and that a dialect is one file and one folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from litmus import dialects
from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.source import Source
from litmus.frontend.dialect import all_dialects, dialect_for
from litmus.frontend.files import read_test
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest, Quantifier, Register
from litmus.ir.thread import Fence, Load, Rmw, Store, StoreConditional

FOLDER = Path(__file__).parent / "litmus"
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def table(folder: str) -> dict[str, dict[str, Any]]:
    rows = yaml.safe_load((FOLDER / folder / "expected.yaml").read_text())
    assert isinstance(rows, dict)
    return rows


def own_tests(folder: str) -> Iterable[LitmusTest]:
    return (read_test(str(path)) for path in sorted((FOLDER / folder).glob("*.litmus")))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_has_a_row_and_every_row_a_file(folder: str) -> None:
    assert sorted(table(folder)) == sorted(path.name for path in (FOLDER / folder).glob("*.litmus"))


def holds(quantifier: Quantifier, observation: str) -> bool:
    """herd7's Ok or No, given how many states satisfy the proposition."""
    return {"exists": observation != "Never", "~exists": observation == "Never", "forall": observation == "Always"}[
        quantifier.value
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_rows_fit_their_files(folder: str) -> None:
    """Kind, the agreement of `ok` with `observation`, and the form and order of state lines."""
    rows = table(folder)
    for test in own_tests(folder):
        file = Path(test.source.name).name
        row = rows[file]
        assert (test.arch, f"{test.name}.litmus", test.condition.quantifier.kind) == (folder, file, row["kind"])
        if folder == "C":  # no answer but on an architecture
            assert set(row) == {"kind", "program"}, file
            continue
        assert set(row) <= {"model", "kind", "ok", "observation", "states"}, file
        assert row["ok"] == holds(test.condition.quantifier, row["observation"]), file
        names = [test.show(item) for item in test.observed]
        lines = row.get("states", [])
        for line in lines:
            assert [item.split("=")[0] for item in line.removesuffix(";").split("; ")] == names, file
        values = [[(not n, int(n or 0), a) for n, a in re.findall(r"=(?:(-?\d+)|([^;]+));", line)] for line in lines]
        assert values == sorted(values), file


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_dialect_has_a_folder(folder: str) -> None:
    assert folder in {dialect.archs[0] for dialect in all_dialects()}


def test_every_folder_has_a_dialect() -> None:
    assert sorted(dialect.archs[0] for dialect in all_dialects()) == FOLDERS


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != "LISA"])  # a bell file declares its tags
def test_events_carry_only_tags_that_the_dialect_declares(folder: str) -> None:
    found: set[str] = set()
    for test in own_tests(folder):
        for thread in test.threads:
            for statement in thread.body:
                match statement:
                    case Load(tags=tags) | Store(tags=tags) | StoreConditional(tags=tags) | Fence(tags=tags):
                        found |= tags
                    case Rmw(read_tags=tags, write_tags=others):
                        found |= tags | others
    assert found == dialect_for(folder).sets


@pytest.mark.parametrize("folder", FOLDERS)
def test_rows_of_threads_are_what_their_statements_came_from(folder: str) -> None:
    for test in own_tests(folder):
        for thread in test.threads:
            assert len(thread.row_of) == len(thread.body)
            assert list(thread.row_of) == sorted(thread.row_of)
            assert all(0 <= row < len(thread.rows) for row in thread.row_of)


TOY = '''
"""A machine with two instructions."""

from litmus.base.errors import ParseError
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction
from litmus.ir.thread import Address, Const, Load, Store


class Toy:
    archs = ("Toy", "Toy2")
    sets = frozenset()
    registers = {"a": 0, "b": 1}
    word_bits = 16
    free = ("a", "b")

    def register(self, name):
        return name if name in self.registers else None

    def program(self, section):
        return parse_columns(section, self)

    def instruction(self, cell):
        name, *operands = cell.text.split()
        if name == "get":
            reg, place = operands
            load = Load(reg, Const(Address(place)), span=cell.span)
            return Instruction((load,), f"get {reg} {place}", symbols=(place,))
        if name == "put":
            place, value = operands
            store = Store(Const(Address(place)), Const(int(value)), span=cell.span)
            return Instruction((store,), f"put {place} {value}", symbols=(place,))
        raise ParseError(f"unknown mnemonic '{name}'", cell.place(0, len(name)))


DIALECT = Toy()
'''


def test_a_new_dialect_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(tmp_path)])
    text = "Toy2 SB\n{ x=0xffff; }\nP0|P1;\nput x 1|put y 1;\nget a y|get b x;\nexists (0:a=0 /\\ 1:b=0)"
    test = parse_test(Source("t", text))
    assert [str(place) for place in test.locations] == ["x", "y"]
    assert test.observed == (Register(0, "a"), Register(1, "b"))
    assert test.init[0].value == -1
    assert [thread.rows for thread in test.threads] == [("put x 1", "get a y"), ("put y 1", "get b x")]
    with pytest.raises(UnsupportedError, match="131071 takes more than 16 bits in 'x'"):
        parse_test(Source("t", text.replace("0xffff", "0x1ffff")))
    assert "Toy" in {dialect.archs[0] for dialect in all_dialects()}


def test_unknown_architecture() -> None:
    with pytest.raises(ParseError, match="unknown architecture '_x86'"):
        dialect_for("_x86")
    with pytest.raises(ParseError, match=r"unknown architecture 'os\.path'"):
        dialect_for("os.path")
