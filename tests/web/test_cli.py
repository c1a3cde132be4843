"""The operator's commands about people and days: what they do, and their words for what can not be."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from engine import deadlines
from engine.assembly import make_runtime
from engine.migrations import upgrade
from engine.model import Absence, Appointment, Person, ProcessInstance
from engine.runtime import Runtime, runtime_of
from engine.settings import Settings
from tests.factories import bpmn, case, end, holder, install_people, item, package, publish, start, user
from web.cli import main

DCS, NURSE = "dcs@solihull.example", "ccg-chief-nurse@solihull.example"
Command = Callable[..., Result]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runtime:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite")
    monkeypatch.setenv("LSCP_SECRET_KEY", "s" * 32)
    monkeypatch.setenv("LSCP_DATA_KEY", "ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ=")
    made = make_runtime(Settings.from_environment())
    upgrade(made.store)
    install_people(made)
    with made.transaction() as session:
        publish(session, package(bpmn("simple", start(role="business-manager"), user("ask", role="dcs"), end())))
        case(session, "simple")
    return made


@pytest.fixture
def lscp(place: Runtime) -> Command:
    return lambda *arguments: CliRunner().invoke(main, arguments)


def acting(place: Runtime) -> str | None:
    with place.transaction() as session:
        return item(session, "ask").acting_role


def test_a_holiday_is_added_and_listed(place: Runtime, lscp: Command) -> None:
    assert lscp("holiday", "add", "2027-01-19", "--name", "A day of mourning").output == (
        "2027-01-19 is not worked; 0 due dates moved.\n"
    )
    assert lscp("holiday", "list").output == "2027-01-19  A day of mourning\n"
    with place.transaction() as session:
        assert not deadlines.calendar(session).is_working_day(date(2027, 1, 19))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["holiday", "add", "19.1.2027", "--name", "x"], "does not match the format '%Y-%m-%d'"),
        (["holiday", "add", "2027-12-27", "--name", "x"], "2027-12-27 is not worked already (Christmas Day, observed)"),
        (["holiday", "add", "2027-01-16", "--name", "x"], "2027-01-16 is not worked already (Saturday)"),
        (["holiday", "add", "2027-01-19", "--name", " "], "Say what the day is."),
        (["holiday", "add", "2222-01-21", "--name", "x"], "outside the years"),
        (["person", "absence", "x@y.example", "--from", "2027-01-01", "--to", "2027-01-02"], "Nobody has the address"),
        (["person", "absence", DCS, "--from", "2027-01-03", "--to", "2027-01-02"], "can not be before its first"),
        (["person", "absence", DCS, "--from", "2027-01-03", "--to", "2027-01-04", "--substitute", DCS], "for themselves"),
        (["person", "conflict", DCS, "SOL-1999-001", "--reason", "x"], "There is no case SOL-1999-001."),
        (["role", "end", DCS, "ccg-chief-nurse"], "does not hold that role then"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_said_in_words(lscp: Command, arguments: list[str], words: str) -> None:
    result = lscp(*arguments)
    assert (result.exit_code, words in result.output) == (2, True), result.output


def test_an_absence_has_days_and_perhaps_a_substitute(place: Runtime, lscp: Command) -> None:
    today = place.now().date().isoformat()
    assert lscp("person", "absence", DCS, "--from", today, "--to", today, "--substitute", NURSE).exit_code == 0
    assert acting(place) == "dcs"
    with place.transaction() as session:
        assert session.scalars(select(Absence)).one().substitute_id is not None
    assert lscp("person", "absence", NURSE, "--from", today, "--to", today).exit_code == 0
    assert acting(place) == "dcs"


def test_a_role_that_ends_passes_its_tasks_on(place: Runtime, lscp: Command) -> None:
    result = lscp("role", "end", DCS, "dcs")
    assert result.exit_code == 0, result.output
    assert acting(place) == "chair-arg"
    with place.transaction() as session:
        assert session.scalars(select(Appointment.to_on).where(Appointment.role == "dcs")).one() < place.now().date()


def test_a_conflict_keeps_out_and_what_nobody_can_do_is_listed(place: Runtime, lscp: Command) -> None:
    assert lscp("role", "vacant").output == "0 tasks have nobody.\n"
    with place.transaction() as session:
        reference = session.get_one(ProcessInstance, item(session, "ask").case_id).reference
        chain = [holder(session, role).person_id for role in runtime_of(session).partnership.stand_ins("dcs")]
        addresses = session.scalars(select(Person.email).where(Person.id.in_(chain))).all()
    for address in addresses:
        result = lscp("person", "conflict", address, reference.lower(), "--reason", "related")
        assert result.exit_code == 0, result.output
    listed = lscp("role", "vacant")
    assert (listed.exit_code, listed.output.splitlines()) == (
        1,
        [f"{reference}  Ask  [Local Authority - Director of Children Services]  no due date", "1 tasks have nobody."],
    )
