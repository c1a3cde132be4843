"""The patterns of answers, matched by the engine of FEEL: no text makes it stand still, as Python's own would."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from engine.feel.errors import Trouble
from engine.feel.regex import compile_pattern

MOST_PATTERN = 200
MOST_PROGRAM = 300  # a postcode is about 30
MOST_MATCHED = 5_000  # characters of one answer; nothing longer has a shape


def pattern_problem(pattern: str) -> str | None:
    """Why answers are not matched with it."""
    shown = f"The pattern {pattern[:60]}"
    if len(pattern) > MOST_PATTERN:
        return f"{shown} is longer than {MOST_PATTERN} characters."
    try:
        made = compile_pattern(pattern, "")
    except Trouble as trouble:
        return f"{shown} can not be used. {trouble}"
    if made.looks_back:
        return f"{shown} looks back at what it matched before, which could take too long."
    if len(made.program) > MOST_PROGRAM:
        return f"{shown} is too large: its repetitions multiply."
    return None


def fits(pattern: str, text: str) -> bool:
    return len(text) <= MOST_MATCHED and compile_pattern(pattern, "").occurs_in(text)


def _pattern(_: object, pattern: str, answer: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if not isinstance(answer, str):
        return
    too_long = len(answer) > schema.get("maxLength", len(answer))  # said by that word, and not worth the work
    if not too_long and not fits(pattern, answer):
        yield ValidationError(f"{answer!r} does not match {pattern!r}")


VALIDATOR: type[Validator] = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
