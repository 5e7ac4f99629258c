"""Kernel C on every architecture: what the mappings of both eras come to, and how a comparison reads."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

import litmus
from litmus.base.errors import ModelError, UnsupportedError, UsageError
from litmus.cat.registry import models, read_info
from litmus.ir.thread import Fence, Primitive
from litmus.render.comparison import FORMATS, render

OLD = ("alpha", "power", "x86-tso", "armv7", "s390", "sparc-tso")
NEW = (*OLD, "aarch64", "riscv")


def kernel(name: str, *threads: str, condition: str, init: str = "") -> litmus.LitmusTest:
    """A test of threads over x, y, z and the lock l, given by the statements of each."""
    bodies = "".join(
        f"P{k}(int *x, int *y, int *z, spinlock_t *l)\n{{\n\tint r0; int r1; int r2;\n\t{body}\n}}\n"
        for k, body in enumerate(threads)
    )
    return litmus.parse(f"C {name}\n{{ {init} }}\n{bodies}exists ({condition})\n", name)


def allowed(test: litmus.LitmusTest, archs: tuple[str, ...], era: str) -> set[str]:
    """The architectures that allow the outcome asked for; all of them give a verdict."""
    (row,) = litmus.compare([test], archs, era).rows
    words = dict(zip(archs, (cell.word() for cell in row.cells), strict=True))
    assert set(words.values()) <= {"Allowed", "Forbidden"}, words
    return {arch for arch, word in words.items() if word == "Allowed"}


SB = "0:r0=0 /\\ 1:r0=0"
MP = "1:r0=1 /\\ 1:r1=0"
PUBLISH = ("WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);", "r0 = READ_ONCE(*y); {} r1 = READ_ONCE(*x);")
DEPEND = """
C {name}
{{ int x=0; int *p=&z; int z=7; }}
P0(int *x, int **p)
{{
	WRITE_ONCE(*x, 1);
	smp_wmb();
	WRITE_ONCE(*p, x);
}}
P1(int **p)
{{
	int *r0; int r1;
	r0 = {read};
	{barrier}
	r1 = READ_ONCE(*r0);
}}
exists (1:r0=x /\\ 1:r1=0)
"""


def test_only_alpha_needs_the_dependency_barrier() -> None:
    """The question of October 2008: may the pointer be seen before what it points to?"""
    plain = litmus.parse(DEPEND.format(name="plain", read="READ_ONCE(*p)", barrier=""))
    mended = litmus.parse(DEPEND.format(name="mended", read="READ_ONCE(*p)", barrier="smp_read_barrier_depends();"))
    rcu = litmus.parse(DEPEND.format(name="rcu", read="rcu_dereference(*p)", barrier=""))
    assert allowed(plain, OLD, "v2.6.27") == {"alpha"}
    assert allowed(mended, OLD, "v2.6.27") == allowed(rcu, OLD, "v2.6.27") == set()
    assert allowed(plain, NEW, "v6") == set()  # READ_ONCE has the barrier on Alpha today


def test_the_mistakes_of_the_mapping_of_2008() -> None:
    """kernel-primitives: the two-sided store buffering with an update, and message passing by xchg."""
    update = "WRITE_ONCE(*x, 1); r1 = atomic_add_return(1, z); r0 = READ_ONCE(*y);"
    other = "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);"
    text = kernel("SB+add_return", update.replace("atomic_add_return(1, z)", "xchg(z, 1)"), other, condition=SB)
    assert allowed(text, ("power", "armv7", "alpha", "x86-tso"), "v2.6.27") == {"power", "armv7"}
    assert allowed(text, NEW, "v6") == set()
    message = kernel(
        "MP+xchg",
        "WRITE_ONCE(*x, 1); r2 = xchg(y, 1);",
        "r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x);",
        condition=MP,
    )
    assert allowed(message, ("alpha", "armv7", "power"), "v2.6.27") == {"alpha", "armv7"}
    assert allowed(message, NEW, "v6") == set()


@pytest.mark.parametrize(
    ("barrier", "old"),
    [("", {"alpha", "power", "armv7"}), ("smp_rmb();", set()), ("smp_mb();", set())],
)
def test_message_passing(barrier: str, old: set[str]) -> None:
    test = kernel("MP", PUBLISH[0], PUBLISH[1].format(barrier), condition=MP)
    assert allowed(test, OLD, "v2.6.27") == old


def test_acquire_and_release() -> None:
    test = kernel(
        "MP+rel+acq",
        "WRITE_ONCE(*x, 1); smp_store_release(y, 1);",
        "r0 = smp_load_acquire(y); r1 = READ_ONCE(*x);",
        condition=MP,
    )
    assert allowed(test, NEW, "v6") == set()
    (row,) = litmus.compare([test], ["alpha"], "v2.6.27").rows  # there were none in 2008
    assert (row.cells[0].word(), type(row.cells[0].error)) == ("unsupported", UnsupportedError)


def test_locks_are_barriers_for_what_they_protect() -> None:
    test = kernel(
        "locked",
        "spin_lock(l); WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1); spin_unlock(l);",
        "spin_lock(l); r0 = READ_ONCE(*y); r1 = READ_ONCE(*x); spin_unlock(l);",
        condition=MP,
    )
    assert allowed(test, OLD, "v2.6.27") == allowed(test, NEW, "v6") == set()
    assert litmus.check(test, "power", era="v2.6.27").status is litmus.Status.DONE  # trying again is no loop


def test_a_lock_is_no_full_barrier() -> None:
    """Neither keeps a write before the critical section and a read after it apart, except where all updates do."""
    section = "WRITE_ONCE(*{0}, 1); spin_lock(l); spin_unlock(l); r0 = READ_ONCE(*{1});"
    test = kernel(
        "SB+locks",
        section.format("x", "y"),
        "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition=SB,
    )
    assert allowed(test, OLD, "v2.6.27") >= {"power"}
    assert "x86-tso" not in allowed(test, OLD, "v2.6.27")


def test_lowering_leaves_no_primitive() -> None:
    test = kernel("fences", "smp_mb(); smp_wmb(); spin_lock(l); r0 = xchg(x, 1); spin_unlock(l);", condition="x=1")
    for model in models():
        for mapping in model.kernel:
            body = litmus.lower(test, model.name, mapping.era).threads[0].body
            assert not any(isinstance(s, Primitive) for s in body)
            assert all(s.tags <= model.tags for s in body if isinstance(s, Fence))


def test_what_cannot_be_lowered_is_named() -> None:
    test = kernel("rcu", "rcu_read_lock(); r0 = READ_ONCE(*x); rcu_read_unlock();", condition="0:r0=0")
    with pytest.raises(UnsupportedError, match="rcu_read_lock"):
        litmus.check(test, "alpha")
    with pytest.raises(UsageError, match=r"v2\.6\.27, v6"):
        litmus.check(kernel("t", "smp_mb();", condition="x=0"), "alpha", era="v5")


# --- how a comparison reads -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def comparison() -> litmus.Comparison:
    test = kernel("MP", PUBLISH[0], PUBLISH[1].format(""), condition=MP)
    return litmus.compare([test], ("sc", "alpha", "riscv"), "v2.6.27", baseline="sc")


def test_formats(comparison: litmus.Comparison) -> None:
    written = {form: render(comparison, form) for form in FORMATS}
    assert "Allowed*" in written["text"]
    assert "* differs from sc" in written["text"]
    assert "riscv has no kernel mapping for 'v2.6.27'" in written["text"]
    assert list(csv.reader(io.StringIO(written["csv"]))) == [
        ["test", "sc", "alpha", "riscv"],
        ["MP", "Forbidden", "Allowed", "unsupported"],
    ]
    row = json.loads(written["json"])["rows"][0]
    assert row["verdicts"]["alpha"] == {"verdict": "Allowed", "status": "done"}
    assert written["markdown"].startswith("| test")
    assert "\\toprule" in written["latex"]
    HTMLParser().feed(written["html"])
    assert '<td class="allowed differs">Allowed</td>' in written["html"]


def test_text_fits_a_terminal(comparison: litmus.Comparison) -> None:
    archs = [m.name for m in models() if m.kernel]
    wide = litmus.compare([row.test for row in comparison.rows], archs)
    for observations in (False, True):
        tables = render(wide, "text", observations).split("\n\n")
        assert max(len(line) for table in tables[:-1] for line in table.splitlines()) <= 100


def test_the_command(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    good, bad = tmp_path / "a.litmus", tmp_path / "b.litmus"
    good.write_text(DEPEND.format(name="plain", read="READ_ONCE(*p)", barrier=""))
    bad.write_text("C oops\n{}\nP0(int *x) { frobnicate(x); }\nexists (x=0)\n")
    ended = invoke("table", good, bad, "--arch", "alpha,power", "--era", "v2.6.27", "--format", "csv")
    assert (ended.code, ended.out) == (2, "test,alpha,power\nplain,Allowed,Forbidden\n")
    assert f"{bad}:3:" in ended.err
    assert invoke("table", good, "--arch", "vax").code == 2


# --- descriptions that are wrong ------------------------------------------------------------------------------------

YAML = """name: toy
description: A toy
source: ["none"]
dialects: []
default_for: []
operations:
  ld: {load: [], meaning: "A load."}
  mb: {fence: [MB], meaning: "A fence."}
kernel:
  v6:
    %s
limits: []
"""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("READ_ONCEE: [ld]", "toy.yaml:11:5: error: unknown primitive 'READ_ONCEE'"),
        ("READ_ONCE: [ldd]", "toy.yaml:11:17: error: no operation 'ldd' in 'operations'"),
        ("READ_ONCE: [mb]", "toy.yaml:11:5: error: 'READ_ONCE' needs one load"),
        ("smp_mb: [ld]", "toy.yaml:11:5: error: 'smp_mb' is a fence and cannot access memory"),
        ("xchg: [ld]", "'xchg' needs one atomic"),
    ],
)
def test_a_bad_mapping_names_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(YAML % line)
    path.with_suffix(".cat").write_text("acyclic po | rf\n")
    with pytest.raises(ModelError) as raised:
        read_info(path)
    assert message in str(raised.value)
