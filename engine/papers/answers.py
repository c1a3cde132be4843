"""Answers of a form as part of a paper: whatever was answered is printed, section by section."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.forms import Field, Form, Kind
from engine.forms.telling import spelled_out, told
from engine.papers.document import TOP, Block, Facts, Heading, Items, Table

NONE = "None"
LONG = 250  # characters: a group with a text that may be longer is not a table
MOST_COLUMNS = 4


@dataclass(frozen=True)
class Names:
    """What answers name and a form by itself can not tell: files, and what its process offered at the time."""

    file: Callable[[str], str] = str
    titles: Mapping[str, str] = field(default_factory=dict)


def answered(
    form: Form, answers: Mapping[str, Any], *, level: int = TOP, open_only: bool, names: Names
) -> Iterator[Block]:
    """What was asked and not answered is left out.

    `open_only`: without any question that is marked as about a child, whether or not its answer is here.
    """
    for section in form.sections:
        found = [f for f in section.fields if f.name in answers and not (open_only and f.confidential)]
        blocks = list(_blocks(found, answers, level + 1 if section.title else level, names))
        if blocks and section.title:
            yield Heading(section.title, level)
        yield from blocks


def _blocks(found: Sequence[Field], answers: Mapping[str, Any], level: int, names: Names) -> Iterator[Block]:
    """Plain answers first: what came after a group would read as if it belonged to its last row."""
    groups = [f for f in found if f.kind is Kind.GROUP and answers[f.name]]
    plain = [f for f in found if f not in groups]
    if plain:
        yield Facts(tuple((f.title, words(f, answers[f.name], names)) for f in plain))
    for f in groups:
        yield from _group(f, answers[f.name], level, names)


def _group(f: Field, rows: Sequence[Mapping[str, Any]], level: int, names: Names) -> Iterator[Block]:
    columns = [part for part in f.fields if any(part.name in row for row in rows)]
    if len(columns) == 1:
        yield Heading(f.title, level)
        yield Items(tuple(_cell(columns[0], row, names) for row in rows), numbered=True)
    elif len(columns) <= MOST_COLUMNS and not any(_long(part) for part in columns):
        cells = tuple(tuple(_cell(part, row, names) for part in columns) for row in rows)
        yield Table(f.title, tuple(part.title for part in columns), cells)
    else:
        for number, row in enumerate(rows, 1):
            yield Heading(f"{f.item_title} {number}", level)
            yield Facts(tuple((part.title, _cell(part, row, names)) for part in columns if part.name in row))


def _cell(part: Field, row: Mapping[str, Any], names: Names) -> str:
    return words(part, row[part.name], names) if part.name in row else "–"


def _long(part: Field) -> bool:
    return part.kind is Kind.LINES or (part.kind is Kind.TEXT and (part.max_length or LONG + 1) > LONG)


def words(f: Field, value: Any, names: Names) -> str:
    if value in (None, "", []):
        return NONE
    if f.kind in (Kind.FILE, Kind.FILES):
        return "\n".join(names.file(str(ref)) for ref in (value if isinstance(value, list) else [value]))
    return told(f, value, lambda one: _title(f, one, names))


def _title(f: Field, value: Any, names: Names) -> str:
    title = f.titled(value)
    return names.titles.get(title) or spelled_out(title) if title == value else title
