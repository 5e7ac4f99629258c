"""Reads the text of a `.litmus` file as a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.source import Source
from litmus.frontend.condition import parse_question
from litmus.frontend.container import split
from litmus.frontend.dialect import Program, ProgramSection, dialect_for
from litmus.frontend.hash import hash_of, stored_hash
from litmus.frontend.init import (
    arrays_of,
    check_cells,
    initials,
    parse_init,
    sizes_of,
    types_of,
    types_of_unused,
    with_declared,
)
from litmus.frontend.lexer import Tokens
from litmus.frontend.names import INT_BYTES, Scope
from litmus.frontend.sizes import are_simple, check_arrays, ints_in_part
from litmus.frontend.states import flattened, shown_order
from litmus.frontend.untouched import untouched
from litmus.ir.litmus_test import INT, Array, Initial, Instance, IntType, LitmusTest, Register
from litmus.ir.thread import Address, Assign, AtomicOperation, Primitive, Thread, Value


def parse_test(source: Source, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
    """Reads a test.

    Raises ParseError for an invalid test and UnsupportedError for an unsupported feature, both with their place;
    LimitReached if the deadline passes.
    """
    file = split(source)
    dialect = dialect_for(file.arch, file.arch_span)
    declared = parse_init(Tokens(source, file.text, *file.init, deadline=deadline))
    program = dialect.program(
        ProgramSection(source, file.text, *file.program, file.init, deadline, file.prelude, declared)
    )
    bits = max([thread.word_bits for thread in program.threads])
    arrays = with_declared(arrays_of(declared, bits), program.arrays, declared)
    if program.sizes:
        check_cells(declared, arrays, program.sizes)
    instances: dict[str, Instance] = {}
    items = declared
    if program.structures or any(item.members is not None for item in declared):
        from litmus.frontend.structures import instances_of, sizes_and_types, spread  # few tests have any

        instances = instances_of(declared, program)
        items = spread(declared, instances)
    sizes = {**sizes_of(items, bits), **program.sizes}
    if program.accesses and program.size < INT_BYTES:
        sizes |= ints_in_part(items, sizes, program.accesses)
    scope = Scope(dialect, program.threads, bits, program.symbolic, arrays, sizes, program.size)
    types = {**program.types, **types_of(items, scope)}
    if bits < 64:
        types.update(types_of_unused(items, program.symbols, bits))
    if instances:
        sizes_inside, types_inside = sizes_and_types(instances.values(), program.structures)
        sizes |= sizes_inside
        types.update(types_inside)
        inside = [member for instance in instances.values() for member in instance.members]
        names = {i.symbol: tuple(n.removeprefix(f"{i.symbol}.") for n, _ in i.members) for i in instances.values()}
        scope = replace(scope, sizes=sizes, members=dict(inside), instances=names)
    if (program.number_bits or bits) < 64 and not program.variables:
        scope = replace(scope, limited=True)
    if types or program.variables:
        scope = replace(scope, types=types, exact=bool(program.variables), constants=program.constants)
    init = initials(items, scope)
    if program.initial or program.arrays:
        init = _with_initial(init, program.initial, program.arrays.values(), scope)
    threads = program.threads
    parts: Mapping[str, int] = {}
    deadline.check()
    if not are_simple(program.accesses, threads, init, sizes, arrays):
        from litmus.frontend.parts import composites, sizes_of_accesses  # few tests have several sizes

        found = sizes_of_accesses(program.accesses, threads, init, sizes, arrays, bits, program.big_endian)
        threads, parts = found.threads, found.parts
        types.update((symbol, IntType(8 * found.accesses[symbol])) for symbol in parts if symbol not in sizes)
        scope = replace(scope, accesses=found.accesses, types=types)
        init = initials(items, scope)
    if program.variables:
        _check_whole(program, init, sizes, arrays, instances)
        scope = replace(scope, variables=_variables(program.variables, init))
    tokens = Tokens(source, file.text, *file.question, deadline=deadline)
    question = parse_question(tokens, scope, program.number_bits or bits)

    locations: dict[Address, None] = {}
    labels = dict.fromkeys(program.labels)
    for item in init:
        if isinstance(item.target, Address):
            locations[item.target] = None
        if isinstance(item.value, Address):
            (labels if item.value.is_code else locations)[item.value] = None
    for symbol in program.symbols:
        locations[Address(symbol)] = None
    for instance in instances.values():
        locations.update((address, None) for _, address in instance.members)
    shown = shown_order(question.shown, dialect.registers, arrays)
    observed = flattened(shown)
    if arrays:
        check_arrays(declared, arrays, scope, observed)
    for place in (*flattened(question.filtered), *flattened(question.shown), *question.named):
        if isinstance(place, Address):
            (labels if place.is_code else locations)[place] = None

    deadline.check()
    if program.flags and _sets_any(threads, program.flags):
        from litmus.frontend.flags import without_idle  # few tests compute any

        looked_at = (*observed, *flattened(question.filtered))
        threads = tuple([without_idle(thread, program.flags, looked_at, deadline) for thread in threads])
    known = {item: scope.type_of(item) for item in observed}
    for item in init:
        if isinstance(item.target, Address) and scope.key(item.target) in types:
            type_ = scope.type_of(item.target)
            if type_.bits < INT.bits:  # without its type it would be an int
                known[item.target] = type_
    return LitmusTest(
        arch=file.arch,
        name=file.name,
        doc=file.doc,
        metadata=file.metadata,
        init=init,
        threads=threads,
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
        instances=tuple(instances.values()),
        labels=tuple(labels),
        definitions=program.definitions,
        language=program.language,
        number_bits=program.number_bits or bits,
        composites=composites(parts, _places(locations, arrays.values()), scope, program.big_endian) if parts else {},
    )


def _check_whole(
    program: Program,
    init: tuple[Initial, ...],
    sizes: Mapping[str, int],
    arrays: Mapping[str, Array],
    instances: Mapping[str, Instance],
) -> None:
    """Raises UnsupportedError if an access in C is not to the whole of something."""
    found = {array.cell_bytes for array in arrays.values()}.union(sizes.values())
    for thread in program.threads:
        for statement in thread.body:
            if isinstance(statement, Primitive | AtomicOperation):
                found.add(statement.size)
    if len(found - {0}) > 1:
        from litmus.frontend.whole import check_whole  # few tests have several sizes

        check_whole(program.threads, init, sizes, arrays, instances, program.structures)


def _sets_any(threads: Iterable[Thread], flags: frozenset[str]) -> bool:
    """Whether a thread computes a flag."""
    for thread in threads:
        for statement in thread.body:
            if isinstance(statement, Assign) and statement.dest in flags:
                return True
    return False


def _places(locations: Iterable[Address], arrays: Iterable[Array]) -> Iterator[Address]:
    """The locations that begin where their symbol does, and the cells of arrays."""
    yield from (place for place in locations if not place.offset)
    for array in arrays:
        yield from array.cells


def _with_initial(
    init: tuple[Initial, ...], given: Mapping[str, Value], arrays: Iterable[Array], scope: Scope
) -> tuple[Initial, ...]:
    """The initial values, with those that the program gives to its locations where the initial state does not."""
    known = {item.target for item in init}
    cells = {cell: 0 for array in arrays for cell in array.cells}
    values: dict[Address, Value] = {**cells, **{scope.named(name): value for name, value in given.items()}}
    more = [(target, value) for target, value in values.items() if target not in known]
    return (*init, *(Initial(target, scope.copied(value, target)) for target, value in more))


def _variables(found: tuple[frozenset[str], ...], init: tuple[Initial, ...]) -> tuple[frozenset[str], ...]:
    """The variables of each thread, including those that only the initial state names."""
    given = {item.target for item in init if isinstance(item.target, Register)}
    if not given:
        return found
    return tuple(names | {g.name for g in given if g.thread == thread} for thread, names in enumerate(found))
