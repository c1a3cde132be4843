"""The syntax of XPath's regular expressions."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from engine.feel.errors import Trouble
from engine.feel.regex_blocks import BLOCKS

_MAX_NESTING = 50
_MAX_COUNT = 2_000

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class CharSet:
    test: Test


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    choices: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Group:
    inner: "Part"
    number: int | None


@dataclass(frozen=True, slots=True)
class Repeat:
    inner: "Part"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Edge:
    at_start: bool


@dataclass(frozen=True, slots=True)
class BackReference:
    number: int


Part = CharSet | Sequence | Alternatives | Group | Repeat | Edge | BackReference

_QUANTITY = re.compile(r"\{(\d{1,6})(,(\d{1,6})?)?\}", re.ASCII)
_CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
        "Cs",
    ]
)
_SINGLE = {"n": "\n", "r": "\r", "t": "\t", **{char: char for char in "\\|.-^?*+{}()[]$"}}
_SPACES = frozenset(" \t\n\r")


def parse_pattern(pattern: str, flags: str) -> tuple[Part, int, bool]:
    """The pattern's tree, how many groups capture, and whether it has back-references."""
    if "q" in flags:
        return Sequence(tuple(CharSet(_char(char, "i" in flags)) for char in pattern)), 0, False
    parser = _Parser(_without_spaces(pattern) if "x" in flags else pattern, flags)
    tree = parser.alternatives(0)
    if parser.at < len(parser.pattern):
        raise _wrong("a bracket is closed that was never opened")
    return tree, parser.groups, parser.looks_back


def _wrong(why: str) -> Trouble:
    return Trouble(f"This pattern is not a regular expression: {why}.")


def _without_spaces(pattern: str) -> str:
    """What the flag x leaves: no white space outside of [ ], not even behind a backslash."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for char in pattern:
        if char in _SPACES and not depth:
            continue
        kept.append(char)
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            depth = max(0, depth + (char == "[") - (char == "]"))
    return "".join(kept)


class _Parser:
    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.looks_back = False
        self.ignore_case = "i" in flags
        self.dot_all = "s" in flags

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternatives(self, depth: int) -> Part:
        if depth > _MAX_NESTING:
            raise _wrong("its groups are nested too deeply")
        choices = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            choices.append(self.sequence(depth))
        return choices[0] if len(choices) == 1 else Alternatives(tuple(choices))

    def sequence(self, depth: int) -> Part:
        parts = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.quantified(self.atom(depth)))
        return Sequence(tuple(parts))

    def quantified(self, inner: Part) -> Part:
        sign = self.peek()
        least: int
        most: int | None
        if sign and sign in "?*+":
            self.at += 1
            least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
        elif sign == "{":
            least, most = self.quantity()
        else:
            return inner
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() in ("?", "*", "+", "{"):
            raise _wrong("a repetition is repeated")
        return Repeat(inner, least, most, lazy)

    def quantity(self) -> tuple[int, int | None]:
        found = _QUANTITY.match(self.pattern, self.at)
        if not found:
            raise _wrong("{ must be followed by a number, or be written \\{")
        self.at = found.end()
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else None
        if max(least, most or 0) > _MAX_COUNT or (most is not None and most < least):
            raise _wrong("a repetition's numbers are too large, or the second is below the first")
        return least, most

    def atom(self, depth: int) -> Part:
        char = self.peek()
        self.at += 1
        match char:
            case "(":
                return self.group(depth)
            case "[":
                return CharSet(self.char_class(depth))
            case ".":
                return CharSet((lambda _: True) if self.dot_all else (lambda c: c not in "\n\r"))
            case "^":
                return Edge(True)
            case "$":
                return Edge(False)
            case "\\":
                return self.escape()
            case "?" | "*" | "+" | "{" | "}" | "]":
                raise _wrong(f"{char} must be written \\{char} where it means itself")
        return CharSet(_char(char, self.ignore_case))

    def group(self, depth: int) -> Part:
        number: int | None = None
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self.pattern.startswith("?", self.at):
            raise _wrong("( must not be followed by ?")
        else:
            self.groups += 1
            number = self.groups
        inner = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise _wrong("a bracket is not closed")
        self.at += 1
        if number is not None:
            self.closed.add(number)
        return Group(inner, number)

    def escape(self) -> Part:
        char = self.pattern[self.at : self.at + 1]
        if char.isascii() and char.isdecimal():
            return self.back_reference()
        self.at += 1
        test = self.class_escape(char)
        return CharSet(test or _char(self.single(char), self.ignore_case))

    def back_reference(self) -> Part:
        end = self.at + 1
        while self.pattern[end : end + 1].isdecimal() and int(self.pattern[self.at : end + 1]) <= self.groups:
            end += 1
        number = int(self.pattern[self.at : end])
        if number not in self.closed:
            raise _wrong(f"\\{number} refers to a group that is not there yet")
        self.at = end
        self.looks_back = True
        return BackReference(number)

    def single(self, char: str) -> str:
        if char not in _SINGLE:
            raise _wrong(f"\\{char} has no meaning")
        return _SINGLE[char]

    def class_escape(self, char: str) -> Test | None:
        """`\\d`, `\\p{Lu}` and the like; `at` is behind the letter."""
        if char in ("p", "P"):
            test = self.property()
        elif char.lower() in _CLASSES:
            test = _CLASSES[char.lower()]
        else:
            return None
        return _negated(test) if char.isupper() else test

    def property(self) -> Test:
        end = self.pattern.find("}", self.at)
        if self.pattern[self.at : self.at + 1] != "{" or end < 0:
            raise _wrong("\\p must be followed by a category in { }")
        name = self.pattern[self.at + 1 : end]
        self.at = end + 1
        if name in _CATEGORIES:
            return lambda c: unicodedata.category(c).startswith(name)
        if name.startswith("Is") and name[2:] in BLOCKS:
            first, last = BLOCKS[name[2:]]
            return lambda c: first <= ord(c) <= last
        raise _wrong("it names an unknown category")

    # --- [ … ] ---

    def char_class(self, depth: int) -> Test:
        if depth > _MAX_NESTING:
            raise _wrong("its groups are nested too deeply")
        negative = self.pattern.startswith("^", self.at)
        self.at += negative
        ranges: list[tuple[int, int]] = []
        tests: list[Test] = []
        minus: Test | None = None
        begin = self.at
        while not self.pattern.startswith("]", self.at) or self.at == begin:
            if self.pattern.startswith("-[", self.at) and self.at > begin:
                self.at += 2
                minus = self.char_class(depth + 1)
                if not self.pattern.startswith("]", self.at):
                    raise _wrong("nothing may follow what is taken away within [ ]")
                break
            self.class_part(ranges, tests, begin)
        self.at += 1
        return _class_test(ranges, tests, minus, negative=negative, ignore_case=self.ignore_case)

    def class_part(self, ranges: list[tuple[int, int]], tests: list[Test], begin: int) -> None:
        first = self.class_char(tests, begin)
        if first is None:
            return
        following = self.pattern[self.at : self.at + 2]
        if following[:1] == "-" and following[1:] not in ("]", "[", ""):
            self.at += 1
            last = self.class_char(None, begin)
            if last is None or last < first:
                raise _wrong("a range within [ ] goes backwards")
            ranges.append((ord(first), ord(last)))
        else:
            ranges.append((ord(first), ord(first)))

    def class_char(self, tests: list[Test] | None, begin: int) -> str | None:
        """One character within [ ], or None when it was an escape for many, which went to `tests`."""
        char = self.pattern[self.at : self.at + 1]
        if not char:
            raise _wrong("[ is not closed")
        self.at += 1
        if char in "[]":
            raise _wrong(f"{char} must be written \\{char} within [ ]")
        if char == "-" and self.at - 1 != begin and self.pattern[self.at : self.at + 1] not in ("]", ""):
            raise _wrong("- within [ ] must come first or last, or be written \\-")
        if char != "\\":
            return char
        char = self.pattern[self.at : self.at + 1]
        self.at += 1
        test = self.class_escape(char) if char else None
        if test is None:
            return self.single(char)
        if tests is None:
            raise _wrong("a range within [ ] must end with a character")
        tests.append(test)
        return None


def _class_test(
    ranges: list[tuple[int, int]], tests: list[Test], minus: Test | None, *, negative: bool, ignore_case: bool
) -> Test:
    merged: list[list[int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    starts = [first for first, _ in merged]
    ends = [last for _, last in merged]

    def in_ranges(char: str) -> bool:
        index = bisect_right(starts, ord(char)) - 1
        return index >= 0 and ord(char) <= ends[index]

    def test(char: str) -> bool:
        found = any(map(in_ranges, variants(char))) if ignore_case else in_ranges(char)
        found = found or any(one(char) for one in tests)
        return found != negative and not (minus is not None and minus(char))

    return test


def _char(char: str, ignore_case: bool) -> Test:
    if not ignore_case:
        return char.__eq__
    accepted = variants(char)
    return lambda c: c in accepted


# Characters whose other case is not found by one upper() or lower() step.
_ODD_VARIANTS = {
    "k": "\u212a", "K": "\u212a", "\u212a": "kK", "s": "\u017f", "S": "\u017f", "\u017f": "sS", "\u00e5": "\u212b",
    "\u00c5": "\u212b", "\u212b": "\u00e5\u00c5", "\u03c9": "\u2126", "\u03a9": "\u2126", "\u2126": "\u03c9\u03a9",
    "\u00b5": "\u03bc\u039c", "\u03bc": "\u00b5", "\u039c": "\u00b5", "\u03c3": "\u03c2", "\u03a3": "\u03c2",
    "\u03c2": "\u03c3\u03a3",
}  # fmt: skip


def variants(char: str) -> frozenset[str]:
    """A character in all its cases."""
    found = {char, char.lower(), char.upper(), char.title(), *_ODD_VARIANTS.get(char, "")}
    return frozenset(one for one in found if len(one) == 1)


def _negated(test: Test) -> Test:
    return lambda char: not test(char)


_NAME_START = re.compile(
    "[:A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)
_NAME_PART = re.compile("[-.0-9\u00b7\u0300-\u036f\u203f\u2040]")

_CLASSES: dict[str, Test] = {
    "s": _SPACES.__contains__,
    "d": lambda c: unicodedata.category(c) == "Nd",
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": lambda c: bool(_NAME_START.match(c)),
    "c": lambda c: bool(_NAME_START.match(c) or _NAME_PART.match(c)),
}
