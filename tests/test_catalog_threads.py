"""The threads of the catalogue: what a file of one may hold, and which entries belong to which message."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import LitmusError
from litmus.catalog.debate import debate, debates
from litmus.catalog.entries import CatalogError, MessageKey, Ruling, VerdictWord
from litmus.catalog.threads import Threads, load_thread
from litmus.render.catalog import WIDTH
from litmus.render.catalog import anchor as anchor_of
from litmus.render.threads import thread_text

CATALOG = Path(__file__).parent.parent / "catalog"
SEEN = {"anon_vma": 52, "hash-duplicates": 1, "replace_page": 3, "sticky-pages": 3, "xen-pinning": 2}
"""How many messages of each thread there are to read: whole or, in the small threads, also as quoted in another."""

SB = """X86 SB
{ x=0; y=0; }
 P0          | P1          ;
 MOV [x],$1  | MOV [y],$1  ;
 MOV EAX,[y] | MOV EAX,[x] ;
exists (0:EAX=0 /\\ 1:EAX=0)
"""
SHELF = """title: Buffers
about: What waits, and for how long.
archs: [sc, x86-tso]
tests:
  SB:
    claim: Each thread may read before the other's write is seen.
    source:
      document: A list
      where: a reply
      message: [buffers/2008-10-18T00:25, buffers/2008-10-19]
      quote: may be read before it
    expected: {Allowed: [x86-tso], Forbidden: others}
    ruling: right
    argument: Both writes wait in their buffers.
    outcome: A fence was put between them (d9d332e0874f).
"""
THREAD = """title: Do stores wait?
list: a list
about: Somebody asks what waits.
messages:
  2008-10-18T00:25:
    author: Ann
    says: The stores wait.
  2008-10-18T02:11:
    author: Bob
    says: Then let it be so.
    ruling: no claim
  2008-10-19:
    author: Cyd
    says: They wait, and the loads do.
    known: quoted elsewhere
    ruling: wrong
    reason: Loads do not.
patches:
  - {title: A fence, message: 2008-10-18T02:11, about: A fence between them., before: [SB], after: [buffers/SB]}
merged: {commit: d9d332e0874f, about: It relies on the fence., tests: [SB]}
outcome: It was merged.
columns: {x86-tso: x86, power: Power, ia64: Itanium, alpha: Alpha by its manual, alpha-linux: Alpha as built}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalogue with one shelf and one thread."""
    root = tmp_path / "catalog"
    (root / "buffers").mkdir(parents=True)
    (root / "threads").mkdir()
    (root / "buffers" / "shelf.yaml").write_text(SHELF)
    (root / "buffers" / "SB.litmus").write_text(SB)
    (root / "threads" / "buffers.yaml").write_text(THREAD)
    return root


# --- the threads themselves -------------------------------------------------------------------------------------------


def test_every_message_is_there() -> None:
    assert {thread.name: len(thread.messages) for thread in Threads(CATALOG).all()} == SEEN


def test_times_are_in_order() -> None:
    for thread in Threads(CATALOG).all():
        exact = [message.time for message in thread.messages if "T" in message.time]
        assert exact == sorted(set(exact)), thread.name


def test_every_claim_is_ruled_upon() -> None:
    """A message has a ruling, by a test or of its own; none claims nothing and has tests all the same."""
    for found in debates():
        for row in found.rows:
            place = f"{found.thread.name}/{row.message.time}"
            assert row.rulings, place
            assert Ruling.NO_CLAIM not in row.rulings or not row.tests, place
        for tested in found.tests:
            assert tested.entry.ruling is not None, tested.entry.path


def test_the_pages_name_no_page_that_is_not_there() -> None:
    """Addresses and anchors; that the pages are up to date, test_catalog.py says."""
    pages = CATALOG.parent / "docs" / "threads"
    assert {page.stem for page in pages.glob("*.md")} == {*SEEN, "README"}
    headings: dict[Path, set[str]] = {}
    for page in pages.glob("*.md"):
        for address, _, anchor in re.findall(r"\]\(([^)#\s]+)(#([^)]+))?\)", page.read_text("utf-8")):
            other = (page.parent / address).resolve()
            assert other.is_file(), address
            if other not in headings:
                lines = other.read_text("utf-8").splitlines()
                headings[other] = {anchor_of(line.lstrip("# ")) for line in lines if line.startswith("#")}
            assert not anchor or anchor in headings[other], f"{page.name}: {address}#{anchor}"


def test_a_terminal_is_wide_enough() -> None:
    for found in debates():
        assert max(map(len, thread_text(found).splitlines())) <= WIDTH, found.thread.name


# --- what an entry says of messages -----------------------------------------------------------------------------------


def test_what_an_entry_says(catalog: Path) -> None:
    ((entry,),) = (shelf.entries for shelf in litmus.shelves(catalog))
    assert entry.source.messages == (
        MessageKey("buffers", "2008-10-18T00:25", "Ann"),
        MessageKey("buffers", "2008-10-19", "Cyd"),
    )
    assert (entry.source.quote, entry.ruling) == ("may be read before it", Ruling.RIGHT)
    assert entry.outcome == "A fence was put between them (d9d332e0874f)."


def test_show_says_it(invoke, catalog: Path) -> None:
    ended = invoke("catalog", "show", "SB", "--catalog", catalog)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out[ended.out.index("Source") :].splitlines()
    assert lines == [
        "Source      A list; a reply.",
        "",
        "Message     buffers, 2008-10-18 00:25, Ann",
        "            buffers, 2008-10-19, Cyd",
        "",
        'Quote       "may be read before it"',
        "",
        "Ruling      right",
        "",
        "Argument    Both writes wait in their buffers.",
        "",
        "Outcome     A fence was put between them (d9d332e0874f).",
    ]


def test_the_page_of_the_shelf_says_it(invoke, catalog: Path) -> None:
    assert invoke("catalog", "tables", "--catalog", catalog).code == 0
    text = (catalog / "buffers" / "README.md").read_text()
    for part in (
        "Ruling: **right**.",
        "Outcome: A fence was put between them (d9d332e0874f).",
        'Source: A list; a reply. "may be read before it"',
        "In the threads: buffers, 2008-10-18 00:25, Ann; buffers, 2008-10-19, Cyd.",
    ):
        assert f"\n{part}\n" in text


# --- the two together -------------------------------------------------------------------------------------------------


def test_rows(catalog: Path) -> None:
    found = debate("buffers", catalog)
    assert [(row.message.author, [tested.entry.name for tested in row.tests], row.rulings) for row in found.rows] == [
        ("Ann", ["SB"], (Ruling.RIGHT,)),
        ("Bob", [], (Ruling.NO_CLAIM,)),
        ("Cyd", ["SB"], (Ruling.RIGHT, Ruling.WRONG)),
    ]
    assert [tested.entry.name for tested in found.tests] == ["SB"]
    assert found.tests[0].strip == (VerdictWord.ALLOWED, None, None, None, None)  # by x86-tso; the others have no X86
    (patch,) = found.patches
    assert (patch.author, len(patch.before), len(patch.after), len(found.merged_tests)) == ("Bob", 1, 1, 1)


def test_a_test_is_seen_once_in_a_row(catalog: Path) -> None:
    path = catalog / "threads" / "buffers.yaml"
    path.write_text(THREAD.replace("    ruling:", "    see: [SB]\n    ruling:"))
    assert [(len(row.tests), len(row.beside)) for row in debate("buffers", catalog).rows] == [(1, 0), (0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("before: [SB]", "before: [SBB]", "19:88", "there is no test 'SBB' in the catalogue (did you mean 'SB'?)"),
        (
            "tests: [SB]",
            "tests: [x/SB]",
            "20:72",
            "there is no test 'x/SB' in the catalogue (did you mean 'SB'?)",
        ),
        ("no claim", "moot\n    reason: x\n    see: [MP]", "13:11", "there is no test 'MP' in the catalogue"),
    ],
)
def test_a_thread_that_names_no_test(invoke, catalog: Path, old: str, new: str, place: str, message: str) -> None:
    path = catalog / "threads" / "buffers.yaml"
    assert old in THREAD
    path.write_text(THREAD.replace(old, new, 1))
    ended = invoke("catalog", "thread", "buffers", "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    said, _, hint = message.partition(" (")
    assert ended.err.startswith(f"{path}:{place}: error: {said}")
    assert hint.rstrip(")") in ended.err


def test_a_test_of_two_shelves_needs_its_shelf(catalog: Path) -> None:
    (catalog / "other").mkdir()
    for name in ("shelf.yaml", "SB.litmus"):
        (catalog / "other" / name).write_text((catalog / "buffers" / name).read_text())
    with pytest.raises(CatalogError, match="several shelves have a test 'SB': buffers/SB, other/SB"):
        debate("buffers", catalog)
    path = catalog / "threads" / "buffers.yaml"
    path.write_text(path.read_text().replace("[SB]", "[other/SB]"))
    assert [tested.shelf.name for tested in debate("buffers", catalog).merged_tests] == ["other"]


def test_the_command(invoke, golden: Callable[[str, str], None], catalog: Path) -> None:
    said = []
    for arguments in ((), ("buffers",), ("buffers", "--format", "markdown")):
        ended = invoke("catalog", "thread", *arguments, "--catalog", catalog)
        assert (ended.code, ended.err) == (0, "")
        said.append(f"$ litmus catalog thread {' '.join(arguments)}".rstrip() + f"\n{ended.out}")
    golden("catalog-thread.txt", "\n".join(said))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bufers"], "there is no thread 'bufers' in the catalogue (did you mean 'buffers'?)"),
        (["buffers", "--format", "markdwon"], "unknown format 'markdwon' (did you mean 'markdown'?)"),
        (["buffers", "--format", "svg"], "unknown format 'svg' (text or markdown)"),
    ],
)
def test_what_is_not_there(invoke, catalog: Path, arguments: list[str], message: str) -> None:
    ended = invoke("catalog", "thread", *arguments, "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_a_catalogue_without_threads(invoke, catalog: Path) -> None:
    (catalog / "threads" / "buffers.yaml").unlink()
    path = catalog / "buffers" / "shelf.yaml"
    path.write_text("".join(line for line in SHELF.splitlines(keepends=True) if "message:" not in line))
    (catalog.parent / "docs").mkdir()
    assert invoke("catalog", "thread", "--catalog", catalog).out == "no threads\n"
    assert invoke("catalog", "tables", "--catalog", catalog).code == 0
    assert list((catalog.parent / "docs").iterdir()) == []


def test_pages_go_beside_the_catalogue_if_there_is_a_place(invoke, catalog: Path) -> None:
    """An installed litmus has no documents beside its catalogue; then there is nothing to be up to date."""
    assert invoke("catalog", "tables", "--catalog", catalog).code == 0
    assert not (catalog.parent / "docs").exists()
    (catalog.parent / "docs").mkdir()
    pages = [catalog.parent / "docs" / "threads" / name for name in ("README.md", "buffers.md")]
    stale = invoke("catalog", "tables", "--check", "--catalog", catalog)
    assert stale.code == 1
    assert all(str(page) in stale.err for page in pages)
    assert invoke("catalog", "tables", "--catalog", catalog).code == 0
    assert invoke("catalog", "tables", "--check", "--catalog", catalog).code == 0
    for page in pages:
        for address in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert (page.parent / address).is_file(), address
    pages[1].write_text(pages[1].read_text().replace("Ann", "Anne"))
    assert invoke("catalog", "tables", "--check", "--catalog", catalog).code == 1


# --- what is wrong with an entry, or with a thread --------------------------------------------------------------------

WRONG_ENTRIES = [
    ("[buffers/", "[bufers/", "10:17", "there is no thread 'bufers' (did you mean 'buffers'?)"),
    (
        "T00:25",
        "T00:26",
        "10:17",
        "the thread 'buffers' has no message of '2008-10-18T00:26' (did you mean '2008-10-18T00:25'?)",
    ),
    ("[buffers/2", "[2", "10:17", "'2008-10-18T00:25' is not a message: write THREAD/2008-10-18T00:25"),
    ("buffers/2008-10-19]", "buffers/2008-10-18T00:25]", "10:43", "'buffers/2008-10-18T00:25' is named twice"),
    ("quote: may", f"quote: {'may ' * 9}", "11:14", "a quote has at most 12 words"),
    ("ruling: right", "ruling: rigth", "13:13", "unknown ruling 'rigth' (did you mean 'right'?)"),
    (
        "ruling: right",
        "ruling: no claim",
        "13:13",
        "unknown ruling 'no claim' (write one of: right, wrong, partly, moot, withdrawn)",
    ),
    ("ruling: right", "ruling: [right]", "13:13", "'ruling' must be a name"),
    ("outcome: A", "outcome: 3 #", "15:14", "'outcome' must be a text"),
]


@pytest.mark.parametrize(("old", "new", "place", "message"), WRONG_ENTRIES, ids=[m for *_, m in WRONG_ENTRIES])
def test_an_entry_that_is_wrong(invoke, catalog: Path, old: str, new: str, place: str, message: str) -> None:
    path = catalog / "buffers" / "shelf.yaml"
    assert old in SHELF
    path.write_text(SHELF.replace(old, new, 1))
    ended = invoke("catalog", "list", "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    said, _, hint = message.partition(" (")
    assert ended.err.startswith(f"{path}:{place}: error: {said}")
    assert hint.rstrip(")") in ended.err


WRONG_THREADS = [
    ("title: Do", "titel: Do", "1:1", "unknown key 'titel' in the thread (did you mean 'title'?)"),
    ("outcome: It was merged.\n", "", "1:1", "key 'outcome' is missing in the thread"),
    ("2008-10-18T00:25:", "2008-10-18T24:25:", "5:3", "'2008-10-18T24:25' is not the time of a message"),
    ("2008-10-18T00:25:", "yesterday:", "5:3", "'yesterday' is not the time of a message"),
    ("2008-10-18T02:11:", "2008-10-17T02:11:", "8:3", "'2008-10-17T02:11' is not after '2008-10-18T00:25'"),
    ("2008-10-18T02:11:", "2008-10-18T00:25:", "8:3", "key '2008-10-18T00:25' is given twice in 'messages'"),
    ("2008-10-19:", "2008-09:", "12:3", "'2008-09' is not after '2008-10-18T02:11'"),
    ("    author: Ann\n", "", "6:5", "key 'author' is missing in '2008-10-18T00:25'"),
    (
        "no claim",
        "none",
        "11:13",
        "unknown ruling 'none' (write one of: right, wrong, partly, moot, withdrawn, no claim)",
    ),
    ("    reason: Loads do not.\n", "", "16:13", "a ruling other than 'no claim' needs a reason"),
    ("    ruling: wrong\n", "", "16:13", "a reason without a ruling"),
    (
        "message: 2008-10-18T02:11",
        "message: 2008-10-18T02:12",
        "19:31",
        "the thread has no message of '2008-10-18T02:12' (did you mean '2008-10-18T02:11'?)",
    ),
    ("before: [SB]", "before: SB", "19:87", "'before' must be a list"),
]


@pytest.mark.parametrize(("old", "new", "place", "message"), WRONG_THREADS, ids=[m for *_, m in WRONG_THREADS])
def test_a_thread_that_is_wrong(invoke, catalog: Path, old: str, new: str, place: str, message: str) -> None:
    path = catalog / "threads" / "buffers.yaml"
    assert old in THREAD
    path.write_text(THREAD.replace(old, new, 1))
    ended = invoke("catalog", "list", "--catalog", catalog)
    assert (ended.code, ended.out) == (2, "")
    said, _, hint = message.partition(" (")
    assert ended.err.startswith(f"{path}:{place}: error: {said}")
    assert hint.rstrip(")") in ended.err


def test_whatever_a_thread_holds_the_error_is_ours(catalog: Path) -> None:
    path = catalog / "threads" / "buffers.yaml"
    chosen = random.Random(2)
    texts = ["", "[" * 100_000, "a: &a [*a]", "\udcff", "a: \x00", "--- a\n--- b", "~"]
    for _ in range(150):
        at, length = chosen.randrange(len(THREAD)), chosen.randrange(12)
        middle = chosen.choice(["", "\t", "{", "]", ": ", "\n", "é", "&x", "*x", '"', "2008-02-30"])
        texts.append(THREAD[:at] + middle + THREAD[at + length :])
    for text in texts:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        with suppress(LitmusError):
            load_thread(path)
