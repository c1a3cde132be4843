"""History in words."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.queries.case_page import Happening
from engine.types import LONDON
from web.jinja import day, moment


def process_name(key: str) -> str:
    """`cspr-learning` as people read it, while the process itself is not published."""
    return key.replace("-", " ").capitalize().replace("Cspr", "CSPR")


def _task(before: str) -> Callable[[Happening], str]:
    return lambda h: f"{before}: {h.title or h.details.get('element', '')}"


def _anchor(happening: Happening) -> str:
    name = str(happening.details.get("anchor", "")).replace("_", " ")
    at = datetime.fromisoformat(str(happening.details["value"])).astimezone(LONDON)
    return f"Date recorded: {name}, {moment(at)}"


_TITLES: Mapping[str, tuple[Callable[[Happening], str], str | None]] = {
    "case-started": (lambda h: "Case begun", "done"),
    "process-started": (lambda h: f"Begun: {process_name(str(h.details.get('process', '')))}", "done"),
    "process-ended": (lambda h: f"Ended: {process_name(str(h.details.get('process', '')))}", "done"),
    "task-opened": (_task("Asked"), None),
    "task-claimed": (_task("Taken"), None),
    "task-released": (_task("Released"), None),
    "task-completed": (_task("Done"), "done"),
    "event-triggered": (_task("Done"), "done"),
    "task-viewed": (_task("Looked at"), "seen"),
    "cases-compared": (lambda h: f"Read beside case {h.details.get('beside', '')}", "seen"),
    "case-viewed": (lambda h: "Looked at the case", "seen"),
    "file-read": (lambda h: "Opened a file", "seen"),
    "reminder-made": (_task("Reminder"), "late"),
    "anchor-set": (_anchor, None),
    "appointed": (lambda h: "Appointed to the case", None),
    "conflict-declared": (lambda h: "Conflict of interest declared", "late"),
    "case-merged": (lambda h: f"Merged with {h.details.get('merged', '')}", "done"),
    "refused": (lambda h: f"Refused: {h.details.get('code', '')}", "late"),
}


def happening_words(happening: Happening) -> tuple[str, str, str | None]:
    """Title, further words, and kind for the timeline."""
    title, kind = _TITLES.get(happening.action, (lambda h: h.action.replace("-", " ").capitalize(), None))
    return title(happening), _more(happening.details), kind


def _more(details: Mapping[str, Any]) -> str:
    said = []
    if details.get("reason"):
        said.append(str(details["reason"]))
    for move in details.get("moved") or ():
        if isinstance(move, dict):
            before, after = (datetime.fromisoformat(str(move[k])).astimezone(LONDON) for k in ("from", "to"))
            said.append(f"{move['deadline']} moved from {day(before)} to {day(after)}.")
    if details.get("rung"):
        said.append(f"Rung {details['rung']}")
    return " ".join(said)
