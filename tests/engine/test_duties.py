"""Deadlines that begin again: a new duty has its own clock, and what runs keeps its own."""

from datetime import date

import pytest

from engine import deadlines
from engine.model import ProcessInstance
from engine.operations import OPERATIONS, Context
from engine.operations.context import OperationRefused
from engine.runtime import Runtime
from engine.steps import ground
from engine.types import LONDON, SYSTEM, DeadlineStatus
from tests import factories as make

PROCESS = make.bpmn(
    "duty",
    make.start(role="business-manager"),
    make.service("begin-clock", "set-anchor", inputs={"anchor": "awareness", "at": '="2027-02-06T13:30"'}),
    make.user("notify", role="la-notifier", due="D01"),
    make.end(),
    deadlines=[
        {"id": "D01", "name": "Notify", "rule": "+5wd after awareness", "limit": "true", "responsible": "la-notifier"}
    ],
)


@pytest.fixture
def case(runtime: Runtime) -> ProcessInstance:
    make.install_people(runtime)
    with runtime.transaction() as session:
        make.publish(session, make.package(PROCESS, forms={"notify": make.form()}))
        return make.case(session, "duty")


def test_a_new_duty_counts_from_its_own_day_and_leaves_the_old_one_alone(
    runtime: Runtime, case: ProcessInstance
) -> None:
    with runtime.transaction() as session:
        instance = session.get_one(ProcessInstance, case.id)
        on = ground(session, instance, by=SYSTEM, now=runtime.now())
        context = Context(session, instance, on.processes, SYSTEM, runtime.now())
        OPERATIONS["new-duty"](context, ids="D01", anchor="panel_duty", at="2027-02-09T11:00")
        first, second = deadlines.occurrences(session, case.case_id, "D01")
        assert [d.due_at.astimezone(LONDON).date() for d in (first, second)] == [date(2027, 2, 12), date(2027, 2, 16)]
        assert deadlines.find(session, case.case_id, "D01") is second
        assert deadlines.find(session, case.case_id, "D01", occurrence=0) is first
        assert make.item(session, "notify").deadline_id == first.id

        OPERATIONS["set-anchor"](context, anchor="awareness", at="2027-02-05T10:00", reason="corrected")
        assert [d.due_at.astimezone(LONDON).date() for d in (first, second)] == [date(2027, 2, 12), date(2027, 2, 16)]
        OPERATIONS["set-anchor"](context, anchor="panel_duty", at="2027-02-08T10:00", reason="corrected")
        assert second.due_at.astimezone(LONDON).date() == date(2027, 2, 15)

        OPERATIONS["meet-deadline"](context, id="D01", at="2027-02-12T23:00", occurrence=0)
        assert (first.status, second.status) == (DeadlineStatus.MET, DeadlineStatus.OPEN)
        OPERATIONS["cancel-deadlines"](context, ids="D01")
        assert (first.status, second.status) == (DeadlineStatus.MET, DeadlineStatus.CANCELLED)


def test_only_a_declared_deadline_can_begin_again(runtime: Runtime, case: ProcessInstance) -> None:
    with runtime.transaction() as session:
        instance = session.get_one(ProcessInstance, case.id)
        on = ground(session, instance, by=SYSTEM, now=runtime.now())
        with pytest.raises(OperationRefused):
            OPERATIONS["new-duty"](
                Context(session, instance, on.processes, SYSTEM, runtime.now()), ids="D99", anchor="x"
            )
