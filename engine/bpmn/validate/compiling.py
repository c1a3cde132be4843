"""The last word is the engine's: what all rules let pass must compile too."""

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.compile import NotExecutable, Source, compile_bundle
from engine.bpmn.elements import BPMN, LSCP
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.validate.known import Known
from engine.feel import DecisionModel

# Stands in for a process that is called.
STUB = (
    f'<definitions xmlns="{BPMN}"><process id="stub"><startEvent id="b"/><endEvent id="e"/>'
    '<sequenceFlow id="f" sourceRef="b" targetRef="e"/></process></definitions>'
)


def compiles(root: etree._Element, known: Known, models: Mapping[str, DecisionModel]) -> list[Finding]:
    """Nothing, for a diagram without errors; should a rule be missing, what the engine says."""
    names = frozenset[str]().union(known.confidential, *(known.names_of(key) for key in known.surveys))
    keys = [key for xml in root.iter(f"{{{BPMN}}}process") if (key := xml.get("id"))]
    called = {key for xml in root.iter(f"{{{BPMN}}}callActivity") if (key := xml.get("calledElement"))} - set(keys)
    sources = [Source(keys[0], root, models, names)]
    for callee in sorted(called):
        stub = etree.fromstring(STUB)
        stub[0].set("id", callee)
        sources.append(Source(callee, stub, {}, names))
    try:
        compile_bundle(keys[0], "check", sources)
    except NotExecutable as refused:
        line = refused.details.get("line")
        message = f"The engine can not run this: {refused.message}"
        return [Finding(None, Severity.ERROR, message, line if isinstance(line, int) else None, "not-executable")]
    return []


def asked_for(root: etree._Element) -> set[str]:
    """Every name by which an element may ask for a form or a table."""
    attributes = ("id", f"{{{LSCP}}}form", f"{{{LSCP}}}decision")
    return {xml.get(attribute, "") for xml in root.iter(f"{{{BPMN}}}*") for attribute in attributes}
