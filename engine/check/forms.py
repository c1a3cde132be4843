"""A form as a file: whether it is JSON, what it asks and how sensitive that is, and what its FEEL reads."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn.finding import Finding, Severity
from engine.forms import Field, Form, Option, check_form
from engine.partnership import Partnership
from engine.vocabulary import FUNCTIONS


def check_one(source: Any, text: str, partnership: Partnership) -> tuple[Form | None, list[Finding]]:
    """The form, where it is good, and everything wrong with it."""
    lists = _options(partnership)
    problems = check_form(source, lists=lists, functions=FUNCTIONS)
    if problems:
        return None, [_of_form(problem, text) for problem in problems]
    form, _ = Form.attempt(source, lists=lists, functions=FUNCTIONS)
    return form, []


def unknown_names(form: Form, given: frozenset[str]) -> Iterator[Finding]:
    """Names that a form's FEEL reads, and neither its own questions nor the process's data give."""
    own = frozenset(one.name for one in _questions(form.fields))
    reading: list[tuple[str | None, frozenset[str]]] = []
    reading += [(one.name, text.names) for one in _questions(form.fields) for text in one.expressions]
    rules = [*form.rules, *(rule for one in form.fields for rule in one.rules)]
    reading += [(rule.field, rule.that.names) for rule in rules]
    for question, names in reading:
        for missing in sorted(names - own - given):
            message = f"{question or 'A rule'}: it reads “{missing}”, which neither this form nor the process gives."
            yield Finding(question, Severity.WARNING, message, code="form-name")


def _questions(fields: Iterable[Field]) -> Iterator[Field]:
    for one in fields:
        yield one
        yield from one.fields


def _options(partnership: Partnership) -> Mapping[str, tuple[Option, ...]]:
    return {name: tuple(Option(row["value"], row["title"]) for row in rows) for name, rows in partnership.lists.items()}


def read_form(data: bytes) -> tuple[Any, list[Finding]]:
    """A form's JSON, and what is wrong with it as JSON."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found[key] = value
        return found

    def refused(message: str, line: int | None = None) -> tuple[None, list[Finding]]:
        return None, [Finding(None, Severity.ERROR, message, line, "form-file")]

    try:
        text = data.decode("utf-8-sig")
        source = json.loads(text, object_pairs_hook=once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        return refused("This file is not UTF-8. Save it again as UTF-8.")
    except json.JSONDecodeError as error:
        return refused(f"This is not JSON: {error.msg} at character {error.colno}.", error.lineno)
    except RecursionError:
        return refused("This JSON is nested too deeply.")
    except ValueError as error:
        return refused(f"This is not JSON: {error}.")
    message = "The word “{}” stands twice in the same place, and only the last counts. Keep one."
    return source, [
        Finding(key, Severity.ERROR, message.format(key[:60]), _line_of(key, text, times=2), "form-file")
        for key in dict.fromkeys(twice)
    ]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def fields_of(source: Any) -> dict[str, str]:
    """The questions of a form, conditional ones too, and how sensitive each is; of a group, its most sensitive part."""
    found: dict[str, str] = {}
    for part in _levels(source):
        for name, question in _mapping(part, "properties").items():
            marks = {
                mark for one in _levels(question, within=True) if isinstance(mark := one.get("x-sensitivity"), str)
            }
            found[name] = next((mark for mark in ("SC", "C", "P") if mark in marks), "-")
    return found


def _levels(source: Any, *, within: bool = False) -> Iterator[Mapping[str, Any]]:
    """A schema and what its conditions add to it; `within` a question also what stands inside it."""
    waiting = [source]
    for _ in range(10_000):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, Mapping):
            yield part
            waiting += [part.get("then"), part.get("else")]
            clauses = part.get("allOf")
            waiting += clauses if isinstance(clauses, list) else []
            if within:
                waiting += [part.get("items"), *_mapping(part, "properties").values()]


def _mapping(part: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = part.get(key)
    return found if isinstance(found, Mapping) else {}


_QUESTION = re.compile(r"(?:Example \d+, )?((?:\w+\.)*)(\w+)(?: x-[\w-]+)?: ")


def _of_form(problem: str, text: str) -> Finding:
    match = _QUESTION.match(problem)
    question = match[2] if match else None
    line = _line_of(question, text) if question else None
    return Finding(question if line else None, Severity.ERROR, problem, line, "form")


def _line_of(key: str, text: str, *, times: int = 1) -> int | None:
    """The line on which a key of the JSON stands (for the nth time)."""
    places = [match.start() for match in re.finditer(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", text)]
    return text.count("\n", 0, places[times - 1]) + 1 if len(places) >= times else None
