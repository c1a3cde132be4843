"""A paper has a number, whoever opens it and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import select

from engine import audit
from engine.commands.issue_paper import issue_paper
from engine.model import AuditEvent, IssuedPaper
from engine.papers import Document, PaperKind, Paragraph
from engine.runtime import Runtime
from tests.factories import NOON, bpmn, case, end, holder, publish, start, user

DIAGRAM = bpmn("review", start(role="business-manager"), user("work"), end())


def document(words: str) -> Document:
    return Document("Minutes", "A partnership", "SOL-2027-001", "For members", (), (Paragraph(words),))


def opened(runtime: Runtime, case_id: UUID, words: str) -> int:
    with runtime.transaction() as session:
        by = holder(session, "business-manager")
        issued = issue_paper(session, case_id, PaperKind.MINUTES, document(words), form="pdf", by=by, now=NOON)
        return issued.version


def begun(runtime: Runtime) -> UUID:
    with runtime.transaction() as session:
        publish(session, DIAGRAM)
        return case(session, "review").id


def test_versions_follow_what_it_says(any_staffed: Runtime) -> None:
    case_id = begun(any_staffed)
    said = ["One", "One", "Two", "One", "One"]
    assert [opened(any_staffed, case_id, words) for words in said] == [1, 1, 2, 3, 3]


def test_several_who_open_it_at_once_get_the_same_version(staffed_postgresql: Runtime) -> None:
    case_id = begun(staffed_postgresql)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda words: opened(staffed_postgresql, case_id, words), ["One"] * 8))
    assert found == [1] * 8
    with staffed_postgresql.transaction() as session:
        assert session.scalars(select(IssuedPaper.version)).all() == [1]
        kept = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("paper-"))).all()
        assert sorted(kept) == ["paper-issued", *["paper-read"] * 8]
        assert audit.verify(session) is None
