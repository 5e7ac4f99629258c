"""Tests in assembly."""

from __future__ import annotations

from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.unfold import unfold

from .base import Text, Work, many, x86


def reads(text: str) -> Work:
    """A test is read."""
    return lambda: parse_test(Source("t", text))


def unfolds(text: str) -> Work:
    """A test is read and unfolded."""
    return lambda: unfold(parse_test(Source("t", text)))


def _threads(n: int) -> str:
    names, writes = " | ".join(f"P{k}" for k in range(n)), " | ".join(f"MOV [x{k}],$1" for k in range(n))
    return f"X86 t\n{{ }}\n {names} ;\n {writes} ;\nexists (x0=1)\n"


ASSEMBLY: dict[str, tuple[int, Text]] = {
    "threads": (100, _threads),
    "instructions": (200, lambda n: x86(" MOV [x],$1 ;\n" * n)),
    "labels": (200, lambda n: x86(many(lambda k: f" L{k}: JMP L{k} ;\n", n))),
    "unknown label": (200, lambda n: x86(many(lambda k: f" L{k}: NOP ;\n", n) + " JMP nowhere ;\n")),
    "locations": (200, lambda n: x86(many(lambda k: f" MOV [x{k}],$1 ;\n", n))),
    "declarations": (200, lambda n: x86(" NOP ;", init=many(lambda k: f"x{k}={k};", n))),
    "declared twice": (200, lambda n: x86(" NOP ;", init=many(lambda k: f"x{k}={k};", n) + "x0=7;")),
    "arrays": (20, lambda n: x86(" NOP ;", init=many(lambda k: f"int a{k}[8];", n))),
    "pointers": (200, lambda n: x86(" NOP ;", init=many(lambda k: f"x{k}=x{k + 1};", n))),
    "registers": (200, lambda n: x86(" NOP ;", init=many(lambda k: f"0:r{k}={k};", n))),
    "atoms": (200, lambda n: x86(" MOV [x],$1 ;", "exists (" + "x=1 /\\ " * n + "x=1)")),
    "alternatives": (200, lambda n: x86(" MOV [x],$1 ;", "exists (" + many(lambda k: f"x={k}", n, " \\/ ") + ")")),
    "implications": (40, lambda n: x86(" MOV [x],$1 ;", "forall (" + "x=1 => " * n + "x=1)")),
    "negations": (40, lambda n: x86(" MOV [x],$1 ;", "exists (" + "not " * n + "x=1)")),
    "parentheses": (40, lambda n: x86(" MOV [x],$1 ;", "exists " + "(" * n + "x=1" + ")" * n)),
    "open parentheses": (500, lambda n: x86(" MOV [x],$1 ;", "exists " + "(" * n)),
    "untouched locations": (30, lambda n: x86(" NOP ;", "exists (" + many(lambda k: f"y{k}=1", n, " /\\ ") + ")")),
    "touched and untouched": (
        30,
        lambda n: x86(
            many(lambda k: f" MOV [x{k}],$1 ;\n", n), "exists (" + many(lambda k: f"y{k}=1", n, " /\\ ") + ")"
        ),
    ),
    "observed": (200, lambda n: x86(" MOV [x],$1 ;", "locations [" + "x;" * n + "]\nexists (x=1)")),
    "observed locations": (
        200,
        lambda n: x86(
            many(lambda k: f" MOV [x{k}],$1 ;\n", n), "locations [" + many(lambda k: f"x{k};", n) + "]\nexists (x0=1)"
        ),
    ),
    "filters": (200, lambda n: x86(" MOV [x],$1 ;", "filter (" + "x=1 /\\ " * n + "x=1)\nexists (x=1)")),
    "long number": (500, lambda n: x86(" NOP ;", init=f"x={'9' * n};")),
    "long immediate": (500, lambda n: x86(f" MOV [x],${'9' * n} ;")),
    "long name": (500, lambda n: x86(f" MOV [{'x' * n}],$1 ;", f"exists ({'x' * n}=1)")),
    "long name of a test": (500, lambda n: f"X86 {'t' * n}\n{{ }}\n P0 ;\n NOP ;\nexists (x=1)\n"),
    "long label": (500, lambda n: x86(f" {'L' * n}: NOP ;")),
    "long mnemonic": (500, lambda n: x86(f" {'M' * n} ;")),
    "blanks": (500, lambda n: x86(" " * n + "NOP" + " " * n + ";" + "\n" * n)),
    "comments": (200, lambda n: x86(" NOP ; (* a comment *)\n" * n)),
    "long comment": (500, lambda n: x86(f" NOP ; (* {'comment ' * n} *)\n")),
    "nested comments": (500, lambda n: x86(f" NOP ; {'(* ' * n}{' *)' * n}\n")),
    "open comments": (500, lambda n: x86(f" NOP ; {'(* ' * n}\n")),
    "metadata": (200, lambda n: "X86 t\n" + "key=value\n" * n + "{ }\n P0 ;\n NOP ;\nexists (x=1)\n"),
    "misspelt condition": (500, lambda n: x86(" NOP ;\n" * n, "exsits (x=1)")),
    "words without end": (500, lambda n: x86(" NOP ;", "word " * n)),
    "sizes": (
        100,
        lambda n: (
            "X86_64 t\n{ }\n P0 ;\n" + many(lambda k: f" movl $1,(x{k}) ;\n movq $1,(y{k}) ;\n", n) + "exists (x0=1)\n"
        ),
    ),
    "sums in addresses": (
        100,
        lambda n: "PPC t\n{ 0:r1=x; }\n P0 ;\n" + " lwz r2,0(r1) ;\n" * n + " std r2,0(r1) ;\nexists (x=1)\n",
    ),
    "symbolic registers": (
        20,
        lambda n: "PPC t\n{ }\n P0 ;\n" + many(lambda k: f" li %a{k % 9},1 ;\n", n) + "exists (x=1)\n",
    ),
    "threads with symbolic registers": (
        50,
        lambda n: (
            "PPC t\n{ }\n "
            + many(lambda k: f"P{k}", n, " | ")
            + " ;\n"
            + many(lambda k: " li %a,1", n, " | ")
            + " ;\nexists ("
            + many(lambda k: f"{k}:%a=1", n, " /\\ ")
            + ")\n"
        ),
    ),
    "null bytes": (500, lambda n: x86("\0" * n)),
    "letters of other alphabets": (500, lambda n: x86("é" * n + "ПРИВЕТ" * n)),
}
UNFOLDED: dict[str, tuple[int, Text]] = {
    "branches": (
        20,
        lambda n: x86(many(lambda k: f" MOV EAX,[x] ;\n CMP EAX,$1 ;\n JE L{k} ;\n MOV [y{k}],$1 ;\n L{k}: ;\n", n)),
    ),
    "jumps back": (
        20,
        lambda n: x86(many(lambda k: f" JMP A{k} ;\n B{k}: JMP C{k} ;\n A{k}: JMP B{k} ;\n C{k}: ;\n", n)),
    ),
    "loops in loops": (
        2,
        lambda n: x86(
            many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n", n) + many(lambda k: f" JE L{n - 1 - k} ;\n", n)
        ),
    ),
    "loops that overlap": (
        2,
        lambda n: x86(many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n", n) + many(lambda k: f" JE L{k} ;\n", n)),
    ),
    "endless loops": (
        20,
        lambda n: x86(many(lambda k: f" L{k}: MOV EAX,[x] ;\n", n) + many(lambda k: f" JMP L{k} ;\n", n)),
    ),
    "loops one after another": (
        10,
        lambda n: x86(many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n JE L{k} ;\n", n)),
    ),
    "stores": (100, lambda n: x86(" MOV [x],$1 ;\n" * n)),
    "exchanges": (50, lambda n: x86(" LOCK INC [x] ;\n" * n)),
    "sums": (50, lambda n: x86(" MOV EAX,[x] ;\n ADD EBX,EAX ;\n" * n)),
    "doubled sums": (20, lambda n: x86(" MOV EAX,[x] ;\n" + " ADD EAX,EAX ;\n" * n)),
}
