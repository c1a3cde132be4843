"""Every piece of FEEL compiles, and reads only what is there and what it may read."""

from engine.bpmn.expression import compile_feel
from engine.bpmn.validate.diagram import Node, shorten
from engine.bpmn.validate.known import Naming, closed
from engine.bpmn.validate.report import Subject, listing
from engine.bpmn.validate.texts import Place, literal_call, literal_results, place_of, places_of, walk
from engine.feel import Expression, FeelError, nodes

MOST_TEXTS = 1_000
MOST_CHARACTERS = 150_000
MOST_NAMES = 20  # of one text that are told


def check(subject: Subject) -> None:
    """Stops, and says so, before the whole takes too long."""
    flows = (place for flow in subject.diagram.flows if (place := place_of(flow)) is not None)
    places = [*(place for node in subject.diagram.nodes for place in places_of(node)), *flows]
    checker = _Checker(subject)
    characters = 0
    for number, place in enumerate(places):
        characters += len(place.text)
        if number >= MOST_TEXTS or characters > MOST_CHARACTERS:
            message = f"The diagram holds too much FEEL: at most {MOST_TEXTS:,} texts, {MOST_CHARACTERS:,} characters."
            subject.report.error("too-much-feel", None, f"{message} Split the process up.")
            return
        checker.check(place)
    for node in subject.diagram.nodes:
        if node.tag == "businessRuleTask":
            checker.decision(node)


class _Checker:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.known, self.report = subject.known, subject.report
        self.confidential = self.known.confidential
        self.papers = self.known.papers
        self.deadlines = self.known.deadlines.union(*(s.own_dues for s in self.known.surveys.values()))
        self._open: dict[str, frozenset[str]] = {}

    def open_names(self, key: str) -> frozenset[str]:
        if key not in self._open:
            self._open[key] = self.known.names_of(key)
        return self._open[key]

    def check(self, place: Place) -> None:
        if not place.text.strip():
            self.report.error("feel-empty", place.part, f"{place.what} is empty.", line=place.line)
            return
        key = self.subject.key_of(place.part)
        unknown_callee = place.callee is not None and place.callee not in self.known.surveys
        given = self.open_names(place.callee or key) | place.more
        expression = self._compiled(place, given | self.confidential)
        if expression is None:
            return
        if not unknown_callee:
            self._names(place, expression, given)
        self._calls(place, expression)
        self._literal_roles(place, expression)
        if place.what == "the script" and not isinstance(expression.tree, nodes.ContextNode):
            message = 'the script must be one FEEL context, as in {view: "notify", asked: 0}: its entries become data.'
            self.report.error("script-not-context", place.part, message, line=place.line)

    def _compiled(self, place: Place, names: frozenset[str]) -> Expression | None:
        try:
            return compile_feel(place.text, frozenset(name for name in names if name in place.text))
        except FeelError as error:
            self.report.error(
                "feel",
                place.part,
                f"{place.what} is not right as FEEL, {_spot(place.text, error)}: {error.message}",
                line=place.line_at(error.line),
            )
            return None

    # --- names ---

    def _names(self, place: Place, expression: Expression, given: frozenset[str]) -> None:
        readable = given | self.confidential if place.confidential else given
        missing = sorted(expression.names - readable)
        lines = _lines(expression) if missing else {}
        for name in missing[:MOST_NAMES]:
            line = place.line_at(lines.get(name, 1))
            if name in self.confidential:
                self._refuse_confidential(place, name, line)
            else:
                self._unknown(place, name, given, line)

    def _refuse_confidential(self, place: Place, name: str, line: int | None) -> None:
        message = (
            f"{place.what} reads “{name}”, a confidential answer. Only the condition of a gateway and a decision table "
            "may read it, at that moment. Ask with a gateway, and keep no more than the outcome."
        )
        self.report.error("confidential", place.part, message, line=line)

    def _unknown(self, place: Place, name: str, given: frozenset[str], line: int | None) -> None:
        if place.callee is not None:
            message = f"{place.what} reads “{shorten(name)}”, which the process “{place.callee}” does not have."
        else:
            message = (
                f"{place.what} reads “{shorten(name)}”, but no form, script, loop, result or message of this process "
                "gives it."
            )
        hint = self.report.meant(name, given)
        if not hint and place.callee is None:
            hint = f' If whoever calls it does, say so at its start event: <lscp:input name="{shorten(name, 40)}"/>.'
        self.report.error("unknown-name", place.part, message + hint, line=line)

    # --- what expressions name in quotes ---

    def _calls(self, place: Place, expression: Expression) -> None:
        for node in walk(expression):
            call = literal_call(node)
            if call is not None:
                self._call(place, *call)
            if isinstance(node, nodes.Path) and (call := literal_call(node.base)) and call[0] == "answers":
                self._answer(place, call[1], node.name)

    def _call(self, place: Place, function: str, argument: str) -> None:
        known, report = self.known, self.report
        shown = f"{place.what} asks for {function}(“{shorten(argument)}”)"
        match function:
            case "deadline" if argument not in self.deadlines:
                message = f"{shown}, but no process declares it.{report.meant(argument, self.deadlines)}"
                report.error("unknown-deadline", place.part, message, line=place.line)
            case "holder of" if argument not in known.roles:
                message = f"{shown}, but there is no such role.{report.meant(argument, known.roles)}"
                report.error("unknown-role", place.part, message, line=place.line)
            case "listed" if argument not in known.lists:
                message = f"{shown}, but the partnership has no such list.{report.meant(argument, known.lists)}"
                report.error("unknown-list", place.part, message, line=place.line)
            case "answers" if argument not in self.papers:
                message = f"{shown}, but no process has such a task or event.{report.meant(argument, self.papers)}"
                report.error("unknown-paper", place.part, message, line=place.line)
            case "register":
                self._register(place, shown, argument)

    def _register(self, place: Place, shown: str, register: str) -> None:
        surveys = self.known.surveys.values()
        written = self.known.registers.union(*(survey.registers for survey in surveys))
        if register not in written and not any(Naming.REGISTER in survey.unread for survey in surveys):
            near = self.report.meant(register, written)
            message = f"{shown}, but no process writes that register: it stays empty.{near}"
            self.report.warning("unknown-register", place.part, message, line=place.line)

    def _answer(self, place: Place, paper: str, field: str) -> None:
        fields = self.papers.get(paper)
        if not fields:
            return
        if field in closed(fields):
            self._refuse_confidential(place, field, place.line)
        elif field not in fields:
            message = (
                f"{place.what} reads “{shorten(field)}” of the answers to “{paper}”, which that form does not ask."
                f"{self.report.meant(field, fields)}"
            )
            self.report.error("unknown-name", place.part, message, line=place.line)

    def _literal_roles(self, place: Place, expression: Expression) -> None:
        if place.what != "lscp:role":
            return
        for text in literal_results(expression):
            for role in text.split():
                if role not in self.known.roles:
                    message = f"lscp:role may come out as “{shorten(role)}”, but there is no such role."
                    message += self.report.meant(role, self.known.roles)
                    self.report.error("unknown-role", place.part, message, line=place.line)

    # --- decisions ---

    def decision(self, node: Node) -> None:
        """Confidential answers are fine here."""
        decision = node.own("decision") or ""
        reads = self.known.decisions.get(decision, frozenset())
        given = self.open_names(self.subject.key_of(node)) | self.confidential
        missing = sorted(reads - given)
        if missing:
            hints = "".join(self.report.meant(name, given) for name in missing[:1])
            message = (
                f"the decision “{decision}” reads {listing(f'“{name}”' for name in missing)}, which nothing in this "
                f"process gives.{hints}"
            )
            self.report.error("decision-input", node, message)


def _lines(expression: Expression) -> dict[str, int]:
    """On which line of an expression each name is first read."""
    found: dict[str, int] = {}
    for node in walk(expression):
        if isinstance(node, nodes.Name):
            line = expression.text.count("\n", 0, node.at) + 1
            found[node.name] = min(line, found.get(node.name, line))
    return found


def _spot(text: str, error: FeelError) -> str:
    where = f"at character {error.column}"
    return f"line {error.line} of it, {where}" if "\n" in text.strip() else where
