"""Draws an execution: events in columns, or on the buses of a topology; as SVG, or as the text of a dot file."""

from __future__ import annotations

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.explanations.witness import Witness
from litmus.render.graph.dot import digraph
from litmus.render.graph.events import event_figure
from litmus.render.graph.hops import hop_figure, on_buses
from litmus.render.graph.svg import document

__all__ = ["digraph", "svg"]


def svg(witness: Witness, deadline: Deadline = NO_DEADLINE) -> str:
    """The picture of a witness as an SVG document. Raises LimitReached at the deadline and for many hops."""
    return document(hop_figure(witness, deadline) if on_buses(witness) else event_figure(witness, deadline))
