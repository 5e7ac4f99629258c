"""The models of the architectures against the verdicts that pin each one down, and against each other.

The verdicts are those of manuals and papers; where one was derived, the model's description says so in its `limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.copies import Copies, Edge, is_consistent, itanium, processor_consistency
from oracles.effort import examples
from oracles.families import Vocabulary, annotated, build, fence, union
from oracles.generate import ppc_tests, x86_tests
from oracles.retag import retagged, translate
from oracles.shared import z3

from litmus.base.errors import LimitReached
from litmus.bounds import base_bounds, domains
from litmus.cat import load, models
from litmus.decide import decide
from litmus.frontend.dialect import dialect_for
from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Model
from litmus.ir.options import Options
from litmus.judge.candidates import candidates
from litmus.judge.evaluate import evaluate
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

INFO = {  # the others have tests of their own
    info.name: info for info in models() if info.dialects not in (("PCI",), ("C11",)) and not info.of_language
}


@cache
def model(name: str, variants: str = "") -> Model:
    """A model with the sets of its operations, or of its dialect if it has none; `variants` are separated by blanks."""
    info = INFO[name]
    tags = info.tags or dialect_for(info.dialects[0]).sets
    return load(name).elaborate(tags, frozenset(variants.split()))


def allowed(test: LitmusTest, name: str, variants: str = "") -> bool:
    graph = unfold(test)
    base = base_bounds(graph, domains.compute(graph))
    found = decide(graph, base, model(name, variants), test.condition, Options(verdict_only=True), z3)
    assert found.possible is not None
    return found.possible


# --- the words of each architecture -----------------------------------------------------------------------------------

X = frozenset({"X"})
ALPHA = Vocabulary("ALPHA", {"mb": fence("MB"), "wmb": fence("WMB"), "imb": fence("IMB")}, X)
X86 = Vocabulary("X86", {name: fence(name.upper()) for name in ("mfence", "lfence", "sfence")}, X)
POWER = Vocabulary(
    "PPC",
    union(
        {name: fence(name.upper()) for name in ("sync", "lwsync", "eieio")},
        {"ctrlisync": fence("ISYNC", after="ctrl")},
    ),
    X,
)
_DMB = {"dmb": fence("DMB.ISH"), "dmb.st": fence("DMB.ISHST"), "ctrlisb": fence("ISB", after="ctrl")}
ARMV7 = Vocabulary("ARM", union(_DMB, {"dsb": fence("DSB")}), X)
AARCH64 = Vocabulary(
    "AArch64",
    union(
        _DMB,
        {
            "dmb.ld": fence("DMB.ISHLD"),
            "addrisb": fence("ISB", after="addr"),
            "acq": annotated("A"),
            "acqpc": annotated("Q"),
            "rel": annotated("", "L"),
            "rel.acq": annotated("L", "A"),
            "rel.acqpc": annotated("L", "Q"),
            "acq.rel": annotated("A", "L"),
        },
    ),
    X,
)
RISCV = Vocabulary(
    "RISCV",
    union(
        {f"fence.{p}.{s}": fence(f"Fence.{p}.{s}") for p in ("r", "w", "rw") for s in ("r", "w", "rw")},
        {"aq": annotated("Acq"), "rl": annotated("", "Rel"), "aqrl": annotated("AcqRel")},
        {"fence.tso": fence("Fence.tso")},
    ),
    X,
)
SPARC = Vocabulary(
    "SPARC",
    union(
        {bits: fence(f"MEMBAR_{bits}") for bits in ("LL", "LS", "SL", "SS")},
        {"membar": fence("MEMBAR_LL", "MEMBAR_LS", "MEMBAR_SL", "MEMBAR_SS"), "SLSS": fence("MEMBAR_SL", "MEMBAR_SS")},
    ),
)
IA64 = Vocabulary(
    "IA64",
    {
        "mf": fence("MF"),
        "acq": annotated("ACQ"),
        "rel": annotated("", "REL"),
        "rel.acq": annotated("REL", "ACQ"),
        "acq.rel": annotated("ACQ", "REL"),
        "rel.po": annotated("REL"),
    },
    notes={"rel": frozenset({"REL"})},
)
MIPS = Vocabulary(
    "MIPS",
    union(
        {"sync": fence("SYNC")},
        {kind: fence(f"SYNC_{kind.upper()}") for kind in ("mb", "wmb", "rmb", "acquire", "release")},
    ),
    X,
)
LOONGARCH = Vocabulary(
    "LoongArch",
    union(
        {f"dbar.{p}.{s}": fence(f"DBAR.{p}.{s}") for p in ("r", "w", "rw") for s in ("r", "w", "rw")},
        {"same": fence("DBAR.SAME")},
    ),
    X,
)
LOONGARCH_LLSC = replace(LOONGARCH, atomic=frozenset({"EX"}))
S390 = Vocabulary("S390", {"bcr": fence("BCR_14"), "bcr15": fence("BCR_15")}, X)

# --- verdicts ---------------------------------------------------------------------------------------------------------

_ALPHA_BOTH = {
    "F": """
        MP+wmb+mb LB+datas LB+ctrls WRC+mbs IRIW+mbs SB+mbs CoRR CoWW CoRW CoWR S+wmb+mb R+mbs R+wmb+mb 2+2W+wmbs
        ISA2+wmb+mb+mb
        MP+mbs MP+imbs SB+imbs LB+addrs LB+mbs CoRW2 RWC+mbs W+RWC+wmb+mb+mb SB+rfi+po-mb+po-mb lost+llscs
        lock-init+llsc+po-mb+mb lock-init+llsc+po-wmb+mb
    """,
    "A": """
        MP+wmb+addr MP+mb+addr MP+wmb+ctrl WRC+mb+addr ISA2+wmb+mb+addr ISA2+mb+mb+addr ISA2+wmb+data+addr SB SB+rfi
        MP MP+wmb+po MP+po+mb LB S R 2+2W WRC+data+addr SB+wmbs SB+llscs lock-init+llsc+po-po+mb
        lock-init+llsc+po-wmb+addr
    """,
}
_ALPHA_MANUAL_ONLY = "LB+data+mb S+wmb+data S+wmb+ctrl WRC+data+mb ISA2+wmb+data+mb"


def tso(fence: str) -> dict[str, str]:
    """What pins down total store order: only what a store buffer does is allowed."""
    return {
        "A": "SB SB+rfi R 3.SB RWC",
        "F": f"""
            MP LB WRC IRIW 2+2W S ISA2 SB+{fence}s R+po+{fence} RWC+po+{fence} SB+rfi+po-{fence}+po-{fence} PPO+rfi
            CoRR CoWW CoRW CoRW2 CoWR
        """,
    }


Key = tuple[str, str, Vocabulary]  # model, variants, words
VERDICTS: list[tuple[Key, Mapping[str, str]]] = [
    (("alpha", "", ALPHA), {"F": _ALPHA_BOTH["F"], "A": _ALPHA_BOTH["A"] + _ALPHA_MANUAL_ONLY}),
    (("alpha-linux", "", ALPHA), {"F": _ALPHA_BOTH["F"] + _ALPHA_MANUAL_ONLY, "A": _ALPHA_BOTH["A"]}),
    (("x86-tso", "", X86), tso("mfence")),
    (("x86-tso", "", X86), {"F": "SB+amos MP+amo lost+amos lock-init+amo"}),
    (
        ("x86-2006", "", X86),
        {
            "A": """
                MP SB WRC+mfences IRIW+mfences
                R SB+rfi RWC+mfences MP+mfence+addr MP+mfence+ctrl ISA2+po+po+lfence W+RWC+po+mfence+mfence WRC IRIW
            """,
            "F": """
                MP+po+lfence SB+mfences S
                LB 2+2W R+po+mfence MP+amo+po+lfence SB+amos lost+amos CoRR CoWW CoRW CoRW2 CoWR
            """,
        },
    ),
    (("x86-2006", "ordered-reads", X86), {"A": "WRC IRIW WRC+mfences IRIW+mfences SB R ISA2", "F": "MP S LB 2+2W"}),
    (("x86-2006", "dependent-reads", X86), {"A": "MP MP+po+ctrl WRC+po+addr", "F": "MP+po+addr"}),
    (
        ("power", "", POWER),
        {
            "A": """
                WRC+data+addr IRIW+lwsyncs MP+lwsync+ctrl R+lwsync+sync
                SB+lwsyncs lock-init+llsc+po-ctrlisync+addr
            """,
            "F": """
                WRC+sync+addr IRIW+syncs MP+lwsync+addr MP+lwsync+ctrlisync 2+2W+lwsyncs
                ISA2+lwsync+data+addr MP+eieio+addr SB+syncs LB+datas LB+ctrls lost+llscs
            """,
        },
    ),
    (
        ("armv7", "", ARMV7),
        {
            "A": """
                MP+dmb+ctrl WRC+data+dmb
                SB MP LB S R 2+2W WRC+addrs IRIW+addrs SB+dmb.sts R+dmb+dmb.st SB+llscs lock-init+llsc+po-ctrlisb+addr
            """,
            "F": """
                MP+dmb+addr ISA2+dmb+data+addr IRIW+dmbs LB+datas CoRR MP+dmb.st+addr 2+2W+dmb.sts
                MP+dmb+ctrlisb LB+ctrls LB+addrs CoWW CoRW CoRW2 CoWR SB+dmbs SB+dsbs WRC+dmb+addr WRC+dmbs R+dmbs
                S+dmb.st+data lost+llscs lock-init+llsc+po-dmb+addr
            """,
        },
    ),
    (
        ("aarch64", "", AARCH64),
        {
            "A": """
                MP+dmb.st+ctrl lock-init+llsc+po-acq+addr lock-init+amo+po-acq+addr
                lock-init+llsc+po-ctrlisb+addr SB MP LB S R 2+2W SB+dmb.sts MP+dmb.st+dmb.st MP+rel+po IRIW SB+llscs
                SB+rel.acqpcs SB+rfi+po-acq+po-acq PPO+rfi+dmb+ctrl-po-addr
            """,
            "F": """
                MP+dmb.st+addr WRC+addrs IRIW+addrs SB+rel.acqs
                MP+rel+acq MP+rel+acqpc MP+rel+addr MP+rel+dmb.ld MP+dmb+ctrlisb MP+dmb+addrisb LB+datas LB+ctrls
                LB+addrs LB+acqs LB+rels SB+dmbs R+dmbs 2+2W+dmb.sts S+dmb.st+data CoRR CoWW CoRW CoRW2 CoWR lost+amos
                lost+llscs lock-init+amo+po-acq.rel+addr lock-init+llsc+po-dmb+addr PPO+rfi+dmb+data-po-addr
            """,
        },
    ),
    (
        ("riscv", "", RISCV),
        {
            "A": """
                LB SB
                MP S R 2+2W IRIW MP+fence.w.w+ctrl SB+fence.tsos SB+llscs MP+fence.w.w+fence.r.w PPO+rfi+po+ctrl-po-addr
                lock-init+llsc+po-aq+addr lock-init+amo+po-po+addr SB+amos
            """,
            "F": """
                MP+fence.w.w+addr WRC+addrs LB+datas SB+fence.rw.rws
                IRIW+addrs LB+ctrls LB+addrs MP+fence.w.w+fence.r.r MP+fence.tsos LB+fence.r.ws 2+2W+fence.w.ws
                SB+fence.w.rs S+fence.w.w+data R+fence.rw.rws CoRR CoWW CoRW CoRW2 CoWR lost+amos lost+llscs SB+amos+aqs
                MP+amo+rl+addr lock-init+amo+po-aq+addr PPO+rfi+fence.w.w+data-po-addr
            """,
        },
    ),
    (("riscv", "Ztso", RISCV), tso("fence.rw.rw")),
    (("riscv-tso", "", RISCV), tso("fence.rw.rw")),
    (("riscv-tso", "", RISCV), {"A": "SB+fence.tsos SB+llscs", "F": "SB+fence.w.rs SB+amos lost+amos lock-init+amo"}),
    (  # ISA2+mf+data+addr is in no table of the manual; what forbids it is that mf waits for earlier stores everywhere
        ("ia64", "", IA64),
        {
            "A": """
                MP SB MP+rfi+po-data+acq SB+rfi+po-acq+po-acq SB+rfi+rel.acq-acq+rel.acq-acq WRC+acq+acq
                WRC+mfs IRIW+mfs RWC+mfs
                MP+rel+po MP+mf+ctrl MP+po+acq LB S R 2+2W CoRR IRIW+acqs WRC+acq.rel+acq WRC+data+addr
                SB+rel.acqs 3.SB
            """,
            "F": """
                MP+rel+acq SB+mfs MP+rel+addr WRC+[rel]+acq+acq WRC+[rel]+data+addr WRC+[rel]+ctrl+acq
                IRIW+[rel]+[rel]+acqs WRC+[rel]+mf+mf MP+mf+addr MP+mf+mf LB+datas LB+ctrls LB+addrs LB+acqs
                LB+rels 2+2W+rels 2+2W+mfs S+rel+acq R+mfs CoRR+acq CoWW CoRW CoRW2 CoWR SB+amos+mfs lost+amos
                lock-init+amo+po-acq+acq ISA2+mf+data+addr ISA2+rel+acq.rel+acq PPO+rfi+rel+data-po-addr
            """,
        },
    ),
    (("sparc-tso", "", SPARC), tso("membar")),
    (("sparc-tso", "", SPARC), {"A": "SB+SSs SB+LLs", "F": "SB+SLs SB+amos MP+amo lock-init+amo lost+amos"}),
    (
        ("sparc-pso", "", SPARC),
        {
            "A": "MP SB R 2+2W S SB+rfi MP+amo",
            "F": """
                MP+SS+po LB WRC IRIW SB+SLs 2+2W+SSs S+SS+po R+SS+SL SB+amos MP+amo+SS+po lost+amos lock-init+amo
                CoRR CoWW CoRW CoRW2 CoWR
            """,
        },
    ),
    (
        ("sparc-rmo", "", SPARC),
        {
            "A": """
                MP+SS+ctrl CoRR
                MP SB LB S R 2+2W WRC IRIW MP+SS+po MP+SS+SS SB+LLs SB+amos
            """,
            "F": """
                MP+SS+addr MP+SS+LL WRC+membars IRIW+membars WRC+addrs IRIW+addrs WRC+LS+LL IRIW+LLs
                LB+datas LB+ctrls LB+addrs LB+LSs SB+SLs 2+2W+SSs S+SS+data R+SS+SL CoWW CoRW CoRW2 CoWR lost+amos
                SB+amos+SLs PPO+rfi+SS+data-po-addr PPO+rfi+SS+ctrl-po-addr lock-init+amo+po-SLSS+addr
            """,
        },
    ),
    (
        ("mips", "", MIPS),
        {
            "A": "MP SB R 2+2W S SB+rfi SB+wmbs SB+rmbs SB+llscs",
            "F": """
                MP+sync+po LB SB+syncs IRIW
                MP+wmb+po MP+release+acquire SB+mbs WRC 2+2W+wmbs S+wmb+po R+syncs lost+llscs CoRR CoWW CoRW CoRW2 CoWR
            """,
        },
    ),
    (
        ("loongarch", "", LOONGARCH),
        {
            "A": """
                MP SB LB S R 2+2W CoRR MP+dbar.w.w+ctrl SB+dbar.rw.ws SB+dbar.r.rws SB+sames SB+amos
                lock-init+amo+po-po+addr PPO+rfi+dbar.w.w+ctrl-po-addr
            """,
            "F": """
                PPO+rfi+dbar.w.w+data-po-addr PPO+rfi+dbar.w.w+addr-po-addr
                MP+dbar.w.w+dbar.r.r MP+dbar.w.w+addr SB+dbar.rw.rws SB+dbar.w.rs 2+2W+dbar.w.ws LB+datas LB+ctrls
                LB+dbar.r.rws MP+dbar.rw.w+dbar.r.rw WRC+addrs IRIW+addrs CoRR+same CoWW CoRW CoRW2 CoWR LB+addrs
                lost+amos
            """,
        },
    ),
    (("loongarch", "", LOONGARCH_LLSC), {"F": "SB+llscs lost+llscs lock-init+llsc+po-po+dbar.r.r"}),
    (("s390", "", S390), tso("bcr")),
    (("s390", "", S390), {"F": "SB+bcr15s SB+amos lost+amos lock-init+amo"}),
]


# The shapes of the seed thread "mm: fix anon_vma races", as the kernel of October 2008 compiles them: a test for each
# column, then the verdicts in this order.
SEED: Mapping[str, tuple[str, str]] = {
    "a: a pointer": ("MP+po+addr MP+po+addr MP+po+addr MP MP+po+addr MP+po+addr", "AAAFAA"),
    "b: with wmb": ("MP+wmb+addr MP+lwsync+addr MP+dmb+addr MP MP+SS+addr MP+po+addr", "AFFFFA"),
    "c: and depends": ("MP+wmb+mb MP+lwsync+addr MP+dmb+addr MP MP+SS+addr MP+po+addr", "FFFFFA"),
    "d: a flag": ("MP+wmb+ctrl MP+lwsync+ctrl MP+dmb+ctrl MP MP+SS+ctrl MP+po+ctrl", "AAAFAA"),
    "e: and rmb": ("MP+wmb+mb MP+lwsync+sync MP+dmbs MP MP+SS+LL MP+po+lfence", "FFFFFF"),
    "f: by way of a third": (
        "ISA2+wmb+data+mb ISA2+lwsync+data+addr ISA2+dmb+data+addr ISA2 ISA2+SS+data+addr ISA2+po+data+addr",
        "AFFFFA",
    ),
    "g: f without wmb": (
        "ISA2+po+data+mb ISA2+po+data+addr ISA2+po+data+addr ISA2 ISA2+po+data+addr ISA2+po+data+addr",
        "AAAFAA",
    ),
    "h: f with depends in the middle": (
        "ISA2+wmb+mb+mb ISA2+lwsync+data+addr ISA2+dmb+data+addr ISA2 ISA2+SS+data+addr ISA2+po+data+addr",
        "FFFFFA",
    ),
    "i: transitive": ("WRC+mbs WRC+syncs WRC+dmbs WRC+mfences WRC+membars WRC+mfences", "FFFFFA"),
    "j: rmb only": ("WRC+data+mb WRC+data+sync WRC+data+dmb WRC WRC+data+LL WRC+data+lfence", "AAAFFA"),
    "n: the lock itself": (
        "lock-init+llsc+po-mb+mb lock-init+llsc+po-ctrlisync+addr lock-init+llsc+po-dmb+addr lock-init+amo"
        " lock-init+amo+po-SLSS+addr lock-init+amo+po-po+addr",
        "FAFFFA",
    ),
    "o: store buffering": ("SB SB SB SB SB SB", "AAAAAA"),
    "o: with mb": ("SB+mbs SB+syncs SB+dmbs SB+mfences SB+membars SB+mfences", "FFFFFF"),
}
COLUMNS = [
    ("alpha", ALPHA),
    ("power", POWER),
    ("armv7", ARMV7),
    ("x86-tso", X86),
    ("sparc-rmo", SPARC),
    ("x86-2006", X86),
]


@pytest.mark.parametrize("shape", SEED)
def test_shapes_of_the_seed_thread(shape: str) -> None:
    names, verdicts = SEED[shape]
    found = [allowed(build(test, words), name) for test, (name, words) in zip(names.split(), COLUMNS, strict=True)]
    assert "".join("FA"[verdict] for verdict in found) == verdicts


def rows() -> Iterator[tuple[str, str, Vocabulary, str, bool]]:
    for (name, variants, vocabulary), verdicts in VERDICTS:
        for verdict, names in verdicts.items():
            for test in names.split():
                yield name, variants, vocabulary, test, verdict == "A"


ROWS = list(rows())


@pytest.mark.parametrize(
    ("name", "variants", "vocabulary", "test", "expected"),
    ROWS,
    ids=[f"{n}{'+' + v if v else ''} {t} {'A' if e else 'F'}" for n, v, _, t, e in ROWS],
)
def test_verdict(name: str, variants: str, vocabulary: Vocabulary, test: str, expected: bool) -> None:
    assert allowed(build(test, vocabulary), name, variants) == expected


def test_every_model_but_sc_has_verdicts_of_both_kinds() -> None:
    found = {(name, expected) for name, _, _, _, expected in ROWS}
    assert found == {(name, expected) for name in INFO if name != "sc" for expected in (True, False)}


# --- against each other, on random programs ---------------------------------------------------------------------------


def states(test: LitmusTest, name: str, variants: str = "") -> set[State]:
    graph = unfold(test)
    base = base_bounds(graph, domains.compute(graph))
    found = decide(graph, base, model(name, variants), test.condition, Options(), z3)
    assert found.complete
    return set(found.states)


FLOWLESS_X86 = x86_tests(flows=False)  # else there are as many states as numbers where values may come from nowhere
FLOWLESS_PPC = ppc_tests(flows=False)
MEMBAR = "MEMBAR_LL MEMBAR_LS MEMBAR_SL MEMBAR_SS"


def to_sparc(test: LitmusTest) -> LitmusTest:
    fences = {"MFENCE": MEMBAR, "LFENCE": "MEMBAR_LL", "SFENCE": "MEMBAR_SS"}
    fences |= {"SYNC": MEMBAR, "LWSYNC": "MEMBAR_SS", "EIEIO": "MEMBAR_SS MEMBAR_LS"}
    return translate(test, fences, atomic=("X", "X"))


@examples(40)
@given(FLOWLESS_X86)
def test_all_that_have_total_store_order_have_the_same(test: LitmusTest) -> None:
    """Itanium, too, if all loads are acquires and all stores releases, as its manual says."""
    expected = states(test, "x86-tso")
    assert states(to_sparc(test), "sparc-tso") == expected
    assert states(translate(test, {"MFENCE": "BCR_14"}, atomic=("X", "X")), "s390") == expected
    fences = {"MFENCE": "Fence.rw.rw", "LFENCE": "Fence.r.r", "SFENCE": "Fence.w.w"}
    riscv = translate(test, fences, atomic=("X", "X"))
    assert states(riscv, "riscv", "Ztso") == states(riscv, "riscv-tso") == expected
    ordered = translate(test, {"MFENCE": "MF"}, "ACQ", "REL", ("ACQ", "REL"), around="MF")
    assert states(ordered, "ia64") == expected


@examples(30)
@given(FLOWLESS_PPC)
def test_the_published_mips_is_partial_store_order(test: LitmusTest) -> None:
    fences = {"SYNC": "SYNC", "LWSYNC": "SYNC_WMB", "EIEIO": "SYNC_RELEASE"}
    assert states(translate(test, fences, atomic=("X", "X")), "mips") == states(to_sparc(test), "sparc-pso")


@examples(40)
@given(FLOWLESS_PPC)
def test_armv8_and_riscv_are_one_model_but_for_what_only_one_has(test: LitmusTest) -> None:
    arm = {"SYNC": "DMB.ISH", "LWSYNC": "DMB.ISHST", "EIEIO": "DMB.ISHLD"}
    riscv = {"SYNC": "Fence.rw.rw", "LWSYNC": "Fence.w.w", "EIEIO": "Fence.r.rw"}
    expected = states(translate(test, arm, exclusives=False), "aarch64")
    assert states(translate(test, riscv, exclusives=False), "riscv") == expected


@examples(40)
@given(FLOWLESS_X86)
def test_from_strong_to_weak_x86_and_sparc(test: LitmusTest) -> None:
    x86 = [states(test, "x86-tso"), states(test, "x86-2006", "ordered-reads"), states(test, "x86-2006")]
    assert x86[0] <= x86[1] <= x86[2]
    sparc = [states(to_sparc(test), f"sparc-{order}") for order in ("tso", "pso", "rmo")]
    assert sparc[0] <= sparc[1] <= sparc[2]


@examples(30)
@given(FLOWLESS_PPC)
def test_from_strong_to_weak_arm_and_alpha(test: LitmusTest) -> None:
    fences = {"SYNC": "DMB.ISH", "LWSYNC": "DMB.ISHST", "EIEIO": "DSB.ST", "ISYNC": "ISB"}
    arm = translate(test, fences, atomic=("X", "X"))
    assert states(arm, "aarch64") <= states(arm, "armv7")
    alpha = translate(test, {"SYNC": "MB", "LWSYNC": "WMB", "EIEIO": "WMB", "ISYNC": "IMB"}, atomic=("X", "X"))
    assert states(alpha, "alpha-linux") <= states(alpha, "alpha")


@examples(25)
@given(FLOWLESS_X86 | FLOWLESS_PPC)
def test_all_allow_what_interleaving_gives(test: LitmusTest) -> None:
    plain = translate(test, {})
    interleaved = states(plain, "sc")
    for name in INFO:
        assert interleaved <= states(plain, name), name


ITANIUM = retagged(
    FLOWLESS_X86 | FLOWLESS_PPC,
    loads=["", "", "ACQ"],
    stores=["", "", "REL"],
    atomics=[("ACQ", ""), ("", "REL"), ("ACQ", "REL"), ("", "")],
    fences=["MF"],
    exclusives=False,
)
OLD_X86 = retagged(
    FLOWLESS_X86 | FLOWLESS_PPC,
    loads=[""],
    stores=["", "", "NT"],
    atomics=[("X", "X")],
    fences=["MFENCE", "LFENCE", "SFENCE"],
    exclusives=False,
)
COPIES = [("ia64", ITANIUM, itanium), ("x86-2006", OLD_X86, processor_consistency)]


@pytest.mark.parametrize(("name", "tests", "edges"), COPIES, ids=[name for name, _, _ in COPIES])
def test_without_copies_is_as_with_copies(
    name: str, tests: st.SearchStrategy[LitmusTest], edges: Callable[[Copies], Iterator[Edge]]
) -> None:
    @examples(120)
    @given(tests)
    def agrees(test: LitmusTest) -> None:
        graph = unfold(test)
        try:
            executions = list(candidates(graph, 150))
        except LimitReached:
            return
        for execution, outcome in zip(executions, evaluate(model(name), graph, executions), strict=True):
            if not {"sc-per-location", "atomicity"} & set(outcome.violated):
                assert outcome.consistent == is_consistent(execution, edges), outcome.violated

    agrees()
