"""Names, dots and filters: everything that reads a value which is already there."""

from decimal import Decimal

from engine.feel import nodes, properties
from engine.feel.closures.compiler import PROBLEMS, Code, Compiler, Locals, compiles
from engine.feel.errors import FeelError, Mode, Trouble, did_you_mean
from engine.feel.functions import BUILT_IN
from engine.feel.functions.lists import position
from engine.feel.nodes import Node
from engine.feel.plain import READY, lift
from engine.feel.runtime import Runtime
from engine.feel.scope import Scope
from engine.feel.values import Value, in_words


@compiles(nodes.Name)
def compile_name(compiler: Compiler, node: nodes.Name, scope: Scope) -> Code:
    found = scope.find(node.name)
    if found.place is not None:
        read = _local_reader(found.place)
    else:
        if not found.items or node.name in compiler.declared:
            _note(compiler, node)
        read = _outside(compiler, node)
    items = found.items[:-1] if found.is_item else found.items
    if found.is_item:
        read = _item_reader(found.items[-1])
    for place in reversed(items):
        read = _entry_reader(place, node.name, read)
    return read


def _local_reader(place: int) -> Code:
    return lambda rt, v: v[place]


def _note(compiler: Compiler, node: nodes.Name) -> None:
    known_function = node.name in BUILT_IN or node.name in compiler.functions
    if known_function and node.name not in compiler.declared:
        compiler.functions_used.add(node.name)
        return
    compiler.names.setdefault(node.name, node.at)
    if id(node) not in compiler.within_path:
        compiler.paths.add((node.name,))


def _item_reader(place: int) -> Code:
    def read(rt: Runtime, v: Locals) -> Value:
        item = v[place]
        return lift(item["item"]) if item.__class__ is dict and "item" in item else item

    return read


def _entry_reader(place: int, name: str, otherwise: Code) -> Code:
    def read(rt: Runtime, v: Locals) -> Value:
        item = v[place]
        if item.__class__ is dict and name in item:
            return lift(item[name])
        return otherwise(rt, v)

    return read


def _outside(compiler: Compiler, node: nodes.Name) -> Code:
    name = node.name
    fail = compiler.failing(node)
    function = compiler.functions.get(name) or BUILT_IN.get(name)
    declared, functions = compiler.declared, compiler.functions

    def missing(rt: Runtime) -> Value:
        if function is not None:
            return function
        known = (*declared, *functions, *(str(key) for key in rt.scope))
        return fail(rt, Trouble(f'There is no value called "{name}" here.{did_you_mean(name, known)}'))

    def read(rt: Runtime, v: Locals) -> Value:
        try:
            value = rt.scope[name]
        except KeyError:
            return missing(rt)
        if value.__class__ in READY:
            return value
        try:
            return lift(value)
        except PROBLEMS as problem:
            return fail(rt, problem)

    return read


@compiles(nodes.Path)
def compile_path(compiler: Compiler, node: nodes.Path, scope: Scope) -> Code:
    if id(node) not in compiler.within_path:
        _note_path(compiler, node, scope)
    compiler.within_path.add(id(node.base))
    base = compiler.compile(node.base, scope)
    name = node.name
    fail = compiler.failing(node)

    def run(rt: Runtime, v: Locals) -> Value:
        value = base(rt, v)
        if value.__class__ is dict and name in value:
            found = value[name]
            if found.__class__ in READY:
                return found
        try:
            return properties.read(value, name, rt)
        except PROBLEMS as problem:
            return fail(rt, problem)

    return run


def _note_path(compiler: Compiler, node: nodes.Path, scope: Scope) -> None:
    names: list[str] = []
    part: Node = node
    while isinstance(part, nodes.Path):
        names.append(part.name)
        part = part.base
    if isinstance(part, nodes.Name):
        found = scope.find(part.name)
        if found.place is None and (not found.items or part.name in compiler.declared):
            compiler.paths.add((part.name, *reversed(names)))


@compiles(nodes.Filter)
def compile_filter(compiler: Compiler, node: nodes.Filter, scope: Scope) -> Code:
    base = compiler.compile(node.base, scope)
    fail = compiler.failing(node)
    if isinstance(node.condition, nodes.Literal) and isinstance(node.condition.value, Decimal):
        return _indexed(base, node.condition.value)
    condition = compiler.compile(node.condition, scope.filtering())

    def run(rt: Runtime, v: Locals) -> Value:
        items = base(rt, v)
        if items is None:
            return None
        if items.__class__ is not list:
            items = [items]
        if not items:
            return _of_nothing(rt, v, condition)
        rt.meter.check_list(len(items))
        kept = []
        for item in items:
            item = lift(item)
            rt.meter.spend()
            answer = condition(rt, (*v, item))
            if answer is True:
                kept.append(item)
            elif answer.__class__ is Decimal:
                return _pick(items, answer)
            elif answer is not None and answer is not False:
                fail(
                    rt,
                    Trouble(f"What stands in [ ] must be true, false or a position, not {in_words(answer)}."),
                )
        return kept

    return run


def _of_nothing(rt: Runtime, v: Locals, condition: Code) -> Value:
    """An empty list filtered is empty, but its nth item is null; only the value tells which is meant."""
    try:
        return (
            None if condition(Runtime(rt.scope, rt.env, Mode.STRICT, rt.meter), (*v, None)).__class__ is Decimal else []
        )
    except FeelError:
        return []


def _indexed(base: Code, index: Decimal) -> Code:
    def run(rt: Runtime, v: Locals) -> Value:
        items = base(rt, v)
        if items.__class__ is list:
            return _pick(items, index)
        return items if index in (1, -1) else None

    return run


def _pick(items: list[Value], index: Decimal) -> Value:
    place = position(index, len(items))
    return None if place is None else lift(items[place])
