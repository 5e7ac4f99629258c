"""Executions as the text of a dot file, for layout by Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.explanations.witness import Witness
from litmus.render.graph import words
from litmus.render.graph.arrows import arrows
from litmus.render.graph.svg import COLOURS


def digraph(witness: Witness) -> str:
    """The events of a witness and its relations, with a cluster for each thread."""
    return "\n".join(_lines(witness)) + "\n"


def _lines(witness: Witness) -> Iterator[str]:
    execution = witness.execution
    titles = words.titles(execution)
    title, verdict, _, state = words.heading(witness)
    head = [title, words.question(witness.test), verdict, *words.cycles(witness), words.initially(execution), state]
    yield f"digraph {_quoted(witness.test.name)} {{"
    yield f'  graph [label={_quoted(*head)}, labelloc=t, fontname="sans-serif"];'
    yield '  node [shape=box, style=rounded, fontname="monospace"];'
    yield '  edge [fontname="monospace"];'
    for thread in sorted({execution.graph.events[event].thread for event in titles}):
        yield f"  subgraph cluster_{thread} {{"
        yield f'    label="P{thread}";'
        for event, said in titles.items():
            if execution.graph.events[event].thread == thread:
                yield f"    e{event} [label={_quoted(said)}];"
        yield "  }"
    for arrow in arrows(witness):
        colour = COLOURS[arrow.kind]
        parts = [f'label={_quoted(arrow.label)}, color="{colour}", fontcolor="{colour}"']
        parts += ["penwidth=3"] if arrow.thick else []
        parts += ["constraint=false"] if arrow.kind != "po" else []
        yield f"  e{arrow.source} -> e{arrow.target} [{', '.join(parts)}];"
    yield "}"


def _quoted(*lines: str) -> str:
    """Lines as one string of the dot language."""
    said = ["".join(c if c.isprintable() else " " for c in line) for line in lines]
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in said if line) + '"'
