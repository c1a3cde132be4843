"""String functions (clause 10.3.4.3). Positions count code points from 1, or from the end when negative."""

import re
from decimal import Decimal

from engine.feel.errors import Trouble
from engine.feel.functions.lists import position
from engine.feel.functions.registry import built_in
from engine.feel.plain import lift
from engine.feel.regex import Match, Regex, compile_pattern
from engine.feel.runtime import Runtime
from engine.feel.values import Value


@built_in("substring", "string: string, start position: number, length?: number")
def substring(_: Runtime, string: str, start: Decimal, length: Decimal | None = None) -> Value:
    first = position(start, len(string))
    if first is None:
        raise Trouble("The start position lies outside the text.")
    if length is None:
        return string[first:]
    if length < 1:
        raise Trouble("The length of a part of a text must be at least 1.")
    return string[first : first + int(length)]


@built_in("string length", "string: string")
def string_length(_: Runtime, string: str) -> Value:
    return Decimal(len(string))


@built_in("upper case", "string: string")
def upper_case(_: Runtime, string: str) -> Value:
    return string.upper()


@built_in("lower case", "string: string")
def lower_case(_: Runtime, string: str) -> Value:
    return string.lower()


@built_in("substring before", "string: string, match: string")
def substring_before(_: Runtime, string: str, match: str) -> Value:
    before, found, _rest = string.partition(match) if match else ("", "", "")
    return before if found else ""


@built_in("substring after", "string: string, match: string")
def substring_after(_: Runtime, string: str, match: str) -> Value:
    return string.partition(match)[2] if match else string


@built_in("contains", "string: string, match: string")
def contains(_: Runtime, string: str, match: str) -> Value:
    return match in string


@built_in("starts with", "string: string, match: string")
def starts_with(_: Runtime, string: str, match: str) -> Value:
    return string.startswith(match)


@built_in("ends with", "string: string, match: string")
def ends_with(_: Runtime, string: str, match: str) -> Value:
    return string.endswith(match)


@built_in("matches", "input: string, pattern: string, flags?: string")
def matches(rt: Runtime, input_: str, pattern: str, flags: str | None = None) -> Value:
    return compile_pattern(pattern, flags or "").search(input_, 0, rt.meter) is not None


@built_in("replace", "input: string, pattern: string, replacement: string, flags?: string")
def replace(rt: Runtime, input_: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    regex = _never_empty(rt, pattern, flags)
    pieces = [replacement] if "q" in (flags or "") else _replacement_pieces(replacement, regex.groups)
    result: list[str] = []
    size = done = 0
    for match in regex.find_all(input_, rt.meter):
        result.append(input_[done : match.start])
        result.extend(match.group(piece) if isinstance(piece, int) else piece for piece in pieces)
        size += sum(map(len, result[-1 - len(pieces) :]))
        rt.meter.check_text(size)
        done = match.end
    result.append(input_[done:])
    return "".join(result)


def _never_empty(rt: Runtime, pattern: str, flags: str | None = None) -> Regex:
    regex = compile_pattern(pattern, flags or "")
    if regex.search("", 0, rt.meter) is not None:
        raise Trouble("This pattern also matches nothing at all, so that it would match everywhere.")
    return regex


_REFERENCE = re.compile(r"\\(.?)|\$(\d*)", re.ASCII | re.DOTALL)


def _replacement_pieces(replacement: str, groups: int) -> list[str | int]:
    """Literal pieces and the numbers of groups; XPath allows `\\` and `$` only as `\\\\`, `\\$` and `$N`."""
    pieces: list[str | int] = []
    done = 0
    for found in _REFERENCE.finditer(replacement):
        pieces.append(replacement[done : found.start()])
        done = found.end()
        if found[0][0] == "\\":
            if found[1] not in ("\\", "$") or not found[1]:
                raise Trouble("In a replacement, \\ must be followed by \\ or $.")
            pieces.append(found[1])
            continue
        if not found[2]:
            raise Trouble("In a replacement, $ must be followed by a number, or be written \\$.")
        digits = 1
        while digits < len(found[2]) and int(found[2][: digits + 1]) <= groups:
            digits += 1
        number = int(found[2][:digits])
        pieces.append(number if number <= groups else "")
        pieces.append(found[2][digits:])
    return [*pieces, replacement[done:]]


@built_in("split", "string: string, delimiter: string")
def split(rt: Runtime, string: str, delimiter: str) -> Value:
    parts = []
    done = 0
    for match in _never_empty(rt, delimiter).find_all(string, rt.meter):
        parts.append(string[done : match.start])
        done = match.end
    rt.meter.check_list(len(parts) + 1)
    return [*parts, string[done:]]


@built_in("extract", "string: string, pattern: string")
def extract(rt: Runtime, string: str, pattern: str) -> Value:
    """Not in the standard, but in Camunda's FEEL: all that the pattern matches."""
    found = [_whole(match) for match in compile_pattern(pattern, "").find_all(string, rt.meter)]
    rt.meter.check_list(len(found))
    return found


def _whole(match: Match) -> str:
    return match.group(0)


@built_in("string join", "list: list, delimiter?: string")
def string_join(rt: Runtime, items: list[Value], delimiter: str | None = None) -> Value:
    texts = [lift(item) for item in items if item is not None]
    if not all(isinstance(text, str) for text in texts):
        raise Trouble("Only texts can be joined.")
    rt.meter.check_text(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)
