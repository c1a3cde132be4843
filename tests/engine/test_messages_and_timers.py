"""Messages between the processes of a case, and timers that fire as jobs."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import library
from engine.bpmn.execute import StepFailed
from engine.clock import VirtualClock
from engine.commands.complete_work_item import complete_work_item
from engine.dispatch import carry_out, lease
from engine.model import Job, Message, ProcessInstance
from engine.runtime import Runtime
from engine.types import InstanceStatus, JobKind, JobState
from tests.factories import (
    NOON,
    boundary,
    bpmn,
    case,
    catch,
    doer,
    end,
    form,
    item,
    items,
    jobs_of,
    package,
    publish,
    service,
    start,
    text,
    throw,
    user,
)

SENDER = bpmn(
    "sender",
    start(role="dcs"),
    throw("tell", message="news", inputs={"said": "=about"}),
    user("ask", role="dcs"),
    end(),
)
RECEIVER = bpmn("receiver", start("heard", message="news", same_case="true"),
                user("read", role="chair-arg"), end())  # fmt: skip
BEGIN = {"begin": form({"about": text()})}


def drain(runtime: Runtime) -> None:
    """Everything that is due, as the workers would do it."""
    for _ in range(20):
        leased = lease(runtime, 50)
        if not leased:
            return
        for job_id in leased:
            carry_out(runtime, job_id, lambda _: None)
    raise AssertionError("jobs without end")


def started(session: Session, key: str) -> ProcessInstance:
    return session.scalars(select(ProcessInstance).where(ProcessInstance.key == key)).one()


def do(runtime: Runtime, element: str) -> None:
    with runtime.transaction() as session:
        work = item(session, element)
        complete_work_item(session, work.id, {}, by=doer(session, work), now=runtime.now())


def move(runtime: Runtime, **by: float) -> None:
    clock = runtime.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(clock() + timedelta(**by))


# Messages


def test_a_message_begins_the_process_that_waits_for_it_in_the_same_case(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN), RECEIVER)
        made = case(session, "sender", {"about": "x"}, role="dcs")
    drain(any_staffed)
    with any_staffed.transaction() as session:
        begun = started(session, "receiver")
        assert (begun.case_id, begun.parent_id, begun.reference, begun.confidential) == (
            made.id,
            made.id,
            made.reference,
            True,
        )
        assert item(session, "read").case_id == made.id
        message = session.scalars(select(Message)).one()
        assert (message.payload, message.delivered_at, message.to_instance_id) == ({"said": "x"}, NOON, begun.id)


def test_a_name_that_the_start_declares_and_the_message_leaves_out_is_null(staffed: Runtime) -> None:
    receiver = bpmn(
        "receiver",
        start("heard", message="news", same_case="true", inputs={"said": "", "more": ""}),
        user("read", role="dcs", body='=if more = null then null else "ccg"'),
        end(),
    )
    with staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN), receiver)
        case(session, "sender", {"about": "x"}, role="dcs")
    drain(staffed)
    with staffed.transaction() as session:
        assert item(session, "read").body is None


def test_without_same_case_it_begins_a_case_of_its_own(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN), RECEIVER.replace(' lscp:sameCase="true"', ""))
        made = case(session, "sender", {"about": "x"}, role="dcs")
    drain(staffed)
    with staffed.transaction() as session:
        begun = started(session, "receiver")
        assert (begun.case_id, begun.parent_id) == (begun.id, None)
        assert begun.reference != made.reference


def test_a_message_is_kept_until_its_process_is_published_and_then_delivered(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN))
        case(session, "sender", {"about": "x"}, role="dcs")
    drain(any_staffed)
    with any_staffed.transaction() as session:
        message = session.scalars(select(Message)).one()
        assert message.delivered_at is None
        assert jobs_of(session, JobKind.DELIVER_MESSAGE) == []
        assert jobs_of(session, JobKind.DELIVER_MESSAGE, state=JobState.INCIDENT) == []
    move(any_staffed, days=90)
    with any_staffed.transaction() as session:
        publish(session, RECEIVER, now=any_staffed.now())
        assert len(jobs_of(session, JobKind.DELIVER_MESSAGE)) == 1
    drain(any_staffed)
    with any_staffed.transaction() as session:
        assert item(session, "read").case_id == session.scalars(select(Message)).one().case_id
        publish(session, RECEIVER.replace("Receiver", "Receiver again"), now=any_staffed.now())
        assert jobs_of(session, JobKind.DELIVER_MESSAGE) == []


def test_a_message_reaches_whoever_waits_for_it_in_its_case_and_nobody_else(staffed: Runtime) -> None:
    waiting = bpmn("waiter", start(role="dcs"), catch("hear", message="news"), user("heard", role="dcs"), end())
    answer = bpmn("answer", start("called", message="call", same_case="true"),
                  user("reply", role="chair-arg"), throw("say", message="news", inputs={"said": '="x"'}), end())  # fmt: skip
    caller = bpmn("caller", start(role="dcs"), throw("tell", message="call"), catch("hear", message="news"),
                  user("heard", role="dcs"), end())  # fmt: skip
    with staffed.transaction() as session:
        publish(session, waiting, answer, caller)
        other = case(session, "waiter", role="dcs")
        made = case(session, "caller", role="dcs")
    drain(staffed)
    do(staffed, "reply")
    drain(staffed)
    with staffed.transaction() as session:
        assert [i.case_id for i in items(session, "heard")] == [made.id]
        assert session.get_one(ProcessInstance, other.id).status == InstanceStatus.RUNNING
        assert started(session, "answer").status == InstanceStatus.ENDED


def test_delivering_twice_delivers_once(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN), RECEIVER)
        case(session, "sender", {"about": "x"}, role="dcs")
        (job,) = jobs_of(session, JobKind.DELIVER_MESSAGE)
    drain(staffed)
    with staffed.transaction() as session:
        session.get_one(Job, job.id).state = JobState.WAITING
    drain(staffed)
    with staffed.transaction() as session:
        assert len(items(session, "read")) == 1


def test_two_messages_thrown_at_once_begin_two_processes(staffed: Runtime) -> None:
    twice = bpmn("sender", start(role="dcs"), throw("one", message="news"), throw("two", message="news"), end())
    with staffed.transaction() as session:
        publish(session, twice, RECEIVER)
        case(session, "sender", role="dcs")
    drain(staffed)
    with staffed.transaction() as session:
        assert len(items(session, "read")) == 2


def test_a_message_to_a_process_that_fails_is_tried_again_and_not_lost(staffed: Runtime) -> None:
    broken = RECEIVER.replace('lscp:role="chair-arg"', 'lscp:role=""')
    with staffed.transaction() as session:
        publish(session, package(SENDER, forms=BEGIN), package(broken, forms={"read": form()}))
        case(session, "sender", {"about": "x"}, role="dcs")
    for job_id in lease(staffed, 9):
        carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        (job,) = jobs_of(session, JobKind.DELIVER_MESSAGE)
        assert job.attempts == 1
        assert "does not say which role" in (job.last_error or "")
        publish(session, RECEIVER)
    move(staffed, minutes=2)
    drain(staffed)
    with staffed.transaction() as session:
        assert item(session, "read")


# Timers

WAITS = bpmn("waits", start(role="dcs"), user("ask", role="dcs"),
             boundary("late", "ask", timer="R3/P1D", interrupting=False), user("chase", role="dcs"), catch("rest", timer="PT1H"),
             user("last", role="dcs"), end(), end("chased"),
             flow="begin -> ask -> rest -> last -> done; late -> chase -> chased")  # fmt: skip


def timers(session: Session) -> list[tuple[str | None, str]]:
    return [(j.detail, f"{j.due_at:%d %H:%M}") for j in jobs_of(session, JobKind.FIRE_TIMER)]


def test_a_timer_is_a_job_that_fires_at_its_moment(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, WAITS)
        case(session, "waits", role="dcs")
        assert timers(session) == [("late", "12 12:00")]
    move(any_staffed, hours=23)
    assert lease(any_staffed) == []
    move(any_staffed, hours=1)
    drain(any_staffed)
    with any_staffed.transaction() as session:
        assert len(items(session, "chase")) == 1
        assert timers(session) == [("late", "13 12:00")]


def test_timers_that_were_missed_all_fire_each_once(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, WAITS)
        case(session, "waits", role="dcs")
    move(staffed, days=30)
    drain(staffed)
    with staffed.transaction() as session:
        assert len(items(session, "chase")) == 3
        assert timers(session) == []


def test_a_timer_is_withdrawn_with_what_it_watched(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, WAITS)
        case(session, "waits", role="dcs")
    do(staffed, "ask")
    with staffed.transaction() as session:
        assert timers(session) == [("rest", "11 13:00")]
    move(staffed, days=9)
    drain(staffed)
    with staffed.transaction() as session:
        assert [i.element for i in items(session)] == ["last"]


def test_a_timer_that_was_leased_when_its_task_was_done_does_nothing(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, WAITS)
        case(session, "waits", role="dcs")
    move(staffed, days=1)
    leased: list[UUID] = lease(staffed)
    do(staffed, "ask")
    for job_id in leased:
        carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        assert items(session, "chase") == []
        assert session.get_one(Job, leased[0]).state == JobState.DONE


def test_a_timer_of_a_case_that_has_ended_does_nothing(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, WAITS)
        made = case(session, "waits", role="dcs")
    move(staffed, days=1)
    leased = lease(staffed)
    with staffed.transaction() as session:
        session.get_one(ProcessInstance, made.id).status = InstanceStatus.ENDED
    for job_id in leased:
        carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        assert session.get_one(Job, leased[0]).state == JobState.DONE
        assert items(session, "chase") == []


def test_a_timer_fires_while_a_cases_deadline_moves_in_another_process(staffed: Runtime) -> None:
    """A process waits for a deadline that another of the same case moves: its timer moves with it."""
    rows = [{"id": "D01", "name": "Reply", "rule": "+5wd after asked", "basis": "chosen"}]
    mover = bpmn("mover", start(role="dcs"), service("know", "set-anchor", {"anchor": "asked", "at": "2027-01-11T10:00"}),
                 throw("tell", message="go"), user("correct", role="dcs"),
                 service("move", "set-anchor", {"anchor": "asked", "at": "2027-01-13T10:00"}), user("last", role="dcs"), end(),
                 deadlines=rows)  # fmt: skip
    begin = start("heard", message="go", same_case="true")  # fmt: skip
    waiter = bpmn("waiter", begin, catch("wait", timer='=deadline("D01")'), user("after", role="dcs"), end())
    with staffed.transaction() as session:
        publish(session, mover, waiter)
        case(session, "mover", role="dcs")
    drain(staffed)
    with staffed.transaction() as session:
        assert timers(session) == [("wait", "18 17:00")]
    do(staffed, "correct")
    with staffed.transaction() as session:
        assert timers(session) == [("wait", "20 17:00")]


@pytest.mark.parametrize("restart", [False, True])
def test_a_case_goes_on_under_its_own_version_after_a_restart(staffed: Runtime, restart: bool) -> None:
    with staffed.transaction() as session:
        publish(session, WAITS)
        made = case(session, "waits", role="dcs")
        publish(session, WAITS.replace("Last", "Last of the new version"))
    if restart:
        library.forget()
    do(staffed, "ask")
    move(staffed, hours=2)
    drain(staffed)
    with staffed.transaction() as session:
        assert item(session, "last").title == "Last"
        assert session.get_one(ProcessInstance, made.id).version == 1
        assert case(session, "waits", role="dcs").version == 2


# To a chosen case

ASKER = bpmn(
    "asker",
    start(role="dcs"),
    throw("tell", message="answer", inputs={"to_case": "=about", "said": "yes"}),
    user("ask", role="dcs"),
    end(),
)
WAITER = bpmn("waiter", start(role="dcs"), catch("hear", message="answer"), user("read", role="chair-arg"), end())


def test_a_message_to_one_case_reaches_that_and_no_other(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(WAITER, forms={"begin": form(), "read": form()}))
        publish(session, package(ASKER, forms={**BEGIN, "ask": form()}))
        waiting = [case(session, "waiter", role="dcs") for _ in range(3)]
        case(session, "asker", {"about": waiting[1].reference}, role="dcs")
    drain(any_staffed)
    with any_staffed.transaction() as session:
        assert [i.case_id for i in items(session, "read")] == [waiting[1].id]
        sent = session.scalars(select(Message)).one()
        assert (sent.to_case_id, sent.payload) == (waiting[1].id, {"said": "yes"})


def test_a_message_to_a_case_that_is_none_stops_the_step_in_words(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(ASKER, forms={**BEGIN, "ask": form()}))
    with pytest.raises(StepFailed, match="SOL-2027-999"), any_staffed.transaction() as session:
        case(session, "asker", {"about": "SOL-2027-999"}, role="dcs")
    with any_staffed.transaction() as session:
        assert session.scalars(select(ProcessInstance)).all() == []


def test_a_process_begun_by_a_message_remembers_the_case_it_came_from(any_staffed: Runtime) -> None:
    apart = bpmn("apart", start("heard", message="news"), user("read", role="chair-arg"), end())
    with any_staffed.transaction() as session:
        publish(session, package(apart, forms={"read": form()}))
        publish(session, package(SENDER, forms={**BEGIN, "ask": form()}))
        first = case(session, "sender", {"about": "x"}, role="dcs")
    drain(any_staffed)
    with any_staffed.transaction() as session:
        begun = started(session, "apart")
        assert (begun.origin_id, begun.case_id) == (first.id, begun.id)
