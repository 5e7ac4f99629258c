"""What tables are expected to say, and JUnit XML of tables and of checks."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from litmus.render.junit import Case, document

CLASSIC = Path(__file__).parent.parent / "catalog" / "classic"
SB, MP = CLASSIC / "x86" / "SB.litmus", CLASSIC / "x86" / "MP.litmus"
ROW = {"file": "x86/SB.litmus", "name": "SB"}


def table(**words: str) -> str:
    """A table in JSON of SB under these models."""
    cells = {arch.replace("_", "-"): {"verdict": word} for arch, word in words.items()}
    return json.dumps({"rows": [{"test": "SB", "file": "x86/SB.litmus", "era": None, "verdicts": cells}]}, indent=1)


@pytest.mark.parametrize(
    ("expected", "code", "said"),
    [
        ("SB Sometimes\n", 1, f"{SB}: failed: on sc: expected Sometimes, found Never"),
        ("SB Allowed\n", 1, "1 cells as expected, 1 not, 2 without expectation"),
        (json.dumps({**ROW, "model": "sc", "observation": "Never"}), 0, "1 cells as expected, 0 not, 3 without"),
        (json.dumps({**ROW, "model": "sc", "observation": "Always"}), 1, "on sc: expected Always, found Never"),
        ("SB Allowed\nLB Never\n", 1, "expected but not decided: LB"),
        ("LB Never\n", 1, "expected but not decided: LB"),
        ("# nothing\n", 2, "nothing is expected of any of these tests"),
        (table(sc="Forbidden", x86_tso="Allowed"), 0, "2 cells as expected, 0 not, 2 without expectation"),
        (table(sc="Never", x86_tso="Sometimes"), 0, "2 cells as expected"),
        (table(sc="Allowed"), 1, f"{SB}: failed: on sc: expected Allowed, found Forbidden"),
        (table(sc="unsupported"), 1, "on sc: expected unsupported, found Forbidden"),
        (table(sc="timeout", x86_tso="Allowed"), 0, "1 cells as expected"),
        (table(power="Allowed"), 1, "expected but not decided: SB"),
        ('{"rows": [{"test": "SB"}]}', 2, "not a table: each of its 'rows' has 'test', 'era' and 'verdicts'"),
        ("SB Perhaps\n", 2, "unknown expectation 'Perhaps'"),
    ],
)
def test_cells_are_compared_with_what_is_expected(  # type: ignore[no-untyped-def]
    invoke, tmp_path: Path, expected: str, code: int, said: str
) -> None:
    file = tmp_path / "expected"
    file.write_text(expected)
    ended = invoke("table", SB, MP, "--arch", "sc,x86", "--expect", file)
    assert said in ended.err
    assert ended.code == code


@pytest.mark.parametrize("options", [[], ["--observations"]])
def test_a_table_is_the_expectation_of_the_next(invoke, tmp_path: Path, options: list[str]) -> None:  # type: ignore[no-untyped-def]
    tests = (CLASSIC.parent / "anon_vma", CLASSIC / "x86" / "SB.litmus")
    known = tmp_path / "known.json"
    known.write_text(invoke("table", *tests, *options, "--era", "all", "--format", "json").out)
    ended = invoke("table", *tests, "--era", "all", "--expect", known)
    assert ended.code == 0
    assert " 0 not, " in ended.err


def test_what_tests_say_of_themselves(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "t.litmus"
    path.write_text(SB.read_text().replace("{", "(* Result: Never *)\n{", 1))
    ended = invoke("table", path, "--arch", "sc,x86-tso", "--expect", "result")
    assert ended.code == 1
    assert ended.err.startswith(f"{path}: failed: on x86-tso: expected Never, found ")


# --- JUnit ------------------------------------------------------------------------------------------------------------


def cases(text: str) -> dict[str, tuple[str, str]]:
    """The files of a document, each with what became of it and why; its counts are right."""
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ElementTree.fromstring(text)
    (suite,) = root
    found: dict[str, tuple[str, str]] = {}
    for case in suite:
        outcomes = [child for child in case if child.tag != "system-out"]
        assert len(outcomes) <= 1
        assert case.get("classname") == case.get("file")
        said = (outcomes[0].tag, outcomes[0].get("message") or "") if outcomes else ("passed", "")
        found[case.get("file") or case.get("name") or ""] = said
    for element in (root, suite):
        assert element.get("tests") == str(len(suite)) == str(len(found))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(count) == str(sum(outcome == tag for outcome, _ in found.values()))
    return found


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Files in every condition."""
    texts = {
        "good": SB.read_text().replace("X86 SB", "X86 good"),
        "wrong": SB.read_text().replace("X86 SB", "X86 wrong"),
        "silent": MP.read_text().replace("X86 MP", "X86 silent"),
        "bad<&>": "X86 bad\n{}\n P0 ;\n MVO [x],$1 ;\nexists (x=1)\n",
    }
    found = {name: tmp_path / f"{name}.litmus" for name in texts}
    for name, text in texts.items():
        found[name].write_text(text)
    return {**found, "missing": tmp_path / "missing.litmus"}


def test_a_testcase_a_test_that_names_the_file(invoke, files: dict[str, Path], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    expected = tmp_path / "expected"
    expected.write_text("good Sometimes\nwrong Never\n")
    options = ["--format", "junit", "--expect", expected]
    for command in (["check", *files.values(), "-m", "x86"], ["table", *files.values(), "--arch", "x86"]):
        ended = invoke(*command, *options)
        assert ended.code == 2
        found = cases(ended.out)
        assert [found[str(path)][0] for path in files.values()] == ["passed", "failure", "skipped", "error", "error"]
        assert "expected Never, found Sometimes" in found[str(files["wrong"])][1]
        assert "unknown mnemonic 'MVO'" in found[str(files["bad<&>"])][1]
        assert "no such file" in found[str(files["missing"])][1]


def test_without_expectations_what_was_decided_passed(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    up = tmp_path / "up.litmus"
    up.write_text("C up\n{}\nP0(int *x, struct srcu_struct *s) { srcu_up_read(s, 0); }\nexists (x=1)\n")
    found = cases(invoke("table", SB, up, "--format", "junit", "--era", "all", "--arch", "power,x86-tso").out)
    assert found[str(SB)] == ("passed", "")
    assert found[str(up)][0] == "skipped"
    assert cases(invoke("check", SB, MP, "--format", "junit", "-j", "2").out) == {
        str(p): ("passed", "") for p in (SB, MP)
    }


def test_what_is_in_the_cells_is_in_the_output(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    root = ElementTree.fromstring(invoke("table", SB, "--arch", "sc,x86", "--format", "junit").out)
    assert [element.text for element in root.iter("system-out")] == ["sc: Forbidden\nx86-tso: Allowed\n"]


@pytest.mark.parametrize("text", ["<&>\"'", "]]>", "\0\x1b[1m\x07", "\ud800", "\uffff", "żółć\t\n", "a" * 10_000])
@pytest.mark.parametrize("field", ["file", "name", "why", "details", "output"])
def test_any_text_makes_a_whole_document(text: str, field: str) -> None:
    case = Case(**{"file": "f", "name": "n", "outcome": "failure", field: text})  # type: ignore[arg-type]
    assert len(ElementTree.fromstring(document("suite", [case]))) == 1
