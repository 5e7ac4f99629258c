"""Reads the text of a `.litmus` file as a test."""

from __future__ import annotations

from dataclasses import replace

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.source import Source
from litmus.frontend.condition import parse_question
from litmus.frontend.container import split
from litmus.frontend.dialect import ProgramSection, dialect_for
from litmus.frontend.hash import hash_of, stored_hash
from litmus.frontend.init import arrays_of, check_cells, initials, parse_init, sizes_of, types_of
from litmus.frontend.lexer import Tokens
from litmus.frontend.names import Scope
from litmus.frontend.sizes import check_sizes
from litmus.frontend.states import flattened, shown_order
from litmus.frontend.untouched import untouched
from litmus.ir.litmus_test import INT, Initial, LitmusTest, Register
from litmus.ir.thread import Address


def parse_test(source: Source, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
    """Reads a test.

    Raises ParseError for an invalid test and UnsupportedError for an unsupported feature, both with their place;
    LimitReached if the deadline passes.
    """
    file = split(source)
    dialect = dialect_for(file.arch, file.arch_span)
    declared = parse_init(Tokens(source, file.text, *file.init, deadline=deadline))
    program = dialect.program(ProgramSection(source, file.text, *file.program, file.init, deadline))
    bits = max([thread.word_bits for thread in program.threads])
    arrays = arrays_of(declared, bits)
    if program.sizes:
        check_cells(declared, arrays, program.sizes)
    sizes = {**sizes_of(declared, bits), **program.sizes}
    scope = Scope(dialect, len(program.threads), bits, program.symbolic, arrays, sizes, program.size)
    types = {**program.types, **types_of(declared, scope)}
    if types or program.variables:
        scope = replace(scope, types=types, exact=bool(program.variables))
    init = initials(declared, scope)
    if program.accesses:
        scope = replace(scope, accesses=check_sizes(program.accesses, program.threads, init))
        init = initials(declared, scope)
    if program.variables:
        scope = replace(scope, variables=_variables(program.variables, init))
    tokens = Tokens(source, file.text, *file.question, deadline=deadline)
    question = parse_question(tokens, scope, program.number_bits or bits)

    locations: dict[Address, None] = {}
    for item in init:
        if isinstance(item.target, Address):
            locations[item.target] = None
        if isinstance(item.value, Address):
            locations[item.value] = None
    for symbol in program.symbols:
        locations[Address(symbol)] = None
    shown = shown_order(question.shown, dialect.registers, arrays)
    observed = flattened(shown)
    for place in (*flattened(question.filtered), *flattened(question.shown), *question.named):
        if isinstance(place, Address):
            locations[place] = None

    known = {item: scope.type_of(item) for item in observed}
    return LitmusTest(
        arch=file.arch,
        name=file.name,
        doc=file.doc,
        metadata=file.metadata,
        init=init,
        threads=program.threads,
        locations=tuple(locations),
        arrays=tuple(arrays.values()),
        observed=observed,
        filter=question.filter,
        condition=question.condition,
        hash=stored_hash(file.metadata) or hash_of(file.metadata, declared, program.code, question.places),
        source=source,
        shown=shown,
        types={item: type_ for item, type_ in known.items() if type_ != INT},
        topology=program.topology,
        remarks=tuple(untouched(question.places, scope, program, init)),
    )


def _variables(found: tuple[frozenset[str], ...], init: tuple[Initial, ...]) -> tuple[frozenset[str], ...]:
    """The variables of each thread, including those that only the initial state names."""
    given = {item.target for item in init if isinstance(item.target, Register)}
    if not given:
        return found
    return tuple(names | {g.name for g in given if g.thread == thread} for thread, names in enumerate(found))
