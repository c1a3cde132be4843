"""FEEL's types: what conforms to them, and the conversions the standard makes on the way in."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.feel import temporal
from engine.feel.plain import lift
from engine.feel.values import FarDate, FunctionValue, Range, Value, kind, kind_in_words


class FeelType:
    """One node of the standard's lattice of types."""

    words = "anything"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        """Whether the value's type conforms to this one. Null conforms to every type.

        `partly`: a context may lack entries, as data that is still being filled in does.
        """
        raise NotImplementedError

    def takes(self, other: "FeelType") -> bool:
        """Whether `other` conforms to this type."""
        return self == other or isinstance(other, NullType)


@dataclass(frozen=True)
class AnyType(FeelType):
    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return True

    def takes(self, other: FeelType) -> bool:
        return True


@dataclass(frozen=True)
class NullType(FeelType):
    words = "nothing (null)"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return value is None


@dataclass(frozen=True)
class SimpleType(FeelType):
    name: str

    @property
    def words(self) -> str:  # type: ignore[override]
        return kind_in_words(self.name)

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return value is None or kind(value) == self.name


@dataclass(frozen=True)
class ListType(FeelType):
    item: FeelType
    words = "a list"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return value is None or (
            isinstance(value, list) and all(self.item.admits(lift(item), partly=partly) for item in value)
        )

    def takes(self, other: FeelType) -> bool:
        return super().takes(other) or (isinstance(other, ListType) and self.item.takes(other.item))


@dataclass(frozen=True)
class ContextType(FeelType):
    fields: tuple[tuple[str, FeelType], ...]
    words = "a group of values"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return value is None or (
            isinstance(value, dict)
            and all(
                of.admits(lift(value[name]), partly=partly) if name in value else partly for name, of in self.fields
            )
        )

    def takes(self, other: FeelType) -> bool:
        if super().takes(other):
            return True
        if not isinstance(other, ContextType):
            return False
        theirs = dict(other.fields)
        return all(name in theirs and of.takes(theirs[name]) for name, of in self.fields)


@dataclass(frozen=True)
class RangeType(FeelType):
    of: FeelType
    words = "a range"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return value is None or (
            isinstance(value, Range) and self.of.admits(lift(value.start)) and self.of.admits(lift(value.end))
        )

    def takes(self, other: FeelType) -> bool:
        return super().takes(other) or (isinstance(other, RangeType) and self.of.takes(other.of))


@dataclass(frozen=True)
class FunctionType(FeelType):
    parameters: tuple[FeelType, ...]
    result: FeelType
    words = "a function"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        if value is None:
            return True
        if not isinstance(value, FunctionValue):
            return False
        theirs = value.parameters_for(len(self.parameters))
        return (
            theirs is not None
            and all((p.type or ANY).takes(mine) for p, mine in zip(theirs, self.parameters, strict=True))
            and (value.result is None or self.result.takes(value.result))
        )

    def takes(self, other: FeelType) -> bool:
        return super().takes(other) or (
            isinstance(other, FunctionType)
            and len(other.parameters) == len(self.parameters)
            and all(theirs.takes(mine) for theirs, mine in zip(other.parameters, self.parameters, strict=True))
            and self.result.takes(other.result)
        )


@dataclass(frozen=True, eq=False)
class Constrained(FeelType):
    """A type whose values must also pass a test (an item definition's allowed values)."""

    base: FeelType
    test: Callable[[Value], bool]

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"{self.base.words} of those allowed"

    def admits(self, value: Value, *, partly: bool = False) -> bool:
        return self.base.admits(value, partly=partly) and (value is None or self.test(value))

    def takes(self, other: FeelType) -> bool:
        return other is self or self.base.takes(other)


ANY = AnyType()
NULL = NullType()
DATE_TIME = SimpleType("date and time")

NAMED: Mapping[str, FeelType] = {
    "Any": ANY,
    "Null": NULL,
    **{
        name: SimpleType(name)
        for name in (
            "number", "string", "boolean", "date", "time", "date and time",
            "days and time duration", "years and months duration",
        )
    },
    # What the DMN 1.1 schema and some modellers write for the same.
    "any": ANY,
    "dateTime": DATE_TIME,
    "dayTimeDuration": SimpleType("days and time duration"),
    "yearMonthDuration": SimpleType("years and months duration"),
}  # fmt: skip

MISMATCH = object()


def base_of(wanted: FeelType) -> FeelType:
    while isinstance(wanted, Constrained):
        wanted = wanted.base
    return wanted


def convert(value: Value, wanted: FeelType) -> Value:
    """The value as this type, with the standard's implicit conversions; MISMATCH when it can not be."""
    value = lift(value)
    if wanted.admits(value, partly=True):
        return value
    base = base_of(wanted)
    candidate: Value = MISMATCH
    if isinstance(base, ListType):
        if not isinstance(value, list):
            candidate = [value]
    elif isinstance(value, list) and len(value) == 1:
        candidate = lift(value[0])
    if base == DATE_TIME and isinstance(candidate if candidate is not MISMATCH else value, (dt.date, FarDate)):
        candidate = temporal.midnight(candidate if candidate is not MISMATCH else value)
    return candidate if candidate is not MISMATCH and wanted.admits(candidate, partly=True) else MISMATCH
