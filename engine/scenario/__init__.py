"""Executable scenarios: acceptance as data, run by the real engine in virtual time (`workflows/scenarios`)."""

from engine.scenario.place import keep_for_scenarios
from engine.scenario.reader import Scenario, ScenarioUnreadable, read_scenario
from engine.scenario.runner import Failure, Report, run_scenario

__all__ = ["Failure", "Report", "Scenario", "ScenarioUnreadable", "keep_for_scenarios", "read_scenario", "run_scenario"]
