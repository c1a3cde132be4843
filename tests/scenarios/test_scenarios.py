"""Every executable scenario on SQLite, those of acceptance (S01, S02, …) on PostgreSQL too."""

import re
from pathlib import Path

import pytest

from engine import library
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario

FOLDER = Path(__file__).parents[2] / "workflows" / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
ACCEPTANCE = re.compile(r"s\d\d-")


PLACES = [
    (file, kind)
    for file in FILES
    for kind in ("sqlite", "postgresql")
    if kind == "sqlite" or ACCEPTANCE.match(file.stem)
]


@pytest.mark.parametrize(("file", "place"), PLACES, ids=[f"{kind}-{f.stem}" for f, kind in PLACES], indirect=["place"])
def test_scenario_holds(file: Path, place: Runtime) -> None:
    report = run_scenario(read_scenario(file.read_text("utf-8"), name=file.name), place, list(library.packages()))
    assert report.passed, "\n".join(f"step {f.step}: {f.words}" for f in report.failures)
