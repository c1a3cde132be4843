"""Values as FEEL text: what `string(value)` gives."""

import datetime as dt
from decimal import Decimal

from engine.feel import temporal
from engine.feel.budget import MAX_VALUE_DEPTH, Meter
from engine.feel.errors import Trouble
from engine.feel.names import WORD
from engine.feel.plain import lift
from engine.feel.values import FarDate, FarDateTime, FunctionValue, Range, Value, number_text

_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def text_of(value: Value, meter: Meter) -> str | None:
    """A text is itself; null has no text; inside lists and contexts, texts are quoted."""
    value = lift(value)
    if value is None or isinstance(value, str):
        return value
    return _inner(value, meter, 0)


def _inner(value: Value, meter: Meter, depth: int) -> str:
    match lift(value):
        case None:
            return "null"
        case bool(truth):
            return "true" if truth else "false"
        case str(text):
            meter.spend(1 + len(text) // 64)
            return f'"{text.translate(_ESCAPES)}"'
        case Decimal() as number:
            return number_text(number)
        case list(items):
            return _joined("[", [_inner(item, meter, _deeper(depth)) for item in items], "]", meter)
        case dict(entries):
            parts = [f"{_key(key)}: {_inner(item, meter, _deeper(depth))}" for key, item in entries.items()]
            return _joined("{", parts, "}", meter)
        case Range() as interval:
            return _interval(interval, meter, depth)
        case dt.datetime() | FarDateTime() as moment:
            return temporal.moment_text(moment)
        case dt.date() | FarDate() as date:
            return temporal.date_text(date)
        case dt.time() as time:
            return temporal.time_text(time)
        case FunctionValue() as function:
            return f"function {function.name}"
        case other:
            return str(other)  # the two durations


def _deeper(depth: int) -> int:
    if depth >= MAX_VALUE_DEPTH:
        raise Trouble("This value is nested too deeply to be made a text.")
    return depth + 1


def _joined(start: str, parts: list[str], end: str, meter: Meter) -> str:
    meter.spend(1 + len(parts))
    meter.check_text(sum(map(len, parts)))
    return start + ", ".join(parts) + end


def _key(key: str) -> str:
    plain = all(WORD.fullmatch(word) for word in key.split(" "))
    return key if plain else f'"{key.translate(_ESCAPES)}"'


def _interval(value: Range, meter: Meter, depth: int) -> str:
    if value.start_unbounded or value.end_unbounded:
        bound = value.end if value.start_unbounded else value.start
        included = value.end_included if value.start_unbounded else value.start_included
        sign = ("<" if value.start_unbounded else ">") + "=" * included
        return f"({sign} {_inner(bound, meter, _deeper(depth))})"
    start, end = (_inner(bound, meter, _deeper(depth)) for bound in (value.start, value.end))
    return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"
