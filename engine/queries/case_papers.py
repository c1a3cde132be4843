"""The papers of a case: which there are, and what each says now. That one was read is recorded where it is issued."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.errors import EngineError
from engine.model import IssuedPaper, ProcessInstance, Submission
from engine.papers import KINDS, Document, Issued, PaperKind
from engine.papers.packs import PanelSubmission, Publication, panel_submission, publication
from engine.papers.sources import Given, moment
from engine.queries import meeting_papers
from engine.queries.case_page import find_case
from engine.queries.paper_sources import Sources, group_of
from engine.runtime import runtime_of
from engine.types import Participant

STATES = {"asked": "Asked, no return yet", "no-return": "No return", "returned": "Returned", "nil": "Nil return"}


class NoSuchPaper(EngineError):
    """This case has no such paper."""

    code = "no-such-paper"
    advice = "Its papers are listed on the page of the case."


@dataclass(frozen=True)
class PaperRow:
    """`version`: the last that was made, if any was."""

    kind: PaperKind
    title: str
    about: str
    confidential: bool
    version: int | None
    issued_at: datetime | None


def case_papers(session: Session, case_id: UUID) -> tuple[PaperRow, ...]:
    """Those there are by now, without opening any of them."""
    case = session.get_one(ProcessInstance, case_id)
    last: dict[str, IssuedPaper] = {}
    for row in session.scalars(
        select(IssuedPaper).where(IssuedPaper.case_id == case.case_id).order_by(IssuedPaper.version)
    ):
        last[row.kind] = row
    there = _there(session, case)
    return tuple(
        PaperRow(
            kind,
            KINDS[kind].title,
            KINDS[kind].about,
            KINDS[kind].confidential,
            last[kind].version if kind in last else None,
            last[kind].issued_at if kind in last else None,
        )
        for kind in PaperKind
        if kind in there
    )


def _there(session: Session, case: ProcessInstance) -> frozenset[PaperKind]:
    elements = session.scalars(select(Submission.element).where(Submission.case_id == case.case_id).distinct())
    met = Met(group_of(session, case), frozenset(elements))
    return frozenset(
        kind for kind, there in THERE.items() if KINDS[kind].confidential == case.confidential and there(met)
    )


@dataclass(frozen=True)
class Met:
    """What decides which papers a case has."""

    group: str | None  # that this case is a meeting of
    elements: frozenset[str]  # tasks and events that were answered


THERE: Mapping[PaperKind, Callable[[Met], bool]] = {
    PaperKind.AGENDA: lambda met: met.group is not None,
    PaperKind.MINUTES: lambda met: met.group is not None and "record-attendance" in met.elements,
    PaperKind.HIGHLIGHT_REPORT: lambda met: "write-highlight-report" in met.elements,
    PaperKind.PROGRESS_REPORT: lambda met: "write-progress-report" in met.elements,
    PaperKind.ACTION_PLANS: lambda met: met.group is not None,
    PaperKind.PANEL_SUBMISSION: lambda met: "record-findings" in met.elements,
    PaperKind.PUBLICATION: lambda met: "redact-report" in met.elements,
}


def compose(session: Session, case: ProcessInstance, kind: PaperKind) -> Document:
    """What it says at this moment; the same for every reader."""
    if kind not in _there(session, case):
        raise NoSuchPaper(f"This case has no paper called “{KINDS[kind].title}”.")
    return BUILDERS[kind](Sources(session, case, confidential=KINDS[kind].confidential))


def paper_kind(text: str) -> PaperKind:
    try:
        return PaperKind(text)
    except ValueError:
        raise NoSuchPaper("There is no paper of this name.") from None


def earlier_version(
    session: Session, reference: str, kind: PaperKind, version: int, *, by: Participant, now: datetime, form: str
) -> Issued:
    """As it was then. Reading it is history."""
    case = find_case(session, reference, by)
    row = session.scalars(
        select(IssuedPaper).where(
            IssuedPaper.case_id == case.case_id, IssuedPaper.kind == kind, IssuedPaper.version == version
        )
    ).one_or_none()
    if row is None or row.sealed is None:
        raise NoSuchPaper(f"Version {version} of this paper was never made, or is not kept any more.")
    audit.record(
        session,
        "paper-read",
        by=by,
        at=now,
        case_id=case.case_id,
        role=", ".join(sorted(by.roles)),
        kind=kind,
        version=version,
        format=form,
    )
    content = runtime_of(session).sealer.unseal_bytes(row.sealed, place=f"paper/{row.id}")
    return Issued(Document.read(content), row.version, row.issued_at)


def versions(session: Session, case_id: UUID, kind: PaperKind) -> tuple[tuple[int, datetime], ...]:
    """Every one that was made, the last first."""
    rows = session.execute(
        select(IssuedPaper.version, IssuedPaper.issued_at)
        .where(IssuedPaper.case_id == case_id, IssuedPaper.kind == kind)
        .order_by(IssuedPaper.version.desc())
    ).all()
    return tuple((row.version, row.issued_at) for row in rows)


def _panel_submission(of: Sources) -> Document:
    partnership = runtime_of(of.session).partnership
    decisions = of.given("record-decision")
    decision, before = next(iter(decisions), None), decisions[1].at if len(decisions) > 1 else None
    findings, due = of.newest("record-findings"), of.due("D13")
    scrutiny = next((g for g in of.given("scrutinise-decision") if decision and g.at >= decision.at), None)
    stands = of.register("scrutiny")
    returns = [(partnership.body_name(row.key), row.data) for row in of.register("agency-returns")]

    def of_this_round(given: Iterable[Given]) -> list[Given]:
        return sorted((g for g in given if before is None or g.at > before), key=lambda g: g.at)

    added = of.given("clarify-recommendation", "consider-late-return")
    return panel_submission(
        PanelSubmission(
            notification=of.newest("submit-notification"),
            due=moment(due) if due else None,
            findings=findings,
            added=sorted((g for g in added if findings is None or g.at > findings.at), key=lambda g: g.at),
            endorsement=of.newest("endorse-recommendation"),
            decision=decision,
            dissents=of_this_round(of.given("give-dissent")),
            scrutiny=scrutiny,
            scrutiny_pending=scrutiny is None or not stands or stands[-1].data.get("state") != "finished",
            scrutiny_answers=of_this_round(of.given("answer-scrutineer")),
            returns=sorted((name, STATES.get(str(data.get("state")), "Asked")) for name, data in returns),
            not_returned=sorted(name for name, data in returns if data.get("state") in ("no-return", "asked")),
        ),
        of.setting,
    )


PUBLICATION_PARTS = (
    ("Redaction, and what identifies", "redact-report"),
    ("Law and data protection", "advise-publication"),
    ("Police, CPS and coroner", "record-proceedings-view"),
    ("Last look of the agencies at the facts", "check-facts-again"),
    ("The family and the child", "record-family-views"),
    ("Decision on publication", "record-publication-decision"),
    ("Dissent", "give-dissent"),
    ("Why it is not published in full", "justify-publication-form"),
    ("The file to be published", "prepare-publication-file"),
    ("The day of publication", "choose-publication-date"),
    ("Sent to the National Panel and the Secretary of State", "send-report"),
    ("Comments received", "comments-received"),
    ("Regard to the comments", "have-regard-to-comments"),
    ("Publication", "publish-report"),
    ("After publication", "offer-to-repository"),
)


def _publication(of: Sources) -> Document:
    """Of this round: a report that was deferred begins again with its redaction."""
    began = of.given("redact-report")[0].at
    found = {element: _latest(of.given(element), since=began) for _, element in PUBLICATION_PARTS}
    asked = (
        ("Decision", "record-publication-decision", "publication_decision"),
        ("Sent", "send-report", "copy_sent_at"),
        ("Published on", "publish-report", "published_on"),
        ("Address", "publish-report", "url"),
    )
    facts = [(key, given.told(name)) for key, element, name in asked for given in found[element][-1:]]
    return publication(
        Publication(
            parts=[(heading, found[element]) for heading, element in PUBLICATION_PARTS if found[element]],
            facts=[(key, words) for key, words in facts if words],
        ),
        of.setting,
    )


def _latest(given: Iterable[Given], *, since: datetime) -> list[Given]:
    """The newest of each who answered."""
    newest: dict[tuple[str | None, str | None], Given] = {}
    for one in given:
        if one.at >= since:
            newest.setdefault((one.body, one.by), one)
    return sorted(newest.values(), key=lambda one: (one.at, one.body or "", one.by or ""))


BUILDERS: Mapping[PaperKind, Callable[[Sources], Document]] = {
    PaperKind.AGENDA: meeting_papers.agenda_of,
    PaperKind.MINUTES: meeting_papers.minutes_of,
    PaperKind.HIGHLIGHT_REPORT: meeting_papers.highlight_report_of,
    PaperKind.PROGRESS_REPORT: meeting_papers.progress_report_of,
    PaperKind.ACTION_PLANS: meeting_papers.action_plans_of,
    PaperKind.PANEL_SUBMISSION: _panel_submission,
    PaperKind.PUBLICATION: _publication,
}
