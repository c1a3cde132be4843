"""The demonstration: people named by their roles, and cases in the middle of their work, counted back from today."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, make_url, select

from engine import demo, library
from engine.assembly import make_runtime, publish_bundled
from engine.deadlines import calendar
from engine.migrations import upgrade
from engine.model import ProcessInstance
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario
from engine.settings import Settings
from engine.working_time import Schedule, WorkingCalendar, london_day
from workflows import bundled

FURTHEST_BACK = timedelta(days=400)

# `-7wd 10:20`: that many working days before today, at that time in London; without a time the day alone.
# `arg-7wd 10:20`: before the day that the file's head calls `arg`
_RELATIVE = re.compile(r"(?<![\w-])([a-z]+)?([+-]\d+)wd(?: (\d\d):(\d\d))?")
# `meeting: last = lscp before -16wd`, at the head: the last that this schedule names before that day
_MEETING = re.compile(r"^meeting: (\w+) = (\S+) before (.+)\n", re.MULTILINE)


def make_demonstration(settings: Settings) -> None:
    """The SQLite file of the demonstration, unless it is there: whole or not at all, since it is named when ready."""
    file = Path(make_url(settings.database_url).database or "")
    if file.exists():
        return
    half_made = file.with_name(f"{file.name}.making")
    for left in half_made.parent.glob(f"{half_made.name}*"):
        left.unlink()
    runtime = make_runtime(replace(settings, database_url=f"sqlite:///{half_made}"))
    upgrade(runtime.store)
    publish_bundled(runtime)
    set_up_demonstration(runtime)
    runtime.store.close()
    half_made.rename(file)


def set_up_demonstration(runtime: Runtime) -> bool:
    """Make people and cases once; False when there are cases already."""
    with runtime.transaction() as session:
        demo.install(session, runtime.partnership, now=runtime.now())
        if session.scalar(select(func.count()).select_from(ProcessInstance)):
            return False
        days = calendar(session)
    today = london_day(runtime.now())
    packages = list(library.packages())
    for file in sorted((bundled() / "scenarios" / "demo").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            text = _dated(file.read_text("utf-8"), today, days, runtime.partnership.schedules)
            report = run_scenario(read_scenario(text, name=file.name), runtime, packages)
            if not report.passed:
                raise RuntimeError(f"{file.name}, step {report.failures[0].step}: {report.failures[0].words}")
    return True


def _dated(text: str, today: date, days: WorkingCalendar, schedules: Mapping[str, Schedule]) -> str:
    anchors = {"": days.previous_or_same(today)}

    def moment(match: re.Match[str]) -> str:
        anchor = match[1] or ""
        if anchor not in anchors:
            return match[0]
        day = days.add(anchors[anchor], int(match[2]))
        return f"{day}" if match[3] is None else f"{day}T{match[3]}:{match[4]}"

    for name, schedule, before in _MEETING.findall(text):
        last = date.fromisoformat(_RELATIVE.sub(moment, before))
        anchors[name] = max(schedules[schedule].occurrences(last - FURTHEST_BACK, last - timedelta(days=1), days))
    return _RELATIVE.sub(moment, _MEETING.sub("", text))
