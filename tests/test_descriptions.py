"""The descriptions of models: what they say, what they may not say, and that nothing in `archs` is without a source."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from litmus.base.errors import ModelError, UsageError
from litmus.cat import load
from litmus.cat.description import ModelInfo, Weakness, read_info
from litmus.cat.mapping import MappingRow, Operation, Origin
from litmus.cat.registry import models
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.dialect import all_dialects
from litmus.ir.kernel import ERAS, PRIMITIVES, Kind

ROOT = Path(__file__).parent.parent
INFO = {info.name: info for info in models()}
ARCHITECTURES = [name for name, info in INFO.items() if info.kernel]


LOOKS = ("spin_is_locked", "spin_unlock_wait", "mutex_is_locked")


def mapping(era: str) -> str:
    """A mapping of all that an era has, with one operation for each kind of primitive."""
    operations = {Kind.READ: "[ld]", Kind.WRITE: "[st]", Kind.UPDATE: "[cas]", Kind.FENCE: "[]", Kind.LOCK: "[cas]"}
    special = {**dict.fromkeys(LOOKS, "[ld]"), "smp_mb": "[mb]", "xchg": "[mb, cas, mb]"}
    lines = [f"      {n}: {special.get(n, operations[PRIMITIVES[n].kind])}\n" for n in ERAS[era]]
    return f"  {era}:\n    - source: page 2\n" + "".join(lines)


CAT = "(* KNOWN only here *)\nlet fences = fencerel(MB)\nacyclic po | rf | A as order\n"
DESCRIPTION = f"""name: m
description: A model
source: [a book]
dialects: []
default_for: []
limits: []
ignored: [X]
operations:
  - source: page 1
    note: all of them
    ld: {{load: [], meaning: a load}}
    st: {{store: [], meaning: a store}}
  - source: page 3
    uncertain: by guess
    mb: {{fence: [MB], meaning: all}}
    cas: {{read: [A, X], write: [X], meaning: both}}
kernel:
{mapping("v2.6.27")}"""
OTHER = DESCRIPTION.replace("name: m", "name: other")


@pytest.fixture
def described(tmp_path: Path) -> Callable[[str], ModelInfo]:
    """Reads a description of a model 'm', beside which there is another."""

    def read(text: str) -> ModelInfo:
        (tmp_path / "m.cat").write_text(CAT)
        (tmp_path / "m.yaml").write_text(text)
        (tmp_path / "other.cat").write_text(CAT)
        (tmp_path / "other.yaml").write_text(OTHER)
        return read_info(tmp_path / "m.yaml")

    return read


def test_what_a_description_says(described: Callable[[str], ModelInfo]) -> None:
    info = described(DESCRIPTION)
    first, second = Origin("page 1", "all of them"), Origin("page 3", "", "by guess")
    load_, store, fence, cas = info.operations
    assert load_ == Operation("ld", "load", frozenset(), "a load", frozenset(), first)
    assert store.origin == first
    assert fence == Operation("mb", "fence", frozenset({"MB"}), "all", frozenset(), second)
    assert cas == Operation("cas", "atomic", frozenset({"A", "X"}), "both", frozenset({"X"}), second)
    assert info.tags == {"MB", "A", "X"}
    rows = info.rows("v2.6.27")
    shared = ["rcu_read_lock", "rcu_read_unlock", "synchronize_rcu"]  # what no mapping has to have
    assert list(rows) == [*ERAS["v2.6.27"], *shared]
    assert rows["xchg"] == MappingRow("xchg", (fence, cas, fence), Origin("page 2"))
    with pytest.raises(UsageError, match=r"m has no kernel mapping for 'v6', only for v2\.6\.27"):
        info.rows("v6")
    assert described(DESCRIPTION.partition("ignored")[0]).tags == frozenset()


def test_a_row_may_name_several_primitives_and_be_unconditional(described: Callable[[str], ModelInfo]) -> None:
    text = DESCRIPTION.replace("      xchg: [mb, cas, mb]\n      cmpxchg: [cas]\n", "")
    group = "    - source: page 4\n      unconditional: true\n      xchg, cmpxchg: [cas, mb]\n"
    rows = described(text + group).rows("v2.6.27")
    assert [o.name for o in rows["xchg"].operations] == [o.name for o in rows["cmpxchg"].operations] == ["cas", "mb"]
    assert (rows["xchg"].unconditional, rows["smp_mb"].unconditional) == (True, False)


def test_a_mapping_may_be_that_of_another(described: Callable[[str], ModelInfo], tmp_path: Path) -> None:
    head = DESCRIPTION.partition("  v2.6.27:")[0].replace("meaning: a load", "meaning: our load")
    info = described(head + "  v2.6.27: other\n")
    row = info.rows("v2.6.27")["READ_ONCE"]
    assert (row.operations[0].meaning, row.origin) == ("our load", Origin("page 2"))


def test_a_model_may_say_what_machines_break(described: Callable[[str], ModelInfo]) -> None:
    text = "limits: []\nweaknesses:\n  - source: page 5\n    first: {axiom: order, because: they do not keep it}\n"
    info = described(DESCRIPTION.replace("limits: []\n", text))
    assert info.weaknesses == (Weakness("first", "they do not keep it", Origin("page 5"), axiom="order"),)


_W = "{variant: MB, because: b}"
_WEAKER = "weaknesses:\n  - source: c\n    w: "
WRONG = [
    ("name: m", "name: n", "1:7", "the name is 'n', but the file is called 'm'"),
    ("limits: []", "limit: []", "6:1", "unknown key 'limit' in the description"),
    ("limits: []\n", "", "1:1", "key 'limits' is missing in the description"),
    ("limits: []", "limits: none", "6:9", "'limits' must be a list"),
    ("limits: []", f"limits: []\n{_WEAKER}{{because: b, variant: n}}", "9:30", "the model has no variant 'n'"),
    ("limits: []", f"limits: []\n{_WEAKER}{{variant: MB}}", "9:8", "key 'because' is missing in 'w'"),
    ("limits: []", f"limits: []\n{_WEAKER}{_W}\n    w: {_W}", "10:5", "key 'w' is given twice"),
    ("limits: []", f"limits: []\n{_WEAKER}{_W}\n  - source: c\n    w: {_W}", "11:5", "weakness 'w' is given twice"),
    ("limits: []", "limits: []\naliases: ['a b', 'c']", "7:10", "write 'aliases' as a list of bare words on one line"),
    ("limits: []", "limits: []\nreplaced_by: othr", "7:14", "there is no model 'othr'"),
    ("[X]", "[X, MB]", "7:14", "the model uses 'MB', so it cannot be 'ignored'"),
    ("  - source: page 1\n    note", "  - note", "9:5", "a group in 'operations' needs a 'source'"),
    ("note: all of them", "note: [all]", "10:11", "'note' must be a text"),
    ("  ld: {load: []", "  3ld: {load: []", "11:5", "'3ld' cannot be the name of an operation"),
    ("    mb: {", "    ld: {", "15:5", "operation 'ld' is given twice"),
    ("{fence: [MB], meaning: all}", "MB", "15:9", "'mb' must be a mapping"),
    ("fence: [MB]", "fense: [MB]", "15:10", "unknown key 'fense' in 'mb'"),
    ("fence: [MB]", "fence: [MB], load: []", "15:5", "operation 'mb' needs one of fence"),
    (", meaning: all}", "}", "15:5", "operation 'mb' needs a meaning"),
    (", meaning: all}", ", meaning: all, status: write}", "15:45", "'status: write' or 'status: nothing' says on"),
    ("meaning: all}", 'meaning: "a\\nb"}', "15:32", "'meaning' must be a text of one line"),
    ("[MB]", "[]", "15:5", "fence 'mb' needs a tag: without one the model cannot see it"),
    ("[MB]", "[MBB]", "15:18", "the model does not use 'MBB'"),
    ("[MB]", "[KNOWN]", "15:18", "the model does not use 'KNOWN'"),
    ("[MB]", "[MB, 'a b']", "15:22", "'a b' cannot be the name of a set"),
    ("[MB]", "[W]", "15:18", "'W' is a set or relation that every execution has"),
    ("write: [X], ", "", "16:5", "operation 'cas' needs one of fence, branch, load, store, res"),
    ("  v2.6.27:", "  v2.6.72:", "18:3", "unknown era 'v2.6.72'"),
    ("      smp_mb: [mb]\n", "", "18:3", "no mapping in 'v2.6.27' for smp_mb"),
    ("READ_ONCE:", "READ_ONCEE:", "21:7", "unknown primitive 'READ_ONCEE'"),
    ("READ_ONCE:", "rcu_dereference, READ_ONCEE:", "21:24", "unknown primitive 'READ_ONCEE'"),
    ("READ_ONCE:", "READ_ONCE, plain_read:", "21:18", "primitive 'plain_read' is given twice"),
    ("READ_ONCE: [ld]", "READ_ONCE: [ldd]", "21:19", "no operation 'ldd' in 'operations'"),
    ("READ_ONCE: [ld]", "READ_ONCE: [mb]", "21:7", "'READ_ONCE' needs one load"),
    ("READ_ONCE: [ld]", "READ_ONCE: ld", "21:18", "'READ_ONCE' must be a list"),
    ("smp_mb: [mb]", "smp_mb: [ld]", "28:7", "'smp_mb' is a fence and cannot access memory"),
    ("xchg: [mb, cas, mb]", "xchg: [ld]", "40:7", "'xchg' needs one atomic"),
    (
        "- source: page 2",
        "- source: page 2\n      unconditional: no",
        "20:22",
        "'unconditional' must be 'true' or left out",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_what_is_wrong(described: Callable[[str], ModelInfo], old: str, new: str, place: str, message: str) -> None:
    assert old in DESCRIPTION
    with pytest.raises(ModelError) as caught:
        described(DESCRIPTION.replace(old, new, 1))
    assert (str(caught.value.span).partition("m.yaml:")[2], caught.value.message[: len(message)]) == (place, message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("othr", "there is no model 'othr'"),
        ("m", "there is no model 'm'"),
        ("other\n  v6: other", "other has no mapping for 'v6'"),
    ],
)
def test_what_cannot_be_taken_from_another(described: Callable[[str], ModelInfo], value: str, message: str) -> None:
    head = DESCRIPTION.partition("  v2.6.27:")[0]
    with pytest.raises(ModelError, match=re.escape(message)):
        described(f"{head}  v2.6.27: {value}\n")
    with pytest.raises(ModelError, match="to 'cas', which is not an operation of this model"):
        described(head.replace("    cas: {read: [A, X], write: [X], meaning: both}\n", "") + "  v2.6.27: other\n")


# --- what is in archs -------------------------------------------------------------------------------------------------


MACHINES = [name for name in ARCHITECTURES if name != "sc"]


def test_sequential_consistency_needs_no_fence() -> None:
    assert {operation.kind for operation in INFO["sc"].operations} == {"load", "store", "atomic"}
    assert INFO["sc"].tags == frozenset()


@pytest.mark.parametrize("name", MACHINES)
def test_operations(name: str) -> None:
    """A model knows the sets of its operations; the events of its dialects are in no others."""
    info = INFO[name]
    assert load(name).elaborate(info.tags).axioms
    for dialect in all_dialects():
        if (set(dialect.archs) & set(info.dialects)) - FUNCTIONS:
            assert load(name).elaborate(dialect.sets).axioms
            assert dialect.sets <= info.tags
    assert {"load", "store", "fence"} <= {operation.kind for operation in info.operations}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_operation_and_row_says_where_it_is_from(name: str) -> None:
    for thing in [*INFO[name].operations, *(row for mapping in INFO[name].kernel for row in mapping.rows)]:
        assert thing.origin.source.strip(), thing


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_rule_cites(name: str) -> None:
    """The head of a model lists its documents; each block of rules names one of them, with the place in it."""
    text = INFO[name].file.read_text("utf-8")
    head = re.search(r"\(\*.*?\*\)", text, re.DOTALL)
    assert head is not None
    documents = "|".join(re.findall(r"^(?:\(\*| \*) +\[(\w+)\] ", head[0], re.MULTILINE))
    assert documents
    for block in re.split(r"\n\s*\n", text[head.end() :]):
        comments = re.findall(r"\(\*.*?\*\)", block, re.DOTALL)
        rules = re.sub(r"\(\*.*?\*\)", "", block, flags=re.DOTALL).strip()
        if rules and not rules.startswith(("include", "show")):
            assert re.search(rf"\[({documents})[\], ]", " ".join(comments)), block


@pytest.mark.slow
def test_no_code_knows_an_architecture() -> None:
    """But for what reads and writes assembly, by the names of dialects. Docstrings may give examples."""
    dialects = {name for dialect in all_dialects() for arch in dialect.archs for name in (arch, arch.lower())}
    names = {name for arch in ARCHITECTURES for name in (arch, *INFO[arch].aliases)} - dialects - {"sc"}
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, sorted(names)))})(?![\w-])")
    found = []
    for path in (ROOT / "litmus").rglob("*.py"):
        if "dialects" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                found += [f"{path.name}:{node.lineno}: {name}" for name in pattern.findall(node.value)]
    assert found == []


# --- what a person sees of them ---------------------------------------------------------------------------------------


def test_all_about_a_model(invoke, golden: Callable[[str, str], None]) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("models", "alpha", "riscv", "--era", "all")
    assert (ended.code, ended.err) == (0, "")
    golden("models-alpha-riscv.txt", ended.out)
    assert max(map(len, ended.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["alhpa"], "did you mean 'alpha'"),
        (["riscv", "--era", "v2.6.27"], "riscv has no kernel mapping for 'v2.6.27', only for v6"),
        (["alpha", "--era", "v2"], "unknown era 'v2'"),
    ],
)
def test_what_cannot_be_told(invoke, arguments: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("models", *arguments)
    assert ended.code == 2
    assert said in ended.err
