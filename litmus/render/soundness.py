"""Whether machines keep what C promises, for people and as JSON."""

from __future__ import annotations

import json

from litmus.batch.soundness import SOUND, UNSOUND, Soundness
from litmus.cat.description import Weakness
from litmus.frontend.lexer import counted

_MOST = 3
"""States of a cell that are shown to people."""


def text(found: Soundness) -> str:
    """A line for each broken promise, then why cells are not known, then how many cells there are of each kind."""
    said = []
    weaknesses: dict[tuple[str, Weakness], int] = {}
    models = {id(row.test): row.model for row in found.rows}
    for test, cell in found.unsound:
        model = models[id(test)]
        more = f" and {len(cell.broken) - _MOST} more" if len(cell.broken) > _MOST else ""
        states = f"{' or '.join(cell.broken[:_MOST])}{more}"
        said.append(f"{test.name}: {cell.arch} allows what {model} forbids: {states}")
        for weakness in cell.known:
            said.append(f"  known: {model} without {weakness.axiom} allows it, too")
            weaknesses[model, weakness] = weaknesses.get((model, weakness), 0) + 1
        said += [f"  uncertain: {doubt}" for doubt in cell.uncertain]
    for (model, weakness), count in weaknesses.items():
        said.append(f"{weakness.axiom} of {model}, in {counted(count, 'cell')}: {weakness.because}")
        said.append(f"  source: {weakness.origin.source}")
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in found.rows:
        for cell in row.cells:
            if cell.word not in (SOUND, UNSOUND):
                reason = cell.reason.replace(cell.arch, "the architecture")
                reasons.setdefault((cell.word, reason), []).append(row.test.name)
    for (word, reason), names in reasons.items():
        tests = tuple(dict.fromkeys(names))
        where = tests[0] if len(tests) == 1 else counted(len(tests), "test")
        said.append(f"{word}: {reason or 'no reason is known'} ({where})")
    counts = dict(found.counts)
    kinds = [f"{counts.pop(word, 0)} {word}" for word in (SOUND, UNSOUND)]
    if weaknesses:
        kinds[-1] += f" ({sum(bool(cell.known) for _, cell in found.unsound)} of them known)"
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
            "known": [weakness.axiom for weakness in cell.known],
            "uncertain": list(cell.uncertain),
        }
        for row in found.rows
        for cell in row.cells
    ]
    return "".join(f"{json.dumps(row)}\n" for row in rows)
