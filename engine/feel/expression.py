"""Compiling and evaluating: the package's front door."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from engine.feel.callables import HostFunction
from engine.feel.closures import Code, Compiler, Locals
from engine.feel.closures.testing import SUBJECT
from engine.feel.errors import BudgetExceeded, FeelError, Mode, Source, did_you_mean
from engine.feel.functions import BUILT_IN
from engine.feel.names import Names
from engine.feel.nodes import Node
from engine.feel.parser import parse
from engine.feel.plain import READY, settle
from engine.feel.properties import NAMES as PROPERTY_NAMES
from engine.feel.runtime import Environment, Runtime
from engine.feel.scope import Scope
from engine.feel.types import NAMED, FeelType
from engine.feel.values import Function, FunctionValue, Value

_LISTS = (list, dict)


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """What an expression and a cell's tests have in common. Compared by identity; copies are the thing itself."""

    text: str
    mode: Mode
    code: Code = field(repr=False)
    tree: Node = field(repr=False)
    names: frozenset[str]
    paths: frozenset[tuple[str, ...]]
    functions_used: frozenset[str]
    _places: Mapping[str, tuple[int, int]] = field(repr=False)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def unknown_names(self, known: Collection[str]) -> list[FeelError]:
        """An error, with its place, for each name that is not among these: for checking before anything runs."""
        return [
            FeelError(
                f'There is no value called "{name}" here.{did_you_mean(name, known)}',
                line=place[0],
                column=place[1],
            )
            for name, place in sorted(self._places.items(), key=lambda entry: entry[1])
            if name not in known
        ]


class Expression(Compiled):
    """A compiled expression. Holds no state of its evaluations: use one from any number of threads."""

    __slots__ = ()

    def evaluate(self, scope: Mapping[str, object], *, env: Environment) -> Value:
        """The value. `scope` may be lazy: each name is read when, and only if, it is needed."""
        rt = Runtime(scope, env, self.mode)
        try:
            value = self.code(rt, ())
            if value.__class__ in READY and value.__class__ not in _LISTS:
                return value
            return settle(value, rt.meter)
        except RecursionError:
            raise too_deep() from None

    def run(self, rt: Runtime) -> Value:
        """The value within a larger evaluation, charged to its meter."""
        return self.code(rt, ())


class UnaryTests(Compiled):
    """A compiled cell of a decision table."""

    __slots__ = ()

    def matches(self, value: object, scope: Mapping[str, object], env: Environment) -> bool:
        """Whether the value satisfies the cell. An unknown (null) outcome does not."""
        rt = Runtime(scope, env, self.mode)
        try:
            return self.code(rt, (settle(value, rt.meter),)) is True
        except RecursionError:
            raise too_deep() from None

    def run(self, rt: Runtime, value: Value) -> bool:
        return self.code(rt, (value,)) is True


def too_deep() -> FeelError:
    return BudgetExceeded("This expression is nested too deeply to be worked out. Split it up.")


def compile_expression(
    text: str,
    *,
    names: Collection[str] = (),
    functions: Mapping[str, Function | FunctionValue] | None = None,
    mode: Mode = Mode.STRICT,
    properties: Collection[str] = (),
    types: Mapping[str, FeelType] | None = None,
) -> Expression:
    """Compile an expression once, to be evaluated often.

    `names` are the names in scope: they may hold spaces and symbols, and the longest that fits is taken. `properties`
    are names that may follow a dot, needed only where they hold symbols or keywords. Names are not checked here (the
    data may come later): see `names` and `unknown_names`; unknown functions are refused in strict mode.
    """
    return Expression(*_compile(text, names, functions or {}, mode, properties, types or {}, tests=False))


def compile_unary_tests(
    text: str,
    *,
    names: Collection[str] = (),
    functions: Mapping[str, Function | FunctionValue] | None = None,
    mode: Mode = Mode.STRICT,
    properties: Collection[str] = (),
    types: Mapping[str, FeelType] | None = None,
) -> UnaryTests:
    """Compile a table's cell: `-`, `< 5`, `[1..3]`, `"a", "b"`, `not(…)`, or a condition on `?`."""
    return UnaryTests(*_compile(text, names, functions or {}, mode, properties, types or {}, tests=True))


_ALWAYS_KNOWN = Names((*BUILT_IN, "item", "partial", SUBJECT))
_PROPERTIES = Names(PROPERTY_NAMES)
_TYPES = Names(NAMED)


@lru_cache(maxsize=128)
def _known(names: frozenset[str], always: Names) -> Names:
    """All the cells of a table, and all the expressions of a diagram, have the same names in scope."""
    return Names(names, always)


_Parts = tuple[
    str,
    Mode,
    Code,
    Node,
    frozenset[str],
    frozenset[tuple[str, ...]],
    frozenset[str],
    Mapping[str, tuple[int, int]],
]


def _compile(
    text: str,
    names: Collection[str],
    functions: Mapping[str, Function | FunctionValue],
    mode: Mode,
    properties: Collection[str],
    types: Mapping[str, FeelType],
    *,
    tests: bool,
) -> _Parts:
    source = Source(text)
    callables = {name: HostFunction(name, one) if isinstance(one, Function) else one for name, one in functions.items()}
    compiler = Compiler(source, declared=names, functions=callables, types=types, mode=mode)
    if tests and text.strip() in ("-", ""):
        tree: Node = _ANYTHING
        code: Code = _anything
    else:
        try:
            tree = parse(
                source,
                names=_known(frozenset((*names, *callables)), _ALWAYS_KNOWN),
                properties=_known(frozenset(properties), _PROPERTIES),
                types=_known(frozenset(types), _TYPES),
                tests=tests,
            )
            code = compiler.compile(tree, Scope(names=(SUBJECT,)) if tests else Scope())
        except RecursionError:
            raise too_deep() from None
    places = {name: source.spot(offset) for name, offset in compiler.names.items()}
    return (
        text, mode, code, tree, frozenset(compiler.names), frozenset(compiler.paths),
        frozenset(compiler.functions_used), places,
    )  # fmt: skip


_ANYTHING = Node(0)


def _anything(rt: Runtime, v: Locals) -> Value:
    return True
