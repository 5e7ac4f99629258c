"""The models that come with litmus: `archs/<name>.cat`, each described by `archs/<name>.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.names import bare_lists, closest_model, described, folded, model_called, model_names
from litmus.base.resources import folder
from litmus.base.source import Source, Span
from litmus.cat.files import read_description

if TYPE_CHECKING:
    from litmus.cat.description import ModelInfo

__all__ = [
    "default_model",
    "described_dialects",
    "info",
    "model_file",
    "model_names",
    "models",
    "unknown_model",
]


def models() -> tuple[ModelInfo, ...]:
    """All models of `archs/`, sorted by name. Raises ModelError for a description that does not follow the schema, and
    for a name that two of them have."""
    from litmus.cat.description import read_info  # most tests need none

    found = tuple(read_info(path) for path in sorted(folder("archs").glob("*.yaml"), key=lambda file: file.stem))
    no_clash(found)
    return found


def no_clash(infos: Sequence[ModelInfo]) -> None:
    """Raises ModelError, with its place, for an alias that is the name or an alias of another model."""
    owners = {folded(info.name): info.name for info in infos}
    for info in infos:
        for alias in info.aliases:
            owner = owners.setdefault(folded(alias), info.name)
            if owner != info.name:
                path = info.file.with_suffix(".yaml")
                source = Source(str(path), path.read_text("utf-8"))
                start = source.text.index(alias, source.text.index("\naliases:"))
                raise ModelError(f"'{alias}' is a name of {owner}, too", Span(source, start, start + len(alias)))


def default_model(arch: str) -> str:
    """The name of the model that decides tests of an architecture if none is named. Raises ModelError."""
    known = described("default_for")
    if arch in known:
        return known[arch]
    hint = did_you_mean(arch, known) or "-m NAME names one"
    raise ModelError(f"no model is the default for '{arch}': name one", None, hint)


def model_file(reference: str) -> Path | None:
    """The file of a model, by its name or an alias; None if there is no such model."""
    name = model_called(reference)
    return None if name is None else folder("archs") / f"{name}.cat"


def unknown_model(reference: str) -> ModelError:
    """The error for a name that no model has, with what was meant, or with all names."""
    known = ", ".join(sorted(path.stem for path in folder("archs").glob("*.cat")))
    hint = closest_model(reference) or f"the models are {known}; or give the path of a .cat file"
    return ModelError(f"unknown model '{reference}'", None, hint)


def info(reference: str, confined: bool = False) -> ModelInfo:
    """The description of a model: one that comes with litmus, by name or alias, or any other, by the path
    of its `.cat` file or of the description beside it. `confined` is as for `read_info`.

    Raises ModelError.
    """
    from litmus.cat.description import read_info

    path = model_file(reference)
    if path is None and reference.endswith((".cat", ".yaml")):
        path = Path(reference)
    if path is None:
        raise unknown_model(reference)
    return read_info(path.with_suffix(".yaml"), confined)


def described_dialects(path: Path, confined: bool = False) -> tuple[str, ...] | None:
    """The architectures whose tests a model decides, as the description in a file says; None if it does not.

    `confined` is as for `read_info`.
    """
    try:
        found = bare_lists(read_description(path, confined).text).get("dialects")
    except ModelError:
        return None  # whoever needs the description will hear of it
    return None if found is None else tuple(found)
