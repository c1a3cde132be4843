"""Decision tables: whether each can be read, and has one answer for every case."""

from collections.abc import Iterator, Mapping

from engine.bpmn.dmn import read_decisions
from engine.bpmn.document import DocumentRefused, read_xml
from engine.bpmn.expression import compile_decisions
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.validate.diagram import shorten
from engine.feel import CompiledModel, FeelError
from engine.feel import model as plain
from engine.feel.analysis import Allowance, TableFinding, TableProblem, check_table
from engine.feel.model import BusinessKnowledge, Decision, DecisionModel, DecisionTable, Reference

MOST_FEEL = 200_000  # characters in one file, which are compiled within some seconds
SEVERITIES: Mapping[TableProblem, Severity] = {
    TableProblem.OVERLAP: Severity.ERROR,
    TableProblem.GAP: Severity.ERROR,
    TableProblem.UNREACHABLE: Severity.WARNING,
    TableProblem.NOT_ANALYSED: Severity.WARNING,
}
ADVICE: Mapping[TableProblem, str] = {
    TableProblem.OVERLAP: " Change one of them, so that only one fits.",
    TableProblem.GAP: " Add a row for it, or a last row of “-”.",
    TableProblem.UNREACHABLE: " Remove it, or move it up.",
    TableProblem.NOT_ANALYSED: "",
}


def check_decisions(data: bytes, *, name: str) -> tuple[CompiledModel | None, list[Finding]]:
    """The model of a DMN file, where it can be read, and everything wrong with it."""
    try:
        model = read_decisions(data, name=name)
    except DocumentRefused as refused:
        said = refused.message.removeprefix(f"{name}: ")
        return None, [Finding(None, Severity.ERROR, said, refused.line, "decision-file")]
    if (size := _feel_in(data, name)) > MOST_FEEL:
        message = f"The file is too large to be checked: it holds {size} characters of FEEL, and at most {MOST_FEEL} "
        return None, [Finding(None, Severity.ERROR, f"{message}are read. Split it up.", code="too-large")]
    compiled = compile_decisions(model)
    return compiled, list(dict.fromkeys(_findings(compiled)))


def _feel_in(data: bytes, name: str) -> int:
    return sum(len(text.text or "") for text in read_xml(data, name=name).iter("{*}text"))


def names_read(compiled: CompiledModel, decision: str) -> frozenset[str] | None:
    """The names of data that a model reads; None when it has no such decision."""
    try:
        compiled.find(decision)
    except FeelError:
        return None
    return compiled.names


def _findings(compiled: CompiledModel) -> Iterator[Finding]:
    model = compiled.model
    if not model.decisions:
        yield Finding(None, Severity.ERROR, "The file holds no decision. Add one.", 1, "no-decision")
    for problem in compiled.problems:
        about = problem.element if problem.element not in ("", "?") else None
        words = f"{shorten(about)}: " if about else ""
        line = problem.line if problem.element else None
        yield Finding(about, Severity.ERROR, f"{words}{problem.message}", line, "decision-feel")
    for decision in model.decisions:
        if decision.logic is None:
            message = f"{_words(decision)}: it says nothing. Give it a table or an expression."
            yield Finding(decision.id, Severity.ERROR, message, decision.line, "decision-empty")
    yield from _circles(model)
    allowance = Allowance()
    for element in model.elements:
        if isinstance(element, Decision | BusinessKnowledge):
            for table in _tables(element):
                yield from _of_table(element, table, model, allowance)


def _words(element: Decision | BusinessKnowledge) -> str:
    return f"“{shorten(element.variable.name)}” ({shorten(element.id)})"


def _circles(model: DecisionModel) -> Iterator[Finding]:
    needs = {
        Reference(model.namespace, element.id): element.needs
        for element in model.elements
        if isinstance(element, Decision | BusinessKnowledge)
    }
    for decision in model.decisions:
        own = Reference(model.namespace, decision.id)
        seen: set[Reference] = set()
        waiting = list(decision.needs)
        while waiting:
            need = waiting.pop()
            if need not in seen:
                seen.add(need)
                waiting.extend(needs.get(need, ()))
        if own in seen:
            message = f"{_words(decision)}: it needs itself to be decided. Take one of the requirements off."
            yield Finding(decision.id, Severity.ERROR, message, decision.line, "decision-circle")


def _tables(element: Decision | BusinessKnowledge) -> Iterator[DecisionTable]:
    waiting: list[plain.Boxed | None] = [element.logic if isinstance(element, Decision) else element.function]
    while waiting:
        boxed = waiting.pop()
        match boxed:
            case DecisionTable():
                yield boxed
            case plain.BoxedContext(entries=entries):
                waiting += [entry.value for entry in entries]
            case plain.Invocation(function=function, bindings=bindings):
                waiting += [function, *(value for _, value in bindings)]
            case plain.FunctionDefinition(body=body):
                waiting.append(body)
            case plain.BoxedList(items=items):
                waiting += items
            case plain.Relation(rows=rows):
                waiting += [cell for row in rows for cell in row]
            case plain.Conditional(condition=condition, then=then, otherwise=otherwise):
                waiting += [condition, then, otherwise]
            case plain.BoxedFilter(domain=domain, match=match):
                waiting += [domain, match]
            case plain.Iterator(domain=domain, body=body):
                waiting += [domain, body]


def _of_table(
    element: Decision | BusinessKnowledge, table: DecisionTable, model: DecisionModel, allowance: Allowance
) -> Iterator[Finding]:
    def finding(severity: Severity, message: str, line: int, code: str) -> Finding:
        return Finding(element.id, severity, f"{_words(element)}: {message}", line or None, code)

    if not table.rules or not table.outputs:
        what = "rows" if table.outputs else "outputs"
        yield finding(Severity.ERROR, f"its table has no {what}. Add one.", table.line, "table-empty")
        return
    for found in check_table(table, model=model, allowance=allowance):
        yield finding(SEVERITIES[found.problem], _said(found), found.line, f"table-{found.problem.replace(' ', '-')}")


def _said(found: TableFinding) -> str:
    return shorten(found.message, 400) + ADVICE[found.problem]
