"""The names by which people know architectures, wherever a model or an architecture may be named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from oracles.kernel_c import publishing

import litmus
from litmus.base.errors import ModelError, ParseError
from litmus.cat.load import load
from litmus.cat.registry import default_model, info, models, no_clash

NAMES = {
    "x86-tso": "x86 X86 x86_64 x86-64 X86_64 amd64 AMD64 i386 i686 ia32 IA-32 x64 tso TSO x86tso.cat x86-tso.cat",
    "aarch64": "AArch64 AARCH64 arm64 ARM64 armv8 ARMv8-A aarch64.cat",
    "armv7": "arm ARM ARMv7 armv7-a arm32 arm.cat",
    "power": "ppc PPC ppc64 ppc64le powerpc PowerPC POWER Power powerpc64",
    "s390": "s390x S390 S390X",
    "riscv": "RISCV RISC-V risc-v riscv64 rv64 RVWMO",
    "alpha": "Alpha ALPHA axp",
    "sparc-tso": "sparc SPARC sparc64 SPARC-TSO sparc_tso",
    "mips": "MIPS mips64",
    "loongarch": "LoongArch loongarch64 la64",
    "ia64": "IA64 ia-64 IA-64 itanium Itanium",
    "sc": "SC sc.cat",
}
SPELT = [(name, model) for model, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("name", "model"), SPELT)
def test_what_people_call_an_architecture_is_a_name_of_its_model(name: str, model: str) -> None:
    assert load(name).name == info(name).name == model


def test_names_are_names_everywhere(invoke, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "t.litmus"
    file.write_text(publishing().source.text)
    assert '"model": "x86-tso"' in invoke("check", file, "-m", "i386", "--format", "json").out
    assert invoke("lower", file, "-a", "arm64").out.startswith("AArch64 MP+aarch64+v6")
    assert invoke("models", "ppc64le").out.startswith("power: ")
    assert litmus.check(publishing(), "AArch64").model == "aarch64"
    assert litmus.lower(publishing(), "arm64").name == litmus.lower(publishing(), "aarch64").name


def test_no_two_models_have_a_name() -> None:
    for found in models():
        assert len({*found.aliases, found.name}) == len(found.aliases) + 1
    first, second = info("alpha"), info("power")
    with pytest.raises(ModelError, match=r"alpha.yaml:\d+:\d+: error: 'axp' is a name of power, too"):
        no_clash([replace(second, aliases=("AXP",)), first])
    with pytest.raises(ModelError, match="'axp' is a name of axp, too"):
        no_clash([first, replace(second, name="axp", aliases=())])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("amd46", "did you mean 'amd64', which is x86-tso?"),
        ("pwoer", "did you mean 'power'?"),
        ("hppa", "there is no model of this architecture here"),
    ],
)
@pytest.mark.parametrize("call", [load, info])
def test_what_is_meant_by_a_name_that_no_model_has(name: str, said: str, call: Callable[[str], object]) -> None:
    with pytest.raises(ModelError, match=f"unknown model '{name}'") as error:
        call(name)
    assert said in (error.value.hint or "")


@pytest.mark.parametrize(
    ("arch", "hint"),
    [
        ("aarch64", "did you mean 'AArch64'?"),
        ("arm64", "did you mean 'AArch64'?"),
        ("arm", "did you mean 'ARM'?"),
        ("mips64", "did you mean 'MIPS'?"),
        ("loongarch64", "did you mean 'LoongArch'?"),
        ("S390X", "its assembly cannot be read, but there is its model: write the test in kernel C and use -m s390"),
        ("SPARC", "use -m sparc-tso"),
        ("PowerPC", "did you mean 'PPC'?"),
        ("POWER", "did you mean 'PPC'?"),
        ("ppc64", "did you mean 'PPC'?"),
        ("x86", "did you mean 'X86'?"),
        ("x86_64", "did you mean 'X86_64'?"),
        ("i386", "did you mean 'X86' or 'X86_64'?"),
        ("CPP", "tests in C++ are not read here"),
        ("lisa", "did you mean 'LISA'?"),
        ("PPX", "did you mean 'PPC'?"),
    ],
)
def test_what_is_meant_by_an_architecture_that_no_dialect_has(arch: str, hint: str) -> None:
    with pytest.raises(ParseError, match="unknown architecture") as error:
        litmus.parse(f"{arch} t\n{{ x=0; }}\n P0 ;\nexists (x=0)\n")
    assert hint in (error.value.hint or "")


def test_c_is_decided_by_the_kernels_own_model_and_the_answer_says_so() -> None:
    assert default_model("C") == "lkmm"
    verdict = litmus.check(publishing())
    assert verdict.model == "lkmm"
    assert verdict.notes[0] == "by lkmm, as no model was named: what the kernel promises on all machines"
    assert litmus.check(publishing(), "lkmm").notes == ()
