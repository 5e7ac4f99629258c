"""Finds and reads cat files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.resources import folder
from litmus.base.source import Source, Span
from litmus.cat import ast
from litmus.cat.elaborate import Elaborated, elaborate, unresolved
from litmus.cat.files import contained, exists, read_bytes, whole
from litmus.cat.mistakes import NeedsRegisters
from litmus.cat.parser import parse
from litmus.cat.registry import default_model, described_dialects, model_file, unknown_model
from litmus.cat.static import Grounds, Members, NeedsTest
from litmus.ir.model import Model

if TYPE_CHECKING:
    from litmus.cat.bell import Tags
    from litmus.cat.definitions import Definitions
    from litmus.cat.description import ModelInfo

__all__ = [
    "CatFiles",
    "CatModel",
    "Elaborated",
    "Members",
    "NeedsRegisters",
    "NeedsTest",
    "default_model",
    "files_of",
    "load",
    "load_text",
    "model_name",
]


_Key = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str], bool, bool]
"""What a model is elaborated for: sets, relations, variants, absent sets, whether there are updates, and registers."""


@dataclass(frozen=True, slots=True, eq=False)
class CatModel:
    """A parsed model, ready to be elaborated for any dialect.

    `name` is its name in verdicts: the name of the model, or of its file without `.cat`. With `definitions` of the
    functions of kernel C it decides that itself; `tags` are those of its bell file, and `variants` are always on. The
    files `before` run before its own. Elaborated models are cached; an object must be used by one thread only.
    """

    name: str
    path: Path
    file: ast.CatFile = field(repr=False)
    files: CatFiles = field(repr=False)
    before: tuple[tuple[Path, ast.CatFile], ...] = field(default=(), repr=False)
    definitions: Definitions | None = field(default=None, repr=False)
    tags: Tags | None = field(default=None, repr=False)
    variants: frozenset[str] = frozenset()
    _elaborated: dict[_Key, Elaborated | NeedsTest | NeedsRegisters] = field(
        default_factory=dict, init=False, repr=False
    )
    _of_tests: dict[_Key, list[tuple[Elaborated, Grounds]]] = field(default_factory=dict, init=False, repr=False)

    @property
    def dialects(self) -> tuple[str, ...] | None:
        """The architectures whose tests a model of `archs/` decides; None for any other model."""
        return self.files.dialects(self.path)

    def description(self) -> ModelInfo | None:
        """The description in the `.yaml` file beside the model, None if there is none. Raises ModelError."""
        return self.files.description(self.path)

    @property
    def title(self) -> str:
        """The identity line at the start of the file, or the name of the model if there is none."""
        return self.file.identity or self.name

    def elaborate(
        self,
        sets: frozenset[str],
        variants: frozenset[str] = frozenset(),
        members: Members | None = None,
        relations: frozenset[str] = frozenset(),
        deadline: Deadline = NO_DEADLINE,
        absent: frozenset[str] = frozenset(),
        updates: bool = False,
        registers: bool = False,
    ) -> Model:
        """The model for tests whose events may be in `sets`; their graphs have `relations` and the base relations.

        The sets and relations `absent` are empty; with `updates`, one may be a read and a write.

        A model that enumerates the events of a test is elaborated anew with the `members` of each test, and raises
        NeedsTest without them; any other model is elaborated once and ignores `members`. A model that looks at accesses
        to registers raises NeedsRegisters unless the graph of the test has them. Raises ModelError and LimitReached.
        """
        found = self.elaborate_partly(sets, variants, members, relations, deadline, absent, updates, registers)
        if found.beyond is not None:
            raise found.beyond.with_traceback(None)
        return found.model

    def elaborate_partly(
        self,
        sets: frozenset[str],
        variants: frozenset[str] = frozenset(),
        members: Members | None = None,
        relations: frozenset[str] = frozenset(),
        deadline: Deadline = NO_DEADLINE,
        absent: frozenset[str] = frozenset(),
        updates: bool = False,
        registers: bool = False,
    ) -> Elaborated:
        """As `elaborate`, but an error behind an axiom is returned with the model of what is before it, not raised.

        The error is one of each test with an execution that obeys the axioms, and of no other: herd7 does not look at
        what follows an axiom that an execution violates.
        """
        key = (sets, relations, variants, absent, updates, registers)
        found = self._elaborated.get(key)
        if found is None:
            try:
                found = elaborate(self.name, self.file, self.path, self.files, *key, None, self.before, deadline)
            except (NeedsTest, NeedsRegisters) as needed:
                found = needed
            self._elaborated[key] = found
        if isinstance(found, Elaborated):
            return found
        if members is None or isinstance(found, NeedsRegisters):
            raise found.with_traceback(None)  # this exception is cached and must not keep the frames of a test
        of_tests = self._of_tests.setdefault(key, [])
        for model, grounds in of_tests:
            if grounds.hold(members):
                return model
        try:
            model = elaborate(self.name, self.file, self.path, self.files, *key, members, self.before, deadline)
        except NeedsRegisters as needed:
            self._elaborated[key] = needed
            raise
        if model.grounds is not None:
            of_tests.append((model, model.grounds))
        return model

    def unresolved(self, sets: frozenset[str], relations: frozenset[str] = frozenset()) -> tuple[ModelError, ...]:
        """The unknown names in definitions that nothing needs, and in `show`; for tests as `elaborate` has them.

        They are no errors, as in herd7: a file may define more than the architecture of a test has. Raises ModelError.
        """
        return unresolved(self.file, self.path, self.files, sets, relations)


class CatFiles:
    """The files of models, each read once.

    An included file is searched for beside the including file, then in `folders`, then in `archs/lib`; what a file of
    `archs/lib` includes, in `archs/lib` last, too, so that each file of it can be replaced. If `confined`, it is in one
    of these, and not somewhere else by way of `..`, an absolute path or a link; nor is the description of a model.
    """

    def __init__(self, folders: Sequence[Path] = (), confined: bool = False) -> None:
        self.folders = tuple(folders)
        self.confined = confined
        self._found: dict[tuple[str, str], Path] = {}
        self._parsed: dict[Path, ast.CatFile] = {}
        self._dialects: dict[Path, tuple[str, ...] | None] = {}
        self._descriptions: dict[Path, ModelInfo | None] = {}
        self._read: dict[Path, tuple[int, int]] = {}

    def find(self, include: ast.Include, deadline: Deadline = NO_DEADLINE) -> tuple[Path, ast.CatFile]:
        """The file that an `include` names. Raises ModelError, LimitReached."""
        key = (include.span.source.name, include.file)
        path = self._found.get(key)
        if path is None:
            path = self._found[key] = self._search(include)
        return path, self.read(path, include.span, deadline)

    def builtin(self, deadline: Deadline = NO_DEADLINE) -> ast.CatFile:
        """What every model has, whatever its library: `archs/lib/builtin.cat`. Raises LimitReached."""
        return self.read(folder("archs") / "lib" / "builtin.cat", None, deadline)

    def standard(self, model: Path, deadline: Deadline = NO_DEADLINE) -> tuple[Path, ast.CatFile]:
        """The library that a model starts with: the `stdlib.cat` that it would include, but always ours for ours.

        Raises ModelError, LimitReached.
        """
        if model.is_relative_to(folder("archs")):
            path = folder("archs") / "lib" / "stdlib.cat"
            return path, self.read(path, None, deadline)
        return self.find(ast.Include("stdlib.cat", whole(model)), deadline)

    def read(self, path: Path, span: Span | None = None, deadline: Deadline = NO_DEADLINE) -> ast.CatFile:
        """A parsed file; `span` is the `include` that names it, if any. Raises ModelError, LimitReached."""
        found = self._parsed.get(path)
        if found is None:
            self._watch(path)
            found = self._parsed[path] = parse(Source(str(path), read_text(path, span)), deadline)
        return found

    def but(self, path: Path, file: ast.CatFile) -> CatFiles:
        """The same files, but for one that reads otherwise."""
        found = CatFiles(self.folders, self.confined)
        found._found, found._dialects, found._descriptions = self._found, self._dialects, self._descriptions
        found._parsed, found._read = {**self._parsed, path: file}, self._read
        return found

    def source(self, path: Path) -> Source:
        """The text of a file that is no cat file. Raises ModelError."""
        self._watch(path)
        return Source(str(path), read_text(path))

    def dialects(self, model: Path) -> tuple[str, ...] | None:
        """The architectures whose tests a model decides; None if no description beside it says so."""
        if model not in self._dialects:
            path = model.with_suffix(".yaml")
            self._watch(path)
            self._dialects[model] = described_dialects(path, self.confined)
        return self._dialects[model]

    def description(self, model: Path) -> ModelInfo | None:
        """The description in the `.yaml` file beside a model; None if there is none. Raises ModelError."""
        if model not in self._descriptions:
            from litmus.cat.description import read_info  # few tests need more of it than `dialects`

            path = model.with_suffix(".yaml")
            self._watch(path)
            self._descriptions[model] = read_info(path, self.confined) if exists(path) else None
        return self._descriptions[model]

    def _watch(self, path: Path) -> None:
        """Notes the state of a file before it is read; files of `archs/` are assumed not to change."""
        if not path.is_relative_to(folder("archs")):
            self._read[path] = _signature(path)

    def changed(self) -> bool:
        """Whether a file outside `archs/` has changed since it was read."""
        return any(_signature(path) != signature for path, signature in self._read.items())

    def _search(self, include: ast.Include) -> Path:
        library = folder("archs") / "lib"
        beside = Path(include.span.source.name).parent
        places = (*self.folders, library) if beside == library else (beside, *self.folders, library)
        for place in places:
            path = place / include.file
            if exists(path):
                if self.confined and not contained(path, place):
                    break
                return path
        known = [path.name for place in places for path in _cat_files(place)]
        message = f"cannot find the file '{include.file}' to include"
        raise ModelError(message, include.span, did_you_mean(include.file, known))


def _signature(path: Path) -> tuple[int, int]:
    """The modification time and size of a file, by which a change is noticed."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # reading the file will report the problem
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def load(
    reference: str,
    include: Sequence[Path] = (),
    confined: bool = False,
    deadline: Deadline = NO_DEADLINE,
    bell: Path | None = None,
    macros: Path | None = None,
) -> CatModel:
    """Loads a model by name (`x86-tso`, `power`, `sc`, or an alias) or by the path of a `.cat` file or its description.

    The path of a `.cfg` file names the files of a model of kernel C: a bell file, macros and the model itself, as
    `bell` and `macros` name the first two for any model. `include` are folders in which included files are searched
    for, after the folders of the including file and of the model and before `archs/lib`. A path that does not exist is
    searched for in them, too. `confined` is as for `CatFiles`. Raises ModelError, LimitReached at the deadline.
    """
    variants: frozenset[str] = frozenset()
    path = _model_path(reference, include)
    files = CatFiles((path.parent, *include), confined)
    if path.suffix == ".cfg":
        from litmus.cat.configuration import read_configuration  # few runs need it

        found = read_configuration(path, files.source(path))
        if found.model is None:
            raise ModelError(f"'{path}' names no model", whole(path), "add a line 'model FILE.cat'")
        path, bell, macros, variants = found.model, bell or found.bell, macros or found.macros, found.variants
    model = CatModel(path.stem, path, files.read(path, None, deadline), files)
    if bell is None and macros is None:
        return model
    from litmus.cat.bell import tags_of  # few runs need it
    from litmus.cat.definitions import read_definitions

    tags, definitions = None, None
    before: list[Path] = []
    if macros is not None:
        definitions = read_definitions(macros, files.source(macros), deadline)
        before.append(folder("archs") / "lib" / "locks.cat")
    if bell is not None:
        before.append(bell)
        tags = tags_of(files.read(bell, None, deadline), files, deadline)
    earlier = tuple([(place, files.read(place, None, deadline)) for place in before])
    return CatModel(model.name, path, model.file, files, earlier, definitions, tags, variants)


def model_name(reference: str) -> str:
    """What verdicts call the model that `load` would read. Raises ModelError for a name that no model has."""
    return _model_path(reference, ()).stem


def files_of(model: CatModel) -> tuple[Path, ...]:
    """The file of a model, those that go with it, and those that it may include, as far as they can be read."""
    found = {model.path: None, **{path: None for path, _ in model.before}}
    if model.definitions is not None:
        found[model.definitions.path] = None

    def walk(statements: Sequence[ast.Statement]) -> None:
        for statement in statements:
            if isinstance(statement, ast.IfStatement):
                walk((*statement.then, *statement.otherwise))
            elif isinstance(statement, ast.Include):
                with suppress(ModelError):
                    path, file = model.files.find(statement)
                    if path not in found:
                        found[path] = None
                        walk(file.statements)

    walk(model.file.statements)
    with suppress(ModelError):
        path, library = model.files.standard(model.path)
        found[path] = None
        walk(library.statements)
    return tuple(found)


def load_text(text: str, name: str = "model", include: Sequence[Path] = ()) -> CatModel:
    """Loads a model from text. Included files are searched for in the current folder first. Raises ModelError."""
    return CatModel(name, Path(name), parse(Source(name, text)), CatFiles((Path(name).parent, *include)))


def read_text(path: Path, span: Span | None = None) -> str:
    """The text of a file; `span` is where errors are reported. Raises ModelError if it is too large or not text."""
    span = span or whole(path)
    data = read_bytes(path, span)
    if b"\0" in data:
        raise ModelError(f"'{path}' is not a text file", span)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # the comments of older models have names of people in this encoding


def _model_path(reference: str, include: Sequence[Path]) -> Path:
    named = model_file(reference)
    if named is not None and not (reference.endswith(".cat") and exists(Path(reference))):
        return named
    path = Path(reference)
    if path.suffix == ".yaml":  # the description of the model beside it
        if not exists(path):
            raise ModelError(f"cannot read '{path}': No such file or directory", whole(path))
        path = path.with_suffix(".cat")
    if path.suffix in (".cat", ".cfg") or len(path.parts) != 1 or exists(path):
        for candidate in (path, *(place / path for place in include)):
            if exists(candidate):
                return candidate
        return path  # the error is raised when the file is read
    raise unknown_model(reference)


def _cat_files(place: Path) -> list[Path]:
    try:
        return sorted(place.glob("*.cat"))
    except OSError:
        return []
