"""How these tests write FEEL: tables of `expression => value`, both sides FEEL, one example a line."""

import datetime as dt
from collections.abc import Iterator

from engine.feel import Environment, Mode, Value, compile_expression
from engine.feel.budget import DEFAULT_BUDGET, Meter
from engine.feel.compare import identical
from engine.feel.plain import lift

NOW = dt.datetime(2027, 1, 11, 10, 20, tzinfo=dt.UTC)


def environment() -> Environment:
    return Environment(now=NOW)


def standard(text: str, **scope: object) -> Value:
    """The value as the DMN standard has it: null for whatever can not be worked out."""
    return compile_expression(text, names=scope, mode=Mode.STANDARD).evaluate(scope, env=environment())


def strict(text: str, **scope: object) -> Value:
    """The value in our own diagrams, where a problem is an error."""
    return compile_expression(text, names=scope).evaluate(scope, env=environment())


def examples(table: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        if line.strip() and not line.strip().startswith("#"):
            expression, _, expected = line.rpartition(" => ")
            yield expression.strip(), expected.strip()


def same(left: Value, right: Value) -> bool:
    """The same value of the same kind; lists and contexts item by item, nulls included."""
    left, right = lift(left), lift(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return identical(left, right, Meter(DEFAULT_BUDGET))
