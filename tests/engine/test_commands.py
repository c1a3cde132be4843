"""Start, claim, release, draft, complete: locked, checked, recorded, all or nothing, and the same key counts once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import directory, values
from engine.bpmn.execute import StepFailed
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.keep_attachment import keep_attachment
from engine.commands.release_work_item import release_work_item
from engine.commands.save_draft import save_draft
from engine.commands.start_process import NotStartedByHand, start_process
from engine.library import UnknownProcess
from engine.model import AuditEvent, Base, Deed, Draft, ProcessInstance, Submission, WorkItem
from engine.policy import DutiesSeparated, InConflict, NotForYou, NotFound
from engine.refusals import AnswersInvalid, WorkItemClosed, WorkItemTaken
from engine.runtime import Runtime
from engine.types import InstanceStatus, Participant, WorkItemKind, WorkItemState
from tests.factories import (
    NOON,
    boundary,
    bpmn,
    case,
    doer,
    each,
    end,
    exclusive,
    form,
    holder,
    item,
    items,
    manual,
    package,
    person,
    publish,
    script,
    start,
    sub,
    text,
    user,
)

YES = {"type": "boolean", "title": "Go on", "x-sensitivity": "-"}
PROCESS = bpmn(
    "review", start(role="la-notifier dcs", does="record_decision"),
    user("decide", role="dcs", does="recommend", scope="plan-1"), exclusive("which"),
    user("vote", role="chair-arg", does="vote", may_not="SOD-04"), user("last", role="dcs"), end(),
    flow="begin -> decide -> which -[go_on]-> vote -> last -> done; which -> last",
)  # fmt: skip
FORMS = {
    "begin": form({"about": text()}),
    "decide": form({"go_on": YES, "why": text(), "more": text()}, required=["go_on", "why"]),
}


@pytest.fixture
def review(session: Session) -> ProcessInstance:
    publish(session, package(PROCESS, forms=FORMS))
    return case(session, "review", {"about": "x"}, role="la-notifier")


def dcs(session: Session) -> Participant:
    return holder(session, "dcs")


def decide(session: Session, *, go_on: bool = True, by: Participant | None = None, **more: object) -> WorkItem:
    answers = {"go_on": go_on, "why": "w"}
    return complete_work_item(session, item(session, "decide").id, answers, by=by or dcs(session), now=NOON, **more)  # type: ignore[arg-type]


def actions(session: Session) -> list[str]:
    return [e.action for e in session.info.get("history", [])]


# Start


def test_a_case_begins_with_its_reference_its_first_task_and_a_history(
    session: Session, review: ProcessInstance
) -> None:
    assert (review.reference, review.status, review.case_id) == ("SOL-2027-001", InstanceStatus.RUNNING, review.id)
    work = item(session, "decide")
    assert (work.case_id, work.role, work.acting_role, work.state) == (review.id, "dcs", "dcs", WorkItemState.READY)
    assert actions(session) == ["process-published", "case-started", "task-opened", "moved-on"]


def test_references_are_counted_by_the_year(session: Session, review: ProcessInstance) -> None:
    assert case(session, "review", {"about": "x"}, role="dcs").reference == "SOL-2027-002"
    next_year = NOON + timedelta(days=365)
    assert case(session, "review", {"about": "x"}, role="dcs", now=next_year).reference == "SOL-2028-001"


def test_starting_counts_as_a_deed_where_the_start_event_says_so(session: Session, review: ProcessInstance) -> None:
    deed = session.scalars(select(Deed)).one()
    assert (deed.action, deed.role, deed.person_id) == (
        "record_decision",
        "la-notifier",
        holder(session, "la-notifier").person_id,
    )


def test_a_question_not_answered_is_null_in_the_data(session: Session, review: ProcessInstance) -> None:
    publish(session, package(bpmn("open", start(role="dcs"), script("work", "{said: if more = null then 0 else 1}"),
                                  user("ask"), end()), forms={"begin": form({"more": text()}, required=[])}))  # fmt: skip
    case(session, "open", role="dcs")
    assert item(session, "ask")


def test_only_the_roles_of_a_start_event_start_a_process(session: Session, review: ProcessInstance) -> None:
    with pytest.raises(NotForYou):
        case(session, "review", {"about": "x"}, role="lead-member")


def test_a_process_that_begins_by_itself_is_not_started_by_hand(session: Session) -> None:
    publish(session, bpmn("inner", start(), user("ask"), end()))
    with pytest.raises(NotStartedByHand):
        case(session, "inner")


def test_of_several_start_events_the_persons_own_is_taken(session: Session) -> None:
    publish(session, bpmn("two", start("one", role="dcs"), start("other", role="chair-arg"), user("a"), user("b"), end(),
                          flow="one -> a -> done; other -> b -> done"))  # fmt: skip
    case(session, "two", role="chair-arg")
    assert [i.element for i in items(session)] == ["b"]
    with pytest.raises(NotForYou):
        case(session, "two", role="chair-arg", start_event="one")
    with pytest.raises(NotStartedByHand):
        case(session, "two", role="chair-arg", start_event="third")


def test_a_process_nobody_published_is_unknown(session: Session) -> None:
    with pytest.raises(UnknownProcess, match="no-such-thing"):
        start_process(session, "no-such-thing", {}, by=dcs(session), now=NOON)


def test_starting_twice_with_one_key_makes_one_case(any_staffed: Runtime) -> None:
    made = []
    for _ in range(2):
        with any_staffed.transaction() as session:
            publish(session, package(PROCESS, forms=FORMS))
            made.append(case(session, "review", {"about": "x"}, role="dcs", idempotency_key="k").id)
    assert made[0] == made[1]
    with any_staffed.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 1


# Complete


def test_completing_moves_the_case_and_records_who_did_it_in_which_role(
    session: Session, review: ProcessInstance
) -> None:
    before = review.revision
    done = decide(session)
    assert (done.state, done.completed_by, done.completed_as, done.closed_at) == (
        WorkItemState.COMPLETED,
        dcs(session).person_id,
        "dcs",
        NOON,
    )
    assert [i.element for i in items(session)] == ["vote"]
    assert review.revision == before + 1
    submission = values.newest(session, review.id, "decide")
    assert submission is not None
    assert (submission.answers, submission.role) == ({"go_on": True, "why": "w"}, "dcs")


def test_a_deed_is_kept_with_its_scope(session: Session, review: ProcessInstance) -> None:
    decide(session)
    deed = session.scalars(select(Deed).where(Deed.action == "recommend")).one()
    assert (deed.scope, deed.person_id) == ("plan-1", dcs(session).person_id)


def test_the_last_step_ends_the_process(session: Session, review: ProcessInstance) -> None:
    decide(session, go_on=False)
    complete_work_item(session, item(session, "last").id, {}, by=dcs(session), now=NOON)
    assert (review.status, review.ended_at) == (InstanceStatus.ENDED, NOON)


@pytest.mark.parametrize(
    "answers", [{}, {"go_on": True}, {"go_on": "perhaps", "why": "w"}, {"go_on": True, "why": "w", "unknown": 1}]
)
def test_wrong_answers_change_nothing_at_all(any_staffed: Runtime, answers: dict[str, object]) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(PROCESS, forms=FORMS))
        case(session, "review", {"about": "x"}, role="dcs")
    before = snapshot(any_staffed)
    with pytest.raises(AnswersInvalid) as refused, any_staffed.transaction() as session:
        complete_work_item(session, item(session, "decide").id, answers, by=dcs(session), now=NOON)
    assert refused.value.errors
    assert snapshot(any_staffed) == before


def test_a_step_that_fails_changes_nothing_at_all(any_staffed: Runtime) -> None:
    broken = bpmn("broken", start(role="dcs"), user("ask"), script("work", "{x: 1 + missing_name}"), end())
    with any_staffed.transaction() as session:
        publish(session, package(broken, forms={"ask": form({"said": text()})}))
        case(session, "broken", role="dcs")
    before = snapshot(any_staffed)
    with pytest.raises(StepFailed, match="missing_name"), any_staffed.transaction() as session:
        complete_work_item(
            session, item(session, "ask").id, {"said": "x"}, by=holder(session, "business-manager"), now=NOON
        )
    assert snapshot(any_staffed) == before


def test_a_start_that_fails_leaves_no_case_and_uses_no_reference(any_staffed: Runtime) -> None:
    broken = bpmn("broken", start(role="dcs"), script("work", "{x: 1 + missing_name}"), end())
    with any_staffed.transaction() as session:
        publish(session, broken, package(PROCESS, forms=FORMS))
    before = snapshot(any_staffed)
    with pytest.raises(StepFailed), any_staffed.transaction() as session:
        case(session, "broken", role="dcs")
    assert snapshot(any_staffed) == before


def snapshot(runtime: Runtime) -> dict[str, list[tuple[object, ...]]]:
    with runtime.transaction() as session:
        return {
            t.name: sorted((tuple(map(repr, row)) for row in session.execute(select(t))), key=repr)
            for t in Base.metadata.sorted_tables
        }


def test_completing_twice_with_one_key_counts_once(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish(session, package(PROCESS, forms=FORMS))
        case(session, "review", {"about": "x"}, role="dcs")
        work_id = item(session, "decide").id
    for _ in range(2):
        with any_staffed.transaction() as session:
            done = complete_work_item(
                session, work_id, {"go_on": True, "why": "w"}, by=dcs(session), now=NOON, idempotency_key="k"
            )
            assert done.state == WorkItemState.COMPLETED
    with any_staffed.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 2  # the start's, and one
        assert session.scalar(select(func.count()).where(AuditEvent.action == "task-completed")) == 1


def test_completing_again_without_the_key_is_refused_in_words(session: Session, review: ProcessInstance) -> None:
    work = decide(session)
    with pytest.raises(WorkItemClosed, match=f"completed by {dcs(session).name}"):
        complete_work_item(session, work.id, {"go_on": True, "why": "w"}, by=dcs(session), now=NOON)


def test_a_task_nobody_knows_is_not_found(session: Session, review: ProcessInstance) -> None:
    for command in (claim_work_item, release_work_item):
        with pytest.raises(NotFound):
            command(session, uuid4(), by=dcs(session), now=NOON)
    with pytest.raises(NotFound):
        complete_work_item(session, uuid4(), {}, by=dcs(session), now=NOON)
    with pytest.raises(NotFound):
        save_draft(session, uuid4(), {}, by=dcs(session), now=NOON)


@pytest.mark.parametrize(("role", "refusal"), [("lead-member", NotFound), ("chair-arg", NotForYou)])
def test_another_role_may_not_do_it(
    session: Session, review: ProcessInstance, role: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        decide(session, by=holder(session, role))


def test_the_separation_of_duties_is_checked_where_the_task_names_it(session: Session, review: ProcessInstance) -> None:
    """Whoever recommends holds the voter's role too: the vote goes to somebody else, and is refused to this person."""
    both = person(session, "Both", "dcs", "chair-arg")
    decide(session, by=both)
    with pytest.raises(DutiesSeparated, match="SOD-04"):
        complete_work_item(session, item(session, "vote").id, {}, by=both, now=NOON)
    other = doer(session, item(session, "vote"))
    assert other.person_id != both.person_id
    complete_work_item(session, item(session, "vote").id, {}, by=other, now=NOON)


def test_a_conflict_declared_passes_the_task_on_at_once(session: Session, review: ProcessInstance) -> None:
    by = dcs(session)
    claim_work_item(session, item(session, "decide").id, by=by, now=NOON)
    declare_conflict(session, review.id, by.person_id, reason="a friend", by=by, now=NOON)
    work = item(session, "decide")
    assert (work.acting_role, work.state, work.assignee_id) == ("chair-arg", WorkItemState.READY, None)
    with pytest.raises(InConflict):
        decide(session, by=by)
    decide(session, by=holder(session, "chair-arg"))


def test_a_conflict_of_a_body_passes_the_tasks_of_all_its_people_on(session: Session, review: ProcessInstance) -> None:
    declare_conflict(session, review.id, None, body="smbc", reason="the council's own case", by=dcs(session), now=NOON)
    assert item(session, "decide").acting_role == "chair-arg"


def test_a_manual_task_needs_no_answers(session: Session) -> None:
    publish(session, bpmn("by-hand", start(role="dcs"), manual("telephone", role="dcs"), end()))
    made = case(session, "by-hand", role="dcs")
    assert item(session, "telephone").form is None
    complete_work_item(session, item(session, "telephone").id, {}, by=dcs(session), now=NOON)
    assert made.status == InstanceStatus.ENDED


def test_a_task_without_a_role_fails_by_name_when_it_opens(session: Session) -> None:
    publish(session, bpmn("nobodys", start(role="dcs"), user("ask", role=""), end()))
    with pytest.raises(StepFailed, match=r"“Ask” \(ask\)"):
        case(session, "nobodys", role="dcs")


def test_a_role_and_a_body_may_be_worked_out(session: Session) -> None:
    loop = '=["wmp", "csc"]'
    publish(session, bpmn("ask-all", start(role="dcs"),
                          user("ask", role="agency-contact", body="=agency", loop=each(loop, "agency")), end()))  # fmt: skip
    case(session, "ask-all", role="dcs")
    assert {(i.body, i.facts["agency"]) for i in items(session)} == {("wmp", "wmp"), ("csc", "csc")}
    with pytest.raises(NotFound):
        complete_work_item(
            session, item(session, "ask", body="csc").id, {}, by=holder(session, "agency-contact", body="wmp"), now=NOON
        )


# Claim, release, draft


def test_a_claimed_task_is_one_persons_until_released(session: Session, review: ProcessInstance) -> None:
    other = person(session, "Second", "dcs")
    work = claim_work_item(session, item(session, "decide").id, by=dcs(session), now=NOON)
    assert (work.state, work.assignee_id) == (WorkItemState.RESERVED, dcs(session).person_id)
    claim_work_item(session, work.id, by=dcs(session), now=NOON)
    for refused in (
        lambda: claim_work_item(session, work.id, by=other, now=NOON),
        lambda: release_work_item(session, work.id, by=other, now=NOON),
        lambda: decide(session, by=other),
        lambda: save_draft(session, work.id, {}, by=other, now=NOON),
    ):
        with pytest.raises(WorkItemTaken, match=dcs(session).name):
            refused()
    release_work_item(session, work.id, by=dcs(session), now=NOON)
    assert (work.state, work.assignee_id) == (WorkItemState.READY, None)
    release_work_item(session, work.id, by=other, now=NOON)
    decide(session, by=other)
    assert [a for a in actions(session) if "claim" in a or "release" in a] == ["task-claimed", "task-released"]


def test_a_draft_is_each_persons_own_and_gone_with_the_task(session: Session, review: ProcessInstance) -> None:
    other = person(session, "Second", "dcs")
    work = item(session, "decide")
    for by, words in ((dcs(session), "mine"), (other, "yours"), (dcs(session), "mine again")):
        save_draft(session, work.id, {"why": words, "not a question": 1}, by=by, now=NOON)
    session.flush()
    assert session.scalar(select(func.count()).select_from(Draft)) == 2
    decide(session)
    assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_nothing_is_done_to_a_task_that_is_over(session: Session, review: ProcessInstance) -> None:
    work = decide(session)
    for refused in (claim_work_item, release_work_item):
        with pytest.raises(WorkItemClosed):
            refused(session, work.id, by=dcs(session), now=NOON)
    with pytest.raises(WorkItemClosed):
        save_draft(session, work.id, {}, by=dcs(session), now=NOON)


def test_a_task_the_process_gave_up_is_not_needed_any_more(session: Session) -> None:
    guarded = bpmn("guarded", start(role="dcs"), user("ask", role="dcs"), boundary("stop", "ask", message="stop", role="chair-arg"),
                   user("after", role="dcs"), end(), end("stopped"),
                   flow="begin -> ask -> done; stop -> after -> stopped")  # fmt: skip
    publish(session, guarded)
    case(session, "guarded", role="dcs")
    work, event = item(session, "ask"), item(session, "stop")
    assert event.kind == WorkItemKind.EVENT
    save_draft(session, work.id, {}, by=dcs(session), now=NOON)
    complete_work_item(session, event.id, {}, by=holder(session, "chair-arg"), now=NOON)
    assert work.state == WorkItemState.OBSOLETE
    assert session.scalars(select(Draft)).all() == []
    with pytest.raises(WorkItemClosed, match="not needed any more"):
        complete_work_item(session, work.id, {}, by=dcs(session), now=NOON)
    assert [i.element for i in items(session)] == ["after"]


def test_an_event_is_offered_as_often_as_it_may_happen(session: Session) -> None:
    """On a task that it does not interrupt, and beside the whole process."""
    news = sub("on-news", start("news", message="news", interrupting=False, role="dcs"), user("read", role="dcs"),
               end("was-read"), event=True)  # fmt: skip
    guarded = bpmn("guarded", start(role="dcs"), user("ask", role="dcs"),
                   boundary("changed", "ask", message="changed", role="dcs", interrupting=False),
                   user("note", role="dcs"), end(), end("noted"), news,
                   flow="begin -> ask -> done; changed -> note -> noted")  # fmt: skip
    publish(session, guarded)
    case(session, "guarded", role="dcs")
    for number in (1, 2, 3):
        for event in ("changed", "news"):
            complete_work_item(session, item(session, event).id, {}, by=dcs(session), now=NOON)
        assert len(items(session, "note")) == len(items(session, "read")) == number
    complete_work_item(session, item(session, "ask").id, {}, by=dcs(session), now=NOON)
    assert items(session, "changed") == []
    assert len(items(session, "note")) == 3


def test_who_is_asked_now_is_written_with_the_task(session: Session, review: ProcessInstance) -> None:
    work = item(session, "decide")
    asked = directory.asked_of(work)
    assert (asked.role, asked.acting_role, asked.does, asked.scope) == ("dcs", "dcs", "recommend", "plan-1")


FILE = {"type": "string", "format": "file", "title": "Paper", "x-sensitivity": "-"}
WITH_FILES = {
    "begin": form({"paper": FILE}, required=[]),
    "ask": form(
        {
            "papers": {
                "type": "array",
                "title": "Papers",
                "x-sensitivity": "-",
                "items": {"type": "string", "format": "file"},
            }
        }
    ),
}


def test_files_that_answers_name_become_the_cases_and_must_be_ones_own(session: Session) -> None:
    publish(session, package(bpmn("files", start(role="dcs"), user("ask", role="dcs"), end()), forms=WITH_FILES))
    by, other = dcs(session), holder(session, "chair-arg")
    own = keep_attachment(session, "x.txt", b"text", case_id=None, by=by, now=NOON)
    strange = keep_attachment(session, "x.txt", b"text", case_id=None, by=other, now=NOON)
    session.flush()
    with pytest.raises(AnswersInvalid):
        case(session, "files", {"paper": str(strange.id)}, role="dcs")
    made = case(session, "files", {"paper": str(own.id)}, role="dcs")
    assert own.case_id == made.id
    for refs in ([str(strange.id)], [str(own.id), str(uuid4())]):
        with pytest.raises(AnswersInvalid):
            complete_work_item(session, item(session, "ask").id, {"papers": refs}, by=by, now=NOON)
    ask = item(session, "ask").id
    paper, plan = (
        keep_attachment(session, "y.txt", b"text", case_id=None, by=by, now=NOON, work_item_id=of) for of in (ask, None)
    )
    with pytest.raises(AnswersInvalid):  # sent for the start
        complete_work_item(session, ask, {"papers": [str(own.id)]}, by=by, now=NOON)
    complete_work_item(session, ask, {"papers": [str(paper.id), str(plan.id)]}, by=by, now=NOON)
    assert made.status == InstanceStatus.ENDED
    assert {(f.case_id, f.work_item_id) for f in (paper, plan)} == {(made.id, ask)}
    with pytest.raises(WorkItemClosed):
        keep_attachment(session, "y.txt", b"text", case_id=None, by=by, now=NOON, work_item_id=ask)
