"""A form as its page shows it: every question with what was typed, what is wrong, and what hangs on it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.forms import Context, Field, FieldError, Form, Kind, Option, Widget, options_of
from engine.forms.answers import Path, scope_of, settle, shown
from engine.forms.conditions import Test
from engine.forms.telling import row_title, told
from engine.forms.wording import lower_first
from web.forms.posted import Raw, boxes_of, name_of, rows_in, typed

COLUMNS_FROM = 9  # options; from here on checkboxes stand in two columns
SHORT = 60  # characters; up to here a line needs little room
COMPLETE = "Complete task"
MAYBE = "Only if it applies after what you answered above."
BOX_WORDS = {"day": "Day", "month": "Month", "year": "Year", "time": "Time"}


@dataclass(frozen=True)
class FileShown:
    """A file that is already there."""

    ref: str
    name: str
    about: str = ""  # size, or that it is still being checked
    href: str | None = None


NameFile = Callable[[str], FileShown]


@dataclass(frozen=True)
class OptionView:
    token: str
    title: str
    hint: str | None
    checked: bool
    alone: bool  # excludes the others
    follow: tuple["QuestionView", ...] = ()  # asked under this option


@dataclass(frozen=True)
class BoxView:
    name: str
    label: str
    value: str
    wrong: bool


@dataclass(frozen=True)
class RowView:
    id: str
    index: int
    title: str
    questions: tuple["QuestionView", ...]


@dataclass(frozen=True)
class QuestionView:
    """`shown_when` and `shown_if` say on what the question hangs; `hidden` that it is not asked as things stand."""

    id: str
    widget: str
    title: str
    hint: str | None
    error: str | None
    optional: bool
    value: str = ""
    options: tuple[OptionView, ...] = ()
    columns: bool = False
    boxes: tuple[BoxView, ...] = ()
    files: tuple[FileShown, ...] = ()
    multiple: bool = False
    whole_number: bool = False
    short: bool = False  # a line for a reference or a time
    max_length: int | None = None
    height: int = 5
    rows: tuple[RowView, ...] = ()
    item_title: str = ""
    may_add: bool = False
    may_remove: bool = False
    lead: str | None = None
    shown_when: str | None = None
    shown_if: str | None = None
    hidden: bool = False
    decides: bool = False


@dataclass(frozen=True)
class SectionView:
    title: str | None
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True)
class ErrorLink:
    text: str
    href: str | None


@dataclass(frozen=True)
class FormPage:
    title: str
    intro: str | None
    sections: tuple[SectionView, ...]
    errors: tuple[ErrorLink, ...]
    submit: str
    uploads: bool
    check_answers: bool
    asked: tuple[str, ...] = field(default=())  # ids shown now, for the page's script


def form_page(
    form: Form,
    raw: Raw,
    context: Context,
    *,
    errors: Iterable[FieldError] = (),
    name_file: NameFile = lambda ref: FileShown(ref, ref),
) -> FormPage:
    """The page for what was typed so far (`raw`; of defaults or a draft: `fill(form, answers)`)."""
    builder = _Builder(form, raw, context, tuple(errors), name_file)
    return FormPage(
        title=form.title,
        intro=form.intro,
        sections=tuple(
            SectionView(section.title, questions)
            for section in form.sections
            if (questions := builder.questions(section.fields, ()))
        ),
        errors=tuple(ErrorLink(error.message, builder.link(error)) for error in builder.errors),
        submit="Continue" if form.check_answers else form.submit or COMPLETE,
        uploads=any(f.kind in (Kind.FILE, Kind.FILES) for f in _all(form.fields)),
        check_answers=form.check_answers,
        asked=asked_now(form, raw, context),
    )


def asked_now(form: Form, raw: Raw, context: Context) -> tuple[str, ...]:
    """Ids of the questions that what is typed brings up: the answer to an autosave."""
    return tuple(sorted(name_of(path) for path in shown(form, typed(form, raw), context)))


class _Builder:
    def __init__(
        self, form: Form, raw: Raw, context: Context, errors: tuple[FieldError, ...], name_file: NameFile
    ) -> None:
        self.form = form
        self.raw = raw
        self.context = context
        self.errors = errors
        self.name_file = name_file
        self.answers = typed(form, raw)
        self.kept = settle(form, self.answers, context)
        self.shown = shown(form, self.answers, context)
        self.by_path = {error.path: error for error in reversed(errors)}
        read = (name for f in _all(form.fields) for e in f.expressions for name in e.names)
        self.deciding = frozenset(read)

    def questions(self, fields: Sequence[Field], at: Path) -> tuple[QuestionView, ...]:
        """The questions of one level, conditional ones under the option they hang on where that is possible."""
        hosts = _hosts(fields)
        top = [f for f in fields if f.name not in hosts]
        under: dict[tuple[str, str], list[Field]] = {}
        for f in fields:
            if f.name in hosts:
                under.setdefault(hosts[f.name], []).append(f)
        return tuple(view for f in top if (view := self._placed(f, at, under, fields)) is not None)

    def _placed(
        self, f: Field, at: Path, under: Mapping[tuple[str, str], list[Field]], level: Sequence[Field], depth: int = 0
    ) -> QuestionView | None:
        """With what hangs on it; None when the case alone says that it is not asked."""
        path = (*at, f.name)
        own_names = {one.name for one in level} | self.form.names
        if f.shown_if is not None and path not in self.shown and not f.shown_if.names & own_names:
            return None
        view = self._question(f, path)
        if view is None:
            return None
        options = tuple(
            replace(
                option,
                follow=tuple(
                    inner
                    for one in under.get((f.name, option.token), ())
                    if (inner := self._placed(one, at, under, level, depth + 1)) is not None
                ),
            )
            for option in view.options
        )
        return self._hanging(replace(view, options=options), f, at, level, inside=depth > 0)

    def _hanging(self, view: QuestionView, f: Field, at: Path, level: Sequence[Field], *, inside: bool) -> QuestionView:
        """With how the page shows and hides it; a question under its option goes with that."""
        by_name = {one.name: one for one in level}
        hidden = (*at, f.name) not in self.shown
        if f.shown_if is not None and f.shown_if.names & (by_name.keys() | self.form.names):
            return replace(view, shown_if=view.id, hidden=hidden, lead=MAYBE)
        if not f.conditions or (inside and _direct(f, by_name)):
            return view
        tests = f.conditions[0].tests if len(f.conditions) == 1 else None
        if tests is None:
            return replace(view, shown_if=view.id, hidden=hidden, lead=MAYBE)
        pairs = [[name_of((*at, test.name)), [Option(value, "").token for value in test.values]] for test in tests]
        return replace(view, shown_when=json.dumps(pairs), hidden=hidden, lead=_lead(tests, by_name))

    def _question(self, f: Field, path: Path) -> QuestionView | None:
        name = name_of(path)
        error = self.by_path.get(path)
        view = QuestionView(
            id=name,
            widget=f.widget,
            title=f.title,
            hint=f.hint,
            error=error.words if error else None,
            optional=not f.may_be_required and f.widget is not Widget.TICK,
            decides=f.name in self.deciding,
            max_length=f.max_length if f.widget is Widget.TEXTAREA else None,
            height=12 if (f.max_length or 0) > 2000 else 5,
            whole_number=f.schema.get("type") == "integer",
            short=(f.max_length or SHORT + 1) <= SHORT,
            multiple=f.kind is Kind.FILES,
        )
        if f.auto is not None:
            value = self._auto(path)
            return replace(view, widget="auto", value=told(f, value), optional=False) if value is not None else None
        if f.kind is Kind.GROUP:
            return self._group(f, view)
        if f.kind in (Kind.CHOICE, Kind.CHOICES, Kind.YES_NO) and f.widget is not Widget.TICK:
            options = self._options(f, path)
            if not options and f.options_from and not f.options_from.names & self.form.names and view.optional:
                return None  # nothing to choose from, and nothing on this page will change that
            return replace(view, options=options, columns=len(options) >= COLUMNS_FROM)
        if f.kind in (Kind.DATE, Kind.DATETIME, Kind.MONTH):
            return replace(view, boxes=tuple(self._boxes(f, name, error)))
        if f.kind in (Kind.FILE, Kind.FILES):
            return replace(view, files=tuple(self.name_file(ref) for ref in self.raw.get(name, ()) if ref))
        return replace(view, value=(self.raw.get(name) or [""])[0])

    def _auto(self, path: Path) -> object:
        found: object = self.kept
        for step in path:
            if isinstance(found, Mapping):
                found = found.get(str(step))
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def _group(self, f: Field, view: QuestionView) -> QuestionView:
        count = rows_in(f, self.raw)
        return replace(
            view,
            rows=tuple(
                RowView(
                    id=name_of((f.name, index)),
                    index=index,
                    title=row_title(self.form, f, index, self.answers, self.context),
                    questions=self.questions(f.fields, (f.name, index)),
                )
                for index in range(count)
            ),
            item_title=lower_first(f.item_title),
            may_add=count < f.max_items,
            may_remove=count > f.min_items,
        )

    def _options(self, f: Field, path: Path) -> tuple[OptionView, ...]:
        row = (str(path[0]), int(path[1])) if len(path) > 1 else None
        options = f.options
        if f.options_from or any(option.offered_if for option in options):
            options = options_of(f, scope_of(self.form, self.answers, self.context, row), self.context)
        chosen = self.raw.get(name_of(path), ())
        here = self.form.names | {one.name for one in (self.form[row[0]].fields if row else ())}
        return tuple(
            OptionView(
                option.token,
                option.title,
                option.hint,
                option.token in chosen,
                alone=option.excludes_others and f.kind is Kind.CHOICES,
            )
            for option in (options if f.options_from else f.options)
            # what hangs on answers of this very page is judged when it is sent
            if option in options or (option.offered_if is not None and option.offered_if.names & here)
        )

    def _boxes(self, f: Field, name: str, error: FieldError | None) -> Iterator[BoxView]:
        for box in boxes_of(f):
            value = (self.raw.get(f"{name}-{box}") or [""])[0]
            yield BoxView(box, BOX_WORDS[box], value, wrong=error is not None and error.part in (None, box))

    def link(self, error: FieldError) -> str | None:
        """The first box to go to."""
        if not error.path or error.path[0] not in self.form:
            return None
        name = name_of(error.path)
        group = self.form[str(error.path[0])]
        f = next((part for part in group.fields if len(error.path) > 2 and part.name == error.path[2]), group)
        if f.kind in (Kind.DATE, Kind.DATETIME, Kind.MONTH):
            return f"#{name}-{error.part or boxes_of(f)[0]}"
        return f"#{name}-add" if f.kind is Kind.GROUP and not rows_in(f, self.raw) else f"#{name}"


def _all(fields: Iterable[Field]) -> Iterator[Field]:
    for f in fields:
        yield f
        yield from f.fields


def _hosts(fields: Sequence[Field]) -> dict[str, tuple[str, str]]:
    """Question -> (question, option) under which it is asked: it follows that question, and hangs on that option."""
    by_name = {f.name: f for f in fields}
    hosts: dict[str, tuple[str, str]] = {}
    last: str | None = None  # the top question of the run we are in
    for f in fields:
        test = _one_test(f)
        asked = by_name.get(test.name) if test else None
        if test and asked and asked.name in hosts and hosts[asked.name][0] == last:
            hosts[f.name] = hosts[asked.name]
        elif test and asked and asked.name == last and _direct(f, by_name):
            hosts[f.name] = (asked.name, Option(test.values[0], "").token)
        else:
            last = f.name
    return hosts


def _direct(f: Field, by_name: Mapping[str, Field]) -> bool:
    """Whether it can stand under one option of the question it hangs on."""
    test = _one_test(f)
    asked = by_name.get(test.name) if test else None
    return (
        test is not None
        and asked is not None
        and asked.widget in (Widget.RADIOS, Widget.CHECKBOXES)
        and len(test.values) == 1
        and f.kind is not Kind.GROUP
        and not asked.conditions
        and any(option.value == test.values[0] for option in asked.options)
    )


def _one_test(f: Field) -> Test | None:
    tests = f.conditions[0].tests if len(f.conditions) == 1 else None
    return tests[0] if tests and len(tests) == 1 and f.shown_if is None else None


def _lead(tests: Sequence[Test], by_name: Mapping[str, Field]) -> str:
    """For those whose browser runs no script, and so see the question always."""
    said = []
    for test in tests:
        asked = by_name.get(test.name)
        if asked is None:
            return MAYBE
        words = " or ".join(f"“{asked.titled(value)}”" for value in test.values)
        said.append(f"“{asked.title}” is {words}")
    return f"Only if {' and '.join(said)}."


__all__ = ["FileShown", "FormPage", "NameFile", "QuestionView", "asked_now", "form_page"]
