"""Who holds a role at a moment, and who stands in: appointment, absence, vacancy, conflict."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine import directory
from engine.model import Absence, Appointment, Deed, Exclusion, Person, ProcessInstance
from engine.policy import Asked, NotFound
from engine.runtime import Runtime
from engine.types import Participant
from tests.factories import NOON, appointment, bpmn, case, end, holder, person, publish, start, user

TODAY = NOON.date()
SIMPLE = bpmn("simple", start(role="business-manager"), user("ask", role="dcs"), end())


@pytest.fixture
def a_case(session: Session) -> ProcessInstance:
    publish(session, SIMPLE)
    return case(session, "simple")


def names(people: list[Participant]) -> list[str]:
    return [p.name for p in people]


def hold(session: Session, role: str, *, at: datetime = NOON, body: str | None = None) -> list[str]:
    return names(directory.holders(session, role, now=at, body=body))


def away(session: Session, who: Participant, *, substitute: Participant | None = None, days: int = 0) -> None:
    until = TODAY + timedelta(days=days)
    session.add(
        Absence(
            person_id=who.person_id,
            from_on=TODAY,
            to_on=until,
            substitute_id=None if substitute is None else substitute.person_id,
        )
    )
    session.flush()


def stands_in(
    session: Session, of: ProcessInstance, asked: Asked, *, at: datetime = NOON
) -> tuple[str | None, list[str]]:
    role, people = directory.candidates(session, of, asked, now=at)
    return role, names(people)


# From and to


@pytest.mark.parametrize(
    ("from_on", "to_on", "holds"),
    [
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (TODAY + timedelta(days=1), None, False),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), False),
    ],
)
def test_a_role_is_held_from_its_first_to_its_last_day(
    session: Session, from_on: date, to_on: date | None, holds: bool
) -> None:
    ann = person(session, "Ann")
    appointment(session, ann.person_id, "trainer", from_on=from_on, to_on=to_on)
    assert directory.participant(session, ann.person_id, now=NOON).holds("trainer") is holds  # type: ignore[arg-type]
    assert ("Ann" in hold(session, "trainer")) is holds


def test_the_day_is_londons(session: Session) -> None:
    ann = person(session, "Ann")
    appointment(session, ann.person_id, "trainer", from_on=date(2027, 7, 2))
    late = datetime.fromisoformat("2027-07-01T23:30:00+00:00")  # half past midnight in London
    assert "Ann" in hold(session, "trainer", at=late)
    assert "Ann" not in hold(session, "trainer", at=late - timedelta(hours=1))


def test_a_disabled_person_holds_nothing_and_is_not_found(session: Session) -> None:
    dcs = holder(session, "dcs")
    assert dcs.person_id is not None
    session.get_one(Person, dcs.person_id).disabled_at = NOON
    session.flush()
    assert hold(session, "dcs") == []
    with pytest.raises(NotFound):
        directory.participant(session, dcs.person_id, now=NOON)


def test_only_holders_in_the_body_asked_are_found(session: Session) -> None:
    assert len(hold(session, "agency-contact")) > 5
    assert hold(session, "agency-contact", body="wmp") == ["Contact at West Midlands Police"]
    assert hold(session, "agency-contact", body="no-such-body") == []


def test_a_person_counts_once_however_often_appointed(session: Session) -> None:
    ann = person(session, "Ann", "trainer")
    appointment(session, ann.person_id, "trainer", from_on=TODAY)
    assert hold(session, "trainer") == ["Ann"]


# Absence


def test_a_substitute_acts_in_the_place_and_in_the_roles_of_who_is_away(session: Session) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
    away(session, dcs, substitute=ann)
    assert hold(session, "dcs") == ["Ann"]
    assert directory.participant(session, ann.person_id, now=NOON).roles >= {"dcs", "trainer"}  # type: ignore[arg-type]


def test_on_the_day_after_the_absence_all_is_as_before(session: Session) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
    away(session, dcs, substitute=ann, days=2)
    after = NOON + timedelta(days=3)
    assert hold(session, "dcs", at=after - timedelta(days=1)) == ["Ann"]
    assert hold(session, "dcs", at=after) == [dcs.name]
    assert directory.participant(session, ann.person_id, now=after).roles == {"trainer"}  # type: ignore[arg-type]


def test_an_absence_is_not_handed_on(session: Session) -> None:
    """The substitute's own substitute does not act for the first: no cascade."""
    dcs, ann, bob = holder(session, "dcs"), person(session, "Ann", "trainer"), person(session, "Bob", "auditor")
    away(session, dcs, substitute=ann)
    away(session, ann, substitute=bob)
    assert not directory.participant(session, bob.person_id, now=NOON).holds("dcs")  # type: ignore[arg-type]


def test_two_absences_at_once_keep_the_substitute_of_either(session: Session) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
    away(session, dcs, substitute=ann)
    away(session, dcs)
    assert hold(session, "dcs") == ["Ann"]


def test_without_a_substitute_the_role_falls_back(session: Session, a_case: ProcessInstance) -> None:
    away(session, holder(session, "dcs"))
    assert hold(session, "dcs") == []
    assert stands_in(session, a_case, Asked("dcs", None)) == ("chair-arg", [holder(session, "chair-arg").name])


def test_a_disabled_substitute_does_not_act(session: Session) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
    away(session, dcs, substitute=ann)
    session.get_one(Person, ann.person_id).disabled_at = NOON
    session.flush()
    assert hold(session, "dcs") == []


def test_whoever_has_left_is_not_represented_any_more(session: Session) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
    away(session, dcs, substitute=ann)
    session.get_one(Person, dcs.person_id).disabled_at = NOON
    session.flush()
    assert directory.participant(session, ann.person_id, now=NOON).roles == {"trainer"}  # type: ignore[arg-type]


# Vacancy and fall-back


def test_the_fall_backs_are_climbed_one_after_the_other(session: Session, a_case: ProcessInstance) -> None:
    for role in ("la-notifier", "dcs", "chair-arg"):
        away(session, holder(session, role))
    role, _ = stands_in(session, a_case, Asked("la-notifier", None))
    assert role == "deputy-chair-arg"


def test_nobody_left_is_nobody(session: Session, a_case: ProcessInstance) -> None:
    """The Business Unit's officers come last, whatever the role."""
    away(session, holder(session, "business-manager"))
    for asked in (Asked("business-manager", None), Asked("trainer", None)):
        assert stands_in(session, a_case, asked)[0] == "business-unit-officer"
    away(session, holder(session, "business-unit-officer"))
    assert stands_in(session, a_case, Asked("business-manager", None)) == (None, [])


def test_a_vacant_role_of_a_body_falls_back_within_it_first(session: Session, a_case: ProcessInstance) -> None:
    asked = Asked("agency-contact", None, body="wmp")
    away(session, holder(session, "agency-contact", body="wmp"))
    role, people = stands_in(session, a_case, asked)
    assert (role, people) == ("agency-signoff", ["Senior lead at West Midlands Police"])
    away(session, holder(session, "agency-signoff", body="wmp"))
    assert stands_in(session, a_case, asked)[0] == "business-manager"


def test_a_vote_never_leaves_its_partner(session: Session, a_case: ProcessInstance) -> None:
    """The lead's other work may fall to the Business Manager in the end; the vote may not."""
    for role in ("dcs", "chair-arg"):
        away(session, holder(session, role))
    assert stands_in(session, a_case, Asked("dcs", None, does="advise"))[0] == "deputy-chair-arg"
    assert stands_in(session, a_case, Asked("dcs", None, does="vote")) == (None, [])


# Conflict


def exclude(session: Session, of: ProcessInstance, *, who: Participant | None = None, body: str | None = None) -> None:
    session.add(
        Exclusion(
            case_id=of.id,
            person_id=None if who is None else who.person_id,
            body=body,
            reason=b"sealed",
            declared_at=NOON,
        )
    )
    session.flush()


def test_a_conflict_of_a_person_passes_the_task_on(session: Session, a_case: ProcessInstance) -> None:
    exclude(session, a_case, who=holder(session, "dcs"))
    assert stands_in(session, a_case, Asked("dcs", None))[0] == "chair-arg"


def test_a_conflict_of_a_body_keeps_all_its_people_out(session: Session, a_case: ProcessInstance) -> None:
    exclude(session, a_case, body="smbc")  # the Director's, and the Business Manager's
    assert stands_in(session, a_case, Asked("dcs", None))[0] == "chair-arg"
    assert stands_in(session, a_case, Asked("business-manager", None))[0] == "business-unit-officer"


def test_a_substitute_of_an_excluded_body_is_kept_out_too(session: Session, a_case: ProcessInstance) -> None:
    dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer", body="wmp")
    away(session, dcs, substitute=ann)
    exclude(session, a_case, body="wmp")
    assert stands_in(session, a_case, Asked("dcs", None))[0] == "chair-arg"


def test_a_conflict_in_one_case_is_none_in_another(session: Session, a_case: ProcessInstance) -> None:
    other = case(session, "simple")
    exclude(session, a_case, who=holder(session, "dcs"))
    assert stands_in(session, other, Asked("dcs", None))[0] == "dcs"


def test_a_separation_of_duties_passes_the_task_on(session: Session, a_case: ProcessInstance) -> None:
    dcs = holder(session, "dcs")
    assert dcs.person_id is not None
    session.add(Deed(case_id=a_case.id, person_id=dcs.person_id, action="recommend", at=NOON))
    session.flush()
    asked = Asked("dcs", None, does="vote", may_not=("SOD-04",))
    assert stands_in(session, a_case, asked)[0] == "chair-arg"
    assert stands_in(session, a_case, Asked("dcs", None, does="vote"))[0] == "dcs"


# Roles for one case


def test_a_role_for_one_case_is_held_there_only(session: Session, a_case: ProcessInstance) -> None:
    other = case(session, "simple")
    person(session, "Ann", "review-panel-chair", case_id=a_case.id)
    assert names(directory.holders(session, "review-panel-chair", now=NOON, case_id=a_case.id)) == ["Ann"]
    assert directory.holders(session, "review-panel-chair", now=NOON, case_id=other.id) == []


def test_whoever_holds_it_for_the_case_goes_before_general_holders(session: Session, a_case: ProcessInstance) -> None:
    person(session, "Ann", "legal-adviser", case_id=a_case.id)
    assert names(directory.holders(session, "legal-adviser", now=NOON, case_id=a_case.id)) == ["Ann"]
    assert "Ann" not in names(directory.holders(session, "legal-adviser", now=NOON))


# Names and access


def test_names_are_told_for_ids_that_exist(session: Session) -> None:
    dcs = holder(session, "dcs")
    assert directory.names(session, [dcs.person_id, None]) == {dcs.person_id: dcs.name}
    assert directory.names(session, [None]) == {}


def test_the_access_of_a_case_tells_who_stands_in_now(session: Session, a_case: ProcessInstance) -> None:
    assert directory.case_access(session, a_case).acting == {"dcs"}
    assert directory.case_access(session, a_case).confidential


def test_the_demonstrations_people_hold_every_role_but_those_left_out(any_staffed: Runtime) -> None:
    plan = any_staffed.partnership.demo
    empty = {*plan["vacant"], *plan["not_held"]} - set(plan["per_partner"])
    with any_staffed.transaction() as session:
        for role in any_staffed.partnership.roles:
            assert bool(directory.holders(session, role, now=NOON)) is (role not in empty), role
        assert session.query(Appointment).count() > 50
