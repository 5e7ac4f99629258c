"""The pytest plugin: collects litmus tests that say what is expected of them.

A `.litmus` file is collected if it has a `Result:` line, as the kernel's tests do, or if there is a file with
expectations beside it. It is an item for each model it is to be decided under. A function in Python with the marker
`litmus` is called for each of the files and models that its marker names. Nothing else of litmus is loaded before such
an item runs: pytest loads this module for everyone who has litmus installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from litmus.batch.expect import Expected
    from litmus.ir.verdict import Verdict

_MARK = "litmus"
_WITHIN = b"Result:"
_VERDICT = "litmus_verdict"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the configuration file."""
    parser.addini("litmus_files", "patterns of the litmus tests to collect (none: no test)", "args", ["*.litmus"])
    parser.addini("litmus_models", "models to decide each litmus test under, by name or path", "args", [])
    parser.addini("litmus_era", "the kernel whose primitives litmus tests in kernel C use", default="v6")
    parser.addini("litmus_timeout", "seconds for each litmus test (0: no limit)", default="60")
    parser.addini("litmus_expect", "the file beside litmus tests that says what is expected", default="expected.yaml")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that every collected litmus test has."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(*files, models=(), **expected): a litmus test; on a function: the ones it is called for, the models "
        "they are decided under, and what is expected of them, with the keys of `litmus check --format json`",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Call a function for each file and model of its marker. Raises pytest.UsageError for a marker without files."""
    if _VERDICT not in metafunc.fixturenames:
        return
    found = []
    for marker in metafunc.definition.iter_markers(_MARK):
        expected = {key: value for key, value in marker.kwargs.items() if key != "models"}
        for pattern in marker.args:
            files = sorted(metafunc.definition.path.parent.glob(pattern))
            if not files:
                raise pytest.UsageError(f"{metafunc.definition.nodeid}: no file is '{pattern}'")
            for file in files:
                for model in marker.kwargs.get("models") or [None]:
                    found.append(pytest.param((file, model, expected), id=f"{file.name}-{model or 'default'}"))
    if not found:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: its marker '{_MARK}' names no file")
    metafunc.parametrize(_VERDICT, found, indirect=True)


@pytest.fixture
def litmus_verdict(request: pytest.FixtureRequest) -> Verdict:
    """The verdict of a litmus test that the marker `litmus` names; if it is not as the marker says, the test fails."""
    from litmus.base.errors import InternalError, LitmusError
    from litmus.batch.expect import row_of

    file, model, said = request.param
    try:
        expected = row_of({"file": str(file), **said}) if said else None
        return _decide(request.config, file, _found(request.config, model), lambda verdict: expected)
    except (Unexpected, LitmusError, InternalError) as error:
        why = str(error)
    except (TypeError, ValueError) as error:
        why = f"the marker '{_MARK}' of {request.node.name}: {error}"
    pytest.fail(why, pytrace=False)


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
            item.model = _found(self.config, model)
            yield item


class LitmusItem(pytest.Item):
    """A litmus test to be decided under a model; None is that of the test's architecture."""

    model: str | None = None

    def __init__(self, name: str, parent: pytest.Collector) -> None:
        super().__init__(name, parent)
        self.add_marker(_MARK)

    def runtest(self) -> None:
        """Decide the test and compare. Raises Unexpected, with the explanation, and the errors of `litmus.check`."""

        def expected(verdict: Verdict) -> Expected:
            found = self._expected(verdict)
            if found is None:
                pytest.skip(f"nothing is expected of this test under {verdict.model}")
            return found

        _decide(self.config, self.path, self.model, expected)

    def _expected(self, verdict: Verdict) -> Expected | None:
        from litmus.batch.expect import in_comment, parse
        from litmus.frontend.files import MAX_EXPECTED, load_source

        file, beside = str(self.path), _beside(self.config, self.path)
        expected = parse(load_source(str(beside), MAX_EXPECTED)).of(file, verdict) if beside.is_file() else None
        return expected or in_comment(file, verdict)

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


def _found(config: pytest.Config, model: str | None) -> str | None:
    """A model as `litmus.check` knows it: one in a file is named from where the configuration is."""
    path = config.rootpath / (model or "")
    return str(path) if path.is_file() else model or None


def _decide(
    config: pytest.Config, file: Path, model: str | None, expected: Callable[[Verdict], Expected | None]
) -> Verdict:
    """The verdict of a test. Raises Unexpected, with the explanation, where it is not as expected, or has no answer."""
    from litmus.api import check, load
    from litmus.batch.expect import differences
    from litmus.ir.options import DEFAULTS
    from litmus.ir.verdict import Status
    from litmus.testing import explanation

    era, seconds = str(config.getini("litmus_era")), _seconds(config)
    test = load(file, timeout=seconds)
    verdict = check(test, model, era=era, timeout=seconds)
    wanted = expected(verdict)
    found = () if wanted is None else differences(wanted, verdict, DEFAULTS)
    if verdict.status in (Status.TIMEOUT, Status.LIMIT):
        found = (*found, f"no answer: {verdict.status.value}: {verdict.message}")
    if found:
        why = explanation(verdict, model, era, timeout=seconds)
        raise Unexpected("\n".join([f"{test.name} under {verdict.model}", *found, "", why]).rstrip())
    return verdict


def _seconds(config: pytest.Config) -> float | None:
    """The seconds that a test may take. Raises UsageError."""
    from litmus.base.errors import UsageError

    said = str(config.getini("litmus_timeout"))
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise UsageError(f"litmus_timeout is a number of seconds, not '{said}'")
    return seconds or None
