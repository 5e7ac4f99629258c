"""Whether machines keep what C promises, for people and as JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter

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
    weaknesses: Counter[tuple[str, Weakness]] = Counter()
    for row, cell in [(one, its) for one in found.rows for its in one.cells if its.word == UNSOUND]:
        more = f" and {len(cell.broken) - _MOST} more" if len(cell.broken) > _MOST else ""
        states = f"{' or '.join(cell.broken[:_MOST])}{more}"
        said.append(f"{row.test.name}: {cell.arch} allows what {row.model} forbids: {states}")
        if cell.weaknesses:
            said.append(f"  known: {' and '.join(weakness.name for weakness in cell.weaknesses)}")
            weaknesses.update((row.model if weakness.axiom else cell.arch, weakness) for weakness in cell.weaknesses)
        said += [f"  uncertain: {doubt}" for doubt in cell.uncertain]
    for (of, weakness), count in weaknesses.items():
        paragraph = f"{of}, {weakness.name} ({counted(count, 'cell')}): {weakness.because} [{weakness.origin.source}]"
        said += textwrap.wrap(paragraph, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in found.rows:
        for cell in row.cells:
            if cell.word not in (SOUND, UNSOUND):
                name = re.escape(cell.arch)
                reason = re.sub(rf"model '{name}'|(?<![\w-]){name}(?![\w-])", "the architecture", cell.reason)
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
    in_doubt = sum(cell.word == SOUND and bool(cell.uncertain) for row in found.rows for cell in row.cells)
    kinds[0] += f" ({in_doubt} uncertain)" if in_doubt else ""
    kinds += [f"{count} {word}" for word, count in sorted(counts.items())]
    kernel = not found.rows or any(not row.test.language for row in found.rows)
    head = f"{counted(len(found.rows), 'test')} on {counted(len(found.archs), 'architecture')}"
    head += f", Linux {found.era}" if kernel else ""
    return "\n".join([*said, f"{head}: {', '.join(kinds)}"]) + "\n"


def lines(found: Soundness) -> str:
    """A line of JSON for each cell."""
    rows = [
        {
            "file": row.test.source.name,
            "name": row.test.name,
            "arch": cell.arch,
            "era": "" if row.test.language else found.era,
            "model": row.model,
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
