"""Where a name's value will be found, decided once when an expression is compiled.

Local values (of for, some, every, functions, contexts, `?` and `item`) lie in one tuple that grows inwards; a name is
a place in it. Inside a filter a name may also be an entry of the item, which only the item can tell.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    items: tuple[int, ...]  # places of filtered items that may have an entry of this name, innermost first
    place: int | None  # the local value; None when the name is of the scope outside
    is_item: bool = False


class Scope:
    __slots__ = ("_item", "_names", "_parent", "size")

    def __init__(self, parent: "Scope | None" = None, names: tuple[str, ...] = (), *, item: bool = False) -> None:
        start = parent.size if parent else 0
        self._parent = parent
        self._names = {name: start + i for i, name in enumerate(names)}
        self._item = start if item else None
        self.size: int = start + (1 if item else len(names))

    def bind(self, *names: str) -> "Scope":
        return Scope(self, names)

    def filtering(self) -> "Scope":
        return Scope(self, item=True)

    def find(self, name: str) -> Found:
        items: list[int] = []
        scope: Scope | None = self
        while scope is not None:
            if scope._item is not None:
                items.append(scope._item)
                if name == "item":
                    return Found(tuple(items), scope._item, is_item=True)
            elif name in scope._names:
                return Found(tuple(items), scope._names[name])
            scope = scope._parent
        return Found(tuple(items), None)
