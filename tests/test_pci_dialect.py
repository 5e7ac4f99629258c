"""The PCI dialect: how tests are read, and what is said of those that make no sense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from oracles.shared import engine

from litmus.base.errors import LitmusError, ModelError, UsageError
from litmus.base.source import Source
from litmus.batch.survey import MOST, placed, survey
from litmus.dialects.pci.declarations import CPUS
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.kernel import ERAS
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.topology import Topology
from litmus.ir.verdict import Status
from litmus.pci.cpus import FUNCTIONS, read_cpus
from litmus.pci.cpus import program as program_of
from litmus.pci.ordering import read_passing
from litmus.render.placements import block, line
from litmus.render.text import block as verdict_block
from litmus.render.topology import svg

TOPOLOGY = """
  host bus 0;
  bus 1 under 0;
  bus 2 under 1;
  device nic on 2: P0, ring;
  function phy of nic: link;
  P2, m on 1;
  cpu x86: P1;
  memory: x, y;
  wire: irq;
"""


def written(
    topology: str = TOPOLOGY,
    device: str = "write x = 1",
    cpu: str = "r1 = read x",
    condition: str = "exists (1:r1=1)",
    init: str = "",
) -> str:
    return f"PCI t\n{{ {init} }}\ntopology {{{topology}}}\n P0 | P1 | P2 ;\n {device} | {cpu} | ;\n{condition}\n"


def read(text: str) -> LitmusTest:
    return parse_test(Source("t.litmus", text))


def test_a_topology_is_read() -> None:
    topology = read(written()).topology
    assert topology is not None
    assert topology.parents == {"0": "", "1": "0", "2": "1"}
    assert topology.devices == {"nic": "2", "P2": "1", "m": "1"}
    assert topology.functions == {"nic": "nic", "phy": "nic", "P2": "P2", "m": "m"}
    assert topology.masters == ("nic", "host", "P2")
    assert topology.homes == {"ring": "nic", "link": "phy", "m": "m", "x": "memory", "y": "memory", "irq": "wire"}
    assert (topology.cpu, topology.rules, topology.host) == ("x86", "express", "0")
    assert topology.route("2", "0") == ("2", "1", "0")
    assert [topology.completer(x) for x in ("x", "link")] == ["host", "phy"]


def test_a_route_goes_by_the_bus_above_both() -> None:
    test = read("PCI t\n{}\ntopology { host bus h; bus p under h; bus q under p; bus r under h; P0, x on r; }\nP0;\n;")
    assert test.topology is not None
    assert test.topology.route("q", "r") == ("q", "p", "h", "r")
    assert test.topology.route("p", "p") == ("p",)


@pytest.mark.parametrize(
    "device",
    [
        "write x = 1",
        "write x = -1 [RO, IDO]",
        "nonposted x = 2 [RO, completion RO, nowait]",
        "iowrite m = 1",
        "msi x = 1 [IDO]",
        "raise irq",
        "lower irq",
        "r1 = read m [IDO, completion IDO]",
        "r63 = snoop x",
        "write x = r1",
    ],
)
def test_operations_of_devices_are_printed_as_written(device: str) -> None:
    test = read(written(device=device))
    assert test.threads[0].rows == (device,)
    again = read(print_test(test))
    assert (again.hash, again.topology, again.threads[0].rows) == (test.hash, test.topology, test.threads[0].rows)


@pytest.mark.parametrize(
    "cpu",
    [
        "write ring = 1 [IDO]",
        "iowrite ring = 1",
        "r1 = interrupt irq",
        "mfence",
        "writel(1, ring)",
        "writel_relaxed(r1, ring)",
        "r1 = readl(ring)",
        "r1 = READ_ONCE(x)",
        "WRITE_ONCE(x, 1)",
        "smp_store_release(x, 1)",
        "wmb()",
        "mmiowb()",
        "spin_lock(x)",
    ],
)
def test_operations_of_cpus_are_printed_as_written(cpu: str) -> None:
    assert read(written(cpu=cpu)).threads[1].rows == (cpu,)


def test_where_things_are_is_part_of_the_hash() -> None:
    assert read(written()).hash != read(written(TOPOLOGY.replace("nic on 2", "nic on 1"))).hash


# --- what makes no sense ----------------------------------------------------------------------------------------------

BAD: Mapping[str, tuple[dict[str, str], str, str]] = {
    # what is changed, the line of the place with the text there, and the message
    "two ways up": (
        {"topology": TOPOLOGY + "bus 2 under 0;"},
        "2",
        "'2' is declared twice, with bridges to 1 and to 0",
    ),
    "a circle": (
        {"topology": TOPOLOGY + "bus 3 under 4; bus 4 under 3;"},
        "3",
        "is under itself: buses must be a tree",
    ),
    "under itself": ({"topology": TOPOLOGY + "bus 3 under 3;"}, "3", "is under itself: buses must be a tree"),
    "two hosts": ({"topology": TOPOLOGY + "host bus 9;"}, "9", "there can be only one host bus"),
    "no host": ({"topology": "bus 1 under 2;"}, "topology", "no host bus"),
    "unknown bus above": ({"topology": TOPOLOGY + "bus 3 under 7;"}, "7", "unknown bus '7'"),
    "unknown bus": ({"topology": TOPOLOGY + "device d on 7;"}, "7", "unknown bus '7'"),
    "unknown bus, alone": ({"topology": TOPOLOGY + "z on 7;"}, "7", "unknown bus '7'"),
    "no home": ({"device": "write z = 1"}, "z", "location 'z' is not in the topology"),
    "no home, initial": ({"init": "z=1;"}, "z=1", "location 'z' is not in the topology"),
    "no home, condition": ({"condition": "exists (z=1)"}, "z=1", "location 'z' is not in the topology"),
    "no home of a thread": (
        {"topology": TOPOLOGY.replace("P2, m", "m")},
        "topology",
        "thread P2 is not in the topology",
    ),
    "no such thread": ({"topology": TOPOLOGY + "P3 on 1;"}, "P3", "the program has 3 threads, but no P3"),
    "two homes": ({"topology": TOPOLOGY + "memory: ring;"}, "ring", "'ring' is already in the topology, on line 7"),
    "two homes, alone": ({"topology": TOPOLOGY + "x on 1;"}, "x", "'x' is already in the topology"),
    "declared twice": ({"topology": TOPOLOGY + "device nic on 1;"}, "nic", "'nic' is declared already"),
    "no such device": ({"topology": TOPOLOGY + "function f of nick;"}, "nick", "no device 'nick' was declared before"),
    "no such cpu": ({"topology": TOPOLOGY.replace("x86", "x68")}, "x68", "unknown CPU architecture 'x68'"),
    "two cpus": ({"topology": TOPOLOGY + "cpu alpha: P3;"}, "alpha", "there are x86 CPUs already"),
    "no such rules": ({"topology": TOPOLOGY + "rules expres;"}, "expres", "unknown passing rules 'expres'"),
    "no such declaration": ({"topology": TOPOLOGY + "bis 3 under 0;"}, "bis", "no declaration begins with 'bis'"),
    "no end of a declaration": ({"topology": TOPOLOGY + "wire: i j;"}, "j", "expected ';' after a declaration"),
    "a thread in memory": ({"topology": TOPOLOGY + "memory: P3;"}, "P3", "expected a location"),
    "a location as a cpu": ({"topology": TOPOLOGY + "cpu x86: z;"}, "z", "expected a thread"),
    "unknown operation": ({"device": "rite x = 1"}, "rite", "unknown operation 'rite'"),
    "unknown attribute": ({"device": "write x = 1 [RU]"}, "RU", "unknown attribute 'RU'"),
    "no attribute": ({"device": "write x = 1 []"}, "]", "unknown attribute ']'"),
    "completion of a posted write": (
        {"device": "write x = 1 [completion RO]"},
        "completion RO",
        "'completion RO' does not fit 'write'",
    ),
    "waiting for a posted write": ({"device": "write x = 1 [nowait]"}, "nowait", "'nowait' does not fit 'write'"),
    "attributes of I/O": ({"device": "iowrite m = 1 [RO]"}, "RO", "'RO' does not fit 'iowrite'"),
    "RO on an MSI": ({"device": "msi x = 1 [RO]"}, "RO", "'RO' does not fit 'msi'"),
    "attributes of a snoop": ({"device": "r1 = snoop x [RO]"}, "RO", "'RO' does not fit 'snoop'"),
    "attributes in memory": ({"cpu": "write x = 1 [RO]"}, "RO", "'RO' does not fit a CPU's access to memory"),
    "a hasty CPU": ({"cpu": "r1 = read m [nowait]"}, "nowait", "'nowait' does not fit a CPU"),
    "a write to a wire": ({"device": "write irq = 1"}, "irq", "'irq' is a wire"),
    "a wire that is none": ({"device": "raise x"}, "x", "'x' is not a wire"),
    "a snooped wire": ({"device": "r1 = snoop irq"}, "irq", "'irq' is a wire"),
    "a snooping CPU": ({"cpu": "r1 = snoop x"}, "snoop", "a CPU cannot snoop"),
    "an interrupted device": ({"device": "r1 = interrupt irq"}, "interrupt", "only a CPU can take an interrupt"),
    "an interrupt by a register": (
        {"cpu": "r1 = interrupt m"},
        "m",
        "an interrupt needs a wire or a location in memory",
    ),
    "a CPU's MSI": ({"cpu": "msi x = 1"}, "msi", "only a device can send a message-signalled interrupt"),
    "a CPU's wire": ({"cpu": "raise irq"}, "raise", "only a device can drive an interrupt wire"),
    "a CPU's nonposted write to memory": ({"cpu": "nonposted x = 1"}, "x", "a CPU's 'nonposted' must go to a device"),
    "a device's fence": ({"device": "mfence"}, "mfence", "'mfence' is a fence of x86, but a device has no fences"),
    "another CPU's fence": ({"cpu": "lwsync"}, "lwsync", "'lwsync' is a fence of power, but the CPUs are x86"),
    "a device's function": ({"device": "wmb()"}, "wmb", "'wmb' is a function of the kernel, but this thread is a dev"),
    "unknown function": ({"cpu": "writes(1, m)"}, "writes", "unknown function 'writes'"),
    "readl of memory": ({"cpu": "r1 = readl(x)"}, "x", "'readl' is for registers of devices"),
    "READ_ONCE of a device": ({"cpu": "r1 = READ_ONCE(m)"}, "m", "'READ_ONCE' is for memory"),
    "a result that there is not": ({"cpu": "r1 = wmb()"}, "r1", "'wmb' has no result"),
    "a result that nobody has": ({"cpu": "readl(m)"}, "readl", "'readl' needs a register"),
    "a read without register": ({"device": "read x"}, "read", "'read' needs a register"),
    "a register that there is not": ({"device": "r64 = read x"}, "r64", "expected a register"),
    "a register as location": ({"device": "write r1 = 1"}, "r1", "expected a location"),
    "no value": ({"device": "write x = y"}, "y", "expected a number or a register"),
    "large number": (
        {"device": "write x = 99999999999999999999"},
        "99999999999999999999",
        "is not a number of at most",
    ),
    "more than an operation": ({"device": "write x = 1 2"}, "2", "expected the end of the operation"),
    "write into a register": ({"device": "r1 = write x"}, "write", "expected an operation that reads"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_have_their_place(name: str) -> None:
    changes, place, message = BAD[name]
    with pytest.raises(LitmusError) as caught:
        engine.check(read(written(**changes)))
    assert message in caught.value.message
    assert caught.value.span is not None
    assert caught.value.span.text == place
    assert str(caught.value).startswith("t.litmus:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PCI t\n{}\nP0;\nwrite x = 1;\n", "expected the topology after the initial state"),
        ("PCI t\n{}\n", "expected the topology after the initial state"),
        ("PCI t\n{}\ntopology { host bus 0;\n", "topology without end"),
        ("PCI t\n{}\ntopology { host bus 0; }\n", "no program"),
        ("PCI t\n{}\ntopology { }\nP0;\n", "no host bus"),
    ],
)
def test_a_test_without_its_parts(text: str, message: str) -> None:
    with pytest.raises(LitmusError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.span is not None


def test_there_are_buses_enough() -> None:
    deep = "host bus 0; " + " ".join(f"bus {n} under {n - 1};" for n in range(1, 64))
    text = f"PCI t\n{{}}\ntopology {{ {deep} P0 on 20; x on 0; }}\nP0;\nwrite x = 1;\nr1 = read x;\nexists (0:r1=0)"
    assert engine.check(read(text)).allowed is False
    far = text.replace("P0 on 20", "P0 on 63").replace("r1 = read x;", "r1 = read x;\n" * 4)
    assert engine.check(read(far)).status is Status.LIMIT
    with pytest.raises(LitmusError, match="more than 64 buses"):
        read(text.replace("P0 on", "bus 64 under 63; P0 on"))


@pytest.mark.slow
def test_nothing_else_than_an_error_or_an_answer() -> None:
    """Operations that are taken apart and put together again."""
    random = Random(4)
    more = "r1 r2 x m irq = [ ] RO IDO completion nowait , ( ) & 1 -1 read write snoop"
    pieces = f"{written()} {more}".split()
    answers = errors = placed_well = 0
    for _ in range(1500):
        device = " ".join(random.choice(pieces) for _ in range(random.randint(0, 6)))
        cpu = " ".join(random.choice(pieces) for _ in range(random.randint(0, 3)))
        topology = TOPOLOGY.split()
        for _ in range(random.choice((0, 0, 1))):
            topology[random.randrange(len(topology))] = random.choice(pieces)
        try:
            engine.check(read(written(" ".join(topology), device, cpu)), None, Options(verdict_only=True))
            answers += 1
        except LitmusError as error:
            placed_well += error.span is not None
            errors += 1
    assert answers
    assert placed_well == errors


# --- passing tables and placements ------------------------------------------------------------------------------------

GOOD = """name: t
description: a table
source: [me]
rules:
""" + "".join(
    f"  {row}:\n"
    + "".join(
        f"    {column}: {{pass: may, why: x}}\n"
        for column in ("posted", "read", "nonposted", "read-completion", "write-completion")
    )
    for row in ("posted", "read", "nonposted", "read-completion", "write-completion")
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pass: may", "pass: maybe", "'maybe' is neither one of never, may, must"),
        ("pass: may", "pass: [RU]", "no attribute 'RU'"),
        ("{pass: may, why: x}", "{pass: may}", "key 'why' is missing"),
        ("    posted: {pass: may, why: x}\n", "", "key 'posted' is missing"),
        ("posted:", "postal:", "unknown key 'postal'"),
        ("name: t", "name: [t]", "must be"),
    ],
)
def test_tables_that_make_no_sense(old: str, new: str, message: str, tmp_path: object) -> None:
    path = f"{tmp_path}/t.yaml"
    for text, good in ((GOOD, True), (GOOD.replace(old, new, 1), False)):
        with open(path, "w") as file:
            file.write(text)
        if good:
            assert read_passing(path).cells["posted", "posted"].always
            continue
        with pytest.raises(ModelError, match=message.replace("[", r"\[")) as caught:
            read_passing(path)
        assert caught.value.span is not None


def test_a_table_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    for word, always in (("may", True), ("never", False)):
        path.write_text(GOOD.replace("may", word, 1))
        assert read_passing(str(path)).cells["posted", "posted"].always is always


@pytest.mark.parametrize("cpu", CPUS)
def test_cpus_are_described(cpu: str) -> None:
    cpus = read_cpus(cpu)
    assert cpus.name == cpu
    assert cpus.assumptions
    assert set(cpus.io) == set(ERAS)
    assert all(set(rows) == set(FUNCTIONS) for rows in cpus.io.values())
    assert set(CPUS[cpu].values()) <= cpus.architecture.tags


def test_a_cpu_has_the_functions_of_an_era() -> None:
    program = "PCI t\n{ }\ntopology { host bus 0; cpu alpha: P0; d on 0; memory: x; }\nP0;\nWRITE_ONCE(x, 1);\n"
    test = read(program + "writel(1, d);\nexists (x=1)")
    kinds = {
        era: [type(statement).__name__ for statement in program_of(test, read_cpus("alpha"), era).threads[0].body]
        for era in ERAS
    }
    assert kinds == {"v2.6.27": ["Store", "Store", "Fence"], "v6": ["Store", "Fence", "Store"]}
    with pytest.raises(UsageError, match="no kernel mapping for 'v7'"):
        engine.check(test, None, Options(era="v7"))


@pytest.mark.parametrize(
    ("cpu", "body", "doubted"),
    [
        ("alpha", "r1 = readl(d);", ["readl"]),
        ("alpha", "writel(1, d); r1 = readl_relaxed(d);", []),
        ("power", "spin_lock(x); writel(1, d); spin_unlock(x);", ["spin_lock"]),
    ],
)
def test_what_is_uncertain_of_a_cpu_is_so_of_a_test_that_uses_it(cpu: str, body: str, doubted: list[str]) -> None:
    program = f"PCI t\n{{ }}\ntopology {{ host bus 0; cpu {cpu}: P0; d on 0; memory: x; }}\nP0;\n"
    test = read(program + body.replace(" r1", "\nr1").replace("; ", ";\n") + "\nexists (d=1)")
    verdict = engine.check(test, None, Options(era="v6"))
    assert [doubt.partition(":")[0] for doubt in verdict.uncertain] == doubted


def topology_of(test: LitmusTest) -> Topology:
    assert test.topology is not None
    return test.topology


@pytest.mark.parametrize("name", ["expres", "", "../express", "no.yaml", "\0.yaml"])
def test_tables_that_are_not_there(name: str) -> None:
    with pytest.raises(ModelError):
        read_passing(name)


def test_too_many_placements() -> None:
    many = ", ".join(f"x{n}" for n in range(30))
    with pytest.raises(LitmusError, match=f"more than {MOST}"):
        next(placed(read(written(TOPOLOGY + f"{many} on 1;"))))


def test_only_a_topology_has_placements() -> None:
    with pytest.raises(LitmusError, match="only tests of PCI have placements"):
        next(placed(read("X86 t\n{}\nP0;\nmfence;\nexists (x=0)")))


def test_placements_are_shown() -> None:
    found = survey(read(written(condition="forall (1:r1=0)")))
    shown = block(found)
    assert shown.startswith(
        "Test t Required\nPlacements 27, 3 of them different\nAllowed 27, as with nic on 0, P2 on 0, m"
    )
    assert "\nForbidden 0\n" in shown
    assert '"allowed": 27' in line("t.litmus", found)


def test_a_topology_is_drawn() -> None:
    topology = read(written()).topology
    assert topology is not None
    picture = svg(topology)
    assert picture.count('class="bus"') == 3
    assert picture.count(">bridge<") == 2
    assert all(f">{name}<" in picture for name in ("CPU P1", "memory", "nic", "ring", "phy", "host bus 0"))


# --- the document -----------------------------------------------------------------------------------------------------

DOCS = Path(__file__).parent.parent / "docs"
SHOWN = re.findall(r"```litmus\n(.*?)```.*?```text\n(.*?)```", (DOCS / "pci.md").read_text(), re.DOTALL)


@pytest.mark.parametrize(("text", "answer"), SHOWN)
def test_the_document_shows_what_is_answered(text: str, answer: str) -> None:
    test = read(text)
    found = block(survey(test)) if answer.startswith("Placements") else verdict_block(engine.check(test))
    assert answer in found


def test_the_picture_is_that_of_the_document(pytestconfig: pytest.Config) -> None:
    topology = read(SHOWN[0][0]).topology
    assert topology is not None
    path = DOCS / "pci-topology.svg"
    if pytestconfig.getoption("--update-golden"):
        path.write_text(svg(topology))
    assert path.read_text() == svg(topology)
