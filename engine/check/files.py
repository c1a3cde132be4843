"""Folders and files to check, read safely: ordinary files of ordinary size, and nothing that a link leads to."""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.bpmn.document import MAX_BYTES
from engine.bpmn.finding import Finding, Severity
from engine.library import Package
from workflows import bundled

DIAGRAM, TABLE, FORM, README = ".bpmn", ".dmn", ".form.json", "README.md"
KINDS = (DIAGRAM, TABLE, FORM)
NOT_PROCESSES = frozenset({"partnerships", "scenarios", "__pycache__", "node_modules"})
MOST_BESIDE = 200  # files beside one that is checked which are looked at too


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

    @property
    def asks_for_diagram(self) -> bool:
        return self.wanted is None or any(file.endswith(DIAGRAM) for file in self.wanted)


def folder_of(package: Package) -> Folder:
    return Folder("", {name: text.encode() for name, text in package.files.items()}, package.key)


def error(file: str, code: str, message: str) -> FileFinding:
    return FileFinding(file, Finding(None, Severity.ERROR, message, code=code))


def reason(failure: Exception) -> str:
    return (failure.strerror or str(failure)) if isinstance(failure, OSError) else str(failure)


def _read(path: Path) -> bytes | FileFinding:
    """The bytes of an ordinary file of ordinary size."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return error(str(path), "unreadable", "This is no ordinary file.")
        if about.st_size > MAX_BYTES:
            message = f"This file is larger than {MAX_BYTES // 1_000_000} MB, the most that is read."
            return error(str(path), "too-large", message)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as failure:
        return error(str(path), "unreadable", f"This file can not be read: {reason(failure)}.")


def folders_in(top: Path) -> Iterator[Folder]:
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


def lone(path: Path) -> Folder:
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


def beside(place: Path) -> Iterator[Folder]:
    """The processes whose folders stand beside this one."""
    above = place.resolve().parent
    for name in _listed(above)[:MOST_BESIDE]:
        if name != place.resolve().name and (above / name / f"{name}{DIAGRAM}").is_file():
            yield _folder(above / name, _listed(above / name)[:MOST_BESIDE])


def bundled_folders() -> list[Folder]:
    """The processes that the product ships."""
    found = []
    for family in sorted(bundled().iterdir(), key=lambda one: one.name):
        if family.is_dir() and family.name not in NOT_PROCESSES:
            for folder in sorted(family.iterdir(), key=lambda one: one.name):
                if folder.is_dir() and (folder / f"{folder.name}{DIAGRAM}").is_file():
                    files = {one.name: one.read_bytes() for one in files_in(folder)}
                    found.append(Folder(f"workflows/{family.name}/{folder.name}", files, folder.name))
    return found


def files_in(folder: Traversable) -> list[Traversable]:
    every = (one for one in folder.iterdir() if one.name.endswith((*KINDS, ".md")) and one.is_file())
    return sorted(every, key=lambda one: one.name)
