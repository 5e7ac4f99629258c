"""An explanation as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from litmus.explanations.cycles import Cycle
from litmus.explanations.derivations import Step
from litmus.explanations.explanation import Explanation
from litmus.ir.execution import Execution
from litmus.ir.model import Model
from litmus.ir.verdict import Answer
from litmus.render.explanation.orders import left_out, order_of
from litmus.render.explanation.report import axiom_text
from litmus.render.explanation.words import Words


def line(known: Explanation, file: str) -> str:
    """An explanation as a JSON object on one line, newline included.

    Its keys, in order: file name model era verdict events axioms cycles timeline reordered missing flags notes
    uncertain message. Events are named by letters, as in the text and in pictures; `events` says what each is. `edges`
    of a step are its parts in terms of po, dependencies, rmw, rf, co and fr, and of orders that executions choose. A
    cycle with `excluded` is one in whatever orders are chosen, but for these: `pair` is not in `order`, as it would
    close `cycle`. `missing` is null if nothing is known of it. There are `remarks` if the test is odd.
    """
    words = Words(known)
    lost = known.missing
    row: dict[str, object] = {
        "file": file,
        "name": known.test.name,
        "model": known.model,
        "era": known.era or None,
        "verdict": None if known.answer is Answer.UNKNOWN else known.answer.value,
        "events": {letter: _event(words, event) for event, letter in words.letters.items()},
        "axioms": list(
            {axiom.name: {"name": axiom.name, "text": axiom_text(axiom)} for axiom in known.axioms}.values()
        ),
        "cycles": [_cycle(known.rules, words, cycle) for cycle in known.cycles],
        "timeline": [
            {
                "event": words.letter(moment.event),
                "before": _letters(words, moment.before),
                "misses": _letters(words, moment.misses),
                "unordered": _letters(words, moment.unordered),
            }
            for moment in known.moments
        ],
        "reordered": [
            {
                "before": r.before,
                "after": r.after,
                "despite": r.despite or None,
                "because": r.because,
                "source": r.origin.source,
            }
            for r in known.reordered
        ],
        "missing": None
        if lost is None or lost.nothing
        else [
            [
                {"before": words.letter(r.before), "after": words.letter(r.after), "means": list(r.means)}
                for r in remedies
            ]
            for remedies in lost.sets
        ],
        "flags": [
            {"flag": raised.flag, "steps": [_step(words, step) for step in raised.breach.steps]}
            for raised in known.raised
        ],
        "notes": list(known.notes),
        "uncertain": list(known.uncertain),
        "message": known.message or (lost.limit if lost is not None else ""),
    }
    if known.test.remarks:
        row["remarks"] = [remark.message for remark in known.test.remarks]
    if known.moments and known.witness is not None:
        row["values"] = _values(words, known.witness.execution)
    return json.dumps(row) + "\n"


def _event(words: Words, event: int) -> dict[str, object]:
    known = words.event(event)
    return {
        "thread": known.thread,
        "line": words.line(event),
        "kind": known.kind,
        "tags": sorted(known.tags),
        "text": words.statement(event),
    }


def _cycle(model: Model, words: Words, cycle: Cycle) -> dict[str, object]:
    found: dict[str, object] = {
        "axiom": cycle.axiom,
        "kind": cycle.kind.value,
        "values": _values(words, cycle.execution),
        "steps": [
            {
                **_step(words, step),
                "edges": [_step(words, edge) for edge in edges],
                "reason": words.reason(step, edges, cycle.execution),
            }
            for step, edges in zip(cycle.steps, cycle.edges, strict=True)
        ],
    }
    if cycle.excluded:
        found["excluded"] = [
            {
                "order": order_of(model, excluded),
                "pair": _letters(words, pair or ()),
                "cycle": _cycle(model, words, excluded.cycle),
            }
            for excluded, pair in zip(cycle.excluded, left_out(model, cycle), strict=True)
        ]
    return found


def _values(words: Words, execution: Execution) -> dict[str, str]:
    """What each access reads or writes: `x=0`."""
    return {
        letter: f"{words.location(event, execution)}={words.value(event, execution)}"
        for event, letter in words.letters.items()
        if execution.executed >> event & 1 and event in execution.values
    }


def _step(words: Words, step: Step) -> dict[str, str]:
    return {"from": words.letter(step.source), "to": words.letter(step.target), "by": step.name}


def _letters(words: Words, events: Iterable[int]) -> list[str]:
    return [words.letter(event) for event in events]
