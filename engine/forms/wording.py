"""What a form says when an answer will not do, in the words of the GOV.UK Design System."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.forms.questions import Field, Kind, Widget

_NO_ARTICLE = frozenset(
    [
        "the",
        "a",
        "an",
        "your",
        "their",
        "his",
        "her",
        "its",
        "our",
        "this",
        "that",
        "these",
        "those",
        "any",
        "each",
        "every",
        "other",
        "no",
        "one",
        "whether",
        "how",
        "what",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "which",
    ]
)


def subject_of(title: str, given: str | None = None) -> str:
    """How a message speaks of an answer: “Date of birth” is “the date of birth”; a question has no such name."""
    if given:
        return given
    if not title or title.rstrip().endswith("?"):
        return ""
    first, _, rest = title.partition(" ")
    plain = first[1:] == first[1:].lower() and len(first) > 1
    lowered = f"{first.lower() if plain else first} {rest}".strip()
    return lowered if first.lower() in _NO_ARTICLE else f"the {lowered}"


def missing(field: Field) -> str:
    """The question has no answer and needs one."""
    if field.widget is Widget.TICK:
        return f"Confirm {field.schema['x-subject']}" if "x-subject" in field.schema else f"Tick “{field.title}”"
    if field.kind is Kind.GROUP:
        return f"Add at least one {lower_first(field.item_title)}"
    verb = "Select" if field.kind in (Kind.CHOICE, Kind.CHOICES, Kind.YES_NO) else "Enter"
    if not field.subject:
        return f"{verb} an answer to “{field.title}”"
    return f"{'Upload' if field.kind in (Kind.FILE, Kind.FILES) else verb} {field.subject}"


def wrong(field: Field, keyword: str, limit: Any, value: Any) -> str:
    """The answer breaks a constraint of the schema."""
    words = _WRONG.get(keyword)
    return words(field, limit, value) if words else _check(field)


def unreal(field: Field, value: str) -> tuple[str, str | None]:
    """Why this is no date, and which of its boxes to correct. `value` is as typed: `2027-2-31x`, `--`."""
    named = _named(field)
    timed = field.schema.get("format") == "local-date-time"
    day_text, _, time = value.rpartition("T") if timed else (value, "", "")
    year, month, day = [*day_text.split("-", 2), "", ""][:3]
    parts = {"day": day, "month": month, "year": year}
    if field.schema.get("format") == "year-month":
        del parts["day"]
    empty = [name for name, text in parts.items() if not text.strip()]
    if empty and len(empty) < len(parts):
        return f"{named} must include a {' and a '.join(empty)}", empty[0]
    if timed and not empty and not time.strip():
        return f"{named} must include a time", "time"
    if not re.fullmatch(r"\d{4}", year):
        return f"{named} must include a year of 4 numbers", "year"
    if timed and not re.fullmatch(r"\d\d:\d\d", time):
        return f"{named} must include a time, like 2:30pm or 14:30", "time"
    return f"{named} must be a real date", None


def lower_first(text: str) -> str:
    """For use within a sentence; abbreviations stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _named(field: Field) -> str:
    """The answer at the beginning of a sentence."""
    if "x-subject" in field.schema:
        return field.subject[:1].upper() + field.subject[1:]
    return field.title if field.subject else f"Your answer to “{field.title}”"


def _check(field: Field) -> str:
    return f"Check {field.subject or f'your answer to “{field.title}”'}"


def _count(number: Any) -> str:
    return f"{number:,}"


def _type(field: Field, wanted: Any, value: Any) -> str:
    if wanted == "integer":
        return f"{_named(field)} must be a whole number"
    return f"{_named(field)} must be a number" if wanted == "number" else _check(field)


def _pattern(field: Field, _: Any, __: Any) -> str:
    like = next(iter(field.schema.get("examples", [])), None)
    return f"{_named(field)} must be in the correct format" + (f", like {like}" if like else "")


def _only(field: Field, wanted: Any, _: Any) -> str:
    if field.widget is Widget.TICK:
        return missing(field)
    return f"{_named(field)} must be “{field.titled(wanted)}”"


def _listed(field: Field, _: Any, __: Any) -> str:
    words = f"{field.subject} from the list" if field.subject else f"an answer to “{field.title}”"
    return f"Select {words}"


def _fewest(field: Field, limit: Any, _: Any) -> str:
    return missing(field) if limit == 1 else f"{_named(field)} must have {_count(limit)} entries or more"


_WRONG: Mapping[str, Callable[[Field, Any, Any], str]] = {
    "type": _type,
    "minLength": lambda field, n, _: f"{_named(field)} must be {_count(n)} characters or more",
    "maxLength": lambda field, n, _: f"{_named(field)} must be {_count(n)} characters or less",
    "minimum": lambda field, n, _: f"{_named(field)} must be {_count(n)} or more",
    "maximum": lambda field, n, _: f"{_named(field)} must be {_count(n)} or less",
    "exclusiveMinimum": lambda field, n, _: f"{_named(field)} must be more than {_count(n)}",
    "exclusiveMaximum": lambda field, n, _: f"{_named(field)} must be less than {_count(n)}",
    "multipleOf": lambda field, n, _: f"{_named(field)} must be a multiple of {_count(n)}",
    "pattern": _pattern,
    "format": lambda field, _, __: f"{_named(field)} must be in the correct format",
    "const": _only,
    "enum": _listed,
    "oneOf": _listed,
    "uniqueItems": lambda field, _, __: f"{_named(field)} must not have the same answer twice",
    "minItems": _fewest,
    "maxItems": lambda field, n, _: f"{_named(field)} must have {_count(n)} entries or fewer",
}
