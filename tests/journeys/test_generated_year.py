"""A year of the cycle, made up from a seed: three rounds, forty inputs, twelve plans, six reviews (S33 at full size)."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from engine import audit, demo, learning, schedules
from engine.assembly import make_runtime, publish_bundled
from engine.clock import VirtualClock
from engine.model import (
    Base,
    Deadline,
    Job,
    LearningItem,
    LearningLink,
    Message,
    ProcessInstance,
    RegisterEntry,
    WorkItem,
)
from engine.runtime import Runtime
from engine.types import LONDON, OPEN_STATES, JobState, LearningKind
from tests.conftest import settings
from tests.journeys.everybody import Choice, Everybody, spread
from tests.working_time.oracle import load_oracle

pytestmark = pytest.mark.slow

SEED = 33
INPUTS, REVIEWS, PLANS, ROUNDS = 40, 6, 12, 3
AGAIN = 2  # of the plans
SECONDS = 60
LAST_ARG = "2027-10-12"
SECOND_LSCP = datetime(2027, 6, 1, tzinfo=UTC)
MEETINGS_END = datetime(2028, 1, 1, tzinfo=UTC)
RULE = re.compile(r"([+-])(\d+)(wd|d|w|m)(?: (?:after|before) \w+)?(?:, (prevwd|nextwd))?(?: at (\d\d:\d\d))?")


def today(*names: str) -> Choice:
    """The example's own dates would lie ahead."""
    return lambda item, _: {name: f"{item.opened_at.astimezone(LONDON).date()}" for name in names}


class Choices:
    """ARG recommends something in its first two meetings of the year, so that the year sees it through.

    What a test gave back is among it, so that the cycle goes round once more.
    """

    def __init__(self) -> None:
        self.first, self.again = PLANS - AGAIN, AGAIN

    def reflect(self, item: WorkItem, _: Random) -> Mapping[str, Any]:
        round_again = item.facts["input"]["loop"] > 1
        left = self.again if round_again else self.first
        if item.opened_at >= SECOND_LSCP or not left:
            return {"outcome": "no-action"}
        self.again, self.first = self.again - round_again, self.first - (not round_again)
        return {"outcome": "recommend"}


def incident(people: Everybody) -> str:
    day = people.clock().astimezone(LONDON).date()
    answers = {
        "aware_at": f"{day}T10:20",
        "incident_on": str(day - timedelta(days=1)),
        "siblings_action_on": str(day),
    }
    return people.start("serious-incident-notification", "la-notifier", answers)


CHOICES: Mapping[str, Choice] = {"reflect-on-input": Choices().reflect, "record-reply": today("reply_on")}


@pytest.fixture(scope="module")
def year() -> Iterator[tuple[Runtime, float]]:
    clock, chance = VirtualClock(datetime(2027, 1, 1, 9, tzinfo=UTC)), Random(SEED)
    runtime = make_runtime(settings(), clock=clock)
    Base.metadata.create_all(runtime.store.engine)
    with runtime.transaction() as session:
        demo.install(session, runtime.partnership, now=runtime.now())
    publish_bundled(runtime)
    begun = time.process_time()
    with runtime.transaction() as session:
        schedules.plan(session, now=runtime.now())
    kinds = [str(kind) for kind in range(1, 20)]

    def tell(people: Everybody) -> str:
        return people.start("arg-input", "business-unit-officer", {"input_type": chance.choice(kinds)})

    plans: list[tuple[date, Callable[[Everybody], object]]] = [
        *((on, tell) for on in spread(INPUTS, date(2027, 1, 4), date(2027, 8, 31), chance)),
        *((on, incident) for on in spread(REVIEWS, date(2027, 1, 11), date(2027, 6, 30), chance)),
    ]
    Everybody(runtime, clock, CHOICES, seed=SEED).live(date(2027, 12, 31), plans)
    yield runtime, time.process_time() - begun
    runtime.store.close()


def rows(runtime: Runtime, kind: LearningKind) -> list[dict[str, Any]]:
    with runtime.transaction() as session:
        return learning.of_kind(session, kind, all_of_them=True)


def test_it_takes_less_than_a_minute_of_the_processor_and_nothing_is_left(year: tuple[Runtime, float]) -> None:
    runtime, seconds = year
    assert seconds < SECONDS
    with runtime.transaction() as session:
        assert session.scalars(select(Job.last_error).where(Job.attempts > 0)).all() == []
        assert session.scalars(select(Job.key).where(Job.state == JobState.INCIDENT)).all() == []
        lost = select(Message.name).where(Message.delivered_at.is_(None), Message.thrown_at < runtime.now())
        assert session.scalars(lost.distinct()).all() == []
        late = select(WorkItem.element).where(WorkItem.state.in_(OPEN_STATES), WorkItem.due_at < runtime.now())
        assert session.scalars(late).all() == []
        assert audit.verify(session) is None


def test_every_group_met_as_often_as_it_should(year: tuple[Runtime, float]) -> None:
    with year[0].transaction() as session:
        begun = Counter(session.scalars(select(ProcessInstance.key).where(ProcessInstance.started_at < MEETINGS_END)))
        held = Counter(
            row.data["group"]
            for row in session.scalars(select(RegisterEntry).where(RegisterEntry.register == "meetings-held"))
            if row.data["quorate"]
        )
        reports = session.scalars(select(RegisterEntry).where(RegisterEntry.register == "highlight-reports")).all()
    assert held == {"arg": 4, "lscp": 3, "rdg": 4, "elrag": 6, "review-panel": REVIEWS}
    assert begun["rapid-review"] == REVIEWS
    assert sorted(len(row.data["covers"]) for row in reports) == [1, 1, 2]


def test_every_input_has_an_outcome_and_every_plan_a_test(year: tuple[Runtime, float]) -> None:
    inputs, plans, tests = (rows(year[0], kind) for kind in (LearningKind.INPUT, LearningKind.PLAN, LearningKind.TEST))
    assert len(inputs) > INPUTS
    assert [row["reference"] for row in inputs if row["made_on"] < LAST_ARG and row["closed_on"] is None] == []
    assert {row["outcome"] for row in inputs if row["closed_on"]} == {"recommend", "no-action"}
    assert len(plans) == PLANS
    tested = {reference for row in tests for reference in row["came_from"]}
    assert {row["reference"] for row in plans} <= tested
    assert {row["judgement"] for row in tests} == {"effective"}


def test_what_was_learned_came_round_three_times(year: tuple[Runtime, float]) -> None:
    assert {row["loop"] for row in rows(year[0], LearningKind.INPUT)} == set(range(1, ROUNDS + 1))
    with year[0].transaction() as session:
        items = {item.id: item for item in session.scalars(select(LearningItem))}
        for link in session.scalars(select(LearningLink)):
            before, after = items[link.from_id], items[link.to_id]
            assert after.loop == before.loop + (after.kind == LearningKind.INPUT)
            assert after.made_at >= before.made_at


def test_every_date_is_that_of_the_oracle(year: tuple[Runtime, float]) -> None:
    oracle, counted = load_oracle(), 0
    with year[0].transaction() as session:
        for row in session.scalars(select(Deadline).where(Deadline.rule != "")):
            parts = RULE.fullmatch(row.rule)
            assert parts is not None, row.rule
            sign, number, unit, move, _ = parts.groups()
            first, amount = row.anchor_at.astimezone(LONDON).date(), int(f"{sign}{number}")
            day = (
                oracle.wd(first, amount)
                if unit == "wd" and amount
                else oracle.cal(first, amount, unit)
                if amount
                else first
            )
            moved = {"prevwd": oracle.prevwd, "nextwd": oracle.nextwd}.get(move, lambda same: same)(day)
            shown = oracle.prevwd(moved) if row.statutory else moved
            assert row.due_at.astimezone(LONDON).date() == shown, (row.code, row.rule, first)
            counted += 1
    assert counted > 500
