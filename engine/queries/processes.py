"""The published processes, and which of them a person may begin."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import library
from engine.bpmn.elements import Element
from engine.forms import Form
from engine.library import Process
from engine.model import ProcessDefinition
from engine.partnership import Partnership
from engine.policy import NotFound
from engine.runtime import runtime_of
from engine.types import Participant


@dataclass(frozen=True)
class ProcessRow:
    key: str
    title: str
    family: str
    version: int
    owner: str
    published_at: datetime
    starts: tuple["Begin", ...]


@dataclass(frozen=True)
class Begin:
    """A start event that this person may use: what it is called in the drawing, and what one does there."""

    event: str
    name: str
    title: str


@dataclass(frozen=True)
class StartPage:
    key: str
    title: str
    event: str
    name: str
    documentation: str | None
    form: Form


def processes(session: Session, by: Participant) -> tuple[ProcessRow, ...]:
    partnership = runtime_of(session).partnership
    newest: dict[str, ProcessDefinition] = {}
    for definition in session.scalars(
        select(ProcessDefinition).order_by(ProcessDefinition.key, ProcessDefinition.version)
    ):
        newest[definition.key] = definition
    return tuple(
        ProcessRow(
            key=d.key,
            title=d.title,
            family=d.family,
            version=d.version,
            owner=partnership.role_name(d.owner),
            published_at=d.published_at,
            starts=tuple(_begins(library.process(d), by, partnership)),
        )
        for d in newest.values()
    )


def _begins(process: Process, by: Participant, partnership: Partnership) -> list[Begin]:
    return [
        Begin(e.id, e.name or process.head.name, _form(process, e, partnership).title)
        for e in process.starts
        if any(by.holds(role) for role in e.listed("role"))
    ]


def _form(process: Process, start: Element, partnership: Partnership) -> Form:
    return library.form_of({process.key: process}, process.key, start.attributes.get("form", start.id), partnership)


def start_page(session: Session, key: str, event: str | None, by: Participant) -> StartPage:
    partnership = runtime_of(session).partnership
    process = library.process(library.latest(session, key))
    offered = _begins(process, by, partnership)
    chosen = next((b for b in offered if event in (None, b.event)), None)
    if chosen is None:
        raise NotFound()
    element = process.elements[chosen.event]
    form = _form(process, element, partnership)
    return StartPage(key, process.head.name, chosen.event, chosen.name, element.documentation or None, form)
