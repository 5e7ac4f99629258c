"""Our own tests, file by file, through the whole engine: kind, Ok, observation and states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from oracles.shared import engine

from litmus.frontend.files import read_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.options import Options
from litmus.ir.verdict import Status

FOLDER = Path(__file__).parent / "litmus"
TABLES = {path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*/expected.yaml"))}
CASES = [(dialect, name) for dialect, table in TABLES.items() for name in table if "ok" in table[name]]


@pytest.mark.parametrize(("dialect", "name"), CASES, ids=[f"{d}/{n}" for d, n in CASES])
def test_file(dialect: str, name: str) -> None:
    row: dict[str, Any] = TABLES[dialect][name]
    test = read_test(FOLDER / dialect / name)
    model = row.get("model")
    verdict = engine.check(test, model)
    found = {
        "kind": test.condition.quantifier.kind,
        "ok": verdict.ok,
        "observation": verdict.observation.value if verdict.observation else None,
        "states": state_lines(verdict),
    }
    assert {key: found[key] for key in row if key in found} == {key: row[key] for key in row if key in found}
    assert verdict.status in (Status.DONE, Status.BOUND)
    alone = engine.check(test, model, options=Options(verdict_only=True))
    assert (alone.ok, alone.states) == (verdict.ok, ())
