"""What a dot can read: entries of contexts, and the standard's properties of dates, times, durations and ranges.

Nothing else: no name in an expression ever reaches an attribute of a Python object.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.feel import temporal
from engine.feel.errors import Mode, Trouble, did_you_mean
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.values import DaysTimeDuration, Value, in_words, kind

Property = Callable[[Value], Value]


def _second(value: Value) -> Decimal:
    return Decimal(value.second) + Decimal(value.microsecond).scaleb(-6) if value.microsecond else Decimal(value.second)


def _offset(value: Value) -> Value:
    micros = temporal.offset_micros(value)
    return None if micros is None else DaysTimeDuration(Decimal(micros // 1_000_000))


def _zone(value: Value) -> Value:
    text = temporal.zone_text(value.tzinfo)
    return text[1:] if text.startswith("@") else None


_DATE: dict[str, Property] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(temporal.weekday(v)),
}
_TIME: dict[str, Property] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": _second,
    "time offset": _offset,
    "timezone": _zone,
}
PROPERTIES: Mapping[str, Mapping[str, Property]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": {**_DATE, **_TIME},
    "years and months duration": {
        "years": lambda v: Decimal(v.years),
        "months": lambda v: Decimal(v.months),
    },
    "days and time duration": {
        "days": lambda v: Decimal(v.parts()[0]),
        "hours": lambda v: Decimal(v.parts()[1]),
        "minutes": lambda v: Decimal(v.parts()[2]),
        "seconds": lambda v: Decimal(v.parts()[3]),
    },
    "range": {
        "start": lambda v: v.start,
        "end": lambda v: v.end,
        "start included": lambda v: v.start_included,
        "end included": lambda v: v.end_included,
    },
}
NAMES = frozenset(name for properties in PROPERTIES.values() for name in properties)


def read(value: Value, name: str, rt: Runtime) -> Value:
    """`value.name`; of a list, the list of what each item has. Trouble when there is no such thing."""
    if value.__class__ is dict:
        try:
            return lift(value[name])
        except KeyError:
            raise Trouble(
                f'There is no "{name}" in this group of values.{did_you_mean(name, map(str, value))}'
            ) from None
    if value is None:
        return None
    if value.__class__ is list:
        rt.meter.check_list(len(value))
        return [_of_item(lift(item), name, rt) for item in value]
    found = PROPERTIES.get(kind(value), {}).get(name)
    if found is None:
        raise Trouble(f'There is no "{name}" in {in_words(value)}.')
    return found(value)


def _of_item(item: Value, name: str, rt: Runtime) -> Value:
    try:
        if item.__class__ is list:
            raise Trouble(f'There is no "{name}" in a list within a list.')
        return read(item, name, rt)
    except Trouble:
        if rt.mode is Mode.STRICT:
            raise
        return None
