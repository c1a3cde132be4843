"""A partnership at work: everybody does what waits for them, by the form's own example, some at once and some on the last day."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import library
from engine.clock import VirtualClock
from engine.commands.complete_work_item import complete_work_item
from engine.commands.start_process import start_process
from engine.deadlines import calendar
from engine.directory import asked_of, candidates
from engine.errors import EngineError
from engine.model import ProcessInstance, WorkItem
from engine.runtime import Runtime
from engine.scenario import runner
from engine.scenario.runner import Stage
from engine.types import OPEN_STATES, Participant, WorkItemKind
from engine.working_time import at_london, london_day

Choice = Callable[[WorkItem, Random], Mapping[str, Any]]
NOON = time(12)
AT_ONCE = 0.6  # how likely it is that a task is done on the day it opens
MOST_A_DAY = 400


class Everybody:
    """`choices`: what is answered beside the example, by element id."""

    def __init__(self, runtime: Runtime, clock: VirtualClock, choices: Mapping[str, Choice], *, seed: int) -> None:
        self.runtime, self.clock, self.choices, self.chance = runtime, clock, choices, Random(seed)
        self.stage = Stage(runtime, clock)
        self.done: dict[str, int] = {}

    def live(self, until: date, plans: Iterable[tuple[date, Callable[["Everybody"], object]]]) -> None:
        """Day by day, working days only; `plans` are what begins on a day, or the next one worked, of its own accord."""
        left = sorted(plans, key=lambda plan: plan[0])
        with self.runtime.transaction() as session:
            days = calendar(session)
        day = days.next_or_same(london_day(self.clock()))
        while day <= until:
            runner._move_to(self.stage, at_london(day, NOON))
            while left and left[0][0] <= day:
                left.pop(0)[1](self)
            self._do_what_waits(day, last_chance=days.add(day, 1))
            day = days.add(day, 1)

    def start(self, key: str, role: str, answers: Mapping[str, Any], event: str | None = None) -> str:
        with self.runtime.transaction() as session:
            now = self.runtime.now()
            by = runner.participant_of(session, role, None, now)
            process = library.process(library.latest(session, key))
            begin = next(e for e in process.starts if role in e.listed("role") and event in (None, e.id))
            whole = runner.start_answers(session, process, begin, dict(answers), by=by, now=now)
            reference = start_process(session, key, whole, by=by, now=now, start_event=begin.id).reference
        runner._drain(self.stage)
        return reference

    def _do_what_waits(self, day: date, *, last_chance: date) -> None:
        for _ in range(MOST_A_DAY):
            with self.runtime.transaction() as session:
                open_now = session.scalars(
                    select(WorkItem)
                    .where(WorkItem.state.in_(OPEN_STATES), WorkItem.kind != WorkItemKind.EVENT)
                    .order_by(WorkItem.opened_at, WorkItem.id)
                ).all()
                chosen = next((i for i in open_now if self._is_time(i, day, last_chance)), None)
                if chosen is None:
                    return
                self._complete(session, chosen)
            runner._drain(self.stage)
        raise AssertionError(f"more than {MOST_A_DAY} tasks on {day}: it does not come to an end")

    def _is_time(self, item: WorkItem, day: date, last_chance: date) -> bool:
        """The same task gives the same answer all day long: its own throw of the dice."""
        if item.due_at is not None and london_day(item.due_at) <= last_chance:
            return True
        return Random(f"{item.element}/{item.opened_at}/{item.facts}/{day}").random() < AT_ONCE

    def _complete(self, session: Session, item: WorkItem) -> None:
        now = self.runtime.now()
        by = self._who(session, item, now)
        wanted = dict(self.choices[item.element](item, self.chance)) if item.element in self.choices else {}
        answers = runner.whole_answers(session, item, wanted, by, now)
        try:
            complete_work_item(session, item.id, answers, by=by, now=now)
        except EngineError as error:
            case = session.get_one(ProcessInstance, item.case_id)
            told = [f"{e.path}: {e.message}" for e in getattr(error, "errors", ())]
            raise AssertionError(
                f"{case.reference} {item.element} on {now}: {error.message} {told} {answers}"
            ) from error
        self.done[item.element] = self.done.get(item.element, 0) + 1

    def _who(self, session: Session, item: WorkItem, now: datetime) -> Participant:
        case = session.get_one(ProcessInstance, item.case_id)
        _, people = candidates(session, case, asked_of(item), now=now)
        assert people, f"nobody can do {item.element} of {case.reference}"
        return people[0]


def spread(count: int, first: date, last: date, chance: Random) -> list[date]:
    """So many days between two, as they come."""
    return sorted(first + timedelta(days=chance.randrange((last - first).days)) for _ in range(count))
