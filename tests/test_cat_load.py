"""Finding models and files, the models of archs/, the library, and input that is no model at all."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
from oracles.steps import counted

import litmus
from benchmarks.large import MODELS
from litmus.base import resources
from litmus.base.errors import LitmusError, ModelError
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.bounds import StaticMembers, base_bounds, domains
from litmus.cat import CatModel, default_model, load, load_text, models, registry
from litmus.cat.description import ModelInfo
from litmus.cat.files import LARGEST
from litmus.cat.load import files_of
from litmus.cat.variants import variants_of
from litmus.dialects.aarch64 import DIALECT as AARCH64
from litmus.dialects.pci import DIALECT
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.pci import hops
from litmus.targets import c11
from litmus.unfold import unfold

SETS = {
    "X86": frozenset({"X", "NT", "MFENCE", "LFENCE", "SFENCE"}),
    "X86_64": frozenset({"X", "NT", "MFENCE", "LFENCE", "SFENCE"}),
    "PPC": frozenset({"X", "SYNC", "LWSYNC", "EIEIO", "ISYNC"}),
    "ALPHA": frozenset({"X", "MB", "WMB", "IMB"}),
    "AArch64": AARCH64.sets,
    **{name: dialect_for(name).sets for name in ("RISCV", "ARM", "MIPS", "LoongArch")},
    "C11": c11.SETS,
    "PCI": DIALECT.sets | hops.SETS,
}
GRAPH = unfold(parse_test(Source("t", "X86 t\n{}\nP0;\nMOV [x],$1;\nexists (x=1)")))
MEMBERS = StaticMembers(base_bounds(GRAPH, domains.compute(GRAPH)))  # for models that enumerate events
RELATIONS = {"PCI": hops.RELATIONS}
ARCHS = sorted(folder("archs").glob("*.cat"), key=lambda path: path.stem)
NAMES = ", ".join(sorted(path.stem for path in ARCHS))
LIBRARY = sorted((folder("archs") / "lib").glob("*.cat"))


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models of its own in the place of archs/, with one model `m`."""
    (tmp_path / "m.cat").write_text("acyclic po")
    (tmp_path / "m.yaml").write_text(DESCRIPTION)
    monkeypatch.setattr(registry, "folder", lambda name: tmp_path)
    return tmp_path


DESCRIPTION = """name: m
description: A model
source: ["a book"]
dialects: [PPC]
default_for: [PPC]
limits: []
aliases: [em, M.cat]
"""


# --- the models ---


@pytest.mark.parametrize(
    ("name", "dialect", "axioms", "shown", "fixpoints"),
    [
        ("sc", "X86", ["sc", "atomicity"], ["fr"], 0),
        ("x86-tso", "X86", ["sc-per-location", "atomicity", "ghb"], ["ppo", "mfence", "implied", "fr"], 0),
        (
            "power",
            "PPC",
            ["sc-per-location", "atomicity", "no-thin-air", "propagation", "observation", "reservations"],
            ["ppo", "sync", "lwsync", "eieio", "ctrlisync", "fr", "prop"],
            1,
        ),
    ],
)
def test_the_models(name: str, dialect: str, axioms: list[str], shown: list[str], fixpoints: int) -> None:
    model = load(name).elaborate(SETS[dialect])
    assert model.name == name
    assert [axiom.name for axiom in model.axioms] == axioms
    assert [label for label, _ in model.shown] == shown
    assert len(model.fixpoints) == fixpoints
    assert len(model.nodes) < 130


def test_every_model_has_a_description_and_speaks_its_dialects() -> None:
    infos = models()
    assert [info.file for info in infos] == ARCHS
    for info in infos:
        assert load(info.name).title
        assert info.description
        assert info.source
        for dialect in info.dialects:  # LISA has no default
            sets = SETS.get(dialect) or (info.tags if info.of_language else dialect_for(dialect).sets)
            relations = RELATIONS.get(dialect, frozenset())
            assert load(info.name).elaborate(sets, members=MEMBERS, relations=relations).axioms
        for alias in info.aliases:
            assert load(alias).name == info.name


def test_every_dialect_has_one_default_model() -> None:
    defaults = [(arch, info.name) for info in models() for arch in info.default_for]
    assert len({arch for arch, _ in defaults}) == len(defaults)
    assert {arch: default_model(arch) for arch in (*SETS, "C")} == dict(defaults)
    with pytest.raises(ModelError, match="no model is the default for 'PCP'") as error:
        default_model("PCP")
    assert error.value.hint == "did you mean 'PPC'?"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.name)
@pytest.mark.parametrize("dialect", sorted(SETS))
def test_the_library_can_be_included(path: Path, dialect: str) -> None:
    before = "let ii0 = 0 let ic0 = 0 let ci0 = 0 let cc0 = 0 let ppo = po let strong = po let light = po"
    assert load_text(f'{before} include "{path.name}" acyclic po | fr as last').elaborate(SETS[dialect])


def test_what_users_take_from_the_library_is_there() -> None:
    text = """"A user's model"
    include "cos.cat" include "fences.cat" include "filters.cat" include "cross.cat"
    acyclic po-loc | com as uniproc
    empty rmw & (fre ; coe)
    let dp = addr | data
    let ii0 = dp | rfi let ic0 = 0 let ci0 = ctrlisync let cc0 = dp | po-loc | ctrl
    include "ppo.cat"
    let lwsync = lwsync \\ (W * R) let eieio = WW(eieio) let strong = sync let light = lwsync | eieio
    include "ppc-checks.cat"
    acyclic mfence | WW(po) | RM(po) | AM(WR(po)) | MA(WR(po)) | rfe | ca
    show com, invrf, co0, coi, fri show noid(po) as noid"""
    for dialect in SETS:
        found = [axiom.name for axiom in load_text(text).elaborate(SETS[dialect]).axioms]
        assert len(found) == (
            7 if dialect in ("PPC", "PCI", "MIPS") else 6
        )  # without fences, "observation" forbids nothing


def test_a_small_model_needs_no_includes() -> None:
    model = load_text("acyclic po-loc | rf | co | fr empty rmw & (fre ; coe) let e = rfe | rfi | coe | coi | fri")
    assert len(model.elaborate(SETS["PPC"]).axioms) == 2


def test_elaboration_is_kept_and_loading_is_little_work() -> None:
    with counted(30_000):  # some 10,000, and 6 ms
        model = load("power")
        first = model.elaborate(SETS["PPC"])
    with counted(20):
        assert model.elaborate(SETS["PPC"]) is first


# --- finding files ---


def write(place: Path, **files: str) -> None:
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / f"{name}.cat").write_text(text)


def axioms(model: CatModel) -> list[str]:
    return [axiom.name for axiom in model.elaborate(SETS["PPC"]).axioms]


def test_include_looks_beside_then_in_folders_then_in_the_library(tmp_path: Path) -> None:
    write(
        tmp_path / "a", main='include "one.cat" include "two.cat" include "cos.cat" acyclic ca', one="acyclic po as a1"
    )
    write(tmp_path / "b", one="acyclic po as b1", two='include "one.cat" acyclic po as b2')
    write(tmp_path / "c", two="acyclic po as c2")
    model = load(str(tmp_path / "a" / "main.cat"), [tmp_path / "b", tmp_path / "c"])
    assert axioms(model) == ["a1", "b1", "b2", "acyclic ca"]
    assert model.name == "main"


def test_a_model_starts_with_the_standard_library_that_it_would_include(tmp_path: Path) -> None:
    write(tmp_path / "a", main="acyclic po-loc as a", stdlib="acyclic po as beside let po-loc = po")
    write(tmp_path / "b", main="acyclic po-loc as b")
    write(tmp_path / "c", stdlib="acyclic po as c1 let po-loc = po")
    beside, alone = (tmp_path / place / "main.cat" for place in "ab")
    assert axioms(load(str(beside), [tmp_path / "c"])) == ["beside", "a"]
    assert axioms(load(str(alone), [tmp_path / "a", tmp_path / "c"])) == ["beside", "b"]
    assert axioms(load(str(alone), [tmp_path / "b", tmp_path / "c"])) == ["c1", "b"]
    assert axioms(load(str(alone))) == ["b"]
    assert axioms(load_text("acyclic po-loc as text", include=[tmp_path / "c"])) == ["c1", "text"]


def test_a_standard_library_of_others_has_what_herd7_itself_gives(tmp_path: Path) -> None:
    write(tmp_path, main="acyclic r as a", stdlib="let r = si | sm | pco | [Exp] | [EXEC] | [T] | [no-loc] | fr | ca")
    assert axioms(load(str(tmp_path / "main.cat"))) == ["a"]
    write(tmp_path, main="acyclic fencerel(SYNC)")
    with pytest.raises(ModelError, match="unknown name 'fencerel'"):
        axioms(load(str(tmp_path / "main.cat")))


def test_a_model_that_comes_with_litmus_has_its_own_standard_library(tmp_path: Path) -> None:
    write(tmp_path, stdlib="acyclic po as theirs", own="acyclic po as own")
    assert "theirs" not in axioms(load("power", [tmp_path]))
    assert axioms(load("own.cat", [tmp_path])) == ["theirs", "own"]


def test_a_standard_library_may_include_files_but_not_itself(tmp_path: Path) -> None:
    write(tmp_path, main="acyclic po as a", stdlib='include "more.cat"', more="acyclic po as more")
    assert axioms(load(str(tmp_path / "main.cat"))) == ["more", "a"]
    assert axioms(load(str(tmp_path / "stdlib.cat"))) == ["more"]
    write(tmp_path, more='include "stdlib.cat"')
    with pytest.raises(ModelError, match=r"include each other: stdlib\.cat -> more\.cat -> stdlib\.cat"):
        axioms(load(str(tmp_path / "main.cat")))


def test_variants_and_files_of_a_model_are_those_of_its_library_too(tmp_path: Path) -> None:
    write(tmp_path, main="acyclic po as a", stdlib='if "odd" include "more.cat" end', more="acyclic po as more")
    model = load(str(tmp_path / "main.cat"))
    assert variants_of(model) == ("odd",)
    assert {path.name for path in files_of(model)} == {"main.cat", "stdlib.cat", "more.cat"}


def test_what_our_files_include_may_be_replaced(tmp_path: Path) -> None:
    write(tmp_path, main='include "fences.cat" acyclic mine as a', x86fences="acyclic po as x let mine = po")
    assert axioms(load(str(tmp_path / "main.cat"))) == ["x", "a"]


@pytest.mark.parametrize("text", ["", "PPC", '"a title"', "(* nothing yet *)"])
def test_a_file_without_statements_allows_every_execution(text: str, tmp_path: Path) -> None:
    write(tmp_path, main=text)
    assert axioms(load(str(tmp_path / "main.cat"))) == []


def test_a_file_is_included_each_time(tmp_path: Path) -> None:
    write(tmp_path, main='include "x.cat" let r = rf include "x.cat"', x="acyclic try r with po as a")
    assert axioms(load(str(tmp_path / "main.cat"))) == ["a", "a"]


def test_a_model_is_found_by_path_name_and_alias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "dir", mine="acyclic po as mine", power="acyclic po as other")
    monkeypatch.chdir(tmp_path)
    assert axioms(load("dir/mine.cat")) == ["mine"]
    assert axioms(load("mine.cat", [tmp_path / "dir"])) == ["mine"]
    assert axioms(load("dir/power.cat")) == ["other"]
    assert load("power").path.parent == folder("archs")
    assert load("ppc.cat").name == "power"
    monkeypatch.chdir(tmp_path / "dir")
    assert axioms(load("power.cat")) == ["other"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("x86-tos", "error: unknown model 'x86-tos' (did you mean 'x86-tso'?)"),
        ("zzzzz", f"error: unknown model 'zzzzz' (the models are {NAMES}; or give the path of a .cat file)"),
        ("", ".:1:1: error: '.' is not a file"),
        (".", ".:1:1: error: '.' is not a file"),
        ("nowhere.cat", "nowhere.cat:1:1: error: cannot read 'nowhere.cat': No such file or directory"),
        ("nowhere/else", "nowhere/else:1:1: error: cannot read 'nowhere/else': No such file or directory"),
        ("a\0b.cat", "a\0b.cat:1:1: error: cannot read 'a\0b.cat': embedded null byte"),
        ("x" * 300 + ".cat", f"{'x' * 300}.cat:1:1: error: cannot read '{'x' * 300}.cat': File name too long"),
        ("/dev/null", "/dev/null:1:1: error: '/dev/null' is not a file"),
        ("folder.cat", "folder.cat:1:1: error: 'folder.cat' is not a file"),
        ("binary.cat", "binary.cat:1:1: error: 'binary.cat' is not a text file"),
        ("large.cat", f"large.cat:1:1: error: 'large.cat' has more than {LARGEST:,} bytes"),
    ],
)
def test_no_such_model(reference: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, large="x" * (LARGEST + 1))
    (tmp_path / "binary.cat").write_bytes(b"acyclic po\0")
    (tmp_path / "folder.cat").mkdir()
    with pytest.raises(ModelError) as error:
        load(reference)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('include "nowhere.cat"', "cannot find the file 'nowhere.cat' to include"),
        ('include "folder.cat"', "'{}/folder.cat' is not a file"),
        ('include "binary.cat"', "'{}/binary.cat' is not a text file"),
        ('include "."', "'{}' is not a file"),
        ('include ""', "'{}' is not a file"),
        ('include "main.cat"', "these files include each other: main.cat -> main.cat"),
        ('include "a.cat"', "these files include each other: a.cat -> b.cat -> a.cat"),
        ('include "wrong.cat"', "expected an expression, found the end of the file"),
        ('if "v" include "nowhere.cat" end acyclic po', None),
    ],
)
def test_includes_that_fail(text: str, message: str | None, tmp_path: Path) -> None:
    write(tmp_path, main=text, a='include "b.cat"', b='include "a.cat"', wrong="let a =")
    (tmp_path / "binary.cat").write_bytes(b"\0")
    (tmp_path / "folder.cat").mkdir()
    model = load(str(tmp_path / "main.cat"))
    if message is None:
        assert axioms(model)
        return
    with pytest.raises(ModelError) as error:
        model.elaborate(SETS["PPC"])
    assert error.value.message == message.format(tmp_path)
    assert error.value.span is not None


@pytest.mark.slow
def test_includes_that_grow_without_end_are_stopped(tmp_path: Path) -> None:
    """What is read twice at the same place is read once; but here each time r is another."""
    files = {f"f{i}": f'include "f{i + 1}.cat" let r = r ; po include "f{i + 1}.cat"' for i in range(40)}
    write(tmp_path, main='let r = po include "f0.cat"', **files, f40="acyclic po")
    with pytest.raises(ModelError, match="steps to elaborate"):
        load(str(tmp_path / "main.cat")).elaborate(SETS["PPC"])


def test_old_encodings_are_read(tmp_path: Path) -> None:
    (tmp_path / "latin.cat").write_bytes(b"(* caf\xe9 *) acyclic po as a")
    (tmp_path / "bom.cat").write_bytes(b"\xef\xbb\xbf(* caf\xc3\xa9 *) acyclic po as a")
    for name in ("latin", "bom"):
        assert axioms(load(str(tmp_path / f"{name}.cat"))) == ["a"]


def test_the_package_without_its_data_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "litmus" / "base" / "resources.py"))
    with pytest.raises(LitmusError, match="its folder 'archs' is missing"):
        folder("archs")
    installed = tmp_path / "litmus" / "_data" / "archs"
    installed.mkdir(parents=True)
    assert folder("archs") == installed


# --- descriptions ---


def test_a_description(library: Path) -> None:
    (info,) = models()
    assert info == ModelInfo("m", library / "m.cat", "A model", ("a book",), ("PPC",), ("PPC",), (), ("em", "M.cat"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("description:", "descripton:", ":2:1: error: unknown key 'descripton' in the description\n"
         "    2 | descripton: A model\n      | ^^^^^^^^^^ did you mean 'description'?"),
        ("limits: []\n", "", ":1:1: error: key 'limits' is missing in the description\n"
         "    1 | name: m\n      | ^^^^^^^"),
        ("limits: []", "limits: none", ":6:9: error: 'limits' must be a list\n"
         "    6 | limits: none\n      |         ^^^^"),
        ("limits: []", "limits: [7]", ":6:10: error: an item of 'limits' must be a text\n"
         "    6 | limits: [7]\n      |          ^"),
        ("A model", "[a]", ":2:14: error: 'description' must be a text\n"
         "    2 | description: [a]\n      |              ^^^"),
        ("A model", '""', ":2:14: error: 'description' must be a text\n"
         '    2 | description: ""\n      |              ^^'),
        ("limits: []", "name: m", ":6:1: error: key 'name' is given twice in the description\n"
         "    6 | name: m\n      | ^^^^"),
        ("limits: []", "? [a]\n: b", ":6:3: error: a key of the description must be a name\n"
         "    6 | ? [a]\n      |   ^^^"),
        ("name: m", "name: n", ":1:7: error: the name is 'n', but the file is called 'm'\n"
         "    1 | name: n\n      |       ^"),
        ("default_for: [PPC]", "default_for:\n  - PPC",
         ":6:3: error: write 'default_for' as a list of bare words on one line, as in 'default_for: [A, B]'\n"
         "    6 |   - PPC\n      |   ^^^^^"),
    ],
)  # fmt: skip
def test_descriptions_that_are_wrong(library: Path, old: str, new: str, message: str) -> None:
    (library / "m.yaml").write_text(DESCRIPTION.replace(old, new))
    with pytest.raises(ModelError) as error:
        models()
    assert str(error.value).removeprefix("error: ") == f"{library / 'm.yaml'}{message}"


def test_descriptions_that_are_no_yaml(library: Path) -> None:
    (library / "m.yaml").write_text(DESCRIPTION.replace("limits: []", "limits: ["))
    with pytest.raises(ModelError, match=r"m\.yaml:8:1: error: not YAML: "):
        models()


@pytest.mark.parametrize(
    "text", ["", "[" * 5000, "- a", "a: &x [*x]", "\0", "a: !!python/object:os.system x", "%", "7"]
)
def test_descriptions_that_are_no_descriptions(library: Path, text: str) -> None:
    (library / "m.yaml").write_text(text)
    with pytest.raises(ModelError):
        models()


def test_a_description_needs_a_model(library: Path) -> None:
    (library / "m.cat").unlink()
    with pytest.raises(ModelError, match=r"there is no file 'm\.cat' beside it"):
        models()


# --- input that is no model ---


@pytest.mark.slow
@pytest.mark.parametrize("path", [*ARCHS, *LIBRARY], ids=lambda path: path.name)
def test_mutations_of_models_give_errors_and_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    pieces = [
        "(",
        ")",
        "|",
        "\\",
        "~",
        "*",
        "let rec x = ",
        "end",
        "match W with ",
        "é",
        "0",
        "'",
        '"',
        "\x7f",
        "-1",
        "^",
    ]
    for seed in range(40):
        dice = random.Random(f"{path.name} {seed}")
        mutant = text
        for _ in range(dice.randint(1, 3)):
            at, size = dice.randrange(len(mutant) + 1), dice.randint(1, 12)
            match dice.randrange(4):
                case 0:
                    mutant = mutant[:at]
                case 1:
                    mutant = mutant[:at] + mutant[at + size :]
                case 2:
                    mutant = mutant[:at] + dice.choice(pieces) + mutant[at:]
                case 3:
                    mutant = mutant[:at] + mutant[at : at + size] + mutant[at:]
        with contextlib.suppress(LitmusError):
            load_text(mutant, path.name, [path.parent]).elaborate(SETS["PPC"])


def test_random_bytes_give_errors_and_nothing_else(tmp_path: Path) -> None:
    for seed in range(100):
        dice = random.Random(seed)
        (tmp_path / "x.cat").write_bytes(dice.randbytes(dice.randrange(200)))
        with contextlib.suppress(LitmusError):
            load(str(tmp_path / "x.cat")).elaborate(SETS["PPC"])


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_huge_files_end_quickly(name: str) -> None:
    """The work is in proportion to the input; benchmarks/large.py measures how long it takes."""
    with counted(4 * len(MODELS[name])), contextlib.suppress(LitmusError):
        load_text(MODELS[name]).elaborate(SETS["PPC"])


SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"


@pytest.mark.parametrize("way", ["../outside.cat", "absolute", "link.cat", "sub/../../outside.cat"])
def test_a_confined_model_includes_nothing_from_elsewhere(tmp_path: Path, way: str) -> None:
    """Nor does an error show a line of it, or whether it is there."""
    (tmp_path / "outside.cat").write_text("secret, and no cat at all\n")
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    (home / "inside.cat").write_text("acyclic po | rf | co | fr as sc\n")
    (home / "link.cat").symlink_to(tmp_path / "outside.cat")
    model = home / "mine.cat"
    name = str(tmp_path / "outside.cat") if way == "absolute" else way
    said = []
    for file in (name, name.replace("outside", "nowhere").replace("link", "nowhere")):
        model.write_text(f'"mine"\ninclude "{file}"\n')
        with pytest.raises(litmus.ModelError) as raised:
            litmus.check(SB, model, confined=True)
        assert "secret" not in str(raised.value)
        said.append(raised.value.message.replace(file, ""))
    assert said[0] == said[1]
    model.write_text('"mine"\ninclude "inside.cat"\ninclude "x86fences.cat"\n')
    assert litmus.check(SB, model, confined=True).ok is False
    model.write_text(f'"mine"\ninclude "{tmp_path}/outside.cat"\n')
    with pytest.raises(litmus.ModelError, match="secret"):  # at a desk it is a help
        litmus.check(SB, model)


def test_a_model_that_cannot_be_read_in_time_is_a_verdict(tmp_path: Path) -> None:
    """Reading a model, and what it includes, heeds the deadline."""
    model = tmp_path / "long.cat"
    model.write_text("let x = po\n" * 10_000)
    outer = tmp_path / "outer.cat"
    outer.write_text('include "long.cat"\nacyclic po as sc\n')
    test = litmus.load(SB)
    for path in (model, outer):
        verdict = litmus.check(test, path, timeout=1e-6)
        assert (verdict.status.value, verdict.model, verdict.message) == ("timeout", path.stem, "out of time")


def test_a_test_that_cannot_be_read_in_time_is_an_error() -> None:
    with pytest.raises(LitmusError, match="out of time"):
        litmus.check(SB, timeout=1e-9)
    with pytest.raises(LitmusError, match="out of time"):
        litmus.parse(SB.read_text(), timeout=1e-9)


def test_whatever_reads_a_model_can_be_confined(tmp_path: Path) -> None:
    (tmp_path / "outside.cat").write_text("secret, and no cat at all\n")
    home = tmp_path / "home"
    home.mkdir()
    model = home / "mine.cat"
    model.write_text('"mine"\ninclude "../outside.cat"\n')
    for ask in (
        lambda confined: litmus.graph(SB, model, confined=confined),
        lambda confined: litmus.check(SB, model, confined=confined),
        lambda confined: litmus.compare([SB], [str(model)], confined=confined).rows[0].cells[0].error,
    ):
        for confined in (True, False):
            try:
                said = str(ask(confined))
            except litmus.ModelError as error:
                said = str(error)
            assert ("secret" in said) is not confined
    described = home / "mine.yaml"
    (tmp_path / "outside.yaml").write_text("secret: 1\n")
    described.symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(litmus.ModelError, match="elsewhere") as raised:
        litmus.lower("catalog:SB+mbs", str(described), confined=True)
    assert "secret" not in str(raised.value)
