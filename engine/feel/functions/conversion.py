"""Conversion, boolean and identity functions (clauses 10.3.4.1, 10.3.4.2, 10.3.4.6)."""

import re

from engine.feel import nodes, temporal
from engine.feel.compare import identical, is_comparable, order
from engine.feel.errors import FeelError, Source, Trouble
from engine.feel.functions.registry import BUILT_IN, built_in
from engine.feel.names import Names
from engine.feel.parser import parse
from engine.feel.runtime import Runtime
from engine.feel.text import text_of
from engine.feel.values import NUMBERS, Range, Value

_NUMERAL = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_LONGEST_NUMERAL = 7_000
_GROUPING = (" ", ",", ".", None)
_DECIMAL = (",", ".", None)


@built_in("number", "from: string")
def number(rt: Runtime, from_: str) -> Value:
    return number_with(rt, from_, None, None)


@built_in("number", "from: number")
def number_itself(_: Runtime, from_: Value) -> Value:
    return from_


@built_in("number", "from: string, grouping separator: any, decimal separator: any")
def number_with(_: Runtime, from_: str, grouping: Value, decimal: Value) -> Value:
    if grouping not in _GROUPING or decimal not in _DECIMAL or (grouping == decimal and grouping is not None):
        raise Trouble(
            "The grouping separator must be a space, comma, point or null, the decimal separator a comma, point or "
            "null, and they must differ."
        )
    text = from_.replace(grouping, "") if grouping else from_
    if decimal == ",":
        if "." in text:
            raise Trouble("This text is not a number.")
        text = text.replace(",", ".")
    if len(text) > _LONGEST_NUMERAL or not _NUMERAL.fullmatch(text):
        raise Trouble("This text is not a number.")
    return NUMBERS.create_decimal(text)


@built_in("string", "from: any")
def string(rt: Runtime, from_: Value) -> Value:
    return text_of(from_, rt.meter)


_ENDPOINT_FUNCTIONS = ("date", "time", "date and time", "duration")


@built_in("range", "from: string")
def range_(rt: Runtime, from_: str) -> Value:
    source = Source(from_)
    try:
        node = parse(source, names=Names(_ENDPOINT_FUNCTIONS), properties=Names(), types=Names())
    except FeelError:
        node = None
    if not isinstance(node, nodes.RangeNode):
        raise Trouble('This text is not a range; it should be like "[1..10]".')
    start, end = _endpoint(rt, node.start), _endpoint(rt, node.end)
    if (order(start, end) or 0) > 0:
        raise Trouble("The end of this range lies before its start.")
    return Range(start, end, node.start_included, node.end_included)


def _endpoint(rt: Runtime, node: nodes.Node) -> Value:
    """The standard allows only literals here."""
    value: Value = None
    match node:
        case nodes.Literal():
            value = node.value
        case nodes.AtLiteral():
            value = temporal.parse_literal(node.text)
        case nodes.Call(function=nodes.Name(name=name), arguments=arguments, names=None):
            values = [argument.value for argument in arguments if isinstance(argument, nodes.Literal)]
            if name in _ENDPOINT_FUNCTIONS and len(values) == len(arguments):
                value = BUILT_IN[name].call(rt, values)
    if not is_comparable(value):
        raise Trouble("The ends of a range must be numbers, texts, dates, times or durations.")
    return value


@built_in("not", "negand: any")
def negation(_: Runtime, negand: Value) -> Value:
    if isinstance(negand, list) and len(negand) == 1:
        negand = negand[0]
    if isinstance(negand, bool):
        return not negand
    if negand is None:
        return None
    raise Trouble("Only true or false can be negated with not.")


@built_in("is", "value1: any, value2: any")
def is_same(rt: Runtime, value1: Value, value2: Value) -> Value:
    return identical(value1, value2, rt.meter)
