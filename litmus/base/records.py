"""`dataclass(frozen=True, slots=True)`, with all methods of a class compiled at once.

Up to Python 3.12 `dataclasses` compiles each of six methods by itself, which is a fifth of the time that `litmus check`
takes for one file. Later versions compile them at once, too. What few starts need takes the decorator of `dataclasses`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 13):
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    import functools

    _COMPARISONS = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

    def dataclass(*, frozen=False, slots=False, eq=True, order=False):
        """As the decorator of `dataclasses`, for classes in which every annotation is a field."""
        if frozen and slots:
            return functools.partial(_record, eq=eq, order=order)
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, order=order)

    def _record(cls, eq, order):
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        own = made.__dict__
        fields = dataclasses.fields(made)
        text, names = _methods(fields, hasattr(made, "__post_init__"), order)
        compiled = {}
        # What the slots are set by is a third faster than object.__setattr__, which looks for them by name.
        names |= {f"put_{field.name}": getattr(made, field.name).__set__ for field in fields}
        exec(text, {"cls": made, "absent": dataclasses.MISSING, **names}, compiled)
        methods = {**compiled, "__repr__": _repr, "__setattr__": _refuse, "__delattr__": _refuse}
        methods |= {"__getstate__": _state, "__setstate__": _restore}
        if not eq:
            del methods["__eq__"], methods["__hash__"]
        for name, method in methods.items():
            if own.get(name) is None:  # a class without __hash__ has None there
                method.__module__ = made.__module__ if name in compiled else __name__
                setattr(made, name, method)
        return made

    def _methods(fields, finished, order):
        """The text of the methods that are called often, and the default values that are named in it."""
        names = {}
        parameters, body = [], []
        keywords = False
        for field in fields:
            name, value = field.name, field.name
            if field.default_factory is not dataclasses.MISSING:
                names[f"make_{name}"] = field.default_factory
                value = f"make_{name}()" if not field.init else f"make_{name}() if {name} is absent else {name}"
                default = "=absent"
            elif field.default is not dataclasses.MISSING:
                names[f"default_{name}"] = field.default
                default = f"=default_{name}"
                value = name if field.init else f"default_{name}"
            else:
                default = ""
                if not field.init:
                    continue  # whoever makes one sets it
            if field.init:
                if field.kw_only and not keywords:
                    parameters.append("*")
                    keywords = True
                parameters.append(name + default)
            body.append(f" put_{name}(self, {value})\n")
        compared = [field.name for field in fields if field.compare]
        hashed = [f.name for f in fields if (f.compare if f.hash is None else f.hash)]
        text = f"def __init__({', '.join(['self', *parameters])}):\n{''.join(body)}"
        text += " self.__post_init__()\n" if finished else " pass\n" if not body else ""
        mine, theirs = _tuple("self", compared), _tuple("other", compared)
        for name, sign in _COMPARISONS.items() if order else [("eq", "==")]:
            text += f"def __{name}__(self, other):\n if other.__class__ is not self.__class__: return NotImplemented\n"
            text += f" return {mine} {sign} {theirs}\n"
        text += f"def __hash__(self):\n return hash({_tuple('self', hashed)})\n"
        return text, names

    def _tuple(of, names):
        return f"({''.join([f'{of}.{name},' for name in names])})"

    def _repr(self):
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr]
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def _refuse(self, name, value=None):
        raise dataclasses.FrozenInstanceError(f"cannot change field '{name}'")

    def _state(self):
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def _restore(self, state):
        put = object.__setattr__
        for name, value in zip(self.__dataclass_fields__, state, strict=True):
            put(self, name, value)
