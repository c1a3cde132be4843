"""Who may see and do what, as tables: each refusal beside its allowed neighbour."""

from uuid import uuid4

import pytest

from engine.partnership import load_partnership
from engine.policy import (
    Asked,
    Attempt,
    CaseAccess,
    Did,
    DutiesSeparated,
    InConflict,
    NotForYou,
    NotFound,
    check_may_do,
    in_conflict,
    is_asked,
    may_see_case,
    separated,
)
from engine.types import Holding, Participant
from tests.factories import participant

PARTNERSHIP = load_partnership("solihull")
CASE = uuid4()
CONFIDENTIAL = CaseAccess(CASE, confidential=True)
OPEN = CaseAccess(CASE, confidential=False)


# Who sees a confidential case


@pytest.mark.parametrize("role", sorted(PARTNERSHIP.sees_cases - PARTNERSHIP.per_case))
def test_the_roles_of_the_case_list_see_every_confidential_case(role: str) -> None:
    assert may_see_case(participant(role), CONFIDENTIAL, PARTNERSHIP)


@pytest.mark.parametrize(
    "role", sorted(set(PARTNERSHIP.roles) - PARTNERSHIP.sees_cases - PARTNERSHIP.sees_while_acting)
)
def test_nobody_else_sees_it(role: str) -> None:
    assert not may_see_case(participant(role), CONFIDENTIAL, PARTNERSHIP)


@pytest.mark.parametrize("role", sorted(PARTNERSHIP.roles))
def test_a_case_that_is_not_confidential_is_seen_by_all(role: str) -> None:
    assert may_see_case(participant(role), OPEN, PARTNERSHIP)


@pytest.mark.parametrize("role", sorted(PARTNERSHIP.per_case))
def test_a_panel_role_sees_its_own_case_only(role: str) -> None:
    assert may_see_case(participant(role, case_id=CASE), CONFIDENTIAL, PARTNERSHIP)
    assert not may_see_case(participant(role, case_id=uuid4()), CONFIDENTIAL, PARTNERSHIP)
    assert not may_see_case(participant(role), CONFIDENTIAL, PARTNERSHIP)


@pytest.mark.parametrize("role", sorted(PARTNERSHIP.sees_while_acting))
def test_a_stand_in_sees_a_case_while_a_task_of_it_is_with_the_role(role: str) -> None:
    acting = CaseAccess(CASE, confidential=True, acting=frozenset({role}))
    elsewhere = CaseAccess(CASE, confidential=True, acting=frozenset({"somebody-else"}))
    assert may_see_case(participant(role), acting, PARTNERSHIP)
    assert not may_see_case(participant(role), elsewhere, PARTNERSHIP)


def test_a_role_of_the_list_held_for_another_case_does_not_open_this_one() -> None:
    assert not may_see_case(participant("dcs", case_id=uuid4()), CONFIDENTIAL, PARTNERSHIP)
    assert may_see_case(participant("dcs", case_id=CASE), CONFIDENTIAL, PARTNERSHIP)


def test_nobody_with_a_conflict_sees_even_an_open_case() -> None:
    dcs = participant("dcs", body="smbc")
    for confidential in (True, False):
        person_out = CaseAccess(CASE, confidential, excluded_people=frozenset({dcs.person_id}))  # type: ignore[arg-type]
        body_out = CaseAccess(CASE, confidential, excluded_bodies=frozenset({"smbc"}))
        other_out = CaseAccess(
            CASE, confidential, excluded_people=frozenset({uuid4()}), excluded_bodies=frozenset({"wmp"})
        )
        assert in_conflict(dcs, person_out)
        assert in_conflict(dcs, body_out)
        assert not may_see_case(dcs, person_out, PARTNERSHIP)
        assert not may_see_case(dcs, body_out, PARTNERSHIP)
        assert may_see_case(dcs, other_out, PARTNERSHIP)


def test_a_body_is_no_conflict_for_somebody_of_no_body() -> None:
    assert not in_conflict(participant("dcs"), CaseAccess(CASE, True, excluded_bodies=frozenset({"smbc"})))


# Whom a task asks


@pytest.mark.parametrize(
    ("asked", "by", "expected"),
    [
        (Asked("dcs", None), participant("dcs"), True),
        (Asked("dcs", None), participant("chair-arg"), False),
        (Asked("dcs", "chair-arg"), participant("chair-arg"), True),
        (Asked("dcs", "chair-arg"), participant("dcs"), True),  # back again, the holder may do it
        (Asked("dcs", None, also=("la-notifier",)), participant("la-notifier"), True),
        (Asked("agency-contact", None, body="wmp"), participant("agency-contact", body="wmp"), True),
        (Asked("agency-contact", None, body="wmp"), participant("agency-contact", body="csc"), False),
        (Asked("agency-contact", None, body="wmp"), participant("agency-contact"), True),
        (Asked("agency-contact", "business-manager", body="wmp"), participant("business-manager", body="smbc"), True),
        (Asked("agency-contact", "agency-signoff", body="wmp"), participant("agency-signoff", body="wmp"), True),
        (Asked("agency-contact", "agency-signoff", body="wmp"), participant("agency-signoff", body="csc"), False),
        (Asked("review-panel-member", None), participant("review-panel-member", case_id=CASE), True),
        (Asked("review-panel-member", None), participant("review-panel-member", case_id=uuid4()), False),
    ],
)
def test_a_task_asks_the_holders_of_its_role_in_its_body_and_case(
    asked: Asked, by: Participant, expected: bool
) -> None:
    assert is_asked(by, asked, CONFIDENTIAL, PARTNERSHIP) is expected


# The separation of duties, as data. (rule, may not, may): each by role or by what was done

NEIGHBOURS: list[tuple[str, tuple[str, tuple[Did, ...]], tuple[str, tuple[Did, ...]]]] = [
    ("SOD-01", ("independent-scrutineer", ()), ("dcs", ())),
    ("SOD-01", ("alternate-scrutineer", ()), ("chair-arg", ())),
    ("SOD-02", ("independent-scrutineer", (Did("vote"),)), ("independent-scrutineer", (Did("recommend"),))),
    ("SOD-02", ("independent-scrutineer", (Did("record_decision"),)), ("independent-scrutineer", ())),
    ("SOD-03", ("independent-scrutineer", (Did("sit_on_panel"),)), ("independent-scrutineer", (Did("scrutinise"),))),
    ("SOD-03", ("independent-scrutineer", (Did("advise_decision"),)), ("independent-scrutineer", ())),
    ("SOD-03", ("independent-scrutineer", (Did("chair_decision_session"),)), ("independent-scrutineer", ())),
    ("SOD-04", ("chair-arg", (Did("recommend"),)), ("chair-arg", (Did("advise"),))),
    ("SOD-04", ("chair-rdg", (Did("endorse_recommendation"),)), ("chair-rdg", ())),
    ("SOD-05", ("review-panel-member", (Did("case_responsibility"),)), ("review-panel-member", ())),
    ("SOD-05", ("review-panel-member", (Did("line_manage_case"),)), ("review-panel-member", ())),
    ("SOD-06", ("moderator", (Did("audit"),)), ("moderator", (Did("moderate"),))),
    ("SOD-06b", ("auditor", (Did("case_responsibility"),)), ("auditor", (Did("audit"),))),
    ("SOD-07", ("action-reviewer", (Did("own_action", "plan-1"),)), ("action-reviewer", (Did("own_action", "plan-2"),))),
    ("SOD-07b", ("action-reviewer", (Did("own_action", "plan-1"),)), ("action-reviewer", ())),
    ("SOD-08", ("agency-contact", (Did("submit_return", "plan-1"),)), ("agency-contact", (Did("submit_return", "x"),))),
    ("SOD-09", ("independent-scrutineer", ()), ("business-manager", ())),
    ("SOD-09b", ("dcs", ()), ("independent-scrutineer", ())),
    ("SOD-10", ("dcs", (Did("vote", "plan-1"),)), ("dcs", (Did("vote", "an-earlier-ballot"),))),
    ("SOD-11", ("agency-signoff", (Did("author_return"),)), ("agency-signoff", (Did("submit_return"),))),
    ("SOD-12", ("process-owner", (Did("edit_process_version", "plan-1"),)), ("process-owner", (Did("edit_process_version", "v0"),))),
    ("SOD-13", ("business-manager", ()), ("ccg-chief-nurse", ())),
    ("SOD-13", ("lead-member", ()), ("police-borough-commander", ())),
    ("SOD-13", ("schools-representative", ()), ("chair-rdg", ())),
    ("SOD-14", ("independent-scrutineer", ()), ("review-panel-member", ())),
    ("SOD-15", ("lcspr-reviewer", (Did("employed_by_involved_agency"),)), ("lcspr-reviewer", ())),
    ("SOD-16", ("independent-scrutineer", (Did("scrutinise"),)), ("business-manager", ())),
    ("SOD-16", ("dcs", (Did("vote"),)), ("dcs", (Did("recommend"),))),
]  # fmt: skip


def test_every_rule_of_the_partnership_has_a_row_here() -> None:
    assert {rule for rule, _, _ in NEIGHBOURS} == set(PARTNERSHIP.separation)


@pytest.mark.parametrize(
    ("rule", "refused", "allowed"), NEIGHBOURS, ids=[f"{n}-{r[0]}" for n, r in enumerate(NEIGHBOURS)]
)
def test_duties_are_separated(
    rule: str, refused: tuple[str, tuple[Did, ...]], allowed: tuple[str, tuple[Did, ...]]
) -> None:
    denied = PARTNERSHIP.separation[rule].denies

    def attempt(role: str, deeds: tuple[Did, ...]) -> Attempt:
        asked = Asked(role, None, does=denied, may_not=(rule,), scope="plan-1")
        return Attempt(participant(role), asked, OPEN, deeds)

    assert separated(attempt(*allowed), PARTNERSHIP) is None
    check_may_do(attempt(*allowed), PARTNERSHIP)
    with pytest.raises(DutiesSeparated, match=rule) as barred:
        check_may_do(attempt(*refused), PARTNERSHIP)
    assert barred.value.code == rule
    assert barred.value.message.startswith(PARTNERSHIP.separation[rule].text)


def test_a_rule_binds_only_where_the_task_names_it() -> None:
    asked = Asked("business-manager", None, does="vote", may_not=())
    assert separated(Attempt(participant("business-manager"), asked, OPEN), PARTNERSHIP) is None


def test_a_role_held_beside_the_barred_one_does_not_lift_the_rule() -> None:
    both = Participant(uuid4(), "Ann", frozenset({Holding("dcs"), Holding("business-manager")}))
    asked = Asked("dcs", None, does="vote", may_not=("SOD-13",))
    with pytest.raises(DutiesSeparated):
        check_may_do(Attempt(both, asked, OPEN), PARTNERSHIP)


# What is said first


@pytest.mark.parametrize(
    ("by", "access", "expected"),
    [
        (participant("trainer"), CONFIDENTIAL, NotFound),  # not even that there is a task
        (participant("chair-arg"), CONFIDENTIAL, NotForYou),
        (participant("trainer"), OPEN, NotForYou),
        (participant("dcs"), CONFIDENTIAL, None),
    ],
)
def test_a_refusal_tells_no_more_than_the_person_may_know(
    by: Participant, access: CaseAccess, expected: type | None
) -> None:
    attempt = Attempt(by, Asked("dcs", None), access)
    if expected is None:
        check_may_do(attempt, PARTNERSHIP)
    else:
        with pytest.raises(expected):
            check_may_do(attempt, PARTNERSHIP)


def test_whoever_is_asked_and_in_conflict_is_told_so() -> None:
    dcs = participant("dcs")
    access = CaseAccess(CASE, True, excluded_people=frozenset({dcs.person_id}))  # type: ignore[arg-type]
    with pytest.raises(InConflict):
        check_may_do(Attempt(dcs, Asked("dcs", None), access), PARTNERSHIP)


def test_somebody_kept_out_learns_of_the_conflict_and_not_of_the_task() -> None:
    out = participant("chair-arg")
    access = CaseAccess(CASE, True, excluded_people=frozenset({out.person_id}))  # type: ignore[arg-type]
    with pytest.raises(InConflict):
        check_may_do(Attempt(out, Asked("dcs", None), access), PARTNERSHIP)


def test_an_agency_contact_does_its_own_task_without_seeing_the_case() -> None:
    contact = participant("agency-contact", body="wmp")
    check_may_do(Attempt(contact, Asked("agency-contact", None, body="wmp"), CONFIDENTIAL), PARTNERSHIP)
    with pytest.raises(NotFound):
        check_may_do(Attempt(contact, Asked("agency-contact", None, body="csc"), CONFIDENTIAL), PARTNERSHIP)
