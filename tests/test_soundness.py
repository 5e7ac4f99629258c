"""Which promises of the kernel a machine breaks: `litmus soundness`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from oracles.kernel_c import DEPEND, SB, kernel, publishing

import litmus
from litmus.base.errors import ModelError, UsageError
from litmus.base.resources import folder
from litmus.batch.soundness import SOUND, UNSOUND, Soundness, SoundnessCell, SoundnessPlan, SoundnessRow, machines
from litmus.batch.table import CellKey, ComparisonCell
from litmus.cat.load import load
from litmus.cat.registry import models
from litmus.cat.variants import variants_of
from litmus.frontend.state_lines import lines
from litmus.ir.eras import NEWEST, OLD
from litmus.ir.litmus_test import Atom, Not, Register
from litmus.ir.verdict import Status
from litmus.render.soundness import text

STORES = "WRITE_ONCE(*x, 1); {} r0 = READ_ONCE(*y);", "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);"
FENCED = kernel("SB", STORES[0].format("smp_mb();"), STORES[1], condition=SB)
UPDATED = kernel("SB+xchg", STORES[0].format("r1 = xchg(z, 1);"), STORES[1], condition=SB)
RACY = kernel("racy", "*x = 1;", "r0 = *x;", condition="1:r0=1")
LEFT = litmus.parse("C left\n{ }\nP0(int *x, struct srcu_struct *s) { srcu_up_read(s, 0); *x = 1; }\nexists (x=1)\n")
# What is not known to be sound, and why each is no mistake of the engine. In the three of _VOID an update without a
# result (atomic_inc) has smp_mb__before_atomic or smp_mb__after_atomic beside it, which the kernel makes nothing on
# both machines. LoongArch: the update is amadd.w, without _db since v6.7, and the manual makes those with _db
# barriers only (2.2.7). s390: it is laa or asi, where updates with a result have a bcr 14,0 behind them, which would
# be needless if laa held back later fetches. Either the kernel has a gap there or the machines do more than their
# manuals say, so the rows are uncertain.
_VOID = ("SB+after_atomic_inc+mb", "update+void+after_atomic", "update+void+before_atomic")
DOUBTFUL = {(name, arch) for arch in ("loongarch", "s390") for name in _VOID}
# LoongArch again: a cmpxchg that fails is an ll and a dbar 0x700, for loads of one location. An ll is no acquire, so
# that the load behind may be early, and smp_mb__after_atomic is nothing. On s390 a compare and swap serializes if it
# fails, too.
DOUBTFUL.add(("cmpxchg+fails+publish+after_atomic", "loongarch"))
LOOP = kernel("loop", "while (READ_ONCE(*x) == 0) { r0 = r0 + 1; }", "WRITE_ONCE(*x, 1);", condition="0:r0=9")


def words(found: litmus.Soundness) -> list[list[str]]:
    return [[cell.word for cell in row.cells] for row in found.rows]


def test_a_weak_mapping_is_found_with_its_states() -> None:
    found = litmus.soundness(
        [FENCED, UPDATED], ["power", "alpha"], OLD
    )  # of 2008: power.yaml has lwsync and isync there
    assert (found.archs, found.era) == (("power", "alpha"), OLD)
    assert words(found) == [[SOUND, SOUND], [UNSOUND, SOUND]]
    ((test, cell),) = found.unsound
    assert (test.name, cell.arch, cell.broken) == ("SB+xchg", "power", ("0:r0=0; 1:r0=0;",))
    assert litmus.soundness([FENCED, UPDATED], ["power"]).unsound == ()


def test_what_a_state_is_not_asked_for_counts_too() -> None:
    """The condition asks for what is possible anyway."""
    test = kernel("SB+xchg", STORES[0].format("r1 = xchg(z, 1);"), STORES[1], condition="0:r0=1 \\/ 1:r0=1")
    assert len(litmus.soundness([test], ["power"], OLD).unsound) == 1


def test_doubts_go_with_what_rests_on_them() -> None:
    test = kernel("SB", STORES[0].format("atomic_inc(z); smp_mb__after_atomic();"), STORES[1], condition=SB)
    ((_, cell),) = litmus.soundness([test], ["s390"]).unsound
    assert cell.uncertain[0].startswith("smp_mb__after_atomic: ")
    locks = kernel("locks", *["spin_lock(z); WRITE_ONCE(*x, 1); spin_unlock(z);"] * 2, condition="x=0")
    sound = litmus.soundness([locks], ["power", "alpha"])
    assert [bool(cell.uncertain) for cell in sound.rows[0].cells] == [True, False]
    assert text(sound) == "1 test on 2 architectures, Linux v6: 2 sound (1 uncertain), 0 unsound\n"


OVERWRITTEN = kernel(  # the write that depends on the read is overwritten by its own thread
    "overwritten",
    "r0 = READ_ONCE(*x); WRITE_ONCE(*y, r0); WRITE_ONCE(*y, 2);",
    "r0 = READ_ONCE(*y); WRITE_ONCE(*x, r0);",
    condition="0:r0=2 /\\ 1:r0=2",
)
FOLLOWED = kernel(  # on the way back one needs reads in order and writes in one order
    "followed",
    "WRITE_ONCE(*x, 1);",
    "r0 = READ_ONCE(*x); smp_store_release(y, 1);",
    "r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x);",
    condition="1:r0=1 /\\ 2:r0=1 /\\ 2:r1=0",
)


@pytest.mark.parametrize(
    ("test", "arch", "names"),
    [
        (OVERWRITTEN, "armv7", ["early commit"]),
        (publishing(barrier="smp_rmb();"), "x86-2006", ["reads in any order"]),
        (FOLLOWED, "x86-2006", ["reads in any order", "writes in no common order"]),
    ],
)
def test_unsound_cells_come_of_known_weaknesses(test: litmus.LitmusTest, arch: str, names: list[str]) -> None:
    ((_, cell),) = litmus.soundness([test], [arch]).unsound
    assert [weakness.name for weakness in cell.weaknesses] == names
    assert all(weakness.because and weakness.origin.source for weakness in cell.weaknesses)


def test_a_mistake_of_the_mapping_is_no_weakness_of_the_model() -> None:
    ((_, cell),) = litmus.soundness([UPDATED], ["armv7"], OLD).unsound
    assert cell.weaknesses == ()


def test_weaknesses_are_variants_of_their_models() -> None:
    for info in models():
        named = {weakness.variant for weakness in info.weaknesses} - {""}
        assert named <= set(variants_of(load(info.name)) if named else ())


@pytest.mark.parametrize(
    ("test", "word", "reason"),
    [
        (RACY, "no promise", "data-race"),
        (LEFT, "unsupported", "'srcu_up_read' ends a section that another thread began"),
        (LOOP, "bounded", "a loop may go round more often than the unroll limit"),
    ],
)
def test_why_it_is_not_known(test: litmus.LitmusTest, word: str, reason: str) -> None:
    (row,) = litmus.soundness([test], ["power"]).rows
    assert (row.cells[0].word, row.cells[0].reason, row.cells[0].broken) == (word, reason, ())


def test_a_limit_of_time() -> None:
    (row,) = litmus.soundness([FENCED], ["power"], timeout=1e-9).rows
    assert row.cells[0].word == "timeout"


def test_a_promise_that_is_not_known_in_whole_is_no_promise() -> None:
    """Although what the condition asks is: the model may allow more states."""
    plan = SoundnessPlan.of([UPDATED], ["power"], OLD)
    cells = dict(plan.answers())
    promise = CellKey(0, NEWEST, "lkmm")
    verdict = cells[promise].verdict
    assert verdict is not None
    cells[promise] = ComparisonCell(replace(verdict, status=Status.TIMEOUT, message="out of time"))
    ((cell,),) = (row.cells for row in plan.soundness(cells).rows)
    assert (cell.word, cell.reason, cell.broken) == ("timeout", "out of time", ())


def test_a_machine_is_asked_for_the_states_beyond_the_promise() -> None:
    """Of the two that pass the filter of this test and that power allows, one is promised."""
    wanted = Not(Atom(Register(1, "r0"), "=", 1))
    plan = SoundnessPlan.of([replace(UPDATED, filter=wanted)], ["power", "alpha"], OLD)
    found = {key.arch: cell.verdict for key, cell in plan.answers() if not key.without}
    states = {arch: [] if verdict is None else list(lines(UPDATED, verdict.states)) for arch, verdict in found.items()}
    assert states == {"lkmm": ["0:r0=1; 1:r0=0;"], "power": ["0:r0=0; 1:r0=0;"], "alpha": []}


def test_a_machine_is_asked_nothing_where_there_is_no_promise() -> None:
    verdicts = [cell.verdict for _, cell in SoundnessPlan.of([RACY], ["power"]).answers()]
    assert [None if verdict is None else len(verdict.states) for verdict in verdicts] == [2, 0]


def test_all_machines_of_an_era_and_no_model_of_the_language() -> None:
    found = litmus.soundness([publishing(barrier="smp_rmb();")])
    assert found.archs == machines(NEWEST)
    assert not set(found.models) & set(found.archs)
    assert set(machines(NEWEST)) | set(machines(OLD)) == {
        info.name for info in models() if info.kernel and not info.of_language
    }


def test_another_model_may_promise() -> None:
    dependent = litmus.parse(DEPEND.format(name="dependent", read="READ_ONCE(*p)", barrier=""))
    assert litmus.soundness([dependent], ["alpha"], OLD).unsound
    assert litmus.soundness([dependent], ["alpha"], OLD, model="alpha").unsound  # as of today
    assert not litmus.soundness([dependent], ["alpha"], model="alpha").unsound


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match="SB is a test of X86"):
        litmus.soundness([litmus.parse("X86 SB\n{ }\n P0 ;\n MOV [x],$1 ;\nexists (x=1)\n")])
    with pytest.raises(UsageError, match=r"unknown era 'v3'"):
        litmus.soundness([FENCED], era="v3")
    with pytest.raises(ModelError, match="unknown model 'powre'"):
        litmus.soundness([FENCED], ["powre"])
    with pytest.raises(UsageError, match="power is named twice"):
        litmus.soundness([FENCED], ["power", "ppc"])


# --- C11 --------------------------------------------------------------------------------------------------------------


def c11(name: str, *threads: str, condition: str) -> litmus.LitmusTest:
    text = "".join(f"P{k}(atomic_int *x, atomic_int *y, int *d)\n{{ {body} }}\n" for k, body in enumerate(threads))
    order = {"rlx": "memory_order_relaxed", "acq": "memory_order_acquire", "rel": "memory_order_release"}
    text = re.sub(r"\b(rlx|acq|rel)\b", lambda found: order[found[0]], text)
    return litmus.parse(f"C {name}\n{{ }}\n{text}exists ({condition})\n")


LOAD, STORE = "int r0 = atomic_load_explicit({}, {});", "atomic_store_explicit({}, 1, {});"
BUFFERED = c11(
    "LB",
    LOAD.format("x", "rlx") + STORE.format("y", "rlx"),
    LOAD.format("y", "rlx") + STORE.format("x", "rlx"),
    condition="0:r0=1 /\\ 1:r0=1",
)
PASSED = c11(
    "MP",
    "*d = 1;" + STORE.format("x", "rel"),
    LOAD.format("x", "acq") + "int r1 = 2; if (r0 == 1) { r1 = *d; }",
    condition="1:r0=1 /\\ 1:r1=0",
)


def test_a_mapping_of_c11() -> None:
    found = litmus.soundness([PASSED, BUFFERED])
    assert (found.models, found.archs) == (("rc11",), ("aarch64", "armv7", "power", "riscv", "riscv-tso", "x86-tso"))
    assert words(found) == [[SOUND] * 6, [UNSOUND] * 4 + [SOUND] * 2]
    for _, cell in found.unsound:
        assert cell.broken == ("0:r0=1; 1:r0=1;",)
        assert [weakness.axiom for weakness in cell.weaknesses] == ["no-thin-air"]
    racy = c11("racy", "*d = 1; atomic_load(x);", "int r0 = *d;", condition="1:r0=1")
    assert words(litmus.soundness([racy], ["power"])) == [["no promise"]]
    assert words(litmus.soundness([PASSED], ["s390"])) == [["unsupported"]]


def test_a_mapping_that_is_too_weak_is_no_known_weakness(tmp_path: Path) -> None:
    """Power's, where the store before a load that is seq_cst would be a sync, but its compiler forgets it."""
    text = (archs := folder("archs")).joinpath("power.yaml").read_text().replace("[sync, lwz, cmp-bc, isync]", "[lwz]")
    text = text.replace("name: power\n", "name: forgetful\n").replace("default_for: [PPC]", "default_for: []")
    (tmp_path / "forgetful.yaml").write_text(re.sub(r"aliases: .*\n", "", text))
    (tmp_path / "forgetful.cat").write_text((archs / "power.cat").read_text())
    stored = "atomic_store({}, 1); int r0 = atomic_load({});"
    test = c11("SB", stored.format("x", "y"), stored.format("y", "x"), condition="0:r0=0 /\\ 1:r0=0")
    ((_, cell),) = litmus.soundness([test], [tmp_path / "forgetful.cat", "power"]).unsound
    assert (cell.arch, cell.broken, cell.weaknesses) == ("forgetful", ("0:r0=0; 1:r0=0;",), ())


def test_each_language_has_its_model_and_its_machines(tmp_path: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    found = litmus.soundness([FENCED, BUFFERED])
    assert [(row.test.name, row.model) for row in found.rows] == [("SB", "lkmm"), ("LB", "rc11")]
    assert [len(row.cells) for row in found.rows] == [len(machines(NEWEST)), len(machines(NEWEST, "C11"))]
    (tmp_path / "LB.litmus").write_text(litmus.text(BUFFERED))
    ended = invoke("soundness", tmp_path / "LB.litmus", "--arch", "power,x86-tso")
    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[:2] == [
        "LB: power allows what rc11 forbids: 0:r0=1; 1:r0=1;",
        "  known: load buffering",
    ]
    assert lines[2].startswith("rc11, load buffering (1 cell): Neither compilers nor ")
    assert lines[-1] == "1 test on 2 architectures: 1 sound, 1 unsound (1 by known weaknesses)"
    rows = invoke("soundness", tmp_path / "LB.litmus", "--arch", "power", "--format", "json").out.splitlines()
    assert [(json.loads(row)["era"], json.loads(row)["weaknesses"]) for row in rows] == [("", ["load buffering"])]


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for test in (FENCED, UPDATED, RACY):
        (tmp_path / f"{test.name}.litmus").write_text(litmus.text(test))
    return tmp_path


def test_text(files: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("soundness", files, "--arch", "power,x86-tso", "--era", OLD)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines() == [
        "SB+xchg: power allows what lkmm forbids: 0:r0=0; 1:r0=0;",
        "no promise: data-race (racy)",
        "3 tests on 2 architectures, Linux v2.6.27: 3 sound, 1 unsound, 2 no promise",
    ]
    assert invoke("soundness", files, "--arch", "power", "-j", "2", "--timeout", "60").code == 0


def test_json(files: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("soundness", files / "SB+xchg.litmus", "--arch", "power", "--era", OLD, "--format", "json")
    (row,) = map(json.loads, ended.out.splitlines())
    assert row == {
        "file": str(files / "SB+xchg.litmus"),
        "name": "SB+xchg",
        "arch": "power",
        "era": OLD,
        "model": "lkmm",
        "soundness": UNSOUND,
        "states": ["0:r0=0; 1:r0=0;"],
        "reason": "",
        "uncertain": [],
        "weaknesses": [],
    }


def test_a_reason_is_told_once_for_all_architectures() -> None:
    """`sc` is an architecture, and the beginning of `scheduler`."""
    cells = tuple(SoundnessCell(arch, "unsupported", (), f"the scheduler of {arch}") for arch in ("sc", "power"))
    first, *_ = text(Soundness(("lkmm",), ("sc", "power"), NEWEST, (SoundnessRow(FENCED, "lkmm", cells),))).splitlines()
    assert first == "unsupported: the scheduler of the architecture (SB)"


def test_a_reason_is_told_of_the_architecture_not_of_its_model(tmp_path: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    test = tmp_path / "a.litmus"
    test.write_text("C a\n{ }\nP0(atomic_int *x) { atomic_store(x, 1); }\nexists (x=1)\n")
    ended = invoke("soundness", test, "--arch", "alpha,mips")
    assert ended.out.startswith("unsupported: the architecture has no mapping of C11, and this is a test of C11 (a)\n")


def test_text_names_what_unsound_cells_come_of(tmp_path: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    for test in (OVERWRITTEN, FENCED):
        (tmp_path / f"{test.name}.litmus").write_text(litmus.text(test))
    first, known, *because, last = invoke("soundness", tmp_path, "--arch", "armv7").out.splitlines()
    assert first.startswith("overwritten: armv7 allows what lkmm forbids: ")
    assert known == "  known: early commit"
    assert because[0].startswith("armv7, early commit (1 cell): ")
    assert "[Herding cats, " in " ".join(because)
    assert last == "2 tests on 1 architecture, Linux v6: 1 sound, 1 unsound (1 by known weaknesses)"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--arch", "powre"], 2, "did you mean 'power'"),
        (["--era", "v3"], 2, "unknown era 'v3'"),
        (["--format", "html"], 2, "unknown format 'html'"),
        (["--timeout", "0"], 2, "time limit"),
        (["nowhere.litmus", "--arch", "x86-tso"], 2, "no such file"),
    ],
)
def test_what_goes_wrong(files: Path, invoke, arguments: list[str], code: int, said: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("soundness", files / "SB.litmus", *arguments)
    assert (ended.code, said in ended.err) == (code, True)
    assert "Traceback" not in ended.err


def test_tests_in_assembly_are_left_out(files: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    (files / "x.litmus").write_text("X86 SB\n{ }\n P0 ;\n MOV [x],$1 ;\nexists (x=1)\n")
    ended = invoke("soundness", files, "--arch", "x86-tso")
    assert (ended.code, ended.err) == (0, "1 of 4 tests are not in C, and left out\n")
    ended = invoke("soundness", files / "x.litmus")
    assert (ended.code, "none of these tests is in C" in ended.err) == (2, True)


# --- what it finds in the catalogue -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_mappings_of_today_keep_what_is_promised() -> None:
    """But for the weaknesses of the old text of x86, and for doubts about s390 and LoongArch, which the cells name.

    Of every third test of the catalogue, and of those in doubt.
    """
    entries = [entry for shelf in litmus.shelves() for entry in shelf.entries]
    tests = [entry.test for entry in entries if entry.test is not None and entry.test.dialect == "C"]
    assert len(tests) > 250
    doubtful = {name for name, _ in DOUBTFUL}
    tests = [test for number, test in enumerate(tests) if number % 3 == 0 or test.name in doubtful]
    found = litmus.soundness(tests, timeout=60, jobs=2)
    assert {(test.name, cell.arch) for test, cell in found.unsound if not cell.weaknesses} == DOUBTFUL
    assert all(cell.uncertain for test, cell in found.unsound if (test.name, cell.arch) in DOUBTFUL)
    assert {cell.arch for _, cell in found.unsound} == {"loongarch", "s390", "x86-2006"}
    assert set(found.counts) == {SOUND, UNSOUND, "no promise"}


@pytest.mark.slow
def test_the_mapping_of_2008_did_not() -> None:
    """kernel-primitives: updates that return a value, on Power and on ARM."""
    names = {"SB+xchg+mb", "SB+inc_returns", "MP+xchg+rmb"}
    tests = [e.test for shelf in litmus.shelves() for e in shelf.entries if e.name in names and e.test is not None]
    found = litmus.soundness(tests, ["power", "armv7", "x86-tso"], OLD)
    assert {(test.name, cell.arch) for test, cell in found.unsound} == {
        ("SB+xchg+mb", "power"),
        ("SB+xchg+mb", "armv7"),
        ("SB+inc_returns", "power"),
        ("SB+inc_returns", "armv7"),
        ("MP+xchg+rmb", "armv7"),
    }
