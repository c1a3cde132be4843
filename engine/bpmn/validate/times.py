"""Moments written out: ISO 8601 in timers, rules of due dates."""

import re
from datetime import date, datetime

from engine.bpmn.validate.diagram import shorten
from engine.working_time import DeadlineRule, InvalidRule

# As `engine.bpmn.execute` reads them.
DURATION = re.compile(
    r"P(?=.)(\d{1,2}Y)?(\d{1,3}M)?(\d{1,4}W)?(\d{1,5}D)?(T(?=\d)(\d{1,5}H)?(\d{1,6}M)?(\d{1,7}(\.\d{1,6})?S)?)?",
    re.ASCII,
)
CYCLE = re.compile(r"R(\d{0,4})/(?:([^/]+)/)?(P[^/]+)", re.ASCII)
_LONGEST = 200


def check_timer(kind: str, text: str) -> str | None:
    """What is wrong with a timer's fixed text."""
    shown = shorten(text, 60)
    if len(text) > _LONGEST:
        return f"its timer is no time: “{shown}”. Write a date, a duration as in P3D, or = and FEEL."
    if kind == "timeCycle":
        match = CYCLE.fullmatch(text)
        begins = match is None or match[2] is None or is_moment(match[2])
        if match is None or not begins or not DURATION.fullmatch(match[3]):
            return f"“{shown}” is no repetition. Write it as R3/PT24H (three times, a day apart), or = and FEEL."
        return None
    if DURATION.fullmatch(text) or (kind == "timeDate" and is_moment(text)):
        return None
    if kind == "timeDate":
        return f"“{shown}” is no date. Write it as 2027-01-14 or 2027-01-14T15:00, or = and FEEL."
    return f"“{shown}” is no duration. Write it as P3D (three days) or PT24H, or = and FEEL."


def is_moment(text: str) -> bool:
    try:
        if "T" in text:
            datetime.fromisoformat(text.partition("@")[0])
        else:
            date.fromisoformat(text)
    except ValueError:
        return False
    return True


def rule_of(text: str) -> DeadlineRule | InvalidRule:
    """A due rule, or what is wrong with it."""
    try:
        return DeadlineRule.parse(text)
    except InvalidRule as wrong:
        return wrong
