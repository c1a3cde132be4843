"""FEEL as the only script engine: the library's default one, which runs Python, is never used."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from SpiffWorkflow.task import Task

from engine.feel import Expression, FeelError, compile_expression, from_plain, to_plain
from engine.feel.tables import CompiledModel, DecisionModel, compile_model
from engine.vocabulary import FUNCTIONS, World, environment


class Literal:
    """Text that stands for itself: no leading `=`."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


Value = Expression | Literal


def compile_value(text: str, names: frozenset[str]) -> Value:
    """`=` and FEEL, or the text itself."""
    stripped = text.strip()
    if stripped.startswith("="):
        return compile_feel(stripped[1:], names)
    return Literal(stripped)


def compile_decisions(model: DecisionModel) -> CompiledModel:
    return compile_model(model, functions=FUNCTIONS)


def compile_feel(text: str, names: frozenset[str]) -> Expression:
    """FEEL; a leading `=`, as other modellers write it, is allowed."""
    stripped = text.strip()
    return compile_expression(stripped.removeprefix("="), names=names, functions=FUNCTIONS)


class _Scope(Mapping[str, Any]):
    """The data of a task, and behind it, where that is allowed, the confidential answers of the case."""

    def __init__(self, data: Mapping[str, Any], more: Mapping[str, Any], confidential: Callable[[str], Any] | None):
        self._data, self._more, self._confidential = data, more, confidential

    def __getitem__(self, name: str) -> Any:
        if name in self._more:
            return self._more[name]
        if name in self._data:
            return from_plain(self._data[name])
        if self._confidential is None:
            raise KeyError(name)
        return from_plain(self._confidential(name))

    def __iter__(self) -> Any:
        return iter({**self._data, **self._more})

    def __len__(self) -> int:
        return len({**self._data, **self._more})


class _Environment:
    """What the library calls behind the engine's back: conditional events, payloads, correlations."""

    def __init__(self, engine: "FeelEngine") -> None:
        self._engine = engine

    def evaluate(self, expression: Any, context: Mapping[str, Any], external_context: Any = None) -> Any:
        return self._engine.compute(expression, context, confidential=False)

    def execute(self, script: Any, context: Any, external_context: Any = None) -> bool:
        raise TypeError("Scripts run through the engine, never through its environment")

    def call_service(self, context: Any, **kwargs: Any) -> Any:
        raise TypeError("Services run through the engine, never through its environment")


class FailedAt(Exception):
    """An expression failed at this element: in words, for whoever has to correct it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@contextmanager
def _told_at(task: Task) -> Iterator[None]:
    try:
        yield
    except FeelError as error:
        element = task.task_spec.element
        raise FailedAt(element.words if element is not None else task.task_spec.name) from error


class FeelEngine:
    """One run's script engine: compiled FEEL over task data, looking at one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._feel = environment(world)
        self.environment = _Environment(self)

    def compute(self, expression: Any, data: Mapping[str, Any], *, confidential: bool, **more: Any) -> Any:
        if isinstance(expression, Literal):
            return expression.value
        if not isinstance(expression, Expression):
            raise TypeError(f"Only compiled FEEL is evaluated, not {type(expression).__name__}")
        reader = self.world.confidential if confidential else None
        return to_plain(expression.evaluate(_Scope(data, more, reader), env=self._feel))

    def evaluate(self, task: Task, expression: Any, external_context: Any = None) -> Any:
        with _told_at(task):
            return self.compute(expression, task.data, confidential=False)

    def condition(self, task: Task, expression: Any) -> bool:
        """A gateway's condition: the one place in a diagram that may read confidential answers."""
        with _told_at(task):
            return self.compute(expression, task.data, confidential=True) is True

    def value(
        self,
        task: Task,
        value: Any,
        more: Mapping[str, Any] | None = None,
        *,
        data: Mapping[str, Any] | None = None,
    ) -> Any:
        """A value for this task, of its own data unless other is given."""
        with _told_at(task):
            return self.compute(value, task.data if data is None else data, confidential=False, **(more or {}))

    def decide(self, task: Task, model: CompiledModel, decision: str) -> Any:
        scope = _Scope(task.data, {}, self.world.confidential)
        with _told_at(task):
            return to_plain(model.evaluate(decision, scope, env=self._feel))

    def execute(self, task: Task, script: Any, external_context: Any = None) -> bool:
        raise TypeError("A script is a FEEL context and runs as FeelScript")

    def call_service(self, task: Task, **kwargs: Any) -> Any:
        raise TypeError("A service task names an operation and runs as Operation")

    def validate(self, expression: Any) -> None:
        raise TypeError("Expressions are checked when they are compiled")

    def create_task_exec_exception(self, task: Task, script: Any, error: Exception) -> Exception:
        return error
