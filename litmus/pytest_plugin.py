"""The pytest plugin: collects litmus tests that say what is expected of them.

A `.litmus` file is collected if it has a `Result:` line, as the kernel's tests do, or if there is a file with
expectations beside it. It is an item for each model it is to be decided under. Nothing else of litmus is loaded before
such an item runs: pytest loads this module for everyone who has litmus installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from litmus.batch.expect import Expected
    from litmus.ir.verdict import Verdict

_MARK = "litmus"
_WITHIN = b"Result:"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the configuration file."""
    parser.addini("litmus_files", "patterns of the litmus tests to collect (none: no test)", "args", ["*.litmus"])
    parser.addini("litmus_models", "models to decide each litmus test under, by name or path", "args", [])
    parser.addini("litmus_era", "the kernel whose primitives litmus tests in kernel C use", default="v6")
    parser.addini("litmus_timeout", "seconds for each litmus test (0: no limit)", default="60")
    parser.addini("litmus_expect", "the file beside litmus tests that says what is expected", default="expected.yaml")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that every collected litmus test has."""
    config.addinivalue_line("markers", f"{_MARK}: a litmus test that was collected from a .litmus file")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that says what is expected of it, or that has expectations beside it."""
    patterns = parent.config.getini("litmus_files")
    if not any(file_path.match(pattern) for pattern in patterns):
        return None
    if _beside(parent.config, file_path).is_file() or _speaks(file_path):
        return LitmusFile.from_parent(parent, path=file_path)
    return None


def _speaks(test: Path) -> bool:
    """Whether a file may say what is expected of it; one that cannot be read is collected, and fails."""
    try:
        return _WITHIN in test.read_bytes()
    except OSError:
        return True


def _beside(config: pytest.Config, test: Path) -> Path:
    return test.parent / str(config.getini("litmus_expect"))


class LitmusFile(pytest.File):
    """A litmus test: an item for each model."""

    def collect(self) -> Iterator[LitmusItem]:
        """The items, named by their models."""
        models: list[str] = self.config.getini("litmus_models")
        for model in models or [""]:
            item = LitmusItem.from_parent(self, name=model or "default")
            item.model = self._found(model) if model else None
            yield item

    def _found(self, model: str) -> str:
        """A model in a file is named from where the configuration is."""
        path = self.config.rootpath / model
        return str(path) if path.is_file() else model


class LitmusItem(pytest.Item):
    """A litmus test to be decided under a model; None is that of the test's architecture."""

    model: str | None = None

    def __init__(self, name: str, parent: pytest.Collector) -> None:
        super().__init__(name, parent)
        self.add_marker(_MARK)

    def runtest(self) -> None:
        """Decide the test and compare. Raises Unexpected, with the explanation, and the errors of `litmus.check`."""
        from litmus.api import check, load
        from litmus.batch.expect import differences
        from litmus.ir.options import DEFAULTS
        from litmus.ir.verdict import Status
        from litmus.testing import explanation

        era, seconds = str(self.config.getini("litmus_era")), self._seconds()
        test = load(self.path, timeout=seconds)
        verdict = check(test, self.model, era=era, timeout=seconds)
        expected = self._expected(verdict)
        if expected is None:
            pytest.skip(f"nothing is expected of this test under {verdict.model}")
        found = differences(expected, verdict, DEFAULTS)
        if verdict.status in (Status.TIMEOUT, Status.LIMIT):
            found = (*found, f"no answer: {verdict.status.value}: {verdict.message}")
        if found:
            why = explanation(verdict, self.model, era, timeout=seconds)
            raise Unexpected("\n".join([f"{test.name} under {verdict.model}", *found, "", why]).rstrip())

    def _expected(self, verdict: Verdict) -> Expected | None:
        from litmus.batch.expect import in_comment, parse
        from litmus.frontend.files import MAX_EXPECTED, load_source

        file, beside = str(self.path), _beside(self.config, self.path)
        expected = parse(load_source(str(beside), MAX_EXPECTED)).of(file, verdict) if beside.is_file() else None
        return expected or in_comment(file, verdict)

    def _seconds(self) -> float | None:
        from litmus.base.errors import UsageError

        said = str(self.config.getini("litmus_timeout"))
        try:
            seconds = float(said)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < 1e9:
            raise UsageError(f"litmus_timeout is a number of seconds, not '{said}'")
        return seconds or None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """What is wrong, without a traceback: it would show litmus, not the test."""
        from litmus.base.errors import InternalError, LitmusError

        if isinstance(excinfo.value, Unexpected | LitmusError | InternalError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the test is, and its name."""
        return self.path, None, f"{self.path.name} [{self.name}]"


class Unexpected(AssertionError):
    """The answer to a litmus test is not what is expected."""
