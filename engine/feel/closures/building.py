"""Lists, contexts and ranges."""

from engine.feel import nodes
from engine.feel.closures.calling import compile_named_function
from engine.feel.closures.compiler import Code, Compiler, Locals, compiles
from engine.feel.compare import is_comparable
from engine.feel.errors import Trouble
from engine.feel.operators import unwrap
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.values import Range, Value, kind


@compiles(nodes.ListNode)
def compile_list(compiler: Compiler, node: nodes.ListNode, scope: Scope) -> Code:
    items = [compiler.compile(item, scope) for item in node.items]
    return lambda rt, v: [item(rt, v) for item in items]


@compiles(nodes.ContextNode)
def compile_context(compiler: Compiler, node: nodes.ContextNode, scope: Scope) -> Code:
    entries: list[tuple[str, Code]] = []
    for name, value in node.entries:
        if isinstance(value, nodes.FunctionNode):
            entries.append((name, compile_named_function(compiler, value, scope, name)))
        else:
            entries.append((name, compiler.compile(value, scope)))
        scope = scope.bind(name)

    def run(rt: Runtime, v: Locals) -> Value:
        result = {}
        for name, code in entries:
            value = result[name] = code(rt, v)
            v = (*v, value)
        return result

    return run


@compiles(nodes.RangeNode)
def compile_range(compiler: Compiler, node: nodes.RangeNode, scope: Scope) -> Code:
    start, end = compiler.compile(node.start, scope), compiler.compile(node.end, scope)
    start_included, end_included = node.start_included, node.end_included
    fail = compiler.failing(node)
    if isinstance(node.start, nodes.Literal) and isinstance(node.end, nodes.Literal):
        constant = Range(node.start.value, node.end.value, start_included, end_included)
        if _is_sound(constant):
            return lambda rt, v: constant

    def run(rt: Runtime, v: Locals) -> Value:
        made = Range(unwrap(start(rt, v)), unwrap(end(rt, v)), start_included, end_included)
        if _is_sound(made):
            return made
        return fail(
            rt,
            Trouble("The two ends of a range must be of one kind: numbers, texts, dates, times or durations."),
        )

    return run


def _is_sound(made: Range) -> bool:
    """Null may stand for an end that is not known; nothing lies in such a range for certain."""
    ends = [end for end in (made.start, made.end) if end is not None]
    return all(is_comparable(end) for end in ends) and len({kind(end) for end in ends}) <= 1


@compiles(nodes.UnaryRange)
def compile_unary_range(compiler: Compiler, node: nodes.UnaryRange, scope: Scope) -> Code:
    """`(< 5)` where a value stands: a range with one end."""
    bound = compiler.compile(node.bound, scope)
    fail = compiler.failing(node)
    operator = node.operator
    included = operator in ("<=", ">=", "=")

    def run(rt: Runtime, v: Locals) -> Value:
        end = unwrap(bound(rt, v))
        if not is_comparable(end) or operator == "!=":
            return fail(rt, Trouble(f"«{operator}» does not make a range here."))
        if operator == "=":
            return Range(end, end)
        if operator in ("<", "<="):
            return Range(None, end, False, included, start_unbounded=True)
        return Range(end, None, included, False, end_unbounded=True)

    return run
