"""Promises: made once by key, leased by one worker at a time, tried again, never lost in silence."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, dispatch, jobs, notices
from engine.clock import VirtualClock
from engine.commands.complete_work_item import complete_work_item
from engine.dispatch import HANDLERS, Outgoing, carry_out, lease
from engine.model import Job, Mail
from engine.refusals import CaseClosed
from engine.runtime import Runtime
from engine.types import JobKind, JobState
from tests.factories import NOON, bpmn, case, end, holder, item, publish, start, user

LATER = NOON + timedelta(hours=1)
SIMPLE = bpmn("simple", start(role="business-manager"), user("ask", role="dcs", due="+5wd"), end())


def made(session: Session, key: str = "k", *, due_at: datetime = NOON, kind: JobKind = JobKind.REASSIGN) -> Job:
    job = jobs.promise(session, kind, key, due_at=due_at, now=NOON)
    assert job is not None
    return job


def one(runtime: Runtime, key: str = "k", **more: object) -> UUID:
    with runtime.transaction() as session:
        return made(session, key, **more).id  # type: ignore[arg-type]


def state_of(runtime: Runtime, job_id: UUID) -> JobState:
    with runtime.transaction() as session:
        return session.get_one(Job, job_id).state


# By key


def test_the_same_promise_is_made_once_and_moves(session: Session) -> None:
    first = made(session)
    assert made(session, due_at=LATER) is first
    assert first.due_at == LATER
    assert session.scalars(select(Job)).all() == [first]


def test_a_cancelled_promise_can_be_made_again(session: Session) -> None:
    first = made(session)
    jobs.withdraw(session, Job.key == "k", now=NOON)
    session.refresh(first)
    assert (first.state, first.closed_at) == (JobState.CANCELLED, NOON)
    assert made(session, due_at=LATER) is first
    assert (first.state, first.closed_at, first.due_at) == (JobState.WAITING, None, LATER)


@pytest.mark.parametrize("state", [JobState.LEASED, JobState.RUNNING, JobState.DONE, JobState.INCIDENT])
def test_a_promise_begun_kept_or_failed_is_not_made_again(session: Session, state: JobState) -> None:
    first = made(session)
    first.state = state
    session.flush()
    assert jobs.promise(session, JobKind.REASSIGN, "k", due_at=LATER, now=NOON) is None
    assert (first.state, first.due_at) == (state, NOON)


def test_only_what_has_not_been_begun_is_withdrawn(session: Session) -> None:
    rows = {state: made(session, state) for state in JobState}
    for state, job in rows.items():
        job.state = state
    session.flush()
    jobs.withdraw(session, now=NOON)
    assert [s for s, j in rows.items() if j.state == JobState.CANCELLED] == [JobState.WAITING, JobState.CANCELLED]


# Leases


def test_what_is_due_is_leased_in_its_order_and_no_more_than_asked_for(any_runtime: Runtime) -> None:
    with any_runtime.transaction() as session:
        late = made(session, "late", due_at=NOON - timedelta(hours=1)).id
        now_due = made(session, "now").id
        made(session, "soon", due_at=LATER)
        later = made(session, "next", due_at=NOON).id
    with any_runtime.transaction() as session:
        taken = jobs.lease_due(session, now=NOON, most=2)
        assert taken[0] == late
        assert len(taken) == 2
    with any_runtime.transaction() as session:
        assert {*taken, *jobs.lease_due(session, now=NOON, most=9)} == {late, now_due, later}
    with any_runtime.transaction() as session:
        assert jobs.lease_due(session, now=NOON, most=9) == []


def test_a_lease_runs_out_and_the_job_is_anybodys_again(any_runtime: Runtime) -> None:
    job_id = one(any_runtime)
    with any_runtime.transaction() as session:
        assert list(jobs.lease_due(session, now=NOON, most=9)) == [job_id]
    over = NOON + jobs.LEASE
    with any_runtime.transaction() as session:
        assert jobs.lease_due(session, now=over - timedelta(seconds=1), most=9) == []
        assert list(jobs.lease_due(session, now=over, most=9)) == [job_id]


def test_a_running_job_is_leased_again_when_its_lease_has_run_out(session: Session) -> None:
    job = made(session)
    jobs.begin(job, now=NOON)
    session.flush()
    assert jobs.lease_due(session, now=NOON, most=9) == []
    assert list(jobs.lease_due(session, now=NOON + jobs.LEASE, most=9)) == [job.id]
    assert job.state == JobState.LEASED


def test_two_threads_never_lease_the_same_job(staffed_postgresql: Runtime) -> None:
    with staffed_postgresql.transaction() as session:
        expected = {made(session, f"k{n}").id for n in range(60)}
    taken: list[UUID] = []
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        while leased := lease(staffed_postgresql, most=3):
            taken.extend(leased)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(expected)
    assert set(taken) == expected


def test_a_job_in_other_hands_this_moment_is_not_waited_for(staffed_postgresql: Runtime) -> None:
    job_id = one(staffed_postgresql)
    with staffed_postgresql.transaction() as first, staffed_postgresql.transaction() as second:
        assert jobs.take(first, job_id) is not None
        assert jobs.take(second, job_id) is None


# Take, begin, take back


@pytest.mark.parametrize(
    ("state", "taken", "taken_back"),
    [
        (JobState.WAITING, True, True),
        (JobState.LEASED, True, True),
        (JobState.RUNNING, False, True),
        (JobState.DONE, False, False),
        (JobState.CANCELLED, False, False),
        (JobState.INCIDENT, False, False),
    ],
)
def test_a_job_is_taken_until_it_is_begun_and_taken_back_until_it_is_closed(
    session: Session, state: JobState, taken: bool, taken_back: bool
) -> None:
    job = made(session)
    job.state = state
    session.flush()
    assert (jobs.take(session, job.id) is not None) is taken
    assert (jobs.take_back(session, job.id) is not None) is taken_back


def test_a_job_that_does_not_exist_is_not_taken(session: Session) -> None:
    assert jobs.take(session, uuid4()) is None
    assert jobs.take_back(session, uuid4()) is None


# Failure


def test_a_failed_job_waits_longer_each_time_and_becomes_an_incident_after_eight(session: Session) -> None:
    job = made(session)
    at, waits = NOON, []
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        jobs.fail(job, "no", now=at)
        assert job.attempts == attempt
        if attempt < jobs.MOST_ATTEMPTS:
            assert job.state == JobState.WAITING
            waits.append((job.due_at - at).total_seconds())
            at = job.due_at
    for wait, middle in zip(waits, (5, 15, 45, 135, 405, 1215, 1800), strict=True):
        assert 0.8 * middle <= wait <= 1.2 * middle
    assert job.state == JobState.INCIDENT
    assert job.last_error == "no"


def test_the_cause_is_kept_but_not_without_end(session: Session) -> None:
    job = made(session)
    jobs.fail(job, "x" * 9000, now=NOON)
    assert job.last_error == "x" * 2000


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setitem(HANDLERS, JobKind.REASSIGN, fails)  # type: ignore[arg-type]


def test_an_unforeseen_failure_is_kept_with_the_job_by_its_kind_only(
    staffed: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ValueError("the child's name"))
    job_id = one(staffed)
    carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts, job.last_error) == (JobState.WAITING, 1, "ValueError")


def test_a_refusal_is_kept_in_its_words(staffed: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, CaseClosed())
    job_id = one(staffed)
    carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        assert session.get_one(Job, job_id).last_error == "This case has ended."


def test_what_a_failed_job_had_done_is_undone(staffed: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(session: Session, job: Job, *, now: datetime) -> None:
        made(session, "made by half a job")
        raise ValueError

    monkeypatch.setitem(HANDLERS, JobKind.REASSIGN, half)  # type: ignore[arg-type]
    carry_out(staffed, one(staffed), lambda _: None)
    with staffed.transaction() as session:
        assert [j.key for j in session.scalars(select(Job))] == ["k"]


def test_a_job_is_carried_out_once(staffed: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[UUID] = []

    def does(session: Session, job: Job, *, now: datetime) -> None:
        done.append(job.id)

    monkeypatch.setitem(HANDLERS, JobKind.REASSIGN, does)  # type: ignore[arg-type]
    job_id = one(staffed)
    for _ in range(3):
        carry_out(staffed, job_id, lambda _: None)
    assert done == [job_id]
    assert state_of(staffed, job_id) == JobState.DONE


def test_every_handler_but_the_mails_is_in_the_table() -> None:
    assert set(HANDLERS) | {JobKind.SEND_MAIL} == set(JobKind)


# Mail


def a_mail(runtime: Runtime) -> tuple[UUID, str]:
    """A mail about an open task, and the job that sends it."""
    with runtime.transaction() as session:
        publish(session, SIMPLE)
        made_case = case(session, "simple")
        work = item(session, "ask")
        addressee = notices.Addressee(holder(session, "dcs"), "dcs")
        notices.compose(
            session, [addressee], made_case, "reminder", "k", now=NOON, rung="R1", task="Ask", due_at=NOON, item=work
        )
    with runtime.transaction() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.SEND_MAIL)).one()
        return job.id, session.get_one(Mail, job.subject_id).message_id


def test_a_mail_is_sent_once_with_its_own_message_id(any_staffed: Runtime) -> None:
    job_id, message_id = a_mail(any_staffed)
    sent: list[Outgoing] = []
    for _ in range(2):
        carry_out(any_staffed, job_id, sent.append)
    assert [m.message_id for m in sent] == [message_id]
    assert sent[0].to == "dcs@solihull.example"
    assert state_of(any_staffed, job_id) == JobState.DONE
    with any_staffed.transaction() as session:
        assert session.scalars(select(Mail)).one().sent_at == NOON


def test_a_mail_that_could_not_be_sent_is_tried_again_with_the_same_message_id(staffed: Runtime) -> None:
    job_id, message_id = a_mail(staffed)
    tried: list[str] = []

    def refused(outgoing: Outgoing) -> None:
        tried.append(outgoing.message_id)
        raise OSError("connection refused")

    carry_out(staffed, job_id, refused)
    assert state_of(staffed, job_id) == JobState.WAITING
    clock = staffed.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOON + timedelta(minutes=2))
    with staffed.transaction() as session:
        assert list(jobs.lease_due(session, now=clock(), most=9)) == [job_id]
    sent: list[Outgoing] = []
    carry_out(staffed, job_id, sent.append)
    assert tried == [m.message_id for m in sent] == [message_id]
    assert state_of(staffed, job_id) == JobState.DONE


def test_a_second_message_while_the_mail_is_on_its_way_does_nothing(staffed: Runtime) -> None:
    job_id, _ = a_mail(staffed)
    sent: list[str] = []

    def slow(outgoing: Outgoing) -> None:
        sent.append("first")
        carry_out(staffed, job_id, lambda _: sent.append("second"))

    carry_out(staffed, job_id, slow)
    assert sent == ["first"]


def test_no_mail_leaves_about_a_task_that_is_done(staffed: Runtime) -> None:
    job_id, _ = a_mail(staffed)
    with staffed.transaction() as session:
        complete_work_item(session, item(session, "ask").id, {}, by=holder(session, "dcs"), now=NOON)
    sent: list[Outgoing] = []
    carry_out(staffed, job_id, sent.append)
    assert sent == []
    assert state_of(staffed, job_id) == JobState.DONE


def test_a_worker_whose_clock_is_wrong_takes_no_lease_from_another(
    staffed_postgresql: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = replace(staffed_postgresql, clock=clock.now)
    job_id = one(real, due_at=datetime.now(UTC) - timedelta(minutes=1))
    assert lease(real) == [job_id]

    class Fast(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=1)

    monkeypatch.setattr(clock, "datetime", Fast)
    assert real.now() > datetime.now(UTC) + timedelta(hours=23)
    assert lease(real) == []


def test_lease_and_carry_out_share_the_runtimes_clock(staffed: Runtime) -> None:
    one(staffed, due_at=LATER)
    assert dispatch.lease(staffed) == []
    staffed.clock.move_to(LATER)  # type: ignore[attr-defined]
    assert len(dispatch.lease(staffed)) == 1
