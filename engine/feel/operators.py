"""Arithmetic on FEEL values: the standard's tables of which kinds go together, and what comes of it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from engine.feel import temporal
from engine.feel.budget import Meter
from engine.feel.errors import Trouble
from engine.feel.plain import lift
from engine.feel.temporal import AnyDate, AnyDateTime
from engine.feel.values import (
    NUMBERS,
    DaysTimeDuration,
    FarDateTime,
    Value,
    YearsMonthsDuration,
    in_words,
    kind,
)

_MONTHS = "years and months duration"
_SPAN = "days and time duration"
_MOMENT = "date and time"
_MOST_EXPONENT = 999_999_999
_LONGEST = 10**18  # months, or seconds

Rule = Callable[[Value, Value], Value]


def _swap(rule: Rule) -> Rule:
    return lambda left, right: rule(right, left)


def _moments(left: AnyDate | AnyDateTime, right: AnyDate | AnyDateTime) -> DaysTimeDuration:
    """Dates count as midnight: UTC's beside a moment with a zone, else a local one."""
    zoned = any(isinstance(one, (dt.datetime, FarDateTime)) and one.tzinfo is not None for one in (left, right))
    zone = dt.UTC if zoned else None
    a, b = (
        temporal.midnight(one, zone) if not isinstance(one, (dt.datetime, FarDateTime)) else one
        for one in (left, right)
    )
    return temporal.between_moments(a, b)


def _months_times(duration: YearsMonthsDuration, factor: Decimal) -> YearsMonthsDuration:
    return YearsMonthsDuration(int(NUMBERS.multiply(Decimal(duration.total), factor)))


def _months_by(duration: YearsMonthsDuration, divisor: Decimal) -> YearsMonthsDuration:
    return YearsMonthsDuration(int(NUMBERS.divide(Decimal(duration.total), divisor)))


def power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > _MOST_EXPONENT:
        raise Trouble("This exponent is too large.")
    if not exponent:
        return Decimal(1)
    return NUMBERS.power(base, exponent)


_NUMBERS = ("number", "number")

RULES: dict[str, dict[tuple[str, str], Rule]] = {
    "+": {
        _NUMBERS: NUMBERS.add,
        (_MONTHS, _MONTHS): lambda a, b: YearsMonthsDuration(a.total + b.total),
        (_SPAN, _SPAN): lambda a, b: DaysTimeDuration(NUMBERS.add(a.total, b.total)),
        (_MOMENT, _MONTHS): lambda a, b: temporal.add_to_moment(a, b, 1),
        (_MONTHS, _MOMENT): lambda a, b: temporal.add_to_moment(b, a, 1),
        (_MOMENT, _SPAN): lambda a, b: temporal.add_to_moment(a, b, 1),
        (_SPAN, _MOMENT): lambda a, b: temporal.add_to_moment(b, a, 1),
        ("date", _MONTHS): lambda a, b: temporal.add_to_date(a, b, 1),
        (_MONTHS, "date"): lambda a, b: temporal.add_to_date(b, a, 1),
        ("date", _SPAN): lambda a, b: temporal.add_to_date(a, b, 1),
        (_SPAN, "date"): lambda a, b: temporal.add_to_date(b, a, 1),
        ("time", _SPAN): lambda a, b: temporal.add_to_time(a, b, 1),
        (_SPAN, "time"): lambda a, b: temporal.add_to_time(b, a, 1),
    },
    "-": {
        _NUMBERS: NUMBERS.subtract,
        (_MONTHS, _MONTHS): lambda a, b: YearsMonthsDuration(a.total - b.total),
        (_SPAN, _SPAN): lambda a, b: DaysTimeDuration(NUMBERS.subtract(a.total, b.total)),
        (_MOMENT, _MOMENT): _moments,
        ("date", "date"): _moments,
        ("date", _MOMENT): _moments,
        (_MOMENT, "date"): _moments,
        ("time", "time"): temporal.between_times,
        (_MOMENT, _MONTHS): lambda a, b: temporal.add_to_moment(a, b, -1),
        (_MOMENT, _SPAN): lambda a, b: temporal.add_to_moment(a, b, -1),
        ("date", _MONTHS): lambda a, b: temporal.add_to_date(a, b, -1),
        ("date", _SPAN): lambda a, b: temporal.add_to_date(a, b, -1),
        ("time", _SPAN): lambda a, b: temporal.add_to_time(a, b, -1),
    },
    "*": {
        _NUMBERS: NUMBERS.multiply,
        (_MONTHS, "number"): _months_times,
        ("number", _MONTHS): _swap(_months_times),
        (_SPAN, "number"): lambda a, b: DaysTimeDuration(NUMBERS.multiply(a.total, b)),
        ("number", _SPAN): lambda a, b: DaysTimeDuration(NUMBERS.multiply(a, b.total)),
    },
    "/": {
        _NUMBERS: NUMBERS.divide,
        (_MONTHS, "number"): _months_by,
        (_SPAN, "number"): lambda a, b: DaysTimeDuration(NUMBERS.divide(a.total, b)),
        (_MONTHS, _MONTHS): lambda a, b: NUMBERS.divide(Decimal(a.total), Decimal(b.total)),
        (_SPAN, _SPAN): lambda a, b: NUMBERS.divide(a.total, b.total),
    },
    "**": {_NUMBERS: power},
}

_VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided", "**": "raised to a power"}


def unwrap(value: Value) -> Value:
    """A list of one as its item: the standard's conversion for operands outside an operator's domain."""
    value = lift(value)
    return lift(value[0]) if value.__class__ is list and len(value) == 1 else value


def calculate(operator: str, left: Value, right: Value, meter: Meter) -> Value:
    """The result; None when an operand is null. Trouble or ArithmeticError when there is none."""
    left, right = unwrap(left), unwrap(right)
    if left is None or right is None:
        return None
    if operator == "+" and left.__class__ is str and right.__class__ is str:
        meter.check_text(len(left) + len(right))
        return left + right
    rule = RULES[operator].get((kind(left), kind(right)))
    if rule is None:
        raise Trouble(_mismatch(operator, left, right))
    result = rule(left, right)
    if isinstance(result, YearsMonthsDuration | DaysTimeDuration) and not -_LONGEST < result.total < _LONGEST:
        raise Trouble("This duration is too long.")
    return result


def _mismatch(operator: str, left: Value, right: Value) -> str:
    hint = ""
    if operator == "+" and "string" in (kind(left), kind(right)):
        hint = " To join texts, make both texts: string(…)."
    return f"{in_words(left).capitalize()} and {in_words(right)} can not be {_VERBS[operator]}.{hint}"


def negate(value: Value) -> Value:
    value = unwrap(value)
    match value:
        case None:
            return None
        case Decimal():
            return NUMBERS.minus(value)
        case YearsMonthsDuration():
            return YearsMonthsDuration(-value.total)
        case DaysTimeDuration():
            return DaysTimeDuration(-value.total)
    raise Trouble(f"{in_words(value).capitalize()} has no negative.")
