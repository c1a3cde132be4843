"""Measures our FEEL and decision tables with the DMN Technology Compatibility Kit's test cases."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lxml import etree

from engine.bpmn.dmn import imports_of, read_decisions
from engine.bpmn.document import DocumentRefused, read_xml
from engine.errors import EngineError
from engine.feel import DecisionModel, Environment, FeelError, Mode, temporal
from engine.feel.budget import DEFAULT_BUDGET, Meter
from engine.feel.compare import equals
from engine.feel.model import DecisionService
from engine.feel.tables import CompiledModel, compile_model
from engine.feel.text import text_of
from engine.feel.values import Value, kind

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TOLERANCE = Decimal("1e-8")  # the kit's own runners compare numbers like this
_Node = etree._Element


@dataclass(frozen=True)
class Failure:
    case: str
    result: str
    expected: str
    actual: str


@dataclass
class TckReport:
    total: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def failed_cases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(failure.case for failure in self.failures))

    @property
    def passed(self) -> int:
        return self.total - len(self.failed_cases)

    @property
    def summary(self) -> str:
        return f"{self.passed} of {self.total} cases passed"


def run_tck(dirs: Iterable[Path]) -> TckReport:
    """Run every test case found below these directories. A case passes when all its results are as expected."""
    report = TckReport()
    for top in dirs:
        for path in sorted(top.rglob("*.xml")):
            if "-test" in path.name:
                _run_file(path, report)
    return report


def _run_file(path: Path, report: TckReport) -> None:
    try:
        root = read_xml(path.read_bytes(), name=path.name)
    except DocumentRefused as error:
        report.total += 1
        report.failures.append(Failure(path.stem, "", "a readable file", error.message))
        return
    cases = [node for node in root if _local(node) == "testCase"]
    compiled: CompiledModel | None = None
    problem = ""
    try:
        compiled = _load(path.parent, _content(_child(root, "modelName")).strip())
    except EngineError as error:
        problem = error.message
    for case in cases:
        report.total += 1
        name = f"{path.parent.name}/{path.stem}/{case.get('id')}"
        if compiled is None:
            report.failures.append(Failure(name, "", "a readable model", problem))
        else:
            report.failures.extend(_run_case(compiled, case, name))


def _load(folder: Path, file: str) -> CompiledModel:
    wanted = folder / file
    if not wanted.is_file() and not file.endswith(".dmn"):
        wanted = folder / f"{file}.dmn"
    if not wanted.is_file() or wanted.resolve().parent != folder.resolve():
        raise FeelError(f"The model {file} is not in {folder.name}.")
    sources = {}
    for path in sorted(folder.glob("*.dmn")):
        data = path.read_bytes()
        namespace, imports = imports_of(data, name=path.name)
        sources[namespace] = (path.name, data, imports)
    return compile_model(_model(wanted.name, wanted.read_bytes(), sources, ()), mode=Mode.STANDARD)


def _model(
    name: str, data: bytes, sources: Mapping[str, tuple[str, bytes, tuple[str, ...]]], above: tuple[str, ...]
) -> DecisionModel:
    namespace, imports = imports_of(data, name=name)
    if namespace in above:
        raise FeelError(f"{name} imports itself.")
    imported = {
        one: _model(sources[one][0], sources[one][1], sources, (*above, namespace)) for one in imports if one in sources
    }
    return read_decisions(data, name=name, imported=imported)


def _run_case(compiled: CompiledModel, case: _Node, name: str) -> Iterator[Failure]:
    inputs = _inputs(compiled, case)
    for node in (child for child in case if _local(child) == "resultNode"):
        result = node.get("name", "")
        env = Environment(now=dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC), budget=DEFAULT_BUDGET)
        try:
            actual = _evaluate(compiled, case, node, inputs, env)
        except FeelError as error:
            actual = None
            env.warnings.append(error.message)
        expected = None if node.get("errorResult") == "true" else _value(_child(node, "expected"))
        if not _agree(expected, actual):
            yield Failure(name, result, _shown(expected), " | ".join([_shown(actual), *env.warnings[:3]]))


def _inputs(compiled: CompiledModel, case: _Node) -> dict[str, Value]:
    inputs: dict[str, Value] = {}
    names = {imported.namespace: name for name, imported in compiled.model.imports.items()}
    for node in (child for child in case if _local(child) == "inputNode"):
        home = inputs
        prefix = names.get(node.get("namespace", ""))
        if prefix:
            home = inputs.setdefault(prefix, {})
        home[node.get("name", "")] = _value(node)
    return inputs


def _evaluate(
    compiled: CompiledModel, case: _Node, node: _Node, inputs: Mapping[str, Value], env: Environment
) -> Value:
    result = node.get("name", "")
    kind_ = case.get("type", "decision")
    invocable = case.get("invocableName")
    if kind_ == "decision" or not invocable:
        return compiled.evaluate(result, inputs, env=env, namespace=node.get("namespace"))
    value = compiled.call(invocable, inputs, env=env)
    service = compiled.elements[compiled.find(invocable, DecisionService)] if kind_ == "decisionService" else None
    if isinstance(service, DecisionService) and len(service.outputs) > 1 and isinstance(value, dict):
        return value.get(result, value)
    return value


# --- values as the test cases write them ---


def _local(node: _Node) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _child(node: _Node, *names: str) -> _Node | None:
    return next((child for child in node if _local(child) in names), None)


def _content(node: _Node | None) -> str:
    return "" if node is None else str(node.xpath("string()"))


def _value(node: _Node | None) -> Value:
    """The content of an expected, inputNode, item or component."""
    if node is None or node.get(_NIL) in ("true", "1"):
        return None
    parts = [child for child in node if _local(child) in ("value", "list", "component")]
    if not parts:
        return None
    first = parts[0]
    if _local(first) == "component":
        return {part.get("name", ""): _value(part) for part in parts}
    if first.get(_NIL) in ("true", "1"):
        return None
    if _local(first) == "list":
        return [_value(item) for item in first if _local(item) == "item"]
    return _simple(_content(first), first.get(_TYPE, ""))


def _simple(text: str, type_: str) -> Value:
    name = type_.rpartition(":")[2]
    if not name:
        return _guess(text)
    if name == "string":
        return text
    reader = _READERS.get(name)
    if reader is not None:
        return reader(text.strip())
    return _number(text.strip())


def _guess(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    number = _number(text.strip())
    return text if number is None else number


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_READERS = {
    "boolean": lambda text: text in ("true", "1"),
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "dateTime": temporal.parse_date_time,
    "duration": temporal.parse_duration,
    "dayTimeDuration": temporal.parse_duration,
    "yearMonthDuration": temporal.parse_duration,
}


def _agree(expected: Value, actual: Value) -> bool:
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(expected - actual) <= _TOLERANCE * max(Decimal(1), abs(expected))
    if kind(expected) != kind(actual):
        return False
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(_agree, expected, actual))
    if isinstance(expected, dict):
        return expected.keys() == actual.keys() and all(_agree(expected[key], actual[key]) for key in expected)
    if kind(expected) in ("time", "date and time") and (expected.tzinfo is None) != (actual.tzinfo is None):
        return False
    return equals(expected, actual, Meter(DEFAULT_BUDGET)) is True


def _shown(value: Value) -> str:
    return "null" if value is None else str(text_of(value, Meter(DEFAULT_BUDGET)))
