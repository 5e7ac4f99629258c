"""What stands before and between the threads: structures, constants, functions, variables of the file."""

from __future__ import annotations

from dataclasses import replace

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.dialects.c import types
from litmus.dialects.c.calls import CALLS, COMPUTED, SPECIAL
from litmus.dialects.c.definitions import Definitions, Field, Helper, Parameter
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.functions import Functions
from litmus.dialects.c.macros import CTokens, is_name
from litmus.dialects.c.operands import KEYWORDS
from litmus.dialects.c.terms import read_stars, read_type
from litmus.dialects.c.types import INT, VOID, Type
from litmus.frontend.dialect import Member, Structure
from litmus.frontend.init import MAX_CELLS
from litmus.frontend.lexer import counted, quoted, thread_of
from litmus.ir.litmus_test import Array
from litmus.ir.thread import Address, Const

MAX_MEMBERS = 256
"""The most members of a structure, those of the structures inside it included."""

_FUNCTION_WORDS = frozenset(
    {"inline", "__inline", "__inline__", "__always_inline", "noinline", "notrace", "__maybe_unused"}
)
_LOCKS = frozenset({"DEFINE_SPINLOCK", "DEFINE_RAW_SPINLOCK"})
_INITIALISERS = frozenset({"ATOMIC_INIT", "ATOMIC_LONG_INIT", "ATOMIC64_INIT", "__SPIN_LOCK_UNLOCKED"})
_BEGINNINGS = frozenset({*types.WORDS, *_FUNCTION_WORDS, *_LOCKS, "typedef", "enum"})
_TAKING = frozenset({"&", "++", "--"})
_ASSIGNMENTS = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"})


class TopLevel:
    """Reads definitions, one at a time, into `definitions`."""

    def __init__(self, tokens: CTokens, bits: int, definitions: Definitions) -> None:
        self.tokens = tokens
        self.bits = bits
        self.definitions = definitions
        self.values: dict[str, int | Address] = {}  # what variables of the file begin with

    def at_definition(self) -> bool:
        """Whether something is defined here that is no thread; moves past the type before the name of a thread."""
        tokens = self.tokens
        ahead = 0
        while (word := tokens.ahead(ahead)) in ("void", "static", "inline", "noinline"):
            ahead += 1
        if ahead and thread_of(word) is not None and tokens.ahead(ahead + 1) == "(":
            for _ in range(ahead):
                tokens.advance()
            return False
        return tokens.current in _BEGINNINGS or (is_name(tokens.current) and self.is_function())

    def is_function(self) -> bool:
        """Whether a name is followed by another and a parenthesis, such as a function of an unknown type."""
        return is_name(self.tokens.ahead(1)) and thread_of(self.tokens.current) is None and self.tokens.ahead(2) == "("

    def definition(self) -> None:
        """Reads a definition. Raises ParseError, UnsupportedError."""
        tokens = self.tokens
        token = tokens.current
        tokens.deadline.check()
        if token == "typedef":
            raise UnsupportedError("'typedef' is not supported", tokens.here, "write the type where it is used")
        if token == "union":
            raise UnsupportedError("the type 'union' is not supported", tokens.here, types.REFUSED[token])
        if token == "enum" and "{" in (tokens.ahead(1), tokens.ahead(2)):
            self.enumeration()
        elif token == "struct" and "{" in (tokens.ahead(1), tokens.ahead(2)):
            self.structure()
        else:
            self.declared()

    # --- structures --------------------------------------------------------------------------------------------------

    def structure(self) -> None:
        """Reads `struct foo { int a; struct foo *next; };`."""
        tokens, known = self.tokens, self.definitions
        tokens.advance()
        name = tokens.current
        if not is_name(name) or name in KEYWORDS:
            raise UnsupportedError("structures without a name are not supported", tokens.here)
        if name in known.members:
            raise ParseError(f"struct {name} is declared already", tokens.here)
        tokens.advance()
        opening = tokens.here
        tokens.expect("{", "before the members")
        members: dict[str, Field] = {}
        flat: list[Member] = []
        size = alignment = 0
        structures = {*known.members, name}
        while not tokens.accept("}"):
            if not tokens.current:
                raise ParseError("no '}' for this '{'", opening)
            tokens.deadline.check()
            base = self.later() or read_type(tokens, structures)
            while True:
                mark = tokens.mark
                type_ = read_stars(tokens, base, self.bits)
                member = self.member_name(members)
                count = self.cells(type_)
                inner = self.inner(name, member, type_, count, mark)
                width = max((m.bytes for m in inner), default=1)
                size = -(-size // width) * width
                alignment = max(alignment, width)
                members[member] = Field(size, type_, count)
                flat += [Member(m.name, size + m.offset, m.bytes, m.type) for m in inner]
                size += known.structures[type_.structure].size if type_.structure else width * (count or 1)
                if len(flat) > MAX_MEMBERS:
                    raise UnsupportedError(f"more than {MAX_MEMBERS} members are not supported", tokens.since(mark))
                if not tokens.accept(","):
                    break
            tokens.expect(";", "after a member")
        if not flat:
            raise UnsupportedError("structures without members are not supported", opening)
        if tokens.current != ";":
            raise UnsupportedError("a declaration with a structure's is not supported", tokens.here, "end it with ';'")
        known.members[name] = members
        known.structures[name] = Structure(name, tuple(flat), -(-size // alignment) * alignment)

    def later(self) -> Type | None:
        """Reads the type of a pointer to a structure that is declared later, or nowhere; None if this is none."""
        tokens, known = self.tokens, self.definitions
        name = tokens.ahead(1)
        if tokens.current != "struct" or tokens.ahead(2) != "*" or not is_name(name) or name in known.members:
            return None
        if name in types.STRUCTURES:
            return None
        tokens.advance()
        tokens.advance()
        return Type(0, structure=name)

    def member_name(self, members: dict[str, Field]) -> str:
        """Reads the name of a member."""
        tokens = self.tokens
        name = tokens.current
        if tokens.current == "(":
            raise UnsupportedError("pointers to functions are not supported", tokens.here)
        if not is_name(name) or name in KEYWORDS or name in types.WORDS:
            raise tokens.unexpected("the name of a member")
        if name in members:
            raise ParseError(f"two members have the name {quoted(name)}", tokens.here)
        tokens.advance()
        if tokens.current == ":":
            raise UnsupportedError("bit-fields are not supported", tokens.here, "use a member for each")
        return name

    def cells(self, type_: Type) -> int:
        """Reads `[2]` after the name of a member or variable; 0 if there is none."""
        tokens = self.tokens
        if tokens.current != "[":
            return 0
        mark = tokens.mark
        if type_.structure:
            raise UnsupportedError("arrays of structures are not supported", tokens.here, "use a member for each")
        tokens.advance()
        count = self.constant("the number of cells")
        tokens.expect("]", "after the number of cells")
        if not isinstance(count, int) or not 0 < count <= MAX_CELLS:
            raise UnsupportedError(f"an array must have 1 to {MAX_CELLS} cells", tokens.since(mark))
        if tokens.current == "[":
            raise UnsupportedError("arrays of arrays are not supported", tokens.here)
        return count

    def inner(self, structure: str, name: str, type_: Type, count: int, mark: int) -> list[Member]:
        """The members of the rest of litmus that a member of C makes; several for a structure or an array."""
        if type_.structure == structure:
            raise ParseError("a structure cannot have itself as a member", self.tokens.since(mark), "use a pointer")
        if type_.structure:
            found = self.definitions.structures[type_.structure].members
            return [Member(f"{name}.{m.name}", m.offset, m.bytes, m.type) for m in found]
        if type_.bits == 0:
            raise ParseError("a member cannot have this type, which has no values", self.tokens.since(mark))
        size = type_.bits // 8
        names = [f"{name}[{index}]" for index in range(count)] or [name]
        return [Member(each, index * size, size, type_.shown) for index, each in enumerate(names)]

    def enumeration(self) -> None:
        """Reads `enum { A, B = 5 };`, names for numbers."""
        tokens = self.tokens
        tokens.advance()
        if is_name(tokens.current):
            tokens.advance()
        tokens.expect("{", "before the names of an enumeration")
        value = 0
        while not tokens.accept("}"):
            name, here = tokens.current, tokens.here
            if not is_name(name) or name in KEYWORDS or name in types.WORDS:
                raise tokens.unexpected("a name")
            if name in self.definitions.constants:
                raise ParseError(f"{quoted(name)} is defined already", here)
            tokens.advance()
            if tokens.accept("="):
                found = self.constant("the value of a name")
                if isinstance(found, Address):
                    raise ParseError(f"{quoted(name)} must stand for a number", here)
                value = found
            self.definitions.constants[name] = value
            value += 1
            if not tokens.accept(",") and tokens.current != "}":
                raise tokens.unexpected("',' or '}' after a name")
        tokens.expect(";", "after an enumeration")

    def constant(self, what: str) -> int | Address:
        """Reads an expression whose value is known. Raises ParseError if it is not."""
        tokens = self.tokens
        mark = tokens.mark
        reader = Functions(tokens, Emitter((), 0, self.bits), {}, _nothing, self.definitions)
        value = reader.value(reader.assignment(), mark).expr
        if not isinstance(value, Const) or reader.emitter.body:
            raise ParseError(f"{what} must be a constant", tokens.since(mark))
        return value.value

    # --- functions and variables ------------------------------------------------------------------------------------

    def declared(self) -> None:
        """Reads a function, or variables of the file."""
        tokens = self.tokens
        base = self.words()
        if base is None:
            return
        while True:
            mark = tokens.mark
            type_ = read_stars(tokens, base, self.bits)
            while tokens.current in _FUNCTION_WORDS:
                tokens.advance()
            name = tokens.current
            if not is_name(name) or name in KEYWORDS:
                raise tokens.unexpected("the name of a function or variable")
            if name in self.definitions.helpers or name in self.definitions.globals:
                raise ParseError(f"{quoted(name)} is defined already", tokens.here)
            if tokens.ahead(1) == "(":
                self.function(type_)
                return
            self.variable(type_, mark)
            if not tokens.accept(","):
                break
        tokens.expect(";", "after a variable")

    def words(self) -> Type | None:
        """Reads the words before the name of a function or variable; or all of `static DEFINE_SPINLOCK(x);`."""
        tokens = self.tokens
        while tokens.current in _FUNCTION_WORDS or (
            tokens.current in types.QUALIFIERS and tokens.ahead(1) in _FUNCTION_WORDS
        ):
            tokens.advance()
        if tokens.current == "static" and tokens.ahead(1) in _LOCKS:
            tokens.advance()
        if tokens.current in _LOCKS:
            tokens.advance()
            tokens.expect("(", "before the name of a lock")
            if not is_name(tokens.current):
                raise tokens.unexpected("the name of a lock")
            self.variable(INT, tokens.mark)
            tokens.expect(")", "after the name of a lock")
            tokens.expect(";", "after a variable")
            return None
        type_ = read_type(tokens, self.definitions.members)
        while tokens.current in _FUNCTION_WORDS:
            tokens.advance()
        return type_

    def variable(self, type_: Type, mark: int) -> None:
        tokens = self.tokens
        if tokens.current in self.definitions.globals or tokens.current in self.definitions.arrays:
            raise ParseError(f"{quoted(tokens.current)} is defined already", tokens.here)
        name = tokens.advance()
        if thread_of(name) is not None:
            raise ParseError(f"expected '(' after the name of a thread, found {quoted(tokens.current)}", tokens.here)
        if tokens.current == "[" and type_ != VOID:
            self.array(name, type_)
            return
        if type_ == VOID:
            raise ParseError("a variable cannot have this type, which has no values", tokens.since(mark))
        while tokens.current in types.QUALIFIERS:
            tokens.advance()
        self.definitions.globals[name] = type_
        if tokens.accept("="):
            if tokens.current == "{" and type_.structure:
                self.members_of(name, type_)
            elif tokens.current == "{":
                hint = "write it in the initial state"
                raise UnsupportedError("initializers in braces are not supported here", tokens.here, hint)
            else:
                self.values[name] = self.beginning()

    def array(self, name: str, type_: Type) -> None:
        """Reads `[2] = { 1, 2 }` after the name of a variable."""
        tokens = self.tokens
        mark = tokens.mark
        count = self.cells(type_)
        if count > MAX_CELLS:
            raise UnsupportedError(f"an array must have 1 to {MAX_CELLS} cells", tokens.since(mark))
        self.definitions.arrays[name] = type_
        self.definitions.counts[name] = count
        if not tokens.accept("="):
            return
        tokens.expect("{", "before the values of an array")
        index = 0
        while not tokens.accept("}"):
            if index == count:
                message = f"{quoted(name)} has {counted(count, 'cell')}, and is given more values"
                raise ParseError(message, tokens.here)
            self.values[f"{name}[{index}]"] = self.beginning()
            index += 1
            if not tokens.accept(",") and tokens.current != "}":
                raise tokens.unexpected("',' or '}' after a value")

    def arrays(self) -> dict[str, Array]:
        """The arrays of the file."""
        known = self.definitions
        return {name: Array(name, type_.bits // 8, known.counts[name]) for name, type_ in known.arrays.items()}

    def beginning(self) -> int | Address:
        """Reads what a variable begins with."""
        tokens = self.tokens
        if tokens.current in _INITIALISERS and tokens.ahead(1) == "(":
            lock = tokens.advance() != "ATOMIC_INIT"
            tokens.advance()
            value = 0 if lock and is_name(tokens.advance()) else self.constant("what a variable begins with")
            tokens.expect(")", "after the value")
            return value
        return self.constant("what a variable begins with")

    def members_of(self, name: str, type_: Type) -> None:
        """Reads `{ .a = 1, 2 }`, what the members of a structure begin with."""
        tokens = self.tokens
        names = [member.name for member in self.definitions.structures[type_.structure].members]
        tokens.advance()
        at = 0
        while not tokens.accept("}"):
            mark = tokens.mark
            if tokens.current == ".":
                while tokens.current not in ("=", ""):
                    tokens.advance()
                member = "".join(tokens.since(mark).text.split())[1:]
                tokens.expect("=", "after the name of a member")
                if member not in names:
                    hint = did_you_mean(member, names) or f"it has {', '.join(names)}"
                    message = f"struct {type_.structure} has no member {quoted(member)}"
                    raise ParseError(message, tokens.since(mark), hint)
                at = names.index(member)
            if at == len(names):
                raise ParseError(f"{quoted(name)} has {counted(at, 'member')}, and is given more values", tokens.here)
            if tokens.current == "{":
                raise UnsupportedError("braces in braces are not supported", tokens.here, "name the members inside it")
            self.values[f"{name}.{names[at]}"] = self.beginning()
            at += 1
            if not tokens.accept(",") and tokens.current != "}":
                raise tokens.unexpected("',' or '}' after a value")

    def function(self, type_: Type) -> None:
        """Reads a function up to its end, without its body."""
        tokens = self.tokens
        name, place = tokens.advance(), tokens.since(tokens.mark - 1)
        if name in CALLS or (name in SPECIAL and name not in COMPUTED):
            raise UnsupportedError(f"{quoted(name)} is the kernel's own, and cannot be defined", place)
        if thread_of(name) is not None:
            raise UnsupportedError("a thread cannot return a value", place, f"write void {name}(...)")
        if type_.structure:
            raise UnsupportedError("a function that returns a structure is not supported", place, "return a pointer")
        tokens.advance()
        parameters = self.parameters()
        if tokens.current == ";":
            tokens.advance()
            return  # it is defined elsewhere, or nowhere
        opening, body = tokens.here, tokens.mark
        tokens.expect("{", "before the statements of a function")
        changed: set[str] = set()
        depth = 1
        while depth:
            token = tokens.advance()
            if not token:
                raise ParseError("no '}' for this '{'", opening)
            depth += (token == "{") - (token == "}")
            if token in _ASSIGNMENTS and tokens.ahead(-3) != "*":
                changed.add(tokens.ahead(-2))
            if token in _TAKING:
                changed.add(tokens.current)
        self.definitions.helpers[name] = Helper(name, type_, parameters, body, frozenset(changed), place)

    def parameters(self) -> tuple[Parameter, ...]:
        """Reads the parameters of a function, up to the parenthesis after them."""
        tokens = self.tokens
        if tokens.current == "void" and tokens.ahead(1) == ")":
            tokens.advance()
        found: dict[str, Parameter] = {}
        while not tokens.accept(")"):
            if found and not tokens.accept(","):
                raise tokens.unexpected("',' or ')' after a parameter")
            mark = tokens.mark
            type_ = read_stars(tokens, read_type(tokens, self.definitions.members), self.bits)
            name = tokens.current
            if not is_name(name) or name in KEYWORDS:
                raise tokens.unexpected("the name of a parameter")
            tokens.advance()
            if tokens.current == "[" and tokens.ahead(1) == "]":
                tokens.advance()
                tokens.advance()
                type_ = types.pointer(type_, self.bits)
            if type_.bits == 0:
                hint = (
                    f"pass a pointer: {tokens.since(mark).text.rsplit(None, 1)[0]} *{name}" if type_.structure else None
                )
                raise UnsupportedError(f"{quoted(name)} has a type without values", tokens.since(mark), hint)
            if name in found:
                raise ParseError(f"two parameters have the name {quoted(name)}", tokens.since(mark))
            found[name] = Parameter(name, type_, tokens.since(mark))
        return tuple(found.values())

    def unused(self, called: set[str]) -> None:
        """Reads the functions that nothing calls, for their errors. Raises ParseError, UnsupportedError."""
        for helper in self.definitions.helpers.values():
            if helper.name not in called:
                reader = Functions(self.tokens, Emitter((), 0, self.bits), {}, _nothing, self.definitions)
                reader.replaced(helper, "", {})

    def numbers(self, text: str) -> dict[str, int]:
        """The macros and names that stand for numbers; `text` is that of the source, without comments.

        Raises the error of a macro of which no name can make an expression.
        """
        found = dict(self.definitions.constants)
        if not self.definitions.macros:
            return found
        tokens, text = self.tokens, text.replace("\\\n", "  ")
        macros = {name: replace(macro, start=0) for name, macro in self.definitions.macros.items()}
        replaced = self.definitions.replaced
        for macro in tuple(macros.values()):
            if not macro.body:
                continue
            start, (last, at) = macro.body[0][1], macro.body[-1]
            end = at + len(last)
            del macros[macro.name]  # within itself it is a name
            self.tokens = CTokens(tokens.source, text, start, end, tokens.deadline, macros, replaced)
            macros[macro.name] = macro
            try:
                value = self.constant("a macro")
                if isinstance(value, int) and not self.tokens.current:
                    found[macro.name] = value
            except LitmusError:
                if not any(is_name(word) for word in self.tokens.words):
                    raise
            finally:
                self.tokens = tokens
        return found


def _nothing(name: str) -> bool:
    return False
