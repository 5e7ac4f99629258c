"""One engine and one z3 for all tests of a process: what they hold is large, and making them takes long."""

from __future__ import annotations

from litmus.engine import Engine
from litmus.solver.z3 import Z3

engine = Engine()
z3 = Z3()

PATIENCE = 600.0
"""Seconds after which a test that waits for something fails, rather than wait for ever; nothing takes as long."""
