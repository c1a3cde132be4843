"""From tree to closures: `code(rt, v)` gives an expression's value, where `v` holds the local values.

Each kind of node has one function, declared with `@compiles`, that looks at the node once and returns the closure.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from engine.feel import nodes
from engine.feel.callables import NothingGiven
from engine.feel.errors import FeelError, Mode, Source, Trouble
from engine.feel.nodes import Node
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.types import NAMED, ContextType, FeelType, FunctionType, ListType, RangeType
from engine.feel.values import FunctionValue, Value

Locals = tuple[Value, ...]
Code = Callable[[Runtime, Locals], Value]
Fail = Callable[[Runtime, Exception], Value]

# What an operator or function may raise and what then is the expression's problem.
PROBLEMS = (Trouble, ArithmeticError)


class Compiler:
    """Compiles one expression, and notes on the way what it reads and calls."""

    def __init__(
        self,
        source: Source,
        *,
        declared: Collection[str],
        functions: Mapping[str, FunctionValue],
        types: Mapping[str, FeelType],
        mode: Mode,
    ) -> None:
        self.source = source
        self.declared = frozenset(declared)
        self.functions = functions
        self.types = types
        self.strict = mode is Mode.STRICT
        self.names: dict[str, int] = {}  # with the offset of the first use
        self.paths: set[tuple[str, ...]] = set()
        self.functions_used: set[str] = set()
        self.within_path: set[int] = set()  # names and dots that are only the beginning of a longer path

    def compile(self, node: Node, scope: Scope) -> Code:
        return _COMPILERS[type(node)](self, node, scope)

    def error(self, message: str, node: Node) -> FeelError:
        return self.source.error(message, node.at)

    def failing(self, node: Node) -> Fail:
        """What to return for a problem met while this node is worked out."""
        spot = self.source.spot(node.at)

        def fail(rt: Runtime, error: Exception) -> Value:
            if isinstance(error, NothingGiven):
                rt.warn(str(error))
                return None
            if isinstance(error, Trouble):
                return rt.problem(str(error), spot)
            if isinstance(error, ZeroDivisionError):
                return rt.problem("This is a division by zero.", spot)
            return rt.problem("This can not be calculated: the result is no number, or too large for one.", spot)

        return fail

    def type(self, node: nodes.TypeNode) -> FeelType | None:
        """The type as written; None when there is no such type."""
        parts = [self.type(part) for part in node.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        if not node.generic:
            return NAMED.get(node.name) or self.types.get(node.name)
        match node.name:
            case "list":
                return ListType(known[0])
            case "range":
                return RangeType(known[0])
            case "context":
                return ContextType(tuple(zip(node.fields, known, strict=True)))
            case _:
                result = self.type(node.result) if node.result else None
                return FunctionType(tuple(known), result) if result is not None else None


N = TypeVar("N", bound=Node)
_COMPILERS: dict[type[Node], Callable[..., Code]] = {}


def compiles(
    kind: type[N],
) -> Callable[[Callable[[Compiler, N, Scope], Code]], Callable[[Compiler, N, Scope], Code]]:
    def declare(function: Callable[[Compiler, N, Scope], Code]) -> Callable[[Compiler, N, Scope], Code]:
        _COMPILERS[kind] = function
        return function

    return declare
