"""`litmus lower`: the files that it writes, what they ask, and the listings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oracles.assembled import same_answer
from oracles.shared import engine

import litmus
from litmus.base.errors import ModelError, UnsupportedError, UsageError
from litmus.cat.registry import info, models
from litmus.ir.thread import Address

MP = """C MP+wmb+depends
"Is the message there once the pointer is seen?"
Hash=0123456789abcdef0123456789abcdef
Cycle=Fre PodWW Rfe DpAddr
{
int x=0; int z=7; int *p=&z; 1:r1=5;
}
P0(int *x, int **p)
{
	WRITE_ONCE(*x, 1);
	smp_wmb();
	WRITE_ONCE(*p, x);
}
P1(int **p)
{
	int *r0; int r1;
	r0 = READ_ONCE(*p);
	smp_read_barrier_depends();
	r1 = READ_ONCE(*r0);
}
locations [1:r1; x;]
exists (1:r0=x /\\ 1:r1=0)
"""


def write(folder: Path, text: str, name: str = "t.litmus") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MP)
    assert litmus.assembly("t.litmus", "power", "v2.6.27") == (
        "PPC MP+wmb+depends+power+v2.6.27\n"
        '"Is the message there once the pointer is seen?"\n'
        "(* Lowered from MP+wmb+depends (t.litmus) for power, as of Linux v2.6.27.\n"
        "   Variables: 1:r0 in 1:r2, 1:r1 in 1:r3. *)\n"
        "Cycle=Fre PodWW Rfe DpAddr\n"
        "{\nx=0;\nz=7;\np=z;\n0:r1=x;\n0:r2=p;\n1:r1=p;\n}\n"
        " P0           | P1           ;\n"
        " li r3,1      | lwz r2,0(r1) ;\n"
        " stw r3,0(r1) | lwz r3,0(r2) ;\n"
        " lwsync       |              ;\n"
        " stw r1,0(r2) |              ;\n"
        "locations [x;]\n"
        "exists (1:r2=x /\\ 1:r3=0)\n"
    )
    assert litmus.assembly("t.litmus", "x86-2006", "v2.6.27").splitlines()[2:5] == [
        "(* Lowered from MP+wmb+depends (t.litmus) for x86-2006, as of Linux v2.6.27.",
        "   To be decided by the model x86-2006.",
        "   Variables: 1:r0 in 1:EAX, 1:r1 in 1:EBX. *)",
    ]


def test_a_listing(tmp_path: Path) -> None:
    assert litmus.listing(litmus.parse(MP), "armv7", "v2.6.27") == (
        "MP+wmb+depends on armv7, as of Linux v2.6.27: a listing of operations, not a litmus file\n"
        '"Is the message there once the pointer is seen?"\n'
        "\n"
        "initially [x]=0; [z]=7; [p]=z; 1:r1=5\n"
        "\n"
        "P0(int *x, int **p)    |\n"
        "{                      |\n"
        "    WRITE_ONCE(*x, 1); | str     [x] = 1\n"
        "    smp_wmb();         | dmb.sy\n"
        "    WRITE_ONCE(*p, x); | str     [p] = x\n"
        "}                      |\n"
        "\n"
        "P1(int **p)                     |\n"
        "{                               |\n"
        "    int *r0; int r1;            |\n"
        "    r0 = READ_ONCE(*p);         | ldr  r0 = [p]\n"
        "    smp_read_barrier_depends(); |\n"
        "    r1 = READ_ONCE(*r0);        | ldr  r1 = [r0]\n"
        "}                               |\n"
        "\n"
        "exists (1:r0=x /\\ 1:r1=0)\n"
        "\n"
        "dmb.sy  Orders all loads and stores before it and all after it.\n"
        "ldr     A load, without order but for dependencies.\n"
        "str     A store, without order but for dependencies.\n"
    )


UPDATES = """C updates
{ }
P0(int *x, int *y, spinlock_t *l)
{
	int r = xchg(x, 1);
	if (r < 2 && cmpxchg(y, 0, r) != 0) { r = (short)(r + *x); }
	spin_lock(l);
	int a_long_line_that_leaves_no_room_beside_it = READ_ONCE(*x) + READ_ONCE(*y);
}
filter (0:r=1)
exists (x=1)
"""


def test_a_listing_of_updates_and_branches() -> None:
    lines = litmus.listing(litmus.parse(UPDATES), "aarch64").splitlines()
    first = next(n for n, line in enumerate(lines) if "xchg(x, 1)" in line)
    last = next(n for n, line in enumerate(lines) if line.startswith("filter"))
    assert [" ".join(line.rpartition("| ")[2].split()) for line in lines[first : last - 2]] == [
        "amo.al %0 = [x], [x] = 1",
        "r = %0",
        "if (r < 2 && cmpxchg(y, 0, r) != 0) { r = (short)(r + *x); }",
        "%1 = r < 2",
        "if !%1 goto L0",
        "amo.al %2 = [y], [y] = r if %2 == 0",
        "%3 = %2",
        "%1 = %3 != 0",
        "L0:",
        "if !%1 goto L1",
        "ldr %4 = [x]",
        "r = s16(r + %4)",
        "L1:",
        "lock1:",
        "amo.a %5 = [l], [l] = 1 if %5 == 0",
        "if %5 != 0 goto lock1",
        "int a_long_line_that_leaves_no_room_beside_it = READ_ONCE(*x) + READ_ONCE(*y);",
        "ldr %6 = [x]",
        "ldr %7 = [y]",
        "a_long_line_that_leaves_no_room_beside_it = %6 + %7",
    ]


def test_every_operation_of_a_listing_has_its_name() -> None:
    """Also where several operations of an architecture are alike to its model."""
    test = litmus.parse(UPDATES)
    for model in models():
        for mapping in model.kernel:
            listing = litmus.listing(test, model.name, mapping.era)
            assert "| ?" not in listing
            names = {line.partition("| ")[2].split(" ")[0] for line in listing.splitlines() if "| " in line}
            names = {name for name in names if name and not name.endswith(":")}
            assert names <= {operation.name for operation in model.operations}
            explained = {line.split("  ")[0] for line in listing.rpartition("\n\n")[2].splitlines()}
            assert names == explained


# --- what is asked ---------------------------------------------------------------------------------------------------


def question(text: str, arch: str) -> tuple[str, ...]:
    """The types that are declared and what follows the program."""
    written = litmus.assembly(litmus.parse(text), arch)
    typed = [line for line in written.splitlines() if "int" in line.split("=")[0] and line.endswith(";")]
    asked = [line for line in written.splitlines() if line.startswith(("locations", "filter", "exists", "~", "forall"))]
    return (*typed, *asked)


SMALL = "C t\n{{ {init} }}\nP0({parameters})\n{{ {body} }}\n{question}\n"


@pytest.mark.parametrize(
    ("init", "parameters", "body", "asked", "arch", "expected"),
    [
        ("", "int *x", "int r = *x;", "~exists (0:r=1)", "power", ("~exists (0:r2=1)",)),
        ("", "int *x", "int r = *x;", "forall (0:r=x)", "power", ("forall (0:r2=x)",)),
        ("", "int *x", "int r = *x;", "exists (0:r=-1)", "power", ("exists (0:r2=-1)",)),
        (
            *("", "int *x", "int r = *x; int s = r;", "filter (0:s=0 => x=1) exists (0:r=0 \\/ not (0:s=1))", "power"),
            ("filter (0:r3=0 => [x]=1)", "exists (0:r2=0 \\/ not (0:r3=1))"),
        ),
        # unsigned numbers, where it shows
        ("", "u32 *x", "u32 r = *x;", "exists (0:r=1 /\\ x=0)", "power", ("exists (0:r2=1 /\\ [x]=0)",)),
        (
            *("u32 x=0xffffffff;", "u32 *x", "u32 r = *x;", "exists (0:r > 1 /\\ x=0xffffffff)", "x86-tso"),
            ("uint32_t x=-1;", "uint32_t 0:EAX=0;", "exists (0:EAX>1 /\\ [x]=-1)"),
        ),
        # doublewords are declared
        ("x=1;", "long *x", "long r = *x;", "exists (0:r=1)", "power", ("int64_t x=1;", "exists (0:r2=1)")),
        (
            *("", "long *x", "long r = *x - 1;", "exists (0:r=4294967295)", "x86-tso"),
            ("int64_t x=0;", "int64_t 0:rax=0;", "exists (0:rax=4294967295)"),
        ),
        ("", "int *x", "int r = *x;", "exists (0:r=1)", "alpha", ("int64_t x=0;", "exists (0:$2=1)")),
        # narrow numbers are what their locations hold
        (
            *("u8 x=255; long y;", "u8 *x, long *y", "*y = 1;", "exists (x=255 /\\ y=1)", "power"),
            ("int64_t x=-1;", "int64_t y=0;", "exists ([x]=-1 /\\ [y]=1)"),
        ),
        # arrays
        (
            *("int t[2]={1,2};", "int *t", "int r = t[1];", "locations [t;] exists (0:r=2 /\\ t[0]=1)", "x86-tso"),
            ("int t[2]={1,2};", "locations [t;]", "exists (0:EAX=2 /\\ t[0]=1)"),
        ),
        (
            *("int t[2]={1,2};", "int *t", "int r = t[1];", "exists (0:r=2)", "alpha"),
            ("int t[2]={1,2};", "exists (0:$2=2)"),
        ),
    ],
)
def test_the_question(init: str, parameters: str, body: str, asked: str, arch: str, expected: tuple[str, ...]) -> None:
    text = SMALL.format(init=init, parameters=parameters, body=body, question=asked)
    assert question(text, arch) == expected
    assert same_answer(engine, litmus.parse(text), info(arch), "v6") == "same"


@pytest.mark.parametrize(
    ("init", "parameters", "body", "asked", "arch", "message"),
    [
        ("", "int *eax", "*eax = 1;", "exists (eax=1)", "x86-tso", ":4:3: error: a location with the name 'eax'"),
        ("", "long *cx", "*cx = 1;", "exists (cx=1)", "x86-tso", "a location with the name 'cx'"),
        ("", "int *filter", "*filter = 1;", "exists (filter=1)", "x86-tso", "a location with the name 'filter'"),
        (
            "char t[2];",
            "char *t",
            "t[0] = 1;",
            "exists (t[0]=1)",
            "power",
            ":2:3: error: an array with cells of 1 byte",
        ),
        (
            *("int t[2]; int *p=&t[1];", "int *t, int **p", "**p = 1;", "exists (t[0]=1)", "alpha"),
            "an array with cells of 4 bytes",
        ),
        (
            *("u8 x=255;", "u8 *x, long *y", "*y = 1;", "exists (x>1)", "power"),
            ":5:9: error: a comparison of unsigned numbers narrower than the accesses",
        ),
        (
            *("", "int *x", " ".join(f"int r{n} = *x;" for n in range(8)), None, "x86-tso"),
            "32-bit x86 has too few registers for this thread",
        ),
    ],
)
def test_what_cannot_be_asked(
    init: str, parameters: str, body: str, asked: str | None, arch: str, message: str
) -> None:
    asked = asked or f"locations [{' '.join(f'0:r{n};' for n in range(8))}]"
    with pytest.raises(UnsupportedError) as raised:
        litmus.assembly(litmus.parse(SMALL.format(init=init, parameters=parameters, body=body, question=asked)), arch)
    assert message in str(raised.value)


def test_names_that_only_look_like_registers() -> None:
    """Where locations are in registers from the start, and in conditions, their names are only names."""
    text = SMALL.format(
        init="", parameters="int *r1, int *t0", body="int r2 = *r1; *t0 = r2;", question="exists (t0=r1)"
    )
    for arch in ("power", "alpha"):
        assert same_answer(engine, litmus.parse(text), info(arch), "v6") == "same"


def test_a_thread_that_does_nothing_and_one_that_never_ends() -> None:
    text = "C t\n{ 0:r=3; }\nP0(int *x) { }\nP1(int *x) { while (1) { *x = 1; } }\nexists (0:r=3 /\\ 1:s=0 /\\ x=0)\n"
    test = litmus.parse(text.replace("while", "int s = *x; while"))
    for arch in ("power", "alpha", "x86-tso"):
        assert litmus.parse(litmus.assembly(test, arch)).threads[0].rows == ()


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command(invoke: Callable[..., Any], tmp_path: Path) -> None:
    path = write(tmp_path, MP)
    ended = invoke("lower", path, "--arch", "power,s390", "--era", "v2.6.27")
    assert (ended.code, ended.err) == (0, "")
    first, second = ended.out.split("\nMP+wmb+depends on s390")
    assert first == litmus.assembly(path, "power", "v2.6.27")
    assert "a listing of operations" in second


def test_files_are_written(invoke: Callable[..., Any], tmp_path: Path) -> None:
    path, folder = write(tmp_path, MP.replace("C MP", "C some/MP")), tmp_path / "deep" / "out"
    ended = invoke("lower", path, "-a", "alpha,riscv,s390", "--era", "all", "-o", folder)
    names = [f"some_MP+wmb+depends+{name}.litmus" for name in ("alpha+v2.6.27", "alpha+v6", "riscv+v6")]
    names += [f"some_MP+wmb+depends+s390+{era}.txt" for era in ("v2.6.27", "v6")]
    assert ended.code == 2
    assert "riscv has no kernel mapping for 'v2.6.27'" in ended.err
    assert ended.out.splitlines() == [str(folder / name) for name in names]
    assert sorted(file.name for file in folder.iterdir()) == sorted(names)
    assert litmus.check(folder / names[0]).model == "alpha"
    ended = invoke("lower", path, "-a", "all", "--era", "all", "-o", folder)
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) == sum(len(model.kernel) for model in models())


def test_one_bad_file_among_many(invoke: Callable[..., Any], tmp_path: Path) -> None:
    good = write(tmp_path, MP)
    bad = write(tmp_path, "C oops\n{}\nP0(int *x) { frobnicate(x); }\nexists (x=0)\n", "bad.litmus")
    other = write(tmp_path, "X86 SB\n{}\n P0 ;\n MOV [x],$1 ;\nexists (x=1)\n", "x86.litmus")
    up = write(tmp_path, "C up\n{}\nP0(struct srcu_struct *s) { srcu_up_read(s, 0); }\n", "up.litmus")
    ended = invoke("lower", bad, other, up, good, "-a", "x86-tso")
    assert ended.code == 2
    assert ended.out == litmus.assembly(good, "x86-tso")
    assert f"{bad}:3:14: error" in ended.err
    assert "SB is a test in X86: only tests in kernel C and in C11 can be lowered" in ended.err
    assert f"{up}:3:29: error: 'srcu_up_read' ends a section that another thread began" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--arch", "vax"], "unknown model 'vax'"),
        (["--arch", ","], "no architecture"),
        (["--arch", "alpha", "--era", "v5"], "v5"),
        ([], "--arch"),
        (["--arch", "alpha", "-o", "t.litmus/below"], "cannot write"),
        (["t.litmus", "--arch", "alpha", "-o", "out"], "would be written to"),
    ],
)
def test_usage(
    invoke: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MP)
    ended = invoke("lower", "t.litmus", *arguments)
    assert ended.code == 2
    assert message in ended.err


def test_errors_of_the_functions() -> None:
    test = litmus.parse(MP)
    with pytest.raises(UnsupportedError, match="'s390' has no assembly dialect"):
        litmus.assembly(test, "s390")
    with pytest.raises(ModelError, match="unknown model"):
        litmus.assembly(test, "vax")
    with pytest.raises(UsageError, match="v5"):
        litmus.listing(test, "alpha", "v5")
    assembly = litmus.parse(litmus.assembly(test, "alpha"))
    with pytest.raises(UsageError, match="only tests in kernel C"):
        litmus.assembly(assembly, "alpha")
    assert {item.target for item in assembly.init if isinstance(item.target, Address)} == {
        item.target for item in test.init if isinstance(item.target, Address)
    }
