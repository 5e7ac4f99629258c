"""Instructions of AArch64 that exist but are not read, and why."""

from __future__ import annotations

REFUSED: tuple[tuple[str, str], ...] = (
    (r"RCW\w+", "checks of page tables are not"),
    (r"ST2?Z?2?G|LDG|IRG|GMI|ADDG|SUBG|SUBPS?|(?:LD|ST)GM|STZGM|STGP", "memory tags are not"),
    (r"TLBI|AT|ERET|SVC|HVC|SMC|BRK|UDF", "system instructions are not"),
    (r"IC|DC", "cache maintenance is not"),
    (r"RETA[AB]|BRA[AB]Z?|BLRA[AB]Z?", "pointer authentication is not"),
    (r"ADRP", "pages of code are not"),
    (r"PAC\w+|AUT\w+|XPAC\w+", "pointer authentication is not"),
    (r"GCS\w+", "the control stack is not"),
    (r"(?:LD|ST)[1-4]\w*|LDAP1|STL1|F[A-Z]+\d*|[SU]?ADDV|DUP|MOVI|INS|[SU]MOV|PTRUE|WHILE\w+|INDEX|RDVL|ADDVL|MOVPRFX"
     r"|SMST\w+|MOVA|CNT\w+|INC[BHWDP]|CTERM\w+|ADD[HV]A", "vectors are not"),
)  # fmt: skip
