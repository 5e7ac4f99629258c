"""What a notebook shows of a value."""

from __future__ import annotations

from typing import Protocol, cast


class _Texts(Protocol):
    """The module `litmus.render.notebook`."""

    def markdown(self, value: object) -> str: ...

    def html(self, value: object) -> str: ...


def _texts() -> _Texts:
    """Whoever makes texts comes after the values, which must not import it: it is found by name, when it is wanted."""
    from importlib import import_module

    return cast(_Texts, import_module("litmus.render.notebook"))


class ShownInMarkdown:
    """A value that a notebook shows as Markdown."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return _texts().markdown(self)


class ShownInHtml(ShownInMarkdown):
    """A value that a notebook shows as HTML, or as Markdown."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return _texts().html(self)


class Picture(str):
    """An SVG document, which a notebook shows as a picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)
