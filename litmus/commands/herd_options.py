"""The command line of herd7, as `litmus herd` takes it: every option that it has, and what becomes of each here.

An option means what it means to herd7; or it is passed over, since it is about pictures or about how herd7 works; or it
is refused, since the answers would be others. What is passed over or refused is named in a line.
Source: `herd7 -help`, herdtools7 7.58, herd/herd.ml and herd/lexConf_herd.mll.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

from litmus.base.errors import UsageError, did_you_mean
from litmus.commands.herd7 import PICTURES, TOLD

SHOWN = ("prop", "neg", "cond", "wit", "all")
"""Which executions are drawn."""

_FLAGS = frozenset({"q", "v", "gv", "evince", "preview", "switch", "web", "c11"})
"""The options that have no value, but for those that print something and exit."""

_PASSED_OVER = PICTURES | {
    *("gv", "evince", "preview", "view", "dumpes", "showflag", "debug", "switch"),
    *("morefences", "optace", "initwrites", "machsize", "endian", "archcheck"),
}
_REFUSED = frozenset(
    {
        *("web", "c11", "through", "throughflag", "skipcheck", "skipchecks", "strictskip", "cycles", "rename"),
        *("kinds", "conds", "restrict", "outcomereads", "maxphantom", "statelessrc11", "dumpallfaults"),
    }
)
_INFORMATION: Mapping[str, str] = {
    "version": "version",
    "libdir": "libdir",
    **dict.fromkeys(("help", "-help", "h"), "help"),
}
_IN_FILES: Mapping[str, str] = {"include": "I"}
"""The options that have another name in files."""

_LINE = re.compile(r"[ \t]*([A-Za-z][\w-]*)[ \t]*([^\n#]*)", re.ASCII)

USAGE = "usage: litmus herd [options of herd7] [tests, @lists of tests]; without tests, their names are read from stdin"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks for; a file is a path as given, None if there is none.

    `names` and `excluded` are files that list names of tests; `passed_over` are the lines about options that do
    nothing here. `most` is how many executions of a test are drawn, None for all; `candidates`,
    whether those without the model's axioms are counted. `information` is `version`, `libdir`
    or `help` if that is all that is wanted.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    library: str | None = None
    model: str | None = None
    bell: str | None = None
    macros: str | None = None
    variants: frozenset[str] = frozenset()
    unroll: int | None = None
    timeout: float | None = None
    speed: str = "false"
    unfiltered: bool = False
    bad_flag: str | None = None
    bad_executions: bool = True
    hexadecimal: bool = False
    show: str = "none"
    pictures: str | None = None
    suffix: str = ""
    most: int | None = None
    candidates: bool = False
    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    stop: bool = False
    quiet: bool = False
    verbose: bool = False
    passed_over: tuple[str, ...] = ()
    information: str = ""


def asked(arguments: Sequence[str]) -> Asked:
    """What a command line of herd7 asks for. Raises UsageError for an option that is unknown, refused or misused, and
    the errors of a file of options."""
    found = Asked()
    left = iter(arguments)
    for argument in left:
        if argument[:1] != "-" or argument == "-":
            found = replace(found, files=(*found.files, argument))
            continue
        name = argument[1:]
        if name in _INFORMATION:
            return replace(found, information=_INFORMATION[name])
        if name not in KNOWN:
            meant = did_you_mean(name, sorted(_MEANT)) or did_you_mean(name, sorted(KNOWN))
            raise UsageError(f"unknown option '{argument}'", None, meant)
        value = "" if name in _FLAGS else next(left, None)
        if value is None:
            raise UsageError(f"option '{argument}' needs a value")
        found = _with(found, name, value, argument)
    return found


def _with(found: Asked, name: str, value: str, written: str) -> Asked:
    """What is asked with one option more. Raises UsageError."""
    if name in _REFUSED:
        raise UsageError(f"{written} is an option of herd7 that is not taken: {TOLD[name]}")
    if name in _PASSED_OVER:
        return replace(found, passed_over=(*found.passed_over, f"{written} is passed over: {TOLD[name]}"))
    try:
        return _MEANT[name](found, value)
    except ValueError as error:
        raise UsageError(f"'{value}' is no value of option '{written}': {error}") from None


def _with_file(found: Asked, name: str, within: tuple[str, ...] = ()) -> Asked:
    """What is asked with the options of a file such as `linux-kernel.cfg`, one a line; what it says of pictures is
    passed over without a word. The files that it names may be beside it, too. Raises UsageError."""
    from litmus.frontend.files import load_source  # few command lines name one

    path = place(found, name)
    if path in within:
        raise UsageError(f"the file of options '{path}' includes itself")
    text = load_source(path).text
    folder = os.path.dirname(path)
    if folder and folder not in found.folders:
        found = replace(found, folders=(*found.folders, folder))
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match[1], match[2].strip().strip('"')
        if key in ("conf", "local-conf"):
            inner = os.path.join(folder, value) if key == "local-conf" else value
            found = _with_file(found, inner, (*within, path))
        elif (option := _IN_FILES.get(key, key)) in _REFUSED or (option in _MEANT and option not in _FLAGS):
            found = _with(found, option, value, f"{key} in {path}")
    return found


def place(found: Asked, name: str) -> str:
    """Where a file is: herd7 looks for it here, in the folders of -I, and in the library. `name` if it is nowhere."""
    for folder in ("", *found.folders, *([found.library] if found.library else [])):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    return name


# --- values -----------------------------------------------------------------------------------------------------------


def _boolean(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("it is true or false")
    return value == "true"


def _one_of(value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise ValueError(f"it is one of {', '.join(known)}")
    return value


def _number(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise ValueError("it is a number") from None
    if number < 0:
        raise ValueError("it is not negative")
    return number


def _seconds(value: str) -> float | None:
    if value == "none":
        return None
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError("it is a number of seconds, or none") from None
    if not 0 < seconds < 1e9:
        raise ValueError("it is more than 0")
    return seconds


def _words(value: str) -> Iterator[str]:
    return filter(None, (word.strip() for word in value.split(",")))


def _as(name: str, read: Callable[[str], object] = str) -> Callable[[Asked, str], Asked]:
    """What notes the value of an option in an attribute."""

    def noted(found: Asked, value: str) -> Asked:
        changed: dict[str, Any] = {name: read(value)}
        return replace(found, **changed)

    return noted


def _more(name: str, read: Callable[[str], Iterable[str]] = lambda value: (value,)) -> Callable[[Asked, str], Asked]:
    """What adds the values of an option to an attribute."""

    def noted(found: Asked, value: str) -> Asked:
        before = getattr(found, name)
        return replace(found, **{name: type(before)((*before, *read(value)))})

    return noted


_MEANT: Mapping[str, Callable[[Asked, str], Asked]] = {
    "I": _more("folders"),
    "set-libdir": _as("library"),
    "conf": _with_file,
    "model": _as("model"),
    "cat": _as("model"),
    "bell": _as("bell"),
    "macros": _as("macros"),
    "variant": _more("variants", _words),
    "unroll": _as("unroll", _number),
    "timeout": _as("timeout", _seconds),
    "speedcheck": _as("speed", lambda value: _one_of(value, ("false", "true", "fast"))),
    "checkfilter": _as("unfiltered", lambda value: not _boolean(value)),
    "badflag": _as("bad_flag", lambda value: None if value == "none" else value),
    "hexa": _as("hexadecimal", _boolean),
    "badexecs": _as("bad_executions", _boolean),
    "show": _as("show", lambda value: _one_of(value, (*SHOWN, "none"))),
    "o": _as("pictures"),
    "suffix": _as("suffix"),
    "nshow": _as("most", _number),
    "candidates": _as("candidates", _boolean),
    "showone": lambda found, value: replace(found, most=1 if _boolean(value) else found.most),
    "names": _more("names"),
    "excl": _more("excluded"),
    "exit": _as("stop", _boolean),
    "q": lambda found, _: replace(found, quiet=True, verbose=False),
    "v": lambda found, _: replace(found, quiet=False, verbose=True),
}
"""What each option that means something does."""

KNOWN = frozenset({*_MEANT, *_PASSED_OVER, *_REFUSED})
"""Every option that takes part in a run."""


def overview() -> str:
    """What becomes of each option, for `-help`."""
    parts = (
        ("As in herd7:", sorted({*_MEANT, *_INFORMATION} - {"-help", "h"})),
        ("Passed over:", sorted(_PASSED_OVER)),
        ("Not taken:", sorted(_REFUSED)),
    )
    return "".join([f"{fill(f'{title} ' + ' '.join(f'-{name}' for name in names), 100)}\n" for title, names in parts])
