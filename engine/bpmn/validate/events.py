"""What each event waits for or throws: only what the engine really does."""

from collections.abc import Mapping

from engine.bpmn.elements import BPMN, line_of, local
from engine.bpmn.validate.diagram import Node, Part, shorten, text_of
from engine.bpmn.validate.gateways import check_language
from engine.bpmn.validate.report import Subject
from engine.bpmn.validate.texts import TIMES
from engine.bpmn.validate.times import check_timer

MAY_THROW = frozenset({"", "message", "signal", "escalation"})
MAY_END = frozenset({"", "message", "signal", "error", "escalation", "terminate"})
MAY_CATCH = frozenset({"message", "timer", "signal", "conditional"})
MAY_INTERRUPT = MAY_CATCH | {"error", "escalation"}

ADVICE: Mapping[str, str] = {
    "compensate": "Compensation is never carried out here. Draw the way back as ordinary steps.",
    "cancel": "Transactions are not cancelled here. Use an error event, or ordinary steps.",
    "link": "Links are not followed here. Draw a flow, or make a sub-process.",
    "terminate": "Only an end event can terminate.",
    "timer": "Only an event that is waited for can have a timer.",
}


def check(subject: Subject) -> None:
    for node in subject.diagram.nodes:
        if node.is_event:
            _check_event(subject, node)
        elif node.tag in ("sendTask", "receiveTask"):
            _check_message(subject, node)
    _check_unheard(subject)
    for correlation in subject.diagram.root.iter(f"{{{BPMN}}}correlationProperty", f"{{{BPMN}}}correlationKey"):
        message = "correlation is not used here: a message goes to whoever waits for it in the same case. Remove it."
        subject.report.error("correlation", Part(correlation), message)


def _check_event(subject: Subject, event: Node) -> None:
    report = subject.report
    if len(event.triggers) > 1:
        report.error("several-triggers", event, "it has several triggers. Draw an event for each.")
        return
    if event.children("eventDefinitionRef"):
        report.error("several-triggers", event, "its trigger is defined elsewhere. Define it in the event itself.")
    match event.tag:
        case "startEvent":
            _check_start(subject, event)
        case "endEvent":
            _check_thrown(subject, event, MAY_END, "An end event may be plain or send a message, or be a")
        case "intermediateThrowEvent":
            _check_thrown(subject, event, MAY_THROW, "An event on the way may throw a message, a")
        case "intermediateCatchEvent":
            _check_caught(subject, event, MAY_CATCH)
        case "boundaryEvent":
            _check_caught(subject, event, MAY_INTERRUPT)
            _check_boundary(subject, event)
    for trigger in event.triggers:
        _check_trigger(subject, event, local(trigger))


def _check_trigger(subject: Subject, event: Node, kind: str) -> None:
    if kind == "messageEventDefinition":
        _check_message(subject, event)
    elif kind == "signalEventDefinition" and subject.diagram.signal_of(event) is None:
        subject.report.error("no-signal", event, "its signal has no name. Choose or name one.")
    elif kind == "timerEventDefinition":
        _check_timer(subject, event)
    elif kind == "conditionalEventDefinition":
        conditions = event.triggers[0].findall(f"{{{BPMN}}}condition")
        if len(conditions) != 1:
            subject.report.error("no-condition", event, "it needs one condition to wait for.")
        for condition in conditions:
            check_language(subject, event, condition, "the condition it waits for")


# --- starts ---


def _check_start(subject: Subject, event: Node) -> None:
    scope = event.scope
    if not isinstance(scope, Node):
        _check_process_start(subject, event)
    elif scope.is_event_subprocess:
        _check_event_subprocess(subject, event, scope)
    elif event.triggers:
        message = "the start of a sub-process has no trigger: it begins when the sub-process is reached. Remove it."
        subject.report.error("start-trigger", event, message)


def _check_process_start(subject: Subject, event: Node) -> None:
    if event.trigger == "timer":
        message = (
            "a process does not begin by a timer in its diagram. Schedules are data: take the timer off, and let the "
            "process be begun by the schedule, by hand or by a message."
        )
        subject.report.error("start-timer", event, message)
    elif event.trigger not in ("", "message"):
        message = f"a process can not begin by this trigger ({event.trigger}): only by hand, by a call or by a message."
        subject.report.error("start-trigger", event, message)


def _check_event_subprocess(subject: Subject, event: Node, scope: Node) -> None:
    report = subject.report
    if isinstance(scope.scope, Node):
        message = "a sub-process begun by an event only works at the top of its process. Move it there."
        report.error("event-subprocess", scope, message)
    if event.trigger != "message":
        kind = event.trigger or "plain start"
        message = (
            f"a sub-process begun by an event must begin by a message, not by a {kind}. Put an event of that kind on "
            "the border of a sub-process around the steps it is about."
        )
        report.error("event-subprocess", event, message)
    elif event.xml.get("isInterrupting", "true") != "false":
        message = (
            "it is to interrupt, which a sub-process begun by an event never does here. Make it non-interrupting, or "
            "put a message event on the border of a sub-process around the steps it is to interrupt."
        )
        report.error("event-subprocess", event, message)


# --- thrown and caught ---


def _check_thrown(subject: Subject, event: Node, allowed: frozenset[str], words: str) -> None:
    if event.trigger not in allowed:
        kinds = ", ".join(sorted(kind for kind in allowed - {"", "message"}))
        advice = ADVICE.get(event.trigger, f"{words} {kinds}.")
        subject.report.error("event-kind", event, f"it does nothing as a {event.trigger} event. {advice}")


def _check_caught(subject: Subject, event: Node, allowed: frozenset[str]) -> None:
    if not event.triggers:
        message = "it does not say what it waits for. Give it a message, a timer, a signal or a condition."
        subject.report.error("no-trigger", event, message)
    elif event.trigger not in allowed:
        advice = ADVICE.get(event.trigger, "Give it a message, a timer, a signal or a condition.")
        subject.report.error("event-kind", event, f"it never happens as a {event.trigger} event. {advice}")


def _check_boundary(subject: Subject, event: Node) -> None:
    host = subject.diagram.by_id.get(event.host or "")
    if event.trigger not in ("error", "escalation") or host is None:
        return
    if event.trigger == "error" and event.xml.get("cancelActivity") == "false":
        subject.report.error("boundary", event, "an error always interrupts. Make it interrupting.")
    if host.tag not in ("subProcess", "transaction", "callActivity"):
        message = f"{host.words} never throws an {event.trigger}: only a sub-process or a call does. Remove it."
        subject.report.warning("never-happens", event, message)


def _check_message(subject: Subject, node: Node) -> None:
    if subject.diagram.message_of(node) is None:
        verb = "waits for" if node.is_catch else "sends"
        subject.report.error("no-message", node, f"the message it {verb} has no name. Choose or name one.")


def _check_timer(subject: Subject, event: Node) -> None:
    times = [time for kind in TIMES for time in event.triggers[0].findall(f"{{{BPMN}}}{kind}")]
    if not times or not text_of(times[0]).strip():
        message = "its timer has no value. Give it a date, a duration as in P3D, or = and FEEL."
        subject.report.error("no-timer", event, message)
    elif len(times) > 1:
        subject.report.error("no-timer", event, "its timer has several values, of which one counts. Keep that one.")
    for time in times:
        check_language(subject, event, time, "the timer")
        text = text_of(time).strip()
        wrong = check_timer(local(time), text) if text and not text.startswith("=") else None
        if wrong:
            subject.report.error("timer", event, wrong, line=line_of(time))


# --- who hears whom ---


def _check_unheard(subject: Subject) -> None:
    surveys = subject.known.surveys
    sent = frozenset[str]().union(*(survey.sends for survey in surveys.values()))
    heard = frozenset[str]().union(*(survey.hears for survey in surveys.values()))
    thrown = frozenset[str]().union(*(survey.signals for survey in surveys.values()))
    for node in subject.diagram.nodes:
        message, signal = subject.diagram.message_of(node), subject.diagram.signal_of(node)
        if message and not node.is_catch and message not in heard:
            words = f"no process waits for the message “{shorten(message)}” yet. It is kept until one does."
            subject.report.warning("nobody-hears", node, words + subject.report.meant(message, heard))
        if message and node.is_catch and not node.offered and message not in sent and not _begun_by_hand(node):
            words = f"no process sends the message “{shorten(message)}”, and no role is asked to bring it (lscp:role)."
            subject.report.warning("nobody-sends", node, words + subject.report.meant(message, sent))
        if signal and node.is_catch and signal not in thrown:
            words = f"nothing throws the signal “{shorten(signal)}”. Signals stay inside one case."
            subject.report.warning("nobody-throws", node, words + subject.report.meant(signal, thrown))


def _begun_by_hand(node: Node) -> bool:
    return node.tag == "startEvent" and node.own("role") is not None
