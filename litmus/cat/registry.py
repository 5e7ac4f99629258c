"""The models that come with litmus: `archs/<name>.cat`, each described by `archs/<name>.yaml`."""

from __future__ import annotations

import re
from pathlib import Path

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.resources import folder
from litmus.cat.description import KernelMapping, MappingRow, ModelInfo, Operation, Origin, bare_lists, read_info

__all__ = [
    "KernelMapping",
    "MappingRow",
    "ModelInfo",
    "Operation",
    "Origin",
    "default_model",
    "described_dialects",
    "info",
    "model_file",
    "model_names",
    "models",
    "read_info",
]


def models() -> tuple[ModelInfo, ...]:
    """All models of `archs/`, sorted by name. Raises ModelError for a description that does not follow the schema."""
    return tuple(read_info(path) for path in sorted(folder("archs").glob("*.yaml"), key=lambda file: file.stem))


def default_model(arch: str) -> str:
    """The name of the model that decides tests of an architecture if none is named. Raises ModelError."""
    known = _one_line_lists("default_for")
    if arch not in known:
        raise ModelError(f"no model is the default for '{arch}': name one", None, did_you_mean(arch, known))
    return known[arch]


def model_file(reference: str) -> Path | None:
    """The file of a model, by its name or an alias; None if there is no such model."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9+_.-]{0,99}", reference) is None:
        return None
    place = folder("archs")
    path = place / f"{reference}.cat"
    if path.is_file():
        return path
    name = _one_line_lists("aliases").get(reference)
    return None if name is None else place / f"{name}.cat"


def info(reference: str) -> ModelInfo:
    """The description of a model: one that comes with litmus, by name or alias, or any other, by the path
    of its `.cat` file or of the description beside it.

    Raises ModelError.
    """
    path = model_file(reference)
    if path is None and reference.endswith((".cat", ".yaml")):
        path = Path(reference)
    if path is None:
        raise ModelError(f"unknown model '{reference}'", None, did_you_mean(reference, model_names()))
    return read_info(path.with_suffix(".yaml"))


def described_dialects(path: Path) -> tuple[str, ...] | None:
    """The architectures whose tests a model decides, as the description in a file says; None if it does not."""
    try:
        found = bare_lists(path.read_text("utf-8")).get("dialects")
    except (OSError, ValueError):
        return None  # whoever needs the description will hear of it
    return None if found is None else tuple(found)


def model_names() -> tuple[str, ...]:
    """The names and aliases of all models of `archs/`."""
    return (*sorted(path.stem for path in folder("archs").glob("*.cat")), *_one_line_lists("aliases"))


def _one_line_lists(key: str) -> dict[str, str]:
    """For each item of the list `key` in the descriptions, the model that has it.

    Found by pattern: the yaml package takes longer to load than most tests to decide. `read_info` checks that the
    lists are written so that the pattern finds them.
    """
    found: dict[str, str] = {}
    for path in sorted(folder("archs").glob("*.yaml")):
        for item in bare_lists(path.read_text("utf-8")).get(key, ()):
            found.setdefault(item, path.stem)
    return found
