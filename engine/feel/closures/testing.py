"""Tests of a value: `x in …`, and the cells of decision tables."""

from engine.feel import nodes
from engine.feel.closures.calculating import comparison
from engine.feel.closures.compiler import PROBLEMS, Code, Compiler, Locals, compiles
from engine.feel.compare import equals, includes, never_equal, same
from engine.feel.errors import Trouble
from engine.feel.nodes import Node
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.values import Range, Value

SUBJECT = "?"


@compiles(nodes.In)
def compile_in(compiler: Compiler, node: nodes.In, scope: Scope) -> Code:
    value = compiler.compile(node.value, scope)
    tests = compile_tests(compiler, node.tests, scope.bind(SUBJECT), cell=False)
    return lambda rt, v: tests(rt, (*v, value(rt, v)))


@compiles(nodes.Tests)
def compile_cell(compiler: Compiler, node: nodes.Tests, scope: Scope) -> Code:
    """A whole cell; `scope` ends with the value tested."""
    tests = compile_tests(compiler, node.tests, scope, cell=True)
    if not node.negated:
        return tests

    def none_of(rt: Runtime, v: Locals) -> Value:
        found = tests(rt, v)
        return None if found is None else not found

    return none_of


def compile_tests(compiler: Compiler, tests: tuple[Node, ...], scope: Scope, *, cell: bool) -> Code:
    """Whether the last local value passes one of these: three-valued."""
    # `[1, 2] in [1, 2]` asks for an item that is [1, 2]; a cell, or one of several tests, may be a list to be equal to.
    whole = cell or len(tests) > 1
    codes = [_compile_test(compiler, test, scope, cell=cell, whole=whole) for test in tests]
    if len(codes) == 1:
        return codes[0]

    def any_of(rt: Runtime, v: Locals) -> Value:
        unknown = False
        for code in codes:
            found = code(rt, v)
            if found is True:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return any_of


def _compile_test(compiler: Compiler, node: Node, scope: Scope, *, cell: bool, whole: bool) -> Code:
    place = scope.size - 1
    match node:
        case nodes.UnaryRange(operator=operator, bound=bound):
            compare = comparison(compiler, operator, node)
            other = compiler.compile(bound, scope)
            return lambda rt, v: compare(rt, v[place], other(rt, v))
        case nodes.Literal(value=None):
            return lambda rt, v: v[place] is None
    return _compile_value_test(compiler, node, scope, cell=cell, whole=whole)


def _compile_value_test(compiler: Compiler, node: Node, scope: Scope, *, cell: bool, whole: bool) -> Code:
    place = scope.size - 1
    code = compiler.compile(node, scope)
    fail = compiler.failing(node)
    asks = mentions_subject(node)
    # A cell may also hold a condition on other values. In `x in (…)` a value is only ever compared.
    conditional = cell and not isinstance(node, nodes.Literal)

    def run(rt: Runtime, v: Locals) -> Value:
        value = code(rt, v)
        subject = v[place]
        if value.__class__ is bool and (asks or (conditional and subject.__class__ is not bool)):
            return value
        if asks and value is None:
            return None
        try:
            return matches(subject, value, rt, whole=whole)
        except PROBLEMS as problem:
            return fail(rt, problem)

    return run


def matches(subject: Value, value: Value, rt: Runtime, *, whole: bool = True) -> bool | None:
    """Whether a value is the other, among the other's items, or within it."""
    if value.__class__ is Range:
        if subject.__class__ is Range:
            return equals(subject, value, rt.meter)
        return includes(value, subject)
    if value.__class__ is list:
        return (whole and subject.__class__ is list and same(subject, value, rt.meter)) or _is_among(subject, value, rt)
    found = equals(subject, value, rt.meter)
    if found is None:
        raise Trouble(never_equal(subject, value))
    return found


def _is_among(subject: Value, items: list[Value], rt: Runtime) -> bool | None:
    rt.meter.spend(1 + len(items) // 8)
    unknown = False
    for item in items:
        item = lift(item)
        if item.__class__ is Range and subject.__class__ is not Range:
            found = _includes_kindly(item, subject)
        else:
            found = same(subject, item, rt.meter)
        if found is True:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def _includes_kindly(interval: Range, subject: Value) -> bool | None:
    try:
        return includes(interval, subject)
    except Trouble:
        return False


def mentions_subject(node: Node) -> bool:
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, nodes.Name) and one.name == SUBJECT:
            return True
        waiting.extend(one.children())
    return False
