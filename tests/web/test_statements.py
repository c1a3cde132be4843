"""How many statements a page costs: known, and the same however many rows it shows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from engine import library
from engine.clock import VirtualClock
from engine.demonstration import set_up_demonstration
from engine.runtime import Runtime
from engine.types import LearningKind
from tests.conftest import NOON, image_of, restored
from tests.factories import bpmn, case, end, publish, start, user
from tests.learned import learned, publish_all, story
from tests.web.conftest import Visitor

Come = Callable[..., Visitor]


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """Without those that begin and end a transaction."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
            said.append(statement)

    event.listen(runtime.store.engine, "before_cursor_execute", note)
    yield said
    event.remove(runtime.store.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def demonstration(opened_image: bytes) -> bytes:
    made = restored(opened_image, VirtualClock(NOON))
    set_up_demonstration(made)
    image = image_of(made)
    made.store.close()
    return image


@pytest.fixture
def web_runtime(demonstration: bytes, clock: VirtualClock) -> Iterator[Runtime]:
    made = restored(demonstration, clock, demo=True)
    yield made
    made.store.close()


@pytest.fixture
def director(visitor: Come) -> Visitor:
    """In the demonstration, after the message of welcome."""
    one = visitor("dcs")
    one.get("/tasks")
    return one


def test_tasks_cost_six(director: Visitor, web_runtime: Runtime) -> None:
    for path in ("/tasks", "/tasks?list=team"):
        with statements(web_runtime) as said:
            director.get(path)
        assert len(said) <= 6, said


def test_where_a_case_stands_costs_thirty_at_its_first_view_and_opens_nothing_sealed(
    director: Visitor, web_runtime: Runtime
) -> None:
    library.forget()
    with statements(web_runtime) as said:
        director.get("/cases/SOL-2026-001")
    assert len(said) <= 30, said
    for path in ("", "?part=dates", "?part=history"):
        with statements(web_runtime) as said:
            director.get(f"/cases/SOL-2026-001{path}")
        assert not any("sealed_value" in one for one in said), path
    with statements(web_runtime) as said:
        director.get("/cases/SOL-2026-001?part=papers")
    assert any("sealed_value" in one for one in said)


def test_cases_cost_the_same_however_many_there_are(visitor: Come, web_runtime: Runtime) -> None:
    one, costs = visitor("dcs"), []
    with web_runtime.transaction() as session:
        publish(session, bpmn("brief", start(role="dcs"), user("ask", role="dcs"), end()))
    for more in (1, 24):
        with web_runtime.transaction() as session:
            for _ in range(more):
                case(session, "brief", role="dcs")
        one.get("/cases")
        with statements(web_runtime) as said:
            one.get("/cases")
        costs.append(len(said))
    assert costs[0] == costs[1] <= 10, said


def test_the_learning_cycle_costs_the_same_however_much_was_learned(visitor: Come, web_runtime: Runtime) -> None:
    one, costs = visitor("lead-member"), []
    with web_runtime.transaction() as session:
        publish_all(session)
        told = story(session)
    paths = ("/learning", "/learning?part=points", f"/learning/{told['input']}", f"/learning/{told['late']}")
    for more in (0, 40):
        with web_runtime.transaction() as session:
            for n in range(more):
                on = case(session, "idea", role="dcs")
                learned(session, on, LearningKind.INPUT, f"Input {n}", came_from=[told["test"]])
                learned(session, on, LearningKind.ACTION, f"Action {n}", key=str(n), came_from=[told["plan"]])
        for path in paths:
            one.get(path)
            with statements(web_runtime) as said:
                one.get(path)
            costs.append(len(said))
    assert costs[: len(paths)] == costs[len(paths) :]
    assert max(costs) <= 22
