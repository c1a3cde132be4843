"""Answers to read: a completed task, the papers of another, or what is about to be sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from engine.forms import Context, Field, Form, Kind
from engine.forms.answers import Path, shown
from engine.forms.telling import row_title, told_there
from web.forms.page import FileShown, NameFile
from web.forms.posted import name_of

NOT_ANSWERED = "Not answered"


@dataclass(frozen=True)
class AnswerRow:
    """`id` is that of the question on the form's page; a group has items instead of words.

    `shown_only`: nobody typed it, so nobody can change it.
    """

    id: str
    title: str
    words: str = ""
    files: tuple[FileShown, ...] = ()
    items: tuple["AnswerItem", ...] = ()
    shown_only: bool = False


@dataclass(frozen=True)
class AnswerItem:
    id: str
    title: str
    rows: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class AnswerBlock:
    """A run of plain answers, or the items of one group."""

    rows: tuple[AnswerRow, ...] = ()
    items: tuple[AnswerItem, ...] = ()


@dataclass(frozen=True)
class AnswerSection:
    title: str | None
    blocks: tuple[AnswerBlock, ...]


def summary(
    form: Form,
    answers: Mapping[str, Any],
    context: Context,
    *,
    name_file: NameFile = lambda ref: FileShown(ref, ref),
) -> tuple[AnswerSection, ...]:
    """Every question that these answers bring up, with its answer in words."""
    asked = shown(form, answers, context)
    teller = _Teller(form, answers, context, asked, name_file)
    return tuple(
        AnswerSection(section.title, blocks)
        for section in form.sections
        if (blocks := tuple(_blocks(teller.rows(section.fields, answers, ()))))
    )


def _blocks(rows: Iterable[AnswerRow]) -> Iterator[AnswerBlock]:
    for grouped, run in groupby(rows, key=lambda row: bool(row.items)):
        if grouped:
            yield from (AnswerBlock(items=row.items) for row in run)
        else:
            yield AnswerBlock(rows=tuple(run))


@dataclass(frozen=True)
class _Teller:
    form: Form
    answers: Mapping[str, Any]
    context: Context
    asked: frozenset[Path]
    name_file: NameFile

    def rows(self, fields: Sequence[Field], answers: Mapping[str, Any], at: Path) -> Iterator[AnswerRow]:
        for f in fields:
            path = (*at, f.name)
            if path in self.asked and not (f.auto and f.name not in answers):
                yield self._row(f, answers.get(f.name), path)

    def _row(self, f: Field, value: Any, path: Path) -> AnswerRow:
        name = name_of(path)
        if value is None or value == []:
            return AnswerRow(name, f.title, "None" if f.kind is Kind.GROUP else NOT_ANSWERED)
        if f.kind is Kind.GROUP:
            items = (
                AnswerItem(
                    name_of((*path, index)),
                    row_title(self.form, f, index, self.answers, self.context),
                    tuple(self.rows(f.fields, one, (*path, index))),
                )
                for index, one in enumerate(value)
            )
            return AnswerRow(name, f.title, items=tuple(items))
        if f.kind in (Kind.FILE, Kind.FILES):
            refs = value if isinstance(value, list) else [value]
            return AnswerRow(name, f.title, files=tuple(self.name_file(ref) for ref in refs))
        words = told_there(self.form, f, value, path, self.answers, self.context)
        return AnswerRow(name, f.title, words, shown_only=f.auto is not None)
