"""Numeric functions (clause 10.3.4.5)."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)

from engine.feel.errors import Trouble
from engine.feel.functions.registry import built_in
from engine.feel.runtime import Runtime
from engine.feel.values import NUMBERS, DaysTimeDuration, Value, YearsMonthsDuration

# Quantizing must hold any number with any scale it may be asked for, so it has its own precision.
_WIDE = Context(prec=12_400, Emin=-12_400, Emax=12_400)
_SCALES = range(-6111, 6177)


def _rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    places = int(scale)  # a fraction is cut off, as other engines do
    if places not in _SCALES:
        raise Trouble("The scale must be from -6111 to 6176.")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -places and places >= 0:
        return number  # already as coarse as asked for
    return NUMBERS.plus(number.quantize(Decimal(1).scaleb(-places, _WIDE), rounding, _WIDE))


_ZERO = Decimal(0)


@built_in("decimal", "n: number, scale: number")
def decimal(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_HALF_EVEN)


@built_in("floor", "n: number")
def floor(_: Runtime, n: Decimal) -> Value:
    return _rounded(n, _ZERO, ROUND_FLOOR)


@built_in("floor", "n: number, scale: number")
def floor_to(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_FLOOR)


@built_in("ceiling", "n: number")
def ceiling(_: Runtime, n: Decimal) -> Value:
    return _rounded(n, _ZERO, ROUND_CEILING)


@built_in("ceiling", "n: number, scale: number")
def ceiling_to(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_CEILING)


@built_in("round up", "n: number, scale: number")
def round_up(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_UP)


@built_in("round down", "n: number, scale: number")
def round_down(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_DOWN)


@built_in("round half up", "n: number, scale: number")
def round_half_up(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_HALF_UP)


@built_in("round half down", "n: number, scale: number")
def round_half_down(_: Runtime, n: Decimal, scale: Decimal) -> Value:
    return _rounded(n, scale, ROUND_HALF_DOWN)


@built_in("abs", "n: number")
def absolute(_: Runtime, n: Decimal) -> Value:
    return abs(n)


@built_in("abs", "n: duration")
def absolute_duration(_: Runtime, n: DaysTimeDuration | YearsMonthsDuration) -> Value:
    return type(n)(abs(n.total))  # type: ignore[arg-type]


@built_in("modulo", "dividend: number, divisor: number")
def modulo(_: Runtime, dividend: Decimal, divisor: Decimal) -> Value:
    if not divisor:
        raise Trouble("The remainder of a division by zero can not be worked out.")
    # Not by the standard's formula, whose rounded quotient is off for large dividends: the exact remainder, moved
    # to the divisor's sign. It is exact however far apart the two are, within decimal128.
    if dividend.adjusted() - divisor.adjusted() > 6_000:
        raise Trouble("These numbers are too far apart in size for a remainder.")
    rest = _WIDE.remainder(dividend, divisor)
    if rest and (rest < 0) != (divisor < 0):
        rest = _WIDE.add(rest, divisor)
    return NUMBERS.plus(rest)


@built_in("sqrt", "number: number")
def sqrt(_: Runtime, number: Decimal) -> Value:
    if number < 0:
        raise Trouble("A negative number has no square root.")
    return NUMBERS.sqrt(number)


@built_in("log", "number: number")
def log(_: Runtime, number: Decimal) -> Value:
    if number <= 0:
        raise Trouble("Only a number above zero has a logarithm.")
    return NUMBERS.ln(number)


@built_in("exp", "number: number")
def exp(_: Runtime, number: Decimal) -> Value:
    return NUMBERS.exp(number)


@built_in("odd", "number: number")
def odd(_: Runtime, number: Decimal) -> Value:
    return not _is_even(number)


@built_in("even", "number: number")
def even(_: Runtime, number: Decimal) -> Value:
    return _is_even(number)


def _is_even(number: Decimal) -> bool:
    if number != number.to_integral_value():
        raise Trouble("Only a whole number is odd or even.")
    digits, exponent = number.as_tuple()[1:]
    return (isinstance(exponent, int) and exponent > 0) or int(number) % 2 == 0 if digits else True
