"""Functions that a test defines: each call is replaced by the function's statements, read again at each call.

Parameters and variables of a function are registers of their own in each call, with names that no condition can
mention; a variable that a function does not declare is one of the thread. Statements and errors are at their place in
the function; in listings they are beside the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from litmus.base.errors import ParseError, UnsupportedError
from litmus.dialects.c import types
from litmus.dialects.c.definitions import Definitions, Helper, Parameter
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.macros import CTokens
from litmus.dialects.c.operands import Operand, Variable
from litmus.dialects.c.statements import Frame
from litmus.dialects.c.switches import Switches
from litmus.dialects.c.types import VOID, Type, Value
from litmus.frontend.lexer import counted, quoted
from litmus.ir.thread import Const, Reg

MAX_CALLS = 1000
"""The most calls of functions of the test that a thread may make, those that functions make included."""

MAX_STATEMENTS = 20_000
"""The most statements of a thread that calls functions."""


MAX_AGAIN = 300_000
"""The most words and signs of functions that are read in place of their calls, in a whole test."""


class Functions(Switches):
    """Reads a thread with the functions that it calls."""

    def __init__(
        self,
        tokens: CTokens,
        emitter: Emitter,
        parameters: Mapping[str, Type],
        implied: Callable[[str], bool],
        definitions: Definitions,
    ) -> None:
        super().__init__(tokens, emitter, parameters, implied, definitions)
        self.called: set[str] = set()
        self.calls = 0
        self.within: tuple[str, ...] = ()

    def inline(self, helper: Helper, mark: int) -> Operand:
        """As declared in `Calls`. Raises ParseError, UnsupportedError."""
        tokens = self.tokens
        place = self.since(mark)
        if helper.name in self.within:
            cycle = [*self.within[self.within.index(helper.name) :], helper.name]
            message = f"functions that call themselves are not supported: {' calls '.join(cycle)}"
            raise UnsupportedError(message, place, "use a loop")
        self.calls += 1
        if self.calls > MAX_CALLS or self.emitter.here > MAX_STATEMENTS:
            raise UnsupportedError(f"more than {MAX_CALLS} calls of functions in a thread are not supported", place)
        if self.definitions.again > MAX_AGAIN:
            message = f"calls that stand for more than {MAX_AGAIN} words and signs of functions are not supported"
            raise UnsupportedError(message, place)
        prefix = f"{helper.name}.{self.emitter.number()}."
        bound: dict[str, Value] = {}
        starts: list[int] = []
        for number, parameter in enumerate(helper.parameters):
            if tokens.current == ")":
                raise self.miscounted_arguments(helper)
            if number and not tokens.accept(","):
                raise tokens.unexpected("',' or an operator")
            at = tokens.mark
            starts.append(self.emitter.here)
            value = self.argument(self.value(self.assignment(), at), parameter, at)
            if isinstance(value.expr, Const) and parameter.name not in helper.changed:
                bound[parameter.name] = value
            else:
                self.emitter.assign(prefix + parameter.name, value.expr, self.since(at))
        if not tokens.accept(")"):
            if tokens.current == ",":
                raise self.miscounted_arguments(helper)
            raise tokens.unexpected("')' or an operator")
        self.emitter.unsequenced(starts, self.since(mark))
        after = tokens.mark
        result = self.replaced(helper, prefix, bound)
        tokens.seek(after)
        return Value(Const(0), VOID) if result is None else Value(Reg(result.name), result.type)

    def argument(self, value: Value, parameter: Parameter, at: int) -> Value:
        """An argument as a value of its parameter. Raises UnsupportedError for a pointer of another size."""
        given, wanted = value.type.target, parameter.type.target
        if given is not None and wanted is not None and given.bits != wanted.bits and given.bits and wanted.bits:
            message = f"a pointer to {given.bits} bits is given, and one to {wanted.bits} bits is declared"
            raise UnsupportedError(message, self.since(at), f"declare {quoted(parameter.name)} with the same type")
        return types.convert(value, parameter.type, self.bits)

    def miscounted_arguments(self, helper: Helper) -> ParseError:
        wanted = counted(len(helper.parameters), "argument") if helper.parameters else "no arguments"
        names = ", ".join(parameter.name for parameter in helper.parameters)
        return ParseError(f"{quoted(helper.name)} takes {wanted}", self.tokens.here, f"{helper.name}({names})")

    def replaced(self, helper: Helper, prefix: str, bound: dict[str, Value]) -> Variable | None:
        """Reads the body of a function; the variable that has its value, None if it returns nothing.

        Parameters are the values that they are bound to, or else variables that have a value already.
        """
        emitter = self.emitter
        self.called.add(helper.name)
        kept = self.frame, self.variables, self.parameters, self.implied, self.bound, self.prefix, self.within
        operators, pinned = self.operators, emitter.pinned
        result = None if helper.type == VOID else Variable(emitter.temporary(), helper.type)
        self.frame = Frame(helper.name, result=result, scopes=[{parameter.name for parameter in helper.parameters}])
        self.variables = {p.name: p.type for p in helper.parameters if p.name not in bound}
        self.parameters, self.bound = {}, bound
        self.implied = _nothing
        self.prefix, self.within = prefix, (*self.within, helper.name)
        emitter.pinned = True
        self.tokens.seek(helper.body)
        self.body()
        self.definitions.again += self.tokens.mark - helper.body
        self.frame, self.variables, self.parameters, self.implied, self.bound, self.prefix, self.within = kept
        self.operators, emitter.pinned = operators, pinned
        return result


def _nothing(name: str) -> bool:
    return False
