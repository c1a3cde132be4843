"""How a built-in function is declared: its name and its signature as the standard writes them."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from engine.feel.callables import BuiltIn, Coercion, Overload, Slot
from engine.feel.plain import lift, lift_items
from engine.feel.types import MISMATCH
from engine.feel.values import Value, kind

BUILT_IN: dict[str, BuiltIn] = {}


F = TypeVar("F", bound=Callable[..., Value])


def built_in(name: str, signature: str = "") -> Callable[[F], F]:
    """Declare `signature` ("string: string, length?: number", "items...: any") of a function named `name`.

    The Python function gets the runtime, then the values of these kinds; an optional one not given is None.
    """

    def declare(run: F) -> F:
        function = BUILT_IN.setdefault(name, BuiltIn(name))
        parts = [part.strip() for part in signature.split(",")] if signature else []
        slots = tuple(_slot(part) for part in parts)
        function.overloads.append(Overload(_usage(parts), slots, run, variadic="..." in signature))
        return run

    return declare


def _slot(part: str) -> Slot:
    name, _, domain = part.partition(":")
    return Slot(name.strip().rstrip("?").removesuffix("..."), _COERCIONS[domain.strip()], "?" in name)


def _usage(parts: list[str]) -> str:
    return ", ".join(part.partition(":")[0].strip() for part in parts)


def _of_kinds(*names: str) -> Coercion:
    accepted = frozenset(names)

    def coerce(value: Value) -> Value:
        value = lift(value)
        if kind(value) in accepted:
            return value
        if value.__class__ is list and len(value) == 1:  # the standard's "from singleton list"
            value = lift(value[0])
            if kind(value) in accepted:
                return value
        return MISMATCH

    return coerce


def _number(value: Value) -> Value:
    return value if value.__class__ is Decimal else _any_number(value)


def _list(value: Value) -> Value:
    value = lift(value)
    if value.__class__ is list:
        return lift_items(value)
    return MISMATCH if value is None else [value]


def _something(value: Value) -> Value:
    value = lift(value)
    return MISMATCH if value is None else value


_any_number = _of_kinds("number")
_COERCIONS: dict[str, Coercion] = {
    "any": lift,
    "something": _something,
    "number": _number,
    "string": _of_kinds("string"),
    "boolean": _of_kinds("boolean"),
    "list": _list,
    "context": _of_kinds("context"),
    "range": _of_kinds("range"),
    "function": _of_kinds("function"),
    "date": _of_kinds("date"),
    "time": _of_kinds("time"),
    "date and time": _of_kinds("date and time"),
    "day": _of_kinds("date", "date and time"),
    "days and time duration": _of_kinds("days and time duration"),
    "duration": _of_kinds("days and time duration", "years and months duration"),
    "point": _of_kinds(
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    ),
}
