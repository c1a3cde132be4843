"""Appointments, absences, people who leave, passwords, tokens, files."""

from contextlib import suppress
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import directory
from engine.clock import VirtualClock
from engine.commands import sign_in
from engine.commands.appoint_person import AppointedByOneself, NoSuchRole, appoint_person
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.create_token import create_token, token_digest, token_owner
from engine.commands.declare_conflict import declare_conflict
from engine.commands.disable_person import disable_person
from engine.commands.keep_attachment import AttachmentRefused, keep_attachment
from engine.commands.record_absence import AbsenceBackwards, record_absence
from engine.commands.sign_in import FREE_TRIES, TooManyTries, count_try, hash_password, is_right
from engine.dispatch import carry_out, lease
from engine.model import ApiToken, Attachment, Person, SignIn
from engine.policy import NotFound
from engine.queries.attachments import attachment, attachment_names
from engine.queries.vacancies import vacancies
from engine.runtime import Runtime
from engine.types import SYSTEM, JobKind, Participant, WorkItemState
from tests.factories import NOON, bpmn, case, end, holder, item, jobs_of, parallel, person, publish, start, user

TODAY = NOON.date()
SIMPLE = bpmn("simple", start(role="business-manager"), user("ask", role="dcs"), end())


def office(session: Session) -> Participant:
    return holder(session, "business-manager")


def pass_time(runtime: Runtime, **by: float) -> None:
    clock = runtime.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(clock() + timedelta(**by))
    for _ in range(5):
        for job_id in lease(runtime, 50):
            carry_out(runtime, job_id, lambda _: None)


# Appointments


def test_whoever_is_appointed_gets_the_tasks_that_wait_for_the_role(session: Session) -> None:
    publish(session, bpmn("simple", start(role="business-manager"), user("ask", role="trainer"), end()))
    case(session, "simple")
    assert item(session, "ask").acting_role == "business-manager"
    ann = person(session, "Ann")
    appoint_person(
        session, ann.person_id, "trainer", body=None, from_on=TODAY, to_on=None, by=office(session), now=NOON
    )  # type: ignore[arg-type]
    assert item(session, "ask").acting_role == "trainer"


def test_an_appointment_that_begins_later_passes_the_tasks_on_that_day(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, bpmn("simple", start(role="business-manager"), user("ask", role="trainer"), end()))
        case(session, "simple")
        ann = person(session, "Ann")
        from_on, to_on = TODAY + timedelta(days=2), TODAY + timedelta(days=4)
        appoint_person(
            session, ann.person_id, "trainer", body=None, from_on=from_on, to_on=to_on, by=office(session), now=NOON
        )  # type: ignore[arg-type]
        assert item(session, "ask").acting_role == "business-manager"
        assert [f"{j.due_at:%d %H:%M}" for j in jobs_of(session, JobKind.REASSIGN)] == ["13 00:00", "16 00:00"]
    for days, acting in ((1, "business-manager"), (1, "trainer"), (2, "trainer"), (1, "business-manager")):
        pass_time(staffed, days=days)
        with staffed.transaction() as session:
            assert item(session, "ask").acting_role == acting


def test_nobody_appoints_themselves(session: Session) -> None:
    by = office(session)
    with pytest.raises(AppointedByOneself):
        appoint_person(session, by.person_id, "dcs", body=None, from_on=TODAY, to_on=None, by=by, now=NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "body"), [("no-such-role", None), ("dcs", "no-such-body")])
def test_roles_and_bodies_are_those_of_the_partnership(session: Session, role: str, body: str | None) -> None:
    with pytest.raises(NoSuchRole, match="no-such"):
        appoint_person(session, uuid4(), role, body=body, from_on=TODAY, to_on=None, by=office(session), now=NOON)


def test_a_role_of_one_body_is_held_there_without_saying_so(session: Session) -> None:
    ann = person(session, "Ann")
    appoint_person(session, ann.person_id, "dcs", body=None, from_on=TODAY, to_on=None, by=office(session), now=NOON)  # type: ignore[arg-type]
    (holding,) = directory.participant(session, ann.person_id, now=NOON).holdings  # type: ignore[arg-type]
    assert holding.body == "smbc"


# Absence and leaving


def test_an_absence_passes_tasks_to_the_substitute_and_back(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, SIMPLE)
        case(session, "simple")
        dcs, ann = holder(session, "dcs"), person(session, "Ann", "trainer")
        claim_work_item(session, item(session, "ask").id, by=dcs, now=NOON)
        record_absence(session, dcs.person_id, from_on=TODAY + timedelta(days=1), to_on=TODAY + timedelta(days=2),
                       substitute_id=ann.person_id, by=office(session), now=NOON)  # type: ignore[arg-type]  # fmt: skip
        assert item(session, "ask").state == WorkItemState.RESERVED
    pass_time(staffed, days=1)
    with staffed.transaction() as session:
        work = item(session, "ask")
        assert (work.state, work.assignee_id, work.acting_role) == (WorkItemState.READY, None, "dcs")
        assert directory.holders(session, "dcs", now=staffed.now())[0].name == "Ann"
    pass_time(staffed, days=2)
    with staffed.transaction() as session:
        assert directory.holders(session, "dcs", now=staffed.now())[0].name == dcs.name


def test_standing_in_for_somebody_may_bar_from_what_one_did_oneself(session: Session) -> None:
    ballot = user("vote", role="ccg-chief-nurse", does="vote", may_not="SOD-01")
    publish(session, bpmn("simple", start(role="business-manager"), ballot, end()))
    case(session, "simple")
    nurse, scrutineer = holder(session, "ccg-chief-nurse"), holder(session, "independent-scrutineer")
    assert scrutineer.person_id is not None
    record_absence(session, scrutineer.person_id, from_on=TODAY, to_on=TODAY, substitute_id=nurse.person_id,
                   by=office(session), now=NOON)  # fmt: skip
    assert item(session, "vote").acting_role == "ccg-head-of-safeguarding"


def test_a_deed_may_bar_from_another_task_that_is_open(session: Session) -> None:
    vote = user("vote", role="dcs", does="vote", may_not="SOD-10", scope='="ballot"')
    other = user("other", role="dcs", does="vote", may_not="SOD-10", scope='="ballot"')
    parts = (start(role="business-manager"), parallel("both"), vote, other, end(), end("finished"))
    publish(session, bpmn("simple", *parts, flow="begin -> both -> vote -> done; both -> other -> finished"))
    case(session, "simple")
    complete_work_item(session, item(session, "vote").id, {}, by=holder(session, "dcs"), now=NOON)
    assert item(session, "other").acting_role == "chair-arg"


def test_a_claim_by_a_role_asked_besides_the_first_outlives_a_change_of_people(session: Session) -> None:
    ask = user("ask", role="independent-scrutineer alternate-scrutineer")
    publish(session, bpmn("simple", start(role="business-manager"), ask, end()))
    case(session, "simple")
    trainer, alternate = person(session, "Ann", "trainer"), holder(session, "alternate-scrutineer")
    claim_work_item(session, item(session, "ask").id, by=alternate, now=NOON)
    for away, still in ((holder(session, "independent-scrutineer"), alternate.person_id), (alternate, None)):
        record_absence(session, away.person_id, from_on=TODAY, to_on=TODAY, substitute_id=trainer.person_id,
                       by=office(session), now=NOON)  # type: ignore[arg-type]  # fmt: skip
        assert item(session, "ask").assignee_id == still


def test_an_absence_without_a_substitute_makes_the_role_fall_back(session: Session) -> None:
    publish(session, SIMPLE)
    case(session, "simple")
    dcs = holder(session, "dcs")
    record_absence(session, dcs.person_id, from_on=TODAY, to_on=TODAY, substitute_id=None, by=dcs, now=NOON)  # type: ignore[arg-type]
    assert item(session, "ask").acting_role == "chair-arg"


def test_an_absence_does_not_end_before_it_begins(session: Session) -> None:
    with pytest.raises(AbsenceBackwards):
        record_absence(
            session, uuid4(), from_on=TODAY, to_on=date(2020, 1, 1), substitute_id=None, by=office(session), now=NOON
        )


def test_whoever_leaves_is_out_at_once(session: Session) -> None:
    publish(session, SIMPLE)
    case(session, "simple")
    dcs = holder(session, "dcs")
    assert dcs.person_id is not None
    token = create_token(session, dcs.person_id, name="x", expires_at=None, by=office(session), now=NOON)
    session.add(SignIn(digest="d", person_id=dcs.person_id, data={}, started_at=NOON, seen_at=NOON))
    claim_work_item(session, item(session, "ask").id, by=dcs, now=NOON)
    disable_person(session, dcs.person_id, by=office(session), now=NOON)
    work = item(session, "ask")
    assert (work.acting_role, work.state) == ("chair-arg", WorkItemState.READY)
    assert token_owner(session, token, now=NOON) is None
    assert session.scalars(select(SignIn)).all() == []
    with pytest.raises(NotFound):
        directory.participant(session, dcs.person_id, now=NOON)


# Passwords and tokens


@pytest.fixture
def ann(session: Session, monkeypatch: pytest.MonkeyPatch) -> Participant:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(sign_in, "_HASHER", cheap)
    monkeypatch.setattr(sign_in, "_NOBODY", cheap.hash("nobody"))
    made = person(session, "Ann", "trainer")
    row = session.get_one(Person, made.person_id)
    row.email, row.password_hash = "ann@test.example", hash_password("right")
    session.flush()
    return made


def attempt(
    session: Session, password: str, *, email: str = "Ann@Test.example", origin: str = "1", after: float = 0
) -> object:
    now = NOON + timedelta(seconds=after)
    tried = count_try(session, email, origin=origin, now=now)
    return sign_in.sign_in(session, tried, now=now) if is_right(tried, password) else None


def test_the_right_password_signs_in_and_no_other_does(session: Session, ann: Participant) -> None:
    assert attempt(session, "wrong") is None
    assert attempt(session, "right") == ann.person_id
    assert attempt(session, "right", email="nobody@test.example") is None
    assert attempt(session, "", email="business-manager@solihull.example") is None


def test_too_many_tries_make_one_wait_longer_each_time(session: Session, ann: Participant) -> None:
    for _ in range(FREE_TRIES["account"]):
        attempt(session, "wrong")
    for origin in ("1", "another"):
        with pytest.raises(TooManyTries):
            attempt(session, "right", origin=origin, after=14)
    assert attempt(session, "wrong", after=16) is None
    with pytest.raises(TooManyTries):
        attempt(session, "right", after=16 + 29)
    assert attempt(session, "right", after=16 + 31) == ann.person_id
    assert attempt(session, "wrong", after=48) is None  # the count begins anew


def test_an_origin_that_tries_many_accounts_waits_too(session: Session, ann: Participant) -> None:
    for number in range(FREE_TRIES["origin"] - 1):
        attempt(session, "x", email=f"{number}@test.example")
    for _ in range(3):
        assert attempt(session, "right") == ann.person_id  # counts for nothing, and takes nothing back
    attempt(session, "x", email="last@test.example")
    with pytest.raises(TooManyTries):
        attempt(session, "right")
    assert attempt(session, "right", origin="another") == ann.person_id


def test_an_origin_is_forgiven_a_try_each_quarter_of_an_hour(session: Session, ann: Participant) -> None:
    """Whoever mistypes now and then does not add up to a wait for the whole office."""
    for day in range(40):
        attempt(session, "wrong", after=day * 901)
    assert attempt(session, "right", after=40 * 901) == ann.person_id
    assert attempt(session, "wrong", after=40 * 901) is None


def test_a_password_changed_or_an_account_disabled_while_one_signs_in_counts(
    session: Session, ann: Participant
) -> None:
    tried = count_try(session, "ann@test.example", origin="1", now=NOON)
    assert is_right(tried, "right")
    row = session.get_one(Person, ann.person_id)
    row.password_hash = hash_password("another")
    session.flush()
    assert sign_in.sign_in(session, tried, now=NOON) is None


def test_an_address_of_any_length_is_counted(session: Session) -> None:
    assert attempt(session, "x", email="é" * 100_000) is None


def test_the_wait_has_an_end(session: Session, ann: Participant) -> None:
    for _ in range(FREE_TRIES["account"]):
        attempt(session, "wrong")
    at = 0.0
    for _ in range(12):
        at += 890  # nothing is forgiven
        with suppress(TooManyTries):
            attempt(session, "wrong", after=at)
    assert attempt(session, "right", after=at + 901) == ann.person_id


def test_somebody_disabled_does_not_sign_in(session: Session, ann: Participant) -> None:
    session.get_one(Person, ann.person_id).disabled_at = NOON
    session.flush()
    assert attempt(session, "right") is None


def test_a_token_acts_until_it_expires_or_is_revoked_and_only_its_hash_is_kept(
    session: Session, ann: Participant
) -> None:
    assert ann.person_id is not None
    token = create_token(session, ann.person_id, name="x", expires_at=NOON + timedelta(days=1), by=ann, now=NOON)
    session.flush()
    row = session.scalars(select(ApiToken)).one()
    assert row.digest == token_digest(token) != token
    assert token_owner(session, token, now=NOON) == ann.person_id
    assert token_owner(session, token + "x", now=NOON) is None
    assert token_owner(session, token, now=NOON + timedelta(days=1)) is None
    row.revoked_at = NOON
    assert token_owner(session, token, now=NOON) is None


# Files


def test_a_file_is_what_it_begins_with_and_kept_sealed(session: Session) -> None:
    by = holder(session, "dcs")
    for content, kind in ((b"%PDF-1.7", "application/pdf"), (b"PK\x03\x04x", "application/zip"), ("é".encode(), "text/plain"),
                          (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png")):  # fmt: skip
        made = keep_attachment(session, "C:\\dir\\name.exe", content, case_id=None, by=by, now=NOON)
        session.flush()
        assert made.media_type == kind
        assert made.sealed is not None
        assert content not in made.sealed
        found = attachment(session, made.id, by=by, now=NOON)
        assert (found.name, found.content, found.media_type) == ("name.exe", content, kind)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"MZ\x90\x00\x03", "PDF"), (b"\xff\xfe\x00", "PDF"), (b"text\0", "PDF"), (b"x" * (20 * 1024 * 1024 + 1), "20 MB")],
)  # fmt: skip
def test_other_files_are_refused_in_words(session: Session, content: bytes, words: str) -> None:
    with pytest.raises(AttachmentRefused, match=words):
        keep_attachment(session, "x", content, case_id=None, by=holder(session, "dcs"), now=NOON)


def test_a_case_has_room_for_so_much_and_no_more(session: Session) -> None:
    publish(session, SIMPLE)
    made = case(session, "simple")
    by = holder(session, "dcs")
    keep_attachment(session, "x", b"text", case_id=made.id, by=by, now=NOON).size = 500 * 1024 * 1024
    session.flush()
    with pytest.raises(AttachmentRefused, match="no room"):
        keep_attachment(session, "x", b"text", case_id=made.id, by=by, now=NOON)


def test_a_file_is_read_by_its_sender_and_the_cases_access_list_only(session: Session) -> None:
    publish(session, SIMPLE)
    made = case(session, "simple")
    contact = holder(session, "agency-contact", body="wmp")
    kept = keep_attachment(session, "x.txt", b"text", case_id=None, by=contact, now=NOON)
    session.flush()
    dcs = holder(session, "dcs")
    with pytest.raises(NotFound):
        attachment(session, kept.id, by=dcs, now=NOON)
    kept.case_id = made.id
    session.flush()
    assert attachment(session, kept.id, by=dcs, now=NOON).content == b"text"
    assert attachment(session, kept.id, by=contact, now=NOON).content == b"text"
    for outsider in (holder(session, "agency-contact", body="csc"), holder(session, "lead-member")):
        with pytest.raises(NotFound):
            attachment(session, kept.id, by=outsider, now=NOON)
    assert [e.action for e in session.info["history"]].count("file-read") == 2
    kept.sealed, kept.erased_at = None, NOON
    with pytest.raises(NotFound):
        attachment(session, kept.id, by=dcs, now=NOON)


def test_names_of_files_are_told_for_their_own_case(session: Session) -> None:
    publish(session, SIMPLE)
    made, other = case(session, "simple"), case(session, "simple")
    by = holder(session, "dcs")
    kept = [keep_attachment(session, f"{n}.txt", b"t" * n, case_id=c, by=by, now=NOON)
            for n, c in ((1, made.id), (2048, other.id), (3, None))]  # fmt: skip
    session.flush()
    refs = [*(str(k.id) for k in kept), "not an id", str(uuid4())]
    found = attachment_names(session, refs, made.id, of=by.person_id)
    assert {k: (v.name, v.about) for k, v in found.items()} == {
        str(kept[0].id): ("1.txt", "(1 bytes)"),
        str(kept[2].id): ("3.txt", "(3 bytes)"),
    }
    assert set(attachment_names(session, refs, other.id, of=uuid4())) == {str(kept[1].id)}
    assert attachment_names(session, refs, other.id, of=None)[str(kept[1].id)].about == "(2 kB)"
    assert session.scalars(select(Attachment)).all()


def test_what_nobody_can_do_is_on_the_vacancy_list_of_those_who_act_for_the_absent(session: Session) -> None:
    publish(session, SIMPLE)
    made = case(session, "simple")
    assert vacancies(session, None) == ()
    unit = holder(session, "business-unit-officer")
    for role in ("dcs", "chair-arg", "deputy-chair-arg", "business-manager", "business-unit-officer"):
        declare_conflict(session, made.id, holder(session, role).person_id, reason="related", by=SYSTEM, now=NOON)
    (vacancy,) = vacancies(session, unit)
    assert (vacancy.reference, vacancy.title, vacancy.role) == (
        made.reference,
        "Ask",
        "Local Authority - Director of Children Services",
    )
    with pytest.raises(NotFound):
        vacancies(session, holder(session, "dcs"))
