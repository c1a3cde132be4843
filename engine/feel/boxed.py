"""Boxed expressions, compiled: each becomes a function of the runtime, whose scope holds the names around it."""

from collections.abc import Collection, Mapping
from typing import assert_never

from engine.feel import model
from engine.feel.callables import UserFunction
from engine.feel.closures.looping import items_of
from engine.feel.decision_tables import Column, CompiledTable, Result, Row, Run, Test
from engine.feel.errors import FeelError, Mode, Trouble
from engine.feel.expression import Compiled, compile_expression, compile_unary_tests
from engine.feel.item_types import ItemTypes
from engine.feel.layers import over
from engine.feel.model import Boxed, Text
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.types import ANY, MISMATCH, FeelType, convert
from engine.feel.values import Function, FunctionValue, Parameter, Value, in_words

_PROBLEMS = (Trouble, ArithmeticError)
_DEEPEST = 50
_PRIORITIES = (model.HitPolicy.PRIORITY, model.HitPolicy.OUTPUT_ORDER)


class BoxedCompiler:
    """Compiles the expressions of one model, and collects everything that is wrong with them."""

    def __init__(
        self,
        types: ItemTypes,
        *,
        properties: Collection[str],
        functions: Mapping[str, Function],
        mode: Mode,
        problems: list[FeelError],
    ) -> None:
        self.types = types
        self._properties = properties
        self._functions = functions
        self._mode = mode
        self._problems = problems
        self.outside: set[str] = set()  # names read that nothing in the model gives

    def compile(self, boxed: Boxed | None, names: frozenset[str], depth: int = 0) -> Run:
        if boxed is None:
            return _nothing
        if depth > _DEEPEST:
            self._problems.append(FeelError(f"Boxed expressions are nested more than {_DEEPEST} levels deep."))
            return _nothing
        code = self._compile(boxed, names, depth + 1)
        return self.typed(code, boxed.type, "This expression") if boxed.type else code

    def typed(self, code: Run, type_: str | None, what: str) -> Run:
        """The value as the type declared for it; null, or in strict mode a problem, when it is not of that type."""
        wanted = self.types.find(type_)
        if wanted == ANY:
            return code

        def run(rt: Runtime) -> Value:
            found = lift(code(rt))
            value = convert(found, wanted)
            if value is MISMATCH:
                return rt.problem(f"{what} should be {wanted.words}, but is {in_words(found)}.", (1, 1))
            return value

        return run

    def _compile(self, boxed: Boxed, names: frozenset[str], depth: int) -> Run:
        match boxed:
            case model.LiteralExpression():
                return self.text(boxed.text, names)
            case model.BoxedContext():
                return self._context(boxed, names, depth)
            case model.Invocation():
                return self._invocation(boxed, names, depth)
            case model.FunctionDefinition():
                return self.function(boxed, names, depth)
            case model.BoxedList():
                items = [self.compile(item, names, depth) for item in boxed.items]
                return lambda rt: [item(rt) for item in items]
            case model.Relation():
                return self._relation(boxed, names, depth)
            case model.Conditional():
                condition, then, otherwise = (
                    self.compile(part, names, depth) for part in (boxed.condition, boxed.then, boxed.otherwise)
                )
                return lambda rt: then(rt) if condition(rt) is True else otherwise(rt)
            case model.BoxedFilter():
                return self._filter(boxed, names, depth)
            case model.Iterator():
                return self._iterator(boxed, names, depth)
            case model.DecisionTable():
                return self.table(boxed, names)
            case _:
                assert_never(boxed)

    # --- FEEL ---

    def text(self, text: Text, names: frozenset[str]) -> Run:
        try:
            expression = compile_expression(
                text.text, names=names, functions=self._functions, mode=self._mode,
                properties=self._properties, types=self.types,
            )  # fmt: skip
        except FeelError as error:
            return self._broken(error, text)
        self._note(expression, names)

        def run(rt: Runtime) -> Value:
            try:
                return expression.run(rt)
            except FeelError as error:
                raise error.placed(text.line, text.element) from None

        return run

    def tests(self, text: Text, names: frozenset[str]) -> Test:
        try:
            cell = compile_unary_tests(
                text.text, names=names, functions=self._functions, mode=self._mode,
                properties=self._properties, types=self.types,
            )  # fmt: skip
        except FeelError as error:
            broken = self._broken(error, text)
            return lambda rt, value: broken(rt) is True
        self._note(cell, names)

        def test(rt: Runtime, value: Value) -> bool:
            try:
                return cell.run(rt, value)
            except FeelError as error:
                raise error.placed(text.line, text.element) from None

        return test

    def _note(self, compiled: Compiled, names: frozenset[str]) -> None:
        self.outside |= compiled.names - names

    def _broken(self, error: FeelError, text: Text) -> Run:
        self._problems.append(error.placed(text.line, text.element))
        message = error.message
        return lambda rt: rt.problem(message, (error.line, error.column))

    # --- boxes ---

    def _context(self, boxed: model.BoxedContext, names: frozenset[str], depth: int) -> Run:
        entries: list[tuple[str | None, Run]] = []
        for entry in boxed.entries:
            variable = entry.variable
            inner = names
            if variable is not None and isinstance(entry.value, model.FunctionDefinition):
                inner = names | {variable.name}
            code = self.compile(entry.value, inner, depth)
            if variable is not None:
                code = self.typed(code, variable.type, f"«{variable.name}»")
                names = names | {variable.name}
            entries.append((None if variable is None else variable.name, code))

        def run(rt: Runtime) -> Value:
            values: dict[str, Value] = {}
            inner = over(rt, values)
            for name, code in entries:
                value = code(inner)
                if name is None:
                    return value
                values[name] = value
            return values

        return run

    def _invocation(self, boxed: model.Invocation, names: frozenset[str], depth: int) -> Run:
        callee = self.compile(boxed.function, names, depth)
        bindings = [(name, self.compile(value, names, depth)) for name, value in boxed.bindings]

        def run(rt: Runtime) -> Value:
            function = callee(rt)
            try:
                if not isinstance(function, FunctionValue):
                    raise Trouble(f"Only a function can be called; this is {in_words(lift(function))}.")
                return function.call_named(rt, {name: value(rt) for name, value in bindings})
            except _PROBLEMS as problem:
                return rt.problem(str(problem), (1, 1))

        return run

    def function(self, boxed: model.FunctionDefinition, names: frozenset[str], depth: int = 0) -> Run:
        parameters = [Parameter(one.name, self._type(one.type)) for one in boxed.parameters]
        if boxed.kind != "FEEL":
            self._problems.append(FeelError(f"A function in {boxed.kind} is never run here. Only FEEL is."))
            return lambda rt: UserFunction(parameters, _outside)
        given = tuple(parameter.name for parameter in parameters)
        body = self.compile(boxed.body, names | set(given), depth)

        def make(rt: Runtime) -> Value:
            def run(caller: Runtime, arguments: list[Value]) -> Value:
                return body(over(caller.with_scope(rt.scope), dict(zip(given, arguments, strict=True))))

            return UserFunction(parameters, run)

        return make

    def _type(self, reference: str | None) -> FeelType | None:
        return self.types.find(reference) if reference else None

    def _relation(self, boxed: model.Relation, names: frozenset[str], depth: int) -> Run:
        columns = [column.name for column in boxed.columns]
        rows = [
            [
                self.typed(self.compile(cell, names, depth), column.type, f"«{column.name}»")
                for column, cell in zip(boxed.columns, row, strict=False)
            ]
            for row in boxed.rows
        ]
        return lambda rt: [{name: cell(rt) for name, cell in zip(columns, row, strict=False)} for row in rows]

    def _filter(self, boxed: model.BoxedFilter, names: frozenset[str], depth: int) -> Run:
        domain = self.compile(boxed.domain, names, depth)
        match = self.compile(boxed.match, names | {"item", *self._properties}, depth)

        def run(rt: Runtime) -> Value:
            found = lift(domain(rt))
            if found is None:
                return None
            kept = []
            for item in found if isinstance(found, list) else [found]:
                rt.meter.spend()
                item = lift(item)
                entries = item if isinstance(item, dict) else {}
                answer = match(over(rt, {"item": item, **entries}))
                if answer is True:
                    kept.append(item)
                elif answer is not False and answer is not None:
                    return rt.problem(f"A filter must say true or false, not {in_words(lift(answer))}.", (1, 1))
            return kept

        return run

    def _iterator(self, boxed: model.Iterator, names: frozenset[str], depth: int) -> Run:
        domain = self.compile(boxed.domain, names, depth)
        body = self.compile(boxed.body, names | {boxed.variable, "partial"}, depth)

        def run(rt: Runtime) -> Value:
            results: list[Value] = []
            try:
                for item in items_of(domain(rt)):
                    rt.meter.check_list(len(results))
                    results.append(body(over(rt, {boxed.variable: item, "partial": list(results)})))
            except _PROBLEMS as problem:
                return rt.problem(str(problem), (1, 1))
            return results if boxed.kind == "for" else _quantified(boxed.kind == "some", results)

        return run

    # --- tables ---

    def table(self, table: model.DecisionTable, names: frozenset[str]) -> Run:
        compiled = CompiledTable(
            table,
            tuple(self._column(one, names) for one in table.inputs),
            tuple(self._row(table, row, names) for row in table.rules),
            tuple(self._result(table, one, names) for one in table.outputs),
        )

        def run(rt: Runtime) -> Value:
            try:
                return compiled.run(rt)
            except _PROBLEMS as problem:
                return _placed_problem(rt, str(problem), table)

        return run

    def _column(self, one: model.Input, names: frozenset[str]) -> Column:
        return Column(
            one.label or one.expression.text.strip(),
            self.text(one.expression, names),
            self.types.find(one.type),
            self.tests(one.allowed, names) if one.allowed else None,
        )

    def _row(self, table: model.DecisionTable, row: model.Rule, names: frozenset[str]) -> Row:
        if len(row.cells) != len(table.inputs) or len(row.outputs) != len(table.outputs):
            error = FeelError("This row has not as many cells as the table has columns.")
            self._problems.append(error.placed(row.line, row.id))
            return Row(tuple(_never for _ in table.inputs), ())
        return Row(
            tuple(self.tests(cell, names) for cell in row.cells),
            tuple(self.text(output, names) if output.text.strip() else _nothing for output in row.outputs),
        )

    def _result(self, table: model.DecisionTable, one: model.Output, names: frozenset[str]) -> Result:
        order = None
        if one.allowed is not None and table.hit_policy in _PRIORITIES:
            order = self.text(Text(f"[{one.allowed.text}]", one.allowed.line, one.allowed.element), names)
        default = self.text(one.default, names) if one.default and one.default.text.strip() else None
        return Result(one.name, self.types.find(one.type), default, order)


def _nothing(rt: Runtime) -> Value:
    return None


def _never(rt: Runtime, value: Value) -> bool:
    return False


def _outside(rt: Runtime, arguments: list[Value]) -> Value:
    raise Trouble("This function is defined outside (in Java or PMML), which is never run here.")


def _quantified(decisive: bool, answers: list[Value]) -> Value:
    if any(answer is decisive for answer in answers):
        return decisive
    return None if any(not isinstance(answer, bool) for answer in answers) else not decisive


def _placed_problem(rt: Runtime, message: str, table: model.DecisionTable) -> Value:
    try:
        return rt.problem(message, (1, 1))
    except FeelError as error:
        raise error.placed(table.line, table.element) from None
