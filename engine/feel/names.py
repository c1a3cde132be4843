"""Names of several words, and finding the longest that stands at a place in the text."""

import re
from collections.abc import Iterable

# Grammar rules 28 and 29.
_START = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u167F\u1681-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F\u2040"
_SPACE = r"\s\u0085\u180E\u200B\uFEFF"
_SYMBOL = r"./\-’'+*"

WORD = re.compile(f"[{_START}][{_PART}]*")
SPACE = re.compile(rf"(?:[{_SPACE}]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
# A name being introduced (a key, a parameter, a variable) may be anything up to the mark that ends it.
NAMEISH = f"[{_START}][{_PART}{_SPACE}{_SYMBOL}]{{0,255}}?"
_PIECES = re.compile(f"[{_PART}]+|[^{_SPACE}]")
_BLANK = re.compile(f"[{_SPACE}]*")
_PART_ONLY = re.compile(f"[{_PART}]")

Pieces = tuple[str, ...]


def pieces(name: str) -> Pieces:
    """A name as the standard sees it, a sequence of tokens: spaces between them do not count."""
    return tuple(_PIECES.findall(name))


def canonical(name: str) -> str:
    """One space for any white space within a name."""
    return " ".join(re.split(f"[{_SPACE}]+", name.strip()))


class Names:
    """A set of known names, by first token, longest first; `more` are known besides."""

    __slots__ = ("_by_first", "_more")

    def __init__(self, names: Iterable[str] = (), more: "Names | None" = None) -> None:
        self._by_first: dict[str, list[tuple[Pieces, str]]] = {}
        self._more = more
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        parts = pieces(name)
        if not parts:
            return
        known = self._by_first.setdefault(parts[0], [])
        if not any(parts == other for other, _ in known):
            known.append((parts, name))
            known.sort(key=lambda entry: -len(entry[0]))

    def match(self, text: str, at: int) -> tuple[str, int] | None:
        """The longest known name at this place, and where it ends."""
        mine = self._match(text, at)
        other = self._more.match(text, at) if self._more else None
        return other if mine is None or (other is not None and other[1] > mine[1]) else mine

    def _match(self, text: str, at: int) -> tuple[str, int] | None:
        first = _PIECES.match(text, at)
        if first is None:
            return None
        for parts, name in self._by_first.get(first[0], ()):
            end = first.end()
            for part in parts[1:]:
                end = _BLANK.match(text, end).end()  # type: ignore[union-attr]
                if not text.startswith(part, end):
                    break
                end += len(part)
                if _PART_ONLY.match(part) and _PART_ONLY.match(text, end):
                    break
            else:
                return name, end
        return None
