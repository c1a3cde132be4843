"""Decision models at work: what a decision needs, in which order, and what comes out (clause 10.4)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from engine.feel.boxed import BoxedCompiler
from engine.feel.budget import Meter
from engine.feel.callables import UserFunction
from engine.feel.decision_tables import Run
from engine.feel.errors import FeelError, Mode, Trouble, did_you_mean
from engine.feel.expression import too_deep
from engine.feel.item_types import ItemTypes
from engine.feel.model import (
    Boxed,
    BoxedContext,
    BusinessKnowledge,
    Decision,
    DecisionModel,
    DecisionService,
    DecisionTable,
    Element,
    FunctionDefinition,
    HitPolicy,
    InputData,
    ItemDefinition,
    LiteralExpression,
    Reference,
    Relation,
)
from engine.feel.plain import lift, settle
from engine.feel.runtime import Environment, Runtime
from engine.feel.types import MISMATCH, convert
from engine.feel.values import Function, FunctionValue, Parameter, Value, in_words

__all__ = [
    "CompiledModel",
    "Decision",
    "DecisionModel",
    "DecisionTable",
    "HitPolicy",
    "LiteralExpression",
    "compile_model",
    "evaluate",
    "evaluate_decision",
]


class _Unit:
    """One model of the imports' tree, compiled."""

    def __init__(
        self, model: DecisionModel, functions: Mapping[str, Function], mode: Mode, problems: list[FeelError]
    ) -> None:
        self.model = model
        self.types = ItemTypes(model, mode, problems.append)
        self.compiler = BoxedCompiler(
            self.types, properties=_properties(model), functions=functions, mode=mode, problems=problems
        )

    def visible(self, needs: Sequence[Reference], elements: Mapping[Reference, Element]) -> "_Visible":
        """The names under which an element of this model sees what it needs."""
        local: dict[str, Reference] = {}
        imported: dict[str, dict[str, Reference]] = {}
        prefixes = {one.namespace: name for name, one in self.model.imports.items()}
        for need in needs:
            element = elements.get(need)
            if element is None:
                continue
            prefix = "" if need.namespace == self.model.namespace else prefixes.get(need.namespace, "")
            (imported.setdefault(prefix, {}) if prefix else local)[element.variable.name] = need
        return _Visible(local, imported)


class _Visible:
    def __init__(self, local: dict[str, Reference], imported: dict[str, dict[str, Reference]]) -> None:
        self.local = local
        self.imported = imported
        self.names = frozenset((*local, *imported))


class CompiledModel:
    """A model ready to be evaluated any number of times, from any number of threads."""

    def __init__(
        self, model: DecisionModel, *, mode: Mode = Mode.STRICT, functions: Mapping[str, Function] | None = None
    ) -> None:
        self.model = model
        self.mode = mode
        self.problems: list[FeelError] = []
        self._units: dict[str, _Unit] = {}
        self.elements: dict[Reference, Element] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._visible: dict[Reference, _Visible] = {}
        self._code: dict[Reference, Run] = {}
        try:
            self._load(model, (), functions or {})
            for reference, element in self.elements.items():
                self._prepare(reference, element)
        except RecursionError:
            raise too_deep() from None

    @property
    def names(self) -> frozenset[str]:
        """The names of data it reads from outside."""
        given = {e.variable.name for e in self.model.elements if isinstance(e, InputData)}
        return frozenset(given.union(*(unit.compiler.outside for unit in self._units.values())))

    def _load(self, model: DecisionModel, path: tuple[str, ...], functions: Mapping[str, Function]) -> None:
        if model.namespace in self._units:
            return
        self._units[model.namespace] = _Unit(model, functions, self.mode, self.problems)
        self._paths[model.namespace] = path
        for element in model.elements:
            self.elements[Reference(model.namespace, element.id)] = element
        for name, imported in model.imports.items():
            self._load(imported, (*path, name), functions)

    def _prepare(self, reference: Reference, element: Element) -> None:
        unit = self._units[reference.namespace]
        needs: tuple[Reference, ...] = ()
        if isinstance(element, (Decision, BusinessKnowledge)):
            needs = element.needs
            for need in needs:
                if need not in self.elements:
                    error = FeelError(f"«{element.variable.name}» needs something that is not in the model.")
                    self.problems.append(error.placed(element.line, element.id))
        visible = self._visible[reference] = unit.visible(needs, self.elements)
        if isinstance(element, Decision):
            code = unit.compiler.compile(element.logic, visible.names)
            name = element.variable.name
            self._code[reference] = unit.compiler.typed(code, element.variable.type, f"The decision «{name}»")
        elif isinstance(element, BusinessKnowledge) and element.function is not None:
            self._code[reference] = unit.compiler.function(element.function, visible.names | {element.variable.name})

    def find(
        self, wanted: str, kind: type[Element] | tuple[type[Element], ...] = Decision, *, namespace: str | None = None
    ) -> Reference:
        """The element with this id or name; `namespace` names an imported model to look in."""
        home = self.model.namespace if namespace is None or namespace not in self._units else namespace
        mine = [element for element in self._units[home].model.elements if isinstance(element, kind)]
        for element in mine:
            if wanted in (element.id, element.variable.name):
                return Reference(home, element.id)
        known = [element.variable.name for element in mine]
        raise FeelError(f"There is no decision called «{wanted}» in {self.model.name}.{did_you_mean(wanted, known)}")

    def evaluate(
        self, decision: str, inputs: Mapping[str, object], *, env: Environment, namespace: str | None = None
    ) -> Value:
        """The value of a decision (by its id or name). `inputs` may be lazy: each is read only if it is needed."""
        self._check()
        return self._settled(_Run(self, inputs, env), self.find(decision, namespace=namespace))

    def call(self, name: str, inputs: Mapping[str, object], *, env: Environment) -> Value:
        """The value of a decision service or business knowledge model, its parameters taken from `inputs`."""
        self._check()
        run = _Run(self, inputs, env)
        reference = self.find(name, (DecisionService, BusinessKnowledge))
        function = run.value(reference)
        if not isinstance(function, FunctionValue):
            raise FeelError(f"«{name}» can not be called.")
        rt = Runtime(inputs, env, self.mode, run.meter)
        given = [lift(run.given(parameter)) for parameter in self._parameters(self.elements[reference])]
        try:
            return settle(function.call(rt, given), run.meter)
        except Trouble as problem:
            return rt.problem(str(problem), (1, 1))
        except RecursionError:
            raise too_deep() from None

    def _parameters(self, element: Element) -> list[str]:
        if isinstance(element, DecisionService):
            return [self.elements[one].variable.name for one in (*element.input_data, *element.input_decisions)]
        function = element.function if isinstance(element, BusinessKnowledge) else None
        return [one.name for one in function.parameters] if function else []

    def _check(self) -> None:
        if self.problems and self.mode is Mode.STRICT:
            raise self.problems[0]

    def _settled(self, run: "_Run", reference: Reference) -> Value:
        try:
            return settle(run.value(reference), run.meter)
        except RecursionError:
            raise too_deep() from None


class _Run:
    """One evaluation of a model: what has been worked out so far."""

    def __init__(
        self,
        compiled: CompiledModel,
        inputs: Mapping[str, object],
        env: Environment,
        meter: Meter | None = None,
        known: dict[Reference, Value] | None = None,
    ) -> None:
        self.compiled = compiled
        self.inputs = inputs
        self.env = env
        self.meter = meter or Meter(env.budget)
        self._known: dict[Reference, Value] = dict(known or {})
        self._busy: set[Reference] = set()

    def value(self, reference: Reference) -> Value:
        if reference not in self._known:
            if reference in self._busy:
                raise FeelError(f"«{self._element(reference).variable.name}» needs itself to be decided.")
            self._busy.add(reference)
            self._known[reference] = self._work_out(reference)
            self._busy.discard(reference)
        return self._known[reference]

    def _element(self, reference: Reference) -> Element:
        return self.compiled.elements[reference]

    def _work_out(self, reference: Reference) -> Value:
        element = self._element(reference)
        if isinstance(element, InputData):
            return self._input(reference, element)
        if isinstance(element, DecisionService):
            return self._service(reference, element)
        code = self.compiled._code.get(reference)
        if code is None:
            return None
        rt = Runtime(_Scope(self, reference), self.env, self.compiled.mode, self.meter)
        return code(rt)

    # --- inputs ---

    def given(self, name: str) -> object:
        try:
            return self.inputs[name]
        except KeyError:
            return None

    def _input(self, reference: Reference, element: InputData) -> Value:
        types = self.compiled._units[reference.namespace].types
        name = element.variable.name
        try:
            found = lift(self._read(reference, name))
        except KeyError:
            if self.compiled.mode is Mode.STRICT:
                raise FeelError(f"There is no value called «{name}» here.{did_you_mean(name, self.inputs)}") from None
            return None
        wanted = types.find(element.variable.type)
        value = convert(found, wanted)
        if value is MISMATCH:
            rt = Runtime({}, self.env, self.compiled.mode, self.meter)
            return rt.problem(f"«{name}» should be {wanted.words}, but is {in_words(found)}.", (1, 1))
        return value

    def _read(self, reference: Reference, name: str) -> object:
        """An imported model's input may be given within a group named like the import, or by its own name."""
        group: object = self.inputs
        for step in self.compiled._paths[reference.namespace]:
            group = group[step] if isinstance(group, Mapping) and step in group else None
        if isinstance(group, Mapping) and name in group:
            return group[name]
        return self.inputs[name]

    # --- decision services ---

    def _service(self, reference: Reference, element: DecisionService) -> Value:
        compiled = self.compiled
        types = compiled._units[reference.namespace].types
        wanted = (*element.input_data, *element.input_decisions)
        parameters = []
        for one in wanted:
            variable = compiled.elements[one].variable
            owner = compiled._units[one.namespace].types
            parameters.append(Parameter(variable.name, owner.find(variable.type) if variable.type else None))

        def run(caller: Runtime, arguments: list[Value]) -> Value:
            known = dict(zip(wanted, arguments, strict=True))
            inner = _Run(compiled, {}, caller.env, caller.meter, known)
            outputs = [(compiled.elements[one].variable.name, inner.value(one)) for one in element.outputs]
            result = outputs[0][1] if len(outputs) == 1 else dict(outputs)
            converted = convert(result, types.find(element.variable.type))
            return None if converted is MISMATCH else converted

        return UserFunction(parameters, run, name=element.variable.name)


class _Scope(Mapping[str, object]):
    """What an element sees: what it needs by name, worked out when asked for.

    In strict mode names that no requirement gives are read from the inputs: modellers for Camunda draw none.
    """

    def __init__(self, run: _Run, reference: Reference) -> None:
        self._run = run
        self._own = reference
        self._visible = run.compiled._visible[reference]

    def __getitem__(self, name: str) -> object:
        run, visible = self._run, self._visible
        if name in visible.local:
            return run.value(visible.local[name])
        if name in visible.imported:
            return {inner: run.value(reference) for inner, reference in visible.imported[name].items()}
        own = run.compiled.elements[self._own]
        if isinstance(own, BusinessKnowledge) and name == own.variable.name:
            return run.compiled._code[self._own](Runtime(self, run.env, run.compiled.mode, run.meter))
        if run.compiled.mode is Mode.STRICT:
            return run.inputs[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        outside = self._run.inputs if self._run.compiled.mode is Mode.STRICT else ()
        return iter(dict.fromkeys((*self._visible.local, *self._visible.imported, *outside)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


# --- names that may follow a dot ---


def _properties(model: DecisionModel) -> frozenset[str]:
    """Every name that a value in this model may have as an entry, so that `a.b c+d` is read as it is meant."""
    found: set[str] = set()
    for element in model.elements:
        found.add(element.variable.name)
        logic = element.logic if isinstance(element, Decision) else None
        if isinstance(element, BusinessKnowledge):
            logic = element.function
        _collect_boxed(logic, found, 0)
    for definition in model.types:
        _collect_type(definition, found)
    for name, imported in model.imports.items():
        found.add(name)
        found |= _properties(imported)
    return frozenset(found)


def _collect_type(definition: ItemDefinition, found: set[str]) -> None:
    for component in definition.components:
        found.add(component.name)
        _collect_type(component, found)


def _collect_boxed(boxed: Boxed | None, found: set[str], depth: int) -> None:
    if depth > 50:
        return
    match boxed:
        case BoxedContext(entries=entries):
            for entry in entries:
                if entry.variable is not None:
                    found.add(entry.variable.name)
                _collect_boxed(entry.value, found, depth + 1)
        case FunctionDefinition(body=body):
            _collect_boxed(body, found, depth + 1)
        case Relation(columns=columns):
            found.update(column.name for column in columns)
        case DecisionTable(outputs=outputs):
            found.update(output.name for output in outputs if output.name)


# --- the short way ---


class _Same:
    """A mapping of functions, told from another by identity: what its functions do can not be compared."""

    __slots__ = ("functions",)

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.functions is self.functions

    def __hash__(self) -> int:
        return id(self.functions)


_NO_FUNCTIONS: Mapping[str, Function] = {}


def compile_model(
    model: DecisionModel, *, mode: Mode = Mode.STRICT, functions: Mapping[str, Function] = _NO_FUNCTIONS
) -> CompiledModel:
    """Compile every expression of a model, once for each model, mode and mapping of functions (by identity).

    What is wrong with it is in `problems`; in strict mode evaluating raises the first of them.
    """
    return _compile(model, mode, _Same(functions))


@lru_cache(maxsize=256)
def _compile(model: DecisionModel, mode: Mode, functions: _Same) -> CompiledModel:
    return CompiledModel(model, mode=mode, functions=functions.functions)


def evaluate_decision(
    model: DecisionModel,
    decision: str,
    inputs: Mapping[str, object],
    *,
    env: Environment,
    mode: Mode = Mode.STRICT,
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> Value:
    """One decision of a model, by id or name. Compiled models are remembered."""
    return compile_model(model, mode=mode, functions=functions).evaluate(decision, inputs, env=env)


def evaluate(model: DecisionModel, decision_id: str, inputs: Mapping[str, object], env: Environment) -> Value:
    return evaluate_decision(model, decision_id, inputs, env=env)
