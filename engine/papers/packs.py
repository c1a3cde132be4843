"""The two packs that leave a case: to the National Panel, and before a report is published."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.papers.document import Document, Heading, Items, Paragraph, Table
from engine.papers.kinds import KINDS, PaperKind
from engine.papers.sources import Body, Given, Setting, part, parts


@dataclass(frozen=True)
class PanelSubmission:
    """DOMAIN 5.7: RR-2, DEC-1 with dissents, SCR-1 or that it is pending, and who did not return."""

    notification: Given | None
    due: str | None
    findings: Given | None
    added: Sequence[Given]  # to the findings, since: a clarification, a late return considered
    endorsement: Given | None
    decision: Given | None
    dissents: Sequence[Given]
    scrutiny: Given | None
    scrutiny_pending: bool
    scrutiny_answers: Sequence[Given]
    returns: Sequence[tuple[str, str]]  # agency, state of its return
    not_returned: Sequence[str]


def panel_submission(found: PanelSubmission, of: Setting) -> Document:
    kind = KINDS[PaperKind.PANEL_SUBMISSION]
    notified = found.notification
    facts = [
        ("National Panel’s number", notified.told("notification_reference") if notified else None),
        ("Notified", notified.told("notified_at") if notified else None),
        ("To be sent by", found.due),
        ("Decision", found.decision.told("decision") if found.decision else None),
        ("Scrutiny", ("Pending" if found.scrutiny_pending else "Enclosed") if found.decision else None),
    ]
    blocks: Body = [
        *part("Rapid review", found.findings, of, none="The findings are not recorded yet.", open_only=False),
        *(parts("Added to the findings", found.added, of, none="", open_only=False) if found.added else ()),
        *part("Endorsement", found.endorsement, of, none="The recommendation is not endorsed yet.", open_only=False),
        *part("Decision of the partners", found.decision, of, none="Nothing is decided yet.", open_only=False),
    ]
    if found.decision is not None:
        blocks += parts("Dissent", found.dissents, of, none="No partner recorded a dissent.", open_only=False)
    blocks += _scrutiny(found, of)
    blocks += _returns(found)
    return Document(
        title=kind.title,
        partnership=of.partnership,
        reference=of.reference,
        marking="Confidential: for the National Panel and the access list of this case",
        facts=tuple((key, words) for key, words in facts if words),
        blocks=tuple(blocks),
    )


def _scrutiny(found: PanelSubmission, of: Setting) -> Body:
    pending = "The scrutiny is pending. Its result will follow as a supplement."
    if found.decision is None:
        return []
    if found.scrutiny is None:
        return [Heading("Independent scrutiny"), Paragraph(pending)]
    blocks = part("Independent scrutiny", found.scrutiny, of, none=pending, open_only=False)
    if found.scrutiny_pending:
        blocks.insert(1, Paragraph(pending))
    if found.scrutiny_answers:
        blocks += parts("Answers to the scrutineer", found.scrutiny_answers, of, none="", open_only=False)
    return blocks


def _returns(found: PanelSubmission) -> Body:
    blocks: Body = [Heading("Returns of the agencies")]
    if found.returns:
        blocks.append(Table("Every agency that was asked", ("Agency", "Return"), tuple(found.returns)))
    blocks.append(Heading("Agencies that did not return", 3))
    blocks.append(
        Items(tuple(found.not_returned)) if found.not_returned else Paragraph("Every agency that was asked returned.")
    )
    return blocks


@dataclass(frozen=True)
class Publication:
    """DOMAIN 5.10: what was checked, what was decided, what goes ahead of the publication."""

    parts: Sequence[tuple[str, Sequence[Given]]]  # heading, answers
    facts: Sequence[tuple[str, str]]


def publication(found: Publication, of: Setting) -> Document:
    kind = KINDS[PaperKind.PUBLICATION]
    blocks: Body = []
    for heading, several in found.parts:
        if len(several) == 1:
            blocks += part(heading, several[0], of, none="", open_only=False)
        else:
            blocks += parts(heading, several, of, none="", open_only=False)
    return Document(
        title=kind.title,
        partnership=of.partnership,
        reference=of.reference,
        marking="Confidential: for the access list of this case",
        facts=tuple(found.facts),
        blocks=tuple(blocks or [Paragraph("Nothing is recorded yet.")]),
    )
