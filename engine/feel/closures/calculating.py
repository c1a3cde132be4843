"""Literals, arithmetic, comparison and logic."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import nodes, temporal
from engine.feel.closures.compiler import PROBLEMS, Code, Compiler, Locals, compiles
from engine.feel.compare import equals, never_equal, order
from engine.feel.errors import Trouble
from engine.feel.nodes import Node
from engine.feel.operators import calculate, negate, power, unwrap
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.values import NUMBERS, Value, in_words


@compiles(nodes.Literal)
def compile_literal(compiler: Compiler, node: nodes.Literal, scope: Scope) -> Code:
    value = node.value
    return lambda rt, v: value


@compiles(nodes.AtLiteral)
def compile_at_literal(compiler: Compiler, node: nodes.AtLiteral, scope: Scope) -> Code:
    value = temporal.parse_literal(node.text)
    if value is not None:
        return lambda rt, v: value
    message = 'After @ there must be a date, time, date and time or duration, such as @"2027-03-31" or @"P3D".'
    if compiler.strict:
        raise compiler.error(message, node)
    fail = compiler.failing(node)
    return lambda rt, v: fail(rt, Trouble(message))


@compiles(nodes.Negate)
def compile_negate(compiler: Compiler, node: nodes.Negate, scope: Scope) -> Code:
    operand = compiler.compile(node.operand, scope)
    fail = compiler.failing(node)

    def run(rt: Runtime, v: Locals) -> Value:
        value = operand(rt, v)
        try:
            return negate(value)
        except PROBLEMS as problem:
            return fail(rt, problem)

    return run


# --- arithmetic ---

_ON_NUMBERS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": power,
}


@compiles(nodes.Chain)
def compile_chain(compiler: Compiler, node: nodes.Chain, scope: Scope) -> Code:
    first, *rest = (compiler.compile(operand, scope) for operand in node.operands)
    fail = compiler.failing(node)
    steps = [(operator, _ON_NUMBERS[operator], operand) for operator, operand in zip(node.operators, rest, strict=True)]

    def run(rt: Runtime, v: Locals) -> Value:
        value = first(rt, v)
        for operator, on_numbers, operand in steps:
            other = operand(rt, v)
            try:
                if value.__class__ is Decimal and other.__class__ is Decimal:
                    value = on_numbers(value, other)
                else:
                    value = calculate(operator, value, other, rt.meter)
            except PROBLEMS as problem:
                value = fail(rt, problem)
        return value

    return run


# --- comparison ---

_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}
_SIMPLE = frozenset({str, Decimal, bool})


@compiles(nodes.Compare)
def compile_compare(compiler: Compiler, node: nodes.Compare, scope: Scope) -> Code:
    left = compiler.compile(node.left, scope)
    right = compiler.compile(node.right, scope)
    compare = comparison(compiler, node.operator, node)
    if node.operator not in ("=", "!="):
        return lambda rt, v: compare(rt, left(rt, v), right(rt, v))
    wanted = node.operator == "="

    def run(rt: Runtime, v: Locals) -> Value:
        a = left(rt, v)
        b = right(rt, v)
        if a.__class__ is b.__class__ and a.__class__ in _SIMPLE:
            return (a == b) is wanted
        return compare(rt, a, b)

    return run


Comparison = Callable[[Runtime, Value, Value], bool | None]


def comparison(compiler: Compiler, operator: str, node: Node) -> Comparison:
    """Three-valued; values that can not be compared are a problem at this node."""
    fail = compiler.failing(node)
    if operator in ("=", "!="):
        wanted = operator == "="

        def equality(rt: Runtime, left: Value, right: Value) -> bool | None:
            try:
                found = equals(left, right, rt.meter)
            except PROBLEMS as problem:
                return fail(rt, problem)  # type: ignore[no-any-return]
            if found is None:
                return fail(rt, Trouble(never_equal(left, right)))  # type: ignore[no-any-return]
            return found is wanted

        return equality
    holds = _ORDERS[operator]

    def ordering(rt: Runtime, left: Value, right: Value) -> bool | None:
        try:
            found = order(left, right)
        except PROBLEMS as problem:
            return fail(rt, problem)  # type: ignore[no-any-return]
        return None if found is None else holds(found)

    return ordering


@compiles(nodes.Between)
def compile_between(compiler: Compiler, node: nodes.Between, scope: Scope) -> Code:
    value, low, high = (compiler.compile(part, scope) for part in (node.value, node.low, node.high))
    at_least = comparison(compiler, ">=", node)
    at_most = comparison(compiler, "<=", node)

    def run(rt: Runtime, v: Locals) -> Value:
        middle = value(rt, v)
        above = at_least(rt, middle, low(rt, v))
        if above is False:
            return False
        below = at_most(rt, middle, high(rt, v))
        if below is False:
            return False
        return True if above is True and below is True else None

    return run


# --- logic ---


@compiles(nodes.Logic)
def compile_logic(compiler: Compiler, node: nodes.Logic, scope: Scope) -> Code:
    decisive = node.operator == "or"
    operands = [(compiler.compile(operand, scope), compiler.failing(operand)) for operand in node.operands]
    word = node.operator

    def check(rt: Runtime, value: Value, fail: Any) -> Value:
        value = unwrap(value)
        if value is not None and not isinstance(value, bool):
            fail(rt, Trouble(f"Beside «{word}» there must be true or false, not {in_words(value)}."))
            return None
        return value

    def run(rt: Runtime, v: Locals) -> Value:
        unknown = False
        for operand, fail in operands:
            value = operand(rt, v)
            if value.__class__ is not bool:
                value = check(rt, value, fail)
            if value is decisive:
                return decisive
            if value is None:
                unknown = True
        return None if unknown else not decisive

    return run


def truth(compiler: Compiler, node: Node, scope: Scope, where: str) -> Code:
    """A condition: true, false, or null for anything else; in strict mode anything else is a problem."""
    condition = compiler.compile(node, scope)
    fail = compiler.failing(node)

    def run(rt: Runtime, v: Locals) -> Value:
        value = condition(rt, v)
        if value is True or value is False or value is None:
            return value
        value = unwrap(value)
        if value is None or isinstance(value, bool):
            return value
        return fail(rt, Trouble(f"After «{where}» there must be true or false, not {in_words(value)}."))

    return run


@compiles(nodes.If)
def compile_if(compiler: Compiler, node: nodes.If, scope: Scope) -> Code:
    condition = truth(compiler, node.condition, scope, "if")
    then = compiler.compile(node.then, scope)
    otherwise = compiler.compile(node.otherwise, scope)
    return lambda rt, v: then(rt, v) if condition(rt, v) is True else otherwise(rt, v)


@compiles(nodes.InstanceOf)
def compile_instance_of(compiler: Compiler, node: nodes.InstanceOf, scope: Scope) -> Code:
    value = compiler.compile(node.value, scope)
    wanted = compiler.type(node.type)
    if wanted is None:
        message = f'There is no type called "{node.type.name}".'
        if node.type.name in ("list", "context", "range", "function"):
            message = f'The type {node.type.name} needs to say of what, as in "list<number>".'
        if compiler.strict:
            raise compiler.error(message, node.type)
        fail = compiler.failing(node.type)
        return lambda rt, v: fail(rt, Trouble(message))
    null_fits = node.type.name == "Null"

    def run(rt: Runtime, v: Locals) -> Value:
        found = value(rt, v)
        return null_fits if found is None else wanted.admits(found)

    return run
