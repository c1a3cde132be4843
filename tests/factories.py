"""Small diagrams, forms, processes and cases, a few lines each. What a test does not care about has a default."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import demo, directory
from engine.bpmn.compile import Compiled, Source, compile_bundle
from engine.bpmn.dmn import read_decisions
from engine.bpmn.document import read_xml
from engine.commands.publish_definition import publish_definition
from engine.commands.start_process import start_process
from engine.library import Package
from engine.model import Appointment, Job, Person, ProcessDefinition, ProcessInstance, WorkItem
from engine.runtime import Runtime, runtime_of
from engine.types import OPEN_STATES, SYSTEM, Holding, JobKind, JobState, Participant
from engine.working_time import WorkingCalendar

NOON = datetime.fromisoformat("2027-01-11T12:00:00+00:00")  # a Monday


# --- diagrams ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One element of a diagram."""

    tag: str
    id: str
    attributes: Mapping[str, str]
    inside: str = ""
    is_boundary: bool = False

    def __str__(self) -> str:
        said = "".join(f" {name}={quoteattr(value)}" for name, value in self.attributes.items())
        return f'<bpmn:{self.tag} id="{self.id}"{said}>{self.inside}</bpmn:{self.tag}>'


def _own(named: Mapping[str, Any]) -> dict[str, str]:
    """`role="dcs"` as `lscp:role="dcs"`; `may_not` as `lscp:mayNot`."""
    return {f"lscp:{re.sub('_(.)', lambda m: m[1].upper(), k)}": str(v) for k, v in named.items() if v is not None}


def _pairs(inputs: Mapping[str, str] | None, outputs: Mapping[str, str] | None) -> str:
    rows = [("input", *pair) for pair in (inputs or {}).items()] + [("output", *p) for p in (outputs or {}).items()]
    said = "".join(f"<lscp:{kind} name={quoteattr(name)} value={quoteattr(value)}/>" for kind, name, value in rows)
    return f"<bpmn:extensionElements>{said}</bpmn:extensionElements>" if said else ""


def _activity(tag: str, id_: str, inside: str, loop: str, attributes: Mapping[str, str]) -> Part:
    return Part(tag, id_, {"name": id_.replace("-", " ").capitalize(), **attributes}, inside + loop)


def user(id_: str, *, role: str = "business-manager", loop: str = "", **own: Any) -> Part:
    return _activity("userTask", id_, "", loop, _own({"role": role, **own}))


def manual(id_: str, *, role: str = "business-manager", **own: Any) -> Part:
    return _activity("manualTask", id_, "", "", _own({"role": role, **own}))


def script(id_: str, text: str, *, loop: str = "") -> Part:
    inside = f"<bpmn:script>{escape(text)}</bpmn:script>"
    return _activity("scriptTask", id_, inside, loop, {"scriptFormat": "feel"})


def service(
    id_: str,
    operation: str,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    *,
    loop: str = "",
) -> Part:
    return _activity("serviceTask", id_, _pairs(inputs, outputs), loop, _own({"operation": operation}))


def rule(id_: str, decision: str, result: str) -> Part:
    return _activity("businessRuleTask", id_, "", "", _own({"decision": decision, "result": result}))


def call(
    id_: str,
    called: str,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    *,
    loop: str = "",
) -> Part:
    return _activity("callActivity", id_, _pairs(inputs, outputs), loop, {"calledElement": called})


def sub(id_: str, *parts: Part, flow: str | None = None, loop: str = "", event: bool = False, **own: Any) -> Part:
    triggered = {"triggeredByEvent": "true"} if event else {}
    return _activity("subProcess", id_, _inside(parts, flow), loop, {**triggered, **_own(own)})


def exclusive(id_: str) -> Part:
    return Part("exclusiveGateway", id_, {})


def parallel(id_: str) -> Part:
    return Part("parallelGateway", id_, {})


def inclusive(id_: str) -> Part:
    return Part("inclusiveGateway", id_, {})


def event_based(id_: str) -> Part:
    return Part("eventBasedGateway", id_, {})


def _definition(*, inputs: Mapping[str, str] | None = None, **events: str | None) -> str:
    """One event definition: `message="m"`, `signal="s"`, `timer="PT1H"` (or `=…`, `R3/PT1H`, a date), and so on."""
    found = ""
    for kind, value in events.items():
        if value is None:
            continue
        match kind:
            case "timer":
                tag = "timeCycle" if value.upper().startswith("R") else "timeDuration"
                tag = "timeDate" if value.startswith("=") or value[:2] == "20" else tag
                found += (
                    f"<bpmn:timerEventDefinition><bpmn:{tag}>{escape(value)}</bpmn:{tag}></bpmn:timerEventDefinition>"
                )
            case "condition":
                found += (
                    f"<bpmn:conditionalEventDefinition><bpmn:condition>{escape(value)}</bpmn:condition>"
                    "</bpmn:conditionalEventDefinition>"
                )
            case "terminate":
                found += "<bpmn:terminateEventDefinition/>"
            case _:
                found += f'<bpmn:{kind}EventDefinition {kind}Ref="{kind}-{value}"/>'
    return _pairs(inputs, None) + found


def start(
    id_: str = "begin",
    *,
    message: str | None = None,
    interrupting: bool = True,
    inputs: Mapping[str, str] | None = None,
    **own: Any,
) -> Part:
    """`inputs`: the names that it declares."""
    non = {} if interrupting else {"isInterrupting": "false"}
    return Part("startEvent", id_, {**non, **_own(own)}, _definition(inputs=inputs, message=message))


def end(id_: str = "done", *, inputs: Mapping[str, str] | None = None, **event: str | None) -> Part:
    return Part("endEvent", id_, {}, _definition(inputs=inputs, **event))


def catch(id_: str, **event: str | None) -> Part:
    return Part("intermediateCatchEvent", id_, {}, _definition(**event))


def throw(id_: str, *, inputs: Mapping[str, str] | None = None, **event: str | None) -> Part:
    return Part("intermediateThrowEvent", id_, {}, _definition(inputs=inputs, **event))


_EVENT_KINDS = ("timer", "message", "signal", "error", "escalation", "condition")


def boundary(id_: str, on: str, *, interrupting: bool = True, **more: Any) -> Part:
    """Its event by keyword (`timer="PT1H"`); any other keyword is an attribute of ours (`role="dcs"`)."""
    event = {k: more.pop(k) for k in _EVENT_KINDS if k in more}
    given = {"attachedToRef": on, "cancelActivity": str(interrupting).lower()}
    return Part("boundaryEvent", id_, {**given, **_own(more)}, _definition(**event), is_boundary=True)


def each(
    over: str,
    name: str | None,
    *,
    collect: str | None = None,
    as_: str | None = None,
    sequential: bool = False,
    until: str | None = None,
) -> str:
    """Multi-instance, as a part's `loop`."""
    own = _own({"in": over, "each": name, "collect": collect, "as": as_})
    said = "".join(f" {k}={quoteattr(v)}" for k, v in own.items())
    stop = f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"{said}>{stop}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def repeat(condition: str, *, most: int | None = None, first: bool = False) -> str:
    """A standard loop: again while the condition holds."""
    limit = f' loopMaximum="{most}"' if most is not None else ""
    return (
        f'<bpmn:standardLoopCharacteristics testBefore="{str(first).lower()}"{limit}>'
        f"<bpmn:loopCondition>{escape(condition)}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )


_ARROW = re.compile(r"\s*(?:-\[(.*?)\]->|->)\s*")


def _flows(text: str, gateways: Iterable[str]) -> tuple[str, dict[str, str]]:
    """`a -> b -[x > 1]-> c; b -> d`: the flows, and the default flow of each gateway that has conditions."""
    found, defaults, conditional = "", {}, set()
    number = 0
    for line in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        steps = _ARROW.split(line)
        for at in range(0, len(steps) - 2, 2):
            source, condition, target = steps[at], steps[at + 1], steps[at + 2]
            number += 1
            flow = f"{source}-to-{target}-{number}"
            said = ""
            if condition is not None:
                conditional.add(source)
                said = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>'
            elif source in gateways:
                defaults.setdefault(source, flow)
            found += (
                f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{said}</bpmn:sequenceFlow>'
            )
    return found, {source: flow for source, flow in defaults.items() if source in conditional}


def _inside(parts: tuple[Part, ...], flow: str | None) -> str:
    """Parts and the flows between them; without a text for these, one after the other."""
    if flow is None:
        chain = [p.id for p in parts if not p.is_boundary and "triggeredByEvent" not in p.attributes]
        flow = "; ".join(f"{a} -> {b}" for a, b in pairwise(chain))
    flows, defaults = _flows(flow, [p.id for p in parts if p.tag.endswith("Gateway")])
    said = ""
    for part in parts:
        given = {**part.attributes, "default": defaults[part.id]} if part.id in defaults else part.attributes
        said += str(Part(part.tag, part.id, given, part.inside))
    return said + flows


_REFERENCE = re.compile(r'\b(message|signal|error|escalation)Ref="((?:message|signal|error|escalation)-([^"]+))"')


def bpmn(
    key: str,
    *parts: Part,
    flow: str | None = None,
    deadlines: Iterable[Mapping[str, str]] = (),
    owner: str = "business-manager",
    case_data: bool = True,
    **own: Any,
) -> str:
    """A whole diagram, without its drawing."""
    rows = "".join(f"<lscp:deadline {' '.join(f'{k}={quoteattr(v)}' for k, v in d.items())}/>" for d in deadlines)
    extensions = f"<bpmn:extensionElements><lscp:deadlines>{rows}</lscp:deadlines></bpmn:extensionElements>"
    inside = _inside(parts, flow)
    named = {"owner": owner, "case_data": str(case_data).lower(), **own}
    attributes = "".join(f" {k}={quoteattr(v)}" for k, v in _own(named).items())
    events = "".join(
        f'<bpmn:{kind} id="{id_}" name="{name}"{_code(kind, name)}/>'
        for kind, id_, name in sorted(set(_REFERENCE.findall(inside)))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions '
        'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:lscp="urn:lscp-workflow:bpmn:1" targetNamespace="urn:test">'
        f"{events}"
        f'<bpmn:process id="{key}" name="{key.replace("-", " ").capitalize()}" isExecutable="true"{attributes}>'
        f"{extensions}{inside}</bpmn:process></bpmn:definitions>"
    )


def _code(kind: str, name: str) -> str:
    return f' {kind}Code="{name}"' if kind in ("error", "escalation") else ""


def table(decision: str, *rows: str, inputs: str, output: str = "outcome", hit: str = "UNIQUE") -> str:
    """A decision table: `inputs="age"`, rows such as `< 18 | "child"`, the last cell being the outcome."""
    names = inputs.split()
    data = "".join(f'<inputData id="in-{n}" name="{n}"><variable name="{n}"/></inputData>' for n in names)
    needs = "".join(f'<informationRequirement><requiredInput href="#in-{n}"/></informationRequirement>' for n in names)
    columns = "".join(f"<input><inputExpression><text>{n}</text></inputExpression></input>" for n in names)
    body = ""
    for row in rows:
        *cells, outcome = (cell.strip() for cell in row.split("|"))
        entries = "".join(f"<inputEntry><text>{escape(c)}</text></inputEntry>" for c in cells)
        body += f"<rule>{entries}<outputEntry><text>{escape(outcome)}</text></outputEntry></rule>"
    return (
        '<?xml version="1.0"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        f'namespace="urn:test" name="{decision}" id="{decision}-model">{data}'
        f'<decision id="{decision}" name="{decision}"><variable name="{decision}"/>{needs}'
        f'<decisionTable hitPolicy="{hit}">{columns}<output name="{output}"/>{body}</decisionTable>'
        "</decision></definitions>"
    )


_NAME = re.compile(r"[a-z][a-z_0-9]*")


def compiled(*diagrams: str, decisions: Mapping[str, str] | None = None) -> Compiled:
    """The first diagram, ready to run, with the others for it to call."""
    models = {k: read_decisions(v.encode(), name=k) for k, v in (decisions or {}).items()}
    sources = []
    for text in diagrams:
        key = re.search(r'<bpmn:process id="([^"]+)"', text)
        assert key is not None
        names = frozenset(n for n in _NAME.findall(text) if "_" in n)
        sources.append(Source(key[1], read_xml(text.encode(), name=key[1]), models, names))
    return compile_bundle(sources[0].key, "test", sources)


# --- forms and processes ----------------------------------------------------------------------------------------


def text(title: str = "What", mark: str = "-", **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "x-sensitivity": mark, **more}


def form(properties: Mapping[str, Mapping[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """All its questions must be answered, unless `required` says otherwise."""
    asked = dict(properties or {})
    return {"title": "A form", "type": "object", "properties": asked, "required": list(asked), "examples": [{}], **more}


def package(diagram: str, *, forms: Mapping[str, Mapping[str, Any]] | None = None, **files: str) -> Package:
    """One process as files. User tasks and start events without a form of their own get an empty one."""
    key = re.search(r'<bpmn:process id="([^"]+)"', diagram)
    assert key is not None
    asking = re.findall(r'<bpmn:(?:userTask|startEvent|boundaryEvent) id="([^"]+)"(?=[^>]*lscp:role)', diagram)
    made = {name: form() for name in asking} | dict(forms or {})
    return Package(
        key[1],
        "tests",
        {
            f"{key[1]}.bpmn": diagram,
            **{f"{name}.form.json": json.dumps(content) for name, content in made.items()},
            **{name.replace("__", "-") + ".dmn": content for name, content in files.items()},
        },
    )


def unchecked() -> AbstractContextManager[object]:
    """What is made here may be published as it is: it has no drawing, and some is wrong on purpose."""
    return patch("engine.commands.publish_definition.refuse_problems")


def publish(session: Session, *made: Package | str, now: datetime = NOON) -> ProcessDefinition:
    """Publish each unchecked; the last one's definition."""
    with unchecked():
        definitions = [
            publish_definition(session, one if isinstance(one, Package) else package(one), by=SYSTEM, now=now)
            for one in made
        ]
    return definitions[-1]


# --- people -----------------------------------------------------------------------------------------------------


def install_people(runtime: Runtime, *, now: datetime = NOON) -> None:
    """Holders of every role of the partnership."""
    with runtime.transaction() as session:
        demo.install(session, runtime.partnership, now=now)


def holder(session: Session, role: str, *, body: str | None = None, now: datetime = NOON) -> Participant:
    """The first who acts in this role now, with all that this person holds."""
    people = directory.holders(session, role, now=now, body=body)
    assert people, f"nobody holds {role}"
    return people[0]


def person(
    session: Session, name: str, *roles: str, body: str | None = None, case_id: UUID | None = None
) -> Participant:
    """Somebody new, with these roles since last year."""
    made = Person(id=uuid4(), name=name, email=f"{uuid4().hex}@test.example", body=body, created_at=NOON)
    session.add(made)
    session.flush()
    for role in roles:
        appointment(session, made.id, role, body=body, case_id=case_id)
    return directory.participant(session, made.id, now=NOON)


def appointment(
    session: Session,
    person_id: UUID | None,
    role: str,
    *,
    body: str | None = None,
    case_id: UUID | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> None:
    session.add(
        Appointment(
            person_id=person_id,
            role=role,
            body=body,
            case_id=case_id,
            from_on=from_on or (NOON - timedelta(days=365)).date(),
            to_on=to_on,
            made_at=NOON,
        )
    )
    session.flush()


def participant(*roles: str, body: str | None = None, case_id: UUID | None = None, name: str = "Ann") -> Participant:
    """Somebody of no database, for pure rules."""
    return Participant(uuid4(), name, frozenset(Holding(r, body, case_id) for r in roles), body)


# --- cases ------------------------------------------------------------------------------------------------------


def case(
    session: Session,
    key: str,
    answers: Mapping[str, Any] | None = None,
    *,
    role: str = "business-manager",
    now: datetime | None = None,
    **more: Any,
) -> ProcessInstance:
    """A case of a published process, begun by a holder of the role."""
    at = now or runtime_of(session).now()
    return start_process(session, key, answers or {}, by=holder(session, role, now=at), now=at, **more)


def items(session: Session, element: str | None = None, *, open_only: bool = True) -> list[WorkItem]:
    query = select(WorkItem).order_by(WorkItem.opened_at, WorkItem.id)
    if element is not None:
        query = query.where(WorkItem.element == element)
    if open_only:
        query = query.where(WorkItem.state.in_(OPEN_STATES))
    return list(session.scalars(query))


def item(session: Session, element: str, *, body: str | None = None) -> WorkItem:
    """The one open task of this name."""
    found = [i for i in items(session, element) if body in (None, i.body)]
    assert len(found) == 1, f"{element}: {len(found)} open; open are {[i.element for i in items(session)]}"
    return found[0]


def doer(session: Session, work_item: WorkItem) -> Participant:
    """Somebody who is asked for it."""
    at = runtime_of(session).now()
    found = session.get_one(ProcessInstance, work_item.case_id)
    _, people = directory.candidates(session, found, directory.asked_of(work_item), now=at)
    assert people, f"nobody is asked for {work_item.element}"
    return people[0]


def jobs_of(session: Session, *kinds: JobKind, state: JobState | None = JobState.WAITING) -> list[Job]:
    query = select(Job).order_by(Job.due_at, Job.created_at, Job.id)
    if kinds:
        query = query.where(Job.kind.in_(kinds))
    if state is not None:
        query = query.where(Job.state == state)
    return list(session.scalars(query))


# --- a world without a database ---------------------------------------------------------------------------------


class FakeWorld:
    """What a process sees, as plain values that a test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.calendar = WorkingCalendar()
        self.deadlines: dict[str, datetime] = {}
        self.registers: dict[str, list[Mapping[str, object]]] = {}
        self.answered: dict[str, Mapping[str, object]] = {}
        self.secrets: dict[str, object] = {}
        self.read: list[str] = []
        self.operated: list[tuple[str, Mapping[str, object]]] = []
        self.results: dict[str, object] = {}

    def deadline(self, code: str) -> datetime | None:
        return self.deadlines.get(code)

    def register(self, name: str) -> list[Mapping[str, object]]:
        return self.registers.get(name, [])

    def answers(self, element: str) -> Mapping[str, object] | None:
        return self.answered.get(element)

    def holder(self, role: str) -> str | None:
        return f"Holder of {role}"

    def partners(self) -> list[Mapping[str, object]]:
        return [{"partner": p, "name": p, "role": f"{p}-lead", "body": p} for p in ("one", "two", "three")]

    def listed(self, name: str) -> list[Mapping[str, object]]:
        return [{"value": name, "title": name}]

    def confidential(self, name: str) -> object:
        if name not in self.secrets:
            raise KeyError(name)
        self.read.append(name)
        return self.secrets[name]

    def operate(self, operation: str, inputs: Mapping[str, object]) -> object:
        self.operated.append((operation, dict(inputs)))
        return self.results.get(operation)
