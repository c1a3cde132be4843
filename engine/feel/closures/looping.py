"""for, some and every."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from engine.feel import nodes, temporal
from engine.feel.callables import NothingGiven
from engine.feel.closures.calculating import truth
from engine.feel.closures.compiler import PROBLEMS, Code, Compiler, Locals, compiles
from engine.feel.compare import order
from engine.feel.errors import Trouble
from engine.feel.nodes import Node
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.values import Range, Value, kind

_MOST_ITERATIONS = 20
_PARTIAL = "partial"

Domain = Callable[[Runtime, Locals], Iterator[Value]]


@compiles(nodes.For)
def compile_for(compiler: Compiler, node: nodes.For, scope: Scope) -> Code:
    domains, inner = _domains(compiler, node, node.iterations, scope)
    partial = _mentions_partial(node.result)
    result = compiler.compile(node.result, inner.bind(_PARTIAL) if partial else inner)
    fail = compiler.failing(node)

    def run(rt: Runtime, v: Locals) -> Value:
        results: list[Value] = []
        try:
            for values in _combinations(domains, rt, v):
                if partial:
                    rt.meter.check_list(len(results))
                    values = (*values, list(results))
                results.append(result(rt, values))
                rt.meter.spend()
        except PROBLEMS as problem:
            return fail(rt, problem)
        rt.meter.check_list(len(results))
        return results

    return run


@compiles(nodes.Quantified)
def compile_quantified(compiler: Compiler, node: nodes.Quantified, scope: Scope) -> Code:
    domains, inner = _domains(compiler, node, node.iterations, scope)
    condition = truth(compiler, node.condition, inner, "satisfies")
    decisive = node.quantifier == "some"
    fail = compiler.failing(node)

    def run(rt: Runtime, v: Locals) -> Value:
        unknown = False
        try:
            for values in _combinations(domains, rt, v):
                rt.meter.spend()
                found = condition(rt, values)
                if found is decisive:
                    return decisive
                unknown = unknown or found is None
        except PROBLEMS as problem:
            return fail(rt, problem)
        return None if unknown else not decisive

    return run


def _combinations(domains: list[Domain], rt: Runtime, v: Locals) -> Iterator[Locals]:
    """The local values of each round; the last domain turns fastest, and each may use the values before it."""
    if len(domains) == 1:
        for value in domains[0](rt, v):
            yield (*v, value)
        return
    for value in domains[0](rt, v):
        yield from _combinations(domains[1:], rt, (*v, value))


def _domains(
    compiler: Compiler, node: Node, iterations: tuple[nodes.Iteration, ...], scope: Scope
) -> tuple[list[Domain], Scope]:
    if len(iterations) > _MOST_ITERATIONS:
        raise compiler.error(f"At most {_MOST_ITERATIONS} lists can be gone through at once.", node)
    domains = []
    for iteration in iterations:
        start = compiler.compile(iteration.domain, scope)
        end = compiler.compile(iteration.end, scope) if iteration.end else None
        domains.append(_over_items(start) if end is None else _over_steps(start, end))
        scope = scope.bind(iteration.name)
    return domains, scope


def _over_items(code: Code) -> Domain:
    return lambda rt, v: items_of(code(rt, v))


def items_of(found: Value) -> Iterator[Value]:
    """What a for goes through: a list's items, a range's steps, or a single value."""
    found = lift(found)
    if found is None:
        raise NothingGiven("There is nothing (null) where a list to go through is needed.")
    if isinstance(found, Range):
        yield from _range_steps(found)
        return
    for item in found if isinstance(found, list) else (found,):
        yield lift(item)


def _over_steps(start: Code, end: Code) -> Domain:
    return lambda rt, v: _steps(start(rt, v), end(rt, v))


def _range_steps(interval: Range) -> Iterator[Value]:
    if interval.start_unbounded or interval.end_unbounded:
        raise Trouble("A range without an end can not be gone through.")
    for value in _steps(interval.start, interval.end):
        if (interval.start_included or order(value, interval.start) != 0) and (
            interval.end_included or order(value, interval.end) != 0
        ):
            yield value


def _steps(start: Value, end: Value) -> Iterator[Value]:
    """Whole numbers, or days, from one to the other, upwards or downwards."""
    start, end = lift(start), lift(end)
    if start is None or end is None:
        raise NothingGiven("There is nothing (null) where a range to go through begins or ends.")
    kinds = kind(start), kind(end)
    if kinds == ("number", "number") and start == start.to_integral_value() and end == end.to_integral_value():
        return (Decimal(number) for number in _between(int(start), int(end)))
    if kinds == ("date", "date"):
        days = _between(temporal.days_of(start), temporal.days_of(end))
        return (temporal.date_from_days(day) for day in days)
    raise Trouble("Only ranges of whole numbers or of dates can be gone through.")


def _between(first: int, last: int) -> range:
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _mentions_partial(node: Node) -> bool:
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, nodes.Name) and one.name == _PARTIAL:
            return True
        waiting.extend(one.children())
    return False
