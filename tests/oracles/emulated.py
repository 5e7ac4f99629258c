"""Straight programs of one thread, at random: what they leave by litmus, and on an emulator (qemu's, of user programs).

    python -m oracles.emulated [ARCH ...] [--programs N] [--seed N]

Each has a few instructions of all that a dialect has, but branches. The GNU assembler of the architecture says which
random operands an instruction can have; what litmus then refuses is printed. They work on some registers and on memory
around one address, all of which is compared. Where a manual leaves a result open, `_Machine.open` leaves out the
instruction. Exit code 1 at a difference. It needs binutils for each architecture, and qemu-user.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

import litmus
from litmus.ir.litmus_test import Register
from litmus.ir.thread import Address, Value

CELLS = 16  # words of memory; the address is that of the middle one
MOST = 3  # instructions of a program
NUMBERS = (0, 1, 2, 7, 8, 31, 32, 63, 255, 256, 0x7FFF, 0xFFFF, 0xFF00, 0xFF000000, 0x7FFFFFFE, -1, -2, -8, -32768)
VALUES = (0, 1, 2, 7, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 63, (1 << 64) - 1)
CONDITIONS = ("EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE")


@dataclass(frozen=True, slots=True)
class _Machine:
    """How programs of an architecture are assembled, run and asked for what they left.

    `tools` go before `as` and `ld`. `registers` are at random in the beginning, `base` is the address, `index` a small
    number. `begin` and `end` are the program around all, `end` with the size of what it writes; `point`, `load`,
    `store` and `subtract` are templates. `flags` are instructions behind each program that tell its flags. `places` are
    the forms of addresses. `open` matches the mnemonics whose results are open, or that trap.
    """

    tools: str
    assembler: tuple[str, ...]
    linker: tuple[str, ...]
    emulator: tuple[str, ...]
    base: str
    registers: tuple[str, ...]
    index: str
    scratch: str
    bits: int
    begin: str
    point: str
    load: str
    store: str
    subtract: str
    end: str
    places: tuple[str, ...]
    open: str
    flags: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    data: str = ".quad"
    pool: str = ""
    big_endian: bool = False

    def operand(self, kind: str, wide: bool, random: Random) -> str:
        """A random operand for one of the usage of an instruction."""
        kind = random.choice(kind.split("|"))
        if kind in ("condition", "NZCV"):
            return random.choice(CONDITIONS) if kind == "condition" else kind
        name = re.fullmatch(r"([RXWr])\w*(\+1)?|s\w+", kind)
        if name is None or kind == "shift":
            mark = "#" if kind.startswith("#") else ""
            return f"{mark}{random.choice(NUMBERS) if random.random() < 0.5 else random.randrange(-40, 70)}"
        register = random.choice(self.registers)
        if self.tools.startswith("aarch64"):
            letter = kind[0] if kind[0] in "XW" else "X" if wide else "W"
            return f"{letter}{'ZR' if random.random() < 0.05 else register[1:]}"
        return register


_POWER_POINT = (
    "lis {0},{1}@highest; ori {0},{0},{1}@higher; rldicr {0},{0},32,31; oris {0},{0},{1}@h; ori {0},{0},{1}@l"
)
MACHINES: Mapping[str, _Machine] = {
    "AArch64": _Machine(
        tools="aarch64-linux-gnu-",
        assembler=("-march=armv8.7-a+crc",),
        linker=(),
        emulator=("qemu-aarch64", "-cpu", "max"),
        base="X0",
        registers=("X1", "X2", "X3", "X4", "X5"),
        index="X6",
        scratch="X28",
        bits=64,
        begin="_start: .globl _start",
        point="ldr {0},={1}",
        load="ldr {0},[{1},#{2}]",
        store="str {0},[{1},#{2}]",
        subtract="sub {0},{0},{1}",
        end="mov x0,#1; ldr x1,=all; ldr x2,={0}; mov x8,#64; svc #0; mov x0,#0; mov x8,#93; svc #0; .ltorg",
        places=(
            "[X0]", "[X0,#8]", "[X0,#-8]", "[X0,#16]!", "[X0,#-8]!", "[X0],#16", "[X0],#-16",
            "[X0,X6]", "[X0,X6,LSL #3]", "[X0,X6,LSL #2]", "[X0,W6,SXTW #2]", "[X0,W6,UXTW]", "[X0,W6,SXTW]",
        ),
        open=r"B|CB|TB|BL|RET|BR|[LS][DT]\w*X[RP]|LDAXP|ADR|MRS|MSR|DC|IC|PRF|SVC|\w*STG|LDG",
        flags=("CSET X7,EQ", "CSET X8,CS", "CSET X9,MI", "CSET X10,VS"),
        told=("X7", "X8", "X9", "X10"),
        pool="b 1f; .ltorg; 1:",
    ),
    "ARM": _Machine(
        tools="arm-linux-gnueabi-",
        assembler=("-march=armv7-a+idiv", "-mimplicit-it=never"),
        linker=(),
        emulator=("qemu-arm", "-cpu", "max"),
        base="R0",
        registers=("R1", "R2", "R3", "R4", "R5"),
        index="R6",
        scratch="R12",
        bits=32,
        begin=".syntax unified; _start: .globl _start",
        point="ldr {0},={1}",
        load="ldr {0},[{1},#{2}]",
        store="str {0},[{1},#{2}]",
        subtract="sub {0},{0},{1}",
        end="mov r0,#1; ldr r1,=all; ldr r2,={0}; mov r7,#4; svc #0; mov r0,#0; mov r7,#1; svc #0; .ltorg",
        places=(
            "[R0]", "[R0,#8]", "[R0,#-8]", "[R0,#16]!", "[R0,#-8]!", "[R0],#16", "[R0],#-16",
            "[R0,R6]", "[R0,-R6]", "[R0,R6,LSL #2]",
        ),
        open=r"B|CB|IT|\w+EX|LDA|STL|ADR|PUSH|POP|LDREX|SVC",
        flags=tuple(f"MOV{name} {r},#{n}" for n, names in ((0, ("",) * 4), (1, ("EQ", "CS", "MI", "VS")))
                    for name, r in zip(names, ("R7", "R8", "R9", "R10"), strict=True)),
        told=("R7", "R8", "R9", "R10"),
        data=".word",
        pool="b 1f; .ltorg; 1:",
    ),
    "RISCV": _Machine(
        tools="riscv64-linux-gnu-",
        assembler=("-march=rv64gc_zba_zbb_zbc_zbs",),
        linker=(),
        emulator=("qemu-riscv64", "-cpu", "rv64,v=false,zba=true,zbb=true,zbc=true,zbs=true"),
        base="x10",
        registers=("x11", "x12", "x13", "x14"),
        index="x15",
        scratch="x28",
        bits=64,
        begin=".option norelax; _start: .globl _start",
        point="la {0},{1}",
        load="ld {0},{2}({1})",
        store="sd {0},{2}({1})",
        subtract="sub {0},{0},{1}",
        end="li a0,1; la a1,all; li a2,{0}; li a7,64; ecall; li a0,0; li a7,93; ecall",
        places=("(x10)", "0(x10)", "8(x10)", "-8(x10)", "16(x10)"),
        # of a word that is 0, qemu counts on
        open=r"ctzw|lr|sc\.|b\w\w+z?$|j|call|tail|la|lla|c\.|auipc|e(call|break)|csr|prefetch",
    ),
    "PPC": _Machine(
        tools="powerpc64-linux-gnu-",
        assembler=("-a64", "-mpower9", "-mregnames"),
        linker=(),
        emulator=("qemu-ppc64", "-cpu", "power9"),
        base="r3",
        registers=("r4", "r5", "r6", "r7"),
        index="r8",
        scratch="r28",
        bits=64,
        begin=".abiversion 2; _start: .globl _start",
        point=_POWER_POINT,
        load="ld {0},{2}({1})",
        store="std {0},{2}({1})",
        subtract="subf {0},{1},{0}",
        end=f"li r3,1; {_POWER_POINT.format('r4', 'all')}; lis r5,{{0}}@h; ori r5,r5,{{0}}@l; li r0,4; sc; "
        "li r3,0; li r0,1; sc",
        places=("0(r3)", "8(r3)", "-8(r3)", "16(r3)"),
        # the upper half of what has a word; other fields than that of the mask of mfcr
        open=r"b|mfcr|mulhw|div|lwarx|ldarx|st.cx|lbarx|lharx|lmw|stmw|m[ft](lr|ctr)|la",
        flags=("mfcr r9",),
        told=("r9",),
        big_endian=True,
    ),
    "MIPS": _Machine(
        tools="mips64-linux-gnuabi64-",
        assembler=("-mips64r2", "-mabi=64", "-EB"),
        linker=("-m", "elf64btsmip"),
        emulator=("qemu-mips64", "-cpu", "MIPS64R2-generic"),
        base="$4",
        registers=("$5", "$6", "$7", "$8"),
        index="$9",
        scratch="$28",
        bits=64,
        begin=".set noreorder; __start: .globl __start",
        point="dla {0},{1}",
        load="ld {0},{2}({1})",
        store="sd {0},{2}({1})",
        subtract="dsubu {0},{0},{1}",
        end="li $4,1; dla $5,all; li $6,{0}; li $2,5001; syscall; li $4,0; li $2,5058; syscall",
        places=("0($4)", "8($4)", "-8($4)", "16($4)"),
        # traps at an overflow and at a division by 0; a shift of what is no word
        open=r"b|j|ll|sc|d?(add|sub)i?$|d?neg$|d?abs|d?div|d?rem|sra|d?la$|d?li$|m[ft](hi|lo)|d?mult|pref",
        data=".dword",
        big_endian=True,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Case:
    """A program, and what is in memory, in the registers and in the index when it starts."""

    lines: tuple[str, ...]
    cells: tuple[int, ...]
    values: tuple[int, ...]
    index: int


def _lines(machine: _Machine, usages: Mapping[str, str], random: Random) -> Iterator[str]:
    """Random instructions, with any operands that their usages have a place for, for ever."""
    known = {name: usage for name, usage in usages.items() if not re.match(machine.open, name)}
    names = sorted(name for name in known if not re.search("label|location|registers|memory", known[name]))
    while True:
        name = random.choice(names)
        usage = random.choice(known[name].split(" or "))
        operands, wide = [], random.random() < 0.5
        usage = re.sub(r"\{(,?)([^{}]*)\}", lambda m: m[1] + m[2] if random.random() < 0.5 else "", usage)
        in_memory = re.search(r"(number|\d)?[\[(][^\])]*[\])](\{[^}]*\})*(,#number)?", usage)
        if in_memory is not None:
            usage = usage[: in_memory.start()].rstrip(",")
        for kind in filter(None, usage.replace("{", "").replace("}", "").split(",")):
            operands.append(machine.operand(kind, wide, random))
        if in_memory is not None:
            operands.append(random.choice(machine.places))
        yield f"{name} {','.join(operands)}".rstrip()


def _accepted(machine: _Machine, lines: Sequence[str], folder: Path) -> list[str]:
    """The instructions that the assembler takes without a word."""
    source = folder / "lines.s"
    head = ".syntax unified" if machine.bits == 32 else ""
    source.write_text("\n".join([head, *lines, ""]))
    said = _run(machine, "as", [*machine.assembler, "-o", str(folder / "lines.o"), str(source)], check=False)
    bad = {int(number) - 2 for number in re.findall(r":(\d+): (?:Error|Warning|Fatal)", said)}
    return [line for at, line in enumerate(lines) if at not in bad]


def _run(machine: _Machine, tool: str, arguments: Sequence[str], check: bool = True) -> str:
    done = subprocess.run([f"{machine.tools}{tool}", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(done.stderr)
    return done.stderr


def _assembly(machine: _Machine, cases: Sequence[_Case]) -> str:
    size = machine.bits // 8
    kept = (machine.base, *machine.registers, *machine.told)
    lines = machine.begin.split("; ")
    for at, case in enumerate(cases):
        lines += machine.point.format(machine.base, f"mem{at}+{CELLS // 2 * size}").split("; ")
        lines += machine.point.format(machine.scratch, f"in{at}").split("; ")
        for k, register in enumerate((machine.index, *machine.told, *machine.registers)):
            lines.append(machine.load.format(register, machine.scratch, size * k))
        if machine.tools.startswith("aarch64"):
            lines.append("msr nzcv,xzr")
        elif machine.bits == 32:
            lines += ["mov lr,#0", "msr apsr_nzcvq,lr"]
        elif machine.tools.startswith("powerpc"):
            lines += ["li r0,0", "mtcrf 255,r0", "mtxer r0"]
        lines += [*case.lines, *machine.flags]
        lines += machine.point.format(machine.scratch, f"mem{at}").split("; ")
        lines.append(machine.subtract.format(machine.base, machine.scratch))
        lines += machine.point.format(machine.scratch, f"out{at}").split("; ")
        lines += [machine.store.format(register, machine.scratch, size * k) for k, register in enumerate(kept)]
        if machine.pool and at % 8 == 7:
            lines += machine.pool.split("; ")
    lines += machine.end.format(len(cases) * (CELLS + len(kept)) * size).split("; ")
    lines += [".data", ".balign 16"]
    for at, case in enumerate(cases):
        given = (case.index, *[0] * len(machine.told), *case.values)
        lines.append(f"in{at}: {machine.data} {','.join(map(hex, given))}")
    lines += [".balign 16", "all:"]
    for at, case in enumerate(cases):
        lines.append(f"mem{at}: {machine.data} {','.join(map(hex, case.cells))}")
        lines.append(f"out{at}: {machine.data} {','.join(['0'] * len(kept))}")
    return "\n".join([*lines, ""])


def _emulated(machine: _Machine, cases: Sequence[_Case], folder: Path) -> list[tuple[int, ...]] | None:
    """For each case, the words of memory, the distance of the base from their beginning, and the registers.

    None if the emulator gives them up: a program has a trap.
    """
    source, thing, program = (folder / f"programs.{end}" for end in ("s", "o", "x"))
    source.write_text(_assembly(machine, cases))
    _run(machine, "as", [*machine.assembler, "-o", str(thing), str(source)])
    _run(machine, "ld", [*machine.linker, "-o", str(program), str(thing)])
    done = subprocess.run([*machine.emulator, str(program)], capture_output=True, check=False)
    size, row = machine.bits // 8, CELLS + 1 + len(machine.registers) + len(machine.told)
    if done.returncode or len(done.stdout) != len(cases) * row * size:
        return None
    order: Literal["big", "little"] = "big" if machine.big_endian else "little"
    words = [int.from_bytes(done.stdout[at : at + size], order) for at in range(0, len(done.stdout), size)]
    return [tuple(words[at : at + row]) for at in range(0, len(words), row)]


def _decided(arch: str, machine: _Machine, case: _Case) -> list[tuple[Value, ...]]:
    """The same by litmus, in each of the states in which the program may end. Raises LitmusError."""
    word, size = f"uint{machine.bits}_t", machine.bits // 8
    kept = (*machine.registers, *machine.told)
    init = [f"{word} m[{CELLS}]={{{','.join(map(str, case.cells))}}}", f"0:{machine.base}=&m[{CELLS // 2}]"]
    init += [f"{word} 0:{register}={value}" for register, value in zip(machine.registers, case.values, strict=True)]
    init.append(f"0:{machine.index}={case.index}")
    rows = "".join(f"{line};\n" for line in (*case.lines, *machine.flags))
    asked = " ".join(f"0:{register};" for register in (machine.base, *kept))
    test = litmus.parse(f"{arch} t\n{{ {'; '.join(init)}; }}\nP0;\n{rows}locations [m; {asked}]\nexists (true)\n")
    found = []
    for state in litmus.check(test).states:
        ends = dict(state)
        base = ends[Register(0, machine.base)]
        words: list[Value] = [ends[Address("m", size * k)] for k in range(CELLS)]
        words.append(base.offset if isinstance(base, Address) else base)
        words += [ends[Register(0, register)] for register in kept]
        found.append(tuple(w & (1 << machine.bits) - 1 if isinstance(w, int) else w for w in words))
    return found


def _value(bits: int, random: Random) -> int:
    number = random.choice(VALUES) if random.random() < 0.4 else random.getrandbits(random.randrange(1, 65))
    return number & (1 << bits) - 1


def compare(arch: str, programs: int, seed: int) -> int:
    """Compare so many random programs; returns how many differ. Prints them, and what litmus refuses."""
    machine, random = MACHINES[arch], Random(seed)
    usages: Mapping[str, str] = import_module(f"litmus.dialects.{arch.lower()}").instructions()
    differ, done, refused = 0, 0, Counter[str]()
    with TemporaryDirectory() as name:
        folder = Path(name)
        lines = _lines(machine, usages, random)
        good = _accepted(machine, [next(lines) for _ in range(max(4000, 4 * programs))], folder)
        cases = [
            _Case(
                tuple(random.choice(good) for _ in range(random.randrange(1, MOST + 1))),
                tuple(_value(machine.bits, random) for _ in range(CELLS)),
                tuple(_value(machine.bits, random) for _ in machine.registers),
                random.choice((0, 1)) * 8,
            )
            for _ in range(programs)
        ]
        for at in range(0, programs, 20):
            batch = cases[at : at + 20]
            results = _emulated(machine, batch, folder)
            for k, case in enumerate(batch):
                alone = [results[k]] if results is not None else _emulated(machine, [case], folder)
                if alone is None:  # it has a trap
                    continue
                (real,) = alone
                try:
                    found = _decided(arch, machine, case)
                except litmus.LitmusError as error:
                    refused[str(error).splitlines()[0].partition("error: ")[2]] += 1
                    continue
                done += 1
                if real not in found:
                    differ += 1
                    print(f"{arch}: {'; '.join(case.lines)}\n  {case}\n  emulated {real}\n  found    {found}")
    print(f"{arch}: {done} programs, {differ} differ; {refused.total()} refused: {refused.most_common(5)}")
    return differ


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archs", nargs="*", metavar="ARCH", default=list(MACHINES))
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    return int(sum(compare(arch, given.programs, given.seed) for arch in given.archs) > 0)


if __name__ == "__main__":
    sys.exit(main())
