"""Rows of a repeating group from several returns, put into one by date: the merged chronology (DOMAIN 5.3 step 7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.forms import Field, Kind
from engine.model import ProcessInstance, Submission
from engine.queries.papers import paper, withheld
from engine.types import Participant


@dataclass(frozen=True)
class MergedRow:
    """`on` is the row's first date, as ISO text; `fields` the other questions of its group."""

    on: str
    date_field: Field | None
    body: str | None
    fields: tuple[Field, ...]
    answers: Mapping[str, Any]


def merged_rows(
    session: Session, case: ProcessInstance, groups: Collection[str], by: Participant
) -> tuple[MergedRow, ...]:
    """Every row of these groups in the case, each return in its newest form, by date and then by body."""
    if not groups:
        return ()
    newest: dict[tuple[str, str], Submission] = {}
    for submission in session.scalars(
        select(Submission).where(Submission.case_id == case.case_id).order_by(Submission.at.desc(), Submission.id)
    ):
        if not withheld(session, submission, by):
            newest.setdefault((submission.element, str(submission.facts)), submission)
    found: list[MergedRow] = []
    for submission in newest.values():
        shown = paper(session, submission)
        for group in (f for f in shown.form.fields if f.name in groups and f.kind is Kind.GROUP):
            dated = next((f for f in group.fields if f.kind is Kind.DATE), None)
            others = tuple(f for f in group.fields if f is not dated)
            for row in shown.answers.get(group.name) or ():
                on = str(row.get(dated.name) or "") if dated is not None else ""
                found.append(MergedRow(on, dated, shown.body, others, row))
    return tuple(sorted(found, key=lambda row: (row.on, row.body or "")))
