"""Whether files may be published: diagrams, tables and forms, alone or as processes, with everything wrong at once."""

import inspect
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from typing import Any

import structlog

from engine.bpmn.compile import NotExecutable, Source, compile_bundle
from engine.bpmn.document import MAX_BYTES, DocumentRefused, read_xml
from engine.bpmn.elements import Node
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.readability import check_readability
from engine.bpmn.validate import Fields, Known, Naming, OperationShape, Survey, survey, validate
from engine.bpmn.validate.decisions import check_decisions, names_read
from engine.feel import CompiledModel
from engine.forms import Option, check_form
from engine.library import Package
from engine.operations import OPERATIONS
from engine.partnership import Partnership
from engine.vocabulary import FUNCTIONS
from workflows import bundled

log = structlog.get_logger(__name__)

DIAGRAM, TABLE, FORM, README = ".bpmn", ".dmn", ".form.json", "README.md"
KINDS = (DIAGRAM, TABLE, FORM)
NOT_PROCESSES = frozenset({"partnerships", "scenarios", "__pycache__", "node_modules"})
MOST_BESIDE = 200  # files beside one that is checked which are looked at too

# What the text of an operation's input names, by the input's name.
NAMINGS: Mapping[str, Naming] = {
    "role": Naming.ROLE,
    "roles": Naming.ROLE,
    "holders_of": Naming.ROLE,
    "to": Naming.ROLE,
    "may_not": Naming.RULE,
    "notice": Naming.NOTICE,
    "id": Naming.DEADLINE,
    "ids": Naming.DEADLINE,
    "meets": Naming.DEADLINE,
    "anchor": Naming.ANCHOR,
    "register": Naming.REGISTER,
}
OWN_REGISTERS = frozenset({"merged-notifications"})  # that operations write by themselves


@dataclass(frozen=True)
class FileFinding:
    """A finding, and the file it is about."""

    file: str
    finding: Finding

    @property
    def is_error(self) -> bool:
        return self.finding.severity is Severity.ERROR

    @property
    def words(self) -> str:
        """`x.bpmn, line 12, “Give your view” (give-view): …`"""
        place = f", line {self.finding.line}" if self.finding.line is not None else ""
        known = self.finding.element
        named = known is not None and re.match(
            rf".{{0,200}}{re.escape(known[:70])}[^:]{{0,12}}: ", self.finding.message
        )
        return f"{self.file}{place}{', ' if named else ': '}{self.finding.message}"

    def as_dict(self) -> dict[str, object]:
        return {
            "file": self.file,
            "line": self.finding.line,
            "element": self.finding.element,
            "severity": str(self.finding.severity),
            "code": self.finding.code,
            "message": self.finding.message,
        }


def check_path(path: Path, partnership: Partnership) -> list[FileFinding]:
    """A diagram, a table, a form, the folder of a process, or a tree of folders."""
    return _guarded(str(path), lambda: _check_path(path, partnership))


def check_package(
    package: Package, partnership: Partnership, *, around: Iterable[Package] | None = None
) -> list[FileFinding]:
    """One process as files. `around`: the processes it may call or hear from; those of the product unless given."""
    folder = _folder_of(package)
    others = _bundled() if around is None else [_folder_of(other) for other in around]
    return _check_folder(folder, partnership, _surveys([*others, folder]))


def check_all(partnership: Partnership) -> list[FileFinding]:
    """Every process that the product ships."""
    folders = _bundled()
    surveys = _surveys(folders)
    return [finding for folder in folders for finding in _check_folder(folder, partnership, surveys)]


def _guarded(file: str, check: Callable[[], Iterable[FileFinding]]) -> list[FileFinding]:
    """The safety net: whatever goes wrong in checking is a finding too, and is logged."""
    try:
        return list(check())
    except Exception as error:  # a file we did not foresee must not end the checking of the others
        log.exception("check failed", file=file)
        what = type(error).__name__
        words = f"This could not be checked: something unforeseen happened ({what}). Tell your administrator."
        return [FileFinding(file, Finding(None, Severity.ERROR, words, code="check-failed"))]


# --- files ---


@dataclass(frozen=True)
class Folder:
    """Files that belong together: a process, or whatever lies beside each other."""

    place: str  # as it is shown
    files: Mapping[str, bytes]
    key: str = ""  # the process's; empty where the folder is no process
    wanted: frozenset[str] | None = None  # the files to check; None for all
    unread: tuple[FileFinding, ...] = ()

    def shown(self, file: str) -> str:
        return f"{self.place}/{file}" if self.place else file

    def named(self, ending: str) -> dict[str, bytes]:
        """Files of a kind, by what stands before the ending."""
        return {name.removesuffix(ending): data for name, data in self.files.items() if name.endswith(ending)}

    def asks_for(self, file: str) -> bool:
        return self.wanted is None or file in self.wanted


def _folder_of(package: Package) -> Folder:
    return Folder("", {name: text.encode() for name, text in package.files.items()}, package.key)


def _error(file: str, code: str, message: str) -> FileFinding:
    return FileFinding(file, Finding(None, Severity.ERROR, message, code=code))


def _check_path(path: Path, partnership: Partnership) -> list[FileFinding]:
    shown = str(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return [_error(shown, "unreadable", f"This can not be read: {_reason(error)}.")]
    if stat.S_ISDIR(mode):
        return _check_tree(path, partnership)
    if not path.name.endswith(KINDS):
        kinds = f"a diagram ({DIAGRAM}), a table ({TABLE}), a form ({FORM}) or a folder"
        return [_error(shown, "not-checked", f"This kind of file is not checked. Name {kinds}.")]
    folder = _lone(path)
    surveys = _surveys(chain(_bundled(), _beside(path.parent), [folder]))
    return _check_folder(folder, partnership, surveys)


def _check_tree(top: Path, partnership: Partnership) -> list[FileFinding]:
    """Folder by folder: first what each tells the others, then each by itself."""
    surveys = _surveys(chain(_bundled(), _beside(top), _folders_in(top)))
    found: list[FileFinding] = []
    nothing = True
    for folder in _folders_in(top):
        nothing = False
        found += _guarded(folder.place, partial(_check_folder, folder, partnership, surveys))
    if nothing:
        message = "There is no process here: no .bpmn, .dmn or .form.json file in this folder or below."
        found.append(_error(str(top), "nothing-here", message))
    return found


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _read(path: Path) -> bytes | FileFinding:
    """The bytes of an ordinary file of ordinary size."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return _error(str(path), "unreadable", "This is no ordinary file.")
        if about.st_size > MAX_BYTES:
            message = f"This file is larger than {MAX_BYTES // 1_000_000} MB, the most that is read."
            return _error(str(path), "too-large", message)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        return _error(str(path), "unreadable", f"This file can not be read: {_reason(error)}.")


def _folders_in(top: Path) -> Iterator[Folder]:
    """Every folder that holds anything to check, from the top down. Links are not followed."""
    for place, inner, names in os.walk(top):
        inner[:] = sorted(n for n in inner if n not in NOT_PROCESSES and not n.startswith("."))
        wanted = sorted(name for name in names if name.endswith(KINDS))
        if len(wanted) > MOST_BESIDE:  # a collection, not a process: each file by itself, one after the other
            yield from (_folder(Path(place), [name]) for name in wanted)
        elif wanted:
            yield _folder(Path(place), sorted(names))


def _folder(place: Path, names: Sequence[str]) -> Folder:
    files: dict[str, bytes] = {}
    unread: list[FileFinding] = []
    for name in names:
        if name.endswith((*KINDS, ".md")):
            data = _read(place / name)
            if isinstance(data, FileFinding):
                unread.append(data)
            else:
                files[name] = data
    key = place.resolve().name
    return Folder(str(place), files, key if f"{key}{DIAGRAM}" in names else "", unread=tuple(unread))


def _lone(path: Path) -> Folder:
    """One file, with what lies beside it to refer to."""
    data = _read(path)
    if isinstance(data, FileFinding):
        return Folder(str(path.parent), {}, wanted=frozenset(), unread=(data,))
    beside = [path.name, *(name for name in _listed(path.parent) if name.endswith((*KINDS, ".md")))]
    whole = _folder(path.parent, list(dict.fromkeys(beside[:MOST_BESIDE])))
    files = {**whole.files, path.name: data}
    key = whole.key if path.name == f"{whole.key}{DIAGRAM}" else ""
    return Folder(whole.place, files, key, wanted=frozenset({path.name}))


def _listed(place: Path) -> list[str]:
    try:
        return sorted(os.listdir(place))
    except OSError:
        return []


def _beside(place: Path) -> Iterator[Folder]:
    """The processes whose folders stand beside this one."""
    above = place.resolve().parent
    for name in _listed(above)[:MOST_BESIDE]:
        if name != place.resolve().name and (above / name / f"{name}{DIAGRAM}").is_file():
            yield _folder(above / name, _listed(above / name)[:MOST_BESIDE])


def _bundled() -> list[Folder]:
    """The processes that the product ships."""
    found = []
    for family in sorted(bundled().iterdir(), key=lambda one: one.name):
        if family.is_dir() and family.name not in NOT_PROCESSES:
            for folder in sorted(family.iterdir(), key=lambda one: one.name):
                if folder.is_dir() and (folder / f"{folder.name}{DIAGRAM}").is_file():
                    files = {one.name: one.read_bytes() for one in _files(folder)}
                    found.append(Folder(f"workflows/{family.name}/{folder.name}", files, folder.name))
    return found


def _files(folder: Traversable) -> list[Traversable]:
    every = (one for one in folder.iterdir() if one.name.endswith((*KINDS, ".md")) and one.is_file())
    return sorted(every, key=lambda one: one.name)


@lru_cache(maxsize=1)
def _shared_forms() -> Mapping[str, Fields]:
    folder = bundled() / "shared" / "forms"
    files = _files(folder) if folder.is_dir() else []
    return {one.name.removesuffix(FORM): fields_of(read_form(one.read_bytes())[0]) for one in files}


# --- what is known ---


def _shape(operation: Callable[..., Any]) -> OperationShape:
    _, *inputs = inspect.signature(operation).parameters.values()  # the first is the context
    return OperationShape(
        inputs={one.name: NAMINGS.get(one.name, Naming.NOTHING) for one in inputs},
        required=frozenset(one.name for one in inputs if one.default is one.empty),
    )


@lru_cache(maxsize=1)
def _operations() -> Mapping[str, OperationShape]:
    return {name: _shape(operation) for name, operation in OPERATIONS.items()}


def _known(partnership: Partnership, forms: Mapping[str, Fields], **more: Any) -> Known:
    return Known(
        roles=frozenset(partnership.roles),
        bodies=frozenset(partnership.agencies),
        separation={rule.id: rule.denies for rule in partnership.separation.values()},
        ladders=frozenset(partnership.ladders.profiles),
        notices=frozenset(partnership.notices),
        lists=frozenset(partnership.lists),
        operations=_operations(),
        forms=forms,
        shared_forms=_shared_forms(),
        registers=OWN_REGISTERS,
        **more,
    )


_surveyed: dict[str, tuple[Survey, ...]] = {}
_MOST_SURVEYED = 1_000


def _surveys(folders: Iterable[Folder]) -> dict[str, Survey]:
    """What every process tells about itself; of several with the same key the last."""
    found: dict[str, Survey] = {}
    for folder in folders:
        for one in _survey(folder):
            found[one.key] = one
    return found


def _survey(folder: Folder) -> tuple[Survey, ...]:
    """Remembered by content: the processes around are the same from one check to the next."""
    diagrams, forms = folder.named(DIAGRAM), folder.named(FORM)
    digest = sha256()
    for name, data in (*diagrams.items(), *forms.items()):
        digest.update(f"{name} {len(data)} ".encode() + data)
    key = digest.hexdigest()
    if key not in _surveyed:
        if len(_surveyed) >= _MOST_SURVEYED:
            _surveyed.pop(next(iter(_surveyed)), None)
        _surveyed[key] = _survey_afresh(diagrams, forms)
    return _surveyed[key]


def _survey_afresh(diagrams: Mapping[str, bytes], forms: Mapping[str, bytes]) -> tuple[Survey, ...]:
    known = Known(
        operations=_operations(),
        forms={name: fields_of(read_form(data)[0]) for name, data in forms.items()},
        shared_forms=_shared_forms(),
    )
    found: list[Survey] = []
    for name, data in diagrams.items():
        try:
            found += survey(read_xml(data, name=name), known)
        except DocumentRefused:
            continue  # said where that file is checked
    return tuple(found)


# --- one folder ---


@dataclass
class _Parts:
    """What a folder's files hold, and what was found in reading them."""

    forms: dict[str, Fields] = field(default_factory=dict)
    models: dict[str, CompiledModel] = field(default_factory=dict)
    found: list[FileFinding] = field(default_factory=list)


def _check_folder(folder: Folder, partnership: Partnership, surveys: Mapping[str, Survey]) -> list[FileFinding]:
    parts = _Parts(found=list(folder.unread))
    for name, data in folder.named(FORM).items():
        _check_form(folder, name, data, partnership, parts)
    for name, data in folder.named(TABLE).items():
        _check_table(folder, name, data, parts)
    decisions = {name: reads for name, model in parts.models.items() if (reads := names_read(model, name)) is not None}
    known = _known(partnership, parts.forms, decisions=decisions, surveys=surveys)
    used: set[str] = set()
    for name, data in folder.named(DIAGRAM).items():
        file = f"{name}{DIAGRAM}"
        if folder.asks_for(file):
            shown = folder.shown(file)
            parts.found += _guarded(shown, partial(_check_diagram, folder, name, data, known, parts, used))
    if folder.key and folder.wanted is None:
        parts.found += _of_process(folder, parts, used)
    return parts.found


def _of_process(folder: Folder, parts: _Parts, used: set[str]) -> Iterator[FileFinding]:
    """What is missing from a process's folder, and what nothing in it uses."""
    if README not in folder.files:
        message = "The process has no README.md: who owns it, where it comes from, what was decided."
        yield FileFinding(folder.shown(README), Finding(None, Severity.WARNING, message, code="no-readme"))
    for names, ending, what in ((parts.forms, FORM, "form"), (parts.models, TABLE, "table")):
        for name in names:
            if name not in used:
                message = f"Nothing in the process uses this {what}. Remove it, or name it at a task."
                file = folder.shown(f"{name}{ending}")
                yield FileFinding(file, Finding(None, Severity.WARNING, message, code="unused"))


def _check_diagram(
    folder: Folder, name: str, data: bytes, known: Known, parts: _Parts, used: set[str]
) -> list[FileFinding]:
    shown = folder.shown(f"{name}{DIAGRAM}")
    try:
        root = read_xml(data, name=f"{name}{DIAGRAM}")
    except DocumentRefused as refused:
        message = refused.message.replace(f"{name}{DIAGRAM} ", "This file ", 1)
        return [FileFinding(shown, Finding(None, Severity.ERROR, message, refused.line, "document"))]
    used |= _used(root)
    found = validate(root, name=name, known=known, strict=name == folder.key)
    if not any(finding.severity is Severity.ERROR for finding in found):
        found += _compiles(root, name, known, parts.models)
    if not any(finding.code in ("not-bpmn", "too-large") for finding in found):
        found += check_readability(root)
    return [FileFinding(shown, finding) for finding in found]


def _used(root: Node) -> set[str]:
    """Every name by which an element may ask for a form or a table."""
    attributes = ("id", "{urn:lscp-workflow:bpmn:1}form", "{urn:lscp-workflow:bpmn:1}decision")
    return {xml.get(attribute, "") for xml in root.iter("{*}*") for attribute in attributes}


STUB = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="stub"><startEvent id="b"/>'
    '<endEvent id="e"/><sequenceFlow id="f" sourceRef="b" targetRef="e"/></process></definitions>'
)


def _compiles(root: Node, name: str, known: Known, models: Mapping[str, CompiledModel]) -> Iterator[Finding]:
    """The last word is the engine's: what all rules let pass must compile too. Processes it calls are stood in for."""
    names = frozenset[str]().union(known.confidential, *(known.names_of(key) for key in known.surveys))
    keys = [key for xml in root.iter("{*}process") if (key := xml.get("id"))]
    called = {key for xml in root.iter("{*}callActivity") if (key := xml.get("calledElement"))} - set(keys)
    sources = [Source(keys[0], root, {key: one.model for key, one in models.items()}, names)]
    for callee in called:
        stub = read_xml(STUB if isinstance(STUB, bytes) else STUB.encode(), name="a process that is called")
        stub[0].set("id", callee)
        sources.append(Source(callee, stub, {}, names))
    try:
        compile_bundle(keys[0], "check", sources)
    except NotExecutable as error:
        log.warning("a diagram passed every rule and does not compile", process=name, error=error.message)
        line = error.details.get("line")
        message = f"The engine can not run this: {error.message}"
        yield Finding(None, Severity.ERROR, message, line if isinstance(line, int) else None, "not-executable")


# --- tables ---


def _check_table(folder: Folder, name: str, data: bytes, parts: _Parts) -> None:
    shown = folder.shown(f"{name}{TABLE}")

    def check() -> Iterator[FileFinding]:
        model, found = check_decisions(data, name=f"{name}{TABLE}")
        if model is not None:
            parts.models[name] = model
            if folder.key and found == [] and names_read(model, name) is None:
                message = (
                    f"The file must hold a decision with the id “{name}”, its own name: by that a task asks for it."
                )
                found.append(Finding(None, Severity.ERROR, message, code="decision-id"))
        return (FileFinding(shown, finding) for finding in found)

    found = _guarded(shown, check)
    if folder.asks_for(f"{name}{TABLE}"):
        parts.found += found


# --- forms ---


def _check_form(folder: Folder, name: str, data: bytes, partnership: Partnership, parts: _Parts) -> None:
    shown = folder.shown(f"{name}{FORM}")

    def check() -> Iterator[FileFinding]:
        source, found = read_form(data)
        parts.forms[name] = fields_of(source)
        if folder.asks_for(f"{name}{FORM}") and not found:
            text = data.decode("utf-8-sig")
            problems = check_form(source, lists=_options(partnership), functions=FUNCTIONS)
            found = [_of_form(problem, text) for problem in problems]
        return (FileFinding(shown, finding) for finding in found)

    found = _guarded(shown, check)
    if folder.asks_for(f"{name}{FORM}"):
        parts.found += found


def read_form(data: bytes) -> tuple[Any, list[Finding]]:
    """A form's JSON, and what is wrong with it as JSON."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found[key] = value
        return found

    def refused(message: str, line: int | None = None) -> tuple[None, list[Finding]]:
        return None, [Finding(None, Severity.ERROR, message, line, "form-file")]

    try:
        text = data.decode("utf-8-sig")
        source = json.loads(text, object_pairs_hook=once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        return refused("This file is not UTF-8. Save it again as UTF-8.")
    except json.JSONDecodeError as error:
        return refused(f"This is not JSON: {error.msg} at character {error.colno}.", error.lineno)
    except RecursionError:
        return refused("This JSON is nested too deeply.")
    except ValueError as error:
        return refused(f"This is not JSON: {error}.")
    message = "The word “{}” stands twice in the same place, and only the last counts. Keep one."
    return source, [
        Finding(key, Severity.ERROR, message.format(key[:60]), _line_of(key, text, times=2), "form-file")
        for key in dict.fromkeys(twice)
    ]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def fields_of(source: Any) -> dict[str, str]:
    """The questions of a form, conditional ones too, and how sensitive each is; of a group, its most sensitive part."""
    found: dict[str, str] = {}
    for part in _levels(source):
        for name, question in _mapping(part, "properties").items():
            marks = {
                mark for one in _levels(question, within=True) if isinstance(mark := one.get("x-sensitivity"), str)
            }
            found[name] = next((mark for mark in ("SC", "C", "P") if mark in marks), "-")
    return found


def _levels(source: Any, *, within: bool = False) -> Iterator[Mapping[str, Any]]:
    """A schema and what its conditions add to it; `within` a question also what stands inside it."""
    waiting = [source]
    for _ in range(10_000):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, Mapping):
            yield part
            waiting += [part.get("then"), part.get("else")]
            clauses = part.get("allOf")
            waiting += clauses if isinstance(clauses, list) else []
            if within:
                waiting += [part.get("items"), *_mapping(part, "properties").values()]


def _mapping(part: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = part.get(key)
    return found if isinstance(found, Mapping) else {}


def _options(partnership: Partnership) -> Mapping[str, tuple[Option, ...]]:
    return {name: tuple(Option(row["value"], row["title"]) for row in rows) for name, rows in partnership.lists.items()}


_QUESTION = re.compile(r"(?:Example \d+, )?((?:\w+\.)*)(\w+)(?: x-[\w-]+)?: ")


def _of_form(problem: str, text: str) -> Finding:
    match = _QUESTION.match(problem)
    question = match[2] if match else None
    line = _line_of(question, text) if question else None
    return Finding(question if line else None, Severity.ERROR, problem, line, "form")


def _line_of(key: str, text: str, *, times: int = 1) -> int | None:
    """The line on which a key of the JSON stands (for the nth time)."""
    places = [match.start() for match in re.finditer(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", text)]
    return text.count("\n", 0, places[times - 1]) + 1 if len(places) >= times else None
