"""XPath's regular expressions (Functions and Operators 7.6), matched in time that can not explode.

Python's `re` backtracks without bound, so that `matches(x, "(a+)+b")` could stand still for years, and its syntax is
another one. Here a pattern becomes a small program, run with the list of places already tried: without
back-references no place (instruction, position) is tried twice, so the work is at most their product. With
back-references, and in any case, each step is charged to the evaluation's meter, which ends it. Patterns are capped
at 2,000 characters, 50 nested groups and 4,000 instructions, texts by the budget's text length.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.feel.budget import Meter
from engine.feel.errors import Trouble
from engine.feel.regex_parser import (
    Alternatives,
    BackReference,
    CharSet,
    Edge,
    Group,
    Part,
    Repeat,
    Sequence,
    parse_pattern,
)

_MAX_PROGRAM = 4_000
_MAX_PATTERN = 2_000
_STEPS_PER_CHARGE = 512
_CHARGE = 16  # what so many steps of the matcher cost, in steps of the evaluation

_SET, _SPLIT, _JUMP, _SAVE, _EDGE, _BACK, _DONE = range(7)

Instruction = tuple[int, Any, Any]  # what the other two are depends on the first
Captures = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    text: str
    captures: Captures

    @property
    def start(self) -> int:
        return self.captures[0]

    @property
    def end(self) -> int:
        return self.captures[1]

    def group(self, number: int) -> str:
        if 2 * number + 1 >= len(self.captures):
            return ""
        start, end = self.captures[2 * number : 2 * number + 2]
        return self.text[start:end] if start >= 0 <= end else ""


@dataclass(frozen=True, slots=True)
class Regex:
    program: tuple[Instruction, ...]
    groups: int
    looks_back: bool  # has back-references

    def search(self, text: str, start: int, meter: Meter) -> Match | None:
        tried: set[object] = set()
        for first in range(start, len(text) + 1):
            captures = self._run(text, first, tried, meter)
            if captures is not None:
                return Match(text, captures)
        return None

    def find_all(self, text: str, meter: Meter) -> Iterator[Match]:
        at = 0
        while at <= len(text):
            found = self.search(text, at, meter)
            if found is None:
                return
            yield found
            at = found.end if found.end > found.start else found.end + 1

    def occurs_in(self, text: str) -> bool:
        """In one pass, with no more at hand than the program; not for patterns with back-references."""
        here: set[int] = set()
        for at in range(len(text) + 1):
            reached = self._reached(text, at, here)
            if reached is None:
                return True
            here = {pc + 1 for pc in reached if at < len(text) and self.program[pc][1](text[at])}
        return False

    def _reached(self, text: str, at: int, begun: set[int]) -> list[int] | None:
        """The characters asked for next, by what began earlier and by what begins here; None when it is matched."""
        waiting, seen, asked = [0, *begun], set[int](), []
        while waiting:
            pc = waiting.pop()
            if pc in seen:
                continue
            seen.add(pc)
            code, first, second = self.program[pc]
            if code == _DONE:
                return None
            if code == _SET:
                asked.append(pc)
            elif code == _SPLIT:
                waiting += (first, second)
            elif code == _JUMP:
                waiting.append(first)
            elif code == _SAVE or first(text, at):
                waiting.append(pc + 1)
        return asked

    def _run(self, text: str, start: int, tried: set[object], meter: Meter) -> Captures | None:
        program, size, looks_back = self.program, len(text), self.looks_back
        width = size + 1
        waiting: list[tuple[int, int, Captures]] = [(0, start, (-1,) * (2 * self.groups + 2))]
        steps = 0
        while waiting:
            pc, at, captures = waiting.pop()
            while True:
                steps += 1
                if steps >= _STEPS_PER_CHARGE:
                    meter.spend(steps // _CHARGE)
                    steps = 0
                place: object = (pc, at, captures) if looks_back else pc * width + at
                if place in tried:
                    break
                tried.add(place)
                code, first, second = program[pc]
                if code == _SET:
                    if at >= size or not first(text[at]):
                        break
                    at += 1
                    pc += 1
                elif code == _SPLIT:
                    waiting.append((second, at, captures))
                    pc = first
                elif code == _JUMP:
                    pc = first
                elif code == _SAVE:
                    captures = (*captures[:first], at, *captures[first + 1 :])
                    pc += 1
                elif code == _EDGE:
                    if not first(text, at):
                        break
                    pc += 1
                elif code == _BACK:
                    piece = Match(text, captures).group(first)
                    if not second(text[at : at + len(piece)], piece):
                        break
                    at += len(piece)
                    pc += 1
                else:
                    meter.spend(1 + steps // _CHARGE)
                    return captures
        meter.spend(1 + steps // _CHARGE)
        return None


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, flags: str) -> Regex:
    """The program for a pattern; Trouble when XPath would not accept it."""
    if len(pattern) > _MAX_PATTERN:
        raise Trouble(f"This pattern is longer than {_MAX_PATTERN} characters.")
    if any(flag not in "smixq" for flag in flags):
        raise Trouble("The flags of a pattern are among s, m, i, x and q.")
    tree, groups, looks_back = parse_pattern(pattern, flags)
    writer = _Writer(ignore_case="i" in flags, lines="m" in flags)
    writer.add(_SAVE, 0)
    writer.write(tree)
    writer.add(_SAVE, 1)
    writer.add(_DONE)
    return Regex(tuple(writer.program), groups, looks_back)


class _Writer:
    def __init__(self, *, ignore_case: bool, lines: bool) -> None:
        self.program: list[Instruction] = []
        self._ignore_case = ignore_case
        self._lines = lines

    def add(self, code: int, first: object = None, second: object = None) -> int:
        if len(self.program) >= _MAX_PROGRAM:
            raise Trouble("This pattern is too large: its repetitions multiply.")
        self.program.append((code, first, second))
        return len(self.program) - 1

    def write(self, part: Part) -> None:
        match part:
            case CharSet():
                self.add(_SET, part.test)
            case Sequence(parts):
                for one in parts:
                    self.write(one)
            case Alternatives(choices):
                self._choose(choices)
            case Group(inner, number):
                if number is None:
                    self.write(inner)
                else:
                    self.add(_SAVE, 2 * number)
                    self.write(inner)
                    self.add(_SAVE, 2 * number + 1)
            case Repeat():
                self._repeat(part)
            case Edge(at_start):
                self.add(_EDGE, _edge(at_start, self._lines))
            case BackReference(number):
                self.add(_BACK, number, _same_ignoring_case if self._ignore_case else str.__eq__)

    def _choose(self, choices: tuple[Part, ...]) -> None:
        jumps = []
        for choice in choices[:-1]:
            split = self.add(_SPLIT)
            self.write(choice)
            jumps.append(self.add(_JUMP))
            self.program[split] = (_SPLIT, split + 1, len(self.program))
        self.write(choices[-1])
        for jump in jumps:
            self.program[jump] = (_JUMP, len(self.program), None)

    def _repeat(self, part: Repeat) -> None:
        for _ in range(part.least):
            self.write(part.inner)
        if part.most is None:
            split = self.add(_SPLIT)
            self.write(part.inner)
            self.add(_JUMP, split)
            self._aim(split, split + 1, len(self.program), lazy=part.lazy)
            return
        splits = []
        for _ in range(part.most - part.least):
            splits.append(self.add(_SPLIT))
            self.write(part.inner)
        for split in splits:
            self._aim(split, split + 1, len(self.program), lazy=part.lazy)

    def _aim(self, split: int, into: int, past: int, *, lazy: bool) -> None:
        self.program[split] = (_SPLIT, past, into) if lazy else (_SPLIT, into, past)


def _edge(at_start: bool, lines: bool) -> Callable[[str, int], bool]:
    if at_start:
        return (lambda text, at: at == 0 or text[at - 1] == "\n") if lines else (lambda _, at: at == 0)
    if lines:
        return lambda text, at: at == len(text) or text[at] == "\n"
    return lambda text, at: at == len(text)


def _same_ignoring_case(left: str, right: str) -> bool:
    return left.casefold() == right.casefold()
