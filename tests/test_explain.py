"""Explanations: that they hold by themselves, that nothing in them can be left out, and what they say."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, Ended
from oracles.effort import some
from oracles.explanations import check, check_every_candidate, check_words
from oracles.minimal import check_minimal
from oracles.shared import engine as ENGINE

import litmus
from litmus.explanations.explanation import Explanation, explain
from litmus.explanations.witness import witness
from litmus.frontend.files import read_test
from litmus.ir.options import Options
from litmus.ir.verdict import Answer
from litmus.render.explanation import rendered

CATALOG = ROOT / "catalog"
X86, PPC = CATALOG / "classic" / "x86", CATALOG / "classic" / "ppc"
ANON = CATALOG / "anon_vma"
C11 = CATALOG / "c11"
BUSES = CATALOG / "pci" / "bridges"
SAMPLE: list[tuple[Path, str | None, str]] = [
    *((path, None, "v6") for path in sorted(X86.glob("*.litmus"))[::4]),
    *((path, None, "v6") for path in sorted(PPC.glob("*.litmus"))[::4]),
    *((path, model, "v2.6.27") for path in sorted(ANON.glob("*.litmus"))[::4] for model in ("power", "alpha")),
    *((path, None, "v6") for path in sorted(BUSES.glob("*.litmus"))[::8]),
    (CATALOG / "kernel-rcu" / "section+grace-period.litmus", "lkmm", "v6"),
    (CATALOG / "lkmm" / "rcu" / "srcu+handed-on.litmus", "lkmm", "v6"),
    (CATALOG / "classic" / "c" / "MP+wmb+depends.litmus", "lkmm", "v2.6.27"),
    *((C11 / f"{name}.litmus", "c11", "v6") for name in ("SB+sc", "SB+sc-fences", "Z6.U", "mutex+count")),
]


def _of_kernel_and_machines() -> Iterator[tuple[Path, str | None, str]]:
    """The tests of the catalogue but for those in C11, with models and eras: kernel C under three machines."""
    for path in sorted(path for path in CATALOG.rglob("*.litmus") if path.parent.name != "c11"):
        if path.read_text("utf-8").startswith("C "):
            yield from ((path, model, era) for model in ("power", "alpha", "x86-tso") for era in ("v2.6.27", "v6"))
        else:
            yield path, None, "v6"


WHOLE: list[tuple[Path, str | None, str]] = [
    *((path, model, "v6") for path in sorted(C11.glob("*.litmus")) for model in ("rc11", "c11", "power")),
    *_of_kernel_and_machines(),
]


def explained(path: Path, model: str | None = None, era: str = "v6") -> Explanation | None:
    """The explanation, or None for a test that the model does not decide."""
    try:
        return explain(ENGINE, read_test(str(path)), model, Options(era=era))
    except litmus.UnsupportedError:
        return None


# --- checked by what shares nothing with what found them ----------------------------------------------------------


@pytest.mark.parametrize(("path", "model", "era"), SAMPLE, ids=lambda value: getattr(value, "stem", value))
def test_explanations_hold_by_themselves(path: Path, model: str | None, era: str) -> None:
    known = explained(path, model, era)
    if known is not None:
        check(known)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_the_catalogue_is_explained(part: int) -> None:
    """One in seven of the questions that one may ask of it; all of them in `make thorough`."""
    for path, model, era in some(WHOLE, 7)[part::8]:
        known = explained(path, model, era)
        if known is not None:
            check(known)


def test_a_cycle_too_many_is_noticed() -> None:
    known = explained(PPC / "MP+fences.litmus")
    assert known is not None
    with pytest.raises(AssertionError, match="could be left out"):
        check_every_candidate(replace(known, cycles=known.cycles * 2))
    other = explained(CATALOG / "kernel-patterns" / "seqlock.litmus", "aarch64")
    assert other is not None
    with pytest.raises(AssertionError, match="that no cycle rules out"):
        check_every_candidate(replace(other, cycles=other.cycles[:1]))


def test_what_is_too_much_or_too_little_is_noticed_in_a_large_test() -> None:
    """It has more accesses than brute force tries, and is checked by witnesses all the same."""
    known = explained(CATALOG / "kernel-locks" / "publish-under-lock.litmus", "power")
    assert known is not None
    assert not check(known)
    cycles, axioms = known.cycles, known.axioms
    with pytest.raises(AssertionError, match="could be left out"):
        check_minimal(replace(known, cycles=(*cycles, cycles[2])))
    for k in range(len(cycles)):
        with pytest.raises(AssertionError, match="a way that no cycle rules out"):
            check_minimal(replace(known, cycles=cycles[:k] + cycles[k + 1 :]))
    for k, cycle in enumerate(cycles):
        broad = replace(cycle, facts=cycle.facts[:1])
        with pytest.raises(AssertionError, match="what a cycle rests on is not enough"):
            check_minimal(replace(known, cycles=(*cycles[:k], broad, *cycles[k + 1 :])))
    for k in range(len(axioms)):
        with pytest.raises(AssertionError, match="the axioms are not enough"):
            check_minimal(replace(known, axioms=axioms[:k] + axioms[k + 1 :]))
    more = next(axiom for axiom in known.rules.axioms if axiom not in axioms)
    with pytest.raises(AssertionError, match="fewer axioms are enough"):
        check_minimal(replace(known, axioms=(*axioms, more)))


def test_a_wrong_word_is_noticed() -> None:
    known = explained(PPC / "MP+fences.litmus")
    assert known is not None
    (cycle,) = known.cycles
    check_words(cycle)
    for k, edges in enumerate(cycle.edges):
        wrong = replace(edges[0], name="co" if edges[0].name != "co" else "rf")
        with pytest.raises(AssertionError, match=f"name='{wrong.name}'"):
            check_words(replace(cycle, edges=(*cycle.edges[:k], (wrong, *edges[1:]), *cycle.edges[k + 1 :])))


ONE_ORDER = """"Sequential consistency by one order of all accesses"
let rec same(orders) = match orders with
|| {} -> {}
|| order ++ others -> order ++ same(others)
end
with S from ORDERS
empty po & (M * M) \\ S as program
let all = S | IW * (M \\ IW)
let before = all & loc & (W * R)
empty rf \\ (before \\ (all & loc & (W * W) ; before)) as latest
empty co \\ all as coherence
"""


@pytest.mark.parametrize("orders", ["linearisations(M \\ IW, 0)", "same(linearisations(M \\ IW, 0))"])
@pytest.mark.parametrize("path", [X86 / "SB.litmus", X86 / "R.litmus", X86 / "MP+mfence+ctrl.litmus"])
def test_that_no_order_fits_holds_by_itself(orders: str, path: Path, tmp_path: Path) -> None:
    """Orders that are listed, too, and those of events that not every execution has."""
    model = tmp_path / "one.cat"
    model.write_text(ONE_ORDER.replace("ORDERS", orders))
    known = explain(ENGINE, read_test(str(path)), str(model))
    check(known)
    assert len(known.cycles) == 1


def test_an_order_that_is_not_ruled_out_is_noticed() -> None:
    known = explained(C11 / "SB+sc.litmus", "c11")
    assert known is not None
    (way,) = known.cycles
    for k in range(2):
        fewer = replace(way, excluded=way.excluded[:k] + way.excluded[k + 1 :])
        with pytest.raises(AssertionError, match="an order that no cycle rules out"):
            check(replace(known, cycles=(fewer,)))
    with pytest.raises(AssertionError, match="could be left out"):
        check(replace(known, cycles=(replace(way, excluded=way.excluded + way.excluded[:1]),)))


# --- what is missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "model", "era", "means"),
    [
        (X86 / "SB.litmus", None, "v6", [[["mfence"], ["mfence"]]]),
        (
            PPC / "MP.litmus",
            None,
            "v6",
            [[["lwsync", "eieio", "sync"], ["an address dependency", "lwsync", "sync"]]],
        ),
        (PPC / "IRIW.litmus", None, "v6", [[["sync"], ["sync"]]]),
        (ANON / "anon_vma+wmb.litmus", "alpha", "v2.6.27", [[["smp_read_barrier_depends()", "smp_rmb()", "smp_mb()"]]]),
        (ANON / "anon_vma.litmus", "aarch64", "v6", [[["smp_store_release", "smp_wmb()", "smp_mb()"]]]),
    ],
)
def test_what_is_missing(path: Path, model: str | None, era: str, means: list[list[list[str]]]) -> None:
    known = explained(path, model, era)
    assert known is not None
    assert known.missing is not None
    assert [[list(remedy.means) for remedy in remedies] for remedies in known.missing.sets] == means


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (CATALOG / "kernel-patterns" / "seqlock+no-wmbs.litmus", "alpha-linux"),  # a release in between
        (CATALOG / "kernel-patterns" / "seqlock+no-wmbs.litmus", "lkmm"),  # a write barrier that orders two writes
        (C11 / "threads-joined.litmus", "c11"),  # two places for the same pair
    ],
)
def test_what_is_missing_is_enough_in_the_program_as_written(path: Path, model: str) -> None:
    known = explained(path, model)
    assert known is not None
    assert known.missing is not None
    assert known.missing.sets
    check(known)


@pytest.mark.parametrize(
    ("path", "model", "said"),
    [
        (CATALOG / "kernel-locks" / "lock-for-unlock.litmus", "power", "b -po-> e -fr-> b"),
        (CATALOG / "lkmm" / "rcu" / "waits-for-itself.litmus", "lkmm", "irreflexive rb; but a -po-> c -po-> d"),
    ],
)
def test_why_no_execution_comes_to_its_end(path: Path, model: str, said: str) -> None:
    known = explained(path, model)
    assert known is not None
    assert known.answer is Answer.INCOMPLETE
    check(known)
    text = " ".join(litmus.text(known).split())
    assert "and that is a circle:" in text
    assert said in text


def test_what_no_fence_rules_out() -> None:
    known = litmus.explain(X86 / "SB.litmus", state="0:EAX=1; 1:EAX=1")
    assert known.missing is not None
    assert known.missing.nothing
    assert not any(moment.before or moment.misses for moment in known.moments)


OPERANDS = """C operands
{ }
P0(int *x, int *y) { WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1); }
P1(int *x, int *y) { int r0; r0 = smp_load_acquire(y) * 2 + smp_load_acquire(x); }
exists (1:r0=2)
"""


def test_operands_in_no_order_are_said() -> None:
    known = litmus.explain(litmus.parse(OPERANDS))
    text = " ".join(litmus.text(known).split())
    assert "^ before d, although written after: C evaluates operands in any order" in text
    assert "only in statements of their own are d and e in order, and can a fence be between them" in text
    assert "ordinary interleaving" not in text
    moments = json.loads(rendered(known, "operands.litmus", "json"))["timeline"]
    assert [moment["unordered"] for moment in moments] == [["d"], [], [], []]


# --- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("alpha", [ANON / "anon_vma+wmb.litmus", "--arch", "alpha", "--era", "v2.6.27"]),
        ("power", [ANON / "anon_vma+wmb.litmus", "--arch", "power", "--era", "v2.6.27"]),
        ("locks", [ANON / "anon_vma+locks.litmus", "--arch", "power", "--era", "v2.6.27"]),
        ("x86", [X86 / "SB+fences.litmus"]),
        ("IRIW", [PPC / "IRIW.litmus"]),
        ("rcu", [CATALOG / "kernel-rcu" / "section+grace-period.litmus", "-m", "lkmm"]),
        ("S", [C11 / "Z6.U.litmus", "-m", "c11"]),
        ("mutex", [C11 / "mutex+count.litmus", "-m", "rc11"]),
        ("bridges", [BUSES / "2+2W+shared.litmus"]),
    ],
)
def test_the_text_is_as_recorded(
    name: str, arguments: list[object], invoke: Callable[..., Ended], golden: Callable[[str, str], None]
) -> None:
    ended = invoke("explain", *arguments)
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) <= (36 if name == "IRIW" else 30)  # it has four threads
    golden(f"explain-{name}.txt", ended.out)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (CATALOG / "kernel-locks" / "constructor+lock+chain.litmus", "power"),  # sets of orders that are missing
        (CATALOG / "kernel-rcu" / "two-sections+grace-periods.litmus", "lkmm"),  # a long circle
        (CATALOG / "kernel-locks" / "third-cpu.litmus", "x86-2006"),  # a long axiom
        (CATALOG / "pci" / "kernel-power" / "lock+raw+mmiowb+power.litmus", "pci-causal"),  # notes, and ways
        (CATALOG / "pci" / "drivers" / "peer+ro.litmus", "pci-causal"),  # notes, and a flag
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_a_text_keeps_to_thirty_lines(path: Path, model: str) -> None:
    known = explained(path, model)
    assert known is not None
    assert len(rendered(known, "", "text").splitlines()) <= 30


DEVICE = """PCI device
{{ }}
topology {{ host bus 0; bus 1 under 0; device nic on 1: P0; cpu x86: P1; memory: x, y; }}
 P0            | P1          ;
 {first:13} | r1 = read y ;
 {second:13} | r2 = read x ;
exists ({condition})
"""
WROTE = "1:r1=1 /\\ 1:r2=0"


@pytest.mark.parametrize(
    ("first", "second", "condition", "said"),
    [
        ("write x = 1", "write y = 1 [RO]", WROTE, "a posted write with RO may pass a posted write"),
        ("write x = 1", "write y = 1 [RO, IDO]", WROTE, "a posted write with RO may pass a posted write"),
        ("nonposted x = 1 [nowait]", "write y = 1", WROTE, "a posted write may pass a non-posted write"),
    ],
)
def test_what_a_bridge_lets_pass_is_said_with_the_rule(first: str, second: str, condition: str, said: str) -> None:
    test = litmus.parse(DEVICE.format(first=first, second=second, condition=condition))
    text = " ".join(litmus.text(litmus.explain(test)).split())
    where = "although later in the program: in the bridge from bus 1 to bus 0, "
    assert f"{where}{said} (passing table express)" in text
    assert "would forbid it, says litmus barriers." in text
    assert where not in litmus.text(litmus.explain(test, "pci-causal"))  # which knows of no buses


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SB+apart", "c is still in the bridge from bus 1 to bus 0, as nobody waits for a posted write to arrive"),
        ("LB+nowait", "P1 does not wait for the completion of c"),
    ],
)
def test_what_is_still_under_way_is_said(name: str, said: str) -> None:
    text = " ".join(litmus.text(litmus.explain(BUSES / f"{name}.litmus")).split())
    assert f"before c, although later in the program: {said}" in text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("drivers/dma-SB+x86", "A write waits in the store buffer of its processor"),
        ("drivers/doorbell+alpha", "Writes to different locations have no order"),
        ("drivers-power/status+power", "Reads of different locations are satisfied in any order"),
        ("kernel-power/register+writel+power", "Writes to different locations can become visible in any order"),
    ],
)
def test_what_a_processor_does_has_the_reason_of_its_architecture(name: str, why: str) -> None:
    known = litmus.explain(CATALOG / "pci" / f"{name}.litmus")
    text = " ".join(litmus.text(known).split())
    assert known.answer is Answer.ALLOWED
    assert [rule.because.startswith(why) for rule in known.reordered] == [True]
    assert f"Why: {why}" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "drivers-power/doorbell+power+eieio",
            "before a, although later in the program, and although eieio (line 13) is between a and c",
        ),
        ("kernel/ring+plain+alpha", "before a, although later in the program c"),
    ],
)
def test_a_fence_that_does_not_order_is_named(name: str, said: str) -> None:
    text = litmus.text(litmus.explain(CATALOG / "pci" / f"{name}.litmus"))
    assert said in " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("register+ro", "a is still in the bridge from bus 0 to bus 1, as nobody waits for a posted write to arrive"),
        ("posted+x86", "c is still in the bridge from bus 1 to bus 0, as nobody waits for a posted write to arrive"),
    ],
)
def test_what_is_issued_in_order_has_no_reason_of_a_processor(name: str, said: str) -> None:
    known = litmus.explain(CATALOG / "pci" / "drivers" / f"{name}.litmus")
    assert known.reordered == ()
    assert f"although later in the program: {said}" in " ".join(litmus.text(known).split())


def test_a_device_waits_for_a_completion() -> None:
    rows = [" ".join(row.split()) for row in litmus.text(litmus.explain(BUSES / "SB+nonposted.litmus")).splitlines()]
    assert "a before a completion on bus 0 the next step on its way" in rows
    assert "a before b P0 waits for the completion of a" in rows


def test_a_timeline_keeps_what_is_ordered_by_way_of_hops() -> None:
    """The device reads one after the other; what is weak is the processor."""
    known = litmus.explain(CATALOG / "pci" / "kernel" / "doorbell+dma_wmb+raw+alpha.litmus")
    weak = [moment for moment in known.moments if moment.before]
    assert known.answer is Answer.ALLOWED
    assert known.witness is not None
    spans = [known.witness.execution.graph.events[moment.event].span for moment in weak]
    assert [span.text for span in spans if span is not None] == ["write doorbell = 1"]


def test_an_ordinary_interleaving_of_devices_is_called_that() -> None:
    text = DEVICE.format(first="r1 = read x", second="write y = 1", condition="0:r1=0")
    assert "ordinary interleaving" in litmus.text(litmus.explain(litmus.parse(text)))


def test_a_test_without_a_condition_asks_about_nothing() -> None:
    text = "X86 t\n{ }\n P0         ;\n MOV [x],$1 ;\n"
    said = litmus.text(litmus.explain(litmus.parse(text)))
    assert said.splitlines()[1:] == ["No outcome is asked about: the test has no condition, and --state names none."]
    assert "The outcome: [x]=1" in litmus.text(litmus.explain(litmus.parse(text), state="[x]=1"))


def test_what_is_left_out_of_a_text_is_least_near_to_the_outcome() -> None:
    known = explained(CATALOG / "kernel-locks" / "expand-stack.litmus", "power", "v2.6.27")
    assert known is not None
    said = rendered(known, "", "text")
    assert "page_table_lock" not in said
    assert said.count("writes vm_start=1\n") == 2
    assert "... and 3 other accesses: --format markdown has all.\n" in said
    for form in ("markdown", "html"):
        page = rendered(known, "", form).split("<svg")[0].replace("\\", "")
        assert "other accesses" not in page
        assert page.count("page_table_lock=0") == 2


def test_letters_and_cycle_are_those_of_the_picture(invoke: Callable[..., Ended]) -> None:
    path = PPC / "SB+fences.litmus"
    known = explained(path)
    assert known is not None
    assert known.witness is not None
    assert witness(ENGINE, read_test(str(path)), None, Options(), violating=True).breaches == known.witness.breaches
    row = json.loads(invoke("explain", path, "--format", "json").out)
    said = " ".join(f"{s['from']} -{s['by']}-> {s['to']}" for s in row["cycles"][0]["steps"])
    assert said == "c -fr-> d d -sync-> f f -fr-> a a -sync-> c"


@pytest.mark.parametrize(
    ("path", "model", "said"),
    [
        (BUSES / "2+2W+shared.litmus", None, "queues: a -push-&gt; b -push-&gt; a"),
        (C11 / "SB+sc.litmus", "c11", "Forbidden: the outcome fits no order S<"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_the_page_has_a_picture_with_the_letters_and_orders_of_the_text(
    path: Path, model: str | None, said: str
) -> None:
    known = explained(path, model)
    assert known is not None
    assert said in rendered(known, "", "html").split("<svg")[1]


def test_every_format(invoke: Callable[..., Ended]) -> None:
    path = X86 / "SB.litmus"
    assert invoke("explain", path, "--format", "markdown").out.startswith("## SB under x86-tso: Allowed\n")
    page = invoke("explain", path, "--format", "html").out
    assert page.startswith("<!DOCTYPE html>")
    assert "</svg>" in page
    assert json.loads(invoke("explain", path, "--format", "json").out)["missing"] == [
        [
            {"before": "a", "after": "b", "means": ["mfence"]},
            {"before": "c", "after": "d", "means": ["mfence"]},
        ]
    ]


LONG = """PPC long
{ 0:r2=x; 1:r2=x; 2:r2=x; x=0; }
 P0           | P1           | P2           ;
 li r1,1      | li r1,2      | lwz r3,0(r2) ;
 stw r1,0(r2) | stw r1,0(r2) | lwz r4,0(r2) ;
 lwz r3,0(r2) | lwz r3,0(r2) | lwz r5,0(r2) ;
forall (0:r3=1 /\\ 1:r3=2 \\/ 0:r3=2 \\/ 1:r3=1 ANYTHING)
"""


def test_of_a_long_outcome_the_beginning_is_shown() -> None:
    asked = "".join(f" \\/ 2:r3={value} /\\ 2:r4={other}" for value in range(20, 40) for other in range(4))
    known = litmus.explain(litmus.parse(LONG.replace("ANYTHING", asked)))
    said = rendered(known, "long.litmus", "text").splitlines()
    assert said[4].strip() == "... and so on, as in the test"
    assert not said[5]


def test_excluded_orders_are_in_the_data(invoke: Callable[..., Ended]) -> None:
    row = json.loads(invoke("explain", C11 / "SB+sc.litmus", "-m", "c11", "--format", "json").out)
    (cycle,) = row["cycles"]
    assert [(one["order"], one["pair"]) for one in cycle["excluded"]] == [("S", ["a", "d"]), ("S", ["c", "b"])]
    assert [axiom["name"] for axiom in row["axioms"]] == ["with S", "S4"]


def test_an_explanation_can_be_pickled() -> None:
    known = litmus.explain(PPC / "MP+fences.litmus")
    assert pickle.loads(pickle.dumps(known)) == known


RACE = """"races"
let racing = ext & loc & (W * M)
flag ~empty racing as data-race
acyclic po | rf | co | fr as sc
"""


def test_a_flag_names_the_two_accesses(tmp_path: Path, invoke: Callable[..., Ended]) -> None:
    model = tmp_path / "race.cat"
    model.write_text(RACE)
    ended = invoke("explain", X86 / "MP.litmus", "-m", model)
    assert ended.code == 0
    flagged = ended.out.split("Flag data-race")[1]
    assert flagged.startswith(", raised by these two accesses:\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([X86 / "SB.litmus", "--state", "0:EBX+1"], 2, "error"),
        ([X86 / "SB.litmus", "--state", ""], 2, "not a state"),
        ([X86 / "SB.litmus", "--format", "svg"], 2, "unknown format 'svg'"),
        ([X86 / "SB.litmus", "-m", "sc", "--arch", "sc"], 2, "give one of them"),
        ([X86 / "SB.litmus", "--timeout", "0.0000001"], 3, "out of time"),
        (["missing.litmus"], 2, "no such file"),
    ],
)
def test_what_goes_wrong_is_a_message(
    arguments: list[object], code: int, said: str, invoke: Callable[..., Ended]
) -> None:
    ended = invoke("explain", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert "internal error" not in ended.err


def test_what_nothing_brings_about() -> None:
    known = litmus.explain(X86 / "SB.litmus", state="0:EAX=7")
    assert known.answer is Answer.FORBIDDEN
    assert (known.axioms, known.cycles) == ((), ())


@pytest.mark.parametrize(
    ("state", "warned"),
    [
        ("1:EDX=1", "nothing sets '1:EDX': it is 0 in the end"),
        ("q=1", "no thread uses 'q': it keeps its initial value"),
    ],
)
@pytest.mark.parametrize("processes", [1, 2])
def test_what_nothing_sets_is_a_warning_as_for_check(
    state: str, warned: str, processes: int, invoke: Callable[..., Ended], tmp_path: Path
) -> None:
    text = (X86 / "SB.litmus").read_text()
    asking = tmp_path / "asking.litmus"
    asking.write_text(f"{text[: text.index('exists')]}exists ({state})\n")
    checked = invoke("check", asking)
    for arguments in (["explain", X86 / "SB.litmus", "--state", state], ["explain", asking], ["barriers", asking]):
        ended = invoke(*arguments, "-j", processes)
        assert ended.code == 0
        assert ended.err.count("warning: ") == 1
        assert warned in ended.err
        assert ended.err.splitlines()[1:] == checked.err.splitlines()[1:] or "--state" in ended.err
        assert (f"Note: {warned}" in ended.out) is (arguments[0] == "explain")
    assert warned in invoke("graph", asking).err


MARKED = """AArch64 marked
{ 0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x; }
 P0           | P1          ;
 MOV W0,#1    | LDAR W0,[X1];
 STR W0,[X1]  | LDR W2,[X3] ;
 MOV W2,#1    |             ;
 STLR W2,[X3] |             ;
exists (1:X0=1 /\\ 1:X2=0)"""
LATE = """PPC late
{ 0:r2=x; 1:r2=x; 1:r4=y; 2:r2=y; 2:r4=x; }
 P0           | P1           | P2           ;
 li r1,1      | lwz r1,0(r2) | lwz r1,0(r2) ;
 stw r1,0(r2) | eieio        | lwsync       ;
              | xor r5,r1,r1 | lwz r3,0(r4) ;
              | addi r5,r5,1 |              ;
              | stw r5,0(r4) |              ;
exists (1:r1=1 /\\ 2:r1=1 /\\ 2:r3=0)"""
CHAINED = """PPC chained
{ 0:r2=x; 0:r4=y; 1:r2=y; 1:r4=z; 1:r8=x; }
 P0           | P1             ;
 li r1,2      | lwz r1,0(r2)   ;
 stw r1,0(r2) | xor r5,r1,r1   ;
 lwsync       | addi r5,r5,1   ;
 li r3,1      | stw r5,0(r4)   ;
 stw r3,0(r4) | lwz r6,0(r4)   ;
              | cmpw r6,r6     ;
              | beq L          ;
              | L:             ;
              | li r7,1        ;
              | stw r7,0(r8)   ;
exists (x=2 /\\ 1:r1=1)"""


@pytest.mark.parametrize(
    ("text", "model", "said"),
    [
        (MARKED, "aarch64", "program order, of two writes; b is a release"),
        (MARKED, "aarch64", "program order, of two reads; c is an acquire"),
        (LATE, "power", "have it; not every thread sees a write as soon as it is there:"),
        (
            CHAINED,
            "power",
            "the value of e depends on what d reads and f is after e in the program, at one location, and",
        ),
        (CHAINED, "power", "  f  P1 line 8   lwz r6,0(r4)  reads z="),
    ],
)
def test_words_for_those_who_know_no_model(text: str, model: str, said: str) -> None:
    written = rendered(litmus.explain(litmus.parse(text), model), "", "text")
    assert said in re.sub(r"\n {8,}", " ", written)


SWAPPED = """RISCV swapped
{ 0:x6=x; 0:x3=z; 0:x8=y; 1:x6=y; 1:x8=x; }
 P0                    | P1             ;
 lw x5,0(x6)           | lw x5,0(x6)    ;
 amoswap.w x2,x5,(x3)  | fence rw,rw    ;
 xor x7,x2,x2          | ori x9,x0,1    ;
 add x9,x8,x7          | sw x9,0(x8)    ;
 ori x4,x0,1           |                ;
 sw x4,0(x9)           |                ;
exists (0:x5=1 /\\ 1:x5=1)"""


def test_a_cycle_by_way_of_the_two_halves_of_an_exchange_is_closed() -> None:
    known = explain(ENGINE, litmus.parse(SWAPPED))
    check(known)
    said = rendered(known, "swapped.litmus", "text")
    assert " with b    they are one atomic update" in said
    assert "-amo^-1->" in said
