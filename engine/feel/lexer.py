"""From text to tokens. This is where the names in scope decide what a text means.

Where an operand may stand, the longest name in scope is taken, local ones (of for, some, every, of functions and of
contexts) included; failing that, all words up to the next operator or keyword are one unknown name, so that the
error can say it in full. Brackets are told apart here, too.
"""

import re
from dataclasses import dataclass, field

from lark import Token

from engine.feel.budget import MAX_DEPTH, MAX_NODES, MAX_TEXT
from engine.feel.errors import FeelError, Source
from engine.feel.grammar import KEYWORDS, PUNCTUATION
from engine.feel.names import NAMEISH, SPACE, WORD, Names, canonical

_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w])", re.ASCII)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_OPERATOR = re.compile(r"\*\*|\.\.|->|!=|<=|>=|[-+*/=<>(){}\[\],:.@]")
_INSTANCE_OF = re.compile(r"instance\s+of\b")
_KEY = re.compile(rf"({NAMEISH})(?=\s*:)")
_VARIABLE = re.compile(rf"({NAMEISH})(?=\s+in\b)")
_FORMAL = re.compile(rf"({NAMEISH})(?=\s*[:,)])")
# What can follow `[` when it ends an open interval, `[1..5[`, rather than begins a filter.
_ENDS_INTERVAL = re.compile(r"\s*(?:$|[)\],}.=<>!+*/:]|(?:and|or|then|else|return|satisfies|in|between|instance)\b)")
_LONE = re.compile("[\ud800-\udfff]")
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
_GENERICS = {"list": "LIST_OF", "range": "RANGE_OF", "context": "CONTEXT_OF", "function": "FUNCTION_OF"}

# After one of these an operand is complete, and an operator or keyword comes next.
_OPERAND_ENDS = frozenset({
    "NUMBER", "STRING", "CONSTANT", "NAME", "PROPERTY", "TYPE", "_RIGHT",
    "_CLOSE_GROUP", "_CLOSE_LIST", "_CLOSE_CONTEXT", "_CLOSE_RANGE",
})  # fmt: skip

# What people mean who write something else, in Word or in another language.
_HINTS = {
    **dict.fromkeys("“”„‟«»", ' A text stands between straight quotes: "…".'),
    **dict.fromkeys("'‘’`", ' A text stands between double quotes: "…".'),
    **dict.fromkeys("–—−", " Minus is written - ."),
    **dict.fromkeys("&", " Write the word and."),
    **dict.fromkeys("|", " Write the word or."),
    **dict.fromkeys("!", " Write not(…), or != for not equal."),
    **dict.fromkeys("≤", " Write <= ."),
    **dict.fromkeys("≥", " Write >= ."),
    **dict.fromkeys("≠", " Write != ."),
    **dict.fromkeys('"0123456789', " An operator or a comma is missing before it."),
}

_CLOSERS = {")": "_CLOSE_GROUP", "]": "_CLOSE_LIST", "}": "_CLOSE_CONTEXT"}
_CLOSED_BY = {"(": ")", "[": "]", "call": ")", "formals": ")", "filter": "]", "{": "}", "]": "]", "": ""}
_INTERVALS = frozenset({"(", "[", "]"})


@dataclass(slots=True)
class _Bracket:
    kind: str  # "(", "[", "]" (an open interval), "{", "call", "formals", "filter"; "" outside all brackets
    at: int
    names: Names = field(default_factory=Names)
    loops: int = 0  # for, some, every whose return or satisfies has not come yet
    interval: bool = False  # `..` was met
    formals: list[str] = field(default_factory=list)
    entry: bool = True  # a key, argument, parameter or loop variable may begin here


class Lexer:
    def __init__(self, source: Source, *, names: Names, properties: Names, types: Names, tests: bool = False) -> None:
        self._source = source
        self._text = source.text
        self._names = names
        self._properties = properties
        self._own_properties = Names()
        self._types = types
        self._tests = tests
        self._at = 0
        self._tokens: list[Token] = []
        self._brackets = [_Bracket("", 0, entry=False)]

    def tokens(self) -> list[Token]:
        if len(self._text) > MAX_TEXT:
            raise FeelError(f"This expression is {len(self._text)} characters long. At most {MAX_TEXT} are allowed.")
        while self._skip_space() < len(self._text):
            self._next()
            if len(self._tokens) > MAX_NODES:
                raise self._error(f"This expression has more than {MAX_NODES} parts. Split it up.", self._at)
        open_ = self._brackets[-1]
        if open_.kind:
            raise self._error(f"The «{self._text[open_.at]}» here is never closed.", open_.at)
        if self._tests:
            self._mark_negation()
        return self._tokens

    # --- moving on ---

    def _skip_space(self) -> int:
        self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._at

    def _emit(self, type_: str, value: object, at: int) -> None:
        self._tokens.append(Token(type_, value, start_pos=at))

    def _error(self, message: str, at: int) -> FeelError:
        return self._source.error(message, at)

    @property
    def _last(self) -> str:
        return self._tokens[-1].type if self._tokens else ""

    def _next(self) -> None:
        bracket = self._brackets[-1]
        if bracket.entry:
            bracket.entry = False
            if self._introduce(bracket):
                return
        if self._last == "_DOT":
            self._property()
        elif self._last in _OPERAND_ENDS:
            self._operator()
        else:
            self._operand()

    # --- names being introduced ---

    def _introduce(self, bracket: _Bracket) -> bool:
        """A key, parameter, named argument or loop variable, where one may begin."""
        if bracket.loops:
            return self._variable(bracket)
        match bracket.kind:
            case "{":
                return self._key(bracket)
            case "call":
                if found := _KEY.match(self._text, self._at):
                    self._take(found, "PARAMETER")
                return found is not None
            case "formals":
                return self._formal(bracket)
        return False

    def _take(self, found: re.Match[str], type_: str) -> str:
        name = canonical(found[1])
        self._emit(type_, name, self._at)
        self._at = found.end()
        return name

    def _key(self, bracket: _Bracket) -> bool:
        text, at = self._text, self._at
        if text[at] == "}":
            return False
        if text[at] == '"':
            name = self._string("KEY")
        elif found := _KEY.match(text, at):
            name = self._take(found, "KEY")
        else:
            raise self._error("A name followed by a colon should stand here, as in { age: 12 }.", at)
        bracket.names.add(name)
        self._own_properties.add(name)
        return True

    def _formal(self, bracket: _Bracket) -> bool:
        if self._text[self._at] == ")":
            return False
        found = _FORMAL.match(self._text, self._at)
        if not found:
            raise self._error("The name of a parameter should stand here.", self._at)
        bracket.formals.append(self._take(found, "FORMAL"))
        self._skip_space()
        if self._text[self._at] == ":":
            self._emit("_COLON", ":", self._at)
            self._at += 1
            self._type(0)
        return True

    def _variable(self, bracket: _Bracket) -> bool:
        found = _VARIABLE.match(self._text, self._at)
        if not found:
            raise self._error('Something like "x in list" should stand here.', self._at)
        bracket.names.add(self._take(found, "VARIABLE"))
        self._skip_space()
        self._emit("_IN", "in", self._at)
        self._at += 2
        return True

    # --- operands ---

    def _operand(self) -> None:
        text, at = self._text, self._at
        char = text[at]
        if char == '"':
            self._string("STRING")
        elif found := _NUMBER.match(text, at):
            self._emit("NUMBER", found[0], at)
            self._at = found.end()
        elif WORD.match(text, at):
            self._word()
        elif char == "]" and self._last != "OPEN_LIST":
            self._open("]", "OPEN_RANGE")
        else:
            self._operator()

    def _string(self, type_: str) -> str:
        found = _STRING.match(self._text, self._at)
        if not found:
            raise self._error('The text that begins here has no closing ".', self._at)
        value = unescape(found[1])
        self._emit(type_, value, self._at)
        self._at = found.end()
        return value

    def _word(self) -> None:
        text, at = self._text, self._at
        word = WORD.match(text, at)[0]  # type: ignore[index]
        known = self._known(at)
        keyword = KEYWORDS.get(word)
        if keyword and not (known and keyword in _NEVER_FIRST):
            self._keyword(word, keyword)
            return
        name, self._at = known or (word, at + len(word))
        if known is None or self._word_follows():
            name = canonical(name + self._further_words())
        self._emit("NAME", name, at)

    def _known(self, at: int) -> tuple[str, int] | None:
        sets = [self._names, *(bracket.names for bracket in self._brackets)]
        if any(bracket.kind == "filter" for bracket in self._brackets):
            sets += [self._properties, self._own_properties]  # an item's entries are in scope in its filter
        found = [match for names in sets if (match := names.match(self._text, at))]
        return max(found, key=lambda match: match[1], default=None)

    def _word_follows(self) -> bool:
        found = WORD.match(self._text, SPACE.match(self._text, self._at).end())  # type: ignore[union-attr]
        return found is not None and not self._is_keyword_at(found.start(), found[0])

    def _is_keyword_at(self, at: int, word: str) -> bool:
        return word in KEYWORDS or bool(_INSTANCE_OF.match(self._text, at))

    def _further_words(self) -> str:
        """Two words side by side can only be one name, even if nobody knows it."""
        words = ""
        while self._word_follows():
            start = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            self._at = WORD.match(self._text, start).end()  # type: ignore[union-attr]
            words += " " + self._text[start : self._at]
        return words

    def _property(self) -> None:
        at = self._at
        word = WORD.match(self._text, at)
        if not word:
            raise self._error("A name should follow the dot.", at)
        found = self._own_properties.match(self._text, at)
        other = self._properties.match(self._text, at)
        if other and (found is None or other[1] > found[1]):
            found = other
        name, self._at = found or (word[0], word.end())
        if found is None or self._word_follows():
            name = canonical(name + self._further_words())
        self._emit("PROPERTY", name, at)

    # --- keywords and operators ---

    def _keyword(self, word: str, type_: str) -> None:
        bracket = self._brackets[-1]
        self._emit(type_, word, self._at)
        self._at += len(word)
        if word in ("for", "some", "every"):
            bracket.loops += 1
            bracket.entry = True
        elif word in ("return", "satisfies") and bracket.loops:
            bracket.loops -= 1

    def _operator(self) -> None:
        text, at = self._text, self._at
        if found := WORD.match(text, at):
            self._operator_word(found[0])
            return
        found = _OPERATOR.match(text, at)
        if not found:
            raise self._error(f"«{text[at]}» can not stand here.{_HINTS.get(text[at], '')}", at)
        symbol = found[0]
        if symbol in ("(", "["):
            self._opening(symbol)
        elif symbol == "{":
            self._open("{", "OPEN_CONTEXT")
        elif symbol in _CLOSERS:
            self._close(symbol)
        else:
            self._emit(PUNCTUATION[symbol], symbol, at)
            self._at += len(symbol)
            bracket = self._brackets[-1]
            if symbol == "..":
                bracket.interval = True
            elif symbol == ",":
                bracket.entry = True

    def _operator_word(self, word: str) -> None:
        if found := _INSTANCE_OF.match(self._text, self._at):
            self._emit("_INSTANCE_OF", found[0], self._at)
            self._at = found.end()
            self._type(0)
        elif word in KEYWORDS:
            self._keyword(word, KEYWORDS[word])
        else:
            raise self._error(
                f"«{word}» can not stand here: an operator like = or + or the word and is missing.", self._at
            )

    def _opening(self, symbol: str) -> None:
        if self._last == "FUNCTION":
            self._open("formals", "_CALL")
        elif self._last not in _OPERAND_ENDS:
            self._open(symbol, PUNCTUATION[symbol])
        elif symbol == "(":
            self._open("call", "_CALL")
        elif self._ends_interval():
            self._brackets.pop()
            self._emit("_CLOSE_RANGE", "[", self._at)
            self._at += 1
        else:
            self._open("filter", "_FILTER")

    def _ends_interval(self) -> bool:
        bracket = self._brackets[-1]
        return bracket.interval and bracket.kind in _INTERVALS and bool(_ENDS_INTERVAL.match(self._text, self._at + 1))

    def _open(self, kind: str, type_: str) -> None:
        if len(self._brackets) > MAX_DEPTH:
            raise self._error(f"Brackets are nested more than {MAX_DEPTH} deep here.", self._at)
        self._brackets.append(_Bracket(kind, self._at))
        self._emit(type_, self._text[self._at], self._at)
        self._at += 1

    def _close(self, symbol: str) -> None:
        bracket = self._brackets[-1]
        expected = _CLOSED_BY[bracket.kind]
        if symbol != expected and not (bracket.interval and bracket.kind in _INTERVALS and symbol in ")]"):
            hint = f" The «{self._text[bracket.at]}» before it is still open." if expected else ""
            raise self._error(f"«{symbol}» closes nothing here.{hint}", self._at)
        self._brackets.pop()
        self._emit("_CLOSE_FORMALS" if bracket.kind == "formals" else _CLOSERS[symbol], symbol, self._at)
        self._at += 1
        for name in bracket.formals:
            self._brackets[-1].names.add(name)

    # --- types ---

    def _type(self, depth: int) -> None:
        if depth > MAX_DEPTH // 4:
            raise self._error("This type is nested too deeply.", self._at)
        at = self._skip_space()
        word = WORD.match(self._text, at)
        if not word:
            raise self._error("The name of a type should stand here, such as number or list<string>.", at)
        opening = SPACE.match(self._text, word.end()).end()  # type: ignore[union-attr]
        if word[0] in _GENERICS and self._text.startswith("<", opening):
            self._emit(_GENERICS[word[0]], word[0], at)
            self._at = opening
            self._generic(word[0], depth)
            return
        name, self._at = self._types.match(self._text, at) or (word[0], word.end())
        if name == word[0]:
            name = self._qualified(name)
        self._emit("TYPE", name, at)

    def _qualified(self, name: str) -> str:
        name = canonical(name + self._further_words())
        while self._text.startswith(".", self._at) and (word := WORD.match(self._text, self._at + 1)):
            self._at = word.end()
            name = f"{name}.{word[0]}{self._further_words()}"
        return name

    def _generic(self, kind: str, depth: int) -> None:
        self._mark("<", "_LEFT")
        while self._skip_space() < len(self._text) and self._text[self._at] != ">":
            if kind == "context":
                found = _KEY.match(self._text, self._at)
                if not found:
                    raise self._error("A name followed by a colon and a type should stand here.", self._at)
                self._take(found, "TYPE_KEY")
                self._mark(":", "_COLON")
            self._type(depth + 1)
            if self._text.startswith(",", self._skip_space()):
                self._mark(",", "_COMMA")
            else:
                break
        self._mark(">", "_RIGHT")
        if kind == "function":
            self._mark("->", "_ARROW")
            self._type(depth + 1)

    def _mark(self, symbol: str, type_: str) -> None:
        at = self._skip_space()
        if not self._text.startswith(symbol, at):
            raise self._error(f"«{symbol}» is missing in this type.", min(at, max(len(self._text) - 1, 0)))
        self._emit(type_, symbol, at)
        self._at = at + len(symbol)

    # --- unary tests ---

    def _mark_negation(self) -> None:
        """`not(…)` around a whole cell negates its tests; anywhere else it is the function."""
        tokens = self._tokens
        if len(tokens) < 4 or tokens[0].value != "not" or tokens[0].type != "NAME" or tokens[1].type != "_CALL":
            return
        depth = 0
        for index, token in enumerate(tokens):
            depth += token.type in _OPENING
            depth -= token.type in _CLOSING
            if depth == 0 and index > 0:
                if index == len(tokens) - 1 and token.type == "_CLOSE_GROUP":
                    tokens[0] = Token("_NOT_TESTS", "not", start_pos=tokens[0].start_pos)
                return


_OPENING = frozenset({"_OPEN_GROUP", "_CALL", "OPEN_LIST", "_FILTER", "OPEN_CONTEXT", "OPEN_RANGE"})
_CLOSING = frozenset({"_CLOSE_FORMALS", "_CLOSE_GROUP", "_CLOSE_LIST", "_CLOSE_CONTEXT", "_CLOSE_RANGE"})
# Keywords that can not begin an operand: where one is wanted, a name in scope may begin with them.
_NEVER_FIRST = frozenset({"_THEN", "_ELSE", "_RETURN", "_SATISFIES", "_OR", "_AND", "_BETWEEN", "_IN", "_EXTERNAL"})


def unescape(text: str) -> str:
    if "\\" not in text:
        return text
    joined = _SURROGATES.sub(_join_surrogates, _ESCAPE.sub(_replace_escape, text))
    return _LONE.sub("\ufffd", joined)


def _replace_escape(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else found[0]
    return _PLAIN_ESCAPES.get(found[3], found[0])  # an unknown one stays, as in the pattern "\d"


def _join_surrogates(found: re.Match[str]) -> str:
    return chr(0x10000 + (ord(found[1]) - 0xD800) * 0x400 + ord(found[2]) - 0xDC00)
