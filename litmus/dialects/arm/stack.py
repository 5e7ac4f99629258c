"""PUSH and POP of ARM: the stack of a thread, in memory if the test says where, or else out of sight.

Where neither the initial state nor the thread itself makes SP the address of a location, what the thread pushes is kept
for it alone, and SP stays as it is.
Source: ARM Architecture Reference Manual, DDI 0406, sections A8.8.131 to A8.8.133.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from litmus.base.errors import UnsupportedError
from litmus.dialects.arm.memory import accesses, listed
from litmus.frontend.dialect import Instruction, Jump, ProgramSection
from litmus.frontend.forms import Row
from litmus.frontend.operands import Operands, moved
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    Const,
    Expr,
    Load,
    Op,
    Reg,
    Statement,
    Thread,
    assigned,
    registers_in,
)

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


# --- where a stack is, and how deep -----------------------------------------------------------------------------------


def threads_with_stack(
    threads: Iterable[Thread], section: ProgramSection, register: Callable[[str], str | None]
) -> set[int]:
    """Which of some threads may have the address of a location in SP."""
    given: dict[int, set[str]] = {}
    in_locations = False
    for item in section.declared:
        name = register(item.place.name) if item.place.thread >= 0 else None
        if name is None:
            in_locations |= any(True for _ in item.addresses)
        elif name == "SP" or any(True for _ in item.addresses):
            given.setdefault(item.place.thread, set()).add(name)
    return {t.index for t in threads if "SP" in _addresses(t, given.get(t.index, set()), in_locations)}


def _addresses(thread: Thread, given: set[str], in_locations: bool) -> set[str]:
    """The registers that may have the address of a location at some time, of those that have one at first."""
    found, before = set(given), -1
    while before < len(found):
        before = len(found)
        for statement in thread.body:
            dest = assigned(statement)
            if isinstance(statement, Assign):
                from_one = _names_address(statement.expr) or not found.isdisjoint(registers_in(statement.expr))
            else:
                from_one = in_locations and isinstance(statement, Load)
            if dest is not None and from_one:
                found.add(dest)
    return found


def _names_address(expr: Expr) -> bool:
    """Whether an expression names a location."""
    match expr:
        case Const(Address() as address):
            return not address.is_code
        case Op(_, args):
            return any(_names_address(arg) for arg in args)
    return False


def check_depth(thread: Thread) -> None:
    """Raises UnsupportedError if a stack out of sight may become deeper than it is."""
    rows = thread.rows
    at_label = {row.removesuffix(":"): at for at, row in enumerate(rows) if row.endswith(":")}
    depths, todo = {0: 0}, [0]
    while todo:
        at = todo.pop()
        depth = depths[at]
        name, _, rest = rows[at].partition(" ")
        if name.startswith("PUSH"):
            depth += rest.count(",") + 1
        elif name.startswith("POP"):
            depth = max(0, depth - rest.count(",") - 1)
        if depth > _DEPTH:
            statements = [s for s, row in zip(thread.body, thread.row_of, strict=True) if row == at]
            span = next(statement.span for statement in statements if isinstance(statement, Assign))
            message = f"a stack out of sight of more than {_DEPTH} registers is not supported"
            raise UnsupportedError(message, span, f"give the thread one: {thread.index}:SP=stack, with int stack[100]")
        for following in _after(at, name, rest, at_label):
            if following < len(rows) and depths.get(following, -1) < depth:
                depths[following] = depth
                todo.append(following)


def _after(at: int, name: str, rest: str, at_label: Mapping[str, int]) -> Iterable[int]:
    """The rows that may follow one, at the same depth: behind a call, what it calls has popped what it pushed."""
    label = rest.split(",")[-1]
    if name.startswith("BX"):
        return [] if label == "LR" else at_label.values()
    if name.startswith("BLX"):
        return [*at_label.values(), at + 1]
    if name.startswith("POP") and rest.endswith("PC}"):
        return []
    return [*([at_label[label]] if label in at_label else []), *([] if name == "B" else [at + 1])]


def rows(in_memory: bool) -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "PUSH", "registers", _push_to_memory if in_memory else _push
    yield "POP", "registers", _pop_from_memory if in_memory else _pop
