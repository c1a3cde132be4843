"""List functions and sorting (clauses 10.3.4.4, 10.3.4.10)."""

from collections.abc import Callable
from decimal import Decimal

from engine.feel.budget import MAX_VALUE_DEPTH
from engine.feel.callables import NothingGiven
from engine.feel.compare import order, same
from engine.feel.errors import Trouble
from engine.feel.functions.registry import built_in
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.values import NUMBERS, FunctionValue, Value

Items = list[Value]


def _several(name: str, item: str) -> Callable[[Callable[[Runtime, Items], Value]], Callable[[Runtime, Items], Value]]:
    """Declare a function that takes one list or any number of items: `sum(list)`, `sum(n1, n2, …)`."""

    def declare(run: Callable[[Runtime, Items], Value]) -> Callable[[Runtime, Items], Value]:
        def run_items(rt: Runtime, *items: Value) -> Value:
            if items == (None,):
                raise NothingGiven(f"The function {name} was given nothing (null).")
            return run(rt, list(items))

        built_in(name, "list: list")(run)
        built_in(name, f"{item}...: any")(run_items)
        return run

    return declare


def _numbers(rt: Runtime, items: Items) -> list[Decimal]:
    rt.charge(1 + len(items) // 4)
    for item in items:
        if item.__class__ is not Decimal:
            raise Trouble("Everything in this list must be a number.")
    return items


def position(index: Decimal, size: int) -> int | None:
    """A position counted from 1, or from the end when negative, as a Python index; None outside the list.

    A fraction is cut off: the standard leaves it open, and other engines do.
    """
    if not 1 <= abs(index) < size + 1:
        return None
    return int(index) - 1 if index > 0 else size + int(index)


@built_in("list contains", "list: list, element: any")
def list_contains(rt: Runtime, items: Items, element: Value) -> Value:
    rt.charge(1 + len(items))
    return any(same(item, element, rt.meter) for item in items)


@built_in("count", "list: list")
def count(_: Runtime, items: Items) -> Value:
    return Decimal(len(items))


@_several("min", "c")
def minimum(rt: Runtime, items: Items) -> Value:
    return _extreme(rt, items, -1)


@_several("max", "c")
def maximum(rt: Runtime, items: Items) -> Value:
    return _extreme(rt, items, 1)


def _extreme(rt: Runtime, items: Items, sign: int) -> Value:
    if not items:
        return None
    rt.charge(1 + len(items))
    best = items[0]
    order(best, best)  # a single item must be of a kind that has an order, too
    for item in items[1:]:
        found = order(item, best)
        if found is None:
            raise Trouble("There is nothing (null) in this list, which can not be compared.")
        if found == sign:
            best = item
    return best


@_several("sum", "n")
def total(rt: Runtime, items: Items) -> Value:
    return _sum(_numbers(rt, items)) if items else None


def _sum(numbers: list[Decimal]) -> Decimal:
    result = Decimal(0)
    for number in numbers:
        result = NUMBERS.add(result, number)
    return result


@_several("mean", "n")
def mean(rt: Runtime, items: Items) -> Value:
    return NUMBERS.divide(_sum(_numbers(rt, items)), Decimal(len(items))) if items else None


@_several("product", "n")
def product(rt: Runtime, items: Items) -> Value:
    if not items:
        return None
    result = Decimal(1)
    for number in _numbers(rt, items):
        result = NUMBERS.multiply(result, number)
    return result


@_several("median", "n")
def median(rt: Runtime, items: Items) -> Value:
    if not items:
        return None
    numbers = sorted(_numbers(rt, items))
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@_several("stddev", "n")
def stddev(rt: Runtime, items: Items) -> Value:
    numbers = _numbers(rt, items)
    if len(numbers) < 2:
        return None
    middle = NUMBERS.divide(_sum(numbers), Decimal(len(numbers)))
    deviations = [NUMBERS.power(NUMBERS.subtract(number, middle), Decimal(2)) for number in numbers]
    return NUMBERS.sqrt(NUMBERS.divide(_sum(deviations), Decimal(len(numbers) - 1)))


@_several("mode", "n")
def mode(rt: Runtime, items: Items) -> Value:
    counts: dict[Decimal, int] = {}
    for number in _numbers(rt, items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, times in counts.items() if times == most)


@_several("all", "b")
def all_true(_: Runtime, items: Items) -> Value:
    return _conjunction(items, False)


@_several("any", "b")
def any_true(_: Runtime, items: Items) -> Value:
    return _conjunction(items, True)


def _conjunction(items: Items, decisive: bool) -> bool | None:
    """The decisive value if it is among the items, else its opposite, else null where an item is null."""
    if not all(item is None or isinstance(item, bool) for item in items):
        raise Trouble("Everything in this list must be true or false.")
    if decisive in items:
        return decisive
    return None if None in items else not decisive


@built_in("sublist", "list: list, start position: number, length?: number")
def sublist(_: Runtime, items: Items, start: Decimal, length: Decimal | None = None) -> Value:
    first = position(start, len(items))
    if first is None:
        raise Trouble("The start position lies outside the list.")
    if length is None:
        return items[first:]
    if not 1 <= length < len(items) - first + 1:
        raise Trouble("The list does not have so many items from that position on.")
    return items[first : first + int(length)]


@built_in("append", "list: list, item...: any")
def append(rt: Runtime, items: Items, *more: Value) -> Value:
    rt.meter.check_list(len(items) + len(more))
    return [*items, *more]


@built_in("concatenate", "list...: list")
def concatenate(rt: Runtime, *lists: Items) -> Value:
    rt.meter.check_list(sum(map(len, lists)))
    return [item for items in lists for item in items]


@built_in("insert before", "list: list, position: number, newItem: any")
def insert_before(rt: Runtime, items: Items, at: Decimal, new: Value) -> Value:
    index = position(at, len(items))
    if index is None:
        raise Trouble("The position lies outside the list.")
    rt.meter.check_list(len(items) + 1)
    return [*items[:index], new, *items[index:]]


@built_in("remove", "list: list, position: number")
def remove(rt: Runtime, items: Items, at: Decimal) -> Value:
    index = position(at, len(items))
    if index is None:
        raise Trouble("The position lies outside the list.")
    rt.meter.check_list(len(items))
    return [*items[:index], *items[index + 1 :]]


@built_in("list replace", "list: list, position: number, newItem: any")
def list_replace(rt: Runtime, items: Items, at: Decimal, new: Value) -> Value:
    index = position(at, len(items))
    if index is None:
        raise Trouble("The position lies outside the list.")
    rt.meter.check_list(len(items))
    return [*items[:index], new, *items[index + 1 :]]


@built_in("list replace", "list: list, match: function, newItem: any")
def list_replace_matching(rt: Runtime, items: Items, match: FunctionValue, new: Value) -> Value:
    rt.meter.check_list(len(items))
    result = []
    for item in items:
        found = match.call(rt, [item, new])
        if not isinstance(found, bool):
            raise Trouble("The match function of list replace must say true or false for each item.")
        result.append(new if found else item)
    return result


@built_in("reverse", "list: list")
def reverse(rt: Runtime, items: Items) -> Value:
    rt.meter.check_list(len(items))
    return items[::-1]


@built_in("index of", "list: list, match: any")
def index_of(rt: Runtime, items: Items, match: Value) -> Value:
    rt.charge(1 + len(items))
    return [Decimal(i) for i, item in enumerate(items, 1) if same(item, match, rt.meter)]


@built_in("union", "list...: list")
def union(rt: Runtime, *lists: Items) -> Value:
    return distinct_values(rt, concatenate(rt, *lists))


@built_in("distinct values", "list: list")
def distinct_values(rt: Runtime, items: Items) -> Value:
    result: Items = []
    for item in items:
        rt.charge(1 + len(result) // 8)
        if not any(same(item, other, rt.meter) for other in result):
            result.append(item)
    return result


@built_in("flatten", "list: list")
def flatten(rt: Runtime, items: Items) -> Value:
    result: Items = []
    _flatten_into(result, items, rt, 0)
    return result


def _flatten_into(result: Items, items: Items, rt: Runtime, depth: int) -> None:
    if depth > MAX_VALUE_DEPTH:
        raise Trouble("This list is nested too deeply.")
    rt.charge(1 + len(items))
    for item in items:
        item = lift(item)
        if isinstance(item, list):
            _flatten_into(result, item, rt, depth + 1)
        else:
            result.append(item)
    rt.meter.check_list(len(result))


@built_in("sort", "list: list, precedes: function")
def sort(rt: Runtime, items: Items, precedes: FunctionValue) -> Value:
    def before(a: Value, b: Value) -> bool:
        found = precedes.call(rt, [a, b])
        if found is not None and not isinstance(found, bool):
            raise Trouble("The function given to sort must say true or false.")
        return found is True

    return _merge_sort(rt, items, before)


@built_in("sort", "list: list")
def sort_by_value(rt: Runtime, items: Items) -> Value:
    def before(a: Value, b: Value) -> bool:
        found = order(a, b)
        if found is None:
            raise Trouble("There is nothing (null) in this list, which can not be sorted.")
        return found < 0

    return _merge_sort(rt, items, before)


def _merge_sort(rt: Runtime, items: Items, before: Callable[[Value, Value], bool]) -> Items:
    """Stable, and ends with some order whatever the function answers. Python's sort would call it from within C."""
    rt.meter.check_list(len(items))
    runs = [[item] for item in items]
    while len(runs) > 1:
        runs = [_merge(rt, runs[i], runs[i + 1] if i + 1 < len(runs) else [], before) for i in range(0, len(runs), 2)]
    return runs[0] if runs else []


def _merge(rt: Runtime, left: Items, right: Items, before: Callable[[Value, Value], bool]) -> Items:
    rt.charge(len(left) + len(right))
    merged: Items = []
    i = j = 0
    while i < len(left) and j < len(right):
        if before(right[j], left[i]):
            merged.append(right[j])
            j += 1
        else:
            merged.append(left[i])
            i += 1
    return [*merged, *left[i:], *right[j:]]
