"""Where a diagram holds FEEL, and what of it can be known before it runs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from engine.bpmn.elements import BPMN, LSCP, line_of
from engine.bpmn.expression import compile_feel
from engine.bpmn.validate.diagram import Flow, Node, Part, text_of
from engine.feel import Expression, FeelError, nodes

FEEL_ATTRIBUTES = ("role", "body", "due", "meets", "scope", "title", "comparedWith")  # a leading = makes FEEL of them
TIMES = ("timeDate", "timeDuration", "timeCycle")


@dataclass(frozen=True)
class Place:
    """One piece of FEEL: what it belongs to, what it is called there, and the line it begins on."""

    part: Part
    what: str
    text: str
    line: int | None
    confidential: bool = False  # it may read confidential answers
    more: frozenset[str] = frozenset()  # names known here only
    callee: str | None = None  # it is evaluated on the data of this process instead
    is_body: bool = False  # the text of an element, whose lines are lines of the file

    def line_at(self, line: int) -> int | None:
        """The line of the file for a line of the FEEL, which is read without the white space around it."""
        if self.line is None or not self.is_body:
            return self.line
        blank = self.text[: len(self.text) - len(self.text.lstrip())]
        return self.line + blank.count("\n") + line - 1


def feel_of(text: str) -> str | None:
    """The FEEL of a text that may be one, or None where it stands for itself."""
    return text.replace("=", " ", 1) if text.lstrip().startswith("=") else None


def loop_of(node: Node) -> etree._Element | None:
    return node.child("multiInstanceLoopCharacteristics")


def loop_text(loop: etree._Element, attribute: str) -> str | None:
    return loop.get(f"{{{LSCP}}}{attribute}")


def script_of(node: Node) -> etree._Element | None:
    return next(iter(node.children("script")), None)


def script_entries(node: Node) -> tuple[str, ...]:
    """The names a script gives, in order; none where it is no FEEL context."""
    script = script_of(node)
    return _entries(text_of(script)) if script is not None else ()


@lru_cache(maxsize=256)
def _entries(text: str) -> tuple[str, ...]:
    try:
        tree = compile_feel(text, frozenset()).tree
    except FeelError:
        return ()
    return tuple(name for name, _ in tree.entries) if isinstance(tree, nodes.ContextNode) else ()


def walk(expression: Expression) -> Iterator[nodes.Node]:
    """Every node of an expression's tree."""
    waiting = [expression.tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children())


def literal_results(expression: Expression) -> Iterator[str]:
    """Texts that an expression may come out as, where they are written in it."""
    waiting = [expression.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.If):
            waiting += [node.then, node.otherwise]
        elif isinstance(node, nodes.Literal) and isinstance(node.value, str):
            yield node.value


def literal_call(node: nodes.Node) -> tuple[str, str] | None:
    """`deadline("D04")` as (`deadline`, `D04`)."""
    if not isinstance(node, nodes.Call) or not isinstance(node.function, nodes.Name) or len(node.arguments) != 1:
        return None
    argument = node.arguments[0]
    if not isinstance(argument, nodes.Literal) or not isinstance(argument.value, str):
        return None
    return node.function.name, argument.value


def places_of(node: Node) -> Iterator[Place]:
    """Every FEEL text of a flow node that the engine evaluates."""
    for attribute in FEEL_ATTRIBUTES:
        yield from _optional(node, f"lscp:{attribute}", node.own(attribute), node.line)
    yield from _pairs(node)
    yield from _loops(node)
    for trigger in node.triggers:
        for kind in TIMES:
            for time in trigger.findall(f"{{{BPMN}}}{kind}"):
                yield from _optional(node, "the timer", text_of(time), line_of(time), is_body=True)
        for condition in trigger.findall(f"{{{BPMN}}}condition"):
            yield _body(node, "the condition it waits for", condition)
    script = script_of(node) if node.tag == "scriptTask" else None
    if script is not None and _says_feel(node):
        yield _body(node, "the script", script)


def _says_feel(node: Node) -> bool:
    return (node.xml.get("scriptFormat") or "").strip().lower() == "feel"


def place_of(flow: Flow) -> Place | None:
    """A gateway's condition: the one place in a diagram that may read confidential answers."""
    condition = flow.condition
    if condition is None or not text_of(condition).strip():
        return None
    return replace(_body(flow, "the condition", condition), confidential=True)


def _body(part: Part, what: str, xml: etree._Element) -> Place:
    return Place(part, what, text_of(xml), line_of(xml), is_body=True)


def _optional(part: Part, what: str, text: str | None, line: int | None, *, is_body: bool = False) -> Iterator[Place]:
    feel = feel_of(text or "")
    if feel is not None:
        yield Place(part, what, feel, line, is_body=is_body)


def _pairs(node: Node) -> Iterator[Place]:
    result = frozenset[str]({"result"} if node.tag == "serviceTask" else ())
    for xml, name, value in node.pairs("input"):
        yield from _optional(node, f"the input “{name}”", value, line_of(xml))
    for xml, name, value in node.pairs("output"):
        feel = feel_of(value)
        if feel is not None:
            callee = node.xml.get("calledElement") if node.tag == "callActivity" else None
            yield Place(node, f"the output “{name}”", feel, line_of(xml), more=result, callee=callee)


def _loops(node: Node) -> Iterator[Place]:
    loop = loop_of(node)
    if loop is not None:
        line = line_of(loop)
        yield from _optional(node, "lscp:in", loop_text(loop, "in"), line)
        yield from _optional(node, "lscp:as", loop_text(loop, "as"), line)
        for tag, what in (("completionCondition", "the condition that ends it"), ("loopCardinality", "the number")):
            for text in loop.findall(f"{{{BPMN}}}{tag}"):
                yield _body(node, what, text)
    standard = node.child("standardLoopCharacteristics")
    if standard is not None:
        for text in standard.findall(f"{{{BPMN}}}loopCondition"):
            yield _body(node, "the condition of the loop", text)
