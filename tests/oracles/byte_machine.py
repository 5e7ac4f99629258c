"""A machine whose memory is bytes: x86-TSO for accesses that overlap in part, and SC without store buffers.

As in `oracles.machines`, but a store has as many bytes as it writes, and goes to memory in one step; a load takes each
byte from the newest store in its thread's buffer that has it, else from memory, all in one step. Programs are not those
of `litmus`: an instruction is a `Step`, and `x86_text` writes it as assembly, so that nothing is shared but the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

BYTES = 8
"""The size of the only location."""

_REGISTERS = {
    8: ("rax", "rbx", "rcx"),
    4: ("eax", "ebx", "ecx"),
    2: ("ax", "bx", "cx"),
    1: ("al", "bl", "cl"),
}
_SUFFIX = {1: "b", 2: "w", 4: "l", 8: "q"}


@dataclass(frozen=True)
class Step:
    """A load (`value` is None), a store, or with `size` 0 a fence."""

    offset: int = 0
    size: int = 0
    value: int | None = None


Program = tuple[tuple[Step, ...], ...]
Outcome = tuple[tuple[int, ...], ...]
"""What the loads of each thread return, in order, and last the value of the location."""


def random_program(random: Random, aligned: bool = True) -> Program:
    """Two threads of one to three instructions each."""

    def step() -> Step:
        size = random.choice((1, 2, 4, 8))
        offset = random.randrange(0, BYTES - size + 1, size if aligned else 1)
        kind = random.random()
        if kind < 0.15:
            return Step()
        return Step(offset, size, random.choice((1, 2, 0x7F)) if kind < 0.6 else None)

    return tuple(tuple(step() for _ in range(random.randint(1, 3))) for _ in range(2))


def outcomes(program: Program, buffered: bool) -> set[Outcome]:
    """Every outcome of the machine."""
    start = tuple((0, (), ()) for _ in program), bytes(BYTES)
    seen, todo, found = {start}, [start], set()
    while todo:
        threads, memory = todo.pop()
        if all(at == len(body) and not buffer for (at, buffer, _), body in zip(threads, program, strict=True)):
            found.add((*(loaded for _, _, loaded in threads), (int.from_bytes(memory, "little"),)))
        for k, body in enumerate(program):
            for thread, after in _steps(threads[k], body, memory, buffered):
                world = (*threads[:k], thread, *threads[k + 1 :]), after
                if world not in seen:
                    seen.add(world)
                    todo.append(world)
    return found


_Thread = tuple[int, tuple[Step, ...], tuple[int, ...]]


def _steps(thread: _Thread, body: Sequence[Step], memory: bytes, buffered: bool) -> Iterator[tuple[_Thread, bytes]]:
    at, buffer, loaded = thread
    if buffer:
        yield (at, buffer[1:], loaded), _written(memory, buffer[0])
    if at == len(body):
        return
    step = body[at]
    if step.size == 0:
        if not buffer:
            yield (at + 1, buffer, loaded), memory
    elif step.value is None:
        seen = memory
        for store in buffer:
            seen = _written(seen, store)
        value = int.from_bytes(seen[step.offset : step.offset + step.size], "little")
        yield (at + 1, buffer, (*loaded, value)), memory
    elif buffered:
        yield (at + 1, (*buffer, step), loaded), memory
    else:
        yield (at + 1, buffer, loaded), _written(memory, step)


def _written(memory: bytes, store: Step) -> bytes:
    value = (store.value or 0).to_bytes(store.size, "little")
    return memory[: store.offset] + value + memory[store.offset + store.size :]


def x86_text(program: Program) -> str:
    """The program as a test of X86_64 that shows all of its outcome."""
    columns: list[list[str]] = []
    observed, types = [], []
    for k, body in enumerate(program):
        rows, loads = [], 0
        for step in body:
            place = f"{step.offset}(%rdi)"
            if step.size == 0:
                rows.append("mfence")
            elif step.value is None:
                rows.append(f"mov{_SUFFIX[step.size]} {place}, %{_REGISTERS[step.size][loads]}")
                observed.append(f"{k}:{_REGISTERS[8][loads]};")
                types.append(f"uint64_t {k}:{_REGISTERS[8][loads]}=0;")
                loads += 1
            else:
                rows.append(f"mov{_SUFFIX[step.size]} ${step.value}, {place}")
        columns.append(rows)
    longest = max(map(len, columns))
    table = zip(*[rows + [""] * (longest - len(rows)) for rows in columns], strict=True)
    lines = ["X86_64 bytes", f"{{ uint64_t x=0; 0:rdi=x; 1:rdi=x; {' '.join(types)} }}", "P0 | P1 ;"]
    lines += [" | ".join(row) + " ;" for row in table]
    return "\n".join([*lines, f"locations [{' '.join(observed)} x;]", "forall true"]) + "\n"
