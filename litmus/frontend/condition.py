"""Reads `locations [...]`, `filter ...` and the condition of a test, and prints conditions.

Precedence is herd7's: `\\/` binds loosest, then `/\\`, then `=>` (to the right), then `not`. So `a \\/ b => c` is
`a \\/ (b => c)`.
"""

from __future__ import annotations

from collections.abc import Callable

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.frontend.lexer import MAX_DEPTH, Tokens, is_name, is_number, meant_question, parse_number, quoted
from litmus.frontend.names import LOCATION, Literal, Place, Scope, at_place, parse_literal, parse_place
from litmus.ir.litmus_test import (
    FALSE,
    TRUE,
    And,
    Array,
    Atom,
    Condition,
    Content,
    Implies,
    IntType,
    LitmusTest,
    Not,
    Observable,
    Or,
    Prop,
    Quantifier,
    Register,
    Whole,
)
from litmus.ir.thread import Address, Value
from litmus.ir.values import wrap

_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OF_C = {"&": "write /\\ for and", "|": "write \\/ for or"}
_LONGEST, _SHORTER = 5, 3
"""How many tokens the atoms have that most are: `0:r1=1`, `x=1`."""

_DIGITS = 9
"""The most digits of a thread in an atom that is read at once."""

_NO_LOCATIONS = frozenset({"NOP", "nop", "fault", "Fault"})  # names that stand for something else
_NO_ATOMS = frozenset({"not", "~", "true", "false", "fault", "Fault"})
_QUANTIFIERS = {"exists": Quantifier.EXISTS, "final": Quantifier.EXISTS, "forall": Quantifier.FORALL}


@dataclass(frozen=True, slots=True)
class Question:
    """The sections after the program.

    `shown` are the registers, locations and whole arrays of the `locations` section and the condition, `places` the
    same as written. `filtered` are those of the filter. `named` are the addresses that are used as values. All are in
    order of mention.
    """

    condition: Condition
    filter: Prop | None
    places: tuple[Place, ...]
    shown: tuple[Observable | Array, ...]
    filtered: tuple[Observable | Array, ...]
    named: tuple[Address, ...]


def parse_question(tokens: Tokens, scope: Scope, number_bits: int) -> Question:
    """Reads everything after the program; numbers are printed as signed numbers of `number_bits` bits.

    If there is no condition, it is `forall (true)`. Raises ParseError, UnsupportedError.
    """
    return _QuestionReader(tokens, scope, number_bits).question()


class _QuestionReader:
    def __init__(self, tokens: Tokens, scope: Scope, number_bits: int) -> None:
        self.tokens = tokens
        self.scope = scope
        self.number_bits = number_bits
        self.depth = 0
        self.places: list[Place] = []
        self.shown: dict[Observable | Array, None] = {}
        self.named: dict[Address, None] = {}
        self.atoms: dict[tuple[str, ...], Atom] = {}  # the plain ones that were read

    def question(self) -> Question:
        tokens = self.tokens
        if tokens.accept("locations"):
            self._locations()
        prop: Prop | None = None
        filtered: dict[Observable | Array, None] = {}
        if tokens.accept("filter"):  # states do not show what only the filter mentions
            places, shown = self.places, self.shown
            self.places, self.shown = [], filtered
            prop = self._prop()
            self.places, self.shown = places, shown
            self.atoms.clear()  # what they mention has to be noted again
            tokens.accept(";")
        condition = self._condition()
        if not tokens.accept(";"):
            tokens.accept(".")
        # `with tso: ~exists; cc: exists;` has the expected verdicts of other models
        if tokens.current not in ("", "with"):
            error = tokens.unexpected("the end of the test")
            error.hint = meant_question(tokens.current) if condition.prop == TRUE else None
            raise error
        return Question(condition, prop, tuple(self.places), tuple(self.shown), tuple(filtered), tuple(self.named))

    def _locations(self) -> None:
        tokens = self.tokens
        tokens.expect("[", "after 'locations'")
        while not tokens.accept("]"):
            tokens.deadline.check()
            if not at_place(tokens):
                raise tokens.unexpected("a register, a location or ']'")
            if tokens.current == "fault":
                raise UnsupportedError("faults are not supported", tokens.here)
            place = parse_place(tokens)
            array = self.scope.arrays.get(place.name) if place.is_location and place.index < 0 else None
            if array is None:
                self._observe(place)
            else:  # the whole array
                self.places.append(place)
                self.shown[array] = None
            while tokens.current not in (";", "]"):  # a type
                if not tokens.accept("*"):
                    tokens.name("';' or ']' after a location")
            tokens.accept(";")

    def _condition(self) -> Condition:
        tokens = self.tokens
        word = tokens.current
        if word in _QUANTIFIERS:
            tokens.advance()
            quantifier = _QUANTIFIERS[word]
        elif word in ("~", "not"):
            tokens.advance()
            if not tokens.accept("exists"):
                error = tokens.unexpected(f"'exists' after '{word}'")
                error.hint = meant_question(tokens.current)
                raise error
            quantifier = Quantifier.NOT_EXISTS
        elif word == "(":
            quantifier = Quantifier.EXISTS
        elif word in ("observed", "Observed"):
            tokens.advance()
            return Condition(Quantifier.EXISTS, self._cases())
        elif word == "cases":
            raise UnsupportedError(f"'{word}' is not supported", tokens.here)
        else:
            return Condition(Quantifier.FORALL, TRUE)
        if tokens.current == "(" and tokens.ahead(1) == ")":  # nothing is asked of a final state
            tokens.advance()
            tokens.advance()
            return Condition(quantifier, TRUE)
        return Condition(quantifier, self._prop())

    def _cases(self) -> Prop:
        """Reads `0:r1=0; x=1; and 0:r1=1; x=0;`: the values of several final states."""
        tokens = self.tokens
        cases: list[Prop] = []
        while True:
            atoms: list[Prop] = []
            while tokens.current not in ("and", "", "with"):
                atoms.append(self._atom())
                if not tokens.accept(";"):
                    break
            cases.append(_joined(And, atoms) if atoms else TRUE)
            if not tokens.accept("and"):
                return _joined(Or, cases)

    # --- propositions ----------------------------------------------------------------------------------------------

    def _prop(self) -> Prop:
        """Reads a disjunction of conjunctions."""
        tokens = self.tokens
        alternatives: list[Prop] = []
        together: list[Prop] = []
        while True:
            together.append(self._implication())
            operator = tokens.current
            if operator == "/\\":
                tokens.advance()
                continue
            alternatives.append(_joined(And, together))
            if operator != "\\/":
                return _joined(Or, alternatives)
            tokens.advance()
            together = []

    def _implication(self) -> Prop:
        left = self._literal()
        if self.tokens.current != "=>":
            return left
        self.tokens.advance()
        self._deeper()
        right = self._implication()
        self.depth -= 1
        return Implies(left, right)

    def _literal(self) -> Prop:
        tokens = self.tokens
        token = tokens.current
        if token == "(":
            self._deeper()
            tokens.advance()
            prop = self._prop()
            if tokens.current in _OF_C:
                error = tokens.unexpected("')' after a proposition")
                error.hint = _OF_C[tokens.current]
                raise error
            tokens.expect(")", "after a proposition")
            self.depth -= 1
            return prop
        if token not in _NO_ATOMS:
            return self._atom()
        if token in ("not", "~"):
            self._deeper()
            tokens.advance()
            operand = self._literal()
            self.depth -= 1
            return Not(operand)
        if token in ("true", "false"):
            tokens.advance()
            return TRUE if token == "true" else FALSE
        if tokens.ahead(1) == "(":
            raise UnsupportedError("faults are not supported", tokens.here)
        return self._atom()

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than {MAX_DEPTH} levels", self.tokens.here)

    def _atom(self) -> Prop:
        tokens = self.tokens
        tokens.deadline.check()
        mark = tokens.mark
        plain = self._plain(tokens.next(_LONGEST), mark)
        if plain is not None:
            return plain
        tokens.accept("*")  # `*x` is another way to write `[x]`
        if not at_place(tokens):
            raise tokens.unexpected("a register, a location, 'not', 'true', 'false' or '('")
        place = parse_place(tokens)
        op = _COMPARISONS.get(tokens.current)
        if op is None:
            raise tokens.unexpected("a comparison, as in x=1")
        tokens.advance()
        if tokens.current == "{":
            return self._whole_array(place, op)
        left = self._observe(place)
        right = self._right()
        atom = self._compared(left, "=" if op == "!=" else op, right, mark)
        return Not(atom) if op == "!=" else atom  # as herd7 has it

    def _plain(self, written: tuple[str, ...], mark: int) -> Atom | None:
        """The atom that most are, `0:r1=1` or `x=1`, read at once; None if these tokens are none, or may be at fault.

        Conditions repeat such atoms; what one is about is noted the first time.
        """
        tokens = self.tokens
        length = _LONGEST if written[1:2] == (":",) else _SHORTER
        written = written[:length]
        if len(written) < length or written[-2] != "=" or tokens.ahead(length) == ":":
            return None
        before = self.atoms.get(written)
        if before is not None:
            tokens.skip(length)
            return Atom(before.left, before.op, before.right, tokens.since(mark), before.types, before.written)
        left = self._register(written[0], written[2]) if length == _LONGEST else self._location(written[0])
        number = parse_number(written[-1]) if is_number(written[-1]) else None
        if left is None or number is None:
            return None
        tokens.skip(length - 2)
        thread = left.thread if isinstance(left, Register) else LOCATION
        self.places.append(Place(thread, written[-3], -1, tokens.since(mark)))
        self.shown[left] = None
        tokens.skip(2)
        atom = self.atoms[written] = self._equal(left, "=", number, mark)
        return atom

    def _register(self, thread: str, name: str) -> Register | None:
        """The register of a thread that has this name, if that is plain."""
        known = self.scope.dialect.register(name)
        if known is None or self.scope.variables or not thread.isdecimal() or len(thread) > _DIGITS:
            return None
        return Register(int(thread), known) if int(thread) < len(self.scope.threads) else None

    def _location(self, name: str) -> Address | None:
        """The location of this name, if that is plain."""
        scope = self.scope
        if not is_name(name) or name in scope.arrays or scope.instances or scope.members or name in _NO_LOCATIONS:
            return None
        return Address(name)

    def _equal(self, left: Observable, op: str, number: int, mark: int) -> Atom:
        """An atom that compares a register or a location with a number."""
        scope = self.scope
        if scope.limited:
            scope.check_number(number, left, self.tokens.since(mark))
        type_, held = scope.type_of(left), scope.held(left)
        types = None
        if type_.bits < held.bits or (op != "=" and not scope.is_held(left)):
            types = type_, type_
        value = wrap(held.number(number), scope.word_bits)
        if isinstance(left, Address) and scope.is_part(left, number):  # what is beside the part stays 0
            value, types = wrap(number, scope.word_bits), (type_, IntType(scope.word_bits))
        written = wrap(number, self.number_bits)
        return Atom(left, op, value, self.tokens.since(mark), types, None if written == value else written)

    def _compared(self, left: Observable, op: str, right: Literal | Register | Content, mark: int) -> Atom:
        """An atom. Like herd7 it compares numbers as their types; `types` is only set where that makes a difference."""
        scope, span = self.scope, self.tokens.since(mark)
        type_ = scope.type_of(left)
        types: tuple[IntType, IntType] | None = None
        if isinstance(right, Literal):
            if isinstance(number := scope.number(right), int):
                return self._equal(left, op, number, mark)
            if type_.bits < scope.held(left).bits or (op != "=" and not scope.is_held(left)):
                types = type_, type_
            value = scope.value(right, left)
            if isinstance(value, Address):
                self.named[value] = None
            return Atom(left, op, value, span, types)
        item = right.address if isinstance(right, Content) else right
        assert isinstance(item, Register | Address)
        if not (scope.is_held(left) and scope.is_held(item)):
            types = type_, scope.type_of(item)
        return Atom(left, op, right, span, types)

    def _right(self) -> Literal | Register | Content:
        tokens = self.tokens
        star = tokens.accept("*")
        is_register = tokens.ahead(1) == ":" and tokens.current not in ("label", "instr")
        if star or is_register or tokens.current[:1] in ("[", "%"):
            right = self._observe(parse_place(tokens))
            return right if isinstance(right, Register) else Content(right)
        return parse_literal(tokens)

    def _whole_array(self, place: Place, op: str) -> Prop:
        """Reads `t = {1, 2}`, which compares each cell of an array."""
        tokens = self.tokens
        array = self.scope.arrays.get(place.name) if place.is_location else None
        if array is None or op not in ("=", "!="):
            raise ParseError(f"{quoted(str(place))} cannot be compared with an array", place.span)
        tokens.advance()
        self.places.append(place)
        self.shown[array] = None
        atoms: list[Prop] = []
        while True:
            left = Address(array.symbol, len(atoms) * array.cell_bytes)
            mark = tokens.mark
            literal = parse_literal(tokens)
            atoms.append(self._compared(left, "=", literal, mark))
            if not tokens.accept(","):
                break
        tokens.expect("}", "after the values of an array")
        if len(atoms) != array.count:
            raise ParseError(f"array {quoted(str(place))} has {array.count} cells, not {len(atoms)}", place.span)
        whole = Whole(tuple(atoms), array.symbol)
        return whole if op == "=" else Not(whole)

    def _observe(self, place: Place) -> Observable:
        scope = self.scope
        if place.is_location and place.index < 0:
            if place.name in scope.arrays:
                raise ParseError(f"{quoted(place.name)} is an array", place.span, "name one of its cells")
            scope.check_whole(place)
        found = scope.resolve(place)
        self.places.append(place)
        self.shown[found] = None
        return found


def _joined(kind: type[And | Or], operands: list[Prop]) -> Prop:
    """Joins operands; `a /\\ (b /\\ c)` becomes `a /\\ b /\\ c`, but `true` remains a conjunct."""
    if len(operands) == 1:
        return operands[0]
    flat: list[Prop] = []
    for operand in operands:
        flat += operand.operands if type(operand) is kind and operand.operands else (operand,)
    return kind(tuple(flat))


# --- printing --------------------------------------------------------------------------------------------------------


def condition_text(test: LitmusTest, number: Callable[[int], str] = str) -> str:
    """The condition as herd7 prints it: `exists (0:r1=1 /\\ [x]=2)`; `number` prints a number."""
    return f"{test.condition.quantifier.value} ({prop_text(test, test.condition.prop, number)})"


def prop_text(test: LitmusTest, prop: Prop, number: Callable[[int], str] = str) -> str:
    """A proposition as herd7 prints it, with parentheses where precedence requires them.

    One deviation: herd7 prints both `(a => b) => c` and `a => (b => c)` without parentheses, litmus only the latter.
    """
    return _text(test, prop, 0, number)


_OR, _AND, _IMPLIES, _LEFT = 1, 2, 3, 4  # the operator around an operand: a looser operand needs parentheses


def _text(test: LitmusTest, prop: Prop, within: int, number: Callable[[int], str]) -> str:
    match prop:
        case Atom(left, op):
            return f"{test.show(left)}{op}{_right_text(test, prop, number)}"
        case Not(operand):
            return f"not ({_text(test, operand, 0, number)})"
        case Whole(operands, symbol):
            return f"{symbol}={{{','.join(_right_text(test, o, number) for o in operands if isinstance(o, Atom))}}}"
        case And(()):
            return "true"
        case Or(()):
            return "false"
        case And(operands):
            text, own = " /\\ ".join(_text(test, o, _AND, number) for o in operands), _AND
        case Or(operands):
            text, own = " \\/ ".join(_text(test, o, _OR, number) for o in operands), _OR
        case Implies(left, right):
            first, second = _text(test, left, _LEFT, number), _text(test, right, _IMPLIES, number)
            text, own = f"{first} => {second}", _IMPLIES
    # herd7 puts an implication into parentheses although it binds tighter than `/\` and `\/`
    needed = within > own or (own == _IMPLIES and within in (_OR, _AND))
    return f"({text})" if needed else text


def _right_text(test: LitmusTest, atom: Atom, number: Callable[[int], str]) -> str:
    right = atom.right
    if isinstance(right, Content):  # without the star, `t[1]` would be an address
        shown = test.show(right.address)
        return shown if shown.startswith("[") else f"*{shown}"
    if isinstance(right, Register):
        return str(right)
    written = right if atom.written is None else atom.written
    return number(written) if isinstance(written, int) else value_text(test, written)


def value_text(test: LitmusTest, value: Value) -> str:
    """A value in the form that herd7 reads: the address of a cell is `t[1]`."""
    if isinstance(value, Address) and value.offset:
        shown = test.show(value)
        return test.show_value(value) if shown.startswith("[") else shown
    return test.show_value(value)
