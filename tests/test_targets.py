"""What a test is to a model: which go together, why others do not, and what memory engines take."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from litmus.base.errors import LitmusError, ModelError
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.targets import target_for
from litmus.targets.assembly import AssemblyTarget
from litmus.targets.kernel_c import KernelTarget
from litmus.targets.pci import PciTarget

TESTS = {
    "X86": "X86 t\n{ }\n P0 | P1;\n MOV [x],$1 | MOV EAX,[x];\nexists (1:EAX=1)\n",
    "PPC": "PPC t\n{ 0:r1=x; }\n P0;\n lwz r2,0(r1);\nexists (0:r2=0)\n",
    "C": "C t\n{ }\nP0(int *x) { WRITE_ONCE(*x, 1); smp_mb(); }\nexists (x=1)\n",
    "PCI": "PCI t\n{ }\ntopology { host bus 0; cpu alpha: P0; memory: x; }\nP0;\nWRITE_ONCE(x, 1);\nexists (x=1)\n",
}
SAYS_NOTHING = '"m"\nacyclic po | rf | co | fr as sc\n'


def read(kind: str) -> LitmusTest:
    return parse_test(Source("t.litmus", TESTS[kind]))


@pytest.mark.parametrize(
    ("kind", "model", "target"),
    [
        ("X86", "sc", AssemblyTarget),
        ("PPC", "power", AssemblyTarget),
        ("C", "alpha", KernelTarget),
        ("PCI", "pci-tree", PciTarget),
    ],
)
def test_each_kind_has_its_target(kind: str, model: str, target: type) -> None:
    test = read(kind)
    with Engine() as engine:
        assert isinstance(target_for(engine.model(model), test, Options()), target)
        assert engine.check(test, model).allowed


@pytest.mark.parametrize(
    ("kind", "model", "message"),
    [
        ("X86", "power", "model 'power' decides tests of PPC, but this is a test of X86"),
        ("PPC", "s390", "model 's390' decides no assembly, but this is a test of PPC"),
        ("PCI", "x86-tso", "model 'x86-tso' decides tests of X86 and X86_64, but this is a test of PCI"),
        ("C", "pci-tree", "model 'pci-tree' cannot decide kernel C: its description maps no primitives"),
    ],
)
def test_what_does_not_go_together(kind: str, model: str, message: str) -> None:
    with Engine() as engine, pytest.raises(ModelError) as caught:
        target_for(engine.model(model), read(kind), Options())
    assert caught.value.message == message


# --- a model from any folder, with its description beside it ----------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A model of nobody's, with a description that maps the primitives."""
    for suffix in ("cat", "yaml"):
        shutil.copy(folder("archs") / f"alpha.{suffix}", tmp_path)
    return tmp_path / "alpha.cat"


@pytest.mark.parametrize("suffix", [".cat", ".yaml"])
def test_a_description_makes_an_architecture(mine: Path, suffix: str) -> None:
    with Engine() as engine:
        for era in ("v2.6.27", "v6"):
            verdict = engine.check(read("C"), str(mine.with_suffix(suffix)), Options(era=era))
            assert verdict.states == engine.check(read("C"), "alpha", Options(era=era)).states
            assert verdict.model == "alpha"


def test_a_mapping_can_be_that_of_a_model_of_ours(mine: Path) -> None:
    text = mine.with_suffix(".yaml").read_text().replace("name: alpha\n", "name: beta\n")
    before, after = text.index("\nkernel:"), text.index("\nlimits:")
    borrowing = mine.rename(mine.with_stem("beta"))
    borrowing.with_suffix(".yaml").write_text(f"{text[:before]}\nkernel:\n  v6: alpha{text[after:]}")
    mine.with_suffix(".yaml").unlink()
    with Engine() as engine:
        assert engine.check(read("C"), str(borrowing)).allowed


def test_columns_of_a_table_are_files_too(mine: Path, tmp_path: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    test = tmp_path / "t.litmus"
    test.write_text(TESTS["C"])
    ended = invoke("table", test, "--arch", f"sc,{mine.with_suffix('.yaml')}", "--format", "csv")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [f"test,file,sc,{mine.stem}", f"t,{test},Allowed,Allowed"]


def test_a_description_says_which_tests_a_model_decides(mine: Path) -> None:
    with Engine() as engine, pytest.raises(ModelError) as caught:
        engine.check(read("X86"), str(mine))
    assert caught.value.message == "model 'alpha' decides tests of ALPHA, but this is a test of X86"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(b"name: \xff"), "cannot read '{}': it is not UTF-8 text"),
        (lambda path: (path.unlink(), path.mkdir()), "'{}' is not a file"),
        (lambda path: path.unlink(), "cannot read '{}': No such file or directory"),
    ],
    ids=["no text", "a folder", "missing"],
)
def test_a_description_that_cannot_be_read_is_an_error(
    mine: Path,
    tmp_path: Path,
    invoke,
    spoil: Callable[[Path], object],
    message: str,  # type: ignore[no-untyped-def]
) -> None:
    test, path = tmp_path / "t.litmus", mine.with_suffix(".yaml")
    test.write_text(TESTS["C"])
    spoil(path)
    ended = invoke("table", test, "--arch", f"sc,{path}")
    assert ended.code == 2
    assert message.format(path) in ended.out + ended.err


def test_every_command_takes_either_path(mine: Path, tmp_path: Path, invoke) -> None:  # type: ignore[no-untyped-def]
    test = tmp_path / "t.litmus"
    test.write_text(TESTS["C"])
    for path in (mine, mine.with_suffix(".yaml")):
        assert invoke("lower", test, "--arch", path).code == 0
        assert invoke("models", path).out == invoke("models", "alpha").out
        assert invoke("check", test, "-m", path).code == 0


def test_without_a_description_there_is_no_kernel_c(tmp_path: Path) -> None:
    path = tmp_path / "m.cat"
    path.write_text(SAYS_NOTHING)
    with Engine() as engine:
        with pytest.raises(ModelError) as caught:
            engine.check(read("C"), str(path))
        assert caught.value.message == f"'{path}' cannot decide kernel C: it does not map the kernel's primitives"
        assert f"map them in {path.with_suffix('.yaml')}" in (caught.value.hint or "")
        assert engine.check(read("X86"), str(path)).allowed  # assembly needs none
        path.with_suffix(".yaml").write_text("name: m\n")
        with pytest.raises(LitmusError, match=r"m\.yaml:1:1: error: key 'description' is missing"):
            engine.check(read("C"), str(path))  # read again, since it is there now
        assert engine.check(read("X86"), str(path)).allowed


def test_what_no_model_knows_is_refused_by_the_target_with_its_place() -> None:
    test = parse_test(Source("t.litmus", TESTS["C"].replace("smp_mb", "smb_mb")))
    with Engine() as engine, pytest.raises(LitmusError, match=r"t\.litmus:3:33: error: unknown function 'smb_mb'"):
        engine.check(test, "power")


# --- memory -----------------------------------------------------------------------------------------------------------

ROUNDS = {
    "engines": "for _ in range(20): Engine().check(test)",
    "closed engines": "for _ in range(10):\n  with Engine() as engine: engine.check(test)",
    "threads": "for _ in range(10):\n  t = threading.Thread(target=litmus.check, args=(test,)); t.start(); t.join()",
    "includes": "for k in range(20): litmus.check(test, include=[f'/nowhere/{k}'])",
    "checks": "for _ in range(400): litmus.check(test)",
}
SCRIPT = """
import resource, threading, litmus
from litmus.engine import Engine
test = litmus.parse({text!r})
def once():
    {code}
once()
first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(5):
    once()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ROUNDS)
def test_memory_stays_where_it_is(what: str) -> None:
    """An engine gives its context of 17 MB back when it is closed or collected: 100 engines, 2,000 checks are flat."""
    code = ROUNDS[what].replace("\n", "\n    ")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(text=TESTS["X86"], code=code)], capture_output=True, text=True, check=True
    )
    grown = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 40_000_000
