"""The relay finds what is due whether or not anybody rang, and an actor that is called twice acts once."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from dramatiq import Broker, Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from redis import Redis
from sqlalchemy import select

from engine import dispatch, jobs, notices
from engine.assembly import make_runtime
from engine.clock import VirtualClock, now
from engine.dispatch import HANDLERS, Outgoing
from engine.model import Base, Heartbeat, Job, Mail
from engine.runtime import Runtime
from engine.types import JobKind, JobState
from tests.conftest import settings
from tests.factories import NOON, bpmn, case, end, holder, install_people, publish, start, user
from workers import relay
from workers.actors import make_actor
from workers.broker import make_broker
from workers.inprocess import assemble, start_workers
from workers.relay import BATCH, Relay

SIMPLE = bpmn("simple", start(role="dcs"), user("ask", role="dcs"), end())


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Jobs of a kind that does nothing but say that it was done."""
    found: list[UUID] = []
    monkeypatch.setitem(HANDLERS, JobKind.REASSIGN, lambda _session, job, *, now: found.append(job.id))  # type: ignore[arg-type]
    return found


def promise(runtime: Runtime, key: str = "k", *, due_at: datetime | None = None) -> UUID:
    with runtime.transaction() as session:
        at = runtime.now()
        job = jobs.promise(session, JobKind.REASSIGN, key, due_at=due_at or at, now=at)
        assert job is not None
        return job.id


def wait_for(what: Callable[[], Any], seconds: float = 10) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def all_done(runtime: Runtime) -> bool:
    with runtime.transaction() as session:
        return all(j.state == JobState.DONE for j in session.scalars(select(Job)))


# One sweep


def test_a_sweep_leases_what_is_due_and_rings_for_each(runtime: Runtime) -> None:
    due = {promise(runtime, str(n)) for n in range(3)}
    promise(runtime, "later", due_at=NOON + timedelta(hours=1))
    rung: list[UUID] = []
    swept = Relay(runtime, rung.append)
    assert swept.sweep() == 3
    assert set(rung) == due
    assert swept.sweep() == 0
    with runtime.transaction() as session:
        assert session.scalars(select(Heartbeat)).one().seen_at == NOON


def test_a_doorbell_that_was_lost_is_rung_again_when_the_lease_has_run_out(runtime: Runtime, done: list[UUID]) -> None:
    job_id = promise(runtime)
    lost = Relay(runtime, lambda _: None)
    assert lost.sweep() == 1
    clock = runtime.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOON + jobs.LEASE - timedelta(seconds=1))
    assert lost.sweep() == 0
    clock.move_to(NOON + jobs.LEASE)
    heard = Relay(runtime, lambda job: dispatch.carry_out(runtime, job, lambda _: None))
    assert heard.sweep() == 1
    assert done == [job_id]


def test_a_job_that_fails_does_not_keep_the_next_from_its_turn(
    runtime: Runtime, done: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setitem(HANDLERS, JobKind.FIRE_TIMER, fails)  # type: ignore[arg-type]
    with runtime.transaction() as session:
        jobs.promise(session, JobKind.FIRE_TIMER, "bad", due_at=NOON - timedelta(hours=1), now=NOON)
    good = promise(runtime)
    Relay(runtime, lambda job: dispatch.carry_out(runtime, job, lambda _: None)).sweep()
    assert done == [good]


def test_a_calendar_that_can_not_be_kept_stops_nothing_that_is_due(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Runtime) -> None:
        raise KeyError

    monkeypatch.setattr("workers.relay.keep_calendar", fails)
    promise(runtime)
    assert Relay(runtime, lambda _: None).sweep() == 1


@pytest.mark.parametrize("error", [OSError, ConnectionError, ValueError])
def test_trouble_with_the_broker_waits_for_the_next_sweep(runtime: Runtime, error: type[Exception]) -> None:
    promise(runtime)

    def away(_: UUID) -> None:
        raise error("away")

    assert Relay(runtime, away).sweep() == 0


def test_a_database_that_is_away_waits_for_the_next_sweep() -> None:
    made = make_runtime(settings("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1"))
    assert Relay(made, lambda _: None).sweep() == 0
    made.store.close()


# In memory


@pytest.fixture
def shared(tmp_path: Any) -> Iterator[Runtime]:
    """A database that several threads use, with the real clock."""
    made = make_runtime(settings(f"sqlite:///{tmp_path}/workers.sqlite"))
    Base.metadata.create_all(made.store.engine)
    yield made
    made.store.close()


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "EVERY", 0.05)


def stop(worker: Worker) -> None:
    worker.stop(timeout=5000)
    worker.broker.close()


@pytest.mark.usefixtures("fast")
def test_workers_in_this_process_do_what_is_due(shared: Runtime, done: list[UUID]) -> None:
    expected = {promise(shared, str(n)) for n in range(5)}
    worker = start_workers(shared)
    try:
        wait_for(lambda: all_done(shared))
        expected.add(promise(shared, "one more"))
        wait_for(lambda: all_done(shared))
    finally:
        stop(worker)
    assert sorted(done) == sorted(expected)
    with shared.transaction() as session:
        assert session.scalars(select(Heartbeat)).one().swept_at is not None


@pytest.mark.usefixtures("fast")
def test_an_actor_called_many_times_for_one_job_acts_once(shared: Runtime, done: list[UUID]) -> None:
    job_id = promise(shared)
    broker = make_broker("memory:")
    ring = make_actor(broker, shared, lambda _: None)
    for _ in range(5):
        ring(job_id)
    worker = Worker(broker, worker_threads=4, worker_timeout=50)
    worker.start()
    try:
        wait_for(lambda: done)
        broker.join("jobs", timeout=5000)  # type: ignore[call-arg]
    finally:
        stop(worker)
    assert done == [job_id]


@pytest.mark.usefixtures("fast")
def test_an_actor_called_twice_for_one_mail_sends_it_once(shared: Runtime) -> None:
    install_people(shared, now=now())
    with shared.transaction() as session:
        publish(session, SIMPLE)
        made = case(session, "simple", role="dcs")
        addressee = notices.Addressee(holder(session, "dcs", now=now()), "dcs")
        notices.compose(session, [addressee], made, "submitted", "k", now=now(), rung="submitted")
    with shared.transaction() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.SEND_MAIL)).one()
        job.due_at = now()  # whatever the hour of this test
        job_id = job.id
    sent: list[Outgoing] = []
    both = threading.Barrier(2)

    def slow(outgoing: Outgoing) -> None:
        sent.append(outgoing)
        time.sleep(0.2)

    def call() -> None:
        both.wait()
        dispatch.carry_out(shared, job_id, slow)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with shared.transaction() as session:
        mail = session.scalars(select(Mail)).one()
        assert [m.message_id for m in sent] == [mail.message_id]
        assert mail.sent_at is not None
        assert mail.sent_at <= datetime.now(UTC)


# On Redis


@pytest.fixture
def on_redis(shared: Runtime, redis_url: str) -> tuple[Runtime, Broker]:
    with Redis.from_url(redis_url) as client:
        client.flushall()
    made = replace(shared, settings=replace(shared.settings, broker_url=redis_url))
    broker = assemble(made)
    assert isinstance(broker, RedisBroker)
    return made, broker


def redis_worker(broker: Broker) -> Worker:
    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    return worker


@pytest.mark.usefixtures("fast")
def test_a_job_goes_through_redis_as_an_id_and_nothing_else(
    on_redis: tuple[Runtime, Broker], redis_url: str, done: list[UUID]
) -> None:
    runtime, broker = on_redis
    job_id = promise(runtime)
    swept = next(m for m in broker.middleware if isinstance(m, Relay))
    swept.sweep()
    with Redis.from_url(redis_url) as client:
        stored = b"".join(
            value
            for key in client.keys("dramatiq:*msgs")
            for value in client.hvals(key)  # type: ignore[union-attr]
        )
    assert str(job_id).encode() in stored
    assert b"dcs" not in stored
    assert len(stored) < 500
    worker = redis_worker(broker)
    try:
        wait_for(lambda: all_done(runtime))
    finally:
        stop(worker)
    assert done == [job_id]


@pytest.mark.usefixtures("fast")
def test_a_redis_that_comes_back_empty_loses_nothing(
    on_redis: tuple[Runtime, Broker], redis_url: str, done: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is short here, so that the sweep finds the job again while the test waits."""
    monkeypatch.setattr(jobs, "LEASE", timedelta(milliseconds=300))
    runtime, broker = on_redis
    expected = {promise(runtime, str(n)) for n in range(10)}
    swept = next(m for m in broker.middleware if isinstance(m, Relay))
    assert swept.sweep() == 10
    with Redis.from_url(redis_url) as client:
        client.flushall()
    worker = redis_worker(broker)
    try:
        wait_for(lambda: all_done(runtime))
    finally:
        stop(worker)
    assert sorted(done) == sorted(expected)


# Brokers


def test_brokers_are_chosen_by_their_url(redis_url: str) -> None:
    assert isinstance(make_broker("memory:"), StubBroker)
    assert isinstance(make_broker(redis_url), RedisBroker)


def test_a_broker_retries_nothing_by_itself() -> None:
    """A failed job is kept, and tried again, by its own row."""
    assert not any("Retries" in type(m).__name__ for m in make_broker("memory:").middleware)


def test_a_sweep_that_was_full_is_followed_at_once_by_the_next(runtime: Runtime) -> None:
    for number in range(BATCH + 1):
        promise(runtime, str(number))
    rung: list[UUID] = []
    swept = Relay(runtime, rung.append)
    assert swept.sweep() == BATCH
    assert swept.sweep() == 1
