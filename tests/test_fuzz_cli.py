"""Whatever a file holds, it is answered or refused with its place; and so are the files around it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracles.mutations import mutants
from oracles.shared import PATIENCE

from litmus.base.errors import LitmusError
from litmus.batch import files as batch
from litmus.batch.files import CheckPlan
from litmus.ir.options import Options
from litmus.ir.verdict import Status
from litmus.render.text import TextRows

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CLASSIC = ROOT / "catalog" / "classic"
GOOD = [CLASSIC / "x86" / "SB.litmus", CLASSIC / "ppc" / "MP.litmus"]
PLACE = re.compile(r"\A[^\n]+:\d+:\d+: error: [^\n]+(\n|\Z)")

RICH = """PPC rich (* a (* nested *) comment *)
"with everything"
Cycle=Fre PodWR
{ int x=0; y=1; 0:r1=x; 0:r2=y; 1:r1=x; 1:r2=y; t[2]={1,2}; }
 P0           | P1             ;
 li r3,1      | L1:            ;
 stw r3,0(r1) | lwarx r5,r0,r1 ;
 sync         | addi r6,r5,1   ;
 lwz r4,0(r2) | stwcx. r6,r0,r1 ;
              | bne L1         ;
locations [0:r4; x; t[0];]
filter (not (x=7))
~exists (0:r4=0 /\\ 1:r5=0 \\/ x=2 => y=1)
"""
MODEL = """"a model with some of everything"
include "fences.cat"
let rec hb = po | rf | (hb ; [W]) and co' = co | (hb & loc)
let f (a, b) = a ; b | b+ | a^-1
procedure order(r) = acyclic r as in-order end
call order(po-loc | rf | co | fr)
let s = try f (po, rf) with 0
empty rmw & (fre; coe) as atomic
flag ~empty (R * W) & ext \\ s as marked
show s
"""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A test that hangs fails."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(PATIENCE))
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _assert_placed(said: str) -> None:
    assert PLACE.match(said), said[:500]
    assert "internal error" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("seed", range(4))
def test_mutated_tests(tmp_path: Path, seed: int) -> None:
    sources = [RICH, *(path.read_text() for path in GOOD), (CLASSIC / "x86" / "SB+xchgs.litmus").read_text()]
    files = []
    for number, data in enumerate(mutants(sources[seed], 150, seed)):
        file = tmp_path / f"{number:03}.litmus"
        file.write_bytes(data)
        files += [str(file), str(GOOD[number % 2])]
    rows = list(batch.run(CheckPlan(TextRows(), options=Options(timeout=PATIENCE)), files, 2))
    assert [row.file for row in rows] == files
    for row in rows:
        if row.status is Status.ERROR:
            _assert_placed(row.remarks)
            assert row.remarks.startswith(f"{row.file}:")
            assert row.output == ""
        else:
            assert "\nObservation " in row.output
    assert {row.status for row in rows[1::2]} == {Status.DONE}
    assert sum(row.status is Status.ERROR for row in rows[::2]) > 50


@pytest.mark.parametrize("seed", range(3))
def test_mutated_models(tmp_path: Path, seed: int) -> None:
    sources = [MODEL, (ROOT / "archs" / "power.cat").read_text(), (ROOT / "archs" / "x86-tso.cat").read_text()]
    test = str(GOOD[0] if seed == 2 else GOOD[1])
    refused = 0
    for number, data in enumerate(mutants(sources[seed], 60, seed)):
        file = tmp_path / f"{number:03}.cat"
        file.write_bytes(data)
        plan = CheckPlan(TextRows(), model=str(file), options=Options(verdict_only=True))
        try:
            (row,) = batch.run(plan, [test])
        except LitmusError as error:  # found before any test is read
            _assert_placed(str(error))
            refused += 1
            continue
        if row.status is Status.ERROR:
            _assert_placed(row.cause + row.remarks)
            refused += 1
    assert refused > 10


def _make_special_files(folder: Path) -> dict[str, str]:
    """Files that are no tests, with what is said of them."""
    good = GOOD[0].read_bytes()
    contents = {
        "empty": (b"", "1:1: error: empty file"),
        "blank": (b"\n \n\n", "error: empty file"),
        "binary": (bytes(range(256)) * 20, "error: binary file"),
        "utf16": (good.decode().encode("utf-16"), "error: binary file"),
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(100), "error: binary file"),
        "nothing-but-braces": (b"{" * 100_000, "1:1: error: "),
        "one-long-line": (b"X86 " + b"a" * 1_000_000, "error: "),
        "large": (good + b"(* " + b"x" * 5_000_000 + b" *)", "1:1: error: larger than 4 MB"),
    }
    said = {}
    for name, (data, message) in contents.items():
        (folder / f"{name}.litmus").write_bytes(data)
        said[f"{name}.litmus"] = message
    (folder / "folder.litmus").mkdir()
    said["folder.litmus"] = "1:1: error: no .litmus file in this folder"
    said["missing.litmus"] = "1:1: error: no such file"
    said["bad\udcff\nname.litmus"] = "1:1: error: no such file"
    return said


def test_files_that_are_no_tests(spawn, tmp_path: Path) -> None:
    said = _make_special_files(tmp_path)
    files = [str(name) for bad in said for name in (bad, GOOD[0])]
    for options in ([], ["-j", "2"], ["--format", "json"]):
        process = spawn("check", *options, *files, cwd=tmp_path)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2
        assert "Traceback" not in err
        for name, message in said.items():
            shown = name.replace("\udcff", "\\udcff")
            assert re.search(rf"^{re.escape(shown)}:\d+:\d+: error: ", err, re.MULTILINE), name
            assert message in err
        answers = out.count('"status": "done"') if "json" in options else out.count("\nObservation SB Sometimes 1 3\n")
        assert answers == len(said)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\1", b"\xff\xfe", b'"x" acyclic', b'"x" let rec r = r;r in', b"(" * 100_000, b"(*", b'include "x.cat"'],
)
def test_models_that_are_none(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    (tmp_path / "x.cat").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    ended = invoke("check", "-m", "x.cat", GOOD[0])
    if ended.code != 0:
        assert ended.code == 2
        assert ended.out == ""
        assert "error: " in ended.err
    assert "Traceback" not in ended.err
