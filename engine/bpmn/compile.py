"""From documents to something that runs: parsed by SpiffWorkflow, then every text replaced by compiled FEEL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import SIGNAL_EVENT_XPATH, EndEventParser
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.task_parsers import CallActivityParser, ScriptTaskParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, ParallelMultiInstanceTask, SequentialMultiInstanceTask
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent, ThrowingEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.operators import Operator

from engine.bpmn import elements as read
from engine.bpmn.elements import BPMN, Element, Loop, ProcessHead
from engine.bpmn.expression import Literal, compile_decisions, compile_feel, compile_value
from engine.bpmn.flat import connect_event_subprocesses
from engine.bpmn.joins import OURS
from engine.bpmn.specs import (
    TIMERS,
    Call,
    ChosenStart,
    Collected,
    Collection,
    Collector,
    Decision,
    FeelScript,
    Item,
    Operation,
    Signal,
    Throw,
)
from engine.errors import EngineError
from engine.feel import Expression, FeelError
from engine.feel.tables import DecisionModel


class NotExecutable(EngineError):
    """This process can not be run."""

    code = "not-executable"
    advice = "Open the diagram, correct the element named, and check it again."


@dataclass(frozen=True)
class Source:
    """One process as it stands in the library: the parsed diagram and its decision tables."""

    key: str
    root: etree._Element
    decisions: Mapping[str, DecisionModel]
    names: frozenset[str]  # every name of data that its expressions may use


@dataclass(frozen=True)
class Compiled:
    """A process and all that it calls, ready to run; shared by every case that is pinned to it."""

    key: str
    digest: str
    spec: Any
    subprocess_specs: Mapping[str, Any]
    elements: Mapping[tuple[str, str], Element]  # (process key, element id)
    heads: Mapping[str, ProcessHead]
    values: Mapping[tuple[str, str, str], Expression | Literal]  # (process key, element id, attribute)

    def value(self, element: Element, attribute: str) -> Expression | Literal | None:
        return self.values.get((element.process, element.id, attribute))


class _EndEventParser(EndEventParser):  # type: ignore[misc]
    """The library takes a signal end event for a plain end, and says nothing."""

    def create_task(self) -> Any:
        definition = self.get_event_definition([SIGNAL_EVENT_XPATH])
        if isinstance(definition, NoneEventDefinition):
            return super().create_task()
        task = self._create_task(definition)
        task.connect(self.spec.end)
        return task


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012
        f"{{{BPMN}}}scriptTask": (ScriptTaskParser, FeelScript),
        f"{{{BPMN}}}serviceTask": (TaskParser, Operation),
        f"{{{BPMN}}}businessRuleTask": (TaskParser, Decision),
        f"{{{BPMN}}}callActivity": (CallActivityParser, Call),
        f"{{{BPMN}}}endEvent": (_EndEventParser, EndEvent),
    }


class _Condition(Operator):  # type: ignore[misc]
    def __init__(self, expression: Expression) -> None:
        super().__init__(expression)

    def _matches(self, task: Any) -> bool:
        return bool(task.workflow.script_engine.condition(task, self.args[0]))


def compile_bundle(key: str, digest: str, sources: Iterable[Source]) -> Compiled:
    """The process `key`, with every process that it calls among `sources`."""
    parser = _Parser(namespaces=DEFAULT_NSMAP)
    by_key = {source.key: source for source in sources}
    found: dict[tuple[str, str], Element] = {}
    heads: dict[str, ProcessHead] = {}
    for source in by_key.values():
        root = _standard_loops(source.root)
        for process in read.processes(root):
            heads[process.get("id", "")] = read.read_head(process)
        found |= {(e.process, e.id): e for e in read.read_elements(root).values()}
        try:
            parser.add_bpmn_xml(root, filename=source.key)
        except ValidationException as error:
            raise NotExecutable(f"{source.key}: {error}") from error
    try:
        spec = parser.get_spec(key)
        subprocess_specs = parser.get_subprocess_specs(key)
    except ValidationException as error:
        raise NotExecutable(f"{key}: {error}") from error
    if any(s is None for s in subprocess_specs.values()):
        missing = ", ".join(name for name, s in subprocess_specs.items() if s is None)
        raise NotExecutable(f"{key}: it calls {missing}, which is not published.")
    values: dict[tuple[str, str, str], Expression | Literal] = {}
    for one in (spec, *subprocess_specs.values()):
        owner = _owner(parser, one.name, heads)
        _Compiler(one, owner, by_key[owner], found, values).run()
    return Compiled(key, digest, spec, subprocess_specs, found, heads, values)


def _owner(parser: BpmnParser, name: str, heads: Mapping[str, ProcessHead]) -> str:
    """The key of the process in which this (sub-)process is drawn."""
    node = parser.process_parsers[name].node
    while node.get("id") not in heads:
        node = node.getparent()
    return str(node.get("id"))


def _standard_loops(root: etree._Element) -> etree._Element:
    """Our loop extensions as the standard's own, for the library's parser; the document itself is left alone."""
    copy = etree.fromstring(etree.tostring(root))
    for loop in copy.iter(f"{{{BPMN}}}multiInstanceLoopCharacteristics"):
        if loop.get(f"{{{read.LSCP}}}in") is not None:
            for tag, text in (("loopDataInputRef", "collection"), ("loopDataOutputRef", "collector")):
                if loop.find(f"{{{BPMN}}}{tag}") is None:
                    etree.SubElement(loop, f"{{{BPMN}}}{tag}").text = text
    return copy


# Attributes whose text may be an expression.
_VALUES = ("role", "body", "due", "meets", "scope", "title", "comparedWith")


class _Compiler:
    """Replaces, in one parsed specification, every text by compiled FEEL."""

    def __init__(
        self,
        spec: Any,
        process: str,
        source: Source,
        elements: Mapping[tuple[str, str], Element],
        values: dict[tuple[str, str, str], Expression | Literal],
    ) -> None:
        self.spec, self.process, self.source = spec, process, source
        self.elements, self.values = elements, values
        self.names = source.names

    def run(self) -> None:
        connect_event_subprocesses(self.spec)
        if len(self.spec.bpmn_start_events) > 1:
            for start in self.spec.bpmn_start_events:
                if isinstance(start.event_definition, NoneEventDefinition):
                    start.event_definition = ChosenStart("start")
        for task_spec in list(self.spec.task_specs.values()):
            bpmn_id = (task_spec.bpmn_id or task_spec.name).removesuffix(" [child]")
            element = self.elements.get((self.process, bpmn_id))
            task_spec.element = element
            try:
                self._compile(task_spec, element)
            except FeelError as error:
                words = element.words if element else bpmn_id
                raise NotExecutable(
                    f"{self.process}: {words}: {error.message}", line=element.line if element else None
                ) from error

    def _compile(self, task_spec: Any, element: Element | None) -> None:
        task_spec.__class__ = OURS.get(type(task_spec), type(task_spec))
        if hasattr(task_spec, "cond_task_specs"):
            self._conditions(task_spec)
        if isinstance(task_spec, LoopTask):
            self._loop(task_spec, element)
        if element is None:
            return
        for name in _VALUES:
            if name in element.attributes:
                self.values[element.process, element.id, name] = self._value(element.attributes[name])
        if isinstance(task_spec, FeelScript):
            task_spec.script = compile_feel(task_spec.script or "{}", self.names)
        if isinstance(task_spec, Operation | Decision | Call):
            task_spec.inputs_given = self._pairs(element.inputs)
            task_spec.outputs_wanted = self._pairs(element.outputs)
        if isinstance(task_spec, Decision):
            task_spec.decision = element.attributes.get("decision", "")
            task_spec.result = element.attributes.get("result") or task_spec.decision.replace("-", "_")
            model = self.source.decisions.get(task_spec.decision)
            if model is None:
                raise NotExecutable(
                    f"{self.process}: {element.words} asks for the decision “{task_spec.decision}”, "
                    "which is not in the process's folder.",
                    line=element.line,
                )
            task_spec.model = compile_decisions(model)
        if isinstance(task_spec, CatchingEvent | ThrowingEvent):
            self._event(task_spec, element)

    def _value(self, text: str) -> Expression | Literal:
        return compile_value(text, self.names)

    def _pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Any], ...]:
        return tuple((name, self._value(value)) for name, value in pairs)

    def _conditions(self, task_spec: Any) -> None:
        task_spec.cond_task_specs = [
            (None if condition is None else _Condition(compile_feel(condition.args[0], self.names)), output)
            for condition, output in task_spec.cond_task_specs
        ]

    def _loop(self, task_spec: Any, element: Element | None) -> None:
        child = self.spec.task_specs[task_spec.task_spec]
        if not child.completed_event.is_connected(task_spec.merge_child):
            child.completed_event.connect(task_spec.merge_child)
        if task_spec.condition is not None:
            task_spec.condition = compile_feel(task_spec.condition, self.names)
        if not isinstance(task_spec, ParallelMultiInstanceTask | SequentialMultiInstanceTask):
            return
        if task_spec.cardinality is not None:
            task_spec.cardinality = compile_feel(task_spec.cardinality, self.names)
        loop = element.loop if element else None
        if loop is not None and loop.over is not None:
            self._own_loop(task_spec, loop, loop.over)

    def _own_loop(self, task_spec: Any, loop: Loop, over: str) -> None:
        task_spec.data_input = Collection(self._value(over))
        task_spec.input_item = Item(loop.each) if loop.each else None
        task_spec.data_output = Collector(loop.collect)
        task_spec.output_item = Collected(self._value(loop.collected) if loop.collected else Literal(""))

    def _event(self, task_spec: Any, element: Element) -> None:
        definition = task_spec.event_definition
        if element.timer is not None:
            kind, text = element.timer
            timer = TIMERS[kind](element.id, self._value(text), description=definition.description)
            task_spec.event_definition = timer
            # an event-based gateway has taken the definition over from the event behind it
            for gateway in task_spec.inputs:
                events = getattr(getattr(gateway, "event_definition", None), "event_definitions", None)
                if events is not None:
                    events[gateway.outputs.index(task_spec)] = timer
                    task_spec.event_definition = NoneEventDefinition()
        elif isinstance(definition, ConditionalEventDefinition):
            definition.expression = compile_feel(definition.expression, self.names)
        elif isinstance(definition, MessageEventDefinition) and isinstance(task_spec, ThrowingEvent):
            throw = Throw(definition.name, [], description=definition.description)
            throw.inputs_given = self._pairs(element.inputs)
            task_spec.event_definition = throw
        elif isinstance(definition, SignalEventDefinition) and isinstance(task_spec, ThrowingEvent):
            task_spec.event_definition = Signal(definition.name, description=definition.description)
