"""Decision tables: matching rules, and what a hit policy makes of the matches (clause 8.2.8, 10.3.2.10)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from engine.feel.compare import same
from engine.feel.errors import Mode, Trouble
from engine.feel.functions.lists import maximum, minimum, total
from engine.feel.model import Aggregation, DecisionTable, HitPolicy
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.types import MISMATCH, FeelType, convert
from engine.feel.values import NUMBERS, Value, in_words

Run = Callable[[Runtime], Value]
Test = Callable[[Runtime, Value], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """An input, compiled."""

    words: str
    value: Run
    type: FeelType
    allowed: Test | None


@dataclass(frozen=True, slots=True)
class Row:
    tests: tuple[Test, ...]
    outputs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """An output, compiled. `order` gives the listed values in their order, for the priority policies."""

    name: str
    type: FeelType
    default: Run | None
    order: Run | None


@dataclass(frozen=True, slots=True)
class CompiledTable:
    source: DecisionTable
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    results: tuple[Result, ...]

    def run(self, rt: Runtime) -> Value:
        values = [self._input(rt, column) for column in self.columns]
        hits = []
        for number, row in enumerate(self.rows, 1):
            rt.meter.spend()
            if all(test(rt, value) for test, value in zip(row.tests, values, strict=True)):
                hits.append((number, row))
                if self.source.hit_policy is HitPolicy.FIRST:
                    break
        if not hits:
            return self._default(rt)
        return self._outcome(rt, hits)

    def _input(self, rt: Runtime, column: Column) -> Value:
        found = lift(column.value(rt))
        value = convert(found, column.type)
        if value is MISMATCH:
            raise Trouble(f"{column.words} should be {column.type.words}, but is {in_words(found)}.")
        if column.allowed is not None and value is not None and not column.allowed(rt, value):
            raise Trouble(f"{column.words} has a value that the table does not list for it.")
        return value

    def _default(self, rt: Runtime) -> Value:
        if any(result.default is not None for result in self.results):
            return self._shaped([None if one.default is None else one.default(rt) for one in self.results])
        if self.source.hit_policy is HitPolicy.COLLECT:
            return {None: [], Aggregation.COUNT: NUMBERS.create_decimal(0)}.get(self.source.aggregation)
        if rt.mode is Mode.STRICT and self.source.hit_policy is not HitPolicy.FIRST:
            rt.warn(f"No row of the table «{self.source.name}» fits.")
        return None

    def _shaped(self, values: list[Value]) -> Value:
        """One output's value itself, or a context of several."""
        if len(self.results) == 1:
            return values[0]
        return {result.name: value for result, value in zip(self.results, values, strict=True)}

    def _output(self, rt: Runtime, number: int, row: Row) -> list[Value]:
        values = []
        for result, output in zip(self.results, row.outputs, strict=True):
            found = lift(output(rt))
            value = convert(found, result.type)
            if value is MISMATCH:
                where = f"The output «{result.name}»" if result.name else "The output"
                raise Trouble(f"{where} of row {number} should be {result.type.words}, but is {in_words(found)}.")
            values.append(value)
        return values

    def _outcome(self, rt: Runtime, hits: list[tuple[int, Row]]) -> Value:
        policy = self.source.hit_policy
        if policy is HitPolicy.UNIQUE and len(hits) > 1:
            rows = " and ".join(str(number) for number, _ in hits[:5])
            raise Trouble(f"Rows {rows} of the table «{self.source.name}» all fit, but only one may (UNIQUE).")
        outcomes = [self._output(rt, number, row) for number, row in hits]
        match policy:
            case HitPolicy.UNIQUE | HitPolicy.FIRST:
                return self._shaped(outcomes[0])
            case HitPolicy.ANY:
                return self._agreed(rt, hits, outcomes)
            case HitPolicy.PRIORITY:
                return self._shaped(self._by_priority(rt, outcomes)[0])
            case HitPolicy.OUTPUT_ORDER:
                return [self._shaped(outcome) for outcome in self._by_priority(rt, outcomes)]
            case HitPolicy.RULE_ORDER:
                return [self._shaped(outcome) for outcome in outcomes]
            case HitPolicy.COLLECT:
                return self._collected(rt, outcomes)
            case _:
                assert_never(policy)

    def _agreed(self, rt: Runtime, hits: list[tuple[int, Row]], outcomes: list[list[Value]]) -> Value:
        for (number, _), outcome in zip(hits, outcomes, strict=True):
            if not same(outcome, outcomes[0], rt.meter):
                raise Trouble(
                    f"Rows {hits[0][0]} and {number} of the table «{self.source.name}» both fit but give different "
                    "answers, which the policy ANY forbids."
                )
        return self._shaped(outcomes[0])

    def _by_priority(self, rt: Runtime, outcomes: list[list[Value]]) -> list[list[Value]]:
        orders = [None if result.order is None else result.order(rt) for result in self.results]

        def rank(outcome: list[Value]) -> tuple[int, ...]:
            return tuple(_place(rt, value, order) for value, order in zip(outcome, orders, strict=True))

        return sorted(outcomes, key=rank)

    def _collected(self, rt: Runtime, outcomes: list[list[Value]]) -> Value:
        aggregation = self.source.aggregation
        if aggregation is None:
            return [self._shaped(outcome) for outcome in outcomes]
        if aggregation is Aggregation.COUNT:
            return NUMBERS.create_decimal(len(outcomes))
        combine = {Aggregation.SUM: total, Aggregation.MIN: minimum, Aggregation.MAX: maximum}[aggregation]
        return self._shaped([combine(rt, list(column)) for column in zip(*outcomes, strict=True)])


def _place(rt: Runtime, value: Value, order: Value) -> int:
    if not isinstance(order, list):
        return 0
    return next((i for i, listed in enumerate(order) if same(value, lift(listed), rt.meter)), len(order))
