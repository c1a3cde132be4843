"""What the process checker says about a form before anyone meets it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.feel import Environment, Function
from engine.forms import formats
from engine.forms.answers import Answers, Context, FieldError, review
from engine.forms.conditions import Schema, names_read, unguarded
from engine.forms.form import Form
from engine.forms.questions import Field, Kind, Lists
from engine.forms.shape import shape_problems
from engine.types import LONDON

DATA_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ANSWER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({"csrf_token"})

SCHEMA_WORDS = frozenset(
    {"$schema", "$id", "$comment", "type", "title", "description", "default", "examples", "const", "enum", "deprecated"}
    | {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "dependentRequired"}
    | {"items", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains"}
    | {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "format", "pattern", "minLength", "maxLength"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
FORM_HINTS = frozenset({"x-again", "x-order", "x-sections", "x-rules", "x-check-answers", "x-submit"})
FIELD_HINTS = frozenset(
    {
        "x-sensitivity",
        "x-hint",
        "x-subject",
        "x-widget",
        "x-list",
        "x-options",
        "x-default",
        "x-shown-if",
        "x-required-if",
        "x-auto",
    }
)
ITEM_HINTS = frozenset({"x-order", "x-named-by", "x-rules", "x-list", "x-options", "x-sensitivity"})
OPTION_HINTS = frozenset({"x-offered-if", "x-hint"})


def check_form(
    source: Schema,
    *,
    lists: Lists | None = None,
    functions: Mapping[str, Function] | None = None,
) -> list[str]:
    """Everything wrong with the form, in words; empty when it may be used. Without `lists` none is looked up."""
    if problems := shape_problems(source):
        return problems
    away = {name: replace(function, call=_only_in_a_case) for name, function in (functions or {}).items()}
    form, unread = Form.attempt(source, lists=lists, functions=away)
    problems = [*unread, *_of_form(form, source), *_of_level(form.fields, source, "")]
    return problems or list(_of_examples(form, looked_up=lists is not None))


def _only_in_a_case(*_: object) -> object:
    """What the host's functions speak about is not there yet."""
    raise ValueError("This speaks of a case, and here is none")


def _of_form(form: Form, source: Schema) -> Iterator[str]:
    if not form.title:
        yield "The form needs a title."
    yield from _unknown_words(source, FORM_HINTS, "")
    if not form.examples:
        yield "The form needs an example: complete, plausible and harmless answers."


def _of_level(fields: Sequence[Field], schema: Schema, where: str) -> Iterator[str]:
    names = {field.name for field in fields}
    for hint in ("x-order", "x-named-by"):
        for name in schema.get(hint, []):
            if name not in names:
                yield f"{where}{hint} names {name}, which is no question."
    for rule in schema.get("x-rules", []):
        if (named := rule.get("field")) not in names and (where or named is not None):
            yield f"{where}A rule names {named or 'nothing'}, which is no question here."
    for name in schema.get("required", []):
        if name not in names:
            yield f"{where}{name} is required and is no question."
    yield from _of_clauses(schema, names, where)
    for field in fields:
        yield from _of_field(field, f"{where}{field.name}: ")
        if field.kind is Kind.GROUP:
            items = field.schema["items"]
            yield from _unknown_words(items, ITEM_HINTS, f"{where}{field.name}: ")
            yield from _of_level(field.fields, items, f"{field.name}.")


def _of_clauses(schema: Schema, names: set[str], where: str) -> Iterator[str]:
    for clause in schema.get("allOf", []):
        if not isinstance(clause, Mapping) or not isinstance(condition := clause.get("if"), Mapping):
            continue  # the reader has named it
        for name in dict.fromkeys(names_read(condition)):
            if name not in names:
                yield f"{where}A condition reads {name}, which is no question here."
        for name in dict.fromkeys(unguarded(condition)):
            yield f"{where}A condition tests {name} without requiring it: it would hold before {name} is answered."
        for key in ("then", "else"):
            branch = clause.get(key)
            if not isinstance(branch, Mapping):
                continue
            for name in branch.get("required", []):
                if name not in names:
                    yield f"{where}{name} is required under a condition and is no question."
            yield from _of_clauses(branch, names, where)


def _of_field(field: Field, at: str) -> Iterator[str]:
    if not field.title:
        yield f"{at}the question needs a title."
    if not DATA_NAME.fullmatch(field.name) or field.name in RESERVED:
        yield f"{at}a name is lower-case words joined by _."
    if field.kind is not Kind.GROUP and field.sensitivity is None:
        yield f"{at}x-sensitivity is missing: one of -, P, C, SC."
    if field.kind is Kind.GROUP and "x-sensitivity" in field.schema:
        yield f"{at}x-sensitivity stands on the questions of a group, not on the group."
    yield from _unknown_words(field.schema, FIELD_HINTS, at)
    yield from _of_options(field, at)
    shape = field.schema.get("items", field.schema)
    if (given := shape.get("format")) and given not in formats.KNOWN:
        yield f"{at}the format “{given}” is not known: {', '.join(sorted(formats.KNOWN))}."


def _of_options(field: Field, at: str) -> Iterator[str]:
    if field.kind not in (Kind.CHOICE, Kind.CHOICES):
        return
    for option in field.options:
        if isinstance(option.value, str) and not ANSWER.fullmatch(option.value) and _own_words(field):
            yield f"{at}the value “{option.value}” should be lower-case words joined by -."
    values = [option.value for option in field.options]
    if len(set(values)) < len(values):
        yield f"{at}two options have the same value."
    source = field.schema.get("items", field.schema)
    for one in source.get("oneOf", []):
        yield from _unknown_words(one, OPTION_HINTS, at)


def _own_words(field: Field) -> bool:
    """Whether the options stand in the form itself, not in a list of the partnership."""
    source = field.schema.get("items", field.schema)
    return "oneOf" in source or "enum" in source


def _unknown_words(schema: Schema, known: frozenset[str], at: str) -> Iterator[str]:
    for key in schema:
        if key not in known and key not in SCHEMA_WORDS:
            yield f"{at}the word {key} is not known here."


def _of_examples(form: Form, *, looked_up: bool) -> Iterator[str]:
    for number, example in enumerate(form.examples, 1):
        for error in _lasting_errors(form, example):
            field = form[str(error.path[0])] if error.path and error.path[0] in form else None
            if field is not None and "x-list" in str(field.schema) and not looked_up:
                continue  # its options come with the partnership
            yield f"Example {number}, {'.'.join(str(step) for step in error.path) or 'as a whole'}: {error.message}."


def _lasting_errors(form: Form, example: Answers) -> list[FieldError]:
    """An example need not hold at every moment: some dates must lie ahead, others behind."""
    early, late = (
        review(form, example, Context(Environment(now=datetime(year, 1, 1, tzinfo=LONDON)), no_case=True)).errors
        for year in (2026, 2040)
    )
    return [error for error in early if error in late]
