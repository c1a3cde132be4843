"""What people answer: judged in words, and parted by sensitivity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jsonschema import ValidationError

from engine.feel import FeelError
from engine.forms import wording
from engine.forms.conditions import Json
from engine.forms.form import Form, FormError
from engine.forms.questions import Field, Kind, Rule
from engine.forms.settling import (
    Answers,
    Context,
    Path,
    Settled,
    defaults,
    evaluate,
    options_of,
    scope_of,
    scope_within,
)
from engine.forms.telling import row_title


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one answer. `part` names the box of a date: day, month, year or time.

    `row`: in a group, of which row; whoever sees the row itself need not be told.
    """

    path: Path
    words: str
    part: str | None = None
    row: str | None = None

    @property
    def message(self) -> str:
        return self.words if self.row is None else f"{self.words} ({self.row})"


@dataclass(frozen=True)
class Review:
    """Answers as they would be kept, and what still stands against keeping them."""

    answers: dict[str, Json]
    errors: tuple[FieldError, ...]


def review(form: Form, answers: Answers, context: Context) -> Review:
    """Settle the answers and judge them."""
    settled = Settled(form, answers, context)
    unknown = [FieldError(path, f"This form has no question “{path[-1]}”") for path in _unknown(form.fields, answers)]
    misshapen = list(_schema_errors(form, settled))
    errors = [
        *unknown,
        *misshapen,
        *_own_errors(form.fields, settled),
        *_rules(settled, misshapen),
    ]
    return Review(settled.answers, tuple(_in_page_order(form, errors)))


def validate(form: Form, answers: Answers, context: Context) -> list[FieldError]:
    """What is wrong with the answers, in the order of the page."""
    return list(review(form, answers, context).errors)


def settle(form: Form, answers: Answers, context: Context) -> dict[str, Json]:
    """The answers as they would be kept: computed ones filled in, blanks and hidden questions dropped."""
    return Settled(form, answers, context).answers


def shown(form: Form, answers: Answers, context: Context) -> frozenset[Path]:
    """The questions that these answers bring up; of a group also `("children", 0, "death_type")`."""
    return frozenset(Settled(form, answers, context).shown)


def split(form: Form, answers: Answers) -> tuple[dict[str, Json], dict[str, Json]]:
    """The open answers, and the confidential ones. A group is confidential as a whole when any part of it is."""
    open_ones = {name: value for name, value in answers.items() if name in form and not form[name].confidential}
    closed = {name: value for name, value in answers.items() if name in form and form[name].confidential}
    return open_ones, closed


def merge_example(form: Form, overrides: Answers, context: Context) -> dict[str, Json]:
    """The form's first example with some answers changed (None takes one away), as it would be kept.

    What the example leaves out is as the page starts with it. Rows of a group are merged one by one; a row beyond the
    example's is merged over the example's last.
    """
    if not form.examples:
        raise FormError(f"The form “{form.title}” has no example.")
    return settle(form, _merged({**defaults(form, context), **form.examples[0]}, overrides), context)


def _schema_errors(form: Form, settled: Settled) -> Iterator[FieldError]:
    seen: set[tuple[Path, str]] = set()
    for error in _flat(form.validator.iter_errors(settled.answers)):
        for found in _from_schema(form, error, settled):
            if (key := (found.path, str(error.validator))) not in seen:
                seen.add(key)
                yield found


def _flat(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """`then` and `else` wrap nothing in this library, but `allOf` in a clause may."""
    for error in errors:
        if error.validator in {"allOf", "then", "else"} and error.context:
            yield from _flat(error.context)
        else:
            yield error


def _from_schema(form: Form, error: ValidationError, settled: Settled) -> Iterator[FieldError]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "required":
        wanted: Json = error.validator_value
        given: Json = error.instance
        for name in wanted:
            if name not in given and (*path, name) in settled.shown and (f := _question(form, (*path, name))):
                yield _error((*path, name), wording.missing(f), settled)
        return
    f = _question(form, path)
    if f is None:
        yield FieldError(path, "Check your answers: they do not fit together")
        return
    at = path[: 3 if len(path) > 2 and form[str(path[0])].kind is Kind.GROUP else 1]
    if error.validator == "format" and f.kind in (Kind.DATE, Kind.DATETIME, Kind.MONTH):
        message, part = wording.unreal(f, str(error.instance))
        yield _error(at, message, settled, part)
    else:
        message = wording.wrong(f, str(error.validator), error.validator_value, error.instance)
        yield _error(at, message, settled)


def _own_errors(fields: Sequence[Field], settled: Settled) -> Iterator[FieldError]:
    """What the `x-` hints demand beyond the schema."""
    for f in fields:
        if (f.name,) in settled.shown:
            yield from _hinted(f, (f.name,), settled.answers, settled.scope, settled)
        for index, row in _rows(f, settled):
            scope = scope_within(f.fields, settled.scope, row)
            for part in f.fields:
                at = (f.name, index, part.name)
                if at in settled.shown:
                    for error in _hinted(part, at, row, scope, settled):
                        yield _error(at, error.words, settled, error.part)


def _rows(f: Field, settled: Settled) -> Iterator[tuple[int, Answers]]:
    rows = settled.answers.get(f.name) if f.kind is Kind.GROUP else None
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, Mapping):
            yield index, row


def _hinted(
    f: Field, at: Path, answers: Answers, scope: Mapping[str, object], settled: Settled
) -> Iterator[FieldError]:
    value = answers.get(f.name)
    if value is None:
        asked = f.required_if and evaluate(f.required_if, scope, settled.context, lacking=False) is True
        if asked:
            yield FieldError(at, wording.missing(f))
        return
    if f.kind in (Kind.CHOICE, Kind.CHOICES, Kind.YES_NO) and (f.options or f.options_from):
        offered = [option.value for option in options_of(f, scope, settled.context)]
        chosen = value if isinstance(value, list) else [value]
        limited = f.options_from is not None or any(option.offered_if for option in f.options)
        if any(one not in offered for one in chosen) and not (limited and settled.context.no_case):
            yield FieldError(at, wording.wrong(f, "enum", offered, value))
        elif len(chosen) > 1 and "none" in chosen:
            yield FieldError(at, f"Select “{f.titled('none')}” or other answers, not both")


def _rules(settled: Settled, misshapen: Sequence[FieldError]) -> Iterator[FieldError]:
    """The rules of the form, and of each row of a group whose answers have the right shape."""
    for rule in settled.form.rules:
        if _broken(rule, settled.scope, settled, misshapen=bool(misshapen)):
            yield FieldError((rule.field,) if rule.field else (), rule.message)
    for f in settled.form.fields:
        for index, row in _rows(f, settled) if f.rules else ():
            wrong = any(error.path[:2] == (f.name, index) for error in misshapen)
            scope = scope_within(f.fields, settled.scope, row)
            for rule in () if wrong else f.rules:
                if _broken(rule, scope, settled, misshapen=bool(misshapen)):
                    yield _error((f.name, index, str(rule.field)), rule.message, settled)


def _broken(rule: Rule, scope: Mapping[str, object], settled: Settled, *, misshapen: bool) -> bool:
    """A rule that cannot be told for want of an answer, of case data, or of a real date waits for it."""
    try:
        holds = evaluate(rule.that, scope, settled.context, lacking=None)
    except FeelError:
        if misshapen:
            return False
        raise
    waiting = settled.context.no_case or any(scope.get(name) is None for name in rule.that.names)
    return holds is not True and not (holds is None and waiting)


def _unknown(fields: Sequence[Field], answers: Answers, path: Path = ()) -> Iterator[Path]:
    by_name = {f.name: f for f in fields}
    for name, value in answers.items():
        if name not in by_name:
            yield (*path, name)
        elif by_name[name].kind is Kind.GROUP and isinstance(value, list):
            for index, row in enumerate(value):
                if isinstance(row, Mapping):
                    yield from _unknown(by_name[name].fields, row, (*path, name, index))


def _in_page_order(form: Form, errors: Iterable[FieldError]) -> list[FieldError]:
    """One error for each question, and the first that was found."""
    first: dict[Path, FieldError] = {}
    for error in errors:
        first.setdefault(error.path, error)
    places = {f.name: (number, {p.name: n for n, p in enumerate(f.fields)}) for number, f in enumerate(form.fields)}

    def place(error: FieldError) -> tuple[int, int, int]:
        number, parts = places.get(str(error.path[0]), (len(places), {})) if error.path else (len(places), {})
        row = error.path[1] if len(error.path) > 1 and isinstance(error.path[1], int) else -1
        return number, row, parts.get(str(error.path[2]), 0) if len(error.path) > 2 else -1

    return sorted(first.values(), key=place)


def _question(form: Form, path: Path) -> Field | None:
    if not path or path[0] not in form:
        return None
    f = form[str(path[0])]
    if f.kind is Kind.GROUP and len(path) > 2:
        return next((part for part in f.fields if part.name == path[2]), None)
    return f if f.kind is not Kind.GROUP or len(path) == 1 else None


def _error(path: Path, words: str, settled: Settled, part: str | None = None) -> FieldError:
    """In a group it says of which row."""
    if len(path) < 2 or not isinstance(path[1], int):
        return FieldError(path, words, part)
    title = row_title(settled.form, settled.form[str(path[0])], path[1], settled.answers, settled.context)
    return FieldError(path, words, part, wording.lower_first(title))


def _merged(example: Json, overrides: Json) -> Json:
    if isinstance(example, Mapping) and isinstance(overrides, Mapping):
        whole = {**example, **{name: _merged(example.get(name), value) for name, value in overrides.items()}}
        return {name: value for name, value in whole.items() if value is not None}
    rows = isinstance(overrides, list) and all(isinstance(row, Mapping) for row in overrides)
    if rows and isinstance(example, list) and example and all(isinstance(row, Mapping) for row in example):
        return [_merged(example[min(i, len(example) - 1)], row) for i, row in enumerate(overrides)]
    return overrides


__all__ = [
    "Answers",
    "Context",
    "FieldError",
    "Path",
    "Review",
    "defaults",
    "merge_example",
    "options_of",
    "review",
    "scope_of",
    "settle",
    "shown",
    "split",
    "validate",
]
