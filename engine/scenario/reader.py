"""Reads a scenario file. Every mistake is named with its step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import yaml

from engine.errors import EngineError
from engine.types import LONDON

VERBS = ("start", "begin", "complete", "claim", "release", "holiday", "conflict", "absence", "restart")
STEP_KEYS = {
    *VERBS,
    "at",
    "on",
    "as",
    "body",
    "answers",
    "where",
    "in",
    "event",
    "save_as",
    "refused",
    "because",
    "expect",
    "wait",
}
EXPECT_KEYS = {
    "deadline",
    "inbox",
    "case",
    "started",
    "not_started",
    "mail",
    "no_mail",
    "audit",
    "register",
    "offered",
    "answers",
    "instance",
    "sees",
    "explained",
    "working_days",
    "learning",
    "begun",
    "in",
}


class ScenarioUnreadable(EngineError):
    """This scenario can not be read."""

    code = "scenario-unreadable"
    advice = "Correct the step named. The README of workflows/scenarios describes the format."


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    source: str
    now: datetime
    holidays: tuple[date, ...]
    calendar: bool | tuple[str, ...]  # whether processes begin by the partnership's schedules, or by which
    steps: tuple[Mapping[str, Any], ...]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: `on: 2027-01-29` is a key called "on", and `yes` is an answer."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:bool"]
    for letter, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

# `reference: /SOL-2027-\d{3}/`: a pattern need not be quoted, although its braces mean something else to YAML.
_PATTERN = re.compile(r"(?<=: )/[^/\n]+/(?=\s*[,}\n])")


def _quoted(match: re.Match[str]) -> str:
    return "'" + match[0].replace("'", "''") + "'"


def read_scenario(text: str, *, name: str) -> Scenario:
    try:
        raw = yaml.load(_PATTERN.sub(_quoted, text), _Loader)  # noqa: S506 - a safe loader, see below
    except (yaml.YAMLError, RecursionError) as error:
        raise ScenarioUnreadable(f"{name}: it is not YAML: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("steps"), list) or "now" not in raw:
        raise ScenarioUnreadable(f"{name}: a scenario has at least `scenario`, `now` and a list of `steps`.")
    steps = tuple(_step(name, number, step) for number, step in enumerate(raw["steps"], 1))
    try:
        now = london_moment(raw["now"])
        holidays = tuple(_day(d) for d in raw.get("holidays") or ())
    except (ValueError, TypeError):
        words = "`now` is a moment such as 2027-01-11T10:20, `holidays` a list of days."
        raise ScenarioUnreadable(f"{name}: {words}") from None
    return Scenario(
        name=name,
        title=str(raw.get("scenario", name)),
        source=str(raw.get("source", "")),
        now=now,
        holidays=holidays,
        calendar=_calendar(name, raw.get("calendar", False)),
        steps=steps,
    )


def _calendar(name: str, said: Any) -> bool | tuple[str, ...]:
    if isinstance(said, bool):
        return said
    if isinstance(said, list) and said and all(isinstance(one, str) for one in said):
        return tuple(said)
    raise ScenarioUnreadable(f"{name}: `calendar` is true, or a list of schedules such as [arg, lscp].")


def _step(name: str, number: int, step: Any) -> Mapping[str, Any]:
    if not isinstance(step, dict):
        raise ScenarioUnreadable(f"{name}, step {number}: a step is a mapping such as `as: dcs`, `complete: …`.")
    for key in step:
        if key not in STEP_KEYS:
            raise ScenarioUnreadable(f"{name}, step {number}: there is no “{key}” in a step.")
    for key in step.get("expect") or {}:
        if key not in EXPECT_KEYS:
            raise ScenarioUnreadable(f"{name}, step {number}: there is nothing called “{key}” to expect.")
    if "because" in step and "refused" not in step:
        raise ScenarioUnreadable(f"{name}, step {number}: `because` goes with `refused`.")
    verbs = [v for v in VERBS if v in step]
    if len(verbs) > 1:
        raise ScenarioUnreadable(f"{name}, step {number}: one step does one thing, not {' and '.join(verbs)}.")
    return step


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def london_moment(value: Any) -> datetime:
    """`2027-01-11T10:20`, or a day alone, meaning midnight: London wall time."""
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
    else:
        found = datetime.fromisoformat(str(value))
    return found.replace(tzinfo=LONDON) if found.tzinfo is None else found


def plain(value: Any) -> Any:
    """Dates and times of YAML as the text that answers hold."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else value
