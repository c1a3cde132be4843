"""Findings as they are made, each naming its element, and what every rule is given to look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from lxml import etree

from engine.bpmn.elements import line_of
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.validate.diagram import Diagram, Part, shorten
from engine.bpmn.validate.known import Known, Survey

MOST_FINDINGS = 500
_MOST_COMPARED = 1_000
_MOST_HINTS = 60

About = Part | etree._Element | None


class Report:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._found: dict[Finding, None] = {}
        self._hints = 0

    def error(self, code: str, about: About, message: str, *, line: int | None = None) -> None:
        self._add(Severity.ERROR, code, about, message, line)

    def warning(self, code: str, about: About, message: str, *, line: int | None = None) -> None:
        self._add(Severity.WARNING, code, about, message, line)

    def say(self, severity: Severity, code: str, about: About, message: str, *, line: int | None = None) -> None:
        self._add(severity, code, about, message, line)

    def _add(self, severity: Severity, code: str, about: About, message: str, line: int | None) -> None:
        """`about` an XML element means the nearest thing around it that has a name, at the element's own line."""
        if about is None:
            finding = Finding(None, severity, message, line, code)
        else:
            part = about if isinstance(about, Part) else self._diagram.part(about)
            place = line if line is not None else part.line if isinstance(about, Part) else line_of(about)
            finding = Finding(part.id or None, severity, f"{part.words}: {message}", place, code)
        self._found.setdefault(finding)

    def meant(self, wanted: str, known: Iterable[str]) -> str:
        """` Did you mean “x”?`, or nothing when no known word is near."""
        self._hints += 1
        if self._hints > _MOST_HINTS:
            return ""  # looking for near words takes time
        near = get_close_matches(wanted[:100], sorted(set(known))[:_MOST_COMPARED], n=1, cutoff=0.6)
        return f" Did you mean “{shorten(near[0])}”?" if near else ""

    @property
    def findings(self) -> list[Finding]:
        """In the order of the document; of very many, errors go before warnings."""
        found = list(self._found)
        if len(found) > MOST_FINDINGS:
            found.sort(key=lambda finding: finding.severity is not Severity.ERROR)
            words = f"There are {len(found) - MOST_FINDINGS} more findings. Correct these first."
            found = [*found[:MOST_FINDINGS], Finding(None, Severity.WARNING, words, code="more-findings")]
        return sorted(found, key=lambda finding: (finding.line is None, finding.line or 0))


@dataclass(frozen=True)
class Subject:
    """One document under examination."""

    diagram: Diagram
    known: Known  # the document's own processes included
    owns: tuple[Survey, ...]  # what the document's processes tell about themselves
    report: Report

    def key_of(self, part: Part) -> str:
        """The process a part stands in."""
        scope: Part | None = part
        while scope is not None and scope.tag != "process":
            scope = getattr(scope, "scope", None)
        return scope.id if scope is not None else ""


def listing(words: Iterable[str], most: int = 6) -> str:
    """A few of them, for a sentence."""
    every = list(words)
    shown = ", ".join(shorten(word) for word in every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown
