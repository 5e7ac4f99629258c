"""Reads a shelf: its description, and the tests beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date
from pathlib import Path

from litmus.base.errors import LitmusError, UnsupportedError, did_you_mean
from litmus.base.names import model_called
from litmus.base.source import Source, Span
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.description import ModelInfo
from litmus.cat.registry import models
from litmus.catalog.entries import (
    CatalogError,
    Citation,
    Entry,
    Expectation,
    Expected,
    MessageKey,
    Shelf,
    VerdictWord,
)
from litmus.catalog.threads import Threads, ruling
from litmus.frontend.files import load_source, read_test
from litmus.ir.kernel import ERAS
from litmus.ir.litmus_test import C11, LitmusTest

DESCRIPTION = "shelf.yaml"
SUFFIX = ".litmus"

_KERNEL = "C"  # the dialect whose tests mean something else in each era
_KERNEL_C = "kernel C"
_OTHERS = "others"
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_SHELF_KEYS = {"title": True, "about": True, "archs": False, "eras": False, "tests": True}
_TEST_KEYS = {"claim": True, "source": True, "expected": True, "argument": True, "ruling": False, "outcome": False}
_SOURCE_KEYS = {"document": True, "where": True, "author": False, "date": False, "message": False, "quote": False}
_LONGEST_QUOTE = 12  # words


def load_shelf(
    path: Path, root: Path, known: Sequence[ModelInfo] | None = None, threads: Threads | None = None
) -> Shelf:
    """The shelf in a folder of a catalogue; `known` and `threads` are its models and threads, if the caller has them.

    Raises CatalogError with file, line and key for a description that does not follow the schema, or that does not
    match the tests beside it; ParseError for a test that cannot be read.
    """
    known = models() if known is None else known
    return _ShelfReader(path, root, known, Threads(root) if threads is None else threads).shelf()


def whole_file(path: Path) -> Span:
    """The place of an error about a whole file."""
    return Span(Source(str(path), ""), 0, 0)


def _twice(item: Tree, first: Span) -> LitmusError:
    """The error for a name that was given before."""
    line, column = first.source.position(first.start)
    return item.error(f"'{item.name()}' is named twice, first at {line}:{column}")


class _ShelfReader:
    """Reads a shelf."""

    def __init__(self, path: Path, root: Path, known: Sequence[ModelInfo], threads: Threads) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.files = {file.stem: file for file in sorted(path.glob(f"*{SUFFIX}"))}
        self.infos = {info.name: info for info in known}
        self.threads = threads

    def shelf(self) -> Shelf:
        tree = parse(load_source(str(self.path / DESCRIPTION)), CatalogError, "the shelf")
        fields = tree.fields(_SHELF_KEYS)
        tests = [(key, *self.test(key), value) for key, value in fields["tests"].entries()]
        self.all_described({key.name() for key, *_ in tests})
        kernel = self.is_kernel(tests)
        archs = self.archs(fields.get("archs"), kernel, [test for _, test, _, _ in tests])
        if not archs:
            raise fields.get("archs", tree).error("no architecture decides these tests")
        eras = self.eras(tree, fields.get("eras"), self.known_eras(kernel, [test for _, test, _, _ in tests], archs))
        return Shelf(
            name=self.name,
            path=self.path,
            title=fields["title"].line(),
            about=fields["about"].text(),
            archs=archs,
            eras=eras,
            entries=tuple(self.entry(key.name(), test, no, value, archs, eras) for key, test, no, value in tests),
        )

    def test(self, key: Tree) -> tuple[LitmusTest | None, UnsupportedError | None]:
        """The test that a key names, or the error if it is not supported."""
        name = key.name()
        if name not in self.files:
            raise key.error(f"there is no file '{name}{SUFFIX}' beside it", did_you_mean(name, self.files))
        try:
            test = read_test(str(self.files[name]))
        except UnsupportedError as refusal:
            return None, refusal
        if test.name != name:
            raise key.error(f"the test in this file is called '{test.name}'")
        return test, None

    def all_described(self, names: set[str]) -> None:
        for name, path in self.files.items():
            if name not in names:
                raise CatalogError(f"'{name}' is not among the tests of {DESCRIPTION}", whole_file(path))

    def is_kernel(self, tests: Sequence[tuple[Tree, LitmusTest | None, UnsupportedError | None, Tree]]) -> bool:
        """Whether the tests of the shelf are in kernel C. Kernel C, C11 and assembly cannot be mixed."""
        kinds = [(key, _kind(test)) for key, test, _, _ in tests if test is not None]
        for key, kind in kinds:
            if kind != kinds[0][1]:
                raise key.error(f"tests in {kinds[0][1]} and in {kind} cannot be on one shelf")
        return bool(kinds) and kinds[0][1] == _KERNEL_C

    def archs(self, tree: Tree | None, kernel: bool, tests: Sequence[LitmusTest | None]) -> tuple[str, ...]:
        """The architectures: those named, or else all that can decide the tests; no model of the language itself."""
        if tree is None:
            dialects = {test.dialect for test in tests if test is not None}
            able = (i for i in self.infos.values() if (i.kernel if kernel else _decides(i, dialects)))
            return tuple(info.name for info in able if not info.of_language)
        found: dict[str, Span] = {}
        for item in tree.items():
            info = self.arch(item)
            if info.name in found:
                raise _twice(item, found[info.name])
            if kernel and not info.kernel:
                raise item.error(f"{info.name} has no kernel mapping")
            if C11 in {test.dialect for test in tests if test is not None} and not _decides(info, {C11}):
                raise item.error(f"{info.name} does not say how C11 is compiled")
            found[info.name] = item.span
        return tuple(found)

    def arch(self, item: Tree) -> ModelInfo:
        name = item.name()
        if name not in self.infos:
            meant = model_called(name)
            hint = f"did you mean '{meant}'?" if meant in self.infos else did_you_mean(name, self.infos)
            raise item.error(f"unknown architecture '{name}'", hint)
        return self.infos[name]

    def known_eras(self, kernel: bool, tests: Sequence[LitmusTest | None], archs: Sequence[str]) -> tuple[str, ...]:
        """The eras in which the tests can be decided, if they use functions of the kernel: in C, or beside devices."""
        if kernel:
            return tuple(dict.fromkeys(mapping.era for arch in archs for mapping in self.infos[arch].kernel))
        return tuple(ERAS) if any(test is not None and test.has_primitives for test in tests) else ()

    def eras(self, shelf: Tree, tree: Tree | None, known: Sequence[str]) -> tuple[str, ...]:
        if not known:
            if tree is not None:
                raise tree.error("only tests with functions of the kernel have eras")
            return ()
        if tree is None:
            raise shelf.error("a shelf with functions of the kernel needs 'eras'")
        found: dict[str, Span] = {}
        for item in tree.items():
            if item.name() not in known:
                raise item.error(f"unknown era '{item.name()}'", did_you_mean(item.name(), known))
            if item.name() in found:
                raise _twice(item, found[item.name()])
            found[item.name()] = item.span
        return tuple(found)

    def entry(
        self,
        name: str,
        test: LitmusTest | None,
        refusal: UnsupportedError | None,
        tree: Tree,
        archs: Sequence[str],
        eras: Sequence[str],
    ) -> Entry:
        fields = tree.fields(_TEST_KEYS)
        return Entry(
            name=name,
            path=self.files[name],
            test=test,
            refusal=refusal,
            claim=fields["claim"].line(),
            source=self.citation(fields["source"]),
            expected=tuple(self.expected(fields["expected"], archs, eras)),
            argument=fields["argument"].text(),
            ruling=ruling(fields["ruling"]) if "ruling" in fields else None,
            outcome=fields["outcome"].text() if "outcome" in fields else None,
        )

    def citation(self, tree: Tree) -> Citation:
        fields = tree.fields(_SOURCE_KEYS)
        author, day = fields.get("author"), fields.get("date")
        return Citation(
            document=fields["document"].line(),
            where=fields["where"].line(),
            author=None if author is None else author.line(),
            date=None if day is None else _day(day),
            messages=self.messages(fields["message"]) if "message" in fields else (),
            quote=_quote(fields["quote"]) if "quote" in fields else None,
        )

    def messages(self, tree: Tree) -> tuple[MessageKey, ...]:
        """The messages that an entry names, as `THREAD/TIME` or a list of such."""
        found: dict[MessageKey, None] = {}
        for item in tree.items() if tree.is_list() else (tree,):
            key = self.threads.message(item)
            if key in found:
                raise item.error(f"'{item.name()}' is named twice")
            found[key] = None
        return tuple(found)

    def expected(self, tree: Tree, archs: Sequence[str], eras: Sequence[str]) -> Iterator[Expected]:
        if not eras:
            yield Expected(None, self.words(tree, archs))
            return
        fields = tree.fields(dict.fromkeys(eras, True))
        for era in eras:
            mapped = [arch for arch in archs if self.has(arch, era)]
            yield Expected(era, self.words(fields[era], mapped))

    def has(self, arch: str, era: str) -> bool:
        """Whether an architecture has a kernel mapping of an era. PCI models have none: the CPU of a test has it."""
        kernel = self.infos[arch].kernel
        return not kernel or any(mapping.era == era for mapping in kernel)

    def words(self, tree: Tree, archs: Sequence[str]) -> Mapping[str, Expectation]:
        """The expected verdict on each architecture, read from `{Allowed: [alpha], Forbidden: others}` and the like."""
        found: dict[str, Expectation] = {}
        rest: Expectation | None = None
        for name, value in tree.fields({word.value: False for word in VerdictWord}).items():
            if value.is_list():
                for item in value.items():
                    arch = self.arch(item).name
                    if arch not in archs:
                        raise item.error(f"'{arch}' is not among the architectures here: {', '.join(archs)}")
                    if arch in found:
                        raise _twice(item, found[arch].span)
                    found[arch] = Expectation(VerdictWord(name), item.span)
            elif value.name() != _OTHERS:
                raise value.error(f"{value.what} must be a list of architectures, or '{_OTHERS}'")
            elif rest is not None:
                raise value.error(f"'{_OTHERS}' occurs twice")
            else:
                rest = Expectation(VerdictWord(name), value.span)
        for arch in archs:
            if arch not in found:
                if rest is None:
                    raise tree.error(f"no verdict is given for {arch}")
                found[arch] = rest
        return {arch: found[arch] for arch in archs}


def _kind(test: LitmusTest) -> str:
    """What a test is written in, in words."""
    return test.language or (_KERNEL_C if test.arch == _KERNEL else "assembly")


def _decides(info: ModelInfo, dialects: Set[str]) -> bool:
    """Whether a model decides tests in all of these dialects; those in C11 also as compilers implement it."""
    return dialects <= {*info.dialects, *((C11,) if info.c11 else ())}


def _quote(tree: Tree) -> str:
    """A few words of a message."""
    text = tree.line()
    if len(text.split()) > _LONGEST_QUOTE:
        raise tree.error(f"a quote has at most {_LONGEST_QUOTE} words")
    return text


def _day(tree: Tree) -> str:
    """A date; the day, or the month and the day, may be left out."""
    text = tree.name()
    try:
        if _DATE.fullmatch(text) is not None:
            date.fromisoformat(f"{text}-01-01"[:10])
            return text
    except ValueError:
        pass
    raise tree.error(f"'{text}' is not a date: write 2008-10-18, 2008-10 or 2008")
