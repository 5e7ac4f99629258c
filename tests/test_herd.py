"""`litmus herd`: the command line, the output and the exit codes of herd7, as scripts use them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from litmus import __version__
from litmus.base.errors import LitmusError, UsageError
from litmus.commands import herd_options
from litmus.commands.herd import run
from litmus.commands.herd7 import TOLD
from litmus.commands.herd_options import Asked, asked

ROOT = Path(__file__).parent.parent
CLASSIC = ROOT / "catalog" / "classic" / "x86"
SB = CLASSIC / "SB.litmus"

BLOCK = """Test SB Allowed
States 4
0:EAX=0; 1:EAX=0;
0:EAX=0; 1:EAX=1;
0:EAX=1; 1:EAX=0;
0:EAX=1; 1:EAX=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (0:EAX=0 /\\ 1:EAX=0)
Observation SB Sometimes 1 3
Time SB 0.00
Hash=HASH

"""
TWICE = """X86 twice
{ x=0; }
 P0         | P1         ;
 MOV [x],$1 | MOV [x],$2 ;
forall (x=1 \\/ x=2)
"""
LOOP = """X86 loop
{ x=0; }
 P0          | P1          ;
 L:          | MOV [x],$1  ;
 MOV EAX,[x] |             ;
 INC EBX     |             ;
 CMP EAX,$0  |             ;
 JE L        |             ;
exists (0:EBX=4)
"""
EITHER = """X86 either
{ x=0; y=0; }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
filter (0:EAX=1)
forall (1:EAX=1)
"""


def plain(text: str) -> str:
    """Output without what differs from run to run."""
    return re.sub(r"^(Time \S+) \d+\.\d\d$", r"\1 0.00", text, flags=re.MULTILINE)


def heard(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of a command line."""
    code = run([str(argument) for argument in arguments], "0")
    out, err = capsys.readouterr()
    return int(code), plain(out), err


def file(folder: Path, text: str) -> Path:
    path = folder / f"{text.split()[1]}.litmus"
    path.write_text(text)
    return path


# --- output -----------------------------------------------------------------------------------------------------------


def test_the_output_is_that_of_herd7(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = heard(capsys, SB)
    assert re.sub(r"^Hash=\w{32}$", "Hash=HASH", out, flags=re.MULTILINE) == BLOCK
    assert (code, err) == (0, "")


def test_witnesses_are_executions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Two states, and two executions: herd7 counts these, so an order of the writes is one each."""
    _, out, _ = heard(capsys, file(tmp_path, TWICE))
    assert "Ok\nWitnesses\nPositive: 2 Negative: 0\n" in out
    assert "Observation twice Always 2 0\n" in out


def test_a_forbidden_outcome_swaps_the_witnesses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = heard(capsys, file(tmp_path, SB.read_text().replace("exists", "~exists")))
    assert "No\nWitnesses\nPositive: 3 Negative: 1\n" in out
    assert "Observation SB Sometimes 1 3\n" in out


def test_a_loop_that_goes_on_is_said_as_herd7_says_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = file(tmp_path, LOOP)
    code, out, err = heard(capsys, path)
    assert "\nLoop No\nWitnesses\nPositive: 0 Negative: 3\n" in out
    assert "Observation loop Never 0 3\n" in out
    assert err == f'Warning: File "{path}": unrolling limit exceeded, legal outcomes may be missing.\n'
    assert code == 0


def test_a_test_without_executions_is_never_and_said_in_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, out, err = heard(capsys, file(tmp_path, SB.read_text().replace("exists", "filter (0:EAX=7)\nexists")))
    assert "States 0\nNo\n" in out
    assert "Observation SB Never 0 0\n" in out
    assert "no execution of the test comes to its end and passes its filter" in err


def test_an_answer_that_is_known_is_printed_though_states_are_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Values out of thin air, of which there is no end."""
    (tmp_path / "m.cat").write_text('"m"\nacyclic po-loc | rf | co | fr\n')
    text = "LISA thin\n{ x=0; y=0; }\n P0 | P1 ;\n r r1 x | r r1 y ;\n w y r1 | w x r1 ;\nforall (0:r1=0)\n"
    path = file(tmp_path, text)
    code, out, err = heard(capsys, "-model", tmp_path / "m.cat", path)
    assert code == 0
    assert "\nNo\nWitnesses\n" in out
    assert "Observation thin Sometimes " in out
    assert re.fullmatch(rf'Warning: File "{path}": stopped after \d+ states; there may be more\n', err)


@pytest.mark.slow
def test_a_test_that_is_out_of_time_has_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = heard(capsys, "-timeout", "0.0001", SB)
    assert (code, out) == (0, "")
    assert err.startswith(f'Warning: File "{SB}": ')
    assert "time" in err


def test_a_name_that_was_there_is_not_answered_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = file(tmp_path, SB.read_text().replace("$1", "$2"))
    code, out, err = heard(capsys, SB, SB, other)
    assert out.count("Test SB ") == 1
    assert f'"{other}": Different hashes for test SB (previous file {SB})' in err
    assert code == 0


# --- what is wrong ----------------------------------------------------------------------------------------------------


def test_a_test_that_cannot_be_read_is_a_warning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.litmus"
    bad.write_text(SB.read_text().replace("MOV", "MVO", 1))
    code, out, err = heard(capsys, bad, tmp_path / "none.litmus", SB)
    assert code == 0
    assert out.startswith("Test SB Allowed\n")
    assert re.search(rf'^Warning: File "{bad}", line \d+, characters \d+-\d+: unknown mnemonic .*MVO', err, re.M)
    assert f'Warning: File "{tmp_path / "none.litmus"}": no such file\n' in err


def test_with_exit_the_first_failure_ends_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = heard(capsys, "-exit", "true", tmp_path / "none.litmus", SB)
    assert (code, out) == (1, "")


def test_a_model_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.cat").write_text('"bad"\nlet x = \n')
    for model in (tmp_path / "bad.cat", tmp_path / "none.cat", "nonesuch"):
        with pytest.raises(LitmusError):
            run(["-model", str(model), str(SB)], "0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-modle", "x.cat"], "unknown option '-modle'"),
        (["-enddian"], "unknown option '-enddian'"),
        (["-unroll", "often"], "'often' is no value of option '-unroll': it is a number"),
        (["-unroll", "-1"], "'-1' is no value of option '-unroll': it is not negative"),
        (["-exit", "perhaps"], "'perhaps' is no value of option '-exit': it is true or false"),
        (["-show", "some"], "'some' is no value of option '-show': it is one of prop, neg, cond, wit, all, none"),
        (["-timeout", "0"], "'0' is no value of option '-timeout': it is more than 0"),
        (["-model"], "option '-model' needs a value"),
        (["-skipchecks", "a"], "-skipchecks is an option of herd7 that is not taken: which axioms are checked"),
        (["-web"], "-web is an option of herd7 that is not taken: name a file of options with -conf"),
    ],
)
def test_a_command_line_that_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        asked(arguments)
    assert error.value.message.startswith(message)


def test_every_option_of_herd7_means_something_or_is_told() -> None:
    for name in herd_options.KNOWN - herd_options._MEANT.keys():
        assert TOLD[name]
    assert not herd_options._REFUSED & herd_options._PASSED_OVER
    assert not (herd_options._REFUSED | herd_options._PASSED_OVER) & herd_options._MEANT.keys()
    assert herd_options._FLAGS <= herd_options.KNOWN


def test_what_is_passed_over_is_said_unless_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = heard(capsys, "-graph", "columns", "-optace", "true", SB)
    assert out.startswith("Test SB Allowed\n")
    assert err.splitlines()[0].startswith("litmus: -graph is passed over: ")
    assert err.splitlines()[1].startswith("litmus: -optace is passed over: how executions are found cannot be set")
    assert heard(capsys, "-q", "-graph", "columns", SB)[2] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-candidates", "true", SB), "Candidates SB 4\nHash="),  # each read reads from one of two writes
        (("-candidates", "true", "-model", "sc.cat", SB), "Candidates SB 4\nHash="),
        (("-candidates", "true", "-speedcheck", "fast", SB), "Candidates SB 1\nHash="),  # those of the condition
        (("-candidates", "false", SB), "Time SB 0.0\nHash="),
    ],
)
def test_candidates_are_counted(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    """As many as there are executions under a model without axioms, whatever the model."""
    out = re.sub(r"(Time SB 0\.)\d+", r"\g<1>0", heard(capsys, *arguments)[1])
    assert said in out
    assert out.count("Candidates") == (arguments[1] == "true")


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["-unroll", "5"], Asked(unroll=5)),
        (["-timeout", "1.5"], Asked(timeout=1.5)),
        (["-timeout", "none"], Asked(timeout=None)),
        (["-cat", "a.cat", "-I", "x", "-I", "y"], Asked(model="a.cat", folders=("x", "y"))),
        (["-variant", "a,b", "-variant", "c"], Asked(variants=frozenset("abc"))),
        (["-badflag", "race", "-badexecs", "false"], Asked(bad_flag="race", bad_executions=False)),
        (["-v", "-q"], Asked(quiet=True)),
        (["--help"], Asked(information="help")),
        (["a.litmus", "-version", "-nonsense"], Asked(files=("a.litmus",), information="version")),
    ],
)
def test_options(arguments: list[str], found: Asked) -> None:
    assert asked(arguments) == found


@pytest.mark.parametrize("variant", ["ets2", "ETS3", "exs,eis,eos", "dic", "mixed,unaligned,S128"])
def test_variants_for_what_no_test_here_has(capsys: pytest.CaptureFixture[str], variant: str) -> None:
    _, known, _ = heard(capsys, SB)
    _, output, complaints = heard(capsys, "-variant", variant, SB)
    assert (output, complaints) == (known, "")


def test_a_file_of_options(tmp_path: Path) -> None:
    (tmp_path / "inner.cfg").write_text("unroll 4\nmodel a.cat\n")
    (tmp_path / "a.cfg").write_text(
        '# options\nlocal-conf inner.cfg\nmodel "b.cat" # mine\ngraph columns\nvariant v,w\n'
    )
    found = asked(["-conf", str(tmp_path / "a.cfg")])
    assert found == Asked(folders=(str(tmp_path),), unroll=4, model="b.cat", variants=frozenset("vw"))
    (tmp_path / "b.cfg").write_text("unroll rarely\n")
    with pytest.raises(UsageError, match=r"'rarely' is no value of option 'unroll in .*b.cfg'"):
        asked(["-conf", str(tmp_path / "b.cfg")])
    (tmp_path / "c.cfg").write_text("local-conf c.cfg\n")
    with pytest.raises(UsageError, match="includes itself"):
        asked(["-conf", str(tmp_path / "c.cfg")])


def test_unroll(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = file(tmp_path, LOOP)
    assert "\nLoop Ok\n" in heard(capsys, "-unroll", "3", path)[1]
    assert "Observation loop Never 0 1\n" in heard(capsys, "-unroll", "0", path)[1]


@pytest.mark.parametrize(
    ("speed", "unfiltered", "states", "observation"),
    [
        ("false", False, 2, "Sometimes 1 1"),
        ("false", True, 2, "Sometimes 2 2"),
        ("true", False, 1, "Never 0 1"),
        ("true", True, 1, "Never 0 2"),
        ("fast", False, 1, "Never 0 1"),
    ],
)
def test_which_executions_are_looked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, speed: str, unfiltered: bool, states: int, observation: str
) -> None:
    arguments = ["-speedcheck", speed, "-checkfilter", str(not unfiltered).lower()]
    _, out, _ = heard(capsys, *arguments, file(tmp_path, EITHER))
    assert f"States {states}\n" in out
    assert "\nNo\n" in out
    assert f"Observation either {observation}\n" in out


@pytest.mark.parametrize("speed", ["true", "fast"])
def test_that_no_execution_decides_a_condition_is_an_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, speed: str
) -> None:
    """The model allows four executions here: only those that decide the condition were asked for."""
    path = file(tmp_path, SB.read_text("utf-8").replace("0:EAX=0 /\\ 1:EAX=0", "0:EAX=2"))
    _, out, said = heard(capsys, "-speedcheck", speed, path)
    assert ("\nNo\n" in out, "\nObservation SB Never 0 0\n" in out, said) == (True, True, "")


def test_numbers_in_hexadecimal_are_the_bits_of_their_types(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As herd7 answers: in states the bits of the type, in the condition those of a number there."""
    init = "{ uint64_t 0:X4; int16_t y=-3; int64_t z=-4; uint8_t t[2]={255,254}; 0:X3=z; }"
    asked = "locations [y; z; t; 0:X3; 0:X4]\nexists (0:X0=-1 /\\ not (z=-4 /\\ y=1))"
    path = file(tmp_path, f"AArch64 a\n{init}\n P0;\n MOV W0,#-1;\n MOV X4,#-5;\n{asked}\n")
    state = "0:X0=0xffffffff; 0:X3=z; 0:X4=0xfffffffffffffffb; t={0xff,0xfe}; [y]=0xfffd; [z]=0xfffffffffffffffc;"
    condition = "Condition exists (0:X0=0xffffffffffffffff /\\ not ([z]=0xfffffffffffffffc /\\ [y]=0x1))"
    out = heard(capsys, "-hexa", "true", path)[1]
    assert (state in out, condition in out) == (True, True)
    assert "0:X0=-1;" in heard(capsys, "-hexa", "false", path)[1]


def test_what_leaves_a_program_without_a_meaning_is_a_flag_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = '"m"\ninclude "cos.cat"\nundefined_unless empty rf & ext as Dr\nflag ~empty rf & ext as odd\n'
    (tmp_path / "m.cat").write_text(text)
    out = heard(capsys, "-model", tmp_path / "m.cat", SB)[1]
    assert "\nUndef\n" in out
    assert "\nFlag *undef*\nFlag odd\nCondition" in out


def test_a_bad_flag_makes_a_test_undefined(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text('"m"\ninclude "cos.cat"\nacyclic po | rf | co | fr\nflag ~empty rf & ext as odd\n')
    model = ["-model", tmp_path / "m.cat"]
    assert "Flag odd\n" in heard(capsys, *model, SB)[1]
    assert "\nUndef\n" in heard(capsys, *model, "-badflag", "odd", SB)[1]
    assert "\nNo\n" in heard(capsys, *model, "-badflag", "even", SB)[1]
    assert heard(capsys, *model, "-badflag", "odd", "-badexecs", "false", SB)[1] == ""


def test_names_select_tests(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "names").write_text("MP\nSB\n")
    (tmp_path / "excluded").write_text("SB\n")
    arguments = ("-names", tmp_path / "names", "-excl", tmp_path / "excluded")
    _, out, _ = heard(capsys, *arguments, *(CLASSIC / f"{name}.litmus" for name in ("SB", "MP", "LB")))
    assert re.findall(r"^Test (\S+)", out, re.MULTILINE) == ["MP"]


@pytest.mark.parametrize(
    ("show", "drawn"),
    [("prop", (1, 1)), ("neg", (3, 1)), ("all", (4, 2)), ("wit", (1, 1)), ("cond", (1, 1)), ("none", (0, 0))],
)
def test_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path, show: str, drawn: tuple[int, int]) -> None:
    """All executions are in one file, the second of 4 and 2: herd7 7.58 writes as many."""
    heard(capsys, "-o", tmp_path, "-show", show, SB, file(tmp_path, EITHER.replace("forall", "exists")))
    for name, many in zip(("SB", "either"), drawn, strict=True):
        pictures = (tmp_path / f"{name}.dot").read_text().split("digraph ")
        assert (pictures[0], len(pictures) - 1, len(set(pictures))) == ("", many, many + 1)


def test_what_is_drawn_is_what_the_words_above_say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    heard(capsys, "-o", tmp_path, "-show", "neg", SB)
    text = (tmp_path / "SB.dot").read_text()
    assert text.count("exists (not (0:EAX=0 /") == text.count("Allowed: this execution has it") == 3
    assert sorted(re.findall(r"0:EAX=\d; 1:EAX=\d;", text)) == [
        "0:EAX=0; 1:EAX=1;",
        "0:EAX=1; 1:EAX=0;",
        "0:EAX=1; 1:EAX=1;",
    ]


def test_how_many_pictures_and_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for suffix, limit in ((".two", ("-nshow", "2")), (".one", ("-showone", "true")), (".all", ("-showone", "false"))):
        heard(capsys, "-o", tmp_path, "-suffix", suffix, "-show", "all", *limit, SB)
    found = {path.name: path.read_text().count("digraph") for path in tmp_path.iterdir()}
    assert found == {"SB.two.dot": 2, "SB.one.dot": 1, "SB.all.dot": 4}
    out = heard(capsys, "-o", "-", "-show", "prop", SB)[1]
    assert out.startswith("\nDOTBEGIN SB\nDOTCOM dot\ndigraph")
    assert "}\n\nDOTEND SB\nTest SB Allowed\n" in out


def test_there_is_no_picture_of_what_cannot_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    heard(capsys, "-model", "sc", "-o", tmp_path, "-show", "prop", SB)
    assert (tmp_path / "SB.dot").read_text() == ""


def test_information(capsys: pytest.CaptureFixture[str]) -> None:
    assert heard(capsys, "-version") == (0, "7.58, Rev: litmus 0\n", "")
    assert (Path(heard(capsys, "-libdir")[1].strip()) / "cos.cat").exists()
    assert heard(capsys, "-help")[1].startswith("usage: litmus herd")


# --- the script, and scripts that call it -----------------------------------------------------------------------------

KERNEL = {
    "a.def": "get(X) __load{quick}(*X)\nput(X,V) { __store{quick}(*X,V); }\nstop() { __fence{full}; }\n",
    "a.bell": "\"tags\"\nenum A = 'quick\ninstructions R[A]\ninstructions W[A]\nenum B = 'full\ninstructions F[B]\n",
    "a.cat": '"made up"\ninclude "cos.cat"\nlet order = fencerel(Full)\nacyclic order | rfe | coe | fre\n'
    "acyclic po-loc | rf | co | fr\nflag ~empty ([W & Quick] ; loc ; [R & Quick]) & ext as data-race\n",
    "a.cfg": "macros a.def\nbell a.bell\nmodel a.cat\nvariant lkmmv2\ngraph columns\n",
}
C = "C {name}\n(*\n * Result: {result}\n *)\n{{}}\nP0(int *x, int *y) {{ put(x, 1); {stop} int r0 = get(y); }}\n"
C += "P1(int *x, int *y) {{ put(y, 1); {stop} int r0 = get(x); }}\nexists (0:r0=0 /\\ 1:r0=0)\n"

JUDGE = """#!/bin/sh
# What scripts do with herd7: they run it under a time limit, keep all that it says, and look for a few lines in it.
out=$2/$(basename $1).out
echo Options: -conf a.cfg > $out
timeout 10m herd7 -conf a.cfg $1 >> $out 2>&1
echo Status: $? >> $out
wanted=$(grep -m 1 '^ \\* Result: ' $1 | awk '{ print $3 }')
if grep ': Unknown macro ' $out | sed -e 's/^.*: Unknown macro //' -e 's/ (User error).*$//' | grep .
then
	exit 254
fi
grep '^Observation' $out || exit 255
grep -q '^Flag data-race$' $out && echo race
if grep '^Observation' $out | grep -q "$wanted"
then
	exit 0
fi
exit 1
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as the kernel's: the model above, tests and scripts below; and a herd7 to be found first."""
    place = tmp_path_factory.mktemp("memory-model")
    for folder in ("litmus-tests", "scripts", "out", "bin"):
        (place / folder).mkdir()
    for name, text in KERNEL.items():
        (place / name).write_text(text)
    (place / "scripts" / "judge.sh").write_text(JUDGE)
    herd7 = place / "bin" / "herd7"
    herd7.write_text(f"#!{sys.executable}\nfrom litmus.cli import herd7\nherd7()\n")
    herd7.chmod(0o755)
    return place


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "result", "stop", "code", "said"),
    [
        ("SB+stops", "Never", "stop();", 0, "Observation SB+stops Never 0 3\nrace\n"),
        ("SB", "Sometimes", "", 0, "Observation SB Sometimes 1 3\nrace\n"),
        ("SB+wrong", "Never", "", 1, "Observation SB+wrong Sometimes 1 3\nrace\n"),
        ("SB+unknown", "Never", "halt_all();", 254, "halt_all\n"),
        ("SB+syntax", "Never", "stop(;", 255, ""),
    ],
)
def test_a_script_that_calls_herd7(kernel: Path, name: str, result: str, stop: str, code: int, said: str) -> None:
    path = kernel / "litmus-tests" / f"{name}.litmus"
    path.write_text(C.format(name=name, result=result, stop=stop))
    ended = subprocess.run(
        ["sh", "scripts/judge.sh", f"litmus-tests/{name}.litmus", "out"],
        cwd=kernel,
        env={"PATH": f"{kernel / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, said, "")
    assert "\nStatus: 0\n" in (kernel / "out" / f"{name}.litmus.out").read_text()


@pytest.mark.slow
def test_names_of_tests_may_come_from_stdin(kernel: Path, tmp_path: Path) -> None:
    (tmp_path / "@all").write_text(f"# tests\n{SB}\n")
    for arguments, given in (([], f"{SB}\n"), ([str(tmp_path / "@all")], "")):
        ended = subprocess.run([kernel / "bin" / "herd7", *arguments], input=given, capture_output=True, text=True)
        assert ended.stdout.startswith("Test SB Allowed\n"), ended.stderr
    ended = subprocess.run([kernel / "bin" / "herd7", "-foo"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unknown option '-foo'" in ended.stderr


@pytest.mark.slow
def test_output_that_nobody_reads_ends_the_run() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "import sys; from litmus.cli import main; main()", "herd", SB]
    with os.fdopen(write) as nobody:
        ended = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.slow
def test_the_script_is_a_distribution_of_its_own() -> None:
    project = tomllib.loads((ROOT / "extras" / "herd7" / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"herd7": "litmus.cli:herd7"}
    assert project["dependencies"] == ["litmus"]
    code = "import sys; sys.argv = ['herd7', '-version']; from litmus.cli import herd7; herd7()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, f"7.58, Rev: litmus {__version__}\n")
