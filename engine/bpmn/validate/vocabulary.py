"""Which words of our namespace stand where, and whose words we do not know."""

from collections.abc import Iterable, Mapping

from lxml import etree

from engine.bpmn.elements import BPMN, LSCP, XSI, in_bpmn, line_of, local
from engine.bpmn.validate.diagram import Node, shorten
from engine.bpmn.validate.report import Subject, listing

ANYWHERE = frozenset({"protected", "source"})
ASKED = frozenset({"role", "body", "form", "does", "mayNot", "scope", "shows"})
TASK = ANYWHERE | ASKED | {"due", "ladder", "meets", "secret", "merges", "compares", "comparedWith"}
BY_TAG: Mapping[str, frozenset[str]] = {
    "process": frozenset({"owner", "caseData", "title", "reference", "protected", "source"}),
    "userTask": TASK,
    "manualTask": TASK,
    "task": TASK,
    "startEvent": ANYWHERE | ASKED | {"sameCase", "meets"},
    "boundaryEvent": ANYWHERE | ASKED | {"meets"},
    "intermediateCatchEvent": ANYWHERE | ASKED | {"meets"},
    "serviceTask": ANYWHERE | {"operation"},
    "businessRuleTask": ANYWHERE | {"decision", "result"},
    "multiInstanceLoopCharacteristics": frozenset({"in", "each", "collect", "as"}),
}
BOOLEAN = frozenset({"protected", "secret", "caseData", "sameCase"})
ELEMENTS: Mapping[str, frozenset[str]] = {
    "deadlines": frozenset(),
    "deadline": frozenset({"id", "name", "rule", "basis", "limit", "ladder", "responsible", "source"}),
    "input": frozenset({"name", "value"}),
    "output": frozenset({"name", "value"}),
}
PAIRS_BELONG = frozenset({"serviceTask", "callActivity", "sendTask", "intermediateThrowEvent", "endEvent"})
NAMES_BELONG = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})

# The drawing, and colours in it.
HARMLESS = frozenset(
    {
        BPMN,
        XSI,
        LSCP,
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.w3.org/XML/1998/namespace",
    }
)


def check(subject: Subject) -> None:
    for xml in subject.diagram.root.iter(f"{{{BPMN}}}*"):
        _check_attributes(subject, xml)
        _check_foreign(subject, xml)
    for xml in subject.diagram.root.iter(f"{{{LSCP}}}*"):
        _check_element(subject, xml)
    for node in subject.diagram.nodes:
        _check_pairs(subject, node)


def _own(xml: etree._Element) -> Iterable[tuple[str, str]]:
    prefix = f"{{{LSCP}}}"
    return [(str(key)[len(prefix) :], str(value)) for key, value in xml.attrib.items() if str(key).startswith(prefix)]


def _check_attributes(subject: Subject, xml: etree._Element) -> None:
    report = subject.report
    about = subject.diagram.part(xml)
    allowed = BY_TAG.get(local(xml), ANYWHERE)
    everything = ANYWHERE.union(*BY_TAG.values())
    for name, value in _own(xml):
        if name in everything and name not in allowed:
            message = f"lscp:{name} has no meaning here. Take it off."
            report.warning("misplaced-attribute", about, message, line=line_of(xml))
        elif name not in allowed:
            message = f"lscp:{shorten(name, 40)} is not known, and does nothing.{report.meant(name, allowed)}"
            report.warning("unknown-attribute", about, message, line=line_of(xml))
        elif name in BOOLEAN and value not in ("true", "false"):
            message = f"lscp:{name} must be true or false, not “{shorten(value)}”."
            report.error("true-or-false", about, message, line=line_of(xml))


def _check_element(subject: Subject, xml: etree._Element) -> None:
    report, name = subject.report, local(xml)
    about = subject.diagram.part(xml)
    if name not in ELEMENTS:
        message = f"the element lscp:{shorten(name, 40)} is not known, and does nothing.{report.meant(name, ELEMENTS)}"
        report.warning("unknown-attribute", about, message, line=line_of(xml))
        return
    for key in xml.attrib:
        if str(key) not in ELEMENTS[name]:
            near = report.meant(str(key), ELEMENTS[name])
            message = f"“{shorten(str(key), 60)}” on lscp:{name} is not known, and does nothing.{near}"
            report.warning("unknown-attribute", about, message, line=line_of(xml))


def _check_foreign(subject: Subject, xml: etree._Element) -> None:
    """Kept as it is and named, never run. One finding an element."""
    found = [_spelled(str(key), xml) for key in xml.attrib if _is_foreign(str(key))]
    if local(xml) == "extensionElements":
        found += [_spelled(child.tag, child) for child in xml if isinstance(child.tag, str) and _is_foreign(child.tag)]
    elif not in_bpmn(xml):
        return
    if found:
        message = f"it has words of other products, which are kept and not run: {listing(dict.fromkeys(found))}."
        if any("lscp" in word for word in found):
            message += f" Ours are in the namespace {LSCP}."
        subject.report.warning("foreign", subject.diagram.part(xml), message, line=line_of(xml))


def _is_foreign(name: str) -> bool:
    return name.startswith("{") and name[1:].partition("}")[0] not in HARMLESS


def _spelled(name: str, xml: etree._Element) -> str:
    namespace, _, word = name[1:].partition("}")
    prefix = next((prefix for prefix, uri in xml.nsmap.items() if uri == namespace), None)
    return f"{prefix}:{word}" if prefix else word


def _check_pairs(subject: Subject, node: Node) -> None:
    """Inputs and outputs stand where something reads them."""
    for kind in ("input", "output"):
        names: set[str] = set()
        for xml, name, _ in node.pairs(kind):
            if not name:
                subject.report.error("pair", node, f"an lscp:{kind} has no name.", line=line_of(xml))
            elif name in names:
                message = f"it has two lscp:{kind} elements named “{shorten(name)}”. Keep one."
                subject.report.error("pair", node, message, line=line_of(xml))
            names.add(name)
            if not _belongs(node, kind):
                message = f"nothing reads its lscp:{kind} “{shorten(name)}”. Take it off."
                subject.report.warning("pair", node, message, line=line_of(xml))


def _belongs(node: Node, kind: str) -> bool:
    if kind == "input" and node.tag in NAMES_BELONG:
        return True
    if node.tag in ("serviceTask", "callActivity"):
        return True
    return kind == "input" and node.tag in PAIRS_BELONG and (node.tag == "sendTask" or node.trigger == "message")
