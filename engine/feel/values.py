"""The values of FEEL that Python has no type for, and the little that all values have in common.

number: Decimal (34 digits) · text: str · true/false: bool · null: None · date, time, date and time: the standard
library's (or FarDate, FarDateTime outside the years 1..9999) · list: list · context: dict with text keys.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.feel.runtime import Runtime
    from engine.feel.types import FeelType

# The standard's number: IEEE 754 decimal128. The exponent's limits also end `9**9**9` at once.
NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

Value = Any  # one of the types named above; Python can not say "recursively plain" without a cast at every step


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    total: int  # months

    @property
    def years(self) -> int:
        return abs(self.total) // 12 * (1 if self.total >= 0 else -1)

    @property
    def months(self) -> int:
        return abs(self.total) % 12 * (1 if self.total >= 0 else -1)

    def __str__(self) -> str:
        if not self.total:
            return "P0M"
        years, months = divmod(abs(self.total), 12)
        return ("-" if self.total < 0 else "") + "P" + (f"{years}Y" * bool(years)) + (f"{months}M" * bool(months))


@dataclass(frozen=True, slots=True, order=True)
class DaysTimeDuration:
    total: Decimal  # seconds

    @classmethod
    def of(cls, span: dt.timedelta) -> "DaysTimeDuration":
        whole = Decimal(span.days * 86_400 + span.seconds)
        return cls(whole + Decimal(span.microseconds).scaleb(-6) if span.microseconds else whole)

    def parts(self) -> tuple[int, int, int, Decimal]:
        """Days, hours, minutes, seconds, all with the duration's own sign."""
        days, hours, minutes, seconds = self._sizes()
        return (-days, -hours, -minutes, -seconds) if self.total < 0 else (days, hours, minutes, seconds)

    def _sizes(self) -> tuple[int, int, int, Decimal]:
        whole, fraction = divmod(abs(self.total), 1)
        minutes, seconds = divmod(int(whole), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return days, hours, minutes, seconds + fraction

    def __str__(self) -> str:
        if not self.total:
            return "PT0S"
        days, hours, minutes, seconds = self._sizes()
        clock = "".join(
            (
                f"{hours}H" if hours else "",
                f"{minutes}M" if minutes else "",
                f"{number_text(seconds)}S" if seconds else "",
            )
        )
        return ("-" if self.total < 0 else "") + "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date outside the years that Python's own reach. FEEL allows -999,999,999 to 999,999,999."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class FarDateTime:
    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    microsecond: int = 0
    tzinfo: dt.tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. A bound that the text does not have (`< 5`) is None and `unbounded` on that side."""

    start: Value
    end: Value
    start_included: bool = True
    end_included: bool = True
    start_unbounded: bool = False
    end_unbounded: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: "FeelType | None" = None


class FunctionValue:
    """Base of everything that FEEL can call, so that one isinstance tells a function."""

    __slots__ = ()
    name: str = "function"
    result: "FeelType | None" = None

    def parameters_for(self, count: int) -> Sequence[Parameter] | None:
        """The parameters when called with so many arguments; None when it can not be."""
        raise NotImplementedError

    def usage(self) -> str:
        """How to call it, for a message."""
        return self.name

    def call(self, rt: "Runtime", arguments: list[Value]) -> Value:
        raise NotImplementedError

    def call_named(self, rt: "Runtime", arguments: Mapping[str, Value]) -> Value:
        raise NotImplementedError


@dataclass(frozen=True)
class Function:
    """A function the host registers: called with FEEL values in the order of `parameters`.

    It may return plain values. `required` counts the parameters that must be given, all of them by default. An
    `EngineError`, `TypeError`, `ValueError` or `LookupError` it raises becomes the expression's error, in its words.
    """

    parameters: tuple[str, ...]
    call: Callable[..., object]
    required: int | None = None


def number_text(value: Decimal) -> str:
    """Plain digits, no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# Kinds: one word for each type of the standard, and the words people read.
KIND_BY_TYPE: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    Decimal: "number",
    dt.date: "date",
    FarDate: "date",
    dt.datetime: "date and time",
    FarDateTime: "date and time",
    dt.time: "time",
    YearsMonthsDuration: "years and months duration",
    DaysTimeDuration: "days and time duration",
    list: "list",
    dict: "context",
    Range: "range",
}

_WORDS = {
    "null": "nothing (null)",
    "boolean": "true/false",
    "string": "a text",
    "number": "a number",
    "date": "a date",
    "date and time": "a date and time",
    "time": "a time",
    "years and months duration": "a duration in years and months",
    "days and time duration": "a duration in days and time",
    "list": "a list",
    "context": "a group of values",
    "range": "a range",
    "function": "a function",
    "unknown": "something unknown",
}


def kind(value: Value) -> str:
    found = KIND_BY_TYPE.get(value.__class__)
    if found is None:
        found = "function" if isinstance(value, FunctionValue) else "unknown"
    return found


def in_words(value: Value) -> str:
    """What this value is, for a message: `a text`, `a number`. Never the value itself: it may be confidential."""
    return _WORDS[kind(value)]


def kind_in_words(name: str) -> str:
    return _WORDS.get(name, name)
