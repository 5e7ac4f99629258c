"""Command lines as users of herd7 type them, and those without a command: each is answered in a line.

Options are recognised by their whole names only: `-model` is herd7's, but `-mpower` is our `-m power`.
Source: `herd7 -help`, https://diy.inria.fr/doc/herd.html.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence

_PICTURES = "pictures are drawn by `litmus graph`, which has no such option"
_VIEWED = "pictures are drawn by `litmus graph`, which writes SVG that any browser shows"
_NAMES = "names and kinds of tests are not given apart from them: the tests say them, and --expect compares"
_AXIOMS = "which axioms are checked is said by the model: leave out what is not to be checked, or use --variant"
_QUIET = "there is nothing to say more or less of: only the answers are printed, and to stderr what is wrong"
_INSIDE = "how executions are found cannot be set: they are not enumerated one by one"

_DRAWING = """
    graph dotmode dotcom unshow doshow showevents showpo showinitrf showfinalrf showobserved showthread
    squished fixedsize extrachars edgelabels scale xscale yscale dsiy siwidth boxscale ptscale splines
    pad margin sep ranksep penwidth arrowsize mono mode labelinit showkind showlegend shortlegend
    brackets finaldotmode edgeattr moreedges edgemerge noid symetric classic tex texmacros pdf dot
    fontname fontsize edgefontsizedelta fig showinitwrites showraw showcutoff rfwhite initpos initrfpos
    finalrfpos shift threadposy tikz classes overlap relabel withbox labelbox movelabel dotheader
"""

PICTURES = frozenset(_DRAWING.split())
"""The options that only say how pictures look."""

TOLD: Mapping[str, str] = {
    "cfg": "use --conf FILE",
    "libdir": "cat files are looked for beside the model, in -I DIR, and in the library that comes with litmus",
    "set-libdir": "cat files are looked for beside the model, in -I DIR, and in the library that comes with litmus",
    "show": "for a picture of an execution use `litmus graph`; with --violating, of one that the model forbids",
    "o": "pictures are written by `litmus graph -o FILE|DIR`; the answers go to stdout",
    "gv": "pictures are drawn by `litmus graph`, for Graphviz with --format dot",
    **dict.fromkeys(("evince", "view", "preview"), _VIEWED),
    "dumpes": "pictures are drawn by `litmus graph`; what an execution has before a model is asked is not printed",
    "speedcheck": "use --verdict-only, which decides the condition and lists no states",
    "candidates": "`litmus herd -candidates true` counts them; --executions counts the consistent ones",
    "outcomes": "the states are always listed, unless --verdict-only is given",
    "unroll": "use --unroll N",
    "model": "use -m NAME|FILE",
    "timeout": "use --timeout SECONDS",
    "variant": "use --variant NAME",
    "suffix": "names of tests are printed as they are",
    "statelessrc11": "the models of C11 here are rc11 and c11: use -m rc11",
    "badexecs": "a flag of the model is a line `Flag` in the answer; its executions are among the others",
    "badflag": "a flag of the model is a line `Flag` in the answer; its executions are among the others",
    **dict.fromkeys(("nshow", "showone", "showflag"), "one execution is drawn for each test, by `litmus graph`"),
    "exit": "all tests are decided, whatever becomes of one",
    "endian": "accesses have the size of what they access: the order of its bytes does not matter",
    **dict.fromkeys(("excl", "oknames", "nonames"), "name the tests that are to be decided: files, folders, or @FILE"),
    "j": "use -j N",
    "cat": "use -m NAME|FILE",
    "throughflag": "executions with a flag are among the others; the answer has a line `Flag` for it",
    "restrict": "the states are always those of all consistent executions",
    "outcomereads": "states have what the condition and `locations` name",
    "dumpallfaults": "no test has faults",
    "machsize": "accesses have the size of what they access",
    "morefences": "it does nothing in herd7 either",
    "switch": "it is for the authors of herd7",
    **dict.fromkeys(("web", "c11"), "name a file of options with -conf"),
    **dict.fromkeys(("names", "rename", "kinds", "conds", "nokinds", "noname", "checkfilter", "oneinit"), _NAMES),
    **dict.fromkeys(("skipcheck", "skipchecks", "strictskip", "through", "cycles", "archcheck"), _AXIOMS),
    "hexa": "numbers are printed in decimal, as their types say; in hexadecimal by `litmus herd -hexa true`",
    "int32": "numbers are printed in decimal, as their types say",
    **dict.fromkeys(("q", "v", "debug", "verbose"), _QUIET),
    **dict.fromkeys(("optace", "initwrites", "maxphantom", "phantomOnLoad", "sat", "auto"), _INSIDE),
    **dict.fromkeys(PICTURES, _PICTURES),
}
"""What each option of herd7 is here, or that it is not here."""

_HERE: Mapping[str, Collection[str]] = {
    "o": ("lower", "graph"),
    "j": ("check", "table", "placements", "catalog", "explain", "barriers", "diff", "coverage", "soundness"),
}
"""Short options that some of our commands have, too."""


def answers(arguments: Sequence[str], commands: Collection[str]) -> Iterator[str]:
    """A line for each option of herd7 among arguments; if there is none, a line if they have no command."""
    command = next((argument for argument in arguments if argument in commands), None)
    told = False
    for argument in arguments:
        if argument == "--":
            break
        name = argument[1:].split("=", 1)[0]
        if argument.startswith("-") and name in TOLD and command not in _HERE.get(name, ()):
            told = True
            yield f"{argument.split('=', 1)[0]} is an option of herd7: {TOLD[name]}"
    if not told:
        yield from _without_command(arguments, command)


def _without_command(arguments: Sequence[str], command: str | None) -> Iterator[str]:
    if command is not None and _is_command(arguments, command):
        return
    tests = [argument for argument in arguments if _is_test(argument)]
    if tests and (arguments[0].startswith("-") or arguments[0] == tests[0]):
        yield f"there is no command before '{tests[0]}': did you mean `litmus check {shlex.join(arguments)}`?"


def _is_command(arguments: Sequence[str], command: str) -> bool:
    """Whether nothing but options of `litmus` itself is before a command."""
    return all(argument.startswith("--") for argument in arguments[: arguments.index(command)])


def _is_test(argument: str) -> bool:
    return (
        argument.endswith(".litmus")
        or argument[:1] == "@"
        or argument.startswith("catalog:")
        or os.path.exists(argument)
    )
