"""Tasks, sub-processes and loops: what the engine can not run, or runs otherwise than it is drawn."""

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from engine.bpmn.elements import BPMN, line_of, local
from engine.bpmn.validate.diagram import Node, Part, kind_words, shorten, text_of
from engine.bpmn.validate.gateways import check_language
from engine.bpmn.validate.paths import waits
from engine.bpmn.validate.report import Subject
from engine.bpmn.validate.survey import is_mapped
from engine.bpmn.validate.texts import loop_text, script_of

MOST_ROUNDS = 1_000

UNSUPPORTED = {
    "complexGateway": "Complex gateways are not run here. Use exclusive, inclusive or parallel ones.",
    "adHocSubProcess": "Ad-hoc sub-processes are not run here. Draw the steps with gateways, or as parallel branches.",
    "dataStore": "Data stores are not used here. Write to a register with the operation enter-register.",
    "dataStoreReference": "Data stores are not used here. Write to a register with the operation enter-register.",
    "choreographyTask": "Choreographies are not run here.",
    "subChoreography": "Choreographies are not run here.",
    "callChoreography": "Choreographies are not run here.",
    "ioSpecification": "It would hide data from the step. Say what goes in and out with lscp:input and lscp:output.",
}


def check(subject: Subject) -> None:
    for xml in subject.diagram.root.iter(*(f"{{{BPMN}}}{tag}" for tag in UNSUPPORTED)):
        tag = local(xml)
        about = subject.diagram.part(xml) if tag == "ioSpecification" else Part(xml)
        message = f"this is a {kind_words(tag)}. {UNSUPPORTED[tag]}"
        subject.report.error("not-supported", about, message, line=line_of(xml))
    for node in subject.diagram.nodes:
        if node.xml.get("isForCompensation") == "true":
            message = "it is for compensation, which is never carried out here. Draw the way back as ordinary steps."
            subject.report.error("not-supported", node, message)
        _check_loops(subject, node)
        _check_kind(subject, node)
    _check_calls(subject)
    for association in subject.diagram.root.iter(f"{{{BPMN}}}dataInputAssociation", f"{{{BPMN}}}dataOutputAssociation"):
        _check_data(subject, association)


def _check_kind(subject: Subject, node: Node) -> None:
    match node.tag:
        case "task":
            message = (
                "it does not say what kind of task it is, and waits for a person as a user task does. Ask the owner "
                "what is meant, and choose a kind."
            )
            subject.report.warning("untyped-task", node, message)
        case "scriptTask":
            _check_script(subject, node)
        case "subProcess" | "transaction":
            _check_subprocess(subject, node)
        case "callActivity":
            _check_call(subject, node)


# --- scripts ---


def _check_script(subject: Subject, node: Node) -> None:
    report = subject.report
    language = (node.xml.get("scriptFormat") or "").strip()
    if language.lower() != "feel":
        what = f"its script is in “{shorten(language)}”" if language else "the language of its script is not said"
        message = (
            f"{what}. No code is ever run here: set scriptFormat to feel and write a FEEL context, as in {{asked: 0}}, "
            "or use a service task with one of the operations."
        )
        report.error("script-language", node, message)
    scripts = list(node.xml.iter(f"{{{BPMN}}}script"))
    if len(scripts) != 1 or script_of(node) is None or not text_of(script_of(node)).strip():
        report.error("script-empty", node, "it needs one script: a FEEL context, as in {asked: 0}.")
    elif len(scripts[0]):
        check_language(subject, node, scripts[0], "the script")


# --- sub-processes and calls ---


def _check_subprocess(subject: Subject, node: Node) -> None:
    inside = subject.diagram.within(node)
    starts = [one for one in inside if one.tag == "startEvent"]
    if len(starts) != 1:
        message = f"a sub-process has exactly one start event; this one has {len(starts)}."
        subject.report.error("subprocess-start", node, message)
    if not any(one.tag == "endEvent" for one in inside):
        subject.report.error("subprocess-end", node, "a sub-process needs an end event. Add one.")


def _check_call(subject: Subject, node: Node) -> None:
    report, surveys = subject.report, subject.known.surveys
    called = node.xml.get("calledElement")
    if not called:
        report.error("call-unknown", node, "it does not say which process it calls (calledElement).")
        return
    survey = surveys.get(called)
    if survey is None:
        near = report.meant(called, surveys)
        report.error("call-unknown", node, f"it calls the process “{shorten(called)}”, and there is none.{near}")
        return
    if not survey.begins_plainly:
        message = (
            f"the process “{called}” can not be called: it must have one start event, and that without a message or "
            "other trigger."
        )
        report.error("call-not-callable", node, message)
    if not is_mapped(node):
        message = (
            f"it hands all data to “{called}” and takes all of it back. Say with lscp:input and lscp:output what goes "
            "in and what comes back."
        )
        report.warning("call-unmapped", node, message)


def _check_calls(subject: Subject) -> None:
    """A process that calls itself, through however many others, never comes to an end of calling."""
    surveys = subject.known.surveys
    for own in subject.owns:
        way = _way_back(own.key, {key: list(survey.calls) for key, survey in surveys.items()})
        if way:
            process = next(p for p in subject.diagram.processes if p.id == own.key)
            message = f"it calls itself: {' → '.join(way)}. Make it a loop in one diagram, or send a message."
            subject.report.error("call-circle", process, message)


def _way_back(key: str, calls: dict[str, list[str]]) -> list[str]:
    ways = [[key]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for callee in calls.get(way[-1], ()):
            if callee == key:
                return [*way, key]
            if callee not in seen:
                seen.add(callee)
                ways.append([*way, callee])
    return []


# --- loops ---


def _check_loops(subject: Subject, node: Node) -> None:
    report = subject.report
    several, standard = node.children("multiInstanceLoopCharacteristics"), node.children("standardLoopCharacteristics")
    if not several and not standard:
        return
    if not node.is_activity or node.is_event_subprocess:
        report.error("loop", node, "only tasks, calls and sub-processes can be repeated. Take the loop off.")
    elif len(several) + len(standard) > 1:
        report.error("loop", node, "it is repeated in two ways at once. Keep one.")
    elif several:
        _check_several(subject, node, several[0])
    else:
        _check_standard(subject, node, standard[0])


def _check_several(subject: Subject, node: Node, loop: etree._Element) -> None:
    report = subject.report
    numbers = loop.findall(f"{{{BPMN}}}loopCardinality")
    over = loop_text(loop, "in")
    if over is None and not numbers:
        message = 'it does not say for what it is repeated. Give it lscp:in and lscp:each, as in lscp:in="=agencies".'
        report.error("loop-collection", node, message, line=line_of(loop))
    elif over is not None and numbers:
        message = "it is repeated over a list (lscp:in) and by a number. Keep one."
        report.error("loop-collection", node, message, line=line_of(loop))
    elif over is not None:
        if not over.strip().startswith("="):
            message = f'lscp:in must be FEEL that gives a list, as in lscp:in="=agencies", not “{shorten(over)}”.'
            report.error("loop-collection", node, message, line=line_of(loop))
        if not loop_text(loop, "each"):
            message = 'it does not name the one it is for: add lscp:each, as in lscp:each="agency".'
            report.warning("loop-each", node, message, line=line_of(loop))
    collects = [word for word in ("collect", "as") if loop_text(loop, word) is not None]
    if len(collects) == 1:
        message = "lscp:collect and lscp:as belong together: the list’s name, and what each round adds to it."
        report.error("loop-collect", node, message, line=line_of(loop))
    if numbers and (collects or loop.find(f"{{{BPMN}}}loopDataOutputRef") is not None):
        message = "repeating by a number can not collect a list. Repeat over a list with lscp:in."
        report.error("loop-collect", node, message, line=line_of(loop))
    if over is None:
        _check_references(subject, node, loop)
    for text in (*numbers, *loop.findall(f"{{{BPMN}}}completionCondition")):
        check_language(subject, node, text, f"the {kind_words(local(text))}")


def _check_references(subject: Subject, node: Node, loop: etree._Element) -> None:
    for tag in ("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem"):
        if loop.find(f"{{{BPMN}}}{tag}") is not None:
            message = f"{tag} is not read here. Say it with lscp:in, lscp:each, lscp:collect and lscp:as."
            subject.report.error("loop-collection", node, message, line=line_of(loop))
            return


def _check_standard(subject: Subject, node: Node, loop: etree._Element) -> None:
    report = subject.report
    maximum = loop.get("loopMaximum")
    conditions = loop.findall(f"{{{BPMN}}}loopCondition")
    if maximum is not None and not (maximum.isascii() and maximum.isdigit() and 0 < int(maximum[:9]) <= MOST_ROUNDS):
        message = f"loopMaximum must be a whole number up to {MOST_ROUNDS:,}, not “{shorten(maximum)}”."
        report.error("loop", node, message, line=line_of(loop))
    if maximum is None and not conditions:
        message = "it does not say how often it is repeated. Give it a condition or a maximum."
        report.error("loop", node, message, line=line_of(loop))
    elif maximum is None and not waits(subject.diagram, node, subject.known.surveys):
        message = "this loop could run for ever by itself, because nobody is waited for in it. Give it a loopMaximum."
        report.error("endless-loop", node, message, line=line_of(loop))
    for condition in conditions:
        check_language(subject, node, condition, "the condition of the loop")


# --- data objects ---


def _check_data(subject: Subject, association: etree._Element) -> None:
    """The engine looks for a data object beside the task and one level up; any further and it would never return."""
    tag = "sourceRef" if local(association) == "dataInputAssociation" else "targetRef"
    node = subject.diagram.part(association)
    for reference in association.findall(f"{{{BPMN}}}{tag}"):
        wanted = text_of(reference)
        home = subject.diagram.data_homes.get(wanted)
        if home is not None and any(scope.xml is home for scope in islice(_around(node), 2)):
            continue
        message = (
            f"it uses the data object “{shorten(wanted)}”, which is not in its own (sub-)process or the one around it. "
            "Move it, or take the line to it off."
        )
        subject.report.error("data-object", node, message, line=line_of(association))


def _around(node: Part) -> Iterator[Part]:
    scope: Part | None = getattr(node, "scope", None)
    while scope is not None:
        yield scope
        scope = getattr(scope, "scope", None)
