"""What an expression says, as a tree. `at` is the offset in the text; The parser has bounded its depth."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from engine.feel.values import Value


@dataclass(frozen=True)
class Node:
    at: int

    def children(self) -> "Iterator[Node]":
        for one in fields(self):
            yield from _nodes(getattr(self, one.name))


def _nodes(part: object) -> Iterator[Node]:
    if isinstance(part, Node):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from _nodes(item)


@dataclass(frozen=True)
class Literal(Node):
    value: Value


@dataclass(frozen=True)
class AtLiteral(Node):
    text: str


@dataclass(frozen=True)
class Name(Node):
    name: str


@dataclass(frozen=True)
class Path(Node):
    base: Node
    name: str


@dataclass(frozen=True)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(frozen=True)
class Call(Node):
    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None = None  # of the arguments, when they are named


@dataclass(frozen=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True)
class Chain(Node):
    """`a + b - c`: operators of one precedence, left to right, kept flat so that long ones stay shallow."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Logic(Node):
    operator: str  # and, or
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True)
class UnaryRange(Node):
    """`< 5`: a test in a table's cell or after `in`, a range anywhere else."""

    operator: str
    bound: Node


@dataclass(frozen=True)
class RangeNode(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True)
class ListNode(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True)
class ContextNode(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class Iteration(Node):
    """`x in list` or `x in 1..10` of a for, some or every."""

    name: str
    domain: Node
    end: Node | None = None


@dataclass(frozen=True)
class For(Node):
    iterations: tuple[Iteration, ...]
    result: Node


@dataclass(frozen=True)
class Quantified(Node):
    quantifier: str  # some, every
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True)
class TypeNode(Node):
    """A type as written: a name, or `list`, `range`, `context`, `function` with its parts."""

    name: str
    parts: tuple["TypeNode", ...] = ()
    fields: tuple[str, ...] = ()
    result: "TypeNode | None" = None
    generic: bool = False  # written with < >


@dataclass(frozen=True)
class InstanceOf(Node):
    value: Node
    type: TypeNode


@dataclass(frozen=True)
class FormalParameter(Node):
    name: str
    type: TypeNode | None


@dataclass(frozen=True)
class FunctionNode(Node):
    parameters: tuple[FormalParameter, ...]
    body: Node
    external: bool = False


@dataclass(frozen=True)
class Tests(Node):
    """A table's cell: any of these, or none of these."""

    tests: tuple[Node, ...]
    negated: bool = False
