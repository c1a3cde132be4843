"""Runs one scenario, step by step, with a clock that moves only when it is told to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from engine import demo, jobs, library, schedules, steps
from engine.audit import record
from engine.bpmn.elements import Element
from engine.clock import VirtualClock
from engine.commands.add_holiday import add_holiday
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.keep_attachment import keep_attachment
from engine.commands.publish_definition import publish_definition
from engine.commands.record_absence import record_absence
from engine.commands.release_work_item import release_work_item
from engine.commands.start_process import start_process
from engine.commands.start_scheduled import start_scheduled
from engine.directory import asked_of, candidates, holders
from engine.dispatch import Outgoing, carry_out
from engine.errors import EngineError
from engine.forms import Context, Field, Kind, merge_example
from engine.library import Package, Process
from engine.model import Job, ProcessDefinition, ProcessInstance, WorkItem
from engine.policy import DutiesSeparated
from engine.runtime import Runtime, runtime_of
from engine.scenario import checks
from engine.scenario.reader import VERBS, Scenario, ScenarioUnreadable, london_moment, plain
from engine.scenario.samples import sample_file
from engine.taking import form_context, form_for
from engine.types import OPEN_STATES, SYSTEM, JobKind, JobState, Participant
from engine.vocabulary import environment, looking_at

MOST_JOBS = 5_000  # that one move of the clock may fire
_WAITING = (Job.state == JobState.WAITING, Job.due_at <= bindparam("limit"))
_EARLIEST = (
    select(Job.id, Job.due_at)
    .where(*_WAITING, Job.due_at == select(func.min(Job.due_at)).where(*_WAITING).scalar_subquery())
    .order_by(Job.created_at, Job.id)
)


@dataclass(frozen=True)
class Failure:
    step: int
    words: str


@dataclass(frozen=True)
class Report:
    scenario: Scenario
    failures: tuple[Failure, ...]
    steps_run: int
    finished_at: datetime

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass
class Stage:
    """What a run remembers between steps."""

    runtime: Runtime
    clock: VirtualClock
    posted: list[Outgoing] = field(default_factory=list)
    case: UUID | None = None
    named: dict[str, UUID] = field(default_factory=dict)
    calendar: bool | tuple[str, ...] = False


class Unmet(Exception):
    """A step did not go as written."""


def run_scenario(scenario: Scenario, runtime: Runtime, packages: list[Package], *, keep_going: bool = False) -> Report:
    """Run on an empty database with its schema in place. Stops at the first failure unless told to go on."""
    clock = VirtualClock(scenario.now.astimezone(UTC))
    stage = Stage(replace(runtime, clock=clock), clock, calendar=scenario.calendar)
    _set_the_stage(stage, scenario, packages)
    failures: list[Failure] = []
    done = 0
    for number, step in enumerate(scenario.steps, 1):
        try:
            _take(stage, step)
        except Unmet as unmet:
            failures.append(Failure(number, str(unmet)))
        except EngineError as error:
            failures.append(Failure(number, f"refused with {error.code}: {error.message}{_more(error)}"))
        done = number
        if failures and not keep_going:
            break
    return Report(scenario, tuple(failures), done, clock())


def _more(error: EngineError) -> str:
    named = [f" [{'.'.join(map(str, e.path))}: {e.message}]" for e in getattr(error, "errors", ())]
    return "".join(named)


def _set_the_stage(stage: Stage, scenario: Scenario, packages: list[Package]) -> None:
    with stage.runtime.transaction() as session:
        now = stage.runtime.now()
        demo.install(session, stage.runtime.partnership, now=now)
        for package in packages:
            publish_definition(session, package, beside=packages, by=SYSTEM, now=now)
        for day in scenario.holidays:
            add_holiday(session, day, "holiday of the scenario", by=SYSTEM, now=now)
        plan(session, scenario.calendar, now=now)


def plan(session: Session, calendar: bool | tuple[str, ...], *, now: datetime) -> None:
    """What the partnership's schedules promise, or only those that the scenario names."""
    if calendar is False:
        return
    schedules.plan(session, now=now)
    if calendar is not True:
        known = runtime_of(session).partnership.schedules
        if unknown := set(calendar) - set(known):
            raise ScenarioUnreadable(f"The partnership has no schedule “{min(unknown)}”, only {', '.join(known)}.")
        others = or_(*(Job.key.startswith(f"schedule/{one}/") for one in known if one not in calendar))
        jobs.withdraw(session, Job.kind == JobKind.START_SCHEDULED, others, now=now)


def _take(stage: Stage, step: Mapping[str, Any]) -> None:
    if "at" in step:
        _move_to(stage, london_moment(step["at"]).astimezone(UTC))
    if "in" in step:
        with stage.runtime.transaction() as session:
            stage.case = checks.case_called(session, stage, step["in"])
        if stage.case is None:
            raise Unmet(f"no case was saved as “{step['in']}”, and none has this reference")
    if "restart" in step:
        stage.runtime = replace(stage.runtime)
        library.forget()
    try:
        _act(stage, step)
    except EngineError as error:
        if "refused" not in step:
            raise
        if error.code != step["refused"]:
            raise Unmet(f"refused with {error.code} ({error.message}), not with {step['refused']}") from error
        if step.get("because", "") not in (said := f"{error.message}{_more(error)}"):
            raise Unmet(f"refused because “{said}”, not “{step['because']}”") from error
        _note_refusal(stage, step, error)
    else:
        if "refused" in step:
            raise Unmet(f"it was accepted, but should be refused with {step['refused']}")
    if any(verb in step for verb in VERBS):
        _drain(stage)
    if "save_as" in step and stage.case is not None:
        stage.named[step["save_as"]] = stage.case
    for kind, wanted in (step.get("expect") or {}).items():
        with stage.runtime.transaction() as session:
            problems = checks.CHECKS[kind](session, stage, plain(wanted))
        if problems:
            raise Unmet("; ".join(problems))


def _act(stage: Stage, step: Mapping[str, Any]) -> None:
    answers = plain(step.get("answers") or {})
    with stage.runtime.transaction() as session:
        now = stage.runtime.now()
        if "start" in step:
            _start(session, stage, step, answers, now)
        elif "begin" in step:
            _begin(session, stage, step, now)
        elif "complete" in step:
            item = find_item(session, stage, step["complete"], step)
            by = actor(session, step, item, now)
            complete_work_item(session, item.id, whole_answers(session, item, answers, by, now), by=by, now=now)
        elif "claim" in step:
            item = find_item(session, stage, step["claim"], step)
            claim_work_item(session, item.id, by=actor(session, step, item, now), now=now)
        elif "release" in step:
            item = find_item(session, stage, step["release"], step)
            release_work_item(session, item.id, by=actor(session, step, item, now), now=now)
        elif "holiday" in step:
            add_holiday(session, london_moment(step["holiday"]).date(), "proclaimed", by=SYSTEM, now=now)
            plan(session, stage.calendar, now=now)
        elif "conflict" in step:
            wanted = plain(step["conflict"])
            who = participant_of(session, wanted["role"], wanted.get("body"), now)
            case = session.get_one(ProcessInstance, stage.case)
            declare_conflict(session, case.id, who.person_id, reason=wanted["reason"], by=who, now=now)
        elif "absence" in step:
            _absence(session, plain(step["absence"]), now)


def _start(session: Session, stage: Stage, step: Mapping[str, Any], answers: dict[str, Any], now: datetime) -> None:
    key = step["start"]
    by = participant_of(session, step["as"], step.get("body"), now)
    process = library.process(library.latest(session, key))
    events = [e for e in process.starts if step.get("event") in (None, e.id)]
    begin = next((e for e in events if step["as"] in e.listed("role")), events[0] if events else None)
    if begin is None:
        raise Unmet(f"{key} has no start event{' ' + str(step.get('event')) if 'event' in step else ''}")
    whole = start_answers(session, process, begin, answers, by=by, now=now)
    instance = start_process(session, key, whole, by=by, now=now, start_event=begin.id)
    stage.case = instance.case_id


def _begin(session: Session, stage: Stage, step: Mapping[str, Any], now: datetime) -> None:
    """One occurrence of one schedule, without the calendar's others."""
    schedule = runtime_of(session).partnership.schedules.get(step["begin"])
    if schedule is None or "on" not in step:
        raise Unmet(f"`begin` names a schedule of the partnership, `on` its day; there is no “{step['begin']}”")
    key = schedules.job_key(schedule.id, london_moment(step["on"]).date())
    if session.scalar(select(Job.id).where(Job.key == key)):
        raise Unmet(f"“{schedule.id}” of {step['on']} begins by this scenario's calendar, or has begun already")
    job = Job(
        kind=JobKind.START_SCHEDULED,
        key=key,
        state=JobState.DONE,
        due_at=now,
        detail=key,
        created_at=now,
        closed_at=now,
    )
    session.add(job)
    start_scheduled(session, job, now=now)
    stage.case = checks.case_called(session, stage, schedule.process)


def start_answers(
    session: Session, process: Process, begin: Element, answers: dict[str, Any], *, by: Participant, now: datetime
) -> dict[str, Any]:
    """The start form's own example with the step's answers merged over it."""
    key = process.key
    form = library.form_of({key: process}, key, begin.attributes.get("form", begin.id), runtime_of(session).partnership)
    world = steps.blank_world(session, {key: process}, by=by, now=now)
    with looking_at(world):
        whole = merge_example(form, fitted(form.fields, answers), Context(environment(world)))
    return with_files(session, form.fields, whole, item=None, by=by, now=now)


def _absence(session: Session, wanted: dict[str, Any], now: datetime) -> None:
    who = participant_of(session, wanted["role"], wanted.get("body"), now)
    substitute = wanted.get("substitute")
    acting = participant_of(session, substitute, None, now).person_id if substitute else None
    if who.person_id is None:
        raise Unmet(f"{who.name} is nobody who can be away")
    record_absence(
        session,
        who.person_id,
        from_on=london_moment(wanted["from"]).date(),
        to_on=london_moment(wanted["to"]).date(),
        substitute_id=acting,
        by=who,
        now=now,
    )


def find_item(session: Session, stage: Stage, element: str, step: Mapping[str, Any]) -> WorkItem:
    """The open task of this name in the case that the acting role is asked for; `where` picks one of several."""
    items = session.scalars(
        select(WorkItem)
        .where(WorkItem.element == element, WorkItem.case_id == stage.case, WorkItem.state.in_(OPEN_STATES))
        .order_by(WorkItem.opened_at, WorkItem.id)
    ).all()
    where = plain(step.get("where") or {})
    fitting = [i for i in items if checks.facts_match(i, where)]
    if not fitting and "refused" in step:
        _would_be_refused(session, stage, element, step)
    if not fitting:
        raise Unmet(f"no task “{element}” is open{_where_words(where)}; open are: {checks.open_words(session, stage)}")
    for item in fitting:
        if step["as"] in {item.role, item.acting_role, *item.also} and step.get("body") in (None, item.body):
            return item
    return fitting[0]


def _would_be_refused(session: Session, stage: Stage, element: str, step: Mapping[str, Any]) -> None:
    """A step that is not open now, tried by somebody whom the separation of duties bars from it at any time."""
    partnership = runtime_of(session).partnership
    by = participant_of(session, step["as"], step.get("body"), stage.runtime.now())
    for definition in session.scalars(select(ProcessDefinition).order_by(ProcessDefinition.key)):
        found = library.process(definition).elements.get(element)
        for rule in found.listed("mayNot") if found else ():
            if partnership.separation[rule].if_role & by.roles:
                raise DutiesSeparated(partnership.separation[rule])


def _where_words(where: Mapping[str, Any]) -> str:
    return f" where {', '.join(f'{k} is {v}' for k, v in where.items())}" if where else ""


def actor(session: Session, step: Mapping[str, Any], item: WorkItem, now: datetime) -> Participant:
    body = step.get("body") or (item.body if step["as"] == item.role else None)
    case = session.get_one(ProcessInstance, item.case_id)
    if step["as"] == item.acting_role and step.get("body") in (None, item.body):
        _, people = candidates(session, case, asked_of(item), now=now)
        if people:
            return people[0]
    return participant_of(session, step["as"], body, now, case_id=item.case_id)


def participant_of(
    session: Session, role: str, body: str | None, now: datetime, case_id: UUID | None = None
) -> Participant:
    people = holders(session, role, now=now, body=body, case_id=case_id)
    if not people:
        raise Unmet(f"nobody holds the role {role}{f' at {body}' if body else ''}")
    return people[0]


def whole_answers(
    session: Session, item: WorkItem, answers: dict[str, Any], by: Participant, now: datetime
) -> dict[str, Any]:
    """The form's own example with the step's answers merged over it."""
    instance = session.get_one(ProcessInstance, item.instance_id)
    on = steps.ground(session, instance, by=by, now=now)
    form = form_for(session, on, item)
    if form is None:
        return {}
    with looking_at(on.world):
        whole = merge_example(form, fitted(form.fields, answers), form_context(on, item))
    return with_files(session, form.fields, whole, item=item, by=by, now=now)


def with_files(
    session: Session,
    fields: Sequence[Field],
    answers: dict[str, Any],
    *,
    item: WorkItem | None,
    by: Participant,
    now: datetime,
) -> dict[str, Any]:
    """The files that an example names are made, so that the answers name real ones."""

    def made(ref: Any) -> str:
        name, of = str(ref), None if item is None else item.id
        content = sample_file(name)
        return str(keep_attachment(session, name, content, case_id=None, by=by, now=now, work_item_id=of).id)

    whole = dict(answers)
    for question in fields:
        value = whole.get(question.name)
        if value and question.kind == Kind.FILE:
            whole[question.name] = made(value)
        elif value and question.kind == Kind.FILES:
            whole[question.name] = [made(ref) for ref in value]
        elif value and question.fields:
            whole[question.name] = [
                with_files(session, question.fields, row, item=item, by=by, now=now) for row in value
            ]
    return whole


def fitted(fields: Sequence[Field], answers: Mapping[str, Any]) -> dict[str, Any]:
    """`yes` and `no` as the question means them: true and false, or the options of that name."""
    by_name = {f.name: f for f in fields}
    made: dict[str, Any] = {}
    for name, value in answers.items():
        field = by_name.get(name)
        if field is not None and field.fields and isinstance(value, list):
            value = [fitted(field.fields, row) if isinstance(row, dict) else row for row in value]
        elif field is not None and field.kind == Kind.YES_NO and value in ("yes", "no"):
            value = value == "yes"
        elif field is not None and field.kind != Kind.YES_NO and isinstance(value, bool):
            value = "yes" if value else "no"
        made[name] = value
    return made


def _note_refusal(stage: Stage, step: Mapping[str, Any], error: EngineError) -> None:
    with stage.runtime.transaction() as session:
        record(
            session,
            "refused",
            by=SYSTEM,
            at=stage.runtime.now(),
            case_id=stage.case,
            role=step.get("as"),
            code=error.code,
        )


def _move_to(stage: Stage, moment: datetime) -> None:
    """Everything due before is fired in order, each at its own moment."""
    if moment < stage.clock():
        raise Unmet(f"the clock stands at {stage.clock():%Y-%m-%d %H:%M} and cannot go back")
    _drain(stage, until=moment)
    stage.clock.move_to(moment)


def _drain(stage: Stage, until: datetime | None = None) -> None:
    limit = until or stage.clock()
    done = 0
    while due := _due(stage, limit):
        stage.clock.move_to(max(stage.clock(), due[0].due_at))
        for job in due:
            if not carry_out(stage.runtime, job.id, stage.posted.append):
                raise Unmet(_why(stage, job.id))
        done += len(due)
        if done > MOST_JOBS:
            raise Unmet(f"more than {MOST_JOBS} jobs became due at once")


def _due(stage: Stage, limit: datetime) -> Sequence[Row[UUID, datetime]]:
    """The jobs of the earliest moment at which any is due."""
    with stage.runtime.transaction() as session:
        return session.execute(_EARLIEST, {"limit": limit}).all()


def _why(stage: Stage, job_id: UUID) -> str:
    with stage.runtime.transaction() as session:
        job = session.get_one(Job, job_id)
        return f"a job failed: {job.kind} {job.key}: {job.last_error}"
