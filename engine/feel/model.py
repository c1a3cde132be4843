"""Decision models as plain data: what a DMN file says, without its XML.

Every piece of FEEL is a `Text`, which remembers where it stood.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class Text:
    """FEEL, with the line of the file and the id of the element it stands in."""

    text: str
    line: int = 0
    element: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """An element of a model: its namespace and id."""

    namespace: str
    id: str


# --- boxed expressions ---


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    text: Text
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry:
    variable: Variable | None  # None: the context's result
    value: "Boxed | None"


@dataclass(frozen=True, slots=True)
class BoxedContext:
    entries: tuple[ContextEntry, ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    function: "Boxed | None"
    bindings: tuple[tuple[str, "Boxed | None"], ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    parameters: tuple[Variable, ...]
    body: "Boxed | None"
    kind: str = "FEEL"
    type: str | None = None


@dataclass(frozen=True, slots=True)
class BoxedList:
    items: tuple["Boxed | None", ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[Variable, ...]
    rows: tuple[tuple["Boxed | None", ...], ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: "Boxed | None"
    then: "Boxed | None"
    otherwise: "Boxed | None"
    type: str | None = None


@dataclass(frozen=True, slots=True)
class BoxedFilter:
    domain: "Boxed | None"
    match: "Boxed | None"
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Iterator:
    kind: str  # for, some, every
    variable: str
    domain: "Boxed | None"
    body: "Boxed | None"
    type: str | None = None


# --- decision tables ---


class HitPolicy(StrEnum):
    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class Input:
    """A column on the left: an expression, its type, and the values it may have (unary tests)."""

    expression: Text
    type: str | None = None
    allowed: Text | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A column on the right. The order of `allowed` is the priority of the policies PRIORITY and OUTPUT ORDER."""

    name: str = ""
    type: str | None = None
    allowed: Text | None = None
    default: Text | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    cells: tuple[Text, ...]
    outputs: tuple[Text, ...]
    id: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class DecisionTable:
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregation: Aggregation | None = None
    name: str = ""
    type: str | None = None
    line: int = 0
    element: str = ""


Boxed = (
    LiteralExpression
    | BoxedContext
    | Invocation
    | FunctionDefinition
    | BoxedList
    | Relation
    | Conditional
    | BoxedFilter
    | Iterator
    | DecisionTable
)


# --- the elements of a model ---


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    variable: Variable


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    variable: Variable
    logic: Boxed | None
    needs: tuple[Reference, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class BusinessKnowledge:
    id: str
    variable: Variable
    function: FunctionDefinition | None
    needs: tuple[Reference, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class DecisionService:
    id: str
    variable: Variable
    outputs: tuple[Reference, ...]
    encapsulated: tuple[Reference, ...] = ()
    input_decisions: tuple[Reference, ...] = ()
    input_data: tuple[Reference, ...] = ()


Element = InputData | Decision | BusinessKnowledge | DecisionService


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A named type. `allowed` tests each value (each item of a collection), `constraint` the whole."""

    name: str
    base: str | None = None
    components: tuple["ItemDefinition", ...] = ()
    collection: bool = False
    allowed: Text | None = None
    constraint: Text | None = None
    function: tuple[tuple[Variable, ...], str | None] | None = None


@dataclass(frozen=True, eq=False)
class DecisionModel:
    """A DMN file, with the models it imports. Compared by identity, copied as itself: compiling it is remembered."""

    name: str
    namespace: str = ""
    elements: tuple[Element, ...] = ()
    types: tuple[ItemDefinition, ...] = ()
    imports: Mapping[str, "DecisionModel"] = field(default_factory=dict)  # by the name they are known as here
    file: str = ""

    def __deepcopy__(self, memo: object) -> Self:
        return self

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(element for element in self.elements if isinstance(element, Decision))
