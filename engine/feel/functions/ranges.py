"""How points and ranges lie to each other (clause 10.3.4.8)."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from engine.feel.compare import order
from engine.feel.functions.registry import built_in
from engine.feel.runtime import Runtime
from engine.feel.values import Range, Value

# The standard's definitions are conjunctions and disjunctions of comparisons. A missing bound compares as null, which
# is what raising _Unknown and answering null amounts to.


class _Unknown(Exception):
    pass


class _Edge(Enum):
    """Where a range without a bound ends: before or after every value."""

    LOWEST = -1
    HIGHEST = 1


def _order(a: Value, b: Value) -> int:
    if isinstance(a, _Edge):
        return 0 if a is b else a.value
    if isinstance(b, _Edge):
        return -int(b.value)
    found = order(a, b)
    if found is None:
        raise _Unknown
    return found


Relation = Callable[[Value, Value], bool]


def _before_points(a: Value, b: Value) -> bool:
    return _order(a, b) < 0


def _point_before(point: Value, r: Range) -> bool:
    found = _order(point, r.start)
    return found < 0 or (found == 0 and not r.start_included)


def _range_before(r: Range, point: Value) -> bool:
    found = _order(r.end, point)
    return found < 0 or (found == 0 and not r.end_included)


def _before(a: Range, b: Range) -> bool:
    found = _order(a.end, b.start)
    return found < 0 or (found == 0 and not (a.end_included and b.start_included))


def _meets(a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and _order(a.end, b.start) == 0


def _overlaps(a: Range, b: Range) -> bool:
    return _reaches(a, b) and _reaches(b, a)


def _reaches(a: Range, b: Range) -> bool:
    """Whether a ends at or after the start of b, with a point in common there."""
    found = _order(a.end, b.start)
    return found > 0 or (found == 0 and a.end_included and b.start_included)


def _lies_before(a: Range, b: Range) -> bool:
    start = _order(a.start, b.start)
    end = _order(a.end, b.end)
    return (
        (start < 0 or (start == 0 and a.start_included and not b.start_included))
        and _reaches(a, b)
        and (end < 0 or (end == 0 and (not a.end_included or b.end_included)))
    )


def _ends_at(r: Range, point: Value) -> bool:
    return r.end_included and _order(r.end, point) == 0


def _starts_at(r: Range, point: Value) -> bool:
    return r.start_included and _order(r.start, point) == 0


def _finishes(a: Range, b: Range) -> bool:
    """a lies within b and ends where b ends."""
    if a.end_included != b.end_included or _order(a.end, b.end) != 0:
        return False
    found = _order(a.start, b.start)
    return found > 0 or (found == 0 and (not a.start_included or b.start_included))


def _starts(a: Range, b: Range) -> bool:
    """a lies within b and starts where b starts."""
    if a.start_included != b.start_included or _order(a.start, b.start) != 0:
        return False
    found = _order(a.end, b.end)
    return found < 0 or (found == 0 and (not a.end_included or b.end_included))


def _holds_point(r: Range, point: Value) -> bool:
    start, end = _order(r.start, point), _order(r.end, point)
    return (start < 0 < end) or (start == 0 and r.start_included) or (end == 0 and r.end_included)


def _holds_range(a: Range, b: Range) -> bool:
    start, end = _order(a.start, b.start), _order(a.end, b.end)
    return (start < 0 or (start == 0 and (a.start_included or not b.start_included))) and (
        end > 0 or (end == 0 and (a.end_included or not b.end_included))
    )


def _coincide_points(a: Value, b: Value) -> bool:
    return _order(a, b) == 0


def _coincide(a: Range, b: Range) -> bool:
    return (
        a.start_included == b.start_included
        and a.end_included == b.end_included
        and _order(a.start, b.start) == 0
        and _order(a.end, b.end) == 0
    )


def _swapped(holds: Relation) -> Relation:
    return lambda first, second: holds(second, first)


_POINTS = "point1: point, point2: point"
_POINT_RANGE = "point: point, range: range"
_RANGE_POINT = "range: range, point: point"
_RANGES = "range1: range, range2: range"

_RELATIONS: list[tuple[str, str, Relation]] = [
    ("before", _POINTS, _before_points),
    ("before", _POINT_RANGE, _point_before),
    ("before", _RANGE_POINT, _range_before),
    ("before", _RANGES, _before),
    ("after", _POINTS, _swapped(_before_points)),
    ("after", _POINT_RANGE, _swapped(_range_before)),
    ("after", _RANGE_POINT, _swapped(_point_before)),
    ("after", _RANGES, _swapped(_before)),
    ("meets", _RANGES, _meets),
    ("met by", _RANGES, _swapped(_meets)),
    ("overlaps", _RANGES, _overlaps),
    ("overlaps before", _RANGES, _lies_before),
    ("overlaps after", _RANGES, _swapped(_lies_before)),
    ("finishes", _POINT_RANGE, _swapped(_ends_at)),
    ("finishes", _RANGES, _finishes),
    ("finished by", _RANGE_POINT, _ends_at),
    ("finished by", _RANGES, _swapped(_finishes)),
    ("includes", _RANGE_POINT, _holds_point),
    ("includes", _RANGES, _holds_range),
    ("during", _POINT_RANGE, _swapped(_holds_point)),
    ("during", _RANGES, _swapped(_holds_range)),
    ("starts", _POINT_RANGE, _swapped(_starts_at)),
    ("starts", _RANGES, _starts),
    ("started by", _RANGE_POINT, _starts_at),
    ("started by", _RANGES, _swapped(_starts)),
    ("coincides", _POINTS, _coincide_points),
    ("coincides", _RANGES, _coincide),
]


def _edged(value: Value) -> Value:
    if isinstance(value, Range) and (value.start_unbounded or value.end_unbounded):
        return replace(
            value,
            start=_Edge.LOWEST if value.start_unbounded else value.start,
            end=_Edge.HIGHEST if value.end_unbounded else value.end,
        )
    return value


def _three_valued(holds: Relation) -> Callable[..., Value]:
    def run(_: Runtime, first: Value, second: Value) -> Value:
        try:
            return holds(_edged(first), _edged(second))
        except _Unknown:
            return None

    return run


for _name, _signature, _holds in _RELATIONS:
    built_in(_name, _signature)(_three_valued(_holds))
