"""The papers of a group's meeting. They are made of open answers alone, so that nothing in them identifies a child."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.forms import Kind
from engine.papers.answers import words
from engine.papers.document import TOP, Document, Facts, Heading, Items, Paragraph, Table
from engine.papers.sources import Body, Given, Setting, moment

NOTHING = "–"


@dataclass(frozen=True)
class Meeting:
    """`on`: when it is, in words, as far as that is known."""

    group: str
    on: str | None
    notice: Given | None = None

    def facts(self) -> list[tuple[str, str]]:
        asked = (("Meeting", "meeting_at"), ("In person or remote", "meeting_form"), ("Place", "meeting_place"))
        known = {key: self.notice.told(name) if self.notice else None for key, name in asked}
        known["Meeting"] = known["Meeting"] or self.on
        return [("Group", self.group), *((key, value) for key, value in known.items() if value)]


def _document(title: str, meeting: Meeting, of: Setting, facts: Iterable[tuple[str, str]], blocks: Body) -> Document:
    return Document(
        title=title,
        partnership=of.partnership,
        reference=of.reference,
        marking=f"For the {meeting.group}",
        facts=(*meeting.facts(), *facts),
        blocks=tuple(blocks),
    )


def _cells(given: Given, group: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Rows of a repeating group in words, an unanswered question as a dash; none of a confidential one."""
    asked = next((f for f in given.form.fields if f.name == group and f.kind is Kind.GROUP), None)
    if asked is None or asked.confidential:
        return
    parts = {part.name: part for part in asked.fields}
    for row in given.answers.get(group) or ():
        yield tuple(
            words(parts[name], row[name], given.names) if name in parts and row.get(name) not in (None, "") else NOTHING
            for name in columns
        )


def chapters(given: Given, names: Iterable[str] | None = None, *, level: int = TOP) -> Body:
    """Each answer under its question; an answer of several lines is a list."""
    found: Body = []
    for f in given.form.fields:
        if f.confidential or f.kind is Kind.GROUP or (names is not None and f.name not in names):
            continue
        said = given.told(f.name)
        if said:
            found += [Heading(f.title, level), *_said(said)]
    return found


def _said(text: str) -> Body:
    lines = [line for line in text.split("\n") if line.strip()]
    return [Items(tuple(lines))] if len(lines) > 1 and "\n\n" not in text else [Paragraph(text)]


@dataclass(frozen=True)
class Agenda:
    """`open`: what waits for this group, for as long as nobody has prepared the agenda."""

    meeting: Meeting
    prepared: Given | None
    open: Sequence[tuple[str, str]]
    papers: Sequence[tuple[str, str]]  # paper, reference of the case where it is found


def agenda(found: Agenda, of: Setting) -> Document:
    blocks: Body = []
    if found.prepared is None:
        blocks.append(Paragraph("This agenda is not prepared yet. It shows what is open for this group."))
        rows = [(f"{reference}: {title}", NOTHING, NOTHING) for reference, title in found.open]
    else:
        rows = [(item, purpose, theme) for item, purpose, theme in _cells(found.prepared, "agenda", AGENDA_COLUMNS)]
    blocks.append(Heading("Items"))
    if rows:
        numbered = tuple((str(number), *row) for number, row in enumerate(rows, 1))
        blocks.append(Table("Items of the agenda", ("Number", "Item", "For", "Theme"), numbered))
    else:
        blocks.append(Paragraph("Nothing is open for this group."))
    blocks += _papers(found)
    return _document(f"Agenda: {found.meeting.group}", found.meeting, of, (), blocks)


AGENDA_COLUMNS = ("item", "purpose", "theme")


def _papers(found: Agenda) -> Body:
    rows = list(found.papers)
    uploaded = len(found.prepared.answers.get("papers") or ()) if found.prepared else 0
    if uploaded:
        rows.append((f"{uploaded} more paper{'' if uploaded == 1 else 's'}", "On the page of this meeting"))
    blocks: Body = []
    if rows:
        blocks += [Heading("Papers"), Table("Papers for this meeting", ("Paper", "Where it is"), tuple(rows))]
    missing = found.prepared.told("papers_missing") if found.prepared else None
    if missing:
        blocks += [Heading("Papers that are still missing"), *_said(missing)]
    return blocks


@dataclass(frozen=True)
class Minutes:
    """`held`: each day on which it met."""

    meeting: Meeting
    attendance: Given | None
    quorum: Sequence[tuple[str, str]]  # from when, whether it was quorate
    draft: Given | None
    decided: Sequence[str]
    approval: Given | None
    missing: str | None  # papers that were not there when the agenda went out
    held: Sequence[str]  # the days, unless it met on the one it was called for and on no other


def minutes(found: Minutes, of: Setting) -> Document:
    facts = [("Met on", "\n".join(found.held))] if found.held else []
    if found.approval is None:
        facts.append(("State", "Draft: not approved by the chair yet"))
    else:
        facts.append(("State", f"Approved by {found.approval.by or 'the chair'}, {moment(found.approval.at)}"))
    blocks = [*_attendance(found), *_decisions(found)]
    if found.draft is not None:
        blocks += chapters(found.draft, ("discussion",))
        blocks += _last_minutes(found.draft)
        actions = tuple(_cells(found.draft, "actions", ("action", "body", "due_on")))
        if actions:
            blocks += [Heading("Actions"), Table("What is to be done", ("Action", "By", "By when"), actions)]
    if found.missing:
        blocks += [Heading("Papers that were missing"), *_said(found.missing)]
    if found.approval is not None and found.approval.told("corrections"):
        blocks += chapters(found.approval, ("corrections",))
    return _document(f"Minutes: {found.meeting.group}", found.meeting, of, facts, blocks)


def _attendance(found: Minutes) -> Body:
    blocks: Body = [Heading("Attendance and quorum")]
    if found.attendance is not None:
        rows = tuple(_cells(found.attendance, "attendance", ("body", "role")))
        how = _cells(found.attendance, "attendance", ("mode", "deputy_for", "chaired"))
        when = _cells(found.attendance, "attendance", ("arrived", "left"))
        seats = tuple((*who, _took_part(*a), _times(a[0], *b)) for who, a, b in zip(rows, how, when, strict=True))
        blocks.append(Table("Who attended", ("Organisation", "Role", "Attendance", "Came and left"), seats))
        interests = tuple(
            f"{role}, {body}: {interest}" if body != NOTHING else f"{role}: {interest}"
            for body, role, interest in _cells(found.attendance, "attendance", ("body", "role", "interest"))
            if interest != NOTHING
        )
        if interests:
            blocks += [Heading("Interests declared", TOP + 1), Items(interests)]
    if found.quorum:
        blocks.append(Table("Quorum by the minute", ("From", "Quorum"), tuple(found.quorum)))
    return blocks


def _took_part(mode: str, deputy_for: str, chaired: str) -> str:
    said = mode if deputy_for == NOTHING else f"{mode} for {deputy_for}"
    return f"{said}\nIn the chair" if chaired == "Yes" else said


def _times(mode: str, arrived: str, left: str) -> str:
    if mode in ("Absent", "Sent apologies"):
        return NOTHING
    said = [f"from {arrived}"] * (arrived != NOTHING) + [f"until {left}"] * (left != NOTHING)
    return ", ".join(said).capitalize() or "Whole meeting"


def _decisions(found: Minutes) -> Body:
    if not found.decided:
        return [Heading("Decisions"), Paragraph("Nothing was decided.")]
    return [Heading("Decisions"), Items(tuple(found.decided), numbered=True)]


def _last_minutes(draft: Given) -> Body:
    on, ratified = draft.told("last_minutes_on"), draft.told("ratified")
    rows = [(key, said) for key, said in (("Minutes of", on), ("Ratified", ratified)) if said]
    return [Heading("Minutes of the last meeting"), Facts(tuple(rows))] if on and rows else []


@dataclass(frozen=True)
class Report:
    """A group's report to the partnership, as it was written, and the rows that belong to it."""

    title: str
    meeting: Meeting
    written: Given
    facts: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, Table]]  # heading, rows
    leave_out: frozenset[str] = frozenset()


def report(found: Report, of: Setting) -> Document:
    asked = [f.name for f in found.written.form.fields if f.name not in found.leave_out]
    blocks = chapters(found.written, asked)
    for f in found.written.form.fields:
        if f.kind is Kind.GROUP and f.name in asked:
            columns = tuple(part.name for part in f.fields)
            rows = tuple(_cells(found.written, f.name, columns))
            if rows:
                blocks += [Heading(f.title), Table(f.title, tuple(part.title for part in f.fields), rows)]
    for heading, table in found.tables:
        if table.rows:
            blocks += [Heading(heading), table]
    written = ("Written by", f"{found.written.by or 'the group'}, {moment(found.written.at)}")
    facts = [("Group", found.meeting.group), *found.facts, written]
    return Document(
        title=found.title,
        partnership=of.partnership,
        reference=of.reference,
        marking="For the members of the partnership’s groups",
        facts=tuple(facts),
        blocks=tuple(blocks or [Paragraph("Nothing is reported.")]),
    )
