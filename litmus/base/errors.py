"""The errors a user can meet: each names its place, shows the line, and suggests what was meant.

A fault of litmus itself is the exception: an `InternalError` is not about the input.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.source import Span

_WIDEST = 160  # a longer line is shown around the caret only; a longer name is like no other


class LitmusError(Exception):
    """An error in what the user gave us; `str()` is what the user reads.

    `span` is the place, if there is one; `hint` completes the line under the caret.
    """

    def __init__(self, message: str, span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def __eq__(self, other: object) -> bool:
        """As values, so that what holds an error is equal to its copy."""
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.message))

    def __str__(self) -> str:
        if self.span is None:
            return f"error: {self.message}" + (f" ({self.hint})" if self.hint else "")
        return render(self.message, self.span, self.hint)


class ParseError(LitmusError):
    """A litmus test that cannot be read."""


class ModelError(LitmusError):
    """A model that cannot be read, or that a test cannot be decided under."""


class UnsupportedError(LitmusError):
    """A construct that is understood but not supported."""


class UnknownFunction(UnsupportedError):
    """A call of a function that no definition is known of; `name` is its name."""

    def __init__(self, message: str, span: Span | None = None, hint: str | None = None, name: str = "") -> None:
        super().__init__(message, span, hint)
        self.name = name


class UsageError(LitmusError):
    """A call or a command line that makes no sense."""


class LimitReached(LitmusError):
    """A limit stopped the work; `limit` is the word for it: `timeout` or `limit`."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit

    def __reduce__(self) -> tuple[type[LimitReached], tuple[str, str]]:
        return type(self), (self.limit, self.message)


class InternalError(Exception):
    """A fault of litmus, whatever it was given: so it is no LitmusError. `str()` is what the user reads.

    `folder` is where everything was saved that is needed to find the fault. If nothing was saved it is None, and
    `unsaved` says why.
    """

    def __init__(self, message: str, folder: str | None = None, unsaved: str = "") -> None:
        super().__init__(message, folder, unsaved)
        self.message = message
        self.folder = folder
        self.unsaved = unsaved

    def __eq__(self, other: object) -> bool:
        """As values, so that what holds an error is equal to its copy."""
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.message))

    def __str__(self) -> str:
        what = "the test, the model and the command"
        saved = ""
        if self.folder is not None:
            what = "this folder"
            saved = f"All that is needed to find it was saved in {self.folder}\n"
        elif self.unsaved:
            saved = f"Nothing could be saved: {self.unsaved}\n"
        return (
            f"internal error: {self.message}\nThis is a fault of litmus, not of your test.\n{saved}"
            f"Please send {what} to the maintainers: see 'If litmus is at fault' in README.md"
        )


def render(message: str, span: Span, hint: str | None = None, severity: str = "error") -> str:
    """A message with file:line:col, the line it is about, a caret under the place, and the hint."""
    line_number, column = span.source.position(min(span.start, len(span.source.text)))
    head = f"{span.source.name}:{line_number}:{column}: {severity}: {message}"
    if not span.source.text:  # a file that is empty or cannot be read: there is nothing to show
        return head + (f" ({hint})" if hint else "")
    line = span.source.line(line_number)
    width = max(1, min(span.end - span.start, len(line) - column + 1))
    if len(line) > _WIDEST:
        cut = max(0, column - 1 - _WIDEST // 2)
        line = line[cut : cut + _WIDEST]
        column -= cut
        width = max(1, min(width, len(line) - column + 1))
    shown = "".join(c if c.isprintable() else " " for c in line.expandtabs(1))
    gutter = f"{line_number:5d} | "
    caret = " " * 5 + " | " + " " * (column - 1) + "^" * width
    return f"{head}\n{gutter}{shown}\n{caret}" + (f" {hint}" if hint else "")


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the known name closest to `name`, if one is close."""
    import difflib  # errors only

    if len(name) > _WIDEST:
        return None
    names = list(known)
    folded = {k.lower(): k for k in names}
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[found[0]]}'?" if found else None
