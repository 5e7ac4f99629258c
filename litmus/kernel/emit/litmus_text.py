"""Writes a lowered test as a `.litmus` file in the dialect of its architecture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import basename, splitext
from textwrap import wrap

from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Source, Span
from litmus.cat.description import ModelInfo
from litmus.frontend.dialect import dialect_for
from litmus.frontend.lexer import counted
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import text_of
from litmus.ir.litmus_test import Array, Initial, LitmusTest, Observable, Register
from litmus.ir.thread import Address, Branch, Goto, Label, Thread, Value
from litmus.kernel.emit.code import LabelRow, Row
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.question import QuestionTranslation, asked
from litmus.kernel.emit.ranges import Ranges
from litmus.kernel.emit.registers import Allocated, allocate

_NOT_KEPT = frozenset({"hash"})  # metadata that applies only to the test in C


@dataclass(frozen=True, slots=True)
class AssemblyText:
    """A test as assembly: its name, the text of its file, and the registers in which its variables are."""

    name: str
    text: str
    registers: Mapping[Register, Register]


def write(
    test: LitmusTest, lowered: LitmusTest, architecture: ModelInfo, target: InstructionSet, name: str, origin: str
) -> AssemblyText:
    """Writes a test by a name; `origin` says whose mapping it was lowered by.

    Raises UnsupportedError for what the dialect cannot say, with the place in the C test.
    """
    return _Writer(_flat(test, target), _flat(lowered, target), architecture, target, name, origin).assembly()


def _flat(test: LitmusTest, target: InstructionSet) -> LitmusTest:
    """The test with arrays in place of structures. Raises UnsupportedError if members have several sizes."""
    if not test.instances:
        return test
    arrays: list[Array] = []
    known = {item.target: item for item in test.init}
    anywhere = Span(test.source, 0, 1)
    for instance in test.instances:
        if not instance.cell_bytes:
            machine = target.translation.machine
            message = f"{instance.symbol!r}, a structure with members of several sizes, cannot be written in {machine}"
            raise UnsupportedError(message, anywhere)
        arrays.append(Array(instance.symbol, instance.cell_bytes, len(instance.members)))
        for _, address in instance.members:
            known.setdefault(address, Initial(address, 0, anywhere))
    return replace(test, arrays=(*test.arrays, *arrays), init=tuple(known.values()), instances=())


class _Writer:
    """Writes one test."""

    def __init__(
        self,
        test: LitmusTest,
        lowered: LitmusTest,
        architecture: ModelInfo,
        target: InstructionSet,
        name: str,
        origin: str,
    ) -> None:
        self.test = test
        self.lowered = lowered
        self.architecture = architecture
        self.target = target
        self.name = name
        self.origin = origin
        self.ranges = Ranges(lowered)
        self.size = self._size()
        self.asked = asked(test)
        self.given: list[Initial] = [item for item in test.init if isinstance(item.target, Address)]
        self.new: dict[Register, Register] = {}
        self.loops = self.retries = False

    def _size(self) -> int:
        """The size of all accesses: the size of array cells, if there are arrays."""
        sizes = self.target.sizes(self.lowered.threads[0].word_bits, self.ranges.addresses_in_memory)
        for array in self.test.arrays:
            if array.cell_bytes not in sizes or array.cell_bytes != self.test.arrays[0].cell_bytes:
                spans = [item.span for item in self.test.init if item.target == Address(array.symbol)]
                message = (
                    f"an array with cells of {counted(array.cell_bytes, 'byte')} cannot be written in {self._machine}"
                )
                raise UnsupportedError(message, spans[0] if spans else None)
        return self.test.arrays[0].cell_bytes if self.test.arrays else sizes[0]

    @property
    def _machine(self) -> str:
        return self.target.translation.machine

    def assembly(self) -> AssemblyText:
        threads = tuple([self._thread(thread) for thread in self.lowered.threads])
        question = QuestionTranslation(self.test, self.ranges, self.size, self.new)
        known = {item.target for item in self.given}
        self.given += [Initial(item, 0) for item in map(question.renamed, question.types) if item not in known]
        test = replace(
            question.ask(),
            arch=self.target.dialect,
            name=self.name,
            metadata=tuple([(key, value) for key, value in self.test.metadata if key.lower() not in _NOT_KEPT]),
            init=tuple(sorted(self.given, key=lambda item: isinstance(item.target, Register))),
            threads=threads,
        )
        text = text_of(test)
        head = f"{test.arch} {test.name}\n" + (f'"{test.doc}"\n' if test.doc else "")
        assert text.startswith(head)
        text = head + self._comment() + text[len(head) :]
        self._confirm(test, text)
        return AssemblyText(test.name, text, self.new)

    def _comment(self) -> str:
        """The comment that says where the file comes from and where the variables are."""
        file, name = self.test.source.name, self.test.name
        origin = file if splitext(basename(file))[0] == name else f"{name} ({file})"
        lines = [f"Lowered from {origin} for {self.architecture.name}, {self.origin}."]
        if self.target.dialect not in self.architecture.default_for:
            lines.append(f"To be decided by the model {self.architecture.name}.")
        if self.new:
            lines.append(f"Variables: {', '.join(f'{old} in {new}' for old, new in self.new.items())}.")
        if self.retries and not self.loops:
            lines.append("Loops only try again what had no effect, so that no outcome is lost where they are cut.")
        text = "\n   ".join(line for whole in lines for line in wrap(whole, 100))
        return f"(* {text.replace('(*', '( *').replace('*)', '* )')} *)\n"

    def _confirm(self, test: LitmusTest, text: str) -> None:
        """Reads the text again and compares: a name may mean something else in the dialect."""
        try:
            found = parse_test(Source(test.name, text))
        except LitmusError as error:
            raise UnsupportedError(f"cannot be written in {self._machine}: {error.message}", self._anywhere) from error
        dialect = dialect_for(found.arch)

        def read(item: Observable) -> Observable:
            return Register(item.thread, dialect.register(item.name) or "") if isinstance(item, Register) else item

        initial = {read(item.target): item.value for item in test.init}
        same = initial == {item.target: item.value for item in found.init}
        same &= {read(item) for item in test.observed} == set(found.observed)
        if not same or found.threads[0].word_bits < 8 * self.size:
            raise UnsupportedError(f"the test would mean something else in {self._machine}", self._anywhere)

    @property
    def _anywhere(self) -> Span:
        return Span(self.test.source, 0, 1)

    # --- threads -----------------------------------------------------------------------------------------------------

    def _thread(self, thread: Thread) -> Thread:
        """A thread with the rows of its assembly; notes the initial values of registers and where variables are."""
        index = thread.index
        asked = [item.name for item in self.asked if item.thread == index]
        try:
            found, presets = self._allocated(thread, asked, True)
        except UnsupportedError:  # fewer registers may be needed without reuse
            found, presets = self._allocated(thread, asked, False)
        for name in asked:
            self.new[Register(index, name)] = Register(index, found.registers[name])
        initial = {item.target: item.value for item in self.test.init}
        for name in found.given:
            value = presets.get(name, initial.get(Register(index, name), 0))
            if value != 0:
                self.given.append(Initial(Register(index, found.registers[name]), value))
        return replace(thread, rows=found.rows)

    def _allocated(self, thread: Thread, asked: Sequence[str], reuse: bool) -> tuple[Allocated, Mapping[str, Value]]:
        translation = self.target.translation(thread, self.ranges, self.size, asked, reuse)
        threaded = translation.threaded()
        self.loops |= _goes_back(thread)
        self.retries |= _jumps_back(threaded.rows)
        return allocate(threaded.rows, asked, self.target.bank), threaded.presets


def _goes_back(thread: Thread) -> bool:
    """Whether a thread has loops other than those that only try again."""
    passed: set[str] = set()
    for statement in thread.body:
        if isinstance(statement, Label):
            passed.add(statement.name)
        retries = isinstance(statement, Branch) and statement.retry
        if isinstance(statement, Goto | Branch) and not retries and statement.target in passed:
            return True
    return False


def _jumps_back(rows: Iterable[Row]) -> bool:
    """Whether a row jumps back."""
    passed: set[str] = set()
    for row in rows:
        if isinstance(row, LabelRow):
            passed.add(row.name)
        elif row.target in passed:
            return True
    return False
