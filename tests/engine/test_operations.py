"""What service tasks may call: each operation, and what it refuses."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, directory
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.record_absence import record_absence
from engine.model import Appointment, Deadline, Deed, Mail, ProcessInstance, RegisterEntry
from engine.operations.context import OperationRefused, as_list, as_moment
from engine.policy import DutiesSeparated
from engine.steps import ground
from engine.types import SYSTEM, DeadlineStatus, InstanceStatus, JobKind, Participant
from tests.factories import (
    NOON,
    bpmn,
    case,
    end,
    form,
    holder,
    item,
    jobs_of,
    package,
    person,
    publish,
    start,
    text,
    user,
)

ROWS = [
    {
        "id": "D01",
        "name": "Reply",
        "rule": "+5wd after asked",
        "basis": "chosen",
        "responsible": "dcs",
        "ladder": "rapid",
    },
    {"id": "D02", "name": "Close", "rule": "+9wd after asked"},
]
DIAGRAM = bpmn("work", start(role="dcs"), user("ask", role="dcs"), end(), deadlines=ROWS)
CHILDREN = form(
    {
        "children": {
            "type": "array",
            "title": "Children",
            "items": {"type": "object", "properties": {"date_of_birth": {**text(mark="C"), "format": "date"}}},
        },
        "incident_on": {**text(mark="C"), "format": "date"},
    },
    required=[],
)


def a_case(session: Session, **answers: Any) -> ProcessInstance:
    publish(session, package(DIAGRAM, forms={"begin": CHILDREN}))
    return case(session, "work", answers, role="dcs")


def operate(session: Session, on: ProcessInstance, operation: str, /, by: Participant = SYSTEM, **inputs: Any) -> Any:
    return ground(session, on, by=by, now=NOON).world.operate(operation, inputs)


@pytest.fixture
def made(session: Session) -> ProcessInstance:
    return a_case(session)


def found(session: Session, on: ProcessInstance, code: str) -> Deadline:
    row = deadlines.find(session, on.case_id, code)
    assert row is not None
    return row


# What is refused


def test_an_operation_that_does_not_exist_is_refused_by_name(session: Session, made: ProcessInstance) -> None:
    with pytest.raises(OperationRefused, match="no-such-thing"):
        operate(session, made, "no-such-thing")


@pytest.mark.parametrize(
    ("operation", "inputs", "words"),
    [
        ("set-anchor", {"anchor": "asked"}, "missing a required argument: 'at'"),
        (
            "set-anchor",
            {"anchor": "asked", "at": "2027-01-11", "whatever": 1},
            "unexpected keyword argument 'whatever'",
        ),
        ("set-anchor", {"anchor": "asked", "at": "soon"}, "“soon” is not a date and time"),
        ("enter-register", {"register": "r", "data": "words"}, "must be a context"),
        ("tell", {"notice": "no-such-notice", "to": "dcs"}, "no-such-notice"),
        ("close-process", {"status": "exploded"}, "exploded"),
        ("new-duty", {"ids": "D77", "anchor": "again"}, "D77"),
        ("appoint", {"role": "review-panel-member", "holders_of": "trainer"}, "Nobody holds"),
    ],
)
def test_what_an_operation_can_not_work_with_is_refused_in_words(
    session: Session, made: ProcessInstance, operation: str, inputs: dict[str, Any], words: str
) -> None:
    with pytest.raises(OperationRefused, match=words):
        operate(session, made, operation, **inputs)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2027-07-01T10:00", "2027-07-01T09:00:00+00:00"),
        ("2027-07-01T10:00:00@Europe/London", "2027-07-01T09:00:00+00:00"),
        ("2027-07-01T10:00:00Z", "2027-07-01T10:00:00+00:00"),
        ("2027-01-11", "2027-01-11T00:00:00+00:00"),
    ],
)
def test_a_moment_is_londons_unless_it_says_otherwise(value: str, moment: str) -> None:
    assert as_moment(value).isoformat() == moment


def test_a_list_may_be_words(session: Session) -> None:
    assert (as_list("a b"), as_list(["a b"]), as_list(None), as_list(())) == (["a", "b"], ["a b"], [], [])


# Deadlines


def test_an_anchor_begins_deadlines_and_plans_their_reminders(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    assert len(jobs_of(session, JobKind.SEND_REMINDER)) == 5
    assert {j.subject_id for j in jobs_of(session, JobKind.SEND_REMINDER)} == {found(session, made, "D01").id}


def test_a_deadline_is_met_by_the_moment_recorded(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    operate(session, made, "meet-deadline", id="D01", at="2027-01-18T16:59")
    operate(session, made, "meet-deadline", id="D02", at="2027-01-22T17:01")
    operate(session, made, "meet-deadline", id="D77")
    assert [found(session, made, c).status for c in ("D01", "D02")] == [DeadlineStatus.MET, DeadlineStatus.MISSED]
    assert jobs_of(session, JobKind.SEND_REMINDER) == []


def test_meeting_one_ends_those_that_have_nothing_left_to_run_for(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    operate(session, made, "meet-deadline", id="D01", ends="D02")
    assert found(session, made, "D02").status == DeadlineStatus.CANCELLED
    assert jobs_of(session, JobKind.SEND_REMINDER) == []


def test_cancelled_deadlines_remind_nobody(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    operate(session, made, "cancel-deadlines", ids="D01 D77")
    assert [found(session, made, c).status for c in ("D01", "D02")] == [DeadlineStatus.CANCELLED, DeadlineStatus.OPEN]
    assert jobs_of(session, JobKind.SEND_REMINDER) == []


def test_an_anchor_may_meet_a_deadline(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    operate(session, made, "set-anchor", anchor="answered", at="2027-01-12T10:00", meets="D01")
    assert found(session, made, "D01").status == DeadlineStatus.MET


def test_a_new_duty_begins_a_deadline_again_beside_the_old_one(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "set-anchor", anchor="asked", at="2027-01-11T10:00")
    operate(session, made, "new-duty", ids="D01", anchor="asked_again", at="2027-01-13T10:00")
    rows = deadlines.occurrences(session, made.case_id, "D01")
    assert [(r.occurrence, f"{r.due_at:%d}", r.anchor) for r in rows] == [(0, "18", "asked"), (1, "20", "asked_again")]
    operate(session, made, "meet-deadline", id="D01", occurrence="0")
    assert [r.status for r in rows] == [DeadlineStatus.MET, DeadlineStatus.OPEN]


# Registers, notices, endings


def test_a_register_keeps_what_it_said_and_adds_to_it(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "enter-register", register="r other", key="k", data={"a": 1, "b": 1}, with_reference=True)
    assert operate(session, made, "enter-register", register="r", key="k", data={"b": 2}) == {
        "reference": made.reference, "a": 1, "b": 2,
    }  # fmt: skip
    operate(session, made, "enter-register", register="r")
    world = ground(session, made, by=SYSTEM, now=NOON).world
    assert world.register("r") == [{"key": ""}, {"key": "k", "reference": made.reference, "a": 1, "b": 2}]
    assert len(session.scalars(select(RegisterEntry)).all()) == 3
    assert world.register("nothing") == []


def test_a_notice_goes_to_roles_and_to_bodies_if_named(session: Session, made: ProcessInstance) -> None:
    assert operate(session, made, "tell", notice="submitted", to="partners chair-arg") == 4
    assert operate(session, made, "tell", notice="submitted", to="agency-contact", bodies=["wmp", "csc"]) == 2
    assert operate(session, made, "tell", notice="submitted", to="agency-contact", bodies=[]) == 0
    operate(session, made, "tell", notice="submitted", to="partners")  # the same again says nothing new
    assert len(session.scalars(select(Mail)).all()) == 6


def test_a_process_may_end_as_withdrawn(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "close-process", status="withdrawn", register="withdrawals")
    assert made.status == InstanceStatus.WITHDRAWN
    assert session.scalars(select(RegisterEntry.data)).all() == [{"status": "withdrawn"}]


# Roles for a case


def test_appointed_for_a_case_and_until_it_ends(session: Session, made: ProcessInstance) -> None:
    assert operate(session, made, "appoint", role="review-panel-member", holders_of="chair-arg dcs") == 2
    assert operate(session, made, "appoint", role="review-panel-member", holders_of="chair-arg") == 0
    people = directory.holders(session, "review-panel-member", now=NOON, case_id=made.case_id)
    assert {p.name for p in people} == {holder(session, "chair-arg").name, holder(session, "dcs").name}
    operate(session, made, "end-appointments", roles="review-panel-member")
    session.flush()
    tomorrow = NOON + timedelta(days=1)
    assert directory.holders(session, "review-panel-member", now=tomorrow, case_id=made.case_id) == []
    assert session.scalars(select(Appointment).where(Appointment.case_id.is_not(None))).all()


def test_only_whom_a_rule_bars_loses_the_seat(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "appoint", role="review-panel-member", holders_of="chair-arg dcs")
    barred = {"roles": "review-panel-chair review-panel-member", "does": "sit_on_panel", "may_not": "SOD-05"}
    assert operate(session, made, "end-appointments", **barred) == []
    operate(session, made, "note-deeds", action="case_responsibility", roles="dcs")
    assert operate(session, made, "end-appointments", **barred) == ["review-panel-member"]
    session.flush()
    (left,) = directory.holders(session, "review-panel-member", now=NOON + timedelta(days=1), case_id=made.case_id)
    assert left.name == holder(session, "chair-arg").name


def test_nobody_is_appointed_to_what_a_rule_keeps_them_from(session: Session, made: ProcessInstance) -> None:
    with pytest.raises(DutiesSeparated, match="SOD-14"):
        operate(session, made, "appoint", role="review-panel-member", holders_of="independent-scrutineer",
                does="sit_on_panel", may_not="SOD-14")  # fmt: skip


def test_deeds_are_noted_once_a_person(session: Session, made: ProcessInstance) -> None:
    both = person(session, "Both", "chair-arg", "chair-rdg")
    operate(session, made, "note-deeds", action="recommend", roles="chair-arg chair-rdg", scope="s")
    deeds = session.scalars(select(Deed)).all()
    assert sum(d.person_id == both.person_id for d in deeds) == 1
    assert {d.scope for d in deeds} == {"s"}
    operate(session, made, "note-deeds", action="case_responsibility", roles="agency-contact", bodies=["wmp"])
    assert session.scalars(select(Deed.person_id).where(Deed.action == "case_responsibility")).all() == [
        holder(session, "agency-contact", body="wmp").person_id
    ]


def test_a_deed_of_whoever_answered_a_task(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "note-deeds", action="case_responsibility", answered="ask")
    operate(session, made, "note-deeds", action="case_responsibility", answered="")
    assert session.scalars(select(Deed)).all() == []  # nobody has answered it
    by = holder(session, "dcs")
    complete_work_item(session, item(session, "ask").id, {}, by=by, now=NOON)
    operate(session, made, "note-deeds", action="case_responsibility", answered="ask", bodies=["wmp"])
    assert session.scalars(select(Deed)).all() == []  # not for that body
    operate(session, made, "note-deeds", action="case_responsibility", answered="ask")
    (deed,) = session.scalars(select(Deed)).all()
    assert (deed.person_id, deed.role, deed.action) == (by.person_id, "dcs", "case_responsibility")


def test_whether_somebody_is_free_to_act(session: Session, made: ProcessInstance) -> None:
    ask = {"role": "independent-scrutineer", "does": "scrutinise", "may_not": "SOD-02 SOD-03"}
    assert operate(session, made, "check-conflict", **ask) == {
        "free": True, "vacant": False, "conflicted": False, "rules": [],
    }  # fmt: skip
    operate(session, made, "note-deeds", action="vote", roles="independent-scrutineer")
    assert operate(session, made, "check-conflict", **ask)["rules"] == ["SOD-02"]
    assert operate(session, made, "check-conflict", **{**ask, "role": "trainer"}) == {
        "free": False, "vacant": True, "conflicted": False, "rules": [],
    }  # fmt: skip
    declare_conflict(
        session, made.id, holder(session, "alternate-scrutineer").person_id, reason="x", by=SYSTEM, now=NOON
    )
    assert operate(session, made, "check-conflict", **{**ask, "role": "alternate-scrutineer"}) == {
        "free": False, "vacant": False, "conflicted": True, "rules": ["conflict-of-interest"],
    }  # fmt: skip


# Votes


def voters(session: Session, on: ProcessInstance, **inputs: Any) -> dict[str, Any]:
    result = operate(session, on, "list-voters", **inputs)
    return {v["partner"]: v for v in result["voters"]}


def test_each_partner_votes_through_its_lead(session: Session, made: ProcessInstance) -> None:
    assert {p: v["role"] for p, v in voters(session, made).items()} == {
        "local-authority": "dcs", "ccg": "ccg-chief-nurse", "police": "police-borough-commander",
    }  # fmt: skip
    assert set(voters(session, made, partners="ccg")) == {"ccg"}


def test_an_alternate_votes_where_a_rule_bars_the_lead(session: Session, made: ProcessInstance) -> None:
    operate(session, made, "note-deeds", action="recommend", roles="dcs")
    assert voters(session, made, may_not="SOD-04")["local-authority"]["role"] == "chair-arg"
    operate(session, made, "note-deeds", action="recommend", roles="chair-arg")
    nobody = voters(session, made, may_not="SOD-04")["local-authority"]
    assert nobody["role"] is None
    assert nobody["others"]
    named = nobody["others"][0]["value"]
    designated = voters(session, made, may_not="SOD-04", designated=[{"partner": "local-authority", "named": named}])
    assert designated["local-authority"]["role"] == named.partition("@")[0]


def test_who_was_asked_in_vain_comes_last_and_may_still_vote(session: Session, made: ProcessInstance) -> None:
    again = voters(session, made, asked_in_vain=["dcs"])["local-authority"]
    assert (again["role"], again["asked"]) == ("chair-arg", "chair-arg dcs")


def test_a_ballot_reopened_keeps_its_id(session: Session, made: ProcessInstance) -> None:
    first = operate(session, made, "list-voters")["ballot"]
    assert (
        operate(session, made, "list-voters", ballot=first)["ballot"]
        == first
        != operate(session, made, "list-voters")["ballot"]
    )


def test_an_absent_lead_without_substitute_votes_through_the_alternate(session: Session, made: ProcessInstance) -> None:
    dcs = holder(session, "dcs")
    record_absence(session, dcs.person_id, from_on=date(2027, 1, 11), to_on=date(2027, 1, 11), substitute_id=None,
                   by=SYSTEM, now=NOON)  # type: ignore[arg-type]  # fmt: skip
    assert voters(session, made)["local-authority"]["role"] == "chair-arg"


def test_a_lead_of_one_partner_does_not_name_the_voter_of_another(session: Session, made: ProcessInstance) -> None:
    day = date(2027, 1, 11)
    operate(session, made, "note-deeds", action="recommend", roles="dcs chair-arg ccg-chief-nurse")

    def names() -> Any:
        return voters(session, made, may_not="SOD-04")["local-authority"]["names"]

    def away(role: str, substitute: str | None) -> None:
        stands_in = None if substitute is None else holder(session, substitute).person_id
        record_absence(session, holder(session, role).person_id, from_on=day, to_on=day, substitute_id=stands_in,
                       by=SYSTEM, now=NOON)  # type: ignore[arg-type]  # fmt: skip

    assert names() == "dcs"
    away("dcs", "ccg-chief-nurse")
    assert names() == "chair-arg"
    away("chair-arg", None)
    assert names() == "business-manager"


def test_who_is_represented(session: Session, made: ProcessInstance) -> None:
    assert operate(session, made, "representation", bodies="smbc csc wmp uhb heft no-such-body") == {
        "partners": ["local-authority", "police"],
        "all_partners": False,
        "relevant_agencies": 1,
        "distinct_agencies": 3,
    }
    assert operate(session, made, "representation", bodies=["csc", "wmp", "ccg"])["all_partners"] is True


# Two cases of one incident


def test_the_same_child_near_in_time_is_recognised_without_opening_either_case(session: Session) -> None:
    born = {"children": [{"date_of_birth": "2019-08-07"}]}
    first = a_case(session, **born, incident_on="2027-01-01")
    assert operate(session, first, "find-duplicates") == []
    for day, expected in (("2027-01-15", True), ("2027-01-16", False)):
        other = a_case(session, **born, incident_on=day)
        references = [d["reference"] for d in operate(session, other, "find-duplicates")]
        assert (first.reference in references) is expected, day
    another = a_case(session, children=[{"date_of_birth": "2019-08-08"}], incident_on="2027-01-01")
    assert operate(session, another, "find-duplicates") == []
    nobody = a_case(session)
    assert operate(session, nobody, "find-duplicates") == []


def test_merging_keeps_the_earlier_awareness(session: Session) -> None:
    first, second = a_case(session), a_case(session)
    operate(session, first, "set-anchor", anchor="awareness", at="2027-01-11T10:00")
    operate(session, second, "set-anchor", anchor="awareness", at="2027-01-08T10:00")
    operate(session, second, "merge-case", into=str(first.id))
    anchor = deadlines.anchor(session, first.id, "awareness")
    assert anchor is not None
    assert anchor.isoformat() == "2027-01-08T10:00:00+00:00"
    operate(session, first, "merge-case", into=str(second.id))
    assert deadlines.anchor(session, second.id, "awareness") == anchor
    register = session.scalars(select(RegisterEntry.data).where(RegisterEntry.case_id == first.id)).all()
    assert register == [{"reference": second.reference, "case": str(second.id)}]
    with pytest.raises(OperationRefused, match="does not exist"):
        operate(session, first, "merge-case", into="00000000-0000-0000-0000-000000000001")


# The world of a case


def test_what_expressions_may_ask_about_the_partnership(session: Session, made: ProcessInstance) -> None:
    world = ground(session, made, by=SYSTEM, now=NOON).world
    assert world.holder("dcs") == holder(session, "dcs").name
    assert world.holder("trainer") is None
    assert [p["role"] for p in world.partners()] == ["dcs", "ccg-chief-nurse", "police-borough-commander"]
    assert {"value": "wmp", "title": "West Midlands Police"} in world.listed("bodies")
    assert world.deadline("D01") is None
    assert world.answers("ask") is None
    assert world.answers("begin") == {}
    assert world.confidential("incident_on") is None  # asked, and not answered
    with pytest.raises(KeyError):
        world.confidential("never_asked")
