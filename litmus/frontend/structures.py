"""Structures: each of their members is a location of its own, named `s.a`, at an offset from the address of `s`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.frontend.dialect import Program, Structure
from litmus.frontend.init import Declaration
from litmus.frontend.lexer import counted, quoted
from litmus.frontend.names import Literal, Place
from litmus.ir.litmus_test import Instance, IntType
from litmus.ir.thread import Address


def instances_of(items: Iterable[Declaration], program: Program) -> dict[str, Instance]:
    """The locations that are structures, by name: those of the program and those that the initial state declares.

    Raises ParseError, UnsupportedError.
    """
    found = dict(program.instances)
    for item in items:
        words = item.type.split()
        if "struct" not in words or item.stars or not item.place.is_location:
            continue
        name = words[-1]
        if name not in program.structures:
            continue  # one of which nothing but the address matters
        if item.count:
            raise UnsupportedError("arrays of structures are not supported", item.span, "declare each by itself")
        known = found.setdefault(item.place.name, name)
        if known != name:
            raise ParseError(f"{quoted(item.place.name)} is a struct {known} in the program", item.span)
    return {symbol: _instance(symbol, program.structures[name]) for symbol, name in found.items()}


def _instance(symbol: str, structure: Structure) -> Instance:
    members = tuple((f"{symbol}.{m.name}", Address(symbol, m.offset)) for m in structure.members)
    size = structure.members[0].bytes
    alike = all(m.bytes == size and m.offset == index * size for index, m in enumerate(structure.members))
    return Instance(symbol, structure.name, members, size if alike else 0)


def sizes_and_types(
    instances: Iterable[Instance], structures: Mapping[str, Structure]
) -> tuple[dict[str, int], dict[str, IntType]]:
    """The sizes in bytes and the types of all members, by names such as `s.a`."""
    sizes: dict[str, int] = {}
    types: dict[str, IntType] = {}
    for instance in instances:
        for (name, _), member in zip(instance.members, structures[instance.structure].members, strict=True):
            sizes[name], types[name] = member.bytes, member.type
    return sizes, types


def spread(items: Iterable[Declaration], instances: Mapping[str, Instance]) -> tuple[Declaration, ...]:
    """The items of the initial state, each structure as its members. Raises ParseError."""
    found: list[Declaration] = []
    inside = {i.symbol: tuple(name.removeprefix(f"{i.symbol}.") for name, _ in i.members) for i in instances.values()}
    for item in items:
        if inside and item.place.is_location and "." in item.place.name:
            check_member(item.place, inside)
        instance = instances.get(item.place.name) if item.place.is_location and not item.stars else None
        if instance is not None and (item.members is not None or not item.values):
            found += _spread(item, instance)
            continue
        if instance is not None:
            example = instance.members[0][0].removeprefix(instance.symbol)
            raise ParseError(f"{quoted(instance.symbol)} is a structure", item.place.span, f"write {{ {example} = 1 }}")
        if item.members is not None and (len(item.values) != 1 or any(item.members)):
            count = len(item.values)
            message = f"{quoted(str(item.place))} has one value, but is given {count}"
            raise ParseError(message, item.span) if count != 1 else _unknown(item)
        found.append(item)
    return tuple(found)


def check_member(place: Place, instances: Mapping[str, tuple[str, ...]]) -> None:
    """Raises ParseError if a place such as `s.a` is no member of a structure; `instances` are the names of members."""
    name, _, wanted = place.name.partition(".")
    members = instances.get(name)
    if members is None:
        hint = did_you_mean(name, instances) or "pass it to a thread, or declare it: struct name " + name
        raise ParseError(f"{quoted(name)} is no structure", place.span, hint)
    if wanted in members or f"{wanted}[0]" in members:
        return
    hint = did_you_mean(wanted, members) or f"it has {', '.join(members)}"
    raise ParseError(f"{quoted(name)} has no member {quoted(wanted)}", place.span, hint)


def _unknown(item: Declaration) -> ParseError:
    return ParseError(f"{quoted(str(item.place))} is no structure that the program declares", item.span)


def _spread(item: Declaration, instance: Instance) -> list[Declaration]:
    names = [name for name, _ in instance.members]
    given: dict[str, Literal] = {}
    at = 0
    for written, value in zip(item.members or (), item.values, strict=True):
        name = f"{instance.symbol}{written}"
        if written:
            if name not in names:
                inside = [n.removeprefix(instance.symbol) for n in names]
                hint = did_you_mean(written, inside) or f"it has {', '.join(inside)}"
                raise ParseError(f"struct {instance.structure} has no member {quoted(written[1:])}", value.span, hint)
            at = names.index(name)
        if at == len(names):
            has = counted(len(names), "member")
            raise ParseError(f"{quoted(instance.symbol)} has {has}, and is given more values", value.span)
        if names[at] in given:
            raise ParseError(f"{quoted(names[at])} has an initial value already", value.span)
        given[names[at]] = value
        at += 1
    return [
        replace(
            item,
            place=replace(item.place, name=name),
            type="",
            values=(given[name],) if name in given else (),
            members=None,
        )
        for name in names
    ]
