"""What goes with an answer: odd conditions, rows of a mapping in doubt, plain accesses that may race."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path

import pytest
from oracles.shared import engine
from test_documents import save_files

import litmus
from litmus.ir.litmus_test import LitmusTest
from litmus.kernel.caveats import racy

ROOT = Path(__file__).parent.parent
X86 = (
    "X86 odd\n{ x=0; y=0; }\n P0          | P1          ;\n MOV [x],$1  | MOV [y],$1  ;\n MOV EAX,[y] | MOV EAX,[x] ;\n"
)
PPC = "PPC odd\n{ 0:r2=x; 0:r4=3; t[2]; p=x; }\n P0           ;\n li r1,1      ;\n stw r1,0(r2) ;\n"
C = "C odd\n{ }\nP0(int *x) { int r0; int r1 = READ_ONCE(*x); WRITE_ONCE(*x, r1); }\n"
MEMBERS = "C odd\nstruct pair { int a; int b; };\n{ }\nP0(struct pair *s) { s->a = 1; }\n"


@pytest.mark.parametrize(
    ("text", "condition", "said"),
    [
        (X86, "exists (0:EAX=0 /\\ 1:EBX=0 /\\ zz=1)", ["nothing sets '1:EBX'", "no thread uses 'zz'"]),
        (X86, "exists (0:EAX=0 /\\ 1:eax=0 /\\ x=1)", []),
        (X86, "locations [zz;] exists (x=1)", ["no thread uses 'zz'"]),
        (X86, "exists (zz=1 \\/ not (zz=2))", ["no thread uses 'zz'"]),  # once
        (PPC, "exists (0:r1=1 /\\ 0:r2=x /\\ 0:r4=3 /\\ x=1)", []),  # what the initial state sets is no slip
        (PPC, "exists (0:r3=1)", ["nothing sets '0:r3'"]),
        (PPC, "exists (p=x)", ["no thread uses 'p'"]),
        (C, "exists (0:r0=1)", ["nothing sets '0:r0'"]),
        (C, "locations [0:r7] exists (0:r1=1)", ["nothing sets '0:r7'"]),  # it has no such variable: as in herd7, 0
        (C, "exists (0:r1=1 /\\ x=0)", []),
        (C, "exists (y=1)", ["no thread uses 'y'"]),
        (MEMBERS, "exists (s.a=1 /\\ s.b=0)", []),  # to use a structure is to use its members
    ],
)
def test_a_condition_about_what_nothing_touches(text: str, condition: str, said: list[str]) -> None:
    test = litmus.parse(f"{text}{condition}\n")
    assert [
        remark.message.partition(":")[0]
        if "'0:" not in remark.message and "'1:" not in remark.message
        else remark.message.rpartition(":")[0]
        for remark in test.remarks
    ] == said
    for remark in test.remarks:
        assert f"'{remark.span.text}'" in remark.message
    if said:
        with pytest.raises(litmus.ParseError, match=said[0]):
            litmus.parse(f"{text}{condition}\n", strict=True)
    else:
        litmus.parse(f"{text}{condition}\n", strict=True)


@pytest.mark.parametrize(("command", "code"), [(["check"], 0), (["table", "--arch", "sc"], 0)])
def test_strict(invoke, tmp_path: Path, command: list[str], code: int) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "odd.litmus"
    file.write_text(f"{X86}exists (zz=1)\n")
    ended = invoke(*command, file)
    assert ended.code == code
    place = f"{file}:6:9"
    assert f"{place}: warning: no thread uses 'zz': it keeps its initial value\n" in ended.err
    strict = invoke(*command, "--strict", file)
    assert strict.code == 2
    assert f"{place}: error: no thread uses 'zz'" in strict.err
    if command == ["check"]:
        row = json.loads(invoke("check", "--format", "json", file).out)
        assert row["remarks"] == ["no thread uses 'zz': it keeps its initial value"]


def kernel(p0: str, p1: str) -> LitmusTest:
    return litmus.parse(
        f"C t\n{{ }}\nP0(int *x, int *y, spinlock_t *s) {{ {p0} }}\n"
        f"P1(int *x, int *y, spinlock_t *s) {{ int r; {p1} }}\nexists (x=1)\n"
    )


@pytest.mark.parametrize(
    ("p0", "p1", "racy"),
    [
        ("*x = 1;", "r = *x;", "x"),
        ("*x = 1;", "r = READ_ONCE(*x);", "x"),
        ("WRITE_ONCE(*x, 1);", "r = *x;", "x"),
        ("*x = 1; *y = 1;", "r = *x; r = *y;", "x, y"),
        ("WRITE_ONCE(*x, 1);", "r = READ_ONCE(*x);", ""),
        ("int r = *x;", "r = *x;", ""),  # nobody writes
        ("*x = 1;", "r = *y;", ""),  # each for itself
    ],
)
def test_plain_accesses_that_may_race(p0: str, p1: str, racy: str) -> None:
    verdict = engine.check(kernel(p0, p1), "power")
    said = f"plain accesses to {racy} may race; they are judged as the machine's loads and stores"
    assert verdict.notes == ((said,) if racy else ())


def test_a_cell_that_rests_on_a_doubtful_row_is_marked(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_files((ROOT / "CONTRIBUTING.md").read_text("utf-8"), tmp_path)  # whose demo doubts its fences
    rows = {}
    for name, body in (("sure", "int r = READ_ONCE(*x);"), ("doubtful", "WRITE_ONCE(*x, 1); smp_mb();")):
        file = tmp_path / f"{name}.litmus"
        file.write_text(f"C {name}\n{{ }}\nP0(int *x) {{ {body} }}\nexists (x=1)\n")
        rows[name] = file
    arch = ["--arch", tmp_path / "archs" / "demo.yaml"]
    ended = invoke("table", *rows.values(), *arch)
    assert "sure      Forbidden\n" in ended.out
    assert "doubtful  Allowed?\n" in ended.out
    assert "? how the kernel does it is uncertain: see litmus models demo\n" in ended.out
    table = json.loads(invoke("table", *rows.values(), *arch, "--format", "json").out)
    cells = [next(iter(row["verdicts"].values())) for row in table["rows"]]
    assert [cell.get("uncertain") for cell in cells] == [None, ["smp_mb: Whether a lighter fence would do for reads."]]
    assert ",Allowed?\n" in invoke("table", *rows.values(), *arch, "--format", "csv").out
    printed = invoke("table", *rows.values(), *arch, "--format", "junit").out
    assert "v6 demo: Allowed (uncertain: smp_mb: Whether a lighter fence would do for reads.)\n" in printed
    assert "v6 demo: Forbidden\n" in printed
    shown = invoke("barriers", rows["doubtful"], *arch, "--format", "json").out
    assert json.loads(shown)["notes"] == ["uncertain on demo: smp_mb: Whether a lighter fence would do for reads."]
    shown = invoke("check", rows["doubtful"], "-m", tmp_path / "archs" / "demo.cat")
    assert "\nNote uncertain: smp_mb: Whether a lighter fence would do for reads.\n" in shown.out


def test_races_are_found_as_by_comparing_every_two_accesses() -> None:
    rng = random.Random(5)
    for _ in range(200):
        done: list[list[tuple[str, bool, bool]]] = []  # the place, whether it is written, whether plainly
        for _ in range(rng.randrange(2, 5)):
            choices = [(rng.choice(("x", "y", "z", "q")), rng.random() < 0.4, rng.random() < 0.5) for _ in range(3)]
            done.append(choices[: rng.randrange(1, 4)])
        bodies = []
        for t, accesses in enumerate(done):
            lines = []
            for k, (place, write, plain) in enumerate(accesses):
                if write:
                    lines.append(f"*{place} = 1;" if plain else f"WRITE_ONCE(*{place}, 1);")
                else:
                    lines.append(f"int r{k} = *{place};" if plain else f"int r{k} = READ_ONCE(*{place});")
            bodies.append(f"P{t}(int *x, int *y, int *z, int **p) {{ int *q = READ_ONCE(*p); {' '.join(lines)} }}")
        test = litmus.parse("C t\n{ p=x; }\n" + "\n".join(bodies) + "\nexists (x=1)\n")
        expected = set()
        for t, mine in enumerate(done):
            for u, others in enumerate(done):
                # the thread that reads the pointer itself does so by READ_ONCE, and nothing writes it
                for (place, write, plain), (there, writes, _) in product(mine, [*others, ("p", False, False)]):
                    if t != u and plain and (write or writes) and (place == there or "q" in (place, there)):
                        named = [name for name in (place, there) if name != "q"]
                        expected.add(named[0] if named else "a pointer's target")
        notes = racy(test)
        said = notes[0].removeprefix("plain accesses to ").split(" may race")[0].split(", ") if notes else []
        assert len(said) == len(set(said))
        assert set(said) == expected
