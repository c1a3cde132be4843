"""A model's item definitions as FEEL types."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from engine.feel.errors import FeelError, Mode
from engine.feel.expression import UnaryTests, compile_unary_tests
from engine.feel.model import DecisionModel, ItemDefinition, Text
from engine.feel.runtime import Environment
from engine.feel.types import (
    ANY,
    NAMED,
    Constrained,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
)
from engine.feel.values import Value

# Allowed values are literals; a test that asks for the time gets one that shows it should not have asked.
_NO_MOMENT = Environment(now=dt.datetime(1, 1, 2, tzinfo=dt.UTC))
_DEEPEST = 30

Complain = Callable[[FeelError], None]


class ItemTypes(Mapping[str, FeelType]):
    """Every type a model knows, its imports' under `import.type`."""

    def __init__(self, model: DecisionModel, mode: Mode, complain: Complain) -> None:
        self._mode = mode
        self._complain = complain
        self._definitions = {definition.name: definition for definition in model.types}
        self._imported = {
            f"{name}.{type_}" if name else type_: found
            for name, imported in model.imports.items()
            for type_, found in ItemTypes(imported, mode, complain).items()
        }
        self._made: dict[str, FeelType] = {}

    def __getitem__(self, name: str) -> FeelType:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._imported, **self._definitions})

    def __len__(self) -> int:
        return len({**self._imported, **self._definitions})

    def find(self, reference: str | None) -> FeelType:
        """The type that a typeRef means; Any when it says nothing, or nothing known."""
        if not reference:
            return ANY
        local = reference.rpartition(":")[2].strip()
        found = self.get(reference) or self.get(local) or NAMED.get(local)
        if found is None and local not in ("context", "list", "function", "range", "Undefined", "<Undefined>"):
            self._complain(FeelError(f'There is no type called "{local}".'))
        return found or ANY

    def _make(self, name: str) -> FeelType:
        if name not in self._definitions:
            return self._imported[name]
        self._made[name] = ANY  # a type that contains itself ends here
        return self._of(self._definitions[name], 0)

    def _of(self, definition: ItemDefinition, depth: int) -> FeelType:
        if depth > _DEEPEST:
            return ANY
        made: FeelType
        if definition.components:
            made = ContextType(
                tuple((component.name, self._of(component, depth + 1)) for component in definition.components)
            )
        elif definition.function is not None:
            parameters, result = definition.function
            made = FunctionType(tuple(self.find(one.type) for one in parameters), self.find(result))
        else:
            made = self.find(definition.base)
        if definition.allowed is not None:
            made = self._constrained(made, definition.allowed)
        if definition.collection:
            made = ListType(made)
        if definition.constraint is not None:
            made = self._constrained(made, definition.constraint)
        return made

    def _constrained(self, made: FeelType, text: Text) -> FeelType:
        try:
            tests = compile_unary_tests(text.text, mode=Mode.STANDARD)
        except FeelError as error:
            self._complain(error.placed(text.line, text.element))
            return made
        # Of a list type, allowed values are those of its items: that is how modellers write them.
        if isinstance(made, ListType) and not isinstance(made.item, ListType):
            return ListType(Constrained(made.item, _passes(tests)))
        return Constrained(made, _passes(tests))


def _passes(tests: UnaryTests) -> Callable[[Value], bool]:
    return lambda value: tests.matches(value, {}, _NO_MOMENT)
