"""Of several at once exactly one succeeds, the others are told in plain words, and nothing counts twice."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import audit
from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.commands.add_holiday import add_holiday
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.publish_definition import publish_definition
from engine.commands.sign_in import FREE_TRIES, TooManyTries, count_try
from engine.dispatch import carry_out, lease
from engine.errors import EngineError
from engine.model import (
    Attempt,
    AuditEvent,
    Base,
    Deadline,
    Job,
    MatchToken,
    ProcessDefinition,
    ProcessInstance,
    RegisterEntry,
    Submission,
)
from engine.refusals import WorkItemClosed, WorkItemTaken
from engine.runtime import Runtime
from engine.types import SYSTEM, JobState, WorkItemState
from tests.conftest import settings
from tests.factories import (
    NOON,
    bpmn,
    case,
    each,
    end,
    form,
    holder,
    install_people,
    item,
    items,
    package,
    person,
    publish,
    service,
    start,
    text,
    unchecked,
    user,
)

ROUND = bpmn(
    "round", start(role="dcs"), user("ask", role="dcs"), service("note", "enter-register", {"register": "done"}), end()
)
FORMS = {"ask": form({"said": text()})}


@pytest.fixture
def sqlite_file(tmp_path: Path, clock: VirtualClock) -> Iterator[Runtime]:
    made = make_runtime(settings(f"sqlite:///{tmp_path}/race.sqlite"), clock=clock)
    Base.metadata.create_all(made.store.engine)
    install_people(made)
    yield made
    made.store.close()


@pytest.fixture(params=["sqlite_file", "staffed_postgresql"])
def raced(request: pytest.FixtureRequest) -> Runtime:
    found: Runtime = request.getfixturevalue(request.param)
    return found


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each call's result, or what it raised."""
    ready = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        ready.wait()
        try:
            results[number] = call()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def complete(runtime: Runtime, work_id: Any, said: str, key: str | None = None) -> Callable[[], Any]:
    def call() -> Any:
        with runtime.transaction() as session:
            by = holder(session, "dcs")
            done = complete_work_item(session, work_id, {"said": said}, by=by, now=NOON, idempotency_key=key)
            return done.state

    return call


def test_two_who_complete_one_task_at_once(raced: Runtime) -> None:
    rounds = 100 if raced.store.url.get_backend_name() == "postgresql" else 15
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS))
    for number in range(rounds):
        with raced.transaction() as session:
            case(session, "round", role="dcs")
            work_id = item(session, "ask").id
        results = at_once(*(complete(raced, work_id, f"{number} {who}") for who in "ab"))
        winners = [r for r in results if r == WorkItemState.COMPLETED]
        losers = [r for r in results if isinstance(r, WorkItemClosed)]
        assert (len(winners), len(losers)) == (1, 1), results
        assert "completed by" in losers[0].message
    with raced.transaction() as session:
        assert session.scalar(select(func.count()).where(Submission.element == "ask")) == rounds
        assert session.scalar(select(func.count()).where(AuditEvent.action == "task-completed")) == rounds
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == rounds
        assert audit.verify(session) is None


def test_the_same_request_twice_at_once_is_one_and_both_are_told_it_is_done(raced: Runtime) -> None:
    """A form sent twice by an impatient hand: the second gets the first one's result."""
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS))
    for number in range(10):
        with raced.transaction() as session:
            case(session, "round", role="dcs")
            work_id = item(session, "ask").id
        results = at_once(*(complete(raced, work_id, "x", key=f"key-{number}") for _ in range(2)))
        assert results == [WorkItemState.COMPLETED] * 2
    with raced.transaction() as session:
        assert session.scalar(select(func.count()).where(Submission.element == "ask")) == 10


def test_the_same_start_twice_at_once_makes_one_case(raced: Runtime) -> None:
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS))

    def begin(key: str) -> Callable[[], Any]:
        def call() -> Any:
            with raced.transaction() as session:
                return case(session, "round", role="dcs", idempotency_key=key).id

        return call

    for number in range(10):
        first, second = at_once(begin(f"key-{number}"), begin(f"key-{number}"))
        assert first == second, (first, second)
    with raced.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 10


def test_the_first_cases_of_a_year_may_begin_at_once(raced: Runtime) -> None:
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS))

    def begin() -> Any:
        with raced.transaction() as session:
            return case(session, "round", role="dcs").reference

    assert sorted(at_once(*[begin] * 5)) == [f"SOL-2027-00{n}" for n in range(1, 6)]


def test_two_who_claim_one_task_at_once(raced: Runtime) -> None:
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS))
        case(session, "round", role="dcs")
        work_id = item(session, "ask").id
        people = [holder(session, "dcs"), person(session, "Second", "dcs")]

    def claim(by: Any) -> Callable[[], Any]:
        def call() -> Any:
            with raced.transaction() as session:
                return claim_work_item(session, work_id, by=by, now=NOON).assignee_id

        return call

    results = at_once(*(claim(by) for by in people))
    assert sum(isinstance(r, WorkItemTaken) for r in results) == 1, results


def test_neighbours_of_a_loop_may_be_completed_at_once(raced: Runtime) -> None:
    """Different tasks of one case: both count, in turn."""
    loop = each("=[1, 2, 3, 4]", "n", collect="said_all", as_="=said")
    many = bpmn("many", start(role="dcs"), user("ask", role="dcs", loop=loop), user("last", role="dcs"), end())
    with raced.transaction() as session:
        publish(session, package(many, forms=FORMS))
        case(session, "many", role="dcs")
        work_ids = [i.id for i in items(session, "ask")]
    results = at_once(*(complete(raced, work_id, str(n)) for n, work_id in enumerate(work_ids)))
    assert results == [WorkItemState.COMPLETED] * 4
    with raced.transaction() as session:
        assert item(session, "last")
        assert session.scalar(select(func.count()).where(Submission.element == "ask")) == 4


def test_the_same_job_carried_out_by_several_at_once_is_done_once(raced: Runtime) -> None:
    with raced.transaction() as session:
        publish(session, package(ROUND, forms=FORMS), bpmn("teller", start(role="dcs"), service("tell", "tell", {
            "notice": "submitted", "to": "dcs"}), end()))  # fmt: skip
        case(session, "teller", role="dcs")
    (job_id,) = lease(raced)
    sent: list[str] = []
    at_once(*[lambda: carry_out(raced, job_id, lambda mail: sent.append(mail.message_id))] * 4)
    assert len(sent) == 1
    with raced.transaction() as session:
        assert session.get_one(Job, job_id).state == JobState.DONE


def test_wrong_passwords_sent_at_once_all_count(raced: Runtime) -> None:
    """From as many places as there are guesses; the first of them race to add the account's row."""

    def guess(number: int) -> Callable[[], Any]:
        def call() -> Any:
            with raced.transaction() as session:
                return count_try(session, "victim@test.example", origin=str(number), now=NOON)

        return call

    results = at_once(*(guess(number) for number in range(16)))
    refused = [r for r in results if isinstance(r, TooManyTries)]
    assert (len(refused), len(results) - len(refused)) == (16 - FREE_TRIES["account"], FREE_TRIES["account"]), results
    with raced.transaction() as session:
        assert session.get_one(Attempt, "account/victim@test.example").failures == FREE_TRIES["account"]


def test_publishing_the_same_at_once_makes_one_version_and_nobody_is_lost(raced: Runtime) -> None:
    def publishes() -> Any:
        with raced.transaction() as session:
            return publish_definition(session, package(ROUND, forms=FORMS), by=SYSTEM, now=NOON).version

    with unchecked():
        results = at_once(*[publishes] * 3)
    assert all(r == 1 or isinstance(r, EngineError) for r in results), results
    with raced.transaction() as session:
        assert session.scalars(select(ProcessDefinition.version)).all() == [1]


def test_holidays_and_completions_at_once_do_not_wait_for_each_other_in_a_circle(raced: Runtime) -> None:
    limits = [{"id": "D01", "name": "Notify", "rule": "+5wd after known", "responsible": "dcs"}]
    known = service("know", "set-anchor", {"anchor": "known", "at": "2027-01-11T10:00"})
    parts = (start(role="dcs"), known, user("ask", role="dcs", due="D01"), user("last", role="dcs", due="D01"), end())
    with raced.transaction() as session:
        publish(session, package(bpmn("round", *parts, deadlines=limits), forms=FORMS))
        for _ in range(8):
            case(session, "round", role="dcs")
        waiting = [work.id for work in items(session, "ask")]

    def proclaim(day: int) -> Callable[[], Any]:
        def call() -> Any:
            with raced.transaction() as session:
                return len(add_holiday(session, date(2027, 1, day), "mourning", by=SYSTEM, now=NOON))

        return call

    results = at_once(*(complete(raced, work_id, "x") for work_id in waiting), *map(proclaim, (12, 13, 14)))
    assert results == [WorkItemState.COMPLETED] * 8 + [8] * 3
    with raced.transaction() as session:
        assert {f"{d:%d %H}" for d in session.scalars(select(Deadline.due_at))} == {"21 17"}


def test_two_cases_merged_into_each_other_at_once_do_not_wait_in_a_circle(raced: Runtime) -> None:
    into = service("merge", "merge-case", {"into": "=other"})
    diagram = bpmn("round", start(role="dcs"), user("ask", role="dcs", form="begin"), into, end())

    def merge(work_id: Any, other: Any) -> Callable[[], Any]:
        def call() -> Any:
            with raced.transaction() as session:
                by, answers = holder(session, "dcs"), {"other": str(other)}
                return complete_work_item(session, work_id, answers, by=by, now=NOON).state

        return call

    with raced.transaction() as session:
        publish(session, package(diagram, forms={"begin": form({"other": text()})}))
    for _ in range(5):
        with raced.transaction() as session:
            pair = [case(session, "round", {"other": "nobody yet"}, role="dcs") for _ in "ab"]
            session.add_all(MatchToken(case_id=one.id, token=f"{pair[0].id}") for one in pair)
            asked = {work.instance_id: work.id for work in items(session, "ask")}

        first, second = pair
        results = at_once(merge(asked[first.id], second.id), merge(asked[second.id], first.id))
        assert results == [WorkItemState.COMPLETED] * 2
