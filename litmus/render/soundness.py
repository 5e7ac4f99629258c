"""Whether machines keep what the kernel promises, for people and as JSON."""

from __future__ import annotations

import json
import re
import textwrap

from litmus.batch.soundness import SOUND, UNSOUND, Soundness
from litmus.cat.description import Weakness
from litmus.frontend.lexer import counted

_WIDTH = 100
_MOST = 3
"""States of a cell that are shown to people."""


def text(found: Soundness) -> str:
    """A line for each broken promise, then what weaknesses they come of, then why cells are not known, then how many
    cells there are of each kind."""
    said = []
    met: dict[tuple[str, Weakness], None] = {}
    for test, cell in found.unsound:
        more = f" and {len(cell.broken) - _MOST} more" if len(cell.broken) > _MOST else ""
        states = f"{' or '.join(cell.broken[:_MOST])}{more}"
        said.append(f"{test.name}: {cell.arch} allows what {found.model} forbids: {states}")
        said += [f"  uncertain: {doubt}" for doubt in cell.uncertain]
        if cell.weaknesses:
            said.append(f"  known: {', and '.join(weakness.name for weakness in cell.weaknesses)}")
            met |= dict.fromkeys((cell.arch, weakness) for weakness in cell.weaknesses)
    for arch, weakness in met:
        paragraph = f"{arch}, {weakness.name}: {weakness.because} ({weakness.origin.source})"
        said += textwrap.wrap(paragraph, _WIDTH, subsequent_indent="  ")
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in found.rows:
        for cell in row.cells:
            if cell.word not in (SOUND, UNSOUND):
                reason = re.sub(rf"(?<![\w-]){re.escape(cell.arch)}(?![\w-])", "the architecture", cell.reason)
                reasons.setdefault((cell.word, reason), []).append(row.test.name)
    for (word, reason), names in reasons.items():
        tests = tuple(dict.fromkeys(names))
        where = tests[0] if len(tests) == 1 else counted(len(tests), "test")
        said.append(f"{word}: {reason or 'no reason is known'} ({where})")
    counts = dict(found.counts)
    kinds = [f"{counts.pop(word, 0)} {word}" for word in (SOUND, UNSOUND)]
    known = sum(bool(cell.weaknesses) for _, cell in found.unsound)
    doubtful = sum(bool(cell.uncertain) and not cell.weaknesses for _, cell in found.unsound)
    why = [f"{count} {what}" for count, what in ((known, "by known weaknesses"), (doubtful, "uncertain")) if count]
    kinds[-1] += f" ({', '.join(why)})" if why else ""
    kinds += [f"{count} {word}" for word, count in sorted(counts.items())]
    head = f"{counted(len(found.rows), 'test')} on {counted(len(found.archs), 'architecture')}, Linux {found.era}"
    return "\n".join([*said, f"{head}: {', '.join(kinds)}"]) + "\n"


def lines(found: Soundness) -> str:
    """A line of JSON for each cell."""
    rows = [
        {
            "file": row.test.source.name,
            "name": row.test.name,
            "arch": cell.arch,
            "era": found.era,
            "model": found.model,
            "soundness": cell.word,
            "states": list(cell.broken),
            "reason": cell.reason,
            "uncertain": list(cell.uncertain),
            "weaknesses": [weakness.name for weakness in cell.weaknesses],
        }
        for row in found.rows
        for cell in row.cells
    ]
    return "".join(f"{json.dumps(row)}\n" for row in rows)
