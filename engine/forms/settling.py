"""Answers made whole: computed ones filled in, blanks and hidden questions out; and what expressions see of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from engine.feel import Environment, Expression, FeelError
from engine.forms import formats
from engine.forms.conditions import Json
from engine.forms.form import Form
from engine.forms.questions import Field, Kind, Option, Widget
from engine.types import LONDON
from engine.working_time.words import plain_day_words

Answers = Mapping[str, Json]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Context:
    """What the form's expressions may read beside its own answers: the case's data, at one moment.

    `no_case`: there is none, as when a form is checked; what only a case can tell is then taken as good.
    """

    env: Environment
    data: Mapping[str, object] = field(default_factory=dict)
    no_case: bool = False


def defaults(form: Form, context: Context) -> dict[str, Json]:
    """What the page starts with."""
    scope = scope_of(form, {}, context)
    found = {f.name: _without_nothing(_value(f.default, scope, context, f)) for f in form.fields if f.default}
    return {name: value for name, value in found.items() if value is not None}


def _without_nothing(value: Json) -> Json:
    """In a row that a form starts with, what is null is a question that is not answered."""
    if isinstance(value, list):
        return [_without_nothing(one) for one in value]
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, Mapping) else value


def options_of(question: Field, scope: Mapping[str, object], context: Context) -> tuple[Option, ...]:
    """The options offered now. `scope` is the case's data and the answers, see `scope_of`."""
    if question.options_from is not None:
        given = evaluate(question.options_from, scope, context, lacking=())
        return tuple(_option(one, question) for one in (given if isinstance(given, list) else ()))
    return tuple(
        option
        for option in question.options
        if option.offered_if is None or evaluate(option.offered_if, scope, context, lacking=False) is True
    )


def scope_of(form: Form, answers: Answers, context: Context, row: tuple[str, int] | None = None) -> dict[str, object]:
    """The names that expressions of the form may read; within `row` (group, index) also those of that row."""
    scope = scope_within(form.fields, _case(form, context), answers)
    if row is None:
        return scope
    group, index = row
    rows = answers.get(group, [])
    return scope_within(form[group].fields, scope, rows[index] if index < len(rows) else {})


class Settled:
    """The answers with hidden questions taken out, until taking out hides no more."""

    def __init__(self, form: Form, answers: Answers, context: Context) -> None:
        self.form = form
        self.context = context
        kept = {f.name: _filled(f, answers[f.name]) for f in form.fields if f.name in answers}
        given = {name: value for name, value in kept.items() if value is not None}
        self.shown: set[Path] = set()
        case = _case(form, context)
        self.answers, visible = self._level(form.fields, given, case)
        self.shown |= {(name,) for name in visible}
        outer = scope_within(form.fields, case, self.answers)
        for f in form.fields:
            if f.kind is Kind.GROUP and isinstance(rows := self.answers.get(f.name), list):
                self.answers[f.name] = [self._row(f, index, row, outer) for index, row in enumerate(rows)]
        self.scope = scope_within(form.fields, case, self.answers)

    def _row(self, group: Field, index: int, row: Json, outer: Mapping[str, object]) -> Json:
        if not isinstance(row, Mapping):
            return row
        given = {f.name: value for f in group.fields if (value := _filled(f, row.get(f.name))) is not None}
        answers, visible = self._level(group.fields, given, outer)
        self.shown |= {(group.name, index, name) for name in visible}
        return answers

    def _level(
        self, fields: Sequence[Field], given: Answers, outer: Mapping[str, object]
    ) -> tuple[dict[str, Json], set[str]]:
        visible = {f.name for f in fields}
        for _ in range(len(fields) + 1):
            answers = {f.name: given[f.name] for f in fields if f.name in visible and f.name in given}
            scope = scope_within(fields, outer, answers)
            for f in fields:
                if f.auto and f.name in visible:
                    computed = _value(f.auto, {**scope, f.name: outer.get(f.name)}, self.context, f)
                    answers.pop(f.name, None)
                    if computed is not None:
                        answers[f.name] = computed
                        scope[f.name] = _as_feel(f, computed)
            now = {f.name for f in fields if self._asked(f, answers, scope)}
            if now == visible:
                break
            visible = now
        return {name: value for name, value in answers.items() if name in visible}, visible

    def _asked(self, f: Field, answers: Answers, scope: Mapping[str, object]) -> bool:
        if f.conditions and not any(condition.holds(answers) for condition in f.conditions):
            return False
        return f.shown_if is None or evaluate(f.shown_if, scope, self.context, lacking=False) is True


def _filled(f: Field, value: Json) -> Json:
    """The value, or None when it is blank."""
    if isinstance(value, date):  # YAML makes dates of what JSON leaves as text
        return _plain(value, f)
    if isinstance(value, str):
        return value.strip() or None
    if value == [] and f.kind is not Kind.GROUP:
        return None
    if f.widget is Widget.TICK and value is False and f.required:
        return None
    return value


def _case(form: Form, context: Context) -> dict[str, object]:
    """The case data that the form reads; what is not there yet is null."""
    names = form.needs | (form.names & context.data.keys())
    return {name: formats.as_feel(context.data.get(name)) for name in names}


def scope_within(fields: Sequence[Field], outer: Mapping[str, object], answers: Answers) -> dict[str, object]:
    """Every name of this level is there: an unanswered question is null, not unknown."""
    return {**outer, **{f.name: _as_feel(f, answers.get(f.name)) for f in fields}}


def _as_feel(f: Field, value: Json) -> object:
    if f.kind is Kind.DATE:
        return formats.read_date(value)
    if f.kind is Kind.DATETIME:
        return formats.read_datetime(value)
    if f.kind is Kind.GROUP and isinstance(value, list):
        return [scope_within(f.fields, {}, row) if isinstance(row, Mapping) else row for row in value]
    return value


def evaluate(expression: Expression, scope: Mapping[str, object], context: Context, *, lacking: object) -> object:
    """The value, or `lacking` when it cannot be had for want of an answer or of case data."""
    whole = {**dict.fromkeys(expression.names), **scope}
    try:
        return expression.evaluate(whole, env=context.env)
    except FeelError:
        if context.no_case or any(whole[name] is None for name in expression.names):
            return lacking
        raise


def _value(expression: Expression, scope: Mapping[str, object], context: Context, f: Field) -> Json:
    return _plain(evaluate(expression, scope, context, lacking=None), f)


def _plain(value: object, f: Field | None = None) -> Json:
    """A FEEL value as an answer."""
    match value:
        case datetime():
            local = value.astimezone(LONDON) if value.tzinfo else value
            return local.date().isoformat() if f and f.kind is Kind.DATE else local.strftime("%Y-%m-%dT%H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [_plain(one) for one in value]
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _option(given: object, question: Field) -> Option:
    if isinstance(given, Mapping):
        value = _plain(given.get("value"))
        return Option(value, _title(given.get("title")) or question.titled(value), given.get("hint"))
    value = _plain(given)
    return Option(value, question.titled(value))


def _title(given: object) -> str:
    return plain_day_words(given) if isinstance(given, date) else str(given or "")
