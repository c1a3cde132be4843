"""Reads the words of a deadline rule (`workflows/README.md`): `+6m after decision, prevwd at 12:00`."""

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import NoReturn

from engine.errors import EngineError

MOST = 999
_EXAMPLE = "+7wd after notification_sent"
_MOVED = "+6m after decision, prevwd"
_SHOWN = 80  # characters of a wrong rule repeated in the message


class Unit(StrEnum):
    WORKING_DAY = "wd"
    DAY = "d"
    WEEK = "w"
    MONTH = "m"


class Move(StrEnum):
    """To which working day a date moves that is not one."""

    PREVIOUS = "prevwd"
    NEXT = "nextwd"


class InvalidRule(EngineError):
    """This is not a deadline rule."""

    code = "invalid-deadline-rule"
    advice = f"Write it as in {_EXAMPLE}, or +1wd for one working day after the task opens."

    def __init__(self, text: str, *, position: int, problem: str, example: str) -> None:
        """`position` counts characters of `text` from 1."""
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        super().__init__(
            f'In "{shown}", at character {position}: {problem}. For example: {example}',
            text=text, position=position, problem=problem, example=example,
        )  # fmt: skip


@dataclass(frozen=True)
class RuleParts:
    amount: int  # negative counts back
    unit: Unit
    anchor: str | None
    move: Move | None
    at: time | None


def read_rule(text: str) -> RuleParts:
    """Raises InvalidRule naming the first wrong place."""
    reader = _Reader(text)
    sign = reader.take(r"[+\-−]", "a rule starts with + (after) or - (before)")
    amount = _amount(reader)
    unit = Unit(reader.choose([*Unit], "the unit is wd (working days), d (days), w (weeks) or m (months)"))
    anchor = _anchor(reader, back=sign != "+")
    move = None
    if reader.found(","):
        move = Move(reader.choose([*Move], "after the comma comes prevwd or nextwd", _MOVED))
    at = _wall_time(reader) if reader.found(r"at\b") else None
    reader.end()
    return RuleParts(amount if sign == "+" else -amount, unit, anchor, move, at)


def _amount(reader: "_Reader") -> int:
    digits = reader.take("[0-9]+", "after the sign comes a whole number")
    if len(digits) > len(str(MOST)):
        reader.refuse(f"the number is at most {MOST}")
    return int(digits)


def _anchor(reader: "_Reader", *, back: bool) -> str | None:
    if not back and reader.looking_at(r",|at\b|\Z"):
        return None  # counted from the opening of the task, which nothing can be due before
    right, wrong = ("before", "after") if back else ("after", "before")
    example = "-7wd before publication" if back else _EXAMPLE
    if reader.found(rf"{wrong}\b"):
        reader.refuse(f'"{"-" if back else "+"}" goes with "{right}", not "{wrong}"', example)
    reader.choose([right], f'here comes "{right}" and the name of a date', example)
    name = r"[a-z][a-z0-9_]*(?=[\s,]|$)"
    return reader.take(name, f'after "{right}" comes the name of a date: small letters, digits and _', example)


def _wall_time(reader: "_Reader") -> time:
    example = f"{_EXAMPLE} at 12:00"
    digits = reader.take(r"[0-9]{1,2}:[0-9]{2}(?!\S)", 'after "at" comes a time such as 12:00', example)
    hour, minute = (int(part) for part in digits.split(":"))
    if hour > 23 or minute > 59:
        reader.refuse(f"{digits} is not a time of day", example)
    return time(hour, minute)


class _Reader:
    """Takes a text from left to right; `start` is where the piece it last looked at begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = self.next = 0

    def looking_at(self, pattern: str) -> re.Match[str] | None:
        while self.text[self.next : self.next + 1].isspace():
            self.next += 1
        self.start = self.next
        return re.compile(pattern).match(self.text, self.next)

    def found(self, pattern: str) -> bool:
        if match := self.looking_at(pattern):
            self.next = match.end()
        return match is not None

    def take(self, pattern: str, problem: str, example: str = _EXAMPLE) -> str:
        match = self.looking_at(pattern)
        if not match:
            self.refuse(f"{problem}, not {self._rest()}", example)
        self.next = match.end()
        return match.group()

    def choose(self, words: list[str], problem: str, example: str = _EXAMPLE) -> str:
        return self.take(rf"(?:{'|'.join(words)})(?![A-Za-z0-9_])", problem, example)

    def end(self) -> None:
        if not self.looking_at(r"\Z"):
            extras = '", prevwd" or ", nextwd", then "at" and a time'
            self.refuse(f"only {extras} may follow, not {self._rest()}", f"{_MOVED} at 12:00")

    def refuse(self, problem: str, example: str = _EXAMPLE) -> NoReturn:
        raise InvalidRule(self.text, position=self.start + 1, problem=problem, example=example)

    def _rest(self) -> str:
        word = re.compile(r"[A-Za-z_]+|[0-9:.]+|\S").match(self.text, self.start)
        return f'"{word.group()[:20]}"' if word else "the end"
