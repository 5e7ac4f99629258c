"""Reads types and numbers."""

from __future__ import annotations

import re
from collections.abc import Collection

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.dialects.c import types
from litmus.dialects.c.macros import is_name
from litmus.dialects.c.types import INT, LONG, UNSIGNED, UNSIGNED_LONG, Type, Value
from litmus.frontend.lexer import Tokens, quoted

MAX_STARS = 8
"""The most stars of a pointer type."""

_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)([uU]?[lL]{0,2}|[lL]{1,2}[uU])\Z")


def read_number(tokens: Tokens, word_bits: int) -> Value:
    """A number, with the type that C gives it (6.4.4.1). Raises ParseError if it is not a number of at most 64 bits."""
    token = tokens.current
    match = _NUMBER.match(token) if len(token) <= 30 else None
    if match is None:
        raise ParseError(f"{quoted(token)} is not a number", tokens.here)
    digits, suffix = match[1], match[2].lower()
    octal = digits[0] == "0" and digits.isdigit()
    value = int(digits, 8 if octal else 0)
    if value >= 1 << 64:
        raise ParseError(f"{quoted(token)} is not a number of at most 64 bits", tokens.here)
    tokens.advance()
    based = digits[0] == "0"  # octal and hexadecimal numbers may be unsigned without a suffix
    unsigned = "u" in suffix
    if "l" not in suffix and value < 1 << (32 if unsigned or based else 31):
        return types.number(value, UNSIGNED if unsigned or value >= 1 << 31 else INT, word_bits)
    return types.number(value, UNSIGNED_LONG if unsigned or value >= 1 << 63 else LONG, word_bits)


def read_type(tokens: Tokens, structures: Collection[str] = ()) -> Type:
    """Reads the words of a type, up to its stars; `structures` are those that the test declares.

    Raises ParseError, UnsupportedError.
    """
    mark = tokens.mark
    words: list[str] = []
    volatile = atomic = opened = False
    while (token := tokens.current) in types.WORDS or (opened and token == ")"):
        tokens.advance()
        if token == "struct":
            structure = _structure(tokens, structures)
            while tokens.current in types.QUALIFIERS:
                tokens.advance()
            return structure
        if token in types.REFUSED:
            raise UnsupportedError(f"the type '{token}' is not supported", tokens.since(mark), types.REFUSED[token])
        if token == "enum":
            if not is_name(tokens.current):
                raise tokens.unexpected("the name of an enumeration")
            tokens.advance()
            return INT
        if token == ")":
            opened = False
        elif token == "_Atomic":
            atomic = True
            opened = tokens.accept("(")
        elif token == "volatile":
            volatile = True
        elif token not in types.QUALIFIERS:
            words.append(token)
    if not words:
        raise tokens.unexpected("a type")
    type_ = _combined(words)
    if type_ is None:
        raise ParseError(f"{quoted(' '.join(words))} is not a type", tokens.since(mark))
    if atomic:
        type_ = types.atomic(type_)
    return types.volatile(type_) if volatile else type_


def _structure(tokens: Tokens, structures: Collection[str]) -> Type:
    name = tokens.current
    if name in structures:
        tokens.advance()
        return Type(0, structure=name)
    if name in types.STRUCTURES:
        tokens.advance()
        return types.STRUCTURES[name]
    if not is_name(name):
        if name == "{":
            raise UnsupportedError("structures without a name are not supported", tokens.here)
        raise tokens.unexpected("the name of a structure")
    hint = did_you_mean(name, structures) or f"declare it before the threads: struct {name} {{ int a; }};"
    raise ParseError(f"unknown structure {quoted(name)}", tokens.here, hint)


def _combined(words: list[str]) -> Type | None:
    """The type that these words name; None if there is none."""
    if len(words) == 1:
        return types.NAMED[words[0]]
    rest = [word for word in words if word not in ("unsigned", "signed")]
    if len(words) - len(rest) > 1 or len(rest) > 3:
        return None
    if rest != ["int"] and "int" in rest:
        rest.remove("int")
    if rest not in ([], ["int"], ["char"], ["short"], ["long"], ["long", "long"], ["__int128"]):
        return None
    bits = types.NAMED[rest[0]].bits if rest else 32
    return Type(bits, "unsigned" not in words)


def read_stars(tokens: Tokens, type_: Type, word_bits: int) -> Type:
    """Reads the stars after a type. Raises ParseError if there are too many."""
    stars = 0
    while tokens.accept("*"):
        stars += 1
        if stars > MAX_STARS:
            raise ParseError(f"this type has more than {MAX_STARS} stars", tokens.here)
        volatile = False
        while tokens.current in types.QUALIFIERS:
            volatile |= tokens.advance() == "volatile"
        type_ = types.pointer(type_, word_bits, volatile)
    return type_
