"""Calls of functions, and functions written in the expression."""

from engine.feel import nodes
from engine.feel.callables import BuiltIn, UserFunction
from engine.feel.closures.compiler import PROBLEMS, Code, Compiler, Locals, compiles
from engine.feel.errors import Trouble, did_you_mean
from engine.feel.functions import BUILT_IN
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.types import ANY, MISMATCH, NAMED, FeelType
from engine.feel.values import FunctionValue, Parameter, Value, in_words


@compiles(nodes.Call)
def compile_call(compiler: Compiler, node: nodes.Call, scope: Scope) -> Code:
    arguments = [compiler.compile(argument, scope) for argument in node.arguments]
    function = _known_function(compiler, node, scope)
    if function is None:
        return _compile_any_call(compiler, node, scope, arguments)
    fail = compiler.failing(node)
    if compiler.strict:
        _check_parameters(compiler, node, function)
    if node.names is not None:
        names = node.names

        def call_named(rt: Runtime, v: Locals) -> Value:
            given = {name: argument(rt, v) for name, argument in zip(names, arguments, strict=True)}
            try:
                return function.call_named(rt, given)
            except PROBLEMS as problem:
                return fail(rt, problem)

        return call_named
    if len(arguments) == 1 and isinstance(function, BuiltIn):
        quick = _compile_single(compiler, node, function, arguments[0])
        if quick is not None:
            return quick

    def call(rt: Runtime, v: Locals) -> Value:
        given = [argument(rt, v) for argument in arguments]
        try:
            return function.call(rt, given)
        except PROBLEMS as problem:
            return fail(rt, problem)

    return call


def _known_function(compiler: Compiler, node: nodes.Call, scope: Scope) -> FunctionValue | None:
    """The function, when its name can mean nothing else."""
    if not isinstance(node.function, nodes.Name):
        return None
    name = node.function.name
    if scope.find(name).place is not None or name in compiler.declared:
        return None
    function = compiler.functions.get(name) or BUILT_IN.get(name)
    if function is not None:
        compiler.functions_used.add(name)
    elif compiler.strict and not scope.find(name).items:
        known = (*compiler.functions, *BUILT_IN, *compiler.declared)
        raise compiler.error(f'There is no function called "{name}".{did_you_mean(name, known)}', node.function)
    return function


def _check_parameters(compiler: Compiler, node: nodes.Call, function: FunctionValue) -> None:
    """Find at once what no value could put right."""
    if node.names is None:
        if function.parameters_for(len(node.arguments)) is None:
            raise compiler.error(
                f"The function {function.name} can not be used with {len(node.arguments)} values: "
                f"it is {function.usage()}.",
                node,
            )
    elif isinstance(function, BuiltIn) and not function.has_parameters(node.names):
        raise compiler.error(f"The function {function.name} has no such parameters: it is {function.usage()}.", node)


def _compile_single(compiler: Compiler, node: nodes.Call, function: BuiltIn, argument: Code) -> Code | None:
    """The short way for the most common call: one argument, one signature."""
    fitting = [overload for overload in function.overloads if overload.least <= 1 <= overload.most]
    if len(fitting) != 1 or fitting[0].slots[0].optional:
        return None
    coerce, run = fitting[0].slots[0].coerce, fitting[0].run
    fail = compiler.failing(node)

    def call(rt: Runtime, v: Locals) -> Value:
        given = argument(rt, v)
        try:
            value = coerce(given)
            return run(rt, value) if value is not MISMATCH else function.call(rt, [given])
        except PROBLEMS as problem:
            return fail(rt, problem)

    return call


def _compile_any_call(compiler: Compiler, node: nodes.Call, scope: Scope, arguments: list[Code]) -> Code:
    callee = compiler.compile(node.function, scope)
    builtin = BUILT_IN.get(node.function.name) if isinstance(node.function, nodes.Name) else None
    names = node.names
    fail = compiler.failing(node)

    def call(rt: Runtime, v: Locals) -> Value:
        function = callee(rt, v)
        if not isinstance(function, FunctionValue):
            if builtin is None:
                return fail(rt, Trouble(f"Only a function can be called; this is {in_words(function)}."))
            function = builtin  # data may be called "date" without hiding the function
        given = [argument(rt, v) for argument in arguments]
        try:
            if names is None:
                return function.call(rt, given)
            return function.call_named(rt, dict(zip(names, given, strict=True)))
        except PROBLEMS as problem:
            return fail(rt, problem)

    return call


@compiles(nodes.FunctionNode)
def compile_function(compiler: Compiler, node: nodes.FunctionNode, scope: Scope) -> Code:
    make = compile_named_function(compiler, node, scope, None)
    return lambda rt, v: make(rt, v)


def compile_named_function(compiler: Compiler, node: nodes.FunctionNode, scope: Scope, name: str | None) -> Code:
    """A function; with a name it may call itself by it."""
    parameters = [Parameter(one.name, _parameter_type(compiler, one)) for one in node.parameters]
    if len({parameter.name for parameter in parameters}) < len(parameters):
        raise compiler.error("Two parameters of this function have the same name.", node)
    if node.external:
        return _external(compiler, node, parameters)
    inner = (scope.bind(name) if name else scope).bind(*(parameter.name for parameter in parameters))
    body = compiler.compile(node.body, inner)
    result = _result_type(node.body)

    def make(rt: Runtime, v: Locals) -> Value:
        def run(caller: Runtime, given: list[Value]) -> Value:
            return body(caller.with_scope(rt.scope), (*captured, *given))

        function = UserFunction(parameters, run, name=name or "function", result=result)
        captured = (*v, function) if name else v
        return function

    return make


def _parameter_type(compiler: Compiler, parameter: nodes.FormalParameter) -> FeelType | None:
    if parameter.type is None:
        return None
    found = compiler.type(parameter.type)
    if found is None and compiler.strict:
        raise compiler.error(f'There is no type called "{parameter.type.name}".', parameter.type)
    return found or ANY


def _result_type(body: nodes.Node) -> FeelType | None:
    """The type of what a function gives, where one look at its body tells."""
    match body:
        case nodes.Literal(value=str()):
            return NAMED["string"]
        case nodes.Literal(value=bool()) | nodes.Compare() | nodes.Logic() | nodes.InstanceOf() | nodes.Quantified():
            return NAMED["boolean"]
        case nodes.Literal(value=value) if value is not None:
            return NAMED["number"]
    return None


def _external(compiler: Compiler, node: nodes.FunctionNode, parameters: list[Parameter]) -> Code:
    def run(rt: Runtime, given: list[Value]) -> Value:
        raise Trouble("This function is defined outside (in Java or PMML), which is never run here.")

    if compiler.strict:
        raise compiler.error("Functions defined outside (in Java or PMML) are never run here.", node)
    return lambda rt, v: UserFunction(parameters, run)
