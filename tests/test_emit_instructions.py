"""What statements of kernel C are in the assembly of each machine, instruction by instruction."""

from __future__ import annotations

import re

import pytest

import litmus
from litmus.base.errors import UnsupportedError

TEXT = """C t
{{ {init} }}
P0({word} *x, {word} *y, {word} *z, spinlock_t *l)
{{
\t{word} r; {word} s;
\t{statements}
}}
{question}
"""


def parse(statements: str, word: str = "int", init: str = "", question: str = "exists (x=0)") -> litmus.LitmusTest:
    return litmus.parse(TEXT.format(statements=statements, word=word, init=init, question=question))


def instructions(test: litmus.LitmusTest, arch: str, era: str = "v6") -> str:
    """The rows of the only thread, and what its registers hold at the start."""
    text = litmus.assembly(test, arch, era)
    init, program = text.split("{\n")[1].split("}\n")
    given = [line.removesuffix(";") for line in init.splitlines() if line.startswith("0:")]
    body, _ = re.split(r"^(?:locations|filter|exists|~exists|forall)", program, maxsplit=1, flags=re.MULTILINE)
    rows = [row.strip(" ;") for row in body.splitlines() if row]
    assert rows[0] == "P0"
    return " | ".join([" ".join(given), *rows[1:]]) if given else " | ".join(rows[1:])


POWER = {
    "r = READ_ONCE(*x); WRITE_ONCE(*y, r + 1);": "0:r1=x 0:r2=y | lwz r3,0(r1) | addi r3,r3,1 | stw r3,0(r2)",
    "r = READ_ONCE(*x); WRITE_ONCE(*x, r - 40000);": "0:r1=x 0:r2=40000 | lwz r3,0(r1) | sub r3,r3,r2 | stw r3,0(r1)",
    "r = *x; WRITE_ONCE(*x, (r & 6) | 8);": "0:r1=x | lwz r2,0(r1) | andi. r2,r2,6 | ori r2,r2,8 | stw r2,0(r1)",
    "r = READ_ONCE(*x); WRITE_ONCE(*x, ~r << 3 >> 1);": (
        "0:r1=x | lwz r2,0(r1) | nor r2,r2,r2 | slwi r2,r2,3 | srawi r2,r2,1 | stw r2,0(r1)"
    ),
    "r = READ_ONCE(*x); WRITE_ONCE(*x, r * 3 / r);": (
        "0:r1=x | lwz r2,0(r1) | mulli r3,r2,3 | divw r2,r3,r2 | stw r2,0(r1)"
    ),
    "r = READ_ONCE(*x); WRITE_ONCE(*x, (short)r);": "0:r1=x | lwz r2,0(r1) | extsh r2,r2 | stw r2,0(r1)",
    # an address dependency is what the test makes it, by indexed or by plain addressing
    "r = READ_ONCE(*x); WRITE_ONCE(y[r ^ r], 1);": (
        "0:r1=x 0:r2=y | lwz r3,0(r1) | li r4,1 | xor r3,r3,r3 | slwi r3,r3,2 | stwx r4,r2,r3"
    ),
    "WRITE_ONCE(x[1], 0);": "0:r1=x | li r2,0 | stw r2,4(r1)",
    # a value that is a comparison is chosen without a branch
    "r = READ_ONCE(*x); s = READ_ONCE(*y); WRITE_ONCE(*x, r == s);": (
        "0:r1=x 0:r2=y | lwz r3,0(r1) | lwz r4,0(r2) | li r5,1 | li r6,0 | cmpw r3,r4 | iseleq r3,r5,r6 | stw r3,0(r1)"
    ),
    "r = READ_ONCE(*x); s = READ_ONCE(*y); WRITE_ONCE(*x, r ? s : 7);": (
        "0:r1=x 0:r2=y | lwz r3,0(r1) | lwz r4,0(r2) | li r5,7 | cmpwi r3,0 | iseleq r3,r5,r4 | stw r3,0(r1)"
    ),
    # a branch compares by itself, also where a variable had the comparison
    "r = READ_ONCE(*x); s = r > 5; if (s) WRITE_ONCE(*x, 1);": (
        "0:r1=x | lwz r2,0(r1) | li r3,1 | cmpwi r2,5 | ble L0 | stw r3,0(r1) | L0:"
    ),
    "r = READ_ONCE(*x); if ((unsigned)r < 5u) WRITE_ONCE(*x, 1);": (
        "0:r1=x | lwz r2,0(r1) | cmplwi r2,5 | bge L0 | li r2,1 | stw r2,0(r1) | L0:"
    ),
    "r = READ_ONCE(*x); if (r == 1) WRITE_ONCE(*x, 2); else WRITE_ONCE(*y, 2);": (
        "0:r1=x 0:r2=y | lwz r3,0(r1) | cmpwi r3,1 | bne L0 | li r3,2 | stw r3,0(r1) | b L1"
        " | L0: | li r3,2 | stw r3,0(r2) | L1:"
    ),
    "do { r = READ_ONCE(*x); } while (r != 1);": "0:r1=x | L0: | lwz r2,0(r1) | cmpwi r2,1 | bne L0",
    # loops around a reservation
    "r = atomic_add_return_relaxed(2, x);": "0:r1=x | L0: | lwarx r2,r0,r1 | addi r2,r2,2 | stwcx. r2,r0,r1 | bne L0",
    "r = cmpxchg_acquire(x, 1, 2);": (
        "0:r1=x | L0: | lwarx r2,r0,r1 | cmpwi r2,1 | bne L1 | li r2,2 | stwcx. r2,r0,r1 | bne L0 | isync | L1:"
    ),
    "spin_lock(l); spin_unlock(l);": (
        "0:r1=l | L0: | lwarx r2,r0,r1 | cmpwi r2,0 | bne L0 | li r2,1 | stwcx. r2,r0,r1 | bne L0 | isync | lwsync"
        " | li r2,0 | stw r2,0(r1)"
    ),
    "spin_unlock_wait(l);": "0:r1=l | L0: | lwz r2,0(r1) | cmpwi r2,0 | bne L0",
}

ALPHA = {
    "r = READ_ONCE(*x); WRITE_ONCE(*y, r + 1);": "0:$1=x 0:$2=y | ldq $3,0($1) | mb | addl $3,1,$3 | stq $3,0($2)",
    "r = *x; *x = r - 4000;": "0:$1=x | ldq $2,0($1) | lda $3,4000($31) | subl $2,$3,$2 | stq $2,0($1)",
    "r = *x; *x = -r & ~r;": "0:$1=x | ldq $2,0($1) | subl $31,$2,$3 | ornot $31,$2,$2 | and $3,$2,$2 | stq $2,0($1)",
    "r = *x; *x = (unsigned)r >> 3;": (
        "0:$1=x | ldq $2,0($1) | sll $2,32,$2 | srl $2,32,$2 | srl $2,3,$2 | addl $2,0,$2 | stq $2,0($1)"
    ),
    "r = *x; *x = (short)r;": "0:$1=x | ldq $2,0($1) | sll $2,48,$2 | sra $2,48,$2 | stq $2,0($1)",
    "r = *x; s = *y; *x = r <= s;": "0:$1=x 0:$2=y | ldq $3,0($1) | ldq $4,0($2) | cmple $3,$4,$3 | stq $3,0($1)",
    "r = *x; *x = r != 0;": "0:$1=x | ldq $2,0($1) | cmpeq $2,0,$2 | xor $2,1,$2 | stq $2,0($1)",
    "r = *x; s = *y; *x = r ? s : 7;": (
        "0:$1=x 0:$2=y | ldq $3,0($1) | ldq $4,0($2) | mov 7,$5 | cmovne $3,$4,$5 | stq $5,0($1)"
    ),
    # an address is computed in quadwords
    "r = *x; *(y + (r ^ r)) = 0;": (
        "0:$1=x 0:$2=y | ldq $3,0($1) | xor $3,$3,$3 | sll $3,2,$3 | addl $3,0,$3 | addq $3,$2,$3 | stq $31,0($3)"
    ),
    "r = *x; if (r >= 0) *x = 1;": "0:$1=x | ldq $2,0($1) | blt $2,L0 | mov 1,$2 | stq $2,0($1) | L0:",
    "r = *x; if (r > 5) *x = 1000;": (
        "0:$1=x | ldq $2,0($1) | cmple $2,5,$2 | bne $2,L0 | lda $2,1000($31) | stq $2,0($1) | L0:"
    ),
    "atomic_inc(x);": "0:$1=x | L0: | ldq_l $2,0($1) | addl $2,1,$2 | stq_c $2,0($1) | beq $2,L0",
    # the register that is stored is lost to the outcome
    "s = xchg_relaxed(x, r);": "0:$1=x | mb | L0: | ldq_l $3,0($1) | mov $2,$3 | stq_c $3,0($1) | beq $3,L0 | mb",
    "spin_lock(l);": "0:$1=l | L0: | ldq_l $2,0($1) | bne $2,L0 | mov 1,$2 | stq_c $2,0($1) | beq $2,L0 | mb",
}

AARCH64 = {
    "r = READ_ONCE(*x); smp_store_release(y, r + 1);": "0:X0=x 0:X1=y | LDR W2,[X0] | ADD W2,W2,#1 | STLR W2,[X1]",
    "r = smp_load_acquire(x); *x = r - 5000;": "0:X0=x | LDAR W1,[X0] | MOV W2,#5000 | SUB W1,W1,W2 | STR W1,[X0]",
    "r = *x; *x = -r & ~r;": "0:X0=x | LDR W1,[X0] | NEG W2,W1 | MVN W1,W1 | AND W1,W2,W1 | STR W1,[X0]",
    "r = *x; *x = (unsigned)r >> 3;": "0:X0=x | LDR W1,[X0] | LSR W1,W1,#3 | STR W1,[X0]",
    "r = *x; *x = (short)r;": "0:X0=x | LDR W1,[X0] | SXTH W1,W1 | STR W1,[X0]",
    "r = *x; s = *y; *x = r <= s;": "0:X0=x 0:X1=y | LDR W2,[X0] | LDR W3,[X1] | CMP W2,W3 | CSET W2,LE | STR W2,[X0]",
    "r = *x; s = *y; *x = r ? s : 7;": (
        "0:X0=x 0:X1=y | LDR W2,[X0] | LDR W3,[X1] | MOV W4,#7 | CMP W2,#0 | CSEL W2,W3,W4,NE | STR W2,[X0]"
    ),
    # an index is a word, an address has 64 bits
    "r = *x; *(y + (r ^ r)) = 0;": (
        "0:X0=x 0:X1=y | LDR W2,[X0] | EOR W2,W2,W2 | LSL W2,W2,#2 | ADD X2,X1,W2,SXTW | STR WZR,[X2]"
    ),
    "x[1] = 0;": "0:X0=x | STR WZR,[X0,#4]",
    "r = *x; if (r >= 0) *x = 100000;": "0:X0=x 0:X1=100000 | LDR W2,[X0] | CMP W2,#0 | B.LT L0 | STR W1,[X0] | L0:",
    "r = *x; if (r) *x = (r & 6) | (r & 5);": (
        "0:X0=x | LDR W1,[X0] | CBZ W1,L0 | AND W2,W1,#6 | MOV W3,#5 | AND W1,W1,W3 | ORR W1,W2,W1 | STR W1,[X0] | L0:"
    ),
    "smp_mb(); smp_rmb(); smp_wmb(); mb(); rmb(); wmb(); dma_mb();": (
        "DMB ISH | DMB ISHLD | DMB ISHST | DSB SY | DSB LD | DSB ST | DMB OSH"
    ),
    "atomic_inc(x); atomic_dec(x); set_bit(4, x); clear_bit(4, x); change_bit(4, x);": (
        "0:X0=x | MOV W1,#1 | STADD W1,[X0] | MOV W1,#-1 | STADD W1,[X0] | MOV W1,#16 | STSET W1,[X0]"
        " | STCLR W1,[X0] | STEOR W1,[X0]"
    ),
    "*y = xchg(x, 3);": "0:X0=x 0:X1=y | MOV W2,#3 | SWPAL W2,W2,[X0] | STR W2,[X1]",
    "*y = atomic_sub_return_release(2, x);": (
        "0:X0=x 0:X1=y | MOV W2,#-2 | LDADDL W2,W2,[X0] | SUB W2,W2,#2 | STR W2,[X1]"
    ),
    # what is to be cleared is what is not to be kept
    "*y = atomic_fetch_and_relaxed(6, x);": "0:X0=x 0:X1=y | MOV W2,#-7 | LDCLR W2,W2,[X0] | STR W2,[X1]",
    "*y = cmpxchg_acquire(x, 1, 2);": "0:X0=x 0:X1=y | MOV W2,#2 | MOV W3,#1 | CASA W3,W2,[X0] | STR W3,[X1]",
    "spin_lock(l); spin_unlock(l);": (
        "0:X0=l | L0: | MOV W1,#1 | MOV W2,#0 | CASA W2,W1,[X0] | CBNZ W2,L0 | STLR WZR,[X0]"
    ),
    "xchg_relaxed(x, r);": "0:X1=x | SWP W0,W2,[X1]",
}

RISCV = {
    "r = READ_ONCE(*x); WRITE_ONCE(*y, r + 1);": "0:x5=x 0:x6=y | lw x7,0(x5) | addiw x7,x7,1 | sw x7,0(x6)",
    "r = *x; *x = r - 4000;": "0:x5=x | lw x6,0(x5) | li x7,4000 | subw x6,x6,x7 | sw x6,0(x5)",
    "r = *x; *x = (unsigned)r >> 3;": "0:x5=x | lw x6,0(x5) | srliw x6,x6,3 | sw x6,0(x5)",
    "r = *x; *x = (short)r;": "0:x5=x | lw x6,0(x5) | slli x6,x6,48 | srai x6,x6,48 | sw x6,0(x5)",
    "r = *x; s = *y; *x = r <= s;": (
        "0:x5=x 0:x6=y | lw x7,0(x5) | lw x28,0(x6) | slt x7,x28,x7 | xori x7,x7,1 | sw x7,0(x5)"
    ),
    "r = *x; *x = r != 5;": "0:x5=x | lw x6,0(x5) | xori x6,x6,5 | snez x6,x6 | sw x6,0(x5)",
    # a mask in place of a branch: what is stored depends on the comparison by data
    "r = *x; s = *y; *x = r ? s : 7;": (
        "0:x5=x 0:x6=y | lw x7,0(x5) | lw x28,0(x6) | snez x7,x7 | sub x7,x0,x7 | xori x28,x28,7 | li x29,7"
        " | and x7,x28,x7 | xor x7,x7,x29 | sw x7,0(x5)"
    ),
    "r = *x; if (r > 5) *x = 1000;": ("0:x5=x | lw x6,0(x5) | li x7,5 | bge x7,x6,L0 | li x6,1000 | sw x6,0(x5) | L0:"),
    "x[1] = 0;": "0:x5=x | sw x0,4(x5)",
    "r = xchg(x, 3);": "0:x5=x | li x6,3 | amoswap.w.aqrl x6,x6,(x5)",
    "*y = atomic_sub_return(2, x);": (
        "0:x5=x 0:x6=y | li x7,-2 | amoadd.w.aqrl x7,x7,(x5) | addiw x7,x7,-2 | sw x7,0(x6)"
    ),
    "atomic_inc(x); set_bit(4, x);": "0:x5=x | li x6,1 | amoadd.w x0,x6,(x5) | li x6,16 | amoor.w x0,x6,(x5)",
    "r = cmpxchg(x, 1, 2);": (
        "0:x5=x | L0: | lr.w x6,0(x5) | li x7,1 | bne x6,x7,L1 | li x6,2 | sc.w.rl x6,x6,0(x5) | bne x6,x0,L0"
        " | fence rw,rw | L1:"
    ),
    "spin_lock(l); spin_unlock(l);": (
        "0:x5=l | L0: | lr.w x6,0(x5) | bne x6,x0,L0 | li x6,1 | sc.w x6,x6,0(x5) | bne x6,x0,L0 | fence r,rw"
        " | fence rw,w | sw x0,0(x5)"
    ),
}

LOONGARCH = {
    "r = READ_ONCE(*x); WRITE_ONCE(*y, r + 1);": (
        "0:$r12=x 0:$r13=y | ld.w $r14,$r12,0 | addi.w $r14,$r14,1 | st.w $r14,$r13,0"
    ),
    "r = *x; *x = r - 4000;": "0:$r12=x | ld.w $r13,$r12,0 | li.w $r14,4000 | sub.w $r13,$r13,$r14 | st.w $r13,$r12,0",
    "r = *x; *x = (unsigned)r >> 3;": "0:$r12=x | ld.w $r13,$r12,0 | srli.w $r13,$r13,3 | st.w $r13,$r12,0",
    "r = *x; *x = (short)r;": (
        "0:$r12=x | ld.w $r13,$r12,0 | slli.d $r13,$r13,48 | srai.d $r13,$r13,48 | st.w $r13,$r12,0"
    ),
    # the number of a logical instruction has no sign
    "r = *x; *x = r & -8 | 4095;": (
        "0:$r12=x | ld.w $r13,$r12,0 | li.w $r14,-8 | and $r13,$r13,$r14 | ori $r13,$r13,4095 | st.w $r13,$r12,0"
    ),
    "r = *x; *x = r != 5;": ("0:$r12=x | ld.w $r13,$r12,0 | xori $r13,$r13,5 | sltu $r13,$r0,$r13 | st.w $r13,$r12,0"),
    "r = *x; s = *y; *x = r ? s : 7;": (
        "0:$r12=x 0:$r13=y | ld.w $r14,$r12,0 | ld.w $r15,$r13,0 | sltu $r14,$r0,$r14 | sub.d $r14,$r0,$r14"
        " | xori $r15,$r15,7 | li.w $r16,7 | and $r14,$r15,$r14 | xor $r14,$r14,$r16 | st.w $r14,$r12,0"
    ),
    "x[1] = 0;": "0:$r12=x | st.w $r0,$r12,4",
    "smp_mb(); smp_rmb(); smp_wmb();": "dbar 16 | dbar 21 | dbar 26",
    "*y = smp_load_acquire(x);": "0:$r12=x 0:$r13=y | ld.w $r14,$r12,0 | dbar 20 | st.w $r14,$r13,0",
    "smp_store_release(x, 1);": "0:$r12=x | dbar 18 | li.w $r13,1 | st.w $r13,$r12,0",
    "r = xchg(x, 3);": "0:$r12=x | li.w $r13,3 | amswap_db.w $r13,$r13,$r12",
    "atomic_inc(x); set_bit(4, x);": (
        "0:$r12=x | li.w $r13,1 | amadd.w $r0,$r13,$r12 | li.w $r13,16 | amor.w $r0,$r13,$r12"
    ),
    "r = cmpxchg(x, 1, 2);": (
        "0:$r12=x | L0: | ll.w $r13,$r12,0 | li.w $r14,1 | bne $r13,$r14,L1 | li.w $r13,2 | sc.w $r13,$r12,0"
        " | beqz $r13,L0 | L1: | dbar 0x700"
    ),
}

X86 = {
    "r = READ_ONCE(*x); WRITE_ONCE(*y, r + 1);": "MOV EAX,[x] | ADD EAX,$1 | MOV [y],EAX",
    "r = *x; *x = 5 - r;": "MOV EAX,[x] | MOV EBX,$5 | SUB EBX,EAX | MOV [x],EBX",
    "r = *x; *x = -r ^ ~r;": "MOV EAX,[x] | MOV EBX,EAX | NOT EBX | NEG EAX | XOR EAX,EBX | MOV [x],EAX",
    "r = *x; *x = (short)(r * 4);": "MOV EAX,[x] | SHL EAX,$2 | SHL EAX,$16 | SAR EAX,$16 | MOV [x],EAX",
    "r = *x; s = *y; *x = r == s;": (
        "MOV EAX,[x] | MOV EBX,[y] | MOV ECX,$1 | CMP EAX,EBX | MOV EAX,$0 | CMOVE EAX,ECX | MOV [x],EAX"
    ),
    "r = *x; if ((unsigned)r < 5u) *x = 1;": "MOV EAX,[x] | CMP EAX,$5 | JAE L0 | MOV [x],$1 | L0:",
    "x[1] = 0;": "MOV [x+4],$0",
    "smp_mb(); rmb(); wmb();": "MFENCE | LFENCE | SFENCE",
    "atomic_inc(x); atomic_dec(x); set_bit(4, x);": "LOCK ADD [x],$1 | LOCK SUB [x],$1 | LOCK OR [x],$16",
    "*y = xchg(x, 3);": "MOV EAX,$3 | XCHG [x],EAX | MOV [y],EAX",
    "*y = atomic_sub_return(2, x);": "MOV EAX,$-2 | LOCK XADD [x],EAX | SUB EAX,$2 | MOV [y],EAX",
    "*y = cmpxchg(x, 1, 2);": "MOV EBX,$2 | MOV EAX,$1 | LOCK CMPXCHG [x],EBX | MOV [y],EAX",
    # what no instruction does is a loop around one that does
    "*y = atomic_fetch_or(2, x);": (
        "MOV EAX,[x] | L0: | MOV EBX,EAX | MOV ECX,EBX | OR ECX,$2 | LOCK CMPXCHG [x],ECX | JNE L0 | MOV [y],EBX"
    ),
    "spin_lock(l); spin_unlock(l);": ("L0: | MOV EBX,$1 | MOV EAX,$0 | LOCK CMPXCHG [l],EBX | JNE L0 | MOV [l],$0"),
}

X86_64 = {
    "r = *x; *y = r - 1;": "movq (x),%rax | subq $1,%rax | movq %rax,(y)",
    "r = *x; *y = (int)r;": "movq (x),%rax | movslq %eax,%rax | movq %rax,(y)",
    "r = *x; *y = r & 0xffffffffff;": "movq (x),%rax | movq $1099511627775,%rbx | andq %rbx,%rax | movq %rax,(y)",
    "r = *x; *y = 1 << (r & 7);": (
        "movq (x),%rax | andq $7,%rax | movq $1,%rbx | movq %rax,%rcx | shlq %cl,%rbx | movslq %ebx,%rax"
        " | movq %rax,(y)"
    ),
    # a byte of a register is set in one that is 0, so as to depend on nothing but the comparison
    "r = *x; s = *y; *x = r < s;": (
        "movq (x),%rax | movq (y),%rbx | cmpq %rbx,%rax | movq $0,%rax | setl %al | movq %rax,(x)"
    ),
    "r = *x; s = *y; *x = r ? s : 7;": (
        "movq (x),%rax | movq (y),%rbx | cmpq $0,%rax | movq $0,%rax | setne %al | negq %rax | xorq $7,%rbx"
        " | andq %rbx,%rax | xorq $7,%rax | movq %rax,(x)"
    ),
    "*y = cmpxchg(x, 1, 2);": "movq $2,%rbx | movq $1,%rax | lock cmpxchgq %rbx,(x) | movq %rax,(y)",
    "x[1] = 0;": "movq $0,8(x)",
}

TABLE = [
    *(("power", "int", *row) for row in POWER.items()),
    *(("alpha", "int", *row) for row in ALPHA.items()),
    *(("aarch64", "int", *row) for row in AARCH64.items()),
    *(("riscv", "int", *row) for row in RISCV.items()),
    *(("loongarch", "int", *row) for row in LOONGARCH.items()),
    *(("x86-tso", "int", *row) for row in X86.items()),
    *(("x86-tso", "long", *row) for row in X86_64.items()),
    (
        "power",
        "long",
        "r = *x; if (r == 1) *y = r;",
        "0:r1=x 0:r2=y | ld r3,0(r1) | cmpdi r3,1 | bne L0 | std r3,0(r2) | L0:",
    ),
    ("power", "long", "atomic64_inc(x);", "0:r1=x | L0: | ldarx r2,r0,r1 | addi r2,r2,1 | stdcx. r2,r0,r1 | bne L0"),
    ("aarch64", "long", "r = *x; *y = (int)r;", "0:X0=x 0:X1=y | LDR X2,[X0] | SXTW X2,W2 | STR X2,[X1]"),
    (
        "aarch64",
        "long",
        "r = *x; *y = r & 0xffffffffff;",
        "0:X0=x 0:X1=y | LDR X2,[X0] | AND X2,X2,#1099511627775 | STR X2,[X1]",
    ),
    ("aarch64", "long", "atomic64_inc(x);", "0:X0=x | MOV X1,#1 | STADD X1,[X0]"),
    (
        "aarch64",
        "long",
        "r = *x; if (r == 1) *y = r;",
        "0:X0=x 0:X1=y | LDR X2,[X0] | CMP X2,#1 | B.NE L0 | STR X2,[X1] | L0:",
    ),
    ("riscv", "long", "atomic64_inc(x);", "0:x5=x | li x6,1 | amoadd.d x0,x6,(x5)"),
    ("loongarch", "long", "atomic64_inc(x);", "0:$r12=x | li.w $r13,1 | amadd.d $r0,$r13,$r12"),
    ("alpha", "long", "r = *x; *x = r + 1;", "0:$1=x | ldq $2,0($1) | addq $2,1,$2 | stq $2,0($1)"),
]


@pytest.mark.parametrize(("arch", "word", "statements", "expected"), TABLE)
def test_instructions(arch: str, word: str, statements: str, expected: str) -> None:
    assert instructions(parse(statements, word), arch) == expected


@pytest.mark.parametrize(
    ("arch", "word", "statements", "place", "message"),
    [
        ("x86-tso", "int", "r = *x; *x = r * 3;", "*x = r * 3", "the operator 'mul' cannot be written in 32-bit x86"),
        ("alpha", "int", "r = *x; *x = r / 3;", "*x = r / 3", "the operator 'div' cannot be written in Alpha"),
        ("x86-tso", "int", "r = *x; *x = 1 << (r & 7);", "*x = 1 << (r & 7)", "a shift by a register"),
        (
            "power",
            "int",
            "r = *x; *x = 1 << (r | 64);",
            "*x = 1 << (r | 64)",
            "a shift by a count that may exceed a word",
        ),
        ("loongarch", "int", "r = *x; *x = r / 3;", "*x = r / 3", "the operator 'div' cannot be written in LoongArch"),
        ("riscv", "int", "r = *x; *x = r / 3;", "*x = r / 3", "the operator 'div' cannot be written in RISC-V"),
        ("aarch64", "int", "r = *x; *x = r / 3;", "*x = r / 3", "the operator 'div' cannot be written in AArch64"),
        ("alpha", "int", "x[1] = 0;", "x[1] = 0", "an access of 8 bytes at an offset of 4 bytes"),
    ],
)
def test_what_a_machine_has_not(arch: str, word: str, statements: str, place: str, message: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        litmus.assembly(parse(statements, word), arch)
    assert raised.value.message.startswith(message)
    assert raised.value.span is not None
    assert raised.value.span.text == place
