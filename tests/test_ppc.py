"""PowerPC assembly: the numbers that instructions have room for, hints of branches, and errors with their places."""

from __future__ import annotations

import pytest
from oracles.alone import Alone

from litmus.ir.values import wrap

alone = Alone("PPC")
parse, final = alone.parse, alone.final

RUNS = [
    ("0:r3", "", ["li r3,-32768"], -32768),
    ("0:r3", "", ["li r3,0xffff8000"], -32768),
    ("0:r3", "int64_t 0:r3", ["li r3,0xffffffffffff8000"], -32768),
    ("0:r3", "", ["lis r3,0x1234", "ori r3,r3,0x5678"], 0x12345678),
    ("0:r3", "", ["lis r3,0x8000"], -(2**31)),
    ("0:r3", "int64_t 0:r3", ["lis r3,0x8000"], -(2**31)),  # it is extended by its sign
    ("0:r3", "int64_t 0:r3; 0:r4=1", ["addis r3,r4,65535"], 1 - 65536),
    ("0:r3", "int64_t 0:r3", ["oris r3,r3,0xffff"], 0xFFFF0000),
    ("0:r3", "0:r4=7", ["subi r3,r4,32768"], 7 - 32768),
    ("0:r3", "0:r4=0x18000", ["andi. r3,r4,0x8000"], 0x8000),
    ("0:r3", "0:r4=-1", ["li r3,1", "cmplwi r4,-1", "bgt L", "li r3,0", "L: nop"], 1),  # of 0xffff
    ("0:r3", "0:r4=65535", ["li r3,1", "cmplwi cr1,r4,-1", "beq cr1,L", "li r3,0", "L: nop"], 1),
    ("0:r3", "0:r4=3", ["mtctr r4", "L: addi r3,r3,2", "bdnz+ L"], 6),
    ("0:r3", "0:r4=3", ["mtctr r4", "L: addi r3,r3,2", "bdnz- L"], 6),
    ("0:r3", "0:r4=1", ["mtctr r4", "li r3,1", "bdz+ L", "li r3,2", "L: nop"], 1),
    ("0:r3", "0:r4=0x1234", ["rlwinm r3,r4,0,0xff"], 0x34),
    ("0:r3", "0:r4=0x1234", ["rlwinm r3,r4,4,0xff0"], 0x340),
    ("0:r3", "0:r4=-1", ["rlwinm r3,r4,0,0xf000000f"], wrap(0xF000000F, 32)),
    ("0:r3", "0:r4=0xab; 0:r3=0x11111", ["rlwimi r3,r4,4,0xff0"], 0x11AB1),
    ("0:r3", "0:r4=0x1234; 0:r5=8", ["rlwnm r3,r4,r5,0xff00"], 0x3400),
    ("0:r3", "0:r4=5", ["cmpwi r4,5", "mfcr r3,128", "rlwinm r3,r3,3,1"], 1),
    ("0:r3", "0:r4=5", ["cmpw cr0,r4,r4", "bne- cr0,$+4", "isync", "li r3,7", "beq .+8", "li r3,8"], 7),
    ("0:r3", "0:r4=3", ["mtctr r4", "addi r3,r3,1", "bdnz $-4"], 3),
    ("0:r3", "0:r4=-1", ["srawi r4,r4,1", "addze r3,r3"], 1),  # the carry: a negative number has lost a 1
    ("0:r3", "0:r4=-2", ["srawi r4,r4,1", "addze r3,r3"], 0),
    ("0:r3", "0:r4=3", ["addic r5,r4,-1", "srawi r4,r4,1", "addze r3,r3"], 0),
    ("0:r3", "0:r4=-2; 0:r5=40", ["sraw r4,r4,r5", "addze r3,r3"], 1),
    ("0:r3", "0:r4=0x80000000; 0:r5=31", ["sraw. r4,r4,r5", "addze r3,r3"], 0),
    ("0:r3", "int64_t 0:r4=-8; 0:r5=64", ["srad r4,r4,r5", "addze r3,r4"], 0),
    ("0:r3", "int64_t 0:r3; int64_t 0:r4=-8", ["sradi r4,r4,3", "addze r3,r4"], -1),
    ("0:r3", "0:r4=0x1ffffffff", ["mr. r4,r4", "ble L", "li r3,1", "L: nop"], 1),  # of 64 bits, as its number
    ("0:r3", "0:r4=2", ["mtctr r4", "li r3,1", "bdz- L", "li r3,2", "L: nop"], 2),
]


@pytest.mark.parametrize(("what", "init", "code", "expected"), RUNS)
def test_run(what: str, init: str, code: list[str], expected: int) -> None:
    assert final(what, init, *code) == wrap(expected, 64)


SIGNED, EITHER, BITS = "from -32768 to 32767", "from -32768 to 65535", "from 0 to 65535"
ERRORS = [
    ("li r3,0x8000", "4:7", f"'0x8000' is not a number {SIGNED}", "li rD,number"),
    ("li r3,-32769", "4:7", f"'-32769' is not a number {SIGNED}", None),
    ("li r3,0xffff7fff", "4:7", f"'0xffff7fff' is not a number {SIGNED}", None),
    ("addi r3,r4,0x8000", "4:12", f"'0x8000' is not a number {SIGNED}", "addi rD,rA,number"),
    ("subi r3,r4,-32768", "4:12", "'-32768' is not a number from -32767 to 32768", None),
    ("addic r3,r4,40000", "4:13", f"'40000' is not a number {SIGNED}", None),
    ("subfic r3,r4,40000", "4:14", f"'40000' is not a number {SIGNED}", None),
    ("mulli r3,r4,40000", "4:13", f"'40000' is not a number {SIGNED}", None),
    ("lis r3,65536", "4:8", f"'65536' is not a number {EITHER}", None),
    ("addis r3,r4,-32769", "4:13", f"'-32769' is not a number {EITHER}", None),
    ("ori r3,r4,-1", "4:11", f"'-1' is not a number {BITS}", None),
    ("xoris r3,r4,65536", "4:13", f"'65536' is not a number {BITS}", None),
    ("andi. r3,r4,65536", "4:13", f"'65536' is not a number {BITS}", None),
    ("cmpwi r3,32768", "4:10", f"'32768' is not a number {SIGNED}", "cmpwi {crN,}rA,number"),
    ("cmpdi cr1,r3,32768", "4:14", f"'32768' is not a number {SIGNED}", None),
    ("cmplwi r3,65536", "4:11", f"'65536' is not a number {EITHER}", None),
    ("slwi r3,r4,32", "4:12", "'32' is not a number from 0 to 31", None),
    ("sradi r3,r4,64", "4:13", "'64' is not a number from 0 to 63", None),
    ("lwz r3,32768(r4)", "4:8", f"'32768' is not a number {SIGNED}", "lwz rD,number(rA)"),
    ("stw r3,-32769,r4", "4:8", f"'-32769' is not a number {SIGNED}", None),
    ("ld r3,2(r4)", "4:7", "expected a multiple of 4, found '2(r4)'", "ld rD,number(rA)"),
    ("lwa r3,6,r4", "4:8", "expected a multiple of 4, found '6'", None),
    ("rlwinm r3,r4,0,0x505", "4:16", "expected a mask of bits in a row, found '0x505'", "rlwinm rA,rS"),
    ("mfcr r3,3", "4:9", "expected the mask of one field, a power of 2, found '3'", None),
    ("bne $+6", "4:5", "a distance is a multiple of 4", None),
    ("b $+8", "4:1", "this jump leads out of thread P0", None),
    ("blr+", "4:1", "unknown mnemonic 'blr+' in dialect PPC", None),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS)
def test_errors(code: str, place: str, message: str, hint: str | None) -> None:
    alone.refuses(code, place, message, hint)
