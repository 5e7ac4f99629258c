"""Measures how verdicts scale with the number of threads, on families of tests whose answers are known.

    python benchmarks/growth.py [seconds that a test may take]

Each family has a forbidden test, and the same test with one fence missing, which is allowed. The tests are
generated as text, and reading them is included in the time. Exit code 1 if an answer is wrong or late.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from litmus.base.source import Source
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.ir.options import Options
from litmus.render.table import table


@dataclass(slots=True)
class Thread:
    """A thread under construction, in the assembly of an architecture."""

    arch: str
    index: int
    lines: list[str] = field(default_factory=list)
    registers: dict[str, str] = field(default_factory=dict)  # of Power, for the addresses of locations
    reads: int = 0

    def write(self, location: str, value: int = 1) -> Thread:
        if self.arch == "X86":
            self.lines.append(f"MOV [{location}],${value}")
        else:
            self.lines += [f"li r9,{value}", f"stw r9,0({self._address(location)})"]
        return self

    def read(self, location: str) -> Thread:
        register = self.register(self.reads).split(":")[1]
        self.reads += 1
        if self.arch == "X86":
            self.lines.append(f"MOV {register},[{location}]")
        else:
            self.lines.append(f"lwz {register},0({self._address(location)})")
        return self

    def fence(self, fence: str) -> Thread:
        if fence:
            self.lines.append(fence)
        return self

    def register(self, read: int) -> str:
        """The register of a read, as conditions name it."""
        return f"{self.index}:{('EAX', 'EBX')[read] if self.arch == 'X86' else f'r{read + 1}'}"

    def _address(self, location: str) -> str:
        return self.registers.setdefault(location, f"r{20 + len(self.registers)}")


@dataclass(slots=True)
class Test:
    """A test under construction: its threads, and the values that the condition asks for."""

    arch: str
    name: str
    threads: list[Thread] = field(default_factory=list)
    atoms: list[str] = field(default_factory=list)

    def thread(self) -> Thread:
        self.threads.append(Thread(self.arch, len(self.threads)))
        return self.threads[-1]

    def ask(self, thread: Thread, *values: int) -> None:
        """Ask for the values that the thread's reads return, in order."""
        self.atoms += [f"{thread.register(read)}={value}" for read, value in enumerate(values)]

    def text(self) -> str:
        """The test in the `.litmus` format."""
        height = max(len(thread.lines) for thread in self.threads)
        columns = [[f"P{t.index}", *t.lines, *[""] * (height - len(t.lines))] for t in self.threads]
        program = "".join([" | ".join(row) + " ;\n" for row in zip(*columns, strict=True)])
        init = [f"{t.index}:{register}={x};" for t in self.threads for x, register in t.registers.items()]
        return f"{self.arch} {self.name}\n{{ {' '.join(init)} }}\n{program}exists ({self._condition()})\n"

    def _condition(self) -> str:
        return " /\\ ".join(self.atoms)


def store_buffering(arch: str, fence: str, size: int, missing: int | None) -> Test:
    """SB as a ring: each thread writes its location and reads that of the next; no read sees a write."""
    test = Test(arch, f"SB-ring-{size}")
    for n in range(size):
        thread = test.thread().write(f"x{n}").fence("" if n == missing else fence).read(f"x{(n + 1) % size}")
        test.ask(thread, 0)
    return test


def message_chain(arch: str, fence: str, size: int, missing: int | None) -> Test:
    """ISA2 as a chain: a message goes from thread to thread, and the last one does not see what the first one wrote."""
    test = Test(arch, f"ISA2-chain-{size}")
    test.thread().write("data").fence("" if missing == 0 else fence).write("x1")
    for n in range(1, size):
        thread = test.thread().read(f"x{n}").fence("" if n == missing else fence)
        if n < size - 1:
            test.ask(thread.write(f"x{n + 1}"), 1)
        else:
            test.ask(thread.read("data"), 1, 0)
    return test


def independent_reads(arch: str, fence: str, size: int, missing: int | None) -> Test:
    """IRIW: each reader sees the write of one writer and not yet that of the next, all the way round."""
    test = Test(arch, f"IRIW-{size}+{size}")
    for n in range(size):
        test.thread().write(f"x{n}")
    for n in range(size):
        thread = test.thread().read(f"x{n}").fence("" if n == missing else fence).read(f"x{(n + 1) % size}")
        test.ask(thread, 1, 0)
    return test


def coherence(arch: str, fence: str, size: int, missing: int | None) -> Test:
    """Writers of one location, and two readers that disagree on the order of two writes, or agree if one is `missing`.

    `missing` removes no fence here, because coherence needs none.
    """
    test = Test(arch, f"CoRR-{size}+2")
    for n in range(size):
        test.thread().write("x", n + 1)
    first, second = test.thread().read("x").read("x"), test.thread().read("x").read("x")
    test.ask(first, 1, 2)
    test.ask(second, *((2, 1) if missing is None else (1, 2)))
    return test


Family = Callable[[str, str, int, int | None], Test]
FAMILIES: tuple[tuple[Family, str, str, str, tuple[int, ...]], ...] = (
    (store_buffering, "PPC", "power", "sync", (16, 64)),
    (message_chain, "PPC", "power", "lwsync", (16, 64)),
    (independent_reads, "PPC", "power", "sync", (6, 16)),
    (coherence, "PPC", "power", "", (8, 32)),
    (store_buffering, "X86", "x86-tso", "MFENCE", (16, 64)),
    (message_chain, "X86", "x86-tso", "", (16, 64)),
    (independent_reads, "X86", "x86-tso", "", (6, 16)),
    (coherence, "X86", "x86-tso", "", (8, 32)),
)


def cases() -> Iterator[tuple[Test, str, str, bool]]:
    """Each test with its model, a description, and whether its outcome is allowed."""
    for family, arch, model, fence, sizes in FAMILIES:
        for size in sizes:
            yield family(arch, fence, size, None), model, fence, False
            if fence or family is coherence:
                yield family(arch, fence, size, size // 2), model, f"{fence}s but one" if fence else "agreeing", True


def main(limit: float) -> int:
    engine = Engine()
    rows = []
    good = True
    for test, model, what, allowed in cases():
        start = time.perf_counter()
        verdict = engine.check(
            parse_test(Source(f"{test.name}.litmus", test.text())),
            model,
            Options(verdict_only=True, timeout=2 * limit),
        )
        seconds = time.perf_counter() - start
        right = verdict.allowed is allowed
        good &= right and seconds <= limit
        answer = verdict.status.value if verdict.allowed is None else "allowed" if verdict.allowed else "forbidden"
        rows.append((test.name, model, what, answer if right else f"{answer}, WRONG", f"{seconds:.2f}"))
    print(table(("test", "model", "fences", "answer", "seconds"), rows), end="")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
