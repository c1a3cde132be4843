"""Who does it, who may not, with which form, by when: names that must exist outside the diagram."""

import re
from collections.abc import Callable, Iterable

from engine.bpmn.elements import line_of
from engine.bpmn.validate.diagram import Node, Part, shorten
from engine.bpmn.validate.known import Naming, OperationShape
from engine.bpmn.validate.report import Subject, listing
from engine.bpmn.validate.texts import feel_of, loop_of, loop_text, script_entries, script_of

DATA_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LITERAL_ONLY = (
    *("form", "does", "mayNot", "shows", "merges", "compares", "ladder"),
    *("decision", "result", "operation"),
)


def check(subject: Subject) -> None:
    for node in subject.diagram.nodes:
        _check_literals(subject, node)
        _check_asked(subject, node)
        _check_separation(subject, node)
        _check_papers(subject, node, "shows")
        _check_papers(subject, node, "compares")
        _check_compared(subject, node)
        _check_merges(subject, node)
        _check_data_names(subject, node)
        if node.tag == "serviceTask":
            _check_operation(subject, node)
        elif node.tag == "businessRuleTask":
            _check_decision(subject, node)
    for process in subject.diagram.processes:
        owner = process.own("owner")
        if owner is None:
            message = "it does not say who owns it: add lscp:owner with a role."
            subject.report.warning("no-owner", process, message)
        else:
            check_roles(subject, process, "lscp:owner", owner)


def check_roles(
    subject: Subject, part: Part, what: str, text: str, *, line: int | None = None, also: Iterable[str] = ()
) -> None:
    roles = subject.known.roles
    for role in text.split():
        if role not in roles and role not in also:
            message = f"{what} names the role “{shorten(role)}”, and there is none.{subject.report.meant(role, roles)}"
            subject.report.error("unknown-role", part, message, line=line)


def _check_literals(subject: Subject, node: Node) -> None:
    for attribute in LITERAL_ONLY:
        value = node.own(attribute)
        if value is not None and feel_of(value) is not None:
            subject.report.error("not-an-expression", node, f"lscp:{attribute} can not be FEEL. Write the name itself.")
        elif value is not None and not value.strip():
            subject.report.error("empty", node, f"lscp:{attribute} is empty. Fill it in, or take it off.")


# --- who ---


def _check_asked(subject: Subject, node: Node) -> None:
    report, role = subject.report, node.own("role")
    if role is None:
        if node.is_person_task:
            message = "it does not say who does it. Choose a role (lscp:role)."
            report.error("no-role", node, message)
        _check_form(subject, node)
        return
    if not role.strip():
        report.error("no-role", node, "its role is empty. Choose one (lscp:role).")
    elif feel_of(role) is None:
        check_roles(subject, node, "lscp:role", role)
    elif node.tag == "startEvent" and not node.triggers:
        report.error("not-an-expression", node, "before a case begins no FEEL can say who begins it. Name the roles.")
    if node.is_event and node.tag != "startEvent" and node.trigger != "message":
        message = (
            "only message events are offered to people, so its role does nothing. Take it off, or wait for a message."
        )
        report.warning("role-no-effect", node, message)
    body = node.own("body")
    if body is not None and feel_of(body) is None and body.strip() not in subject.known.bodies:
        near = report.meant(body, subject.known.bodies)
        report.error("unknown-body", node, f"there is no organisation “{shorten(body)}”.{near}")
    _check_form(subject, node)


def _check_form(subject: Subject, node: Node) -> None:
    known, form = subject.known, node.form
    if form and feel_of(form) is None and known.form(form) is None:
        near = subject.report.meant(form, (*known.forms, *known.shared_forms))
        message = (
            f"its form “{shorten(form)}” is missing.{near} Add {shorten(form)}.form.json to the folder of the process, "
            "or choose another form (lscp:form)."
        )
        subject.report.error("no-form", node, message)


def _check_separation(subject: Subject, node: Node) -> None:
    separation, does = subject.known.separation, (node.own("does") or "").split()
    for rule in (node.own("mayNot") or "").split():
        if rule.startswith("="):
            return
        if rule not in separation:
            near = subject.report.meant(rule, separation)
            message = f"lscp:mayNot names the rule “{shorten(rule)}”, and there is none.{near}"
            subject.report.error("unknown-rule", node, message)
        elif separation[rule] not in does:
            done = f'lscp:does="{" ".join(does)}"' if does else "nothing (lscp:does)"
            message = (
                f"lscp:mayNot names {rule}, which bars people from “{separation[rule]}”, but completing this counts as "
                f"{done}. Add “{separation[rule]}” to lscp:does, or take the rule off."
            )
            subject.report.error("rule-not-for-this", node, message)


def _check_papers(subject: Subject, node: Node, attribute: str) -> None:
    known = subject.known
    forms = {*known.papers, *known.forms, *known.shared_forms}.union(*(s.forms for s in known.surveys.values()))
    for paper in (node.own(attribute) or "").split():
        if paper not in forms and not paper.startswith("="):
            near = subject.report.meant(paper, forms)
            message = f"lscp:{attribute} names “{shorten(paper)}”, and no process has such a form, task or event.{near}"
            subject.report.error("unknown-paper", node, message)


def _check_compared(subject: Subject, node: Node) -> None:
    """What to compare and with which cases: the one is nothing without the other."""
    what, cases = node.own("compares"), node.own("comparedWith")
    if (what is None) != (cases is None):
        there, missing = ("comparedWith", "compares") if what is None else ("compares", "comparedWith")
        message = f"it has lscp:{there} without lscp:{missing}, and so compares nothing. Add it, or take both off."
        subject.report.error("compares-nothing", node, message)
    elif cases is not None and feel_of(cases) is None:
        message = "lscp:comparedWith must be FEEL that gives references of cases, as in =candidates.reference."
        subject.report.error("compares-nothing", node, message)


def _check_merges(subject: Subject, node: Node) -> None:
    groups = frozenset(name for fields in subject.known.papers.values() for name in fields)
    for group in (node.own("merges") or "").split():
        if group not in groups and not group.startswith("="):
            near = subject.report.meant(group, groups)
            message = f"lscp:merges names “{shorten(group)}”, and no form asks for it.{near}"
            subject.report.error("unknown-name", node, message)


# --- operations and decisions ---


def _check_operation(subject: Subject, node: Node) -> None:
    report, operations = subject.report, subject.known.operations
    operation = node.own("operation")
    if not operation:
        every = listing(sorted(operations), 30)
        report.error(
            "no-operation", node, f"it does not say what it does. Choose an operation (lscp:operation): {every}."
        )
        return
    shape = operations.get(operation)
    if shape is None:
        near = report.meant(operation, operations)
        message = f"there is no operation “{shorten(operation)}”.{near} There are: {listing(sorted(operations), 30)}."
        report.error("unknown-operation", node, message)
        return
    given = [name for _, name, _ in node.pairs("input")]
    for missing in sorted(shape.required - set(given)):
        message = f"the operation {operation} needs the input “{missing}”. Add it (lscp:input)."
        report.error("input-missing", node, message)
    for xml, name, value in node.pairs("input"):
        if name and name not in shape.inputs:
            near = report.meant(name, shape.inputs)
            every = listing(shape.inputs, 20)
            message = f"the operation {operation} has no input “{shorten(name)}”.{near} It has: {every}."
            report.error("unknown-input", node, message, line=line_of(xml))
        elif name and feel_of(value) is None:
            _check_named(subject, node, shape, name, value, line_of(xml))


def _check_named(subject: Subject, node: Node, shape: OperationShape, name: str, value: str, line: int | None) -> None:
    """A literal input that names something of the partnership or the process."""
    known, kind = subject.known, shape.inputs[name]
    own_dues = frozenset[str]().union(*(survey.own_dues for survey in known.surveys.values()))
    there: dict[Naming, tuple[Iterable[str], Callable[[str], list[str]]]] = {
        Naming.ROLE: (known.roles | {"partners"}, str.split),
        Naming.RULE: (known.separation, str.split),
        Naming.NOTICE: (known.notices, lambda text: [text.strip()]),
        Naming.DEADLINE: (known.deadlines | own_dues, str.split),
    }
    if kind not in there:
        return
    names, parts = there[kind]
    for word in parts(value):
        if word not in names:
            near = subject.report.meant(word, names)
            message = f"its input “{name}” names the {kind} “{shorten(word)}”, and there is none.{near}"
            subject.report.error(f"unknown-{kind.value.split()[-1]}", node, message, line=line)


def _check_decision(subject: Subject, node: Node) -> None:
    decisions, decision = subject.known.decisions, node.own("decision")
    if not decision:
        message = "it does not say what decides. Choose a table (lscp:decision)."
        subject.report.error("no-decision", node, message)
    elif decision not in decisions and feel_of(decision) is None:
        near = subject.report.meant(decision, decisions)
        message = (
            f"there is no decision “{shorten(decision)}” in the folder of the process.{near} Add "
            f"{shorten(decision)}.dmn with a decision of that id."
        )
        subject.report.error("unknown-decision", node, message)


# --- names of data ---


def _check_data_names(subject: Subject, node: Node) -> None:
    """So that FEEL reads each as one word."""
    for what, name, line in _given_names(node):
        if not DATA_NAME.fullmatch(name):
            message = f"{what} gives the name “{shorten(name)}”. Names are lower-case words joined by _ (decided_on)."
            subject.report.error("data-name", node, message, line=line)


def _given_names(node: Node) -> Iterable[tuple[str, str, int | None]]:
    if node.tag == "scriptTask":
        script = script_of(node)
        line = node.line if script is None else line_of(script)
        yield from (("the script", name, line) for name in script_entries(node))
    if node.tag in ("serviceTask", "callActivity"):
        yield from (("an output", name, line_of(xml)) for xml, name, _ in node.pairs("output") if name)
    result = node.own("result")
    if node.tag == "businessRuleTask" and result:
        yield "the decision", result, node.line
    loop = loop_of(node)
    if loop is not None:
        for word in ("each", "collect"):
            name = loop_text(loop, word)
            if name:
                yield f"lscp:{word}", name, line_of(loop)
