"""What can be known of a decision table before it runs: rows that overlap, cases no row covers, rows never reached.

Each column's values fall into regions within which no cell of the column changes its mind: every value a cell names,
and what lies between and beside them. One representative of each region is put to the real, compiled cells, so this
check and the table's evaluation can not disagree. A row then is a set of regions per column, and the questions are
answered exactly. Cells for which regions can not be found (those that call functions, or read other data) are named.

The questions are hard ones in general: a table may be made to take for ever. So a check has an allowance of time.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cmp_to_key
from itertools import islice, pairwise
from time import perf_counter

from engine.feel import nodes, temporal
from engine.feel.budget import DEFAULT_BUDGET, Meter
from engine.feel.closures.compiler import Compiler
from engine.feel.closures.testing import SUBJECT
from engine.feel.compare import is_comparable, order
from engine.feel.errors import FeelError, Mode, Source, Trouble
from engine.feel.expression import UnaryTests, compile_unary_tests
from engine.feel.model import DecisionModel, DecisionTable, HitPolicy, Input, ItemDefinition, Text
from engine.feel.nodes import Node
from engine.feel.runtime import Environment, Runtime
from engine.feel.scope import Scope
from engine.feel.text import text_of
from engine.feel.values import NUMBERS, DaysTimeDuration, Value, YearsMonthsDuration, kind

_MOST_SECONDS = 2.0
_MOST_FINDINGS = 20
_MOST_ROWS = 1_000
_MOST_COLUMNS = 100
_LOOK_EVERY = 1_000  # small steps
_ENV = Environment(now=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
_ONE_ANSWER = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)
_OTHER_TEXT = "\N{HORIZONTAL ELLIPSIS}another text"


class TableProblem(StrEnum):
    OVERLAP = "overlap"
    GAP = "gap"
    UNREACHABLE = "unreachable"
    NOT_ANALYSED = "not analysed"


@dataclass(frozen=True)
class TableFinding:
    """One thing found, in words, with the rows it is about (from 1) and an example of inputs, as text by column."""

    problem: TableProblem
    message: str
    rows: tuple[int, ...] = ()
    example: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


class TooLarge(Exception):
    """The allowance is spent."""


class Allowance:
    """The time that checks may take together."""

    def __init__(self, seconds: float = _MOST_SECONDS) -> None:
        self._ends = perf_counter() + seconds
        self._until_look = 0

    def spend(self, steps: int = _LOOK_EVERY) -> None:
        """Raise TooLarge when the time is over; after small steps it is looked at now and then only."""
        self._until_look -= steps
        if self._until_look <= 0:
            self._until_look = _LOOK_EVERY
            if perf_counter() > self._ends:
                raise TooLarge


def check_table(
    table: DecisionTable, *, model: DecisionModel | None = None, allowance: Allowance | None = None
) -> list[TableFinding]:
    """Everything found, the exact findings first. `model` gives the types that columns refer to.

    What the allowance does not suffice for is said in a finding; what was found before stands.
    """
    found: list[TableFinding] = []
    try:
        if len(table.rules) > _MOST_ROWS or len(table.inputs) > _MOST_COLUMNS:
            raise TooLarge
        for one in _Check(table, model, allowance or Allowance()).findings():
            found.append(one)  # one by one: the next may be too much
    except TooLarge:
        size = f"{len(table.rules)} rows and {len(table.inputs)} columns"
        message = f"The table is too large to be checked: it has {size}, or long cells. Split it up."
        found.append(TableFinding(TableProblem.NOT_ANALYSED, message, line=table.line))
    return found


# --- columns and their regions ---


class _CanNot(Exception):
    """Why a cell or column can not be analysed."""


@dataclass(frozen=True)
class _Column:
    words: str
    samples: tuple[Value, ...]
    rows: tuple[int | None, ...]  # per row, the regions it takes as bits; None where a cell can not be analysed

    @property
    def all(self) -> int:
        return (1 << len(self.samples)) - 1


class _Check:
    def __init__(self, table: DecisionTable, model: DecisionModel | None, allowance: Allowance) -> None:
        self.table = table
        self.spend = allowance.spend
        self._types = {definition.name: definition for definition in (model.types if model else ())}
        self._unclear: list[TableFinding] = []
        groups: dict[str, list[int]] = {}
        for index, one in enumerate(table.inputs):  # columns on the same expression are one column
            groups.setdefault(" ".join(one.expression.text.split()), []).append(index)
        self.columns = [self._column(indexes) for indexes in groups.values()]
        self.unsure = [any(column.rows[row] is None for column in self.columns) for row in range(len(table.rules))]

    def findings(self) -> Iterator[TableFinding]:
        yield from islice(self._overlaps(), _MOST_FINDINGS)
        yield from self._gaps()
        yield from islice(self._unreachable(), _MOST_FINDINGS)
        yield from self._unclear[:_MOST_FINDINGS]

    def _column(self, indexes: list[int]) -> _Column:
        first = self.table.inputs[indexes[0]]
        words = first.label or first.expression.text.strip()
        cells: list[list[UnaryTests | None]] = []
        constants: list[Value] = []
        for number, rule in enumerate(self.table.rules, 1):
            row: list[UnaryTests | None] = []
            for index in indexes:
                cell = rule.cells[index] if index < len(rule.cells) else Text("-")
                row.append(self._cell(cell, number, words, constants))
            cells.append(row)
        try:
            samples = self._samples(first, constants)
        except _CanNot as why:
            self._unclear.append(self._not_analysed(f"The column «{words}» can not be analysed: {why}", ()))
            return _Column(words, (None,), tuple(None for _ in cells))
        known: dict[str, int] = {}
        return _Column(words, samples, tuple(self._regions(row, samples, known) for row in cells))

    def _cell(self, text: Text, row: int, words: str, constants: list[Value]) -> UnaryTests | None:
        self.spend()
        try:
            compiled = compile_unary_tests(text.text, mode=Mode.STANDARD)
            for constant in _constants(compiled):
                self.spend()  # it may have been calculated
                constants.append(constant)
            return compiled
        except (_CanNot, FeelError) as why:
            message = f"Row {row}, column «{words}»: this cell can not be analysed. {why}"
            self._unclear.append(self._not_analysed(message, (row,), text.line))
            return None

    def _not_analysed(self, message: str, rows: tuple[int, ...], line: int = 0) -> TableFinding:
        return TableFinding(TableProblem.NOT_ANALYSED, message, rows, line=line or self.table.line)

    def _samples(self, column: Input, constants: list[Value]) -> tuple[Value, ...]:
        allowed = _allowed(column, self._types)
        tests = [compile_unary_tests(text.text, mode=Mode.STANDARD) for text in allowed]
        listed = [value for test in tests for value in _constants(test)]
        kinds = {kind(value) for value in (*constants, *listed) if value is not None}
        base = _base(column, self._types)
        if base in _KINDS:
            kinds.add(base)
        if len(kinds) > 1:
            raise _CanNot(f"its cells are of different kinds ({', '.join(sorted(kinds))}).")
        samples = _representatives(kinds.pop() if kinds else "", [*constants, *listed], finite=bool(tests))
        kept = [value for value in samples if all(self._fits(test, value) for test in tests)]
        if any(value is None for value in constants):
            kept.append(None)
        return tuple(kept)

    def _fits(self, cell: UnaryTests, value: Value) -> bool:
        self.spend()
        return cell.run(Runtime({}, _ENV, Mode.STANDARD), value)

    def _regions(self, cells: list[UnaryTests | None], samples: tuple[Value, ...], known: dict[str, int]) -> int | None:
        """The regions that all these cells take, as bits; `known` remembers them by the cell's text."""
        bits = (1 << len(samples)) - 1
        for cell in cells:
            if cell is None:
                return None
            if cell.text not in known:
                known[cell.text] = sum(1 << i for i, value in enumerate(samples) if self._fits(cell, value))
            bits &= known[cell.text]
        return bits

    # --- questions ---

    def _overlaps(self) -> Iterator[TableFinding]:
        if self.table.hit_policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
            return
        rules = self.table.rules
        boxes = self._boxes()
        for j, later in enumerate(boxes):
            for i, earlier in enumerate(boxes[:j]):
                self.spend(1)
                if not all(map(int.__and__, earlier, later)) or self.unsure[i] or self.unsure[j]:
                    continue
                if self.table.hit_policy is HitPolicy.ANY and _same_outputs(rules[i].outputs, rules[j].outputs):
                    continue
                example = self._example([_lowest(a & b) for a, b in zip(earlier, later, strict=True)])
                message = f"Rows {i + 1} and {j + 1} both fit when {_said(example)}."
                line = rules[j].line or self.table.line
                yield TableFinding(TableProblem.OVERLAP, message, (i + 1, j + 1), example, line)

    def _boxes(self) -> list[tuple[int, ...]]:
        """Each row's regions by column. A cell that is not understood is taken to reach everywhere."""
        return [
            tuple(column.all if (bits := column.rows[row]) is None else bits for column in self.columns)
            for row in range(len(self.table.rules))
        ]

    def _gaps(self) -> Iterator[TableFinding]:
        defaults = any(output.default is not None for output in self.table.outputs)
        if self.table.hit_policy not in _ONE_ANSWER or defaults or not self.columns:
            return
        # Rows that are not understood cover all they might, so what is missing then is missing for certain.
        place = self._uncovered([column.all for column in self.columns], self._boxes())
        if place is not None:
            example = self._example(place)
            yield TableFinding(
                TableProblem.GAP, f"No row fits when {_said(example)}.", (), example, self.table.line
            )  # fmt: skip

    def _unreachable(self) -> Iterator[TableFinding]:
        if self.table.hit_policy is not HitPolicy.FIRST:
            return
        boxes: list[tuple[int, ...]] = []
        for row in range(len(self.table.rules)):
            if self.unsure[row]:
                continue
            box = tuple(column.rows[row] or 0 for column in self.columns)
            if all(box) and self._uncovered(list(box), boxes) is None:
                yield TableFinding(
                    TableProblem.UNREACHABLE,
                    f"Row {row + 1} is never reached: rows above it fit whenever it does.",
                    (row + 1,), {}, self.table.rules[row].line,
                )  # fmt: skip
            boxes.append(box)

    def _uncovered(self, space: list[int], boxes: list[tuple[int, ...]]) -> list[int] | None:
        """A place of the space (one region per column) in none of the boxes; None when there is none."""
        # Per column and region, the boxes that reach there, as bits.
        reaching: list[dict[int, int]] = []
        for column, bits in enumerate(space):
            here = {}
            for region in _bits(bits):
                self.spend(len(boxes))
                here[region] = sum(1 << i for i, box in enumerate(boxes) if box[column] >> region & 1)
            reaching.append(here)
        covered: set[tuple[int, int]] = set()

        def search(column: int, alive: int) -> list[int] | None:
            if not alive:
                return [_lowest(bits) for bits in space[column:]]
            if column == len(space) or (column, alive) in covered:
                return None
            for region, here in reaching[column].items():
                self.spend(1)
                found = search(column + 1, alive & here)
                if found is not None:
                    return [region, *found]
            covered.add((column, alive))
            return None

        return search(0, (1 << len(boxes)) - 1)

    def _example(self, place: Sequence[int]) -> dict[str, str]:
        return {
            column.words: _in_text(column.samples[region]) for column, region in zip(self.columns, place, strict=True)
        }


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _bits(bits: int) -> Iterator[int]:
    while bits:
        yield _lowest(bits)
        bits &= bits - 1


# --- what a cell names ---


def _constants(cell: UnaryTests) -> Iterator[Value]:
    if isinstance(cell.tree, nodes.Tests):  # not `-`
        for test in cell.tree.tests:
            yield from _tested(test)


def _tested(node: Node) -> Iterator[Value]:
    """The values at which a test may change its mind. _CanNot where they are not all literals."""
    match node:
        case nodes.UnaryRange(bound=bound):
            yield _constant(bound)
        case nodes.RangeNode(start=start, end=end):
            yield _constant(start)
            yield _constant(end)
        case nodes.Compare(left=nodes.Name(name=name), right=right) if name == SUBJECT:
            yield _constant(right)
        case nodes.Between(value=nodes.Name(name=name), low=low, high=high) if name == SUBJECT:
            yield _constant(low)
            yield _constant(high)
        case nodes.In(value=nodes.Name(name=name), tests=tests) if name == SUBJECT:
            for test in tests:
                yield from _tested(test)
        case nodes.Logic(operands=operands):
            for operand in operands:
                yield from _tested(operand)
        case nodes.Call(function=nodes.Name(name="not"), arguments=(argument,)):
            yield from _tested(argument)
        case nodes.ListNode(items=items):
            for item in items:
                yield from _tested(item)
        case _:
            yield _constant(node)


def _constant(node: Node) -> Value:
    compiler = Compiler(Source(""), declared=(), functions={}, types={}, mode=Mode.STANDARD)
    code = compiler.compile(node, Scope())
    if compiler.names or compiler.functions_used & {"now", "today"}:
        raise _CanNot("It depends on more than the value tested and fixed values.")
    value = code(Runtime({}, _ENV, Mode.STANDARD), ())
    if value is not None and not isinstance(value, bool) and not is_comparable(value):
        raise _CanNot("It compares with something other than a simple value.")
    return value


def _allowed(column: Input, types: Mapping[str, ItemDefinition]) -> list[Text]:
    found = [] if column.allowed is None else [column.allowed]
    name, seen = column.type or "", 0
    while name in types and seen < 10:
        definition = types[name]
        found.extend(text for text in (definition.allowed, definition.constraint) if text is not None)
        name, seen = definition.base or "", seen + 1
    return found


def _base(column: Input, types: Mapping[str, ItemDefinition]) -> str:
    name, seen = column.type or "", 0
    while name in types and seen < 10:
        name, seen = types[name].base or "", seen + 1
    return name.rpartition(":")[2]


# --- one value of each region ---

_ORDERED = {
    "number", "date", "time", "date and time", "days and time duration", "years and months duration",
}  # fmt: skip
_KINDS = _ORDERED | {"string", "boolean"}


def _representatives(of: str, constants: list[Value], *, finite: bool) -> list[Value]:
    points = [value for value in constants if value is not None]
    if of == "boolean":
        return [True, False]
    if of == "string":
        return _texts(points, finite=finite)
    if of not in _ORDERED:
        return [_OTHER_TEXT]  # nothing but `-` in the column
    points = _sorted(points)
    if not points:
        return [_ANY_OF[of]]
    samples: list[Value] = [_beyond(points[0], -1)]
    for low, high in pairwise(points):
        samples += [low, _between(low, high)]
    samples += [points[-1], _beyond(points[-1], 1)]
    return [sample for sample in samples if sample is not None]


def _texts(points: list[Value], *, finite: bool) -> list[Value]:
    distinct = list(dict.fromkeys(points))
    if finite:
        return distinct
    # Between two neighbouring texts there always is another: the first and a character more.
    inner = [f"{low}\u0001" for low in distinct]
    return [*distinct, *([_OTHER_TEXT] if _OTHER_TEXT not in distinct else []), *inner, ""]


def _sorted(points: list[Value]) -> list[Value]:
    result: list[Value] = []
    for point in sorted(points, key=cmp_to_key(lambda one, other: order(one, other) or 0)):
        if not result or order(result[-1], point) != 0:
            result.append(point)
    return result


_ANY_OF: Mapping[str, Value] = {
    "number": Decimal(0),
    "date": dt.date(2000, 1, 1),
    "time": dt.time(12),
    "date and time": dt.datetime(2000, 1, 1),  # noqa: DTZ001 — a local time of FEEL
    "days and time duration": DaysTimeDuration(Decimal(0)),
    "years and months duration": YearsMonthsDuration(0),
}


def _beyond(point: Value, sign: int) -> Value:
    try:
        match kind(point):
            case "number":
                return NUMBERS.add(point, Decimal(sign))
            case "date":
                return temporal.date_from_days(temporal.days_of(point) + sign)
            case "date and time":
                return temporal.add_to_moment(point, DaysTimeDuration(Decimal(86_400)), sign)
            case "days and time duration":
                return DaysTimeDuration(point.total + 86_400 * sign)
            case "years and months duration":
                return YearsMonthsDuration(point.total + sign)
            case _:
                edge = dt.time(tzinfo=point.tzinfo) if sign < 0 else dt.time(23, 59, 59, 999_999, point.tzinfo)
                return edge if order(edge, point) == sign else None
    except (Trouble, ArithmeticError):
        return None


def _between(low: Value, high: Value) -> Value:
    """A value strictly between, or None where there is none."""
    match kind(low):
        case "number":
            return NUMBERS.divide(NUMBERS.add(low, high), Decimal(2))
        case "date":
            days = temporal.days_of(low) + 1
            return temporal.date_from_days(days) if days < temporal.days_of(high) else None
        case "date and time":
            first, last = temporal.moment_key(low, high)
            half = temporal.span((last - first) // 2)
            return temporal.add_to_moment(low, half, 1) if half.total else None
        case "days and time duration":
            return DaysTimeDuration((low.total + high.total) / 2)
        case "years and months duration":
            return YearsMonthsDuration(low.total + 1) if low.total + 1 < high.total else None
        case _:
            first, last = temporal.time_key(low, high)
            half = temporal.span((last - first) // 2)
            return temporal.add_to_time(low, half, 1) if half.total else None


# --- words ---


def _in_text(value: Value) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, str):
        shown = value.replace("\u0001", "\N{HORIZONTAL ELLIPSIS}")
        return "any other text" if value == _OTHER_TEXT else f'"{shown}"'
    return str(text_of(value, Meter(DEFAULT_BUDGET)))


def _said(example: Mapping[str, str]) -> str:
    return ", ".join(f"{column} is {value}" for column, value in example.items()) or "anything is given"


def _same_outputs(left: tuple[Text, ...], right: tuple[Text, ...]) -> bool:
    return [one.text.split() for one in left] == [one.text.split() for one in right]
