"""PUSH and POP of ARM: the stack of a thread, in memory if the test says where, or else out of sight.

Where the initial state gives a thread no SP, what it pushes is kept for it alone, and SP stays as it is.
Source: ARM Architecture Reference Manual, DDI 0406, sections A8.8.131 to A8.8.133.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.errors import UnsupportedError
from litmus.dialects.arm.memory import accesses, listed
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import Row
from litmus.frontend.operands import Operands, moved
from litmus.ir.thread import NO_TAGS, Assign, Load, Reg, Statement

_DEPTH = 32
"""How many registers the stack of a thread holds that is out of sight."""

_TO = "where to go"  # no register is called so


def _pushed(at: int) -> str:
    """The name of what is on the stack, 0 for the top; no register is called so."""
    return f"pushed ({at})"


def _list(operands: Operands, ends: bool) -> tuple[list[str], bool]:
    registers, returns = listed(operands, 0, ends)
    if "SP" in registers:
        raise UnsupportedError(f"{operands.name} of SP is not supported", operands.place(0))
    return registers, returns


def _push(operands: Operands) -> Instruction:
    registers, _ = _list(operands, False)
    count, span = len(registers), operands.span
    body = [Assign(_pushed(at + count), Reg(_pushed(at)), span) for at in reversed(range(_DEPTH - count))]
    body += [Assign(_pushed(at), Reg(register), span) for at, register in enumerate(registers)]
    return _named("PUSH", registers, False, tuple(body))


def _pop(operands: Operands) -> Instruction:
    registers, returns = _list(operands, True)
    span, count = operands.span, len(registers) + returns
    into = [*registers, *[_TO] * returns]
    body = [Assign(register, Reg(_pushed(at)), span) for at, register in enumerate(into)]
    body += [Assign(_pushed(at), Reg(_pushed(at + count)), span) for at in range(_DEPTH - count)]
    return _named("POP", registers, returns, (*body, *_return(operands, returns)))


def _push_to_memory(operands: Operands) -> Instruction:
    registers, _ = _list(operands, False)
    size, span = 4 * len(registers), operands.span
    body = accesses(operands, False, "SP", registers, -size)
    return _named("PUSH", registers, False, (*body, Assign("SP", moved(Reg("SP"), -size), span)), 4)


def _pop_from_memory(operands: Operands) -> Instruction:
    registers, returns = _list(operands, True)
    size, span = 4 * len(registers), operands.span
    body = accesses(operands, True, "SP", registers, 0)
    if returns:
        body.append(Load(_TO, moved(Reg("SP"), size), NO_TAGS, False, span))
    body.append(Assign("SP", moved(Reg("SP"), size + 4 * returns), span))
    return _named("POP", registers, returns, (*body, *_return(operands, returns)), 4)


def _return(operands: Operands, returns: bool) -> tuple[Jump, ...]:
    return (Jump(Reg(_TO), operands.span, returns=True),) if returns else ()


def _named(
    name: str, registers: list[str], returns: bool, body: tuple[Statement | Jump, ...], size: int = 0
) -> Instruction:
    """Herd7 has these as NOP, and so its hash."""
    shown = f"{name} {{{','.join([*registers, *['PC'] * returns])}}}"
    return Instruction(body, shown, hashed="NOP", size=size, ends=returns)


def rows(in_memory: bool) -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "PUSH", "registers", _push_to_memory if in_memory else _push
    yield "POP", "registers", _pop_from_memory if in_memory else _pop
