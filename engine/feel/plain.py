"""The border between FEEL values and what the rest of the product keeps: JSON-like plain values."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from uuid import UUID

from engine.feel import temporal
from engine.feel.budget import MAX_VALUE_DEPTH, Budget, Meter
from engine.feel.errors import BudgetExceeded, FeelError, Trouble
from engine.feel.values import (
    KIND_BY_TYPE,
    NUMBERS,
    DaysTimeDuration,
    FarDate,
    FarDateTime,
    FunctionValue,
    Range,
    Value,
    YearsMonthsDuration,
)

READY = frozenset(KIND_BY_TYPE)

# Data of our own side is trusted more than a stranger's expression, but is still no reason to stand still.
_BORDER = Budget(steps=10_000_000, seconds=10.0, list_items=1_000_000)


def lift(value: Value) -> Value:
    """A value as FEEL has it, one level deep: items of lists and contexts are lifted when they are read."""
    if value.__class__ in READY or isinstance(value, FunctionValue):
        return value
    match value:
        case int():
            return NUMBERS.create_decimal(value)
        case float():
            return NUMBERS.create_decimal(repr(value)) if value - value == 0 else None  # no infinity, no NaN in FEEL
        case Decimal():
            return NUMBERS.create_decimal(value)
        case Enum():
            return lift(value.value)
        case str():
            return str(value)
        case tuple() | set() | frozenset():
            return list(value)
        case Mapping():
            return dict(value)
        case dt.timedelta():
            return DaysTimeDuration.of(value)
        case dt.datetime():
            return dt.datetime.combine(value.date(), value.timetz())
        case dt.date():
            return dt.date(value.year, value.month, value.day)
        case UUID():
            return str(value)
        case _:
            raise Trouble(f"A value of the kind {type(value).__name__} can not be used in an expression.")


def lift_items(values: list[Value]) -> list[Value]:
    """The same list where all items are ready, else a lifted copy."""
    for value in values:
        if value.__class__ not in READY:
            return [lift(item) for item in values]
    return values


def settle(value: Value, meter: Meter, depth: int = 0) -> Value:
    """An evaluation's result: lifted all the way down, and sharing no list or context with the caller's data."""
    value = lift(value)
    cls = value.__class__
    if cls is list or cls is dict:
        if depth > MAX_VALUE_DEPTH:
            raise BudgetExceeded(f"The result is nested more than {MAX_VALUE_DEPTH} levels deep.")
        meter.check_list(len(value))
        meter.spend(len(value))
        if cls is list:
            return [settle(item, meter, depth + 1) for item in value]
        return {str(key): settle(item, meter, depth + 1) for key, item in value.items()}
    return value


def to_plain(value: Value) -> object:
    """A FEEL value as JSON can hold it.

    Whole numbers below 2**63 become int, all others float (so about 16 digits survive); dates, times, durations and
    ranges become their FEEL text, without `@"…"`. A function can not be kept.
    """
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return _plain_number(value)
        case list():
            return [to_plain(item) for item in value]
        case dict():
            return {key: to_plain(item) for key, item in value.items()}
        case dt.datetime() | FarDateTime():
            return temporal.moment_text(value)
        case dt.date() | FarDate():
            return temporal.date_text(value)
        case dt.time():
            return temporal.time_text(value)
        case YearsMonthsDuration() | DaysTimeDuration():
            return str(value)
        case Range():
            return _range_text(value)
        case _:
            raise FeelError("The result is a function. Only values can be kept.")


def _plain_number(value: Decimal) -> int | float:
    if value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    number = float(value)
    if number - number != 0:
        raise FeelError("The result is a number too large to be kept.")
    return number


def _range_text(value: Range) -> str:
    start = "" if value.start_unbounded else str(to_plain(value.start))
    end = "" if value.end_unbounded else str(to_plain(value.end))
    return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"


def from_plain(value: object) -> Value:
    """A plain value (or a Python date, time, timedelta, tuple, Decimal…) as FEEL has it. Texts stay texts."""
    try:
        return settle(value, Meter(_BORDER))
    except Trouble as trouble:
        raise FeelError(str(trouble)) from None
