"""What can be wrong with an expression, said with its place in the text."""

from bisect import bisect_right
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

from engine.errors import EngineError


class Mode(StrEnum):
    """What becomes of a problem: an error in words (our diagrams) or null with a warning (the DMN standard)."""

    STRICT = "strict"
    STANDARD = "standard"


class FeelError(EngineError):
    """This expression can not be worked out."""

    code = "feel-error"
    advice = "Correct the expression at the place named."

    def __init__(self, message: str | None = None, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message, line=line, column=column)
        self.line = line
        self.column = column
        self.element = ""

    def placed(self, line: int, element: str) -> "FeelError":
        """The same error, told where in a file its expression stands. Only the innermost place counts."""
        if not self.element:
            self.line += max(line - 1, 0)
            self.element = element or "?"
            self.details = {**self.details, "line": self.line, "element": self.element}
        return self


class BudgetExceeded(FeelError):
    """This expression needs more work than an expression may take."""

    code = "feel-budget"
    advice = "Make the expression smaller, or the lists it goes through shorter."


class Trouble(Exception):
    """A problem met by a function or operator; whoever called it knows the place in the text."""


class Source:
    """An expression's text, which turns an offset into a line and a column."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None

    def spot(self, offset: int) -> tuple[int, int]:
        if self._starts is None:
            self._starts = [0, *(i + 1 for i, char in enumerate(self.text) if char == "\n")]
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def error(self, message: str, offset: int, kind: type[FeelError] = FeelError) -> FeelError:
        line, column = self.spot(offset)
        return kind(message, line=line, column=column)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean "x"?`, or nothing when no known name is near."""
    near = get_close_matches(name, sorted(set(known))[:2000], n=1, cutoff=0.7)
    return f' Did you mean "{near[0]}"?' if near else ""


def shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
