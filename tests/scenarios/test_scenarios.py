"""Every executable scenario, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from engine import library
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario

FOLDER = Path(__file__).parents[2] / "workflows" / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_scenario_holds(file: Path, place: Runtime) -> None:
    report = run_scenario(read_scenario(file.read_text("utf-8"), name=file.name), place, list(library.packages()))
    assert report.passed, "\n".join(f"step {f.step}: {f.words}" for f in report.failures)
