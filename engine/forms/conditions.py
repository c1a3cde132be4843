"""When a question is asked: the `if` of a JSON Schema, or FEEL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.forms.patterns import VALIDATOR

Json = Any
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Test:
    """One answer has one of these values (or, of several answers, holds one of them)."""

    name: str
    values: tuple[Json, ...]
    among: bool = False

    def holds(self, answers: Mapping[str, Json]) -> bool:
        given = answers.get(self.name)
        if isinstance(given, list) is not self.among:
            return False
        chosen = given if isinstance(given, list) else [given]
        return any(_same(value, one) for value in self.values for one in chosen)


@dataclass(frozen=True)
class Condition:
    """The `if` of one clause, inside the clauses around it; `negated` for what stands in its `else`."""

    schema: Schema
    negated: bool = False
    outer: "Condition | None" = None
    tests: tuple[Test, ...] | None = field(init=False)
    _valid: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        own = None if self.negated else plain_tests(self.schema)
        around = self.outer.tests if self.outer else ()
        tests = None if own is None or around is None else around + own
        object.__setattr__(self, "tests", tests)
        object.__setattr__(self, "_valid", VALIDATOR(dict(self.schema)))

    def holds(self, answers: Mapping[str, Json]) -> bool:
        if self.tests is not None:
            return all(test.holds(answers) for test in self.tests)
        if self.outer and not self.outer.holds(answers):
            return False
        return bool(self._valid.is_valid(answers)) is not self.negated

    @property
    def names(self) -> tuple[str, ...]:
        """The answers it reads, in the order it names them."""
        around = self.outer.names if self.outer else ()
        return tuple(dict.fromkeys((*around, *names_read(self.schema))))


def plain_tests(schema: Schema) -> tuple[Test, ...] | None:
    """The condition as plain tests of answers that must be there, or None when it says more than that."""
    if set(schema) != {"properties", "required"} or set(schema["required"]) != set(schema["properties"]):
        return None
    tests = [_test(name, wanted) for name, wanted in schema["properties"].items()]
    return None if None in tests else tuple(test for test in tests if test)


def names_read(schema: Schema) -> Iterator[str]:
    if not isinstance(schema, Mapping):  # true and false are schemas too
        return
    yield from schema.get("properties", {})
    yield from schema.get("required", [])
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, []):
            yield from names_read(part)
    if isinstance(schema.get("not"), Mapping):
        yield from names_read(schema["not"])


def unguarded(schema: Schema) -> Iterator[str]:
    """Answers that the condition tests without requiring them: an unanswered question would pass."""
    if not isinstance(schema, Mapping):
        return
    yield from (name for name in schema.get("properties", {}) if name not in schema.get("required", []))
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, []):
            yield from unguarded(part)


def _test(name: str, wanted: Schema) -> Test | None:
    if not isinstance(wanted, Mapping) or len(wanted) != 1:
        return None
    match wanted:
        case {"const": value}:
            return Test(name, (value,))
        case {"enum": [*values]}:
            return Test(name, tuple(values))
        case {"contains": {"const": value, **rest}} if not rest:
            return Test(name, (value,), among=True)
        case {"contains": {"enum": [*values], **rest}} if not rest:
            return Test(name, tuple(values), among=True)
    return None


def _same(one: Json, other: Json) -> bool:
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)
