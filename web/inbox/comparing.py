"""This case's papers beside another's, as the page of a task shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.forms import Context
from engine.queries.comparison import OtherCase, other_cases
from engine.queries.papers import Paper
from engine.queries.task_page import TaskPage
from engine.steps import blank_world
from engine.types import Participant
from engine.vocabulary import environment, looking_at
from web import files
from web.forms import beside, summary
from web.forms.beside import Verdict
from web.forms.summary import AnswerBlock, AnswerRow, AnswerSection
from web.jinja import moment


def compared(session: Session, page: TaskPage, *, by: Participant, now: datetime) -> list[dict[str, Any]]:
    """One entry a case that may be the same; empty for a task that compares nothing."""
    if not page.compared_with:
        return []
    return [_view(session, page, other, by=by, now=now) for other in other_cases(session, page, by=by, now=now)]


def _view(session: Session, page: TaskPage, other: OtherCase, *, by: Participant, now: datetime) -> dict[str, Any]:
    world = blank_world(session, {}, by=by, now=now)
    context = Context(environment(world))
    with looking_at(world):
        blocks = [
            block
            for mine, theirs in other.pairs
            for block in beside(
                _sections(session, mine, context, page.case_id), _sections(session, theirs, context, other.case_id)
            )
        ]
    verdicts = [row.verdict for block in blocks for row in block.rows]
    same = verdicts.count(Verdict.SAME)
    return {
        "reference": other.reference,
        "ask": other.ask,
        "blocks": blocks,
        "same": same,
        "different": len(verdicts) - same,
        "words": {
            Verdict.SAME: "The same",
            Verdict.DIFFERENT: "Different",
            Verdict.LEFT: f"Only in {page.reference}",
            Verdict.RIGHT: f"Only in {other.reference}",
        },
    }


def _sections(session: Session, paper: Paper, context: Context, case_id: UUID) -> tuple[AnswerSection, ...]:
    """With who gave the answers, and when, before them."""
    rows = (AnswerRow("by", "From", paper.body or paper.by or ""), AnswerRow("at", "Recorded", moment(paper.at)))
    head = AnswerSection(paper.title, (AnswerBlock(rows=rows),))
    return (head, *summary(paper.form, paper.answers, context, name_file=files.namer(session, case_id)))
