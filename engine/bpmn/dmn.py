"""Decision models out of DMN files (1.1 to 1.5), as the plain model of `engine.feel`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from engine.bpmn.document import DocumentRefused, read_xml
from engine.feel import model as plain
from engine.feel.model import Boxed, Reference, Text, Variable
from engine.feel.names import canonical

_Node = etree._Element
_POLICIES = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}


def read_decisions(
    data: bytes, *, name: str, imported: Mapping[str, plain.DecisionModel] | None = None
) -> plain.DecisionModel:
    """The model in a DMN file. `imported` holds, by namespace, the models it may import."""
    root = read_xml(data, name=name)
    if _local(root) != "definitions" or "/DMN/" not in (etree.QName(root).namespace or ""):
        raise DocumentRefused(f"{name} is not a DMN file: its root is not DMN's <definitions>.", file=name, line=1)
    return _Reader(root, name).model(imported or {})


def imports_of(data: bytes, *, name: str) -> tuple[str, tuple[str, ...]]:
    """A DMN file's own namespace, and those of the models it imports."""
    root = read_xml(data, name=name)
    return root.get("namespace", ""), tuple(
        one.get("namespace", "") for one in _children(root, "import") if _is_model(one)
    )


def _is_model(import_: _Node) -> bool:
    return "DMN" in (import_.get("importType") or "DMN")


def _line(node: _Node) -> int:
    line: Any = node.sourceline  # the stubs know it as "..."
    return line or 0


def _local(node: _Node) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: _Node, *names: str) -> Iterator[_Node]:
    for child in node:
        if _local(child) in names:
            yield child


def _child(node: _Node | None, *names: str) -> _Node | None:
    return None if node is None else next(_children(node, *names), None)


def _content(node: _Node | None) -> str:
    return "" if node is None else str(node.xpath("string()"))


def _type_of(node: _Node | None) -> str | None:
    """typeRef is an attribute in most places and a child in item definitions."""
    if node is None:
        return None
    return node.get("typeRef") or _content(_child(node, "typeRef")).strip() or None


class _Reader:
    def __init__(self, root: _Node, file: str) -> None:
        self._root = root
        self._file = file
        self._namespace = root.get("namespace", "")
        self._language(root)

    def model(self, imported: Mapping[str, plain.DecisionModel]) -> plain.DecisionModel:
        elements = [*self._read(_ELEMENTS, self._root)]
        seen: set[str] = set()
        for element in elements:
            if element.id in seen:
                raise self._refused(f"The id «{element.id}» is used twice.", self._root)
            seen.add(element.id)
        return plain.DecisionModel(
            name=self._root.get("name", self._file),
            namespace=self._namespace,
            elements=tuple(elements),
            types=tuple(self._item(node) for node in _children(self._root, "itemDefinition")),
            imports=dict(self._imports(imported)),
            file=self._file,
        )

    def _read(
        self, readers: "Mapping[str, Callable[[_Reader, _Node], plain.Element]]", node: _Node
    ) -> Iterator[plain.Element]:
        for child in node:
            reader = readers.get(_local(child))
            if reader is not None:
                yield reader(self, child)

    def _imports(self, imported: Mapping[str, plain.DecisionModel]) -> Iterator[tuple[str, plain.DecisionModel]]:
        for node in _children(self._root, "import"):
            if not _is_model(node):
                continue
            namespace = node.get("namespace", "")
            if namespace not in imported:
                raise self._refused(f"The imported model «{node.get('name', namespace)}» is not there.", node)
            yield canonical(node.get("name", "")), imported[namespace]

    def _refused(self, message: str, node: _Node) -> DocumentRefused:
        return DocumentRefused(f"{self._file}: {message}", file=self._file, line=_line(node))

    def _language(self, node: _Node) -> None:
        language = node.get("expressionLanguage")
        if language and "feel" not in language.lower():
            raise self._refused(f"The expression language «{language}» is not accepted, only FEEL is.", node)

    # --- elements ---

    def _named(self, node: _Node) -> str:
        name = canonical(node.get("name", "")) or node.get("id", "")
        if not name:
            raise self._refused(f"This {_local(node)} has neither a name nor an id.", node)
        return name

    def _id(self, node: _Node) -> str:
        return node.get("id") or self._named(node)

    def _variable(self, node: _Node) -> Variable:
        return Variable(self._named(node), _type_of(_child(node, "variable")))

    def _references(self, nodes: Iterable[_Node]) -> tuple[Reference, ...]:
        return tuple(self._reference(node) for node in nodes)

    def _reference(self, node: _Node) -> Reference:
        namespace, _, identity = node.get("href", "").rpartition("#")
        return Reference(namespace or self._namespace, identity)

    def _needs(self, node: _Node) -> tuple[Reference, ...]:
        inner = ("requiredInput", "requiredDecision", "requiredKnowledge")
        return self._references(
            target
            for requirement in _children(node, "informationRequirement", "knowledgeRequirement")
            for target in _children(requirement, *inner)
        )

    def input_data(self, node: _Node) -> plain.Element:
        return plain.InputData(self._id(node), self._variable(node))

    def decision(self, node: _Node) -> plain.Element:
        return plain.Decision(
            self._id(node), self._variable(node), self._boxed_in(node), self._needs(node), _line(node)
        )

    def business_knowledge(self, node: _Node) -> plain.Element:
        logic = _child(node, "encapsulatedLogic")
        return plain.BusinessKnowledge(
            self._id(node),
            self._variable(node),
            None if logic is None else self.function(logic),
            self._needs(node),
            _line(node),
        )

    def decision_service(self, node: _Node) -> plain.Element:
        def named(kind: str) -> tuple[Reference, ...]:
            return self._references(_children(node, kind))

        return plain.DecisionService(
            self._id(node), self._variable(node), named("outputDecision"), named("encapsulatedDecision"),
            named("inputDecision"), named("inputData"),
        )  # fmt: skip

    # --- types ---

    def _item(self, node: _Node) -> plain.ItemDefinition:
        item = _child(node, "functionItem")
        function = None
        if item is not None:
            parameters = tuple(Variable(one.get("name", ""), _type_of(one)) for one in _children(item, "parameters"))
            function = (parameters, item.get("outputTypeRef"))
        return plain.ItemDefinition(
            self._named(node),
            _type_of(node),
            tuple(self._item(component) for component in _children(node, "itemComponent")),
            node.get("isCollection") in ("true", "1"),
            self._tests(_child(node, "allowedValues")),
            self._tests(_child(node, "typeConstraint")),
            function,
        )

    def _tests(self, node: _Node | None) -> Text | None:
        text = self._text(node)
        return text if text is not None and text.text.strip() else None

    def _text(self, node: _Node | None) -> Text | None:
        if node is None:
            return None
        self._language(node)
        inner = _child(node, "text")
        place = node if inner is None else inner
        return Text(_content(inner), _line(place), node.get("id", ""))

    # --- boxed expressions ---

    def _boxed_in(self, node: _Node | None) -> Boxed | None:
        """The one expression within an element."""
        found = _child(node, *_BOXES)
        return None if found is None else _BOXES[_local(found)](self, found)

    def literal(self, node: _Node) -> Boxed:
        return plain.LiteralExpression(self._text(node) or Text(""), _type_of(node))

    def context(self, node: _Node) -> Boxed:
        entries = []
        for entry in _children(node, "contextEntry"):
            variable = _child(entry, "variable")
            named = None if variable is None else Variable(self._named(variable), _type_of(variable))
            entries.append(plain.ContextEntry(named, self._boxed_in(entry)))
        return plain.BoxedContext(tuple(entries), _type_of(node))

    def invocation(self, node: _Node) -> Boxed:
        bindings = []
        for binding in _children(node, "binding"):
            parameter = _child(binding, "parameter")
            if parameter is None:
                raise self._refused("This binding has no parameter.", binding)
            bindings.append((self._named(parameter), self._boxed_in(binding)))
        return plain.Invocation(self._boxed_in(node), tuple(bindings), _type_of(node))

    def function(self, node: _Node) -> plain.FunctionDefinition:
        parameters = tuple(Variable(self._named(one), _type_of(one)) for one in _children(node, "formalParameter"))
        return plain.FunctionDefinition(parameters, self._boxed_in(node), node.get("kind", "FEEL"), _type_of(node))

    def list(self, node: _Node) -> Boxed:
        return plain.BoxedList(self._boxes(node), _type_of(node))

    def _boxes(self, node: _Node) -> tuple[Boxed | None, ...]:
        return tuple(_BOXES[_local(child)](self, child) for child in _children(node, *_BOXES))

    def relation(self, node: _Node) -> Boxed:
        columns = tuple(Variable(self._named(one), _type_of(one)) for one in _children(node, "column"))
        return plain.Relation(columns, tuple(self._boxes(row) for row in _children(node, "row")), _type_of(node))

    def conditional(self, node: _Node) -> Boxed:
        condition, then, otherwise = (self._boxed_in(_child(node, part)) for part in ("if", "then", "else"))
        return plain.Conditional(condition, then, otherwise, _type_of(node))

    def filter(self, node: _Node) -> Boxed:
        return plain.BoxedFilter(
            self._boxed_in(_child(node, "in")), self._boxed_in(_child(node, "match")), _type_of(node)
        )

    def iterator(self, node: _Node) -> Boxed:
        return plain.Iterator(
            _local(node),
            canonical(node.get("iteratorVariable", "")),
            self._boxed_in(_child(node, "in")),
            self._boxed_in(_child(node, "return", "satisfies")),
            _type_of(node),
        )

    # --- decision tables ---

    def table(self, node: _Node) -> Boxed:
        policy = node.get("hitPolicy", "UNIQUE")
        policy = _POLICIES.get(policy, policy)
        aggregation = node.get("aggregation")
        if policy not in list(plain.HitPolicy) or (aggregation and aggregation not in list(plain.Aggregation)):
            raise self._refused(f"The hit policy «{policy} {aggregation or ''}» is not one of DMN's.", node)
        parent = node.getparent()
        return plain.DecisionTable(
            tuple(self._input(one) for one in _children(node, "input")),
            tuple(self._output(one) for one in _children(node, "output")),
            tuple(self._rule(one) for one in _children(node, "rule")),
            plain.HitPolicy(policy),
            plain.Aggregation(aggregation) if aggregation else None,
            node.get("outputLabel") or ("" if parent is None else parent.get("name")) or "",
            _type_of(node),
            _line(node),
            node.get("id", ""),
        )

    def _input(self, node: _Node) -> plain.Input:
        expression = _child(node, "inputExpression")
        if expression is None:
            raise self._refused("This column of the table has no input expression.", node)
        return plain.Input(
            self._text(expression) or Text(""),
            _type_of(expression),
            self._tests(_child(node, "inputValues")),
            node.get("label", ""),
        )

    def _output(self, node: _Node) -> plain.Output:
        return plain.Output(
            canonical(node.get("name", "")),
            _type_of(node),
            self._tests(_child(node, "outputValues")),
            self._text(_child(node, "defaultOutputEntry")),
            node.get("label", ""),
        )

    def _rule(self, node: _Node) -> plain.Rule:
        cells, outputs = (
            tuple(self._text(one) or Text("") for one in _children(node, kind))
            for kind in ("inputEntry", "outputEntry")
        )
        return plain.Rule(cells, outputs, node.get("id", ""), _line(node))


_BOXES: Mapping[str, Callable[[_Reader, _Node], Boxed]] = {
    "literalExpression": _Reader.literal,
    "context": _Reader.context,
    "invocation": _Reader.invocation,
    "functionDefinition": _Reader.function,
    "list": _Reader.list,
    "relation": _Reader.relation,
    "conditional": _Reader.conditional,
    "filter": _Reader.filter,
    "for": _Reader.iterator,
    "some": _Reader.iterator,
    "every": _Reader.iterator,
    "decisionTable": _Reader.table,
}
_ELEMENTS: Mapping[str, Callable[[_Reader, _Node], plain.Element]] = {
    "inputData": _Reader.input_data,
    "decision": _Reader.decision,
    "businessKnowledgeModel": _Reader.business_knowledge,
    "decisionService": _Reader.decision_service,
}
