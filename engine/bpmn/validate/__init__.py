"""Whether a diagram may be published: everything wrong with it at once, in words for the people who own it.

Pure: what exists outside the document is handed in as `Known`.
"""

from lxml import etree

from engine.bpmn.elements import BPMN
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.validate import (
    activities,
    deadlines,
    events,
    feel,
    gateways,
    paths,
    roles,
    schema,
    structure,
    vocabulary,
    waiting,
)
from engine.bpmn.validate.compiling import asked_for, compiles
from engine.bpmn.validate.diagram import Diagram, Part
from engine.bpmn.validate.known import Fields, Known, Naming, OperationShape, Survey
from engine.bpmn.validate.report import Report, Subject
from engine.bpmn.validate.survey import survey_of

__all__ = [
    "Fields",
    "Known",
    "Naming",
    "OperationShape",
    "Survey",
    "asked_for",
    "compiles",
    "survey",
    "validate",
]

RULES = (
    gateways.check,
    events.check,
    activities.check,
    paths.check,
    waiting.check,
    roles.check,
    deadlines.check,
    vocabulary.check,
    feel.check,
    schema.check,
)


def validate(root: etree._Element, *, name: str, known: Known, strict: bool = True) -> list[Finding]:
    """Every finding, in the order of the document. Never raises, whatever the tree.

    `name` is the process's key: the id it must have, or without `strict` should have; empty for any.
    """
    if root.tag != f"{{{BPMN}}}definitions":
        message = "This is not a BPMN 2.0 file: its root is not BPMN’s <definitions>. Export it as BPMN 2.0."
        return [Finding(None, Severity.ERROR, message, 1, "not-bpmn")]
    diagram = Diagram(root)
    report = Report(diagram)
    if hopeless := structure.too_large(diagram):
        about = diagram.processes[0] if diagram.processes else Part(root)
        return [Finding(about.id or None, Severity.ERROR, f"{about.words}: {hopeless}", about.line, "too-large")]
    owns = tuple(survey_of(diagram, process, known) for process in diagram.processes)
    for own in owns:
        known = known.including(own)
    subject = Subject(diagram, known, owns, report)
    structure.check(subject, name, strict=strict)
    for check in RULES:
        check(subject)
    return report.findings


def survey(root: etree._Element, known: Known) -> tuple[Survey, ...]:
    """What each process of a document tells the others. Of `known` its forms and operations are looked at."""
    diagram = Diagram(root)
    if structure.too_large(diagram):
        return ()
    return tuple(survey_of(diagram, process, known) for process in diagram.processes)
