"""Whether files may be published: diagrams, tables and forms, alone or as processes, with everything wrong at once."""

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import structlog

from engine.bpmn.document import DocumentRefused, read_xml
from engine.bpmn.finding import Finding, Severity
from engine.bpmn.readability import check_readability
from engine.bpmn.validate import Fields, Known, Survey, asked_for, compiles, validate
from engine.bpmn.validate.decisions import check_decisions, names_read
from engine.check import forms as form_files
from engine.check.files import (
    DIAGRAM,
    FORM,
    KINDS,
    README,
    TABLE,
    FileFinding,
    Folder,
    beside,
    bundled_folders,
    error,
    folder_of,
    folders_in,
    lone,
    reason,
)
from engine.check.surroundings import known_of, surveys_of
from engine.feel import CompiledModel
from engine.forms import Form
from engine.library import Package
from engine.partnership import Partnership

__all__ = ["FileFinding", "check_all", "check_package", "check_path"]

log = structlog.get_logger(__name__)


def check_path(path: Path, partnership: Partnership) -> list[FileFinding]:
    """A diagram, a table, a form, the folder of a process, or a tree of folders."""
    return _guarded(str(path), lambda: _check_path(path, partnership))


def check_package(
    package: Package, partnership: Partnership, *, around: Iterable[Package] | None = None
) -> list[FileFinding]:
    """One process as files. `around`: the processes it may call or hear from; those of the product unless given."""
    folder = folder_of(package)
    others = bundled_folders() if around is None else [folder_of(other) for other in around]
    return _check_folder(folder, partnership, surveys_of([*others, folder]))


def check_all(partnership: Partnership) -> list[FileFinding]:
    """Every process that the product ships."""
    folders = bundled_folders()
    surveys = surveys_of(folders)
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


def _check_path(path: Path, partnership: Partnership) -> list[FileFinding]:
    shown = str(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as failure:
        return [error(shown, "unreadable", f"This can not be read: {reason(failure)}.")]
    if stat.S_ISDIR(mode):
        return _check_tree(path, partnership)
    if not path.name.endswith(KINDS):
        kinds = f"a diagram ({DIAGRAM}), a table ({TABLE}), a form ({FORM}) or a folder"
        return [error(shown, "not-checked", f"This kind of file is not checked. Name {kinds}.")]
    folder = lone(path)
    surveys = surveys_of(chain(bundled_folders(), beside(path.parent), [folder]))
    return _check_folder(folder, partnership, surveys)


def _check_tree(top: Path, partnership: Partnership) -> list[FileFinding]:
    """Folder by folder: first what each tells the others, then each by itself."""
    surveys = surveys_of(chain(bundled_folders(), beside(top), folders_in(top)))
    found: list[FileFinding] = []
    nothing = True
    for folder in folders_in(top):
        nothing = False
        found += _guarded(folder.place, partial(_check_folder, folder, partnership, surveys))
    if nothing:
        message = "There is no process here: no .bpmn, .dmn or .form.json file in this folder or below."
        found.append(error(str(top), "nothing-here", message))
    return found


# --- one folder ---


@dataclass
class _Parts:
    """What a folder's files hold, and what was found in reading them."""

    forms: dict[str, Fields] = field(default_factory=dict)
    models: dict[str, CompiledModel] = field(default_factory=dict)
    good_forms: dict[str, Form] = field(default_factory=dict)
    found: list[FileFinding] = field(default_factory=list)


def _check_folder(folder: Folder, partnership: Partnership, surveys: Mapping[str, Survey]) -> list[FileFinding]:
    parts = _Parts(found=list(folder.unread))
    for name, data in folder.named(FORM).items():
        _check_form(folder, name, data, partnership, parts)
    for name, data in folder.named(TABLE).items():
        if folder.asks_for(f"{name}{TABLE}") or folder.asks_for_diagram:
            _check_table(folder, name, data, parts)
    decisions = {name: reads for name, model in parts.models.items() if (reads := names_read(model, name)) is not None}
    known = known_of(partnership, parts.forms, decisions=decisions, surveys=surveys)
    used: set[str] = set()
    for name, data in folder.named(DIAGRAM).items():
        file = f"{name}{DIAGRAM}"
        if folder.asks_for(file):
            shown = folder.shown(file)
            parts.found += _guarded(shown, partial(_check_diagram, folder, name, data, known, parts, used))
    if folder.key and folder.wanted is None:
        parts.found += _of_process(folder, parts, used)
        given = known.names_of(folder.key)
        for name, form in parts.good_forms.items():
            found = form_files.unknown_names(form, given)
            parts.found += [FileFinding(folder.shown(f"{name}{FORM}"), finding) for finding in found]
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
    used |= asked_for(root)
    encoding = (root.getroottree().docinfo.encoding or "UTF-8").upper()
    found = [] if encoding in ("UTF-8", "ASCII", "US-ASCII") else [_other_encoding(encoding)]
    found += validate(root, name=name, known=known, strict=name == folder.key)
    if not any(finding.severity is Severity.ERROR for finding in found):
        unforeseen = compiles(root, known, {key: one.model for key, one in parts.models.items()})
        if unforeseen:
            log.warning("a diagram passed every rule and does not compile", process=name, said=unforeseen[0].message)
        found += unforeseen
    if not any(finding.code in ("not-bpmn", "too-large") for finding in found):
        found += check_readability(root)
    return [FileFinding(shown, finding) for finding in found]


def _other_encoding(encoding: str) -> Finding:
    message = f"The file is in {encoding} and read as that; what is published is kept as UTF-8. Save it again as UTF-8."
    return Finding(None, Severity.WARNING, message, 1, "not-utf-8")


# --- tables and forms ---


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


def _check_form(folder: Folder, name: str, data: bytes, partnership: Partnership, parts: _Parts) -> None:
    shown = folder.shown(f"{name}{FORM}")

    def check() -> Iterator[FileFinding]:
        source, found = form_files.read_form(data)
        parts.forms[name] = form_files.fields_of(source)
        if folder.asks_for(f"{name}{FORM}") and not found:
            text = data.decode("utf-8-sig")
            form, found = form_files.check_one(source, text, partnership)
            if form is not None:
                parts.good_forms[name] = form
        return (FileFinding(shown, finding) for finding in found)

    found = _guarded(shown, check)
    if folder.asks_for(f"{name}{FORM}"):
        parts.found += found
