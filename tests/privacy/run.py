"""S01 through the pages, in a process of its own, with every log at its most talkative; then some things go wrong.

`python -m tests.privacy.run FOLDER REDIS_URL` leaves the database and every address it saw in FOLDER.
"""

import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from dramatiq import Worker
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from engine import demo, dispatch, library
from engine.assembly import make_runtime, publish_bundled
from engine.clock import VirtualClock
from engine.commands.create_token import create_token
from engine.forms import Field, Form, Kind
from engine.migrations import upgrade
from engine.model import Job, ProcessInstance, WorkItem
from engine.runtime import Runtime
from engine.scenario import read_scenario, runner
from engine.scenario.reader import london_moment, plain
from engine.scenario.runner import Stage
from engine.steps import ground
from engine.taking import form_for
from engine.types import SYSTEM, JobKind, JobState
from tests.conftest import ROOT, settings
from tests.factories import holder
from tests.privacy.seeds import BORN, FILE, INITIALS, MARK, OPEN, OUTLINE
from web import logs
from web.app import create_app
from web.forms import fill
from workers import relay
from workers.inprocess import assemble

S01 = next((ROOT / "workflows" / "scenarios").glob("s01-*.yaml"))
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ADDRESS = re.compile(r'(?:href|src|action|formaction|data-[a-z-]*url)="([^"]*)"')
CHILD = {"initials": INITIALS, "date_of_birth": BORN.isoformat()}


class Site:
    """The whole product: pages, database, Redis and a worker; the clock moves when it is told to."""

    def __init__(self, folder: Path, redis_url: str, clock: VirtualClock) -> None:
        made = settings(f"sqlite:///{folder}/privacy.sqlite", demo=True, broker_url=redis_url)
        self.runtime: Runtime = make_runtime(made, clock=clock)
        upgrade(self.runtime.store)
        with self.runtime.transaction() as session:
            demo.install(session, self.runtime.partnership, now=clock())
        publish_bundled(self.runtime)
        self.clock = clock
        self.client = create_app(self.runtime).test_client()
        self.addresses: list[str] = []
        self.signed_in: UUID | None = None
        broker = assemble(self.runtime)
        self.worker = Worker(broker, worker_threads=1, worker_timeout=50)
        relay.EVERY = 0.05
        self.worker.start()

    def send(self, method: str, path: str, *, expect: int, **more: Any) -> TestResponse:
        response = self.client.open(path, method=method, **more)
        assert response.status_code == expect, (method, path, response.status_code)
        self.addresses += [path, response.headers.get("Location", "")]
        if response.mimetype == "text/html":
            self.addresses += ADDRESS.findall(response.get_data(as_text=True))
        return response

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/sign-in").get_data(as_text=True))
        assert found is not None
        return found[1]

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, expect: int = 303) -> TestResponse:
        given: MultiDict[str, Any] = MultiDict(data or {})
        given["csrf_token"] = self.token()
        return self.send("POST", path, expect=expect, data=given)

    def become(self, person_id: UUID | None) -> None:
        if person_id != self.signed_in:
            self.post("/sign-in", {"person": str(person_id)})
            self.signed_in = person_id

    def as_role(self, role: str) -> None:
        with self.runtime.transaction() as session:
            person = holder(session, role, now=self.runtime.now()).person_id
        self.become(person)

    def drain(self) -> None:
        """Wait until the worker has done what is due."""
        for _ in range(600):
            with self.runtime.transaction() as session:
                due = select(Job.id).where(
                    Job.state.in_((JobState.WAITING, JobState.LEASED, JobState.RUNNING)),
                    Job.due_at <= self.runtime.now(),
                )
                if session.scalars(due.limit(1)).one_or_none() is None:
                    return
            time.sleep(0.05)
        raise TimeoutError("the worker did not come to an end")


def seeded(fields: Sequence[Field], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Every confidential answer in words gets a mark of its own, and the child is ours."""
    made = dict(answers)
    for field in fields:
        value = made.get(field.name)
        if field.fields and isinstance(value, list):
            made[field.name] = [seeded(field.fields, row) for row in value]
        elif field.name in CHILD and value is not None:
            made[field.name] = CHILD[field.name]
        elif field.name == "outline" and field.confidential:
            made[field.name] = f"{OUTLINE} {MARK}"
        elif field.kind is Kind.TEXT and field.confidential and isinstance(value, str) and _free(field):
            made[field.name] = f"{MARK} {value}"[: field.max_length]
    return made


def _free(field: Field) -> bool:
    return not field.options_from and not {"format", "pattern", "enum", "const", "oneOf"} & set(field.schema)


class Play:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.stage = Stage(site.runtime, site.clock)

    def take(self, step: Mapping[str, Any]) -> None:
        if "at" in step:
            self.site.clock.move_to(london_moment(step["at"]).astimezone(UTC))
            self.site.signed_in = None
            self.site.drain()
        if not {"start", "complete"} & set(step) or "refused" in step:
            return
        with self.site.runtime.transaction() as session:
            person, path, raw = self._what(session, step)
        self.site.become(person)
        self.site.send("GET", path, expect=200)
        data = MultiDict([(name, value) for name, values in raw.items() for value in values])
        if "start" in step:
            data.add("attachments", (BytesIO(OUTLINE.encode()), FILE))
        else:
            self.site.post(path, MultiDict([*data.items(multi=True), ("_action", "save")]))
            self.site.post(path, MultiDict([*data.items(multi=True), ("_action", "autosave")]), expect=200)
        self._confirm(path, data)
        self.site.drain()
        if "start" in step:
            with self.site.runtime.transaction() as session:
                self.stage.case = session.scalars(
                    select(ProcessInstance.case_id).where(ProcessInstance.confidential)
                ).first()

    def _confirm(self, path: str, data: MultiDict[str, Any]) -> None:
        response = self.site.client.post(path, data=_with_token(self.site, data, "submit"))
        if response.status_code == 200:
            self.site.addresses += ADDRESS.findall(response.get_data(as_text=True))
            page = response.get_data(as_text=True)
            hidden = re.findall(r'<input type="hidden" name="(attachments)" value="([^"]*)"', page)
            typed = [(n, v) for n, v in data.items(multi=True) if n != "attachments"] + hidden
            response = self.site.client.post(path, data=_with_token(self.site, MultiDict(typed), "confirm"))
        assert response.status_code == 303, (path, response.get_data(as_text=True))
        self.site.addresses += [path, response.headers["Location"]]

    def _what(self, session: Session, step: Mapping[str, Any]) -> tuple[UUID | None, str, Mapping[str, Sequence[str]]]:
        now, answers = self.site.runtime.now(), plain(step.get("answers") or {})
        if "start" in step:
            by = runner.participant_of(session, step["as"], step.get("body"), now)
            process = library.process(library.latest(session, step["start"]))
            begin = next(e for e in process.starts if step["as"] in e.listed("role"))
            whole = runner.start_answers(session, process, begin, answers, by=by, now=now)
            form = library.form_of(
                {process.key: process}, process.key, begin.attributes["form"], self.site.runtime.partnership
            )
            return by.person_id, f"/start/{process.key}?event={begin.id}", _filled(form, whole)
        item = runner.find_item(session, self.stage, step["complete"], step)
        by = runner.actor(session, step, item, now)
        whole = runner.whole_answers(session, item, answers, by, now)
        instance = session.get_one(ProcessInstance, item.instance_id)
        found = form_for(session, ground(session, instance, by=SYSTEM, now=now), item)
        return by.person_id, f"/tasks/{item.id}", _filled(found, whole) if found else {}


def _filled(form: Form, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    whole = seeded(form.fields, answers)
    if "referrer_role" in form:
        whole["referrer_role"] = OPEN
    return fill(form, whole)


def _with_token(site: Site, data: MultiDict[str, Any], action: str) -> MultiDict[str, Any]:
    return MultiDict([*data.items(multi=True), ("_action", action), ("csrf_token", site.token())])


# What goes wrong


def look_around(site: Site) -> None:
    for role in ("business-manager", "independent-scrutineer", "lead-member"):
        site.as_role(role)
        for path in ("/tasks", "/tasks?list=team", "/tasks?list=done", "/cases", "/mail"):
            site.send("GET", path, expect=200)
    site.as_role("business-manager")
    for part in ("", "?part=dates", "?part=papers", "?part=history"):
        site.send("GET", f"/cases/SOL-2027-001{part}", expect=200)
    with site.runtime.transaction() as session:
        tasks = session.scalars(select(WorkItem.id)).all()
    for task in tasks:
        site.send("GET", f"/tasks/{task}", expect=200)


def typed(**more: str) -> dict[str, str]:
    return {
        "children-rows": "1",
        "children-0-initials": INITIALS,
        "children-0-date_of_birth-day": str(BORN.day),
        "children-0-date_of_birth-month": str(BORN.month),
        "children-0-date_of_birth-year": str(BORN.year),
        "outline": OUTLINE,
        "reason": OUTLINE,
        **more,
    }


def go_wrong(site: Site) -> None:
    """A form with mistakes, a step refused, and errors that nobody foresaw: in a view, beside one, and in a worker."""
    start = "/start/serious-incident-notification"
    site.as_role("la-notifier")
    site.post(start, typed(), expect=422)
    site.post(f"{start}?event=nothing", typed(), expect=404)
    site.post("/cases/SOL-2027-001/conflict", {"reason": INITIALS}, expect=422)  # too short to be kept
    with site.runtime.transaction() as session:
        task = session.scalars(select(WorkItem.id).where(WorkItem.element == "cast-partner-vote")).first()
    site.as_role("independent-scrutineer")
    site.post(f"/tasks/{task}", typed(), expect=403)
    site.as_role("la-notifier")
    for error in errors():
        with patch("web.processes.review", side_effect=error):
            site.post(start, typed(), expect=500)
    with patch("web.processes.start_page", side_effect=bad_statement):
        site.post(start, typed(), expect=500)
    site.as_role("business-unit-officer")
    site.post("/cases/SOL-2027-001/conflict", {"reason": OUTLINE})
    with patch("web.errors.note_refusal", side_effect=RuntimeError(OUTLINE)):
        site.send("GET", "/cases/SOL-2027-999", expect=500)
    by_api(site)


def errors() -> Iterator[Exception]:
    yield RuntimeError(f"{INITIALS} {OUTLINE}")
    yield ValueError(str(typed()))
    yield KeyError(BORN.isoformat())
    yield UnicodeDecodeError("utf-8", OUTLINE.encode(), 0, 1, INITIALS)


def bad_statement(session: Session, *_: Any) -> None:
    session.execute(text("INSERT INTO person (name, email) VALUES (:a, :b)"), {"a": OUTLINE, "b": INITIALS})


def by_api(site: Site) -> None:
    with site.runtime.transaction() as session:
        who = holder(session, "la-notifier", now=site.runtime.now()).person_id
        assert who is not None
        token = create_token(session, who, name="t", expires_at=None, by=SYSTEM, now=site.runtime.now())
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "1"}
    body = {"process": "serious-incident-notification", "answers": {"children": [CHILD], "outline": OUTLINE, "x": 1}}
    site.send("POST", "/api/v1/cases", expect=422, json=body, headers=headers)
    site.send("POST", "/api/v1/cases", expect=400, data=f"{{{OUTLINE}", headers=headers)
    with patch("web.api.start_process", side_effect=RuntimeError(OUTLINE)):
        site.send("POST", "/api/v1/cases", expect=500, json=body, headers=headers)


def fail_once(site: Site) -> Any:
    """The first message between processes fails, with what it should not say."""
    deliver, left = dispatch.HANDLERS[JobKind.DELIVER_MESSAGE], [1]

    def handler(*args: Any, **more: Any) -> None:
        if left:
            left.pop()
            raise RuntimeError(f"{INITIALS} {OUTLINE}")
        deliver(*args, **more)

    return patch.dict(dispatch.HANDLERS, {JobKind.DELIVER_MESSAGE: handler})  # type: ignore[call-overload]


def main(folder: Path, redis_url: str) -> None:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
    logs.set_up(level=logging.DEBUG)
    scenario = read_scenario(S01.read_text("utf-8"), name=S01.name)
    site = Site(folder, redis_url, VirtualClock(scenario.now.astimezone(UTC)))
    play = Play(site)
    try:
        with fail_once(site):
            for step in scenario.steps:
                play.take(step)
                with site.runtime.transaction() as session:
                    failed = session.scalars(select(Job).where(Job.attempts > 0, Job.state == JobState.WAITING)).first()
                if failed is not None:
                    site.clock.move_to(site.clock() + timedelta(seconds=40))
                    site.drain()
        go_wrong(site)
        look_around(site)
    finally:
        site.worker.stop(timeout=5000)
        (folder / "addresses").write_text("\n".join(filter(None, site.addresses)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
