"""What pages show: sorted, filtered, paged, within a few statements, and nothing to outsiders."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engine import notices
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.save_draft import save_draft
from engine.library import UnknownProcess
from engine.model import AuditEvent, Heartbeat, ProcessInstance, WorkItem
from engine.policy import NotFound
from engine.queries.api import audit_json, case_json, history_json, incidents_json, task_json
from engine.queries.case_page import Part, case_page
from engine.queries.cases import cases
from engine.queries.health import health
from engine.queries.inbox import PAGE, Inbox, Listing, Sort, Wanted, count, inbox
from engine.queries.mails import PAGE as MAIL_PAGE
from engine.queries.mails import mails
from engine.queries.people import roles_of, sign_in_choices
from engine.queries.processes import processes, start_page
from engine.queries.task_page import task_page
from engine.runtime import Runtime
from engine.types import JobKind, JobState, Participant
from tests.factories import (
    NOON,
    boundary,
    bpmn,
    call,
    case,
    each,
    end,
    form,
    holder,
    item,
    items,
    jobs_of,
    package,
    participant,
    person,
    publish,
    service,
    start,
    text,
    user,
)

ROWS = [{"id": "D01", "name": "Reply", "rule": "+5wd after known", "basis": "law", "limit": "true", "ladder": "none"}]
KNOWN = service("know", "set-anchor", {"anchor": "known", "at": "2027-01-11T10:00"})
REVIEW = bpmn(
    "review", start(role="dcs"), KNOWN, user("decide", role="dcs", due="D01", shows="begin", meets="D01"),
    user("ask-agency", role="agency-contact", body="=agency", due="+2wd", loop=each('=["wmp", "csc"]', "agency")),
    boundary("stop", "decide", message="stop", role="chair-arg"), end(), end("stopped"), deadlines=ROWS,
    flow="begin -> know -> decide -> ask-agency -> done; stop -> stopped",
)  # fmt: skip
FORMS = {
    "begin": form({"about": text(), "child": text(mark="C")}),
    "decide": form({"why": text()}),
    "ask-agency": form({"said": text(mark="SC")}),
}
SHORT = bpmn("short", start(role="dcs"), user("glance", role="dcs"), end(), case_data=False)
BEGIN = {"about": "x", "child": "The child's name"}


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)


@pytest.fixture
def review(session: Session) -> ProcessInstance:
    publish(session, package(REVIEW, forms=FORMS), SHORT)
    return case(session, "review", BEGIN, role="dcs")


def listed(found: Inbox) -> list[str]:
    return [row.title for row in found.rows]


def of(session: Session, by: Participant, **wanted: object) -> Inbox:
    return inbox(session, by, Wanted(**wanted), now=NOON)  # type: ignore[arg-type]


# The inbox


def test_a_role_held_alone_makes_its_tasks_mine_and_a_shared_one_the_teams(
    session: Session, review: ProcessInstance
) -> None:
    dcs = holder(session, "dcs")
    assert listed(of(session, dcs)) == ["Decide"]
    second = person(session, "Second", "dcs")
    assert listed(of(session, dcs)) == []
    assert listed(of(session, dcs, listing=Listing.TEAM)) == ["Decide"]
    claim_work_item(session, item(session, "decide").id, by=second, now=NOON)
    session.flush()
    assert listed(of(session, second)) == ["Decide"]
    assert [r.assignee for r in of(session, dcs, listing=Listing.TEAM).rows] == ["Second"]
    found = of(session, dcs)
    assert (found.mine, found.team) == (0, 1)
    assert (count(session, second, now=NOON).mine, count(session, dcs, now=NOON).team) == (1, 1)


def test_events_that_may_be_triggered_are_no_tasks(session: Session, review: ProcessInstance) -> None:
    assert sorted(i.element for i in items(session)) == ["decide", "stop"]
    assert listed(of(session, holder(session, "chair-arg"))) == []


def test_an_agency_is_shown_its_own_tasks_only(session: Session, review: ProcessInstance) -> None:
    complete_work_item(session, item(session, "decide").id, {"why": "x"}, by=holder(session, "dcs"), now=NOON)
    for body in ("wmp", "csc"):
        found = of(session, holder(session, "agency-contact", body=body))
        assert [(r.title, r.body) for r in found.rows] == [
            ("Ask agency", session.info["runtime"].partnership.body_name(body))
        ]
    assert of(session, holder(session, "agency-contact", body="cafcass")).total == 0


def test_nobody_in_conflict_is_shown_the_cases_tasks(session: Session, review: ProcessInstance) -> None:
    second = person(session, "Second", "dcs", body="wmp")
    declare_conflict(session, review.id, second.person_id, reason="x", by=second, now=NOON)
    assert of(session, second, listing=Listing.TEAM).total == 0
    dcs = holder(session, "dcs")
    assert of(session, dcs).total == 1
    declare_conflict(session, review.id, None, body="smbc", reason="x", by=second, now=NOON)
    assert (of(session, dcs).total, count(session, dcs, now=NOON).mine) == (0, 0)


def test_what_i_have_done_is_listed_newest_first(session: Session, review: ProcessInstance) -> None:
    dcs = holder(session, "dcs")
    case(session, "short", role="dcs")
    complete_work_item(session, item(session, "decide").id, {"why": "x"}, by=dcs, now=NOON)
    complete_work_item(session, item(session, "glance").id, {}, by=dcs, now=NOON + timedelta(hours=1))
    assert listed(of(session, dcs, listing=Listing.DONE)) == ["Glance", "Decide"]


@pytest.fixture
def many(session: Session, review: ProcessInstance) -> Participant:
    """Sixty tasks of one person, due every hour before and after now."""
    dcs = holder(session, "dcs")
    model = item(session, "decide")
    for number in range(59):
        copied = {c.key: getattr(model, c.key) for c in WorkItem.__table__.columns if c.key != "id"}
        due = None if number == 58 else NOON + timedelta(hours=number - 29)
        copied |= {"title": f"Task {number:02}", "due_at": due, "opened_at": NOON + timedelta(minutes=-number)}
        session.add(WorkItem(id=uuid4(), **copied))
    session.flush()
    return dcs


def test_pages_follow_one_another_without_gap_or_repeat(session: Session, many: Participant) -> None:
    pages = [of(session, many, page=n) for n in (1, 2, 3)]
    assert [len(p.rows) for p in pages] == [PAGE, PAGE, 10]
    assert {p.total for p in pages} == {60}
    assert len({r.work_item_id for p in pages for r in p.rows}) == 60
    assert (of(session, many, page=99).page, of(session, many, page=-3).page) == (3, 1)


@pytest.mark.parametrize(
    ("sort", "descending", "first"),
    [
        (Sort.DUE, False, "Task 00"),
        (Sort.DUE, True, "Decide"),
        (Sort.TASK, False, "Decide"),
        (Sort.TASK, True, "Task 58"),
        (Sort.OPENED, False, "Task 58"),
        (Sort.CASE, False, "Task 58"),
    ],
)
def test_tasks_are_sorted_as_asked_for(
    session: Session, many: Participant, sort: Sort, descending: bool, first: str
) -> None:
    assert listed(of(session, many, sort=sort, descending=descending))[0] == first


def test_tasks_without_a_due_date_come_last_either_way(session: Session, many: Participant) -> None:
    for descending in (False, True):
        assert listed(of(session, many, page=3, descending=descending))[-1] == "Task 58"


def test_filters_narrow_the_list_and_its_count(session: Session, many: Participant, review: ProcessInstance) -> None:
    assert of(session, many, overdue=True).total == 29
    assert of(session, many, text="task 0").total == 10
    assert of(session, many, text=review.reference.lower()).total == 60
    assert of(session, many, text="review").total == 60
    assert of(session, many, process="short").total == 0
    assert of(session, many, process="review", text="decide").total == 1
    assert of(session, many, text="100%_'\"--").total == 0
    assert of(session, many, text="%").total == 60


def test_the_inbox_asks_few_questions(session: Session, many: Participant) -> None:
    with statements(session) as asked:
        of(session, many)
    assert len(asked) <= 6, asked
    with statements(session) as asked:
        of(session, many, text="task", overdue=True, listing=Listing.TEAM)
    assert len(asked) <= 6, asked
    with statements(session) as asked:
        count(session, many, now=NOON)
    assert len(asked) <= 2, asked


def test_somebody_without_a_role_has_an_empty_inbox(session: Session, review: ProcessInstance) -> None:
    assert of(session, participant()).rows == ()
    assert of(session, person(session, "Nobody"), listing=Listing.TEAM).total == 0


# A task


def test_a_task_shows_its_form_its_papers_its_date_and_why(session: Session, review: ProcessInstance) -> None:
    page = task_page(session, item(session, "decide").id, by=holder(session, "dcs"), now=NOON)
    assert (page.title, page.reference, page.may_complete, page.why_not) == ("Decide", review.reference, True, None)
    assert page.form is not None
    assert page.explanation is not None
    assert page.statutory
    assert [p.answers for p in page.papers] == [BEGIN]


def test_whoever_may_see_but_not_do_it_is_told_why(session: Session, review: ProcessInstance) -> None:
    page = task_page(session, item(session, "decide").id, by=holder(session, "chair-arg"), now=NOON)
    assert not page.may_complete
    assert page.why_not == "This is not a task of yours."
    second = person(session, "Second", "dcs")
    claim_work_item(session, item(session, "decide").id, by=second, now=NOON)
    page = task_page(session, item(session, "decide").id, by=holder(session, "dcs"), now=NOON)
    assert page.why_not == "Second has taken this task."


def test_a_draft_is_shown_to_its_author_only(session: Session, review: ProcessInstance) -> None:
    second = person(session, "Second", "dcs")
    save_draft(session, item(session, "decide").id, {"why": "half"}, by=second, now=NOON)
    session.flush()
    assert task_page(session, item(session, "decide").id, by=second, now=NOON).draft == {"why": "half"}
    assert task_page(session, item(session, "decide").id, by=holder(session, "dcs"), now=NOON).draft is None


def test_an_outsider_does_not_learn_that_there_is_a_task(session: Session, review: ProcessInstance) -> None:
    complete_work_item(session, item(session, "decide").id, {"why": "x"}, by=holder(session, "dcs"), now=NOON)
    wmp = item(session, "ask-agency", body="wmp")
    for outsider in (holder(session, "lead-member"), holder(session, "agency-contact", body="csc"), participant()):
        with pytest.raises(NotFound):
            task_page(session, wmp.id, by=outsider, now=NOON)
    with pytest.raises(NotFound):
        task_page(session, uuid4(), by=holder(session, "dcs"), now=NOON)


def test_an_agency_sees_its_own_answer_afterwards_and_not_the_case(session: Session, review: ProcessInstance) -> None:
    complete_work_item(session, item(session, "decide").id, {"why": "x"}, by=holder(session, "dcs"), now=NOON)
    contact = holder(session, "agency-contact", body="wmp")
    done = complete_work_item(
        session, item(session, "ask-agency", body="wmp").id, {"said": "mine"}, by=contact, now=NOON
    )
    page = task_page(session, done.id, by=contact, now=NOON)
    assert (page.answers, page.papers, page.may_see_case) == ({"said": "mine"}, (), False)
    with pytest.raises(NotFound):
        case_page(session, review.reference, by=contact, now=NOON)
    declare_conflict(session, review.id, contact.person_id, reason="x", by=contact, now=NOON)
    with pytest.raises(NotFound):
        task_page(session, done.id, by=contact, now=NOON)


def test_looking_at_a_confidential_task_is_history_and_at_another_is_not(
    session: Session, review: ProcessInstance
) -> None:
    case(session, "short", role="dcs")
    dcs = holder(session, "dcs")
    session.info["history"].clear()
    task_page(session, item(session, "decide").id, by=dcs, now=NOON)
    task_page(session, item(session, "glance").id, by=dcs, now=NOON)
    (seen,) = session.info["history"]
    assert (seen.action, seen.person_id, seen.role, seen.work_item_id) == (
        "task-viewed", dcs.person_id, "dcs", item(session, "decide").id,
    )  # fmt: skip


# A case


def test_a_case_shows_where_it_stands_and_its_clocks(session: Session, review: ProcessInstance) -> None:
    page = case_page(session, review.reference, by=holder(session, "dcs"), now=NOON)
    assert (page.reference, page.status, page.confidential) == (review.reference, "running", True)
    assert [(c.code, c.statutory) for c in page.clocks] == [("D01", True)]
    assert [t.title for t in page.tasks] == ["Decide"]
    (standing,) = page.standings
    assert standing.here == {"decide": 1, "stop": 1}
    assert "Director" in " ".join(page.seen_by)


def test_only_the_part_of_a_case_that_is_looked_at_is_read_and_history_says_which(
    session: Session, review: ProcessInstance
) -> None:
    for part in Part:
        session.info["history"].clear()
        page = case_page(session, review.reference, by=holder(session, "dcs"), now=NOON, part=part)
        assert [p.answers for p in page.papers] == ([BEGIN] if part == Part.PAPERS else [])
        assert bool(page.standings) is (part == Part.STANDING)
        assert [e.details for e in session.info["history"]] == [{"part": part}]


def test_a_date_that_nobody_has_a_task_for_is_idle_and_a_statutory_one_never_is(session: Session) -> None:
    rows = [*ROWS, {"id": "D02", "name": "Scrutiny", "rule": "+1wd after known", "basis": "chosen", "ladder": "none"}]
    two = bpmn("two", start(role="dcs"), KNOWN, user("decide", role="dcs", due="D01"), end(), deadlines=rows)
    publish(session, package(two, forms={"decide": form({"why": text()})}))
    page = case_page(session, case(session, "two", role="dcs").reference, by=holder(session, "dcs"), now=NOON)
    assert {c.code: c.idle for c in page.clocks} == {"D01": False, "D02": True}


def test_an_event_is_offered_to_those_who_may_trigger_it(session: Session, review: ProcessInstance) -> None:
    assert [a.title for a in case_page(session, review.reference, by=holder(session, "chair-arg"), now=NOON).actions]
    assert case_page(session, review.reference, by=holder(session, "dcs"), now=NOON).actions == ()


def test_a_called_process_has_its_own_picture(session: Session) -> None:
    inner = bpmn("inner", start(), user("ask", role="dcs"), end())
    publish(session, inner, bpmn("outer", start(role="dcs"), call("hand-over", "inner", {"x": "=1"}), end()))
    made = case(session, "outer", role="dcs")
    page = case_page(session, made.reference, by=holder(session, "dcs"), now=NOON)
    assert [(s.key, dict(s.here)) for s in page.standings] == [("outer", {"hand-over": 1}), ("inner", {"ask": 1})]
    assert [r.state for r in page.standings[1].rows] == ["here"]


@pytest.mark.parametrize("reference", ["SOL-2027-001", "SOL-2027-999", "' or 1=1 --", ""])
def test_a_case_that_is_not_there_and_one_not_to_be_seen_are_the_same(
    session: Session, review: ProcessInstance, reference: str
) -> None:
    with pytest.raises(NotFound) as refused:
        case_page(session, reference, by=holder(session, "lead-member"), now=NOON)
    assert refused.value.message == NotFound().message


def test_looking_at_a_case_is_history(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(REVIEW, forms=FORMS))
        made = case(session, "review", BEGIN, role="dcs")
    with staffed.transaction() as session:
        case_page(session, made.reference, by=holder(session, "dcs"), now=NOON)
    with staffed.transaction() as session:
        seen = session.scalars(select(AuditEvent).where(AuditEvent.action == "case-viewed")).one()
        assert (seen.case_id, seen.person_id) == (made.id, holder(session, "dcs").person_id)
        page = case_page(session, made.reference, by=holder(session, "dcs"), now=NOON)
        assert page.standings[0].passed == {"begin", "know"}
        dcs = holder(session, "dcs")
        happenings = case_page(session, made.reference, by=dcs, now=NOON, part=Part.HISTORY).happenings
        assert [h.action for h in happenings] == ["case-viewed", "task-opened", "anchor-set", "case-started"]
        assert {h.who for h in happenings if h.action == "case-started"} == {holder(session, "dcs").name}


def test_every_case_is_known_by_reference_and_status_only(session: Session, review: ProcessInstance) -> None:
    case(session, "short", role="dcs", now=NOON + timedelta(hours=1))
    found = cases(session, holder(session, "lead-member"))
    assert [(r.reference, r.status, r.may_open) for r in found.rows] == [
        ("SOL-2027-002", "running", True), ("SOL-2027-001", "running", False),
    ]  # fmt: skip
    assert cases(session, holder(session, "dcs"), text="001").total == 1
    assert cases(session, holder(session, "dcs"), text="%", page=9).page == 1


# The API, processes, people, health


def test_the_api_tells_what_the_pages_do(session: Session, review: ProcessInstance) -> None:
    dcs = holder(session, "dcs")
    told = case_json(session, review.reference, by=dcs, now=NOON)
    assert told["deadlines"][0]["id"] == "D01"
    assert told["tasks"][0]["title"] == "Decide"
    assert history_json(session, review.reference, by=dcs, now=NOON)["reference"] == review.reference
    assert task_json(session, item(session, "decide").id, by=dcs, now=NOON)["may_complete"] is True
    for told_of in (
        lambda by: case_json(session, review.reference, by=by, now=NOON),
        lambda by: history_json(session, review.reference, by=by, now=NOON),
        lambda by: task_json(session, item(session, "decide").id, by=by, now=NOON),
    ):
        with pytest.raises(NotFound):
            told_of(holder(session, "lead-member"))


def test_incidents_are_for_the_office_and_say_nothing_of_a_case(session: Session, review: ProcessInstance) -> None:
    job = jobs_of(session, JobKind.SEND_REMINDER)
    assert job == []
    publish(session, bpmn("chased", start(role="dcs"), user("soon", role="dcs", due="+5wd"), end()))
    case(session, "chased", role="dcs")
    jobs_of(session, JobKind.SEND_REMINDER)[0].state = JobState.INCIDENT
    session.flush()
    office = holder(session, "business-manager")
    (told,) = incidents_json(session, by=office, state=JobState.INCIDENT)["jobs"]
    assert set(told) == {"id", "kind", "state", "due_at", "attempts", "cause", "element"}
    assert len(incidents_json(session, by=office, state=JobState.WAITING)["jobs"]) == 4
    with pytest.raises(NotFound):
        incidents_json(session, by=holder(session, "dcs"), state=JobState.INCIDENT)


def test_jobs_and_the_whole_history_are_for_the_roles_that_the_partnership_names(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(REVIEW, forms=FORMS))
        case(session, "review", BEGIN, role="dcs")
    chosen = replace(staffed, partnership=replace(staffed.partnership, oversees=frozenset({"chair-arg"})))
    for runtime, role in ((staffed, "business-manager"), (chosen, "chair-arg")):
        with runtime.transaction() as session:
            told = audit_json(session, 1, by=holder(session, role))["events"]
            assert [e["seq"] for e in told] == list(range(2, len(told) + 2))
            assert incidents_json(session, by=holder(session, role), state=JobState.INCIDENT) == {"jobs": []}
            for other in ({"business-manager", "business-unit-officer", "chair-arg", "dcs"}) - {role}:
                with pytest.raises(NotFound):
                    audit_json(session, 0, by=holder(session, other))
                with pytest.raises(NotFound):
                    incidents_json(session, by=holder(session, other), state=JobState.INCIDENT)


def test_a_person_may_begin_what_the_roles_allow(session: Session, review: ProcessInstance) -> None:
    assert {p.key: [b.event for b in p.starts] for p in processes(session, holder(session, "dcs"))} == {
        "review": ["begin"], "short": ["begin"],
    }  # fmt: skip
    assert all(not p.starts for p in processes(session, holder(session, "lead-member")))
    page = start_page(session, "review", None, holder(session, "dcs"))
    assert set(page.form.names) == {"about", "child"}
    for key, wanted, role, refused in (
        ("review", None, "lead-member", NotFound),
        ("review", "no-such-event", "dcs", NotFound),
        ("nothing", None, "dcs", UnknownProcess),
    ):
        with pytest.raises(refused):
            start_page(session, key, wanted, holder(session, role))


def test_everybody_with_a_role_may_be_chosen_those_with_tasks_first(session: Session, review: ProcessInstance) -> None:
    complete_work_item(session, item(session, "decide").id, {"why": "x"}, by=holder(session, "dcs"), now=NOON)
    choices = sign_in_choices(session, now=NOON)
    assert {c.group for c in choices} == {"The partnership", "Agencies"}
    agencies = [c for c in choices if c.group == "Agencies"]
    assert [c.waiting for c in agencies[:3]] == [1, 1, 0]
    assert "Director" in roles_of(session, holder(session, "dcs"))


def test_health_knows_due_jobs_incidents_and_the_workers_last_sign(session: Session, review: ProcessInstance) -> None:
    before = health(session, now=NOON)
    assert (before.worker_seen, before.incidents, before.holidays_reach_a_year) == (None, 0, True)
    session.add(Heartbeat(worker="w", seen_at=NOON, swept_at=NOON))
    publish(session, bpmn("chased", start(role="dcs"), user("soon", role="dcs", due="+0wd"), end()))
    case(session, "chased", role="dcs")
    jobs_of(session, JobKind.SEND_REMINDER)[-1].state = JobState.INCIDENT
    session.flush()
    after = health(session, now=NOON)
    assert (after.worker_seen, after.incidents, after.due_jobs) == (NOON, 1, before.due_jobs + 1)


def test_the_viewer_shows_the_newest_mails_some_at_a_time(session: Session, review: ProcessInstance) -> None:
    for number in range(MAIL_PAGE + 2):
        notices.compose(session, [notices.Addressee(holder(session, "dcs"), "dcs")], review, "submitted", f"{number}",
                        now=NOON + timedelta(minutes=number), rung="submitted")  # fmt: skip
    first, last = mails(session), mails(session, page=99)
    assert [m.made_at.minute for m in first.rows][:3] == [26, 25, 24]
    assert first.rows[0].to == "dcs@solihull.example"
    assert (len(first.rows), first.total, first.pages) == (25, 27, 2)
    assert [m.made_at.minute for m in last.rows] == [1, 0]
