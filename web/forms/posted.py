"""Between answers and what a web form carries: flat names, and text as it was typed.

`Raw` keeps everything typed, right or wrong: a page shows it again, a draft stores it. Names follow the path of the
answer, `children-0-initials`; a date has `-day`, `-month`, `-year`, a time `-time` too, a group `-rows`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from engine.forms import Field, FieldError, Form, Kind, Widget
from engine.forms.answers import Path

Raw = Mapping[str, Sequence[str]]

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

MOST_ROWS = 200  # what one request may claim; the schema's own limit is judged later

KeepFile = Callable[[Path, FileStorage], str]


class FileRefused(Exception):
    """Raised by the keeper of files; its text is the message."""


@dataclass(frozen=True)
class Action:
    """Which button was pressed: submit, save, autosave, check, change, add, remove, drop."""

    verb: str
    name: str = ""
    which: str = ""

    @classmethod
    def read(cls, text: str | None) -> "Action":
        verb, name, which = [*(text or "submit").split(":", 2), "", ""][:3]
        return cls(verb, name, which)


@dataclass(frozen=True)
class Posted:
    action: Action
    raw: Raw
    answers: dict[str, Any]
    refused: tuple[FieldError, ...]  # files


def name_of(path: Path) -> str:
    return "-".join(str(step) for step in path)


def read(
    form: Form,
    posted: MultiDict[str, str],
    files: MultiDict[str, FileStorage] | None = None,
    *,
    keep: KeepFile | None = None,
) -> Posted:
    """What somebody sent, with the button's change to the rows already made. `keep` stores a file and names it."""
    sent = {name: [_lines(value) for value in posted.getlist(name)] for name in _names(form, posted)}
    refused = list(_keep_files(form, sent, files, keep)) if files and keep else []
    action = Action.read(posted.get("_action"))
    raw = changed(form, sent, action)
    return Posted(action, raw, typed(form, raw), tuple(refused))


def typed(form: Form, raw: Raw) -> dict[str, Any]:
    """The answers that were typed. What cannot be read as its kind stays text, for the check to complain of."""
    return _level(form.fields, raw, ())


def fill(form: Form, answers: Mapping[str, Any]) -> Raw:
    """Answers as a web form carries them."""
    raw: dict[str, list[str]] = {}
    for field in form.fields:
        if field.name in answers:
            _write(field, answers[field.name], (field.name,), raw)
    return raw


def changed(form: Form, raw: Raw, action: Action) -> dict[str, Sequence[str]]:
    """The same with a row added or removed, or a file dropped."""
    whole = dict(raw)
    if action.verb == "drop":
        whole[action.name] = [one for one in raw.get(action.name, ()) if one != action.which]
        return whole
    if action.verb not in {"add", "remove"} or action.name not in form:
        return whole
    group = form[action.name]
    if group.kind is not Kind.GROUP:
        return whole
    count = rows_in(group, raw)
    if action.verb == "add":
        whole[f"{group.name}-rows"] = [str(min(count + 1, MOST_ROWS))]
    elif action.which.isdecimal() and int(action.which) < count:
        return _without_row(group.name, whole, int(action.which), count)
    return whole


def rows_in(group: Field, raw: Raw) -> int:
    """How many rows the page has; at first as many as must be filled."""
    given = _first(raw, f"{group.name}-rows")
    return min(int(given), MOST_ROWS) if given.isdecimal() else group.min_items


def _without_row(group: str, raw: dict[str, Sequence[str]], gone: int, count: int) -> dict[str, Sequence[str]]:
    kept: dict[str, Sequence[str]] = {}
    for name, values in raw.items():
        match = re.fullmatch(rf"{re.escape(group)}-(\d+)-(.+)", name)
        if not match:
            kept[name] = values
        elif (index := int(match[1])) != gone:
            kept[f"{group}-{index - (index > gone)}-{match[2]}"] = values
    kept[f"{group}-rows"] = [str(count - 1)]
    return kept


def _level(fields: Iterable[Field], raw: Raw, at: Path) -> dict[str, Any]:
    found = {field.name: _typed(field, raw, (*at, field.name)) for field in fields if not field.auto}
    return {name: value for name, value in found.items() if value is not None}


def _typed(field: Field, raw: Raw, path: Path) -> Any:
    name = name_of(path)
    match field.kind:
        case Kind.GROUP:
            return [_level(field.fields, raw, (*path, index)) for index in range(rows_in(field, raw))]
        case Kind.DATE | Kind.DATETIME | Kind.MONTH:
            return _typed_date(field, raw, name)
        case Kind.YES_NO if field.widget is Widget.TICK:
            return _first(raw, name) == "true"
        case Kind.CHOICES:
            return [_chosen(field, token) for token in dict.fromkeys(raw.get(name, ())) if token]
        case Kind.FILES:
            return [ref for ref in dict.fromkeys(raw.get(name, ())) if ref]
        case Kind.LINES:
            return [line.strip() for line in _first(raw, name).splitlines() if line.strip()]
        case Kind.CHOICE | Kind.YES_NO:
            return _chosen(field, token) if (token := _first(raw, name)) else None
        case Kind.NUMBER:
            return _typed_number(_first(raw, name))
        case _:
            return _first(raw, name).strip() or None


def _typed_number(text: str) -> int | float | str | None:
    plain = text.strip().replace(",", "").replace(" ", "").removeprefix("£")
    if re.fullmatch(r"-?\d{1,15}", plain):
        return int(plain)
    return float(plain) if re.fullmatch(r"-?\d{1,15}\.\d{1,6}", plain) else text.strip() or None


def boxes_of(field: Field) -> tuple[str, ...]:
    """The boxes in which a date or time is typed."""
    day, time = () if field.kind is Kind.MONTH else ("day",), ("time",) if field.kind is Kind.DATETIME else ()
    return (*day, "month", "year", *time)


def _typed_date(field: Field, raw: Raw, name: str) -> str | None:
    """As the schema writes it, with whatever was typed: `2027-01-31x` and `2027--` are not dates, and say why."""
    typed_in = {box: _first(raw, f"{name}-{box}").strip() for box in boxes_of(field)}
    if not any(typed_in.values()):
        return None
    parts = [typed_in["year"], _two_digits(_month_number(typed_in["month"]))]
    if "day" in typed_in:
        parts.append(_two_digits(typed_in["day"]))
    return "-".join(parts) + (f"T{_clock(typed_in['time'])}" if "time" in typed_in else "")


def _two_digits(text: str) -> str:
    return text.zfill(2) if re.fullmatch(r"\d", text) else text


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def _month_number(text: str) -> str:
    """`January` and `jan` are 1."""
    start = text[:3].lower()
    return str(_MONTHS.index(start) + 1) if start in _MONTHS and text.isalpha() else text


_CLOCK = re.compile(r"(\d{1,2})(?:[:.]?(\d\d))?\s*(?:([ap])\.?m\.?)?", re.IGNORECASE)


def _clock(text: str) -> str:
    """`3pm`, `3.30 pm`, `1530` and `15:30` are times; anything else stays as it is."""
    words = {"midday": "12:00", "noon": "12:00", "midnight": "00:00"}
    match = _CLOCK.fullmatch(text.strip())
    if text.strip().lower() in words:
        return words[text.strip().lower()]
    if not match or (match[2] is None and match[3] is None):
        return text
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return text
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02d}:{minute:02d}"


def _chosen(field: Field, token: str) -> Any:
    return next((option.value for option in field.options if option.token == token), token)


def _write(field: Field, value: Any, path: Path, raw: dict[str, list[str]]) -> None:
    name = name_of(path)
    match field.kind:
        case Kind.GROUP:
            raw[f"{name}-rows"] = [str(len(value))]
            for index, row in enumerate(value):
                for part in field.fields:
                    if part.name in row:
                        _write(part, row[part.name], (*path, index, part.name), raw)
        case Kind.DATE | Kind.DATETIME | Kind.MONTH:
            day_text, _, time = str(value).partition("T")  # no answer of a form has a T before that
            year, month, day = [*day_text.split("-", 2), "", ""][:3]
            texts = {"day": day, "month": month, "year": year, "time": time}
            for box in boxes_of(field):
                raw[f"{name}-{box}"] = [texts[box].lstrip("0") if box in {"day", "month"} else texts[box]]
        case Kind.CHOICES | Kind.FILES:
            raw[name] = [_token(one) for one in value]
        case Kind.LINES:
            raw[name] = ["\n".join(str(one) for one in value)]
        case _:
            raw[name] = [_token(value)]


def _token(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _first(raw: Raw, name: str) -> str:
    values = raw.get(name) or [""]
    return values[0]


def _lines(text: str) -> str:
    """Browsers send line breaks as CR LF; characters are counted, and text kept, with LF.

    Signs that turn the direction of writing are left out: they would turn whatever stands beside the words too.
    """
    return _TURNING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _names(form: Form, posted: MultiDict[str, str]) -> Iterable[str]:
    """Only what belongs to a question of the form."""
    return (name for name in posted if name.split("-", 1)[0] in form)


def _keep_files(
    form: Form, raw: dict[str, list[str]], files: MultiDict[str, FileStorage], keep: KeepFile
) -> Iterable[FieldError]:
    for path, field in _file_questions(form, raw):
        name = name_of(path)
        for upload in files.getlist(name):
            if not upload.filename:
                continue
            try:
                ref = keep(path, upload)
            except FileRefused as refusal:
                yield FieldError(path, str(refusal))
            else:
                raw[name] = [ref] if field.kind is Kind.FILE else [*raw.get(name, []), ref]


def _file_questions(form: Form, raw: Raw) -> Iterable[tuple[Path, Field]]:
    for field in form.fields:
        if field.kind in (Kind.FILE, Kind.FILES):
            yield (field.name,), field
        for part in field.fields:
            if part.kind in (Kind.FILE, Kind.FILES):
                for index in range(rows_in(field, raw)):
                    yield (field.name, index, part.name), part


def file_names(form: Form, raw: Raw) -> frozenset[str]:
    """The names under which a web form carries files."""
    return frozenset(name_of(path) for path, _ in _file_questions(form, raw))


def file_refs(form: Form, raw: Raw) -> frozenset[str]:
    """Every file that the answers name: the server must know each as belonging here."""
    return frozenset(ref for path, _ in _file_questions(form, raw) for ref in raw.get(name_of(path), ()) if ref)
