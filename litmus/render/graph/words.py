"""The texts in pictures: of events, of the test, and of violations."""

from __future__ import annotations

from collections.abc import Mapping

from litmus.explanations.witness import Witness
from litmus.frontend.condition import condition_text
from litmus.frontend.state_lines import lines
from litmus.ir.events import Event
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import LitmusTest, Quantifier
from litmus.ir.thread import EXCLUSIVE, Address
from litmus.ir.valuation import Valuation
from litmus.judge.form import final_state
from litmus.pci import hops
from litmus.render.graph.arrows import drawn
from litmus.render.graph.figure import letters, shortened

_CAPTION = 36


def place(test: LitmusTest, address: object) -> str:
    """A location as it is written in figures: `x`, `t[1]`."""
    if not isinstance(address, Address):
        return "?"
    shown = test.show(address)
    return shown[1:-1] if shown.startswith("[") else shown


def titles(execution: Execution) -> dict[int, str]:
    """The text of each event that is drawn: `a: W x=1`."""
    valuation = Valuation.of(execution)
    return {
        event: f"{letters(k)}: {_title(execution, execution.graph.events[event], valuation)}"
        for k, event in enumerate(drawn(execution))
    }


def _title(execution: Execution, event: Event, valuation: Valuation) -> str:
    test = execution.graph.test
    tags = sorted(event.tags - hops.SETS - EXCLUSIVE)
    if event.kind == "F":
        return f"F {'.'.join(tag.lower() for tag in tags)}".rstrip()
    address = None if event.addr is None else valuation.value(event.addr)
    target = address if isinstance(address, Address) else None
    if event.kind == "A":
        return f"{'.'.join(tags)} {place(test, target)}"
    kind = f"{event.kind}{'*' if 'X' in event.tags else ''}{f'[{chr(44).join(tags)}]' if tags else ''}"
    value = test.show_accessed(execution.values[event.index], target)
    if event.kind == "U":
        value = f"{test.show_accessed(execution.values[execution.rf[event.index]], target)}, then {value}"
    return f"{kind} {place(test, target)}={value}"


def groups(execution: Execution) -> list[list[int]]:
    """The events that are drawn, grouped by instruction or call."""
    found: list[list[int]] = []
    before = None
    for index in drawn(execution):
        event = execution.graph.events[index]
        # a function that is called twice has the same places twice, but not the same spans
        here = None if event.span is None else (event.thread, id(event.span), event.row)
        if here is not None and here == before:
            found[-1].append(index)
        else:
            found.append([index])
        before = here
    return found


def captions(execution: Execution) -> dict[int, str]:
    """The source text of each instruction or call, at the first of its events."""
    events = execution.graph.events
    firsts = [events[group[0]] for group in groups(execution)]
    return {
        e.index: statement(execution.graph.test, e.span.text, _CAPTION)
        for e in firsts
        if e.span is not None and not _says_the_same(e)
    }


def statement(test: LitmusTest, text: str, most: int) -> str:
    """The text of a statement on one line, cut after `most` characters."""
    if len(text) > most and test.language:  # what a memory order is matters more than its prefix
        text = text.replace("memory_order_", "")
    return shortened(text, most).removesuffix(";")


def _says_the_same(event: Event) -> bool:
    """Whether the source text of a fence is just its name."""
    assert event.span is not None
    return event.kind == "F" and event.span.text.strip().lower() in {tag.lower() for tag in event.tags}


def heading(witness: Witness) -> tuple[str, str, bool, str]:
    """The title; the verdict in words, and whether the execution is allowed; and the final state."""
    test, execution = witness.test, witness.execution
    refutes = test.condition.quantifier is Quantifier.FORALL
    state = " ".join(lines(test, (final_state(execution),)))
    title = f"{test.name} under {witness.model}{f', Linux {witness.era}' if witness.era else ''}"
    if witness.breaches:
        what = "what would refute it" if refutes else "the outcome"
        broken = [breach.axiom for breach in witness.breaches if chosen_order(breach.axiom) is None]
        orders = [name for name in map(chosen_order, (breach.axiom for breach in witness.breaches)) if name is not None]
        said = ([f"breaks {' and '.join(broken)}"] if broken else []) + [f"fits no {order}" for order in orders]
        return title, f"Forbidden: {what} {' and '.join(said)}", False, state
    return title, "Allowed: this execution refutes it" if refutes else "Allowed: this execution has it", True, state


def chosen_order(axiom: str) -> str | None:
    """The order that an axiom has executions choose (`with S`), as it is called; None for any other axiom."""
    return called(axiom.removeprefix("with ")) if axiom.startswith("with ") else None


def called(order: str) -> str:
    """What an order that executions choose is called: `order S`, `lock-order`."""
    return order if "order" in order else f"order {order}"


def cycles(witness: Witness, names: Mapping[int, str] | None = None) -> list[str]:
    """Each violation on a line, with the names of events: `propagation: a -sync-> b -rf-> c`."""
    if names is None:
        names = {event: title.split(":")[0] for event, title in titles(witness.execution).items()}
    found = []
    for breach in witness.breaches:
        said = ""
        before = None
        for step in breach.steps:
            source, target = (names.get(event, "·") for event in (step.source, step.target))
            said += f" -{step.name}-> {target}" if step.source == before else f"; {source} -{step.name}-> {target}"
            before = step.target
        if said:
            found.append(f"{breach.axiom}: {said[2:]}")
    return found


def question(test: LitmusTest) -> str:
    """The condition, on one line."""
    return condition_text(test)


def initially(execution: Execution) -> str:
    """The initial state of all locations: `initially x=0, y=1`."""
    test, graph = execution.graph.test, execution.graph
    parts = [
        f"{place(test, location)}={test.show_accessed(execution.values[event], location)}"
        for location, event in zip(graph.locations, graph.initial, strict=True)
    ]
    return f"initially {', '.join(parts)}" if parts else ""
