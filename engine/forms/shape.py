"""What a form must look like before it can be read as one: no surprises of type, nothing fetched, nothing endless."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, SchemaError

from engine.forms.patterns import pattern_problem

Json = Any

MOST_DEPTH = 40
MOST_VALUES = 5_000  # the largest form of a rapid review has about a thousand
MOST_TEXT = 200_000
REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
WORDS = {"type": "string", "minLength": 1}
HINTS = {
    "title": {"type": "string"},
    "x-sensitivity": {"type": "string"},
    "x-hint": WORDS,
    "x-subject": WORDS,
    "x-widget": WORDS,
    "x-list": WORDS,
    "x-options": WORDS,
    "x-default": WORDS,
    "x-shown-if": WORDS,
    "x-required-if": WORDS,
    "x-auto": WORDS,
}
OPTION = {
    "type": "object",
    "required": ["const"],
    "properties": {
        "const": {"type": ["string", "integer", "boolean"]},
        "title": WORDS,
        "x-hint": WORDS,
        "x-offered-if": WORDS,
    },
}
QUESTION = {
    "type": "object",
    "properties": {
        **HINTS,
        "type": {"type": "string"},
        "format": WORDS,
        "oneOf": {"type": "array", "items": OPTION, "minItems": 1},
        "enum": {"type": "array", "items": {"type": ["string", "integer", "boolean"]}},
        "items": {"type": "object"},
        "minLength": {"maximum": 100_000},
        "maxLength": {"maximum": 100_000},
        "minItems": {"maximum": 200},
        "maxItems": {"maximum": 200},
    },
}
RULES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["that", "message"],
        "properties": {"that": WORDS, "message": WORDS, "field": WORDS},
    },
}
FORM = {
    "type": "object",
    "required": ["type", "properties"],
    "properties": {
        "type": {"const": "object"},
        "title": WORDS,
        "description": WORDS,
        "properties": {"type": "object"},
        "x-order": {"type": "array", "items": WORDS},
        "x-check-answers": {"type": "boolean"},
        "x-again": {"type": "boolean"},
        "x-submit": WORDS,
        "x-sections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title", "fields"],
                "properties": {"title": WORDS, "fields": {"type": "array", "items": WORDS}},
            },
        },
        "x-rules": RULES,
        "examples": {"type": "array", "items": {"type": "object"}},
    },
}
LEVEL = {
    "properties": {
        "x-order": {"type": "array", "items": WORDS},
        "x-named-by": {"type": "array", "items": WORDS},
        "x-rules": RULES,
        "properties": {"type": "object"},
    }
}

_FORM, _LEVEL, _QUESTION = (Draft202012Validator(one) for one in (FORM, LEVEL, QUESTION))


def shape_problems(source: Json) -> list[str]:
    """Empty when the form may be read."""
    if not isinstance(source, Mapping):
        return ["A form is a JSON object."]
    if _depth(source) > MOST_DEPTH:
        return [f"A form is nested at most {MOST_DEPTH} levels deep."]
    if too_large := _too_large(source):
        return [too_large]
    if dangers := list(_dangers(source)):
        return dangers
    try:
        Draft202012Validator.check_schema(dict(source), format_checker=FormatChecker(formats=()))  # patterns are ours
    except SchemaError as error:
        return [_said(error.absolute_path, error.message)]
    found = [_said(error.absolute_path, error.message) for error in _FORM.iter_errors(source)]
    return found or list(_of_level(source, ()))


def _of_level(schema: Mapping[str, Json], at: tuple[str, ...]) -> Iterator[str]:
    yield from (_said((*at, *error.absolute_path), error.message) for error in _LEVEL.iter_errors(schema))
    for name, question in schema.get("properties", {}).items():
        path = (*at, name)
        errors = [_said((*path, *error.absolute_path), error.message) for error in _QUESTION.iter_errors(question)]
        yield from errors
        items = question.get("items") if not errors else None
        if isinstance(items, Mapping):
            yield from (_said((*path, *e.absolute_path), e.message) for e in _QUESTION.iter_errors(items))
            if items.get("type") == "object":
                yield from _of_level(items, path)
    for clause in schema.get("allOf", []):
        for key in ("then", "else"):
            if isinstance(clause, Mapping) and isinstance(branch := clause.get(key), Mapping):
                yield from _of_level(branch, at)


def _dangers(schema: Json) -> Iterator[str]:
    """References are never followed, least of all over the network; patterns must be matched in time."""
    for key, value in _keywords(schema):
        if key in REFERENCES:
            yield f"{key} is not read here; write the question out."
        elif key == "pattern" and isinstance(value, str):
            if problem := pattern_problem(value):
                yield problem
        elif key == "patternProperties":
            yield f"{key} is not read here."


def _keywords(schema: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(schema, list):
        for part in schema:
            yield from _keywords(part)
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        yield str(key), value
        if key in {"properties", "$defs", "dependentSchemas"} and isinstance(value, Mapping):
            yield from _keywords(list(value.values()))
        elif key not in {"const", "enum", "examples", "default"}:
            yield from _keywords(value)


def _depth(value: Json) -> int:
    """Without recursion, which is what is to be measured."""
    deepest, level = 0, [value]
    while level and deepest <= MOST_DEPTH:
        deepest += 1
        inner = [one.values() if isinstance(one, Mapping) else one for one in level if isinstance(one, Mapping | list)]
        level = [part for parts in inner for part in parts]
    return deepest


def _too_large(source: Json) -> str | None:
    """Why checking it would take long."""
    values, text, waiting = 0, 0, [source]
    while waiting:
        one = waiting.pop()
        values += 1
        text += len(one) if isinstance(one, str) else 0
        if isinstance(one, Mapping | list):
            waiting += one.values() if isinstance(one, Mapping) else one
    if values <= MOST_VALUES and text <= MOST_TEXT:
        return None
    size = f"{values} values and {text} characters; {MOST_VALUES} and {MOST_TEXT} are the most"
    return f"The form is too large to be checked: it has {size}. Split it up."


def _said(path: Any, message: str) -> str:
    where = ".".join(str(step) for step in path)
    return f"{where}: this is not as a form is written: {message}." if where else f"{message}."
