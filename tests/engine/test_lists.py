"""A list that a process keeps: what holds today, and the partnership's own where nothing does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine import lists
from engine.model import ProcessInstance, RegisterEntry
from tests.factories import NOON, bpmn, case, end, form, package, publish, start, user

OWN = ["early-help", "neglect", "exploitation", "none"]


@pytest.fixture
def made(session: Session) -> ProcessInstance:
    publish(session, package(bpmn("plan", start(role="dcs"), user("ask", role="dcs"), end()), forms={"ask": form()}))
    return case(session, "plan", role="dcs")


def keep(session: Session, made: ProcessInstance, key: str, *rows: dict[str, Any], days: int = 0) -> None:
    at = NOON + timedelta(days=days)
    data = {"priorities": list(rows)}
    session.add(RegisterEntry(register="business-plan", case_id=made.id, key=key, data=data, at=at, updated_at=at))
    session.flush()


def values(session: Session, name: str = "priorities", *, days: int = 0) -> list[str]:
    return [option["value"] for option in lists.current(session, name, now=NOON + timedelta(days=days))]


def test_without_a_plan_it_is_the_partnerships_own(session: Session) -> None:
    assert values(session) == OWN
    assert "arg-member" not in values(session, "input-types")


def test_what_the_newest_plan_in_force_says_and_none_of_these(session: Session, made: ProcessInstance) -> None:
    keep(session, made, "1", {"value": "old", "title": "Old"})
    keep(session, made, "2", {"value": "new", "title": "New", "from_on": "2027-01-11", "to_on": "2027-01-12"}, days=1)
    assert values(session) == ["new", "none"]
    assert values(session, days=2) == ["old", "none"]


def test_a_plan_for_next_year_changes_nothing_yet(session: Session, made: ProcessInstance) -> None:
    keep(session, made, "1", {"value": "new", "title": "New", "from_on": "2027-04-01", "to_on": "2028-03-31"})
    assert values(session) == OWN
