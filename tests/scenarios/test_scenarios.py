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


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_an_occurrence_that_has_begun_does_not_begin_again(place: Runtime) -> None:
    text = "now: 2027-01-04T09:00\nsteps:\n" + "  - {begin: elrag, on: 2027-01-27}\n" * 2
    report = run_scenario(read_scenario(text, name="twice"), place, list(library.packages()))
    assert [(f.step, "has begun already" in f.words) for f in report.failures] == [(2, True)]
