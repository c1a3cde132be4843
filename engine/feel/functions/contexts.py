"""Functions of contexts (clause 10.3.4.11)."""

from engine.feel.budget import MAX_VALUE_DEPTH
from engine.feel.errors import Trouble
from engine.feel.functions.registry import built_in
from engine.feel.plain import lift
from engine.feel.runtime import Runtime
from engine.feel.values import Value

Context = dict[str, Value]


@built_in("get value", "m: context, key: string")
def get_value(_: Runtime, m: Context, key: str) -> Value:
    return lift(m.get(key))


@built_in("get value", "context: context, keys: list")
def get_value_at(_: Runtime, context: Context, keys: list[Value]) -> Value:
    found: Value = context if keys else None
    for key in keys:
        if not isinstance(found, dict) or not isinstance(key, str):
            return None
        found = lift(found.get(key))
    return found


@built_in("get entries", "m: context")
def get_entries(rt: Runtime, m: Context) -> Value:
    rt.meter.check_list(len(m))
    return [{"key": key, "value": lift(value)} for key, value in m.items()]


@built_in("context", "entries: list")
def context(rt: Runtime, entries: list[Value]) -> Value:
    rt.meter.check_list(len(entries))
    result: Context = {}
    for entry in entries:
        if not isinstance(entry, dict) or "key" not in entry or "value" not in entry:
            raise Trouble('Each entry given to the function context needs a "key" and a "value".')
        key = lift(entry["key"])
        if not isinstance(key, str):
            raise Trouble("A key given to the function context is not a text.")
        if key in result:
            raise Trouble("A key is given twice to the function context.")
        result[key] = lift(entry["value"])
    return result


@built_in("context put", "context: context, key: string, value: any")
def context_put(rt: Runtime, context: Context, key: str, value: Value) -> Value:
    rt.meter.check_list(len(context) + 1)
    return {**context, key: value}


@built_in("context put", "context: context, keys: list, value: any")
def context_put_at(rt: Runtime, context: Context, keys: list[Value], value: Value) -> Value:
    if not keys or len(keys) > MAX_VALUE_DEPTH or not all(isinstance(key, str) for key in keys):
        raise Trouble("The keys given to the function context put must be one or more texts.")
    inner = context
    path: list[Context] = []
    for key in keys[:-1]:
        path.append(inner)
        inner = lift(inner.get(key))
        if not isinstance(inner, dict):
            raise Trouble(f'There is no group of values called "{key}" to put a value into.')
    result = context_put(rt, inner, keys[-1], value)
    for outer, key in zip(reversed(path), reversed(keys[:-1]), strict=True):
        result = context_put(rt, outer, key, result)
    return result


@built_in("context merge", "contexts: list")
def context_merge(rt: Runtime, contexts: list[Value]) -> Value:
    result: Context = {}
    for one in contexts:
        if not isinstance(one, dict):
            raise Trouble("The function context merge takes a list of groups of values.")
        rt.meter.check_list(len(result) + len(one))
        result.update(one)
    return result
