"""Why an outcome is impossible, or how it comes about and what would rule it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached
from litmus.cat.description import Reordering
from litmus.decide import Findings
from litmus.decide.warnings import raising
from litmus.decide.whole import Whole
from litmus.engine import Engine, Prepared
from litmus.explanations.cycles import Breach, Cycle, Step, breach_of, breach_pairs
from litmus.explanations.derivations import Derivations
from litmus.explanations.missing import Missing, missing
from litmus.explanations.timeline import Moment, reordered, timeline
from litmus.explanations.trials import Asked
from litmus.explanations.ways import reasons
from litmus.explanations.witness import Witness, seen
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Condition, LitmusTest, Not, Prop, Quantifier
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model
from litmus.ir.options import DEFAULTS, Options
from litmus.ir.verdict import Answer, Status
from litmus.pci.cpus import read_cpus


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag that an execution raises, with the accesses by which it does: for a race, the two that race."""

    flag: str
    breach: Breach
    execution: Execution


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the outcome that a test asks about is impossible, or how it comes about.

    `model` is the name of the model and `rules` the model itself, as elaborated for the test: steps and facts name its
    nodes. `asked` is the outcome: for `forall`, that the proposition does not hold. `answer` is as in a verdict.

    Forbidden, or no execution at all: `axioms` are the fewest axioms of the model that rule the outcome out, those of
    one name counted as one. Each candidate execution that has it (rf, co and values, whatever the axioms say) has one
    of `cycles`; without any of these, some has none. If executions choose orders, too, a cycle is there whatever is
    chosen of what it does not exclude. There are no axioms if nothing in the program could bring the outcome about.
    Allowed: `moments` is an execution as a timeline, `reordered` why its accesses need not keep the order of the
    program, as far as the description of the model says, and `missing` what would rule the outcome out.

    `witness` is that execution, or the first that a cycle rules out, as pictures draw it; None if there is none.
    `raised` are the flags, each with an execution that raises it. `notes` and `uncertain` are as in a verdict,
    `message` says what limits the answer. `passing` is the passing table that was named for a PCI test.
    """

    test: LitmusTest
    model: str
    era: str
    rules: Model
    asked: Prop
    answer: Answer
    axioms: tuple[Axiom, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    witness: Witness | None = None
    moments: tuple[Moment, ...] = ()
    reordered: tuple[Reordering, ...] = ()
    missing: Missing | None = None
    raised: tuple[Raised, ...] = ()
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    message: str = ""
    passing: str | None = None

    def __repr__(self) -> str:
        """One line, as `<Explanation of MP under power: Forbidden by observation, 1 cycle>`."""
        said = self.answer.value
        if self.axioms:
            count = f"{len(self.cycles)} cycle{'s' * (len(self.cycles) != 1)}"
            said += f" by {', '.join(dict.fromkeys(axiom.name for axiom in self.axioms))}, {count}"
        return f"<Explanation of {self.test.name} under {self.model}: {said}>"

    def _repr_html_(self) -> str:
        from litmus.base.display import html

        return html(self)

    def _repr_markdown_(self) -> str:
        from litmus.base.display import markdown

        return markdown(self)


def explain(engine: Engine, test: LitmusTest, model: str | None = None, options: Options = DEFAULTS) -> Explanation:
    """Explain the answer to what a test asks.

    Raises LimitReached at a limit (of time; of `ways.MOST_CYCLES` cycles; of `witness.MOST` events), and the errors of
    `Engine.check`.
    """
    deadline = Deadline.after(options.timeout)
    ready = engine.prepare(test, model, options, deadline)
    prop = test.condition.prop
    asked = Not(prop) if test.condition.quantifier is Quantifier.FORALL else prop
    found = _decided(engine, ready, asked, deadline)
    answer = found.answer(Quantifier.EXISTS)
    known = Explanation(
        test=test,
        model=ready.name,
        era=options.era if test.has_primitives else "",
        rules=ready.model,
        asked=asked,
        answer=answer,
        notes=ready.notes,
        uncertain=ready.uncertain,
        message=found.message,
        passing=options.passing,
    )
    if answer in (Answer.FORBIDDEN, Answer.BOUNDED, Answer.INCOMPLETE):
        known = _forbidden(engine, ready, known, options, deadline)
    elif answer is Answer.ALLOWED and found.witness is not None:
        moments = timeline(ready.model, found.witness)
        known = replace(
            known,
            witness=seen(test, ready, found.witness, options.era),
            moments=moments,
            reordered=reordered(_reorderings(engine, test, model, options.era), moments, found.witness),
            missing=_missing(Asked(engine, test, model, options, asked, deadline), ready),
        )
    return replace(known, raised=raised(engine, ready, found, deadline)) if found.flags else known


def _reorderings(engine: Engine, test: LitmusTest, model: str | None, era: str) -> Sequence[Reordering]:
    """Which accesses the processors of a test need not keep in order, as their architecture says."""
    if test.topology is None:
        described = engine.model(engine.model_for(test, model)).description()
    else:
        described = read_cpus(test.topology.cpu).architecture if test.topology.cpu else None
    return () if described is None else described.reorderings(era)


def _decided(engine: Engine, ready: Prepared, asked: Prop, deadline: Deadline) -> Findings:
    found = engine.decide(ready, Condition(Quantifier.EXISTS, asked), Options(verdict_only=True), deadline)
    if found.possible is None or found.status in (Status.TIMEOUT, Status.LIMIT):
        word = found.status if found.status in (Status.TIMEOUT, Status.LIMIT) else Status.LIMIT
        raise LimitReached(word.value, found.message or "no answer")
    return found


def _forbidden(
    engine: Engine, ready: Prepared, known: Explanation, options: Options, deadline: Deadline
) -> Explanation:
    bare = engine.task(ready, replace(ready.model, axioms=()), deadline)
    why = reasons(bare, ready.model, known.asked)
    first = None
    for cycle in why.cycles[:1]:
        first = seen(known.test, ready, cycle.execution, options.era, (Breach(cycle.axiom, cycle.steps),))
    return replace(known, axioms=why.axioms, cycles=why.cycles, witness=first)


def _missing(asked: Asked, ready: Prepared) -> Missing | None:
    """What is missing; for a PCI test nobody can say, as the order is that of its buses."""
    if asked.test.topology is not None:
        return None
    return missing(asked, asked.engine.task(ready, ready.model, asked.deadline))


def raised(engine: Engine, ready: Prepared, found: Findings, deadline: Deadline) -> tuple[Raised, ...]:
    """For each flag of these findings, an execution that raises it, with what raises it. Raises LimitReached."""
    all_raised = []
    with Whole(engine.task(ready, ready.model, deadline)) as whole:
        for axiom in ready.model.axioms:
            if axiom.role is AxiomRole.CHECK or axiom.name not in found.flags:
                continue
            execution = raising(whole, axiom)
            if execution is not None:
                derivations = Derivations(ready.model, execution)
                breach = breach_of(derivations, axiom)
                if axiom.kind is AxiomKind.EMPTY:  # what makes them a pair says less than the pair
                    ends = breach_pairs(derivations, axiom)
                    breach = Breach(axiom.name, tuple(Step(a, b, axiom.name, axiom.node) for a, b in ends))
                all_raised.append(Raised(axiom.name, breach, execution))
    return tuple(all_raised)
