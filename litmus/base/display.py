"""What a notebook shows of a value. Values have methods that call this; it is loaded when a notebook does."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast


class _Texts(Protocol):
    """The module `litmus.render.notebook`."""

    def markdown(self, value: object) -> str: ...

    def html(self, value: object) -> str: ...


def _texts() -> _Texts:
    """Whoever makes texts comes after the values, which must not import it: so it is found by name."""
    return cast(_Texts, import_module("litmus.render.notebook"))


def markdown(value: object) -> str:
    """A value as Markdown."""
    return _texts().markdown(value)


def html(value: object) -> str:
    """A value as a part of a page."""
    return _texts().html(value)


class Picture(str):
    """An SVG document, which a notebook shows as a picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)
