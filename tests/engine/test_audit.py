"""The history: numbered without gaps, chained, and a change shows wherever it is made."""

import threading
from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import audit
from engine.audit import GENESIS
from engine.model import AuditEvent, AuditHead
from engine.runtime import Runtime
from engine.types import SYSTEM
from tests.factories import NOON, participant

ROWS = 40


def write(runtime: Runtime, count: int, **details: object) -> None:
    for number in range(count):
        with runtime.transaction() as session:
            audit.record(
                session,
                "tested",
                by=SYSTEM,
                at=NOON + timedelta(seconds=number),
                case_id=uuid4(),
                number=number,
                **details,
            )


def fault(runtime: Runtime) -> tuple[int, str] | None:
    with runtime.transaction() as session:
        found = audit.verify(session)
    return None if found is None else (found.seq, found.words)


def test_an_empty_history_is_whole(any_runtime: Runtime) -> None:
    assert fault(any_runtime) is None


def test_events_are_numbered_from_one_and_each_holds_the_hash_before_it(any_runtime: Runtime) -> None:
    write(any_runtime, 3)
    with any_runtime.transaction() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        assert [e.seq for e in events] == [1, 2, 3]
        assert [e.previous for e in events] == [GENESIS, events[0].hash, events[1].hash]
        head = session.scalars(select(AuditHead)).one()
        assert (head.seq, head.hash) == (3, events[2].hash)
    assert fault(any_runtime) is None


def test_what_one_transaction_recorded_is_written_in_its_order(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for action in ("first", "second", "third"):
            audit.record(session, action, by=SYSTEM, at=NOON)
    with runtime.transaction() as session:
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all() == ["first", "second", "third"]


def test_a_transaction_rolled_back_leaves_no_gap(any_runtime: Runtime) -> None:
    write(any_runtime, 1)
    with pytest.raises(ZeroDivisionError), any_runtime.transaction() as session:
        audit.record(session, "never", by=SYSTEM, at=NOON)
        raise ZeroDivisionError
    write(any_runtime, 1)
    with any_runtime.transaction() as session:
        assert session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)).all() == [1, 2]
    assert fault(any_runtime) is None


def test_the_chain_holds_on_either_database_with_everything_an_event_may_say(any_runtime: Runtime) -> None:
    """Time zones, nulls, numbers and nested details come back as they were hashed."""
    with any_runtime.transaction() as session:
        audit.record(
            session,
            "everything",
            by=participant("dcs"),
            at=NOON.astimezone(tz=None).replace(microsecond=123456),
            case_id=uuid4(),
            instance_id=uuid4(),
            work_item_id=uuid4(),
            role="dcs",
            idempotency_key="k",
            text="é “x” \\ \n",
            half=0.5,
            big=2**53 + 1,
            none=None,
            nested={"b": [1, {"a": True}], "a": {}},
        )
    assert fault(any_runtime) is None


# The database refuses to change it

REWRITTEN = [
    "UPDATE audit_event SET action = 'nothing' WHERE seq = 2",
    "UPDATE audit_event SET seq = 9 WHERE seq = 2",
    "DELETE FROM audit_event WHERE seq = 3",
    "DELETE FROM audit_event",
]
COLUMNS = "at, case_id, instance_id, work_item_id, person_id, role, action, details, idempotency_key, previous, hash"
ON_ONE = {
    "sqlite": [
        f"INSERT OR REPLACE INTO audit_event (seq, {COLUMNS}) SELECT {seq}, {COLUMNS} FROM audit_event WHERE seq = {of}"
        for seq, of in ((1, 2), (9, 3))  # in place of a number, and of a key
    ],
    "postgresql": [
        "TRUNCATE audit_event",
        "TRUNCATE audit_event, audit_head CASCADE",
        "INSERT INTO audit_event SELECT * FROM audit_event WHERE seq = 2 "
        "ON CONFLICT (seq) DO UPDATE SET action = 'nothing'",
    ],
}


def test_the_database_refuses_to_change_or_delete_what_was_written(any_runtime: Runtime) -> None:
    write(any_runtime, 2)
    with any_runtime.transaction() as session:
        audit.record(session, "tested", by=SYSTEM, at=NOON, idempotency_key="k")
    for statement in [*REWRITTEN, *ON_ONE[any_runtime.store.engine.dialect.name]]:
        with pytest.raises(IntegrityError, match="audit_event is append-only"), any_runtime.transaction() as session:
            session.execute(text(statement))
    assert fault(any_runtime) is None


# What is done to it shows

UNLOCK = {
    "sqlite": [f"DROP TRIGGER audit_event_no_{what}" for what in ("update", "delete", "replace")],
    "postgresql": ["DROP TRIGGER audit_event_append_only ON audit_event"],
}


def unlock(session: Session) -> None:
    """As somebody with the owner's rights would before changing history."""
    for statement in UNLOCK[session.get_bind().dialect.name]:
        session.execute(text(statement))


def _details(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(details={"number": -1}))


def _time(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(at=NOON - timedelta(days=1)))


def _action(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(action="nothing"))


def _case(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(case_id=None))


def _person(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(person_id=uuid4()))


def _hash(session: Session, seq: int) -> None:
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(hash="f" * 64))


def _rehashed(session: Session, seq: int) -> None:
    """Even with its own hash made good again."""
    event = session.get_one(AuditEvent, seq)
    event.action = "nothing"
    event.hash = audit.digest(event)
    session.flush()


def _gone(session: Session, seq: int) -> None:
    session.execute(delete(AuditEvent).where(AuditEvent.seq == seq))


def _swapped(session: Session, seq: int) -> None:
    for was, becomes in ((seq, -1), (seq + 1, seq), (-1, seq + 1)):
        session.execute(update(AuditEvent).where(AuditEvent.seq == was).values(seq=becomes))


WAYS: list[tuple[Callable[[Session, int], None], int]] = [
    # what is done, and which row is named first, counted from the one it was done to
    (_details, 0), (_time, 0), (_action, 0), (_case, 0), (_person, 0), (_hash, 0), (_rehashed, 1), (_gone, 0), (_swapped, 0),
]  # fmt: skip


def test_a_change_at_any_place_is_found_and_the_first_bad_row_named(any_runtime: Runtime) -> None:
    write(any_runtime, ROWS)
    random = Random(14)
    places = [1, 2, ROWS - 2, *random.sample(range(3, ROWS - 2), 6)]
    for tamper, offset in WAYS:
        for place in places:
            with any_runtime.store.engine.connect() as connection:
                session = Session(connection)
                unlock(session)
                tamper(session, place)
                session.expire_all()
                found = audit.verify(session)
                assert found is not None, (tamper, place)
                assert found.seq == place + offset, (tamper, place, found)
                assert str(found.seq) in found.words
                session.close()
                connection.rollback()
    assert fault(any_runtime) is None


def test_rows_cut_off_at_the_end_are_missed(runtime: Runtime) -> None:
    write(runtime, 5)
    with runtime.transaction() as session:
        unlock(session)
        session.execute(delete(AuditEvent).where(AuditEvent.seq > 3))
    assert fault(runtime) == (4, "The history ends at event 3, but 5 were written.")


def test_a_row_put_in_at_the_end_shows(runtime: Runtime) -> None:
    write(runtime, 2)
    with runtime.transaction() as session:
        last = session.get_one(AuditEvent, 2)
        forged = AuditEvent(seq=3, at=NOON, action="forged", details={}, previous=last.hash, hash="")
        forged.hash = audit.digest(forged)
        session.add(forged)
    assert fault(runtime) == (4, "The history ends at event 3, but 2 were written.")


def test_a_head_that_is_gone_shows(runtime: Runtime) -> None:
    write(runtime, 2)
    with runtime.transaction() as session:
        session.execute(text("DELETE FROM audit_head"))
    assert fault(runtime) == (3, "The head of the history is missing.")


# Many at once


def test_many_transactions_at_once_leave_no_gap(staffed_postgresql: Runtime) -> None:
    threads = [threading.Thread(target=write, args=(staffed_postgresql, 12)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with staffed_postgresql.transaction() as session:
        assert session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)).all() == list(range(1, 73))
    assert fault(staffed_postgresql) is None


def test_the_very_first_events_may_be_written_at_once(staffed_postgresql: Runtime) -> None:
    """The head is made by whoever comes first; nobody fails for having come second."""
    failures: list[BaseException] = []
    ready = threading.Barrier(6)

    def first() -> None:
        ready.wait()
        try:
            write(staffed_postgresql, 1)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=first) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert fault(staffed_postgresql) is None
