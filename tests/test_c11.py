"""C11: what its functions become, what the models rc11 and c11 say of them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.assembled import same_answer
from oracles.shared import engine as ENGINE

import litmus
from litmus.base.errors import LitmusError, ModelError, UnsupportedError
from litmus.base.source import Source
from litmus.batch.columns import deciding
from litmus.cat.description import read_info
from litmus.cat.registry import info
from litmus.dialects.c.atomics import CALLS, FENCES, MUTEXES
from litmus.frontend.parser import parse_test
from litmus.ir.c11 import FETCHES, ORDERS
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import DEFAULTS
from litmus.ir.thread import Address, AtomicOperation, Const, Fence, Load, Mark, Primitive, Reg, Rmw, Store
from litmus.ir.verdict import Status, Verdict
from litmus.targets.c11 import C11Target
from litmus.unfold import unfold

X = Const(Address("x"))


def parse(
    *threads: str, parameters: str = "atomic_int *x, atomic_int *y, int *d, mtx_t *m", ask: str = ""
) -> LitmusTest:
    text = "".join(f"P{k}({parameters})\n{{ {thread} }}\n" for k, thread in enumerate(threads))
    return parse_test(Source("t", f"C t\n{{ }}\n{text}{ask}"))


def operations(statements: str, parameters: str = "atomic_int *x, atomic_int *y, int *d, mtx_t *m") -> list[object]:
    (thread,) = parse(statements, parameters=parameters).threads
    return [s for s in thread.body if isinstance(s, AtomicOperation | Primitive)]


def states(verdict: Verdict) -> set[str]:
    return {" ".join(f"{verdict.test.show(item)}={value}" for item, value in state) for state in verdict.states}


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_every_function_is_an_operation_in_each_of_its_orders(name: str) -> None:
    call = CALLS[name]
    for order in call.orders[0] if name.endswith("_explicit") else ("seq_cst",):
        failure = ("seq_cst",) * (len(call.orders) - 1)
        args = ["x", *["&r"] * (call.operation == "compare_exchange"), *["1"] * call.values]
        if name.endswith("_explicit"):
            args += [f"memory_order_{o}" for o in (order, *failure)]
        found = [s for s in operations(f"int r = 0; {name}({', '.join(args)});") if isinstance(s, AtomicOperation)]
        assert [(s.name, s.orders, s.args[0], s.size) for s in found if s.name == call.operation] == [
            (call.operation, (order, *failure), X, 4)
        ]


def test_values_and_results() -> None:
    body = "int r1 = atomic_fetch_sub(x, 2); atomic_store_explicit(y, r1, memory_order_release);"
    assert [(s.name, s.args, s.dest) for s in operations(body) if isinstance(s, AtomicOperation)] == [
        ("fetch_sub", (X, Const(2)), "r1"),
        ("store", (Const(Address("y")), Reg("r1")), None),
    ]
    flags = "int r1 = atomic_flag_test_and_set(f); atomic_flag_clear_explicit(f, memory_order_release);"
    assert [
        (s.name, s.args[1:], s.size) for s in operations(flags, "atomic_flag *f") if isinstance(s, AtomicOperation)
    ] == [
        ("exchange", (Const(1),), 1),
        ("store", (Const(0),), 1),
    ]


def test_fences_and_mutexes() -> None:
    for name, between in FENCES.items():
        for order in ORDERS:
            found = operations(f"{name}(memory_order_{order});", "atomic_int *x")
            assert found == [] if not between or order == "relaxed" else found[0].orders == (order,)  # type: ignore[attr-defined]
    for name, operation in MUTEXES.items():
        assert [s.name for s in operations(f"{name}(m); atomic_load(x);") if isinstance(s, AtomicOperation)] == [
            operation,
            "load",
        ]


@pytest.mark.parametrize("parameter", ["atomic_int *x", "_Atomic int *x", "_Atomic(int) *x", "int _Atomic *x"])
def test_an_atomic_object_is_accessed_in_the_order_seq_cst(parameter: str) -> None:
    found = operations("*x = 1; int r1 = *x;", parameter)
    assert [(s.name, s.orders) for s in found if isinstance(s, AtomicOperation)] == [
        ("store", ("seq_cst",)),
        ("load", ("seq_cst",)),
    ]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("statement", "name", "operand", "value"),
    [
        ("int r1 = *x += 5;", "fetch_add", 5, 8),
        ("int r1 = *x -= 5;", "fetch_sub", 5, -2),
        ("int r1 = *x &= 6;", "fetch_and", 6, 2),
        ("int r1 = *x |= 8;", "fetch_or", 8, 11),
        ("int r1 = *x ^= 1;", "fetch_xor", 1, 2),
        ("int r1 = ++*x;", "fetch_add", 1, 4),
        ("int r1 = --*x;", "fetch_sub", 1, 2),
        ("int r1 = (*x)++;", "fetch_add", 1, 3),
        ("int r1 = (*x)--;", "fetch_sub", 1, 3),
        ("*x += 1; int r1 = 0;", "fetch_add", 1, 0),
    ],
)
@pytest.mark.parametrize("parameter", ["atomic_int *x", "atomic_int *restrict x", "_Atomic(unsigned int) *const x"])
def test_an_operator_changes_an_atomic_object_in_one_step(
    statement: str, name: str, operand: int, value: int, parameter: str
) -> None:
    (found,) = (s for s in operations(statement, parameter) if isinstance(s, AtomicOperation))
    assert (found.name, found.orders, found.args[1]) == (name, ("seq_cst",), Const(operand))
    test = f"C test\n{{ x = 3; }}\nP0({parameter})\n{{\n\t{statement}\n}}\nforall (0:r1={value})\n"
    assert litmus.check(litmus.parse(test)).ok


def test_initialising_is_a_plain_write() -> None:
    assert [s.name for s in operations("atomic_init(x, 3);") if isinstance(s, Primitive)] == ["plain_write"]


def test_the_kernels_functions_of_the_same_name_are_the_kernels() -> None:
    assert [
        s.name for s in operations("int r1 = atomic_fetch_add(1, v);", "atomic_t *v") if isinstance(s, Primitive)
    ] == ["atomic_fetch_add"]
    assert parse("int r1 = READ_ONCE(*d);", parameters="int *d").language == ""
    assert parse("int r1 = *d;", parameters="int *d").language == ""
    assert parse("*d = 1;").language == "C11"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("atomic_load_explicit(x, memory_order_release);", "memory_order_release is not allowed here"),
        ("atomic_store_explicit(x, 1, memory_order_acq_rel);", "memory_order_acq_rel is not allowed here"),
        ("atomic_load_explicit(x, memory_order_aquire);", "did you mean 'memory_order_acquire'?"),
        ("atomic_load_explicit(x, 5);", "expected a memory order"),
        ("atomic_load_explicit(x);", "'atomic_load_explicit' takes 2 arguments"),
        ("atomic_store(x);", "'atomic_store' takes 2 arguments"),
        ("atomic_exchange(x, 1, 2);", "'atomic_exchange' takes 2 arguments"),
        ("*x *= 2;", "'*' that changes an atomic object of this type is not supported"),
        ("*x <<= 1;", "use a loop with atomic_compare_exchange_weak"),
        ("atomic_load(1);", "'1' is not an address"),
        ("int r = 0; atomic_compare_exchange_strong_explicit(x, &r, 1, memory_order_relaxed, memory_order_release);",
         "memory_order_release is not allowed here"),
    ],
)  # fmt: skip
def test_what_is_refused(statement: str, message: str) -> None:
    with pytest.raises(LitmusError) as caught:
        parse(statement)
    shown = str(caught.value)
    assert message in shown
    assert "t:4:" in shown


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("kill_dependency(1)", "write its argument"),
        ("atomic_is_lock_free(x)", "write what it is"),
        ("mtx_trylock(m)", "use atomic_flag_test_and_set"),
        ("assert(1)", "check it in the condition"),
        ("atomic_laod(x)", "did you mean 'atomic_load'"),
    ],
)
@pytest.mark.parametrize("model", ["rc11", "x86-tso"])
def test_a_function_that_is_none_here_says_what_to_write(call: str, hint: str, model: str) -> None:
    with pytest.raises(UnsupportedError, match="is no function of C11") as caught:
        litmus.check(parse(f"atomic_load(x); {call};", ask="exists (x=0)"), model)
    assert hint in (caught.value.hint or "")


def test_other_functions_and_models_are_refused() -> None:
    with pytest.raises(LitmusError, match="'smp_mb' is no function of C11"):
        litmus.check(parse("atomic_load(x); smp_mb();", ask="exists (x=0)"), "rc11")
    with pytest.raises(ModelError, match="model 'ia64' has no mapping of C11, and this is a test of C11"):
        litmus.check(parse("atomic_load(x);", ask="exists (x=0)"), "ia64")
    with pytest.raises(ModelError, match="rc11"):
        litmus.check(parse("WRITE_ONCE(*d, 1);", parameters="int *d", ask="exists (d=0)"), "rc11")


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_operation_is_one_event_with_the_set_of_its_order() -> None:
    test = parse("atomic_store(x, 1); atomic_fetch_add_explicit(x, 1, memory_order_acq_rel); *d = 1; mtx_lock(m);"
                 "atomic_thread_fence(memory_order_acquire);")  # fmt: skip
    (thread,) = C11Target.of(test, DEFAULTS).program(test).threads
    kinds = [(type(s).__name__, *sorted(s.tags)) for s in thread.body if isinstance(s, Load | Store | Mark | Fence)]
    assert kinds == [("Store", "A", "SC"), ("Store", "NA"), ("Mark", "LK", "LS", "NA"), ("Fence", "ACQ", "NA")]
    assert not any(isinstance(s, Rmw) for s in thread.body)
    graph = unfold(C11Target.of(test, DEFAULTS).program(test))
    assert [(e.kind, *sorted(e.tags)) for e in graph.events if e.kind == "U"] == [("U", "A", "ACQ_REL", "RMW")]


# --- verdicts ---------------------------------------------------------------------------------------------------------

STORE = "atomic_store_explicit({0}, {1}, memory_order_{2});"
LOAD = "int {0} = atomic_load_explicit({1}, memory_order_{2});"


def fence(order: str) -> str:
    return f"atomic_thread_fence(memory_order_{order});"


def sb(store: str, load: str, between: str = "") -> LitmusTest:
    """Store buffering."""
    return parse(
        STORE.format("x", 1, store) + between + LOAD.format("r1", "y", load),
        STORE.format("y", 1, store) + between + LOAD.format("r1", "x", load),
        ask="exists (0:r1=0 /\\ 1:r1=0)",
    )


def mp(store: str, load: str, before: str = "", after: str = "") -> LitmusTest:
    """Message passing, of a plain variable."""
    return parse(
        "*d = 1;" + before + STORE.format("x", 1, store),
        LOAD.format("r1", "x", load) + after + "if (r1 == 1) { int r2 = *d; }",
        ask="exists (1:r1=1 /\\ 1:r2=0)",
    )


def lb(load: str, store: str) -> LitmusTest:
    """Load buffering."""
    return parse(
        LOAD.format("r1", "x", load) + STORE.format("y", 1, store),
        LOAD.format("r1", "y", load) + STORE.format("x", 1, store),
        ask="exists (0:r1=1 /\\ 1:r1=1)",
    )


def iriw(load: str) -> LitmusTest:
    """Independent reads of independent writes, which are seq_cst."""
    return parse(
        STORE.format("x", 1, "seq_cst"),
        STORE.format("y", 1, "seq_cst"),
        LOAD.format("r1", "x", load) + LOAD.format("r2", "y", load),
        LOAD.format("r1", "y", load) + LOAD.format("r2", "x", load),
        ask="exists (2:r1=1 /\\ 2:r2=0 /\\ 3:r1=1 /\\ 3:r2=0)",
    )


Z6_U = parse(  # Lahav et al., PLDI 2017, figure 1: what compilers for Power do, and the original C11 forbids
    STORE.format("x", 1, "seq_cst") + STORE.format("y", 1, "release"),
    "int r1 = atomic_fetch_add(y, 1);" + LOAD.format("r2", "y", "relaxed"),
    STORE.format("y", 3, "seq_cst") + LOAD.format("r1", "x", "seq_cst"),
    ask="exists (1:r1=1 /\\ 1:r2=3 /\\ 2:r1=0)",
)

CLAIMS = {  # test: whether rc11, and whether c11, allow its outcome
    "sb+relaxed": (sb("relaxed", "relaxed"), True, True),
    "sb+release+acquire": (sb("release", "acquire"), True, True),
    "sb+seq_cst": (sb("seq_cst", "seq_cst"), False, False),
    "sb+fences": (sb("relaxed", "relaxed", fence("seq_cst")), False, False),
    "sb+fences-acq_rel": (sb("relaxed", "relaxed", fence("acq_rel")), True, True),
    "mp+release+acquire": (mp("release", "acquire"), False, False),
    "mp+release+consume": (mp("release", "consume"), False, True),  # nothing depends on what is read
    "mp+fences": (mp("relaxed", "relaxed", fence("release"), fence("acquire")), False, False),
    "mp+signal-fences": (mp("relaxed", "relaxed", "atomic_signal_fence(memory_order_seq_cst);"), True, True),
    "lb+relaxed": (lb("relaxed", "relaxed"), False, True),
    "lb+acquire+release": (lb("acquire", "release"), False, False),
    "iriw+acquire": (iriw("acquire"), True, True),
    "iriw+seq_cst": (iriw("seq_cst"), False, False),
    "z6.u": (Z6_U, True, False),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_classic_programs(name: str) -> None:
    test, repaired, original = CLAIMS[name]
    assert (litmus.check(test, "rc11").allowed, litmus.check(test, "c11").allowed) == (repaired, original)


def test_rc11_is_the_default() -> None:
    assert litmus.check(sb("seq_cst", "seq_cst")).model == "rc11"


@pytest.mark.parametrize("model", ["rc11", "c11"])
def test_races(model: str) -> None:
    racy = mp("relaxed", "relaxed")
    assert litmus.check(racy, model).flags == ("data-race",)
    assert litmus.check(racy, model).undefined
    assert litmus.check(mp("release", "acquire"), model).flags == ()
    assert litmus.check(parse("*d = 1;", "int r1 = *d;", ask="exists (1:r1=1)"), model).undefined
    assert not litmus.check(parse("int r1 = *d;", "int r1 = *d;", ask="exists (1:r1=1)"), model).undefined


@pytest.mark.parametrize("model", ["rc11", "c11"])
def test_updates_are_atomic(model: str) -> None:
    both = ("int r1 = atomic_fetch_add_explicit(x, 1, memory_order_relaxed);",) * 2
    assert states(litmus.check(parse(*both, ask="locations [x; 0:r1; 1:r1;] exists (x=1)"), model)) == {
        "0:r1=0 1:r1=1 [x]=2",
        "0:r1=1 1:r1=0 [x]=2",
    }


CAS = "int r1 = 0; int r2 = atomic_compare_exchange_{}_explicit(x, &r1, 5, memory_order_relaxed, memory_order_relaxed);"


def test_a_compare_exchange_that_fails_says_what_it_found() -> None:
    def found(kind: str) -> set[str]:
        ask = "locations [x; 0:r1; 0:r2;] exists (x=9)"
        other = STORE.format("x", 7, "relaxed")
        return states(litmus.check(parse(CAS.format(kind), other, ask=ask), "rc11"))

    strong = {"0:r1=0 0:r2=1 [x]=7", "0:r1=7 0:r2=0 [x]=7"}
    assert found("strong") == strong
    assert found("weak") == strong | {"0:r1=0 0:r2=0 [x]=7"}  # it may fail although it finds a 0


def test_what_is_expected_may_be_in_memory() -> None:
    test = parse("int r2 = atomic_compare_exchange_strong(x, d, 5);", ask="locations [x; d; 0:r2;] exists (x=5)")
    assert states(litmus.check(test, "rc11")) == {"0:r2=1 [d]=0 [x]=5"}
    test = parse(
        "atomic_store(x, 7); int r2 = atomic_compare_exchange_strong(x, d, 5);",
        ask="locations [x; d; 0:r2;] exists (x=5)",
    )
    assert states(litmus.check(test, "rc11")) == {"0:r2=0 [d]=7 [x]=7"}


@pytest.mark.parametrize("model", ["rc11", "c11"])
def test_mutexes_exclude_and_order(model: str) -> None:
    section = "mtx_lock(m); int r1 = *d; *d = r1 + 1; mtx_unlock(m);"
    found = litmus.check(parse(section + "atomic_load(x);", section, ask="exists (d=1)"), model)
    assert (states(found), found.flags) == ({"[d]=2"}, ())
    open_ = "int r1 = *d; *d = r1 + 1; atomic_load(x);"
    assert litmus.check(parse(open_, open_, ask="exists (d=1)"), model).undefined


def test_mutexes_as_herd7_has_them() -> None:
    section = "lock(m); int r1 = *d; *d = r1 + 1; unlock(m);"
    test = parse(section + "atomic_load(x);", section, parameters="int *d, int *m, atomic_int *x", ask="exists (d=1)")
    assert states(litmus.check(test, "rc11")) == {"[d]=2"}


def test_a_loop_that_waits() -> None:
    """The model of 2011 is not monotone: what a round without effect does cannot be left out."""
    wait = "while (atomic_load_explicit(x, memory_order_acquire) == 0) ; int r1 = *d;"
    test = parse("*d = 1;" + STORE.format("x", 1, "release"), wait, ask="exists (1:r1=0)")
    found = [litmus.check(test, model) for model in ("rc11", "c11")]
    assert [(verdict.allowed, verdict.status, states(verdict)) for verdict in found] == [
        (False, Status.DONE, {"1:r1=1"}),
        (None, Status.BOUND, {"1:r1=1"}),
    ]


def test_a_mutex_that_is_never_left_blocks() -> None:
    found = litmus.check(parse("mtx_lock(m); mtx_lock(m); atomic_load(x);", ask="exists (x=0)"), "rc11")
    assert (found.status, found.states, found.allowed) == (Status.DONE, (), None)


def test_hashes_are_herd7s() -> None:
    text = """C MP+rel+acq
{}
P0 (int* x, atomic_int* y) {
  *x = 1;
  atomic_store_explicit(y,1,memory_order_release);
}
P1 (int* x, atomic_int* y) {
  int r0 = atomic_load_explicit(y,memory_order_acquire);
  int r1 = *x;
}
exists (1:r0=1 /\\ 1:r1=0)
"""
    assert parse_test(Source("t", text)).hash == "6b61722412f728eb419259d8ee449b4d"


VOLATILE = """C t
{ x=2; }
P0(const int* x, volatile int* y) {
  int r0 = *x;
  *y = 1;
}
P1(volatile int* y) {
  int r1 = *y;
}
exists (1:r1=1)
"""


def test_a_volatile_access_is_a_plain_one() -> None:
    """Under a model of C11, whether the test has atomic operations or not; and so it races."""
    fenced = VOLATILE.replace("int r0", "atomic_thread_fence(memory_order_acq_rel); int r0")
    for text in (VOLATILE, fenced):
        found = litmus.check(parse_test(Source("t", text)), "rc11")
        assert (found.allowed, found.flags) == (True, ("data-race",))
    assert litmus.check(parse_test(Source("t", fenced)), "power").allowed  # compiled
    assert litmus.check(parse_test(Source("t", VOLATILE)), "lkmm").flags == ()  # there they are marked accesses
    with pytest.raises(UnsupportedError, match="'READ_ONCE' is no function of C11"):
        litmus.check(parse_test(Source("t", fenced.replace("r1 = *y", "r1 = READ_ONCE(*y)"))), "rc11")


def test_the_hash_has_const_where_herd7_prints_it() -> None:
    text = f"{VOLATILE.partition('P1')[0]}forall (0:r0=2 /\\ y=1)"
    assert parse_test(Source("t", text)).hash == "0dad25977911f8305378aacad2dfe66f"


# --- compiled ---------------------------------------------------------------------------------------------------------

COMPILED = ("aarch64", "armv7", "power", "riscv", "riscv-tso", "x86-tso")


@pytest.mark.slow
def test_compiled_programs_do_no_more_than_rc11_allows() -> None:
    """But for load buffering, which is known, and for programs with a race, which are promised nothing."""
    found = litmus.soundness(sorted((Path(__file__).parent.parent / "catalog" / "c11").glob("*.litmus")))
    assert found.archs == COMPILED
    assert {(test.name, cell.weaknesses[0].axiom) for test, cell in found.unsound} == {("LB+rlx", "no-thin-air")}
    assert found.counts == {"sound": 164, "unsound": 4, "no promise": 12}


@pytest.mark.parametrize("arch", COMPILED)
def test_compiled_updates_and_mutexes(arch: str) -> None:
    ask = "locations [x; 0:r1; 0:r2;] exists (x=9)"
    other = STORE.format("x", 7, "relaxed")
    strong = states(litmus.check(parse(CAS.format("strong"), other, ask=ask), arch))
    assert strong == {"0:r1=0 0:r2=1 [x]=7", "0:r1=7 0:r2=0 [x]=7"}
    section = "mtx_lock(m); int r1 = *d; *d = r1 + 1; mtx_unlock(m);"
    assert states(litmus.check(parse(section + "atomic_load(x);", section, ask="exists (d=1)"), arch)) == {"[d]=2"}
    every = "".join(f"int r{k} = atomic_{fetch}(x, 6);" for k, fetch in enumerate(FETCHES, 1))
    ask = "locations [x; 0:r1; 0:r2; 0:r3; 0:r4; 0:r5;] exists (x=0)"
    assert states(litmus.check(parse("*x = 3;" + every, ask=ask), arch)) == {"0:r1=3 0:r2=9 0:r3=3 0:r4=2 0:r5=6 [x]=0"}


def test_a_failure_that_acquires_orders_what_follows() -> None:
    body = "int r1 = 5; int r2 = atomic_compare_exchange_strong_explicit(x, &r1, 6, memory_order_relaxed, {});"
    for order, allowed in (("memory_order_relaxed", True), ("memory_order_acquire", False)):
        test = parse(
            STORE.format("y", 1, "relaxed") + STORE.format("x", 1, "release"),
            body.format(order) + LOAD.format("r3", "y", "relaxed"),
            ask="exists (1:r1=1 /\\ 1:r3=0)",
        )
        for model in ("rc11", *COMPILED[:4]):
            assert litmus.check(test, model).allowed is allowed, (order, model)


def test_architectures_without_a_mapping_say_so() -> None:
    with pytest.raises(ModelError, match="model 'alpha' has no mapping of C11, and this is a test of C11"):
        litmus.check(sb("relaxed", "relaxed"), "alpha")


def test_a_model_of_ones_own_may_say_how_c11_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text("let mb = po ; [MB] ; po acyclic mb | rf | co | fr")
    (tmp_path / "m.yaml").write_text(DESCRIPTION)
    model = str(tmp_path / "m.cat")
    assert not litmus.check(mp("relaxed", "relaxed"), model).allowed  # a fence is after each load and before each store
    assert litmus.check(sb("relaxed", "relaxed"), model).allowed
    (tmp_path / "m.yaml").write_text(DESCRIPTION.partition("c11:")[0] + "limits: []\n")
    with pytest.raises(ModelError, match="model 'm' has no mapping of C11, and this is a test of C11"):
        litmus.check(sb("seq_cst", "seq_cst"), model)


def test_columns_of_a_table() -> None:
    found = deciding([sb("seq_cst", "seq_cst")], ["v6"])
    assert found == ("aarch64", "armv7", "c11", "power", "rc11", "riscv", "riscv-tso", "x86-tso")


DESCRIPTION = """name: m
description: A model
source: [a book]
dialects: []
default_for: []
operations:
  - source: page 1
    ld: {load: [], meaning: a load}
    st: {store: [], meaning: a store}
    xg: {read: [], write: [], meaning: an exchange}
    mb: {fence: [MB], meaning: a fence}
    bc: {branch: [], meaning: a branch on what was read}
c11:
  - source: page 2
    load_relaxed, load_acquire, load_seq_cst: [ld, bc, mb]
    store_relaxed, store_release, store_seq_cst: [mb, st]
    update_relaxed, update_acquire, update_release, update_acq_rel, update_seq_cst: [xg]
    fence_acquire, fence_release, fence_acq_rel, fence_seq_cst: [mb]
limits: []
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("fence_seq_cst", "fence_sc", "18:50", "unknown operation 'fence_sc'"),
        (", fence_seq_cst", "", "14:3", "no mapping in 'c11' for fence_seq_cst"),
        ("fence_seq_cst", "load_relaxed", "18:50", "operation 'load_relaxed' is given twice"),
        ("[ld, bc, mb]", "[bc, mb]", "15:5", "'load_relaxed' needs one load"),
        ("[mb, st]", "[mb, ld]", "16:5", "'store_relaxed' needs one store"),
        ("[xg]", "[ld, st]", "17:5", "'update_relaxed' needs one atomic, or a reserve"),
        ("seq_cst: [mb]", "seq_cst: [st]", "18:5", "'fence_acquire' is a fence and cannot access memory"),
        ("seq_cst: [mb]", "seq_cst: [bm]", "18:66", "no operation 'bm' in 'operations'"),
        ("  - source: page 2\n", "  -\n", "", "needs a 'source'"),
    ],
)
def test_descriptions_say_how_c11_is_compiled(tmp_path: Path, old: str, new: str, place: str, message: str) -> None:
    (tmp_path / "m.cat").write_text("let mb = po ; [MB] ; po acyclic mb | rf | co | fr")
    path = tmp_path / "m.yaml"
    path.write_text(DESCRIPTION)
    info = read_info(path)
    assert [o.name for row in info.c11 if row.primitive == "load_acquire" for o in row.operations] == ["ld", "bc", "mb"]
    path.write_text(DESCRIPTION.replace(old, new, 1))
    with pytest.raises(ModelError) as caught:
        read_info(path)
    assert message in caught.value.message
    assert str(caught.value.span).endswith(place)


# --- what other commands make of it -----------------------------------------------------------------------------------

UPDATES = parse(
    "int r1 = atomic_fetch_add(x, 1); int r2 = atomic_load(x);",
    "int r1 = atomic_exchange(x, 5);",
    ask="exists (0:r1=0 /\\ 1:r1=1)",
)


def test_an_update_is_explained_as_what_it_reads_and_writes() -> None:
    said = litmus.explain(UPDATES)._repr_markdown_()
    assert "reads x=0 into 0:r1 and writes x=1" in said
    assert "reads x=1 into 1:r1 and writes x=5" in said
    forbidden = litmus.explain(UPDATES, state="0:r1=0; 1:r1=0")._repr_markdown_()
    assert "still reads x=0, before" in forbidden


def test_an_update_is_drawn_with_both_values() -> None:
    assert "x=0, then 1" in litmus.graph(UPDATES)


def test_c11_is_lowered_to_assembly() -> None:
    test = mp("release", "acquire")
    text = litmus.assembly(test, "power", "v2.6.27")  # which has no eras
    assert text.startswith("PPC t+power\n(* Lowered from t for power, as compilers implement C11.\n")
    assert [word for word in ("lwsync", "isync") if word in text] == ["lwsync", "isync"]
    for arch in COMPILED:
        assert litmus.check(litmus.parse(litmus.assembly(test, arch)), arch).allowed is False


@pytest.mark.parametrize("arch", COMPILED)
def test_a_weak_compare_exchange_fails_by_chance_where_it_is_a_conditional_store(arch: str) -> None:
    """And nowhere else; the assembly says the same."""
    weak = CAS.format("weak").replace("int r2 = ", "r2 = ")
    test = parse(f"int r2; {weak}", ask="locations [x; 0:r1; 0:r2;] exists (x=9)")
    failed = {"0:r1=0 0:r2=0 [x]=0"} if arch in ("armv7", "power", "riscv", "riscv-tso") else set()
    assert states(litmus.check(test, arch)) == {"0:r1=0 0:r2=1 [x]=5"} | failed
    both = parse(
        f"int r2; {weak.replace('relaxed', 'acquire')}",
        f"{STORE.format('x', 7, 'relaxed')} int r1 = atomic_load(x);",
        ask="locations [x; 0:r1; 0:r2; 1:r1;] exists (x=9)",
    )
    assert same_answer(ENGINE, both, info(arch), "v6") == "same"


def test_a_loop_of_weak_compare_exchanges_is_a_strong_one() -> None:
    loop = "int r1; do {{ r1 = {0}; }} while (!atomic_compare_exchange_{1}(x, &r1, r1 + 1));"
    for model in ("rc11", "power"):
        found = []
        for kind in ("weak", "strong"):
            code = loop.format("atomic_load_explicit(x, memory_order_relaxed)", kind)
            found.append(states(litmus.check(parse(code, code, ask="locations [x;] exists (x=9)"), model)))
        assert found == [{"[x]=2"}] * 2


@pytest.mark.parametrize("arch", COMPILED)
def test_updates_as_assembly_have_the_same_states(arch: str) -> None:
    exchange = CAS.format("strong").replace("int r2 = ", "r2 = ")
    test = parse(
        f"int r2; {exchange} int r3 = atomic_fetch_sub(y, 1); atomic_flag_test_and_set(f);",
        STORE.format("x", 7, "relaxed") + "int r1 = atomic_exchange(y, 5);",
        parameters="atomic_int *x, atomic_int *y, atomic_flag *f",
        ask="locations [x; y; 0:r1; 0:r2; 0:r3; 1:r1;] exists (x=9)",
    )
    assert same_answer(ENGINE, test, info(arch), "v6") == "same"


def test_what_cannot_be_lowered() -> None:
    with pytest.raises(LitmusError, match="model 's390' does not say how C11 is compiled"):
        litmus.listing(UPDATES, "s390")


def test_the_commands_file_names_have_no_era(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "t.litmus").write_text(litmus.text(UPDATES))
    ended = invoke("lower", tmp_path / "t.litmus", "--arch", "all", "--era", "all", "-o", tmp_path / "out")
    assert (ended.code, ended.err) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"t+{arch}.litmus" for arch in COMPILED}


def test_a_listing_for_a_machine_without_a_dialect(tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text("let mb = po ; [MB] ; po acyclic mb | rf | co | fr")
    (tmp_path / "m.yaml").write_text(DESCRIPTION)
    lines = litmus.listing(mp("release", "relaxed"), str(tmp_path / "m.yaml")).splitlines()
    assert lines[0] == "t on m, as compilers implement C11: a listing of operations, not a litmus file"
    body = [" ".join(line.rpartition("| ")[2].split()) for line in lines if "| " in line]
    assert body[:5] == ["mb", "st [d] = 1", "mb", "st [x] = 1", "ld r1 = [x]"]


def test_what_compilers_make_of_a_test_can_be_had() -> None:
    compiled = litmus.lower(UPDATES, "power")
    assert not any(isinstance(s, AtomicOperation) for thread in compiled.threads for s in thread.body)
    assert [type(s).__name__ for s in compiled.threads[1].body[:5]] == [
        "Fence",
        "Label",
        "Load",
        "StoreConditional",
        "Branch",
    ]
