"""The catalogue: what its shelves expect is what the engine says, and what is wrong with a shelf is told."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import LitmusError
from litmus.catalog.entries import CatalogError, VerdictWord
from litmus.catalog.places import find_shelf
from litmus.catalog.reading import load_shelf
from litmus.catalog.verification import Checked, verify
from litmus.engine import Engine, Options
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Verdict
from litmus.render.catalog import WIDTH

pytestmark = pytest.mark.slow

CATALOG = Path(__file__).parent.parent / "catalog"
SHELVES = sorted(path.parent.relative_to(CATALOG).as_posix() for path in CATALOG.rglob("shelf.yaml"))

SB = """X86 SB
{ x=0; y=0; }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
exists (0:EAX=0 /\\ 1:EAX=0)
"""
MP = """C MP
{ x=0; y=0; }

P0(int *x, int *y)
{
	WRITE_ONCE(*x, 1);
	smp_store_release(y, 1);
}

P1(int *x, int *y)
{
	int r0 = smp_load_acquire(y);
	int r1 = READ_ONCE(*x);
}

exists (1:r0=1 /\\ 1:r1=0)
"""
SRCU = """C SRCU
{ }
P0(int *x, struct srcu_struct *s)
{
	int r0 = READ_ONCE(*x);
	srcu_up_read(s, 0);
}
exists (0:r0=1)
"""
GOTO = """C GOTO
{ x=0; }
P0(int *x)
{
	goto *x;
}
exists (x=1)
"""
ASSEMBLY = """title: Buffers
about: What waits, and for how long.
archs: [sc, x86-tso]
tests:
  SB:
    claim: Each thread may read before the other's write is seen.
    source: {document: A book, author: Somebody, date: 2008-10-18, where: page 3}
    expected: {Allowed: [x86-tso], Forbidden: others}
    argument: Both writes wait in their buffers.
"""
KERNEL = """title: Messages in kernel C
about: >-
  A flag, and what it is about.

  Another paragraph.
archs: [sc, alpha, power, ia64, aarch64]
eras: [v2.6.27, v6]
tests:
  MP:
    claim: >-
      A release and an acquire make a pair, of which a claim may have so much to say that it does not fit into a line
      of a terminal.
    source: {document: "Linux, memory-barriers.txt", where: "section 'SMP barrier pairing'"}
    expected:
      v2.6.27: {Unsupported: others}
      v6: {Forbidden: others}
    argument: >-
      There were none in 2008.

      Today all four accesses are in order.
  SRCU:
    claim: To end another thread's section is refused.
    source: {document: A book, where: nowhere}
    expected:
      v2.6.27: {Unsupported: [sc, alpha, power, ia64]}
      v6: {Unsupported: others}
    argument: There is no mapping for it.
  GOTO:
    claim: So is what cannot be read.
    source: {document: A book, where: nowhere, date: 2008}
    expected: {v2.6.27: {Unsupported: others}, v6: {Unsupported: others}}
    argument: The test is refused before anybody asks.
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalogue with a shelf of assembly and, in a folder below another, one of kernel C."""
    root = tmp_path / "catalog"
    (root / "deep" / "kernel").mkdir(parents=True)
    (root / "buffers").mkdir()
    (root / "buffers" / "shelf.yaml").write_text(ASSEMBLY)
    (root / "buffers" / "SB.litmus").write_text(SB)
    (root / "deep" / "kernel" / "shelf.yaml").write_text(KERNEL)
    for text in (MP, SRCU, GOTO):
        (root / "deep" / "kernel" / f"{text.split()[1]}.litmus").write_text(text)
    return root


# --- the catalogue itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHELVES)
def test_expectations_hold(engine: Engine, name: str) -> None:
    found = [difference for checked in verify([find_shelf(name)], engine=engine) for difference in checked.differences]
    assert [(d.entry.name, d.era, d.arch, d.expected.word.value, d.found, d.cause) for d in found] == []


def test_pages_are_up_to_date(invoke) -> None:
    ended = invoke("catalog", "tables", "--check")
    assert (ended.code, ended.err) == (0, "")


def test_entries_are_fit_to_be_read() -> None:
    for shelf in litmus.shelves():
        assert shelf.entries
        for entry in shelf.entries:
            assert entry.claim.endswith("."), entry.path
            assert len(entry.claim) < 160, entry.path
            assert len(entry.name) <= 40, entry.path


def test_a_terminal_of_100_columns_is_enough(invoke) -> None:
    for arguments in (["list"], *(["list", name] for name in SHELVES)):
        ended = invoke("catalog", *arguments)
        assert ended.code == 0
        assert max(map(len, ended.out.splitlines())) <= WIDTH


# --- what the commands say --------------------------------------------------------------------------------------------


def test_list_and_show(invoke, golden: Callable[[str, str], None], catalog: Path) -> None:
    commands = (["list"], ["list", "deep/kernel"], ["show", "SB"], ["show", "deep/kernel/MP"])
    said = []
    for command in commands:
        ended = invoke("catalog", *command, "--catalog", catalog)
        assert (ended.code, ended.err) == (0, "")
        said.append(f"$ litmus catalog {' '.join(command)}\n{ended.out}")
    golden("catalog.txt", "\n".join(said))


def test_pages(invoke, golden: Callable[[str, str], None], catalog: Path) -> None:
    pages = [catalog / place / "README.md" for place in ("", "buffers", "deep/kernel")]
    assert invoke("catalog", "tables", "--catalog", catalog).out == "".join(f"{page}: written\n" for page in pages)
    golden("catalog-pages.md", "\n".join(page.read_text() for page in pages))
    assert invoke("catalog", "tables", "--check", "--catalog", catalog).code == 0
    assert invoke("catalog", "tables", "--catalog", catalog).out == ""
    pages[1].write_text(pages[1].read_text().replace("Buffers", "Puffers"))
    pages[2].unlink()
    stale = invoke("catalog", "tables", "--check", "--catalog", catalog)
    assert stale.code == 1
    assert [line.split(":")[0] for line in stale.err.splitlines()] == [str(page) for page in pages[1:]]
    assert not pages[2].exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "buffer"], "there is no shelf 'buffer' (did you mean 'buffers'?)"),
        (["show", "SBB"], "there is no test 'SBB' in the catalogue (did you mean 'SB'?)"),
        (["verify", "buff"], "there is no shelf 'buff' (did you mean 'buffers'?)"),
        (["list", "--catalog", "nowhere"], "'nowhere' is not a folder"),
    ],
)
def test_what_is_not_there(invoke, catalog: Path, arguments: list[str], message: str) -> None:
    place = [] if "--catalog" in arguments else ["--catalog", catalog]
    ended = invoke("catalog", *arguments, *place)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_a_name_on_two_shelves_is_told(invoke, catalog: Path) -> None:
    (catalog / "other").mkdir()
    for name in ("shelf.yaml", "SB.litmus"):
        (catalog / "other" / name).write_text((catalog / "buffers" / name).read_text())
    ended = invoke("catalog", "show", "SB", "--catalog", catalog)
    assert ended.code == 2
    assert "several shelves have a test 'SB': buffers/SB, other/SB" in ended.err
    assert invoke("catalog", "show", "other/SB.litmus", "--catalog", catalog).code == 0


def test_api(catalog: Path) -> None:
    buffers, kernel = litmus.shelves(catalog)
    assert (buffers.name, buffers.archs, buffers.eras) == ("buffers", ("sc", "x86-tso"), ())
    assert (kernel.name, kernel.eras) == ("deep/kernel", ("v2.6.27", "v6"))
    entry = buffers.entries[0]
    assert entry.test is not None
    assert (entry.source.author, entry.source.date, entry.source.where) == ("Somebody", "2008-10-18", "page 3")
    assert {arch: e.word for arch, e in entry.expected[0].archs.items()} == {
        "sc": VerdictWord.FORBIDDEN,
        "x86-tso": VerdictWord.ALLOWED,
    }
    assert [tuple(expected.archs) for expected in kernel.entries[0].expected] == [
        ("sc", "alpha", "power", "ia64"),  # there is no aarch64 in 2008
        ("sc", "alpha", "power", "aarch64"),  # and no ia64 today
    ]


def test_the_architectures_are_those_that_can_decide(catalog: Path) -> None:
    for path in catalog.rglob("shelf.yaml"):
        text = "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("archs"))
        path.write_text(text.replace("[sc, alpha, power, ia64]", "others"))
    buffers, kernel = litmus.shelves(catalog)
    assert set(buffers.archs) == {model.name for model in litmus.models() if "X86" in model.dialects}
    assert set(kernel.archs) == {model.name for model in litmus.models() if model.kernel and not model.of_language}


# --- verifying --------------------------------------------------------------------------------------------------------


def test_verify_says_what_it_did(invoke, catalog: Path) -> None:
    alone = invoke("catalog", "verify", "--catalog", catalog)
    assert (alone.code, alone.err) == (0, "")
    assert alone.out == ("buffers: 1 test, 2 verdicts as expected\ndeep/kernel: 3 tests, 24 verdicts as expected\n")
    together = invoke("catalog", "verify", "-j", "2", "--catalog", catalog)
    assert (together.code, together.out, together.err) == (0, alone.out, "")
    for name, line in (("buffers", 0), ("deep", 1), ("deep/kernel/", 1)):
        one = invoke("catalog", "verify", name, "--catalog", catalog)
        assert (one.code, one.out) == (0, alone.out.splitlines(keepends=True)[line])


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("Allowed: [x86-tso], ", "", "SB on x86-tso: expected Forbidden, found Allowed"),
        ("[x86-tso], Forbidden", "[sc], Forbidden", "SB on sc: expected Allowed, found Forbidden"),
        ("Forbidden: others", "Unsupported: others", "SB on sc: expected Unsupported, found Forbidden"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_wrong_expectation_is_found(invoke, catalog: Path, old: str, new: str, difference: str, jobs: str) -> None:
    path = catalog / "buffers" / "shelf.yaml"
    path.write_text(ASSEMBLY.replace(old, new))
    ended = invoke("catalog", "verify", "-j", jobs, "--catalog", catalog)
    assert ended.code == 1
    assert f"{path}:8:" in ended.out
    assert f": difference: {difference}\n    8 |     expected: {{" in ended.out
    assert "of 2 verdicts not as expected\n" in ended.out
    assert "deep/kernel: 3 tests, 24 verdicts as expected\n" in ended.out


def test_why_there_is_no_verdict_is_said(invoke, catalog: Path) -> None:
    path = catalog / "deep" / "kernel" / "shelf.yaml"
    path.write_text(
        KERNEL.replace("v6: {Unsupported: others}\n    argument: There", "v6: {Allowed: others}\n    argument: There")
    )
    ended = invoke("catalog", "verify", "deep/kernel", "--catalog", catalog)
    assert ended.code == 1
    assert "SRCU on sc in v6: expected Allowed, found Unsupported: 'srcu_up_read' " in ended.out


def test_a_process_that_dies_costs_one_verdict(invoke, catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Engine.check

    def deadly(engine: Engine, test: LitmusTest, model: str | None, options: Options) -> Verdict:
        if (test.name, model) == ("SB", "x86-tso"):
            os.kill(os.getpid(), signal.SIGKILL)
        return check(engine, test, model, options)

    monkeypatch.setattr(Engine, "check", deadly)
    ended = invoke("catalog", "verify", "buffers", "-j", "2", "--catalog", catalog)
    assert ended.code == 1
    assert "SB on x86-tso: expected Allowed, found no answer: its process was killed by SIGKILL\n" in ended.out
    assert "buffers: 1 test, 1 of 2 verdicts not as expected\n" in ended.out


def test_forbidden_as_far_as_loops_were_followed_is_not_forbidden(engine: Engine, catalog: Path) -> None:
    (catalog / "buffers" / "SB.litmus").write_text(
        "X86 SB\n{ x=0; }\n P0          ;\n L:          ;\n"
        " MOV EAX,[x] ;\n INC EBX     ;\n CMP EAX,$0  ;\n JE L        ;\nexists (0:EAX=2)\n"
    )
    shelf = load_shelf(catalog / "buffers", catalog)
    (checked,) = verify([shelf], engine=engine)
    assert isinstance(checked, Checked)
    assert {difference.found for difference in checked.differences} == {"no complete execution"}


# --- what is wrong with a shelf ---------------------------------------------------------------------------------------

WRONG = [
    ("title:", "titel:", "1:1", "unknown key 'titel' in the shelf"),
    ("title: Buffers\n", "", "1:1", "key 'title' is missing in the shelf"),
    ("about: What", "title: What", "2:1", "key 'title' is given twice in the shelf"),
    ("title: Buffers", "title: 3", "1:8", "'title' must be a text"),
    ("title: Buffers", 'title: "a\\nb"', "1:8", "'title' must be a text of one line"),
    ("[sc, x86-tso]\n", "sc\n", "3:8", "'archs' must be a list"),
    ("[sc, x86-tso]", "[]", "3:8", "no architecture decides these tests"),
    ("[sc, x86-tso]", "[sc, x86_tso]", "3:13", "unknown architecture 'x86_tso'"),
    ("[sc, x86-tso]", "[sc, sc]", "3:13", "'sc' is named twice, first at 3:9"),
    ("tests:", "eras: [v6]\ntests:", "4:7", "only tests with functions of the kernel have eras"),
    ("  SB:", "  SBB:", "5:3", "there is no file 'SBB.litmus' beside it"),
    ("  SB:", "  ../SB:", "5:3", "there is no file '../SB.litmus' beside it"),
    (
        "    claim: Each thread may read before the other's write is seen.\n",
        "",
        "6:5",
        "key 'claim' is missing in 'SB'",
    ),
    ("claim:", "clam:", "6:5", "unknown key 'clam' in 'SB'"),
    ("document: A book, ", "", "7:13", "key 'document' is missing in 'source'"),
    ("2008-10-18", "2008-13-18", "7:56", "'2008-13-18' is not a date"),
    ("2008-10-18", "yesterday", "7:56", "'yesterday' is not a date"),
    ("page 3", "", "7:75", "'where' must be a text"),
    ("Allowed: [", "Alowed: [", "8:16", "unknown key 'Alowed' in 'expected'"),
    ("[x86-tso], ", "[x86-2006], ", "8:26", "'x86-2006' is not among the architectures here: sc, x86-tso"),
    ("[x86-tso], ", "[x86], ", "8:26", "unknown architecture 'x86'"),
    ("[x86-tso], ", "[x86-tso, x86-tso], ", "8:35", "'x86-tso' is named twice, first at 8:26"),
    ("[x86-tso], ", "others, ", "8:44", "'others' occurs twice"),
    ("Forbidden: others", "Forbidden: the rest", "8:47", "'Forbidden' must be a list of architectures, or 'others'"),
    (", Forbidden: others", "", "8:15", "no verdict is given for sc"),
    ("{Allowed: [x86-tso], Forbidden: others}", "Allowed", "8:15", "'expected' must be a mapping"),
]


@pytest.mark.parametrize(("old", "new", "place", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_a_shelf_that_is_wrong(invoke, catalog: Path, old: str, new: str, place: str, message: str) -> None:
    path = catalog / "buffers" / "shelf.yaml"
    assert old in ASSEMBLY
    path.write_text(ASSEMBLY.replace(old, new, 1))
    ended = invoke("catalog", "list", "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"{path}:{place}: error: {message}")


def test_a_shelf_that_is_not_yaml(invoke, catalog: Path) -> None:
    path = catalog / "buffers" / "shelf.yaml"
    path.write_text(ASSEMBLY.replace("others}", "others"))
    ended = invoke("catalog", "list", "--catalog", catalog)
    assert ended.code == 2
    assert ended.err.startswith(f"{path}:9:")
    assert "error: not YAML: " in ended.err


WRONG_KERNEL = [
    ("eras: [v2.6.27, v6]\n", "", "1:1", "a shelf with functions of the kernel needs 'eras'"),
    ("eras: [v2.6.27, v6]", "eras: [v2.6.27, v5]", "7:17", "unknown era 'v5'"),
    ("eras: [v2.6.27, v6]", "eras: [v6, v6]", "7:12", "'v6' is named twice, first at 7:8"),
    ("      v6: {Forbidden: others}\n", "", "15:7", "key 'v6' is missing in 'expected'"),
    ("      v6: {F", "      v5: {F", "16:7", "unknown key 'v5' in 'expected'"),
    ("power, ia64]}", "power, aarch64]}", "25:49", "'aarch64' is not among the architectures here"),
    ("[sc, alpha, power, ia64]}", "[sc, alpha, power]}", "25:16", "no verdict is given for ia64"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"), WRONG_KERNEL, ids=[message for *_, message in WRONG_KERNEL]
)
def test_a_shelf_of_kernel_c_that_is_wrong(invoke, catalog: Path, old: str, new: str, place: str, message: str) -> None:
    path = catalog / "deep" / "kernel" / "shelf.yaml"
    assert old in KERNEL
    path.write_text(KERNEL.replace(old, new, 1))
    ended = invoke("catalog", "list", "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"{path}:{place}: error: {message}")


def test_every_test_has_an_entry_and_a_shelf(catalog: Path) -> None:
    stray = catalog / "buffers" / "MP.litmus"
    stray.write_text(SB)
    with pytest.raises(CatalogError, match=r"'MP' is not among the tests of shelf\.yaml") as raised:
        litmus.shelves(catalog)
    assert str(stray) in str(raised.value)
    stray.rename(catalog / "MP.litmus")
    with pytest.raises(CatalogError, match=r"this test is on no shelf: there is no shelf\.yaml beside it"):
        litmus.shelves(catalog)


def test_a_test_and_its_file_have_one_name(catalog: Path) -> None:
    (catalog / "buffers" / "SB.litmus").write_text(SB.replace("X86 SB", "X86 sb"))
    with pytest.raises(CatalogError, match="the test in this file is called 'sb'"):
        litmus.shelves(catalog)


def test_a_shelf_is_of_one_kind(catalog: Path) -> None:
    (catalog / "buffers" / "MP.litmus").write_text(MP)
    path = catalog / "buffers" / "shelf.yaml"
    path.write_text(ASSEMBLY + ASSEMBLY[ASSEMBLY.index("  SB:") :].replace("SB", "MP"))
    with pytest.raises(CatalogError, match="tests in assembly and in kernel C cannot be on one shelf"):
        litmus.shelves(catalog)


def test_a_shelf_of_c11(catalog: Path) -> None:
    folder = catalog / "buffers"
    (folder / "SB.litmus").write_text("C SB\n{ }\nP0(atomic_int *x)\n{ int r0 = atomic_load(x); }\nexists (0:r0=1)\n")
    text = ASSEMBLY.replace(ASSEMBLY[ASSEMBLY.index("archs:") :].partition("\n")[0] + "\n", "")
    text = text.replace(text[text.index("    expected:") :].partition("\n")[0], "    expected: {Forbidden: others}")
    (folder / "shelf.yaml").write_text(text)
    buffers = next(shelf for shelf in litmus.shelves(catalog) if shelf.name == "buffers")
    assert set(buffers.archs) == {model.name for model in litmus.models() if model.c11}
    (folder / "shelf.yaml").write_text(text.replace("tests:", "archs: [rc11, s390]\ntests:"))
    with pytest.raises(CatalogError, match="s390 does not say how C11 is compiled"):
        litmus.shelves(catalog)


def test_whatever_a_shelf_holds_the_error_is_ours(catalog: Path) -> None:
    path = catalog / "buffers" / "shelf.yaml"
    known = litmus.models()
    chosen = random.Random(1)
    texts = [
        "",
        "[" * 100_000,
        "- " * 100_000,
        "a: &a [*a]",
        "\udcff",
        "a: \x00",
        "%YAML 9.9\n--- x",
        "--- a\n--- b",
        "~",
    ]
    for _ in range(150):
        at, length = chosen.randrange(len(ASSEMBLY)), chosen.randrange(12)
        texts.append(
            ASSEMBLY[:at]
            + chosen.choice(["", "\t", "{", "]", ": ", "\n", "é", "&x", "*x", '"'])
            + ASSEMBLY[at + length :]
        )
    for text in texts:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        with suppress(LitmusError):
            load_shelf(catalog / "buffers", catalog, known)
