"""The chain and the cycle as pages see them: whole ways, who has what, what is stuck, and no hint of a case to others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from engine import learning
from engine.commands.declare_conflict import declare_conflict
from engine.learning import NoSuchLearning
from engine.model import LearningItem, ProcessInstance
from engine.queries.chain import Chain, chain
from engine.queries.cycle import Cycle, current_priorities, cycle
from engine.queries.points import PointState, PointsWanted, points
from engine.queries.stages import Stage, at_stage, places, stage_of
from engine.runtime import Runtime, runtime_of
from engine.types import LearningKind, Participant
from tests.factories import NOON, case, holder, item, person
from tests.learned import learned, noted, publish_all, story

K = LearningKind


@pytest.fixture
def told(session: Session) -> dict[str, str]:
    publish_all(session)
    return story(session)


@pytest.fixture
def reader(session: Session) -> Participant:
    """Somebody of the partnership who is on no access list."""
    return holder(session, "lead-member")


def names(found: Chain, told: dict[str, str]) -> list[str]:
    short = {reference: name for name, reference in told.items()}
    return [short[link.reference] for link in found.links]


# The way

WHOLE = ["input", "other", "recommendation", "decision", "plan", "done", "brief", "late", "test", "again"]


@pytest.mark.parametrize("seen_from", ["recommendation", "decision", "plan", "done", "late", "test", "again"])
def test_the_whole_way_is_seen_from_any_of_its_links(any_staffed: Runtime, seen_from: str) -> None:
    with any_staffed.transaction() as session:
        publish_all(session)
        told = story(session)
        found = chain(session, told[seen_from], holder(session, "lead-member"))
    assert names(found, told) == WHOLE
    assert [link.loop for link in found.links] == [1] * 9 + [2]
    assert found.focus.reference == told[seen_from]


def test_what_joins_the_way_or_parts_from_it_is_named_beside_it(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    found = chain(session, told["input"], reader)
    assert names(found, told) == [name for name in WHOLE if name != "other"]
    assert found.link(told["recommendation"]).came_from == (told["input"], told["other"])
    assert found.beside[told["other"]].kind == K.INPUT
    assert chain(session, told["recommendation"], reader).link(told["other"]).led_to == (
        told["recommendation"],
        told["aside"],
    )


def test_a_way_that_closes_upon_itself_has_an_end(session: Session, told: dict[str, str], reader: Participant) -> None:
    on = session.get_one(ProcessInstance, learning.named(session, told["input"]).case_id)
    learned(session, on, K.INPUT, "Round and round", came_from=[told["again"]])
    assert set(names(chain(session, told["input"], reader), told)) == set(WHOLE)


def test_a_reference_that_names_nothing_is_refused(session: Session, reader: Participant) -> None:
    with pytest.raises(NoSuchLearning, match="INP-1999-001"):
        chain(session, "INP-1999-001", reader)


def test_it_has_come_to_what_is_open_with_nothing_open_behind_it(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    # the plan itself is open again, but its action is further on
    row = learning.named(session, told["plan"])
    row.closed_at, row.held_by = None, "chair-rdg"
    assert chain(session, told["input"], reader).now == (told["late"], told["again"])


def test_of_an_items_data_only_known_names_are_shown(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    data = chain(session, told["input"], reader).focus.data
    assert data["outcome"] == "recommend"
    assert "case_ref" not in data


# Who has it now


def test_an_action_is_with_whoever_has_the_task_that_names_it(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    task = item(session, "deliver")
    held = chain(session, told["late"], reader).focus.held
    assert held is not None
    assert (held.task, held.since, held.work_item_id) == ("Deliver", task.opened_at, None)
    assert held.body == "University Hospitals Birmingham"
    asked = person(session, "Owner", task.acting_role or task.role, body="uhb")
    held = chain(session, told["late"], asked).focus.held
    assert held is not None
    assert held.work_item_id == task.id


def test_an_input_is_with_its_own_task_then_with_the_meeting_that_speaks_of_it_then_with_its_holder(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    on = case(session, "idea", role="dcs")
    made = learned(session, on, K.INPUT, "New", held_by="business-unit-officer")
    held = chain(session, made.reference, reader).focus.held
    assert held is not None
    assert held.task == "Triage"
    held = chain(session, told["again"], reader).focus.held
    assert held is not None
    assert (held.role, held.task) == ("Chair of Assurance and Review Group", None)
    assert held.since == NOON - timedelta(days=38)
    case(session, "arg-cycle", {"about": told["again"]}, role="dcs")
    held = chain(session, told["again"], reader).focus.held
    assert held is not None
    assert (held.task, held.since) == ("Reflect", NOON)


def test_tasks_of_a_confidential_case_are_not_told_to_those_outside_it(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    sealed = case(session, "incident", role="dcs")
    made = learned(session, sealed, K.ACTION, "Check all wards", held_by="chair-rdg")
    held = chain(session, made.reference, holder(session, "dcs")).focus.held
    assert held is not None
    assert (held.role, held.task) == ("Chair of Response and Delivery Group", None)
    made.held_by = None
    outside, inside = (chain(session, made.reference, who).focus for who in (reader, holder(session, "dcs")))
    assert outside.held is not None
    assert inside.held is not None
    assert (outside.held.task, inside.held.task) == (None, "Ask")
    assert (outside.case, inside.case) == (None, sealed.reference)


def test_what_is_closed_is_with_nobody(session: Session, told: dict[str, str], reader: Participant) -> None:
    assert chain(session, told["decision"], reader).focus.held is None


# The case behind it


def _access_list(session: Session) -> frozenset[str]:
    return runtime_of(session).partnership.sees_cases


def test_the_case_is_told_to_its_access_list_and_to_no_other_role(session: Session, told: dict[str, str]) -> None:
    partnership = runtime_of(session).partnership
    for role in partnership.roles:
        one = person(session, f"Only {role}", role)
        for name in ("input", "late", "again"):
            found = chain(session, told[name], one)
            on_the_list = role in partnership.sees_cases and role not in partnership.per_case
            assert found.began_in == ((told["sealed"],) if on_the_list else ()), (role, name)
            if not on_the_list:
                assert told["sealed"] not in repr(found)


def test_whoever_was_appointed_to_that_case_alone_is_told_of_it(session: Session, told: dict[str, str]) -> None:
    source = learning.named(session, told["input"]).source_case_id
    other = case(session, "incident", role="dcs")
    panel = runtime_of(session).partnership.per_case
    for role in panel:
        mine = person(session, f"Mine {role}", role, case_id=source)
        elsewhere = person(session, f"Other {role}", role, case_id=other.id)
        assert chain(session, told["input"], mine).began_in == (told["sealed"],)
        assert chain(session, told["input"], elsewhere).began_in == ()


def test_a_conflict_of_interest_takes_the_case_from_sight(session: Session, told: dict[str, str]) -> None:
    source = learning.named(session, told["input"]).source_case_id
    officer = person(session, "Officer", "business-unit-officer")
    assert source is not None
    assert chain(session, told["input"], officer).began_in == (told["sealed"],)
    declare_conflict(session, source, officer.person_id, reason="My own niece", by=officer, now=NOON)
    assert chain(session, told["input"], officer).began_in == ()


# The cycle


def by_stage(found: Cycle) -> dict[str, tuple[int, int | None, int]]:
    return {row.place.stage.value: (row.open, row.oldest, row.stuck) for row in found.stages}


def test_every_open_point_is_at_one_stage(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish_all(session)
        story(session)
        new = case(session, "idea", role="dcs")
        learned(session, new, K.INPUT, "New", held_by="business-unit-officer")
        learned(session, new, K.INPUT, "Nobody's", key="2")
        learned(session, new, K.TEST, "Did it help?", key="3", held_by="chair-arg")
        found = cycle(session, holder(session, "lead-member"), now=NOON)
        assert by_stage(found) == {
            "experience": (3, 0, 0),
            "reflection": (1, 38, 0),
            "theorising": (1, 280, 1),
            "experimenting": (1, 130, 0),
        }
        assert (found.open, found.stuck, found.later_rounds, found.recorded) == (6, 1, 1, 14)
        known = places(runtime_of(session).partnership)
        for stage in Stage:  # the condition says the same as the rule
            rows = session.query(LearningItem).filter(LearningItem.closed_at.is_(None), at_stage(stage, known)).all()
            assert len(rows) == by_stage(found)[stage][0]
            assert {stage_of(row.kind, row.held_by, known) for row in rows} == {stage}


@pytest.mark.parametrize(
    ("kind", "holder_", "days", "data", "stuck"),
    [
        (K.INPUT, "chair-arg", 60, {}, False),  # one meeting: 20 October 2026 lies 83 days back, 19 January to come
        (K.INPUT, "chair-arg", 200, {}, True),
        (K.INPUT, "chair-arg", 200, {"due_on": "2027-01-11"}, False),  # due today
        (K.INPUT, "chair-arg", 2, {"due_on": "2027-01-10"}, True),
        (K.INPUT, "chair-arg", 200, {"monitor_until": "2027-06-30"}, False),
        (K.ACTION, "action-owner", 2, {"due": "2027-01-10T17:00"}, True),
        (K.INPUT, "business-unit-officer", 89, {}, False),
        (K.INPUT, "business-unit-officer", 90, {}, True),
        (K.INPUT, "business-unit-officer", 90, {"due_on": "soon"}, True),
    ],
)
def test_a_point_is_stuck_when_its_group_met_twice_or_its_date_passed(
    session: Session, kind: LearningKind, holder_: str, days: int, data: dict[str, str], stuck: bool
) -> None:
    publish_all(session)
    on = case(session, "idea", role="dcs")
    learned(session, on, kind, "It", key="x", held_by=holder_, data=data, now=NOON - timedelta(days=days))
    (row,) = cycle(session, holder(session, "lead-member"), now=NOON).longest
    assert (row.stuck, row.days) == (stuck, days)


def test_what_is_stuck_comes_first_then_what_has_not_moved_for_longest(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    on = case(session, "idea", role="dcs")
    for n in range(10):
        learned(session, on, K.ACTION, "A", key=str(n), data={"due": f"2027-01-{n + 1:02}"}, now=NOON)
    longest = cycle(session, reader, now=NOON).longest
    assert [row.stuck for row in longest] == [True] * 8
    assert longest[0].point.reference == told["aside"]
    assert longest[1].overdue_since == date(2027, 1, 1)


def test_a_delivered_plan_whose_test_is_open_waits_for_nobody(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    plan, test = learning.named(session, told["plan"]), learning.named(session, told["test"])
    plan.data, plan.closed_at, test.closed_at = {**plan.data, "due_on": "2026-12-01"}, None, None
    session.flush()
    found = cycle(session, reader, now=NOON)
    assert by_stage(found)["experimenting"] == (2, 200, 0)
    assert told["plan"] not in [row.point.reference for row in found.longest]


def test_the_years_meetings_are_those_of_the_calendar_and_what_was_recorded_of_them(
    session: Session, told: dict[str, str], reader: Participant
) -> None:
    on = session.query(ProcessInstance).filter_by(reference=told["meeting"]).one()
    for key, group, day, quorate in (
        ("1", "arg", "2027-01-19", True),
        ("2", "lscp", "2027-02-11", False),
        ("3", "lscp", "2027-02-25", True),
        ("4", "lscp", "no day", True),
    ):
        noted(session, on, "meetings-held", key, {"group": group, "on": day, "quorate": quorate})
    found = cycle(session, reader, now=datetime(2027, 6, 17, 9, tzinfo=UTC))
    groups = {group.group: group for group in found.groups}
    arg, lscp = groups["Assurance and Review Group"], groups["Local Safeguarding Children Partnership"]
    assert [(m.on.isoformat(), m.state) for m in arg.meetings] == [
        ("2027-01-19", "held"),
        ("2027-04-20", "no-record"),
        ("2027-07-13", "next"),
        ("2027-10-12", "planned"),
    ]
    assert [(m.on.isoformat(), m.state, m.extra) for m in lscp.meetings] == [
        ("2027-02-11", "not-quorate", False),
        ("2027-02-25", "held", True),
        ("2027-06-17", "today", False),
        ("2027-11-04", "next", False),
    ]
    assert (lscp.quorate, lscp.coming) == (1, date(2027, 6, 17))
    assert arg.meetings[0].case == told["meeting"]
    assert len(found.groups) == 4


def test_a_priority_counts_all_that_came_of_what_bears_it(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        publish_all(session)
        told = story(session)
        learning.named(session, told["brief"]).status = "cancelled"
        found = {p.value: p for p in cycle(session, holder(session, "lead-member"), now=NOON).priorities}
        neglect = found["neglect"]
        assert neglect.learned == {
            K.INPUT: 2,
            K.RECOMMENDATION: 1,
            K.DECISION: 1,
            K.PLAN: 1,
            K.ACTION: 2,
            K.TEST: 1,
        }
        assert neglect.still_open[K.ACTION] == 1
        assert [(row.reference, row.judgement) for row in neglect.done] == [
            (told["test"], "partly"),
            (told["done"], None),
        ]
        assert found["early-help"].learned == {}
        assert "none" not in found


def test_the_priorities_are_those_of_the_plan_that_counts_today(session: Session) -> None:
    publish_all(session)
    on = case(session, "idea", role="dcs")

    def at(day: str) -> list[str]:
        return [value for value, _ in current_priorities(session, now=datetime.fromisoformat(f"{day}T12:00+00:00"))]

    assert at("2027-01-11") == ["early-help", "neglect", "exploitation"]
    first = {"value": "online", "title": "Harm online", "from_on": "2027-04-01", "to_on": "2028-03-31"}
    noted(session, on, "business-plan", "1", {"priorities": [first, {"value": "none"}, "odd"]})
    assert at("2027-03-31") == ["early-help", "neglect", "exploitation"]
    assert at("2027-04-01") == ["online"]
    noted(session, on, "business-plan", "2", {"priorities": [{"value": "neglect", "from_on": "2028-04-01"}]})
    assert at("2028-03-31") == ["online"]
    assert at("2028-04-01") == ["neglect"]


def test_an_empty_cycle_has_four_stages_and_its_meetings(session: Session, reader: Participant) -> None:
    found = cycle(session, reader, now=NOON)
    assert by_stage(found) == dict.fromkeys(Stage, (0, None, 0))
    assert (found.open, found.recorded, found.longest) == (0, 0, ())
    assert all(group.coming for group in found.groups)
    assert [priority.learned for priority in found.priorities] == [{}, {}, {}]


# The list


def test_points_are_searched_and_filtered(session: Session, told: dict[str, str], reader: Participant) -> None:
    def found(**wanted: object) -> list[str]:
        short = {reference: name for name, reference in told.items()}
        return [short[row.reference] for row in points(session, reader, PointsWanted(**wanted)).rows]  # type: ignore[arg-type]

    assert found() == ["aside", "late", "again"]  # what has not moved for longest first
    assert found(text="ward SYSTEM") == ["late"]
    assert found(text=told["again"].lower()) == ["again"]
    assert found(text="100%_") == []
    assert found(kind=K.INPUT) == ["again"]
    assert found(kind=K.INPUT, state=PointState.ALL) == ["again", "other", "input"]
    assert found(stage=Stage.REFLECTION) == ["again"]
    assert found(stage=Stage.EXPERIENCE) == []
    assert found(state=PointState.CLOSED, kind=K.TEST) == ["test"]


def test_points_come_a_page_at_a_time_at_the_same_cost(
    session: Session, reader: Participant, told: dict[str, str]
) -> None:
    said: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *args: said.append(args[2]))
    costs = []
    for number in (1, 60):
        on = case(session, "idea", role="dcs")
        for n in range(number):
            learned(session, on, K.ACTION, f"Action {n}", key=str(n), came_from=[told["plan"]])
        session.flush()
        cost = []
        for read in (
            lambda: points(session, reader, PointsWanted(page=9)),
            lambda: chain(session, told["input"], reader),
            lambda: cycle(session, reader, now=NOON),
        ):
            session.expire_all()
            said.clear()
            read()
            cost.append(len(said))
        costs.append(cost)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 20
    last = points(session, reader, PointsWanted(page=9))
    assert (last.total, last.page, last.pages, len(last.rows)) == (64, 3, 3, 14)
