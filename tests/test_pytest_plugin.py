"""The pytest plugin: which litmus tests it collects, what their failures say, and what it costs those without any."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml  # here, as pytester forgets what is loaded within, and this cannot be loaded twice
from conftest import ROOT

import litmus

pytest_plugins = ["pytester"]

SB = """X86 SB
(* Result: {} *)
{{ x=0; y=0; }}
 P0         | P1         ;
 MOV [x],$1 | MOV [y],$1 ;
 MOV EAX,[y]| MOV EAX,[x];
exists (0:EAX=0 /\\ 1:EAX=0)
"""
SILENT = SB.replace("(* Result: {} *)\n", "").format()
WMB = ROOT / "catalog" / "anon_vma" / "anon_vma+wmb.litmus"
RESULT_WMB = WMB.read_text("utf-8").replace("(* As", "(* Result: Never\n   As")


def save(pytester: pytest.Pytester, name: str, text: str) -> Path:
    path = pytester.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_it_is_installed() -> None:
    assert [point.value for point in entry_points(group="pytest11", name="litmus")] == ["litmus.pytest_plugin"]


def test_result_in_a_comment(pytester: pytest.Pytester) -> None:
    save(pytester, "good.litmus", SB.format("Sometimes"))
    save(pytester, "bad.litmus", SB.format("Never"))
    save(pytester, "silent.litmus", SILENT)
    ended = pytester.runpytest("-v")
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["bad.litmus::default FAILED*", "good.litmus::default PASSED*"])


def test_a_failure_shows_the_explanation(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SB.format("Never"))
    ended = pytester.runpytest()
    ended.stdout.fnmatch_lines(
        [
            "SB under x86-tso",
            "expected Never, found Sometimes",
            "SB under x86-tso: Allowed",
            "*the order in which they take effect*",
            "*mfence*",
        ]
    )
    ended.stdout.no_fnmatch_line("*Traceback*")
    ended.stdout.no_fnmatch_line("*runtest*")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("expected.yaml", yaml.safe_dump({"SB.litmus": {"observation": "Never"}, "other.litmus": {"ok": True}})),
        ("expected.yaml", '"deep/SB.litmus": {observation: Never}\nSB.litmus: {observation: Sometimes}\n'),
        ("known.txt", "SB Never\n"),
        ("known.jsonl", '{"file": "SB.litmus", "states": ["0:EAX=0; 1:EAX=1;"]}\n'),
    ],
)
def test_a_file_beside_it(pytester: pytest.Pytester, name: str, text: str) -> None:
    save(pytester, "deep/SB.litmus", SILENT)
    save(pytester, f"deep/{name}", text)
    pytester.makeini(f"[pytest]\nlitmus_expect = {name}")
    ended = pytester.runpytest()
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["SB under x86-tso", "*expected*"])


def test_nothing_is_expected_of_it_there(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SILENT)
    save(pytester, "expected.yaml", "other.litmus: {ok: true}\n")
    pytester.runpytest().assert_outcomes(skipped=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "expected.yaml:1:1: error: a file of expected answers must be a mapping"),
        ("SB.litmus: 3", "expected.yaml:1:12: error: 'SB.litmus' must be a mapping"),
        ("SB.litmus: {ok: perhaps}", "*'ok' is not true, false or null"),
        ("SB.litmus: {observation: !!python/name:os.system x}", "*could not determine a constructor*"),
        ("SB.litmus: {hash: 2001-99-99}", "*not an expected answer: month must be in 1..12*"),
        ("SB.litmus: {states: [3]}", "*'states' is not a list of str"),
        ("SB.litmus: {observaton: Never}", "*unknown key 'observaton' (did you mean 'observation'?)"),
        ("SB.litmus: {result: Never}", "*it says nothing of the answer: it has none of kind, ok, observation, *"),
        ("SB.litmus: {kind: Forbidden}", "*expected a condition of the kind Forbidden, found Allowed"),
        ("SB.litmus: {", "*not YAML*"),
        ("&a SB.litmus: *a", "*aliases*"),
    ],
)
def test_expectations_that_are_none(pytester: pytest.Pytester, text: str, said: str) -> None:
    save(pytester, "SB.litmus", SILENT)
    save(pytester, "expected.yaml", text)
    ended = pytester.runpytest()
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines([f"*{said}*"])
    ended.stdout.no_fnmatch_line("*runtest*")


def test_several_models(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SB.format("Never"))
    save(pytester, "models/strong.cat", '"strong"\nacyclic po | rf | co | fr as sc\n')
    pytester.makeini("[pytest]\nlitmus_models = sc x86-tso models/strong.cat")
    ended = pytester.runpytest("-v")
    ended.assert_outcomes(passed=2, failed=1)
    ended.stdout.fnmatch_lines(["SB.litmus::x86-tso FAILED*"])


def test_the_era_is_that_of_the_configuration(pytester: pytest.Pytester) -> None:
    save(pytester, "wmb.litmus", RESULT_WMB)
    pytester.makeini("[pytest]\nlitmus_models = alpha")
    pytester.runpytest().assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nlitmus_models = alpha\nlitmus_era = v2.6.27")
    pytester.runpytest().assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("text", "ini", "said"),
    [
        (
            "X86 bad\n(* Result: Never *)\n{ }\n P0;\n MVO [x],$1;\nexists (x=1)\n",
            "",
            "bad.litmus:5:2: error: unknown*",
        ),
        (SB.format("Never"), "litmus_models = powr", "*did you mean 'power'*"),
        (SB.format("Never"), "litmus_timeout = soon", "*litmus_timeout is a number of seconds, not 'soon'"),
        (SB.format("Never"), "litmus_timeout = -1", "*litmus_timeout is a number of seconds, not '-1'"),
        (SB.format("Never"), "litmus_timeout = nan", "*litmus_timeout is a number of seconds, not 'nan'"),
        (SB.format("Never"), "litmus_timeout = 0.000001", "*out of time*"),
        (RESULT_WMB, "litmus_models = power\nlitmus_era = v3", "error: unknown era 'v3': there are v2.6.27, v6"),
    ],
)
def test_what_cannot_be_decided_is_a_failure_without_a_traceback(
    pytester: pytest.Pytester, text: str, ini: str, said: str
) -> None:
    save(pytester, "bad.litmus", text)
    pytester.makeini(f"[pytest]\n{ini}")
    ended = pytester.runpytest()
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines([f"*{said}*"])
    ended.stdout.no_fnmatch_line("*runtest*")


def test_a_file_that_cannot_be_read(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    save(pytester, "SB.litmus", SB.format("Sometimes"))
    read_bytes = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.suffix == ".litmus":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    pytester.runpytest().assert_outcomes(passed=1)


def test_several_processes(pytester: pytest.Pytester) -> None:
    save(pytester, "good.litmus", SB.format("Sometimes"))
    save(pytester, "bad.litmus", SB.format("Never"))
    ended = pytester.runpytest("-n", "2")
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["SB under x86-tso: Allowed"])


def test_it_can_be_turned_off_and_selected(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SB.format("Sometimes"))
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest("--strict-markers", "-m", "litmus").assert_outcomes(passed=1, deselected=1)
    pytester.runpytest("-m", "not litmus").assert_outcomes(passed=1, deselected=1)
    pytester.makeini("[pytest]\nlitmus_files =")
    pytester.runpytest().assert_outcomes(passed=1)


MARKED = """
import pytest
@pytest.mark.litmus({})
def test_it(litmus_verdict):
    assert litmus_verdict.allowed
"""


def test_a_marker_names_tests_and_what_is_expected(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SILENT)
    pytester.makepyfile(MARKED.format("'*.litmus', models=['x86-tso', 'sc'], observation='Sometimes'"))
    ended = pytester.runpytest("--strict-markers", "-v", "-m", "litmus")
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines(
        ["*test_it[[]SB.litmus-x86-tso[]] PASSED*", "SB under sc", "expected Sometimes, found Never"]
    )
    ended.stdout.no_fnmatch_line("*pytest_plugin*")


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("'SB.litmus', observaton='Never'", "*the marker 'litmus' of *: unknown key 'observaton'*observation*"),
        ("'SB.litmus', models=['x87']", "*unknown model 'x87'*"),
        ("'none.litmus'", "*no file is 'none.litmus'*"),
        ("models=['sc']", "*its marker 'litmus' names no file*"),
    ],
)
def test_a_marker_that_is_wrong(pytester: pytest.Pytester, marker: str, said: str) -> None:
    save(pytester, "SB.litmus", SILENT)
    pytester.makepyfile(MARKED.format(marker))
    ended = pytester.runpytest()
    assert ended.ret != 0
    ended.stdout.fnmatch_lines([said])
    ended.stdout.no_fnmatch_line("*Traceback*")


def test_who_has_no_litmus_tests_loads_nothing(pytester: pytest.Pytester) -> None:
    save(pytester, "silent.litmus", SILENT)
    pytester.makepyfile(
        """
        import sys
        def test_it():
            loaded = {name for name in sys.modules if name.startswith(("litmus", "z3", "yaml"))}
            assert loaded == {"litmus", "litmus.base", "litmus.pytest_plugin"}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


# --- in Python --------------------------------------------------------------------------------------------------------


def test_assertions_that_hold() -> None:
    litmus.assert_forbidden(WMB, archs=["power", "x86-tso"], era="v2.6.27")
    litmus.assert_forbidden(WMB, archs="power,x86-tso", era="v2.6.27")
    litmus.assert_allowed(str(WMB), archs="alpha", era="v2.6.27")
    litmus.assert_allowed(litmus.parse(SILENT))


def test_a_failed_assertion_says_where_and_why() -> None:
    with pytest.raises(AssertionError) as raised:
        litmus.assert_forbidden(WMB, archs=["power", "alpha", "alpha-linux"], era="v2.6.27")
    first, _, second, *_ = str(raised.value).split("\n")
    assert first == "anon_vma+wmb should be Forbidden, and is Allowed by alpha, Allowed by alpha-linux"
    assert second == "anon_vma+wmb under alpha, Linux v2.6.27: Allowed"
    with pytest.raises(AssertionError, match="and that is a circle"):
        litmus.assert_allowed(WMB, archs="power")


LOOP = """X86 loop
{ }
 P0          | P1           ;
 MOV [x],$1  | L:           ;
             | INC ECX      ;
             | MOV EAX,[x]  ;
             | CMP EAX,$1   ;
             | JNE L        ;
exists (1:ECX=9)
"""


def test_an_answer_within_a_limit_is_neither() -> None:
    test = litmus.parse(LOOP)
    for check in (litmus.assert_forbidden, litmus.assert_allowed):
        with pytest.raises(AssertionError, match=r"bounded by x86-tso \(.*unroll limit"):
            check(test)
    slow = litmus.load(ROOT / "catalog" / "classic" / "ppc" / "IRIW.litmus")
    with pytest.raises(AssertionError, match=r"unknown by power \(.*\)"):
        litmus.assert_allowed(slow, timeout=1e-9)


def test_what_cannot_be_decided_is_no_failed_assertion() -> None:
    with pytest.raises(litmus.ModelError, match="powr"):
        litmus.assert_forbidden(WMB, archs="powr")
    with pytest.raises(litmus.UsageError):
        litmus.assert_forbidden(WMB, archs="power", era="v3")


def test_a_failed_assertion_in_pytest_ends_in_the_test(pytester: pytest.Pytester) -> None:
    save(pytester, "SB.litmus", SILENT)
    pytester.makepyfile("from litmus import assert_forbidden\ndef test_it(): assert_forbidden('SB.litmus')")
    ended = pytester.runpytest()
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["*SB should be Forbidden, and is Allowed by x86-tso", "*SB under x86-tso: Allowed"])
    ended.stdout.no_fnmatch_line("*testing.py*")


def test_an_error_in_what_an_assertion_is_given_ends_in_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from litmus import assert_forbidden\ndef test_it(): assert_forbidden('none.litmus')")
    ended = pytester.runpytest()
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["*UsageError: none.litmus:1:1: error: no such file"])
    ended.stdout.no_fnmatch_line("*litmus/api.py*")
    ended.stdout.no_fnmatch_line("*testing.py*")
