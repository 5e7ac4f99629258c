"""Instructions of ARM that exist but are not read, and why."""

from __future__ import annotations

REFUSED: tuple[tuple[str, str], ...] = (
    (r"BXJ|TB[BH]", "jumps by a table or to Java are not"),
    (r"CPS\w*|SVC|SMC|HVC|MRS|MSR|MRC|MCR|BKPT|UDF|SETEND|SWPB?", ""),
    (r"SEL|[SU]XTA?B16|U?SADA?8|[SUQH]+(?:ADD|SUB)(?:8|16)|QD?(?:ADD|SUB)|PKH\w+|V[A-Z]+(?:\..*)?"
     r"|LDRH?T|STRH?T|LDR[BS]+T|STRBT", ""),
)  # fmt: skip
