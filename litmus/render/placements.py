"""Renders the survey of a test's placements, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litmus.frontend.condition import condition_text

if TYPE_CHECKING:
    from litmus.batch.survey import Survey
    from litmus.ir.topology import Topology

_WORDS = {True: "Allowed", False: "Forbidden", None: "Unknown"}


def block(survey: Survey) -> str:
    """The block of a test, with a blank line at the end: counts, and an example placement for each answer."""
    test = survey.test
    counts = {True: survey.allowed, False: survey.forbidden, None: survey.unknown}
    lines = [f"Test {test.name} {test.condition.quantifier.kind}"]
    lines.append(f"Placements {survey.placements}, {survey.decided} of them different")
    for answer, word in _WORDS.items():
        if answer in survey.examples:
            lines.append(f"{word} {counts[answer]}, as with {place(survey.examples[answer])}")
        elif answer is not None:
            lines.append(f"{word} 0")
    lines.append(f"Condition {condition_text(test)}")
    lines += [f"Note {note}" for note in survey.notes]
    return "\n".join(lines) + "\n\n"


def place(topology: Topology) -> str:
    """The places of the devices: `nic on 1, P1 on 2`."""
    return ", ".join(f"{device} on {bus}" for device, bus in topology.devices.items()) or "no device"


def line(file: str, survey: Survey) -> str:
    """The survey as a line of JSON."""
    import json

    return (
        json.dumps(
            {
                "file": file,
                "test": survey.test.name,
                "model": survey.model,
                "placements": survey.placements,
                "allowed": survey.allowed,
                "forbidden": survey.forbidden,
                "unknown": survey.unknown,
                "examples": {
                    _WORDS[answer].lower(): dict(topology.devices) for answer, topology in survey.examples.items()
                },
                "notes": list(survey.notes),
            }
        )
        + "\n"
    )
