"""Every shipped process along random ways: after each step the stored state gives back what was there (promise P13)."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, directory, library, steps
from engine.assembly import publish_bundled
from engine.clock import VirtualClock
from engine.commands.complete_work_item import complete_work_item
from engine.commands.start_process import start_process
from engine.dispatch import carry_out, lease
from engine.errors import EngineError
from engine.forms import Context, merge_example, options_of
from engine.forms.answers import scope_of
from engine.model import Job, ProcessInstance, WorkItem
from engine.runtime import Runtime
from engine.taking import form_context, form_for
from engine.types import OPEN_STATES, SYSTEM, JobState, WorkItemKind
from engine.vocabulary import environment, looking_at
from tests.restoring import compare_every_step

pytestmark = pytest.mark.slow

STARTED_BY_HAND = sorted(
    p.key for p in library.packages() if any("role" in e.attributes for e in library.parse(p).starts)
)
STEPS = 14


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return compare_every_step(monkeypatch)


def answers_for(session: Session, item: WorkItem, random: Random) -> dict[str, Any]:
    """The form's own example, now and then with another of the options offered."""
    instance = session.get_one(ProcessInstance, item.instance_id)
    on = steps.ground(session, instance, by=SYSTEM, now=session.info["runtime"].now())
    form = form_for(session, on, item)
    if form is None:
        return {}
    with looking_at(on.world):
        context = form_context(on, item)
        changed: dict[str, Any] = {}
        for field in form.fields:
            if field.options and not field.fields and random.random() < 0.5:
                offered = options_of(field, scope_of(form, {}, context), context)
                if offered and field.kind.value not in ("choices",):
                    changed[field.name] = random.choice(offered).value
        try:
            return dict(merge_example(form, changed, context))
        except EngineError:
            return dict(merge_example(form, {}, context))


def one_step(runtime: Runtime, random: Random) -> bool:
    """Complete an open task at random, or let a day pass; False when there is nothing left to do."""
    with runtime.transaction() as session:
        open_items = session.scalars(
            select(WorkItem)
            .where(WorkItem.state.in_(OPEN_STATES), WorkItem.acting_role.is_not(None))
            .order_by(WorkItem.id)
        ).all()
        if not open_items:
            return False
        tasks = [i for i in open_items if i.kind == WorkItemKind.TASK] or list(open_items)
        item = random.choice(tasks if random.random() < 0.8 else list(open_items))
        item_id = item.id
    for attempt in range(4):
        try:
            with runtime.transaction() as session:
                item = session.get_one(WorkItem, item_id)
                case = session.get_one(ProcessInstance, item.case_id)
                _, people = directory.candidates(session, case, directory.asked_of(item), now=runtime.now())
                answers = answers_for(session, item, random if attempt < 3 else Random(0))
                complete_work_item(session, item_id, answers, by=people[0], now=runtime.now())
                break
        except EngineError:
            continue  # these answers do not go together; others may
    clock = runtime.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(clock() + timedelta(hours=random.choice((1, 5, 30))))
    for _ in range(6):
        for job_id in lease(runtime, 200):
            carry_out(runtime, job_id, lambda _: None)
    return True


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("key", STARTED_BY_HAND)
def test_a_shipped_process_is_stored_and_restored_unchanged(
    staffed: Runtime, compared: list[int], key: str, seed: int
) -> None:
    random = Random(f"{key}/{seed}")
    publish_bundled(staffed)
    with staffed.transaction() as session:
        process = library.process(library.latest(session, key))
        begin = random.choice([e for e in process.starts if "role" in e.attributes])
        by = directory.holders(session, begin.listed("role")[0], now=staffed.now())[0]
        form = library.form_of({key: process}, key, begin.attributes.get("form", begin.id), staffed.partnership)
        world = steps.blank_world(session, {key: process}, by=by, now=staffed.now())
        with looking_at(world):
            answers = merge_example(form, {}, Context(environment(world)))
        start_process(session, key, answers, by=by, now=staffed.now(), start_event=begin.id)
    for _ in range(STEPS):
        if not one_step(staffed, random):
            break
    assert len(compared) >= 2
    assert max(compared) < 60_000
    with staffed.transaction() as session:
        assert audit.verify(session) is None
        failed = session.scalars(select(Job).where(Job.attempts > 0)).all()
        assert [(j.key, j.last_error) for j in failed] == []
        assert session.scalars(select(Job).where(Job.state == JobState.INCIDENT)).all() == []
