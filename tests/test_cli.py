"""The command: what it prints, in which order, and with which exit code."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from oracles.shared import PATIENCE

from litmus.commands import overview
from litmus.frontend.files import MAX_BYTES

pytestmark = pytest.mark.slow

CLASSIC = Path(__file__).parent.parent / "catalog" / "classic"
SB, MP = CLASSIC / "x86" / "SB.litmus", CLASSIC / "x86" / "MP.litmus"
NAMES = "2+2W CoRR IRIW+fences IRIW LB+fences LB MP+fences MP R S SB+fences SB WRC"
FAMILIES = [CLASSIC / shelf / f"{name}.litmus" for shelf in ("alpha", "ppc", "x86") for name in NAMES.split()]
KEYS = [
    "file",
    "name",
    "arch",
    "model",
    "kind",
    "status",
    "verdict",
    "observation",
    "ok",
    "states",
    "positive",
    "negative",
    "flags",
    "hash",
    "seconds",
]

LOOP = """X86 loop
{ x=0; }
 P0          | P1          ;
 L:          | MOV [x],$1  ;
 MOV EAX,[x] |             ;
 INC EBX     |             ;
 CMP EAX,$0  |             ;
 JE L        |             ;
exists (0:EBX=7)
"""


def without_time(text: str) -> str:
    return re.sub(r"^(Time \S+) \d+\.\d\d$", r"\1 0.00", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("classic.txt", FAMILIES),
        ("classic-sc.txt", [*FAMILIES, "-m", "sc"]),
        ("classic-executions.txt", [*FAMILIES, "--executions"]),
        ("classic-verdict-only.txt", [*FAMILIES, "--verdict-only"]),
    ],
)
def test_text_is_as_recorded(invoke, golden, name: str, arguments: list[object]) -> None:
    ended = invoke("check", *arguments)
    assert (ended.code, ended.err) == (0, "")
    golden(name, without_time(ended.out))


@pytest.mark.parametrize("name", ["demo", "models", "archs"])
def test_tables_are_as_recorded(invoke, golden, name: str) -> None:
    ended = invoke(name)
    assert (ended.code, ended.err) == (0, "")
    golden(f"{name}.txt", ended.out)


def test_every_dialect_and_every_model_has_a_source() -> None:
    for table in (overview.arch_table(), overview.model_table()):
        assert [row for row in table.rows if not all((row[0], row[-2], row[-1]))] == []


def test_json_has_one_object_a_line_with_these_keys(invoke) -> None:
    ended = invoke("check", "--format", "json", SB, MP)
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [list(row) for row in rows] == [KEYS, KEYS]
    assert [row["file"] for row in rows] == [str(SB), str(MP)]
    assert rows[0] == {
        "file": str(SB),
        "name": "SB",
        "arch": "X86",
        "model": "x86-tso",
        "kind": "Allowed",
        "status": "done",
        "verdict": "Allowed",
        "observation": "Sometimes",
        "ok": True,
        "states": ["0:EAX=0; 1:EAX=0;", "0:EAX=0; 1:EAX=1;", "0:EAX=1; 1:EAX=0;", "0:EAX=1; 1:EAX=1;"],
        "positive": 1,
        "negative": 3,
        "flags": [],
        "hash": "7dbd6b8e6dd4abc2ef3d48b0376fb2e3",
        "seconds": rows[0]["seconds"],
    }


def test_states_are_the_same_in_both_forms(invoke) -> None:
    text = invoke("check", *FAMILIES).out
    rows = [json.loads(line) for line in invoke("check", *FAMILIES, "--format", "json").out.splitlines()]
    lines = [line for row in rows for line in row["states"]]
    assert [line for line in text.splitlines() if re.match(r"(\d+:\w+|\[\w+\])=", line)] == lines


@pytest.mark.parametrize("options", [["-j", "2"], ["-j", "0"], ["--timeout", "60"], ["-j", "3", "--timeout", "60"]])
def test_processes_do_not_change_the_answer(invoke, options: list[str]) -> None:
    alone, together = invoke("check", *FAMILIES), invoke("check", *FAMILIES, *options)
    assert without_time(together.out) == without_time(alone.out)
    assert (together.code, together.err) == (0, "")


def test_verdict_only_lists_nothing(invoke) -> None:
    rows = [
        json.loads(line) for line in invoke("check", *FAMILIES, "--verdict-only", "--format", "json").out.splitlines()
    ]
    assert all(row["states"] == [] and row["positive"] == row["negative"] == 0 for row in rows)
    full = [json.loads(line) for line in invoke("check", *FAMILIES, "--format", "json").out.splitlines()]
    assert [row["ok"] for row in rows] == [row["ok"] for row in full]


def test_a_loop_that_may_go_on_is_part_of_the_answer(invoke, tmp_path: Path) -> None:
    file = tmp_path / "loop.litmus"
    file.write_text(LOOP)
    ended = invoke("check", file)
    assert ended.code == 0
    assert "\nLoop Bounded\n" in ended.out
    assert "\nObservation loop Bounded 0 3\n" in ended.out
    assert ended.err == f"{file}: bound: a loop may go round more often than the unroll limit\n"
    row = json.loads(invoke("check", file, "--format", "json").out)
    assert (row["status"], row["ok"], list(row)) == ("bound", None, KEYS)
    assert (row["kind"], row["verdict"], row["observation"]) == ("Allowed", "bounded", None)


ENDLESS = "X86 endless\n{ }\n P0 ;\n L: ;\n JMP L ;\n MOV [x],$1 ;\n~exists (x=1)\n"


def test_a_test_without_executions_has_no_answer(invoke, tmp_path: Path) -> None:
    file = tmp_path / "endless.litmus"
    file.write_text(ENDLESS)
    ended = invoke("check", file)
    assert "\nStates 0\nNo complete execution\nWitnesses\n" in ended.out
    assert "\nObservation endless Incomplete 0 0\n" in ended.out
    assert ended.err == f"{file}: warning: no execution of the test comes to its end\n"
    row = json.loads(invoke("check", file, "--format", "json").out)
    assert (row["status"], row["verdict"], row["ok"]) == ("done", "no complete execution", None)
    table = json.loads(invoke("table", file, "--arch", "sc", "--format", "json").out)
    assert table["rows"][0]["verdicts"]["sc"]["verdict"] == "no complete execution"
    assert table["rows"][0]["kind"] == "Forbidden"


@pytest.mark.parametrize(
    ("word", "loop", "endless"),
    [
        ("Never", "expected Never, found bounded", "expected Never, found no complete execution"),
        ("Sometimes", "expected Sometimes, found bounded", "expected Sometimes, found no complete execution"),
        ("Forbidden", "expected Never, found bounded", "expected Never, found no complete execution"),
        ("Ok", "expected Ok, found bounded", "expected Ok, found no complete execution"),
        ("No", "expected No, found bounded", "expected No, found no complete execution"),
        ("Bounded", "", "expected bounded, found no complete execution"),
        ("Incomplete", "expected no complete execution, found bounded", ""),
    ],
)
@pytest.mark.parametrize("only", [[], ["--verdict-only"]])
def test_only_who_says_so_expects_little(
    invoke, tmp_path: Path, word: str, loop: str, endless: str, only: list[str]
) -> None:
    for name, text, said in (("loop", LOOP, loop), ("endless", ENDLESS, endless)):
        file, expect = tmp_path / f"{name}.litmus", tmp_path / "expect"
        file.write_text(text)
        expect.write_text(f"{name} {word}\n")
        ended = invoke("check", file, "--expect", expect, *only)
        assert ended.code == bool(said)
        assert f"{file}: failed: {said}\n" in ended.err if said else "failed" not in ended.err
        expect.write_text(invoke("check", file, "--format", "json").out)  # and what was found is expected next time
        assert invoke("check", file, "--expect", expect, *only).code == 0


# --- which files ------------------------------------------------------------------------------------------------------


def test_names_come_from_folders_indexes_and_stdin(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("b", "a", "sub/c"):
        (tmp_path / f"{name}.litmus").write_text(SB.read_text().replace("X86 SB", f"X86 {name[-1].upper()}"))
    (tmp_path / "@all").write_text("# both\nb.litmus\nsub  # a folder\n".replace("  # a folder", ""))
    (tmp_path / "names").write_text("sub/c.litmus\na.litmus\n")
    cases = [
        (["sub", "a.litmus"], ["C", "A"]),
        ([str(tmp_path)], ["A", "B", "C"]),
        (["@all"], ["B", "C"]),
        (["-", "b.litmus"], ["C", "A", "B"]),
    ]
    for arguments, names in cases:
        with (tmp_path / "names").open() as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            ended = invoke("check", *arguments)
        assert (ended.code, ended.err) == (0, "")
        assert re.findall(r"^Test (\S+)", ended.out, re.MULTILINE) == names


# --- exit codes -------------------------------------------------------------------------------------------------------


def test_bad_files_do_not_keep_others_from_being_answered(invoke, tmp_path: Path) -> None:
    bad = tmp_path / "bad.litmus"
    bad.write_text("X86 bad\n{}\n P0          ;\n MVO [x],$1  ;\nexists (x=1)\n")
    missing = tmp_path / "missing.litmus"
    for options in ([], ["-j", "2"]):
        ended = invoke("check", bad, SB, missing, MP, *options)
        assert ended.code == 2
        assert re.findall(r"^Test (\S+)", ended.out, re.MULTILINE) == ["SB", "MP"]
        assert f"{bad}:4:2: error: unknown mnemonic 'MVO'" in ended.err
        assert f"{missing}:1:1: error: no such file" in ended.err
    rows = [json.loads(line) for line in invoke("check", bad, SB, "--format", "json").out.splitlines()]
    assert [row["status"] for row in rows] == ["error", "done"]
    assert list(rows[0]) == [*KEYS, "error"]
    assert rows[0]["error"].startswith(f"{bad}:4:2: error: unknown mnemonic 'MVO'")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Missing argument"),
        (["check", SB, "--format", "xml"], "unknown format 'xml'"),
        (["check", SB, "--timeout", "0"], "the time limit is a number of seconds"),
        (["check", SB, "--timeout", "nan"], "the time limit is a number of seconds"),
        (["check", SB, "--unroll", "-1"], "--unroll"),
        (["check", SB, "-j", "x"], "-j"),
        (["check", SB, "--nonsense"], "--nonsense"),
        (["check", SB, "--era", "v1"], "unknown era 'v1': there are v2.6.27, v6"),
        (["explain", SB, "--era", "v1"], "unknown era 'v1': there are v2.6.27, v6"),
        (["graph", SB, "--era", "v2.6.27,v6"], "one era is needed"),
        (["check", SB, "-m", "x86-tos"], "unknown model 'x86-tos' (did you mean 'x86-tso'?)"),
        (["check", SB, "-m", "nowhere.cat"], "cannot read 'nowhere.cat'"),
        (["check", SB, "-m", "nowhere.cat", "-j", "2"], "cannot read 'nowhere.cat'"),
        (["check", SB, "--expect", "nowhere.jsonl"], "nowhere.jsonl:1:1: error: no such file"),
        (["check", SB, "--verdict-only", "--executions"], "--executions"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_command_line_that_makes_no_sense(invoke, arguments: list[object], said: str) -> None:
    ended = invoke(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_model_that_does_not_fit_is_told_once(invoke, tmp_path: Path) -> None:
    model = tmp_path / "my.cat"
    model.write_text('"mine"\nacyclic po | rff as order\n')
    ended = invoke("check", "-m", model, SB, MP)
    assert ended.code == 2
    assert ended.err.count(f"{model}:2:14: error: unknown name 'rff'") == 1
    assert ended.err.count(f"error: the model '{model.stem}' cannot be used for this test") == 2
    assert "did you mean 'rf'?" in ended.err


def test_a_model_of_ones_own(invoke, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "order.cat").write_text("let order = po | rf | co | fr\n")
    model = tmp_path / "mine.cat"
    model.write_text('"mine"\ninclude "order.cat"\nif "weak" acyclic po-loc | rf | co | fr else acyclic order end\n')
    model.write_text('"mine"\ninclude "order.cat"\nacyclic (if "weak" then po-loc | rf | co | fr else order) as sc\n')
    strong = invoke("check", "-m", model, "-I", tmp_path / "lib", SB)
    weak = invoke("check", "-m", model, "-I", tmp_path / "lib", "--variant", "weak", SB)
    assert "Observation SB Never 0 3" in strong.out
    assert "Observation SB Sometimes 1 3" in weak.out
    assert (
        json.loads(invoke("check", "-m", model, "-I", tmp_path / "lib", SB, "--format", "json").out)["model"] == "mine"
    )


def test_version_and_help(invoke) -> None:
    assert invoke("--version").out.startswith("litmus ")
    ended = invoke("check", "--help")
    assert ended.code == 0
    assert "Exit codes: 0 done" in ended.out


def test_output_that_cannot_be_written(spawn) -> None:
    with open("/dev/full", "w") as full:
        process = spawn("check", SB, stdout=full)
        err = process.communicate(timeout=PATIENCE)[1]
    assert (process.returncode, err) == (2, "error: No space left on device\n")


# --- expectations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "code", "said"),
    [
        ("SB Sometimes\nMP Never\n", 0, "2 as expected, 0 not"),
        ("# kinds\nSB Allowed % yes\nMP \"Forbidden\"\n", 0, "2 as expected, 0 not"),
        ("SB Ok\n", 0, "1 as expected, 0 not, 1 without expectation"),
        ("SB Ok\nMP Ok\nLB Ok\n", 1, "expect: expected but not checked: LB\n"),
        ("SB Ok\nMP No\nLB Ok\n", 1, "2 as expected, 0 not"),
        ("SB Ok\n" + "".join(f"T{n} Ok\n" for n in range(99)), 1, "expected but not checked: T0, T1, "),
        ('{"file": "x86/SB.litmus", "ok": true}\n{"file": "ppc/SB.litmus", "ok": true}', 1,
         "expected but not checked: ppc/SB.litmus"),
        ("SB Never\nMP Never\n", 1, "SB.litmus: failed: expected Never, found Sometimes"),
        ("SB Required\n", 1, "expected Always, found Sometimes"),
        ("SB No\n", 1, "expected No, found Ok"),
        ('{"name": "SB", "ok": true, "hash": "0"}', 1, "expected hash 0, found 7dbd"),
        ('{"file": "x86/SB.litmus", "observation": "Sometimes", "model": "x86-tso"}', 0, "1 as expected"),
        ('{"file": "SB.litmus", "states": ["0:EAX=0; 1:EAX=0;", "0:EAX=9;"]}', 1, "expected 1 state not found: 0:EAX"),
        ('{"file": "SB.litmus", "states": ["0:EAX=0; 1:EAX=0;"]}', 1, "found 3 states not expected: 0:EAX=0;"),
        ('{"file": "x86/SB.litmus", "flags": ["race"]}', 1, "expected flags race, found none"),
        ('{"file": "x86/SB.litmus", "executions": [7, 7]}', 0, "1 as expected"),
        ('{"file": "x86/SB.litmus", "model": "power", "ok": false}', 2, "nothing is expected of any of these tests"),
        ("nothing here Sometimes\n", 2, "expect:1:1: error: expected a line 'NAME Never|Sometimes|Always'"),
        ("SB Sometime\n", 2, "expect:1:4: error: unknown expectation 'Sometime'"),
        ('{"name": "SB", "ok": }\n', 2, "expect:1:22: error: not JSON"),
        ('\n{"name": "SB", "ok": 1}\n', 2, "expect:2:1: error: not an expected answer: 'ok' is not true"),
    ],
)  # fmt: skip
def test_expectations(invoke, tmp_path: Path, expected: str, code: int, said: str) -> None:
    file = tmp_path / "expect"
    file.write_text(expected)
    ended = invoke("check", SB, MP, "--expect", file)
    assert said in ended.err
    assert ended.code == code


def test_what_is_expected_may_take_more_room_than_a_test(invoke, tmp_path: Path) -> None:
    file = tmp_path / "expect"
    file.write_text("SB Ok\nMP No\n" + f"# {'-' * 100}\n" * (MAX_BYTES // 100))
    assert "2 as expected" in invoke("check", SB, MP, "--expect", file).err


def test_executions_are_compared_when_they_are_counted(invoke, tmp_path: Path) -> None:
    file = tmp_path / "expect"
    file.write_text('{"file": "x86/SB.litmus", "executions": [7, 7]}')
    ended = invoke("check", SB, "--executions", "--expect", file)
    assert ended.code == 1
    assert "expected 7 and 7 executions, found 1 and 3" in ended.err


def test_a_run_can_be_held_to_an_earlier_one(invoke, tmp_path: Path) -> None:
    file = tmp_path / "earlier.jsonl"
    file.write_text(invoke("check", *FAMILIES, "--format", "json").out)
    for options in ([], ["--verdict-only"], ["-j", "2"]):
        ended = invoke("check", *FAMILIES, "--expect", file, *options)
        assert (ended.code, ended.err) == (0, f"{file}: {len(FAMILIES)} as expected, 0 not, 0 without expectation\n")


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        ("(* Result: Sometimes *)", 0),
        ("(*\n * Result: Never\n *)", 1),
        ("(* Result: Maybe *)", 0),
        ("(* Result: DEADLOCK *)", 1),
        ("(* Result: Sometimes DATARACE *)", 1),
        ("(* Result: Perhaps *)", 2),
        ("", 2),
    ],
)
def test_result_lines_in_tests(invoke, tmp_path: Path, comment: str, code: int) -> None:
    file = tmp_path / "SB.litmus"
    head, rest = SB.read_text().split("\n", 1)
    file.write_text(f"{head}\n{comment}\n{rest}")
    assert invoke("check", file, "--expect", "result").code == code
