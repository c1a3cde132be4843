"""History in words."""

from collections.abc import Callable, Mapping
from datetime import datetime, time

from engine.forms.telling import spelled
from engine.papers import KINDS, PaperKind
from engine.queries.case_page import Happening
from engine.types import LONDON
from engine.working_time import InvalidRule, Move, Unit
from engine.working_time.rule_text import read_rule
from engine.working_time.words import time_words
from web.jinja import day, listed, moment

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth")
RUNGS = {"R": "reminder", "O": "notice that it is overdue", "C": "closing notice"}
UNITS = {Unit.WORKING_DAY: "working day", Unit.DAY: "day", Unit.WEEK: "week", Unit.MONTH: "month"}
MOVES = {Move.PREVIOUS: "or the last working day before it", Move.NEXT: "or the next working day after it"}


def rung_words(rung: str) -> str:
    """`O2` of a ladder as “Second notice that it is overdue”; a notice by its own name."""
    kind, number = rung[:1], rung[1:]
    if kind in RUNGS and number.isdecimal() and 0 < int(number) <= len(ORDINALS):
        return f"{ORDINALS[int(number) - 1]} {RUNGS[kind]}"
    return rung.replace("-", " ").capitalize()


def rule_words(rule: str) -> str:
    """`+7wd after notification_sent` as “7 working days after notification sent”."""
    if rule.lstrip().startswith("="):
        return "Worked out for each case"
    parts = read_rule(rule)
    count, anchor = abs(parts.amount), (parts.anchor or "the task opens").replace("_", " ")
    span = f"{count} {UNITS[parts.unit]}{'' if count == 1 else 's'} {'after' if parts.amount > 0 else 'before'}"
    words = f"{span} {anchor}" if count else f"On the day {'of ' if parts.anchor else ''}{anchor}"
    if parts.move is not None:
        words += f", {MOVES[parts.move]}"
    return f"{words}, at {time_words(parts.at)}" if parts.at else words


def due_words(due: str | None, names: Mapping[str, str]) -> str | None:
    """When a step is due: by a deadline of the process (by its name), or by a rule of its own."""
    if due is None or due in names:
        return names.get(due or "")
    try:
        return rule_words(due)
    except InvalidRule:
        return "By a date of another process"


def source_words(source: str | None) -> str | None:
    """Where a step comes from, as its readers know it: our own reading (DOMAIN) is no source of theirs."""
    known = [part.strip() for part in (source or "").split(";") if "DOMAIN" not in part]
    return "; ".join(part for part in known if part) or None


def _task(before: str) -> Callable[[Happening], str]:
    return lambda h: f"{before}: {h.title or h.details.get('about') or h.details.get('element', '')}"


def _anchor(happening: Happening) -> str:
    name = str(happening.details.get("anchor", "")).replace("_", " ")
    at = datetime.fromisoformat(str(happening.details["value"])).astimezone(LONDON)
    return f"Date recorded: {name}, {moment(at) if at.time() > time() else day(at)}"


def _paper(before: str) -> Callable[[Happening], str]:
    def words(happening: Happening) -> str:
        kind, version = str(happening.details.get("kind", "")), happening.details.get("version", "")
        return f"{before}: {KINDS[PaperKind(kind)].title if kind in set(PaperKind) else kind}, version {version}"

    return words


def _viewed(happening: Happening) -> str:
    return "Read the papers" if happening.details.get("part") == "papers" else "Looked at the case"


_TITLES: Mapping[str, tuple[Callable[[Happening], str], str | None]] = {
    "case-started": (lambda h: "Case begun", "done"),
    "process-started": (lambda h: f"Begun: {spelled(str(h.details.get('process', '')))}", "done"),
    "process-ended": (lambda h: f"Ended: {spelled(str(h.details.get('process', '')))}", "done"),
    "task-opened": (lambda h: f"Asked of {h.role}: {h.title}" if h.role else _task("Asked")(h), None),
    "task-claimed": (_task("Taken"), None),
    "task-released": (_task("Released"), None),
    "task-completed": (_task("Done"), "done"),
    "event-triggered": (_task("Done"), "done"),
    "task-viewed": (_task("Looked at"), "seen"),
    "cases-compared": (lambda h: f"Read beside case {h.details.get('beside', '')}", "seen"),
    "case-viewed": (_viewed, "seen"),
    "file-read": (lambda h: "Opened a file", "seen"),
    "paper-issued": (_paper("Paper made"), "done"),
    "paper-read": (_paper("Opened a paper"), "seen"),
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
    return title(happening), _more(happening), kind


def _more(happening: Happening) -> str:
    said, details = [], happening.details
    if details.get("reason"):
        said.append(str(details["reason"]))
    for move in details.get("moved") or ():
        if isinstance(move, dict):
            before, after = (datetime.fromisoformat(str(move[k])).astimezone(LONDON) for k in ("from", "to"))
            said.append(f"{move['deadline']} moved from {day(before)} to {day(after)}.")
    if details.get("rung"):
        to = f" to {listed(happening.told)}" if happening.told else ""
        said.append(f"{rung_words(str(details['rung']))}{to}.")
    return " ".join(said)
