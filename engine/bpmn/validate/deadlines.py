"""Due rules and deadlines: each can be read, and counts from something that is set."""

import re

from lxml import etree

from engine.bpmn.elements import line_of
from engine.bpmn.expression import compile_feel
from engine.bpmn.validate.diagram import Node, Part, shorten
from engine.bpmn.validate.known import Naming
from engine.bpmn.validate.report import Subject
from engine.bpmn.validate.roles import check_roles
from engine.bpmn.validate.texts import feel_of, literal_results
from engine.bpmn.validate.times import is_moment, rule_of
from engine.feel import FeelError
from engine.working_time import InvalidRule, Move

DEADLINE_ID = re.compile(r"[A-Za-z][\w.-]*")
NO_LADDER = "none"


def check(subject: Subject) -> None:
    for process in subject.diagram.processes:
        _check_declared(subject, process)
    for node in subject.diagram.nodes:
        due = node.own("due")
        if due is not None:
            _check_due(subject, node, due)
        _check_ladder(subject, node, node.own("ladder"), node.line)
        meets = node.own("meets")
        if meets and feel_of(meets) is None and meets.strip() not in _codes(subject):
            near = subject.report.meant(meets, _codes(subject))
            message = f"lscp:meets names the deadline “{shorten(meets)}”, and there is none.{near}"
            subject.report.error("unknown-deadline", node, message)


def _codes(subject: Subject) -> frozenset[str]:
    return subject.known.deadlines


# --- declared ---


def _check_declared(subject: Subject, process: Part) -> None:
    report = subject.report
    seen: set[str] = set()
    others = {code: survey.key for survey in subject.known.surveys.values() for code in survey.deadlines}
    others = {code: key for code, key in others.items() if key != process.id}
    for row in process.extensions("deadline"):
        code, line = row.get("id", ""), line_of(row)
        what = f"the deadline “{shorten(code)}”"
        if not DEADLINE_ID.fullmatch(code):
            message = f"{what} needs an id that begins with a letter, without spaces, as in D07."
            report.error("deadline-id", process, message, line=line)
        if code in seen:
            report.error("deadline-id", process, f"{what} is declared twice.", line=line)
        elif code in others:
            message = f"{what} is declared by the process “{others[code]}” too; a case has one of each id."
            report.warning("deadline-elsewhere", process, message, line=line)
        seen.add(code)
        if not row.get("name"):
            report.warning("deadline-name", process, f"{what} has no name to show.", line=line)
        _check_rule_of(subject, process, row, what)
        _check_ladder(subject, process, row.get("ladder"), line)
        check_roles(subject, process, f"{what}, responsible,", row.get("responsible") or "", line=line)
        limit = row.get("limit")
        if limit not in (None, "true", "false"):
            message = f"{what}: limit must be true or false, not “{shorten(limit or '')}”."
            report.error("true-or-false", process, message, line=line)


def _check_rule_of(subject: Subject, process: Part, row: etree._Element, what: str) -> None:
    report, line = subject.report, line_of(row)
    rule = rule_of(row.get("rule", ""))
    if isinstance(rule, InvalidRule):
        report.error("deadline-rule", process, f"{what}: {rule.message}", line=line)
        return
    if rule.anchor is None:
        message = f"{what} does not say from when it counts. Write it as in +7wd after notification_sent."
        report.error("deadline-rule", process, message, line=line)
    else:
        _check_anchor(subject, process, what, rule.anchor, line)
    if row.get("limit") == "true" and rule.move is Move.NEXT:
        message = f"{what} is a limit of the law, which no weekend puts off. Take nextwd off, or write prevwd."
        report.error("limit-put-off", process, message, line=line)


def _check_anchor(subject: Subject, part: Part, what: str, anchor: str, line: int | None) -> None:
    surveys = subject.known.surveys.values()
    anchors = frozenset[str]().union(*(survey.anchors for survey in surveys))
    if anchor not in anchors and not any(Naming.ANCHOR in survey.unread for survey in surveys):
        near = subject.report.meant(anchor, anchors)
        message = f"{what} counts from “{anchor}”, which no process sets (operation set-anchor).{near}"
        subject.report.warning("anchor-never-set", part, message, line=line)


def _check_ladder(subject: Subject, part: Part, ladder: str | None, line: int | None) -> None:
    ladders = subject.known.ladders | {NO_LADDER}
    if ladder and feel_of(ladder) is None and ladder not in ladders:
        near = subject.report.meant(ladder, ladders)
        message = f"there is no ladder of reminders “{shorten(ladder)}”.{near} There are: {', '.join(sorted(ladders))}."
        subject.report.error("unknown-ladder", part, message, line=line)


# --- of tasks ---


def _check_due(subject: Subject, node: Node, due: str) -> None:
    feel = feel_of(due)
    if feel is None:
        _check_due_text(subject, node, due.strip(), "lscp:due")
        return
    try:
        expression = compile_feel(feel, frozenset())
    except FeelError:
        return  # said where FEEL is checked
    for text in literal_results(expression):
        if not is_moment(text):
            _check_due_text(subject, node, text, "lscp:due may come out as")


def _check_due_text(subject: Subject, node: Node, due: str, what: str) -> None:
    report = subject.report
    if not due:
        report.error("due", node, "lscp:due is empty. Write a deadline such as D07 or a rule such as +1wd.")
    elif due[0] in "+-−":
        rule = rule_of(due)
        if isinstance(rule, InvalidRule):
            report.error("due", node, f"{what}: {rule.message}")
        elif rule.anchor is not None:
            _check_anchor(subject, node, what, rule.anchor, node.line)
    elif due not in _codes(subject):
        near = report.meant(due, _codes(subject))
        message = f"{what} “{shorten(due)}”, and no process declares that deadline.{near}"
        report.error("unknown-deadline", node, message)
