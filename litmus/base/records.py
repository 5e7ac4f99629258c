"""`dataclass(slots=True)`, whose classes are made in a fraction of the time.

Up to Python 3.12 `dataclasses` compiles each of six methods by itself and makes each class twice, which is a third of
the time that `litmus check` takes for one file. Here, a method is compiled when it is first called, classes with as
many fields share what is compiled, and `dataclasses` describes a class when somebody asks. Later versions compile all
methods of a class at once. What few starts need takes the decorator of `dataclasses`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 13):
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    import functools
    from types import CodeType, FunctionType

    _ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
    _WITHOUT_SLOTS = {"__dict__", "__weakref__"}
    _DESCRIPTION = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")

    def dataclass(*, frozen=False, slots=False, eq=True, order=False):
        """As the decorator of `dataclasses`, for classes in which every annotation is a field given in its turn."""
        if slots:
            return functools.partial(_record, frozen=frozen, eq=eq, order=order)
        return dataclasses.dataclass(frozen=frozen, eq=eq, order=order)

    def _record(cls, frozen, eq, order):
        cls.__doc__ = cls.__doc__ or cls.__name__  # otherwise `dataclasses` makes its signature, which takes long
        fields = tuple(cls.__annotations__)
        inherited = {name for base in cls.__mro__[1:] for name in base.__dict__.get("__slots__", ())}
        without = _WITHOUT_SLOTS.union(fields)
        own = {name: value for name, value in cls.__dict__.items() if name not in without}
        own |= {name: _Later(cls) for name in _DESCRIPTION}

        def at_first(name, write):
            """A method that is compiled when it is first called: most classes are of no use to most runs."""

            def method(*given, **named):
                compiled = _method(made, name, *write(made, _fields(made)))
                setattr(made, name, compiled)
                return compiled(*given, **named)

            return method

        methods = {"__repr__": _repr, "__init__": at_first("__init__", _init)}
        if eq:
            methods["__eq__"] = at_first("__eq__", functools.partial(_comparison, "=="))
            methods["__hash__"] = at_first("__hash__", _hash) if frozen else None
        for name, sign in _ORDER.items() if order else ():
            methods[name] = at_first(name, functools.partial(_comparison, sign))
        if frozen:
            methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
            methods |= {"__getstate__": _state, "__setstate__": _restore}
        for name, method in methods.items():
            if own.get(name) is None:  # a class with __eq__ and without __hash__ has None there
                own[name] = method
        own["__slots__"] = tuple([name for name in fields if name not in inherited])
        made = type(cls)(cls.__name__, cls.__bases__, own)
        made.__qualname__ = cls.__qualname__
        return made

    class _Later:
        """What `dataclasses` says of a class, found when it is first asked for: of most classes nobody asks."""

        def __init__(self, plain):
            self.plain = plain

        def __set_name__(self, made, name):
            self.made, self.name = made, name

        def own(self):
            """The fields that the class has besides those of its bases."""
            given = self.plain.__dict__
            values = {name: given.get(name, dataclasses.MISSING) for name in self.plain.__annotations__}
            field = dataclasses.Field
            return {k: v if isinstance(v, field) else dataclasses.field(default=v) for k, v in values.items()}

        def __get__(self, instance, owner):
            plain = dataclasses.dataclass(init=False, repr=False, eq=False)(self.plain)
            for name in _DESCRIPTION:
                setattr(self.made, name, getattr(plain, name))
            return getattr(plain, self.name)

    def _fields(cls):
        """The fields of a class by their names, in order, without the reading of types that `dataclasses` does."""
        found = {}
        for base in reversed(cls.__mro__):
            described = base.__dict__.get("__dataclass_fields__", {})
            if isinstance(described, _Later):
                described = described.own()
            found |= described
        return found

    def _method(cls, name, text, names, defaults=()):
        """A method with this text, in which `_k` stands for field `k`, what it refers to, and its defaults."""
        renamed = {f"_{k}": field for k, field in enumerate(_fields(cls))}
        code = _compiled(text)
        code = code.replace(
            co_varnames=tuple([renamed.get(name, name) for name in code.co_varnames]),
            co_names=tuple([renamed.get(name, name) for name in code.co_names]),
        )
        return FunctionType(code, {"__name__": cls.__module__, **names}, name, tuple(defaults))

    def _init(cls, fields):
        names = {"absent": dataclasses.MISSING}
        parameters, body, defaults = [], [], []
        for k, (name, field) in enumerate(fields.items()):
            value = f"_{k}"
            if field.init:
                parameters.append(value)
            if field.default_factory is not dataclasses.MISSING:
                names[f"make_{k}"] = field.default_factory
                value = f"make_{k}() if {value} is absent else {value}" if field.init else f"make_{k}()"
                defaults += [dataclasses.MISSING] * field.init
            elif field.default is not dataclasses.MISSING:
                if field.init:
                    defaults.append(field.default)
                else:
                    names[f"default_{k}"] = field.default
                    value = f"default_{k}"
            elif not field.init:
                continue  # whoever makes one sets it
            if cls.__setattr__ is object.__setattr__:
                body.append(f" self._{k} = {value}\n")
            else:  # what a slot is set by is a third faster than object.__setattr__, which looks for it by name
                names[f"put_{k}"] = getattr(cls, name).__set__
                body.append(f" put_{k}(self, {value})\n")
        text = f"def __init__({', '.join(['self', *parameters])}):\n{''.join(body)}"
        text += " self.__post_init__()\n" if hasattr(cls, "__post_init__") else " pass\n" if not body else ""
        return text, names, defaults

    def _comparison(sign, cls, fields):
        compared = [k for k, field in enumerate(fields.values()) if field.compare]
        text = "def compare(self, other):\n if other.__class__ is not self.__class__: return NotImplemented\n"
        return f"{text} return {_tuple('self', compared)} {sign} {_tuple('other', compared)}\n", {}

    def _hash(cls, fields):
        hashed = [k for k, f in enumerate(fields.values()) if (f.compare if f.hash is None else f.hash)]
        return f"def __hash__(self):\n return hash({_tuple('self', hashed)})\n", {}

    @functools.cache
    def _compiled(text):
        """The code of the function in a text. Its fields have numbers for names, so that many classes share it."""
        return next(code for code in compile(text, "<record>", "exec").co_consts if isinstance(code, CodeType))

    def _tuple(of, fields):
        return f"({''.join([f'{of}._{k},' for k in fields])})"

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
