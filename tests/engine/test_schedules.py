"""What begins by the calendar: each occurrence once, whoever looks and however often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from engine import jobs, schedules
from engine.clock import VirtualClock
from engine.commands.add_holiday import add_holiday
from engine.commands.start_scheduled import NotScheduled, start_scheduled
from engine.dispatch import carry_out, keep_calendar, lease
from engine.errors import EngineError
from engine.model import AuditEvent, Job, ProcessInstance
from engine.runtime import Runtime
from engine.types import SYSTEM, JobKind, JobState
from engine.working_time import read_schedule
from tests.factories import NOON, bpmn, end, form, package, publish, start, user

MEET = package(
    bpmn("meet", start(cycle="R/P3M"), user("ask", role="dcs"), end(), case_data=False, reference="MEET"),
    forms={"ask": form()},
)
RAW = {"id": "club", "name": "The club meets", "process": "meet", "group": "club", "since": "2026-01-01", "lead": -5}
QUARTERLY = "FREQ=MONTHLY;INTERVAL=3;BYDAY=3TU"


def by_calendar(runtime: Runtime, **changes: object) -> Runtime:
    """With one schedule of its own: 19 January, 20 April, 20 July, 19 October 2027."""
    schedule = read_schedule({**RAW, "rule": QUARTERLY, **changes})
    return replace(runtime, partnership=replace(runtime.partnership, schedules={"club": schedule}))


@pytest.fixture
def club(any_staffed: Runtime) -> Runtime:
    made = by_calendar(any_staffed)
    with made.transaction() as session:
        publish(session, MEET)
    return made


def move(runtime: Runtime, to: datetime) -> None:
    assert isinstance(runtime.clock, VirtualClock)
    runtime.clock.move_to(to)


def work(runtime: Runtime) -> None:
    while due := lease(runtime, 50):
        for job_id in due:
            carry_out(runtime, job_id, lambda _: None)


def begun(runtime: Runtime) -> list[str]:
    with runtime.transaction() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        return [e.details["scheduled_on"] for e in rows if "by_schedule" in e.details]


def test_each_occurrence_begins_once_five_working_days_before(club: Runtime) -> None:
    keep_calendar(club)
    work(club)
    assert begun(club) == []
    move(club, datetime(2027, 1, 12, 7, 59, tzinfo=UTC))
    work(club)
    assert begun(club) == []
    move(club, datetime(2027, 1, 12, 8, tzinfo=UTC))
    for _ in range(3):  # every worker, and each after a restart
        keep_calendar(club)
        work(club)
    assert begun(club) == ["2027-01-19"]
    with club.transaction() as session:
        row = session.scalars(select(ProcessInstance)).one()
        assert (row.reference, row.confidential, row.started_by) == ("MEET-2027-001", False, None)


def test_after_a_long_stop_what_was_missed_begins_once_and_is_said_to_be_late(club: Runtime) -> None:
    keep_calendar(club)
    move(club, NOON + timedelta(days=200))
    work(club)
    keep_calendar(club)
    work(club)
    assert begun(club) == ["2027-01-19", "2027-04-20", "2027-07-20"]
    with club.transaction() as session:
        late = [e.details["late"] for e in session.scalars(select(AuditEvent)) if "late" in e.details]
        assert late == [True, True, True]


def test_what_lay_before_the_first_look_is_nobodys(club: Runtime) -> None:
    move(club, datetime(2027, 6, 1, 9, tzinfo=UTC))
    keep_calendar(club)
    work(club)
    assert begun(club) == []
    with club.transaction() as session:
        keys = session.scalars(select(Job.key).order_by(Job.due_at)).all()
    assert keys[:2] == ["schedule/club/2027-07-20", "schedule/club/2027-10-19"]


def test_a_day_taken_off_the_calendar_does_not_begin_and_one_put_on_does(club: Runtime) -> None:
    keep_calendar(club)
    other = by_calendar(club, dates={"2027": ["2027-01-20"]})
    keep_calendar(other)
    move(club, datetime(2027, 6, 1, 9, tzinfo=UTC))
    work(other)
    assert begun(club) == ["2027-01-20"]
    with club.transaction() as session:
        withdrawn = session.scalars(select(Job.key).where(Job.state == JobState.CANCELLED)).all()
    assert "schedule/club/2027-01-19" in withdrawn


def test_a_meeting_in_preparation_that_moves_does_not_begin_again(club: Runtime) -> None:
    keep_calendar(club)
    move(club, datetime(2027, 1, 15, 9, tzinfo=UTC))
    work(club)
    # the new first day is too far to begin yet
    other = by_calendar(club, dates={"2027": ["2027-02-01", "2027-02-25", "2027-04-20"]})
    for _ in range(2):
        keep_calendar(other)
        work(other)
    assert begun(club) == ["2027-01-19"]
    move(club, datetime(2027, 2, 20, 9, tzinfo=UTC))
    keep_calendar(other)
    work(other)
    assert begun(club) == ["2027-01-19", "2027-02-25"]


def test_a_holiday_on_the_day_of_a_meeting_in_preparation_begins_it_no_second_time(club: Runtime) -> None:
    keep_calendar(club)
    move(club, datetime(2027, 1, 19, 8, tzinfo=UTC))
    work(club)
    with club.transaction() as session:
        add_holiday(session, date(2027, 1, 19), "proclaimed", by=SYSTEM, now=club.now())
    keep_calendar(club)
    work(club)
    assert begun(club) == ["2027-01-19"]


def test_what_could_not_begin_is_tried_again_when_the_calendar_is_kept(club: Runtime) -> None:
    keep_calendar(club)
    with club.transaction() as session:
        job = session.scalars(select(Job).where(Job.key == "schedule/club/2027-01-19")).one()
        job.state, job.attempts, job.last_error = JobState.INCIDENT, jobs.MOST_ATTEMPTS, "no"
    move(club, datetime(2027, 1, 13, 8, tzinfo=UTC))
    work(club)
    assert begun(club) == []
    keep_calendar(club)
    work(club)
    assert begun(club) == ["2027-01-19"]


def test_a_process_that_is_not_published_is_not_promised(any_staffed: Runtime) -> None:
    runtime = by_calendar(any_staffed)
    keep_calendar(runtime)
    with runtime.transaction() as session:
        assert session.scalars(select(Job)).all() == []
        (first, *_) = schedules.coming(session, now=NOON)
        assert (first.day, first.begins_on, first.job) == (date(2027, 1, 19), date(2027, 1, 12), None)


def test_what_an_occurrence_knows_of_itself(club: Runtime) -> None:
    with club.transaction() as session:
        (schedule,) = club.partnership.schedules.values()
        assert schedules.facts(session, schedule, date(2027, 4, 20), now=NOON) == {
            "schedule": "club",
            "scheduled_on": "2027-04-20",
            "scheduled_at": "2027-04-20T10:00:00+01:00",
            "number_in_year": 2,
            "begun_late": False,
        }
        assert schedules.meetings(session, "club", date(2027, 1, 20), date(2027, 7, 20)) == [
            date(2027, 4, 20),
            date(2027, 7, 20),
        ]


def test_a_schedule_that_is_gone_is_told_in_words(club: Runtime) -> None:
    with club.transaction() as session, pytest.raises(NotScheduled, match="schedule/choir/2027-01-19"):
        job = Job(kind=JobKind.START_SCHEDULED, key="schedule/choir/2027-01-19", state=JobState.WAITING, due_at=NOON)
        start_scheduled(session, job, now=NOON)


def test_a_group_is_known_by_its_chair_its_members_and_its_seats(any_staffed: Runtime) -> None:
    group = any_staffed.partnership.meeting_group
    assert [seat["body"] for seat in group("arg")["seats"] if seat["chaired"]] == ["csc"]
    assert group("arg")["members"] == ["chair-arg", "deputy-chair-arg", "arg-member"]
    assert {seat["role"] for seat in group("arg")["seats"]} == {"chair-arg", "deputy-chair-arg", "arg-member"}
    assert [(seat["body"], seat["role"]) for seat in group("lscp")["seats"]][:2] == [
        (None, "independent-scrutineer"),
        ("smbc", "dcs"),
    ]
    settings = [seat["setting"] for seat in group("elrag")["seats"]]
    assert settings[0] is None
    assert len(set(settings)) == len(settings)
    with pytest.raises(EngineError):
        group("nobody")
