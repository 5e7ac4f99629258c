"""The tests of the catalogue as files: named in place of a file, written into a folder, found by words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import UsageError
from litmus.catalog.places import shelves
from litmus.catalog.search import search
from litmus.frontend.files import expand

CATALOG = Path(__file__).parent.parent / "catalog"


def files(*arguments: str) -> list[str]:
    found, errors = expand(arguments)
    assert errors == ()
    return [Path(file).relative_to(CATALOG).as_posix() for file in found]


def test_the_names_that_tests_and_shelves_have() -> None:
    assert files("catalog:anon_vma+wmb") == ["anon_vma/anon_vma+wmb.litmus"]
    assert (
        files("catalog:anon_vma+wmb.litmus") == files("catalog:anon_vma/anon_vma+wmb") == files("catalog:anon_vma+wmb")
    )
    assert files("catalog:classic/x86/SB") == ["classic/x86/SB.litmus"]
    shelf = sorted(path.relative_to(CATALOG).as_posix() for path in (CATALOG / "classic" / "x86").glob("*.litmus"))
    assert files("catalog:classic/x86") == files("catalog:classic/x86/") == shelf
    assert set(shelf) < set(files("catalog:classic"))
    assert len(files("catalog:")) == len(list(CATALOG.rglob("*.litmus")))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("catalog:SB", "several tests of the catalogue are called 'SB': catalog:classic/alpha/SB, catalog:"),
        ("catalog:anon_vma+wbm", "(did you mean 'catalog:anon_vma+wmb'?)"),
        ("catalog:clasic/x86", "(did you mean 'catalog:classic/x86'?)"),
        ("catalog:claßic", "there is no test and no shelf 'claßic' in the catalogue"),
        ("catalog:zzzzzz", "`litmus catalog search` finds tests"),
        ("catalog:../archs", "there is no test and no shelf '../archs'"),
        ("catalog:/etc", "there is no test and no shelf 'etc'"),
        ("catalog:*", "there is no test and no shelf '*'"),
    ],
)
def test_what_is_meant_by_another_name(invoke, name: str, said: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("check", name)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"{name}:1:1: error: ")
    assert said in ended.err


def test_each_command_that_takes_files_takes_them(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    name = "catalog:anon_vma+wmb"
    assert "Test anon_vma+wmb Allowed" in invoke("check", name, "-m", "power").out
    assert "anon_vma+wmb" in invoke("table", name, "--arch", "power").out
    assert invoke("lower", name, "-a", "power").out.startswith("PPC anon_vma+wmb+power+v6")
    assert "<svg" in invoke("graph", name, "-m", "power", "--violating").out
    assert invoke("placements", "catalog:pci/bridges/MP+push").code == 0
    index = tmp_path / "@index"
    index.write_text(f"{name}\ncatalog:nothing\n")
    ended = invoke("check", index, "-m", "power")
    assert ended.out.count("Test ") == 1
    assert f"{index}:2:1: error: there is no test and no shelf 'nothing'" in ended.err


def test_programs_name_them_too() -> None:
    assert litmus.load("catalog:anon_vma+wmb").name == "anon_vma+wmb"
    assert litmus.check("catalog:classic/x86/SB").allowed
    assert litmus.compare(["catalog:anon_vma+wmb"], ["power"]).rows[0].test.name == "anon_vma+wmb"
    with pytest.raises(UsageError, match=r"is \d+ tests: name one of them"):
        litmus.load("catalog:classic/x86")


def test_a_file_of_that_name_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog:SB").write_text("X86 mine\n{ x=0; }\n P0 ;\n MOV [x],$1 ;\nexists (x=1)\n")
    assert litmus.load("catalog:SB").name == "mine"
    assert expand(["catalog:SB"]) == (("catalog:SB",), ())


# --- export -----------------------------------------------------------------------------------------------------------


def test_an_export_is_a_catalogue(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "mine"
    ended = invoke("catalog", "export", place)
    written = [path.relative_to(place) for path in place.rglob("*.litmus")]
    there = [path.relative_to(CATALOG) for path in CATALOG.rglob("*.litmus")]
    assert sorted(written) == sorted(there)
    assert all((place / path).read_bytes() == (CATALOG / path).read_bytes() for path in written)
    assert (ended.code, ended.out) == (0, f"{place}: {len(there)} tests on {len(shelves())} shelves\n")
    assert invoke("catalog", "export", place).code == 0  # nothing is different
    (place / "anon_vma" / "anon_vma.litmus").write_text("mine")
    (place / "anon_vma" / "anon_vma+wmb.litmus").unlink()
    ended = invoke("catalog", "export", place)
    assert ended.code == 2
    assert "is there already and is something else: nothing was written" in ended.err
    assert not (place / "anon_vma" / "anon_vma+wmb.litmus").exists()


def test_some_shelves_are_exported(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert invoke("catalog", "export", tmp_path, "classic/x86", "anon_vma").code == 0
    assert sorted(path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("shelf.yaml")) == [
        "anon_vma",
        "classic/x86",
    ]
    assert "classic/x86" in invoke("catalog", "list", "--catalog", tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["file"], "cannot write to "), (["new", "clasic"], "there is no shelf 'clasic'"), ([], "DIR")],
)
def test_what_cannot_be_exported(invoke, tmp_path: Path, arguments: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("")
    ended = invoke("catalog", "export", *(tmp_path / x if x in ("file", "new") else x for x in arguments))
    assert ended.code == 2
    assert said in ended.err


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "test"),
    [
        (["anon_vma+chain"], "anon_vma+chain"),  # a name
        (["ANON_VMA", "smp_read_barrier_depends"], "anon_vma+wmb+depends"),  # a primitive
        (["piggin"], "anon_vma+wmb"),  # who said it
        (["fence between"], None),  # words of a claim or an argument
    ],
)
def test_words_are_looked_for_in_all_that_is_said(words: list[str], test: str | None) -> None:
    found = [one.entry.name for one in search(shelves(), words)]
    assert found
    assert test is None or test in found


def test_names_are_before_claims_and_claims_before_the_rest() -> None:
    ranks = [one.rank for one in search(shelves(), ["futex"])]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1


def test_the_command(invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("catalog", "search", "anon_vma", "chain")
    assert ended.code == 0
    assert "anon_vma/anon_vma+chain" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100
    ended = invoke("catalog", "search", "smp_wbm")
    assert ended.code == 2
    assert ended.err == "error: there is no test with 'smp_wbm' in the catalogue (did you mean 'smp_wmb'?)\n"
    ended = invoke("catalog", "search", "Nick Piggin", "amd-bypass")  # each occurs, but not both
    assert ended.err == "error: there is no test with 'Nick Piggin' and 'amd-bypass' in the catalogue\n"


def test_the_files_that_are_named_are_in_the_answers(invoke) -> None:  # type: ignore[no-untyped-def]
    row = json.loads(invoke("check", "catalog:classic/x86/SB", "--format", "json").out)
    assert Path(row["file"]).samefile(CATALOG / "classic" / "x86" / "SB.litmus")
