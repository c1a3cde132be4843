"""Published processes, parsed once per version and kept in memory by digest."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import Any

import orjson
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, undefer

from engine.bpmn import elements as read
from engine.bpmn.compile import Compiled, Source, compile_bundle
from engine.bpmn.dmn import read_decisions
from engine.bpmn.document import DocumentRefused, read_xml
from engine.bpmn.elements import Element, Node, ProcessHead
from engine.errors import EngineError
from engine.feel.tables import DecisionModel
from engine.forms import Form, FormError, Option
from engine.model import Bundle, ProcessDefinition
from engine.partnership import Partnership
from engine.store import add_once
from engine.types import CONFIDENTIAL
from engine.vocabulary import FUNCTIONS
from workflows import bundled


class UnknownProcess(EngineError):
    """There is no published process of that name."""

    code = "unknown-process"
    advice = "Look at the list of processes for the names that exist."


@dataclass(frozen=True)
class Package:
    """One process as files: its diagram, forms, tables and README, by file name."""

    key: str
    family: str
    files: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        return sha256(orjson.dumps(dict(self.files), option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class Process:
    """One parsed version."""

    key: str
    root: Node
    head: ProcessHead
    elements: Mapping[str, Element]
    forms: Mapping[str, Mapping[str, Any]]
    decisions: Mapping[str, DecisionModel]

    @property
    def calls(self) -> frozenset[str]:
        return frozenset(e.called for e in self.elements.values() if e.called)

    @property
    def starts(self) -> tuple[Element, ...]:
        """The start events of the process itself, in the order of the document."""
        return tuple(e for e in self.elements.values() if e.tag == "startEvent" and e.parent == e.process)

    @property
    def names(self) -> frozenset[str]:
        """Every name of data that its forms, loops, decisions and mappings give."""
        found: set[str] = set()
        for form in self.forms.values():
            found |= _property_names(form)
        for element in self.elements.values():
            found |= {name for name, _ in (*element.inputs, *element.outputs)}
            if element.loop is not None:
                found |= {n for n in (element.loop.each, element.loop.collect) if n}
            if element.tag == "businessRuleTask":
                decision = element.attributes.get("decision", "")
                found.add(element.attributes.get("result") or decision.replace("-", "_"))
        return frozenset(found)


def _property_names(schema: Mapping[str, Any]) -> set[str]:
    """The names of a form's questions, conditional ones included; not those within a group."""
    found = set(schema.get("properties") or {})
    for part in (*(schema.get("allOf") or ()), schema.get("then"), schema.get("else")):
        found |= _property_names(part) if part else set()
    return found


def open_names(form: Mapping[str, Any]) -> frozenset[str]:
    """The questions of a form whose answers are not confidential."""
    return frozenset(_property_names(form)) - confidential_names(form)


def confidential_names(form: Mapping[str, Any]) -> frozenset[str]:
    """The questions marked C or SC, and groups that hold one."""
    found: set[str] = set()
    for part in (form, *(form.get("allOf") or ())):
        whole = {**(part.get("properties") or {}), **((part.get("then") or {}).get("properties") or {})}
        for name, schema in whole.items():
            marks = {schema.get("x-sensitivity"), *_marks(schema.get("items") or {})}
            if marks & {str(s) for s in CONFIDENTIAL}:
                found.add(name)
    return frozenset(found)


def _marks(schema: Mapping[str, Any]) -> set[str]:
    marks = {schema["x-sensitivity"]} if "x-sensitivity" in schema else set()
    for part in (schema.get("properties") or {}).values():
        marks |= _marks(part)
    for rule in schema.get("allOf") or ():
        marks |= _marks(rule.get("then") or {})
    return marks


def packages() -> Iterable[Package]:
    """The processes that the product ships, family by family."""
    for family in sorted(bundled().iterdir(), key=lambda f: f.name):
        if not family.is_dir() or family.name in ("partnerships", "scenarios", "__pycache__"):
            continue
        for folder in sorted(family.iterdir(), key=lambda f: f.name):
            if folder.is_dir() and (folder / f"{folder.name}.bpmn").is_file():
                yield read_package(folder, family=family.name)


def read_package(folder: Traversable, *, family: str) -> Package:
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith((".bpmn", ".dmn", ".form.json", ".md")))
    return Package(folder.name, family, {n: (folder / n).read_text("utf-8") for n in names})


def parse(package: Package) -> Process:
    return _parsed(package.key, package.digest, lambda: package.files)


def process(definition: ProcessDefinition) -> Process:
    return _parsed(definition.key, definition.digest, lambda: definition.files)


_processes: dict[tuple[str, str], Process] = {}  # by key and digest: what is published never changes
_MOST_PARSED = 512


def _parsed(key: str, digest: str, files: Callable[[], Mapping[str, str]]) -> Process:
    held = _processes.get((key, digest))
    if held is None:
        held = _parse(key, files())
        if len(_processes) >= _MOST_PARSED:
            _processes.pop(next(iter(_processes)), None)
        _processes[key, digest] = held
    return held


def _parse(key: str, by_name: Mapping[str, str]) -> Process:
    if f"{key}.bpmn" not in by_name:
        raise DocumentRefused(f"There is no {key}.bpmn among the files.", file=f"{key}.bpmn")
    root = read_xml(by_name[f"{key}.bpmn"].encode(), name=f"{key}.bpmn")
    heads = [read.read_head(p) for p in read.processes(root)]
    head = next((h for h in heads if h.id == key), None)
    if head is None:
        raise EngineError(f"{key}.bpmn: it holds no process with the id “{key}”.")
    return Process(
        key=key,
        root=root,
        head=head,
        elements=read.read_elements(root),
        forms={
            name.removesuffix(".form.json"): _read_form(text, name)
            for name, text in by_name.items()
            if name.endswith(".form.json")
        },
        decisions={
            name.removesuffix(".dmn"): read_decisions(text.encode(), name=name)
            for name, text in by_name.items()
            if name.endswith(".dmn")
        },
    )


def _read_form(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentRefused(f"{name} is not JSON: {error.msg}.", file=name, line=error.lineno) from None
    if not isinstance(found, dict):
        raise DocumentRefused(f"{name} is not a form: it must be a JSON object.", file=name)
    return found


_NEWEST = tuple_(ProcessDefinition.key, ProcessDefinition.version).in_(
    select(ProcessDefinition.key, func.max(ProcessDefinition.version)).group_by(ProcessDefinition.key)
)


def latest(session: Session, key: str) -> ProcessDefinition:
    found = session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise UnknownProcess(f"There is no published process called “{key}”.")
    return found


def published(session: Session) -> list[Package]:
    """The newest version of every process."""
    rows = select(ProcessDefinition).where(_NEWEST).order_by(ProcessDefinition.key)
    found = session.scalars(rows.options(undefer(ProcessDefinition.files)))
    return [Package(one.key, one.family, one.files) for one in found]


def begun_by(session: Session, message: str) -> ProcessDefinition | None:
    """The process whose newest version begins with this message; of several the first by key."""
    rows = select(ProcessDefinition.key, ProcessDefinition.starts_on).where(_NEWEST).order_by(ProcessDefinition.key)
    key = next((key for key, messages in session.execute(rows) if message in messages), None)
    return None if key is None else latest(session, key)


def definition_of(session: Session, key: str, version: int) -> ProcessDefinition:
    return session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.version == version)
    ).one()


def pin(session: Session, key: str) -> Bundle:
    """The bundle of the newest versions of a process and all that it calls; made when it is new."""
    versions: dict[str, ProcessDefinition] = {}
    wanted = [key]
    while wanted:
        current = wanted.pop()
        if current not in versions:
            versions[current] = latest(session, current)
            wanted.extend(process(versions[current]).calls)
    named = sorted((k, d.version, d.digest) for k, d in versions.items())
    digest = sha256(orjson.dumps([key, named])).hexdigest()
    found = session.get(Bundle, digest)
    if found is None:
        made = Bundle(digest=digest, root=key, versions={k: v for k, v, _ in named})
        found = add_once(session, made, lambda: session.get_one(Bundle, digest))
    return found


@dataclass(frozen=True)
class _Opened:
    compiled: Compiled
    processes: Mapping[str, Process]
    versions: Mapping[str, int]


_compiled: dict[str, _Opened] = {}  # a bundle never changes
_MOST_COMPILED = 64


def open_bundle(session: Session, digest: str) -> tuple[Compiled, Mapping[str, Process]]:
    """What a case runs on: the compiled process, and each parsed process by key."""
    opened = _open(session, digest)
    return opened.compiled, opened.processes


def versions(session: Session, digest: str) -> Mapping[str, int]:
    """Of each process of the bundle."""
    return _open(session, digest).versions


def _open(session: Session, digest: str) -> _Opened:
    held = _compiled.get(digest)
    if held is None:
        bundle = session.get_one(Bundle, digest)
        pinned = tuple_(ProcessDefinition.key, ProcessDefinition.version).in_(list(bundle.versions.items()))
        rows = select(ProcessDefinition).where(pinned).order_by(ProcessDefinition.key)
        found = session.scalars(rows.options(undefer(ProcessDefinition.files))).all()
        parsed = {definition.key: process(definition) for definition in found}
        held = _Opened(compile_processes(bundle.root, digest, parsed), parsed, dict(bundle.versions))
        if len(_compiled) >= _MOST_COMPILED:
            _compiled.pop(next(iter(_compiled)), None)
        _compiled[digest] = held
    return held


def forget() -> None:
    """Drop everything kept in memory, as a restart does."""
    _compiled.clear()
    _processes.clear()
    _form.cache_clear()


def compile_processes(root: str, digest: str, parsed: Mapping[str, Process]) -> Compiled:
    names = frozenset[str]().union(*(p.names for p in parsed.values()))
    return compile_bundle(root, digest, [Source(p.key, p.root, p.decisions, names) for p in parsed.values()])


def form_of(parsed: Mapping[str, Process], process_key: str, form: str, partnership: Partnership) -> Form:
    """A form of one process of a bundle, or one shared by all (`workflows/shared/forms`)."""
    raw = parsed[process_key].forms.get(form) if process_key in parsed else None
    return _form(orjson.dumps(raw or shared_form(form)), orjson.dumps(partnership.lists))


@lru_cache(maxsize=512)
def _form(source: bytes, lists: bytes) -> Form:
    """Kept by content: reading a long form afresh takes 50 ms, and every page and step asks for one."""
    options = {
        name: tuple(Option(row["value"], row["title"]) for row in rows) for name, rows in orjson.loads(lists).items()
    }
    form, problems = Form.attempt(orjson.loads(source), lists=options, functions=FUNCTIONS)  # publishing saw its shape
    if problems:
        raise FormError(" ".join(problems))
    return form


@lru_cache(maxsize=64)
def shared_form(name: str) -> Mapping[str, Any]:
    file = bundled() / "shared" / "forms" / f"{name}.form.json"
    if not file.is_file():
        raise EngineError(f"There is no form called “{name}”.")
    found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return found
