"""Reminders: which rung when, to whom, once, and nothing after the task is done or outside working hours."""

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, notices, steps
from engine.clock import VirtualClock
from engine.commands.add_holiday import add_holiday
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.record_absence import record_absence
from engine.dispatch import Outgoing, carry_out, lease
from engine.forms import merge_example
from engine.model import Deadline, Job, Mail, ProcessInstance, WorkItem
from engine.runtime import Runtime
from engine.taking import form_context, form_for
from engine.types import SYSTEM, JobKind, JobState, WorkItemKind, WorkItemState
from engine.vocabulary import looking_at
from engine.working_time import Rung
from tests.factories import (
    NOON,
    bpmn,
    case,
    doer,
    each,
    end,
    holder,
    item,
    items,
    jobs_of,
    package,
    person,
    publish,
    service,
    start,
    user,
)

LIMITS = [
    {"id": "D01", "name": "Notify the Panel", "rule": "+5wd after known", "basis": "law", "limit": "true",
     "ladder": "statutory", "responsible": "dcs"},
    {"id": "D02", "name": "Agency returns", "rule": "+5wd after known", "ladder": "rapid"},
]  # fmt: skip
KNOWN = service("know", "set-anchor", {"anchor": "known", "at": "2027-01-11T10:00"})
BODIES = '=["wmp", "csc", "cafcass", "schools", "ukvi"]'


def tasks(
    due: str = "+5wd", *, ladder: str | None = None, role: str = "dcs", owner: str = "chair-arg", body: str = ""
) -> str:
    ask = user("ask", role=role, due=due, ladder=ladder, body=body or None)
    return bpmn("chased", start(role="dcs"), KNOWN, ask, end(), deadlines=LIMITS, owner=owner)


def begin(session: Session, diagram: str) -> ProcessInstance:
    publish(session, package(diagram))
    return case(session, "chased", role="dcs")


def rung(session: Session, subject: WorkItem | Deadline, rung_id: str) -> Rung:
    ladder = notices.ladder_of(session, subject)
    assert ladder is not None
    return next(r for r in ladder.rungs if r.id == rung_id)


def told(session: Session, subject: WorkItem | Deadline, rung_id: str) -> list[tuple[str, str | None]]:
    """(role, body) of everybody whom the rung tells."""
    found = notices.addressees(session, subject, rung(session, subject, rung_id), now=NOON)
    return [(a.role, a.person.body) for a in found]


def planned(session: Session) -> list[tuple[str | None, str]]:
    """The rungs to come of the open tasks."""
    jobs = [j for j in jobs_of(session, JobKind.SEND_REMINDER) if j.key.startswith("item/")]
    return [(j.detail, f"{j.due_at:%m-%d %H:%M}") for j in jobs]


def pass_time(runtime: Runtime, until: str, sent: list[Outgoing] | None = None) -> None:
    """Every job in its turn, at its own moment, until then."""
    clock = runtime.clock
    assert isinstance(clock, VirtualClock)
    end_at = datetime.fromisoformat(f"{until}+00:00")
    while True:
        with runtime.transaction() as session:
            due = session.scalar(
                select(Job.due_at)
                .where(Job.state == JobState.WAITING, Job.due_at <= end_at)
                .order_by(Job.due_at)
                .limit(1)
            )
        if due is None:
            break
        clock.move_to(max(clock(), due))
        for job_id in lease(runtime, 1):
            carry_out(runtime, job_id, (sent if sent is not None else []).append)
    clock.move_to(end_at)


# When


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        (None, [("R1", "01-13 09:00"), ("R2", "01-18 09:00"), ("O1", "01-19 09:00"), ("O2", "01-21 09:00"), ("O3", "01-25 09:00")]),
        ("rapid", [("R1", "01-14 09:00"), ("R2", "01-18 09:00"), ("O1", "01-19 09:00"), ("O2", "01-20 09:00"), ("O3", "01-21 09:00")]),
        ("statutory", [("R1", "01-14 09:00"), ("R2", "01-15 09:00"), ("R3", "01-18 09:00"), ("O1", "01-18 17:00"), ("O2", "01-19 09:00")]),
        ("none", []),
    ],
)  # fmt: skip
def test_the_rungs_of_a_ladder_are_counted_from_the_due_date(
    session: Session, ladder: str | None, expected: list[tuple[str, str]]
) -> None:
    begin(session, tasks(ladder=ladder))
    assert planned(session) == expected


def test_a_deadline_with_somebody_responsible_has_reminders_of_its_own_and_its_tasks_have_none(
    session: Session,
) -> None:
    begin(session, tasks("D01"))
    keys = {j.key.split("/")[0] for j in jobs_of(session, JobKind.SEND_REMINDER)}
    assert keys == {"deadline"}
    assert item(session, "ask").ladder is None


def test_a_deadline_without_reminds_those_whose_tasks_are_due_by_it(session: Session) -> None:
    begin(session, tasks("D02"))
    work = item(session, "ask")
    assert work.ladder == "rapid"
    assert {j.subject_id for j in jobs_of(session, JobKind.SEND_REMINDER) if j.key.startswith("item/")} == {work.id}


def test_a_task_that_is_due_soon_is_reminded_of_at_once_and_the_rungs_before_are_dropped(session: Session) -> None:
    begin(session, tasks("+1wd"))
    own = planned(session)
    assert own[0] == ("R1", "01-11 12:00")
    assert own[1] == ("R2", "01-12 09:00")


# To whom


def test_before_it_is_claimed_everybody_asked_is_reminded_and_then_only_who_has_it(session: Session) -> None:
    second = person(session, "Second", "dcs")
    begin(session, tasks())
    work = item(session, "ask")
    assert len(told(session, work, "R1")) == 2
    claim_work_item(session, work.id, by=second, now=NOON)
    (only,) = notices.addressees(session, work, rung(session, work, "R1"), now=NOON)
    assert only.person.name == "Second"


@pytest.mark.parametrize(
    ("rung_id", "expected"),
    [
        ("R1", ["dcs"]),
        ("O1", ["dcs", "business-manager"]),
        ("O2", ["dcs", "business-manager", "chair-arg"]),
        ("O3", ["dcs", "business-manager", "chair-arg"]),  # the Director is the partner's own representative
    ],
)
def test_an_overdue_task_is_told_higher_and_higher(session: Session, rung_id: str, expected: list[str]) -> None:
    begin(session, tasks())
    assert [role for role, _ in told(session, item(session, "ask"), rung_id)] == expected


def test_nobody_is_told_twice_by_one_rung(session: Session) -> None:
    begin(session, tasks(role="business-manager", owner="business-manager"))
    assert [role for role, _ in told(session, item(session, "ask"), "O2")] == ["business-manager"]


def rapid(bodies: str = BODIES) -> str:
    ask = user("ask", role="agency-contact", body="=agency", due="+5wd", ladder="rapid", loop=each(bodies, "agency"))
    return bpmn("chased", start(role="dcs"), ask, end(), owner="chair-arg")


RAPID = rapid()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("wmp", [("agency-contact", "wmp"), ("arg-member", "wmp"), ("business-manager", "smbc")]),
        ("cafcass", [("agency-contact", "cafcass"), ("arg-member", "cafcass"), ("business-manager", "smbc")]),
        # no seat in ARG or RDG: the Business Manager instead
        ("schools", [("agency-contact", "schools"), ("business-manager", "smbc")]),
        ("ukvi", [("agency-contact", "ukvi"), ("business-manager", "smbc")]),
    ],
)
def test_a_late_agency_is_told_through_its_member_of_the_group(
    session: Session, body: str, expected: list[tuple[str, str | None]]
) -> None:
    begin(session, RAPID)
    assert told(session, item(session, "ask", body=body), "O1") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("wmp", ["police-borough-commander"]),
        ("csc", ["dcs"]),
        # an agency of no partner: all three
        ("cafcass", ["dcs", "ccg-chief-nurse", "police-borough-commander"]),
        ("schools", ["dcs", "ccg-chief-nurse", "police-borough-commander"]),
    ],
)
def test_at_last_the_partner_of_the_agency_is_told(session: Session, body: str, expected: list[str]) -> None:
    """And the chair of the review panel, whom the Business Manager stands in for while there is none."""
    begin(session, RAPID)
    assert [role for role, _ in told(session, item(session, "ask", body=body), "O3")] == ["business-manager", *expected]


def test_the_chair_of_this_cases_panel_is_told_and_not_another_cases(session: Session) -> None:
    made, other = begin(session, RAPID), begin(session, RAPID)
    person(session, "Chair of this panel", "review-panel-chair", case_id=made.id)
    person(session, "Chair of another", "review-panel-chair", case_id=other.id)
    work = next(i for i in items(session, "ask") if i.case_id == made.id and i.body == "wmp")
    found = notices.addressees(session, work, rung(session, work, "O3"), now=NOON)
    assert [a.person.name for a in found][:1] == ["Chair of this panel"]


def test_a_limit_in_law_is_told_to_the_director_and_then_to_all_partners(session: Session) -> None:
    made = begin(session, tasks("D01"))
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    assert [r for r, _ in told(session, found, "O1")] == ["dcs", "business-manager"]
    assert [r for r, _ in told(session, found, "O2")] == [
        "dcs", "ccg-chief-nurse", "police-borough-commander", "independent-scrutineer",
    ]  # fmt: skip


def test_whoever_is_away_is_represented(session: Session) -> None:
    second = person(session, "Second", "trainer")
    begin(session, tasks())
    dcs = holder(session, "dcs")
    assert dcs.person_id is not None
    record_absence(
        session,
        dcs.person_id,
        from_on=NOON.date(),
        to_on=NOON.date(),
        substitute_id=second.person_id,
        by=SYSTEM,
        now=NOON,
    )
    (only,) = notices.addressees(session, item(session, "ask"), rung(session, item(session, "ask"), "R1"), now=NOON)
    assert only.person.name == "Second"


# Once, in time, and not afterwards


def test_a_whole_ladder_as_it_is_climbed(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        begin(session, rapid('=["wmp"]'))
        assert len(items(session, "ask")) == 1
    sent: list[Outgoing] = []
    pass_time(any_staffed, "2027-02-01T12:00", sent)
    with any_staffed.transaction() as session:
        mails = session.scalars(select(Mail).order_by(Mail.made_at, Mail.address)).all()
        climbed = [(m.rung, m.role, f"{m.sent_at:%m-%d %H:%M}") for m in mails]
        assert climbed == [
            ("R1", "agency-contact", "01-14 09:00"),
            ("R2", "agency-contact", "01-18 09:00"),
            ("O1", "agency-contact", "01-19 09:00"),
            ("O1", "arg-member", "01-19 09:00"),
            ("O1", "business-manager", "01-19 09:00"),
            ("O2", "business-manager", "01-20 09:00"),
            ("O3", "business-manager", "01-21 09:00"),
            ("O3", "police-borough-commander", "01-21 09:00"),
        ]
        assert len({m.message_id for m in mails}) == len(sent) == 8
        (chase,) = items(session, "telephone")
        assert (chase.kind, chase.role, chase.state) == (WorkItemKind.CHASE, "business-manager", WorkItemState.READY)
        assert chase.facts["about"] == "Ask"
        assert chase.due_at is not None
        assert f"{chase.due_at:%m-%d}" == "01-21"


def test_a_chase_is_done_beside_the_diagram(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        made = begin(session, RAPID)
    pass_time(staffed, "2027-01-20T10:00")
    with staffed.transaction() as session:
        chase = items(session, "telephone")[0]
        before = session.get_one(ProcessInstance, made.id).revision
        assert chase.form == "telephone"
        on = steps.ground(session, session.get_one(ProcessInstance, made.id), by=SYSTEM, now=staffed.now())
        form = form_for(session, on, chase)
        assert form is not None
        with looking_at(on.world):
            answers = merge_example(form, {}, form_context(on, chase))
        complete_work_item(session, chase.id, answers, by=doer(session, chase), now=staffed.now())
        assert session.get_one(ProcessInstance, made.id).revision == before


def test_nothing_is_sent_once_the_task_is_done(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        begin(session, tasks(ladder="rapid"))
    pass_time(staffed, "2027-01-14T10:00")
    with staffed.transaction() as session:
        complete_work_item(session, item(session, "ask").id, {}, by=holder(session, "dcs"), now=staffed.now())
        assert [j for j in jobs_of(session, JobKind.SEND_REMINDER) if j.key.startswith("item/")] == []
    pass_time(staffed, "2027-02-01T10:00")
    with staffed.transaction() as session:
        item_mails = session.scalars(select(Mail.rung).where(Mail.work_item_id.is_not(None))).all()
        assert item_mails == ["R1"]


def test_a_reminder_already_in_a_workers_hands_says_nothing_when_the_task_is_done(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        begin(session, tasks())
        first = next(j for j in jobs_of(session, JobKind.SEND_REMINDER) if j.key.startswith("item/"))
        first_id: UUID = first.id
        first.state = JobState.LEASED
    with staffed.transaction() as session:
        complete_work_item(session, item(session, "ask").id, {}, by=holder(session, "dcs"), now=NOON)
    carry_out(staffed, first_id, lambda _: None)
    with staffed.transaction() as session:
        assert session.get_one(Job, first_id).state == JobState.DONE
        assert session.scalars(select(Mail)).all() == []


def test_the_same_notice_to_the_same_person_is_made_once(session: Session) -> None:
    made = begin(session, tasks())
    addressee = notices.Addressee(holder(session, "dcs"), "dcs")
    for key in ("k", "k", "another"):
        notices.compose(session, [addressee], made, "submitted", key, now=NOON, rung="submitted")
    notices.compose(
        session, [notices.Addressee(holder(session, "chair-arg"), "x")], made, "submitted", "k", now=NOON, rung="x"
    )
    assert len(session.scalars(select(Mail)).all()) == 3
    assert len(jobs_of(session, JobKind.SEND_MAIL)) == 3


@pytest.mark.parametrize(
    ("made_at", "leaves_at"),
    [
        ("2027-01-11T12:00", "2027-01-11T12:00"),
        ("2027-01-11T07:59", "2027-01-11T08:00"),
        ("2027-01-11T18:00", "2027-01-12T08:00"),
        ("2027-01-15T23:00", "2027-01-18T08:00"),  # Friday night
        ("2027-01-16T12:00", "2027-01-18T08:00"),
        ("2027-03-26T12:00", "2027-03-30T07:00"),  # Good Friday; eight in London is seven by then
    ],
)
def test_no_mail_leaves_outside_the_hours_of_work(session: Session, made_at: str, leaves_at: str) -> None:
    made = begin(session, tasks())
    now = datetime.fromisoformat(f"{made_at}+00:00")
    notices.compose(
        session, [notices.Addressee(holder(session, "dcs"), "dcs")], made, "submitted", "k", now=now, rung="x"
    )
    (job,) = jobs_of(session, JobKind.SEND_MAIL)
    assert job.due_at == datetime.fromisoformat(f"{leaves_at}+00:00")


def test_a_rung_climbed_is_not_climbed_again_when_the_deadline_moves_later(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        begin(session, tasks("D02"))
    pass_time(staffed, "2027-01-14T10:00")
    with staffed.transaction() as session:
        add_holiday(session, date(2027, 1, 15), "A day of mourning", by=SYSTEM, now=staffed.now())
        own = [j.detail for j in jobs_of(session, JobKind.SEND_REMINDER) if j.key.startswith("item/")]
        assert own == ["R2", "O1", "O2", "O3"]


# Words


def test_a_rung_after_the_due_date_leaves_a_new_holiday_though_the_date_stays(session: Session) -> None:
    begin(session, tasks("D02"))
    assert planned(session)[2:] == [("O1", "01-19 09:00"), ("O2", "01-20 09:00"), ("O3", "01-21 09:00")]
    moved = add_holiday(session, date(2027, 1, 19), "A day of mourning", by=SYSTEM, now=NOON)
    assert moved == []
    assert planned(session)[2:] == [("O1", "01-20 09:00"), ("O2", "01-21 09:00"), ("O3", "01-22 09:00")]


def test_a_mail_says_case_task_date_and_where_to_look_and_nothing_else(session: Session) -> None:
    made = begin(session, tasks())
    work = item(session, "ask")
    notices.compose(session, [notices.Addressee(holder(session, "dcs"), "dcs")], made, "reminder", "k", now=NOON, rung="R1",
                    task=work.title, due_at=work.due_at, item=work)  # fmt: skip
    mail = session.scalars(select(Mail)).one()
    assert mail.subject.startswith("Reminder: Ask (SOL-2027-001), due ")
    assert mail.text.endswith(f"http://127.0.0.1:8000/tasks/{work.id}\n")
    assert mail.address == "dcs@solihull.example"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{reference}: {task}", "R: {reference} {0} {x.__class__} %s"),
        (
            "{nothing} {} {0} {reference!r} {reference.__class__}",
            "{nothing} {} {0} {reference!r} {reference.__class__}",
        ),
    ],
)
def test_words_are_filled_in_once_and_no_more_than_that(text: str, filled: str) -> None:
    said = {"reference": "R", "task": "{reference} {0} {x.__class__} %s"}
    assert notices.fill(text, said) == filled


def test_the_people_of_a_role_are_told_of_what_has_happened(session: Session) -> None:
    made = begin(session, tasks())
    assert [a.role for a in notices.recipients(session, made, "partners", now=NOON)] == [
        "dcs", "ccg-chief-nurse", "police-borough-commander",
    ]  # fmt: skip
    assert [a.person.body for a in notices.recipients(session, made, "agency-contact", body="wmp", now=NOON)] == ["wmp"]
    assert [a.role for a in notices.recipients(session, made, "review-panel-chair", now=NOON)] == ["business-manager"]
    assert [a.role for a in notices.recipients(session, made, "trainer", now=NOON)] == ["business-manager"]


def test_whoever_is_kept_out_of_a_case_hears_nothing_of_it_and_the_stand_in_does(session: Session) -> None:
    made = begin(session, tasks())
    dcs, office = holder(session, "dcs"), holder(session, "business-manager")
    for who in (dcs, office):
        declare_conflict(session, made.id, who.person_id, reason="knows the family", by=who, now=NOON)
    assert told(session, item(session, "ask"), "O1") == [("chair-arg", "csc"), ("business-unit-officer", None)]
    assert [a.role for a in notices.recipients(session, made, "dcs", now=NOON)] == ["chair-arg"]


@pytest.mark.parametrize(
    ("due", "ladder", "title"),
    [
        ("D01", None, "Record why a statutory limit was missed"),
        ("D02", "statutory", "Record why this was late: Agency returns"),
        ("+5wd", "statutory", "Record why this was late: Ask"),
    ],
)
def test_only_what_breaks_a_law_is_called_a_missed_limit(
    staffed: Runtime, due: str, ladder: str | None, title: str
) -> None:
    with staffed.transaction() as session:
        begin(session, tasks(due, ladder=ladder))
    pass_time(staffed, "2027-01-19T10:00")
    with staffed.transaction() as session:
        assert {i.title for i in items(session, "breach-record")} >= {title}
