"""Who is refused is told so, changes nothing, and is on the audit trail with what was asked."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from engine import audit
from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.commands.claim_work_item import claim_work_item
from engine.commands.create_token import create_token
from engine.commands.declare_conflict import declare_conflict
from engine.commands.keep_attachment import keep_attachment
from engine.library import packages
from engine.model import AuditEvent, Base, Deed, Person, ProcessInstance, WorkItem
from engine.runtime import Runtime, runtime_of
from engine.scenario import read_scenario, runner
from engine.scenario.runner import Stage
from engine.store import DatabaseAway
from engine.types import OPEN_STATES, SYSTEM, Participant
from tests.conftest import ROOT, image_of, restored, settings
from tests.factories import appointment, holder, person
from tests.web.conftest import Visitor
from web.app import create_app

S01 = next((ROOT / "workflows" / "scenarios").glob("s01-*.yaml"))
Moment = tuple[datetime, bytes]


@pytest.fixture(scope="module")
def moments() -> dict[str, Moment]:
    """The database of S01 as the votes are open, and as the decision waits for its scrutiny."""
    whole = read_scenario(S01.read_text("utf-8"), name=S01.name)
    clock = VirtualClock(whole.now.astimezone(UTC))
    made = make_runtime(settings(), clock=clock)
    Base.metadata.create_all(made.store.engine)
    stage, kept, wanted = Stage(made, clock), {}, ["cast-partner-vote", "scrutinise-decision"]
    runner._set_the_stage(stage, whole, list(packages()))
    for step in whole.steps:
        if wanted and step.get("complete") == wanted[0] and "refused" not in step:
            kept[wanted.pop(0)] = (clock(), image_of(made))
        if not wanted:
            break
        runner._take(stage, step)
    made.store.close()
    return kept


class Scene:
    """The site at one of these moments."""

    def __init__(self, moment: Moment) -> None:
        at, image = moment
        self.runtime: Runtime = restored(image, VirtualClock(at), demo=True)
        self.app: Flask = create_app(self.runtime)

    def come(self, role: str, body: str | None = None) -> Visitor:
        visitor = Visitor(self.app, self.runtime)
        self.person_id = visitor.sign_in(role, body)
        return visitor

    def caller(self, person_id: UUID) -> "Caller":
        with self.runtime.transaction() as session:
            token = create_token(session, person_id, name="test", expires_at=None, by=SYSTEM, now=self.runtime.now())
        return Caller(self.app.test_client(), token)

    def task(self, element: str, **facts: str) -> UUID:
        with self.runtime.transaction() as session:
            rows = session.scalars(select(WorkItem).where(WorkItem.element == element, WorkItem.state.in_(OPEN_STATES)))
            return next(i.id for i in rows if all(i.facts.get(k) == v for k, v in facts.items()))

    def case(self) -> tuple[UUID, str]:
        with self.runtime.transaction() as session:
            row = session.scalars(select(ProcessInstance).where(ProcessInstance.parent_id.is_(None))).one()
            return row.id, row.reference

    def refusals(self) -> list[AuditEvent]:
        with self.runtime.transaction() as session:
            return list(
                session.scalars(
                    select(AuditEvent)
                    .where(AuditEvent.action == "refused", AuditEvent.person_id.is_not(None))
                    .order_by(AuditEvent.seq)
                )
            )

    def left(self) -> list[Any]:
        """What a refused act must leave as it was."""
        with self.runtime.transaction() as session:
            assert audit.verify(session) is None
            return [
                session.scalars(select(ProcessInstance.revision).order_by(ProcessInstance.id)).all(),
                [(i.id, i.state, i.assignee_id) for i in session.scalars(select(WorkItem).order_by(WorkItem.id))],
                len(session.scalars(select(Deed)).all()),
            ]


class Caller:
    """A program that uses the API with somebody's token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client, self._token = client, token

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": uuid4().hex}
        return self._client.open(path, method=method, json=body or {}, headers=headers)


@pytest.fixture
def scene(moments: dict[str, Moment]) -> Iterator[Callable[[str], Scene]]:
    opened: list[Scene] = []

    def at(moment: str) -> Scene:
        opened.append(Scene(moments[moment]))
        return opened[-1]

    yield at
    for one in opened:
        one.runtime.store.close()


# Separation of duties


@pytest.mark.parametrize(
    ("moment", "role", "rule"),
    [
        ("cast-partner-vote", "independent-scrutineer", "SOD-01"),
        ("scrutinise-decision", "dcs", "SOD-02"),
        ("scrutinise-decision", "ccg-chief-nurse", "SOD-02"),
    ],
)
def test_who_scrutinises_does_not_vote_and_who_votes_does_not_scrutinise(
    scene: Callable[[str], Scene], moment: str, role: str, rule: str
) -> None:
    here = scene(moment)
    visitor, (case_id, reference) = here.come(role), here.case()
    work_item_id = here.task(moment)
    before = here.left()
    caller = here.caller(here.person_id)
    answers = {"option": "no-cspr", "outcome": "agree"}
    page = visitor.post(f"/tasks/{work_item_id}", answers, status=403).get_data(as_text=True)
    assert rule in page
    visitor.post(f"/tasks/{work_item_id}/claim", status=403)
    for verb, body in (("complete", {"answers": answers}), ("claim", {})):
        answered = caller.send("POST", f"/api/v1/tasks/{work_item_id}/{verb}", body)
        assert (answered.status_code, answered.json["code"]) == (403, rule)
    assert here.left() == before
    kept = here.refusals()
    assert [e.details["route"] for e in kept] == [
        "POST /tasks/<uuid:work_item_id>",
        "POST /tasks/<uuid:work_item_id>/claim",
        "POST /api/v1/tasks/<uuid:work_item_id>/complete",
        "POST /api/v1/tasks/<uuid:work_item_id>/claim",
    ]
    for event in kept:
        assert (event.case_id, event.work_item_id, event.person_id) == (case_id, work_item_id, here.person_id)
        assert event.details["code"] == rule
        assert event.role is not None
        assert role in event.role
    assert f"Refused: {rule}" in here.come("business-manager").get(f"/cases/{reference}?part=history")


def test_a_voter_does_not_scrutinise_by_a_new_appointment_either(scene: Callable[[str], Scene]) -> None:
    here = scene("scrutinise-decision")
    with here.runtime.transaction() as session:
        voter = session.scalars(select(Deed.person_id).where(Deed.action == "vote")).first()
        appointment(session, voter, "alternate-scrutineer")
    assert voter is not None
    path = f"/api/v1/tasks/{here.task('scrutinise-decision')}/complete"
    answered = here.caller(voter).send("POST", path, {"answers": {"outcome": "agree"}})
    assert (answered.status_code, answered.json["code"]) == (403, "SOD-02")
    assert [e.person_id for e in here.refusals()] == [voter]


def test_a_task_of_another_role_or_in_another_hand_is_refused(scene: Callable[[str], Scene]) -> None:
    here = scene("scrutinise-decision")
    work_item_id = here.task("scrutinise-decision")
    here.come("la-notifier").post(f"/tasks/{work_item_id}/claim", status=403)
    with here.runtime.transaction() as session:
        claim_work_item(session, work_item_id, by=holder(session, "independent-scrutineer"), now=here.runtime.now())
        other = person(session, "Second Scrutineer", "independent-scrutineer")
        assert other.person_id is not None
    answered = here.caller(other.person_id).send("POST", f"/api/v1/tasks/{work_item_id}/complete", {})
    assert (answered.status_code, answered.json["code"]) == (409, "work-item-taken")
    assert [(e.details["code"], e.work_item_id) for e in here.refusals()] == [
        ("not-for-you", work_item_id),
        ("work-item-taken", work_item_id),
    ]
    assert here.refusals()[1].person_id == other.person_id


def test_beginning_what_is_another_roles_to_begin_is_refused(scene: Callable[[str], Scene]) -> None:
    here = scene("cast-partner-vote")
    visitor = here.come("process-owner")
    visitor.get("/start/serious-incident-notification", 404)
    answered = here.caller(here.person_id).send("POST", "/api/v1/cases", {"process": "serious-incident-notification"})
    assert answered.status_code == 403
    assert [(e.details["route"], list(e.details["asked"].values())) for e in here.refusals()] == [
        ("GET /start/<key>", ["serious-incident-notification"]),
        ("POST /api/v1/cases", ["serious-incident-notification"]),
    ]


# The access list

PARTS = {"reference", "work_item_id", "attachment_id"}  # of an address, by which it belongs to a case
ELSEWHERE = {"key", "filename", "learning"}  # processes, the site's own files, and what is anonymous
WITHIN = {"kind": "panel-submission-pack", "suffix": "pdf"}  # which paper of a case, printed as what


KNOWN_CONFLICT = {"inbox.claim", "inbox.release", "api.claim", "api.release", "api.complete"}


def routes_of_cases(app: Flask) -> list[Rule]:
    for rule in app.url_map.iter_rules():
        assert rule.arguments <= PARTS | ELSEWHERE | set(WITHIN), f"{rule}: is it of a case? Say so here."
    return [rule for rule in app.url_map.iter_rules() if rule.arguments & PARTS]


def _of_no_case(session: Session, _case_id: UUID) -> Participant:
    return holder(session, "process-owner")


def _of_no_role(session: Session, _case_id: UUID) -> Participant:
    return person(session, "Former Officer")


def _in_conflict(session: Session, case_id: UUID) -> Participant:
    one = person(session, "Conflicted Officer", "business-unit-officer")
    now = runtime_of(session).now()
    declare_conflict(session, case_id, one.person_id, reason="My own niece", by=one, now=now)
    return one


@pytest.mark.parametrize("outsider", [_of_no_case, _of_no_role, _in_conflict])
def test_outside_the_access_list_every_address_of_a_case_is_not_found_and_each_try_is_kept(
    scene: Callable[[str], Scene], outsider: Callable[[Session, UUID], Participant]
) -> None:
    here = scene("cast-partner-vote")
    case_id, reference = here.case()
    with here.runtime.transaction() as session:
        now = here.runtime.now()
        kept = keep_attachment(
            session, "a.pdf", b"%PDF-1.4", case_id=case_id, by=holder(session, "business-manager"), now=now
        )
        attachment_id = kept.id
        items = session.scalars(select(WorkItem.id).order_by(WorkItem.id)).all()
        who = outsider(session, case_id).person_id
    assert who is not None
    visitor = Visitor(here.app, here.runtime)
    visitor.post("/sign-in", {"person": str(who)}, page="/sign-in")
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/cookies"))
    assert found is not None
    token = {"csrf_token": found[1]}
    caller, before, tried = here.caller(who), here.left(), []
    for rule in routes_of_cases(here.app):
        if "work_item_id" in rule.arguments:
            named = [{"work_item_id": str(i)} for i in items]
        else:
            named = [{"reference": reference}] if "reference" in rule.arguments else [{"attachment_id": attachment_id}]
        for named_so in named:
            values = {**named_so, **{part: WITHIN[part] for part in rule.arguments & set(WITHIN)}}
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                with here.app.test_request_context():
                    built = here.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
                said = str(built)
                page = said.endswith(reference) and not said.startswith("/api/")
                parts = ["", "?part=dates", "?part=papers", "?part=history"] if page else [""]
                for part in parts:
                    if said.startswith("/api/"):
                        status = caller.send(method, said + part).status_code
                    elif method == "POST":
                        status = visitor.client.post(said, data=token).status_code
                    else:
                        status = visitor.client.get(said + part).status_code
                    # whoever declared a conflict is told that this is why
                    told = 403 if outsider is _in_conflict and rule.endpoint in KNOWN_CONFLICT else 404
                    assert status == told, (method, said + part, status)
                    tried.append(f"{method} {rule.rule}")
    assert here.left() == before
    events = here.refusals()
    assert [e.details["route"] for e in events] == tried
    assert {(e.case_id, e.person_id) for e in events} == {(case_id, who)}
    assert {e.work_item_id for e in events} == {None, *items}
    assert {"GET /cases/<reference>", "GET /api/v1/cases/<reference>/history"} <= set(tried)
    assert sum("/papers/<kind>" in one for one in tried) == 2


def test_a_refusal_that_can_not_be_kept_is_not_told(
    scene: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene("cast-partner-vote")
    visitor = here.come("process-owner")

    def away(_error: Exception) -> None:
        raise DatabaseAway()

    monkeypatch.setattr("web.errors.note_refusal", away)
    response = visitor.client.get(f"/cases/{here.case()[1]}")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")


def test_somebody_disabled_a_moment_ago_is_refused_and_kept(
    scene: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions and tokens end with the person; this one was being served just then."""
    here = scene("cast-partner-vote")
    with here.runtime.transaction() as session:
        gone = person(session, "Gone")
        session.get_one(Person, gone.person_id).disabled_at = here.runtime.now()
    monkeypatch.setattr("web.api.token_owner", lambda *_, **__: gone.person_id)
    caller = Caller(here.app.test_client(), "x")
    assert caller.send("GET", f"/api/v1/cases/{here.case()[1]}").status_code == 404
    assert [(e.person_id, e.role) for e in here.refusals()] == [(gone.person_id, None)]
