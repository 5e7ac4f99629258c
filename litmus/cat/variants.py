"""The variants of a model: the names in its conditions `if "name"`, in any case, as herd7 has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.source import Span
from litmus.cat import ast
from litmus.cat.load import CatModel
from litmus.ir.options import MIXED


def variants_of(model: CatModel, deadline: Deadline = NO_DEADLINE) -> tuple[str, ...]:
    """The names in all conditions of a model and of the files that it may include, sorted. Raises LimitReached."""
    found: set[str] = set()
    seen: set[Path] = {model.path}
    todo = [model.file, model.files.standard(model.path, deadline)[1], *(file for _, file in model.before)]
    if model.definitions is not None:
        from litmus.cat.definitions import VARIANTS  # few runs need it

        found |= VARIANTS
    if model.tags is not None:
        from litmus.cat.bell import OLDER_TESTS  # few runs need it

        found.add(OLDER_TESTS)
    while todo:
        for part in _parts(todo.pop()):
            deadline.check()
            if isinstance(part, ast.Variant):
                found.add(part.name)
            elif isinstance(part, ast.Include):
                with suppress(ModelError):  # the file of another variant may be missing
                    path, file = model.files.find(part, deadline)
                    if path not in seen:
                        seen.add(path)
                        todo.append(file)
    return tuple(sorted(found))


def check_variants(models: Sequence[CatModel], variants: Collection[str], deadline: Deadline = NO_DEADLINE) -> None:
    """Raises ModelError for a variant that none of the models has: it would change nothing. Raises LimitReached.

    `mixed` is one of every model: it is on in any case where a test has accesses that overlap in part.
    """
    if not variants:
        return
    known = sorted({name for model in models for name in variants_of(model, deadline)})
    spelled = {MIXED, *(name.lower() for name in known)}
    for name in sorted(variants):
        if name.lower() not in spelled:
            names = " or ".join(f"'{model.name}'" for model in models)
            listed = f"the variants are {', '.join(known)}" if known else "there are none"
            message = f"variant '{name}' is unknown to the model {names}: {listed}"
            raise ModelError(message, None, did_you_mean(name, known))


def _parts(file: ast.CatFile) -> Iterator[object]:
    """All statements, expressions and conditions of a file."""
    todo: list[object] = [file]
    while todo:
        part = todo.pop()
        if isinstance(part, tuple):
            todo.extend(part)
        elif is_dataclass(part) and not isinstance(part, Span):
            yield part
            todo.extend(getattr(part, field.name) for field in fields(part))
