"""Kernel C under models that say themselves what its functions mean: macro files, bell files, files of options.

The functions, tags and rules here are made up. Every answer is also that of the brute force.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.options import Options
from litmus.ir.verdict import Verdict
from litmus.judge.oracle import Judge, oracle_executions, oracle_states

MACROS = """// what the functions mean
get(X) __load{quick}(*X)
put(X,V) { __store{quick}(*X,V); }
stop() { __fence{full-stop}; }
put_and_stop(X,V) { put(X,V); stop(); }
swap(X,V) __xchg{strong}(X,V)
swap_if(X,V,W) __cmpxchg{strong}(X,V,W)
grow(X,V) { __atomic_op{quick}(X,+,V); }
drop(X,V) { __atomic_op{quick}(X,&~,V); }
grown(X,V) __atomic_op_return{strong}(X,+,V)
before(X,V) __atomic_fetch_op{quick}(X,-,V)
grow_unless(X,V,W) __atomic_add_unless{strong}(X,V,W)
/* an expression of C */
is_last(X) (__atomic_op_return{quick}(X,-,1) == 0) * 10
take(X) { __lock(X); }
leave(X) { __unlock(X); }
try_take(X) __trylock(X)
is_taken(X) __islocked(X)
enter() { __fence{begin}; }
exit() { __fence{end}; }
visit(X) { __srcu{visit}(X); }
READ_ONCE(X) __load{strong}(X)
smp_mb() { __fence{full-stop}; }
"""
BELL = """"tags"
enum Speed = 'quick || 'strong
instructions R[Speed]
instructions W[Speed]
instructions RMW[Speed]
enum Fences = 'full-stop || 'begin || 'end
instructions F[Fences]
enum Visits = 'visit
instructions SRCU[Visits]
let Failed = RMW \\ (domain(rmw) | range(rmw))
let Ordered = Strong \\ Failed
"""
MODEL = """"made up"
include "cos.cat"
acyclic po-loc | rf | co | fr as coherence
empty rmw & (fre ; coe) as atomicity
let order = fencerel(Full-stop) | po ; [Ordered & R] | [Ordered & W] ; po | addr | data | ctrl
acyclic order | rfe | coe | fre as order
"""
HEAD = "C t\n{ }\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a model."""
    place = tmp_path_factory.mktemp("model")
    files = {
        "a.def": MACROS,
        "a.bell": BELL,
        "a.cat": MODEL,
        "a.cfg": "macros a.def\nbell a.bell # tags\nmodel a.cat\n",
    }
    for name, text in files.items():
        (place / name).write_text(text)
    (place / "two.cfg").write_text("macros a.def\nbell a.bell\nmodel a.cat\nvariant lkmmv2\ngraph columns\npad 0.1\n")
    return place


def decide(place: Path, text: str, model: str = "", executions: bool = False) -> Verdict:
    """The verdict on a test, which the brute force shares; `model` is text that is added to the model."""
    path = place / f"added{abs(hash(model))}.cat"
    path.write_text(MODEL + model)
    options = Options(variants=frozenset({"lkmmv2"}), executions=executions)
    test = parse_test(Source("t.litmus", text))
    with Engine(bell=place / "a.bell", macros=place / "a.def") as engine:
        verdict = engine.check(test, str(path), options)
        ready = engine.prepare(test, str(path), options)
        assert set(verdict.states) == oracle_states(ready.graph, ready.model)
        judge = Judge(ready.model)
        raised = {name for x in oracle_executions(ready.graph, ready.model) for name in judge.judgement(x).flags}
        assert set(verdict.flags) == raised
        if executions:
            assert verdict.positive + verdict.negative == len(list(oracle_executions(ready.graph, ready.model)))
    return verdict


def two(first: str, second: str, condition: str, parameters: str = "int *x, int *y") -> str:
    """A test of two threads."""
    bodies = [f"P{k}({parameters}) {{ {body} }}\n" for k, body in enumerate((first, second))]
    return HEAD + "".join(bodies) + condition


# --- events and tags --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "condition", "allowed"),
    [
        ("put(x, 1); put(y, 1);", "int r0 = get(y); int r1 = get(x);", "exists (1:r0=1 /\\ 1:r1=0)", True),
        ("put_and_stop(x, 1); put(y, 1);", "int r0 = get(y); int r1 = get(x);", "exists (1:r0=1 /\\ 1:r1=0)", True),
        (
            "put_and_stop(x, 1); put(y, 1);",
            "int r0 = get(y); stop(); int r1 = get(x);",
            "exists (1:r0=1 /\\ 1:r1=0)",
            False,
        ),
        (
            "put(x, 1); stop(); int r0 = get(y);",
            "put(y, 1); stop(); int r0 = get(x);",
            "exists (0:r0=0 /\\ 1:r0=0)",
            False,
        ),
        ("put(x, 1); stop(); int r0 = get(y);", "put(y, 1); int r0 = get(x);", "exists (0:r0=0 /\\ 1:r0=0)", True),
        # the definition's own READ_ONCE is ordered
        (
            "put(x, 1); int r0 = READ_ONCE(*y);",
            "put(y, 1); int r0 = READ_ONCE(*x);",
            "exists (0:r0=0 /\\ 1:r0=0)",
            False,
        ),
        # strong updates order, unless they fail
        ("swap(x, 1); int r0 = get(y);", "swap(y, 1); int r0 = get(x);", "exists (0:r0=0 /\\ 1:r0=0)", False),
        (
            "put(x, 1); int r0 = swap_if(y, 7, 8);",
            "put(y, 1); int r0 = swap_if(x, 7, 8);",
            "exists (0:r0=0 /\\ 1:r0=0)",
            True,
        ),
        # plain accesses are what is not said to be anything else
        ("*x = 1; stop(); *y = 1;", "int r0 = *y; stop(); int r1 = *x;", "exists (1:r0=1 /\\ 1:r1=0)", False),
        # dependencies: of addresses and data, and of control flow up to where the paths join
        ("int r0 = get(x); put(y, r0);", "int r0 = get(y); put(x, r0 + 1 - r0);", "exists (0:r0=1 /\\ 1:r0=1)", False),
        (
            "int r0 = get(x); if (r0 == 1) { put(y, 1); }",
            "int r0 = get(y); if (r0 == 1) { put(x, 1); }",
            "exists (0:r0=1 /\\ 1:r0=1)",
            False,
        ),
        (
            "int r0 = get(x); if (r0 == 1) { stop(); } put(y, 1);",
            "int r0 = get(y); if (r0 == 1) { put(x, 1); } else { put(x, 1); }",
            "exists (0:r0=1 /\\ 1:r0=1)",
            False,
        ),
        (
            "int r0 = get(x); if (r0 == 2) { stop(); } put(y, 1);",
            "int r0 = get(y); if (r0 == 1) { put(x, 1); }",
            "exists (0:r0=1 /\\ 1:r0=1)",
            True,
        ),
        (
            "int r0 = get(x); while (r0 == 2) { r0 = get(x); } put(y, 1);",
            "int r0 = get(y); if (r0 == 1) { put(x, 1); }",
            "exists (0:r0=1 /\\ 1:r0=1)",
            True,
        ),
    ],
)
def test_what_functions_order(folder: Path, first: str, second: str, condition: str, allowed: bool) -> None:
    assert decide(folder, two(first, second, condition)).allowed is allowed


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("put(x, 5); int r0 = swap(x, 7);", "0:r0=5; [x]=7;"),
        ("put(x, 5); int r0 = swap_if(x, 5, 7);", "0:r0=5; [x]=7;"),
        ("put(x, 5); int r0 = swap_if(x, 6, 7);", "0:r0=5; [x]=5;"),
        ("put(x, 5); grow(x, 3); int r0 = get(x);", "0:r0=8; [x]=8;"),
        ("put(x, 5); drop(x, 4); int r0 = get(x);", "0:r0=1; [x]=1;"),
        ("put(x, 5); int r0 = grown(x, 3);", "0:r0=8; [x]=8;"),
        ("put(x, 5); int r0 = before(x, 3);", "0:r0=5; [x]=2;"),
        ("put(x, 5); int r0 = grow_unless(x, 3, 5);", "0:r0=0; [x]=5;"),
        ("put(x, 5); int r0 = grow_unless(x, 3, 6);", "0:r0=1; [x]=8;"),
        ("put(x, 1); int r0 = is_last(x);", "0:r0=10; [x]=0;"),
        ("put(x, 2); int r0 = is_last(x);", "0:r0=0; [x]=1;"),
        ("int r0 = try_take(y); put(x, r0);", "0:r0=1; [x]=1;"),
    ],
)
def test_what_functions_compute(folder: Path, body: str, state: str) -> None:
    text = f"{HEAD}P0(int *x, int *y) {{ {body} }}\nexists (0:r0=0 /\\ x=0)"
    found = decide(folder, text, LOCKS if "take" in body else "")
    assert state in state_lines(found)
    assert "take" in body or len(found.states) == 1


@pytest.mark.parametrize(
    ("rule", "first", "second", "flags"),
    [
        ("flag ~empty Failed as failed", "int r0 = swap_if(x, 7, 8);", "put(x, 7);", ("failed",)),
        ("flag ~empty Failed as failed", "int r0 = swap_if(x, 7, 8);", "put(x, 6);", ("failed",)),
        ("flag ~empty Failed as failed", "int r0 = swap(x, 8);", "put(x, 7);", ()),
        # the read of an update is before its write, and both have its tags
        ("flag ~empty [Strong & R] ; po & rmw ; [Strong & W] as inside", "swap(x, 1);", "", ("inside",)),
        ("flag ~empty [Visit] ; loc & ext ; [Visit] as met", "visit(x);", "visit(x);", ("met",)),
        ("flag ~empty [Visit] ; loc & ext ; [Visit] as met", "visit(x);", "visit(y);", ()),
        ("flag ~empty Visit & (M | F) as known", "visit(x);", "visit(y);", ()),
        ("flag ~empty different-values(rf^-1 ; co) as differ", "put(x, 0);", "int r0 = get(x);", ()),
        ("flag ~empty different-values(rf^-1 ; co) as differ", "put(x, 1);", "int r0 = get(x);", ("differ",)),
        ("flag ~empty different-values(po & loc) as differ", "put(x, 1); put(x, 1);", "put(x, 2); put(x, 2);", ()),
        ('flag ~empty (if "lkmmv2" then 0 else _) as old', "put(x, 1);", "", ()),
        ('flag ~empty (if "lkmmv2" then _ else 0) as new', "put(x, 1);", "", ("new",)),
    ],
)
def test_flags(folder: Path, rule: str, first: str, second: str, flags: tuple[str, ...]) -> None:
    assert decide(folder, two(first, second, "exists (x=0)"), rule).flags == flags


# --- recursion that is no least solution ------------------------------------------------------------------------------

PAIRS = """
let pairs = let rec left = Begin \\ domain(found)
    and right = End \\ range(found)
    and open-po = [left | right] ; po ; [left | right]
    and found = found | (([left] ; po ; [right]) \\ (open-po ; open-po))
    in found
flag ~empty Begin \\ domain(pairs) as unmatched-begin
flag ~empty End \\ range(pairs) as unmatched-end
flag ~empty pairs & (po ; [Full-stop] ; po) as stops-inside
"""


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ("put(x, 1);", ()),
        ("enter(); put(x, 1); exit();", ()),
        ("enter(); exit(); stop(); enter(); exit();", ()),
        ("enter(); enter(); exit(); stop(); exit();", ("stops-inside",)),
        ("enter(); enter(); enter(); exit(); exit(); exit();", ()),
        ("enter(); enter(); exit();", ("unmatched-begin",)),
        ("enter(); exit(); exit();", ("unmatched-end",)),
        ("exit(); enter();", ("unmatched-begin", "unmatched-end")),
        # in some executions only
        ("int r0 = get(x); if (r0) { enter(); } stop(); if (r0) { exit(); }", ("stops-inside",)),
        ("int r0 = get(x); if (r0) { enter(); } exit();", ("unmatched-end",)),
        ("int r0 = get(x); if (r0) { enter(); } enter(); exit(); if (r0) { exit(); }", ()),
    ],
)
def test_pairs_that_are_matched_from_the_inside(folder: Path, body: str, flags: tuple[str, ...]) -> None:
    assert decide(folder, two(body, "put(x, 1);", "exists (x=0)"), PAIRS).flags == flags


def test_one_model_for_tests_that_nest_alike(folder: Path) -> None:
    """Tests whose recursions take as many rounds share what was made of the model; one that nests deeper does not."""
    path = folder / "pairs.cat"
    path.write_text(MODEL + PAIRS)
    bodies = ("enter(); exit();", "put(x, 1); enter(); stop(); exit();", "enter(); enter(); exit(); exit();")
    with Engine(bell=folder / "a.bell", macros=folder / "a.def") as engine:
        tests = [parse_test(Source("t", two(f"{body} stop(); put(x, 1);", "", "exists (x=0)"))) for body in bodies]
        made = [engine.prepare(test, str(path)).model for test in tests]
    assert made[0] is made[1]
    assert made[2] is not made[0]


# --- locks ------------------------------------------------------------------------------------------------------------

LOCKS = """
include "cross.cat"
let taken = ([LKR] ; po-loc ; [LKW]) \\ (po ; po)
let region = ([LKW] ; po-loc ; [UL]) \\ (po-loc ; [LKW | UL] ; po-loc)
flag ~empty UL \\ range(region) as left-unlocked
let open-locks = LKW \\ domain region
empty ([open-locks] ; loc ; [open-locks]) \\ id as deadlock
empty ([LKW] ; po-loc ; [LKR]) \\ (po-loc ; [UL] ; po-loc) as no-nesting
empty ([LKW] ; po-loc ; [RU]) \\ (po-loc ; [UL] ; po-loc) as own-lock-is-seen
let seen-inside = ([LKW] ; po-loc ; [LF | RL]) \\ ([LKW] ; po-loc ; [UL] ; po-loc)
let single p = p ++ 0
let looks e = map single ((LKW * {e}) & loc & ext)
with seen-outside from cross(map looks ((LF | RL) \\ range(seen-inside)))
let own e = ([UL] ; po-loc ; [{e}]) \\ ([UL] ; po-loc ; [UL] ; po-loc)
let frees e = map single (own e | (((UL | IW) * {e}) & loc & ext))
with seen-free from cross(map frees RU)
let R = R | LKR | LF | RL | RU
let W = W | LKW
let co0 = co0 | (([LKW] ; loc ; [open-locks]) \\ [open-locks])
include "cos-opt.cat"
let W = W | UL
let co = (co | region | (region^-1 ; co))+
let rf = rf | seen-inside | seen-outside | seen-free | ([IW | UL] ; singlestep(co) ; taken^-1)
let fr = rf^-1 ; co
acyclic po-loc | rf | co | fr as locks
acyclic (po & (_ * UL)) | ([LKR] ; po) | (rf & ext) | (co & ext) | (fr & ext) as locked
"""


@pytest.mark.parametrize(
    ("first", "second", "states"),
    [
        (
            "take(l); int r0 = get(x); put(x, r0 + 1); leave(l);",
            "take(l); int r0 = get(x); put(x, r0 + 1); leave(l);",
            ("0:r0=0; 1:r0=1;", "0:r0=1; 1:r0=0;"),
        ),
        # who fails reads from a lock that is taken, who does not waits for one that is left
        (
            "take(l); put(x, 1); leave(l); int r0 = 0;",
            "int r1 = try_take(l); int r0 = get(x) + 10 * r1; if (r1) { leave(l); }",
            ("0:r0=0; 1:r0=0;", "0:r0=0; 1:r0=1;", "0:r0=0; 1:r0=10;", "0:r0=0; 1:r0=11;"),
        ),
        # a lock that nobody takes is free, and one's own is taken
        ("int r0 = is_taken(l);", "int r0 = 0;", ("0:r0=0; 1:r0=0;",)),
        ("take(l); int r0 = is_taken(l); leave(l);", "int r0 = 0;", ("0:r0=1; 1:r0=0;",)),
        ("take(l); int r0 = try_take(l); leave(l);", "int r0 = 0;", ("0:r0=0; 1:r0=0;",)),
        ("take(l); leave(l); int r0 = is_taken(l);", "int r0 = 0;", ("0:r0=0; 1:r0=0;",)),
        (
            "take(l); leave(l); int r0 = 0;",
            "int r0 = is_taken(l); r0 = 10 * r0 + is_taken(l);",
            ("0:r0=0; 1:r0=0;", "0:r0=0; 1:r0=1;", "0:r0=0; 1:r0=10;", "0:r0=0; 1:r0=11;"),
        ),
        # nobody gets a lock that is never left
        ("take(l); int r0 = 0;", "int r0 = try_take(l);", ("0:r0=0; 1:r0=0;",)),
        ("take(l); take(l); int r0 = 0;", "int r0 = 0;", ()),
    ],
)
def test_locks(folder: Path, first: str, second: str, states: tuple[str, ...]) -> None:
    text = two(first, second, "exists (0:r0=0 /\\ 1:r0=0)", "int *x, spinlock_t *l")
    assert tuple(state_lines(decide(folder, text, LOCKS, executions=True))) == states


@pytest.mark.parametrize(
    ("first", "flags"),
    [
        ("leave(l);", ("left-unlocked",)),
        ("int r0 = try_take(l); leave(l);", ("left-unlocked",)),
        ("int r0 = try_take(l); if (r0) { leave(l); }", ()),
    ],
)
def test_flags_of_locks(folder: Path, first: str, flags: tuple[str, ...]) -> None:
    text = two(first, "take(l); leave(l);", "exists (x=0)", "int *x, spinlock_t *l")
    assert decide(folder, text, LOCKS).flags == flags


@pytest.mark.parametrize(("asked", "flags"), [("x=0", ()), ("l=0", ("final",))])
def test_only_locations_that_a_test_asks_for_have_a_final_write(
    folder: Path, asked: str, flags: tuple[str, ...]
) -> None:
    text = two("take(l); leave(l);", "put(x, 1);", f"exists ({asked})", "int *x, int *l")
    verdict = decide(folder, text, LOCKS.replace("let R = ", "flag ~empty [FW] ; loc ; [LKW] as final\nlet R = ", 1))
    assert verdict.flags == flags
    assert flags == () or state_lines(verdict) == ["[l]=0;"]  # what taking a lock writes is no value of it


# --- updates of older kernels -----------------------------------------------------------------------------------------

OLD_BELL = """enum Accesses = 'once || 'acquire || 'release || 'noreturn
instructions RMW[Accesses]
enum Fences = 'mb
instructions F[Fences]
enum SRCU = 'srcu-lock || 'srcu-unlock
instructions SRCU[SRCU]
"""
OLD_MACROS = """put(X,V) { __store{once}(*X,V); }
get(X) __load{once}(*X)
swap(X,V) __xchg{mb}(X,V)
swap_acquire(X,V) __xchg{acquire}(X,V)
swap_if(X,V,W) __cmpxchg{mb}(X,V,W)
grow(X,V) { __atomic_op(X,+,V); }
lock(X) __srcu{srcu-lock}(X)
unlock(X,Y) { __srcu{srcu-unlock}(X,Y); }
"""
OLD_MODEL = """"old"
acyclic po-loc | rf | co | fr as coherence
empty rmw & (fre ; coe) as atomicity
acyclic fencerel(Mb) | rfe | coe | fre as order
flag ~empty [Acquire & R] ; rmw ; [Once & W] as acquires
flag ~empty [Noreturn & R] ; rmw ; [Once & W] as returns-nothing
flag ~empty different-values([Srcu-lock] ; po & loc ; [Srcu-unlock]) as another
"""


@pytest.mark.parametrize(
    ("first", "second", "condition", "allowed", "flags"),
    [
        ("swap(x, 1); int r0 = get(y);", "swap(y, 1); int r0 = get(x);", "exists (0:r0=0 /\\ 1:r0=0)", False, ()),
        (
            "swap_if(x, 0, 1); int r0 = get(y);",
            "swap_if(y, 0, 1); int r0 = get(x);",
            "exists (0:r0=0 /\\ 1:r0=0)",
            False,
            (),
        ),
        (
            "put(x, 1); int r0 = swap_if(y, 7, 1);",
            "put(y, 1); int r0 = swap_if(x, 7, 1);",
            "exists (0:r0=0 /\\ 1:r0=0)",
            True,
            (),
        ),
        ("swap_acquire(x, 1);", "", "exists (x=1)", True, ("acquires",)),
        ("grow(x, 1);", "", "exists (x=1)", True, ("returns-nothing",)),
        ("int r0 = atomic_add_unless(x, 1, 3);", "", "exists (0:r0=1 /\\ x=1)", True, ()),
        ("int r0 = lock(x); unlock(x, r0);", "", "exists (y=0)", True, ()),
        ("int r0 = lock(x); unlock(x, 4);", "", "exists (y=0)", True, ("another",)),
    ],
)
def test_updates_without_the_variant(
    tmp_path: Path, first: str, second: str, condition: str, allowed: bool, flags: tuple[str, ...]
) -> None:
    for name, text in (("a.def", OLD_MACROS), ("a.bell", OLD_BELL), ("a.cat", OLD_MODEL)):
        (tmp_path / name).write_text(text)
    test = parse_test(Source("t", two(first, second, condition)))
    with Engine(bell=tmp_path / "a.bell", macros=tmp_path / "a.def") as engine:
        verdict = engine.check(test, str(tmp_path / "a.cat"))
        ready = engine.prepare(test, str(tmp_path / "a.cat"))
    assert (verdict.allowed, verdict.flags) == (allowed, flags)
    assert set(verdict.states) == oracle_states(ready.graph, ready.model)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_takes_the_files_one_by_one_or_by_a_file_of_options(folder: Path, invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    test = tmp_path / "t.litmus"
    test.write_text(two("put(x, 1); int r0 = get(y);", "put(y, 1); int r0 = get(x);", "exists (0:r0=0 /\\ 1:r0=0)"))
    one_by_one = ("-macros", folder / "a.def", "-bell", folder / "a.bell", "-model", folder / "a.cat")
    found = [invoke("check", *given, test) for given in (one_by_one, ("-conf", folder / "two.cfg"))]
    found.append(invoke("check", "-m", folder / "two.cfg", test))
    for ended in found:
        assert (ended.code, ended.err) == (0, "")
        lines = [line for line in ended.out.splitlines() if not line.startswith("Time")]
        assert lines[1] == "States 4"
        assert "Observation t Sometimes 1 3" in lines
    assert found[0].out.split("Time")[0] == found[1].out.split("Time")[0] == found[2].out.split("Time")[0]


def test_a_file_of_options_is_what_its_name_says_whatever_models_are_called(
    folder: Path,
    invoke,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the kernel's folder `-conf linux-kernel.cfg` are the kernel's files, not our model of that name."""
    test = tmp_path / "t.litmus"
    test.write_text(two("put(x, 1); int r0 = get(y);", "put(y, 1); int r0 = get(x);", "exists (0:r0=0 /\\ 1:r0=0)"))
    for file in folder.glob("a.*"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "linux-kernel.cfg").write_text((folder / "two.cfg").read_text())
    monkeypatch.chdir(tmp_path)
    ended = invoke("check", "-conf", "linux-kernel.cfg", "t.litmus")
    assert (ended.code, ended.err, "Observation t Sometimes 1 3" in ended.out) == (0, "", True)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert invoke("check", "-conf", "linux-kernel.cfg", "-I", "..", "../t.litmus").out[:80] == ended.out[:80]
    absent = invoke("check", "-conf", "linux-kernel.cfg", "../t.litmus")
    assert (absent.code, "cannot read 'linux-kernel.cfg': No such file" in absent.err) == (2, True)


def test_what_is_missing_is_a_fence_that_the_macros_define(folder: Path, invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    test = tmp_path / "t.litmus"
    test.write_text(
        two(
            "WRITE_ONCE(*x, 1); int r0 = READ_ONCE(*y);",
            "put(y, 1); stop(); int r0 = get(x);",
            "exists (0:r0=0 /\\ 1:r0=0)",
        )
    )
    (tmp_path / "w.def").write_text(
        MACROS.replace("{strong}(X)\nsmp", "{quick}(X)\nWRITE_ONCE(X,V) { __store{quick}(X,V); }\nsmp")
    )
    (tmp_path / "w.cfg").write_text(
        f"macros w.def\nbell {folder / 'a.bell'}\nmodel {folder / 'a.cat'}\nvariant lkmmv2\n"
    )
    ended = invoke("explain", "-m", tmp_path / "w.cfg", test)
    assert "This order is missing; with it the outcome would be forbidden:\n  a before b  by smp_mb()" in ended.out


def test_marks_are_drawn_and_named(folder: Path, invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "l.cat").write_text(MODEL + LOCKS)
    (tmp_path / "l.cfg").write_text(
        f"macros {folder / 'a.def'}\nbell {folder / 'a.bell'}\nmodel l.cat\nvariant lkmmv2\n"
    )
    test = tmp_path / "t.litmus"
    body = "take(l); int r0 = get(x); put(x, r0 + 1); leave(l);"
    test.write_text(two(body, body, "exists (0:r0=0 /\\ 1:r0=0)", "int *x, spinlock_t *l"))
    explained = invoke("explain", "-m", tmp_path / "l.cfg", test)
    assert (explained.code, explained.err) == (0, "")
    assert "without locked, the others allow the outcome" in explained.out
    test.write_text(two(body, "", "exists (0:r0=0)", "int *x, spinlock_t *l"))
    drawn = invoke("graph", "-m", tmp_path / "l.cfg", test, "--format", "dot")
    assert "a: LK.LKR l" in drawn.out
    assert "e: UL l" in drawn.out


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("get(X) __load{quik}(*X)", "a.def:1:8: error: no bell file declares the tag 'quik'"),
        ("get(X) __lod{quick}(*X)", "a.def:1:8: error: neither an operation nor a definition has the name '__lod'"),
        ("get(X) fetch(X)", "a.def:1:8: error: neither an operation nor a definition has the name 'fetch'"),
        ("get(X) __load{quick}(X)", "a.def:1:22: error: '__load' takes a place in memory"),
        ("get(X) __load{quick}(*X, 1)", "a.def:1:8: error: '__load' takes 1 argument"),
        ("get(X) __atomic_op_return{quick}(X, 1, 2)", "a.def:1:37: error: '__atomic_op_return' takes an operator here"),
        ("get(X) __xchg{quick}(X, +)", "a.def:1:25: error: an operator is no value"),
        ("get(X) __unlock(X) + 1", "a.def:1:8: error: '__unlock' has no value"),
        ("get(X) Y", "a.def:1:8: error: 'Y' is no parameter of this definition"),
        ("get(X) get(X)", "a.def:1:1: error: definitions nest deeper than 50 levels"),
        ("get(X) { if (X) __load{quick}(*X); }", "a.def:1:10: error: only operations and calls are supported in a def"),
        ("get(X) { r = 1; }", "a.def:1:10: error: only operations and calls are supported in a definition"),
        ("get(X) { __fence{full-stop} }", "a.def:1:29: error: expected ';' after a statement, found '}'"),
        ("get(X) { __fence{full-stop};", "a.def:1:8: error: no '}' for this '{'"),
        ("get(X) __load{quick(*X)", "a.def:1:20: error: expected ',' or '}' after a tag, found '('"),
        ("get(X) __load{quick}(*X", "a.def:1:24: error: expected ',' or ')' after an argument, found the end"),
        ("get(X, X) 1", "a.def:1:8: error: two parameters have the name 'X'"),
        ("get(X) 1\nget(Y) 2", "a.def:2:1: error: 'get' is defined already"),
        ("get X", "a.def:1:5: error: expected '(' after the name of a function, found 'X'"),
        ("/* get(X) 1", "a.def:1:1: error: comment without end"),
        ("get(X) " + "(" * 60 + "1" + ")" * 60, "error: nested deeper than 50 levels"),
        ("get(X) " + "*" * 60 + "X", "error: nested deeper than 50 levels"),
        ("put(X) 1", "t.litmus:3:23: error: a.def does not define 'get'"),
        ("get(X,Y) 1", "t.litmus:3:23: error: 'get' takes 2 arguments in a.def"),
        ("get(X) { __fence{full-stop}; }", "t.litmus:3:23: error: 'get' has no value in a.def"),
        ("pet(X) 1", "a.def does not define 'get'\n"),
    ],
)
def test_mistakes_in_macros(tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("a.def", text), ("a.bell", BELL), ("a.cat", MODEL)):
        Path(name).write_text(content)
    test = parse_test(Source("t.litmus", f"{HEAD}P0(int *x) {{ int r0 = get(x); }}\nexists (0:r0=0)"))
    with Engine(bell=Path("a.bell"), macros=Path("a.def")) as engine, pytest.raises(LitmusError) as found:
        engine.check(test, "a.cat")
    assert message in str(found.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macros a.def\n", "error: 'a.cfg' names no model (add a line 'model FILE.cat')"),
        ("model\n", "a.cfg:1:1: error: expected a file after 'model'"),
        ("model a.cat\nmodel b.cat\n", "a.cfg:2:1: error: 'model' is given twice"),
        ("model none.cat\n", "none.cat:1:1: error: cannot read 'none.cat': No such file or directory"),
        ("model a.cat\nmacros none.def", "none.def:1:1: error: cannot read 'none.def': No such file or directory"),
        ("model a.cat\nmacros a.def\n", "a.def:2:8: error: no bell file declares the tag 'quick'"),
        ("model a.cat\nmacros a.def\nbell bad.bell\n", "bad.bell:1:6: error: expected a name, found '='"),
        (
            "model a.cat\nbell a.bell\n",
            "error: 'a.cat' cannot decide kernel C: it does not map the kernel's primitives",
        ),
    ],
)
def test_mistakes_in_files_of_options(tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"a.cfg": text, "a.def": MACROS, "a.bell": BELL, "a.cat": MODEL, "bad.bell": "enum = 'a"}
    for name, content in files.items():
        Path(name).write_text(content)
    test = parse_test(Source("t.litmus", f"{HEAD}P0(int *x) {{ int r0 = get(x); }}\nexists (0:r0=0)"))
    with Engine() as engine, pytest.raises(LitmusError) as found:
        engine.check(test, "a.cfg")
    assert message in str(found.value)


def test_mistakes_on_the_command_line(invoke) -> None:  # type: ignore[no-untyped-def]
    assert "--conf names a model, and so does -m" in invoke("check", "-conf", "a.cfg", "-m", "sc", "t.litmus").err
    assert "the name of a file of options ends with .cfg" in invoke("check", "-conf", "a.txt", "t.litmus").err
