"""What a Python program gives to the functions of `import litmus`: a wrong type is its own error, told at the call."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TypeVar, cast

from litmus.base.errors import UsageError

Check = Callable[[str, object], object]
"""Returns the value of the parameter of a name, in the form in which it is used. Raises UsageError."""

_Function = TypeVar("_Function", bound=Callable[..., object])


def checked(checks: Mapping[str, Check]) -> Callable[[_Function], _Function]:
    """Decorates a function whose arguments are checked before anything else, each by the check of its name.

    A default is taken to be right. Calls raise UsageError for an argument of a wrong type.
    """

    def decorate(function: _Function) -> _Function:
        code = function.__code__
        names = code.co_varnames[: code.co_argcount]

        @wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            __tracebackhide__ = True  # pytest shows the caller's line for an assertion that fails
            given = [checks[name](name, value) for name, value in zip(names, args, strict=False)]
            given += args[len(names) :]  # too many: Python says so
            named = {name: checks[name](name, value) if name in checks else value for name, value in kwargs.items()}
            return function(*given, **named)

        return cast(_Function, call)

    return decorate


def path(name: str, value: object) -> str:
    """The name of a file, or another name."""
    if isinstance(value, str | os.PathLike):
        found = os.fspath(value)
        if isinstance(found, str):
            return found
    raise _wrong(name, "a str or a Path", value)


def text(name: str, value: object) -> str:
    """A text to be read, and not the name of a file."""
    if isinstance(value, str):
        return value
    hint = None
    if isinstance(value, os.PathLike):
        hint = "litmus.load reads a file"
    elif isinstance(value, bytes | bytearray):
        hint = "decode it"
    raise _wrong(name, "a text", value, hint)


def flag(name: str, value: object) -> bool:
    """True or False."""
    if isinstance(value, bool):
        return value
    raise _wrong(name, "True or False", value)


def count(name: str, value: object) -> int:
    """A whole number."""
    if isinstance(value, int):
        return value
    raise _wrong(name, "a whole number", value)


def seconds(name: str, value: object) -> float | None:
    """A time limit; None is none."""
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise _wrong(name, "a number of seconds, or None", value)
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not 0 < found < math.inf:
        raise UsageError("the time limit is a number of seconds, more than 0", hint="None is no limit")
    return found


def optional(check: Check) -> Check:
    """None, or what another check is for."""

    def call(name: str, value: object) -> object:
        return None if value is None else check(name, value)

    return call


def several(check: Check) -> Check:
    """A list, or whatever can be gone through, of what another check is for; one by itself is a mistake."""

    def call(name: str, value: object) -> object:
        if isinstance(value, str | bytes | os.PathLike) or not isinstance(value, Iterable):
            raise _wrong(
                name, "a list", value, "write [...] around it" if isinstance(value, str | os.PathLike) else None
            )
        return [check(name, item) for item in value]

    return call


def either(kind: type, check: Check) -> Check:
    """An object of a class, or what another check is for."""

    def call(name: str, value: object) -> object:
        return value if isinstance(value, kind) else check(name, value)

    return call


def one_or_several(check: Check) -> Check:
    """What another check is for, or a list of it."""
    many = several(check)

    def call(name: str, value: object) -> object:
        one = isinstance(value, str | bytes) or not isinstance(value, Iterable)
        return check(name, value) if one else many(name, value)

    return call


def _wrong(name: str, wanted: str, value: object, hint: str | None = None) -> UsageError:
    found = "None" if value is None else f"of type {type(value).__name__}"
    return UsageError(f"'{name}' must be {wanted}, and is {found}", hint=hint)
