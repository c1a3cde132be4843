"""The world of one case at one moment, as expressions and operations see it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from inspect import signature
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, directory, learning, library, lists, schedules, values
from engine.library import Process
from engine.model import ProcessInstance, RegisterEntry
from engine.operations import OPERATIONS, Context
from engine.operations.context import OperationRefused
from engine.runtime import runtime_of
from engine.types import LearningKind, Participant


class CaseWorld:
    def __init__(
        self,
        session: Session,
        instance: ProcessInstance,
        processes: Mapping[str, Process],
        *,
        by: Participant,
        now: datetime,
    ) -> None:
        self.now = now
        self.calendar = deadlines.calendar(session)
        self._session, self._instance, self._processes, self._by = session, instance, processes, by
        self._partnership = runtime_of(session).partnership
        self._read: dict[str, Any] = {}

    def deadline(self, code: str) -> datetime | None:
        found = deadlines.find(self._session, self._instance.case_id, code)
        return None if found is None else found.due_at

    def register(self, name: str) -> Sequence[Mapping[str, object]]:
        rows = self._session.scalars(
            select(RegisterEntry)
            .where(RegisterEntry.register == name, RegisterEntry.case_id == self._instance.case_id)
            .order_by(RegisterEntry.at, RegisterEntry.key)
        )
        return [{"key": row.key, **row.data} for row in rows]

    def answers(self, element: str) -> Mapping[str, object] | None:
        found = values.newest(self._session, self._instance.case_id, element)
        if found is None:
            return None
        process = self._processes.get(found.process_key)
        form = process.forms.get(found.form) if process is not None else None
        # a question that was not answered is null, not unknown
        return {**dict.fromkeys(library.open_names(form or {})), **found.answers}

    def holder(self, role: str) -> str | None:
        people = directory.holders(self._session, role, now=self.now, case_id=self._instance.case_id)
        return people[0].name if people else None

    def partners(self) -> Sequence[Mapping[str, object]]:
        roles = self._partnership.roles
        return [
            {"partner": p.id, "name": p.name, "role": p.lead, "body": roles[p.lead].body}
            for p in self._partnership.partners.values()
        ]

    def listed(self, name: str) -> Sequence[Mapping[str, object]]:
        return [dict(row) for row in lists.current(self._session, name, now=self.now)]

    def all_cases(self, register: str) -> Sequence[Mapping[str, object]]:
        rows = self._session.scalars(
            select(RegisterEntry)
            .where(RegisterEntry.register == register)
            .order_by(RegisterEntry.at, RegisterEntry.key)
        )
        return [{"key": row.key, **row.data, "on": directory.london_date(row.at).isoformat()} for row in rows]

    def learning(self, kind: str, *, all_of_them: bool) -> Sequence[Mapping[str, object]]:
        return learning.of_kind(self._session, LearningKind(kind), all_of_them=all_of_them)

    def learned(self, reference: str) -> Mapping[str, object] | None:
        return learning.one(self._session, reference)

    def meetings(self, group: str, first: date, last: date) -> Sequence[date]:
        return schedules.meetings(self._session, group, first, last)

    def group(self, name: str) -> Mapping[str, object]:
        return self._partnership.meeting_group(name)

    def same_organisation(self, one: str, other: str) -> bool:
        return self._partnership.same_organisation(one, other)

    def confidential(self, name: str) -> object:
        if name not in self._read:
            found, value = values.confidential(self._session, self._instance.case_id, name)
            if not found and not self._declared(name):
                raise KeyError(name)
            self._read[name] = value
        return self._read[name]

    def _declared(self, name: str) -> bool:
        """Whether some form of these processes asks it confidentially: not answered then means null."""
        return any(
            name in library.confidential_names(form)
            for process in self._processes.values()
            for form in process.forms.values()
        )

    def operate(self, operation: str, inputs: Mapping[str, object]) -> object:
        if operation not in OPERATIONS:
            raise OperationRefused(f"There is no operation called “{operation}”.")
        context = Context(self._session, self._instance, self._processes, self._by, self.now)
        try:
            signature(OPERATIONS[operation]).bind(context, **inputs)
        except TypeError as error:
            raise OperationRefused(f"The operation “{operation}”: {error}.") from error
        return OPERATIONS[operation](context, **inputs)
