"""Scopes laid over one another, read from the top."""

from collections.abc import Iterator, Mapping

from engine.feel.runtime import Runtime
from engine.feel.values import Value


class Layer(Mapping[str, object]):
    __slots__ = ("_below", "_values")

    def __init__(self, values: Mapping[str, object], below: Mapping[str, object]) -> None:
        self._values = values
        self._below = below

    def __getitem__(self, name: str) -> object:
        try:
            return self._values[name]
        except KeyError:
            return self._below[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._below), **dict.fromkeys(self._values)})

    def __len__(self) -> int:
        return len(set(self._values) | set(self._below))


def over(rt: Runtime, values: Mapping[str, Value]) -> Runtime:
    """The same evaluation with these values on top of its scope."""
    return rt.with_scope(Layer(values, rt.scope))
