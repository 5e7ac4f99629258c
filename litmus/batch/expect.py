"""What a test is expected to say, and where a verdict differs from that."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TypeVar

from litmus.base.errors import LitmusError, did_you_mean
from litmus.base.source import Source, Span
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import Quantifier
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Observation, Status, Verdict

_RESULT = re.compile(
    r"^[ \t(*/]*Result:[ \t]*(Never|Sometimes|Always|Maybe|DEADLOCK)\b([ \t]+DATARACE\b)?", re.MULTILINE
)
_RACE = "data-race"  # the kernel's flag
_LINE = re.compile(r'(?P<name>[^\s"]+)\s+(?P<quote>"?)(?P<value>\w+)(?P=quote)')
_ANSWERS = {"ok": True, "no": False}
_POSSIBLE = {
    "never": frozenset({Observation.NEVER}),
    "sometimes": frozenset({Observation.SOMETIMES}),
    "always": frozenset({Observation.ALWAYS}),
    "allow": frozenset({Observation.SOMETIMES, Observation.ALWAYS}),  # herd7's kinds
    "allowed": frozenset({Observation.SOMETIMES, Observation.ALWAYS}),
    "forbid": frozenset({Observation.NEVER}),
    "forbidden": frozenset({Observation.NEVER}),
    "require": frozenset({Observation.ALWAYS}),
    "required": frozenset({Observation.ALWAYS}),
}
_SAID = ("kind", "ok", "observation", "verdict", "states", "executions", "flags", "hash")
"""The keys of a row that a verdict is held against."""

_WHOSE = ("file", "name", "model")
"""The keys that say whose answer it is."""

_OF_CHECK = ("arch", "status", "positive", "negative", "seconds", "message", "notes", "uncertain", "remarks")
"""Further keys that a row of `litmus check --format json` may have."""

_T = TypeVar("_T")
_LITTLE = {"bounded": Answer.BOUNDED, "incomplete": Answer.INCOMPLETE}
_WORDS = ("Never", "Sometimes", "Always", "Allowed", "Forbidden", "Required", "Ok", "No", "Bounded", "Incomplete")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one test; None is: nothing said.

    `file` is its last components at least, `model` the model it speaks of. `kind` is what the condition asks for, as
    herd7 prints it. `observations` are those that are all right. `executions` are counted with `--executions` only.
    Only `answer` can say that nothing is known beyond the unroll limit, or that no execution comes to its end. `race`
    is whether there is a data race; what is observed of a test that has the race which is expected is nothing to hold
    it to.
    """

    file: str | None = None
    name: str | None = None
    model: str | None = None
    kind: str | None = None
    ok: bool | None = None
    observations: frozenset[Observation] | None = None
    answer: Answer | None = None
    states: tuple[str, ...] | None = None
    executions: tuple[int, int] | None = None
    flags: frozenset[str] | None = None
    race: bool | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """Expected answers, by the base name of the file and by the name of the test."""

    by_file: Mapping[str, tuple[Expected, ...]]
    by_name: Mapping[str, tuple[Expected, ...]]

    def of(self, file: str, verdict: Verdict) -> Expected | None:
        """What is expected of a verdict: the row with the longest match of file, else the one of the test's name."""
        parts = PurePath(file).parts
        near = [e for e in self.by_file.get(parts[-1] if parts else "", ()) if _speaks_of(e, verdict)]
        matching = [e for e in near if e.file and _is_suffix(PurePath(e.file).parts, parts)]
        if matching:
            return max(matching, key=lambda e: len(PurePath(e.file or "").parts))
        named = [e for e in self.by_name.get(verdict.test.name, ()) if _speaks_of(e, verdict)]
        return named[-1] if named else None

    def missing(self, files: Iterable[str], names: Container[str]) -> tuple[str, ...]:
        """The files and names that something is expected of, and that are not among those given."""
        parts: dict[str, list[tuple[str, ...]]] = {}
        for file in files:
            path = PurePath(file)
            parts.setdefault(path.name, []).append(path.parts)
        expected = {e.file: PurePath(e.file) for rows in self.by_file.values() for e in rows if e.file}
        absent = [
            file
            for file, path in expected.items()
            if not any(_is_suffix(path.parts, given) for given in parts.get(path.name, ()))
        ]
        return (*absent, *(name for name in self.by_name if name not in names))


def _speaks_of(expected: Expected, verdict: Verdict) -> bool:
    return expected.model is None or expected.model == verdict.model


def _is_suffix(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether one path ends with the other."""
    length = min(len(a), len(b))
    return a[-length:] == b[-length:]


# --- reading ---------------------------------------------------------------------------------------------------------


def parse(source: Source) -> Expectations:
    """Reads expected answers: lines of JSON with the keys of `litmus check --format json`, or `NAME WORD` a line.

    WORD is an observation (Never ...), a kind (Allowed ...), Ok, No, Bounded or Incomplete; `#` and `%` begin comments.
    A file whose name ends in `.yaml` maps the name of each file to a mapping of the same keys. Raises LitmusError.
    """
    rows = _yaml_rows(source) if source.name.endswith((".yaml", ".yml")) else _line_rows(source)
    by_file: dict[str, list[Expected]] = {}
    by_name: dict[str, list[Expected]] = {}
    for row in rows:
        if row.file is not None:
            by_file.setdefault(PurePath(row.file).name, []).append(row)
        elif row.name is not None:
            by_name.setdefault(row.name, []).append(row)
    return Expectations(
        {name: tuple(found) for name, found in by_file.items()}, {name: tuple(found) for name, found in by_name.items()}
    )


def _line_rows(source: Source) -> Iterator[Expected]:
    start = 0
    for line in source.text.splitlines(keepends=True):
        text = line.strip()
        if text and text[0] not in "#%":
            begin = start + len(line) - len(line.lstrip())
            span = Span(source, begin, begin + len(text))
            yield _json_row(text, span) if text[0] == "{" else _named_row(text, span)
        start += len(line)


def _yaml_rows(source: Source) -> Iterator[Expected]:
    import yaml  # few expectations are in it

    from litmus.base import yaml_tree

    for file, tree in yaml_tree.parse(source, LitmusError, "a file of expected answers").entries():
        tree.entries()  # it is a mapping, and names no key twice
        try:
            row = yaml.SafeLoader("").construct_document(tree.node)
            yield row_of({**row, "file": file.name()})
        except yaml.YAMLError as error:
            raise tree.error(f"not an expected answer: {getattr(error, 'problem', error)}") from None
        except (TypeError, ValueError) as error:
            raise tree.error(f"not an expected answer: {error}") from None


def _named_row(text: str, span: Span) -> Expected:
    text = re.split(r"\s[#%]", text, maxsplit=1)[0].rstrip()
    match = _LINE.fullmatch(text)
    if match is None:
        raise LitmusError("expected a line 'NAME Never|Sometimes|Always', or a JSON object", span)
    value = match["value"].lower()
    if value in _ANSWERS:
        return Expected(name=match["name"], ok=_ANSWERS[value])
    if value in _LITTLE:
        return Expected(name=match["name"], answer=_LITTLE[value])
    if value not in _POSSIBLE:
        at = Span(span.source, span.start + match.start("value"), span.start + match.end("value"))
        raise LitmusError(f"unknown expectation '{match['value']}'", at, did_you_mean(match["value"], _WORDS))
    return Expected(name=match["name"], observations=_POSSIBLE[value])


def _json_row(text: str, span: Span) -> Expected:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = span.start + getattr(error, "pos", 0)
        raise LitmusError(f"not JSON: {getattr(error, 'msg', error)}", Span(span.source, at, at + 1)) from None
    try:
        return row_of(row)
    except (TypeError, ValueError) as error:
        raise LitmusError(f"not an expected answer: {error}", span) from None


def row_of(row: Mapping[str, object]) -> Expected:
    """A row of the shape of `litmus check --format json`. Raises TypeError, ValueError for values of another type."""
    _check_keys(row)
    file, name = _text(row, "file"), _text(row, "name")
    if file is None and name is None:
        raise ValueError("it has neither 'file' nor 'name'")
    ok, observation = row.get("ok"), _text(row, "observation")
    if not (ok is None or isinstance(ok, bool)):
        raise TypeError("'ok' is not true, false or null")
    if observation is not None and observation.lower() not in _POSSIBLE:
        raise ValueError(f"unknown observation '{observation}'")
    answer = _text(row, "verdict")
    if answer is not None and answer not in {a.value for a in Answer}:
        raise ValueError(f"unknown verdict '{answer}'")
    executions = _list(row, "executions", int)
    if executions is not None and len(executions) != 2:
        raise ValueError("'executions' are two numbers")
    if answer is None and executions == (0, 0):  # herd7 says Never of it, too
        answer = Answer.INCOMPLETE.value
    flags = _list(row, "flags", str)
    return Expected(
        file=file,
        name=name,
        model=_text(row, "model"),
        kind=_text(row, "kind"),
        ok=ok,
        observations=_POSSIBLE[observation.lower()] if observation is not None else None,
        answer=Answer(answer) if answer is not None else None,
        states=_list(row, "states", str) or None,  # none listed: it was verdict only
        executions=(executions[0], executions[1]) if executions is not None else None,
        flags=frozenset(flags) if flags is not None else None,
        hash=_text(row, "hash"),
    )


def _check_keys(row: Mapping[str, object]) -> None:
    """Raises ValueError for a key that is one of these misspelt, or a row that says nothing: both would always hold.

    What other tools add to their rows is left alone.
    """
    for key in row:
        if (meant := _meant(str(key))) is not None:
            raise ValueError(f"unknown key '{key}' ({meant})")
    if not any(key in row for key in (*_SAID, *_OF_CHECK)):
        raise ValueError(f"it says nothing of the answer: it has none of {', '.join(_SAID)}")


@lru_cache(maxsize=64)  # the rows of a file have the same keys
def _meant(key: str) -> str | None:
    """A hint for a key that is unknown and like one that is not."""
    return None if key in (*_SAID, *_OF_CHECK, *_WHOSE) else did_you_mean(key, (*_SAID, *_WHOSE))


def _text(row: Mapping[str, object], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"'{key}' is not a string")
    return value


def _list(row: Mapping[str, object], key: str, kind: type[_T]) -> tuple[_T, ...] | None:
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise TypeError(f"'{key}' is not a list of {kind.__name__}")
    return tuple(value)


def in_comment(file: str, verdict: Verdict) -> Expected | None:
    """What a test says of itself in a line such as `Result: Never DATARACE`, as the kernel's tests do.

    Beside Never, Sometimes and Always there are Maybe, and DEADLOCK for a test without an execution that comes to its
    end. Source: tools/memory-model/scripts/judgelitmus.sh.
    """
    match = _RESULT.search(verdict.test.source.text)
    if match is None:
        return None
    if match[1] == "DEADLOCK":
        return Expected(answer=Answer.INCOMPLETE)
    observations = frozenset(Observation) if match[1] == "Maybe" else _POSSIBLE[match[1].lower()]
    return Expected(observations=observations, race=match[2] is not None)


# --- comparing -------------------------------------------------------------------------------------------------------


def differences(expected: Expected, verdict: Verdict, options: Options) -> tuple[str, ...]:
    """Where a verdict contradicts what is expected, a line each.

    What the verdict leaves open, because only the condition was to be decided or a limit was hit, contradicts nothing.
    """
    found: list[str] = []
    kind = verdict.test.condition.quantifier.kind
    if expected.kind not in (None, kind):
        found.append(f"expected a condition of the kind {expected.kind}, found {kind}")
    little = verdict.answer in _LITTLE.values()
    if little:
        if expected.answer is not verdict.answer and (said := _said(expected)):
            found.append(f"expected {said}, found {verdict.answer.value}")
    elif expected.answer not in (None, Answer.UNKNOWN, verdict.answer) and verdict.answer is not Answer.UNKNOWN:
        found.append(f"expected {_said(expected)}, found {verdict.answer.value}")
    elif expected.ok is not None and verdict.undefined:
        found.append(f"expected {_answer(expected.ok)}, found Undef")
    elif expected.ok is not None and verdict.ok is not None and expected.ok != verdict.ok:
        found.append(f"expected {_answer(expected.ok)}, found {_answer(verdict.ok)}")
    complete = verdict.status in (Status.DONE, Status.BOUND) and not options.verdict_only
    race = _RACE in verdict.flags
    if expected.race is not None and complete and expected.race != race:
        found.append("expected a data race, found none" if expected.race else "found a data race that is not expected")
    if expected.observations is not None and not little and not (expected.race and race):
        possible = _possible(verdict)
        if not possible & expected.observations:
            found.append(f"expected {_names(expected.observations)}, found {_names(possible)}")
        elif verdict.status is Status.BOUND and not possible <= expected.observations and not options.verdict_only:
            found.append(f"expected {_names(expected.observations)}, found {Answer.BOUNDED.value}")
    if expected.states is not None and complete:
        lines = dict.fromkeys(state_lines(verdict))
        wanted_lines = dict.fromkeys(expected.states)
        missing = [s for s in wanted_lines if s not in lines]
        others = [s for s in lines if s not in wanted_lines]
        if missing:
            found.append(f"expected {_count(missing)} not found: {missing[0]}")
        if others:
            found.append(f"found {_count(others)} not expected: {others[0]}")
    if expected.executions is not None and complete and options.executions:
        counts = verdict.positive, verdict.negative
        if counts != expected.executions:
            found.append("expected {} and {} executions, found {} and {}".format(*expected.executions, *counts))
    flags = frozenset((*verdict.flags, *verdict.reports))
    if expected.flags is not None and complete and expected.flags != flags:
        wanted, raised = sorted(expected.flags), sorted(flags)
        found.append(f"expected flags {', '.join(wanted) or 'none'}, found {', '.join(raised) or 'none'}")
    if expected.hash is not None and expected.hash != verdict.test.hash:
        found.append(f"expected hash {expected.hash}, found {verdict.test.hash}")
    return tuple(found)


def _said(expected: Expected) -> str:
    """What an expectation says of the answer; empty if nothing."""
    if expected.answer is not None:
        return expected.answer.value
    if expected.observations is not None:
        return _names(expected.observations)
    return "" if expected.ok is None else _answer(expected.ok)


def _possible(verdict: Verdict) -> frozenset[Observation]:
    """The observations that a verdict leaves possible."""
    if verdict.observation is not None:
        return frozenset({verdict.observation})
    possible = set(Observation)
    if verdict.allowed is not None:
        possible &= _POSSIBLE["allowed" if verdict.allowed else "forbidden"]
    if verdict.test.condition.quantifier is Quantifier.FORALL and verdict.ok is not None:
        possible = {o for o in possible if (o is Observation.ALWAYS) == verdict.ok}
    return frozenset(possible)


def _answer(ok: bool) -> str:
    return "Ok" if ok else "No"


def _names(observations: frozenset[Observation]) -> str:
    return " or ".join(o.value for o in Observation if o in observations)


def _count(states: list[str]) -> str:
    return "1 state" if len(states) == 1 else f"{len(states)} states"
