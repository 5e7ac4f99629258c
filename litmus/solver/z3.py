"""z3 as a propositional solver, through its C interface.

On problems of this size z3's Python objects cost more than solving (600 clauses take 37 ms as Python objects, 1 ms as
DIMACS text), and importing them takes longer than deciding a test. So this module calls the library of the z3-solver
package directly; the functions are those of z3_api.h.
"""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from collections.abc import Callable, Sequence
from ctypes import c_char_p, c_int, c_uint, c_void_p
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmus.base.errors import LitmusError
from litmus.solver.interface import SolverAnswer

_SOLVERS_PER_CONTEXT = 500
"""A context is replaced after this many solvers, because z3 frees what it interned for them only with the context."""

_SMALL = 1 << 14
"""Characters of the clauses of a small problem, such as most tests have: z3 takes longer to begin than to solve it."""

_STEPS = 50_000
"""Steps, as z3 counts them, after which a problem gets a time limit: about 20 ms; most need less than 5,000."""

_SIGNATURES: dict[str, tuple[Any, ...]] = {
    # name: result, arguments
    "mk_config": (c_void_p,),
    "del_config": (None, c_void_p),
    "mk_context_rc": (c_void_p, c_void_p),
    "del_context": (None, c_void_p),
    "get_error_code": (c_int, c_void_p),
    "get_error_msg": (c_char_p, c_void_p, c_int),
    "mk_string_symbol": (c_void_p, c_void_p, c_char_p),
    "mk_int_symbol": (c_void_p, c_void_p, c_int),
    "mk_bool_sort": (c_void_p, c_void_p),
    "mk_const": (c_void_p, c_void_p, c_void_p, c_void_p),
    "get_app_decl": (c_void_p, c_void_p, c_void_p),
    "mk_not": (c_void_p, c_void_p, c_void_p),
    "mk_or": (c_void_p, c_void_p, c_uint, c_void_p),
    "mk_true": (c_void_p, c_void_p),
    "inc_ref": (None, c_void_p, c_void_p),
    "mk_solver_for_logic": (c_void_p, c_void_p, c_void_p),
    "solver_inc_ref": (None, c_void_p, c_void_p),
    "solver_dec_ref": (None, c_void_p, c_void_p),
    "solver_push": (None, c_void_p, c_void_p),
    "solver_pop": (None, c_void_p, c_void_p, c_uint),
    "solver_from_string": (None, c_void_p, c_void_p, c_char_p),
    "solver_assert": (None, c_void_p, c_void_p, c_void_p),
    "solver_check_assumptions": (c_int, c_void_p, c_void_p, c_uint, c_void_p),
    "solver_get_reason_unknown": (c_char_p, c_void_p, c_void_p),
    "solver_set_params": (None, c_void_p, c_void_p, c_void_p),
    "mk_params": (c_void_p, c_void_p),
    "params_inc_ref": (None, c_void_p, c_void_p),
    "params_dec_ref": (None, c_void_p, c_void_p),
    "params_set_uint": (None, c_void_p, c_void_p, c_void_p, c_uint),
    "solver_get_model": (c_void_p, c_void_p, c_void_p),
    "model_inc_ref": (None, c_void_p, c_void_p),
    "model_dec_ref": (None, c_void_p, c_void_p),
    "model_get_const_interp": (c_void_p, c_void_p, c_void_p, c_void_p),
}

_ErrorHandler = ctypes.CFUNCTYPE(None, c_void_p, c_int)


class _Api:
    """The functions of z3_api.h that are used, without their Z3_ prefix."""

    def __init__(self) -> None:
        library = _open()
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(library, f"Z3_{name}")
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)  # `__getattr__` would take as long as some of the functions
        # Without an error handler, a context ends the process at the first error.
        self._quiet = _ErrorHandler(lambda context, code: None)
        self._set_error_handler = library.Z3_set_error_handler
        self._set_error_handler.restype = None
        self._set_error_handler.argtypes = (c_void_p, _ErrorHandler)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    def silence(self, context: int) -> None:
        self._set_error_handler(context, self._quiet)


def _open() -> ctypes.CDLL:
    spec = importlib.util.find_spec("z3")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for pattern in ("libz3.so", "libz3.so.*", "libz3.dylib", "libz3.dll"):
            for path in sorted(Path(folder).glob(f"lib/{pattern}")):
                return ctypes.CDLL(str(path))
    try:
        return ctypes.CDLL("libz3.so")
    except OSError as error:
        raise LitmusError("z3 is not installed: no libz3 in the z3-solver package or on the system") from error


class _Context:
    """A z3 context with the objects that its solvers share; it is freed when this object is garbage-collected."""

    def __init__(self, api: _Api) -> None:
        self.api = api
        config = api.mk_config()
        self.handle = handle = api.mk_context_rc(config)
        api.del_config(config)
        api.silence(handle)
        self.logic = api.mk_string_symbol(handle, b"QF_FD")
        self.small = api.mk_string_symbol(handle, b"QF_BV")
        self.timeout = api.mk_string_symbol(handle, b"timeout")
        self.steps = api.mk_string_symbol(handle, b"rlimit")
        self.boolean = api.mk_bool_sort(handle)
        self.true = api.mk_true(handle)
        self.solvers = 0
        self._spare: int | None = None
        self.positive: list[int] = [0]
        self.negative: list[int] = [0]
        self.declarations: list[int] = [0]
        weakref.finalize(self, api.del_context, handle).atexit = False  # the end of the process frees everything

    def open(self, logic: int) -> int:
        """A new z3 solver."""
        solver: int = self.api.mk_solver_for_logic(self.handle, logic)
        self.api.solver_inc_ref(self.handle, solver)
        return solver

    def borrow(self) -> int:
        """A z3 solver for a small problem, limited in its steps.

        It is that of QF_BV: clauses go to the same SAT solver without the rewriting for finite domains around it, which
        takes longer than such a problem.

        To make one takes z3 longer than to answer most tests. So one serves one problem after the other, each between a
        push and a pop: what it has learnt is gone then, but not the order in which it decides.
        """
        solver, self._spare = self._spare, None
        if solver is None:
            solver = self.open(self.small)
            self.limit(solver, self.steps, _STEPS)
        self.api.solver_push(self.handle, solver)
        return solver

    def give_back(self, solver: int) -> None:
        """Take back a z3 solver that was borrowed, and is limited as it was then."""
        if self._spare is None:
            self.api.solver_pop(self.handle, solver, 1)
            self._spare = solver
        else:
            self.api.solver_dec_ref(self.handle, solver)

    def limit(self, solver: int, what: int, value: int) -> None:
        """Limit the milliseconds or the steps of each check from now on."""
        api = self.api
        params = api.mk_params(self.handle)
        api.params_inc_ref(self.handle, params)
        api.params_set_uint(self.handle, params, what, value)
        api.solver_set_params(self.handle, solver, params)
        api.params_dec_ref(self.handle, params)

    def grow(self, variable: int) -> None:
        """Make z3's objects for all variables up to this one; in a DIMACS text, z3 names variables by number."""
        api, handle = self.api, self.handle
        for v in range(len(self.positive), variable + 1):
            constant = api.mk_const(handle, api.mk_int_symbol(handle, v), self.boolean)
            api.inc_ref(handle, constant)
            negation = api.mk_not(handle, constant)
            api.inc_ref(handle, negation)
            self.positive.append(constant)
            self.negative.append(negation)
            self.declarations.append(api.get_app_decl(handle, constant))

    def literal(self, literal: int) -> int:
        variable = abs(literal)
        if variable >= len(self.positive):
            self.grow(variable)
        return self.positive[variable] if literal > 0 else self.negative[variable]

    def array(self, literals: Sequence[int]) -> Any:
        return (c_void_p * len(literals))(*[self.literal(x) for x in literals])


class Z3:
    """A factory of solvers: it holds the library, and a context for a few hundred solvers at a time.

    A context takes about 17 MB. It is freed when neither the factory nor any of its solvers refers to it.
    """

    def __init__(self) -> None:
        self._api = _Api()
        self._context: _Context | None = None

    def solver(self, repeatable: bool = True) -> Z3Solver:
        """A new solver without clauses; one that is not `repeatable` takes less time for a small problem."""
        if self._context is not None and self._context.solvers >= _SOLVERS_PER_CONTEXT:
            self._context = None  # freed before the next one is made
        if self._context is None:
            self._context = _Context(self._api)
        return Z3Solver(self._context, repeatable)

    def close(self) -> None:
        """Drop the context; the next solver gets a new one."""
        self._context = None


class Z3Solver:
    """A solver of z3's logics QF_FD and QF_BV, given clauses only; implements `litmus.solver.interface.Solver`."""

    def __init__(self, context: _Context, repeatable: bool) -> None:
        self._context = context
        self._api = context.api
        self._repeatable = repeatable
        self._solver: int | None = None  # made when it is first needed, as it takes z3 long
        self._borrowed = False
        self._brief = False  # it is limited in its steps, and not yet in its time

    def _with(self, size: int) -> int:
        """The z3 solver, to which clauses of so many characters are to be added."""
        if self._solver is None:
            self._context.solvers += 1
            self._borrowed = not self._repeatable and size <= _SMALL
            self._solver = self._context.borrow() if self._borrowed else self._context.open(self._context.logic)
            if not self._borrowed:  # what is borrowed has that limit
                self._context.limit(self._solver, self._context.steps, _STEPS)
            self._brief = True
        return self._solver

    def load(self, dimacs: str) -> None:
        """Add the clauses of a DIMACS text."""
        api, handle = self._api, self._context.handle
        api.solver_from_string(handle, self._with(len(dimacs)), dimacs.encode())
        code = api.get_error_code(handle)
        if code:
            raise LitmusError(f"z3: {api.get_error_msg(handle, code).decode()}")

    def add(self, literals: Sequence[int]) -> None:
        """Add one clause."""
        api, context = self._api, self._context
        clause = api.mk_or(context.handle, len(literals), context.array(literals))
        api.solver_assert(context.handle, self._with(4 * len(literals)), clause)

    def check(self, assumptions: Sequence[int] = (), seconds: float | None = None) -> SolverAnswer:
        """Whether clauses and assumptions are satisfiable together; UNKNOWN after `seconds`."""
        context, solver = self._context, self._with(0)
        if self._brief:  # a time limit is a thread, which takes longer than most answers
            answer = self._answer(solver, assumptions)
            if answer is not SolverAnswer.UNKNOWN:
                return answer
            self._brief = self._borrowed = False  # it is kept: no other is to be limited as follows
            context.limit(solver, context.steps, 0)
        if seconds is not None:
            context.limit(solver, context.timeout, max(1, min(int(seconds * 1000), 2**31)))
        return self._answer(solver, assumptions)

    def _answer(self, solver: int, assumptions: Sequence[int]) -> SolverAnswer:
        api, context = self._api, self._context
        result = api.solver_check_assumptions(context.handle, solver, len(assumptions), context.array(assumptions))
        if result == 1:
            return SolverAnswer.SAT
        if result == -1:
            return SolverAnswer.UNSAT
        reason = api.solver_get_reason_unknown(context.handle, solver)
        if b"interrupt" in reason:  # z3 handles SIGINT itself while it works
            raise KeyboardInterrupt
        return SolverAnswer.UNKNOWN

    def true(self, literals: Sequence[int]) -> list[bool]:
        """For each literal, whether it is true in the solution of the last check, which must have been SAT."""
        api, context = self._api, self._context
        model = api.solver_get_model(context.handle, self._with(0))
        api.model_inc_ref(context.handle, model)
        context.grow(max(map(abs, literals), default=0))
        handle, yes, declarations = context.handle, context.true, context.declarations
        value = api.model_get_const_interp
        found = [(value(handle, model, declarations[abs(x)]) == yes) == (x > 0) for x in literals]
        api.model_dec_ref(handle, model)
        return found

    def close(self) -> None:
        """Release the solver's memory."""
        if self._solver is None:
            return
        if self._borrowed:
            self._context.give_back(self._solver)
        else:
            self._api.solver_dec_ref(self._context.handle, self._solver)
        self._solver = None
