"""Statements as text, one a line: what the tables of `tests/litmus/C` hold."""

from __future__ import annotations

from litmus.ir.thread import (
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Primitive,
    Reg,
    Report,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Unsequenced,
)


def shown_expr(expr: Expr) -> str:
    """`add(r1, 4)`"""
    match expr:
        case Const(value):
            return str(value)
        case Reg(name):
            return name
        case Op(op, args):
            return f"{op}({', '.join(map(shown_expr, args))})"


def shown(statement: Statement) -> str:
    """`r1 = READ_ONCE(x)`, `r2 := add(r1, 1)`, `if r2 goto L0 until L0`, `goto L0`, `L0:`"""
    match statement:
        case Primitive(name, dest, args):
            call = f"{name}({', '.join(map(shown_expr, args))})"
            return call if dest is None else f"{dest} = {call}"
        case Assign(dest, expr):
            return f"{dest} := {shown_expr(expr)}"
        case Branch(condition, target, until=until):
            joined = f" until {until}" if until is not None else ""
            return f"if {shown_expr(condition)} goto {target}{joined}"
        case Goto(target):
            return f"goto {target}"
        case Label(name):
            return f"{name}:"
        case Unsequenced(bound):
            return f"operands: {bound}"
        case Report(name, condition):
            return f"{name}({shown_expr(condition)})"
        case Load() | Store() | StoreConditional() | Rmw() | Fence():
            raise AssertionError(f"{statement} is of an architecture")
