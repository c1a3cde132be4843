"""From text to tree: the lexer's tokens through lark's LALR parser, with the tree built on the way."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken
from lark.lexer import Lexer as LarkLexer

from engine.feel import nodes
from engine.feel.budget import MAX_DEPTH, MAX_NODES, MAX_TEXT
from engine.feel.errors import FeelError, Source, shorten
from engine.feel.grammar import DECLARED, GRAMMAR
from engine.feel.lexer import Lexer
from engine.feel.names import Names
from engine.feel.nodes import Node
from engine.feel.values import NUMBERS

_CONSTANTS = {"true": True, "false": False, "null": None}


class _Feed(LarkLexer):
    """Hands the tokens, already made, to lark."""

    __future_interface__ = 1

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        yield from lexer_state.text


class _Wrong(Exception):
    """Something that the grammar allows and the language does not, at an offset."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class _Builder(Transformer[Token, Any]):
    """One method a rule of the grammar; children are nodes, and the tokens that carry something."""

    def start(self, parts: list[Any]) -> Node:
        return parts[0]  # type: ignore[no-any-return]

    def any_of(self, tests: list[Node]) -> Node:
        return nodes.Tests(tests[0].at, tuple(tests))

    def none_of(self, tests: list[Node]) -> Node:
        return nodes.Tests(tests[0].at, tuple(tests), negated=True)

    def unary_range(self, parts: list[Any]) -> Node:
        return nodes.UnaryRange(parts[0].start_pos, str(parts[0]), parts[1])

    def either(self, parts: list[Node]) -> Node:
        return _logic("or", *parts)

    def both(self, parts: list[Node]) -> Node:
        return _logic("and", *parts)

    def compare(self, parts: list[Any]) -> Node:
        left, operator, right = parts
        return nodes.Compare(operator.start_pos, str(operator), left, right)

    def between(self, parts: list[Node]) -> Node:
        return nodes.Between(parts[0].at, *parts)

    def in_one(self, parts: list[Node]) -> Node:
        return nodes.In(parts[0].at, parts[0], (parts[1],))

    def in_unary(self, parts: list[Any]) -> Node:
        return nodes.In(parts[0].at, parts[0], (nodes.UnaryRange(parts[1].start_pos, str(parts[1]), parts[2]),))

    def in_any(self, parts: list[Node]) -> Node:
        return nodes.In(parts[0].at, parts[0], tuple(parts[1:]))

    def instance_of(self, parts: list[Any]) -> Node:
        return nodes.InstanceOf(parts[0].at, parts[0], parts[1])

    def chain(self, parts: list[Any]) -> Node:
        left, operator, right = parts
        if isinstance(left, nodes.Chain) and _level(left.operators[0]) == _level(operator):
            return nodes.Chain(left.at, (*left.operands, right), (*left.operators, str(operator)))
        return nodes.Chain(operator.start_pos, (left, right), (str(operator),))

    def negate(self, parts: list[Any]) -> Node:
        operand = parts[1]
        if isinstance(operand, nodes.Literal) and _is_number(operand.value):
            return nodes.Literal(parts[0].start_pos, -operand.value)
        return nodes.Negate(parts[0].start_pos, operand)

    def path(self, parts: list[Any]) -> Node:
        return nodes.Path(parts[1].start_pos, parts[0], str(parts[1]))

    def filtered(self, parts: list[Node]) -> Node:
        return nodes.Filter(parts[0].at, *parts)

    def call(self, parts: list[Node]) -> Node:
        return nodes.Call(parts[0].at, parts[0], tuple(parts[1:]))

    def argument(self, parts: list[Any]) -> tuple[str, Node]:
        return str(parts[0]), parts[1]

    def call_named(self, parts: list[Any]) -> Node:
        arguments = dict(parts[1:])
        if len(arguments) < len(parts) - 1:
            raise _Wrong("A parameter is named twice in this call.", parts[0].at)
        return nodes.Call(parts[0].at, parts[0], tuple(arguments.values()), tuple(arguments))

    def number(self, parts: list[Token]) -> Node:
        try:
            return nodes.Literal(_at(parts[0]), NUMBERS.create_decimal(str(parts[0])))
        except ArithmeticError:
            raise _Wrong("This number is too large.", _at(parts[0])) from None

    def string(self, parts: list[Token]) -> Node:
        return nodes.Literal(_at(parts[0]), str(parts[0]))

    def at_literal(self, parts: list[Token]) -> Node:
        return nodes.AtLiteral(_at(parts[0]), str(parts[0]))

    def constant(self, parts: list[Token]) -> Node:
        return nodes.Literal(_at(parts[0]), _CONSTANTS[parts[0]])

    def name(self, parts: list[Token]) -> Node:
        return nodes.Name(_at(parts[0]), str(parts[0]))

    def excluded(self, _: list[Any]) -> bool:
        return False

    def included(self, _: list[Any]) -> bool:
        return True

    def open_range(self, parts: list[Any]) -> Node:
        start, end, included = parts[-3:]  # an opening ] is among them, a ( is not
        return nodes.RangeNode(start.at, start, end, False, included)

    def closed_range(self, parts: list[Any]) -> Node:
        return nodes.RangeNode(_at(parts[0]), parts[1], parts[2], True, parts[3])

    def items(self, parts: list[Any]) -> Node:
        return nodes.ListNode(_at(parts[0]), tuple(parts[1:]))

    def entry(self, parts: list[Any]) -> tuple[Token, Node]:
        return parts[0], parts[1]

    def context(self, parts: list[Any]) -> Node:
        entries: list[tuple[Token, Node]] = parts[1:]
        keys = [str(key) for key, _ in entries]
        if len(set(keys)) < len(keys):
            raise _Wrong("A name stands twice in this { … }.", _at(parts[0]))
        return nodes.ContextNode(_at(parts[0]), tuple((str(key), value) for key, value in entries))

    def if_else(self, parts: list[Any]) -> Node:
        return nodes.If(_at(parts[0]), *parts[1:])

    def iteration(self, parts: list[Any]) -> Node:
        return nodes.Iteration(_at(parts[0]), str(parts[0]), *parts[1:])

    def for_each(self, parts: list[Any]) -> Node:
        return nodes.For(_at(parts[0]), tuple(parts[1:-1]), parts[-1])

    def quantified(self, parts: list[Any]) -> Node:
        return nodes.Quantified(_at(parts[0]), str(parts[0]), tuple(parts[1:-1]), parts[-1])

    def formal(self, parts: list[Any]) -> Node:
        return nodes.FormalParameter(_at(parts[0]), str(parts[0]), parts[1] if len(parts) > 1 else None)

    def function(self, parts: list[Any]) -> Node:
        return nodes.FunctionNode(_at(parts[0]), tuple(parts[1:-1]), parts[-1])

    def external(self, parts: list[Any]) -> Node:
        return nodes.FunctionNode(_at(parts[0]), tuple(parts[1:-1]), parts[-1], external=True)

    def named_type(self, parts: list[Token]) -> Node:
        return nodes.TypeNode(_at(parts[0]), str(parts[0]))

    def generic_type(self, parts: list[Any]) -> Node:
        return nodes.TypeNode(_at(parts[0]), str(parts[0]), (parts[1],), generic=True)

    def field(self, parts: list[Any]) -> tuple[str, Node]:
        return str(parts[0]), parts[1]

    def context_type(self, parts: list[Any]) -> Node:
        names, types = zip(*parts[1:], strict=True)
        return nodes.TypeNode(_at(parts[0]), "context", types, names, generic=True)

    def function_type(self, parts: list[Any]) -> Node:
        return nodes.TypeNode(_at(parts[0]), "function", tuple(parts[1:-1]), result=parts[-1], generic=True)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _level(operator: str) -> int:
    return {"+": 1, "-": 1, "*": 2, "/": 2, "**": 3}[operator]


def _is_number(value: object) -> bool:
    return value is not None and not isinstance(value, (str, bool))


def _logic(operator: str, left: Node, right: Node) -> Node:
    if isinstance(left, nodes.Logic) and left.operator == operator:
        return nodes.Logic(left.at, operator, (*left.operands, right))
    return nodes.Logic(left.at, operator, (left, right))


@cache
def _lark() -> Lark:
    return Lark(
        f"{GRAMMAR}\n%declare {' '.join(DECLARED)}\n",
        parser="lalr",
        lexer=_Feed,
        start=["start", "tests"],
        transformer=_Builder(),
        maybe_placeholders=False,
    )


def parse(
    source: Source,
    *,
    names: Names,
    properties: Names,
    types: Names,
    tests: bool = False,
) -> Node:
    """The tree of an expression, or of a table cell's tests."""
    simple = _literal(source.text)
    if simple is not None:
        return nodes.Tests(simple.at, (simple,)) if tests else simple
    tokens = Lexer(source, names=names, properties=properties, types=types, tests=tests).tokens()
    if not tokens:
        raise FeelError("There is no expression here.")
    try:
        tree: Any = _lark().parse(tokens, start="tests" if tests else "start")
    except UnexpectedInput as problem:
        raise _unexpected(source, problem) from None
    except _Wrong as problem:
        raise source.error(str(problem), problem.at) from None
    node: Node = tree  # the transformer makes nodes of lark's trees
    _check_size(source, node)
    return node


# Most cells of most tables are one literal; a large table is read several times faster this way.
_LITERAL = re.compile(r'\s*(?:"([^"\\]*)"|(\d{1,30}(?:\.\d{1,30})?)|(true|false|null))\s*', re.ASCII)


def _literal(text: str) -> nodes.Literal | None:
    found = _LITERAL.fullmatch(text) if len(text) < MAX_TEXT else None
    if found is None:
        return None
    at = found.start(found.lastindex or 0) - (found.lastindex == 1)
    if found[1] is not None:
        return nodes.Literal(at, found[1])
    return nodes.Literal(at, NUMBERS.create_decimal(found[2]) if found[2] else _CONSTANTS[found[3]])


def _unexpected(source: Source, problem: UnexpectedInput) -> FeelError:
    token = getattr(problem, "token", None)
    if not isinstance(problem, UnexpectedToken) or token is None or token.type == "$END":
        return source.error("The expression ends too early: something is missing.", len(source.text.rstrip()))
    at = _at(token)
    found = shorten(source.text[at:].split("\n")[0], 20)
    return source.error(f"«{found}» can not stand here.{_hint(problem)}", at)


_HINTS = {
    "_THEN": 'An "if" needs a "then".',
    "_ELSE": 'An "if" needs an "else".',
    "_RETURN": 'A "for" needs a "return".',
    "_SATISFIES": 'A "some" or "every" needs a "satisfies".',
}


def _hint(problem: UnexpectedToken) -> str:
    expected = set(problem.accepts or problem.expected or ())
    if problem.token.type == "COMPARE" and "NUMBER" in expected and str(problem.token) == "=":
        return " Equality is written with a single = ."
    if "NUMBER" in expected:
        return " A value or a name is missing before it."
    return next((f" {words}" for token, words in _HINTS.items() if token in expected), "")


def _check_size(source: Source, tree: Node) -> None:
    # The parser's own stack is a list and the lexer has bounded the brackets, but operators nest as well: `- - - 1`.
    waiting = [(tree, 1)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise source.error(f"This expression is nested more than {MAX_DEPTH} levels deep. Split it up.", node.at)
        if seen > MAX_NODES:
            raise source.error(f"This expression has more than {MAX_NODES} parts. Split it up.", node.at)
        waiting.extend((child, depth + 1) for child in node.children())
