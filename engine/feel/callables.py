"""Functions as values: built in, registered by the host, and written in FEEL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import EngineError
from engine.feel.errors import FeelError, Trouble
from engine.feel.plain import lift, settle
from engine.feel.runtime import Runtime
from engine.feel.types import MISMATCH, FeelType, convert
from engine.feel.values import Function, FunctionValue, Parameter, Value, in_words


class BuiltIn(FunctionValue):
    """A function of the standard, with one or more signatures."""

    __slots__ = ("name", "overloads")

    def __init__(self, name: str) -> None:
        self.name = name
        self.overloads: list[Overload] = []

    def parameters_for(self, count: int) -> Sequence[Parameter] | None:
        for overload in self.overloads:
            if overload.least <= count <= overload.most:
                return [Parameter(overload.parameter(i).name) for i in range(count)]
        return None

    def call(self, rt: Runtime, arguments: list[Value]) -> Value:
        count = len(arguments)
        fitting = False
        for overload in self.overloads:
            if overload.least <= count <= overload.most:
                fitting = True
                bound = overload.bind(arguments)
                if bound is not None:
                    return overload.run(rt, *bound)
        if not fitting:
            raise Trouble(f"The function {self.name} can not be used with {count} values: it is {self.usage()}.")
        return self._refuse(arguments)

    def call_named(self, rt: Runtime, arguments: Mapping[str, Value]) -> Value:
        fitting = False
        for overload in self.overloads:
            positional = overload.arrange(arguments)
            if positional is not None:
                fitting = True
                bound = overload.bind(positional)
                if bound is not None:
                    return overload.run(rt, *bound)
        if not fitting:
            raise Trouble(f"The function {self.name} has no such parameters: it is {self.usage()}.")
        return self._refuse(list(arguments.values()))

    def has_parameters(self, names: Collection[str]) -> bool:
        return any(overload.arrange(dict.fromkeys(names)) is not None for overload in self.overloads)

    def _refuse(self, arguments: list[Value]) -> Value:
        if any(argument is None for argument in arguments):
            raise NothingGiven(f"The function {self.name} was given nothing (null).")
        given = ", ".join(in_words(lift(argument)) for argument in arguments)
        raise Trouble(f"The function {self.name} can not take {given}: it is {self.usage()}.")

    def usage(self) -> str:
        return " or ".join(f"{self.name}({overload.signature})" for overload in self.overloads)


class NothingGiven(Trouble):
    """A function got null where it needs a value: null in both modes, for data that is not there yet."""


Coercion = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter of a built-in function."""

    name: str
    coerce: Coercion
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Overload:
    signature: str
    slots: tuple[Slot, ...]
    run: Callable[..., Value]
    variadic: bool  # the last slot may repeat

    @property
    def least(self) -> int:
        return sum(not slot.optional for slot in self.slots)

    @property
    def most(self) -> int:
        return 1_000_000 if self.variadic else len(self.slots)

    def parameter(self, index: int) -> Slot:
        return self.slots[min(index, len(self.slots) - 1)]

    def bind(self, arguments: list[Value]) -> list[Value] | None:
        """The arguments as this signature takes them, or None when one does not fit."""
        bound = []
        for index, argument in enumerate(arguments):
            slot = self.slots[index] if index < len(self.slots) else self.slots[-1]
            value = None if slot.optional and argument is None else slot.coerce(argument)
            if value is MISMATCH:
                return None
            bound.append(value)
        return bound

    def arrange(self, named: Mapping[str, Value]) -> list[Value] | None:
        """Named arguments in order; a name this signature does not have means that another is meant."""
        if self.variadic:
            return _arrange_variadic(self.slots, named)
        if any(name not in (slot.name for slot in self.slots) for name in named):
            return None
        return [named.get(slot.name) for slot in self.slots]


def _arrange_variadic(slots: tuple[Slot, ...], named: Mapping[str, Value]) -> list[Value] | None:
    """`min(c1: 1, c2: 2)` names the repeated parameter with a number."""
    fixed = [slot.name for slot in slots[:-1]]
    rest = [name for name in named if name not in fixed]
    stem = slots[-1].name
    if not all(name in named for name in fixed) or not all(
        name == stem or (name.startswith(stem) and name[len(stem) :].isdecimal()) for name in rest
    ):
        return None
    rest.sort(key=lambda name: int(name[len(stem) :] or 0))
    return [named[name] for name in (*fixed, *rest)]


class HostFunction(FunctionValue):
    """A function that the product registered."""

    __slots__ = ("_least", "function", "name")

    def __init__(self, name: str, function: Function) -> None:
        self.function = function
        self.name = name
        self._least = len(function.parameters) if function.required is None else function.required

    def parameters_for(self, count: int) -> Sequence[Parameter] | None:
        if self._least <= count <= len(self.function.parameters):
            return [Parameter(name) for name in self.function.parameters[:count]]
        return None

    def usage(self) -> str:
        return f"{self.name}({', '.join(self.function.parameters)})"

    def call(self, rt: Runtime, arguments: list[Value]) -> Value:
        if self.parameters_for(len(arguments)) is None:
            raise Trouble(
                f"The function {self.name} can not be used with {len(arguments)} values: it is {self.usage()}."
            )
        rt.charge(1)
        try:
            result = self.function.call(*(settle(argument, rt.meter) for argument in arguments))
        except (FeelError, Trouble):
            raise
        except EngineError as error:
            raise Trouble(error.message) from error
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise Trouble(f"The function {self.name} could not be worked out: {error}.") from error
        return settle(result, rt.meter)

    def call_named(self, rt: Runtime, arguments: Mapping[str, Value]) -> Value:
        parameters = self.function.parameters
        unknown = [name for name in arguments if name not in parameters]
        if unknown:
            raise Trouble(f'The function {self.name} has no parameter "{unknown[0]}".')
        given = max((parameters.index(name) + 1 for name in arguments), default=0)
        return self.call(rt, [arguments.get(name) for name in parameters[: max(given, self._least)]])


Body = Callable[[Runtime, list[Value]], Value]


class UserFunction(FunctionValue):
    """A function written in FEEL, a business knowledge model or a decision service."""

    __slots__ = ("_body", "name", "parameters", "result")

    def __init__(
        self,
        parameters: Sequence[Parameter],
        body: Body,
        *,
        name: str = "function",
        result: FeelType | None = None,
    ) -> None:
        self.parameters = tuple(parameters)
        self._body = body
        self.name = name
        self.result = result

    def parameters_for(self, count: int) -> Sequence[Parameter] | None:
        return self.parameters if count == len(self.parameters) else None

    def call(self, rt: Runtime, arguments: list[Value]) -> Value:
        if len(arguments) != len(self.parameters):
            raise Trouble(f"{self._said()} takes {len(self.parameters)} values, not {len(arguments)}.")
        bound = []
        for parameter, argument in zip(self.parameters, arguments, strict=True):
            value = argument if parameter.type is None else convert(argument, parameter.type)
            if value is MISMATCH:
                raise Trouble(
                    f'The parameter "{parameter.name}" of {self._said(start=False)} must be '
                    f"{parameter.type.words if parameter.type else ''}, not {in_words(lift(argument))}."
                )
            bound.append(value)
        rt.meter.enter()
        try:
            return self._body(rt, bound)
        finally:
            rt.meter.leave()

    def call_named(self, rt: Runtime, arguments: Mapping[str, Value]) -> Value:
        known = {parameter.name for parameter in self.parameters}
        unknown = [name for name in arguments if name not in known]
        if unknown:
            raise Trouble(f'{self._said()} has no parameter "{unknown[0]}".')
        return self.call(rt, [arguments.get(parameter.name) for parameter in self.parameters])

    def _said(self, *, start: bool = True) -> str:
        if self.name == "function":
            return "This function" if start else "this function"
        return f"{'The' if start else 'the'} function {self.name}"
