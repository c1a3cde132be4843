"""Branches: a question with an answer for every case, and no condition that the engine would pass over."""

from lxml import etree

from engine.bpmn.elements import line_of
from engine.bpmn.validate.diagram import Flow, Node, Part, shorten, text_of
from engine.bpmn.validate.report import Subject

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
MAY_FOLLOW_EVENTS = frozenset({"message", "timer", "signal"})


def check(subject: Subject) -> None:
    for node in subject.diagram.nodes:
        outgoing = subject.diagram.outgoing[node.id] if node.id else []
        if node.tag in CHOOSING and len(outgoing) > 1:
            _check_choice(subject, node, outgoing)
        elif node.tag == "eventBasedGateway":
            _check_events(subject, node, outgoing)
        elif not node.is_gateway and len(outgoing) > 1:
            _check_split(subject, node)
        if not (node.tag in CHOOSING and len(outgoing) > 1):
            _check_no_conditions(subject, node, outgoing)
    for flow in subject.diagram.flows:
        _check_condition(subject, flow)


def _check_choice(subject: Subject, gateway: Node, outgoing: list[Flow]) -> None:
    default = gateway.xml.get("default")
    if default is None:
        message = "it needs a default flow, for when no condition is true. Mark one of its flows as the default."
        subject.report.error("no-default", gateway, message)
    for flow in outgoing:
        is_default = default is not None and flow.id == default
        if is_default and flow.condition is not None:
            message = "it is the default, so its condition is never looked at. Remove the condition."
            subject.report.error("condition-ignored", flow, message)
        elif not is_default and (flow.condition is None or not text_of(flow.condition).strip()):
            message = "it needs a condition: when is it taken? Or make it the default."
            subject.report.error("no-condition", flow, message)


def _check_split(subject: Subject, node: Node) -> None:
    if node.tag == "startEvent":
        message = "several flows leave it. A parallel gateway behind it would show that all of them are taken."
        subject.report.warning("several-flows", node, message)
    else:
        message = "several flows leave it. Add a gateway behind it that says whether one or all of them are taken."
        subject.report.error("several-flows", node, message)


def _check_no_conditions(subject: Subject, node: Node, outgoing: list[Flow]) -> None:
    for flow in outgoing:
        if flow.condition is None:
            continue
        if len(outgoing) == 1:
            message = "it is the only way on, so its condition is ignored. Remove it, or add a gateway with a default."
        else:
            message = "only flows from an exclusive or inclusive gateway have conditions. Remove it, or add a gateway."
        subject.report.error("condition-ignored", flow, message)


def _check_condition(subject: Subject, flow: Flow) -> None:
    if len(flow.children("conditionExpression")) > 1:
        subject.report.error("condition-twice", flow, "it has two conditions. Join them with “and” or “or”.")
    condition = flow.condition
    if condition is not None:
        check_language(subject, flow, condition, "the condition")


def check_language(subject: Subject, part: Part, xml: etree._Element, what: str) -> None:
    """No other language than FEEL, and nothing within the text that the engine would not read."""
    language = xml.get("language")
    if language is not None and "feel" not in language.lower():
        message = f"{what} is written in “{shorten(language)}”. Only FEEL is read here; nothing else is ever run."
        subject.report.error("not-feel", part, message, line=line_of(xml))
    if len(xml):
        message = f"{what} holds a comment or other markup, behind which the rest is not read. Take it out."
        subject.report.error("markup-in-text", part, message, line=line_of(xml))


def _check_events(subject: Subject, gateway: Node, outgoing: list[Flow]) -> None:
    report = subject.report
    timers = 0
    for flow in outgoing:
        target = flow.ends[1]
        if target is None:
            continue
        timers += target.trigger == "timer"
        if target.tag not in ("intermediateCatchEvent", "receiveTask"):
            message = f"only events that are waited for may follow it, not {target.words}."
            report.error("event-gateway", gateway, message, line=flow.line)
        elif target.tag == "intermediateCatchEvent" and target.triggers and target.trigger not in MAY_FOLLOW_EVENTS:
            message = f"{target.words} waits for a {target.trigger}; only a message, a signal or a timer may follow."
            report.error("event-gateway", gateway, message, line=flow.line)
        elif len(subject.diagram.incoming[target.id]) > 1:
            message = f"{target.words} has another incoming flow, by which nobody would wait. Give it only this one."
            report.error("event-gateway", gateway, message, line=flow.line)
        elif subject.diagram.attached[target.id]:
            message = f"{target.words} has events on its border; behind this gateway it may not."
            report.error("event-gateway", gateway, message, line=flow.line)
    if timers > 1:
        message = f"it has {timers} timers, of which only one would ever fire. Keep the earlier one."
        report.error("event-gateway", gateway, message)
    if len(outgoing) == 1:
        report.warning("event-gateway", gateway, "it has only one event. Wait for that event without a gateway.")
