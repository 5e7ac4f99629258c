"""Faults of litmus: what it was at work on is saved for those who are to find the fault."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from litmus.base.errors import InternalError, LimitReached, LitmusError
from litmus.base.records import dataclass
from litmus.base.source import Source
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options

PREFIX = "litmus-fault-"
"""How the names of the folders begin."""

_UNFINISHED = "litmus-saving-"  # a worker that is stopped meanwhile leaves no folder that looks complete

_LONGEST = 300  # characters of a message
_LARGEST = 4 * 1024 * 1024  # bytes of a file that is copied


@dataclass(frozen=True, slots=True)
class Subject:
    """What litmus was at work on, as far as that is known.

    `files` are files of the user by name; `source` is the text of a test, and `test` what was read from it. `model` is
    a name or a path, None for the default of the test; `include` are the folders in which it looks for files.
    """

    files: tuple[str, ...] = ()
    source: Source | None = None
    test: LitmusTest | None = None
    model: str | None = None
    include: tuple[Path, ...] = ()
    options: Options | None = None


@contextmanager
def saving(subject: Subject) -> Iterator[None]:
    """Raise InternalError for a fault of litmus that happens meanwhile. Errors of the user and of memory pass."""
    try:
        yield
    except (LitmusError, MemoryError):
        raise
    except Exception as error:
        raise fault(error, subject) from error


@contextmanager
def one_of_many(subject: Subject) -> Iterator[None]:
    """As `saving`, for one of several files: a want of memory is LimitReached, so that the others can be answered."""
    try:
        with saving(subject):
            yield
    except MemoryError:
        raise LimitReached("limit", "out of memory") from None


def fault(error: Exception, subject: Subject, save: bool = True) -> InternalError:
    """What to say of a fault, after saving what it is about. With LITMUS_DEBUG set, the error itself is raised.

    Nothing is raised if it cannot be saved: the result says so. `save`: false if enough were saved before.
    """
    if os.environ.get("LITMUS_DEBUG"):
        raise error
    if isinstance(error, InternalError) and (error.folder or error.unsaved):
        return error
    said = error.message if isinstance(error, InternalError) else str(error)
    message = " ".join(f"{type(error).__name__}: {said}".rstrip(": ").split())[:_LONGEST]
    if not save:
        return InternalError(message, unsaved="this process has saved enough others")
    folder = None
    try:
        import tempfile  # faults only

        folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED))
        _save(folder, error, subject)
        folder = folder.rename(folder.with_name(PREFIX + folder.name.removeprefix(_UNFINISHED)))
    except Exception as trouble:  # a full disk, or no memory: the fault itself is what counts
        _remove(folder)
        strerror = getattr(trouble, "strerror", None)
        return InternalError(message, unsaved=strerror or str(trouble) or type(trouble).__name__)
    return InternalError(message, str(folder))


def _remove(folder: Path | None) -> None:
    if folder is not None:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _save(folder: Path, error: Exception, subject: Subject) -> None:
    """Write the report, the test, the model and the other files. Raises OSError."""
    (folder / "report.txt").write_text(_report(error, subject), "utf-8", "backslashreplace")
    source = subject.test.source if subject.test is not None else subject.source
    if source is not None:
        (folder / "test.litmus").write_text(source.text, "utf-8", "backslashreplace")
    inputs = list(map(Path, subject.files))
    if subject.options is not None and subject.options.passing is not None:
        inputs.append(Path(subject.options.passing))
    for place, paths in (("input", inputs), ("model", _model_files(subject))):
        for number, path in enumerate(paths):
            _copy(path, folder / place, number)


def _copy(path: Path, folder: Path, number: int) -> None:
    """Copy a file, if it can be read. Raises OSError if it cannot be written."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return
        data = path.read_bytes()
    except (OSError, ValueError):
        return
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    (folder / f"{number}-{path.name}" if target.exists() else target).write_bytes(data)


def _model_files(subject: Subject) -> list[Path]:
    """The files of the model, as far as they can be found."""
    from litmus.cat.load import files_of, load
    from litmus.cat.registry import default_model

    reference = subject.model
    if reference is None and subject.test is not None:
        with suppress(Exception):
            reference = default_model(subject.test.dialect)
    if reference is None:
        return []
    try:
        model = load(reference, subject.include)
        return [*files_of(model), model.path.with_suffix(".yaml"), Path(reference).with_suffix(".cfg")]
    except Exception:  # perhaps that was the fault
        return [Path(reference)]


def _report(error: Exception, subject: Subject) -> str:
    import platform
    import shlex
    import traceback
    from importlib.metadata import PackageNotFoundError, version

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "unknown"

    litmus = getattr(sys.modules.get("litmus"), "__version__", None) or installed("litmus")
    topology = subject.test.topology if subject.test is not None else None
    facts = {
        "command": shlex.join(sys.argv),
        "test": "" if subject.test is None else subject.test.name,
        "topology": repr(topology) if topology is not None else "",
        "model": subject.model or "the default of the test",
        "include": ", ".join(map(str, subject.include)),
        "options": repr(subject.options),
        "litmus": litmus,
        "Python": sys.version,
        "z3-solver": installed("z3-solver"),
        "platform": platform.platform(),
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return "\n".join(lines) + "\n\n" + "".join(traceback.format_exception(error))
