"""Plays a scenario against a running server over HTTP, as its people would, and keeps what was acknowledged."""

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import library
from engine.commands.create_token import create_token
from engine.model import Person, WorkItem
from engine.runtime import Runtime
from engine.scenario import runner
from engine.scenario.reader import Scenario, london_moment, plain
from engine.scenario.runner import Stage, Unmet
from engine.types import SYSTEM


@dataclass(frozen=True)
class Act:
    """One request: who, where, what; the same key whenever it is sent again."""

    person_id: UUID
    path: str
    body: Mapping[str, Any]
    element: str
    key: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass
class Player:
    runtime: Runtime
    base: str
    shift: Path
    tokens: dict[UUID, str] = field(default_factory=dict)
    stage: Stage = field(init=False)
    acknowledged: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage = Stage(self.runtime, None)  # type: ignore[arg-type]
        with self.runtime.transaction() as session:
            for person in session.scalars(select(Person)).all():
                self.tokens[person.id] = create_token(
                    session, person.id, name="test", expires_at=None, by=SYSTEM, now=self.runtime.now()
                )

    def move_to(self, moment: datetime) -> None:
        ahead = (moment - datetime.now(UTC)).total_seconds()
        if ahead > float(self.shift.read_text()):
            whole = self.shift.with_suffix(".next")
            whole.write_text(str(ahead))
            whole.replace(self.shift)  # nobody reads half of it

    def acts(self, scenario: Scenario) -> Iterator[Act]:
        """The scenario's steps that are to succeed, each made when the one before is done."""
        for step in scenario.steps:
            if "at" in step:
                self.move_to(london_moment(step["at"]).astimezone(UTC))
            if "refused" in step or not {"start", "complete"} & set(step):
                continue
            yield self._patiently(step)

    def _patiently(self, step: Mapping[str, Any]) -> Act:
        """What is asked for may be some jobs away: the worker has a moment."""
        last: Unmet | None = None
        for _ in range(300):
            try:
                with self.runtime.transaction() as session:
                    return self._act(session, step)
            except Unmet as unmet:
                last = unmet
                time.sleep(0.2)
        raise AssertionError(str(last))

    def _act(self, session: Session, step: Mapping[str, Any]) -> Act:
        now, answers = self.runtime.now(), plain(step.get("answers") or {})
        if "start" in step:
            by = runner.participant_of(session, step["as"], step.get("body"), now)
            key = step["start"]
            process = library.process(library.latest(session, key))
            begin = next(e for e in process.starts if step["as"] in e.listed("role"))
            whole = runner.start_answers(session, process, begin, answers, by=by, now=now)
            body = {"process": key, "event": begin.id, "answers": whole}
            return Act(_known(by.person_id), "/cases", body, begin.id)
        item = runner.find_item(session, self.stage, step["complete"], step)
        by = runner.actor(session, step, item, now)
        whole = runner.whole_answers(session, item, answers, by, now)
        path = f"/tasks/{item.id}/complete"
        return Act(_known(by.person_id), path, {"answers": whole}, item.element)

    def send(self, act: Act, *, patience: float = 30) -> None:
        """Send until it is acknowledged: a connection that breaks says nothing about what was done."""
        until = time.monotonic() + patience
        while True:
            try:
                self._once(act)
            except (OSError, http.client.HTTPException) as broken:  # also cut off in the middle of an answer
                if isinstance(broken, urllib.error.HTTPError) and broken.code < 500:
                    raise AssertionError(f"{act.element}: {broken.code} {broken.read()[:1000]!r}") from broken
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                self.acknowledged.append(act)
                return

    def _once(self, act: Act) -> None:
        request = urllib.request.Request(
            f"{self.base}/api/v1{act.path}",
            data=json.dumps(act.body).encode(),
            headers={
                "Authorization": f"Bearer {self.tokens[act.person_id]}",
                "Idempotency-Key": act.key,
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            told = json.loads(response.read())
        if "reference" in told:
            with self.runtime.transaction() as session:
                self.stage.case = session.scalars(
                    select(WorkItem.case_id).order_by(WorkItem.opened_at.desc()).limit(1)
                ).one()


def _known(person_id: UUID | None) -> UUID:
    assert person_id is not None
    return person_id
