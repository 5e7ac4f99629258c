"""Which columns a table has, and what they are called."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.kernel_c import publishing

import litmus
from litmus.base import resources
from litmus.base.errors import LitmusError, UnsupportedError, UsageError
from litmus.batch.columns import deciding, heads, named
from litmus.batch.table import Comparison, ComparisonCell, ComparisonRow
from litmus.cat import registry
from litmus.cat.registry import models
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Status, Verdict
from litmus.render.comparison import render

ROOT = Path(__file__).parent.parent
SB = ROOT / "catalog" / "classic" / "x86" / "SB.litmus"
ALPHA = ROOT / "catalog" / "classic" / "alpha" / "SB.litmus"
PCI = ROOT / "catalog" / "pci" / "bridges" / "MP+push.litmus"
KERNEL = {era: [m.name for m in models() if any(k.era == era for k in m.kernel)] for era in ("v2.6.27", "v6")}
PCI_MODELS = ["pci-causal", "pci-pc", "pci-tree", "sc"]


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    path = tmp_path / "k.litmus"
    path.write_text(publishing().source.text)
    return path


PLAIN = "C plain\n{ }\nP0(int *x)\n{\n\t*x = 1;\n}\nexists (x=1)"
ATOMIC = "C atomic\n{ }\nP0(atomic_int *x)\n{\n\tatomic_store(x, 1);\n}\nexists (x=1)"
KERNELS = "C kernels\n{ }\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)"


@pytest.mark.parametrize(
    ("texts", "head"),
    [
        ([PLAIN], "test"),
        ([PLAIN, ATOMIC], "test"),
        ([KERNELS], "Linux v6"),
        ([PLAIN, KERNELS], "Linux v6"),
        ([ATOMIC, KERNELS], "Linux v6"),
    ],
)
def test_plain_accesses_are_of_no_kernel(texts: list[str], head: str) -> None:
    compared = litmus.compare([litmus.parse(text) for text in texts], ["sc", "rc11"])
    assert render(compared, "text").split("  ")[0] == head


@pytest.fixture
def header(invoke, kernel: Path) -> Callable[..., list[str]]:  # type: ignore[no-untyped-def]
    """The columns of the table of some tests: `c`, or files."""

    def header(*arguments: object) -> list[str]:
        ended = invoke("table", *(kernel if item == "c" else item for item in arguments), "--format", "json")
        assert ended.code == 0, ended.err
        return list(json.loads(ended.out)["archs"])

    return header


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        ([SB], ["sc", "x86-2006", "x86-tso"]),
        ([ALPHA], ["alpha", "alpha-linux", "sc"]),
        ([PCI], PCI_MODELS),
        ([SB, PCI], [*PCI_MODELS, "x86-2006", "x86-tso"]),
        (["c"], KERNEL["v6"]),
        (["c", "--era", "v2.6.27"], KERNEL["v2.6.27"]),
        (["c", "--era", "all"], [m.name for m in models() if m.kernel]),
        ([SB, "--arch", "all"], [m.name for m in models() if m.kernel]),
        ([SB, "--arch", "power"], ["power"]),
        (["c", "-a", "x86,arm,ppc"], ["x86-tso", "armv7", "power"]),
    ],
)
def test_the_columns(header: Callable[..., list[str]], arguments: list[object], columns: list[str]) -> None:
    assert header(*arguments) == columns


def comparison(words: dict[str, list[str]], baseline: str | None = None) -> Comparison:
    test = publishing()
    made = {
        "A": ComparisonCell(Verdict(test, "m", Status.DONE, True, True, None, (), 1, 1)),
        "u": ComparisonCell(error=UnsupportedError("no")),
        "-": ComparisonCell(),
    }
    rows = zip(*words.values(), strict=True)
    return Comparison(
        tuple(words), ("v6",), tuple(ComparisonRow(test, "v6", tuple(made[w] for w in row)) for row in rows), baseline
    )


@pytest.mark.parametrize(
    ("words", "baseline", "kept", "left_out"),
    [
        ({"a": ["A", "u"], "b": ["u", "u"]}, None, ["a"], ["b"]),
        ({"a": ["A", "u"], "b": ["u", "-"]}, None, ["a", "b"], []),
        ({"a": ["u"], "b": ["u"]}, None, ["a", "b"], []),
        ({"a": ["u"], "b": ["A"], "c": ["u"]}, "a", ["a", "b"], ["c"]),
    ],
)
def test_a_column_that_is_all_unsupported_is_left_out(
    words: dict[str, list[str]], baseline: str | None, kept: list[str], left_out: list[str]
) -> None:
    found = comparison(words, baseline).without_silent()
    assert (list(found.archs), list(found.left_out)) == (kept, left_out)
    assert all(len(row.cells) == len(kept) for row in found.rows)
    assert ("not shown, as nothing here is decided there: " in render(found, "text")) == bool(left_out)


# --- models that are elsewhere ----------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path) -> tuple[str, str]:
    """Models of one name in two folders."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for suffix in ("cat", "yaml"):
            text = (ROOT / "archs" / f"power.{suffix}").read_text().replace("name: power", "name: mine")
            (tmp_path / folder / f"mine.{suffix}").write_text(text)
    return str(tmp_path / "one" / "mine.cat"), str(tmp_path / "two" / "mine.yaml")


def test_a_model_from_elsewhere_is_called_by_its_name(invoke, kernel: Path, outside: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    one, two = outside
    for chosen, names in (([one], ["mine"]), ([one, "power"], ["mine", "power"]), ([one, two], [one, two])):
        ended = invoke("table", kernel, "--arch", ",".join(chosen), "--format", "csv")
        assert (ended.code, ended.err) == (0, "")
        head, row = csv.reader(io.StringIO(ended.out))
        assert head == ["test", "file", *names]
        assert set(row[2:]) == {"Allowed"}
        assert heads(chosen) == tuple(names)
    ended = invoke("table", kernel, "--arch", f"sc,{one}", "--baseline", "mine", "--format", "json")
    assert json.loads(ended.out)["baseline"] == "mine"
    assert json.loads(ended.out)["rows"][0]["verdicts"]["sc"]["differs"]


def test_a_model_in_archs_is_a_column(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "archs"
    shutil.copytree(ROOT / "archs", place)
    for suffix in ("cat", "yaml"):
        text = (place / f"power.{suffix}").read_text().replace("name: power", "name: mine")
        (place / f"mine.{suffix}").write_text("\n".join(x for x in text.split("\n") if not x.startswith("aliases:")))
    folder = resources.folder
    monkeypatch.setattr(registry, "folder", lambda name: place if name == "archs" else folder(name))
    assert "mine" in deciding([publishing()], ("v6",))


@pytest.mark.parametrize(
    ("references", "said"),
    [
        (["sc", "sc"], "sc is named twice, 'sc'"),
        (["x86", "sc", "x86-tso"], "x86-tso is named twice, as 'x86' and as 'x86-tso'"),
        (["amd64", "i386"], "x86-tso is named twice, as 'amd64' and as 'i386'"),
        ([], "none is named"),
    ],
)
def test_each_is_named_once(references: list[str], said: str) -> None:
    with pytest.raises(UsageError, match="a comparison needs architectures") as error:
        named(references)
    assert said in str(error.value)


def test_nothing_to_go_by_is_all_of_them() -> None:
    assert list(deciding([], ("v6",))) == [m.name for m in models() if m.kernel]


# --- includes and variants --------------------------------------------------------------------------------------------


@pytest.fixture
def divided(tmp_path: Path) -> tuple[str, str]:
    """A model that includes a file in another folder, and asks for a variant."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "order.cat").write_text("let order = po | rf | co | fr\nlet weak = po-loc | rf | co | fr\n")
    model = tmp_path / "mine.cat"
    model.write_text('"mine"\ninclude "order.cat"\nlet o = if "weak" then weak else order\nacyclic o as s\n')
    return str(model), str(tmp_path / "lib")


@pytest.mark.parametrize(("options", "word"), [([], "Forbidden"), (["--variant", "weak"], "Allowed")])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_table_includes_and_has_variants(
    invoke,  # type: ignore[no-untyped-def]
    divided: tuple[str, str],
    options: list[str],
    word: str,
    jobs: int,
) -> None:
    model, lib = divided
    ended = invoke("table", SB, "--arch", f"{model},sc", "-I", lib, *options, "--format", "csv", "-j", jobs)
    assert (ended.code, ended.out) == (0, f"test,file,mine,sc\nSB,{SB},{word},Forbidden\n")
    found = litmus.compare([SB], [model], include=[lib], variants=options[1:], jobs=jobs)
    assert [cell.word() for cell in found.rows[0].cells] == [word]


def test_without_the_folder_the_include_is_not_found(divided: tuple[str, str]) -> None:
    test: LitmusTest = litmus.load(SB)
    with pytest.raises(LitmusError, match=r"cannot find the file 'order\.cat'"):
        litmus.check(test, divided[0])
    found = litmus.compare([test], [divided[0]]).rows[0].cells[0]
    assert "cannot find the file 'order.cat'" in found.remark
