"""What papers are made of, of one case. Where a paper is not confidential nothing sealed is ever opened."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import Anchor, Deadline, ProcessInstance, RegisterEntry, Submission
from engine.papers.answers import Names
from engine.papers.sources import Given, Setting
from engine.queries.attachments import attachment_names
from engine.queries.papers import paper, withheld
from engine.runtime import runtime_of
from engine.types import SYSTEM


def group_of(session: Session, case: ProcessInstance) -> str | None:
    """The group whose meeting this case is, by the partnership's calendar."""
    schedules = runtime_of(session).partnership.schedules.values()
    return next((s.group for s in schedules if s.process == case.key and s.group), None)


class Sources:
    """What builders ask for, of one case. Where the paper is not confidential nothing sealed is ever opened."""

    def __init__(self, session: Session, case: ProcessInstance, *, confidential: bool) -> None:
        self.session, self.case, self.confidential = session, case, confidential
        partnership = runtime_of(session).partnership
        titles = {role.id: role.name for role in partnership.roles.values()}
        titles |= {body.id: body.name for body in partnership.agencies.values()}
        self.setting = Setting(partnership.name, case.reference)
        self.names = Names(self._name_file, titles)

    def _name_file(self, ref: str) -> str:
        if not self.confidential:
            return "A file"
        found = attachment_names(self.session, [ref], self.case.case_id, of=None).get(ref)
        return f"{found.name} {found.about}" if found else "A file that is not there any more"

    def given(self, *elements: str) -> list[Given]:
        """Newest first. Secret answers, such as ballots, are in no paper."""
        rows = self.session.scalars(
            select(Submission)
            .where(Submission.case_id == self.case.case_id, Submission.element.in_(elements))
            .order_by(Submission.at.desc(), Submission.id)
        ).all()
        return [self._one(row) for row in rows if not withheld(self.session, row, SYSTEM)]

    def newest(self, *elements: str) -> Given | None:
        return next(iter(self.given(*elements)), None)

    def _one(self, row: Submission) -> Given:
        found = paper(self.session, row, open_only=not self.confidential)
        return Given(found.title, found.form, found.answers, found.by, found.body, found.at, self.names)

    def register(self, name: str) -> list[RegisterEntry]:
        return list(
            self.session.scalars(
                select(RegisterEntry)
                .where(RegisterEntry.case_id == self.case.case_id, RegisterEntry.register == name)
                .order_by(RegisterEntry.at, RegisterEntry.key)
            )
        )

    def due(self, code: str) -> datetime | None:
        return self.session.scalars(
            select(Deadline.due_at)
            .where(Deadline.case_id == self.case.case_id, Deadline.code == code)
            .order_by(Deadline.occurrence.desc())
            .limit(1)
        ).one_or_none()

    def anchors(self, name: str) -> list[datetime]:
        """Every moment it was set to, the newest first."""
        return list(
            self.session.scalars(
                select(Anchor.at)
                .where(Anchor.case_id == self.case.case_id, Anchor.name == name)
                .order_by(Anchor.set_at.desc(), Anchor.id)
            )
        )
