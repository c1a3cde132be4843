"""Equality, order and identity of FEEL values, three-valued as the standard has them."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.budget import MAX_VALUE_DEPTH, Meter
from engine.feel.errors import Trouble
from engine.feel.plain import lift
from engine.feel.values import FarDate, FarDateTime, Range, Value, in_words, kind

# Values of one of these types compare as Python compares them.
_PLAIN = frozenset({str, Decimal, bool})


def equals(left: Value, right: Value, meter: Meter, depth: int = 0) -> bool | None:
    """`left = right`; None when they are of different kinds."""
    cls = left.__class__
    if cls is right.__class__ and cls in _PLAIN:
        return bool(left == right)
    left, right = lift(left), lift(right)
    if left is None or right is None:
        return left is right
    cls = left.__class__
    if cls is not right.__class__:
        if not depth and cls is list and len(left) == 1:  # a list of one equals its item, said DMN 1.1
            return equals(left[0], right, meter, 1)
        if not depth and right.__class__ is list and len(right) == 1:
            return equals(left, right[0], meter, 1)
        if kind(left) != kind(right) or cls is list:
            return None
    if cls in _PLAIN:
        return bool(left == right)
    if cls is list or cls is dict:
        if depth > MAX_VALUE_DEPTH:
            raise Trouble("These values are nested too deeply to be compared.")
        meter.spend(1 + len(left))
        return _equal_lists(left, right, meter, depth) if cls is list else _equal_contexts(left, right, meter, depth)
    return _equal_others(left, right, meter, depth)


def _equal_lists(left: list[Value], right: list[Value], meter: Meter, depth: int) -> bool:
    return len(left) == len(right) and all(
        equals(a, b, meter, depth + 1) is True for a, b in zip(left, right, strict=True)
    )


def _equal_contexts(left: dict[str, Value], right: dict[str, Value], meter: Meter, depth: int) -> bool:
    return left.keys() == right.keys() and all(
        equals(value, right[key], meter, depth + 1) is True for key, value in left.items()
    )


def _equal_others(left: Value, right: Value, meter: Meter, depth: int) -> bool | None:
    match left:
        case dt.datetime() | FarDateTime():
            a, b = temporal.moment_key(left, right)
            return a == b
        case dt.time():
            a, b = temporal.time_key(left, right)
            return a == b
        case dt.date() | FarDate():
            return temporal.date_key(left) == temporal.date_key(right)
        case Range():
            return _equal_ranges(left, right, meter, depth)
        case _:
            return bool(left == right) if kind(left) != "function" else left is right


def _equal_ranges(left: Range, right: Range, meter: Meter, depth: int) -> bool:
    return (
        left.start_included == right.start_included
        and left.end_included == right.end_included
        and left.start_unbounded == right.start_unbounded
        and left.end_unbounded == right.end_unbounded
        and equals(left.start, right.start, meter, depth + 1) is True
        and equals(left.end, right.end, meter, depth + 1) is True
    )


def same(left: Value, right: Value, meter: Meter) -> bool:
    """Whether a list's item is this value: equality, where different kinds are simply not the same."""
    return equals(left, right, meter, 1) is True


def order(left: Value, right: Value) -> int | None:
    """-1, 0 or 1; None when one is null. Raises Trouble for values that have no order between them."""
    left, right = lift(left), lift(right)
    if left is None or right is None:
        return None
    cls = left.__class__
    if cls is Decimal and right.__class__ is Decimal:
        return _sign(left, right)
    if cls is str and right.__class__ is str:
        return _sign(left, right)
    if cls is list and len(left) == 1 and right.__class__ is not list:
        return order(left[0], right)
    if right.__class__ is list and len(right) == 1 and cls is not list:
        return order(left, right[0])
    name = kind(left)
    if name != kind(right) or name not in _KEYS:
        raise Trouble(
            f"{_start(in_words(left))} can not be compared with {in_words(right)}: neither is before the other."
        )
    return _sign(*_KEYS[name](left, right))


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


# What to compare by, where not the values themselves.
_KEYS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "number": lambda a, b: (a, b),
    "string": lambda a, b: (a, b),
    "date": lambda a, b: (temporal.date_key(a), temporal.date_key(b)),
    "time": temporal.time_key,
    "date and time": temporal.moment_key,
    "years and months duration": lambda a, b: (a.total, b.total),
    "days and time duration": lambda a, b: (a.total, b.total),
}


def never_equal(left: Value, right: Value) -> str:
    return f"{_start(in_words(lift(left)))} is compared with {in_words(lift(right))}: they are never equal."


def _start(words: str) -> str:
    return words[0].upper() + words[1:]


def is_comparable(value: Value) -> bool:
    return kind(value) in _KEYS


def includes(interval: Range, value: Value) -> bool | None:
    """`value in interval`: the standard's conjunction of the two comparisons."""
    lower: bool | None = True
    if not interval.start_unbounded:
        found = order(value, interval.start)
        lower = None if found is None else found > 0 or (found == 0 and interval.start_included)
        if lower is False:
            return False
    if interval.end_unbounded:
        return lower
    found = order(value, interval.end)
    upper = None if found is None else found < 0 or (found == 0 and interval.end_included)
    if upper is False:
        return False
    return True if lower is True and upper is True else None


def identical(left: Value, right: Value, meter: Meter) -> bool:
    """`is(left, right)`: the same element, so a time in a region is not the same as one with its offset."""
    left, right = lift(left), lift(right)
    if kind(left) != kind(right):
        return False
    if isinstance(left, (dt.time, dt.datetime, FarDateTime)):
        if temporal.zone_text(left.tzinfo) != temporal.zone_text(right.tzinfo):
            return False
        return temporal.clock_micros(left) == temporal.clock_micros(right) and (
            isinstance(left, dt.time) or temporal.days_of(left) == temporal.days_of(right)
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(identical(a, b, meter) for a, b in zip(left, right, strict=True))
    return equals(left, right, meter) is True
