"""What a newcomer types: herd7's options, no command at all, `--help`, the tabulator."""

from __future__ import annotations

import sys
from inspect import signature
from pathlib import Path

import pytest

from litmus.cli import COMMANDS as ALL
from litmus.cli import application
from litmus.commands.herd7 import TOLD, answers

SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"
COMMANDS = ("check", "table", "lower", "graph", "catalog", "models", "archs", "placements", "reference")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["check", SB, "-show", "prop"],
            "-show is an option of herd7: for a picture of an execution use `litmus graph`",
        ),
        (["check", SB, "-speedcheck=true"], "-speedcheck is an option of herd7: use --verdict-only"),
        (
            ["check", SB, "-candidates", "true"],
            "-candidates is an option of herd7: `litmus herd -candidates true` counts them",
        ),
        (["check", SB, "-o", "dir"], "-o is an option of herd7: pictures are written by `litmus graph -o"),
        (["check", SB, "-q"], "-q is an option of herd7: there is nothing to say more or less of"),
        (["check", "-v", SB], "-v is an option of herd7"),
        (["check", SB, "-suffix", "+x"], "-suffix is an option of herd7"),
        (["check", SB, "-outcomes", "true"], "-outcomes is an option of herd7: the states are always listed"),
        (["check", SB, "-skipchecks", "a"], "-skipchecks is an option of herd7: which axioms are checked"),
        (["-macros", "linux.def", SB], f"did you mean `litmus check --macros linux.def {SB}`?"),
        (["table", SB, "-hexa"], "-hexa is an option of herd7"),
        (["check", SB, "-oknames", "SB"], "-oknames is an option of herd7: name the tests that are to be decided"),
        (["check", SB, "-nonames", "SB"], "-nonames is an option of herd7"),
        ([SB], f"there is no command before '{SB}': did you mean `litmus check {SB}`?"),
        ([SB, "-m", "sc"], f"did you mean `litmus check {SB} -m sc`?"),
        (["-m", "sc", SB], f"did you mean `litmus check -m sc {SB}`?"),
        (["-model", "sc", SB], f"did you mean `litmus check --model sc {SB}`?"),
        (["nowhere.litmus"], "did you mean `litmus check nowhere.litmus`?"),
        (["@index"], "did you mean `litmus check @index`?"),
    ],
)
def test_what_is_meant_is_said_in_a_line(invoke, arguments: list[object], said: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_each_of_several_has_its_line(invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("check", "-libdir", "l", "-show", "prop", "-cfg", "c", SB)
    assert [line.split(" is ")[0] for line in ended.err.splitlines()] == [
        "error: -libdir",
        "error: -show",
        "error: -cfg",
    ]


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_option_is_answered_in_one_line(name: str) -> None:
    (line,) = (
        answers(["check", f"-{name}", "value", "t.litmus"], COMMANDS) if name != "j" else ["-j is an option of herd7: "]
    )
    assert line.startswith(f"-{name} is an option of herd7: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", SB, "-msc"],
        ["check", SB, "-m", "sc", "-j2"],
        ["check", SB, "-model", "sc", "-unroll", "3", "-timeout", "600"],
        ["graph", SB, "-o", "x.svg"],
        ["check", "--", SB],
        ["-version"],
        ["--version"],
        ["-help"],
        ["catalog", "--help"],
    ],
)
def test_what_is_ours_stays_so(invoke, monkeypatch, tmp_path: Path, arguments: list[object]) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    ended = invoke(*arguments)
    assert "herd7" not in ended.err
    assert ended.code == 0


def test_an_unknown_command_is_not_a_file(invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("chekc", SB)
    assert "Did you mean 'check'?" in ended.err


def test_the_program_has_one_name_however_it_is_started(invoke, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """`python -m something` has another for click, and no completion then."""
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "something", raising=False)
    monkeypatch.setattr(sys, "argv", ["something"])
    assert invoke("check", "--help").out.startswith("Usage: litmus check ")


@pytest.mark.parametrize("command", [[], ["catalog"], *([name] for name in COMMANDS if name != "catalog")])
@pytest.mark.parametrize("columns", ["50", "80", "200"])
def test_no_line_of_the_help_is_cut(  # type: ignore[no-untyped-def]
    invoke, monkeypatch: pytest.MonkeyPatch, command: list[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ended = invoke(*command, "--help")
    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if line.rstrip().endswith("...")] == [
        line for line in ended.out.splitlines() if line.startswith("Usage: ") and line.endswith("...")
    ]
    assert ended.out.count("\n") > 5


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ch"], ["check"]),
        (["check", "--verd"], ["--verdict-only"]),
        (["check", "-m", "x86-"], ["x86-2006", "x86-tso"]),
        (["check", "-m", "am"], ["amd64"]),
        (["catalog", "ver"], ["verify"]),
        (["models", "x86-"], ["x86-2006", "x86-tso"]),
        (["table", "--arch", "sc,pow"], ["sc,power", "sc,powerpc", "sc,powerpc64"]),
        (["table", "--era", "v2"], ["v2.6.27"]),
        (["table", "--format", "j"], ["json", "junit"]),
        (["check", "--format", "j"], ["json", "junit"]),
        (["explain", "--format", "m"], ["markdown"]),
        (["reference", "i"], ["instructions"]),
        (["catalog", "list", "anon"], ["anon_vma"]),
        (["catalog", "export", "here", "anon"], ["anon_vma"]),
        (["catalog", "thread", "s"], ["sticky-pages"]),
        (["catalog", "show", "sticky+w"], ["sticky+writable"]),
        (["catalog", "show", "kernel-futex/dma+"], ["kernel-futex/dma+unshared"]),
    ],
)
def test_a_shell_completes(  # type: ignore[no-untyped-def]
    invoke, monkeypatch: pytest.MonkeyPatch, words: list[str], offered: list[str]
) -> None:
    monkeypatch.setenv("_LITMUS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["litmus", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    assert invoke().out.split() == offered


def test_a_shell_offers_models_not_each_of_their_names(invoke, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("_LITMUS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "litmus check -m ")
    monkeypatch.setenv("COMP_CWORD", "3")
    offered = invoke().out.split()
    assert "power" in offered
    assert "amd64" not in offered


def test_every_command_with_processes_has_their_option() -> None:
    """`-j` is also an option of herd7's, and is answered as such only where we have none."""
    for command in application(*ALL).registered_commands:
        assert command.callback is not None
        if "jobs" in signature(command.callback).parameters:
            name = command.callback.__name__
            assert list(answers([name, "-j", "2", "x.litmus"], [name])) == []
